/* SPDX-License-Identifier: MIT */
/*
 * files:DIR, the files below a directory. From the path of a request to what is sent: hidden names are not
 * there, a folder is its index, or its list, and what is missing may be a page of its own.
 *
 *	"/a/b"   the file; a folder: "/a/b/" is said to be the place; with pretty URLs "/a/b.html"
 *	"/a/b/"  index.html in it, or the list of it
 */
#include "app/http/files.h"

#include <errno.h>
#include <limits.h>

#include "app/http/listing.h"
#include "app/http/upload.h"
#include "protocol/http/exchange.h"
#include "protocol/http/quality.h"
#include "base/banned.h"

struct files {
	struct twc__files_root root;
	const struct twc_http_site_opts *o; /* the site's */
	size_t longest; /* that is put behind a path: an index, ".html" */
};

/* ---- paths ---- */

static bool has_hidden_segment(struct twc_str path)
{
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '.' && (i == 0 || path.p[i - 1] == '/'))
			return true;
	return false;
}

/* /.well-known/ is for everybody to read (RFC 8615). */
static bool is_hidden(const struct files *h, struct twc_str path)
{
	struct twc_str well_known = TWC_STR(".well-known/");

	if (h->o->hidden)
		return false;
	if (path.n >= well_known.n && memcmp(path.p, well_known.p, well_known.n) == 0) {
		path.p += well_known.n;
		path.n -= well_known.n;
	}
	return has_hidden_segment(path);
}

/* `path` and `more`, for as long as the exchange lives; NUL-terminated. */
static struct twc_str join(struct twc_http_exchange *x, struct twc_str path, const char *more)
{
	size_t n = strlen(more);
	char *p = twc__http_exchange_alloc(x, path.n + n + 1);

	if (path.n)
		memcpy(p, path.p, path.n);
	memcpy(p + path.n, more, n + 1);
	return (struct twc_str){ p, path.n + n };
}

/* ---- what is missing ---- */

/* Browsers that look for a page say so; what fetches an image or a script does not. */
static bool wants_page(struct twc_http_exchange *x)
{
	struct twc_str accept = twc__files_field(x, "Accept");
	unsigned precision = 0;

	return accept.p && twc__http_accept_weight(accept, TWC_STR("text/html"), &precision) > 0 && precision >= 3;
}

static void answer_missing(struct files *h, struct twc_http_exchange *x, int why)
{
	struct twc__cached_file *f;
	struct twc_str path;
	int other;

	if (!twc__files_is_missing(why)) {
		twc__files_refuse(x, why);
		return;
	}
	if (h->o->spa)
		twc_http_add_field(x, "Vary", "Accept");
	if (h->o->spa && wants_page(x)) {
		path = twc_str_of(h->o->spa);
		f = twc__files_get(&h->root, path, &other);
		if (f) {
			twc__files_answer(&h->root, x, path, f);
			return;
		}
	}
	f = h->o->not_found ? twc__files_get(&h->root, twc_str_of(h->o->not_found), &other) : NULL;
	if (f)
		twc__files_answer_as(x, f, 404);
	else
		twc__files_refuse(x, -ENOENT);
}

/* ---- folders ---- */

static void read_order(struct twc_http_exchange *x, struct twc__listing *l)
{
	struct twc_str sort = twc_http_query(x, "sort"), order = twc_http_query(x, "order");

	if (twc_str_is(sort, "size"))
		l->sort = TWC__LISTING_SIZE;
	else if (twc_str_is(sort, "mtime"))
		l->sort = TWC__LISTING_MTIME;
	l->is_descending = twc_str_is(order, "desc");
}

static int write_list(struct files *h, struct twc_http_exchange *x, struct twc_str path, const struct twc__listing *l,
		      struct twc_buf *out)
{
	static const char *const types[] = { "text/html", "application/json", "application/x-ndjson", NULL };
	bool is_json = twc__http_choose_type(twc__files_field(x, "Accept"), types) > 0;
	struct twc_str shown = x->request.path;

	twc_http_add_field(x, "Vary", "Accept");
	twc_http_add_field(x, "Cache-Control", "no-cache");
	twc_http_add_field(x, "X-Content-Type-Options", "nosniff");
	if (is_json) {
		twc_http_add_field(x, "Content-Type", "application/x-ndjson"); /* an object a line */
		return twc__listing_json(l, out);
	}
	twc_http_add_field(x, "Content-Type", "text/html; charset=utf-8");
	twc_http_add_field(x, "Content-Security-Policy", twc__listing_policy);
	return twc__listing_page(l, shown, path.n > 0, h->o->upload && !h->o->upload[0], out);
}

