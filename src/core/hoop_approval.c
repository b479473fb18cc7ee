
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The fields of the hash hoop:approval:<id>:
 *
 *     id state digest created expires changed       times: Unix seconds
 *     requester excluded approvers                  JSON
 *     target method uri rule reason summary session run
 *     needed votes                                  approvals wanted and had
 *     by comment                                    of the last vote
 *     vote:<iss sub>                                "approve|deny TIME TEXT"
 *
 * The state that stands in the hash is the truth, except that what is pending
 * or approved is over once its time has come; whichever script sees that first
 * writes it down.  The key of the digest lives as long as the approval may be
 * of use: from then on the same request makes a new one.  The hash stays to be
 * shown, for an hour, or for a day once somebody has voted; what may be pending
 * at a time is limited: an agent must not fill Redis with questions.
 */


#include "hoop_approval.h"


#define HOOP_APPROVAL_VERSION  "hoop-approval-1"


static void hoop_approval_digest_add(hoop_sha256_t *md, const void *p,
    size_t len);


void
hoop_approval_digest(u_char hex[64], const hoop_approval_subject_t *s)
{
    size_t            i;
    u_char            digest[32];
    hoop_sha256_t     md;
    const hoop_str_t  parts[] = {
        hoop_string(HOOP_APPROVAL_VERSION),
        s->identity, s->target, s->method, s->host, s->uri, s->headers,
        s->rule, s->policy_hash
    };

    hoop_sha256_init(&md);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        hoop_approval_digest_add(&md, parts[i].data, parts[i].len);
    }

    /* no body is a part of no bytes, an empty body is one of 32 */

    hoop_approval_digest_add(&md, s->body_sha256, s->body_sha256 ? 32 : 0);

    hoop_sha256_final(&md, digest);
    hoop_hex(hex, digest, 32);
}


static void
hoop_approval_digest_add(hoop_sha256_t *md, const void *p, size_t len)
{
    int       i;
    u_char    size[8];
    uint64_t  n;

    n = len;

    for (i = 7; i >= 0; i--) {
        size[i] = (u_char) n;
        n >>= 8;
    }

    hoop_sha256_update(md, size, 8);
    hoop_sha256_update(md, p, len);
}


/*
 * What all scripts begin with.  KEYS[1] is hoop:approvals:pending, KEYS[2] is
 * hoop:approvals.  The key of an approval found by its digest cannot be
 * named beforehand, so the scripts are not for a cluster.
 */

#define HOOP_APPROVAL_LUA                                                     \
    "local now = tonumber(redis.call('TIME')[1])\n"                           \
    "local names = { 'state', 'expires', 'by', 'comment', 'rule', 'target',\n" \
    "  'session', 'digest', 'needed', 'votes', 'excluded', 'approvers' }\n"   \
                                                                              \
    "local function get(key)\n"                                               \
    "  local v = redis.call('HMGET', key, unpack(names))\n"                   \
    "  local h = {}\n"                                                        \
    "  for i, name in ipairs(names) do h[name] = v[i] or '' end\n"            \
    "  h.expires = tonumber(h.expires)\n"                                     \
    "  if h.state == '' or not h.expires then return nil end\n"               \
    "  return h\n"                                                            \
    "end\n"                                                                   \
                                                                              \
    "local function move(key, id, h, state, by, comment)\n"                   \
    "  redis.call('HSET', key, 'state', state, 'changed', now,\n"             \
    "    'by', by, 'comment', comment)\n"                                     \
    "  if state ~= 'pending' then redis.call('ZREM', KEYS[1], id) end\n"      \
    "  redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*',\n"              \
    "    'approval', id, 'state', state, 'rule', h.rule,\n"                   \
    "    'target', h.target, 'session', h.session,\n"                         \
    "    'by', by, 'reason', comment)\n"                                      \
    "  h.state = state\n"                                                     \
    "  h.by = by\n"                                                           \
    "  h.comment = comment\n"                                                 \
    "end\n"                                                                   \
                                                                              \
    "local function expire(key, id, h)\n"                                     \
    "  if now >= h.expires\n"                                                 \
    "    and (h.state == 'pending' or h.state == 'approved')\n"               \
    "  then\n"                                                                \
    "    move(key, id, h, 'expired', h.by, h.comment)\n"                      \
    "  end\n"                                                                 \
    "end\n"                                                                   \
                                                                              \
    "local function sweep(n)\n"                                               \
    "  local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now,\n"       \
    "    'LIMIT', 0, n)\n"                                                    \
    "  for _, id in ipairs(ids) do\n"                                         \
    "    local key = 'hoop:approval:' .. id\n"                                \
    "    local h = get(key)\n"                                                \
    "    if h then expire(key, id, h) end\n"                                  \
    "    redis.call('ZREM', KEYS[1], id)\n"                                   \
    "  end\n"                                                                 \
    "end\n"                                                                   \
                                                                              \
    "local function result(id, h, what)\n"                                    \
    "  return { what or h.state, id, h.expires, h.by, h.comment }\n"          \
    "end\n"


