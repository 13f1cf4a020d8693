/* SPDX-License-Identifier: MIT */
/* Datagrams that come and leave many at a time: merged, cut, refused in the middle. Real sockets on the fake clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dgram_server.h"
#include "dgram_wire.h"

/* ---- in ---- */

static void merged_ones_come_apart(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	if (!put_cut(a, '-', 1000, 4300))
		skip();
	assert_true(put_cut(a, '-', 1, 64));
	assert_true(put_cut(a, '-', 1000, 2000));
	turns(&v);
	assert_int_equal(v.n, 5 + 64 + 2);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(v.heard[i].len, i < 4 ? 1000 : 300);
		assert_int_equal(v.heard[i].first, '-');
		assert_int_equal(v.heard[i].last, 'A' + i);
	}
	for (int i = 0; i < 64; i++)
		assert_int_equal(v.heard[5 + i].len, 1);
	assert_int_equal(v.heard[69].len, 1000);
	assert_int_equal(v.heard[70].last, 'B');
	assert_int_equal(v.sessions, 1);
	close(a);
	server_fini(&v);
}

static void a_mix_of_sizes(void **state)
{
	static const size_t len[] = { 1, 0, 65507, 65507, 0, 0, 700, 700, 9000, 3, 65507, 1 };
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	for (size_t round = 0; round < 8; round++) { /* long and short ones in turn: the batch is made to fit */
		for (size_t i = 0; i < 12; i++)
			put(a, '-', len[i], (char)('a' + i));
		turns(&v);
		assert_int_equal(v.n, 12);
		for (int i = 0; i < 12; i++) {
			assert_int_equal(v.heard[i].len, len[i]);
			assert_int_equal(v.heard[i].last, len[i] == 0 ? 0 : len[i] == 1 ? '-' : 'a' + i);
		}
		v.n = 0;
	}
	close(a);
	server_fini(&v);
}

static void a_session_ends_in_the_middle(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	put(a, '-', 10, '1');
	put(a, 'x', 10, '2');
	put(a, '-', 10, '3');
	put(a, 'x', 1, 0);
	put(a, 'e', 10, '4');
	turns(&v);
	assert_int_equal(v.n, 5);
	assert_int_equal(v.heard[1].session, 0);
	assert_int_equal(v.heard[2].session, 1);
	assert_int_equal(v.heard[4].session, 2);
	assert_int_equal(v.lost, 2);
	got(a, 10, '4');
	if (put_cut(a, 'x', 100, 300)) { /* the same inside one message */
		turns(&v);
		assert_int_equal(v.n, 8);
		assert_int_equal(v.sessions, 5);
	}
	close(a);
	server_fini(&v);
}

static void another_ends_in_the_middle(void **state)
{
	struct server v;
	int a, b;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	b = client(&v);
	put(a, 'e', 10, '1');
	put(b, 'o', 10, '2'); /* ends a, whose answer has not left yet: it leaves */
	put(a, 'e', 10, '3');
	put(b, 'e', 10, '4');
	turns(&v);
	assert_int_equal(v.n, 3);
	assert_int_equal(v.lost, 1);
	got(a, 10, '1');
	got_nothing(a); /* what came for one that was ending is lost with it */
	got(b, 10, '4');
	put(a, 'e', 10, '5');
	turns(&v);
	got(a, 10, '5');
	assert_int_equal(v.sessions, 3);
	close(a);
	close(b);
	server_fini(&v);
}

static void the_port_goes_in_the_middle(void **state)
{
	struct server v;
	int a, b;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	b = client(&v);
	put(a, '-', 10, '1');
	put(b, 'f', 10, '2');
	put(a, '-', 10, '3');
	put(b, '-', 10, '4');
	turns(&v);
	assert_int_equal(v.n, 2);
	assert_int_equal(v.lost, 2);
	close(a);
	close(b);
	server_fini(&v);
}

static void a_pause_in_the_middle(void **state)
{
	struct server v;
	int a, b;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	b = client(&v);
	put(a, 'e', 10, '1');
	put(a, 'p', 10, '2');
	put(b, 'e', 10, '3');
	put(a, 'e', 0, 0);
	put(a, 'e', 10, '4');
	turns(&v);
	assert_int_equal(v.n, 3);
	got(a, 10, '1');
	got(b, 10, '3');
	for (struct session *s = v.all; s; s = s->next)
		if (s->number == 0)
			twc_transport_resume(s->base.transport);
	turns(&v);
	assert_int_equal(v.n, 5);
	assert_int_equal(v.heard[3].len, 0);
	got(a, 10, '4');
	close(a);
	close(b);
	server_fini(&v);
}

