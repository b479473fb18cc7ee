#!/usr/bin/perl

exec './build/unit/sql' or die "build/unit/sql: $!\n";
