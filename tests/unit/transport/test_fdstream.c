/* SPDX-License-Identifier: MIT */
/* Sockets as transports: what a foreign peer sees, and what its ends look like from here. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <twc/transport.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/probe.h"
#include "support/sockets.h"
#include "transport/transport_int.h"

struct rig {
	struct twc_reactor *r;
	struct probe p;
	int peer;
};

static void rig_init(struct rig *g, const int fd[2])
{
	g->r = loop_real();
	probe_init(&g->p);
	g->peer = fd[1];
	assert_non_null(twc_transport_from_socket(g->r, fd[0], probe_protocol(&g->p), NULL));
}

static void turns(struct rig *g, int n)
{
	while (n--)
		twc_reactor_step(g->r);
}

static void rig_fini(struct rig *g)
{
	if (!g->p.is_lost)
		twc_transport_abort(g->p.base.transport);
	turns(g, 3);
	probe_fini(&g->p);
	twc_reactor_free(g->r);
	if (g->peer >= 0)
		close(g->peer);
}

static void close_peer(struct rig *g)
{
	close(g->peer);
	g->peer = -1;
}

static void reset_peer(struct rig *g)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	assert_int_equal(setsockopt(g->peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close_peer(g);
}

static void both_ways(void **state)
{
	struct rig g;
	int fd[2];
	char buf[32] = "";
	struct twc_addr host, peer;
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	sockets_tcp(fd);
	rig_init(&g, fd);
	sockets_send(g.peer, "ping", 4);
	turns(&g, 2);
	assert_string_equal(g.p.got, "ping");
	twc_transport_write(g.p.base.transport, "po", 2);
	twc_transport_write(g.p.base.transport, "ng", 2);
	turns(&g, 1);
	assert_int_equal(recv(g.peer, buf, sizeof(buf), MSG_DONTWAIT), 4); /* in one segment */
	assert_string_equal(buf, "pong");
	twc_transport_host(g.p.base.transport, &host);
	twc_transport_peer(g.p.base.transport, &peer);
	assert_true(host.kind == TWC_ADDR_TCP && twc_addr_eq_host(&host, &peer));
	assert_int_equal(getsockname(g.peer, (struct sockaddr *)&in, &len), 0);
	assert_int_equal(twc_addr_port(&peer), ntohs(in.sin_port));
	rig_fini(&g);
}

static void small_writes_leave_together(void **state)
{
	struct rig g;
	int fd[2];
	char buf[64];

	sockets_unix(fd, SOCK_SEQPACKET); /* a record is a system call; told that it is a stream */
	g.r = loop_real();
	probe_init(&g.p);
	g.peer = fd[1];
	assert_non_null(twc__transport_from_socket(g.r, fd[0], TWC_ADDR_UNIX, NULL, 0, probe_protocol(&g.p)));
	for (int i = 0; i < 10; i++)
		twc_transport_write(g.p.base.transport, "abc", 3);
	turns(&g, 1);
	assert_int_equal(recv(g.peer, buf, sizeof(buf), MSG_DONTWAIT), 30);
	assert_true(recv(g.peer, buf, sizeof(buf), MSG_DONTWAIT) < 0);
	rig_fini(&g);
}

static void records_stay_apart(void **state)
{
	struct rig g;
	int fd[2];
	char buf[64];

	sockets_unix(fd, SOCK_SEQPACKET);
	rig_init(&g, fd);
	assert_false(twc_transport_is_datagram(g.p.base.transport)); /* it has an end */
	twc_transport_write(g.p.base.transport, "abc", 3);
	twc_transport_write(g.p.base.transport, "de", 2);
	sockets_send(g.peer, "one", 3);
	sockets_send(g.peer, "two", 3);
	turns(&g, 2);
	assert_int_equal(recv(g.peer, buf, sizeof(buf), MSG_DONTWAIT), 3);
	assert_int_equal(recv(g.peer, buf, sizeof(buf), MSG_DONTWAIT), 2);
	assert_string_equal(g.p.got, "onetwo");
	twc_transport_write_eof(g.p.base.transport);
	turns(&g, 1);
	assert_int_equal(recv(g.peer, buf, sizeof(buf), MSG_DONTWAIT), 0);
	assert_false(g.p.is_lost);
	close_peer(&g);
	turns(&g, 3);
	assert_true(g.p.is_lost);
	rig_fini(&g);
}

