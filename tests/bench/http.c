/* SPDX-License-Identifier: MIT */
/*
 * The load on an HTTP server, and the other end of an HTTP client.
 *
 *     http ask ADDRESS TARGET LENGTH [-c CONNECTIONS] [-o PIPELINED] [-e] [-t SECONDS] [-w WARM-UP] [-p PID]...
 *         requests on connections that stay, for ever: PIPELINED are sent at once, and the next when all are answered;
 *         -e: over TLS
 *     http close ADDRESS TARGET LENGTH [-c SLOTS] [-t SECONDS] [-w WARM-UP] [-p PID]...
 *         connect, one request that says Connection: close, its answer, close; SLOTS of them at once
 *     http give ADDRESS SIZE, http take ADDRESS
 *         a server for one client after the other: SIZE bytes for any request; any body, to be thrown away
 *
 * Each answer has to be a 200 with LENGTH bytes, as its Content-Length says. Bodies of 64 KiB and more are not copied
 * (MSG_TRUNC; sendfile). The result is one JSON object on standard output.
 */
#include "window.h"
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#define BATCH 1024
#define HEAD_MAX 4096
#define PIPELINED_MAX 64
#define READ_SIZE (64 * 1024)
#define SKIP_FROM (64 * 1024)
#define SKIP_SIZE (1024 * 1024)

struct options {
	struct where where;
	struct pids server;
	double seconds, warm_up;
	unsigned connections, pipelined;
	uint64_t length;
	bool is_secret, is_closing;
};

struct conn {
	int fd;
	SSL *ssl;
	uint64_t sent_at;
	uint64_t left; /* of the body that is arriving */
	unsigned due;  /* answers */
	unsigned n_kept;
	char kept[HEAD_MAX]; /* of a head */
};

static struct {
	char text[PIPELINED_MAX * 512];
	size_t len;
} request;

static SSL_CTX *context;

/* ---- what arrives ---- */

/* Where the head of the first answer has its Content-Length: the next ones look the same. */
static struct {
	size_t at, len;
	char line[64];
} known;

static bool head_is_known(const char *head, const char *end)
{
	return known.len && (size_t)(end - head) > known.at + known.len &&
	       memcmp(head + known.at, known.line, known.len) == 0;
}

/* False: this is not the answer that was asked for. */
static bool head_check(const struct options *o, const char *head, const char *end)
{
	static const char name[] = "\nContent-Length: ";

	if (memcmp(head, "HTTP/1.1 200 ", 13) != 0)
		return false;
	if (head_is_known(head, end))
		return true;
	for (const char *p = head; end - p > (ptrdiff_t)sizeof(name); p++) {
		const char *eol;

		if (strncasecmp(p, name, sizeof(name) - 1) != 0)
			continue;
		eol = memchr(p + 1, '\n', (size_t)(end - p - 1));
		if (strtoull(p + sizeof(name) - 1, NULL, 10) != o->length || !eol)
			return false;
		known.at = (size_t)(p - head);
		known.len = (size_t)(eol + 1 - p);
		if (known.len > sizeof(known.line))
			return false;
		memcpy(known.line, p, known.len);
		return true;
	}
	return false;
}

/* Takes what there is from `at` to `end`; false when it is not what was asked for. */
static bool conn_take(const struct options *o, struct conn *c, const char *at, const char *end, uint64_t *done)
{
	while (at < end) {
		size_t n = (size_t)(end - at);
		const char *body;

		if (c->left == 0) {
			body = n < 4 ? NULL : memmem(at, n, "\r\n\r\n", 4);
			if (!body) {
				c->n_kept = (unsigned)n;
				return n < HEAD_MAX && (memcpy(c->kept, at, n), true);
			}
			at = body + 4;
			if (c->due == 0 || !head_check(o, end - n, at))
				return false;
			c->left = o->length;
			n = (size_t)(end - at);
		}
		n = n < c->left ? n : (size_t)c->left;
		at += n;
		c->left -= n;
		if (c->left == 0) {
			c->due--;
			++*done;
		}
	}
	return true;
}

static ssize_t conn_read(struct conn *c, char *p, size_t n)
{
	int rc;

	if (!c->ssl)
		return recv(c->fd, p, n, MSG_DONTWAIT);
	rc = SSL_read(c->ssl, p, (int)n);
	if (rc > 0)
		return rc;
	errno = SSL_get_error(c->ssl, rc) == SSL_ERROR_WANT_READ ? EAGAIN : EPROTO;
	return -1;
}

/* What is left of a large body goes where it came from. */
static ssize_t conn_skip(struct conn *c, uint64_t *done)
{
	ssize_t n = recv(c->fd, NULL, c->left < SKIP_SIZE ? (size_t)c->left : SKIP_SIZE, MSG_TRUNC | MSG_DONTWAIT);

	if (n <= 0)
		return n;
	c->left -= (uint64_t)n;
	if (c->left == 0) {
		c->due--;
		++*done;
	}
	return n;
}

