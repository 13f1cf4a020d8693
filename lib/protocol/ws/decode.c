/* SPDX-License-Identifier: MIT */
/*
 * From bytes to messages (RFC 6455, 5.4 to 5.6 and 8.1). Control frames come between the fragments of a message and disturb
 * nothing. Whatever goes wrong is told at the earliest byte, and once.
 */
#include "protocol/ws/close.h"
#include "protocol/ws/codec.h"

#include "base/banned.h"

#define PIECE 4096	   /* unmasked at a time on its way to be inflated */
#define KEEP (16 * 1024) /* of memory, between two messages */

static int fault(struct twc__ws_codec *c, unsigned code)
{
	c->fault = code;
	c->is_over = true;
	return code == TWC_WS_TOO_BIG ? TWC_ETOOLONG : code == TWC_WS_INTERNAL ? TWC_ENOMEM : TWC_EPROTO;
}

static int fault_of(struct twc__ws_codec *c, int rc, struct twc_err *err)
{
	if (rc == TWC_ENOMEM)
		twc_err_set(err, rc, "%s", twc_err_default_text(rc));
	return fault(c, rc == TWC_ETOOLONG ? TWC_WS_TOO_BIG : rc == TWC_ENOMEM ? TWC_WS_INTERNAL : TWC_WS_BAD_DATA);
}

static int not_utf8(struct twc__ws_codec *c, struct twc_err *err)
{
	twc_err_set(err, TWC_EPROTO, "a text that is not UTF-8");
	return fault(c, TWC_WS_BAD_DATA);
}

static void take(struct twc__ws_input *in, size_t n)
{
	in->p += n;
	in->n -= n;
}

static void unmask(const struct twc__ws_codec *c, uint8_t *to, const uint8_t *from, size_t n)
{
	if (!c->is_client)
		twc__ws_mask(to, from, n, c->frame.key, c->frame.length - c->left);
	else if (to != from && n > 0)
		memcpy(to, from, n);
}

/* ---- the head of a frame ---- */

/* 1 when it is whole. */
static int head_feed(struct twc__ws_codec *c, struct twc__ws_input *in, struct twc_err *err)
{
	unsigned expected = (c->is_client ? 0u : TWC__WS_FROM_CLIENT) | (c->zlib.agreed.is_on ? TWC__WS_MAY_DEFLATE : 0u);
	size_t room = sizeof(c->head) - c->head_n, n = in->n < room ? in->n : room;
	int rc;

	if (c->head_n == 0) {
		rc = twc__ws_frame_parse(in->p, in->n, expected, &c->frame, err);
		if (rc > 0)
			take(in, c->frame.size);
		if (rc != 0)
			return rc;
	}
	memcpy(c->head + c->head_n, in->p, n);
	rc = twc__ws_frame_parse(c->head, c->head_n + n, expected, &c->frame, err);
	if (rc > 0) {
		take(in, c->frame.size - c->head_n);
		c->head_n = 0;
	} else {
		take(in, n);
		c->head_n += (uint8_t)n;
	}
	return rc;
}

static int frame_begin(struct twc__ws_codec *c, struct twc_err *err)
{
	const struct twc__ws_frame *f = &c->frame;

	c->in_frame = true;
	c->left = f->length;
	if (twc__ws_is_control(f->opcode)) {
		c->control_n = 0;
		return 0;
	}
	if (f->opcode == TWC__WS_CONTINUATION && !c->in_message) {
		twc_err_set(err, TWC_EPROTO, "a continuation of no message");
		return fault(c, TWC_WS_PROTOCOL_ERROR);
	}
	if (f->opcode != TWC__WS_CONTINUATION && c->in_message) {
		twc_err_set(err, TWC_EPROTO, "a message that begins inside another");
		return fault(c, TWC_WS_PROTOCOL_ERROR);
	}
	if (!c->in_message) {
		c->in_message = true;
		c->type = f->opcode;
		c->is_deflated = f->is_deflated;
		c->utf8 = (struct twc__ws_utf8){ 0 };
	}
	if (!c->is_deflated && f->length > c->max - twc_buf_len(&c->msg)) {
		twc_err_set(err, TWC_ETOOLONG, "a message longer than %zu bytes", c->max);
		return fault(c, TWC_WS_TOO_BIG);
	}
	return 0;
}

/* ---- its payload ---- */

static int message_done(struct twc__ws_codec *c, const uint8_t *data, size_t n, struct twc__ws_item *item)
{
	c->in_message = false;
	*item = (struct twc__ws_item){ .type = c->type, .data = data, .n = n };
	return TWC__WS_MESSAGE;
}

/* The message is this frame, and all of it is here. */
static bool is_at_hand(const struct twc__ws_codec *c, const struct twc__ws_input *in)
{
	const struct twc__ws_frame *f = &c->frame;

	return f->is_last && (f->opcode == TWC__WS_TEXT || f->opcode == TWC__WS_BINARY) && !c->is_deflated &&
	       c->left == f->length && in->n >= f->length && (c->is_client || !in->work || in->room >= f->length);
}

