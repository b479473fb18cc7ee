
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A document is walked token by token, without a tree and without recursion:
 *
 *   document   a message, or an array of them (a batch)
 *   message    its "result"
 *   result     "tools", "resources", "resourceTemplates", "prompts"
 *   list       entries, each with a "name", "uri" or "uriTemplate"
 *
 * A list is known by its name in a result, and not by the id of what asked for
 * it: an answer with another id, or one that comes on a stream that was opened
 * for it later, has the same list.
 *
 * Parsers differ in which of two members of one name they take, and some take
 * "Tools" for "tools".  So where that stands on the way to a list, or a list is
 * none, the document is refused; an entry whose name is told twice, or in
 * another case, is removed, as is one that has none.
 */


#include "hoop_json_lex.h"
#include "hoop_mcp_list.h"


typedef struct {
    hoop_json_lex_t     lex;
    const u_char       *copied;        /* up to here it is in "rewritten" */
    hoop_mcp_list_t    *l;
    unsigned            entries;
    uint64_t            kept;
    uint64_t            removed;
} hoop_mcp_walk_t;


static int hoop_mcp_list_top(hoop_mcp_walk_t *w);
static int hoop_mcp_list_message(hoop_mcp_walk_t *w);
static int hoop_mcp_list_result(hoop_mcp_walk_t *w);
static int hoop_mcp_list_entries(hoop_mcp_walk_t *w, hoop_mcp_list_e list);
static int hoop_mcp_list_entry(hoop_mcp_walk_t *w, hoop_mcp_list_e list,
    int *keep);
static int hoop_mcp_list_judge(hoop_mcp_walk_t *w, hoop_mcp_list_e list,
    const u_char *token, const u_char *end, int escaped, int *keep);
static int hoop_mcp_list_member(hoop_mcp_walk_t *w, unsigned first,
    const char *const *names, int *found);
static int hoop_mcp_list_known(hoop_mcp_walk_t *w, const char *const *names);
static int hoop_mcp_list_value(hoop_mcp_walk_t *w);
static int hoop_mcp_list_cut(hoop_mcp_walk_t *w, const u_char *from,
    const u_char *to);
static int hoop_mcp_list_broken(hoop_mcp_walk_t *w);


static const char *const  hoop_mcp_list_methods[] = {
    "tools/list", "resources/list", "resources/templates/list", "prompts/list"
};

static const char *const  hoop_mcp_list_calls[] = {
    "tools/call", "resources/read", "resources/read", "prompts/get"
};

/* in the order of hoop_mcp_list_e */

static const char *const  hoop_mcp_list_names[] = {
    "tools", "resources", "resourceTemplates", "prompts", NULL
};

static const char *const  hoop_mcp_list_keys[HOOP_MCP_LISTS][2] = {
    { "name", NULL }, { "uri", NULL }, { "uriTemplate", NULL },
    { "name", NULL }
};

static const char *const  hoop_mcp_list_results[] = { "result", NULL };

static const char  hoop_mcp_list_why_twice[] =
    "a member on the way to a list is there twice, or in another case";


/* a name that is another one but for its case, or cannot be told */
#define HOOP_MCP_LIST_VARIANT  -2
#define HOOP_MCP_LIST_OTHER    -1


int
hoop_mcp_list_method(hoop_str_t method, hoop_mcp_list_e *list)
{
    size_t       i;
    unsigned     n;
    const char  *name;

    for (n = 0; n < HOOP_MCP_LISTS; n++) {
        name = hoop_mcp_list_methods[n];

        if (strlen(name) != method.len) {
            continue;
        }

        for (i = 0; i < method.len; i++) {
            if (hoop_lower(method.data[i]) != (u_char) name[i]) {
                break;
            }
        }

        if (i == method.len) {
            *list = n;
            return HOOP_OK;
        }
    }

    return HOOP_DECLINED;
}


const char *
hoop_mcp_list_name(hoop_mcp_list_e list)
{
    return hoop_mcp_list_methods[list];
}


const char *
hoop_mcp_list_call(hoop_mcp_list_e list)
{
    return hoop_mcp_list_calls[list];
}


