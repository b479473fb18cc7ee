#!/usr/bin/perl

exec './build/unit/mask_evade' or die "build/unit/mask_evade: $!\n";
