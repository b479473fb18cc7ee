
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The state machine of approvals, as Redis runs it.
 *
 * The fields of the hash hoop:approval:<id>:
 *
 *     id kind state digest created expires changed  times: Unix seconds
 *     requester excluded approvers                  JSON
 *     target method uri rule reason summary session run
 *     needed votes                                  approvals wanted and had
 *     required                                      1: no vote without a reason
 *     scope valid uses                              what it lets through, for how
 *                                                   long, and how often it has
 *     by comment                                    of the last vote
 *     vote:<iss sub>                                "approve|deny TIME TEXT"
 *
 * The state that stands in the hash is the truth, except that what is pending
 * or approved is over once its time has come; whichever script sees that first
 * writes it down.  The key of the digest lives as long as the approval may be
 * of use: from then on the same request makes a new one.  The hash stays to be
 * shown, for an hour, or for a week once somebody has voted; what may be pending
 * at a time is limited: an agent must not fill Redis with questions.
 *
 * All keys begin alike, and the scripts take that beginning from the name of
 * the stream: with a hash tag in it all are in one slot of a cluster.
 */


#include "hoop_approval.h"


/* what all scripts begin with.  KEYS[1] is hoop:approvals:pending, KEYS[2] is
   hoop:approvals, which is a channel as well */

#define HOOP_APPROVAL_LUA                                                     \
    "local now = tonumber(redis.call('TIME')[1])\n"                           \
    "local prefix = string.sub(KEYS[2], 1, -10)\n"                            \
    "local names = { 'state', 'expires', 'by', 'comment', 'rule', 'target',\n" \
    "  'session', 'digest', 'needed', 'votes', 'excluded', 'approvers',\n"    \
    "  'scope', 'valid', 'required', 'method', 'kind', 'slot' }\n"            \
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
    "local function like(h)\n"                                                \
    "  return prefix .. 'approvals:like:' .. redis.sha1hex(h.rule .. '\\n'\n" \
    "    .. h.target .. '\\n' .. h.method)\n"                                 \
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
    "  redis.pcall('PUBLISH', KEYS[2], id .. ' ' .. state)\n"                 \
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
    "    local key = prefix .. 'approval:' .. id\n"                           \
    "    local h = get(key)\n"                                                \
    "    if h then expire(key, id, h) end\n"                                  \
    "    redis.call('ZREM', KEYS[1], id)\n"                                   \
    "  end\n"                                                                 \
    "end\n"                                                                   \
                                                                              \
    "local function result(id, h, what)\n"                                    \
    "  return { what or h.state, id, h.expires, h.by, h.comment }\n"          \
    "end\n"                                                                   \
                                                                              \
    "local function list(text)\n"                                             \
    "  local ok, t = pcall(cjson.decode, text)\n"                             \
    "  if not ok or type(t) ~= 'table' then return nil end\n"                 \
    "  local set = {}\n"                                                      \
    "  local n = 0\n"                                                         \
    "  for _, name in ipairs(t) do\n"                                         \
    "    if type(name) == 'string' then\n"                                    \
    "      set[name] = true\n"                                                \
    "      n = n + 1\n"                                                       \
    "    end\n"                                                               \
    "  end\n"                                                                 \
    "  return set, n, #t, t[1]\n"                                             \
    "end\n"                                                                   \
                                                                              \
    "local function of(subject)\n"                                            \
    "  return prefix .. 'approvals:of:' .. redis.sha1hex(subject)\n"          \
    "end\n"                                                                   \
                                                                              \
    "local function create(key, id, ttl)\n"                                   \
    "  redis.call('HSET', key, 'id', id, 'state', 'pending',\n"               \
    "    'created', now, 'expires', now + ttl,\n"                             \
    "    'votes', 0, 'uses', 0, 'by', '', 'comment', '')\n"                   \
    "  redis.call('PEXPIRE', key, (ttl + 3600) * 1000)\n"                     \
    "  redis.call('ZADD', KEYS[1], now + ttl, id)\n"                          \
    "  local h = get(key)\n"                                                  \
    "  move(key, id, h, 'pending', '', '')\n"                                 \
    "  local index = prefix .. 'approvals:index'\n"                           \
    "  redis.call('ZADD', index, now, id)\n"                                  \
    "  redis.call('ZREMRANGEBYRANK', index, 0, -50001)\n"                     \
    "  local _, n, _, first = list(h.excluded)\n"                             \
    "  if n and n > 0 and type(first) == 'string' then\n"                     \
    "    redis.call('ZADD', of(first), now, id)\n"                            \
    "    redis.call('ZREMRANGEBYRANK', of(first), 0, -101)\n"                 \
    "    redis.call('EXPIRE', of(first), 30 * 86400)\n"                       \
    "  end\n"                                                                 \
    "  return h\n"                                                            \
    "end\n"


