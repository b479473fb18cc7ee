
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The digest of an approval, and its scripts on a private Redis server: on a
 * unix socket in a folder of its own, started and stopped here by its pid.
 */


#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

#include <hiredis/hiredis.h>

#include "../../src/core/hoop_approval.h"
#include "tap.h"


#define ALICE     "https://idp.test alice"
#define BOB       "https://idp.test bob"
#define CAROL     "https://idp.test carol"
#define EXECUTOR  "https://idp.test executor"

#define PENDING   "hoop:approvals:pending"
#define STREAM    "hoop:approvals"


typedef struct {
    char        state[32];
    char        id[64];
    long long   expires;
    char        by[128];
    char        comment[128];
} result_t;


static char           dir[64], sock[96];
static pid_t          server;
static redisContext  *redis;
static unsigned       serial;


static void
digest(char hex[65], const hoop_approval_subject_t *s)
{
    memset(hex, 0, 65);

    hoop_approval_digest((u_char *) hex, s);
}


static void
test_digest(void)
{
    int                      i, j, same;
    char                     hex[17][65];
    u_char                   body[32], other[32];
    hoop_approval_subject_t  base, s;
    hoop_str_t              *field;
    const size_t             fields[] = {
        offsetof(hoop_approval_subject_t, identity),
        offsetof(hoop_approval_subject_t, target),
        offsetof(hoop_approval_subject_t, method),
        offsetof(hoop_approval_subject_t, host),
        offsetof(hoop_approval_subject_t, uri),
        offsetof(hoop_approval_subject_t, headers),
        offsetof(hoop_approval_subject_t, rule),
        offsetof(hoop_approval_subject_t, policy_hash),
        offsetof(hoop_approval_subject_t, run)
    };

    hoop_sha256(body, "", 0);
    hoop_sha256(other, "x", 1);

    memset(&base, 0, sizeof(base));

    base.identity = hoop_cstr("{\"iss\":\"i\",\"sub\":\"s\"}");
    base.target = hoop_cstr("crm");
    base.method = hoop_cstr("DELETE");
    base.host = hoop_cstr("crm.test");
    base.uri = hoop_cstr("/v1/customers?all=1");
    base.rule = hoop_cstr("bulk");

    digest(hex[0], &base);
    digest(hex[1], &base);

    is_str(hex[0], hex[1], "the same request has the same digest");
    is_int(strspn(hex[0], "0123456789abcdef"), 64, "64 hexadecimal digits");

    /* with it the encoding is fixed: pending approvals survive an upgrade */

    is_str(hex[0],
           "8229ea35d92f07786175d19b67908ad22dacf340f13107bf26fb6d60da5dc34b",
           "the known digest");

    for (i = 0; i < 9; i++) {
        s = base;
        field = (hoop_str_t *) ((char *) &s + fields[i]);
        *field = hoop_cstr("changed");
        digest(hex[i + 1], &s);
    }

    s = base;
    s.body_sha256 = body;
    digest(hex[10], &s);

    s.body_sha256 = other;
    digest(hex[11], &s);

    /* bytes that move from one field to its neighbour */

    s = base;
    s.target = hoop_cstr("crmDELETE");
    s.method = hoop_cstr("");
    digest(hex[12], &s);

    s = base;
    s.method = hoop_cstr("DELETEcrm.test");
    s.host = hoop_cstr("");
    digest(hex[13], &s);

    s = base;
    s.uri = hoop_str("/v1/customers?all=1\0", 20);
    digest(hex[14], &s);

    /* a policy hash that looks like a body */

    s = base;
    s.policy_hash = hoop_str(body, 32);
    digest(hex[15], &s);

    s = base;
    s.rule = hoop_str(body, 32);
    digest(hex[16], &s);

    same = 0;

    for (i = 0; i < 17; i++) {
        for (j = 0; j < i; j++) {
            if (strcmp(hex[i], hex[j]) == 0) {
                printf("# %d and %d are the same\n", i, j);
                same++;
            }
        }
    }

    is_int(same, 0, "17 different requests have different digests");
}


