/* SPDX-License-Identifier: MIT */
/*
 * Globs of URLs: a string is cut into parts once, and each part counts through its values like a wheel of a milometer. Nothing is
 * multiplied out, so a range may be as large as it likes. Pure.
 */
#include <twc/url_glob.h>
#include "protocol/http/octet.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

enum part_kind {
	PART_TEXT = 0,
	PART_SET,
	PART_NUMBERS,
	PART_LETTERS,
};

struct part {
	enum part_kind kind;
	struct twc_str text;  /* PART_TEXT: in glob.bytes */
	struct twc_str *item; /* PART_SET: owned, `count` of them, in glob.bytes */
	uint64_t first, step; /* ranges */
	unsigned width;	      /* PART_NUMBERS: least number of digits */
	uint64_t count, at;   /* at < count: the current value */
};

struct twc_url_glob {
	struct part part[TWC_URL_GLOB_PARTS];
	size_t n;
	char *bytes; /* owned: the pattern without its backslashes */
	uint64_t count;
	bool has_begun, is_over;
};

/* ---- reading ---- */

/* The pattern is copied to glob.bytes as it is read; what is written never overtakes what is read. */
struct reader {
	struct twc_url_glob *g;
	struct twc_str s; /* the pattern */
	size_t at;	  /* next to read */
	char *out;	  /* next to write */
	struct twc_err *err;
};

