
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A walk over PostgreSQL's raw parse tree.
 *
 * The nodes that are known to be harmless are a closed list: any other makes
 * the statement unknown.  Lists, and the left side of operators, which nest to
 * the left (1 + 1 + ...), are loops; the depth of the rest has a cap, and so
 * have the nodes that are visited.
 *
 * A function is not only called by its name and "(": (x).f, and alias.f where
 * the alias is that of a function in FROM, call f(x) if there is no column of
 * that name.  An alias is known only at its FROM, so that a statement with
 * functions there is walked a second time.
 */


#if (HOOP_HAVE_PG_QUERY)


#include "hoop_sql_pg.h"


static void *hoop_sql_pg_node(hoop_sql_pg_t *w, Node *node);
static void *hoop_sql_pg_expr(hoop_sql_pg_t *w, Node *node);
static void hoop_sql_pg_from(hoop_sql_pg_t *w, Node *node);
static void hoop_sql_pg_select(hoop_sql_pg_t *w, SelectStmt *s);
static void hoop_sql_pg_insert(hoop_sql_pg_t *w, InsertStmt *s);
static void hoop_sql_pg_update(hoop_sql_pg_t *w, UpdateStmt *s);
static void hoop_sql_pg_delete(hoop_sql_pg_t *w, DeleteStmt *s);
static void hoop_sql_pg_merge(hoop_sql_pg_t *w, MergeStmt *s);
static void hoop_sql_pg_with(hoop_sql_pg_t *w, WithClause *with,
    hoop_sql_pg_scope_t *scope);
static int hoop_sql_pg_is_cte(hoop_sql_pg_t *w, const char *name);
static void hoop_sql_pg_call(hoop_sql_pg_t *w, FuncCall *f);
static void hoop_sql_pg_operator(hoop_sql_pg_t *w, List *name);
static void hoop_sql_pg_type(hoop_sql_pg_t *w, TypeName *type);
static void hoop_sql_pg_column(hoop_sql_pg_t *w, ColumnRef *c);
static void hoop_sql_pg_field(hoop_sql_pg_t *w, A_Indirection *in);
static void hoop_sql_pg_function_in_from(hoop_sql_pg_t *w, RangeFunction *f);
static int hoop_sql_pg_qualifies(RangeFunction *f, const char *qualifier);
static int hoop_sql_pg_has_column(RangeFunction *f, const char *name);
static const char *hoop_sql_pg_function(RangeFunction *f);
static int hoop_sql_pg_harmless(const char *name);


#define hoop_sql_pg_str(list, n)  strVal(list_nth((list), (n)))


void
hoop_sql_pg_walk(hoop_sql_pg_t *w, void *node)
{
    if (node == NULL) {
        return;
    }

    if (++w->depth > HOOP_SQL_PG_MAX_DEPTH) {
        hoop_sql_unknown(w->st, "is nested too deep");
        w->depth--;
        return;
    }

    while (node) {

        if (++w->nodes > HOOP_SQL_PG_MAX_NODES) {
            hoop_sql_unknown(w->st, "is too long");
            break;
        }

        node = hoop_sql_pg_node(w, node);
    }

    w->depth--;
}


void
hoop_sql_pg_list(hoop_sql_pg_t *w, List *list)
{
    ListCell  *lc;

    foreach(lc, list) {
        hoop_sql_pg_walk(w, lfirst(lc));
    }
}


/* visits a node; what is left of it is answered, so that depth is saved */

static void *
hoop_sql_pg_node(hoop_sql_pg_t *w, Node *node)
{
    JoinExpr  *join;

    switch (nodeTag(node)) {

    case T_List:
        hoop_sql_pg_list(w, (List *) node);
        return NULL;

    case T_SelectStmt:
        hoop_sql_pg_select(w, (SelectStmt *) node);
        return NULL;

    case T_InsertStmt:
        hoop_sql_pg_insert(w, (InsertStmt *) node);
        return NULL;

    case T_UpdateStmt:
        hoop_sql_pg_update(w, (UpdateStmt *) node);
        return NULL;

    case T_DeleteStmt:
        hoop_sql_pg_delete(w, (DeleteStmt *) node);
        return NULL;

    case T_MergeStmt:
        hoop_sql_pg_merge(w, (MergeStmt *) node);
        return NULL;

    case T_JoinExpr:
        join = (JoinExpr *) node;
        hoop_sql_pg_walk(w, join->larg);
        hoop_sql_pg_walk(w, join->rarg);
        return join->quals;

    case T_RangeVar:
    case T_RangeSubselect:
    case T_RangeFunction:
    case T_RangeTableFunc:
    case T_RangeTableFuncCol:
    case T_RangeTableSample:
        hoop_sql_pg_from(w, node);
        return NULL;

    default:
        return hoop_sql_pg_expr(w, node);
    }
}


