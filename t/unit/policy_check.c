
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * All that is wrong with a policy: what goes on after an error, and what does
 * not follow from one.
 */


#include "policy.h"


static void test_all(void);
static void test_follows(void);
static void test_room(void);
static void test_zones(void);
static void test_failures(void);
static const char *check(const char *text, unsigned size);
static int no_zone(void *ctx, hoop_str_t name, hoop_buf_t *file);


static hoop_errors_t  errors;
static hoop_error_t   items[100];


int
main(void)
{
    test_all();
    test_follows();
    test_room();
    test_zones();
    test_failures();

    return done_testing();
}


static void
test_all(void)
{
    is_str(check("{'version':1,'name':'a','rules':[]}", 100), "",
           "nothing is wrong");

    is_str(check("{'version':2,\n'name':'a b',\n'default':'review',\n'x':1,"
                 "'y':2,\n'masks':[],\n'conditions':[],\n'rules':{}}", 100),
           "1:12 2:8 3:11 4:1 4:7 5:9 6:14 7:9",
           "each part of the policy, each unknown key");

    is_str(check("{'version':1,'name':'a',\n"
                 "'masks':{'off':{},\n'a':{'detect':['x']},\n'b':{},\n"
                 "'c':{'fields':[1]}},\n"
                 "'rules':[\n1,\n"
                 "{'id':'a','effect':'allow','match':{}},\n"
                 "{'effect':'x','match':{}},\n"
                 "{'id':'a','effect':'deny','match':{},'z':1}]}", 100),
           "2:10 3:16 5:16 7:1 9:1 9:11 10:7 10:38",
           "each mask set, each rule");

    is_str(check("{'version':1,'name':'a','rules':[{'id':'?',\n"
                 "'effect':'allow',\n'reason':1,\n'record':2,\n"
                 "'credential':3,\n'mask':['x',\n'pii',\n'y'],\n"
                 "'review':{},\n'token':[],\n'match':[]}]}", 100),
           "1:40 3:10 4:10 5:14 6:9 8:1 9:1 10:9 11:9",
           "each member of a rule");

    is_str(check("{'version':1,'name':'a','rules':[{'id':'a','effect':'deny',"
                 "'match':{'sub':1,\n'identity':{'issuer':[1,\n'a',\n2],\n"
                 "'sub':{'regex':'('},\n'claims':{'x':1,\n'/x':[]}},\n"
                 "'request':{'method':'get',\n'host':'a.',\n"
                 "'path':['/a','b',\n'c'],\n"
                 "'query':{'':1,\n'a':{}},\n'headers':{'a b':1}},\n"
                 "'source':{'cidr':'x'},\n"
                 "'time':[{},{'from':1},\n{'to':'25:00'}],\n"
                 "'use':['a',\n{'not':'b'}],\n"
                 "'body':{'a':1,\n'/b':{'lt':'1',\n'gt':2,\n'any':1}}}}]}",
                 100),
           "1:69 2:23 4:1 5:16 6:11 7:6 8:21 9:8 10:14 11:1 12:10 13:5 14:12 "
           "15:18 16:20 17:7 18:8 19:8 20:9 21:12 23:7",
           "each condition, each item of a list, each operator");
}


/* what is wrong is said once, where it is */

static void
test_follows(void)
{
    is_str(check("{'version':1,'name':'a','masks':{'a':{'detect':['x']}},\n"
                 "'rules':[{'id':'a','effect':'deny','match':{},"
                 "'mask':['a']}]}", 100),
           "1:49", "a mask set that is wrong, used");

    is_str(check("{'version':1,'name':'a','conditions':{\n"
                 "'a':{'use':['b']},\n'b':{'body':{'x':1}},\n"
                 "'c':{'use':['a',{'not':'b'}]},\n'd':{'use':['e']},\n"
                 "'e':{'use':['d']},\n'?':{'x':1}},\n"
                 "'rules':[{'id':'a','effect':'deny','match':{'use':["
                 "'a','b','c','d','e','?']}}]}", 100),
           "3:14 6:13 7:1", "sets that are wrong, used");

    is_str(check("{'version':1,'name':'a','rules':[\n"
                 "{'id':'a','effect':'x','match':{},'review':{},'token':{}},\n"
                 "{'id':'a','match':{'request':{'path':'/a/'}},'token':1}]}",
                 100),
           "2:20 3:1 3:7", "an effect that is not known");

    is_str(check("{'version':1,'name':'a','rules':[\n"
                 "{'id':'?','effect':'deny','match':{}},\n"
                 "{'id':'?','effect':'deny','match':{}}]}", 100),
           "2:7 3:7", "names that are wrong are not the same one");

    is_str(check("{'version':1,\n'version':2,'x':1}", 100), "2:1",
           "what is not JSON is not read on");
}


