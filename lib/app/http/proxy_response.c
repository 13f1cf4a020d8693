/* SPDX-License-Identifier: MIT */
/*
 * A response of the server behind as the client gets it: without what was for that connection alone, with Via, and with what leads
 * to the server by its own name (Location, the domain of cookies) turned to lead back here.
 */
#include "app/http/proxy.h"

#include "protocol/http/exchange.h"
#include "protocol/http/octet.h"
#include "base/banned.h"

/* ---- Location ---- */

/* What is left of `s` behind `prefix`; false: it does not begin with it. Case does not count. */
static bool cut_prefix(struct twc_str *s, struct twc_str prefix)
{
	if (s->n < prefix.n || !twc_str_eq_nocase((struct twc_str){ s->p, prefix.n }, prefix))
		return false;
	s->p += prefix.n;
	s->n -= prefix.n;
	return true;
}

static bool is_end_of_host(struct twc_str s)
{
	return s.n == 0 || s.p[0] == '/' || s.p[0] == '?' || s.p[0] == '#';
}

/* Cuts the server off: by its own name, or by the one it was asked by. */
static bool cut_server(const struct twc__proxy_job *job, struct twc_str *s)
{
	const struct twc__proxy_opts *o = &job->proxy->o;
	const struct twc_http_request *q = twc_http_request(job->x);
	struct twc_str rest = *s, asked = o->host == TWC__PROXY_HOST_NAME ? twc_str_of(o->host_name) : q->authority;

	if (cut_prefix(&rest, twc_str_of(job->target->origin)) && is_end_of_host(rest)) {
		*s = rest;
		return true;
	}
	rest = *s;
	if (o->host == TWC__PROXY_HOST_TARGET || !asked.n)
		return false;
	if (!cut_prefix(&rest, twc_url_is_secure(&job->target->url) ? TWC_STR("https://") : TWC_STR("http://")) ||
	    !cut_prefix(&rest, asked) || !is_end_of_host(rest))
		return false;
	*s = rest;
	return true;
}

/* From a path of the server's to one of ours. False: the route does not lead there. */
static bool put_path(const struct twc__proxy_job *job, struct twc_str path, struct twc_buf *out)
{
	struct twc__proxy_target *t = job->target;
	struct twc_str raw = twc_http_request(job->x)->raw_path;
	struct twc_str base = t->has_path ? t->url.path : (struct twc_str){ NULL, 0 };

	while (base.n && base.p[base.n - 1] == '/')
		base.n--;
	if (base.n && (!twc_str_starts(path, "/") || path.n < base.n || memcmp(path.p, base.p, base.n) != 0 ||
		       !is_end_of_host((struct twc_str){ path.p + base.n, path.n - base.n })))
		return false;
	path.p += base.n;
	path.n -= base.n;
	if (twc_buf_add(out, raw.p, job->matched) < 0 || (!twc_str_starts(path, "/") && twc_buf_add(out, "/", 1) < 0) ||
	    twc_buf_add(out, path.p, path.n) < 0)
		return false;
	return !twc_str_starts(twc_buf_str(out), "//"); /* that would be another server */
}

static void add_location(struct twc__proxy_job *job, struct twc_http_field f)
{
	struct twc_buf *out = &job->proxy->text;
	struct twc_str path = f.value;
	bool is_ours = cut_server(job, &path) || (twc_str_starts(path, "/") && !twc_str_starts(path, "//"));

	twc_buf_clear(out);
	if (is_ours && put_path(job, path, out))
		f.value = twc_buf_str(out);
	twc_http_add_field_str(job->x, f.name, f.value);
}

/* ---- Set-Cookie ---- */

static bool is_servers_domain(const struct twc__proxy_job *job, struct twc_str attribute)
{
	struct twc_str value = attribute, name;

	twc_str_cut(&value, '=', &name);
	if (!value.p || !twc_str_eq_nocase(twc_str_trim(name), TWC_STR("domain")))
		return false;
	value = twc_str_trim(value);
	if (value.n && value.p[0] == '.') {
		value.p++;
		value.n--;
	}
	return twc_str_eq_nocase(value, job->target->url.host);
}

/* Without a domain a cookie is for the host that has set it: us. */
static void add_cookie(struct twc__proxy_job *job, struct twc_http_field f)
{
	struct twc_buf *out = &job->proxy->text;
	struct twc_str rest = f.value, part;
	int rc = 0;

	twc_buf_clear(out);
	while (rc == 0 && twc_str_cut(&rest, ';', &part)) {
		if (is_servers_domain(job, part))
			continue;
		if (twc_buf_len(out))
			rc = twc_buf_add(out, ";", 1);
		if (rc == 0)
			rc = twc_buf_add(out, part.p, part.n);
	}
	twc_http_add_field_str(job->x, f.name, rc == 0 ? twc_buf_str(out) : f.value);
}

/* ---- fields ---- */

static bool starts_nocase(struct twc_str s, struct twc_str prefix)
{
	return cut_prefix(&s, prefix);
}

