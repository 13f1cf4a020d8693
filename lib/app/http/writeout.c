/* SPDX-License-Identifier: MIT */
/*
 * The language of -w: text, escapes, %{variables} and changes of place, as curl reads them. Pure: text gathers in a buffer and
 * is handed over whenever the place changes, and at the end.
 */
#include "app/http/writeout.h"

#include "base/banned.h"

#define NAME_ROOM 1024

struct writer {
	const struct twc_http_facts *x;
	const struct twc_http_writeout_ops *ops;
	struct twc_str rest; /* of the format */
	struct twc_buf text;
	enum twc_http_writeout_to to;
	char *file; /* owned; NULL: a standard stream */
	bool is_over; /* onerror, and there is none */
	struct twc_err err;
};

static int writer_flush(struct writer *w)
{
	int rc;

	/* A file that is named is made, also for nothing. */
	if (twc_buf_len(&w->text) == 0 && !w->file)
		return 0;
	rc = w->ops->put(w->ops->arg, w->to, w->file, twc_buf_str(&w->text), &w->err);
	twc_buf_clear(&w->text);
	return rc;
}

static int writer_move(struct writer *w, enum twc_http_writeout_to to, struct twc_str file)
{
	int rc = writer_flush(w);

	twc_free(w->file);
	w->to = to;
	w->file = file.p ? twc_str_dup(file) : NULL;
	return rc;
}

/* ---- %name{argument} ---- */

/* Between the values of %header{NAME:all:…}: \} is a brace. */
static int write_separator(struct writer *w, struct twc_str s)
{
	static const char letters[] = "rnt}", meant[] = "\r\n\t}";

	for (size_t i = 0; i < s.n; i++) {
		const char *letter = s.p[i] == '\\' && i + 1 < s.n ? memchr(letters, s.p[i + 1], 4) : NULL;
		int rc = twc_buf_add(&w->text, letter ? meant + (letter - letters) : s.p + i, 1);

		if (rc < 0)
			return rc;
		i += letter != NULL;
	}
	return 0;
}

static int write_all_of(struct writer *w, const struct twc_http_fields *fields, const char *name, struct twc_str separator,
			size_t *n)
{
	int rc = 0;

	for (size_t i = twc_http_fields_find(fields, name, 0); i != SIZE_MAX && rc == 0;
	     i = twc_http_fields_find(fields, name, i + 1)) {
		struct twc_str value = twc_http_fields_at(fields, i).value;

		if ((*n)++ > 0)
			rc = write_separator(w, separator);
		if (rc == 0 && value.n > 0)
			rc = twc_buf_add(&w->text, value.p, value.n);
	}
	return rc;
}

/* NAME, or NAME:all:SEPARATOR for all of them in all responses. */
static int write_header(struct writer *w, struct twc_str rest)
{
	char text[NAME_ROOM];
	struct twc_str name, value;
	size_t n = 0;
	int rc = 0;

	if (!w->x->response || !twc_str_cut(&rest, ':', &name) || name.n >= sizeof(text))
		return 0;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (rest.p && twc_str_starts(rest, "all:")) {
		value = (struct twc_str){ rest.p + 4, rest.n - 4 };
		for (size_t i = 0; i < w->x->n_passed && rc == 0; i++)
			rc = write_all_of(w, &w->x->passed[i], text, value, &n);
		return rc ? rc : write_all_of(w, &w->x->response->fields, text, value, &n);
	}
	if (rest.p || !twc_http_fields_get(&w->x->response->fields, text, &value) || value.n == 0)
		return 0;
	return twc_buf_add(&w->text, value.p, value.n);
}

static int write_output(struct writer *w, struct twc_str file)
{
	if (!twc_str_starts(file, ">>"))
		return writer_move(w, TWC_HTTP_WRITEOUT_FILE, file);
	return writer_move(w, TWC_HTTP_WRITEOUT_APPEND, (struct twc_str){ file.p + 2, file.n - 2 });
}

/* ---- %{name} ---- */

