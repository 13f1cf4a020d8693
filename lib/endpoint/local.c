/* SPDX-License-Identifier: MIT */
/*
 * Ends of a wire that are things of this machine, opened by path: files, fifos, terminals, datagram sockets by path. A
 * type prepares one (opens, makes what is missing); then it may have to wait for whoever is on the other side; then it
 * becomes a transport, and when that is gone, what was changed is put back. The kernel has no event for "somebody
 * has opened it", so a wait looks every 20 ms.
 */
#include "endpoint/endpoint_int.h"
#include "transport/transport_int.h"
#include <twc/parse.h>
#include <unistd.h>
#include "base/banned.h"

#define WAIT_NS (30 * TWC_NS_PER_S)

void twc__local_init(struct twc__local *l, const char *name)
{
	*l = (struct twc__local){ .in = -1, .out = -1, .name = name };
}

void twc__local_drop(struct twc__local *l)
{
	if (l->in >= 0)
		close(l->in);
	if (l->out >= 0 && l->out != l->in)
		close(l->out);
	l->in = l->out = -1;
	if (l->release)
		l->release(l->arg);
	l->release = NULL;
}

struct twc_transport *twc__local_open(struct twc__local *l, struct twc_reactor *r, struct twc_protocol *p,
				      struct twc_err *err)
{
	struct twc__device how = { .in = l->in, .out = l->out, .flags = l->flags, .name = l->name };
	struct twc_transport *t;

	if (l->kind != TWC_ADDR_NONE)
		t = twc__transport_from_socket(r, l->in, l->kind, &l->peer, 0, p);
	else
		t = twc__transport_from_device(r, &how, p, err);
	l->in = l->out = -1;
	if (!t)
		twc__local_drop(l);
	else if (l->release)
		twc__transport_on_gone(t, l->release, l->arg);
	l->release = NULL;
	return t;
}

/* ---- connecting ---- */

struct waiting {
	struct twc_reactor *r;
	struct twc_factory *factory; /* borrowed, started */
	struct twc_deferred *result;
	struct twc__local local;
	struct twc_timer timer;
	uint64_t until;
};

static void waiting_free(struct waiting *w)
{
	twc_timer_stop(w->r, &w->timer);
	twc__local_drop(&w->local);
	twc_factory_stop(w->factory);
	twc_free(w);
}

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct twc_err err = { 0 };

	waiting_free(arg);
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	twc_deferred_fail(d, &err);
}

/* 0 and the protocol, or an error. */
static int waiting_open(struct waiting *w, struct twc_protocol **out, struct twc_err *err)
{
	struct twc__opening o;

	twc__opening_init(&o, w->factory);
	if (twc__local_open(&w->local, w->r, &o.base, err) && !o.built)
		twc_err_set(err, TWC_EREJECTED, "the connection is not wanted");
	*out = o.built;
	return o.built ? 0 : err->code;
}

/* TWC__NOT_YET, or 0 or an error: then it is over. */
static int waiting_look(struct waiting *w, struct twc_protocol **out, struct twc_err *err)
{
	int rc = w->local.poll ? w->local.poll(&w->local, err) : 0;
	char text[32];

	if (rc == 0)
		return waiting_open(w, out, err);
	if (rc != TWC__NOT_YET || twc_reactor_now(w->r) < w->until)
		return rc;
	return twc_err_set(err, TWC_ETIMEDOUT, "%s within %s", w->local.waits_for,
			   twc_format_duration(text, sizeof(text), w->local.timeout_ns));
}

static void on_look(struct twc_timer *timer, void *arg)
{
	struct waiting *w = arg;
	struct twc_deferred *result = w->result;
	struct twc_protocol *p = NULL;
	struct twc_err err = { 0 };
	int rc = waiting_look(w, &p, &err);

	if (rc == TWC__NOT_YET) {
		twc_timer_start(w->r, timer, TWC__LOCAL_POLL_NS, on_look, w);
		return;
	}
	waiting_free(w);
	if (p)
		twc_deferred_fire(result, p, NULL);
	else
		twc_deferred_fail(result, &err);
}

struct twc_deferred *twc__local_connect(const struct twc_endpoint *e, struct twc_reactor *r,
					struct twc_factory *factory)
{
	struct waiting *w = twc_calloc(1, sizeof(*w));
	struct twc_protocol *p = NULL;
	struct twc_err err = { 0 };
	int rc;

	w->r = r;
	w->factory = factory;
	twc__local_init(&w->local, e->text);
	rc = e->type->prepare(e, &w->local, &err);
	if (rc == TWC__NOT_LOCAL) {
		twc_free(w);
		return NULL;
	}
	if (w->local.timeout_ns == 0)
		w->local.timeout_ns = WAIT_NS;
	w->until = twc_reactor_now(r) + w->local.timeout_ns;
	if (rc == 0)
		rc = waiting_look(w, &p, &err);
	if (rc != TWC__NOT_YET) {
		waiting_free(w);
		return p ? twc_deferred_succeed(r, p, NULL) : twc_deferred_failed(r, &err);
	}
	w->result = twc_deferred_new(r, on_cancel, w);
	twc_timer_start(r, &w->timer, TWC__LOCAL_POLL_NS, on_look, w);
	return w->result;
}

/* ---- listening ---- */

int twc__local_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		      struct twc_err *err)
{
	struct twc__local l;
	int rc;

	(void)o;
	twc__local_init(&l, e->text);
	rc = e->type->prepare(e, &l, err);
	if (rc == 0)
		twc__port_add_local(port, &l);
	else
		twc__local_drop(&l);
	return rc;
}
