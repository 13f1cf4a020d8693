/* SPDX-License-Identifier: MIT */
/*
 * Names from name servers: c-ares on the reactor. lookup.c asks it last.
 *
 * c-ares 1.18 carries queries, and nothing else is left to it, because it ignores resolv.conf's
 * timeout and attempts, and reports SERVFAIL and REFUSED alike as a refused connection. So there is
 * one channel per name server, each query is sent once, and servers, attempts, timeouts and the
 * search list are gone through here:
 *
 *	lookup ---> candidate names ---> tries: server after server, as many rounds as attempts ---> one query
 *
 * Pitfalls, and what keeps out of them:
 *   - Callbacks may run inside ares_query. on_answer only notes the outcome; twc__dns_drain goes on with
 *     it once no c-ares function is on the stack (in_ares == 0). Only there are users called,
 *     channels cancelled or destroyed.
 *   - One query cannot be cancelled. An abandoned one lives on without its lookup; when a channel
 *     has nothing but those, it is cancelled as a whole, which closes its sockets, so that a
 *     reactor can come to rest.
 *   - Sockets are watched as sock_state says; 0/0 means that close follows. Never ares_fds
 *     (select's limit).
 *
 * The channels are resolve_server.c's.
 *
 * c-ares is not thread-safe per channel, and needs no ares_library_init outside of Windows and
 * Android.
 */
#include "net/resolve_priv.h"
#include <twc/parse.h>

#include <ares_nameser.h>
#include <netinet/in.h>

#include "base/banned.h"

#define HEADER_RCODE(b) ((b)[3] & 0x0f) /* RFC 1035 4.1.1 */
#define HEADER_LEN 12

struct query {
	struct twc__dns_server *server;
	struct lookup *lookup; /* NULL: abandoned */
};

struct lookup {
	struct twc__list node; /* in dns.lookups or dns.ready */
	struct twc__dns_set *set;
	struct twc_deferred *result;
	char *name; /* owned, as given */
	int family;
	unsigned candidate; /* which name is being asked for, see twc__search_name */
	unsigned try;	    /* 0 <= try < n_servers * attempts */
	unsigned first;	    /* the server of try 0 */
	struct query *query;
	struct twc_timer timer; /* of the try */
	int status;		/* of the answer in dns.ready */
	struct twc_addrs *addrs; /* owned; with ARES_SUCCESS */
	bool had_timeout;	/* in the tries of this candidate */
	bool had_nodata;	/* for some candidate */
	struct twc_err trouble; /* a server's failure: says more than "not there" */
};

/* ---- one lookup ---- */

/* The name to ask for now; false when there is no other. */
static bool lookup_name(struct lookup *l, char *buf, size_t cap)
{
	return twc__search_name(&l->set->conf, l->name, &l->candidate, buf, cap);
}

static void lookup_abandon_query(struct lookup *l)
{
	struct query *q = l->query;

	twc_timer_stop(l->set->dns->reactor, &l->timer);
	if (!q)
		return;
	q->lookup = NULL;
	l->query = NULL;
	q->server->n_live--;
	twc__dns_schedule(q->server);
}

/* Frees all but the deferred, which the caller fires last. */
static struct twc_deferred *lookup_end(struct lookup *l)
{
	struct twc_deferred *result = l->result;
	struct twc__dns_set *set = l->set;

	lookup_abandon_query(l);
	twc__list_remove(&l->node);
	twc_addrs_free(l->addrs);
	twc_free(l->name);
	twc_free(l);
	set->n_lookups--;
	TWC_ASSERT(set->dns->in_ares == 0);
	twc__dns_set_unused(set);
	return result;
}

static void lookup_fail(struct lookup *l, const struct twc_err *err)
{
	struct twc_err copy = *err;

	twc_deferred_fail(lookup_end(l), &copy);
}

static void on_lookup_cancel(struct twc_deferred *result, void *arg)
{
	struct twc_err err;

	(void)result;
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	lookup_fail(arg, &err);
}

static void lookup_ready(struct lookup *l, int status)
{
	l->status = status;
	twc_timer_stop(l->set->dns->reactor, &l->timer);
	twc__list_remove(&l->node);
	twc__list_add_tail(&l->set->dns->ready, &l->node);
}

static void on_try_timeout(struct twc_timer *t, void *arg)
{
	struct lookup *l = arg;
	struct twc__dns *dns = l->set->dns;

	(void)t;
	lookup_abandon_query(l);
	lookup_ready(l, ARES_ETIMEOUT);
	twc__dns_drain(dns);
}

/* The addresses of an answer without error; their number is bounded here, whatever the server
 * sends. */
