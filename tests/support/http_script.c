/* SPDX-License-Identifier: MIT */
/* Requests cut off at the end of their bodies, answers looked up and sent. See http_script.h. */
#include "support/http_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <twc/endpoint.h>

#include "base/list.h"
#include "protocol/http/coding.h"

#define ROWS_MAX 64

struct script {
	struct twc_reactor *r;
	struct twc_factory factory;
	struct twc_endpoint *e;
	struct twc_port *port;
	const struct script_row *rows;
	bool used[ROWS_MAX];
	struct twc_buf log;
	struct twc__list conns;
	unsigned requests, connections, open, number;
	char urls[4][256];
	unsigned next_url;
};

struct conn {
	struct twc_protocol base;
	struct script *s;
	struct twc__list link;
	struct twc_buf in;
	const struct script_row *late;
	size_t need; /* bytes of the request at hand, at least */
	bool is_stale;
};

static struct conn *self(struct twc_protocol *p)
{
	return (struct conn *)(void *)p;
}

/* Bytes of the request at the front of `in`; 0: it is not whole, and cannot be before there are *need. */
static size_t whole(struct twc_buf *in, bool head_only, size_t *need)
{
	const char *p = twc_buf_cstr(in), *end = strstr(p, "\r\n\r\n"), *f;
	size_t head = end ? (size_t)(end - p) + 4 : 0;

	if (!end || head_only)
		return head;
	f = strcasestr(p, "\r\nContent-Length:");
	if (f && f < end) {
		size_t n = (size_t)strtoul(f + 17, NULL, 10);

		*need = head + n;
		return twc_buf_len(in) >= head + n ? head + n : 0;
	}
	f = strcasestr(p, "\r\nTransfer-Encoding: chunked");
	if (!f || f > end)
		return head;
	f = strstr(end, "\r\n0\r\n\r\n");
	return f ? (size_t)(f - p) + 7 : 0;
}

static bool fits(const struct script_row *row, const char *request)
{
	return strncmp(request, row->request, strlen(row->request)) == 0;
}

/* The row for a request; `is_used`: from now on it is. */
static const struct script_row *find(struct script *s, const char *request, bool is_used)
{
	const struct script_row *last = NULL;

	for (unsigned i = 0; s->rows[i].request; i++) {
		if (!fits(&s->rows[i], request) || (last && strcmp(last->request, s->rows[i].request) != 0))
			continue;
		last = &s->rows[i];
		if (s->used[i])
			continue;
		s->used[i] = is_used;
		return last;
	}
	return last;
}

static int write_out(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	(void)err;
	twc_transport_write(arg, p, n);
	return 0;
}

static void say_gzip(struct conn *c, const char *response)
{
	const char *body = strstr(response, "\r\n\r\n") + 4;
	struct twc_err err = { 0 };
	struct twc__http_encoder *e = twc__http_encoder_new(TWC__HTTP_ENCODE_GZIP, 6, write_out, c->base.transport, &err);

	twc_transport_write(c->base.transport, response, (size_t)(body - response));
	if (!e || twc__http_encoder_write(e, body, strlen(body), false, &err) < 0 || twc__http_encoder_end(e, &err) < 0)
		TWC_BUG("%s", err.text);
	twc__http_encoder_free(e);
	twc_transport_lose(c->base.transport);
}

static void say(struct conn *c, const struct script_row *row)
{
	const char *p = row->response, *mark;
	char port[16];

	if (row->flags & SCRIPT_GZIP) {
		say_gzip(c, p);
		return;
	}
	snprintf(port, sizeof(port), "%u", c->s->number);
	while ((mark = strstr(p, "%P"))) {
		twc_transport_write(c->base.transport, p, (size_t)(mark - p));
		twc_transport_write(c->base.transport, port, strlen(port));
		p = mark + 2;
	}
	twc_transport_write(c->base.transport, p, strlen(p));
	if (row->flags & SCRIPT_RESET)
		twc_transport_abort(c->base.transport);
	else if (row->flags & SCRIPT_CLOSE)
		twc_transport_lose(c->base.transport);
	c->is_stale = row->flags & SCRIPT_STALE;
}

