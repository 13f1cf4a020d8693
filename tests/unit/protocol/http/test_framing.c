/* SPDX-License-Identifier: MIT */
/* The truth table of a body's length: what a message says of it, and what it is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol/http/framing.h"

#define CL "Content-Length"
#define TE "Transfer-Encoding"
#define CO "Connection"
#define U TWC_HTTP_UNKNOWN

struct field {
	const char *name, *value;
};

static void fill(struct twc_http_fields *f, const struct field *fields)
{
	twc_http_fields_clear(f);
	for (; fields->name; fields++)
		assert_int_equal(twc_http_fields_add(f, twc_str_of(fields->name), twc_str_of(fields->value), NULL), 0);
}

static void requests(void **state)
{
	static const struct {
		enum twc_http_method method;
		int minor;
		struct field fields[4];
		enum twc__http_fault fault;
		enum twc__http_body body;
		uint64_t length;
		bool keeps_alive, expects;
	} rows[] = {
		{ TWC_HTTP_GET, 1, { { 0 } }, 0, TWC__HTTP_NONE, 0, true, false },
		{ TWC_HTTP_GET, 0, { { 0 } }, 0, TWC__HTTP_NONE, 0, false, false },
		{ TWC_HTTP_POST, 1, { { CL, "0" } }, 0, TWC__HTTP_NONE, 0, true, false },
		{ TWC_HTTP_POST, 1, { { CL, "7" } }, 0, TWC__HTTP_LENGTH, 7, true, false },
		{ TWC_HTTP_GET, 1, { { CL, "7" } }, 0, TWC__HTTP_LENGTH, 7, true, false },
		{ TWC_HTTP_HEAD, 1, { { CL, "7" } }, 0, TWC__HTTP_LENGTH, 7, true, false },
		{ TWC_HTTP_POST, 0, { { CL, "7" } }, 0, TWC__HTTP_LENGTH, 7, false, false },
		{ TWC_HTTP_POST, 1, { { TE, "chunked" } }, 0, TWC__HTTP_CHUNKED, U, true, false },
		{ TWC_HTTP_OTHER, 1, { { TE, "Chunked" } }, 0, TWC__HTTP_CHUNKED, U, true, false },
		{ TWC_HTTP_POST, 0, { { TE, "chunked" } }, TWC__HTTP_BAD, 0, 0, false, false },
		{ TWC_HTTP_POST, 1, { { TE, "chunked" }, { CL, "7" } }, TWC__HTTP_BAD, 0, 0, false, false },
		{ TWC_HTTP_POST, 1, { { TE, "gzip" }, { TE, "chunked" } }, TWC__HTTP_BAD_CODING, 0, 0, false, false },
		{ TWC_HTTP_POST, 1, { { TE, "gzip, chunked" } }, TWC__HTTP_BAD_CODING, 0, 0, false, false },
		{ TWC_HTTP_POST, 1, { { TE, "chunked" }, { TE, "gzip" } }, TWC__HTTP_BAD, 0, 0, false, false },
		{ TWC_HTTP_POST, 1, { { TE, "gzip" } }, TWC__HTTP_BAD, 0, 0, false, false },
		{ TWC_HTTP_POST, 1, { { TE, "" } }, TWC__HTTP_BAD, 0, 0, false, false },
		{ TWC_HTTP_POST, 1, { { CL, "7" }, { CL, "7" } }, TWC__HTTP_BAD, 0, 0, false, false },
		{ TWC_HTTP_POST, 1, { { CL, "7,7" } }, TWC__HTTP_BAD, 0, 0, false, false },
		{ TWC_HTTP_CONNECT, 1, { { 0 } }, 0, TWC__HTTP_NONE, 0, true, false },
		{ TWC_HTTP_CONNECT, 1, { { CL, "0" } }, 0, TWC__HTTP_NONE, 0, true, false },
		{ TWC_HTTP_CONNECT, 1, { { CL, "1" } }, TWC__HTTP_BAD, 0, 0, false, false },
		{ TWC_HTTP_CONNECT, 1, { { TE, "chunked" } }, TWC__HTTP_BAD, 0, 0, false, false },
		/* how long the connection lasts */
		{ TWC_HTTP_GET, 1, { { CO, "close" } }, 0, TWC__HTTP_NONE, 0, false, false },
		{ TWC_HTTP_GET, 1, { { CO, "x, CLOSE ,y" } }, 0, TWC__HTTP_NONE, 0, false, false },
		{ TWC_HTTP_GET, 1, { { CO, "x" }, { CO, "close" } }, 0, TWC__HTTP_NONE, 0, false, false },
		{ TWC_HTTP_GET, 1, { { CO, "keep-alive, close" } }, 0, TWC__HTTP_NONE, 0, false, false },
		{ TWC_HTTP_GET, 1, { { CO, "closed" } }, 0, TWC__HTTP_NONE, 0, true, false },
		{ TWC_HTTP_GET, 1, { { "Proxy-Connection", "close" } }, 0, TWC__HTTP_NONE, 0, true, false },
		{ TWC_HTTP_GET, 0, { { CO, "Keep-Alive" } }, 0, TWC__HTTP_NONE, 0, true, false },
		{ TWC_HTTP_GET, 0, { { CO, "keep-alive, close" } }, 0, TWC__HTTP_NONE, 0, false, false },
		{ TWC_HTTP_GET, 1, { { CO, "host" } }, TWC__HTTP_BAD, 0, 0, false, false },
		{ TWC_HTTP_GET, 1, { { CO, "TE, Content-Length" } }, TWC__HTTP_BAD, 0, 0, false, false },
		/* Expect */
		{ TWC_HTTP_PUT, 1, { { CL, "7" }, { "Expect", "100-Continue" } }, 0, TWC__HTTP_LENGTH, 7, true, true },
		{ TWC_HTTP_PUT, 1, { { TE, "chunked" }, { "Expect", "100-continue" } }, 0, TWC__HTTP_CHUNKED, U, true, true },
		{ TWC_HTTP_PUT, 1, { { CL, "0" }, { "Expect", "100-continue" } }, 0, TWC__HTTP_NONE, 0, true, false },
		{ TWC_HTTP_PUT, 0, { { CL, "7" }, { "Expect", "100-continue" } }, 0, TWC__HTTP_LENGTH, 7, false, false },
		{ TWC_HTTP_PUT, 1, { { CL, "7" }, { "Expect", "cake" } }, 0, TWC__HTTP_LENGTH, 7, true, false },
	};
	struct twc_http_fields f = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_start start = { .method_id = rows[i].method, .minor = rows[i].minor };
		struct twc__http_framing out;
		enum twc__http_fault fault = TWC__HTTP_TOO_LARGE;
		struct twc_err err = { 0 };
		int rc;

		fill(&f, rows[i].fields);
		rc = twc__http_frame_request(&start, &f, &out, &fault, &err);
		if (fault != rows[i].fault || rc != (fault ? TWC_EPROTO : 0) || err.code != rc)
			fail_msg("row %zu: %d, fault %d: %s", i, rc, (int)fault, err.text);
		if (rc == 0 && (out.body != rows[i].body || out.length != rows[i].length ||
				out.keeps_alive != rows[i].keeps_alive || out.expects_continue != rows[i].expects))
			fail_msg("row %zu: body %d", i, (int)out.body);
	}
	twc_http_fields_fini(&f);
}

