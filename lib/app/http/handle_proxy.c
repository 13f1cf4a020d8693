/* SPDX-License-Identifier: MIT */
/*
 * proxy: - another server answers. The options of a route, and its life; see proxy.h for the way of a request.
 *
 * A reactor goes before its site, and clients go before their reactor: a deferred that is never fired tells when, since it is
 * cancelled then.
 */
#include "app/http/proxy.h"

#include <twc/parse.h>

#include "protocol/http/octet.h"
#include "base/banned.h"

#define CONNECT_NS (5 * TWC_NS_PER_S)
#define FIRST_BYTE_NS (60 * TWC_NS_PER_S)
#define IDLE_NS (60 * TWC_NS_PER_S)
#define TUNNEL_NS (3600 * TWC_NS_PER_S)
#define CHECK_EVERY_NS (2 * TWC_NS_PER_S)
#define CHECK_TIMEOUT_NS TWC_NS_PER_S
#define FAILS 3
#define RISE 2
#define FALL 3

/* ---- fields that are edited ---- */

static bool is_framing(struct twc_str name)
{
	static const char *const names[] = { "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Keep-Alive", "Expect",
					     "Trailer", "TE" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++)
		if (twc_str_eq_nocase(name, twc_str_of(names[i])))
			return true;
	return false;
}

/* "N: V", "N:" that it is removed, "N;" that it is there and empty: as curl has it. */
static int parse_edit(struct twc__proxy_edit *e, const struct twc__http_option *option, struct twc_err *err)
{
	struct twc_str rest, name;
	bool is_empty = option->value.n && option->value.p[option->value.n - 1] == ';' && !memchr(option->value.p, ':', option->value.n);

	e->text = twc_str_dup(option->value);
	rest = (struct twc_str){ e->text, option->value.n };
	twc_str_cut(&rest, is_empty ? ';' : ':', &name);
	e->name = twc_str_trim(name);
	if (!twc_http_is_token(e->name) || !rest.p)
		return twc_err_set(err, TWC_EUSAGE, "a field is written 'Name: value', and 'Name:' removes it");
	if (is_framing(e->name))
		return twc_err_set(err, TWC_EUSAGE, "%.*s is of one connection, and the proxy's to say", (int)e->name.n, e->name.p);
	e->value = twc_str_trim(rest);
	if (!twc__http_all(e->value, TWC__HTTP_VALUE))
		return twc_err_set(err, TWC_EUSAGE, "the value of a field has a control character in it");
	if (!e->value.n)
		e->value.p = is_empty ? e->text : NULL;
	return 0;
}

static int read_edits(struct twc__proxy_edits *edits, const struct twc__http_route_opts *o, const char *key, struct twc_err *err)
{
	const struct twc__http_option *option;
	unsigned i = 0;

	while ((option = twc__http_option_find(o, key, &i))) {
		edits->v = twc_realloc(edits->v, (edits->n + 1) * sizeof(*edits->v));
		edits->v[edits->n] = (struct twc__proxy_edit){ .text = NULL };
		if (parse_edit(&edits->v[edits->n++], option, err) < 0)
			return twc__http_option_fail(option, err);
	}
	return 0;
}

static void edits_fini(struct twc__proxy_edits *edits)
{
	for (unsigned i = 0; i < edits->n; i++)
		twc_free(edits->v[i].text);
	twc_free(edits->v);
}

/* ---- options ---- */

static int read_trust(struct twc__proxy_opts *p, const struct twc__http_route_opts *o, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, "trust", NULL);
	struct twc_str rest, part;

	if (!option)
		return 0;
	rest = option->value;
	while (twc_str_cut(&rest, ',', &part)) {
		p->trusted = twc_realloc(p->trusted, (p->n_trusted + 1) * sizeof(*p->trusted));
		if (twc_cidr_parse(&p->trusted[p->n_trusted++], twc_str_trim(part), err) < 0)
			return twc__http_option_fail(option, err);
	}
	return 0;
}

static int read_host(struct twc__proxy_opts *p, const struct twc__http_route_opts *o, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, "host", NULL);

	p->host = twc_str_starts(o->arg, "http") || twc_str_starts(o->arg, "[http") ? TWC__PROXY_HOST_TARGET : TWC__PROXY_HOST_KEEP;
	if (!option)
		return 0;
	if (twc_str_is(option->value, "keep") || twc_str_is(option->value, "target")) {
		p->host = option->value.p[0] == 'k' ? TWC__PROXY_HOST_KEEP : TWC__PROXY_HOST_TARGET;
		return 0;
	}
	for (size_t i = 0; i < option->value.n; i++)
		if (!twc__http_is((unsigned char)option->value.p[i], TWC__HTTP_HOST) && !strchr(":[]", option->value.p[i])) {
			twc_err_set(err, TWC_EUSAGE, "this is none of keep, target and the name of a host");
			return twc__http_option_fail(option, err);
		}
	p->host = TWC__PROXY_HOST_NAME;
	p->host_name = twc_str_dup(option->value);
	return 0;
}

