/* SPDX-License-Identifier: MIT */
/*
 * What an endpoint listens with: listeners, datagram sockets, or one adopted connection, and the way of an
 * accepted socket to a protocol. A port may be freed from any callback, so nothing here touches it after a
 * protocol was called.
 */
#include "endpoint/entrance.h"
#include "endpoint/port_priv.h"
#include "endpoint/ws.h"
#include <poll.h>
#include <unistd.h>
#include "base/banned.h"

#define SESSION_IDLE_NS (30 * TWC_NS_PER_S)
#define HANDSHAKE_NS (10 * TWC_NS_PER_S)
#define HEADER_NS (3 * TWC_NS_PER_S) /* the specification's limit */

/* ---- accepted sockets ---- */

static void port_on_accept(void *arg, int fd, const struct twc_addr *peer)
{
	struct twc_port *p = arg;
	struct twc_gate *gate = p->gate;
	bool keep_peer = p->keeps_peers || twc_log_is_on(twc_reactor_log(p->r), TWC_LOG_transport, TWC_LOG_INFO);
	struct twc_transport *t;

	if (p->entrance) {
		twc__entrance_take(p->entrance, fd, peer);
		return;
	}
	t = twc__open_socket(p->r, fd, peer, keep_peer, TWC__READ_NOW, p->factory);
	if (t)
		twc__leave_gate_with(t, gate, peer);
	else if (gate)
		twc_gate_leave(gate, peer);
}

/* ---- one adopted connection ---- */

static void port_on_timer(struct twc_timer *timer, void *arg)
{
	struct twc_port *p = arg;
	struct twc_reactor *r = p->r;
	struct twc__pair pair = p->pair;
	struct twc__opening o;
	struct twc_err err = { 0 };

	(void)timer;
	p->has_pair = false;
	twc__opening_init(&o, p->factory);
	if (!twc__pair_open(r, &pair, &o.base, &err))
		twc_log(twc_reactor_log(r), endpoint, ERROR, "%s: %s", pair.name, err.text);
}

static void port_on_look(struct twc_timer *timer, void *arg)
{
	struct twc_port *p = arg;
	struct twc_reactor *r = p->r;
	struct twc__local local;
	struct twc__opening o;
	struct twc_err err = { 0 };
	int rc = p->local.poll ? p->local.poll(&p->local, &err) : 0;

	if (rc == TWC__NOT_YET) {
		twc_timer_start(r, timer, TWC__LOCAL_POLL_NS, port_on_look, p);
		return;
	}
	local = p->local;
	p->has_local = false;
	twc__opening_init(&o, p->factory);
	if (rc)
		twc__local_drop(&local);
	else if (twc__local_open(&local, r, &o.base, &err))
		return;
	twc_log(twc_reactor_log(r), endpoint, ERROR, "%s", err.text);
}

static void port_arm(struct twc_port *p)
{
	if (!p->factory || p->pauses)
		return;
	if (p->has_pair)
		twc_timer_start(p->r, &p->timer, 0, port_on_timer, p);
	else if (p->has_local)
		twc_timer_start(p->r, &p->timer, 0, port_on_look, p);
}

/* ---- building ---- */

struct twc_reactor *twc__port_reactor(const struct twc_port *p)
{
	return p->r;
}

struct twc_gate *twc__port_gate(const struct twc_port *p)
{
	return p->gate;
}

static struct twc__port_item *port_add(struct twc_port *p, enum twc__port_item_kind kind)
{
	p->item = twc_realloc(p->item, (p->n + 1) * sizeof(*p->item));
	p->item[p->n] = (struct twc__port_item){ .kind = kind };
	return &p->item[p->n++];
}

void twc__port_add_listener(struct twc_port *p, struct twc_listener *l)
{
	port_add(p, ITEM_LISTENER)->listener = l;
}

int twc__port_add_dgram(struct twc_port *p, int fd, struct twc__bound_file *file, struct twc_err *err)
{
	struct twc_err cause = { 0 };
	struct twc__dgram_port *d = twc__dgram_listen(p->r, fd, p->sessions, p->gate, p->session_idle_ns, &cause);
	struct twc__port_item *it;

	if (d) {
		it = port_add(p, ITEM_DGRAM);
		it->dgram = d;
		if (file)
			it->file = *file;
		return 0;
	}
	if (file)
		twc__bound_file_remove(file);
	if (err)
		*err = cause;
	return cause.code;
}

