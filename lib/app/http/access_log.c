/* SPDX-License-Identifier: MIT */
/*
 * Access logs by pattern, with the variables of nginx: "$remote_addr $status". The common and the combined format are
 * such patterns. A pattern is taken apart once.
 */
#include "app/http/access_log.h"

#include <twc/parse.h>

#include "base/banned.h"

#define COMMON "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent"
#define VARIABLES_MAX 64
#define COMBINED COMMON " \"$http_referer\" \"$http_user_agent\""

struct piece {
	const struct twc__access_variable *variable; /* NULL: text */
	struct twc_str text;		 /* or the rest of the variable's name, with - for _ */
};

struct twc__access_format {
	char *text; /* owned: pieces point into it; NULL: JSON */
	struct piece *piece;
	size_t n;
};

/* ---- a pattern ---- */

static bool is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Those that end in '_' need more of a name. */
static const struct twc__access_variable *find(struct twc_str name, struct twc_str *rest)
{
	for (const struct twc__access_variable *v = twc__access_variables; v->name; v++) {
		size_t n = strlen(v->name);
		bool is_prefix = v->name[n - 1] == '_';

		if (is_prefix ? name.n <= n || !twc_str_starts(name, v->name) : !twc_str_is(name, v->name))
			continue;
		*rest = (struct twc_str){ name.p + n, name.n - n };
		return v;
	}
	return NULL;
}

static int fail_unknown(const struct twc__access_format *f, struct twc_str name, struct twc_err *err)
{
	const char *names[VARIABLES_MAX + 1], *near;
	size_t n = 0;

	for (; n < VARIABLES_MAX && twc__access_variables[n].name; n++)
		names[n] = twc__access_variables[n].name;
	names[n] = NULL;
	near = twc_nearest(name, names);
	return twc_err_at(err, TWC_EUSAGE, (size_t)(name.p - f->text), "there is no variable $%.*s%s%s%s", (int)name.n,
			  name.p, near ? "; did you mean $" : "", near ? near : "", near ? "?" : "");
}

static void add_piece(struct twc__access_format *f, const struct twc__access_variable *v, struct twc_str text)
{
	if (!v && !text.n)
		return;
	f->piece = twc_realloc(f->piece, (f->n + 1) * sizeof(*f->piece));
	f->piece[f->n++] = (struct piece){ v, text };
}

/* "$name" or "${name}", from the dollar on; *end is behind it. */
static int parse_variable(struct twc__access_format *f, char *dollar, char **end, struct twc_err *err)
{
	bool is_braced = dollar[1] == '{';
	char *from = dollar + 1 + is_braced, *p = from;
	struct twc_str rest = { NULL, 0 };
	const struct twc__access_variable *v;

	while (is_of_name(*p))
		p++;
	if (p == from || p - from > TWC__ACCESS_NAME_MAX || (is_braced && *p != '}'))
		return twc_err_at(err, TWC_EUSAGE, (size_t)(dollar - f->text) + 1,
				  "a variable is written as $name or ${name}");
	v = find((struct twc_str){ from, (size_t)(p - from) }, &rest);
	if (!v)
		return fail_unknown(f, (struct twc_str){ from, (size_t)(p - from) }, err);
	for (char *c = p - rest.n; c < p; c++)
		if (*c == '_')
			*c = '-';
	add_piece(f, v, rest);
	*end = p + is_braced;
	return 0;
}

static int parse(struct twc__access_format *f, struct twc_err *err)
{
	char *p = f->text, *dollar;

	while ((dollar = strchr(p, '$'))) {
		add_piece(f, NULL, (struct twc_str){ p, (size_t)(dollar - p) });
		if (parse_variable(f, dollar, &p, err) < 0)
			return TWC_EUSAGE;
	}
	add_piece(f, NULL, twc_str_of(p));
	return f->n ? 0 : twc_err_set(err, TWC_EUSAGE, "the format of the log is empty");
}

struct twc__access_format *twc__access_format_new(const char *format, struct twc_err *err)
{
	static const char *const words[] = { "common", "combined", "json", NULL };
	struct twc__access_format *f = twc_calloc(1, sizeof(*f));
	struct twc_err why = { 0 };

	if (strcmp(format, "json") == 0)
		return f;
	f->text = twc_strdup(strcmp(format, "common") == 0 ? COMMON : strcmp(format, "combined") == 0 ? COMBINED : format);
	if (!strchr(f->text, '$') && twc_parse_word(twc_str_of(format), words, &(int){ 0 }, &why) < 0)
		twc_err_set(err, TWC_EUSAGE,
			    "%.200s is no format: common, combined, json, or a pattern such as '$remote_addr $status'", format);
	else if (parse(f, err) == 0)
		return f;
	twc__access_format_free(f);
	return NULL;
}

void twc__access_format_free(struct twc__access_format *f)
{
	if (!f)
		return;
	twc_free(f->piece);
	twc_free(f->text);
	twc_free(f);
}

int twc__access_format_put(const struct twc__access_format *f, const struct twc__access_facts *a, struct twc_buf *out)
{
	struct twc__access_line l = { .a = a, .out = out };
	size_t before = twc_buf_len(out);

	if (!f->text) {
		l.rc = twc__access_json_put(a, out);
	} else {
		for (size_t i = 0; i < f->n && !l.rc; i++) {
			if (f->piece[i].variable)
				f->piece[i].variable->put(&l, f->piece[i].text);
			else
				twc__access_add(&l, f->piece[i].text.p, f->piece[i].text.n);
		}
	}
	twc__access_add(&l, "\n", 1);
	if (l.rc)
		out->end = out->start + before;
	return l.rc;
}
