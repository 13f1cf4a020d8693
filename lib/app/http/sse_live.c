/* SPDX-License-Identifier: MIT */
/*
 * Events of standard input: a ring of the last ones, as they are sent. Clients have cursors into it, and nobody waits for a slow
 * one.
 */
#include "app/http/sse_live.h"

#include <twc/log.h>
#include <twc/transport.h>

#include "app/http/sse_records.h"
#include "base/banned.h"

#define PIECE (64 * 1024)

struct event {
	char *text; /* owned; the id stands behind it */
	size_t n, n_id;
};

struct input {
	struct twc_protocol base; /* must be first */
	struct twc__http_live *l; /* NULL: it has gone */
};

struct twc__http_live {
	struct twc_reactor *r;
	void (*changed)(void *arg);
	void *arg;
	struct twc__http_records records;
	struct input *input; /* the transport's; NULL: not begun, or over */
	struct event event[TWC__HTTP_LIVE_EVENTS]; /* by their number, modulo */
	uint64_t first, next; /* numbers, from 0 */
	size_t bytes;
	bool has_begun, is_over;
};

/* ---- the ring ---- */

static struct event *event_at(const struct twc__http_live *l, uint64_t number)
{
	return (struct event *)(uintptr_t)&l->event[number % TWC__HTTP_LIVE_EVENTS];
}

static void forget_first(struct twc__http_live *l)
{
	struct event *e = event_at(l, l->first++);

	l->bytes -= e->n + e->n_id;
	twc_free(e->text);
	*e = (struct event){ 0 };
}

static void keep(struct twc__http_live *l, struct twc_str text, struct twc_str id)
{
	struct event *e;

	while (l->next - l->first == TWC__HTTP_LIVE_EVENTS ||
	       (l->first < l->next && l->bytes + text.n + id.n > TWC__HTTP_LIVE_BYTES))
		forget_first(l);
	e = event_at(l, l->next++);
	*e = (struct event){ .text = twc_malloc(text.n + id.n), .n = text.n, .n_id = id.n };
	memcpy(e->text, text.p, text.n);
	memcpy(e->text + text.n, id.p, id.n);
	l->bytes += text.n + id.n;
}

struct twc_str twc__http_live_next(const struct twc__http_live *l, uint64_t *cursor, bool *is_end)
{
	const struct event *e;

	if (*cursor < l->first)
		*cursor = l->first;
	*is_end = l->is_over;
	if (*cursor >= l->next)
		return (struct twc_str){ NULL, 0 };
	e = event_at(l, (*cursor)++);
	return (struct twc_str){ e->text, e->n };
}

uint64_t twc__http_live_now(const struct twc__http_live *l)
{
	return l->next;
}

uint64_t twc__http_live_after(const struct twc__http_live *l, struct twc_str id)
{
	for (uint64_t i = l->next; i > l->first; i--) {
		const struct event *e = event_at(l, i - 1);

		if (twc_str_eq((struct twc_str){ e->text + e->n, e->n_id }, id))
			return i;
	}
	return l->next;
}

/* ---- the input ---- */

static int take_events(struct twc__http_live *l, bool is_end, struct twc_err *err)
{
	struct twc_buf out;
	int rc;

	twc_buf_init(&out, 8 * TWC__HTTP_RECORD_MAX);
	while ((rc = twc__http_records_next(&l->records, is_end, &out, err)) > 0) {
		keep(l, twc_buf_str(&out), twc__http_records_id(&l->records));
		twc_buf_clear(&out);
	}
	twc_buf_fini(&out);
	return rc;
}

static void input_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct input *input = (struct input *)p;
	struct twc__http_live *l = input->l;
	struct twc_err err = { 0 };
	int rc = 0;

	if (!l)
		return;
	while (rc >= 0 && n) {
		size_t part = n < PIECE ? n : PIECE;

		rc = twc__http_records_feed(&l->records, data, part, &err);
		if (rc == 0)
			rc = take_events(l, false, &err);
		data += part;
		n -= part;
	}
	if (rc < 0)
		twc_transport_fail(p->transport, &err);
	l->changed(l->arg);
}

static void input_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct input *input = (struct input *)p;
	struct twc__http_live *l = input->l;

	twc_free(input);
	if (!l)
		return;
	l->input = NULL;
	l->is_over = true;
	if (reason->code)
		twc_log(twc_reactor_log(l->r), http, ERROR, "events of standard input: %s", reason->text);
	else
		(void)take_events(l, true, NULL);
	l->changed(l->arg);
}

static const struct twc_protocol_ops input_ops = { .name = "events", .data = input_data, .lost = input_lost };

int twc__http_live_start(struct twc__http_live *l, struct twc_err *err)
{
	if (l->has_begun)
		return 0;
	l->input = twc_calloc(1, sizeof(*l->input));
	l->input->base.ops = &input_ops;
	l->input->l = l;
	if (!twc_transport_from_stdio(l->r, 0, -1, false, "standard input", &l->input->base, err)) {
		twc_free(l->input);
		l->input = NULL;
		return TWC_EIO;
	}
	l->has_begun = true;
	return 0;
}

/* ---- life ---- */

struct twc__http_live *twc__http_live_new(struct twc_reactor *r, bool is_records, void (*changed)(void *arg), void *arg)
{
	struct twc__http_live *l = twc_calloc(1, sizeof(*l));

	l->r = r;
	l->changed = changed;
	l->arg = arg;
	twc__http_records_init(&l->records, is_records);
	return l;
}

void twc__http_live_free(struct twc__http_live *l)
{
	if (!l)
		return;
	if (l->input) {
		l->input->l = NULL;
		twc_transport_abort(l->input->base.transport);
	}
	while (l->first < l->next)
		forget_first(l);
	twc__http_records_fini(&l->records);
	twc_free(l);
}
