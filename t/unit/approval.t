#!/usr/bin/perl

exec './build/unit/approval' or die "build/unit/approval: $!\n";
