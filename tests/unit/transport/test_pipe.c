/* SPDX-License-Identifier: MIT */
/* Bytes from one transport to another: every pair of kinds gives the same bytes, in order, with flow control. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <twc/transport.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/probe.h"
#include "support/sockets.h"
#include "transport/transport_priv.h"

static void pass_eof_on(struct probe *p)
{
	struct probe *other = p->arg;

	if (!other->is_lost)
		twc_transport_write_eof(other->base.transport);
}

struct relay {
	struct twc_reactor *r;
	struct probe src, dst;
};

static void relay_init(struct relay *y)
{
	y->r = loop_real();
	probe_init(&y->src);
	probe_init(&y->dst);
	y->src.on_eof = pass_eof_on;
	y->src.arg = &y->dst;
}

static void relay_link(struct relay *y)
{
	twc_transport_pipe(y->src.base.transport, y->dst.base.transport);
}

static void relay_fini(struct relay *y)
{
	if (!y->src.is_lost)
		twc_transport_abort(y->src.base.transport);
	if (!y->dst.is_lost)
		twc_transport_abort(y->dst.base.transport);
	for (int i = 0; i < 3; i++)
		twc_reactor_step(y->r);
	probe_fini(&y->src);
	probe_fini(&y->dst);
	twc_reactor_free(y->r);
}

static char pattern(size_t i)
{
	return (char)(i * 31 + i / 65521);
}

/* Feeds `n` bytes of the pattern into `in`, expects them at `out`; both non-blocking. */
static void pump(struct relay *y, int in, int out, size_t n, size_t piece)
{
	static char buf[1 << 20];
	size_t sent = 0, got = 0;

	fcntl(in, F_SETFL, O_NONBLOCK);
	fcntl(out, F_SETFL, O_NONBLOCK);
	while (got < n) {
		size_t k = n - sent < piece ? n - sent : piece;
		ssize_t m;

		for (size_t i = 0; i < k; i++)
			buf[i] = pattern(sent + i);
		m = k ? write(in, buf, k) : 0;
		if (m > 0)
			sent += (size_t)m;
		if (sent == n && in >= 0) {
			close(in);
			in = -1;
			n = sent;
		}
		twc_reactor_step(y->r);
		m = read(out, buf, sizeof(buf));
		for (ssize_t i = 0; i < m; i++)
			assert_int_equal(buf[i], pattern(got + (size_t)i));
		if (m > 0)
			got += (size_t)m;
	}
	for (int i = 0; i < 4; i++)
		twc_reactor_step(y->r);
	assert_int_equal(read(out, buf, 1), 0); /* the end was passed on, after the last byte */
}

static void check_sockets(size_t n, size_t piece, int type)
{
	struct relay y;
	int in[2], out[2];

	relay_init(&y);
	if (type) {
		sockets_unix(in, SOCK_STREAM);
		sockets_unix(out, SOCK_STREAM);
	} else {
		sockets_tcp(in);
		sockets_tcp(out);
	}
	assert_non_null(twc_transport_from_socket(y.r, in[0], probe_protocol(&y.src), NULL));
	assert_non_null(twc_transport_from_socket(y.r, out[0], probe_protocol(&y.dst), NULL));
	relay_link(&y);
	pump(&y, in[1], out[1], n, piece);
	if (!y.dst.is_lost)
		assert_int_equal(twc_transport_bytes_out(y.dst.base.transport), n);
	assert_int_equal(y.src.n, 0);
	close(out[1]);
	relay_fini(&y);
}

static void sockets_small(void **state)
{
	check_sockets(1000, 10, 0);
	check_sockets(1000, 10, 1);
}

static void sockets_bulk(void **state)
{
	check_sockets(20 * 1000 * 1000, 1 << 20, 0);
	check_sockets(20 * 1000 * 1000, 1 << 20, 1);
}

