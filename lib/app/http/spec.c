/* SPDX-License-Identifier: MIT */
/*
 * Routes as users write them: "[METHOD ]PATTERN[ {key=value …}]=KIND[:ARG]". No I/O; every error has its column.
 *
 * The pattern ends at the first blank or '=' ("%3D" and "%20" stand for these); what follows the colon is taken
 * as it is. A value ends at a blank or '}', unless it stands in quotes, single or double, which have no
 * escapes.
 */
#include "app/http/handler.h"

#include <twc/http_message.h>
#include <twc/parse.h>

#include "base/banned.h"

#define BLANKS " \t"

/* Where the reading is. */
struct reader {
	struct twc_str text;
	size_t at;
	struct twc_err *err;
};

static int fail_at(struct reader *r, size_t at, const char *text)
{
	return twc_err_at(r->err, TWC_EUSAGE, at + 1, "%s", text);
}

static bool is_end(const struct reader *r)
{
	return r->at == r->text.n;
}

static char peek(const struct reader *r)
{
	return is_end(r) ? '\0' : r->text.p[r->at];
}

static void skip_blanks(struct reader *r)
{
	while (!is_end(r) && strchr(BLANKS, r->text.p[r->at]))
		r->at++;
}

/* Up to one of `stops`, or the end. */
static struct twc_str take_until(struct reader *r, const char *stops)
{
	size_t from = r->at;

	while (!is_end(r) && !strchr(stops, r->text.p[r->at]))
		r->at++;
	return (struct twc_str){ r->text.p + from, r->at - from };
}

/* ---- the parts, in their order ---- */

static int read_method(struct reader *r, struct twc__http_route_opts *out)
{
	size_t from;

	skip_blanks(r);
	from = r->at;
	if (peek(r) == '/')
		return 0;
	out->method = take_until(r, BLANKS "=");
	if (!out->method.n)
		return fail_at(r, from, "a route begins with a path, such as /hello, or a method and a path");
	if (!twc_http_is_token(out->method))
		return fail_at(r, from, "this is neither a method nor a path that begins with '/'");
	skip_blanks(r);
	return 0;
}

static int read_pattern(struct reader *r, struct twc__http_route_opts *out)
{
	if (peek(r) != '/')
		return fail_at(r, r->at, "a path that begins with '/' belongs here");
	out->pattern_column = (int)r->at + 1;
	out->pattern = take_until(r, BLANKS "=");
	skip_blanks(r);
	return 0;
}

static int read_value(struct reader *r, struct twc__http_option *option)
{
	char quote = peek(r);
	size_t from = r->at;

	if (quote != '\'' && quote != '"') {
		option->value_column = (int)from + 1;
		option->value = take_until(r, BLANKS "}");
		return 0;
	}
	r->at++;
	option->value_column = (int)r->at + 1;
	option->value = take_until(r, quote == '"' ? "\"" : "'");
	if (is_end(r))
		return fail_at(r, from, "this quote is not closed");
	r->at++;
	if (!is_end(r) && !strchr(BLANKS "}", peek(r)))
		return fail_at(r, r->at, "a blank or '}' belongs after the closing quote");
	return 0;
}

static bool may_repeat(struct twc_str key)
{
	return twc_str_is(key, "header") || twc_str_is(key, "header-up") || twc_str_is(key, "header-down");
}

static int read_option(struct reader *r, struct twc__http_route_opts *out)
{
	struct twc__http_option *option = &out->option[out->n];
	size_t from = r->at;

	if (out->n == TWC__HTTP_OPTIONS_MAX)
		return fail_at(r, from, "too many options");
	option->column = (int)from + 1;
	option->key = take_until(r, BLANKS "=}");
	if (!option->key.n)
		return fail_at(r, from, "the name of an option belongs here, such as delay=20ms");
	if (peek(r) != '=')
		return fail_at(r, from, "this option has no value: write key=value");
	if (!may_repeat(option->key))
		for (unsigned i = 0; i < out->n; i++)
			if (twc_str_eq(out->option[i].key, option->key))
				return fail_at(r, from, "this option was given before");
	r->at++;
	out->n++;
	return read_value(r, option);
}

static int read_options(struct reader *r, struct twc__http_route_opts *out)
{
	size_t from = r->at;
	int rc;

	if (peek(r) != '{')
		return 0;
	r->at++;
	for (;;) {
		skip_blanks(r);
		if (is_end(r))
			return fail_at(r, from, "this brace is not closed");
		if (peek(r) == '}')
			break;
		rc = read_option(r, out);
		if (rc < 0)
			return rc;
	}
	r->at++;
	skip_blanks(r);
	return 0;
}

