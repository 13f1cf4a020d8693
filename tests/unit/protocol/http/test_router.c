/* SPDX-License-Identifier: MIT */
/* Routes: which handler answers, with what variables; what is answered when none does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <twc/http_server.h>
#include "support/loop.h"
#include "support/probe.h"

/* Says its own name, and what it found. */
static struct twc_deferred *tell(void *arg, struct twc_http_exchange *x)
{
	struct twc_str n = twc_http_param(x, "n"), p = twc_http_param(x, "p"), q = twc_http_query(x, "q"), rest = twc_http_rest(x);

	twc_http_sendf(x, 200, "text/plain", "%s n=%.*s/%lld p=%.*s q=%.*s%s rest=%.*s", (const char *)arg, (int)n.n, n.p,
		       (long long)twc_http_param_int(x, "n"), (int)p.n, p.p, (int)q.n, q.p, q.p ? "!" : "", (int)rest.n, rest.p);
	assert_null(twc_http_param(x, "other").p);
	return NULL;
}

static unsigned freed;

static void free_name(void *arg)
{
	freed++;
	free(arg);
}

/* A router as what answers below a route of another: of its own, not the tree's as a mount would be. */
static void free_router(void *arg)
{
	freed++;
	twc_http_router_free(arg);
}

static struct twc_deferred *answer_below(void *arg, struct twc_http_exchange *x)
{
	struct twc_http_handler h = twc_http_router_handler(arg);

	return h.handle(h.arg, x);
}

static void route(struct twc_http_router *router, const char *method, const char *pattern, const char *name)
{
	char *copy = strdup(name);
	struct twc_err err = { 0 };

	assert_non_null(copy);
	assert_int_equal(twc_http_route(router, method, pattern, tell, copy, free_name, &err), 0);
}

static struct twc_http_router *make(void)
{
	struct twc_http_router *router = twc_http_router_new(), *sub = twc_http_router_new(), *below = twc_http_router_new();

	route(below, "GET", "/home/<p>", "below");
	assert_int_equal(twc_http_route(router, NULL, "/below/<n>/", answer_below, below, free_router, NULL), 0);
	route(router, "GET", "/<n>", "name");
	route(router, "GET", "/about", "about");
	route(router, "POST", "/about", "post");
	route(router, NULL, "/any", "any");
	route(router, "GET", "/run/<int:n>", "int");
	route(router, "GET", "/run/<n>", "word");
	route(router, "GET", "/static/", "tree");
	route(router, "GET", "/files/<path:p>", "path");
	route(router, "GET", "/twice", "first");
	route(router, "GET", "/twice", "second");
	route(router, "BREW", "/pot", "brew");
	route(sub, "GET", "/home", "sub");
	route(sub, "GET", "/x/<p>", "deep");
	assert_int_equal(twc_http_mount(router, "/api/<int:n>/", sub, NULL), 0);
	return router;
}

