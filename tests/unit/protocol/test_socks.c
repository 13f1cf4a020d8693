/* SPDX-License-Identifier: MIT */
/* The client's side of SOCKS: what is sent, what is taken, and the sentence and status of each refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tunnel.h"
#include <stdlib.h>

static struct twc__tunnel_ask ask_for(enum twc__tunnel_kind kind, const char *host)
{
	struct twc__tunnel_ask ask = { .kind = kind, .port = 0x1234 };

	if (twc_addr_parse_ip(&ask.addr, TWC_ADDR_TCP, twc_str_of(host), 0, NULL)) {
		ask.addr = (struct twc_addr){ 0 };
		ask.host = host;
	}
	return ask;
}

#define BYTES(s) s, sizeof(s) - 1

static void test_exchanges(void **state)
{
	static const struct {
		enum twc__tunnel_kind kind;
		const char *host, *user, *pass;
		const char *in;
		size_t n_in;
		const char *out;
		size_t n_out, after; /* bytes of `in` that are the target's */
	} row[] = {
		{ TWC__TUNNEL_SOCKS4, "1.2.3.4", NULL, NULL, BYTES("\0\x5a______"), BYTES("\4\1\x12\x34\1\2\3\4\0"), 0 },
		{ TWC__TUNNEL_SOCKS4, "1.2.3.4", "joe", NULL, BYTES("\0\x5a______SSH"),
		  BYTES("\4\1\x12\x34\1\2\3\4joe\0"), 3 },
		{ TWC__TUNNEL_SOCKS4A, "a.b", "joe", NULL, BYTES("\0\x5a______"), BYTES("\4\1\x12\x34\0\0\0\1joe\0a.b\0"), 0 },
		{ TWC__TUNNEL_SOCKS5, "a.b", NULL, NULL, BYTES("\5\0" "\5\0\0\1____PP220 hi"),
		  BYTES("\5\1\0" "\5\1\0\3\3a.b\x12\x34"), 6 },
		{ TWC__TUNNEL_SOCKS5, "1.2.3.4", "u", "pw", BYTES("\5\2" "\1\0" "\5\0\0\3\4nameP!"),
		  BYTES("\5\2\0\2" "\1\1u\2pw" "\5\1\0\1\1\2\3\4\x12\x34"), 0 },
		{ TWC__TUNNEL_SOCKS5, "::1", "u", NULL, BYTES("\5\0" "\5\0\0\4________________PP."),
		  BYTES("\5\2\0\2" "\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34"), 1 },
		{ TWC__TUNNEL_SOCKS5, "a", "u", NULL, BYTES("\5\2" "\1\0" "\5\0\0\3\0PP"),
		  BYTES("\5\2\0\2" "\1\1u\0" "\5\1\0\3\1a\x12\x34"), 0 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			struct twc__tunnel_ask ask = ask_for(row[i].kind, row[i].host);
			struct tunnel_run r;

			ask.user = row[i].user;
			ask.pass = row[i].pass;
			tunnel_run(&r, &ask, (enum chunk_mode)mode, 5, row[i].in, row[i].n_in);
			assert_int_equal(r.code, TWC__TUNNEL_OPEN);
			assert_int_equal(r.used, row[i].n_in - row[i].after);
			assert_int_equal(r.n_out, row[i].n_out);
			assert_memory_equal(r.out, row[i].out, row[i].n_out);
			twc__tunnel_fini(&r.tunnel);
		}
	}
}

