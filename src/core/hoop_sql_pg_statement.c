
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The statements of PostgreSQL's grammar: the classes of each, and the tables
 * of those that are neither queries nor DML.  The list is closed: a statement
 * that is not on it is unknown.
 */


#if (HOOP_HAVE_PG_QUERY)


#include "hoop_sql_pg.h"


/* what is only planned where it is explained */

#define HOOP_SQL_PG_DML                                                       \
    (HOOP_SQL_READ|HOOP_SQL_INSERT|HOOP_SQL_UPDATE|HOOP_SQL_DELETE            \
     |HOOP_SQL_DELETE_ALL|HOOP_SQL_UPDATE_ALL)


static void hoop_sql_pg_utility(hoop_sql_pg_t *w, Node *node);
static void hoop_sql_pg_ddl(hoop_sql_pg_t *w, Node *node);
static void hoop_sql_pg_query(hoop_sql_pg_t *w, Node *node);
static void hoop_sql_pg_explain(hoop_sql_pg_t *w, ExplainStmt *s);
static int hoop_sql_pg_is_off(DefElem *option);
static void hoop_sql_pg_copy(hoop_sql_pg_t *w, CopyStmt *s);
static void hoop_sql_pg_view(hoop_sql_pg_t *w, ViewStmt *s);
static int hoop_sql_pg_transaction(List *options);
static void hoop_sql_pg_relations(hoop_sql_pg_t *w, List *list);
static void hoop_sql_pg_object(hoop_sql_pg_t *w, ObjectType type,
    Node *name);


void
hoop_sql_pg_statement(hoop_sql_pg_t *w, Node *node)
{
    switch (nodeTag(node)) {

    case T_SelectStmt:
        w->st->classes |= HOOP_SQL_READ;
        hoop_sql_pg_walk(w, node);
        return;

    case T_InsertStmt:
    case T_UpdateStmt:
    case T_DeleteStmt:
    case T_MergeStmt:
        hoop_sql_pg_walk(w, node);
        return;

    case T_ExplainStmt:
        hoop_sql_pg_explain(w, (ExplainStmt *) node);
        return;

    case T_CopyStmt:
        hoop_sql_pg_copy(w, (CopyStmt *) node);
        return;

    default:
        hoop_sql_pg_utility(w, node);
        return;
    }
}


/* neither queries nor DDL */

static void
hoop_sql_pg_utility(hoop_sql_pg_t *w, Node *node)
{
    GrantStmt        *grant;
    TransactionStmt  *tr;
    VariableSetStmt  *set;

    switch (nodeTag(node)) {

    case T_VariableShowStmt:
        w->st->classes |= HOOP_SQL_READ;
        return;

    case T_TransactionStmt:
        tr = (TransactionStmt *) node;

        if (tr->kind != TRANS_STMT_PREPARE
            && tr->kind != TRANS_STMT_COMMIT_PREPARED
            && tr->kind != TRANS_STMT_ROLLBACK_PREPARED
            && hoop_sql_pg_transaction(tr->options))
        {
            w->st->classes |= HOOP_SQL_READ;
            return;
        }

        hoop_sql_unknown(w->st, "is a strange transaction");
        return;

    case T_VariableSetStmt:
        set = (VariableSetStmt *) node;

        if (set->kind == VAR_SET_MULTI && set->name
            && strcmp(set->name, "TRANSACTION") == 0
            && hoop_sql_pg_transaction(set->args))
        {
            w->st->classes |= HOOP_SQL_READ;
            return;
        }

        hoop_sql_unknown(w->st, "sets a variable");
        return;

    case T_TruncateStmt:
        w->st->classes |= HOOP_SQL_TRUNCATE;
        hoop_sql_pg_relations(w, ((TruncateStmt *) node)->relations);
        return;

    case T_GrantStmt:
        grant = (GrantStmt *) node;
        w->st->classes |= HOOP_SQL_GRANT;

        if (grant->targtype == ACL_TARGET_OBJECT
            && grant->objtype == OBJECT_TABLE)
        {
            hoop_sql_pg_relations(w, grant->objects);
        }

        return;

    case T_GrantRoleStmt:
        w->st->classes |= HOOP_SQL_GRANT;
        return;

    case T_CallStmt:
    case T_ExecuteStmt:

        /* what it does is not known, and neither what its arguments do */

        w->st->classes |= HOOP_SQL_CALL;
        return;

    case T_DoStmt:
        w->st->classes |= HOOP_SQL_CALL;
        hoop_sql_unknown(w->st, "runs a block");
        return;

    case T_LoadStmt:
        w->st->classes |= HOOP_SQL_CALL;
        hoop_sql_unknown(w->st, "loads a library");
        return;

    case T_DeclareCursorStmt:
        hoop_sql_unknown(w->st, "opens a cursor");
        hoop_sql_pg_query(w, ((DeclareCursorStmt *) node)->query);
        return;

    case T_LockStmt:
        hoop_sql_unknown(w->st, "locks a table");
        hoop_sql_pg_relations(w, ((LockStmt *) node)->relations);
        return;

    default:
        hoop_sql_pg_ddl(w, node);
        return;
    }
}


