
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What a request body is, to policy: by its headers and by what it holds.
 */


#ifndef _HOOP_BODY_H_INCLUDED_
#define _HOOP_BODY_H_INCLUDED_


#include "hoop_policy.h"


#define HOOP_BODY_MAX_FIELDS  1000


/*
 * Sets "body", and of what was judged "body_json", which is the caller's to
 * free, and "body_text"; looks at the headers through "header".  An empty text
 * is HOOP_BODY_NONE.  What two parsers could read differently is
 * HOOP_BODY_AMBIGUOUS, with err->text set to why: several Content-Type
 * headers, a coded body, a charset other than UTF-8, JSON that is not strict, a
 * form with more fields than some take.
 */
void hoop_body_judge(hoop_policy_request_t *req, hoop_str_t text,
    hoop_error_t *err);


#endif /* _HOOP_BODY_H_INCLUDED_ */