static int
start(void)
{
    int             i;
    struct timeval  tv = { 2, 0 };

    strcpy(dir, "/tmp/hoop-approval.XXXXXX");

    if (mkdtemp(dir) == NULL) {
        return 0;
    }

    snprintf(sock, sizeof(sock), "%s/redis.sock", dir);

    server = fork();

    if (server == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL) {
            _exit(126);
        }

        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
               sock, "--save", "", "--appendonly", "no", "--dir", dir,
               "--daemonize", "no", (char *) NULL);
        _exit(127);
    }

    for (i = 0; server > 0 && i < 100; i++) {
        usleep(50000);

        if (waitpid(server, NULL, WNOHANG) == server) {
            server = 0;
            break;
        }

        redis = redisConnectUnixWithTimeout(sock, tv);

        if (redis != NULL && redis->err == 0) {
            return 1;
        }

        if (redis != NULL) {
            redisFree(redis);
            redis = NULL;
        }
    }

    return 0;
}


static void
stop(void)
{
    if (redis != NULL) {
        redisFree(redis);
    }

    if (server > 0) {
        kill(server, SIGTERM);
        waitpid(server, NULL, 0);
    }

    if (sock[0]) {
        unlink(sock);
        rmdir(dir);
    }
}


/* the answer of claim, vote and one element of poll */

static result_t
parse(redisReply *reply)
{
    result_t  r;

    memset(&r, 0, sizeof(r));

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        snprintf(r.state, sizeof(r.state), "error");

        if (reply != NULL) {
            snprintf(r.comment, sizeof(r.comment), "%s", reply->str);
        }

    } else if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 5
               || reply->element[0]->type != REDIS_REPLY_STRING
               || reply->element[1]->type != REDIS_REPLY_STRING
               || reply->element[2]->type != REDIS_REPLY_INTEGER
               || reply->element[3]->type != REDIS_REPLY_STRING
               || reply->element[4]->type != REDIS_REPLY_STRING)
    {
        snprintf(r.state, sizeof(r.state), "malformed");

    } else {
        snprintf(r.state, sizeof(r.state), "%s", reply->element[0]->str);
        snprintf(r.id, sizeof(r.id), "%s", reply->element[1]->str);
        r.expires = reply->element[2]->integer;
        snprintf(r.by, sizeof(r.by), "%s", reply->element[3]->str);
        snprintf(r.comment, sizeof(r.comment), "%s", reply->element[4]->str);
    }

    return r;
}


static result_t
claim(const char *name, int ttl, int needed, const char *approvers)
{
    result_t     r;
    redisReply  *reply;

    reply = redisCommand(redis, "EVAL %s 4 " PENDING " " STREAM
                         " hoop:approval:digest:%s hoop:approval:a%u"
                         " a%u %d %s excluded %s approvers %s needed %d"
                         " rule %s target %s session %s requester %s",
                         hoop_approval_script_claim, name, serial, serial,
                         ttl, name, "[\"" ALICE "\",\"" EXECUTOR "\"]",
                         approvers, needed, "the rule", "crm", "hs_1",
                         "{\"iss\":\"https://idp.test\",\"sub\":\"alice\"}");
    serial++;

    r = parse(reply);
    freeReplyObject(reply);

    return r;
}


static result_t
vote_as(const char *id, const char *how, const char *who, const char *groups,
    const char *comment, const char *identity)
{
    char         key[96];
    result_t     r;
    redisReply  *reply;

    snprintf(key, sizeof(key), "hoop:approval:%s", id);

    reply = redisCommand(redis, "EVAL %s 3 " PENDING " " STREAM
                         " %s %s %s %s %s %s %s", hoop_approval_script_vote,
                         key, id, how, who, groups, comment, identity);

    r = parse(reply);
    freeReplyObject(reply);

    return r;
}


