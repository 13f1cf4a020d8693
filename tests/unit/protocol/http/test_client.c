/* SPDX-License-Identifier: MIT */
/* A client's connection, with a server that is a script: memory and the fake clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/http/client.h"
#include "support/chunk.h"
#include "support/loop.h"
#include "support/probe.h"

#define REQUEST "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"

/* What a turn can do in one of its callbacks. */
enum act { NOTHING, CANCEL, PAUSE, UPGRADE };

struct fixture {
	struct twc_reactor *r;
	struct probe server;
	struct twc__http_client_conn *conn; /* NULL: gone */
	unsigned frees;
	struct twc__http_turn turn;
	char body[100000], heads[4096], trailers[256];
	size_t n;
	int status, informed;
	unsigned ends, datas;
	bool was_free_at_end, reads;
	enum act on_head, on_data, on_informed, on_end;
	struct twc_err err;
	uint64_t length;
	/* the body of a request */
	size_t made, make; /* bytes so far; in all */
	unsigned produced, stopped;
	struct twc_http_upload *upload;
	int fails_at; /* -1: never */
	bool waits;   /* produces only what is asked for */
	struct probe next; /* what is upgraded to */
};

static struct fixture *current;

static void act(enum act what)
{
	if (what == CANCEL)
		twc__http_turn_cancel(&current->turn);
	else if (what == PAUSE)
		twc__http_turn_pause(&current->turn);
	else if (what == UPGRADE)
		assert_true(twc__http_turn_upgrade(&current->turn, probe_protocol(&current->next)));
}

static void on_free(void *arg, struct twc__http_client_conn *c)
{
	assert_ptr_equal(c, current->conn);
	assert_true(twc__http_client_conn_is_free(c));
	current->frees++;
}

static void on_gone(void *arg, struct twc__http_client_conn *c)
{
	assert_ptr_equal(c, current->conn);
	current->conn = NULL;
}

static const struct twc__http_client_conn_ops conn_ops = { .free = on_free, .gone = on_gone };

static void on_informed(struct twc__http_turn *turn, int status, const struct twc_http_fields *fields)
{
	current->informed = status;
	act(current->on_informed);
}

static void on_seen(struct twc__http_turn *turn, struct twc_str head)
{
	strncat(current->heads, head.p, head.n);
}

static void on_head(struct twc__http_turn *turn, const struct twc__http_start *start, struct twc_http_fields *fields,
		    const struct twc__http_framing *framing)
{
	current->status = start->status;
	current->length = framing->length;
	act(current->on_head);
	if (current->reads)
		twc__http_turn_read(turn);
}

static void on_data(struct twc__http_turn *turn, const uint8_t *p, size_t n)
{
	assert_true(n > 0);
	assert_true(current->n + n < sizeof(current->body));
	memcpy(current->body + current->n, p, n);
	current->n += n;
	current->datas++;
	act(current->on_data);
}

static void on_end(struct twc__http_turn *turn, struct twc_http_fields *trailers, const struct twc_err *err)
{
	current->ends++;
	current->err = *err;
	current->was_free_at_end = current->conn && twc__http_client_conn_is_free(current->conn);
	for (size_t i = 0; trailers && i < twc_http_fields_count(trailers); i++) {
		strncat(current->trailers, twc_http_fields_at(trailers, i).name.p, twc_http_fields_at(trailers, i).name.n);
		strcat(current->trailers, ";");
	}
	act(current->on_end);
}

static const struct twc__http_turn_ops turn_ops = {
	.informed = on_informed, .seen = on_seen, .head = on_head, .data = on_data, .end = on_end,
};

static void open_fixture(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	current = f;
	f->r = loop_fake();
	f->reads = true;
	f->fails_at = -1;
	probe_init(&f->server);
	f->conn = twc__http_client_conn_new(f->r, 11, &conn_ops, NULL);
	twc_transport_pair(f->r, 0, probe_protocol(&f->server), twc__http_client_conn_protocol(f->conn));
	twc_reactor_advance(f->r, 0);
}

