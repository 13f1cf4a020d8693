/* SPDX-License-Identifier: MIT */
/*
 * The jar: which cookies are stored, for whom, and which go with a request. See jar.h; sections are those of RFC
 * 6265bis. A jar holds few cookies and is asked once a request, so that all are looked at in turn; their order is
 * that of their making.
 */
#include "protocol/http/jar_priv.h"

#include <arpa/inet.h>

#include "protocol/http/suffix.h"

#include "base/banned.h"

/* ---- hosts and paths ---- */

bool twc__http_jar_is_ip(struct twc_str host)
{
	char text[INET6_ADDRSTRLEN + 1];
	struct in6_addr addr;

	if (host.n == 0 || host.n >= sizeof(text) || memchr(host.p, 0, host.n))
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	return inet_pton(AF_INET, text, &addr) == 1 || inet_pton(AF_INET6, text, &addr) == 1;
}

/* Without brackets and without the dot that ends a complete name. */
static struct twc_str bare_host(struct twc_str host)
{
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		return (struct twc_str){ host.p + 1, host.n - 2 };
	if (host.n && host.p[host.n - 1] == '.')
		host.n--;
	return host;
}

/* `name` is `domain` or ends with it behind a dot. */
static bool is_below(struct twc_str name, struct twc_str domain)
{
	if (name.n < domain.n)
		return false;

	struct twc_str tail = { name.p + (name.n - domain.n), domain.n };

	return twc_str_eq_nocase(tail, domain) && (name.n == domain.n || tail.p[-1] == '.');
}

/* 5.1.3; an address is below nothing. */
static bool domain_matches(struct twc_str host, struct twc_str domain)
{
	return is_below(host, domain) && (host.n == domain.n || !twc__http_jar_is_ip(host));
}

/* Traffic to this machine needs no TLS to be private (RFC 6761, 6.3). */
static bool is_local(struct twc_str host)
{
	if (is_below(host, TWC_STR("localhost")) || twc_str_is(host, "::1"))
		return true;
	return twc_str_starts(host, "127.") && twc__http_jar_is_ip(host);
}

/* 5.1.4 */
static bool path_matches(struct twc_str path, struct twc_str cookie_path)
{
	if (path.n < cookie_path.n || memcmp(path.p, cookie_path.p, cookie_path.n) != 0)
		return false;
	return path.n == cookie_path.n || cookie_path.p[cookie_path.n - 1] == '/' || path.p[cookie_path.n] == '/';
}

static struct twc_str request_path(struct twc_str target)
{
	if (target.n == 0 || target.p[0] != '/')
		return TWC_STR("/");
	for (size_t i = 0; i < target.n; i++)
		if (target.p[i] == '?' || target.p[i] == '#')
			target.n = i;
	return target;
}

/* 5.1.4: up to the last slash, without it. */
static struct twc_str default_path(struct twc_str target)
{
	struct twc_str path = request_path(target);

	while (path.p[path.n - 1] != '/')
		path.n--;
	if (path.n > 1)
		path.n--;
	return path;
}

bool twc__http_jar_is_suffix(const struct twc__http_jar *jar, struct twc_str domain)
{
	if (twc_str_eq_nocase(domain, TWC_STR("localhost")))
		return false;
	if (jar->suffixes)
		return twc__http_suffix_is_public(jar->suffixes, domain);
	return !memchr(domain.p, '.', domain.n);
}

/* ---- the store ---- */

struct twc__http_jar *twc__http_jar_new(void)
{
	return twc_calloc(1, sizeof(struct twc__http_jar));
}

void twc__http_jar_free(struct twc__http_jar *jar)
{
	if (!jar)
		return;
	for (size_t i = 0; i < jar->n; i++)
		twc_free(jar->v[i]);
	twc_free(jar->v);
	twc_free(jar);
}

