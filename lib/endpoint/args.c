/* SPDX-License-Identifier: MIT */
/*
 * Fields -> values, by the argument rows of a type: which row a field belongs to, its value as a number, word or
 * address, and a fault for whatever does not fit. Pure.
 *
 * Keywords are bound first. Positionals then fill, in row order, the positional rows that are left; when there
 * are no more of them than rows that must be filled, only those: `tcp:80` is a port, `tcp:h:80` host and port.
 */
#include "endpoint/endpoint_int.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "base/banned.h"

typedef bool (*row_fn)(const struct twc_endpoint_arg *row, void *arg);

/* Calls fn for each row of `type` until it returns true; that row, or NULL. */
static const struct twc_endpoint_arg *rows_find(const struct twc_endpoint_type *type, row_fn fn, void *arg)
{
	for (size_t g = 0; type->args[g]; g++)
		for (const struct twc_endpoint_arg *row = type->args[g]; row->name; row++)
			if (fn(row, arg))
				return row;
	return NULL;
}

struct wanted {
	const char *key;
	unsigned roles;
};

static bool row_is(const struct twc_endpoint_arg *row, void *arg)
{
	const struct wanted *w = arg;

	return (row->roles & w->roles) &&
	       (strcmp(row->name, w->key) == 0 || (row->alias && strcmp(row->alias, w->key) == 0));
}

const struct twc_endpoint_arg *twc__arg_row(const struct twc_endpoint_type *type, const char *key, unsigned roles)
{
	struct wanted w = { .key = key, .roles = roles };

	return rows_find(type, row_is, &w);
}

/* ---- values ---- */

/* IDLE,INTERVAL,COUNT in durations; no; yes. */
static int parse_keepalive(struct twc_str s, int out[3], struct twc_err *err)
{
	static const char usage[] = "give IDLE,INTERVAL,COUNT (15s,5s,12), yes or no";
	uint64_t ns, count;
	struct twc_str part;
	bool on;

	if ((s.p[0] < '0' || s.p[0] > '9') && twc_parse_bool(s, &on, NULL) == 0) {
		out[0] = on ? -1 : 0;
		out[1] = out[2] = 0;
		return 0;
	}
	for (int i = 0; i < 2; i++) {
		if (!twc_str_cut(&s, ',', &part) || !s.p)
			return twc_err_set(err, TWC_EUSAGE, "%s", usage);
		if (twc_parse_duration(part, &ns, err))
			return TWC_EUSAGE;
		if (ns < TWC_NS_PER_S || ns > 32767 * TWC_NS_PER_S)
			return twc_err_set(err, TWC_EUSAGE, "%s must be 1s to 32767s", i ? "INTERVAL" : "IDLE");
		out[i] = (int)(ns / TWC_NS_PER_S);
	}
	if (twc_parse_uint(s, 1, 127, &count, err))
		return TWC_EUSAGE;
	out[2] = (int)count;
	return 0;
}

/* ADDR, or ADDR:PORT, [ADDR]:PORT. */
static int parse_addr(struct twc_str s, struct twc_addr *a, struct twc_err *err)
{
	struct twc_str host = s;
	uint16_t port = 0;

	if (twc_addr_parse_ip(a, TWC_ADDR_TCP, s, 0, err) == 0)
		return 0;
	while (host.n > 0 && host.p[host.n - 1] != ':')
		host.n--;
	if (host.n < 2 || twc_parse_port((struct twc_str){ s.p + host.n, s.n - host.n }, &port, NULL))
		return TWC_EUSAGE;
	host.n--;
	if (host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct twc_str){ host.p + 1, host.n - 2 };
	else if (memchr(host.p, ':', host.n))
		return TWC_EUSAGE; /* which colon starts the port? */
	if (twc_addr_parse_ip(a, TWC_ADDR_TCP, host, port, NULL))
		return TWC_EUSAGE;
	twc_err_clear(err);
	return 0;
}

