/* SPDX-License-Identifier: MIT */
/*
 * unix: a socket by path, or @NAME in Linux's abstract namespace: a stream, datagrams, or a connection of records
 * (seqpacket).
 *
 * Datagrams can be answered only when their sender has a name, so a client binds one: a path if asked to, which is
 * removed at the end, else a name that the kernel makes up.
 */
#include "endpoint/endpoint_int.h"
#include "net/net_int.h"
#include <errno.h>
#include <unistd.h>
#include "base/banned.h"

#define BOTH (TWC_CONNECT | TWC_LISTEN)

enum { KIND_STREAM, KIND_DGRAM, KIND_SEQPACKET };
static const char *const kind_words[] = { "stream", "dgram", "seqpacket", NULL };
static const enum twc_addr_kind addr_kinds[] = { [KIND_STREAM] = TWC_ADDR_UNIX,
						 [KIND_DGRAM] = TWC_ADDR_UNIX_DGRAM,
						 [KIND_SEQPACKET] = TWC_ADDR_UNIX_SEQPACKET };

static const struct twc_endpoint_arg unix_args[] = {
	{ .name = "path", .alias = "address", .kind = TWC_ARG_STRING, .roles = BOTH, .positional = BOTH, .required = BOTH,
	  .help = "socket file, or @NAME (abstract)" },
	{ .name = "mode", .kind = TWC_ARG_MODE, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "permissions of the socket file, octal (600)" },
	{ .name = "user", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN,
	  .help = "user whom the socket file is given, name or number" },
	{ .name = "group", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN,
	  .help = "group that the socket file is given, name or number" },
	{ .name = "unlink", .kind = TWC_ARG_BOOL, .roles = TWC_LISTEN,
	  .help = "remove the socket file at the end (yes)" },
	{ .name = "backlog", .kind = TWC_ARG_UINT, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "connections that may wait to be accepted (4096)" },
	{ .name = "kind", .kind = TWC_ARG_WORD, .roles = BOTH, .words = kind_words,
	  .help = "stream, dgram, or seqpacket: a connection of records (stream)" },
	{ .name = "bind", .kind = TWC_ARG_FILE, .roles = TWC_CONNECT,
	  .help = "with kind=dgram: path or @NAME that answers come to (a name made up by the kernel)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const unix_groups[] = { unix_args, twc__args_timeout, twc__args_buffers, NULL };

static enum twc_addr_kind unix_kind(const struct twc__args *a)
{
	return addr_kinds[twc__args_num(a, "kind", KIND_STREAM)];
}

static int check_path(const struct twc__value *v, struct twc_err *err)
{
	struct twc_err cause = { 0 };
	struct twc_addr addr;

	if (twc__check_name(v, err))
		return TWC_EUSAGE;
	if (v && twc_addr_parse_unix(&addr, twc_str_of(v->text), &cause))
		return twc__fault(err, v->column, "%s", cause.text);
	return 0;
}

/* What a file has, and a name without one has not. */
static int check_file(const struct twc__args *a, struct twc_err *err)
{
	static const char *const names[] = { "user", "group", "unlink" };
	const struct twc__value *user = twc__args_get(a, "user"), *group = twc__args_get(a, "group");
	struct twc_err cause = { 0 };
	uint32_t id;

	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++) {
		const struct twc__value *v = twc__args_get(a, names[i]);

		if (v && twc__args_str(a, "path", "")[0] == '@')
			return twc__fault(err, v->column, "%s: an abstract name has no file", names[i]);
	}
	if (user && twc__user_find(twc_str_of(user->text), &id, &cause))
		return twc__fault(err, user->column, "%s", cause.text);
	if (group && twc__group_find(twc_str_of(group->text), &id, &cause))
		return twc__fault(err, group->column, "%s", cause.text);
	return 0;
}

static int unix_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *mode = twc__args_get(a, "mode"), *bind = twc__args_get(a, "bind");
	const struct twc__value *backlog = twc__args_get(a, "backlog");
	bool is_dgram = unix_kind(a) == TWC_ADDR_UNIX_DGRAM;

	if (check_path(twc__args_get(a, "path"), err) || check_path(bind, err) || check_file(a, err))
		return TWC_EUSAGE;
	if (bind && !is_dgram)
		return twc__fault(err, bind->column, "bind is for kind=dgram: a connection needs no address for its answers");
	if (backlog && is_dgram)
		return twc__fault(err, backlog->column, "backlog: datagrams have no connections that wait");
	if (mode && (mode->num == 0 || mode->num > 0777))
		return twc__fault(err, mode->column, "mode must be 1 to 777 (octal)");
	return twc__sock_check(a, AF_UNSPEC, err);
}

static void unix_dial(const struct twc__args *a, struct twc_dial_opts *o)
{
	o->kind = unix_kind(a);
	o->host = twc__args_str(a, "path", "");
	o->timeout_ns = twc__args_num(a, "timeout", 0);
	twc__sock_opts(a, &o->sock);
}

