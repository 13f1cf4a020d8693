/* SPDX-License-Identifier: MIT */
/*
 * One c-ares channel for each name server: its sockets on the reactor, its deadlines, and its end. What is asked through
 * it is resolve.c's.
 */
#include "net/resolve_priv.h"

#include <twc/parse.h>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/time.h>

#include "base/banned.h"

struct dns_sock {
	struct twc__list node; /* in server.socks */
	struct twc_watch watch;
	struct twc__dns_server *server;
};

/* ---- sockets and deadlines of one channel ---- */

static void on_server_timer(struct twc_timer *t, void *arg);

void twc__dns_schedule(struct twc__dns_server *s)
{
	struct twc_reactor *r = s->set->dns->reactor;
	struct timeval tv, *next;

	if (s->n_queries == 0) {
		twc_timer_stop(r, &s->timer);
	} else if (s->n_live == 0) {
		twc_timer_start(r, &s->timer, 0, on_server_timer, s);
	} else if ((next = ares_timeout(s->channel, NULL, &tv)) != NULL) {
		/* At least a millisecond: c-ares has a clock of its own, which may be behind. */
		uint64_t ns = (uint64_t)next->tv_sec * TWC_NS_PER_S + (uint64_t)next->tv_usec * TWC_NS_PER_US;

		twc_timer_start(r, &s->timer, ns < TWC_NS_PER_MS ? TWC_NS_PER_MS : ns, on_server_timer, s);
	}
}

static void server_process(struct twc__dns_server *s, int readable, int writable)
{
	struct twc__dns *dns = s->set->dns;

	dns->in_ares++;
	ares_process_fd(s->channel, readable, writable);
	dns->in_ares--;
	twc__dns_schedule(s);
	twc__dns_drain(dns); /* may free s */
}

static void on_server_timer(struct twc_timer *t, void *arg)
{
	struct twc__dns_server *s = arg;

	(void)t;
	if (s->n_live > 0) {
		server_process(s, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
		return;
	}
	s->set->dns->in_ares++;
	ares_cancel(s->channel);
	s->set->dns->in_ares--;
}

static void on_sock(struct twc_watch *w, unsigned ready)
{
	struct dns_sock *k = TWC_CONTAINER_OF(w, struct dns_sock, watch);

	server_process(k->server, ready & (TWC_READ | TWC_HUP) ? w->fd : ARES_SOCKET_BAD,
		       ready & TWC_WRITE ? w->fd : ARES_SOCKET_BAD);
}

static struct dns_sock *server_sock(struct twc__dns_server *s, int fd)
{
	TWC__LIST_FOR(n, &s->socks)
		if (TWC__LIST_ENTRY(n, struct dns_sock, node)->watch.fd == fd)
			return TWC__LIST_ENTRY(n, struct dns_sock, node);
	return NULL;
}

static void on_sock_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct twc__dns_server *s = arg;
	struct twc_reactor *r = s->set->dns->reactor;
	struct dns_sock *k = server_sock(s, fd);
	unsigned events = (readable ? TWC_READ : 0u) | (writable ? TWC_WRITE : 0u);

	if (events == 0) { /* it is closed next */
		if (!k)
			return;
		twc_watch_stop(r, &k->watch);
		twc__list_remove(&k->node);
		twc_free(k);
	} else if (k) {
		twc_watch_set(r, &k->watch, events);
	} else {
		k = twc_calloc(1, sizeof(*k));
		k->server = s;
		if (twc_watch_start(r, &k->watch, fd, events, on_sock, NULL) != 0) {
			twc_free(k); /* the try will time out */
			return;
		}
		twc__list_add_tail(&s->socks, &k->node);
	}
}

/* c-ares 1.18 knows no scope ids; a link-local server is reached through its interface. */
static int on_sock_config(ares_socket_t fd, int type, void *arg)
{
	const struct twc__dns_server *s = arg;
	char name[IF_NAMESIZE];

	(void)type;
	if (s->addr.u.sa.sa_family == AF_INET6 && s->addr.u.in6.sin6_scope_id != 0 &&
	    if_indextoname(s->addr.u.in6.sin6_scope_id, name))
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name));
	return 0;
}

/* ---- channels ---- */

static int server_set_addr(struct twc__dns_server *s)
{
	struct ares_addr_port_node node = {
		.family = s->addr.u.sa.sa_family,
		.udp_port = twc_addr_port(&s->addr),
		.tcp_port = twc_addr_port(&s->addr),
	};

	if (node.family == AF_INET6)
		memcpy(&node.addr.addr6, &s->addr.u.in6.sin6_addr, sizeof(node.addr.addr6));
	else
		memcpy(&node.addr.addr4, &s->addr.u.in.sin_addr, sizeof(node.addr.addr4));
	return ares_set_servers_ports(s->channel, &node);
}

/* Everything is set, so that neither resolv.conf nor the environment is read behind our back. */
int twc__dns_open(struct twc__dns_server *s)
{
	char lookups[] = "b", nothing[] = "/dev/null"; /* copied by c-ares */
	const struct twc__resolv_conf *c = &s->set->conf;
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP |
			 (c->use_vc ? ARES_FLAG_USEVC : 0) | (c->edns0 ? ARES_FLAG_EDNS : 0),
		.timeout = (int)c->timeout_s * 1000 + 1000, /* ours comes first */
		.tries = 1,
		.ndots = 1,
		.ednspsz = 1232,
		.lookups = lookups,
		.resolvconf_path = nothing,
		.sock_state_cb = on_sock_state,
		.sock_state_cb_data = s,
	};
	int status;

	if (s->channel)
		return ARES_SUCCESS;
	status = ares_init_options(&s->channel, &o,
				   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
					   ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB |
					   ARES_OPT_EDNSPSZ | ARES_OPT_RESOLVCONF);
	if (status != ARES_SUCCESS) {
		s->channel = NULL;
		return status;
	}
	ares_set_socket_configure_callback(s->channel, on_sock_config, s);
	return server_set_addr(s);
}

static void server_close(struct twc__dns_server *s)
{
	struct twc__dns *dns = s->set->dns;

	twc_timer_stop(dns->reactor, &s->timer);
	if (!s->channel)
		return;
	dns->in_ares++;
	ares_destroy(s->channel); /* calls back for what is left */
	dns->in_ares--;
	s->channel = NULL;
}

void twc__dns_set_unused(struct twc__dns_set *set)
{
	size_t i;

	if (set->n_lookups > 0 || set->dns->current == set)
		return;
	for (i = 0; i < set->conf.n_servers; i++)
		server_close(&set->server[i]);
	twc__list_remove(&set->node);
	twc_free(set->server);
	twc_free(set);
}
