/* SPDX-License-Identifier: MIT */
/*
 * nc -z: which ports are open? Asked of twc's own check, many at once. What is said with -v is nc's wording, because it
 * is what scripts look for; a failure without -v is twc's one line.
 */
#include "connect.h"
#include "nc.h"
#include "out.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <twc/app.h>
#include <twc/parse.h>

enum { AT_ONCE = 256, LINE_MAX_BYTES = 1024 };

struct scan {
	struct ctx *ctx;
	const struct nc_params *p;
	const struct nc_services *services;
	const char *host; /* as typed; of a UNIX socket, its path */
	const uint16_t *port; /* of the batch; NULL: a UNIX socket */
	struct twc_reactor *r;
	struct twc_check_result *result; /* owned: of all endpoints; their `endpoint` is gone */
	size_t done, n_open;
};

static void say_open(const struct scan *s, uint16_t port, bool is_certain)
{
	const char *proto = s->p->udp ? "udp" : "tcp";
	struct twc_str name = s->p->numeric ? TWC_STR("*") : nc_services_name(s->services, port, proto);
	char host[LINE_MAX_BYTES / 2], line[LINE_MAX_BYTES];
	int n;

	twc_escape(host, sizeof(host), twc_str_of(s->host));
	if (s->port)
		n = snprintf(line, sizeof(line), "Connection to %s %u port [%s/%.*s] succeeded!%s\n", host, port, proto,
			     (int)(name.n < 64 ? name.n : 64), name.p, is_certain ? "" : " (no reply; not proof)");
	else
		n = snprintf(line, sizeof(line), "Connection to %s succeeded!\n", host);
	if (n <= 0 || (size_t)n >= sizeof(line))
		return;
	if (s->ctx->common.log_json)
		out_note(s->ctx, "%.*s", n - 1, line);
	else
		(void)out_write_fd(STDERR_FILENO, line, (size_t)n);
}

/* nc takes the silence of a UDP port for an open one: only a refusal is an answer there. */
static bool is_open(const struct scan *s, const struct twc_check_result *res)
{
	return !res->err.code || (s->p->udp && res->err.code == TWC_ETIMEDOUT);
}

static void on_checked(void *arg, int code, const struct twc_check_result *result, size_t n)
{
	struct scan *s = arg;
	bool is_verbose = s->ctx->common.verbose > 0;

	(void)code;
	for (size_t i = 0; i < n; i++) {
		if (is_open(s, &result[i])) {
			s->n_open++;
			if (is_verbose)
				say_open(s, s->port ? s->port[i] : 0, !result[i].err.code);
		} else if (is_verbose) {
			out_fail(s->ctx, twc_endpoint_text(result[i].endpoint), &result[i].err);
		}
		s->result[s->done] = result[i];
		s->result[s->done++].tls = NULL; /* the check's */
	}
	twc_reactor_stop(s->r);
}

static int scan_batch(struct scan *s, char **word, size_t n)
{
	const struct twc_check_opts o = { .done = on_checked, .arg = s };
	struct twc_endpoint *e[AT_ONCE];
	struct twc_check *check = NULL;
	struct twc_err err = { 0 };
	size_t made = 0;
	int status = 0;

	for (; made < n && !status; made++) {
		e[made] = twc_endpoint_parse(word[made], TWC_CONNECT, &err);
		if (!e[made]) {
			status = out_fail_syntax(s->ctx, word[made], &err);
			break;
		}
	}
	for (size_t i = 0; i < made && !status; i++)
		connect_warn_unverified(s->ctx, e[i]);
	if (!status) {
		check = twc_check_new(s->r, e, n, &o);
		if (twc_reactor_run(s->r, &err) < 0)
			status = out_fail(s->ctx, NULL, &err);
		twc_check_free(check);
	}
	for (size_t i = 0; i < made; i++)
		twc_endpoint_free(e[i]);
	return status;
}

static size_t batch_size(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 4 >= AT_ONCE)
		return AT_ONCE;
	return limit.rlim_cur < 8 ? 2 : limit.rlim_cur / 4;
}

static int scan_status(const struct scan *s, char *const *word)
{
	const struct twc_check_result *last = &s->result[s->done - 1];
	struct twc_err err = last->err;

	if (s->n_open)
		return 0;
	if (s->ctx->common.verbose)
		return twc_err_exit(twc_check_code(s->result, s->done));
	if (s->done == 1)
		return out_fail(s->ctx, word[0], &last->err);
	twc_err_set(&err, twc_check_code(s->result, s->done), "none of %zu ports is open; the last: %.160s", s->done,
		    last->err.text);
	return out_fail(s->ctx, s->host, &err);
}

void nc_pause(const struct nc_params *p)
{
	struct timespec left;
	uint64_t ns = 0;

	if (!p->interval || twc_parse_duration(twc_str_of(p->interval), &ns, NULL))
		return;
	left = (struct timespec){ .tv_sec = (time_t)(ns / TWC_NS_PER_S), .tv_nsec = (long)(ns % TWC_NS_PER_S) };
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		continue;
}

int nc_scan(struct ctx *ctx, const struct nc_params *p, const struct nc_call *call, const struct nc_services *services,
	    const char *host)
{
	size_t n = call->n - call->first_endpoint, step = nc_has_interval(p) ? 1 : batch_size();
	struct scan s = { .ctx = ctx, .p = p, .services = services, .host = host };
	char **word = call->word + call->first_endpoint;
	struct twc_err err = { 0 };
	unsigned verbose = ctx->common.verbose;
	int status = 0;

	ctx->common.verbose = verbose > 1 ? verbose - 1 : 0; /* the log says the same in other words */
	ctx->common.numeric |= p->numeric;
	s.r = common_reactor_new(ctx, &err);
	ctx->common.verbose = verbose;
	if (!s.r)
		return out_fail(ctx, NULL, &err);
	s.result = twc_calloc(n, sizeof(*s.result));
	while (s.done < n && !status) {
		if (s.done)
			nc_pause(p);
		s.port = call->ports.n ? call->ports.port + s.done : NULL;
		status = scan_batch(&s, word + s.done, n - s.done < step ? n - s.done : step);
	}
	if (!status)
		status = scan_status(&s, word);
	twc_reactor_free(s.r);
	twc_free(s.result);
	return status;
}
