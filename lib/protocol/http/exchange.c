/* SPDX-License-Identifier: MIT */
/*
 * One exchange from its handler's side: the request it sees, the body it asks for, the deferred it may have returned, and the
 * end, of which everybody is told once. What it answers is in response.c.
 *
 *   above  handlers, routers, logs     below  a carrier: server_conn.c for HTTP/1
 */
#include "protocol/http/exchange.h"

#include <stdio.h>

#include "protocol/http/server_int.h"
#include "protocol/http/target.h"
#include "base/banned.h"

#define PIECE 1024	      /* bytes of memory an exchange keeps for the next one */
#define RETARGETS_MAX 10
#define KEEP_FIELDS (8 * 1024) /* a response's head, or a request's, above this is given back */

struct twc__http_piece {
	struct twc__http_piece *next;
	size_t used, cap;
	max_align_t data[];
};

/* ---- life ---- */

static void exchange_reset(struct twc_http_exchange *x)
{
	const size_t from = offsetof(struct twc_http_exchange, carrier);
	struct twc_http_fields fields = x->request.fields, trailers = x->request.trailers;

	twc_http_fields_clear(&fields);
	if (x->has_trailers)
		twc_http_fields_clear(&trailers);
	x->request = (struct twc_http_request){ .fields = fields, .trailers = trailers };
	twc_buf_clear(&x->fields);
	twc_buf_clear(&x->trailers);
	if (x->memory)
		x->memory->used = 0;
	memset((char *)x + from, 0, sizeof(*x) - from);
	x->status = 200;
	x->refs = 1;
}

static struct twc_http_exchange *exchange_make(const struct twc_http_server *s)
{
	struct twc_http_exchange *x = twc_calloc(1, sizeof(*x));

	twc_buf_init(&x->fields, TWC_HTTP_FIELDS_BYTES);
	twc_buf_init(&x->trailers, TWC_HTTP_FIELDS_BYTES);
	x->status = 200;
	x->refs = 1;
	twc__http_head_init(&x->head, TWC__HTTP_REQUEST, &s->limits, &x->request.fields);
	return x;
}

struct twc_http_exchange *twc__http_exchange_new(struct twc_http_server *s, const struct twc__http_carrier *carrier, void *conn,
						 struct twc_transport *t)
{
	struct twc_http_exchange *x = s->n_spare ? s->spare[--s->n_spare] : exchange_make(s);

	x->server = s;
	s->refs++;
	x->carrier = carrier;
	x->conn = conn;
	x->transport = t;
	return x;
}

/* One piece stays, for the next exchange. */
static void memory_trim(struct twc_http_exchange *x)
{
	struct twc__http_piece *p = x->memory;

	while (p && (p->next || p->cap > PIECE)) {
		x->memory = p->next;
		twc_free(p);
		p = x->memory;
	}
}

void twc__http_exchange_free(struct twc_http_exchange *x)
{
	while (x->memory) {
		struct twc__http_piece *p = x->memory;

		x->memory = p->next;
		twc_free(p);
	}
	twc_http_fields_fini(&x->request.fields);
	twc_http_fields_fini(&x->request.trailers);
	twc_buf_fini(&x->fields);
	twc_buf_fini(&x->trailers);
	twc_free(x);
}

void twc__http_exchange_unref(struct twc_http_exchange *x)
{
	struct twc_http_server *s = x->server;

	if (--x->refs)
		return;
	TWC_ASSERT(x->phase == TWC__HTTP_OVER);
	twc__blob_unref(x->blob);
	if (s->n_spare == TWC__HTTP_SPARE) {
		twc__http_exchange_free(x);
	} else {
		memory_trim(x);
		if (x->fields.cap > KEEP_FIELDS)
			twc_buf_fini(&x->fields);
		if (x->trailers.cap > KEEP_FIELDS)
			twc_buf_fini(&x->trailers);
		if (x->request.fields.cap > KEEP_FIELDS)
			twc_http_fields_fini(&x->request.fields);
		if (x->request.trailers.cap > KEEP_FIELDS)
			twc_http_fields_fini(&x->request.trailers);
		exchange_reset(x);
		s->spare[s->n_spare++] = x;
	}
	twc__http_server_unref(s);
}

void *twc__http_exchange_alloc(struct twc_http_exchange *x, size_t n)
{
	struct twc__http_piece *p = x->memory;
	void *at;

	n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (!p || p->cap - p->used < n) {
		size_t cap = n > PIECE ? n : PIECE;

		p = twc_malloc(sizeof(*p) + cap);
		*p = (struct twc__http_piece){ .next = x->memory, .cap = cap };
		x->memory = p;
	}
	at = (char *)p->data + p->used;
	p->used += n;
	return at;
}

/* ---- the handler and its deferred ---- */

