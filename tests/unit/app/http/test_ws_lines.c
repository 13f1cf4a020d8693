/* SPDX-License-Identifier: MIT */
/* Messages in a stream of bytes and back: whole, byte by byte and at random splits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "app/http/ws_lines.h"
#include "support/chunk.h"

#define MAX 8 /* bytes of a message */

static const struct row {
	enum twc_ws_framing framing;
	enum twc_ws_type type;
	const char *in;
	size_t n;
	const char *out;   /* each message in brackets */
	const char *error; /* NULL: none */
} rows[] = {
#define IN(s) s, sizeof(s) - 1
	{ TWC_WS_LINES, TWC_WS_TEXT, IN(""), "", NULL },
	{ TWC_WS_LINES, TWC_WS_TEXT, IN("\n"), "[]", NULL },
	{ TWC_WS_LINES, TWC_WS_TEXT, IN("a\n\nb"), "[a][][b]", NULL },
	{ TWC_WS_LINES, TWC_WS_TEXT, IN("a\r\nb\n"), "[a\r][b]", NULL },
	{ TWC_WS_LINES, TWC_WS_TEXT, IN("12345678\n"), "[12345678]", NULL },
	{ TWC_WS_LINES, TWC_WS_TEXT, IN("12345678"), "[12345678]", NULL },
	{ TWC_WS_LINES, TWC_WS_TEXT, IN("a\n123456789\nb\n"), "[a]", "line 2 of the input is longer than 8 (--max-message)" },
	{ TWC_WS_LINES, TWC_WS_TEXT, IN("a\n123456789"), "[a]", "line 2 of the input is longer than 8 (--max-message)" },
	{ TWC_WS_LINES, TWC_WS_TEXT, IN("\xc3\xa9\n\xc3\nb\n"), "[\xc3\xa9]",
	  "line 2 of the input is not UTF-8, and so no text; --binary sends it as it is" },
	{ TWC_WS_LINES, TWC_WS_TEXT, IN("\xff"), "", "line 1 of the input is not UTF-8, and so no text; --binary sends it as it is" },
	{ TWC_WS_LINES, TWC_WS_BINARY, IN("\xc3\n\xff"), "[\xc3][\xff]", NULL },
	{ TWC_WS_NUL, TWC_WS_TEXT, IN("a\nb\0\0c"), "[a\nb][][c]", NULL },
	{ TWC_WS_LENGTH, TWC_WS_TEXT, IN("\0\0\0\2a\n\0\0\0\0\0\0\0\1b"), "[a\n][][b]", NULL },
	{ TWC_WS_LENGTH, TWC_WS_TEXT, IN("\0\0\0\2a"), "", "message 1 of the input is cut short" },
	{ TWC_WS_LENGTH, TWC_WS_TEXT, IN("\0\0\0\1a\0\0"), "[a]", "message 2 of the input is cut short" },
	{ TWC_WS_LENGTH, TWC_WS_TEXT, IN("\0\0\0\x9"), "", "message 1 of the input is longer than 8 (--max-message)" },
	{ TWC_WS_LENGTH, TWC_WS_TEXT, IN("\xff\xff\xff\xff"), "", "message 1 of the input is longer than 8 (--max-message)" },
	{ TWC_WS_WHOLE, TWC_WS_TEXT, IN(""), "", NULL },
	{ TWC_WS_WHOLE, TWC_WS_TEXT, IN("a\nb\n"), "[a\nb\n]", NULL },
	{ TWC_WS_WHOLE, TWC_WS_TEXT, IN("123456789"), "", "the input is longer than 8 (--max-message)" },
	{ TWC_WS_WHOLE, TWC_WS_TEXT, IN("a\xff"), "", "the input is not UTF-8, and so no text; --binary sends it as it is" },
};

struct reading {
	struct twc__ws_lines l;
	struct twc_err err;
	char out[256];
	size_t n;
};

static bool on_piece(void *arg, const uint8_t *p, size_t n)
{
	struct reading *rd = arg;

	rd->n += (size_t)snprintf(rd->out + rd->n, sizeof(rd->out) - rd->n, "[%.*s]", (int)n, (const char *)p);
	return true;
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct reading *rd = arg;

	return twc__ws_lines_feed(&rd->l, p, n, on_piece, rd, &rd->err) == 0;
}

static void check(const struct row *row, enum chunk_mode mode)
{
	struct reading rd = { 0 };

	twc__ws_lines_init(&rd.l, row->framing, row->type, MAX, "the input");
	chunk_feed(mode, 3, row->in, row->n, feed, &rd);
	if (!rd.err.code)
		(void)twc__ws_lines_end(&rd.l, on_piece, &rd, &rd.err);
	if (strcmp(rd.out, row->out) != 0)
		fail_msg("row %td, %s: %s, not %s", row - rows, chunk_name(mode), rd.out, row->out);
	if (strcmp(rd.err.text, row->error ? row->error : "") != 0)
		fail_msg("row %td, %s: %s", row - rows, chunk_name(mode), rd.err.text);
	assert_int_equal(rd.err.code, row->error ? TWC_EDATA : 0);
	twc__ws_lines_fini(&rd.l);
}

static void test_read(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		for (int mode = 0; mode < CHUNK_MODES; mode++)
			check(&rows[i], (enum chunk_mode)mode);
}

static void test_write(void **state)
{
	static const struct {
		enum twc_ws_framing framing;
		const char *in, *out;
		size_t n;
	} out[] = {
		{ TWC_WS_LINES, "a\nb", "a\nb\n", 4 },
		{ TWC_WS_NUL, "a", "a\0", 2 },
		{ TWC_WS_LENGTH, "abc", "\0\0\0\3abc", 7 },
		{ TWC_WS_LENGTH, "", "\0\0\0\0", 4 },
		{ TWC_WS_WHOLE, "abc", "abc", 3 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(out); i++) {
		struct iovec iov[TWC__WS_LINES_IOV];
		uint8_t prefix[4];
		char got[64];
		size_t n = 0;
		int k = twc__ws_lines_write(out[i].framing, (const uint8_t *)out[i].in, strlen(out[i].in), prefix, iov);

		for (int j = 0; j < k; j++) {
			memcpy(got + n, iov[j].iov_base, iov[j].iov_len);
			n += iov[j].iov_len;
		}
		assert_int_equal(n, out[i].n);
		assert_memory_equal(got, out[i].out, n);
	}
}

static void test_subprotocols(void **state)
{
	struct twc_err err = { 0 };

	assert_int_equal(twc_ws_subprotocols_check("a", &err), 0);
	assert_int_equal(twc_ws_subprotocols_check("a, b.c,d", &err), 0);
	assert_int_equal(twc_ws_subprotocols_check("a b", &err), TWC_EUSAGE);
	assert_int_equal(twc_ws_subprotocols_check("", &err), TWC_EUSAGE);
	assert_int_equal(twc_ws_subprotocols_check("a,", &err), TWC_EUSAGE);
	assert_int_equal(twc_ws_subprotocols_check("a,b, a", &err), TWC_EUSAGE);
	assert_string_equal(err.text, "a is named twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_subprotocols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
