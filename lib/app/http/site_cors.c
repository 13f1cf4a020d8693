/* SPDX-License-Identifier: MIT */
/*
 * What scripts of other sites may read (CORS, as the Fetch standard has it). Preflight requests are answered here,
 * before a login is asked for: browsers send none with them. What a request is for is the browser's to hold back, not
 * ours to refuse, so all else goes on as if there were no Origin.
 */
#include "app/http/site.h"

#include "protocol/http/octet.h"
#include "base/banned.h"

#define MAX_AGE "600" /* seconds for which a browser may remember a preflight */
#define METHODS "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

struct cors {
	struct twc__http_made inner;
	struct twc_str origins; /* borrowed; n 0: all */
	bool has_logins;
};

static struct twc_str field(const struct twc_http_exchange *x, const char *name)
{
	struct twc_str value = { NULL, 0 };

	(void)twc_http_fields_get(&twc_http_request(x)->fields, name, &value);
	return value;
}

static bool is_named(const struct cors *c, struct twc_str origin)
{
	struct twc_str rest = c->origins, one;

	while (twc_http_list_next(&rest, &one))
		if (twc_str_eq(one, origin))
			return true;
	return false;
}

/* Says what the page may do. False: nothing, it is of none of the sites. */
static bool admit(const struct cors *c, struct twc_http_exchange *x, struct twc_str origin)
{
	if (!c->origins.n) {
		twc_http_add_field(x, "Access-Control-Allow-Origin", "*");
		return true;
	}
	twc_http_add_field(x, "Vary", "Origin");
	if (!is_named(c, origin))
		return false;
	twc_http_add_field_str(x, TWC_STR("Access-Control-Allow-Origin"), origin);
	if (c->has_logins)
		twc_http_add_field(x, "Access-Control-Allow-Credentials", "true");
	return true;
}

static void answer_preflight(struct twc_http_exchange *x, struct twc_str method)
{
	struct twc_str names = field(x, "Access-Control-Request-Headers");

	twc_http_add_field(x, "Access-Control-Allow-Methods", METHODS);
	if (twc_http_method_of(method) == TWC_HTTP_OTHER && twc_http_is_token(method))
		twc_http_add_field_str(x, TWC_STR("Access-Control-Allow-Methods"), method);
	if (names.n)
		twc_http_add_field_str(x, TWC_STR("Access-Control-Allow-Headers"), names);
	twc_http_add_field(x, "Access-Control-Max-Age", MAX_AGE);
	twc_http_add_field(x, "Vary", "Access-Control-Request-Method, Access-Control-Request-Headers");
	twc_http_set_status(x, 204);
	twc_http_send(x, NULL, 0);
}

static struct twc_deferred *cors_handle(void *arg, struct twc_http_exchange *x)
{
	const struct cors *c = arg;
	struct twc_str origin = field(x, "Origin"), method;

	if (origin.n && admit(c, x, origin)) {
		method = field(x, "Access-Control-Request-Method");
		if (method.n && twc_http_request(x)->method_id == TWC_HTTP_OPTIONS) {
			answer_preflight(x, method);
			return NULL;
		}
		if (!c->has_logins || !c->origins.n)
			twc_http_add_field(x, "Access-Control-Expose-Headers", "*");
	}
	return c->inner.handler.handle(c->inner.handler.arg, x);
}

static void cors_free(void *arg)
{
	struct cors *c = arg;

	twc__http_made_free(&c->inner);
	twc_free(c);
}

/* "https://host", "http://host:port", "null" for what has none. */
static int check_origins(struct twc_str list, struct twc_err *err)
{
	struct twc_str one;
	bool found = false;

	while (twc_http_list_next(&list, &one)) {
		const char *colon = memchr(one.p, ':', one.n);
		size_t scheme = colon ? (size_t)(colon - one.p) : 0;

		found = true;
		if (twc_str_is(one, "null"))
			continue;
		if (!scheme || one.n - scheme < 4 || memcmp(colon, "://", 3) != 0 || memchr(colon + 3, '/', one.n - scheme - 3) ||
		    !twc__http_all(one, TWC__HTTP_VALUE))
			return twc_err_set(err, TWC_EUSAGE, "cors: %.*s is no origin, such as https://one.test",
					   one.n > 100 ? 100 : (int)one.n, one.p);
	}
	return found ? 0 : twc_err_set(err, TWC_EUSAGE, "cors: no origin is named; * stands for all");
}

static int cors_wrap(struct twc_http_site *s, struct twc__http_made *made, struct twc_err *err)
{
	struct twc_str origins = twc_str_of(s->o.cors);
	struct cors *c;

	if (!s->o.cors)
		return 0;
	if (twc_str_is(origins, "*"))
		origins.n = 0;
	else if (check_origins(origins, err) < 0)
		return TWC_EUSAGE;
	c = twc_calloc(1, sizeof(*c));
	*c = (struct cors){ .inner = *made, .origins = origins, .has_logins = s->o.auth || s->o.upload_auth };
	*made = (struct twc__http_made){ { cors_handle, c }, cors_free };
	return 0;
}

const struct twc__http_wrapper twc__http_wrapper_cors = { .wrap_site = cors_wrap };
