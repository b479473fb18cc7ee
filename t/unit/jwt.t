#!/usr/bin/perl

exec './build/unit/jwt' or die "build/unit/jwt: $!\n";