static int fault(const struct reader *r, size_t at, const char *fmt, ...) TWC_PRINTF(3, 4);
static int fault(const struct reader *r, size_t at, const char *fmt, ...)
{
	char text[TWC_ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return twc_err_at(r->err, TWC_EUSAGE, at + 1, "%s", text);
}

/* The next character, or NUL at the end (and for a NUL, which nothing below takes for its own). */
static char peek(const struct reader *r, size_t ahead)
{
	return r->at + ahead < r->s.n ? r->s.p[r->at + ahead] : '\0';
}

static bool is_special(char c)
{
	return c && strchr("{}[]", c);
}

static struct part *part_add(struct reader *r, enum part_kind kind)
{
	struct part *p;

	if (r->g->n == TWC_URL_GLOB_PARTS)
		return NULL;
	p = &r->g->part[r->g->n++];
	*p = (struct part){ .kind = kind, .count = 1 };
	return p;
}

static int too_many(const struct reader *r, size_t at)
{
	return fault(r, at, "too many sets and ranges in one URL");
}

/* All URLs so far, times those of `p`. */
static int part_counts(struct reader *r, size_t at, const struct part *p)
{
	if (__builtin_mul_overflow(r->g->count, p->count, &r->g->count) || r->g->count > TWC_URL_GLOB_COUNT)
		return fault(r, at, "more than %llu URLs", (unsigned long long)TWC_URL_GLOB_COUNT);
	return 0;
}

/* Bytes of "[…]" at the reader that are an IPv6 address, or "[]"; else 0. */
static size_t bracket_that_is_none(const struct reader *r)
{
	struct twc_str rest = { r->s.p + r->at + 1, r->s.n - r->at - 1 }, inside, ip;
	const char *end = rest.n ? memchr(rest.p, ']', rest.n) : NULL;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (!end)
		return 0;
	inside = (struct twc_str){ rest.p, (size_t)(end - rest.p) };
	if (inside.n == 0)
		return 2;
	rest = inside;
	twc_str_cut(&rest, '%', &ip);
	if (ip.n >= sizeof(text) || memchr(ip.p, 0, ip.n))
		return 0;
	memcpy(text, ip.p, ip.n);
	text[ip.n] = 0;
	return inet_pton(AF_INET6, text, &addr) == 1 ? inside.n + 2 : 0;
}

/* What stands before the next set or range. */
static int read_text(struct reader *r)
{
	char *from = r->out;
	size_t begin = r->at;
	struct part *p;

	while (r->at < r->s.n && peek(r, 0) != '{') {
		size_t n = peek(r, 0) == '[' ? bracket_that_is_none(r) : 1;

		if (n == 0)
			break;
		if (peek(r, 0) == '}' || peek(r, 0) == ']')
			return fault(r, r->at, "this '%c' closes nothing", peek(r, 0));
		r->at += peek(r, 0) == '\\' && is_special(peek(r, 1));
		memmove(r->out, r->s.p + r->at, n);
		r->out += n;
		r->at += n;
	}
	if (r->out == from)
		return 0;
	p = part_add(r, PART_TEXT);
	if (!p)
		return too_many(r, begin);
	p->text = (struct twc_str){ from, (size_t)(r->out - from) };
	return 0;
}

static int set_member(struct reader *r, size_t open, struct part *p, const char *from)
{
	if (p->count == TWC_URL_GLOB_MEMBERS)
		return fault(r, open, "a set of more than %d members", TWC_URL_GLOB_MEMBERS);
	if ((p->count & (p->count - 1)) == 0) /* 0, 1, 2, 4… */
		p->item = twc_realloc(p->item, (p->count ? 2 * p->count : 1) * sizeof(*p->item));
	p->item[p->count++] = (struct twc_str){ from, (size_t)(r->out - from) };
	return 0;
}

/* Behind the brace at `open`. */
static int read_set(struct reader *r, size_t open)
{
	struct part *p = part_add(r, PART_SET);
	const char *from = r->out;
	int rc;

	if (!p)
		return too_many(r, open);
	p->count = 0;
	for (; r->at < r->s.n; r->at++) {
		char c = peek(r, 0);

		if (c == '{' || c == '[')
			return fault(r, r->at, "no set or range can stand in a set");
		if (c == ']')
			return fault(r, r->at, "this ']' closes nothing");
		if (c == ',' || c == '}') {
			if (c == '}' && p->count == 0 && r->out == from)
				return fault(r, open, "an empty set");
			rc = set_member(r, open, p, from);
			if (rc != 0)
				return rc;
			from = r->out;
		} else {
			r->at += c == '\\' && r->at + 1 < r->s.n;
			*r->out++ = peek(r, 0);
		}
		if (c != '}')
			continue;
		r->at++;
		return part_counts(r, open, p);
	}
	return fault(r, open, "this '{' is never closed");
}

/* Cuts a number off the front of *s. */
static bool cut_number(struct twc_str *s, uint64_t *v)
{
	struct twc_str digits = { s->p, 0 };

	while (digits.n < s->n && twc__http_is((unsigned char)s->p[digits.n], TWC__HTTP_DIGIT))
		digits.n++;
	s->p += digits.n;
	s->n -= digits.n;
	return twc__http_decimal(digits, v);
}

/* "1-100": *last too. The width is that of the first number, if it has leading zeros. */
static bool range_numbers(struct twc_str *s, struct part *p, uint64_t *last)
{
	const char *from = s->p;

	if (!cut_number(s, &p->first))
		return false;
	p->width = from[0] == '0' ? (unsigned)(s->p - from) : 0;
	if (s->n == 0 || s->p[0] != '-')
		return false;
	s->p++;
	s->n--;
	return cut_number(s, last);
}

static bool range_letters(struct twc_str *s, struct part *p, uint64_t *last)
{
	if (s->n < 3 || s->p[1] != '-' || !twc__http_is((unsigned char)s->p[2], TWC__HTTP_ALPHA))
		return false;
	p->first = (unsigned char)s->p[0];
	*last = (unsigned char)s->p[2];
	s->p += 3;
	s->n -= 3;
	return (p->first ^ *last) < 0x20; /* of one case */
}

/* Behind the bracket at `open`. */
static int read_range(struct reader *r, size_t open)
{
	struct twc_str s = { r->s.p + r->at, r->s.n - r->at };
	const char *end = s.n ? memchr(s.p, ']', s.n) : NULL;
	bool is_letters = twc__http_is((unsigned char)peek(r, 0), TWC__HTTP_ALPHA), is_good;
	struct part *p = part_add(r, is_letters ? PART_LETTERS : PART_NUMBERS);
	uint64_t last = 0;

	if (!p)
		return too_many(r, open);
	if (!end)
		return fault(r, open, "this '[' is never closed");
	s.n = (size_t)(end - s.p);
	r->at += s.n + 1;
	p->step = 1;
	is_good = is_letters ? range_letters(&s, p, &last) : range_numbers(&s, p, &last);
	if (is_good && s.n > 0 && s.p[0] == ':') {
		s.p++;
		s.n--;
		is_good = cut_number(&s, &p->step) && p->step > 0;
	}
	if (!is_good || s.n > 0)
		return fault(r, open, "no range; one is [1-9], [001-100], [a-z] or, with a step, [0-100:10]");
	if (last < p->first)
		return fault(r, open, "a range that ends before it begins");
	if (p->step > 1 && p->step > last - p->first)
		return fault(r, open, "a step that is longer than its range");
	p->count = (last - p->first) / p->step + 1;
	return part_counts(r, open, p);
}

static int read_parts(struct reader *r)
{
	int rc = 0;

	while (rc == 0 && r->at < r->s.n) {
		rc = read_text(r);
		if (rc != 0 || r->at == r->s.n)
			break;
		r->at++;
		rc = r->s.p[r->at - 1] == '{' ? read_set(r, r->at - 1) : read_range(r, r->at - 1);
	}
	return rc;
}

struct twc_url_glob *twc_url_glob_new(struct twc_str pattern, struct twc_err *err)
{
	struct twc_url_glob *g = twc_calloc(1, sizeof(*g));
	struct reader r = { .g = g, .s = pattern, .err = err };

	g->count = 1;
	g->bytes = r.out = twc_malloc(pattern.n + 1);
	if (read_parts(&r) != 0) {
		twc_url_glob_free(g);
		return NULL;
	}
	return g;
}

void twc_url_glob_free(struct twc_url_glob *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n; i++)
		twc_free(g->part[i].item);
	twc_free(g->bytes);
	twc_free(g);
}

