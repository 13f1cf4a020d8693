/* SPDX-License-Identifier: MIT */
/* A client and its pool, with a server that is a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <twc/http_client.h>
#include <unistd.h>

#include "support/http_script.h"
#include "support/loop.h"
#include "support/sockets.h"

#define OK "HTTP/1.1 200 OK\r\n"

static const struct script_row rows[] = {
	{ "GET /a", OK "Content-Length: 2\r\n\r\nok", 0 },
	{ "GET http://elsewhere.test/a", OK "Content-Length: 2\r\n\r\nok", 0 },
	{ "GET /late", OK "Content-Length: 4\r\n\r\nlate", SCRIPT_LATE },
	{ "GET /close", OK "Connection: close\r\n\r\nclosed", SCRIPT_CLOSE },
	{ "GET /stale", OK "Content-Length: 2\r\n\r\nok", SCRIPT_STALE },
	{ "GET /cut", OK "Content-Length: 9\r\n\r\nok", SCRIPT_CLOSE },
	{ "GET /reset", "", SCRIPT_RESET },
	{ "POST /echo", OK "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n", 0 },
	{ NULL, NULL, 0 },
};

/* One request and what became of it. */
struct got {
	struct twc_http_response *res;
	struct twc_err err;
	char body[256];
	bool done;
	unsigned began, sent, seen;
	struct twc_http_client **frees; /* freed when its body comes */
	struct got *next;		/* asked for at the end of this one */
	struct twc_http_client *client;
	const char *next_url;
};

static void get(struct twc_http_client *c, const char *url, struct got *g);

static void on_body(struct twc_result *res, void *arg)
{
	struct got *g = arg;
	struct twc_buf *buf = res->err.code ? NULL : res->value;

	g->err = res->err;
	if (buf)
		snprintf(g->body, sizeof(g->body), "%.*s", (int)twc_buf_len(buf), twc_buf_head(buf));
	twc_result_set(res, NULL, NULL);
	g->done = true;
	if (g->next)
		get(g->client, g->next_url, g->next);
}

static void on_answer(struct twc_result *res, void *arg)
{
	struct got *g = arg;
	struct twc_deferred *d;

	g->err = res->err;
	if (res->err.code) {
		twc_result_set(res, NULL, NULL);
		g->done = true;
		return;
	}
	g->res = twc_result_take(res);
	d = twc_http_response_collect(g->res, 200);
	if (g->frees) {
		twc_http_client_free(*g->frees);
		*g->frees = NULL;
	}
	twc_deferred_add_both(d, on_body, g);
	twc_deferred_release(d);
}

static void on_began(void *arg, struct twc_transport *t, bool reused)
{
	((struct got *)arg)->began++;
}

static void on_seen(void *arg, char dir, struct twc_str head)
{
	struct got *g = arg;

	dir == '>' ? g->sent++ : g->seen++;
}

static void ask(struct twc_http_client *c, const char *url, struct twc_http_call call, struct got *g)
{
	struct twc_url u = { 0 };
	struct twc_deferred *d;

	*g = (struct got){ .frees = g->frees, .next = g->next, .client = c, .next_url = g->next_url };
	assert_int_equal(twc_url_parse(twc_str_of(url), 0, &u, NULL), 0);
	call.url = &u;
	call.began = on_began;
	call.seen = on_seen;
	call.arg = g;
	d = twc_http_ask(c, &call);
	twc_url_fini(&u);
	twc_deferred_add_both(d, on_answer, g);
	twc_deferred_release(d);
}

static void get(struct twc_http_client *c, const char *url, struct got *g)
{
	ask(c, url, (struct twc_http_call){ 0 }, g);
}

static void drop(struct got *g)
{
	twc_http_response_free(g->res);
	g->res = NULL;
}

struct fixture {
	struct twc_reactor *r;
	struct script *s;
	struct twc_http_client *c;
	unsigned fds;
};

static void open_fixture(struct fixture *f, const struct twc_http_client_opts *o)
{
	f->fds = sockets_count_fds();
	f->r = loop_real();
	f->s = script_new(f->r, NULL, rows);
	f->c = twc_http_client_new(f->r, o);
}

