#!/usr/bin/perl

exec './build/unit/mcp' or die "build/unit/mcp: $!\n";
