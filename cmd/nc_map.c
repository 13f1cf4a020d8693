/* SPDX-License-Identifier: MIT */
/*
 * What is asked of nc, as words for twc serve or twc connect. Pure: nothing is opened, looked up or started.
 *
 * Where nc and twc differ in what a stream's end means, twc's rule holds: the end of standard input is passed on (-N
 * or not), so that nobody waits for an end that never comes. But /dev/null has nothing to say, not even its end: a
 * listening nc takes that for the end of all, and drops what it has not sent. A listener ends with its client, as nc's
 * does.
 */
#include "nc_map.h"

#define NCAT_PORT "31337"
#define LONG_TIME "24h" /* for nc, for ever */

static int fail(const struct nc_map *m, const char *text)
{
	return twc_err_set(m->err, TWC_EUSAGE, "%s", text);
}

static int one_port(struct nc_map *m, const char *text, uint16_t *port)
{
	struct nc_ports list = { 0 };
	int rc = nc_ports_add(&list, text, m->at->services, m->p->udp ? "udp" : "tcp", m->err);

	if (!rc && list.n > 1)
		rc = fail(m, "several ports, where one is meant");
	if (!rc)
		*port = list.port[0];
	nc_ports_free(&list);
	return rc;
}

/* ---- what both roles do with the streams ---- */

static void add_stream_options(struct nc_map *m, bool has_input)
{
	const struct nc_params *p = m->p;
	struct twc_buf b;

	if (p->crlf)
		nc_add(m, "--crlf");
	if (p->telnet)
		nc_add(m, "--telnet");
	if (nc_has_interval(p) && has_input)
		nc_add_option(m, "--line-delay", p->interval);
	nc_add_option(m, "--max-messages", p->packets);
	if (!p->hexdump)
		return;
	twc_buf_init(&b, NC_ENDPOINT_MAX);
	if (twc_buf_addf(&b, "--hexdump=%s", p->hexdump) < 0)
		TWC_BUG("a name does not fit");
	nc_add(m, twc_buf_cstr(&b));
	twc_buf_fini(&b);
}

static void add_linger(struct nc_map *m)
{
	const char *quit = m->p->quit;

	if (quit && quit[0] != '-') /* below 0: for ever */
		nc_add_option(m, "--linger", strcmp(quit, "0") == 0 ? "1ms" : quit);
}

static void add_addressing(struct nc_map *m)
{
	if (m->p->numeric)
		nc_add(m, "--numeric");
	if (m->p->family && nc_wants_tls(m->p))
		nc_add(m, m->p->family == 4 ? "--ipv4" : "--ipv6");
}

/* A port has 32 bits here. `is_all`: there are no more operands. */
static int add_vsock(struct nc_map *m, const char *cid, const char *port, bool is_all)
{
	if (!is_all)
		return fail(m, "too many operands: --vsock takes CID and PORT");
	nc_put(m, "vsock:");
	nc_put_value(m, cid);
	nc_put(m, ":");
	nc_put_value(m, port);
	nc_put_key(m, "timeout", m->p->listen ? NULL : m->p->wait);
	nc_add_endpoint(m);
	return 0;
}

/* CID PORT, PORT, or with -p CID or nothing. */
static int listen_vsock(struct nc_map *m, int n, char **operand)
{
	int n_cids = m->p->port ? n : n - (n > 0);
	const char *port = m->p->port ? m->p->port : n > 0 ? operand[n - 1] : NCAT_PORT;

	if (m->p->source)
		return fail(m, "--vsock does not go with -s");
	return add_vsock(m, n_cids ? operand[0] : "any", port, n_cids <= 1);
}

/* ---- nc -l ---- */

/* The operands are HOST PORT, PORT, or with -p HOST or nothing. */
static int listen_where(struct nc_map *m, int n, char **operand, const char **host, uint16_t *port)
{
	const char *text = m->p->port ? m->p->port : n > 0 ? operand[n - 1] : m->at->is_ncat ? NCAT_PORT : NULL;
	int n_hosts = m->p->port ? n : n - (n > 0);

	if (!text)
		return fail(m, "missing PORT to listen on");
	if (n_hosts > 1)
		return fail(m, "too many operands: -l takes HOST and PORT");
	if (n_hosts && m->p->port && !m->at->is_ncat)
		return fail(m, "with -l and -p there is no HOST: -s ADDR is where to listen, and twc serve --allow ADDR who may "
			       "come");
	if (n_hosts && m->p->source)
		return fail(m, "HOST and -s both say where to listen");
	*host = n_hosts ? operand[0] : m->p->source;
	return one_port(m, text, port);
}

