/* SPDX-License-Identifier: MIT */
/* UDP sockets of their own: many datagrams a wake-up, pauses in the middle of them, relays. Real sockets, fake clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/net.h>
#include <twc/transport.h>

#include "dgram_wire.h"
#include "net/net_int.h"
#include "support/loop.h"
#include "support/probe.h"

struct pair {
	struct twc_reactor *r;
	struct probe p;
	int peer;
};

static void pair_init_on(struct pair *c, struct twc_reactor *r)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, b = a;
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	c->r = r;
	c->peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(c->peer, (struct sockaddr *)&a, len) | bind(fd, (struct sockaddr *)&b, len), 0);
	assert_int_equal(getsockname(c->peer, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&b, &len), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, len) | connect(c->peer, (struct sockaddr *)&b, len), 0);
	twc__udp_merge(fd);
	probe_init(&c->p);
	assert_non_null(twc_transport_from_socket(c->r, fd, probe_protocol(&c->p), NULL));
	assert_true(twc_transport_is_datagram(c->p.base.transport));
}

static void pair_init(struct pair *c)
{
	memset(&wire, 0, sizeof(wire));
	pair_init_on(c, loop_fake());
}

static void pair_fini(struct pair *c)
{
	if (!c->p.is_lost)
		twc_transport_lose(c->p.base.transport);
	for (int i = 0; i < 4; i++)
		twc_reactor_advance(c->r, 0);
	assert_true(c->p.is_lost);
	probe_fini(&c->p);
	twc_reactor_free(c->r);
	if (c->peer >= 0)
		close(c->peer);
}

static void pause_at_five(struct probe *p, const uint8_t *data, size_t n)
{
	(void)data;
	(void)n;
	if (p->datas == 5)
		twc_transport_pause(p->base.transport);
}

static void a_client_pauses_in_the_middle(void **state)
{
	struct pair c;

	pair_init(&c);
	c.p.on_data = pause_at_five;
	for (int i = 0; i < 20; i++)
		put(c.peer, (char)('a' + i), 1, 0);
	for (int i = 0; i < 4; i++)
		twc_reactor_advance(c.r, 0);
	assert_int_equal(c.p.datas, 5);
	for (int i = 20; i < 26; i++)
		put(c.peer, (char)('a' + i), 1, 0);
	twc_transport_resume(c.p.base.transport);
	for (int i = 0; i < 4; i++)
		twc_reactor_advance(c.r, 0);
	assert_string_equal(c.p.got, "abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(c.p.datas, 26);
	pair_fini(&c);
}

static void a_client_hears_merged_ones(void **state)
{
	struct pair c;

	pair_init(&c);
	if (put_cut(c.peer, '-', 1000, 60500)) {
		put(c.peer, 'z', 1, 0);
		for (int i = 0; i < 3; i++)
			twc_reactor_advance(c.r, 0);
		assert_int_equal(c.p.datas, 62);
		assert_int_equal(c.p.n, 60501);
		assert_int_equal(c.p.got[60500], 'z');
	}
	pair_fini(&c);
}

/* Its rate lets it take a few; what was received with them waits. */
static void a_client_with_a_rate(void **state)
{
	struct pair c;

	pair_init(&c);
	twc_transport_limit_rate(c.p.base.transport, 1000, 1000);
	for (int i = 0; i < 10; i++)
		put(c.peer, '-', 500, (char)('0' + i));
	twc_reactor_advance(c.r, 0);
	assert_in_range(c.p.datas, 1, 4);
	twc_reactor_advance(c.r, 1 * LOOP_S);
	assert_in_range(c.p.datas, 2, 7);
	for (int i = 0; i < 100; i++)
		twc_reactor_advance(c.r, LOOP_S / 4);
	assert_int_equal(c.p.datas, 10);
	for (int i = 0; i < 10; i++)
		assert_int_equal(c.p.got[500 * i + 499], '0' + i);
	pair_fini(&c);
}

static void abort_at_three(struct probe *p, const uint8_t *data, size_t n)
{
	(void)data;
	(void)n;
	if (p->datas == 3)
		twc_transport_abort(p->base.transport);
}

static void a_client_ends_in_the_middle(void **state)
{
	struct pair c;

	pair_init(&c);
	c.p.on_data = abort_at_three;
	for (int i = 0; i < 10; i++)
		put(c.peer, '-', 5, '1');
	twc_reactor_advance(c.r, 0);
	assert_int_equal(c.p.datas, 3);
	assert_true(c.p.is_lost);
	pair_fini(&c);
}

static void a_client_writes_and_ends(void **state)
{
	struct pair c;

	pair_init(&c);
	for (int i = 0; i < 30; i++)
		twc_transport_write(c.p.base.transport, "eight...", 8);
	assert_int_equal(twc_transport_queued(c.p.base.transport), 240);
	twc_transport_lose(c.p.base.transport);
	assert_false(c.p.is_lost);
	twc_reactor_advance(c.r, 0);
	assert_true(c.p.is_lost);
	assert_int_equal(c.p.reason.code, 0);
	for (int i = 0; i < 30; i++)
		got(c.peer, 8, '.');
	got_nothing(c.peer);
	assert_int_equal(wire.calls, 1);
	pair_fini(&c);
}

static void a_client_is_refused(void **state)
{
	struct pair c;

	pair_init(&c);
	close(c.peer);
	c.peer = -1;
	for (int i = 0; i < 5; i++)
		twc_transport_write(c.p.base.transport, "eight...", (size_t)(4 + i)); /* several messages */
	for (int i = 0; i < 3; i++)
		twc_reactor_advance(c.r, 0);
	assert_true(c.p.is_lost);
	assert_int_equal(c.p.reason.code, TWC_EREFUSED);
	pair_fini(&c);
}

