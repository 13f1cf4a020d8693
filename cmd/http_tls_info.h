/* SPDX-License-Identifier: MIT */
/* --tls-info of twc http: what TLS came to, a line a connection. */
#ifndef CMD_HTTP_TLS_INFO_H
#define CMD_HTTP_TLS_INFO_H

#include <twc/transport.h>

/* --tls-info: {"url":…,"tls":{…}}, a line on standard error. */
void http_tls_info_say(const char *url, const struct twc_transport *wire);

#endif
