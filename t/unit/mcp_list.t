#!/usr/bin/perl

exec './build/unit/mcp_list' or die "build/unit/mcp_list: $!\n";
