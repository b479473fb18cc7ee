
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The files of src/console, as the linker finds them: there is nothing to be
 * installed beside the module, and nothing that builds them.
 */


#include "ngx_http_hoop.h"


#define ngx_http_hoop_console_file(name, file)                                \
    __asm__(".pushsection .rodata\n"                                          \
            ".hidden ngx_http_hoop_console_" #name "\n"                       \
            ".global ngx_http_hoop_console_" #name "\n"                       \
            "ngx_http_hoop_console_" #name ":\n"                              \
            ".incbin \"" NGX_HTTP_HOOP_CONSOLE_DIR "/" file "\"\n"            \
            ".hidden ngx_http_hoop_console_" #name "_end\n"                   \
            ".global ngx_http_hoop_console_" #name "_end\n"                   \
            "ngx_http_hoop_console_" #name "_end:\n"                          \
            ".byte 0\n"                                                       \
            ".popsection\n");                                                 \
    extern const u_char  ngx_http_hoop_console_##name[];                      \
    extern const u_char  ngx_http_hoop_console_##name##_end[]


ngx_http_hoop_console_file(html, "index.html");
ngx_http_hoop_console_file(css, "console.css");
ngx_http_hoop_console_file(js, "console.js");


const ngx_http_hoop_console_file_t  ngx_http_hoop_console_files[] = {
    { ngx_string(""), ngx_string("text/html; charset=utf-8"),
      ngx_http_hoop_console_html, ngx_http_hoop_console_html_end },

    { ngx_string("console.css"), ngx_string("text/css; charset=utf-8"),
      ngx_http_hoop_console_css, ngx_http_hoop_console_css_end },

    { ngx_string("console.js"), ngx_string("text/javascript; charset=utf-8"),
      ngx_http_hoop_console_js, ngx_http_hoop_console_js_end }
};