static void *
hoop_sql_pg_expr(hoop_sql_pg_t *w, Node *node)
{
    A_Expr          *a;
    SortBy          *sort;
    SubLink         *sub;
    XmlExpr         *xml;
    CaseExpr        *c;
    A_Indices       *index;
    ResTarget       *target;
    WindowDef       *win;
    MultiAssignRef  *multi;

    switch (nodeTag(node)) {

    case T_A_Const:
    case T_A_Star:
    case T_ParamRef:
    case T_SetToDefault:
    case T_SQLValueFunction:
    case T_CurrentOfExpr:
    case T_Integer:
    case T_Float:
    case T_Boolean:
    case T_String:
    case T_BitString:
        return NULL;

    case T_ColumnRef:
        hoop_sql_pg_column(w, (ColumnRef *) node);
        return NULL;

    case T_A_Expr:
        a = (A_Expr *) node;
        hoop_sql_pg_operator(w, a->name);

        if (a->lexpr == NULL) {
            return a->rexpr;
        }

        hoop_sql_pg_walk(w, a->rexpr);
        return a->lexpr;

    case T_BoolExpr:
        hoop_sql_pg_list(w, ((BoolExpr *) node)->args);
        return NULL;

    case T_FuncCall:
        hoop_sql_pg_call(w, (FuncCall *) node);
        return NULL;

    case T_A_Indirection:
        hoop_sql_pg_field(w, (A_Indirection *) node);
        return ((A_Indirection *) node)->arg;

    case T_A_Indices:
        index = (A_Indices *) node;
        hoop_sql_pg_walk(w, index->lidx);
        return index->uidx;

    case T_A_ArrayExpr:
        hoop_sql_pg_list(w, ((A_ArrayExpr *) node)->elements);
        return NULL;

    case T_ResTarget:
        target = (ResTarget *) node;

        /* SET a.b[1] =: names of columns and their parts, nothing is called */

        hoop_sql_pg_list(w, target->indirection);
        return target->val;

    case T_MultiAssignRef:

        /* all columns of (a, b) = ... share their source */

        multi = (MultiAssignRef *) node;
        return multi->colno == 1 ? multi->source : NULL;

    case T_TypeCast:
        hoop_sql_pg_type(w, ((TypeCast *) node)->typeName);
        return ((TypeCast *) node)->arg;

    case T_CollateClause:
        return ((CollateClause *) node)->arg;

    case T_CaseExpr:
        c = (CaseExpr *) node;
        hoop_sql_pg_walk(w, c->arg);
        hoop_sql_pg_list(w, c->args);
        return c->defresult;

    case T_CaseWhen:
        hoop_sql_pg_walk(w, ((CaseWhen *) node)->expr);
        return ((CaseWhen *) node)->result;

    case T_SubLink:
        sub = (SubLink *) node;
        hoop_sql_pg_operator(w, sub->operName);
        hoop_sql_pg_walk(w, sub->testexpr);
        return sub->subselect;

    case T_NullTest:
        return ((NullTest *) node)->arg;

    case T_BooleanTest:
        return ((BooleanTest *) node)->arg;

    case T_CoalesceExpr:
        hoop_sql_pg_list(w, ((CoalesceExpr *) node)->args);
        return NULL;

    case T_MinMaxExpr:
        hoop_sql_pg_list(w, ((MinMaxExpr *) node)->args);
        return NULL;

    case T_XmlExpr:
        xml = (XmlExpr *) node;
        hoop_sql_pg_list(w, xml->named_args);
        hoop_sql_pg_list(w, xml->args);
        return NULL;

    case T_XmlSerialize:
        hoop_sql_pg_type(w, ((XmlSerialize *) node)->typeName);
        return ((XmlSerialize *) node)->expr;

    case T_RowExpr:
        hoop_sql_pg_list(w, ((RowExpr *) node)->args);
        return NULL;

    case T_GroupingFunc:
        hoop_sql_pg_list(w, ((GroupingFunc *) node)->args);
        return NULL;

    case T_GroupingSet:
        hoop_sql_pg_list(w, ((GroupingSet *) node)->content);
        return NULL;

    case T_NamedArgExpr:
        return ((NamedArgExpr *) node)->arg;

    case T_SortBy:
        sort = (SortBy *) node;
        hoop_sql_pg_operator(w, sort->useOp);
        return sort->node;

    case T_WindowDef:
        win = (WindowDef *) node;
        hoop_sql_pg_list(w, win->partitionClause);
        hoop_sql_pg_list(w, win->orderClause);
        hoop_sql_pg_walk(w, win->startOffset);
        return win->endOffset;

    case T_IndexElem:
        return ((IndexElem *) node)->expr;

    default:
        hoop_sql_unknown(w->st, "has a part that is not known to be harmless");
        return NULL;
    }
}