static void test_refusals(void **state)
{
	static const struct {
		enum twc__tunnel_kind kind;
		const char *user;
		const char *in;
		size_t n_in;
		int status;
		const char *text;
	} row[] = {
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\1"), 69, "says: general failure (SOCKS 1)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\2"), 77, "says: not allowed by its rules (SOCKS 2)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\3"), 69, "network of the target unreachable (SOCKS 3)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\4"), 69, "target unreachable (SOCKS 4)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\5"), 69, "connection refused by the target (SOCKS 5)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\6"), 75, "TTL expired (SOCKS 6)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\7"), 69, "command not supported (SOCKS 7)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\x8"), 69, "kind of address is not supported (SOCKS 8)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\x9"), 76, "not defined (SOCKS 9)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\0" "\5\0\0\2_"), 76, "unknown kind of address (SOCKS address type 2)" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\xff"), 77, "wants a login (SOCKS method 255); use user=" },
		{ TWC__TUNNEL_SOCKS5, "u", BYTES("\5\xff"), 77, "not with this login" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\5\2"), 76, "not offered (SOCKS method 2)" },
		{ TWC__TUNNEL_SOCKS5, "u", BYTES("\5\1"), 76, "not offered (SOCKS method 1)" },
		{ TWC__TUNNEL_SOCKS5, "u", BYTES("\5\2\1\1"), 77, "refuses the login (SOCKS login 1)" },
		{ TWC__TUNNEL_SOCKS5, "u", BYTES("\5\2\5"), 76, "its answer to the login begins with '\\x05'" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("\4"), 76, "does not speak SOCKS5 (its answer to the greeting" },
		{ TWC__TUNNEL_SOCKS5, NULL, BYTES("H"), 76, "but perhaps HTTP" },
		{ TWC__TUNNEL_SOCKS4, NULL, BYTES("\0\x5b"), 69, "refused or cannot be reached (SOCKS4 91)" },
		{ TWC__TUNNEL_SOCKS4, NULL, BYTES("\0\x5c"), 77, "identd of this machine (SOCKS4 92)" },
		{ TWC__TUNNEL_SOCKS4A, NULL, BYTES("\0\x5d"), 77, "another user; see user= (SOCKS4 93)" },
		{ TWC__TUNNEL_SOCKS4A, NULL, BYTES("\0\0"), 76, "not defined (SOCKS4 0)" },
		{ TWC__TUNNEL_SOCKS4, NULL, BYTES("\4"), 76, "does not speak SOCKS4" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			struct twc__tunnel_ask ask = ask_for(row[i].kind, "1.2.3.4");
			struct tunnel_run r;

			ask.user = row[i].user;
			tunnel_run(&r, &ask, (enum chunk_mode)mode, 5, row[i].in, row[i].n_in);
			assert_int_equal(twc_err_exit(r.code), row[i].status);
			if (!strstr(r.err.text, row[i].text))
				fail_msg("'%s' is not in '%s'", row[i].text, r.err.text);
			assert_int_equal(r.used, row[i].n_in);
			twc__tunnel_fini(&r.tunnel);
		}
	}
}

