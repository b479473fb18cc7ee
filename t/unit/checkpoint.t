#!/usr/bin/perl

exec './build/unit/checkpoint' or die "build/unit/checkpoint: $!\n";