static int parse_answer(struct lookup *l, const unsigned char *msg, int len)
{
	struct twc_addr list[TWC__ADDRS_MAX];
	struct ares_addrttl v4[TWC__ADDRS_MAX];
	struct ares_addr6ttl v6[TWC__ADDRS_MAX];
	int n = TWC__ADDRS_MAX, i;
	int status = l->family == AF_INET6 ? ares_parse_aaaa_reply(msg, len, NULL, v6, &n)
					   : ares_parse_a_reply(msg, len, NULL, v4, &n);

	if (status != ARES_SUCCESS)
		return status;
	for (i = 0; i < n; i++) {
		struct sockaddr_in in = { .sin_family = AF_INET };
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

		if (l->family == AF_INET6) {
			memcpy(&in6.sin6_addr, &v6[i].ip6addr, sizeof(in6.sin6_addr));
			twc_addr_set(&list[i], TWC_ADDR_TCP, (struct sockaddr *)&in6, sizeof(in6));
		} else {
			in.sin_addr = v4[i].ipaddr;
			twc_addr_set(&list[i], TWC_ADDR_TCP, (struct sockaddr *)&in, sizeof(in));
		}
	}
	l->addrs = twc__addrs_new(list, (size_t)n);
	return l->addrs ? ARES_SUCCESS : ARES_ENODATA;
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *msg, int len)
{
	struct query *q = arg;
	struct lookup *l = q->lookup;

	(void)timeouts;
	q->server->n_queries--;
	if (l) {
		q->server->n_live--;
		l->query = NULL;
		if (status == ARES_SUCCESS && (!msg || len < HEADER_LEN || HEADER_RCODE(msg) != ns_r_noerror))
			status = ARES_EBADRESP; /* an rcode that c-ares has no status for */
		if (status == ARES_SUCCESS)
			status = parse_answer(l, msg, len);
		lookup_ready(l, status);
	}
	twc_free(q);
}

static struct twc__dns_server *lookup_server(const struct lookup *l)
{
	return &l->set->server[(l->first + l->try) % l->set->conf.n_servers];
}

/* Sends the query of the current try; the outcome comes through dns.ready. */
static void lookup_send(struct lookup *l)
{
	struct twc__dns_server *s = lookup_server(l);
	struct twc__dns *dns = l->set->dns;
	char name[TWC__NAME_MAX + 2];
	int status = twc__dns_open(s);
	struct query *q;

	twc__list_remove(&l->node);
	twc__list_add_tail(&dns->lookups, &l->node);
	if (status != ARES_SUCCESS || !lookup_name(l, name, sizeof(name))) {
		lookup_ready(l, status != ARES_SUCCESS ? status : ARES_ENOTFOUND);
		return;
	}
	q = twc_calloc(1, sizeof(*q));
	q->server = s;
	q->lookup = l;
	l->query = q;
	s->n_queries++;
	s->n_live++;
	twc_timer_start(dns->reactor, &l->timer, l->set->conf.timeout_s * TWC_NS_PER_S, on_try_timeout, l);
	dns->in_ares++;
	ares_query(s->channel, name, ns_c_in, l->family == AF_INET6 ? ns_t_aaaa : ns_t_a, on_answer, q);
	dns->in_ares--;
	twc__dns_schedule(s);
}

/* ---- what an answer means ---- */

static void lookup_trouble(struct lookup *l)
{
	char where[TWC_ADDR_TEXT_MAX], name[128];
	struct twc_err *e = &l->trouble;
	const char *what;

	twc__addr_where(&lookup_server(l)->addr, where, sizeof(where));
	twc_escape(name, sizeof(name), twc_str_of(l->name));
	switch (l->status) {
	case ARES_ETIMEOUT:
		if (e->code == 0) /* that a server said something says more */
			twc_err_set(e, TWC_ETIMEDOUT, "name server did not answer in time (%s, %s)", name, where);
		return;
	case ARES_ECONNREFUSED:
		if (e->code == 0 || e->code == TWC_ETIMEDOUT)
			twc_err_set(e, TWC_ERESOLVE, "name server cannot be reached (%s, %s)", name, where);
		return;
	case ARES_ESERVFAIL:
		what = "name server failed (SERVFAIL";
		break;
	case ARES_EREFUSED:
		what = "name server refused to answer (REFUSED";
		break;
	case ARES_ENOTIMP:
		what = "name server cannot answer this (NOTIMP";
		break;
	case ARES_EFORMERR:
		what = "name server did not understand (FORMERR";
		break;
	case ARES_EBADRESP:
		what = "name server sent a malformed answer (EBADRESP";
		break;
	default:
		twc_err_set(e, TWC_ERESOLVE, "name lookup failed: %s (%s, %s)", ares_strerror(l->status), name, where);
		return;
	}
	twc_err_set(e, TWC_ERESOLVE, "%s, %s, %s)", what, name, where);
}

/* After a server's failure: true when there is another try for this name. A server that answered
 * with an error would say the same in the next round; only one that kept silent is asked again. */
static bool lookup_next_try(struct lookup *l)
{
	unsigned n = (unsigned)l->set->conf.n_servers;

	l->had_timeout |= l->status == ARES_ETIMEOUT;
	l->try++;
	return l->try < (l->had_timeout ? n * l->set->conf.attempts : n);
}

