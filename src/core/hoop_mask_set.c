
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Mask sets: which fields and detectors, compiled from a policy.
 *
 * A name is normalised: lower case, without separators.  It is sensitive if
 * it is listed, or ends in a listed name; a listed name of four letters or
 * less must then begin a word ("customerSsn", "db_pwd"), for short ends stand
 * in many words.  Most names are ruled out by their last two bytes, before
 * anything is normalised.
 *
 * A path is matched while the document is walked, by a set of segments that
 * may come next: one bit a segment, all paths of a set in one word.
 */


#include <stdio.h>
#include <stdlib.h>

#include "hoop_mask_impl.h"


#define HOOP_NAME_CAP    64
#define HOOP_NAMES_MAX   250


typedef struct {
    const char  *name;
    u_char       detector;
} hoop_mask_default_t;


static const hoop_mask_default_t  hoop_mask_defaults[] = {
    { "password", HOOP_DETECT_FIELD },
    { "passwd", HOOP_DETECT_FIELD },
    { "pwd", HOOP_DETECT_FIELD },
    { "passphrase", HOOP_DETECT_FIELD },
    { "secret", HOOP_DETECT_FIELD },
    { "secretkey", HOOP_DETECT_FIELD },
    { "secretaccesskey", HOOP_DETECT_FIELD },
    { "apikey", HOOP_DETECT_FIELD },
    { "accesstoken", HOOP_DETECT_FIELD },
    { "refreshtoken", HOOP_DETECT_FIELD },
    { "idtoken", HOOP_DETECT_FIELD },
    { "authtoken", HOOP_DETECT_FIELD },
    { "sessiontoken", HOOP_DETECT_FIELD },
    { "bearertoken", HOOP_DETECT_FIELD },
    { "privatekey", HOOP_DETECT_PRIVATE_KEY },
    { "signingkey", HOOP_DETECT_FIELD },
    { "encryptionkey", HOOP_DETECT_FIELD },
    { "authorization", HOOP_DETECT_FIELD },
    { "cookie", HOOP_DETECT_FIELD },
    { "ssn", HOOP_DETECT_US_SSN },
    { "socialsecuritynumber", HOOP_DETECT_US_SSN },
    { "cardnumber", HOOP_DETECT_CREDIT_CARD },
    { "creditcard", HOOP_DETECT_CREDIT_CARD },
    { "ccnumber", HOOP_DETECT_CREDIT_CARD },
    { "cvv", HOOP_DETECT_FIELD },
    { "cvv2", HOOP_DETECT_FIELD },
    { "cvc", HOOP_DETECT_FIELD },
    { "securitycode", HOOP_DETECT_FIELD },
    { "iban", HOOP_DETECT_IBAN }
};

#define HOOP_DEFAULTS                                                         \
    (sizeof(hoop_mask_defaults) / sizeof(hoop_mask_defaults[0]))


/*
 * Names of what has no form of its own, or not enough of one: who asks for one
 * of these detectors asks for its fields.
 */

