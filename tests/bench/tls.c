/* SPDX-License-Identifier: MIT */
/*
 * The load on a TLS terminator: clients in front of it, and what it leads to behind.
 *
 *     tls rate ADDRESS [-r] [-x] [-c SLOTS] [-t SECONDS] [-w WARM-UP] [-p PID]...
 *         connect, handshake, a message of 64 bytes there and back, close; SLOTS of them at once. With -r each resumes the
 *         session of a first connection; with -x they close as soon as their handshake is done
 *     tls down|up ADDRESS -l ADDRESS [-c STREAMS] [-t SECONDS] [-w WARM-UP] [-p PID]...
 *         much data from the address after -l, to which the terminator connects, to the clients, or the other way; the
 *         plain end copies nothing (sendfile, MSG_TRUNC)
 *     tls idle ADDRESS [-c CONNECTIONS]
 *         a handshake, and one message there and back, on each; says so, and holds them until its standard input ends
 *
 * TLS 1.3 with X25519 and AES-256-GCM, whatever the terminator would like better; certificates are not verified. Records
 * are read by 64 KiB and written by 256 KiB. The result is one JSON object on standard output.
 */
#include "bench.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

#define BATCH 256
#define STREAMS_MAX 64
#define SLOTS_MAX 1024
#define MESSAGE 64
#define READ_AHEAD (64 * 1024)
#define RECORD 16384
#define FLIGHT (16 * RECORD)

struct options {
	struct where where, behind;
	struct pids server;
	double seconds, warm_up;
	unsigned connections;
	bool resumes, leaves_at_once;
};

struct conn {
	SSL *ssl;
	int fd;
	bool is_open;	 /* the handshake is done */
	unsigned got;	 /* bytes of the answer */
};

static SSL_CTX *context;
static SSL_SESSION *ticket; /* the first that was given, for -r */

/* ---- TLS ---- */

static int on_ticket(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	if (ticket)
		return 0;
	ticket = session;
	return 1;
}

static void context_make(void)
{
	int group = NID_X25519;

	context = SSL_CTX_new(TLS_client_method());
	if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384") || !SSL_CTX_set1_groups(context, &group, 1))
		die("openssl");
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, on_ticket);
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_default_read_buffer_len(context, READ_AHEAD);
}

/* The load is not to be what is waited for, where the default congestion control paces. */
static void do_not_pace(int fd)
{
	(void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

static void conn_open(const struct options *o, struct conn *c, bool resumes)
{
	*c = (struct conn){ .fd = where_connect(&o->where, 0) };
	if (c->fd < 0)
		die("connect");
	do_not_pace(c->fd);
	c->ssl = SSL_new(context);
	if (!c->ssl || !SSL_set_fd(c->ssl, c->fd))
		die("openssl");
	SSL_set_connect_state(c->ssl);
	if (resumes) { /* each is good for one connection, as OpenSSL's client sees it: the server gets copies */
		SSL_SESSION *copy = SSL_SESSION_dup(ticket);

		if (!copy || !SSL_set_session(c->ssl, copy))
			die("openssl");
		SSL_SESSION_free(copy);
	}
}

static void conn_close(struct conn *c)
{
	if (c->is_open)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	ERR_clear_error();
	close(c->fd);
}

static bool would_block(const struct conn *c, int rc)
{
	int what = SSL_get_error(c->ssl, rc);

	return what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE;
}

/* 1: all is said; 0: not yet; -1: broken. */
static int conn_step(const struct options *o, struct conn *c)
{
	char message[MESSAGE] = { 0 };
	int rc;

	if (!c->is_open) {
		rc = SSL_do_handshake(c->ssl);
		if (rc != 1)
			return would_block(c, rc) ? 0 : -1;
		c->is_open = true;
		if (!o->leaves_at_once && SSL_write(c->ssl, message, MESSAGE) != MESSAGE)
			return -1;
	}
	if (o->leaves_at_once)
		return 1;
	while (c->got < MESSAGE) {
		rc = SSL_read(c->ssl, message, (int)(MESSAGE - c->got));
		if (rc <= 0)
			return would_block(c, rc) ? 0 : -1;
		c->got += (unsigned)rc;
	}
	return 1;
}

/* One exchange from start to end, blocking; the connection stays open. */
static bool conn_exchange(const struct options *o, struct conn *c)
{
	struct timeval limit = { .tv_sec = 20 };

	conn_open(o, c, false);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return conn_step(o, c) == 1;
}

static void set_blocking(int fd, bool is_blocking)
{
	fcntl(fd, F_SETFL, is_blocking ? 0 : O_NONBLOCK);
}

/* ---- handshakes ---- */

static void rate_open(const struct options *o, int ep, struct conn *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	conn_open(o, c, o->resumes);
	set_blocking(c->fd, false);
	/* Who has been so slow that all is said already hears of it again when the ticket comes. */
	if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev) < 0 || conn_step(o, c) < 0)
		die("connect");
}

