#!/usr/bin/perl

exec './build/unit/login' or die "build/unit/login: $!\n";