void
hoop_mcp_list_init(hoop_mcp_list_t *l, int stream, hoop_mcp_keep_pt keep,
    void *ctx)
{
    memset(l, 0, sizeof(hoop_mcp_list_t));

    l->stream = (stream != 0);
    l->keep = keep;
    l->ctx = ctx;

    hoop_buf_init(&l->held, 0);
    hoop_buf_init(&l->data, 0);
    hoop_buf_init(&l->rewritten, 0);
    hoop_buf_init(&l->out, 0);
}


void
hoop_mcp_list_free(hoop_mcp_list_t *l)
{
    hoop_buf_free(&l->held);
    hoop_buf_free(&l->data);
    hoop_buf_free(&l->rewritten);
    hoop_buf_free(&l->out);
}


int
hoop_mcp_list_refuse(hoop_mcp_list_t *l, const char *why)
{
    l->why = why;

    return HOOP_ERROR;
}


int
hoop_mcp_list_document(hoop_mcp_list_t *l, hoop_str_t text)
{
    int              rc;
    hoop_mcp_walk_t  w;

    if (!hoop_utf8_valid(text.data, text.len)) {
        return hoop_mcp_list_refuse(l, "the answer is not UTF-8");
    }

    memset(&w, 0, sizeof(hoop_mcp_walk_t));

    w.l = l;
    w.lex.p = text.data;
    w.lex.end = text.data + text.len;
    w.copied = text.data;
    l->rewritten.len = 0;

    (void) hoop_json_next(&w.lex);

    rc = hoop_mcp_list_top(&w);

    if (rc == HOOP_OK && hoop_json_next(&w.lex) != HOOP_JSON_T_EOF) {
        rc = hoop_mcp_list_broken(&w);
    }

    if (rc != HOOP_OK) {
        return rc;
    }

    l->kept += w.kept;
    l->removed += w.removed;

    if (w.removed == 0) {
        return HOOP_DECLINED;
    }

    return hoop_mcp_list_cut(&w, w.lex.end, w.lex.end);
}


static int
hoop_mcp_list_broken(hoop_mcp_walk_t *w)
{
    return hoop_mcp_list_refuse(w->l, "the answer is not JSON, or nested too "
                                "deep");
}


/* what is between goes; what was before it stays */

static int
hoop_mcp_list_cut(hoop_mcp_walk_t *w, const u_char *from, const u_char *to)
{
    int  rc;

    rc = hoop_buf_add(&w->l->rewritten, w->copied, from - w->copied);
    w->copied = to;

    return rc;
}


static int
hoop_mcp_list_top(hoop_mcp_walk_t *w)
{
    int  rc;

    if (w->lex.type == HOOP_JSON_T_OBJECT) {
        return hoop_mcp_list_message(w);
    }

    if (w->lex.type != HOOP_JSON_T_ARRAY) {
        return hoop_mcp_list_value(w);
    }

    if (hoop_json_next(&w->lex) == HOOP_JSON_T_ARRAY_END) {
        return HOOP_OK;
    }

    for ( ;; ) {

        if (w->lex.type == HOOP_JSON_T_ARRAY) {
            return hoop_mcp_list_refuse(w->l, "the answer is a nested batch");
        }

        rc = (w->lex.type == HOOP_JSON_T_OBJECT) ? hoop_mcp_list_message(w)
                                                 : hoop_mcp_list_value(w);
        if (rc != HOOP_OK) {
            return rc;
        }

        switch (hoop_json_next(&w->lex)) {

        case HOOP_JSON_T_ARRAY_END:
            return HOOP_OK;

        case HOOP_JSON_T_COMMA:
            (void) hoop_json_next(&w->lex);
            break;

        default:
            return hoop_mcp_list_broken(w);
        }
    }
}


static int
hoop_mcp_list_message(hoop_mcp_walk_t *w)
{
    int       rc, found;
    unsigned  i, seen;

    seen = 0;

    for (i = 0; /* void */ ; i++) {
        rc = hoop_mcp_list_member(w, i == 0, hoop_mcp_list_results, &found);

        if (rc != HOOP_AGAIN) {
            return rc;
        }

        if (found == HOOP_MCP_LIST_VARIANT || (found == 0 && seen++)) {
            return hoop_mcp_list_refuse(w->l, hoop_mcp_list_why_twice);
        }

        rc = (found == 0 && w->lex.type == HOOP_JSON_T_OBJECT)
             ? hoop_mcp_list_result(w) : hoop_mcp_list_value(w);

        if (rc != HOOP_OK) {
            return rc;
        }
    }
}


