
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Paths and hosts that two parsers read differently.
 */


#ifndef _HOOP_PATH_H_INCLUDED_
#define _HOOP_PATH_H_INCLUDED_


#include "hoop_core.h"


/*
 * The path of a request target, normalised: up to "?" or "#", decoded once, an
 * encoded slash or dot being one, empty and dot segments taken out.  Into out,
 * which has room for raw.len + 1 bytes.  HOOP_ERROR: a broken escape, a NUL, or
 * a ".." that leaves the root.
 */
int hoop_path_normal(hoop_str_t raw, u_char *out, size_t *len);

/*
 * NULL, or why a normalised path could be read in another way by a target: it
 * has a backslash, a control character, an empty or a dot segment, a dot
 * segment that has a parameter ("..;x"), what would be decoded if it were
 * decoded once more ("%2e"), or a character in an overlong form of UTF-8.
 */
const char *hoop_path_ambiguous(hoop_str_t path);

/* the same, and raw, what the path was made of, must be that very path */
const char *hoop_path_check(hoop_str_t raw, hoop_str_t path);

/*
 * The path without the parameters of its segments (";x=1"), as servlets see it.
 * Into out, which has room for path.len bytes; returns how many bytes it is.
 */
size_t hoop_path_plain(hoop_str_t path, u_char *out);

/* 1 if a Host header names that host: no matter the case, the port, and a dot
   at the end */
int hoop_path_host(hoop_str_t header, hoop_str_t host);


#endif /* _HOOP_PATH_H_INCLUDED_ */
