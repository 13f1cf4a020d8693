/* SPDX-License-Identifier: MIT */
/*
 * The parts of a form: -F NAME=CONTENT as curl has it, --form-string, and items. CONTENT is a text, @FILE
 * for a file with its name, <FILE for its content alone; then ;type= ;filename= ;headers= follow, in which
 * quotes protect semicolons.
 */
#include "http_request.h"
#include "http_secret.h"
#include <stdlib.h>
#include <twc/http_message.h>
#include <unistd.h>

#define CONTENT_MAX ((size_t)64 << 20) /* of <FILE */
#define HEADERS_MAX 16

struct content {
	char *text;	/* owned: the value up to the first ';', without its quotes */
	char *type, *filename; /* owned; NULL: not said */
	char *header[HEADERS_MAX + 1]; /* owned; NULL-terminated */
	size_t n_headers;
};

static void content_fini(struct content *c)
{
	twc_free(c->text);
	twc_free(c->type);
	twc_free(c->filename);
	for (size_t i = 0; i < c->n_headers; i++)
		twc_free(c->header[i]);
}

/* Up to a ';' that is in no quotes; *rest is at it, or at the end. Quotes are taken off, \" and \\ in them
 * are one character. */
static char *take_value(const char **rest)
{
	const char *p = *rest;
	char *out;
	size_t n = 0;

	p += strspn(p, " \t");
	out = twc_malloc(strlen(p) + 1);
	if (*p == '"') {
		for (p++; *p && *p != '"'; p++) {
			if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
				p++;
			out[n++] = *p;
		}
		p += *p == '"';
		p += strcspn(p, ";");
	} else {
		n = strcspn(p, ";");
		memcpy(out, p, n);
		p += n;
		while (n > 0 && out[n - 1] == ' ' && *p == ';')
			n--;
	}
	out[n] = '\0';
	*rest = p;
	return out;
}

static const char *after(const char *s, const char *word)
{
	size_t n = strlen(word);

	return strncmp(s, word, n) == 0 ? s + n : NULL;
}

/* A type goes on behind ';' where that begins a parameter of its own: text/plain;charset=utf-8. */
static char *take_type(const char **rest)
{
	char *type = take_value(rest), *more, *part;

	while (**rest == ';') {
		const char *next = *rest + 1 + strspn(*rest + 1, " ");

		if (after(next, "filename=") || after(next, "type=") || after(next, "headers=") || after(next, "encoder="))
			break;
		*rest = next;
		part = take_value(rest);
		more = twc_asprintf("%s;%s", type, part);
		twc_free(part);
		twc_free(type);
		type = more;
	}
	return type;
}

static int read_headers(struct content *c, const char *value, struct twc_err *err)
{
	struct twc_buf b;
	struct twc_str rest, line;
	int rc;

	if (value[0] != '@') {
		if (c->n_headers < HEADERS_MAX)
			c->header[c->n_headers++] = twc_strdup(value);
		return 0;
	}
	twc_buf_init(&b, 65536 * 2);
	rc = http_file_read(value + 1, &b, err);
	rest = twc_buf_str(&b);
	while (rc == 0 && twc_str_cut(&rest, '\n', &line)) {
		line = twc_str_trim(line);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n > 0 && line.p[0] != '#' && c->n_headers < HEADERS_MAX)
			c->header[c->n_headers++] = twc_str_dup(line);
	}
	twc_buf_fini(&b);
	return rc;
}

/* What stands behind the '=' of a part. */
static int content_parse(struct content *c, const char *s, struct twc_err *err)
{
	const char *value;
	char *text;
	int rc = 0;

	if (s[0] == '@' || s[0] == '<') { /* what is quoted is the name behind it */
		const char sign = *s++;
		char *name = take_value(&s);

		c->text = twc_asprintf("%c%s", sign, name);
		twc_free(name);
	} else {
		c->text = take_value(&s);
	}
	while (*s == ';' && rc == 0) {
		s += 1 + strspn(s + 1, " ");
		if ((value = after(s, "type="))) {
			twc_free(c->type);
			c->type = take_type(&value);
		} else if ((value = after(s, "filename="))) {
			twc_free(c->filename);
			c->filename = take_value(&value);
		} else if ((value = after(s, "headers="))) {
			text = take_value(&value);
			rc = read_headers(c, text, err);
			twc_free(text);
		} else {
			return twc_err_set(err, TWC_EUSAGE, "behind a ; stands type=, filename= or headers=; a text with ; needs "
							    "quotes, or --form-string");
		}
		s = value;
	}
	return rc;
}

