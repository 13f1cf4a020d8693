/* SPDX-License-Identifier: MIT */
/* The HTTP/1 server on the fake clock, by dialogs: what a client writes, what it reads, in what order, and when it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include <twc/http_server.h>
#include <twc/parse.h>
#include "support/chunk.h"
#include "support/loop.h"
#include "support/probe.h"

#define SECOND TWC_NS_PER_S
#define PATHS 64

/* A server, one client at a time, and what the handlers and hooks noted. */
struct site {
	struct twc_reactor *r;
	struct twc_http_server *s;
	struct twc_http_server_opts o;
	struct probe client;
	char log[4096]; /* "exchanged 200 /a; ended 0; refused 400" … */
	struct twc_http_exchange *x; /* of a handler that answers later */
	struct twc_deferred *d;
	char body[4096]; /* of requests, as received */
	size_t body_n;
	size_t capacity; /* of the wire; 0: the usual */
	unsigned handled;
};

static void note(struct site *w, const char *fmt, ...) TWC_PRINTF(2, 3);
static void note(struct site *w, const char *fmt, ...)
{
	size_t n = strlen(w->log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->log + n, sizeof(w->log) - n, fmt, ap);
	va_end(ap);
}

static void on_exchanged(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	const struct twc_http_request *q = twc_http_request(x);

	note(arg, "%.*s %.*s %d %llu%s%s; ", (int)q->method.n, q->method.p, (int)q->path.n, q->path.p, twc_http_status(x),
	     (unsigned long long)twc_http_sent(x), err->code ? " " : "", err->code ? twc_err_name(err->code) : "");
}

static void on_refused(void *arg, struct twc_transport *t, int status, const struct twc_err *err)
{
	assert_non_null(t);
	assert_int_not_equal(err->code, 0);
	note(arg, "refused %d; ", status);
}

/* ---- handlers, by path ---- */

static void on_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct site *w = arg;

	note(w, "ended %s; ", twc_err_name(err->code));
	if (w->x == x)
		w->x = NULL;
}

static void on_drained(void *arg, struct twc_http_exchange *x)
{
	note(arg, "drained; ");
	assert_false(twc_http_is_full(x));
}

static const struct twc_http_exchange_ops watch_ops = { .drained = on_drained, .ended = on_ended };

static void on_body_data(void *arg, const uint8_t *data, size_t n)
{
	struct site *w = arg;

	if (n > sizeof(w->body) - w->body_n)
		n = sizeof(w->body) - w->body_n;
	memcpy(w->body + w->body_n, data, n);
	w->body_n += n;
}

static void on_body_end(void *arg, const struct twc_err *err)
{
	note(arg, "body %s; ", twc_err_name(err->code));
}

static const struct twc_http_body_ops note_body = { .data = on_body_data, .end = on_body_end };

/* Streams back what it gets. */
static void echo_data(void *arg, const uint8_t *data, size_t n)
{
	twc_http_write(arg, data, n);
}

static void echo_end(void *arg, const struct twc_err *err)
{
	if (!err->code)
		twc_http_end(arg);
}

static const struct twc_http_body_ops echo_body = { .data = echo_data, .end = echo_end };

static void say_length(struct twc_result *res, void *arg)
{
	struct twc_buf *b = res->value;

	twc_http_sendf(arg, 200, "text/plain", "%zu bytes: %.8s", twc_buf_len(b), twc_buf_cstr(b));
}

static struct twc_deferred *handle_body(struct site *w, struct twc_http_exchange *x, struct twc_str path)
{
	struct twc_deferred *d;

	if (twc_str_is(path, "/echo")) {
		twc_http_begin(x, twc_http_request(x)->length);
		twc_http_receive(x, &echo_body, x);
	} else if (twc_str_is(path, "/later-body")) {
		twc_http_watch(x, &watch_ops, w);
		w->x = x;
	} else if (twc_str_is(path, "/take")) {
		twc_http_watch(x, &watch_ops, w);
		twc_http_receive(x, &note_body, w);
		w->x = x;
	} else if (twc_str_is(path, "/early")) {
		twc_http_receive(x, &note_body, w);
		twc_http_send(x, "early", 5);
	} else if (twc_str_is(path, "/collect")) {
		d = twc_http_collect(x, 16);
		twc_deferred_add(d, say_length, NULL, x);
		return d;
	}
	return NULL;
}

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct site *w = arg;

	note(w, "cancelled; ");
	w->d = NULL;
	twc_deferred_drop(d);
}

static void fail_with(struct twc_http_exchange *x, int code)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, code, "it broke");
	twc_http_fail(x, &err);
}

