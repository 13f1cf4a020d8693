/* SPDX-License-Identifier: MIT */
/* The opening handshake of WebSocket endpoints: what a client says and takes for a yes, what a server answers, and the way in, on the
 * fake clock over socket pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include "endpoint/entrance.h"
#include "endpoint/ws.h"
#include "net/net_int.h"

#define ASK "GET /p HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define YES "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

/* ---- a client ---- */

static void a_request_says_what_the_keys_ask_for(void **state)
{
	static const struct {
		const char *endpoint, *has, *lacks;
	} v[] = {
		{ "ws://example.com/a?b", "GET /a?b HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", "Origin" },
		{ "ws://example.com:81/", "Host: example.com:81\r\n", "Authorization" },
		{ "wss://example.com:443/", "Host: example.com\r\n", "Extensions" },
		{ "wss://example.com:80/", "Host: example.com:80\r\n", "Protocol" },
		{ "ws:[fe80::1%lo]:80", "Host: [fe80::1]\r\n", "%" },
		{ "ws:7", "Host: localhost:7\r\n", NULL },
		{ "ws:h:80:header=[host: other]:header=[X:  y ]", "\r\nhost: other\r\nX: y\r\n", "Host: h" },
		{ "ws:h:80:subprotocol=a,b:origin=[https://o]", "Sec-WebSocket-Protocol: a, b\r\nOrigin: https://o\r\n", NULL },
		{ "ws:h:80:deflate=yes", "Sec-WebSocket-Extensions: permessage-deflate", NULL },
		{ "ws://Aladdin:open%20sesame@h/", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n", NULL },
		{ "ws:h:80:user=x:pass-env=TWC_TEST_PASS", "Authorization: Basic eDp5\r\n", NULL },
	};

	(void)state;
	assert_int_equal(setenv("TWC_TEST_PASS", "y", 1), 0);
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		struct twc_endpoint *e = must_parse(v[i].endpoint, TWC_CONNECT);
		char key[TWC__WS_KEY_ROOM];
		struct twc_buf out;

		twc_buf_init(&out, 65536);
		assert_int_equal(twc__ws_ask(&e->args, &out, key, NULL), 0);
		if (!strstr(twc_buf_cstr(&out), v[i].has) || (v[i].lacks && strstr(twc_buf_cstr(&out), v[i].lacks)))
			fail_msg("%s: %s", v[i].endpoint, twc_buf_cstr(&out));
		assert_true(twc__ws_key_is_good(twc_str_of(key)));
		assert_non_null(strstr(twc_buf_cstr(&out), key));
		twc_buf_fini(&out);
		twc_endpoint_free(e);
	}
}

static void what_cannot_be_said(void **state)
{
	static const struct {
		const char *endpoint;
		int code;
	} v[] = {
		{ "ws:h:80:user=x:pass-env=TWC_TEST_NONE", TWC_ECONFIG },
		{ "ws:h:80:user=x:pass-file=/nonexistent/x", TWC_ENOINPUT },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		struct twc_endpoint *e = must_parse(v[i].endpoint, TWC_CONNECT);
		struct conns f = conns_make();
		struct twc_reactor *r = loop_real();
		struct twc_addr nobody = { 0 };
		struct twc__ws_open how = { .args = &e->args, .factory = &f.base, .limit_ns = LOOP_S };
		struct twc_err err = { 0 };

		assert_null(twc__ws_opening(&how, &nobody, &err));
		assert_int_equal(err.code, v[i].code);
		twc_reactor_free(r);
		twc_endpoint_free(e);
	}
}

