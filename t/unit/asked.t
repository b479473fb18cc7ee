#!/usr/bin/perl

exec './build/unit/asked' or die "build/unit/asked: $!\n";