static void
hoop_sql_pg_ddl(hoop_sql_pg_t *w, Node *node)
{
    DropStmt           *drop;
    ListCell           *lc;
    CreateStmt         *create;
    TableLikeClause    *like;
    CreateSchemaStmt   *schema;
    CreateTableAsStmt  *as;

    switch (nodeTag(node)) {

    case T_CreateStmt:
        create = (CreateStmt *) node;
        hoop_sql_pg_relation(w, create->relation, 1);
        hoop_sql_pg_relations(w, create->inhRelations);

        foreach(lc, create->tableElts) {

            if (IsA(lfirst(lc), TableLikeClause)) {
                like = lfirst(lc);
                hoop_sql_pg_relation(w, like->relation, 1);
            }
        }

        break;

    case T_CreateForeignTableStmt:
        create = &((CreateForeignTableStmt *) node)->base;
        hoop_sql_pg_relation(w, create->relation, 1);
        hoop_sql_pg_relations(w, create->inhRelations);
        break;

    case T_CreateTableAsStmt:
        as = (CreateTableAsStmt *) node;
        hoop_sql_pg_relation(w, as->into->rel, 1);
        hoop_sql_pg_statement(w, as->query);
        break;

    case T_CreateSchemaStmt:
        schema = (CreateSchemaStmt *) node;

        foreach(lc, schema->schemaElts) {
            hoop_sql_pg_statement(w, lfirst(lc));
        }

        break;

    case T_ViewStmt:
        hoop_sql_pg_view(w, (ViewStmt *) node);
        break;

    case T_AlterTableStmt:
        hoop_sql_pg_relation(w, ((AlterTableStmt *) node)->relation, 1);
        break;

    case T_IndexStmt:
        hoop_sql_pg_relation(w, ((IndexStmt *) node)->relation, 1);
        break;

    case T_RefreshMatViewStmt:
        hoop_sql_pg_relation(w, ((RefreshMatViewStmt *) node)->relation, 1);
        break;

    case T_CreateTrigStmt:
        hoop_sql_pg_relation(w, ((CreateTrigStmt *) node)->relation, 1);
        break;

    case T_RuleStmt:
        hoop_sql_pg_relation(w, ((RuleStmt *) node)->relation, 1);
        break;

    case T_CreatePolicyStmt:
        hoop_sql_pg_relation(w, ((CreatePolicyStmt *) node)->table, 1);
        break;

    case T_AlterPolicyStmt:
        hoop_sql_pg_relation(w, ((AlterPolicyStmt *) node)->table, 1);
        break;

    case T_ClusterStmt:
        hoop_sql_pg_relation(w, ((ClusterStmt *) node)->relation, 1);
        break;

    case T_ReindexStmt:
        hoop_sql_pg_relation(w, ((ReindexStmt *) node)->relation, 1);
        break;

    case T_RenameStmt:
        hoop_sql_pg_relation(w, ((RenameStmt *) node)->relation, 1);
        break;

    case T_AlterObjectSchemaStmt:
        hoop_sql_pg_relation(w, ((AlterObjectSchemaStmt *) node)->relation, 1);
        break;

    case T_DropStmt:
        drop = (DropStmt *) node;

        foreach(lc, drop->objects) {
            hoop_sql_pg_object(w, drop->removeType, lfirst(lc));
        }

        break;

    case T_CommentStmt:
        hoop_sql_pg_object(w, ((CommentStmt *) node)->objtype,
                           ((CommentStmt *) node)->object);
        break;

    case T_CreateRoleStmt:
    case T_AlterRoleStmt:
    case T_AlterRoleSetStmt:
    case T_DropRoleStmt:
    case T_CreateUserMappingStmt:
    case T_AlterUserMappingStmt:
    case T_DropUserMappingStmt:
    case T_AlterDefaultPrivilegesStmt:
        w->st->classes |= HOOP_SQL_GRANT;
        break;

    case T_AlterCollationStmt:
    case T_AlterDatabaseRefreshCollStmt:
    case T_AlterDatabaseSetStmt:
    case T_AlterDatabaseStmt:
    case T_AlterDomainStmt:
    case T_AlterEnumStmt:
    case T_AlterEventTrigStmt:
    case T_AlterExtensionContentsStmt:
    case T_AlterExtensionStmt:
    case T_AlterFdwStmt:
    case T_AlterForeignServerStmt:
    case T_AlterFunctionStmt:
    case T_AlterObjectDependsStmt:
    case T_AlterOpFamilyStmt:
    case T_AlterOperatorStmt:
    case T_AlterOwnerStmt:
    case T_AlterPublicationStmt:
    case T_AlterSeqStmt:
    case T_AlterStatsStmt:
    case T_AlterSubscriptionStmt:
    case T_AlterSystemStmt:
    case T_AlterTSConfigurationStmt:
    case T_AlterTSDictionaryStmt:
    case T_AlterTableMoveAllStmt:
    case T_AlterTableSpaceOptionsStmt:
    case T_AlterTypeStmt:
    case T_CompositeTypeStmt:
    case T_CreateAmStmt:
    case T_CreateCastStmt:
    case T_CreateConversionStmt:
    case T_CreateDomainStmt:
    case T_CreateEnumStmt:
    case T_CreateEventTrigStmt:
    case T_CreateExtensionStmt:
    case T_CreateFdwStmt:
    case T_CreateForeignServerStmt:
    case T_CreateFunctionStmt:
    case T_CreateOpClassStmt:
    case T_CreateOpFamilyStmt:
    case T_CreatePLangStmt:
    case T_CreatePublicationStmt:
    case T_CreateRangeStmt:
    case T_CreateSeqStmt:
    case T_CreateStatsStmt:
    case T_CreateSubscriptionStmt:
    case T_CreateTableSpaceStmt:
    case T_CreateTransformStmt:
    case T_CreatedbStmt:
    case T_DefineStmt:
    case T_DropOwnedStmt:
    case T_DropSubscriptionStmt:
    case T_DropTableSpaceStmt:
    case T_DropdbStmt:
    case T_ImportForeignSchemaStmt:
    case T_ReassignOwnedStmt:
        break;

    default:
        hoop_sql_unknown(w->st, "does something unknown");
        return;
    }

    w->st->classes |= HOOP_SQL_DDL;
}