static ssize_t conn_take_head(const struct options *o, struct conn *c, size_t cap, uint64_t *done)
{
	static char room[HEAD_MAX + READ_SIZE];
	char *start = room + HEAD_MAX - c->n_kept;
	ssize_t n = conn_read(c, room + HEAD_MAX, cap);

	if (n <= 0)
		return n;
	memcpy(start, c->kept, c->n_kept);
	c->n_kept = 0;
	if (conn_take(o, c, start, room + HEAD_MAX + n, done))
		return n;
	errno = EPROTO;
	return -1;
}

/* 1: all answers are there; 0: not yet; -1: broken. */
static int conn_receive(const struct options *o, struct conn *c, uint64_t *done)
{
	bool is_large = o->length >= SKIP_FROM && !c->ssl;
	ssize_t n;

	do {
		if (is_large && c->left > 0)
			n = conn_skip(c, done);
		else
			n = conn_take_head(o, c, is_large ? HEAD_MAX : READ_SIZE, done);
		if (n <= 0)
			return n < 0 && errno == EAGAIN ? 0 : -1;
	} while (c->due > 0 && c->ssl && SSL_has_pending(c->ssl));
	return c->due == 0;
}

/* ---- what is asked ---- */

static void request_make(const struct options *o, const char *target)
{
	for (unsigned i = 0; i < o->pipelined; i++) {
		int n = snprintf(request.text + request.len, 512, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
				 "Accept: */*\r\n%s\r\n", target, o->is_closing ? "Connection: close\r\n" : "");

		if (n < 0 || n >= 512)
			die("target");
		request.len += (size_t)n;
	}
}

static bool conn_send(const struct options *o, struct conn *c)
{
	c->due = o->pipelined;
	c->left = 0;
	c->n_kept = 0;
	c->sent_at = now_ns();
	if (c->ssl)
		return SSL_write(c->ssl, request.text, (int)request.len) == (int)request.len;
	return send(c->fd, request.text, request.len, MSG_NOSIGNAL) == (ssize_t)request.len;
}

static bool conn_secure(struct conn *c)
{
	c->ssl = SSL_new(context);
	if (!c->ssl || !SSL_set_fd(c->ssl, c->fd) || SSL_connect(c->ssl) != 1)
		return false;
	return fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0;
}

/* The load is not to be what is waited for, where the default congestion control paces. */
static void do_not_pace(int fd)
{
	(void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

static bool conn_open(const struct options *o, int ep, struct conn *c, unsigned source)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	uint64_t began = now_ns();

	c->fd = where_connect(&o->where, source);
	if (c->fd < 0)
		return false;
	do_not_pace(c->fd);
	if ((o->is_secret && !conn_secure(c)) || epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev) < 0 || !conn_send(o, c)) {
		close(c->fd);
		return false;
	}
	c->sent_at = began;
	return true;
}

static struct conn *open_all(const struct options *o, int ep)
{
	struct conn *c = calloc(o->connections, sizeof(*c));

	for (unsigned i = 0; i < o->connections; i++)
		if (!conn_open(o, ep, &c[i], 1 + i % 200))
			die("connection %u", i + 1);
	return c;
}

static void context_make(void)
{
	context = SSL_CTX_new(TLS_client_method());
	if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384"))
		die("openssl");
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_default_read_buffer_len(context, READ_SIZE);
}

static void ask(const struct options *o)
{
	static struct epoll_event events[BATCH];
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct conn *all = open_all(o, ep);
	struct window w = window_start(&o->server, o->warm_up, o->seconds);

	while (window_goes_on(&w)) {
		int n = epoll_wait(ep, events, BATCH, 100);

		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;
			int got = conn_receive(o, c, &w.done);

			if (got > 0)
				latency_add(now_ns() - c->sent_at);
			if (got < 0 || (got > 0 && !conn_send(o, c))) {
				w.errors++;
				close(c->fd);
			}
		}
	}
	window_print(&w, "ask", o->connections);
	free(all);
}

/* ---- a connection a request: no poll set, no options, nothing but what has to be ---- */

static bool slot_open(const struct options *o, struct conn *c)
{
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	if (connect(c->fd, (const struct sockaddr *)&o->where.sa, o->where.len) == 0 && conn_send(o, c))
		return true;
	close(c->fd);
	return false;
}

/* Waits for the answer. */
static bool slot_close(const struct options *o, struct conn *c, uint64_t *done)
{
	static char room[READ_SIZE];
	size_t have = 0;
	ssize_t n;

	while (c->due > 0 && (n = recv(c->fd, room + have, sizeof(room) - have, 0)) > 0) {
		have += (size_t)n;
		if (c->left > 0 || memmem(room, have, "\r\n\r\n", 4)) {
			c->n_kept = 0;
			if (!conn_take(o, c, c->left > 0 ? room + have - n : room, room + have, done))
				break;
		}
	}
	close(c->fd);
	return c->due == 0;
}

