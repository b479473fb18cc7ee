
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * From a request to the rules whose host, path and method may match it.
 *
 * A tree of segments: first the labels of the host, last one first, then the
 * segments of the path.  An edge is a literal or "*", which is any one segment;
 * the literal ones are kept as a hash of (parent, segment).  A glob is followed
 * as far as it is made of these, and then
 *
 *   ends                   it is in the set HERE of its node, for texts that
 *                          end there as well
 *   ends in a "**"         BELOW, for all texts that come by
 *   has a "**" and one     HERE of that literal, a child of the node's "deep",
 *   literal behind it      for paths whose last segment it is
 *   goes on otherwise      BELOW, and is still to be compared
 *
 * A host's node has the root of a tree of paths for each of HERE and BELOW;
 * rules without a host are below the root.  A rule hangs at a node for each of
 * its hosts and paths.  What may match a request hangs on its way, and "sure"
 * of an entry says what need not be compared any more.
 *
 * A set has a list for each method that a rule names, one for the methods that
 * have no bit, and one for the rules that name none, or many.  A list is in the
 * order of rules as they beat each other, so that trying it ends at the first
 * which is not better than what was found.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE    /* memrchr() */
#endif

#include <stdlib.h>

#include "hoop_policy_rule.h"


#define HOOP_TRIE_OTHER     16         /* methods without a bit */
#define HOOP_TRIE_ANY       17

/* more hosts times paths of a rule hang by their paths alone */
#define HOOP_TRIE_MAX_HOST  64
#define HOOP_TRIE_MAX_METHODS  4


/* an entry before it has its place */

typedef struct {
    uint32_t                node;
    uint8_t                 set;
    uint8_t                 list;
    hoop_trie_entry_t       entry;
} hoop_trie_item_t;


typedef struct {
    hoop_trie_t            *trie;
    hoop_trie_item_t       *items;
    size_t                  nitems;
    size_t                  size;
} hoop_trie_build_t;


typedef int (*hoop_trie_cut_pt)(hoop_str_t *rest, hoop_str_t *segment);


static int hoop_policy_trie_rule(hoop_trie_build_t *tb,
    const hoop_policy_t *policy, unsigned n);
static int hoop_policy_trie_path(hoop_trie_build_t *tb, uint32_t node,
    const hoop_rule_t *rule, const hoop_trie_entry_t *entry);
static int hoop_policy_trie_methods(hoop_trie_build_t *tb, uint32_t node,
    unsigned set, const hoop_rule_t *rule, hoop_trie_entry_t entry);
static int hoop_policy_trie_item(hoop_trie_build_t *tb,
    const hoop_trie_item_t *item);
static int hoop_policy_trie_follow(hoop_trie_t *trie, hoop_str_t rest,
    hoop_trie_cut_pt cut, uint32_t *node, unsigned *set, unsigned *sure);
static int hoop_policy_trie_segment(hoop_str_t *rest, hoop_str_t *segment);
static uint32_t hoop_policy_trie_node(hoop_trie_t *trie);
static uint32_t hoop_policy_trie_literal(hoop_trie_t *trie, uint32_t parent,
    hoop_str_t segment);
static int hoop_policy_trie_rehash(hoop_trie_t *trie);
static int hoop_policy_trie_pack(hoop_trie_build_t *tb);
static int hoop_policy_trie_compare(const void *one, const void *two);
static uint32_t hoop_policy_trie_find(const hoop_trie_t *trie,
    uint32_t parent, hoop_str_t segment, uint32_t *place);


int
hoop_policy_trie_build(const hoop_policy_t *policy, hoop_trie_t *trie,
    unsigned monitor)
{
    int                rc;
    unsigned           i;
    hoop_trie_build_t  tb;

    memset(&tb, 0, sizeof(hoop_trie_build_t));
    tb.trie = trie;

    rc = HOOP_NOMEM;

    for (i = 0; i < policy->nrules; i++) {

        if (policy->rules[i].monitor != monitor) {
            continue;
        }

        if ((trie->nnodes == 0
             && hoop_policy_trie_node(trie) == HOOP_TRIE_NONE)
            || hoop_policy_trie_rule(&tb, policy, i) != HOOP_OK)
        {
            goto done;
        }
    }

    if (trie->nnodes == 0) {
        return HOOP_OK;
    }

    rc = hoop_policy_trie_pack(&tb);

done:

    free(tb.items);

    return rc;
}


