/* SPDX-License-Identifier: MIT */
/*
 * Which handler answers a request: routes by method and pattern, the most specific first, and other routers below a prefix.
 *
 * Routes are kept in the order in which they are tried, so the first that fits path and method decides. A path that fits with other
 * methods only is 405, one that would with "/" added is redirected there, any other 404.
 */
#include "protocol/http/exchange.h"

#include <twc/url.h>

#include "protocol/http/pattern.h"
#include "base/banned.h"

#define ALLOW_MAX 4096 /* bytes of an Allow field */

struct route {
	struct twc__http_pattern *pattern; /* owned */
	char *method;			   /* owned; NULL: any */
	twc_http_handle_fn handle;
	void *arg;
	void (*arg_free)(void *); /* NULL: nothing to be done */
	struct twc_http_router *sub; /* owned; NULL: `handle` answers */
};

struct twc_http_router {
	struct route *route; /* owned; in the order of trying */
	size_t n, cap;
};

/* ---- making ---- */

struct twc_http_router *twc_http_router_new(void)
{
	return twc_calloc(1, sizeof(struct twc_http_router));
}

void twc_http_router_free(struct twc_http_router *router)
{
	if (!router)
		return;
	for (size_t i = 0; i < router->n; i++) {
		struct route *route = &router->route[i];

		if (route->arg_free)
			route->arg_free(route->arg);
		twc__http_pattern_free(route->pattern);
		twc_http_router_free(route->sub);
		twc_free(route->method);
	}
	twc_free(router->route);
	twc_free(router);
}

/* Behind all that are to be tried before it or are its equals. */
static void add_route(struct twc_http_router *router, const struct route *route)
{
	size_t at = router->n;

	if (router->n == router->cap) {
		router->cap = router->cap ? 2 * router->cap : 8;
		router->route = twc_realloc(router->route, router->cap * sizeof(*route));
	}
	while (at && twc__http_pattern_compare(route->pattern, router->route[at - 1].pattern) < 0)
		at--;
	memmove(router->route + at + 1, router->route + at, (router->n - at) * sizeof(*route));
	router->route[at] = *route;
	router->n++;
}

int twc_http_route(struct twc_http_router *router, const char *method, const char *pattern, twc_http_handle_fn handle, void *arg,
		   void (*arg_free)(void *), struct twc_err *err)
{
	struct route route = { .handle = handle, .arg = arg, .arg_free = arg_free };
	int rc;

	if (method && !twc_http_is_token(twc_str_of(method)))
		return twc_err_set(err, TWC_EUSAGE, "'%s' is no method", method);
	rc = twc__http_pattern_new(&route.pattern, twc_str_of(pattern), err);
	if (rc < 0)
		return rc;
	route.method = method ? twc_strdup(method) : NULL;
	add_route(router, &route);
	return 0;
}

int twc_http_mount(struct twc_http_router *router, const char *prefix, struct twc_http_router *sub, struct twc_err *err)
{
	struct route route = { .sub = sub };
	struct twc_str text = twc_str_of(prefix);
	int rc;

	if (!text.n || text.p[text.n - 1] != '/') {
		rc = twc_err_at(err, TWC_EUSAGE, text.n + 1, "the prefix '%s' does not end in '/'", prefix);
		return rc;
	}
	rc = twc__http_pattern_new(&route.pattern, text, err);
	if (rc == 0)
		add_route(router, &route);
	return rc;
}

/* ---- finding ---- */

struct search {
	struct twc_http_exchange *x;
	const struct route *found;
	struct twc_buf allow; /* methods that fit instead, once something fitted the path */
	bool fits_path;	      /* with another method */
	bool wants_slash;
};

static bool fits_method(const struct route *route, const struct twc_http_request *q)
{
	if (!route->method || twc_str_is(q->method, route->method))
		return true;
	return q->method_id == TWC_HTTP_HEAD && strcmp(route->method, "GET") == 0;
}

static bool is_listed(const struct twc_buf *allow, const char *method)
{
	struct twc_str rest = twc_buf_str(allow), member;

	while (twc_http_list_next(&rest, &member))
		if (twc_str_is(member, method))
			return true;
	return false;
}

static void list_method(struct search *find, const char *method)
{
	if (is_listed(&find->allow, method))
		return;
	if (twc_buf_addf(&find->allow, "%s%s", twc_buf_len(&find->allow) ? ", " : "", method) < 0)
		return; /* longer than anybody reads */
	if (strcmp(method, "GET") == 0)
		list_method(find, "HEAD");
}

static void keep_params(struct twc_http_exchange *x, const struct route *route, const struct twc__http_pattern_match *m)
{
	struct twc__http_route *r = &x->route;
	size_t n = twc__http_pattern_count(route->pattern);
	struct twc__http_variable *param;

	r->rest = m->rest.p ? (struct twc_str){ m->rest.p - 1, m->rest.n + 1 } : (struct twc_str){ NULL, 0 };
	r->is_routed = true;
	if (!n)
		return;
	param = twc__http_exchange_alloc(x, (r->n + n) * sizeof(*param));
	if (r->n)
		memcpy(param, r->param, r->n * sizeof(*param));
	for (size_t i = 0; i < n; i++)
		param[r->n + i] = (struct twc__http_variable){ twc__http_pattern_name(route->pattern, i), m->value[i] };
	r->param = param;
	r->n += (unsigned)n;
}