static void bulk_borrows_a_pipe_and_small_gives_it_back(void **state)
{
	struct relay y;
	int in[2], out[2];
	static char buf[1 << 20];
	bool spliced = false;

	relay_init(&y);
	sockets_tcp(in);
	sockets_tcp(out);
	assert_non_null(twc_transport_from_socket(y.r, in[0], probe_protocol(&y.src), NULL));
	assert_non_null(twc_transport_from_socket(y.r, out[0], probe_protocol(&y.dst), NULL));
	relay_link(&y);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[1], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 200 && !spliced; i++) {
		(void)!write(in[1], buf, sizeof(buf));
		twc_reactor_step(y.r);
		(void)!read(out[1], buf, sizeof(buf));
		spliced = y.src.base.transport->x->mode == TWC__PIPE_VIA;
	}
	assert_true(spliced);
	for (int i = 0; i < 2000 && spliced; i++) {
		(void)!read(out[1], buf, sizeof(buf));
		if (i > 200)
			(void)!write(in[1], buf, 10);
		twc_reactor_step(y.r);
		spliced = y.src.base.transport->x->mode == TWC__PIPE_VIA;
	}
	assert_false(spliced);
	assert_int_equal(y.dst.base.transport->x->kp.rd, -1); /* an idle relay holds no pipe */
	close(in[1]);
	close(out[1]);
	relay_fini(&y);
}

static void file_to_socket(void **state)
{
	struct relay y;
	size_t n = 5000000;
	char *want = malloc(n), *got = malloc(n + 1);
	int out[2], file;

	for (size_t i = 0; i < n; i++)
		want[i] = pattern(i);
	file = sockets_file(want, n);
	relay_init(&y);
	sockets_tcp(out);
	fcntl(out[1], F_SETFL, O_NONBLOCK);
	assert_non_null(twc_transport_from_stdio(y.r, file, -1, true, "file", probe_protocol(&y.src), NULL));
	assert_non_null(twc_transport_from_socket(y.r, out[0], probe_protocol(&y.dst), NULL));
	relay_link(&y);
	assert_int_equal(y.src.base.transport->x->mode,
			 twc__tlayer(y.r)->dbg_read_max ? TWC__PIPE_COPY : TWC__PIPE_SENDFILE);
	size_t at = 0;
	for (int idle = 0; idle < 50000; idle++) {
		ssize_t k = read(out[1], got + at, n + 1 - at);

		if (k > 0)
			at += (size_t)k;
		if (k == 0)
			break;
		twc_reactor_step(y.r);
	}
	assert_int_equal(at, n);
	assert_memory_equal(got, want, n);
	free(want);
	free(got);
	close(out[1]);
	relay_fini(&y);
}

static void pipe_to_socket_and_back(void **state)
{
	struct relay y;
	int in[2], out[2];

	relay_init(&y);
	sockets_pipe(in);
	sockets_tcp(out);
	assert_non_null(twc_transport_from_stdio(y.r, in[0], -1, true, "in", probe_protocol(&y.src), NULL));
	assert_non_null(twc_transport_from_socket(y.r, out[0], probe_protocol(&y.dst), NULL));
	relay_link(&y);
	pump(&y, in[1], out[1], 3000000, 1 << 17);
	close(out[1]);
	relay_fini(&y);

	relay_init(&y);
	sockets_tcp(in);
	sockets_pipe(out);
	assert_non_null(twc_transport_from_socket(y.r, in[0], probe_protocol(&y.src), NULL));
	assert_non_null(twc_transport_from_stdio(y.r, -1, out[1], true, "out", probe_protocol(&y.dst), NULL));
	relay_link(&y);
	pump(&y, in[1], out[0], 3000000, 1 << 17);
	close(out[0]);
	relay_fini(&y);
}

