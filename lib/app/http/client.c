/* SPDX-License-Identifier: MIT */
/*
 * A client of HTTP: a request becomes a turn on a connection of the pool, and the turn's outcome a response. One object is both
 * (ask.h).
 *
 *	WAITING (for a connection) -> ASKED -> TWC__HTTP_ANSWERED (the head is there) -> OVER
 */
#include "app/http/ask.h"
#include "protocol/http/request.h"

#include "base/banned.h"

#define RESPONSE_HEAD_MAX (300 * 1024) /* as curl has it */
#define REQUEST_HEAD_MAX (1024 * 1024)
#define PIECE (256 * 1024)
#define SPARE 64 /* asks that are kept for the next */
#define SPARE_BYTES (8 * 1024) /* of their memory */
#define REFUSALS_MAX 20 /* of one request */

struct twc_http_client {
	struct twc_reactor *r;
	struct twc__http_pool *pool;
	struct twc__list asks; /* not over */
	struct twc_http_client_opts o; /* its strings are the pool's business */
	struct twc_http_times last;
	struct twc__http_ask *spare[SPARE]; /* owned: zeroed but for memory of `head` and fields, which are empty */
	unsigned n_spare;
};

static struct twc__http_ask *ask_new(struct twc_http_client *c)
{
	struct twc__http_ask *a;

	if (c->n_spare)
		return c->spare[--c->n_spare];
	a = twc_calloc(1, sizeof(*a));
	twc_buf_init(&a->head, REQUEST_HEAD_MAX);
	return a;
}

static void spare_free(struct twc__http_ask *a)
{
	twc_http_fields_fini(&a->res.fields);
	twc_buf_fini(&a->head);
	twc_free(a);
}

/* What the next one may use stays; a head with secrets is no longer than that, and written over by then. */
static void spare_keep(struct twc_http_client *c, struct twc__http_ask *a)
{
	struct twc_http_fields fields = a->res.fields;
	struct twc_buf head = a->head;

	twc_http_fields_clear(&fields);
	twc_buf_clear(&head);
	memset(a, 0, sizeof(*a));
	a->res.fields = fields;
	a->head = head;
	c->spare[c->n_spare++] = a;
}

void twc__http_ask_free(struct twc__http_ask *a)
{
	struct twc_http_client *c = a->client;

	twc__list_remove(&a->link);
	if (twc_timer_is_active(&a->tell))
		twc_timer_stop(a->r, &a->tell);
	twc_http_fields_fini(&a->res.trailers);
	if (!a->is_borrowing) {
		twc_url_fini(&a->url);
		if (a->via)
			twc_free_secret(a->via, strlen(a->via));
	}
	twc_free(a->upgrade);
	twc_free(a->reason);
	if (c && c->n_spare < SPARE && a->head.cap <= SPARE_BYTES && a->res.fields.cap <= SPARE_BYTES)
		spare_keep(c, a);
	else
		spare_free(a);
}

/* ---- a body from memory ---- */

static void memory_produce(void *arg, struct twc_http_upload *u)
{
	struct twc__http_ask *a = arg;

	while (!twc_http_upload_is_full(u) && a->written < a->body.n) {
		size_t left = a->body.n - a->written, n = left < PIECE ? left : PIECE;

		twc_http_upload_write(u, a->body.p + a->written, n);
		a->written += n;
	}
	if (a->written == a->body.n)
		twc_http_upload_end(u);
}

static bool memory_rewind(void *arg)
{
	struct twc__http_ask *a = arg;

	a->written = 0;
	return true;
}

/* ---- what the turn says ---- */

static struct twc__http_ask *of_turn(struct twc__http_turn *turn)
{
	return TWC_CONTAINER_OF(turn, struct twc__http_ask, turn);
}

static void note_times(struct twc__http_ask *a)
{
	struct twc_http_times *t = &a->res.times;

	t->sent = a->turn.times.sent;
	t->uploaded = a->turn.times.uploaded;
	t->first_byte = a->turn.times.first_byte;
	t->head = a->turn.times.head;
	t->done = a->turn.times.done;
	a->res.head_bytes = a->turn.head_bytes;
	a->res.body_bytes = a->turn.body_bytes;
	a->res.upload_bytes = a->turn.upload.bytes;
}

