/* SPDX-License-Identifier: MIT */
/* Headers of the PROXY protocol to addresses, and back. Strict: what is not exactly as specified is no header. */
#include "protocol/haproxy_int.h"

#include <twc/parse.h>

#include <arpa/inet.h>
#include <stdio.h>

#include "base/banned.h"

static const uint8_t signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

static int fault(struct twc_err *err, const char *what)
{
	return twc_err_set(err, TWC_EPROTO, "PROXY header: %s", what);
}

/* ---- version 1: a line ---- */

/* The next word up to a single space, or to the end. */
static struct twc_str next_word(struct twc_str *rest)
{
	const char *space = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;
	struct twc_str word = { rest->p, space ? (size_t)(space - rest->p) : rest->n };

	rest->p += word.n + (space != NULL);
	rest->n -= word.n + (space != NULL);
	return word;
}

/* Decimal, no sign, no leading zero. */
static int parse_port(struct twc_str s, uint16_t *port)
{
	uint64_t n;

	if (s.n == 0 || (s.n > 1 && s.p[0] == '0') || twc_parse_uint(s, 0, 65535, &n, NULL))
		return -1;
	*port = (uint16_t)n;
	return 0;
}

static int parse_ip(struct twc_addr *a, int family, struct twc_str host)
{
	if (memchr(host.p, '%', host.n) || twc_addr_parse_ip(a, TWC_ADDR_TCP, host, 0, NULL))
		return -1;
	return a->u.sa.sa_family == family ? 0 : -1;
}

static int parse_line(struct twc__haproxy *h, struct twc_str line, struct twc_err *err)
{
	struct twc_str kind = next_word(&line), client, server, client_port, server_port;
	int family = twc_str_is(kind, "TCP4") ? AF_INET : twc_str_is(kind, "TCP6") ? AF_INET6 : AF_UNSPEC;
	uint16_t port;

	if (twc_str_is(kind, "UNKNOWN"))
		return 0; /* the rest of the line is not looked at */
	if (family == AF_UNSPEC)
		return fault(err, "neither TCP4 nor TCP6 nor UNKNOWN");
	client = next_word(&line);
	server = next_word(&line);
	client_port = next_word(&line);
	server_port = line;
	if (!client.n || !server.n || parse_ip(&h->client, family, client) || parse_ip(&h->server, family, server))
		return fault(err, "not two addresses of its family");
	if (parse_port(client_port, &port))
		return fault(err, "the client's port is no number up to 65535");
	twc_addr_set_port(&h->client, port);
	if (parse_port(server_port, &port))
		return fault(err, "the server's port is no number up to 65535");
	twc_addr_set_port(&h->server, port);
	h->is_known = true;
	return 0;
}

static int parse_v1(struct twc__haproxy *h, const uint8_t *p, size_t n, struct twc_err *err)
{
	static const char begin[] = "PROXY ";
	const size_t begin_n = sizeof(begin) - 1, room = n < TWC__HAPROXY_V1_MAX ? n : TWC__HAPROXY_V1_MAX;
	size_t end = 0;
	int rc;

	if (memcmp(p, begin, n < begin_n ? n : begin_n) != 0)
		return fault(err, "there is none");
	while (end < room && p[end] != '\r' && p[end] != '\n')
		end++;
	if (end + 1 >= room && (end == room || p[end] == '\r'))
		return n >= TWC__HAPROXY_V1_MAX ? fault(err, "longer than 107 bytes") : 0;
	if (p[end] == '\n' || p[end + 1] != '\n')
		return fault(err, "its line does not end with CR LF");
	h->version = 1;
	rc = parse_line(h, (struct twc_str){ (const char *)p + begin_n, end - begin_n }, err);
	return rc ? rc : (int)end + 2;
}

/* ---- version 2: binary ---- */

static unsigned be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* Castagnoli's, over the header with its own field as zeros. */
static uint32_t crc32c(const uint8_t *p, size_t n, size_t field)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= i - field < 4 ? 0 : p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (0x82f63b78 & (0 - (crc & 1)));
	}
	return ~crc;
}

enum {
	TLV_ALPN = 0x01,
	TLV_AUTHORITY = 0x02,
	TLV_CRC32C = 0x03,
	TLV_UNIQUE_ID = 0x05,
	TLV_SSL = 0x20,
	TLV_SSL_VERSION = 0x21,
	TLV_SSL_CN = 0x22,
};

