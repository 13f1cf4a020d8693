/* SPDX-License-Identifier: MIT */
/*
 * The gate: who may come in, how many, and how fast. One serves all listeners of a service, of whatever kind.
 *
 * Limits differ in what they do to those beyond them. max_clients and the rate are about us: the next clients
 * wait in the backlog, unless it was said that they are to be turned away when it is full. max_per_ip, the rules and
 * the users are about them: they are closed at once and never counted.
 *
 * The rate is a bucket of tokens, kept as one moment (GCRA, ITU-T I.371): `full_at` is when the bucket will be full
 * again if nobody comes; each who comes in moves it on by the interval of one token.
 *
 * Several processes may count together (share.c). Then two could find the last place at once, so one that is about to
 * accept takes the place and the token first, and gives them back when nobody came or who came may not come in.
 *
 * Invariants: count <= max_clients when that is not 0; the tally's counts add up to at most `count`; the timer runs
 * only while a listener waits, and whenever one waits for a token alone.
 */
#include "net/net_int.h"

#include <sys/eventfd.h>

#include "base/banned.h"

#define DEPTH_MAX_NS (UINT64_MAX / 4) /* of the bucket: what is added to it must not wrap */

struct twc_gate {
	struct twc_reactor *r; /* borrowed; asked only while there are listeners or clients */
	unsigned max_clients, max_per_ip; /* 0: no limit */
	enum twc_over over;
	uint64_t interval_ns, depth_ns; /* of one token, of the whole bucket; 0: no limit */
	/* what changes with who comes and goes */
	struct {
		unsigned count;
		uint64_t full_at;
	} now;
	struct twc__tally tally;
	struct twc__access access;
	struct twc__users users;
	struct twc__gate_wait *waiting; /* the listeners that wait, each embedded in its own */
	struct twc_timer token;
	/* with others; else NULL */
	struct twc_gate_share *share; /* borrowed */
	unsigned me;
	bool has_reserved;	/* a place and a token are taken for the next one who comes */
	struct twc_watch woken; /* somebody else has given a place back */
};

struct twc_gate *twc_gate_new(struct twc_reactor *r, unsigned max_clients, unsigned max_per_ip)
{
	struct twc_gate *g = twc_calloc(1, sizeof(*g));

	g->r = r;
	g->max_clients = max_clients;
	g->max_per_ip = max_per_ip;
	twc__tally_init(&g->tally);
	return g;
}

void twc_gate_free(struct twc_gate *g)
{
	if (!g)
		return;
	while (g->waiting)
		twc__gate_unwait(g->waiting);
	twc__tally_fini(&g->tally);
	twc__access_fini(&g->access);
	twc__users_fini(&g->users);
	twc_free(g);
}

void twc_gate_set_over(struct twc_gate *g, enum twc_over over)
{
	g->over = over;
}

void twc_gate_set_rate(struct twc_gate *g, uint64_t n, uint64_t per_ns, uint64_t burst)
{
	TWC_ASSERT(n > 0 && n <= per_ns / 1000 && n <= TWC_RATE_MAX && burst > 0 && burst <= TWC_RATE_MAX);
	g->interval_ns = per_ns / n;
	g->depth_ns = burst < DEPTH_MAX_NS / g->interval_ns ? g->interval_ns * burst : DEPTH_MAX_NS;
}

int twc_gate_rule(struct twc_gate *g, bool allow, struct twc_str what, struct twc_err *err)
{
	return twc__access_rule(&g->access, allow, what, err);
}

int twc_gate_rule_file(struct twc_gate *g, bool allow, const char *path, struct twc_err *err)
{
	return twc__access_file(&g->access, allow, path, err);
}

bool twc_gate_has_files(const struct twc_gate *g)
{
	return g->access.n_files > 0;
}

int twc_gate_reload(struct twc_gate *g, struct twc_err *err)
{
	return twc__access_reload(&g->access, err);
}