enum { STRICT = 1, LENIENT = 2, ANY = 3 };

static void responses(void **state)
{
	static const struct {
		enum twc_http_method method;
		int status, minor;
		struct field fields[4];
		int good; /* for which kind of reader */
		enum twc__http_body body;
		uint64_t length;
		bool keeps_alive;
	} rows[] = {
		{ TWC_HTTP_GET, 200, 1, { { CL, "7" } }, ANY, TWC__HTTP_LENGTH, 7, true },
		{ TWC_HTTP_GET, 200, 1, { { CL, "0" } }, ANY, TWC__HTTP_NONE, 0, true },
		{ TWC_HTTP_GET, 200, 0, { { CL, "7" } }, ANY, TWC__HTTP_LENGTH, 7, false },
		{ TWC_HTTP_GET, 200, 0, { { CL, "7" }, { CO, "keep-alive" } }, ANY, TWC__HTTP_LENGTH, 7, true },
		{ TWC_HTTP_GET, 200, 1, { { CL, "7" }, { CO, "close" } }, ANY, TWC__HTTP_LENGTH, 7, false },
		{ TWC_HTTP_GET, 200, 1, { { TE, "chunked" } }, ANY, TWC__HTTP_CHUNKED, U, true },
		{ TWC_HTTP_GET, 200, 1, { { 0 } }, ANY, TWC__HTTP_UNTIL_CLOSE, U, false },
		{ TWC_HTTP_GET, 200, 0, { { CO, "keep-alive" } }, ANY, TWC__HTTP_UNTIL_CLOSE, U, false },
		/* no body, whatever is said */
		{ TWC_HTTP_HEAD, 200, 1, { { CL, "7" } }, ANY, TWC__HTTP_NONE, 7, true },
		{ TWC_HTTP_HEAD, 200, 1, { { TE, "chunked" } }, ANY, TWC__HTTP_NONE, U, true },
		{ TWC_HTTP_HEAD, 200, 1, { { 0 } }, ANY, TWC__HTTP_NONE, U, true },
		{ TWC_HTTP_GET, 304, 1, { { CL, "7" } }, ANY, TWC__HTTP_NONE, 7, true },
		{ TWC_HTTP_GET, 304, 1, { { 0 } }, ANY, TWC__HTTP_NONE, U, true },
		{ TWC_HTTP_GET, 204, 1, { { 0 } }, ANY, TWC__HTTP_NONE, 0, true },
		{ TWC_HTTP_GET, 204, 1, { { CL, "0" } }, ANY, TWC__HTTP_NONE, 0, true },
		{ TWC_HTTP_GET, 204, 1, { { CL, "7" } }, ANY, TWC__HTTP_NONE, 0, false },
		{ TWC_HTTP_GET, 204, 1, { { TE, "chunked" } }, ANY, TWC__HTTP_NONE, 0, false },
		{ TWC_HTTP_GET, 100, 1, { { 0 } }, ANY, TWC__HTTP_NONE, 0, true },
		{ TWC_HTTP_GET, 103, 1, { { CL, "0" } }, ANY, TWC__HTTP_NONE, 0, true },
		{ TWC_HTTP_GET, 103, 1, { { CL, "7" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 103, 1, { { TE, "chunked" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 205, 1, { { CL, "0" } }, ANY, TWC__HTTP_NONE, 0, true },
		/* tunnels */
		{ TWC_HTTP_GET, 101, 1, { { 0 } }, ANY, TWC__HTTP_TUNNEL, U, false },
		{ TWC_HTTP_CONNECT, 200, 1, { { CL, "7" } }, ANY, TWC__HTTP_TUNNEL, U, false },
		{ TWC_HTTP_CONNECT, 299, 1, { { TE, "x" }, { CL, "y" } }, ANY, TWC__HTTP_TUNNEL, U, false },
		{ TWC_HTTP_CONNECT, 403, 1, { { CL, "7" } }, ANY, TWC__HTTP_LENGTH, 7, true },
		/* repeated, contradicted */
		{ TWC_HTTP_GET, 200, 1, { { CL, "7" }, { CL, "07" } }, ANY, TWC__HTTP_LENGTH, 7, true },
		{ TWC_HTTP_GET, 200, 1, { { CL, "7 , 7" } }, ANY, TWC__HTTP_LENGTH, 7, true },
		{ TWC_HTTP_GET, 200, 1, { { CL, "7" }, { CL, "8" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 200, 1, { { CL, "7, 8" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 200, 1, { { CL, "" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 200, 1, { { CL, "-1" } }, 0, 0, 0, false },
		{ TWC_HTTP_HEAD, 200, 1, { { CL, "-1" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 200, 1, { { TE, "chunked" }, { CL, "7" } }, LENIENT, TWC__HTTP_CHUNKED, U, false },
		{ TWC_HTTP_HEAD, 200, 1, { { TE, "chunked" }, { CL, "7" } }, LENIENT, TWC__HTTP_NONE, U, false },
		{ TWC_HTTP_GET, 200, 1, { { TE, "chunked" }, { CL, "x" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 200, 0, { { TE, "chunked" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 200, 1, { { TE, "gzip" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 200, 1, { { TE, "gzip, chunked" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 200, 1, { { TE, "chunked, chunked" } }, 0, 0, 0, false },
		{ TWC_HTTP_GET, 200, 1, { { TE, "identity" }, { CL, "7" } }, 0, 0, 0, false },
	};
	struct twc_http_fields f = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_start start = { .status = rows[i].status, .minor = rows[i].minor };

		fill(&f, rows[i].fields);
		for (int kind = STRICT; kind <= LENIENT; kind++) {
			struct twc__http_framing out;
			struct twc_err err = { 0 };
			int rc = twc__http_frame_response(&start, &f, rows[i].method, kind == LENIENT, &out, &err);

			if (rc != (rows[i].good & kind ? 0 : TWC_EPROTO) || err.code != rc)
				fail_msg("row %zu, kind %d: %d %s", i, kind, rc, err.text);
			if (rc == 0 && (out.body != rows[i].body || out.length != rows[i].length ||
					out.keeps_alive != rows[i].keeps_alive))
				fail_msg("row %zu, kind %d: body %d, length %llu", i, kind, (int)out.body,
					 (unsigned long long)out.length);
		}
	}
	twc_http_fields_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(responses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