static void answer_list(struct files *h, struct twc_http_exchange *x, struct twc_str path)
{
	struct twc__listing l = { 0 };
	struct twc_err err = { 0 };
	struct twc_buf out;
	int rc = twc__listing_read(&l, &h->root.owner.beneath, path.p, h->o->hidden);

	if (rc < 0) {
		answer_missing(h, x, rc);
		twc__listing_fini(&l);
		return;
	}
	twc_buf_init(&out, TWC__LISTING_BYTES);
	read_order(x, &l);
	twc__listing_sort(&l);
	rc = write_list(h, x, path, &l, &out);
	twc__listing_fini(&l);
	if (rc == 0) {
		twc_http_send(x, twc_buf_head(&out), twc_buf_len(&out));
	} else {
		twc_err_set(&err, rc, "the list of a folder is too long");
		twc_http_fail(x, &err);
	}
	twc_buf_fini(&out);
}

/* `path` is empty or ends in '/'. */
static void answer_folder(struct files *h, struct twc_http_exchange *x, struct twc_str path)
{
	int why = -ENOENT;

	for (const char *const *index = h->o->index; *index; index++) {
		struct twc_str name = join(x, path, *index);
		struct twc__cached_file *f = twc__files_get(&h->root, name, &why);

		if (f) {
			twc__files_answer(&h->root, x, name, f);
			return;
		}
		if (why != -ENOENT)
			break;
	}
	if (h->o->list && (why == -ENOENT || why == -EISDIR))
		answer_list(h, x, path);
	else
		answer_missing(h, x, why);
}

/* ---- the handler ---- */

static void answer_file(struct files *h, struct twc_http_exchange *x, struct twc_str path)
{
	int why;
	struct twc__cached_file *f = twc__files_get(&h->root, path, &why);

	if (!f && why == -EISDIR) {
		twc__http_redirect_to_slash(x);
		return;
	}
	if (!f && why == -ENOENT && h->o->pretty_urls) {
		path = join(x, path, ".html");
		f = twc__files_get(&h->root, path, &why);
	}
	if (f)
		twc__files_answer(&h->root, x, path, f);
	else
		answer_missing(h, x, why);
}

static struct twc_deferred *files_handle(void *arg, struct twc_http_exchange *x)
{
	struct files *h = arg;
	struct twc_str path = twc_http_rest(x);

	if (!twc__files_is_read(x))
		return NULL;
	while (path.n && path.p[0] == '/') {
		path.p++;
		path.n--;
	}
	twc__files_root_look(&h->root, twc_reactor_now(twc_http_reactor(x)));
	if (!path.n)
		path = TWC_STR("");
	if (path.n + h->longest >= PATH_MAX)
		answer_missing(h, x, -ENAMETOOLONG);
	else if (is_hidden(h, path))
		answer_missing(h, x, -ENOENT);
	else if (!path.n || path.p[path.n - 1] == '/')
		answer_folder(h, x, path);
	else
		answer_file(h, x, path);
	return NULL;
}

/* ---- making ---- */

static void files_free(void *arg)
{
	struct files *h = arg;

	twc__files_root_fini(&h->root);
	twc_free(h);
}

/* Names that the user gives are looked for below the root. */
static int check_name(const char *what, const char *name, bool may_have_slash, struct twc_err *err)
{
	if (!name[0] || name[0] == '/' || strlen(name) >= PATH_MAX / 2 || (!may_have_slash && strchr(name, '/')))
		return twc_err_set(err, TWC_EUSAGE, "'%.100s' is no name of %s in the directory", name, what);
	return 0;
}

static int check_names(struct files *h, struct twc_err *err)
{
	const struct twc_http_site_opts *o = h->o;
	int rc = 0;

	h->longest = sizeof(".html");
	for (const char *const *index = o->index; rc == 0 && *index; index++) {
		rc = check_name("an index", *index, false, err);
		if (strlen(*index) > h->longest)
			h->longest = strlen(*index);
	}
	if (rc == 0 && o->spa)
		rc = check_name("a page", o->spa, true, err);
	if (rc == 0 && o->not_found)
		rc = check_name("a page", o->not_found, true, err);
	return rc;
}

/* What the pattern leaves of the path is looked for in the directory. */
static int check_pattern(const struct twc__http_route_opts *o, struct twc_err *err)
{
	if (o->pattern.n && o->pattern.p[o->pattern.n - 1] == '/')
		return 0;
	return twc_err_at(err, TWC_EUSAGE, (size_t)o->pattern_column,
			  "the path of files ends in '/', for all that is below it");
}

static int files_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg,
			const char *base, struct twc__http_made *out, struct twc_err *err)
{
	struct files *h;
	char *dir;
	int rc = check_pattern(o, err);

	if (rc < 0)
		return rc;
	h = twc_calloc(1, sizeof(*h));
	h->o = &s->o;
	rc = check_names(h, err);
	dir = twc__http_site_path(base, arg);
	if (rc == 0)
		rc = twc__files_root_init(&h->root, s, dir, err);
	if (rc < 0) {
		twc_free(h);
	} else {
		*out = (struct twc__http_made){ { files_handle, h }, files_free };
		rc = twc__upload_wrap(s, dir, out, err);
		if (rc < 0)
			twc__http_made_free(out);
	}
	twc_free(dir);
	return rc;
}

const struct twc__http_kind twc__http_kind_files = {
	.info = { "files", "DIR", "the files below a directory" },
	.create = files_create,
};
