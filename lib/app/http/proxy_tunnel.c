/* SPDX-License-Identifier: MIT */
/*
 * Another protocol through a proxy (RFC 9110, 7.8): the server is asked for it, and when it agrees with 101 the client is told so,
 * and both connections become one, byte by byte. The end of a half is the end of that half on the other side, a break a break.
 *
 * A WebSocket that comes as an extended CONNECT of HTTP/2 (RFC 8441) has no key; one is made for the server behind, and what that
 * says to it is checked here (RFC 6455, 4.2.2).
 */
#include "app/http/proxy.h"

#include <twc/parse.h>

#include "base/base64.h"
#include "base/digest.h"
#include "protocol/http/exchange.h"
#include "protocol/http/fields.h"
#include "base/banned.h"

#define KEY_BYTES 16
#define WEBSOCKET_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* ---- the joint ---- */

struct twc__proxy_tunnel;

struct end {
	struct twc_protocol base; /* must be first */
	struct twc__proxy_tunnel *tunnel;
	struct end *other;
	bool is_lost, is_paused; /* it is, since the other is full */
};

/* Lives until both ends are lost. */
struct twc__proxy_tunnel {
	struct end front, back;
	struct twc__proxy_job *job; /* until the front is lost */
	struct twc_reactor *r;
	struct twc_timer idle;
	uint64_t idle_ns, moved_ns;
};

static struct end *end_of(struct twc_protocol *p)
{
	return (struct end *)p;
}

static void end_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct end *e = end_of(p);

	if (e->other->is_lost)
		return;
	e->tunnel->moved_ns = twc_reactor_now(e->tunnel->r);
	twc_transport_write(e->other->base.transport, data, n);
	if (e->is_paused || !twc_transport_is_full(e->other->base.transport))
		return;
	e->is_paused = true;
	twc_transport_pause(p->transport);
}

static void end_eof(struct twc_protocol *p)
{
	struct end *e = end_of(p);

	if (!e->other->is_lost)
		twc_transport_write_eof(e->other->base.transport);
}

static void end_drained(struct twc_protocol *p)
{
	struct end *e = end_of(p);

	e->tunnel->moved_ns = twc_reactor_now(e->tunnel->r);
	if (e->other->is_lost || !e->other->is_paused)
		return;
	e->other->is_paused = false;
	twc_transport_resume(e->other->base.transport);
}

static void end_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct end *e = end_of(p);
	struct twc__proxy_tunnel *t = e->tunnel;

	e->is_lost = true;
	if (e == &t->front && t->job)
		t->job->tunnel = NULL;
	if (e->other->is_lost) {
		twc_timer_stop(t->r, &t->idle);
		twc_free(t);
	} else if (reason->code) {
		twc_transport_abort(e->other->base.transport);
	} else {
		twc_transport_lose(e->other->base.transport);
	}
}

static const struct twc_protocol_ops end_ops = {
	.name = "proxy-tunnel",
	.data = end_data,
	.eof = end_eof,
	.drained = end_drained,
	.lost = end_lost,
};

void twc__proxy_tunnel_stop(struct twc__proxy_tunnel *t)
{
	if (!t->front.is_lost)
		twc_transport_lose(t->front.base.transport);
	if (!t->back.is_lost)
		twc_transport_lose(t->back.base.transport);
}

static void on_idle(struct twc_timer *timer, void *arg)
{
	struct twc__proxy_tunnel *t = arg;
	uint64_t since = twc_reactor_now(t->r) - t->moved_ns;

	if (since < t->idle_ns)
		twc_timer_start(t->r, timer, t->idle_ns - since, on_idle, t);
	else
		twc__proxy_tunnel_stop(t);
}

static struct twc__proxy_tunnel *tunnel_new(const struct twc__proxy *p)
{
	struct twc__proxy_tunnel *t = twc_calloc(1, sizeof(*t));

	t->r = p->r;
	t->idle_ns = p->o.tunnel_ns;
	t->moved_ns = twc_reactor_now(p->r);
	t->front = (struct end){ .base.ops = &end_ops, .tunnel = t, .other = &t->back };
	t->back = (struct end){ .base.ops = &end_ops, .tunnel = t, .other = &t->front };
	return t;
}

/* ---- the handshake ---- */