/* A first connection, for its ticket and to see that there is an answer at all. */
static void rate_begin(const struct options *o)
{
	struct options first = *o;
	struct conn c;

	first.leaves_at_once = false;
	if (!conn_exchange(&first, &c))
		die("no answer");
	conn_close(&c);
	if (o->resumes && !ticket)
		die("no ticket");
}

struct tally {
	uint64_t done, errors, resumed;
};

static void rate_for(const struct options *o, int ep, double seconds, struct tally *sum)
{
	static struct epoll_event events[BATCH];
	uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);

	*sum = (struct tally){ 0 };
	while (now_ns() < end) {
		int n = epoll_wait(ep, events, BATCH, 100);

		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;
			int rc = conn_step(o, c);

			if (rc == 0)
				continue;
			sum->done += rc > 0;
			sum->errors += rc < 0;
			sum->resumed += rc > 0 && SSL_session_reused(c->ssl);
			conn_close(c);
			rate_open(o, ep, c);
		}
	}
}

static void rate(const struct options *o)
{
	static struct conn slot[SLOTS_MAX];
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct cost from, to;
	struct tally sum;

	rate_begin(o);
	for (unsigned i = 0; i < o->connections; i++)
		rate_open(o, ep, &slot[i]);
	rate_for(o, ep, o->warm_up, &sum);
	from = cost_now(&o->server);
	rate_for(o, ep, o->seconds, &sum);
	to = cost_now(&o->server);
	printf("{\"mode\":\"rate\",\"done\":%llu,\"errors\":%llu,\"resumed\":%llu,", (unsigned long long)sum.done,
	       (unsigned long long)sum.errors, (unsigned long long)sum.resumed);
	cost_print(&from, &to);
	printf("}\n");
}

/* ---- much data ---- */

static void give_plain(int fd)
{
	enum { FILE_SIZE = 64 * 1024 * 1024 };
	int file = memfd_create("tls", MFD_CLOEXEC);

	if (file < 0 || ftruncate(file, FILE_SIZE) < 0)
		die("memfd");
	for (off_t at = 0;;) {
		if (sendfile(fd, file, &at, 1024 * 1024) <= 0)
			_exit(0);
		at %= FILE_SIZE;
	}
}

static void send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			_exit(0);
		p += k;
		n -= (size_t)k;
	}
}

/* Records are made in memory, so that many leave in one system call. */
static void give_secret(struct conn *c)
{
	static char plain[RECORD];
	BIO *out = BIO_new(BIO_s_mem());

	if (!out)
		die("openssl");
	SSL_set0_wbio(c->ssl, out);
	for (;;) {
		char *made;
		long n;

		for (size_t k = 0; k < FLIGHT; k += RECORD)
			if (SSL_write(c->ssl, plain, RECORD) != RECORD)
				_exit(0);
		n = BIO_get_mem_data(out, &made);
		send_all(c->fd, made, (size_t)n);
		(void)BIO_reset(out);
	}
}

static uint64_t take_plain(int fd)
{
	ssize_t n = recv(fd, NULL, 1024 * 1024, MSG_TRUNC | MSG_DONTWAIT);

	if (n <= 0 && errno != EAGAIN)
		die("a stream ended early");
	return n > 0 ? (uint64_t)n : 0;
}

static uint64_t take_secret(struct conn *c)
{
	static char plain[READ_AHEAD];
	uint64_t sum = 0;

	for (size_t n; sum < 4 * READ_AHEAD; sum += n) {
		if (!SSL_read_ex(c->ssl, plain, sizeof(plain), &n)) {
			if (!would_block(c, 0))
				die("a stream ended early");
			break;
		}
	}
	return sum;
}

struct stream {
	struct conn front; /* the client */
	int back;	   /* where the terminator leads to */
	pid_t giver;
};