static const hoop_mask_default_t  hoop_mask_asked[] = {
    { "routingnumber", HOOP_DETECT_US_ROUTING },
    { "routingno", HOOP_DETECT_US_ROUTING },
    { "routingtransitnumber", HOOP_DETECT_US_ROUTING },
    { "abanumber", HOOP_DETECT_US_ROUTING },
    { "aba", HOOP_DETECT_US_ROUTING },
    { "rtn", HOOP_DETECT_US_ROUTING },
    { "accountnumber", HOOP_DETECT_US_BANK },
    { "acctnumber", HOOP_DETECT_US_BANK },
    { "accountno", HOOP_DETECT_US_BANK },
    { "acctno", HOOP_DETECT_US_BANK },
    { "bankaccount", HOOP_DETECT_US_BANK },
    { "passport", HOOP_DETECT_PASSPORT },
    { "passportnumber", HOOP_DETECT_PASSPORT },
    { "passportno", HOOP_DETECT_PASSPORT },
    { "driverlicense", HOOP_DETECT_DRIVER_LICENSE },
    { "driverslicense", HOOP_DETECT_DRIVER_LICENSE },
    { "driverlicence", HOOP_DETECT_DRIVER_LICENSE },
    { "driverslicence", HOOP_DETECT_DRIVER_LICENSE },
    { "drivinglicence", HOOP_DETECT_DRIVER_LICENSE },
    { "driverlicensenumber", HOOP_DETECT_DRIVER_LICENSE },
    { "driverslicensenumber", HOOP_DETECT_DRIVER_LICENSE },
    { "drivinglicencenumber", HOOP_DETECT_DRIVER_LICENSE },
    { "licensenumber", HOOP_DETECT_DRIVER_LICENSE },
    { "licencenumber", HOOP_DETECT_DRIVER_LICENSE },
    { "dob", HOOP_DETECT_DATE_OF_BIRTH },
    { "dateofbirth", HOOP_DETECT_DATE_OF_BIRTH },
    { "birthdate", HOOP_DETECT_DATE_OF_BIRTH },
    { "birthday", HOOP_DETECT_DATE_OF_BIRTH },
    { "itin", HOOP_DETECT_US_ITIN },
    { "nhsnumber", HOOP_DETECT_UK_NHS },
    { "nino", HOOP_DETECT_UK_NINO },
    { "nationalinsurancenumber", HOOP_DETECT_UK_NINO },
    { "socialinsurancenumber", HOOP_DETECT_CA_SIN },
    { "taxfilenumber", HOOP_DETECT_AU_TFN },
    { "tfn", HOOP_DETECT_AU_TFN },
    { "abn", HOOP_DETECT_AU_ABN },
    { "medicarenumber", HOOP_DETECT_AU_MEDICARE },
    { "aadhaar", HOOP_DETECT_IN_AADHAAR },
    { "aadhaarnumber", HOOP_DETECT_IN_AADHAAR },
    { "pannumber", HOOP_DETECT_IN_PAN },
    { "cpf", HOOP_DETECT_BR_CPF },
    { "cnpj", HOOP_DETECT_BR_CNPJ },
    { "mbi", HOOP_DETECT_US_MBI },
    { "mbinumber", HOOP_DETECT_US_MBI },
    { "medicarebeneficiaryidentifier", HOOP_DETECT_US_MBI },
    { "medicarebeneficiaryid", HOOP_DETECT_US_MBI },
    { "npi", HOOP_DETECT_US_NPI },
    { "npinumber", HOOP_DETECT_US_NPI },
    { "nationalprovideridentifier", HOOP_DETECT_US_NPI },
    { "nationalproviderid", HOOP_DETECT_US_NPI },
    { "ipaddress", HOOP_DETECT_IP_ADDRESS },
    { "ipaddr", HOOP_DETECT_IP_ADDRESS },
    { "clientip", HOOP_DETECT_IP_ADDRESS },
    { "remoteip", HOOP_DETECT_IP_ADDRESS },
    { "remoteaddr", HOOP_DETECT_IP_ADDRESS },
    { "sourceip", HOOP_DETECT_IP_ADDRESS },
    { "srcip", HOOP_DETECT_IP_ADDRESS },
    { "userip", HOOP_DETECT_IP_ADDRESS },
    { "hostip", HOOP_DETECT_IP_ADDRESS },
    { "publicip", HOOP_DETECT_IP_ADDRESS },
    { "xforwardedfor", HOOP_DETECT_IP_ADDRESS },
    { "xrealip", HOOP_DETECT_IP_ADDRESS },
    { "macaddress", HOOP_DETECT_MAC_ADDRESS },
    { "macaddr", HOOP_DETECT_MAC_ADDRESS },
    { "hwaddr", HOOP_DETECT_MAC_ADDRESS },
    { "hwaddress", HOOP_DETECT_MAC_ADDRESS },
    { "hardwareaddress", HOOP_DETECT_MAC_ADDRESS },
    { "ethernetaddress", HOOP_DETECT_MAC_ADDRESS },
    { "walletaddress", HOOP_DETECT_CRYPTO_WALLET },
    { "cryptowallet", HOOP_DETECT_CRYPTO_WALLET },
    { "cryptoaddress", HOOP_DETECT_CRYPTO_WALLET },
    { "bitcoinaddress", HOOP_DETECT_CRYPTO_WALLET },
    { "btcaddress", HOOP_DETECT_CRYPTO_WALLET },
    { "ethereumaddress", HOOP_DETECT_CRYPTO_WALLET },
    { "ethaddress", HOOP_DETECT_CRYPTO_WALLET }
};

