/* SPDX-License-Identifier: MIT */
/*
 * file:PATH, always the same file, whatever its name and wherever links lead: the user has named it. With
 * status= it is what that status has to say, with type= it is of another type than its name tells.
 */
#include "app/http/files.h"

#include <errno.h>

#include "protocol/http/octet.h"
#include "base/banned.h"

struct file {
	struct twc__files_root root; /* the directory it is in */
	char *name;		     /* owned */
	int status;		     /* 0: 200, 206, 304… as it comes */
};

static struct twc_deferred *file_handle(void *arg, struct twc_http_exchange *x)
{
	struct file *h = arg;
	struct twc_str name = twc_str_of(h->name);
	struct twc__cached_file *f;
	int why;

	if (!h->status && !twc__files_is_read(x))
		return NULL;
	twc__files_root_look(&h->root, twc_reactor_now(twc_http_reactor(x)));
	f = twc__files_get(&h->root, name, &why);
	if (!f)
		twc__files_refuse(x, why);
	else if (h->status)
		twc__files_answer_as(x, f, h->status);
	else
		twc__files_answer(&h->root, x, name, f);
	return NULL;
}

static void file_free(void *arg)
{
	struct file *h = arg;

	twc__files_root_fini(&h->root);
	twc_free(h->name);
	twc_free(h);
}

static int read_options(struct file *h, const struct twc__http_route_opts *o, struct twc_err *err)
{
	const struct twc__http_option *type = twc__http_option_find(o, "type", NULL);
	uint64_t status;
	int rc = twc__http_option_uint(o, "status", 200, 599, &status, err);

	if (rc < 0)
		return rc;
	if (rc)
		h->status = (int)status;
	if (!type)
		return 0;
	if (!type->value.n || !twc__http_all(type->value, TWC__HTTP_VALUE)) {
		twc_err_set(err, TWC_EUSAGE, "a media type belongs here, such as text/html");
		return twc__http_option_fail(type, err);
	}
	h->root.type = twc_str_dup(type->value);
	return 0;
}

/* The file must be there, and one that is served. */
static int check(struct file *h, const char *path, struct twc_err *err)
{
	struct stat st;
	int rc = twc__beneath_stat(&h->root.owner.beneath, h->name, &st);

	if (rc < 0)
		return twc_err_sys(err, TWC_ENOINPUT, -rc, NULL, "cannot open the file %s", path);
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		return twc_err_set(err, TWC_ENOINPUT, "%s is a directory: files:%s serves what is in it", path, path);
	return twc_err_set(err, TWC_ENOINPUT, "%s is no regular file", path);
}

static int file_open(struct file *h, struct twc_http_site *s, const struct twc__http_route_opts *o, char *path,
		     struct twc_err *err)
{
	char *slash = strrchr(path, '/'), *dir;
	int rc;

	h->name = twc_strdup(slash ? slash + 1 : path);
	dir = slash ? twc_str_dup((struct twc_str){ path, (size_t)(slash + 1 - path) }) : twc_strdup(".");
	rc = twc__files_root_init(&h->root, s, dir, err);
	twc_free(dir);
	if (rc < 0) {
		twc_free(h->name);
		twc_free(h);
		return rc;
	}
	h->root.owner.beneath.follows_symlinks = true;
	rc = check(h, path, err);
	if (rc == 0)
		rc = read_options(h, o, err);
	if (rc < 0)
		file_free(h);
	return rc;
}

static int file_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg,
		       const char *base, struct twc__http_made *out, struct twc_err *err)
{
	struct file *h;
	char *path;
	int rc;

	if (!arg.n || arg.p[arg.n - 1] == '/')
		return twc_err_set(err, TWC_EUSAGE, "the name of a file belongs here");
	h = twc_calloc(1, sizeof(*h));
	path = twc__http_site_path(base, arg);
	rc = file_open(h, s, o, path, err);
	twc_free(path);
	if (rc == 0)
		*out = (struct twc__http_made){ { file_handle, h }, file_free };
	return rc;
}

static const char *const file_keys[] = { "status", "type", NULL };

const struct twc__http_kind twc__http_kind_file = {
	.info = { "file", "PATH", "one file" },
	.keys = file_keys,
	.create = file_create,
};
