/* SPDX-License-Identifier: MIT */
/* A server of HTTP on the fake clock, its handlers by path, one client as a probe, and what the hooks noted. */
#ifndef TESTS_HTTP_SITE_H
#define TESTS_HTTP_SITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <fcntl.h>
#include <stdlib.h>
#include <cmocka.h>

#include <twc/http_server.h>
#include <twc/parse.h>
#include "support/loop.h"
#include "support/probe.h"

#define SECOND TWC_NS_PER_S

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
	size_t big;	 /* of /big: still to be written */
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

static void pump(struct site *w, struct twc_http_exchange *x)
{
	static const char block[8192];

	while (w->big && !twc_http_is_full(x)) {
		size_t n = w->big < sizeof(block) ? w->big : sizeof(block);

		twc_http_write(x, block, n);
		w->big -= n;
	}
	if (!w->big)
		twc_http_end(x);
}

static void on_drained(void *arg, struct twc_http_exchange *x)
{
	struct site *w = arg;

	assert_false(twc_http_is_full(x));
	if (w->big)
		pump(w, x);
	else
		note(w, "drained; ");
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
	} else if (twc_str_is(path, "/big")) {
		twc_http_watch(x, &watch_ops, w);
		w->big = 1024 * 1024;
		twc_http_begin(x, w->big);
		pump(w, x);
	} else if (twc_str_is(path, "/file")) {
		struct twc_file *f = twc_file_new(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));

		twc_http_begin(x, twc_http_request(x)->query.p ? TWC_HTTP_UNKNOWN : 3);
		twc_http_write_file(x, f, 1, 3);
		twc_http_end(x);
		twc_file_unref(f);
	} else if (twc_str_is(path, "/hang")) {
		assert_non_null(twc_http_seize(x));
		assert_null(twc_http_seize(x));
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
	} else if (twc_str_is(path, "/bad-field")) {
		twc_http_add_field(x, "X", "a\r\nY: b");
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

static inline void site_open(struct site *w)
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

static inline void say(struct site *w, const char *text)
{
	twc_transport_write(w->client.base.transport, text, strlen(text));
	twc_reactor_advance(w->r, 0);
}

/* What the client has read, with the value of each Date made "D"; since the last call. */
static inline const char *heard(struct site *w)
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

#endif
