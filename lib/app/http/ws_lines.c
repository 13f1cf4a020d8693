/* SPDX-License-Identifier: MIT */
/* Messages in a stream of bytes: cutting what is read, and what stands between those that are written. */
#include "app/http/ws_lines.h"

#include <twc/parse.h>

#include "base/banned.h"

void twc__ws_lines_init(struct twc__ws_lines *l, enum twc_ws_framing framing, enum twc_ws_type type, size_t max,
			const char *source)
{
	*l = (struct twc__ws_lines){ .framing = framing, .max = max, .is_text = type == TWC_WS_TEXT, .source = source };
	twc_framer_init(&l->framer, framing == TWC_WS_LENGTH ? TWC_FRAMING_INT32 : TWC_FRAMING_LINE);
	if (framing != TWC_WS_LENGTH)
		twc_framer_set_delim(&l->framer, framing == TWC_WS_NUL ? "\0" : "\n", 1);
	l->framer.max = max;
	twc_buf_init(&l->whole, max);
}

void twc__ws_lines_fini(struct twc__ws_lines *l)
{
	twc_framer_fini(&l->framer);
	twc_buf_fini(&l->whole);
}

/* "line 3 of standard input" */
static int fail(struct twc__ws_lines *l, const char *what)
{
	if (l->framing == TWC_WS_WHOLE)
		return twc_err_set(l->err, TWC_EDATA, "%s %s", l->source, what);
	return twc_err_set(l->err, TWC_EDATA, "%s %llu of %s %s", l->framing == TWC_WS_LINES ? "line" : "message",
			   (unsigned long long)l->n + 1, l->source, what);
}

static int too_long(struct twc__ws_lines *l)
{
	char text[80], size[32];
	struct twc_buf b;
	int rc;

	twc_buf_init(&b, sizeof(text));
	rc = twc_buf_addf(&b, "is longer than %s (--max-message)", twc_format_size(size, sizeof(size), l->max));
	rc = rc < 0 ? rc : fail(l, twc_buf_cstr(&b));
	twc_buf_fini(&b);
	return rc;
}

static bool on_piece(void *arg, const uint8_t *p, size_t n)
{
	struct twc__ws_lines *l = arg;

	if (l->is_text && !twc_is_utf8((struct twc_str){ (const char *)p, n })) {
		l->rc = fail(l, "is not UTF-8, and so no text; --binary sends it as it is");
		return false;
	}
	l->n++;
	return l->fn(l->arg, p, n);
}

static int feed_framer(struct twc__ws_lines *l, const uint8_t *p, size_t n)
{
	size_t used;
	int rc = twc_framer_feed(&l->framer, p, n, &used, on_piece, l, l->err);

	return rc == TWC_ETOOLONG ? too_long(l) : rc;
}

int twc__ws_lines_feed(struct twc__ws_lines *l, const uint8_t *p, size_t n, twc__ws_piece_fn fn, void *arg, struct twc_err *err)
{
	int rc;

	l->fn = fn;
	l->arg = arg;
	l->err = err;
	l->rc = 0;
	if (l->framing != TWC_WS_WHOLE) {
		rc = feed_framer(l, p, n);
		return l->rc ? l->rc : rc;
	}
	rc = twc_buf_add(&l->whole, p, n);
	if (rc == TWC_ETOOLONG)
		return too_long(l);
	return rc < 0 ? twc_err_set(err, rc, "no memory for what was read") : 0;
}

bool twc__ws_lines_has_part(const struct twc__ws_lines *l)
{
	return twc_framer_held(&l->framer).n > 0 || twc_buf_len(&l->whole) > 0;
}

int twc__ws_lines_end(struct twc__ws_lines *l, twc__ws_piece_fn fn, void *arg, struct twc_err *err)
{
	struct twc_str held = l->framing == TWC_WS_WHOLE ? twc_buf_str(&l->whole) : twc_framer_held(&l->framer);

	l->fn = fn;
	l->arg = arg;
	l->err = err;
	l->rc = 0;
	if (!held.n)
		return 0;
	if (l->framing == TWC_WS_LENGTH)
		return fail(l, "is cut short");
	(void)on_piece(l, (const uint8_t *)held.p, held.n);
	return l->rc;
}

int twc__ws_lines_write(enum twc_ws_framing framing, const uint8_t *p, size_t n, uint8_t prefix[4],
			struct iovec iov[TWC__WS_LINES_IOV])
{
	const struct iovec body = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };

	switch (framing) {
	case TWC_WS_WHOLE:
		iov[0] = body;
		return 1;
	case TWC_WS_LENGTH:
		for (int i = 0; i < 4; i++)
			prefix[i] = (uint8_t)(n >> (24 - 8 * i));
		iov[0] = (struct iovec){ .iov_base = prefix, .iov_len = 4 };
		iov[1] = body;
		return TWC__WS_LINES_IOV;
	case TWC_WS_LINES:
	case TWC_WS_NUL:
		break;
	}
	prefix[0] = framing == TWC_WS_LINES ? '\n' : '\0';
	iov[0] = body;
	iov[1] = (struct iovec){ .iov_base = prefix, .iov_len = 1 };
	return TWC__WS_LINES_IOV;
}
