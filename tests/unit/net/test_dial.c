/* SPDX-License-Identifier: MIT */
/*
 * Dialling by RFC 8305, on a fake clock: names come from fixed answers or a scripted name server, addresses are 127.0.0.x
 * and ::1. A black hole is a listener whose backlog is full: the kernel drops the SYN. Loopback connects are complete
 * within one advance(0).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <twc/deferred.h>
#include <twc/parse.h>
#include <unistd.h>

#include "net/net_int.h"
#include "support/dns_responder.h"
#include "support/sockets.h"

#define MS TWC_NS_PER_MS
#define SOCKS_MAX 16

struct fixture {
	struct twc_reactor *r;
	struct dns_responder *dns;
	struct twc_dial_opts o;
	int sock[SOCKS_MAX]; /* closed at the end */
	unsigned n_socks;
	char dir[32], path[64];
	/* the outcome */
	int fired;
	struct twc_err err;
	struct twc_addr peer;
	int fd;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct twc_resolver_opts o = { .resolv_conf = "/nonexistent", .hosts_file = "/nonexistent" };

	f->r = twc_reactor_new_fake(NULL);
	f->dns = dns_responder_new(f->r);
	o.servers = dns_responder_server(f->dns);
	assert_int_equal(twc_resolver_configure(f->r, &o, NULL), 0);
	twc_dial_opts_init(&f->o);
	f->fd = -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/twc-dial-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	while (f->n_socks > 0)
		close(f->sock[--f->n_socks]);
	if (f->fd >= 0)
		close(f->fd);
	dns_responder_free(f->dns);
	twc_reactor_free(f->r);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* ---- those who are dialled ---- */

static int keep(struct fixture *f, int fd)
{
	assert_true(fd >= 0 && f->n_socks < SOCKS_MAX);
	return f->sock[f->n_socks++] = fd;
}

static struct twc_addr ip(const char *s, uint16_t port)
{
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(s), port, NULL), 0);
	return a;
}

/* Binds; returns the port, or 0 when it is taken. */
static uint16_t bind_to(int fd, const char *host, uint16_t port)
{
	struct twc_addr a = ip(host, port);

	if (bind(fd, &a.u.sa, a.len) != 0)
		return 0;
	assert_int_equal(getsockname(fd, &a.u.sa, &a.len), 0);
	return twc_addr_port(&a);
}

