/* SPDX-License-Identifier: MIT */
/*
 * haproxy:ENDPOINT, to listen on: each connection begins with a PROXY header, which says for whom the proxy speaks; the
 * rest is ENDPOINT's. Without a header nobody comes in: who could leave it out could pretend to be anybody.
 */
#include "endpoint/endpoint_int.h"
#include "base/banned.h"

static const struct twc_endpoint_arg haproxy_args[] = {
	{ .name = "trusted", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN,
	  .help = "networks whose headers are believed, in [brackets], separated by commas (all)" },
	{ .name = "timeout", .kind = TWC_ARG_DURATION, .roles = TWC_LISTEN, .help = "for the header (3s)" },
	{ .name = "endpoint", .kind = TWC_ARG_PAYLOAD, .roles = TWC_LISTEN, .positional = TWC_LISTEN, .required = TWC_LISTEN,
	  .help = "where to listen: all the rest of the string" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const haproxy_groups[] = { haproxy_args, NULL };

int twc__trusted_parse(const struct twc__args *a, struct twc_cidr **out, size_t *n, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, "trusted");
	struct twc_str rest = twc_str_of(v ? v->text : "");
	struct twc_err why = { 0 };

	*out = NULL;
	*n = 0;
	while (v && rest.n) {
		const char *comma = memchr(rest.p, ',', rest.n);
		struct twc_str one = { rest.p, comma ? (size_t)(comma - rest.p) : rest.n };

		*out = twc_realloc(*out, (*n + 1) * sizeof(**out));
		if (twc_cidr_parse(&(*out)[*n], one, &why)) {
			twc_free(*out);
			*out = NULL;
			return twc__fault(err, v->column, "trusted: %s", why.text);
		}
		++*n;
		rest.p += one.n + (comma != NULL);
		rest.n -= one.n + (comma != NULL);
	}
	return 0;
}

static int haproxy_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *inner = twc__args_get(a, "endpoint"), *timeout = twc__args_get(a, "timeout");
	struct twc_cidr *trusted;
	struct twc_err why = { 0 };
	struct twc_endpoint *e;
	size_t n;
	int rc = twc__trusted_parse(a, &trusted, &n, err);

	twc_free(trusted);
	if (rc)
		return rc;
	if (timeout && timeout->num == 0)
		return twc__fault(err, timeout->column, "timeout must be longer than 0");
	e = twc_endpoint_parse(inner->text, TWC_LISTEN, &why);
	if (!e)
		return twc__fault(err, inner->column + (why.column ? why.column - 1 : 0), "%s", why.text);
	if (twc_endpoint_is_datagram(e) || e->inner || !e->type->takes_entrance)
		rc = twc__fault(err, inner->column, "a PROXY header needs tcp, tls or a unix stream to come on");
	twc_endpoint_free(e);
	return rc;
}

static int haproxy_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
			  struct twc_err *err)
{
	return e->inner->type->listen(e->inner, port, o, err);
}

const struct twc__endpoint_type twc__endpoint_haproxy = {
	.pub = { .name = "haproxy", .roles = TWC_LISTEN, .summary = "another endpoint behind a proxy that speaks PROXY v1 or v2",
		 .synopsis = (const char *const[]){ "haproxy:ENDPOINT", NULL }, .args = haproxy_groups },
	.wraps = true,
	.check = haproxy_check,
	.listen = haproxy_listen,
};