static result_t
vote(const char *id, const char *how, const char *who, const char *groups,
    const char *comment)
{
    char         identity[128];
    const char  *sub;

    sub = strchr(who, ' ');

    snprintf(identity, sizeof(identity),
             "{\"iss\":\"https://idp.test\",\"sub\":\"%s\"}",
             sub ? sub + 1 : "");

    return vote_as(id, how, who, groups, comment, identity);
}


static result_t
poll_one(const char *id)
{
    result_t     r;
    redisReply  *reply;

    reply = redisCommand(redis, "EVAL %s 4 " PENDING " " STREAM
                         " hoop:approval:%s hoop:approval:nothing %s nothing",
                         hoop_approval_script_poll, id, id);

    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY
        && reply->elements == 2)
    {
        r = parse(reply->element[1]);

        if (strcmp(r.state, "unknown") == 0) {
            r = parse(reply->element[0]);
        }

    } else {
        r = parse(NULL);
    }

    freeReplyObject(reply);

    return r;
}


static long long
number(const char *format, const char *arg)
{
    long long    n;
    redisReply  *reply;

    reply = redisCommand(redis, format, arg);

    n = (reply != NULL && reply->type == REDIS_REPLY_INTEGER)
        ? reply->integer
        : (reply != NULL && reply->type == REDIS_REPLY_STRING)
        ? atoll(reply->str) : -100;

    freeReplyObject(reply);

    return n;
}


/* the state that the newest entry of the stream tells, of which approval */

static void
is_last(const char *id, const char *state, const char *name)
{
    char         got[128], wanted[128];
    redisReply  *reply, *fields;

    snprintf(wanted, sizeof(wanted), "%s %s", id, state);
    snprintf(got, sizeof(got), "nothing");

    reply = redisCommand(redis, "XREVRANGE " STREAM " + - COUNT 1");

    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements) {
        fields = reply->element[0]->element[1];

        snprintf(got, sizeof(got), "%s %s", fields->element[1]->str,
                 fields->element[3]->str);
    }

    freeReplyObject(reply);

    is_str(got, wanted, name);
}


static void
test_once(void)
{
    result_t  a, b;

    a = claim("once", 60, 1, "[]");

    is_str(a.state, "pending", "a new request is pending");
    is_last(a.id, "pending", "and the stream says so");
    is_int(number("ZCARD %s", PENDING), 1, "one is in the pending set");
    ok(number("PTTL hoop:approval:digest:%s", "once") <= 60000,
       "the key of the digest expires with the approval");
    ok(number("PTTL hoop:approval:%s", a.id) > 3600 * 1000,
       "the hash stays longer");

    b = claim("once", 60, 1, "[]");

    is_str(b.state, "pending", "the same request again is pending");
    is_str(b.id, a.id, "and finds the same approval");

    b = claim("another", 60, 1, "[]");
    ok(strcmp(b.id, a.id) != 0, "another request has another approval");

    b = vote(a.id, "approve", BOB, "[]", "fine by me");

    is_str(b.state, "approved", "one vote of one approves");
    is_str(b.by, BOB, "by whom");
    is_str(b.comment, "fine by me", "and why");
    is_last(a.id, "approved", "and the stream says so");
    ok(number("PTTL hoop:approval:%s", a.id) > 86400 * 1000,
       "what was voted on stays for a day");
    is_str(poll_one(a.id).state, "approved", "a poll sees it");
    is_str(poll_one(a.id).state, "approved", "and does not use it up");
    is_str(claim("another", 60, 1, "[]").state, "pending",
           "the other request is pending still");

    b = claim("once", 60, 1, "[]");

    is_str(b.state, "consumed", "the retry goes through");
    is_str(b.id, a.id, "with that approval");
    is_str(b.by, BOB, "whose approver is known");
    is_last(a.id, "consumed", "and the stream says so");
    is_int(number("EXISTS hoop:approval:digest:%s", "once"), 0,
           "its digest is forgotten");

    b = claim("once", 60, 1, "[]");

    is_str(b.state, "pending", "and once only");
    ok(strcmp(b.id, a.id) != 0, "a further retry makes a new approval");

    is_str(vote(a.id, "approve", CAROL, "[]", "").state, "closed",
           "no vote on what was used");
    is_str(poll_one(a.id).state, "consumed", "which stays consumed");
}


