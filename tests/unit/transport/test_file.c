/* SPDX-License-Identifier: MIT */
/* Ranges of files on every kind of stream: order, marks, ends, rates, taps, and files that do not keep their word. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <twc/parse.h>
#include <twc/tls.h>
#include <unistd.h>

#include "support/certs.h"
#include "support/loop.h"
#include "support/probe.h"
#include "support/sockets.h"
#include "transport/transport_priv.h"

#define SIZE 3000000

enum kind {
	TCP,
	UNIX,
	MEMORY,
	MEMORY_NARROW,
	PIPES,
	TLS,
	TLS_TCP,
	KINDS,
};

/* `a` sends, `b` hears. */
struct rig {
	struct twc_reactor *r;
	struct probe a, b;
	struct twc_file *f; /* content[] */
	struct twc_tls_ctx *client, *server;
	unsigned fds; /* open before */
	size_t awaited;
	bool has_all;
};

static struct certs certs;
static char content[SIZE];

static void lose_at_eof(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static void join_sockets(struct rig *g, const int fd[2])
{
	assert_non_null(twc_transport_from_socket(g->r, fd[0], probe_protocol(&g->a), NULL));
	assert_non_null(twc_transport_from_socket(g->r, fd[1], probe_protocol(&g->b), NULL));
}

static void join_pipes(struct rig *g)
{
	struct twc_err err = { 0 };
	int fd[2];

	sockets_pipe(fd);
	assert_non_null(twc_transport_from_stdio(g->r, -1, fd[1], true, "out", probe_protocol(&g->a), &err));
	assert_non_null(twc_transport_from_stdio(g->r, fd[0], -1, true, "in", probe_protocol(&g->b), &err));
}

static void start_tls(struct rig *g)
{
	const struct twc_tls_opts client = { .ca = certs.ca }, server = { .server = true, .cert = certs.server };
	struct twc_tls_start c = { .servername = "one.test", .verify_name = "one.test" }, v = { 0 };

	c.ctx = g->client = twc_tls_ctx_new(&client, NULL);
	v.ctx = g->server = twc_tls_ctx_new(&server, NULL);
	assert_true(g->client && g->server);
	twc_transport_start_tls(g->a.base.transport, &v);
	twc_transport_start_tls(g->b.base.transport, &c);
}

static void rig_init(struct rig *g, enum kind kind)
{
	int fd[2];

	*g = (struct rig){ .fds = sockets_count_fds() };
	g->f = twc_file_new(sockets_file(content, SIZE));
	g->r = loop_real();
	probe_init(&g->a);
	probe_init(&g->b);
	g->a.on_eof = g->b.on_eof = lose_at_eof;
	if (kind == TCP || kind == TLS_TCP) {
		sockets_tcp(fd);
		join_sockets(g, fd);
	} else if (kind == UNIX) {
		sockets_unix(fd, SOCK_STREAM);
		join_sockets(g, fd);
	} else if (kind == PIPES) {
		g->a.on_eof = NULL; /* which comes at once */
		join_pipes(g);
	} else {
		twc_transport_pair(g->r, kind == MEMORY_NARROW ? 20000 : 0, probe_protocol(&g->a), probe_protocol(&g->b));
	}
	if (kind == TLS || kind == TLS_TCP)
		start_tls(g);
}

/* Nothing is left open. */
static void rig_fini(struct rig *g)
{
	for (struct probe *p = &g->a; p; p = p == &g->a ? &g->b : NULL) {
		if (!p->is_lost)
			twc_transport_abort(p->base.transport);
		assert_true(loop_until(g->r, &p->is_lost));
		probe_fini(p);
	}
	twc_file_unref(g->f);
	twc_reactor_free(g->r);
	twc_tls_ctx_free(g->client);
	twc_tls_ctx_free(g->server);
	assert_int_equal(sockets_count_fds(), g->fds);
}

static struct twc_transport *out(struct rig *g)
{
	return g->a.base.transport;
}

static void write_range(struct rig *g, size_t at, size_t n)
{
	twc_transport_write_file(out(g), g->f, at, n);
}

static void write_bytes(struct rig *g, size_t at, size_t n)
{
	twc_transport_write(out(g), content + at, n);
}

static void is_that_all(struct probe *p, const uint8_t *data, size_t n)
{
	struct rig *g = p->arg;

	g->has_all = p->n >= g->awaited;
}

static void until_heard(struct rig *g, size_t n)
{
	g->awaited = n;
	g->b.on_data = is_that_all;
	g->b.arg = g;
	assert_true(loop_until(g->r, &g->has_all));
	assert_int_equal(g->b.n, n);
}

/* As much as goes while nobody reads. */
static void turns(struct rig *g)
{
	for (int i = 0; i < 20; i++)
		twc_reactor_step(g->r);
}

/* Both have ended, cleanly. */
static void until_over(struct rig *g)
{
	assert_true(loop_until(g->r, &g->b.is_lost));
	assert_true(loop_until(g->r, &g->a.is_lost));
	assert_string_equal(g->a.reason.text, "");
	assert_string_equal(g->b.reason.text, "");
}

static void it_arrives_whole(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;

		rig_init(&g, kind);
		write_range(&g, 0, SIZE);
		twc_file_unref(g.f); /* the transport has its own */
		g.f = NULL;
		twc_transport_confirm(out(&g));
		twc_transport_lose(out(&g));
		until_over(&g);
		assert_int_equal(g.b.n, SIZE);
		assert_memory_equal(g.b.got, content, SIZE);
		rig_fini(&g);
	}
}