unsigned twc__port_shares(const struct twc_port *p)
{
	return p->shares;
}

void twc__port_hold_dgrams(struct twc_port *p, const int *fd, const struct twc_addr *addr)
{
	struct twc__port_item *it = port_add(p, ITEM_HELD);

	it->held = twc_calloc(p->shares, sizeof(*it->held));
	memcpy(it->held, fd, p->shares * sizeof(*fd));
	it->held_addr = *addr;
}

void twc__port_add_pair(struct twc_port *p, const struct twc__pair *pair)
{
	TWC_ASSERT(!p->has_pair);
	port_add(p, ITEM_PAIR);
	p->pair = *pair;
	p->has_pair = true;
}

void twc__port_add_local(struct twc_port *p, const struct twc__local *l)
{
	TWC_ASSERT(!p->has_local && !p->has_pair);
	port_add(p, ITEM_LOCAL);
	p->local = *l;
	p->local_name = twc_strdup(l->name);
	p->has_local = true;
}

static void held_free(struct twc__port_item *it, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (it->held[i] >= 0)
			close(it->held[i]);
	twc_free(it->held);
}

static void item_free(struct twc_port *p, struct twc__port_item *it)
{
	switch (it->kind) {
	case ITEM_LISTENER:
		twc_listener_free(it->listener);
		break;
	case ITEM_DGRAM:
		twc__dgram_port_free(it->dgram);
		twc__bound_file_remove(&it->file);
		break;
	case ITEM_PAIR:
		twc_timer_stop(p->r, &p->timer);
		if (p->has_pair && p->pair.own)
			close(p->pair.in); /* the same as out */
		p->has_pair = false;
		break;
	case ITEM_LOCAL:
		twc_timer_stop(p->r, &p->timer);
		if (p->has_local)
			twc__local_drop(&p->local);
		p->has_local = false;
		twc_free(p->local_name);
		p->local_name = NULL;
		break;
	case ITEM_HELD:
		held_free(it, p->shares);
		break;
	}
}

void twc__port_drop_last(struct twc_port *p)
{
	TWC_ASSERT(p->n > 0);
	item_free(p, &p->item[--p->n]);
}

void twc__port_last_addr(const struct twc_port *p, struct twc_addr *a)
{
	twc_port_addr(p, p->n - 1, a);
}

static void port_begin(struct twc_port *p)
{
	p->factory = p->sessions;
	twc_factory_start(p->factory);
	for (size_t i = 0; i < p->n; i++)
		if (p->item[i].kind == ITEM_LISTENER)
			twc_listener_start(p->item[i].listener, port_on_accept, p);
	port_arm(p);
}

static int port_check_shares(const struct twc_port *p, struct twc_err *err)
{
	for (size_t i = 0; i < p->n && p->shares; i++) {
		if (p->item[i].kind == ITEM_DGRAM)
			return twc_err_set(err, TWC_EUSAGE, "several processes cannot share these datagrams");
		if (p->item[i].kind != ITEM_LISTENER && p->item[i].kind != ITEM_HELD)
			return twc_err_set(err, TWC_EUSAGE, "several processes cannot share one connection");
	}
	return 0;
}

/* Before anything listens, so that what is wrong with a file is said first. */
static int port_make_entrance(struct twc_port *p, const struct twc_endpoint *e, struct twc_err *err)
{
	const struct twc_endpoint *of = e->inner ? e->inner : e;
	struct twc__entrance_opts o = { .factory = p->sessions, .gate = p->gate };
	int rc;

	if (twc__args_want_tls(&of->args)) {
		o.tls = twc__tls_context(of, err);
		if (!o.tls)
			return err->code;
		p->has_made_cert = strcmp(twc__args_str(&of->args, "cert", ""), "auto") == 0;
	}
	if (twc__args_want_ws(&of->args)) {
		o.ws = &of->args;
		p->path = twc__args_get(&of->args, "path") ? twc_strdup(twc__args_str(&of->args, "path", "")) : NULL;
	}
	if (o.tls || o.ws) {
		o.handshake_ns = twc__args_num(&of->args, "handshake-timeout", HANDSHAKE_NS);
		p->type = of->type->pub.name;
	}
	if (e->inner) {
		o.wants_header = true;
		o.header_ns = twc__args_num(&e->args, "timeout", HEADER_NS);
		if ((rc = twc__trusted_parse(&e->args, &p->trusted, &o.n_trusted, err)) != 0)
			return rc;
		o.trusted = p->trusted;
	}
	if (o.tls || o.ws || o.wants_header)
		p->entrance = twc__entrance_new(p->r, &o);
	return 0;
}

