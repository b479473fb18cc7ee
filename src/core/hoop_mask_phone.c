
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Names of telephone numbers.  They make no field of a value, for much else
 * stands under "phone" and "mobile"; but a value under them that may be a
 * national number is one, as it is behind such a word in text.
 */


#include "hoop_context.h"
#include "hoop_mask_impl.h"


/* how such names end; what they are is known by their words */

static const char  *hoop_phone_ends[] = {
    "phone", "number", "no", "tel", "mobile", "fax", "telefon", "telefono",
    "celular"
};

static uint64_t  hoop_phone_tails[512];


void
hoop_mask_phone_tails(uint64_t *tails)
{
    unsigned  i;

    for (i = 0; i < sizeof(hoop_phone_ends) / sizeof(hoop_phone_ends[0]); i++) {
        hoop_mask_set_tails(tails, hoop_cstr(hoop_phone_ends[i]));
        hoop_mask_set_tails(hoop_phone_tails, hoop_cstr(hoop_phone_ends[i]));
    }
}


int
hoop_mask_phone_name(const hoop_mask_t *m, const u_char *p, size_t len)
{
    return (m->detect & hoop_bit(HOOP_DETECT_PHONE))
           && hoop_mask_may(hoop_phone_tails, p, len)
           && hoop_context_phone_name(p, len);
}
