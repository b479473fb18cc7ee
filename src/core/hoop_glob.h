
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Globs over paths, host names and values.
 *
 * With a separator the text is a list of segments: "*" stands for any run of
 * bytes within a segment (alone it is one non-empty segment), "**", always a
 * segment of its own, for any number of segments, none included.  So "/a/" and
 * a double star match "/a" as well.  Without a separator "*" is any run of
 * bytes.  Everything else is literal.
 */


#ifndef _HOOP_GLOB_H_INCLUDED_
#define _HOOP_GLOB_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_GLOB_MAX       1024      /* bytes of a pattern */
#define HOOP_GLOB_SEGMENTS  64


/* HOOP_OK, or HOOP_ERROR with err->text set; sep 0: none */
int hoop_glob_check(hoop_str_t pattern, u_char sep, hoop_error_t *err);

/*
 * 1 if the whole text matches a checked pattern.  Time is linear without a
 * separator, and text times segments of the pattern with one.
 */
int hoop_glob_match(hoop_str_t pattern, u_char sep, hoop_str_t text);

/*
 * 0 if no text with that beginning matches; *all: every one does, and that is
 * told of patterns that end with "**" alone.  Nothing is told of what a pattern
 * has behind its first "*", so that 1 may be too much.
 */
int hoop_glob_begins(hoop_str_t pattern, u_char sep, hoop_str_t prefix,
    int *all);

/* takes the next segment off *rest; 0 when there is none; see below */
int hoop_glob_segment(hoop_str_t *rest, u_char sep, hoop_str_t *segment);


#endif /* _HOOP_GLOB_H_INCLUDED_ */