static void unix_addr(const struct twc__args *a, const char *name, struct twc_addr *out)
{
	if (twc_addr_parse_unix(out, twc_str_of(twc__args_str(a, name, "")), NULL))
		TWC_BUG("%s was not checked", name);
	out->kind = unix_kind(a);
}

/* ---- a client of datagrams ---- */

static void dgram_release(void *arg)
{
	twc__bound_file_remove(arg);
	twc_free(arg);
}

static int dgram_bind(const struct twc__args *a, struct twc__local *l, struct twc_err *err)
{
	const struct sockaddr_un none = { .sun_family = AF_UNIX };
	struct twc_addr addr;

	if (!twc__args_get(a, "bind")) { /* unix(7), autobind */
		if (bind(l->in, (const struct sockaddr *)&none, sizeof(none.sun_family)) < 0)
			return twc_err_sys(err, TWC_ECANTBIND, errno, NULL, "cannot bind an address for answers");
		return 0;
	}
	unix_addr(a, "bind", &addr);
	l->arg = twc_calloc(1, sizeof(struct twc__bound_file));
	l->release = dgram_release;
	return twc__bind_unix(l->in, &addr, 0, l->arg, err);
}

static int unix_prepare(const struct twc_endpoint *e, struct twc__local *l, struct twc_err *err)
{
	struct twc_sockopts opts;
	int rc;

	if (unix_kind(&e->args) != TWC_ADDR_UNIX_DGRAM)
		return TWC__NOT_LOCAL;
	unix_addr(&e->args, "path", &l->peer);
	l->kind = l->peer.kind;
	l->in = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->in < 0)
		return twc_err_from_errno(err, errno, NULL);
	twc__sock_opts(&e->args, &opts);
	rc = twc__sockopts_apply(l->in, l->kind, &opts, &l->peer, err);
	if (rc == 0)
		rc = dgram_bind(&e->args, l, err);
	if (rc == 0 && connect(l->in, &l->peer.u.sa, l->peer.len) < 0)
		rc = twc__attempt_error(err, errno, &l->peer);
	return rc;
}

static bool unix_leaves_traces(const struct twc__args *a)
{
	return a->role == TWC_LISTEN || twc__args_get(a, "bind");
}

static bool unix_has_datagrams(const struct twc__args *a)
{
	return unix_kind(a) == TWC_ADDR_UNIX_DGRAM;
}

/* ---- listening ---- */

static int listen_dgram(const struct twc_listen_opts *opts, struct twc_port *port, struct twc_err *err)
{
	struct twc__bound_file file = { 0 };
	struct twc_addr bound;
	int fd = twc__bind_listen(opts, &bound, &file, err);

	return fd < 0 ? fd : twc__port_add_dgram(port, fd, &file, err);
}

static int unix_owner(const struct twc__args *a, struct twc_listen_opts *o, struct twc_err *err)
{
	const struct twc__value *user = twc__args_get(a, "user"), *group = twc__args_get(a, "group");

	int rc = user ? twc__user_find(twc_str_of(user->text), &o->uid, err) : 0;

	if (!rc && group)
		rc = twc__group_find(twc_str_of(group->text), &o->gid, err);
	o->file_stays = !twc__args_num(a, "unlink", 1);
	return rc;
}

static int unix_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		       struct twc_err *err)
{
	struct twc_err cause = { 0 };
	struct twc_listen_opts opts;
	struct twc_listener *l;

	twc_listen_opts_init(&opts);
	unix_addr(&e->args, "path", &opts.addr);
	opts.backlog = (int)twc__args_num(&e->args, "backlog", 0);
	opts.mode = (unsigned)twc__args_num(&e->args, "mode", 0);
	opts.gate = o->gate;
	twc__sock_opts(&e->args, &opts.sock);
	if (unix_owner(&e->args, &opts, err))
		return err->code;
	if (opts.addr.kind == TWC_ADDR_UNIX_DGRAM)
		return listen_dgram(&opts, port, err);
	l = twc_listen(twc__port_reactor(port), &opts, &cause);
	if (!l) {
		*err = cause;
		return cause.code;
	}
	twc__port_add_listener(port, l);
	return 0;
}

const struct twc__endpoint_type twc__endpoint_unix = {
	.pub = { .name = "unix", .roles = BOTH, .summary = "UNIX socket: stream, datagrams or records",
		 .synopsis = (const char *const[]){ "unix:PATH", "unix:@NAME", "unix:PATH[:mode=600]",
						    "unix:PATH:kind=dgram", NULL },
		 .args = unix_groups },
	.has_datagrams = unix_has_datagrams,
	.leaves_traces = unix_leaves_traces,
	.check = unix_check,
	.prepare = unix_prepare,
	.dial = unix_dial,
	.takes_entrance = true,
	.listen = unix_listen,
};