static void on_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	static const struct script_row none = { "", "HTTP/1.1 404 Not in the script\r\nContent-Length: 0\r\n\r\n", 0 };
	struct conn *c = self(p);
	const struct script_row *row;
	size_t k;

	if (twc_buf_add(&c->in, data, n) < 0 || twc_buf_add(&c->s->log, data, n) < 0)
		abort();
	for (;;) {
		if (twc_buf_len(&c->in) < c->need)
			return;
		c->need = 0;
		row = find(c->s, twc_buf_cstr(&c->in), false);
		k = whole(&c->in, row && (row->flags & SCRIPT_HEAD), &c->need);
		if (k == 0)
			return;
		c->need = 0;
		c->s->requests++;
		if (c->is_stale) {
			twc_transport_lose(p->transport);
			return;
		}
		row = find(c->s, twc_buf_cstr(&c->in), true);
		twc_buf_consume(&c->in, k);
		if (row && row->flags & SCRIPT_LATE)
			c->late = row;
		else
			say(c, row ? row : &none);
	}
}

static void on_eof(struct twc_protocol *p)
{
	twc_transport_lose(p->transport);
}

static void on_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct conn *c = self(p);

	(void)reason;
	c->s->open--;
	twc__list_remove(&c->link);
	twc_buf_fini(&c->in);
	free(c);
}

static const struct twc_protocol_ops conn_ops = { .name = "script", .data = on_data, .eof = on_eof, .lost = on_lost };

static struct twc_protocol *build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct conn *c = calloc(1, sizeof(*c));

	(void)peer;
	if (!c)
		abort();
	c->base.ops = &conn_ops;
	c->s = TWC_CONTAINER_OF(f, struct script, factory);
	c->s->connections++;
	c->s->open++;
	twc__list_init(&c->link);
	twc__list_add_tail(&c->s->conns, &c->link);
	twc_buf_init(&c->in, 64 << 20);
	return &c->base;
}

static const struct twc_factory_ops factory_ops = { .name = "script", .build = build };

struct script *script_new(struct twc_reactor *r, const char *endpoint, const struct script_row *rows)
{
	struct script *s = calloc(1, sizeof(*s));
	struct twc_err err = { 0 };
	struct twc_addr a;

	if (!s)
		abort();
	s->r = r;
	s->rows = rows;
	s->factory.ops = &factory_ops;
	twc__list_init(&s->conns);
	twc_buf_init(&s->log, 64 << 20);
	s->e = twc_endpoint_parse(endpoint ? endpoint : "tcp:0:interface=127.0.0.1", TWC_LISTEN, &err);
	s->port = s->e ? twc_endpoint_listen(s->e, r, &s->factory, NULL, &err) : NULL;
	if (!s->port)
		TWC_BUG("no server for the test: %s", err.text);
	twc_port_addr(s->port, 0, &a);
	s->number = twc_addr_port(&a);
	return s;
}

void script_free(struct script *s)
{
	TWC__LIST_FOR(n, &s->conns)
		twc_transport_abort(TWC_CONTAINER_OF(n, struct conn, link)->base.transport);
	while (!twc__list_is_empty(&s->conns))
		twc_reactor_step(s->r);
	twc_port_free(s->port);
	twc_endpoint_free(s->e);
	twc_buf_fini(&s->log);
	free(s);
}

unsigned script_port(const struct script *s)
{
	return s->number;
}

const char *script_url(const struct script *s, const char *path)
{
	struct script *w = (struct script *)(uintptr_t)s;
	char *url = w->urls[w->next_url++ % 4];

	snprintf(url, sizeof(w->urls[0]), "http://127.0.0.1:%u%s", s->number, path);
	return url;
}

const char *script_log(struct script *s)
{
	return twc_buf_cstr(&s->log);
}

void script_clear(struct script *s)
{
	twc_buf_clear(&s->log);
	s->requests = 0;
}

unsigned script_requests(const struct script *s)
{
	return s->requests;
}

unsigned script_connections(const struct script *s)
{
	return s->connections;
}

unsigned script_open(const struct script *s)
{
	return s->open;
}

void script_release(struct script *s)
{
	TWC__LIST_FOR(n, &s->conns) {
		struct conn *c = TWC_CONTAINER_OF(n, struct conn, link);
		const struct script_row *late = c->late;

		c->late = NULL;
		if (late)
			say(c, late);
	}
}
