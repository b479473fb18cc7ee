#!/usr/bin/perl

exec './build/unit/pairs' or die "build/unit/pairs: $!\n";
