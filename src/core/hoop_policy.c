
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * From a policy file to its compiled form, and the life of that form.  Every
 * key, type and bound is checked here and in hoop_policy_rules.c and
 * hoop_policy_match.c, so that an evaluation has nothing left to refuse.
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


typedef int (*hoop_policy_part_pt)(hoop_compile_t *cc, json_t *root);


static int hoop_policy_compile_text(hoop_policy_t *policy, const u_char *p,
    size_t len, hoop_errors_t *errors);
static int hoop_policy_compile_top(hoop_compile_t *cc);
static int hoop_policy_top_version(hoop_compile_t *cc, json_t *root);
static int hoop_policy_top_name(hoop_compile_t *cc, json_t *root);
static int hoop_policy_top_default(hoop_compile_t *cc, json_t *root);
static int hoop_policy_top_masks(hoop_compile_t *cc, json_t *root);
static int hoop_policy_top_sets(hoop_compile_t *cc, json_t *root);
static int hoop_policy_top_rules(hoop_compile_t *cc, json_t *root);
static int hoop_policy_engine(hoop_compile_t *cc);
static int hoop_policy_compile_mask(hoop_compile_t *cc, hoop_str_t name,
    json_t *conf);
static void hoop_policy_check_zones(hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name, hoop_buf_t *file), void *ctx,
    hoop_errors_t *errors);
static int hoop_policy_error_cmp(const void *one, const void *two);


static const char *const  hoop_policy_keys[] = {
    "version", "name", "default", "conditions", "rules", "masks", NULL
};

/* rules name masks and sets */

static const hoop_policy_part_pt  hoop_policy_parts[] = {
    hoop_policy_top_version,
    hoop_policy_top_name,
    hoop_policy_top_default,
    hoop_policy_top_masks,
    hoop_policy_top_sets,
    hoop_policy_top_rules,
    NULL
};


hoop_policy_t *
hoop_policy_compile(const u_char *p, size_t len, hoop_error_t *err)
{
    hoop_errors_t  errors;

    memset(&errors, 0, sizeof(hoop_errors_t));

    errors.items = err;
    errors.size = 1;

    return hoop_policy_check(p, len, NULL, NULL, &errors);
}


hoop_policy_t *
hoop_policy_check(const u_char *p, size_t len,
    int (*fn)(void *ctx, hoop_str_t name, hoop_buf_t *file), void *ctx,
    hoop_errors_t *errors)
{
    hoop_policy_t  *policy;

    memset(errors->items, 0, sizeof(hoop_error_t));
    errors->n = 0;

    policy = calloc(1, sizeof(hoop_policy_t));

    if (policy == NULL) {
        hoop_error_set(&errors->items[errors->n++], "no memory");
        return NULL;
    }

    if (hoop_policy_compile_text(policy, p, len, errors) != HOOP_OK) {
        errors->n++;
    }

    if (fn != NULL) {
        hoop_policy_check_zones(policy, fn, ctx, errors);
    }

    if (errors->n == 0) {
        return policy;
    }

    qsort(errors->items, errors->n, sizeof(hoop_error_t),
          hoop_policy_error_cmp);

    hoop_policy_free(policy);

    return NULL;
}


static int
hoop_policy_compile_text(hoop_policy_t *policy, const u_char *p, size_t len,
    hoop_errors_t *errors)
{
    int              rc;
    u_char           md[32];
    hoop_compile_t   cc;

    policy->default_effect = HOOP_VERDICT_DENY;

    policy->root = hoop_json_load(p, len, errors->items);
    if (policy->root == NULL) {
        return HOOP_ERROR;
    }

    hoop_sha256(md, p, len);
    hoop_hex(policy->hash, md, 32);

    memset(&cc, 0, sizeof(hoop_compile_t));

    cc.policy = policy;
    cc.text = p;
    cc.len = len;
    cc.errors = errors;
    cc.err = errors->items;
    hoop_buf_init(&cc.path, 1024 * 1024);

    cc.slots = json_object();
    cc.tests = json_object();

    if (cc.slots == NULL || cc.tests == NULL
        || hoop_buf_reserve(&cc.path, 1) != HOOP_OK)
    {
        rc = hoop_policy_nomem(&cc);

    } else {
        rc = hoop_policy_compile_top(&cc);
    }

    hoop_buf_free(&cc.path);
    json_decref(cc.slots);
    json_decref(cc.tests);

    return rc;
}