/* The slots are a ring: who has waited longest is looked at next, and has its answer as a rule. */
static void ask_and_close(const struct options *o)
{
	struct conn *all = calloc(o->connections, sizeof(*all)), *c = all;
	struct window w;

	for (unsigned i = 0; i < o->connections; i++)
		if (!slot_open(o, &all[i]))
			die("connect");
	w = window_start(&o->server, o->warm_up, o->seconds);
	while (window_goes_on(&w)) {
		for (unsigned i = 0; i < o->connections; i++) {
			c = &all[i];
			if (slot_close(o, c, &w.done))
				latency_add(now_ns() - c->sent_at);
			else
				w.errors++;
			while (!slot_open(o, c))
				if (++w.errors > 1000)
					die("connect");
		}
	}
	window_print(&w, "close", o->connections);
	free(all);
}

/* ---- the other end of a client: blocking, one connection after the other ---- */

static void send_text(int fd, const char *s)
{
	(void)!send(fd, s, strlen(s), MSG_NOSIGNAL);
}

/* Reads as far as the end of a request's head; returns the bytes after it, or -1 when there is no more. */
static ssize_t read_head(int fd, char *buf, size_t cap)
{
	size_t n = 0;

	while (n < cap - 1) {
		ssize_t k = recv(fd, buf + n, cap - 1 - n, 0);
		char *end;

		if (k <= 0)
			return -1;
		n += (size_t)k;
		buf[n] = 0;
		end = strstr(buf, "\r\n\r\n");
		if (end)
			return buf + n - (end + 4);
	}
	return -1;
}

static void give_one(int fd, int file, uint64_t size)
{
	char buf[8192];

	while (read_head(fd, buf, sizeof(buf)) >= 0) {
		off_t at = 0;

		snprintf(buf, sizeof(buf), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %llu\r\n\r\n",
			 (unsigned long long)size);
		(void)!send(fd, buf, strlen(buf), MSG_NOSIGNAL | MSG_MORE);
		while ((uint64_t)at < size)
			if (sendfile(fd, file, &at, size - (uint64_t)at) <= 0)
				return;
	}
}

static void take_one(int fd)
{
	char buf[8192];
	ssize_t got;

	while ((got = read_head(fd, buf, sizeof(buf))) >= 0) {
		const char *length = strcasestr(buf, "\nContent-Length:");
		uint64_t left = length ? strtoull(length + 16, NULL, 10) : 0;

		if (strcasestr(buf, "\nExpect:"))
			send_text(fd, "HTTP/1.1 100 Continue\r\n\r\n");
		for (left -= (uint64_t)got; left > 0; left -= (uint64_t)got) {
			got = recv(fd, NULL, left < SKIP_SIZE ? (size_t)left : SKIP_SIZE, MSG_TRUNC);
			if (got <= 0)
				return;
		}
		send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	}
}

static void serve(const struct options *o, bool is_giving)
{
	int listener = where_listen(&o->where, "http"), file = memfd_create("http", MFD_CLOEXEC);

	if (file < 0 || ftruncate(file, (off_t)o->length) < 0)
		die("memfd");
	(void)setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		if (is_giving)
			give_one(fd, file, o->length);
		else
			take_one(fd);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	struct options o = { .seconds = 1, .warm_up = 0.3, .connections = 1, .pipelined = 1 };
	const char *mode = argc > 1 ? argv[1] : "";
	int c;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 3)
		die("usage: http ask|close ADDRESS TARGET LENGTH [-c N] [-o N] [-e] [-t S] [-w S] [-p PID]... | give | take");
	o.where = where_parse(argv[2]);
	if (strcmp(mode, "give") == 0 || strcmp(mode, "take") == 0) {
		o.length = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
		serve(&o, mode[0] == 'g');
	}
	o.is_closing = strcmp(mode, "close") == 0;
	if (argc < 5 || (!o.is_closing && strcmp(mode, "ask") != 0))
		die("no such mode: %s", mode);
	o.length = strtoull(argv[4], NULL, 10);
	optind = 5;
	while ((c = getopt(argc, argv, "c:o:et:w:p:")) != -1) {
		switch (c) {
		case 'c': o.connections = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'o': o.pipelined = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'e': o.is_secret = true; break;
		case 't': o.seconds = strtod(optarg, NULL); break;
		case 'w': o.warm_up = strtod(optarg, NULL); break;
		case 'p': pids_add(&o.server, optarg); break;
		default: return 64;
		}
	}
	if (o.pipelined < 1 || o.pipelined > PIPELINED_MAX || (o.is_closing && o.pipelined > 1) || o.length < 1)
		die("out of range");
	context_make();
	request_make(&o, argv[3]);
	if (o.is_closing)
		ask_and_close(&o);
	else
		ask(&o);
	return 0;
}
