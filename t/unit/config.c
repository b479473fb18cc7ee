
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The text of what is in force, and what an event says of two of them.
 */


#include <stdio.h>
#include <stdlib.h>

#include "../../src/core/hoop_config.h"
#include "../../src/core/hoop_json.h"
#include "tap.h"


#define A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define HEAD  ",\"version\":\"0.1\",\"nginx\":\"1.22\",\"locations\":2,"       \
              "\"locations_monitor\":1,\"policies\":["

#define MANY  4000


static hoop_config_policy_t  policies[MANY];
static char                  names[MANY][200];


static hoop_config_t
config(size_t n)
{
    hoop_config_t  conf;

    memset(&conf, 0, sizeof(hoop_config_t));

    conf.policies = policies;
    conf.n = n;
    conf.locations = 2;
    conf.monitored = 1;
    conf.version = hoop_cstr("0.1");
    conf.nginx = hoop_cstr("1.22");

    return conf;
}


static void
policy(size_t i, const char *file, const char *hash)
{
    policies[i].file = hoop_cstr(file);
    policies[i].name = hoop_cstr("p");
    policies[i].hash = hoop_cstr(hash);
}


static char *
state(const hoop_config_t *conf)
{
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);
    (void) hoop_config_state(&b, conf);
    (void) hoop_buf_addc(&b, '\0');

    return (char *) b.data;
}


static void
event_is(const hoop_config_t *conf, const char *before, const char *wanted,
    const char *name)
{
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    ok(hoop_config_event(&b, conf, hoop_cstr(before)) == HOOP_OK,
       "%s: an event", name);
    is_mem(b.data, b.len, wanted, strlen(wanted), name);

    hoop_buf_free(&b);
}


static void
test_states(void)
{
    char           *one, *other;
    hoop_config_t   conf;

    policy(0, "/b", B);
    policy(1, "/a", A);
    policy(2, "/a/c", A);
    conf = config(3);
    hoop_config_sort(&conf);
    one = state(&conf);

    is_str(one, "{\"v\":1" HEAD "{\"file\":\"/a\",\"policy\":\"p\",\"hash\":\""
           A "\"},{\"file\":\"/a/c\",\"policy\":\"p\",\"hash\":\"" A "\"},"
           "{\"file\":\"/b\",\"policy\":\"p\",\"hash\":\"" B "\"}]}",
           "a state, by file");

    policy(0, "/a/c", A);
    policy(1, "/b", B);
    policy(2, "/a", A);
    hoop_config_sort(&conf);
    other = state(&conf);

    is_str(other, one, "in whatever order they were named");
    free(other);

    policies[0].hash = hoop_cstr(B);
    other = state(&conf);
    ok(strcmp(one, other) != 0, "not with another hash");
    free(other);

    policies[0].hash = hoop_cstr(A);
    conf.version = hoop_cstr("0.2");
    other = state(&conf);
    ok(strcmp(one, other) != 0, "not with another version");
    free(other);

    free(one);
}


static void
test_events(void)
{
    char           *before;
    hoop_config_t   conf;

    conf = config(0);
    event_is(&conf, "", HEAD "],\"changed\":0", "nothing after nothing");

    policy(0, "/a", A);
    policy(1, "/b", A);
    policy(2, "/c", A);
    conf = config(3);
    before = state(&conf);

    event_is(&conf, "", HEAD
             "{\"file\":\"/a\",\"policy\":\"p\",\"hash\":\"" A "\","
             "\"change\":\"added\"},"
             "{\"file\":\"/b\",\"policy\":\"p\",\"hash\":\"" A "\","
             "\"change\":\"added\"},"
             "{\"file\":\"/c\",\"policy\":\"p\",\"hash\":\"" A "\","
             "\"change\":\"added\"}],\"changed\":3",
             "all are new at first");

    event_is(&conf, before, HEAD
             "{\"file\":\"/a\",\"policy\":\"p\",\"hash\":\"" A "\"},"
             "{\"file\":\"/b\",\"policy\":\"p\",\"hash\":\"" A "\"},"
             "{\"file\":\"/c\",\"policy\":\"p\",\"hash\":\"" A "\"}],"
             "\"changed\":0",
             "as they were");

    policy(0, "/a", A);
    policy(1, "/bb", A);
    policy(2, "/c", B);

    event_is(&conf, before, HEAD
             "{\"file\":\"/bb\",\"policy\":\"p\",\"hash\":\"" A "\","
             "\"change\":\"added\"},"
             "{\"file\":\"/c\",\"policy\":\"p\",\"hash\":\"" B "\","
             "\"change\":\"changed\",\"old\":\"" A "\"},"
             "{\"file\":\"/b\",\"policy\":\"p\","
             "\"change\":\"removed\",\"old\":\"" A "\"},"
             "{\"file\":\"/a\",\"policy\":\"p\",\"hash\":\"" A "\"}],"
             "\"changed\":3",
             "what has changed comes first");

    conf = config(0);
    event_is(&conf, before, HEAD
             "{\"file\":\"/a\",\"policy\":\"p\","
             "\"change\":\"removed\",\"old\":\"" A "\"},"
             "{\"file\":\"/b\",\"policy\":\"p\","
             "\"change\":\"removed\",\"old\":\"" A "\"},"
             "{\"file\":\"/c\",\"policy\":\"p\","
             "\"change\":\"removed\",\"old\":\"" A "\"}],\"changed\":3",
             "all are gone");

    free(before);
}


