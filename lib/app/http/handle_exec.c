/* SPDX-License-Identifier: MIT */
/*
 * exec: and sh: - a program answers: the body of the request is its input, its output the body of the answer. Headers leave with
 * its first byte; so a program that ends badly without a word is an error, and one that does so later breaks the connection off.
 */
#include "app/http/answer.h"
#include "app/http/program.h"

#include <sys/wait.h>

#include <twc/parse.h>

#include "protocol/http/exchange.h"
#include "base/banned.h"

#define STATUSES 256

struct exec {
	struct twc_http_site *s;
	struct twc__http_command command;
	struct twc__http_answer answer;
	struct twc__http_program_limits limits;
	uint16_t code[STATUSES]; /* by exit status; 0: 500 */
};

/* A request's; in the memory of the exchange. */
struct job {
	const struct exec *e;
	struct twc_http_exchange *x;
};

/* ---- a request ---- */

static void begin(const struct job *job, uint64_t length)
{
	if (twc_http_has_begun(job->x))
		return;
	twc__http_answer_begin(&job->e->answer, job->x);
	twc_http_begin(job->x, length);
}

static void job_output(void *arg, const uint8_t *p, size_t n)
{
	const struct job *job = arg;

	begin(job, TWC_HTTP_UNKNOWN);
	twc_http_write(job->x, p, n);
}

/* Nothing was said yet: what went wrong has a status of its own. */
static void answer_error(const struct job *job, int code, const struct twc_err *err)
{
	twc__http_exchange_log(job->x, code >= 500 ? TWC_LOG_ERROR : TWC_LOG_INFO, code, err);
	if (code == 503)
		twc_http_add_field(job->x, "Retry-After", "1");
	twc_http_send_error(job->x, code, NULL);
}

static void job_ended(void *arg, int status, const struct twc_err *err)
{
	const struct job *job = arg;
	struct twc_err why = *err;
	int code = err->code == TWC_ETIMEDOUT ? 504 : err->code == TWC_ELIMIT ? 503 : 500;

	if (!err->code && !status) {
		begin(job, 0);
		twc_http_end(job->x);
		return;
	}
	if (!err->code) {
		twc__http_program_fault(status, &why);
		if (WIFEXITED(status) && job->e->code[WEXITSTATUS(status)])
			code = job->e->code[WEXITSTATUS(status)];
	}
	if (twc_http_has_begun(job->x))
		twc_http_fail(job->x, &why);
	else
		answer_error(job, code, &why);
}

static const struct twc__http_program_ops job_ops = { .output = job_output, .ended = job_ended };

static struct twc_deferred *exec_handle(void *arg, struct twc_http_exchange *x)
{
	const struct exec *e = arg;
	struct job *job = twc__http_exchange_alloc(x, sizeof(*job));
	struct twc__http_program_opts o = {
		.argv = (const char *const *)e->command.word,
		.timeout_ns = e->limits.timeout_ns,
		.max_output = e->limits.max_output,
		.ops = &job_ops,
		.arg = job,
	};

	*job = (struct job){ e, x };
	twc__http_env_add_request(&o.env, x);
	twc__http_program_start(e->s, x, &o);
	return NULL;
}

/* ---- a route ---- */

static void exec_free(void *arg)
{
	struct exec *e = arg;

	twc__http_answer_fini(&e->answer);
	twc__http_command_fini(&e->command);
	twc_free(e);
}

/* "3:404,4:503" */
static int read_codes(struct exec *e, const struct twc__http_route_opts *o, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, "exit", NULL);
	struct twc_str rest, pair, status;
	uint64_t from, to;

	if (!option)
		return 0;
	rest = option->value;
	while (twc_str_cut(&rest, ',', &pair)) {
		if (!twc_str_cut(&pair, ':', &status) || !pair.p) {
			twc_err_set(err, TWC_EUSAGE, "write STATUS:CODE, such as 3:404");
			return twc__http_option_fail(option, err);
		}
		if (twc_parse_uint(status, 1, STATUSES - 1, &from, err) < 0 || twc_parse_uint(pair, 200, 599, &to, err) < 0)
			return twc__http_option_fail(option, err);
		e->code[from] = (uint16_t)to;
	}
	return 0;
}

static int read_options(struct exec *e, const struct twc__http_route_opts *o, struct twc_err *err)
{
	int rc = twc__http_program_limits(&e->limits, o, UINT64_MAX, err);

	if (rc == 0)
		rc = read_codes(e, o, err);
	return rc < 0 ? rc : twc__http_answer_init(&e->answer, o, "text/plain; charset=utf-8", err);
}

static int finish(struct exec *e, struct twc_http_site *s, const struct twc__http_route_opts *o, int rc, struct twc__http_made *out,
		  struct twc_err *err)
{
	e->s = s;
	if (rc == 0)
		rc = read_options(e, o, err);
	if (rc < 0)
		exec_free(e);
	else
		*out = (struct twc__http_made){ { exec_handle, e }, exec_free };
	return rc;
}

static int exec_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		       struct twc__http_made *out, struct twc_err *err)
{
	struct exec *e = twc_calloc(1, sizeof(*e));

	return finish(e, s, o, twc__http_command_parse(&e->command, o, arg, base, err), out, err);
}

static int sh_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		     struct twc__http_made *out, struct twc_err *err)
{
	struct exec *e = twc_calloc(1, sizeof(*e));

	(void)base;
	return finish(e, s, o, twc__http_command_script(&e->command, arg, err), out, err);
}

static const char *const exec_keys[] = { "status", "type", "timeout", "max", "exit", NULL };

const struct twc__http_kind twc__http_kind_exec = {
	.info = { "exec", "COMMAND", "what COMMAND writes, with the body of the request as its input" },
	.keys = exec_keys,
	.create = exec_create,
};

const struct twc__http_kind twc__http_kind_sh = {
	.info = { "sh", "SCRIPT", "the same with a shell's script" },
	.keys = exec_keys,
	.create = sh_create,
};