/* HTTP/2 is not asked for in this way any more (RFC 9113, 3.1), and would hide requests from us. */
static bool may_pass(struct twc_str name)
{
	return name.n > 0 && !twc_str_eq_nocase(name, TWC_STR("h2c")) && !twc_str_eq_nocase(name, TWC_STR("h2")) &&
	       twc_http_is_token(name);
}

void twc__proxy_upgrade_init(struct twc__proxy_job *job)
{
	const struct twc_http_request *q = twc_http_request(job->x);
	struct twc_str name = { NULL, 0 }, rest;
	char *text;

	if (q->version >= 20)
		name = job->x->protocol;
	else if (twc__http_fields_may_have(&q->fields, TWC_STR("upgrade")) && twc_http_fields_get(&q->fields, "upgrade", &rest))
		twc_http_list_next(&rest, &name);
	if (!may_pass(name))
		return;
	text = twc__http_exchange_alloc(job->x, name.n + 1);
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (twc_http_wants_upgrade(job->x, text))
		job->upgrade = text;
}

static int make_key(struct twc__proxy_job *job, struct twc_str *key, struct twc_err *err)
{
	static const char guid[] = WEBSOCKET_GUID;
	uint8_t random[KEY_BYTES], digest[TWC__DIGEST_MAX];
	char text[TWC__BASE64_LEN(KEY_BYTES) + sizeof(guid)];
	size_t n;
	int rc;

	twc__random(random, sizeof(random));
	n = twc__base64_encode(text, random, sizeof(random));
	*key = (struct twc_str){ twc__http_exchange_alloc(job->x, n), n };
	memcpy((char *)(uintptr_t)key->p, text, n);
	memcpy(text + n, guid, sizeof(guid) - 1);
	rc = twc__digest_of(TWC__DIGEST_SHA1, (struct twc_str){ text, n + sizeof(guid) - 1 }, digest, err);
	if (rc < 0)
		return rc;
	n = twc__base64_encode(job->accept, digest, twc__digest_size(TWC__DIGEST_SHA1));
	job->accept[n] = '\0';
	return 0;
}

int twc__proxy_upgrade_fields(struct twc__proxy_job *job, struct twc_http_fields *fields, struct twc_err *err)
{
	struct twc_str key;
	int rc;

	if (twc_http_request(job->x)->version < 20 || !twc_str_eq_nocase(twc_str_of(job->upgrade), TWC_STR("websocket")))
		return 0;
	rc = make_key(job, &key, err);
	return rc < 0 ? rc : twc_http_fields_set(fields, TWC_STR("Sec-WebSocket-Key"), key, err);
}

static bool is_accepted(const struct twc__proxy_job *job)
{
	struct twc_str value;

	return !job->accept[0] || (twc_http_fields_get(&job->res->fields, "Sec-WebSocket-Accept", &value) &&
				   twc_str_is(twc_str_trim(value), job->accept));
}

static void refuse(struct twc__proxy_job *job, const char *why)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_EPROTO, "%s: %s", job->target->text, why);
	twc__proxy_job_break(job);
	twc__http_exchange_log(job->x, TWC_LOG_INFO, 502, &err);
	twc_http_send_error(job->x, 502, err.text);
}

void twc__proxy_tunnel(struct twc__proxy_job *job)
{
	struct twc_err err = { 0 };
	struct twc__proxy_tunnel *t;

	if (!is_accepted(job)) {
		refuse(job, "what the server says to the key is not what belongs to it");
		return;
	}
	if (job->accept[0])
		twc_http_fields_remove(&job->res->fields, "Sec-WebSocket-Accept");
	(void)twc__proxy_response_put(job, &err);
	t = tunnel_new(job->proxy);
	if (!twc_http_response_upgrade(job->res, &t->back.base)) {
		twc_free(t);
		refuse(job, "the connection ended with the switch to another protocol");
		return;
	}
	if (!twc_http_upgrade(job->x, job->upgrade, &t->front.base)) {
		t->front.is_lost = true;
		twc_transport_abort(t->back.base.transport);
		return;
	}
	t->job = job;
	job->tunnel = t;
	if (t->idle_ns)
		twc_timer_start(t->r, &t->idle, t->idle_ns, on_idle, t);
}
