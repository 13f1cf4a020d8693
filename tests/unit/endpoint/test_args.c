/* SPDX-License-Identifier: MIT */
/* Values by kind, their limits, and what becomes of them: dial and socket options, addresses to bind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "endpoint/endpoint_int.h"
#include <errno.h>

static struct twc_endpoint *parse(const char *s, enum twc_role role)
{
	struct twc_err err = { 0 };
	struct twc_endpoint *e = twc_endpoint_parse(s, role, &err);

	if (!e)
		fail_msg("%s: %s (column %d)", s, err.text, err.column);
	return e;
}

static void assert_fault(const char *s, enum twc_role role, int column, const char *text)
{
	struct twc_err err = { 0 };
	struct twc_endpoint *e = twc_endpoint_parse(s, role, &err);

	if (e || err.column != column || !strstr(err.text, text))
		fail_msg("%s: want column %d '%s', got column %d '%s'", s, column, text, err.column, err.text);
}

static void dial_opts(const char *s, struct twc_dial_opts *o, struct twc_endpoint **e)
{
	*e = parse(s, TWC_CONNECT);
	twc_dial_opts_init(o);
	(*e)->type->dial(&(*e)->args, o);
}

static void test_dial_defaults(void **state)
{
	struct twc_dial_opts o;
	struct twc_endpoint *e;

	(void)state;
	dial_opts("tcp:7000", &o, &e);
	assert_int_equal(o.kind, TWC_ADDR_TCP);
	assert_string_equal(o.host, "localhost");
	assert_int_equal(o.port, 7000);
	assert_int_equal(o.family, AF_UNSPEC);
	assert_int_equal(o.timeout_ns, 0);
	assert_int_equal(o.bind.kind, TWC_ADDR_NONE);
	assert_int_equal(o.sock.nodelay, -1);
	assert_int_equal(o.sock.keepalive[0], -1);
	assert_int_equal(o.sock.mark, -1);
	assert_string_equal(o.sock.cc, "");
	assert_false(twc_endpoint_is_datagram(e));
	twc_endpoint_free(e);
	dial_opts("udp6:h:53", &o, &e);
	assert_int_equal(o.kind, TWC_ADDR_UDP);
	assert_int_equal(o.family, AF_INET6);
	assert_true(twc_endpoint_is_datagram(e));
	twc_endpoint_free(e);
	dial_opts("udp:53", &o, &e);
	assert_string_equal(o.host, "127.0.0.1");
	twc_endpoint_free(e);
	dial_opts("udp:53:bind=[::1]", &o, &e);
	assert_string_equal(o.host, "localhost");
	twc_endpoint_free(e);
	dial_opts("udp6:53", &o, &e);
	assert_string_equal(o.host, "localhost");
	twc_endpoint_free(e);
	dial_opts("tcp4:h:1", &o, &e);
	assert_int_equal(o.family, AF_INET);
	twc_endpoint_free(e);
}

static void test_dial_options(void **state)
{
	struct twc_dial_opts o;
	struct twc_endpoint *e;

	(void)state;
	dial_opts("tcp:h:80:timeout=250ms:bind=127.0.0.2:bind-port=99:nodelay=no:keepalive=10,2s,3:cc=reno:"
		  "sndbuf=64k:rcvbuf=1M:tos=16:ttl=7:mark=5:device=lo",
		  &o, &e);
	assert_int_equal(o.timeout_ns, 250 * TWC_NS_PER_MS);
	assert_int_equal(o.bind.u.in.sin_addr.s_addr, htonl(0x7f000002));
	assert_int_equal(o.bind_port, 99);
	assert_int_equal(o.sock.nodelay, 0);
	assert_int_equal(o.sock.keepalive[0], 10);
	assert_int_equal(o.sock.keepalive[1], 2);
	assert_int_equal(o.sock.keepalive[2], 3);
	assert_string_equal(o.sock.cc, "reno");
	assert_string_equal(o.sock.device, "lo");
	assert_int_equal(o.sock.sndbuf, 65536);
	assert_int_equal(o.sock.rcvbuf, 1 << 20);
	assert_int_equal(o.sock.tos, 16);
	assert_int_equal(o.sock.ttl, 7);
	assert_int_equal(o.sock.mark, 5);
	twc_endpoint_free(e);
	dial_opts("tcp:h:80:keepalive=no", &o, &e);
	assert_int_equal(o.sock.keepalive[0], 0);
	twc_endpoint_free(e);
	dial_opts("udp:h:80:broadcast=yes", &o, &e);
	assert_true(o.sock.broadcast);
	twc_endpoint_free(e);
}

static void test_bind_forms(void **state)
{
	static const struct {
		const char *s;
		const char *host;
		unsigned port;
	} v[] = {
		{ "tcp:h:1:bind=127.0.0.1", "127.0.0.1", 0 },
		{ "tcp:h:1:bind=[127.0.0.1:80]", "127.0.0.1", 80 },
		{ "tcp:h:1:bind=[::1]", "::1", 0 },
		{ "tcp:h:1:bind=\\:\\:1", "::1", 0 },
		{ "tcp:h:1:bind=[[::1]:80]", "::1", 80 },
		{ "tcp:h:1:bindAddress=127.0.0.1:bind-port=7", "127.0.0.1", 7 },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		struct twc_dial_opts o;
		struct twc_endpoint *e;
		char host[TWC_ADDR_TEXT_MAX];

		dial_opts(v[i].s, &o, &e);
		assert_string_equal(twc_addr_format_host(&o.bind, host, sizeof(host)), v[i].host);
		assert_int_equal(o.bind_port, v[i].port);
		assert_int_equal(o.bind.kind, TWC_ADDR_TCP);
		twc_endpoint_free(e);
	}
	assert_fault("tcp:h:1:bind=name", TWC_CONNECT, 14, "bind: ");
	assert_fault("tcp:h:1:bind=[x:1]", TWC_CONNECT, 14, "bind: ");
	assert_fault("tcp:h:1:bind=[127.0.0.1:99999]", TWC_CONNECT, 14, "bind: ");
	assert_fault("tcp:h:1:bind=[127.0.0.1:80]:bind-port=81", TWC_CONNECT, 39, "bind has a port already");
	assert_fault("tcp6:h:1:bind=127.0.0.1", TWC_CONNECT, 15, "no IPv6 address");
	assert_fault("tcp:127.0.0.1:1:bind=[::1]", TWC_CONNECT, 22, "no IPv4 address, which the host is");
	assert_fault("tcp:[fe80::1%no-such]:1", TWC_CONNECT, 5, "names no interface");
}

static void test_limits(void **state)
{
	(void)state;
	assert_fault("tcp:1:timeout=0", TWC_CONNECT, 15, "timeout must be longer than 0");
	assert_fault("tcp:1:timeout=", TWC_CONNECT, 15, "timeout is empty");
	assert_fault("tcp:1:timeout=x", TWC_CONNECT, 15, "timeout: ");
	assert_fault("tcp:1:nodelay=maybe", TWC_CONNECT, 15, "nodelay: ");
	assert_fault("tcp:1:keepalive=1", TWC_CONNECT, 17, "IDLE,INTERVAL,COUNT");
	assert_fault("tcp:1:keepalive=1,2", TWC_CONNECT, 17, "IDLE,INTERVAL,COUNT");
	assert_fault("tcp:1:keepalive=1,2,", TWC_CONNECT, 17, "keepalive: ");
	assert_fault("tcp:1:keepalive=1ms,2,3", TWC_CONNECT, 17, "IDLE must be");
	assert_fault("tcp:1:keepalive=1,2,3,4", TWC_CONNECT, 17, "keepalive: ");
	assert_fault("tcp:1:keepalive=1,2,0", TWC_CONNECT, 17, "keepalive: ");
	assert_fault("tcp:1:tos=256", TWC_CONNECT, 11, "tos must be 0 to 255");
	assert_fault("tcp:1:ttl=0", TWC_CONNECT, 11, "ttl must be 1 to 255");
	assert_fault("tcp:1:mark=4294967296", TWC_CONNECT, 12, "mark: ");
	assert_fault("tcp:1:sndbuf=4G", TWC_CONNECT, 14, "sndbuf must be");
	assert_fault("tcp:1:cc=0123456789abcdef", TWC_CONNECT, 10, "cc is longer than 15 bytes");
	assert_fault("tcp:1:device=0123456789abcdef", TWC_CONNECT, 14, "device is longer than 15 bytes");
	assert_fault("tcp:1:backlog=0", TWC_LISTEN, 15, "backlog must be 1 to 65535");
	assert_fault("tcp:1:bind-port=65536", TWC_CONNECT, 17, "bind-port: port 65536 is out of range");
	assert_fault("unix:/x:mode=0", TWC_LISTEN, 14, "mode must be");
	assert_fault("unix:/x:mode=1777", TWC_LISTEN, 14, "mode must be");
	assert_fault("fd:-1", TWC_CONNECT, 4, "fd: ");
	assert_fault("fd:x", TWC_CONNECT, 4, "fd: ");
	assert_fault("fd:99999999999", TWC_CONNECT, 4, "fd: ");
	assert_fault("fd", TWC_CONNECT, 3, "fd is missing (fd:N)");
	assert_fault("tcp4:[::1]:80", TWC_CONNECT, 6, "'::1' is no IPv4 address, which tcp4 needs");
	assert_fault("tcp6:127.0.0.1:80", TWC_CONNECT, 6, "no IPv6 address");
	assert_fault("tcp4:80:interface=[::1]", TWC_LISTEN, 19, "no IPv4 address");
	assert_fault("tcp:80:interface=eth0", TWC_LISTEN, 18, "no literal address");
	assert_fault("tcp:80:interface=localhost", TWC_LISTEN, 18, "no literal address");
	assert_fault("unix:/"
		     "0123456789012345678901234567890123456789012345678901234567890123456789"
		     "0123456789012345678901234567890123456789",
		     TWC_CONNECT, 6, "");
}

static size_t bind_addrs(const char *s, bool is_public, char text[2][TWC_ADDR_TEXT_MAX])
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct twc_endpoint *e = parse(s, TWC_LISTEN);
	struct twc_addr addr[2];
	const char *name = twc_endpoint_type(e);
	int family = name[3] ? families[name[3] == '6'] : AF_UNSPEC;
	size_t n = twc__sock_bind_addrs(&e->args, TWC_ADDR_TCP, family, is_public, addr);

	for (size_t i = 0; i < n; i++)
		twc_addr_format(&addr[i], text[i], TWC_ADDR_TEXT_MAX);
	twc_endpoint_free(e);
	return n;
}

static void test_where_to_listen(void **state)
{
	static const struct {
		const char *s;
		bool is_public;
		const char *want[2];
	} v[] = {
		{ "tcp:80", false, { "tcp:127.0.0.1:80", "tcp:[::1]:80" } },
		{ "tcp4:80", false, { "tcp:127.0.0.1:80", NULL } },
		{ "tcp6:80", false, { "tcp:[::1]:80", NULL } },
		{ "tcp:80", true, { "tcp:0.0.0.0:80", "tcp:[::]:80" } },
		{ "tcp6:80", true, { "tcp:[::]:80", NULL } },
		{ "tcp:80:interface=*", false, { "tcp:0.0.0.0:80", "tcp:[::]:80" } },
		{ "tcp4:80:interface=*", false, { "tcp:0.0.0.0:80", NULL } },
		{ "tcp:80:interface=127.0.0.2", true, { "tcp:127.0.0.2:80", NULL } },
		{ "tcp:80:interface=[::1]", false, { "tcp:[::1]:80", NULL } },
		{ "tcp:80:interface=", false, { "tcp:127.0.0.1:80", "tcp:[::1]:80" } },
	};
	char text[2][TWC_ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		size_t n = bind_addrs(v[i].s, v[i].is_public, text);

		assert_int_equal(n, v[i].want[1] ? 2 : 1);
		for (size_t k = 0; k < n; k++)
			assert_string_equal(text[k], v[i].want[k]);
	}
}

/* A scripted kernel for twc__sock_bind. */
struct script {
	int first, second; /* errno of each bind; 0: works */
	int conflicts;	   /* so many times the second is EADDRINUSE first */
	int binds, unbinds;
	uint16_t next_port;
	uint16_t second_port;
};

