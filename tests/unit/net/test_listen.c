/* SPDX-License-Identifier: MIT */
/*
 * Listening: batches, pausing, the gate, running out of descriptors, and what happens to UNIX socket files. A
 * blocking connect on loopback is complete when it returns, so one advance(0) sees the client; nothing waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <twc/parse.h>
#include <unistd.h>

#include "net/net_int.h"

#define FDS_MAX 512

struct fixture {
	struct twc_reactor *r;
	struct twc_listener *l;
	struct twc_addr addr; /* of l */
	struct twc_gate *gate;
	int fd[FDS_MAX]; /* accepted */
	struct twc_addr peer;
	unsigned n;
	bool free_in_accept, pause_in_accept;
	unsigned warnings;
	char warning[256];
	char dir[32];
	char path[64];
};

static void on_log(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text)
{
	struct fixture *f = arg;

	if (level > TWC_LOG_WARN)
		return;
	f->warnings++;
	snprintf(f->warning, sizeof(f->warning), "%s", text);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->r = twc_reactor_new_fake(NULL);
	assert_non_null(f->r);
	twc_log_init(twc_reactor_log(f->r), on_log, f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/twc-listen-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	unsigned i;

	twc_listener_free(f->l);
	for (i = 0; i < f->n; i++)
		close(f->fd[i]);
	twc_gate_free(f->gate);
	twc_reactor_free(f->r);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void on_accept(void *arg, int fd, const struct twc_addr *peer)
{
	struct fixture *f = arg;

	assert_true(f->n < FDS_MAX);
	f->fd[f->n++] = fd;
	f->peer = *peer;
	if (f->free_in_accept) {
		twc_listener_free(f->l);
		f->l = NULL;
	}
	if (f->pause_in_accept)
		twc_listener_pause(f->l);
}

static void listen_on(struct fixture *f, struct twc_listen_opts *o)
{
	struct twc_err err = { 0 };

	o->gate = f->gate;
	f->l = twc_listen(f->r, o, &err);
	if (!f->l)
		fail_msg("%s", err.text);
	twc_listener_addr(f->l, &f->addr);
	twc_listener_start(f->l, on_accept, f);
}

static void listen_tcp(struct fixture *f)
{
	struct twc_listen_opts o;

	twc_listen_opts_init(&o);
	assert_int_equal(twc_addr_parse_ip(&o.addr, TWC_ADDR_TCP, TWC_STR("127.0.0.1"), 0, NULL), 0);
	listen_on(f, &o);
}

static void unix_opts(struct fixture *f, struct twc_listen_opts *o)
{
	twc_listen_opts_init(o);
	assert_int_equal(twc_addr_parse_unix(&o->addr, twc_str_of(f->path), NULL), 0);
}

static int client(struct fixture *f)
{
	int fd = socket(f->addr.u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, &f->addr.u.sa, f->addr.len), 0);
	return fd;
}

static bool is_closed_by_peer(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

static bool is_reset_by_peer(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
}

static int get(int fd, int level, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	assert_int_equal(getsockopt(fd, level, name, &v, &n), 0);
	return v;
}

/* ---- accepting ---- */

static void test_accepted_socket(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in me;
	socklen_t n = sizeof(me);
	char cc[2][32] = { { 0 }, { 0 } };
	int c, fd;

	listen_tcp(f);
	assert_int_not_equal(twc_addr_port(&f->addr), 0);
	c = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	fd = f->fd[0];
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getsockname(c, (struct sockaddr *)&me, &n), 0);
	assert_int_equal(twc_addr_port(&f->peer), ntohs(me.sin_port));
	assert_int_equal(f->peer.kind, TWC_ADDR_TCP);
	/* Inherited: nothing is set on the accepted socket itself. */
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(get(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_KEEPIDLE), 15);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_KEEPINTVL), 5);
	assert_int_equal(get(fd, IPPROTO_TCP, TCP_KEEPCNT), 12);
	n = sizeof(cc[0]) - 1;
	assert_int_equal(getsockopt(c, IPPROTO_TCP, TCP_CONGESTION, cc[0], &n), 0);
	n = sizeof(cc[1]) - 1;
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc[1], &n), 0);
	assert_string_equal(cc[1], strncmp(cc[0], "bbr", 3) == 0 ? "reno" : cc[0]);
	close(c);
}

static void test_more_than_a_batch(void **state)
{
	struct fixture *f = *state;
	int c[200], i;

	listen_tcp(f);
	for (i = 0; i < 200; i++)
		c[i] = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 200);
	for (i = 0; i < 200; i++)
		close(c[i]);
}