static int
hoop_mcp_list_result(hoop_mcp_walk_t *w)
{
    int       rc, found;
    unsigned  i, seen;

    seen = 0;

    for (i = 0; /* void */ ; i++) {
        rc = hoop_mcp_list_member(w, i == 0, hoop_mcp_list_names, &found);

        if (rc != HOOP_AGAIN) {
            return rc;
        }

        if (found == HOOP_MCP_LIST_VARIANT
            || (found >= 0 && (seen & 1u << found)))
        {
            return hoop_mcp_list_refuse(w->l, hoop_mcp_list_why_twice);
        }

        if (found < 0) {
            rc = hoop_mcp_list_value(w);

        } else if (w->lex.type == HOOP_JSON_T_ARRAY) {
            seen |= 1u << found;
            rc = hoop_mcp_list_entries(w, found);

        } else {
            return hoop_mcp_list_refuse(w->l, "a list is not an array");
        }

        if (rc != HOOP_OK) {
            return rc;
        }
    }
}


/*
 * With an entry goes the comma before it; with those before the first that is
 * kept, the comma behind.
 */

static int
hoop_mcp_list_entries(hoop_mcp_walk_t *w, hoop_mcp_list_e list)
{
    int                 rc, keep;
    unsigned            kept;
    const u_char       *from;
    hoop_json_token_e   type;

    from = w->lex.p;
    kept = 0;

    if (hoop_json_next(&w->lex) == HOOP_JSON_T_ARRAY_END) {
        return HOOP_OK;
    }

    for ( ;; ) {

        if (w->entries++ == HOOP_MCP_LIST_ENTRIES) {
            return hoop_mcp_list_refuse(w->l, "a list is too long to judge");
        }

        keep = 0;

        rc = (w->lex.type == HOOP_JSON_T_OBJECT)
             ? hoop_mcp_list_entry(w, list, &keep) : hoop_mcp_list_value(w);

        if (rc != HOOP_OK) {
            return rc;
        }

        type = hoop_json_next(&w->lex);

        if (type != HOOP_JSON_T_COMMA && type != HOOP_JSON_T_ARRAY_END) {
            return hoop_mcp_list_broken(w);
        }

        if (keep) {
            kept++;
            w->kept++;

        } else {
            w->removed++;

            if (hoop_mcp_list_cut(w, from, (kept || type != HOOP_JSON_T_COMMA)
                                           ? w->lex.token : w->lex.p)
                != HOOP_OK)
            {
                return HOOP_NOMEM;
            }
        }

        if (type == HOOP_JSON_T_ARRAY_END) {
            return HOOP_OK;
        }

        from = kept ? w->lex.token : w->lex.p;

        (void) hoop_json_next(&w->lex);
    }
}


static int
hoop_mcp_list_entry(hoop_mcp_walk_t *w, hoop_mcp_list_e list, int *keep)
{
    int            rc, found, escaped;
    unsigned       i, named, wrong;
    const u_char  *token, *end;

    named = 0;
    wrong = 0;
    escaped = 0;
    token = NULL;
    end = NULL;

    for (i = 0; /* void */ ; i++) {
        rc = hoop_mcp_list_member(w, i == 0, hoop_mcp_list_keys[list],
                                  &found);

        if (rc != HOOP_AGAIN) {
            break;
        }

        if (found == HOOP_MCP_LIST_VARIANT) {
            wrong = 1;

        } else if (found == 0) {
            wrong |= (named++ || w->lex.type != HOOP_JSON_T_STRING);
            token = w->lex.token;
            end = w->lex.p;
            escaped = w->lex.escaped;
        }

        rc = hoop_mcp_list_value(w);

        if (rc != HOOP_OK) {
            break;
        }
    }

    if (rc != HOOP_OK || wrong || !named) {
        return rc;
    }

    return hoop_mcp_list_judge(w, list, token, end, escaped, keep);
}


/* a string token; one that no text can be made of names nothing */

static int
hoop_mcp_list_judge(hoop_mcp_walk_t *w, hoop_mcp_list_e list,
    const u_char *token, const u_char *end, int escaped, int *keep)
{
    json_t      *v;
    hoop_str_t   name;

    v = NULL;

    if (escaped) {
        v = json_loadb((const char *) token, end - token, JSON_DECODE_ANY,
                       NULL);
        name = hoop_json_string(v);

    } else {
        name = hoop_str(token + 1, end - token - 2);
    }

    *keep = (name.len != 0 && w->l->keep(w->l->ctx, list, name));

    json_decref(v);

    return HOOP_OK;
}