#define HOOP_ASKED                                                            \
    (sizeof(hoop_mask_asked) / sizeof(hoop_mask_asked[0]))


/* names that end like a sensitive one and are none */

static const char  *hoop_mask_never[] = {
    "forgotpassword", "resetpassword", "changepassword", "requirepassword",
    "requirespassword", "nopassword", "haspassword", "needspassword",
    "hassecret", "issecret", "nosecret", "hascookie", "acceptcookie",
    "acceptscookie", "showpassword", "hidepassword", "topsecret"
};


static void hoop_mask_set_paths(hoop_mask_set_t *set);


static hoop_mask_set_t   hoop_mask_default_set;
static hoop_mask_name_t  hoop_mask_default_names[HOOP_DEFAULTS];


/*
 * The last HOOP_NAME_CAP bytes of a name, normalised, with a bit for each
 * byte that begins a word; bit 0 is the last byte.  Returns the length, which
 * is more than the cap if bytes were left out.
 */

static size_t
hoop_mask_normalise(const u_char *p, size_t len, u_char *dst, uint64_t *words)
{
    u_char  c, prev;
    size_t  i, n;

    n = 0;
    *words = 0;

    for (i = len; i > 0; i--) {
        c = p[i - 1];

        if (hoop_is_separator(c)) {
            continue;
        }

        if (n == HOOP_NAME_CAP) {
            return n + 1;
        }

        prev = (i > 1) ? p[i - 2] : '_';

        /* a hump, a separator, or the end of an abbreviation: "APIKey" */

        if (hoop_is_separator(prev)
            || !((prev >= 'a' && prev <= 'z') || (prev >= 'A' && prev <= 'Z')
                 || prev >= 0x80)
            || (c >= 'A' && c <= 'Z'
                && (prev < 'A' || prev > 'Z'
                    || (i < len && p[i] >= 'a' && p[i] <= 'z'))))
        {
            *words |= (uint64_t) 1 << n;
        }

        n++;
        dst[HOOP_NAME_CAP - n] = hoop_lower(c);
    }

    return n;
}


static void
hoop_mask_set_index(hoop_mask_set_t *set)
{
    u_char             b;
    unsigned           i;
    hoop_mask_name_t  *name;

    for (i = 0; i < set->nnames; i++) {
        name = &set->names[i];

        b = name->name.data[name->name.len - 1];

        name->next = set->head[b];
        set->head[b] = (u_char) (i + 1);

        hoop_mask_set_tails(set->tails, name->name);
    }

    if (set->detect & hoop_bit(HOOP_DETECT_PHONE)) {
        hoop_mask_phone_tails(set->tails);
    }

    hoop_mask_set_paths(set);
}


/* what a name that is in no path does to them: see hoop_mask_set_step() */

static void
hoop_mask_set_paths(hoop_mask_set_t *set)
{
    u_char                      c;
    uint64_t                    bit;
    unsigned                    i;
    const hoop_mask_segment_t  *seg;

    for (i = set->nsegments; i-- > 0; /* void */ ) {
        seg = &set->segments[i];
        bit = (uint64_t) 1 << i;

        if (seg->deep) {
            set->deep |= bit;

            if (seg->last || (set->any & bit << 1)) {
                set->any |= bit;
            }

        } else if (seg->name.data == NULL) {
            set->any |= bit;

        } else {
            hoop_mask_set_tails(set->ends, seg->name);

            c = seg->name.len ? seg->name.data[0] : '0';
            set->indexes |= (c >= '0' && c <= '9');
        }
    }
}