/*
 * KEYS: pending, stream, hoop:approval:digest:<digest>, hoop:approval:<new id>
 * ARGV: new id, ttl in seconds, digest, then names and values of the hash
 *
 * Answers { state, id, expires, by, comment }; "consumed" tells that this very
 * call may pass: it has used the approval up, or once more where the scope is
 * not "once".  An error FULL if too many are pending.
 */

const char  hoop_approval_script_claim[] =
    HOOP_APPROVAL_LUA
    "sweep(10)\n"
    "local id = redis.call('GET', KEYS[3])\n"
    "if id then\n"
    "  local key = prefix .. 'approval:' .. id\n"
    "  local h = get(key)\n"
    "  if h and h.digest == ARGV[3] and now < h.expires then\n"
    "    if h.state == 'pending' or h.state == 'denied' then\n"
    "      return result(id, h)\n"
    "    end\n"
    "    if h.state == 'approved'\n"
    "      and (h.scope == 'time' or h.scope == 'run')\n"
    "    then\n"
    "      redis.call('HINCRBY', key, 'uses', 1)\n"
    "      redis.call('HSET', key, 'changed', now)\n"
    "      return result(id, h, 'consumed')\n"
    "    end\n"
    "    if h.state == 'approved' then\n"
    "      redis.call('HINCRBY', key, 'uses', 1)\n"
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
    "redis.call('HSET', KEYS[4], 'digest', ARGV[3], unpack(ARGV, 4))\n"
    "redis.call('SET', KEYS[3], id, 'PX', ttl * 1000)\n"
    "local h = create(KEYS[4], id, ttl)\n"
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
 * no_reason, voted or closed; "pending" after a vote that was counted but is
 * not enough.
 */

const char  hoop_approval_script_vote[] =
    HOOP_APPROVAL_LUA
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
    "if h.required == '1' and not string.find(comment, '%S') then\n"
    "  return result(id, h, 'no_reason')\n"
    "end\n"
    "if redis.call('HSETNX', key, 'vote:' .. subject,\n"
    "  vote .. ' ' .. now .. ' ' .. comment) == 0\n"
    "then\n"
    "  return result(id, h, 'voted')\n"
    "end\n"
    "local function keep()\n"
    "  redis.call('PEXPIRE', key, (math.max(h.expires - now, 0) + 7 * 86400)\n"
    "    * 1000)\n"
    "end\n"
    "keep()\n"
    "if vote == 'deny' then\n"
    "  move(key, id, h, 'denied', subject, comment)\n"
    "  return result(id, h)\n"
    "end\n"
    "votes = redis.call('HINCRBY', key, 'votes', 1)\n"
    "if votes < needed then\n"
    "  move(key, id, h, 'pending', subject, comment)\n"
    "  return result(id, h)\n"
    "end\n"
    "local valid = tonumber(h.valid) or 0\n"
    "if valid > 0 and (h.scope == 'time' or h.scope == 'run') then\n"
    "  local digest = prefix .. 'approval:digest:' .. h.digest\n"
    "  h.expires = now + valid\n"
    "  redis.call('HSET', key, 'expires', h.expires)\n"
    "  if h.slot ~= '' then digest = prefix .. h.slot end\n"
    "  if redis.call('GET', digest) == id then\n"
    "    redis.call('PEXPIRE', digest, valid * 1000)\n"
    "  end\n"
    "  keep()\n"
    "end\n"
    "move(key, id, h, 'approved', subject, comment)\n"
    "redis.call('SET', like(h), id, 'EX', 7 * 86400)\n"
    "return result(id, h)\n";


