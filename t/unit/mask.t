#!/usr/bin/perl

exec './build/unit/mask' or die "build/unit/mask: $!\n";