static void test_ends(void **state)
{
	static const struct {
		const char *in;
		size_t n_in;
		const char *text;
	} row[] = {
		{ BYTES(""), "without an answer to the greeting" },
		{ BYTES("\5"), "in the middle of its answer to the greeting" },
		{ BYTES("\5\2"), "without an answer to the login" },
		{ BYTES("\5\2\1\0"), "without an answer to the request" },
		{ BYTES("\5\2\1\0\5\0\0\1___"), "in the middle of its answer to the request" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc__tunnel_ask ask = ask_for(TWC__TUNNEL_SOCKS5, "h");
		struct twc_err err = { 0 };
		struct tunnel_run r;

		ask.user = "u";
		tunnel_run(&r, &ask, CHUNK_BYTES, 0, row[i].in, row[i].n_in);
		assert_int_equal(r.code, 0);
		assert_int_equal(twc_err_exit(twc__tunnel_end(&r.tunnel, &err)), 76);
		if (!strstr(err.text, row[i].text))
			fail_msg("'%s' is not in '%s'", row[i].text, err.text);
		twc__tunnel_fini(&r.tunnel);
	}
}

static void test_what_cannot_be_asked(void **state)
{
	static char long_pass[258], long_host[258], long_user[258];
	const struct {
		enum twc__tunnel_kind kind;
		const char *host, *user, *pass, *text;
	} row[] = {
		{ TWC__TUNNEL_SOCKS4, "name", NULL, NULL, "use socks4a" },
		{ TWC__TUNNEL_SOCKS4A, "::1", NULL, NULL, "knows only IPv4" },
		{ TWC__TUNNEL_SOCKS5, "a b", NULL, NULL, "'a b' is not a valid host name" },
		{ TWC__TUNNEL_HTTP, "a\r\nX: y", NULL, NULL, "not a valid host name" },
		{ TWC__TUNNEL_SOCKS5, long_host, NULL, NULL, "longer than 255" },
		{ TWC__TUNNEL_SOCKS5, "h", long_user, NULL, "longer than 255" },
		{ TWC__TUNNEL_SOCKS5, "h", "u", long_pass, "longer than SOCKS5's 255" },
		{ TWC__TUNNEL_SOCKS5, "h", "", "p", "user name is empty" },
		{ TWC__TUNNEL_SOCKS5, "fe80::1%lo", NULL, NULL, "zone" },
		{ TWC__TUNNEL_HTTP, "h", "u:x", NULL, "cannot hold a ':'" },
	};

	memset(long_pass, 'p', 256);
	memset(long_host, 'h', 256);
	memset(long_user, 'u', 256);
	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc__tunnel_ask ask = ask_for(row[i].kind, row[i].host);
		struct twc_err err = { 0 };

		ask.user = row[i].user;
		ask.pass = row[i].pass;
		assert_int_equal(twc__tunnel_check(&ask, &err), TWC_EUSAGE);
		if (!strstr(err.text, row[i].text))
			fail_msg("'%s' is not in '%s'", row[i].text, err.text);
	}
}

/* ---- memory that is refused ---- */

static int n_allocs, fails_at;

static void *failing_realloc(void *p, size_t n)
{
	if (n == 0) {
		free(p);
		return NULL;
	}
	return ++n_allocs == fails_at ? NULL : realloc(p, n);
}

static int exchange(const struct twc__tunnel_ask *ask, const char *in, size_t n, struct twc_err *err)
{
	struct twc__tunnel t;
	size_t at = 0, used;
	int rc = twc__tunnel_init(&t, ask, err);

	while (rc == 0 && at < n) {
		twc_buf_consume(&t.out, twc_buf_len(&t.out));
		rc = twc__tunnel_feed(&t, (const uint8_t *)in + at, n - at, &used, err);
		at += used;
	}
	twc__tunnel_fini(&t);
	return rc;
}

/* Each allocation of an exchange fails once: a clean error, and nothing is leaked. */
static void test_no_memory(void **state)
{
	static const struct {
		enum twc__tunnel_kind kind;
		const char *user, *in;
		size_t n;
	} row[] = {
		{ TWC__TUNNEL_SOCKS4A, NULL, BYTES("\0\x5a______") },
		{ TWC__TUNNEL_SOCKS5, "u", BYTES("\5\2" "\1\0" "\5\0\0\1____PP") },
		{ TWC__TUNNEL_HTTP, NULL, BYTES("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n") },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc__tunnel_ask ask = ask_for(row[i].kind, "a.b");
		int rc = 0;

		ask.user = row[i].user;
		for (fails_at = 1; rc != TWC__TUNNEL_OPEN; fails_at++) {
			struct twc_err err = { 0 };

			n_allocs = 0;
			twc_mem_set_hook(failing_realloc);
			rc = exchange(&ask, row[i].in, row[i].n, &err);
			twc_mem_set_hook(NULL);
			assert_int_equal(rc, n_allocs < fails_at ? TWC__TUNNEL_OPEN : TWC_ENOMEM);
			assert_int_equal(err.code, rc < 0 ? rc : 0);
			assert_true(fails_at < 100);
		}
		assert_true(fails_at > 2); /* there was one to fail */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_what_cannot_be_asked),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
