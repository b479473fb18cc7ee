
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "list" of a rule, and which entries of a list are of use to a caller.
 *
 * An entry is judged as the call that it is for would be, with one thing more:
 * what the call will bring along is open.  A condition on that is neither what
 * holds nor what does not, nor is it unknown, since it will be known.  So
 *
 *   a deny        counts if it will match whatever comes: nothing is open
 *   a review      counts if it could match, and be known
 *   an allow      the same
 *
 * and the entry is kept if one of the last two counts, and the first does not.
 * In doubt it is kept: it is the call that is denied, not its name that is
 * secret.
 */


#include <stdlib.h>

#include "hoop_policy_list.h"
#include "hoop_policy_walk.h"


static hoop_mcp_message_t *hoop_policy_list_message(hoop_policy_list_t *pl,
    const char *method);
static int hoop_policy_list_header(void *data, hoop_str_t name,
    hoop_str_t *value);
static int hoop_policy_list_possible(const hoop_policy_list_t *pl,
    const hoop_outlook_t *o);


static const char *const  hoop_policy_lists[] = { "pass", "filter", NULL };


int
hoop_policy_compile_list(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    unsigned  n;

    if (rule->effect != HOOP_VERDICT_ALLOW
        && rule->effect != HOOP_VERDICT_REVIEW)
    {
        return hoop_policy_error(cc, 1, "\"list\" in a rule that lets nothing "
                                 "pass");
    }

    if (hoop_policy_word(cc, conf, hoop_policy_lists, &n) != HOOP_OK) {
        return HOOP_ERROR;
    }

    rule->list = HOOP_LIST_PASS + n;

    return HOOP_OK;
}


int
hoop_policy_filters_lists(const hoop_policy_t *policy)
{
    unsigned  i;

    for (i = 0; i < policy->nrules; i++) {
        if (policy->rules[i].list == HOOP_LIST_FILTER
            && !policy->rules[i].monitor)
        {
            return 1;
        }
    }

    return 0;
}


void
hoop_policy_list_begin(hoop_policy_list_t *pl, hoop_policy_t *const *policies,
    unsigned n, const hoop_policy_request_t *req)
{
    memset(pl, 0, sizeof(hoop_policy_list_t));

    pl->policies = policies;
    pl->n = n;
    pl->header = req->header;
    pl->header_ctx = req->header_ctx;

    pl->mcp.asked = 1;
    pl->mcp.open = 1;
    pl->mcp.mcp.messages = &pl->message;
    pl->mcp.mcp.n = 1;

    pl->like = *req;
    pl->like.method = hoop_cstr("POST");
    pl->like.body = HOOP_BODY_JSON;
    pl->like.body_json = NULL;
    pl->like.body_text = hoop_str(NULL, 0);
    pl->like.mcp = &pl->mcp;
    pl->like.header = hoop_policy_list_header;
    pl->like.header_ctx = pl;

    hoop_policy_open_begin(policies, n, &pl->like);
}


void
hoop_policy_list_end(hoop_policy_list_t *pl)
{
    free(pl->mcp.scratch);
    pl->mcp.scratch = NULL;
}


int
hoop_policy_list_keep(void *data, hoop_mcp_list_e list, hoop_str_t name)
{
    hoop_policy_list_t *pl = data;

    const u_char        *p;
    hoop_outlook_t       o;
    hoop_mcp_message_t  *m;

    m = hoop_policy_list_message(pl, hoop_mcp_list_call(list));

    switch (list) {

    case HOOP_MCP_TOOLS:
        m->tool = name;
        break;

    case HOOP_MCP_PROMPTS:
        m->prompt = name;
        break;

    case HOOP_MCP_RESOURCES:
        m->uri = name;
        break;

    case HOOP_MCP_TEMPLATES:

        /* RFC 6570: what stands before the first expression stays */

        p = memchr(name.data, '{', name.len);

        m->uri = p ? hoop_str(name.data, p - name.data) : name;
        pl->mcp.prefix = (p != NULL);
        break;
    }

    memset(&o, 0, sizeof(hoop_outlook_t));
    o.review = UINT64_MAX;
    o.unclear = UINT64_MAX;

    hoop_policy_open_walk(pl->policies, pl->n, &pl->like, &o);

    return hoop_policy_list_possible(pl, &o);
}


