
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The masker.  Oracles:
 *
 *   - in any chunks, with flushes anywhere and a sink of any capacity, the
 *     output is the one for the whole;
 *   - where nothing was masked the output is the input;
 *   - valid JSON stays valid JSON;
 *   - a secret of the dictionary, put into a document in any escapes and any
 *     level of JSON in JSON, with characters that are wider or without a width,
 *     is in no decoded string of the output.
 */


#define _GNU_SOURCE    /* memmem() */

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../../src/core/hoop_mask.h"


#define FUZZ_SECRET  4096              /* six bytes for each of its own */
#define FUZZ_LOAD  (JSON_DECODE_ANY|JSON_ALLOW_NUL)


/*
 * What is to be found: the secret, and what must stand around it.  Of each
 * row of the table of tokens there is one at least.
 */

static const struct {
    const char  *before;
    const char  *secret;
    const char  *after;
} secrets[] = {
    { "", "219-09-9999", "" },
    { "", "4111 1111 1111 1111", "" },
    { "", "378282246310005", "" },
    { "", "jane.doe@example.com", "" },
    { "", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "" },
    { "", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "" },
    { "", "GB82 WEST 1234 5698 7654 32", "" },
    { "", "DE89370400440532013000", "" },
    { "", "+1 (202) 555-0147", "" },
    { "", "+442079460958", "" },
    { "", "(202) 555-0147", "" },

    /* tokens of vendors */

    { "", "AKI" "AEBRSQCCRSHS9B0EE", "" },
    { "", "ASI" "ASVSGR9GRKOH3JK4C", "" },
    { "", "ABI" "ANKPVRKLS14VX97M5", "" },
    { "", "ACC" "AOTBJHPOI645M2EHS", "" },
    { "", "A3T" "XJNTEQ0Y8MPBGDBSD", "" },
    { "", "v1." "0-886599b2ac757f8290996dd9-de5798121e8fa462d6e85bda6a3178"
          "73a59e01b29a0a9a4d296e948c5a0b1e5bb93e6d63111541f7a139d6f6"
          "7edf17de7d6f61188767d84a1a3c1fc2d65a9fad68acf2861c4815efcc", "" },
    { "", "ico" "-nZan7kaN4qhzZXYy4oJd48mkQMv05JXY", "" },
    { "", "pnu" "_9zgeh6NZ4xGBA2TXCeO48mOt71EBhZJkx3kl", "" },
    { "<n:apiKey>", "staple horse", "</n:apiKey>" },
    { "<add key=\"Password\" value=\"", "staple horse", "\"/>" },
    { "form-data; name=secret\r\n\r\n", "staple horse", "\r\n--x" },
    { "", "ABS" "KYnD14TdDo9EgZmCnu77Sv+tuuj596LlLguRIax1dYYxn9IyW1Mxj+FT"
          "5ISgxnWamNeyyNwlEeDPOMScPfQpLPecxvmK11OhugcICZmsPXKmZn", "" },
    { "", "AIz" "aasdtYpHqZ0ZIafNpZmTGbOXPaklg3jXiYIj", "" },
    { "", "GOC" "SPX-g21dhTor3wrBuFxRg7JWRgj2Un0j", "" },
    { "", "ya2" "9.miYf7FZd7voz5cV38UFpzVZvxpVhRfOUE9uS9rCfjKiwhXscO_kskT"
          "PHRpJE", "" },
    { "", "a7B" "8Q~bK2HWU2NGB8etdaxy5nygSxPj-Fbz7nS9y", "" },
    { "", "_~." "1Q~2bxas8xfW1HRyg5uekx6npDDqBVmyI2", "" },
    { "", "ghp" "_g201KwzcwufXs6GQFrGvyRUpwjIdelcRUJKE", "" },
    { "", "ghs" "_8pm3R804ELUgra35GRoTwGiCfIi2tbahs0gn", "" },
    { "", "git" "hub_pat_Zlzkf2ZUjdmb0lo5uhwFcf_wN05gQ59pB2p1jjEe5BZxSM9G"
          "VJOUCoMkKv9iKDF92QRJVwErKIPw8WxMwA", "" },
    { "", "glp" "at-2ta35hKdMV62v_x0W8b8", "" },
    { "", "glp" "at-Yw9xuqtW-M9ZA5p9iGwCh1Z7_yc.6f99eee36", "" },
    { "", "gld" "t-DaY2BW9VyNqq9bixKgze", "" },
    { "", "glf" "t-Kt-_O3k0_VPCiRIMEfG0", "" },
    { "", "glr" "t-FHOfp1BwL8ON9KSz6zd6", "" },
    { "", "glp" "tt-9478da6bd0c621de49f145fda9988c79fc35526f", "" },
    { "", "glo" "as-7eaed46725a2a7b860dcd6c8a1f8b46287cced9041dff02cee737"
          "443e2104719", "" },
    { "", "gls" "oat-gwTec9CoNxs01CWzEvYu", "" },
    { "", "glc" "bt-zf_3QD72o-RawtSLt-4HRKO", "" },
    { "", "gla" "gent-p0B8q-pDotXsxBd-ns_R7iO6r3iR67nOVEealGonX4DMLGUld0",
      "" },
    { "", "gli" "mt-azaIRfqMJDTb6YpLVoFKY3QvP", "" },
    { "", "glf" "fct-5M4X87wo8HKyG5xEzC08", "" },
    { "", "xox" "b-031776467272-042935575918-cpMafq4F2uzykarU64gD5d6q", "" },
    { "", "xox" "p-772326793814-449454437323-324935164388-73e130f7eb19731"
          "662b5e803b61ba416", "" },
    { "", "xox" "a-2-4093056529-j4d2Ovzu4q6OpGz9Ey5FapIh", "" },
    { "", "xox" "r-6446049566-1TNPnFcpKpdY0rVar7Q5pAUn", "" },
    { "", "xox" "o-722008261-995822542-523cf6941fa1c257c6f5", "" },
    { "", "xox" "s-930682651-233080516-e9d97dcbee500fe7ee5f", "" },
    { "", "xox" "e.xoxb-1-CNZQBC58YMZC1PZ2X192TOQ7IHBMIMZYU7SDRM5LLCFBQU9"
          "50JNL2TASDRSET2ZECV60R9OQ3ARFB1RGGUUTJUX8N7UH4BX44VZ4GQI35MH"
          "U8QAXJ6CFAT50EUC15R16GBZ14EYJNLJYK9JA0YP8W1JAJ0PW29QFG3D", "" },
    { "", "xox" "e-1-1WDLM1UGN8UOT9LQOXOYHOWGY9E5LK41VME4GDMAZHUAT069692O"
          "ID32NANV2561RW3D7WALN7VQ19BMANVIJ86FYZPXEU6J27HMNPX5JPULJ0S2"
          "LAG4DHOEM2WZR4WC7DIERO7FXKSJ5VUUTX", "" },
    { "", "xap" "p-1-51P2WEVP83K-6480445765848-b6f3a6a9421cc1c93016f1c426"
          "1e5351d30b49895d1a0d1f13dce20c4fd32f64", "" },
    { "", "hoo" "ks.slack.com/services/TNVCDASX0/BX21R7I00/30UFHQD5ojjKCa"
          "ZTRvC3knYA", "" },
    { "", "hoo" "ks.slack.com/workflows/T7E1UZM79/AIU9T099H/6669374054462"
          "9042/PUTA9hSPPzHNWvmy5yzvPocO", "" },
    { "", "sk_" "live_MKXejC3HptJdXgBM0Ooty5yP", "" },
    { "", "rk_" "prod_mN4epBxVgURxkuwBccdc5bPIinAAmpNxS9f2XvnT6nEtO59kC1m"
          "hxC162dTTAvBAdgXNhr6YsNBQCZ8gR2lcbo5132znTJtvYSW", "" },
    { "", "sk_" "test_V4TCEpX7JZ", "" },
    { "", "whs" "ec_5gkAeF5ZWGwpbsSanZfKeb2YgYm3VzV1", "" },
    { "", "EAA" "A6xZ7ciE0pCUdYFLwNfLZMlUui1Xo4ks9LhVcN29VHFtZeKiGs7nViUj"
          "yRQvj", "" },
    { "", "sq0" "atp-3yBGlx_dEWZej7rZAfwpKT", "" },
    { "", "sq0" "csp-xuucNBRk7Bi2UHhU0AnKT5Qrznhntmpab-zmqhoDp18", "" },
    { "", "SKd" "1ba9f20df4875b15b0be23b7ac193fe", "" },
    { "", "SG." "3h2vbsnldDw32cox2XuUdI.cm5yfX-zeffPhttiXOl2NR4O6KHPuGTFP"
          "6FiJvS1Kdn", "" },
    { "", "key" "-2ad6074dce1118813830d71939b53182", "" },
    { "", "shp" "at_e4e349d98729e7c6be9ff907a76cc0b5", "" },
    { "", "shp" "ca_7aaf89691052be1ceb374dab4683f84d", "" },
    { "", "shp" "pa_30d3fc4d83cee9b9bcca0fce9594dc72", "" },
    { "", "shp" "ss_aa7a6d0018f99ddceb1be0273dbc46df", "" },
    { "", "npm" "_psNDVBlIxLQ5ankn4Qjwb7FViIlQXwUqEaxi", "" },
    { "", "pyp" "i-AgEIcHlwaS5vcmcqoQn7dJ5Q10D0COc13pm-yipQfikd3c9l_XT71F"
          "iuJzl4yc8IoVN26sO5U6uvs5kmE0WCRw-8vNsQDP_2vbmlJMn0BOKeGNGP8f"
          "SIvNoXAIuT4z3Hjugbpyg", "" },
    { "", "rub" "ygems_ee75bb6cc69f67e48eb7c64328c0490c257a632b96292794", "" },
    { "", "dck" "r_pat_PAJPXgzm3KIQ3XvPJcnBeys5P5k", "" },
    { "", "dck" "r_oat_TpCjM5Dmt-wTI0eA56ve4EqIbROszbIS", "" },
    { "", "dop" "_v1_eae16d4f6185578715bbd26944ff770e4b9447a3d54ec6390bf6"
          "1189639e35ae", "" },
    { "", "doo" "_v1_eb95210ef2a83fdf6a0b29872400c49b5539ac5ba7b4b87113c1"
          "6fdf5924754e", "" },
    { "", "dor" "_v1_c21ef66b01d4921da2e055c90eb6f2aed4c21a9dbf49a067e24b"
          "db7ec8375637", "" },
    { "", "dap" "i8368f7e732d2e433ec56f24b1c71b106", "" },
    { "", "sk-" "ant-api03-WCfhSbpeJlKH1wfuLJ_5JcJFe4vwJoV2Ue2_e9xnjBMiwy"
          "U13Hj_Z449nOYkVOt9KGrDg5rlKXGXNJE0GZGt2vW5iiyNyAA", "" },
    { "", "sk-" "ant-admin01-8xJh4cpScKAui9CHKvIPG7HFZLvuIjhq0WPVOCl8iCDw"
          "H9oamCJXJS8_Emzw2lyu2r6PVpAcpu7g6a9Hh0oy1F3rFF3_PAA", "" },
    { "", "sk-" "proj-Hm7R5bG-PwX13EE7RGkb2jqibJKSIjGtxZ4DWzKzgw1YcKjtPb3"
          "hf7qnxKjmk3IvU-rINWrF3dT3BlbkFJ18PI7tMQMs3w2xTutJqFSzC-rkZyh"
          "CAbG0_vkEVr6qK5UnThC3ej1hCjJclXObRHOG4up14htT", "" },
    { "", "sk-" "svcacct-d26E8ef_hS0msieJ-9Irs9ym1xy85p6QKy1F5WAGQyPSERNj"
          "NNQi0uwMupT3BlbkFJeb46PFUEW0YYHMuMJ8OyF9sxxYIZsi8KqlKumjWm5F"
          "MKSfQjwMdKJCVbzO", "" },
    { "", "sk-" "admin-BVeVZmj0gK_uLHMw2p0x7mDzFwuxUb-bpgSBL5UMK5BQTwJuNg"
          "oL8qG9aVT3BlbkFJMOR-3dXXTRYm8UO_h1tpP5BGNWfbs91d-brW7pGZ7RhQ"
          "6iFGo0nzxbENwC", "" },
    { "", "sk-" "zpwUqH3jjfToPrSygjc8T3BlbkFJ3dyFnXtGvJB9nXPlctWJ", "" },
    { "", "hf_" "zG3Kk0y4qYAQk2heOsicJdPBDtpXKsdUd3", "" },
    { "", "api" "_org_brSE738TU4QCvb0XKzLPaveHKHLiPdyRa9", "" },
    { "", "381" "7131063:AAwUSj7h5kVBtEjDxFrjtO4FMjBsbpXjnTG", "" },
    { "", "610" "51388:AA9B_I2-bp_zCbphYytC4c0IojC6mGIVZvG", "" },
    { "", "hvs" ".KmeC8WcekOX445cQgRJ9LkKlbG0ZCjxcduej-yfFXvk5wKpAPqguuc1"
          "d6_qtbljx3SOeBfartv7v9Hc5rmCHaXn1EQQ4bvil", "" },
    { "", "hvb" ".jIhqpsG80Z4-G88p6KQbIk--hxC6XlTNCe8wtupWu-6OOHMPbtHSD0C"
          "_2eYRQCWiGraJOX4BGbynUQufr5MnNyGjKlsIOD-EokO10mdvWwJcMh", "" },
    { "", "gls" "a_XMVgGq4wDlshZinjGJEHoYxPH3WFvvnI_013ce94e", "" },
    { "", "glc" "_2Yku80YXVh9cBWAw2pbLBF+hEMfiNy1qz+qF5PYHEovZ+JnIVhkaRAv"
          "Q3OymV8cxPU3ajLxaHjW3Bj+o", "" },
    { "", "eyJ" "rIjoiNZnZIbhjVYucDkXsp6HgnpkoOZuh7dXWDswRqEaNVk29hMyuGzS"
          "GqM4hpnJWpxPiSE7gsN02yQIAjmCYngfU4Uz6MC", "" },
    { "", "snt" "rys_eyJHRqRPJ7XjaFbZKELI7NppRYOLRlppvPlmTbJT9yLxqGXVi8dl"
          "H4Xq4w0SAGfArpdAKhOSHOSR89eGSMfw7ViV2L+QXFoUi8FJUJoDVhJ4NCCQ"
          "whCdVej6nHA_UP5n1Ix47RZkd0tEM8shw3sBzCP22yQt7ueiEXlZlxA", "" },
    { "", "snt" "ryu_766907508db2823ccd71ba82f4dee6a63c59620e66869002b6d0"
          "8b5ab9315bd0", "" },
    { "", "ops" "_eyJPJtN6l6S9nNUuv5WlOkuVQ8S6xAgwodmgG1YWcJhYQxrNKKoaPVR"
          "r8807dKByo10QRO5tN2dUAyW4SklDzUtvNEVd0fdVmoU66BU8YcstABWEHJW"
          "sM4AKK3TuapFHTJfJFuIUuC97WvCo4IfPUe0pAOLQeELLF2f6WcP02t3pfYX"
          "ZeNH2XzEAWqg29t1uMZ6MUJ6b9PxaDwk6wOZUoWU04S1zFQ5wzDDCOPy4J3G"
          "yDitpG0zLd1bRwPRtd", "" },
    { "", "HRK" "U-AAfqSebJcbucbLzCDBi-Go0a95erNWQqa273hT7nBUwhwCI3FMckUk"
          "YFzv1Q", "" },
    { "", "ATA" "TT32HtJG0uHakd4ESHK8fWkr6vQbrrA1xTfmUlAOvHw3bqxi88OC9881"
          "9K9ie-zVmcwCOQmUcWHFq3NsdqIGz1o9bkDxn5iZc7Nwbs78B1ygJKmhL=4F"
          "D2M0G6", "" },
    { "", "lin" "_api_SnfFVugT036GoRnfi1usv77tzJv5p7vuXbWers37", "" },
    { "", "PMA" "K-628bef7a127f6c31d175a632-f8ee42ea368b23ff8500f17f4b4ca"
          "1b570", "" },
    { "", "NRA" "K-XG4E49CVL3LXGGPZH5FV9FAZOR2", "" },
    { "", "psc" "ale_tkn_xufzRjhhF7ltSlaVQwsjyQc6Td2B9AmhR9MCeVv-LoT", "" },
    { "", "psc" "ale_pw_9wMnwuQKw97YrF1UYHnXFtTbqQPhtLKM-Kgsrye4hPR", "" },
    { "", "A3-" "PKLYF0-YLU8US3JF9V-9AN4Z-FHHW3-DC2CK", "" },
    { "", "A3-" "XICITI-XQGR26-WJ7SZ-73VNG-3UYNK-0AJWT", "" },
    { "", "bed" "rock-api-key-cVbdjGVg8a3etNlQJJHZIOPjpkxKj3NCk5i3kwf9bXE"
          "Uft1ck7OwJxTnHJux", "" },
    { "", "GR1" "348941D9d8NTZ8wsVEZRLVE6dW", "" },
    { "", "xox" "a-2-5EXh82SYWz84tHD2", "" },
    { "", "xap" "p-1-AC5CWXJ2W-1528-d575cdab37e3", "" },
    { "", "LTA" "I5gYLYVKVoueZbCPiMtpJ", "" },
    { "", "AKC" "pcKO8LcWZv6TQwlPf1gwuQI9SDkkbKLSlHcGq3Q0TeAm0OMgC2V2YkeS"
          "kQUhYnjnDmpoi7", "" },
    { "", "cmV" "mdGtuYe0WHqMENUAMWfQWFP3UKaM9QjgwFkorRj8fyJlGQ3mVSbSkUN8"
          "SYZLT", "" },
    { "", "4b1" "dHyFW3OTRztYluOtOLTRdKlnf467kU1VO1en4D4", "" },
    { "", "CLO" "JARS_f16ec9fc9fab9b32fed0766bb31ed04d259b3717bd5c2d6a9a5"
          "f04c5503b", "" },
    { "", "dp." "pt.3X3dw1VwSVJVJZdwtX9zd99EsP1r8CIgCheqdwEt35N", "" },
    { "", "dp." "st.dev.0PlVJaLOfygexQbeCbVTcBKK7LtJCJdhRRrXw3vY0sT", "" },
    { "", "duf" "fel_live_b8RiEWlrHQvptkQJTCDkrVaioEfBnRZU_YzYpYilt9J", "" },
    { "", "dt0" "c01.1L5W2SB7U69RX2V5VZ8UDZ9P.IAR5PITIZL8KPWCB2HNX18C2GP6"
          "U2JBBWFFGV3NNHA2E0TB89O9VE8PMUZ85VM6P", "" },
    { "", "EZA" "KZBXDakVochVdOGODQ0BIkkFMzgPDlaASyvYhSX5vXRM29rM5AqWiBw",
      "" },
    { "", "EZT" "KrJX05BN86ohU7CTrsUKPg5KsFn62vRKjd4FghOndWwYwxrNAIPFMht",
      "" },
    { "", "EAA" "MFTkpHYIuZ72LR9PHi3CTyLLY8mESoSfgQw2su155SOVU2dtCuUJ5Kil"
          "RXCbZ8FQM7FbRwglaaWXeuSOeggW3eaWDjN4EoyDSZsd6qWuPkH3LoeFtuQx"
          "ZcXga", "" },
    { "", "EAA" "CxH7zkpUaW8VuuvXhAn6zvMBlalU6noZ78vBiZloAzbkN1kdt7ZitEnA"
          "NYYHInuYXEcyZTGGbncCcjiJfJB4q0dz4dwwG7MRfG7HiX6cHBJG0h3", "" },
    { "", "FLW" "SECK_TEST-d28a0db506573638acc02d384db001dc-X", "" },
    { "", "fo1" "_kLKhJLwikkjjefkDc-QX17uShu0uJubZNSGY5s6Vu4n", "" },
    { "", "fm2" "_c4g5NlM5lF5rMj4wNXsfH9bjrkXW6JwrXaB2v7SLFLaQEO3iw2l36xL"
          "LJcwpaeGdrgGt5fVt0IeGp6cq5yHinlfhGGle2pqISr49543ycgWE6owHvgc"
          "6GXvA", "" },
    { "", "fm1" "a_Psi4XBQVu894ur8GH1IbB+K2OJOP47Pkf3eBYKhmaIRnqJQha+ssb0"
          "85yKrTfEW9GTgJ77Po5Ge092Tm5TjBkSWLOzTXBs+ZFOYRAycjxduKl8nmwz"
          "BeDhGw", "" },
    { "", "fio" "-u-g2RTn5BzfVLYvMBBP4wZFrVJDWKbKqtTwK2y7HKQ4TDtHHYdn_dLp"
          "y_5gHRUARjE", "" },
    { "", "9Fb" "Jamh3XHSfl2.atlasv1.m6SSojLfeyUOw2ONnM1LeFGg4oq2tBcputYF"
          "f4FbWfurUDRK1teGPuSvGuM4CyYZX16", "" },
    { "", "s-s" "4t2ud-ce75fc538e29e602225b0dde9bb53f3b967cba892b3ba4a3a5"
          "d0b7c056ebc875", "" },
    { "", "s-s" "4t2af-e5b10c7ac1ff65255845a94f3489967ea4bfe513214825007e"
          "2e756aa04ab220", "" },
    { "", "ntn" "_91024441379OhzX0P3Kiej5YXGzuDCTU9oIytoOPtRcYZe", "" },
    { "", "API" "-X8WBGZQPY5FX6YFQGHZ4UJS5A4", "" },
    { "", "ppl" "x-gOR8zzCAEV8INaiHT6OHrQtrRHJYrcS69qbwV9keFTroh96b", "" },
    { "", "pul" "-65f6ef306e13d6975bb3f2594831167628828f58", "" },
    { "", "rdm" "e_09e7b7d3703a3ef076b1acdc79d2edf85dd616e732bd008f56f49d"
          "64c090cea7a24129", "" },
    { "", "tk-" "us-5BDkeb8C3LmORffXC_UNdTtMpFZMOze5VxpjUNzKjlSjyuf2", "" },
    { "", "xke" "ysib-d21e9e233c90cb4f20047226249de87a13d9133d268f95d09ea"
          "9823fa7b3a99b-fqWVwhCCVfrYtgYQ", "" },
    { "", "sm_" "pat_SDPd8zF8PPz05gTJ", "" },
    { "", "sm_" "aat_bngIDXcptbJF6jGP6buF", "" },
    { "", "shi" "ppo_live_d16ccd6b9ccc6c4ae12725b8efa9b555246fa344", "" },
    { "", "sgp" "_7a99286c0d7ce0ec037c8703ed27e961b130f4c4", "" },
    { "", "sgp" "_e8bc562ad69a1b31_a888deeeea35374646fa6aef1515e22e00fd2d"
          "74", "" },
    { "", "AGE" "-SECRET-KEY-19KPBQBNK0B7L9KMNCQPVXQD74NIA3OJTKH9S0RS94RJ"
          "0W03UIM85E1Q5OR", "" },
    { "", "LS0" "tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNZNiXn1xhOv3X7aR"
          "R0pRzHXL4kl49o8XjyI2BU7SPtwM9vQRQ7dUY9PjeV03TWQg6VNbNsExRPkR"
          "8WbkJHpH9SHAshPgCyb8DTnU9fII1HT7cNj", "" },
    { "", "LS0" "tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JN0jk6LiWNHtPQyas65m"
          "pUbad4XM05WGp58ftG3TYqEs71plcfBOrJmOtynIS==", "" },
    { "", "LS0" "tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0K8Uo4iqiiL7d"
          "rksicTUEOujoDW5Y7s4AsTrgvgp6ewINFawrc0uUoRRZVloF7zEKL5XpG9jq"
          "w8iksRtiW", "" },

    { "x", "npm_00000000000000000000000000001a" "265Nkf", "" },
    { "x", "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0" "1XM6Ea", "" },

    /* passwords in URLs, connection strings */

    { "postgres://app:", "s3cr3tPassw0rd", "@db.internal:5432/x" },
    { "redis://:", "s3cr3tPassw0rd", "@cache:6379/0" },
    { "https://bob:", "hunter2hunter2", "@example.org" },
    { "Server=db;User Id=app;Password=", "Tr0ub4dor3x", ";Encrypt=true" },
    { "Server=db;Uid=app;Pwd=", "Tr0ub4dor3x", ";Encrypt=true" },
    { "host=db user=app password=", "Tr0ub4dor3x", " dbname=x" },
    { "AccountName=x;AccountKey=",
      "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcDeFgHiJkLmNoPqRsTuVwXyZ0123"
      "456789aBcDeFgHiJkLmN==", ";x=y" },
    { "https://x.example.org/a?access_token=", "aBcDeFgHiJkLmNoPqRsT", "" },

    /* what is found on request */

    { "", "912-70-1234", "" },
    { "", "943 476 5919", "" },
    { "", "AB 12 34 56 C", "" },
    { "", "130 692 544", "" },
    { "", "51 824 753 556", "" },
    { "", "2341 2341 2346", "" },
    { "", "ABCPE1234F", "" },
    { "", "529.982.247-25", "" },
    { "", "11.222.333/0001-81", "" },
    { "api_key=", "q9Wv3kLm8ZxTb2Rc7Yd5", "" },
    { "", "1EG4-TE5-MK73", "" },
    { "", "1EG4TE5MK73", "" },
    { "", "10.20.30.40", "" },
    { "http://", "192.168.100.20", ":8080/x" },
    { "[", "2001:db8::8:800:200c:417a", "]:443" },
    { "", "2001:db8:0:1:1:1:1:1", "" },
    { "ip:", "::ffff:192.0.2.128", "/96" },
    { "", "fe80::1cc0:3e8c:119f:c2e1%eth0", "" },
    { "", "00:1A:2b:3C:4d:5e", "" },
    { "", "00-1A-2b-3C-4d-5e", "" },
    { "", "001a.2b3c.4d5e", "" },
    { "", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "" },
    { "", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "" },
    { "", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "" },

    /* by the words before them */

    { "my ssn is ", "219099999", "" },
    { "Social Security number: ", "219-099999", "" },
    { "call me at ", "2125550198", "" },
    { "Mobile: ", "07911 123456", "" },
    { "account number ", "123456789012", "" },
    { "passport ", "A12345678", "" },
    { "driver's license ", "D1234567", "" },
    { "born on ", "3 March 1980", "" },
    { "NPI number ", "1234567893", "" },

    /* and this one is a literal */

    { "", "correct-horse-battery", "" }
};