int twc_gate_user(struct twc_gate *g, struct twc_str who, struct twc_err *err)
{
	return twc__users_add(&g->users, who, err);
}

/* ---- the rate ---- */

/* How long until there is a token. */
static uint64_t gate_hurry(const struct twc_gate *g)
{
	uint64_t now, ready;

	if (!g->interval_ns)
		return 0;
	now = twc_reactor_now(g->r);
	ready = (g->share ? twc__share_full_at(g->share) : g->now.full_at) + g->interval_ns;
	return ready > now + g->depth_ns ? ready - (now + g->depth_ns) : 0;
}

static void gate_take_token(struct twc_gate *g)
{
	uint64_t now;

	if (!g->interval_ns)
		return;
	now = twc_reactor_now(g->r);
	g->now.full_at = (g->now.full_at > now ? g->now.full_at : now) + g->interval_ns;
}

/* ---- in and out ---- */

unsigned twc_gate_count(const struct twc_gate *g)
{
	return g->now.count;
}

enum twc_over twc__gate_over(const struct twc_gate *g)
{
	return g->over;
}

bool twc__gate_is_full(const struct twc_gate *g)
{
	if (!g || !g->max_clients || g->has_reserved)
		return false;
	return g->share ? twc__share_is_full(g->share, g->max_clients) : g->now.count >= g->max_clients;
}

static bool gate_holds_back(const struct twc_gate *g)
{
	return g->over == TWC_OVER_WAIT && twc__gate_is_full(g);
}

/* A place and a token, among all. */
static enum twc__verdict gate_reserve(struct twc_gate *g)
{
	struct twc__share_terms terms = {
		.max_clients = g->max_clients,
		.interval_ns = g->interval_ns,
		.depth_ns = g->depth_ns,
	};
	enum twc__verdict verdict;

	if (g->has_reserved)
		return TWC__GATE_IN;
	terms.now = g->interval_ns ? twc_reactor_now(g->r) : 0;
	verdict = twc__share_take(g->share, g->me, &terms);
	g->has_reserved = verdict == TWC__GATE_IN;
	return verdict;
}

void twc__gate_nobody(struct twc_gate *g)
{
	if (!g || !g->has_reserved)
		return;
	g->has_reserved = false;
	twc__share_give(g->share, g->me, g->interval_ns);
}

bool twc__gate_must_wait(struct twc_gate *g)
{
	enum twc__verdict verdict;

	if (!g || !g->share)
		return g && (gate_holds_back(g) || gate_hurry(g) > 0);
	verdict = gate_reserve(g);
	return verdict == TWC__GATE_HASTY || (verdict == TWC__GATE_FULL && g->over == TWC_OVER_WAIT);
}

static bool gate_knows(const struct twc_gate *g, int fd, const struct twc_addr *peer)
{
	return g->users.n == 0 || !twc_addr_is_unix(peer) || twc__users_have_peer(&g->users, fd);
}

/* Takes place and token for one who is allowed. */
static enum twc__verdict gate_take_shared(struct twc_gate *g, const struct twc_addr *peer)
{
	enum twc__verdict verdict = gate_reserve(g);
	uint8_t ip[16];

	if (verdict == TWC__GATE_IN && g->max_per_ip > 0 && twc__addr_ip16(peer, ip) &&
	    !twc__share_add_host(g->share, g->me, ip, g->max_per_ip))
		verdict = TWC__GATE_CROWDED;
	if (verdict != TWC__GATE_IN)
		return verdict;
	g->has_reserved = false;
	g->now.count++;
	return verdict;
}

static enum twc__verdict gate_take(struct twc_gate *g, const struct twc_addr *peer)
{
	uint8_t ip[16];

	if (twc__gate_is_full(g))
		return TWC__GATE_FULL;
	if (gate_hurry(g) > 0)
		return TWC__GATE_HASTY;
	if (g->max_per_ip > 0 && twc__addr_ip16(peer, ip) && !twc__tally_add(&g->tally, ip, g->max_per_ip))
		return TWC__GATE_CROWDED;
	gate_take_token(g);
	g->now.count++;
	return TWC__GATE_IN;
}

