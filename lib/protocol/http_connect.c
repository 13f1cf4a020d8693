/* SPDX-License-Identifier: MIT */
/*
 * The client's side of HTTP's CONNECT (RFC 9110 9.3.6; syntax RFC 9112; Basic login RFC 7617): the request, and the head
 * of the answer, read strictly and to its last byte, no further. Pure.
 *
 * Any 2xx opens the tunnel; what its head says of a body means nothing then. 1xx are passed over. One head and all its
 * 1xx together are at most 16 KiB.
 */
#include "protocol/tunnel_int.h"

#include <stdio.h>

#include "base/base64.h"

#include "base/banned.h"

enum { STATE_STATUS, STATE_FIELDS };

#define FIELDS_MAX 8192 /* of ours */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_token(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c && strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return s.n > 0;
}

static bool has_no_control(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

/* The next line of `rest` that is not empty. */
static bool next_line(struct twc_str *rest, struct twc_str *line)
{
	while (twc_str_cut(rest, '\n', line)) {
		if (line->n > 0 && line->p[line->n - 1] == '\r')
			line->n--;
		if (line->n > 0)
			return true;
	}
	return false;
}

static int check_fields(const char *fields, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(fields), line, name;
	char shown[64];

	if (rest.n > FIELDS_MAX)
		return twc_err_set(err, TWC_EUSAGE, "they are longer than %d bytes", FIELDS_MAX);
	while (next_line(&rest, &line)) {
		struct twc_str value = line;

		(void)twc_str_cut(&value, ':', &name);
		if (value.p && name.n > 0 && is_token(name) && has_no_control(value))
			continue;
		twc_escape(shown, sizeof(shown), line);
		return twc_err_set(err, TWC_EUSAGE, "%s is no header field: `Name: value`", shown);
	}
	return 0;
}

int twc__http_connect_check(const struct twc__tunnel_ask *ask, struct twc_err *err)
{
	if (ask->user && strchr(ask->user, ':'))
		return twc_err_set(err, TWC_EUSAGE, "a user name for HTTP cannot hold a ':'");
	return ask->fields ? check_fields(ask->fields, err) : 0;
}

/* ---- the request ---- */

static int add_login(struct twc_buf *b, const struct twc__tunnel_ask *ask)
{
	char *both = twc_asprintf("%s:%s", ask->user, ask->pass ? ask->pass : "");
	int rc = twc_buf_addf(b, "Proxy-Authorization: Basic ");

	if (rc == 0)
		rc = twc__base64_add(b, both, strlen(both));
	twc_free_secret(both, strlen(both));
	return rc ? rc : twc_buf_addf(b, "\r\n");
}

static int add_fields(struct twc_buf *b, const char *fields)
{
	struct twc_str rest = twc_str_of(fields), line;
	int rc = 0;

	while (rc == 0 && next_line(&rest, &line))
		rc = twc_buf_addf(b, "%.*s\r\n", (int)line.n, line.p);
	return rc;
}

int twc__http_connect_begin(struct twc__tunnel *t)
{
	const struct twc__tunnel_ask *ask = t->ask;
	char literal[TWC_ADDR_TEXT_MAX], target[TWC__TUNNEL_HOST_MAX + 16];
	const char *host = ask->host;
	bool is_v6 = false;
	int rc;

	if (ask->addr.kind != TWC_ADDR_NONE) {
		host = twc_addr_format_host(&ask->addr, literal, sizeof(literal));
		is_v6 = ask->addr.u.sa.sa_family == AF_INET6;
	}
	snprintf(target, sizeof(target), "%s%s%s:%u", is_v6 ? "[" : "", host, is_v6 ? "]" : "", ask->port);
	rc = twc_buf_addf(&t->out, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", target, target);
	if (rc == 0 && ask->user)
		rc = add_login(&t->out, ask);
	if (rc == 0 && ask->fields)
		rc = add_fields(&t->out, ask->fields);
	return rc ? rc : twc_buf_addf(&t->out, "\r\n");
}

/* ---- the answer ---- */

int twc__http_connect_refused(const struct twc__tunnel *t, struct twc_err *err)
{
	switch (t->status) {
	case 401: /* what some say to a wrong password */
	case 407:
		if (t->saw_login && !t->saw_basic)
			return twc_err_set(err, TWC_EACCESS, "wants another kind of login than Basic, which is not known here "
							     "(%s)", t->said);
		if (t->ask->user)
			return twc_err_set(err, TWC_EACCESS, "refuses the login (%s); see user= and pass-file=", t->said);
		return twc_err_set(err, TWC_EACCESS, "wants a login (%s); use user= with pass-file= or pass-env=, or "
						     "TWC_PROXY_AUTH", t->said);
	case 403:
		return twc_err_set(err, TWC_EACCESS, "says: not allowed (%s)", t->said);
	case 502:
	case 503:
		return twc_err_set(err, TWC_EUNREACH, "says: the target cannot be reached (%s)", t->said);
	case 504:
		return twc_err_set(err, TWC_EUNREACH, "says: the target did not answer it in time (%s)", t->said);
	default:
		break;
	}
	if (t->status < 200)
		return twc_err_set(err, TWC_EPROTO, "answered CONNECT with %s", t->said);
	if (t->status < 400)
		return twc_err_set(err, TWC_EREJECTED, "does not connect, it sends elsewhere (%s)", t->said);
	if (t->status < 500)
		return twc_err_set(err, TWC_EREJECTED, "refuses the request (%s)", t->said);
	return twc_err_set(err, TWC_EUNREACH, "failed (%s)", t->said);
}

/* HTTP/1.x SP 3DIGIT [SP reason] */
static int on_status_line(struct twc__tunnel *t, struct twc_str s, struct twc_err *err)
{
	struct twc_str reason = { 0 };
	char text[72];

	if (s.n < 12 || !is_digit(s.p[7]) || s.p[8] != ' ' || !is_digit(s.p[9]) || !is_digit(s.p[10]) ||
	    !is_digit(s.p[11]) || s.p[9] == '0' || (s.n > 12 && s.p[12] != ' ')) {
		twc_escape(text, sizeof(text), s);
		return twc_err_set(err, TWC_EPROTO, "does not speak HTTP (it answered '%s')", text);
	}
	t->status = (s.p[9] - '0') * 100 + (s.p[10] - '0') * 10 + (s.p[11] - '0');
	if (s.n > 13)
		reason = (struct twc_str){ s.p + 13, s.n - 13 };
	twc_escape(text, sizeof(text), reason);
	snprintf(t->said, sizeof(t->said), "HTTP %d%s%s", t->status, text[0] ? " " : "", text);
	t->state = STATE_FIELDS;
	return 0;
}

static int on_field(struct twc__tunnel *t, struct twc_str line, struct twc_err *err)
{
	struct twc_str value = line, name, scheme;
	char text[72];

	if (!twc_str_cut(&value, ':', &name) || !value.p || !is_token(name)) {
		twc_escape(text, sizeof(text), line);
		return twc_err_set(err, TWC_EPROTO, "sent a malformed HTTP header (%s)", text);
	}
	if (!twc_str_eq_nocase(name, TWC_STR("Proxy-Authenticate")))
		return 0;
	value = twc_str_trim(value);
	t->saw_login = true;
	if (twc_str_cut(&value, ' ', &scheme) && twc_str_eq_nocase(scheme, TWC_STR("Basic")))
		t->saw_basic = true;
	return 0;
}

/* The empty line. */
static int on_head(struct twc__tunnel *t, struct twc_err *err)
{
	if (t->status / 100 == 2)
		return TWC__TUNNEL_OPEN;
	if (t->status / 100 != 1 || t->status == 101)
		return twc__http_connect_refused(t, err);
	t->status = 0;
	t->state = STATE_STATUS;
	t->saw_login = t->saw_basic = false;
	return 0;
}

static int on_line(struct twc__tunnel *t, struct twc_err *err)
{
	struct twc_str s = twc_buf_str(&t->line);
	int rc;

	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return twc_err_set(err, TWC_EPROTO, "sent a control character in its HTTP head (\\x%02x)",
					   (unsigned char)s.p[i]);
	if (t->state == STATE_STATUS)
		rc = on_status_line(t, s, err);
	else
		rc = s.n > 0 ? on_field(t, s, err) : on_head(t, err);
	twc_buf_clear(&t->line);
	return rc;
}

/* What is no HTTP may never end its line: looked at as it comes. */
static int check_start(const struct twc__tunnel *t, struct twc_err *err)
{
	static const char start[] = "HTTP/1.";
	struct twc_str s = twc_buf_str(&t->line);
	char text[8];

	if (t->state != STATE_STATUS || s.n > sizeof(start) - 1 || s.p[s.n - 1] == start[s.n - 1])
		return 0;
	if (s.n == 1 && (s.p[0] == 5 || s.p[0] == 0))
		return twc_err_set(err, TWC_EPROTO, "does not speak HTTP, but perhaps SOCKS");
	twc_escape(text, sizeof(text), (struct twc_str){ s.p + s.n - 1, 1 });
	return twc_err_set(err, TWC_EPROTO, "does not speak HTTP/1 (it answered '%.*s%s')", (int)s.n - 1, start, text);
}

int twc__http_connect_feed(struct twc__tunnel *t, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	int rc = 0;

	while (*used < n && rc == 0) {
		uint8_t c = data[(*used)++];

		if (++t->n > TWC__TUNNEL_HEAD_MAX)
			return twc_err_set(err, TWC_ETOOLONG, "answered with an HTTP head of more than %d bytes",
					   TWC__TUNNEL_HEAD_MAX);
		if (c == '\n') {
			rc = on_line(t, err);
		} else if ((rc = twc_buf_add(&t->line, &c, 1)) != 0) {
			return twc_err_set(err, rc, "%s", twc_err_default_text(rc));
		} else {
			rc = check_start(t, err);
		}
	}
	return rc;
}
