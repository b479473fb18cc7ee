#!/usr/bin/perl

exec './build/unit/signer' or die "build/unit/signer: $!\n";
