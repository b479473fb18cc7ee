#!/usr/bin/perl

exec './build/unit/event' or die "build/unit/event: $!\n";