static int hand_out(struct twc__ws_codec *c, struct twc__ws_input *in, struct twc__ws_item *item, struct twc_err *err)
{
	size_t n = (size_t)c->left;
	const uint8_t *data = in->p;

	if (!c->is_client) {
		uint8_t *to = in->work ? in->work : (uint8_t *)(uintptr_t)in->p;

		unmask(c, to, in->p, n);
		data = to;
	}
	take(in, n);
	c->in_frame = false;
	if (c->type == TWC_WS_TEXT && !twc_ws_is_utf8(data, n))
		return not_utf8(c, err);
	return message_done(c, data, n, item);
}

static int plain_feed(struct twc__ws_codec *c, const uint8_t *p, size_t n)
{
	char *at;
	int rc;

	if (n == 0)
		return 0;
	rc = twc_buf_reserve(&c->msg, n, &at);
	if (rc < 0)
		return rc;
	unmask(c, (uint8_t *)at, p, n);
	twc_buf_commit(&c->msg, n);
	c->left -= n;
	return 0;
}

static int deflated_feed(struct twc__ws_codec *c, const uint8_t *p, size_t n, struct twc_err *err)
{
	uint8_t piece[PIECE];
	int rc = 0;

	while (n > 0 && rc == 0) {
		size_t k = n < PIECE ? n : PIECE;

		unmask(c, piece, p, k);
		rc = twc__ws_inflate(&c->zlib, piece, k, &c->msg, err);
		c->left -= k;
		p += k;
		n -= k;
	}
	return rc;
}

/* What the message has grown by since it was `before` long. */
static bool is_text_good(struct twc__ws_codec *c, size_t before)
{
	return c->type != TWC_WS_TEXT ||
	       twc__ws_utf8_feed(&c->utf8, (const uint8_t *)twc_buf_head(&c->msg) + before, twc_buf_len(&c->msg) - before);
}

static int data_feed(struct twc__ws_codec *c, struct twc__ws_input *in, struct twc__ws_item *item, struct twc_err *err)
{
	size_t n = in->n < c->left ? in->n : (size_t)c->left, before = twc_buf_len(&c->msg);
	int rc = c->is_deflated ? deflated_feed(c, in->p, n, err) : plain_feed(c, in->p, n);

	take(in, n);
	c->in_frame = c->left > 0;
	if (rc == 0 && c->is_deflated && !c->in_frame && c->frame.is_last)
		rc = twc__ws_inflate_end(&c->zlib, &c->msg, err);
	if (!is_text_good(c, before)) /* before all else: at a random split it would have been told first */
		return not_utf8(c, err);
	if (rc < 0)
		return fault_of(c, rc, err);
	if (c->in_frame || !c->frame.is_last)
		return TWC__WS_MORE;
	if (c->type == TWC_WS_TEXT && !twc__ws_utf8_is_whole(&c->utf8))
		return not_utf8(c, err);
	c->is_spent = true;
	return message_done(c, (const uint8_t *)twc_buf_head(&c->msg), twc_buf_len(&c->msg), item);
}

static int close_done(struct twc__ws_codec *c, struct twc__ws_item *item, struct twc_err *err)
{
	struct twc_str reason;
	unsigned code;

	if (twc__ws_close_parse(c->control, c->control_n, &code, &reason, err) < 0)
		return fault(c, code);
	c->is_over = true;
	*item = (struct twc__ws_item){ .code = code, .data = (const uint8_t *)reason.p, .n = reason.n };
	return TWC__WS_HEARD_CLOSE;
}

static int control_feed(struct twc__ws_codec *c, struct twc__ws_input *in, struct twc__ws_item *item, struct twc_err *err)
{
	size_t n = in->n < c->left ? in->n : (size_t)c->left;

	unmask(c, c->control + c->control_n, in->p, n);
	take(in, n);
	c->left -= n;
	c->control_n += (uint8_t)n;
	if (c->left > 0)
		return TWC__WS_MORE;
	c->in_frame = false;
	if (c->frame.opcode == TWC__WS_CLOSE)
		return close_done(c, item, err);
	*item = (struct twc__ws_item){ .data = c->control, .n = c->control_n };
	return c->frame.opcode == TWC__WS_PING ? TWC__WS_HEARD_PING : TWC__WS_HEARD_PONG;
}

/* The message that was handed out last is nobody's any more. */
static void forget(struct twc__ws_codec *c)
{
	if (c->msg.cap > KEEP)
		twc_buf_fini(&c->msg);
	else
		twc_buf_clear(&c->msg);
	c->is_spent = false;
}

int twc__ws_decode(struct twc__ws_codec *c, struct twc__ws_input *in, struct twc__ws_item *item, struct twc_err *err)
{
	int rc;

	if (c->is_spent)
		forget(c);
	while (!c->is_over && (c->in_frame || in->n > 0)) {
		if (!c->in_frame) {
			rc = head_feed(c, in, err);
			if (rc < 0)
				return fault(c, TWC_WS_PROTOCOL_ERROR);
			if (rc == 0)
				return TWC__WS_MORE;
			rc = frame_begin(c, err);
			if (rc < 0)
				return rc;
			if (is_at_hand(c, in))
				return hand_out(c, in, item, err);
		}
		if (twc__ws_is_control(c->frame.opcode))
			rc = control_feed(c, in, item, err);
		else
			rc = data_feed(c, in, item, err);
		if (rc != TWC__WS_MORE || c->in_frame)
			return rc;
	}
	if (c->is_over)
		take(in, in->n);
	return TWC__WS_MORE;
}
