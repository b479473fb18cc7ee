# Copyright (C) ngx_hoop_module authors
#
# The demo, on nginx.conf.example: its promises hold.

use strict;
use warnings;

use Test::More tests => 2;

my $said = `deploy/demo/run 2>&1`;

is($?, 0, 'it ends well') or diag $said;
like($said, qr/^\d+ checks, all as promised/m, 'all is as promised');
