/* SPDX-License-Identifier: MIT */
/* Heads and what follows them: every vector whole, byte by byte and cut in two at every place; limits; round trips. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "support/http_reader.h"
#include "unit/protocol/http/vectors.h"

static const struct twc__http_limits server_limits = { .head = 16384, .target = 8192, .line = 8192, .fields = 100 };
static const struct twc__http_limits no_limits;

struct input {
	enum twc__http_role role;
	enum twc_http_method method;
	bool lenient;
	const struct twc__http_limits *limits;
	const char *p;
	size_t n;
	size_t mark; /* SIZE_MAX: none */
};

/* Copies a vector without its mark. */
static void unmark(struct input *in, struct twc_str s, char *room)
{
	const char *mark = memchr(s.p, '^', s.n);
	size_t n = mark ? (size_t)(mark - s.p) : s.n;

	memcpy(room, s.p, n);
	if (mark)
		memcpy(room + n, mark + 1, s.n - n - 1);
	in->p = room;
	in->n = s.n - (mark != NULL);
	in->mark = mark ? n : SIZE_MAX;
}

/* Reads `in` with a cut at `cut`, each piece in memory of its own; cut 0: byte by byte. */
static void read_cut(struct http_reader *r, const struct input *in, size_t cut)
{
	http_reader_init(r, in->role, in->limits);
	r->method = in->method;
	r->lenient = in->lenient;
	for (size_t at = 0, n; at < in->n; at += n) {
		n = cut == 0 ? 1 : at < cut ? cut : in->n - at;

		char *piece = malloc(n);

		assert_non_null(piece);
		memcpy(piece, in->p + at, n);
		http_reader_feed(r, piece, n);
		free(piece);
	}
}

/* The verdict of the whole, the same however it was cut. */
static void read_all_ways(struct http_reader *whole, const struct input *in)
{
	read_cut(whole, in, in->n);
	for (size_t cut = 0; cut < in->n; cut++) {
		struct http_reader r;

		read_cut(&r, in, cut);
		if (!http_reader_same(whole, &r))
			fail_msg("cut at %zu: %d '%s' at %zu, whole: %d '%s' at %zu: %.*s", cut, r.rc, r.text, r.at, whole->rc,
				 whole->text, whole->at, (int)in->n, in->p);
		http_reader_fini(&r);
	}
}

static void requests(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < TWC_ARRAY_LEN(request_vectors); i++) {
		const struct request_vector *v = &request_vectors[i];
		struct input in = { .role = TWC__HTTP_REQUEST, .limits = &server_limits };
		struct http_reader r;
		char room[1024];
		bool is_right;

		unmark(&in, v->in, room);
		read_all_ways(&r, &in);
		is_right = v->status > 1 ? r.rc < 0 && r.status == v->status && (!v->says || strcmp(r.text, v->says) == 0)
					 : r.rc == !v->status && twc_str_is(twc_buf_str(&r.body), v->says);
		if (!is_right || (in.mark != SIZE_MAX && r.at != in.mark)) {
			print_error("%d, status %d at %zu '%s': %.*s\n", r.rc, r.status, r.at, r.text, (int)v->in.n, v->in.p);
			wrong++;
		}
		http_reader_fini(&r);
	}
	assert_int_equal(wrong, 0);
}

static int check_response(const struct response_vector *v, bool lenient, const char *fault)
{
	struct input in = { .role = TWC__HTTP_RESPONSE, .limits = &no_limits, .method = v->method, .lenient = lenient };
	struct http_reader r;
	char room[1024];
	bool is_right;

	unmark(&in, v->in, room);
	read_all_ways(&r, &in);
	is_right = fault ? r.rc < 0 && strcmp(r.text, fault) == 0
			 : r.rc >= 0 && twc_str_is(twc_buf_str(&r.body), v->body) && r.at == in.mark;
	is_right &= !fault || v->body || in.mark == SIZE_MAX || r.at == in.mark;
	if (!is_right)
		print_error("lenient %d: %d at %zu '%s': %.*s\n", lenient, r.rc, r.at, r.text, (int)v->in.n, v->in.p);
	http_reader_fini(&r);
	return !is_right;
}

static void responses(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < TWC_ARRAY_LEN(response_vectors); i++) {
		wrong += check_response(&response_vectors[i], false, response_vectors[i].strict);
		wrong += check_response(&response_vectors[i], true, response_vectors[i].lenient);
	}
	assert_int_equal(wrong, 0);
}

