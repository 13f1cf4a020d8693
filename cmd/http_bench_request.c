/* SPDX-License-Identifier: MIT */
/* What twc http bench asks for, made ready once: URLs, fields, bodies. A request is made of its options as twc http makes one. */
#include "http_bench.h"
#include "http_hint.h"
#include "http_secret.h"
#include "http_session.h"
#include "out.h"

#define KEYS_MAX 65536
#define LINES_MAX ((size_t)1 << 30)

/* ---- URLs ---- */

static int url_add(struct http_bench_request *q, struct ctx *ctx, struct twc_str text, struct twc_err *err)
{
	struct twc_url u;
	char *shown;
	int status;

	if (twc_url_parse(text, TWC_URL_WEBSOCKET, &u, err) < 0) {
		shown = twc_str_dup(text);
		http_words_hide_password(shown);
		status = out_fail_syntax(ctx, shown, err);
		twc_free(shown);
		return status;
	}
	if (twc_buf_len(&q->q.query) > 0 && twc_url_add_query(&u, twc_buf_str(&q->q.query), err) < 0) {
		twc_url_fini(&u);
		return out_fail(ctx, NULL, err);
	}
	if ((q->n_urls & (q->n_urls + 1)) == 0)
		q->url = twc_realloc(q->url, 2 * (q->n_urls + 1) * sizeof(*q->url));
	q->url[q->n_urls++] = u;
	return 0;
}

/* Empty lines and those of comments are none. */
static int urls_read(struct http_bench_request *q, struct ctx *ctx, const char *path)
{
	struct twc_err err = { 0 };
	struct twc_str rest, line;
	int status = 0;

	if (http_file_read(path, &q->urls, &err) < 0)
		return out_fail(ctx, "--urls", &err);
	rest = twc_buf_str(&q->urls);
	while (status == 0 && twc_str_cut(&rest, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		line = twc_str_trim(line);
		if (line.n > 0 && line.p[0] != '#')
			status = url_add(q, ctx, line, &err);
	}
	return status;
}

static int urls_make(struct http_bench_request *q, struct ctx *ctx, const struct http_bench_params *p)
{
	struct twc_err err = { 0 };
	int status = 0;

	for (size_t i = 0; i < q->q.words.n_urls && status == 0; i++)
		status = url_add(q, ctx, twc_str_of(q->q.words.url[i]), &err);
	if (status == 0 && p->urls)
		status = urls_read(q, ctx, p->urls);
	q->is_ws = q->n_urls > 0 && twc_str_starts(q->url[0].scheme, "ws");
	if (status == 0 && q->n_urls == 0)
		status = out_usage(ctx, "there is no URL in %s", p->urls ? p->urls : "the operands");
	return status;
}

/* ---- fields ---- */

static int default_add(struct http_bench_request *q, const char *name, const char *value, struct twc_err *err)
{
	if (!value[0] || http_request_has_field(&q->q, name))
		return 0;
	return twc_http_fields_add(&q->fields, twc_str_of(name), twc_str_of(value), err);
}

static int fields_make(struct http_bench_request *q, struct twc_err *err)
{
	const char *agent = q->q.p->user_agent;
	int rc = default_add(q, "User-Agent", agent ? agent : "twc/" TWC_VERSION, err);

	if (rc == 0)
		rc = default_add(q, "Accept", "*/*", err);
	for (size_t i = 0; rc == 0 && i < twc_http_fields_count(&q->q.fields); i++) {
		struct twc_http_field f = twc_http_fields_at(&q->q.fields, i);

		rc = twc_http_fields_add(&q->fields, f.name, f.value, err);
	}
	if (rc == 0 && q->n_bodies > 0 && !q->is_ws)
		rc = default_add(q, "Content-Type", q->q.type ? q->q.type : "application/x-www-form-urlencoded", err);
	return rc < 0 ? TWC_EUSAGE : 0;
}

/* ---- bodies ---- */

static void body_add(struct http_bench_request *q, struct twc_str body)
{
	if ((q->n_bodies & (q->n_bodies + 1)) == 0)
		q->body = twc_realloc(q->body, 2 * (q->n_bodies + 1) * sizeof(*q->body));
	q->body[q->n_bodies++] = body;
}

static int lines_read(struct http_bench_request *q, const char *path, struct twc_err *err)
{
	struct twc_str rest, line;
	int rc = http_file_read(path, &q->lines, err);

	if (rc < 0)
		return rc;
	rest = twc_buf_str(&q->lines);
	if (rest.n > 0 && rest.p[rest.n - 1] == '\n')
		rest.n--;
	while (twc_str_cut(&rest, '\n', &line))
		body_add(q, line);
	return 0;
}

static int bodies_make(struct http_bench_request *q, const struct http_bench_params *p, struct twc_err *err)
{
	int rc = 0;

	if (q->q.is_form)
		return twc_err_set(err, TWC_EUSAGE, "a form with files is made anew for each request; -d has one that is not");
	if (q->q.is_chunked)
		return twc_err_set(err, TWC_EUSAGE, "bodies are sent with their length, not chunked");
	if (q->q.data_file)
		rc = http_file_read(q->q.data_file, &q->q.data, err);
	if (rc == 0 && p->body_lines)
		rc = lines_read(q, p->body_lines, err);
	else if (rc == 0 && q->q.has_data)
		body_add(q, twc_buf_str(&q->q.data));
	return rc;
}

/* ---- all of it ---- */

int http_bench_request_make(struct http_bench_request *q, struct ctx *ctx, const struct cmd_group *g)
{
	const struct http_bench_params *p = g->params;
	struct twc_err err = { 0 };
	int status;

	twc_buf_init(&q->urls, LINES_MAX);
	twc_buf_init(&q->lines, LINES_MAX);
	twc_buf_init(&q->tls, KEYS_MAX);
	twc_buf_init(&q->keys, KEYS_MAX);
	status = http_request_make(&q->q, ctx, g);
	if (status == 0)
		status = urls_make(q, ctx, p);
	if (status)
		return status;
	if (bodies_make(q, p, &err) < 0 || fields_make(q, &err) < 0) {
		http_hint(&p->http, &err);
		return out_fail(ctx, NULL, &err);
	}
	http_session_keys(&q->q, &q->tls, &q->keys);
	return 0;
}

void http_bench_request_fini(struct http_bench_request *q)
{
	for (size_t i = 0; i < q->n_urls; i++)
		twc_url_fini(&q->url[i]);
	twc_free(q->url);
	twc_free(q->body);
	twc_http_fields_fini(&q->fields);
	twc_buf_fini(&q->urls);
	twc_buf_fini(&q->lines);
	twc_buf_fini(&q->tls);
	twc_buf_fini(&q->keys);
	http_request_fini(&q->q);
}
