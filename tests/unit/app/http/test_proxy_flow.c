/* SPDX-License-Identifier: MIT */
/* proxy: bodies that stream, what breaks, what takes too long, several servers, upgrades. */
#include "proxying.h"
#include "support/h2_frames.h"

#define GET_1 "GET /p HTTP/1.1\r\n" HOST "\r\n"
#define POST_5 "POST /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n"
#define VIA "Via: 1.1 twc\r\n"

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && strcmp(s + n - m, with) == 0;
}

/* ---- connections ---- */

static void test_connections_are_kept(void **state)
{
	struct mock m = { 0 };
	struct back b;

	proxying_open(&m, &b, "/", "");
	for (unsigned i = 0; i < 5; i++) {
		front_say(&m, GET_1);
		assert_true(starts(back_heard(&b, 0), "GET /p "));
		back_say(&b, 0, WELL "Content-Length: 2\r\n\r\nok", &m);
		assert_true(ends(mock_heard(&m), "ok"));
	}
	assert_int_equal(b.n, 1);
	mock_pass(&m, 31 * SECOND);
	pass(&m);
	assert_true(b.conn[0]->probe.is_lost);
	proxying_close(&m, &b);
}

/* A kept connection that ends when the next request comes: made once more if that may be, and told if not. */
static void test_stale_connections(void **state)
{
	static const struct {
		const char *request;
		unsigned conns;
		const char *heard, *again;
	} rows[] = {
		{ GET_1, 2, WELL VIA "Content-Length: 0\r\n\r\n", "GET /p " },
		{ "PUT /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", 2, WELL VIA "Content-Length: 0\r\n\r\n", "PUT /p " },
		{ POST_5 "hello", 1, "HTTP/1.1 502 ", NULL },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct mock m = { 0 };
		struct back b;

		proxying_open(&m, &b, "/", "");
		front_say(&m, GET_1);
		back_say(&b, 0, WELL EMPTY, &m);
		mock_heard(&m);
		front_say(&m, rows[i].request);
		back_end(&b, 0, false, &m);
		assert_int_equal(b.n, rows[i].conns);
		if (rows[i].again) {
			const char *heard = back_heard(&b, 1);

			assert_true(starts(heard, rows[i].again));
			assert_true(ends(heard, i == 1 ? "\r\n\r\nhello" : "\r\n\r\n"));
			back_say(&b, 1, WELL EMPTY, &m);
		}
		assert_true(starts(mock_heard(&m), rows[i].heard));
		proxying_close(&m, &b);
	}
}

/* ---- bodies ---- */