static void close_fixture(struct fixture *f)
{
	if (f->c)
		twc_http_client_free(f->c);
	script_free(f->s);
	twc_reactor_free(f->r);
	assert_int_equal(sockets_count_fds(), f->fds);
}

static void check(struct fixture *f, struct got *g, const char *body)
{
	assert_true(loop_until(f->r, &g->done));
	assert_int_equal(g->err.code, 0);
	assert_string_equal(g->body, body);
	drop(g);
}

static void check_fails(struct fixture *f, struct got *g, int code)
{
	assert_true(loop_until(f->r, &g->done));
	if (g->err.code != code)
		fail_msg("%s: %s", twc_err_name(g->err.code), g->err.text);
	drop(g);
}

static void test_one(void **state)
{
	struct fixture f;
	struct got g = { 0 };
	const struct twc_http_times *t;

	open_fixture(&f, NULL);
	get(f.c, script_url(f.s, "/a?b=c#d"), &g);
	assert_true(loop_until(f.r, &g.done));
	assert_int_equal(g.res->status, 200);
	assert_int_equal(g.res->reason.n, 2);
	assert_int_equal(g.res->length, 2);
	assert_int_equal(g.res->body_bytes, 2);
	assert_false(g.res->reused);
	assert_int_equal(twc_addr_port(&g.res->peer), script_port(f.s));
	assert_int_equal(g.res->head_bytes, strlen(OK "Content-Length: 2\r\n\r\n"));
	assert_int_equal(g.res->request_bytes, strlen(script_log(f.s)));
	t = &g.res->times;
	assert_true(t->queued && t->queued <= t->dial && t->dial <= t->connected && t->connected <= t->sent);
	assert_true(t->sent <= t->first_byte && t->first_byte <= t->head && t->head <= t->done);
	assert_int_equal(t->secured, 0);
	assert_true(g.began == 1 && g.sent == 1 && g.seen == 1);
	assert_non_null(strstr(script_log(f.s), "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:"));
	check(&f, &g, "ok");
	close_fixture(&f);
}

/* One request after the other, the next made where the last is heard to have ended, goes over one connection. */
static void test_reuse(void **state)
{
	struct fixture f;
	struct got g[3] = { 0 };

	open_fixture(&f, NULL);
	for (unsigned i = 0; i < 2; i++) {
		g[i].next = &g[i + 1];
		g[i].next_url = script_url(f.s, "/a");
	}
	get(f.c, script_url(f.s, "/a"), &g[0]);
	assert_true(loop_until(f.r, &g[2].done));
	assert_int_equal(script_connections(f.s), 1);
	assert_true(g[2].res->reused);
	assert_int_equal(g[2].res->times.dial, 0);
	for (unsigned i = 0; i < 3; i++)
		check(&f, &g[i], "ok");
	g[0].next = NULL;
	ask(f.c, script_url(f.s, "/a"), (struct twc_http_call){ .fresh = true }, &g[0]);
	check(&f, &g[0], "ok");
	assert_int_equal(script_connections(f.s), 2);
	get(f.c, script_url(f.s, "/close"), &g[0]);
	check(&f, &g[0], "closed");
	get(f.c, script_url(f.s, "/a"), &g[0]);
	check(&f, &g[0], "ok");
	assert_int_equal(script_connections(f.s), 3);
	twc_http_client_close_idle(f.c);
	get(f.c, script_url(f.s, "/a"), &g[0]);
	check(&f, &g[0], "ok");
	assert_int_equal(script_connections(f.s), 4);
	close_fixture(&f);
}

static void test_max_per_host(void **state)
{
	struct fixture f;
	struct got g[20] = { 0 };

	open_fixture(&f, &(struct twc_http_client_opts){ .max_per_host = 3 });
	for (unsigned i = 0; i < 20; i++)
		ask(f.c, script_url(f.s, "/a"), (struct twc_http_call){ .fresh = i % 4 == 3 }, &g[i]);
	for (unsigned i = 0; i < 20; i++) {
		check(&f, &g[i], "ok");
		assert_true(script_open(f.s) <= 4); /* one may not have seen its end yet */
	}
	assert_true(script_connections(f.s) >= 3 + 5 - 2);
	close_fixture(&f);
}

