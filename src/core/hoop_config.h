
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What is in force, and how it differs from what was: the text that is kept
 * until the next change, and the members of the event "config".
 *
 * The text of a state is one JSON object in one spelling, policies in the
 * order of their files, so that two states are the same if their texts are.
 */


#ifndef _HOOP_CONFIG_H_INCLUDED_
#define _HOOP_CONFIG_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_CONFIG_HASH       64

/* of a state's text; of the list of policies in an event */
#define HOOP_CONFIG_MAX        (4 * 1024 * 1024)
#define HOOP_CONFIG_EVENT_MAX  (256 * 1024)


typedef struct {
    hoop_str_t              file;              /* no other has the same */
    hoop_str_t              name;
    hoop_str_t              hash;              /* HOOP_CONFIG_HASH bytes */
} hoop_config_policy_t;


typedef struct {
    hoop_config_policy_t   *policies;          /* by file, once sorted */
    size_t                  n;
    unsigned                locations;         /* that are protected, */
    unsigned                monitored;         /* and that only are watched */
    hoop_str_t              version;           /* of the module, */
    hoop_str_t              nginx;             /* of nginx */
    hoop_str_t              sign;              /* the kid of the key that signs
                                                  checkpoints; len 0: none */
} hoop_config_t;


void hoop_config_sort(hoop_config_t *conf);

/* appends the text of a state, which must be sorted */
int hoop_config_state(hoop_buf_t *b, const hoop_config_t *conf);

/*
 * Appends the members of an event, with a comma before each, to tell conf from
 * the state before it; len 0 or what is no state's text: nothing was in force.
 * What has changed comes first, what finds no room is counted.
 */
int hoop_config_event(hoop_buf_t *b, const hoop_config_t *conf,
    hoop_str_t before);


#endif /* _HOOP_CONFIG_H_INCLUDED_ */