static int value_parse(struct twc__value *v, struct twc_err *err)
{
	struct twc_str s = twc_str_of(v->text);
	uint16_t port = 0;
	unsigned mode = 0;
	int word = 0, rc = 0;
	bool yes = false;

	switch (v->row->kind) {
	case TWC_ARG_STRING:
	case TWC_ARG_FILE:
	case TWC_ARG_SECRET:
	case TWC_ARG_PAYLOAD:
		break;
	case TWC_ARG_PORT:
		rc = twc_parse_port(s, &port, err);
		v->num = port;
		break;
	case TWC_ARG_UINT:
		rc = twc_parse_uint(s, 0, INT_MAX, &v->num, err);
		break;
	case TWC_ARG_BOOL:
		rc = twc_parse_bool(s, &yes, err);
		v->num = yes;
		break;
	case TWC_ARG_DURATION:
		rc = twc_parse_duration(s, &v->num, err);
		break;
	case TWC_ARG_SIZE:
		rc = twc_parse_size(s, &v->num, err);
		break;
	case TWC_ARG_MODE:
		rc = twc_parse_mode(s, &mode, err);
		v->num = mode;
		break;
	case TWC_ARG_WORD:
		rc = twc_parse_word(s, v->row->words, &word, err);
		v->num = (uint64_t)word;
		break;
	case TWC_ARG_ADDR:
		rc = parse_addr(s, &v->addr, err);
		break;
	case TWC_ARG_KEEPALIVE:
		rc = parse_keepalive(s, v->keepalive, err);
		break;
	}
	return rc;
}

/* ---- binding ---- */

static bool may_be_empty(const struct twc_endpoint_arg *row)
{
	return row->kind == TWC_ARG_STRING || row->kind == TWC_ARG_ADDR;
}

static int bind_value(struct twc__args *a, const struct twc_endpoint_arg *row, const char *text, int column,
		      bool by_key, struct twc_err *err)
{
	struct twc_err cause = { 0 };
	struct twc__value *v;

	TWC_ASSERT(a->n < TWC__ARGS_MAX);
	a->value = twc_realloc(a->value, (a->n + 1) * sizeof(*a->value));
	v = &a->value[a->n];
	*v = (struct twc__value){ .row = row, .text = text, .column = column, .by_key = by_key };
	if (!text[0] && (row->required & a->role))
		return twc__fault(err, column, "%s is empty", row->name);
	v->is_set = text[0] != '\0';
	if (!text[0] && by_key && !may_be_empty(row))
		return twc__fault(err, column, "%s is empty", row->name);
	a->n++;
	if (!v->is_set || value_parse(v, &cause) == 0)
		return 0;
	if (row->kind == TWC_ARG_PORT && strcmp(row->name, "port") == 0)
		return twc__fault(err, column, "%s", cause.text); /* it says "port" itself */
	return twc__fault(err, column, "%s: %s", row->name, cause.text);
}

struct known {
	char *text; /* of `cap` bytes */
	size_t n, cap;
	const char *names[TWC__ARGS_MAX + 1];
	size_t count;
	enum twc_role role;
};

static bool known_add(const struct twc_endpoint_arg *row, void *arg)
{
	struct known *k = arg;
	int n;

	if (!(row->roles & k->role) || k->count >= TWC_ARRAY_LEN(k->names) - 1)
		return false;
	k->names[k->count++] = row->name;
	n = snprintf(k->text + k->n, k->cap - k->n, "%s%s", k->n ? ", " : "", row->name);
	k->n += n > 0 && (size_t)n < k->cap - k->n ? (size_t)n : 0;
	k->text[k->n] = '\0';
	return false;
}

