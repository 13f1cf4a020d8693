/* SPDX-License-Identifier: MIT */
/*
 * Route patterns: parsed once into segments, matched in one pass over the path without looking back: a segment has at most
 * one variable and a pattern at most one <path:>, so where each value ends follows from what stands around it.
 */
#include "protocol/http/pattern.h"

#include <twc/parse.h>

#include <stdarg.h>
#include <stdio.h>

#include "protocol/http/octet.h"

#include "base/banned.h"

#define NAME_MAX_LEN 64
#define DIGITS_MAX 18

enum variable {
	VAR_NONE = 0,
	VAR_INT,
	VAR_FLOAT,
	VAR_UUID,
	VAR_PATH,
	VAR_ANY,
};

struct segment {
	enum variable type;
	struct twc_str before; /* all of it when there is no variable */
	struct twc_str after;
};

struct twc__http_pattern {
	bool is_subtree;
	size_t n_names;
	struct twc_str names[TWC__HTTP_PATTERN_VARS_MAX];
	size_t n_segments;
	char *text; /* owned: what all slices point into */
	struct segment segments[];
};

/* ---- parsing ---- */

/* A pattern being read: [at, text.n) is still to come; `out` is where its bytes go, decoded. */
struct parse {
	struct twc_str text;
	size_t at;
	char *out;
	struct twc__http_pattern *pattern;
	struct twc_err *err;
};

