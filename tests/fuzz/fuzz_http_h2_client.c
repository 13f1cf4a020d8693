/* SPDX-License-Identifier: MIT */
/*
 * A client's connection of HTTP/2 and whatever frames a server may send: each turn has one end, and no body is longer than what came.
 * First byte: raw bytes, or records of type, flags, stream and length that become frames; how they are cut; what the turns do.
 */
#include <twc/http_client.h>

#include "protocol/http/client.h"
#include "support/chunk.h"
#include "support/loop.h"

#define TURNS 3
#define INPUT_MAX 20000

struct exchange {
	struct twc__http_turn turn; /* must be first */
	unsigned ends;
	size_t bytes, made;
	int status, code;
};

struct run {
	struct twc_protocol server;
	struct twc__http_client_conn *conn; /* NULL: gone */
	struct exchange x[TURNS];
	size_t said;
	bool is_lost, pauses, cancels;
};

static struct twc_reactor *r;
static struct run *current;

static void server_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	((struct run *)p)->is_lost = true;
}

static const struct twc_protocol_ops server_ops = { .name = "server", .lost = server_lost };

static void on_free(void *arg, struct twc__http_client_conn *c)
{
	(void)arg;
	TWC_ASSERT(c == current->conn && twc__http_client_conn_is_free(c));
}

static void on_gone(void *arg, struct twc__http_client_conn *c)
{
	(void)arg;
	TWC_ASSERT(c == current->conn);
	current->conn = NULL;
}

static const struct twc__http_client_conn_ops conn_ops = { .free = on_free, .gone = on_gone };

static void on_informed(struct twc__http_turn *turn, int status, const struct twc_http_fields *fields)
{
	(void)turn, (void)fields;
	TWC_ASSERT(status >= 100 && status < 200 && status != 101);
}

static void on_seen(struct twc__http_turn *turn, struct twc_str head)
{
	(void)turn;
	TWC_ASSERT(head.n > 0);
}

static void on_head(struct twc__http_turn *turn, const struct twc__http_start *start, struct twc_http_fields *fields,
		    const struct twc__http_framing *framing)
{
	struct exchange *x = (struct exchange *)turn;

	(void)fields, (void)framing;
	TWC_ASSERT(start->status >= 200 && start->status <= 999 && x->status == 0 && x->ends == 0);
	x->status = start->status;
	twc__http_turn_read(turn);
	if (current->cancels)
		twc__http_turn_cancel(&current->x[1].turn);
}

static void on_data(struct twc__http_turn *turn, const uint8_t *p, size_t n)
{
	struct exchange *x = (struct exchange *)turn;

	(void)p;
	TWC_ASSERT(n > 0 && x->ends == 0 && x->status > 0);
	x->bytes += n;
	if (current->pauses) {
		twc__http_turn_pause(turn);
		twc__http_turn_resume(turn);
	}
}

static void on_end(struct twc__http_turn *turn, struct twc_http_fields *trailers, const struct twc_err *err)
{
	struct exchange *x = (struct exchange *)turn;

	(void)trailers;
	TWC_ASSERT(x->ends == 0 && (err->code == 0 || err->text[0]));
	TWC_ASSERT(err->code || x->status);
	x->ends++;
	x->code = err->code;
}

static const struct twc__http_turn_ops turn_ops = {
	.informed = on_informed, .seen = on_seen, .head = on_head, .data = on_data, .end = on_end,
};

static void produce(void *arg, struct twc_http_upload *u)
{
	static const char piece[5000];
	struct exchange *x = arg;

	for (; x->made < 200000 && !twc_http_upload_is_full(u); x->made += sizeof(piece))
		twc_http_upload_write(u, piece, sizeof(piece));
	if (x->made >= 200000)
		twc_http_upload_end(u);
}

static void ask(struct run *w)
{
	const struct twc_str get = TWC_STR("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), head = TWC_STR("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");

	for (int i = 0; i < TURNS && w->conn && twc__http_client_conn_is_free(w->conn); i++) {
		struct exchange *x = &w->x[i];

		x->turn = (struct twc__http_turn){ .ops = &turn_ops, .method = i == 2 ? TWC_HTTP_HEAD : TWC_HTTP_GET,
						   .head = i == 2 ? head : get, .max_head = 1000, .is_shown = true };
		if (i == 1) {
			x->turn.has_source = true;
			x->turn.source = (struct twc_http_source){ .length = TWC_HTTP_UNKNOWN, .produce = produce, .arg = x };
		}
		twc__http_turn_begin(&x->turn, w->conn);
	}
	twc_reactor_advance(r, 0);
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct run *w = arg;

	if (w->is_lost)
		return false;
	w->said += n;
	twc_transport_write(w->server.transport, p, n);
	twc_reactor_advance(r, 0);
	return true;
}

static void run(uint8_t flags, enum chunk_mode mode, const uint8_t *p, size_t n)
{
	static const uint8_t hello[] = { 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0 };
	struct run w = { .server.ops = &server_ops, .pauses = flags & 4, .cancels = flags & 8 };

	current = &w;
	w.conn = twc__http_client_conn_new(r, 20, &conn_ops, NULL);
	twc_transport_pair(r, 0, &w.server, twc__http_client_conn_protocol(w.conn));
	twc_reactor_advance(r, 0);
	(void)feed(&w, hello, sizeof(hello));
	ask(&w);
	chunk_feed(mode, flags, p, n, feed, &w);
	if (!w.is_lost && (flags & 2))
		twc_transport_write_eof(w.server.transport);
	twc_reactor_advance(r, 0);
	for (int i = 0; i < TURNS; i++) {
		TWC_ASSERT(w.x[i].bytes <= w.said && (i < 2 || w.x[i].bytes == 0));
		TWC_ASSERT(!(flags & 2) || !w.x[i].turn.conn);
		twc__http_turn_cancel(&w.x[i].turn);
	}
	if (w.conn)
		twc__http_client_conn_disown(w.conn);
	twc_reactor_advance(r, 0);
	if (!w.is_lost)
		twc_transport_abort(w.server.transport);
	twc_reactor_advance(r, 5 * LOOP_S);
	TWC_ASSERT(w.is_lost);
}

/* Records become frames, so that little of the input is wasted on lengths that do not fit. */
static size_t frames(const uint8_t *p, size_t n, uint8_t *out)
{
	size_t at = 0, made = 0;

	while (n - at >= 4 && made < INPUT_MAX * 3 - 300) {
		size_t len = p[at + 3] < n - at - 4 ? p[at + 3] : n - at - 4;
		const uint8_t head[9] = { 0, 0, (uint8_t)len, p[at] % 11, p[at + 1], 0, 0, 0, p[at + 2] % 9 };

		memcpy(out + made, head, 9);
		memcpy(out + made + 9, p + at + 4, len);
		made += 9 + len;
		at += 4 + len;
	}
	return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t made[INPUT_MAX * 3];

	if (!r)
		r = loop_fake();
	if (n < 1 || n > INPUT_MAX)
		return 0;
	if (data[0] & 1) {
		size_t k = frames(data + 1, n - 1, made);

		run(data[0], CHUNK_WHOLE, made, k);
		run(data[0], CHUNK_RANDOM, made, k);
		return 0;
	}
	run(data[0], CHUNK_WHOLE, data + 1, n - 1);
	run(data[0], CHUNK_BYTES, data + 1, n - 1);
	return 0;
}