/*
 * The last three bytes of all names that end in this one, as they are written:
 * separators may stand anywhere in it, and what a short one does not have may
 * be anything.
 */

void
hoop_mask_set_tails(uint64_t *tails, hoop_str_t name)
{
    size_t    left;
    u_char    place[3][32];
    unsigned  i, k, n[3], a, b, tail, where;

    static const u_char  separators[] = { '_', '-', ' ', '.' };

    for (where = 0; where < 8; where++) {
        left = name.len;

        for (i = 3; i-- > 0; /* void */ ) {

            if (where & 1u << i) {
                memcpy(place[i], separators, sizeof(separators));
                n[i] = sizeof(separators);

            } else if (left) {
                place[i][0] = name.data[--left];
                n[i] = 1;

            } else {
                for (k = 0; k < 32; k++) {
                    place[i][k] = (u_char) k;
                }

                n[i] = 32;
            }
        }

        for (a = 0; a < n[0]; a++) {
            for (b = 0; b < n[1]; b++) {
                for (k = 0; k < n[2]; k++) {
                    tail = hoop_mask_tail(place[0][a], place[1][b],
                                          place[2][k]);
                    tails[tail / 64] |= (uint64_t) 1 << (tail % 64);
                }
            }
        }
    }
}


unsigned
hoop_mask_set_find(const hoop_mask_set_t *set, const u_char *p, size_t len)
{
    size_t                   i, n, k;
    u_char                   text[HOOP_NAME_CAP];
    uint64_t                 words;
    const u_char            *end;
    const hoop_mask_name_t  *name;

    n = hoop_mask_normalise(p, len, text, &words);
    end = text + HOOP_NAME_CAP;

    for (i = n ? set->head[end[-1]] : 0; i; i = name->next) {
        name = &set->names[i - 1];
        k = name->name.len;

        if (k > n || k > HOOP_NAME_CAP
            || memcmp(end - k, name->name.data, k) != 0)
        {
            continue;
        }

        if (k == n) {
            return name->detector + 1;
        }

        if (k == 1 || (k <= 4 && (words & (uint64_t) 1 << (k - 1)) == 0)) {
            continue;
        }

        for (k = 0;
             k < sizeof(hoop_mask_never) / sizeof(hoop_mask_never[0]);
             k++)
        {
            if (strlen(hoop_mask_never[k]) == n
                && memcmp(end - n, hoop_mask_never[k], n) == 0)
            {
                return 0;
            }
        }

        return name->detector + 1;
    }

    return 0;
}


uint64_t
hoop_mask_set_step(const hoop_mask_set_t *set, uint64_t state,
    const u_char *name, size_t len, int *found)
{
    size_t                      n;
    u_char                      text[HOOP_NAME_CAP];
    uint64_t                    next, bit, words;
    unsigned                    i;
    const hoop_mask_segment_t  *seg;

    if (state == 0) {
        return 0;
    }

    n = hoop_mask_normalise(name, len, text, &words);
    next = 0;

    for (i = 0; i < set->nsegments; i++) {
        bit = (uint64_t) 1 << i;

        if (!(state & bit)) {
            continue;
        }

        seg = &set->segments[i];

        if (seg->deep) {
            next |= bit;

            /* none at all: the next segment may stand here */

            if (seg->last) {
                *found = 1;

            } else {
                state |= bit << 1;
            }

            continue;
        }

        if (seg->name.data
            && (seg->name.len != n
                || memcmp(text + HOOP_NAME_CAP - n, seg->name.data, n) != 0))
        {
            continue;
        }

        if (seg->last) {
            *found = 1;

        } else {
            next |= bit << 1;
        }
    }

    return next;
}


