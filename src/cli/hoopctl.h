
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl: the core as a command.  Filter-like; exit 0 yes, 1 no, 2 usage or
 * error.  Each command is one function with main()'s arguments, argv[0] being
 * the last word of the command.
 */


#ifndef _HOOPCTL_H_INCLUDED_
#define _HOOPCTL_H_INCLUDED_


#include "../core/hoop_core.h"


#define HOOPCTL_YES    0
#define HOOPCTL_NO     1
#define HOOPCTL_USAGE  2


int hoopctl_jwt_verify(int argc, char **argv);
int hoopctl_token(int argc, char **argv);
int hoopctl_dpop(int argc, char **argv);
int hoopctl_sql_classify(int argc, char **argv);
int hoopctl_mask(int argc, char **argv);
int hoopctl_mcp_inspect(int argc, char **argv);
int hoopctl_policy_check(int argc, char **argv);
int hoopctl_policy_explain(int argc, char **argv);
int hoopctl_policy_test(int argc, char **argv);
int hoopctl_policy_diff(int argc, char **argv);
int hoopctl_audit_verify(int argc, char **argv);
int hoopctl_audit_query(int argc, char **argv);
int hoopctl_audit_export(int argc, char **argv);
int hoopctl_approvals(int argc, char **argv);
int hoopctl_revoke(int argc, char **argv);


/* whole file or, for "-", standard input, at most cap bytes; on failure says
   why on standard error and returns HOOP_ERROR */
int hoopctl_read(const char *path, hoop_buf_t *b, size_t cap);

/* "hoopctl WORD: text" on standard error; returns HOOPCTL_USAGE */
int hoopctl_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));


#endif /* _HOOPCTL_H_INCLUDED_ */