static int
hoop_policy_compile_top(hoop_compile_t *cc)
{
    size_t          mark;
    json_t         *root;
    unsigned        i;
    hoop_policy_t  *policy;

    policy = cc->policy;
    root = policy->root;
    mark = cc->path.len;

    if (hoop_policy_engine(cc) != HOOP_OK
        || hoop_policy_object_parts(cc, root, hoop_policy_keys) != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    for (i = 0; hoop_policy_parts[i] != NULL; i++) {
        if (hoop_policy_end(cc, mark, hoop_policy_parts[i](cc, root))
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }
    }

    if (cc->errors->n != 0) {
        return HOOP_OK;
    }

    if (hoop_policy_cond_index(policy) != HOOP_OK
        || hoop_policy_trie_build(policy, &policy->trie, 0) != HOOP_OK
        || hoop_policy_trie_build(policy, &policy->monitor, 1) != HOOP_OK)
    {
        return hoop_policy_nomem(cc);
    }

    return HOOP_OK;
}


static int
hoop_policy_top_version(hoop_compile_t *cc, json_t *root)
{
    json_t  *v;

    v = json_object_get(root, "version");

    if (v == NULL) {
        return hoop_policy_error(cc, 0, "no \"version\", wanted 1");
    }

    (void) hoop_policy_push(cc, hoop_cstr("version"));

    if (!json_is_integer(v) || json_integer_value(v) != 1) {
        return hoop_policy_error(cc, 0, "unknown version, wanted 1");
    }

    return HOOP_OK;
}


static int
hoop_policy_top_name(hoop_compile_t *cc, json_t *root)
{
    json_t  *v;

    v = json_object_get(root, "name");

    if (v == NULL) {
        return hoop_policy_error(cc, 0, "no \"name\" of the policy");
    }

    (void) hoop_policy_push(cc, hoop_cstr("name"));

    return hoop_policy_name_check(cc, v, &cc->policy->name);
}


static int
hoop_policy_top_default(hoop_compile_t *cc, json_t *root)
{
    json_t    *v;
    unsigned   n;

    v = json_object_get(root, "default");

    if (v == NULL) {
        return HOOP_OK;
    }

    (void) hoop_policy_push(cc, hoop_cstr("default"));

    if (hoop_policy_word(cc, v, hoop_policy_effects, &n) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (n == HOOP_VERDICT_REVIEW) {
        return hoop_policy_error(cc, 0, "default \"review\" is not possible, "
                                 "wanted \"allow\" or \"deny\"");
    }

    cc->policy->default_set = 1;
    cc->policy->default_effect = n;

    return HOOP_OK;
}


static int
hoop_policy_top_sets(hoop_compile_t *cc, json_t *root)
{
    return hoop_policy_compile_sets(cc, json_object_get(root, "conditions"));
}


static int
hoop_policy_top_rules(hoop_compile_t *cc, json_t *root)
{
    return hoop_policy_compile_rules(cc, json_object_get(root, "rules"));
}


/* What all regexes of the policy share. */

static int
hoop_policy_engine(hoop_compile_t *cc)
{
    hoop_policy_t  *policy;

    policy = cc->policy;

    policy->match_context = pcre2_match_context_create(NULL);
    policy->match_data = pcre2_match_data_create(1, NULL);

    if (policy->match_context == NULL || policy->match_data == NULL) {
        return hoop_policy_nomem(cc);
    }

    pcre2_set_match_limit(policy->match_context, 100000);
    pcre2_set_depth_limit(policy->match_context, 1000);
    pcre2_set_heap_limit(policy->match_context, 4096);

    /* without JIT in the library there is none, and none is needed */

    policy->jit_stack = pcre2_jit_stack_create(32 * 1024, 512 * 1024, NULL);

    if (policy->jit_stack != NULL) {
        pcre2_jit_stack_assign(policy->match_context, NULL, policy->jit_stack);
    }

    return HOOP_OK;
}


void
hoop_policy_free(hoop_policy_t *policy)
{
    unsigned              i;
    hoop_policy_block_t  *block;

    if (policy == NULL) {
        return;
    }

    for (i = 0; i < policy->ncodes; i++) {
        pcre2_code_free(policy->codes[i]);
    }

    for (i = 0; i < policy->nmasks; i++) {
        hoop_mask_set_free(policy->masks[i].set);
    }

    for (i = 0; i < policy->nzones; i++) {
        hoop_tz_free(policy->zones[i].tz);
    }

    pcre2_match_data_free(policy->match_data);
    pcre2_match_context_free(policy->match_context);
    pcre2_jit_stack_free(policy->jit_stack);

    hoop_policy_trie_free(&policy->trie);
    hoop_policy_trie_free(&policy->monitor);
    hoop_policy_sql_free(policy);

    free(policy->codes);
    free(policy->slots);
    free(policy->tests);
    free(policy->values);
    free(policy->values_hash);
    free(policy->scratch.data);
    free(policy->form_scratch.data);

    while (policy->pool != NULL) {
        block = policy->pool;
        policy->pool = block->next;
        free(block);
    }

    json_decref(policy->root);
    free(policy);
}


hoop_str_t
hoop_policy_name(const hoop_policy_t *policy)
{
    return policy->name;
}


hoop_str_t
hoop_policy_hash(const hoop_policy_t *policy)
{
    return hoop_str(policy->hash, sizeof(policy->hash));
}


unsigned
hoop_policy_count(const hoop_policy_t *policy)
{
    return policy->nrules;
}


hoop_policy_rule_t
hoop_policy_rule(const hoop_policy_t *policy, unsigned n)
{
    hoop_policy_rule_t  rule;

    rule.id = policy->rules[n].id;
    rule.effect = policy->rules[n].effect;
    rule.monitor = policy->rules[n].monitor;

    return rule;
}


const hoop_mask_set_t *
hoop_policy_mask(const hoop_policy_t *policy, hoop_str_t name)
{
    unsigned  i;

    for (i = 0; i < policy->nmasks; i++) {
        if (hoop_str_eq(policy->masks[i].name, name)) {
            return policy->masks[i].set;
        }
    }

    return NULL;
}


int
hoop_policy_credentials(const hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name), void *ctx)
{
    int       rc;
    unsigned  i;

    for (i = 0; i < policy->nrules; i++) {

        if (policy->rules[i].credential.len == 0) {
            continue;
        }

        rc = fn(ctx, policy->rules[i].credential);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


int
hoop_policy_issuers(const hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name), void *ctx)
{
    int                 rc;
    unsigned            i, k;
    const hoop_list_t  *list;

    for (i = 0; i < policy->nrules + policy->nsets; i++) {

        list = (i < policy->nrules)
               ? &policy->rules[i].issuers
               : &policy->sets[i - policy->nrules].rules[0]->issuers;

        for (k = 0; k < list->n; k++) {

            rc = fn(ctx, list->items[k]);
            if (rc != 0) {
                return rc;
            }
        }
    }

    return 0;
}


int
hoop_policy_knows_mcp(const hoop_policy_t *policy)
{
    return policy->mcp;
}


int
hoop_policy_headers(const hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name), void *ctx)
{
    int       rc;
    unsigned  i;

    /* by which a message is read, and what they say of it */

    static const hoop_str_t  mcp[] = {
        hoop_string("mcp-protocol-version"), hoop_string("mcp-method"),
        hoop_string("mcp-name")
    };

    for (i = 0; policy->mcp && i < sizeof(mcp) / sizeof(mcp[0]); i++) {

        rc = fn(ctx, mcp[i]);
        if (rc != 0) {
            return rc;
        }
    }

    for (i = 0; i < policy->nslots; i++) {

        if (policy->slots[i].source != HOOP_SOURCE_HEADER) {
            continue;
        }

        rc = fn(ctx, policy->slots[i].name);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


static int
hoop_policy_top_masks(hoop_compile_t *cc, json_t *root)
{
    size_t          mark;
    json_t         *conf, *v;
    const char     *key;
    hoop_policy_t  *policy;

    policy = cc->policy;
    conf = json_object_get(root, "masks");

    (void) hoop_policy_push(cc, hoop_cstr("masks"));
    mark = cc->path.len;

    policy->masks = hoop_policy_alloc(cc, (HOOP_POLICY_MAX_MASKS
                                           + HOOP_POLICY_BUILTINS)
                                          * sizeof(hoop_policy_mask_t));
    if (policy->masks == NULL) {
        return HOOP_ERROR;
    }

    if (conf != NULL && !json_is_object(conf)) {
        return hoop_policy_error(cc, 0, "\"masks\" must be an object");
    }

    if (json_object_size(conf) > HOOP_POLICY_MAX_MASKS) {
        return hoop_policy_error(cc, 0, "too many mask sets, at most %d",
                                 HOOP_POLICY_MAX_MASKS);
    }

    json_object_foreach(conf, key, v) {
        if (hoop_policy_end(cc, mark,
                            hoop_policy_compile_mask(cc, hoop_cstr(key), v))
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_compile_mask(hoop_compile_t *cc, hoop_str_t name, json_t *conf)
{
    char                *where;
    hoop_policy_mask_t  *mask;

    (void) hoop_policy_push(cc, name);

    if (name.len == 0 || name.len > HOOP_POLICY_MAX_NAME
        || hoop_str_is(name, "default") || hoop_str_is(name, "off"))
    {
        return hoop_policy_error(cc, 1, "name \"%s\" of a mask set is "
                                 "reserved, empty or too long",
                                 hoop_policy_quote(cc, name));
    }

    /* the path is a C string here: no name has a zero byte */

    if (hoop_buf_addc(&cc->path, '\0') != HOOP_OK) {
        return hoop_policy_nomem(cc);
    }

    cc->path.len--;

    where = NULL;
    mask = &cc->policy->masks[cc->policy->nmasks];

    mask->name = name;
    mask->set = hoop_mask_set_compile(conf, (char *) cc->path.data, &where,
                                      cc->err);
    if (mask->set == NULL) {
        hoop_json_locate(cc->text, cc->len,
                         where ? where : (char *) cc->path.data, 0, cc->err);
        free(where);
        return HOOP_ERROR;
    }

    free(where);
    cc->policy->nmasks++;

    return HOOP_OK;
}


static void
hoop_policy_check_zones(hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name, hoop_buf_t *file), void *ctx,
    hoop_errors_t *errors)
{
    unsigned  i;

    for (i = 0; i < policy->nzones && errors->n < errors->size; i++) {
        if (hoop_policy_zone(policy, i, fn, ctx, &errors->items[errors->n])
            != HOOP_OK)
        {
            errors->n++;
        }
    }
}


static int
hoop_policy_error_cmp(const void *one, const void *two)
{
    const hoop_error_t  *a, *b;

    a = one;
    b = two;

    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }

    return (a->column > b->column) - (a->column < b->column);
}
