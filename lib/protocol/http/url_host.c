/* SPDX-License-Identifier: MIT */
/*
 * The host of a URL in its one normal form, so that equal hosts are equal strings: names in lower case and in ASCII
 * (IDNA is net/idn.c's), IPv4 addresses however inet_aton(3) and browsers read them (127.1, 0x7f.0.0.1, 017700000001),
 * IPv6 addresses as RFC 5952 writes them, with their zone apart (RFC 6874). Pure.
 */
#include "net/net_int.h"
#include "protocol/http/octet.h"
#include "protocol/http/url_int.h"

#include <arpa/inet.h>

#include "base/banned.h"

/* ---- IPv6 ---- */

static bool is_zone_char(unsigned char c)
{
	return twc__http_is(c, TWC__HTTP_ALPHA | TWC__HTTP_DIGIT) || (c && strchr("-._~", c));
}

/* What stands behind the '%': "25eth0", or "eth0" as people write it. */
static int host_zone(const struct twc__url_reader *r, struct twc_str raw, struct twc__url_parts *p)
{
	if (raw.n > 2 && twc_str_starts(raw, "25")) {
		raw.p += 2;
		raw.n -= 2;
	}
	if (raw.n == 0 || raw.n > TWC__URL_ZONE_MAX)
		return twc__url_refuse(r, raw.p, "a zone is the name or number of an interface, such as %%25eth0");
	for (size_t i = 0; i < raw.n; i++)
		if (!is_zone_char((unsigned char)raw.p[i]))
			return twc__url_refuse(r, raw.p + i, "this character cannot stand in the name of an interface");
	memcpy(p->zone_buf, raw.p, raw.n);
	p->zone = (struct twc_str){ p->zone_buf, raw.n };
	return 0;
}

/* `raw` is without the brackets. */
static int host_ipv6(const struct twc__url_reader *r, struct twc_str raw, struct twc__url_parts *p)
{
	char text[INET6_ADDRSTRLEN], shown[64];
	struct twc_str rest = raw, ip;
	struct in6_addr addr;
	int rc = 0;

	twc_str_cut(&rest, '%', &ip);
	if (rest.p)
		rc = host_zone(r, rest, p);
	if (rc != 0)
		return rc;
	twc_escape(shown, sizeof(shown), ip);
	if (ip.n == 0 || ip.n >= sizeof(text) || memchr(ip.p, 0, ip.n))
		return twc__url_refuse(r, raw.p, "\"%s\" is not an IPv6 address", shown);
	memcpy(text, ip.p, ip.n);
	text[ip.n] = 0;
	if (inet_pton(AF_INET6, text, &addr) != 1)
		return twc__url_refuse(r, raw.p, "\"%s\" is not an IPv6 address", shown);
	inet_ntop(AF_INET6, &addr, p->host_buf, INET6_ADDRSTRLEN);
	p->host = twc_str_of(p->host_buf);
	p->kind = TWC_URL_IPV6;
	return 0;
}

/* ---- IPv4 ---- */

/* "127", "0177", "0x7f". */
static bool ipv4_number(struct twc_str s, uint64_t *n)
{
	unsigned base = 10;
	size_t i = 0;

	if (s.n > 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x') {
		base = 16;
		i = 2;
	} else if (s.n > 1 && s.p[0] == '0') {
		base = 8;
		i = 1;
	}
	*n = 0;
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		unsigned digit = twc__http_is(c, TWC__HTTP_HEX) ? twc__http_hex_digit(c) : 16;

		if (digit >= base)
			return false;
		*n = *n * base + digit;
		if (*n > UINT32_MAX)
			return false;
	}
	return s.n > 0;
}

/* One to four numbers; the last fills what the others leave. */
static bool ipv4_read(struct twc_str s, uint32_t *ip)
{
	uint64_t v[4];
	unsigned n = 0;
	struct twc_str part;

	while (twc_str_cut(&s, '.', &part)) {
		if (n == 4 || !ipv4_number(part, &v[n]))
			return false;
		n++;
	}
	if (n == 0 || v[n - 1] >= UINT64_C(1) << 8 * (5 - n))
		return false;
	*ip = (uint32_t)v[n - 1];
	for (unsigned i = 0; i + 1 < n; i++) {
		if (v[i] > 255)
			return false;
		*ip |= (uint32_t)v[i] << 8 * (3 - i);
	}
	return true;
}

