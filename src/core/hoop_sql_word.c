
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The words that mean something to the classifier, in a hash table that is
 * filled once, before main() or when the module is loaded.
 *
 * A function is here if no call of it changes anything beyond its own session,
 * reads a file, opens a connection, waits or writes a log, in any dialect that
 * has it; a user's function of the same name is the user's.  What is not here
 * makes a query unknown.
 */


#include "hoop_sql_impl.h"


#define HOOP_SQL_WORDS  2048
#define HOOP_SQL_SLOTS  8192           /* a power of two */

#define W(name, kw, flags)  { name, sizeof(name) - 1, kw, flags }


static void hoop_sql_words_init(void) __attribute__((constructor));


/* 0 is no word; behind the last of these the functions are added */

hoop_sql_word_t  hoop_sql_words[HOOP_SQL_WORDS] = {
    { "", 0, KW_NONE, 0 },

    W("against", KW_NONE, W_PAREN),
    W("all", KW_ALL, W_RESERVED|W_PAREN),
    W("alter", KW_ALTER, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("analyse", KW_ANALYZE, 0),
    W("analyze", KW_ANALYZE, 0),
    W("and", KW_AND, W_RESERVED|W_PAREN),
    W("anti", KW_NONE, W_RESERVED),
    W("any", KW_ANY, W_RESERVED|W_PAREN|W_FUNCTION),
    W("apply", KW_APPLY, W_RESERVED|W_PAREN),
    W("array", KW_ARRAY, W_RESERVED|W_PAREN|W_FUNCTION),
    W("as", KW_AS, W_RESERVED|W_PAREN),
    W("asc", KW_NONE, 0),
    W("asof", KW_NONE, W_RESERVED),
    W("at", KW_NONE, W_PAREN),
    W("backup", KW_NONE, W_RESERVED|W_BEGINS|W_BEGINS_ANY),
    W("begin", KW_BEGIN, W_BEGINS),
    W("bernoulli", KW_NONE, 0),
    W("between", KW_BETWEEN, W_RESERVED|W_PAREN),
    W("bulk", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("by", KW_BY, W_RESERVED|W_PAREN),
    W("call", KW_CALL, 0),
    W("case", KW_CASE, W_RESERVED|W_PAREN),
    W("changes", KW_NONE, W_PAREN),
    W("columns", KW_NONE, W_PAREN),
    W("keep", KW_NONE, W_PAREN),
    W("checkpoint", KW_NONE, W_BEGINS),
    W("close", KW_NONE, W_BEGINS),
    W("collate", KW_NONE, W_RESERVED),
    W("commit", KW_COMMIT, W_BEGINS),
    W("conflict", KW_CONFLICT, W_PAREN),
    W("connect", KW_NONE, W_RESERVED),
    W("copy", KW_COPY, 0),
    W("create", KW_CREATE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("cross", KW_NONE, W_RESERVED),
    W("cube", KW_NONE, W_PAREN|W_FUNCTION),
    W("current", KW_CURRENT, W_RESERVED),
    W("current_catalog", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_date", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_role", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_schema", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_time", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_timestamp", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_user", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("dbcc", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("deallocate", KW_NONE, W_BEGINS),
    W("declare", KW_NONE, W_RESERVED|W_BEGINS|W_BEGINS_ANY),
    W("default", KW_NONE, W_RESERVED|W_CONSTANT|W_FUNCTION),
    W("define", KW_NONE, 0),
    W("delete", KW_DELETE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("deny", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("desc", KW_DESC, W_PAREN),
    W("describe", KW_DESCRIBE, 0),
    W("disable", KW_NONE, W_BEGINS),
    W("distinct", KW_DISTINCT, W_RESERVED|W_PAREN),
    W("do", KW_DO, 0),
    W("drop", KW_DROP, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("dual", KW_NONE, 0),
    W("dumpfile", KW_DUMPFILE, 0),
    W("else", KW_NONE, W_RESERVED|W_PAREN),
    W("enable", KW_NONE, W_BEGINS),
    W("end", KW_END, W_RESERVED|W_PAREN),
    W("escape", KW_NONE, W_RESERVED),
    W("except", KW_UNION, W_RESERVED|W_PAREN),
    W("exec", KW_EXECUTE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("execute", KW_EXECUTE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("exists", KW_EXISTS, W_RESERVED|W_PAREN),
    W("explain", KW_EXPLAIN, 0),
    W("false", KW_FALSE, W_RESERVED|W_CONSTANT),
    W("fetch", KW_FETCH, W_RESERVED|W_BEGINS),
    W("filter", KW_NONE, W_PAREN|W_FUNCTION),
    W("final", KW_NONE, W_RESERVED),
    W("first", KW_FIRST, W_PAREN|W_FUNCTION),
    W("following", KW_NONE, 0),
    W("for", KW_FOR, W_RESERVED),
    W("force", KW_NONE, 0),
    W("format", KW_NONE, W_FUNCTION),
    W("from", KW_FROM, W_RESERVED|W_PAREN),
    W("full", KW_NONE, W_RESERVED),
    W("function", KW_FUNCTION, 0),
    W("glob", KW_LIKE, W_RESERVED|W_PAREN|W_FUNCTION),
    W("global", KW_NONE, W_RESERVED),
    W("go", KW_NONE, W_BEGINS),
    W("goto", KW_NONE, W_BEGINS),
    W("grant", KW_GRANT, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("group", KW_GROUP, W_RESERVED),
    W("groups", KW_NONE, 0),
    W("having", KW_HAVING, W_RESERVED|W_PAREN),
    W("if", KW_IF, W_FUNCTION|W_BEGINS),
    W("ignore", KW_NONE, 0),
    W("ilike", KW_LIKE, W_RESERVED|W_PAREN),
    W("in", KW_IN, W_RESERVED|W_PAREN),
    W("index", KW_INDEX, W_PAREN),
    W("inner", KW_NONE, W_RESERVED),
    W("insert", KW_INSERT,
      W_RESERVED|W_DANGER
      |W_FUNCTION|W_BEGINS|W_BEGINS_ANY),
    W("intersect", KW_UNION, W_RESERVED|W_PAREN),
    W("interval", KW_NONE, W_RESERVED|W_PAREN|W_FUNCTION),
    W("into", KW_INTO, W_RESERVED|W_PAREN|W_DANGER),
    W("is", KW_IS, W_RESERVED|W_PAREN),
    W("isnull", KW_LIKE, W_FUNCTION),
    W("join", KW_JOIN, W_RESERVED|W_PAREN),
    W("key", KW_KEY, W_PAREN),
    W("kill", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("lateral", KW_LATERAL, W_RESERVED|W_PAREN),
    W("left", KW_NONE, W_RESERVED|W_FUNCTION),
    W("level", KW_NONE, W_CONSTANT),
    W("like", KW_LIKE, W_RESERVED|W_PAREN|W_FUNCTION),
    W("limit", KW_LIMIT, W_RESERVED|W_PAREN),
    W("load", KW_LOAD, 0),
    W("localtime", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("localtimestamp", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("lock", KW_LOCK, 0),
    W("match_recognize", KW_NONE, W_PAREN),
    W("materialized", KW_NONE, W_RESERVED|W_PAREN),
    W("measures", KW_NONE, 0),
    W("merge", KW_MERGE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("minus", KW_UNION, W_RESERVED|W_PAREN),
    W("move", KW_NONE, W_BEGINS),
    W("natural", KW_NONE, W_RESERVED),
    W("next", KW_NEXT, 0),
    W("nextval", KW_NEXTVAL, 0),
    W("no", KW_NO, 0),
    W("nolock", KW_NONE, 0),
    W("not", KW_NOT, W_RESERVED|W_PAREN),
    W("notnull", KW_LIKE, 0),
    W("null", KW_NULL, W_RESERVED|W_CONSTANT|W_PAREN),
    W("of", KW_OF, W_PAREN),
    W("offset", KW_NONE, W_PAREN),
    W("on", KW_ON, W_RESERVED|W_PAREN),
    W("only", KW_ONLY, W_RESERVED|W_PAREN),
    W("open", KW_NONE, W_BEGINS),
    W("option", KW_OPTION, W_RESERVED|W_PAREN),
    W("or", KW_OR, W_RESERVED|W_PAREN),
    W("order", KW_ORDER, W_RESERVED),
    W("ordinality", KW_NONE, 0),
    W("outer", KW_NONE, W_RESERVED),
    W("outfile", KW_OUTFILE, 0),
    W("over", KW_NONE, W_PAREN),
    W("overlaps", KW_LIKE, W_PAREN),
    W("overwrite", KW_OVERWRITE, 0),
    W("partition", KW_NONE, W_RESERVED),
    W("pattern", KW_NONE, W_PAREN),
    W("percent", KW_NONE, 0),
    W("pivot", KW_NONE, W_PAREN),
    W("plan", KW_PLAN, 0),
    W("pragma", KW_PRAGMA, 0),
    W("preceding", KW_NONE, 0),
    W("prewhere", KW_WHERE, W_RESERVED|W_PAREN),
    W("print", KW_NONE, W_BEGINS),
    W("prior", KW_NONE, 0),
    W("procedure", KW_PROCEDURE, 0),
    W("program", KW_PROGRAM, 0),
    W("qualify", KW_NONE, W_RESERVED|W_PAREN),
    W("raiserror", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("range", KW_NONE, 0),
    W("readtext", KW_NONE, W_BEGINS),
    W("receive", KW_NONE, W_BEGINS),
    W("reconfigure", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("recursive", KW_RECURSIVE, W_RESERVED),
    W("regexp", KW_LIKE, W_RESERVED|W_PAREN),
    W("release", KW_RELEASE, 0),
    W("replace", KW_REPLACE, W_FUNCTION),
    W("restore", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("return", KW_NONE, W_BEGINS),
    W("returning", KW_RETURNING, W_RESERVED|W_PAREN),
    W("revert", KW_NONE, W_BEGINS),
    W("revoke", KW_REVOKE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("right", KW_NONE, W_RESERVED|W_FUNCTION),
    W("rlike", KW_LIKE, W_RESERVED|W_PAREN),
    W("role", KW_ROLE, 0),
    W("rollback", KW_ROLLBACK, W_BEGINS),
    W("rollup", KW_NONE, W_PAREN|W_FUNCTION),
    W("row", KW_NONE, W_PAREN|W_FUNCTION),
    W("rownum", KW_NONE, W_CONSTANT),
    W("rows", KW_NONE, 0),
    W("sample", KW_NONE, W_RESERVED|W_PAREN),
    W("save", KW_NONE, W_BEGINS),
    W("savepoint", KW_SAVEPOINT, 0),
    W("select", KW_SELECT, W_RESERVED|W_PAREN|W_BEGINS|W_BEGINS_ANY),
    W("semi", KW_NONE, W_RESERVED),
    W("send", KW_NONE, W_BEGINS),
    W("separator", KW_NONE, W_RESERVED),
    W("session_user", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("set", KW_SET, W_RESERVED|W_BEGINS|W_BEGINS_ANY),
    W("sets", KW_NONE, W_PAREN),
    W("settings", KW_SETTINGS, 0),
    W("share", KW_SHARE, 0),
    W("show", KW_SHOW, 0),
    W("shutdown", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("similar", KW_LIKE, W_RESERVED),
    W("some", KW_ANY, W_RESERVED|W_PAREN|W_FUNCTION),
    W("source", KW_SOURCE, 0),
    W("start", KW_START, 0),
    W("straight_join", KW_JOIN, W_RESERVED|W_PAREN),
    W("sysdate", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("system", KW_NONE, 0),
    W("system_user", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("systimestamp", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("table", KW_TABLE, W_RESERVED|W_PAREN),
    W("tablesample", KW_NONE, W_RESERVED|W_PAREN),
    W("then", KW_THEN, W_RESERVED|W_PAREN),
    W("throw", KW_NONE, W_BEGINS),
    W("ties", KW_NONE, 0),
    W("to", KW_TO, 0),
    W("top", KW_TOP, W_PAREN),
    W("true", KW_NONE, W_RESERVED|W_CONSTANT),
    W("truncate", KW_TRUNCATE, W_DANGER|W_FUNCTION|W_BEGINS|W_BEGINS_ANY),
    W("unbounded", KW_NONE, 0),
    W("union", KW_UNION, W_RESERVED|W_PAREN),
    W("unknown", KW_NONE, W_CONSTANT),
    W("unpivot", KW_NONE, W_PAREN),
    W("update", KW_UPDATE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("updatetext", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("use", KW_NONE, W_BEGINS),
    W("user", KW_USER, W_CONSTANT|W_FUNCTION),
    W("using", KW_USING, W_RESERVED|W_PAREN),
    W("utc_date", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("utc_time", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("utc_timestamp", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("value", KW_VALUE, 0),
    W("values", KW_VALUES, W_RESERVED|W_PAREN|W_FUNCTION),
    W("view", KW_VIEW, 0),
    W("waitfor", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("when", KW_WHEN, W_RESERVED|W_PAREN),
    W("where", KW_WHERE, W_RESERVED|W_PAREN),
    W("while", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("window", KW_NONE, W_RESERVED),
    W("with", KW_WITH, W_RESERVED|W_PAREN),
    W("writetext", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("xor", KW_XOR, W_RESERVED|W_PAREN),
};


static const char  hoop_sql_functions[] =

    /* types */

    "bigint binary bit blob bool boolean bpchar bytea bytes char "
    "character cidr clob date date32 datetime datetime2 datetime64 "
    "datetimeoffset dec decimal decimal128 decimal256 decimal32 "
    "decimal64 double enum enum16 enum8 fixedstring float float32 "
    "float4 float64 float8 geometry image inet int int128 int16 int2 "
    "int256 int32 int4 int64 int8 integer ipv4 ipv6 json jsonb long "
    "lowcardinality macaddr map mediumint mediumtext money nchar nclob "
    "nested ntext nullable number numeric nvarchar nvarchar2 object oid "
    "point raw real regclass regproc regtype rowid signed smalldatetime "
    "smallint smallmoney sql_variant string text time timestamp "
    "timestamp_ltz timestamp_ntz timestamp_tz timestamptz timetz "
    "tinyint tsquery tsvector tuple uint128 uint16 uint256 uint32 "
    "uint64 uint8 uniqueidentifier unsigned urowid uuid varbinary "
    "varbit varchar varchar2 variant varying vector year "

    /* aggregates and windows */

    "any_value anylast approx_count_distinct approx_percentile "
    "approx_quantiles approx_top_k argmax argmin array_agg "
    "array_union_agg arrayagg avg avg_if avgif bit_and bit_or bit_xor "
    "bool_and bool_or booland_agg boolor_agg checksum checksum_agg corr "
    "count count_big count_if countif covar_pop covar_samp cume_dist "
    "dense_rank every first_value group_bitmap group_concat grouparray "
    "grouping grouping_id groupuniqarray hll json_agg json_arrayagg "
    "json_group_array json_group_object json_object_agg json_objectagg "
    "jsonb_agg jsonb_group_array jsonb_group_object jsonb_object_agg "
    "kurtosis lag laginframe last last_value lead leadinframe listagg "
    "max max_by maxif median medianexact min min_by minif mode "
    "nth_value ntile object_agg percent_rank percentile_cont "
    "percentile_disc quantile quantileexact quantiles quantiletdigest "
    "quantiletiming rank ratio_to_report regr_avgx regr_avgy regr_count "
    "regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy "
    "row_number rownumberinallblocks runningdifference skewness std "
    "stddev stddev_pop stddev_samp stddevpop stddevsamp stdev stdevp "
    "string_agg sum sum_if sumif summap sumwithoverflow topk total uniq "
    "uniqcombined uniqexact uniqhll12 var var_pop var_samp variance "
    "varp varpop varsamp within wm_concat xmlagg "

    /* numbers */

    "abs acos acosd acosh asin asinh atan atan2 atan2d atand atanh "
    "bankers_round bit_count bitand bitcount bitor bitshiftleft "
    "bitshiftright bitxor cbrt ceil ceiling conv cos cosd cosh cot cotd "
    "crc32 degrees div div0 div0null divide erf erfc exp exp10 exp2 "
    "factorial floor gamma gcd greatest haversine intdiv intdivorzero "
    "iseven isfinite isinfinite isnan lcm least lgamma ln log log10 "
    "log1p log2 min_scale mod modulo multiply nanvl negate nullifzero "
    "numeric_inc pi plus pow power radians rand rand32 rand64 random "
    "random_normal randomcanonical remainder round roundbankers "
    "roundtoexp2 scale sign sin sind sinh sqrt square tan tand tanh "
    "to_number trim_scale trunc uniform width_bucket zeroblob "
    "zeroifnull "

    /* text */

    "ascii base64_decode_string base64_encode base64decode base64encode "
    "bin bit_length bm25 btrim casewithexpression char_length "
    "character_length charindex chr cityhash64 coalesce collation "
    "compress concat concat_ws concatwithseparator contains convert "
    "convert_from convert_to cutquerystring decode decodeurlcomponent "
    "difference digest domain domainwithoutwww editdistance elt empty "
    "encode encodeurlcomponent ends_with endswith export_set extractall "
    "extractallgroups extracturlparameter farmhash64 field find_in_set "
    "format_string format_type freetext from_base64 fromunixtimestamp "
    "fromunixtimestamp64milli hamming hashbytes hex hextoraw highlight "
    "ifnotfinite initcap instr isdigit jarowinkler_similarity lcase "
    "leftpad len length lengthb lengthutf8 levenshtein "
    "levenshtein_less_equal likelihood likely locate lower lowerutf8 "
    "lpad ltrim make_set match md5 md5_hex md5_string mid multiif "
    "multisearchany murmurhash3_64 nchr ngrams nls_initcap nls_lower "
    "nls_upper nlssort normalize notempty notlike numnode oct "
    "octet_length offsets ord overlay parse_ident parse_url path "
    "patindex phraseto_tsquery plainto_tsquery position "
    "positioncaseinsensitive printf protocol querytree quote "
    "quote_ident quote_literal quote_nullable quotename rawtohex "
    "regexp_count regexp_extract_all regexp_instr regexp_like "
    "regexp_match regexp_matches regexp_replace regexp_split_to_array "
    "regexp_split_to_table regexp_substr regexp_substr_all repeat "
    "replaceall replaceone replaceregexpall replaceregexpone replicate "
    "reverse reverseutf8 rightpad rpad rtrim rtrimmed setweight sha1 "
    "sha1_hex sha2 sha224 sha256 sha2_hex sha384 sha512 similarity "
    "siphash64 snippet soundex space split split_part split_to_table "
    "splitbychar splitbyregexp splitbystring starts_with startswith str "
    "strcmp string_escape string_split string_to_array string_to_table "
    "strip strip_accents strpos strtok strtok_to_array stuff substr "
    "substrb substring substring_index substringutf8 to_ascii to_base64 "
    "to_char to_hex to_tsquery to_tsvector tobase64 tochar toplevdomain "
    "toplevel tostring translate trim trimboth trimleft trimright "
    "try_base64_decode_string ts_headline ts_rank ts_rank_cd typeof "
    "ucase unaccent uncompress unhex unicode unistr unlikely upper "
    "upperutf8 urlencode websearch_to_tsquery weight_string "
    "word_similarity xxhash64 "

    /* dates */

    "add_days add_months adddate adddays addhours addminutes addmonths "
    "addseconds addtime addweeks addyears age clock_timestamp "
    "convert_timezone convert_tz curdate current_timezone curtime "
    "date_add date_bin date_diff date_format date_from_parts date_part "
    "date_sub date_trunc dateadd datediff datediff_big datefromparts "
    "datename dateparse datepart datetime2fromparts datetime_add "
    "datetimefromparts datetrunc day dayname dayofmonth dayofweek "
    "dayofweekiso dayofyear eomonth extract formatdatetime from_days "
    "from_tz from_unixtime get_format getdate getutcdate hour hours_add "
    "isdate julianday justify_days justify_hours justify_interval "
    "last_day make_date make_interval make_time make_timestamp "
    "make_timestamptz makedate makedatetime maketime microsecond minute "
    "month monthname months_between new_time next_day now now64 "
    "numtodsinterval numtoyminterval parsedatetime "
    "parsedatetimebesteffort parsedatetimebesteffortornull period_add "
    "period_diff previous_day quarter sec_to_time second "
    "smalldatetimefromparts statement_timestamp str_to_date strftime "
    "subdate subtime subtractdays subtracthours subtractminutes "
    "subtractmonths subtractseconds subtractweeks subtractyears "
    "switchoffset sysdatetime sysdatetimeoffset sysutcdatetime "
    "time_bucket time_format time_from_parts time_slice time_to_sec "
    "timediff timefromparts timeofday timeslot timeslots "
    "timestamp_from_parts timestampadd timestampdiff timezone "
    "timezoneof to_date to_days to_dsinterval to_seconds to_time "
    "to_timestamp to_timestamp_ltz to_timestamp_ntz to_timestamp_tz "
    "to_yminterval todate todate32 todatetime todatetime64 "
    "todatetimeoffset today todayofmonth todayofweek todayofyear tohour "
    "tointervalday tointervalhour tointervalminute tointervalmonth "
    "tointervalsecond tointervalweek tointervalyear toisoweek toisoyear "
    "tolastdayofmonth tominute tomonday tomonth toquarter "
    "torelativedaynum torelativehournum tosecond tostartofday "
    "tostartoffifteenminutes tostartoffiveminute tostartoffiveminutes "
    "tostartofhour tostartofinterval tostartofminute tostartofmonth "
    "tostartofquarter tostartofsecond tostartoftenminutes tostartofweek "
    "tostartofyear totimezone tounixtimestamp toweek toyear toyyyymm "
    "toyyyymmdd toyyyymmddhhmmss transaction_timestamp try_to_date "
    "try_to_timestamp tz_offset unix_timestamp unixepoch week weekday "
    "weekiso weekofyear yearofweek yearofweekiso yearweek yesterday "

    /* values and casts */

    "accuratecast accuratecastordefault accuratecastornull "
    "assumenotnull bar bin_to_uuid case_not cast chartorowid choose "
    "crypt_gen_random dump equal_null gen_random_bytes gen_random_uuid "
    "generateuuidv4 hash identity iff ifnull iif inet6_aton inet6_ntoa "
    "inet_aton inet_ntoa ipv4numtostring ipv4stringtonum is_array "
    "is_boolean is_date is_decimal is_double is_integer is_ipv4 is_ipv6 "
    "is_null_value is_object is_real is_timestamp_ntz is_uuid "
    "is_varchar isjson isnotnull isnumeric lnnvl materialize newid "
    "newsequentialid nullif nullin num_nonnulls num_nulls nvl nvl2 "
    "ora_hash parse random_bytes randomblob regr_valx "
    "reinterpretasint32 rowtonchar safe_cast sys_guid to_array "
    "to_binary to_boolean to_clob to_decimal to_double to_geography "
    "to_geometry to_json to_jsonb to_nchar to_numeric to_object "
    "to_regclass to_varchar to_variant to_xml tobool todateornull "
    "todatetimeornull todecimal128 todecimal32 todecimal64 "
    "tofixedstring tofloat32 tofloat64 tofloat64ornull tofloat64orzero "
    "toint128 toint16 toint32 toint32ornull toint32orzero toint64 "
    "toint64ornull toint64orzero toint8 toint8ornull tointerval toipv4 "
    "tonullable totypename touint128 touint16 touint32 touint32ornull "
    "touint64 touint64ornull touint8 touuid transform treat try_cast "
    "try_convert try_parse try_parse_json try_to_binary try_to_boolean "
    "try_to_decimal try_to_double try_to_number try_to_numeric "
    "uuid_generate_v1 uuid_generate_v4 uuid_generate_v5 uuid_string "
    "uuid_to_bin uuidv4 uuidv7 visiblewidth vsize "

    /* JSON, arrays, XML */

    "akeys array_append array_cat array_compact array_construct "
    "array_construct_compact array_contains array_dims array_distinct "
    "array_except array_fill array_insert array_intersection "
    "array_length array_lower array_ndims array_overlap array_position "
    "array_positions array_prepend array_remove array_replace "
    "array_shuffle array_size array_slice array_sort array_to_json "
    "array_to_string array_unique_agg array_upper arrayall arrayavg "
    "arrayconcat arraycount arraycumsum arraydifference arraydistinct "
    "arrayelement arrayenumerate arrayexists arrayfilter arrayfirst "
    "arrayflatten arrayindex arrayintersect arrayjoin arraylast "
    "arraymap arraymax arraymin arraypopback arraypopfront "
    "arraypushback arraypushfront arrayreduce arrayresize arrayreverse "
    "arrayreversesort arrays_overlap arrayslice arraysort "
    "arraystringconcat arraysum arrayuniq arrayzip as_array as_char "
    "as_date as_decimal as_double as_integer as_number as_object "
    "as_varchar avals cardinality check_json check_xml daterange "
    "defined exist existsnode flatten generate_array "
    "generate_date_array generate_series generate_subscripts "
    "generaterandom generator get get_path has hasall hasany hstore "
    "indexof int4range int8range isempty isjsonb ism isvalidjson "
    "json_array json_array_elements json_array_elements_text "
    "json_array_length json_build_array json_build_object json_contains "
    "json_contains_path json_depth json_each json_each_text json_exists "
    "json_extract json_extract_path json_extract_path_text "
    "json_extract_string json_insert json_keys json_length json_merge "
    "json_merge_patch json_merge_preserve json_modify json_object "
    "json_object_keys json_overlaps json_patch json_path_exists "
    "json_path_query json_populate_record json_populate_recordset "
    "json_pretty json_query json_quote json_remove json_replace "
    "json_scalar json_search json_serialize json_set json_strip_nulls "
    "json_table json_to_record json_to_recordset json_transform "
    "json_tree json_type json_typeof json_unquote json_valid json_value "
    "jsonb_array_elements jsonb_array_elements_text jsonb_array_length "
    "jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text "
    "jsonb_exists jsonb_exists_all jsonb_exists_any jsonb_extract_path "
    "jsonb_extract_path_text jsonb_insert jsonb_object "
    "jsonb_object_keys jsonb_path_exists jsonb_path_match "
    "jsonb_path_query jsonb_path_query_array jsonb_path_query_first "
    "jsonb_populate_record jsonb_populate_recordset jsonb_pretty "
    "jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record "
    "jsonb_to_recordset jsonb_typeof jsonextract jsonextractarrayraw "
    "jsonextractbool jsonextractfloat jsonextractint jsonextractkeys "
    "jsonextractkeysandvalues jsonextractraw jsonextractstring "
    "jsonextractuint jsonhas jsonlength jsontype lower_inc map_keys "
    "mapcontains mapfromarrays mapkeys mapvalues member multirange "
    "numbers numbers_mt numrange object_construct "
    "object_construct_keep_null object_delete object_insert object_keys "
    "object_pick openjson parse_json range_merge row_to_json series "
    "simplejsonextractint simplejsonextractraw simplejsonextractstring "
    "simplejsonhas skeys slice strip_null_value svals trim_array "
    "tsrange tstzrange tupleelement unnest untuple upper_inc "
    "visitparamextractint visitparamextractraw visitparamextractstring "
    "visitparamhas xmlattributes xmlcomment xmlconcat xmlelement "
    "xmlexists xmlforest xmlget xmlquery xmlroot xmlserialize xmltable "
    "xpath xpath_exists "

    /* what the session and the catalog say */

    "app_name bitmaptoarray blocknumber col_description col_length "
    "col_name columnproperty connection_id connectionproperty "
    "context_info current_account current_available_roles "
    "current_client current_database current_query current_region "
    "current_schemas current_session current_setting current_version "
    "current_warehouse currentdatabase currentuser currval "
    "cursor_status database databasepropertyex db_id db_name error_line "
    "error_message error_number error_procedure error_severity "
    "error_state format_bytes formatreadablequantity formatreadablesize "
    "formatreadabletimedelta found_rows fulltextserviceproperty "
    "has_any_column_privilege has_column_privilege "
    "has_database_privilege has_function_privilege has_perms_by_name "
    "has_schema_privilege has_sequence_privilege has_table_privilege "
    "host_id host_name hostname ident_current index_col "
    "indexkey_property inet_client_addr inet_client_port "
    "inet_server_addr inet_server_port is_member is_rolemember "
    "is_srvrolemember iscompressed last_insert_id last_insert_rowid "
    "last_query_id "
    "lastval min_active_rowversion nocount obj_description "
    "object_definition object_id object_name object_schema_name "
    "objectproperty objectpropertyex original_login parsename "
    "pg_backend_pid pg_blocking_pids pg_client_encoding pg_column_size "
    "pg_conf_load_time pg_current_wal_lsn pg_database_size "
    "pg_encoding_to_char pg_function_is_visible pg_get_constraintdef "
    "pg_get_expr pg_get_function_arguments "
    "pg_get_function_identity_arguments pg_get_function_result "
    "pg_get_functiondef pg_get_indexdef pg_get_keywords "
    "pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence "
    "pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role "
    "pg_indexes_size pg_is_in_recovery pg_last_wal_receive_lsn "
    "pg_last_wal_replay_lsn pg_last_xact_replay_timestamp "
    "pg_postmaster_start_time pg_relation_size pg_size_bytes "
    "pg_size_pretty pg_stat_get_dead_tuples pg_stat_get_live_tuples "
    "pg_table_is_visible pg_table_size pg_tablespace_size "
    "pg_total_relation_size pg_type_is_visible pg_typeof "
    "pg_wal_lsn_diff pragma_database_list pragma_foreign_key_list "
    "pragma_index_info pragma_index_list pragma_table_info "
    "pragma_table_xinfo result_scan row_count rowcount_big schema "
    "schema_id schema_name scope_identity serverproperty serveruuid "
    "session_context sessionproperty shobj_description "
    "sqlite_compileoption_get sqlite_compileoption_used "
    "sqlite_source_id sqlite_version st_area st_asgeojson st_astext "
    "st_aswkt st_buffer st_centroid st_contains st_distance "
    "st_distance_sphere st_distancesphere st_dwithin st_geogfromtext "
    "st_geographyfromtext st_geometryfromtext st_geomfromgeojson "
    "st_geomfromtext st_intersection st_intersects st_length "
    "st_makeenvelope st_makepoint st_point st_setsrid st_srid "
    "st_transform st_union st_within st_x st_y stats_date suser_id "
    "suser_name suser_sid suser_sname sys_context total_changes "
    "txid_current_if_assigned type_id type_name typeproperty uid uptime "
    "user_id user_name userenv version xact_state ";


static uint16_t  hoop_sql_slots[HOOP_SQL_SLOTS];


unsigned
hoop_sql_word(const u_char *p, size_t len, uint32_t hash)
{
    size_t                  i;
    unsigned                n, slot;
    const hoop_sql_word_t  *w;

    for (slot = hash % HOOP_SQL_SLOTS;
         (n = hoop_sql_slots[slot]) != 0;
         slot = (slot + 1) % HOOP_SQL_SLOTS)
    {
        w = &hoop_sql_words[n];

        if (w->len != len) {
            continue;
        }

        for (i = 0; i < len; i++) {
            if (hoop_sql_lower(p[i]) != (u_char) w->name[i]) {
                break;
            }
        }

        if (i == len) {
            return n;
        }
    }

    return 0;
}


static void
hoop_sql_words_add(unsigned n)
{
    size_t                  i;
    uint32_t                hash;
    unsigned                slot;
    const hoop_sql_word_t  *w;

    w = &hoop_sql_words[n];
    hash = HOOP_SQL_HASH;

    for (i = 0; i < w->len; i++) {
        hash = hoop_sql_hash(hash, (u_char) w->name[i]);
    }

    slot = hash % HOOP_SQL_SLOTS;

    while (hoop_sql_slots[slot]) {
        slot = (slot + 1) % HOOP_SQL_SLOTS;
    }

    hoop_sql_slots[slot] = n;
}


static void
hoop_sql_words_init(void)
{
    unsigned           n;
    const char        *p;
    hoop_sql_word_t   *w;

    for (n = 1; hoop_sql_words[n].name; n++) {
        hoop_sql_words_add(n);
    }

    for (p = hoop_sql_functions; *p; p += w->len + 1) {

        w = &hoop_sql_words[n];
        w->name = p;
        w->len = strchr(p, ' ') - p;
        w->kw = KW_NONE;
        w->flags = W_FUNCTION;

        hoop_sql_words_add(n++);
    }
}
