/* SPDX-License-Identifier: MIT */
/*
 * Frames that nghttp2 leaves out without a word, though a client must not send them: those of streams that have ended (RFC 9113,
 * 5.1), of identifiers that were passed over (5.1.1), PRIORITY that depends on itself or is of no stream (6.3), and floods of what
 * nobody knows.
 *
 * The heads of frames are read beside nghttp2: all before a frame that is looked at has been fed to it, so streams are as they were
 * when the frame was sent. Where a stream was broken off by us its frames may still be on their way, and nothing is said any more.
 */
#include "protocol/http/h2_server.h"

#include "base/banned.h"

#define DEPENDS 4 /* bytes of PRIORITY's payload: the stream it depends on */

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t length_of(const struct twc__h2_skim *s)
{
	return get32(s->head) >> 8;
}

static uint8_t type_of(const struct twc__h2_skim *s)
{
	return s->head[3];
}

static int32_t id_of(const struct twc__h2_skim *s)
{
	return (int32_t)(get32(s->head + 5) & 0x7fffffff);
}

void twc__h2_skim_init(struct twc__h2_skim *s)
{
	*s = (struct twc__h2_skim){ .left = TWC__H2_PREFACE_LEN };
}

static bool is_suspect(const struct twc__h2_skim *s, int32_t last)
{
	uint8_t type = type_of(s);

	return type == NGHTTP2_PRIORITY || type > NGHTTP2_CONTINUATION ||
	       ((type == NGHTTP2_DATA || type == NGHTTP2_HEADERS) && id_of(s) <= last);
}

/* Bytes that have to be seen of the frame whose head has begun. */
static size_t wanted(const struct twc__h2_skim *s)
{
	if (s->n < TWC__H2_FRAME_HEAD || type_of(s) != NGHTTP2_PRIORITY || length_of(s) < DEPENDS)
		return TWC__H2_FRAME_HEAD;
	return TWC__H2_FRAME_HEAD + DEPENDS;
}

const uint8_t *twc__h2_skim(struct twc__h2_skim *s, const uint8_t *p, const uint8_t *end, const uint8_t **begin)
{
	const uint8_t *from = p;

	*begin = NULL;
	while (p < end) {
		size_t have = (size_t)(end - p);

		if (s->left) {
			size_t n = s->left < have ? s->left : have;

			s->left -= (uint32_t)n;
			p += n;
			from = p;
			continue;
		}
		if (!s->n && have >= TWC__H2_FRAME_HEAD) {
			memcpy(s->head, p, TWC__H2_FRAME_HEAD);
			s->n = TWC__H2_FRAME_HEAD;
			p += TWC__H2_FRAME_HEAD;
		} else {
			s->head[s->n++] = *p++;
		}
		if (s->n < wanted(s))
			continue;
		s->left = length_of(s) - (s->n - TWC__H2_FRAME_HEAD);
		s->n = 0;
		if (is_suspect(s, s->last)) {
			*begin = from;
			return p;
		}
		if (type_of(s) == NGHTTP2_HEADERS)
			s->last = id_of(s);
		from = p;
	}
	return end;
}

static uint32_t find(struct twc_err *err, uint32_t code, const char *text, int32_t id)
{
	twc_err_set(err, TWC_EPROTO, "%s (stream %d)", text, (int)id);
	return code;
}

uint32_t twc__h2_skim_look(struct twc__h2_conn *c, struct twc_err *err)
{
	const struct twc__h2_skim *s = &c->skim;
	int32_t id = id_of(s);

	if (type_of(s) == NGHTTP2_PRIORITY) {
		if (!id)
			return find(err, NGHTTP2_PROTOCOL_ERROR, "PRIORITY of no stream", id);
		if (length_of(s) >= DEPENDS && (int32_t)(get32(s->head + TWC__H2_FRAME_HEAD) & 0x7fffffff) == id)
			return find(err, NGHTTP2_PROTOCOL_ERROR, "PRIORITY depends on itself", id);
		return 0;
	}
	if (type_of(s) > NGHTTP2_CONTINUATION) {
		if (!twc__h2_charge(c, TWC__H2_CONTROL, 1))
			return 0;
		*err = c->err;
		return NGHTTP2_ENHANCE_YOUR_CALM;
	}
	if (!id || id > nghttp2_session_get_last_proc_stream_id(c->session) || c->has_reset || c->ending != TWC__H2_GOES_ON ||
	    nghttp2_session_get_stream_user_data(c->session, id))
		return 0;
	if (c->has_gaps && type_of(s) == NGHTTP2_HEADERS)
		return find(err, NGHTTP2_PROTOCOL_ERROR, "HEADERS of an identifier below the last", id);
	return find(err, NGHTTP2_STREAM_CLOSED,
		    type_of(s) == NGHTTP2_DATA ? "DATA after the stream's end" : "HEADERS after the stream's end", id);
}
