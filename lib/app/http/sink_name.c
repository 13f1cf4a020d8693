/* SPDX-License-Identifier: MIT */
/*
 * What a file is called: as the user says, as the URL ends, or as the server proposes (RFC 6266), which is the least trusted: one
 * segment, no leading dot, and never over a file that is there.
 */
#include "app/http/sink.h"
#include "base/replace.h"
#include "protocol/http/disposition.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/banned.h"

enum { DIR_MODE = 0750 };

static void sink_set_path(struct twc_http_sink *s, char *path)
{
	twc_free(s->path);
	twc_free(s->part);
	s->path = path;
	s->part = s->no_part ? twc_strdup(path) : twc_asprintf("%s.part", path);
}

static char *path_in(const char *dir, struct twc_str name)
{
	const char *slash;
	size_t n;

	if (!dir || !dir[0] || (name.n > 0 && name.p[0] == '/'))
		return twc_str_dup(name);
	n = strlen(dir);
	slash = dir[n - 1] == '/' ? "" : "/";
	return twc_asprintf("%s%s%.*s", dir, slash, (int)name.n, name.p);
}

void twc__http_sink_number(struct twc_http_sink *s, const char *name, unsigned i)
{
	sink_set_path(s, i == 0 ? twc_strdup(name) : twc_asprintf("%s.%u", name, i));
}

/* ---- directories ---- */

/* mkdir -p of all that is before the last slash. */
static int make_dirs(const char *path, struct twc_err *err)
{
	char *copy = twc_strdup(path);
	int rc = 0;

	for (char *p = strchr(copy + 1, '/'); p && !rc; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(copy, DIR_MODE) < 0 && errno != EEXIST)
			rc = twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot make the directory %.160s", copy);
		*p = '/';
	}
	twc_free(copy);
	return rc;
}

static int check_dir(const char *path, bool create, struct twc_err *err)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	char *dir;
	int rc = 0;

	if (!slash || slash == path)
		return 0;
	if (create)
		return make_dirs(path, err);
	dir = twc_str_dup((struct twc_str){ path, (size_t)(slash - path) });
	if (stat(dir, &st) < 0)
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "there is no directory %.160s; --create-dirs makes it", dir);
	else if (!S_ISDIR(st.st_mode))
		rc = twc_err_set(err, TWC_ECANTCREAT, "%.160s is no directory", dir);
	twc_free(dir);
	return rc;
}