static struct twc_deferred *failed(struct twc_http_exchange *x, int code)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, code, "it broke");
	return twc_deferred_failed(twc_http_reactor(x), &err);
}

static struct twc_deferred *handle_later(struct site *w, struct twc_http_exchange *x, struct twc_str path)
{
	if (twc_str_is(path, "/defer") || twc_str_is(path, "/defer-begun")) {
		if (path.n > 6)
			twc_http_begin(x, TWC_HTTP_UNKNOWN);
		twc_http_watch(x, &watch_ops, w);
		w->x = x;
		return w->d = twc_deferred_new(w->r, on_cancel, w);
	}
	if (twc_str_is(path, "/wait")) {
		twc_http_watch(x, &watch_ops, w);
		w->x = x;
	} else if (twc_str_is(path, "/nothing")) {
		return twc_deferred_succeed(w->r, NULL, NULL);
	} else if (twc_str_is(path, "/timeout")) {
		return failed(x, TWC_ETIMEDOUT);
	} else if (twc_str_is(path, "/refused")) {
		return failed(x, TWC_EREFUSED);
	} else if (twc_str_is(path, "/broken")) {
		return failed(x, TWC_EBUG);
	} else {
		return handle_body(w, x, path);
	}
	return NULL;
}

static void stream(struct twc_http_exchange *x, uint64_t length, const char *body, size_t n)
{
	twc_http_begin(x, length);
	twc_http_write(x, body, n / 2);
	twc_http_write(x, body + n / 2, n - n / 2);
	twc_http_end(x);
	twc_http_write(x, "late", 4); /* and all of these do nothing */
	twc_http_end(x);
	twc_http_send(x, "late", 4);
	twc_http_add_field(x, "Late", "1");
	twc_http_send_error(x, 500, "late");
}

static struct twc_deferred *handle_response(struct site *w, struct twc_http_exchange *x, struct twc_str path)
{
	if (twc_str_is(path, "/chunks")) {
		twc_http_add_trailer(x, "Digest", "1");
		stream(x, TWC_HTTP_UNKNOWN, "abcdefghijklmnopqrst", 20);
	} else if (twc_str_is(path, "/pieces")) {
		stream(x, 4, "abcd", 4);
	} else if (twc_str_is(path, "/short")) {
		stream(x, 5, "abcd", 4);
	} else if (twc_str_is(path, "/long")) {
		stream(x, 3, "abcd", 4);
	} else if (twc_str_is(path, "/204") || twc_str_is(path, "/304")) {
		twc_http_set_status(x, atoi(path.p + 1));
		stream(x, TWC_HTTP_UNKNOWN, "abcd", 4);
	} else if (twc_str_is(path, "/close")) {
		twc_http_close(x);
		twc_http_send(x, "bye", 3);
	} else if (twc_str_is(path, "/hints")) {
		twc_http_add_field(x, "Link", "</a.css>");
		twc_http_inform(x, 103);
		twc_http_send(x, "ok", 2);
	} else if (twc_str_is(path, "/fields")) {
		twc_http_add_field(x, "Content-Length", "99");
		twc_http_add_field(x, "Connection", "x");
		twc_http_add_field(x, "Transfer-Encoding", "x");
		twc_http_add_field(x, "Date", "x");
		twc_http_add_field(x, "X", " 1 ");
		twc_http_add_field(x, "Y", "2");
		twc_http_add_field(x, "x", "3");
		twc_http_set_field(x, "X", "4");
		twc_http_set_field(x, "Y", NULL);
		twc_http_set_field(x, "Server", "me");
		assert_true(twc_http_has_field(x, "x"));
		assert_false(twc_http_has_field(x, "y"));
		twc_http_send(x, NULL, 0);
	} else if (twc_str_is(path, "/fail")) {
		twc_http_add_field(x, "X", "1");
		fail_with(x, TWC_EIO);
	} else if (twc_str_is(path, "/fail-late")) {
		twc_http_begin(x, TWC_HTTP_UNKNOWN);
		twc_http_write(x, "a", 1);
		fail_with(x, TWC_EIO);
	} else if (twc_str_is(path, "/redirect")) {
		twc_http_redirect(x, 302, "/a");
	} else if (twc_str_is(path, "/seize")) {
		struct twc_transport *t = twc_http_seize(x);

		twc_transport_write(t, "garbage", 7);
		twc_transport_lose(t);
	} else {
		return handle_later(w, x, path);
	}
	return NULL;
}

static struct twc_deferred *handle(void *arg, struct twc_http_exchange *x)
{
	struct site *w = arg;
	struct twc_str path = twc_http_request(x)->path;