/* The status that tells a client of a handler's failure. */
static int status_of(const struct twc_err *err)
{
	switch (err->code) {
	case TWC_ETOOLONG:
		return 413;
	case TWC_ETIMEDOUT:
		return 504;
	case TWC_EREFUSED:
	case TWC_EUNREACH:
	case TWC_ENOSOCK:
	case TWC_ENONAME:
	case TWC_ERESOLVE:
	case TWC_EREJECTED:
	case TWC_EIDLE:
	case TWC_ERESET:
	case TWC_EPROTO:
	case TWC_ETRUNC:
	case TWC_EUNTRUSTED:
		return 502;
	case TWC_ELIMIT:
	case TWC_ETEMPFAIL:
	case TWC_ECANCELLED:
		return 503;
	default:
		return 500;
	}
}

void twc__http_exchange_log(const struct twc_http_exchange *x, enum twc_log_level level, int status, const struct twc_err *err)
{
	struct twc_log *log = twc_reactor_log(x->server->r);
	const struct twc_http_request *q = &x->request;
	char method[32], target[256], what[32] = "response broken off";

	if (!twc_log_is_on(log, TWC_LOG_http, level))
		return;
	twc_escape(method, sizeof(method), q->method);
	twc_escape(target, sizeof(target), q->target);
	if (status)
		snprintf(what, sizeof(what), "answered with %d", status);
	twc_log_write(log, level, TWC_LOG_http, "%s %s: %s: %s", method, target, what, err->text);
}

/* The handler's deferred failed. */
static void answer_error(struct twc_http_exchange *x, const struct twc_err *err)
{
	int status = x->body_fault ? x->body_fault : status_of(err);

	if (x->phase != TWC__HTTP_OPEN || status == 500) {
		twc_http_fail(x, err);
		return;
	}
	twc__http_exchange_log(x, TWC_LOG_INFO, status, err);
	twc_http_send_error(x, status, NULL);
}

static void on_handled(struct twc_result *res, void *arg)
{
	struct twc_http_exchange *x = arg;
	struct twc_deferred *d = x->deferred;

	x->deferred = NULL;
	if (res->err.code) {
		if (x->phase < TWC__HTTP_ENDED)
			answer_error(x, &res->err);
		twc_result_set(res, NULL, NULL);
	} else if (x->phase == TWC__HTTP_OPEN) {
		twc_http_set_status(x, 204);
		twc_http_send(x, NULL, 0);
	}
	twc_deferred_release(d);
	if (x->has_transport)
		twc_transport_unref(x->transport);
	twc__http_exchange_unref(x);
}

void twc__http_exchange_start(struct twc_http_exchange *x, struct twc_http_handler handler)
{
	x->is_counted = true;
	x->server->stats.active++;
	twc__http_exchange_hand_on(x, handler);
}

void twc__http_exchange_hand_on(struct twc_http_exchange *x, struct twc_http_handler handler)
{
	struct twc_deferred *d = handler.handle(handler.arg, x);

	if (!d)
		return;
	x->refs++;
	x->deferred = d;
	twc_deferred_add_both(d, on_handled, x);
}

int twc__http_exchange_retarget(struct twc_http_exchange *x, const char *target, struct twc_err *err)
{
	struct twc_http_request *q = &x->request;
	struct twc__http_target parsed;
	size_t n = strlen(target);
	char *kept = twc__http_exchange_alloc(x, 2 * (n + 1)), *path = kept + n + 1;
	ssize_t path_n;
	int rc;

	if (++x->retargets > RETARGETS_MAX)
		return twc_err_set(err, TWC_EPROTO, "sent on from path to path more than %d times", RETARGETS_MAX);
	memcpy(kept, target, n + 1);
	rc = twc__http_target_parse(TWC_HTTP_GET, (struct twc_str){ kept, n }, &parsed, err);
	path_n = rc < 0 ? rc : twc__http_path_decode(parsed.path, path, err);
	if (path_n < 0)
		return TWC_EPROTO;
	if (q->method_id != TWC_HTTP_HEAD) {
		q->method = TWC_STR("GET");
		q->method_id = TWC_HTTP_GET;
	}
	q->target = (struct twc_str){ kept, n };
	q->raw_path = parsed.path;
	q->path = (struct twc_str){ path, (size_t)path_n };
	q->query = parsed.query;
	q->length = 0;
	x->route = (struct twc__http_route){ 0 };
	x->has_receiver = false;
	return 0;
}

void twc__http_exchange_filter(struct twc_http_exchange *x, struct twc__http_filter *f, const struct twc__http_carrier *carrier)
{
	TWC_ASSERT(!x->filter && x->phase == TWC__HTTP_OPEN);
	f->inner = x->carrier;
	x->filter = f;
	x->carrier = carrier;
}

/* ---- the body ---- */

void twc_http_receive(struct twc_http_exchange *x, const struct twc_http_body_ops *ops, void *arg)
{
	TWC_ASSERT(!x->has_receiver);
	x->has_receiver = true;
	if (x->phase >= TWC__HTTP_ENDED)
		return;
	x->body_ops = ops;
	x->body_arg = arg;
	x->carrier->wake(x);
}

