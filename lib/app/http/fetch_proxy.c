/* SPDX-License-Identifier: MIT */
/*
 * Where a hop connects: at the URL's host, at an endpoint the user names in its stead, or by way of a proxy - one that is asked for
 * http pages by their whole URL, or one that is asked for a tunnel. Which proxy: the user's word, else the environment, as curl
 * reads it: of http_proxy in lower case only, since a web server hands a client's "Proxy:" field on as HTTP_PROXY.
 */
#include "app/http/fetch_int.h"
#include "endpoint/endpoint_int.h"

#include <stdlib.h>

#include "base/banned.h"

/* ---- which proxy ---- */

static const char *env(const char *lower, const char *upper)
{
	const char *s = getenv(lower);

	if ((!s || !*s) && upper)
		s = getenv(upper);
	return s && *s ? s : NULL;
}

static const char *proxy_of(const struct twc_http_fetch *f)
{
	const char *proxy = f->o.proxy, *except;

	if (!proxy)
		proxy = twc_url_is_secure(&f->url) ? env("https_proxy", "HTTPS_PROXY") : env("http_proxy", NULL);
	if (!proxy)
		proxy = env("all_proxy", "ALL_PROXY");
	if (!proxy || !*proxy)
		return NULL;
	except = f->o.noproxy ? f->o.noproxy : env("no_proxy", "NO_PROXY");
	return except && twc__no_proxy_has(twc_str_of(except), f->url.host) ? NULL : proxy;
}

/* ---- how it is written ---- */

static const struct {
	const char *scheme; /* as curl has it */
	const char *type;   /* as via= has it */
	const char *keys;
	uint16_t port;
	bool is_http;
} kinds[] = {
	{ "http", "http", "", 1080, true },	       { "https", "https", "", 443, true },
	{ "socks4", "socks4", "", 1080, false },       { "socks4a", "socks4a", "", 1080, false },
	{ "socks5", "socks5", ":dns=local", 1080, false }, { "socks5h", "socks5", "", 1080, false },
	{ "socks", "socks4", "", 1080, false },
};

struct proxy {
	size_t kind; /* index of kinds */
	struct twc_url url; /* its scheme is http whatever it is: for host, port and login */
	uint16_t port;
};

static int proxy_parse(const char *text, struct proxy *p, struct twc_err *err)
{
	const char *mark = strstr(text, "://");
	struct twc_str scheme = mark ? (struct twc_str){ text, (size_t)(mark - text) } : TWC_STR("http");
	struct twc_err cause = { 0 };
	char *plain;
	int rc;

	for (p->kind = 0; p->kind < TWC_ARRAY_LEN(kinds); p->kind++) {
		if (twc_str_eq_nocase(scheme, twc_str_of(kinds[p->kind].scheme)))
			break;
	}
	if (p->kind == TWC_ARRAY_LEN(kinds))
		return twc_err_set(err, TWC_EUSAGE,
				   "a proxy is one of http, https, socks4, socks4a, socks5 and socks5h://, not %.*s://",
				   (int)(scheme.n < 20 ? scheme.n : 20), scheme.p);
	plain = twc_asprintf("http://%s", mark ? mark + 3 : text);
	rc = twc_url_parse(twc_str_of(plain), 0, &p->url, &cause);
	twc_free_secret(plain, strlen(plain));
	if (rc < 0)
		return twc_err_set(err, TWC_EUSAGE, "the proxy's URL: %s", cause.text);
	p->port = p->url.has_port ? p->url.port : kinds[p->kind].port;
	return 0;
}

/* The login of the options goes before the one of the proxy's URL. */
static void login_of(const struct twc_http_fetch *f, const struct proxy *p, char **user, char **password)
{
	*user = *password = NULL;
	if (f->o.proxy_user) {
		*user = twc_strdup(f->o.proxy_user);
		*password = twc_strdup(f->o.proxy_password ? f->o.proxy_password : "");
	} else if (p->url.has_userinfo) {
		*user = twc_str_dup(p->url.user);
		*password = twc_str_dup(p->url.password);
	}
}

static void append(char **text, const char *key, struct twc_str value)
{
	char *quoted = twc_endpoint_quote(value), *longer = twc_asprintf("%s%s%s", *text, key, quoted);

	twc_free_secret(quoted, strlen(quoted));
	twc_free_secret(*text, strlen(*text));
	*text = longer;
}

static char *place_text(const struct twc_http_fetch *f, const struct twc__http_place *place)
{
	char *text = twc_strdup("tcp:");

	append(&text, "", place->host ? twc_str_of(place->host) : f->url.dial);
	return text;
}

static bool is_tls(const struct proxy *p)
{
	return strcmp(kinds[p->kind].type, "https") == 0;
}

static char *add_tls(const struct twc_http_fetch *f, char *text)
{
	char *whole = twc_asprintf("%s%s%s", text, f->s->proxy_tls ? ":" : "", f->s->proxy_tls ? f->s->proxy_tls : "");

	twc_free_secret(text, strlen(text));
	return whole;
}