static bool is_all_digits_and_dots(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '.' && !twc__http_is((unsigned char)s.p[i], TWC__HTTP_DIGIT))
			return false;
	return true;
}

/* ---- names ---- */

/* Decoded, in ASCII and lower case, to host_buf. */
static int name_to_ascii(const struct twc__url_reader *r, struct twc_str raw, struct twc__url_parts *p)
{
	char plain[TWC__IDN_MAX], ascii[TWC__NAME_MAX + 2];
	struct twc_str rest = raw, name = { plain, 0 };
	struct twc_err e;

	while (rest.n > 0 && name.n < sizeof(plain))
		plain[name.n++] = (char)twc__url_decode_one(&rest, false);
	if (rest.n > 0)
		return twc__url_refuse(r, raw.p, "the host name is too long");
	if (twc__idn_is_needed(name)) {
		if (twc__idn_to_ascii(name, ascii, &e) != 0)
			return twc__url_refuse(r, raw.p, "%s", e.text);
		name = twc_str_of(ascii);
	}
	if (name.n > TWC__URL_HOST_MAX)
		return twc__url_refuse(r, raw.p, "the host name is too long");
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		p->host_buf[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	p->host = (struct twc_str){ p->host_buf, name.n };
	return 0;
}

static bool is_name_char(unsigned char c)
{
	return twc__http_is(c, TWC__HTTP_ALPHA | TWC__HTTP_DIGIT) || c == '-' || c == '_' || c == '.';
}

/* Labels of 1 to 63 (RFC 1035, 2.3), a final dot besides. Where in `raw` the fault is can only be told if nothing was
 * decoded. */
static int name_check(const struct twc__url_reader *r, struct twc_str raw, struct twc_str name)
{
	bool is_same = twc_str_eq_nocase(raw, name);
	struct twc_str rest = name, label;
	char shown[8];

	for (size_t i = 0; i < name.n; i++) {
		if (is_name_char((unsigned char)name.p[i]))
			continue;
		twc_escape(shown, sizeof(shown), (struct twc_str){ name.p + i, 1 });
		return twc__url_refuse(r, raw.p + (is_same ? i : 0), "'%s' cannot stand in a host name", shown);
	}
	if (rest.n > 1 && rest.p[rest.n - 1] == '.')
		rest.n--;
	if (rest.n > TWC__NAME_MAX)
		return twc__url_refuse(r, raw.p, "the host name is too long");
	while (twc_str_cut(&rest, '.', &label)) {
		const char *at = raw.p + (is_same ? (size_t)(label.p - name.p) : 0);

		if (label.n == 0)
			return twc__url_refuse(r, at, "a part of the host name is empty");
		if (label.n > 63)
			return twc__url_refuse(r, at, "a part of the host name is longer than 63 bytes");
	}
	return 0;
}

static struct twc_str put_ipv4(uint32_t ip, char *out)
{
	size_t n = 0;

	for (unsigned shift = 32; shift > 0; shift -= 8) {
		n += twc__http_put_decimal(out + n, ip >> (shift - 8) & 255);
		out[n++] = shift > 8 ? '.' : '\0';
	}
	return (struct twc_str){ out, n - 1 };
}

static int host_name(const struct twc__url_reader *r, struct twc_str raw, struct twc__url_parts *p)
{
	int rc = name_to_ascii(r, raw, p);
	struct twc_str bare = p->host;
	uint32_t ip;

	if (rc != 0)
		return rc;
	if (bare.n > 1 && bare.p[bare.n - 1] == '.')
		bare.n--;
	if (ipv4_read(bare, &ip)) {
		p->host = put_ipv4(ip, p->host_buf);
		p->kind = TWC_URL_IPV4;
		return 0;
	}
	rc = name_check(r, raw, p->host);
	if (rc == 0 && is_all_digits_and_dots(bare)) /* no top level domain is a number */
		return twc__url_refuse(r, raw.p, "\"%.*s\" is not an IPv4 address", (int)bare.n, bare.p);
	p->kind = TWC_URL_NAME;
	return rc;
}

int twc__url_host(const struct twc__url_reader *r, struct twc_str raw, struct twc__url_parts *p)
{
	p->zone = TWC_STR("");
	if (raw.n == 0)
		return twc__url_refuse(r, raw.p, "the host is missing");
	if (raw.p[0] == '[')
		return host_ipv6(r, (struct twc_str){ raw.p + 1, raw.n - 2 }, p);
	return host_name(r, raw, p);
}