	w->handled++;
	assert_false(twc_http_has_begun(x));
	if (path.n == 2) { /* "/a": its letter */
		twc_http_send(x, path.p + 1, 1);
		assert_true(twc_http_has_ended(x));
		return NULL;
	}
	if (twc_str_is(path, "/404")) {
		twc_http_send_error(x, 404, "no \"<such>\" page");
		return NULL;
	}
	return handle_response(w, x, path);
}

/* ---- the stand ---- */

static void on_client_eof(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static void site_connect(struct site *w)
{
	struct twc_protocol *p = twc_factory_build(twc_http_server_factory(w->s), NULL);

	probe_init(&w->client);
	w->client.on_eof = on_client_eof;
	twc_transport_pair(w->r, w->capacity, p, &w->client.base);
}

static void site_open(struct site *w)
{
	w->r = loop_fake();
	w->o.ops = (struct twc_http_server_ops){ .exchanged = on_exchanged, .refused = on_refused };
	w->o.arg = w;
	w->s = twc_http_server_new(w->r, (struct twc_http_handler){ handle, w }, &w->o);
	site_connect(w);
}

static void site_close(struct site *w)
{
	struct twc_http_server_stats st;

	if (!w->client.is_lost)
		twc_transport_abort(w->client.base.transport);
	twc_reactor_advance(w->r, 5 * SECOND);
	twc_http_server_stats(w->s, &st);
	assert_int_equal(st.open, 0);
	assert_int_equal(st.active, 0);
	twc_reactor_free(w->r);
	twc_http_server_free(w->s);
	probe_fini(&w->client);
}

static void say(struct site *w, const char *text)
{
	twc_transport_write(w->client.base.transport, text, strlen(text));
	twc_reactor_advance(w->r, 0);
}

/* What the client has read, with the value of each Date made "D"; of the last call only what is new. */
static const char *heard(struct site *w)
{
	static char text[65536];
	const char *from = w->client.got ? w->client.got : "";
	char *to = text;

	while (*from) {
		if (strncmp(from, "Date: ", 6) == 0) {
			to += sprintf(to, "Date: D");
			assert_memory_equal(from + 6 + 26, "GMT", 3);
			from += 6 + 29;
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
	w->client.n = 0;
	if (w->client.got)
		w->client.got[0] = 0;
	return text;
}

#define HEAD "\r\nDate: D\r\nServer: twc\r\n"
#define OK(n, body) "HTTP/1.1 200 OK" HEAD "Content-Length: " #n "\r\n\r\n" body
#define OK_CLOSE(n, body) "HTTP/1.1 200 OK" HEAD "Content-Length: " #n "\r\nConnection: close\r\n\r\n" body
#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

/* ---- dialogs: all of it at once, byte by byte, at random ---- */

enum end { OPEN, CLOSED, RESET };

#define PART(text) "*" text /* somewhere in it */

static const struct dialog {
	const char *in, *out, *log;
	enum end end;
} dialogs[] = {
	{ GET("/a"), OK(1, "a"), "GET /a 200 1; ", OPEN },
	{ "\r\n\r\n" GET("/a"), OK(1, "a"), "GET /a 200 1; ", OPEN },
	{ GET("/a") GET("/b") GET("/c"), OK(1, "a") OK(1, "b") OK(1, "c"), "GET /a 200 1; GET /b 200 1; GET /c 200 1; ", OPEN },
	{ "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" GET("/b"), OK(1, "") OK(1, "b"), "HEAD /a 200 0; GET /b 200 1; ", OPEN },
	{ "GET http://h/%61?x HTTP/1.1\r\nHost: h\r\n\r\n", OK(1, "a"), "GET /a 200 1; ", OPEN },
	/* keep-alive, 9.3 */
	{ "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" GET("/b"), OK_CLOSE(1, "a"), "GET /a 200 1; ", CLOSED },
	{ "GET /a HTTP/1.0\r\n\r\n" GET("/b"), OK_CLOSE(1, "a"), "GET /a 200 1; ", CLOSED },
	{ "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n",
	  "HTTP/1.1 200 OK" HEAD "Content-Length: 1\r\nConnection: keep-alive\r\n\r\na" OK_CLOSE(1, "b"),
	  "GET /a 200 1; GET /b 200 1; ", CLOSED },
	{ GET("/close") GET("/b"), OK_CLOSE(3, "bye"), "GET /close 200 3; ", CLOSED },
	/* bodies of responses */
	{ GET("/chunks") GET("/b"),
	  "HTTP/1.1 200 OK" HEAD "Transfer-Encoding: chunked\r\n\r\na\r\nabcdefghij\r\na\r\nklmnopqrst\r\n0\r\nDigest: 1\r\n\r\n" OK(1, "b"),
	  "GET /chunks 200 20; GET /b 200 1; ", OPEN },
	{ "HEAD /chunks HTTP/1.1\r\nHost: h\r\n\r\n" GET("/b"),
	  "HTTP/1.1 200 OK" HEAD "Transfer-Encoding: chunked\r\n\r\n" OK(1, "b"), "HEAD /chunks 200 0; GET /b 200 1; ", OPEN },
	{ "GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	  "HTTP/1.1 200 OK" HEAD "Connection: close\r\n\r\nabcdefghijklmnopqrst", "GET /chunks 200 20; ", CLOSED },
	{ GET("/pieces") GET("/b"), OK(4, "abcd") OK(1, "b"), "GET /pieces 200 4; GET /b 200 1; ", OPEN },
	{ GET("/204") GET("/b"), "HTTP/1.1 204 No Content" HEAD "\r\n" OK(1, "b"), "GET /204 204 0; GET /b 200 1; ", OPEN },
	{ GET("/304") GET("/b"), "HTTP/1.1 304 Not Modified" HEAD "\r\n" OK(1, "b"), "GET /304 304 0; GET /b 200 1; ", OPEN },
	{ GET("/fields"), "HTTP/1.1 200 OK\r\nDate: D\r\nX: 4\r\nServer: me\r\nContent-Length: 0\r\n\r\n", "GET /fields 200 0; ", OPEN },
	{ GET("/redirect"), "HTTP/1.1 302 Found" HEAD "Location: /a\r\nContent-Length: 0\r\n\r\n", "GET /redirect 302 0; ", OPEN },
	{ GET("/hints"),
	  "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK" HEAD "Link: </a.css>\r\nContent-Length: 2\r\n\r\nok",
	  "GET /hints 200 2; ", OPEN },
	{ "GET /hints HTTP/1.0\r\n\r\n",
	  "HTTP/1.1 200 OK" HEAD "Link: </a.css>\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", "GET /hints 200 2; ", CLOSED },
	/* what goes wrong in a handler */
	{ GET("/fail") GET("/b"),
	  "HTTP/1.1 500 Internal Server Error" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n\r\n500 Internal Server Error\n" OK(1, "b"),
	  "GET /fail 500 26; GET /b 200 1; ", OPEN },
	{ GET("/fail-late"), NULL, "GET /fail-late 200 1 EIO; ", RESET },
	{ GET("/short"), NULL, "GET /short 200 4 ETRUNC; ", RESET },
	{ GET("/long"), NULL, "GET /long 200 2 EBUG; ", RESET },
	{ GET("/seize"), "garbage", "GET /seize 200 0; ", CLOSED },
	/* deferreds that have their result */
	{ GET("/nothing"), "HTTP/1.1 204 No Content" HEAD "\r\n", "GET /nothing 204 0; ", OPEN },
	{ GET("/timeout"),
	  "HTTP/1.1 504 Gateway Timeout" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 20\r\n\r\n504 Gateway Timeout\n",
	  "GET /timeout 504 20; ", OPEN },
	{ GET("/refused"),
	  "HTTP/1.1 502 Bad Gateway" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 16\r\n\r\n502 Bad Gateway\n",
	  "GET /refused 502 16; ", OPEN },
	{ GET("/broken"),
	  "HTTP/1.1 500 Internal Server Error" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n\r\n500 Internal Server Error\n",
	  "GET /broken 500 26; ", OPEN },
	/* bodies of requests */
	{ "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" GET("/b"), OK(5, "hello") OK(1, "b"),
	  "POST /echo 200 5; GET /b 200 1; ", OPEN },
	{ "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" GET("/b"), OK(0, "") OK(1, "b"),
	  "POST /echo 200 0; GET /b 200 1; ", OPEN },
	{ "POST /collect HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\n, w\r\n0\r\nT: 1\r\n\r\n" GET("/b"),
	  "HTTP/1.1 200 OK" HEAD "Content-Type: text/plain\r\nContent-Length: 17\r\n\r\n8 bytes: hello, w" OK(1, "b"),
	  "POST /collect 200 17; GET /b 200 1; ", OPEN },
	{ "POST /collect HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n12345678901234567890" GET("/b"),
	  "HTTP/1.1 413 Content Too Large" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\n\r\n413 Content Too Large\n" OK(1, "b"),
	  "POST /collect 413 22; GET /b 200 1; ", OPEN },
	/* a body nobody asks for is skipped when it is short */
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" GET("/b"), OK(1, "a") OK(1, "b"),
	  "POST /a 200 1; GET /b 200 1; ", OPEN },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" GET("/b"), OK(1, "a") OK(1, "b"),
	  "POST /a 200 1; GET /b 200 1; ", OPEN },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", OK(1, "a"), "POST /a 200 1; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nhello", OK_CLOSE(1, "a"), "POST /a 200 1; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", OK_CLOSE(1, "a"), "POST /a 200 1; ", CLOSED },
	{ "POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" GET("/b"), OK(5, "early") OK(1, "b"),
	  "body ECANCELLED; POST /early 200 5; GET /b 200 1; ", OPEN },
	/* refused */
	{ "GET / HTTP/1.1\r\n\r\n" GET("/b"), PART("HTTP/1.1 400 Bad Request"), "refused 400; ", CLOSED },
	{ "GET /a HTTP/1.1\r\nHost : h\r\n\r\n", PART("HTTP/1.1 400 Bad Request"), "refused 400; ", CLOSED },
	{ "GET /%2f HTTP/1.1\r\nHost: h\r\n\r\n", PART("HTTP/1.1 400 Bad Request"), "refused 400; ", CLOSED },
	{ "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", PART("HTTP/1.1 505 "), "refused 505; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", PART("HTTP/1.1 501 "), "refused 501; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", PART("HTTP/1.1 400 Bad Request"), "refused 400; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", PART("HTTP/1.1 413 "), "refused 413; ", CLOSED },
	{ GET("/a") "garbage\r\n\r\n", PART("aHTTP/1.1 400 "), "GET /a 200 1; refused 400; ", CLOSED },
	{ "HEAD /a HTTP/1.1\r\n\r\n", PART("HTTP/1.1 400 "), "refused 400; ", CLOSED },
	/* of a body that breaks the answer tells */
	{ "POST /take HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", PART("HTTP/1.1 400 "),
	  "body EPROTO; ended OK; POST /take 400 ", CLOSED },
	{ "POST /collect HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", PART("HTTP/1.1 400 "), "POST /collect 400 ", CLOSED },
	{ "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", NULL, "POST /echo 200 5 EPROTO; ", RESET },
	/* pages */
	{ GET("/404"),
	  "HTTP/1.1 404 Not Found" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 31\r\n\r\n404 Not Found\nno \"<such>\" page\n",
	  "GET /404 404 31; ", OPEN },
	{ "GET /404 HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n\r\n",
	  "HTTP/1.1 404 Not Found" HEAD
	  "Content-Type: application/json\r\nContent-Length: 65\r\n\r\n{\"status\":404,\"error\":\"Not Found\",\"detail\":\"no \\\"<such>\\\" page\"}\n",
	  "GET /404 404 65; ", OPEN },
	{ "GET /404 HTTP/1.1\r\nHost: h\r\nAccept: text/html, */*;q=0.1\r\n\r\n", PART("<p>no &#34;&#60;such&#62;&#34; page</p>"),
	  "GET /404 404 ", OPEN },
};

struct feeding {
	struct site *w;
	enum chunk_mode mode;
};

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct feeding *f = arg;

	if (f->w->client.is_lost)
		return false;
	twc_transport_write(f->w->client.base.transport, p, n);
	twc_reactor_advance(f->w->r, 0);
	return true;
}

static void check_dialog(const struct dialog *d, enum chunk_mode mode)
{
	struct site w = { 0 };
	struct feeding f = { &w, mode };
	const char *out;

	site_open(&w);
	chunk_feed(mode, 7, d->in, strlen(d->in), feed, &f);
	out = heard(&w);
	if (d->out && (d->out[0] == '*' ? !strstr(out, d->out + 1) : strcmp(out, d->out) != 0))
		fail_msg("%s: %s\nanswered\n%s\nnot\n%s", chunk_name(mode), d->in, out, d->out);
	if (strncmp(d->in, "HEAD", 4) == 0 && d->end == CLOSED)
		assert_string_equal(out + strlen(out) - 4, "\r\n\r\n"); /* no body */
	if (strncmp(w.log, d->log, strlen(d->log)) != 0)
		fail_msg("%s: %s\nlogged %s\nnot    %s", chunk_name(mode), d->in, w.log, d->log);
	if (d->end == OPEN)
		assert_false(w.client.has_eof || w.client.is_lost);
	else if (d->end == CLOSED)
		assert_true(w.client.has_eof);
	else
		assert_int_equal(w.client.reason.code, TWC_ERESET);
	site_close(&w);
}

static void test_dialogs(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(dialogs); i++)
		for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++)
			check_dialog(&dialogs[i], mode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
