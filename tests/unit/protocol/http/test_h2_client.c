/* SPDX-License-Identifier: MIT */
/* A client's connection of HTTP/2, with a server that sends frames by hand: memory and the fake clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/http/client.h"
#include "protocol/http/h2_client.h"
#include "h2_said.h"
#include "support/chunk.h"

#include "support/loop.h"
#include "support/probe.h"

#define REQUEST "GET /a?b HTTP/1.1\r\nHost: a.test\r\nUser-Agent: x\r\nConnection: close\r\nTE: trailers\r\n\r\n"
#define TURNS 4
#define PREFACE 24

enum act { NOTHING, CANCEL, PAUSE, CANCEL_OTHER };

struct fixture;
struct exchange {
	struct twc__http_turn turn; /* must be first */
	char body[70000], seen[2000], trailers[200];
	size_t n;
	int status, informed, ends, was_free;
	struct twc_err err;
	bool reads;
	enum act on_head, on_data;
	uint64_t length;
	/* the body of a request */
	size_t made, make;
	unsigned stopped;
	bool waits, fails;
	struct twc_http_upload *upload;
};

struct fixture {
	struct twc_reactor *r;
	struct probe server;
	struct twc__http_client_conn *conn; /* NULL: gone */
	unsigned frees;
	struct exchange x[TURNS];
	struct h2_frames out;
	size_t at; /* of what the client sent, as far as it was looked at */
};

static struct fixture *current;

static struct exchange *of(struct twc__http_turn *turn)
{
	return (struct exchange *)turn;
}

static void on_free(void *arg, struct twc__http_client_conn *c)
{
	(void)arg;
	assert_ptr_equal(c, current->conn);
	assert_true(twc__http_client_conn_is_free(c));
	current->frees++;
}

static void on_gone(void *arg, struct twc__http_client_conn *c)
{
	(void)arg;
	assert_ptr_equal(c, current->conn);
	current->conn = NULL;
}

static const struct twc__http_client_conn_ops conn_ops = { .free = on_free, .gone = on_gone };

static void act(struct twc__http_turn *turn, enum act what)
{
	if (what == CANCEL)
		twc__http_turn_cancel(turn);
	else if (what == PAUSE)
		twc__http_turn_pause(turn);
	else if (what == CANCEL_OTHER)
		twc__http_turn_cancel(&current->x[1].turn);
}

static void on_informed(struct twc__http_turn *turn, int status, const struct twc_http_fields *fields)
{
	(void)fields;
	of(turn)->informed = status;
}

static void on_seen(struct twc__http_turn *turn, struct twc_str head)
{
	strncat(of(turn)->seen, head.p, head.n);
}

static void on_head(struct twc__http_turn *turn, const struct twc__http_start *start, struct twc_http_fields *fields,
		    const struct twc__http_framing *framing)
{
	(void)fields;
	of(turn)->status = start->status;
	of(turn)->length = framing->length;
	assert_int_equal(turn->version, 20);
	act(turn, of(turn)->on_head);
	if (of(turn)->reads)
		twc__http_turn_read(turn);
}

static void on_data(struct twc__http_turn *turn, const uint8_t *p, size_t n)
{
	struct exchange *x = of(turn);

	assert_true(n > 0 && x->n + n < sizeof(x->body));
	memcpy(x->body + x->n, p, n);
	x->n += n;
	act(turn, x->on_data);
}

static void on_end(struct twc__http_turn *turn, struct twc_http_fields *trailers, const struct twc_err *err)
{
	struct exchange *x = of(turn);

	x->ends++;
	x->err = *err;
	x->was_free = current->conn && twc__http_client_conn_is_free(current->conn);
	for (size_t i = 0; trailers && i < twc_http_fields_count(trailers); i++) {
		struct twc_http_field f = twc_http_fields_at(trailers, i);

		strncat(x->trailers, f.name.p, f.name.n);
		strncat(x->trailers, "=", 2);
		strncat(x->trailers, f.value.p, f.value.n);
	}
}

static const struct twc__http_turn_ops turn_ops = {
	.informed = on_informed, .seen = on_seen, .head = on_head, .data = on_data, .end = on_end,
};

/* ---- what a server says, and hears ---- */

