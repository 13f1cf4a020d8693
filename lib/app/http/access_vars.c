/* SPDX-License-Identifier: MIT */
/*
 * The variables of access logs, as nginx names them. What a peer sent stands in a line with quotes, backslashes and all but
 * printable ASCII as \xNN, as nginx has it: a line stays a line, and a field between quotes a field.
 */
#include "app/http/access_log.h"

#include <stdio.h>

#include <twc/tls.h>

#include "protocol/http/credentials.h"
#include "protocol/http/date.h"
#include "protocol/http/exchange.h"
#include "base/banned.h"

void twc__access_add(struct twc__access_line *l, const void *p, size_t n)
{
	if (!l->rc)
		l->rc = twc_buf_add(l->out, p, n);
}

static void put_uint(struct twc__access_line *l, uint64_t n)
{
	char text[24];

	twc__access_add(l, text, (size_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)n));
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_escaped(struct twc__access_line *l, struct twc_str s)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char hex[4] = { '\\', 'x', digits[c >> 4], digits[c & 15] };

		if (is_plain(c))
			continue;
		twc__access_add(l, s.p + from, i - from);
		twc__access_add(l, hex, sizeof(hex));
		from = i + 1;
	}
	twc__access_add(l, s.p + from, s.n - from);
}

static void put(struct twc__access_line *l, struct twc_str s)
{
	if (s.n)
		put_escaped(l, s);
	else
		twc__access_add(l, "-", 1);
}

/* ---- variables ---- */

static const struct twc_http_request *request_of(const struct twc__access_line *l)
{
	return l->a->x ? twc_http_request(l->a->x) : NULL;
}

static void put_host(struct twc__access_line *l, const struct twc_addr *a)
{
	char text[TWC_ADDR_TEXT_MAX] = "";

	if (a->kind != TWC_ADDR_NONE)
		twc_addr_format_host(a, text, sizeof(text));
	if (text[0])
		put_escaped(l, twc_str_of(text));
	else
		put(l, twc_str_of(twc_addr_is_unix(a) ? "unix:" : ""));
}

static void put_port(struct twc__access_line *l, const struct twc_addr *a)
{
	if (twc_addr_port(a))
		put_uint(l, twc_addr_port(a));
	else
		put(l, TWC_STR(""));
}

static void put_remote_addr(struct twc__access_line *l, struct twc_str rest)
{
	struct twc_addr a;

	(void)rest;
	twc_transport_peer(l->a->t, &a);
	put_host(l, &a);
}

static void put_remote_port(struct twc__access_line *l, struct twc_str rest)
{
	struct twc_addr a;

	(void)rest;
	twc_transport_peer(l->a->t, &a);
	put_port(l, &a);
}

static void put_server_addr(struct twc__access_line *l, struct twc_str rest)
{
	struct twc_addr a;

	(void)rest;
	twc_transport_host(l->a->t, &a);
	put_host(l, &a);
}

static void put_server_port(struct twc__access_line *l, struct twc_str rest)
{
	struct twc_addr a;

	(void)rest;
	twc_transport_host(l->a->t, &a);
	put_port(l, &a);
}

struct twc_str twc__access_user(const struct twc_http_exchange *x, char room[TWC__ACCESS_USER_MAX])
{
	struct twc__http_basic login;
	struct twc_str value, user = { NULL, 0 };

	if (!x || !twc_http_fields_get(&twc_http_request(x)->fields, "Authorization", &value))
		return user;
	if (twc__http_basic_parse(value, &login) && login.user.n <= TWC__ACCESS_USER_MAX) {
		memcpy(room, login.user.p, login.user.n);
		user = (struct twc_str){ room, login.user.n };
	}
	explicit_bzero(&login, sizeof(login));
	return user;
}

static void put_remote_user(struct twc__access_line *l, struct twc_str rest)
{
	char room[TWC__ACCESS_USER_MAX];

	(void)rest;
	put(l, twc__access_user(l->a->x, room));
}

static void put_time_local(struct twc__access_line *l, struct twc_str rest)
{
	char text[TWC__HTTP_CLF_LEN];

	(void)rest;
	twc__http_clf_format(text, l->a->now_s);
	twc__access_add(l, text, sizeof(text));
}

static void put_time_iso8601(struct twc__access_line *l, struct twc_str rest)
{
	char text[TWC__HTTP_ISO_MAX];

	(void)rest;
	twc__access_add(l, text, twc__http_iso_format(text, l->a->now_s, l->a->now_us, 0));
}

static void put_msec(struct twc__access_line *l, struct twc_str rest)
{
	char text[40];

	(void)rest;
	twc__access_add(l, text, (size_t)snprintf(text, sizeof(text), "%lld.%03u", (long long)l->a->now_s,
						  (unsigned)(l->a->now_us / 1000)));
}

static void put_request(struct twc__access_line *l, struct twc_str rest)
{
	const struct twc_http_request *q = request_of(l);

	(void)rest;
	if (!q) {
		put(l, TWC_STR(""));
		return;
	}
	put_escaped(l, q->method);
	twc__access_add(l, " ", 1);
	put_escaped(l, q->target);
	twc__access_add(l, " ", 1);
	put(l, twc_str_of(twc_http_version_name(q->version)));
}

#define PUT_OF_REQUEST(name, member)                                                             \
	static void put_##name(struct twc__access_line *l, struct twc_str rest)                              \
	{                                                                                        \
		const struct twc_http_request *q = request_of(l);                                \
                                                                                                 \
		(void)rest;                                                                      \
		put(l, q ? q->member : TWC_STR(""));                                             \
	}