static void
test_deny(void)
{
    result_t  a, b;

    a = claim("denied", 2, 2, "[]");
    b = vote(a.id, "deny", BOB, "[]", "not today");

    is_str(b.state, "denied", "one denial denies");
    is_last(a.id, "denied", "and the stream says so");

    b = claim("denied", 2, 2, "[]");

    is_str(b.state, "denied", "the retry is denied");
    is_str(b.by, BOB, "by whom");
    is_str(b.comment, "not today", "and why");

    is_str(vote(a.id, "approve", CAROL, "[]", "").state, "closed",
           "it cannot be approved any more");
    is_str(claim("denied", 2, 2, "[]").state, "denied", "still denied");

    usleep(2200 * 1000);

    b = claim("denied", 2, 2, "[]");

    is_str(b.state, "pending", "until it expires");
    ok(strcmp(b.id, a.id) != 0, "then there is a new approval");
}


static void
test_many(void)
{
    result_t  a;

    a = claim("many", 60, 2, "[\"dba\",\"ops\"]");

    is_str(vote(a.id, "approve", ALICE, "[\"dba\"]", "").state, "self",
           "not by the requester");
    is_str(vote(a.id, "approve", EXECUTOR, "[\"dba\"]", "").state, "self",
           "nor by its actor");
    is_str(vote(a.id, "deny", ALICE, "[\"dba\"]", "").state, "self",
           "who does not deny, either");
    is_str(vote(a.id, "approve", BOB, "[\"sales\"]", "").state, "no_right",
           "not by another group");
    is_str(vote(a.id, "approve", BOB, "[]", "").state, "no_right",
           "not without a group");
    is_str(vote(a.id, "approve", BOB, "[1,null,{\"dba\":\"dba\"}]", "").state,
           "no_right", "groups are strings");
    is_str(vote(a.id, "deny", BOB, "[\"sales\"]", "").state, "no_right",
           "a denial wants the right, too");
    is_str(vote_as(a.id, "approve", BOB, "[\"dba\"]", "",
                   "{\"iss\":\"https://idp.test\",\"sub\":\"bob\","
                   "\"act\":{\"sub\":\"portal\",\"act\":"
                   "{\"sub\":\"executor\"}}}").state, "self",
           "not by the requester's actor with a token of another");
    is_str(vote_as(a.id, "approve", BOB, "[\"dba\"]", "",
                   "{\"iss\":\"https://idp.test\",\"sub\":\"bob\","
                   "\"act\":{\"iss\":\"https://idp.test\","
                   "\"sub\":\"alice\"}}").state, "self",
           "nor by the requester");
    is_str(vote_as(a.id, "approve", BOB, "[\"dba\"]", "", "[]").state,
           "error", "nor by an identity that is none");
    is_str(poll_one(a.id).state, "pending", "none of that counted");

    is_str(vote_as(a.id, "approve", BOB, "[\"x\",\"ops\"]", "one",
                   "{\"iss\":\"https://idp.test\",\"sub\":\"bob\","
                   "\"act\":{\"iss\":\"https://other.test\","
                   "\"sub\":\"executor\"}}").state,
           "pending", "the first of two is not enough");
    is_str(vote(a.id, "approve", BOB, "[\"dba\"]", "two").state, "voted",
           "nor is the same approver twice");
    is_str(vote(a.id, "deny", BOB, "[\"dba\"]", "").state, "voted",
           "who cannot change it, either");
    is_str(claim("many", 60, 2, "[\"dba\"]").state, "pending",
           "and the request waits");
    is_str(vote(a.id, "approve", CAROL, "[\"dba\"]", "").state, "approved",
           "the second approver's vote approves");
    is_str(claim("many", 60, 2, "[\"dba\"]").state, "consumed",
           "and the request goes through");
}


