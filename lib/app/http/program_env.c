/* SPDX-License-Identifier: MIT */
/* The environment of programs that answer requests. Names are built from what clients send, values are what they sent. */
#include "app/http/program.h"

#include "app/exec_env.h"
#include "protocol/http/exchange.h"
#include "base/banned.h"

#define NAME_MAX_BYTES 256 /* longer ones of a client's are left out */

static void add_owned(struct twc__http_env *e, char *entry)
{
	if (e->n + 2 > e->cap) {
		e->cap = e->cap ? 2 * e->cap : 32;
		e->v = twc_realloc(e->v, e->cap * sizeof(*e->v));
	}
	e->v[e->n++] = entry;
	e->v[e->n] = NULL;
}

void twc__http_env_add(struct twc__http_env *e, const char *name, struct twc_str value)
{
	add_owned(e, twc_asprintf("%s=%.*s", name, (int)value.n, value.n ? value.p : ""));
}

static char shown(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

/* False when it is too long. */
static bool make_name(char out[NAME_MAX_BYTES], const char *prefix, struct twc_str name)
{
	size_t n = strlen(prefix);

	if (n + name.n >= NAME_MAX_BYTES)
		return false;
	memcpy(out, prefix, n);
	for (size_t i = 0; i < name.n; i++)
		out[n + i] = shown(name.p[i]);
	out[n + name.n] = '\0';
	return true;
}

void twc__http_env_add_as(struct twc__http_env *e, const char *prefix, struct twc_str name, struct twc_str value)
{
	char full[NAME_MAX_BYTES];

	if (make_name(full, prefix, name))
		twc__http_env_add(e, full, value);
}

static bool is_kept(struct twc_str name, const char *const *without)
{
	for (; without && *without; without++)
		if (twc_str_eq_nocase(name, twc_str_of(*without)))
			return false;
	return !memchr(name.p, '_', name.n) && !twc_str_eq_nocase(name, TWC_STR("proxy"));
}

static bool is_first(const struct twc_http_fields *fields, size_t i)
{
	struct twc_str name = twc_http_fields_at(fields, i).name;

	for (size_t k = 0; k < i; k++)
		if (twc_str_eq_nocase(twc_http_fields_at(fields, k).name, name))
			return false;
	return true;
}

/* RFC 3875, 4.1.18: one variable for all fields of a name. Cookies are parted by semicolons, RFC 9113, 8.2.3. */
static void join(struct twc_buf *out, const struct twc_http_fields *fields, size_t first)
{
	struct twc_str name = twc_http_fields_at(fields, first).name;
	const char *between = twc_str_eq_nocase(name, TWC_STR("cookie")) ? "; " : ", ";

	for (size_t i = first; i < twc_http_fields_count(fields); i++) {
		struct twc_http_field f = twc_http_fields_at(fields, i);
		int rc = 0;

		if (!twc_str_eq_nocase(f.name, name))
			continue;
		if (i > first)
			rc = twc_buf_add(out, between, 2);
		if (rc == 0)
			rc = twc_buf_add(out, f.value.p, f.value.n);
		if (rc < 0)
			return; /* a list of fields is shorter than the buffer */
	}
}

void twc__http_env_add_fields(struct twc__http_env *e, const char *prefix, const struct twc_http_fields *fields,
			      const char *const *without)
{
	struct twc_buf value;

	twc_buf_init(&value, 2 * TWC_HTTP_FIELDS_BYTES);
	for (size_t i = 0; i < twc_http_fields_count(fields); i++) {
		struct twc_str name = twc_http_fields_at(fields, i).name;

		if (!is_kept(name, without) || !is_first(fields, i))
			continue;
		twc_buf_clear(&value);
		join(&value, fields, i);
		twc__http_env_add_as(e, prefix, name, twc_buf_str(&value));
	}
	twc_buf_fini(&value);
}

void twc__http_env_add_request(struct twc__http_env *env, struct twc_http_exchange *x)
{
	const struct twc_http_request *q = twc_http_request(x);
	struct twc__exec_env conn;

	twc__exec_env_init(&conn, twc_http_transport(x), false);
	for (size_t i = 0; i < conn.n; i++) {
		struct twc_str rest = twc_str_of(conn.v[i]), name;

		(void)twc_str_cut(&rest, '=', &name);
		twc__http_env_add_as(env, "", name, rest);
	}
	twc__exec_env_fini(&conn);
	twc__http_env_add(env, "TWC_METHOD", q->method);
	twc__http_env_add(env, "TWC_TARGET", q->target);
	twc__http_env_add(env, "TWC_PATH", q->path);
	twc__http_env_add(env, "TWC_REST", twc_http_rest(x));
	twc__http_env_add(env, "TWC_QUERY", q->query);
	twc__http_env_add_fields(env, "TWC_HEADER_", &q->fields, NULL);
	for (unsigned i = 0; i < x->route.n; i++)
		twc__http_env_add_as(env, "TWC_PARAM_", x->route.param[i].name, x->route.param[i].value);
}

void twc__http_env_fini(struct twc__http_env *e)
{
	for (size_t i = 0; i < e->n; i++)
		twc_free(e->v[i]);
	twc_free(e->v);
	*e = (struct twc__http_env){ 0 };
}
