/* SPDX-License-Identifier: MIT */
/* The head of a frame (RFC 6455, 5.2), read and written. */
#include "protocol/ws/frame.h"

#include "base/banned.h"

#define FIN 0x80
#define RSV1 0x40
#define RSV 0x70
#define MASKED 0x80
#define CONTROL_MAX 125
#define LENGTH_16 126
#define LENGTH_64 127

static int check_first(uint8_t first, unsigned expected, struct twc_err *err)
{
	uint8_t opcode = first & 15;
	bool is_data = opcode == TWC__WS_TEXT || opcode == TWC__WS_BINARY;

	if (first & RSV & ~(expected & TWC__WS_MAY_DEFLATE && is_data ? RSV1 : 0))
		return twc_err_set(err, TWC_EPROTO, "a frame with reserved bits set (0x%02x)", first & RSV);
	if (!is_data && opcode != TWC__WS_CONTINUATION && (opcode < TWC__WS_CLOSE || opcode > TWC__WS_PONG))
		return twc_err_set(err, TWC_EPROTO, "a frame with the unknown opcode %u", opcode);
	if (twc__ws_is_control(opcode) && !(first & FIN))
		return twc_err_set(err, TWC_EPROTO, "a control frame in fragments");
	return 0;
}

static int check_second(uint8_t first, uint8_t second, unsigned expected, struct twc_err *err)
{
	bool is_masked = second & MASKED;

	if (is_masked && !(expected & TWC__WS_FROM_CLIENT))
		return twc_err_set(err, TWC_EPROTO, "a server's frame that is masked");
	if (!is_masked && expected & TWC__WS_FROM_CLIENT)
		return twc_err_set(err, TWC_EPROTO, "a client's frame that is not masked");
	if (twc__ws_is_control(first & 15) && (second & 127) > CONTROL_MAX)
		return twc_err_set(err, TWC_EPROTO, "a control frame longer than %d bytes", CONTROL_MAX);
	return 0;
}

static uint64_t big_endian(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static int check_length(uint64_t length, uint8_t form, struct twc_err *err)
{
	if (length >> 63)
		return twc_err_set(err, TWC_EPROTO, "a frame whose length has its highest bit set");
	if (length < (form == LENGTH_16 ? LENGTH_16 : 0x10000))
		return twc_err_set(err, TWC_EPROTO, "a frame whose length, %llu, is not in its shortest form",
				   (unsigned long long)length);
	return 0;
}

int twc__ws_frame_parse(const uint8_t *p, size_t n, unsigned expected, struct twc__ws_frame *f, struct twc_err *err)
{
	size_t more, size;
	uint8_t form;

	if (n >= 1 && check_first(p[0], expected, err) < 0)
		return TWC_EPROTO;
	if (n < 2)
		return 0;
	if (check_second(p[0], p[1], expected, err) < 0)
		return TWC_EPROTO;
	form = p[1] & 127;
	more = form == LENGTH_64 ? 8 : form == LENGTH_16 ? 2 : 0;
	if (n < 2 + more)
		return 0;
	f->length = more ? big_endian(p + 2, more) : form;
	if (more && check_length(f->length, form, err) < 0)
		return TWC_EPROTO;
	size = 2 + more + (p[1] & MASKED ? TWC__WS_KEY_LEN : 0);
	if (n < size)
		return 0;
	f->opcode = p[0] & 15;
	f->is_last = p[0] & FIN;
	f->is_deflated = p[0] & RSV1;
	f->size = (uint8_t)size;
	if (p[1] & MASKED)
		memcpy(f->key, p + 2 + more, TWC__WS_KEY_LEN);
	return 1;
}

size_t twc__ws_frame_write(uint8_t out[TWC__WS_HEAD_MAX], const struct twc__ws_frame *f, const uint8_t *key)
{
	size_t more = f->length > 0xffff ? 8 : f->length > CONTROL_MAX ? 2 : 0, size = 2 + more;

	out[0] = (uint8_t)((f->is_last ? FIN : 0) | (f->is_deflated ? RSV1 : 0) | f->opcode);
	out[1] = (uint8_t)((key ? MASKED : 0) | (more == 8 ? LENGTH_64 : more == 2 ? LENGTH_16 : f->length));
	for (size_t i = 0; i < more; i++)
		out[2 + i] = (uint8_t)(f->length >> 8 * (more - 1 - i));
	if (key) {
		memcpy(out + size, key, TWC__WS_KEY_LEN);
		size += TWC__WS_KEY_LEN;
	}
	return size;
}
