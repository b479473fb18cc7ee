#!/usr/bin/perl

exec './build/unit/exchange' or die "build/unit/exchange: $!\n";