void twc__http_jar_set_suffixes(struct twc__http_jar *jar, const struct twc__http_suffixes *suffixes)
{
	jar->suffixes = suffixes;
}

size_t twc__http_jar_count(const struct twc__http_jar *jar)
{
	return jar->n;
}

static void remove_at(struct twc__http_jar *jar, size_t i)
{
	twc_free(jar->v[i]);
	jar->n--;
	memmove(jar->v + i, jar->v + i + 1, (jar->n - i) * sizeof(*jar->v));
}

void twc__http_jar_end_session(struct twc__http_jar *jar)
{
	for (size_t i = jar->n; i-- > 0;)
		if (jar->v[i]->c.is_session)
			remove_at(jar, i);
}

static struct twc_str copy_to(char **at, struct twc_str s)
{
	struct twc_str copy = { *at, s.n };

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static struct twc__http_jar_entry *new_entry(struct twc__http_jar *jar, const struct twc__http_jar_cookie *c)
{
	struct twc__http_jar_entry *e =
		twc_try_malloc(sizeof(*e) + c->name.n + c->value.n + c->domain.n + c->path.n);

	if (!e)
		return NULL;

	char *at = e->text;

	e->c = *c;
	e->c.domain = copy_to(&at, c->domain);
	for (char *p = e->text; p < at; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	e->c.name = copy_to(&at, c->name);
	e->c.value = copy_to(&at, c->value);
	e->c.path = copy_to(&at, c->path);
	e->used = ++jar->tick;
	return e;
}

/* The index of the cookie that `c` would replace, or jar->n. */
static size_t find(const struct twc__http_jar *jar, const struct twc__http_jar_cookie *c)
{
	for (size_t i = 0; i < jar->n; i++) {
		const struct twc__http_jar_cookie *old = &jar->v[i]->c;

		if (twc_str_eq(old->name, c->name) && twc_str_eq(old->path, c->path) &&
		    old->is_host_only == c->is_host_only && twc_str_eq_nocase(old->domain, c->domain))
			return i;
	}
	return jar->n;
}

/* Smaller goes first. */
static int keeping(const struct twc__http_jar_cookie *c, bool of_domain, int64_t now)
{
	if (twc__http_jar_has_expired(c, now))
		return 0;
	return of_domain && !c->is_secure ? 1 : 2;
}

/* Removes one cookie: of `domain`, or of all when that is NULL (5.7, at the end). */
static void evict(struct twc__http_jar *jar, const struct twc_str *domain, int64_t now)
{
	size_t worst = jar->n;

	for (size_t i = 0; i < jar->n; i++) {
		const struct twc__http_jar_entry *e = jar->v[i];

		if (domain && !twc_str_eq_nocase(e->c.domain, *domain))
			continue;
		if (worst == jar->n) {
			worst = i;
			continue;
		}

		int keep = keeping(&e->c, domain, now), least = keeping(&jar->v[worst]->c, domain, now);

		if (keep < least || (keep == least && e->used < jar->v[worst]->used))
			worst = i;
	}
	if (worst < jar->n)
		remove_at(jar, worst);
}

/* Makes room for one more of that domain. */
static void keep_bounds(struct twc__http_jar *jar, struct twc_str domain, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < jar->n; i++)
		n += twc_str_eq_nocase(jar->v[i]->c.domain, domain);
	if (n >= TWC__HTTP_JAR_DOMAIN_MAX)
		evict(jar, &domain, now);
	if (jar->n >= TWC__HTTP_JAR_MAX)
		evict(jar, NULL, now);
}

static int grow(struct twc__http_jar *jar)
{
	size_t cap = jar->cap ? jar->cap * 2 : 16;

	if (jar->n < jar->cap)
		return 0;

	struct twc__http_jar_entry **v = twc_try_realloc(jar->v, cap * sizeof(*v));

	if (!v)
		return TWC_ENOMEM;
	jar->v = v;
	jar->cap = cap;
	return 0;
}

int twc__http_jar_put(struct twc__http_jar *jar, const struct twc__http_jar_cookie *c, int64_t now)
{
	size_t i = find(jar, c);
	bool is_new = i == jar->n;

	if (twc__http_jar_has_expired(c, now)) {
		if (!is_new)
			remove_at(jar, i);
		return 0;
	}

	struct twc__http_jar_entry *e = new_entry(jar, c);

	if (!e || grow(jar)) {
		twc_free(e);
		return TWC_ENOMEM;
	}
	if (!is_new) {
		twc_free(jar->v[i]);
		jar->v[i] = e;
		return 0;
	}
	keep_bounds(jar, c->domain, now);
	jar->v[jar->n++] = e;
	return 0;
}

/* ---- an answer's cookie, 5.7 ---- */

/* The domain it is for, or why there is none. */
static int choose_domain(const struct twc__http_jar *jar, struct twc_str host, struct twc_str asked,
			 struct twc__http_jar_cookie *c, struct twc_err *err)
{
	char shown[128];