static void
hoop_sql_pg_from(hoop_sql_pg_t *w, Node *node)
{
    RangeTableFunc     *table;
    RangeTableSample   *sample;
    RangeTableFuncCol  *col;

    switch (nodeTag(node)) {

    case T_RangeVar:
        hoop_sql_pg_relation(w, (RangeVar *) node, 0);
        return;

    case T_RangeSubselect:
        hoop_sql_pg_walk(w, ((RangeSubselect *) node)->subquery);
        return;

    case T_RangeFunction:
        hoop_sql_pg_function_in_from(w, (RangeFunction *) node);
        return;

    case T_RangeTableFunc:
        table = (RangeTableFunc *) node;
        hoop_sql_pg_walk(w, table->docexpr);
        hoop_sql_pg_walk(w, table->rowexpr);
        hoop_sql_pg_list(w, table->namespaces);
        hoop_sql_pg_list(w, table->columns);
        return;

    case T_RangeTableFuncCol:
        col = (RangeTableFuncCol *) node;
        hoop_sql_pg_type(w, col->typeName);
        hoop_sql_pg_walk(w, col->colexpr);
        hoop_sql_pg_walk(w, col->coldefexpr);
        return;

    case T_RangeTableSample:
        sample = (RangeTableSample *) node;
        hoop_sql_pg_walk(w, sample->relation);
        hoop_sql_pg_list(w, sample->args);
        hoop_sql_pg_walk(w, sample->repeatable);

        if (list_length(sample->method) != 1
            || (strcmp(hoop_sql_pg_str(sample->method, 0), "bernoulli") != 0
                && strcmp(hoop_sql_pg_str(sample->method, 0), "system") != 0))
        {
            hoop_sql_unknown(w->st, "samples by an unknown method");
        }

        return;

    default:
        return;
    }
}


static void
hoop_sql_pg_select(hoop_sql_pg_t *w, SelectStmt *s)
{
    hoop_sql_pg_scope_t  scope;

    hoop_sql_pg_with(w, s->withClause, &scope);

    if (s->intoClause) {
        w->st->classes |= HOOP_SQL_DDL|HOOP_SQL_INSERT;
        hoop_sql_pg_relation(w, s->intoClause->rel, 1);
    }

    if (s->lockingClause) {
        hoop_sql_unknown(w->st, "locks rows");
    }

    hoop_sql_pg_walk(w, s->larg);
    hoop_sql_pg_walk(w, s->rarg);
    hoop_sql_pg_list(w, s->distinctClause);
    hoop_sql_pg_list(w, s->targetList);
    hoop_sql_pg_list(w, s->fromClause);
    hoop_sql_pg_walk(w, s->whereClause);
    hoop_sql_pg_list(w, s->groupClause);
    hoop_sql_pg_walk(w, s->havingClause);
    hoop_sql_pg_list(w, s->windowClause);
    hoop_sql_pg_list(w, s->valuesLists);
    hoop_sql_pg_list(w, s->sortClause);
    hoop_sql_pg_walk(w, s->limitOffset);
    hoop_sql_pg_walk(w, s->limitCount);

    w->scope = scope.outer;
}


