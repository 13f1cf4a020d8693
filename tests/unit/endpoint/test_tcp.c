/* SPDX-License-Identifier: MIT */
/* tcp, tcp4, tcp6 on loopback: both families on one port, echo, refusal, the gate, pausing, ending. */
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

/* A blocking client of our own: the fd of a connection to 127.0.0.1:port. */
static int raw_client(uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(0, connect(fd, (struct sockaddr *)&sa, sizeof(sa)));
	return fd;
}

static void test_loopback_has_one_port_on_both_families(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse("tcp:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, NULL);
	char text[TWC_ADDR_TEXT_MAX], want[64];

	(void)state;
	assert_int_equal(f.started, 1);
	assert_int_equal(twc_port_count(p), has_ipv6_loopback() ? 2 : 1);
	assert_int_not_equal(port_number(p), 0);
	snprintf(want, sizeof(want), "tcp:127.0.0.1:%u", port_number(p));
	assert_string_equal(twc_port_text(p, 0, text, sizeof(text)), want);
	if (twc_port_count(p) == 2) {
		snprintf(want, sizeof(want), "tcp:[::1]:%u", port_number(p));
		assert_string_equal(twc_port_text(p, 1, text, sizeof(text)), want);
	}
	twc_port_free(p);
	assert_int_equal(f.stopped, 1);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void check_public(const char *s, bool is_public, const char *v4, const char *v6)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse(s, TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, &(struct twc_endpoint_listen_opts){ .public = is_public });
	char text[TWC_ADDR_TEXT_MAX];

	assert_int_equal(0, strncmp(twc_port_text(p, 0, text, sizeof(text)), v4, strlen(v4)));
	if (twc_port_count(p) == 2)
		assert_int_equal(0, strncmp(twc_port_text(p, 1, text, sizeof(text)), v6, strlen(v6)));
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_all_addresses_only_when_told(void **state)
{
	(void)state;
	check_public("tcp:0", true, "tcp:0.0.0.0:", "tcp:[::]:");
	check_public("tcp:0:interface=*", false, "tcp:0.0.0.0:", "tcp:[::]:");
	check_public("tcp:0:interface=127.0.0.1", true, "tcp:127.0.0.1:", "none");
	check_public("tcp4:0", false, "tcp:127.0.0.1:", "none");
	if (has_ipv6_loopback())
		check_public("tcp6:0", false, "tcp:[::1]:", "none");
}

static void test_echo(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct twc_endpoint *e = must_parse("tcp:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	struct twc_protocol *c;
	char s[64];

	(void)state;
	server.echo = true;
	snprintf(s, sizeof(s), "tcp:%u", port_number(p));
	c = must_connect(s, r, &client);
	assert_int_equal(client.made, 1);
	assert_int_equal(client.started, 1);
	assert_int_equal(twc_addr_port(&client.peer), port_number(p));
	assert_true(twc_addr_is_loopback(&client.peer));
	twc_transport_write(c->transport, "hello", 5);
	collect(r, &client, 5);
	assert_string_equal(client.got, "hello");
	assert_int_equal(server.peer.kind, TWC_ADDR_TCP);
	twc_transport_lose(c->transport);
	turn_until(r, &client.lost, 1);
	turn_until(r, &server.lost, 1);
	assert_int_equal(client.reason.code, 0);
	assert_int_equal(server.reason.code, 0);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_what_is_printed_can_be_connected_to(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct twc_endpoint *e = must_parse("tcp:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	char text[TWC_ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < twc_port_count(p); i++) {
		struct twc_protocol *c = must_connect(twc_port_text(p, i, text, sizeof(text)), r, &client);

		turn_until(r, &server.made, (int)i + 1);
		twc_transport_abort(c->transport);
		turn_until(r, &server.lost, (int)i + 1);
	}
	assert_int_equal(server.reason.code, TWC_ERESET);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_port_in_use(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse("tcp:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, NULL);
	struct twc_err err;
	char s[64];

	(void)state;
	snprintf(s, sizeof(s), "tcp:%u", port_number(p));
	err = listen_error(s, r);
	assert_int_equal(err.code, TWC_ECANTBIND);
	assert_int_equal(err.sys, EADDRINUSE);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_nobody_listens(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse("tcp:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, NULL);
	struct outcome o;
	char s[64];

	(void)state;
	snprintf(s, sizeof(s), "tcp:127.0.0.1:%u", port_number(p));
	twc_port_free(p);
	o = do_connect(s, r, &f);
	assert_null(o.p);
	assert_int_equal(o.err.code, TWC_EREFUSED);
	assert_int_equal(f.built, 0);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_factory_refuses(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct twc_endpoint *e = must_parse("tcp4:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	struct outcome o;
	char s[64];

	(void)state;
	client.refuse = true;
	snprintf(s, sizeof(s), "tcp4:%u", port_number(p));
	o = do_connect(s, r, &client);
	assert_int_equal(o.err.code, TWC_EREJECTED);
	turn_until(r, &server.lost, 1);
	assert_int_equal(server.reason.code, 0);
	/* and the other side: built nothing, the client sees the end */
	client.refuse = false;
	server.refuse = true;
	must_connect(s, r, &client);
	turn_until(r, &client.lost, 1);
	assert_int_equal(client.reason.code, 0);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

/* A listener whose queue is full drops what else comes: a peer that never answers. */
struct silent {
	int fd, waiting[4];
	uint16_t port;
};

static struct silent silent_make(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct silent s = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	socklen_t len = sizeof(sa);

	assert_int_equal(0, bind(s.fd, (struct sockaddr *)&sa, sizeof(sa)));
	assert_int_equal(0, listen(s.fd, 0));
	assert_int_equal(0, getsockname(s.fd, (struct sockaddr *)&sa, &len));
	for (size_t i = 0; i < TWC_ARRAY_LEN(s.waiting); i++) {
		s.waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)!connect(s.waiting[i], (struct sockaddr *)&sa, sizeof(sa));
	}
	s.port = ntohs(sa.sin_port);
	return s;
}

static void silent_close(struct silent *s)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(s->waiting); i++)
		close(s->waiting[i]);
	close(s->fd);
}

static void test_cancel(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns client = conns_make();
	struct silent silent = silent_make();
	struct twc_endpoint *e;
	struct twc_deferred *d;
	struct outcome o;
	char s[64];

	(void)state;
	snprintf(s, sizeof(s), "tcp4:%u", silent.port);
	e = must_parse(s, TWC_CONNECT);
	d = start_connect(e, r, &client, &o);
	turns(r, 5);
	assert_false(o.done);
	assert_int_equal(client.base.users, 1);
	twc_deferred_cancel(d);
	assert_true(o.done);
	assert_int_equal(o.err.code, TWC_ECANCELLED);
	assert_int_equal(client.base.users, 0);
	twc_deferred_release(d);
	turns(r, 5);
	assert_int_equal(client.built, 0);
	twc_endpoint_free(e);
	silent_close(&silent);
	twc_reactor_free(r);
}

static void test_timeout_of_the_dial(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct silent silent = silent_make();
	struct outcome o;
	char s[64];

	(void)state;
	snprintf(s, sizeof(s), "tcp4:%u:timeout=50ms", silent.port);
	o = do_connect(s, r, &f);
	assert_int_equal(o.err.code, TWC_ETIMEDOUT);
	assert_int_equal(f.built, 0);
	silent_close(&silent);
	twc_reactor_free(r);
}

static void test_gate_is_left(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_gate *gate = twc_gate_new(r, 1, 1);
	struct twc_endpoint *e = must_parse("tcp4:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, &(struct twc_endpoint_listen_opts){ .gate = gate });
	int first = raw_client(port_number(p)), second = raw_client(port_number(p));

	(void)state;
	turn_until(r, &f.made, 1);
	turns(r, 20);
	assert_int_equal(f.made, 1);
	assert_int_equal(twc_gate_count(gate), 1);
	close(first);
	turn_until(r, &f.lost, 1);
	turn_until(r, &f.made, 2);
	assert_int_equal(twc_gate_count(gate), 1);
	close(second);
	turn_until(r, &f.lost, 2);
	assert_int_equal(twc_gate_count(gate), 0);
	/* a client the factory does not want leaves as well */
	f.refuse = true;
	first = raw_client(port_number(p));
	for (int i = 0; i < 1000 && f.peer.kind != TWC_ADDR_NONE; i++)
		turns(r, 1);
	turns(r, 20);
	assert_int_equal(twc_gate_count(gate), 0);
	close(first);
	twc_port_free(p);
	twc_gate_free(gate);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_pause_holds_clients_back(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse("tcp4:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, NULL);
	int fd;

	(void)state;
	twc_port_pause(p);
	twc_port_pause(p);
	fd = raw_client(port_number(p));
	turns(r, 20);
	assert_int_equal(f.made, 0);
	twc_port_resume(p);
	turns(r, 20);
	assert_int_equal(f.made, 0);
	twc_port_resume(p);
	turn_until(r, &f.made, 1);
	close(fd);
	turn_until(r, &f.lost, 1);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_connections_outlive_the_port(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse("tcp4:0", TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, NULL);
	int fd = raw_client(port_number(p)), other = raw_client(port_number(p));
	char buf[8];

	(void)state;
	f.echo = true;
	f.free_in_data = p; /* with another client waiting to be accepted */
	assert_int_equal(2, write(fd, "hi", 2));
	for (int i = 0; i < 100000 && f.free_in_data; i++)
		turns(r, 1);
	assert_null(f.free_in_data);
	assert_int_equal(f.stopped, 1);
	turns(r, 5);
	assert_int_equal(2, recv(fd, buf, 2, MSG_WAITALL));
	assert_int_equal(2, write(fd, "ho", 2));
	for (int i = 0; i < 100000 && recv(fd, buf, sizeof(buf), MSG_DONTWAIT) < 0; i++)
		turns(r, 1);
	assert_memory_equal(buf, "ho", 2);
	close(fd);
	close(other);
	turn_until(r, &f.lost, f.built);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loopback_has_one_port_on_both_families),
		cmocka_unit_test(test_all_addresses_only_when_told),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_what_is_printed_can_be_connected_to),
		cmocka_unit_test(test_port_in_use),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_factory_refuses),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_timeout_of_the_dial),
		cmocka_unit_test(test_gate_is_left),
		cmocka_unit_test(test_pause_holds_clients_back),
		cmocka_unit_test(test_connections_outlive_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