static void test_idle(void **state)
{
	struct fixture f;
	struct got g = { 0 };

	open_fixture(&f, &(struct twc_http_client_opts){ .idle_ns = 100 * LOOP_MS });
	get(f.c, script_url(f.s, "/a"), &g);
	check(&f, &g, "ok");
	assert_int_equal(script_open(f.s), 1);
	for (unsigned i = 0; i < 2000 && script_open(f.s) > 0; i++) {
		twc_reactor_step(f.r);
		usleep(1000);
	}
	assert_int_equal(script_open(f.s), 0);
	close_fixture(&f);
}

/* A kept connection that the server has closed meanwhile is no reason to fail, where asking twice does no harm. */
static void test_stale(void **state)
{
	struct fixture f;
	struct got g = { 0 };

	open_fixture(&f, NULL);
	get(f.c, script_url(f.s, "/stale"), &g);
	check(&f, &g, "ok");
	get(f.c, script_url(f.s, "/a"), &g);
	check(&f, &g, "ok");
	assert_int_equal(g.began, 2);
	assert_int_equal(script_connections(f.s), 2);
	get(f.c, script_url(f.s, "/stale"), &g);
	check(&f, &g, "ok");
	ask(f.c, script_url(f.s, "/echo"), (struct twc_http_call){ .method = TWC_STR("POST"), .body = TWC_STR("x") }, &g);
	check_fails(&f, &g, TWC_ETRUNC);
	close_fixture(&f);
}

static void test_failures(void **state)
{
	struct fixture f;
	struct got g = { 0 };
	char url[64];

	open_fixture(&f, &(struct twc_http_client_opts){ .first_byte_ns = 400 * LOOP_MS });
	get(f.c, script_url(f.s, "/cut"), &g);
	check_fails(&f, &g, TWC_ETRUNC);
	get(f.c, script_url(f.s, "/reset"), &g);
	check_fails(&f, &g, TWC_ERESET);
	get(f.c, script_url(f.s, "/late"), &g);
	check_fails(&f, &g, TWC_ETIMEDOUT);
	snprintf(url, sizeof(url), "http://127.0.0.2:%u/", script_port(f.s));
	get(f.c, url, &g);
	check_fails(&f, &g, TWC_EREFUSED);
	assert_true(twc_http_client_last_times(f.c)->dial > 0);
	assert_int_equal(twc_http_client_last_times(f.c)->connected, 0);
	ask(f.c, script_url(f.s, "/a"), (struct twc_http_call){ .via = "nonsense:1" }, &g);
	check_fails(&f, &g, TWC_EUSAGE);
	ask(f.c, script_url(f.s, "/a"), (struct twc_http_call){ .method = TWC_STR("G T") }, &g);
	check_fails(&f, &g, TWC_EDATA);
	close_fixture(&f);
}

static void test_post(void **state)
{
	struct fixture f;
	struct got g = { 0 };
	struct twc_str value;

	open_fixture(&f, NULL);
	ask(f.c, script_url(f.s, "/echo"), (struct twc_http_call){ .method = TWC_STR("POST"), .body = TWC_STR("some text") }, &g);
	assert_true(loop_until(f.r, &g.done));
	assert_true(twc_http_fields_get(&g.res->trailers, "a", &value));
	assert_true(twc_str_is(value, "b"));
	assert_int_equal(g.res->upload_bytes, 9);
	assert_non_null(strstr(script_log(f.s), "\r\nContent-Length: 9\r\n\r\nsome text"));
	check(&f, &g, "ok");
	close_fixture(&f);
}