TWC_PRINTF(3, 4) static int fault(const struct parse *p, size_t at, const char *fmt, ...)
{
	char text[TWC_ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return twc_err_at(p->err, TWC_EUSAGE, at + 1, "route pattern, column %zu: %s", at + 1, text);
}

static bool at_end_of_segment(const struct parse *p)
{
	return p->at == p->text.n || p->text.p[p->at] == '/';
}

/* "%3C" to "<". */
static int parse_percent(struct parse *p)
{
	const unsigned char *c = (const unsigned char *)p->text.p + p->at;
	unsigned byte;

	if (p->text.n - p->at < 3 || !twc__http_is(c[1], TWC__HTTP_HEX) || !twc__http_is(c[2], TWC__HTTP_HEX))
		return fault(p, p->at, "two hexadecimal digits must follow %% (which itself is %%25)");
	byte = (unsigned)twc__http_hex_digit(c[1]) << 4 | (unsigned)twc__http_hex_digit(c[2]);
	if (byte < 0x20 || byte == 0x7f || byte == '/')
		return fault(p, p->at, "no request that is served has %%%.2s in its path", (const char *)c + 1);
	*p->out++ = (char)byte;
	p->at += 3;
	return 0;
}

/* Text up to a variable or the end of the segment. */
static int parse_literal(struct parse *p, struct twc_str *literal)
{
	*literal = (struct twc_str){ p->out, 0 };
	while (!at_end_of_segment(p) && p->text.p[p->at] != '<') {
		unsigned char c = (unsigned char)p->text.p[p->at];

		if (c == '?' || c == '#' || c == '>')
			return fault(p, p->at, "a path has no \"%c\" (write %%%02X)", c, c);
		if (c < 0x20 || c == 0x7f)
			return fault(p, p->at, "a path has no control character");
		if (c == '%') {
			int rc = parse_percent(p);

			if (rc)
				return rc;
			continue;
		}
		*p->out++ = (char)c;
		p->at++;
	}
	literal->n = (size_t)(p->out - literal->p);
	return 0;
}

static int parse_type(const struct parse *p, size_t at, struct twc_str word, enum variable *type)
{
	static const char *const words[] = { "int", "float", "uuid", "path", NULL };
	struct twc_err why;
	int which;

	if (twc_parse_word(word, words, &which, &why))
		return fault(p, at, "type of a variable: %s", why.text);
	*type = (enum variable)(VAR_INT + which);
	return 0;
}

static bool is_name(struct twc_str s)
{
	if (s.n == 0 || s.n > NAME_MAX_LEN || twc__http_is((unsigned char)s.p[0], TWC__HTTP_DIGIT))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_' && !twc__http_is((unsigned char)s.p[i], TWC__HTTP_ALPHA | TWC__HTTP_DIGIT))
			return false;
	return true;
}

static int add_name(struct parse *p, size_t at, struct twc_str name)
{
	struct twc__http_pattern *pattern = p->pattern;
	char shown[NAME_MAX_LEN + 1];

	twc_escape(shown, sizeof(shown), name);
	if (!is_name(name))
		return fault(p, at, "\"%s\" is no name of a variable (letters, digits and _, at most %d)", shown,
			     NAME_MAX_LEN);
	for (size_t i = 0; i < pattern->n_names; i++)
		if (twc_str_eq(pattern->names[i], name))
			return fault(p, at, "there are two variables \"%s\"", shown);
	if (pattern->n_names == TWC__HTTP_PATTERN_VARS_MAX)
		return fault(p, at, "more than %d variables", TWC__HTTP_PATTERN_VARS_MAX);
	memcpy(p->out, name.p, name.n);
	pattern->names[pattern->n_names++] = (struct twc_str){ p->out, name.n };
	p->out += name.n;
	return 0;
}

/* "<name>" or "<type:name>". */
static int parse_variable(struct parse *p, enum variable *type)
{
	size_t start = p->at + 1, end = start;
	int rc;

	while (end < p->text.n && p->text.p[end] != '>' && p->text.p[end] != '/')
		end++;
	if (end == p->text.n || p->text.p[end] == '/')
		return fault(p, p->at, "this < is not closed by a > (a literal one is %%3C)");

	struct twc_str inner = { p->text.p + start, end - start };
	const char *colon = inner.n ? memchr(inner.p, ':', inner.n) : NULL;
	size_t type_n = colon ? (size_t)(colon - inner.p) : 0;

	*type = VAR_ANY;
	if (colon) {
		rc = parse_type(p, start, (struct twc_str){ inner.p, type_n }, type);
		if (rc)
			return rc;
		start += type_n + 1;
	}
	p->at = end + 1;
	return add_name(p, start, (struct twc_str){ p->text.p + start, end - start });
}

static bool has_path(const struct twc__http_pattern *p)
{
	for (size_t i = 0; i < p->n_segments; i++)
		if (p->segments[i].type == VAR_PATH)
			return true;
	return false;
}

static int parse_segment(struct parse *p)
{
	struct twc__http_pattern *pattern = p->pattern;
	struct segment s = { VAR_NONE, { NULL, 0 }, { NULL, 0 } };
	size_t start = p->at;
	int rc = parse_literal(p, &s.before);

	if (rc == 0 && !at_end_of_segment(p)) {
		rc = parse_variable(p, &s.type);
		if (rc == 0)
			rc = parse_literal(p, &s.after);
	}
	if (rc)
		return rc;
	if (!at_end_of_segment(p))
		return fault(p, p->at, "only one variable fits between two slashes");
	if (s.type == VAR_NONE && s.before.n == 0)
		return fault(p, start, "nothing stands between two slashes");
	if (s.type == VAR_NONE && (twc_str_is(s.before, ".") || twc_str_is(s.before, "..")))
		return fault(p, start, "no request that is served has \".\" or \"..\" in its path");
	if (s.type == VAR_PATH && (s.before.n || s.after.n))
		return fault(p, start, "<path:> has to stand alone between slashes");
	if (s.type == VAR_PATH && has_path(pattern))
		return fault(p, start, "only one <path:> fits into a pattern");
	pattern->segments[pattern->n_segments++] = s;
	return 0;
}

static int parse_pattern(struct parse *p)
{
	if (p->text.n == 0 || p->text.p[0] != '/')
		return fault(p, 0, "a pattern begins with /");
	if (p->text.n > TWC__HTTP_PATTERN_MAX)
		return fault(p, TWC__HTTP_PATTERN_MAX, "a pattern has at most %d bytes", TWC__HTTP_PATTERN_MAX);
	while (p->at < p->text.n) {
		int rc;

		p->at++; /* the slash */
		if (p->at == p->text.n) {
			p->pattern->is_subtree = true;
			break;
		}
		rc = parse_segment(p);
		if (rc)
			return rc;
	}
	if (p->pattern->is_subtree && has_path(p->pattern))
		return fault(p, p->text.n - 1, "<path:> takes what is below itself: leave out the / at the end");
	return 0;
}

int twc__http_pattern_new(struct twc__http_pattern **out, struct twc_str text, struct twc_err *err)
{
	size_t slashes = 0;

	for (size_t i = 0; i < text.n; i++)
		slashes += text.p[i] == '/';

	struct twc__http_pattern *pattern =
		twc_calloc(1, sizeof(*pattern) + slashes * sizeof(pattern->segments[0]));
	struct parse p = { .text = text, .pattern = pattern, .err = err };
	int rc;

	pattern->text = p.out = twc_malloc(text.n + 1); /* decoded it is no longer */
	rc = parse_pattern(&p);
	if (rc) {
		twc__http_pattern_free(pattern);
		return rc;
	}
	*out = pattern;
	return 0;
}

void twc__http_pattern_free(struct twc__http_pattern *p)
{
	if (!p)
		return;
	twc_free(p->text);
	twc_free(p);
}

size_t twc__http_pattern_count(const struct twc__http_pattern *p)
{
	return p->n_names;
}

struct twc_str twc__http_pattern_name(const struct twc__http_pattern *p, size_t i)
{
	TWC_ASSERT(i < p->n_names);
	return p->names[i];
}

/* ---- matching ---- */

/* 1 to DIGITS_MAX digits off the front. */
static bool cut_digits(struct twc_str *s)
{
	size_t n = 0;

	while (n < s->n && twc__http_is((unsigned char)s->p[n], TWC__HTTP_DIGIT))
		n++;
	s->p += n;
	s->n -= n;
	return n > 0 && n <= DIGITS_MAX;
}

static bool is_number(struct twc_str s, bool may_have_fraction)
{
	if (s.n && s.p[0] == '-') {
		s.p++;
		s.n--;
	}
	if (!cut_digits(&s))
		return false;
	if (s.n == 0)
		return true;
	if (!may_have_fraction || s.p[0] != '.')
		return false;
	s.p++;
	s.n--;
	return cut_digits(&s) && s.n == 0;
}

static bool is_uuid(struct twc_str s)
{
	if (s.n != 36)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? s.p[i] != '-' : !twc__http_is((unsigned char)s.p[i], TWC__HTTP_HEX))
			return false;
	}
	return true;
}

