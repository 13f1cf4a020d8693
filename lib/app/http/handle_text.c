/* SPDX-License-Identifier: MIT */
/* text: and json: - a body that stands in the route, with gaps for what the request says. */
#include "app/http/answer.h"
#include "app/http/template.h"

#include <twc/parse.h>

#include "base/banned.h"

struct text {
	struct twc__http_template *template;
	struct twc__http_answer answer;
};

static struct twc_str value_of(void *arg, bool is_query, const char *name)
{
	return is_query ? twc_http_query(arg, name) : twc_http_param(arg, name);
}

static struct twc_deferred *text_handle(void *arg, struct twc_http_exchange *x)
{
	const struct text *text = arg;
	struct twc_str fixed = twc__http_template_fixed(text->template);
	struct twc_err err = { 0 };
	struct twc_buf body;
	int rc;

	twc__http_answer_begin(&text->answer, x);
	if (fixed.p) {
		twc_http_send(x, fixed.p, fixed.n);
		return NULL;
	}
	twc_buf_init(&body, TWC__HTTP_TEMPLATE_OUT_MAX);
	rc = twc__http_template_fill(text->template, value_of, x, &body);
	if (rc < 0) {
		twc_err_set(&err, rc, "the text of the route became too long");
		twc_http_fail(x, &err);
	} else {
		twc_http_send(x, twc_buf_head(&body), twc_buf_len(&body));
	}
	twc_buf_fini(&body);
	return NULL;
}

static void text_free(void *arg)
{
	struct text *text = arg;

	twc__http_template_free(text->template);
	twc__http_answer_fini(&text->answer);
	twc_free(text);
}

/* `s` in the route's argument. */
static int make_template(struct text *text, const struct twc__http_route_opts *o, struct twc_str s, bool is_json,
			 struct twc_err *err)
{
	struct twc__http_pattern *pattern;
	int rc = twc__http_pattern_new(&pattern, o->pattern, err);

	if (rc < 0) {
		if (err && err->column)
			err->column += o->pattern_column - 1;
		return rc;
	}
	rc = twc__http_template_new(&text->template, s, is_json, pattern, err);
	twc__http_pattern_free(pattern);
	if (rc < 0 && err && err->column)
		err->column += o->arg_column - 1;
	return rc;
}

static int make(const struct twc__http_route_opts *o, struct twc_str s, bool is_json, struct twc__http_made *out,
		struct twc_err *err)
{
	struct text *text = twc_calloc(1, sizeof(*text));
	int rc = make_template(text, o, s, is_json, err);

	if (rc == 0)
		rc = twc__http_answer_init(&text->answer, o, is_json ? "application/json" : "text/plain; charset=utf-8", err);
	if (rc < 0)
		text_free(text);
	else
		*out = (struct twc__http_made){ { text_handle, text }, text_free };
	return rc;
}

static int text_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		       struct twc__http_made *out, struct twc_err *err)
{
	char *plain = twc_str_dup(arg);
	size_t n = arg.n;
	int rc = twc_parse_escapes(plain, &n, err);

	(void)s;
	(void)base;
	if (rc < 0) {
		if (err && err->column)
			err->column += o->arg_column - 1;
	} else {
		rc = make(o, (struct twc_str){ plain, n }, false, out, err);
	}
	twc_free(plain);
	return rc;
}

static int json_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		       struct twc__http_made *out, struct twc_err *err)
{
	(void)s;
	(void)base;
	return make(o, arg, true, out, err);
}

static const char *const text_keys[] = { "status", "type", NULL };

const struct twc__http_kind twc__http_kind_text = {
	.info = { "text", "STRING", "this text; \\n is a line feed, {path.NAME} and {query.NAME} are filled in" },
	.keys = text_keys,
	.create = text_create,
};

const struct twc__http_kind twc__http_kind_json = {
	.info = { "json", "STRING", "this JSON, with {path.NAME} and {query.NAME} filled in" },
	.keys = text_keys,
	.create = json_create,
};
