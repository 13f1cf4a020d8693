/* SPDX-License-Identifier: MIT */
/*
 * What proxies need that is not in the endpoint string: passwords from files and variables (pass-file=, pass-env=,
 * TWC_PROXY_AUTH), and for via=env the proxy itself (ALL_PROXY, NO_PROXY, read as curl reads them). Read when the
 * connection is made, so that nothing of it is in a string that could be shown.
 */
#include "endpoint/secret.h"
#include "endpoint/via.h"
#include <stdlib.h>
#include <string.h>
#include "base/banned.h"

/* ---- logins ---- */

static int log_in(struct twc__hop *hop, struct twc_err *err)
{
	const char *value;
	char shown[80];

	if (hop->pass_file)
		return twc__secret_line(hop->pass_file, "pass-file", 1, TWC__TUNNEL_PASS_MAX, &hop->pass, err);
	if (!hop->pass_env)
		return 0;
	value = getenv(hop->pass_env);
	twc_escape(shown, sizeof(shown), twc_str_of(hop->pass_env));
	if (!value || !value[0])
		return twc_err_set(err, TWC_ECONFIG, "pass-env: the variable %s is not set", shown);
	hop->pass = twc_strdup(value);
	return 0;
}

/* TWC_PROXY_AUTH=user:password is for the proxy that is named first, and no other: logins are not shown around. */
static void log_in_by_default(struct twc__hop *hop)
{
	const char *auth = getenv("TWC_PROXY_AUTH");
	struct twc_str rest = twc_str_of(auth), user;

	if (!auth || hop->user || !twc_str_cut(&rest, ':', &user) || user.n == 0)
		return;
	hop->user = twc_str_dup(user);
	if (rest.p && (hop->kind == TWC__TUNNEL_SOCKS5 || hop->kind == TWC__TUNNEL_HTTP))
		hop->pass = twc_str_dup(rest);
}

int twc__hops_log_in(struct twc__hops *h, struct twc_err *err)
{
	int rc = 0;

	if (h->n > 0)
		log_in_by_default(&h->hop[0]);
	for (size_t i = 0; i < h->n && rc == 0; i++)
		rc = log_in(&h->hop[i], err);
	return rc;
}

/* ---- NO_PROXY ---- */

