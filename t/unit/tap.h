
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The Test Anything Protocol, as much of it as the unit programs need.
 */


#ifndef _HOOP_TAP_H_INCLUDED_
#define _HOOP_TAP_H_INCLUDED_


#include <stdarg.h>
#include <stdio.h>
#include <string.h>


static int  tap_run, tap_failed;


__attribute__((format(printf, 2, 3), unused))
static int
ok(int cond, const char *fmt, ...)
{
    va_list  args;

    tap_run++;

    if (!cond) {
        tap_failed++;
    }

    printf("%sok %d - ", cond ? "" : "not ", tap_run);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    printf("\n");
    fflush(stdout);

    return cond;
}


__attribute__((unused))
static int
is_int(long long got, long long wanted, const char *name)
{
    if (ok(got == wanted, "%s", name)) {
        return 1;
    }

    printf("# got %lld, wanted %lld\n", got, wanted);
    return 0;
}


__attribute__((unused))
static int
is_mem(const void *got, size_t glen, const void *wanted, size_t wlen,
    const char *name)
{
    if (ok(glen == wlen && (glen == 0 || memcmp(got, wanted, glen) == 0),
           "%s", name))
    {
        return 1;
    }

    printf("# got    (%zu) %.*s\n# wanted (%zu) %.*s\n", glen, (int) glen,
           glen ? (const char *) got : "", wlen, (int) wlen,
           wlen ? (const char *) wanted : "");
    return 0;
}


__attribute__((unused))
static int
is_str(const char *got, const char *wanted, const char *name)
{
    return is_mem(got ? got : "(null)", got ? strlen(got) : 6, wanted,
                  strlen(wanted), name);
}


__attribute__((unused))
static int
done_testing(void)
{
    printf("1..%d\n", tap_run);
    return tap_failed ? 1 : 0;
}


#endif /* _HOOP_TAP_H_INCLUDED_ */