static void test_pause_is_counted(void **state)
{
	struct fixture *f = *state;
	int c;

	listen_tcp(f);
	twc_listener_pause(f->l);
	twc_listener_pause(f->l);
	c = client(f);
	twc_reactor_advance(f->r, 0);
	twc_listener_resume(f->l);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 0);
	twc_listener_resume(f->l);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	close(c);
}

static void test_pause_inside_accept(void **state)
{
	struct fixture *f = *state;
	int a, b;

	listen_tcp(f);
	f->pause_in_accept = true;
	a = client(f), b = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	twc_listener_resume(f->l);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 2);
	close(a), close(b);
}

static void test_free_inside_accept(void **state)
{
	struct fixture *f = *state;
	int a, b;

	listen_tcp(f);
	f->free_in_accept = true;
	a = client(f), b = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	assert_true(is_closed_by_peer(b));
	close(a), close(b);
}

static void test_address_in_use(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;
	struct twc_err err = { 0 };
	char want[128];

	listen_tcp(f);
	twc_listen_opts_init(&o);
	o.addr = f->addr;
	assert_null(twc_listen(f->r, &o, &err));
	assert_int_equal(err.code, TWC_ECANTBIND);
	snprintf(want, sizeof(want), "address already in use (EADDRINUSE, 127.0.0.1:%u)", twc_addr_port(&f->addr));
	assert_string_equal(err.text, want);
	assert_int_equal(twc_addr_parse_ip(&o.addr, TWC_ADDR_TCP, TWC_STR("192.0.2.77"), 0, NULL), 0);
	assert_null(twc_listen(f->r, &o, &err));
	assert_string_equal(err.text, "not an address of this machine (EADDRNOTAVAIL, 192.0.2.77:0)");
}

static void test_v6only(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;
	struct twc_addr v4;
	int fd;

	fd = socket(AF_INET6, SOCK_STREAM, 0);
	if (fd < 0)
		skip();
	close(fd);
	twc_listen_opts_init(&o);
	assert_int_equal(twc_addr_parse_ip(&o.addr, TWC_ADDR_TCP, TWC_STR("::"), 0, NULL), 0);
	listen_on(f, &o);
	assert_int_equal(twc_addr_parse_ip(&v4, TWC_ADDR_TCP, TWC_STR("127.0.0.1"), twc_addr_port(&f->addr), NULL), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, &v4.u.sa, v4.len), -1);
	close(fd);
}

static void test_adopted(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct twc_err err = { 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0), c;

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 5), 0);
	f->l = twc_listen_fd(f->r, fd, NULL, &err);
	assert_non_null(f->l);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	twc_listener_addr(f->l, &f->addr);
	assert_int_equal(f->addr.kind, TWC_ADDR_TCP);
	twc_listener_start(f->l, on_accept, f);
	c = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	close(c);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_null(twc_listen_fd(f->r, fd, NULL, &err));
	assert_int_equal(err.code, TWC_ECONFIG);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* owned, also on failure */
	assert_null(twc_listen_fd(f->r, 9999, NULL, &err));
	assert_int_equal(err.code, TWC_ECONFIG);
}

/* ---- the gate ---- */

static void test_full_waits(void **state)
{
	struct fixture *f = *state;
	int c[4], i;

	f->gate = twc_gate_new(f->r, 2, 0);
	listen_tcp(f);
	for (i = 0; i < 4; i++)
		c[i] = client(f);
	twc_reactor_advance(f->r, TWC_NS_PER_S);
	assert_int_equal(f->n, 2);
	assert_int_equal(twc_gate_count(f->gate), 2);
	assert_false(is_closed_by_peer(c[2]));
	twc_gate_leave(f->gate, &f->peer);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 3);
	twc_gate_leave(f->gate, &f->peer);
	twc_gate_leave(f->gate, &f->peer);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 4);
	for (i = 0; i < 4; i++)
		close(c[i]);
}

static void test_pause_and_full_together(void **state)
{
	struct fixture *f = *state;
	int a, b;

	f->gate = twc_gate_new(f->r, 1, 0);
	listen_tcp(f);
	a = client(f), b = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	twc_listener_pause(f->l);
	twc_gate_leave(f->gate, &f->peer);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	twc_listener_resume(f->l);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 2);
	close(a), close(b);
}

