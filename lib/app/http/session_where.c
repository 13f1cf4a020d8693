/* SPDX-License-Identifier: MIT */
/*
 * Names that lead elsewhere, as curl's --resolve and --connect-to have it. Addresses that are given for a host and port become
 * the resolver's answer for a name of our own, so that all of them are tried as those of any name are.
 */
#include "app/http/session.h"

#include <twc/addr.h>
#include <twc/net.h>
#include <twc/parse.h>

#include "base/banned.h"

#define RULES_MAX 10000

/* Up to a colon outside of brackets, which are taken off. */
static bool cut(struct twc_str *rest, struct twc_str *part)
{
	size_t n = 0;
	bool inside = false;

	if (!rest->p)
		return false;
	for (; n < rest->n && (rest->p[n] != ':' || inside); n++)
		inside = rest->p[n] == '[' ? true : rest->p[n] == ']' ? false : inside;
	*part = (struct twc_str){ rest->p, n };
	*rest = n < rest->n ? (struct twc_str){ rest->p + n + 1, rest->n - n - 1 } : (struct twc_str){ 0 };
	if (part->n > 1 && part->p[0] == '[' && part->p[part->n - 1] == ']')
		*part = (struct twc_str){ part->p + 1, part->n - 2 };
	return true;
}

static int fault(const char *option, const char *rule, const char *form, struct twc_err *err)
{
	char shown[120];

	twc_escape(shown, sizeof(shown), twc_str_of(rule));
	return twc_err_set(err, TWC_EUSAGE, "--%s %s: the form is %s", option, shown, form);
}

static struct twc__http_elsewhere *add(struct twc__http_elsewheres *list)
{
	list->at = twc_realloc(list->at, (list->n + 1) * sizeof(*list->at));
	list->at[list->n] = (struct twc__http_elsewhere){ 0 };
	return &list->at[list->n++];
}

static void drop(struct twc__http_elsewhere *e)
{
	twc_free(e->host);
	twc_free(e->to_host);
}

void twc__http_elsewheres_fini(struct twc__http_elsewheres *list)
{
	for (size_t i = 0; i < list->n; i++)
		drop(&list->at[i]);
	twc_free(list->at);
	*list = (struct twc__http_elsewheres){ 0 };
}

static bool fits(const struct twc__http_elsewhere *e, struct twc_str host, uint16_t port)
{
	return (!e->host || twc_str_eq_nocase(host, twc_str_of(e->host))) && (e->port == 0 || e->port == port);
}

/* ---- rules ---- */

static const char resolve_form[] = "HOST:PORT:ADDRESS[,ADDRESS]";

static int add_addresses(struct twc_http_session *s, const char *rule, struct twc_str list, const char *name, struct twc_err *err)
{
	struct twc_str one;
	size_t n = 0;

	while (twc_str_cut(&list, ',', &one)) {
		if (one.n > 1 && one.p[0] == '[' && one.p[one.n - 1] == ']')
			one = (struct twc_str){ one.p + 1, one.n - 2 };
		if (twc_resolver_add(s->r, twc_str_of(name), one, NULL) < 0)
			return fault("resolve", rule, resolve_form, err);
		n++;
	}
	return n > 0 ? 0 : fault("resolve", rule, resolve_form, err);
}

static void forget(struct twc__http_elsewheres *list, struct twc_str host, uint16_t port)
{
	for (size_t i = list->n; i-- > 0;) {
		struct twc__http_elsewhere *e = &list->at[i];

		if (!e->host || e->port != port || !twc_str_eq_nocase(host, twc_str_of(e->host)))
			continue;
		drop(e);
		memmove(e, e + 1, (list->n - i - 1) * sizeof(*e));
		list->n--;
	}
}

int twc__http_resolve_add(struct twc_http_session *s, const char *rule, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(rule), host, port;
	bool removes = twc_str_starts(rest, "-");
	struct twc__http_elsewhere *e;
	uint16_t number;
	char *name;
	int rc;

	if (removes || twc_str_starts(rest, "+"))
		rest = (struct twc_str){ rest.p + 1, rest.n - 1 };
	if (!cut(&rest, &host) || host.n == 0 || !cut(&rest, &port) || twc_parse_port(port, &number, NULL) || number == 0 ||
	    (removes ? rest.n > 0 : rest.n == 0))
		return fault("resolve", rule, removes ? "-HOST:PORT" : resolve_form, err);
	if (removes) {
		forget(&s->resolve, host, number);
		return 0;
	}
	if (s->resolve.n >= RULES_MAX)
		return twc_err_set(err, TWC_EUSAGE, "more than %d rules of --resolve", RULES_MAX);
	name = twc_asprintf("resolve-%p-%zu.invalid", (void *)s, s->resolve.n);
	rc = add_addresses(s, rule, rest, name, err);
	if (rc < 0) {
		twc_free(name);
		return rc;
	}
	e = add(&s->resolve);
	e->host = twc_str_is(host, "*") ? NULL : twc_str_dup(host);
	e->port = number;
	e->to_host = name;
	return 0;
}

int twc__http_connect_to_add(struct twc__http_elsewheres *list, const char *rule, struct twc_err *err)
{
	static const char form[] = "HOST1:PORT1:HOST2:PORT2";
	struct twc_str rest = twc_str_of(rule), part[4];
	struct twc__http_elsewhere *e;
	uint16_t port[2] = { 0 };

	for (size_t i = 0; i < 4; i++) {
		if (!cut(&rest, &part[i]))
			return fault("connect-to", rule, form, err);
		if (i % 2 == 1 && part[i].n > 0 && twc_parse_port(part[i], &port[i / 2], NULL))
			return fault("connect-to", rule, form, err);
	}
	if (rest.p || list->n >= RULES_MAX)
		return fault("connect-to", rule, form, err);
	e = add(list);
	e->host = part[0].n > 0 ? twc_str_dup(part[0]) : NULL;
	e->port = port[0];
	e->to_host = part[2].n > 0 ? twc_str_dup(part[2]) : NULL;
	e->to_port = port[1];
	return 0;
}

/* ---- where to ---- */

static const struct twc__http_elsewhere *find(const struct twc__http_elsewheres *list, struct twc_str host, uint16_t port)
{
	for (size_t i = 0; i < list->n; i++) {
		if (fits(&list->at[i], host, port))
			return &list->at[i];
	}
	return NULL;
}

/* Of several rules for one place the first counts with --connect-to, the last with --resolve, where the others are overridden. */
static const struct twc__http_elsewhere *find_last(const struct twc__http_elsewheres *list, struct twc_str host, uint16_t port)
{
	const struct twc__http_elsewhere *any = NULL;

	for (size_t i = list->n; i-- > 0;) {
		if (!fits(&list->at[i], host, port))
			continue;
		if (list->at[i].host)
			return &list->at[i];
		any = any ? any : &list->at[i];
	}
	return any;
}

void twc__http_session_place(const struct twc_http_session *s, const struct twc_url *url, bool resolves,
			     struct twc__http_place *out)
{
	const struct twc__http_elsewhere *e = find(&s->connect_to, url->host, twc_url_port(url));

	*out = (struct twc__http_place){ .host = NULL, .port = twc_url_port(url) };
	if (e) {
		out->host = e->to_host;
		out->port = e->to_port ? e->to_port : out->port;
		out->is_moved = e->to_host || e->to_port;
	}
	if (!resolves)
		return;
	e = find_last(&s->resolve, out->host ? twc_str_of(out->host) : url->host, out->port);
	if (e) {
		out->host = e->to_host;
		out->is_moved = true;
	}
}
