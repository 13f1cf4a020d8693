/* SPDX-License-Identifier: MIT */
/*
 * cgi: - a program, or a directory of programs, that speak CGI (RFC 3875): what is asked for is in their environment, and their
 * output begins with fields. No shell is involved, no argument is made of the query, and status lines of their own (NPH) are
 * refused.
 *
 *	pattern /cgi/, request /cgi/run/a/b?c   SCRIPT_NAME /cgi/run   PATH_INFO /a/b   QUERY_STRING c
 */
#include "app/http/cgi_env.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <twc/parse.h>

#include "protocol/http/cgi.h"
#include "protocol/http/exchange.h"
#include "base/banned.h"

#define OUTPUT_MAX (64 * UINT64_C(1024) * 1024)

struct cgi {
	struct twc_http_site *s;
	char *path; /* owned, absolute; allocated by realpath */
	bool is_dir;
	struct twc__http_program_limits limits;
};

/* A request's; in the memory of the exchange. */
struct job {
	const struct cgi *c;
	struct twc_http_exchange *x;
	struct twc__http_cgi_place place;
	const char *argv[2];
	char *dir;
	struct twc__http_cgi head;
	bool has_head;
	uint64_t left; /* of the body, as announced */
};

/* ---- the answer ---- */

static void refuse(struct job *job, int code, const struct twc_err *err)
{
	twc__http_exchange_log(job->x, TWC_LOG_ERROR, code, err);
	if (code == 503)
		twc_http_add_field(job->x, "Retry-After", "1");
	twc_http_send_error(job->x, code, NULL);
}

/* Breaks the response off, or answers with `code` when there is none yet. */
static void fail(struct job *job, int code, const struct twc_err *err)
{
	if (twc_http_has_begun(job->x))
		twc_http_fail(job->x, err);
	else
		refuse(job, code, err);
}

static void begin(struct job *job)
{
	const struct twc__http_cgi *head = &job->head;

	job->left = head->length;
	twc_http_set_status(job->x, head->status);
	if (head->location)
		twc_http_add_field(job->x, "Location", head->location);
	for (size_t i = 0; i < twc_http_fields_count(&head->fields); i++) {
		struct twc_http_field f = twc_http_fields_at(&head->fields, i);

		twc_http_add_field_str(job->x, f.name, f.value);
	}
	twc_http_begin(job->x, head->length);
}

/* What is more than was announced is left out. */
static void pass(struct job *job, const uint8_t *p, size_t n)
{
	size_t fit = n < job->left ? n : (size_t)job->left;

	if (job->left != TWC_HTTP_UNKNOWN)
		job->left -= fit;
	twc_http_write(job->x, p, fit);
}

static void job_output(void *arg, const uint8_t *p, size_t n)
{
	struct job *job = arg;
	struct twc_err err = { 0 };
	size_t used = 0;

	if (twc_http_has_ended(job->x))
		return;
	if (!job->has_head) {
		int rc = twc__http_cgi_feed(&job->head, p, n, &used, &err);

		if (rc < 0)
			refuse(job, 502, &err);
		if (rc <= 0)
			return;
		job->has_head = true;
		if (job->head.kind != TWC__HTTP_CGI_LOCAL)
			begin(job);
	}
	if (job->head.kind != TWC__HTTP_CGI_LOCAL && n > used)
		pass(job, p + used, n - used);
}

/* 6.2.2: as if the client had asked for that path. */
static void answer_from_elsewhere(struct job *job)
{
	struct twc_http_exchange *x = job->x;
	struct twc_err err = { 0 };

	if (twc__http_exchange_retarget(x, job->head.location, &err) < 0)
		refuse(job, 502, &err);
	else
		twc__http_exchange_hand_on(x, twc_http_router_handler(job->c->s->router));
}

static void job_ended(void *arg, int status, const struct twc_err *err)
{
	struct job *job = arg;
	struct twc_err why = *err;

	if (err->code) {
		fail(job, err->code == TWC_ETIMEDOUT ? 504 : err->code == TWC_ELIMIT ? 503 : 500, err);
	} else if (status) {
		twc__http_program_fault(status, &why);
		fail(job, 500, &why);
	} else if (!job->has_head) {
		twc_err_set(&why, TWC_EPROTO, "the program ended before the end of its head");
		refuse(job, 502, &why);
	} else if (job->head.kind == TWC__HTTP_CGI_LOCAL) {
		answer_from_elsewhere(job);
	} else {
		twc_http_end(job->x);
	}
	twc__http_cgi_fini(&job->head);
}

static void job_dropped(void *arg)
{
	struct job *job = arg;

	twc__http_cgi_fini(&job->head);
}

static const struct twc__http_program_ops job_ops = { .output = job_output, .ended = job_ended, .dropped = job_dropped };

/* ---- which program ---- */

/* `n` bytes as a string of the exchange's. */
static char *keep(struct twc_http_exchange *x, const char *p, size_t n)
{
	char *kept = twc__http_exchange_alloc(x, n + 1);

	memcpy(kept, p, n);
	kept[n] = '\0';
	return kept;
}