/*
 * KEYS: pending, stream, hoop:approval:<id>
 * ARGV: id, "iss sub" of who cancels, comment
 *
 * For the requester and who acts in its chain; of a plan also what is left of it
 * once it is approved.  Answers as above: cancelled, unknown, not_requester,
 * closed or expired.  The same request asks anew.
 */

const char  hoop_approval_script_cancel[] =
    HOOP_APPROVAL_LUA
    "local id, subject, comment = ARGV[1], ARGV[2], ARGV[3]\n"
    "local key = KEYS[3]\n"
    "local h = get(key)\n"
    "if not h then return { 'unknown', id, 0, '', '' } end\n"
    "local excluded = list(h.excluded)\n"
    "if not excluded or not excluded[subject] then\n"
    "  return result(id, h, 'not_requester')\n"
    "end\n"
    "expire(key, id, h)\n"
    "if h.state == 'expired' then return result(id, h) end\n"
    "if h.state ~= 'pending'\n"
    "  and not (h.state == 'approved' and h.kind == 'plan')\n"
    "then\n"
    "  return result(id, h, 'closed')\n"
    "end\n"
    "move(key, id, h, 'cancelled', subject, comment)\n"
    "local digest = prefix .. 'approval:digest:' .. h.digest\n"
    "if h.slot ~= '' then digest = prefix .. h.slot end\n"
    "if redis.call('GET', digest) == id then redis.call('DEL', digest) end\n"
    "redis.call('PEXPIRE', key, 7 * 86400 * 1000)\n"
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
 * ARGV: at most that many; then, each of them empty for any: state, kind, rule,
 *       target, subject of the requester, run; and "<created>-<id>" behind which
 *       to go on, or empty
 *
 * Answers { next, hash, ... }: names and values in turn of each; "next" is what
 * to go on behind, or empty.  The pending ones oldest first, others newest first.
 */