static const struct {
	const char *request, *answer;
} rows[] = {
	{ "GET /about", "200 about n=/0 p= q= rest=" },
	{ "POST /about", "200 post n=/0 p= q= rest=" },
	{ "GET /x?q=1%20+2&q=3", "200 name n=x/0 p= q=1  2! rest=" },
	{ "GET /x?q", "200 name n=x/0 p= q=! rest=" },
	{ "GET /x?p=q", "200 name n=x/0 p= q= rest=" },
	{ "GET /%61b", "200 name n=ab/0 p= q= rest=" },
	{ "HEAD /about", "200 " },
	{ "DELETE /any", "200 any n=/0 p= q= rest=" },
	{ "OPTIONS /any", "200 any n=/0 p= q= rest=" },
	{ "GET /run/-42", "200 int n=-42/-42 p= q= rest=" },
	{ "GET /run/42x", "200 word n=42x/0 p= q= rest=" },
	{ "GET /static/", "200 tree n=/0 p= q= rest=/" },
	{ "GET /static/a/b", "200 tree n=/0 p= q= rest=/a/b" },
	{ "GET /files/a/b", "200 path n=/0 p=a/b q= rest=" },
	{ "GET /twice", "200 first n=/0 p= q= rest=" },
	{ "BREW /pot", "200 brew n=/0 p= q= rest=" },
	{ "GET /api/7/home", "200 sub n=7/7 p= q= rest=" },
	{ "GET /api/7/x/y", "200 deep n=7/7 p=y q= rest=" },
	{ "GET /api/7/none", "404 404 Not Found\n" },
	{ "POST /api/7/x/y", "405 [GET, HEAD, OPTIONS] 405 Method Not Allowed\n" },
	{ "PUT /about", "405 [GET, HEAD, POST, OPTIONS] 405 Method Not Allowed\n" },
	{ "get /about", "405 [GET, HEAD, POST, OPTIONS] 405 Method Not Allowed\n" },
	{ "OPTIONS /about", "204 [GET, HEAD, POST, OPTIONS] " },
	{ "OPTIONS *", "204 [GET, HEAD, POST, BREW, OPTIONS] " },
	{ "CONNECT h:1", "405 [GET, HEAD, POST, BREW, OPTIONS] 405 Method Not Allowed\n" },
	{ "GET /a/b", "404 404 Not Found\n" },
	{ "PUT /a/b", "404 404 Not Found\n" },
	{ "GET /run/", "404 404 Not Found\n" },
	{ "GET /api/7?a=%20", "301 </api/7/?a=%20> " },
	{ "GET /below/7/home/x", "200 below n=7/7 p=x q= rest=" },
	{ "PUT /below/7/home/x", "405 [GET, HEAD, OPTIONS] 405 Method Not Allowed\n" },
	{ "GET /below/7/", "404 404 Not Found\n" },
	{ "POST //../api/7", "308 </../api/7/> " }, /* "//../" would be a host */
};

/* "404 [allow] <location> body" */
static void shorten(const char *answer, char *out, size_t cap)
{
	const char *allow = strstr(answer, "\r\nAllow: "), *to = strstr(answer, "\r\nLocation: "), *body = strstr(answer, "\r\n\r\n");
	int n = snprintf(out, cap, "%.3s ", answer + 9);

	assert_non_null(body);
	if (allow)
		n += snprintf(out + n, cap - (size_t)n, "[%.*s] ", (int)strcspn(allow + 9, "\r"), allow + 9);
	if (to)
		n += snprintf(out + n, cap - (size_t)n, "<%.*s> ", (int)strcspn(to + 12, "\r"), to + 12);
	snprintf(out + n, cap - (size_t)n, "%s", body + 4);
}

static void ask(struct twc_reactor *r, struct twc_http_server *s, const char *request, char *out, size_t cap)
{
	struct probe client;
	char text[256];

	snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: h:1\r\n\r\n", request);
	probe_init(&client);
	twc_transport_pair(r, 0, twc_factory_build(twc_http_server_factory(s), NULL), &client.base);
	twc_transport_write(client.base.transport, text, strlen(text));
	twc_reactor_advance(r, 0);
	assert_non_null(client.got);
	shorten(client.got, out, cap);
	twc_transport_abort(client.base.transport);
	twc_reactor_advance(r, 0);
	probe_fini(&client);
}

static void test_rows(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_http_router *router = make();
	struct twc_http_server *s = twc_http_server_new(r, twc_http_router_handler(router), NULL);
	char out[1024];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		ask(r, s, rows[i].request, out, sizeof(out));
		if (strcmp(out, rows[i].answer) != 0)
			fail_msg("%s: '%s' is not '%s'", rows[i].request, out, rows[i].answer);
	}
	twc_reactor_free(r);
	twc_http_server_free(s);
	freed = 0;
	twc_http_router_free(router);
	assert_int_equal(freed, 15);
}

static void test_bad(void **state)
{
	struct twc_http_router *router = twc_http_router_new();
	struct twc_err err = { 0 };

	assert_int_equal(twc_http_route(router, "A B", "/", tell, NULL, NULL, &err), TWC_EUSAGE);
	assert_int_equal(twc_http_route(router, "GET", "/<int:>", tell, NULL, NULL, &err), TWC_EUSAGE);
	assert_int_not_equal(err.column, 0);
	assert_int_equal(twc_http_mount(router, "/api", router, &err), TWC_EUSAGE);
	assert_int_equal(err.column, 5);
	twc_http_router_free(router);
	twc_http_router_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
