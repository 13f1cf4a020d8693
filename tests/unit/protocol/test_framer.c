/* SPDX-License-Identifier: MIT */
/*
 * Framing as vectors, each fed whole, byte by byte and at random splits. What comes out is written as text: each
 * frame in brackets (long ones as their length), then the error, then what is held.
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

#define RANDOM_RUNS 8

struct out {
	struct twc_framer framer;
	char text[1024];
	size_t len;
	int code;
	size_t stop_after; /* frames; 0: never */
	size_t frames;
};

static void put(struct out *o, const char *fmt, ...) TWC_PRINTF(2, 3);
static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	o->len += (size_t)vsnprintf(o->text + o->len, sizeof(o->text) - o->len, fmt, ap);
	va_end(ap);
	assert_true(o->len < sizeof(o->text));
}

static bool on_frame(void *arg, const uint8_t *frame, size_t n)
{
	struct out *o = arg;
	char text[256];

	if (n > 40) {
		put(o, "[%zu]", n);
	} else {
		twc_escape(text, sizeof(text), (struct twc_str){ (const char *)frame, n });
		put(o, "[%s]", text);
	}
	return ++o->frames != o->stop_after;
}

static bool feed(void *arg, const uint8_t *data, size_t n)
{
	struct out *o = arg;
	struct twc_err err = { 0 };
	size_t used = 0;

	o->code = twc_framer_feed(&o->framer, data, n, &used, on_frame, o, &err);
	assert_int_equal(o->code, err.code);
	if (o->code) {
		assert_true(err.text[0] != '\0');
		put(o, "%s", twc_err_name(o->code));
		return false;
	}
	assert_int_equal(used, n);
	return true;
}

static void finish(struct out *o)
{
	struct twc_str held = twc_framer_held(&o->framer);

	twc_buf_check(&o->framer.held);
	if (!o->code && held.n)
		put(o, "+%zu", held.n);
	twc_framer_fini(&o->framer);
}

/* Input in which {N} stands for N times the letter a. */
static uint8_t *expand(const char *pattern, size_t pattern_len, size_t *n)
{
	uint8_t *out = malloc(300000);
	size_t len = 0;

	for (size_t i = 0; i < pattern_len; i++) {
		if (pattern[i] == '{') {
			char *end;
			size_t k = strtoul(pattern + i + 1, &end, 10);

			assert_true(len + k < 300000);
			memset(out + len, 'a', k);
			len += k;
			i = (size_t)(end - pattern);
		} else {
			out[len++] = (uint8_t)pattern[i];
		}
	}
	*n = len;
	return out;
}

struct row {
	enum twc_framing kind;
	const char *delim; /* NULL: the default */
	bool optional_cr;
	size_t max;	   /* 0: the default */
	const char *in;
	size_t n;
	const char *out;
};
#define IN(literal) .in = literal, .n = sizeof(literal) - 1

static void check_row(const struct row *row, enum chunk_mode mode, uint32_t seed)
{
	struct out o = { .len = 0 };
	size_t n;
	uint8_t *in = expand(row->in, row->n, &n);

	twc_framer_init(&o.framer, row->kind);
	if (row->delim)
		twc_framer_set_delim(&o.framer, row->delim, strlen(row->delim));
	if (row->max)
		o.framer.max = row->max;
	o.framer.optional_cr = row->optional_cr;
	chunk_feed(mode, seed, in, n, feed, &o);
	finish(&o);
	free(in);
	if (strcmp(o.text, row->out) != 0)
		fail_msg("\"%s\" fed as %s (seed %u): %s, not %s", row->in, chunk_name(mode), seed, o.text, row->out);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_row(&rows[i], CHUNK_WHOLE, 0);
		check_row(&rows[i], CHUNK_BYTES, 0);
		for (uint32_t seed = 1; seed <= RANDOM_RUNS; seed++)
			check_row(&rows[i], CHUNK_RANDOM, seed);
	}
}

