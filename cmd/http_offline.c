/* SPDX-License-Identifier: MIT */
/* --offline: what would be sent, to the byte, on standard output; a body of unknown length in chunks, as on
 * the wire. */
#include "http_run.h"
#include "out.h"
#include <stdio.h>

void http_offline_head(struct http_transfer *t, struct twc_str head)
{
	struct twc_err err = { 0 };

	if (out_write(head.p, head.n, &err) < 0)
		twc_http_fetch_stop(t->fetch, &err);
}

static int write_plain(void *arg, const void *p, size_t n, struct twc_err *err)
{
	(void)arg;
	return out_write(p, n, err);
}

static int write_chunk(void *arg, const void *p, size_t n, struct twc_err *err)
{
	char size[32];
	int len = snprintf(size, sizeof(size), "%zx\r\n", n), rc;

	(void)arg;
	rc = out_write(size, (size_t)len, err);
	if (rc == 0)
		rc = out_write(p, n, err);
	return rc == 0 ? out_write("\r\n", 2, err) : rc;
}

static int write_body(struct http_transfer *t, struct twc_err *err)
{
	bool is_chunked = t->source.length == TWC_HTTP_UNKNOWN;
	int rc;

	if (!t->body)
		return 0;
	rc = twc_http_body_write(t->body, is_chunked ? write_chunk : write_plain, NULL, err);
	return rc == 0 && is_chunked ? out_write("0\r\n\r\n", 5, err) : rc;
}

void http_offline_done(struct http_transfer *t, const struct twc_err *err)
{
	struct twc_err own = *err;

	if (own.code == 0)
		(void)write_body(t, &own);
	http_transfer_end(t, &own);
}
