/* SPDX-License-Identifier: MIT */
/*
 * Who may come in, how many and how fast: from the options to the gate of lib/net.
 */
#include "out.h"
#include "serving.h"

#include <twc/parse.h>

#define CLIENTS_MAX 1000000

/* ---- values ---- */

struct clients {
	uint64_t max;
	enum twc_over over;
};

struct rate {
	uint64_t n, per_ns, burst;
};

/* What stands behind `key=` in the one part that may follow; false: something else does. */
static bool value_of(struct twc_str rest, const char *key, struct twc_str *value)
{
	size_t n = strlen(key);

	if (!twc_str_starts(rest, key))
		return false;
	*value = (struct twc_str){ rest.p + n, rest.n - n };
	return true;
}

/* N[:over=WHAT] */
static int parse_clients(const char *text, struct clients *c, struct twc_err *err)
{
	static const char *const words[] = { "wait", "close", "reset", NULL }; /* enum twc_over */
	struct twc_str rest = twc_str_of(text), part = { 0 }, value;
	int over = TWC_OVER_WAIT;

	(void)twc_str_cut(&rest, ':', &part);
	if (twc_parse_uint(part, 1, CLIENTS_MAX, &c->max, err) < 0)
		return TWC_EUSAGE;
	if (rest.p && !value_of(rest, "over=", &value))
		return twc_err_set(err, TWC_EUSAGE, "%s is not N[:over=wait|close|reset]", text);
	if (rest.p && twc_parse_word(value, words, &over, err) < 0)
		return TWC_EUSAGE;
	c->over = (enum twc_over)over;
	return 0;
}

static bool parse_unit(struct twc_str unit, uint64_t *per_ns)
{
	if (!unit.p || twc_str_is(unit, "s"))
		*per_ns = TWC_NS_PER_S;
	else if (twc_str_is(unit, "m"))
		*per_ns = 60 * TWC_NS_PER_S;
	else if (twc_str_is(unit, "h"))
		*per_ns = 3600 * TWC_NS_PER_S;
	else
		return false;
	return true;
}

/* N[/s|/m|/h][:burst=M] */
static int parse_accept_rate(const char *text, struct rate *r, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(text), unit = { 0 }, number = { 0 }, value;

	(void)twc_str_cut(&rest, ':', &unit);
	(void)twc_str_cut(&unit, '/', &number);
	if (!parse_unit(unit, &r->per_ns) || (rest.p && !value_of(rest, "burst=", &value)))
		return twc_err_set(err, TWC_EUSAGE, "%s is not N[/s|/m|/h][:burst=M]", text);
	if (twc_parse_uint(number, 1, TWC_RATE_MAX, &r->n, err) < 0)
		return TWC_EUSAGE;
	r->burst = r->n;
	return rest.p ? twc_parse_uint(value, 1, TWC_RATE_MAX, &r->burst, err) : 0;
}

int serving_gate_fits(const struct serving_params *p, struct twc_err *err)
{
	struct clients clients;
	struct rate rate;
	struct twc_err why = { 0 };

	if (p->max_clients && parse_clients(p->max_clients, &clients, &why) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--max-clients: %.200s", why.text);
	if (p->accept_rate && parse_accept_rate(p->accept_rate, &rate, &why) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--accept-rate: %.200s", why.text);
	return 0;
}

/* ---- the gate ---- */

static int gate_add_rule(struct twc_gate *g, const struct opt_item *rule, struct twc_err *err)
{
	bool allow = strncmp(rule->opt->long_name, "allow", 5) == 0;

	if (strchr(rule->opt->long_name, '-'))
		return twc_gate_rule_file(g, allow, rule->value, err);
	return twc_gate_rule(g, allow, twc_str_of(rule->value), err);
}

static int gate_add_items(struct serving *s, const struct opt_list *list, bool is_users)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct opt_item *it = &list->item[i];
		struct twc_err err = { 0 }, why = { 0 };
		int rc = is_users ? twc_gate_user(s->gate, twc_str_of(it->value), &why) : gate_add_rule(s->gate, it, &why);

		if (rc == 0)
			continue;
		twc_err_set(&err, why.code, "--%s: %.200s", it->opt->long_name, why.text);
		return out_fail(s->ctx, NULL, &err);
	}
	return 0;
}

/* The kernel tells the user of a UNIX socket's peer, and of no other. What is inherited may be one. */
static int gate_check_users(const struct serving *s)
{
	bool has_unix = false;

	for (int i = 0; i < s->n; i++) {
		const char *type = twc_endpoint_type(s->endpoint[i]);
		bool is_unix = strcmp(type, "unix") == 0;

		if (is_unix && twc_endpoint_is_datagram(s->endpoint[i]))
			return out_usage(s->ctx, "--allow-uid: %s has no connections, and so no users to tell apart",
					 s->operand[i]);
		has_unix |= is_unix || strcmp(type, "fd") == 0 || strcmp(type, "systemd") == 0;
	}
	return has_unix ? 0 : out_usage(s->ctx, "--allow-uid is about UNIX sockets: no ENDPOINT is one");
}

int serving_make_gate(struct serving *s)
{
	const struct serving_params *p = s->p;
	struct clients clients = { .max = s->clients_max };
	struct rate rate = { 0 };
	int status;

	if (p->max_clients)
		(void)!parse_clients(p->max_clients, &clients, NULL); /* serving_gate_fits has refused what is none */
	if (p->accept_rate)
		(void)!parse_accept_rate(p->accept_rate, &rate, NULL);
	if (!clients.max && !p->max_per_ip && !p->rules.n && !p->users.n && !rate.n)
		return 0; /* a gate that lets everybody in would cost each connection a ticket */
	if (p->users.n && (status = gate_check_users(s)) != 0)
		return status;
	s->gate = twc_gate_new(s->r, (unsigned)clients.max, (unsigned)p->max_per_ip);
	twc_gate_set_over(s->gate, clients.over);
	if (rate.n)
		twc_gate_set_rate(s->gate, rate.n, rate.per_ns, rate.burst);
	status = gate_add_items(s, &p->rules, false);
	return status ? status : gate_add_items(s, &p->users, true);
}
