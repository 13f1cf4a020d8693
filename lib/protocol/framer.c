/* SPDX-License-Identifier: MIT */
/*
 * Bytes into frames: lines, netstrings, length-prefixed strings. Pure: no I/O, no clock.
 *
 * A whole frame is handed on where it lies in the caller's bytes; only one cut by the end of them is copied to
 * `held`, and completed there. So each kind answers one question, over the held bytes followed by the new ones:
 * how many of the new ones belong to this frame, and is it whole then?
 *
 * held < the frame's own limit at all times; what must become too long is refused at the first byte that
 * decides it, wherever the input was cut: a length at its prefix, a line once even a delimiter begun in its
 * last bytes could not save it.
 */
#include <twc/protocol.h>

#include <stdio.h>
#include <sys/uio.h>

#include "base/banned.h"

#define PREFIX_MAX 24 /* "18446744073709551615:" */
#define DELIM_MAX sizeof(((struct twc_framer *)0)->delim)

/* The frame at hand, over held and new bytes alike. */
struct cut {
	size_t take;  /* new bytes that belong to it */
	bool is_whole;
	size_t head;  /* whole: bytes before the content */
	size_t tail;  /* whole: bytes after it */
};

void twc_framer_init(struct twc_framer *f, enum twc_framing kind)
{
	*f = (struct twc_framer){ .kind = kind };
	f->max = kind == TWC_FRAMING_LINE ? TWC_LINE_MAX : TWC_FRAME_MAX;
	twc_framer_set_delim(f, "\r\n", 2);
	twc_buf_init(&f->held, SIZE_MAX);
}

void twc_framer_set_delim(struct twc_framer *f, const char *delim, size_t n)
{
	TWC_ASSERT(n > 0 && n <= DELIM_MAX);
	memcpy(f->delim, delim, n);
	f->delim_len = (uint8_t)n;
}

void twc_framer_fini(struct twc_framer *f)
{
	twc_buf_fini(&f->held);
}

struct twc_str twc_framer_held(const struct twc_framer *f)
{
	return twc_buf_str(&f->held);
}

/* The i-th byte of held and new bytes together. */
static uint8_t byte_at(const struct twc_framer *f, const uint8_t *data, size_t i)
{
	size_t held = twc_buf_len(&f->held);

	return i < held ? (uint8_t)twc_buf_head(&f->held)[i] : data[i - held];
}

/* ---- lines ---- */

/* How many bytes of `data` there are up to the end of the first delimiter; 0: none in sight. */
static size_t find_delim(const struct twc_framer *f, const uint8_t *data, size_t n)
{
	size_t held = twc_buf_len(&f->held), dl = f->delim_len;
	size_t back = held < dl - 1 ? held : dl - 1, ahead = n < dl - 1 ? n : dl - 1;
	uint8_t seam[2 * DELIM_MAX];
	const uint8_t *at;

	if (back) { /* a delimiter across the seam comes before any other */
		memcpy(seam, twc_buf_head(&f->held) + held - back, back);
		memcpy(seam + back, data, ahead);
		at = memmem(seam, back + ahead, f->delim, dl);
		if (at)
			return (size_t)(at - seam) + dl - back;
	}
	at = memmem(data, n, f->delim, dl);
	return at ? (size_t)(at - data) + dl : 0;
}

static int cut_line(const struct twc_framer *f, const uint8_t *data, size_t n, struct cut *c, struct twc_err *err)
{
	size_t end = find_delim(f, data, n);
	size_t total = twc_buf_len(&f->held) + (end ? end : n), dl = f->delim_len, cr;

	if (end) {
		cr = f->optional_cr && total > dl && byte_at(f, data, total - dl - 1) == '\r';
		*c = (struct cut){ .take = end, .is_whole = true, .tail = dl + cr };
		if (total - dl - cr <= f->max)
			return 0;
	} else {
		*c = (struct cut){ .take = n };
		if (total < f->max + dl + f->optional_cr)
			return 0;
	}
	return twc_err_set(err, TWC_ETOOLONG, "line longer than %zu bytes", f->max);
}

