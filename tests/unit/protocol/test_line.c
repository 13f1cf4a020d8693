/* SPDX-License-Identifier: MIT */
/*
 * The protocol of lines on a pair in memory. The peer writes bytes; what the protocol heard is a text: lines in
 * brackets, raw bytes in braces, then how it ended. Some lines are orders to the protocol itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <twc/protocol.h>
#include "support/chunk.h"

struct peer {
	struct twc_protocol base;
	char got[256];
	size_t n;
	bool is_lost;
};

static void peer_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct peer *e = (struct peer *)p;

	assert_true(e->n + n < sizeof(e->got));
	memcpy(e->got + e->n, data, n);
	e->n += n;
}

static void peer_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	((struct peer *)p)->is_lost = true;
}

static const struct twc_protocol_ops peer_ops = { .name = "peer", .data = peer_data, .lost = peer_lost };

struct self {
	struct twc_line_protocol line;
	char text[512];
	size_t len;
	bool inside; /* callbacks never nest */
	bool is_lost;
};

static void put(struct self *s, const char *fmt, ...) TWC_PRINTF(2, 3);
static void put(struct self *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	s->len += (size_t)vsnprintf(s->text + s->len, sizeof(s->text) - s->len, fmt, ap);
	va_end(ap);
	assert_true(s->len < sizeof(s->text));
}

static void obey(struct self *s, struct twc_str order)
{
	struct twc_transport *t = s->line.base.transport;

	if (twc_str_is(order, "raw"))
		twc_line_protocol_set_raw(&s->line, true);
	else if (twc_str_is(order, "lose"))
		twc_transport_lose(t);
	else if (twc_str_is(order, "abort"))
		twc_transport_abort(t);
	else if (twc_str_is(order, "pause"))
		twc_line_protocol_pause(&s->line);
	else if (twc_str_is(order, "blink")) { /* and on at once: no line may come from inside the resume */
		twc_line_protocol_pause(&s->line);
		twc_line_protocol_resume(&s->line);
	} else if (twc_str_is(order, "hello"))
		twc_line_protocol_send(&s->line, "world", 5);
}

static void on_line(struct twc_line_protocol *p, const char *line, size_t n)
{
	struct self *s = (struct self *)p;

	assert_false(s->inside);
	s->inside = true;
	put(s, "[%.*s]", (int)n, line);
	obey(s, (struct twc_str){ line, n });
	s->inside = false;
}

static void on_raw(struct twc_line_protocol *p, const uint8_t *data, size_t n)
{
	struct self *s = (struct self *)p;

	put(s, "{%.*s}", (int)n, (const char *)data);
	if (n && data[n - 1] == '.')
		twc_line_protocol_set_raw(p, false);
	if (n && data[n - 1] == '|')
		twc_line_protocol_pause(p);
}

static void on_made(struct twc_line_protocol *p)
{
	put((struct self *)p, "made");
}

static void on_lost(struct twc_line_protocol *p, const struct twc_err *reason)
{
	struct self *s = (struct self *)p;

	put(s, "!%s", twc_err_name(reason->code));
	s->is_lost = true;
}

static void on_too_long(struct twc_line_protocol *p)
{
	twc_line_protocol_send(p, "500", 3);
	twc_transport_lose(p->base.transport);
}

static void on_eof(struct twc_line_protocol *p)
{
	put((struct self *)p, "eof");
	twc_transport_lose(p->base.transport);
}

static void on_drained(struct twc_line_protocol *p)
{
	put((struct self *)p, "drained");
}

static const struct twc_line_ops plain_ops = { .made = on_made, .line = on_line, .raw = on_raw, .lost = on_lost };
static const struct twc_line_ops full_ops = {
	.made = on_made, .line = on_line, .raw = on_raw, .too_long = on_too_long, .eof = on_eof, .lost = on_lost,
	.drained = on_drained,
};

struct stage {
	struct twc_reactor *r;
	struct peer peer;
	struct self self;
};