static void say(struct fixture *f)
{
	if (!f->server.is_lost)
		twc_transport_write(f->server.base.transport, f->out.p, f->out.n);
	f->out.n = 0;
	twc_reactor_advance(f->r, 0);
}

/* The next frame of the type; fails when there is none. */
static struct h2_seen heard(struct fixture *f, int type)
{
	struct h2_seen seen = { 0 };

	while (h2_next((const uint8_t *)f->server.got, f->server.n, &f->at, &seen))
		if (seen.type == type)
			return seen;
	fail_msg("no frame of type %d", type);
	return seen;
}

static bool hears(struct fixture *f, int type)
{
	size_t at = f->at;
	struct h2_seen seen;

	while (h2_next((const uint8_t *)f->server.got, f->server.n, &at, &seen))
		if (seen.type == type)
			return true;
	return false;
}

static void open_fixture(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	current = f;
	f->r = loop_fake();
	probe_init(&f->server);
	f->conn = twc__http_client_conn_new(f->r, 20, &conn_ops, NULL);
	twc_transport_pair(f->r, 1024 * 1024, probe_protocol(&f->server), twc__http_client_conn_protocol(f->conn));
	twc_reactor_advance(f->r, 0);
	assert_true(f->server.n > PREFACE && memcmp(f->server.got, TWC__H2_PREFACE, PREFACE) == 0);
	f->at = PREFACE;
	assert_int_equal(heard(f, H2_SETTINGS).id, 0);
	h2_frame(&f->out, H2_SETTINGS, 0, 0, "", 0);
	h2_frame(&f->out, H2_SETTINGS, H2_ACK, 0, "", 0);
	say(f);
	for (int i = 0; i < TURNS; i++)
		f->x[i].reads = true;
}

static void begin(struct fixture *f, int i)
{
	struct twc__http_turn *t = &f->x[i].turn;

	t->ops = &turn_ops;
	if (t->method == TWC_HTTP_OTHER)
		t->method = TWC_HTTP_GET;
	t->head = TWC_STR(REQUEST);
	t->max_head = 2000;
	t->is_shown = true;
	twc__http_turn_begin(t, f->conn);
	twc_reactor_advance(f->r, 0);
}

static void close_fixture(struct fixture *f)
{
	for (int i = 0; i < TURNS; i++)
		twc__http_turn_cancel(&f->x[i].turn);
	if (f->conn)
		twc__http_client_conn_disown(f->conn);
	twc_reactor_advance(f->r, 0);
	if (!f->server.is_lost)
		twc_transport_abort(f->server.base.transport);
	twc_reactor_advance(f->r, 5 * LOOP_S);
	probe_fini(&f->server);
	twc_reactor_free(f->r);
}

/* ---- heads ---- */

static void check_head(const char *head, const char *want)
{
	char *copy = strdup(head);
	struct twc__h2_nvs nvs = { 0 };
	struct twc_buf out;

	twc_buf_init(&out, 4096);
	twc__h2_request_fields(copy, strlen(copy), TWC_STR("https"), true, &nvs);
	assert_int_equal(twc__h2_request_text(&nvs, &out), 0);
	assert_int_equal(twc__h2_request_size(&nvs), twc_buf_len(&out));
	for (size_t i = 0; i < nvs.n && nvs.v[i].name[0] == ':'; i++)
		assert_int_equal(twc_buf_addf(&out, "%s=%.*s ", (const char *)nvs.v[i].name, (int)nvs.v[i].valuelen,
					      (const char *)nvs.v[i].value), 0);
	assert_string_equal(twc_buf_cstr(&out), want);
	twc__h2_nvs_fini(&nvs);
	twc_buf_fini(&out);
	free(copy);
}

