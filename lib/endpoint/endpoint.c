/* SPDX-License-Identifier: MIT */
/*
 * The endpoint object: a string that was understood, and connecting by it. Listening is in port.c, the grammar in
 * parse.c, what a type does in its own file.
 */
#include "endpoint/conn.h"
#include "endpoint/ws.h"
#include "net/net_int.h"
#include "transport/transport_int.h"
#include <string.h>
#include <unistd.h>
#include "base/banned.h"

/* ---- the object ---- */

static int endpoint_check_role(const struct twc__parsed *p, enum twc_role role, struct twc_err *err)
{
	const struct twc_endpoint_type *type = &p->type->pub;

	if (type->roles & role)
		return 0;
	return twc__fault(err, p->type_column, "%s endpoints can only be %s", type->name,
			  role == TWC_CONNECT ? "listened on" : "connected to");
}

/* tcp://host:80 would be a strange host; a path may well start with two slashes. */
static int endpoint_check_url(const struct twc_endpoint *e, struct twc_err *err)
{
	if (e->parsed.is_url && e->role == TWC_LISTEN)
		return twc__fault(err, e->parsed.type_column, "a URL is whom to connect to; to listen write %s:PORT[:path=/PATH]",
				  e->type->pub.name);
	if (e->parsed.is_url)
		return 0;
	if (!twc__arg_row(&e->type->pub, "port", TWC_CONNECT | TWC_LISTEN))
		return 0;
	return twc__url_fault(e->source, e->parsed.type_column, err);
}

static int endpoint_init(struct twc_endpoint *e, const struct twc__endpoint_type *const *types, struct twc_err *err)
{
	int rc = twc__parse(e->source, types, &e->parsed, err);

	if (rc)
		return rc;
	e->type = e->parsed.type;
	if ((rc = endpoint_check_role(&e->parsed, e->role, err)) != 0)
		return rc;
	if ((rc = endpoint_check_url(e, err)) != 0)
		return rc;
	if ((rc = twc__args_bind(&e->args, &e->parsed, e->source, e->role, err)) != 0)
		return rc;
	rc = e->type->check ? e->type->check(&e->args, err) : 0;
	if (!rc && e->type->wraps) /* the check has parsed it, too */
		e->inner = twc_endpoint_parse(e->parsed.payload, e->role, NULL);
	if (!rc)
		e->carrier = twc__carrier_parse(&e->args);
	return rc;
}

struct twc_endpoint *twc_endpoint_parse(const char *s, enum twc_role role, struct twc_err *err)
{
	return twc__endpoint_parse_as(s, twc__types(), role, err);
}

struct twc_endpoint *twc__endpoint_parse_as(const char *s, const struct twc__endpoint_type *const *types, enum twc_role role,
					    struct twc_err *err)
{
	struct twc_endpoint *e = twc_calloc(1, sizeof(*e));

	twc_err_clear(err);
	e->source = twc_strdup(s);
	e->role = role;
	if (endpoint_init(e, types, err)) {
		twc_endpoint_free(e);
		return NULL;
	}
	e->text = twc__mask(s, types, NULL);
	return e;
}

static bool endpoint_is_ip(const struct twc_endpoint *e)
{
	const struct twc_endpoint_arg *const *group = e->type->pub.args;

	while (*group && *group != twc__args_ip)
		group++;
	return *group != NULL;
}

int twc_endpoint_restrict(struct twc_endpoint *e, unsigned ip_version, struct twc_err *err)
{
	int family = ip_version == 4 ? AF_INET : AF_INET6, fixed;

	if (!endpoint_is_ip(e))
		return 0;
	fixed = twc__sock_family(&e->args);
	if (fixed != AF_UNSPEC && fixed != family)
		return twc__fault(err, e->parsed.type_column, "%s endpoints are not for IPv%u", e->type->pub.name, ip_version);
	e->args.family = family;
	if (e->carrier) {
		int rc = twc_endpoint_restrict(e->carrier, ip_version, err);

		if (rc)
			return rc;
	}
	return e->type->check ? e->type->check(&e->args, err) : 0;
}