const hoop_mask_set_t *
hoop_mask_set_default(void)
{
    unsigned          i;
    hoop_mask_set_t  *set;

    set = &hoop_mask_default_set;

    if (set->is_static) {
        return set;
    }

    for (i = 0; i < HOOP_DEFAULTS; i++) {
        hoop_mask_default_names[i].name = hoop_cstr(hoop_mask_defaults[i].name);
        hoop_mask_default_names[i].detector = hoop_mask_defaults[i].detector;
        hoop_mask_default_names[i].next = 0;
    }

    memset(set, 0, sizeof(hoop_mask_set_t));

    set->names = hoop_mask_default_names;
    set->nnames = HOOP_DEFAULTS;
    set->action = HOOP_MASK_REDACT;

    set->detect = hoop_detect_default();

    hoop_mask_set_index(set);
    set->is_static = 1;

    return set;
}


void
hoop_mask_set_free(hoop_mask_set_t *set)
{
    unsigned  i;

    if (set == NULL || set->is_static) {
        return;
    }

    for (i = 0; i < set->nnames; i++) {
        free((void *) set->names[i].name.data);
    }

    for (i = 0; i < set->nsegments; i++) {
        free((void *) set->segments[i].name.data);
    }

    hoop_patterns_free(set->patterns);
    free(set->names);
    free(set);
}


/* err and where, for the value at pointer/rest */

static int
hoop_mask_set_error(const char *pointer, const char *rest, char **where)
{
    size_t  len;

    if (where) {
        len = strlen(pointer) + strlen(rest) + 1;
        *where = malloc(len);

        if (*where) {
            (void) snprintf(*where, len, "%s%s", pointer, rest);
        }
    }

    return HOOP_ERROR;
}


/* a normalised copy of a name; empty if nothing is left of it */

static int
hoop_mask_set_copy(const char *p, size_t len, hoop_str_t *dst)
{
    size_t    n;
    u_char    text[HOOP_NAME_CAP], *data;
    uint64_t  words;

    n = hoop_mask_normalise((const u_char *) p, len, text, &words);

    if (n == 0 || n > HOOP_NAME_CAP) {
        return HOOP_DECLINED;
    }

    data = malloc(n);
    if (data == NULL) {
        return HOOP_NOMEM;
    }

    memcpy(data, text + HOOP_NAME_CAP - n, n);

    dst->data = data;
    dst->len = n;

    return HOOP_OK;
}


static unsigned
hoop_mask_set_label(hoop_str_t name)
{
    unsigned  i;

    for (i = 0; i < HOOP_DEFAULTS; i++) {
        if (hoop_str_is(name, hoop_mask_defaults[i].name)) {
            return hoop_mask_defaults[i].detector;
        }
    }

    for (i = 0; i < HOOP_ASKED; i++) {
        if (hoop_str_is(name, hoop_mask_asked[i].name)) {
            return hoop_mask_asked[i].detector;
        }
    }

    return HOOP_DETECT_FIELD;
}


static int
hoop_mask_set_add_name(hoop_mask_set_t *set, const char *p, size_t len,
    hoop_error_t *err)
{
    int                rc;
    void              *names;
    hoop_str_t         name;

    if (set->nnames == HOOP_NAMES_MAX) {
        hoop_error_set(err, "more than %d names", HOOP_NAMES_MAX);
        return HOOP_LIMIT;
    }

    rc = hoop_mask_set_copy(p, len, &name);

    if (rc != HOOP_OK) {
        hoop_error_set(err, rc == HOOP_NOMEM ? "no memory"
                       : "field name of 1 to %d letters wanted",
                       HOOP_NAME_CAP);
        return rc;
    }

    names = realloc(set->names, (set->nnames + 1) * sizeof(hoop_mask_name_t));

    if (names == NULL) {
        free((void *) name.data);
        hoop_error_set(err, "no memory");
        return HOOP_NOMEM;
    }

    set->names = names;
    set->names[set->nnames].name = name;
    set->names[set->nnames].detector = (u_char) hoop_mask_set_label(name);
    set->names[set->nnames].next = 0;
    set->nnames++;

    return HOOP_OK;
}


/* the names that come with a detector */