static void
test_expiry(void)
{
    result_t  a, b, c;

    a = claim("late", 1, 1, "[]");
    b = claim("late-approved", 1, 1, "[]");
    c = claim("late-polled", 1, 1, "[]");

    is_str(vote(b.id, "approve", BOB, "[]", "").state, "approved",
           "approved in time");

    usleep(2100 * 1000);

    is_str(vote(a.id, "approve", BOB, "[]", "").state, "expired",
           "a vote that comes late");
    is_last(a.id, "expired", "and the stream says so");
    is_str(poll_one(c.id).state, "expired", "a poll sees what expired");
    is_str(poll_one(b.id).state, "expired", "an approval expires, too");

    c = claim("late-approved", 1, 1, "[]");

    is_str(c.state, "pending", "it is not used then");
    ok(strcmp(b.id, c.id) != 0, "the retry makes a new one");
}


/* the time has come, but Redis has not yet dropped the key of the digest */

static void
test_expired_digest(void)
{
    result_t  a, b;

    a = claim("held", 60, 1, "[]");
    (void) vote(a.id, "approve", BOB, "[]", "");

    (void) number("HSET hoop:approval:%s expires 1000", a.id);

    b = claim("held", 60, 1, "[]");

    is_str(b.state, "pending", "expired by the hash alone: not used");
    ok(strcmp(a.id, b.id) != 0, "but a new approval");
    is_str(poll_one(a.id).state, "expired", "and the old one says expired");
}


static void
test_broken(void)
{
    result_t  a;

    is_str(vote("ffffffffffffffffffffffffffffffff", "approve", BOB, "[]",
                "").state, "unknown", "a vote on an unknown id");
    is_int(number("EXISTS hoop:approval:%s",
                  "ffffffffffffffffffffffffffffffff"), 0, "creates nothing");
    is_str(poll_one("ffff").state, "unknown", "a poll of an unknown id");

    a = claim("broken", 60, 1, "[]");

    is_str(vote(a.id, "approve", BOB, "{broken", "").state, "error",
           "groups that are no JSON");
    is_str(vote(a.id, "perhaps", BOB, "[]", "").state, "error",
           "a vote that is none");
    is_str(vote(a.id, "approve", "", "[]", "").state, "error",
           "an approver without a name");

    (void) number("HSET hoop:approval:%s excluded []", a.id);
    is_str(vote(a.id, "approve", BOB, "[]", "").state, "error",
           "an approval without a requester");

    (void) number("HSET hoop:approval:%s excluded garbage", a.id);
    is_str(vote(a.id, "approve", BOB, "[]", "").state, "error",
           "an approval with a broken one");

    a = claim("broken-needed", 60, 0, "[]");
    is_str(vote(a.id, "approve", BOB, "[]", "").state, "error",
           "an approval that needs nobody");

    a = claim("broken-approvers", 60, 1, "[1]");
    is_str(vote(a.id, "approve", BOB, "[]", "").state, "error",
           "approvers that are no names are not everybody");

    a = claim("mixed", 60, 1, "[]");
    (void) number("HSET hoop:approval:%s digest other", a.id);
    (void) number("HSET hoop:approval:%s state approved", a.id);
    is_str(claim("mixed", 60, 1, "[]").state, "pending",
           "an approval of another digest is not used");

    freeReplyObject(redisCommand(redis, "RPUSH hoop:approval:digest:list x"));
    is_str(claim("list", 60, 1, "[]").state, "error",
           "a key of another type");

    freeReplyObject(redisCommand(redis, "SET hoop:approval:digest:gone gone"));
    is_str(claim("gone", 60, 1, "[]").state, "pending",
           "a digest whose approval is gone");
}


