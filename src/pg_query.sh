#!/bin/sh
#
# Tells whether libpg_query, and the headers of the PostgreSQL it was made of,
# can be used: prints "VERSION|flags of the compiler|libraries", or nothing.
#
#   sh pg_query.sh CC
#
# They are looked for in the system, and in build/pg, where "make deps-pg" puts
# them.  HOOP_PG_QUERY=no says that there is none.
#
# The answer is that of a program which is compiled, linked and run: it parses
# a statement and finds its table by the headers' structures.  Only the archive
# will do: the shared library's symbols would be everybody's.

cc=${1:-cc}
here=$(cd "$(dirname "$0")/.." && pwd)

[ "$HOOP_PG_QUERY" = no ] && exit 0

tmp=$(mktemp -d) || exit 0
trap 'rm -rf "$tmp"' EXIT

cat > "$tmp/t.c" << 'END'
#include <stddef.h>
#include <postgres.h>
#include <nodes/parsenodes.h>
#include <pg_query.h>
#include <pg_query/pg_query_internal.h>
#if (HOOP_PG_QUERY_OPTIONS)
#define PARSE(s)  pg_query_raw_parse(s, 0)
#else
#define PARSE(s)  pg_query_raw_parse(s)
#endif

int main(void)
{
    RawStmt        *raw;
    UpdateStmt     *u;
    MemoryContext   ctx;
    PgQueryInternalParsetreeAndError  r;

    ctx = pg_query_enter_memory_context();
    r = PARSE("UPDATE s.t SET a = 1 WHERE b");

    if (r.error || list_length(r.tree) != 1) {
        return 1;
    }

    raw = (RawStmt *) linitial(r.tree);
    u = (UpdateStmt *) raw->stmt;

    if (!IsA(raw, RawStmt) || !IsA(u, UpdateStmt)
        || strcmp(u->relation->relname, "t") != 0
        || strcmp(u->relation->schemaname, "s") != 0
        || !IsA(u->whereClause, ColumnRef))
    {
        return 1;
    }

    pg_query_exit_memory_context(ctx);

    return puts(PG_VERSION) < 0;
}
END

for root in "" "$here/build/pg"; do

    [ -e "$root/usr/include/pg_query.h" ] || continue

    major=$(sed -n 's/^#define PG_MAJORVERSION "\([0-9]*\)".*/\1/p' \
            "$root/usr/include/pg_query.h")

    for lib in "$root"/usr/lib/*/libpg_query.a "$root"/usr/lib/libpg_query.a
    do

        [ -e "$lib" ] || continue

        for inc in "$root/usr/include/postgresql/$major/server" \
                   "$here/build/pg/usr/include/postgresql/$major/server"; do

            [ -e "$inc/nodes/parsenodes.h" ] || continue

            for options in 0 1; do

                flags="-DHOOP_HAVE_PG_QUERY=1 -DHOOP_PG_QUERY_OPTIONS=$options"
                flags="$flags -idirafter $inc"
                libs="$lib -lpthread -lm"

                if [ -n "$root" ]; then
                    flags="$flags -idirafter $root/usr/include"
                fi

                if $cc $flags -o "$tmp/t" "$tmp/t.c" $libs \
                       > /dev/null 2>&1 \
                   && version=$("$tmp/t" 2> /dev/null)
                then
                    echo "$version|$flags|$libs"
                    exit 0
                fi
            done
        done
    done
done