/* ---- counting through ---- */

uint64_t twc_url_glob_count(const struct twc_url_glob *g)
{
	return g->count;
}

static int part_write(const struct part *p, struct twc_buf *out)
{
	uint64_t v = p->first + p->at * p->step;
	char c = (char)v;

	switch (p->kind) {
	case PART_TEXT:
		return twc_buf_add(out, p->text.p, p->text.n);
	case PART_SET:
		return twc_buf_add(out, p->item[p->at].p, p->item[p->at].n);
	case PART_NUMBERS:
		return twc_buf_addf(out, "%0*llu", (int)p->width, (unsigned long long)v);
	case PART_LETTERS:
		return twc_buf_add(out, &c, 1);
	}
	return 0;
}

/* The last wheel by one; each that is through turns the one before it. False when all are. */
static bool advance(struct twc_url_glob *g)
{
	for (size_t i = g->n; i-- > 0;) {
		if (++g->part[i].at < g->part[i].count)
			return true;
		g->part[i].at = 0;
	}
	return false;
}

int twc_url_glob_next(struct twc_url_glob *g, struct twc_buf *out)
{
	int rc = 0;

	if (!g->is_over && g->has_begun)
		g->is_over = !advance(g);
	if (g->is_over)
		return 0;
	g->has_begun = true;
	for (size_t i = 0; i < g->n && rc == 0; i++)
		rc = part_write(&g->part[i], out);
	return rc ? rc : 1;
}

/* The n-th set or range, from 1. */
static const struct part *part_numbered(const struct twc_url_glob *g, uint64_t n)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->part[i].kind != PART_TEXT && --n == 0)
			return &g->part[i];
	return NULL;
}

int twc_url_glob_name(const struct twc_url_glob *g, struct twc_str name, struct twc_buf *out)
{
	int rc = 0;

	while (name.n > 0 && rc == 0) {
		struct twc_str rest = { name.p + 1, name.n - 1 };
		const struct part *p = NULL;
		uint64_t number;

		if (name.p[0] == '#' && cut_number(&rest, &number) && number > 0)
			p = part_numbered(g, number);
		if (p) {
			rc = part_write(p, out);
			name = rest;
		} else {
			rc = twc_buf_add(out, name.p, 1);
			name.p++;
			name.n--;
		}
	}
	return rc;
}