static void begin(struct fixture *f, enum twc_http_method method)
{
	struct twc__http_turn t = f->turn;

	f->turn = (struct twc__http_turn){ .ops = &turn_ops, .method = method, .head = TWC_STR(REQUEST), .max_head = 2000,
					   .first_byte_ns = t.first_byte_ns, .expect_ns = t.expect_ns, .has_source = t.has_source,
					   .source = t.source, .lenient = t.lenient, .upgrade = t.upgrade };
	twc__http_turn_begin(&f->turn, f->conn);
	twc_reactor_advance(f->r, 0);
}

static void say(struct fixture *f, const void *p, size_t n)
{
	if (!f->server.is_lost)
		twc_transport_write(f->server.base.transport, p, n);
	twc_reactor_advance(f->r, 0);
}

static void say_str(struct fixture *f, const char *s)
{
	say(f, s, strlen(s));
}

static void hang_up(struct fixture *f)
{
	if (!f->server.is_lost)
		twc_transport_write_eof(f->server.base.transport);
	twc_reactor_advance(f->r, 0);
}

static void close_fixture(struct fixture *f)
{
	twc__http_turn_cancel(&f->turn);
	if (f->conn)
		twc__http_client_conn_disown(f->conn);
	if (!f->server.is_lost)
		twc_transport_abort(f->server.base.transport);
	twc_reactor_advance(f->r, 5 * LOOP_S);
	probe_fini(&f->server);
	twc_reactor_free(f->r);
}

/* ---- responses, in any pieces ---- */

struct row {
	const char *name, *response;
	enum twc_http_method method;
	bool closes;  /* the server ends its half behind it */
	int status;
	const char *body, *trailers;
	int code;     /* of its end */
	bool keeps;   /* the connection is free again */
};

