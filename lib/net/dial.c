/* SPDX-License-Identifier: MIT */
/*
 * Dialling: from a name to a connected descriptor, by RFC 8305 ("Happy Eyeballs").
 *
 *	lookups ---> addresses, interleaved ---> attempts ---> the first that stands wins
 *	 A waits 50 ms for AAAA (section 3)       a new one every 250 ms, or at once when one failed (section 5)
 *
 * Above: the endpoints. Below: lookup.c, attempt.c, the reactor. A UNIX path is one address without a lookup.
 *
 * Invariants: everything that can call back (lookups, attempts, timers) is ended by dial_end before
 * the deferred fires, and the deferred fires exactly once; nothing here touches the dial after
 * dial_end. While `pins` > 0 the memory stays.
 */
#include "net/net_int.h"
#include <twc/parse.h>

#include "base/list.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

#define DIAL_TIMEOUT_NS (30 * TWC_NS_PER_S)
#define STAGGER_NS (250 * TWC_NS_PER_MS)     /* RFC 8305 5: Connection Attempt Delay */
#define RESOLUTION_NS (50 * TWC_NS_PER_MS)   /* RFC 8305 3: Resolution Delay */
#define BUSY_MIN_NS (1 * TWC_NS_PER_MS)	     /* a UNIX listener whose backlog is full */
#define BUSY_MAX_NS (100 * TWC_NS_PER_MS)

enum { V6, V4, FAMILIES };

struct dial;

/* One family's lookup and its addresses. */
struct dial_family {
	struct dial *dial;
	struct twc_deferred *lookup; /* our hold as its consumer; NULL: not asked for */
	bool is_pending;
	struct twc_addrs *addrs; /* owned; NULL until they came */
	size_t next;		 /* next address to try; <= addrs->n */
	struct twc_err err;	 /* of the lookup */
};

struct attempt {
	struct twc__list node; /* in dial.attempts */
	struct twc_watch watch;
	struct dial *dial;
	struct twc_addr peer;
	int fd;
};

struct dial {
	struct twc_reactor *reactor;
	struct twc_deferred *result;
	struct twc_dial_opts o; /* o.host is owned */
	struct dial_family family[FAMILIES];
	int last_family; /* of the last attempt; V4 at first, so that IPv6 begins */
	struct twc__list attempts;
	struct twc_timer deadline, stagger, resolution, busy;
	uint64_t busy_ns;
	unsigned n_failed;
	struct twc_err err;		/* of the attempt that got furthest */
	char list[TWC_ERR_TEXT_MAX]; /* "127.0.0.1:1 refused (ECONNREFUSED); …" */
	unsigned pins;
	bool has_waited; /* the 50 ms for IPv6 have begun */
	bool is_starting;
	bool is_over;
};

static void dial_lookup(struct dial *d);
static void dial_step(struct dial *d);
static void dial_try(struct dial *d, const struct twc_addr *peer);
static void dial_fail(struct dial *d, const struct twc_err *err);
static void on_busy_over(struct twc_timer *t, void *arg);

void twc_dial_opts_init(struct twc_dial_opts *o)
{
	*o = (struct twc_dial_opts){ .kind = TWC_ADDR_TCP, .family = AF_UNSPEC };
	twc_sockopts_init(&o->sock);
}

void twc_dialled_free(void *dialled)
{
	struct twc_dialled *d = dialled;

	if (!d)
		return;
	if (d->fd >= 0)
		close(d->fd);
	twc_free(d);
}

/* ---- the end ---- */

static void attempt_free(struct attempt *a)
{
	twc_watch_stop(a->dial->reactor, &a->watch);
	twc__list_remove(&a->node);
	if (a->fd >= 0)
		close(a->fd);
	twc_free(a);
}

static void dial_unpin(struct dial *d)
{
	size_t i;

	if (--d->pins > 0 || !d->is_over)
		return;
	for (i = 0; i < FAMILIES; i++)
		twc_addrs_free(d->family[i].addrs);
	twc_free((char *)(uintptr_t)d->o.host);
	twc_free(d);
}

/* Ends everything that could call back. The caller fires the deferred this returns, last. */
static struct twc_deferred *dial_end(struct dial *d)
{
	struct twc__list *n;
	size_t i;

	d->pins++;
	d->is_over = true;
	twc_timer_stop(d->reactor, &d->deadline);
	twc_timer_stop(d->reactor, &d->stagger);
	twc_timer_stop(d->reactor, &d->resolution);
	twc_timer_stop(d->reactor, &d->busy);
	while ((n = twc__list_first(&d->attempts)) != NULL)
		attempt_free(TWC__LIST_ENTRY(n, struct attempt, node));
	for (i = 0; i < FAMILIES; i++) {
		if (!d->family[i].lookup)
			continue;
		twc_deferred_cancel(d->family[i].lookup); /* its step runs now, and sees is_over */
		twc_deferred_release(d->family[i].lookup);
		d->family[i].lookup = NULL;
	}
	return d->result;
}

