
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Detectors that are looked for on request only: what they mask, and that the
 * default set lets all of it pass.
 */


#include "mask.h"


#define MBI  "[REDACTED:US_MBI]"
#define NPI  "[REDACTED:US_NPI]"

#define HEALTH  "{\"detect\":[\"us_mbi\",\"us_npi\"]}"

#define IP   "[REDACTED:IP_ADDRESS]"
#define MAC  "[REDACTED:MAC_ADDRESS]"

#define WALLET   "[REDACTED:CRYPTO_WALLET]"
#define WALLETS  "{\"detect\":[\"crypto_wallet\"]}"

#define NET  "{\"detect\":[\"ip_address\",\"mac_address\"]}"

/* of which none is an address */
#define VERSIONS                                                              \
    "1.2.3.4.5 1.2.3.4-rc v1.2.3.4 1.2.3.4a "                                 \
    "1.2.3.4-1 1.2.3.4+dfsg 1.2.3.4~rc1 pkg-1.2.3.4 pkg_1.2.3.4 ^1.2.3.4 "    \
    "~1.2.3.4 >=1.2.3.4 lib.1.2.3.4 1.2.3.4.tar.gz 1.2.3.4_1 "                \
    "Chrome/120.0.0.0 Version=4.0.0.0 version 1.2.3.4 newVersion=\"1.0.0.0\"" \
    " <Version>1.2.3.4</Version> AssemblyVersion(\"1.2.3.4\") REV: 1.2.3.4 "  \
    "1.2.3.4-5.x 1.3.6.1.4.1.311 1.0.0.0 0.7.100.3 oid 2.5.4.3 "              \
    "ObjectIdentifier(\"2.5.29.9\") __version__ = '3.5.0.1' "                 \
    ".. versionadded:: 3.7.100.3 (sections `3.1.3.6`_)"

/* strings long enough for the quick way through JSON */
#define LONG  "\"that is a text which is longer than one block of bytes, and " \
              "holds nothing at all\""


