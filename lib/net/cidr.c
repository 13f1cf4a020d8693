/* SPDX-License-Identifier: MIT */
/*
 * Networks in prefix notation (RFC 4632, RFC 4291 2.3), for access rules. Everything is compared in
 * the 128-bit form with IPv4 mapped, so that a client of a dual-stack socket meets the rules
 * written for its IPv4 address. Pure.
 */
#include "net/net_int.h"
#include <twc/parse.h>

#include <arpa/inet.h>

#include "base/banned.h"

#define V4_BITS 96 /* where an IPv4 prefix begins in the mapped form */

static void cidr_mask(uint8_t ip[16], unsigned bits)
{
	unsigned i;

	for (i = bits; i < 128; i++)
		ip[i / 8] &= (uint8_t)~(0x80u >> (i % 8));
}

static int cidr_fail(struct twc_err *err, struct twc_str s, const char *what)
{
	char text[80];

	twc_escape(text, sizeof(text), s);
	return twc_err_set(err, TWC_EUSAGE, "\"%s\" %s", text, what);
}

/* What was probably meant by a network whose host bits are not zero. */
static int cidr_host_bits(struct twc_err *err, struct twc_str s, const uint8_t net[16], bool v4, unsigned bits)
{
	char text[80], good[INET6_ADDRSTRLEN];

	twc_escape(text, sizeof(text), s);
	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? net + 12 : net, good, sizeof(good));
	return twc_err_set(err, TWC_EUSAGE, "\"%s\" has bits set behind its prefix; did you mean %s/%u?", text, good,
			   v4 ? bits - V4_BITS : bits);
}

/* What cannot be one: a name is the likely slip, and none is looked up here. */
static int cidr_no_address(struct twc_err *err, struct twc_str s)
{
	bool is_name = s.n > 0 && ((s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z') && !memchr(s.p, ':', s.n) &&
		       !memchr(s.p, '/', s.n);

	return cidr_fail(err, s, is_name ? "is a name; an address or a network such as 10.0.0.0/8 or fd00::/8 is wanted"
					 : "is not a network such as 10.0.0.0/8 or fd00::/8");
}

int twc_cidr_parse(struct twc_cidr *c, struct twc_str s, struct twc_err *err)
{
	struct twc_str prefix = s, host;
	struct twc_addr a;
	struct twc_cidr net = { .bits = 128 };
	uint64_t bits;
	bool v4;

	memset(c, 0, sizeof(*c));
	if (!twc_str_cut(&prefix, '/', &host) || (s.n > 0 && memchr(s.p, '%', s.n)) ||
	    twc_addr_parse_ip(&a, TWC_ADDR_TCP, host, 0, NULL) != 0)
		return cidr_no_address(err, s);
	v4 = a.u.sa.sa_family == AF_INET;
	twc__addr_ip16(&a, net.ip);
	if (host.n < s.n) {
		if (twc_parse_uint(prefix, 0, v4 ? 32 : 128, &bits, NULL) != 0)
			return cidr_fail(err, s, v4 ? "has no prefix length from 0 to 32 after the /"
						    : "has no prefix length from 0 to 128 after the /");
		net.bits = (uint8_t)(v4 ? bits + V4_BITS : bits);
	}
	*c = net;
	cidr_mask(c->ip, c->bits);
	if (memcmp(c->ip, net.ip, 16) == 0)
		return 0;
	cidr_host_bits(err, s, c->ip, v4, net.bits);
	memset(c, 0, sizeof(*c));
	return TWC_EUSAGE;
}

bool twc_cidr_has(const struct twc_cidr *c, const struct twc_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t ip[16];

	if (!twc__addr_ip16(a, ip))
		return false;
	/* ::/0 means every IPv6 address, not IPv4 as well because of how it is stored here. */
	if (c->bits < V4_BITS && memcmp(ip, mapped, sizeof(mapped)) == 0)
		return false;
	cidr_mask(ip, c->bits);
	return memcmp(ip, c->ip, 16) == 0;
}
