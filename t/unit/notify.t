#!/usr/bin/perl

exec './build/unit/notify' or die "build/unit/notify: $!\n";