/* ---- out ---- */

static void equal_ones_leave_as_one(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	for (int i = 0; i < 9; i++)
		put(a, 'e', 500, (char)('0' + i));
	put(a, 'e', 200, 's'); /* the last may be shorter, and is the last then */
	put(a, 'e', 200, 't');
	put(a, 'e', 600, 'u');
	put(a, 'e', 600, 'v');
	turns(&v);
	for (int i = 0; i < 9; i++)
		got(a, 500, (char)('0' + i));
	got(a, 200, 's');
	got(a, 200, 't');
	got(a, 600, 'u');
	got(a, 600, 'v');
	got_nothing(a);
	assert_int_equal(wire.calls, 1);
	assert_in_range(wire.messages, 3, 13);
	if (wire.segmented)
		assert_int_equal(wire.messages, 3);
	close(a);
	server_fini(&v);
}

/* More than one message may hold: 64 datagrams, or 65,487 octets. */
static void more_than_a_message(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	for (int i = 0; i < 150; i++)
		put(a, 'e', 2, (char)i);
	for (int i = 0; i < 40; i++)
		put(a, 'e', 16000, (char)i);
	for (int i = 0; i < 3; i++)
		put(a, 'e', 65507, (char)i);
	turns(&v);
	turns(&v);
	for (int i = 0; i < 150; i++)
		got(a, 2, (char)i);
	for (int i = 0; i < 40; i++)
		got(a, 16000, (char)i);
	for (int i = 0; i < 3; i++)
		got(a, 65507, (char)i);
	got_nothing(a);
	assert_int_equal(v.lost, 0);
	close(a);
	server_fini(&v);
}

/* The kernel, the card or the path refuses: the same datagrams leave one by one, in their order. */
static void no_cutting(void **state)
{
	static const int why[] = { EINVAL, EMSGSIZE, EIO, EOPNOTSUPP };
	struct server v;
	int a, b;

	for (size_t k = 0; k < 4; k++) {
		server_init(&v, INADDR_LOOPBACK);
		wire.refuse_cut = why[k];
		a = client(&v);
		b = client(&v);
		for (int round = 0; round < 2; round++) {
			wire.calls = 0;
			put(b, 'e', 300, 'b');
			for (int i = 0; i < 5; i++)
				put(a, 'e', 300, (char)('0' + i));
			put(a, 'e', 100, 's');
			put(a, 'e', 200, 't');
			put(b, 'e', 300, 'c');
			turns(&v);
			for (int i = 0; i < 5; i++)
				got(a, 300, (char)('0' + i));
			got(a, 100, 's');
			got(a, 200, 't');
			got_nothing(a);
			got(b, 300, 'b');
			got(b, 300, 'c');
			if (round == 1) /* it has been learnt */
				assert_int_equal(wire.calls, 1);
		}
		assert_int_equal(wire.segmented, 0);
		assert_int_equal(v.lost, 0);
		close(a);
		close(b);
		server_fini(&v);
	}
}

/* The kernel takes a part, then nothing, then all: nothing is lost, each peer's are in order. */
static void full_in_the_middle(void **state)
{
	struct server v;
	int fd[4];

	for (int take = 1; take < 8; take++) {
		server_init(&v, INADDR_LOOPBACK);
		for (int i = 0; i < 4; i++)
			fd[i] = client(&v);
		for (int i = 0; i < 20; i++)
			put(fd[i % 4], 'e', (size_t)(10 + i / 8), (char)i);
		wire.take = take;
		wire.refuse_next = take % 3;
		turns(&v);
		wire.refuse_next = 2;
		for (int i = 0; i < 20; i++)
			put(fd[i / 5], 'e', 30, (char)(20 + i));
		for (int i = 0; i < 8; i++)
			turns(&v);
		for (int i = 0; i < 20; i++)
			got(fd[i % 4], (size_t)(10 + i / 8), (char)i);
		for (int i = 0; i < 20; i++)
			got(fd[i / 5], 30, (char)(20 + i));
		for (int i = 0; i < 4; i++) {
			got_nothing(fd[i]);
			close(fd[i]);
		}
		assert_int_equal(v.lost, 0);
		server_fini(&v);
	}
}