#define OK "HTTP/1.1 200 OK\r\n"
static const struct row rows[] = {
	{ "length", OK "Content-Length: 5\r\n\r\nhello", TWC_HTTP_GET, false, 200, "hello", "", 0, true },
	{ "no body", OK "Content-Length: 0\r\n\r\n", TWC_HTTP_GET, false, 200, "", "", 0, true },
	{ "until close", OK "\r\nhello", TWC_HTTP_GET, true, 200, "hello", "", 0, false },
	{ "until close, empty", OK "\r\n", TWC_HTTP_GET, true, 200, "", "", 0, false },
	{ "1.0 ends", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", TWC_HTTP_GET, false, 200, "ok", "", 0, false },
	{ "1.0 keeps", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", TWC_HTTP_GET, false, 200, "ok", "", 0, true },
	{ "says close", OK "Connection: close\r\nContent-Length: 2\r\n\r\nok", TWC_HTTP_GET, false, 200, "ok", "", 0, false },
	{ "HEAD", OK "Content-Length: 5\r\n\r\n", TWC_HTTP_HEAD, false, 200, "", "", 0, true },
	{ "HEAD chunked", OK "Transfer-Encoding: chunked\r\n\r\n", TWC_HTTP_HEAD, false, 200, "", "", 0, true },
	{ "204", "HTTP/1.1 204 No\r\n\r\n", TWC_HTTP_GET, false, 204, "", "", 0, true },
	{ "304", "HTTP/1.1 304 No\r\nContent-Length: 10\r\n\r\n", TWC_HTTP_GET, false, 304, "", "", 0, true },
	{ "1xx", "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" OK "Content-Length: 1\r\n\r\nx", TWC_HTTP_GET, false, 200, "x", "", 0, true },
	{ "1xx with a length of 0", "HTTP/1.1 103 Hints\r\nContent-Length: 0\r\n\r\n" OK "Content-Length: 1\r\n\r\nx", TWC_HTTP_GET, false, 200, "x", "", 0, true },
	{ "1xx with a length", "HTTP/1.1 103 Hints\r\nContent-Length: 5\r\n\r\n" OK "\r\n", TWC_HTTP_GET, false, 0, "", "", TWC_EPROTO, false },
	{ "1xx with chunks", "HTTP/1.1 100 Go\r\nTransfer-Encoding: chunked\r\n\r\n", TWC_HTTP_HEAD, false, 0, "", "", TWC_EPROTO, false },
	{ "1xx with a bad length", "HTTP/1.1 102 Go\r\nContent-Length: x\r\n\r\n", TWC_HTTP_GET, false, 0, "", "", TWC_EPROTO, false },
	{ "204 with a length", "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nno", TWC_HTTP_GET, false, 204, "", "", 0, false },
	{ "204 with chunks", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", TWC_HTTP_GET, false, 204, "", "", 0, false },
	{ "chunked", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n", TWC_HTTP_GET, false, 200, "abcdefg", "", 0, true },
	{ "trailers", OK "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nDigest: y\r\nHost: z\r\n\r\n", TWC_HTTP_GET, false, 200, "x", "Digest;", 0, true },
	{ "bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", TWC_HTTP_GET, false, 200, "ok", "", 0, true },
	{ "equal lengths", OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", TWC_HTTP_GET, false, 200, "ok", "", 0, true },
	{ "404 with a body", "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", TWC_HTTP_GET, false, 404, "no", "", 0, true },
	{ "different lengths", OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk", TWC_HTTP_GET, false, 0, "", "", TWC_EPROTO, false },
	{ "length and chunked", OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", TWC_HTTP_GET, false, 0, "", "", TWC_EPROTO, false },
	{ "no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", TWC_HTTP_GET, false, 0, "", "", TWC_EPROTO, false },
	{ "101 for nothing", "HTTP/1.1 101 Up\r\n\r\n", TWC_HTTP_GET, false, 0, "", "", TWC_EPROTO, false },
	{ "bad chunk", OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", TWC_HTTP_GET, false, 200, "", "", TWC_EPROTO, false },
	{ "nothing at all", "", TWC_HTTP_GET, true, 0, "", "", TWC_ETRUNC, false },
	{ "half a head", "HTTP/1.1 200 OK\r\nConte", TWC_HTTP_GET, true, 0, "", "", TWC_ETRUNC, false },
	{ "half a body", OK "Content-Length: 5\r\n\r\nhel", TWC_HTTP_GET, true, 200, "hel", "", TWC_ETRUNC, false },
	{ "half a chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", TWC_HTTP_GET, true, 200, "hel", "", TWC_ETRUNC, false },
	{ "no last chunk", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", TWC_HTTP_GET, true, 200, "hel", "", TWC_ETRUNC, false },
	{ "half of trailers", OK "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n", TWC_HTTP_GET, true, 200, "", "", TWC_ETRUNC, false },
};

static bool say_piece(void *arg, const uint8_t *data, size_t n)
{
	say(arg, data, n);
	return true;
}

static void check_row(const struct row *row, enum chunk_mode mode)
{
	struct fixture *f = calloc(1, sizeof(*f));

	open_fixture(f);
	begin(f, row->method);
	chunk_feed(mode, 7, row->response, strlen(row->response), say_piece, f);
	if (row->closes)
		hang_up(f);
	if (f->status != row->status || f->ends != 1 || f->err.code != row->code)
		fail_msg("%s, %s: status %d, %u ends, %s: %s", row->name, chunk_name(mode), f->status, f->ends,
			 twc_err_name(f->err.code), f->err.text);
	f->body[f->n] = 0;
	assert_string_equal(f->body, row->body);
	assert_string_equal(f->trailers, row->trailers);
	assert_int_equal(f->frees, row->keeps);
	assert_int_equal(f->was_free_at_end, row->keeps);
	assert_int_equal(f->conn != NULL, row->keeps);
	close_fixture(f);
	free(f);
}

static void test_responses(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++)
			check_row(&rows[i], mode);
	}
}

/* Wherever a connection ends, a response is whole or said not to be. */
static void test_cut_at_every_byte(void **state)
{
	static const char *const whole[] = {
		OK "Content-Length: 5\r\n\r\nhello",
		OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n",
	};
	struct fixture *f = calloc(1, sizeof(*f));

	for (size_t i = 0; i < TWC_ARRAY_LEN(whole); i++) {
		for (size_t n = 0; n < strlen(whole[i]); n++) {
			open_fixture(f);
			begin(f, TWC_HTTP_GET);
			say(f, whole[i], n);
			assert_int_equal(f->ends, 0);
			hang_up(f);
			assert_int_equal(f->ends, 1);
			assert_int_equal(f->err.code, TWC_ETRUNC);
			assert_int_equal(f->turn.was_silent, n == 0);
			close_fixture(f);
		}
	}
	free(f);
}

static void test_many_turns(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	open_fixture(f);
	for (unsigned i = 1; i <= 3; i++) {
		begin(f, TWC_HTTP_GET);
		say_str(f, OK "Content-Length: 2\r\n\r\nok");
		assert_int_equal(f->ends, i);
		assert_int_equal(f->frees, i);
		assert_int_equal(twc__http_client_conn_turns(f->conn), i);
	}
	assert_int_equal(f->server.n, 3 * strlen(REQUEST));
	close_fixture(f);
	free(f);
}

/* Bytes that belong to no request: the response is good, the connection is not. */
static void test_unsolicited_bytes(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	open_fixture(f);
	begin(f, TWC_HTTP_GET);
	say_str(f, OK "Content-Length: 2\r\n\r\nok" OK "Content-Length: 3\r\n\r\nbad");
	assert_int_equal(f->err.code, 0);
	assert_int_equal(f->n, 2);
	assert_null(f->conn);
	close_fixture(f);

	open_fixture(f);
	begin(f, TWC_HTTP_GET);
	say_str(f, OK "Content-Length: 2\r\n\r\nok");
	say_str(f, "x");
	assert_null(f->conn);
	assert_int_equal(f->ends, 1);
	close_fixture(f);

	open_fixture(f); /* the server ends a connection that nobody uses */
	hang_up(f);
	assert_null(f->conn);
	close_fixture(f);
	free(f);
}

static void test_callbacks_that_cancel(void **state)
{
	static const char response[] = "HTTP/1.1 103 Hints\r\n\r\n" OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
	struct fixture *f = calloc(1, sizeof(*f));

	for (unsigned i = 0; i < 4; i++) {
		open_fixture(f);
		f->on_informed = i == 0 ? CANCEL : NOTHING;
		f->on_head = i == 1 ? CANCEL : NOTHING;
		f->on_data = i == 2 ? CANCEL : NOTHING;
		f->on_end = i == 3 ? CANCEL : NOTHING;
		begin(f, TWC_HTTP_GET);
		say_str(f, response);
		assert_int_equal(f->ends, i == 3);
		assert_int_equal(f->conn == NULL, i != 3);
		assert_int_equal(f->datas, i < 2 ? 0 : i == 2 ? 1 : 2);
		close_fixture(f);
	}
	free(f);
}

/* A body nobody has asked for stays where it is, and so does one that is paused. */
static void test_flow_control(void **state)
{
	static char big[300000];
	struct fixture *f = calloc(1, sizeof(*f));

	open_fixture(f);
	f->reads = false;
	begin(f, TWC_HTTP_GET);
	say_str(f, OK "Content-Length: 90000\r\n\r\n");
	memset(big, 'x', 90000);
	say(f, big, 90000);
	assert_int_equal(f->status, 200);
	assert_int_equal(f->n, 0);
	f->on_data = PAUSE;
	twc__http_turn_read(&f->turn);
	twc_reactor_advance(f->r, LOOP_S);
	assert_int_equal(f->datas, 1);
	f->on_data = NOTHING;
	twc__http_turn_resume(&f->turn);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 90000);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->frees, 1);
	close_fixture(f);

	open_fixture(f); /* paused at the last byte: the end waits, too */
	f->on_data = PAUSE;
	begin(f, TWC_HTTP_GET);
	say_str(f, OK "Content-Length: 2\r\n\r\nok");
	assert_int_equal(f->n, 2);
	assert_int_equal(f->ends, 0);
	twc__http_turn_resume(&f->turn);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->frees, 1);
	close_fixture(f);
	free(f);
}

static void test_first_byte_timeout(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	open_fixture(f);
	f->turn.first_byte_ns = 3 * LOOP_S;
	begin(f, TWC_HTTP_GET);
	twc_reactor_advance(f->r, 2 * LOOP_S);
	assert_int_equal(f->ends, 0);
	twc_reactor_advance(f->r, LOOP_S);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->err.code, TWC_ETIMEDOUT);
	assert_false(f->turn.was_silent); /* the connection is no reason to ask again */
	close_fixture(f);

	open_fixture(f); /* a head that does not come to its end */
	f->turn.first_byte_ns = 3 * LOOP_S;
	begin(f, TWC_HTTP_GET);
	say_str(f, "HTTP/1.1 2");
	twc_reactor_advance(f->r, 3 * LOOP_S);
	assert_int_equal(f->err.code, TWC_ETIMEDOUT);
	assert_string_equal(f->err.text, "the head of the response was not whole within 3s");
	close_fixture(f);

	open_fixture(f); /* a head in time, a body that takes longer */
	f->turn.first_byte_ns = 3 * LOOP_S;
	begin(f, TWC_HTTP_GET);
	say_str(f, OK "Content-Length: 1\r\n\r\n");
	twc_reactor_advance(f->r, 9 * LOOP_S);
	say_str(f, "x");
	assert_int_equal(f->err.code, 0);
	assert_int_equal(f->ends, 1);
	close_fixture(f);
	free(f);
}

static void test_limits(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char field[2100];

	snprintf(field, sizeof(field), OK "A: %02000d\r\n\r\n", 1);
	open_fixture(f);
	begin(f, TWC_HTTP_GET);
	say_str(f, field);
	assert_int_equal(f->err.code, TWC_ETOOLONG);
	close_fixture(f);

	open_fixture(f); /* interim responses without end: many, or long ones */
	begin(f, TWC_HTTP_GET);
	for (unsigned i = 0; i < 200 && f->ends == 0; i++)
		say_str(f, "HTTP/1.1 102 .\r\n\r\n");
	assert_int_equal(f->ends, 1);
	assert_int_not_equal(f->err.code, 0);
	close_fixture(f);
	free(f);
}

/* ---- bodies of requests ---- */

static void produce(void *arg, struct twc_http_upload *u)
{
	struct fixture *f = arg;
	struct twc_err err = { 0 };
	char piece[1000];

	memset(piece, 'b', sizeof(piece));
	f->produced++;
	f->upload = u;
	while (!f->waits && f->made < f->make && !twc_http_upload_is_full(u)) {
		if (f->fails_at >= 0 && f->made >= (size_t)f->fails_at) {
			twc_err_set(&err, TWC_EIO, "the disk is gone");
			twc_http_upload_fail(u, &err);
			twc_http_upload_write(u, piece, 1);
			twc_http_upload_end(u);
			return;
		}
		twc_http_upload_write(u, piece, f->make - f->made < sizeof(piece) ? f->make - f->made : sizeof(piece));
		f->made += sizeof(piece);
	}
	if (!f->waits && f->made >= f->make)
		twc_http_upload_end(u);
}

static void stop(void *arg)
{
	((struct fixture *)arg)->stopped++;
}

static void upload(struct fixture *f, size_t make, uint64_t length)
{
	f->make = make;
	f->turn.has_source = true;
	f->turn.source = (struct twc_http_source){ .length = length, .produce = produce, .stop = stop, .arg = f };
}

static void test_upload(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	open_fixture(f);
	upload(f, 1000000, 1000000);
	begin(f, TWC_HTTP_PUT);
	assert_int_equal(f->server.n, strlen(REQUEST) + 1000000);
	assert_true(f->produced > 1); /* as there was room */
	assert_int_equal(f->stopped, 1);
	say_str(f, OK "Content-Length: 2\r\n\r\nok");
	assert_int_equal(f->frees, 1);
	assert_int_equal(f->turn.upload.bytes, 1000000);
	close_fixture(f);

	open_fixture(f);
	upload(f, 3, TWC_HTTP_UNKNOWN);
	begin(f, TWC_HTTP_PUT);
	assert_string_equal(f->server.got, REQUEST "3\r\nbbb\r\n0\r\n\r\n");
	close_fixture(f);

	open_fixture(f); /* less than was announced */
	upload(f, 3, 4);
	begin(f, TWC_HTTP_PUT);
	assert_int_equal(f->err.code, TWC_EDATA);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->stopped, 1);
	close_fixture(f);

	open_fixture(f); /* more */
	upload(f, 4, 3);
	begin(f, TWC_HTTP_PUT);
	assert_int_equal(f->err.code, TWC_EDATA);
	close_fixture(f);

	open_fixture(f);
	upload(f, 5000, TWC_HTTP_UNKNOWN);
	f->fails_at = 2000;
	begin(f, TWC_HTTP_PUT);
	assert_int_equal(f->err.code, TWC_EIO);
	assert_int_equal(f->stopped, 1);
	assert_null(f->conn);
	close_fixture(f);
	free(f);
}

static void test_early_response(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	open_fixture(f); /* an error: what is left of the body is of no use */
	upload(f, 10, 10);
	f->waits = true;
	begin(f, TWC_HTTP_PUT);
	say_str(f, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
	assert_int_equal(f->status, 413);
	assert_int_equal(f->err.code, 0);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->stopped, 1);
	assert_null(f->conn);
	close_fixture(f);

	open_fixture(f); /* a success: the body is sent to its end */
	upload(f, 10, 10);
	f->waits = true;
	begin(f, TWC_HTTP_PUT);
	say_str(f, OK "Content-Length: 2\r\n\r\nok");
	assert_int_equal(f->ends, 0);
	twc_http_upload_write(f->upload, "0123456789", 10);
	twc_http_upload_end(f->upload);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->frees, 1);
	assert_string_equal(f->server.got, REQUEST "0123456789");
	close_fixture(f);

	open_fixture(f); /* unless the server ends */
	upload(f, 10, 10);
	f->waits = true;
	begin(f, TWC_HTTP_PUT);
	say_str(f, OK "Content-Length: 2\r\n\r\nok");
	hang_up(f);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->err.code, 0);
	assert_null(f->conn);
	close_fixture(f);
	free(f);
}

