/* SPDX-License-Identifier: MIT */
/* Heads of CGI programs: whole, byte by byte and at random splits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "protocol/http/cgi.h"
#include "support/chunk.h"

/* "status kind location length; name=value, …|rest" or what was wrong with it. */
static const struct row {
	const char *in, *out;
} rows[] = {
	{ "Content-Type: text/plain\n\nbody", "200 0 - -; Content-Type=text/plain,|body" },
	{ "Content-Type: text/plain\r\nX:1\r\n\r\n\n", "200 0 - -; Content-Type=text/plain,X=1,|\n" },
	{ "status: 404 Not Found\ncontent-length: 12\n\n", "404 0 - 12; |" },
	{ "Status: 404\n\n", "404 0 - -; |" },
	{ "Location: /a?b\n\n", "200 1 /a?b -; |" },
	{ "Location: //other/a\n\n", "302 2 //other/a -; |" },
	{ "Location: http://h/\nContent-Type: a/b\n\nx", "302 2 http://h/ -; Content-Type=a/b,|x" },
	{ "Location: /a\nStatus: 303 See Other\n\n", "303 2 /a -; |" },
	{ "Set-Cookie: a=1\nSet-Cookie: b=2\n\n", "200 0 - -; Set-Cookie=a=1,Set-Cookie=b=2,|" },
	{ "Transfer-Encoding: chunked\nConnection: close\nKeep-Alive: 1\nUpgrade: x\nTE: x\nTrailer: x\nX: 1\n\n", "200 0 - -; X=1,|" },
	{ "X: a\r\r\n\n", "control characters in 'X'" },
	{ "HTTP/1.1 200 OK\nX: 1\n\n", "it has a status line of its own 'HTTP/1.1 200 OK'" },
	{ "\n", "its head is empty" },
	{ "\r\n", "its head is empty" },
	{ "no field\n\n", "no field 'no field'" },
	{ "X : 1\n\n", "no field 'X : 1'" },
	{ ": 1\n\n", "no field ': 1'" },
	{ "X: 1\n folded\n\n", "no field ' folded'" },
	{ "X: \x01\n\n", "control characters in 'X'" },
	{ "Status: 99\n\n", "no Status from 200 to 599 '99'" },
	{ "Status: 100 Continue\n\n", "no Status from 200 to 599 '100 Continue'" },
	{ "Status: 600\n\n", "no Status from 200 to 599 '600'" },
	{ "Status: 200x\n\n", "no Status from 200 to 599 '200x'" },
	{ "Status: 200\nStatus: 200\n\n", "a second Status '200'" },
	{ "Location: \n\n", "no Location ''" },
	{ "Location: /a b\n\n", "no Location '/a b'" },
	{ "Location: /a\nLocation: /a\n\n", "a second Location '/a'" },
	{ "Content-Length: -1\n\n", "no Content-Length '-1'" },
	{ "Content-Length: 1\nContent-Length: 1\n\n", "a second Content-Length '1'" },
	{ "Content-Type: a/b\n", "more" },
	{ "", "more" },
};

struct reading {
	struct twc__http_cgi c;
	struct twc_err err;
	int rc;
	char rest[128];
	size_t n;
};

static bool on_piece(void *arg, const uint8_t *p, size_t n)
{
	struct reading *r = arg;
	size_t used = 0;

	if (r->rc == 0)
		r->rc = twc__http_cgi_feed(&r->c, p, n, &used, &r->err);
	if (r->rc < 0)
		return false;
	assert_in_range(n - used, 0, sizeof(r->rest) - 1 - r->n);
	memcpy(r->rest + r->n, p + used, n - used);
	r->n += n - used;
	return true;
}

static void describe(struct reading *r, char *out, size_t cap)
{
	size_t n;

	if (r->rc < 0) {
		const char *text = strstr(r->err.text, "answer: ");
		size_t used;

		snprintf(out, cap, "%s", text ? text + 8 : r->err.text);
		assert_int_equal(twc__http_cgi_feed(&r->c, (const uint8_t *)"", 0, &used, &r->err), r->rc);
		return;
	}
	if (r->rc == 0) {
		snprintf(out, cap, "more");
		return;
	}
	n = (size_t)snprintf(out, cap, "%d %d %s ", r->c.status, (int)r->c.kind, r->c.location ? r->c.location : "-");
	n += (size_t)(r->c.length == TWC_HTTP_UNKNOWN ? snprintf(out + n, cap - n, "-; ") :
							 snprintf(out + n, cap - n, "%d; ", (int)r->c.length));
	for (size_t i = 0; i < twc_http_fields_count(&r->c.fields); i++) {
		struct twc_http_field f = twc_http_fields_at(&r->c.fields, i);

		n += (size_t)snprintf(out + n, cap - n, "%.*s=%.*s,", (int)f.name.n, f.name.p, (int)f.value.n, f.value.p);
	}
	snprintf(out + n, cap - n, "|%s", r->rest);
}

static void test_heads(void **state)
{
	char out[512];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++) {
			struct reading r = { .rc = 0 };

			twc__http_cgi_init(&r.c);
			chunk_feed(mode, (uint32_t)i, rows[i].in, strlen(rows[i].in), on_piece, &r);
			describe(&r, out, sizeof(out));
			if (strcmp(out, rows[i].out) != 0)
				fail_msg("%s, %s:\n%s\nnot\n%s", rows[i].in, chunk_name(mode), out, rows[i].out);
			twc__http_cgi_fini(&r.c);
		}
}

static void test_a_head_has_a_maximum(void **state)
{
	static uint8_t line[TWC__HTTP_CGI_HEAD_MAX + 1];
	struct twc__http_cgi c;
	struct twc_err err;
	size_t used;

	memset(line, 'x', sizeof(line));
	twc__http_cgi_init(&c);
	assert_int_equal(twc__http_cgi_feed(&c, line, sizeof(line) - 1, &used, &err), 0);
	assert_int_equal(used, sizeof(line) - 1);
	assert_int_equal(twc__http_cgi_feed(&c, line, 1, &used, &err), TWC_ETOOLONG);
	twc__http_cgi_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_a_head_has_a_maximum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