static void test_heads(void **state)
{
	(void)state;
	check_head("GET /x HTTP/1.1\r\nHost: h:8\r\nAccept: a\r\nX-Y: z: w\r\n\r\n",
		   "GET /x HTTP/2\r\nHost: h:8\r\naccept: a\r\nx-y: z: w\r\n\r\n:method=GET :path=/x :scheme=https :authority=h:8 ");
	check_head("GET http://p.test:8/x?y HTTP/1.1\r\nHost: p.test:8\r\n\r\n",
		   "GET /x?y HTTP/2\r\nHost: p.test:8\r\n\r\n:method=GET :path=/x?y :scheme=http :authority=p.test:8 ");
	check_head("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
		   "OPTIONS * HTTP/2\r\nHost: h\r\n\r\n:method=OPTIONS :path=* :scheme=https :authority=h ");
	check_head("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n",
		   "CONNECT h:1 HTTP/2\r\nHost: h:1\r\n\r\n:method=CONNECT :authority=h:1 ");
	check_head("POST /x HTTP/1.1\r\nConnection: X-Own, close\r\nX-Own: a\r\nKeep-Alive: 1\r\nUpgrade: h\r\n"
		   "Transfer-Encoding: chunked\r\nProxy-Connection: a\r\nTE: gzip\r\nExpect: 100-continue\r\nEmpty:\r\n\r\n",
		   "POST /x HTTP/2\r\nempty: \r\n\r\n:method=POST :path=/x :scheme=https ");
}

/* ---- responses ---- */

struct row {
	const char *name;
	int code;	    /* of its end */
	const char *seen, *body, *trailers;
};

static void script(struct h2_frames *out, int i)
{
	switch (i) {
	case 0:
		h2_headers(out, 0, 1, ":status=200;content-length=5;x-a=b");
		h2_data(out, 0, 1, "hel");
		h2_data(out, H2_END, 1, "lo");
		break;
	case 1:
		h2_headers(out, H2_END, 1, ":status=204");
		break;
	case 2:
		h2_headers(out, 0, 1, ":status=103;link=x");
		h2_headers(out, 0, 1, ":status=200");
		h2_frame(out, H2_DATA, H2_PADDED, 1, "\003okxyz", 6);
		h2_headers(out, H2_END, 1, "digest=d;host=evil");
		break;
	case 3: /* complete, and the server wants no more of the request */
		h2_headers(out, 0, 1, ":status=200");
		h2_data(out, H2_END, 1, "ok");
		h2_number(out, H2_RST, 1, 0);
		break;
	case 4:
		h2_headers(out, 0, 1, ":status=200;content-length=5");
		h2_data(out, H2_END, 1, "hel");
		break;
	case 5:
		h2_headers(out, 0, 1, ":status=200;content-length=2");
		h2_data(out, H2_END, 1, "long");
		break;
	case 6:
		h2_headers(out, 0, 1, ":status=200");
		h2_data(out, 0, 1, "ok");
		h2_number(out, H2_RST, 1, 2);
		break;
	case 7:
		h2_headers(out, 0, 1, ":status=200;Upper=x");
		break;
	case 8:
		h2_headers(out, 0, 1, ":status=101");
		break;
	case 9:
		h2_headers(out, H2_END, 1, ":status=200;connection=close");
		break;
	case 10: /* a frame of the connection that is none */
		h2_frame(out, H2_PING, 0, 0, "short", 5);
		break;
	case 11:
		h2_number(out, H2_WINDOW, 0, 0x7fffffff);
		break;
	case 12:
		h2_frame(out, H2_PUSH, H2_END_HEADERS, 1, "\0\0\0\002", 4);
		break;
	default:
		h2_headers(out, H2_END, 1, "x=y"); /* no status */
		break;
	}
}

static const struct row rows[] = {
	{ "length", 0, "HTTP/2 200 \r\ncontent-length: 5\r\nx-a: b\r\n\r\n", "hello", "" },
	{ "204", 0, "HTTP/2 204 \r\n\r\n", "", "" },
	{ "103, padding, trailers", 0, "HTTP/2 103 \r\nlink: x\r\n\r\nHTTP/2 200 \r\n\r\n", "ok", "digest=d" },
	{ "reset behind the end", 0, "HTTP/2 200 \r\n\r\n", "ok", "" },
	{ "too short", TWC_ETRUNC, "HTTP/2 200 \r\ncontent-length: 5\r\n\r\n", "hel", "" },
	{ "too long", TWC_EPROTO, "HTTP/2 200 \r\ncontent-length: 2\r\n\r\n", NULL, "" },
	{ "reset", TWC_ERESET, "HTTP/2 200 \r\n\r\n", "ok", "" },
	{ "upper case", TWC_EPROTO, "", "", "" },
	{ "101", TWC_EPROTO, "", "", "" },
	{ "a field of the connection", TWC_EPROTO, "", "", "" },
	{ "a bad PING", TWC_EPROTO, "", "", "" },
	{ "a window that overflows", TWC_EPROTO, "", "", "" },
	{ "a push", TWC_EPROTO, "", "", "" },
	{ "no status", TWC_EPROTO, "", "", "" },
};

