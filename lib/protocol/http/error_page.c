/* SPDX-License-Identifier: MIT */
/*
 * Short responses ready made: a formatted text, a redirect, and the page that tells a status: plain text, unless what the client
 * accepts prefers JSON or HTML.
 */
#include "protocol/http/exchange.h"

#include <stdarg.h>
#include <stdio.h>

#include "protocol/http/html.h"
#include "protocol/http/quality.h"
#include "protocol/http/status.h"
#include "base/banned.h"

#define BODY_MAX (64 * 1024)
#define DETAIL_MAX 1024 /* bytes of a detail that are shown */

/* ---- a text ---- */

static void send_body(struct twc_http_exchange *x, const char *type, struct twc_buf *body)
{
	twc_http_set_field(x, "Content-Type", type);
	twc_http_send(x, twc_buf_head(body), twc_buf_len(body));
}

void twc_http_sendf(struct twc_http_exchange *x, int status, const char *type, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	twc_http_set_status(x, status);
	twc_http_set_field(x, "Content-Type", type);
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	TWC_ASSERT(n >= 0);
	if ((size_t)n < sizeof(text)) {
		twc_http_send(x, text, (size_t)n);
		return;
	}
	char *more = twc_malloc((size_t)n + 1);

	va_start(ap, fmt);
	vsnprintf(more, (size_t)n + 1, fmt, ap);
	va_end(ap);
	twc_http_send(x, more, (size_t)n);
	twc_free(more);
}

void twc_http_redirect(struct twc_http_exchange *x, int status, const char *location)
{
	TWC_ASSERT(status >= 300 && status <= 399);
	twc_http_set_status(x, status);
	twc_http_set_field(x, "Location", location);
	twc_http_send(x, NULL, 0);
}

/* ---- the page of a status ---- */

static int add_str(struct twc_buf *b, struct twc_str s)
{
	return twc_buf_add(b, s.p, s.n);
}

static int add_json(struct twc_buf *b, struct twc_str s)
{
	int rc = 0;

	for (size_t i = 0; i < s.n && !rc; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f)
			rc = twc_buf_addf(b, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			rc = twc_buf_addf(b, "\\%c", c);
		else
			rc = twc_buf_add(b, &s.p[i], 1);
	}
	return rc;
}

static int page_text(struct twc_buf *b, int status, struct twc_str reason, struct twc_str detail)
{
	int rc = twc_buf_addf(b, "%d ", status);

	rc = rc ? rc : add_str(b, reason);
	rc = rc ? rc : add_str(b, TWC_STR("\n"));
	if (!rc && detail.n)
		rc = add_str(b, detail);
	return !rc && detail.n ? add_str(b, TWC_STR("\n")) : rc;
}

static int page_json(struct twc_buf *b, int status, struct twc_str reason, struct twc_str detail)
{
	int rc = twc_buf_addf(b, "{\"status\":%d,\"error\":\"", status);

	rc = rc ? rc : add_json(b, reason);
	rc = rc ? rc : add_str(b, TWC_STR("\""));
	if (!rc && detail.n) {
		rc = add_str(b, TWC_STR(",\"detail\":\""));
		rc = rc ? rc : add_json(b, detail);
		rc = rc ? rc : add_str(b, TWC_STR("\""));
	}
	return rc ? rc : add_str(b, TWC_STR("}\n"));
}

static int page_html(struct twc_buf *b, int status, struct twc_str reason, struct twc_str detail)
{
	int rc = twc_buf_addf(b, "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>%d ", status);

	rc = rc ? rc : twc__http_add_html(b, reason);
	rc = rc ? rc : twc_buf_addf(b, "</title>\n<h1>%d ", status);
	rc = rc ? rc : twc__http_add_html(b, reason);
	rc = rc ? rc : add_str(b, TWC_STR("</h1>\n"));
	if (!rc && detail.n) {
		rc = add_str(b, TWC_STR("<p>"));
		rc = rc ? rc : twc__http_add_html(b, detail);
		rc = rc ? rc : add_str(b, TWC_STR("</p>\n"));
	}
	return rc ? rc : add_str(b, TWC_STR("</html>\n"));
}

static const struct {
	const char *type;
	int (*write)(struct twc_buf *b, int status, struct twc_str reason, struct twc_str detail);
} pages[] = {
	{ "text/plain; charset=utf-8", page_text },
	{ "application/json", page_json },
	{ "text/html; charset=utf-8", page_html },
};

static size_t choose_page(const struct twc_http_exchange *x)
{
	static const char *const types[] = { "text/plain", "application/json", "text/html", NULL };
	struct twc_str accept;
	int i;

	if (x->is_refusal || !twc_http_fields_get(&x->request.fields, "accept", &accept))
		return 0;
	i = twc__http_choose_type(accept, types);
	return i > 0 ? (size_t)i : 0;
}

void twc_http_send_error(struct twc_http_exchange *x, int status, const char *detail)
{
	struct twc_str why = twc_str_of(detail);
	size_t page = choose_page(x);
	struct twc_buf body;

	if (x->phase != TWC__HTTP_OPEN)
		return;
	if (why.n > DETAIL_MAX)
		why.n = DETAIL_MAX;
	twc_http_set_status(x, status);
	twc_buf_init(&body, BODY_MAX);
	if (pages[page].write(&body, status, twc__http_reason((unsigned)status), why) < 0)
		twc_buf_clear(&body); /* memory is out: the status alone says it */
	send_body(x, pages[page].type, &body);
	twc_buf_fini(&body);
}