/* What curl says of a file by its name; NULL: nothing. */
static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{ ".gif", "image/gif" },	{ ".jpg", "image/jpeg" },	{ ".jpeg", "image/jpeg" },
		{ ".png", "image/png" },	{ ".svg", "image/svg+xml" },	{ ".txt", "text/plain" },
		{ ".htm", "text/html" },	{ ".html", "text/html" },	{ ".pdf", "application/pdf" },
		{ ".xml", "application/xml" }, { ".json", "application/json" },
	};
	size_t n = strlen(path);

	for (size_t i = 0; i < TWC_ARRAY_LEN(types); i++) {
		size_t len = strlen(types[i][0]);

		if (n >= len && twc_str_eq_nocase((struct twc_str){ path + n - len, len }, twc_str_of(types[i][0])))
			return types[i][1];
	}
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A file with its name. */
static int add_file(struct twc_http_body *b, struct twc_str name, const struct content *c, const char *path,
		    bool backslashes, struct twc_err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *type = c->type;
	struct twc_http_part part = {
		.name = name,
		.filename = twc_str_of(c->filename ? c->filename : base_name(path)),
		.headers = (const char *const *)c->header,
		.path = is_stdin ? NULL : path,
		.fd = STDIN_FILENO,
		.has_fd = is_stdin,
	};

	if (!type && c->filename)
		type = type_of(c->filename);
	if (!type)
		type = type_of(path);
	part.type = twc_str_of(type ? type : "application/octet-stream");
	return twc_http_body_part(b, &part, backslashes, err);
}

static int add_text(struct twc_http_body *b, struct twc_str name, const struct content *c, struct twc_str text,
		    bool backslashes, struct twc_err *err)
{
	struct twc_http_part part = {
		.name = name,
		.type = c->type ? twc_str_of(c->type) : (struct twc_str){ 0 },
		.headers = (const char *const *)c->header,
		.bytes = text,
	};

	if (c->filename) {
		part.filename = twc_str_of(c->filename);
		if (!c->type)
			part.type = twc_str_of(type_of(c->filename));
	}
	return twc_http_body_part(b, &part, backslashes, err);
}

static int add_content(struct twc_http_body *b, struct twc_str name, const struct content *c, const char *path,
		       bool backslashes, struct twc_err *err)
{
	struct twc_buf content;
	int rc;

	twc_buf_init(&content, CONTENT_MAX);
	rc = http_file_read(path, &content, err);
	if (rc == 0)
		rc = add_text(b, name, c, twc_buf_str(&content), backslashes, err);
	twc_buf_fini(&content);
	return rc;
}

static int add_option(const struct http_request *q, struct twc_http_body *b, const struct opt_item *item,
		      struct twc_err *err)
{
	const char *equals = strchr(item->value, '=');
	struct twc_str name = { item->value, equals ? (size_t)(equals - item->value) : 0 };
	struct content c = { 0 };
	int rc;

	if (!equals)
		return twc_err_set(err, TWC_EUSAGE, "%s is not NAME=CONTENT; items are sent as a form with --items=form",
				   item->value);
	if (strcmp(item->opt->long_name, "form-string") == 0)
		return add_text(b, name, &c, twc_str_of(equals + 1), q->p->form_escape, err);
	rc = content_parse(&c, equals + 1, err);
	if (rc == 0 && equals[1] == '@')
		rc = add_file(b, name, &c, c.text + 1, q->p->form_escape, err);
	else if (rc == 0 && equals[1] == '<')
		rc = add_content(b, name, &c, c.text + 1, q->p->form_escape, err);
	else if (rc == 0)
		rc = add_text(b, name, &c, twc_str_of(c.text), q->p->form_escape, err);
	content_fini(&c);
	return rc;
}

static int add_item(struct twc_http_body *b, const struct http_item *item, struct twc_err *err)
{
	struct twc_str name = twc_str_of(item->name);
	struct content c = { 0 };
	int rc;

	switch (item->kind) {
	case HTTP_ITEM_FILE:
		rc = content_parse(&c, item->value, err);
		if (rc == 0)
			rc = add_file(b, name, &c, c.text, false, err);
		content_fini(&c);
		return rc;
	case HTTP_ITEM_TEXT_FILE:
	case HTTP_ITEM_JSON_FILE:
		return add_content(b, name, &c, item->value, false, err);
	case HTTP_ITEM_TEXT:
	case HTTP_ITEM_JSON:
		return add_text(b, name, &c, twc_str_of(item->value), false, err);
	default:
		return 0;
	}
}

int http_form_build(const struct http_request *q, struct twc_http_body *b, struct twc_err *err)
{
	struct twc_err why = { 0 };
	int rc = 0;

	for (size_t i = 0; i < q->p->form.n && rc == 0; i++) {
		rc = add_option(q, b, &q->p->form.item[i], &why);
		if (rc < 0)
			twc_err_set(err, rc, "--%s: %s", q->p->form.item[i].opt->long_name, why.text);
	}
	for (size_t i = 0; i < q->words.n_items && rc == 0; i++) {
		rc = add_item(b, &q->words.item[i], &why);
		if (rc < 0)
			twc_err_set(err, rc, "%s: %s", q->words.item[i].typed, why.text);
	}
	if (rc == 0 && q->form_type && twc_http_body_form_type(b))
		twc_http_body_form_retype(b, twc_str_of(q->form_type));
	return rc;
}
