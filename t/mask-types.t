# Copyright (C) ngx_hoop_module authors
#
# Media types: text of any kind is judged, in its own form; what is no text
# or cannot be read is refused unless the location says otherwise.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Replay;
use Hoop::Spool;

our $upstream = Hoop::Replay->install;

our $png = "\x89PNG\r\n\x1a\n" . CORE::join '', map { chr } 0 .. 255;

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: text by many names
--- answers eval
[map { { type => $_, body => 'a 078-05-1121 b' } }
 '', 'text/plain', 'TEXT/PLAIN', 'text/html; charset=utf-8', 'text/xml',
 'text/css', 'text/markdown', 'text/x-unknown', 'application/xml',
 'application/soap+xml; charset="UTF-8"', 'application/javascript',
 'application/yaml', 'image/svg+xml', 'text/csv; header=present',
 'multipart/form-data; boundary=x', 'message/rfc822',
 'text/plain; charset=ISO-8859-1', 'text/plain;charset=windows-1252',
 'text/plain ; charset = us-ascii', 'garbage', 'text/']
--- error_code eval
[(200) x 21]
--- response_body eval
[('a [REDACTED:US_SSN] b') x 21]



=== TEST 2: HTML
--- type: text/html
--- cases
<p>078-05-1121</p><a href="x?n=4111111111111111">y</a>
-> <p>[REDACTED:US_SSN]</p><a href="x?n=[REDACTED:CREDIT_CARD]">y</a>
<script>var c = {"password": "x", "n": 1};</script>
-> <script>var c = {"password": "[REDACTED:FIELD]", "n": 1};</script>
<!doctype html><p class="a-b_c">1 &lt; 2 &amp; done</p>
->



=== TEST 3: XML
--- type: application/xml
--- cases
<?xml version="1.0"?><c><n>078-05-1121</n><id v="4111111111111111"/><ns:password a="b">x<y/></ns:password></c>
-> <?xml version="1.0"?><c><n>[REDACTED:US_SSN]</n><id v="[REDACTED:CREDIT_CARD]"/><ns:password a="b">[REDACTED:FIELD]</ns:password></c>



=== TEST 4: CSV, TSV: cells side by side are not one number
--- type: text/csv
--- cases eval
[["id,ssn,x\n1,078-05-1121,y\n2,219-09-9998,z\n"
  => "id,ssn,x\n1,[REDACTED:US_SSN],y\n2,[REDACTED:US_SSN],z\n"],
 ["id;password;\"a;b\"\r\n1;hunter2;x\r\n2;\"a;\"\"b\"\"\";y\r\n3;;z\r\n"
  => "id;password;\"a;b\"\r\n1;[REDACTED:FIELD];x\r\n"
     . "2;\"[REDACTED:FIELD]\";y\r\n3;;z\r\n"],
 ["a,b\n\"{\"\"api_key\"\":\"\"x\"\"}\",1\n"
  => "a,b\n\"{\"\"api_key\"\":\"\"[REDACTED:FIELD]\"\"}\",1\n"],
 ["a,b\n1,\"x\"\"y\"\n" => undef],
 ["4111,1111,1111,1111\n" => undef],
 ["4111\t1111\t1111\t1111\n" => undef],
 ["4111\n1111\n1111\n1111\n" => undef],
 ["\"4111111111111111\";\"a\"\r\n" => "\"[REDACTED:CREDIT_CARD]\";\"a\"\r\n"]]



=== TEST 5: assignments in text
--- type: text/plain
--- cases
DB_PASSWORD=hunter2-and-more
-> DB_PASSWORD=[REDACTED:FIELD]
x password="hunter2 and more" y
-> x password="[REDACTED:FIELD]" y
{'password': 'hunter2', 'a': 1}
-> {'password': '[REDACTED:FIELD]', 'a': 1}
Authorization: Basic dXNlcjpwYXNz
-> Authorization: [REDACTED:FIELD]
token_type=bearer author=me
->



