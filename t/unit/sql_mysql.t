#!/usr/bin/perl

exec './build/unit/sql_mysql' or die "build/unit/sql_mysql: $!\n";
