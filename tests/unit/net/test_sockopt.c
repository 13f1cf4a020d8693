/* SPDX-License-Identifier: MIT */
/* Socket options by name: read back from the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/net_int.h"

static int get(int fd, int level, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	assert_int_equal(getsockopt(fd, level, name, &v, &n), 0);
	return v;
}

static void get_cc(int fd, char cc[32])
{
	socklen_t n = 31;

	memset(cc, 0, 32);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, &n), 0);
}

static int new_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static struct twc_addr ip(const char *s)
{
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(s), 1, NULL), 0);
	return a;
}

static void test_defaults(void **state)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	struct twc_addr a = ip("127.0.0.1");
	struct twc_sockopts o;

	twc_sockopts_init(&o);
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &a, NULL), 0);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(get(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_KEEPIDLE), 15);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_KEEPINTVL), 5);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_KEEPCNT), 12);
	assert_int_equal(get(fd, SOL_SOCKET, SO_REUSEPORT), 0);
	close(fd);
}

static void test_off_and_own_values(void **state)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	struct twc_addr a = ip("127.0.0.1");
	struct twc_sockopts o;

	twc_sockopts_init(&o);
	o.nodelay = 0;
	o.keepalive[0] = 0;
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &a, NULL), 0);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_int_equal(get(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	o.keepalive[0] = 7, o.keepalive[1] = 8, o.keepalive[2] = 9;
	o.reuseport = true;
	o.tos = 0x10;
	o.ttl = 9;
	o.rcvbuf = 65536;
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &a, NULL), 0);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_KEEPIDLE), 7);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_KEEPINTVL), 8);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_KEEPCNT), 9);
	assert_int_equal(get(fd, SOL_SOCKET, SO_REUSEPORT), 1);
	assert_int_equal(get(fd, IPPROTO_IP, IP_TOS), 0x10);
	assert_int_equal(get(fd, IPPROTO_IP, IP_TTL), 9);
	assert_int_equal(get(fd, SOL_SOCKET, SO_RCVBUF), 2 * 65536); /* socket(7): doubled */
	close(fd);
}

static void test_ipv6_tos_ttl(void **state)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct twc_addr a = ip("::1");
	struct twc_sockopts o;

	if (fd < 0)
		skip();
	twc_sockopts_init(&o);
	o.tos = 0x20;
	o.ttl = 3;
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &a, NULL), 0);
	assert_int_equal(get(fd, IPPROTO_IPV6, IPV6_TCLASS), 0x20);
	assert_int_equal(get(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 3);
	close(fd);
}

static void test_congestion_control(void **state)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	struct twc_addr local = ip("127.0.0.1"), far = ip("192.0.2.1");
	struct twc_sockopts o;
	struct twc_err err = { 0 };
	char dflt[32], now[32];

	get_cc(fd, dflt);
	twc_sockopts_init(&o);
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &far, NULL), 0);
	get_cc(fd, now);
	assert_string_equal(now, dflt);
	snprintf(o.cc, sizeof(o.cc), "keep");
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &local, NULL), 0);
	get_cc(fd, now);
	assert_string_equal(now, dflt);
	snprintf(o.cc, sizeof(o.cc), "auto");
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &local, NULL), 0);
	get_cc(fd, now);
	assert_string_equal(now, strncmp(dflt, "bbr", 3) == 0 ? "reno" : dflt);
	snprintf(o.cc, sizeof(o.cc), "reno");
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &far, NULL), 0);
	get_cc(fd, now);
	assert_string_equal(now, "reno");
	snprintf(o.cc, sizeof(o.cc), "nonesuch");
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &far, &err), TWC_EUSAGE);
	assert_string_equal(err.text, "no such congestion control: nonesuch (ENOENT)");
	close(fd);
}