static void on_informed(struct twc__http_turn *turn, int status, const struct twc_http_fields *fields)
{
	struct twc__http_ask *a = of_turn(turn);

	if (a->informed)
		a->informed(a->arg, status, fields);
}

static void on_seen(struct twc__http_turn *turn, struct twc_str head)
{
	struct twc__http_ask *a = of_turn(turn);

	if (a->seen)
		a->seen(a->arg, '<', head);
}

/* Most say what everybody says. */
static void note_reason(struct twc__http_ask *a, const struct twc__http_start *start)
{
	struct twc_str usual = twc_str_of(twc_http_reason(start->status));

	if (!twc_str_eq(start->reason, usual))
		a->reason = twc_str_dup(start->reason);
	a->res.reason = a->reason ? (struct twc_str){ a->reason, start->reason.n } : usual;
}

static void on_head(struct twc__http_turn *turn, const struct twc__http_start *start, struct twc_http_fields *fields,
		    const struct twc__http_framing *framing)
{
	struct twc__http_ask *a = of_turn(turn);
	struct twc_http_fields none = a->res.fields;
	struct twc_deferred *answer = a->answer;

	a->res.status = start->status;
	a->res.version = turn->version;
	note_reason(a, start);
	a->res.fields = *fields;
	*fields = none;
	a->res.length = framing->body == TWC__HTTP_NONE || start->status == 101 ? 0
			: framing->body == TWC__HTTP_LENGTH ? framing->length
							    : TWC_HTTP_UNKNOWN;
	note_times(a);
	a->state = TWC__HTTP_ANSWERED;
	a->answer = NULL;
	twc_deferred_fire(answer, &a->res, twc_http_response_free);
}

static void on_data(struct twc__http_turn *turn, const uint8_t *p, size_t n)
{
	struct twc__http_ask *a = of_turn(turn);

	a->res.body_bytes += n;
	a->ops->data(a->ops_arg, p, n);
}

/* The receiver may free the response. */
void twc__http_ask_tell(struct twc__http_ask *a)
{
	const struct twc_http_body_ops *ops = a->ops;
	struct twc_err err = a->end_err;

	a->is_at_end = false;
	a->ops = NULL;
	ops->end(a->ops_arg, &err);
}

static void ask_fail(struct twc__http_ask *a, const struct twc_err *err)
{
	struct twc_deferred *answer = a->answer;
	struct twc_err copy = *err;

	note_times(a);
	if (a->client)
		a->client->last = a->res.times;
	a->answer = NULL;
	twc__http_ask_free(a);
	twc_deferred_fail(answer, &copy);
}

static bool ask_again(struct twc__http_ask *a);

static void on_end(struct twc__http_turn *turn, struct twc_http_fields *trailers, const struct twc_err *err)
{
	struct twc__http_ask *a = of_turn(turn);

	if (a->state == TWC__HTTP_ASKED) {
		if (!ask_again(a))
			ask_fail(a, err);
		return;
	}
	note_times(a);
	if (a->client)
		a->client->last = a->res.times;
	a->state = TWC__HTTP_OVER;
	if (trailers) {
		a->res.trailers = *trailers;
		*trailers = (struct twc_http_fields){ 0 };
	}
	a->end_err = *err;
	a->is_at_end = true;
	if (a->ops)
		twc__http_ask_tell(a);
}

static const struct twc__http_turn_ops turn_ops = {
	.informed = on_informed,
	.seen = on_seen,
	.head = on_head,
	.data = on_data,
	.end = on_end,
};

/* ---- a connection for it ---- */

/* A dial that began for another is ours from the moment we were there. */
static void note_dial(struct twc__http_ask *a, const struct twc__http_dialled *how)
{
	struct twc_http_times *t = &a->res.times;

	if (how->began_ns == 0)
		return;
	t->dial = how->began_ns > t->queued ? how->began_ns : t->queued;
	t->resolved = how->stages.resolved_ns;
	t->connected = how->stages.connected_ns > 0 ? how->stages.connected_ns : how->ended_ns;
	t->secured = how->stages.secured_ns;
}

static void note_addrs(struct twc__http_ask *a, struct twc__http_pooled *c, const struct twc_transport *t)
{
	if (!c->has_addrs) {
		twc_transport_peer(t, &c->peer);
		twc_transport_host(t, &c->host);
		c->has_addrs = true;
	}
	a->res.peer = c->peer;
	a->res.host = c->host;
}

