/* SPDX-License-Identifier: MIT */
/*
 * What a handler answers, for every version of HTTP: it is noted in the exchange, checked against what was announced, and goes to
 * the carrier. Fields are kept as the lines of HTTP/1, in order: what most responses need is one copy of them.
 *
 * Phases go one way, OPEN -> BEGUN -> ENDED -> OVER, and a call that comes too late does nothing.
 */
#include "protocol/http/exchange.h"

#include "protocol/http/octet.h"
#include "protocol/http/server_int.h"
#include "base/banned.h"

/* ---- fields ---- */

static bool is_named(struct twc_str line_name, const char *name, size_t n)
{
	return line_name.n == n && twc_str_eq_nocase(line_name, (struct twc_str){ name, n });
}

/* The server says these itself: what they tell follows from what is sent. */
static bool is_ours(struct twc_str name)
{
	switch (name.n) {
	case 4:
		return is_named(name, "date", 4);
	case 10:
		return is_named(name, "connection", 10) || is_named(name, "keep-alive", 10);
	case 14:
		return is_named(name, "content-length", 14);
	case 17:
		return is_named(name, "transfer-encoding", 17);
	default:
		return false;
	}
}

/* A peer's bytes may have got there through a handler's mistake: that ends the response, not the program. */
static void fail_field(struct twc_http_exchange *x, int code, const char *what, struct twc_str name)
{
	struct twc_err err = { 0 };
	char text[64];

	twc_escape(text, sizeof(text), name);
	twc_err_set(&err, code, "%s: '%s'", what, text);
	twc_http_fail(x, &err);
}

static void add_line(struct twc_http_exchange *x, struct twc_buf *lines, struct twc_str name, struct twc_str value)
{
	char *p;
	int rc;

	if (!twc_http_is_token(name) || !twc__http_all(value, TWC__HTTP_VALUE)) {
		fail_field(x, TWC_EDATA, "a field of the response is none", name);
		return;
	}
	rc = twc_buf_reserve(lines, name.n + value.n + 4, &p);
	if (rc < 0) {
		fail_field(x, rc, "the fields of the response are too long", name);
		return;
	}
	memcpy(p, name.p, name.n);
	p += name.n;
	memcpy(p, ": ", 2);
	if (value.n)
		memcpy(p + 2, value.p, value.n);
	p += 2 + value.n;
	memcpy(p, "\r\n", 2);
	twc_buf_commit(lines, name.n + value.n + 4);
}

void twc_http_add_field_str(struct twc_http_exchange *x, struct twc_str name, struct twc_str value)
{
	if (x->phase != TWC__HTTP_OPEN || is_ours(name))
		return;
	if (is_named(name, "server", 6))
		x->has_server = true;
	add_line(x, &x->fields, name, twc_str_trim(value));
}

void twc__http_add_lines(struct twc_http_exchange *x, struct twc_str lines)
{
	struct twc_err err = { 0 };
	int rc;

	if (x->phase != TWC__HTTP_OPEN)
		return;
	rc = twc_buf_add(&x->fields, lines.p, lines.n);
	if (rc == 0)
		return;
	twc_err_set(&err, rc, "the fields of the response are too long");
	twc_http_fail(x, &err);
}

void twc_http_add_field(struct twc_http_exchange *x, const char *name, const char *value)
{
	twc_http_add_field_str(x, twc_str_of(name), twc_str_of(value));
}

/* Cuts the next line off; false at the end. `line` is all of it, with its CR LF. */
static bool next_line(struct twc_str *rest, struct twc_str *line, struct twc_str *name)
{
	const char *lf = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	const char *colon;

	if (!lf)
		return false;
	*line = (struct twc_str){ rest->p, (size_t)(lf + 1 - rest->p) };
	*rest = (struct twc_str){ lf + 1, rest->n - line->n };
	colon = memchr(line->p, ':', line->n);
	*name = (struct twc_str){ line->p, (size_t)(colon - line->p) };
	return true;
}

bool twc_http_has_field(const struct twc_http_exchange *x, const char *name)
{
	struct twc_str rest = twc_buf_str(&x->fields), line, have, want = twc_str_of(name);

	while (next_line(&rest, &line, &have))
		if (twc_str_eq_nocase(have, want))
			return true;
	return false;
}

/* What stays moves to the front, line by line. */
static void remove_field(struct twc_http_exchange *x, struct twc_str name)
{
	struct twc_str rest = twc_buf_str(&x->fields), line, have;
	char *to = x->fields.data; /* nothing of it is ever consumed: it starts at its start */
	size_t kept = 0;

	while (next_line(&rest, &line, &have)) {
		if (twc_str_eq_nocase(have, name))
			continue;
		memmove(to + kept, line.p, line.n);
		kept += line.n;
	}
	x->fields.end = kept;
}

void twc_http_set_field(struct twc_http_exchange *x, const char *name, const char *value)
{
	struct twc_str n = twc_str_of(name);

	if (x->phase != TWC__HTTP_OPEN)
		return;
	remove_field(x, n);
	if (is_named(n, "server", 6))
		x->has_server = value;
	if (value)
		twc_http_add_field_str(x, n, twc_str_of(value));
}

