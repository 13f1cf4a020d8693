/* SPDX-License-Identifier: MIT */
/* The opening handshake: RFC 6455, 1.3, 4.1, 4.2.2; RFC 7692, 5.1, 7.1; RFC 8441, 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/ws/handshake.h"

/* "Name: value\n" lines. */
static void fill(struct twc_http_fields *f, const char *text)
{
	struct twc_str rest = twc_str_of(text), line, name;

	twc_http_fields_clear(f);
	while (twc_str_cut(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		assert_true(twc_str_cut(&line, ':', &name));
		assert_int_equal(twc_http_fields_add(f, name, line, NULL), 0);
	}
}

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define GOOD "Upgrade: websocket\nConnection: keep-alive, Upgrade\nSec-WebSocket-Key: " KEY "\nSec-WebSocket-Version: 13\n"

static void test_keys(void **state)
{
	char accept[TWC__WS_ACCEPT_MAX], a[TWC__WS_KEY_ROOM], b[TWC__WS_KEY_ROOM];

	twc__ws_accept_of(TWC_STR(KEY), accept);
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	assert_true(twc__ws_accept_is(KEY, TWC_STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
	assert_false(twc__ws_accept_is(KEY, TWC_STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo")));
	twc__ws_key_new(a);
	twc__ws_key_new(b);
	assert_string_not_equal(a, b);
	assert_true(twc__ws_key_is_good(twc_str_of(a)));
	assert_false(twc__ws_key_is_good(TWC_STR("dGhlIHNhbXBsZSBub25jZQ=")));
	assert_false(twc__ws_key_is_good(TWC_STR("dGhlIHNhbXBsZSBub25jZXMu")));
	assert_false(twc__ws_key_is_good(TWC_STR("")));
}

static void test_server(void **state)
{
	static const struct {
		const char *fields;
		enum twc_http_method method;
		int version, status;
		struct twc__ws_policy policy;
		const char *subprotocol;
	} rows[] = {
		{ GOOD, TWC_HTTP_GET, 11, 0, { 0 }, "" },
		{ "Connection: Upgrade\nSec-WebSocket-Key: " KEY "\nSec-WebSocket-Version: 13\n", TWC_HTTP_GET, 11, 426, { 0 }, "" },
		{ "Upgrade: websocket\nSec-WebSocket-Key: " KEY "\nSec-WebSocket-Version: 13\n", TWC_HTTP_GET, 11, 400, { 0 }, "" },
		{ GOOD, TWC_HTTP_POST, 11, 405, { 0 }, "" },
		{ GOOD, TWC_HTTP_GET, 10, 426, { 0 }, "" },
		{ GOOD "Sec-WebSocket-Key: " KEY "\n", TWC_HTTP_GET, 11, 400, { 0 }, "" },
		{ "Upgrade: h2c, WebSocket\nConnection: upgrade\nSec-WebSocket-Key: short\nSec-WebSocket-Version: 13\n", TWC_HTTP_GET,
			11, 400, { 0 }, "" },
		{ "Upgrade: websocket\nConnection: upgrade\nSec-WebSocket-Key: " KEY "\nSec-WebSocket-Version: 8\n", TWC_HTTP_GET, 11, 426,
			{ 0 }, "" },
		{ "Upgrade: websocket\nConnection: upgrade\nSec-WebSocket-Key: " KEY "\n", TWC_HTTP_GET, 11, 426, { 0 }, "" },
		{ GOOD "Origin: https://a.example\n", TWC_HTTP_GET, 11, 0, { .origins = "https://b, https://A.example" }, "" },
		{ GOOD "Origin: https://a.example\n", TWC_HTTP_GET, 11, 403, { .origins = "https://b,https://a.example.org" }, "" },
		{ GOOD "Origin: https://a.example\n", TWC_HTTP_GET, 11, 0, { .origins = "*" }, "" },
		{ GOOD, TWC_HTTP_GET, 11, 0, { .origins = "https://b" }, "" },
		{ GOOD "Sec-WebSocket-Protocol: chat, b\nSec-WebSocket-Protocol: a\n", TWC_HTTP_GET, 11, 0, { .subprotocols = "x,a, b" }, "a" },
		{ GOOD "Sec-WebSocket-Protocol: A\n", TWC_HTTP_GET, 11, 0, { .subprotocols = "a" }, "" },
		{ GOOD, TWC_HTTP_GET, 11, 0, { .subprotocols = "a" }, "" },
		{ "Sec-WebSocket-Version: 13\nSec-WebSocket-Protocol: a\n", TWC_HTTP_GET, 20, 0, { .subprotocols = "a" }, "a" },
		{ "", TWC_HTTP_GET, 20, 426, { 0 }, "" },
	};
	struct twc_http_fields f = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__ws_accepted out;
		struct twc_err err = { 0 };
		int status = 0, rc;

		fill(&f, rows[i].fields);
		rc = twc__ws_accept(&f, rows[i].method, rows[i].version, &rows[i].policy, &out, &status, &err);
		if (status != rows[i].status)
			print_error("row %zu: %d %s\n", i, status, err.text);
		assert_int_equal(status, rows[i].status);
		assert_int_equal(rc, err.code);
		assert_int_equal(rc != 0, status != 0);
		if (rc)
			continue;
		assert_true(twc_str_is(out.subprotocol, rows[i].subprotocol));
		assert_string_equal(out.accept, rows[i].version == 20 ? "" : "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
		assert_string_equal(out.extensions, "");
	}
	twc_http_fields_fini(&f);
}

static void test_offers(void **state)
{
	static const struct {
		const char *offer, *answer;
		struct twc_ws_deflate d;
	} rows[] = {
		{ "permessage-deflate", "permessage-deflate", { .is_on = true } },
		{ "permessage-deflate; client_max_window_bits", "permessage-deflate", { .is_on = true } },
		{ "PerMessage-Deflate;CLIENT_MAX_WINDOW_BITS = 10", "permessage-deflate; client_max_window_bits=10",
			{ .is_on = true, .bits_in = 10 } },
		{ "permessage-deflate; client_max_window_bits=\"10\"", "permessage-deflate; client_max_window_bits=10",
			{ .is_on = true, .bits_in = 10 } },
		{ "permessage-deflate; server_max_window_bits=9; server_no_context_takeover; client_no_context_takeover",
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9",
			{ .is_on = true, .no_takeover_out = true, .no_takeover_in = true, .bits_out = 9 } },
		{ "permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=8",
			{ .is_on = true, .bits_out = 8 } },
		{ "permessage-deflate; server_max_window_bits=7, permessage-deflate; server_no_context_takeover",
			"permessage-deflate; server_no_context_takeover", { .is_on = true, .no_takeover_out = true } },
		{ "x-webkit-deflate-frame, permessage-deflate", "permessage-deflate", { .is_on = true } },
		{ "permessage-deflate; server_max_window_bits", "", { 0 } },
		{ "permessage-deflate; server_max_window_bits=16", "", { 0 } },
		{ "permessage-deflate; server_max_window_bits=09", "", { 0 } },
		{ "permessage-deflate; server_max_window_bits=+9", "", { 0 } },
		{ "permessage-deflate; client_max_window_bits=", "", { 0 } },
		{ "permessage-deflate; client_max_window_bits; client_max_window_bits", "", { 0 } },
		{ "permessage-deflate; client_no_context_takeover=1", "", { 0 } },
		{ "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "", { 0 } },
		{ "permessage-deflate; unknown", "", { 0 } },
		{ "permessage-deflate;", "", { 0 } },
		{ "permessage-bzip2", "", { 0 } },
		{ "", "", { 0 } },
	};
	struct twc_http_fields f = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char text[300], value[TWC__WS_EXTENSION_MAX];
		struct twc_ws_deflate d;

		snprintf(text, sizeof(text), "Sec-WebSocket-Extensions: %s", rows[i].offer);
		fill(&f, text);
		twc__ws_deflate_choose(&f, &d, value);
		assert_string_equal(value, rows[i].answer);
		assert_memory_equal(&d, &rows[i].d, sizeof(d));
	}
	twc_http_fields_fini(&f);
}

static void test_client(void **state)
{
#define OK "Upgrade: WebSocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"
	static const struct {
		const char *fields, *why;
		struct twc__ws_offer offer;
		bool h2, is_on;
	} rows[] = {
		{ OK, NULL, { 0 }, false, false },
		{ "", NULL, { 0 }, true, false },
		{ "Connection: Upgrade\n", "not WebSocket", { 0 }, false, false },
		{ "Upgrade: websocket\n", "Connection", { 0 }, false, false },
		{ "Upgrade: websocket\nConnection: Upgrade\n", "no Sec-WebSocket-Accept", { 0 }, false, false },
		{ "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n", "not the one", { 0 },
			false, false },
		{ OK "Sec-WebSocket-Protocol: a\n", NULL, { .subprotocols = "b,a" }, false, false },
		{ OK "Sec-WebSocket-Protocol: c\n", "not offered (c)", { .subprotocols = "b,a" }, false, false },
		{ OK "Sec-WebSocket-Protocol: c\n", "not offered (c)", { 0 }, false, false },
		{ OK "Sec-WebSocket-Protocol: a\nSec-WebSocket-Protocol: b\n", "more than one", { .subprotocols = "b,a" }, false, false },
		{ OK "Sec-WebSocket-Extensions: permessage-deflate\n", NULL, { .deflate = true }, false, true },
		{ OK "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\n", NULL, { .deflate = true }, false, true },
		{ OK "Sec-WebSocket-Extensions: permessage-deflate\n", "not offered", { 0 }, false, false },
		{ OK "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate\n", "not offered", { .deflate = true }, false, false },
		{ OK "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\n", "none to our offer", { .deflate = true },
			false, false },
		{ OK "Sec-WebSocket-Extensions: foo\n", "none to our offer", { .deflate = true }, false, false },
		{ OK "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\n", "none to our offer", { .deflate = true },
			false, false },
	};
	struct twc_http_fields f = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__ws_accepted out;
		struct twc_err err = { 0 };
		int rc;

		fill(&f, rows[i].fields);
		rc = twc__ws_offer_check(&rows[i].offer, rows[i].h2 ? NULL : KEY, &f, &out, &err);
		if (rc == 0 ? rows[i].why != NULL : !rows[i].why || !strstr(err.text, rows[i].why))
			fail_msg("row %zu: %s", i, err.text);
		assert_int_equal(rc, rows[i].why ? TWC_EPROTO : 0);
		if (rc == 0)
			assert_int_equal(out.deflate.is_on, rows[i].is_on);
	}
	twc_http_fields_fini(&f);
}

/* What a client of ours asks a server of ours. */
static void test_both(void **state)
{
	struct twc__ws_offer offer = { .subprotocols = "a,b", .deflate = true };
	struct twc__ws_policy policy = { .subprotocols = "b", .deflate = true };
	struct twc__ws_accepted out;
	struct twc_http_fields f = { 0 };
	char key[TWC__WS_KEY_ROOM];
	int status = 0;

	fill(&f, "Upgrade: websocket\nConnection: Upgrade\n");
	assert_int_equal(twc__ws_offer_add(&offer, key, &f, NULL), 0);
	assert_int_equal(twc__ws_accept(&f, TWC_HTTP_GET, 11, &policy, &out, &status, NULL), 0);
	assert_true(twc_str_is(out.subprotocol, "b"));
	assert_string_equal(out.extensions, "permessage-deflate");
	fill(&f, "Upgrade: websocket\nConnection: Upgrade\n");
	assert_int_equal(twc_http_fields_add(&f, TWC_STR("Sec-WebSocket-Accept"), twc_str_of(out.accept), NULL), 0);
	assert_int_equal(twc_http_fields_add(&f, TWC_STR("Sec-WebSocket-Protocol"), out.subprotocol, NULL), 0);
	assert_int_equal(twc_http_fields_add(&f, TWC_STR("Sec-WebSocket-Extensions"), twc_str_of(out.extensions), NULL), 0);
	assert_int_equal(twc__ws_offer_check(&offer, key, &f, &out, NULL), 0);
	assert_true(out.deflate.is_on);
	assert_true(twc_str_is(out.subprotocol, "b"));
	twc_http_fields_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys), cmocka_unit_test(test_server), cmocka_unit_test(test_offers),
		cmocka_unit_test(test_client), cmocka_unit_test(test_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
