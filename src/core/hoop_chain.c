
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The check of a chain, event by event.  What is checked first names the
 * fault: an event whose own hash does not fit was changed, whatever else is
 * wrong with it; then its place in the row, then its link to the one before.
 */


#include "hoop_event.h"


#define HOOP_CHAIN_TAIL  (sizeof(",\"hash\":\"\"}") - 1 + HOOP_HASH_LEN)


hoop_chain_e
hoop_chain_check(hoop_chain_t *chain, hoop_str_t text, int start)
{
    u_char             md[32], hash[HOOP_HASH_LEN];
    hoop_event_view_t  v;

    if (text.len <= HOOP_CHAIN_TAIL || text.len > HOOP_EVENT_MAX
        || memcmp(text.data + text.len - HOOP_CHAIN_TAIL, ",\"hash\":\"", 9)
           != 0)
    {
        return HOOP_CHAIN_UNREADABLE;
    }

    hoop_sha256(md, text.data, text.len - HOOP_CHAIN_TAIL);
    hoop_hex(hash, md, sizeof(md));

    if (memcmp(text.data + text.len - HOOP_CHAIN_TAIL + 9, hash, HOOP_HASH_LEN)
        != 0)
    {
        return HOOP_CHAIN_CHANGED;
    }

    if (hoop_event_view(&v, text) != HOOP_OK) {
        return HOOP_CHAIN_UNREADABLE;
    }

    if (v.slot != chain->slot || !hoop_str_eq(v.gateway, chain->gateway)) {
        return HOOP_CHAIN_FORGED;
    }

    if (!start) {
        if (v.seq <= chain->seq) {
            return HOOP_CHAIN_REORDERED;
        }

        if (v.seq > chain->seq + 1) {
            return HOOP_CHAIN_REMOVED;
        }

        if (v.ts < chain->ts
            || memcmp(v.prev, chain->head, HOOP_HASH_LEN) != 0)
        {
            return HOOP_CHAIN_FORGED;
        }
    }

    if (v.seq == 1) {
        memset(hash, '0', HOOP_HASH_LEN);

        if (memcmp(v.prev, hash, HOOP_HASH_LEN) != 0) {
            return HOOP_CHAIN_FORGED;
        }
    }

    chain->seq = v.seq;
    chain->ts = v.ts;
    memcpy(chain->head, v.hash, HOOP_HASH_LEN);

    return HOOP_CHAIN_INTACT;
}


const char *
hoop_chain_strerror(hoop_chain_e e)
{
    static const char  *names[] = {
        "intact", "unreadable", "changed", "removed", "reordered", "forged"
    };

    return names[e];
}
