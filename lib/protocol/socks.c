/* SPDX-License-Identifier: MIT */
/*
 * The client's side of SOCKS 4, 4a and 5 (RFC 1928; login by RFC 1929): requests out, answers in. Pure.
 *
 *     SOCKS 4, 4a   REPLY
 *     SOCKS 5       METHOD [-> LOGIN] -> REPLY -> ADDRESS
 *
 * A refusal is known by its second byte, and reported then: what some proxies leave out behind it is not waited for.
 */
#include "protocol/tunnel_int.h"

#include "base/banned.h"

enum { STATE_METHOD, STATE_LOGIN, STATE_REPLY, STATE_ADDRESS };

enum { METHOD_NONE = 0, METHOD_LOGIN = 2, METHOD_REFUSED = 255 };

enum { ATYP_IPV4 = 1, ATYP_NAME = 3, ATYP_IPV6 = 4 };

#define REPLY4_LEN 8 /* version, code, port, address */

static bool is_socks5(const struct twc__tunnel_ask *ask)
{
	return ask->kind == TWC__TUNNEL_SOCKS5;
}

int twc__socks_check(const struct twc__tunnel_ask *ask, struct twc_err *err)
{
	bool is_name = ask->addr.kind == TWC_ADDR_NONE;

	if (is_socks5(ask)) {
		if (ask->user && !ask->user[0])
			return twc_err_set(err, TWC_EUSAGE, "the user name is empty");
		if (ask->pass && strlen(ask->pass) > 255)
			return twc_err_set(err, TWC_EUSAGE, "the password is longer than SOCKS5's 255 bytes");
		return 0;
	}
	if (is_name && ask->kind == TWC__TUNNEL_SOCKS4)
		return twc_err_set(err, TWC_EUSAGE, "SOCKS4 knows no names; use socks4a");
	if (!is_name && ask->addr.u.sa.sa_family != AF_INET)
		return twc_err_set(err, TWC_EUSAGE, "SOCKS4 knows only IPv4; use socks5");
	return 0;
}

/* ---- requests ---- */

static int add_byte(struct twc_buf *b, unsigned value)
{
	uint8_t byte = (uint8_t)value;

	return twc_buf_add(b, &byte, 1);
}