static void test_denied_is_closed(void **state)
{
	struct fixture *f = *state;
	int c;

	f->gate = twc_gate_new(f->r, 1, 0);
	assert_int_equal(twc_gate_rule(f->gate, false, TWC_STR("127.0.0.0/8"), NULL), 0);
	listen_tcp(f);
	c = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 0);
	assert_int_equal(twc_gate_count(f->gate), 0);
	assert_true(is_closed_by_peer(c));
	close(c);
}

static void test_crowded_is_closed(void **state)
{
	struct fixture *f = *state;
	int a, b;

	f->gate = twc_gate_new(f->r, 0, 1);
	listen_tcp(f);
	a = client(f), b = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	assert_true(is_closed_by_peer(b));
	assert_false(is_closed_by_peer(a));
	close(a), close(b);
}

/* What a client sees that had sent something before it was turned away: 0 an end, else an errno. */
static int turned_away(struct fixture *f, enum twc_over over)
{
	struct twc_gate *gate = f->gate = twc_gate_new(f->r, 1, 0);
	int a, b, sys;
	ssize_t n;
	char c;

	twc_gate_set_over(gate, over);
	listen_tcp(f);
	a = client(f), b = client(f);
	assert_int_equal(write(b, "hello", 5), 5);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	assert_int_equal(twc_gate_count(gate), 1);
	n = recv(b, &c, 1, 0);
	sys = n < 0 ? errno : 0;
	assert_true(n <= 0);
	close(a), close(b);
	return sys;
}

static void test_over_close(void **state)
{
	assert_int_equal(turned_away(*state, TWC_OVER_CLOSE), 0);
}

static void test_over_reset(void **state)
{
	assert_int_equal(turned_away(*state, TWC_OVER_RESET), ECONNRESET);
}

static void test_rate_holds_back(void **state)
{
	struct fixture *f = *state;
	int c[4];

	f->gate = twc_gate_new(f->r, 0, 0);
	twc_gate_set_rate(f->gate, 10, TWC_NS_PER_S, 2);
	listen_tcp(f);
	for (int i = 0; i < 4; i++)
		c[i] = client(f);
	twc_reactor_advance(f->r, 99 * TWC_NS_PER_MS);
	assert_int_equal(f->n, 2);
	assert_false(is_closed_by_peer(c[2]));
	twc_reactor_advance(f->r, TWC_NS_PER_MS);
	assert_int_equal(f->n, 3);
	twc_listener_pause(f->l);
	twc_reactor_advance(f->r, TWC_NS_PER_S);
	assert_int_equal(f->n, 3);
	twc_listener_resume(f->l);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 4);
	for (int i = 0; i < 4; i++)
		close(c[i]);
}

static void test_users_by_socket(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;
	char text[16];
	int a, b;

	unix_opts(f, &o);
	f->gate = twc_gate_new(f->r, 0, 0);
	snprintf(text, sizeof(text), "%u", (unsigned)geteuid() + 1);
	assert_int_equal(twc_gate_user(f->gate, twc_str_of(text), NULL), 0);
	listen_on(f, &o);
	a = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 0);
	assert_true(is_closed_by_peer(a));
	snprintf(text, sizeof(text), "%u", (unsigned)geteuid());
	assert_int_equal(twc_gate_user(f->gate, twc_str_of(text), NULL), 0);
	b = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	close(a), close(b);
}

/* An IPv4 client of a socket for both families meets the rules for IPv4. */
static void test_mapped_meets_rules(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;
	struct twc_addr v4;
	int c;

	twc_listen_opts_init(&o);
	o.v6only = false;
	assert_int_equal(twc_addr_parse_ip(&o.addr, TWC_ADDR_TCP, TWC_STR("::"), 0, NULL), 0);
	f->gate = twc_gate_new(f->r, 0, 0);
	assert_int_equal(twc_gate_rule(f->gate, true, TWC_STR("127.0.0.0/8"), NULL), 0);
	listen_on(f, &o);
	assert_int_equal(twc_addr_parse_ip(&v4, TWC_ADDR_TCP, TWC_STR("127.0.0.1"), twc_addr_port(&f->addr), NULL), 0);
	f->addr = v4;
	c = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->peer.u.sa.sa_family, AF_INET6);
	close(c);
}

/* ---- out of descriptors ---- */

/* From now on only descriptor numbers below the lowest free one, plus `more`, may be used. */
static struct rlimit limit_fds(int more)
{
	struct rlimit old, now;
	int next = dup(0);

	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	now = old;
	now.rlim_cur = (rlim_t)(next + more);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	return old;
}