	if (asked.n && !twc_str_eq_nocase(asked, host) && twc__http_jar_is_suffix(jar, asked)) {
		twc_escape(shown, sizeof(shown), asked);
		return twc_err_set(err, TWC_EPROTO, "the cookie is for all of %s, which belongs to many", shown);
	}
	if (asked.n && !domain_matches(host, asked)) {
		twc_escape(shown, sizeof(shown), asked);
		return twc_err_set(err, TWC_EPROTO, "the cookie is for %s, where the host does not belong", shown);
	}
	/* For a suffix itself, which may be a host too, it is for that host alone. */
	c->is_host_only = asked.n == 0 || twc__http_jar_is_suffix(jar, asked);
	c->domain = c->is_host_only ? host : asked;
	return 0;
}

void twc__http_jar_choose_expiry(const struct twc__http_cookie *in, int64_t now, struct twc__http_jar_cookie *c)
{
	int64_t most = now + TWC__HTTP_JAR_LIFE_MAX;

	c->is_session = !in->has_max_age && !in->has_expires;
	if (in->has_max_age)
		c->expires = in->max_age <= 0 ? now : in->max_age > TWC__HTTP_JAR_LIFE_MAX ? most : now + in->max_age;
	else if (in->has_expires)
		c->expires = in->expires > most ? most : in->expires;
}

/* 5.7, "leave secure cookies alone": whoever is not secure may not replace or shadow one that is. */
static bool would_shadow(const struct twc__http_jar *jar, const struct twc__http_jar_cookie *c)
{
	for (size_t i = 0; i < jar->n; i++) {
		const struct twc__http_jar_cookie *old = &jar->v[i]->c;

		if (old->is_secure && twc_str_eq(old->name, c->name) &&
		    (domain_matches(old->domain, c->domain) || domain_matches(c->domain, old->domain)) &&
		    path_matches(c->path, old->path))
			return true;
	}
	return false;
}

int twc__http_jar_set(struct twc__http_jar *jar, const struct twc__http_jar_site *site, struct twc_str field, int64_t now,
		      struct twc_err *err)
{
	struct twc_str host = bare_host(site->host);
	bool is_secure = site->is_secure || is_local(host);
	struct twc__http_jar_cookie c = { 0 };
	struct twc__http_cookie in;
	int rc = twc__http_cookie_parse(field, &in, err);