#define FUZZ_SECRETS  (sizeof(secrets) / sizeof(secrets[0]))


typedef struct {
    hoop_buf_t       out;
    uint32_t        *seed;      /* NULL: takes all */
} fuzz_sink_t;


static unsigned
fuzz_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;

    return *seed;
}


static ssize_t
fuzz_sink(void *data, const u_char *p, size_t len)
{
    size_t        n;
    fuzz_sink_t  *s = data;

    n = len;

    if (s->seed && fuzz_random(s->seed) % 3 == 0) {
        n = fuzz_random(s->seed) % (len + 1);
    }

    if (hoop_buf_add(&s->out, p, n) != HOOP_OK) {
        abort();
    }

    return n;
}


static void
fuzz_mask(unsigned mode, unsigned action, const u_char *p, size_t len,
    uint32_t *seed, fuzz_sink_t *s, uint32_t *total)
{
    int                     rc;
    size_t                  n, i;
    json_t                 *v;
    u_char                 *copy;
    unsigned                flags, nsets;
    hoop_str_t              literal;
    hoop_mask_t            *m;
    hoop_error_t            err;
    const u_char           *q;
    const hoop_mask_set_t  *sets[2];

    static hoop_mask_set_t  *own[7];

    static const char  *conf[] = {
        "{\"fields\":[\"token\",\"/a/*/b\",\"/**/c\"],\"action\":\"redact\"}",
        "{\"detect\":[\"us_ssn\",\"email\",\"us_itin\",\"uk_nhs\",\"uk_nino\","
            "\"ca_sin\",\"au_abn\",\"in_aadhaar\",\"in_pan\",\"br_cpf\","
            "\"br_cnpj\",\"date_of_birth\",\"generic_secret\","
            "\"us_mbi\",\"us_npi\","
            "\"ip_address\",\"mac_address\",\"crypto_wallet\"],"
            "\"patterns\":["
            "{\"name\":\"EMP\",\"regex\":\"\\\\bEMP-[0-9]{4,}\",\"max\":12},"
            "{\"name\":\"CAT\",\"regex\":\"CAT-(?:a+)+!\",\"max\":60}],"
            "\"fields\":[\"token\",\"ssn\"],"
            "\"action\":\"last4\"}",
        "{\"detect\":[\"default\"],\"fields\":[\"token\"],"
            "\"action\":\"hash\"}",
        "{\"detect\":[\"credit_card\"],\"fields\":[\"token\",\"/a/*\"],"
            "\"action\":\"null\"}",
        "{\"detect\":[\"default\"],\"fields\":[\"token\",\"/a/b\",\"c\"],"
            "\"action\":\"drop\"}",
        "{\"detect\":[\"default\",\"us_itin\",\"uk_nhs\",\"uk_nino\","
            "\"ca_sin\",\"au_abn\",\"in_aadhaar\",\"in_pan\",\"br_cpf\","
            "\"br_cnpj\",\"generic_secret\",\"us_bank\",\"passport\","
            "\"driver_license\",\"date_of_birth\",\"us_routing\","
            "\"us_mbi\",\"us_npi\","
            "\"ip_address\",\"mac_address\",\"crypto_wallet\"],"
            "\"fields\":[\"token\",\"/a/b\"],"
            "\"action\":\"stars\"}",
        "{\"detect\":[\"default\"],\"fields\":[\"token\",\"/a/b\"],"
            "\"patterns\":["
            "{\"name\":\"ANY\",\"regex\":\"(?<![a-z])[A-Z]{2}[^a]{2,}z\\\\b\","
            "\"scan\":true,\"max\":20},{\"name\":\"SIX\",\"scan\":true,"
            "\"regex\":\"6[0-9]{3}$\"}],\"action\":\"stars\"}"
    };

    nsets = 0;
    action %= 8;

    if (action < 7) {
        if (own[action] == NULL) {
            v = json_loads(conf[action], 0, NULL);
            own[action] = hoop_mask_set_compile(v, "", NULL, &err);
            json_decref(v);

            if (own[action] == NULL) {
                abort();
            }
        }

        sets[nsets++] = own[action];
    }

    sets[nsets++] = hoop_mask_set_default();

    literal = hoop_cstr(secrets[FUZZ_SECRETS - 1].secret);

    m = hoop_mask_create(mode, sets, nsets, &literal, 1, 8192);
    if (m == NULL) {
        abort();
    }

    (void) hoop_mask_set_hash_key(m, literal);

    for (i = 0; i < len || i == 0; i += n) {

        n = len - i;

        if (s->seed) {
            n = fuzz_random(s->seed) % 4 ? fuzz_random(s->seed) % 8 + 1
                                         : fuzz_random(s->seed) % 200 + 1;
            n = (n > len - i) ? len - i : n;
        }

        flags = (i + n == len) ? HOOP_MASK_LAST
                : (s->seed && fuzz_random(s->seed) % 2) ? HOOP_MASK_FLUSH : 0;

        /* a copy of its own, so that a read over its end is seen */

        copy = malloc(n ? n : 1);
        memcpy(copy, p + i, n);
        q = copy;

        do {
            rc = hoop_mask_feed(m, &q, copy + n, flags, fuzz_sink, s);
        } while (rc == HOOP_AGAIN);

        if (rc != HOOP_OK || q != copy + n) {
            abort();
        }

        free(copy);

        if (len == 0) {
            break;
        }
    }

    *total = hoop_mask_total(m);
    hoop_mask_free(m);
}


