
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * See hoop_context.h.  The words are looked at from the value back to the
 * front, which is the order in which they matter:
 *
 *   strong  "phone" speaks of a number wherever it stands among the five;
 *   weak    "call" does if it stands next to the value, or if what stands next
 *           to it is a filler as in "call John at";
 *   stop    "order" between the two says that the value is something else;
 *   filler  "number", "is" and the like;
 *   pairs   "social security", "driver's license": two words that speak
 *           together only.
 */


#include "hoop_context.h"
#include "hoop_detect_impl.h"


#define HOOP_WORD_MAX  15              /* the longest one that is known */


#define SSN       HOOP_CONTEXT_SSN
#define PHONE     HOOP_CONTEXT_PHONE
#define ROUTING   HOOP_CONTEXT_ROUTING
#define BANK      HOOP_CONTEXT_BANK
#define PASSPORT  HOOP_CONTEXT_PASSPORT
#define LICENSE   HOOP_CONTEXT_LICENSE
#define BIRTH     HOOP_CONTEXT_BIRTH
#define NPI       HOOP_CONTEXT_NPI

/* pairs, by the words that they begin and end with */

#define HOOP_PAIR_SOCIAL   1
#define HOOP_PAIR_DRIVER   2
#define HOOP_PAIR_LICENSE  4


typedef struct {
    const char  *word;
    uint16_t     strong;
    uint16_t     weak;
    uint16_t     stop;
    u_char       first;        /* of pairs */
    u_char       second;
    u_char       filler;
} hoop_word_t;


#define strong(w, s)     { w, s, 0, 0, 0, 0, 0 }
#define weak(w, s)       { w, 0, s, 0, 0, 0, 0 }
#define stop(w, s)       { w, 0, 0, s, 0, 0, 0 }
#define filler(w)        { w, 0, 0, 0, 0, 0, 1 }
#define number(w)        { w, 0, 0, 0, 0, HOOP_PAIR_LICENSE, 1 }

#define ALL  (PHONE|BANK|ROUTING|PASSPORT|LICENSE|NPI)