static void test_continue(void **state)
{
	struct mock m = { 0 };
	struct back b;
	const char *heard;

	proxying_open(&m, &b, "/", "");
	front_say(&m, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	heard = back_heard(&b, 0);
	assert_true(ends(heard, "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
	assert_string_equal(mock_heard(&m), "");
	back_say(&b, 0, "HTTP/1.1 100 Continue\r\n\r\n", &m);
	assert_string_equal(mock_heard(&m), "HTTP/1.1 100 Continue\r\n\r\n");
	front_say(&m, "hello");
	assert_string_equal(back_heard(&b, 0), "hello");
	back_say(&b, 0, WELL EMPTY, &m);
	assert_string_equal(mock_heard(&m), WELL VIA "Content-Length: 0\r\n\r\n");
	/* who says no is passed on without the body */
	front_say(&m, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	back_say(&b, 0, "HTTP/1.1 413 Too Large\r\n" EMPTY, &m);
	assert_true(starts(mock_heard(&m), "HTTP/1.1 413 "));
	proxying_close(&m, &b);
}

static void write_much(struct mock *m, size_t n)
{
	char *p = calloc(1, n);

	memset(p, 'x', n);
	twc_transport_write(m->client.base.transport, p, n);
	free(p);
	pass(m);
}

/* A server that does not read stops the client; nothing but what two transports may hold is taken from it. */
static void test_a_server_that_does_not_read(void **state)
{
	struct mock m = { .max_body = 64 << 20 };
	struct back b;
	const size_t all = 16 << 20;

	proxying_open(&m, &b, "/", "");
	front_say(&m, "PUT /p HTTP/1.1\r\n" HOST "Content-Length: 16777216\r\n\r\n");
	twc_transport_pause(b.conn[0]->probe.base.transport);
	write_much(&m, all);
	assert_true(twc_transport_queued(m.client.base.transport) > all - (4 << 20));
	twc_transport_resume(b.conn[0]->probe.base.transport);
	for (unsigned i = 0; i < 2000 && b.conn[0]->probe.n < all; i++)
		pass(&m);
	assert_true(b.conn[0]->probe.n > all);
	back_say(&b, 0, WELL EMPTY, &m);
	assert_true(starts(mock_heard(&m), WELL));
	proxying_close(&m, &b);
}

static void test_a_client_that_does_not_read(void **state)
{
	struct mock m = { 0 };
	struct back b;
	const size_t all = 16 << 20;
	char *p = calloc(1, all);

	memset(p, 'y', all);
	proxying_open(&m, &b, "/", "");
	front_say(&m, GET_1);
	twc_transport_pause(m.client.base.transport);
	back_say(&b, 0, WELL "Content-Length: 16777216\r\n\r\n", &m);
	twc_transport_write(b.conn[0]->probe.base.transport, p, all);
	pass(&m);
	assert_true(twc_transport_queued(b.conn[0]->probe.base.transport) > all - (4 << 20));
	twc_transport_resume(m.client.base.transport);
	for (unsigned i = 0; i < 2000 && m.client.n < all; i++)
		pass(&m);
	assert_true(m.client.n > all);
	free(p);
	proxying_close(&m, &b);
}

/* Each piece of an endless response is there at once. */
static void test_a_stream(void **state)
{
	struct mock m = { 0 };
	struct back b;

	proxying_open(&m, &b, "/", "");
	front_say(&m, GET_1);
	back_say(&b, 0, WELL "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", &m);
	assert_true(starts(mock_heard(&m), WELL));
	back_say(&b, 0, "3\r\na\n\n\r\n", &m);
	assert_string_equal(mock_heard(&m), "3\r\na\n\n\r\n");
	mock_pass(&m, 20 * SECOND);
	back_say(&b, 0, "3\r\nb\n\n\r\n", &m);
	assert_string_equal(mock_heard(&m), "3\r\nb\n\n\r\n");
	/* a client that goes is told behind */
	twc_transport_abort(m.client.base.transport);
	pass(&m);
	assert_true(b.conn[0]->probe.is_lost);
	proxying_close(&m, &b);
}

static void test_an_early_answer(void **state)
{
	struct mock m = { 0 };
	struct back b;

	proxying_open(&m, &b, "/", "");
	front_say(&m, POST_5 "he");
	back_say(&b, 0, "HTTP/1.1 403 Forbidden\r\n" EMPTY, &m);
	assert_true(starts(mock_heard(&m), "HTTP/1.1 403 "));
	assert_true(b.conn[0]->probe.is_lost);
	front_say(&m, "llo" GET_1);
	assert_int_equal(b.n, 2);
	assert_true(starts(back_heard(&b, 1), "GET /p "));
	proxying_close(&m, &b);
}

/* ---- what breaks ---- */

static void test_broken_answers(void **state)
{
	static const struct {
		const char *said;
		bool reset, front_lost;
		const char *heard;
	} rows[] = {
		{ "", false, false, "HTTP/1.1 502 " },
		{ "", true, false, "HTTP/1.1 502 " },
		{ "HTTP/1.1 200 O", false, false, "HTTP/1.1 502 " },
		{ WELL "Content-Length: 9\r\n\r\nhalf", false, true, WELL },
		{ WELL "Content-Length: 9\r\n\r\nhalf", true, true, WELL },
		{ WELL "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", false, true, WELL },
		{ WELL "\r\nall", false, false, WELL },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct mock m = { 0 };
		struct back b;
		const char *heard;

		proxying_open(&m, &b, "/", "");
		front_say(&m, GET_1);
		if (rows[i].said[0])
			back_say(&b, 0, rows[i].said, &m);
		back_end(&b, 0, rows[i].reset, &m);
		heard = mock_heard(&m);
		if (!starts(heard, rows[i].heard))
			fail_msg("%zu: %s", i, heard);
		if (rows[i].front_lost) {
			assert_null(strstr(heard, "0\r\n\r\n"));
			assert_true(m.client.is_lost);
			assert_int_not_equal(m.client.reason.code, 0);
		} else if (i == 6) {
			assert_true(ends(heard, "3\r\nall\r\n0\r\n\r\n"));
		}
		proxying_close(&m, &b);
	}
}

static void test_a_client_that_goes(void **state)
{
	struct mock m = { 0 };
	struct back b;

	proxying_open(&m, &b, "/", "");
	front_say(&m, POST_5 "he");
	assert_true(ends(back_heard(&b, 0), "he"));
	twc_transport_abort(m.client.base.transport);
	pass(&m);
	assert_true(b.conn[0]->probe.is_lost);
	/* who only ends his half gets two seconds */
	mock_reconnect(&m);
	front_say(&m, GET_1);
	twc_transport_write_eof(m.client.base.transport);
	pass(&m);
	assert_false(b.conn[1]->probe.is_lost);
	mock_pass(&m, SECOND);
	back_say(&b, 1, WELL "Content-Length: 2\r\n\r\nok", &m);
	assert_true(ends(mock_heard(&m), "ok"));
	mock_reconnect(&m);
	front_say(&m, GET_1);
	twc_transport_write_eof(m.client.base.transport);
	pass(&m);
	mock_pass(&m, 3 * SECOND);
	pass(&m);
	assert_true(b.conn[1]->probe.is_lost);
	proxying_close(&m, &b);
}

/* ---- time ---- */

static void test_time(void **state)
{
	struct mock m = { 0 };
	struct back b;

	proxying_open(&m, &b, "/", "{first-byte=3s idle=2s}");
	front_say(&m, GET_1);
	mock_pass(&m, 2900 * MS);
	assert_string_equal(mock_heard(&m), "");
	mock_pass(&m, 200 * MS);
	assert_true(starts(mock_heard(&m), "HTTP/1.1 504 "));
	pass(&m);
	assert_true(b.conn[0]->probe.is_lost);
	/* in the middle of a response */
	front_say(&m, GET_1);
	back_say(&b, 1, WELL "Content-Length: 4\r\n\r\nab", &m);
	mock_pass(&m, 1500 * MS);
	back_say(&b, 1, "c", &m);
	mock_pass(&m, 1500 * MS);
	assert_false(m.client.is_lost);
	mock_pass(&m, 600 * MS);
	pass(&m);
	assert_true(m.client.is_lost);
	assert_true(b.conn[1]->probe.is_lost);
	proxying_close(&m, &b);
}

/* A server that takes nothing of a body is late, too, and not told to be away. */
static void test_time_of_uploads(void **state)
{
	struct mock m = { .max_body = 64 << 20 };
	struct back b;

	proxying_open(&m, &b, "/", "{idle=2s}");
	front_say(&m, "PUT /p HTTP/1.1\r\n" HOST "Content-Length: 16777216\r\n\r\n");
	twc_transport_pause(b.conn[0]->probe.base.transport);
	write_much(&m, 16 << 20);
	mock_pass(&m, 4500 * MS);
	pass(&m);
	assert_true(starts(mock_heard(&m), "HTTP/1.1 504 "));
	proxying_close(&m, &b);
}

/* ---- several servers ---- */

static void open_two(struct mock *m, struct back b[2], const char *options)
{
	char route[512];

	mock_open(m);
	back_open(&b[0], m, "a");
	back_open(&b[1], m, "b");
	b[0].answer = WELL "X: a\r\n" EMPTY;
	b[1].answer = WELL "X: b\r\n" EMPTY;
	snprintf(route, sizeof(route), "/ %s=proxy:[unix:%s][unix:%s]", options, b[0].path, b[1].path);
	mock_route(m, route);
}

static void close_two(struct mock *m, struct back b[2])
{
	back_shut(&b[0]);
	back_shut(&b[1]);
	mock_close(m);
	back_close(&b[0]);
	back_close(&b[1]);
}

/* Who answers: 'a', 'b', or the hundreds of the status. */
static char who(struct mock *m)
{
	const char *heard, *x;

	front_say(m, GET_1);
	heard = mock_heard(m);
	x = strstr(heard, "\r\nX: ");
	return x ? x[5] : strlen(heard) > 9 ? heard[9] : '-';
}

static void who_n(struct mock *m, unsigned n, char *out)
{
	for (unsigned i = 0; i < n; i++)
		out[i] = who(m);
	out[n] = '\0';
}

static void test_balance(void **state)
{
	static const struct {
		const char *options, *who;
	} rows[] = {
		{ "", "abababab" },
		{ "{balance=roundrobin}", "abababab" },
		{ "{balance=leastconn}", "abababab" },
		{ "{balance=first}", "aaaaaaaa" },
	};
	char got[65];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct mock m = { 0 };
		struct back b[2];

		open_two(&m, b, rows[i].options);
		who_n(&m, 8, got);
		assert_string_equal(got, rows[i].who);
		close_two(&m, b);
	}
	for (int random = 0; random < 2; random++) {
		struct mock m = { 0 };
		struct back b[2];

		open_two(&m, b, random ? "{balance=random}" : "{balance=source}");
		who_n(&m, 64, got);
		assert_int_equal(strchr(got, 'a') && strchr(got, 'b'), random);
		close_two(&m, b);
	}
}

static void test_a_server_that_is_away(void **state)
{
	struct mock m = { 0 };
	struct back b[2];
	char got[32];
	const char *heard;

	open_two(&m, b, "{fails=2}");
	back_shut(&b[0]);
	who_n(&m, 6, got); /* no client notices */
	assert_string_equal(got, "bbbbbb");
	/* all of them */
	back_shut(&b[1]);
	twc_transport_abort(b[1].conn[0]->probe.base.transport);
	pass(&m);
	who_n(&m, 2, got);
	assert_string_equal(got, "55");
	front_say(&m, GET_1);
	heard = mock_heard(&m);
	assert_true(starts(heard, "HTTP/1.1 503 "));
	assert_non_null(strstr(heard, "Retry-After: 1\r\n"));
	/* and back, each when its time is over */
	back_listen(&b[0], &m);
	back_listen(&b[1], &m);
	mock_pass(&m, 3 * SECOND);
	who_n(&m, 4, got);
	assert_true(strcmp(got, "abab") == 0 || strcmp(got, "baba") == 0);
	close_two(&m, b);
}

/* Many that fail at once are one failure, and no reason to be out for longer. */
static void test_many_failures_at_once(void **state)
{
	struct mock m = { 0 };
	struct back b[2];
	struct probe more[8];
	char got[32];

	open_two(&m, b, "{fails=1 balance=first}");
	b[0].answer = NULL;
	for (size_t i = 0; i < TWC_ARRAY_LEN(more); i++) {
		probe_init(&more[i]);
		twc_transport_pair(m.r, 0, twc_factory_build(twc_http_server_factory(m.s), NULL), &more[i].base);
		twc_transport_write(more[i].base.transport, GET_1, sizeof(GET_1) - 1);
	}
	pass(&m);
	assert_int_equal(b[0].n, TWC_ARRAY_LEN(more));
	for (unsigned i = 0; i < b[0].n; i++)
		back_end(&b[0], i, true, &m);
	for (size_t i = 0; i < TWC_ARRAY_LEN(more); i++) {
		assert_true(starts(more[i].got, "HTTP/1.1 502 "));
		twc_transport_abort(more[i].base.transport);
	}
	pass(&m);
	b[0].answer = WELL "X: a\r\n" EMPTY;
	assert_int_equal(who(&m), 'b');
	mock_pass(&m, 1100 * MS);
	who_n(&m, 2, got);
	assert_string_equal(got, "aa");
	for (size_t i = 0; i < TWC_ARRAY_LEN(more); i++)
		probe_fini(&more[i]);
	close_two(&m, b);
}

/* One that has begun to answer, or was sent something, is not followed by another. */
static void test_no_second_server(void **state)
{
	struct mock m = { 0 };
	struct back b[2];

	open_two(&m, b, "");
	b[0].answer = NULL;
	front_say(&m, GET_1);
	back_end(&b[0], 0, true, &m);
	assert_true(starts(mock_heard(&m), "HTTP/1.1 502 "));
	assert_int_equal(b[1].n, 0);
	close_two(&m, b);
}

static void test_checks(void **state)
{
	struct mock m = { 0 };
	struct back b[2];
	char got[32];

	open_two(&m, b, "{check=/health check-every=1s check-rise=2 check-fall=2}");
	b[1].answer = "HTTP/1.1 500 Bad\r\nX: b\r\n" EMPTY;
	mock_pass(&m, 0);
	pass(&m);
	assert_true(starts(back_heard(&b[0], 0), "GET /health HTTP/1.1\r\n"));
	who_n(&m, 3, got); /* the first check decides */
	assert_string_equal(got, "aaa");
	b[1].answer = WELL "X: b\r\n" EMPTY;
	mock_pass(&m, SECOND);
	pass(&m);
	who_n(&m, 2, got);
	assert_string_equal(got, "aa");
	mock_pass(&m, SECOND);
	pass(&m);
	who_n(&m, 4, got);
	assert_true(strcmp(got, "abab") == 0 || strcmp(got, "baba") == 0);
	/* away, and silent */
	b[0].answer = NULL;
	back_shut(&b[1]);
	for (unsigned i = 0; i < 6; i++) {
		mock_pass(&m, SECOND);
		pass(&m);
	}
	who_n(&m, 2, got);
	assert_string_equal(got, "55");
	close_two(&m, b);
}

/* ---- upgrades ---- */

#define ASK_X "GET /p HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: x\r\n\r\n"
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n"

static void test_an_upgrade(void **state)
{
	struct mock m = { 0 };
	struct back b;
	const char *heard;

	proxying_open(&m, &b, "/", "");
	front_say(&m, ASK_X);
	heard = back_heard(&b, 0);
	assert_non_null(strstr(heard, "Connection: Upgrade\r\nUpgrade: x\r\n"));
	back_say(&b, 0, SWITCH "X: y\r\n\r\nfirst", &m);
	heard = mock_heard(&m);
	assert_true(starts(heard, "HTTP/1.1 101 "));
	assert_non_null(strstr(heard, "X: y\r\n"));
	assert_true(ends(heard, "\r\n\r\nfirst"));
	front_say(&m, "to the server");
	assert_string_equal(back_heard(&b, 0), "to the server");
	back_say(&b, 0, "to the client", &m);
	assert_string_equal(mock_heard(&m), "to the client");
	back_end(&b, 0, false, &m);
	assert_true(m.client.has_eof);
	proxying_close(&m, &b);
}

static void test_ends_of_upgrades(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct mock m = { 0 };
		struct back b;

		proxying_open(&m, &b, "/", "{tunnel=5s}");
		front_say(&m, ASK_X);
		back_say(&b, 0, SWITCH "\r\n", &m);
		if (i == 0)
			back_end(&b, 0, true, &m);
		else if (i == 1)
			twc_transport_abort(m.client.base.transport);
		else
			mock_pass(&m, 6 * SECOND);
		pass(&m);
		mock_pass(&m, 3 * SECOND);
		pass(&m);
		assert_true(m.client.is_lost);
		assert_true(b.conn[0]->probe.is_lost);
		proxying_close(&m, &b);
	}
}

static void test_refused_upgrades(void **state)
{
	struct mock m = { 0 };
	struct back b;

	proxying_open(&m, &b, "/", "");
	front_say(&m, ASK_X);
	back_say(&b, 0, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", &m);
	assert_true(ends(mock_heard(&m), "no"));
	/* another than was asked for */
	front_say(&m, ASK_X);
	back_say(&b, 1, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: y\r\n\r\n", &m);
	assert_true(starts(mock_heard(&m), "HTTP/1.1 502 "));
	/* never asked for on behalf of a client */
	front_say(&m, "GET /p HTTP/1.1\r\n" HOST "Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n");
	assert_null(strstr(back_heard(&b, b.n - 1), "pgrade"));
	proxying_close(&m, &b);
}

/* ---- HTTP/2 behind ---- */

/* SETTINGS and the acknowledgement of the client's, then the head of a response. */
static void say_h2(struct back *b, struct mock *m, bool allows_more, bool is_whole)
{
	static const uint8_t none[] = { 0, 3, 0, 0, 0, 0 }; /* SETTINGS_MAX_CONCURRENT_STREAMS */
	struct h2_bytes out = { 0 };

	h2_put_frame(&out, H2_SETTINGS, 0, 0, none, allows_more ? 0 : sizeof(none));
	h2_put_frame(&out, H2_SETTINGS, H2_ACK, 0, NULL, 0);
	h2_put_headers(&out, is_whole ? H2_END_STREAM : 0, 1, ":status: 200\n");
	twc_transport_write(b->conn[0]->probe.base.transport, out.p, out.n);
	h2_bytes_fini(&out);
	pass(m);
}

/* One that allows no further request is kept no longer than another. */
static void test_no_room(void **state)
{
	struct mock m = { 0 };
	struct back b;

	proxying_open(&m, &b, "/", "{http=2}");
	front_say(&m, GET_1);
	say_h2(&b, &m, false, true);
	assert_true(starts(mock_heard(&m), WELL));
	mock_pass(&m, 29 * SECOND);
	pass(&m);
	assert_false(b.conn[0]->probe.is_lost);
	mock_pass(&m, 2 * SECOND);
	pass(&m);
	assert_true(b.conn[0]->probe.is_lost);
	proxying_close(&m, &b);
}

/* The end of all while a response comes, on a connection that others could use, or could not. */
static void test_the_end_of_http2(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct mock m = { 0 };
		struct back b;

		proxying_open(&m, &b, "/", "{http=2}");
		front_say(&m, GET_1);
		say_h2(&b, &m, i & 1, i & 2);
		assert_true(starts(mock_heard(&m), WELL));
		proxying_close(&m, &b);
	}
}

/* The reactor goes in the middle of everything. */
static void test_the_end_of_all(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct mock m = { 0 };
		struct back b;

		proxying_open(&m, &b, "/", i == 3 ? "{check=/}" : "");
		front_say(&m, i == 0 ? POST_5 "he" : i == 1 ? ASK_X : GET_1);
		if (i == 1)
			back_say(&b, 0, SWITCH "\r\n", &m);
		if (i == 2)
			back_say(&b, 0, WELL "Content-Length: 4\r\n\r\nab", &m);
		assert_int_not_equal(b.n, 0);
		back_shut(&b);
		twc_reactor_free(m.r);
		probe_fini(&m.client);
		twc_http_server_free(m.s);
		twc_http_site_free(m.site);
		back_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections_are_kept),
		cmocka_unit_test(test_stale_connections),
		cmocka_unit_test(test_continue),
		cmocka_unit_test(test_a_server_that_does_not_read),
		cmocka_unit_test(test_a_client_that_does_not_read),
		cmocka_unit_test(test_a_stream),
		cmocka_unit_test(test_an_early_answer),
		cmocka_unit_test(test_broken_answers),
		cmocka_unit_test(test_a_client_that_goes),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_time_of_uploads),
		cmocka_unit_test(test_balance),
		cmocka_unit_test(test_a_server_that_is_away),
		cmocka_unit_test(test_many_failures_at_once),
		cmocka_unit_test(test_no_second_server),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_an_upgrade),
		cmocka_unit_test(test_ends_of_upgrades),
		cmocka_unit_test(test_refused_upgrades),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_the_end_of_http2),
		cmocka_unit_test(test_the_end_of_all),
	};

	return cmocka_run_group_tests(tests, back_make_dir, back_remove_dir);
}
