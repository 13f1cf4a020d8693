/* SPDX-License-Identifier: MIT */
/*
 * twc http serve: an HTTP server for files, mocks and tests. Its life is that of every command that serves (serving.h); what is
 * answered is the library's:
 *
 *	gate -> server (census, limits) -> HTTP -> site (login, fields...) -> route -> handler
 */
#include "http_serve.h"
#include "out.h"

#include <twc/app.h>
#include <twc/parse.h>
#include <unistd.h>

struct http_serve {
	struct serving serving;
	const struct http_serve_params *p;
	const char *dir; /* NULL: routes alone */
	const char **index, **mime, **fields; /* owned, as everything below */
	struct twc_http_site *site;
	struct twc_http_server *server;
	struct twc_http_server *metrics; /* behind the last endpoint; NULL: there is none for them */
	struct twc_http_log *log;	 /* NULL: none */
	char **operand;			 /* that of metrics behind the others; NULL: as they were given */
};

static struct http_serve *serve_of(const struct serving *v)
{
	return TWC_CONTAINER_OF((struct serving *)(uintptr_t)v, struct http_serve, serving);
}

/* ---- what the parts report ---- */

static void on_stopping(struct serving *v)
{
	struct http_serve *s = serve_of(v);

	twc_http_server_stop(s->server);
	if (s->metrics)
		twc_http_server_stop(s->metrics);
}

static void on_announced(struct serving *v, const struct twc_port *port, size_t k)
{
	bool is_metrics = v->beside && port == v->port[v->n - 1];
	char *url;

	if (!v->ctx->common.verbose)
		return;
	url = twc_ready_url(port, k, v->scheme);
	if (url[0])
		out_note(v->ctx, "%s%s", url, is_metrics ? "metrics" : "");
	twc_free(url);
}

static void on_exchanged(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct http_serve *s = serve_of(arg);

	twc_http_site_exchanged(s->site, x, err);
	if (s->log)
		twc_http_log_exchanged(s->log, x, err);
	if (s->p->exit_after && twc_http_site_requests(s->site) == s->p->exit_after)
		serving_stop(&s->serving);
}

static void on_refused(void *arg, struct twc_transport *t, int status, const struct twc_err *err)
{
	const struct http_serve *s = serve_of(arg);

	if (s->log && status)
		twc_http_log_refused(s->log, t, status, err);
}

/* Nobody hears it when standard error is closed. */
static void on_log(void *arg, const char *p, size_t n)
{
	(void)arg;
	(void)!out_write_fd(STDERR_FILENO, p, n);
}

static void on_log_failed(void *arg, const struct twc_err *err)
{
	const struct serving *v = arg;

	out_warn(v->ctx, "%s", err->text);
}

/* What goes to standard output: when nobody reads it any more, serving is over. */
static void on_line(void *arg, struct twc_str line)
{
	struct serving *v = arg;
	struct twc_err err = { 0 };
	char *text = twc_asprintf("%.*s\n", (int)line.n, line.p);

	if (out_write(text, line.n + 1, &err) < 0 && !v->err.code) {
		serving_note(v, &err);
		serving_quit(v);
	}
	twc_free(text);
}

/* ---- building ---- */

/* A list of values as the library has them: NULL-terminated; NULL for an empty one. Free with twc_free. */
static const char **strings_of(const struct opt_list *l)
{
	const char **strings = l->n ? twc_calloc(l->n + 1, sizeof(*strings)) : NULL;

	for (size_t i = 0; i < l->n; i++)
		strings[i] = l->item[i].value;
	return strings;
}

static int check(struct serving *v)
{
	const struct http_serve *s = serve_of(v);

	for (int i = 0; i < v->n; i++)
		if (twc_endpoint_is_datagram(v->endpoint[i]))
			return out_usage(v->ctx, "%s has no connections, which HTTP needs", v->operand[i]);
	if (!s->dir && !s->p->routes.n)
		return out_usage(v->ctx, "nothing to serve: name a folder behind the endpoints, or give --route");
	return 0;
}

