/* SPDX-License-Identifier: MIT */
/*
 * A JSON document from items as httpie has them: `user[name]=x`, `tags[]=a`, `n:=3`. A key is parsed into
 * steps, then the tree is walked and grown along them; what stands in the way is an error with the column of
 * the step.
 */
#include "app/json.h"

#include <jansson.h>

#include "base/banned.h"

#define STEPS_MAX 128
#define INDEX_MAX 65535 /* places before it become null: `a[9999999999]=x` must not fill the memory */
#define SHOWN_MAX 64

enum step_kind {
	STEP_KEY = 0,
	STEP_INDEX,
	STEP_APPEND,
};

struct step {
	enum step_kind kind;
	size_t from, to; /* in the key as typed */
	struct twc_str name; /* KEY: in `text` of the path */
	size_t index;
};

struct path {
	struct twc_str key; /* as typed */
	char *text;	    /* owned: names without backslashes */
	size_t n_text;
	size_t n;
	struct step step[STEPS_MAX];
};

struct twc_json_items {
	json_t *root; /* owned; NULL: nothing was added */
};

struct twc_json_items *twc_json_items_new(void)
{
	return twc_calloc(1, sizeof(struct twc_json_items));
}

void twc_json_items_free(struct twc_json_items *items)
{
	if (!items)
		return;
	json_decref(items->root);
	twc_free(items);
}

bool twc_json_items_is_empty(const struct twc_json_items *items)
{
	return !items->root;
}

int twc_json_items_write(const struct twc_json_items *items, struct twc_buf *b)
{
	return items->root ? twc__json_dump(items->root, b) : twc_buf_add(b, "{}", 2);
}

/* ---- the key ---- */

static int key_fault(struct twc_err *err, size_t at, const char *what)
{
	return twc_err_at(err, TWC_EUSAGE, at + 1, "%s", what);
}

