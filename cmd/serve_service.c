/* SPDX-License-Identifier: MIT */
/* From the option of a service of twc serve to the library's object, and to its end. */
#include "out.h"
#include "serve.h"

#include <string.h>
#include <sys/resource.h>
#include <twc/parse.h>

#define DESCRIPTORS_OF_A_CHILD 4 /* the client, two pipes, the process */
#define DESCRIPTORS_OF_OURS 24	 /* the reactor, logs, and what starting a child takes for a moment */

static int service_fail(struct ctx *ctx, const struct twc_opt *row, const struct twc_err *why)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, why->code, "--%s: %s", row->long_name, why->text);
	return out_fail(ctx, NULL, &err);
}

static int exec_make(struct ctx *ctx, const struct serve_params *p, const struct twc_opt *row, struct twc_reactor *r,
		     struct serve_service *v)
{
	struct twc_exec_opts o = {
		.command = p->exec ? p->exec : p->sh,
		.shell = p->sh != NULL,
		.ucspi = p->ucspi,
		.detached = p->detach_children,
		.on_stderr = p->on_stderr < 0 ? TWC_EXEC_STDERR_KEEP : (enum twc_exec_stderr)p->on_stderr,
		.idle = v->idle,
		.arg = v->arg,
	};
	struct twc_err why = { 0 };

	v->exec = twc_exec_new(r, &o, &why);
	if (v->exec) {
		v->factory = twc_exec_factory(v->exec);
		return 0;
	}
	service_fail(ctx, row, &why);
	return twc_command_exit(&why);
}

static int save_make(struct ctx *ctx, const struct serve_params *p, const struct twc_opt *row, struct twc_reactor *r,
		     struct serve_service *v)
{
	struct twc_save_opts o = { .pattern = p->save, .silent = p->once };
	struct twc_err why = { 0 };

	v->save = twc_save_new(r, &o, &why);
	if (!v->save)
		return service_fail(ctx, row, &why);
	v->factory = twc_save_factory(v->save);
	return 0;
}

int serve_service_settle(struct ctx *ctx, const struct serve_params *p, const struct serve_service *v)
{
	const char *arg;
	struct twc_err why = { 0 };

	if (!v->save || twc_save_check(v->save, &why) == 0)
		return 0;
	return service_fail(ctx, serve_service(p, &arg), &why);
}

static int reply_make(struct ctx *ctx, const struct serve_params *p, const struct twc_opt *row, struct serve_service *v)
{
	struct twc_err why = { 0 };

	v->reply = twc_reply_new(p->reply, &why);
	if (!v->reply)
		return service_fail(ctx, row, &why);
	v->factory = twc_reply_factory(v->reply);
	v->client_first = true;
	if (p->reply_after && twc_reply_set_after(v->reply, p->reply_after, &why))
		return out_usage(ctx, "--reply-after: %s", why.text);
	return 0;
}

/* *banner, which *words points into, is to be freed in any case. */
static int banner_parse(struct ctx *ctx, const struct serve_params *p, char **banner, struct twc_str *words)
{
	struct twc_err why = { 0 };

	*banner = twc_strdup(p->banner ? p->banner : "");
	*words = twc_str_of(*banner);
	if (twc_parse_escapes(*banner, &words->n, &why))
		return out_usage(ctx, "--banner: %s", why.text);
	return 0;
}

static int room_make(struct ctx *ctx, const struct serve_params *p, struct twc_reactor *r, struct serve_service *v)
{
	struct twc_room_opts o = { .slow = p->slow < 0 ? TWC_SLOW_DROP : (enum twc_slow)p->slow };
	char *banner;
	int status = 0;

	if (p->service == SERVE_BROADCAST) {
		v->room = v->factory = twc_broadcast_new(r, &o);
		return 0;
	}
	status = banner_parse(ctx, p, &banner, &o.banner);
	if (!status)
		v->room = v->factory = twc_chat_new(r, &o);
	twc_free(banner);
	return status;
}

int serve_service_greet(struct ctx *ctx, const struct serve_params *p, struct serve_service *v, struct twc_factory **f)
{
	struct twc_str words;
	char *banner;
	int status;

	if (!p->banner || p->service == SERVE_CHAT) /* the chat says it itself, as a line */
		return 0;
	status = banner_parse(ctx, p, &banner, &words);
	if (!status)
		*f = v->greet = twc_policy_greet_new(*f, words);
	v->client_first = false;
	twc_free(banner);
	return status;
}

int serve_service_make(struct ctx *ctx, const struct serve_params *p, struct twc_reactor *r, struct serve_service *v)
{
	const char *arg;
	const struct twc_opt *row = serve_service(p, &arg);
	struct twc_err why = { 0 };

	if (!row)
		return 0;
	if (p->exec || p->sh)
		return exec_make(ctx, p, row, r, v);
	if (p->save)
		return save_make(ctx, p, row, r, v);
	if (p->reply)
		return reply_make(ctx, p, row, v);
	if (p->service == SERVE_BROADCAST || p->service == SERVE_CHAT)
		return room_make(ctx, p, r, v);
	v->small = twc_service_find(row->long_name);
	v->factory = v->small->create(r, arg, &why);
	v->client_first = v->small->client_first;
	return v->factory ? 0 : service_fail(ctx, row, &why);
}

bool serve_service_is_busy(const struct serve_service *v)
{
	return v->exec && twc_exec_is_busy(v->exec);
}

void serve_service_stopping(struct serve_service *v)
{
	if (v->room)
		twc_room_close(v->room);
	if (v->exec)
		twc_exec_stopping(v->exec);
	if (v->small && v->small->stop)
		v->small->stop(v->factory);
}

void serve_service_stop(struct serve_service *v)
{
	if (v->exec)
		twc_exec_stop(v->exec);
}

int serve_service_status(const struct serve_service *v, const struct twc_err *err)
{
	struct twc_err why = { 0 };
	int status;

	if (!v->exec)
		return -1;
	if (err->code)
		return err->code == TWC_ENOINPUT ? twc_command_exit(err) : -1;
	status = twc_exec_last_status(v->exec, &why);
	return status < 0 ? -1 : out_child_exit(status);
}

/* Clients that wait are better off than those whose program cannot be started for want of descriptors. */
unsigned serve_service_clients_max(int n_endpoints)
{
	uint64_t ours = DESCRIPTORS_OF_OURS + 2 * (uint64_t)n_endpoints, n;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return SERVE_CHILDREN_MAX;
	n = limit.rlim_cur > ours ? (limit.rlim_cur - ours) / DESCRIPTORS_OF_A_CHILD : 0;
	if (n > SERVE_CHILDREN_MAX)
		return SERVE_CHILDREN_MAX;
	return n > 0 ? (unsigned)n : 1;
}

void serve_service_free(struct serve_service *v)
{
	twc_policy_free(v->greet);
	twc_exec_free(v->exec);
	twc_save_free(v->save);
	twc_reply_free(v->reply);
	twc_room_free(v->room);
	if (v->small && v->factory)
		v->small->destroy(v->factory);
}
