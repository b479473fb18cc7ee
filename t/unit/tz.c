
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Zones of time: what a file says, compared with what the C library makes of
 * it; and files that are broken.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tap.h"
#include "../../src/core/hoop_tz.h"


#define FOLDER  "/usr/share/zoneinfo/"


static void test_names(void);
static void test_zones(void);
static void test_fixed(void);
static void test_broken(void);


static u_char  file[HOOP_TZ_MAX_FILE];


int
main(void)
{
    test_names();
    test_zones();
    test_fixed();
    test_broken();

    return done_testing();
}


static size_t
load(const char *name)
{
    char    path[256];
    FILE   *f;
    size_t  n;

    snprintf(path, sizeof(path), FOLDER "%s", name);

    f = fopen(path, "r");
    if (f == NULL) {
        return 0;
    }

    n = fread(file, 1, sizeof(file), f);
    fclose(f);

    return n;
}


static void
test_names(void)
{
    size_t  i;

    static const char *const  valid[] = {
        "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires",
        "Etc/GMT+5", "America/Port-au-Prince", "EST5EDT"
    };

    static const char *const  broken[] = {
        "", "/", "/etc/passwd", "Europe/", "Europe//Berlin", "..",
        "../passwd", "Europe/../x", "a.b", "a b", "a\nb", ":UTC",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };

    for (i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
        ok(hoop_tz_name_valid(hoop_cstr(valid[i])), "%s is a name", valid[i]);
    }

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        ok(!hoop_tz_name_valid(hoop_cstr(broken[i])), "name %zu is none", i);
    }
}


static void
test_zones(void)
{
    size_t         i, n;
    time_t         t;
    int32_t        offset;
    int64_t        wrong;
    unsigned       tried;
    struct tm      tm;
    hoop_tz_t     *tz;
    hoop_error_t   err;

    static const char *const  names[] = {
        "UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin",
        "Europe/Moscow", "America/New_York", "America/St_Johns",
        "America/Sao_Paulo", "America/Nuuk", "America/Havana",
        "Africa/Casablanca", "Africa/Cairo", "Asia/Kolkata", "Asia/Kathmandu",
        "Asia/Tehran", "Asia/Gaza", "Asia/Tokyo", "Australia/Sydney",
        "Australia/Lord_Howe", "Australia/Eucla", "Pacific/Auckland",
        "Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati",
        "Antarctica/Troll", "America/Santiago", "Etc/GMT+12", "EST5EDT"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        n = load(names[i]);

        if (n == 0) {
            ok(1, "%s # skip is not installed", names[i]);
            continue;
        }

        tz = hoop_tz_parse(file, n, &err);

        if (tz == NULL) {
            ok(0, "%s: %s", names[i], err.text);
            continue;
        }

        setenv("TZ", names[i], 1);
        tzset();

        wrong = -1;
        tried = 0;

        /* every three hours and some until 2100 */

        for (t = 1; t < 4102444800; t += 10799) {

            (void) localtime_r(&t, &tm);
            tried++;

            if (hoop_tz_offset(tz, t, &offset) != HOOP_OK
                || offset != tm.tm_gmtoff)
            {
                wrong = t;
                break;
            }
        }

        is_int(wrong, -1, names[i]);
        ok(tried > 300000, "of many times");

        is_int(hoop_tz_offset(tz, INT64_MIN, &offset), HOOP_OK,
               "the least of times");
        hoop_tz_free(tz);
    }

    unsetenv("TZ");
    tzset();

    /* to the second */

    n = load("Europe/Berlin");
    tz = hoop_tz_parse(file, n, &err);

    if (tz == NULL) {
        ok(1, "Europe/Berlin # skip is not installed");
        return;
    }

    (void) hoop_tz_offset(tz, 1774745999, &offset);
    is_int(offset, 3600, "2026-03-29 00:59:59 UTC");
    (void) hoop_tz_offset(tz, 1774746000, &offset);
    is_int(offset, 7200, "and a second later");
    (void) hoop_tz_offset(tz, 1792889999, &offset);
    is_int(offset, 7200, "2026-10-25 00:59:59 UTC");
    (void) hoop_tz_offset(tz, 1792890000, &offset);
    is_int(offset, 3600, "and a second later");
    is_int(hoop_tz_offset(tz, 7258118400, &offset), HOOP_ERROR,
           "of 2200 nothing is known");

    hoop_tz_free(tz);
}


