/* SPDX-License-Identifier: MIT */
/* Forms made: their bytes, their pieces; and read back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "protocol/http/multipart_read.h"
#include "protocol/http/multipart_write.h"

static const uint8_t seed[TWC__HTTP_BOUNDARY_SEED] = { 0, 1, 2, 0xff };

#define B "------------------------000102ff00000000000000"

static struct twc__http_form_part text_part(const char *name, const char *value)
{
	return (struct twc__http_form_part){ .name = twc_str_of(name), .bytes = twc_str_of(value), .fd = -1 };
}

/* All pieces as text; files as <path:length>. */
static void collect(struct twc__http_form *f, struct twc_buf *b)
{
	struct twc__http_form_piece piece;

	twc_buf_clear(b);
	for (twc__http_form_next(f, &piece); piece.kind != TWC__HTTP_FORM_PIECE_END; twc__http_form_next(f, &piece)) {
		int rc = 0;

		if (piece.kind == TWC__HTTP_FORM_PIECE_BYTES)
			rc = twc_buf_add(b, piece.bytes.p, piece.bytes.n);
		else if (piece.kind == TWC__HTTP_FORM_PIECE_FILE)
			rc = twc_buf_addf(b, "<%s:%lld of %zu>", piece.path, (long long)piece.length, piece.part);
		else
			rc = twc_buf_addf(b, "<fd %d:%lld of %zu>", piece.fd, (long long)piece.length, piece.part);
		assert_int_equal(rc, 0);
	}
	twc__http_form_next(f, &piece);
	assert_int_equal(piece.kind, TWC__HTTP_FORM_PIECE_END);
}

static void texts_are_one_piece(void **state)
{
	struct twc__http_form *f = twc__http_form_new(seed, TWC__HTTP_FORM_PERCENT);
	struct twc__http_form_part one = text_part("one", "1"), two = text_part("two", "");
	const char *const headers[] = { "X-A: b", "X-C:", NULL };
	struct twc__http_form_piece piece;
	struct twc_buf b;

	two.type = TWC_STR("text/plain");
	two.headers = headers;
	twc_buf_init(&b, 65536);
	assert_int_equal(twc__http_form_add(f, &one, NULL), 0);
	assert_int_equal(twc__http_form_add(f, &two, NULL), 0);
	assert_string_equal(twc__http_form_content_type(f), "multipart/form-data; boundary=" B);
	twc__http_form_next(f, &piece);
	assert_int_equal(piece.kind, TWC__HTTP_FORM_PIECE_BYTES);
	assert_int_equal(piece.length, piece.bytes.n);
	assert_int_equal(twc_buf_add(&b, piece.bytes.p, piece.bytes.n), 0);
	assert_string_equal(twc_buf_cstr(&b), "--" B "\r\nContent-Disposition: form-data; name=\"one\"\r\n\r\n1\r\n"
			    "--" B "\r\nContent-Disposition: form-data; name=\"two\"\r\nContent-Type: text/plain\r\n"
			    "X-A: b\r\nX-C:\r\n\r\n\r\n--" B "--\r\n");
	twc__http_form_next(f, &piece);
	assert_int_equal(piece.kind, TWC__HTTP_FORM_PIECE_END);
	twc__http_form_free(f);
	twc_buf_fini(&b);
}

static void nothing_is_a_form_too(void **state)
{
	struct twc__http_form *f = twc__http_form_new(seed, TWC__HTTP_FORM_PERCENT);
	struct twc_buf b;

	twc_buf_init(&b, 1024);
	collect(f, &b);
	assert_string_equal(twc_buf_cstr(&b), "--" B "--\r\n");
	twc__http_form_free(f);
	twc__http_form_free(NULL);
	twc_buf_fini(&b);
}

static void files_stand_between(void **state)
{
	struct twc__http_form *f = twc__http_form_new(seed, TWC__HTTP_FORM_PERCENT);
	struct twc__http_form_part file = {
		.name = TWC_STR("f"), .filename = TWC_STR("a.bin"), .source = TWC__HTTP_FORM_FILE, .path = TWC_STR("/tmp/a.bin"),
		.length = 1000,
	};
	struct twc__http_form_part in = { .name = TWC_STR("g"), .source = TWC__HTTP_FORM_FD, .fd = 0, .length = -5 };
	struct twc_buf b;

	twc_buf_init(&b, 65536);
	assert_int_equal(twc__http_form_add(f, &file, NULL), 0);
	assert_int_equal(twc__http_form_add(f, &in, NULL), 0);
	collect(f, &b);
	assert_string_equal(twc_buf_cstr(&b), "--" B "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.bin\"\r\n\r\n"
			    "</tmp/a.bin:1000 of 0>\r\n--" B "\r\nContent-Disposition: form-data; name=\"g\"\r\n\r\n"
			    "<fd 0:-1 of 1>\r\n--" B "--\r\n");
	twc__http_form_free(f);
	twc_buf_fini(&b);
}