static const hoop_word_t  hoop_words[] = {

    strong("ssn", SSN),
    strong("ssns", SSN),
    strong("socialsecurity", SSN),
    { "social", 0, SSN, 0, HOOP_PAIR_SOCIAL, 0, 0 },
    { "soc", 0, 0, 0, HOOP_PAIR_SOCIAL, 0, 0 },
    { "security", 0, 0, 0, 0, HOOP_PAIR_SOCIAL, 0 },
    { "sec", 0, 0, 0, 0, HOOP_PAIR_SOCIAL, 0 },
    weak("ss", SSN),

    strong("phone", PHONE),
    strong("phones", PHONE),
    strong("phonenumber", PHONE),
    strong("telephone", PHONE),
    strong("telefon", PHONE),
    strong("telefono", PHONE),
    strong("tel\xc3\xa9" "fono", PHONE),
    strong("t\xc3\xa9l\xc3\xa9phone", PHONE),
    strong("tel", PHONE),
    strong("t\xc3\xa9l", PHONE),
    strong("mobile", PHONE),
    strong("movil", PHONE),
    strong("m\xc3\xb3vil", PHONE),
    strong("celular", PHONE),
    strong("cellphone", PHONE),
    strong("smartphone", PHONE),
    strong("fax", PHONE),
    strong("telefax", PHONE),
    strong("landline", PHONE),
    strong("hotline", PHONE),
    strong("voicemail", PHONE),
    strong("whatsapp", PHONE),
    weak("cell", PHONE),
    weak("mob", PHONE),
    weak("ph", PHONE),
    weak("call", PHONE),
    weak("calling", PHONE),
    weak("dial", PHONE),
    weak("text", PHONE),
    weak("sms", PHONE),
    weak("ring", PHONE),
    weak("reach", PHONE),
    weak("contact", PHONE),

    strong("routing", ROUTING),
    strong("aba", ROUTING),
    strong("rtn", ROUTING),
    strong("transit", ROUTING),

    { "account", BANK, 0, PHONE, 0, 0, 0 },
    { "accounts", BANK, 0, PHONE, 0, 0, 0 },
    { "acct", BANK, 0, PHONE, 0, 0, 0 },
    strong("checking", BANK),
    strong("savings", BANK),
    strong("bank", BANK),

    strong("passport", PASSPORT),
    strong("passports", PASSPORT),
    strong("passportnumber", PASSPORT),

    { "driver", 0, 0, 0, HOOP_PAIR_DRIVER, 0, 0 },
    { "drivers", 0, 0, 0, HOOP_PAIR_DRIVER, 0, 0 },
    { "driving", 0, 0, 0, HOOP_PAIR_DRIVER, 0, 0 },
    { "license", 0, 0, 0, HOOP_PAIR_LICENSE, HOOP_PAIR_DRIVER, 0 },
    { "licence", 0, 0, 0, HOOP_PAIR_LICENSE, HOOP_PAIR_DRIVER, 0 },
    { "lic", 0, 0, 0, HOOP_PAIR_LICENSE, HOOP_PAIR_DRIVER, 0 },
    strong("driverlicense", LICENSE),
    strong("driverslicense", LICENSE),
    strong("drivinglicence", LICENSE),
    weak("dl", LICENSE),

    strong("dob", BIRTH),
    strong("birth", BIRTH),
    strong("birthday", BIRTH),
    strong("birthdate", BIRTH),
    strong("dateofbirth", BIRTH),
    strong("born", BIRTH),

    strong("npi", NPI),
    strong("npis", NPI),
    strong("provider", NPI),
    strong("prescriber", NPI),

    { "no", 0, 0, 0, 0, HOOP_PAIR_LICENSE, 1 },
    number("number"),
    number("numbers"),
    number("num"),
    number("nr"),
    filler("is"),
    filler("was"),
    filler("are"),
    filler("at"),
    filler("on"),
    filler("to"),
    filler("me"),
    filler("us"),
    filler("him"),
    filler("her"),
    filler("them"),
    filler("my"),
    filler("your"),
    filler("his"),
    filler("our"),
    filler("their"),
    filler("the"),
    filler("of"),
    filler("or"),
    filler("and"),
    filler("home"),
    filler("office"),
    filler("work"),
    filler("direct"),

    stop("id", ALL & ~(PASSPORT|LICENSE)),
    stop("ids", ALL & ~(PASSPORT|LICENSE)),
    stop("uid", ALL),
    stop("uuid", ALL),
    stop("guid", ALL),
    stop("order", ALL|SSN),
    stop("orders", ALL|SSN),
    stop("ticket", ALL|SSN),
    stop("invoice", ALL|SSN),
    stop("issue", ALL|SSN),
    stop("serial", ALL|SSN),
    stop("sku", ALL|SSN),
    stop("imei", ALL|SSN),
    stop("isbn", ALL|SSN),
    stop("tracking", ALL|SSN),
    stop("model", ALL),
    stop("version", ALL|SSN),
    stop("build", ALL|SSN),
    stop("port", ALL),
    stop("pid", ALL|SSN),
    stop("hash", ALL|SSN),
    stop("timestamp", ALL|SSN),
    stop("time", ALL),
    stop("epoch", ALL|SSN),
    stop("bytes", ALL|SSN),
    stop("size", ALL|SSN),
    stop("offset", ALL|SSN),
    stop("count", ALL|SSN),
    stop("total", ALL|SSN),
    stop("amount", ALL|SSN),
    stop("balance", ALL|SSN),
    stop("price", ALL|SSN),
    stop("usd", ALL|SSN),
    stop("width", ALL|SSN),
    stop("height", ALL|SSN),
    stop("js", ALL)
};

#undef SSN
#undef PHONE
#undef ROUTING
#undef BANK
#undef PASSPORT
#undef LICENSE
#undef BIRTH
#undef NPI
#undef ALL


#define HOOP_WORDS  (sizeof(hoop_words) / sizeof(hoop_words[0]))

#if (__STDC_VERSION__ >= 201112L)
_Static_assert(HOOP_WORDS < 255, "a word has no number");
#endif

/* words by their first byte: the number + 1 of one, and the next of each */
static unsigned  hoop_word_made;
static u_char    hoop_word_first[32];
static u_char    hoop_word_next[HOOP_WORDS];
static u_char    hoop_word_lengths[HOOP_WORDS];