static void test_via(void **state)
{
	struct fixture f;
	struct got g = { 0 };
	char via[64];

	open_fixture(&f, NULL);
	snprintf(via, sizeof(via), "tcp:127.0.0.1:%u", script_port(f.s));
	ask(f.c, "http://elsewhere.test/a", (struct twc_http_call){ .via = via }, &g);
	check(&f, &g, "ok");
	ask(f.c, "http://elsewhere.test/a", (struct twc_http_call){ .via = via, .absolute = true }, &g);
	check(&f, &g, "ok");
	assert_non_null(strstr(script_log(f.s), "GET /a HTTP/1.1\r\nHost: elsewhere.test\r\n"));
	assert_non_null(strstr(script_log(f.s), "GET http://elsewhere.test/a HTTP/1.1\r\nHost: elsewhere.test\r\n"));
	assert_int_equal(script_connections(f.s), 1);
	close_fixture(&f);
}

/* Places that nobody uses any more are forgotten, and few connections are kept. */
static void test_many_places(void **state)
{
	struct fixture f;
	struct got g = { 0 };
	char via[64];

	open_fixture(&f, &(struct twc_http_client_opts){ .max_idle = 3 });
	for (unsigned i = 0; i < 1100; i++) {
		snprintf(via, sizeof(via), "tcp:127.0.0.1:%u:timeout=%us", script_port(f.s), i + 1);
		ask(f.c, script_url(f.s, "/a"), (struct twc_http_call){ .via = via }, &g);
		check(&f, &g, "ok");
	}
	assert_int_equal(script_connections(f.s), 1100);
	assert_true(script_open(f.s) <= 5);
	close_fixture(&f);
}

static void test_cancel(void **state)
{
	struct fixture f;
	struct twc_deferred *d;
	struct got g = { 0 };

	open_fixture(&f, NULL);
	d = twc_http_get(f.c, script_url(f.s, "/late")); /* while it dials */
	twc_deferred_add_both(d, on_answer, &g);
	twc_deferred_cancel(d);
	twc_deferred_release(d);
	check_fails(&f, &g, TWC_ECANCELLED);
	d = twc_http_get(f.c, script_url(f.s, "/late")); /* while it waits */
	g = (struct got){ 0 };
	twc_deferred_add_both(d, on_answer, &g);
	for (unsigned i = 0; i < 1000 && script_requests(f.s) == 0; i++) {
		twc_reactor_step(f.r);
		usleep(500);
	}
	twc_deferred_cancel(d);
	twc_deferred_release(d);
	check_fails(&f, &g, TWC_ECANCELLED);
	get(f.c, script_url(f.s, "/a"), &g);
	check(&f, &g, "ok");
	close_fixture(&f);
}

/* In the middle of everything: those who wait hear it, responses stay their owners'. */
static void test_client_freed(void **state)
{
	struct fixture f;
	struct got g[3] = { 0 };

	open_fixture(&f, &(struct twc_http_client_opts){ .max_per_host = 2 });
	g[0].frees = &f.c;
	get(f.c, script_url(f.s, "/a"), &g[0]);
	get(f.c, script_url(f.s, "/late"), &g[1]);
	get(f.c, script_url(f.s, "/late"), &g[2]);
	assert_true(loop_until(f.r, &g[0].done));
	assert_int_equal(g[0].err.code, TWC_ECANCELLED);
	drop(&g[0]);
	check_fails(&f, &g[1], TWC_ECANCELLED);
	check_fails(&f, &g[2], TWC_ECANCELLED);
	close_fixture(&f);

	open_fixture(&f, NULL); /* while it dials */
	get(f.c, script_url(f.s, "/a"), &g[1]);
	twc_http_client_free(f.c);
	f.c = NULL;
	check_fails(&f, &g[1], TWC_ECANCELLED);
	close_fixture(&f);
}

static void test_too_long_to_collect(void **state)
{
	static char big[1000];
	static struct script_row row[2];
	struct fixture f;
	struct got g = { 0 };

	open_fixture(&f, NULL);
	script_free(f.s);
	snprintf(big, sizeof(big), OK "Content-Length: 900\r\n\r\n%0900d", 1);
	row[0] = (struct script_row){ "", big, 0 };
	f.s = script_new(f.r, NULL, row);
	get(f.c, script_url(f.s, "/"), &g);
	check_fails(&f, &g, TWC_ETOOLONG);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_max_per_host),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_post),
		cmocka_unit_test(test_via),
		cmocka_unit_test(test_many_places),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_client_freed),
		cmocka_unit_test(test_too_long_to_collect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