/* ---- length prefixes ---- */

static size_t prefix_len(enum twc_framing kind)
{
	return kind == TWC_FRAMING_INT8 ? 1 : kind == TWC_FRAMING_INT16 ? 2 : 4;
}

/* `all` bytes make a frame, `head` of them before and `tail` behind its content. */
static void cut_at(const struct twc_framer *f, size_t n, size_t head, size_t all, size_t tail, struct cut *c)
{
	size_t missing = all - twc_buf_len(&f->held);

	*c = (struct cut){ .take = n < missing ? n : missing, .is_whole = n >= missing, .head = head, .tail = tail };
}

static int too_long(const struct twc_framer *f, struct twc_err *err)
{
	return twc_err_set(err, TWC_ETOOLONG, "frame longer than %zu bytes", f->max);
}

static int cut_int(const struct twc_framer *f, const uint8_t *data, size_t n, struct cut *c, struct twc_err *err)
{
	size_t head = prefix_len(f->kind), len = 0;

	if (twc_buf_len(&f->held) + n < head) {
		*c = (struct cut){ .take = n };
		return 0;
	}
	for (size_t i = 0; i < head; i++)
		len = len << 8 | byte_at(f, data, i);
	if (len > f->max)
		return too_long(f, err);
	cut_at(f, n, head, head + len, 0, c);
	return 0;
}

static int bad_netstring(struct twc_err *err, const char *wanted, uint8_t got)
{
	char text[8];

	twc_escape(text, sizeof(text), (struct twc_str){ (const char *)&got, 1 });
	return twc_err_set(err, TWC_EPROTO, "netstring: %s expected, not \"%s\"", wanted, text);
}

/* 0|[1-9][0-9]* and a colon; then the bytes and a comma. */
static int cut_netstring(const struct twc_framer *f, const uint8_t *data, size_t n, struct cut *c,
			 struct twc_err *err)
{
	size_t have = twc_buf_len(&f->held) + n, len = 0, i;
	uint8_t b = 0;

	for (i = 0; i < have; i++) {
		b = byte_at(f, data, i);
		if (b == ':' && i > 0)
			break;
		if (b < '0' || b > '9')
			return bad_netstring(err, i ? "digit or colon" : "digit", b);
		if (i > 0 && len == 0)
			return bad_netstring(err, "colon after 0", b);
		if (len > (f->max - (b - '0')) / 10 || (size_t)(b - '0') > f->max)
			return too_long(f, err);
		len = len * 10 + (size_t)(b - '0');
	}
	if (i == have) {
		*c = (struct cut){ .take = n };
		return 0;
	}
	cut_at(f, n, i + 1, i + 1 + len + 1, 1, c);
	if (!c->is_whole)
		return 0;
	b = byte_at(f, data, i + 1 + len);
	return b == ',' ? 0 : bad_netstring(err, "comma", b);
}

/* ---- feeding ---- */

static int cut_frame(const struct twc_framer *f, const uint8_t *data, size_t n, struct cut *c, struct twc_err *err)
{
	switch (f->kind) {
	case TWC_FRAMING_LINE:
		return cut_line(f, data, n, c, err);
	case TWC_FRAMING_NETSTRING:
		return cut_netstring(f, data, n, c, err);
	case TWC_FRAMING_INT8:
	case TWC_FRAMING_INT16:
	case TWC_FRAMING_INT32:
		return cut_int(f, data, n, c, err);
	}
	TWC_BUG("unknown framing %d", (int)f->kind);
}

static int hold(struct twc_framer *f, const uint8_t *data, size_t n, struct twc_err *err)
{
	int rc = twc_buf_add(&f->held, data, n);

	return rc ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}