static void test_lines(void **state)
{
	static const struct row rows[] = {
		{ IN(""), .out = "" },
		{ IN("a\r\nbc\r\n\r\nd"), .out = "[a][bc][]+1" },
		{ IN("a\nb\rc\r\n"), .out = "[a\\nb\\rc]" },
		{ IN("a\r\r\nb\r"), .out = "[a\\r]+2" },
		{ IN("{16384}\r\nb\r\n"), .out = "[16384][b]" },
		{ IN("{16384}"), .out = "+16384" },
		{ IN("{16384}\r"), .out = "+16385" },
		{ IN("{16385}"), .out = "+16385" }, /* no sooner than it is certain whatever follows */
		{ IN("{16386}"), .out = "ETOOLONG" },
		{ IN("{16385}\r\nb\r\n"), .out = "ETOOLONG" },
		{ IN("a\r\n{20000}"), .out = "[a]ETOOLONG" },
		{ .max = 3, IN("abc\r\nabcd\r\n"), .out = "[abc]ETOOLONG" },
		{ .delim = "\n", IN("a\r\nb\n"), .out = "[a\\r][b]" },
		{ .delim = "\n", .optional_cr = true, IN("a\r\nb\n\r\n\r\r\n"), .out = "[a][b][][\\r]" },
		{ .delim = "\n", .optional_cr = true, .max = 3, IN("abc\r\nabc\nabc\r"), .out = "[abc][abc]+4" },
		{ .delim = "\n", .optional_cr = true, .max = 3, IN("abc\rx"), .out = "ETOOLONG" },
		{ .delim = "\n", .optional_cr = true, .max = 3, IN("abcd\n"), .out = "ETOOLONG" },
		{ .delim = "aXaXbb", IN("1aXaXaXbb2aXaXbb3aXaXb"), .out = "[1aX][2]+6" },
		{ .delim = "12345678", IN("x12345671234567812345678"), .out = "[x1234567][]" },
	};

	check_rows(rows, TWC_ARRAY_LEN(rows));
}

static void test_netstrings(void **state)
{
	static const struct row rows[] = {
#define NS .kind = TWC_FRAMING_NETSTRING
		{ NS, IN("3:abc,"), .out = "[abc]" },
		{ NS, IN("0:,1:x,0:,"), .out = "[][x][]" },
		{ NS, IN("10:0123456789,"), .out = "[0123456789]" },
		{ NS, IN("2:\r\n,"), .out = "[\\r\\n]" },
		{ NS, IN("4:1:a,,"), .out = "[1:a,]" },
		{ NS, IN("5:abc"), .out = "+5" },
		{ NS, IN("12"), .out = "+2" },
		{ NS, IN("99999:{99999},1:b,"), .out = "[99999][b]" },
		{ NS, IN("100000:"), .out = "ETOOLONG" },
		{ NS, IN("9999999999999999999999"), .out = "ETOOLONG" },
		{ NS, IN("1:a,abc"), .out = "[a]EPROTO" },
		{ NS, IN("4:abcde"), .out = "EPROTO" },
		{ NS, .max = 50, IN("51:{51},"), .out = "ETOOLONG" },
		{ NS, .max = 5, IN("6:"), .out = "ETOOLONG" },
		{ NS, .max = 5, IN("7"), .out = "ETOOLONG" },
		{ NS, IN("2:aaa,"), .out = "EPROTO" },
		{ NS, IN("0:a,"), .out = "EPROTO" },
		{ NS, IN(":aaa,"), .out = "EPROTO" },
		{ NS, IN("3aaa,"), .out = "EPROTO" },
		{ NS, IN("04:aaaa,"), .out = "EPROTO" },
		{ NS, IN("00:,"), .out = "EPROTO" },
		{ NS, IN("+1:a,"), .out = "EPROTO" },
		{ NS, IN(" 1:a,"), .out = "EPROTO" },
		{ NS, IN("-1:a,"), .out = "EPROTO" },
	};

	check_rows(rows, TWC_ARRAY_LEN(rows));
}

