/* SPDX-License-Identifier: MIT */
/*
 * The words of the call that nc_map.c makes: options, their values, and endpoint strings with what belongs in them.
 * Pure. Every value of a user's is quoted, so that it cannot be more than a value.
 */
#include "nc_map.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <twc/parse.h>

enum {
	SOCKS_PORT = 1080,
	PROXY_PORT = 3128,
};
#define PASSWORD_VARIABLE "TWC_PROXY_PASSWORD"

/* ---- words ---- */

void nc_call_free(struct nc_call *call)
{
	for (size_t i = 0; i < call->n; i++)
		twc_free(call->word[i]);
	twc_free(call->word);
	for (size_t i = 0; i < call->n_turns; i++)
		twc_free(call->turn[i]);
	twc_free(call->turn);
	nc_ports_free(&call->ports);
	*call = (struct nc_call){ 0 };
}

void nc_add(struct nc_map *m, const char *word)
{
	struct nc_call *c = m->call;

	c->word = twc_realloc(c->word, (c->n + 1) * sizeof(*c->word));
	c->word[c->n++] = twc_strdup(word);
}

void nc_take_turn(struct nc_call *call)
{
	call->turn = twc_realloc(call->turn, (call->n_turns + 1) * sizeof(*call->turn));
	call->turn[call->n_turns++] = call->word[--call->n];
}

void nc_add_option(struct nc_map *m, const char *name, const char *value)
{
	if (!value)
		return;
	nc_add(m, name);
	nc_add(m, value);
}

void nc_put(struct nc_map *m, const char *text)
{
	if (twc_buf_add(&m->endpoint, text, strlen(text)) < 0)
		TWC_BUG("an endpoint does not fit");
}

/* As one value of an endpoint string. */
void nc_put_value(struct nc_map *m, const char *text)
{
	char *quoted;

	if (strpbrk(text, ":=") && !strpbrk(text, "[]\\")) {
		nc_put(m, "[");
		nc_put(m, text);
		nc_put(m, "]");
		return;
	}
	quoted = twc_endpoint_quote(twc_str_of(text));
	nc_put(m, quoted);
	twc_free(quoted);
}

void nc_put_key(struct nc_map *m, const char *key, const char *value)
{
	if (!value)
		return;
	nc_put(m, ":");
	nc_put(m, key);
	nc_put(m, "=");
	nc_put_value(m, value);
}

static void put_port(struct nc_map *m, uint16_t port)
{
	if (twc_buf_addf(&m->endpoint, ":%u", port) < 0)
		TWC_BUG("an endpoint does not fit");
}

void nc_add_endpoint(struct nc_map *m)
{
	nc_add(m, twc_buf_cstr(&m->endpoint));
	twc_buf_clear(&m->endpoint);
}

/* ---- values ---- */

/* Options whose value is written into an endpoint or passed on: they must be what they seem to be. */
static int check_duration(const char *option, const char *value, struct twc_err *err)
{
	struct twc_err why = { 0 };
	uint64_t ns = 0;

	if (value && twc_parse_duration(twc_str_of(value), &ns, &why))
		return twc_err_set(err, TWC_EUSAGE, "%s: %s", option, why.text);
	return value && ns == 0 ? twc_err_set(err, TWC_EUSAGE, "%s: must be more than 0", option) : 0;
}

static int check_number(const char *option, const char *value, uint64_t max, struct twc_err *err)
{
	struct twc_err why = { 0 };
	uint64_t n;

	if (value && twc_parse_uint(twc_str_of(value), 1, max, &n, &why))
		return twc_err_set(err, TWC_EUSAGE, "%s: %s", option, why.text);
	return 0;
}

