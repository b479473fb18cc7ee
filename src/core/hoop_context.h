
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Context words: what the words before a value say that it is.
 *
 * A value that is too weak alone counts if a word of its kind is one of the
 * five before it, in the same line and sentence, and in the last
 * HOOP_CONTEXT_BACK bytes.  Nothing behind a value is asked for: so the answer
 * is known when the value begins, and depends on nothing but those bytes.
 */


#ifndef _HOOP_CONTEXT_H_INCLUDED_
#define _HOOP_CONTEXT_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_CONTEXT_BACK   64
#define HOOP_CONTEXT_WORDS  5


#define HOOP_CONTEXT_SSN       0x01
#define HOOP_CONTEXT_PHONE     0x02
#define HOOP_CONTEXT_ROUTING   0x04
#define HOOP_CONTEXT_BANK      0x08
#define HOOP_CONTEXT_PASSPORT  0x10
#define HOOP_CONTEXT_LICENSE   0x20
#define HOOP_CONTEXT_BIRTH     0x40

/* only such words as "number is" are between "phone" and the value */
#define HOOP_CONTEXT_CLOSE     0x80

#define HOOP_CONTEXT_NPI       0x100

/* words of these alone mean nothing to all others, not even a sentence */
#define HOOP_CONTEXT_APART     HOOP_CONTEXT_NPI


/*
 * The kinds that the words in the n bytes before "end" speak of.  n is
 * HOOP_CONTEXT_BACK, or less where a text or a line begins there.
 */
unsigned hoop_context(const u_char *end, size_t n);

/*
 * The same of the n bytes of a name, which is all that stands before its value:
 * 1 if it is that of a telephone number, as "phone" and "mobile_number".
 */
int hoop_context_phone_name(const u_char *p, size_t n);


#endif /* _HOOP_CONTEXT_H_INCLUDED_ */
