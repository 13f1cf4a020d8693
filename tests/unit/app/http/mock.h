/* SPDX-License-Identifier: MIT */
/* A site of routes on the fake clock, its server, one client as a probe, and what was noted of each exchange. */
#ifndef TESTS_APP_HTTP_MOCK_H
#define TESTS_APP_HTTP_MOCK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <twc/http_site.h>
#include <twc/parse.h>
#include "support/loop.h"
#include "support/probe.h"

#define SECOND TWC_NS_PER_S
#define MS TWC_NS_PER_MS

struct mock {
	struct twc_reactor *r;
	struct twc_http_server *s;
	struct twc_http_site *site;
	struct twc_http_site_opts o;
	struct probe client;
	char log[4096];	    /* "GET /a 200 3; POST /b 500 0 EIO; " */
	char *line;	    /* owned: the last line the site had to say */
	unsigned lines, counted;
	bool is_real; /* the clock: set before mock_open */
	uint64_t max_body; /* of the server, the same; 0: its default */
	unsigned exchanges, awaited;
	bool is_there; /* as many exchanges as are awaited are over */
};

static void mock_exchanged(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct mock *m = arg;
	const struct twc_http_request *q = twc_http_request(x);
	size_t n = strlen(m->log);

	snprintf(m->log + n, sizeof(m->log) - n, "%.*s %.*s %d %llu%s%s; ", (int)q->method.n, q->method.p, (int)q->path.n, q->path.p,
		 twc_http_status(x), (unsigned long long)twc_http_sent(x), err->code ? " " : "",
		 err->code ? twc_err_name(err->code) : "");
	m->is_there = ++m->exchanges == m->awaited;
	twc_http_site_exchanged(m->site, x, err);
}

static void mock_line(void *arg, struct twc_str line)
{
	struct mock *m = arg;

	free(m->line);
	m->line = malloc(line.n + 1);
	memcpy(m->line, line.p, line.n);
	m->line[line.n] = 0;
	m->lines++;
}

static void mock_counted(void *arg, struct twc_http_site *site)
{
	struct mock *m = arg;

	assert_ptr_equal(site, m->site);
	m->counted++;
}

static void mock_on_eof(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static inline void mock_connect(struct mock *m)
{
	struct twc_protocol *p = twc_factory_build(twc_http_server_factory(m->s), NULL);

	probe_init(&m->client);
	m->client.on_eof = mock_on_eof;
	twc_transport_pair(m->r, 0, p, &m->client.base);
}

static inline void mock_open(struct mock *m)
{
	struct twc_http_server_opts so = { .max_body = m->max_body, .ops.exchanged = mock_exchanged, .arg = m };
	struct twc_err err = { 0 };

	m->r = m->is_real ? loop_real() : loop_fake();
	m->o.line = mock_line;
	m->o.counted = mock_counted;
	m->o.arg = m;
	m->site = twc_http_site_new(m->r, &m->o, &err);
	assert_non_null(m->site);
	m->s = twc_http_server_new(m->r, twc_http_site_handler(m->site), &so);
	mock_connect(m);
}

static inline void mock_route(struct mock *m, const char *spec)
{
	struct twc_err err = { 0 };

	if (twc_http_site_route(m->site, spec, NULL, &err) < 0)
		fail_msg("%s: %s (column %d)", spec, err.text, err.column);
}

/* On the real clock: what can be done at once is. */
static inline void mock_pass(struct mock *m, uint64_t ns)
{
	if (!m->is_real)
		twc_reactor_advance(m->r, ns);
	for (unsigned i = 0; m->is_real && (twc_reactor_step(m->r) || i < 8); i++)
		assert_in_range(i, 0, 100000);
}

/* Until so many exchanges in all are over. */
static inline void mock_await(struct mock *m, unsigned exchanges)
{
	m->awaited = exchanges;
	m->is_there = m->exchanges == exchanges;
	assert_true(loop_until(m->r, &m->is_there));
	mock_pass(m, 0);
}

static inline void mock_hang_up(struct mock *m)
{
	if (!m->client.is_lost)
		twc_transport_abort(m->client.base.transport);
	mock_pass(m, 5 * SECOND);
	probe_fini(&m->client);
}

static inline void mock_reconnect(struct mock *m)
{
	mock_hang_up(m);
	mock_connect(m);
}

static inline void mock_close(struct mock *m)
{
	struct twc_http_server_stats st;

	mock_hang_up(m);
	twc_http_server_stats(m->s, &st);
	assert_int_equal(st.open, 0);
	assert_int_equal(st.active, 0);
	twc_reactor_free(m->r);
	twc_http_server_free(m->s);
	twc_http_site_free(m->site);
	free(m->line);
}

static inline void mock_say(struct mock *m, const char *text)
{
	if (!m->client.is_lost)
		twc_transport_write(m->client.base.transport, text, strlen(text));
	mock_pass(m, 0);
}

/* Routes that must not be taken: why, and the column of the fault (0: it has none). */
struct mock_refused {
	const char *route, *text;
	int code, column;
};

static inline void mock_refuses(const struct mock_refused *rows, size_t n)
{
	struct mock m = { 0 };

	mock_open(&m);
	for (size_t i = 0; i < n; i++) {
		struct twc_err err = { 0 };
		int rc = twc_http_site_route(m.site, rows[i].route, NULL, &err);

		if (rc != rows[i].code || !strstr(err.text, rows[i].text) || err.column != rows[i].column)
			fail_msg("%s: %d %s (column %d)", rows[i].route, rc, err.text, err.column);
	}
	mock_close(&m);
}

/* What the client has read since the last call. Date and Server are left out. */
static inline const char *mock_heard(struct mock *m)
{
	static char text[65536];
	const char *from = m->client.got ? m->client.got : "";
	char *to = text;

	while (*from) {
		if (strncmp(from, "Date: ", 6) == 0 || strncmp(from, "Server: ", 8) == 0) {
			from = strchr(from, '\n') + 1;
			continue;
		}
		*to++ = *from++;
	}
	*to = 0;
	m->client.n = 0;
	if (m->client.got)
		m->client.got[0] = 0;
	return text;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define OK(type, n, body) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nContent-Length: " #n "\r\n\r\n" body
#define TEXT(n, body) OK("text/plain; charset=utf-8", n, body)

#endif
