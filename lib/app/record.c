/* SPDX-License-Identifier: MIT */
/*
 * Bytes as they pass, into files: a hex dump, a dump of text, and the raw bytes of each direction. A policy with a tap on
 * each transport, so what is piped is seen too. Files are written at once and in order, so that a program that ends
 * by a crash or a signal has recorded all that it has read.
 */
#include "protocol/policy_int.h"
#include "transport/transport_int.h"

#include <twc/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

#define FIFO_LOOK_NS 20000000 /* a reader of a fifo is waited for: 2 s in all */
#define FIFO_LOOKS 100

#define HEX_ROW 16
#define TEXT_ROW 1024 /* bytes of one line of text at most */
#define OUT_MAX 16384
#define PATH_ROOM 4096

enum { DIR_IN, DIR_OUT };

/* A file to write to; fd -1: none. */
struct sink {
	char *path; /* owned; what an error names */
	int fd;
	bool is_owned;
};

struct twc_record {
	struct twc__policy_factory base;
	struct twc_record_opts o;
	struct sink hex, text;
	struct sink tee[2]; /* without %c; [DIR_IN], [DIR_OUT] */
	bool has_failed;
};

struct conn {
	struct twc__policy base;
	struct twc_record *rec; /* borrowed */
	uint64_t offset[2];	/* of the next byte */
	struct sink tee[2];	/* its own; fd -1: none */
};

/* Lines on their way to a sink. */
struct page {
	struct twc_record *rec;
	const struct sink *sink;
	size_t n;
	char text[OUT_MAX];
};

/* ---- files ---- */

static void record_fail(struct twc_record *rec, const struct twc_err *err)
{
	if (rec->has_failed)
		return;
	rec->has_failed = true;
	if (rec->o.failed)
		rec->o.failed(rec->o.arg, err);
}

static void sink_write(struct twc_record *rec, const struct sink *s, const void *p, size_t n)
{
	const char *at = p;
	struct twc_err err = { 0 };

	while (n > 0 && !rec->has_failed) {
		ssize_t w = write(s->fd, at, n);

		if (w >= 0) {
			at += w;
			n -= (size_t)w;
		} else if (errno == EAGAIN) {
			struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };

			(void)poll(&pfd, 1, -1);
		} else if (errno != EINTR) {
			twc_err_sys(&err, TWC_EIO, errno, s->path, "cannot write: %s", strerrordesc_np(errno));
			record_fail(rec, &err);
		}
	}
}

static bool is_fifo(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/*
 * A fifo that nobody reads would hold up the whole program, and maybe for ever: hence O_NONBLOCK. A reader that was
 * started beside us may be a moment late, though, and no event tells of it.
 */
static int file_open(const char *path)
{
	const struct timespec moment = { .tv_nsec = FIFO_LOOK_NS };
	int fd = -1;

	for (unsigned looks = 0; looks < FIFO_LOOKS; looks++) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
		if (fd >= 0 || errno != ENXIO || !is_fifo(path))
			return fd;
		nanosleep(&moment, NULL);
	}
	errno = ENXIO;
	return fd;
}

static int sink_open(struct sink *s, const char *path, struct twc_err *err)
{
	int fd = file_open(path);
	int sys = errno;

	if (fd < 0 && sys == ENXIO && is_fifo(path))
		return twc_err_sys(err, TWC_ECANTCREAT, sys, path, "nobody reads the fifo: start its reader first");
	if (fd < 0)
		return twc_err_sys(err, TWC_ECANTCREAT, sys, path, "cannot create: %s", strerrordesc_np(sys));
	*s = (struct sink){ .path = twc_strdup(path), .fd = fd, .is_owned = true };
	return 0;
}

static void sink_close(struct sink *s)
{
	if (s->is_owned)
		close(s->fd);
	twc_free(s->path);
	*s = (struct sink){ .fd = -1 };
}

static int dump_open(struct sink *s, const char *path, int fd, struct twc_err *err)
{
	if (!path)
		return 0;
	if (*path)
		return sink_open(s, path, err);
	*s = (struct sink){ .path = twc_strdup("standard error"), .fd = fd };
	return 0;
}

/* ---- names with %c ---- */

/* 1: it has %c, 0: it has not, or a negative code. */
static int pattern_check(const char *pattern, struct twc_err *err)
{
	int has_id = 0;

	for (const char *p = pattern; *p; p++) {
		if (*p != '%')
			continue;
		p++;
		if (*p == 'c')
			has_id = 1;
		else if (*p != '%')
			return twc_err_set(err, TWC_EUSAGE, "%s: %% is followed by c (the connection) or another %%", pattern);
	}
	return has_id;
}