static int
fuzz_survives(json_t *v, const char *secret, unsigned depth)
{
    int          rc;
    json_t      *inner, *item;
    size_t       i;
    const char  *key;

    if (json_is_string(v)) {

        /* text that is JSON is judged decoded: "\u002219-09-9999" is no ssn */

        inner = depth ? json_loadb(json_string_value(v), json_string_length(v),
                                   FUZZ_LOAD, NULL) : NULL;
        if (inner == NULL) {
            return memmem(json_string_value(v), json_string_length(v), secret,
                          strlen(secret)) != NULL;
        }

        rc = fuzz_survives(inner, secret, depth - 1);
        json_decref(inner);

        return rc;
    }

    json_object_foreach(v, key, item) {
        if (strstr(key, secret) || fuzz_survives(item, secret, depth)) {
            return 1;
        }
    }

    json_array_foreach(v, i, item) {
        if (fuzz_survives(item, secret, depth)) {
            return 1;
        }
    }

    return 0;
}


static void
fuzz_print(const char *what, hoop_buf_t *b)
{
    fprintf(stderr, "%s ", what);
    fwrite(b->data, 1, b->len, stderr);
    fprintf(stderr, "\n");
}


/* appends text as a JSON string, each byte in one of its spellings */

static void
fuzz_string(hoop_buf_t *b, const u_char *p, size_t n, uint32_t *seed,
    unsigned hard)
{
    char    text[8];
    size_t  i;

    (void) hoop_buf_addc(b, '"');

    for (i = 0; i < n; i++) {

        if (p[i] < 0x80 && (p[i] < 0x20 || p[i] == '"' || p[i] == '\\'
                            || fuzz_random(seed) % 16 < hard))
        {
            (void) snprintf(text, sizeof(text),
                            fuzz_random(seed) & 1 ? "\\u%04x" : "\\u%04X",
                            p[i]);
            (void) hoop_buf_adds(b, text);
            continue;
        }

        (void) hoop_buf_addc(b, p[i]);
    }

    (void) hoop_buf_addc(b, '"');
}