/* One type-length-value off p[*at..n). */
static int next_tlv(const uint8_t *p, size_t n, size_t *at, unsigned *type, struct twc_str *value, struct twc_err *err)
{
	size_t len;

	if (n - *at < 3)
		return fault(err, "it ends in the middle of an extension");
	*type = p[*at];
	len = be16(p + *at + 1);
	*at += 3;
	if (len > n - *at)
		return fault(err, "an extension is longer than the header");
	*value = (struct twc_str){ (const char *)p + *at, len };
	*at += len;
	return 0;
}

static int parse_tls(struct twc__haproxy *h, struct twc_str tlv, struct twc_err *err)
{
	const uint8_t *p = (const uint8_t *)tlv.p;
	size_t at = 5;
	unsigned type = 0;
	struct twc_str value;
	int rc = 0;

	if (tlv.n < 5)
		return fault(err, "its TLS extension is too short");
	h->has_tls = p[0] & 1;
	h->tls_verified = (p[0] & 6) && be32(p + 1) == 0;
	while (!rc && at < tlv.n && (rc = next_tlv(p, tlv.n, &at, &type, &value, err)) == 0) {
		if (type == TLV_SSL_VERSION)
			h->tls_version = value;
		else if (type == TLV_SSL_CN)
			h->tls_cn = value;
	}
	return rc;
}

static int parse_tlvs(struct twc__haproxy *h, const uint8_t *p, size_t n, size_t at, struct twc_err *err)
{
	unsigned type = 0;
	struct twc_str value;
	int rc = 0;

	while (!rc && at < n && (rc = next_tlv(p, n, &at, &type, &value, err)) == 0) {
		if (type == TLV_ALPN)
			h->alpn = value;
		else if (type == TLV_AUTHORITY)
			h->authority = value;
		else if (type == TLV_UNIQUE_ID)
			h->unique_id = value;
		else if (type == TLV_SSL)
			rc = parse_tls(h, value, err);
		else if (type == TLV_CRC32C && (value.n != 4 || be32((const uint8_t *)value.p) != crc32c(p, n, at - 4)))
			rc = fault(err, "its checksum is wrong");
	}
	return rc;
}

static void set_in(struct twc_addr *a, const uint8_t *ip, unsigned port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	memcpy(&in.sin_addr, ip, 4);
	twc_addr_set(a, TWC_ADDR_TCP, (struct sockaddr *)&in, sizeof(in));
}

static void set_in6(struct twc_addr *a, const uint8_t *ip, unsigned port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	memcpy(&in6.sin6_addr, ip, 16);
	twc_addr_set(a, TWC_ADDR_TCP, (struct sockaddr *)&in6, sizeof(in6));
}

static void set_unix(struct twc_addr *a, const uint8_t path[108])
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strnlen((const char *)path, sizeof(un.sun_path) - 1);

	memcpy(un.sun_path, path, n);
	twc_addr_set(a, TWC_ADDR_UNIX, (struct sockaddr *)&un, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (n > 0)));
}

/* The address block of a family, at p[16]; its length, or 0 when the family says nothing here. */
static size_t take_addresses(struct twc__haproxy *h, unsigned family, const uint8_t *p, size_t room)
{
	static const size_t size[] = { 0, 12, 36, 216 };
	size_t n = family < TWC_ARRAY_LEN(size) ? size[family] : 0;

	if (!n || room < n)
		return n;
	if (family == 1) {
		set_in(&h->client, p, be16(p + 8));
		set_in(&h->server, p + 4, be16(p + 10));
	} else if (family == 2) {
		set_in6(&h->client, p, be16(p + 32));
		set_in6(&h->server, p + 16, be16(p + 34));
	} else {
		set_unix(&h->client, p);
		set_unix(&h->server, p + 108);
	}
	h->is_known = true;
	return n;
}

