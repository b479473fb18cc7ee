
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Addresses of a network: IPv4, IPv6 and MAC, on request.
 *
 * An IPv4 address is found where it begins.  The others begin with letters as
 * any word does; these are found by their first colon, hyphen or dot, and what
 * stands before that are hexadecimal digits, four at most, which are held as
 * long as it may follow (hoop_clear()).
 *
 * The longest one has 45 bytes, and a zone 33; to know where it ends takes 16
 * more, as many as a second address of a range has.  So less than 100 bytes of
 * the HOOP_SCAN_HELD are ever held.
 */


#include "hoop_detect_impl.h"


#define HOOP_ZONE_MAX     32
#define HOOP_PRODUCT_MAX  24
#define HOOP_MAC_OCTETS   6


#define hoop_is_hex(c)  hoop_is(c, HOOP_C_DIGIT|HOOP_C_HEX)


/*
 * Four octets at k, without a leading zero: YES and *end, or MORE, if what the
 * window has of them may go on.
 */

static int
hoop_address_quad(const hoop_scan_t *s, size_t k, size_t *end, uint32_t *quad)
{
    size_t    d;
    unsigned  i, octet;

    *quad = 0;

    for (i = 0; i < 4; i++) {

        if (i) {

            if (k == s->n) {
                return s->final ? HOOP_NO : HOOP_MORE;
            }

            if (s->p[k++] != '.') {
                return HOOP_NO;
            }
        }

        octet = 0;

        for (d = 0; d < 4 && k + d < s->n && hoop_is(s->p[k + d], HOOP_C_DIGIT);
             d++)
        {
            octet = octet * 10 + s->p[k + d] - '0';
        }

        if (octet > 255 || (d > 1 && s->p[k] == '0') || d > 3) {
            return HOOP_NO;
        }

        if (k + d == s->n && !s->final) {
            return HOOP_MORE;
        }

        if (d == 0) {
            return HOOP_NO;
        }

        k += d;
        *quad = *quad << 8 | octet;
    }

    *end = k;

    return HOOP_YES;
}


/*
 * A word that says of the number at i that it is a version or the like, with
 * nothing but a sign, quotes or a blank between: "newVersion="4.0.0.0"".  Those
 * of objects are written like that as well.
 */

static int
hoop_address_version(const hoop_scan_t *s, size_t i)
{
    int       c;
    char      word[16];
    size_t    k, n, len;
    unsigned  m;

    static const char  *words[] = {
        "version", "ver", "rev", "revision", "firmware", "build", "section",
        "sections", "versionadded", "versionchanged", "oid", "identifier"
    };

    for (k = 1; k < 9; k++) {
        c = hoop_before(s, i, k);

        if (c != ' ' && c != '=' && c != ':' && c != '"' && c != '\''
            && c != '(' && c != '>' && c != '\\' && c != '`' && c != '_')
        {
            break;
        }
    }

    for (n = 0; n < sizeof(word); n++) {
        c = hoop_before(s, i, k + n);

        if (c < 0 || !hoop_is(c, HOOP_C_ALPHA)) {
            break;
        }

        word[sizeof(word) - 1 - n] = (char) c;
    }

    for (m = 0; m < sizeof(words) / sizeof(words[0]); m++) {
        len = strlen(words[m]);

        if (n < len) {
            continue;
        }

        c = word[sizeof(word) - len];

        /* the whole word, or its last hump */

        if ((n == len || (c >= 'A' && c <= 'Z'))
            && hoop_lower((u_char) c) == (u_char) words[m][0])
        {
            for (k = 1; k < len; k++) {
                if (hoop_lower((u_char) word[sizeof(word) - len + k])
                    != (u_char) words[m][k])
                {
                    break;
                }
            }

            if (k == len) {
                return 1;
            }
        }
    }

    return 0;
}


/* 1 if what stands before i is joined to it: of a version, or a longer chain */