/* Ranges of every size among writes of every size; which together are content[] from the start. */
static size_t write_mixture(struct rig *g)
{
	static const size_t sizes[] = { 1, 0, 300, TWC__GATHER_SMALL, TWC__GATHER_SMALL + 1, 70000, TWC__PIECE, TWC__PIECE + 1, 600000 };
	size_t at = 0;

	for (unsigned i = 0; i < 2 * TWC_ARRAY_LEN(sizes); i++) {
		size_t n = sizes[i * 5 % TWC_ARRAY_LEN(sizes)];

		if (i % 3)
			write_range(g, at, n);
		else
			write_bytes(g, at, n);
		at += n;
	}
	return at;
}

static void the_order_is_kept(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;
		size_t n;

		rig_init(&g, kind);
		n = write_mixture(&g);
		twc_transport_write_eof(out(&g));
		assert_true(n < SIZE);
		until_over(&g);
		assert_int_equal(g.b.n, n);
		assert_memory_equal(g.b.got, content, n);
		rig_fini(&g);
	}
}

static void by_short_writes(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;
		size_t n;

		rig_init(&g, kind);
		twc__tlayer(g.r)->dbg_write_max = 3001;
		twc__tlayer(g.r)->dbg_seed = 7;
		n = write_mixture(&g);
		twc_transport_write_eof(out(&g));
		until_over(&g);
		assert_int_equal(g.b.n, n);
		assert_memory_equal(g.b.got, content, n);
		rig_fini(&g);
	}
}

static void it_counts_as_queued(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;

		rig_init(&g, kind);
		twc_transport_pause(g.b.base.transport);
		for (int i = 0; i < 4; i++)
			write_range(&g, 0, SIZE); /* more than any socket takes */
		assert_true(twc_transport_is_full(out(&g)));
		assert_true(twc_transport_queued(out(&g)) + twc_transport_bytes_out(out(&g)) >= 4 * (size_t)SIZE);
		assert_true(twc_transport_queued(out(&g)) > SIZE / 2);
		assert_int_equal(g.a.drains, 0);
		twc_transport_resume(g.b.base.transport);
		until_heard(&g, 4 * (size_t)SIZE);
		turns(&g);
		assert_int_equal(g.a.drains, 1);
		assert_false(twc_transport_is_full(out(&g)));
		assert_int_equal(twc_transport_queued(out(&g)), 0);
		rig_fini(&g);
	}
}

static void of_nothing(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;

		rig_init(&g, kind);
		write_range(&g, 0, 0);
		write_range(&g, SIZE + 5, 0);
		assert_int_equal(twc_transport_queued(out(&g)), 0);
		write_range(&g, SIZE - 1, 1);
		twc_transport_lose(out(&g));
		write_range(&g, 0, SIZE); /* too late */
		until_over(&g);
		assert_int_equal(g.b.n, 1);
		assert_int_equal(g.b.got[0], content[SIZE - 1]);
		rig_fini(&g);
	}
}

static void a_file_that_ends_too_soon(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		for (size_t n = 100; n <= SIZE; n *= 5) {
			struct rig g;

			rig_init(&g, kind);
			write_range(&g, SIZE - n / 2, n);
			twc_transport_lose(out(&g));
			assert_true(loop_until(g.r, &g.a.is_lost));
			assert_int_equal(g.a.reason.code, TWC_EIO);
			assert_string_equal(g.a.reason.text,
					    "the file that is being sent ends at byte 3000000, sooner than was promised");
			assert_true(loop_until(g.r, &g.b.is_lost));
			assert_true(g.b.n <= n / 2);
			if (kind != UNIX && kind != PIPES) /* which have no resets */
				assert_int_not_equal(g.b.reason.code, 0);
			rig_fini(&g);
		}
}