static void dial_fail(struct dial *d, const struct twc_err *err)
{
	struct twc_err copy = *err;
	struct twc_deferred *result = dial_end(d);

	dial_unpin(d);
	twc_deferred_fail(result, &copy);
}

static void dial_win(struct attempt *a)
{
	struct dial *d = a->dial;
	struct twc_dialled *won = twc_calloc(1, sizeof(*won));
	struct twc_deferred *result;

	if (d->o.times)
		d->o.times->connected_ns = twc_reactor_now(d->reactor);
	won->fd = a->fd;
	won->peer = a->peer;
	a->fd = -1;
	twc_watch_stop(d->reactor, &a->watch);
	result = dial_end(d);
	dial_unpin(d);
	twc_deferred_fire(result, won, twc_dialled_free);
}

static void on_cancel(struct twc_deferred *result, void *arg)
{
	struct twc_err err;

	(void)result;
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	dial_fail(arg, &err);
}

/* ---- failures ---- */

static const char *short_word(int code)
{
	switch (code) {
	case TWC_EREFUSED:
		return "refused";
	case TWC_EUNREACH:
		return "unreachable";
	case TWC_ETIMEDOUT:
		return "timed out";
	default:
		return "failed";
	}
}

/* Adds one address to the list for the text; what does not fit ends it with "...". */
static void list_add(struct dial *d, const struct twc_addr *peer, int code, int sys)
{
	char where[TWC_ADDR_TEXT_MAX];
	size_t n = strlen(d->list), room = sizeof(d->list) - sizeof("no address answered: ") - sizeof("; ...");
	int more;

	if (n >= room)
		return;
	twc__addr_where(peer, where, sizeof(where));
	more = snprintf(d->list + n, room - n, "%s%s %s%s%s%s", n ? "; " : "", where, short_word(code), sys ? " (" : "",
			sys ? twc_errno_name(sys) : "", sys ? ")" : "");
	if (more < 0 || (size_t)more >= room - n)
		snprintf(d->list + n, sizeof(d->list) - n, "; ...");
}

static void dial_note(struct dial *d, const struct twc_addr *peer, const struct twc_err *err)
{
	struct twc_log *log = twc_reactor_log(d->reactor);

	d->n_failed++;
	list_add(d, peer, err->code, err->sys);
	if (d->err.code == 0 || twc_err_rank(err->code) > twc_err_rank(d->err.code))
		d->err = *err;
	twc_log(log, net, DEBUG, "attempt failed: %s", err->text);
}

static bool family_has_more(const struct dial_family *f)
{
	return f->addrs && f->next < f->addrs->n;
}

static bool dial_has_more(const struct dial *d)
{
	return family_has_more(&d->family[V6]) || family_has_more(&d->family[V4]);
}

static bool dial_is_looking(const struct dial *d)
{
	return d->family[V6].is_pending || d->family[V4].is_pending;
}

/* What two failed lookups come to: a server's failure says more than "not there". */
static void lookups_fail(struct dial *d)
{
	const struct twc_err *a = &d->family[V6].err, *b = &d->family[V4].err;
	char host[100];

	if (a->code == 0 || (b->code != 0 && b->code != TWC_ENONAME))
		dial_fail(d, b);
	else if (b->code == 0 || a->code != TWC_ENONAME || strcmp(a->text, b->text) == 0)
		dial_fail(d, a);
	else {
		twc_escape(host, sizeof(host), twc_str_of(d->o.host));
		twc_err_set(&d->err, TWC_ENONAME, "the name has no address (NODATA, %s)", host);
		dial_fail(d, &d->err);
	}
}

/* Nothing is left that could succeed. */
static void dial_give_up(struct dial *d)
{
	if (d->n_failed == 0) {
		lookups_fail(d);
		return;
	}
	if (d->n_failed > 1) {
		struct twc_err err = d->err;

		twc_err_set(&err, err.code, "no address answered: %s", d->list);
		err.sys = d->err.sys;
		d->err = err;
	}
	dial_fail(d, &d->err);
}

