/* SPDX-License-Identifier: MIT */
/*
 * Event streams, both ways (WHATWG HTML, 9.2.5 and 9.2.6). Reading: lines as they come, each where it lies
 * when it came whole; an empty one hands the event on. A new connection of the same source keeps the last
 * event id, as browsers do.
 */
#include "protocol/http/sse.h"

#include "base/banned.h"

static int reader_fail(struct twc__http_sse *s, int code, struct twc_err *err, const char *what)
{
	s->code = code;
	if (code == TWC_ETOOLONG)
		return twc_err_set(err, code, "event stream: %s is too long", what);
	return twc_err_set(err, code, "%s", twc_err_default_text(code));
}

void twc__http_sse_init(struct twc__http_sse *s, twc__http_sse_fn fn, void *arg)
{
	*s = (struct twc__http_sse){ .fn = fn, .arg = arg, .retry_ms = -1, .last_retry_ms = -1 };
	twc_buf_init(&s->line, TWC__HTTP_SSE_EVENT_MAX);
	twc_buf_init(&s->data, TWC__HTTP_SSE_EVENT_MAX + 1);
	twc_buf_init(&s->type, TWC__HTTP_SSE_ID_MAX);
	twc_buf_init(&s->id, TWC__HTTP_SSE_ID_MAX);
	twc_buf_init(&s->last_id, TWC__HTTP_SSE_ID_MAX);
}

void twc__http_sse_fini(struct twc__http_sse *s)
{
	twc_buf_fini(&s->line);
	twc_buf_fini(&s->data);
	twc_buf_fini(&s->type);
	twc_buf_fini(&s->id);
	twc_buf_fini(&s->last_id);
}

struct twc_str twc__http_sse_last_id(const struct twc__http_sse *s)
{
	return twc_buf_str(&s->last_id);
}

int64_t twc__http_sse_retry(const struct twc__http_sse *s)
{
	return s->last_retry_ms;
}

/* ---- reading ---- */

static int buf_set(struct twc_buf *b, struct twc_str s)
{
	twc_buf_clear(b);
	return twc_buf_add(b, s.p, s.n);
}

static int on_empty_line(struct twc__http_sse *s, struct twc_err *err)
{
	struct twc__http_sse_event event = { .retry_ms = s->retry_ms };
	int rc = buf_set(&s->last_id, twc_buf_str(&s->id));

	if (rc)
		return reader_fail(s, rc, err, "an id");
	if (twc_buf_len(&s->data) > 0) {
		event.type = twc_buf_str(&s->type);
		event.id = twc_buf_str(&s->last_id);
		event.data = twc_buf_str(&s->data);
		event.data.n--; /* the last line's LF */
		s->code = s->fn(s->arg, &event, err);
	}
	twc_buf_clear(&s->data);
	twc_buf_clear(&s->type);
	s->retry_ms = -1;
	return s->code;
}

/* Digits alone, or the line says nothing. */
static void on_retry(struct twc__http_sse *s, struct twc_str value)
{
	int64_t ms = 0;

	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return;
		ms = ms * 10 + (value.p[i] - '0');
		if (ms > TWC__HTTP_SSE_RETRY_MAX)
			ms = TWC__HTTP_SSE_RETRY_MAX;
	}
	if (value.n > 0)
		s->retry_ms = s->last_retry_ms = ms;
}

static int on_data(struct twc__http_sse *s, struct twc_str value)
{
	int rc = twc_buf_add(&s->data, value.p, value.n);

	return rc ? rc : twc_buf_add(&s->data, "\n", 1);
}

static int on_line(struct twc__http_sse *s, struct twc_str line, struct twc_err *err)
{
	const char *colon;
	struct twc_str value = { "", 0 };
	int rc = 0;

	if (!s->is_begun && twc_str_starts(line, "\xef\xbb\xbf"))
		line = (struct twc_str){ line.p + 3, line.n - 3 };
	s->is_begun = true;
	if (line.n == 0)
		return on_empty_line(s, err);
	colon = memchr(line.p, ':', line.n);
	if (colon) {
		value = (struct twc_str){ colon + 1, line.n - (size_t)(colon + 1 - line.p) };
		line.n = (size_t)(colon - line.p);
	}
	if (value.n > 0 && value.p[0] == ' ')
		value = (struct twc_str){ value.p + 1, value.n - 1 };
	if (twc_str_is(line, "data"))
		rc = on_data(s, value);
	else if (twc_str_is(line, "event"))
		rc = buf_set(&s->type, value);
	else if (twc_str_is(line, "id") && (value.n == 0 || !memchr(value.p, '\0', value.n)))
		rc = buf_set(&s->id, value);
	else if (twc_str_is(line, "retry"))
		on_retry(s, value);
	return rc ? reader_fail(s, rc, err, twc_str_is(line, "data") ? "an event" : "a type or id") : 0;
}