/* "200", "200-399", "2xx" */
static int read_statuses(struct twc__proxy_opts *p, const struct twc__http_route_opts *o, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, "check-status", NULL);
	struct twc_str to, from;
	uint64_t low, high;

	p->check_low = 200;
	p->check_high = 299;
	if (!option)
		return 0;
	if (option->value.n == 3 && option->value.p[0] >= '2' && option->value.p[0] <= '5' && !memcmp(option->value.p + 1, "xx", 2)) {
		p->check_low = (unsigned)(option->value.p[0] - '0') * 100;
		p->check_high = p->check_low + 99;
		return 0;
	}
	to = option->value;
	twc_str_cut(&to, '-', &from);
	if (twc_parse_uint(from, 200, 599, &low, err) < 0 || twc_parse_uint(to.p ? to : from, low, 599, &high, err) < 0) {
		twc_err_set(err, TWC_EUSAGE, "write a status, or several: 200, 200-399, 2xx");
		return twc__http_option_fail(option, err);
	}
	p->check_low = (unsigned)low;
	p->check_high = (unsigned)high;
	return 0;
}

/* What asks for checks to be made in another way asks for checks. */
static int check_keys(const struct twc__proxy_opts *p, const struct twc__http_route_opts *o, struct twc_err *err)
{
	for (unsigned i = 0; i < o->n && !p->check; i++)
		if (twc_str_starts(o->option[i].key, "check-")) {
			twc_err_set(err, TWC_EUSAGE, "nothing is checked without check=PATH");
			return twc__http_option_fail(&o->option[i], err);
		}
	return 0;
}

static int read_check(struct twc__proxy_opts *p, const struct twc__http_route_opts *o, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, "check", NULL);
	uint64_t rise = RISE, fall = FALL;
	int rc = check_keys(p, o, err);

	if (option && (!twc_str_starts(option->value, "/") || !twc__http_all(option->value, TWC__HTTP_TARGET))) {
		twc_err_set(err, TWC_EUSAGE, "a path such as /health belongs here");
		return twc__http_option_fail(option, err);
	}
	if (option)
		p->check = twc_str_dup(option->value);
	rc = check_keys(p, o, err);
	p->check_every_ns = CHECK_EVERY_NS;
	p->check_timeout_ns = CHECK_TIMEOUT_NS;
	if (rc >= 0)
		rc = twc__http_option_duration(o, "check-every", &p->check_every_ns, err);
	if (rc >= 0)
		rc = twc__http_option_duration(o, "check-timeout", &p->check_timeout_ns, err);
	if (rc >= 0)
		rc = twc__http_option_uint(o, "check-rise", 1, 100, &rise, err);
	if (rc >= 0)
		rc = twc__http_option_uint(o, "check-fall", 1, 100, &fall, err);
	if (rc >= 0 && (!p->check_every_ns || !p->check_timeout_ns)) {
		twc_err_set(err, TWC_EUSAGE, "a check takes some time");
		return twc__http_option_fail(twc__http_option_find(o, p->check_every_ns ? "check-timeout" : "check-every", NULL), err);
	}
	p->rise = (unsigned)rise;
	p->fall = (unsigned)fall;
	return rc < 0 ? rc : read_statuses(p, o, err);
}

static int read_times(struct twc__proxy_opts *p, const struct twc__http_route_opts *o, struct twc_err *err)
{
	int rc;

	p->connect_ns = CONNECT_NS;
	p->first_byte_ns = FIRST_BYTE_NS;
	p->idle_ns = IDLE_NS;
	p->tunnel_ns = TUNNEL_NS;
	rc = twc__http_option_duration(o, "connect", &p->connect_ns, err);
	if (rc >= 0)
		rc = twc__http_option_duration(o, "first-byte", &p->first_byte_ns, err);
	if (rc >= 0)
		rc = twc__http_option_duration(o, "idle", &p->idle_ns, err);
	if (rc >= 0)
		rc = twc__http_option_duration(o, "tunnel", &p->tunnel_ns, err);
	return rc < 0 ? rc : 0;
}

