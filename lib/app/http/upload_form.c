/* SPDX-License-Identifier: MIT */
/*
 * POST of a form (multipart/form-data): each file in it goes into the folder as soon as it is whole, so that one that fails leaves
 * those before it and nothing of itself. Fields that are no files are not looked at.
 */
#include "app/http/upload.h"

#include <errno.h>
#include <unistd.h>

#include "app/http/path.h"
#include "protocol/http/disposition.h"
#include "protocol/http/multipart_read.h"
#include "protocol/http/quality.h"
#include "base/banned.h"

#define STORED_MAX (1024 * 1024) /* bytes of what is told of the files */

struct form {
	struct twc__upload *u;
	struct twc_http_exchange *x;
	struct twc__http_multipart parts;
	struct twc__upload_file file;
	char name[NAME_MAX + 1];
	int dir;	       /* owned */
	bool is_over;	       /* it was answered */
	uint64_t bytes;
	struct twc_buf stored; /* paths of files, one a line */
	unsigned n;
};

/* ---- one file ---- */

/* It ends the reading: the text is for the client. */
static int refuse_name(struct form *f, int status, const char *detail, struct twc_err *err)
{
	f->is_over = true;
	twc_http_send_error(f->x, status, detail);
	return twc_err_set(err, TWC_EREJECTED, "refused");
}

static int refuse_sys(struct form *f, int sys, struct twc_err *err)
{
	f->is_over = true;
	twc__upload_refuse(f->x, sys);
	return twc_err_set(err, TWC_EREJECTED, "refused");
}

/* What browsers of old sent was a path. */
static struct twc_str last_segment(struct twc_str s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/' || s.p[i - 1] == '\\')
			return (struct twc_str){ s.p + i, s.n - i };
	return s;
}

static int file_begin(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct form *f = arg;
	struct twc_str name = last_segment(part->filename);
	const char *detail;
	struct stat st;
	int rc;

	if (!part->filename.n) /* no file, or a field for one that was left empty */
		return 0;
	rc = twc__upload_check_name(f->u, name, &detail);
	if (rc)
		return refuse_name(f, rc, detail, err);
	memcpy(f->name, name.p, name.n);
	f->name[name.n] = '\0';
	rc = twc__upload_file_look(f->dir, f->name, &st);
	if (rc == 1 && f->u->o->duplicate == TWC_HTTP_DUPLICATE_ERROR)
		rc = -EEXIST;
	if (rc >= 0 || f->u->o->duplicate == TWC_HTTP_DUPLICATE_RENAME)
		rc = twc__upload_file_open(&f->file, f->dir);
	return rc < 0 ? refuse_sys(f, -rc, err) : 0;
}

static int file_data(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	struct form *f = arg;
	int rc = f->file.fd < 0 ? 0 : twc__upload_file_write(&f->file, p, n);

	return rc < 0 ? refuse_sys(f, -rc, err) : 0;
}

static int note_stored(struct form *f, const char *as)
{
	int rc = twc__http_add_path(&f->stored, twc_http_request(f->x)->path);

	f->n++;
	if (rc == 0)
		rc = twc__http_add_path(&f->stored, twc_str_of(as));
	return rc == 0 ? twc_buf_add(&f->stored, "\n", 1) : rc;
}

static int file_end(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct form *f = arg;
	char as[NAME_MAX + 1];
	int rc;

	(void)part;
	if (f->file.fd < 0)
		return 0;
	rc = twc__upload_file_finish(&f->file, f->name, f->u->o->duplicate, as);
	if (rc < 0)
		return refuse_sys(f, -rc, err);
	rc = note_stored(f, as);
	return rc < 0 ? twc_err_set(err, rc, "too many files in a form") : 0;
}

static const struct twc__http_multipart_ops form_ops = { file_begin, file_data, file_end };

/* ---- the body ---- */