static int make_site(struct http_serve *s)
{
	const struct http_serve_params *p = s->p;
	const struct twc_http_site_opts o = {
		.list = p->list,
		.index = s->index = strings_of(&p->index),
		.hidden = p->hidden,
		.follow_symlinks = p->follow_symlinks,
		.pretty_urls = p->pretty_urls,
		.spa = p->spa,
		.not_found = p->not_found,
		.cache = p->cache,
		.mime = s->mime = strings_of(&p->mime),
		.precompressed = p->precompressed,
		.gzip = p->gzip,
		.upload = p->upload,
		.duplicate = (enum twc_http_duplicate)p->on_duplicate,
		.allow_delete = p->allow_delete,
		.upload_auth = p->upload_auth,
		.max_body = p->max_body,
		.auth = p->auth,
		.realm = p->realm,
		.cors = p->cors,
		.fields = s->fields = strings_of(&p->headers),
		.health = p->health,
		.metrics = s->operand ? NULL : p->metrics,
		.seed = p->seed,
		.max_exec = (unsigned)p->max_exec,
		.line = on_line,
		.arg = &s->serving,
	};
	struct twc_err err = { 0 };

	s->site = twc_http_site_new(s->serving.r, &o, &err);
	return s->site ? 0 : out_fail(s->serving.ctx, NULL, &err);
}

static int add_route(struct http_serve *s, const struct opt_item *it)
{
	struct twc_err err = { 0 };

	if (strcmp(it->opt->long_name, "routes") == 0) {
		if (twc_http_site_routes(s->site, it->value, &err) < 0)
			return out_fail(s->serving.ctx, NULL, &err);
	} else if (twc_http_site_route(s->site, it->value, NULL, &err) < 0) {
		return err.code == TWC_EUSAGE ? out_fail_syntax(s->serving.ctx, it->value, &err)
					      : out_fail(s->serving.ctx, it->value, &err);
	}
	return 0;
}

static int add_routes(struct http_serve *s)
{
	struct twc_err err = { 0 };
	int status = 0;

	for (size_t i = 0; i < s->p->routes.n && !status; i++)
		status = add_route(s, &s->p->routes.item[i]);
	if (!status && s->dir && twc_http_site_files(s->site, s->dir, &err) < 0)
		status = out_fail(s->serving.ctx, s->dir, &err);
	if (!status && s->p->upload && !twc_http_site_takes_uploads(s->site))
		status = out_usage(s->serving.ctx,
				   "--upload needs files to be served: name a folder, or give a route to files:DIR");
	return status;
}

static int open_log(struct http_serve *s)
{
	const struct twc_http_log_opts o = {
		.format = s->p->log ? s->p->log : "combined",
		.path = s->p->log_file,
		.write = on_log,
		.failed = on_log_failed,
		.arg = &s->serving,
	};
	struct twc_err err = { 0 };

	if (!s->p->log && !s->p->log_file)
		return 0;
	s->log = twc_http_log_new(s->serving.r, &o, &err);
	if (s->log)
		return 0;
	return err.code == TWC_EUSAGE ? out_fail_syntax(s->serving.ctx, o.format, &err) : out_fail(s->serving.ctx, NULL, &err);
}

static int add_requirements(struct http_serve *s)
{
	const struct opt_list *l = &s->p->require;
	struct twc_err err = { 0 };

	for (size_t i = 0; i < l->n; i++)
		if (twc_http_site_require(s->site, l->item[i].value, &err) < 0)
			return out_fail_syntax(s->serving.ctx, l->item[i].value, &err);
	return 0;
}

/* They can be asked for while the site has no place for more, and by those whom it would turn away. */
static void make_metrics(struct http_serve *s)
{
	const struct twc_http_server_opts o = { .header_timeout_ns = s->p->header_timeout, .idle_ns = s->p->idle };

	s->metrics = twc_http_server_new(s->serving.r, twc_http_site_metrics(s->site), &o);
	s->serving.beside = twc_http_server_factory(s->metrics);
}

static int build(struct serving *v, struct twc_server_opts *o)
{
	struct http_serve *s = serve_of(v);
	const struct http_serve_params *p = s->p;
	const struct twc_http_server_opts ho = {
		.max_head = p->max_head,
		.max_body = p->max_body,
		.header_timeout_ns = p->header_timeout,
		.idle_ns = p->idle,
		.min_rate = p->min_rate,
		.keeps_peers = p->log || p->log_file,
		.ops = { .exchanged = on_exchanged, .refused = on_refused },
		.arg = v,
	};
	struct twc_err err = { 0 };
	int status = make_site(s);

	if (!status)
		status = add_routes(s);
	if (!status)
		status = add_requirements(s);
	if (!status)
		status = open_log(s);
	if (status)
		return status;
	s->server = twc_http_server_new(v->r, twc_http_site_handler(s->site), &ho);
	twc_http_site_set_server(s->site, s->server);
	if (s->operand)
		make_metrics(s);
	if (serving_workers(&p->serving) && twc_http_site_share(s->site, serving_workers(&p->serving), &err) < 0)
		return out_fail(v->ctx, NULL, &err);
	o->factory = twc_http_server_factory(s->server);
	o->client_first = serving_may_defer(v);
	return 0;
}