static int add_port(struct twc_buf *b, uint16_t port)
{
	uint8_t be[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	return twc_buf_add(b, be, sizeof(be));
}

/* Length in one byte, then the bytes. */
static int add_counted(struct twc_buf *b, const char *s)
{
	size_t n = strlen(s);
	int rc = add_byte(b, (unsigned)n);

	return rc ? rc : twc_buf_add(b, s, n);
}

/* An address below 0.0.0.256 says that a name follows the user (4a). */
static int add_request4(struct twc_buf *b, const struct twc__tunnel_ask *ask)
{
	static const uint8_t connect[2] = { 4, 1 }, name_follows[4] = { 0, 0, 0, 1 };
	bool is_name = ask->addr.kind == TWC_ADDR_NONE;
	const char *user = ask->user ? ask->user : "";
	int rc = twc_buf_add(b, connect, sizeof(connect));

	if (rc == 0)
		rc = add_port(b, ask->port);
	if (rc == 0)
		rc = twc_buf_add(b, is_name ? (const void *)name_follows : &ask->addr.u.in.sin_addr, 4);
	if (rc == 0)
		rc = twc_buf_add(b, user, strlen(user) + 1);
	if (rc == 0 && is_name)
		rc = twc_buf_add(b, ask->host, strlen(ask->host) + 1);
	return rc;
}

static int add_request5(struct twc_buf *b, const struct twc__tunnel_ask *ask)
{
	static const uint8_t connect[3] = { 5, 1, 0 };
	int rc = twc_buf_add(b, connect, sizeof(connect));

	if (rc)
		return rc;
	if (ask->addr.kind == TWC_ADDR_NONE) {
		rc = add_byte(b, ATYP_NAME);
		rc = rc ? rc : add_counted(b, ask->host);
	} else if (ask->addr.u.sa.sa_family == AF_INET6) {
		rc = add_byte(b, ATYP_IPV6);
		rc = rc ? rc : twc_buf_add(b, &ask->addr.u.in6.sin6_addr, 16);
	} else {
		rc = add_byte(b, ATYP_IPV4);
		rc = rc ? rc : twc_buf_add(b, &ask->addr.u.in.sin_addr, 4);
	}
	return rc ? rc : add_port(b, ask->port);
}

static int add_login(struct twc_buf *b, const struct twc__tunnel_ask *ask)
{
	int rc = add_byte(b, 1);

	if (rc == 0)
		rc = add_counted(b, ask->user);
	return rc ? rc : add_counted(b, ask->pass ? ask->pass : "");
}

int twc__socks_begin(struct twc__tunnel *t)
{
	static const uint8_t no_login[3] = { 5, 1, METHOD_NONE }, any[4] = { 5, 2, METHOD_NONE, METHOD_LOGIN };

	if (!is_socks5(t->ask)) {
		t->state = STATE_REPLY;
		return add_request4(&t->out, t->ask);
	}
	t->state = STATE_METHOD;
	return t->ask->user ? twc_buf_add(&t->out, any, sizeof(any)) : twc_buf_add(&t->out, no_login, sizeof(no_login));
}

/* ---- what the codes mean ---- */

struct answer {
	uint8_t code;
	int err;
	const char *text;
};

static const struct answer answers4[] = {
	{ 91, TWC_EREFUSED, "the target is refused or cannot be reached" },
	{ 92, TWC_EACCESS, "not allowed, it cannot ask the identd of this machine" },
	{ 93, TWC_EACCESS, "not allowed, the identd of this machine names another user; see user=" },
	{ 0 },
};

static const struct answer answers5[] = {
	{ 1, TWC_EUNREACH, "general failure" },
	{ 2, TWC_EACCESS, "not allowed by its rules" },
	{ 3, TWC_EUNREACH, "network of the target unreachable" },
	{ 4, TWC_EUNREACH, "target unreachable" },
	{ 5, TWC_EREFUSED, "connection refused by the target" },
	{ 6, TWC_ETIMEDOUT, "no answer from the target in time, TTL expired" },
	{ 7, TWC_EREJECTED, "it does not connect, command not supported" },
	{ 8, TWC_EREJECTED, "this kind of address is not supported" },
	{ 0 },
};

static int refused(const struct twc__tunnel *t, uint8_t code, struct twc_err *err)
{
	const char *family = is_socks5(t->ask) ? "SOCKS" : "SOCKS4";

	for (const struct answer *a = is_socks5(t->ask) ? answers5 : answers4; a->text; a++)
		if (a->code == code)
			return twc_err_set(err, a->err, "says: %s (%s %u)", a->text, family, code);
	return twc_err_set(err, TWC_EPROTO, "gave an answer that is not defined (%s %u)", family, code);
}

static int not_spoken(const struct twc__tunnel *t, uint8_t byte, struct twc_err *err)
{
	const char *name = is_socks5(t->ask) ? "SOCKS5" : "SOCKS4";
	char shown[8];

	if (byte == 'H')
		return twc_err_set(err, TWC_EPROTO, "does not speak %s, but perhaps HTTP (its answer begins with 'H')",
				   name);
	twc_escape(shown, sizeof(shown), (struct twc_str){ (const char *)&byte, 1 });
	return twc_err_set(err, TWC_EPROTO, "does not speak %s (its answer to %s begins with '%s')", name,
			   twc__socks_waiting(t), shown);
}

/* ---- answers ---- */

static int no_memory(int rc, struct twc_err *err)
{
	return rc ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}

static void go_to(struct twc__tunnel *t, uint8_t state)
{
	t->state = state;
	t->n = 0;
	t->is_begun = false;
}

static int on_method(struct twc__tunnel *t, uint8_t method, struct twc_err *err)
{
	if (method == METHOD_NONE) {
		go_to(t, STATE_REPLY);
		return no_memory(add_request5(&t->out, t->ask), err);
	}
	if (method == METHOD_LOGIN && t->ask->user) {
		go_to(t, STATE_LOGIN);
		return no_memory(add_login(&t->out, t->ask), err);
	}
	if (method != METHOD_REFUSED)
		return twc_err_set(err, TWC_EPROTO, "chose a kind of login that was not offered (SOCKS method %u)", method);
	if (t->ask->user)
		return twc_err_set(err, TWC_EACCESS,
				   "says: not with this login; it takes no user and password, or not these (SOCKS method 255)");
	return twc_err_set(err, TWC_EACCESS, "wants a login (SOCKS method 255); use user= with pass-file= or pass-env=, or "
					     "TWC_PROXY_AUTH");
}

static int on_login(struct twc__tunnel *t, uint8_t status, struct twc_err *err)
{
	if (status)
		return twc_err_set(err, TWC_EACCESS, "refuses the login (SOCKS login %u); see user= and pass-file=", status);
	go_to(t, STATE_REPLY);
	return no_memory(add_request5(&t->out, t->ask), err);
}

/* Two bytes are there: a version and a code. */
static int on_head(struct twc__tunnel *t, struct twc_err *err)
{
	if (t->state == STATE_METHOD)
		return on_method(t, t->in[1], err);
	if (t->state == STATE_LOGIN)
		return on_login(t, t->in[1], err);
	if (t->in[1] != (is_socks5(t->ask) ? 0 : 90))
		return refused(t, t->in[1], err);
	if (!is_socks5(t->ask)) {
		t->state = STATE_ADDRESS;
		t->skip = REPLY4_LEN - 2;
	}
	return 0;
}

/* Version, code, reserved, kind of address and, of a name, its length: then it is known how much follows. */
static int on_reply5(struct twc__tunnel *t, struct twc_err *err)
{
	switch (t->in[3]) {
	case ATYP_IPV4:
		t->skip = 4 - 1 + 2;
		break;
	case ATYP_IPV6:
		t->skip = 16 - 1 + 2;
		break;
	case ATYP_NAME:
		t->skip = (size_t)t->in[4] + 2;
		break;
	default:
		return twc_err_set(err, TWC_EPROTO, "answered with an unknown kind of address (SOCKS address type %u)",
				   t->in[3]);
	}
	t->state = STATE_ADDRESS;
	return 0;
}

static uint8_t version_of(const struct twc__tunnel *t)
{
	if (t->state == STATE_LOGIN)
		return 1;
	return is_socks5(t->ask) ? 5 : 0;
}

int twc__socks_feed(struct twc__tunnel *t, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	int rc = 0;

	while (*used < n && rc == 0 && twc_buf_len(&t->out) == 0) {
		if (t->state == STATE_ADDRESS) {
			size_t take = n - *used < t->skip ? n - *used : t->skip;

			*used += take;
			t->skip -= take;
			return t->skip ? 0 : TWC__TUNNEL_OPEN;
		}
		t->in[t->n++] = data[(*used)++];
		if (t->n == 1 && t->in[0] != version_of(t))
			return not_spoken(t, t->in[0], err);
		if (t->n == 2)
			rc = on_head(t, err);
		else if (t->n == 5)
			rc = on_reply5(t, err);
	}
	return rc;
}

const char *twc__socks_waiting(const struct twc__tunnel *t)
{
	return t->state == STATE_METHOD ? "the greeting" : t->state == STATE_LOGIN ? "the login" : "the request";
}