static void check_row(struct fixture *f, unsigned i, size_t cut)
{
	const struct row *row = &rows[i];
	struct exchange *x = &f->x[0];
	struct h2_frames all = { .n = 0 };

	open_fixture(f);
	begin(f, 0);
	script(&all, (int)i);
	for (size_t at = 0; at < all.n; at += cut) {
		h2_put(&f->out, all.p + at, all.n - at < cut ? all.n - at : cut);
		say(f);
	}
	if (x->ends != 1 || x->err.code != row->code)
		fail_msg("%s: %d ends, %s: %s", row->name, x->ends, twc_err_name(x->err.code), x->err.text);
	assert_string_equal(x->seen, row->seen);
	assert_string_equal(x->trailers, row->trailers);
	if (row->body)
		assert_string_equal(x->body, row->body);
	if (row->code == 0) {
		assert_true(x->was_free && f->frees > 0);
		assert_int_equal(x->turn.head_bytes, strlen(x->seen));
		assert_int_equal(twc__http_client_conn_running(f->conn), 0);
	}
	close_fixture(f);
}

static void test_responses(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	for (unsigned i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		check_row(f, i, SIZE_MAX / 2);
		check_row(f, i, 1);
		check_row(f, i, 7);
	}
	free(f);
}

/* ---- many at a time ---- */

static void answer(struct fixture *f, uint32_t id, const char *body)
{
	h2_headers(&f->out, 0, id, ":status=200");
	h2_data(&f->out, H2_END, id, body);
}

static void test_many(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	open_fixture(f);
	assert_int_equal(twc__http_client_conn_version(f->conn), 20);
	for (int i = 0; i < 3; i++)
		begin(f, i);
	assert_int_equal(twc__http_client_conn_running(f->conn), 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(heard(f, H2_HEADERS).id, 2 * i + 1);
	answer(f, 5, "five");
	answer(f, 1, "one");
	say(f);
	assert_string_equal(f->x[2].body, "five");
	assert_string_equal(f->x[0].body, "one");
	assert_int_equal(f->x[1].ends, 0);
	twc__http_turn_cancel(&f->x[1].turn); /* the connection stays */
	twc_reactor_advance(f->r, 0);
	assert_int_equal(heard(f, H2_RST).id, 3);
	assert_non_null(f->conn);
	answer(f, 3, "late"); /* it was on its way */
	say(f);
	assert_int_equal(f->x[1].ends, 0);
	begin(f, 3);
	answer(f, 7, "seven");
	say(f);
	assert_string_equal(f->x[3].body, "seven");
	h2_setting(&f->out, 3, 1); /* so many at once */
	say(f);
	assert_int_equal(twc__http_client_conn_room(f->conn), 1);
	close_fixture(f);
	free(f);
}

static void test_callbacks_that_cancel(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	for (int i = 0; i < 4; i++) {
		open_fixture(f);
		f->x[0].on_head = i == 0 ? CANCEL : i == 1 ? CANCEL_OTHER : NOTHING;
		f->x[0].on_data = i == 2 ? CANCEL : i == 3 ? CANCEL_OTHER : NOTHING;
		begin(f, 0);
		begin(f, 1);
		answer(f, 1, "one");
		answer(f, 3, "three");
		say(f);
		assert_int_equal(f->x[0].ends, i % 2);
		assert_int_equal(f->x[1].ends, !(i % 2));
		assert_int_equal(twc__http_client_conn_running(f->conn), 0);
		close_fixture(f);
	}
	free(f);
}

/* One that nobody reads holds up no other; and credit comes with reading. */
static void test_flow_control(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char *piece = malloc(16384 + 1);

	(void)state;
	memset(piece, 'x', 16384);
	piece[16384] = '\0';
	open_fixture(f);
	f->x[0].reads = false;
	begin(f, 0);
	begin(f, 1);
	h2_headers(&f->out, 0, 1, ":status=200");
	for (int i = 0; i < 4; i++)
		h2_data(&f->out, i == 3 ? H2_END : 0, 1, piece);
	answer(f, 3, "three");
	say(f);
	assert_int_equal(f->x[0].status, 200);
	assert_int_equal(f->x[0].n, 0);
	assert_string_equal(f->x[1].body, "three");
	f->x[0].on_data = PAUSE;
	twc__http_turn_read(&f->x[0].turn);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->x[0].n, 4 * 16384);
	assert_int_equal(f->x[0].ends, 0);
	twc__http_turn_resume(&f->x[0].turn);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->x[0].ends, 1);
	close_fixture(f);

	open_fixture(f); /* what has come whole outlives the connection */
	f->x[0].reads = false;
	begin(f, 0);
	begin(f, 1);
	answer(f, 1, "one");
	say(f);
	twc_transport_abort(f->server.base.transport);
	twc_reactor_advance(f->r, 0);
	assert_null(f->conn);
	assert_int_equal(f->x[1].ends, 1);
	assert_int_equal(f->x[0].ends, 0);
	twc__http_turn_read(&f->x[0].turn);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->x[0].ends, 1);
	assert_int_equal(f->x[0].err.code, 0);
	assert_string_equal(f->x[0].body, "one");
	close_fixture(f);
	free(piece);
	free(f);
}

