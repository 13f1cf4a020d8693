/* SPDX-License-Identifier: MIT */
/*
 * Heads of HTTP/2 from text and to text. A request is written once, as HTTP/1.1 (request.c), and becomes a list of fields here (RFC
 * 9113, 8.3.1); what people are shown of a list is what it would be as text.
 */
#include "protocol/http/h2_client.h"

#include "base/banned.h"

/* Cuts the part before `sep` off. */
static struct twc_str cut(struct twc_str *rest, char sep)
{
	struct twc_str part = { 0 };

	if (!twc_str_cut(rest, sep, &part))
		part = TWC_STR("");
	return part;
}

/* "http://host/path" to a proxy has all three in it. */
static struct twc_str path_of(struct twc_str target, struct twc_str *scheme, struct twc_str *authority)
{
	const char *colon = target.n > 0 && target.p[0] != '/' ? memchr(target.p, ':', target.n) : NULL, *path;
	size_t at;

	if (!colon || target.n - (size_t)(colon - target.p) < 3 || memcmp(colon, "://", 3) != 0)
		return target;
	*scheme = (struct twc_str){ target.p, (size_t)(colon - target.p) };
	at = scheme->n + 3;
	path = memchr(target.p + at, '/', target.n - at);
	if (!path) {
		*authority = (struct twc_str){ target.p + at, target.n - at };
		return TWC_STR("/");
	}
	*authority = (struct twc_str){ target.p + at, (size_t)(path - target.p) - at };
	return (struct twc_str){ path, target.n - (size_t)(path - target.p) };
}

static struct twc_str host_of(struct twc_str lines)
{
	struct twc_str line;

	while (twc_str_cut(&lines, '\n', &line)) {
		struct twc_str name = cut(&line, ':');

		if (twc_str_eq_nocase(name, TWC_STR("host")) && line.p)
			return twc_str_trim((struct twc_str){ line.p, line.n - (line.n > 0) }); /* its CR */
	}
	return (struct twc_str){ 0 };
}

static void drop_field(struct twc__h2_nvs *nvs, const char *name)
{
	size_t n = strlen(name), kept = 0;

	for (size_t i = 0; i < nvs->n; i++) {
		if (nvs->v[i].namelen != n || memcmp(nvs->v[i].name, name, n) != 0)
			nvs->v[kept++] = nvs->v[i];
	}
	nvs->n = kept;
}

void twc__h2_request_fields(char *head, size_t n, struct twc_str scheme, bool without_expect, struct twc__h2_nvs *nvs)
{
	struct twc_str rest = { head, n }, line = cut(&rest, '\n'), method = cut(&line, ' '), target = cut(&line, ' ');
	struct twc_str authority = host_of(rest), path = path_of(target, &scheme, &authority);
	bool is_connect = twc_str_is(method, "CONNECT");

	twc__h2_nvs_add(nvs, TWC_STR(":method"), method);
	if (!is_connect) {
		twc__h2_nvs_add(nvs, TWC_STR(":path"), path);
		twc__h2_nvs_add(nvs, TWC_STR(":scheme"), scheme);
	}
	if (is_connect || authority.n > 0)
		twc__h2_nvs_add(nvs, TWC_STR(":authority"), is_connect ? target : authority);
	if (rest.p)
		twc__h2_nvs_add_lines(nvs, head + (rest.p - head), rest.n, "host");
	if (without_expect)
		drop_field(nvs, "expect");
	for (size_t i = 0; i < nvs->n; i++)
		nvs->v[i].flags = NGHTTP2_NV_FLAG_NONE; /* a request may be given up before it has left */
}

static bool is_pseudo(const nghttp2_nv *v)
{
	return v->name[0] == ':';
}

static struct twc_str value_of(const struct twc__h2_nvs *nvs, const char *name)
{
	for (size_t i = 0; i < nvs->n && is_pseudo(&nvs->v[i]); i++) {
		if (nvs->v[i].namelen == strlen(name) && memcmp(nvs->v[i].name, name, nvs->v[i].namelen) == 0)
			return (struct twc_str){ (const char *)nvs->v[i].value, nvs->v[i].valuelen };
	}
	return TWC_STR("");
}

int twc__h2_request_text(const struct twc__h2_nvs *nvs, struct twc_buf *out)
{
	struct twc_str method = value_of(nvs, ":method"), path = value_of(nvs, ":path"), host = value_of(nvs, ":authority");
	struct twc_str target = path.n > 0 ? path : host;
	int rc = twc_buf_addf(out, "%.*s %.*s HTTP/2\r\n", (int)method.n, method.p, (int)target.n, target.p);

	if (rc == 0 && host.n > 0)
		rc = twc_buf_addf(out, "Host: %.*s\r\n", (int)host.n, host.p);
	for (size_t i = 0; i < nvs->n && rc == 0; i++) {
		const nghttp2_nv *v = &nvs->v[i];

		if (!is_pseudo(v))
			rc = twc_buf_addf(out, "%.*s: %.*s\r\n", (int)v->namelen, (const char *)v->name, (int)v->valuelen,
					  (const char *)v->value);
	}
	return rc ? rc : twc_buf_add(out, "\r\n", 2);
}

size_t twc__h2_request_size(const struct twc__h2_nvs *nvs)
{
	struct twc_str method = value_of(nvs, ":method"), path = value_of(nvs, ":path"), host = value_of(nvs, ":authority");
	size_t n = method.n + 1 + (path.n > 0 ? path.n : host.n) + sizeof(" HTTP/2\r\n") - 1 + 2;

	if (host.n > 0)
		n += sizeof("Host: \r\n") - 1 + host.n;
	for (size_t i = 0; i < nvs->n; i++) {
		if (!is_pseudo(&nvs->v[i]))
			n += nvs->v[i].namelen + nvs->v[i].valuelen + 4;
	}
	return n;
}

int twc__h2_response_text(int status, const struct twc_http_fields *fields, struct twc_buf *out)
{
	int rc = twc_buf_addf(out, "HTTP/2 %d \r\n", status);

	for (size_t i = 0; i < twc_http_fields_count(fields) && rc == 0; i++) {
		struct twc_http_field f = twc_http_fields_at(fields, i);

		rc = twc_buf_addf(out, "%.*s: %.*s\r\n", (int)f.name.n, f.name.p, (int)f.value.n, f.value.p);
	}
	return rc ? rc : twc_buf_add(out, "\r\n", 2);
}