static void large_and_small_keep_their_order(void **state)
{
	struct rig g;
	int fd[2], small = 65536;
	size_t n = 3 * 1000 * 1000, at = 0;
	char *want = malloc(n + 100), *got = malloc(n + 100);

	sockets_tcp(fd);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	rig_init(&g, fd);
	for (size_t i = 0; i < n; i++)
		want[i] = (char)(i * 7 + i / 251);
	while (at < n) {
		size_t k = at % 3 ? 40000 : 13;

		if (k > n - at)
			k = n - at;
		twc_transport_write(g.p.base.transport, want + at, k);
		at += k;
	}
	twc_transport_write_eof(g.p.base.transport);
	assert_true(twc_transport_is_full(g.p.base.transport));
	at = 0;
	while (at < n) {
		ssize_t k = recv(g.peer, got + at, n - at, MSG_DONTWAIT);

		if (k > 0)
			at += (size_t)k;
		turns(&g, 1);
	}
	assert_memory_equal(got, want, n);
	assert_int_equal(recv(g.peer, got, 1, 0), 0); /* FIN after the last byte */
	assert_int_equal(g.p.drains, 1);
	free(want);
	free(got);
	rig_fini(&g);
}

/* The kernel takes what fits its buffers; what it has passed on is another matter. */
static void delivered_is_what_the_peer_has(void **state)
{
	static char big[1024 * 1024], got[64 * 1024];
	struct twc_transport *t;
	uint64_t before;
	struct rig g;
	int fd[2], small = 4096;

	sockets_tcp(fd);
	assert_int_equal(setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	rig_init(&g, fd);
	t = g.p.base.transport;
	assert_int_equal(twc__transport_delivered(t), 0);
	twc_transport_write(t, big, sizeof(big));
	turns(&g, 2);
	before = twc__transport_delivered(t);
	assert_true(before < twc_transport_bytes_out(t));
	for (size_t n = 0; n < 512 * 1024;) {
		ssize_t k = recv(g.peer, got, sizeof(got), 0);

		assert_true(k > 0);
		n += (size_t)k;
	}
	assert_true(twc__transport_delivered(t) > before);
	rig_fini(&g);
}

static void a_kept_address_outlives_the_connection(void **state)
{
	struct twc_addr kept, peer;
	struct rig g;
	int fd[2];

	sockets_tcp(fd);
	rig_init(&g, fd);
	twc_transport_peer(g.p.base.transport, &peer);
	twc__transport_keep_peer(g.p.base.transport);
	twc_transport_ref(g.p.base.transport);
	reset_peer(&g);
	turns(&g, 3);
	assert_true(g.p.is_lost);
	twc_transport_peer(g.p.base.transport, &kept);
	assert_true(twc_addr_eq(&kept, &peer));
	twc_transport_unref(g.p.base.transport);
	rig_fini(&g);
}

static void a_reset_is_an_error(void **state)
{
	struct rig g;
	int fd[2];

	sockets_tcp(fd);
	rig_init(&g, fd);
	reset_peer(&g);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, TWC_ERESET);
	assert_non_null(strstr(g.p.reason.text, "ECONNRESET"));
	rig_fini(&g);
}

/* As a splice does that had moved something before it met it. */
static void a_reset_whose_error_was_taken_is_one(void **state)
{
	int fd[2], so_err = 0;
	socklen_t len = sizeof(so_err);
	struct rig g;

	sockets_tcp(fd);
	rig_init(&g, fd);
	reset_peer(&g);
	assert_int_equal(getsockopt(fd[0], SOL_SOCKET, SO_ERROR, &so_err, &len), 0);
	assert_int_equal(so_err, ECONNRESET);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, TWC_ERESET);
	rig_fini(&g);
}

