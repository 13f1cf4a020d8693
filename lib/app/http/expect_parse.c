/* SPDX-License-Identifier: MIT */
/* Assertions about a response, read: SUBJECT[:NAME] [OP VALUE]. Pure. What they come to is in expect.c. */
#include "app/http/expect_int.h"

#include <twc/parse.h>

#include "base/banned.h"

enum value_kind {
	VALUE_TEXT,
	VALUE_NUMBER,
	VALUE_STATUS,
	VALUE_SIZE,
	VALUE_DURATION,
	VALUE_HTTP, /* "1.1" is 11 */
	VALUE_TLS,
	VALUE_SHA256,
};

static const struct subject {
	const char *word; /* a name follows one that ends in a colon */
	enum twc__http_subject subject;
	enum value_kind kind;
} subjects[] = {
	{ "status", TWC__HTTP_STATUS, VALUE_STATUS },
	{ "header:", TWC__HTTP_HEADER, VALUE_TEXT },
	{ "trailer:", TWC__HTTP_TRAILER, VALUE_TEXT },
	{ "body.sha256", TWC__HTTP_BODY_SHA256, VALUE_SHA256 },
	{ "body.size", TWC__HTTP_BODY_SIZE, VALUE_SIZE },
	{ "body", TWC__HTTP_BODY, VALUE_TEXT },
	{ "json:", TWC__HTTP_JSON, VALUE_TEXT },
	{ "time", TWC__HTTP_TIME, VALUE_DURATION },
	{ "ttfb", TWC__HTTP_TTFB, VALUE_DURATION },
	{ "redirects", TWC__HTTP_REDIRECTS, VALUE_NUMBER },
	{ "url", TWC__HTTP_URL, VALUE_TEXT },
	{ "http", TWC__HTTP_VERSION, VALUE_HTTP },
	{ "tls", TWC__HTTP_TLS, VALUE_TLS },
	{ "cert.days", TWC__HTTP_CERT_DAYS, VALUE_NUMBER },
};

static int fault(struct twc_err *err, const char *all, const char *at, const char *what)
{
	return twc_err_at(err, TWC_EUSAGE, (size_t)(at - all) + 1, "%s", what);
}

static bool is_word_end(char c)
{
	return !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.';
}

static const struct subject *subject_at(const char *s)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(subjects); i++) {
		size_t n = strlen(subjects[i].word);

		if (strncmp(s, subjects[i].word, n) == 0 && (s[n - 1] == ':' || is_word_end(s[n])))
			return &subjects[i];
	}
	return NULL;
}

/* The nearest subject, by name: "stauts" is answered by "did you mean status?". */
static int unknown_subject(const char *all, const char *at, struct twc_err *err)
{
	const char *words[TWC_ARRAY_LEN(subjects) + 1], *meant;
	size_t n = strcspn(at, ":=!<>~* ");

	for (size_t i = 0; i < TWC_ARRAY_LEN(subjects); i++)
		words[i] = subjects[i].word;
	words[TWC_ARRAY_LEN(subjects)] = NULL;
	meant = twc_nearest((struct twc_str){ at, n + (at[n] == ':') }, words);
	return twc_err_at(err, TWC_EUSAGE, (size_t)(at - all) + 1, "nothing is known about %.*s; %s%s%s",
			  (int)(n < 40 ? n : 40), at,
			  meant ? "did you mean " : "there are status, header:NAME, body, json:PATH, time, url and others",
			  meant ? meant : "", meant ? "?" : "");
}

static const char *read_op(const char *s, enum twc__http_op *op)
{
	static const struct {
		const char *text;
		enum twc__http_op op;
	} ops[] = {
		{ "==", TWC__HTTP_EQ }, { "!=", TWC__HTTP_NE }, { "<=", TWC__HTTP_LE },
		{ ">=", TWC__HTTP_GE }, { "*=", TWC__HTTP_HOLDS }, { "=", TWC__HTTP_EQ },
		{ "<", TWC__HTTP_LT },	{ ">", TWC__HTTP_GT },	{ "~", TWC__HTTP_MATCH },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(ops); i++)
		if (strncmp(s, ops[i].text, strlen(ops[i].text)) == 0) {
			*op = ops[i].op;
			return s + strlen(ops[i].text);
		}
	return NULL;
}

/* A name goes as far as an operator; some of their characters may stand in names, but nobody has such. */
static const char *read_name(struct twc__http_assertion *a, const char *s)
{
	size_t n = strcspn(s, "=~<> \t");

	if (s[n] == '=' && n > 0 && (s[n - 1] == '!' || s[n - 1] == '*'))
		n--;
	a->name = twc_str_dup((struct twc_str){ s, n });
	return s + n;
}

/* ---- values ---- */

static int read_status(struct twc__http_assertion *a, struct twc_err *err)
{
	struct twc_str v = a->value;
	uint64_t n;

	if (v.n == 3 && v.p[0] >= '1' && v.p[0] <= '9' && (v.p[1] | 32) == 'x' && (v.p[2] | 32) == 'x') {
		a->low = (v.p[0] - '0') * 100;
		a->high = a->low + 99;
		if (a->op == TWC__HTTP_EQ || a->op == TWC__HTTP_NE)
			return 0;
		return twc_err_set(err, TWC_EUSAGE, "a class of statuses goes with = and !=");
	}
	if (twc_parse_uint(v, 100, 999, &n, NULL) < 0)
		return twc_err_set(err, TWC_EUSAGE, "a status is a number of three digits, or 2xx");
	a->low = a->high = (int64_t)n;
	return 0;
}

