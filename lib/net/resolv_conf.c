/* SPDX-License-Identifier: MIT */
/*
 * resolv.conf(5) to a value: name servers, search list and options. Pure: text in, struct out;
 * lookup.c reads the file. As with every resolver, a line that cannot be read is no error. Limits
 * as in glibc where it has any (ndots 15, timeout 30 s, attempts 5).
 */
#include "net/net_int.h"
#include <twc/parse.h>

#include "base/banned.h"

#define DNS_PORT 53
#define NDOTS_MAX 15
#define TIMEOUT_MAX_S 30
#define ATTEMPTS_MAX 5

static void parse_nameserver(struct twc__resolv_conf *c, struct twc_str rest)
{
	struct twc_str ip;

	if (c->n_servers < TWC__NS_MAX && twc__net_word(&rest, &ip) &&
	    twc_addr_parse_ip(&c->server[c->n_servers], TWC_ADDR_UDP, ip, DNS_PORT, NULL) == 0)
		c->n_servers++;
}

static void parse_search(struct twc__resolv_conf *c, struct twc_str rest, size_t max)
{
	struct twc_str name;

	c->n_search = 0;
	while (c->n_search < max && twc__net_word(&rest, &name)) {
		if (name.p[name.n - 1] == '.')
			name.n--;
		if (name.n == 0 || name.n > TWC__NAME_MAX || memchr(name.p, 0, name.n))
			continue;
		memcpy(c->search[c->n_search], name.p, name.n);
		c->search[c->n_search++][name.n] = 0;
	}
}

/* "name:N", cut to the limits; leaves *out alone when it is not that. */
static void parse_number(struct twc_str word, const char *name, uint64_t min, uint64_t max, unsigned *out)
{
	size_t n = strlen(name);
	uint64_t v;

	if (!twc_str_starts(word, name))
		return;
	word.p += n;
	word.n -= n;
	if (twc_parse_uint(word, 0, UINT32_MAX, &v, NULL) == 0)
		*out = (unsigned)(v < min ? min : v > max ? max : v);
}

static void parse_options(struct twc__resolv_conf *c, struct twc_str rest)
{
	struct twc_str word;

	while (twc__net_word(&rest, &word)) {
		parse_number(word, "ndots:", 0, NDOTS_MAX, &c->ndots);
		parse_number(word, "timeout:", 1, TIMEOUT_MAX_S, &c->timeout_s);
		parse_number(word, "attempts:", 1, ATTEMPTS_MAX, &c->attempts);
		c->rotate |= twc_str_is(word, "rotate");
		c->use_vc |= twc_str_is(word, "use-vc");
		c->edns0 |= twc_str_is(word, "edns0");
	}
}

void twc__resolv_conf_parse(struct twc__resolv_conf *c, struct twc_str text)
{
	struct twc_str line, key;

	memset(c, 0, sizeof(*c));
	c->ndots = 1;
	c->timeout_s = 5;
	c->attempts = 2;
	while (twc_str_cut(&text, '\n', &line)) {
		/* A comment is a whole line that begins with # or ;. */
		if (!twc__net_word(&line, &key) || key.p[0] == '#' || key.p[0] == ';')
			continue;
		if (twc_str_is(key, "nameserver"))
			parse_nameserver(c, line);
		else if (twc_str_is(key, "search"))
			parse_search(c, line, TWC__SEARCH_MAX);
		else if (twc_str_is(key, "domain"))
			parse_search(c, line, 1);
		else if (twc_str_is(key, "options"))
			parse_options(c, line);
	}
}

/* ---- an explicit list ---- */

/* "1.2.3.4", "1.2.3.4:53", "::1", "[::1]", "[::1]:53". */
static int parse_server(struct twc_addr *a, struct twc_str s)
{
	struct twc_str host = s, port = { NULL, 0 };
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	uint16_t n = DNS_PORT;

	if (s.n > 0 && s.p[0] == '[') {
		const char *end = memchr(s.p, ']', s.n);

		if (!end)
			return TWC_EUSAGE;
		host = (struct twc_str){ s.p + 1, (size_t)(end - s.p) - 1 };
		port = (struct twc_str){ end + 1, s.n - host.n - 2 };
		if (!memchr(host.p, ':', host.n) || (port.n > 0 && port.p[0] != ':'))
			return TWC_EUSAGE;
	} else if (colon && !memchr(colon + 1, ':', s.n - (size_t)(colon - s.p) - 1)) {
		host.n = (size_t)(colon - s.p);
		port = (struct twc_str){ colon, s.n - host.n };
	}
	if (port.n > 0) {
		port.p++;
		port.n--;
		if (twc_parse_port(port, &n, NULL) != 0 || n == 0)
			return TWC_EUSAGE;
	}
	return twc_addr_parse_ip(a, TWC_ADDR_UDP, host, n, NULL);
}

int twc__resolv_conf_set_servers(struct twc__resolv_conf *c, struct twc_str list, struct twc_err *err)
{
	struct twc_addr server[TWC__NS_MAX];
	struct twc_str item;
	char text[80];
	size_t n = 0;

	while (twc_str_cut(&list, ',', &item)) {
		item = twc_str_trim(item);
		twc_escape(text, sizeof(text), item);
		if (n == TWC__NS_MAX)
			return twc_err_set(err, TWC_EUSAGE, "more than %d name servers", TWC__NS_MAX);
		if (parse_server(&server[n], item) != 0)
			return twc_err_set(err, TWC_EUSAGE, "\"%s\" is not a name server such as 127.0.0.1:53 or [::1]:53",
					   text);
		n++;
	}
	if (n == 0)
		return twc_err_set(err, TWC_EUSAGE, "no name server given");
	memcpy(c->server, server, n * sizeof(server[0]));
	c->n_servers = n;
	return 0;
}
