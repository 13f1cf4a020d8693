/* SPDX-License-Identifier: MIT */
/* Cookies: those that came, and the setting and deleting of others (RFC 6265). */
#include "app/http/bin.h"

#include "protocol/http/cookie.h"
#include "protocol/http/exchange.h"
#include "base/banned.h"

#define COOKIES_MAX 200 /* that are told or set at once */

/* Of two of the same name the first, which is of the longer path. */
static bool is_told(const struct twc_str *names, size_t n, struct twc_str name)
{
	for (size_t i = 0; i < n; i++)
		if (twc_str_eq(names[i], name))
			return true;
	return false;
}

static void tell_cookies(struct twc_json *j, struct twc_http_exchange *x)
{
	const struct twc_http_fields *f = &twc_http_request(x)->fields;
	struct twc_str names[COOKIES_MAX], rest, name, value;
	size_t n = 0;

	for (size_t at = twc_http_fields_find(f, "Cookie", 0); at != SIZE_MAX; at = twc_http_fields_find(f, "Cookie", at + 1)) {
		rest = twc_http_fields_at(f, at).value;
		while (n < COOKIES_MAX && twc__http_cookie_next(&rest, &name, &value)) {
			if (is_told(names, n, name))
				continue;
			names[n++] = name;
			char *key = twc_str_dup(name);
			twc_json_str(j, key, value.p ? value : TWC_STR(""));
			twc_free(key);
		}
	}
}

static struct twc_deferred *handle_cookies(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_reply r;

	(void)arg;
	twc__bin_reply_begin(&r, x);
	twc_json_open(&r.j, "cookies", '{');
	tell_cookies(&r.j, x);
	twc_json_close(&r.j, '}');
	twc__bin_reply_send(&r, 200);
	return NULL;
}

static bool are_sendable(const struct twc__bin_values *v)
{
	if (v->rc || v->n > COOKIES_MAX)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (!twc__http_cookie_is_sendable(twc__bin_values_name(v, i), twc__bin_values_value(v, i)))
			return false;
	return true;
}

static void add_cookies(struct twc_http_exchange *x, const struct twc__bin_values *v, bool is_delete)
{
	const char *secure = twc__bin_is_secure(x) ? "; Secure" : "";

	for (size_t i = 0; i < v->n; i++) {
		struct twc_str name = twc__bin_values_name(v, i), value = twc__bin_values_value(v, i);
		char *line;

		if (is_delete)
			line = twc_asprintf("%s=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly%s",
					    name.p, secure);
		else
			line = twc_asprintf("%s=%s; Path=/; HttpOnly%s", name.p, value.p, secure);
		twc_http_add_field(x, "Set-Cookie", line);
		twc_free(line);
	}
}

static void change_cookies(const struct twc__bin *bin, struct twc_http_exchange *x, bool is_delete)
{
	struct twc__bin_values v;
	char *to;

	twc__bin_values_init(&v);
	twc__bin_values_add_form(&v, twc_http_request(x)->query);
	if (are_sendable(&v)) {
		add_cookies(x, &v, is_delete);
		to = twc_asprintf("%s/cookies", bin->prefix);
		twc_http_redirect(x, 302, to);
		twc_free(to);
	} else {
		twc__bin_fail(x, 400, "not fit for cookies");
	}
	twc__bin_values_fini(&v);
}

static struct twc_deferred *handle_set(void *arg, struct twc_http_exchange *x)
{
	change_cookies(arg, x, false);
	return NULL;
}

static struct twc_deferred *handle_delete(void *arg, struct twc_http_exchange *x)
{
	change_cookies(arg, x, true);
	return NULL;
}

const struct twc__bin_route twc__bin_cookies[] = {
	{ NULL, "/cookies", handle_cookies, "The cookies of the request." },
	{ NULL, "/cookies/set", handle_set, "Each argument becomes a cookie: ?name=value." },
	{ NULL, "/cookies/delete", handle_delete, "Takes back the cookies that are named." },
	{ .pattern = NULL },
};