static void show(struct twc__http_ask *a, const struct twc__http_client_conn *conn)
{
	struct twc_buf text;

	twc_buf_init(&text, REQUEST_HEAD_MAX);
	if (twc__http_client_conn_show(conn, &a->turn, &text) == 0)
		a->seen(a->arg, '>', twc_buf_str(&text));
	twc_buf_fini(&text);
}

static void on_ready(struct twc__http_waiter *w, struct twc__http_pooled *c)
{
	struct twc__http_ask *a = TWC_CONTAINER_OF(w, struct twc__http_ask, waiter);
	struct twc_transport *t;

	a->state = TWC__HTTP_ASKED;
	a->res.reused = twc__http_client_conn_turns(c->conn) > 0;
	a->res.connection = c->number;
	if (!a->res.reused)
		note_dial(a, &c->dialled);
	t = twc__http_client_conn_protocol(c->conn)->transport;
	note_addrs(a, c, t);
	a->res.has_tls = twc_tls_info(t, &a->res.tls);
	if (a->res.has_tls && !a->res.reused)
		a->res.times.secured = c->dialled.ended_ns;
	if (a->began)
		a->began(a->arg, t, a->res.reused);
	if (a->seen)
		show(a, c->conn);
	twc__http_turn_begin(&a->turn, c->conn);
	a->res.request_bytes = a->turn.request_bytes;
}

static void note_failed_dial(struct twc__http_ask *a)
{
	struct twc__http_dialled how = a->waiter.dialled;

	how.ended_ns = 0; /* nothing stands */
	note_dial(a, &how);
}

static void on_failed(struct twc__http_waiter *w, const struct twc_err *err)
{
	struct twc__http_ask *a = TWC_CONTAINER_OF(w, struct twc__http_ask, waiter);

	note_failed_dial(a);
	ask_fail(a, err);
}

/*
 * A kept connection that turns out to be closed says nothing about the request: it may be made once more, on a new
 * one, where doing it twice is the same as once (RFC 9110, 9.2.2). What was refused has not been done, whatever it is.
 */
static bool ask_again(struct twc__http_ask *a)
{
	const struct twc_http_source *source = &a->turn.source;
	struct twc_err err = { 0 };

	if (a->turn.was_refused ? a->refusals == REFUSALS_MAX
				: !a->turn.was_silent || !a->res.reused || !a->may_ask_again || a->was_asked_again)
		return false;
	if (a->turn.has_source && a->turn.upload.bytes > 0 && !(source->rewind && source->rewind(source->arg)))
		return false;
	if (a->turn.was_refused)
		a->refusals++;
	else
		a->was_asked_again = a->waiter.is_fresh = true;
	a->state = TWC__HTTP_WAITING;
	return twc__http_pool_get(a->client->pool, &a->url, a->via, &a->waiter, &err) == 0;
}

/* ---- asking ---- */

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct twc__http_ask *a = arg;

	(void)d;
	twc__http_pool_forget(&a->waiter);
	twc__http_turn_cancel(&a->turn);
	if (a->state == TWC__HTTP_WAITING)
		note_failed_dial(a);
	note_times(a);
	if (a->client)
		a->client->last = a->res.times;
	twc__http_ask_free(a);
	twc_deferred_drop(d);
}

static void ask_init(struct twc__http_ask *a, struct twc_http_client *c, const struct twc_http_call *call)
{
	struct twc_str method = call->method.n > 0 ? call->method : TWC_STR("GET");

	a->r = c->r;
	a->client = c;
	a->state = TWC__HTTP_WAITING;
	a->is_borrowing = call->url_stays;
	a->via = call->via && !call->url_stays ? twc_strdup(call->via) : (char *)(uintptr_t)call->via;
	a->upgrade = call->upgrade ? twc_strdup(call->upgrade) : NULL;
	a->waiter.is_fresh = call->fresh || call->upgrade;
	a->waiter.is_anonymous = call->anonymous;
	a->waiter.ready = on_ready;
	a->waiter.failed = on_failed;
	a->informed = call->informed;
	a->seen = call->seen;
	a->began = call->began;
	a->arg = call->arg;
	a->may_ask_again = twc_http_method_is_idempotent(twc_http_method_of(method));
	a->turn.ops = &turn_ops;
	a->turn.method = twc_http_method_of(method);
	a->turn.upgrade = twc_str_of(a->upgrade);
	a->waiter.is_http1 = call->upgrade || call->minor < 0;
	a->turn.is_shown = call->seen != NULL;
	a->turn.may_not_expect = !(call->fields && twc_http_fields_get(call->fields, "Expect", NULL));
	a->turn.lenient = c->o.lenient;
	a->turn.strict = c->o.strict;
	a->turn.max_head = c->o.max_head > 0 ? c->o.max_head : RESPONSE_HEAD_MAX;
	a->turn.expect_ns = call->expect_ns;
	a->turn.first_byte_ns = call->first_byte_ns > 0 ? call->first_byte_ns : c->o.first_byte_ns;
	a->turn.has_source = call->source || call->body.p;
	if (call->source)
		a->turn.source = *call->source;
	else
		a->turn.source = (struct twc_http_source){ .length = call->body.n, .produce = memory_produce,
							   .rewind = memory_rewind, .arg = a };
	a->body = call->body;
	a->res.times.queued = twc_reactor_now(c->r);
	twc__list_init(&a->link);
}

