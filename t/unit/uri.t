#!/usr/bin/perl

exec './build/unit/uri' or die "build/unit/uri: $!\n";