static void test_device(void **state)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct twc_addr a = ip("127.0.0.1");
	struct twc_sockopts o;
	struct twc_err err = { 0 };

	twc_sockopts_init(&o);
	snprintf(o.device, sizeof(o.device), "noif0");
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_UDP, &o, &a, &err), TWC_EUSAGE);
	assert_string_equal(err.text, "no such interface: noif0 (ENODEV)");
	snprintf(o.device, sizeof(o.device), "lo");
	o.broadcast = true;
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_UDP, &o, &a, NULL), 0);
	assert_int_equal(get(fd, SOL_SOCKET, SO_BROADCAST), 1);
	close(fd);
}

static void test_unix_takes_buffers_only(void **state)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);
	struct twc_sockopts o;
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_unix(&a, TWC_STR("@x"), NULL), 0);
	twc_sockopts_init(&o);
	o.ttl = 3;
	o.sndbuf = 65536;
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_UNIX, &o, &a, NULL), 0);
	assert_int_equal(get(fd, SOL_SOCKET, SO_SNDBUF), 2 * 65536);
	close(fd);
}

static void test_nonsense_is_refused(void **state)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	struct twc_addr a = ip("127.0.0.1");
	struct twc_sockopts o;
	struct twc_err err = { 0 };

	twc_sockopts_init(&o);
	o.ttl = 300;
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &a, &err), TWC_EOS);
	assert_string_equal(err.text, "cannot set ttl to 300 (EINVAL)");
	close(fd);
}

static void test_mss(void **state)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	struct twc_addr a = ip("127.0.0.1");
	struct twc_sockopts o;

	(void)state;
	twc_sockopts_init(&o);
	o.mss = 1000;
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &a, NULL), 0);
	assert_true(get(fd, IPPROTO_TCP, TCP_MAXSEG) <= 1000);
	close(fd);
}

static void test_by_number(void **state)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	struct twc_addr a = ip("127.0.0.1");
	struct twc_sockopts o;
	struct twc_err err = { 0 };
	char text[64];

	(void)state;
	twc_sockopts_init(&o);
	snprintf(text, sizeof(text), "%d,%d,05000000/%d,%d,07000000", IPPROTO_IP, IP_TTL, IPPROTO_TCP, TCP_KEEPCNT);
	o.raw = text;
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &a, NULL), 0);
	if (htonl(1) != 1) /* the bytes are as they lie in memory */
		assert_int_equal(get(fd, IPPROTO_IP, IP_TTL), 5);
	o.raw = "6,9999,00000000";
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_TCP, &o, &a, &err), TWC_EOS);
	assert_non_null(strstr(err.text, "6,9999 (ENOPROTOOPT)"));
	close(fd);
}

static void test_numbers_are_checked(void **state)
{
	static const char *const bad[] = { "", "1", "1,2", "1,2,", "1,2,0", "1,2,0g", "1,2,00/", "x,2,00", "-1,2,00", "1,2,00,",
					   NULL };
	struct twc__raw_opt o;
	struct twc_str s = twc_str_of("1,2,fF00/3,4,01");
	struct twc_err err;

	(void)state;
	assert_int_equal(twc__raw_opt_next(&s, &o, &err), 1);
	assert_true(o.level == 1 && o.name == 2 && o.n == 2 && o.value[0] == 0xff && o.value[1] == 0);
	assert_int_equal(twc__raw_opt_next(&s, &o, &err), 1);
	assert_true(o.level == 3 && o.name == 4 && o.n == 1 && o.value[0] == 1);
	assert_int_equal(twc__raw_opt_next(&s, &o, &err), 0);
	for (int i = 0; bad[i]; i++) {
		int rc;

		s = twc_str_of(bad[i]);
		while ((rc = twc__raw_opt_next(&s, &o, &err)) > 0)
			;
		if (rc != TWC_EUSAGE)
			fail_msg("'%s'", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_off_and_own_values),
		cmocka_unit_test(test_ipv6_tos_ttl),
		cmocka_unit_test(test_congestion_control),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_unix_takes_buffers_only),
		cmocka_unit_test(test_nonsense_is_refused),
		cmocka_unit_test(test_mss),
		cmocka_unit_test(test_by_number),
		cmocka_unit_test(test_numbers_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
