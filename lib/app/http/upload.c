/* SPDX-License-Identifier: MIT */
/*
 * PUT of a file, DELETE of one. All that can be refused is refused before the body is asked for, so that a client that
 * waits for the word to go on (Expect: 100-continue) sends none of it. Writing waits for the disk as the reading of
 * files does.
 */
#include "app/http/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "app/http/path.h"
#include "protocol/http/exchange.h"
#include "protocol/http/precond.h"
#include "base/banned.h"

/* ---- what is said of failures ---- */

/* What is said of an errno: the status, 500 when it is nobody's fault but ours, and *detail. */
static int status_of(int sys, const char **detail)
{
	static const struct {
		int sys, status;
		const char *detail;
	} rows[] = {
		{ EEXIST, 409, "there is something of that name" },
		{ EISDIR, 409, "there is a folder of that name" },
		{ ENOENT, 409, "there is no such folder" },
		{ ENOTDIR, 409, "there is no such folder" },
		{ ELOOP, 409, "there is no such folder" },
		{ EXDEV, 409, "there is no such folder" },
		{ EINVAL, 409, "there is no such folder" },
		{ EACCES, 403, "the server may not write there" },
		{ EPERM, 403, "the server may not write there" },
		{ EROFS, 403, "the server may not write there" },
		{ ENAMETOOLONG, 400, "the name is too long" },
		{ EFBIG, 413, "the file is too long for the disk" },
		{ ENOSPC, 507, "the disk is full" },
		{ EDQUOT, 507, "the disk is full" },
		{ EMFILE, 503, NULL },
		{ ENFILE, 503, NULL },
		{ ENOMEM, 503, NULL },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		if (rows[i].sys != sys)
			continue;
		*detail = rows[i].detail;
		return rows[i].status;
	}
	*detail = NULL;
	return 500;
}

void twc__upload_refuse(struct twc_http_exchange *x, int sys)
{
	struct twc_err err = { 0 };
	const char *detail;
	int status = status_of(sys, &detail);

	if (status != 500) {
		twc_http_send_error(x, status, detail);
		return;
	}
	twc_err_sys(&err, TWC_EIO, sys, NULL, "the upload cannot be written");
	twc_http_fail(x, &err);
}

/* ---- paths ---- */

int twc__upload_check_name(const struct twc__upload *u, struct twc_str name, const char **detail)
{
	*detail = "no name for a file";
	if (!name.n || name.n > NAME_MAX || twc_str_is(name, ".") || twc_str_is(name, "..") || memchr(name.p, '/', name.n))
		return 400;
	for (size_t i = 0; i < name.n; i++)
		if (!name.p[i] || twc_control_len((struct twc_str){ name.p + i, name.n - i }))
			return 400;
	*detail = "names that begin with a dot are not served";
	return name.p[0] == '.' && !u->o->hidden ? 403 : 0;
}

/* All of its segments. */
static int check_folder(const struct twc__upload *u, struct twc_str folder, const char **detail)
{
	struct twc_str rest = folder, segment;
	int status = 0;

	while (!status && folder.n && twc_str_cut(&rest, '/', &segment))
		status = twc__upload_check_name(u, segment, detail);
	return status;
}

/* "/a/b" is "b" in "a"; "/a/" nothing in it. */
static void split(struct twc_str path, struct twc_str *folder, struct twc_str *name)
{
	size_t at;

	while (path.n && path.p[0] == '/') {
		path.p++;
		path.n--;
	}
	at = path.n;
	while (at && path.p[at - 1] != '/')
		at--;
	*folder = (struct twc_str){ path.p, at ? at - 1 : 0 };
	*name = (struct twc_str){ path.p + at, path.n - at };
}

int twc__upload_folder(struct twc__upload *u, struct twc_str path)
{
	struct stat st;
	char *text;
	int fd;

	if (path.n >= PATH_MAX)
		return -ENAMETOOLONG;
	text = twc_str_dup(path);
	fd = twc__beneath_open(&u->root.owner.beneath, text, &st);
	twc_free(text);
	if (fd < 0 || S_ISDIR(st.st_mode))
		return fd;
	close(fd);
	return -ENOTDIR;
}

/* ---- a request for one name ---- */

struct put {
	struct twc__upload *u;
	struct twc_http_exchange *x;
	struct twc__upload_file file;
	char *name; /* owned */
	int dir;    /* owned; -1: none */
	uint64_t bytes;
};

static void put_free(struct put *p)
{
	twc__upload_file_drop(&p->file);
	if (p->dir >= 0)
		close(p->dir);
	twc_free(p->name);
	twc_free(p);
}

/* The folder of the name, or NULL: that was answered. */
static struct put *put_new(struct twc__upload *u, struct twc_http_exchange *x, struct twc_str folder, struct twc_str name)
{
	const char *detail;
	int status = check_folder(u, folder, &detail), dir;
	struct put *p;