static int status_of_file(const struct cgi *c, const char *file)
{
	struct stat st;
	int rc = c->s->o.follow_symlinks ? stat(file, &st) : lstat(file, &st);

	if (rc < 0 || !S_ISREG(st.st_mode))
		return 404;
	return access(file, X_OK) == 0 ? 200 : 403;
}

/* The first segment of what is left of the path; the rest is for the program. 200, or what the client is told. */
static int find_in_dir(struct job *job, struct twc_str rest)
{
	const struct cgi *c = job->c;
	struct twc_str name, info = rest;
	size_t n = strlen(c->path);
	char *file;

	if (rest.n < 2 || rest.p[1] == '.' || rest.p[1] == '/')
		return 404;
	info = (struct twc_str){ rest.p + 1, rest.n - 1 };
	(void)twc_str_cut(&info, '/', &name);
	if (twc_str_starts(name, "nph-"))
		return 501;
	file = twc__http_exchange_alloc(job->x, n + name.n + 2);
	memcpy(file, c->path, n);
	file[n] = '/';
	memcpy(file + n + 1, name.p, name.n);
	file[n + 1 + name.n] = '\0';
	job->place.file = file;
	job->place.script_name.n += 1 + name.n;
	job->place.path_info = info.p ? (struct twc_str){ info.p - 1, info.n + 1 } : (struct twc_str){ NULL, 0 };
	return status_of_file(c, file);
}

/* The script's name is the path without its rest: a slice of it. */
static int find_program(struct job *job)
{
	struct twc_str path = twc_http_request(job->x)->path, rest = twc_http_rest(job->x);
	const char *slash;
	int status = 200;

	job->place = (struct twc__http_cgi_place){
		.file = job->c->path,
		.script_name = { path.p, path.n - rest.n },
		.path_info = rest,
	};
	if (job->c->is_dir)
		status = find_in_dir(job, rest);
	slash = strrchr(job->place.file, '/');
	job->dir = keep(job->x, job->place.file, slash == job->place.file ? 1 : (size_t)(slash - job->place.file));
	job->argv[0] = job->place.file;
	return status;
}

static struct twc_deferred *cgi_handle(void *arg, struct twc_http_exchange *x)
{
	struct job *job = twc__http_exchange_alloc(x, sizeof(*job));
	struct twc__http_program_opts o = { .is_env_whole = true, .ops = &job_ops, .arg = job };
	int status;

	*job = (struct job){ .c = arg, .x = x };
	status = twc_http_request(x)->length == TWC_HTTP_UNKNOWN ? 411 : find_program(job); /* CONTENT_LENGTH tells the program */
	if (status != 200) {
		twc_http_send_error(x, status, NULL);
		return NULL;
	}
	twc__http_cgi_init(&job->head);
	twc__http_cgi_env(&o.env, x, &job->place);
	o.argv = job->argv;
	o.chdir = job->dir;
	o.timeout_ns = job->c->limits.timeout_ns;
	o.max_output = job->c->limits.max_output;
	twc__http_program_start(job->c->s, x, &o);
	return NULL;
}

/* ---- a route ---- */

static void cgi_free(void *arg)
{
	struct cgi *c = arg;

	free(c->path);
	twc_free(c);
}

static int read_path(struct cgi *c, struct twc_str arg, const char *base, struct twc_err *err)
{
	char *path = twc__http_site_path(base, arg);
	const char *name;
	struct stat st;
	int rc = 0;

	c->path = realpath(path, NULL);
	if (!c->path || stat(c->path, &st) < 0) {
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, path, "cannot open: %s", strerrordesc_np(errno));
		twc_free(path);
		return rc;
	}
	twc_free(path);
	c->is_dir = S_ISDIR(st.st_mode);
	name = strrchr(c->path, '/') + 1;
	if (!c->is_dir && strncmp(name, "nph-", 4) == 0)
		return twc_err_set(err, TWC_EUSAGE, "programs that write status lines (nph-) are not supported");
	if (!c->is_dir && access(c->path, X_OK) < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, c->path, "cannot run: %s", strerrordesc_np(errno));
	return 0;
}

static int cgi_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		      struct twc__http_made *out, struct twc_err *err)
{
	struct cgi *c = twc_calloc(1, sizeof(*c));
	int rc = twc__http_program_limits(&c->limits, o, OUTPUT_MAX, err);

	c->s = s;
	if (rc == 0)
		rc = read_path(c, arg, base, err);
	if (rc < 0)
		cgi_free(c);
	else
		*out = (struct twc__http_made){ { cgi_handle, c }, cgi_free };
	return rc;
}

static const char *const cgi_keys[] = { "timeout", "max", NULL };

const struct twc__http_kind twc__http_kind_cgi = {
	.info = { "cgi", "PATH", "a program that speaks CGI, or a directory of them" },
	.keys = cgi_keys,
	.create = cgi_create,
};
