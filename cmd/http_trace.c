/* SPDX-License-Identifier: MIT */
/*
 * --trace-ascii: all that is sent and received, in curl's layout: a line for what it is, then rows of 64 octets, which also end
 * where a line of text does. Secrets in heads are ***; the counts are those of what was sent.
 */
#include "http_show.h"
#include "out.h"
#include <errno.h>
#include <stdio.h>

#define ROW 64
#define TEXT_MAX (64U << 20)

static void trace_put(struct http_show *s, struct twc_buf *b, int rc)
{
	struct twc_err err = { 0 };

	if (rc)
		return;
	if (out_write_fd(s->trace_fd, twc_buf_head(b), twc_buf_len(b)) == 0)
		return;
	twc_err_sys(&err, TWC_EIO, errno, NULL, "cannot write %.160s: %s", s->p->trace_ascii, strerror(errno));
	http_show_fail(s, "--trace-ascii", &err);
	s->trace_fd = -1;
}

static bool is_line_end(const unsigned char *p, size_t i, size_t n)
{
	return i + 1 < n && p[i] == '\r' && p[i + 1] == '\n';
}

/* One row from *at on, which moves behind it. */
static int add_row(struct twc_buf *b, const unsigned char *p, size_t n, size_t *at)
{
	char row[ROW];
	size_t i = *at, len = 0;
	int rc = twc_buf_addf(b, "%04zx: ", i);

	while (len < ROW && i < n && !is_line_end(p, i, n)) {
		row[len++] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
		i++;
	}
	*at = is_line_end(p, i, n) ? i + 2 : i;
	if (!rc)
		rc = twc_buf_add(b, row, len);
	return rc ? rc : twc_buf_add(b, "\n", 1);
}

static int add_rows(struct twc_buf *b, const void *p, size_t n)
{
	size_t at = 0;
	int rc = 0;

	while (at < n && !rc)
		rc = add_row(b, p, n, &at);
	return rc;
}

static int add_title(struct http_show *s, struct twc_buf *b, char dir, const char *what, size_t n)
{
	int rc = http_show_add_time(s, b);

	return rc ? rc : twc_buf_addf(b, "%s %s, %zu bytes (0x%zx)\n", dir == '>' ? "=> Send" : "<= Recv", what, n, n);
}

static int add_piece(struct http_show *s, struct twc_buf *b, char dir, struct twc_str piece)
{
	struct twc_buf shown;
	int rc = add_title(s, b, dir, "header", piece.n);

	twc_buf_init(&shown, TEXT_MAX);
	if (!rc)
		rc = s->p->show_secrets ? twc_buf_add(&shown, piece.p, piece.n) : twc_http_mask_head(piece, &shown);
	if (!rc)
		rc = add_rows(b, twc_buf_head(&shown), twc_buf_len(&shown));
	twc_buf_fini(&shown);
	return rc;
}

/* What is one piece: all of a head of ours, of the peer's a line, with those that continue its field. */
static size_t piece_len(char dir, struct twc_str head)
{
	const char *lf;
	size_t n = 0;

	while (dir == '<' && (lf = memchr(head.p + n, '\n', head.n - n)) != NULL) {
		n = (size_t)(lf - head.p) + 1;
		if (n == head.n || (head.p[n] != ' ' && head.p[n] != '\t'))
			return n;
	}
	return head.n;
}

void http_trace_head(struct http_show *s, char dir, struct twc_str head)
{
	struct twc_buf b;
	int rc = 0;

	if (s->trace_fd < 0)
		return;
	twc_buf_init(&b, TEXT_MAX);
	while (head.n > 0 && !rc) {
		struct twc_str piece = { head.p, piece_len(dir, head) };

		rc = add_piece(s, &b, dir, piece);
		head = (struct twc_str){ head.p + piece.n, head.n - piece.n };
	}
	trace_put(s, &b, rc);
	twc_buf_fini(&b);
}

void http_trace_data(struct http_show *s, char dir, const void *p, size_t n)
{
	struct twc_buf b;
	int rc;

	if (s->trace_fd < 0)
		return;
	twc_buf_init(&b, TEXT_MAX);
	rc = add_title(s, &b, dir, "data", n);
	if (!rc)
		rc = add_rows(&b, p, n);
	trace_put(s, &b, rc);
	twc_buf_fini(&b);
}

void http_trace_note(struct http_show *s, const char *text)
{
	struct twc_buf b;
	int rc;

	if (s->trace_fd < 0)
		return;
	twc_buf_init(&b, TEXT_MAX);
	rc = http_show_add_time(s, &b);
	if (!rc)
		rc = twc_buf_addf(&b, "== Info: %s\n", text);
	trace_put(s, &b, rc);
	twc_buf_fini(&b);
}
