/* SPDX-License-Identifier: MIT */
/*
 * What a transfer came to, in curl's words: a table of names, each with where its value comes from. Order and form are those of
 * curl's %{json}, so that what reads one reads the other.
 */
#include "app/http/writeout.h"

#include <inttypes.h>
#include <stdio.h>
#include <twc/json.h>
#include <twc/parse.h>

#include "base/banned.h"

/* Room for a value that stands nowhere. */
struct scratch {
	char text[TWC_ADDR_TEXT_MAX];
	char *owned;
};

enum form {
	NUMBER = 0,
	MICROSECONDS, /* shown as seconds with six digits */
	STATUS,	      /* three digits at least; a number in JSON */
};

struct var {
	const char *name;
	struct twc_str (*text)(const struct twc_http_facts *x, struct scratch *tmp); /* p NULL: none */
	uint64_t (*number)(const struct twc_http_facts *x);
	enum form form;
};

static const struct twc_str none;

/* ---- words ---- */

static struct twc_str url_whole(const struct twc_url *u, struct scratch *tmp)
{
	tmp->owned = twc_url_text(u, TWC_URL_NO_FRAGMENT);
	return twc_str_of(tmp->owned);
}

static struct twc_str empty(const struct twc_http_facts *x, struct scratch *tmp)
{
	(void)x;
	(void)tmp;
	return TWC_STR("");
}

static struct twc_str nothing(const struct twc_http_facts *x, struct scratch *tmp)
{
	(void)x;
	(void)tmp;
	return none;
}

static struct twc_str content_type(const struct twc_http_facts *x, struct scratch *tmp)
{
	struct twc_str value = none;

	(void)tmp;
	if (x->response)
		(void)twc_http_fields_get(&x->response->fields, "Content-Type", &value);
	return value;
}

static struct twc_str errormsg(const struct twc_http_facts *x, struct scratch *tmp)
{
	(void)tmp;
	return x->err && x->err->code ? twc_str_of(x->err->text[0] ? x->err->text : twc_err_default_text(x->err->code))
				      : none;
}

static struct twc_str filename(const struct twc_http_facts *x, struct scratch *tmp)
{
	(void)tmp;
	return x->file ? twc_str_of(x->file) : none;
}

static struct twc_str http_version(const struct twc_http_facts *x, struct scratch *tmp)
{
	(void)tmp;
	return !x->response ? TWC_STR("0") : x->response->version == 10 ? TWC_STR("1") : twc_str_of(twc_http_version_name(x->response->version) + 5);
}

static struct twc_str ip_of(const struct twc_addr *a, struct scratch *tmp)
{
	if (a->kind != TWC_ADDR_TCP)
		return TWC_STR("");
	return twc_str_of(twc_addr_format_host(a, tmp->text, sizeof(tmp->text)));
}

static struct twc_str local_ip(const struct twc_http_facts *x, struct scratch *tmp)
{
	return x->response ? ip_of(&x->response->host, tmp) : TWC_STR("");
}

static struct twc_str remote_ip(const struct twc_http_facts *x, struct scratch *tmp)
{
	return x->response ? ip_of(&x->response->peer, tmp) : TWC_STR("");
}

static struct twc_str method(const struct twc_http_facts *x, struct scratch *tmp)
{
	(void)tmp;
	return x->method;
}

static struct twc_str redirect_url(const struct twc_http_facts *x, struct scratch *tmp)
{
	return x->redirect_url ? url_whole(x->redirect_url, tmp) : none;
}

static struct twc_str referer(const struct twc_http_facts *x, struct scratch *tmp)
{
	(void)tmp;
	return x->referer ? twc_str_of(x->referer) : none;
}

static const struct twc_url *last_url(const struct twc_http_facts *x)
{
	return x->url_effective ? x->url_effective : x->url;
}

static struct twc_str scheme(const struct twc_http_facts *x, struct scratch *tmp)
{
	const struct twc_url *u = last_url(x);

	(void)tmp;
	if (!x->response || !u)
		return none;
	return twc_url_is_secure(u) ? TWC_STR("HTTPS") : TWC_STR("HTTP");
}