static void the_source_waits_for_a_slow_destination(void **state)
{
	struct relay y;
	int in[2], out[2];
	static char buf[1 << 16];
	size_t sent = 0;

	relay_init(&y);
	sockets_tcp(in);
	sockets_tcp(out);
	assert_non_null(twc_transport_from_socket(y.r, in[0], probe_protocol(&y.src), NULL));
	assert_non_null(twc_transport_from_socket(y.r, out[0], probe_protocol(&y.dst), NULL));
	relay_link(&y);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	for (int full = 0; full < 100;) { /* nobody reads at the far end */
		ssize_t k = write(in[1], buf, sizeof(buf));

		full = k > 0 ? 0 : full + 1;
		sent += k > 0 ? (size_t)k : 0;
		twc_reactor_step(y.r);
	}
	assert_true(twc_transport_queued(y.dst.base.transport) <= TWC__MARK_HIGH + TWC__READ_BUF);
	assert_true(sent > 0);
	close(in[1]);
	fcntl(out[1], F_SETFL, O_NONBLOCK);
	for (size_t got = 0; got < sent;) {
		ssize_t k = read(out[1], buf, sizeof(buf));

		got += k > 0 ? (size_t)k : 0;
		twc_reactor_step(y.r);
	}
	close(out[1]);
	relay_fini(&y);
}

/* One direction of the test below: what was written at one far end and read at the other. */
struct flow {
	int in, out;
	size_t sent, got;
};

static void flow_write(struct flow *f, size_t n)
{
	static char buf[1 << 20];
	ssize_t k;

	for (size_t i = 0; i < n; i++)
		buf[i] = pattern(f->sent + i);
	k = write(f->in, buf, n);
	f->sent += k > 0 ? (size_t)k : 0;
}

static ssize_t flow_read(struct flow *f, size_t n)
{
	static char buf[1 << 20];
	ssize_t k = read(f->out, buf, n);

	for (ssize_t i = 0; i < k; i++)
		assert_int_equal(buf[i], pattern(f->got + (size_t)i));
	f->got += k > 0 ? (size_t)k : 0;
	return k;
}

/* Both directions at once, stalls and pauses at random: whatever mode is entered and left, no byte and no end is
 * lost, and nothing waits for an event that has been. */
static void stalls_and_pauses_lose_nothing(void **state)
{
	for (unsigned seed = 1; seed <= 4; seed++) {
		unsigned rnd = seed;
		struct relay y;
		int a[2], b[2];
		bool spliced = false;

		relay_init(&y);
		sockets_tcp(a);
		sockets_tcp(b);
		assert_non_null(twc_transport_from_socket(y.r, a[0], probe_protocol(&y.src), NULL));
		assert_non_null(twc_transport_from_socket(y.r, b[0], probe_protocol(&y.dst), NULL));
		y.dst.on_eof = pass_eof_on;
		y.dst.arg = &y.src;
		relay_link(&y);
		twc_transport_pipe(y.dst.base.transport, y.src.base.transport);
		fcntl(a[1], F_SETFL, O_NONBLOCK);
		fcntl(b[1], F_SETFL, O_NONBLOCK);
		struct flow up = { .in = a[1], .out = b[1] }, down = { .in = b[1], .out = a[1] };

		for (int i = 0; i < 500; i++) {
			struct probe *p = rand_r(&rnd) % 2 ? &y.src : &y.dst;

			flow_write(&up, (size_t)(rand_r(&rnd) % 600000));
			if (rand_r(&rnd) % 3 == 0)
				flow_write(&down, (size_t)(rand_r(&rnd) % (i % 200 < 100 ? 100 : 1000000)));
			if (rand_r(&rnd) % 20 == 0)
				twc_transport_pause(p->base.transport);
			twc_reactor_step(y.r);
			spliced = spliced || y.src.base.transport->x->mode == TWC__PIPE_VIA;
			while (y.src.base.transport->pauses)
				twc_transport_resume(y.src.base.transport);
			while (y.dst.base.transport->pauses)
				twc_transport_resume(y.dst.base.transport);
			if (rand_r(&rnd) % 4)
				flow_read(&up, (size_t)(rand_r(&rnd) % 1000000));
			if (rand_r(&rnd) % 4)
				flow_read(&down, (size_t)(rand_r(&rnd) % 1000000));
		}
		assert_true(spliced || twc__tlayer(y.r)->dbg_read_max);
		shutdown(a[1], SHUT_WR);
		shutdown(b[1], SHUT_WR);
		bool more[2] = { true, true };
		for (int i = 0; (more[0] || more[1]) && i < 200000; i++) {
			twc_reactor_step(y.r);
			more[0] = more[0] && flow_read(&up, 1 << 20) != 0;
			more[1] = more[1] && flow_read(&down, 1 << 20) != 0;
		}
		assert_false(more[0] || more[1]);
		assert_int_equal(up.got, up.sent);
		assert_int_equal(down.got, down.sent);
		close(a[1]);
		close(b[1]);
		relay_fini(&y);
	}
}