static void test_out_of_descriptors(void **state)
{
	struct fixture *f = *state;
	struct rlimit old;
	int c[100], i, late, ok;

	listen_tcp(f);
	for (i = 0; i < 100; i++)
		c[i] = client(f);
	late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	old = limit_fds(0);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 0);
	for (i = 0; i < 100; i++)
		assert_true(is_reset_by_peer(c[i]));
	assert_int_equal(f->warnings, 1);
	assert_non_null(strstr(f->warning, "out of descriptors (EMFILE, 127.0.0.1:"));
	twc_reactor_advance(f->r, TWC_NS_PER_S);
	assert_int_equal(connect(late, &f->addr.u.sa, f->addr.len), 0);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->warnings, 2);
	assert_true(is_reset_by_peer(late));
	setrlimit(RLIMIT_NOFILE, &old);
	ok = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	close(ok), close(late);
	for (i = 0; i < 100; i++)
		close(c[i]);
}

/* The limit lies below the spare descriptor too: it cannot be had back, so the listener rests instead of spinning. */
static void test_spare_lost(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, low;
	int c;

	listen_tcp(f);
	c = client(f);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 1;
	setrlimit(RLIMIT_NOFILE, &low);
	twc_reactor_advance(f->r, 0);
	twc_reactor_advance(f->r, 350 * TWC_NS_PER_MS);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_int_equal(f->n, 0);
	assert_int_equal(f->warnings, 1);
	assert_false(is_closed_by_peer(c));
	twc_reactor_advance(f->r, 100 * TWC_NS_PER_MS);
	assert_int_equal(f->n, 1);
	close(c);
}

static void test_shut_down_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct twc_err err = { 0 };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 5), 0);
	f->l = twc_listen_fd(f->r, fd, NULL, &err);
	twc_listener_start(f->l, on_accept, f);
	shutdown(fd, SHUT_RDWR);
	twc_reactor_advance(f->r, 0);
	twc_reactor_advance(f->r, 10 * TWC_NS_PER_S);
	assert_in_range(f->warnings, 1, 11);
	assert_non_null(strstr(f->warning, "cannot accept (EINVAL"));
}

/* ---- UNIX socket files ---- */

static unsigned file_mode(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_unix_mode(void **state)
{
	static const unsigned masks[] = { 0, 022, 077, 0777 };
	struct fixture *f = *state;
	struct twc_listen_opts o;
	mode_t old = umask(0);
	size_t i;
	int c;

	for (i = 0; i < TWC_ARRAY_LEN(masks); i++) {
		umask(masks[i]);
		unix_opts(f, &o);
		listen_on(f, &o);
		assert_int_equal(file_mode(f->path), 0600);
		twc_listener_free(f->l);
		assert_int_equal(access(f->path, F_OK), -1);
		o.mode = 0666;
		listen_on(f, &o);
		assert_int_equal(file_mode(f->path), 0666);
		twc_listener_free(f->l);
		f->l = NULL;
		assert_int_equal(umask(masks[i]), masks[i]); /* nobody else's files are touched */
	}
	umask(old);
	unix_opts(f, &o);
	listen_on(f, &o);
	c = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->peer.kind, TWC_ADDR_UNIX);
	close(c);
}

static void test_unix_live_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;
	struct twc_err err = { 0 };
	char want[128];
	int c;

	unix_opts(f, &o);
	o.backlog = 1;
	listen_on(f, &o);
	twc_listener_pause(f->l);
	assert_null(twc_listen(f->r, &o, &err));
	assert_int_equal(err.code, TWC_ECANTBIND);
	snprintf(want, sizeof(want), "%s is in use by a live server (EADDRINUSE)", f->path);
	assert_string_equal(err.text, want);
	/* Now its backlog is full: still alive. */
	assert_null(twc_listen(f->r, &o, &err));
	assert_null(twc_listen(f->r, &o, &err));
	assert_string_equal(err.text, want);
	twc_listener_resume(f->l);
	twc_reactor_advance(f->r, 0);
	c = client(f);
	close(c);
}

static void make_stale(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
	assert_int_equal(access(path, F_OK), 0);
}

static void test_unix_stale_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;
	int c;

	make_stale(f->path);
	unix_opts(f, &o);
	listen_on(f, &o);
	assert_int_equal(file_mode(f->path), 0600);
	c = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	close(c);
}