static int unknown_key(const struct twc__args *a, const struct twc__field *f, struct twc_err *err)
{
	char list[160] = "", shown[TWC__SHOWN];
	struct known k = { .text = list, .cap = sizeof(list), .role = a->role };
	const struct twc_endpoint_arg *row = twc__arg_row(a->type, f->key, TWC_CONNECT | TWC_LISTEN);
	const char *near;

	if (row)
		return twc__fault(err, f->key_column, "%s is for %s only", row->name,
				  row->roles == TWC_LISTEN ? "listening" : "connecting");
	rows_find(a->type, known_add, &k);
	twc__show(f->key, shown);
	if (!k.count)
		return twc__fault(err, f->key_column, "unknown argument '%s': %s takes none", shown, a->type->name);
	near = twc_nearest(twc_str_of(f->key), k.names);
	if (near)
		return twc__fault(err, f->key_column, "unknown argument '%s'; did you mean %s? (known: %s)", shown, near,
				  list);
	return twc__fault(err, f->key_column, "unknown argument '%s' for %s (known: %s)", shown, a->type->name, list);
}

static int bind_keyword(struct twc__args *a, const struct twc__field *f, struct twc_err *err)
{
	const struct twc_endpoint_arg *row = twc__arg_row(a->type, f->key, a->role);

	if (!row)
		return unknown_key(a, f, err);
	if (twc__args_given(a, row->name) && !row->repeats)
		return twc__fault(err, f->key_column, "%s is given twice", row->name);
	return bind_value(a, row, f->value, f->column, true, err);
}

int twc__check_name(const struct twc__value *v, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(v ? v->text : NULL);

	for (; rest.n > 0; rest.p++, rest.n--)
		if (twc_control_len(rest))
			return twc__fault(err, v->column, "%s: a control character would break the address that is shown",
					  v->row->name);
	return 0;
}

struct slots {
	const struct twc__args *a;
	const struct twc_endpoint_arg *row[TWC__ARGS_MAX];
	size_t n;
	bool required_only;
};

static bool slot_add(const struct twc_endpoint_arg *row, void *arg)
{
	struct slots *s = arg;
	unsigned mask = s->required_only ? row->required : row->positional;

	if ((row->positional & s->a->role) && (mask & s->a->role) && !twc__args_given(s->a, row->name))
		s->row[s->n++] = row;
	return false;
}

static int too_many(const struct twc__args *a, const struct twc__field *extra, struct twc_err *err)
{
	char shown[TWC__SHOWN];

	for (size_t i = 0; i < a->n; i++)
		if (a->value[i].by_key && a->value[i].is_set && (a->value[i].row->positional & a->role))
			return twc__fault(err, extra->column, "too many values: %s is given by name already",
					  a->value[i].row->name);
	return twc__fault(err, extra->column, "too many values for %s: '%s'%s", a->type->name,
			  twc__show(extra->value, shown),
			  strchr(a->source, '[') ? "" : "; a ':' inside a value needs [brackets] or a backslash");
}

/* `tcp:127.0.0.1:80` to listen on: the ready line of a server looks like that. */
static int hint_interface(const struct twc__args *a, const struct twc__field *first, const struct twc__field *second,
			  struct twc_err *err)
{
	struct twc_addr addr;
	char host[TWC_ADDR_TEXT_MAX];
	uint16_t port;
	bool is_v6;

	if (a->role != TWC_LISTEN || !second || !twc__arg_row(a->type, "interface", TWC_LISTEN) ||
	    twc_addr_parse_ip(&addr, TWC_ADDR_TCP, twc_str_of(first->value), 0, NULL) ||
	    twc_parse_port(twc_str_of(second->value), &port, NULL))
		return 0;
	is_v6 = addr.u.sa.sa_family == AF_INET6;
	twc_addr_format_host(&addr, host, sizeof(host));
	return twc__fault(err, first->column, "the port comes first; did you mean %s:%u:interface=%s%s%s?",
			  a->type->name, port, is_v6 ? "[" : "", host, is_v6 ? "]" : "");
}

/* The n-th field without a key, or NULL. */
static const struct twc__field *positional(const struct twc__parsed *p, size_t n)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->field[i].key && n-- == 0)
			return &p->field[i];
	return NULL;
}