/* The router where the search goes on; NULL: it is over, with find->found or without. */
static const struct twc_http_router *search_one(struct search *find, const struct twc_http_router *router, struct twc_str path)
{
	struct twc__http_pattern_match m;

	for (size_t i = 0; i < router->n; i++) {
		const struct route *route = &router->route[i];
		enum twc__http_pattern_answer answer = twc__http_pattern_match(route->pattern, path, &m);

		find->wants_slash |= answer == TWC__HTTP_PATTERN_SLASH;
		if (answer != TWC__HTTP_PATTERN_YES)
			continue;
		if (!route->sub && !fits_method(route, &find->x->request)) {
			find->fits_path = true;
			list_method(find, route->method);
			continue;
		}
		keep_params(find->x, route, &m);
		if (route->sub)
			return route->sub;
		find->found = route;
		return NULL;
	}
	return NULL;
}

static void search(struct search *find, const struct twc_http_router *router)
{
	struct twc_str path = twc_http_rest(find->x);

	while (router) {
		router = search_one(find, router, path);
		path = find->x->route.rest;
	}
}

/* ---- when nothing fits ---- */

static void list_all(struct search *find, const struct twc_http_router *router)
{
	for (size_t i = 0; i < router->n; i++) {
		const struct route *route = &router->route[i];

		if (route->sub)
			list_all(find, route->sub);
		else if (route->method)
			list_method(find, route->method);
	}
}

static void say_allow(struct search *find)
{
	struct twc_http_exchange *x = find->x;

	list_method(find, "OPTIONS");
	twc_http_set_field(x, "Allow", twc_buf_cstr(&find->allow));
	if (x->request.method_id == TWC_HTTP_OPTIONS) {
		twc_http_set_status(x, 204);
		twc_http_send(x, NULL, 0);
	} else {
		twc_http_send_error(x, 405, NULL);
	}
}

void twc__http_redirect_to_slash(struct twc_http_exchange *x)
{
	const struct twc_http_request *q = &x->request;
	bool is_get = q->method_id == TWC_HTTP_GET || q->method_id == TWC_HTTP_HEAD;
	struct twc_str path = q->raw_path;
	char *to, *p;

	while (path.n > 1 && path.p[1] == '/') {
		path.p++;
		path.n--;
	}
	to = p = twc__http_exchange_alloc(x, path.n + q->query.n + 3);
	memcpy(p, path.p, path.n);
	p += path.n;
	*p++ = '/';
	if (q->query.p) {
		*p++ = '?';
		if (q->query.n)
			memcpy(p, q->query.p, q->query.n);
		p += q->query.n;
	}
	*p = 0;
	twc_http_redirect(x, is_get ? 301 : 308, to);
}

static void answer_without(struct search *find, const struct twc_http_router *router)
{
	struct twc_http_exchange *x = find->x;
	struct twc_str path = twc_http_rest(x);

	if (!path.n || path.p[0] != '/') { /* of the server as a whole: OPTIONS, or CONNECT */
		list_all(find, router);
		say_allow(find);
	} else if (find->fits_path) {
		say_allow(find);
	} else if (find->wants_slash) {
		twc__http_redirect_to_slash(x);
	} else {
		twc_http_send_error(x, 404, NULL);
	}
}

static struct twc_deferred *router_handle(void *arg, struct twc_http_exchange *x)
{
	const struct twc_http_router *router = arg;
	struct search find = { .x = x };
	struct twc_str path = twc_http_rest(x);

	twc_buf_init(&find.allow, ALLOW_MAX);
	if (path.n && path.p[0] == '/')
		search(&find, router);
	if (!find.found)
		answer_without(&find, router);
	twc_buf_fini(&find.allow);
	return find.found ? find.found->handle(find.found->arg, x) : NULL;
}

struct twc_http_handler twc_http_router_handler(struct twc_http_router *router)
{
	return (struct twc_http_handler){ router_handle, router };
}

/* ---- what was found, for handlers ---- */

struct twc_str twc_http_param(const struct twc_http_exchange *x, const char *name)
{
	for (unsigned i = x->route.n; i > 0; i--)
		if (twc_str_is(x->route.param[i - 1].name, name))
			return x->route.param[i - 1].value;
	return (struct twc_str){ NULL, 0 };
}

int64_t twc_http_param_int(const struct twc_http_exchange *x, const char *name)
{
	struct twc_str s = twc_http_param(x, name);
	bool is_negative = s.n && s.p[0] == '-';
	int64_t n = 0;

	if (s.n - is_negative > 18)
		return 0;
	for (size_t i = is_negative; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
		n = n * 10 + (s.p[i] - '0');
	}
	return is_negative ? -n : n;
}

struct twc_str twc_http_rest(const struct twc_http_exchange *x)
{
	return x->route.is_routed ? x->route.rest : x->request.path;
}

struct twc_str twc_http_query(struct twc_http_exchange *x, const char *name)
{
	struct twc_str none = { NULL, 0 };
	struct twc_buf value;
	char *kept;
	size_t n;

	twc_buf_init(&value, x->request.query.n);
	if (!x->request.query.n || twc_form_find(x->request.query, twc_str_of(name), &value) != 1) {
		twc_buf_fini(&value);
		return none;
	}
	n = twc_buf_len(&value);
	kept = twc__http_exchange_alloc(x, n + 1);
	if (n)
		memcpy(kept, twc_buf_head(&value), n);
	kept[n] = 0;
	twc_buf_fini(&value);
	return (struct twc_str){ kept, n };
}
