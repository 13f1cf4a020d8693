/* SPDX-License-Identifier: MIT */
/*
 * A client's connection and whatever a server may say to it: the same responses however the bytes were cut, each turn has one end,
 * and a connection is free only when nothing is left over. First byte: method, whether the server ends its half, and the cuts.
 */
#include <twc/http_client.h>

#include "protocol/http/client.h"
#include "support/chunk.h"
#include "support/loop.h"

#define TURNS 3 /* taken on the connection as long as it lasts */

struct result {
	int code[TURNS], status[TURNS];
	size_t bytes[TURNS];
	uint32_t sum[TURNS];
	unsigned turns, trailers;
	bool is_free;
};

struct run {
	struct twc_protocol server;
	struct twc__http_client_conn *conn; /* NULL: gone */
	struct twc__http_turn turn;
	struct result *out;
	enum twc_http_method method;
	bool is_lost, is_asking, pauses;
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
	(void)fields, (void)framing;
	TWC_ASSERT(start->status >= 200 && start->status <= 999);
	current->out->status[current->out->turns] = start->status;
	twc__http_turn_read(turn);
}

static void on_data(struct twc__http_turn *turn, const uint8_t *p, size_t n)
{
	struct result *out = current->out;

	TWC_ASSERT(n > 0 && current->method != TWC_HTTP_HEAD);
	out->bytes[out->turns] += n;
	for (size_t i = 0; i < n; i++)
		out->sum[out->turns] = out->sum[out->turns] * 31 + p[i];
	if (current->pauses) {
		twc__http_turn_pause(turn);
		twc__http_turn_resume(turn);
	}
}

static void on_end(struct twc__http_turn *turn, struct twc_http_fields *trailers, const struct twc_err *err)
{
	struct result *out = current->out;

	(void)turn;
	TWC_ASSERT(current->is_asking);
	TWC_ASSERT(err->code == 0 || err->text[0]);
	current->is_asking = false;
	out->code[out->turns++] = err->code;
	out->trailers += trailers ? (unsigned)twc_http_fields_count(trailers) : 0;
}

static const struct twc__http_turn_ops turn_ops = {
	.informed = on_informed, .seen = on_seen, .head = on_head, .data = on_data, .end = on_end,
};

/* The next request goes out before the server says more. */
static void ask(struct run *w)
{
	if (w->is_asking || !w->conn || !twc__http_client_conn_is_free(w->conn) || w->out->turns == TURNS)
		return;
	w->turn = (struct twc__http_turn){ .ops = &turn_ops, .method = w->method, .head = TWC_STR("x"), .max_head = 1000 };
	w->is_asking = true;
	twc__http_turn_begin(&w->turn, w->conn);
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct run *w = arg;

	if (w->is_lost)
		return false;
	twc_transport_write(w->server.transport, p, n);
	twc_reactor_advance(r, 0);
	return true;
}

/* Responses are given one at a time: a zero byte stands between them. */
static void play(struct run *w, enum chunk_mode mode, uint32_t seed, struct twc_str input)
{
	struct twc_str response;

	while (twc_str_cut(&input, '\0', &response)) {
		ask(w);
		if (!w->is_asking)
			break;
		chunk_feed(mode, seed, response.p, response.n, feed, w);
	}
}

static void run(struct result *out, uint8_t flags, enum chunk_mode mode, uint32_t seed, struct twc_str input)
{
	struct run w = { .server.ops = &server_ops, .out = out, .method = flags & 1 ? TWC_HTTP_HEAD : TWC_HTTP_GET,
			 .pauses = flags & 4 };

	*out = (struct result){ 0 };
	current = &w;
	w.conn = twc__http_client_conn_new(r, 11, &conn_ops, NULL);
	twc_transport_pair(r, 0, &w.server, twc__http_client_conn_protocol(w.conn));
	twc_reactor_advance(r, 0);
	play(&w, mode, seed, input);
	if (!w.is_lost && (flags & 2))
		twc_transport_write_eof(w.server.transport);
	twc_reactor_advance(r, 0);
	out->is_free = w.conn && twc__http_client_conn_is_free(w.conn);
	TWC_ASSERT(!(flags & 2) || !w.is_asking);
	twc__http_turn_cancel(&w.turn);
	if (w.conn)
		twc__http_client_conn_disown(w.conn);
	if (!w.is_lost)
		twc_transport_abort(w.server.transport);
	twc_reactor_advance(r, 5 * LOOP_S);
	TWC_ASSERT(w.is_lost);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct result whole, cut;
	struct twc_str input;

	if (!r)
		r = loop_fake();
	if (n < 1 || n > 20000)
		return 0;
	input = (struct twc_str){ (const char *)data + 1, n - 1 };
	run(&whole, data[0], CHUNK_WHOLE, 0, input);
	run(&cut, data[0], CHUNK_BYTES, 0, input);
	/* What lies behind a response is seen with its last byte or after it: the response is the same, the connection may be used
	 * once more before that is found out. */
	for (unsigned i = 0; i < whole.turns && whole.is_free; i++) {
		TWC_ASSERT(whole.code[i] == cut.code[i] && whole.status[i] == cut.status[i]);
		TWC_ASSERT(whole.bytes[i] == cut.bytes[i] && whole.sum[i] == cut.sum[i]);
	}
	TWC_ASSERT(whole.turns == 0 || whole.status[0] == cut.status[0]);
	run(&cut, data[0], CHUNK_RANDOM, data[0] >> 3, input);
	TWC_ASSERT(whole.turns == 0 || (whole.code[0] == cut.code[0] && whole.status[0] == cut.status[0] &&
					whole.bytes[0] == cut.bytes[0] && whole.sum[0] == cut.sum[0]));
	return 0;
}
