/* SPDX-License-Identifier: MIT */
/*
 * The head of a request as a client sends it. The order of the fields is the caller's, but for Host, which is first (RFC 9110,
 * 7.2), and what frames the body, which is decided here and nowhere else.
 */
#include "protocol/http/request.h"

#include "protocol/http/octet.h"

#include <string.h>

#include "base/banned.h"

#define SPARE 256 /* bytes of what a head has beside its fields */

static int add(struct twc_buf *out, struct twc_str s)
{
	return twc_buf_add(out, s.p, s.n);
}

static int add_field(struct twc_buf *out, struct twc_str name, struct twc_str value)
{
	size_t n = name.n + value.n + 3 + (value.n > 0);
	char *p;
	int rc = twc_buf_reserve(out, n, &p);

	if (rc < 0)
		return rc;
	memcpy(p, name.p, name.n);
	p += name.n;
	*p++ = ':';
	if (value.n > 0) {
		*p++ = ' ';
		memcpy(p, value.p, value.n);
	}
	memcpy(p + value.n, "\r\n", 2);
	twc_buf_commit(out, n);
	return 0;
}

static bool is_target(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	}
	return s.n > 0;
}

/* RFC 9110, 7.8 */
static bool is_protocol(struct twc_str s)
{
	struct twc_str name;

	return twc_str_cut(&s, '/', &name) && twc_http_is_token(name) && (!s.p || twc_http_is_token(s));
}

static int add_start(const struct twc_http_call *call, struct twc_buf *out, struct twc_err *err)
{
	struct twc_str method = call->method.n > 0 ? call->method : TWC_STR("GET");
	int rc;

	if (!twc_http_is_token(method))
		return twc_err_set(err, TWC_EDATA, "a method is a word of letters, digits and -");
	if (call->target.n > 0 && !is_target(call->target))
		return twc_err_set(err, TWC_EDATA, "a request target has no blanks and no control characters");
	rc = add(out, method);
	if (rc == 0)
		rc = add(out, TWC_STR(" "));
	if (rc == 0 && call->target.n > 0)
		rc = add(out, call->target);
	else if (rc == 0 && call->absolute)
		rc = twc_url_write_absolute(call->url, out);
	else if (rc == 0)
		rc = twc_url_write_target(call->url, out);
	return rc ? rc : add(out, call->minor < 0 ? TWC_STR(" HTTP/1.0\r\n") : TWC_STR(" HTTP/1.1\r\n"));
}

static int add_host(const struct twc_http_call *call, struct twc_buf *out)
{
	struct twc_str given;
	int rc;

	if (call->fields && twc_http_fields_get(call->fields, "Host", &given))
		return given.n > 0 ? add_field(out, TWC_STR("Host"), given) : add(out, TWC_STR("Host:\r\n"));
	if (call->no_host)
		return 0;
	rc = add(out, TWC_STR("Host: "));
	if (rc == 0)
		rc = twc_url_write_host(call->url, out);
	return rc ? rc : add(out, TWC_STR("\r\n"));
}

static bool has_body(const struct twc_http_call *call)
{
	return call->source || call->body.p;
}

static int add_framing(const struct twc_http_call *call, struct twc_buf *out)
{
	char digits[20];
	uint64_t length = call->source ? call->source->length : call->body.n;
	struct twc_str text = { digits, 0 };

	if (!has_body(call))
		return 0;
	if (length == TWC_HTTP_UNKNOWN)
		return add_field(out, TWC_STR("Transfer-Encoding"), TWC_STR("chunked"));
	text.n = twc__http_put_decimal(digits, length);
	return add_field(out, TWC_STR("Content-Length"), text);
}

static bool is_framing(struct twc_str name)
{
	return (name.n == 14 && twc_str_eq_nocase(name, TWC_STR("Content-Length"))) ||
	       (name.n == 17 && twc_str_eq_nocase(name, TWC_STR("Transfer-Encoding")));
}

/* What asks for another protocol is one thing, and not the caller's to write in pieces. */
static int add_upgrade(const struct twc_http_call *call, struct twc_buf *out)
{
	int rc;

	if (!call->upgrade)
		return 0;
	rc = add_field(out, TWC_STR("Connection"), TWC_STR("Upgrade"));
	return rc ? rc : add_field(out, TWC_STR("Upgrade"), twc_str_of(call->upgrade));
}

static bool is_of_upgrade(const struct twc_http_call *call, struct twc_str name)
{
	return call->upgrade &&
	       (twc_str_eq_nocase(name, TWC_STR("Connection")) || twc_str_eq_nocase(name, TWC_STR("Upgrade")));
}

static int add_fields(const struct twc_http_call *call, struct twc_buf *out)
{
	size_t n = call->fields ? twc_http_fields_count(call->fields) : 0;
	bool is_framed = false;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct twc_http_field f = twc_http_fields_at(call->fields, i);

		if ((f.name.n == 4 && twc_str_eq_nocase(f.name, TWC_STR("Host"))) || is_of_upgrade(call, f.name))
			continue;
		if (!is_framing(f.name)) {
			rc = add_field(out, f.name, f.value);
		} else if (!is_framed) {
			rc = add_framing(call, out);
			is_framed = true;
		}
	}
	if (rc == 0 && !is_framed)
		rc = add_framing(call, out);
	if (rc == 0 && call->expect_ns > 0 && has_body(call) &&
	    !(call->fields && twc_http_fields_get(call->fields, "Expect", NULL)))
		rc = add_field(out, TWC_STR("Expect"), TWC_STR("100-continue"));
	return rc;
}

/* Room for most of it at once: a buffer that grows as it is filled is copied again and again. */
static int reserve(const struct twc_http_call *call, struct twc_buf *out)
{
	size_t n = call->target.n + SPARE;
	char *p;

	for (size_t i = 0; call->fields && i < twc_http_fields_count(call->fields); i++) {
		struct twc_http_field f = twc_http_fields_at(call->fields, i);

		n += f.name.n + f.value.n + 4;
	}
	return twc_buf_reserve(out, n, &p);
}

int twc__http_request_write(const struct twc_http_call *call, struct twc_buf *out, struct twc_err *err)
{
	int rc;

	if (call->minor < 0 && call->source && call->source->length == TWC_HTTP_UNKNOWN)
		return twc_err_set(err, TWC_EDATA, "HTTP/1.0 has no way to send a body of unknown length");
	if (call->upgrade && (call->minor < 0 || !is_protocol(twc_str_of(call->upgrade))))
		return twc_err_set(err, TWC_EDATA, call->minor < 0 ? "HTTP/1.0 has no Upgrade"
								   : "a protocol to upgrade to is NAME or NAME/VERSION");
	rc = reserve(call, out);
	if (rc == 0)
		rc = add_start(call, out, err);
	if (rc == 0)
		rc = add_host(call, out);
	if (rc == 0)
		rc = add_upgrade(call, out);
	if (rc == 0)
		rc = add_fields(call, out);
	if (rc == 0)
		rc = add(out, TWC_STR("\r\n"));
	if (rc == TWC_ETOOLONG || rc == TWC_ENOMEM)
		return twc_err_set(err, rc, "the head of the request is too long");
	return rc;
}