static void an_answer_is_a_yes_or_says_why(void **state)
{
	static const struct {
		const char *head;
		int code;
		const char *text;
	} v[] = {
		{ YES ACCEPT "\r\n", 0, NULL },
		{ YES ACCEPT "Sec-WebSocket-Protocol: b\r\n\r\n", 0, NULL },
		{ YES ACCEPT "Sec-WebSocket-Protocol: c\r\n\r\n", TWC_EPROTO, "not offered (c)" },
		{ YES ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", TWC_EPROTO, "" },
		{ YES "\r\n", TWC_EPROTO, "Sec-WebSocket-Accept" },
		{ YES "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n\r\n", TWC_EPROTO, "Sec-WebSocket-Accept" },
		{ "HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", TWC_EPROTO, "not WebSocket" },
		{ "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n" ACCEPT "\r\n", TWC_EPROTO, "Connection" },
		{ "HTTP/1.1 404 Not Found\r\n\r\n", TWC_EREJECTED, "the server answered 404 Not Found instead of switching to WebSocket" },
		{ "HTTP/1.1 200 \r\n\r\n", TWC_EREJECTED, "answered 200 OK instead" },
		{ "HTTP/1.0 503 \x1b[1m\r\n\r\n", TWC_EPROTO, "" },
		{ "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", TWC_EREJECTED, "it sends elsewhere: /x" },
		{ "HTTP/1.1 401 No\r\n\r\n", TWC_EACCESS, "it wants a login: user= with pass-file=" },
		{ "HTTP/1.1 403 No\r\n\r\n", TWC_EACCESS, "answered 403 No instead" },
		{ "HTTP/1.1 407 No\r\n\r\n", TWC_EACCESS, "answered 407 No instead" },
	};
	struct twc_endpoint *e = must_parse("ws:h:80:subprotocol=a,b", TWC_CONNECT);

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		struct twc__http_limits limits = { 0 };
		struct twc_http_fields fields = { 0 };
		struct twc__ws_accepted out = { .accept = "" };
		struct twc__http_head head;
		struct twc_err err = { 0 };
		int rc;

		twc__http_head_init(&head, TWC__HTTP_RESPONSE, &limits, &fields);
		rc = twc__http_head_feed(&head, v[i].head, strlen(v[i].head), &err);
		if (rc == 1)
			rc = twc__ws_ask_check(&e->args, "dGhlIHNhbXBsZSBub25jZQ==", &head, &out, &err);
		if (rc != v[i].code || (rc && !strstr(err.text, v[i].text)))
			fail_msg("%s: %d %s", v[i].head, rc, err.text);
		twc_http_fields_fini(&fields);
	}
	twc_endpoint_free(e);
}

/* ---- a server ---- */