void twc_endpoint_free(struct twc_endpoint *e)
{
	if (!e)
		return;
	twc_endpoint_free(e->inner);
	twc_endpoint_free(e->carrier);
	twc_tls_ctx_free(e->tls);
	twc__args_fini(&e->args);
	twc__parsed_fini(&e->parsed);
	twc_free_secret(e->source, strlen(e->source));
	twc_free(e->text);
	twc_free(e);
}

const char *twc_endpoint_type(const struct twc_endpoint *e)
{
	return e->type->pub.name;
}

const char *twc_endpoint_text(const struct twc_endpoint *e)
{
	return e->text;
}

bool twc_endpoint_is_datagram(const struct twc_endpoint *e)
{
	return e->type->is_datagram || (e->type->has_datagrams && e->type->has_datagrams(&e->args));
}

bool twc_endpoint_has_messages(const struct twc_endpoint *e)
{
	return e->inner ? twc_endpoint_has_messages(e->inner) : twc__args_want_ws(&e->args);
}

bool twc_endpoint_leaves_traces(const struct twc_endpoint *e)
{
	if (e->carrier)
		return twc_endpoint_leaves_traces(e->carrier);
	return e->type->leaves_traces && e->type->leaves_traces(&e->args);
}

bool twc_endpoint_wants_raw(const struct twc_endpoint *e)
{
	if (e->carrier)
		return twc_endpoint_wants_raw(e->carrier);
	return e->type->wants_raw && e->type->wants_raw(&e->args);
}

bool twc_endpoint_is_tunnelled(const struct twc_endpoint *e)
{
	return e->carrier ? twc_endpoint_is_tunnelled(e->carrier) : twc__args_get(&e->args, "via") != NULL;
}

bool twc_endpoint_is_socket(const struct twc_endpoint *e)
{
	return e->type->dial && !twc__args_want_tls(&e->args) && !twc__args_want_ws(&e->args) && !twc_endpoint_is_datagram(e);
}

bool twc_endpoint_is_unverified(const struct twc_endpoint *e)
{
	return e->role == TWC_CONNECT &&
	       (twc__args_num(&e->args, "verify", 1) == 0 || twc__via_is_unverified(&e->args) ||
		(e->carrier && twc_endpoint_is_unverified(e->carrier)));
}

bool twc_endpoint_is_tls(const struct twc_endpoint *e)
{
	return e->inner ? twc_endpoint_is_tls(e->inner) : twc__args_want_tls(&e->args);
}

bool twc_endpoint_has_files(const struct twc_endpoint *e)
{
	const struct twc__args *a = &e->args;

	if (e->inner)
		return twc_endpoint_has_files(e->inner);
	if (e->role != TWC_LISTEN || !twc__args_want_tls(a))
		return false;
	return strcmp(twc__args_str(a, "cert", "auto"), "auto") != 0 || twc__args_get(a, "certs") || twc__args_get(a, "ca");
}

int twc_endpoint_reload(const struct twc_endpoint *e, struct twc_err *err)
{
	if (e->inner)
		return twc_endpoint_reload(e->inner, err);
	return e->tls ? twc_tls_ctx_reload(e->tls, err) : 0;
}

/* ---- connecting ---- */

static const char not_wanted[] = "the connection is not wanted";

/* A dial on its way; freed by whichever step runs. */
struct dialling {
	struct twc_reactor *r;
	struct twc_factory *factory; /* borrowed, started */
	struct twc_dial_times *times; /* borrowed; NULL: nobody wants to know */
};

static void dialling_finish(struct dialling *d)
{
	twc_factory_stop(d->factory);
	twc_free(d);
}

/* A stream always is. */
static bool is_connected(int fd, const struct twc_addr *peer)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	return peer->kind != TWC_ADDR_UDP || getpeername(fd, (struct sockaddr *)&ss, &len) == 0;
}

static void on_dialled(struct twc_result *res, void *arg)
{
	struct dialling *d = arg;
	struct twc__conn *c = twc_result_take(res);
	struct twc_err err = { 0 };
	struct twc_protocol *p = NULL;
	unsigned flags = 0;

	if (c->peer.kind == TWC_ADDR_UDP)
		twc__udp_merge(c->fd);
	if (c->fd >= 0 && !is_connected(c->fd, &c->peer))
		flags = TWC__TO_PEER;
	if (twc__conn_check(c, &err) == 0) {
		if (d->times)
			d->times->connected_ns = twc_reactor_now(d->r);
		p = twc_factory_build(d->factory, &c->peer);
		if (!p)
			twc_err_set(&err, TWC_EREJECTED, "%s", not_wanted);
	}
	if (p) {
		twc_result_set(res, twc_transport_protocol(twc__conn_take(c, d->r, flags, p)), NULL);
	} else {
		twc__conn_free(c);
		twc_result_fail(res, &err);
	}
	dialling_finish(d);
}

