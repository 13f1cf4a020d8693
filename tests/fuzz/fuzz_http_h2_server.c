/* SPDX-License-Identifier: MIT */
/*
 * A whole server of HTTP/2 and one client: whatever frames come after the preface, however they are cut, what it says are whole
 * frames, each exchange is over exactly once, and nothing is left. First byte: the cuts. What a handler does follows from the path.
 */
#include <stdlib.h>

#include <twc/http_server.h>

#include "support/chunk.h"
#include "support/h2_frames.h"
#include "support/loop.h"

struct run {
	struct twc_protocol client;
	struct twc_http_server *s;
	struct twc_http_exchange *waiting;
	uint8_t *out;
	size_t n;
	unsigned started, over;
	bool is_lost;
};

static struct twc_reactor *r;

static void client_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct run *w = (struct run *)p;

	w->out = realloc(w->out, w->n + n);
	TWC_ASSERT(w->out);
	memcpy(w->out + w->n, data, n);
	w->n += n;
}

static void client_eof(struct twc_protocol *p)
{
	twc_transport_lose(p->transport);
}

static void client_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	((struct run *)p)->is_lost = true;
}

static const struct twc_protocol_ops client_ops = {
	.name = "client", .data = client_data, .eof = client_eof, .lost = client_lost,
};

/* ---- the server ---- */

static void echo_data(void *arg, const uint8_t *data, size_t n)
{
	twc_http_write(arg, data, n);
}

static void echo_end(void *arg, const struct twc_err *err)
{
	if (!err->code)
		twc_http_end(arg);
}

static const struct twc_http_body_ops echo = { .data = echo_data, .end = echo_end };

static void say_length(struct twc_result *res, void *arg)
{
	twc_http_sendf(arg, 200, "text/plain", "%zu", twc_buf_len(res->value));
}

static void on_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct run *w = arg;

	(void)err;
	w->over++;
	if (w->waiting == x)
		w->waiting = NULL;
}

static const struct twc_http_exchange_ops watch = { .ended = on_ended };

/* Another protocol: says back what it hears. */
static void back_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	twc_transport_write(p->transport, data, n);
}

static void back_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	free(p);
}

static const struct twc_protocol_ops back_ops = { .name = "back", .data = back_data, .lost = back_lost };

static void upgrade(struct twc_http_exchange *x)
{
	struct twc_protocol *p = calloc(1, sizeof(*p));

	TWC_ASSERT(p);
	p->ops = &back_ops;
	if (!twc_http_upgrade(x, "x", p))
		free(p);
}

static struct twc_deferred *handle(void *arg, struct twc_http_exchange *x)
{
	const struct twc_http_request *q = twc_http_request(x);
	struct run *w = arg;
	struct twc_deferred *d = NULL;

	w->started++;
	twc_http_watch(x, &watch, w);
	TWC_ASSERT(!q->path.n || q->path.p[0] == '/' || q->path.p[0] == '*' || q->method_id == TWC_HTTP_CONNECT);
	if (twc_http_wants_upgrade(x, "x")) {
		upgrade(x);
		return NULL;
	}
	switch (q->path.n > 1 ? q->path.p[1] : 0) {
	case 'e':
		twc_http_begin(x, TWC_HTTP_UNKNOWN);
		twc_http_receive(x, &echo, x);
		break;
	case 'c':
		d = twc_http_collect(x, 16);
		twc_deferred_add(d, say_length, NULL, x);
		break;
	case 'w':
		w->waiting = x;
		break;
	case 's':
		twc_http_inform(x, 103);
		twc_http_begin(x, TWC_HTTP_UNKNOWN);
		twc_http_write(x, "some", 4);
		twc_http_add_trailer(x, "A", "b");
		twc_http_end(x);
		break;
	default:
		twc_http_send_error(x, 404, "no such page");
	}
	return d;
}

/* ---- one sitting ---- */

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct run *w = arg;

	if (w->is_lost)
		return false;
	twc_transport_write(w->client.transport, p, n);
	twc_reactor_advance(r, 0);
	if (w->waiting)
		twc_http_send(w->waiting, "late", 4);
	twc_reactor_advance(r, 0);
	return true;
}

static void check_output(const struct run *w)
{
	struct h2_frame f;
	size_t at = 0;

	while (h2_next(w->out, w->n, &at, &f))
		TWC_ASSERT(f.n <= 16384 && f.type <= H2_CONTINUATION && f.type != H2_PUSH);
}

static void run(enum chunk_mode mode, uint32_t seed, const uint8_t *data, size_t n)
{
	static const struct twc_http_server_opts opts = { .max_head = 512, .max_target = 100, .max_fields = 8, .max_body = 64 };
	struct run w = { .client.ops = &client_ops };
	struct twc_http_server_stats st;

	w.s = twc_http_server_new(r, (struct twc_http_handler){ handle, &w }, &opts);
	twc_transport_pair(r, 0, twc_factory_build(twc_http_server_factory(w.s), NULL), &w.client);
	feed(&w, (const uint8_t *)H2_PREFACE, sizeof(H2_PREFACE) - 1);
	chunk_feed(mode, seed, data, n, feed, &w);
	if (seed & 64)
		twc_http_server_stop(w.s);
	twc_reactor_advance(r, seed & 128 ? 30 * LOOP_S : 0);
	if (!w.is_lost)
		twc_transport_abort(w.client.transport);
	twc_reactor_advance(r, 5 * LOOP_S);
	twc_http_server_stats(w.s, &st);
	TWC_ASSERT(!st.open && !st.active && w.over == w.started && st.requests == w.started);
	check_output(&w);
	twc_http_server_free(w.s);
	free(w.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 1)
		return 0;
	if (!r)
		r = loop_fake();
	run(data[0] & 1 ? CHUNK_RANDOM : CHUNK_WHOLE, data[0], data + 1, n - 1);
	return 0;
}
