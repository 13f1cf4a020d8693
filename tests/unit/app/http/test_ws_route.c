/* SPDX-License-Identifier: MIT */
/* WebSocket on routes: the handshake and its options, echo, broadcast, programs, and the end of the server. */
#include "mock.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define ASK(path, fields)                                                                                             \
	"GET " path " HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"      \
	"Sec-WebSocket-Key: " KEY "\r\n" fields "\r\n"
#define YES(fields) "HTTP/1.1 101 Switching Protocols\r\n" ACCEPT fields "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"
#define NO_426 "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"

/* A client's frame, for texts without bytes of the key. */
static const char *frame(unsigned first, const char *text)
{
	static char out[4][256];
	static unsigned at;
	char *p = out[++at % 4];
	size_t n = strlen(text);

	assert_true(n > 0 && n < 126);
	p[0] = (char)first;
	p[1] = (char)(0x80 | n);
	memcpy(p + 2, "\x01\x02\x03\x04", 4);
	for (size_t i = 0; i < n; i++)
		p[6 + i] = (char)(text[i] ^ (int)(1 + i % 4));
	p[6 + n] = 0;
	return p;
}

static void open_and_ask(struct mock *m, const char *route, const char *ask)
{
	mock_open(m);
	mock_route(m, route);
	mock_say(m, ask);
}

/* ---- the handshake ---- */