static void on_dial_failed(struct twc_result *res, void *arg)
{
	(void)res;
	dialling_finish(arg);
}

struct twc_deferred *twc__endpoint_dial(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_dial_times *times)
{
	struct twc_deferred *result;
	struct twc_dial_opts o;

	TWC_ASSERT(e->role == TWC_CONNECT && e->type->dial);
	twc_dial_opts_init(&o);
	e->type->dial(&e->args, &o);
	o.times = times;
	result = twc__via_dial(&e->args, r, &o);
	twc__announce(result, e);
	return result;
}

/* As a descriptor, for those who want no transport. */
static void on_bare(struct twc_result *res, void *arg)
{
	struct twc__conn *c = twc_result_take(res);
	struct twc_dialled *d;
	struct twc_err err = { 0 };

	(void)arg;
	if (c->fd < 0) {
		twc_err_set(&err, TWC_EUSAGE, "through a proxy that is reached by TLS there is no socket of its own");
		twc__conn_free(c);
		twc_result_fail(res, &err);
		return;
	}
	d = twc_malloc(sizeof(*d));
	*d = (struct twc_dialled){ .fd = c->fd, .peer = c->peer };
	c->fd = -1;
	twc__conn_free(c);
	twc_result_set(res, d, twc_dialled_free);
}

struct twc_deferred *twc_endpoint_dial(const struct twc_endpoint *e, struct twc_reactor *r)
{
	struct twc_deferred *result = twc__endpoint_dial(e, r, NULL);

	twc_deferred_add(result, on_bare, NULL, NULL);
	return result;
}

struct twc_deferred *twc__endpoint_connect_plain(const struct twc_endpoint *e, struct twc_reactor *r,
						 struct twc_factory *factory, struct twc_dial_times *times)
{
	struct dialling *d = twc_malloc(sizeof(*d));
	struct twc_deferred *result = e->carrier ? twc__carrier_dial(e, r) : twc__endpoint_dial(e, r, times);

	*d = (struct dialling){ .r = r, .factory = factory, .times = times };
	twc_deferred_add(result, on_dialled, on_dial_failed, d);
	return result;
}

static struct twc_deferred *endpoint_open(const struct twc_endpoint *e, struct twc_reactor *r,
					  struct twc_factory *factory)
{
	struct twc__opening o;
	struct twc_err err = { 0 };

	twc__opening_init(&o, factory);
	if (e->type->open(e, r, &o.base, &err) && !o.built)
		twc_err_set(&err, TWC_EREJECTED, "%s", not_wanted);
	twc_factory_stop(factory);
	if (!o.built)
		return twc_deferred_failed(r, &err);
	return twc_deferred_succeed(r, twc_transport_protocol(o.built->transport), NULL);
}

struct twc_deferred *twc_endpoint_connect(const struct twc_endpoint *e, struct twc_reactor *r,
					  struct twc_factory *factory)
{
	return twc_endpoint_connect_timed(e, r, factory, NULL);
}

struct twc_deferred *twc_endpoint_connect_timed(const struct twc_endpoint *e, struct twc_reactor *r,
						struct twc_factory *factory, struct twc_dial_times *times)
{
	struct twc_deferred *local;

	TWC_ASSERT(e->role == TWC_CONNECT);
	twc_factory_start(factory);
	local = e->type->prepare ? twc__local_connect(e, r, factory) : NULL;
	if (local)
		return local;
	if (twc__args_want_ws(&e->args))
		return twc__ws_connect(e, r, factory, times);
	if (twc__args_want_tls(&e->args))
		return twc__tls_connect(e, r, factory, times);
	return e->type->is_local ? endpoint_open(e, r, factory) : twc__endpoint_connect_plain(e, r, factory, times);
}