static int read_words(struct twc__proxy_opts *p, const struct twc__http_route_opts *o, struct twc_err *err)
{
	static const char *const balances[] = { "roundrobin", "leastconn", "source", "random", "first", NULL };
	static const char *const versions[] = { "1", "2", NULL };
	struct twc_str tls = { NULL, 0 };
	uint64_t fails = FAILS;
	int balance = TWC__PROXY_ROUNDROBIN, version = 0, rc;

	rc = twc__http_option_word(o, "balance", balances, &balance, err);
	if (rc >= 0)
		rc = twc__http_option_word(o, "http", versions, &version, err);
	if (rc >= 0)
		rc = twc__http_option_bool(o, "strip", &p->strips, err);
	if (rc >= 0)
		rc = twc__http_option_uint(o, "fails", 1, 1000, &fails, err);
	if (rc >= 0 && twc__http_option_str(o, "tls", &tls))
		p->tls = twc_str_dup(tls);
	p->balance = (enum twc__proxy_balance)balance;
	p->version = version ? 20 : 11;
	p->fails = (unsigned)fails;
	return rc < 0 ? rc : 0;
}

static int read_options(struct twc__proxy_opts *p, const struct twc__http_route_opts *o, struct twc_err *err)
{
	int rc = read_words(p, o, err);

	if (rc == 0)
		rc = read_host(p, o, err);
	if (rc == 0)
		rc = read_trust(p, o, err);
	if (rc == 0)
		rc = read_edits(&p->up, o, "header-up", err);
	if (rc == 0)
		rc = read_edits(&p->down, o, "header-down", err);
	if (rc == 0)
		rc = read_times(p, o, err);
	return rc < 0 ? rc : read_check(p, o, err);
}

/* ---- a route ---- */

/* The reactor goes: what belongs to it has to go before. */
static void on_life_end(struct twc_deferred *d, void *arg)
{
	struct twc__proxy *p = arg;

	p->is_over = true;
	twc__proxy_checks_stop(p);
	twc__proxy_clients_free(p);
	twc_deferred_drop(d);
}

static void on_life_ended(struct twc_result *res, void *arg)
{
	struct twc__proxy *p = arg;
	struct twc_deferred *d = p->life;

	twc_result_set(res, NULL, NULL);
	p->life = NULL;
	twc_deferred_release(d);
}

static void proxy_free(void *part)
{
	struct twc__proxy *p = part;

	if (p->life)
		twc_deferred_cancel(p->life);
	twc__proxy_targets_fini(p);
	edits_fini(&p->o.up);
	edits_fini(&p->o.down);
	twc_free(p->o.host_name);
	twc_free(p->o.trusted);
	twc_free(p->o.check);
	if (p->o.tls)
		twc_free_secret(p->o.tls, strlen(p->o.tls));
	twc_http_fields_fini(&p->fields);
	twc_buf_fini(&p->path);
	twc_buf_fini(&p->text);
	twc_free(p);
}

static const struct twc__http_part_ops proxy_part = { .name = "proxy", .free = proxy_free };

static struct twc__proxy *proxy_new(struct twc_http_site *site)
{
	struct twc__proxy *p = twc_calloc(1, sizeof(*p));

	p->site = site;
	p->r = site->r;
	twc__hash_key_init(&p->key);
	twc_buf_init(&p->path, TWC_URL_MAX);
	twc_buf_init(&p->text, TWC_HTTP_FIELDS_BYTES);
	p->life = twc_deferred_new(p->r, on_life_end, p);
	twc_deferred_add(p->life, NULL, on_life_ended, p);
	return p;
}

static int proxy_create(struct twc_http_site *site, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
			struct twc__http_made *out, struct twc_err *err)
{
	struct twc__proxy *p = proxy_new(site);
	int rc = read_options(&p->o, o, err);

	(void)base;
	if (rc == 0) {
		rc = twc__proxy_targets_parse(p, arg, err);
		if (rc < 0 && err)
			err->column = o->arg_column + (err->column ? err->column - 1 : 0);
	}
	if (rc < 0) {
		proxy_free(p);
		return rc;
	}
	twc__http_site_add_part(site, &proxy_part, p);
	twc__proxy_checks_start(p);
	*out = (struct twc__http_made){ .handler = { twc__proxy_handle, p } };
	return 0;
}

static const char *const proxy_keys[] = {
	"balance", "check", "check-every", "check-fall", "check-rise", "check-status", "check-timeout", "connect", "fails",
	"first-byte", "header-down", "header-up", "host", "http", "idle", "strip", "tls", "trust", "tunnel", NULL,
};

const struct twc__http_kind twc__http_kind_proxy = {
	.info = { "proxy", "URL|ENDPOINT", "what another server answers, or one of several in brackets" },
	.keys = proxy_keys,
	.create = proxy_create,
};
