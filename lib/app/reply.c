/* SPDX-License-Identifier: MIT */
/*
 * One answer to each client: `serve --reply S --reply-after WHEN`.
 *
 *	request comes -> it is whole -> the answer, and the end of our half -> the rest is read until the client ends
 *
 * The last step is why a client always sees the answer: closing with its bytes unread would make the kernel reset the
 * connection, and destroy what is on its way. It is bounded by silence and by a total. Of the request nothing is kept
 * but where in a line it is, or the window of a regular expression. A datagram is a request by itself, and each that
 * is whole is answered.
 */
#include <twc/app.h>
#include <twc/buf.h>
#include <twc/parse.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/banned.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)
#define SLICE_MAX ((size_t)64 * 1024)
#define DGRAM_MAX 65507
#define SILENCE_NS (2 * TWC_NS_PER_S) /* for so long the client says nothing after the answer: then it is closed */
#define ROUNDS_MAX 15		      /* of that, and then it is closed though it goes on */

enum reply_after {
	AFTER_LINE,
	AFTER_BLANK_LINE, /* an empty one after one that is not */
	AFTER_BYTES,
	AFTER_MATCH,
};

struct twc_reply {
	struct twc_factory factory;
	struct twc_buf text;
	enum reply_after after;
	uint64_t bytes;		   /* AFTER_BYTES */
	struct twc_expect *expect; /* owned; AFTER_MATCH */
};

struct replier {
	struct twc_protocol proto;
	const struct twc_reply *reply; /* borrowed */
	struct twc_watcher *watcher;   /* owned; AFTER_MATCH */
	uint64_t received;
	bool is_in_line, has_cr, has_line; /* this line is not empty; so far it is a CR; there was one not empty */
	bool is_whole;			   /* the request */
	size_t sent;			   /* of the answer */
	bool has_heard;			   /* something, since the linger timer was started */
	unsigned rounds;
	struct twc_timer linger;
};

/* ---- is the request whole? ---- */

/* Goes through the lines; true at the first empty one after one that is not. */
static bool find_blank_line(struct replier *c, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			if (!c->is_in_line && c->has_line)
				return true;
			c->has_line |= c->is_in_line;
			c->is_in_line = c->has_cr = false;
		} else if (p[i] == '\r' && !c->is_in_line && !c->has_cr) {
			c->has_cr = true;
		} else {
			c->is_in_line = true;
		}
	}
	return false;
}

/* `is_end`: nothing follows. */
static bool is_whole_now(struct replier *c, const uint8_t *p, size_t n, bool is_end)
{
	c->received += n;
	switch (c->reply->after) {
	case AFTER_LINE:
		return (n > 0 && memchr(p, '\n', n)) || (is_end && c->received > 0);
	case AFTER_BLANK_LINE:
		return find_blank_line(c, p, n);
	case AFTER_BYTES:
		return c->received >= c->reply->bytes;
	case AFTER_MATCH:
		return twc_watcher_feed(c->watcher, p, n, is_end);
	}
	return false;
}

/* ---- streams ---- */

static void on_linger(struct twc_timer *timer, void *arg)
{
	struct replier *c = arg;
	struct twc_transport *t = c->proto.transport;
	bool is_slow = twc_transport_queued(t) > 0; /* it is still reading the answer */

	if (is_slow || (c->has_heard && ++c->rounds < ROUNDS_MAX)) {
		c->has_heard = false;
		twc_timer_start(twc_transport_reactor(t), timer, SILENCE_NS, on_linger, c);
		return;
	}
	twc_transport_no_linger(t);
	twc_transport_lose(t);
}

/* As much of the answer as the transport takes; `drained` goes on. */
static void reply_stream(struct replier *c)
{
	struct twc_transport *t = c->proto.transport;
	struct twc_str text = twc_buf_str(&c->reply->text);

	while (c->sent < text.n) {
		size_t part = text.n - c->sent < SLICE_MAX ? text.n - c->sent : SLICE_MAX;

		if (twc_transport_is_full(t) || twc_transport_is_closing(t))
			return;
		twc_transport_write(t, text.p + c->sent, part);
		c->sent += part;
	}
	if (twc_transport_has_eof(t)) {
		twc_transport_lose(t);
		return;
	}
	twc_transport_write_eof(t);
	if (!twc_timer_is_active(&c->linger))
		twc_timer_start(twc_transport_reactor(t), &c->linger, SILENCE_NS, on_linger, c);
}

static void reply_datagram(struct replier *c, const uint8_t *data, size_t n)
{
	struct twc_transport *t = c->proto.transport;
	struct twc_str text = twc_buf_str(&c->reply->text);

	c->received = 0;
	c->is_in_line = c->has_cr = c->has_line = false;
	if (!is_whole_now(c, data, n, true))
		return;
	if (c->watcher) {
		twc_watcher_free(c->watcher); /* it has found what it was made for */
		c->watcher = twc_watcher_new(c->reply->expect);
	}
	if (text.n > DGRAM_MAX) {
		struct twc_err err;

		twc_err_set(&err, TWC_ETOOLONG, "the answer does not fit into one datagram (%zu bytes, at most %d)",
			    text.n, DGRAM_MAX);
		twc_transport_fail(t, &err);
	} else if (!twc_transport_is_full(t)) {
		twc_transport_write(t, text.p, text.n);
	}
}

