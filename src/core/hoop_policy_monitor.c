
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The monitored rules in a verdict, each once and in the order of files and
 * rules, whatever the order that they are found in: by path, by message of a
 * batch, by reading of the path.  Of more than there is room for the first
 * ones stay.
 */


#include "hoop_policy_walk.h"


static void hoop_policy_monitored_add(hoop_verdict_t *v,
    const hoop_monitored_t *monitored);


void
hoop_policy_monitored(const hoop_walk_t *w, unsigned n)
{
    hoop_monitored_t    item;
    const hoop_rule_t  *rule;

    rule = &w->policy->rules[n];

    item.rule = rule->id;
    item.policy = w->policy->name;
    item.effect = rule->effect;
    item.ambiguous = (w->match->why != NULL);
    item.npolicy = w->order;
    item.nrule = n;

    hoop_policy_monitored_add(w->verdict, &item);
}


void
hoop_policy_monitored_join(hoop_verdict_t *v, const hoop_verdict_t *other)
{
    unsigned  i;

    for (i = 0; i < other->nmonitored; i++) {
        hoop_policy_monitored_add(v, &other->monitored[i]);
    }

    v->monitored_more |= other->monitored_more;
}


static void
hoop_policy_monitored_add(hoop_verdict_t *v, const hoop_monitored_t *monitored)
{
    unsigned           i;
    hoop_monitored_t  *item;

    for (i = v->nmonitored; i > 0; i--) {
        item = &v->monitored[i - 1];

        if (item->npolicy < monitored->npolicy
            || (item->npolicy == monitored->npolicy
                && item->nrule < monitored->nrule))
        {
            break;
        }

        if (item->npolicy == monitored->npolicy
            && item->nrule == monitored->nrule)
        {
            /* one sure match is enough */

            item->ambiguous &= monitored->ambiguous;
            return;
        }
    }

    if (v->nmonitored == HOOP_MONITORED) {
        v->monitored_more = 1;

        if (i == HOOP_MONITORED) {
            return;
        }

    } else {
        v->nmonitored++;
    }

    item = &v->monitored[i];

    memmove(item + 1, item,
            (v->nmonitored - i - 1) * sizeof(hoop_monitored_t));

    *item = *monitored;
}
