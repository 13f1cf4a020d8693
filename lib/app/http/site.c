/* SPDX-License-Identifier: MIT */
/*
 * A site: routes from strings, in a router, behind what holds for all of them. Everything a route says is
 * looked at when it is added, so that what is wrong is said before the first request.
 */
#include "app/http/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <twc/parse.h>

#include "base/digest.h"
#include "base/banned.h"

#define KNOWN_MAX 64 /* options that a kind and the wrappers know together */

/* ---- parts ---- */

void twc__http_site_add_part(struct twc_http_site *s, const struct twc__http_part_ops *ops, void *part)
{
	s->part = twc_realloc(s->part, (s->n_parts + 1) * sizeof(*s->part));
	s->part[s->n_parts++] = (struct twc__http_part){ ops, part };
}

void *twc__http_site_find_part(const struct twc_http_site *s, const struct twc__http_part_ops *ops)
{
	for (unsigned i = 0; i < s->n_parts; i++)
		if (s->part[i].ops == ops)
			return s->part[i].arg;
	return NULL;
}

/* ---- life ---- */

static void set_defaults(struct twc_http_site_opts *o)
{
	static const char *const index_html[] = { "index.html", NULL };

	if (!o->index)
		o->index = index_html;
	if (!o->max_body)
		o->max_body = 10 * 1024 * 1024;
	if (!o->realm)
		o->realm = "twc";
	if (!o->max_exec)
		o->max_exec = 32;
	while (!o->seed)
		twc__random(&o->seed, sizeof(o->seed));
}

static int wrap_site(struct twc_http_site *s, struct twc_err *err)
{
	int rc = 0;

	s->front.handler = twc_http_router_handler(s->router);
	for (unsigned i = 0; rc == 0 && twc__http_wrapper_list[i]; i++)
		if (twc__http_wrapper_list[i]->wrap_site)
			rc = twc__http_wrapper_list[i]->wrap_site(s, &s->front, err);
	return rc;
}

struct twc_http_site *twc_http_site_new(struct twc_reactor *r, const struct twc_http_site_opts *o, struct twc_err *err)
{
	struct twc_http_site *s = twc_calloc(1, sizeof(*s));

	s->r = r;
	if (o)
		s->o = *o;
	set_defaults(&s->o);
	s->router = twc_http_router_new();
	if (wrap_site(s, err) == 0)
		return s;
	twc_http_site_free(s);
	return NULL;
}

void twc_http_site_free(struct twc_http_site *s)
{
	if (!s)
		return;
	twc__http_made_free(&s->front);
	twc_http_router_free(s->router);
	while (s->n_parts) {
		struct twc__http_part *part = &s->part[--s->n_parts];

		if (part->ops->free)
			part->ops->free(part->arg);
	}
	twc_free(s->part);
	twc_free(s);
}

/* ---- a route ---- */

/* Appends `keys` to `known`, which stays NULL-terminated. */
static void add_keys(const char **known, unsigned *n, const char *const *keys)
{
	while (keys && *keys) {
		TWC_ASSERT(*n < KNOWN_MAX);
		known[(*n)++] = *keys++;
	}
	known[*n] = NULL;
}

static int check_options(const struct twc__http_kind *kind, const struct twc__http_route_opts *o, struct twc_err *err)
{
	const char *known[KNOWN_MAX + 1];
	unsigned n = 0;
	int index, rc;

	add_keys(known, &n, kind->keys);
	for (unsigned i = 0; twc__http_wrapper_list[i]; i++)
		add_keys(known, &n, twc__http_wrapper_list[i]->keys);
	for (unsigned i = 0; i < o->n; i++) {
		rc = twc_parse_word(o->option[i].key, known, &index, err);
		if (rc == 0)
			continue;
		if (err)
			err->column = o->option[i].column;
		return rc;
	}
	return 0;
}

static int check_arg(const struct twc__http_kind *kind, const struct twc__http_route_opts *o, struct twc_err *err)
{
	const char *name = kind->info.arg_name;
	int rc;

	if (!name && o->arg.p)
		rc = twc_err_set(err, TWC_EUSAGE, "%s takes no argument", kind->info.name);
	else if (name && name[0] != '[' && !o->arg.p)
		rc = twc_err_set(err, TWC_EUSAGE, "%s needs an argument: %s:%s", kind->info.name, kind->info.name,
				 name);
	else
		return 0;
	if (err)
		err->column = o->arg_column;
	return rc;
}

static int make(struct twc_http_site *s, const struct twc__http_kind *kind, const struct twc__http_route_opts *o,
		const char *base, struct twc__http_made *made, struct twc_err *err)
{
	struct twc_err why = { 0 };
	int rc = kind->create(s, o, o->arg, base, made, &why);

	for (unsigned i = 0; rc == 0 && twc__http_wrapper_list[i]; i++)
		if (twc__http_wrapper_list[i]->wrap_route) {
			rc = twc__http_wrapper_list[i]->wrap_route(s, o, made, &why);
			if (rc < 0)
				twc__http_made_free(made);
		}
	if (rc < 0 && rc == TWC_EUSAGE && !why.column)
		why.column = o->arg_column;
	if (rc < 0 && err)
		*err = why;
	return rc;
}

