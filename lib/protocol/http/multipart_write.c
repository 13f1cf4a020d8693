/* SPDX-License-Identifier: MIT */
/*
 * multipart/form-data made (RFC 7578; names escaped as WHATWG HTML, 4.10.21.8 says). All text of a form,
 * heads and values alike, lies in one buffer; a piece is a stretch of it, or a file between two stretches.
 */
#include "protocol/http/multipart_write.h"

#include <stdio.h>

#include "protocol/http/octet.h"

#include "base/banned.h"

#define DASHES "------------------------"
#define SHOWN_MAX 64

struct piece {
	enum twc__http_form_piece_kind kind;
	size_t from, to; /* BYTES: in text */
	char *path;	 /* owned */
	int fd;
	int64_t length;
	size_t part;
};

struct twc__http_form {
	enum twc__http_form_escape escape;
	char boundary[sizeof(DASHES) + 2 * TWC__HTTP_BOUNDARY_SEED];
	char *type; /* owned: of Content-Type */
	char *text; /* owned */
	size_t len, cap;
	struct piece *piece; /* owned */
	size_t n_pieces;
	size_t n_parts;
	size_t next;
	bool is_sealed; /* the last boundary is there */
};

struct twc__http_form *twc__http_form_new(const uint8_t seed[TWC__HTTP_BOUNDARY_SEED],
					  enum twc__http_form_escape escape)
{
	static const char hex[] = "0123456789abcdef";
	struct twc__http_form *f = twc_calloc(1, sizeof(*f));
	char *p = f->boundary + sizeof(DASHES) - 1;

	memcpy(f->boundary, DASHES, sizeof(DASHES));
	for (size_t i = 0; i < TWC__HTTP_BOUNDARY_SEED; i++) {
		*p++ = hex[seed[i] >> 4];
		*p++ = hex[seed[i] & 15];
	}
	*p = '\0';
	f->type = twc_asprintf("multipart/form-data; boundary=%s", f->boundary);
	f->escape = escape;
	return f;
}

void twc__http_form_free(struct twc__http_form *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_pieces; i++)
		twc_free(f->piece[i].path);
	twc_free(f->piece);
	twc_free(f->text);
	twc_free(f->type);
	twc_free(f);
}

void twc__http_form_retype(struct twc__http_form *f, struct twc_str type)
{
	struct twc_str rest = type, param;
	char *longer, *text = NULL;

	while (twc_str_cut(&rest, ';', &param)) {
		param = twc_str_trim(param);
		if (param.n >= 9 && twc_str_eq_nocase((struct twc_str){ param.p, 9 }, TWC_STR("boundary=")))
			continue; /* of another body */
		longer = twc_asprintf("%s%s%.*s", text ? text : "", text ? "; " : "", (int)param.n, param.p);
		twc_free(text);
		text = longer;
	}
	twc_free(f->type);
	f->type = twc_asprintf("%s; boundary=%s", text ? text : "", f->boundary);
	twc_free(text);
}

const char *twc__http_form_content_type(const struct twc__http_form *f)
{
	return f->type;
}

/* ---- what may be sent ---- */

static int fault(struct twc_err *err, const char *what, struct twc_str s)
{
	char shown[SHOWN_MAX];

	twc_escape(shown, sizeof(shown), s);
	return twc_err_set(err, TWC_EUSAGE, "form: %s: \"%s\"", what, shown);
}

/* CR and LF are escaped; other control characters have no spelling in a header. */
static int check_name(struct twc_str s, const char *what, struct twc_err *err)
{
	for (size_t i = 0; i < s.n; i++)
		if (!twc__http_is((unsigned char)s.p[i], TWC__HTTP_VALUE) && s.p[i] != '\r' && s.p[i] != '\n')
			return fault(err, what, s);
	return 0;
}

static int check_header(struct twc_str line, struct twc_err *err)
{
	struct twc_str value = line, name;

	if (!twc_str_cut(&value, ':', &name) || !value.p || name.n == 0 || !twc__http_all(name, TWC__HTTP_TCHAR) ||
	    !twc__http_all(value, TWC__HTTP_VALUE))
		return fault(err, "not a header \"Name: value\"", line);
	return 0;
}

static int check_part(const struct twc__http_form_part *part, struct twc_err *err)
{
	int rc = check_name(part->name, "a control character in a name", err);

	if (rc == 0)
		rc = check_name(part->filename, "a control character in a file name", err);
	if (rc == 0 && !twc__http_all(part->type, TWC__HTTP_VALUE))
		rc = fault(err, "a control character in a type", part->type);
	for (size_t i = 0; rc == 0 && part->headers && part->headers[i]; i++)
		rc = check_header(twc_str_of(part->headers[i]), err);
	return rc;
}

