#!/usr/bin/perl

exec './build/unit/sql_pg' or die "build/unit/sql_pg: $!\n";