static void stage_open(struct stage *st, const struct twc_line_ops *ops)
{
	*st = (struct stage){ .peer.base.ops = &peer_ops };
	st->r = twc_reactor_new_fake(NULL);
	twc_line_protocol_init(&st->self.line, ops);
	twc_transport_pair(st->r, 0, &st->peer.base, &st->self.line.base);
}

static bool send_piece(void *arg, const uint8_t *data, size_t n)
{
	struct stage *st = arg;

	if (!st->peer.is_lost) {
		twc_transport_write(st->peer.base.transport, data, n);
		twc_reactor_advance(st->r, 0);
	}
	return true;
}

static void say(struct stage *st, const char *text)
{
	send_piece(st, (const uint8_t *)text, strlen(text));
}

static void stage_close(struct stage *st)
{
	if (!st->peer.is_lost)
		twc_transport_abort(st->peer.base.transport);
	if (!st->self.is_lost) /* paused: it would not hear of it */
		twc_transport_abort(st->self.line.base.transport);
	twc_reactor_advance(st->r, 10 * UINT64_C(1000000000));
	assert_true(st->self.is_lost && st->peer.is_lost);
	twc_reactor_free(st->r);
}

static void test_any_split(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} rows[] = {
		{ "a\r\nb c\r\n\r\nrest", "made[a][b c][]" },
		{ "a\r\nlose\r\nb\r\n", "made[a][lose]" },
		{ "a\r\nabort\r\nb\r\n", "made[a][abort]" },
		{ "a\r\npause\r\nb\r\nc", "made[a][pause]" },
		{ "a\r\nblink\r\nb\r\nblink\r\nc\r\n", "made[a][blink][b][blink][c]" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			struct stage st;

			stage_open(&st, &plain_ops);
			chunk_feed((enum chunk_mode)mode, 5, rows[i].in, strlen(rows[i].in), send_piece, &st);
			st.self.text[strcspn(st.self.text, "!")] = '\0'; /* how it ended is for other tests */
			assert_string_equal(st.self.text, rows[i].out);
			stage_close(&st);
		}
	}
}

static void test_raw(void **state)
{
	struct stage st;

	stage_open(&st, &plain_ops);
	say(&st, "a\r\nraw\r\nb\r\nc");
	say(&st, "d.");
	say(&st, "e\r\nraw\r\n");
	say(&st, "\r\n.");
	say(&st, "f\r");
	say(&st, "\n");
	assert_string_equal(st.self.text, "made[a][raw]{b\r\nc}{d.}[e][raw]{\r\n.}[f]");
	stage_close(&st);
}

/* An unfinished line when raw mode comes from outside a line(): it is raw, too, and not lost. */
static void test_raw_takes_what_is_held(void **state)
{
	struct stage st;

	stage_open(&st, &full_ops);
	say(&st, "half");
	twc_line_protocol_set_raw(&st.self.line, true);
	say(&st, "more");
	assert_string_equal(st.self.text, "made{half}{more}");
	twc_line_protocol_set_raw(&st.self.line, false);
	say(&st, "rest");
	twc_line_protocol_set_raw(&st.self.line, true);
	twc_transport_write_eof(st.peer.base.transport);
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "made{half}{more}{rest}eof!OK");
	stage_close(&st);
}

static void test_pause(void **state)
{
	struct stage st;

	stage_open(&st, &full_ops);
	say(&st, "a\r\npause\r\nb\r\npause\r\nc\r\n");
	say(&st, "d\r\n");
	twc_transport_write_eof(st.peer.base.transport);
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "made[a][pause]");
	twc_line_protocol_pause(&st.self.line); /* counted */
	twc_line_protocol_resume(&st.self.line);
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "made[a][pause]");
	twc_line_protocol_resume(&st.self.line);
	assert_string_equal(st.self.text, "made[a][pause]"); /* not from inside the resume */
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "made[a][pause][b][pause]");
	twc_line_protocol_resume(&st.self.line);
	twc_line_protocol_pause(&st.self.line); /* before the backlog's turn */
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "made[a][pause][b][pause]");
	twc_line_protocol_resume(&st.self.line);
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "made[a][pause][b][pause][c][d]eof!OK");
	stage_close(&st);
}