static int ask_take_url(struct twc__http_ask *a, const struct twc_http_call *call, struct twc_err *err)
{
	if (!a->is_borrowing)
		return twc_url_copy(call->url, &a->url, err);
	a->url = *call->url;
	return 0;
}

struct twc_deferred *twc_http_ask(struct twc_http_client *c, const struct twc_http_call *call)
{
	struct twc__http_ask *a = ask_new(c);
	struct twc_deferred *answer;
	struct twc_err err = { 0 };
	int rc;

	ask_init(a, c, call);
	rc = ask_take_url(a, call, &err);
	if (rc == 0)
		rc = twc__http_request_write(call, &a->head, &err);
	if (rc < 0) {
		twc__http_ask_free(a);
		return twc_deferred_failed(c->r, &err);
	}
	a->turn.head = twc_buf_str(&a->head);
	a->turn.scheme = a->url.scheme;
	answer = a->answer = twc_deferred_new(c->r, on_cancel, a);
	twc__list_add_tail(&c->asks, &a->link);
	if (twc__http_pool_get(c->pool, &a->url, a->via, &a->waiter, &err) < 0)
		ask_fail(a, &err);
	return answer;
}

struct twc_deferred *twc_http_get(struct twc_http_client *c, const char *url)
{
	struct twc_url u = { 0 };
	struct twc_http_call call = { .url = &u };
	struct twc_deferred *answer;
	struct twc_err err = { 0 };

	if (twc_url_parse(twc_str_of(url), 0, &u, &err) < 0)
		return twc_deferred_failed(c->r, &err);
	answer = twc_http_ask(c, &call);
	twc_url_fini(&u);
	return answer;
}

/* ---- a client ---- */

struct twc_http_client *twc_http_client_new(struct twc_reactor *r, const struct twc_http_client_opts *o)
{
	static const struct twc_http_client_opts none;
	struct twc_http_client *c = twc_calloc(1, sizeof(*c));

	c->r = r;
	c->o = o ? *o : none;
	c->pool = twc__http_pool_new(r, &c->o);
	twc__list_init(&c->asks);
	return c;
}

/* What is under way is broken off: its deferred fails, its receiver hears the end. */
static void ask_abandon(struct twc__http_ask *a)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_ECANCELLED, "the client was closed");
	twc__http_pool_forget(&a->waiter);
	twc__http_turn_cancel(&a->turn);
	if (a->answer) {
		ask_fail(a, &err);
		return;
	}
	twc__list_remove(&a->link);
	a->client = NULL;
	if (a->state == TWC__HTTP_OVER)
		return;
	a->state = TWC__HTTP_OVER;
	a->end_err = err;
	a->is_at_end = true;
	if (a->ops)
		twc__http_ask_tell(a);
}

void twc_http_client_free(struct twc_http_client *c)
{
	while (!twc__list_is_empty(&c->asks))
		ask_abandon(TWC_CONTAINER_OF(c->asks.next, struct twc__http_ask, link));
	while (c->n_spare)
		spare_free(c->spare[--c->n_spare]);
	twc__http_pool_free(c->pool);
	twc_free(c);
}

void twc_http_client_close_idle(struct twc_http_client *c)
{
	twc__http_pool_close_idle(c->pool);
}

const struct twc_http_times *twc_http_client_last_times(const struct twc_http_client *c)
{
	return &c->last;
}