/* the secret as it may be written as well: wider, or with more between */

static void
fuzz_respell(const char *secret, uint32_t *seed, unsigned hard, char *dst)
{
    u_char  c;

    static const char  *widthless[] = {
        "\xe2\x80\x8b", "\xe2\x80\x8d", "\xc2\xad", "\xef\xbb\xbf",
        "\xef\xb8\x8f"
    };

    for ( /* void */ ; *secret; secret++) {
        c = (u_char) *secret;

        if (fuzz_random(seed) % 16 < hard
            && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
                || (c >= 'a' && c <= 'z') || c == '@'))
        {
            c = (u_char) (c - 0x20);

            *dst++ = (char) 0xef;
            *dst++ = (char) (0xbc + (c >> 6));
            *dst++ = (char) (0x80 | (c & 0x3f));

        } else {
            *dst++ = (char) c;
        }

        if (secret[1] && fuzz_random(seed) % 16 < hard) {
            dst = stpcpy(dst, widthless[fuzz_random(seed) % 5]);
        }
    }

    *dst = '\0';
}


/* a document that holds a secret, after what data says */

static void
fuzz_document(const u_char *data, size_t size, uint32_t *seed,
    unsigned which)
{
    char         secret[FUZZ_SECRET];
    size_t       i;
    json_t      *v;
    uint32_t     total;
    unsigned     level, levels;
    hoop_buf_t   a, b, t;
    fuzz_sink_t  s;

    fuzz_respell(secrets[which].secret, seed,
                 (data[0] & 8) ? data[0] >> 4 : 0, secret);

    hoop_buf_init(&a, 0);
    hoop_buf_init(&b, 0);

    for (i = 0; i < size && i < 40; i++) {
        (void) hoop_buf_addc(&a, data[i] & 0x7f);
    }

    if (memmem(a.data, a.len, secret, strlen(secret))) {

        /* as the prefix has it, it may be a part of something else */

        a.len = 0;
    }

    if (strstr(secrets[which].secret, "staple")) {

        /* names are none in a name of broken JSON, and quotes end its strings */

        a.len = 0;
    }

    (void) hoop_buf_adds(&a, (data[0] & 1) ? "\n" : " ");
    (void) hoop_buf_adds(&a, secrets[which].before);
    (void) hoop_buf_adds(&a, secret);
    (void) hoop_buf_adds(&a, secrets[which].after);
    (void) hoop_buf_adds(&a, (data[0] & 2) ? "\t" : (data[0] & 4) ? ", x" : "");

    levels = 1 + fuzz_random(seed) % 3;

    for (level = 0; level < levels; level++) {

        b.len = 0;

        switch (fuzz_random(seed) % 4) {
        case 0:
            (void) hoop_buf_adds(&b, "[1,");
            break;
        case 1:
            (void) hoop_buf_adds(&b, "{\"x\": {\"text\":");
            break;
        case 2:
            (void) hoop_buf_adds(&b, "[[true , {\"y\":null},");
            break;
        default:
            (void) hoop_buf_adds(&b, "{\"t\\u0065xt\": ");
        }

        fuzz_string(&b, a.data, a.len, seed, level ? 1 : data[0] % 17);

        (void) hoop_buf_adds(&b, b.data[1] == '1' ? "]" : b.data[1] == '['
                             ? "] ]" : b.data[2] == 'x' ? "}}" : "}");
        t = a;
        a = b;
        b = t;
    }

    v = json_loadb((char *) a.data, a.len, FUZZ_LOAD, NULL);
    if (v == NULL || !fuzz_survives(v, secret, 4)) {
        goto done;
    }

    json_decref(v);

    s.seed = seed;
    hoop_buf_init(&s.out, 0);

    fuzz_mask(HOOP_MASK_JSON, 5, a.data, a.len, seed, &s, &total);

    v = json_loadb((char *) s.out.data, s.out.len, FUZZ_LOAD, NULL);

    if (v == NULL || total == 0 || fuzz_survives(v, secret, 4)) {
        fprintf(stderr, "secret %s\n", secret);
        fuzz_print("in ", &a);
        fuzz_print("out", &s.out);
        abort();
    }

    hoop_buf_free(&s.out);

done:

    json_decref(v);
    hoop_buf_free(&a);
    hoop_buf_free(&b);
}