int
hoop_policy_list_filters(hoop_policy_list_t *pl)
{
    hoop_outlook_t   o;
    hoop_mcp_list_e  list;

    memset(&o, 0, sizeof(hoop_outlook_t));

    for (list = 0; list < HOOP_MCP_LISTS && !o.filters; list++) {
        (void) hoop_policy_list_message(pl, hoop_mcp_list_name(list));
        hoop_policy_open_walk(pl->policies, pl->n, &pl->like, &o);
    }

    return o.filters;
}


static hoop_mcp_message_t *
hoop_policy_list_message(hoop_policy_list_t *pl, const char *method)
{
    pl->mcp.folded = 0;
    pl->mcp.prefix = 0;

    memset(&pl->message, 0, sizeof(hoop_mcp_message_t));

    pl->message.kind = HOOP_MCP_REQUEST;
    pl->message.method = hoop_cstr(method);

    return &pl->message;
}


/* what a call has of its own */

static int
hoop_policy_list_header(void *data, hoop_str_t name, hoop_str_t *value)
{
    hoop_policy_list_t *pl = data;

    unsigned  i;

    static const char *const  names[] = {
        "mcp-method", "mcp-name", "content-type", "content-length",
        "transfer-encoding", "accept", "last-event-id", NULL
    };

    for (i = 0; names[i] != NULL; i++) {
        if (hoop_str_is(name, names[i])) {
            return HOOP_AGAIN;
        }
    }

    if (name.len >= 10 && memcmp(name.data, "mcp-param-", 10) == 0) {
        return HOOP_AGAIN;
    }

    return pl->header ? pl->header(pl->header_ctx, name, value)
                      : HOOP_DECLINED;
}


/* a rule that does not surely fail; found on the walk */

void
hoop_policy_outlook(const hoop_walk_t *w, unsigned n, hoop_truth_e truth)
{
    uint64_t            place;
    unsigned            open;
    hoop_outlook_t     *o;
    const hoop_rule_t  *rule;

    o = w->outlook;
    rule = &w->policy->rules[n];
    open = w->match->open;
    place = (uint64_t) w->order << 32 | n;

    o->filters |= (rule->list == HOOP_LIST_FILTER);

    switch (rule->effect) {

    case HOOP_VERDICT_DENY:
        o->denied |= !open;
        break;

    case HOOP_VERDICT_REVIEW:

        if (truth == HOOP_TRUTH_YES) {
            o->review = (place < o->review) ? place : o->review;

        } else if (!open) {
            o->unclear = (place < o->unclear) ? place : o->unclear;
        }

        break;

    default:

        if (truth == HOOP_TRUTH_YES) {
            o->allowed = 1;

        } else if (!open) {
            o->undecided = 1;
        }
    }
}


static int
hoop_policy_list_possible(const hoop_policy_list_t *pl,
    const hoop_outlook_t *o)
{
    unsigned        i;
    hoop_verdict_e  effect;

    if (o->denied) {
        return 0;
    }

    /* of several reviews the first decides, and unknown it is a refusal */

    if (o->review != o->unclear) {
        return o->review < o->unclear;
    }

    if (o->allowed || o->undecided) {
        return o->allowed;
    }

    effect = HOOP_VERDICT_DENY;

    for (i = 0; i < pl->n; i++) {
        if (pl->policies[i]->default_set) {
            effect = pl->policies[i]->default_effect;
        }
    }

    return effect == HOOP_VERDICT_ALLOW;
}