static int pattern_expand(const char *pattern, uint64_t id, char *path, size_t cap, struct twc_err *err)
{
	size_t n = 0;

	for (const char *p = pattern; *p; p++) {
		if (*p == '%' && *++p == 'c')
			n += (size_t)snprintf(path + n, cap - n, "%llu", (unsigned long long)id);
		else
			path[n++] = *p;
		if (n + 1 >= cap)
			return twc_err_set(err, TWC_ECANTCREAT, "cannot create: the name is too long (%.100s)", pattern);
	}
	path[n] = '\0';
	return 0;
}

static int tee_open(struct sink *s, const char *pattern, struct twc_err *err)
{
	char path[PATH_ROOM];
	int has_id;

	if (!pattern)
		return 0;
	has_id = pattern_check(pattern, err);
	if (has_id != 0)
		return has_id < 0 ? has_id : 0;
	if (pattern_expand(pattern, 0, path, sizeof(path), err) < 0)
		return err->code;
	return sink_open(s, path, err);
}

static void conn_open_tee(struct conn *c, int dir, const char *pattern)
{
	struct twc_err err = { 0 };
	char path[PATH_ROOM];

	if (!pattern || c->rec->has_failed || pattern_check(pattern, NULL) != 1)
		return;
	if (pattern_expand(pattern, twc_transport_id(c->base.base.transport), path, sizeof(path), &err) < 0 ||
	    sink_open(&c->tee[dir], path, &err) < 0)
		record_fail(c->rec, &err);
}

/* ---- lines ---- */

static void page_flush(struct page *pg)
{
	sink_write(pg->rec, pg->sink, pg->text, pg->n);
	pg->n = 0;
}

/* Room for a line of `n` bytes. */
static char *page_room(struct page *pg, size_t n)
{
	if (pg->n + n > sizeof(pg->text))
		page_flush(pg);
	return pg->text + pg->n;
}

/* "10:31:05.123456 #1 > " */
static size_t write_head(char *buf, size_t cap, const struct conn *c, char dir)
{
	struct timespec now;
	struct tm tm = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	return (size_t)snprintf(buf, cap, "%02d:%02d:%02d.%06ld #%llu %c ", tm.tm_hour, tm.tm_min, tm.tm_sec,
				now.tv_nsec / 1000, (unsigned long long)twc_transport_id(c->base.base.transport), dir);
}

/* "00000010  68 65 6c 6c 6f 20 77 6f  72 6c 64 0a              |hello world.|" */
static size_t format_row(char *out, uint64_t offset, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *at = out;

	at += snprintf(at, 20, "%08llx ", (unsigned long long)offset);
	for (size_t i = 0; i < HEX_ROW; i++) {
		if (i % 8 == 0)
			*at++ = ' ';
		*at++ = i < n ? digits[p[i] >> 4] : ' ';
		*at++ = i < n ? digits[p[i] & 15] : ' ';
		*at++ = ' ';
	}
	*at++ = ' ';
	*at++ = '|';
	for (size_t i = 0; i < n; i++)
		*at++ = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
	*at++ = '|';
	*at++ = '\n';
	return (size_t)(at - out);
}

/* Each row with the head: lines stay whole when grep picks some. An empty datagram is a row, too. */
static void dump_hex(struct conn *c, const char *head, size_t head_len, uint64_t offset, const uint8_t *p, size_t n)
{
	struct page pg = { .rec = c->rec, .sink = &c->rec->hex };

	do {
		size_t k = n < HEX_ROW ? n : HEX_ROW;
		char *at = page_room(&pg, 192);

		memcpy(at, head, head_len);
		pg.n += head_len + format_row(at + head_len, offset, p, k);
		offset += k;
		p += k;
		n -= k;
	} while (n > 0);
	page_flush(&pg);
}

static void dump_text(struct conn *c, const char *head, size_t head_len, const uint8_t *p, size_t n)
{
	struct page pg = { .rec = c->rec, .sink = &c->rec->text };

	do {
		size_t k = n < TEXT_ROW ? n : TEXT_ROW;
		const uint8_t *nl = k ? memchr(p, '\n', k) : NULL;
		char *at = page_room(&pg, head_len + TEXT_ROW * 4 + 2);

		k = nl ? (size_t)(nl - p) + 1 : k;
		memcpy(at, head, head_len);
		pg.n += head_len;
		pg.n += twc_escape(at + head_len, TEXT_ROW * 4 + 1, (struct twc_str){ (const char *)p, k });
		pg.text[pg.n++] = '\n';
		p += k;
		n -= k;
	} while (n > 0);
	page_flush(&pg);
}