static bool is_edited(const struct twc__proxy_edits *edits, struct twc_str name)
{
	for (unsigned i = 0; i < edits->n; i++)
		if (twc_str_eq_nocase(edits->v[i].name, name))
			return true;
	return false;
}

/* The parser has looked at it: it becomes a line as it is. Date is the server's business in front. */
static void put_line(struct twc_http_exchange *x, struct twc_http_field f)
{
	size_t n = f.name.n + f.value.n + 4;
	char *p;

	if (f.name.n == 4 && twc_str_eq_nocase(f.name, TWC_STR("date")))
		return;
	if (f.name.n == 6 && twc_str_eq_nocase(f.name, TWC_STR("server")))
		x->has_server = true;
	if (twc_buf_reserve(&x->fields, n, &p) < 0) {
		twc_http_add_field_str(x, f.name, f.value); /* which says what is wrong */
		return;
	}
	memcpy(p, f.name.p, f.name.n);
	p += f.name.n;
	memcpy(p, ": ", 2);
	if (f.value.n)
		memcpy(p + 2, f.value.p, f.value.n);
	memcpy(p + 2 + f.value.n, "\r\n", 2);
	twc_buf_commit(&x->fields, n);
}

static void put_field(struct twc__proxy_job *job, struct twc_http_field f)
{
	const struct twc__proxy *p = job->proxy;

	if (p->o.down.n && is_edited(&p->o.down, f.name))
		return;
	if (p->site->o.cors && starts_nocase(f.name, TWC_STR("access-control-")))
		return; /* two answers to one question are none */
	if (f.name.n == 8 && twc_str_eq_nocase(f.name, TWC_STR("location")))
		add_location(job, f);
	else if (f.name.n == 10 && twc_str_eq_nocase(f.name, TWC_STR("set-cookie")))
		add_cookie(job, f);
	else
		put_line(job->x, f);
}

static void put_fields(struct twc__proxy_job *job, const struct twc_http_fields *from, int status)
{
	bool nominated = twc__proxy_nominates(from);
	size_t n = twc_http_fields_count(from);

	for (size_t i = 0; i < n; i++) {
		struct twc_http_field f = twc_http_fields_at(from, i);

		if (!twc__proxy_is_hop(f.name, from, nominated) ||
		    (status == 426 && twc_str_eq_nocase(f.name, TWC_STR("upgrade"))))
			put_field(job, f);
	}
}

bool twc__proxy_response_put(struct twc__proxy_job *job, struct twc_err *err)
{
	const struct twc_http_response *res = job->res;
	const struct twc__proxy *p = job->proxy;

	if (res->status > 599) {
		twc_err_set(err, TWC_EPROTO, "the server answered with the status %d, which is none", res->status);
		return false;
	}
	if (res->status != 101)
		twc_http_set_status(job->x, res->status);
	put_fields(job, &res->fields, res->status);
	put_field(job, (struct twc_http_field){ TWC_STR("Via"), res->version == 10   ? TWC_STR("1.0 twc")
								   : res->version == 20 ? TWC_STR("2 twc")
											: TWC_STR("1.1 twc") });
	for (unsigned i = 0; i < p->o.down.n; i++)
		if (p->o.down.v[i].value.p)
			twc_http_add_field_str(job->x, p->o.down.v[i].name, p->o.down.v[i].value);
	return true;
}

/* Of HEAD and 304 the length is that of another response, which only the field tells. */
uint64_t twc__proxy_response_length(const struct twc__proxy_job *job)
{
	const struct twc_http_response *res = job->res;
	struct twc_str value;
	uint64_t n;

	if (twc_http_request(job->x)->method_id != TWC_HTTP_HEAD && res->status != 304)
		return res->length;
	if (!twc_http_fields_get(&res->fields, "Content-Length", &value) || !twc__http_decimal(value, &n))
		return TWC_HTTP_UNKNOWN;
	return n;
}

/* The fields of an interim response are its own: the final one begins with those that were there before. */
void twc__proxy_interim(struct twc__proxy_job *job, int status, const struct twc_http_fields *fields)
{
	struct twc_http_exchange *x = job->x;
	size_t n = twc_buf_len(&x->fields);
	bool had_server = x->has_server;

	if (status == 100 || status == 101 || twc_http_has_begun(x))
		return; /* leave for the body is ours to give, and given when it is asked for */
	put_fields(job, fields, status);
	if (twc_http_has_begun(x))
		return;
	twc_http_inform(x, status);
	x->fields.end = x->fields.start + n;
	x->has_server = had_server;
}

void twc__proxy_trailers(struct twc__proxy_job *job, const struct twc_http_fields *trailers)
{
	size_t n = twc_http_fields_count(trailers);

	for (size_t i = 0; i < n; i++) {
		struct twc_http_field f = twc_http_fields_at(trailers, i);
		char *name, *value;

		if (twc__proxy_is_hop(f.name, trailers, false))
			continue;
		name = twc_str_dup(f.name);
		value = twc_str_dup(f.value);
		twc_http_add_trailer(job->x, name, value);
		twc_free(name);
		twc_free(value);
	}
}
