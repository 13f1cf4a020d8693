/* SPDX-License-Identifier: MIT */
/* The body of a request told as JSON, by what its type says it is: text, a form, a form of parts, JSON, or else bytes
 * as a data: URL. */
#include "app/http/bin.h"

#include "base/base64.h"
#include "protocol/http/multipart_read.h"
#include "base/banned.h"

/* What it came to. */
struct told {
	struct twc__bin_values form, files;
	struct twc_str json; /* p NULL: it is none */
	bool is_bytes;	     /* nothing that JSON can say as it is */
	struct twc_err err;
};

/* ---- parts ---- */

struct parts {
	struct told *told;
	struct twc_buf body; /* of the part at hand */
};

static int part_begin(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct parts *p = arg;

	(void)part;
	(void)err;
	twc_buf_clear(&p->body);
	return 0;
}

static int part_data(void *arg, const uint8_t *data, size_t n, struct twc_err *err)
{
	struct parts *p = arg;
	int rc = twc_buf_add(&p->body, data, n);

	return rc < 0 ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}

static int part_end(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct parts *p = arg;

	(void)err;
	twc__bin_values_add(part->filename.p ? &p->told->files : &p->told->form, part->name, twc_buf_str(&p->body));
	return 0;
}

static const struct twc__http_multipart_ops part_ops = { part_begin, part_data, part_end };

static void read_parts(struct told *t, struct twc_str type, struct twc_str body)
{
	char boundary[TWC__HTTP_MULTIPART_BOUNDARY_MAX + 1];
	struct twc__http_multipart m;
	struct parts p = { .told = t };

	if (twc__http_multipart_boundary(type, boundary, &t->err) < 0)
		return;
	twc_buf_init(&p.body, TWC__BIN_BODY_MAX);
	twc__http_multipart_init(&m, boundary, &part_ops, &p);
	if (twc__http_multipart_feed(&m, (const uint8_t *)body.p, body.n, &t->err) == 0)
		twc__http_multipart_finish(&m, &t->err);
	twc__http_multipart_fini(&m);
	twc_buf_fini(&p.body);
}

/* ---- types ---- */

static void read_form(struct told *t, struct twc_str type, struct twc_str body)
{
	(void)type;
	twc__bin_values_add_form(&t->form, body);
}

static void read_json(struct told *t, struct twc_str type, struct twc_str body)
{
	struct twc_json_doc *doc = twc_json_doc_new(body, &t->err);

	(void)type;
	twc_json_doc_free(doc);
	if (doc)
		t->json = body;
}

static const struct {
	const char *type;
	void (*read)(struct told *t, struct twc_str type, struct twc_str body); /* NULL: it is text */
} types[] = {
	{ "text/html", NULL },
	{ "text/plain", NULL },
	{ "application/x-www-form-urlencoded", read_form },
	{ "multipart/form-data", read_parts },
	{ "application/json", read_json },
};

static void read_body(struct told *t, struct twc_str type, struct twc_str body)
{
	struct twc_str rest = type, name = { NULL, 0 };

	twc_str_cut(&rest, ';', &name);
	name = twc_str_trim(name);
	for (size_t i = 0; i < TWC_ARRAY_LEN(types); i++) {
		if (!twc_str_eq_nocase(name, twc_str_of(types[i].type)))
			continue;
		if (types[i].read)
			types[i].read(t, type, body);
		return;
	}
	t->is_bytes = true;
}

static void write_data_url(struct twc__bin_reply *r, struct twc_str type, struct twc_str body)
{
	struct twc_buf url;
	struct twc_str name = { NULL, 0 };
	int rc;

	twc_str_cut(&type, ';', &name);
	name = twc_str_trim(name);
	if (!name.n)
		name = TWC_STR("application/octet-stream");
	twc_buf_init(&url, TWC__BIN_JSON_MAX);
	rc = twc_buf_addf(&url, "data:%.*s;base64,", (int)name.n, name.p);
	if (rc == 0)
		rc = twc__base64_add(&url, body.p, body.n);
	if (rc == 0)
		twc_json_str(&r->j, "data", twc_buf_str(&url));
	else
		r->j.failed = true;
	twc_buf_fini(&url);
}

static void write_told(struct twc__bin_reply *r, struct told *t, struct twc_str type, struct twc_str body)
{
	if (t->is_bytes)
		write_data_url(r, type, body);
	else
		twc_json_str(&r->j, "data", body.n ? body : TWC_STR(""));
	twc__bin_values_write(&t->files, &r->j, "files");
	twc__bin_values_write(&t->form, &r->j, "form");
	if (t->json.p)
		twc_json_raw(&r->j, "json", t->json);
	else
		twc_json_null(&r->j, "json");
}

bool twc__bin_tell_body(struct twc__bin_reply *r, struct twc_str body)
{
	struct told t = { .is_bytes = false };
	struct twc_str type = { NULL, 0 };
	int rc;

	twc__bin_values_init(&t.form);
	twc__bin_values_init(&t.files);
	twc_http_fields_get(&twc_http_request(r->x)->fields, "Content-Type", &type);
	if (body.n)
		read_body(&t, type, body);
	rc = t.form.rc ? t.form.rc : t.files.rc;
	if (t.err.code)
		twc__bin_fail_err(r->x, 400, "the body is not what its Content-Type says", &t.err);
	else if (rc)
		twc__bin_fail(r->x, rc == TWC_ENOMEM ? 503 : 413, "the form has too many fields");
	else
		write_told(r, &t, type, body);
	twc__bin_values_fini(&t.form);
	twc__bin_values_fini(&t.files);
	return !t.err.code && !rc;
}