/* ---- the server goes ---- */

static void test_goaway(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	open_fixture(f);
	begin(f, 0);
	begin(f, 1);
	h2_goaway(&f->out, 1, 0);
	say(f);
	assert_null(f->conn); /* no more turns, */
	assert_int_equal(f->x[1].ends, 1);
	assert_true(f->x[1].turn.was_refused);
	assert_int_equal(f->x[0].ends, 0); /* and this one goes on */
	answer(f, 1, "one");
	say(f);
	assert_string_equal(f->x[0].body, "one");
	assert_int_equal(f->x[0].err.code, 0);
	twc_reactor_advance(f->r, 0);
	assert_true(f->server.has_eof);
	close_fixture(f);

	open_fixture(f);
	begin(f, 0);
	h2_number(&f->out, H2_RST, 1, 7);
	say(f);
	assert_int_equal(f->x[0].ends, 1);
	assert_true(f->x[0].turn.was_refused);
	assert_non_null(f->conn);
	close_fixture(f);

	for (int i = 0; i < 3; i++) { /* it closes */
		open_fixture(f);
		begin(f, 0);
		if (i > 0)
			h2_headers(&f->out, 0, 1, ":status=200;content-length=5");
		if (i > 1)
			h2_data(&f->out, 0, 1, "he");
		say(f);
		twc_transport_write_eof(f->server.base.transport);
		twc_reactor_advance(f->r, 0);
		assert_int_equal(f->x[0].err.code, TWC_ETRUNC);
		assert_int_equal(f->x[0].turn.was_silent, i == 0);
		assert_null(f->conn);
		close_fixture(f);
	}
	free(f);
}

/* Why it goes is told with what that did. */
static void test_goodbye(void **state)
{
	static const struct {
		uint32_t last, code;
		const char *text, *told;
	} row[] = {
		{ 1, 0, "", NULL },
		{ 1, 2, "", "without an answer; it said INTERNAL_ERROR" },
		{ 1, 0, "good night", "without an answer; it said NO_ERROR (good night)" },
		{ 1, 11, "\x1b[1mslow\ndown", "it said ENHANCE_YOUR_CALM (\\x1b[1mslow\\ndown)" },
		{ 1, 99, "?", "it said an unknown error (?)" },
		{ 0, 2, "oops", "(REFUSED_STREAM); it said INTERNAL_ERROR (oops)" },
	};
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		uint8_t body[64] = { 0, 0, 0, (uint8_t)row[i].last, 0, 0, 0, (uint8_t)row[i].code };

		open_fixture(f);
		begin(f, 0);
		memcpy(body + 8, row[i].text, strlen(row[i].text));
		h2_frame(&f->out, H2_GOAWAY, 0, 0, body, 8 + strlen(row[i].text));
		say(f);
		twc_transport_write_eof(f->server.base.transport);
		twc_reactor_advance(f->r, 0);
		assert_int_equal(f->x[0].ends, 1);
		if (row[i].told)
			assert_non_null(strstr(f->x[0].err.text, row[i].told));
		else
			assert_null(strstr(f->x[0].err.text, "said"));
		close_fixture(f);
	}
	free(f);
}