static result_t
withdraw(const char *id, const char *who, const char *comment)
{
    result_t     r;
    redisReply  *reply;

    reply = redisCommand(redis, "EVAL %s 3 " PENDING " " STREAM
                         " hoop:approval:%s %s %s %s",
                         hoop_approval_script_cancel, id, id, who, comment);
    r = parse(reply);
    freeReplyObject(reply);

    return r;
}


static void
set(const char *id, const char *name, const char *value)
{
    freeReplyObject(redisCommand(redis, "HSET hoop:approval:%s %s %s", id,
                                 name, value));
}


static void
test_cancel(void)
{
    result_t  r;

    freeReplyObject(redisCommand(redis, "FLUSHALL"));

    r = claim("cancel", 60, 1, "[]");

    is_str(withdraw(r.id, BOB, "").state, "not_requester",
           "somebody else does not cancel");
    is_str(withdraw("none", ALICE, "").state, "unknown", "nor what is not");
    is_str(withdraw(r.id, EXECUTOR, "no need").state, "cancelled",
           "who acts for the requester does");
    is_int(number("ZCARD " PENDING "%s", ""), 0, "it is not pending");
    is_str(vote(r.id, "approve", BOB, "[]", "").state, "closed",
           "it cannot be approved any more");
    is_str(withdraw(r.id, ALICE, "").state, "closed", "nor cancelled");
    is_str(claim("cancel", 60, 1, "[]").state, "pending",
           "the same request asks anew");

    r = claim("used", 60, 1, "[]");
    (void) vote(r.id, "approve", BOB, "[]", "");
    is_str(withdraw(r.id, ALICE, "").state, "closed",
           "what is approved stays so");
    is_str(claim("used", 60, 1, "[]").state, "consumed", "and can be used");

    r = claim("late", 60, 1, "[]");
    set(r.id, "expires", "1");
    is_str(withdraw(r.id, ALICE, "").state, "expired", "or it has expired");

    r = claim("nobody", 60, 1, "[]");
    set(r.id, "excluded", "{");
    is_str(withdraw(r.id, ALICE, "").state, "not_requester",
           "a broken one is nobody's");
}


static void
test_scope(void)
{
    int          i;
    result_t     r;
    const char  *scopes[] = { "time", "run" };

    for (i = 0; i < 2; i++) {
        freeReplyObject(redisCommand(redis, "FLUSHALL"));

        r = claim("scope", 60, 1, "[]");
        set(r.id, "scope", scopes[i]);
        set(r.id, "valid", "1000");
        is_str(vote(r.id, "approve", BOB, "[]", "").state, "approved",
               "approved for some time");
        ok(number("PTTL hoop:approval:digest:%s", "scope") > 900 * 1000,
           "as long its digest is known");
        is_str(claim("scope", 60, 1, "[]").state, "consumed", "one passes");
        is_str(claim("scope", 60, 1, "[]").state, "consumed", "and another");
        is_int(number("HGET hoop:approval:%s uses", r.id), 2,
               "both are counted");
        is_str(vote(r.id, "deny", CAROL, "[]", "").state, "closed",
               "who votes now is late");
        set(r.id, "expires", "1");
        is_str(claim("scope", 60, 1, "[]").state, "pending",
               "after that it asks anew");
    }

    freeReplyObject(redisCommand(redis, "FLUSHALL"));

    r = claim("ttl", 60, 1, "[]");
    set(r.id, "scope", "run");
    set(r.id, "valid", "0");
    (void) vote(r.id, "approve", BOB, "[]", "");
    ok(number("PTTL hoop:approval:digest:%s", "ttl") <= 60 * 1000,
       "without a time it lasts as long as the ttl");
    is_str(claim("ttl", 60, 1, "[]").state, "consumed", "one passes");
    is_str(claim("ttl", 60, 1, "[]").state, "consumed", "and another");
}


