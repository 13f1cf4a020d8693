/* SPDX-License-Identifier: MIT */
/*
 * The chunked coding, octet by octet in a chunk's head and slice by slice in its data. Extensions are read by their grammar
 * (RFC 9112, 7.1.1), so that nobody's idea of a quoted string can move the end of a line, and then forgotten.
 */
#include "protocol/http/chunked.h"

#include "protocol/http/octet.h"

#include "base/banned.h"

#define HEX_MAX 16
#define EXTS_MAX (16u * TWC__HTTP_CHUNK_EXT_MAX)

enum state {
	SIZE = 0,     /* its digits */
	SIZE_BLANK,   /* blanks before ';' */
	EXT,	      /* after ';': blanks, then a name */
	EXT_NAME,
	EXT_AFTER,    /* blanks after a name: '=' or ';' */
	EXT_VALUE,    /* after '=': blanks, then a value */
	EXT_TOKEN,
	EXT_QUOTED,
	EXT_ESCAPED,  /* after '\' */
	EXT_CLOSED,   /* after the second quote: blanks, ';' or the line's end */
	EXT_END,      /* blanks after a value: ';' */
	HEAD_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	LAST,
};

static int fault(struct twc_err *err, const char *text)
{
	return twc_err_set(err, TWC_EPROTO, "chunked body: %s", text);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static void begin_data(struct twc__http_chunked *c)
{
	c->state = c->left > 0 ? DATA : LAST;
	c->ext = 0;
	c->digits = 0;
}

/* What may come after a complete size, name or value. */
static int take_end(struct twc__http_chunked *c, uint8_t octet, struct twc_err *err)
{
	if (octet == '\r') {
		c->state = HEAD_LF;
		return 0;
	}
	if (octet == '\n' && c->lenient) {
		begin_data(c);
		return 0;
	}
	if (octet == ';') {
		c->state = EXT;
		return 0;
	}
	return fault(err, octet == '\n' ? "LF without CR after a size" : "neither a size nor an extension of it");
}

static int take_size(struct twc__http_chunked *c, uint8_t octet, struct twc_err *err)
{
	if (twc__http_is(octet, TWC__HTTP_HEX)) {
		if (c->digits == HEX_MAX || c->left >> 59)
			return fault(err, "a size of more than 63 bits");
		c->digits++;
		c->left = c->left << 4 | twc__http_hex_digit(octet);
		return 0;
	}
	if (c->digits == 0)
		return fault(err, "no size where a chunk begins");
	if (is_blank(octet)) {
		c->state = SIZE_BLANK;
		return 0;
	}
	return take_end(c, octet, err);
}

/* A name or a token goes on, or what comes after it begins. */
static int take_token(struct twc__http_chunked *c, uint8_t octet, struct twc_err *err)
{
	if (twc__http_is(octet, TWC__HTTP_TCHAR))
		return 0;
	if (octet == '=' && c->state == EXT_NAME) {
		c->state = EXT_VALUE;
		return 0;
	}
	if (is_blank(octet)) {
		c->state = c->state == EXT_NAME ? EXT_AFTER : EXT_END;
		return 0;
	}
	return take_end(c, octet, err);
}

static int take_value(struct twc__http_chunked *c, uint8_t octet, struct twc_err *err)
{
	if (is_blank(octet))
		return 0;
	if (octet != '"' && !twc__http_is(octet, TWC__HTTP_TCHAR))
		return fault(err, "an extension without its value");
	c->state = octet == '"' ? EXT_QUOTED : EXT_TOKEN;
	return 0;
}

static int take_quoted(struct twc__http_chunked *c, uint8_t octet, struct twc_err *err)
{
	if (!twc__http_is(octet, TWC__HTTP_VALUE))
		return fault(err, "control character in a quoted extension");
	if (c->state == EXT_ESCAPED)
		c->state = EXT_QUOTED;
	else if (octet == '\\')
		c->state = EXT_ESCAPED;
	else if (octet == '"')
		c->state = EXT_CLOSED;
	return 0;
}

/* After a blank: the line does not end here. */
static int take_after_blank(struct twc__http_chunked *c, uint8_t octet, struct twc_err *err)
{
	if (is_blank(octet))
		return 0;
	if (octet == '=' && c->state == EXT_AFTER) {
		c->state = EXT_VALUE;
		return 0;
	}
	return octet == ';' ? take_end(c, octet, err) : fault(err, "blank where a chunk's line should end");
}

/* The octets after a size, but for the first of them; they are counted, whatever they are. */
static int take_extension(struct twc__http_chunked *c, uint8_t octet, struct twc_err *err)
{
	if (++c->ext > TWC__HTTP_CHUNK_EXT_MAX || ++c->exts > EXTS_MAX)
		return fault(err, "extensions too long");
	switch (c->state) {
	case EXT:
		if (is_blank(octet))
			return 0;
		c->state = EXT_NAME;
		return twc__http_is(octet, TWC__HTTP_TCHAR) ? 0 : fault(err, "an extension without a name");
	case EXT_NAME:
	case EXT_TOKEN:
		return take_token(c, octet, err);
	case EXT_VALUE:
		return take_value(c, octet, err);
	case EXT_QUOTED:
	case EXT_ESCAPED:
		return take_quoted(c, octet, err);
	case EXT_CLOSED:
		if (!is_blank(octet))
			return take_end(c, octet, err);
		c->state = EXT_END;
		return 0;
	default: /* SIZE_BLANK, EXT_AFTER, EXT_END */
		return take_after_blank(c, octet, err);
	}
}

static int take_after_data(struct twc__http_chunked *c, uint8_t octet, struct twc_err *err)
{
	if (c->state == DATA_CR && octet == '\r') {
		c->state = DATA_LF;
		return 0;
	}
	if (octet != '\n' || (c->state == DATA_CR && !c->lenient))
		return fault(err, "no line end after a chunk");
	c->state = SIZE;
	return 0;
}

/* One octet outside data. */
static int take(struct twc__http_chunked *c, uint8_t octet, struct twc_err *err)
{
	switch (c->state) {
	case SIZE:
		return take_size(c, octet, err);
	case HEAD_LF:
		if (octet != '\n')
			return fault(err, "CR without LF after a size");
		begin_data(c);
		return 0;
	case DATA_CR:
	case DATA_LF:
		return take_after_data(c, octet, err);
	default:
		return take_extension(c, octet, err);
	}
}

int twc__http_chunked_feed(struct twc__http_chunked *c, const uint8_t *p, size_t n, size_t *used, struct twc_str *data,
			   struct twc_err *err)
{
	size_t at = 0;

	*data = (struct twc_str){ NULL, 0 };
	while (at < n && c->state != DATA && c->state != LAST) {
		int rc = take(c, p[at], err);

		if (rc) {
			*used = at;
			return rc;
		}
		at++;
	}
	*used = at;
	if (c->state == LAST)
		return TWC__HTTP_CHUNK_LAST;
	if (c->state != DATA || at == n)
		return TWC__HTTP_CHUNK_MORE;
	data->p = (const char *)p + at;
	data->n = c->left < n - at ? (size_t)c->left : n - at;
	c->left -= data->n;
	if (c->left == 0)
		c->state = DATA_CR;
	*used = at + data->n;
	return TWC__HTTP_CHUNK_DATA;
}

size_t twc__http_chunk_head(char out[TWC__HTTP_CHUNK_HEAD_MAX], uint64_t n)
{
	size_t len = twc__http_put_hex(out, n);

	out[len++] = '\r';
	out[len++] = '\n';
	return len;
}