static int script_bind(void *arg, const struct twc_addr *addr, struct twc_addr *out, struct twc_err *err)
{
	struct script *s = arg;
	bool is_second = addr->u.sa.sa_family == AF_INET6;
	int sys = is_second ? s->second : s->first;

	s->binds++;
	if (is_second && s->conflicts-- > 0)
		sys = EADDRINUSE;
	if (sys)
		return twc_err_sys(err, TWC_ECANTBIND, sys, NULL, "no");
	*out = *addr;
	if (twc_addr_port(addr) == 0)
		twc_addr_set_port(out, s->next_port++);
	if (is_second)
		s->second_port = twc_addr_port(out);
	return 0;
}

static void script_unbind(void *arg)
{
	((struct script *)arg)->unbinds++;
}

static int run_script(struct script *s, uint16_t port, struct twc_err *err)
{
	struct twc_addr addr[2];

	s->next_port = 1000;
	assert_int_equal(0, twc_addr_parse_ip(&addr[0], TWC_ADDR_TCP, TWC_STR("127.0.0.1"), port, NULL));
	assert_int_equal(0, twc_addr_parse_ip(&addr[1], TWC_ADDR_TCP, TWC_STR("::1"), port, NULL));
	return twc__sock_bind(addr, 2, script_bind, script_unbind, s, err);
}