static void
test_reason(void)
{
    result_t  r;

    freeReplyObject(redisCommand(redis, "FLUSHALL"));

    r = claim("reason", 60, 1, "[]");
    set(r.id, "required", "1");
    is_str(vote(r.id, "approve", BOB, "[]", "").state, "no_reason",
           "a vote without a reason is none");
    is_str(vote(r.id, "deny", BOB, "[]", " \t").state, "no_reason",
           "spaces are none");
    is_int(number("HGET hoop:approval:%s votes", r.id), 0, "nothing counts");
    is_str(vote(r.id, "approve", BOB, "[]", "yes").state, "approved",
           "with one it does");
}


static redisReply *
list(const char *limit, const char *state, const char *rule, const char *sub,
    const char *after)
{
    return redisCommand(redis, "EVAL %s 2 " PENDING " " STREAM
                        " %s %s %s %s %s %s %s %s", hoop_approval_script_list,
                        limit, state, "", rule, "", sub, "", after);
}


static const char *
field(redisReply *hash, const char *name)
{
    size_t  i;

    for (i = 0; i + 1 < hash->elements; i += 2) {
        if (strcmp(hash->element[i]->str, name) == 0) {
            return hash->element[i + 1]->str;
        }
    }

    return "";
}


static void
test_list(void)
{
    int          i, n, pages;
    char         name[16], after[128], seen[1024];
    result_t     first, last;
    redisReply  *reply;

    freeReplyObject(redisCommand(redis, "FLUSHALL"));

    first = claim("first", 90, 1, "[]");
    (void) claim("short", 1, 1, "[]");

    usleep(2100 * 1000);

    for (i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "list%d", i);
        last = claim(name, 60, 1, "[]");
    }

    (void) vote(last.id, "approve", BOB, "[]", "");

    reply = list("100", "pending", "", "", "");

    ok(reply != NULL && reply->type == REDIS_REPLY_ARRAY
       && reply->elements == 4 && reply->element[0]->len == 0,
       "three are pending");

    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY
        && reply->elements == 4)
    {
        is_str(field(reply->element[1], "id"), first.id,
               "the oldest comes first");
    }

    freeReplyObject(reply);

    is_int(number("ZCARD %s", PENDING), 3, "the expired one is swept");

    reply = list("2", "pending", "", "", "");
    ok(reply != NULL && reply->elements == 3 && reply->element[0]->len,
       "the limit is kept");

    snprintf(after, sizeof(after), "%s", reply->element[0]->str);
    freeReplyObject(reply);

    reply = list("2", "pending", "", "", after);
    ok(reply != NULL && reply->elements == 2 && reply->element[0]->len == 0,
       "the rest is behind it");
    freeReplyObject(reply);

    reply = list("9", "approved", "", "", "");
    ok(reply != NULL && reply->elements == 2
       && strcmp(field(reply->element[1], "id"), last.id) == 0,
       "one is approved");
    freeReplyObject(reply);

    reply = list("9", "expired", "", "", "");
    ok(reply != NULL && reply->elements == 2, "one has expired");
    freeReplyObject(reply);

    reply = list("9", "", "another", "", "");
    ok(reply != NULL && reply->elements == 1, "none is of another rule");
    freeReplyObject(reply);

    reply = list("9", "", "the rule", "alice", "");
    ok(reply != NULL && reply->elements == 6, "all five are of alice");
    ok(strcmp(field(reply->element[1], "created"),
              field(reply->element[5], "created")) > 0,
       "the newest comes first");
    freeReplyObject(reply);

    reply = list("9", "", "", "bob", "");
    ok(reply != NULL && reply->elements == 1, "none is of bob");
    freeReplyObject(reply);

    /* one at a time, each once, also those of one second */

    after[0] = '\0';
    seen[0] = '\0';
    n = 0;
    pages = 0;

    do {
        reply = list("1", "", "", "", after);
        pages++;

        if (reply->elements == 2) {
            n++;
            if (strstr(seen, field(reply->element[1], "id"))) {
                n = -100;
            }

            strcat(seen, field(reply->element[1], "id"));
            strcat(seen, ",");
        }

        snprintf(after, sizeof(after), "%s", reply->element[0]->str);
        freeReplyObject(reply);

    } while (after[0] && pages < 20);

    is_int(n, 5, "page by page they are five, each once");

    reply = redisCommand(redis, "EVAL %s 3 " PENDING " " STREAM
                         " hoop:approval:%s %s", hoop_approval_script_show,
                         first.id, first.id);
    ok(reply != NULL && reply->type == REDIS_REPLY_ARRAY
       && reply->elements == 3
       && strcmp(field(reply->element[0], "id"), first.id) == 0,
       "one is shown");

    if (reply != NULL && reply->elements == 3) {
        is_str(field(reply->element[1], "id"), last.id,
               "with the last one approved of its kind");
        is_int(reply->element[2]->elements, 4, "and the requester's others");
    }

    freeReplyObject(reply);

    reply = redisCommand(redis, "EVAL %s 3 " PENDING " " STREAM
                         " hoop:approval:none none", hoop_approval_script_show);
    ok(reply != NULL && reply->type == REDIS_REPLY_ARRAY
       && reply->elements == 0, "an unknown one is empty");
    freeReplyObject(reply);
}


