
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Addresses of wallets, on request: Base58Check (Bitcoin, Litecoin, Dogecoin,
 * Tron and others that have a byte of version and 20 of a hash), Bech32 and
 * Bech32m (BIP 173, BIP 350), and those of Ethereum.
 *
 * The first two have a checksum of 32 and 30 bits, so that what they are of
 * need not be known.  Those of Ethereum have one in the case of their letters,
 * which not all have: whatever is 0x and 40 digits counts.
 *
 * All are one word, of 91 bytes at most with what ends it.
 */


#include "hoop_detect_impl.h"


#define HOOP_BASE58_MIN    26
#define HOOP_BASE58_MAX    35
#define HOOP_BASE58_BYTES  25           /* 1 of version, 20, 4 of checksum */

#define HOOP_BECH32_MAX    90
#define HOOP_BECH32_SUM    6

#define HOOP_ETHER_DIGITS  40


/* 1 + the value of each character, 0: none */

static const u_char  hoop_base58[128] = {
    ['1'] = 1, ['2'] = 2, ['3'] = 3, ['4'] = 4, ['5'] = 5, ['6'] = 6,
    ['7'] = 7, ['8'] = 8, ['9'] = 9, ['A'] = 10, ['B'] = 11, ['C'] = 12,
    ['D'] = 13, ['E'] = 14, ['F'] = 15, ['G'] = 16, ['H'] = 17, ['J'] = 18,
    ['K'] = 19, ['L'] = 20, ['M'] = 21, ['N'] = 22, ['P'] = 23, ['Q'] = 24,
    ['R'] = 25, ['S'] = 26, ['T'] = 27, ['U'] = 28, ['V'] = 29, ['W'] = 30,
    ['X'] = 31, ['Y'] = 32, ['Z'] = 33, ['a'] = 34, ['b'] = 35, ['c'] = 36,
    ['d'] = 37, ['e'] = 38, ['f'] = 39, ['g'] = 40, ['h'] = 41, ['i'] = 42,
    ['j'] = 43, ['k'] = 44, ['m'] = 45, ['n'] = 46, ['o'] = 47, ['p'] = 48,
    ['q'] = 49, ['r'] = 50, ['s'] = 51, ['t'] = 52, ['u'] = 53, ['v'] = 54,
    ['w'] = 55, ['x'] = 56, ['y'] = 57, ['z'] = 58
};

static const u_char  hoop_bech32[128] = {
    ['q'] = 1, ['p'] = 2, ['z'] = 3, ['r'] = 4, ['y'] = 5, ['9'] = 6,
    ['x'] = 7, ['8'] = 8, ['g'] = 9, ['f'] = 10, ['2'] = 11, ['t'] = 12,
    ['v'] = 13, ['d'] = 14, ['w'] = 15, ['0'] = 16, ['s'] = 17, ['3'] = 18,
    ['j'] = 19, ['n'] = 20, ['5'] = 21, ['4'] = 22, ['k'] = 23, ['h'] = 24,
    ['c'] = 25, ['e'] = 26, ['6'] = 27, ['m'] = 28, ['u'] = 29, ['a'] = 30,
    ['7'] = 31, ['l'] = 32
};


/*
 * The end of the word at i, of letters and digits, "max" of them at most: 0 if
 * it has more, or is joined to what is behind it; -1 if that is not known yet.
 */

static ssize_t
hoop_wallet_word(const hoop_scan_t *s, size_t i, size_t max)
{
    size_t  k;

    for (k = i; k < s->n && k - i <= max; k++) {
        if (!hoop_is(s->p[k], HOOP_C_ALNUM)) {
            break;
        }
    }

    if (k - i > max) {
        return 0;
    }

    if (k == s->n) {
        return s->final ? (ssize_t) k : -1;
    }

    return (s->p[k] == '_') ? 0 : (ssize_t) k;
}


static int
hoop_wallet_base58(const u_char *p, size_t n)
{
    size_t    i, k;
    u_char    value[HOOP_BASE58_BYTES], md[32];
    unsigned  carry;

    memset(value, 0, sizeof(value));

    for (i = 0; i < n; i++) {

        if (p[i] > 127 || hoop_base58[p[i]] == 0) {
            return 0;
        }

        carry = hoop_base58[p[i]] - 1u;

        for (k = sizeof(value); k-- > 0; /* void */ ) {
            carry += value[k] * 58u;
            value[k] = (u_char) carry;
            carry >>= 8;
        }

        if (carry) {
            return 0;
        }
    }

    hoop_sha256(md, value, sizeof(value) - 4);
    hoop_sha256(md, md, sizeof(md));

    return memcmp(md, value + sizeof(value) - 4, 4) == 0;
}