static void
test_fixed(void)
{
    int32_t     offset;
    hoop_tz_t  *tz;

    tz = hoop_tz_fixed(-19800);

    is_int(hoop_tz_offset(tz, 0, &offset), HOOP_OK, "a fixed offset");
    is_int(offset, -19800, "is itself");
    is_int(hoop_tz_offset(tz, INT64_MAX - 1, &offset), HOOP_OK, "for ever");

    hoop_tz_free(tz);
}


/* a file of version 2 with a footer and nothing else */

static size_t
small(const char *footer)
{
    size_t  n;

    memset(file, 0, sizeof(file));

    memcpy(file, "TZif2", 5);
    file[39] = 1;
    file[43] = 1;
    n = 44 + 6 + 1;
    memcpy(file + n, file, 51);
    n += 51;

    return n + snprintf((char *) file + n, 200, "%s", footer);
}


static void
test_broken(void)
{
    size_t         i, k, n;
    u_char        *p;
    int32_t        offset;
    hoop_tz_t     *tz;
    hoop_error_t   err;

    static const char *const  good[] = {
        "\n\n", "\nUTC0\n", "\n<+0530>-5:30\n",
        "\nAAA1BBB,J60/-3,J300/167\n", "\nAAA1BBB2:30:15,0,365/1:2:3\n",
        "\nAAA3BBB,M1.1.0,M12.5.6/24\n"
    };

    static const char *const  broken[] = {
        "", "\n", "x\n", "\nUTC\n", "\nUT0\n", "\n<UTC0\n", "\nUTC25\n",
        "\nUTC0x\n", "\nAAA1BBB\n", "\nAAA1BBB,M3.5.0\n",
        "\nAAA1BBB,M13.5.0,M10.5.0\n", "\nAAA1BBB,M0.5.0,M10.5.0\n",
        "\nAAA1BBB,M3.6.0,M10.5.0\n", "\nAAA1BBB,M3.5.7,M10.5.0\n",
        "\nAAA1BBB,J0,J300\n", "\nAAA1BBB,J60,366\n",
        "\nAAA1BBB,M3.5.0/168,M10.5.0\n", "\nAAA1BBB,M3.5.0,M10.5.0x\n",
        "\nAAA1BBB,M3.5.0/1:60,M10.5.0\n", "\nAAA1BBB,M3.5.0/,M10.5.0\n",
        "\nAAA00001\n", "\nAAA1BBB,M3.5,M10.5.0\n"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        n = small(good[i]);
        tz = hoop_tz_parse(file, n, &err);
        ok(tz != NULL, "footer %zu is right", i);
        ok(tz != NULL && hoop_tz_offset(tz, 1, &offset) == HOOP_OK,
           "and says what holds");
        hoop_tz_free(tz);
    }

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        n = small(broken[i]);
        tz = hoop_tz_parse(file, n, &err);
        ok(tz == NULL && err.text[0] != '\0', "footer %zu is broken", i);
        hoop_tz_free(tz);
    }

    n = small("\nUTC0\n");
    file[4] = '\0';
    ok(hoop_tz_parse(file, n, &err) == NULL, "version 1");

    n = small("\nUTC0\n");
    file[51 + 44] = 0x7f;
    ok(hoop_tz_parse(file, n, &err) == NULL, "an offset of years");

    n = small("\nUTC0\n");
    file[51 + 39] = 0;
    ok(hoop_tz_parse(file, n, &err) == NULL, "no type");

    n = small("\nUTC0\n");
    memset(file + 51 + 20, 0xff, 24);
    ok(hoop_tz_parse(file, n, &err) == NULL, "counts beyond all bounds");

    n = small("\nUTC0\n");
    file[51 + 31] = 1;
    ok(hoop_tz_parse(file, n, &err) == NULL, "a leap second");

    /* cut anywhere, in an allocation of that size */

    n = load("Europe/Berlin");
    k = 0;

    for (i = 0; i < n; i++) {
        p = malloc(i ? i : 1);
        memcpy(p, file, i);
        tz = hoop_tz_parse(p, i, &err);
        k += (tz != NULL);
        hoop_tz_free(tz);
        free(p);
    }

    is_int(k, 0, "a file that is cut is no file");
}