/* ---- building ---- */

static void text_add(struct twc__http_form *f, struct twc_str s)
{
	if (s.n > f->cap - f->len) {
		f->cap = f->len + s.n + f->cap;
		f->text = twc_realloc(f->text, f->cap);
	}
	if (s.n > 0)
		memcpy(f->text + f->len, s.p, s.n);
	f->len += s.n;
}

static void text_adds(struct twc__http_form *f, const char *s)
{
	text_add(f, twc_str_of(s));
}

static void text_quoted(struct twc__http_form *f, const char *before, struct twc_str s)
{
	bool is_backslash = f->escape == TWC__HTTP_FORM_BACKSLASH;

	text_adds(f, before);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\r')
			text_adds(f, "%0D");
		else if (c == '\n')
			text_adds(f, "%0A");
		else if (c == '"')
			text_adds(f, is_backslash ? "\\\"" : "%22");
		else if (c == '\\' && is_backslash)
			text_adds(f, "\\\\");
		else
			text_add(f, (struct twc_str){ &c, 1 });
	}
	text_adds(f, "\"");
}

static struct piece *piece_add(struct twc__http_form *f, enum twc__http_form_piece_kind kind)
{
	struct piece *p;

	f->piece = twc_realloc(f->piece, (f->n_pieces + 1) * sizeof(*f->piece));
	p = &f->piece[f->n_pieces++];
	*p = (struct piece){ .kind = kind, .fd = -1, .part = f->n_parts };
	return p;
}

/* All text since the last piece becomes one. */
static void text_seal(struct twc__http_form *f, size_t from)
{
	struct piece *last = f->n_pieces ? &f->piece[f->n_pieces - 1] : NULL;

	if (!last || last->kind != TWC__HTTP_FORM_PIECE_BYTES) {
		last = piece_add(f, TWC__HTTP_FORM_PIECE_BYTES);
		last->from = from;
	}
	last->to = f->len;
}

static void part_head(struct twc__http_form *f, const struct twc__http_form_part *part)
{
	text_adds(f, "--");
	text_adds(f, f->boundary);
	text_quoted(f, "\r\nContent-Disposition: form-data; name=\"", part->name);
	if (part->filename.p)
		text_quoted(f, "; filename=\"", part->filename);
	if (part->type.n > 0) {
		text_adds(f, "\r\nContent-Type: ");
		text_add(f, part->type);
	}
	for (size_t i = 0; part->headers && part->headers[i]; i++) {
		text_adds(f, "\r\n");
		text_adds(f, part->headers[i]);
	}
	text_adds(f, "\r\n\r\n");
}

int twc__http_form_add(struct twc__http_form *f, const struct twc__http_form_part *part, struct twc_err *err)
{
	bool is_file = part->source == TWC__HTTP_FORM_FILE;
	size_t from = f->len;
	struct piece *p;
	int rc = check_part(part, err);

	TWC_ASSERT(!f->is_sealed);
	if (rc)
		return rc;
	part_head(f, part);
	if (part->source == TWC__HTTP_FORM_BYTES) {
		text_add(f, part->bytes);
	} else {
		text_seal(f, from);
		p = piece_add(f, is_file ? TWC__HTTP_FORM_PIECE_FILE : TWC__HTTP_FORM_PIECE_FD);
		p->path = is_file ? twc_str_dup(part->path) : NULL;
		p->fd = is_file ? -1 : part->fd;
		p->length = part->length < 0 ? -1 : part->length;
		from = f->len;
	}
	text_adds(f, "\r\n");
	text_seal(f, from);
	f->n_parts++;
	return 0;
}

static void form_seal(struct twc__http_form *f)
{
	size_t from = f->len;

	if (f->is_sealed)
		return;
	f->is_sealed = true;
	text_adds(f, "--");
	text_adds(f, f->boundary);
	text_adds(f, "--\r\n");
	text_seal(f, from);
}

/* ---- asking ---- */

void twc__http_form_next(struct twc__http_form *f, struct twc__http_form_piece *piece)
{
	const struct piece *p;

	form_seal(f);
	*piece = (struct twc__http_form_piece){ .kind = TWC__HTTP_FORM_PIECE_END, .fd = -1 };
	if (f->next == f->n_pieces)
		return;
	p = &f->piece[f->next++];
	piece->kind = p->kind;
	piece->part = p->part;
	piece->path = p->path;
	piece->fd = p->fd;
	piece->length = p->length;
	if (p->kind == TWC__HTTP_FORM_PIECE_BYTES) {
		piece->bytes = (struct twc_str){ f->text + p->from, p->to - p->from };
		piece->length = (int64_t)piece->bytes.n;
	}
}
