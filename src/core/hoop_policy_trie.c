
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * From a path to the rules whose globs may match it; see hoop_policy_rule.h.
 *
 * A rule hangs at the node of the longest run of literal segments that each
 * of its path globs begins with (rules without a path hang at the root), so a
 * rule that matches a path hangs at some node on that path.  A rule of several
 * paths may be met more than once.
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


static void hoop_policy_trie_insert(hoop_trie_t *trie, uint32_t rule,
    hoop_str_t path);
static uint32_t hoop_policy_trie_find(const hoop_trie_t *trie,
    uint32_t parent, hoop_str_t segment, uint32_t *place);


int
hoop_policy_trie_build(hoop_policy_t *policy)
{
    size_t        n, nodes, entries;
    unsigned      i, k;
    hoop_str_t    rest, segment;
    hoop_rule_t  *rule;
    hoop_trie_t  *trie;

    trie = &policy->trie;
    nodes = 1;
    entries = 0;

    for (i = 0; i < policy->nrules; i++) {
        rule = &policy->rules[i];
        entries += rule->paths.n ? rule->paths.n : 1;

        for (k = 0; k < rule->paths.n; k++) {
            rest = rule->paths.items[k];

            while (hoop_glob_segment(&rest, '/', &segment)) {
                nodes++;
            }
        }
    }

    for (n = 16; n < nodes * 2; n *= 2) { /* void */ }

    if (n > UINT32_MAX / 2) {
        return HOOP_LIMIT;
    }

    trie->mask = n - 1;
    trie->hash = malloc(n * sizeof(uint32_t));
    trie->nodes = calloc(nodes, sizeof(hoop_trie_node_t));
    trie->entries = calloc(entries + 1, sizeof(hoop_trie_entry_t));

    if (trie->hash == NULL || trie->nodes == NULL || trie->entries == NULL) {
        return HOOP_NOMEM;
    }

    memset(trie->hash, 0xff, n * sizeof(uint32_t));

    trie->nnodes = 1;
    trie->nodes[0].entry = HOOP_TRIE_NONE;

    for (i = 0; i < policy->nrules; i++) {
        rule = &policy->rules[i];

        if (rule->paths.n == 0) {
            hoop_policy_trie_insert(trie, i, hoop_str("/**", 3));
        }

        for (k = 0; k < rule->paths.n; k++) {
            hoop_policy_trie_insert(trie, i, rule->paths.items[k]);
        }
    }

    return HOOP_OK;
}


static void
hoop_policy_trie_insert(hoop_trie_t *trie, uint32_t rule, hoop_str_t path)
{
    uint32_t            node, child, place;
    hoop_str_t          rest, segment;
    hoop_trie_entry_t  *entry;

    node = 0;
    rest = hoop_str(path.data + 1, path.len - 1);

    while (hoop_glob_segment(&rest, '/', &segment)
           && (segment.len == 0
               || memchr(segment.data, '*', segment.len) == NULL))
    {
        child = hoop_policy_trie_find(trie, node, segment, &place);

        if (child == HOOP_TRIE_NONE) {
            child = trie->nnodes++;

            trie->nodes[child].segment = segment;
            trie->nodes[child].parent = node;
            trie->nodes[child].entry = HOOP_TRIE_NONE;
            trie->hash[place] = child;
        }

        node = child;
    }

    entry = &trie->entries[trie->nentries];
    entry->rule = rule;
    entry->next = trie->nodes[node].entry;
    trie->nodes[node].entry = trie->nentries++;
}


void
hoop_policy_trie_free(hoop_trie_t *trie)
{
    free(trie->hash);
    free(trie->nodes);
    free(trie->entries);
}


uint32_t
hoop_policy_trie_child(const hoop_trie_t *trie, uint32_t parent,
    hoop_str_t segment)
{
    uint32_t  place;

    return hoop_policy_trie_find(trie, parent, segment, &place);
}


/*
 * The hash holds at most half as many nodes as places, and its keys are the
 * policy's: a request can neither fill it nor choose its collisions' length.
 */

static uint32_t
hoop_policy_trie_find(const hoop_trie_t *trie, uint32_t parent,
    hoop_str_t segment, uint32_t *place)
{
    size_t    i;
    uint32_t  h, n;

    h = 2166136261u ^ parent * 2654435761u;

    for (i = 0; i < segment.len; i++) {
        h = (h ^ segment.data[i]) * 16777619u;
    }

    h ^= h >> 15;

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