static struct twc_str url(const struct twc_http_facts *x, struct scratch *tmp)
{
	return x->url_text ? twc_str_of(x->url_text) : x->url ? url_whole(x->url, tmp) : none;
}

static struct twc_str url_effective(const struct twc_http_facts *x, struct scratch *tmp)
{
	const struct twc_url *u = last_url(x);

	return u ? url_whole(u, tmp) : none;
}

/* ---- numbers ---- */

#define NUMBER_OF(name, expr)                                                                                         \
	static uint64_t name(const struct twc_http_facts *x) { return (uint64_t)(expr); }

static uint64_t zero(const struct twc_http_facts *x)
{
	(void)x;
	return 0;
}

NUMBER_OF(conn_id, x->response ? x->response->connection : 0)
NUMBER_OF(exitcode, x->exit_status)
NUMBER_OF(http_code, x->response ? x->response->status : 0)
NUMBER_OF(http_connect, x->connect_status)
NUMBER_OF(local_port, x->response ? twc_addr_port(&x->response->host) : 0)
NUMBER_OF(remote_port, x->response ? twc_addr_port(&x->response->peer) : 0)
NUMBER_OF(num_certs, x->response && x->response->has_tls ? x->response->tls.certs : 0)
NUMBER_OF(num_connects, x->totals.connects)
NUMBER_OF(num_headers, x->response ? twc_http_fields_count(&x->response->fields) : 0)
NUMBER_OF(num_redirects, x->totals.redirects)
NUMBER_OF(num_retries, x->totals.retries)
NUMBER_OF(proxy_used, x->proxy_used)
NUMBER_OF(size_delivered, x->totals.decoded)
NUMBER_OF(size_download, x->totals.received)
NUMBER_OF(size_header, x->totals.heads_received)
NUMBER_OF(size_request, x->totals.heads_sent)
NUMBER_OF(size_upload, x->totals.sent)
NUMBER_OF(ssl_verify_result, x->response && x->response->has_tls && !x->response->tls.verified)
NUMBER_OF(urlnum, x->number)

static uint64_t total_us(const struct twc_http_facts *x)
{
	const struct twc_http_totals *t = &x->totals;

	return t->ended_ns > t->started_ns ? (t->ended_ns - t->started_ns) / TWC_NS_PER_US : 0;
}

static uint64_t per_second(const struct twc_http_facts *x, uint64_t bytes)
{
	uint64_t us = total_us(x);

	return us ? (uint64_t)((double)bytes * 1e6 / (double)us) : 0;
}

NUMBER_OF(speed_download, per_second(x, x->totals.received))
NUMBER_OF(speed_upload, per_second(x, x->totals.sent))

/* From the start on, hops before included; 0: did not happen. */
static uint64_t since_start_us(const struct twc_http_facts *x, uint64_t point)
{
	uint64_t from = x->times.queued;

	return point && point >= from ? (x->totals.redirected_ns + point - from) / TWC_NS_PER_US : 0;
}

/* What a kept connection has behind it took no time. */
static uint64_t way_us(const struct twc_http_facts *x, uint64_t point)
{
	if (!x->times.dial && x->times.sent)
		point = x->times.queued;
	return since_start_us(x, point);
}

NUMBER_OF(time_appconnect, since_start_us(x, x->times.secured))
NUMBER_OF(time_connect, way_us(x, x->times.connected))
NUMBER_OF(time_namelookup, way_us(x, x->times.resolved))
NUMBER_OF(time_pretransfer, since_start_us(x, x->times.sent))
NUMBER_OF(time_posttransfer, since_start_us(x, x->times.uploaded ? x->times.uploaded : x->times.sent))
NUMBER_OF(time_redirect, x->totals.redirects ? x->totals.redirected_ns / TWC_NS_PER_US : 0)
NUMBER_OF(time_starttransfer, since_start_us(x, x->times.first_byte))

static uint64_t time_queue(const struct twc_http_facts *x)
{
	uint64_t until = x->times.dial ? x->times.dial : x->times.sent;

	return until > x->times.queued ? (until - x->times.queued) / TWC_NS_PER_US : 0;
}

/* ---- the table ---- */

