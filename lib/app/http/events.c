/* SPDX-License-Identifier: MIT */
/* Events of a server for those above the library: the reader of protocol/http/sse.h, and an event as JSON. */
#include <twc/http_events.h>
#include <twc/json.h>

#include "protocol/http/sse.h"

#include "base/banned.h"

struct twc_http_events {
	struct twc__http_sse sse;
	twc_http_event_fn fn;
	void *arg;
};

static int on_event(void *arg, const struct twc__http_sse_event *e, struct twc_err *err)
{
	struct twc_http_events *s = arg;
	const struct twc_http_event out = { .type = e->type, .data = e->data, .id = e->id, .retry_ms = e->retry_ms };

	return s->fn(s->arg, &out, err);
}

struct twc_http_events *twc_http_events_new(twc_http_event_fn fn, void *arg)
{
	struct twc_http_events *s = twc_calloc(1, sizeof(*s));

	s->fn = fn;
	s->arg = arg;
	twc__http_sse_init(&s->sse, on_event, s);
	return s;
}

void twc_http_events_free(struct twc_http_events *s)
{
	if (!s)
		return;
	twc__http_sse_fini(&s->sse);
	twc_free(s);
}

int twc_http_events_feed(struct twc_http_events *s, const void *p, size_t n, struct twc_err *err)
{
	return twc__http_sse_feed(&s->sse, p, n, err);
}

void twc_http_events_reset(struct twc_http_events *s)
{
	twc__http_sse_reset(&s->sse);
}

struct twc_str twc_http_events_last_id(const struct twc_http_events *s)
{
	return twc__http_sse_last_id(&s->sse);
}

int64_t twc_http_events_retry_ms(const struct twc_http_events *s)
{
	return twc__http_sse_retry(&s->sse);
}

int twc_http_event_json(const struct twc_http_event *e, struct twc_buf *out)
{
	struct twc_json j;

	twc_json_begin(&j, out);
	twc_json_str(&j, "event", e->type.n > 0 ? e->type : TWC_STR("message"));
	twc_json_str(&j, "id", e->id.n > 0 ? e->id : (struct twc_str){ 0 });
	twc_json_str(&j, "data", e->data);
	if (e->retry_ms < 0)
		twc_json_null(&j, "retry");
	else
		twc_json_int(&j, "retry", e->retry_ms);
	twc_json_end(&j);
	return j.failed ? TWC_ETOOLONG : 0;
}
