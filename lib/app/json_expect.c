/* SPDX-License-Identifier: MIT */
/*
 * Assertions about a document: a path, an operator, a value. The language ends there on purpose: who needs
 * more pipes the body into jq. Regular expressions are those of <twc/check.h>, whose time is linear in what a
 * peer sends.
 */
#include <twc/check.h>
#include <twc/json.h>

#include <jansson.h>
#include <stdio.h>

#include "app/json.h"

#include "base/banned.h"

#define STEPS_MAX 128
#define INDEX_MAX 1000000000
#define GOT_MAX (6 * (size_t)TWC_JSON_DOC_MAX) /* of a value as text: each byte may become an escape */

enum step_kind {
	STEP_KEY = 0,
	STEP_INDEX,
	STEP_COUNT, /* .#, the last */
};

struct step {
	enum step_kind kind;
	struct twc_str name; /* owned */
	size_t index;
};

enum op {
	OP_EXISTS = 0,
	OP_ABSENT,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_MATCH,
	OP_CONTAINS,
};

struct twc_json_expect {
	struct step step[STEPS_MAX];
	size_t n;
	enum op op;
	json_t *value;		  /* owned */
	struct twc_expect *regex; /* owned; of MATCH */
};

struct twc_json_doc {
	json_t *root; /* owned */
};

/* ---- documents ---- */

struct twc_json_doc *twc_json_doc_new(struct twc_str text, struct twc_err *err)
{
	struct twc_json_doc *doc;
	json_t *root;

	if (text.n > TWC_JSON_DOC_MAX) {
		twc_err_set(err, TWC_ETOOLONG, "JSON of more than %d bytes", TWC_JSON_DOC_MAX);
		return NULL;
	}
	root = twc__json_parse(text, true, TWC_EPROTO, err);
	if (!root)
		return NULL;
	doc = twc_malloc(sizeof(*doc));
	doc->root = root;
	return doc;
}

void twc_json_doc_free(struct twc_json_doc *doc)
{
	if (!doc)
		return;
	json_decref(doc->root);
	twc_free(doc);
}

/* ---- the assertion ---- */

static int fault(struct twc_err *err, struct twc_str all, const char *at, const char *what)
{
	return twc_err_at(err, TWC_EUSAGE, (size_t)(at - all.p) + 1, "%s", what);
}

static void skip_blanks(struct twc_str *s)
{
	while (s->n > 0 && (*s->p == ' ' || *s->p == '\t')) {
		s->p++;
		s->n--;
	}
}