static void test_announced(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	for (int i = 0; i < 2; i++) {
		open_fixture(f);
		begin(f, 0);
		h2_headers(&f->out, 0, 1, ":status=200;content-length=3");
		if (i == 0)
			h2_data(&f->out, H2_END, 1, "abcdef");
		else
			h2_frame(&f->out, H2_DATA, H2_END | 8, 1, "\2abcdef\0\0", 9);
		say(f);
		assert_int_equal(f->x[0].ends, 1);
		assert_int_equal(f->x[0].err.code, TWC_EPROTO);
		assert_non_null(strstr(f->x[0].err.text, i == 0 ? "longer than the 3 bytes that were" : "has not the 3 bytes that were"));
		close_fixture(f);
	}
	free(f);
}

/* ---- limits ---- */

static void test_floods(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	for (int i = 0; i < 5; i++) {
		open_fixture(f);
		begin(f, 0);
		if (i == 2)
			h2_headers(&f->out, 0, 1, ":status=200");
		for (int k = 0; k < (i == 4 ? 60000 : 1500); k++) {
			if (i == 0)
				h2_frame(&f->out, H2_PING, 0, 0, "12345678", 8);
			else if (i == 1)
				h2_setting(&f->out, 3, 100);
			else if (i == 2)
				h2_data(&f->out, 0, 1, "");
			else if (i == 3)
				h2_headers(&f->out, 0, 1, ":status=103;a=b");
			else
				h2_frame(&f->out, 99, 0, 0, "", 0);
			say(f);
		}
		assert_int_equal(f->x[0].ends, 1);
		if (i != 3)
			assert_null(f->conn);
		assert_int_equal(f->x[0].err.code, i == 3 ? TWC_ETOOLONG : TWC_EPROTO);
		close_fixture(f);
	}
	free(f);
}

static void test_limits(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char big[2500] = ":status=200;x=";

	(void)state;
	memset(big + strlen(big), 'y', sizeof(big) - strlen(big) - 1);
	big[sizeof(big) - 1] = '\0';
	open_fixture(f);
	begin(f, 0);
	begin(f, 1);
	h2_headers(&f->out, H2_END, 1, big);
	answer(f, 3, "three");
	say(f);
	assert_int_equal(f->x[0].err.code, TWC_ETOOLONG);
	assert_string_equal(f->x[1].body, "three");
	close_fixture(f);

	open_fixture(f);
	f->x[0].turn.first_byte_ns = LOOP_S;
	begin(f, 0);
	twc_reactor_advance(f->r, 2 * LOOP_S);
	assert_int_equal(f->x[0].err.code, TWC_ETIMEDOUT);
	assert_non_null(f->conn);
	close_fixture(f);

	open_fixture(f); /* no HTTP/2 at all */
	begin(f, 0);
	f->out.n = 0;
	h2_put(&f->out, "HTTP/1.1 400 Bad\r\n\r\n", 20);
	say(f);
	assert_int_equal(f->x[0].err.code, TWC_EPROTO);
	assert_null(f->conn);
	close_fixture(f);
	free(f);
}

/* ---- the body of a request ---- */

static void produce(void *arg, struct twc_http_upload *u)
{
	struct exchange *x = arg;
	struct twc_err err = { 0 };
	char piece[1000];

	x->upload = u;
	memset(piece, 'b', sizeof(piece));
	if (x->fails) {
		twc_err_set(&err, TWC_EIO, "broken");
		twc_http_upload_fail(u, &err);
		return;
	}
	while (!x->waits && x->made < x->make && !twc_http_upload_is_full(u)) {
		size_t n = x->make - x->made < sizeof(piece) ? x->make - x->made : sizeof(piece);

		twc_http_upload_write(u, piece, n);
		x->made += n;
	}
	if (!x->waits && x->made == x->make)
		twc_http_upload_end(u);
}

static void stop(void *arg)
{
	((struct exchange *)arg)->stopped++;
}