static bool lookup_next_name(struct lookup *l)
{
	char name[TWC__NAME_MAX + 2];

	l->candidate++;
	l->try = 0;
	l->had_timeout = false;
	return lookup_name(l, name, sizeof(name));
}

static void lookup_not_found(struct lookup *l)
{
	char name[128];
	struct twc_err err;

	twc_escape(name, sizeof(name), twc_str_of(l->name));
	if (l->trouble.code)
		err = l->trouble;
	else if (l->had_nodata)
		twc_err_set(&err, TWC_ENONAME, "the name has no %s address (NODATA, %s)",
			    l->family == AF_INET6 ? "IPv6" : "IPv4", name);
	else
		twc_err_set(&err, TWC_ENONAME, "no such name (NXDOMAIN, %s)", name);
	lookup_fail(l, &err);
}

static void lookup_succeed(struct lookup *l)
{
	struct twc_addrs *addrs = l->addrs;

	l->addrs = NULL;
	twc_deferred_fire(lookup_end(l), addrs, twc_addrs_free);
}

/* The outcome of a try is there. */
static void lookup_advance(struct lookup *l)
{
	switch (l->status) {
	case ARES_SUCCESS:
		lookup_succeed(l);
		return;
	case ARES_ENODATA:
		l->had_nodata = true;
		break;
	case ARES_ENOTFOUND:
		break;
	default:
		lookup_trouble(l);
		if (lookup_next_try(l)) {
			lookup_send(l);
			return;
		}
		if (l->had_timeout) { /* the next name would take as long */
			lookup_not_found(l);
			return;
		}
	}
	if (lookup_next_name(l))
		lookup_send(l);
	else
		lookup_not_found(l);
}

/* Goes on with every lookup whose answer is there. Users are called from here, and may start and
 * cancel lookups. */
void twc__dns_drain(struct twc__dns *dns)
{
	struct twc__list *n;

	if (dns->in_ares > 0 || dns->is_draining)
		return;
	dns->is_draining = true;
	while ((n = twc__list_first(&dns->ready)) != NULL)
		lookup_advance(TWC__LIST_ENTRY(n, struct lookup, node));
	dns->is_draining = false;
}

struct twc_deferred *twc__dns_lookup(struct twc__dns *dns, struct twc_str name, int family)
{
	struct twc__dns_set *set = dns->current;
	struct lookup *l;
	struct twc_deferred *result;
	struct twc_err err;

	if (dns->is_closing) {
		twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
		return twc_deferred_failed(dns->reactor, &err);
	}
	l = twc_calloc(1, sizeof(*l));
	l->set = set;
	l->name = twc_str_dup(name);
	l->family = family;
	l->first = set->conf.rotate ? set->turn++ : 0;
	result = l->result = twc_deferred_new(dns->reactor, on_lookup_cancel, l);
	twc__list_init(&l->node);
	set->n_lookups++;
	lookup_send(l);
	twc__dns_drain(dns);
	return result;
}

/* ---- life ---- */

struct twc__dns *twc__dns_new(struct twc_reactor *r)
{
	struct twc__dns *dns = twc_calloc(1, sizeof(*dns));

	dns->reactor = r;
	twc__list_init(&dns->sets);
	twc__list_init(&dns->lookups);
	twc__list_init(&dns->ready);
	return dns;
}

void twc__dns_use(struct twc__dns *dns, const struct twc__resolv_conf *conf)
{
	struct twc__dns_set *old = dns->current, *set = twc_calloc(1, sizeof(*set));
	size_t i;

	TWC_ASSERT(conf->n_servers > 0);
	set->dns = dns;
	set->conf = *conf;
	set->server = twc_calloc(conf->n_servers, sizeof(*set->server));
	for (i = 0; i < conf->n_servers; i++) {
		set->server[i].set = set;
		set->server[i].addr = conf->server[i];
		twc__list_init(&set->server[i].socks);
	}
	twc__list_add_tail(&dns->sets, &set->node);
	dns->current = set;
	if (old)
		twc__dns_set_unused(old);
}

void twc__dns_free(struct twc__dns *dns)
{
	struct twc__list *n;
	struct twc_err err;

	if (!dns)
		return;
	dns->is_closing = true;
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	while ((n = twc__list_first(&dns->lookups)) != NULL || (n = twc__list_first(&dns->ready)) != NULL)
		lookup_fail(TWC__LIST_ENTRY(n, struct lookup, node), &err);
	dns->current = NULL;
	while ((n = twc__list_first(&dns->sets)) != NULL)
		twc__dns_set_unused(TWC__LIST_ENTRY(n, struct twc__dns_set, node));
	twc_free(dns);
}

const char *twc_resolver_version(void)
{
	return ares_version(NULL); /* needs no ares_library_init */
}
