
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A classified statement as it is told to people and kept in the evidence.
 */


#ifndef _HOOP_SQL_RECORD_H_INCLUDED_
#define _HOOP_SQL_RECORD_H_INCLUDED_


#include "hoop_sql.h"


/*
 * Appends a JSON object: {"class":"read","tables":["t"],"redacted":"..."};
 * "class" is a name or a list of them, "why" is there of what is unknown.  Of
 * names, and of the text, no more than max bytes each, and then
 * "truncated":true; 0: all.  HOOP_OK or HOOP_NOMEM.
 */
int hoop_sql_record(const hoop_sql_statement_t *st, hoop_sql_dialect_e dialect,
    size_t max, hoop_buf_t *out);


#endif /* _HOOP_SQL_RECORD_H_INCLUDED_ */
