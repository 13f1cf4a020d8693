/* SPDX-License-Identifier: MIT */
/* Texts with gaps: taken apart once, when a route is added, and put together for each request. */
#include "app/http/template.h"

#include <twc/json.h>

#include "protocol/http/octet.h"
#include "base/banned.h"

#define NUMBER_MAX 16  /* characters: fifteen digits, of which a double loses none */
#define EXPONENT_MAX 2 /* digits */

enum gap {
	GAP_NONE = 0, /* literal text */
	GAP_PATH,
	GAP_QUERY,
};

struct piece {
	enum gap gap;
	bool in_string;	    /* of JSON: between quotes */
	struct twc_str text; /* literal, or all of the gap as it was written */
	char *name;	    /* owned; of a gap */
};

struct twc__http_template {
	char *text; /* owned */
	size_t n_text;
	bool is_json;
	struct piece *piece; /* owned */
	unsigned n, cap;
};

/* ---- taking apart ---- */

static int fail_at(size_t at, struct twc_err *err, const char *cause)
{
	return twc_err_at(err, TWC_EUSAGE, at + 1, "%s", cause);
}

static struct piece *add_piece(struct twc__http_template *t, struct twc_str text)
{
	struct piece *p;

	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 4;
		t->piece = twc_realloc(t->piece, t->cap * sizeof(*t->piece));
	}
	p = &t->piece[t->n++];
	*p = (struct piece){ .text = text };
	return p;
}

static enum gap gap_at(struct twc_str s, struct twc_str *name)
{
	enum gap gap = twc_str_starts(s, "{path.") ? GAP_PATH : twc_str_starts(s, "{query.") ? GAP_QUERY : GAP_NONE;
	size_t prefix = gap == GAP_PATH ? 6 : 7, n = prefix;

	if (gap == GAP_NONE)
		return gap;
	while (n < s.n && s.p[n] != '}' && s.p[n] != '{' && s.p[n] != '"')
		n++;
	*name = (struct twc_str){ s.p + prefix, n < s.n && s.p[n] == '}' ? n - prefix : 0 };
	return gap;
}

static bool has_variable(const struct twc__http_pattern *pattern, struct twc_str name)
{
	for (size_t i = 0; i < twc__http_pattern_count(pattern); i++)
		if (twc_str_eq(twc__http_pattern_name(pattern, i), name))
			return true;
	return false;
}

static int add_gap(struct twc__http_template *t, size_t at, enum gap gap, struct twc_str name,
		   const struct twc__http_pattern *pattern, struct twc_err *err)
{
	struct piece *p;

	if (!name.n)
		return fail_at(at, err, gap == GAP_PATH ? "write {path.NAME}, with a variable of the route's path" :
							  "write {query.NAME}, with a parameter of the query");
	if (gap == GAP_PATH && !has_variable(pattern, name))
		return fail_at(at, err, "the route's path has no variable of this name: write <NAME> there");
	p = add_piece(t, (struct twc_str){ t->text + at, (size_t)(name.p + name.n + 1 - (t->text + at)) });
	p->gap = gap;
	p->name = twc_str_dup(name);
	return 0;
}

/* Goes along literal text; *in_string says on which side of the quotes of JSON it ends. */
static void follow_quotes(struct twc_str s, bool *in_string)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			*in_string = !*in_string;
		else if (s.p[i] == '\\' && *in_string)
			i++;
	}
}

static int take_apart(struct twc__http_template *t, const struct twc__http_pattern *pattern, struct twc_err *err)
{
	size_t from = 0, at = 0;
	bool in_string = false;

	while (at < t->n_text) {
		struct twc_str rest = { t->text + at, t->n_text - at }, literal = { t->text + from, at - from }, name;
		enum gap gap = gap_at(rest, &name);
		int rc;

		if (gap == GAP_NONE) {
			at++;
			continue;
		}
		if (literal.n)
			add_piece(t, literal);
		follow_quotes(literal, &in_string);
		rc = add_gap(t, at, gap, name, pattern, err);
		if (rc < 0)
			return rc;
		t->piece[t->n - 1].in_string = in_string;
		at = from = at + t->piece[t->n - 1].text.n;
	}
	if (from < t->n_text || !t->n)
		add_piece(t, (struct twc_str){ t->text + from, t->n_text - from });
	return 0;
}