static const mask_case_t  cases[] = {

    /* MBI, NPI */

    { T, "mbi", "1EG4-TE5-MK73 1EG4TE5MK73, (1EG4 TE5 MK72).",
      MBI " " MBI ", (" MBI ").", HEALTH },
    { J, "mbi in JSON", "[" LONG ",\"1EG4-TE5-MK73\",\"member 1EG4TE5MK73"
      "\\/x\",\"1\\u0045G4TE5MK73\"]",
      "[" LONG ",\"" MBI "\",\"member " MBI "\\/x\",\"" MBI "\"]", HEALTH },
    { C, "mbi in CSV", "name,id\na,1EG4TE5MK73\nb,\"1EG4-TE5-MK73\"\n",
      "name,id\na," MBI "\nb,\"" MBI "\"\n", HEALTH },
    { F, "mbi in a form", "a=1EG4-TE5-MK73&b=1EG4%2DTE5%2DMK73",
      "a=%5BREDACTED%3AUS_MBI%5D&b=%5BREDACTED%3AUS_MBI%5D", HEALTH },
    { T, "no mbi: letters, digits, layout, neighbours",
      "0EG4TE5MK73 1SG4TE5MK73 1EGOTE5MK73 1EG4TE5MK7 1EG4TE5MK733 "
      "1EG4-TE5MK73 1EG4-TE5 MK73 1eg4te5mk73 X1EG4TE5MK73 1EG4TE5MK73_ "
      "1EG4TE5MK73a 11G4TE5MK73 1EG4TE5M873 a-1EG4TE5MK73 1EG4TE5MK73-1 "
      "1EG44E5MK73", NULL, HEALTH },
    { T, "npi", "NPI 1234567893, npi: 1245319599\nprovider id 1234567893 "
      "National Provider Identifier (NPI) = 1234567893\n",
      "NPI " NPI ", npi: " NPI "\nprovider id 1234567893 "
      "National Provider Identifier (NPI) = " NPI "\n", HEALTH },
    { J, "npi in JSON", "[" LONG ",\"NPI 1234567893\",\"NPI\",\"1234567893\","
      "1234567893,\"prescriber 1245319599 x\",\"npi\\n1234567893\"]",
      "[" LONG ",\"NPI " NPI "\",\"NPI\",\"1234567893\",1234567893,"
      "\"prescriber " NPI " x\",\"npi\\n1234567893\"]", HEALTH },
    { T, "no npi: check digit, length, neighbours, words",
      "NPI 1234567894 NPI 3234567891 NPI 123456789 NPI 12345678930 "
      "NPI 123-456-7893 NPI 1234567893.5\n1234567893 npis\n1234567893 "
      "order 1234567893 npi order 1234567893 NPI x1234567893", NULL, HEALTH },
    { J, "fields of health", "{\"npi\":1234567893,\"providerNpi\":\"x\","
      "\"npi_number\":\"1\",\"patient_mbi\":\"y\",\"MBI\":{\"a\":1},"
      "\"nationalProviderId\":\"z\",\"Medicare Beneficiary Identifier\":"
      "\"q\",\"snpi\":1,\"npi\":null}",
      "{\"npi\":\"" NPI "\",\"providerNpi\":\"" NPI "\",\"npi_number\":\"" NPI
      "\",\"patient_mbi\":\"" MBI "\",\"MBI\":\"" MBI "\","
      "\"nationalProviderId\":\"" NPI "\",\"Medicare Beneficiary Identifier"
      "\":\"" MBI "\",\"snpi\":1,\"npi\":null}", HEALTH },
    { T, "words of these say nothing to others",
      "call my provider. 2125550198 ssn <a>x</npi> 219099999",
      "call my provider. 2125550198 ssn <a>x</npi> [REDACTED:US_SSN]", NULL },

    /* addresses of a network */

    { T, "ipv4", "10.0.0.1 192.168.100.200:8080 (255.255.255.0), 1.2.3.4.\n"
      "http://10.1.2.3/x?a=172.16.0.9&b 10.0.0.0/8 root@10.0.0.7 127.0.0.1 "
      "10.0.0.0 15.0.0.0/8 255.0.0.0\n"
      "10.0.0.1-10.0.0.9 10.0.0.1-\n::8.8.8.8 ip:9.9.9.9 [1.1.1.1] x/10.0.0.1",
      IP " " IP ":8080 (" IP "), " IP ".\n"
      "http://" IP "/x?a=" IP "&b " IP "/8 root@" IP " " IP " " IP " "
      IP "/8 " IP "\n"
      IP "-" IP " " IP "-\n" IP " ip:" IP " [" IP "] x/" IP, NET },
    { T, "no ipv4: octets", "256.1.1.1 1.256.1.1 1.1.1.256 01.2.3.4 1.2.3.04 "
      "1.2.3 1.2.3. 1..2.3 1.2.3.4444 0.0.0.0 1.2.3.999 10.0.19041.1", NULL,
      NET },
    { T, "no ipv4: versions", VERSIONS " 1.2.3.4.", VERSIONS " " IP ".", NET },
    { T, "but addresses behind such words",
      "inversion 1.2.3.4 server 1.2.3.4 /Hosts/1.2.3.4 hosts/1.2.3.4 "
      "the version of 1.2.3.4, 4.3.2.1.in-addr.arpa 1.2.3.4.in-addr",
      "inversion " IP " server " IP " /Hosts/" IP " hosts/" IP " "
      "the version of " IP ", " IP ".in-addr.arpa 1.2.3.4.in-addr", NET },
    { T, "ipv6", "2001:0db8:0000:0000:0000:ff00:0042:8329 2001:DB8::1, ::1 "
      "fe80:: fe80::1%eth0 [2001:db8::1]:443 ::ffff:192.0.2.1 (fd12::9)\n"
      "64:ff9b::192.0.2.33 ABCD:EF01:2345:6789:ABCD:EF01:2345:6789 FF01::101 "
      "1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 1:2:3:4:5:6:77.7.7.7 "
      "2001:db8::/32\nfe80::1: 2001:db8::a. addr:2001:db8::7 ip:::1 "
      "http://[::1]/ fe80::abc%25en0 ::abcd:1234 ::13.1.68.3 2001:db8::1%",
      IP " " IP ", " IP " " IP " " IP " [" IP "]:443 " IP " (" IP ")\n"
      IP " " IP " " IP " " IP " " IP " " IP " " IP " " IP "/32\n"
      IP ": " IP ". addr:" IP " ip:" IP " "
      "http://[" IP "]/ " IP " " IP " " IP " " IP "%", NET },
    { T, "no ipv6", "12:30:45 10:20:30.123 2024-03-11T10:20:30Z std::abs "
      "add::add :: ::2 x[1::2] x[::-1] a[10::20] Foo::Bar 1:2:3:4:5:6:7 "
      "1:2:3:4:5:6:7:8:9 2001:db8::1::2 2001:db8::12345 2001:db8::1g "
      "x2001:db8::1 0:0:0:0:0:0:0:0 00:11:22:33:44:55:66:77 a:b:c:d:e:f:g:h "
      "::ffff:300.1.1.1 fe80::1.2.3 std::fe80::x 2001:db8:::1 div::before "
      "2001:db8::1_ 1.2001:db8::1", NULL, NET },
    { T, "mac", "00:1A:2b:3c:4d:5e 00-1a-2B-3C-4D-5E, 001a.2b3c.4d5e. "
      "mac:00:11:22:33:44:55 (aa:bb:cc:dd:ee:ff) 00:11:22:33:44:55: x "
      "aa:bb:cc:dd:ee:01:eth0 0011.2233.4455/24 99-88-77-66-55-44",
      MAC " " MAC ", " MAC ". mac:" MAC " (" MAC ") " MAC ": x "
      MAC ":eth0 " MAC "/24 " MAC, NET },
    { T, "no mac", "00:00:00:00:00:00 ff-ff-ff-ff-ff-ff 0000.0000.0000 "
      "00:11:22:33:44 00:11:22:33:44:55:66 00:11:22:33:44-55 00:11:22:33:44:5g "
      "g0:11:22:33:44:55 000:11:22:33:44:55 00:11:22:33:44:555 "
      "20-11-26-10-30-45 1234.5678.9012 001a.2b3c.4d5e.6f70 1.001a.2b3c.4d5e "
      "11-00-1a-2B-3C-4D-5E 00-1a-2B-3C-4D-5E-11 x_00:11:22:33:44:55 "
      "12:34:56:78:9a:bc:de:f0:12 00:1a:2b:3c:4d:5e_", NULL, NET },
    { J, "addresses in JSON", "[" LONG ",\"10.0.0.1\",\"1.2.3.4\",\"::1\","
      "\"a\\n10.0.0.1\\/8\",\"at 2024-03-01T10:20:30Z from 2001:db8::1 "
      "x\",{\"10.0.0.1\":1,\"b\":\"00-1a-2B-3C-4D-5E\",\"c\":"
      "\"001a.2b3c.4d5e\",\"d\":\"00:1a:2b:3c:4d:5e\",\"e\":"
      "\"1\\u0030.0.0.1\",\"f\":\"fe80\\u003a:1\",\"g\":1.25,\"h\":"
      "\"a\\tfe80::1\"}," LONG ",\"1.2.3\",\"{\\\"a\\\":\\\"10.0.0.1\\\"}"
      "\"]",
      "[" LONG ",\"" IP "\",\"" IP "\",\"" IP "\","
      "\"a\\n" IP "\\/8\",\"at 2024-03-01T10:20:30Z from " IP " "
      "x\",{\"" IP "\":1,\"b\":\"" MAC "\",\"c\":"
      "\"" MAC "\",\"d\":\"" MAC "\",\"e\":"
      "\"" IP "\",\"f\":\"" IP "\",\"g\":1.25,\"h\":"
      "\"a\\t" IP "\"}," LONG ",\"1.2.3\",\"{\\\"a\\\":\\\"" IP "\\\"}"
      "\"]", NET },
    { J, "each alone", "[\"10.0.0.1 00:1a:2b:3c:4d:5e\"]",
      "[\"" IP " 00:1a:2b:3c:4d:5e\"]", "{\"detect\":[\"ip_address\"]}" },
    { J, "each alone, the other", "[\"10.0.0.1 00:1a:2b:3c:4d:5e\"]",
      "[\"10.0.0.1 " MAC "\"]", "{\"detect\":[\"mac_address\"]}" },
    { C, "addresses in CSV", "host,a,b\nx,10.0.0.1,00:1a:2b:3c:4d:5e\n"
      "y,\"fe80::1\",\"2001:db8::1,::1\"\n",
      "host,a,b\nx," IP "," MAC "\ny,\"" IP "\",\"" IP "," IP "\"\n", NET },
    { F, "addresses in a form", "a=10.0.0.1&b=2001%3Adb8%3A%3A1&c=00:1a:2b:3c:"
      "4d:5e", "a=%5BREDACTED%3AIP_ADDRESS%5D&b=%5BREDACTED%3AIP_ADDRESS%5D"
      "&c=%5BREDACTED%3AMAC_ADDRESS%5D", NET },
    { S, "addresses in events", "data: from 10.0.0.1\n\ndata: {\"a\":\"::1\"}"
      "\n\n", "data: from " IP "\n\ndata: {\"a\":\"" IP "\"}\n\n", NET },
    { Y, "addresses in YAML", "hosts:\n  - 10.0.0.1\n  - 2001:db8::1\nhw: "
      "00:1a:2b:3c:4d:5e\n", "hosts:\n  - " IP "\n  - " IP "\nhw: " MAC "\n",
      NET },
    { J, "fields of addresses", "{\"ip\":\"x\",\"client_ip\":3232235777,"
      "\"ip\":\"9.9.9.9\","
      "\"remoteIp\":\"y\",\"ipAddress\":\"z\",\"zip\":\"94105\","
      "\"tooltip\":\"a\",\"ZIP\":1,\"X-Forwarded-For\":\"h\","
      "\"macAddress\":\"m\",\"mac_addr\":\"n\",\"clientIp\":true}",
      "{\"ip\":\"x\",\"client_ip\":\"" IP "\",\"ip\":\"" IP "\","
      "\"remoteIp\":\"" IP "\",\"ipAddress\":\"" IP "\",\"zip\":\"94105\","
      "\"tooltip\":\"a\","
      "\"ZIP\":1,\"X-Forwarded-For\":\"" IP "\",\"macAddress\":\"" MAC
      "\",\"mac_addr\":\"" MAC "\",\"clientIp\":true}", NET },
    { T, "addresses and all others", "ip 10.0.0.1 bob@x.org fe80::1 219-09-9999"
      " password=10.0.0.1 http://u:secretpw1@10.0.0.1/ "
      "https://[2001:db8::1]:8080/?token=x",
      "ip " IP " [REDACTED:EMAIL] " IP " [REDACTED:US_SSN]"
      " password=[REDACTED:FIELD] http://u:[REDACTED:URL_PASSWORD]@" IP "/ "
      "https://[" IP "]:8080/?token=x",
      "{\"detect\":[\"default\",\"ip_address\",\"mac_address\"],"
      "\"fields\":[\"password\"]}" },

    /* wallets: those of the specifications, and some that were made for this */

    { T, "base58", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa "
      "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy, LgT3JC4kK83vvWewrLLvzxfsK2JuxnPRS4\n"
      "bitcoin:1NE62ykvETosfhxngCMdiwc76owdq5d2JN?amount=1 "
      "(DSNBaEhZXsiACi9PQnMCGhmhywfwEsSQzW) TXCJ338ePBvppt2RGU1MF6JF1bgx6RPkLi."
      " 11111111111111111111BZbvjr",
      WALLET " " WALLET ", " WALLET "\n"
      "bitcoin:" WALLET "?amount=1 "
      "(" WALLET ") " WALLET ". " WALLET, WALLETS },
    { T, "no base58", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb "
      "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNaa x1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa "
      "_1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa_ "
      "1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a 111111111111111111111111111111 "
      "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz Zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
      NULL, WALLETS },
    { T, "bech32", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4 x "
      "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4, lightning=bc1p0xlxvlhemja6c4"
      "dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0\ntb1qrp33g0q5c5txsp9arysrx4"
      "k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
      WALLET " x " WALLET ", lightning=" WALLET "\n" WALLET, WALLETS },
    { T, "no bech32", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5 "
      "Bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 "
      "abc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 "
      "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4x "
      "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3b4 bc1 bc1q BC1Q tb1",
      NULL, WALLETS },
    { T, "ether", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,"
      "0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED\n"
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae "
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaedd "
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg "
      "00x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed "
      "1x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed "
      "5aaeb6053f3e94c9b9a09f33669435e7ef1beaedaa",
      WALLET "," WALLET "\n"
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae "
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaedd "
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg "
      "00x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed "
      "1x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed "
      "5aaeb6053f3e94c9b9a09f33669435e7ef1beaedaa", WALLETS },
    { J, "wallets in JSON", "[" LONG ",\"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\","
      "\"\\nbc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4\\tx\",{\"0x5aAeb6053F3E"
      "94C9b9A09f33669435E7Ef1BeAed\":1,\"wallet_address\":\"x\","
      "\"wallet\":\"leather\"}," LONG ",\"{\\\"a\\\":\\\"3J98t1WpEZ73CNmQviec"
      "rnyiWrnqRhWNLy\\\"}\"]",
      "[" LONG ",\"" WALLET "\",\"\\n" WALLET "\\tx\",{\"" WALLET "\":1,"
      "\"wallet_address\":\"" WALLET "\",\"wallet\":\"leather\"}," LONG ","
      "\"{\\\"a\\\":\\\"" WALLET "\\\"}\"]", WALLETS },
    { S, "wallets in events", "data: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\n\n",
      "data: " WALLET "\n\n", WALLETS },

    /* of none of these the default set knows */

    { J, "not in the default set", "{\"npi\":1234567893,\"a\":"
      "\"NPI 1234567893 or 1EG4-TE5-MK73\",\"mbi\":\"1EG4TE5MK73\","
      "\"ip\":\"10.0.0.1 2001:db8::1 00:1a:2b:3c:4d:5e\",\"mac_address\":"
      "\"00-1a-2b-3c-4d-5e\",\"b\":"
      "\"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\"}",
      NULL, NULL }
};


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case(&cases[i]);
    }

    return done_testing();
}
