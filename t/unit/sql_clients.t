#!/usr/bin/perl

exec './build/unit/sql_clients' or die "build/unit/sql_clients: $!\n";