=== TEST 6: server-sent events: JSON and text, any line end
--- type: text/event-stream
--- cases eval
[["data: {\"ssn\":\"x\"}\n\n" => "data: {\"ssn\":\"[REDACTED:US_SSN]\"}\n\n"],
 ["data:{\"ssn\":\"x\"}\r\rdata: b\r\r"
  => "data:{\"ssn\":\"[REDACTED:US_SSN]\"}\r\rdata: b\r\r"],
 ["id: 078-05-1121\nevent: e\ndata: ok\nretry: 10\n: 219-09-9998\n\n"
  => "id: [REDACTED:US_SSN]\nevent: e\ndata: ok\nretry: 10\n"
     . ": [REDACTED:US_SSN]\n\n"],
 ["data: {\"a\":1,\ndata: \"ssn\":\"x\"}\n\n"
  => "data: {\"a\":1,\ndata: \"ssn\":\"[REDACTED:US_SSN]\"}\n\n"],
 ["data: [DONE]\n\n" => undef],
 ["\xef\xbb\xbfdata: {\"cvv\":1}\n\n"
  => "\xef\xbb\xbfdata: {\"cvv\":\"[REDACTED:FIELD]\"}\n\n"],
 ["data: {\"ssn\":\"x\"}" => "data: {\"ssn\":\"[REDACTED:US_SSN]\"}"],
 ["data: {\"text\":\"a\"}\r\n\r\n: keep-alive\r\n\r\n" => undef]]



=== TEST 7: a form
--- type: application/x-www-form-urlencoded
--- cases
a=1&password=hunter2&b=x+y%20z
-> a=1&password=%5BREDACTED%3AFIELD%5D&b=x+y%20z
n=4111+1111+1111+1111&m=078%2D05-1121
-> n=%5BREDACTED%3ACREDIT_CARD%5D&m=%5BREDACTED%3AUS_SSN%5D
a=%7E&b=%&c=%4&d&=&&e=1
->



=== TEST 8: no text: refused
--- answers eval
[map { { type => $_, body => $main::png } }
 'image/png', 'application/octet-stream', 'application/pdf', 'video/mp4',
 'application/zip', 'application/grpc', 'application/x-protobuf',
 'font/woff2', 'application/msgpack', 'Application/Octet-Stream; a=text/plain']
--- error_code eval
[(502) x 10]
--- response_body_unlike eval
[('PNG') x 10]
--- error_log
hoop: answer blocked: the target sends what is not text
--- events
{"type":"response","status":502,"upstream_status":200,"blocked":"the target sends what is not text"}



=== TEST 9: no text: passed as it is if the location says so
--- location
hoop_mask_binary pass;
--- answers eval
[(map { { type => $_, body => $main::png } } 'image/png',
     'application/octet-stream'),
 { type => 'image/png', body => $main::png, framing => 'chunked', each => 3,
   wait => 0 },
 { type => 'image/png', body => 'a 078-05-1121 b' },
 { type => 'text/plain', body => 'a 078-05-1121 b' }]
--- response_body eval
[($main::png) x 3, 'a 078-05-1121 b', 'a [REDACTED:US_SSN] b']
--- events
{"type":"response","status":200,"bytes":264}



=== TEST 10: charsets that cannot be judged are refused, whatever is said
--- location
hoop_mask_binary pass;
--- answers eval
[map { { type => "text/plain; $_", body => "\xff\xfe0\0007\0008\000" } }
 'charset=utf-16', 'charset="UTF-16LE"', 'CHARSET=utf-7', 'charset=utf-32',
 'charset=shift_jis', 'charset=ebcdic-us', 'a=b; charset=utf-16',
 'charset=utf-8; charset=utf-16', "charset='utf-16'", 'charset=utf-16 ; x',
 'charset="utf\\-16"']
--- error_code eval
[(502) x 11]
--- error_log
hoop: answer blocked: the target sends a charset that is not read here



