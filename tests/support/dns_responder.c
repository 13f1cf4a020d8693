/* SPDX-License-Identifier: MIT */
/* See dns_responder.h. Messages are RFC 1035; nothing is compressed but the owner of each answer. */
#include "support/dns_responder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define RULES_MAX 64
#define REPLIES_MAX 64
#define MSG_MAX 2048

struct rule {
	char name[256];
	int family;
	enum dns_action action;
	const char *ips;
	uint64_t delay_ns;
};

struct reply {
	struct twc_timer timer; /* active while it waits */
	struct dns_responder *d;
	struct sockaddr_storage to;
	socklen_t to_len;
	unsigned char msg[MSG_MAX];
	size_t n;
};

struct dns_responder {
	struct twc_reactor *r;
	struct twc_watch watch;
	int fd;
	char server[64];
	struct rule rule[RULES_MAX];
	unsigned n_rules;
	struct reply reply[REPLIES_MAX];
	char log[4096];
};

static void put16(unsigned char **p, unsigned v)
{
	*(*p)++ = (unsigned char)(v >> 8);
	*(*p)++ = (unsigned char)v;
}

static void put_address(unsigned char **p, const struct twc_addr *a)
{
	bool v6 = a->u.sa.sa_family == AF_INET6;
	size_t n = v6 ? 16 : 4;

	put16(p, 0xc00c); /* the name in the question */
	put16(p, v6 ? 28 : 1);
	put16(p, 1);
	put16(p, 0);
	put16(p, 60);
	put16(p, (unsigned)n);
	memcpy(*p, v6 ? (const void *)&a->u.in6.sin6_addr : (const void *)&a->u.in.sin_addr, n);
	*p += n;
}

static unsigned put_answers(unsigned char **p, const char *ips)
{
	struct twc_str rest = twc_str_of(ips), ip;
	struct twc_addr a;
	unsigned n = 0;

	while (twc_str_cut(&rest, ',', &ip)) {
		if (twc_addr_parse_ip(&a, TWC_ADDR_UDP, ip, 0, NULL) != 0)
			abort();
		put_address(p, &a);
		n++;
	}
	return n;
}

static unsigned rcode_of(enum dns_action action)
{
	switch (action) {
	case DNS_NXDOMAIN:
		return 3;
	case DNS_SERVFAIL:
		return 2;
	case DNS_REFUSED:
		return 5;
	case DNS_NOTIMP:
		return 4;
	case DNS_FORMERR:
		return 1;
	case DNS_YXDOMAIN:
		return 6;
	default:
		return 0;
	}
}

/* The query's header and question, up to `n`, are in r->msg already. */
static void make_reply(struct reply *r, size_t n, const struct rule *rule)
{
	unsigned char *p = r->msg + n, *head = r->msg + 2;
	enum dns_action action = rule ? rule->action : DNS_NXDOMAIN;
	unsigned answers = 0;

	if (action == DNS_ANSWER)
		answers = put_answers(&p, rule->ips);
	if (action == DNS_GARBAGE) {
		answers = 1;
		put16(&p, 0xc00c);
	}
	put16(&head, 0x8180 | rcode_of(action));
	put16(&head, 1);
	put16(&head, answers);
	put16(&head, 0);
	put16(&head, 0);
	r->n = (size_t)(p - r->msg);
}

static void on_due(struct twc_timer *t, void *arg)
{
	struct reply *r = arg;

	(void)t;
	(void)!sendto(r->d->fd, r->msg, r->n, 0, (struct sockaddr *)&r->to, r->to_len);
	r->n = 0;
}

/* The question's name as text; where the question ends, or 0. */
static size_t read_question(const unsigned char *msg, size_t n, char *name, size_t cap, unsigned *type)
{
	size_t at = 12, len = 0;

	while (at < n && msg[at] != 0) {
		size_t label = msg[at];

		if (at + 1 + label >= n || len + label + 2 > cap)
			return 0;
		memcpy(name + len, msg + at + 1, label);
		len += label;
		name[len++] = '.';
		at += 1 + label;
	}
	name[len ? len - 1 : 0] = 0;
	if (at + 5 > n)
		return 0;
	*type = (unsigned)msg[at + 1] << 8 | msg[at + 2];
	return at + 5;
}

static const struct rule *find_rule(const struct dns_responder *d, const char *name, int family)
{
	unsigned i;

	for (i = d->n_rules; i-- > 0;)
		if (strcasecmp(d->rule[i].name, name) == 0 && d->rule[i].family == family)
			return &d->rule[i];
	return NULL;
}

static void answer(struct dns_responder *d, struct reply *r, size_t n)
{
	char name[256];
	unsigned type;
	size_t end = read_question(r->msg, n, name, sizeof(name), &type), len = strlen(d->log);
	const struct rule *rule;

	if (end == 0)
		return;
	snprintf(d->log + len, sizeof(d->log) - len, "%s %s;", type == 28 ? "AAAA" : "A", name);
	rule = find_rule(d, name, type == 28 ? AF_INET6 : AF_INET);
	if (rule && rule->action == DNS_DROP)
		return;
	make_reply(r, end, rule);
	if (rule && rule->delay_ns > 0)
		twc_timer_start(d->r, &r->timer, rule->delay_ns, on_due, r);
	else
		on_due(NULL, r);
}

static void on_query(struct twc_watch *w, unsigned ready)
{
	struct dns_responder *d = TWC_CONTAINER_OF(w, struct dns_responder, watch);
	struct reply *r = d->reply;
	ssize_t n;

	(void)ready;
	while (r->n > 0)
		if (++r == d->reply + REPLIES_MAX)
			abort();
	r->to_len = sizeof(r->to);
	n = recvfrom(d->fd, r->msg, 512, MSG_DONTWAIT, (struct sockaddr *)&r->to, &r->to_len);
	if (n > 12)
		answer(d, r, (size_t)n);
}

struct dns_responder *dns_responder_new(struct twc_reactor *r)
{
	struct dns_responder *d = calloc(1, sizeof(*d));
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(in);
	unsigned i;

	if (!d)
		abort();
	d->r = r;
	d->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd < 0 || bind(d->fd, (struct sockaddr *)&in, n) != 0 ||
	    getsockname(d->fd, (struct sockaddr *)&in, &n) != 0 ||
	    twc_watch_start(r, &d->watch, d->fd, TWC_READ, on_query, NULL) != 0)
		abort();
	snprintf(d->server, sizeof(d->server), "127.0.0.1:%u", ntohs(in.sin_port));
	for (i = 0; i < REPLIES_MAX; i++)
		d->reply[i].d = d;
	return d;
}

void dns_responder_free(struct dns_responder *d)
{
	unsigned i;

	if (!d)
		return;
	for (i = 0; i < REPLIES_MAX; i++)
		twc_timer_stop(d->r, &d->reply[i].timer);
	twc_watch_stop(d->r, &d->watch);
	close(d->fd);
	free(d);
}

const char *dns_responder_server(const struct dns_responder *d)
{
	return d->server;
}

void dns_responder_rule(struct dns_responder *d, const char *name, int family, enum dns_action action,
			const char *ips, uint64_t delay_ns)
{
	struct rule *r = &d->rule[d->n_rules++];

	if (d->n_rules > RULES_MAX)
		abort();
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->family = family;
	r->action = action;
	r->ips = ips;
	r->delay_ns = delay_ns;
}

const char *dns_responder_log(const struct dns_responder *d)
{
	return d->log;
}

void dns_responder_clear_log(struct dns_responder *d)
{
	d->log[0] = 0;
}
