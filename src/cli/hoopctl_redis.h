
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A blocking connection to Redis, for the commands that need one.
 */


#ifndef _HOOPCTL_REDIS_H_INCLUDED_
#define _HOOPCTL_REDIS_H_INCLUDED_


#include <hiredis/hiredis.h>

#include "hoopctl.h"


typedef struct {
    const char     *address;           /* [redis://]HOST[:PORT], unix:PATH */
    const char     *user;              /* or NULL, as the next */
    const char     *password_file;
    unsigned        db;
} hoopctl_redis_t;


/* connected, known to the server and in the right database; or NULL, with the
   reason on standard error */
redisContext *hoopctl_redis_open(const hoopctl_redis_t *server);
/* HOOP_OK, or HOOP_ERROR with the reason on standard error */
int hoopctl_redis_check(redisContext *ctx, redisReply *reply);


#endif /* _HOOPCTL_REDIS_H_INCLUDED_ */