	if (!status)
		status = twc__upload_check_name(u, name, &detail);
	if (status) {
		twc_http_send_error(x, status, detail);
		return NULL;
	}
	dir = twc__upload_folder(u, folder);
	if (dir < 0) {
		twc__upload_refuse(x, -dir);
		return NULL;
	}
	p = twc_calloc(1, sizeof(*p));
	*p = (struct put){ .u = u, .x = x, .dir = dir, .file.fd = -1, .name = twc_str_dup(name) };
	return p;
}

/* RFC 9110, 13: what the client takes the file for. False: it is not, which was answered. */
static bool meets_conditions(struct twc_http_exchange *x, bool exists, const struct stat *st)
{
	struct twc__http_conditions c = {
		.method = twc_http_request(x)->method,
		.if_match = twc__files_field(x, "If-Match"),
		.if_unmodified_since = twc__files_field(x, "If-Unmodified-Since"),
		.if_none_match = twc__files_field(x, "If-None-Match"),
	};
	struct twc__http_validators v = { .exists = exists };
	char etag[TWC__FILES_ETAG_MAX];

	if (exists) {
		v.has_mtime = true;
		v.mtime = st->st_mtim.tv_sec;
		v.etag = (struct twc_str){ etag, twc__files_etag(etag, st) };
	}
	if (twc__http_precond_check(&c, &v, time(NULL), NULL) == TWC__HTTP_PROCEED)
		return true;
	twc_http_send_error(x, 412, NULL);
	return false;
}

/* ---- PUT ---- */

static void put_created(struct put *p, const char *as, bool has_replaced)
{
	struct twc_str path = twc_http_request(p->x)->path;
	struct twc_buf to;
	int rc;

	if (has_replaced) {
		twc_http_set_status(p->x, 204);
		twc_http_send(p->x, NULL, 0);
		return;
	}
	while (path.n && path.p[path.n - 1] != '/')
		path.n--;
	twc_buf_init(&to, 4 * PATH_MAX + 3 * path.n);
	rc = twc__http_add_path(&to, path);
	if (rc == 0)
		rc = twc__http_add_path(&to, twc_str_of(as));
	if (rc == 0)
		twc_http_add_field(p->x, "Location", twc_buf_cstr(&to));
	twc_http_set_status(p->x, 201);
	twc_http_send(p->x, NULL, 0);
	twc_buf_fini(&to);
}

static void put_data(void *arg, const uint8_t *data, size_t n)
{
	struct put *p = arg;
	int rc;

	if (p->file.fd < 0)
		return;
	p->bytes += n;
	if (p->bytes > p->u->o->max_body) {
		twc__upload_file_drop(&p->file);
		twc_http_send_error(p->x, 413, NULL);
		return;
	}
	rc = twc__upload_file_write(&p->file, data, n);
	if (rc == 0)
		return;
	twc__upload_file_drop(&p->file);
	twc__upload_refuse(p->x, -rc);
}

/* Of a body that broke the server says so. */
static void put_end(void *arg, const struct twc_err *err)
{
	struct put *p = arg;
	char as[NAME_MAX + 1];
	int rc;

	if (p->file.fd < 0)
		return;
	if (err->code) {
		twc__upload_file_drop(&p->file);
		return;
	}
	rc = twc__upload_file_finish(&p->file, p->name, p->u->o->duplicate, as);
	if (rc < 0)
		twc__upload_refuse(p->x, -rc);
	else
		put_created(p, as, rc == 1);
}

static void put_over(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	(void)x;
	(void)err;
	put_free(arg);
}

static const struct twc_http_body_ops put_body = { .data = put_data, .end = put_end };
static const struct twc_http_exchange_ops put_ops = { .ended = put_over };

/* Before a byte of it. False: it was answered. */
static bool put_may_begin(struct put *p)
{
	const struct twc_http_request *q = twc_http_request(p->x);
	struct stat st;
	int there = twc__upload_file_look(p->dir, p->name, &st), rc;

	if (there >= 0 && !meets_conditions(p->x, there, &st))
		return false;
	if (there == 1 && p->u->o->duplicate == TWC_HTTP_DUPLICATE_ERROR)
		there = -EEXIST;
	if (there < 0 && p->u->o->duplicate != TWC_HTTP_DUPLICATE_RENAME) {
		twc__upload_refuse(p->x, -there);
		return false;
	}
	if (q->length != TWC_HTTP_UNKNOWN && q->length > p->u->o->max_body) {
		twc_http_send_error(p->x, 413, NULL);
		return false;
	}
	rc = twc__upload_file_open(&p->file, p->dir);
	if (rc < 0)
		twc__upload_refuse(p->x, -rc);
	return rc == 0;
}

static void answer_put(struct twc__upload *u, struct twc_http_exchange *x, struct twc_str folder, struct twc_str name)
{
	struct put *p;

	/* RFC 9110, 14.5: a part must not be taken for the whole. */
	if (twc_http_fields_get(&twc_http_request(x)->fields, "Content-Range", NULL)) {
		twc_http_send_error(x, 400, "a part of a file cannot be put");
		return;
	}
	p = put_new(u, x, folder, name);
	if (!p)
		return;
	if (!put_may_begin(p)) {
		put_free(p);
		return;
	}
	twc_http_watch(x, &put_ops, p);
	twc_http_receive(x, &put_body, p);
}

