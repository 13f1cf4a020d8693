/* SPDX-License-Identifier: MIT */
/* Lines and records to events. */
#include "app/http/sse_records.h"

#include "protocol/http/octet.h"
#include "protocol/http/sse.h"
#include "base/banned.h"

#define PIECE_MAX (64 * 1024)

void twc__http_records_init(struct twc__http_records *r, bool is_records)
{
	*r = (struct twc__http_records){ .is_records = is_records };
	twc_buf_init(&r->in, TWC__HTTP_RECORD_MAX + PIECE_MAX);
	twc_buf_init(&r->id, TWC__HTTP_SSE_ID_MAX);
}

void twc__http_records_fini(struct twc__http_records *r)
{
	twc_buf_fini(&r->in);
	twc_buf_fini(&r->id);
}

void twc__http_records_restart(struct twc__http_records *r)
{
	twc_buf_clear(&r->in);
	twc_buf_clear(&r->id);
	r->looked = 0;
	r->number = 0;
}

int twc__http_records_feed(struct twc__http_records *r, const void *p, size_t n, struct twc_err *err)
{
	int rc = twc_buf_len(&r->in) > TWC__HTTP_RECORD_MAX ? TWC_ETOOLONG : twc_buf_add(&r->in, p, n);

	if (rc == TWC_ETOOLONG)
		return twc_err_set(err, rc, "an event is longer than %d bytes", TWC__HTTP_RECORD_MAX);
	return rc < 0 ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}

/* ---- cutting ---- */

static struct twc_str without_cr(struct twc_str line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* The line that begins at `at`, with its end; n 0: it has no end yet. */
static struct twc_str line_at(struct twc_str all, size_t at)
{
	const char *lf = at < all.n ? memchr(all.p + at, '\n', all.n - at) : NULL;

	return (struct twc_str){ all.p + at, lf ? (size_t)(lf + 1 - all.p) - at : 0 };
}

static bool is_blank(struct twc_str line)
{
	return line.n <= 2 && without_cr((struct twc_str){ line.p, line.n - 1 }).n == 0;
}

/* The length of what is up to the end of the next record, 0: it has none yet. */
static size_t find_end(struct twc__http_records *r)
{
	struct twc_str all = twc_buf_str(&r->in);

	for (;;) {
		struct twc_str line = line_at(all, r->looked);

		if (!line.n)
			return 0;
		r->looked += line.n;
		if (!r->is_records || is_blank(line))
			return r->looked;
	}
}

/* Cuts the next record off; the bytes stay where they are until the next feed. */
static bool cut(struct twc__http_records *r, bool is_end, struct twc_str *record)
{
	size_t n = find_end(r);

	if (!n && is_end)
		n = twc_buf_len(&r->in);
	if (!n)
		return false;
	*record = (struct twc_str){ twc_buf_head(&r->in), n };
	twc_buf_consume(&r->in, n);
	r->looked = 0;
	return true;
}

/* ---- events ---- */

struct rewriting {
	struct twc__http_records *r;
	struct twc_buf *out;
	bool is_done;
};

/* 1, or an error. */
static int write_event(struct twc__http_records *r, const struct twc__http_sse_event *e, struct twc_buf *out, struct twc_err *err)
{
	struct twc__http_sse_event with_id = *e;
	char number[24];
	int rc;

	r->number++;
	if (!e->id.n)
		with_id.id = (struct twc_str){ number, twc__http_put_decimal(number, r->number) };
	twc_buf_clear(&r->id);
	rc = twc_buf_add(&r->id, with_id.id.p, with_id.id.n);
	if (rc < 0)
		return twc_err_set(err, rc, "%s", twc_err_default_text(rc));
	rc = twc__http_sse_write(out, &with_id, err);
	return rc < 0 ? rc : 1;
}

static int on_event(void *arg, const struct twc__http_sse_event *e, struct twc_err *err)
{
	struct rewriting *w = arg;

	int rc = write_event(w->r, e, w->out, err);

	w->is_done = true;
	return rc < 0 ? rc : 0;
}

/* What a record says for itself. An id of an earlier record does not count for this one. */
static int rewrite(struct twc__http_records *r, struct twc_str record, struct twc_buf *out, struct twc_err *err)
{
	struct rewriting w = { .r = r, .out = out };
	struct twc__http_sse s;
	int rc;

	twc__http_sse_init(&s, on_event, &w);
	rc = twc__http_sse_feed(&s, (const uint8_t *)record.p, record.n, err);
	if (rc == 0)
		rc = twc__http_sse_feed(&s, (const uint8_t *)"\n\n", 2, err);
	twc__http_sse_fini(&s);
	return rc < 0 ? rc : w.is_done;
}

static bool is_event(struct twc_str record)
{
	static const char *const starts[] = { "data:", "event:", "id:", "retry:", ":" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(starts); i++)
		if (twc_str_starts(record, starts[i]))
			return true;
	return false;
}

/* Without the line ends, and an empty line, at its end. */
static struct twc_str trim_end(struct twc_str record)
{
	while (record.n && (record.p[record.n - 1] == '\n' || record.p[record.n - 1] == '\r'))
		record.n--;
	return record;
}

int twc__http_records_next(struct twc__http_records *r, bool is_end, struct twc_buf *out, struct twc_err *err)
{
	struct twc_str record;

	while (cut(r, is_end, &record)) {
		struct twc__http_sse_event e = { .retry_ms = -1 };
		int rc;

		e.data = trim_end(record);
		if (!e.data.n)
			continue;
		rc = r->is_records && is_event(record) ? rewrite(r, record, out, err) : write_event(r, &e, out, err);
		if (rc)
			return rc;
	}
	return 0;
}

struct twc_str twc__http_records_id(const struct twc__http_records *r)
{
	return twc_buf_str(&r->id);
}
