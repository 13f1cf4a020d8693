/* SPDX-License-Identifier: MIT */
/*
 * via=: the proxies on the way to an endpoint, written as endpoint strings of their own types, nested when there are
 * several. Pure: strings -> hops, and the faults of both.
 *
 *     tcp:db:5432:via=[socks5:gw:1080:via=[http:edge:3128]]     dial edge, ask it for gw, ask gw for db
 */
#include "endpoint/via.h"
#include <string.h>
#include "base/banned.h"

const struct twc_endpoint_arg twc__args_via[] = {
	{ .name = "via", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT,
	  .help = "proxy on the way: [socks5:HOST:PORT], also socks4a, http, https; env: ALL_PROXY's" },
	{ .name = NULL },
};

/* ---- the types of proxies, which stand in via= only ---- */

#define BY_POSITION .roles = TWC_CONNECT, .positional = TWC_CONNECT

static const struct twc_endpoint_arg hop_args[] = {
	{ .name = "host", .kind = TWC_ARG_STRING, BY_POSITION, .required = TWC_CONNECT,
	  .help = "name or address of the proxy" },
	{ .name = "port", .kind = TWC_ARG_PORT, BY_POSITION, .help = "its port (SOCKS 1080, HTTP 3128, HTTPS 443)" },
	{ .name = "user", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .help = "user name of the login" },
	{ .name = "via", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .help = "the proxy through which this one is reached" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg login_args[] = {
	{ .name = "pass", .kind = TWC_ARG_SECRET, .roles = TWC_CONNECT, .help = "password; everybody here can see it" },
	{ .name = "pass-file", .kind = TWC_ARG_FILE, .roles = TWC_CONNECT, .help = "file whose first line is the password" },
	{ .name = "pass-env", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .help = "environment variable with the password" },
	{ .name = NULL },
};

static const char *const dns_words[] = { "remote", "local", NULL };
enum { DNS_REMOTE, DNS_LOCAL };

static const struct twc_endpoint_arg dns_args[] = {
	{ .name = "dns", .kind = TWC_ARG_WORD, .roles = TWC_CONNECT, .words = dns_words,
	  .help = "who looks the target's name up: the proxy, or this machine (remote)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg field_args[] = {
	{ .name = "fields", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT,
	  .help = "header fields for the proxy, one a line" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const plain_groups[] = { hop_args, NULL };
static const struct twc_endpoint_arg *const login_groups[] = { hop_args, login_args, NULL };
static const struct twc_endpoint_arg *const dns_groups[] = { hop_args, login_args, dns_args, NULL };
static const struct twc_endpoint_arg *const http_groups[] = { hop_args, login_args, dns_args, field_args, NULL };
static const struct twc_endpoint_arg *const tls_groups[] = { hop_args, login_args, dns_args, field_args,
							     twc__args_tls_client, NULL };

#define PROXY(name_, groups_, summary_) \
	{ .pub = { .name = name_, .roles = TWC_CONNECT, .summary = summary_, .args = groups_, \
		   .synopsis = (const char *const[]){ name_ ":HOST[:PORT]", NULL } } }

static const struct twc__endpoint_type via_socks5 = PROXY("socks5", dns_groups, "SOCKS 5");
static const struct twc__endpoint_type via_socks5h = PROXY("socks5h", login_groups, "SOCKS 5, names looked up there");
static const struct twc__endpoint_type via_socks4 = PROXY("socks4", plain_groups, "SOCKS 4, names looked up here");
static const struct twc__endpoint_type via_socks4a = PROXY("socks4a", plain_groups, "SOCKS 4a, names looked up there");
static const struct twc__endpoint_type via_http = PROXY("http", http_groups, "HTTP CONNECT");

static const struct twc__endpoint_type via_https = {
	.pub = { .name = "https", .roles = TWC_CONNECT, .summary = "HTTP CONNECT over TLS", .args = tls_groups,
		 .synopsis = (const char *const[]){ "https:HOST[:PORT]", NULL } },
	.check = twc__tls_check,
};

static const struct twc__endpoint_type *const via_types[] = { &via_socks5,  &via_socks5h, &via_socks4, &via_socks4a,
							      &via_http,    &via_https,	  NULL };

const struct twc__endpoint_type *const *twc__via_types(void)
{
	return via_types;
}

static enum twc__tunnel_kind kind_of(const struct twc_endpoint_type *type)
{
	if (type == &via_http.pub || type == &via_https.pub)
		return TWC__TUNNEL_HTTP;
	if (type == &via_socks4.pub)
		return TWC__TUNNEL_SOCKS4;
	return type == &via_socks4a.pub ? TWC__TUNNEL_SOCKS4A : TWC__TUNNEL_SOCKS5;
}

static unsigned default_port(const struct twc_endpoint_type *type)
{
	if (type == &via_https.pub)
		return 443;
	return type == &via_http.pub ? 3128 : 1080;
}

/* ---- hops ---- */

static void free_secret(char *s)
{
	if (s)
		twc_free_secret(s, strlen(s));
}

void twc__hops_fini(struct twc__hops *h)
{
	for (size_t i = 0; i < h->n; i++) {
		twc_free(h->hop[i].text);
		twc_free(h->hop[i].host);
		twc_free(h->hop[i].user);
		free_secret(h->hop[i].pass);
		twc_free(h->hop[i].pass_file);
		twc_free(h->hop[i].pass_env);
		twc_free(h->hop[i].fields);
		twc_endpoint_free(h->hop[i].tls);
	}
	*h = (struct twc__hops){ 0 };
}

struct twc__hop *twc__hops_add(struct twc__hops *h, enum twc__tunnel_kind kind, const char *name, const char *host,
			       uint16_t port)
{
	struct twc__hop *hop = &h->hop[h->n++];
	bool is_v6 = strchr(host, ':') != NULL;

	TWC_ASSERT(h->n <= TWC__HOPS_MAX);
	*hop = (struct twc__hop){ .kind = kind, .port = port, .resolves = kind == TWC__TUNNEL_SOCKS4 };
	hop->host = twc_strdup(host);
	hop->text = twc_asprintf("%s:%s%s%s:%u", name, is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
	return hop;
}

int twc__hop_secure(struct twc__hop *hop, const char *s, struct twc_err *err)
{
	hop->tls = twc__endpoint_parse_as(s, via_types, TWC_CONNECT, err);
	return hop->tls ? 0 : TWC_EUSAGE;
}

void twc__hop_ask(const struct twc__hop *hop, const char *host, uint16_t port, struct twc__tunnel_ask *ask)
{
	*ask = (struct twc__tunnel_ask){ .kind = hop->kind, .port = port, .user = hop->user, .pass = hop->pass,
					 .fields = hop->fields };
	if (twc_addr_parse_ip(&ask->addr, TWC_ADDR_TCP, twc_str_of(host), port, NULL) == 0)
		return;
	ask->addr = (struct twc_addr){ 0 };
	ask->host = host;
}

/* ---- one proxy string ---- */

struct place {
	int column;
	bool is_exact; /* columns of the string can be counted from there */
};

/* Where the inside of a nested value begins: behind its bracket. */
static struct place place_inside(const char *source, int column, const struct place *outer)
{
	bool has_bracket = source[column - 1] == '[';

	if (outer && !outer->is_exact)
		return *outer;
	return (struct place){ (outer ? outer->column - 1 : 0) + column + has_bracket, has_bracket };
}

static int move_fault(struct twc_err *err, const struct place *at)
{
	if (err)
		err->column = at->is_exact && err->column > 0 ? at->column + err->column - 1 : at->column;
	return TWC_EUSAGE;
}

/* The type has to be known before the string is parsed: what is said of others would name endpoints. */
static int check_type(const char *s, struct twc_err *err)
{
	const char *names[TWC_ARRAY_LEN(via_types)] = { 0 };
	struct twc__field f;
	size_t pos = 0;
	char shown[TWC__SHOWN];
	const char *near;
	int rc = twc__field_next(s, &pos, &f, err);

	if (rc)
		return rc;
	if (f.key || !twc__type_find(via_types, f.value)) {
		for (size_t i = 0; via_types[i]; i++)
			names[i] = via_types[i]->pub.name;
		near = twc_nearest(twc_str_of(f.value), names);
		if (!f.key && near)
			rc = twc__fault(err, 1, "unknown kind of proxy: '%s'; did you mean %s?", twc__show(f.value, shown), near);
		else
			rc = twc__fault(err, 1, "unknown kind of proxy: '%s' (known: socks5, socks5h, socks4, socks4a, http, https)",
					twc__show(f.key ? f.key : f.value, shown));
	} else if (strncmp(s + pos, "://", 3) == 0) {
		rc = twc__fault(err, 1, "a URL is not an endpoint; write %s:HOST:PORT", f.value);
	}
	twc__field_fini(&f);
	return rc;
}

static int check_login(const struct twc__args *a, struct twc_err *err)
{
	static const char *const ways[] = { "pass", "pass-file", "pass-env" };
	const struct twc__value *first = NULL, *v;

	for (size_t i = 0; i < TWC_ARRAY_LEN(ways); i++) {
		v = twc__args_get(a, ways[i]);
		if (v && first)
			return twc__fault(err, v->column, "%s: %s is given already", ways[i], first->row->name);
		first = v ? v : first;
	}
	if (first && !twc__args_get(a, "user"))
		return twc__fault(err, first->column, "%s needs user=", first->row->name);
	return 0;
}

/* The proxy's own address, and its login as far as it is known. */
static int check_hop(const struct twc__args *a, const struct twc__hop *hop, struct twc_err *err)
{
	const struct twc__value *host = twc__args_get(a, "host"), *user = twc__args_get(a, "user");
	const struct twc__value *fields = twc__args_get(a, "fields");
	struct twc__tunnel_ask ask;
	struct twc_err cause = { 0 };
	struct twc_addr addr;
	int rc = twc__args_range(a, "port", 1, 65535, err);

	if (rc == 0)
		rc = check_login(a, err);
	if (rc)
		return rc;
	if (strchr(hop->host, ':') && twc_addr_parse_ip(&addr, TWC_ADDR_TCP, twc_str_of(hop->host), 0, &cause))
		return twc__fault(err, host->column, "host: %s", cause.text);
	if (!strchr(hop->host, ':')) {
		ask = (struct twc__tunnel_ask){ .kind = TWC__TUNNEL_SOCKS4A, .host = hop->host };
		if (twc__tunnel_check(&ask, &cause))
			return twc__fault(err, host->column, "host: %s", cause.text);
	}
	ask = (struct twc__tunnel_ask){ .kind = hop->kind, .host = "h", .user = hop->user, .pass = hop->pass };
	if (hop->kind == TWC__TUNNEL_SOCKS4)
		ask.kind = TWC__TUNNEL_SOCKS4A;
	if (twc__tunnel_check(&ask, &cause))
		return twc__fault(err, user ? user->column : host->column, "%s", cause.text);
	ask.fields = hop->fields;
	if (fields && twc__tunnel_check(&ask, &cause))
		return twc__fault(err, fields->column, "fields: %s", cause.text);
	return 0;
}

static char *dup_given(const struct twc__args *a, const char *name)
{
	const char *s = twc__args_str(a, name, NULL);

	return s ? twc_strdup(s) : NULL;
}

/* One hop off `s`; *inner is the string in its own via= (caller frees), or NULL, and *at where that stands. */
static int hop_parse(struct twc__hops *h, const char *s, struct place *at, char **inner, struct twc_err *err)
{
	const struct twc__value *via;
	struct twc__parsed p;
	struct twc__args a;
	struct twc__hop *hop;
	int rc = check_type(s, err);

	*inner = NULL;
	if (rc == 0)
		rc = twc__parse(s, via_types, &p, err);
	if (rc)
		return move_fault(err, at);
	rc = twc__args_bind(&a, &p, s, TWC_CONNECT, err);
	if (rc == 0) {
		enum twc__tunnel_kind kind = kind_of(a.type);

		hop = twc__hops_add(h, kind, a.type->name, twc__args_str(&a, "host", ""),
				    (uint16_t)twc__args_num(&a, "port", default_port(a.type)));
		hop->resolves |= twc__args_num(&a, "dns", DNS_REMOTE) == DNS_LOCAL;
		hop->user = dup_given(&a, "user");
		hop->pass = dup_given(&a, "pass");
		hop->pass_file = dup_given(&a, "pass-file");
		hop->pass_env = dup_given(&a, "pass-env");
		hop->fields = dup_given(&a, "fields");
		rc = check_hop(&a, hop, err);
		if (rc == 0 && a.type == &via_https.pub)
			rc = twc__hop_secure(hop, s, err);
	}
	if (rc == 0 && (via = twc__args_get(&a, "via")) != NULL) {
		if (h->n == TWC__HOPS_MAX)
			rc = twc__fault(err, via->column, "more than %d proxies", TWC__HOPS_MAX);
		else
			*inner = twc_strdup(via->text);
	}
	if (rc)
		move_fault(err, at);
	else if (*inner)
		*at = place_inside(s, via->column, at);
	twc__args_fini(&a);
	twc__parsed_fini(&p);
	return rc;
}

/* Each proxy must be able to ask for the one before it. */
static int check_asks(const struct twc__hops *h, const char *host, struct twc_err *err)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct twc__hop *hop = &h->hop[i];
		const char *to = i ? h->hop[i - 1].host : host;
		struct twc__tunnel_ask ask;
		int rc;

		twc__hop_ask(hop, to, 0, &ask);
		ask.user = ask.pass = NULL;
		if (hop->resolves && ask.addr.kind == TWC_ADDR_NONE)
			ask.kind = TWC__TUNNEL_SOCKS4A; /* as good as any to look at the name */
		rc = to ? twc__tunnel_check(&ask, err) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

int twc__hops_parse(struct twc__hops *h, const char *s, int column, bool is_exact, struct twc_err *err)
{
	struct place at = { column, is_exact };
	char *text = twc_strdup(s), *inner;
	int rc = 0;

	while (text && rc == 0) {
		rc = hop_parse(h, text, &at, &inner, err);
		free_secret(text);
		text = inner;
	}
	free_secret(text);
	return rc;
}

/* ---- of an endpoint ---- */

bool twc__via_is_env(const struct twc__args *a)
{
	return strcmp(twc__args_str(a, "via", ""), "env") == 0;
}

bool twc__via_is_unverified(const struct twc__args *a)
{
	const char *via = twc__args_str(a, "via", NULL);
	struct twc__hops hops = { 0 };
	bool found = false;

	if (!via || twc__via_is_env(a))
		return false;
	(void)twc__hops_parse(&hops, via, 1, false, NULL); /* checked long ago */
	for (size_t i = 0; i < hops.n; i++)
		found |= hops.hop[i].tls && twc__args_num(&hops.hop[i].tls->args, "verify", 1) == 0;
	twc__hops_fini(&hops);
	return found;
}

static int check_family(const struct twc__args *a, const struct twc__value *via, const struct twc__hop *first,
			int family, struct twc_err *err)
{
	const struct twc__value *bind = twc__args_get(a, "bind");
	char shown[TWC__SHOWN];
	struct twc_addr addr;

	if (twc_addr_parse_ip(&addr, TWC_ADDR_TCP, twc_str_of(first->host), 0, NULL))
		return 0;
	if (family != AF_UNSPEC && addr.u.sa.sa_family != family)
		return twc__fault(err, via->column, "via: '%s' is no %s address, which %s needs", twc__show(first->host, shown),
				  family == AF_INET6 ? "IPv6" : "IPv4", a->type->name);
	if (bind && bind->addr.u.sa.sa_family != addr.u.sa.sa_family)
		return twc__fault(err, bind->column, "bind: '%s' is no %s address, which the proxy is",
				  twc__show(bind->text, shown), addr.u.sa.sa_family == AF_INET6 ? "IPv6" : "IPv4");
	return 0;
}

int twc__via_check(const struct twc__args *a, int family, struct twc_err *err)
{
	const struct twc__value *via = twc__args_get(a, "via"), *host = twc__args_get(a, "host");
	struct twc__hops hops = { 0 };
	struct twc_err cause = { 0 };
	struct place at;
	int rc;

	if (!via)
		return 0;
	if (!host)
		return twc__fault(err, a->end_column, "host is missing: with via= it is the proxy who connects");
	if (twc__via_is_env(a))
		return 0;
	at = place_inside(a->source, via->column, NULL);
	rc = twc__hops_parse(&hops, via->text, at.column, at.is_exact, err);
	if (rc == 0 && check_asks(&hops, host->text, &cause))
		rc = twc__fault(err, host->column, "host: %s", cause.text);
	if (rc == 0)
		rc = check_family(a, via, &hops.hop[hops.n - 1], family, err);
	twc__hops_fini(&hops);
	return rc;
}
