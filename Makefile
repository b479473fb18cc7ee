# ngx_hoop_module
#
#   make demo       one planner-executor run through the whole path
#   make test       builds everything and runs all suites
#   make            the module and hoopctl, into build/
#   make test-asan, fuzz, bench, bench-core: see docs/testing.md, docs/bench.md
#
# The first two install what they need (apt-get, as root); see "deps".

SHELL     = /bin/bash
BUILD     = build
NGINX     = $(or $(TEST_NGINX_BINARY),/usr/sbin/nginx)
NGINX_SRC = /usr/share/nginx/src
CC        = gcc
CFLAGS    = -g -O2 -std=gnu11 -W -Wall -Wpointer-arith \
            -Wno-unused-parameter -Werror -fPIC
CLANG     = clang
LIBS      = -ljansson -lpcre2-8 -ljwt -lhiredis -lssl -lcrypto -lz -lpthread \
            $(PG_LIBS)

MODULE    = $(BUILD)/ngx_hoop_module.so
CORE_SRC  = $(wildcard src/core/*.c)
CORE_OBJ  = $(CORE_SRC:src/core/%.c=$(BUILD)/core/%.o)
CLI_OBJ   = $(patsubst src/cli/%.c,$(BUILD)/cli/%.o,$(wildcard src/cli/*.c))
HEADERS   = $(wildcard src/*/*.h)
UNITS     = $(patsubst t/unit/%.c,$(BUILD)/unit/%,$(wildcard t/unit/*.c))
FUZZERS   = $(patsubst t/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard t/fuzz/*.c))
BENCHES   = $(patsubst bench/%.c,$(BUILD)/bench/%,$(wildcard bench/*.c))
TESTS     = t
FUZZ_TIME = 60

# what a build needs, and what running the tests and the demo needs

DEPS_BUILD = gcc libc6-dev make pkg-config nginx nginx-dev libssl-dev \
             libjansson-dev libjwt-dev libpcre2-dev libhiredis-dev zlib1g-dev
DEPS_TEST  = perl redis-server redis-tools curl openssl python3 \
             libtest-base-perl libtest-longstring-perl libtext-diff-perl \
             liblist-moreutils-perl libipc-run-perl libwww-perl liburi-perl \
             libio-socket-ssl-perl tzdata chromium chromium-driver
DEPS_FUZZ  = clang libclang-rt-14-dev

# libpg_query, PostgreSQL's own grammar, where it is: as src/pg_query.sh says.
# "make deps-pg" fetches it, HOOP_PG_QUERY=no builds without it.

EMPTY     =
PG_QUERY  = $(BUILD)/pg_query
PG_PARTS  = $(subst |, ,$(subst $(EMPTY) $(EMPTY),~,$(PG_FOUND)))
PG_CFLAGS = $(subst ~, ,$(word 2,$(PG_PARTS)))
PG_LIBS   = $(subst ~, ,$(word 3,$(PG_PARTS)))

NO_BUILD  = deps deps-pg test test-asan demo fuzz clean

ifneq ($(filter-out $(NO_BUILD),$(or $(MAKECMDGOALS),all)),)
PG_FOUND := $(shell mkdir -p $(BUILD); \
                HOOP_PG_QUERY=$(HOOP_PG_QUERY) sh src/pg_query.sh $(CC) \
                    > $(PG_QUERY).new; \
                cmp -s $(PG_QUERY).new $(PG_QUERY) \
                || cp $(PG_QUERY).new $(PG_QUERY); cat $(PG_QUERY))
endif

.PHONY: FORCE all deps deps-pg module hoopctl units test test-run test-asan \
    demo fuzz fuzz-run bench bench-core clean
.DELETE_ON_ERROR:

all: module hoopctl

module: $(MODULE)

hoopctl: $(BUILD)/hoopctl

units: $(UNITS)


# Installs nothing where nothing is missing, so that a second run needs neither
# root nor a network.

deps:
	@missing=`for p in $(DEPS_BUILD) $(DEPS_TEST); do \
	    dpkg-query -W -f='$${Status}' $$p 2>/dev/null \
	    | grep -q 'ok installed' || echo $$p; done`; \
	if [ -n "$$missing" ]; then \
	    echo "installing:" $$missing; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    printf '#!/bin/sh\nexit 101\n' > $(or $(TMPDIR),/tmp)/hoop-no-start; \
	    if [ ! -e /usr/sbin/policy-rc.d ]; then \
	        install -m 755 $(or $(TMPDIR),/tmp)/hoop-no-start \
	            /usr/sbin/policy-rc.d; own=1; \
	    fi; \
	    apt-get update -q=2 && apt-get install -q=2 -y \
	        --no-install-recommends $$missing > /dev/null; rc=$$?; \
	    [ -z "$$own" ] || rm -f /usr/sbin/policy-rc.d; \
	    rm -f $(or $(TMPDIR),/tmp)/hoop-no-start; \
	    exit $$rc; \
	fi
	@$(MAKE) -s deps-pg


# libpg_query and the headers of its PostgreSQL, into build/pg: the package of
# the headers would bring a compiler along.  Without them PostgreSQL's
# statements are judged by their tokens alone, and the tests say so.

deps-pg:
	@if [ "$(HOOP_PG_QUERY)" != no ] \
	    && [ -z "`sh src/pg_query.sh $(CC)`" ]; then \
	    get() { \
	        apt-get download -q=2 -o APT::Sandbox::User=root \
	            -o Acquire::Retries=0 -o Acquire::http::Timeout=10 $$1 \
	            > /dev/null 2>&1 \
	        && dpkg -x $$1_*.deb . && rm $$1_*.deb; \
	    }; \
	    echo "fetching: libpg-query-dev"; \
	    rm -rf build/pg && mkdir -p build/pg && cd build/pg \
	    && get libpg-query-dev \
	    && get postgresql-server-dev-`sed -n \
	        's/^#define PG_MAJORVERSION "\([0-9]*\)".*/\1/p' \
	        usr/include/pg_query.h` \
	    || echo "not to be had: PostgreSQL is judged by tokens alone"; \
	fi


# The module is built in a copy of nginx-dev's tree with the flags of the
# installed nginx: the result is loadable by that very binary.

# "sources" changes when a file comes or goes, which nginx's configure must
# know; the lock is for two makes at once.

$(BUILD)/sources: FORCE
	@mkdir -p $(BUILD)
	@echo '$(CORE_SRC) $(wildcard src/event/*.c src/http/*.c) $(CC) \
	    $(MODULE_CFLAGS) $(PG_FOUND)' | cmp -s - $@ \
	|| echo '$(CORE_SRC) $(wildcard src/event/*.c src/http/*.c) $(CC) \
	    $(MODULE_CFLAGS) $(PG_FOUND)' > $@

$(MODULE): config ngx_hoop_module.c src/hoop.map $(BUILD)/sources $(HEADERS) \
    $(wildcard src/console/*) \
    $(CORE_SRC) $(wildcard src/event/*.c src/http/*.c)
	@echo "build $@"
	@flock $(BUILD)/sources $(SHELL) -e -c '\
	    cd $(BUILD); \
	    if [ ! -e nginx/objs/Makefile -o sources -nt nginx/objs/Makefile \
	         -o $(CURDIR)/config -nt nginx/objs/Makefile \
	         -o $(CURDIR)/src/pg_query.sh -nt nginx/objs/Makefile ]; then \
	        rm -rf nginx; \
	        cp -r $(NGINX_SRC) nginx; \
	        cd nginx; \
	        . ./conf_flags; \
	        bash ./configure "$${NGX_CONF_FLAGS[@]}" --with-cc=$(CC) \
	            --with-cc-opt="-g -O2 -fPIC $(MODULE_CFLAGS)" \
	            --with-ld-opt="$(MODULE_LDFLAGS)" \
	            --add-dynamic-module=$(CURDIR) > ../configure.log \
	        || { tail -n 20 ../configure.log; exit 1; }; \
	        cd ..; \
	    fi; \
	    $(MAKE) -s -C nginx -f objs/Makefile modules; \
	    cp nginx/objs/ngx_hoop_module.so $(@F).new; \
	    mv $(@F).new $(@F)'

FORCE:


$(BUILD)/core/%.o: src/core/%.c $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(PG_CFLAGS) -c -o $@ $<

$(patsubst src/%.c,$(BUILD)/%.o,$(wildcard src/core/hoop_sql_pg*.c)): $(PG_QUERY)

$(BUILD)/cli/%.o: src/cli/%.c $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/libhoop_core.a: $(CORE_OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/hoopctl: $(CLI_OBJ) $(BUILD)/libhoop_core.a
	@echo "build $@"
	@$(CC) $(CFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/unit/%.o: t/unit/%.c $(wildcard t/unit/*.h) $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -Isrc/core -c -o $@ $<

.SECONDARY: $(UNITS:=.o)

$(BUILD)/unit/%: $(BUILD)/unit/%.o $(BUILD)/libhoop_core.a
	@echo "build $@"
	@$(CC) $(CFLAGS) -o $@ $< $(BUILD)/libhoop_core.a $(LIBS)

$(BUILD)/bench/%: bench/%.c $(BUILD)/libhoop_core.a $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -Isrc/core -o $@ $< $(BUILD)/libhoop_core.a $(LIBS)


# prove's own closing lines end the output

test: deps
	@$(MAKE) -s test-run

test-run: all units
	@echo "ngx_hoop_module: unit programs and Test::Nginx suites against" \
	    "`$(NGINX) -v 2>&1`"
	TEST_NGINX_BINARY=$(NGINX) \
	TEST_NGINX_LOAD_MODULES=$(CURDIR)/$(MODULE) \
	prove -I t/lib -r $(TESTS)

demo: deps
	@$(MAKE) -s all
	@deploy/demo/run


# The same suites with the module instrumented, in the installed nginx: memory
# errors are reported into build/asan/log.* and fail the run.  The runner's own
# suites are left out: they end nginx by signals on purpose.

ASAN = $(BUILD)/asan
TESTS_ASAN = $(or $(filter-out t,$(TESTS)),t/*.t)

test-asan: deps
	@$(MAKE) -s units
	$(MAKE) module BUILD=$(ASAN) MODULE_CFLAGS='-fsanitize=address \
	    -fno-omit-frame-pointer -DHOOP_DEBUG_ALLOC=1'
	@rm -f $(ASAN)/log.*
	@printf '#!/bin/sh\nexport LD_PRELOAD=%s:$$LD_PRELOAD\n%s\nexec %s "$$@"\n' \
	    "`$(CC) -print-file-name=libasan.so`" \
	    "export ASAN_OPTIONS=detect_leaks=0:log_path=$(CURDIR)/$(ASAN)/log" \
	    $(NGINX) > $(ASAN)/nginx-asan
	@chmod +x $(ASAN)/nginx-asan
	TEST_NGINX_BINARY=$(CURDIR)/$(ASAN)/nginx-asan \
	TEST_NGINX_LOAD_MODULES=$(CURDIR)/$(ASAN)/ngx_hoop_module.so \
	prove -I t/lib -r `ls $(TESTS_ASAN) | grep -v runner-`; rc=$$?; \
	for f in $(ASAN)/log.*; do \
	    if [ -e "$$f" ]; then cat "$$f"; rc=1; fi; \
	done; exit $$rc


# docs/bench.md says how to read it; needs what "deps" installs, and for
# "bench/gateway --wrk" wrk as well

bench: all
	bench/gateway --steps
	bench/gateway --mask
	bench/approvals


# clang and its fuzzer come with "fuzz", not with "deps"

$(BUILD)/fuzz/%: t/fuzz/%.c $(CORE_SRC) $(HEADERS)
	@echo "build $@"
	@mkdir -p $(@D)
	@$(CLANG) -g -O1 -std=gnu11 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined $(PG_CFLAGS) -Isrc/core -o $@ $< \
	    $(CORE_SRC) $(LIBS)

fuzz:
	@$(MAKE) -s deps DEPS_TEST="$(DEPS_TEST) $(DEPS_FUZZ)"
	@$(MAKE) -s fuzz-run

fuzz-run: $(FUZZERS)
	@for f in $(FUZZERS); do \
	    n=`basename $$f`; mkdir -p $(BUILD)/fuzz/corpus/$$n; \
	    echo "fuzzing $$n for $(FUZZ_TIME) s"; \
	    $$f -max_total_time=$(FUZZ_TIME) -rss_limit_mb=2048 \
	        -print_final_stats=1 $(BUILD)/fuzz/corpus/$$n \
	        `ls -d t/fuzz/seeds/$$n 2>/dev/null` \
	        > $(BUILD)/fuzz/$$n.log 2>&1 \
	    || { tail -n 40 $(BUILD)/fuzz/$$n.log; exit 1; }; \
	    grep 'number_of_executed_units' $(BUILD)/fuzz/$$n.log; \
	done

bench-core: $(BENCHES)
	@for b in $(BENCHES); do echo "# $$b"; $$b || exit 1; done


clean:
	rm -rf $(BUILD)