static void test_expect(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	open_fixture(f);
	upload(f, 3, 3);
	f->turn.expect_ns = LOOP_S;
	begin(f, TWC_HTTP_PUT);
	assert_string_equal(f->server.got, REQUEST);
	say_str(f, "HTTP/1.1 100 Go\r\n\r\n");
	assert_string_equal(f->server.got, REQUEST "bbb");
	say_str(f, OK "Content-Length: 0\r\n\r\n");
	assert_int_equal(f->frees, 1);
	close_fixture(f);

	open_fixture(f); /* no leave in time: none is needed */
	upload(f, 3, 3);
	f->turn.expect_ns = LOOP_S;
	f->turn.first_byte_ns = LOOP_S;
	begin(f, TWC_HTTP_PUT);
	twc_reactor_advance(f->r, LOOP_S);
	assert_string_equal(f->server.got, REQUEST "bbb");
	twc_reactor_advance(f->r, LOOP_S);
	assert_int_equal(f->err.code, TWC_ETIMEDOUT);
	close_fixture(f);

	for (unsigned i = 0; i < 2; i++) { /* refused, or answered without it */
		open_fixture(f);
		upload(f, 3, 3);
		f->turn.expect_ns = LOOP_S;
		begin(f, TWC_HTTP_PUT);
		say_str(f, i ? OK "Content-Length: 0\r\n\r\n" : "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
		assert_int_equal(f->status, i ? 200 : 417);
		assert_int_equal(f->ends, 1);
		assert_int_equal(f->produced, 0);
		assert_string_equal(f->server.got, REQUEST);
		assert_null(f->conn); /* it waits for a body that will not come */
		close_fixture(f);
	}
	free(f);
}

#define SWITCH "HTTP/1.1 101 Go\r\nUpgrade: Twister\r\nConnection: upgrade\r\n\r\n"

static void begin_upgrade(struct fixture *f)
{
	open_fixture(f);
	probe_init(&f->next);
	f->turn.upgrade = TWC_STR("twister");
	f->reads = false;
	begin(f, TWC_HTTP_GET);
}

static void end_upgrade(struct fixture *f)
{
	assert_null(f->conn);
	assert_int_equal(f->frees, 0);
	assert_int_equal(f->ends, 0);
	assert_int_equal(f->status, 101);
	assert_true(f->next.is_made);
	twc_transport_write(f->next.base.transport, "mine", 4);
	twc_reactor_advance(f->r, 0);
	assert_string_equal(f->server.got, REQUEST "mine");
	say_str(f, " more");
	assert_non_null(strstr(f->next.got, " more"));
	assert_int_equal(twc_transport_bytes_in(f->next.base.transport), strlen(SWITCH) + strlen(f->next.got));
	hang_up(f);
	assert_true(f->next.has_eof);
	twc_transport_lose(f->next.base.transport);
	close_fixture(f);
	assert_true(f->next.is_lost);
	probe_fini(&f->next);
}

/* What comes behind the head is the next protocol's, however it was cut, and whenever that is ready. */
static void test_upgrade(void **state)
{
	static const char said[] = SWITCH "first";
	struct fixture *f = calloc(1, sizeof(*f));

	for (size_t at = 1; at < sizeof(said); at++) {
		begin_upgrade(f);
		f->on_head = UPGRADE;
		say(f, said, at);
		if (at < sizeof(said) - 1)
			say(f, said + at, sizeof(said) - 1 - at);
		assert_string_equal(f->next.got, "first");
		end_upgrade(f);
	}
	begin_upgrade(f); /* later */
	say_str(f, said);
	say_str(f, " second");
	assert_int_equal(f->status, 101);
	act(UPGRADE);
	assert_int_equal(f->next.datas, 0);
	twc_transport_pause(f->next.base.transport);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->next.datas, 0);
	twc_transport_resume(f->next.base.transport);
	twc_reactor_advance(f->r, 0);
	assert_string_equal(f->next.got, "first second");
	assert_false(twc__http_turn_upgrade(&f->turn, probe_protocol(&f->next)));
	end_upgrade(f);
	free(f);
}

