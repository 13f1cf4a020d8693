/* SPDX-License-Identifier: MIT */
/*
 * From operands to transfers: groups, in them URLs, in these globs. A URL that was typed is checked before
 * anything is sent; one that a glob made, when its turn comes.
 */
#include "http_jobs.h"
#include "out.h"
#include <strings.h>

#define TEXT_MAX ((size_t)TWC_URL_MAX)

static unsigned url_flags(const struct http_request *q)
{
	return q->p->path_as_is ? TWC_URL_PATH_AS_IS : 0;
}

/* Without a scheme it is http, unless --proto-default has another. */
static int parse_url(const struct http_request *q, const char *text, struct twc_url *url, struct twc_err *err)
{
	int rc = twc_url_parse(twc_str_of(text), url_flags(q), url, err);
	char *whole;

	if (rc < 0 || q->p->proto_default != HTTP_PROTO_HTTPS || twc_url_is_secure(url) || strncasecmp(text, "http:", 5) == 0)
		return rc;
	twc_url_fini(url);
	whole = twc_asprintf("https://%s", text);
	rc = twc_url_parse(twc_str_of(whole), url_flags(q), url, err);
	twc_free(whole);
	return rc;
}

static bool is_globbed(const struct http_request *q)
{
	return q->p->glob && !q->p->globoff;
}

static int fail_url(struct ctx *ctx, const char *text, const struct twc_err *err)
{
	char *shown = twc_strdup(text);
	int status;

	http_words_hide_password(shown);
	status = out_fail_syntax(ctx, shown, err);
	twc_free(shown);
	return status;
}

static int check_url(struct ctx *ctx, const struct http_request *q, const char *text)
{
	struct twc_err err = { 0 };
	struct twc_url url = { 0 };
	struct twc_url_glob *g;

	if (is_globbed(q)) {
		g = twc_url_glob_new(twc_str_of(text), &err);
		twc_url_glob_free(g);
		return g ? 0 : fail_url(ctx, text, &err);
	}
	if (parse_url(q, text, &url, &err) < 0)
		return fail_url(ctx, text, &err);
	twc_url_fini(&url);
	return 0;
}

int http_jobs_check(const struct http_jobs *j, struct ctx *ctx)
{
	int status = 0;

	for (size_t g = 0; g < j->n_groups; g++)
		for (size_t i = 0; i < j->group[g].q.words.n_urls && status == 0; i++)
			status = check_url(ctx, &j->group[g].q, j->group[g].q.words.url[i]);
	return status;
}

uint64_t http_jobs_count(const struct http_jobs *j)
{
	uint64_t n = 0;

	for (size_t g = 0; g < j->n_groups; g++)
		for (size_t i = 0; i < j->group[g].q.words.n_urls; i++) {
			struct twc_url_glob *glob = NULL;

			if (is_globbed(&j->group[g].q))
				glob = twc_url_glob_new(twc_str_of(j->group[g].q.words.url[i]), NULL);
			n += glob ? twc_url_glob_count(glob) : 1;
			twc_url_glob_free(glob);
		}
	return n;
}

/* ---- one job ---- */

void http_job_fini(struct http_job *job)
{
	twc_free(job->text);
	twc_url_fini(&job->url);
	twc_free(job->output);
	*job = (struct http_job){ 0 };
}

/* The last part of a path, as a name in a URL. */
static int add_name(struct twc_url *url, const char *path, unsigned flags, struct twc_err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct twc_url out = { 0 };
	struct twc_buf ref;
	int rc;

	if (url->path.p[url->path.n - 1] != '/' || url->has_query || strcmp(name, "-") == 0 || strcmp(name, ".") == 0)
		return 0;
	twc_buf_init(&ref, TEXT_MAX);
	rc = twc_buf_add(&ref, url->path.p, url->path.n);
	if (rc == 0)
		rc = twc_url_encode(twc_str_of(name), &ref);
	if (rc == 0)
		rc = twc_url_resolve(url, twc_buf_str(&ref), flags, &out, err);
	else
		twc_err_set(err, rc, "-T: the URL gets too long");
	twc_buf_fini(&ref);
	if (rc < 0)
		return rc;
	twc_url_fini(url);
	*url = out;
	return 0;
}

/* -o for this URL, with what a glob has put in. */
static char *output_name(const struct http_jobs *j, const struct http_params *p, size_t i)
{
	struct twc_buf b;
	char *name = NULL;

	if (i >= p->output.n)
		return NULL;
	if (!j->glob)
		return twc_strdup(p->output.item[i].value);
	twc_buf_init(&b, TEXT_MAX);
	if (twc_url_glob_name(j->glob, twc_str_of(p->output.item[i].value), &b) == 0)
		name = twc_strdup(twc_buf_cstr(&b));
	twc_buf_fini(&b);
	return name;
}

/* `i`: which of the group's URLs it comes from. */
static int job_make(struct http_jobs *j, struct ctx *ctx, const struct http_group *g, size_t i,
		    struct http_job *job)
{
	const struct http_params *p = g->q.p;
	struct twc_err err = { 0 };
	int rc;

	job->group = g;
	job->number = j->number++;
	job->output = output_name(j, p, i);
	job->remote_name = p->remote_name_all || (i >= p->output.n && i < p->output.n + p->remote_name);
	job->upload = i < p->upload.n ? p->upload.item[i].value : NULL;
	rc = parse_url(&g->q, job->text, &job->url, &err);
	if (rc == 0 && twc_buf_len(&g->q.query) > 0)
		rc = twc_url_add_query(&job->url, twc_buf_str(&g->q.query), &err);
	if (rc == 0 && job->upload)
		rc = add_name(&job->url, job->upload, url_flags(&g->q), &err);
	return rc < 0 ? fail_url(ctx, job->text, &err) : 0;
}

/* The next of a glob; NULL: there is none, and the glob is gone. */
static char *glob_next(struct http_jobs *j)
{
	struct twc_buf b;
	char *text = NULL;

	twc_buf_init(&b, TEXT_MAX);
	if (j->glob && twc_url_glob_next(j->glob, &b) == 1)
		text = twc_strdup(twc_buf_cstr(&b));
	twc_buf_fini(&b);
	if (!text) {
		twc_url_glob_free(j->glob);
		j->glob = NULL;
	}
	return text;
}

int http_jobs_next(struct http_jobs *j, struct ctx *ctx, struct http_job *job, int *status)
{
	*job = (struct http_job){ 0 };
	for (;;) {
		const struct http_group *g = j->at < j->n_groups ? &j->group[j->at] : NULL;

		if (!g)
			return 0;
		job->text = glob_next(j);
		if (job->text)
			break;
		if (j->url == g->q.words.n_urls) {
			j->at++;
			j->url = 0;
			continue;
		}
		if (is_globbed(&g->q)) {
			j->glob = twc_url_glob_new(twc_str_of(g->q.words.url[j->url++]), NULL);
			continue;
		}
		job->text = twc_strdup(g->q.words.url[j->url++]);
		break;
	}
	*status = job_make(j, ctx, &j->group[j->at], j->url - 1, job);
	if (*status == 0)
		return 1;
	http_job_fini(job);
	return -1;
}

void http_jobs_fini(struct http_jobs *j)
{
	twc_url_glob_free(j->glob);
	j->glob = NULL;
}