static int begin(struct serving *v, unsigned index, struct twc_err *err)
{
	(void)err;
	twc_http_site_join(serve_of(v)->site, index);
	return 0;
}

static bool can_reload(const struct serving *v)
{
	const struct http_serve *s = serve_of(v);

	return s->p->log_file || twc_http_site_has_files(s->site);
}

/* The lines of all processes are in one file: that of another name is no longer written to by any. */
static void reopen_log(struct serving *v)
{
	struct twc_err err = { 0 };

	if (twc_http_log_reopen(serve_of(v)->log, &err) < 0 && !v->worker)
		out_warn(v->ctx, "%s; lines go on where they went", err.text);
}

static bool asked(struct serving *v)
{
	if (!serve_of(v)->p->log_file)
		return false;
	reopen_log(v);
	return true;
}

static void reload(struct serving *v)
{
	const struct http_serve *s = serve_of(v);
	struct twc_err err = { 0 };

	if (s->log)
		reopen_log(v);
	if (!twc_http_site_has_files(s->site))
		return;
	if (twc_http_site_reload(s->site, &err) == 0)
		twc_log(twc_reactor_log(v->r), app, INFO, "the logins were read again");
	else if (!v->worker)
		out_warn(v->ctx, "%s; the logins stay as they were", err.text);
}

/* What ended with the reactor is in it. */
static void on_closed(struct serving *v)
{
	if (serve_of(v)->log)
		twc_http_log_flush(serve_of(v)->log);
}

/* ---- a run ---- */

/* --require, where nothing else has failed. The site is still there. */
static int check_requests(const struct http_serve *s)
{
	struct twc_err err = { 0 };

	return twc_http_site_satisfied(s->site, &err) ? 0 : out_fail(s->serving.ctx, NULL, &err);
}

static void http_serve_free(struct http_serve *s)
{
	twc_http_server_free(s->server);
	if (s->metrics)
		twc_http_server_free(s->metrics);
	twc_http_site_free(s->site);
	twc_http_log_free(s->log);
	twc_free(s->index);
	twc_free(s->mime);
	twc_free(s->fields);
	serving_free(&s->serving);
	twc_free(s->operand);
}

/* --metrics ENDPOINT is one more of the endpoints. */
static void add_metrics(struct http_serve *s)
{
	struct serving *v = &s->serving;

	s->operand = twc_calloc((size_t)v->n + 1, sizeof(*s->operand));
	memcpy(s->operand, v->operand, (size_t)v->n * sizeof(*s->operand));
	s->operand[v->n++] = (char *)(uintptr_t)s->p->metrics;
	v->operand = s->operand;
}

int http_serve_run(struct ctx *ctx, void *params, int n, char **operand)
{
	static const struct serving_ops ops = {
		.check = check,
		.build = build,
		.begin = begin,
		.announced = on_announced,
		.stopping = on_stopping,
		.can_reload = can_reload,
		.reload = reload,
		.asked = asked,
		.closed = on_closed,
	};
	const struct http_serve_params *p = params;
	struct http_serve s = {
		.serving = { .ops = &ops, .ctx = ctx, .p = &p->serving, .operand = operand, .scheme = "http",
			     .alpn = "h2,http/1.1" },
		.p = p,
	};
	int status;

	s.serving.n = http_serve_split(ctx, p, n, operand, &status);
	if (status)
		return status;
	if (s.serving.n < n)
		s.dir = operand[n - 1];
	if (p->metrics && p->metrics[0] != '/')
		add_metrics(&s);
	status = serving_run(&s.serving);
	serving_end(&s.serving);
	if (!status)
		status = serving_status(&s.serving);
	if (!status && s.site)
		status = check_requests(&s);
	http_serve_free(&s);
	return status;
}