/* Paused by raw(): what it was given is taken; the next bytes wait. */
static void test_pause_in_raw(void **state)
{
	struct stage st;

	stage_open(&st, &plain_ops);
	say(&st, "raw\r\nab|");
	say(&st, "cd");
	assert_string_equal(st.self.text, "made[raw]{ab|}");
	twc_line_protocol_resume(&st.self.line);
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "made[raw]{ab|}{cd}");
	stage_close(&st);
}

static void test_lost_with_a_backlog(void **state)
{
	struct stage st;

	stage_open(&st, &plain_ops);
	say(&st, "pause\r\nb\r\n");
	twc_line_protocol_resume(&st.self.line);
	twc_transport_abort(st.self.line.base.transport);
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "made[pause]!EABORTED");
	stage_close(&st);
}

/* Memory is out for what is about as long as the rest of a paused line, and for nothing else. */
#define REST 7777

static void *no_rest(void *p, size_t n)
{
	if (n >= REST && n < REST + 100)
		return NULL;
	if (n == 0) {
		free(p);
		return NULL;
	}
	return realloc(p, n);
}

static void test_no_memory_for_the_backlog(void **state)
{
	static char text[7 + REST + 1];
	struct stage st;

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "pause\r\n", 7);
	stage_open(&st, &plain_ops);
	twc_mem_set_hook(no_rest);
	twc_transport_write(st.peer.base.transport, text, sizeof(text) - 1);
	twc_reactor_advance(st.r, 0);
	twc_mem_set_hook(NULL);
	assert_string_equal(st.self.text, "made[pause]!ENOMEM");
	stage_close(&st);
}

static void test_too_long(void **state)
{
	struct stage st;

	stage_open(&st, &plain_ops);
	st.self.line.framer.max = 3;
	say(&st, "abc\r\nabcd\r\nx\r\n");
	assert_string_equal(st.self.text, "made[abc]!ETOOLONG");
	stage_close(&st);

	stage_open(&st, &full_ops);
	st.self.line.framer.max = 3;
	say(&st, "abc\r\nabcd\r\nx\r\n");
	say(&st, "y\r\n");
	assert_string_equal(st.peer.got, "500\r\n");
	assert_int_equal(strncmp(st.self.text, "made[abc]", 9), 0);
	assert_null(strchr(st.self.text + 9, '['));
	stage_close(&st);
}

static void test_send(void **state)
{
	struct stage st;

	stage_open(&st, &plain_ops);
	say(&st, "hello\r\n");
	assert_string_equal(st.peer.got, "world\r\n");
	twc_framer_set_delim(&st.self.line.framer, "\n", 1);
	say(&st, "hello\n");
	assert_string_equal(st.peer.got, "world\r\nworld\n");
	stage_close(&st);
}

static void peer_deaf(struct twc_protocol *p, const uint8_t *data, size_t n)
{
}

static const struct twc_protocol_ops deaf_ops = { .name = "deaf", .data = peer_deaf, .lost = peer_lost };

static void test_drained(void **state)
{
	static char line[10000];
	struct stage st;

	stage_open(&st, &full_ops);
	st.peer.base.ops = &deaf_ops;
	twc_transport_pause(st.peer.base.transport);
	for (int i = 0; i < 50; i++)
		twc_line_protocol_send(&st.self.line, line, sizeof(line));
	twc_reactor_advance(st.r, 0);
	assert_true(twc_transport_is_full(st.self.line.base.transport));
	assert_string_equal(st.self.text, "made");
	twc_transport_resume(st.peer.base.transport);
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "madedrained");
	stage_close(&st);
}

static void test_eof(void **state)
{
	struct stage st;

	stage_open(&st, &plain_ops); /* no eof of its own: lost */
	say(&st, "a\r\n");
	twc_transport_write_eof(st.peer.base.transport);
	twc_reactor_advance(st.r, 0);
	assert_string_equal(st.self.text, "made[a]!OK");
	stage_close(&st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_split),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_raw_takes_what_is_held),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_pause_in_raw),
		cmocka_unit_test(test_lost_with_a_backlog),
		cmocka_unit_test(test_no_memory_for_the_backlog),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_drained),
		cmocka_unit_test(test_eof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