static void a_file_cut_meanwhile(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;

		rig_init(&g, kind);
		twc_transport_pause(g.b.base.transport);
		for (int i = 0; i < 4; i++)
			write_range(&g, 0, SIZE);
		turns(&g);
		assert_false(g.a.is_lost);
		assert_int_equal(ftruncate(twc_file_fd(g.f), 10), 0);
		twc_transport_resume(g.b.base.transport);
		assert_true(loop_until(g.r, &g.a.is_lost));
		assert_int_equal(g.a.reason.code, TWC_EIO);
		assert_non_null(strstr(g.a.reason.text, "sooner than was promised"));
		rig_fini(&g);
	}
}

static void what_cannot_be_read(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		for (size_t n = 10; n < SIZE; n *= 1000) {
			struct rig g;

			rig_init(&g, kind);
			twc_file_unref(g.f);
			g.f = twc_file_new(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
			write_bytes(&g, 0, 10);
			write_range(&g, 0, n);
			assert_true(loop_until(g.r, &g.a.is_lost));
			assert_int_equal(g.a.reason.code, TWC_EIO);
			assert_string_equal(g.a.reason.text, "cannot read the file that is being sent (EISDIR)");
			rig_fini(&g);
		}
}

static void abort_in_the_middle(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;

		rig_init(&g, kind);
		twc_transport_pause(g.b.base.transport);
		for (int i = 0; i < 4; i++)
			write_range(&g, 0, SIZE);
		turns(&g);
		twc_transport_abort(out(&g));
		write_range(&g, 0, SIZE);
		assert_true(loop_until(g.r, &g.a.is_lost));
		assert_int_equal(g.a.reason.code, TWC_EABORTED);
		twc_transport_resume(g.b.base.transport);
		rig_fini(&g);
	}
}

static void the_reader_goes(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;

		rig_init(&g, kind);
		twc_transport_pause(g.b.base.transport);
		for (int i = 0; i < 4; i++)
			write_range(&g, 0, SIZE);
		turns(&g);
		twc_transport_abort(g.b.base.transport);
		assert_true(loop_until(g.r, &g.a.is_lost));
		assert_int_not_equal(g.a.reason.code, 0);
		rig_fini(&g);
	}
}

/* ---- who looks on ---- */

struct seen {
	char bytes[SIZE];
	size_t n;
};

static void see(void *arg, char dir, const struct iovec *iov, int n)
{
	struct seen *s = arg;

	for (int i = 0; dir == '>' && i < n; i++) {
		assert_true(s->n + iov[i].iov_len <= SIZE);
		memcpy(s->bytes + s->n, iov[i].iov_base, iov[i].iov_len);
		s->n += iov[i].iov_len;
	}
}

static void a_tap_sees_all_in_order(void **state)
{
	static struct seen seen;

	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;
		size_t n;

		rig_init(&g, kind);
		seen.n = 0;
		twc__transport_tap(out(&g), see, &seen);
		if (kind == TCP)
			twc__tlayer(g.r)->dbg_write_max = 5000;
		n = write_mixture(&g);
		twc_transport_lose(out(&g));
		until_over(&g);
		assert_int_equal(seen.n, n);
		assert_memory_equal(seen.bytes, content, n);
		assert_memory_equal(g.b.got, content, n);
		rig_fini(&g);
	}
}

/* What is read of a file must not take the place of what is being looked at. */
static void answer(struct probe *p, const uint8_t *data, size_t n)
{
	struct rig *g = p->arg;
	uint8_t before = data[0];

	twc_transport_write(p->base.transport, "head", 4);
	twc_transport_write_file(p->base.transport, g->f, 0, SIZE);
	assert_int_equal(data[0], before);
	twc_transport_write(p->base.transport, data, n);
}

static void inside_data(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct rig g;

		if (kind == PIPES) /* one way */
			continue;
		rig_init(&g, kind);
		g.a.on_data = answer;
		g.a.arg = &g;
		twc_transport_write(g.b.base.transport, "?", 1);
		until_heard(&g, SIZE + 5);
		assert_memory_equal(g.b.got, "head", 4);
		assert_memory_equal(g.b.got + 4, content, SIZE);
		assert_int_equal(g.b.got[SIZE + 4], '?');
		rig_fini(&g);
	}
}

/* ---- how fast, and in how many pieces ---- */