static void add_rules(struct nc_map *m)
{
	for (size_t i = 0; i < m->p->rules.n; i++) {
		const char *kind = m->p->rules.item[i].opt->long_name, *value = m->p->rules.item[i].value;
		const char *name = kind[0] == 'a' ? "--allow" : "--deny";
		struct twc_str rest = twc_str_of(value), part;

		if (strstr(kind, "file")) {
			nc_add_option(m, kind[0] == 'a' ? "--allow-file" : "--deny-file", value);
			continue;
		}
		while (twc_str_cut(&rest, ',', &part)) {
			char *copy = twc_str_dup(part);

			nc_add_option(m, name, copy);
			twc_free(copy);
		}
	}
}

/* Is there nothing to send to a client? */
static bool hears_only(const struct nc_map *m)
{
	return m->p->recv_only || (!m->p->send_only && m->at->in_is_null);
}

/* One client: what its end and silence do. A datagram session has no end of its own, and -l no patience for its first
 * client, but for ever. */
static void add_client_options(struct nc_map *m)
{
	const struct nc_params *p = m->p;
	bool recv_only = hears_only(m);

	if (recv_only)
		nc_add(m, "--recv");
	else if (p->send_only)
		nc_add(m, "--send");
	else if (!p->shutdown)
		nc_add_option(m, "--eof", "keep");
	else if (!p->udp)
		nc_add_option(m, "--eof", "peer");
	if (p->udp && !p->keep && !p->idle)
		nc_add_option(m, "--idle", LONG_TIME);
	if (recv_only || p->keep)
		return;
	if (p->quit)
		add_linger(m);
	else if (p->udp)
		nc_add_option(m, "--linger", LONG_TIME);
}

static void add_service(struct nc_map *m)
{
	const struct nc_params *p = m->p;

	if (p->chat)
		nc_add(m, "--chat");
	else if (p->broker)
		nc_add(m, "--broadcast");
	nc_add_option(m, "--exec", p->exec);
	nc_add_option(m, "--sh", p->sh);
}

static void add_serve_options(struct nc_map *m)
{
	const struct nc_params *p = m->p;
	bool is_room = p->chat || p->broker, is_service = is_room || p->exec || p->sh;

	add_service(m);
	if (!p->keep && !is_room)
		nc_add(m, "--once");
	if (!is_service)
		add_client_options(m);
	if (p->wait && !m->at->is_ncat)
		nc_add_option(m, p->keep || is_service ? "--idle" : "--until-idle", p->wait);
	nc_add_option(m, "--idle", p->idle);
	if (p->max_conns)
		nc_add_option(m, "--max-clients", p->max_conns);
	else if (p->keep && !m->at->is_ncat && !p->udp && !is_room)
		nc_add_option(m, "--max-clients", "1");
	add_rules(m);
	add_stream_options(m, is_service || !hears_only(m));
}

static int listen_fits(struct nc_map *m)
{
	const struct nc_params *p = m->p;

	if (p->zero)
		return fail(m, "-l and -z exclude each other");
	if (p->proxy || p->proxy_auth)
		return fail(m, "-l and a proxy exclude each other");
	if (p->fdpass)
		return fail(m, "-l and -F exclude each other");
	if (p->ssl_verify || p->ssl_trust)
		return fail(m, "--ssl-verify and --ssl-trustfile are about a server; for clients, write client-auth=require and "
			       "ca=FILE in the endpoint tls:PORT");
	if (p->ssl_name)
		return fail(m, "--ssl-servername is what a client asks for: it does not go with -l");
	if (p->keep && !p->shutdown)
		return fail(m, "--no-shutdown goes with a single client, so not with -k");
	if (p->keep && p->quit && p->quit[0] != '-')
		return fail(m, "-q ends after one client, so it does not go with -k; write twc serve --for DURATION");
	return 0;
}

