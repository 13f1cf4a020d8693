/* SPDX-License-Identifier: MIT */
/* The client's side of HTTP's CONNECT: the request, where the head ends, and what each status means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include "tunnel.h"

static void test_requests(void **state)
{
	static const struct {
		const char *host, *user, *pass, *want;
	} row[] = {
		{ "a.b", NULL, NULL, "CONNECT a.b:443 HTTP/1.1\r\nHost: a.b:443\r\n\r\n" },
		{ "::1", NULL, NULL, "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n" },
		{ "1.2.3.4", "Aladdin", "open sesame", /* RFC 7617 2 */
		  "CONNECT 1.2.3.4:443 HTTP/1.1\r\nHost: 1.2.3.4:443\r\n"
		  "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n" },
		{ "h", "u", NULL, "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nProxy-Authorization: Basic dTo=\r\n\r\n" },
		{ "h", "us", "\xc3\xa4", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nProxy-Authorization: Basic dXM6w6Q=\r\n\r\n" },
		{ "h", "u", "p?>", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nProxy-Authorization: Basic dTpwPz4=\r\n\r\n" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc__tunnel_ask ask = { .kind = TWC__TUNNEL_HTTP, .port = 443, .host = row[i].host,
					       .user = row[i].user, .pass = row[i].pass };
		struct tunnel_run r;

		if (twc_addr_parse_ip(&ask.addr, TWC_ADDR_TCP, twc_str_of(ask.host), 0, NULL))
			ask.addr = (struct twc_addr){ 0 };
		tunnel_run(&r, &ask, CHUNK_WHOLE, 0, "", 0);
		assert_int_equal(r.n_out, strlen(row[i].want));
		assert_memory_equal(r.out, row[i].want, r.n_out);
		twc__tunnel_fini(&r.tunnel);
	}
}

static void test_fields(void **state)
{
	static const char *const bad[] = { "A", ": b", "A b: c", "A: b\nC", "A: \x01", "A: b\rC: d" };
	struct twc__tunnel_ask ask = { .kind = TWC__TUNNEL_HTTP, .port = 1, .host = "h", .user = "u",
				       .fields = "User-Agent: x y\nA:b\r\n\nC: \n" };
	const char *want = "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\nProxy-Authorization: Basic dTo=\r\n"
			   "User-Agent: x y\r\nA:b\r\nC: \r\n\r\n";
	struct twc_err err = { 0 };
	struct tunnel_run r;

	assert_int_equal(twc__tunnel_check(&ask, &err), 0);
	tunnel_run(&r, &ask, CHUNK_WHOLE, 0, "", 0);
	assert_int_equal(r.n_out, strlen(want));
	assert_memory_equal(r.out, want, r.n_out);
	twc__tunnel_fini(&r.tunnel);
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		ask.fields = bad[i];
		assert_int_equal(twc__tunnel_check(&ask, &err), TWC_EUSAGE);
		assert_non_null(strstr(err.text, "is no header field"));
	}
}

