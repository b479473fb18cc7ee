#!/usr/bin/perl

exec './build/unit/jwk' or die "build/unit/jwk: $!\n";
