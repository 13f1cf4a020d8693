/* SPDX-License-Identifier: MIT */
/*
 * A whole server of HTTP/1 and one client that ends its half: whatever comes, it answers the same however the bytes were cut, each
 * exchange is over exactly once, and nothing is left. First byte: the cuts. What a handler does follows from the path.
 */
#include <stdlib.h>

#include <twc/http_server.h>

#include "support/chunk.h"
#include "support/loop.h"

struct run {
	struct twc_protocol client;
	struct twc_http_server *s;
	struct twc_http_exchange *waiting;
	char *out;
	size_t n;
	unsigned started, over;
	bool is_lost, is_broken;
};

static struct twc_reactor *r;

/* ---- the client ---- */

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
	struct run *w = (struct run *)p;

	w->is_lost = true;
	w->is_broken = reason->code;
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

static struct twc_deferred *handle(void *arg, struct twc_http_exchange *x)
{
	const struct twc_http_request *q = twc_http_request(x);
	struct run *w = arg;
	struct twc_deferred *d = NULL;

	w->started++;
	twc_http_watch(x, &watch, w);
	(void)twc_http_query(x, "q");
	TWC_ASSERT(!q->path.n || q->path.p[0] == '/' || q->path.p[0] == '*');
	/* Chunks would be cut as the request was; and whether what is wrong with them is seen before an answer that does not wait for
	 * them depends on what has come by then. */
	switch (q->length == TWC_HTTP_UNKNOWN ? 'c' : q->path.n > 1 ? q->path.p[1] : 0) {
	case 'e':
		twc_http_begin(x, q->length);
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
		twc_http_begin(x, TWC_HTTP_UNKNOWN);
		twc_http_write(x, "some", 4);
		twc_http_add_trailer(x, "A", "b");
		twc_http_end(x);
		break;
	case 'n':
		twc_http_set_status(x, 204);
		twc_http_begin(x, 5);
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

/* Whether the word to go on is said depends on what has come with the head. */
static void drop_continue(struct run *w)
{
	static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const size_t k = sizeof(line) - 1;

	for (size_t i = 0; i + k <= w->n;) {
		if (memcmp(w->out + i, line, k) != 0) {
			i++;
			continue;
		}
		memmove(w->out + i, w->out + i + k, w->n - i - k);
		w->n -= k;
	}
}

/* A second may end between two sittings. */
static void blank_dates(struct run *w)
{
	static const char name[] = "\r\nDate: ";
	const size_t k = sizeof(name) - 1;

	for (size_t i = 0; i + k + 29 <= w->n; i++)
		if (memcmp(w->out + i, name, k) == 0)
			memset(w->out + i + k, '-', 29);
}

static void run(struct run *w, enum chunk_mode mode, uint32_t seed, const uint8_t *data, size_t n)
{
	static const struct twc_http_server_opts opts = { .max_head = 512, .max_target = 100, .max_fields = 8, .max_body = 64 };
	struct twc_http_server_stats st;

	*w = (struct run){ .client.ops = &client_ops };
	w->s = twc_http_server_new(r, (struct twc_http_handler){ handle, w }, &opts);
	twc_transport_pair(r, 0, twc_factory_build(twc_http_server_factory(w->s), NULL), &w->client);
	chunk_feed(mode, seed, data, n, feed, w);
	if (!w->is_lost)
		twc_transport_write_eof(w->client.transport);
	for (int i = 0; i < 64 && !w->is_lost; i++) { /* each answer may let the next handler wait */
		if (w->waiting)
			twc_http_send(w->waiting, "late", 4);
		twc_reactor_advance(r, 0);
	}
	if (!w->is_lost)
		twc_transport_abort(w->client.transport);
	twc_reactor_advance(r, 5 * LOOP_S);
	twc_http_server_stats(w->s, &st);
	TWC_ASSERT(!st.open && !st.active && w->over == w->started && st.requests == w->started);
	TWC_ASSERT(!w->n || w->n < 9 || memcmp(w->out, "HTTP/1.1 ", 9) == 0);
	twc_http_server_free(w->s);
	drop_continue(w);
	blank_dates(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct run whole, cut;
	bool is_refused;

	if (n < 1 || (n > 4 && memcmp(data + 1, "PRI ", 4) == 0)) /* HTTP/2 has a target of its own */
		return 0;
	if (!r)
		r = loop_fake();
	run(&whole, CHUNK_WHOLE, 0, data + 1, n - 1);
	run(&cut, data[0] % 4 ? CHUNK_RANDOM : CHUNK_BYTES, data[0], data + 1, n - 1);
	/* A connection that is broken off takes with it what was on its way; of bad chunks that come with their head no handler hears,
	 * so the 400 is told in the server's words. */
	is_refused = whole.n && (memmem(whole.out, whole.n, " 400 ", 5) || memmem(whole.out, whole.n, " 431 ", 5));
	if (!whole.is_broken && !cut.is_broken && !is_refused)
		TWC_ASSERT(whole.n == cut.n && (!cut.n || memcmp(whole.out, cut.out, cut.n) == 0));
	TWC_ASSERT(whole.is_broken || cut.is_broken || is_refused || whole.started == cut.started);
	free(whole.out);
	free(cut.out);
	return 0;
}