static int add_route(struct twc_http_site *s, const struct twc__http_route_opts *o, const char *base,
		     struct twc_err *err)
{
	const struct twc__http_kind *kind = twc__http_kind_find(o->kind, err);
	struct twc__http_made made = { .free = NULL };
	char *method = NULL, *pattern;
	int rc;

	if (!kind) {
		if (err)
			err->column = o->kind_column;
		return TWC_EUSAGE;
	}
	rc = check_arg(kind, o, err);
	if (rc == 0)
		rc = check_options(kind, o, err);
	if (rc == 0)
		rc = make(s, kind, o, base, &made, err);
	if (rc < 0)
		return rc;
	pattern = twc_str_dup(o->pattern);
	if (o->method.n)
		method = twc_str_dup(o->method);
	rc = twc_http_route(s->router, method, pattern, made.handler.handle, made.handler.arg, made.free, err);
	if (rc < 0) {
		twc__http_made_free(&made);
		if (err)
			err->column += o->pattern_column - 1;
	}
	twc_free(method);
	twc_free(pattern);
	return rc;
}

int twc_http_site_route(struct twc_http_site *s, const char *spec, const char *base, struct twc_err *err)
{
	struct twc__http_route_opts o;
	int rc = twc__http_spec_parse(twc_str_of(spec), &o, err);

	o.base = base;
	return rc < 0 ? rc : add_route(s, &o, base, err);
}

int twc_http_site_files(struct twc_http_site *s, const char *dir, struct twc_err *err)
{
	const struct twc__http_route_opts o = {
		.pattern = TWC_STR("/"),
		.kind = TWC_STR("files"),
		.arg = twc_str_of(dir),
	};

	return add_route(s, &o, NULL, err);
}

/* ---- a file of routes ---- */

char *twc__http_site_path(const char *base, struct twc_str arg)
{
	if (!base || (arg.n && arg.p[0] == '/'))
		return twc_str_dup(arg);
	return twc_asprintf("%s/%.*s", base, (int)arg.n, arg.p ? arg.p : "");
}

/* "FILE:LINE: " before the text, or "FILE:LINE:COLUMN: "; a column alone would be taken for one of the file's
 * name. */
static int fail_in(const char *file, unsigned line, struct twc_err *err)
{
	char cause[TWC_ERR_TEXT_MAX];

	if (!err)
		return TWC_EUSAGE;
	memcpy(cause, err->text, sizeof(cause));
	if (err->column)
		return twc_err_set(err, err->code, "%s:%u:%d: %s", file, line, err->column, cause);
	return twc_err_set(err, err->code, "%s:%u: %s", file, line, cause);
}

static int read_lines(struct twc_http_site *s, FILE *f, const char *file, const char *base, struct twc_err *err)
{
	char *line = NULL;
	size_t cap = 0;
	unsigned number = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &cap, f)) > 0) {
		struct twc__http_route_opts o;
		struct twc_str text = { line, (size_t)n };

		number++;
		while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
			text.n--;
		if (!twc_str_trim(text).n || twc_str_starts(twc_str_trim(text), "#"))
			continue;
		rc = twc__http_spec_parse(text, &o, err);
		o.base = base;
		if (rc == 0)
			rc = add_route(s, &o, base, err);
		if (rc < 0)
			rc = fail_in(file, number, err);
	}
	if (rc == 0 && ferror(f))
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot read the routes of %s", file);
	free(line);
	return rc;
}

int twc_http_site_routes(struct twc_http_site *s, const char *file, struct twc_err *err)
{
	const char *slash = strrchr(file, '/');
	char *base = slash ? twc_str_dup((struct twc_str){ file, (size_t)(slash - file) + (slash == file) }) : NULL;
	FILE *f = fopen(file, "re");
	int rc;

	if (f) {
		rc = read_lines(s, f, file, base, err);
		fclose(f);
	} else {
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot open the routes %s", file);
	}
	twc_free(base);
	return rc;
}

/* ---- at work ---- */

struct twc_http_handler twc_http_site_handler(struct twc_http_site *s)
{
	return s->front.handler;
}

void twc_http_site_set_server(struct twc_http_site *s, const struct twc_http_server *server)
{
	s->server = server;
}

void twc_http_site_exchanged(struct twc_http_site *s, struct twc_http_exchange *x, const struct twc_err *err)
{
	if (!err->code)
		s->requests++;
	for (unsigned i = 0; i < s->n_parts; i++)
		if (s->part[i].ops->exchanged)
			s->part[i].ops->exchanged(s->part[i].arg, x, err);
	if (s->o.counted)
		s->o.counted(s->o.arg, s);
}

bool twc_http_site_takes_uploads(const struct twc_http_site *s)
{
	return s->takes_uploads;
}

uint64_t twc_http_site_requests(const struct twc_http_site *s)
{
	return s->requests;
}

bool twc_http_site_has_files(const struct twc_http_site *s)
{
	bool has = false;

	for (unsigned i = 0; i < s->n_parts && !has; i++)
		has = s->part[i].ops->has_files && s->part[i].ops->has_files(s->part[i].arg);
	return has;
}

int twc_http_site_reload(struct twc_http_site *s, struct twc_err *err)
{
	int first = 0;

	for (unsigned i = 0; i < s->n_parts; i++) {
		const struct twc__http_part *part = &s->part[i];
		int rc = part->ops->reload ? part->ops->reload(part->arg, first ? NULL : err) : 0;

		if (!first)
			first = rc;
	}
	return first;
}