static int bind_positionals(struct twc__args *a, const struct twc__parsed *p, struct twc_err *err)
{
	struct slots s = { .a = a, .required_only = true };
	const struct twc__field *f;
	int rc;

	if (!positional(p, 0))
		return 0;
	if ((rc = hint_interface(a, positional(p, 0), positional(p, 1), err)) != 0)
		return rc;
	rows_find(a->type, slot_add, &s);
	if (positional(p, s.n)) {
		s.n = 0;
		s.required_only = false;
		rows_find(a->type, slot_add, &s);
	}
	if ((f = positional(p, s.n)) != NULL)
		return too_many(a, f, err);
	for (size_t i = 0; (f = positional(p, i)) != NULL; i++)
		if ((rc = bind_value(a, s.row[i], f->value, f->column, false, err)) != 0)
			return rc;
	return 0;
}

static bool row_is_missing(const struct twc_endpoint_arg *row, void *arg)
{
	const struct twc__args *a = arg;

	return (row->required & a->role) && !twc__args_given(a, row->name);
}

static int missing(const struct twc__args *a, const struct twc_endpoint_arg *row, struct twc_err *err)
{
	char forms[120] = "";
	size_t n = 0;

	for (size_t i = 0; a->type->synopsis[i] && n < sizeof(forms); i++)
		n += (size_t)snprintf(forms + n, sizeof(forms) - n, "%s%s", i ? ", " : "", a->type->synopsis[i]);
	return twc__fault(err, a->end_column, "%s is missing (%s)", row->name, forms);
}

static bool row_is_payload(const struct twc_endpoint_arg *row, void *arg)
{
	(void)arg;
	return row->kind == TWC_ARG_PAYLOAD;
}

int twc__args_bind(struct twc__args *a, const struct twc__parsed *p, const char *source, enum twc_role role,
		   struct twc_err *err)
{
	const struct twc_endpoint_arg *row;
	int rc;

	*a = (struct twc__args){ .type = &p->type->pub, .role = role, .end_column = p->end_column, .source = source };
	for (size_t i = 0; i < p->n; i++)
		if (p->field[i].key && (rc = bind_keyword(a, &p->field[i], err)) != 0)
			return rc;
	if ((rc = bind_positionals(a, p, err)) != 0)
		return rc;
	if (p->has_payload) {
		row = rows_find(a->type, row_is_payload, NULL);
		if (twc__args_given(a, row->name))
			return twc__fault(err, p->payload_column, "%s is given twice", row->name);
		if ((rc = bind_value(a, row, p->payload, p->payload_column, false, err)) != 0)
			return rc;
	}
	row = rows_find(a->type, row_is_missing, a);
	return row ? missing(a, row, err) : 0;
}

void twc__args_fini(struct twc__args *a)
{
	twc_free(a->value);
	a->value = NULL;
	a->n = 0;
}

/* ---- asking ---- */

const struct twc__value *twc__args_given(const struct twc__args *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->value[i].row->name, name) == 0)
			return &a->value[i];
	return NULL;
}

const struct twc__value *twc__args_get(const struct twc__args *a, const char *name)
{
	const struct twc__value *v = twc__args_given(a, name);

	return v && v->is_set ? v : NULL;
}

const char *twc__args_str(const struct twc__args *a, const char *name, const char *otherwise)
{
	const struct twc__value *v = twc__args_get(a, name);

	return v ? v->text : otherwise;
}

uint64_t twc__args_num(const struct twc__args *a, const char *name, uint64_t otherwise)
{
	const struct twc__value *v = twc__args_get(a, name);

	return v ? v->num : otherwise;
}

int twc__args_range(const struct twc__args *a, const char *name, uint64_t min, uint64_t max, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, name);

	if (!v || (v->num >= min && v->num <= max))
		return 0;
	return twc__fault(err, v->column, "%s must be %llu to %llu", name, (unsigned long long)min,
			  (unsigned long long)max);
}
