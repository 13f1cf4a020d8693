/* SPDX-License-Identifier: MIT */
/* Where a stream is joined with datagrams: what of it becomes one of them, and how they stand in it. */
#include "app/filter.h"

#include "transport/transport_int.h"

#include "base/banned.h"

#define DGRAM_MAX 65507 /* what one datagram holds */
#define MESSAGE_MAX (1024 * 1024 * 1024) /* a message: who sends it has a limit of his own, below */

struct passing {
	twc__emit_fn emit;
	void *arg;
};

static bool on_frame(void *arg, const uint8_t *frame, size_t n)
{
	const struct passing *pass = arg;

	pass->emit(pass->arg, frame, n);
	return true;
}

void twc__frames_init(struct twc__frames *f, const struct twc_filter_opts *o)
{
	bool is_prefixed = o->frames == TWC_FRAMES_LEN4;

	f->kind = o->frames;
	f->max = o->frame_max && o->frame_max < DGRAM_MAX ? o->frame_max : DGRAM_MAX;
	twc_framer_init(&f->framer, is_prefixed ? TWC_FRAMING_INT32 : TWC_FRAMING_LINE);
	if (!is_prefixed)
		twc_framer_set_delim(&f->framer, o->frames == TWC_FRAMES_NUL ? "\0" : "\n", 1);
	f->framer.max = DGRAM_MAX;
}

void twc__frames_fini(struct twc__frames *f)
{
	twc_framer_fini(&f->framer);
}

static void split_raw(const struct twc__frames *f, const uint8_t *p, size_t n, twc__emit_fn emit, void *arg)
{
	while (n > 0) {
		size_t part = n < f->max ? n : f->max;

		emit(arg, p, part);
		p += part;
		n -= part;
	}
}

bool twc__frames_meet(struct twc__frames *f, const struct twc_filter_opts *o, struct twc_transport *wire, bool is_local)
{
	bool is_line = o->has_frames ? o->frames == TWC_FRAMES_LINE : is_local;

	if (!twc__transport_has_records(wire))
		return twc_transport_is_datagram(wire);
	if (is_line && !o->max_messages)
		twc_transport_by_lines(wire);
	if (!o->max_messages && (is_line || !o->has_frames || (o->frames == TWC_FRAMES_RAW && !o->frame_max)))
		return false;
	if (is_line)
		f->kind = TWC_FRAMES_LINE;
	f->framer.max = MESSAGE_MAX;
	f->max = o->frame_max ? o->frame_max : SIZE_MAX;
	return true;
}

void twc__frames_of_stream(const struct twc__frames *f, struct twc_transport *wire)
{
	if (f->kind == TWC_FRAMES_RAW)
		twc__transport_by_bytes(wire);
}

int twc__frames_split(struct twc__frames *f, const uint8_t *p, size_t n, twc__emit_fn emit, void *arg,
		      struct twc_err *err)
{
	struct passing pass = { .emit = emit, .arg = arg };
	size_t used;
	int rc;

	if (f->kind == TWC_FRAMES_RAW) {
		split_raw(f, p, n, emit, arg);
		return 0;
	}
	rc = twc_framer_feed(&f->framer, p, n, &used, on_frame, &pass, err);
	if (rc == TWC_ETOOLONG)
		return twc_err_set(err, TWC_EDATA, "a frame of the input is longer than a %s can be (%zu bytes)",
				   f->framer.max == DGRAM_MAX ? "datagram" : "message", f->framer.max);
	return rc;
}

int twc__frames_end(struct twc__frames *f, twc__emit_fn emit, void *arg, struct twc_err *err)
{
	struct twc_str held = twc_framer_held(&f->framer);

	if (f->kind == TWC_FRAMES_RAW || held.n == 0)
		return 0;
	if (f->kind == TWC_FRAMES_LEN4)
		return twc_err_set(err, TWC_EDATA, "the input ends in the middle of a frame");
	emit(arg, (const uint8_t *)held.p, held.n);
	return 0;
}

void twc__frames_join(const struct twc__frames *f, const uint8_t *p, size_t n, twc__emit_fn emit, void *arg)
{
	uint8_t length[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	if (f->kind == TWC_FRAMES_LEN4)
		emit(arg, length, sizeof(length));
	if (n)
		emit(arg, p, n);
	if (f->kind == TWC_FRAMES_NUL || (f->kind == TWC_FRAMES_LINE && (!n || p[n - 1] != '\n')))
		emit(arg, (const uint8_t *)(f->kind == TWC_FRAMES_NUL ? "" : "\n"), 1);
}