const char  hoop_approval_script_list[] =
    HOOP_APPROVAL_LUA
    "sweep(1000)\n"
    "local limit = tonumber(ARGV[1])\n"
    "local want = { state = ARGV[2], kind = ARGV[3], rule = ARGV[4],\n"
    "  target = ARGV[5], run = ARGV[7] }\n"
    "local sub = ARGV[6]\n"
    "local since, last = string.match(ARGV[8], '^(%d+)%-(%x+)$')\n"
    "since = tonumber(since)\n"
    "local pending = want.state == 'pending'\n"
    "local fields = { 'state', 'kind', 'rule', 'target', 'run', 'created',\n"
    "  'requester', 'expires' }\n"
    "local function fits(id)\n"
    "  local key = prefix .. 'approval:' .. id\n"
    "  local v = redis.call('HMGET', key, unpack(fields))\n"
    "  local h = {}\n"
    "  for i, name in ipairs(fields) do h[name] = v[i] or '' end\n"
    "  h.created = tonumber(h.created)\n"
    "  h.expires = tonumber(h.expires)\n"
    "  if not h.created or not h.expires then return nil end\n"
    "  if h.kind == '' then h.kind = 'request' end\n"
    "  if now >= h.expires\n"
    "    and (h.state == 'pending' or h.state == 'approved')\n"
    "  then\n"
    "    h.state = 'expired'\n"
    "  end\n"
    "  for name, value in pairs(want) do\n"
    "    if value ~= '' and h[name] ~= value then return nil, h end\n"
    "  end\n"
    "  if sub ~= '' then\n"
    "    local ok, who = pcall(cjson.decode, h.requester)\n"
    "    if not ok or type(who) ~= 'table' or who.sub ~= sub then\n"
    "      return nil, h\n"
    "    end\n"
    "  end\n"
    "  return key, h\n"
    "end\n"
    "local all, next = { '' }, ''\n"
    "local function add(key, id)\n"
    "  local h = get(key)\n"
    "  if h then expire(key, id, h) end\n"
    "  all[#all + 1] = redis.call('HGETALL', key)\n"
    "end\n"
    "if pending then\n"
    "  local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf',\n"
    "    'LIMIT', 0, 1000)\n"
    "  local order = {}\n"
    "  for _, id in ipairs(ids) do\n"
    "    local key, h = fits(id)\n"
    "    if key and (not since or h.created > since\n"
    "      or (h.created == since and id > last))\n"
    "    then\n"
    "      order[#order + 1] = { key, h.created, id }\n"
    "    end\n"
    "  end\n"
    "  table.sort(order, function(a, b)\n"
    "    return a[2] < b[2] or (a[2] == b[2] and a[3] < b[3])\n"
    "  end)\n"
    "  for i, entry in ipairs(order) do\n"
    "    if i > limit then\n"
    "      all[1] = string.format('%d-%s', order[limit][2], order[limit][3])\n"
    "      break\n"
    "    end\n"
    "    add(entry[1], entry[3])\n"
    "  end\n"
    "  return all\n"
    "end\n"
    "local index = prefix .. 'approvals:index'\n"
    "local ids = redis.call('ZREVRANGEBYSCORE', index, since or '+inf', '-inf',\n"
    "  'WITHSCORES', 'LIMIT', 0, 1000)\n"
    "local seen, found\n"
    "for i = 1, #ids, 2 do\n"
    "  local id, score = ids[i], tonumber(ids[i + 1])\n"
    "  if not since or score < since or id < last then\n"
    "    local key, h = fits(id)\n"
    "    if not h then\n"
    "      redis.call('ZREM', index, id)\n"
    "    elseif key then\n"
    "      if #all - 1 == limit then\n"
    "        all[1] = seen\n"
    "        return all\n"
    "      end\n"
    "      add(key, id)\n"
    "    end\n"
    "    seen = string.format('%d-%s', score, id)\n"
    "  end\n"
    "end\n"
    "if #ids == 2000 and seen then all[1] = seen end\n"
    "return all\n";


/*
 * KEYS: pending, stream, hoop:approval:<id>
 * ARGV: id
 *
 * Answers { hash, like, of }: the hash, the one approved last of the same rule,
 * target and method, and an array of the requester's others, newest first; each
 * is names and values in turn.  An empty array if there is none.
 */

const char  hoop_approval_script_show[] =
    HOOP_APPROVAL_LUA
    "local id = ARGV[1]\n"
    "local h = get(KEYS[3])\n"
    "if not h then return {} end\n"
    "expire(KEYS[3], id, h)\n"
    "local other, others = {}, {}\n"
    "local last = redis.call('GET', like(h))\n"
    "if last and last ~= id then\n"
    "  other = redis.call('HGETALL', prefix .. 'approval:' .. last)\n"
    "end\n"
    "local _, n, _, first = list(h.excluded)\n"
    "if n and n > 0 and type(first) == 'string' then\n"
    "  local ids = redis.call('ZREVRANGE', of(first), 0, 40)\n"
    "  for _, one in ipairs(ids) do\n"
    "    local key = prefix .. 'approval:' .. one\n"
    "    local o = one ~= id and get(key)\n"
    "    if o and #others < 20 then\n"
    "      expire(key, one, o)\n"
    "      others[#others + 1] = redis.call('HGETALL', key)\n"
    "    end\n"
    "  end\n"
    "end\n"
    "return { redis.call('HGETALL', KEYS[3]), other, others }\n";


/*
 * KEYS: pending, stream, hoop:plan:<who and run>, hoop:approval:<new id>
 * ARGV: new id, ttl in seconds, digest, then names and values of the hash, of
 *       which "slot" is the key of the plan without its beginning
 *
 * Answers as claim; "closed" with the id of another plan of that run.
 */