static void test_heads_that_open(void **state)
{
	static const struct {
		const char *head, *after;
	} row[] = {
		{ "HTTP/1.1 200 OK\r\n\r\n", "" },
		{ "HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11\r\n\r\n", "220 mail\r\n\r\n" },
		{ "HTTP/1.1 200\r\n\r\n", "\r\n" },
		{ "HTTP/1.1 200 \r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "hello" },
		{ "HTTP/1.1 204 x\nA:b\n\n", "\nHTTP/1.1" },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "x" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			struct twc__tunnel_ask ask = { .kind = TWC__TUNNEL_HTTP, .port = 443, .host = "h" };
			struct tunnel_run r;
			char in[256];
			int n = snprintf(in, sizeof(in), "%s%s", row[i].head, row[i].after);

			tunnel_run(&r, &ask, (enum chunk_mode)mode, 7, in, (size_t)n);
			if (r.code != TWC__TUNNEL_OPEN)
				fail_msg("row %zu: %d %s", i, r.code, r.err.text);
			assert_int_equal(r.used, strlen(row[i].head));
			twc__tunnel_fini(&r.tunnel);
		}
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *user, *in;
		int status;
		const char *text;
	} row[] = {
		{ NULL, "HTTP/1.1 407 Login\r\nProxy-Authenticate: basic realm=x\r\n\r\n", 77, "wants a login (HTTP 407 Login); use user=" },
		{ "u", "HTTP/1.1 407 Login\r\n\r\n", 77, "refuses the login (HTTP 407 Login); see user=" },
		{ "u", "HTTP/1.1 407 Login\r\nproxy-authenticate: Digest x\r\n\r\n", 77, "another kind of login than Basic" },
		{ "u", "HTTP/1.1 401 No\r\n\r\n", 77, "refuses the login (HTTP 401 No)" },
		{ NULL, "HTTP/1.1 403 Filtered\r\n\r\n", 77, "says: not allowed (HTTP 403 Filtered)" },
		{ NULL, "HTTP/1.1 502 Bad Gateway\r\n\r\n", 69, "the target cannot be reached (HTTP 502 Bad Gateway)" },
		{ NULL, "HTTP/1.1 503 x\r\n\r\n", 69, "the target cannot be reached (HTTP 503 x)" },
		{ NULL, "HTTP/1.1 504 x\r\n\r\n", 69, "did not answer it in time (HTTP 504 x)" },
		{ NULL, "HTTP/1.1 500 a\x1b[31mb\r\n", 76, "control character" },
		{ NULL, "HTTP/1.1 500 a\xc2\x9b" "31mb\r\n\r\n", 69, "failed (HTTP 500 a\\xc2\\x9b31mb)" },
		{ NULL, "HTTP/1.1 404 Not Found\r\n\r\n", 69, "refuses the request (HTTP 404 Not Found)" },
		{ NULL, "HTTP/1.1 302 Found\r\n\r\n", 69, "it sends elsewhere (HTTP 302 Found)" },
		{ NULL, "HTTP/1.1 101 Switching\r\n\r\n", 76, "answered CONNECT with HTTP 101 Switching" },
		{ NULL, "HTTP/2", 76, "does not speak HTTP/1 (it answered 'HTTP/2')" },
		{ NULL, "S", 76, "does not speak HTTP/1 (it answered 'S')" },
		{ NULL, "\5", 76, "perhaps SOCKS" },
		{ NULL, "\r", 76, "it answered '\\r'" },
		{ NULL, "HTTP/1.1 20 OK\r\n", 76, "does not speak HTTP (it answered 'HTTP/1.1 20 OK')" },
		{ NULL, "HTTP/1.1  200 OK\r\n", 76, "does not speak HTTP" },
		{ NULL, "HTTP/1.1 2000\r\n", 76, "does not speak HTTP" },
		{ NULL, "HTTP/1.1 099 x\r\n", 76, "does not speak HTTP" },
		{ NULL, "HTTP/1.x 200 x\r\n", 76, "does not speak HTTP" },
		{ NULL, "HTTP/1.1 200 OK\r\nno colon\r\n", 76, "malformed HTTP header (no colon)" },
		{ NULL, "HTTP/1.1 200 OK\r\nA: b\r\n folded: x\r\n", 76, "malformed HTTP header ( folded: x)" },
		{ NULL, "HTTP/1.1 200 OK\r\nA : b\r\n", 76, "malformed HTTP header" },
		{ NULL, "HTTP/1.1 200 OK\r\n: b\r\n", 76, "malformed HTTP header" },
		{ NULL, "HTTP/1.1 200 OK\r\nA: b\rc\r\n", 76, "control character in its HTTP head (\\x0d)" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			struct twc__tunnel_ask ask = { .kind = TWC__TUNNEL_HTTP, .port = 443, .host = "h", .user = row[i].user };
			struct tunnel_run r;

			tunnel_run(&r, &ask, (enum chunk_mode)mode, 7, row[i].in, strlen(row[i].in));
			if (twc_err_exit(r.code) != row[i].status || !strstr(r.err.text, row[i].text))
				fail_msg("row %zu: %d '%s'", i, r.code, r.err.text);
			assert_int_equal(r.used, strlen(row[i].in));
			twc__tunnel_fini(&r.tunnel);
		}
	}
}

static void test_a_head_has_a_maximum(void **state)
{
	struct twc__tunnel_ask ask = { .kind = TWC__TUNNEL_HTTP, .port = 443, .host = "h" };
	size_t n = TWC__TUNNEL_HEAD_MAX + 1;
	char *in = malloc(n);
	struct tunnel_run r;

	assert_non_null(in);
	for (int is_one_line = 0; is_one_line < 2; is_one_line++) {
		memset(in, 'a', n);
		memcpy(in, "HTTP/1.1 200 OK\r\n", 17);
		for (size_t i = 17; i + 4 <= n && !is_one_line; i += 4)
			memcpy(in + i, "a:\r\n", 4);
		tunnel_run(&r, &ask, CHUNK_RANDOM, 9, in, n);
		assert_int_equal(r.code, TWC_ETOOLONG);
		assert_int_equal(r.used, n);
		twc__tunnel_fini(&r.tunnel);
	}
	free(in);
}

static void test_ends(void **state)
{
	static const struct {
		const char *in;
		int status;
		const char *text;
	} row[] = {
		{ "", 76, "without an answer to CONNECT" },
		{ "HTTP/1.1 2", 76, "in the middle of its answer to CONNECT" },
		{ "HTTP/1.1 200 OK\r\nA:", 76, "in the middle of its answer to CONNECT" },
		{ "HTTP/1.1 403 No\r\nA:", 77, "not allowed (HTTP 403 No)" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc__tunnel_ask ask = { .kind = TWC__TUNNEL_HTTP, .port = 443, .host = "h" };
		struct twc_err err = { 0 };
		struct tunnel_run r;

		tunnel_run(&r, &ask, CHUNK_BYTES, 0, row[i].in, strlen(row[i].in));
		assert_int_equal(r.code, 0);
		assert_int_equal(twc_err_exit(twc__tunnel_end(&r.tunnel, &err)), row[i].status);
		if (!strstr(err.text, row[i].text))
			fail_msg("'%s' is not in '%s'", row[i].text, err.text);
		twc__tunnel_fini(&r.tunnel);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_heads_that_open),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_a_head_has_a_maximum),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