/* a query inside of a statement, which need not be one */

static void
hoop_sql_pg_query(hoop_sql_pg_t *w, Node *node)
{
    if (node == NULL) {
        return;
    }

    switch (nodeTag(node)) {

    case T_SelectStmt:
    case T_InsertStmt:
    case T_UpdateStmt:
    case T_DeleteStmt:
    case T_MergeStmt:
        hoop_sql_pg_statement(w, node);
        return;

    default:
        hoop_sql_unknown(w->st, "has an unknown statement in it");
        return;
    }
}


static void
hoop_sql_pg_explain(hoop_sql_pg_t *w, ExplainStmt *s)
{
    int        analyze;
    DefElem   *option;
    uint32_t   before;
    ListCell  *lc;

    analyze = 0;

    foreach(lc, s->options) {

        option = lfirst(lc);

        if (strcmp(option->defname, "analyze") == 0
            && !hoop_sql_pg_is_off(option))
        {
            analyze = 1;
        }
    }

    before = w->st->classes;
    w->st->classes = 0;

    switch (nodeTag(s->query)) {

    case T_SelectStmt:
    case T_InsertStmt:
    case T_UpdateStmt:
    case T_DeleteStmt:
    case T_MergeStmt:
        hoop_sql_pg_statement(w, s->query);
        break;

    case T_DeclareCursorStmt:
        hoop_sql_pg_query(w, ((DeclareCursorStmt *) s->query)->query);
        break;

    case T_CreateTableAsStmt:
        hoop_sql_pg_utility(w, s->query);
        break;

    default:
        hoop_sql_unknown(w->st, "explains more than a query");
        hoop_sql_pg_utility(w, s->query);
        break;
    }

    if (analyze) {
        w->st->classes |= HOOP_SQL_EXPLAIN_ANALYZE;

    } else if ((w->st->classes & ~HOOP_SQL_PG_DML) == 0
               && !IsA(s->query, DeclareCursorStmt))
    {
        w->st->classes = HOOP_SQL_READ;

    } else {
        hoop_sql_unknown(w->st, "explains more than a query");
    }

    w->st->classes |= before;
}


