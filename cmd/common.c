/* SPDX-License-Identifier: MIT */
/*
 * The options that every command has, and what they do to a reactor: log levels and sink, resolver. Nothing is
 * looked up or allocated here before a command asks for its reactor.
 */
#include "out.h"
#include <twc/net.h>

#define GROUP "Common options"

const struct twc_opt common_opts[] = {
	{
		.long_name = "help",
		.short_name = 'h',
		.type = OPT_FLAG,
		.offset = offsetof(struct common, help),
		.group = GROUP,
		.help = "explain the command and its options",
	},
	{
		.long_name = "version",
		.short_name = 'V',
		.type = OPT_FLAG,
		.offset = offsetof(struct common, version),
		.group = GROUP,
		.help = "print the version of twc and of the libraries it is linked with",
	},
	{
		.long_name = "verbose",
		.short_name = 'v',
		.type = OPT_COUNT,
		.offset = offsetof(struct common, verbose),
		.group = GROUP,
		.help = "a line for each connection opened and closed; twice: dial and handshake steps",
	},
	{
		.long_name = "quiet",
		.short_name = 'q',
		.type = OPT_FLAG,
		.offset = offsetof(struct common, quiet),
		.group = GROUP,
		.help = "print nothing but failures, not even the ready line",
	},
	{
		.long_name = "trace",
		.type = OPT_STRING,
		.hint = OPT_HINT_TRACE,
		.offset = offsetof(struct common, trace),
		.arg = "LAYERS",
		.group = GROUP,
		.help = "log bytes and states of these layers: net,transport or all or all,-reactor",
	},
	{
		.long_name = "log-json",
		.type = OPT_FLAG,
		.offset = offsetof(struct common, log_json),
		.group = GROUP,
		.help = "what goes to standard error is one JSON object a line",
	},
	{
		.long_name = "log-time",
		.type = OPT_FLAG,
		.offset = offsetof(struct common, log_time),
		.group = GROUP,
		.help = "put the date and time (UTC) before each line on standard error",
	},
	{
		.long_name = "numeric",
		.type = OPT_FLAG,
		.offset = offsetof(struct common, numeric),
		.group = GROUP,
		.help = "look up no names: take literal addresses alone",
	},
	{
		.long_name = "resolver",
		.type = OPT_STRING,
		.offset = offsetof(struct common, resolver),
		.arg = "SERVERS",
		.group = GROUP,
		.help = "ask these name servers (ADDR[:PORT],...), or `system` for the C library's resolver",
	},
	{
		.long_name = "resolve",
		.type = OPT_LIST,
		.offset = offsetof(struct common, resolve),
		.arg = "NAME:ADDR",
		.group = GROUP,
		.help = "a fixed address for a name; repeatable",
	},
	{
		.long_name = "check-args",
		.flags = OPT_HIDDEN,
		.type = OPT_FLAG,
		.offset = offsetof(struct common, check_args),
		.help = "check options, operands and endpoint strings, and do nothing",
	},
	{ 0 },
};

static const char *const emit_words[] = { "none", "bash", "zsh", "fish", "json", NULL }; /* enum emit_what */

const struct twc_opt twc_opts[] = {
	{
		.long_name = "emit",
		.flags = OPT_HIDDEN,
		.type = OPT_WORD,
		.offset = offsetof(struct common, emit),
		.arg = "WHAT",
		.words = emit_words,
		.help = "print a completion script, or the option rows as JSON",
	},
	{ 0 },
};

static int set_levels(const struct common *c, struct twc_log *log, struct twc_err *err)
{
	struct twc_err why = { 0 };

	if (c->quiet)
		twc_log_set_level(log, TWC_LOG_ERROR);
	if (c->verbose > 0)
		twc_log_set_level(log, c->verbose > 1 ? TWC_LOG_DEBUG : TWC_LOG_INFO);
	if (c->trace && twc_log_set_trace(log, c->trace, &why) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--trace: %s", why.text);
	return 0;
}

/* NAME:ADDR; no name holds a colon, and an IPv6 address may stand in brackets. */
static bool split_fixed(const char *value, struct twc_str *name, struct twc_str *ip)
{
	*ip = twc_str_of(value);
	if (!twc_str_cut(ip, ':', name) || name->n == 0 || ip->n == 0)
		return false;
	if (ip->n > 2 && ip->p[0] == '[' && ip->p[ip->n - 1] == ']')
		*ip = (struct twc_str){ ip->p + 1, ip->n - 2 };
	return true;
}

int common_check(const struct common *c, struct twc_err *err)
{
	struct twc_log scratch;
	struct twc_str name, ip;

	for (size_t i = 0; i < c->resolve.n; i++)
		if (!split_fixed(c->resolve.item[i].value, &name, &ip))
			return twc_err_set(err, TWC_EUSAGE, "--resolve: %s is not NAME:ADDR", c->resolve.item[i].value);
	if (c->numeric && c->resolver)
		return twc_err_set(err, TWC_EUSAGE, "--numeric and --resolver exclude each other");
	twc_log_init(&scratch, NULL, NULL);
	return set_levels(c, &scratch, err);
}

static int set_resolver(const struct common *c, struct twc_reactor *r, struct twc_err *err)
{
	bool system = c->resolver && strcmp(c->resolver, "system") == 0;
	const struct twc_resolver_opts opts = {
		.system = system,
		.numeric = c->numeric,
		.servers = system ? NULL : c->resolver,
	};
	struct twc_err why = { 0 };
	struct twc_str name, ip;
	int rc;

	if (c->resolver || c->numeric) {
		rc = twc_resolver_configure(r, &opts, &why);
		if (rc < 0)
			return twc_err_set(err, rc, "--resolver: %s", why.text);
	}
	for (size_t i = 0; i < c->resolve.n; i++) {
		if (!split_fixed(c->resolve.item[i].value, &name, &ip))
			continue; /* common_check has refused it */
		rc = twc_resolver_add(r, name, ip, &why);
		if (rc < 0)
			return twc_err_set(err, rc, "--resolve %s: %s", c->resolve.item[i].value, why.text);
	}
	return 0;
}

struct twc_reactor *common_reactor_new(struct ctx *ctx, struct twc_err *err)
{
	struct twc_reactor *r = twc_reactor_new(err);
	struct twc_log *log;

	if (!r)
		return NULL;
	log = twc_reactor_log(r);
	log->sink = out_log_sink;
	log->arg = ctx;
	if (set_levels(&ctx->common, log, err) == 0 && set_resolver(&ctx->common, r, err) == 0)
		return r;
	twc_reactor_free(r);
	return NULL;
}

struct twc_endpoint *common_endpoint_parse(const char *s, enum twc_role role, int ip_version, struct twc_err *err)
{
	struct twc_endpoint *e = twc_endpoint_parse(s, role, err);

	if (!e || !ip_version || twc_endpoint_restrict(e, (unsigned)ip_version, err) == 0)
		return e;
	twc_endpoint_free(e);
	return NULL;
}

void common_fini(struct common *c)
{
	opt_list_fini(&c->resolve);
}