/* A link to a file leads there: it is the file that is replaced. */
static void follow_link(struct twc_http_sink *s)
{
	struct stat st;
	char *real;

	if (lstat(s->path, &st) < 0 || !S_ISLNK(st.st_mode) || stat(s->path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	real = realpath(s->path, NULL);
	if (real)
		sink_set_path(s, twc_strdup(real));
	free(real);
}

/* What is at the path decides how it is written. Where something is, there is a directory, too. */
static int sink_classify(struct twc_http_sink *s, bool create_dirs, struct twc_err *err)
{
	struct stat st;

	if (lstat(s->path, &st) < 0) /* as most are */
		return check_dir(s->path, create_dirs, err);
	if (!S_ISLNK(st.st_mode) || stat(s->path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return twc_err_set(err, TWC_ECANTCREAT, "%.160s is a directory", s->path);
		s->mode = st.st_mode;
	}
	s->kind = twc__replace_check(s->path, NULL) ? SINK_DEVICE : SINK_FILE;
	if (s->kind == SINK_FILE)
		follow_link(s);
	return 0;
}

/* ---- names ---- */

static struct twc_str url_name(const struct twc_url *url)
{
	const char *slash = memrchr(url->path.p, '/', url->path.n);
	const char *begin = slash ? slash + 1 : url->path.p;

	return (struct twc_str){ begin, (size_t)(url->path.p + url->path.n - begin) };
}

/* With header_name it may still get one. */
static int no_url_name(struct twc_http_sink *s, const struct twc_http_sink_opts *o, struct twc_err *err)
{
	char *dir;
	int rc;

	if (!o->header_name)
		return twc_err_set(err, TWC_EUSAGE, "the URL has no file name at its end; -o FILE gives one");
	if (!s->dir)
		return 0;
	dir = twc_asprintf("%s/", s->dir);
	rc = check_dir(dir, o->create_dirs, err);
	twc_free(dir);
	return rc;
}

int twc__http_sink_name(struct twc_http_sink *s, const struct twc_http_sink_opts *o, const struct twc_url *url,
			struct twc_err *err)
{
	struct twc_str name;

	s->kind = o->nowhere ? SINK_NOWHERE : SINK_STDOUT;
	if (o->nowhere || (!o->path && !o->remote_name))
		return 0;
	if (o->path && strcmp(o->path, "-") == 0) {
		s->is_asked_for = true;
		return 0;
	}
	if (o->path && (!o->path[0] || o->path[strlen(o->path) - 1] == '/'))
		return twc_err_set(err, TWC_EUSAGE, "a file name is missing at the end of \"%.160s\"", o->path);
	s->kind = SINK_FILE;
	name = o->path ? twc_str_of(o->path) : url_name(url);
	if (!o->path && (name.n == 0 || twc_str_is(name, ".") || twc_str_is(name, "..")))
		return no_url_name(s, o, err);
	sink_set_path(s, path_in(s->dir, name));
	return sink_classify(s, o->create_dirs, err);
}

static int take_header_name(struct twc_http_sink *s, struct twc_str name, struct twc_err *err)
{
	struct stat st;

	sink_set_path(s, path_in(s->dir, name));
	s->is_proposed = true;
	s->mode = 0;
	if (s->no_clobber || lstat(s->path, &st) < 0)
		return 0;
	return twc_err_set(err, TWC_ECANTCREAT,
			   "%.120s, as the server calls it, exists; -o FILE overwrites, --no-clobber numbers", s->path);
}

/* Some servers leave the type out: "filename=x". */
static bool disposition_read(struct twc_str value, struct twc__http_disposition *d)
{
	char *whole;
	bool ok;

	if (twc__http_disposition_parse(value, d))
		return true;
	if (value.n < 8 || !twc_str_eq_nocase((struct twc_str){ value.p, 8 }, TWC_STR("filename")))
		return false;
	whole = twc_asprintf("attachment; %.*s", (int)value.n, value.p);
	ok = twc__http_disposition_parse(twc_str_of(whole), d);
	d->type = (struct twc_str){ 0 };
	twc_free(whole);
	return ok;
}

void twc_http_sink_redirected(struct twc_http_sink *s, const struct twc_url *url)
{
	twc_free(s->led_to);
	s->led_to = twc_str_dup(url_name(url));
}

/* Where redirects have led. What is no good name is none, and neither is the one that the user has asked for. */
static bool led_name(const struct twc_http_sink *s, struct twc_str *name)
{
	struct twc_err why = { 0 };
	const char *slash = s->path ? strrchr(s->path, '/') : NULL, *asked = slash ? slash + 1 : s->path;

	if (!s->led_to || twc__http_safe_name(twc_str_of(s->led_to), name, &why) < 0)
		return false;
	return !asked || !twc_str_is(*name, asked);
}

int twc__http_sink_rename(struct twc_http_sink *s, const struct twc_http_fields *fields, struct twc_err *err)
{
	struct twc__http_disposition *d = twc_calloc(1, sizeof(*d));
	struct twc_str value, name;
	int rc = 0;

	if (twc_http_fields_get(fields, "Content-Disposition", &value) && disposition_read(value, d) &&
	    d->has_filename) {
		rc = twc__http_safe_name((struct twc_str){ d->filename, d->filename_len }, &name, err);
		if (!rc)
			rc = take_header_name(s, name, err);
	} else if (led_name(s, &name)) {
		rc = take_header_name(s, name, err);
	} else if (!s->path) {
		rc = twc_err_set(err, TWC_ECANTCREAT, "neither the URL nor the response has a file name; -o FILE gives one");
	}
	twc_free(d);
	return rc;
}
