/* SPDX-License-Identifier: MIT */
/* Heads of CGI programs: collected until they are whole, then read at once. */
#include "protocol/http/cgi.h"

#include "protocol/http/octet.h"
#include "base/banned.h"

void twc__http_cgi_init(struct twc__http_cgi *c)
{
	*c = (struct twc__http_cgi){ .length = TWC_HTTP_UNKNOWN };
	twc_buf_init(&c->head, TWC__HTTP_CGI_HEAD_MAX);
}

void twc__http_cgi_fini(struct twc__http_cgi *c)
{
	twc_http_fields_fini(&c->fields);
	twc_buf_fini(&c->head);
	twc_free(c->location);
	c->location = NULL;
}

/* ---- fields ---- */

static int fault(struct twc_err *err, const char *what, struct twc_str s)
{
	char shown[64];

	twc_escape(shown, sizeof(shown), s);
	return twc_err_set(err, TWC_EPROTO, "the program's answer: %s '%s'", what, shown);
}

/* "404 Not Found" */
static int read_status(struct twc__http_cgi *c, struct twc_str value, struct twc_err *err)
{
	struct twc_str rest = value, code;
	uint64_t n;

	if (!twc_str_cut(&rest, ' ', &code) || code.n != 3 || !twc__http_decimal(code, &n) || n < 200 || n > 599 || c->has_status)
		return fault(err, c->has_status ? "a second Status" : "no Status from 200 to 599", value);
	c->status = (int)n;
	c->has_status = true;
	return 0;
}

static int read_location(struct twc__http_cgi *c, struct twc_str value, struct twc_err *err)
{
	if (c->location || !value.n || memchr(value.p, ' ', value.n) || memchr(value.p, '\t', value.n))
		return fault(err, c->location ? "a second Location" : "no Location", value);
	c->location = twc_str_dup(value);
	return 0;
}

static int read_length(struct twc__http_cgi *c, struct twc_str value, struct twc_err *err)
{
	if (c->has_length || !twc__http_decimal(value, &c->length))
		return fault(err, c->has_length ? "a second Content-Length" : "no Content-Length", value);
	c->has_length = true;
	return 0;
}

/* What is said between two ends of a connection is not the program's to say. */
static bool is_of_connection(struct twc_str name)
{
	static const char *const names[] = { "connection", "keep-alive", "proxy-connection", "te",
					     "trailer",	   "upgrade",	 "transfer-encoding" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++)
		if (twc_str_eq_nocase(name, twc_str_of(names[i])))
			return true;
	return false;
}

static int read_line(struct twc__http_cgi *c, struct twc_str line, struct twc_err *err)
{
	struct twc_str value = line, name;
	int rc;

	if (!twc_str_cut(&value, ':', &name) || !value.p || !twc_http_is_token(name))
		return fault(err, twc_str_starts(line, "HTTP/") ? "it has a status line of its own" : "no field", line);
	value = twc_str_trim(value);
	if (!twc__http_all(value, TWC__HTTP_VALUE))
		return fault(err, "control characters in", name);
	if (twc_str_eq_nocase(name, TWC_STR("status")))
		return read_status(c, value, err);
	if (twc_str_eq_nocase(name, TWC_STR("location")))
		return read_location(c, value, err);
	if (twc_str_eq_nocase(name, TWC_STR("content-length")))
		return read_length(c, value, err);
	if (is_of_connection(name))
		return 0;
	rc = twc_http_fields_add(&c->fields, name, value, err);
	return rc == TWC_EDATA ? fault(err, "no field", line) : rc;
}

/* ---- the whole ---- */

static void decide(struct twc__http_cgi *c)
{
	const char *to = c->location;

	if (!to) {
		c->kind = TWC__HTTP_CGI_DOCUMENT;
		if (!c->has_status)
			c->status = 200;
	} else if (to[0] == '/' && to[1] != '/' && !c->has_status) {
		c->kind = TWC__HTTP_CGI_LOCAL;
		c->status = 200;
	} else {
		c->kind = TWC__HTTP_CGI_CLIENT;
		if (!c->has_status)
			c->status = 302;
	}
}

static int read_head(struct twc__http_cgi *c, struct twc_err *err)
{
	struct twc_str rest = twc_buf_str(&c->head), line;
	bool has_any = false;
	int rc = 0;

	while (rc == 0 && twc_str_cut(&rest, '\n', &line)) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (!line.n)
			break;
		has_any = true;
		rc = read_line(c, line, err);
	}
	if (rc < 0)
		return rc;
	if (!has_any)
		return twc_err_set(err, TWC_EPROTO, "the program's answer: its head is empty");
	decide(c);
	return 1;
}

/* Up to and with the empty line, or all. */
static size_t find_end(struct twc__http_cgi *c, const uint8_t *p, size_t n, bool *is_whole)
{
	*is_whole = false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			*is_whole = c->column == 0;
			if (*is_whole)
				return i + 1;
			c->column = 0;
		} else if (p[i] != '\r') {
			c->column++;
		}
	}
	return n;
}

int twc__http_cgi_feed(struct twc__http_cgi *c, const uint8_t *p, size_t n, size_t *used, struct twc_err *err)
{
	bool is_whole;
	int rc;

	*used = 0;
	if (c->code)
		return twc_err_set(err, c->code, "the program's answer could not be read before");
	n = find_end(c, p, n, &is_whole);
	rc = twc_buf_add(&c->head, p, n);
	if (rc == TWC_ETOOLONG)
		twc_err_set(err, rc, "the program's answer: its head is longer than %d bytes", TWC__HTTP_CGI_HEAD_MAX);
	else if (rc < 0)
		twc_err_set(err, rc, "%s", twc_err_default_text(rc));
	else
		*used = n;
	if (rc == 0 && is_whole)
		rc = read_head(c, err);
	if (rc < 0)
		c->code = rc;
	return rc;
}
