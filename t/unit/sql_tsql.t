#!/usr/bin/perl

exec './build/unit/sql_tsql' or die "build/unit/sql_tsql: $!\n";