PUT_OF_REQUEST(method, method)
PUT_OF_REQUEST(target, target)
PUT_OF_REQUEST(path, path)
PUT_OF_REQUEST(query, query)
PUT_OF_REQUEST(authority, authority)

static void put_protocol(struct twc__access_line *l, struct twc_str rest)
{
	const struct twc_http_request *q = request_of(l);

	(void)rest;
	put(l, q ? twc_str_of(twc_http_version_name(q->version)) : TWC_STR(""));
}

static void put_scheme(struct twc__access_line *l, struct twc_str rest)
{
	struct twc_tls_info info;

	(void)rest;
	put(l, twc_tls_info(l->a->t, &info) ? TWC_STR("https") : TWC_STR("http"));
}

/* Nothing was answered, for the client had gone: nginx's number for that. */
#define GONE 499

static void put_status(struct twc__access_line *l, struct twc_str rest)
{
	char text[16];

	(void)rest;
	twc__access_add(l, text, (size_t)snprintf(text, sizeof(text), "%03d", l->a->status ? l->a->status : GONE));
}

static void put_body_bytes_sent(struct twc__access_line *l, struct twc_str rest)
{
	(void)rest;
	put_uint(l, l->a->x ? twc_http_sent(l->a->x) : 0);
}

static void put_request_time(struct twc__access_line *l, struct twc_str rest)
{
	char text[40];

	(void)rest;
	twc__access_add(l, text, (size_t)snprintf(text, sizeof(text), "%llu.%03u", (unsigned long long)(l->a->us / 1000000),
				      (unsigned)(l->a->us / 1000 % 1000)));
}

static void put_connection(struct twc__access_line *l, struct twc_str rest)
{
	(void)rest;
	put_uint(l, twc_transport_id(l->a->t));
}

static void put_connection_requests(struct twc__access_line *l, struct twc_str rest)
{
	const struct twc_http_request *q = request_of(l);

	(void)rest;
	put_uint(l, q ? q->number : 0);
}

static void put_error(struct twc__access_line *l, struct twc_str rest)
{
	(void)rest;
	put(l, l->a->err->code ? twc_str_of(l->a->err->text) : TWC_STR(""));
}

#define PUT_OF_TLS(name, member)                                                                 \
	static void put_ssl_##name(struct twc__access_line *l, struct twc_str rest)                          \
	{                                                                                        \
		struct twc_tls_info info;                                                        \
                                                                                                 \
		(void)rest;                                                                      \
		put(l, twc_tls_info(l->a->t, &info) ? twc_str_of(info.member) : TWC_STR(""));    \
	}
PUT_OF_TLS(protocol, version)
PUT_OF_TLS(cipher, cipher)
PUT_OF_TLS(server_name, servername)

static void put_ssl_client_s_dn(struct twc__access_line *l, struct twc_str rest)
{
	struct twc_tls_cert cert;

	(void)rest;
	put(l, twc_tls_peer_cert(l->a->t, 0, &cert) ? twc_str_of(cert.subject) : TWC_STR(""));
}

static void put_http(struct twc__access_line *l, struct twc_str rest)
{
	const struct twc_http_request *q = request_of(l);
	struct twc_str value = { NULL, 0 };
	char name[TWC__ACCESS_NAME_MAX + 1];

	memcpy(name, rest.p, rest.n);
	name[rest.n] = '\0';
	if (q)
		(void)twc_http_fields_get(&q->fields, name, &value);
	put(l, value);
}

/* The fields of a response are lines: "Name: value\r\n". */
static void put_sent_http(struct twc__access_line *l, struct twc_str rest)
{
	struct twc_str lines = l->a->x ? twc_buf_str(&l->a->x->fields) : TWC_STR(""), line, name;

	while (twc_str_cut(&lines, '\n', &line)) {
		struct twc_str value = line;

		(void)twc_str_cut(&value, ':', &name);
		if (!value.p || !twc_str_eq_nocase(name, rest))
			continue;
		if (value.n && value.p[value.n - 1] == '\r')
			value.n--;
		put(l, twc_str_trim(value));
		return;
	}
	put(l, TWC_STR(""));
}

const struct twc__access_variable twc__access_variables[] = {
	{ "args", put_query },
	{ "body_bytes_sent", put_body_bytes_sent },
	{ "connection", put_connection },
	{ "connection_requests", put_connection_requests },
	{ "error", put_error },
	{ "host", put_authority },
	{ "http_", put_http },
	{ "msec", put_msec },
	{ "query_string", put_query },
	{ "remote_addr", put_remote_addr },
	{ "remote_port", put_remote_port },
	{ "remote_user", put_remote_user },
	{ "request", put_request },
	{ "request_method", put_method },
	{ "request_time", put_request_time },
	{ "request_uri", put_target },
	{ "scheme", put_scheme },
	{ "sent_http_", put_sent_http },
	{ "server_addr", put_server_addr },
	{ "server_port", put_server_port },
	{ "server_protocol", put_protocol },
	{ "ssl_cipher", put_ssl_cipher },
	{ "ssl_client_s_dn", put_ssl_client_s_dn },
	{ "ssl_protocol", put_ssl_protocol },
	{ "ssl_server_name", put_ssl_server_name },
	{ "status", put_status },
	{ "time_iso8601", put_time_iso8601 },
	{ "time_local", put_time_local },
	{ "uri", put_path },
	{ NULL, NULL },
};