static int write_var(struct writer *w, struct twc_str name)
{
	int rc;

	if (twc_str_eq_nocase(name, TWC_STR("stdout")))
		return writer_move(w, TWC_HTTP_WRITEOUT_STDOUT, (struct twc_str){ NULL, 0 });
	if (twc_str_eq_nocase(name, TWC_STR("stderr")))
		return writer_move(w, TWC_HTTP_WRITEOUT_STDERR, (struct twc_str){ NULL, 0 });
	if (twc_str_eq_nocase(name, TWC_STR("json")))
		return twc__http_writeout_json(&w->text, w->x);
	if (twc_str_eq_nocase(name, TWC_STR("header_json")))
		return twc__http_writeout_header_json(&w->text, w->x);
	if (twc_str_eq_nocase(name, TWC_STR("onerror"))) {
		w->is_over = w->x->exit_status == 0;
		return 0;
	}
	rc = twc__http_writeout_var(&w->text, name, w->x);
	if (rc == 0 && w->ops->unknown)
		w->ops->unknown(w->ops->arg, name);
	return rc < 0 ? rc : 0;
}

/* ---- the format ---- */

/* The argument when the rest begins with `opening` and there is a brace that closes it; it is cut off then. */
static bool cut_braced(struct twc_str *rest, const char *opening, struct twc_str *inside)
{
	size_t n = strlen(opening);
	const char *end;

	if (!twc_str_starts(*rest, opening))
		return false;
	end = memchr(rest->p + n, '}', rest->n - n);
	while (end && end[-1] == '\\')
		end = memchr(end + 1, '}', rest->n - (size_t)(end + 1 - rest->p));
	if (!end)
		return false;
	*inside = (struct twc_str){ rest->p + n, (size_t)(end - rest->p) - n };
	*rest = (struct twc_str){ end + 1, rest->n - n - inside->n - 1 };
	return true;
}

static int write_percent(struct writer *w)
{
	struct twc_str inside;

	if (cut_braced(&w->rest, "%{", &inside))
		return write_var(w, inside);
	if (cut_braced(&w->rest, "%header{", &inside))
		return write_header(w, inside);
	if (cut_braced(&w->rest, "%output{", &inside))
		return write_output(w, inside);
	inside = (struct twc_str){ w->rest.p, w->rest.n < 2 ? 1 : 2 };
	w->rest = (struct twc_str){ w->rest.p + inside.n, w->rest.n - inside.n };
	if (twc_str_is(inside, "%%"))
		inside.n = 1;
	return twc_buf_add(&w->text, inside.p, inside.n);
}

static int write_backslash(struct writer *w)
{
	static const char letters[] = "rnt", meant[] = "\r\n\t";
	size_t n = w->rest.n < 2 ? 1 : 2;
	const char *letter = n == 2 ? strchr(letters, w->rest.p[1]) : NULL, *p = w->rest.p;

	w->rest = (struct twc_str){ p + n, w->rest.n - n };
	return letter && *letter ? twc_buf_add(&w->text, meant + (letter - letters), 1) : twc_buf_add(&w->text, p, n);
}

static int write_next(struct writer *w)
{
	size_t n = 0;
	int rc;

	if (w->rest.p[0] == '%')
		return write_percent(w);
	if (w->rest.p[0] == '\\')
		return write_backslash(w);
	while (n < w->rest.n && w->rest.p[n] != '%' && w->rest.p[n] != '\\')
		n++;
	rc = twc_buf_add(&w->text, w->rest.p, n);
	w->rest = (struct twc_str){ w->rest.p + n, w->rest.n - n };
	return rc;
}

int twc_http_writeout(struct twc_str format, const struct twc_http_facts *x, const struct twc_http_writeout_ops *ops,
		      struct twc_err *err)
{
	struct writer w = { .x = x, .ops = ops, .rest = format };
	int rc = 0;

	twc_buf_init(&w.text, TWC_HTTP_WRITEOUT_MAX);
	while (w.rest.n > 0 && !w.is_over && !rc)
		rc = write_next(&w);
	if (!rc)
		rc = writer_flush(&w);
	if (rc && !w.err.code)
		(void)twc_err_set(&w.err, rc, "what is to be written out is too long");
	if (rc && err)
		*err = w.err;
	twc_free(w.file);
	twc_buf_fini(&w.text);
	return rc;
}
