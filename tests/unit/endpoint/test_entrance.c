/* SPDX-License-Identifier: MIT */
/* The way in: PROXY headers, limits of time, the gate, and who is no client. On the fake clock, over socket pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include "endpoint/entrance.h"
#include "net/net_int.h"

#define HEADER "PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n"

struct way {
	struct twc_reactor *r;
	struct conns f;
	struct twc_gate *gate;
	struct twc__entrance *e;
	struct twc_cidr net;
	int fd; /* the visitor's end */
};

static void way_open(struct way *w, struct twc_tls_ctx *tls, bool wants_header)
{
	struct twc__entrance_opts o = {
		.factory = &w->f.base,
		.tls = tls,
		.handshake_ns = 10 * LOOP_S,
		.wants_header = wants_header,
		.header_ns = 3 * LOOP_S,
	};

	*w = (struct way){ .r = loop_fake(), .f = conns_make(), .fd = -1 };
	w->gate = o.gate = twc_gate_new(w->r, 1, 0);
	if (wants_header) {
		assert_int_equal(twc_cidr_parse(&w->net, TWC_STR("127.0.0.0/8"), NULL), 0);
		o.trusted = &w->net;
		o.n_trusted = 1;
	}
	w->e = twc__entrance_new(w->r, &o);
}

static void way_enter(struct way *w, const char *from)
{
	struct twc_addr peer;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd), 0);
	assert_int_equal(twc_addr_parse_ip(&peer, TWC_ADDR_TCP, twc_str_of(from), 99, NULL), 0);
	w->fd = fd[0];
	assert_int_equal(twc__gate_enter(w->gate, fd[1], &peer), TWC__GATE_IN);
	twc__entrance_take(w->e, fd[1], &peer);
	twc_reactor_advance(w->r, 0);
}