static int map_listen(struct nc_map *m, int n, char **operand)
{
	const char *host = NULL;
	uint16_t port = 1;

	if (listen_fits(m))
		return m->err->code;
	if (m->p->local && n != 1)
		return fail(m, "-lU takes the path of a socket, and nothing else");
	if (!m->p->local && !m->p->vsock && listen_where(m, n, operand, &host, &port))
		return m->err->code;
	nc_add(m, "serve");
	if (!m->at->is_verbose && port)
		nc_add(m, "-q"); /* nc does not say that it listens */
	add_addressing(m);
	if (m->p->local) {
		nc_put_path(m, operand[0]);
		nc_add_endpoint(m);
	} else if (m->p->vsock) {
		if (listen_vsock(m, n, operand))
			return m->err->code;
	} else if (nc_add_local(m, host, port)) {
		return m->err->code;
	}
	add_serve_options(m);
	return 0;
}

/* ---- nc HOST PORT ---- */

/* Is there nothing to send, and nobody asks for its end to be told? */
static bool has_no_input(const struct nc_map *m)
{
	const struct nc_params *p = m->p;
	bool is_told = m->at->is_ncat || p->half_close || p->quit || p->udp || p->send_only || !p->shutdown;

	return p->recv_only || (m->at->in_is_null && !is_told);
}

static void add_connect_options(struct nc_map *m)
{
	const struct nc_params *p = m->p;
	const char *program = p->exec ? p->exec : p->sh;

	if (p->fdpass) {
		nc_add(m, "--fdpass"); /* what is done with the bytes is another's */
		return;
	}
	if (program) {
		nc_add(m, "--to");
		nc_put(m, p->exec ? "exec:" : "sh:");
		nc_put_value(m, program);
		nc_add_endpoint(m);
	} else if (has_no_input(m)) {
		nc_add(m, "--recv");
	} else if (p->send_only) {
		nc_add(m, "--send");
	}
	if (!p->shutdown)
		nc_add_option(m, "--eof", "keep");
	if (program || !has_no_input(m))
		add_linger(m);
	if (!m->at->is_ncat)
		nc_add_option(m, "--until-idle", p->wait);
	nc_add_option(m, "--idle", p->idle);
	add_stream_options(m, program || !has_no_input(m));
}

/* The ports behind HOST, with ncat one at most. */
static int ports_of(struct nc_map *m, int n, char **operand)
{
	struct nc_ports *ports = &m->call->ports;

	if (n == 0 || (n == 1 && !m->at->is_ncat))
		return fail(m, n ? "missing PORT" : "missing HOST and PORT");
	if (n == 1)
		return nc_ports_add(ports, NCAT_PORT, m->at->services, "tcp", m->err);
	for (int i = 1; i < n; i++)
		if (nc_ports_add(ports, operand[i], m->at->services, m->p->udp ? "udp" : "tcp", m->err))
			return m->err->code;
	if (ports->n > 1 && m->at->is_ncat && !m->p->zero)
		return fail(m, "several ports: ncat joins one");
	return 0;
}

static int map_connect(struct nc_map *m, int n, char **operand)
{
	struct nc_call *c = m->call;

	if (ports_of(m, n, operand))
		return m->err->code;
	for (size_t i = 0; i < c->ports.n; i++) {
		if (nc_add_remote(m, operand[0], c->ports.port[i]))
			return m->err->code;
		if (c->ports.n > 1)
			nc_take_turn(c);
	}
	if (c->n_turns)
		nc_add(m, c->turn[0]);
	add_connect_options(m);
	return 0;
}

static int map_path(struct nc_map *m, int n, char **operand)
{
	if (n != 1)
		return fail(m, "-U takes the path of a socket, and nothing else");
	nc_put_path(m, operand[0]);
	nc_put_key(m, "timeout", m->p->wait);
	nc_put_key(m, "bind", m->p->udp ? m->p->source : NULL);
	nc_add_endpoint(m);
	if (!m->p->zero)
		add_connect_options(m);
	return 0;
}

static int map_vsock(struct nc_map *m, int n, char **operand)
{
	if (n == 0)
		return fail(m, "missing CID and PORT");
	if (add_vsock(m, operand[0], n > 1 ? operand[1] : NCAT_PORT, n <= 2))
		return m->err->code;
	if (!m->p->zero)
		add_connect_options(m);
	return 0;
}

static int map_scan(struct nc_map *m, int n, char **operand)
{
	struct nc_ports *ports = &m->call->ports;

	if (ports_of(m, n, operand))
		return m->err->code;
	for (size_t i = 0; i < ports->n; i++)
		if (nc_add_remote(m, operand[0], ports->port[i]))
			return m->err->code;
	return 0;
}