static char *add_keys(const struct twc_http_fetch *f, char *text, unsigned port)
{
	char *whole = twc_asprintf("%s:%u%s%s", text, port, f->s->keys ? ":" : "", f->s->keys ? f->s->keys : "");

	twc_free_secret(text, strlen(text));
	return whole;
}

/* What the request for a tunnel says besides: who asks, and the user's fields for the proxy, as curl has it. */
static char *tunnel_fields(const struct twc_http_fetch *f)
{
	const char *agent = f->o.user_agent ? f->o.user_agent : "twc/" TWC_VERSION;
	const struct twc_http_fields *own = f->o.proxy_fields;
	bool has_agent = !*agent || (own && twc_http_fields_get(own, "User-Agent", NULL));
	bool has_connection = own && twc_http_fields_get(own, "Proxy-Connection", NULL);
	char *lines, *longer;

	lines = twc_asprintf("%s%s%s%s", has_agent ? "" : "User-Agent: ", has_agent ? "" : agent, has_agent ? "" : "\n",
			     has_connection ? "" : "Proxy-Connection: Keep-Alive\n");
	for (size_t i = 0; own && i < twc_http_fields_count(own); i++) {
		struct twc_http_field field = twc_http_fields_at(own, i);

		longer = twc_asprintf("%s%.*s: %.*s\n", lines, (int)field.name.n, field.name.p, (int)field.value.n,
				      field.value.p);
		twc_free_secret(lines, strlen(lines));
		lines = longer;
	}
	return lines;
}

/* It is asked for a connection to where the URL leads, and from then on it is as if it were not there. */
static char *tunnel_text(const struct twc_http_fetch *f, const struct proxy *p, const struct twc__http_place *place)
{
	char *text = add_keys(f, place_text(f, place), place->port), *via, *user, *password, *fields, *whole;

	via = twc_asprintf("%s:", kinds[p->kind].type);
	append(&via, "", p->url.dial);
	whole = twc_asprintf("%s:%u%s", via, p->port, kinds[p->kind].keys);
	twc_free(via);
	if (is_tls(p))
		whole = add_tls(f, whole);
	login_of(f, p, &user, &password);
	if (user)
		append(&whole, ":user=", twc_str_of(user));
	if (password && *password)
		append(&whole, ":pass=", twc_str_of(password));
	if (kinds[p->kind].is_http) {
		fields = tunnel_fields(f);
		append(&whole, ":fields=", twc_str_of(fields));
		twc_free_secret(fields, strlen(fields));
	}
	via = twc_asprintf("%s:via=[%s]", text, whole);
	twc_free_secret(whole, strlen(whole));
	twc_free_secret(text, strlen(text));
	if (user)
		twc_free_secret(user, strlen(user));
	if (password)
		twc_free_secret(password, strlen(password));
	return via;
}

static char *front_text(const struct twc_http_fetch *f, const struct proxy *p)
{
	char *text = twc_strdup(is_tls(p) ? "tls:" : "tcp:");

	append(&text, "", p->url.dial);
	text = add_keys(f, text, p->port);
	return is_tls(p) ? add_tls(f, text) : text;
}

/* ---- the answer ---- */

static int way_by_proxy(const struct twc_http_fetch *f, const char *proxy, const struct twc__http_place *place,
			struct twc__http_way *way, struct twc_err *err)
{
	struct proxy p = { 0 };
	int rc = proxy_parse(proxy, &p, err);

	if (rc == 0 && kinds[p.kind].is_http && !twc_url_is_secure(&f->url) && !f->o.proxy_tunnel && !place->is_moved) {
		way->via = front_text(f, &p);
		way->absolute = true;
		login_of(f, &p, &way->user, &way->password);
	} else if (rc == 0) {
		way->via = tunnel_text(f, &p, place);
	}
	twc_url_fini(&p.url);
	return rc;
}

int twc__http_way_find(const struct twc_http_fetch *f, struct twc__http_way *way, struct twc_err *err)
{
	struct twc__http_place place;
	const char *proxy;

	*way = (struct twc__http_way){ 0 };
	if (f->o.via) {
		way->via = twc_strdup(f->o.via);
		return 0;
	}
	proxy = proxy_of(f);
	twc__http_session_place(f->s, &f->url, !proxy, &place);
	if (proxy)
		return way_by_proxy(f, proxy, &place, way, err);
	if (place.is_moved)
		way->via = add_keys(f, place_text(f, &place), place.port);
	return 0;
}

void twc__http_way_fini(struct twc__http_way *way)
{
	char *all[] = { way->via, way->user, way->password };

	for (size_t i = 0; i < TWC_ARRAY_LEN(all); i++) {
		if (all[i])
			twc_free_secret(all[i], strlen(all[i]));
	}
	*way = (struct twc__http_way){ 0 };
}