void twc_http_pause(struct twc_http_exchange *x)
{
	x->pauses++;
}

void twc_http_resume(struct twc_http_exchange *x)
{
	TWC_ASSERT(x->pauses > 0);
	if (--x->pauses == 0 && x->phase < TWC__HTTP_OVER)
		x->carrier->wake(x);
}

void twc__http_exchange_body(struct twc_http_exchange *x, const uint8_t *p, size_t n)
{
	if (x->body_ops->data)
		x->body_ops->data(x->body_arg, p, n);
}

static void receiver_end(struct twc_http_exchange *x, const struct twc_err *err)
{
	const struct twc_http_body_ops *ops = x->body_ops;

	x->body_ops = NULL;
	if (ops && ops->end)
		ops->end(x->body_arg, err);
}

void twc__http_exchange_body_end(struct twc_http_exchange *x, int status, const struct twc_err *err)
{
	static const struct twc_err whole;

	if (!err) {
		receiver_end(x, &whole);
		return;
	}
	x->body_fault = status;
	receiver_end(x, err);
	if (x->phase == TWC__HTTP_OPEN) {
		twc_http_close(x);
		twc_http_send_error(x, status, err->text);
	} else if (x->phase == TWC__HTTP_BEGUN) {
		twc_http_fail(x, err);
	}
}

/* ---- the end ---- */

void twc_http_watch(struct twc_http_exchange *x, const struct twc_http_exchange_ops *ops, void *arg)
{
	x->ops = ops;
	x->ops_arg = arg;
}

void twc__http_exchange_over(struct twc_http_exchange *x, const struct twc_err *err)
{
	static const struct twc_err well;
	struct twc_http_server *s = x->server;
	struct twc_err given_up = { 0 };

	if (!err && x->body_ops)
		twc_err_set(&given_up, TWC_ECANCELLED, "the response ended before the body of the request");
	if (x->phase == TWC__HTTP_OPEN)
		x->status = 0;
	x->phase = TWC__HTTP_OVER;
	if (x->filter)
		x->filter->over(x->filter, x);
	if (x->deferred) {
		x->has_transport = true;
		twc_transport_ref(x->transport);
	}
	receiver_end(x, err ? err : &given_up);
	if (x->deferred)
		twc_deferred_cancel(x->deferred);
	if (x->is_counted)
		s->stats.active--;
	if (x->is_refusal)
		return;
	if (!err)
		err = &well;
	if (x->ops && x->ops->ended)
		x->ops->ended(x->ops_arg, x, err);
	if (s->o.ops.exchanged)
		s->o.ops.exchanged(s->o.arg, x, err);
}

void twc__http_exchange_abort(struct twc_http_exchange *x, const struct twc_err *err)
{
	if (x->phase < TWC__HTTP_OVER)
		x->carrier->break_off(x, TWC__HTTP_BREAK_RESET, NULL, 0, err);
}

void twc__http_exchange_stopping(struct twc_http_exchange *x)
{
	if (x->filter && x->filter->stopping)
		x->filter->stopping(x->filter, x);
	if (x->phase < TWC__HTTP_OVER && x->ops && x->ops->stopping)
		x->ops->stopping(x->ops_arg, x);
}

/* ---- asking ---- */

const struct twc_http_request *twc_http_request(const struct twc_http_exchange *x)
{
	return &x->request;
}

struct twc_transport *twc_http_transport(const struct twc_http_exchange *x)
{
	return x->transport;
}

struct twc_reactor *twc_http_reactor(const struct twc_http_exchange *x)
{
	return x->server->r;
}

bool twc_http_wants_upgrade(const struct twc_http_exchange *x, const char *name)
{
	const struct twc_http_request *q = &x->request;

	if (q->version >= 20)
		return x->protocol.n && twc_str_eq_nocase(x->protocol, twc_str_of(name));
	return q->version == 11 && q->method_id == TWC_HTTP_GET && !q->length && !x->retargets &&
	       twc_http_fields_has(&q->fields, "upgrade", name) && twc_http_fields_has(&q->fields, "connection", "upgrade");
}

bool twc__http_is_stopping(const struct twc_http_exchange *x)
{
	return x->server->is_stopping;
}

bool twc_http_has_begun(const struct twc_http_exchange *x)
{
	return x->phase >= TWC__HTTP_BEGUN;
}

bool twc_http_has_ended(const struct twc_http_exchange *x)
{
	return x->phase >= TWC__HTTP_ENDED;
}

bool twc_http_is_full(const struct twc_http_exchange *x)
{
	return x->phase < TWC__HTTP_OVER && x->carrier->is_full(x);
}

int twc_http_status(const struct twc_http_exchange *x)
{
	return x->status;
}

uint64_t twc_http_sent(const struct twc_http_exchange *x)
{
	return x->sent;
}