/* Both ends of one; the giving end is a process of its own. */
static void stream_open(const struct options *o, int listener, struct stream *s, bool is_up)
{
	conn_open(o, &s->front, false);
	if (SSL_do_handshake(s->front.ssl) != 1)
		die("no handshake");
	s->front.is_open = true;
	s->back = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (s->back < 0)
		die("no connection came through the terminator");
	do_not_pace(s->back);
	s->giver = fork();
	if (s->giver != 0) {
		set_blocking(is_up ? s->back : s->front.fd, false);
		return;
	}
	if (is_up)
		give_secret(&s->front);
	else
		give_plain(s->back);
}

static uint64_t take_for(int ep, double seconds, bool is_up)
{
	struct epoll_event events[STREAMS_MAX];
	uint64_t end = now_ns() + (uint64_t)(seconds * 1e9), bytes = 0;

	while (now_ns() < end) {
		int n = epoll_wait(ep, events, STREAMS_MAX, 100);

		for (int i = 0; i < n; i++) {
			struct stream *s = events[i].data.ptr;

			bytes += is_up ? take_plain(s->back) : take_secret(&s->front);
		}
	}
	return bytes;
}

static void bulk(const struct options *o, bool is_up)
{
	static struct stream streams[STREAMS_MAX];
	int listener = where_listen(&o->behind, "tls"), ep = epoll_create1(EPOLL_CLOEXEC);
	struct timeval limit = { .tv_sec = 5 };
	struct cost from, to;
	uint64_t bytes;

	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (unsigned i = 0; i < o->connections; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &streams[i] };

		stream_open(o, listener, &streams[i], is_up);
		if (epoll_ctl(ep, EPOLL_CTL_ADD, is_up ? streams[i].back : streams[i].front.fd, &ev) < 0)
			die("epoll");
	}
	take_for(ep, o->warm_up, is_up);
	from = cost_now(&o->server);
	bytes = take_for(ep, o->seconds, is_up);
	to = cost_now(&o->server);
	printf("{\"mode\":\"%s\",\"streams\":%u,\"bytes\":%llu,", is_up ? "up" : "down", o->connections,
	       (unsigned long long)bytes);
	cost_print(&from, &to);
	printf("}\n");
	for (unsigned i = 0; i < o->connections; i++) {
		kill(streams[i].giver, SIGKILL);
		waitpid(streams[i].giver, NULL, 0);
	}
}

/* ---- idle ---- */

static void idle(const struct options *o)
{
	struct conn *c = calloc(o->connections, sizeof(*c));
	uint64_t began = now_ns(), errors = 0;
	char byte;

	for (unsigned i = 0; i < o->connections; i++)
		errors += !conn_exchange(o, &c[i]);
	printf("{\"mode\":\"idle\",\"connections\":%u,\"errors\":%llu,\"seconds\":%.3f}\n", o->connections,
	       (unsigned long long)errors, (double)(now_ns() - began) / 1e9);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	struct options o = { .seconds = 1, .warm_up = 0.3, .connections = 1 };
	int c;

	if (argc < 3)
		die("usage: tls rate|down|up|idle ADDRESS [-l ADDRESS] [-c N] [-r] [-x] [-t S] [-w S] [-p PID]...");
	o.where = where_parse(argv[2]);
	optind = 3;
	while ((c = getopt(argc, argv, "l:c:t:w:rxp:")) != -1) {
		switch (c) {
		case 'l': o.behind = where_parse(optarg); break;
		case 'c': o.connections = (unsigned)strtoul(optarg, NULL, 10); break;
		case 't': o.seconds = strtod(optarg, NULL); break;
		case 'w': o.warm_up = strtod(optarg, NULL); break;
		case 'r': o.resumes = true; break;
		case 'x': o.leaves_at_once = true; break;
		case 'p': pids_add(&o.server, optarg); break;
		default: return 64;
		}
	}
	signal(SIGPIPE, SIG_IGN);
	context_make();
	if (strcmp(argv[1], "rate") == 0 && o.connections <= SLOTS_MAX)
		rate(&o);
	else if (strcmp(argv[1], "down") == 0 && o.connections <= STREAMS_MAX)
		bulk(&o, false);
	else if (strcmp(argv[1], "up") == 0 && o.connections <= STREAMS_MAX)
		bulk(&o, true);
	else if (strcmp(argv[1], "idle") == 0)
		idle(&o);
	else
		die("no such mode, or too many connections: %s", argv[1]);
	return 0;
}
