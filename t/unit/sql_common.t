#!/usr/bin/perl

exec './build/unit/sql_common' or die "build/unit/sql_common: $!\n";