static int
hoop_mask_set_asked(hoop_mask_set_t *set, unsigned detector, hoop_error_t *err)
{
    int          rc;
    unsigned     i;
    const char  *name;

    for (i = 0; i < HOOP_ASKED; i++) {

        if (hoop_mask_asked[i].detector != detector) {
            continue;
        }

        name = hoop_mask_asked[i].name;
        rc = hoop_mask_set_add_name(set, name, strlen(name), err);

        if (rc != HOOP_OK) {
            return rc;
        }
    }

    return HOOP_OK;
}


/* "/items/(star)/card": RFC 6901 escapes, and the stars as whole segments */

static int
hoop_mask_set_add_path(hoop_mask_set_t *set, const char *p, size_t len,
    hoop_error_t *err)
{
    int                   rc;
    char                  text[256];
    size_t                n;
    unsigned              first;
    const char           *end;
    hoop_mask_segment_t  *seg;

    end = p + len;
    first = set->nsegments;
    seg = NULL;

    while (p < end) {
        p++;            /* the slash */

        for (n = 0; p < end && *p != '/' && n < sizeof(text); p++) {

            if (*p == '~' && end - p > 1 && (p[1] == '0' || p[1] == '1')) {
                text[n++] = (p[1] == '0') ? '~' : '/';
                p++;
                continue;
            }

            text[n++] = *p;
        }

        if (n == 0 || n == sizeof(text)) {
            hoop_error_set(err, "path segment of 1 to 255 bytes wanted");
            return HOOP_ERROR;
        }

        if (set->nsegments == HOOP_MASK_SEGMENTS) {
            hoop_error_set(err, "paths have more than %d segments",
                           HOOP_MASK_SEGMENTS);
            return HOOP_LIMIT;
        }

        seg = &set->segments[set->nsegments];
        memset(seg, 0, sizeof(hoop_mask_segment_t));

        if (n == 2 && text[0] == '*' && text[1] == '*') {
            seg->deep = 1;

        } else if (n == 1 && text[0] == '*') {
            /* any name */

        } else {
            rc = hoop_mask_set_copy(text, n, &seg->name);

            if (rc != HOOP_OK) {
                hoop_error_set(err, rc == HOOP_NOMEM ? "no memory"
                               : "path segment \"%.*s\" names nothing",
                               (int) n, text);
                return rc;
            }
        }

        set->nsegments++;
    }

    if (seg == NULL || seg->deep) {
        hoop_error_set(err, "path ends in no name");
        return HOOP_ERROR;
    }

    seg->last = 1;
    set->first |= (uint64_t) 1 << first;

    return HOOP_OK;
}


static int
hoop_mask_set_fields(hoop_mask_set_t *set, json_t *conf, const char *pointer,
    char **where, hoop_error_t *err)
{
    int          rc;
    char         text[64];
    size_t       i, len;
    json_t      *v;
    const char  *p;

    if (!json_is_array(conf)) {
        hoop_error_set(err, "array of field names and paths wanted");
        return hoop_mask_set_error(pointer, "/fields", where);
    }

    json_array_foreach(conf, i, v) {
        (void) snprintf(text, sizeof(text), "/fields/%zu", i);

        if (!json_is_string(v)) {
            hoop_error_set(err, "string wanted");
            return hoop_mask_set_error(pointer, text, where);
        }

        p = json_string_value(v);
        len = json_string_length(v);

        if (len && p[0] == '/') {
            rc = hoop_mask_set_add_path(set, p, len, err);

        } else if (memchr(p, '*', len)) {
            hoop_error_set(err, "\"*\" in a field name; it may stand in a "
                           "path, which begins with \"/\"");
            rc = HOOP_ERROR;

        } else {
            rc = hoop_mask_set_add_name(set, p, len, err);
        }

        if (rc != HOOP_OK) {
            return hoop_mask_set_error(pointer, text, where);
        }
    }

    return HOOP_OK;
}


