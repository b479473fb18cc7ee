
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What a GraphQL document (specification of September 2025, executable
 * documents) asks for: the type of one operation and its top-level fields.
 */


#ifndef _HOOP_GRAPHQL_H_INCLUDED_
#define _HOOP_GRAPHQL_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_GRAPHQL_MAX_TEXT        262144
#define HOOP_GRAPHQL_MAX_DEPTH       64
#define HOOP_GRAPHQL_MAX_FIELDS      128
#define HOOP_GRAPHQL_MAX_SELECTIONS  512   /* at the root of all definitions */
#define HOOP_GRAPHQL_MAX_DEFINITIONS 128

#define HOOP_GRAPHQL_QUERY           1
#define HOOP_GRAPHQL_MUTATION        2
#define HOOP_GRAPHQL_SUBSCRIPTION    4


typedef struct {
    unsigned        operation;     /* HOOP_GRAPHQL_*, one of them */
    unsigned        n;
    hoop_str_t      fields[HOOP_GRAPHQL_MAX_FIELDS];   /* spans of the text */
} hoop_graphql_t;


/*
 * The operation of that name; of the only one if the name is empty.  Fields are
 * called by their name, not by an alias; those of fragments are there, too, and
 * those that a directive may leave out.  Answers NULL, or why it is not known
 * what would be done: a static text.
 */
const char *hoop_graphql_parse(hoop_str_t text, hoop_str_t name,
    hoop_graphql_t *graphql);


#endif /* _HOOP_GRAPHQL_H_INCLUDED_ */