struct twc_port *twc_endpoint_listen(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_factory *factory,
				     const struct twc_endpoint_listen_opts *o, struct twc_err *err)
{
	static const struct twc_endpoint_listen_opts none = { 0 };
	struct twc_err cause = { 0 };
	struct twc_port *p;

	TWC_ASSERT(e->role == TWC_LISTEN);
	o = o ? o : &none;
	p = twc_calloc(1, sizeof(*p));
	p->r = r;
	p->gate = o->gate;
	p->sessions = factory;
	p->session_idle_ns = o->session_idle_ns ? o->session_idle_ns : SESSION_IDLE_NS;
	p->shares = o->shares;
	p->keeps_peers = o->keeps_peers;
	if (port_make_entrance(p, e, &cause) || e->type->listen(e, p, o, &cause) || port_check_shares(p, &cause)) {
		twc_port_free(p);
		if (err)
			*err = cause;
		return NULL;
	}
	if (!p->shares)
		port_begin(p);
	return p;
}

/* ---- several processes ---- */

static int port_take_held(struct twc_port *p, struct twc__port_item *it, unsigned index, struct twc_err *err)
{
	int fd = it->held[index];

	it->held[index] = -1;
	held_free(it, p->shares);
	*it = (struct twc__port_item){ .kind = ITEM_DGRAM };
	it->dgram = twc__dgram_listen(p->r, fd, p->sessions, p->gate, p->session_idle_ns, err);
	return it->dgram ? 0 : err->code;
}

int twc_port_share(struct twc_port *p, unsigned index, struct twc_err *err)
{
	struct twc_err cause = { 0 };

	TWC_ASSERT(index < p->shares);
	for (size_t i = 0; i < p->n && !cause.code; i++) {
		if (p->item[i].kind == ITEM_LISTENER)
			twc_listener_share(p->item[i].listener);
		else
			port_take_held(p, &p->item[i], index, &cause);
	}
	if (!cause.code) {
		p->shares = 0;
		port_begin(p);
	} else if (err) {
		*err = cause;
	}
	return cause.code;
}

bool twc_port_has_waiting(const struct twc_port *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct twc__port_item *it = &p->item[i];

		for (unsigned k = 0; k < (it->kind == ITEM_HELD ? p->shares : 1); k++) {
			struct pollfd look = { .events = POLLIN };

			look.fd = it->kind == ITEM_HELD ? it->held[k] : twc__listener_fd(it->listener);
			if (poll(&look, 1, 0) > 0)
				return true;
		}
	}
	return false;
}

int twc_port_chown(struct twc_port *p, uid_t uid, gid_t gid, struct twc_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < p->n && !rc; i++) {
		if (p->item[i].kind == ITEM_LISTENER)
			rc = twc__bound_file_chown(twc__listener_file(p->item[i].listener), uid, gid, err);
		else if (p->item[i].kind == ITEM_DGRAM)
			rc = twc__bound_file_chown(&p->item[i].file, uid, gid, err);
	}
	return rc;
}

/* ---- ending ---- */

void twc_port_pause(struct twc_port *p)
{
	p->pauses++;
	twc_timer_stop(p->r, &p->timer);
	for (size_t i = 0; i < p->n; i++) {
		if (p->item[i].kind == ITEM_LISTENER)
			twc_listener_pause(p->item[i].listener);
		else if (p->item[i].kind == ITEM_DGRAM)
			twc__dgram_port_pause(p->item[i].dgram);
	}
}

void twc_port_resume(struct twc_port *p)
{
	TWC_ASSERT(p->pauses > 0);
	p->pauses--;
	for (size_t i = 0; i < p->n; i++) {
		if (p->item[i].kind == ITEM_LISTENER)
			twc_listener_resume(p->item[i].listener);
		else if (p->item[i].kind == ITEM_DGRAM)
			twc__dgram_port_resume(p->item[i].dgram);
	}
	port_arm(p);
}

void twc_port_free(struct twc_port *p)
{
	struct twc_factory *factory;

	if (!p)
		return;
	factory = p->factory;
	while (p->n > 0)
		twc__port_drop_last(p);
	twc__entrance_shut(p->entrance);
	twc_free(p->trusted);
	twc_free(p->path);
	twc_free(p->item);
	twc_free(p);
	if (factory)
		twc_factory_stop(factory);
}