static void test_prefixes(void **state)
{
	static const struct row rows[] = {
#define INT(bits) .kind = TWC_FRAMING_INT##bits
		{ INT(8), IN("\2ok\0\3abc\5ab"), .out = "[ok][][abc]+3" },
		{ INT(8), .max = 2, IN("\2ok\3"), .out = "[ok]ETOOLONG" },
		{ INT(16), IN("\0\2ok\0\0\0"), .out = "[ok][]+1" },
		{ INT(16), IN("\x01\0{256}\0\1b"), .out = "[256][b]" },
		{ INT(32), IN("\0\0\0\2ok\0\0\0"), .out = "[ok]+3" },
		{ INT(32), IN("\0\x01\x86\x9f{99999}\0\0\0\1b"), .out = "[99999][b]" },
		{ INT(32), IN("\0\0\0\1a\0\x01\x86\xa0"), .out = "[a]ETOOLONG" }, /* 100,000: at the prefix */
		{ INT(32), IN("\xff\xff\xff\xff"), .out = "ETOOLONG" },
	};

	check_rows(rows, TWC_ARRAY_LEN(rows));
}

static void test_stop(void **state)
{
	struct out o = { .stop_after = 2 };
	const char in[] = "a\r\nb\r\nraw";
	size_t used = 0;

	twc_framer_init(&o.framer, TWC_FRAMING_LINE);
	assert_int_equal(twc_framer_feed(&o.framer, (const uint8_t *)in, 9, &used, on_frame, &o, NULL), 0);
	assert_int_equal(used, 6);
	assert_string_equal(o.text, "[a][b]");
	assert_int_equal(twc_framer_held(&o.framer).n, 0);

	/* the same when the frame was begun before */
	o.frames = 1;
	assert_int_equal(twc_framer_feed(&o.framer, (const uint8_t *)"x\r", 2, &used, on_frame, &o, NULL), 0);
	assert_int_equal(twc_framer_feed(&o.framer, (const uint8_t *)"\nraw", 4, &used, on_frame, &o, NULL), 0);
	assert_int_equal(used, 1);
	assert_string_equal(o.text, "[a][b][x]");
	twc_framer_fini(&o.framer);
}

static void test_dead_after_an_error(void **state)
{
	struct out o = { .len = 0 };
	size_t used = 0;

	twc_framer_init(&o.framer, TWC_FRAMING_NETSTRING);
	assert_int_equal(twc_framer_feed(&o.framer, (const uint8_t *)"x", 1, &used, on_frame, &o, NULL), TWC_EPROTO);
	assert_int_equal(twc_framer_feed(&o.framer, (const uint8_t *)"1:a,", 4, &used, on_frame, &o, NULL),
			 TWC_EPROTO);
	assert_int_equal(o.frames, 0);
	twc_framer_fini(&o.framer);
}

static void *no_memory(void *p, size_t n)
{
	if (n == 0)
		free(p);
	return NULL;
}

/* What a peer sends is held or refused, and what was whole has been handed on. */
static void test_out_of_memory(void **state)
{
	const uint8_t *data = (const uint8_t *)"a\r\nhalf";
	struct out o = { 0 };
	struct twc_err err = { 0 };
	size_t used = 0;

	twc_framer_init(&o.framer, TWC_FRAMING_LINE);
	twc_mem_set_hook(no_memory);
	assert_int_equal(twc_framer_feed(&o.framer, data, 7, &used, on_frame, &o, &err), TWC_ENOMEM);
	twc_mem_set_hook(NULL);
	assert_string_equal(o.text, "[a]");
	assert_string_equal(err.text, twc_err_default_text(TWC_ENOMEM));
	twc_framer_fini(&o.framer);
}

/* Nothing is kept between two frames. */
static void test_holds_no_memory(void **state)
{
	struct out o = { .len = 0 };
	size_t used = 0;

	twc_framer_init(&o.framer, TWC_FRAMING_LINE);
	twc_framer_feed(&o.framer, (const uint8_t *)"abc", 3, &used, on_frame, &o, NULL);
	assert_non_null(o.framer.held.data);
	twc_framer_feed(&o.framer, (const uint8_t *)"\r\n", 2, &used, on_frame, &o, NULL);
	assert_null(o.framer.held.data);
	assert_string_equal(o.text, "[abc]");
}