static int
hoop_address_joined(const hoop_scan_t *s, size_t i)
{
    int     c, before;
    size_t  k;

    c = hoop_before(s, i, 1);
    before = hoop_before(s, i, 2);

    switch (c) {

    case '_':
    case '^':
    case '~':
        return 1;

    case '.':
        return before >= 0 && hoop_is(before, HOOP_C_ALNUM);

    case '-':
        return before >= 0 && hoop_is(before, HOOP_C_ALPHA);

    case '=':
        return before == '>' || before == '<' || before == '~';

    case '/':

        /* a product, as of a user agent: "Chrome/120.0.0.0" */

        if (before < 0 || !hoop_is(before, HOOP_C_ALPHA)) {
            return 0;
        }

        for (k = 2; k < HOOP_PRODUCT_MAX; k++) {
            before = c;
            c = hoop_before(s, i, k);

            if (c < 0 || !hoop_is(c, HOOP_C_ALNUM)) {
                break;
            }
        }

        return before >= 'A' && before <= 'Z' && c != '/';
    }

    return 0;
}


/*
 * 0: an address of no host, and rather a version as "1.0.0.0" and "0.7.10.2";
 * but for networks that are written alone, or with their length behind
 */

static int
hoop_address_host(uint32_t quad, int network)
{
    unsigned  first;

    first = quad >> 24;

    return first != 0
           && ((quad & 0xffffff) || network || first == 10 || first == 127
               || first >= 224);
}


int
hoop_detect_ipv4(hoop_scan_t *s, size_t i)
{
    int       rc, end;
    u_char    c, next;
    size_t    k, last;
    uint32_t  quad, other;

    static const char  arpa[] = "in-addr.arpa";

    if (hoop_word_before(s, i) || hoop_address_joined(s, i)) {
        return HOOP_NO;
    }

    rc = hoop_address_quad(s, i, &k, &quad);

    if (rc != HOOP_YES) {
        return rc == HOOP_MORE ? hoop_more(s, i) : HOOP_NO;
    }

    end = hoop_word_end(s, k, ".", HOOP_C_ALNUM);

    if (end < 0) {
        return hoop_more(s, i);
    }

    c = (k < s->n) ? s->p[k] : 0;

    if (!end) {

        /* the name of one, which says it the other way round */

        if (c != '.') {
            return HOOP_NO;
        }

        for (rc = 0; arpa[rc]; rc++) {

            if (k + 1 + rc == s->n) {
                return hoop_more(s, i);
            }

            if (hoop_lower(s->p[k + 1 + rc]) != (u_char) arpa[rc]) {
                return HOOP_NO;
            }
        }

    } else if (c == '-' || c == '+' || c == '~') {

        /* a version, or what it is packed as; but "10.0.0.1-10.0.0.9" */

        if (k + 1 == s->n) {

            if (!s->final) {
                return hoop_more(s, i);
            }

        } else {
            next = s->p[k + 1];

            if (hoop_is(next, HOOP_C_ALPHA)) {
                return HOOP_NO;
            }

            if (hoop_is(next, HOOP_C_DIGIT)) {
                rc = hoop_address_quad(s, k + 1, &last, &other);

                if (rc == HOOP_MORE) {
                    return hoop_more(s, i);
                }

                if (rc == HOOP_NO || c != '-') {
                    return HOOP_NO;
                }
            }
        }
    }

    if (!hoop_address_host(quad, k < s->n && s->p[k] == '/')
        || hoop_address_version(s, i))
    {
        return HOOP_NO;
    }

    return hoop_yes(s, i, k, HOOP_DETECT_IP_ADDRESS);
}


/* what the groups of an IPv6 address say */

typedef struct {
    size_t    end;
    unsigned  n;
    unsigned  first;           /* the value of the first one */
    unsigned  digits:1;        /* there is one of 0-9 */
    unsigned  pairs:1;         /* all have two digits */
    unsigned  set:1;           /* some bit is */
    unsigned  gap:1;           /* "::" */
    unsigned  leading:1;       /* with which it begins */
    unsigned  quad:1;          /* an IPv4 address ends it */
    unsigned  widest;
} hoop_groups_t;