/* What had come is read, but the peer has not ended its half: nobody is told so. */
static void a_reset_that_a_write_met_is_no_end(void **state)
{
	struct rig g;
	int fd[2];

	sockets_tcp(fd);
	rig_init(&g, fd);
	sockets_send(g.peer, "partial", 7);
	reset_peer(&g);
	twc_transport_write(g.p.base.transport, "x", 1);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, TWC_ERESET);
	assert_false(g.p.has_eof);
	rig_fini(&g);
}

static void a_reset_while_paused_is_found_at_resume(void **state)
{
	struct rig g;
	int fd[2];

	sockets_tcp(fd);
	rig_init(&g, fd);
	sockets_send(g.peer, "last words", 10);
	twc_transport_pause(g.p.base.transport);
	reset_peer(&g);
	turns(&g, 5);
	assert_false(g.p.is_lost);
	twc_transport_resume(g.p.base.transport);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, TWC_ERESET);
	rig_fini(&g);
}

static void lose(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static void what_came_before_a_broken_write_is_read(void **state)
{
	struct rig g;
	int fd[2];

	sockets_unix(fd, SOCK_STREAM);
	rig_init(&g, fd);
	sockets_send(g.peer, "the answer", 10);
	close_peer(&g);
	twc_transport_write(g.p.base.transport, "too late", 8); /* EPIPE */
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_string_equal(g.p.got, "the answer");
	assert_int_equal(g.p.reason.code, TWC_ERESET);
	rig_fini(&g);
}

static void a_unix_peer_that_is_gone_is_noticed(void **state)
{
	struct rig g;
	int fd[2];

	sockets_unix(fd, SOCK_STREAM);
	rig_init(&g, fd);
	close_peer(&g);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_true(g.p.has_eof);
	assert_int_equal(g.p.reason.code, 0); /* nothing of ours was refused */
	rig_fini(&g);
}

static void a_unix_peer_that_half_closed_is_not(void **state)
{
	struct rig g;
	int fd[2];

	sockets_unix(fd, SOCK_STREAM);
	rig_init(&g, fd);
	shutdown(g.peer, SHUT_WR);
	assert_true(loop_until(g.r, &g.p.has_eof));
	turns(&g, 5);
	assert_false(g.p.is_lost);
	rig_fini(&g);
}

/* Closing with unread input would make the kernel reset the connection and destroy the answer on its way. */
static void an_early_close_does_not_destroy_the_answer(void **state)
{
	struct rig g;
	int fd[2];
	size_t n = 1000000;
	char *buf = calloc(1, n);

	sockets_tcp(fd);
	rig_init(&g, fd);
	sockets_send(g.peer, buf, 1000);
	twc_transport_pause(g.p.base.transport);
	twc_transport_write(g.p.base.transport, buf, n);
	twc_transport_lose(g.p.base.transport);
	turns(&g, 10);
	size_t at = 0;
	while (at < n) {
		ssize_t k = recv(g.peer, buf, n, MSG_DONTWAIT);

		if (k > 0)
			at += (size_t)k;
		turns(&g, 1);
	}
	sockets_send(g.peer, buf, 1000); /* still talking */
	turns(&g, 2);
	assert_int_equal(sockets_read_all(g.peer, buf, 10), 0); /* FIN, no reset */
	close_peer(&g);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, 0);
	assert_int_equal(g.p.n, 0);
	free(buf);
	rig_fini(&g);
}

static void abort_sends_a_reset(void **state)
{
	struct rig g;
	int fd[2];
	char c;

	sockets_tcp(fd);
	rig_init(&g, fd);
	twc_transport_abort(g.p.base.transport);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_true(recv(g.peer, &c, 1, 0) < 0);
	rig_fini(&g);
}