/* ---- writing, over a pair in memory ---- */

struct end {
	struct twc_protocol base;
	char got[256];
	size_t n;
};

static void end_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct end *e = (struct end *)p;

	assert_true(e->n + n < sizeof(e->got));
	memcpy(e->got + e->n, data, n);
	e->n += n;
}

static void end_lost(struct twc_protocol *p, const struct twc_err *reason)
{
}

static const struct twc_protocol_ops end_ops = { .name = "end", .data = end_data, .lost = end_lost };

static void test_write(void **state)
{
	static const struct {
		enum twc_framing kind;
		const char *delim;
		size_t max;
		const char *frame;
		int code;
		const char *wire;
		size_t n;
	} rows[] = {
#define WIRE(literal) .wire = literal, .n = sizeof(literal) - 1
		{ TWC_FRAMING_LINE, NULL, 0, "abc", 0, WIRE("abc\r\n") },
		{ TWC_FRAMING_LINE, NULL, 0, "", 0, WIRE("\r\n") },
		{ TWC_FRAMING_LINE, NULL, 0, "a\r", 0, WIRE("a\r\r\n") },
		{ TWC_FRAMING_LINE, NULL, 0, "a\r\nb", TWC_EDATA, WIRE("") },
		{ TWC_FRAMING_LINE, "aa", 0, "xa", TWC_EDATA, WIRE("") },
		{ TWC_FRAMING_LINE, NULL, 3, "abcd", TWC_ETOOLONG, WIRE("") },
		{ TWC_FRAMING_NETSTRING, NULL, 0, "abc", 0, WIRE("3:abc,") },
		{ TWC_FRAMING_NETSTRING, NULL, 0, "", 0, WIRE("0:,") },
		{ TWC_FRAMING_INT8, NULL, 0, "ok", 0, WIRE("\2ok") },
		{ TWC_FRAMING_INT16, NULL, 0, "ok", 0, WIRE("\0\2ok") },
		{ TWC_FRAMING_INT32, NULL, 0, "ok", 0, WIRE("\0\0\0\2ok") },
		{ TWC_FRAMING_INT32, NULL, 1, "ok", TWC_ETOOLONG, WIRE("") },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_reactor *r = twc_reactor_new_fake(NULL);
		struct end a = { .base.ops = &end_ops }, b = { .base.ops = &end_ops };
		struct twc_framer f;

		twc_transport_pair(r, 0, &a.base, &b.base);
		twc_framer_init(&f, rows[i].kind);
		if (rows[i].delim)
			twc_framer_set_delim(&f, rows[i].delim, strlen(rows[i].delim));
		if (rows[i].max)
			f.max = rows[i].max;
		assert_int_equal(twc_framer_write(&f, a.base.transport, rows[i].frame, strlen(rows[i].frame), NULL),
				 rows[i].code);
		twc_reactor_advance(r, 0);
		assert_int_equal(b.n, rows[i].n);
		assert_memory_equal(b.got, rows[i].wire, rows[i].n);
		twc_transport_abort(a.base.transport);
		twc_reactor_advance(r, 0);
		twc_reactor_free(r);
	}
}

static void test_write_over_the_prefix(void **state)
{
	char big[65536] = { 0 };
	struct twc_framer f;

	/* refused before anything is written: no transport is needed */
	twc_framer_init(&f, TWC_FRAMING_INT8);
	assert_int_equal(twc_framer_write(&f, NULL, big, 256, NULL), TWC_ETOOLONG);
	twc_framer_init(&f, TWC_FRAMING_INT16);
	assert_int_equal(twc_framer_write(&f, NULL, big, 65536, NULL), TWC_ETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_netstrings),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_dead_after_an_error),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_holds_no_memory),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_over_the_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