/* One head; the fields stay in *f. */
static int read_head(struct twc__http_head *h, struct twc_http_fields *f, enum twc__http_role role, const char *s)
{
	twc__http_head_init(h, role, &no_limits, f);
	h->lenient = role == TWC__HTTP_RESPONSE;
	return twc__http_head_feed(h, s, strlen(s), NULL);
}

static void assert_value(const struct twc_http_fields *f, const char *name, const char *want)
{
	struct twc_str value = { 0 };

	assert_true(twc_http_fields_get(f, name, &value));
	if (!twc_str_is(value, want))
		fail_msg("%s: '%.*s', not '%s'", name, (int)value.n, value.p, want);
}

static void what_a_request_says(void **state)
{
	struct twc_http_fields f = { 0 };
	struct twc__http_head h;

	assert_int_equal(read_head(&h, &f, TWC__HTTP_REQUEST,
				   "\r\nPUT /a?b HTTP/1.0\r\nHOST: a\r\nEmpty:\r\nTrimmed: \t x \ty\t \r\na:1\r\na:2\r\n\r\nbody"), 1);
	assert_int_equal(h.size, 69);
	assert_true(twc_str_is(h.start.method, "PUT"));
	assert_int_equal(h.start.method_id, TWC_HTTP_PUT);
	assert_true(twc_str_is(h.start.target, "/a?b"));
	assert_int_equal(h.start.minor, 0);
	assert_int_equal(twc_http_fields_count(&f), 5);
	assert_value(&f, "host", "a");
	assert_value(&f, "empty", "");
	assert_value(&f, "trimmed", "x \ty");
	assert_value(&f, "a", "1");
	assert_int_equal(twc_http_fields_find(&f, "A", 4), 4);
	twc_http_fields_fini(&f);
}

static void what_a_response_says(void **state)
{
	struct twc_http_fields f = { 0 };
	struct twc__http_head h;

	assert_int_equal(read_head(&h, &f, TWC__HTTP_RESPONSE,
				   "HTTP/1.9 404 Not \xe4 Here\nA: b\r\n \t c \t\r\n\td\n \r\nB:\n\n e\n\n"), 1);
	assert_int_equal(h.start.status, 404);
	assert_int_equal(h.start.minor, 1);
	assert_true(twc_str_is(h.start.reason, "Not \xe4 Here"));
	assert_value(&f, "a", "b c d");
	assert_value(&f, "b", "");
	assert_int_equal(read_head(&h, &f, TWC__HTTP_RESPONSE, "HTTP/1.0 200\nB:\n \t\n e\n f\nC: g\n\n"), 1);
	assert_true(twc_str_is(h.start.reason, ""));
	assert_int_equal(h.start.minor, 0);
	assert_value(&f, "b", "e f");
	assert_value(&f, "c", "g");
	twc_http_fields_fini(&f);
}

/* The same list, message after message: no memory but the first time. */
static size_t allocations;

static void *count_allocations(void *p, size_t n)
{
	allocations += n > 0;
	if (n == 0) {
		free(p);
		return NULL;
	}
	return realloc(p, n);
}

static void again_without_memory(void **state)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n";
	struct twc_http_fields f = { 0 };
	struct twc__http_head h;

	twc__http_head_init(&h, TWC__HTTP_REQUEST, &server_limits, &f);
	twc_mem_set_hook(count_allocations);
	for (int i = 0; i < 3; i++) {
		allocations = 0;
		twc__http_head_reset(&h);
		assert_int_equal(twc__http_head_feed(&h, head, sizeof(head) - 1, NULL), 1);
		assert_true((allocations == 0) == (i > 0));
		assert_int_equal(twc_http_fields_count(&f), 2);
	}
	twc_http_fields_fini(&f);
	twc_mem_set_hook(NULL);
}

/* ---- limits ---- */

static void check_limit(const struct twc__http_limits *most, enum twc__http_role role, const char *p, size_t n, int status,
			size_t at)
{
	struct input in = { .role = role, .limits = most, .method = TWC_HTTP_GET, .p = p, .n = n };
	struct http_reader r;

	read_all_ways(&r, &in);
	if (status == 0 ? r.rc < 0 : r.rc != (status == 400 ? TWC_EPROTO : TWC_ETOOLONG) || r.status != status || r.at != at)
		fail_msg("%d, status %d at %zu '%s': %.*s", r.rc, r.status, r.at, r.text, (int)n, p);
	http_reader_fini(&r);
}