static void test_one_port_on_both_families(void **state)
{
	struct twc_err err = { 0 };
	struct script plain = { 0 }, no_v6 = { .second = EADDRNOTAVAIL }, no_inet6 = { .second = EAFNOSUPPORT };
	struct script no_v4 = { .first = EADDRNOTAVAIL }, unlucky = { .conflicts = 3 }, hopeless = { .conflicts = 99 };
	struct script taken = { .conflicts = 1 }, neither = { .first = EADDRNOTAVAIL, .second = EADDRNOTAVAIL };
	struct script denied = { .first = EACCES };

	(void)state;
	assert_int_equal(run_script(&plain, 0, &err), 0);
	assert_int_equal(plain.second_port, 1000);
	assert_int_equal(run_script(&no_v6, 0, &err), 0);
	assert_int_equal(no_v6.unbinds, 0);
	assert_int_equal(run_script(&no_inet6, 80, &err), 0);
	assert_int_equal(run_script(&no_v4, 80, &err), 0);
	assert_int_equal(no_v4.second_port, 80);
	assert_int_equal(err.code, 0);
	assert_int_equal(run_script(&unlucky, 0, &err), 0);
	assert_int_equal(unlucky.unbinds, 3);
	assert_int_equal(unlucky.second_port, 1003);
	assert_int_equal(run_script(&hopeless, 0, &err), TWC_ECANTBIND);
	assert_int_equal(hopeless.unbinds, 20);
	assert_int_equal(err.sys, EADDRINUSE);
	assert_int_equal(run_script(&taken, 80, &err), TWC_ECANTBIND);
	assert_int_equal(taken.unbinds, 1);
	assert_int_equal(run_script(&neither, 0, &err), TWC_ECANTBIND);
	assert_int_equal(run_script(&denied, 0, &err), TWC_ECANTBIND);
	assert_int_equal(denied.binds, 1);
	assert_int_equal(err.sys, EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dial_defaults),
		cmocka_unit_test(test_dial_options),
		cmocka_unit_test(test_bind_forms),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_where_to_listen),
		cmocka_unit_test(test_one_port_on_both_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