static void begin_upload(struct fixture *f, size_t n)
{
	struct exchange *x = &f->x[0];

	x->make = n;
	x->turn.method = TWC_HTTP_PUT;
	x->turn.has_source = true;
	x->turn.source = (struct twc_http_source){ .length = TWC_HTTP_UNKNOWN, .produce = produce, .stop = stop, .arg = x };
	begin(f, 0);
}

static size_t heard_body(struct fixture *f, bool *is_end)
{
	struct h2_seen seen;
	size_t n = 0;

	*is_end = false;
	while (h2_next((const uint8_t *)f->server.got, f->server.n, &f->at, &seen)) {
		if (seen.type == H2_DATA)
			n += seen.n;
		*is_end |= (seen.type == H2_DATA || seen.type == H2_HEADERS) && seen.flags & H2_END;
	}
	return n;
}

static void test_upload(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	bool is_end;

	(void)state;
	open_fixture(f);
	begin_upload(f, 1000000);
	assert_int_equal(heard_body(f, &is_end), 65535); /* the window, and no more */
	assert_true(f->x[0].made < 400000);
	h2_number(&f->out, H2_WINDOW, 0, 10000000);
	h2_number(&f->out, H2_WINDOW, 1, 900000);
	say(f);
	assert_int_equal(heard_body(f, &is_end), 900000);
	assert_false(is_end);
	h2_number(&f->out, H2_WINDOW, 1, 900000);
	say(f);
	assert_int_equal(heard_body(f, &is_end), 1000000 - 65535 - 900000);
	assert_true(is_end);
	assert_int_equal(f->x[0].stopped, 1);
	answer(f, 1, "ok");
	say(f);
	assert_int_equal(f->x[0].ends, 1);
	close_fixture(f);

	open_fixture(f); /* from elsewhere, with trailers */
	f->x[0].waits = true;
	begin_upload(f, 0);
	assert_int_equal(heard_body(f, &is_end), 0);
	twc_http_upload_write(f->x[0].upload, "abc", 3);
	twc_http_upload_trailer(f->x[0].upload, TWC_STR("X-Sum"), TWC_STR("1"));
	twc_http_upload_end(f->x[0].upload);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(heard_body(f, &is_end), 3);
	assert_true(is_end);
	assert_non_null(memmem(f->server.got, f->server.n, "abc", 3));
	close_fixture(f);

	open_fixture(f); /* the source breaks */
	f->x[0].fails = true;
	begin_upload(f, 5);
	assert_int_equal(f->x[0].err.code, TWC_EIO);
	assert_true(hears(f, H2_RST));
	assert_non_null(f->conn);
	close_fixture(f);

	for (int i = 0; i < 2; i++) { /* an answer before the end: only an error stops it */
		open_fixture(f);
		begin_upload(f, 1000000);
		h2_headers(&f->out, H2_END, 1, i ? ":status=413" : ":status=200");
		say(f);
		assert_int_equal(f->x[0].ends, i);
		assert_int_equal(hears(f, H2_RST), i);
		h2_number(&f->out, H2_WINDOW, 0, 10000000);
		h2_number(&f->out, H2_WINDOW, 1, 10000000);
		say(f);
		assert_int_equal(f->x[0].ends, 1);
		assert_int_equal(f->x[0].err.code, 0);
		close_fixture(f);
	}
	free(f);
}

static void test_expect(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	bool is_end;

	(void)state;
	for (int i = 0; i < 3; i++) { /* leave comes, does not, is not asked for */
		open_fixture(f);
		f->x[0].turn.expect_ns = LOOP_S;
		f->x[0].turn.may_not_expect = i == 2;
		begin_upload(f, 3);
		assert_int_equal(heard_body(f, &is_end), i == 2 ? 3 : 0);
		if (i == 0) {
			h2_headers(&f->out, 0, 1, ":status=100");
			say(f);
		}
		twc_reactor_advance(f->r, i == 1 ? LOOP_S : 0);
		assert_int_equal(heard_body(f, &is_end), i == 2 ? 0 : 3);
		answer(f, 1, "ok");
		say(f);
		assert_int_equal(f->x[0].ends, 1);
		close_fixture(f);
	}
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_callbacks_that_cancel),
		cmocka_unit_test(test_flow_control),
		cmocka_unit_test(test_goaway), cmocka_unit_test(test_goodbye), cmocka_unit_test(test_announced),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_expect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
