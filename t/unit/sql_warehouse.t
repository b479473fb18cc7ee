#!/usr/bin/perl

exec './build/unit/sql_warehouse' or die "build/unit/sql_warehouse: $!\n";
