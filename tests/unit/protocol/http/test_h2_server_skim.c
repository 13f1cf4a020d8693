/* SPDX-License-Identifier: MIT */
/*
 * Frames of streams that have ended, of identifiers passed over, PRIORITY that is none: how the connection ends, whatever way they
 * are cut.
 */
#include "site.h"

#include "support/chunk.h"
#include "support/h2_frames.h"

#define ASKED ":method: GET\n:scheme: http\n:path: /a\n:authority: h\n"
#define POST ":method: POST\n:scheme: http\n:path: /collect\n:authority: h\n"

enum step {
	DONE = 0,
	ASK_1, ASK_3, ASK_5, /* a whole request */
	OPEN_1,		     /* a request with a body that is to come */
	MORE_1,		     /* some of it */
	LAST_1,		     /* the rest of it */
	RESET_1,
	BAD_1,		     /* HEADERS that are no request: the server resets the stream */
	ON_ITSELF, ON_OTHER, ON_ZERO, /* PRIORITY */
	UNKNOWN,
	FLOOD,		     /* of unknown ones */
	PAUSE,		     /* what can happen happens */
};

static const struct {
	const char *name;
	enum step step[8];
	const char *told; /* GOAWAY; NULL: goes on */
} rows[] = {
	{ "DATA after the end", { ASK_1, PAUSE, MORE_1 }, "STREAM_CLOSED" },
	{ "HEADERS after the end", { ASK_1, PAUSE, ASK_1 }, "STREAM_CLOSED" },
	{ "DATA after RST_STREAM", { OPEN_1, RESET_1, MORE_1 }, "STREAM_CLOSED" },
	{ "HEADERS after RST_STREAM", { OPEN_1, RESET_1, ASK_1 }, "STREAM_CLOSED" },
	{ "a lower identifier", { ASK_5, ASK_3 }, "PROTOCOL_ERROR" },
	{ "a lower identifier, later", { ASK_1, ASK_5, PAUSE, ASK_3 }, "PROTOCOL_ERROR" },
	{ "PRIORITY on itself", { ON_ITSELF }, "PROTOCOL_ERROR" },
	{ "PRIORITY of no stream", { ASK_1, ON_ZERO }, "PROTOCOL_ERROR" },
	{ "unknown frames, too many", { FLOOD }, "ENHANCE_YOUR_CALM" },
	{ "PRIORITY", { ON_OTHER, ASK_1, ON_OTHER }, NULL },
	{ "an unknown frame", { UNKNOWN, ASK_1, UNKNOWN }, NULL },
	{ "a body in pieces", { OPEN_1, MORE_1, PAUSE, MORE_1, LAST_1, PAUSE, ASK_3 }, NULL },
	{ "a reset for what has ended", { ASK_1, PAUSE, RESET_1, ASK_3 }, NULL },
	{ "what was on its way when the server had enough", { BAD_1, MORE_1, PAUSE, MORE_1, LAST_1 }, NULL },
};

static void put_priority(struct h2_bytes *b, uint32_t id, uint32_t on)
{
	const uint8_t p[5] = { (uint8_t)(on >> 24), (uint8_t)(on >> 16), (uint8_t)(on >> 8), (uint8_t)on, 16 };

	h2_put_frame(b, H2_PRIORITY, 0, id, p, sizeof(p));
}

static void put_step(struct h2_bytes *b, enum step step)
{
	switch (step) {
	case ASK_1: case ASK_3: case ASK_5: h2_put_headers(b, H2_END_STREAM, 1 + 2 * (uint32_t)(step - ASK_1), ASKED); break;
	case OPEN_1: h2_put_headers(b, 0, 1, POST); break;
	case MORE_1: h2_put_frame(b, H2_DATA, 0, 1, "more", 4); break;
	case LAST_1: h2_put_frame(b, H2_DATA, H2_END_STREAM, 1, "end", 3); break;
	case RESET_1: h2_put_reset(b, 1, 8); break;
	case BAD_1: h2_put_headers(b, 0, 1, POST "connection: close\n"); break;
	case ON_ITSELF: put_priority(b, 1, 1); break;
	case ON_OTHER: put_priority(b, 3, 1); break;
	case ON_ZERO: put_priority(b, 0, 1); break;
	case UNKNOWN: h2_put_frame(b, 0x77, 0xff, 9, "what", 4); break;
	case FLOOD:
		for (int i = 0; i < 600; i++)
			h2_put_frame(b, 0x77, 0, 0, NULL, 0);
		break;
	default: break;
	}
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct site *w = arg;

	if (!w->client.is_lost)
		twc_transport_write(w->client.base.transport, p, n);
	return !w->client.is_lost;
}

static void check(size_t row, enum chunk_mode mode)
{
	static char text[65536];
	struct h2_bytes b = { 0 };
	struct site w = { 0 };
	const char *goaway;

	site_open(&w);
	h2_put_start(&b);
	for (size_t i = 0; i < 8; i++) {
		put_step(&b, rows[row].step[i]);
		if (rows[row].step[i] != PAUSE && i < 7)
			continue;
		chunk_feed(mode, 11, b.p, b.n, feed, &w);
		twc_reactor_advance(w.r, 0);
		b.n = 0;
	}
	chunk_feed(mode, 11, b.p, b.n, feed, &w);
	twc_reactor_advance(w.r, LOOP_S);
	h2_told(w.client.got ? w.client.got : "", w.client.n, false, text, sizeof(text));
	goaway = strstr(text, "GOAWAY");
	if (!rows[row].told ? goaway != NULL : !goaway || !strstr(goaway, rows[row].told))
		fail_msg("%s, %s: %s", rows[row].name, chunk_name(mode), text);
	assert_int_equal(w.client.has_eof || w.client.is_lost, rows[row].told != NULL);
	site_close(&w);
	h2_bytes_fini(&b);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++)
			check(i, mode);
}

/* Broken with requests under way: it does not stay for them. */
static void test_broken_is_over(void **state)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };

	(void)state;
	site_open(&w);
	h2_put_start(&b);
	h2_put_headers(&b, H2_END_STREAM, 1, ":method: GET\n:scheme: http\n:path: /wait\n:authority: h\n");
	h2_put_window(&b, 0, 0);
	feed(&w, b.p, b.n);
	twc_reactor_advance(w.r, 0);
	assert_true(w.client.has_eof || w.client.is_lost);
	site_close(&w);
	h2_bytes_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_broken_is_over) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
