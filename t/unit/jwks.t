#!/usr/bin/perl

exec './build/unit/jwks' or die "build/unit/jwks: $!\n";
