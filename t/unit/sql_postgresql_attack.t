#!/usr/bin/perl

exec './build/unit/sql_postgresql_attack' or die "build/unit/sql_postgresql_attack: $!\n";