static void way_say(struct way *w, const char *text, size_t n)
{
	assert_int_equal(send(w->fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
	twc_reactor_advance(w->r, 0);
}

/* Has the other side ended? */
static bool way_is_over(const struct way *w)
{
	char buf[4096];
	ssize_t n;

	do
		n = recv(w->fd, buf, sizeof(buf), 0);
	while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

static void way_close(struct way *w)
{
	close(w->fd);
	twc__entrance_shut(w->e);
	if (w->f.last)
		twc_transport_abort(w->f.last);
	twc_reactor_advance(w->r, 0);
	assert_int_equal(w->f.lost, w->f.built);
	assert_false(twc__gate_is_full(w->gate)); /* of its one place */
	twc_reactor_free(w->r);
	twc_gate_free(w->gate);
}

static void a_header_names_the_client(void **state)
{
	char text[TWC_ADDR_TEXT_MAX];
	struct way w;

	(void)state;
	way_open(&w, NULL, true);
	way_enter(&w, "127.0.0.1");
	for (const char *c = HEADER; *c; c++) {
		assert_int_equal(w.f.made, 0);
		way_say(&w, c, 1);
	}
	assert_int_equal(w.f.made, 1);
	assert_string_equal(twc_addr_format(&w.f.peer, text, sizeof(text)), "tcp:192.0.2.7:4711");
	way_say(&w, "hello", 5);
	assert_string_equal(w.f.got, "hello");
	way_close(&w);
	/* header and data in one piece */
	way_open(&w, NULL, true);
	way_enter(&w, "127.0.0.1");
	way_say(&w, HEADER "hello", sizeof(HEADER) - 1 + 5);
	assert_string_equal(w.f.got, "hello");
	way_close(&w);
}

static void who_has_none_is_no_client(void **state)
{
	struct way w;

	(void)state;
	way_open(&w, NULL, true);
	way_enter(&w, "127.0.0.1");
	way_say(&w, "GET / HTTP/1.0\r\n", 16);
	assert_true(way_is_over(&w));
	close(w.fd);
	way_enter(&w, "192.0.2.1"); /* is not trusted */
	assert_true(way_is_over(&w));
	close(w.fd);
	way_enter(&w, "127.0.0.1");
	assert_int_equal(shutdown(w.fd, SHUT_WR), 0);
	twc_reactor_advance(w.r, 0);
	assert_true(way_is_over(&w));
	assert_int_equal(w.f.built, 0);
	way_close(&w);
}

static void a_header_has_its_time(void **state)
{
	struct way w;

	(void)state;
	way_open(&w, NULL, true);
	way_enter(&w, "127.0.0.1");
	way_say(&w, "PROXY", 5);
	twc_reactor_advance(w.r, 3 * LOOP_S - 1);
	assert_false(way_is_over(&w));
	twc_reactor_advance(w.r, 1);
	assert_true(way_is_over(&w));
	assert_int_equal(w.f.built, 0);
	way_close(&w);
}

static void shut_turns_back_who_is_on_the_way(void **state)
{
	struct way w;

	(void)state;
	way_open(&w, NULL, true);
	way_enter(&w, "127.0.0.1");
	twc__entrance_shut(w.e);
	w.e = NULL;
	assert_true(way_is_over(&w));
	way_close(&w);
}

static struct twc_tls_ctx *made_context(void)
{
	struct twc_tls_opts o = { .server = true, .cert = "auto" };
	struct twc_tls_ctx *c = twc_tls_ctx_new(&o, NULL);

	assert_non_null(c);
	return c;
}

static void a_handshake_has_its_time(void **state)
{
	struct twc_tls_ctx *tls = made_context();
	struct way w;

	(void)state;
	way_open(&w, tls, false);
	way_enter(&w, "127.0.0.1");
	way_say(&w, "\x16\x03\x01", 3);
	twc_reactor_advance(w.r, 10 * LOOP_S - 1);
	assert_false(way_is_over(&w));
	twc_reactor_advance(w.r, 1);
	assert_true(way_is_over(&w));
	assert_int_equal(w.f.built, 0);
	way_close(&w);
	twc_tls_ctx_free(tls);
}

/* ---- a client that closes the door behind it, as --once does ---- */

static struct way *door; /* of once_made */

static void once_made(struct twc_protocol *p)
{
	conn_made(p);
	twc__entrance_shut(door->e);
	door->e = NULL;
}

static struct twc_protocol *once_build(struct twc_factory *f, const struct twc_addr *peer)
{
	static struct twc_protocol_ops ops;
	struct twc_protocol *p = conns_build(f, peer);

	ops = conn_ops;
	ops.made = once_made;
	p->ops = &ops;
	return p;
}

static void client_ended(void *arg, const struct twc_addr *peer, struct twc_transport *t, const struct twc_err *err)
{
	(void)peer;
	(void)err;
	*(struct twc_transport **)arg = t;
}

static void made_may_shut_the_entrance(void **state)
{
	static struct twc_factory_ops once_ops;
	struct twc_tls_ctx *tls = made_context(), *mine;
	struct conns client = conns_make();
	char pin[TWC_TLS_PIN_MAX];
	struct twc_tls_opts o = { .pin = pin };
	struct twc_transport *t = NULL;
	struct twc__securing how = { .factory = &client.base, .ended = client_ended, .arg = &t };
	struct way w;

	(void)state;
	assert_true(twc_tls_ctx_pin(tls, pin));
	how.ctx = mine = twc_tls_ctx_new(&o, NULL);
	way_open(&w, tls, false);
	once_ops = conns_ops;
	once_ops.build = once_build;
	w.f.base.ops = &once_ops;
	w.f.greet = "hello";
	door = &w;
	way_enter(&w, "127.0.0.1");
	twc__secure_socket(w.r, dup(w.fd), &w.f.peer, &how);
	twc_reactor_advance(w.r, 0);
	assert_int_equal(w.f.made, 1);
	assert_int_equal(w.f.lost, 0);
	assert_non_null(t);
	assert_string_equal(client.got, "hello");
	twc_transport_abort(t);
	twc_reactor_advance(w.r, 0);
	way_close(&w);
	twc_tls_ctx_free(mine);
	twc_tls_ctx_free(tls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_names_the_client),
		cmocka_unit_test(who_has_none_is_no_client),
		cmocka_unit_test(a_header_has_its_time),
		cmocka_unit_test(shut_turns_back_who_is_on_the_way),
		cmocka_unit_test(a_handshake_has_its_time),
		cmocka_unit_test(made_may_shut_the_entrance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