	if (rc == 0 && (host.n == 0 || host.n > TWC__HTTP_JAR_HOST_MAX))
		rc = twc_err_set(err, TWC_EPROTO, "a host of %zu bytes has no cookies", host.n);
	if (rc == 0)
		rc = choose_domain(jar, host, in.domain, &c, err);
	if (rc)
		return rc;
	c.name = in.name;
	c.value = in.value;
	c.path = in.path.n ? in.path : default_path(site->path);
	c.is_secure = in.secure;
	c.is_http_only = in.http_only;
	twc__http_jar_choose_expiry(&in, now, &c);
	if (c.path.n > TWC__HTTP_JAR_PATH_MAX)
		return twc_err_set(err, TWC_ETOOLONG, "the path of the cookie has %zu bytes (at most %d)", c.path.n,
				   TWC__HTTP_JAR_PATH_MAX);
	if (c.is_secure && !is_secure)
		return twc_err_set(err, TWC_EPROTO, "the cookie is Secure, the connection is not");
	if (!is_secure && would_shadow(jar, &c))
		return twc_err_set(err, TWC_EPROTO,
				   "the cookie would take the place of a Secure one, the connection is not secure");
	if (!twc__http_cookie_keeps_prefix(&in, c.is_host_only))
		return twc_err_set(err, TWC_EPROTO,
				   "the cookie's name begins with __Secure- or __Host-, but it does not keep to it");
	rc = twc__http_jar_put(jar, &c, now);
	return rc ? twc_err_set(err, rc, "out of memory for a cookie") : 0;
}

/* ---- a request's cookies, 5.8 ---- */

static bool goes_with(const struct twc__http_jar_cookie *c, struct twc_str host, struct twc_str path, bool is_secure,
		      int64_t now)
{
	if (twc__http_jar_has_expired(c, now) || (c->is_secure && !is_secure) || !path_matches(path, c->path))
		return false;
	if (c->is_host_only)
		return twc_str_eq_nocase(host, c->domain);
	return c->domain.n == 0 || domain_matches(host, c->domain);
}

/* Fills `found` with those for this request, longest path first, then oldest; the last ones fall off. */
static size_t collect(struct twc__http_jar *jar, const struct twc__http_jar_site *site, int64_t now,
		      struct twc__http_jar_entry *found[TWC__HTTP_JAR_SEND_MAX])
{
	struct twc_str host = bare_host(site->host), path = request_path(site->path);
	bool is_secure = site->is_secure || is_local(host);
	size_t n = 0;

	for (size_t i = 0; i < jar->n; i++) {
		struct twc__http_jar_entry *e = jar->v[i];
		size_t at = n;

		if (!goes_with(&e->c, host, path, is_secure, now))
			continue;
		while (at > 0 && found[at - 1]->c.path.n < e->c.path.n)
			at--;
		if (n < TWC__HTTP_JAR_SEND_MAX)
			n++;
		else if (at == n)
			continue;
		memmove(found + at + 1, found + at, (n - 1 - at) * sizeof(*found));
		found[at] = e;
	}
	return n;
}

static size_t written_size(const struct twc__http_jar_cookie *c)
{
	return c->name.n + (c->name.n > 0) + c->value.n;
}

int twc__http_jar_cookies(struct twc__http_jar *jar, const struct twc__http_jar_site *site, int64_t now, struct twc_buf *out)
{
	struct twc__http_jar_entry *found[TWC__HTTP_JAR_SEND_MAX];
	size_t n = collect(jar, site, now, found), total = 0, fit;
	char *at, *start;

	for (fit = 0; fit < n; fit++) {
		size_t more = written_size(&found[fit]->c) + (fit ? 2 : 0);

		if (total + more > TWC__HTTP_JAR_FIELD_MAX)
			break;
		total += more;
	}
	if (fit == 0)
		return 0;

	int rc = twc_buf_reserve(out, total, &start);

	if (rc)
		return rc;
	at = start;
	for (size_t i = 0; i < fit; i++) {
		struct twc__http_jar_entry *e = found[i];

		if (i)
			copy_to(&at, TWC_STR("; "));
		copy_to(&at, e->c.name);
		if (e->c.name.n)
			copy_to(&at, TWC_STR("="));
		copy_to(&at, e->c.value);
		e->used = ++jar->tick;
	}
	TWC_ASSERT((size_t)(at - start) == total);
	twc_buf_commit(out, total);
	return 0;
}