/* A browser goes back to the list; others are told where the files are. */
static void answer(struct form *f)
{
	static const char *const types[] = { "text/plain", "text/html", NULL };
	struct twc_str stored = twc_buf_str(&f->stored), first;
	struct twc_buf to;

	if (!f->n) {
		twc_http_send_error(f->x, 400, "there is no file in the form");
		return;
	}
	if (twc__http_choose_type(twc__files_field(f->x, "Accept"), types) == 1) {
		twc_buf_init(&to, 3 * PATH_MAX + 3 * twc_http_request(f->x)->path.n);
		if (twc__http_add_path(&to, twc_http_request(f->x)->path) == 0)
			twc_http_redirect(f->x, 303, twc_buf_cstr(&to));
		twc_buf_fini(&to);
		return;
	}
	if (f->n == 1 && twc_str_cut(&stored, '\n', &first))
		twc_http_add_field_str(f->x, TWC_STR("Location"), first);
	twc_http_add_field(f->x, "Content-Type", "text/plain; charset=utf-8");
	twc_http_set_status(f->x, 201);
	twc_http_send(f->x, twc_buf_head(&f->stored), twc_buf_len(&f->stored));
}

static void form_broke(struct form *f, const struct twc_err *err)
{
	twc__upload_file_drop(&f->file);
	if (!f->is_over)
		twc_http_send_error(f->x, err->code == TWC_ETOOLONG ? 413 : 400, err->text);
	f->is_over = true;
}

static void form_data(void *arg, const uint8_t *data, size_t n)
{
	struct form *f = arg;
	struct twc_err err = { 0 };

	if (f->is_over)
		return;
	f->bytes += n;
	if (f->bytes > f->u->o->max_body)
		twc_err_set(&err, TWC_ETOOLONG, "the body is longer than %llu bytes", (unsigned long long)f->u->o->max_body);
	else
		twc__http_multipart_feed(&f->parts, data, n, &err);
	if (err.code)
		form_broke(f, &err);
}

static void form_end(void *arg, const struct twc_err *err)
{
	struct form *f = arg;
	struct twc_err why = { 0 };

	if (f->is_over)
		return;
	if (err->code)
		twc__upload_file_drop(&f->file); /* the server says so */
	else if (twc__http_multipart_finish(&f->parts, &why) < 0)
		form_broke(f, &why);
	else
		answer(f);
	f->is_over = true;
}

static void form_over(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct form *f = arg;

	(void)x;
	(void)err;
	twc__upload_file_drop(&f->file);
	twc__http_multipart_fini(&f->parts);
	twc_buf_fini(&f->stored);
	close(f->dir);
	twc_free(f);
}

static const struct twc_http_body_ops form_body = { .data = form_data, .end = form_end };
static const struct twc_http_exchange_ops form_watch = { .ended = form_over };

void twc__upload_form(struct twc__upload *u, struct twc_http_exchange *x, struct twc_str folder)
{
	const struct twc_http_request *q = twc_http_request(x);
	char boundary[TWC__HTTP_MULTIPART_BOUNDARY_MAX + 1];
	struct twc_str type = { NULL, 0 };
	struct form *f;
	int dir;

	twc_http_fields_get(&q->fields, "Content-Type", &type);
	if (twc__http_multipart_boundary(type, boundary, NULL) < 0) {
		twc_http_send_error(x, 415, "files come as multipart/form-data, or by PUT");
		return;
	}
	if (q->length != TWC_HTTP_UNKNOWN && q->length > u->o->max_body) {
		twc_http_send_error(x, 413, NULL);
		return;
	}
	dir = twc__upload_folder(u, folder);
	if (dir < 0) {
		twc__upload_refuse(x, -dir);
		return;
	}
	f = twc_calloc(1, sizeof(*f));
	*f = (struct form){ .u = u, .x = x, .dir = dir, .file.fd = -1 };
	twc_buf_init(&f->stored, STORED_MAX);
	twc__http_multipart_init(&f->parts, boundary, &form_ops, f);
	twc_http_watch(x, &form_watch, f);
	twc_http_receive(x, &form_body, f);
}