static void test_upgrade_that_is_none(void **state)
{
	static const char *const answers[] = { "HTTP/1.1 101 Go\r\n\r\n", "HTTP/1.1 101 Go\r\nUpgrade: other\r\n\r\n",
					       "HTTP/1.1 101 Go\r\nUpgrade: twister, other\r\n\r\n" };
	struct fixture *f = calloc(1, sizeof(*f));

	for (unsigned i = 0; i < TWC_ARRAY_LEN(answers); i++) {
		begin_upgrade(f);
		say_str(f, answers[i]);
		assert_int_equal(f->err.code, TWC_EPROTO);
		assert_int_equal(f->ends, 1);
		close_fixture(f);
	}
	begin_upgrade(f); /* the server does not want to */
	f->reads = true;
	say_str(f, OK "Content-Length: 2\r\n\r\nno");
	assert_int_equal(f->err.code, 0);
	assert_string_equal(f->body, "no");
	assert_int_equal(f->frees, 1);
	close_fixture(f);
	begin_upgrade(f); /* the client does not, in the end */
	f->reads = true;
	say_str(f, SWITCH "x");
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->err.code, 0);
	assert_int_equal(f->n, 0);
	assert_null(f->conn);
	close_fixture(f);
	begin_upgrade(f); /* it has gone */
	say_str(f, SWITCH);
	twc_transport_abort(twc__http_turn_transport(&f->turn));
	assert_false(twc__http_turn_upgrade(&f->turn, probe_protocol(&f->next)));
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->ends, 1);
	close_fixture(f);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_many_turns),
		cmocka_unit_test(test_unsolicited_bytes),
		cmocka_unit_test(test_callbacks_that_cancel),
		cmocka_unit_test(test_flow_control),
		cmocka_unit_test(test_first_byte_timeout),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_early_response),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_upgrade_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