static int
hoop_policy_trie_rule(hoop_trie_build_t *tb, const hoop_policy_t *policy,
    unsigned n)
{
    uint32_t            node;
    unsigned            i, set, sure, by_host;
    hoop_trie_t        *trie;
    const hoop_rule_t  *rule;
    hoop_trie_entry_t   entry;

    trie = tb->trie;
    rule = &policy->rules[n];

    memset(&entry, 0, sizeof(hoop_trie_entry_t));

    entry.rule = n;
    entry.effect = rule->effect;
    entry.test = HOOP_TRIE_NONE;

    /* the conditions are sorted by what they cost */

    if (rule->nconds
        && policy->slots[rule->conds[0].slot].source <= HOOP_SOURCE_HEADER)
    {
        entry.test = rule->conds[0].test;
    }

    by_host = rule->hosts.n != 0
              && rule->hosts.n * (rule->paths.n + !rule->paths.n)
                 <= HOOP_TRIE_MAX_HOST;

    for (i = 0; i == 0 || (by_host && i < rule->hosts.n); i++) {

        node = 0;
        set = HOOP_TRIE_BELOW;
        sure = (rule->hosts.n == 0);

        if (by_host
            && hoop_policy_trie_follow(trie, rule->hosts.items[i],
                                       hoop_policy_trie_label, &node, &set,
                                       &sure)
               != HOOP_OK)
        {
            return HOOP_NOMEM;
        }

        entry.sure = sure ? HOOP_SURE_HOST : 0;

        if (trie->nodes[node].paths[set] == HOOP_TRIE_NONE) {
            n = hoop_policy_trie_node(trie);

            if (n == HOOP_TRIE_NONE) {
                return HOOP_NOMEM;
            }

            trie->nodes[node].paths[set] = n;
        }

        if (hoop_policy_trie_path(tb, trie->nodes[node].paths[set], rule,
                                  &entry)
            != HOOP_OK)
        {
            return HOOP_NOMEM;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_trie_path(hoop_trie_build_t *tb, uint32_t root,
    const hoop_rule_t *rule, const hoop_trie_entry_t *entry)
{
    uint32_t           node;
    unsigned           i, set, sure;
    hoop_str_t         path;
    hoop_trie_entry_t  e;

    e = *entry;

    if (rule->paths.n == 0) {
        e.sure |= HOOP_SURE_PATH;
        return hoop_policy_trie_methods(tb, root, HOOP_TRIE_BELOW, rule, e);
    }

    for (i = 0; i < rule->paths.n; i++) {
        path = rule->paths.items[i];
        node = root;

        if (hoop_policy_trie_follow(tb->trie, hoop_str(path.data + 1,
                                                       path.len - 1),
                                    hoop_policy_trie_segment, &node, &set,
                                    &sure)
            != HOOP_OK)
        {
            return HOOP_NOMEM;
        }

        e.sure = entry->sure | (sure ? HOOP_SURE_PATH : 0);

        if (hoop_policy_trie_methods(tb, node, set, rule, e) != HOOP_OK) {
            return HOOP_NOMEM;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_trie_methods(hoop_trie_build_t *tb, uint32_t node, unsigned set,
    const hoop_rule_t *rule, hoop_trie_entry_t entry)
{
    unsigned          i;
    hoop_trie_item_t  item;

    item.node = node;
    item.set = set;
    item.entry = entry;

    if (__builtin_popcount(rule->methods) > HOOP_TRIE_MAX_METHODS
        || (rule->methods == 0 && rule->other_methods.n == 0))
    {
        item.list = HOOP_TRIE_ANY;
        item.entry.sure |= (rule->methods == 0) ? HOOP_SURE_METHOD : 0;

        return hoop_policy_trie_item(tb, &item);
    }

    if (rule->other_methods.n) {
        item.list = HOOP_TRIE_OTHER;

        if (hoop_policy_trie_item(tb, &item) != HOOP_OK) {
            return HOOP_NOMEM;
        }
    }

    item.entry.sure |= HOOP_SURE_METHOD;

    for (i = 0; i < HOOP_TRIE_OTHER; i++) {

        if (!(rule->methods & ((uint32_t) 1 << i))) {
            continue;
        }

        item.list = i;

        if (hoop_policy_trie_item(tb, &item) != HOOP_OK) {
            return HOOP_NOMEM;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_trie_item(hoop_trie_build_t *tb, const hoop_trie_item_t *item)
{
    size_t             size;
    hoop_trie_item_t  *items;

    if (tb->nitems == tb->size) {
        size = tb->size ? tb->size * 2 : 64;

        items = realloc(tb->items, size * sizeof(hoop_trie_item_t));
        if (items == NULL) {
            return HOOP_NOMEM;
        }

        tb->items = items;
        tb->size = size;
    }

    tb->items[tb->nitems++] = *item;

    return HOOP_OK;
}


/* where a glob hangs, from *node on; sure: to be there is to match */

static int
hoop_policy_trie_follow(hoop_trie_t *trie, hoop_str_t rest,
    hoop_trie_cut_pt cut, uint32_t *node, unsigned *set, unsigned *sure)
{
    int         stars;
    uint32_t   *child, next;
    hoop_str_t  segment;

    *set = HOOP_TRIE_BELOW;

    while (cut(&rest, &segment)) {

        stars = (segment.len != 0
                 && memchr(segment.data, '*', segment.len) != NULL);

        if (!stars) {
            next = hoop_policy_trie_literal(trie, *node, segment);

        } else if (segment.len == 1) {
            next = trie->nodes[*node].star;

            if (next == HOOP_TRIE_NONE) {
                next = hoop_policy_trie_node(trie);
                trie->nodes[*node].star = next;
            }

        } else {
            break;
        }

        if (next == HOOP_TRIE_NONE) {
            return HOOP_NOMEM;
        }

        *node = next;

        if (rest.data == NULL) {
            *set = HOOP_TRIE_HERE;
            *sure = 1;
            return HOOP_OK;
        }
    }

    *sure = 0;

    if (!hoop_str_is(segment, "**")) {
        return HOOP_OK;
    }

    if (!cut(&rest, &segment)) {
        *sure = 1;
        return HOOP_OK;
    }

    if (rest.data != NULL || cut != hoop_policy_trie_segment
        || (segment.len && memchr(segment.data, '*', segment.len) != NULL))
    {
        return HOOP_OK;
    }

    child = &trie->nodes[*node].deep;

    if (*child == HOOP_TRIE_NONE) {
        next = hoop_policy_trie_node(trie);
        trie->nodes[*node].deep = next;

        if (next == HOOP_TRIE_NONE) {
            return HOOP_NOMEM;
        }
    }

    next = hoop_policy_trie_literal(trie, trie->nodes[*node].deep, segment);

    if (next == HOOP_TRIE_NONE) {
        return HOOP_NOMEM;
    }

    *node = next;
    *set = HOOP_TRIE_HERE;
    *sure = 1;

    return HOOP_OK;
}


static int
hoop_policy_trie_segment(hoop_str_t *rest, hoop_str_t *segment)
{
    return hoop_glob_segment(rest, '/', segment);
}


int
hoop_policy_trie_label(hoop_str_t *rest, hoop_str_t *label)
{
    const u_char  *p;

    if (rest->data == NULL) {
        return 0;
    }

    p = rest->len ? memrchr(rest->data, '.', rest->len) : NULL;

    if (p == NULL) {
        *label = *rest;
        *rest = hoop_str(NULL, 0);
        return 1;
    }

    *label = hoop_str(p + 1, rest->data + rest->len - p - 1);
    rest->len = p - rest->data;

    return 1;
}


static uint32_t
hoop_policy_trie_node(hoop_trie_t *trie)
{
    size_t             size;
    hoop_trie_node_t  *nodes;

    if (trie->nnodes == trie->nodes_size) {
        size = trie->nodes_size ? (size_t) trie->nodes_size * 2 : 16;

        if (size > UINT32_MAX / 4) {
            return HOOP_TRIE_NONE;
        }

        nodes = realloc(trie->nodes, size * sizeof(hoop_trie_node_t));
        if (nodes == NULL) {
            return HOOP_TRIE_NONE;
        }

        trie->nodes = nodes;
        trie->nodes_size = size;

        if (hoop_policy_trie_rehash(trie) != HOOP_OK) {
            return HOOP_TRIE_NONE;
        }
    }

    nodes = &trie->nodes[trie->nnodes];

    memset(nodes, 0, sizeof(hoop_trie_node_t));

    nodes->parent = HOOP_TRIE_NONE;
    nodes->star = HOOP_TRIE_NONE;
    nodes->deep = HOOP_TRIE_NONE;
    nodes->paths[0] = HOOP_TRIE_NONE;
    nodes->paths[1] = HOOP_TRIE_NONE;

    return trie->nnodes++;
}


static uint32_t
hoop_policy_trie_literal(hoop_trie_t *trie, uint32_t parent,
    hoop_str_t segment)
{
    uint32_t  n, place;

    n = hoop_policy_trie_find(trie, parent, segment, &place);

    if (n != HOOP_TRIE_NONE) {
        return n;
    }

    n = hoop_policy_trie_node(trie);

    if (n != HOOP_TRIE_NONE) {

        /* the hash may have grown */

        (void) hoop_policy_trie_find(trie, parent, segment, &place);

        trie->nodes[n].segment = segment;
        trie->nodes[n].parent = parent;
        trie->hash[place] = n;
    }

    return n;
}


/* twice as many places as there can be nodes */

static int
hoop_policy_trie_rehash(hoop_trie_t *trie)
{
    size_t     n;
    uint32_t   i, *hash, place;

    n = (size_t) trie->nodes_size * 2;

    hash = malloc(n * sizeof(uint32_t));
    if (hash == NULL) {
        return HOOP_NOMEM;
    }

    memset(hash, 0xff, n * sizeof(uint32_t));

    free(trie->hash);

    trie->hash = hash;
    trie->mask = n - 1;

    for (i = 0; i < trie->nnodes; i++) {

        if (trie->nodes[i].parent == HOOP_TRIE_NONE) {
            continue;
        }

        (void) hoop_policy_trie_find(trie, trie->nodes[i].parent,
                                     trie->nodes[i].segment, &place);
        hash[place] = i;
    }

    return HOOP_OK;
}


static int
hoop_policy_trie_pack(hoop_trie_build_t *tb)
{
    size_t                   i;
    uint32_t                 lists;
    hoop_trie_t             *trie;
    hoop_trie_set_t         *set;
    const hoop_trie_item_t  *item, *last;

    trie = tb->trie;

    if (tb->nitems > UINT32_MAX / 2) {
        return HOOP_LIMIT;
    }

    if (tb->nitems) {
        qsort(tb->items, tb->nitems, sizeof(hoop_trie_item_t),
              hoop_policy_trie_compare);
    }

    trie->entries = malloc((tb->nitems + 1) * sizeof(hoop_trie_entry_t));
    trie->lists = malloc((tb->nitems + 1) * sizeof(uint32_t));

    if (trie->entries == NULL || trie->lists == NULL) {
        return HOOP_NOMEM;
    }

    lists = 0;
    last = NULL;

    for (i = 0; i < tb->nitems; i++) {
        item = &tb->items[i];
        set = &trie->nodes[item->node].sets[item->set];

        if (set->methods == 0) {
            set->first = lists;
            last = NULL;
        }

        if (last == NULL || last->list != item->list) {
            set->methods |= (uint32_t) 1 << item->list;
            trie->lists[lists++] = i;
        }

        trie->entries[i] = item->entry;
        last = item;
    }

    trie->lists[lists] = i;

    return HOOP_OK;
}


static int
hoop_policy_trie_compare(const void *one, const void *two)
{
    const hoop_trie_item_t  *a, *b;

    a = one;
    b = two;

    if (a->node != b->node) {
        return a->node < b->node ? -1 : 1;
    }

    if (a->set != b->set) {
        return a->set < b->set ? -1 : 1;
    }

    if (a->list != b->list) {
        return a->list < b->list ? -1 : 1;
    }

    if (a->entry.effect != b->entry.effect) {
        return a->entry.effect > b->entry.effect ? -1 : 1;
    }

    return (a->entry.rule > b->entry.rule) - (a->entry.rule < b->entry.rule);
}


void
hoop_policy_trie_free(hoop_trie_t *trie)
{
    free(trie->hash);
    free(trie->nodes);
    free(trie->lists);
    free(trie->entries);
}


const hoop_trie_entry_t *
hoop_policy_trie_list(const hoop_trie_t *trie, const hoop_trie_set_t *set,
    uint32_t method, unsigned which, const hoop_trie_entry_t **end)
{
    uint32_t         bit;
    const uint32_t  *list;

    if (method == 0) {
        method = (uint32_t) 1 << HOOP_TRIE_OTHER;
    }

    bit = which ? (uint32_t) 1 << HOOP_TRIE_ANY : method;

    if (!(set->methods & bit)) {
        *end = NULL;
        return NULL;
    }

    list = &trie->lists[set->first
                        + __builtin_popcount(set->methods & (bit - 1))];

    *end = &trie->entries[list[1]];

    return &trie->entries[list[0]];
}


uint32_t
hoop_policy_trie_child(const hoop_trie_t *trie, uint32_t parent,
    hoop_str_t segment)
{
    uint32_t  place;

    return hoop_policy_trie_find(trie, parent, segment, &place);
}


/*
 * The hash is at most half full, and its keys are the policy's: a request can
 * neither fill it nor choose its collisions' length.
 */

static uint32_t
hoop_policy_trie_find(const hoop_trie_t *trie, uint32_t parent,
    hoop_str_t segment, uint32_t *place)
{
    uint32_t  h, n;

    h = hoop_policy_hash_text(parent, segment);

    for ( /* void */ ; /* void */ ; h++) {
        *place = h & trie->mask;
        n = trie->hash[*place];

        if (n == HOOP_TRIE_NONE
            || (trie->nodes[n].parent == parent
                && hoop_str_eq(trie->nodes[n].segment, segment)))
        {
            return n;
        }
    }
}