static void on_deadline(struct twc_timer *t, void *arg)
{
	struct dial *d = arg;
	char time[32], where[TWC_ADDR_TEXT_MAX], host[100];
	struct twc__list *n;
	struct twc_err err;

	(void)t;
	twc_format_duration(time, sizeof(time), d->o.timeout_ns);
	TWC__LIST_FOR(i, &d->attempts)
		list_add(d, &TWC__LIST_ENTRY(i, struct attempt, node)->peer, TWC_ETIMEDOUT, 0);
	n = twc__list_first(&d->attempts);
	if (d->n_failed == 0 && !n && dial_is_looking(d))
		twc_err_set(&err, TWC_ETIMEDOUT, "name lookup timed out after %s (%s)", time,
			    (twc_escape(host, sizeof(host), twc_str_of(d->o.host)), host));
	else if (d->n_failed == 0 && n && n->next == &d->attempts)
		twc_err_set(&err, TWC_ETIMEDOUT, "connect timed out after %s (%s)", time,
			    twc__addr_where(&TWC__LIST_ENTRY(n, struct attempt, node)->peer, where, sizeof(where)));
	else
		twc_err_set(&err, TWC_ETIMEDOUT, "connect timed out after %s%s%s", time, d->list[0] ? ": " : "", d->list);
	dial_fail(d, &err);
}

/* ---- lookups ---- */

/* The addresses are there, or not. */
static void on_lookup(struct twc_result *res, void *arg)
{
	struct dial_family *f = arg;
	struct dial *d = f->dial;

	f->is_pending = false;
	if (res->err.code)
		f->err = res->err;
	else
		f->addrs = twc_result_take(res);
	twc_result_set(res, NULL, NULL);
	if (!d->is_over && !d->is_starting)
		dial_step(d);
}

static void family_lookup(struct dial *d, int which)
{
	struct dial_family *f = &d->family[which];

	f->is_pending = true;
	f->lookup = twc_resolve(d->reactor, d->o.host, which == V6 ? AF_INET6 : AF_INET);
}

/* Answers can be there at once: nothing is tried before both families were asked, or IPv6 would
 * have all its turns first. */
static void dial_lookup(struct dial *d)
{
	int i;

	d->is_starting = true;
	for (i = 0; i < FAMILIES; i++)
		if (d->o.family == AF_UNSPEC || d->o.family == (i == V6 ? AF_INET6 : AF_INET))
			family_lookup(d, i);
	for (i = 0; i < FAMILIES; i++)
		if (d->family[i].lookup)
			twc_deferred_add_both(d->family[i].lookup, on_lookup, &d->family[i]);
	d->is_starting = false;
	dial_step(d);
}

/* ---- which address next, and when ---- */

static void on_stagger(struct twc_timer *t, void *arg)
{
	(void)t;
	dial_step(arg);
}

/* The next address: the other family's turn, if it has one (RFC 8305 4). */
static const struct twc_addr *dial_next_addr(struct dial *d)
{
	int other = d->last_family == V6 ? V4 : V6;

	if (family_has_more(&d->family[other]))
		d->last_family = other;
	return &d->family[d->last_family].addrs->item[d->family[d->last_family].next++];
}

/* IPv4 came first: IPv6 gets 50 ms. */
static bool dial_waits_for_v6(struct dial *d)
{
	if (!d->family[V6].is_pending || d->n_failed > 0 || !twc__list_is_empty(&d->attempts))
		return false;
	if (d->has_waited)
		return twc_timer_is_active(&d->resolution);
	d->has_waited = true;
	twc_timer_start(d->reactor, &d->resolution, RESOLUTION_NS, on_stagger, d);
	return true;
}

/* Something happened: starts the next attempts that are due, or ends a dial that has nothing
 * left. */
static void dial_step(struct dial *d)
{
	d->pins++;
	while (!d->is_over && !twc_timer_is_active(&d->stagger) && dial_has_more(d) && !dial_waits_for_v6(d)) {
		struct twc_addr peer = *dial_next_addr(d);

		twc_addr_set_port(&peer, d->o.port);
		peer.kind = d->o.kind;
		twc_timer_start(d->reactor, &d->stagger, STAGGER_NS, on_stagger, d);
		dial_try(d, &peer);
	}
	if (!d->is_over && twc__list_is_empty(&d->attempts) && !dial_has_more(d) && !dial_is_looking(d))
		dial_give_up(d);
	dial_unpin(d);
}

/* ---- one attempt ---- */

static void attempt_fail(struct attempt *a, int sys)
{
	struct dial *d = a->dial;
	struct twc_err err;

	twc__attempt_error(&err, sys, &a->peer);
	dial_note(d, &a->peer, &err);
	attempt_free(a);
	twc_timer_stop(d->reactor, &d->stagger); /* the next one at once */
}

static void on_connected(struct twc_watch *w, unsigned ready)
{
	struct attempt *a = TWC_CONTAINER_OF(w, struct attempt, watch);
	struct dial *d = a->dial;
	int sys = twc__attempt_outcome(a->fd, &a->peer);

	(void)ready;
	if (sys == 0) {
		dial_win(a);
		return;
	}
	attempt_fail(a, sys);
	dial_step(d);
}