static int read_version(struct twc__http_assertion *a, const char *of, struct twc_err *err)
{
	struct twc_str v = a->value;

	if (v.n == 1 && v.p[0] >= '1' && v.p[0] <= '3') {
		a->low = (v.p[0] - '0') * 10;
	} else if (v.n == 3 && v.p[0] == '1' && v.p[1] == '.' && v.p[2] >= '0' && v.p[2] <= '3') {
		a->low = 10 + v.p[2] - '0';
	} else {
		return twc_err_set(err, TWC_EUSAGE, "a version of %s looks like %s", of,
				   a->subject == TWC__HTTP_TLS ? "1.3" : "1.1");
	}
	a->high = a->low;
	return 0;
}

static int read_sha256(const struct twc__http_assertion *a, struct twc_err *err)
{
	uint8_t bytes[32];

	if (twc__hex_decode(a->value, bytes, sizeof(bytes)))
		return 0;
	return twc_err_set(err, TWC_EUSAGE, "a SHA-256 has 64 hexadecimal digits");
}

static int read_number(struct twc__http_assertion *a, enum value_kind kind, struct twc_err *err)
{
	uint64_t n = 0;
	int rc;

	if (kind == VALUE_SIZE)
		rc = twc_parse_size(a->value, &n, err);
	else if (kind == VALUE_DURATION)
		rc = twc_parse_duration(a->value, &n, err);
	else
		rc = twc_parse_uint(a->value, 0, INT32_MAX, &n, err);
	a->low = a->high = n < INT64_MAX ? (int64_t)n : INT64_MAX;
	return rc;
}

static int read_value(struct twc__http_assertion *a, enum value_kind kind, struct twc_err *err)
{
	switch (kind) {
	case VALUE_STATUS:
		return read_status(a, err);
	case VALUE_HTTP:
		return read_version(a, "HTTP", err);
	case VALUE_TLS:
		return read_version(a, "TLS", err);
	case VALUE_SHA256:
		return read_sha256(a, err);
	case VALUE_NUMBER:
	case VALUE_SIZE:
	case VALUE_DURATION:
		return read_number(a, kind, err);
	case VALUE_TEXT:
		break;
	}
	if (a->op != TWC__HTTP_MATCH)
		return 0;
	a->regex = twc_expect_new(a->value.p, err);
	return a->regex ? 0 : TWC_EUSAGE;
}

/* Does the operator mean something for it? */
static const char *op_fault(enum twc__http_op op, enum value_kind kind)
{
	bool is_order = op >= TWC__HTTP_LT && op <= TWC__HTTP_GE;

	if (kind == VALUE_TEXT && is_order)
		return "texts have no order: = != ~ *= are there";
	if (kind != VALUE_TEXT && op >= TWC__HTTP_MATCH)
		return "~ and *= are for texts; here = != < <= > >= are";
	if (kind == VALUE_SHA256 && op != TWC__HTTP_EQ)
		return "a digest is compared with =";
	return NULL;
}

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* `s` is behind the subject and its name. */
static int read_rest(struct twc__http_assertion *a, const struct subject *subject, const char *s,
		     bool is_negated, struct twc_err *err)
{
	const char *at = skip_blanks(s), *value;

	if (*at == '\0' && !a->name)
		return fault(err, a->text, at, "= and a value are missing");
	if (*at == '\0') {
		a->op = is_negated ? TWC__HTTP_ABSENT : TWC__HTTP_EXISTS;
		return 0;
	}
	if (is_negated)
		return fault(err, a->text, at, "only a name can be negated; != is there for values");
	value = read_op(at, &a->op);
	if (!value)
		return fault(err, a->text, at, "here stands one of = != < <= > >= ~ *=");
	if (op_fault(a->op, subject->kind))
		return fault(err, a->text, at, op_fault(a->op, subject->kind));
	value = skip_blanks(value);
	a->value = twc_str_of(value);
	if (read_value(a, subject->kind, err) == 0)
		return 0;
	if (err)
		err->column = (int)(value - a->text) + 1;
	return TWC_EUSAGE;
}

static int read_json(struct twc__http_assertion *a, const char *s, bool is_negated, struct twc_err *err)
{
	a->op = TWC__HTTP_EQ;
	a->json = twc_json_expect_new(twc_str_of(s), is_negated, err);
	if (a->json)
		return 0;
	if (err)
		err->column += (int)(s - a->text);
	return TWC_EUSAGE;
}

int twc__http_assertion_parse(struct twc__http_assertion *a, const char *expr, struct twc_err *err)
{
	const struct subject *subject;
	bool is_negated = *expr == '!';
	const char *at;

	a->text = twc_strdup(expr);
	at = a->text + is_negated;
	subject = subject_at(at);
	if (!subject)
		return unknown_subject(a->text, at, err);
	a->subject = subject->subject;
	at += strlen(subject->word);
	if (a->subject == TWC__HTTP_JSON)
		return read_json(a, at, is_negated, err);
	if (a->subject == TWC__HTTP_HEADER || a->subject == TWC__HTTP_TRAILER) {
		const char *name = at;

		at = read_name(a, at);
		if (!twc_http_is_token(twc_str_of(a->name)))
			return fault(err, a->text, name, "the name of a header field is missing or none");
	} else if (is_negated) {
		return fault(err, a->text, a->text, "only header:NAME, trailer:NAME and json:PATH can be negated");
	}
	return read_rest(a, subject, at, is_negated, err);
}

void twc__http_assertion_fini(struct twc__http_assertion *a)
{
	twc_watcher_free(a->watcher);
	twc_expect_free(a->regex);
	twc_json_expect_free(a->json);
	twc_free(a->name);
	twc_free(a->text);
}
