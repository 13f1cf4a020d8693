/* SPDX-License-Identifier: MIT */
/* See conn.h. */
#include "endpoint/conn.h"
#include "endpoint/exchange.h"
#include "transport/transport_int.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/banned.h"

/* Under it a transport is paused, unless somebody listens. */
struct twc__waiting {
	struct twc_protocol base;
	struct twc__exchange *x; /* borrowed; NULL: nobody listens */
	bool is_lost;
	struct twc_err reason;
};

static struct twc__waiting *waiting_of(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct twc__waiting, base);
}

static void waiting_made(struct twc_protocol *p)
{
	twc_transport_pause(p->transport);
}

static void waiting_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	twc__exchange_hear(waiting_of(p)->x, data, n);
}

static void waiting_eof(struct twc_protocol *p)
{
	twc__exchange_hear_end(waiting_of(p)->x);
}

static void waiting_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc__waiting *w = waiting_of(p);

	w->is_lost = true;
	w->reason = *reason;
	if (!w->reason.code)
		twc_err_set(&w->reason, TWC_ERESET, "the connection ended");
	if (w->x)
		twc__exchange_hear_lost(w->x, &w->reason);
}

static const struct twc_protocol_ops waiting_ops = {
	.name = "waiting",
	.made = waiting_made,
	.data = waiting_data,
	.eof = waiting_eof,
	.lost = waiting_lost,
};

/* Nobody is to hear of it any more. */
static void freed_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	twc_free(waiting_of(p));
}

static const struct twc_protocol_ops freed_ops = { .name = "waiting no more", .lost = freed_lost };

struct twc_transport *twc__waiting_transport(const struct twc__waiting *w)
{
	return w->base.transport;
}

void twc__waiting_listen(struct twc__waiting *w, struct twc__exchange *x)
{
	bool was = w->x != NULL;

	w->x = x;
	if (w->is_lost || was == (x != NULL))
		return;
	if (x)
		twc_transport_resume(w->base.transport);
	else
		twc_transport_pause(w->base.transport);
}

/* ---- connections ---- */

struct twc__conn *twc__conn_new(struct twc_dialled *d)
{
	struct twc__conn *c = twc_calloc(1, sizeof(*c));

	c->fd = d->fd;
	c->peer = d->peer;
	d->fd = -1;
	twc_dialled_free(d);
	return c;
}

void twc__conn_free(void *conn)
{
	struct twc__conn *c = conn;

	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	if (c->waiting && c->waiting->is_lost) {
		twc_free(c->waiting);
	} else if (c->waiting) {
		c->waiting->base.ops = &freed_ops;
		twc_transport_abort(c->waiting->base.transport);
	}
	twc_free(c);
}

int twc__conn_say(struct twc__conn *c, const void *p, size_t n, struct twc_err *err)
{
	char where[TWC_ADDR_TEXT_MAX];

	if (c->waiting) {
		if (!c->waiting->is_lost)
			twc_transport_write(c->waiting->base.transport, p, n);
		return 0;
	}
	if (send(c->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n)
		return 0;
	twc_err_from_errno(err, errno, twc_addr_format(&c->peer, where, sizeof(where)));
	return err->code;
}

int twc__conn_check(const struct twc__conn *c, struct twc_err *err)
{
	if (!c->waiting || !c->waiting->is_lost)
		return 0;
	if (err)
		*err = c->waiting->reason;
	return c->waiting->reason.code;
}

struct twc_transport *twc__conn_take(struct twc__conn *c, struct twc_reactor *r, unsigned flags, struct twc_protocol *p)
{
	struct twc__waiting *w = c->waiting;
	struct twc_addr peer = c->peer;
	struct twc_transport *t;
	int fd = c->fd;

	TWC_ASSERT(!twc__conn_check(c, NULL));
	c->fd = -1;
	c->waiting = NULL;
	twc__conn_free(c);
	if (!w)
		return twc__transport_from_socket(r, fd, peer.kind, &peer, flags, p);
	t = w->base.transport;
	twc__transport_count_anew(t);
	twc_transport_set_protocol(t, p);
	twc_transport_resume(t);
	twc_free(w);
	if (p->ops->made)
		p->ops->made(p);
	return t;
}

struct twc__conn *twc__conn_waiting(const struct twc_addr *peer, struct twc_protocol **p)
{
	struct twc__waiting *w = twc_calloc(1, sizeof(*w));
	struct twc__conn *c = twc_calloc(1, sizeof(*c));

	w->base.ops = &waiting_ops;
	*c = (struct twc__conn){ .fd = -1, .peer = *peer, .waiting = w };
	*p = &w->base;
	return c;
}

/* ---- TLS to a proxy ---- */

struct shaking {
	struct twc_factory factory;
	struct twc_reactor *r;
	struct twc_deferred *result; /* NULL: cancelled */
	struct twc_transport *t;
	struct twc__conn *done; /* what it will be */
};

static struct twc_protocol *build_waiting(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_protocol *p;

	TWC_CONTAINER_OF(f, struct shaking, factory)->done = twc__conn_waiting(peer, &p);
	return p;
}

static const struct twc_factory_ops shaking_ops = { .name = "tls to a proxy", .build = build_waiting };

static void on_ended(void *arg, const struct twc_addr *peer, struct twc_transport *t, const struct twc_err *err)
{
	struct shaking *s = arg;
	struct twc_deferred *result = s->result;
	struct twc__conn *done = s->done;

	(void)peer;
	twc_free(s);
	if (!result)
		twc__conn_free(done);
	else if (t)
		twc_deferred_fire(result, done, twc__conn_free);
	else
		twc_deferred_fail(result, err);
}

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct shaking *s = arg;
	struct twc_err err = { 0 };

	s->result = NULL;
	twc_transport_abort(s->t);
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	twc_deferred_fail(d, &err);
}

struct twc_deferred *twc__conn_secure(struct twc__conn *c, struct twc_reactor *r, const struct twc_endpoint *tls,
				      uint64_t limit_ns)
{
	struct shaking *s;
	struct twc_err err = { 0 };
	struct twc__securing how = { .limit_ns = limit_ns, .ended = on_ended };
	struct twc_deferred *result;

	how.ctx = twc__tls_context(tls, &err);
	if (!how.ctx || twc__conn_check(c, &err)) {
		twc__conn_free(c);
		return twc_deferred_failed(r, &err);
	}
	twc__tls_names_wanted(&tls->args, &how.servername, &how.verify_name);
	s = twc_calloc(1, sizeof(*s));
	s->factory.ops = &shaking_ops;
	s->r = r;
	how.factory = &s->factory;
	how.arg = s;
	s->result = result = twc_deferred_new(r, on_cancel, s);
	s->t = twc__secure(c, r, &how);
	return result;
}
