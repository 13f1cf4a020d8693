/* SPDX-License-Identifier: MIT */
/* vsock: between a virtual machine and its host, vsock(7). A machine is named by its CID. */
#include "endpoint/endpoint_int.h"
#include "net/net_int.h"
#include <linux/vm_sockets.h>
#include <string.h>
#include "base/banned.h"

#define BOTH (TWC_CONNECT | TWC_LISTEN)

static const struct twc_endpoint_arg vsock_args[] = {
	{ .name = "cid", .kind = TWC_ARG_STRING, .roles = BOTH, .positional = BOTH, .required = TWC_CONNECT,
	  .help = "the machine: a number, host or local; to listen also any (local)" },
	{ .name = "port", .kind = TWC_ARG_UINT, .roles = BOTH, .positional = BOTH, .required = BOTH,
	  .help = "port number; 0 to listen: any free one" },
	{ .name = "backlog", .kind = TWC_ARG_UINT, .roles = TWC_LISTEN,
	  .help = "connections that may wait to be accepted (4096)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const vsock_groups[] = { vsock_args, twc__args_timeout, twc__args_buffers, NULL };

static int parse_cid(const char *s, uint32_t *cid)
{
	static const struct {
		const char *name;
		uint32_t cid;
	} names[] = { { "host", VMADDR_CID_HOST }, { "local", VMADDR_CID_LOCAL }, { "any", VMADDR_CID_ANY } };
	uint64_t n;

	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++)
		if (strcmp(s, names[i].name) == 0) {
			*cid = names[i].cid;
			return 0;
		}
	if (twc_parse_uint(twc_str_of(s), 0, UINT32_MAX - 1, &n, NULL))
		return TWC_EUSAGE;
	*cid = (uint32_t)n;
	return 0;
}

static int vsock_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, "cid"), *port = twc__args_get(a, "port");
	char shown[TWC__SHOWN];
	uint32_t cid = 0;

	if (v && parse_cid(v->text, &cid))
		return twc__fault(err, v->column, "cid: '%s' is neither a number nor host, local%s",
				  twc__show(v->text, shown), a->role == TWC_LISTEN ? " or any" : "");
	if (a->role == TWC_CONNECT && cid == VMADDR_CID_ANY)
		return twc__fault(err, v->column, "cid: any is for listening");
	if (a->role == TWC_CONNECT && port->num == 0)
		return twc__fault(err, port->column, "port 0 is for listening");
	return twc__sock_check(a, AF_UNSPEC, err);
}

static void vsock_addr(const struct twc__args *a, bool is_public, struct twc_addr *out)
{
	const struct twc__value *v = twc__args_get(a, "cid");
	uint32_t cid = is_public ? VMADDR_CID_ANY : VMADDR_CID_LOCAL, port = (uint32_t)twc__args_num(a, "port", 0);

	if (v && parse_cid(v->text, &cid))
		TWC_BUG("cid was not checked");
	twc__addr_set_vsock(out, cid, port ? port : VMADDR_PORT_ANY);
}

static void vsock_dial(const struct twc__args *a, struct twc_dial_opts *o)
{
	o->kind = TWC_ADDR_VSOCK;
	vsock_addr(a, false, &o->to);
	o->timeout_ns = twc__args_num(a, "timeout", 0);
	twc__sock_opts(a, &o->sock);
}

static int vsock_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
			struct twc_err *err)
{
	struct twc_err cause = { 0 };
	struct twc_listen_opts opts;
	struct twc_listener *l;

	twc_listen_opts_init(&opts);
	vsock_addr(&e->args, o->public, &opts.addr);
	opts.backlog = (int)twc__args_num(&e->args, "backlog", 0);
	opts.gate = o->gate;
	twc__sock_opts(&e->args, &opts.sock);
	l = twc_listen(twc__port_reactor(port), &opts, &cause);
	if (!l) {
		*err = cause;
		return cause.code;
	}
	twc__port_add_listener(port, l);
	return 0;
}

const struct twc__endpoint_type twc__endpoint_vsock = {
	.pub = { .name = "vsock", .roles = BOTH, .summary = "between a virtual machine and its host",
		 .synopsis = (const char *const[]){ "vsock:CID:PORT", "vsock:PORT", "vsock:any:PORT", NULL },
		 .args = vsock_groups },
	.check = vsock_check,
	.dial = vsock_dial,
	.listen = vsock_listen,
};