static int parse_v2(struct twc__haproxy *h, const uint8_t *p, size_t n, struct twc_err *err)
{
	size_t total, addresses;
	unsigned command, family;
	int rc;

	if (memcmp(p, signature, n < sizeof(signature) ? n : sizeof(signature)) != 0)
		return fault(err, "there is none");
	if (n < 16)
		return 0;
	command = p[12];
	family = p[13] >> 4;
	total = 16 + be16(p + 14);
	if (command != 0x20 && command != 0x21)
		return fault(err, command >> 4 == 2 ? "an unknown command" : "an unknown version");
	if (total > TWC__HAPROXY_V2_MAX)
		return fault(err, "longer than 4096 bytes");
	if (n < total)
		return 0;
	h->version = 2;
	if (family > 3 || (p[13] & 15) > 2)
		return fault(err, "an unknown family or protocol");
	addresses = take_addresses(h, family, p + 16, total - 16);
	if (addresses > total - 16)
		return fault(err, "shorter than its addresses");
	if (command == 0x20 || (p[13] & 15) != 1) /* LOCAL: the proxy speaks for itself; or no stream */
		h->is_known = false;
	rc = parse_tlvs(h, p, total, family ? 16 + addresses : total, err);
	return rc ? rc : (int)total;
}

int twc__haproxy_parse(struct twc__haproxy *h, const uint8_t *p, size_t n, struct twc_err *err)
{
	int rc;

	*h = (struct twc__haproxy){ .version = 0 };
	if (n == 0)
		return 0;
	rc = p[0] == signature[0] ? parse_v2(h, p, n, err) : parse_v1(h, p, n, err);
	if (!h->is_known)
		h->client = h->server = (struct twc_addr){ .kind = TWC_ADDR_NONE };
	return rc;
}

/* ---- making ---- */

static bool same_family(const struct twc_addr *a, const struct twc_addr *b)
{
	return a->kind == TWC_ADDR_TCP && b->kind == TWC_ADDR_TCP && a->u.sa.sa_family == b->u.sa.sa_family;
}

/* Without the zone, which means nothing elsewhere. */
static void put_host(const struct twc_addr *a, char *out, socklen_t cap)
{
	const void *ip = a->u.sa.sa_family == AF_INET ? (const void *)&a->u.in.sin_addr : &a->u.in6.sin6_addr;

	(void)inet_ntop(a->u.sa.sa_family, ip, out, cap);
}

static size_t make_v1(const struct twc_addr *client, const struct twc_addr *server, uint8_t *out)
{
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];

	if (!same_family(client, server))
		return (size_t)snprintf((char *)out, TWC__HAPROXY_OUT_MAX, "PROXY UNKNOWN\r\n");
	put_host(client, from, sizeof(from));
	put_host(server, to, sizeof(to));
	return (size_t)snprintf((char *)out, TWC__HAPROXY_OUT_MAX, "PROXY %s %s %s %u %u\r\n",
				client->u.sa.sa_family == AF_INET ? "TCP4" : "TCP6", from, to, twc_addr_port(client),
				twc_addr_port(server));
}

static void put_port(uint8_t *out, const struct twc_addr *a)
{
	out[0] = (uint8_t)(twc_addr_port(a) >> 8);
	out[1] = (uint8_t)twc_addr_port(a);
}

static size_t make_v2(const struct twc_addr *client, const struct twc_addr *server, uint8_t *out)
{
	memset(out, 0, 16);
	memcpy(out, signature, sizeof(signature));
	out[12] = 0x20;
	if (!same_family(client, server))
		return 16; /* LOCAL */
	out[12] = 0x21;
	if (client->u.sa.sa_family == AF_INET) {
		out[13] = 0x11;
		out[15] = 12;
		memcpy(out + 16, &client->u.in.sin_addr, 4);
		memcpy(out + 20, &server->u.in.sin_addr, 4);
		put_port(out + 24, client);
		put_port(out + 26, server);
		return 28;
	}
	out[13] = 0x21;
	out[15] = 36;
	memcpy(out + 16, &client->u.in6.sin6_addr, 16);
	memcpy(out + 32, &server->u.in6.sin6_addr, 16);
	put_port(out + 48, client);
	put_port(out + 50, server);
	return 52;
}

size_t twc__haproxy_make(unsigned version, const struct twc_addr *client, const struct twc_addr *server,
			 uint8_t out[TWC__HAPROXY_OUT_MAX])
{
	return version == 1 ? make_v1(client, server, out) : make_v2(client, server, out);
}