/*
 * KEYS: pending, stream, hoop:approval:digest:<digest>, hoop:approval:<new id>
 * ARGV: new id, ttl in seconds, digest, then names and values of the hash
 *
 * Answers { state, id, expires, by, comment }; "consumed" tells that this very
 * call used the approval up.  An error FULL if too many are pending.
 */

const char  hoop_approval_script_claim[] =
    HOOP_APPROVAL_LUA
    "sweep(10)\n"
    "local id = redis.call('GET', KEYS[3])\n"
    "if id then\n"
    "  local key = 'hoop:approval:' .. id\n"
    "  local h = get(key)\n"
    "  if h and h.digest == ARGV[3] and now < h.expires then\n"
    "    if h.state == 'pending' or h.state == 'denied' then\n"
    "      return result(id, h)\n"
    "    end\n"
    "    if h.state == 'approved' then\n"
    "      move(key, id, h, 'consumed', h.by, h.comment)\n"
    "      redis.call('DEL', KEYS[3])\n"
    "      return result(id, h)\n"
    "    end\n"
    "  elseif h then\n"
    "    expire(key, id, h)\n"
    "  end\n"
    "end\n"
    "if redis.call('ZCARD', KEYS[1]) >= 10000 then\n"
    "  return redis.error_reply('FULL too many approvals are pending')\n"
    "end\n"
    "id = ARGV[1]\n"
    "local ttl = tonumber(ARGV[2])\n"
    "redis.call('HSET', KEYS[4], 'votes', 0, 'by', '', 'comment', '',\n"
    "  unpack(ARGV, 4))\n"
    "redis.call('HSET', KEYS[4], 'id', id, 'digest', ARGV[3],\n"
    "  'state', 'pending', 'created', now, 'expires', now + ttl)\n"
    "redis.call('PEXPIRE', KEYS[4], (ttl + 3600) * 1000)\n"
    "redis.call('SET', KEYS[3], id, 'PX', ttl * 1000)\n"
    "redis.call('ZADD', KEYS[1], now + ttl, id)\n"
    "local h = get(KEYS[4])\n"
    "move(KEYS[4], id, h, 'pending', '', '')\n"
    "return result(id, h)\n";


/*
 * KEYS: pending, stream, hoop:approval:<id>
 * ARGV: id, "approve" or "deny", "iss sub" of the approver, JSON array of the
 *       approver's groups, comment, the approver's identity as JSON
 *
 * Whoever acts for the approver must not be among the excluded, either: an
 * agent does not approve its own request with a token that it was lent.
 *
 * Answers as above, where the state may also be unknown, self, no_right,
 * voted or closed; "pending" after a vote that was counted but is not enough.
 */