static void attempt_go(struct attempt *a)
{
	struct dial *d = a->dial;
	struct twc_err err;
	int sys = twc__attempt_connect(a->fd, &d->o.sock, &a->peer);

	if (sys == 0) {
		dial_win(a);
	} else if (sys == EAGAIN && twc_addr_is_unix(&a->peer)) {
		d->busy_ns = d->busy_ns == 0 ? BUSY_MIN_NS : d->busy_ns * 2 > BUSY_MAX_NS ? BUSY_MAX_NS : d->busy_ns * 2;
		twc_timer_start(d->reactor, &d->busy, d->busy_ns, on_busy_over, a);
	} else if (sys != EINPROGRESS) {
		attempt_fail(a, sys);
	} else if (twc_watch_start(d->reactor, &a->watch, a->fd, TWC_WRITE, on_connected, &err) != 0) {
		dial_note(d, &a->peer, &err);
		attempt_free(a);
		twc_timer_stop(d->reactor, &d->stagger);
	}
}

static void on_busy_over(struct twc_timer *t, void *arg)
{
	struct attempt *a = arg;
	struct dial *d = a->dial;

	(void)t;
	d->pins++;
	attempt_go(a);
	if (!d->is_over)
		dial_step(d);
	dial_unpin(d);
}

static void dial_try(struct dial *d, const struct twc_addr *peer)
{
	struct twc_log *log = twc_reactor_log(d->reactor);
	char where[TWC_ADDR_TEXT_MAX];
	struct attempt *a;
	struct twc_err err;
	int fd = twc__attempt_socket(&d->o, peer, &err);

	if (d->o.times && d->o.times->resolved_ns == 0)
		d->o.times->resolved_ns = twc_reactor_now(d->reactor);
	if (twc_log_is_on(log, TWC_LOG_net, TWC_LOG_DEBUG))
		twc_log_write(log, TWC_LOG_DEBUG, TWC_LOG_net, "connecting to %s",
			      twc__addr_where(peer, where, sizeof(where)));
	if (fd == TWC_EUSAGE) { /* an option that no address can help */
		dial_fail(d, &err);
		return;
	}
	if (fd < 0) {
		dial_note(d, peer, &err);
		twc_timer_stop(d->reactor, &d->stagger);
		return;
	}
	a = twc_calloc(1, sizeof(*a));
	a->dial = d;
	a->fd = fd;
	a->peer = *peer;
	twc__list_add_tail(&d->attempts, &a->node);
	attempt_go(a);
}

/* ---- the beginning ---- */

/* One address that needs no lookup. */
static void dial_literal(struct dial *d, const struct twc_addr *a)
{
	struct dial_family *f = &d->family[a->u.sa.sa_family == AF_INET6 ? V6 : V4];

	f->addrs = twc_calloc(1, sizeof(*f->addrs));
	f->addrs->item = twc_calloc(1, sizeof(*a));
	f->addrs->item[0] = *a;
	f->addrs->n = 1;
	dial_step(d);
}

static bool dials_unix(const struct twc_dial_opts *o)
{
	return o->kind == TWC_ADDR_UNIX || o->kind == TWC_ADDR_UNIX_SEQPACKET;
}

static void dial_begin(struct dial *d)
{
	struct twc_str host = twc_str_of(d->o.host);
	struct twc_addr a;
	struct twc_err err;

	if (d->o.to.kind != TWC_ADDR_NONE) {
		dial_literal(d, &d->o.to);
	} else if (dials_unix(&d->o)) {
		if (twc_addr_parse_unix(&a, host, &err) != 0) {
			dial_fail(d, &err);
			return;
		}
		a.kind = d->o.kind;
		dial_literal(d, &a);
	} else if (twc_addr_parse_ip(&a, d->o.kind, host, 0, NULL) == 0 &&
		   (d->o.family == AF_UNSPEC || d->o.family == a.u.sa.sa_family)) {
		dial_literal(d, &a);
	} else {
		dial_lookup(d);
	}
}

struct twc_deferred *twc_dial(struct twc_reactor *r, const struct twc_dial_opts *o)
{
	struct dial *d = twc_calloc(1, sizeof(*d));
	struct twc_deferred *result;

	d->reactor = r;
	d->o = *o;
	d->o.host = twc_strdup(o->host ? o->host : "");
	if (d->o.timeout_ns == 0)
		d->o.timeout_ns = DIAL_TIMEOUT_NS;
	/* A local address decides the family. */
	if (o->bind.kind != TWC_ADDR_NONE && !dials_unix(o) && o->family == AF_UNSPEC)
		d->o.family = o->bind.u.sa.sa_family;
	d->family[V6].dial = d->family[V4].dial = d;
	d->last_family = V4;
	twc__list_init(&d->attempts);
	result = d->result = twc_deferred_new(r, on_cancel, d);
	twc_timer_start(r, &d->deadline, d->o.timeout_ns, on_deadline, d);
	d->pins = 1;
	dial_begin(d);
	dial_unpin(d);
	return result;
}
