#!/usr/bin/perl

exec './build/unit/sql_attack' or die "build/unit/sql_attack: $!\n";