static int
hoop_mask_set_detect(hoop_mask_set_t *set, json_t *conf, const char *pointer,
    char **where, hoop_error_t *err)
{
    int          det;
    char         text[64];
    size_t       i;
    json_t      *v;
    hoop_str_t   name;

    if (!json_is_array(conf)) {
        hoop_error_set(err, "array of detector names wanted");
        return hoop_mask_set_error(pointer, "/detect", where);
    }

    json_array_foreach(conf, i, v) {
        (void) snprintf(text, sizeof(text), "/detect/%zu", i);

        if (!json_is_string(v)) {
            hoop_error_set(err, "string wanted");
            return hoop_mask_set_error(pointer, text, where);
        }

        name = hoop_str(json_string_value(v), json_string_length(v));

        if (hoop_str_is(name, "default")) {
            set->detect |= hoop_mask_set_default()->detect;
            continue;
        }

        if (hoop_str_is(name, "secrets")) {
            set->detect |= hoop_detect_secrets();
            continue;
        }

        det = hoop_detect_by_name(name);

        if (det < 0) {
            hoop_error_set(err, "unknown detector \"%.64s\"",
                           json_string_value(v));
            return hoop_mask_set_error(pointer, text, where);
        }

        if ((set->detect & hoop_bit(det)) == 0
            && hoop_mask_set_asked(set, (unsigned) det, err) != HOOP_OK)
        {
            return hoop_mask_set_error(pointer, text, where);
        }

        set->detect |= hoop_bit(det);
    }

    return HOOP_OK;
}


int
hoop_mask_action(json_t *conf, hoop_error_t *err)
{
    unsigned     i;
    const char  *p;

    static const char  *names[] = {
        "redact", "last4", "hash", "null", "drop", "stars"
    };

    p = json_string_value(conf);

    for (i = 0; p && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(p, names[i]) == 0) {
            return (int) i;
        }
    }

    hoop_error_set(err, "action \"redact\", \"last4\", \"stars\", \"hash\", "
                   "\"null\" or \"drop\" wanted");

    return -1;
}


static int
hoop_mask_set_action(hoop_mask_set_t *set, json_t *conf, const char *pointer,
    char **where, hoop_error_t *err)
{
    int  action;

    action = hoop_mask_action(conf, err);

    if (action < 0) {
        return hoop_mask_set_error(pointer, "/action", where);
    }

    set->action = (u_char) action;

    return HOOP_OK;
}


static int
hoop_mask_set_patterns(hoop_mask_set_t *set, json_t *conf, const char *pointer,
    char **where, hoop_error_t *err)
{
    char  text[64];

    set->patterns = hoop_patterns_compile(conf, text, sizeof(text), err);

    return set->patterns ? HOOP_OK
                         : hoop_mask_set_error(pointer, text, where);
}


hoop_mask_set_t *
hoop_mask_set_compile(json_t *conf, const char *pointer, char **where,
    hoop_error_t *err)
{
    int               rc;
    char              text[80];
    json_t           *v;
    const char       *key;
    hoop_mask_set_t  *set;

    if (where) {
        *where = NULL;
    }

    if (!json_is_object(conf)) {
        hoop_error_set(err, "object with \"detect\", \"fields\", "
                       "\"patterns\", \"action\" wanted");
        (void) hoop_mask_set_error(pointer, "", where);
        return NULL;
    }

    set = calloc(1, sizeof(hoop_mask_set_t));
    if (set == NULL) {
        hoop_error_set(err, "no memory");
        return NULL;
    }

    json_object_foreach(conf, key, v) {

        if (strcmp(key, "detect") == 0) {
            rc = hoop_mask_set_detect(set, v, pointer, where, err);

        } else if (strcmp(key, "fields") == 0) {
            rc = hoop_mask_set_fields(set, v, pointer, where, err);

        } else if (strcmp(key, "patterns") == 0) {
            rc = hoop_mask_set_patterns(set, v, pointer, where, err);

        } else if (strcmp(key, "action") == 0) {
            rc = hoop_mask_set_action(set, v, pointer, where, err);

        } else {
            hoop_error_set(err, "unknown key \"%.64s\"", key);
            (void) snprintf(text, sizeof(text), "/%.64s", key);
            rc = hoop_mask_set_error(pointer, text, where);
        }

        if (rc != HOOP_OK) {
            hoop_mask_set_free(set);
            return NULL;
        }
    }

    hoop_mask_set_index(set);

    return set;
}
