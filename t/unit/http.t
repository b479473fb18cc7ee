#!/usr/bin/perl

exec './build/unit/http' or die "build/unit/http: $!\n";
