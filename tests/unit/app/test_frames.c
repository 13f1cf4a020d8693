/* SPDX-License-Identifier: MIT */
/* Streams into datagrams and back: every kind, whole, byte by byte and at random cuts, and frames that are none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "app/filter.h"
#include "support/chunk.h"

struct run {
	struct twc__frames frames;
	char text[512]; /* each datagram in brackets */
	size_t n;
	int code;
};

static void show(void *arg, const uint8_t *p, size_t n)
{
	struct run *r = arg;

	assert_true(r->n + n + 2 < sizeof(r->text));
	r->text[r->n++] = '[';
	memcpy(r->text + r->n, p, n);
	r->n += n;
	r->text[r->n++] = ']';
}

static bool feed(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;
	struct twc_err err = { 0 };

	r->code = twc__frames_split(&r->frames, data, n, show, r, &err);
	assert_int_equal(r->code, err.code);
	return r->code == 0;
}

static void splits(void **state)
{
#define ROW(kind, in, out) { kind, in, sizeof(in) - 1, out, sizeof(out) - 1 }
	static const struct {
		enum twc_frames kind;
		const char *in;
		size_t n;
		const char *out;
		size_t out_n;
	} row[] = {
		ROW(TWC_FRAMES_LINE, "a\nbb\n\nlast", "[a][bb][][last]"),
		ROW(TWC_FRAMES_LINE, "a\r\n", "[a\r]"),
		ROW(TWC_FRAMES_LINE, "", ""),
		ROW(TWC_FRAMES_NUL, "a\nb\0c\0", "[a\nb][c]"),
		ROW(TWC_FRAMES_LEN4, "\0\0\0\3abc\0\0\0\0\0\0\0\1\n", "[abc][][\n]"),
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			const struct twc_filter_opts o = { .frames = row[i].kind };
			struct run r = { 0 };

			twc__frames_init(&r.frames, &o);
			chunk_feed((enum chunk_mode)mode, 11, row[i].in, row[i].n, feed, &r);
			assert_int_equal(twc__frames_end(&r.frames, show, &r, NULL), 0);
			assert_int_equal(r.n, row[i].out_n);
			assert_memory_equal(r.text, row[i].out, row[i].out_n);
			twc__frames_fini(&r.frames);
		}
	}
}

static void raw_is_cut_at_its_size(void **state)
{
	const struct twc_filter_opts o = { .frame_max = 3 };
	struct run r = { 0 };

	twc__frames_init(&r.frames, &o);
	feed(&r, (const uint8_t *)"abcdefg", 7);
	feed(&r, (const uint8_t *)"h", 1);
	assert_int_equal(twc__frames_end(&r.frames, show, &r, NULL), 0);
	assert_string_equal(r.text, "[abc][def][g][h]");
	twc__frames_fini(&r.frames);
}

static void joins(void **state)
{
	static const struct {
		enum twc_frames kind;
		const char *in, *out;
		size_t out_n;
	} row[] = {
		{ TWC_FRAMES_RAW, "ab", "[ab]", 4 },	       { TWC_FRAMES_RAW, "", "", 0 },
		{ TWC_FRAMES_LINE, "ab", "[ab][\n]", 7 },     { TWC_FRAMES_LINE, "ab\n", "[ab\n]", 5 },
		{ TWC_FRAMES_LINE, "", "[\n]", 3 },	       { TWC_FRAMES_NUL, "ab", "[ab][\0]", 7 },
		{ TWC_FRAMES_LEN4, "ab", "[\0\0\0\2][ab]", 10 }, { TWC_FRAMES_LEN4, "", "[\0\0\0\0]", 6 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		const struct twc_filter_opts o = { .frames = row[i].kind };
		struct run r = { 0 };

		twc__frames_init(&r.frames, &o);
		twc__frames_join(&r.frames, (const uint8_t *)row[i].in, strlen(row[i].in), show, &r);
		assert_int_equal(r.n, row[i].out_n);
		assert_memory_equal(r.text, row[i].out, r.n);
		twc__frames_fini(&r.frames);
	}
}

static void too_long_or_too_short(void **state)
{
	static uint8_t line[70000];
	struct twc_filter_opts o = { .frames = TWC_FRAMES_LINE };
	struct run r = { 0 };
	struct twc_err err = { 0 };

	memset(line, 'x', sizeof(line));
	twc__frames_init(&r.frames, &o);
	assert_false(feed(&r, line, sizeof(line)));
	assert_int_equal(r.code, TWC_EDATA);
	twc__frames_fini(&r.frames);

	o.frames = TWC_FRAMES_LEN4;
	twc__frames_init(&r.frames, &o);
	assert_false(feed(&r, (const uint8_t *)"\0\1\0\0", 4));
	assert_int_equal(r.code, TWC_EDATA);
	twc__frames_fini(&r.frames);

	twc__frames_init(&r.frames, &o);
	assert_true(feed(&r, (const uint8_t *)"\0\0\0\5ab", 6));
	assert_int_equal(twc__frames_end(&r.frames, show, &r, &err), TWC_EDATA);
	assert_int_equal(r.n, 0);
	twc__frames_fini(&r.frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits),
		cmocka_unit_test(raw_is_cut_at_its_size),
		cmocka_unit_test(joins),
		cmocka_unit_test(too_long_or_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