static int tcp_socket(struct fixture *f, const char *host)
{
	return keep(f, socket(strchr(host, ':') ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/* Sockets bound to the same port on every host of a NULL-terminated list: they refuse until they listen. */
static uint16_t bind_all(struct fixture *f, const char *const *host, int *fd)
{
	int tries, i;

	for (tries = 0; tries < 50; tries++) {
		uint16_t port = 0;

		for (i = 0; host[i]; i++) {
			fd[i] = tcp_socket(f, host[i]);
			port = bind_to(fd[i], host[i], port);
			if (port == 0)
				break;
		}
		if (!host[i])
			return port;
		while (f->n_socks > 0)
			close(f->sock[--f->n_socks]);
	}
	fail_msg("no free port");
	return 0;
}

static void black_hole(struct fixture *f, int fd)
{
	struct twc_addr a = { .len = sizeof(a.u) };
	int i;

	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, &a.u.sa, &a.len), 0);
	for (i = 0; i < 2; i++)
		(void)connect(keep(f, socket(a.u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
			      &a.u.sa, a.len);
}

static void add_name(struct fixture *f, const char *name, const char *const *host)
{
	for (; *host; host++)
		assert_int_equal(twc_resolver_add(f->r, twc_str_of(name), twc_str_of(*host), NULL), 0);
}

/* ---- dialling ---- */

static void on_result(struct twc_result *res, void *arg)
{
	struct fixture *f = arg;
	struct twc_dialled *d = res->value;

	f->fired++;
	f->err = res->err;
	if (d) {
		f->peer = d->peer;
		f->fd = d->fd;
		d->fd = -1;
	}
	twc_result_set(res, NULL, NULL);
}

static struct twc_deferred *begin(struct fixture *f, const char *host, uint16_t port)
{
	struct twc_deferred *d;

	f->o.host = host;
	f->o.port = port;
	f->fired = 0;
	d = twc_dial(f->r, &f->o);
	twc_deferred_add_both(d, on_result, f);
	twc_reactor_advance(f->r, 0);
	return d;
}

static void dial(struct fixture *f, const char *host, uint16_t port)
{
	twc_deferred_release(begin(f, host, port));
}

static void connected_to(struct fixture *f, const char *want)
{
	char buf[TWC_ADDR_TEXT_MAX];

	assert_int_equal(f->fired, 1);
	if (f->err.code)
		fail_msg("%s", f->err.text);
	assert_string_equal(twc_addr_format_host(&f->peer, buf, sizeof(buf)), want);
}

static void failed(struct fixture *f, int code, const char *fmt, ...) TWC_PRINTF(3, 4);
static void failed(struct fixture *f, int code, const char *fmt, ...)
{
	char want[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(want, sizeof(want), fmt, ap);
	va_end(ap);
	assert_int_equal(f->fired, 1);
	assert_string_equal(f->err.text, want);
	assert_int_equal(f->err.code, code);
}

static void test_literal(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", NULL };
	struct fixture *f = *state;
	int fd[1], one = 0;
	uint16_t port = bind_all(f, hosts, fd);
	socklen_t n = sizeof(one);
	struct twc_addr peer = { .len = sizeof(peer.u) };

	listen(fd[0], 5);
	dial(f, "127.0.0.1", port);
	connected_to(f, "127.0.0.1");
	assert_int_equal(twc_addr_port(&f->peer), port);
	assert_int_equal(f->peer.kind, TWC_ADDR_TCP);
	assert_true(fcntl(f->fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(f->fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getsockopt(f->fd, IPPROTO_TCP, TCP_NODELAY, &one, &n), 0);
	assert_int_equal(one, 1);
	assert_int_equal(getpeername(f->fd, &peer.u.sa, &peer.len), 0);
}

static void test_untaken_is_closed(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", NULL };
	struct fixture *f = *state;
	int fd[1];
	uint16_t port = bind_all(f, hosts, fd);
	unsigned fds;

	listen(fd[0], 5);
	fds = sockets_count_fds();
	f->o.host = "127.0.0.1";
	f->o.port = port;
	twc_deferred_release(twc_dial(f->r, &f->o));
	twc_reactor_advance(f->r, 0);
	assert_int_equal(sockets_count_fds(), fds);
}

static void test_refused(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", NULL };
	struct fixture *f = *state;
	int fd[1];
	uint16_t port = bind_all(f, hosts, fd);
	unsigned fds = sockets_count_fds();

	dial(f, "127.0.0.1", port);
	failed(f, TWC_EREFUSED, "connection refused (ECONNREFUSED, 127.0.0.1:%u)", port);
	assert_int_equal(f->err.sys, ECONNREFUSED);
	assert_int_equal(sockets_count_fds(), fds);
}

static bool has_ipv6(void)
{
	struct twc_addr a = ip("::1", 0);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && bind(fd, &a.u.sa, a.len) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

static void test_interleaved(void **state)
{
	static const char *const bound[] = { "::1", "127.0.0.2", "127.0.0.3", NULL };
	static const char *const name[] = { "127.0.0.2", "127.0.0.3", "::1", "::1", NULL };
	struct fixture *f = *state;
	int fd[3];
	uint16_t p;

	if (!has_ipv6())
		skip();
	p = bind_all(f, bound, fd);
	add_name(f, "x.test", name);
	dial(f, "x.test", p);
	failed(f, TWC_EREFUSED,
	       "no address answered: [::1]:%u refused (ECONNREFUSED); 127.0.0.2:%u refused (ECONNREFUSED); "
	       "[::1]:%u refused (ECONNREFUSED); 127.0.0.3:%u refused (ECONNREFUSED)",
	       p, p, p, p);
}

static void test_long_list_is_cut(void **state)
{
	struct fixture *f = *state;
	char host[32];
	int i;

	for (i = 2; i < 40; i++) {
		snprintf(host, sizeof(host), "127.0.0.%d", i);
		assert_int_equal(twc_resolver_add(f->r, TWC_STR("x.test"), twc_str_of(host), NULL), 0);
	}
	dial(f, "x.test", 1); /* nobody listens on tcpmux */
	assert_int_equal(f->err.code, TWC_EREFUSED);
	assert_true(strlen(f->err.text) < TWC_ERR_TEXT_MAX);
	assert_string_equal(f->err.text + strlen(f->err.text) - 5, "; ...");
}

/* ---- RFC 8305 5: when the next attempt begins ---- */

static void test_next_at_once_when_refused(void **state)
{
	static const char *const hosts[] = { "127.0.0.2", "127.0.0.3", NULL };
	struct fixture *f = *state;
	int fd[2];
	uint16_t port = bind_all(f, hosts, fd);

	listen(fd[1], 5);
	add_name(f, "x.test", hosts);
	dial(f, "x.test", port);
	connected_to(f, "127.0.0.3");
}

static void test_stagger(void **state)
{
	static const char *const hosts[] = { "127.0.0.2", "127.0.0.3", NULL };
	struct fixture *f = *state;
	int fd[2];
	uint16_t port = bind_all(f, hosts, fd);
	unsigned fds;

	black_hole(f, fd[0]);
	listen(fd[1], 5);
	fds = sockets_count_fds();
	add_name(f, "x.test", hosts);
	dial(f, "x.test", port);
	twc_reactor_advance(f->r, 249 * MS);
	assert_int_equal(f->fired, 0);
	assert_int_equal(sockets_count_fds(), fds + 1);
	twc_reactor_advance(f->r, 1 * MS);
	connected_to(f, "127.0.0.3");
	assert_int_equal(sockets_count_fds(), fds + 1); /* the other attempt has gone */
}

/* A failure of the second brings the third at once, and the stagger begins anew. */
static void test_stagger_then_refused(void **state)
{
	static const char *const hosts[] = { "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", NULL };
	struct fixture *f = *state;
	int fd[4];
	uint16_t port = bind_all(f, hosts, fd);

	black_hole(f, fd[0]);
	black_hole(f, fd[2]);
	listen(fd[3], 5);
	add_name(f, "x.test", hosts);
	dial(f, "x.test", port);
	twc_reactor_advance(f->r, 499 * MS);
	assert_int_equal(f->fired, 0);
	twc_reactor_advance(f->r, 1 * MS);
	connected_to(f, "127.0.0.5");
}

/* 0.0.0.0 means this host too, but the outcome is waited for as that of any far address is. */
static void test_outcome_from_the_loop(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", NULL };
	struct fixture *f = *state;
	int fd[1];
	uint16_t port = bind_all(f, hosts, fd);
	unsigned fds = sockets_count_fds();

	dial(f, "0.0.0.0", port);
	failed(f, TWC_EREFUSED, "connection refused (ECONNREFUSED, 0.0.0.0:%u)", port);
	assert_int_equal(sockets_count_fds(), fds);
	listen(fd[0], 5);
	dial(f, "0.0.0.0", port);
	connected_to(f, "0.0.0.0");
}

/* ---- RFC 8305 3: A and AAAA ---- */

static uint16_t dual(struct fixture *f, bool listen6, bool listen4)
{
	static const char *const hosts[] = { "::1", "127.0.0.1", NULL };
	int fd[2];
	uint16_t port = bind_all(f, hosts, fd);

	if (listen6)
		listen(fd[0], 5);
	if (listen4)
		listen(fd[1], 5);
	return port;
}

static void answers(struct fixture *f, uint64_t v6_ns, uint64_t v4_ns)
{
	dns_responder_rule(f->dns, "x.test", AF_INET6, DNS_ANSWER, "::1", v6_ns);
	dns_responder_rule(f->dns, "x.test", AF_INET, DNS_ANSWER, "127.0.0.1", v4_ns);
}

static void test_a_waits_50_ms(void **state)
{
	struct fixture *f = *state;

	if (!has_ipv6())
		skip();
	answers(f, 200 * MS, 0);
	dial(f, "x.test", dual(f, true, true));
	twc_reactor_advance(f->r, 49 * MS);
	assert_int_equal(f->fired, 0);
	twc_reactor_advance(f->r, 1 * MS);
	connected_to(f, "127.0.0.1");
}

static void test_aaaa_within_50_ms(void **state)
{
	struct fixture *f = *state;

	if (!has_ipv6())
		skip();
	answers(f, 30 * MS, 0);
	dial(f, "x.test", dual(f, true, true));
	twc_reactor_advance(f->r, 29 * MS);
	assert_int_equal(f->fired, 0);
	twc_reactor_advance(f->r, 1 * MS);
	connected_to(f, "::1");
}

static void test_aaaa_first_goes_at_once(void **state)
{
	struct fixture *f = *state;

	if (!has_ipv6())
		skip();
	answers(f, 0, 200 * MS);
	dial(f, "x.test", dual(f, true, true));
	connected_to(f, "::1");
}

static void test_no_aaaa_no_wait(void **state)
{
	struct fixture *f = *state;

	if (!has_ipv6())
		skip();
	dns_responder_rule(f->dns, "x.test", AF_INET6, DNS_NODATA, NULL, 0);
	dns_responder_rule(f->dns, "x.test", AF_INET, DNS_ANSWER, "127.0.0.1", 0);
	dial(f, "x.test", dual(f, false, true));
	connected_to(f, "127.0.0.1");
}

/* All of A failed: the answer that is still to come may save it, and is used at once. */
static void test_late_aaaa_saves(void **state)
{
	struct fixture *f = *state;

	if (!has_ipv6())
		skip();
	answers(f, 400 * MS, 0);
	dial(f, "x.test", dual(f, true, false));
	twc_reactor_advance(f->r, 399 * MS);
	assert_int_equal(f->fired, 0);
	twc_reactor_advance(f->r, 1 * MS);
	connected_to(f, "::1");
}

static void test_localhost_v6_then_v4(void **state)
{
	struct fixture *f = *state;

	if (!has_ipv6())
		skip();
	dial(f, "localhost", dual(f, false, true));
	connected_to(f, "127.0.0.1");
	assert_string_equal(dns_responder_log(f->dns), "");
}

/* ---- names that come to nothing ---- */

static void test_name_failures(void **state)
{
	struct fixture *f = *state;

	dial(f, "none.test", 1);
	failed(f, TWC_ENONAME, "no such name (NXDOMAIN, none.test)");
	dns_responder_rule(f->dns, "nodata.test", AF_INET, DNS_NODATA, NULL, 0);
	dns_responder_rule(f->dns, "nodata.test", AF_INET6, DNS_NODATA, NULL, 0);
	dial(f, "nodata.test", 1);
	failed(f, TWC_ENONAME, "the name has no address (NODATA, nodata.test)");
	dns_responder_rule(f->dns, "bad.test", AF_INET, DNS_SERVFAIL, NULL, 0);
	dns_responder_rule(f->dns, "bad.test", AF_INET6, DNS_NODATA, NULL, 0);
	dial(f, "bad.test", 1);
	failed(f, TWC_ERESOLVE, "name server failed (SERVFAIL, bad.test, %s)", dns_responder_server(f->dns));
	dial(f, "not a name", 1);
	failed(f, TWC_EUSAGE, "\"not a name\" is not a valid host name");
	f->o.family = AF_INET6;
	dial(f, "127.0.0.1", 1);
	failed(f, TWC_ENONAME, "\"127.0.0.1\" is not an IPv6 address");
}

static void test_family(void **state)
{
	struct fixture *f = *state;

	if (!has_ipv6())
		skip();
	answers(f, 0, 0);
	f->o.family = AF_INET;
	dial(f, "x.test", dual(f, true, true));
	connected_to(f, "127.0.0.1");
	assert_string_equal(dns_responder_log(f->dns), "A x.test;");
}

/* ---- time and cancelling ---- */

static void test_timeout(void **state)
{
	static const char *const hosts[] = { "127.0.0.2", NULL };
	struct fixture *f = *state;
	int fd[1];
	uint16_t port = bind_all(f, hosts, fd);
	unsigned fds;

	black_hole(f, fd[0]);
	fds = sockets_count_fds();
	f->o.timeout_ns = 2 * TWC_NS_PER_S;
	dial(f, "127.0.0.2", port);
	twc_reactor_advance(f->r, 1999 * MS);
	assert_int_equal(f->fired, 0);
	twc_reactor_advance(f->r, 1 * MS);
	failed(f, TWC_ETIMEDOUT, "connect timed out after 2s (127.0.0.2:%u)", port);
	assert_int_equal(sockets_count_fds(), fds);
}

static void test_timeout_lists_all(void **state)
{
	static const char *const hosts[] = { "127.0.0.2", "127.0.0.3", NULL };
	struct fixture *f = *state;
	int fd[2];
	uint16_t port = bind_all(f, hosts, fd);

	black_hole(f, fd[1]);
	add_name(f, "x.test", hosts);
	f->o.timeout_ns = 1 * TWC_NS_PER_S;
	dial(f, "x.test", port);
	twc_reactor_advance(f->r, 1000 * MS);
	failed(f, TWC_ETIMEDOUT,
	       "connect timed out after 1s: 127.0.0.2:%u refused (ECONNREFUSED); 127.0.0.3:%u timed out", port, port);
}

static void test_lookup_timeout(void **state)
{
	struct fixture *f = *state;
	unsigned fds = sockets_count_fds();

	dns_responder_rule(f->dns, "x.test", AF_INET, DNS_DROP, NULL, 0);
	dns_responder_rule(f->dns, "x.test", AF_INET6, DNS_DROP, NULL, 0);
	f->o.timeout_ns = 1500 * MS;
	dial(f, "x.test", 1);
	twc_reactor_advance(f->r, 1500 * MS);
	failed(f, TWC_ETIMEDOUT, "name lookup timed out after 1.5s (x.test)");
	twc_reactor_advance(f->r, 0);
	assert_int_equal(sockets_count_fds(), fds);
}

static void test_cancel_while_connecting(void **state)
{
	static const char *const hosts[] = { "127.0.0.2", "127.0.0.3", NULL };
	struct fixture *f = *state;
	int fd[2];
	uint16_t port = bind_all(f, hosts, fd);
	struct twc_deferred *d;
	unsigned fds;

	black_hole(f, fd[0]);
	black_hole(f, fd[1]);
	fds = sockets_count_fds();
	add_name(f, "x.test", hosts);
	d = begin(f, "x.test", port);
	twc_reactor_advance(f->r, 300 * MS);
	assert_int_equal(sockets_count_fds(), fds + 2);
	twc_deferred_cancel(d);
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->err.code, TWC_ECANCELLED);
	twc_deferred_release(d);
	assert_int_equal(sockets_count_fds(), fds);
	twc_reactor_advance(f->r, 60 * TWC_NS_PER_S);
	assert_int_equal(f->fired, 1);
}

static void test_cancel_while_looking(void **state)
{
	struct fixture *f = *state;
	unsigned fds = sockets_count_fds();
	struct twc_deferred *d;

	dns_responder_rule(f->dns, "x.test", AF_INET, DNS_DROP, NULL, 0);
	d = begin(f, "x.test", 1);
	twc_deferred_cancel(d);
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->err.code, TWC_ECANCELLED);
	twc_deferred_release(d);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(sockets_count_fds(), fds);
}

static void test_reactor_goes_while_connecting(void **state)
{
	static const char *const hosts[] = { "127.0.0.2", NULL };
	struct fixture *f = *state;
	struct twc_reactor *r;
	struct twc_deferred *d;
	unsigned fds;
	int fd[1];

	f->o.host = hosts[0];
	f->o.port = bind_all(f, hosts, fd);
	black_hole(f, fd[0]);
	fds = sockets_count_fds();
	r = twc_reactor_new_fake(NULL);
	d = twc_dial(r, &f->o);
	twc_deferred_add_both(d, on_result, f);
	twc_deferred_release(d);
	twc_reactor_advance(r, MS);
	assert_int_equal(f->fired, 0);
	twc_reactor_free(r);
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->err.code, TWC_ECANCELLED);
	assert_int_equal(sockets_count_fds(), fds);
}

/* ---- the local end, options ---- */

static void test_bind(void **state)
{
	static const char *const hosts[] = { "127.0.0.2", "127.0.0.9", NULL };
	struct fixture *f = *state;
	struct twc_addr me = { .len = sizeof(me.u) };
	int fd[2];
	uint16_t port = bind_all(f, hosts, fd), mine;

	listen(fd[0], 5);
	mine = bind_to(tcp_socket(f, "127.0.0.8"), "127.0.0.8", 0);
	close(f->sock[--f->n_socks]);
	f->o.bind = ip("127.0.0.8", 0);
	f->o.bind_port = mine;
	assert_int_equal(twc_resolver_add(f->r, TWC_STR("x.test"), TWC_STR("::1"), NULL), 0);
	assert_int_equal(twc_resolver_add(f->r, TWC_STR("x.test"), TWC_STR("127.0.0.2"), NULL), 0);
	dial(f, "x.test", port); /* the local address decides the family */
	connected_to(f, "127.0.0.2");
	assert_int_equal(getsockname(f->fd, &me.u.sa, &me.len), 0);
	me.kind = TWC_ADDR_TCP;
	f->o.bind = ip("127.0.0.8", mine);
	assert_true(twc_addr_eq(&me, &f->o.bind));
	f->o.bind = ip("192.0.2.77", 0);
	f->o.bind_port = 0;
	close(f->fd);
	f->fd = -1;
	dial(f, "127.0.0.2", port);
	failed(f, TWC_ECANTBIND, "cannot bind the local end (EADDRNOTAVAIL, 192.0.2.77:0)");
}

static void test_self_connect_is_refused(void **state)
{
	struct fixture *f = *state;
	uint16_t port = bind_to(tcp_socket(f, "127.0.0.1"), "127.0.0.1", 0);

	close(f->sock[--f->n_socks]);
	f->o.bind_port = port;
	dial(f, "127.0.0.1", port);
	failed(f, TWC_EREFUSED, "connection refused (ECONNREFUSED, 127.0.0.1:%u)", port);
}

static void test_wrong_option(void **state)
{
	static const char *const hosts[] = { "127.0.0.2", "127.0.0.3", NULL };
	struct fixture *f = *state;

	add_name(f, "x.test", hosts);
	snprintf(f->o.sock.cc, sizeof(f->o.sock.cc), "nonesuch");
	dial(f, "x.test", 1);
	failed(f, TWC_EUSAGE, "no such congestion control: nonesuch (ENOENT)");
}

static void test_udp(void **state)
{
	struct fixture *f = *state;
	int fd = keep(f, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	uint16_t port = bind_to(fd, "127.0.0.1", 0);
	char c;

	f->o.kind = TWC_ADDR_UDP;
	dial(f, "127.0.0.1", port);
	connected_to(f, "127.0.0.1");
	assert_int_equal(f->peer.kind, TWC_ADDR_UDP);
	assert_int_equal(send(f->fd, "x", 1, 0), 1);
	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), 1);
}

/* ---- UNIX ---- */

static int unix_bound(struct fixture *f, const char *path, int backlog)
{
	int fd = keep(f, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_unix(&a, twc_str_of(path), NULL), 0);
	assert_int_equal(bind(fd, &a.u.sa, a.len), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void test_unix(void **state)
{
	struct fixture *f = *state;
	char name[64];
	int fd;

	f->o.kind = TWC_ADDR_UNIX;
	dial(f, f->path, 0);
	failed(f, TWC_ENOSOCK, "no such socket file (ENOENT, %s)", f->path);
	fd = open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	dial(f, f->path, 0);
	failed(f, TWC_EREFUSED, "not a socket file (ECONNREFUSED, %s)", f->path);
	unlink(f->path);
	unix_bound(f, f->path, -1);
	dial(f, f->path, 0);
	failed(f, TWC_EREFUSED, "socket file is stale, nobody listens (ECONNREFUSED, %s)", f->path);
	unlink(f->path);
	unix_bound(f, f->path, 5);
	dial(f, f->path, 0);
	connected_to(f, f->path);
	close(f->fd);
	f->fd = -1;
	snprintf(name, sizeof(name), "@%s", f->dir);
	dial(f, name, 0);
	failed(f, TWC_EREFUSED, "connection refused (ECONNREFUSED, %s)", name);
	unix_bound(f, name, 5);
	dial(f, name, 0);
	connected_to(f, name);
	dial(f, "", 0);
	failed(f, TWC_EUSAGE, "empty socket path");
}

static void test_unix_busy(void **state)
{
	struct fixture *f = *state;
	int fd, conn;
	unsigned fds;

	f->o.kind = TWC_ADDR_UNIX;
	f->o.timeout_ns = TWC_NS_PER_S;
	fd = unix_bound(f, f->path, 0);
	dial(f, f->path, 0);
	connected_to(f, f->path);
	keep(f, f->fd);
	f->fd = -1;
	fds = sockets_count_fds();
	dial(f, f->path, 0); /* its backlog of one is full */
	twc_reactor_advance(f->r, 999 * MS);
	assert_int_equal(f->fired, 0);
	twc_reactor_advance(f->r, 1 * MS);
	failed(f, TWC_ETIMEDOUT, "connect timed out after 1s (%s)", f->path);
	assert_int_equal(sockets_count_fds(), fds);
	dial(f, f->path, 0);
	twc_reactor_advance(f->r, 500 * MS);
	assert_int_equal(f->fired, 0);
	conn = accept(fd, NULL, NULL);
	twc_reactor_advance(f->r, 100 * MS);
	connected_to(f, f->path);
	close(conn);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_literal),
		T(test_untaken_is_closed),
		T(test_refused),
		T(test_interleaved),
		T(test_long_list_is_cut),
		T(test_next_at_once_when_refused),
		T(test_stagger),
		T(test_stagger_then_refused),
		T(test_outcome_from_the_loop),
		T(test_a_waits_50_ms),
		T(test_aaaa_within_50_ms),
		T(test_aaaa_first_goes_at_once),
		T(test_no_aaaa_no_wait),
		T(test_late_aaaa_saves),
		T(test_localhost_v6_then_v4),
		T(test_name_failures),
		T(test_family),
		T(test_timeout),
		T(test_timeout_lists_all),
		T(test_lookup_timeout),
		T(test_cancel_while_connecting),
		T(test_cancel_while_looking),
		T(test_reactor_goes_while_connecting),
		T(test_bind),
		T(test_self_connect_is_refused),
		T(test_wrong_option),
		T(test_udp),
		T(test_unix),
		T(test_unix_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
