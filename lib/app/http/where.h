/* SPDX-License-Identifier: MIT */
/* From a URL to the endpoint string that a connection for it is dialled by. */
#ifndef TWC_APP_HTTP_WHERE_H
#define TWC_APP_HTTP_WHERE_H

#include <twc/url.h>

/*
 * The endpoint string for `url`, or for `via` in its stead: with TLS when the URL asks for it, which then verifies the URL's host.
 * `keys` are added to what is made from the URL, `tls` to what has TLS; each may be NULL. The caller frees it as a secret.
 */
char *twc__http_where(const struct twc_url *url, const char *via, const char *keys, const char *tls);
/* `tls` without the keys that say who the client is. The caller frees it. */
char *twc__http_without_certificate(const char *tls);

#endif
