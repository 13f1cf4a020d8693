/* SPDX-License-Identifier: MIT */
/* Set-Cookie and Cookie: see cookie.h. Numbers of sections are those of RFC 6265bis. */
#include "protocol/http/cookie.h"

#include "protocol/http/date.h"
#include "protocol/http/octet.h"

#include "base/banned.h"

/* The whole field; a name, a value and every attribute at its longest fit several times. */
#define FIELD_MAX 16384
#define AGE_MAX INT64_C(100000000000000000)

/* ---- Set-Cookie, 5.6 ---- */

/* Saturates at 10^17 seconds. Anything but digits behind one '-' is no number. */
static bool read_age(struct twc_str s, int64_t *age)
{
	bool is_negative = s.n && s.p[0] == '-';
	int64_t v = 0;

	for (size_t i = is_negative; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
		if (v > AGE_MAX)
			v = AGE_MAX;
	}
	*age = is_negative ? -v : v;
	return s.n > (size_t)is_negative;
}

static void set_expires(struct twc__http_cookie *c, struct twc_str value)
{
	int64_t t;

	if (twc__http_cookie_date(value, &t)) {
		c->expires = t;
		c->has_expires = true;
	}
}

static void set_max_age(struct twc__http_cookie *c, struct twc_str value)
{
	int64_t age;

	if (read_age(value, &age)) {
		c->max_age = age;
		c->has_max_age = true;
	}
}

/* Of the Domain and Path attributes the last one counts, also when it is empty. */
static void set_domain(struct twc__http_cookie *c, struct twc_str value)
{
	if (value.n && value.p[0] == '.') {
		value.p++;
		value.n--;
	}
	c->domain = value;
}

static void set_path(struct twc__http_cookie *c, struct twc_str value)
{
	c->path = value.n && value.p[0] == '/' ? value : (struct twc_str){ NULL, 0 };
}

static void set_secure(struct twc__http_cookie *c, struct twc_str value)
{
	(void)value;
	c->secure = true;
}

static void set_http_only(struct twc__http_cookie *c, struct twc_str value)
{
	(void)value;
	c->http_only = true;
}

static void set_same_site(struct twc__http_cookie *c, struct twc_str value)
{
	static const char *const words[] = { "None", "Lax", "Strict" };

	c->same_site = TWC__HTTP_SAME_SITE_DEFAULT;
	for (size_t i = 0; i < TWC_ARRAY_LEN(words); i++)
		if (twc_str_eq_nocase(value, twc_str_of(words[i])))
			c->same_site = (enum twc__http_same_site)(TWC__HTTP_SAME_SITE_NONE + i);
}

static const struct {
	const char *name;
	void (*set)(struct twc__http_cookie *c, struct twc_str value);
} attributes[] = {
	{ "Expires", set_expires }, { "Max-Age", set_max_age },	  { "Domain", set_domain },	{ "Path", set_path },
	{ "Secure", set_secure },   { "HttpOnly", set_http_only }, { "SameSite", set_same_site },
};

static void read_attribute(struct twc__http_cookie *c, struct twc_str part)
{
	struct twc_str value = part, name = { NULL, 0 };

	twc_str_cut(&value, '=', &name);
	name = twc_str_trim(name);
	value = twc_str_trim(value);
	if (value.n > TWC__HTTP_COOKIE_ATTR_MAX)
		return;
	for (size_t i = 0; i < TWC_ARRAY_LEN(attributes); i++)
		if (twc_str_eq_nocase(name, twc_str_of(attributes[i].name)))
			attributes[i].set(c, value);
}

static bool has_control(struct twc_str s, bool tab_too)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch == 0x7f || (ch < 0x20 && (ch != '\t' || tab_too)))
			return true;
	}
	return false;
}

/* "name=value", or a value alone. */
static void read_pair(struct twc_str pair, struct twc_str *name, struct twc_str *value)
{
	const char *equals = pair.n ? memchr(pair.p, '=', pair.n) : NULL;

	*name = (struct twc_str){ NULL, 0 };
	*value = pair;
	if (equals)
		twc_str_cut(value, '=', name);
	*name = twc_str_trim(*name);
	*value = twc_str_trim(*value);
}

int twc__http_cookie_parse(struct twc_str field, struct twc__http_cookie *out, struct twc_err *err)
{
	struct twc_str rest = field, part = { NULL, 0 };

	memset(out, 0, sizeof(*out));
	if (field.n > FIELD_MAX)
		return twc_err_set(err, TWC_ETOOLONG, "the cookie has %zu bytes (at most %d)", field.n, FIELD_MAX);
	if (has_control(field, false))
		return twc_err_set(err, TWC_EPROTO, "the cookie holds a control character");
	twc_str_cut(&rest, ';', &part);
	read_pair(part, &out->name, &out->value);
	if (out->name.n + out->value.n == 0)
		return twc_err_set(err, TWC_EPROTO, "the cookie has neither name nor value");
	if (out->name.n + out->value.n > TWC__HTTP_COOKIE_MAX)
		return twc_err_set(err, TWC_ETOOLONG, "name and value of the cookie have %zu bytes (at most %d)",
				   out->name.n + out->value.n, TWC__HTTP_COOKIE_MAX);
	while (twc_str_cut(&rest, ';', &part))
		read_attribute(out, part);
	if (has_control(out->name, true) || has_control(out->value, true) || has_control(out->domain, true) ||
	    has_control(out->path, true))
		return twc_err_set(err, TWC_EPROTO, "the cookie holds a tab");
	return 0;
}

static bool starts_nocase(struct twc_str s, struct twc_str prefix)
{
	return s.n >= prefix.n && twc_str_eq_nocase((struct twc_str){ s.p, prefix.n }, prefix);
}

/* 4.1.3 and steps 20 to 22 of 5.7. */
bool twc__http_cookie_keeps_prefix(const struct twc__http_cookie *c, bool host_only)
{
	const struct twc_str secure = TWC_STR("__Secure-"), host = TWC_STR("__Host-");

	if (c->name.n == 0)
		return !starts_nocase(c->value, secure) && !starts_nocase(c->value, host);
	if (starts_nocase(c->name, secure))
		return c->secure;
	if (starts_nocase(c->name, host))
		return c->secure && host_only && twc_str_is(c->path, "/");
	return true;
}

/* ---- Cookie ---- */

bool twc__http_cookie_next(struct twc_str *rest, struct twc_str *name, struct twc_str *value)
{
	struct twc_str part;

	while (twc_str_cut(rest, ';', &part)) {
		read_pair(part, name, value);
		if (name->n + value->n)
			return true;
	}
	return false;
}

bool twc__http_cookie_is_sendable(struct twc_str name, struct twc_str value)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char ch = (unsigned char)value.p[i];

		if (ch <= ' ' || ch >= 0x7f || ch == '"' || ch == ',' || ch == ';' || ch == '\\')
			return false;
	}
	return name.n && twc__http_all(name, TWC__HTTP_TCHAR) && name.n + value.n <= TWC__HTTP_COOKIE_MAX;
}