static struct twc_str trimmed(struct twc_str s)
{
	if (s.n > 1 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = (struct twc_str){ s.p + 1, s.n - 2 };
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/* The host itself or a domain above it; a dot in front means nothing more. */
static bool is_in_domain(struct twc_str host, struct twc_str domain)
{
	if (domain.n > 0 && domain.p[0] == '.') {
		domain.p++;
		domain.n--;
	}
	if (domain.n == 0 || host.n < domain.n)
		return false;
	if (host.n > domain.n && host.p[host.n - domain.n - 1] != '.')
		return false;
	return twc_str_eq_nocase((struct twc_str){ host.p + host.n - domain.n, domain.n }, domain);
}

bool twc__no_proxy_has(struct twc_str list, struct twc_str host)
{
	struct twc_addr addr;
	struct twc_cidr cidr;
	bool is_ip;

	host = trimmed(host);
	is_ip = twc_addr_parse_ip(&addr, TWC_ADDR_TCP, host, 0, NULL) == 0;
	while (list.n > 0) {
		size_t n = 0;
		struct twc_str one;

		while (n < list.n && list.p[n] != ',' && list.p[n] != ' ' && list.p[n] != '\t')
			n++;
		one = trimmed((struct twc_str){ list.p, n });
		n += n < list.n;
		list = (struct twc_str){ list.p + n, list.n - n };
		if (one.n == 0)
			continue;
		if (twc_str_is(one, "*"))
			return true;
		if (is_ip ? twc_cidr_parse(&cidr, one, NULL) == 0 && twc_cidr_has(&cidr, &addr) : is_in_domain(host, one))
			return true;
	}
	return false;
}

/* ---- ALL_PROXY ---- */

static const struct {
	const char *scheme;
	const char *type;
	enum twc__tunnel_kind kind;
	bool resolves;
} schemes[] = {
	{ "http", "http", TWC__TUNNEL_HTTP, false },	    { "https", "https", TWC__TUNNEL_HTTP, false },
	{ "socks4", "socks4", TWC__TUNNEL_SOCKS4, true },
	{ "socks4a", "socks4a", TWC__TUNNEL_SOCKS4A, false }, { "socks5", "socks5", TWC__TUNNEL_SOCKS5, true },
	{ "socks5h", "socks5", TWC__TUNNEL_SOCKS5, false },   { "socks", "socks4", TWC__TUNNEL_SOCKS4, true },
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* %XX resolved; NULL when one makes a NUL. Caller frees. */
static char *percent_decode(struct twc_str s)
{
	char *out = twc_malloc(s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool is_coded = s.p[i] == '%' && s.n - i > 2 && hex_digit(s.p[i + 1]) >= 0 && hex_digit(s.p[i + 2]) >= 0;

		out[n++] = is_coded ? (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2])) : s.p[i];
		i += is_coded ? 2 : 0;
	}
	out[n] = '\0';
	if (strlen(out) == n)
		return out;
	twc_free_secret(out, n);
	return NULL;
}

static int env_fault(struct twc_err *err, const char *why)
{
	return twc_err_set(err, TWC_ECONFIG, "via=env: the proxy in ALL_PROXY %s", why);
}

/* HOST, HOST:PORT, [V6], [V6]:PORT; where none is given, `port` stays as it is. */
static int split_host(struct twc_str s, struct twc_str *host, uint16_t *port, struct twc_err *err)
{
	struct twc_str rest = s;

	if (s.n > 0 && s.p[0] == '[') {
		const char *end = memchr(s.p, ']', s.n);

		if (!end)
			return env_fault(err, "has a '[' that is never closed");
		*host = (struct twc_str){ s.p + 1, (size_t)(end - s.p) - 1 };
		rest = (struct twc_str){ end + 1, s.n - host->n - 2 };
		if (rest.n > 0 && rest.p[0] != ':')
			return env_fault(err, "is no URL");
		rest = rest.n > 0 ? (struct twc_str){ rest.p + 1, rest.n - 1 } : (struct twc_str){ 0 };
	} else {
		(void)twc_str_cut(&rest, ':', host);
	}
	if (host->n == 0)
		return env_fault(err, "has no host");
	if (rest.p && (twc_parse_port(rest, port, NULL) || *port == 0))
		return env_fault(err, "has a faulty port");
	return 0;
}

static int set_login(struct twc__hop *hop, struct twc_str login, struct twc_err *err)
{
	struct twc_str pass = login, user;

	if (!twc_str_cut(&pass, ':', &user) || user.n == 0)
		return 0;
	hop->user = percent_decode(user);
	if (pass.p && (hop->kind == TWC__TUNNEL_SOCKS5 || hop->kind == TWC__TUNNEL_HTTP))
		hop->pass = percent_decode(pass);
	if (!hop->user || (pass.p && !hop->pass && hop->kind >= TWC__TUNNEL_SOCKS5))
		return env_fault(err, "has a NUL in its login");
	return 0;
}

int twc__hops_parse_url(struct twc__hops *h, const char *url, struct twc_err *err)
{
	const char *mark = strstr(url, "://"), *from = mark ? mark + 3 : url, *at = NULL;
	struct twc_str scheme = mark ? (struct twc_str){ url, (size_t)(mark - url) } : TWC_STR("http");
	struct twc_str whole = { from, strcspn(from, "/?#") }, host;
	struct twc__hop *hop;
	char *name;
	uint16_t port = 1080; /* curl's default but for https, whatever the scheme */
	size_t i;
	int rc;

	for (i = 0; i < TWC_ARRAY_LEN(schemes); i++)
		if (twc_str_eq_nocase(scheme, twc_str_of(schemes[i].scheme)))
			break;
	if (i == TWC_ARRAY_LEN(schemes))
		return env_fault(err, "is of a kind not known here (known: http, https, socks4, socks4a, socks5, socks5h)");
	for (const char *c = from; c < from + whole.n; c++)
		at = *c == '@' ? c : at;
	host = at ? (struct twc_str){ at + 1, (size_t)(from + whole.n - at) - 1 } : whole;
	if (strcmp(schemes[i].type, "https") == 0)
		port = 443;
	if ((rc = split_host(host, &host, &port, err)) != 0)
		return rc;
	name = twc_str_dup(host);
	hop = twc__hops_add(h, schemes[i].kind, schemes[i].type, name, port);
	twc_free(name);
	hop->resolves = schemes[i].resolves;
	if (strcmp(schemes[i].type, "https") == 0 && twc__hop_secure(hop, hop->text, err))
		return env_fault(err, "names no host that could be verified");
	return at ? set_login(hop, (struct twc_str){ from, (size_t)(at - from) }, err) : 0;
}

static const char *env_either(const char *lower, const char *upper)
{
	const char *s = getenv(lower);

	return s ? s : getenv(upper);
}

int twc__hops_from_env(struct twc__hops *h, const char *host, struct twc_err *err)
{
	const char *url = env_either("all_proxy", "ALL_PROXY");
	struct twc_str except = twc_str_of(env_either("no_proxy", "NO_PROXY"));

	if (!url || !url[0] || twc__no_proxy_has(except, twc_str_of(host)))
		return 0;
	return twc__hops_parse_url(h, url, err);
}
