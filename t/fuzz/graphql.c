
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A GraphQL document; its first byte says which operation is asked for.
 *
 * Oracles: what is found are names out of the text; a document that is taken is
 * taken without its comments and commas as well, and asks for the same; and so it
 * does with a fragment behind it that nobody spreads.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/hoop_graphql.h"


#define check(x)                                                              \
    do {                                                                      \
        if (!(x)) {                                                           \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static hoop_graphql_t  graphql, again;


/* comments to blanks, but for what stands in strings */

static void
strip(u_char *p, size_t len)
{
    int     block;
    size_t  i;

    for (i = 0; i < len; i++) {

        if (p[i] == ',') {
            p[i] = ' ';

        } else if (p[i] == '#') {
            while (i < len && p[i] != '\n' && p[i] != '\r') {
                p[i++] = ' ';
            }

        } else if (p[i] == '"') {
            block = len - i > 2 && p[i + 1] == '"' && p[i + 2] == '"';

            for (i += block ? 3 : 1; i < len; i++) {

                if (block) {
                    if (len - i > 3 && memcmp(p + i, "\\\"\"\"", 4) == 0) {
                        i += 3;

                    } else if (len - i > 2 && memcmp(p + i, "\"\"\"", 3) == 0) {
                        i += 2;
                        break;
                    }

                } else if (p[i] == '\\') {
                    i++;

                } else if (p[i] == '"') {
                    break;
                }
            }
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char      *copy;
    unsigned     i, k;
    hoop_str_t   text, name;

    static const char  *names[] = { "", "A", "B" };
    static const char   more[] = " fragment zz on Q { zz }";

    if (size == 0) {
        return 0;
    }

    name = hoop_cstr(names[data[0] % 3]);
    text = hoop_str(data + 1, size - 1);

    if (hoop_graphql_parse(text, name, &graphql) != NULL) {
        return 0;
    }

    check(graphql.operation == HOOP_GRAPHQL_QUERY
          || graphql.operation == HOOP_GRAPHQL_MUTATION
          || graphql.operation == HOOP_GRAPHQL_SUBSCRIPTION);
    check(graphql.n > 0 && graphql.n <= HOOP_GRAPHQL_MAX_FIELDS);

    for (i = 0; i < graphql.n; i++) {
        check(graphql.fields[i].len > 0);
        check(graphql.fields[i].data >= text.data
              && graphql.fields[i].data + graphql.fields[i].len
                 <= text.data + text.len);

        for (k = 0; k < graphql.fields[i].len; k++) {
            check(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
                         "0123456789", graphql.fields[i].data[k]) != NULL);
        }
    }

    copy = malloc(size + sizeof(more));
    check(copy != NULL);

    memcpy(copy, text.data, text.len);
    strip(copy, text.len);

    check(hoop_graphql_parse(hoop_str(copy, text.len), name, &again) == NULL);
    check(again.operation == graphql.operation && again.n == graphql.n);

    for (i = 0; i < again.n; i++) {
        check(hoop_str_eq(again.fields[i], graphql.fields[i]));
    }

    /* a fragment that nobody spreads changes nothing */

    memcpy(copy + text.len, more, sizeof(more) - 1);

    if (hoop_graphql_parse(hoop_str(copy, text.len + sizeof(more) - 1), name,
                           &again)
        == NULL)
    {
        check(again.operation == graphql.operation && again.n == graphql.n);
    }

    free(copy);

    return 0;
}