static void
hoop_sql_pg_insert(hoop_sql_pg_t *w, InsertStmt *s)
{
    OnConflictClause     *on;
    hoop_sql_pg_scope_t   scope;

    hoop_sql_pg_with(w, s->withClause, &scope);

    w->st->classes |= HOOP_SQL_INSERT;

    hoop_sql_pg_relation(w, s->relation, 1);
    hoop_sql_pg_list(w, s->cols);
    hoop_sql_pg_walk(w, s->selectStmt);
    hoop_sql_pg_list(w, s->returningList);

    on = s->onConflictClause;

    if (on) {

        if (on->action != ONCONFLICT_NOTHING) {
            w->st->classes |= HOOP_SQL_UPDATE;
        }

        if (on->infer) {
            hoop_sql_pg_list(w, on->infer->indexElems);
            hoop_sql_pg_walk(w, on->infer->whereClause);
        }

        hoop_sql_pg_list(w, on->targetList);
        hoop_sql_pg_walk(w, on->whereClause);
    }

    w->scope = scope.outer;
}


/* whether a WHERE that is there restricts is not judged here */

static void
hoop_sql_pg_update(hoop_sql_pg_t *w, UpdateStmt *s)
{
    hoop_sql_pg_scope_t  scope;

    hoop_sql_pg_with(w, s->withClause, &scope);

    w->st->classes |= s->whereClause ? HOOP_SQL_UPDATE : HOOP_SQL_UPDATE_ALL;

    hoop_sql_pg_relation(w, s->relation, 1);
    hoop_sql_pg_list(w, s->targetList);
    hoop_sql_pg_list(w, s->fromClause);
    hoop_sql_pg_walk(w, s->whereClause);
    hoop_sql_pg_list(w, s->returningList);

    w->scope = scope.outer;
}


static void
hoop_sql_pg_delete(hoop_sql_pg_t *w, DeleteStmt *s)
{
    hoop_sql_pg_scope_t  scope;

    hoop_sql_pg_with(w, s->withClause, &scope);

    w->st->classes |= s->whereClause ? HOOP_SQL_DELETE : HOOP_SQL_DELETE_ALL;

    hoop_sql_pg_relation(w, s->relation, 1);
    hoop_sql_pg_list(w, s->usingClause);
    hoop_sql_pg_walk(w, s->whereClause);
    hoop_sql_pg_list(w, s->returningList);

    w->scope = scope.outer;
}


static void
hoop_sql_pg_merge(hoop_sql_pg_t *w, MergeStmt *s)
{
    ListCell             *lc;
    MergeWhenClause      *when;
    hoop_sql_pg_scope_t   scope;

    hoop_sql_pg_with(w, s->withClause, &scope);

    hoop_sql_pg_relation(w, s->relation, 1);
    hoop_sql_pg_walk(w, s->sourceRelation);
    hoop_sql_pg_walk(w, s->joinCondition);

    foreach(lc, s->mergeWhenClauses) {

        when = lfirst(lc);

        switch (when->commandType) {

        case CMD_INSERT:
            w->st->classes |= HOOP_SQL_INSERT;
            break;

        case CMD_UPDATE:
            w->st->classes |= HOOP_SQL_UPDATE;
            break;

        case CMD_DELETE:
            w->st->classes |= HOOP_SQL_DELETE;
            break;

        case CMD_NOTHING:
            break;

        default:
            hoop_sql_unknown(w->st, "has a strange MERGE");
        }

        hoop_sql_pg_walk(w, when->condition);
        hoop_sql_pg_list(w, when->targetList);
        hoop_sql_pg_list(w, when->values);
    }

    w->scope = scope.outer;
}


/* opens a scope; who closes it sets w->scope to scope->outer */

static void
hoop_sql_pg_with(hoop_sql_pg_t *w, WithClause *with,
    hoop_sql_pg_scope_t *scope)
{
    int               i, n;
    CommonTableExpr  *cte;

    scope->outer = w->scope;

    if (with == NULL) {
        return;
    }

    n = list_length(with->ctes);

    if (n > HOOP_SQL_PG_MAX_CTES) {
        hoop_sql_unknown(w->st, "has too many parts");
        n = HOOP_SQL_PG_MAX_CTES;
    }

    scope->ctes = with->ctes;
    scope->n = with->recursive ? n : 0;
    w->scope = scope;

    for (i = 0; i < n; i++) {

        cte = list_nth(with->ctes, i);

        hoop_sql_pg_walk(w, cte->ctequery);

        if (cte->cycle_clause) {
            hoop_sql_pg_walk(w, cte->cycle_clause->cycle_mark_value);
            hoop_sql_pg_walk(w, cte->cycle_clause->cycle_mark_default);
        }

        if (!with->recursive) {
            scope->n = i + 1;
        }
    }
}