/* The numbers of RFC 791 and RFC 2474: csX is X*32, afXY X*32 + Y*8. -1: none. */
static int tos_number(const char *word)
{
	static const struct {
		const char *word;
		int number;
	} words[] = {
		{ "lowcost", 0x02 },  { "reliability", 0x04 }, { "throughput", 0x08 }, { "lowdelay", 0x10 },
		{ "critical", 0xa0 }, { "inetcontrol", 0xc0 }, { "netcontrol", 0xe0 }, { "ef", 0xb8 },
	};
	size_t n = strlen(word);
	char *end;
	long number;

	for (size_t i = 0; i < TWC_ARRAY_LEN(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].number;
	if (n == 3 && strncmp(word, "cs", 2) == 0 && word[2] >= '0' && word[2] <= '7')
		return (word[2] - '0') * 32;
	if (n == 4 && strncmp(word, "af", 2) == 0 && word[2] >= '1' && word[2] <= '4' && word[3] >= '1' && word[3] <= '3')
		return (word[2] - '0') * 32 + (word[3] - '0') * 8;
	if (word[0] < '0' || word[0] > '9')
		return -1;
	number = strtol(word, &end, strncmp(word, "0x", 2) == 0 ? 16 : 10);
	return *end == '\0' && number <= 255 ? (int)number : -1;
}

int nc_check_values(const struct nc_params *p, bool is_ncat, struct twc_err *err)
{
	const struct {
		const char *option, *value;
		uint64_t max;
	} numbers[] = {
		{ "-I", p->rcvbuf, INT_MAX },	{ "-O", p->sndbuf, INT_MAX },	 { "-M", p->ttl, 255 },
		{ "-W", p->packets, INT_MAX }, { "-m", p->max_conns, 1000000 }, { "-m", p->min_ttl, 255 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(numbers); i++)
		if (check_number(numbers[i].option, numbers[i].value, numbers[i].max, err))
			return err->code;
	if (p->tos && tos_number(p->tos) < 0)
		return twc_err_set(err, TWC_EUSAGE, "-T: no keyword of nc, and no number from 0 to 255");
	if (check_duration("-w", p->wait, err) || check_duration("-i", p->idle, err))
		return err->code;
	if (nc_has_interval(p) && check_duration(is_ncat ? "-d" : "-i", p->interval, err))
		return err->code;
	if (p->quit && p->quit[0] != '-' && strcmp(p->quit, "0") != 0)
		return check_duration("-q", p->quit, err);
	return 0;
}

/* ---- endpoints ---- */

/* SO_DEBUG, IP_MINTTL and IPV6_MINHOPCOUNT have no key of their own. `n`: how many of them stand there. */
static void put_raw_sockopt(struct nc_map *m, int *n, int level, int name, int value)
{
	const unsigned char *b = (const unsigned char *)&value;

	nc_put(m, (*n)++ ? "/" : ":sockopt=");
	if (twc_buf_addf(&m->endpoint, "%d,%d,%02x%02x%02x%02x", level, name, b[0], b[1], b[2], b[3]) < 0)
		TWC_BUG("an endpoint does not fit");
}

static int family_of(const struct nc_map *m, const char *host)
{
	if (m->p->family || !host)
		return m->p->family;
	if (strchr(host, ':'))
		return 6;
	return host[strspn(host, "0123456789.")] == '\0' ? 4 : 0;
}

static int put_raw_sockopts(struct nc_map *m, const char *host)
{
	int family = family_of(m, host), n = 0;

	if (m->p->debug)
		put_raw_sockopt(m, &n, SOL_SOCKET, SO_DEBUG, 1);
	if (!m->p->min_ttl)
		return 0;
	if (!family)
		return twc_err_set(m->err, TWC_EUSAGE, "-m: add -4 or -6, for each has a limit of its own");
	if (family == 4)
		put_raw_sockopt(m, &n, IPPROTO_IP, IP_MINTTL, atoi(m->p->min_ttl));
	else
		put_raw_sockopt(m, &n, IPPROTO_IPV6, IPV6_MINHOPCOUNT, atoi(m->p->min_ttl));
	return 0;
}

/* `host` NULL: all addresses. */
static int put_sockopts(struct nc_map *m, const char *host)
{
	const struct nc_params *p = m->p;

	nc_put_key(m, "rcvbuf", p->rcvbuf);
	nc_put_key(m, "sndbuf", p->sndbuf);
	nc_put_key(m, "ttl", p->ttl);
	if (p->tos && twc_buf_addf(&m->endpoint, ":tos=%d", tos_number(p->tos)) < 0)
		TWC_BUG("an endpoint does not fit");
	if (p->broadcast)
		nc_put_key(m, "broadcast", "yes");
	return put_raw_sockopts(m, host);
}

bool nc_wants_tls(const struct nc_params *p)
{
	return p->ssl || p->ssl_verify || p->ssl_trust || p->ssl_cert || p->ssl_key || p->ssl_ciphers || p->ssl_name ||
	       p->ssl_alpn;
}

/* There is no tls4: the command has -4. */
static void put_type(struct nc_map *m)
{
	if (nc_wants_tls(m->p)) {
		nc_put(m, "tls");
		return;
	}
	nc_put(m, m->p->udp ? "udp" : "tcp");
	if (m->p->family)
		nc_put(m, m->p->family == 4 ? "4" : "6");
}

static void put_tls(struct nc_map *m)
{
	const struct nc_params *p = m->p;
	bool verifies = p->ssl_verify || p->ssl_trust;

	if (!nc_wants_tls(p))
		return;
	nc_put_key(m, "cert", p->listen && !p->ssl_cert ? "auto" : p->ssl_cert);
	nc_put_key(m, "key", p->ssl_key);
	nc_put_key(m, "ciphers", p->ssl_ciphers);
	nc_put_key(m, "alpn", p->ssl_alpn);
	nc_put_key(m, "servername", p->ssl_name);
	nc_put_key(m, "ca", p->ssl_trust);
	if (p->listen)
		nc_put_key(m, "truncation", "allow"); /* ncat as a client ends without close_notify */
	else if (!verifies)
		nc_put_key(m, "verify", "no");
}

void nc_put_path(struct nc_map *m, const char *path)
{
	nc_put(m, "unix:");
	nc_put_value(m, path);
	nc_put_key(m, "kind", m->p->udp ? "dgram" : NULL);
	nc_put_key(m, "rcvbuf", m->p->rcvbuf);
	nc_put_key(m, "sndbuf", m->p->sndbuf);
}

/* ADDR, ADDR:PORT, [ADDR]:PORT, or an IPv6 address without a port. */
static int split_proxy(const char *text, uint16_t otherwise, struct twc_str *host, uint16_t *port, struct twc_err *err)
{
	struct twc_err why = { 0 };
	struct twc_str rest = twc_str_of(text);

	*port = otherwise;
	*host = rest;
	if (text[0] == '[') {
		rest.p++;
		rest.n--;
		(void)twc_str_cut(&rest, ']', host);
		if (!rest.p || (rest.n && rest.p[0] != ':'))
			return twc_err_set(err, TWC_EUSAGE, "-x: write [ADDR]:PORT for an IPv6 address");
		if (!rest.n)
			return 0;
		rest = (struct twc_str){ rest.p + 1, rest.n - 1 };
	} else if (!strchr(text, ':') || strchr(text, ':') != strrchr(text, ':')) {
		return 0;
	} else {
		(void)twc_str_cut(&rest, ':', host);
	}
	if (twc_parse_port(rest, port, &why))
		return twc_err_set(err, TWC_EUSAGE, "-x: %s", why.text);
	return 0;
}

/* USER or USER:PASSWORD, of ncat. */
static void put_proxy_auth(struct nc_map *m)
{
	const char *auth = m->p->proxy_auth ? m->p->proxy_auth : m->at->proxy_auth;
	struct twc_str rest = twc_str_of(auth ? auth : ""), user;
	char *copy;

	if (!auth)
		return;
	(void)twc_str_cut(&rest, ':', &user);
	copy = twc_str_dup(user);
	nc_put_key(m, "user", copy);
	nc_put_key(m, "pass", rest.p);
	twc_free(copy);
}

static int put_proxy(struct nc_map *m)
{
	static const char *const types[] = { "socks4", "socks5", "http" };
	struct twc_str host;
	uint16_t port;
	char *copy;

	if (!m->p->proxy)
		return 0;
	if (split_proxy(m->p->proxy, m->p->proxy_type == NC_PROXY_HTTP ? PROXY_PORT : SOCKS_PORT, &host, &port, m->err))
		return m->err->code;
	nc_put(m, ":via=[");
	nc_put(m, types[m->p->proxy_type]);
	nc_put(m, ":");
	copy = twc_str_dup(host);
	nc_put_value(m, copy);
	twc_free(copy);
	put_port(m, port);
	nc_put_key(m, "user", m->p->proxy_user);
	nc_put_key(m, "pass-env", m->p->proxy_user ? PASSWORD_VARIABLE : NULL);
	put_proxy_auth(m);
	nc_put_key(m, "dns", m->p->proxy_dns == NC_DNS_LOCAL ? "local" : NULL);
	nc_put(m, "]");
	return 0;
}

int nc_add_remote(struct nc_map *m, const char *host, uint16_t port)
{
	put_type(m);
	nc_put(m, ":");
	nc_put_value(m, host);
	put_port(m, port);
	nc_put_key(m, "timeout", m->p->wait);
	nc_put_key(m, "bind", m->p->source);
	nc_put_key(m, "bind-port", m->p->port);
	if (put_sockopts(m, host))
		return m->err->code;
	put_tls(m);
	if (put_proxy(m))
		return m->err->code;
	nc_add_endpoint(m);
	return 0;
}

/* nc listens on all addresses unless it is told which. */
int nc_add_local(struct nc_map *m, const char *host, uint16_t port)
{
	put_type(m);
	put_port(m, port);
	if (!host)
		nc_put(m, ":interface=*");
	else if (strcmp(host, "localhost") != 0)
		nc_put_key(m, "interface", host);
	if (put_sockopts(m, host))
		return m->err->code;
	put_tls(m);
	nc_add_endpoint(m);
	return 0;
}