/* A refusal is its own peer's: the others hear nothing of it. */
static void forbidden_to_one(void **state)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	struct server v;
	int a, b;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	b = client(&v);
	assert_int_equal(getsockname(a, (struct sockaddr *)&own, &len), 0);
	wire.forbid = ntohs(own.sin_port);
	put(b, 'e', 10, '1');
	put(a, 'e', 10, '2');
	put(a, 'e', 20, '3');
	put(b, 'e', 10, '4');
	put(a, 'e', 10, '5');
	put(b, 'e', 10, '6');
	turns(&v);
	got(b, 10, '1');
	got(b, 10, '4');
	got(b, 10, '6');
	got_nothing(a);
	assert_int_equal(v.lost, 1);
	assert_int_equal(v.reason.sys, EPERM);
	close(a);
	close(b);
	server_fini(&v);
}

static void what_was_written_before_too_long(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	put(a, 'l', 10, '1');
	turns(&v);
	got(a, 3, 'e');
	got(a, 3, 'o');
	got_nothing(a);
	assert_int_equal(v.lost, 1);
	assert_int_equal(v.reason.code, TWC_ETOOLONG);
	close(a);
	server_fini(&v);
}

static void more_peers_than_a_batch(void **state)
{
	enum { PEERS = 100 };
	struct server v;
	int fd[PEERS];

	server_init(&v, INADDR_LOOPBACK);
	for (int i = 0; i < PEERS; i++)
		fd[i] = client(&v);
	for (int i = 0; i < 2 * PEERS; i++)
		put(fd[i % PEERS], 'e', 10, (char)i);
	turns(&v);
	for (int i = 0; i < 2 * PEERS; i++)
		got(fd[i % PEERS], 10, (char)i);
	assert_int_equal(v.sessions, PEERS);
	assert_in_range(wire.calls, 1, 2 * PEERS / 64 + 2);
	for (int i = 0; i < PEERS; i++)
		close(fd[i]);
	server_fini(&v);
}

/* ---- addresses ---- */

/* One peer asks at two of our addresses: each answer leaves from the one that was asked. */
static void each_from_the_address_asked(void **state)
{
	struct server v;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	server_init(&v, INADDR_ANY);
	for (uint32_t i = 0; i < 20; i++) {
		struct sockaddr_in to = v.addr.u.in;
		char what[2] = { 'e', (char)i };

		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + i / 3 % 2);
		assert_int_equal(sendto(fd, what, 2, 0, (struct sockaddr *)&to, sizeof(to)), 2);
	}
	turns(&v);
	for (uint32_t i = 0; i < 20; i++) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		char what[3];

		assert_int_equal(recvfrom(fd, what, 3, MSG_DONTWAIT, (struct sockaddr *)&from, &len), 2);
		assert_int_equal(what[1], i);
		assert_int_equal(ntohl(from.sin_addr.s_addr), INADDR_LOOPBACK + 1 + i / 3 % 2);
	}
	assert_int_equal(v.sessions, 1);
	close(fd);
	server_fini(&v);
}

static void over_ipv6(void **state)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct sockaddr_in6 one = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct server v;
	int a = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has_ipv6 = a >= 0 && bind(a, (struct sockaddr *)&one, sizeof(one)) == 0;

	if (a >= 0)
		close(a);
	if (!has_ipv6)
		skip();
	server_listen(&v, (struct sockaddr *)&any, sizeof(any));
	v.addr.u.in6.sin6_addr = in6addr_loopback;
	a = client(&v);
	for (int i = 0; i < 10; i++)
		put(a, 'e', 1000, (char)i);
	put(a, 'e', 65507, 'z');
	(void)put_cut(a, 'e', 100, 250);
	turns(&v);
	for (int i = 0; i < 10; i++)
		got(a, 1000, (char)i);
	got(a, 65507, 'z');
	if (v.n > 11) {
		got(a, 100, 'A');
		got(a, 100, 'B');
		got(a, 50, 'C');
	}
	got_nothing(a);
	close(a);
	server_fini(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merged_ones_come_apart),
		cmocka_unit_test(a_mix_of_sizes),
		cmocka_unit_test(a_session_ends_in_the_middle),
		cmocka_unit_test(another_ends_in_the_middle),
		cmocka_unit_test(the_port_goes_in_the_middle),
		cmocka_unit_test(a_pause_in_the_middle),
		cmocka_unit_test(equal_ones_leave_as_one),
		cmocka_unit_test(more_than_a_message),
		cmocka_unit_test(no_cutting),
		cmocka_unit_test(full_in_the_middle),
		cmocka_unit_test(forbidden_to_one),
		cmocka_unit_test(what_was_written_before_too_long),
		cmocka_unit_test(more_peers_than_a_batch),
		cmocka_unit_test(each_from_the_address_asked),
		cmocka_unit_test(over_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