static void
test_room(void)
{
    char   text[8192];
    size_t  i, n;

    n = snprintf(text, sizeof(text), "{'version':1,'name':'a','rules':[");

    for (i = 0; i < 120; i++) {
        n += snprintf(text + n, sizeof(text) - n, "%s\n{}", i ? "," : "");
    }

    snprintf(text + n, sizeof(text) - n, "]}");

    (void) check(text, 100);

    is_int(errors.n, 100, "no more than there is room for");

    (void) check(text, 4);

    is_int(errors.n, 4, "the same with less room");
    ok(items[0].line == 2 && items[2].line == 2 && items[3].line == 3,
       "the first ones");

    is_str(check("{'version':2,\n'name':1,\n'x':1}", 1), "3:1",
           "one, as without this");
}


static void
test_zones(void)
{
    static const char  text[] = "{'version':1,'name':'a','rules':[{'id':'a',"
        "'effect':'deny','match':{'time':[\n{'zone':'Europe/Berlin'},\n"
        "{'zone':'Europe/Nowhere'},\n{'zone':'UTC'}%s]}}]}";

    char  buf[512];

    snprintf(buf, sizeof(buf), text, "");
    is_str(check(buf, 100), "2:9 3:9", "zones that are not there");
    is_str(check(buf, 1), "2:9", "one of them");

    snprintf(buf, sizeof(buf), text, ",\n{'zone':1}");
    is_str(check(buf, 100), "2:9 3:9 5:9", "and what else is wrong");
}


/* a text with an error at each byte: none goes without a place */

static void
test_failures(void)
{
    char    text[1024], copy[1024];
    size_t  i;
    unsigned  k, bad;

    snprintf(text, sizeof(text), "%s",
             "{'version':1,'name':'a','default':'allow','masks':{'m':{"
             "'detect':['email']}},'conditions':{'c':{'source':{'cidr':"
             "'10.0.0.0/8'}}},'rules':[{'id':'a','effect':'review','review':"
             "{'approvers':['x'],'count':1,'ttl':'5m'},'mask':['m'],'match':"
             "{'use':['c'],'request':{'method':'GET','path':['/a/**'],"
             "'query':{'q':{'regex':'a+'}}},'body':{'/a':{'gt':1}}}}]}");

    bad = 0;

    for (i = 0; text[i] != '\0'; i++) {
        strcpy(copy, text);
        copy[i] = (text[i] == 'x') ? 'y' : 'x';

        (void) check(copy, 100);

        for (k = 0; k < errors.n; k++) {
            bad += (items[k].line == 0 || items[k].column == 0
                    || items[k].text[0] == '\0');
        }
    }

    is_int(bad, 0, "an error has its place");
}


/* "line:column line:column"; an empty text: it compiles */

static const char *
check(const char *text, unsigned size)
{
    size_t          n;
    u_char         *copy;
    unsigned        i;
    hoop_policy_t  *policy;

    static char  got[1024];

    text = quoted(text);
    n = strlen(text);

    copy = malloc(n);
    memcpy(copy, text, n);

    memset(items, 0xff, sizeof(items));

    errors.items = items;
    errors.size = size;

    policy = hoop_policy_check(copy, n, no_zone, NULL, &errors);

    free(copy);

    got[0] = '\0';

    for (i = 0, n = 0; i < errors.n && n < sizeof(got); i++) {
        n += snprintf(got + n, sizeof(got) - n, "%s%u:%u", i ? " " : "",
                      items[i].line, items[i].column);
    }

    if ((policy == NULL) != (errors.n != 0)) {
        ok(0, "errors and a policy, or neither");
    }

    hoop_policy_free(policy);

    return got;
}


static int
no_zone(void *ctx, hoop_str_t name, hoop_buf_t *file)
{
    return HOOP_DECLINED;
}