static void confirm_waits_for_the_peers_kernel(void **state)
{
	struct rig g;
	int fd[2];

	sockets_tcp(fd);
	rig_init(&g, fd);
	g.p.on_eof = lose;
	twc_transport_confirm(g.p.base.transport);
	twc_transport_write(g.p.base.transport, "delivered", 9);
	twc_transport_write_eof(g.p.base.transport);
	turns(&g, 2);
	close_peer(&g); /* with unread input: resets */
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, TWC_ERESET);
	rig_fini(&g);

	sockets_tcp(fd);
	rig_init(&g, fd);
	g.p.on_eof = lose;
	twc_transport_confirm(g.p.base.transport);
	twc_transport_write(g.p.base.transport, "delivered", 9);
	twc_transport_write_eof(g.p.base.transport);
	turns(&g, 2);
	char buf[16];
	assert_int_equal(sockets_read_all(g.peer, buf, sizeof(buf)), 9);
	close_peer(&g);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, 0);
	rig_fini(&g);
}

/* More than the peer's window holds, all of it taken by our kernel: the end waits until the peer reads, or breaks. */
static void confirm_waits_for_what_is_on_its_way(bool breaks)
{
	enum { SIZE = 150000 };
	char *big = calloc(1, SIZE);
	struct rig g;
	int fd[2], room = 1 << 20, little = 4096;

	sockets_tcp(fd);
	assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	assert_int_equal(setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &little, sizeof(little)), 0);
	rig_init(&g, fd);
	twc_transport_confirm(g.p.base.transport);
	twc_transport_no_linger(g.p.base.transport);
	twc_transport_write(g.p.base.transport, big, SIZE);
	twc_transport_lose(g.p.base.transport);
	for (int i = 0; i < SIZE && twc_transport_queued(g.p.base.transport); i++)
		turns(&g, 1);
	turns(&g, 2);
	assert_int_equal(twc_transport_queued(g.p.base.transport), 0);
	assert_false(g.p.is_lost);
	if (breaks)
		reset_peer(&g);
	else
		assert_int_equal(sockets_read_all(g.peer, big, SIZE), SIZE);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, breaks ? TWC_ERESET : 0);
	rig_fini(&g);
	free(big);
}

static void confirm_while_the_window_is_shut(void **state)
{
	confirm_waits_for_what_is_on_its_way(false);
}

static void confirm_tells_of_a_reset_before_the_last_byte(void **state)
{
	confirm_waits_for_what_is_on_its_way(true);
}

static void datagrams_keep_their_borders(void **state)
{
	struct rig g;
	int fd[2];
	char *buf = calloc(1, 70000);

	sockets_unix(fd, SOCK_DGRAM);
	rig_init(&g, fd);
	assert_true(twc_transport_is_datagram(g.p.base.transport));
	assert_int_equal(send(g.peer, "one", 3, 0), 3);
	assert_int_equal(send(g.peer, "", 0, 0), 0);
	assert_int_equal(send(g.peer, buf, 65507, 0), 65507);
	turns(&g, 3);
	assert_int_equal(g.p.datas, 3);
	assert_int_equal(g.p.n, 3 + 65507);
	twc_transport_write(g.p.base.transport, "a", 1);
	twc_transport_write(g.p.base.transport, "bc", 2);
	twc_transport_write(g.p.base.transport, "", 0);
	turns(&g, 1);
	assert_int_equal(recv(g.peer, buf, 100, MSG_DONTWAIT), 1);
	assert_int_equal(recv(g.peer, buf, 100, MSG_DONTWAIT), 2);
	assert_int_equal(recv(g.peer, buf, 100, MSG_DONTWAIT), 0);
	twc_transport_write(g.p.base.transport, buf, 65508);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, TWC_ETOOLONG);
	free(buf);
	rig_fini(&g);
}

static void datagrams_wait_for_room(void **state)
{
	struct rig g;
	int fd[2], small = 4096;
	char buf[1000] = { 0 };
	unsigned got = 0;

	sockets_unix(fd, SOCK_DGRAM);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	rig_init(&g, fd);
	for (int i = 0; i < 50; i++) {
		buf[0] = (char)i;
		twc_transport_write(g.p.base.transport, buf, (size_t)(i + 1));
	}
	assert_true(twc_transport_queued(g.p.base.transport) > 0);
	for (int tries = 0; got < 50 && tries < 1000; tries++) {
		ssize_t n = recv(g.peer, buf, sizeof(buf), MSG_DONTWAIT);

		if (n >= 0) {
			assert_int_equal(n, got + 1);
			assert_int_equal(buf[0], (char)got);
			got++;
		}
		turns(&g, 1);
	}
	assert_int_equal(got, 50);
	rig_fini(&g);
}