/*
 * The next member of an object: HOOP_AGAIN, its value begins with the last
 * token; HOOP_OK at the end of the object.
 */

static int
hoop_mcp_list_member(hoop_mcp_walk_t *w, unsigned first,
    const char *const *names, int *found)
{
    hoop_json_token_e  type;

    type = hoop_json_next(&w->lex);

    if (type == HOOP_JSON_T_OBJECT_END) {
        return HOOP_OK;
    }

    if (!first) {

        if (type != HOOP_JSON_T_COMMA) {
            return hoop_mcp_list_broken(w);
        }

        type = hoop_json_next(&w->lex);
    }

    if (type != HOOP_JSON_T_STRING) {
        return hoop_mcp_list_broken(w);
    }

    *found = hoop_mcp_list_known(w, names);

    if (hoop_json_next(&w->lex) != HOOP_JSON_T_COLON) {
        return hoop_mcp_list_broken(w);
    }

    (void) hoop_json_next(&w->lex);

    return HOOP_AGAIN;
}


/* which of the names the last token is */

static int
hoop_mcp_list_known(hoop_mcp_walk_t *w, const char *const *names)
{
    int         i, found;
    json_t     *v;
    hoop_str_t  name;

    v = NULL;
    name = hoop_str(w->lex.token + 1, w->lex.p - w->lex.token - 2);

    if (w->lex.escaped) {
        v = json_loadb((const char *) w->lex.token, w->lex.p - w->lex.token,
                       JSON_DECODE_ANY, NULL);

        if (v == NULL) {
            return HOOP_MCP_LIST_VARIANT;
        }

        name = hoop_json_string(v);
    }

    found = HOOP_MCP_LIST_OTHER;

    for (i = 0; names[i] != NULL && found == HOOP_MCP_LIST_OTHER; i++) {

        if (hoop_str_is(name, names[i])) {
            found = i;

        } else if (hoop_json_alike(name, hoop_cstr(names[i]))) {
            found = HOOP_MCP_LIST_VARIANT;
        }
    }

    json_decref(v);

    return found;
}


/* from the first token of a value to its last */

static int
hoop_mcp_list_value(hoop_mcp_walk_t *w)
{
    int                 object;
    unsigned            depth;
    uint64_t            kinds[HOOP_MCP_LIST_DEPTH / 64];
    hoop_json_lex_t    *lex;
    hoop_json_token_e   type;

    lex = &w->lex;
    depth = 0;

    for ( ;; ) {

        /* a value begins */

        type = lex->type;
        object = (type == HOOP_JSON_T_OBJECT);

        if (object || type == HOOP_JSON_T_ARRAY) {

            if (depth == HOOP_MCP_LIST_DEPTH) {
                return hoop_mcp_list_broken(w);
            }

            kinds[depth / 64] &= ~((uint64_t) 1 << depth % 64);
            kinds[depth / 64] |= (uint64_t) object << depth % 64;
            depth++;

            type = hoop_json_next(lex);

            if (type != HOOP_JSON_T_OBJECT_END
                && type != HOOP_JSON_T_ARRAY_END)
            {
                goto next;
            }

        } else if (type < HOOP_JSON_T_STRING || type == HOOP_JSON_T_BROKEN) {
            return hoop_mcp_list_broken(w);

        } else if (depth) {
            type = hoop_json_next(lex);
        }

        /* ... and has ended, and so may have what it is in */

        while (depth) {
            object = kinds[(depth - 1) / 64] >> (depth - 1) % 64 & 1;

            if (type != (object ? HOOP_JSON_T_OBJECT_END
                                : HOOP_JSON_T_ARRAY_END))
            {
                break;
            }

            if (--depth) {
                type = hoop_json_next(lex);
            }
        }

        if (depth == 0) {
            return HOOP_OK;
        }

        if (type != HOOP_JSON_T_COMMA) {
            return hoop_mcp_list_broken(w);
        }

        type = hoop_json_next(lex);

    next:

        if (object) {

            if (type != HOOP_JSON_T_STRING
                || hoop_json_next(lex) != HOOP_JSON_T_COLON)
            {
                return hoop_mcp_list_broken(w);
            }

            (void) hoop_json_next(lex);
        }
    }
}