#define TEXT(n) { .name = #n, .text = n }
#define NUM(n) { .name = #n, .number = n }
#define TIME(n) { .name = #n, .number = n, .form = MICROSECONDS }

static const struct var vars[] = {
	{ .name = "certs", .text = empty },
	NUM(conn_id),
	TEXT(content_type),
	TEXT(errormsg),
	NUM(exitcode),
	{ .name = "filename_effective", .text = filename },
	{ .name = "ftp_entry_path", .text = nothing },
	{ .name = "http_code", .number = http_code, .form = STATUS },
	{ .name = "http_connect", .number = http_connect, .form = STATUS },
	TEXT(http_version),
	TEXT(local_ip),
	NUM(local_port),
	TEXT(method),
	NUM(num_certs),
	NUM(num_connects),
	NUM(num_headers),
	NUM(num_redirects),
	NUM(num_retries),
	{ .name = "proxy_ssl_verify_result", .number = zero },
	NUM(proxy_used),
	TEXT(redirect_url),
	TEXT(referer),
	TEXT(remote_ip),
	NUM(remote_port),
	{ .name = "response_code", .number = http_code, .form = STATUS },
	TEXT(scheme),
	NUM(size_delivered),
	NUM(size_download),
	NUM(size_header),
	NUM(size_request),
	NUM(size_upload),
	NUM(speed_download),
	NUM(speed_upload),
	NUM(ssl_verify_result),
	TIME(time_appconnect),
	TIME(time_connect),
	TIME(time_namelookup),
	TIME(time_posttransfer),
	TIME(time_pretransfer),
	TIME(time_queue),
	TIME(time_redirect),
	TIME(time_starttransfer),
	{ .name = "time_total", .number = total_us, .form = MICROSECONDS },
	{ .name = "tls_earlydata", .number = zero },
	TEXT(url),
	TEXT(url_effective),
	NUM(urlnum),
	{ .name = "xfer_id", .number = urlnum },
};

static int add_number(struct twc_buf *b, uint64_t n, enum form form)
{
	if (form == MICROSECONDS)
		return twc_buf_addf(b, "%" PRIu64 ".%06" PRIu64, n / 1000000, n % 1000000);
	return twc_buf_addf(b, form == STATUS ? "%03" PRIu64 : "%" PRIu64, n);
}

static int add_var(struct twc_buf *b, const struct var *v, const struct twc_http_facts *x)
{
	struct scratch tmp = { 0 };
	struct twc_str text;
	int rc;

	if (v->number)
		return add_number(b, v->number(x), v->form);
	text = v->text(x, &tmp);
	rc = text.n > 0 ? twc_buf_add(b, text.p, text.n) : 0;
	twc_free(tmp.owned);
	return rc;
}

/* ---- parts of URLs: url.host, urle.host ---- */

static const char *const part_names[] = { "scheme", "user", "password", "options", "host",
					  "port",   "path", "query",	"fragment", "zoneid" };

static struct twc_str url_part(const struct twc_url *u, size_t part, struct scratch *tmp)
{
	switch (part) {
	case 0:
		return u->scheme;
	case 1:
		return u->user;
	case 2:
		return u->password;
	case 4:
		if (u->kind != TWC_URL_IPV6)
			return u->host;
		tmp->owned = twc_asprintf("[%s]", u->host.p);
		return twc_str_of(tmp->owned);
	case 5:
		snprintf(tmp->text, sizeof(tmp->text), "%u", twc_url_port(u));
		return twc_str_of(tmp->text);
	case 6:
		return u->path;
	case 7:
		return u->query;
	case 8:
		return u->fragment;
	case 9:
		return u->zone;
	default:
		return none;
	}
}