/* YES, NO or MORE; an address begins at k */

static int
hoop_address_groups(const hoop_scan_t *s, size_t k, hoop_groups_t *g)
{
    int       rc;
    size_t    h, end;
    u_char    c;
    uint32_t  quad;
    unsigned  value;

    memset(g, 0, sizeof(hoop_groups_t));
    g->pairs = 1;

    if (s->p[k] == ':') {

        if (k + 1 == s->n) {
            return s->final ? HOOP_NO : HOOP_MORE;
        }

        if (s->p[k + 1] != ':') {
            return HOOP_NO;
        }

        g->gap = 1;
        g->leading = 1;
        k += 2;
    }

    for ( ;; ) {
        value = 0;

        for (h = 0; h < 5 && k + h < s->n && hoop_is_hex(s->p[k + h]); h++) {
            c = s->p[k + h];
            g->digits |= hoop_is(c, HOOP_C_DIGIT);
            value = value << 4 | (unsigned) hoop_hex_value(c);
        }

        if (h == 5) {
            return HOOP_NO;
        }

        if (k + h == s->n && !s->final) {
            return HOOP_MORE;
        }

        g->end = k + h;

        if (h == 0) {

            if (k < s->n && s->p[k] == ':') {
                return HOOP_NO;
            }

            break;                     /* behind "::" */
        }

        if (h <= 3 && k + h < s->n && s->p[k + h] == '.') {
            rc = hoop_address_quad(s, k, &end, &quad);

            if (rc == HOOP_MORE) {
                return HOOP_MORE;
            }

            if (rc == HOOP_YES) {
                g->n += 2;
                g->quad = 1;
                g->set = 1;
                g->pairs = 0;
                g->end = end;
                break;
            }
        }

        if (g->n++ == 0 && !g->leading) {
            g->first = value;
        }

        g->set |= (value != 0);
        g->pairs &= (h == 2);
        g->widest = (h > g->widest) ? (unsigned) h : g->widest;

        k += h;

        if (k == s->n || s->p[k] != ':') {
            break;
        }

        if (k + 1 == s->n) {

            if (!s->final) {
                return HOOP_MORE;
            }

            break;
        }

        c = s->p[k + 1];

        if (c == ':') {

            if (g->gap) {
                return HOOP_NO;
            }

            g->gap = 1;
            k += 2;

        } else if (hoop_is_hex(c)) {

            if (g->n == 8) {
                return HOOP_NO;
            }

            k++;

        } else {
            break;                     /* a colon behind it */
        }
    }

    return (g->gap ? g->n <= 7 : g->n == 8) ? HOOP_YES : HOOP_NO;
}


/*
 * What is written short may be code as well: "std::abs", "x[1::2]".  It must
 * begin as addresses that are given out do, or have groups enough.
 */

static int
hoop_address_may(const hoop_groups_t *g)
{
    if (!g->set || !g->digits) {
        return 0;                      /* unspecified, or but words */
    }

    if (!g->gap) {
        return !g->pairs;              /* that is an EUI-64 */
    }

    if (g->n >= 4 || g->quad) {
        return 1;
    }

    if (g->leading) {
        return g->n > 1 && g->widest == 4;
    }

    return (g->first >= 0x2000 && g->first <= 0x3fff)
           || (g->first >= 0xfc00 && g->first <= 0xffff)
           || (g->first == 0x64 && g->widest == 4);
}


/*
 * Where the chain of groups begins whose first colon is at i, or i + 1 if that
 * is another one; a word before it is a label: "addr:2001:db8::1".
 */