/* ---- DELETE ---- */

static void answer_delete(struct twc__upload *u, struct twc_http_exchange *x, struct twc_str folder, struct twc_str name)
{
	struct put *p = put_new(u, x, folder, name);
	struct stat st;
	int there;

	if (!p)
		return;
	there = twc__upload_file_look(p->dir, p->name, &st);
	if (there == 0) {
		twc_http_send_error(x, 404, NULL);
	} else if (there < 0) {
		twc__upload_refuse(x, -there);
	} else if (meets_conditions(x, true, &st)) {
		if (unlinkat(p->dir, p->name, 0) == 0) {
			twc_http_set_status(x, 204);
			twc_http_send(x, NULL, 0);
		} else {
			twc__upload_refuse(x, errno);
		}
	}
	put_free(p);
}

/* ---- the handler ---- */

static void say_allow(const struct twc__upload *u, struct twc_http_exchange *x, bool is_folder)
{
	const char *allow = "GET, HEAD, PUT, OPTIONS";

	if (is_folder)
		allow = "GET, HEAD, POST, OPTIONS";
	else if (u->o->allow_delete)
		allow = "GET, HEAD, PUT, DELETE, OPTIONS";
	twc_http_set_field(x, "Allow", allow);
	if (twc_http_request(x)->method_id == TWC_HTTP_OPTIONS) {
		twc_http_set_status(x, 204);
		twc_http_send(x, NULL, 0);
	} else {
		twc_http_send_error(x, 405, NULL);
	}
}

/* A page of another site could send a form here without asking (the other methods it cannot): only one does that has been let in to
 * read what is answered. */
static bool is_foreign(const struct twc_http_exchange *x)
{
	const struct twc_http_request *q = twc_http_request(x);
	struct twc_str origin, scheme, site;

	if (twc_http_has_field(x, "Access-Control-Allow-Origin"))
		return false;
	if (twc_http_fields_get(&q->fields, "Sec-Fetch-Site", &site))
		return !twc_str_is(site, "same-origin") && !twc_str_is(site, "none");
	if (!twc_http_fields_get(&q->fields, "Origin", &origin))
		return false;
	if (!twc_str_cut(&origin, ':', &scheme) || !twc_str_starts(origin, "//"))
		return true; /* "null" */
	origin.p += 2;
	origin.n -= 2;
	return !twc_str_eq_nocase(origin, q->authority);
}

static void answer_post(struct twc__upload *u, struct twc_http_exchange *x, struct twc_str folder)
{
	const char *detail;
	int status = check_folder(u, folder, &detail);

	if (status)
		twc_http_send_error(x, status, detail);
	else if (is_foreign(x))
		twc_http_send_error(x, 403, "a form of another site");
	else
		twc__upload_form(u, x, folder);
}

static struct twc_deferred *upload_handle(void *arg, struct twc_http_exchange *x)
{
	struct twc__upload *u = arg;
	enum twc_http_method method = twc_http_request(x)->method_id;
	struct twc_str folder, name;

	if (method == TWC_HTTP_GET || method == TWC_HTTP_HEAD)
		return u->inner.handler.handle(u->inner.handler.arg, x);
	twc__files_root_look(&u->root, twc_reactor_now(twc_http_reactor(x)));
	split(twc_http_rest(x), &folder, &name);
	if (method == TWC_HTTP_PUT && name.n)
		answer_put(u, x, folder, name);
	else if (method == TWC_HTTP_POST && !name.n)
		answer_post(u, x, folder);
	else if (method == TWC_HTTP_DELETE && name.n && u->o->allow_delete)
		answer_delete(u, x, folder, name);
	else
		say_allow(u, x, !name.n);
	return NULL;
}

static void upload_free(void *arg)
{
	struct twc__upload *u = arg;

	twc__http_made_free(&u->inner);
	twc__files_root_fini(&u->root);
	twc_free(u);
}

int twc__upload_wrap(struct twc_http_site *s, const char *dir, struct twc__http_made *made, struct twc_err *err)
{
	struct twc__upload *u;
	int rc;

	if (!s->o.upload)
		return 0;
	if (s->o.upload[0])
		dir = s->o.upload;
	u = twc_calloc(1, sizeof(*u));
	rc = twc__files_root_init(&u->root, s, dir, err);
	if (rc < 0) {
		twc_free(u);
		return rc;
	}
	if (faccessat(u->root.owner.beneath.root, ".", W_OK | X_OK, AT_EACCESS) < 0) {
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "uploads cannot be written to %s", dir);
		twc__files_root_fini(&u->root);
		twc_free(u);
		return rc;
	}
	u->o = &s->o;
	s->takes_uploads = true;
	u->inner = *made;
	*made = (struct twc__http_made){ { upload_handle, u }, upload_free };
	return 0;
}