static int add_url_part(struct twc_buf *b, struct twc_str name, const struct twc_http_facts *x)
{
	struct twc_str of = { name.p, name.n < 4 ? name.n : name.p[3] == '.' ? 3 : 4 };
	const struct twc_url *u = of.n == 3 ? x->url : last_url(x);
	struct scratch tmp = { 0 };
	struct twc_str text;
	int rc = 0;

	if (name.n < 5 || !(twc_str_eq_nocase(of, TWC_STR("url")) || twc_str_eq_nocase(of, TWC_STR("urle"))) ||
	    name.p[of.n] != '.')
		return 0;
	name = (struct twc_str){ name.p + of.n + 1, name.n - of.n - 1 };
	for (size_t i = 0; i < TWC_ARRAY_LEN(part_names); i++) {
		if (!twc_str_eq_nocase(name, twc_str_of(part_names[i])))
			continue;
		text = u ? url_part(u, i, &tmp) : none;
		rc = text.n > 0 ? twc_buf_add(b, text.p, text.n) : 0;
		twc_free(tmp.owned);
		return rc ? rc : 1;
	}
	return 0;
}

int twc__http_writeout_var(struct twc_buf *b, struct twc_str name, const struct twc_http_facts *x)
{
	int rc;

	for (size_t i = 0; i < TWC_ARRAY_LEN(vars); i++) {
		if (!twc_str_eq_nocase(name, twc_str_of(vars[i].name)))
			continue;
		rc = add_var(b, &vars[i], x);
		return rc ? rc : 1;
	}
	return add_url_part(b, name, x);
}

/* ---- JSON ---- */

static void json_var(struct twc_json *j, const struct var *v, const struct twc_http_facts *x)
{
	struct scratch tmp = { 0 };

	if (v->text)
		twc_json_str(j, v->name, v->text(x, &tmp));
	else if (v->form == MICROSECONDS)
		twc_json_ratio(j, v->name, v->number(x), 1000000);
	else
		twc_json_uint(j, v->name, v->number(x));
	twc_free(tmp.owned);
}

int twc__http_writeout_json(struct twc_buf *b, const struct twc_http_facts *x)
{
	struct twc_json j;

	twc_json_begin(&j, b);
	for (size_t i = 0; i < TWC_ARRAY_LEN(vars); i++)
		json_var(&j, &vars[i], x);
	twc_json_text(&j, "curl_version", "twc/" TWC_VERSION);
	twc_json_end(&j);
	return j.failed ? TWC_ETOOLONG : 0;
}

static int add_quoted(struct twc_buf *b, struct twc_str s, bool lower)
{
	char c;
	int rc = twc_buf_add(b, "\"", 1);

	for (size_t i = 0; lower && i < s.n && !rc; i++) { /* a token, which needs no escape */
		c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
		rc = twc_buf_add(b, &c, 1);
	}
	if (!rc && !lower)
		rc = twc_json_escape(b, s);
	return rc ? rc : twc_buf_add(b, "\"", 1);
}

/* A name with the values of all fields that have it. */
static int add_field(struct twc_buf *b, const struct twc_http_fields *fields, size_t i)
{
	char *name = twc_str_dup(twc_http_fields_at(fields, i).name);
	int rc = add_quoted(b, twc_str_of(name), true);

	for (size_t k = i; k != SIZE_MAX && !rc; k = twc_http_fields_find(fields, name, k + 1)) {
		rc = twc_buf_add(b, k == i ? ":[" : ",", k == i ? 2 : 1);
		if (!rc)
			rc = add_quoted(b, twc_http_fields_at(fields, k).value, false);
	}
	twc_free(name);
	return rc ? rc : twc_buf_add(b, "]", 1);
}

static bool is_first_of_name(const struct twc_http_fields *fields, size_t i)
{
	char *name = twc_str_dup(twc_http_fields_at(fields, i).name);
	bool is_first = twc_http_fields_find(fields, name, 0) == i;

	twc_free(name);
	return is_first;
}

int twc__http_writeout_header_json(struct twc_buf *b, const struct twc_http_facts *x)
{
	const struct twc_http_fields *fields = x->response ? &x->response->fields : NULL;
	bool is_first = true;
	int rc = twc_buf_add(b, "{", 1);

	for (size_t i = 0; fields && i < twc_http_fields_count(fields) && !rc; i++) {
		if (!is_first_of_name(fields, i))
			continue;
		if (!is_first)
			rc = twc_buf_add(b, ",\n", 2);
		if (!rc)
			rc = add_field(b, fields, i);
		is_first = false;
	}
	return rc ? rc : twc_buf_add(b, "\n}", 2);
}
