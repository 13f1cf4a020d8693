/* SPDX-License-Identifier: MIT */
/*
 * Meta-variables of CGI (RFC 3875, 4.1), and those that programs have come to rely on (REQUEST_URI, SCRIPT_FILENAME, HTTPS).
 * Left out: what logs somebody in at the server (Authorization), and Proxy, which would become HTTP_PROXY.
 */
#include "app/http/cgi_env.h"

#include <stdio.h>
#include <stdlib.h>

#include <twc/tls.h>

#include "base/banned.h"

static void add_ours(struct twc__http_env *e)
{
	static const char *const names[] = { "PATH", "LANG", "LC_ALL", "TZ" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++)
		if (getenv(names[i]))
			twc__http_env_add(e, names[i], twc_str_of(getenv(names[i])));
}

static void add_number(struct twc__http_env *e, const char *name, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	twc__http_env_add(e, name, twc_str_of(text));
}

static bool is_ip(const struct twc_addr *a)
{
	return a->kind == TWC_ADDR_TCP;
}

static void add_peer(struct twc__http_env *e, const struct twc_transport *t)
{
	char text[TWC_ADDR_TEXT_MAX];
	struct twc_addr peer;

	twc_transport_peer(t, &peer);
	if (!is_ip(&peer)) {
		twc__http_env_add(e, "REMOTE_ADDR", TWC_STR(""));
		return;
	}
	twc_addr_format_host(&peer, text, sizeof(text));
	twc__http_env_add(e, "REMOTE_ADDR", twc_str_of(text));
	twc__http_env_add(e, "REMOTE_HOST", twc_str_of(text));
	add_number(e, "REMOTE_PORT", twc_addr_port(&peer));
}

/* "host:port", "[::1]:port", "host": *port is empty when it is not said. */
static struct twc_str split_authority(struct twc_str authority, struct twc_str *port)
{
	const char *bracket = authority.n ? memrchr(authority.p, ']', authority.n) : NULL;
	const char *from = bracket ? bracket : authority.p;
	const char *colon = authority.n ? memchr(from, ':', (size_t)(authority.p + authority.n - from)) : NULL;

	*port = (struct twc_str){ NULL, 0 };
	if (!colon)
		return authority;
	*port = (struct twc_str){ colon + 1, (size_t)(authority.p + authority.n - colon - 1) };
	return (struct twc_str){ authority.p, (size_t)(colon - authority.p) };
}

/* What the client took for our name and port; where it does not say, what they are. */
static void add_server(struct twc__http_env *e, const struct twc_transport *t, struct twc_str authority, bool is_tls)
{
	struct twc_str port, name = split_authority(authority, &port);
	char text[TWC_ADDR_TEXT_MAX] = "localhost";
	struct twc_addr host;

	twc_transport_host(t, &host);
	if (is_ip(&host)) {
		twc_addr_format_host(&host, text, sizeof(text));
		twc__http_env_add(e, "SERVER_ADDR", twc_str_of(text));
	}
	twc__http_env_add(e, "SERVER_NAME", name.n ? name : twc_str_of(text));
	if (is_ip(&host))
		add_number(e, "SERVER_PORT", twc_addr_port(&host));
	else
		twc__http_env_add(e, "SERVER_PORT", port.n ? port : is_tls ? TWC_STR("443") : TWC_STR("80"));
	if (is_tls)
		twc__http_env_add(e, "HTTPS", TWC_STR("on"));
	twc__http_env_add(e, "SERVER_SOFTWARE", TWC_STR("twc/" TWC_VERSION));
	twc__http_env_add(e, "GATEWAY_INTERFACE", TWC_STR("CGI/1.1"));
}

static void add_request(struct twc__http_env *e, const struct twc_http_request *q)
{
	static const char *const without[] = { "authorization", "proxy-authorization", "content-length", "content-type",
					       "connection",	"keep-alive",	       "te",		 "transfer-encoding",
					       "upgrade",	NULL };
	struct twc_str type;

	twc__http_env_add(e, "SERVER_PROTOCOL", twc_str_of(twc_http_version_name(q->version)));
	twc__http_env_add(e, "REQUEST_METHOD", q->method);
	twc__http_env_add(e, "REQUEST_URI", q->target);
	twc__http_env_add(e, "QUERY_STRING", q->query);
	if (q->length)
		add_number(e, "CONTENT_LENGTH", q->length);
	if (twc_http_fields_get(&q->fields, "Content-Type", &type))
		twc__http_env_add(e, "CONTENT_TYPE", type);
	twc__http_env_add_fields(e, "HTTP_", &q->fields, without);
}

void twc__http_cgi_env(struct twc__http_env *e, const struct twc_http_exchange *x, const struct twc__http_cgi_place *place)
{
	const struct twc_transport *t = twc_http_transport(x);
	const struct twc_http_request *q = twc_http_request(x);
	struct twc_tls_info tls;

	add_ours(e);
	add_server(e, t, q->authority, twc_tls_info(t, &tls));
	add_peer(e, t);
	add_request(e, q);
	twc__http_env_add(e, "SCRIPT_NAME", place->script_name);
	twc__http_env_add(e, "SCRIPT_FILENAME", twc_str_of(place->file));
	if (place->path_info.n)
		twc__http_env_add(e, "PATH_INFO", place->path_info);
}