static int read_kind(struct reader *r, struct twc__http_route_opts *out)
{
	if (peek(r) != '=')
		return fail_at(r, r->at, is_end(r) ? "'=' and a handler are missing, such as =text:hello" :
						     "'=' and a handler belong here, such as =text:hello");
	r->at++;
	skip_blanks(r);
	out->kind_column = (int)r->at + 1;
	out->kind = take_until(r, ":");
	if (is_end(r)) {
		out->kind = twc_str_trim(out->kind);
		out->arg_column = out->kind_column;
	} else {
		r->at++;
		out->arg_column = (int)r->at + 1;
		out->arg = (struct twc_str){ r->text.p + r->at, r->text.n - r->at };
	}
	if (!out->kind.n)
		return fail_at(r, (size_t)out->kind_column - 1, "the name of a handler is missing, such as text:hello");
	return 0;
}

int twc__http_spec_parse(struct twc_str text, struct twc__http_route_opts *out, struct twc_err *err)
{
	struct reader r = { .text = text, .err = err };
	int rc;

	*out = (struct twc__http_route_opts){ 0 };
	if (text.n > TWC__HTTP_SPEC_MAX)
		return twc_err_set(err, TWC_EUSAGE, "a route of %zu bytes is longer than %d", text.n,
				   TWC__HTTP_SPEC_MAX);
	if (text.n && memchr(text.p, '\0', text.n))
		return twc_err_set(err, TWC_EUSAGE, "a route holds no NUL");
	rc = read_method(&r, out);
	if (rc == 0)
		rc = read_pattern(&r, out);
	if (rc == 0)
		rc = read_options(&r, out);
	return rc < 0 ? rc : read_kind(&r, out);
}

/* ---- options by their keys ---- */

const struct twc__http_option *twc__http_option_find(const struct twc__http_route_opts *o, const char *key, unsigned *i)
{
	for (unsigned at = i ? *i : 0; at < o->n; at++) {
		if (!twc_str_is(o->option[at].key, key))
			continue;
		if (i)
			*i = at + 1;
		return &o->option[at];
	}
	return NULL;
}

int twc__http_option_fail(const struct twc__http_option *option, struct twc_err *err)
{
	char cause[TWC_ERR_TEXT_MAX];

	if (!err)
		return TWC_EUSAGE;
	memcpy(cause, err->text, sizeof(cause));
	twc_err_set(err, err->code, "'%.*s': %s", option->key.n > 40 ? 40 : (int)option->key.n, option->key.p, cause);
	err->column = option->value_column;
	return err->code;
}

int twc__http_option_duration(const struct twc__http_route_opts *o, const char *key, uint64_t *ns, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, key, NULL);

	if (!option)
		return 0;
	return twc_parse_duration(option->value, ns, err) < 0 ? twc__http_option_fail(option, err) : 1;
}

int twc__http_option_size(const struct twc__http_route_opts *o, const char *key, uint64_t *bytes, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, key, NULL);

	if (!option)
		return 0;
	return twc_parse_size(option->value, bytes, err) < 0 ? twc__http_option_fail(option, err) : 1;
}

int twc__http_option_uint(const struct twc__http_route_opts *o, const char *key, uint64_t min, uint64_t max,
			  uint64_t *n, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, key, NULL);

	if (!option)
		return 0;
	return twc_parse_uint(option->value, min, max, n, err) < 0 ? twc__http_option_fail(option, err) : 1;
}

int twc__http_option_bool(const struct twc__http_route_opts *o, const char *key, bool *yes, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, key, NULL);

	if (!option)
		return 0;
	return twc_parse_bool(option->value, yes, err) < 0 ? twc__http_option_fail(option, err) : 1;
}

int twc__http_option_word(const struct twc__http_route_opts *o, const char *key, const char *const *words, int *index,
			  struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, key, NULL);

	if (!option)
		return 0;
	return twc_parse_word(option->value, words, index, err) < 0 ? twc__http_option_fail(option, err) : 1;
}

int twc__http_option_str(const struct twc__http_route_opts *o, const char *key, struct twc_str *s)
{
	const struct twc__http_option *option = twc__http_option_find(o, key, NULL);

	if (!option)
		return 0;
	*s = option->value;
	return 1;
}