static void limits(void **state)
{
	static const struct twc__http_limits small = { .head = 100, .target = 10, .line = 20, .fields = 5 };
	static const struct limit_row {
		const char *in;
		int status;
		size_t at;
	} rows[] = {
		{ "GET /234567890 HTTP/1.1\r\nHost: a\r\n\r\n", 0, 0 },
		{ "GET /2345678901 HTTP/1.1\r\nHost: a\r\n\r\n", 414, 14 },
		{ "GET /2345678901234567890123456789012345678901234567890 HTTP/1.1\r\nHost: a\r\n\r\n", 414, 40 },
		{ "GET /23456789012345678901234567890123456789012345678901234567890", 414, 40 },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ", 414, 40 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: 45678901234567890\r\n\r\n", 0, 0 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: 456789012345678901\r\n\r\n", 431, 45 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: 4567890123456789012345678901", 431, 45 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n", 0, 0 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n", 431, 41 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nA: 45678901234567890\r\nB: 45678901234567890\r\nA: 45678901234567890\r\nB: 4567890123\r\n", 431, 100 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nA: 45678901234567890\r\nB: 45678901234567890\r\nA: 45678901234567890123", 431, 89 },
	};
	static const struct limit_row whole[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\nA: 4567890\r\n\r\n", 0, 0 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nA: 45678901\r\n\r\n", 0, 0 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nA: 456789012\r\n\r\n", 431, 40 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nA: 456789012\r\nb\r\n\r\n", 431, 40 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nA: 45678901\rb\r\n\r\n", 400, 36 },
		{ "GET /56789012345678901234567890123456789", 414, 40 },
		{ "HTTP/1.1 200 45678901234567890123456789012345", 431, 40 },
	};
	static const struct twc__http_limits tiny = { .head = 40 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		check_limit(&small, TWC__HTTP_REQUEST, rows[i].in, strlen(rows[i].in), rows[i].status, rows[i].at);
	for (size_t i = 0; i < TWC_ARRAY_LEN(whole); i++)
		check_limit(&tiny, whole[i].in[0] == 'H' ? TWC__HTTP_RESPONSE : TWC__HTTP_REQUEST, whole[i].in,
			    strlen(whole[i].in), whole[i].status, whole[i].at);
}

/* RFC 9112, 3: request lines of 8000 octets and more. */
static void long_request_lines(void **state)
{
	char in[8300];
	int n = sprintf(in, "GET /%08191d HTTP/1.1\r\nHost: a\r\n\r\n", 7);

	check_limit(&server_limits, TWC__HTTP_REQUEST, in, (size_t)n, 0, 0);
	n = sprintf(in, "GET /%08192d HTTP/1.1\r\nHost: a\r\n\r\n", 7);
	check_limit(&server_limits, TWC__HTTP_REQUEST, in, (size_t)n, 414, 8196);
}

static void faults_as_statuses(void **state)
{
	static const int want[] = {
		[TWC__HTTP_OK] = 500,		      [TWC__HTTP_BAD] = 400,	      [TWC__HTTP_TARGET_TOO_LONG] = 414,
		[TWC__HTTP_FIELDS_TOO_LARGE] = 431, [TWC__HTTP_BAD_METHOD] = 501, [TWC__HTTP_BAD_VERSION] = 505,
		[TWC__HTTP_BAD_CODING] = 501,	      [TWC__HTTP_TOO_LARGE] = 413,
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(want); i++)
		assert_int_equal(twc__http_fault_status((enum twc__http_fault)i), want[i]);
}

