
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Users' own detectors: regular expressions of PCRE2 in a mask set.
 *
 * A pattern is asked only where its literal stands, which begins every match
 * of it, or, with "scan", wherever a byte stands that may begin one.  It is
 * asked there as an anchored one, and sees of the text exactly so much: up to
 * AROUND bytes before, and AROUND bytes behind the longest match.  Where these
 * are not there yet and the text goes on, nothing is decided.  So the answer
 * never depends on where the window was cut.
 *
 * What cannot be decided fails closed: a match that is, or might become,
 * longer than "max" is OVERLONG, and where PCRE2 gives up, by its limits, what
 * is in question is masked under the label of the pattern.
 */


#ifndef _HOOP_PATTERN_H_INCLUDED_
#define _HOOP_PATTERN_H_INCLUDED_


#define PCRE2_CODE_UNIT_WIDTH  8

#include <pcre2.h>

#include "hoop_detect.h"


#define HOOP_PATTERNS         32       /* in one set */
#define HOOP_PATTERN_MAX      256      /* bytes of a match, at most */
#define HOOP_PATTERN_DEFAULT  128
#define HOOP_PATTERN_AROUND   64
#define HOOP_PATTERN_BEHIND   16       /* characters of a lookbehind */
#define HOOP_PATTERN_LITERAL  16       /* bytes of one that are looked for */
#define HOOP_PATTERN_SHORTEST 3

/* bytes that may wait until a pattern can be asked; less than SCAN_HELD */
#define HOOP_PATTERN_HELD  (HOOP_PATTERN_MAX + HOOP_PATTERN_AROUND + 1)


struct hoop_pattern_s {
    pcre2_code           *code;
    pcre2_match_data     *data;        /* of the set */
    pcre2_match_context  *context;     /* of the set */

    unsigned              id;          /* as a detector */
    u_char                action;      /* or HOOP_MASK_OFF: that of the set */
    size_t                max;

    size_t                len;         /* of the literal; 0: scan */
    u_char                literal[HOOP_PATTERN_LITERAL];
    uint64_t              first[4];    /* scan: bytes that may begin one */
};


typedef struct {
    unsigned              n;
    pcre2_match_data     *data;
    pcre2_match_context  *context;
    pcre2_jit_stack      *stack;
    hoop_pattern_t        patterns[HOOP_PATTERNS];
} hoop_patterns_t;


/* of the array in a mask set; on error, rest is where: "/patterns/0/regex" */
hoop_patterns_t *hoop_patterns_compile(json_t *conf, char *rest, size_t size,
    hoop_error_t *err);
void hoop_patterns_free(hoop_patterns_t *ps);

/* 1 if a bare number could hold a match */
int hoop_pattern_numeric(const hoop_pattern_t *pt);

/* the name behind the number of a detector from HOOP_DETECT_MAX on */
const char *hoop_pattern_label(unsigned i);


#endif /* _HOOP_PATTERN_H_INCLUDED_ */