static int
hoop_sql_pg_is_off(DefElem *option)
{
    const char  *s;

    if (option->arg == NULL) {
        return 0;
    }

    if (IsA(option->arg, Integer)) {
        return intVal(option->arg) == 0;
    }

    if (!IsA(option->arg, String)) {
        return 0;
    }

    s = strVal(option->arg);

    return strcmp(s, "false") == 0 || strcmp(s, "off") == 0;
}


static void
hoop_sql_pg_copy(hoop_sql_pg_t *w, CopyStmt *s)
{
    w->st->classes |= HOOP_SQL_COPY;

    if (s->is_from) {
        w->st->classes |= HOOP_SQL_INSERT;
    }

    if (s->is_program) {
        w->st->classes |= HOOP_SQL_CALL;
    }

    hoop_sql_pg_relation(w, s->relation, 1);
    hoop_sql_pg_query(w, s->query);
    hoop_sql_pg_walk(w, s->whereClause);
}


/* its query is not run: only the tables are of interest */

static void
hoop_sql_pg_view(hoop_sql_pg_t *w, ViewStmt *s)
{
    uint32_t     before;
    const char  *why;

    hoop_sql_pg_relation(w, s->view, 1);

    before = w->st->classes;
    why = w->st->why;

    hoop_sql_pg_walk(w, s->query);

    w->st->classes = before;
    w->st->why = why;
}


/* READ WRITE takes back what a session was given */

static int
hoop_sql_pg_transaction(List *options)
{
    A_Const   *c;
    DefElem   *option;
    ListCell  *lc;

    foreach(lc, options) {

        option = lfirst(lc);

        if (strcmp(option->defname, "transaction_read_only") != 0) {
            continue;
        }

        c = (A_Const *) option->arg;

        if (c == NULL || !IsA(c, A_Const) || c->isnull
            || !IsA(&c->val, Integer) || c->val.ival.ival == 0)
        {
            return 0;
        }
    }

    return 1;
}


static void
hoop_sql_pg_relations(hoop_sql_pg_t *w, List *list)
{
    ListCell  *lc;

    foreach(lc, list) {
        if (IsA(lfirst(lc), RangeVar)) {
            hoop_sql_pg_relation(w, lfirst(lc), 1);
        }
    }
}


static void
hoop_sql_pg_object(hoop_sql_pg_t *w, ObjectType type, Node *name)
{
    if (!IsA(name, List)) {
        return;
    }

    switch (type) {

    case OBJECT_TABLE:
    case OBJECT_VIEW:
    case OBJECT_MATVIEW:
    case OBJECT_FOREIGN_TABLE:
        hoop_sql_pg_names(w, (List *) name);
        return;

    default:
        return;
    }
}


#endif
