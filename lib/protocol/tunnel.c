/* SPDX-License-Identifier: MIT */
/* The common part of asking a proxy for a tunnel: what can be asked, and which codec answers for which kind. Pure. */
#include "protocol/tunnel_int.h"

#include "base/banned.h"

#define OUT_MAX 8192 /* the longest request is far below */

static bool is_http(const struct twc__tunnel_ask *ask)
{
	return ask->kind == TWC__TUNNEL_HTTP;
}

/* A name goes into the proxy's protocol as it is: no byte of it may mean something there. */
static int check_name(const char *host, struct twc_err *err)
{
	char shown[80];

	if (strlen(host) > TWC__TUNNEL_HOST_MAX)
		return twc_err_set(err, TWC_EUSAGE, "the host name is longer than %d bytes", TWC__TUNNEL_HOST_MAX);
	for (const char *c = host; *c; c++) {
		if (*c > ' ' && *c < 0x7f && !strchr("\"#%/:<>?@[\\]^`{|}", *c))
			continue;
		twc_escape(shown, sizeof(shown), twc_str_of(host));
		return twc_err_set(err, TWC_EUSAGE, "'%s' is not a valid host name", shown);
	}
	return 0;
}

int twc__tunnel_check(const struct twc__tunnel_ask *ask, struct twc_err *err)
{
	int rc = 0;

	if (ask->addr.kind != TWC_ADDR_NONE) {
		if (ask->addr.u.sa.sa_family == AF_INET6 && ask->addr.u.in6.sin6_scope_id)
			return twc_err_set(err, TWC_EUSAGE, "an address with a zone means nothing to a proxy");
	} else {
		rc = check_name(ask->host, err);
	}
	if (rc == 0 && ask->user && strlen(ask->user) > TWC__TUNNEL_USER_MAX)
		rc = twc_err_set(err, TWC_EUSAGE, "the user name is longer than %d bytes", TWC__TUNNEL_USER_MAX);
	if (rc == 0 && ask->pass && strlen(ask->pass) > TWC__TUNNEL_PASS_MAX)
		rc = twc_err_set(err, TWC_EUSAGE, "the password is longer than %d bytes", TWC__TUNNEL_PASS_MAX);
	if (rc)
		return rc;
	return is_http(ask) ? twc__http_connect_check(ask, err) : twc__socks_check(ask, err);
}

int twc__tunnel_init(struct twc__tunnel *t, const struct twc__tunnel_ask *ask, struct twc_err *err)
{
	int rc;

	*t = (struct twc__tunnel){ .ask = ask };
	twc_buf_init(&t->out, OUT_MAX);
	twc_buf_init(&t->line, TWC__TUNNEL_HEAD_MAX);
	rc = is_http(ask) ? twc__http_connect_begin(t) : twc__socks_begin(t);
	return rc ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}

void twc__tunnel_fini(struct twc__tunnel *t)
{
	if (t->out.data)
		explicit_bzero(t->out.data, t->out.cap); /* logins were in it */
	twc_buf_fini(&t->out);
	twc_buf_fini(&t->line);
}

int twc__tunnel_feed(struct twc__tunnel *t, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	*used = 0;
	if (n == 0)
		return 0;
	t->is_begun = true;
	return is_http(t->ask) ? twc__http_connect_feed(t, data, n, used, err) : twc__socks_feed(t, data, n, used, err);
}

int twc__tunnel_end(const struct twc__tunnel *t, struct twc_err *err)
{
	if (t->status >= 300)
		return twc__http_connect_refused(t, err);
	if (t->is_begun)
		return twc_err_set(err, TWC_ETRUNC, "closed the connection in the middle of its answer to %s",
				   twc__tunnel_waiting(t));
	return twc_err_set(err, TWC_ETRUNC, "closed the connection without an answer to %s", twc__tunnel_waiting(t));
}

const char *twc__tunnel_waiting(const struct twc__tunnel *t)
{
	return is_http(t->ask) ? "CONNECT" : twc__socks_waiting(t);
}