static void test_handshakes(void **state)
{
	static const struct {
		const char *route, *ask, *answer; /* its beginning */
	} rows[] = {
		{ "/e=ws-echo", ASK("/e", ""), YES("") },
		{ "/e=ws-echo", ASK("/e", "Origin: http://evil\r\n"), YES("") },
		{ "/e {subprotocol=b,a}=ws-echo", ASK("/e", "Sec-WebSocket-Protocol: a, b\r\n"), YES("Sec-WebSocket-Protocol: b\r\n") },
		{ "/e {subprotocol=b}=ws-echo", ASK("/e", "Sec-WebSocket-Protocol: a\r\n"), YES("") },
		{ "/e=ws-echo", ASK("/e", "Sec-WebSocket-Protocol: a\r\n"), YES("") },
		{ "/e=ws-echo", ASK("/e", "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
		  YES("Sec-WebSocket-Extensions: permessage-deflate\r\n") },
		{ "/e {deflate=no}=ws-echo", ASK("/e", "Sec-WebSocket-Extensions: permessage-deflate\r\n"), YES("") },
		{ "/e {origin=http://a,http://b}=ws-echo", ASK("/e", "Origin: http://b\r\n"), YES("") },
		{ "/e {origin=http://a,http://b}=ws-echo", ASK("/e", ""), YES("") },
		{ "/e {origin=http://a,http://b}=ws-echo", ASK("/e", "Origin: http://c\r\n"), "HTTP/1.1 403 " },
		{ "/e {origin=same}=ws-echo", ASK("/e", "Origin: http://c\r\n"), "HTTP/1.1 403 " },
		{ "/e {origin=same}=ws-echo", ASK("/e", "Origin: https://h\r\n"), YES("") },
		{ "/e=ws-echo", GET("/e"), NO_426 },
		{ "/e=ws-echo", "GET /e HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n", NO_426 },
		{ "/e=ws-echo", "GET /e HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
				"Sec-WebSocket-Key: " KEY "\r\n\r\n", NO_426 },
		{ "/e=ws-echo", "GET /e HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
				"Sec-WebSocket-Key: short\r\n\r\n", "HTTP/1.1 400 " },
		{ "/e=ws-echo", "POST /e HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n",
		  "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n" },
		{ "/b/=bin", ASK("/b/websocket/echo", ""), YES("") },
		{ "/b/=bin", ASK("/b/websocket/echo?max_message_size=0", ""), "HTTP/1.1 400 " },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct mock m = { 0 };
		const char *heard;

		open_and_ask(&m, rows[i].route, rows[i].ask);
		heard = mock_heard(&m);
		if (strncmp(heard, rows[i].answer, strlen(rows[i].answer)) != 0)
			fail_msg("%s\n%s\nnot\n%s", rows[i].ask, heard, rows[i].answer);
		mock_close(&m);
	}
}

static void test_options(void **state)
{
	static const struct mock_refused rows[] = {
		{ "/e {max=0}=ws-echo", "1G at most", TWC_EUSAGE, 9 },
		{ "/e {max=2G}=ws-echo", "1G at most", TWC_EUSAGE, 9 },
		{ "/e {deflate=maybe}=ws-echo", "deflate", TWC_EUSAGE, 13 },
		{ "/e {ping=x}=ws-echo", "ping", TWC_EUSAGE, 10 },
		{ "/e {subprotocol='a b'}=ws-echo", "no name of a subprotocol", TWC_EUSAGE, 18 },
		{ "/e {slow=x}=ws-broadcast", "slow", TWC_EUSAGE, 10 },
		{ "/e {binary=x}=ws-exec:cat", "binary", TWC_EUSAGE, 12 },
		{ "/e {slow=drop}=ws-echo", "slow", TWC_EUSAGE, 5 },
		{ "/e=ws-exec", "needs an argument", TWC_EUSAGE, 4 },
		{ "/e=ws-sh: ", "the script is empty", TWC_EUSAGE, 10 },
		{ "/e=ws-echo:x", "takes no argument", TWC_EUSAGE, 12 },
		{ "/e=ws-exec:no-such-program", "not found", TWC_ENOINPUT, 0 },
	};

	mock_refuses(rows, TWC_ARRAY_LEN(rows));
}

/* ---- echo ---- */

static void test_echo(void **state)
{
	struct mock m = { 0 };

	open_and_ask(&m, "/e {max=10}=ws-echo", ASK("/e", ""));
	assert_string_equal(mock_heard(&m), YES(""));
	mock_say(&m, frame(0x81, "hello"));
	assert_string_equal(mock_heard(&m), "\x81\x05hello");
	mock_say(&m, frame(0x02, "ab"));
	mock_say(&m, frame(0x89, "p"));
	mock_say(&m, frame(0x80, "cd"));
	assert_string_equal(mock_heard(&m), "\x8a\x01p\x82\x04""abcd");
	mock_say(&m, frame(0x81, "more than ten"));
	assert_string_equal(mock_heard(&m), "\x88\x20\x03\xf1""a message longer than 10 bytes");
	mock_pass(&m, 3 * SECOND);
	assert_true(m.client.is_lost);
	mock_close(&m);
	assert_string_equal(m.log, "GET /e 101 0; ");
}

static void test_close(void **state)
{
	struct mock m = { 0 };

	open_and_ask(&m, "/e=ws-echo", ASK("/e", ""));
	(void)mock_heard(&m);
	mock_say(&m, frame(0x88, "\x0f\xa0""bye"));
	assert_string_equal(mock_heard(&m), "\x88\x02\x0f\xa0");
	mock_pass(&m, 0);
	mock_close(&m);
	assert_string_equal(m.log, "GET /e 101 0; ");
}

static void test_server_stops(void **state)
{
	struct mock m = { 0 };

	open_and_ask(&m, "/e=ws-echo", ASK("/e", ""));
	(void)mock_heard(&m);
	twc_http_server_stop(m.s);
	mock_pass(&m, 0);
	assert_string_equal(mock_heard(&m), "\x88\x02\x03\xe9");
	mock_say(&m, frame(0x88, "\x03\xe9"));
	mock_close(&m);
}

static void test_pings(void **state)
{
	struct mock m = { 0 };

	open_and_ask(&m, "/e {ping=20s}=ws-echo", ASK("/e", ""));
	(void)mock_heard(&m);
	mock_pass(&m, 25 * SECOND);
	assert_int_equal(m.client.got[0], (char)0x89);
	mock_pass(&m, 15 * SECOND);
	assert_true(m.client.is_lost);
	mock_close(&m);
}

/* ---- broadcast ---- */

static void test_broadcast(void **state)
{
	struct mock m = { 0 };
	struct probe other;

	open_and_ask(&m, "/e=ws-broadcast", ASK("/e", ""));
	(void)mock_heard(&m);
	probe_init(&other);
	twc_transport_pair(m.r, 0, twc_factory_build(twc_http_server_factory(m.s), NULL), &other.base);
	twc_transport_write(other.base.transport, ASK("/e", ""), sizeof(ASK("/e", "")) - 1);
	mock_pass(&m, 0);
	other.n = 0;
	mock_say(&m, frame(0x81, "hello"));
	mock_say(&m, frame(0x82, "bytes"));
	assert_int_equal(other.n, 14);
	assert_memory_equal(other.got, "\x81\x05hello\x82\x05""bytes", 14);
	assert_string_equal(mock_heard(&m), "");
	twc_transport_write(other.base.transport, frame(0x81, "back"), 10);
	mock_pass(&m, 0);
	assert_string_equal(mock_heard(&m), "\x81\x04""back");
	twc_transport_abort(other.base.transport);
	mock_pass(&m, 0);
	probe_fini(&other);
	mock_say(&m, frame(0x81, "alone"));
	mock_close(&m);
}

/* ---- programs ---- */

static void test_programs(void **state)
{
	static const struct {
		const char *route, *say, *heard;
	} rows[] = {
		{ "/e=ws-sh:read x; echo \"got $x\"; printf end", "one", "\x81\x07got one\x81\x03""end\x88\x02\x03\xe8" },
		{ "/e {binary=yes}=ws-sh:head -c 3", "one", "\x82\x03one\x88\x02\x03\xe8" },
		{ "/e=ws-sh:exit 3", NULL, "\x88\x21\x03\xf3the program ended with status 3" },
		{ "/e=ws-sh:echo $TWC_PATH $TWC_HEADER_X", NULL, "\x81\x04/e 1\x88\x02\x03\xe8" },
		{ "/e {max=4}=ws-sh:echo 12345; exec sleep 9", NULL, "\x88\x27\x03\xf3the program wrote what cannot be sent" },
		{ "/e=ws-sh:printf '\\377\\n'; exec sleep 9", NULL, "\x88\x27\x03\xf3the program wrote what cannot be sent" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct mock m = { .is_real = true };
		const char *heard;

		open_and_ask(&m, rows[i].route, ASK("/e", "X: 1\r\n"));
		if (rows[i].say)
			mock_say(&m, frame(0x81, rows[i].say));
		while (!m.client.n || !memchr(m.client.got, '\x88', m.client.n))
			(void)twc_reactor_step(m.r);
		mock_say(&m, frame(0x88, "\x0f\xa0"));
		mock_await(&m, 1);
		heard = strstr(mock_heard(&m), "\r\n\r\n");
		assert_non_null(heard);
		if (strcmp(heard + 4, rows[i].heard) != 0)
			fail_msg("%s: %s", rows[i].route, heard + 4);
		mock_close(&m);
	}
}

static void test_program_places(void **state)
{
	struct mock m = { .is_real = true, .o = { .max_exec = 1 } };
	struct probe other;

	open_and_ask(&m, "/e=ws-exec:cat", ASK("/e", ""));
	probe_init(&other);
	twc_transport_pair(m.r, 0, twc_factory_build(twc_http_server_factory(m.s), NULL), &other.base);
	twc_transport_write(other.base.transport, ASK("/e", ""), sizeof(ASK("/e", "")) - 1);
	mock_pass(&m, 0);
	assert_non_null(strstr(other.got, "HTTP/1.1 503 "));
	twc_transport_abort(other.base.transport);
	mock_pass(&m, 0);
	probe_fini(&other);
	mock_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshakes), cmocka_unit_test(test_options),	 cmocka_unit_test(test_echo),
		cmocka_unit_test(test_close),	   cmocka_unit_test(test_server_stops), cmocka_unit_test(test_pings),
		cmocka_unit_test(test_broadcast),  cmocka_unit_test(test_programs),	 cmocka_unit_test(test_program_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