static void no_faster_than_agreed(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_file *f = twc_file_new(sockets_file(content, SIZE));

	for (int i = 0; i < 2; i++) {
		struct probe a, b;
		int fd[2];

		probe_init(&a);
		probe_init(&b);
		if (i) {
			sockets_tcp(fd);
			assert_non_null(twc_transport_from_socket(r, fd[0], probe_protocol(&a), NULL));
			assert_non_null(twc_transport_from_socket(r, fd[1], probe_protocol(&b), NULL));
		} else {
			twc_transport_pair(r, 0, probe_protocol(&a), probe_protocol(&b));
		}
		twc_transport_limit_rate(a.base.transport, 100000, 5000);
		twc_transport_write_file(a.base.transport, f, 0, 400000);
		assert_int_equal(twc_transport_bytes_out(a.base.transport), 5000); /* the burst */
		for (int ms = 0; ms < 1000; ms += 10)
			twc_reactor_advance(r, 10 * TWC_NS_PER_MS);
		assert_in_range(twc_transport_bytes_out(a.base.transport), 102000, 108000);
		for (int ms = 0; ms < 3500; ms += 10)
			twc_reactor_advance(r, 10 * TWC_NS_PER_MS);
		assert_int_equal(twc_transport_bytes_out(a.base.transport), 400000);
		twc_transport_abort(a.base.transport);
		twc_transport_abort(b.base.transport);
		twc_reactor_advance(r, 0);
		probe_fini(&a);
		probe_fini(&b);
	}
	twc_file_unref(f);
	twc_reactor_free(r);
}

/* On SOCK_SEQPACKET, told that it is a stream, each system call is one record. */
static void a_small_range_leaves_with_what_is_around_it(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_file *f = twc_file_new(sockets_file(content, SIZE));
	struct probe a;
	char got[20000];
	int fd[2];

	probe_init(&a);
	sockets_unix(fd, SOCK_SEQPACKET);
	(void)twc__transport_from_socket(r, fd[0], TWC_ADDR_UNIX, NULL, 0, probe_protocol(&a));
	twc_transport_write(a.base.transport, "head", 4);
	twc_transport_write_file(a.base.transport, f, 4, 10000);
	twc_transport_write(a.base.transport, "tail", 4);
	assert_int_equal(recv(fd[1], got, sizeof(got), MSG_DONTWAIT), -1);
	twc_reactor_step(r);
	assert_int_equal(recv(fd[1], got, sizeof(got), MSG_DONTWAIT), 10008);
	assert_memory_equal(got + 4, content + 4, 10000);
	twc_transport_abort(a.base.transport);
	assert_true(loop_until(r, &a.is_lost));
	close(fd[1]);
	probe_fini(&a);
	twc_file_unref(f);
	twc_reactor_free(r);
}

static unsigned data_segments(int fd)
{
	struct tcp_info ti = { 0 };
	socklen_t len = sizeof(ti);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len), 0);
	return ti.tcpi_data_segs_out;
}

static void a_header_leaves_with_the_file(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_file *f = twc_file_new(sockets_file(content, SIZE));
	struct probe a;
	char got[20100];
	int fd[2];

	probe_init(&a);
	sockets_tcp(fd);
	(void)twc__transport_from_socket(r, fd[0], TWC_ADDR_TCP, NULL, 0, probe_protocol(&a));
	twc_transport_write(a.base.transport, content, 100);
	twc_transport_write_file(a.base.transport, f, 100, 20000);
	assert_int_equal(recv(fd[1], got, sizeof(got), MSG_WAITALL), 20100);
	assert_memory_equal(got, content, 20100);
	assert_int_equal(twc_transport_queued(a.base.transport), 0); /* at once */
	if (!twc__tlayer(r)->dbg_write_max)
		assert_true(data_segments(fd[0]) <= 1);
	twc_transport_abort(a.base.transport);
	assert_true(loop_until(r, &a.is_lost));
	close(fd[1]);
	probe_fini(&a);
	twc_file_unref(f);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_arrives_whole),
		cmocka_unit_test(the_order_is_kept),
		cmocka_unit_test(by_short_writes),
		cmocka_unit_test(it_counts_as_queued),
		cmocka_unit_test(of_nothing),
		cmocka_unit_test(a_file_that_ends_too_soon),
		cmocka_unit_test(a_file_cut_meanwhile),
		cmocka_unit_test(what_cannot_be_read),
		cmocka_unit_test(abort_in_the_middle),
		cmocka_unit_test(the_reader_goes),
		cmocka_unit_test(a_tap_sees_all_in_order),
		cmocka_unit_test(inside_data),
		cmocka_unit_test(no_faster_than_agreed),
		cmocka_unit_test(a_small_range_leaves_with_what_is_around_it),
		cmocka_unit_test(a_header_leaves_with_the_file),
	};
	int rc;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SIZE; i++)
		content[i] = (char)(i * 2654435761u >> 13);
	certs_make(&certs);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	certs_remove(&certs);
	return rc;
}