/* As long as the gap is, so that columns stay what they are: text in a string, else a number or a string. */
static void fill_for_check(char *at, const struct piece *p, bool with_strings)
{
	memset(at, p->in_string ? 'x' : '1', p->text.n);
	if (with_strings && !p->in_string)
		at[0] = at[p->text.n - 1] = '"';
}

static int check_json(const struct twc__http_template *t, bool with_strings, struct twc_err *err)
{
	char *text = twc_str_dup((struct twc_str){ t->text, t->n_text });
	struct twc_err why = { 0 };
	struct twc_json_doc *doc;
	int rc = 0;

	for (unsigned i = 0; i < t->n; i++)
		if (t->piece[i].gap)
			fill_for_check(text + (t->piece[i].text.p - t->text), &t->piece[i], with_strings);
	doc = twc_json_doc_new((struct twc_str){ text, t->n_text }, &why);
	twc_json_doc_free(doc);
	twc_free(text);
	if (!doc)
		rc = fail_at((size_t)(why.column ? why.column - 1 : 0), err, why.text);
	return rc;
}

int twc__http_template_new(struct twc__http_template **out, struct twc_str text, bool is_json,
			   const struct twc__http_pattern *pattern, struct twc_err *err)
{
	struct twc__http_template *t = twc_calloc(1, sizeof(*t));
	int rc;

	t->text = twc_str_dup(text);
	t->n_text = text.n;
	t->is_json = is_json;
	rc = take_apart(t, pattern, err);
	if (rc == 0 && is_json)
		rc = check_json(t, false, err);
	if (rc == 0 && is_json)
		rc = check_json(t, true, err);
	if (rc < 0)
		twc__http_template_free(t);
	else
		*out = t;
	return rc;
}

void twc__http_template_free(struct twc__http_template *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < t->n; i++)
		twc_free(t->piece[i].name);
	twc_free(t->piece);
	twc_free(t->text);
	twc_free(t);
}

/* ---- putting together ---- */

struct twc_str twc__http_template_fixed(const struct twc__http_template *t)
{
	if (t->n == 1 && t->piece[0].gap == GAP_NONE)
		return (struct twc_str){ t->text, t->n_text };
	return (struct twc_str){ NULL, 0 };
}

static size_t digits(struct twc_str s, size_t at)
{
	while (at < s.n && twc__http_is((unsigned char)s.p[at], TWC__HTTP_DIGIT))
		at++;
	return at;
}

/* RFC 8259, 6: no leading zeros, no plus, digits on both sides of the point. And one that every reader can hold. */
static bool is_number(struct twc_str s)
{
	size_t from = s.n && s.p[0] == '-', at = digits(s, from);

	if (at == from || (s.p[from] == '0' && at > from + 1))
		return false;
	if (at < s.n && s.p[at] == '.') {
		from = at + 1;
		at = digits(s, from);
		if (at == from)
			return false;
	}
	if (at > NUMBER_MAX)
		return false;
	if (at < s.n && (s.p[at] | 0x20) == 'e') {
		from = at + 1;
		from += from < s.n && (s.p[from] == '+' || s.p[from] == '-');
		at = digits(s, from);
		if (at == from || at > from + EXPONENT_MAX)
			return false;
	}
	return at == s.n;
}

static int add_json_value(struct twc_buf *out, struct twc_str value)
{
	int rc;

	if (!value.p)
		return twc_buf_add(out, "null", 4);
	if (is_number(value) || twc_str_is(value, "true") || twc_str_is(value, "false") || twc_str_is(value, "null"))
		return twc_buf_add(out, value.p, value.n);
	rc = twc_buf_add(out, "\"", 1);
	if (rc == 0)
		rc = twc_json_escape(out, value);
	return rc < 0 ? rc : twc_buf_add(out, "\"", 1);
}

int twc__http_template_fill(const struct twc__http_template *t, twc__http_template_fn value, void *arg, struct twc_buf *out)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < t->n; i++) {
		const struct piece *p = &t->piece[i];
		struct twc_str s = p->gap ? value(arg, p->gap == GAP_QUERY, p->name) : p->text;

		if (!t->is_json || !p->gap)
			rc = twc_buf_add(out, s.p, s.n);
		else if (p->in_string)
			rc = twc_json_escape(out, s);
		else
			rc = add_json_value(out, s);
	}
	return rc;
}
