#!/usr/bin/perl

exec './build/unit/jwt_check' or die "build/unit/jwt_check: $!\n";