const char  hoop_approval_script_propose[] =
    HOOP_APPROVAL_LUA
    "sweep(10)\n"
    "local id = redis.call('GET', KEYS[3])\n"
    "if id then\n"
    "  local key = prefix .. 'approval:' .. id\n"
    "  local h = get(key)\n"
    "  if h then expire(key, id, h) end\n"
    "  if h and (h.state == 'pending' or h.state == 'approved') then\n"
    "    if h.digest == ARGV[3] then return result(id, h) end\n"
    "    return result(id, h, 'closed')\n"
    "  end\n"
    "end\n"
    "if redis.call('ZCARD', KEYS[1]) >= 10000 then\n"
    "  return redis.error_reply('FULL too many approvals are pending')\n"
    "end\n"
    "id = ARGV[1]\n"
    "local ttl = tonumber(ARGV[2])\n"
    "redis.call('HSET', KEYS[4], 'digest', ARGV[3], unpack(ARGV, 4))\n"
    "redis.call('SET', KEYS[3], id, 'PX', ttl * 1000)\n"
    "local h = create(KEYS[4], id, ttl)\n"
    "return result(id, h)\n";


/*
 * KEYS: pending, stream, hoop:plan:<who and run>
 * ARGV: none
 *
 * Answers { state, id, expires, by, comment, plan, used }: its text, and the
 * steps that are used, each with a space behind it; an empty array if there is
 * none.
 */

const char  hoop_approval_script_plan[] =
    HOOP_APPROVAL_LUA
    "local id = redis.call('GET', KEYS[3])\n"
    "if not id then return {} end\n"
    "local key = prefix .. 'approval:' .. id\n"
    "local h = get(key)\n"
    "if not h then return {} end\n"
    "expire(key, id, h)\n"
    "local v = redis.call('HMGET', key, 'plan', 'used')\n"
    "local r = result(id, h)\n"
    "r[6] = v[1] or ''\n"
    "r[7] = v[2] or ''\n"
    "return r\n";


/*
 * KEYS: pending, stream, hoop:approval:<id>
 * ARGV: id, number of steps, "next" or "any", then the steps that it may be
 *
 * Answers as claim: "consumed" with the step as the comment, "closed" if none of
 * them is open; with the last step the plan is used up.
 */

const char  hoop_approval_script_step[] =
    HOOP_APPROVAL_LUA
    "local id, total, order = ARGV[1], tonumber(ARGV[2]), ARGV[3]\n"
    "local key = KEYS[3]\n"
    "local h = get(key)\n"
    "if not h then return { 'unknown', id, 0, '', '' } end\n"
    "expire(key, id, h)\n"
    "if h.kind ~= 'plan' or h.state ~= 'approved' then\n"
    "  if h.state == 'approved' or h.state == 'consumed' then\n"
    "    return result(id, h, 'closed')\n"
    "  end\n"
    "  return result(id, h)\n"
    "end\n"
    "local used = redis.call('HGET', key, 'used') or ''\n"
    "local uses = tonumber(redis.call('HGET', key, 'uses')) or 0\n"
    "for i = 4, #ARGV do\n"
    "  local n = ARGV[i]\n"
    "  if not string.find(' ' .. used, ' ' .. n .. ' ', 1, true)\n"
    "    and (order == 'any' or tonumber(n) == uses + 1)\n"
    "  then\n"
    "    redis.call('HSET', key, 'used', used .. n .. ' ', 'uses', uses + 1,\n"
    "      'changed', now)\n"
    "    local by = h.by\n"
    "    if uses + 1 >= total then\n"
    "      move(key, id, h, 'consumed', h.by, h.comment)\n"
    "    else\n"
    "      redis.pcall('PUBLISH', KEYS[2], id .. ' step')\n"
    "    end\n"
    "    return { 'consumed', id, h.expires, by, n }\n"
    "  end\n"
    "end\n"
    "return result(id, h, 'closed')\n";