int
LLVMFuzzerTestOneInput(const u_char *data, size_t size)
{
    json_t        *v, *masked;
    uint32_t       seed, total, again;
    unsigned       mode, action, which, i;
    fuzz_sink_t    whole, split;

    if (size < 4) {
        return 0;
    }

    mode = data[0] % (HOOP_MASK_CSV + 1);
    action = data[1];
    seed = data[2] * 7919 + data[3] * 31 + 1;
    which = data[3] % FUZZ_SECRETS;

    data += 4;
    size -= 4;

    hoop_buf_init(&whole.out, 0);
    whole.seed = NULL;

    fuzz_mask(mode, action, data, size, NULL, &whole, &total);

    if (total == 0
        && (whole.out.len != size
            || (size && memcmp(whole.out.data, data, size) != 0)))
    {
        abort();
    }

    for (i = 0; i < 2; i++) {
        hoop_buf_init(&split.out, 0);
        split.seed = &seed;

        fuzz_mask(mode, action, data, size, &seed, &split, &again);

        if (split.out.len != whole.out.len || again != total
            || (whole.out.len
                && memcmp(split.out.data, whole.out.data, whole.out.len) != 0))
        {
            fprintf(stderr, "mode %u action %u, %u and %u masked\n", mode,
                    action % 6, total, again);
            fuzz_print("whole", &whole.out);
            fuzz_print("split", &split.out);
            abort();
        }

        hoop_buf_free(&split.out);
    }

    /* jansson reads over a NUL behind a number */

    if (mode == HOOP_MASK_JSON && total && !memchr(data, 0, size)) {
        v = json_loadb((char *) data, size, FUZZ_LOAD, NULL);

        if (v) {
            masked = json_loadb((char *) whole.out.data, whole.out.len,
                                FUZZ_LOAD, NULL);
            if (masked == NULL) {
                fuzz_print("not JSON", &whole.out);
                abort();
            }

            json_decref(masked);
            json_decref(v);
        }
    }

    hoop_buf_free(&whole.out);

    if (size) {
        fuzz_document(data, size, &seed, which);
    }

    return 0;
}