static void skip(struct twc_str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

/* `"..."`, with JSON's escapes. */
static int read_quoted(struct step *s, struct twc_str all, struct twc_str *rest, struct twc_err *err)
{
	size_t n = 1;
	json_t *name;

	while (n < rest->n && rest->p[n] != '"')
		n += rest->p[n] == '\\' && rest->n - n > 1 ? 2 : 1;
	if (n >= rest->n)
		return fault(err, all, rest->p, "the quote of a key is not closed");
	name = json_loadb(rest->p, n + 1, JSON_DECODE_ANY, NULL);
	if (!json_is_string(name)) {
		json_decref(name);
		return fault(err, all, rest->p, "a quoted key is a string as JSON has it");
	}
	s->name.p = twc_str_dup((struct twc_str){ json_string_value(name), json_string_length(name) });
	s->name.n = json_string_length(name);
	json_decref(name);
	skip(rest, n + 1);
	return 0;
}

static int read_key(struct step *s, struct twc_str all, struct twc_str *rest, struct twc_err *err)
{
	size_t n = 0;

	if (rest->n > 0 && *rest->p == '#') {
		s->kind = STEP_COUNT;
		skip(rest, 1);
		return 0;
	}
	if (rest->n > 0 && *rest->p == '"')
		return read_quoted(s, all, rest, err);
	while (n < rest->n && (rest->p[n] == '\0' || !strchr(".[]#=!<>~*\" \t", rest->p[n])))
		n++;
	if (n == 0)
		return fault(err, all, rest->p, "a key is missing behind the dot");
	s->name = (struct twc_str){ twc_str_dup((struct twc_str){ rest->p, n }), n };
	skip(rest, n);
	return 0;
}

static int read_index(struct step *s, struct twc_str all, struct twc_str *rest, struct twc_err *err)
{
	size_t n = 0;

	s->kind = STEP_INDEX;
	for (; n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9'; n++)
		if ((s->index = s->index * 10 + (size_t)(rest->p[n] - '0')) > INDEX_MAX)
			return fault(err, all, rest->p, "there are no such places in a list");
	if (n == 0 || n == rest->n || rest->p[n] != ']')
		return fault(err, all, rest->p + n, "in brackets stands a place in a list: [0]");
	skip(rest, n + 1);
	return 0;
}

static int read_path(struct twc_json_expect *x, struct twc_str all, struct twc_str *rest, struct twc_err *err)
{
	bool is_over = false;
	struct step *s;
	int rc = 0;

	if (rest->n == 0 || (*rest->p != '.' && *rest->p != '['))
		return fault(err, all, all.p, "a path begins with a dot: .status, .items[0].id, . for the whole");
	/* A dot that no key follows is the whole document. */
	if (*rest->p == '.' && (rest->n == 1 || strchr("[=!<>~* \t", rest->p[1])))
		skip(rest, 1);
	while (rest->n > 0 && (*rest->p == '.' || *rest->p == '[') && rc == 0) {
		bool is_index = *rest->p == '[';

		if (is_over || x->n == STEPS_MAX)
			return fault(err, all, rest->p,
				     is_over ? "nothing may follow .#" : "more than 128 levels");
		skip(rest, 1);
		s = &x->step[x->n++];
		rc = is_index ? read_index(s, all, rest, err) : read_key(s, all, rest, err);
		is_over = s->kind == STEP_COUNT;
	}
	return rc;
}

static int read_op(struct twc_json_expect *x, struct twc_str all, struct twc_str *rest, struct twc_err *err)
{
	static const struct {
		const char *text;
		enum op op;
	} ops[] = {
		{ "==", OP_EQ }, { "!=", OP_NE }, { "<=", OP_LE },    { ">=", OP_GE },	  { "*=", OP_CONTAINS },
		{ "=", OP_EQ },	 { "<", OP_LT },  { ">", OP_GT },     { "~", OP_MATCH },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(ops); i++)
		if (twc_str_starts(*rest, ops[i].text)) {
			x->op = ops[i].op;
			skip(rest, strlen(ops[i].text));
			return 0;
		}
	return fault(err, all, rest->p, "here stands one of = != < <= > >= ~ *=");
}

static json_t *text_value(struct twc_str s)
{
	return json_stringn(s.n > 0 ? s.p : "", s.n);
}

/* JSON, or else the string that it is. */
static json_t *read_any(struct twc_str s)
{
	json_t *value = twc__json_parse(s, true, TWC_EUSAGE, NULL);

	return value ? value : text_value(s);
}

/* A string, quoted or not. */
static json_t *read_text(struct twc_str s)
{
	json_t *value = s.n > 0 && *s.p == '"' ? json_loadb(s.p, s.n, JSON_DECODE_ANY, NULL) : NULL;

	return value ? value : text_value(s);
}

static int read_value(struct twc_json_expect *x, struct twc_str all, struct twc_str rest, struct twc_err *err)
{
	bool is_order = x->op >= OP_LT && x->op <= OP_GE;

	x->value = x->op >= OP_MATCH ? read_text(rest) : read_any(rest);
	if (!x->value)
		return fault(err, all, rest.p, "the value is not UTF-8");
	if (is_order && !json_is_number(x->value) && !json_is_string(x->value))
		return fault(err, all, rest.p, "< <= > >= compare with a number or a string");
	if (x->op != OP_MATCH)
		return 0;
	x->regex = twc_expect_new(json_string_value(x->value), err);
	if (x->regex)
		return 0;
	if (err)
		err->column = (int)(rest.p - all.p) + 1;
	return TWC_EUSAGE;
}

static int expect_parse(struct twc_json_expect *x, struct twc_str all, bool is_negated, struct twc_err *err)
{
	struct twc_str rest = all;
	int rc = read_path(x, all, &rest, err);

	if (rc)
		return rc;
	skip_blanks(&rest);
	if (rest.n == 0) {
		x->op = is_negated ? OP_ABSENT : OP_EXISTS;
		return 0;
	}
	if (is_negated)
		return fault(err, all, rest.p, "only a path can be negated; != is there for values");
	rc = read_op(x, all, &rest, err);
	skip_blanks(&rest);
	return rc ? rc : read_value(x, all, rest, err);
}

struct twc_json_expect *twc_json_expect_new(struct twc_str text, bool is_negated, struct twc_err *err)
{
	struct twc_json_expect *x = twc_calloc(1, sizeof(*x));

	if (expect_parse(x, text.p ? text : twc_str_of(""), is_negated, err) == 0)
		return x;
	twc_json_expect_free(x);
	return NULL;
}

void twc_json_expect_free(struct twc_json_expect *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		twc_free((void *)(uintptr_t)x->step[i].name.p);
	json_decref(x->value);
	twc_expect_free(x->regex);
	twc_free(x);
}

/* ---- holding it against a document ---- */

static json_t *count_of(const json_t *value)
{
	size_t n = 0;

	if (json_is_array(value))
		return json_integer((json_int_t)json_array_size(value));
	if (json_is_object(value))
		return json_integer((json_int_t)json_object_size(value));
	if (!json_is_string(value))
		return NULL;
	for (size_t i = 0; i < json_string_length(value); i++) /* code points: every byte but those that go on */
		n += (json_string_value(value)[i] & 0xc0) != 0x80;
	return json_integer((json_int_t)n);
}

/* What is at the path, or NULL; the caller owns it. */
static json_t *walk(const struct twc_json_expect *x, const struct twc_json_doc *doc)
{
	const json_t *at = doc->root;

	for (size_t i = 0; at && i < x->n; i++) {
		const struct step *s = &x->step[i];

		if (s->kind == STEP_COUNT)
			return count_of(at);
		if (s->kind == STEP_KEY)
			at = json_object_getn(at, s->name.p, s->name.n);
		else
			at = json_array_get(at, s->index);
	}
	return json_incref((json_t *)(uintptr_t)at);
}

/* -1, 0, 1. Integers as such: as reals neighbours of many digits would be the same. */
static int number_order(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t i = json_integer_value(a), k = json_integer_value(b);

		return (i > k) - (i < k);
	}
	double i = json_number_value(a), k = json_number_value(b);

	return (i > k) - (i < k);
}

static bool is_equal(const json_t *a, const json_t *b);

static bool is_equal_array(const json_t *a, const json_t *b)
{
	if (json_array_size(a) != json_array_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++)
		if (!is_equal(json_array_get(a, i), json_array_get(b, i)))
			return false;
	return true;
}

static bool is_equal_object(json_t *a, const json_t *b)
{
	if (json_object_size(a) != json_object_size(b))
		return false;
	for (void *it = json_object_iter(a); it; it = json_object_iter_next(a, it)) {
		const json_t *other = json_object_getn(b, json_object_iter_key(it), json_object_iter_key_len(it));

		if (!other || !is_equal(json_object_iter_value(it), other))
			return false;
	}
	return true;
}

/* jansson's, but for numbers: 1 is 1.0. */
static bool is_equal(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return number_order(a, b) == 0;
	if (json_is_array(a) && json_is_array(b))
		return is_equal_array(a, b);
	if (json_is_object(a) && json_is_object(b))
		return is_equal_object((json_t *)(uintptr_t)a, b);
	return json_equal(a, b) != 0;
}

static bool order_holds(enum op op, const json_t *got, const json_t *want)
{
	int order;

	if (json_is_number(got) && json_is_number(want))
		order = number_order(got, want);
	else if (json_is_string(got) && json_is_string(want))
		order = strcmp(json_string_value(got), json_string_value(want));
	else
		return false;
	switch (op) {
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool match_holds(const struct twc_json_expect *x, const json_t *got)
{
	struct twc_watcher *w;
	struct twc_buf text;
	bool is_met = false;

	if (json_is_object(got) || json_is_array(got))
		return false;
	twc_buf_init(&text, 64); /* of a number or a word */
	w = twc_watcher_new(x->regex);
	if (json_is_string(got))
		is_met = twc_watcher_feed(w, json_string_value(got), json_string_length(got), true);
	else if (twc__json_dump(got, &text) == 0)
		is_met = twc_watcher_feed(w, twc_buf_head(&text), twc_buf_len(&text), true);
	twc_watcher_free(w);
	twc_buf_fini(&text);
	return is_met;
}

static bool value_holds(const struct twc_json_expect *x, const json_t *got)
{
	switch (x->op) {
	case OP_EXISTS:
		return true;
	case OP_ABSENT:
		return false;
	case OP_EQ:
		return is_equal(got, x->value);
	case OP_NE:
		return !is_equal(got, x->value);
	case OP_MATCH:
		return match_holds(x, got);
	case OP_CONTAINS:
		return json_is_string(got) && strstr(json_string_value(got), json_string_value(x->value));
	default:
		return order_holds(x->op, got, x->value);
	}
}

/* JSON has escaped most of what is not fit for a terminal; twc_escape does the rest, but for the backslashes
 * that are there. */
static void show(const json_t *got, char *out, size_t cap)
{
	struct twc_str rest;
	struct twc_buf b;
	char unit[16];
	size_t n = 0;

	twc_buf_init(&b, GOT_MAX);
	rest = twc__json_dump(got, &b) == 0 ? twc_buf_str(&b) : TWC_STR("a large value");
	while (rest.n > 0) {
		size_t len = *rest.p == '\\' ? 1 : twc_utf8_len(rest), k = 1;

		if (*rest.p == '\\')
			unit[0] = '\\';
		else
			k = twc_escape(unit, sizeof(unit), (struct twc_str){ rest.p, len });
		if (n + k + 4 > cap)
			break;
		memcpy(out + n, unit, k);
		n += k;
		skip(&rest, len);
	}
	snprintf(out + n, cap - n, "%s", rest.n > 0 ? "..." : "");
	twc_buf_fini(&b);
}

bool twc_json_expect_holds(const struct twc_json_expect *x, const struct twc_json_doc *doc, char *got, size_t cap)
{
	json_t *value = doc ? walk(x, doc) : NULL;
	bool holds = value ? value_holds(x, value) : doc && x->op == OP_ABSENT;

	if (got && !holds && value)
		show(value, got, cap);
	else if (got && !holds)
		snprintf(got, cap, "%s", doc ? "nothing" : "no JSON");
	json_decref(value);
	return holds;
}