=== TEST 11: bad UTF-8 and NUL in text
--- answers eval
[{ body => "a\xff\xfe078-05-1121\xff\xc0\x80219-09-9998\xed\xa0\x80" },
 { type => 'application/json', body => "\"078-05-1121\xff\"" },
 { body => "078-05-1121\000078-05-1121 text \0\0" }]
--- error_code eval
[200, 200, 200]
--- response_body_unlike eval
[('078-05|219-09') x 3]



=== TEST 12: a coding or a charset that no header tells of: cut off
--- location
proxy_buffering off;
--- init
my $secret = '078-05-1121';
my %case = (
    'UTF-16LE' => "\xff\xfe" . $secret =~ s/(.)/$1\0/gr,
    'UTF-16BE' => "\xfe\xff" . $secret =~ s/(.)/\0$1/gr,
    'UTF-16 of no mark' => $secret =~ s/(.)/$1\0/gr,
    'UTF-32' => $secret =~ s/(.)/$1\0\0\0/gr,
    'gzip' => Compress::Zlib::memGzip($secret),
    'zstd' => "\x28\xb5\x2f\xfd\x04\x58$secret",
);
for my $name (sort keys %case) {
    for my $more ({}, { each => 1, wait => 0.0003 },
                  { type => 'application/json' })
    {
        my $res = main::ask({ body => $case{$name}, %$more });
        Test::More::ok(!$res->{complete}, "$name: incomplete");
        Test::More::unlike($res->{body}, qr/078|0\0+7\0+8/,
                           "$name: nothing of it");
    }
}
--- answers eval
['x']
--- error_log
hoop: the target's answer is not the text that it is said to be
--- events
{"type":"response","aborted":true}



=== TEST 13: the type that the client is told counts, with nginx's charset
--- location
charset utf-8;
--- answers eval
[{ type => 'text/html', body => 'a 078-05-1121' },
 ["HTTP/1.1 200 OK\r\nContent-Type: text/plain, image/png\r\n\r\n"
  . "a 078-05-1121"]]
--- response_headers_like eval
['Content-Type: text/html; charset=utf-8', 'Content-Type: text/plain.*']
--- response_body_unlike eval
[('078-05') x 2]



=== TEST 16: of two types that is the last
--- skip_nginx: 6: >= 1.23.0
--- answers eval
[map { ["HTTP/1.1 200 OK\r\nContent-Type: $_->[0]\r\nContent-Type: $_->[1]\r\n"
        . "\r\na 078-05-1121"] }
 ['image/png', 'text/plain'], ['text/plain', 'image/png']]
--- error_code eval
[200, 502]
--- response_headers_like eval
['Content-Type: text/plain', 'Content-Type: application/problem\+json']
--- response_body_unlike eval
[('078-05') x 2]
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 17: and the first since nginx 1.23
--- skip_nginx: 6: < 1.23.0
--- answers eval
[map { ["HTTP/1.1 200 OK\r\nContent-Type: $_->[0]\r\nContent-Type: $_->[1]\r\n"
        . "\r\na 078-05-1121"] }
 ['text/plain', 'image/png'], ['image/png', 'text/plain']]
--- error_code eval
[200, 502]
--- response_headers_like eval
['Content-Type: text/plain', 'Content-Type: application/problem\+json']
--- response_body_unlike eval
[('078-05') x 2]
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 14: proxy_hide_header hides the type from the client, not from us
--- location
proxy_hide_header Content-Type;
--- answers eval
[{ type => 'application/json', body => '{"cvv":123}' }]
--- response_body: {"cvv":"[REDACTED:FIELD]"}



=== TEST 15: filters before: sub_filter's and addition's text is masked as well
--- location
sub_filter_types *;
sub_filter 'NUMBER' '078-05-1121';
sub_filter 'dash' '-';
sub_filter_once off;
--- answers eval
['a NUMBER b', '078dash05dash1121', { gzip => 1, body => 'NUMBER' }]
--- response_body eval
['a [REDACTED:US_SSN] b', '[REDACTED:US_SSN]', 'NUMBER']
