/* SPDX-License-Identifier: MIT */
/* Which operands of twc http serve are endpoints, and whether the last is a folder, and one that may be served. */
#include "http_serve.h"
#include "out.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_endpoint(const char *text)
{
	struct twc_endpoint *e = twc_endpoint_parse(text, TWC_LISTEN, NULL);

	twc_endpoint_free(e);
	return e != NULL;
}

static bool is_folder(const char *path, struct stat *st)
{
	return stat(path, st) == 0 && S_ISDIR(st->st_mode);
}

static bool is_same_place(const struct stat *st, const char *path)
{
	struct stat other;

	return path && path[0] && stat(path, &other) == 0 && st->st_dev == other.st_dev && st->st_ino == other.st_ino;
}

/* Of all that a machine or a person has, little is meant to be read by others. */
static int refuse_too_much(struct ctx *ctx, const char *dir, const struct stat *st)
{
	const char *what = is_same_place(st, "/") ? "all files of the machine" :
			   is_same_place(st, getenv("HOME")) ? "all files of a home directory" : NULL;

	return what ? out_usage(ctx, "%s would serve %s; give --yes if that is meant", dir, what) : 0;
}

/* The last of several operands is no endpoint, and no folder either. */
static int fail_for_last(struct ctx *ctx, const char *text)
{
	struct twc_err err = { 0 };
	int why;

	errno = 0;
	why = access(text, F_OK) == 0 ? ENOTDIR : errno;
	twc_err_sys(&err, TWC_ENOINPUT, why, NULL, "neither an endpoint nor a folder");
	return out_fail(ctx, text, &err);
}

int http_serve_split(struct ctx *ctx, const struct http_serve_params *p, int n, char **operand, int *status)
{
	const char *last = operand[n - 1];
	struct stat st;

	*status = 0;
	if (!is_folder(last, &st)) {
		if (n > 1 && !strchr(last, ':') && !is_endpoint(last))
			*status = fail_for_last(ctx, last);
		return n;
	}
	if (is_endpoint(last))
		*status = out_usage(ctx, "%s is an endpoint, and a folder too; write ./%s for that", last, last);
	else if (n == 1)
		*status = out_usage(ctx, "missing ENDPOINT before the folder: `twc http serve tcp:8000 %s`", last);
	else if (!p->yes)
		*status = refuse_too_much(ctx, last, &st);
	return n - 1;
}