static bool fits(enum variable type, struct twc_str s)
{
	switch (type) {
	case VAR_INT: return is_number(s, false);
	case VAR_FLOAT: return is_number(s, true);
	case VAR_UUID: return is_uuid(s);
	case VAR_PATH: return s.n > 0 && s.p[0] != '/';
	case VAR_ANY: return s.n > 0;
	case VAR_NONE: break;
	}
	return false;
}

static bool match_segment(const struct segment *s, struct twc_str given, struct twc_str *value)
{
	size_t around = s->before.n + s->after.n;

	if (s->type == VAR_NONE)
		return twc_str_eq(s->before, given);
	if (given.n < around || memcmp(given.p, s->before.p, s->before.n) != 0)
		return false;
	if (s->after.n && memcmp(given.p + given.n - s->after.n, s->after.p, s->after.n) != 0)
		return false;
	*value = (struct twc_str){ given.p + s->before.n, given.n - around };
	return fits(s->type, *value);
}

/* Cuts as much off *rest as leaves `n` segments; false when there are not that many. */
static bool cut_path(struct twc_str *rest, size_t n, struct twc_str *part)
{
	size_t end = rest->n;

	*part = *rest;
	if (n == 0) {
		*rest = (struct twc_str){ NULL, 0 };
		return true;
	}
	for (; n > 0; n--) {
		const char *slash = end ? memrchr(rest->p, '/', end) : NULL;

		if (!slash)
			return false;
		end = (size_t)(slash - rest->p);
	}
	part->n = end;
	rest->p += end + 1;
	rest->n -= end + 1;
	return true;
}

enum twc__http_pattern_answer twc__http_pattern_match(const struct twc__http_pattern *p, struct twc_str path,
						      struct twc__http_pattern_match *m)
{
	struct twc_str *value = m->value, given, ignored;

	if (path.n == 0 || path.p[0] != '/')
		return TWC__HTTP_PATTERN_NO;

	struct twc_str rest = { path.p + 1, path.n - 1 }; /* without pointer: the path is used up */

	for (size_t i = 0; i < p->n_segments; i++) {
		const struct segment *s = &p->segments[i];

		if (!rest.p)
			return TWC__HTTP_PATTERN_NO;
		if (s->type == VAR_PATH && !cut_path(&rest, p->n_segments - i - 1, &given))
			return TWC__HTTP_PATTERN_NO;
		if (s->type != VAR_PATH)
			twc_str_cut(&rest, '/', &given);
		if (!match_segment(s, given, s->type == VAR_NONE ? &ignored : value))
			return TWC__HTTP_PATTERN_NO;
		value += s->type != VAR_NONE;
	}
	m->rest = rest;
	if (p->is_subtree)
		return rest.p ? TWC__HTTP_PATTERN_YES : TWC__HTTP_PATTERN_SLASH;
	return rest.p ? TWC__HTTP_PATTERN_NO : TWC__HTTP_PATTERN_YES;
}

/* ---- which first ---- */

#define RANK_MIXED 1

static int rank(const struct segment *s)
{
	if (s->type == VAR_NONE)
		return 0;
	if (s->before.n || s->after.n)
		return RANK_MIXED;
	return s->type == VAR_PATH ? 4 : s->type == VAR_ANY ? 3 : 2;
}

/* Of segment i, or of the end of the pattern, which is less specific than any segment. */
static int rank_at(const struct twc__http_pattern *p, size_t i)
{
	return i < p->n_segments ? rank(&p->segments[i]) : p->is_subtree ? 6 : 5;
}

int twc__http_pattern_compare(const struct twc__http_pattern *a, const struct twc__http_pattern *b)
{
	size_t n = a->n_segments < b->n_segments ? a->n_segments : b->n_segments;

	for (size_t i = 0; i <= n; i++) {
		int of_a = rank_at(a, i), of_b = rank_at(b, i);

		if (of_a != of_b)
			return of_a - of_b;
		if (of_a != RANK_MIXED)
			continue;

		size_t around_a = a->segments[i].before.n + a->segments[i].after.n;
		size_t around_b = b->segments[i].before.n + b->segments[i].after.n;

		if (around_a != around_b)
			return around_a > around_b ? -1 : 1;
	}
	return 0;
}
