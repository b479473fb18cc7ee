#!/usr/bin/perl

# hoopctl sql classify: the lines that it writes, and how it ends.

use strict;
use warnings;

use IPC::Run 'run';
use Test::More;

sub classify {
    my ($dialect, $sql) = @_;

    my ($out, $err);
    run [ './build/hoopctl', 'sql', 'classify', '--dialect', $dialect ],
        \$sql, \$out, \$err;

    return ($out, $? >> 8, $err);
}

is_deeply([ classify('postgresql', 'DELETE FROM t -- WHERE id = 1') ],
    [ qq({"class":"delete_all","tables":["t"],"redacted":"DELETE FROM t"}\n),
      0, '' ], 'one class is a name');

is_deeply([ classify('postgresql', "SELECT 'x' FROM a;\nDROP TABLE \"B\";") ],
    [ qq({"class":["read","multi"],"tables":["a"],)
      . qq("redacted":"SELECT ? FROM a"}\n)
      . qq({"class":["ddl","multi"],"tables":["B"],)
      . qq("redacted":"DROP TABLE \\"B\\""}\n), 0, '' ],
    'a line a statement, several classes are a list');

is_deeply([ classify('mysql', 'SELECT f(42)') ],
    [ qq({"class":"unknown","tables":[],"redacted":"SELECT f(?)",)
      . qq("why":"calls a function that is not known to be harmless"}\n),
      0, '' ], 'unknown says why');

like((classify('tsql', ''))[0], qr/^\{"class":"unknown",.*\}\n\z/,
    'nothing is unknown');

is((classify('cobol', 'SELECT 1'))[1], 2, 'a dialect that is none');

my $help;
run [ qw(./build/hoopctl sql classify --help) ], \undef, \$help;
like($help, qr/^postgresql: by (the grammar of PostgreSQL 1\d|tokens alone)/m,
    'the help tells what PostgreSQL is read by');

done_testing();
