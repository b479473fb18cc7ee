
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Values that are known by the words before them.
 */


#include "../../src/core/hoop_context.h"
#include "mask.h"


#define SSN    "[REDACTED:US_SSN]"
#define PHONE  "[REDACTED:PHONE]"


static const mask_case_t  cases[] = {

    { T, "nine digits", "SSN 123456789, my ssn is 219099999\n"
      "ssn# 219099999; (SSN) 219099999 SSN-219099999 SSN:\t219099999",
      "SSN " SSN ", my ssn is " SSN "\n"
      "ssn# " SSN "; (SSN) " SSN " SSN-" SSN " SSN:\t" SSN, NULL },
    { T, "the words in full", "social security number is 219099999\n"
      "Social Security No. 219099999\nmy social is 219099999\n"
      "Soc. Sec. 219099999\nS.S.N.: 219099999\nsocialSecurity=219099999\n",
      "social security number is " SSN "\nSocial Security No. " SSN "\n"
      "my social is " SSN "\nSoc. Sec. " SSN "\nS.S.N.: " SSN "\n"
      "socialSecurity=" SSN "\n", NULL },
    { T, "separators of any kind", "SSN 219-09 9999 SSN 219.09-9999 "
      "SSN 219-099999 SSN 21909-9999 SSN 219 - 09 - 9999 "
      "SSN 219\xc2\xa0" "09-9999",
      "SSN " SSN " SSN " SSN " SSN " SSN " SSN " SSN " SSN " SSN " SSN " SSN,
      NULL },
    { T, "no number that was issued", "SSN 000123456 SSN 666123456 "
      "SSN 912345678 SSN 219009999 SSN 219090000 SSN 2190999990 "
      "SSN 21909999 SSN 219099999a SSN 219099999_1 SSN 219099999-1 "
      "SSN 219099999.5 SSN $219099999 SSN 1.219099999 SSN x219099999",
      NULL, NULL },
    { T, "nothing without a word", "219099999 2125550198 id 219099999 "
      "recipient 219099999 classn 219099999 security 219099999 "
      "earphones 2125550198 hotel 2125550198 automobile: 2125550198\n",
      NULL, NULL },
    { T, "nothing behind", "219099999 SSN\n2125550198 phone", NULL, NULL },
    { T, "the fifth word before, not the sixth",
      "ssn a b c d 219099999\nssn a b c d e 219099999\n",
      "ssn a b c d " SSN "\nssn a b c d e 219099999\n", NULL },
    { T, "sixty-four bytes before, not one more",
      "a ssn xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      " 219099999\n"
      "a ssn xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      " 219099999\n",
      "a ssn xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      " " SSN "\n"
      "a ssn xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      " 219099999\n", NULL },
    { T, "in the same line and sentence", "SSN\n219099999\nSSN\r\n219099999 "
      "lost my ssn there. 219099999 ssn! 219099999 ssn? 219099999 "
      "ssn; 219099999 {ssn} 219099999\n", NULL, NULL },
    { T, "what stands between says that it is another",
      "phone order 2125550198, SSN order 219099999, call ticket 2125550198, "
      "phone account 2125550198, ssn count 219099999\n", NULL, NULL },

    { T, "telephone numbers", "phone 2125550198\nTel. 212 555 0198\n"
      "Mobile: 07911 123456\ncall me at 2125550198\n"
      "call John Smith at 2125550198 now\nFax 1 212 555 0198\n"
      "phone (2125550198)\nPhone# 212 5550198\ntext 2125550198 to win\n"
      "phone_number: \"2125550198\"\nphoneNumber=2125550198\n",
      "phone " PHONE "\nTel. " PHONE "\nMobile: " PHONE "\n"
      "call me at " PHONE "\ncall John Smith at " PHONE " now\n"
      "Fax " PHONE "\nphone (" PHONE ")\nPhone# " PHONE "\n"
      "text " PHONE " to win\nphone_number: \"" PHONE "\"\n"
      "phoneNumber=" PHONE "\n", NULL },
    { T, "of other countries", "Tel.: 030 901820\nTelefon (030) 901820-0\n"
      "T\xc3\xa9l : 01 23 45 67 89\nmobile 98765 43210\nm\xc3\xb3vil "
      "612 345 678\nphone 13812345678\nphone: 0049 30 901820\n"
      "phone 442079460958\n",
      "Tel.: " PHONE "\nTelefon " PHONE "\nT\xc3\xa9l : " PHONE "\n"
      "mobile " PHONE "\nm\xc3\xb3vil " PHONE "\nphone " PHONE "\n"
      "phone: " PHONE "\nphone " PHONE "\n", NULL },
    { T, "telephone numbers of eight digits", "phone 88 165 409\nTel: 9469 9966."
      "\nfax 28-81-33-70, mobile: 73 448266\n"
      "call 9469 9966\n",
      "phone " PHONE "\nTel: " PHONE ".\nfax " PHONE ", mobile: " PHONE "\n"
      "call " PHONE "\n",
      NULL },
    { T, "no telephone number of eight digits", "phone 12-25-2020 tel 2020-11-26 "
      "fax 2020-2021 phone 12-34-56 phone 12 34 567 phone 12345678\n"
      "call it 12345678", NULL, NULL },
    { T, "several", "phones: 212 555 0198 or 415 555 0123 / 2025550147/"
      "2025550148, 2025550149",
      "phones: " PHONE " or " PHONE " / " PHONE "/" PHONE ", " PHONE, NULL },
    { T, "cells of HTML", "<td>Phone</td><td>2125550198</td>\n"
      "<phone>x</phone><x>2125550198</x>",
      "<td>Phone</td><td>" PHONE "</td>\n"
      "<phone>x</phone><x>2125550198</x>", NULL },
    { T, "no telephone number", "phone 1125550198 phone 12125\n"
      "phone 1700000000\nphone 1700000000000\nmobile 192.168.100.200\n"
      "fax 2024-03-11 10:20:30 fax 01.02.2024 10:20\n"
      "the phone had 2125550198.5 phone $2125550198\n"
      "call took 2125550198 ns\ncall function 2125550198\n"
      "phone 0.1234567890123 phone 2125550198_x\n"
      "phone 0000000000 see /phone/2125550198\n",
      NULL, NULL },

    { J, "in JSON", "[\"SSN 219099999\",\"SSN\",\"219099999\",219099999,"
      "\"my phone is 2125550198.\",{\"call 2125550198\":\"x\\n219099999\"},"
      "\"ssn\\n219099999\",\"ssn\\t219099999\",\"ssn\\/ 219099999\"]",
      "[\"SSN " SSN "\",\"SSN\",\"219099999\",219099999,"
      "\"my phone is " PHONE ".\",{\"call " PHONE "\":\"x\\n219099999\"},"
      "\"ssn\\n219099999\",\"ssn\\t" SSN "\",\"ssn\\/ " SSN "\"]", NULL },
    { J, "in escapes", "[\"\\u0053SN \\u0032190\\u0039" "9999\","
      "\"ph\\u006fne\\u00a0" "2125550198\"]",
      "[\"\\u0053SN " SSN "\",\"ph\\u006fne\\u00a0" PHONE "\"]", NULL },
    { J, "in JSON in JSON", "{\"t\":\"{\\\"m\\\":\\\"SSN 219099999\\\","
      "\\\"ssn\\\":1,\\\"n\\\":219099999}\"}",
      "{\"t\":\"{\\\"m\\\":\\\"SSN " SSN "\\\",\\\"ssn\\\":\\\"" SSN "\\\","
      "\\\"n\\\":219099999}\"}", NULL },
    { J, "fields, not numbers", "{\"ssn\":123456789,\"a\":123456789,"
      "\"phones\":[1,2],\"id\":2125550198}",
      "{\"ssn\":\"" SSN "\",\"a\":123456789,\"phones\":[1,2],"
      "\"id\":2125550198}", NULL },
    { J, "names of telephone numbers",
      "{\"phone\":\"2125550198\",\"mobileNumber\":2125550198,\"home_tel\":"
      "\"(212)5550198 x5\",\"fax-no\":\"07911 123456\",\"phone\":\"\\u0032"
      "125550198\",\"Phone Number\":\"+12125550198\",\"phone\":"
      "\"212\\u00a0555\\u00a00198\",\"phone\":{\"a\":\"2125550198\"}}",
      "{\"phone\":\"" PHONE "\",\"mobileNumber\":\"" PHONE "\",\"home_tel\":"
      "\"" PHONE " x5\",\"fax-no\":\"" PHONE "\",\"phone\":\"" PHONE
      "\",\"Phone Number\":\"" PHONE "\",\"phone\":\"" PHONE "\",\"phone\":"
      "{\"a\":\"2125550198\"}}", NULL },
    { J, "and what is none", "{\"phone\":\"x\",\"phone_id\":\"2125550198\","
      "\"phone\":null,\"a\":\"2125550198\",\"phone\":[\"2125550198\"],"
      "\"number\":2125550198,\"phoneNumberId\":2125550198,\"phone\":"
      "1700000000,\"order_number\":\"2125550198\",\"headphone\":2125550198,"
      "\"phone\":\"id 2125550198\",\"text\":\"2125550198\"}", NULL, NULL },
    { J, "NDJSON", "{\"m\":\"ssn\"}\n{\"m\":\"219099999\"}\n"
      "{\"m\":\"ssn 219099999\"}\n",
      "{\"m\":\"ssn\"}\n{\"m\":\"219099999\"}\n{\"m\":\"ssn " SSN "\"}\n",
      NULL },
    { S, "events", ": ssn 219099999\ndata: phone 2125550198\n\ndata: ssn\n"
      "data: 219099999\n\ndata: {\"a\":\"SSN: 219099999\"}\n\n",
      ": ssn " SSN "\ndata: phone " PHONE "\n\ndata: ssn\n"
      "data: 219099999\n\ndata: {\"a\":\"SSN: " SSN "\"}\n\n", NULL },
    { F, "a form", "m=my+ssn+is+219099999&n=219099999&p=call%20me%3A2125550198",
      "m=my+ssn+is+%5BREDACTED%3AUS_SSN%5D&n=219099999&p=call%20me%3A%5B"
      "REDACTED%3APHONE%5D", NULL },
    { F, "names in a form", "home_phone=2125550198&x=2125550198&ph%6fne="
      "212%20555+0198&tel=x",
      "home_phone=%5BREDACTED%3APHONE%5D&x=2125550198&ph%6fne="
      "%5BREDACTED%3APHONE%5D&tel=x", NULL },
    { T, "respelt", "s\xef\xbd\x93n 21909\xe2\x80\x8b" "9999 "
      "phone&#58;&nbsp;2125550198",
      "s\xef\xbd\x93n " SSN " phone&#58;&nbsp;" PHONE, NULL },
    { T, "by the detector that is asked for", "ssn 219099999 phone 2125550198",
      "ssn 219099999 phone [REDACTED:PHONE]", "{\"detect\":[\"phone\"]}" },
    { J, "other actions", "[\"SSN 219099999\"]", "[\"SSN *****9999\"]",
      "{\"detect\":[\"us_ssn\"],\"action\":\"last4\"}" },

    { T, "routing numbers", "routing 121000358, ABA: 021000021\n"
      "transit number 121000359 routing 991000358 121000358\n121000358",
      "routing [REDACTED:US_ROUTING], ABA: [REDACTED:US_ROUTING]\n"
      "transit number 121000359 routing 991000358 [REDACTED:US_ROUTING]\n"
      "121000358", "{\"detect\":[\"us_routing\"]}" },
    { T, "bank accounts", "account number 12345678, acct 1234-5678-9012\n"
      "savings: 000123456789 account balance 1234567 account 12345\n"
      "account id 12345678 account 1234567.50 account: 2024-01-02\n",
      "account number [REDACTED:US_BANK], acct [REDACTED:US_BANK]\n"
      "savings: [REDACTED:US_BANK] account balance 1234567 account 12345\n"
      "account id 12345678 account 1234567.50 account: 2024-01-02\n",
      "{\"detect\":[\"us_bank\"]}" },
    { T, "passports", "passport no. 123456789, Passport: A12345678\n"
      "passport js 20240101 passport X1234 passport 1234567890\nA12345678 ",
      "passport no. [REDACTED:PASSPORT], Passport: [REDACTED:PASSPORT]\n"
      "passport js 20240101 passport X1234 passport 1234567890\nA12345678 ",
      "{\"detect\":[\"passport\"]}" },
    { T, "licences", "driver's license D1234567, driving licence "
      "MORGA657054SM9IJ\nDL: D123-4567-8901 license no. 12345678\n"
      "license 12345678 driver 12345678 drivers license A12\n",
      "driver's license [REDACTED:DRIVER_LICENSE], driving licence "
      "[REDACTED:DRIVER_LICENSE]\nDL: [REDACTED:DRIVER_LICENSE] license no. "
      "[REDACTED:DRIVER_LICENSE]\nlicense 12345678 driver 12345678 drivers "
      "license A12\n", "{\"detect\":[\"driver_license\"]}" },
    { T, "dates of birth", "DOB 01/02/1980, born on 1980-01-02; D.O.B.: "
      "3 March 1980\nbirth date: March 3, 1980 born 3rd of 1980 "
      "Born: 2.1.80 dob 1980-01-02T00:00 dob 12345 born 1980-01-02-03\n"
      "1980-01-02",
      "DOB [REDACTED:DATE_OF_BIRTH], born on [REDACTED:DATE_OF_BIRTH]; "
      "D.O.B.: [REDACTED:DATE_OF_BIRTH]\nbirth date: "
      "[REDACTED:DATE_OF_BIRTH] born 3rd of 1980 "
      "Born: [REDACTED:DATE_OF_BIRTH] dob 1980-01-02T00:00 dob 12345 "
      "born 1980-01-02-03\n1980-01-02", "{\"detect\":[\"date_of_birth\"]}" },
    { T, "no date, but an address", "dob a.b@example.1dob@example.com\n"
      "born ann.1980@example.com born 12 Marble born 3t",
      "dob a.b@[REDACTED:EMAIL]\n"
      "born [REDACTED:EMAIL] born 12 Marble born 3t",
      "{\"detect\":[\"default\",\"date_of_birth\"]}" },
    { J, "all of these", "[\"passport A12345678\",\"born 3 March 1980 in X\","
      "\"acct 12345678\",\"A12345678\",\"DL\\tD1234567\"]",
      "[\"passport [REDACTED:PASSPORT]\",\"born [REDACTED:DATE_OF_BIRTH] in "
      "X\",\"acct [REDACTED:US_BANK]\",\"A12345678\","
      "\"DL\\t[REDACTED:DRIVER_LICENSE]\"]",
      "{\"detect\":[\"passport\",\"us_bank\",\"date_of_birth\","
      "\"driver_license\",\"us_routing\"]}" }
};


/* what lies before the bytes that count changes nothing */

static void
test_bytes(void)
{
    size_t      i;
    u_char      text[HOOP_CONTEXT_BACK * 2];
    unsigned    bad, kinds;
    uint32_t    seed;

    static const char  few[] = "phone ssn tel. call at \n\t.;\"\\<>/'A0\xc2\xa0"
                               "\xe2\x80\x91\xff";

    bad = 0;
    seed = 99;

    for (i = 0; i < 200000; i++) {

        if (i % 64 == 0) {
            memset(text, 'x', sizeof(text));
        }

        seed = seed * 1103515245 + 12345;
        memmove(text, text + 1, sizeof(text) - 1);
        text[sizeof(text) - 1] = (u_char) few[(seed >> 16) % (sizeof(few) - 1)];

        kinds = hoop_context(text + sizeof(text), HOOP_CONTEXT_BACK);
        memset(text, (int) i, HOOP_CONTEXT_BACK);
        bad += (kinds != hoop_context(text + sizeof(text), HOOP_CONTEXT_BACK));
    }

    is_int(bad, 0, "no byte before them is looked at");

    is_int(hoop_context((const u_char *) "", 0), 0, "nothing says nothing");
    is_int(hoop_context((const u_char *) "ssn" + 3, 3), HOOP_CONTEXT_SSN,
           "a word may be all");
    is_int(hoop_context((const u_char *) "phone" + 5, 5),
           HOOP_CONTEXT_PHONE|HOOP_CONTEXT_CLOSE, "and is then the next");
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case(&cases[i]);
    }

    test_bytes();

    return done_testing();
}