static bool is_number(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* Takes the characters from `at` to a bracket that means one into the text; returns where that is, or the
 * end. */
static size_t read_name(struct path *p, size_t at, struct twc_str *name)
{
	struct twc_str key = p->key, typed = { key.p + at, 0 };
	size_t start = p->n_text;

	if (key.n - at > 1 && key.p[at] == '\\' && key.p[at + 1] >= '0' && key.p[at + 1] <= '9') {
		size_t end = at + 1;

		while (end < key.n && key.p[end] != '[' && key.p[end] != ']')
			end++;
		typed = (struct twc_str){ key.p + at + 1, end - at - 1 };
		at += is_number(typed); /* the backslash alone made it a name */
	}
	for (; at < key.n && key.p[at] != '[' && key.p[at] != ']'; at++) {
		if (key.p[at] == '\\' && key.n - at > 1 && strchr("[]\\", key.p[at + 1]) && key.p[at + 1])
			at++;
		p->text[p->n_text++] = key.p[at];
	}
	*name = (struct twc_str){ p->text + start, p->n_text - start };
	return at;
}

static int read_index(struct step *s, struct twc_str digits, struct twc_err *err)
{
	s->kind = STEP_INDEX;
	for (size_t i = 0; i < digits.n; i++) {
		s->index = s->index * 10 + (size_t)(digits.p[i] - '0');
		if (s->index > INDEX_MAX)
			return key_fault(err, s->from + 1, "places in a list end at 65535");
	}
	return 0;
}

/* `[...]` at *at. */
static int read_bracket(struct path *p, size_t *at, struct step *s, struct twc_err *err)
{
	size_t inside = *at + 1, end;
	struct twc_str typed;

	if (p->key.p[*at] != '[')
		return key_fault(err, *at, p->key.p[*at] == ']' ? "nothing is open that ] could close"
								: "behind ] only [ may follow");
	s->from = *at;
	end = read_name(p, inside, &s->name);
	if (end == p->key.n)
		return key_fault(err, end, "] is missing");
	if (p->key.p[end] != ']')
		return key_fault(err, end, "[ inside of brackets");
	typed = (struct twc_str){ p->key.p + inside, end - inside };
	*at = s->to = end + 1;
	if (typed.n == 0)
		s->kind = STEP_APPEND;
	else if (typed.p[0] == '-' && is_number((struct twc_str){ typed.p + 1, typed.n - 1 }))
		return key_fault(err, inside, "places in a list are not negative");
	else if (is_number(typed))
		return read_index(s, typed, err);
	return 0;
}

static int path_parse(struct path *p, struct twc_str key, struct twc_err *err)
{
	size_t at = 0;
	int rc = 0;

	*p = (struct path){ .key = key, .text = twc_malloc(key.n + 1) };
	if (key.n == 0 || key.p[0] != '[') {
		at = read_name(p, 0, &p->step[0].name);
		p->step[0].to = at;
		p->n = 1;
	}
	while (at < key.n && rc == 0) {
		if (p->n == STEPS_MAX)
			return key_fault(err, at, "more than 128 levels");
		rc = read_bracket(p, &at, &p->step[p->n], err);
		p->n += rc == 0;
	}
	return rc;
}

/* ---- the tree ---- */

static int no_memory(struct twc_err *err)
{
	return twc_err_set(err, TWC_ENOMEM, "out of memory");
}

static json_t *container_new(enum step_kind kind)
{
	return kind == STEP_KEY ? json_object() : json_array();
}

static json_t *step_get(const json_t *at, const struct step *s)
{
	if (s->kind == STEP_KEY)
		return json_object_getn(at, s->name.p, s->name.n);
	return s->kind == STEP_INDEX ? json_array_get(at, s->index) : NULL;
}

/* Takes `value`, also on failure. */
static int step_set(json_t *at, const struct step *s, json_t *value, struct twc_err *err)
{
	int rc = 0;

	if (s->kind == STEP_KEY)
		return json_object_setn_new(at, s->name.p, s->name.n, value) < 0 ? no_memory(err) : 0;
	if (s->kind == STEP_APPEND)
		return json_array_append_new(at, value) < 0 ? no_memory(err) : 0;
	while (rc == 0 && json_array_size(at) <= s->index)
		rc = json_array_append_new(at, json_null());
	if (rc < 0) {
		json_decref(value);
		return no_memory(err);
	}
	return json_array_set_new(at, s->index, value) < 0 ? no_memory(err) : 0;
}

/* Can step i be made in `at`? */
static int step_check(const struct path *p, size_t i, const json_t *at, struct twc_err *err)
{
	const struct step *s = &p->step[i];
	bool wants_object = s->kind == STEP_KEY;
	char shown[SHOWN_MAX];

	if (wants_object ? json_is_object(at) : json_is_array(at))
		return 0;
	twc_escape(shown, sizeof(shown), (struct twc_str){ p->key.p, s->from });
	if (i == 0)
		return twc_err_at(err, TWC_EUSAGE, s->from + 1, "the document is %s already, not %s", twc__json_kind(at),
				  wants_object ? "an object" : "a list");
	return twc_err_at(err, TWC_EUSAGE, s->from + 1, "\"%s\" is %s already, not %s", shown, twc__json_kind(at),
			  wants_object ? "an object" : "a list");
}

/* Walks to where the last step is to be made; takes `value`, also on failure. */
static int tree_set(struct twc_json_items *items, const struct path *p, json_t *value, struct twc_err *err)
{
	json_t *at = items->root, *child;
	int rc = 0;

	if (!at)
		at = items->root = container_new(p->step[0].kind);
	for (size_t i = 0; rc == 0; i++) {
		rc = at ? step_check(p, i, at, err) : no_memory(err);
		if (rc == 0 && i == p->n - 1)
			return step_set(at, &p->step[i], value, err);
		child = rc == 0 ? step_get(at, &p->step[i]) : NULL;
		if (rc == 0 && (!child || json_is_null(child))) {
			child = container_new(p->step[i + 1].kind);
			rc = child ? step_set(at, &p->step[i], child, err) : no_memory(err);
		}
		at = child;
	}
	json_decref(value);
	return rc;
}

/* ---- adding ---- */

static int check_utf8(struct twc_str s, const char *what, struct twc_err *err)
{
	size_t len;

	for (size_t i = 0; i < s.n; i += len) {
		len = twc_utf8_len((struct twc_str){ s.p + i, s.n - i });
		if (len == 0)
			return twc_err_at(err, TWC_EUSAGE, i + 1, "%s is not UTF-8", what);
	}
	return 0;
}

/* `err` is not NULL, and clean. */
static json_t *value_new(struct twc_str value, bool is_raw, struct twc_err *err)
{
	json_t *made = NULL;

	if (is_raw)
		made = twc__json_parse(value, false, TWC_EUSAGE, err);
	else if (check_utf8(value, "the value", err) == 0)
		made = json_stringn_nocheck(value.p ? value.p : "", value.n);
	if (!made && err->code == 0)
		no_memory(err);
	if (!made)
		err->sys = err->code == TWC_EUSAGE;
	return made;
}

int twc_json_items_add(struct twc_json_items *items, struct twc_str key, struct twc_str value, bool is_raw,
		       struct twc_err *err)
{
	struct path *p;
	json_t *made = NULL;
	int rc = check_utf8(key, "the key", err);

	if (rc)
		return rc;
	p = twc_malloc(sizeof(*p));
	rc = path_parse(p, key, err);
	if (rc == 0) {
		struct twc_err why = { 0 };

		made = value_new(value, is_raw, &why);
		rc = made ? tree_set(items, p, made, err) : why.code;
		if (!made && err)
			*err = why;
	}
	twc_free(p->text);
	twc_free(p);
	return rc;
}