static void a_request_is_answered(void **state)
{
	static const struct {
		const char *endpoint, *head, *status;
		const char *has;
	} v[] = {
		{ "ws:0", ASK KEY "\r\n", "101 ", ACCEPT "\r\n" },
		{ "ws:0:path=/p", ASK KEY "\r\n", "101 ", ACCEPT },
		{ "ws:0:path=/p", "GET /p?q=1 HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n" KEY "\r\n", "101 ", ACCEPT },
		{ "ws:0:path=/p", "GET http://h/p HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n" KEY "\r\n", "101 ", ACCEPT },
		{ "ws:0:path=/q", ASK KEY "\r\n", "404 ", "there is no WebSocket at this path" },
		{ "ws:0:subprotocol=b,a", ASK KEY "Sec-WebSocket-Protocol: a, b\r\n\r\n", "101 ", "Sec-WebSocket-Protocol: b\r\n" },
		{ "ws:0", ASK KEY "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "101 ", "Sec-WebSocket-Extensions: permessage-deflate" },
		{ "ws:0:origin=[https://a,https://b]", ASK KEY "Origin: https://B\r\n\r\n", "101 ", ACCEPT },
		{ "ws:0:origin=[https://a]", ASK KEY "\r\n", "101 ", ACCEPT },
		{ "ws:0:origin=[https://a]", ASK KEY "Origin: null\r\n\r\n", "403 ", "Connection: close\r\n" },
		{ "ws:0", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "426 ", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade, close" },
		{ "ws:0", ASK "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n", "426 ", "Version: 13" },
		{ "ws:0", ASK "Sec-WebSocket-Version: 13\r\n\r\n", "400 ", "16 bytes in base64" },
		{ "ws:0", "POST /p HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY "\r\n", "405 ", "Allow: GET" },
		{ "ws:0", "GET /p HTTP/1.0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY "\r\n", "426 ", "HTTP/1.1" },
		{ "ws:0", "GET /p HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY "\r\n", "400 ", "Host" },
		{ "ws:0", ASK KEY "Content-Length: 3\r\n\r\n", "400 ", "no body" },
		{ "ws:0", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", "405 ", "no proxy" },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		struct twc_endpoint *e = must_parse(v[i].endpoint, TWC_LISTEN);
		struct twc__http_limits limits = { 0 };
		struct twc_http_fields fields = { 0 };
		struct twc__ws_accepted out = { .accept = "" };
		struct twc__ws_wishes w;
		struct twc__http_head head;
		struct twc_err err = { 0 };
		struct twc_buf b;
		int rc;

		twc_buf_init(&b, 65536);
		twc__ws_wishes(&e->args, &w);
		twc__http_head_init(&head, TWC__HTTP_REQUEST, &limits, &fields);
		assert_int_equal(twc__http_head_feed(&head, v[i].head, strlen(v[i].head), &err), 1);
		rc = twc__ws_answer(&w, &head, &b, &out, &err);
		if (strncmp(twc_buf_cstr(&b) + 9, v[i].status, 4) != 0 || !strstr(twc_buf_cstr(&b), v[i].has) ||
		    (rc == 0) != (v[i].status[0] == '1'))
			fail_msg("%s: %d %s", v[i].head, rc, twc_buf_cstr(&b));
		twc_buf_fini(&b);
		twc_http_fields_fini(&fields);
		twc_endpoint_free(e);
	}
}

/* ---- the way in ---- */

struct way {
	struct twc_reactor *r;
	struct conns f;
	struct twc_gate *gate;
	struct twc_endpoint *e;
	struct twc__entrance *entrance;
	int fd;		/* the visitor's end */
	char heard[4096];
	size_t n;
};

static void way_open(struct way *w, const char *endpoint)
{
	struct twc__entrance_opts o = { .factory = &w->f.base, .handshake_ns = 10 * LOOP_S };
	struct twc_addr peer;
	int fd[2];

	*w = (struct way){ .r = loop_fake(), .f = conns_make(), .e = must_parse(endpoint, TWC_LISTEN) };
	w->gate = o.gate = twc_gate_new(w->r, 1, 0);
	o.ws = &w->e->args;
	w->entrance = twc__entrance_new(w->r, &o);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd), 0);
	assert_int_equal(twc_addr_parse_ip(&peer, TWC_ADDR_TCP, TWC_STR("127.0.0.1"), 99, NULL), 0);
	w->fd = fd[0];
	assert_int_equal(twc__gate_enter(w->gate, fd[1], &peer), TWC__GATE_IN);
	twc__entrance_take(w->entrance, fd[1], &peer);
	twc_reactor_advance(w->r, 0);
}

static void way_say(struct way *w, const char *text, size_t n)
{
	assert_int_equal(send(w->fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
	twc_reactor_advance(w->r, 0);
}

/* Takes what has come; true at the end. */
static bool way_hear(struct way *w)
{
	ssize_t n;

	while ((n = recv(w->fd, w->heard + w->n, sizeof(w->heard) - 1 - w->n, 0)) > 0)
		w->n += (size_t)n;
	w->heard[w->n] = 0;
	return n == 0 || errno == ECONNRESET;
}

static void way_close(struct way *w)
{
	close(w->fd);
	twc__entrance_shut(w->entrance);
	twc_reactor_advance(w->r, 0);
	if (w->f.last)
		twc_transport_abort(w->f.last);
	twc_reactor_advance(w->r, 0);
	assert_int_equal(w->f.lost, w->f.built);
	assert_false(twc__gate_is_full(w->gate)); /* of its one place */
	twc_reactor_free(w->r);
	twc_gate_free(w->gate);
	twc_endpoint_free(w->e);
}

static void who_has_shaken_hands_is_in(void **state)
{
	static const char head[] = ASK KEY "\r\n";
	static const char hello[] = "\x81\x85\0\0\0\0hello";
	struct way w;

	(void)state;
	way_open(&w, "ws:0"); /* byte by byte */
	for (size_t i = 0; i < sizeof(head) - 1; i++) {
		assert_int_equal(w.f.built, 0);
		way_say(&w, head + i, 1);
	}
	assert_int_equal(w.f.made, 1);
	assert_false(way_hear(&w));
	assert_non_null(strstr(w.heard, ACCEPT));
	way_say(&w, hello, sizeof(hello) - 1);
	assert_string_equal(w.f.got, "hello");
	way_close(&w);
	way_open(&w, "ws:0"); /* the first message in the same segment */
	way_say(&w, ASK KEY "\r\n\x81\x85\0\0\0\0hello", sizeof(head) - 1 + sizeof(hello) - 1);
	twc_reactor_advance(w.r, 0);
	assert_string_equal(w.f.got, "hello");
	way_close(&w);
}

static void who_has_not_is_no_client(void **state)
{
	static const char *const v[] = { "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "\x16\x03\x01\x02", "GET / HTTP/1.1\r\nHo st: x\r\n\r\n" };
	struct way w;

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		way_open(&w, "ws:0");
		way_say(&w, v[i], strlen(v[i]));
		twc_reactor_advance(w.r, 3 * LOOP_S);
		assert_true(way_hear(&w));
		assert_memory_equal(w.heard, "HTTP/1.1 4", 10);
		assert_int_equal(w.f.built, 0);
		way_close(&w);
	}
	way_open(&w, "ws:0"); /* who ends, or goes */
	assert_int_equal(shutdown(w.fd, SHUT_WR), 0);
	twc_reactor_advance(w.r, 0);
	assert_true(way_hear(&w));
	way_close(&w);
	assert_int_equal(w.f.built, 0);
}

static void a_head_has_its_length_and_its_time(void **state)
{
	static char fill[TWC__WS_HEAD_BYTES];
	struct way w;

	(void)state;
	way_open(&w, "ws:0");
	way_say(&w, "GET / HTTP/1.1\r\nX: ", 19);
	memset(fill, 'x', sizeof(fill));
	way_say(&w, fill, sizeof(fill));
	twc_reactor_advance(w.r, 3 * LOOP_S);
	assert_true(way_hear(&w));
	assert_memory_equal(w.heard, "HTTP/1.1 431", 12);
	way_close(&w);
	way_open(&w, "ws:0");
	for (int i = 0; i < 10; i++) { /* a byte a second does not help */
		assert_false(way_hear(&w));
		way_say(&w, &"GET / HTTP"[i], 1);
		twc_reactor_advance(w.r, LOOP_S);
	}
	assert_true(way_hear(&w));
	way_close(&w);
	way_open(&w, "ws:0"); /* nor does waiting for the end of the port */
	twc__entrance_shut(w.entrance);
	w.entrance = NULL;
	twc_reactor_advance(w.r, 0);
	assert_true(way_hear(&w));
	way_close(&w);
	assert_int_equal(w.f.built, 0);
}

static void a_factory_may_say_no(void **state)
{
	static const char head[] = ASK KEY "\r\n";
	struct way w;

	(void)state;
	way_open(&w, "ws:0");
	w.f.refuse = true;
	way_say(&w, head, sizeof(head) - 1);
	close(w.fd);
	w.fd = -1;
	twc_reactor_advance(w.r, 3 * LOOP_S);
	way_close(&w);
	assert_int_equal(w.f.built, 0);
}

/* ---- both ---- */

static void messages_pass_both_ways(void **state)
{
	static const char *const v[] = { "ws:0:interface=127.0.0.1", "ws:0:interface=127.0.0.1:path=/x" };

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		struct twc_reactor *r = loop_real();
		struct conns server = conns_make(), client = conns_make();
		struct twc_endpoint *e = must_parse(v[i], TWC_LISTEN);
		struct twc_port *port;
		struct twc_protocol *p;
		char text[TWC_PORT_TEXT_MAX];

		server.echo = true;
		server.greet = "welcome";
		port = must_listen(e, r, &server, NULL);
		assert_string_equal(twc_port_type(port), "ws");
		p = must_connect(twc_port_text(port, 0, text, sizeof(text)), r, &client);
		collect(r, &client, 7);
		assert_string_equal(client.got, "welcome");
		assert_false(twc_transport_is_datagram(p->transport));
		twc_transport_write(p->transport, "x", 1);
		collect(r, &client, 8);
		assert_int_equal(twc_transport_bytes_in(p->transport), 8); /* the handshake does not count */
		assert_int_equal(twc_transport_bytes_out(p->transport), 1);
		twc_transport_lose(p->transport);
		turn_until(r, &client.lost, 1);
		turn_until(r, &server.lost, 1);
		assert_int_equal(client.reason.code, 0);
		assert_int_equal(server.reason.code, 0);
		twc_port_free(port);
		twc_reactor_free(r);
		twc_endpoint_free(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_says_what_the_keys_ask_for),
		cmocka_unit_test(what_cannot_be_said),
		cmocka_unit_test(an_answer_is_a_yes_or_says_why),
		cmocka_unit_test(a_request_is_answered),
		cmocka_unit_test(who_has_shaken_hands_is_in),
		cmocka_unit_test(who_has_not_is_no_client),
		cmocka_unit_test(a_head_has_its_length_and_its_time),
		cmocka_unit_test(a_factory_may_say_no),
		cmocka_unit_test(messages_pass_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
