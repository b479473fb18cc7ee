#!/usr/bin/perl

exec './build/unit/token' or die "build/unit/token: $!\n";