/* ---- the protocol ---- */

static void reply_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct replier *c = (struct replier *)p;

	if (twc_transport_is_datagram(p->transport)) {
		reply_datagram(c, data, n);
	} else if (c->is_whole) {
		c->has_heard = true;
	} else if (is_whole_now(c, data, n, false)) {
		c->is_whole = true;
		reply_stream(c);
	}
}

/* A client that has said nothing at all only looked whether somebody is there. */
static void reply_eof(struct twc_protocol *p)
{
	struct replier *c = (struct replier *)p;
	struct twc_err err;

	if (twc_transport_is_datagram(p->transport) || (!c->is_whole && c->received == 0)) {
		twc_transport_lose(p->transport);
	} else if (c->is_whole || is_whole_now(c, NULL, 0, true)) {
		c->is_whole = true;
		reply_stream(c);
	} else {
		twc_err_set(&err, TWC_EPROTO, "the client ended before its request was whole (%llu bytes)",
			    (unsigned long long)c->received);
		twc_transport_fail(p->transport, &err);
	}
}

static void reply_drained(struct twc_protocol *p)
{
	struct replier *c = (struct replier *)p;

	if (c->is_whole)
		reply_stream(c);
}

static void reply_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct replier *c = (struct replier *)p;

	(void)reason;
	twc_timer_stop(twc_transport_reactor(p->transport), &c->linger);
	twc_watcher_free(c->watcher);
	twc_free(c);
}

static const struct twc_protocol_ops reply_ops = {
	.name = "reply",
	.data = reply_data,
	.eof = reply_eof,
	.drained = reply_drained,
	.lost = reply_lost,
};

static struct twc_protocol *reply_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct replier *c = twc_calloc(1, sizeof(*c));

	(void)peer;
	c->proto.ops = &reply_ops;
	c->reply = TWC_CONTAINER_OF(f, struct twc_reply, factory);
	if (c->reply->expect)
		c->watcher = twc_watcher_new(c->reply->expect);
	return &c->proto;
}

static const struct twc_factory_ops reply_factory_ops = {
	.name = "reply",
	.build = reply_build,
};

/* ---- making ---- */

static int too_long(const char *what, struct twc_err *err)
{
	return twc_err_set(err, TWC_ENOINPUT, "%s is longer than 16 MiB", what);
}

static int read_file(struct twc_buf *b, const char *path, struct twc_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc = 0;
	char chunk[16384];
	ssize_t n = 0;

	while (fd >= 0 && rc == 0 && (n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n > 0)
			rc = twc_buf_add(b, chunk, (size_t)n) ? too_long(path, err) : 0;
		else if (errno != EINTR)
			break;
	}
	if (fd < 0 || n < 0)
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot read %s", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int read_text(struct twc_buf *b, const char *text, struct twc_err *err)
{
	char *copy = twc_strdup(text);
	size_t n = strlen(copy);
	int rc = twc_parse_escapes(copy, &n, err);

	if (rc == 0 && twc_buf_add(b, copy, n))
		rc = too_long("the answer", err);
	twc_free(copy);
	return rc;
}

struct twc_reply *twc_reply_new(const char *text, struct twc_err *err)
{
	struct twc_reply *x = twc_calloc(1, sizeof(*x));
	int rc;

	x->factory.ops = &reply_factory_ops;
	twc_buf_init(&x->text, TEXT_MAX);
	rc = text[0] == '@' ? read_file(&x->text, text + 1, err) : read_text(&x->text, text, err);
	if (rc == 0)
		return x;
	twc_reply_free(x);
	return NULL;
}

int twc_reply_set_after(struct twc_reply *x, const char *when, struct twc_err *err)
{
	if (strcmp(when, "line") == 0) {
		x->after = AFTER_LINE;
	} else if (strcmp(when, "blank-line") == 0) {
		x->after = AFTER_BLANK_LINE;
	} else if (twc_parse_size(twc_str_of(when), &x->bytes, NULL) == 0) {
		if (x->bytes == 0)
			return twc_err_set(err, TWC_EUSAGE, "0 bytes are no request");
		x->after = AFTER_BYTES;
	} else {
		x->expect = twc_expect_new(when, err);
		if (!x->expect)
			return TWC_EUSAGE;
		x->after = AFTER_MATCH;
	}
	return 0;
}

void twc_reply_free(struct twc_reply *x)
{
	if (!x)
		return;
	twc_expect_free(x->expect);
	twc_buf_fini(&x->text);
	twc_free(x);
}

struct twc_factory *twc_reply_factory(struct twc_reply *x)
{
	return &x->factory;
}