static const u_char  hoop_pair_kinds[5] = {
    [HOOP_PAIR_SOCIAL] = HOOP_CONTEXT_SSN,
    [HOOP_PAIR_DRIVER] = HOOP_CONTEXT_LICENSE,
    [HOOP_PAIR_LICENSE] = HOOP_CONTEXT_LICENSE
};


#define hoop_word_letter(c)  hoop_is(c, HOOP_C_ALPHA)
#define hoop_word_digit(c)   hoop_is(c, HOOP_C_DIGIT)


/* what it says is about those alone */

#define hoop_word_apart(w)                                                    \
    ((w)->strong && ((w)->strong & ~HOOP_CONTEXT_APART) == 0)


/* the length of a space or a dash beyond ASCII that ends at p + k, or 0 */

static size_t
hoop_word_gap(const u_char *p, size_t k)
{
    if (k >= 2 && p[k - 1] == 0xa0 && p[k - 2] == 0xc2) {
        return 2;
    }

    if (k >= 3 && p[k - 3] == 0xe2
        && (p[k - 2] == 0x80 || p[k - 2] == 0x81 || p[k - 2] == 0x88))
    {
        return 3;
    }

    return 0;
}


/*
 * The word that ends at k, in lower case and without apostrophes and the dots
 * of "d.o.b"; returns where it begins.  *len is 0 if it is too long to be one
 * that is known, or may begin before p.
 */

static size_t
hoop_word_read(const u_char *p, size_t k, size_t n, u_char *word, size_t *len)
{
    u_char  c;
    size_t  m;

    m = 0;

    for ( /* void */ ; k > 0; k--) {
        c = p[k - 1];

        if (hoop_is(c, HOOP_C_ALNUM)) {

            /* a hump: "phoneNumber" */

            if (m > 0 && p[k] <= 'Z' && p[k] >= 'A' && c >= 'a') {
                break;
            }

        } else if (c >= 0x80) {

            if (hoop_word_gap(p, k)) {
                break;
            }

        } else if (m == 0 || k < 2 || !hoop_word_letter(p[k - 2])) {
            break;

        } else if (c == '\'') {
            continue;

        } else if (c == '.') {

            /* single letters on both sides */

            if (!hoop_word_letter(p[k])
                || (k + 1 < n && hoop_word_letter(p[k + 1]))
                || (k > 2 && hoop_is(p[k - 3], HOOP_C_ALNUM)))
            {
                break;
            }

            continue;

        } else {
            break;
        }

        if (m < HOOP_WORD_MAX) {
            word[HOOP_WORD_MAX - 1 - m] = hoop_lower(c);
        }

        m++;
    }

    *len = (m > HOOP_WORD_MAX || (k == 0 && n == HOOP_CONTEXT_BACK)) ? 0 : m;

    return k;
}


static void
hoop_word_index(void)
{
    unsigned  i, c;

    for (i = 0; i < HOOP_WORDS; i++) {
        c = (u_char) hoop_words[i].word[0] & 31;
        hoop_word_lengths[i] = (u_char) strlen(hoop_words[i].word);
        hoop_word_next[i] = hoop_word_first[c];
        hoop_word_first[c] = (u_char) (i + 1);
    }

    hoop_word_made = 1;
}


static const hoop_word_t *
hoop_word_find(const u_char *word, size_t len)
{
    unsigned  i;

    if (len < 2) {
        return NULL;
    }

    if (!hoop_word_made) {
        hoop_word_index();
    }

    for (i = hoop_word_first[word[0] & 31]; i; i = hoop_word_next[i - 1]) {

        if (hoop_word_lengths[i - 1] == len
            && hoop_words[i - 1].word[1] == (char) word[1]
            && memcmp(hoop_words[i - 1].word, word, len) == 0)
        {
            return &hoop_words[i - 1];
        }
    }

    return NULL;
}


/* 1 if a word that is known ends at k */

static int
hoop_word_known(const u_char *p, size_t k, size_t n)
{
    size_t              len;
    u_char              word[HOOP_WORD_MAX];
    const hoop_word_t  *w;

    if (k == 0 || !hoop_word_letter(p[k - 1])) {
        return 0;
    }

    (void) hoop_word_read(p, k, n, word, &len);

    w = hoop_word_find(word + HOOP_WORD_MAX - len, len);

    return w && !hoop_word_apart(w);
}


