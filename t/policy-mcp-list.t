# Copyright (C) ngx_hoop_module authors
#
# Lists of an MCP server: a caller sees of them what he may use, in whatever
# form the answer comes, and nothing of what cannot be read.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Compress::Zlib ();
use Hoop::Client;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use JSON::PP ();
use MIME::Base64 qw( decode_base64 encode_base64 );

my $coder = JSON::PP->new->latin1->canonical;

# answers what the request says in X-Answer
our $upstream = Hoop::Upstream->new(routes => {
    '/mcp' => sub {
        my ($req) = @_;

        return $coder->decode(Compress::Zlib::memGunzip(decode_base64(
            $req->{headers}{'x-answer'})));
    },
});

our $auth = bearer();
our $admin = bearer(sub => 'root', groups => ['admins']);

sub tool { CORE::join ',', map { qq({"name":"$_"}) } @_ }

sub result {
    my ($result, $id) = @_;

    return '{"jsonrpc":"2.0","id":' . ($id // 1) . ",\"result\":$result}";
}

sub tools { result('{"tools":[' . tool(@_) . ']}') }

sub request {
    my ($method, $id) = @_;

    return '{"jsonrpc":"2.0","id":' . ($id // 1) . ",\"method\":\"$method\"}";
}

our $list = request('tools/list');

# the answer to a body (undef: to GET): text of JSON, or what Hoop::Upstream
# takes
sub get {
    my ($answer, $body, %opt) = @_;

    $answer = { type => 'application/json', body => $answer } if !ref $answer;

    my $text = encode_base64(Compress::Zlib::memGzip($coder->encode($answer)),
                             '');

    return ask($opt{method} // (defined $body ? 'POST' : 'GET'),
               $opt{path} // '/mcp',
               [split(/\n/, $opt{auth} // $main::auth), "X-Answer: $text",
                defined $body ? 'Content-Type: application/json' : (),
                @{ $opt{headers} // [] }], $body);
}

sub stream {
    my (@parts) = @_;

    return { type => 'text/event-stream', chunks => \@parts };
}

# the answer becomes another one
sub becomes {
    my ($name, $answer, $wanted, $body, %opt) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $res = get($answer, exists $opt{get} ? undef : $body // $list, %opt);

    is($res->{status}, 200, "$name: status");
    is($res->{body}, $wanted, $name);
    return $res;
}

# an error in the place of the answer, with that id
sub refused {
    my ($name, $answer, $why, $body, %opt) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $res = get($answer, $body // $list, %opt);
    my ($error) = $res->{json};

    if ($res->{body} =~ /\Adata: (.*)\n\n\z/) {
        $error = eval { $coder->decode($1) };
    }

    is($res->{status}, $opt{status} // 200, "$name: status");
    is($error->{id}, 1, "$name: id");
    is($error->{error}{code}, 502, "$name: code");
    like($error->{error}{message}, $why, "$name: why");
    unlike($res->{body}, qr/rm/, "$name: nothing of it");
    return $res;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $more = $block->location // '';

    $block->set_value('http_config', <<'END');
large_client_header_buffers 4 512k;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
END

    $block->set_value('config', <<"END");
location /mcp {
    hoop on;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    $more
}
location /now {
    hoop on;
    proxy_http_version 1.1;
    proxy_buffering off;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/mcp;
}
location /rest {
    hoop on;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/mcp;
}
location /monitor {
    hoop monitor;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/mcp;
}
END

    $block->set_value('user_files', <<'END') if !defined $block->user_files;
>>> policy.json
{ "version": 1, "name": "mcp", "rules": [
    { "id": "all", "effect": "allow", "list": "pass", "mask": [],
      "match": { "identity": { "claims": { "/groups": { "any": ["admins"] } } } } },
    { "id": "lists", "effect": "allow", "list": "filter", "mask": [],
      "match": { "mcp": { "method": ["*/list", "ping"] } } },
    { "id": "plain", "effect": "allow", "mask": [],
      "match": { "mcp": { "method": "*/plain" } } },
    { "id": "stream", "effect": "allow", "mask": [],
      "match": { "request": { "method": ["GET", "HEAD"] } } },
    { "id": "read", "effect": "allow",
      "match": { "mcp": { "tool": "get_*",
                          "arguments": { "/limit": { "lte": 10 } } } } },
    { "id": "write", "effect": "review",
      "match": { "mcp": { "tool": "put_*" } } },
    { "id": "docs", "effect": "allow",
      "match": { "mcp": { "resource": "file:///docs/**" } } },
    { "id": "prompts", "effect": "allow",
      "match": { "mcp": { "prompt": "p*", "arguments": { "/a": "b" } } } },
    { "id": "never", "effect": "deny",
      "match": { "mcp": { "tool": ["rm*", "*_rm"] } } } ] }
END

    $block->set_value('request', 'GET /none');
    $block->set_value('error_code', 404);
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]");
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: what could be allowed, or reviewed, stays
--- steps
becomes('tools', tools(qw( get_a rm put_b x get_rm GET_c )),
        tools(qw( get_a put_b )));
becomes('all of them', tools(qw( get_a put_b )), tools(qw( get_a put_b )));
becomes('none', tools('rm'), tools());
becomes('resources',
        result('{"resources":[{"uri":"file:///docs/a","name":"a"},'
               . '{"uri":"file:///etc/passwd"}],"nextCursor":"next"}'),
        result('{"resources":[{"uri":"file:///docs/a","name":"a"}],'
               . '"nextCursor":"next"}'),
        request('resources/list'));
becomes('templates',
        result('{"resourceTemplates":[{"uriTemplate":"file:///docs/{p}"},'
               . '{"uriTemplate":"db://{p}"}]}'),
        result('{"resourceTemplates":[{"uriTemplate":"file:///docs/{p}"}]}'),
        request('resources/templates/list'));
becomes('prompts', result('{"prompts":[{"name":"p1"},{"name":"q"}]}'),
        result('{"prompts":[{"name":"p1"}]}'), request('prompts/list'));
--- events
{"type":"decision","decision":"allow","rule":"lists"}
{"type":"response","status":200,"mcp_list":{"kept":2,"removed":4}}
{"type":"response","status":200,"mcp_list":{"kept":2,"removed":0}}
{"type":"response","status":200,"mcp_list":{"kept":0,"removed":1}}
{"type":"response","mcp_list":{"kept":1,"removed":1}}
{"type":"response","mcp_list":{"kept":1,"removed":1}}
{"type":"response","mcp_list":{"kept":1,"removed":1}}



=== TEST 2: who asks for what else, or is not to be filtered, gets it as it is
--- steps
my $all = tools('rm', 'x');
my $res = becomes('another method', $all, $all, request('ping'));
is($res->{headers}{'content-length'}, length $all, 'with its length');
becomes('a rule that does not ask for it', $all, $all, request('tools/plain'));
becomes('one that asks for the contrary', $all, $all, $list, auth => $admin);
becomes('no JSON at all', "rm\n", "rm\n", request('ping'));
becomes('monitor mode', $all, $all, $list, path => '/monitor');
--- events
{"type":"response","status":200}



=== TEST 3: whatever the id is
--- steps
for my $id ('2', '"1"', 'null', '1.0', '1e0') {
    becomes("id $id", result('{"tools":[' . tool('rm') . ']}', $id),
            result('{"tools":[]}', $id));
}



=== TEST 4: names in escapes, and what has no name
--- steps
becomes('escapes', '{"r\u0065sult":{"t\u006fols":[{"n\u0061me":"r\u006d"},'
        . '{"name":"\u0067et_a"}]}}',
        '{"r\u0065sult":{"t\u006fols":[{"name":"\u0067et_a"}]}}');
becomes('entries', result('{"tools":[{"name":"get_a","name":"get_b"},'
        . '{"name":"get_a","Name":"get_b"},{"title":"get_a"},{"name":7},1,'
        . tool('get_a') . ']}'), tools('get_a'));
refused('a list twice', result('{"tools":[],"tools":[' . tool('rm') . ']}'),
        qr/there twice/);
refused('another case', result('{"tools":[],"Tools":[' . tool('rm') . ']}'),
        qr/another case/);
refused('a result twice',
        '{"result":{},"result":{"tools":[' . tool('rm') . ']}}',
        qr/there twice/);
refused('no array', result('{"tools":{"a":' . tool('rm') . '}}'),
        qr/not an array/);
--- error_log
the lists of the answer cannot be filtered: a list is not an array
--- events
{"type":"response","mcp_list":{"kept":1,"removed":1}}
{"type":"response","mcp_list":{"kept":1,"removed":5}}
{"type":"response","status":200,"mcp_list":{"kept":0,"removed":0,"refused":"a member on the way to a list is there twice, or in another case"}}



=== TEST 5: garbage
--- steps
for my $body ('rm', '{', tools('rm') . 'x', "\xef\xbb\xbf" . tools('rm'),
              tools('rm') . tools('rm'), '{"rm":1,}', "{\"a\":\"\xff\"}",
              substr(tools('rm'), 0, -1))
{
    refused('no JSON', $body, qr/not JSON|not UTF-8/);
}
refused('no JSON by its type', { type => 'text/plain', body => tools('rm') },
        qr/neither JSON/, $list, status => 502);
refused('nor by none', { type => '', body => tools('rm') }, qr/neither JSON/,
        $list, status => 502);
refused('JSON lines', { type => 'application/x-ndjson', body => tools('rm') },
        qr/neither JSON/, $list, status => 502);
refused('another charset', { type => 'application/json; charset=utf-16',
        body => tools('rm') }, qr/charset/, $list, status => 502);
is(get({ type => 'application/json', body => '' }, $list)->{body}, '',
   'nothing');
my $res = get({ status => 404, type => 'text/html', body => '<p>no' }, $list);
is($res->{status}, 404, 'a page');
is($res->{body}, '<p>no', 'is no message');
refused('a status does not help', { status => 200, type => 'application/json',
        body => '{"rm":' }, qr/not JSON/);
--- error_log
the lists of the answer cannot be filtered
answer blocked: the answer is neither JSON nor an event stream



=== TEST 6: batches
--- steps
my $batch = '[' . $list . ',' . request('ping', 2) . ']';
becomes('an array', '[' . tools('rm', 'get_a') . ',' . result('{}', 2) . ']',
        '[' . tools('get_a') . ',' . result('{}', 2) . ']', $batch);
becomes('or messages', stream("data: " . tools('rm') . "\n\n",
                              "data: " . result('{}', 2) . "\n\n"),
        "data: " . tools() . "\n\ndata: " . result('{}', 2) . "\n\n", $batch);
becomes('a batch without a list', '[' . tools('rm') . ']',
        '[' . tools('rm') . ']', '[' . request('ping') . ']');
my $res = get('[' . tools('rm'), $batch);
is(scalar @{ $res->{json} }, 2, 'an error for each');
is($res->{json}[$_ - 1]{id}, $_, "with its id, $_") for 1, 2;
unlike($res->{body}, qr/rm/, 'and nothing else');



=== TEST 7: an event stream
--- steps
my $event = "event: message\nid: 7\ndata: ";
becomes('whole', stream($event . tools('rm', 'get_a') . "\n\n"),
        $event . tools('get_a') . "\n\n");
my $text = ": hello\r\n\r\n" . ($event =~ s/\n/\r\n/gr)
           . tools('rm', 'get_a', 'x') . "\r\n\r\ndata: "
           . '{"jsonrpc":"2.0","method":"notifications/x"}' . "\r\n\r\n";
my $wanted = $text =~ s/\Q${\tools('rm', 'get_a', 'x')}/${\tools('get_a')}/r;
becomes('in bytes', stream(split //, $text), $wanted);
for my $n (2, 3, 7, 50) {
    becomes("by $n", stream($text =~ /(.{1,$n})/gs), $wanted);
}
becomes('lines', stream("data: {\"result\":{\ndata: \"tools\":[\ndata: "
                        . tool('rm') . "]}}\n\n"),
        "data: {\"result\":{\ndata: \"tools\":[]}}\n\n");
becomes('unended', stream("data: " . tools('rm') . "\n"),
        "data: " . tools() . "\n");
becomes('two lists', stream(("data: " . tools('rm', 'get_a') . "\n\n") x 2),
        "data: " . tools('get_a') . "\n\ndata: " . tools('get_a')
        . "\n\n");
--- events
{"type":"response","status":200,"mcp_list":{"kept":1,"removed":1}}
{"type":"response","status":200,"mcp_list":{"kept":1,"removed":2}}



=== TEST 8: what of a stream cannot be read is an error in its place
--- steps
refused('an event', stream("data: {\"rm\n\n", "data: " . tools('rm') . "\n\n"),
        qr/not JSON/);
my $res = get(stream("id: 1\ndata: " . tools('rm') . "\n\nid: 2\ndata: {rm\n\n",
                     "id: 3\ndata: 1\n\n"), $list);
like($res->{body}, qr/\Aid: 1\ndata: \Q${\tools()}\E\n\nid: 2\ndata: \{.*"id":1,"error":\{"code":502,.*\}\n\n\z/,
     'behind what was before, and before nothing');
--- error_log
the lists of the answer cannot be filtered: the answer is not JSON
--- events
{"type":"response","status":200,"mcp_list":{"kept":0,"removed":0,"refused":"the answer is not JSON, or nested too deep"}}
{"type":"response","status":200,"mcp_list":{"kept":0,"removed":1,"refused":"the answer is not JSON, or nested too deep"}}



=== TEST 9: streams that are opened by GET
--- steps
becomes('an answer that comes later', stream("data: " . tools('rm') . "\n\n"),
        "data: " . tools() . "\n\n", undef, get => 1,
        headers => ['Last-Event-ID: 7']);
becomes('what its rule lets pass', stream("data: " . tools('rm') . "\n\n"),
        "data: " . tools('rm') . "\n\n", undef, get => 1, auth => $admin);
my $res = get(stream("data: 1\n\n", "data: {rm\n\n"), undef);
is($res->{status}, 0, 'one that cannot be read is cut');
unlike($res->{raw}, qr/rm/, 'before that');
becomes('a page', { type => 'text/html', body => 'rm' }, 'rm', undef,
        get => 1);
$res = get(stream(), undef, method => 'HEAD');
is($res->{status}, 200, 'HEAD');
--- error_log
the lists of the answer cannot be filtered
--- events
{"type":"response","status":200,"mcp_list":{"kept":0,"removed":1}}
{"type":"response","status":200,"aborted":true,"mcp_list":{"kept":0,"removed":0,"refused":"the answer is not JSON, or nested too deep"}}



=== TEST 10: too large
--- steps
my $pad = ' ' x (1048576 - length tools('rm'));
becomes('as large as may be', tools('rm') . $pad, tools() . $pad);
becomes('in buffers', { type => 'application/json',
        chunks => [(tools('rm') . $pad) =~ /(.{1,30000})/gs] }, tools() . $pad);
refused('by its length', tools('rm') . "$pad ", qr/larger/, $list,
        status => 502);
refused('without one', { type => 'application/json',
        chunks => [tools('rm') . $pad, ' '] }, qr/larger/);
refused('coded', { type => 'application/json', gzip => 1,
        body => tools('rm') . "$pad " }, qr/larger/);
refused('an event', stream("data: " . tools('rm') . $pad, $pad), qr/larger/);
refused('too many', tools((CORE::join '_', 'get') x 4097), qr/too long/);
--- error_log
answer blocked: the answer is larger than is read for a list
the lists of the answer cannot be filtered: the answer, or an event of it



=== TEST 11: coded answers, and what describes an answer that is another one
--- steps
my $res = becomes('gzip', { type => 'application/json', gzip => 1,
                  body => tools('rm', 'get_a'),
                  headers => ['ETag', '"x"', 'Accept-Ranges', 'bytes'] },
                  tools('get_a'));
ok(!exists $res->{headers}{$_}, "no $_")
    for qw( content-encoding etag accept-ranges );
refused('another coding', { type => 'application/json', body => tools('rm'),
        headers => ['Content-Encoding', 'br'] }, qr/coding/, $list,
        status => 502);
refused('a part', { status => 206, type => 'application/json',
        body => tools('rm'), headers => ['Content-Range', 'bytes 0-1/2'] },
        qr/a part/, $list, status => 502);
--- error_log
answer blocked: the target sends a coding that is not read here



=== TEST 12: masks and limits see what they did before
--- user_files
>>> policy.json
{ "version": 1, "name": "mcp", "rules": [
    { "id": "lists", "effect": "allow", "list": "filter", "mask": "default",
      "record": "payload", "limits": { "rows": 3 },
      "match": { "mcp": { "method": "tools/list" } } },
    { "id": "read", "effect": "allow", "match": { "mcp": { "tool": "get_*" } } } ] }
--- steps
becomes('masked', result('{"tools":[{"name":"get_a","description":'
        . '"123-45-6789"},{"name":"rm","description":"123-45-6788"}]}'),
        result('{"tools":[{"name":"get_a","description":'
               . '"[REDACTED:US_SSN]"}]}'));
my $res = get(tools(qw( get_a rm rm rm )), $list);
is($res->{status}, 0, 'the rows of the target count');
--- error_log
has reached the limit "rows"
--- events
{"type":"response","masked":{"us_ssn":1},"mcp_list":{"kept":1,"removed":1}}
{"type":"recording","direction":"response"}
{"type":"response","aborted":true,"limit":"rows"}
--- no_event_text
123-45-678
"rm



=== TEST 13: without buffering, events go on as they come
--- steps
my $held = begin(POST => '/now', [split(/\n/, $main::auth),
    'Content-Type: application/json',
    'X-Answer: ' . MIME::Base64::encode_base64(Compress::Zlib::memGzip(
        JSON::PP->new->latin1->encode(stream(
            "data: " . tools('rm', 'get_a') . "\n\n",
            ["data: " . tools('x'), 3], "\n\n"))), '')], $list);
my $in = '';
while ($in !~ /get_a"\}\]\}\}\n\n/ && answered($held, 2)) {
    sysread $held->{sock}, $in, 65536, length $in or last;
}
like($in, qr/data: \Q${\tools('get_a')}\E\n\n/, 'the first, at once');
$held->{in} = $in;
my $res = finish($held);
is($res->{body}, "data: " . tools('get_a') . "\n\ndata: " . tools() . "\n\n",
   'and the second');



=== TEST 14: small buffers, and a slow target
--- location
hoop_mask_buffers 2 1k;
proxy_buffering off;
proxy_buffer_size 1k;
--- steps
my @names = map { ("get_$_", "rm$_") } 1 .. 300;
my $text = tools(@names);
my $wanted = tools(grep { /^get/ } @names);
becomes('JSON', { type => 'application/json',
        chunks => [$text =~ /(.{1,700})/gs] }, $wanted);
becomes('a stream', stream(("data: $text\n\n") =~ /(.{1,700})/gs),
        "data: $wanted\n\n");



=== TEST 15: a rule that does not look at messages has all of its answers read
--- user_files
>>> policy.json
{ "version": 1, "name": "mcp", "default": "allow", "rules": [
    { "id": "all", "effect": "allow", "list": "filter",
      "match": { "request": { "path": "/mcp" } } },
    { "id": "rm", "effect": "deny", "match": { "mcp": { "tool": "rm*" } } } ] }
--- steps
becomes('deny what is known', tools(qw( a rm b )), tools(qw( a b )));
becomes('in another case', tools('rm'), tools(), request('Tools/List'));
becomes('no list', tools('rm'), tools('rm'), request('tools'));
becomes('GET', stream("data: " . tools('rm') . "\n\n"),
        "data: " . tools() . "\n\n", undef, get => 1);



=== TEST 16: what is no matter of lists, under the same policies
--- user_files
>>> policy.json
{ "version": 1, "name": "mcp", "rules": [
    { "id": "lists", "effect": "allow", "list": "filter",
      "match": { "request": { "path": "/mcp" },
                 "mcp": { "method": "tools/list" } } },
    { "id": "get", "effect": "allow", "mask": [],
      "match": { "request": { "method": "GET" } } } ] }
--- steps
my $large = '[' . '1,' x 600000 . '1]';
for my $path ('/rest', '/mcp') {
    my $res = get($large, undef, path => $path);
    ok($res->{body} eq $large, "a large document of $path");
    is($res->{headers}{'content-length'}, length $large, 'with its length');
    becomes('no document', '{rm', '{rm', undef, get => 1, path => $path);
}
my $text = "data: [rm]\n\ndata: " . tools('rm') . "\n\n";
becomes('a stream', stream($text), $text, undef, get => 1, path => '/rest');
becomes('one of lists', stream("data: " . tools('rm') . "\n\n"),
        "data: " . tools() . "\n\n", undef, get => 1);
