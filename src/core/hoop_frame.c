
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Frames of a spool segment; the layout is in hoop_event.h.
 */


#include "hoop_event.h"


static const u_char  hoop_frame_magic[4] = { 'H', 'E', 'V', '1' };


static void
hoop_frame_put(u_char *dst, uint64_t n, unsigned size)
{
    while (size--) {
        *dst++ = (u_char) n;
        n >>= 8;
    }
}


static uint64_t
hoop_frame_get(const u_char *p, unsigned size)
{
    uint64_t  n;

    n = 0;

    while (size--) {
        n = n << 8 | p[size];
    }

    return n;
}


void
hoop_frame_header(u_char *dst, uint32_t slot, uint64_t seq, uint64_t ts,
    size_t len)
{
    uint32_t  crc;

    memcpy(dst, hoop_frame_magic, sizeof(hoop_frame_magic));

    hoop_frame_put(dst + 4, len, 4);
    hoop_frame_put(dst + 12, slot, 4);
    hoop_frame_put(dst + 16, seq, 8);
    hoop_frame_put(dst + 24, ts, 8);

    crc = hoop_crc32(dst + 12, HOOP_FRAME_HEADER - 12 + len);

    hoop_frame_put(dst + 8, crc, 4);
}


int
hoop_frame_peek(hoop_frame_t *f, const u_char *p, size_t len)
{
    size_t  text;

    f->size = HOOP_FRAME_HEADER;

    if (len == 0) {
        return HOOP_AGAIN;
    }

    if (memcmp(p, hoop_frame_magic, len < 4 ? len : 4) != 0) {
        return HOOP_ERROR;
    }

    if (len < HOOP_FRAME_HEADER) {
        return HOOP_AGAIN;
    }

    text = hoop_frame_get(p + 4, 4);

    if (text == 0 || text > HOOP_EVENT_MAX) {
        return HOOP_ERROR;
    }

    f->size = HOOP_FRAME_HEADER + text;

    if (len < f->size) {
        return HOOP_AGAIN;
    }

    f->slot = (uint32_t) hoop_frame_get(p + 12, 4);
    f->seq = hoop_frame_get(p + 16, 8);
    f->ts = hoop_frame_get(p + 24, 8);
    f->text = hoop_str(p + HOOP_FRAME_HEADER, text);

    return HOOP_OK;
}


int
hoop_frame_parse(hoop_frame_t *f, const u_char *p, size_t len)
{
    int       rc;
    uint32_t  crc;

    rc = hoop_frame_peek(f, p, len);
    if (rc != HOOP_OK) {
        return rc;
    }

    crc = hoop_crc32(p + 12, f->size - 12);

    return crc == hoop_frame_get(p + 8, 4) ? HOOP_OK : HOOP_ERROR;
}


size_t
hoop_frame_resync(const u_char *p, size_t len)
{
    size_t         left;
    const u_char  *q, *last;

    last = p + len;

    for (q = p + 1; q < last; q++) {
        q = memchr(q, hoop_frame_magic[0], last - q);
        if (q == NULL) {
            break;
        }

        left = last - q;

        if (memcmp(q, hoop_frame_magic, left < 4 ? left : 4) == 0) {
            return q - p;
        }
    }

    return len;
}