static int
hoop_sql_pg_is_cte(hoop_sql_pg_t *w, const char *name)
{
    int                   i;
    CommonTableExpr      *cte;
    hoop_sql_pg_scope_t  *s;

    for (s = w->scope; s; s = s->outer) {
        for (i = 0; i < s->n; i++) {

            cte = list_nth(s->ctes, i);

            if (strcmp(cte->ctename, name) == 0) {
                return 1;
            }
        }
    }

    return 0;
}


void
hoop_sql_pg_relation(hoop_sql_pg_t *w, RangeVar *rv, int target)
{
    unsigned     n;
    const char  *parts[3];

    if (rv == NULL
        || (!target && rv->schemaname == NULL
            && hoop_sql_pg_is_cte(w, rv->relname)))
    {
        return;
    }

    n = 0;

    if (rv->catalogname) {
        parts[n++] = rv->catalogname;
    }

    if (rv->schemaname) {
        parts[n++] = rv->schemaname;
    }

    parts[n++] = rv->relname;

    if (hoop_sql_table_add(w->sql, w->st, parts, n) != HOOP_OK) {
        w->rc = HOOP_NOMEM;
    }
}


void
hoop_sql_pg_names(hoop_sql_pg_t *w, List *names)
{
    unsigned     n;
    ListCell    *lc;
    const char  *parts[3];

    n = 0;

    foreach(lc, names) {

        if (n == 3 || !IsA(lfirst(lc), String)) {
            hoop_sql_unknown(w->st, "has a strange name");
            return;
        }

        parts[n++] = strVal(lfirst(lc));
    }

    if (hoop_sql_table_add(w->sql, w->st, parts, n) != HOOP_OK) {
        w->rc = HOOP_NOMEM;
    }
}


static void
hoop_sql_pg_call(hoop_sql_pg_t *w, FuncCall *f)
{
    int          n;
    const char  *schema;

    n = list_length(f->funcname);
    schema = n > 1 ? hoop_sql_pg_str(f->funcname, 0) : "pg_catalog";

    if (n > 2 || strcmp(schema, "pg_catalog") != 0
        || !hoop_sql_pg_harmless(hoop_sql_pg_str(f->funcname, n - 1)))
    {
        hoop_sql_unknown(w->st, "calls a function that is not known to be "
                                "harmless");
    }

    hoop_sql_pg_list(w, f->args);
    hoop_sql_pg_list(w, f->agg_order);
    hoop_sql_pg_walk(w, f->agg_filter);
    hoop_sql_pg_walk(w, f->over);
}


/* OPERATOR(schema.+) */

static void
hoop_sql_pg_operator(hoop_sql_pg_t *w, List *name)
{
    if (list_length(name) > 1
        && (list_length(name) > 2
            || strcmp(hoop_sql_pg_str(name, 0), "pg_catalog") != 0))
    {
        hoop_sql_unknown(w->st, "has an operator of a schema");
    }
}


static void
hoop_sql_pg_type(hoop_sql_pg_t *w, TypeName *type)
{
    if (type) {
        hoop_sql_pg_list(w, type->typmods);
    }
}


/* a.b: b may be a function of what a stands for, see above */

static void
hoop_sql_pg_column(hoop_sql_pg_t *w, ColumnRef *c)
{
    int          n;
    Node        *last;
    unsigned     i;
    const char  *name, *qualifier;

    n = list_length(c->fields);

    if (!w->again || n < 2) {
        return;
    }

    last = list_nth(c->fields, n - 1);

    if (!IsA(last, String) || !IsA(list_nth(c->fields, n - 2), String)) {
        return;
    }

    name = strVal(last);
    qualifier = hoop_sql_pg_str(c->fields, n - 2);

    for (i = 0; i < w->nfunctions; i++) {

        if (hoop_sql_pg_qualifies(w->functions[i], qualifier)
            && !hoop_sql_pg_has_column(w->functions[i], name)
            && !hoop_sql_pg_harmless(name))
        {
            hoop_sql_unknown(w->st, "may call a function by a column");
        }
    }
}


