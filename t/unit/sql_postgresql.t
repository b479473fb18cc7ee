#!/usr/bin/perl

exec './build/unit/sql_postgresql' or die "build/unit/sql_postgresql: $!\n";