/*
 * Over what stands between two words, back from k: the end of the word before,
 * or 0 where there is none in this line and sentence.
 */

static size_t
hoop_word_skip(const u_char *p, size_t k, size_t n)
{
    u_char  c;
    size_t  i;

    while (k > 0) {
        c = p[k - 1];

        if (c >= 0x80) {
            i = hoop_word_gap(p, k);

            if (i == 0) {
                return k;
            }

            k -= i;
            continue;
        }

        if (hoop_word_letter(c) || hoop_word_digit(c)) {
            return k;
        }

        switch (c) {

        case '\\':

            /* a quote in a quote; else the end of a line */

            if (k == n || p[k] != '"') {
                return 0;
            }

            break;

        case '"':

            /* another member, or the cell before */

            if ((k < n && p[k] == ',') || (k > 1 && p[k - 2] == ',')) {
                return 0;
            }

            break;

        case '.':

            /* a sentence ends behind a word, but not behind "Tel." */

            if (k < n && p[k] == ' ' && !hoop_word_known(p, k - 1, n)) {
                return 0;
            }

            break;

        case '!':
        case '?':
        case ';':
        case '{':
        case '}':
            return 0;

        default:

            if (c < 0x20 && c != '\t') {
                return 0;
            }
        }

        k--;
    }

    return 0;
}


unsigned
hoop_context(const u_char *end, size_t n)
{
    size_t              k, e, len;
    u_char              word[HOOP_WORD_MAX];
    unsigned            i, found, stopped, near, close, after, kinds;
    unsigned            digits;
    const u_char       *p;
    const hoop_word_t  *w;

    p = end - n;
    k = n;
    found = 0;
    stopped = 0;
    near = 0;
    close = 1;
    after = 0;
    digits = 0;

    for (i = 0; i < HOOP_CONTEXT_WORDS; /* void */ ) {

        k = hoop_word_skip(p, k, n);

        if (k == 0) {
            break;
        }

        e = k;
        k = hoop_word_read(p, e, n, word, &len);

        if (k == e) {
            break;
        }

        /* the groups of another number are one word */

        if (hoop_word_digit(p[e - 1]) && digits) {
            continue;
        }

        digits = hoop_word_digit(p[e - 1]);

        w = hoop_word_find(word + HOOP_WORD_MAX - len, len);

        if (k > 1 && p[k - 1] == '/' && p[k - 2] == '<') {

            /* the end of an element: what it held is about something else */

            if (w && w->strong && !hoop_word_apart(w)) {
                break;
            }

            continue;
        }

        kinds = 0;

        if (w) {
            kinds = w->strong | hoop_pair_kinds[w->first & after];

            if (i == 0 || near) {
                kinds |= w->weak;
            }

            kinds &= ~stopped;
            stopped |= w->stop;
        }

        if ((kinds & HOOP_CONTEXT_PHONE) && close) {
            kinds |= HOOP_CONTEXT_CLOSE;
        }

        found |= kinds;
        after = w ? w->second : 0;
        close &= (w && w->filler);

        if (i++ == 0) {
            near = (w && w->filler);
        }
    }

    return found;
}


int
hoop_context_phone_name(const u_char *p, size_t n)
{
    size_t              k, e, len;
    u_char              word[HOOP_WORD_MAX];
    unsigned            i;
    const hoop_word_t  *w;

    if (n > HOOP_CONTEXT_BACK) {
        p += n - HOOP_CONTEXT_BACK;
        n = HOOP_CONTEXT_BACK;
    }

    k = n;

    for (i = 0; i < HOOP_CONTEXT_WORDS; i++) {

        e = hoop_word_skip(p, k, n);

        if (e == 0) {
            break;
        }

        k = hoop_word_read(p, e, n, word, &len);
        w = hoop_word_find(word + HOOP_WORD_MAX - len, len);

        if (k == e || w == NULL) {
            break;
        }

        if (w->strong & HOOP_CONTEXT_PHONE) {
            return 1;
        }

        if (!w->filler) {
            break;
        }
    }

    return 0;
}