static size_t
hoop_address_start(const hoop_scan_t *s, size_t i)
{
    int     c;
    size_t  h, k;

    for (h = 0; h < i && h < 5 && hoop_is_hex(s->p[i - 1 - h]); h++) {
        /* void */
    }

    if (h == 5 || hoop_word_before(s, i - h)) {
        return i + 1;
    }

    c = hoop_before(s, i - h, 1);

    if (c == '_' || (c == '.' && hoop_before(s, i - h, 2) >= 0
                     && hoop_is(hoop_before(s, i - h, 2), HOOP_C_ALNUM)))
    {
        return i + 1;
    }

    if (c == ':') {

        for (k = 0; k < 5; k++) {
            c = hoop_before(s, i - h, 2 + k);

            if (c < 0 || !hoop_is_hex(c)) {
                break;
            }
        }

        /* nothing there is "::", which is a first one of its own */

        if (k < 5 && (c < 0 || (!hoop_is(c, HOOP_C_ALNUM) && c != '_'))) {
            return i + 1;
        }
    }

    return i - h;
}


static int
hoop_detect_ipv6(hoop_scan_t *s, size_t i)
{
    int            rc, end;
    size_t         start, k, zone;
    hoop_groups_t  g;

    start = hoop_address_start(s, i);

    if (start > i) {
        return HOOP_NO;
    }

    rc = hoop_address_groups(s, start, &g);

    if (rc == HOOP_MORE) {
        return hoop_more(s, start);
    }

    if (rc == HOOP_NO) {
        return HOOP_NO;
    }

    k = g.end;

    /* "::1" alone is as good as a name */

    if (!hoop_address_may(&g)
        && !(g.leading && k - start == 3 && s->p[k - 1] == '1'))
    {
        return HOOP_NO;
    }

    end = hoop_word_end(s, k, ".", HOOP_C_ALNUM);

    if (end == 0) {
        return HOOP_NO;
    }

    if (end < 0) {
        return hoop_more(s, start);
    }

    if (k == s->n || s->p[k] != '%') {
        return hoop_yes(s, start, k, HOOP_DETECT_IP_ADDRESS);
    }

    for (zone = 1; zone <= HOOP_ZONE_MAX && k + zone < s->n; zone++) {
        if (!hoop_is(s->p[k + zone], HOOP_C_NAME)) {
            break;
        }
    }

    if (k + zone == s->n && zone <= HOOP_ZONE_MAX && !s->final) {
        return hoop_more(s, start);
    }

    while (zone > 1 && !hoop_is(s->p[k + zone - 1], HOOP_C_ALNUM)) {
        zone--;
    }

    return hoop_yes(s, start, zone > 1 ? k + zone : k, HOOP_DETECT_IP_ADDRESS);
}


/* the two digits at p, or -1 */

static int
hoop_address_octet(const u_char *p)
{
    int  high, low;

    high = hoop_hex_value(p[0]);
    low = hoop_hex_value(p[1]);

    return (high < 0 || low < 0) ? -1 : high << 4 | low;
}


/* digits that may be a date and a time, of which the octets were read as hex */

static int
hoop_address_date(const u_char *octets)
{
    unsigned  i;

    static const u_char  limits[] = { 0x99, 0x12, 0x31, 0x23, 0x59, 0x59 };

    for (i = 0; i < HOOP_MAC_OCTETS; i++) {
        if (octets[i] > limits[i] || (octets[i] & 0x0f) > 9) {
            return 0;
        }
    }

    return 1;
}


/*
 * Six octets with the separator at i behind each, or behind each second one of
 * "0011.2233.4455".  Those that are all the same are no address of anybody.
 */