const char  hoop_approval_script_vote[] =
    HOOP_APPROVAL_LUA
    "local function list(text)\n"
    "  local ok, t = pcall(cjson.decode, text)\n"
    "  if not ok or type(t) ~= 'table' then return nil end\n"
    "  local set = {}\n"
    "  local n = 0\n"
    "  for _, name in ipairs(t) do\n"
    "    if type(name) == 'string' then\n"
    "      set[name] = true\n"
    "      n = n + 1\n"
    "    end\n"
    "  end\n"
    "  return set, n, #t\n"
    "end\n"
    "local id, vote, subject, comment = ARGV[1], ARGV[2], ARGV[3], ARGV[5]\n"
    "local key = KEYS[3]\n"
    "local h = get(key)\n"
    "if not h then return { 'unknown', id, 0, '', '' } end\n"
    "local excluded, nexcluded = list(h.excluded)\n"
    "local approvers, napprovers, nlist = list(h.approvers)\n"
    "local groups = list(ARGV[4])\n"
    "local needed, votes = tonumber(h.needed), tonumber(h.votes)\n"
    "if not excluded or nexcluded == 0 or not approvers\n"
    "  or napprovers ~= nlist or not groups\n"
    "  or not needed or needed < 1 or not votes or subject == ''\n"
    "  or (vote ~= 'approve' and vote ~= 'deny')\n"
    "then\n"
    "  return redis.error_reply('ERR broken approval')\n"
    "end\n"
    "local ok, who = pcall(cjson.decode, ARGV[6])\n"
    "if not ok or type(who) ~= 'table' or type(who.iss) ~= 'string' then\n"
    "  return redis.error_reply('ERR broken approver')\n"
    "end\n"
    "local iss = who.iss\n"
    "local self = excluded[subject]\n"
    "while type(who) == 'table' do\n"
    "  if type(who.sub) == 'string' then\n"
    "    local by = type(who.iss) == 'string' and who.iss or iss\n"
    "    self = self or excluded[by .. ' ' .. who.sub]\n"
    "  end\n"
    "  who = who.act\n"
    "end\n"
    "if self then return result(id, h, 'self') end\n"
    "if napprovers > 0 then\n"
    "  local may = false\n"
    "  for name in pairs(groups) do may = may or approvers[name] end\n"
    "  if not may then return result(id, h, 'no_right') end\n"
    "end\n"
    "expire(key, id, h)\n"
    "if h.state == 'expired' then return result(id, h) end\n"
    "if h.state ~= 'pending' then return result(id, h, 'closed') end\n"
    "if redis.call('HSETNX', key, 'vote:' .. subject,\n"
    "  vote .. ' ' .. now .. ' ' .. comment) == 0\n"
    "then\n"
    "  return result(id, h, 'voted')\n"
    "end\n"
    "redis.call('PEXPIRE', key, (math.max(h.expires - now, 0) + 86400)\n"
    "  * 1000)\n"
    "if vote == 'deny' then\n"
    "  move(key, id, h, 'denied', subject, comment)\n"
    "  return result(id, h)\n"
    "end\n"
    "votes = redis.call('HINCRBY', key, 'votes', 1)\n"
    "move(key, id, h, votes >= needed and 'approved' or 'pending', subject,\n"
    "  comment)\n"
    "return result(id, h)\n";


/*
 * KEYS: pending, stream, then hoop:approval:<id> of each
 * ARGV: the ids
 *
 * Answers an array of what the scripts above answer.
 */

const char  hoop_approval_script_poll[] =
    HOOP_APPROVAL_LUA
    "local all = {}\n"
    "for i, id in ipairs(ARGV) do\n"
    "  local key = KEYS[i + 2]\n"
    "  local h = get(key)\n"
    "  if h then\n"
    "    expire(key, id, h)\n"
    "    all[i] = result(id, h)\n"
    "  else\n"
    "    all[i] = { 'unknown', id, 0, '', '' }\n"
    "  end\n"
    "end\n"
    "return all\n";


/*
 * KEYS: pending, stream
 * ARGV: at most that many
 *
 * Answers an array of hashes, oldest first: names and values in turn.
 */

const char  hoop_approval_script_list[] =
    HOOP_APPROVAL_LUA
    "sweep(1000)\n"
    "local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf',\n"
    "  'LIMIT', 0, ARGV[1])\n"
    "local order = {}\n"
    "for _, id in ipairs(ids) do\n"
    "  local key = 'hoop:approval:' .. id\n"
    "  local h = redis.call('HMGET', key, 'state', 'created')\n"
    "  if h[1] == 'pending' and tonumber(h[2]) then\n"
    "    table.insert(order, { key, tonumber(h[2]) })\n"
    "  end\n"
    "end\n"
    "table.sort(order, function(a, b)\n"
    "  return a[2] < b[2] or (a[2] == b[2] and a[1] < b[1])\n"
    "end)\n"
    "local all = {}\n"
    "for i, entry in ipairs(order) do\n"
    "  all[i] = redis.call('HGETALL', entry[1])\n"
    "end\n"
    "return all\n";


/*
 * KEYS: pending, stream, hoop:approval:<id>
 * ARGV: id
 *
 * Answers the hash, empty if there is none.
 */

const char  hoop_approval_script_show[] =
    HOOP_APPROVAL_LUA
    "local h = get(KEYS[3])\n"
    "if not h then return {} end\n"
    "expire(KEYS[3], ARGV[1], h)\n"
    "return redis.call('HGETALL', KEYS[3])\n";