/* (x).f */

static void
hoop_sql_pg_field(hoop_sql_pg_t *w, A_Indirection *in)
{
    Node      *n;
    FuncCall  *call;
    ListCell  *lc;

    foreach(lc, in->indirection) {

        n = lfirst(lc);

        if (!IsA(n, String)) {
            hoop_sql_pg_walk(w, n);
            continue;
        }

        /* (jsonb_each(x)).key is of a row indeed */

        if (list_length(in->indirection) == 1 && IsA(in->arg, FuncCall)) {

            call = (FuncCall *) in->arg;

            if (hoop_sql_from_rows(hoop_cstr(hoop_sql_pg_str(call->funcname,
                                         list_length(call->funcname) - 1))))
            {
                return;
            }
        }

        if (!hoop_sql_from_member(hoop_cstr(strVal(n)))
            && !hoop_sql_pg_harmless(strVal(n)))
        {
            hoop_sql_unknown(w->st, "may call a function by a column");
        }
    }
}


static void
hoop_sql_pg_function_in_from(hoop_sql_pg_t *w, RangeFunction *f)
{
    ListCell  *lc;

    /* each with its own list of columns, whose types have no calls */

    foreach(lc, f->functions) {
        hoop_sql_pg_walk(w, linitial((List *) lfirst(lc)));
    }

    /* see hoop_sql_from.c: whose rows are rows, and no values */

    if (w->again || f->ordinality || f->coldeflist
        || (f->alias && list_length(f->alias->colnames) > 1)
        || list_length(f->functions) != 1
        || list_nth((List *) linitial(f->functions), 1) != NULL
        || hoop_sql_from_rows(hoop_cstr(hoop_sql_pg_function(f))))
    {
        return;
    }

    if (w->nfunctions == HOOP_SQL_PG_MAX_ALIASES) {
        hoop_sql_unknown(w->st, "has too many functions");
        return;
    }

    w->functions[w->nfunctions++] = f;
}


/* an expression without an alias may be named as anything in it is */

static int
hoop_sql_pg_qualifies(RangeFunction *f, const char *qualifier)
{
    const char  *name;

    if (f->alias) {
        return strcmp(f->alias->aliasname, qualifier) == 0;
    }

    name = hoop_sql_pg_function(f);

    return *name == '\0' || strcmp(name, qualifier) == 0;
}


/* "": it is an expression, which has no name */

static const char *
hoop_sql_pg_function(RangeFunction *f)
{
    Node      *n;
    FuncCall  *call;

    n = linitial((List *) linitial(f->functions));

    if (!IsA(n, FuncCall)) {
        return "";
    }

    call = (FuncCall *) n;

    if (call->funcformat == COERCE_SQL_SYNTAX) {
        return "";                   /* EXTRACT() is date_part() before 14 */
    }

    return hoop_sql_pg_str(call->funcname, list_length(call->funcname) - 1);
}


static int
hoop_sql_pg_has_column(RangeFunction *f, const char *name)
{
    if (hoop_sql_from_member(hoop_cstr(name))) {
        return 1;
    }

    if (f->alias == NULL) {
        return 0;
    }

    if (f->alias->colnames == NIL) {
        return strcmp(f->alias->aliasname, name) == 0
               && hoop_sql_from_named(hoop_cstr(hoop_sql_pg_function(f)));
    }

    return strcmp(name, hoop_sql_pg_str(f->alias->colnames, 0)) == 0;
}


/* as the tokenizer has it, of which the names are folded by now */

static int
hoop_sql_pg_harmless(const char *name)
{
    size_t       i;
    unsigned     word;
    uint32_t     hash;

    static const char *const  more[] = {
        "is_normalized", "left", "like_escape", "overlaps",
        "pg_collation_for", "right", "similar_to_escape", NULL
    };

    hash = HOOP_SQL_HASH;

    for (i = 0; name[i]; i++) {

        if (name[i] >= 'A' && name[i] <= 'Z') {
            return 0;
        }

        hash = hoop_sql_hash(hash, (u_char) name[i]);
    }

    word = hoop_sql_word((const u_char *) name, i, hash);

    if (hoop_sql_words[word].flags & W_FUNCTION) {
        return 1;
    }

    for (i = 0; more[i]; i++) {
        if (strcmp(name, more[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


#endif