/* all keys of a cluster's node begin with the tag of one slot */

static void
test_prefix(void)
{
    redisReply  *reply;

    freeReplyObject(redisCommand(redis, "FLUSHALL"));

    reply = redisCommand(redis, "EVAL %s 4 {h}:approvals:pending {h}:approvals"
                         " {h}:approval:digest:d {h}:approval:i i 60 d"
                         " excluded %s approvers [] needed 1 rule r target t"
                         " session s requester {}", hoop_approval_script_claim,
                         "[\"" ALICE "\"]");
    freeReplyObject(reply);

    reply = redisCommand(redis, "EVAL %s 3 {h}:approvals:pending {h}:approvals"
                         " {h}:approval:i i approve %s [] %s %s",
                         hoop_approval_script_vote, BOB, "",
                         "{\"iss\":\"https://idp.test\",\"sub\":\"bob\"}");
    freeReplyObject(reply);

    ok(number("DBSIZE%s", "") >= 6, "there are keys");

    reply = redisCommand(redis, "KEYS hoop*");
    is_int(reply->elements, 0, "none of them without the tag");
    freeReplyObject(reply);
}


static void
test_full(void)
{
    result_t  r;

    freeReplyObject(redisCommand(redis, "FLUSHALL"));

    (void) claim("before", 60, 1, "[]");

    freeReplyObject(redisCommand(redis, "EVAL %s 1 " PENDING,
                                 "for i = 1, 9999 do redis.call('ZADD',"
                                 " KEYS[1], 9999999999, i) end"));

    r = claim("after", 60, 1, "[]");

    is_str(r.state, "error", "with 10000 pending there is no new one");
    ok(strstr(r.comment, "FULL") != NULL, "and the error says why");
    is_str(claim("before", 60, 1, "[]").state, "pending",
           "the old ones are found");
    is_int(number("ZREM " PENDING " %s", "1"), 1, "one less");
    is_str(claim("after", 60, 1, "[]").state, "pending",
           "and there is room again");
}


int
main(void)
{
    test_digest();

    if (start()) {
        test_once();
        test_deny();
        test_many();
        test_expiry();
        test_expired_digest();
        test_broken();
        test_list();
        test_cancel();
        test_scope();
        test_reason();
        test_prefix();
        test_full();

    } else {
        ok(1, "the scripts # SKIP no redis-server");
    }

    stop();

    return done_testing();
}