static int
hoop_detect_mac(hoop_scan_t *s, size_t i)
{
    int       v, c, before, end;
    u_char    sep, octets[HOOP_MAC_OCTETS];
    size_t    k, start, step;
    unsigned  n, same, letters;

    sep = s->p[i];
    step = (sep == '.') ? 4 : 2;

    if (i < step) {
        return HOOP_NO;
    }

    start = i - step;

    c = hoop_before(s, start, 1);

    if (hoop_word_before(s, start) || c == '_') {
        return HOOP_NO;
    }

    /* a longer chain, but not a label as in "mac:00:11:22:33:44:55" */

    if (c == sep || (sep == '.' && c == '-')) {
        before = hoop_before(s, start, 2);

        if (c != ':') {

            if (before >= 0 && hoop_is(before, HOOP_C_ALNUM)) {
                return HOOP_NO;
            }

        } else if (before >= 0 && hoop_is_hex(before)) {
            before = hoop_before(s, start, 3);

            if (before < 0 || !hoop_is_hex(before)) {
                return HOOP_NO;
            }

            before = hoop_before(s, start, 4);

            if (before < 0 || !hoop_is(before, HOOP_C_ALNUM)) {
                return HOOP_NO;
            }
        }
    }

    k = start;
    same = 1;
    letters = 0;

    for (n = 0; n < HOOP_MAC_OCTETS; n++) {

        if (n && (sep != '.' || n % 2 == 0)) {

            if (k == s->n) {
                return hoop_more(s, start);
            }

            if (s->p[k++] != sep) {
                return HOOP_NO;
            }
        }

        if (s->n - k < 2) {
            return (k == s->n || hoop_is_hex(s->p[k])) ? hoop_more(s, start)
                                                    : HOOP_NO;
        }

        v = hoop_address_octet(s->p + k);

        if (v < 0) {
            return HOOP_NO;
        }

        octets[n] = (u_char) v;
        same &= (v == octets[0]);
        letters |= (v >> 4) > 9 || (v & 0x0f) > 9;
        k += 2;
    }

    end = hoop_word_end(s, k, ".", HOOP_C_ALNUM);

    if (end < 0) {
        return hoop_more(s, start);
    }

    if (!end || same) {
        return HOOP_NO;
    }

    /* the chain goes on */

    if (k < s->n && (s->p[k] == sep || (sep == '.' && s->p[k] == '-'))) {

        if (s->n - k < 3 && !s->final) {
            return hoop_more(s, start);
        }

        if (s->n - k >= 2 && hoop_is_hex(s->p[k + 1])
            && (s->n - k == 2 || hoop_is_hex(s->p[k + 2])
                || !hoop_is(s->p[k + 2], HOOP_C_ALNUM)))
        {
            return HOOP_NO;
        }
    }

    if (!letters && ((sep == '-' && hoop_address_date(octets))
                     || (sep == '.' && octets[0] >= 0x10)))
    {
        return HOOP_NO;
    }

    return hoop_yes(s, start, k, HOOP_DETECT_MAC_ADDRESS);
}


int
hoop_detect_address(hoop_scan_t *s, size_t i)
{
    int     rc;
    u_char  c;

    c = s->p[i];
    rc = HOOP_NO;

    if (s->detect & hoop_bit(HOOP_DETECT_IP_ADDRESS)) {

        if (hoop_is(c, HOOP_C_DIGIT)) {
            rc = hoop_detect_ipv4(s, i);

        } else if (c == ':') {
            rc = hoop_detect_ipv6(s, i);
        }
    }

    if (rc == HOOP_NO && (c == ':' || c == '-' || c == '.')
        && (s->detect & hoop_bit(HOOP_DETECT_MAC_ADDRESS)))
    {
        rc = hoop_detect_mac(s, i);
    }

    return rc;
}


/* "::", or four colons more: a time has but two */

int
hoop_address_colons(const u_char *p, size_t n, size_t i)
{
    size_t    k, h;
    unsigned  colons;

    if (p[i] != ':') {
        return 0;
    }

    k = i + 1;

    for (colons = 0; colons < 4; colons++) {

        for (h = 0; h < 5; h++) {

            if (k + h == n) {
                return 1;
            }

            if (!hoop_is_hex(p[k + h])) {
                break;
            }
        }

        if (h == 5) {
            return 0;
        }

        if (p[k + h] == '.' && h) {
            return 1;
        }

        if (p[k + h] != ':') {
            return 0;
        }

        if (h == 0) {
            return 1;
        }

        k += h + 1;
    }

    return 1;
}