/* The first CR or LF, or the end. One look for both: two would look again and again at pieces that have one
 * kind alone. */
static size_t line_len(const uint8_t *p, size_t n)
{
	size_t k = 0;

	while (k < n && p[k] != '\n' && p[k] != '\r')
		k++;
	return k;
}

/* A line's end has come: p[0..n) is what it had in this piece. */
static int line_end(struct twc__http_sse *s, const uint8_t *p, size_t n, struct twc_err *err)
{
	struct twc_str line = { (const char *)p, n };
	int rc = 0;

	if (twc_buf_len(&s->line) > 0) {
		rc = twc_buf_add(&s->line, p, n);
		line = twc_buf_str(&s->line);
	} else if (n > TWC__HTTP_SSE_EVENT_MAX) {
		rc = TWC_ETOOLONG;
	}
	if (rc)
		return reader_fail(s, rc, err, "a line");
	rc = on_line(s, line, err);
	twc_buf_clear(&s->line);
	return rc;
}

int twc__http_sse_feed(struct twc__http_sse *s, const uint8_t *p, size_t n, struct twc_err *err)
{
	int rc;

	if (s->code)
		return twc_err_set(err, s->code, "the event stream has failed before");
	while (n > 0) {
		size_t k;

		if (s->after_cr && *p == '\n') {
			p++;
			n--;
		}
		s->after_cr = false;
		k = line_len(p, n);
		if (k == n)
			break;
		rc = line_end(s, p, k, err);
		if (rc)
			return rc;
		s->after_cr = p[k] == '\r';
		p += k + 1;
		n -= k + 1;
	}
	rc = twc_buf_add(&s->line, p, n);
	return rc ? reader_fail(s, rc, err, "a line") : 0;
}

void twc__http_sse_reset(struct twc__http_sse *s)
{
	twc_buf_clear(&s->line);
	twc_buf_clear(&s->data);
	twc_buf_clear(&s->type);
	(void)buf_set(&s->id, twc_buf_str(&s->last_id)); /* room for it there was: it came from there */
	s->retry_ms = -1;
	s->is_begun = s->after_cr = false;
	s->code = 0;
}

/* ---- writing ---- */

static bool has_break(struct twc_str s)
{
	return s.n > 0 && (memchr(s.p, '\n', s.n) || memchr(s.p, '\r', s.n));
}

static int add_line(struct twc_buf *b, const char *field, struct twc_str value)
{
	int rc = twc_buf_add(b, field, strlen(field));

	if (rc == 0)
		rc = twc_buf_add(b, value.p, value.n);
	return rc ? rc : twc_buf_add(b, "\n", 1);
}

/* A line for each line of `text`, at least one. */
static int add_lines(struct twc_buf *b, const char *field, struct twc_str text)
{
	int rc;

	for (;;) {
		size_t k = text.n > 0 ? line_len((const uint8_t *)text.p, text.n) : 0;
		size_t skip = text.n - k > 1 && text.p[k] == '\r' && text.p[k + 1] == '\n' ? 2 : 1;

		rc = add_line(b, field, (struct twc_str){ text.p, k });
		if (rc || k == text.n)
			return rc;
		text.p += k + skip;
		text.n -= k + skip;
	}
}

int twc__http_sse_write(struct twc_buf *b, const struct twc__http_sse_event *event, struct twc_err *err)
{
	int rc = 0;

	if (has_break(event->type) || has_break(event->id))
		return twc_err_set(err, TWC_EUSAGE, "the type and the id of an event are one line");
	if (event->id.n > 0 && memchr(event->id.p, '\0', event->id.n))
		return twc_err_set(err, TWC_EUSAGE, "the id of an event has no NUL");
	if (event->type.n > 0)
		rc = add_line(b, "event: ", event->type);
	if (rc == 0 && event->id.p)
		rc = add_line(b, "id: ", event->id);
	if (rc == 0 && event->retry_ms >= 0)
		rc = twc_buf_addf(b, "retry: %lld\n", (long long)event->retry_ms);
	if (rc == 0 && event->data.p)
		rc = add_lines(b, "data: ", event->data);
	if (rc == 0)
		rc = twc_buf_add(b, "\n", 1);
	return rc ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}

int twc__http_sse_comment(struct twc_buf *b, struct twc_str text)
{
	return add_lines(b, ": ", text);
}