static void not_a_socket(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_err err = { 0 };
	struct probe p;
	int fd = sockets_file("x", 1);

	probe_init(&p);
	assert_null(twc_transport_from_socket(r, fd, probe_protocol(&p), &err));
	assert_int_equal(err.code, TWC_EUSAGE);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* owned, also on failure */
	assert_false(p.is_made);
	twc_reactor_free(r);
}

/* Whoever says that nothing more will come is not waited for, and yet gets everything. */
static void at_once_is_after_the_last_byte(void **state)
{
	struct rig g;
	int fd[2];
	char buf[32];

	sockets_tcp(fd);
	rig_init(&g, fd);
	twc_transport_write(g.p.base.transport, "answer", 6);
	twc__transport_lose_at_once(g.p.base.transport);
	turns(&g, 2);
	assert_true(g.p.is_lost);
	assert_int_equal(g.p.reason.code, 0);
	assert_int_equal(recv(g.peer, buf, sizeof(buf), 0), 6);
	assert_int_equal(recv(g.peer, buf, sizeof(buf), 0), 0);
	rig_fini(&g);
}

static void at_once_is_not_before_a_slow_reader_has_it(void **state)
{
	size_t n = 24 * 1024 * 1024, have = 0;
	char *big = calloc(1, n);
	struct rig g;
	int fd[2];

	sockets_tcp(fd);
	rig_init(&g, fd);
	twc_transport_write(g.p.base.transport, big, n);
	twc_transport_write(g.p.base.transport, "end", 3);
	twc__transport_lose_at_once(g.p.base.transport);
	turns(&g, 3);
	assert_false(g.p.is_lost);
	for (ssize_t k = 1; k; have += (size_t)k) {
		k = recv(g.peer, big, n, MSG_DONTWAIT);
		if (k >= 0)
			continue;
		assert_int_equal(errno, EAGAIN);
		turns(&g, 1);
		k = recv(g.peer, big, 1, 0);
		assert_true(k >= 0);
	}
	assert_int_equal(have, n + 3);
	turns(&g, 2);
	assert_true(g.p.is_lost);
	assert_int_equal(g.p.reason.code, 0);
	free(big);
	rig_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(small_writes_leave_together),
		cmocka_unit_test(records_stay_apart),
		cmocka_unit_test(large_and_small_keep_their_order),
		cmocka_unit_test(delivered_is_what_the_peer_has),
		cmocka_unit_test(a_kept_address_outlives_the_connection),
		cmocka_unit_test(a_reset_is_an_error),
		cmocka_unit_test(a_reset_whose_error_was_taken_is_one),
		cmocka_unit_test(a_reset_that_a_write_met_is_no_end),
		cmocka_unit_test(a_reset_while_paused_is_found_at_resume),
		cmocka_unit_test(what_came_before_a_broken_write_is_read),
		cmocka_unit_test(a_unix_peer_that_is_gone_is_noticed),
		cmocka_unit_test(a_unix_peer_that_half_closed_is_not),
		cmocka_unit_test(an_early_close_does_not_destroy_the_answer),
		cmocka_unit_test(abort_sends_a_reset),
		cmocka_unit_test(at_once_is_after_the_last_byte),
		cmocka_unit_test(at_once_is_not_before_a_slow_reader_has_it),
		cmocka_unit_test(confirm_waits_for_the_peers_kernel),
		cmocka_unit_test(confirm_while_the_window_is_shut),
		cmocka_unit_test(confirm_tells_of_a_reset_before_the_last_byte),
		cmocka_unit_test(datagrams_keep_their_borders),
		cmocka_unit_test(datagrams_wait_for_room),
		cmocka_unit_test(not_a_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