void twc_http_add_trailer(struct twc_http_exchange *x, const char *name, const char *value)
{
	struct twc_str n = twc_str_of(name);

	if (x->phase < TWC__HTTP_ENDED && !is_ours(n))
		add_line(x, &x->trailers, n, twc_str_trim(twc_str_of(value)));
}

/* ---- the response ---- */

void twc_http_set_status(struct twc_http_exchange *x, int status)
{
	TWC_ASSERT(status >= 200 && status <= 599);
	if (x->phase == TWC__HTTP_OPEN)
		x->status = status;
}

void twc_http_close(struct twc_http_exchange *x)
{
	x->wants_close = true;
}

static void count_status(struct twc_http_exchange *x)
{
	x->server->stats.status[x->status / 100]++;
}

/* Of an extended CONNECT success means a tunnel, and what follows would be its protocol's (RFC 8441, 4 and 5). */
static bool is_no_tunnel(struct twc_http_exchange *x)
{
	if (!x->protocol.n || x->status / 100 != 2)
		return false;
	twc_buf_clear(&x->fields);
	x->has_server = false;
	twc_http_send_error(x, 501, "nothing here speaks the protocol that was asked for");
	return true;
}

void twc_http_send(struct twc_http_exchange *x, const void *body, size_t n)
{
	if (x->phase != TWC__HTTP_OPEN || is_no_tunnel(x))
		return;
	count_status(x);
	x->length = n;
	x->phase = TWC__HTTP_ENDED;
	if (twc__http_is_bodiless(x))
		n = 0;
	x->sent = n;
	x->carrier->head(x, body, n, true);
	x->carrier->wake(x);
}

void twc_http_begin(struct twc_http_exchange *x, uint64_t length)
{
	if (x->phase != TWC__HTTP_OPEN || is_no_tunnel(x))
		return;
	count_status(x);
	x->length = length;
	x->phase = TWC__HTTP_BEGUN;
	x->carrier->head(x, NULL, 0, false);
}

/* May `n` bytes more follow? What goes beyond the announced length cannot be told from another response. */
static bool may_write(struct twc_http_exchange *x, uint64_t n)
{
	struct twc_err err = { 0 };

	if (x->phase != TWC__HTTP_BEGUN || !n || twc__http_is_bodiless(x))
		return false;
	if (x->length == TWC_HTTP_UNKNOWN || n <= x->length - x->sent) {
		x->sent += n;
		return true;
	}
	twc_err_set(&err, TWC_EBUG, "a response of %llu bytes was to become longer than announced",
		    (unsigned long long)x->length);
	twc_http_fail(x, &err);
	return false;
}

void twc_http_write(struct twc_http_exchange *x, const void *p, size_t n)
{
	if (may_write(x, n))
		x->carrier->write(x, p, n);
}

void twc_http_write_file(struct twc_http_exchange *x, struct twc_file *f, uint64_t offset, uint64_t n)
{
	if (may_write(x, n))
		x->carrier->write_file(x, f, offset, n);
}

void twc_http_end(struct twc_http_exchange *x)
{
	struct twc_err err = { 0 };

	if (x->phase == TWC__HTTP_OPEN) {
		twc_http_send(x, NULL, 0);
		return;
	}
	if (x->phase != TWC__HTTP_BEGUN)
		return;
	if (x->length != TWC_HTTP_UNKNOWN && x->sent < x->length && !twc__http_is_bodiless(x)) {
		twc_err_set(&err, TWC_ETRUNC, "a response of %llu bytes ended after %llu", (unsigned long long)x->length,
			    (unsigned long long)x->sent);
		twc_http_fail(x, &err);
		return;
	}
	x->phase = TWC__HTTP_ENDED;
	x->carrier->end(x);
	x->carrier->wake(x);
}

void twc_http_fail(struct twc_http_exchange *x, const struct twc_err *err)
{
	if (x->phase >= TWC__HTTP_ENDED)
		return;
	twc__http_exchange_log(x, TWC_LOG_ERROR, x->phase == TWC__HTTP_OPEN ? 500 : 0, err);
	if (x->phase == TWC__HTTP_OPEN) {
		twc_buf_clear(&x->fields);
		twc_http_send_error(x, 500, NULL);
		return;
	}
	x->phase = TWC__HTTP_ENDED;
	x->carrier->fail(x, err);
}

void twc_http_inform(struct twc_http_exchange *x, int status)
{
	TWC_ASSERT(status >= 100 && status <= 199 && status != 101);
	if (x->phase == TWC__HTTP_OPEN && x->request.version > 10)
		x->carrier->inform(x, status);
}

bool twc_http_upgrade(struct twc_http_exchange *x, const char *name, struct twc_protocol *p)
{
	TWC_ASSERT(twc_http_wants_upgrade(x, name));
	if (x->phase != TWC__HTTP_OPEN || !x->carrier->upgrade(x, twc_str_of(name), p))
		return false;
	count_status(x);
	return true;
}

struct twc_transport *twc_http_seize(struct twc_http_exchange *x)
{
	if (x->phase >= TWC__HTTP_ENDED)
		return NULL;
	x->phase = TWC__HTTP_ENDED;
	return x->carrier->seize(x);
}
