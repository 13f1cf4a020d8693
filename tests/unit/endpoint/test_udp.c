/* SPDX-License-Identifier: MIT */
/* udp on loopback: a session per peer, the same port on both families, refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen_addresses),
		cmocka_unit_test(test_echo_by_session),
		cmocka_unit_test(test_session_ends_when_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
