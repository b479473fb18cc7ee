
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Zones of time: the offset from UTC at a moment, out of a TZif file
 * (RFC 8536) that the caller has read.  Nothing of the process (TZ, tzset(),
 * localtime()) is asked or changed.
 */


#ifndef _HOOP_TZ_H_INCLUDED_
#define _HOOP_TZ_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_TZ_MAX_FILE  65536
#define HOOP_TZ_MAX_NAME  64


typedef struct hoop_tz_s  hoop_tz_t;


/* 1 if it is a name as "Europe/Berlin", which is safe within a path */
int hoop_tz_name_valid(hoop_str_t name);
/* the same offset always, seconds east of UTC */
hoop_tz_t *hoop_tz_fixed(int32_t offset);
/* NULL with err set */
hoop_tz_t *hoop_tz_parse(const u_char *p, size_t len, hoop_error_t *err);
void hoop_tz_free(hoop_tz_t *zone);
/* seconds east of UTC; HOOP_ERROR: the zone does not say, of that time */
int hoop_tz_offset(const hoop_tz_t *zone, int64_t time, int32_t *offset);


#endif /* _HOOP_TZ_H_INCLUDED_ */
