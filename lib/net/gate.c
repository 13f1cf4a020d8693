/* SPDX-License-Identifier: MIT */
/*
 * The gate: who may come in, and how many. One serves all listeners of a service, of whatever kind.
 *
 * Limits differ in what they do to those beyond them. max_clients is about us: the next clients
 * wait in the backlog. max_per_ip and the rules are about them: they are closed at once and never
 * counted.
 *
 * Invariants: count <= max_clients when that is not 0; the counts of all hosts add up to at most
 * `count`; a host with count 0 is not in the table. The table is keyed (getrandom), so that peers
 * cannot choose addresses that collide.
 */
#include "net/net_int.h"

#include <sys/random.h>

#include "base/banned.h"

#define GATE_RULES_MAX 4096
#define GATE_BUCKETS_MIN 64

struct gate_host {
	struct gate_host *next;
	uint8_t ip[16];
	unsigned count; /* > 0 */
};

struct gate_rule {
	struct twc_cidr net;
	bool allow;
};

struct twc_gate {
	unsigned max_clients, max_per_ip; /* 0: no limit */
	unsigned count;
	bool has_allow;
	size_t n_rules;
	struct gate_rule *rules;      /* owned */
	struct gate_host **buckets;   /* owned; NULL until the first host is counted */
	size_t n_buckets, n_hosts;    /* n_buckets is a power of two */
	uint64_t seed[2];
	struct twc__gate_wait *waiting; /* the listeners that wait, each embedded in its own */
};

struct twc_gate *twc_gate_new(struct twc_reactor *r, unsigned max_clients, unsigned max_per_ip)
{
	struct twc_gate *g = twc_calloc(1, sizeof(*g));

	(void)r; /* a gate belongs to one reactor's thread, but asks nothing of it */
	g->max_clients = max_clients;
	g->max_per_ip = max_per_ip;
	/* Without entropy the table is as good as any unkeyed one. */
	if (max_per_ip > 0 && getrandom(g->seed, sizeof(g->seed), GRND_NONBLOCK) < 0)
		g->seed[0] = (uintptr_t)g;
	return g;
}

void twc_gate_free(struct twc_gate *g)
{
	size_t i;

	if (!g)
		return;
	while (g->waiting)
		twc__gate_unwait(g->waiting);
	for (i = 0; i < g->n_buckets; i++)
		while (g->buckets[i]) {
			struct gate_host *h = g->buckets[i];

			g->buckets[i] = h->next;
			twc_free(h);
		}
	twc_free(g->buckets);
	twc_free(g->rules);
	twc_free(g);
}

/* ---- rules ---- */

int twc_gate_rule(struct twc_gate *g, bool allow, struct twc_str cidr, struct twc_err *err)
{
	struct twc_cidr net;
	int rc = twc_cidr_parse(&net, cidr, err);

	if (rc != 0)
		return rc;
	if (g->n_rules == GATE_RULES_MAX)
		return twc_err_set(err, TWC_EUSAGE, "more than %d access rules", GATE_RULES_MAX);
	g->rules = twc_realloc(g->rules, (g->n_rules + 1) * sizeof(*g->rules));
	g->rules[g->n_rules++] = (struct gate_rule){ .net = net, .allow = allow };
	g->has_allow |= allow;
	return 0;
}

static bool gate_allows(const struct twc_gate *g, const struct twc_addr *peer)
{
	uint8_t ip[16];
	size_t i;

	for (i = 0; i < g->n_rules; i++)
		if (twc_cidr_has(&g->rules[i].net, peer))
			return g->rules[i].allow;
	/* Rules speak of networks; who comes through a UNIX socket is judged by its permissions. */
	return !g->has_allow || !twc__addr_ip16(peer, ip);
}

/* ---- hosts ---- */

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ (x >> 32);
}

static struct gate_host **gate_bucket(const struct twc_gate *g, const uint8_t ip[16])
{
	uint64_t w[2];

	memcpy(w, ip, sizeof(w));
	return &g->buckets[mix(mix(w[0] ^ g->seed[0]) + (w[1] ^ g->seed[1])) & (g->n_buckets - 1)];
}

/* The link that points to the host, or to NULL at the end of its chain. */
static struct gate_host **gate_find(const struct twc_gate *g, const uint8_t ip[16])
{
	struct gate_host **h = gate_bucket(g, ip);

	while (*h && memcmp((*h)->ip, ip, 16) != 0)
		h = &(*h)->next;
	return h;
}

static void gate_grow(struct twc_gate *g)
{
	struct gate_host **old = g->buckets;
	size_t n = g->n_buckets, i;

	if (g->n_hosts < n)
		return;
	g->n_buckets = n ? n * 2 : GATE_BUCKETS_MIN;
	g->buckets = twc_calloc(g->n_buckets, sizeof(*g->buckets));
	for (i = 0; i < n; i++)
		while (old[i]) {
			struct gate_host *h = old[i], **to = gate_bucket(g, h->ip);

			old[i] = h->next;
			h->next = *to;
			*to = h;
		}
	twc_free(old);
}

/* False when the host has its share already. */
static bool gate_add_host(struct twc_gate *g, const uint8_t ip[16])
{
	struct gate_host **link;

	gate_grow(g);
	link = gate_find(g, ip);
	if (*link && (*link)->count >= g->max_per_ip)
		return false;
	if (!*link) {
		*link = twc_calloc(1, sizeof(**link));
		memcpy((*link)->ip, ip, 16);
		g->n_hosts++;
	}
	(*link)->count++;
	return true;
}

static void gate_drop_host(struct twc_gate *g, const uint8_t ip[16])
{
	struct gate_host **link = gate_find(g, ip), *h = *link;

	TWC_ASSERT(h);
	if (--h->count > 0)
		return;
	*link = h->next;
	g->n_hosts--;
	twc_free(h);
}

/* ---- in and out ---- */

unsigned twc_gate_count(const struct twc_gate *g)
{
	return g->count;
}

bool twc__gate_is_full(const struct twc_gate *g)
{
	return g && g->max_clients > 0 && g->count >= g->max_clients;
}

enum twc__verdict twc__gate_enter(struct twc_gate *g, const struct twc_addr *peer)
{
	uint8_t ip[16];

	if (!g)
		return TWC__GATE_IN;
	if (!gate_allows(g, peer))
		return TWC__GATE_DENIED;
	if (twc__gate_is_full(g))
		return TWC__GATE_FULL;
	if (g->max_per_ip > 0 && twc__addr_ip16(peer, ip) && !gate_add_host(g, ip))
		return TWC__GATE_CROWDED;
	g->count++;
	return TWC__GATE_IN;
}

void twc_gate_leave(struct twc_gate *g, const struct twc_addr *peer)
{
	uint8_t ip[16];

	TWC_ASSERT(g->count > 0);
	g->count--;
	if (g->max_per_ip > 0 && twc__addr_ip16(peer, ip))
		gate_drop_host(g, ip);
	/* All of them, so that none starves: each asks again before it accepts. */
	while (g->waiting) {
		struct twc__gate_wait *w = g->waiting;

		twc__gate_unwait(w);
		w->fn(w);
	}
}

void twc__gate_wait(struct twc_gate *g, struct twc__gate_wait *w, void (*fn)(struct twc__gate_wait *w))
{
	w->fn = fn;
	if (w->link)
		return;
	w->next = g->waiting;
	if (w->next)
		w->next->link = &w->next;
	w->link = &g->waiting;
	g->waiting = w;
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
}