static uint32_t
hoop_wallet_polymod(uint32_t sum, unsigned value)
{
    unsigned  i, top;

    static const uint32_t  generator[] = {
        0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3
    };

    top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;

    for (i = 0; i < 5; i++) {
        sum ^= (top >> i & 1) ? generator[i] : 0;
    }

    return sum;
}


/* n bytes at p, the first "hrp" of which say whose it is; then comes a 1 */

static int
hoop_wallet_bech32(const u_char *p, size_t n, size_t hrp)
{
    size_t    i;
    u_char    c;
    uint32_t  sum;
    unsigned  lower, upper;

    if (n < hrp + 1 + HOOP_BECH32_SUM) {
        return 0;
    }

    sum = 1;
    lower = 0;
    upper = 0;

    for (i = 0; i < n; i++) {
        lower |= (p[i] >= 'a' && p[i] <= 'z');
        upper |= (p[i] >= 'A' && p[i] <= 'Z');

        if (i < hrp) {
            sum = hoop_wallet_polymod(sum, hoop_lower(p[i]) >> 5);
        }
    }

    if (lower && upper) {
        return 0;
    }

    sum = hoop_wallet_polymod(sum, 0);

    for (i = 0; i < hrp; i++) {
        sum = hoop_wallet_polymod(sum, hoop_lower(p[i]) & 31);
    }

    for (i = hrp + 1; i < n; i++) {
        c = hoop_lower(p[i]);

        if (c > 127 || hoop_bech32[c] == 0) {
            return 0;
        }

        sum = hoop_wallet_polymod(sum, hoop_bech32[c] - 1u);
    }

    return sum == 1 || sum == 0x2bc830a3;
}


/*
 * In lower case the word is found by the 1 behind what says whose it is, which
 * is held as what may become the local part of an address; in capitals where it
 * begins.
 */

static int
hoop_detect_bech32(hoop_scan_t *s, size_t i)
{
    size_t    hrp, start, k;
    ssize_t   end;
    unsigned  n;

    static const char  *names[] = { "bc", "tb", "bcrt", "ltc", "tltc" };

    for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        hrp = strlen(names[n]);
        start = i;

        if (s->p[i] == '1') {

            if (i < hrp) {
                continue;
            }

            start = i - hrp;
        }

        if (hoop_word_before(s, start) || hoop_before(s, start, 1) == '_') {
            continue;
        }

        for (k = 0; k <= hrp; k++) {

            if (start + k == s->n) {
                break;
            }

            if (hoop_lower(s->p[start + k])
                != (u_char) (k < hrp ? names[n][k] : '1'))
            {
                break;
            }
        }

        if (start + k == s->n && k <= hrp && !s->final) {
            return hoop_more(s, start);
        }

        if (k <= hrp) {
            continue;
        }

        end = hoop_wallet_word(s, start, HOOP_BECH32_MAX);

        if (end < 0) {
            return hoop_more(s, start);
        }

        if (end && hoop_wallet_bech32(s->p + start, (size_t) end - start, hrp))
        {
            return hoop_yes(s, start, (size_t) end, HOOP_DETECT_CRYPTO_WALLET);
        }
    }

    return HOOP_NO;
}


int
hoop_detect_wallet(hoop_scan_t *s, size_t i)
{
    int      rc;
    size_t   k, n;
    ssize_t  end;

    rc = hoop_detect_bech32(s, i);

    if (rc != HOOP_NO || hoop_word_before(s, i)
        || hoop_before(s, i, 1) == '_')
    {
        return rc;
    }

    end = hoop_wallet_word(s, i, HOOP_ETHER_DIGITS + 2);

    if (end < 0) {
        return hoop_more(s, i);
    }

    n = end ? (size_t) end - i : 0;

    if (n == HOOP_ETHER_DIGITS + 2) {

        if (s->p[i] != '0' || hoop_lower(s->p[i + 1]) != 'x') {
            return HOOP_NO;
        }

        for (k = 2; k < n; k++) {
            if (!hoop_is(s->p[i + k], HOOP_C_DIGIT|HOOP_C_HEX)) {
                return HOOP_NO;
            }
        }

        return hoop_yes(s, i, i + n, HOOP_DETECT_CRYPTO_WALLET);
    }

    return (n >= HOOP_BASE58_MIN && n <= HOOP_BASE58_MAX
            && hoop_wallet_base58(s->p + i, n))
           ? hoop_yes(s, i, i + n, HOOP_DETECT_CRYPTO_WALLET) : HOOP_NO;
}
