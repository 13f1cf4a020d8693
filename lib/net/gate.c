/* SPDX-License-Identifier: MIT */
/*
 * The gate: who may come in, and how many. One serves all listeners of a service, of whatever kind.
 *
 * Limits differ in what they do to those beyond them. max_clients is about us: the next clients
 * wait in the backlog. max_per_ip and the rules are about them: they are closed at once and never
 * counted.
 *
 * Invariants: count <= max_clients when that is not 0; the tally's counts add up to at most `count`.
 */
#include "net/net_int.h"

#include "base/banned.h"

#define GATE_RULES_MAX 4096

struct gate_rule {
	struct twc_cidr net;
	bool allow;
};

struct twc_gate {
	unsigned max_clients, max_per_ip; /* 0: no limit */
	unsigned count;
	bool has_allow;
	size_t n_rules;
	struct gate_rule *rules; /* owned */
	struct twc__tally tally;
	struct twc__gate_wait *waiting; /* the listeners that wait, each embedded in its own */
};

struct twc_gate *twc_gate_new(struct twc_reactor *r, unsigned max_clients, unsigned max_per_ip)
{
	struct twc_gate *g = twc_calloc(1, sizeof(*g));

	(void)r; /* a gate belongs to one reactor's thread, but asks nothing of it */
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
	if (g->max_per_ip > 0 && twc__addr_ip16(peer, ip) && !twc__tally_add(&g->tally, ip, g->max_per_ip))
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
		twc__tally_drop(&g->tally, ip);
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