/* The refusal is there before anybody could be told of it. */
static void refused_at_the_end(void **state)
{
	struct pair c;

	pair_init(&c);
	close(c.peer);
	c.peer = -1;
	twc_transport_confirm(c.p.base.transport);
	twc_transport_write(c.p.base.transport, "one", 3);
	twc_transport_lose(c.p.base.transport);
	twc_reactor_advance(c.r, 0);
	assert_true(c.p.is_lost);
	assert_int_equal(c.p.reason.code, TWC_EREFUSED);
	pair_fini(&c);
}

/* ---- two of them, piped ---- */

struct relay {
	struct pair a, b; /* what comes from a's peer goes to b's; both on a's reactor */
};

static void relay_init(struct relay *y)
{
	pair_init(&y->a);
	pair_init_on(&y->b, y->a.r);
	twc_transport_pipe(y->a.p.base.transport, y->b.p.base.transport);
}

static void relay_turns(struct relay *y)
{
	for (int i = 0; i < 6; i++)
		twc_reactor_advance(y->a.r, 0);
}

static void relay_fini(struct relay *y)
{
	if (!y->b.p.is_lost)
		twc_transport_lose(y->b.p.base.transport);
	relay_turns(y);
	probe_fini(&y->b.p);
	if (y->b.peer >= 0)
		close(y->b.peer);
	pair_fini(&y->a);
}

/* Merged ones stay so on their way, and are what they were at the other end. */
static void a_relay(void **state)
{
	struct relay y;

	relay_init(&y);
	put(y.a.peer, '-', 65507, '1');
	put(y.a.peer, '-', 0, 0);
	put(y.a.peer, '-', 700, '2');
	if (put_cut(y.a.peer, '-', 1000, 10500))
		put(y.a.peer, '-', 1200, '3');
	relay_turns(&y);
	got(y.b.peer, 65507, '1');
	got(y.b.peer, 0, 0);
	got(y.b.peer, 700, '2');
	if (wire.messages > 3) {
		for (int i = 0; i < 10; i++)
			got(y.b.peer, 1000, (char)('A' + i));
		got(y.b.peer, 500, 'K');
		got(y.b.peer, 1200, '3');
		assert_int_equal(wire.messages, 5);
		assert_int_equal(twc_transport_bytes_in(y.a.p.base.transport), 65507 + 700 + 10500 + 1200);
		assert_int_equal(twc_transport_bytes_out(y.b.p.base.transport), 65507 + 700 + 10500 + 1200);
	}
	got_nothing(y.b.peer);
	assert_int_equal(y.a.p.datas, 0);
	relay_fini(&y);
}

static void a_relay_that_cannot_cut(void **state)
{
	static const int why[] = { EMSGSIZE, EIO };

	for (int k = 0; k < 2; k++) {
		struct relay y;

		relay_init(&y);
		wire.refuse_cut = why[k];
		for (int round = 0; round < 3; round++) {
			put(y.a.peer, '-', 300, 'a');
			if (!put_cut(y.a.peer, '-', 100, 2550))
				skip();
			put(y.a.peer, '-', 300, 'b');
			relay_turns(&y);
			got(y.b.peer, 300, 'a');
			for (int i = 0; i < 25; i++)
				got(y.b.peer, 100, (char)('A' + i));
			got(y.b.peer, 50, 'Z');
			got(y.b.peer, 300, 'b');
			got_nothing(y.b.peer);
		}
		assert_int_equal(wire.segmented, 0);
		relay_fini(&y);
	}
}

/* What the far end's kernel refuses waits; so does the near end. */
static void a_relay_that_is_full(void **state)
{
	struct relay y;

	for (int take = 0; take < 3; take++) {
		relay_init(&y);
		for (int i = 0; i < 20; i++)
			put(y.a.peer, '-', (size_t)(10 + i % 3), (char)i);
		wire.take = take;
		wire.refuse_next = 3;
		relay_turns(&y);
		for (int i = 20; i < 40; i++)
			put(y.a.peer, '-', 10, (char)i);
		for (int i = 0; i < 10; i++)
			relay_turns(&y);
		for (int i = 0; i < 20; i++)
			got(y.b.peer, (size_t)(10 + i % 3), (char)i);
		for (int i = 20; i < 40; i++)
			got(y.b.peer, 10, (char)i);
		got_nothing(y.b.peer);
		relay_fini(&y);
	}
}

static void a_relay_to_nobody(void **state)
{
	struct relay y;

	relay_init(&y);
	close(y.b.peer);
	y.b.peer = -1;
	for (int i = 0; i < 5; i++)
		put(y.a.peer, '-', (size_t)(10 + i), '-');
	relay_turns(&y);
	assert_true(y.b.p.is_lost);
	assert_int_equal(y.b.p.reason.code, TWC_EREFUSED);
	assert_false(y.a.p.is_lost);
	put(y.a.peer, '-', 10, '-');
	relay_turns(&y);
	assert_int_equal(y.a.p.datas, 1); /* no pipe any more: its own protocol hears it */
	relay_fini(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_pauses_in_the_middle),
		cmocka_unit_test(a_client_hears_merged_ones),
		cmocka_unit_test(a_client_with_a_rate),
		cmocka_unit_test(a_client_ends_in_the_middle),
		cmocka_unit_test(a_client_writes_and_ends),
		cmocka_unit_test(a_client_is_refused),
		cmocka_unit_test(refused_at_the_end),
		cmocka_unit_test(a_relay),
		cmocka_unit_test(a_relay_that_cannot_cut),
		cmocka_unit_test(a_relay_that_is_full),
		cmocka_unit_test(a_relay_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
