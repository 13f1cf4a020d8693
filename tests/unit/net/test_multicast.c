/* SPDX-License-Identifier: MIT */
/* Groups: which addresses are some, which interface is meant, what a sender sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/net_int.h"
#include <errno.h>
#include <net/if.h>
#include <unistd.h>

static struct twc_addr ip(const char *s)
{
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_UDP, twc_str_of(s), 0, NULL), 0);
	return a;
}

static int udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static void test_addresses(void **state)
{
	static const struct {
		const char *addr;
		bool is;
	} rows[] = { { "223.255.255.255", false }, { "224.0.0.1", true }, { "239.255.255.255", true },
		     { "240.0.0.1", false },	   { "ff02::1", true },	  { "fe80::1", false } };

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_addr a = ip(rows[i].addr);

		assert_int_equal(twc__addr_is_multicast(&a), rows[i].is);
	}
}

static void test_interface(void **state)
{
	int fd = udp_socket();
	struct twc_addr lo = ip("127.0.0.1"), lo9 = ip("127.0.0.9"), any = ip("0.0.0.0"), none = ip("192.0.2.99");
	unsigned want = if_nametoindex("lo"), got = 0;
	struct twc_err err = { 0 };

	(void)state;
	assert_int_equal(twc__multicast_index(fd, "lo", NULL, &got, &err), 0);
	assert_int_equal(got, want);
	assert_int_equal(twc__multicast_index(fd, "", &lo, &got, &err), 0);
	assert_int_equal(got, want);
	assert_int_equal(twc__multicast_index(fd, NULL, &lo9, &got, &err), 0);
	assert_int_equal(got, want);
	assert_int_equal(twc__multicast_index(fd, NULL, &any, &got, &err), 0);
	assert_int_equal(got, 0);
	assert_int_equal(twc__multicast_index(fd, NULL, NULL, &got, &err), 0);
	assert_int_equal(got, 0);
	assert_int_equal(twc__multicast_index(fd, NULL, &none, &got, &err), TWC_ECANTBIND);
	assert_int_equal(twc__multicast_index(fd, "none0", &lo, &got, &err), TWC_EUSAGE);
	close(fd);
}

static int get_int(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void test_sender(void **state)
{
	struct twc_addr group = ip("239.1.2.3"), group6 = ip("ff02::1234"), lo = ip("127.0.0.1");
	struct twc_sockopts o;
	struct twc_err err = { 0 };
	int fd = udp_socket();

	(void)state;
	twc_sockopts_init(&o);
	assert_int_equal(twc__multicast_send(fd, &o, &group, NULL, &err), 0);
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_MULTICAST_LOOP), 1);
	o.loop = 0;
	o.ttl = 7;
	assert_int_equal(twc__multicast_send(fd, &o, &group, &lo, &err), 0);
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_MULTICAST_LOOP), 0);
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_MULTICAST_TTL), 7);
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_MULTICAST_IF), htonl(INADDR_LOOPBACK));
	close(fd);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		skip(); /* no IPv6 */
	memcpy(o.device, "lo", 3);
	assert_int_equal(twc__multicast_send(fd, &o, &group6, NULL, &err), 0);
	assert_int_equal(get_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 0);
	assert_int_equal(get_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 7);
	assert_int_equal(get_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF), if_nametoindex("lo"));
	close(fd);
}

static void test_join(void **state)
{
	struct twc_addr group = ip("239.1.2.3"), source = ip("127.0.0.5");
	unsigned lo = if_nametoindex("lo");
	struct twc_err err = { 0 };
	int fd = udp_socket();

	(void)state;
	assert_int_equal(twc__multicast_join(fd, &group, lo, NULL, &err), 0);
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_MULTICAST_ALL), 0);
	assert_int_equal(twc__multicast_join(fd, &group, 99999, NULL, &err), TWC_ECANTBIND);
	assert_int_equal(err.sys, ENODEV);
	close(fd);
	fd = udp_socket();
	assert_int_equal(twc__multicast_join(fd, &group, lo, &source, &err), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