static void memory_and_pauses(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct probe a, src, dst, z;

	probe_init(&a);
	probe_init(&src);
	probe_init(&dst);
	probe_init(&z);
	twc_transport_pair(r, 100, probe_protocol(&a), probe_protocol(&src));
	twc_transport_pair(r, 100, probe_protocol(&dst), probe_protocol(&z));
	src.on_eof = pass_eof_on;
	src.arg = &dst;
	twc_transport_pipe(src.base.transport, dst.base.transport);
	twc_transport_pause(z.base.transport);
	char *big = calloc(1, 5000);
	twc_transport_write(a.base.transport, big, 5000);
	twc_transport_write_eof(a.base.transport);
	twc_reactor_advance(r, 0);
	assert_int_equal(z.n, 0);
	assert_true(twc_transport_queued(dst.base.transport) <= 100); /* the rest waits at its origin */
	twc_transport_resume(z.base.transport);
	twc_reactor_advance(r, 0);
	assert_int_equal(z.n, 5000);
	assert_true(z.has_eof);
	assert_int_equal(src.n, 0);
	/* Unlinked, the protocol hears its bytes again. */
	twc_transport_pipe(dst.base.transport, src.base.transport);
	twc_transport_pipe(dst.base.transport, NULL);
	twc_transport_write(z.base.transport, "heard", 5);
	twc_reactor_advance(r, 0);
	assert_string_equal(dst.got, "heard");
	free(big);
	twc_transport_abort(a.base.transport);
	twc_transport_abort(z.base.transport);
	twc_transport_abort(src.base.transport);
	twc_transport_abort(dst.base.transport);
	twc_reactor_advance(r, 0);
	probe_fini(&a);
	probe_fini(&src);
	probe_fini(&dst);
	probe_fini(&z);
	twc_reactor_free(r);
}

static void the_link_ends_with_either_side(void **state)
{
	struct relay y;
	int in[2], out[2];

	relay_init(&y);
	sockets_tcp(in);
	sockets_tcp(out);
	assert_non_null(twc_transport_from_socket(y.r, in[0], probe_protocol(&y.src), NULL));
	assert_non_null(twc_transport_from_socket(y.r, out[0], probe_protocol(&y.dst), NULL));
	relay_link(&y);
	twc_transport_abort(y.dst.base.transport);
	assert_true(loop_until(y.r, &y.dst.is_lost));
	sockets_send(in[1], "late", 4);
	for (int i = 0; i < 3; i++)
		twc_reactor_step(y.r);
	assert_string_equal(y.src.got, "late");
	close(in[1]);
	close(out[1]);
	relay_fini(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_small),
		cmocka_unit_test(sockets_bulk),
		cmocka_unit_test(bulk_borrows_a_pipe_and_small_gives_it_back),
		cmocka_unit_test(file_to_socket),
		cmocka_unit_test(pipe_to_socket_and_back),
		cmocka_unit_test(the_source_waits_for_a_slow_destination),
		cmocka_unit_test(stalls_and_pauses_lose_nothing),
		cmocka_unit_test(memory_and_pauses),
		cmocka_unit_test(the_link_ends_with_either_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