static void conn_record(struct conn *c, int dir, const uint8_t *p, size_t n)
{
	struct twc_record *rec = c->rec;
	struct twc_transport *t = c->base.base.transport;
	const struct sink *tee = c->tee[dir].fd >= 0 ? &c->tee[dir] : &rec->tee[dir];
	char head[64];
	size_t head_len;

	if (rec->hex.fd >= 0 || rec->text.fd >= 0) {
		head_len = write_head(head, sizeof(head), c, dir == DIR_IN ? '<' : '>');
		if (rec->hex.fd >= 0)
			dump_hex(c, head, head_len, twc_transport_is_datagram(t) ? 0 : c->offset[dir], p, n);
		if (rec->text.fd >= 0)
			dump_text(c, head, head_len, p, n);
	}
	c->offset[dir] += n;
	if (tee->fd >= 0)
		sink_write(rec, tee, p, n);
}

/* A datagram in several pieces is still one. */
static void conn_record_pieces(struct conn *c, int dir, const struct iovec *iov, int n)
{
	char flat[65536];
	size_t at = 0;

	for (int i = 0; i < n && at + iov[i].iov_len <= sizeof(flat); i++) {
		if (iov[i].iov_len)
			memcpy(flat + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	conn_record(c, dir, (const uint8_t *)flat, at);
}

static void on_bytes(void *arg, char way, const struct iovec *iov, int n)
{
	struct conn *c = arg;
	int dir = way == '<' ? DIR_IN : DIR_OUT;
	bool is_datagram = twc_transport_is_datagram(c->base.base.transport);

	if (c->rec->has_failed)
		return;
	if (is_datagram && n > 1) {
		conn_record_pieces(c, dir, iov, n);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len || is_datagram)
			conn_record(c, dir, iov[i].iov_base, iov[i].iov_len);
	}
}

/* ---- a connection ---- */

static void conn_made(struct twc_protocol *p)
{
	struct conn *c = (struct conn *)p;

	conn_open_tee(c, DIR_IN, c->rec->o.tee_in);
	conn_open_tee(c, DIR_OUT, c->rec->o.tee_out);
	twc__transport_tap(p->transport, on_bytes, c);
	twc__policy_made(p);
}

static void conn_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct conn *c = (struct conn *)p;

	twc__transport_tap(p->transport, NULL, NULL);
	sink_close(&c->tee[DIR_IN]);
	sink_close(&c->tee[DIR_OUT]);
	twc__policy_lost(p, reason);
}

static const struct twc_protocol_ops conn_ops = {
	.name = "record",
	.made = conn_made,
	.data = twc__policy_data,
	.eof = twc__policy_eof,
	.drained = twc__policy_drained,
	.lost = conn_lost,
	.inner = twc__policy_inner,
};

static struct twc_protocol *record_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_record *rec = (struct twc_record *)f;
	struct twc_protocol *inner = twc_factory_build(rec->base.inner, peer);
	struct conn *c;

	if (!inner)
		return NULL;
	c = twc_calloc(1, sizeof(*c));
	twc__policy_init(&c->base, &conn_ops, inner);
	c->rec = rec;
	c->tee[DIR_IN].fd = c->tee[DIR_OUT].fd = -1;
	return &c->base.base;
}

static const struct twc_factory_ops record_factory_ops = {
	.name = "record",
	.build = record_build,
	.started = twc__policy_started,
	.stopped = twc__policy_stopped,
};

/* ---- life cycle ---- */

struct twc_record *twc_record_new(const struct twc_record_opts *o, struct twc_factory *inner, struct twc_err *err)
{
	struct twc_record *rec = twc_calloc(1, sizeof(*rec));
	struct twc_err why = { 0 };

	rec->base.base.ops = &record_factory_ops;
	rec->base.inner = inner;
	rec->o = *o;
	rec->hex.fd = rec->text.fd = rec->tee[DIR_IN].fd = rec->tee[DIR_OUT].fd = -1;
	if (dump_open(&rec->hex, o->hexdump, o->dump_fd, &why) == 0 &&
	    dump_open(&rec->text, o->textdump, o->dump_fd, &why) == 0 &&
	    tee_open(&rec->tee[DIR_IN], o->tee_in, &why) == 0 && tee_open(&rec->tee[DIR_OUT], o->tee_out, &why) == 0)
		return rec;
	if (err)
		*err = why;
	twc_record_free(rec);
	return NULL;
}

void twc_record_free(struct twc_record *rec)
{
	if (!rec)
		return;
	sink_close(&rec->hex);
	sink_close(&rec->text);
	sink_close(&rec->tee[DIR_IN]);
	sink_close(&rec->tee[DIR_OUT]);
	twc_free(rec);
}

struct twc_factory *twc_record_factory(struct twc_record *rec)
{
	return &rec->base.base;
}