static int connect_fits(struct nc_map *m)
{
	const struct nc_params *p = m->p;

	if (p->keep)
		return fail(m, "-k goes with -l alone");
	if (p->chat || p->broker || p->max_conns || p->rules.n)
		return fail(m, "--chat, --broker, --allow, --deny and -m go with -l alone");
	if (p->proxy && (p->udp || p->local || p->source))
		return fail(m, "-x does not go with -s, -u and -U");
	if (p->fdpass && (p->local || p->udp || p->zero))
		return fail(m, "-F does not go with -U, -u and -z");
	if (p->proxy_user && !p->proxy)
		return fail(m, "-P is for a proxy: -x");
	if (p->proxy_auth && !p->proxy)
		return fail(m, "--proxy-auth is for --proxy");
	if (p->vsock && (p->proxy || p->source || p->port))
		return fail(m, "--vsock does not go with -p, -s and --proxy");
	if (p->zero && (p->exec || p->sh))
		return fail(m, "-z joins nothing: it does not go with a program");
	return 0;
}

static int map_remote(struct nc_map *m, int n, char **operand)
{
	if (connect_fits(m))
		return m->err->code;
	nc_add(m, "connect");
	add_addressing(m);
	if (m->p->zero)
		nc_add(m, "--check");
	m->call->is_scan = m->p->zero;
	m->call->first_endpoint = m->call->n;
	if (m->p->local)
		return map_path(m, n, operand);
	if (m->p->vsock)
		return map_vsock(m, n, operand);
	return m->p->zero ? map_scan(m, n, operand) : map_connect(m, n, operand);
}

/* ---- a call ---- */

static int check_refused(const struct nc_params *p, const struct twc_opt *rows, struct twc_err *err)
{
	const struct twc_opt *o = p->refused.n ? p->refused.item[0].opt : NULL;
	char name[64];

	for (const struct twc_opt *r = rows; p->refused_flag && !o; r++)
		if (r->type == OPT_SET && (r->flags & OPT_HIDDEN) && r->value == p->refused_flag)
			o = r;
	if (!o)
		return 0;
	if (o->short_name)
		return twc_err_set(err, TWC_EUSAGE, "-%c cannot be mapped: %s", o->short_name, o->help);
	return twc_err_set(err, TWC_EUSAGE, "%s cannot be mapped: %s", opt_spelling(o, name, sizeof(name)), o->help);
}

static int check_fits(const struct nc_params *p, struct twc_err *err)
{
	int services = p->chat + p->broker + (p->exec != NULL) + (p->sh != NULL);

	if (p->chat && p->broker && services == 2)
		services = 1; /* --chat is a way of --broker */
	if (services > 1)
		return twc_err_set(err, TWC_EUSAGE, "-e, -c, --chat and --broker exclude each other");
	if (p->recv_only && p->send_only)
		return twc_err_set(err, TWC_EUSAGE, "nothing is sent, and nothing received: write -z");
	if (nc_wants_tls(p) && (p->udp || p->local))
		return twc_err_set(err, TWC_EUSAGE, "--ssl goes with TCP, so not with -u and -U");
	if (p->ssl_key && !p->ssl_cert)
		return twc_err_set(err, TWC_EUSAGE, "--ssl-key goes with --ssl-cert");
	if (p->vsock && (p->udp || p->local || p->family))
		return twc_err_set(err, TWC_EUSAGE, "--vsock does not go with -4, -6, -u and -U");
	if (p->local && p->family)
		return twc_err_set(err, TWC_EUSAGE, "-U has no use for -4 and -6");
	return 0;
}

int nc_map(const struct nc_params *p, const struct nc_setting *at, int n, char **operand, struct nc_call *call,
	   struct twc_err *err)
{
	struct nc_map m = { .p = p, .at = at, .call = call, .err = err };
	int rc;

	*call = (struct nc_call){ 0 };
	if (check_refused(p, at->is_ncat ? ncat_opts : nc_opts, err) || check_fits(p, err) || nc_check_values(p, at->is_ncat, err))
		return err->code;
	twc_buf_init(&m.endpoint, NC_ENDPOINT_MAX);
	rc = p->listen ? map_listen(&m, n, operand) : map_remote(&m, n, operand);
	twc_buf_fini(&m.endpoint);
	if (rc)
		nc_call_free(call);
	return rc;
}
