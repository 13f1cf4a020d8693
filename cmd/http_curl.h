/* SPDX-License-Identifier: MIT */
/* --print-curl: what would be asked, as a command line of curl. */
#ifndef CMD_HTTP_CURL_H
#define CMD_HTTP_CURL_H

#include "http_run.h"

/* The status. */
int http_print_curl(struct http_run *run);

#endif
