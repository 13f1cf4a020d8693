/* SPDX-License-Identifier: MIT */
/* udp on loopback: a session per peer, the same port on both families, refusal; groups and broadcast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static uint16_t port_number(const struct twc_port *p)
{
	struct twc_addr a;

	twc_port_addr(p, 0, &a);
	return twc_addr_port(&a);
}

static void test_listen_addresses(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse("udp:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, NULL);
	char text[TWC_ADDR_TEXT_MAX], want[64];
	struct twc_err err;

	(void)state;
	assert_true(twc_endpoint_is_datagram(e));
	assert_int_equal(twc_port_count(p), has_ipv6_loopback() ? 2 : 1);
	snprintf(want, sizeof(want), "udp:127.0.0.1:%u", port_number(p));
	assert_string_equal(twc_port_text(p, 0, text, sizeof(text)), want);
	snprintf(want, sizeof(want), "udp4:%u", port_number(p));
	err = listen_error(want, r);
	assert_int_equal(err.code, TWC_ECANTBIND);
	assert_int_equal(err.sys, EADDRINUSE);
	assert_non_null(strstr(err.text, "EADDRINUSE"));
	twc_port_free(p);
	assert_int_equal(f.base.users, 0);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_one_family_of_both(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse("udp:0", TWC_LISTEN), *four = must_parse("udp4:0", TWC_LISTEN);
	struct twc_err err = { 0 };
	struct twc_port *p;
	struct twc_addr a;

	(void)state;
	assert_int_equal(twc_endpoint_restrict(e, 4, &err), 0);
	p = must_listen(e, r, &f, NULL);
	assert_int_equal(twc_port_count(p), 1);
	twc_port_addr(p, 0, &a);
	assert_int_equal(a.u.sa.sa_family, AF_INET);
	twc_port_free(p);
	assert_int_equal(twc_endpoint_restrict(four, 4, &err), 0);
	assert_int_equal(twc_endpoint_restrict(four, 6, &err), TWC_EUSAGE);
	twc_endpoint_free(four);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_echo_by_session(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), a = conns_make(), b = conns_make();
	struct twc_endpoint_listen_opts o = { .session_idle_ns = 20 * TWC_NS_PER_MS };
	struct twc_endpoint *e = must_parse("udp4:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, &o);
	struct twc_protocol *pa, *pb;
	char s[64];

	(void)state;
	server.echo = true;
	snprintf(s, sizeof(s), "udp4:127.0.0.1:%u", port_number(p));
	pa = must_connect(s, r, &a);
	pb = must_connect(s, r, &b);
	assert_true(twc_transport_is_datagram(pa->transport));
	assert_int_equal(a.peer.kind, TWC_ADDR_UDP);
	twc_transport_write(pa->transport, "from a", 6);
	twc_transport_write(pb->transport, "from b", 6);
	collect(r, &a, 6);
	collect(r, &b, 6);
	assert_string_equal(a.got, "from a");
	assert_string_equal(b.got, "from b");
	assert_int_equal(server.built, 2);
	assert_int_equal(server.peer.kind, TWC_ADDR_UDP);
	twc_transport_lose(pa->transport);
	twc_transport_lose(pb->transport);
	turn_until(r, &a.lost, 1);
	turn_until(r, &b.lost, 1);
	twc_port_free(p); /* its sessions live on */
	turn_until(r, &server.lost, 2);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_session_ends_when_idle(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct twc_endpoint *e = must_parse("udp4:0", TWC_LISTEN);
	struct twc_port *p = must_listen(
		e, r, &server, &(struct twc_endpoint_listen_opts){ .session_idle_ns = 20 * TWC_NS_PER_MS });
	struct twc_protocol *c;
	char s[64];

	(void)state;
	snprintf(s, sizeof(s), "udp4:%u", port_number(p));
	c = must_connect(s, r, &client);
	twc_transport_write(c->transport, "x", 1);
	turn_until(r, &server.lost, 1);
	assert_int_equal(server.reason.code, 0);
	twc_transport_lose(c->transport);
	turn_until(r, &client.lost, 1);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

/* ---- many receivers ---- */

static void test_group(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server[2] = { conns_make(), conns_make() }, client = conns_make();
	struct twc_endpoint *e[2];
	struct twc_port *p[2];
	struct twc_protocol *c;
	char text[TWC_ADDR_TEXT_MAX], s[TWC_ADDR_TEXT_MAX + 64];

	(void)state;
	e[0] = must_parse("udp:0:group=239.1.2.3", TWC_LISTEN);
	p[0] = must_listen(e[0], r, &server[0], NULL);
	assert_int_equal(twc_port_count(p[0]), 1);
	assert_non_null(strstr(twc_port_text(p[0], 0, text, sizeof(text)), "udp:239.1.2.3:"));
	snprintf(s, sizeof(s), "udp4:%u:group=239.1.2.3:interface=127.0.0.9", port_number(p[0]));
	e[1] = must_parse(s, TWC_LISTEN); /* the same group and port again */
	p[1] = must_listen(e[1], r, &server[1], NULL);
	server[0].echo = true;
	snprintf(s, sizeof(s), "%s:device=lo:bind=127.0.0.1:ttl=1", text);
	c = must_connect(s, r, &client);
	twc_transport_write(c->transport, "to all", 6);
	collect(r, &server[1], 6);
	collect(r, &client, 6); /* an answer from an address that is not the group's */
	assert_string_equal(server[1].got, "to all");
	assert_string_equal(client.got, "to all");
	assert_true(twc_addr_is_loopback(&server[0].peer));
	assert_int_equal(client.peer.kind, TWC_ADDR_UDP);
	twc_transport_lose(c->transport);
	turn_until(r, &client.lost, 1);
	for (int i = 0; i < 2; i++) {
		twc_port_free(p[i]);
		twc_endpoint_free(e[i]);
	}
	twc_reactor_free(r);
}

static void test_group_of_one_source(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct twc_endpoint *e = must_parse("udp:0:group=232.1.2.3:source=127.0.0.5", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	static const char *const from[] = { "127.0.0.1", "127.0.0.5" };
	char text[TWC_ADDR_TEXT_MAX], s[TWC_ADDR_TEXT_MAX + 64];

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(s, sizeof(s), "%s:bind=%s", twc_port_text(p, 0, text, sizeof(text)), from[i]);
		twc_transport_write(must_connect(s, r, &client)->transport, from[i], strlen(from[i]));
	}
	collect(r, &server, 9);
	assert_string_equal(server.got, "127.0.0.5");
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_broadcast(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct twc_endpoint *e = must_parse("udp4:0:interface=*", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	struct twc_protocol *c;
	struct outcome o;
	char s[96];

	(void)state;
	server.echo = true;
	snprintf(s, sizeof(s), "udp:127.255.255.255:%u", port_number(p));
	o = do_connect(s, r, &client);
	assert_int_equal(o.err.code, TWC_EACCESS);
	assert_non_null(strstr(o.err.text, "broadcast=yes"));
	snprintf(s, sizeof(s), "udp:127.255.255.255:%u:broadcast=yes", port_number(p));
	c = must_connect(s, r, &client);
	twc_transport_write(c->transport, "all", 3);
	collect(r, &client, 3);
	snprintf(s, sizeof(s), "udp:127.0.0.1:%u:broadcast=yes", port_number(p)); /* no broadcast address: one peer */
	c = must_connect(s, r, &client);
	twc_transport_write(c->transport, "one", 3);
	collect(r, &client, 6);
	assert_string_equal(client.got, "allone");
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_faults(void **state)
{
	static const char *const bad[] = {
		"udp:0:group=10.0.0.1",		"udp4:0:group=ff02::1",	 "udp:0:source=127.0.0.1",
		"udp:0:group=239.1.2.3:source=x", "udp:0:group=239.1.2.3:source=::1", "udp:0:group=239.1.2.3:interface=::1",
		NULL,
	};
	struct twc_reactor *r = loop_real();
	struct twc_err err;

	(void)state;
	for (int i = 0; bad[i]; i++) {
		if (twc_endpoint_parse(bad[i], TWC_LISTEN, &err))
			fail_msg("%s", bad[i]);
		assert_int_equal(err.code, TWC_EUSAGE);
	}
	assert_int_equal(listen_error("udp:0:group=239.1.2.3:interface=192.0.2.99", r).code, TWC_ECANTBIND);
	assert_int_equal(listen_error("udp:0:group=239.1.2.3:device=none0", r).code, TWC_EUSAGE);
	twc_reactor_free(r);
}

/* The second socket finds no descriptor: nothing but the first is closed, and above all not standard input. */
static void test_shares_without_descriptors(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint_listen_opts o = { .shares = 2 };
	struct twc_endpoint *e = must_parse("udp4:0", TWC_LISTEN);
	int held = dup2(STDERR_FILENO, STDIN_FILENO), next = dup(STDERR_FILENO);
	struct rlimit before, tight;
	struct twc_err err = { 0 };

	(void)state;
	assert_int_equal(held, STDIN_FILENO);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	close(next);
	tight = before;
	tight.rlim_cur = (rlim_t)next + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	assert_null(twc_endpoint_listen(e, r, &f.base, &o, &err));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(err.code, TWC_ELIMIT);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	assert_int_equal(fcntl(next, F_GETFD), -1);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares_without_descriptors),
		cmocka_unit_test(test_listen_addresses),
		cmocka_unit_test(test_one_family_of_both),
		cmocka_unit_test(test_echo_by_session),
		cmocka_unit_test(test_session_ends_when_idle),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_group_of_one_source),
		cmocka_unit_test(test_broadcast),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