/* Hands on a whole frame, the last `take` bytes of which are at `data`. */
static int deliver(struct twc_framer *f, const uint8_t *data, const struct cut *c, twc_frame_fn fn, void *arg,
		   bool *go_on, struct twc_err *err)
{
	const uint8_t *frame = data;
	size_t all = c->take;
	int rc;

	if (twc_buf_len(&f->held)) {
		rc = hold(f, data, c->take, err);
		if (rc)
			return rc;
		frame = (const uint8_t *)twc_buf_head(&f->held);
		all = twc_buf_len(&f->held);
		twc_buf_clear(&f->held); /* the bytes stay where they are until the call is over */
	}
	*go_on = fn(arg, frame + c->head, all - c->head - c->tail);
	return 0;
}

int twc_framer_feed(struct twc_framer *f, const uint8_t *data, size_t n, size_t *used, twc_frame_fn fn, void *arg,
		    struct twc_err *err)
{
	size_t at = 0;
	bool go_on = true;
	int rc = f->dead;

	if (rc)
		twc_err_set(err, rc, "%s", twc_err_default_text(rc));
	while (!rc && go_on && at < n) {
		struct cut c = { 0 };

		rc = cut_frame(f, data + at, n - at, &c, err);
		if (rc)
			break;
		rc = c.is_whole ? deliver(f, data + at, &c, fn, arg, &go_on, err) : hold(f, data + at, c.take, err);
		at += c.take;
	}
	if (twc_buf_len(&f->held) == 0)
		twc_buf_fini(&f->held); /* most connections are between two frames: they hold no memory */
	f->dead = rc;
	*used = rc ? n : at;
	return rc;
}

/* ---- the other direction ---- */

/* Would a reader find the delimiter before the end of the line? */
static bool holds_delim(const struct twc_framer *f, const uint8_t *p, size_t n)
{
	size_t dl = f->delim_len, back = n < dl - 1 ? n : dl - 1;
	uint8_t seam[2 * DELIM_MAX];

	if (n && memmem(p, n, f->delim, dl))
		return true;
	if (back)
		memcpy(seam, p + n - back, back);
	memcpy(seam + back, f->delim, dl);
	return memmem(seam, back + dl, f->delim, dl) != seam + back;
}

static int put_prefix(const struct twc_framer *f, size_t n, uint8_t *prefix, size_t *len, struct twc_err *err)
{
	size_t bytes = prefix_len(f->kind);

	if (f->kind == TWC_FRAMING_NETSTRING) {
		*len = (size_t)snprintf((char *)prefix, PREFIX_MAX, "%zu:", n);
		return 0;
	}
	if (bytes < 4 && n >> (8 * bytes))
		return twc_err_set(err, TWC_ETOOLONG, "%zu bytes do not fit a length of %zu bits", n, 8 * bytes);
	for (size_t i = 0; i < bytes; i++)
		prefix[i] = (uint8_t)(n >> (8 * (bytes - 1 - i)));
	*len = bytes;
	return 0;
}

int twc_framer_write(const struct twc_framer *f, struct twc_transport *t, const void *p, size_t n,
		     struct twc_err *err)
{
	uint8_t prefix[PREFIX_MAX];
	char delim[DELIM_MAX];
	struct iovec iov[3] = { { .iov_base = prefix }, { .iov_base = (void *)(uintptr_t)p, .iov_len = n },
				{ .iov_base = delim } };
	int rc;

	if (n > f->max)
		return f->kind == TWC_FRAMING_LINE
			       ? twc_err_set(err, TWC_ETOOLONG, "line longer than %zu bytes", f->max)
			       : too_long(f, err);
	if (f->kind == TWC_FRAMING_LINE) {
		if (holds_delim(f, p, n))
			return twc_err_set(err, TWC_EDATA, "the line holds its own delimiter");
		memcpy(delim, f->delim, f->delim_len);
		iov[2].iov_len = f->delim_len;
	} else {
		rc = put_prefix(f, n, prefix, &iov[0].iov_len, err);
		if (rc)
			return rc;
		delim[0] = ',';
		iov[2].iov_len = f->kind == TWC_FRAMING_NETSTRING;
	}
	twc_transport_writev(t, iov, 3);
	return 0;
}