static void
test_hostile(void)
{
    size_t         i;
    hoop_config_t  conf;

    static const char *texts[] = {
        "{", "[]", "null", "{}", "{\"policies\":{}}", "{\"policies\":[1]}",
        "{\"policies\":[{}]}",
        "{\"policies\":[{\"file\":\"/a\",\"policy\":\"p\",\"hash\":\"a\"}]}",
        "{\"policies\":[{\"file\":\"/a\",\"policy\":1,\"hash\":\"" A "\"}]}",
        /* not one hexadecimal digit */
        "{\"policies\":[{\"file\":\"/a\",\"policy\":\"p\",\"hash\":"
            "\"A" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaa\"}]}",
        /* not in order, or twice */
        "{\"policies\":[{\"file\":\"/b\",\"policy\":\"p\",\"hash\":\"" A "\"},"
            "{\"file\":\"/a\",\"policy\":\"p\",\"hash\":\"" A "\"}]}",
        "{\"policies\":[{\"file\":\"/a\",\"policy\":\"p\",\"hash\":\"" A "\"},"
            "{\"file\":\"/a\",\"policy\":\"p\",\"hash\":\"" A "\"}]}",
        "{\"policies\":[[[[[[[[]]]]]]]]}",
        "{\"policies\":[{\"file\":\"/a\",\"policy\":\"p\",\"hash\":\"" A "\"}]"
    };

    policy(0, "/a", A);
    conf = config(1);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        event_is(&conf, texts[i], HEAD "{\"file\":\"/a\",\"policy\":\"p\","
                 "\"hash\":\"" A "\",\"change\":\"added\"}],\"changed\":1",
                 texts[i]);
    }
}


static void
test_many(void)
{
    size_t          i;
    char           *before;
    json_t         *root;
    hoop_buf_t      b;
    hoop_error_t    err;
    hoop_config_t   conf;

    for (i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "/%0150zu", i);
        policy(i, names[i], A);
    }

    conf = config(MANY);
    before = state(&conf);
    policies[MANY - 1].hash = hoop_cstr(B);

    hoop_buf_init(&b, 0);
    (void) hoop_buf_adds(&b, "{\"x\":1");
    ok(hoop_config_event(&b, &conf, hoop_cstr(before)) == HOOP_OK, "many");
    (void) hoop_buf_addc(&b, '}');

    ok(b.len < HOOP_CONFIG_EVENT_MAX + 1024, "as many as there is room for");

    root = hoop_json_load(b.data, b.len, &err);

    is_int(json_integer_value(json_object_get(root, "changed")), 1,
           "one has changed");
    is_int(json_array_size(json_object_get(root, "policies"))
           + json_integer_value(json_object_get(root, "policies_more")), MANY,
           "the rest is counted");
    is_str(json_string_value(json_object_get(
               json_array_get(json_object_get(root, "policies"), 0),
               "change")),
           "changed", "and the one comes first");

    json_decref(root);
    hoop_buf_free(&b);
    free(before);
}


int
main(void)
{
    test_states();
    test_events();
    test_hostile();
    test_many();

    return done_testing();
}