static void names_are_escaped(void **state)
{
	static const struct {
		enum twc__http_form_escape escape;
		const char *name, *sent;
	} rows[] = {
		{ TWC__HTTP_FORM_PERCENT, "a\"b\\c\r\nd%22", "a%22b\\c%0D%0Ad%22" },
		{ TWC__HTTP_FORM_BACKSLASH, "a\"b\\c\r\nd", "a\\\"b\\\\c%0D%0Ad" },
		{ TWC__HTTP_FORM_PERCENT, "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ TWC__HTTP_FORM_PERCENT, "", "" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_form *f = twc__http_form_new(seed, rows[i].escape);
		struct twc__http_form_part part = text_part(rows[i].name, "x");
		char want[128];
		struct twc_buf b;

		twc_buf_init(&b, 65536);
		part.filename = part.name.p[0] ? part.name : TWC_STR("");
		assert_int_equal(twc__http_form_add(f, &part, NULL), 0);
		collect(f, &b);
		snprintf(want, sizeof(want), "; name=\"%s\"; filename=\"%s\"\r\n", rows[i].sent, rows[i].sent);
		assert_non_null(strstr(twc_buf_cstr(&b), want));
		twc__http_form_free(f);
		twc_buf_fini(&b);
	}
}

static void what_cannot_be_sent(void **state)
{
	static const char *const bad[] = { "no colon", ": empty", "a b: c", "A: b\r\nC: d", NULL };
	struct twc__http_form *f = twc__http_form_new(seed, TWC__HTTP_FORM_PERCENT);
	struct twc__http_form_part part = text_part("a\x01", "x");
	struct twc_err err = { 0 };
	struct twc_buf b;

	assert_int_equal(twc__http_form_add(f, &part, &err), TWC_EUSAGE);
	assert_string_equal(err.text, "form: a control character in a name: \"a\\x01\"");
	part = text_part("a", "x");
	part.filename = (struct twc_str){ "b\0", 2 };
	assert_int_equal(twc__http_form_add(f, &part, &err), TWC_EUSAGE);
	part.filename = (struct twc_str){ NULL, 0 };
	part.type = TWC_STR("text/plain\r\nX: y");
	assert_int_equal(twc__http_form_add(f, &part, &err), TWC_EUSAGE);
	part.type = TWC_STR("");
	for (size_t i = 0; bad[i]; i++) {
		part.headers = (const char *const[]){ bad[i], NULL };
		assert_int_equal(twc__http_form_add(f, &part, &err), TWC_EUSAGE);
	}
	twc_buf_init(&b, 1024);
	collect(f, &b);
	assert_string_equal(twc_buf_cstr(&b), "--" B "--\r\n");
	twc__http_form_free(f);
	twc_buf_fini(&b);
}

/* ---- there and back ---- */

static int on_begin(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	return twc_buf_addf(arg, "[%.*s]", (int)part->name.n, part->name.p);
}

static int on_data(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	return twc_buf_add(arg, p, n);
}

static int on_end(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	return 0;
}

static void the_reader_takes_it(void **state)
{
	static const struct twc__http_multipart_ops ops = { .begin = on_begin, .data = on_data, .end = on_end };
	static const char *const names[] = { "plain", "q\"uote", "back\\slash", "line\r\nbreak" };

	for (int escape = 0; escape < 2; escape++) {
		struct twc__http_form *f = twc__http_form_new(seed, (enum twc__http_form_escape)escape);
		char boundary[TWC__HTTP_MULTIPART_BOUNDARY_MAX + 1];
		struct twc__http_multipart m;
		struct twc_buf sent, got;

		twc_buf_init(&sent, 65536);
		twc_buf_init(&got, 65536);
		for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++) {
			struct twc__http_form_part part = text_part(names[i], "\r\n--" B "x\r\n--");

			part.bytes.n = i; /* more and more of what looks like a boundary */
			assert_int_equal(twc__http_form_add(f, &part, NULL), 0);
		}
		collect(f, &sent);
		assert_int_equal(twc__http_multipart_boundary(twc_str_of(twc__http_form_content_type(f)), boundary, NULL), 0);
		twc__http_multipart_init(&m, boundary, &ops, &got);
		assert_int_equal(twc__http_multipart_feed(&m, (const uint8_t *)twc_buf_head(&sent), twc_buf_len(&sent), NULL), 0);
		assert_int_equal(twc__http_multipart_finish(&m, NULL), 0);
		assert_string_equal(twc_buf_cstr(&got), "[plain][q\"uote]\r[back\\slash]\r\n[line\r\nbreak]\r\n-");
		twc__http_multipart_fini(&m);
		twc__http_form_free(f);
		twc_buf_fini(&sent);
		twc_buf_fini(&got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_one_piece), cmocka_unit_test(nothing_is_a_form_too),
		cmocka_unit_test(files_stand_between), cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(what_cannot_be_sent), cmocka_unit_test(the_reader_takes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