static void the_limits_of_everything(void **state)
{
	enum { N = TWC_HTTP_FIELDS_BYTES + 100 };
	char *p = malloc(N);
	struct twc_http_fields f = { 0 };
	struct twc__http_head h;
	size_t n;

	assert_non_null(p);
	memset(p, 'x', N);
	twc__http_head_init(&h, TWC__HTTP_RESPONSE, &no_limits, &f);
	n = (size_t)sprintf(p, "HTTP/1.1 200 OK\r\nA: ");
	p[n] = 'x';
	assert_int_equal(twc__http_head_feed(&h, p, N, NULL), TWC_ETOOLONG);
	assert_int_equal(h.fault_at, TWC_HTTP_FIELDS_BYTES);
	for (int i = 0; i <= TWC_HTTP_FIELDS_MAX; i++)
		n += (size_t)sprintf(p + n, "%s", i == 0 ? "\r\n" : "A:\r\n");
	twc__http_head_reset(&h);
	assert_int_equal(twc__http_head_feed(&h, p, n, NULL), TWC_ETOOLONG);
	assert_int_equal(h.fault, TWC__HTTP_FIELDS_TOO_LARGE);
	assert_int_equal(twc__http_fault_status(h.fault), 431);
	free(p);
	twc_http_fields_fini(&f);
}

/* ---- trailers ---- */

static void trailers_without_what_they_must_not_say(void **state)
{
	static const char in[] = "Content-MD5: 5\r\nA: b\r\nvia: c\r\nUPGRADE: x\r\nDate: x\r\nCookie: x\r\n"
				 "Set-Cookie: x\r\nContent-Type: x\r\nConnection: A\r\nTE: x\r\nTrailer: x\r\nB: c\r\n\r\nGET";
	struct twc_http_fields f = { 0 };
	struct twc__http_head h;
	int rc = 0;

	twc__http_head_init(&h, TWC__HTTP_REQUEST, &server_limits, &f);
	for (size_t n = 0; n < sizeof(in) && rc == 0; n++)
		rc = twc__http_trailers_feed(&h, in, n, NULL);
	assert_int_equal(rc, 1);
	assert_int_equal(h.size, sizeof(in) - 1 - 3);
	assert_int_equal(twc_http_fields_count(&f), 2);
	assert_value(&f, "a", "b");
	assert_value(&f, "b", "c");
	twc__http_head_init(&h, TWC__HTTP_RESPONSE, &server_limits, &f);
	h.lenient = true;
	assert_int_equal(twc__http_trailers_feed(&h, "Cookie: a\n b\nA:\n  b\n c\n\nx", 25, NULL), 1);
	assert_int_equal(twc_http_fields_count(&f), 1);
	assert_value(&f, "a", "b c");
	twc__http_head_init(&h, TWC__HTTP_REQUEST, &server_limits, &f);
	assert_int_equal(twc__http_trailers_feed(&h, "\r\nGET", 5, NULL), 1);
	assert_int_equal(h.size, 2);
	assert_int_equal(twc_http_fields_count(&f), 0);
	twc_http_fields_fini(&f);
}

/* A client's: some of those are refused. A server's are left out. */
static void trailers_that_are_refused(void **state)
{
	static const char *const rows[] = {
		"Content-Length: 5", "TRANSFER-ENCODING: chunked", "host: a", "Authorization: Basic eDp4", "Proxy-Authorization: x",
	};
	char in[100];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_http_fields f = { 0 };
		struct twc__http_head h;
		int rc = 0;

		snprintf(in, sizeof(in), "A: b\r\n%s\r\n\r\n", rows[i]);
		twc__http_head_init(&h, TWC__HTTP_REQUEST, &server_limits, &f);
		assert_int_equal(twc__http_trailers_feed(&h, in, strlen(in), NULL), TWC_EPROTO);
		twc__http_head_init(&h, TWC__HTTP_REQUEST, &server_limits, &f);
		for (size_t n = 0; n <= strlen(in) && rc == 0; n++)
			rc = twc__http_trailers_feed(&h, in, n, NULL);
		assert_int_equal(rc, TWC_EPROTO);
		assert_int_equal(h.fault_at, 6);
		assert_int_equal(twc__http_fault_status(h.fault), 400);
		twc__http_head_init(&h, TWC__HTTP_RESPONSE, &server_limits, &f);
		assert_int_equal(twc__http_trailers_feed(&h, in, strlen(in), NULL), 1);
		assert_int_equal(twc_http_fields_count(&f), 1);
		twc_http_fields_fini(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(responses),
		cmocka_unit_test(what_a_request_says),
		cmocka_unit_test(what_a_response_says),
		cmocka_unit_test(again_without_memory),
		cmocka_unit_test(limits),
		cmocka_unit_test(long_request_lines),
		cmocka_unit_test(faults_as_statuses),
		cmocka_unit_test(the_limits_of_everything),
		cmocka_unit_test(trailers_without_what_they_must_not_say),
		cmocka_unit_test(trailers_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