static enum twc__verdict gate_judge(struct twc_gate *g, int fd, const struct twc_addr *peer)
{
	if (!twc__access_allows(&g->access, peer))
		return TWC__GATE_DENIED;
	if (!gate_knows(g, fd, peer))
		return TWC__GATE_STRANGER;
	return g->share ? gate_take_shared(g, peer) : gate_take(g, peer);
}

enum twc__verdict twc__gate_enter(struct twc_gate *g, int fd, const struct twc_addr *peer)
{
	enum twc__verdict verdict;

	if (!g)
		return TWC__GATE_IN;
	verdict = gate_judge(g, fd, peer);
	if (verdict != TWC__GATE_IN)
		twc__gate_nobody(g);
	return verdict;
}

/* ---- those who wait ---- */

static void gate_look(struct twc_gate *g);

static void on_token(struct twc_timer *t, void *arg)
{
	(void)t;
	gate_look(arg);
}

/* To be told by the others when a place is free, which it may have become while this was asked. */
static void gate_await(struct twc_gate *g)
{
	if (!g->share || !g->waiting)
		return;
	twc__share_wait(g->share, g->me);
	if (!gate_holds_back(g))
		(void)eventfd_write(twc__share_wake_fd(g->share, g->me), 1);
}

/* Something has changed: may they go on? */
static void gate_look(struct twc_gate *g)
{
	uint64_t hurry;

	if (!g->waiting || gate_holds_back(g)) {
		gate_await(g);
		return;
	}
	hurry = gate_hurry(g);
	if (hurry > 0) {
		twc_timer_start(g->r, &g->token, hurry, on_token, g);
		return;
	}
	/* All of them, so that none starves: each asks again before it accepts. */
	while (g->waiting) {
		struct twc__gate_wait *w = g->waiting;

		twc__gate_unwait(w);
		w->fn(w);
	}
}

void twc_gate_leave(struct twc_gate *g, const struct twc_addr *peer)
{
	uint8_t ip[16];

	TWC_ASSERT(g->now.count > 0);
	g->now.count--;
	if (g->max_per_ip > 0 && twc__addr_ip16(peer, ip)) {
		if (g->share)
			twc__share_drop_host(g->share, g->me, ip);
		else
			twc__tally_drop(&g->tally, ip);
	}
	if (g->share)
		twc__share_give(g->share, g->me, 0);
	gate_look(g);
}

void twc__gate_wait(struct twc_gate *g, struct twc__gate_wait *w, void (*fn)(struct twc__gate_wait *w))
{
	uint64_t hurry = gate_hurry(g);

	w->fn = fn;
	if (w->link)
		return;
	w->gate = g;
	w->next = g->waiting;
	if (w->next)
		w->next->link = &w->next;
	w->link = &g->waiting;
	g->waiting = w;
	if (hurry > 0 && !gate_holds_back(g))
		twc_timer_start(g->r, &g->token, hurry, on_token, g);
	else
		gate_await(g);
}

void twc__gate_unwait(struct twc__gate_wait *w)
{
	if (!w->link)
		return;
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	w->link = NULL;
	w->next = NULL;
	if (!w->gate->waiting)
		twc_timer_stop(w->gate->r, &w->gate->token);
}

/* ---- with others ---- */

static void on_woken(struct twc_watch *w, unsigned ready)
{
	struct twc_gate *g = TWC_CONTAINER_OF(w, struct twc_gate, woken);
	eventfd_t n;

	(void)ready;
	(void)eventfd_read(w->fd, &n);
	gate_look(g);
}

int twc_gate_join(struct twc_gate *g, struct twc_gate_share *share, unsigned index, struct twc_err *err)
{
	TWC_ASSERT(!g->share && !g->now.count);
	g->share = share;
	g->me = index;
	return twc_watch_start(g->r, &g->woken, twc__share_wake_fd(share, index), TWC_READ, on_woken, err);
}