static void test_unix_no_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;
	struct twc_err err = { 0 };
	int fd = open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, "precious", 8), 8);
	close(fd);
	unix_opts(f, &o);
	assert_null(twc_listen(f->r, &o, &err));
	assert_int_equal(err.code, TWC_ECANTBIND);
	assert_non_null(strstr(err.text, "there is a file that is no socket (EADDRINUSE, "));
	assert_int_equal(file_mode(f->path), 0644);
	unlink(f->path);
	assert_int_equal(symlink("/nonexistent/x", f->path), 0);
	assert_null(twc_listen(f->r, &o, &err));
	assert_int_equal(err.code, TWC_ECANTBIND);
}

static void test_unix_no_directory(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;
	struct twc_err err = { 0 };

	twc_listen_opts_init(&o);
	assert_int_equal(twc_addr_parse_unix(&o.addr, TWC_STR("/nonexistent/dir/s"), NULL), 0);
	assert_null(twc_listen(f->r, &o, &err));
	assert_int_equal(err.code, TWC_ECANTBIND);
	assert_string_equal(err.text, "no such directory (ENOENT, /nonexistent/dir/s)");
	if (geteuid() == 0)
		return; /* may write anywhere */
	chmod(f->dir, 0555);
	unix_opts(f, &o);
	assert_null(twc_listen(f->r, &o, &err));
	chmod(f->dir, 0700);
	assert_int_equal(err.code, TWC_ECANTBIND);
	assert_non_null(strstr(err.text, "not allowed to create the socket file (EACCES, "));
}

static void test_unix_only_ours_is_removed(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;

	unix_opts(f, &o);
	listen_on(f, &o);
	unlink(f->path);
	make_stale(f->path); /* somebody else's by now */
	twc_listener_free(f->l);
	f->l = NULL;
	assert_int_equal(access(f->path, F_OK), 0);
}

static void test_unix_abstract(void **state)
{
	struct fixture *f = *state;
	struct twc_listen_opts o;
	struct twc_err err = { 0 };
	char name[64];
	int c;

	snprintf(name, sizeof(name), "@%s", f->dir);
	twc_listen_opts_init(&o);
	assert_int_equal(twc_addr_parse_unix(&o.addr, twc_str_of(name), NULL), 0);
	listen_on(f, &o);
	assert_true(twc_addr_eq(&f->addr, &o.addr));
	c = client(f);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->n, 1);
	assert_null(twc_listen(f->r, &o, &err));
	assert_int_equal(err.code, TWC_ECANTBIND);
	close(c);
}

/* Several servers start at once on a stale file: one gets it, and keeps it. */
static void test_unix_race(void **state)
{
	enum { N = 6 };
	struct fixture *f = *state;
	struct twc_listen_opts o;
	int go[2], done[2], stop[2], i, won = 0;
	pid_t pid[N];
	char c;

	make_stale(f->path);
	unix_opts(f, &o);
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(done), 0);
	assert_int_equal(pipe(stop), 0);
	for (i = 0; i < N; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			struct twc_addr bound;
			struct twc__bound_file file = { 0 };

			close(stop[1]);
			(void)!read(go[0], &c, 1);
			c = twc__bind_listen(&o, &bound, &file, NULL) >= 0;
			(void)!write(done[1], &c, 1);
			(void)!read(stop[0], &c, 1); /* until the parent closes */
			_exit(0);
		}
	}
	(void)!write(go[1], "xxxxxxxx", N);
	for (i = 0; i < N; i++) {
		assert_int_equal(read(done[0], &c, 1), 1);
		won += c;
	}
	assert_int_equal(won, 1);
	f->addr = o.addr;
	close(client(f));
	close(go[0]), close(go[1]), close(done[0]), close(done[1]), close(stop[0]), close(stop[1]);
	for (i = 0; i < N; i++)
		waitpid(pid[i], NULL, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_accepted_socket),
		T(test_more_than_a_batch),
		T(test_pause_is_counted),
		T(test_pause_inside_accept),
		T(test_free_inside_accept),
		T(test_address_in_use),
		T(test_v6only),
		T(test_adopted),
		T(test_full_waits),
		T(test_pause_and_full_together),
		T(test_denied_is_closed),
		T(test_crowded_is_closed),
		T(test_over_close),
		T(test_over_reset),
		T(test_rate_holds_back),
		T(test_users_by_socket),
		T(test_mapped_meets_rules),
		T(test_out_of_descriptors),
		T(test_spare_lost),
		T(test_shut_down_elsewhere),
		T(test_unix_mode),
		T(test_unix_live_is_left_alone),
		T(test_unix_stale_is_replaced),
		T(test_unix_no_socket_is_left_alone),
		T(test_unix_no_directory),
		T(test_unix_only_ours_is_removed),
		T(test_unix_abstract),
		T(test_unix_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
