/* SPDX-License-Identifier: MIT */
/*
 * Where a proxy's requests go: "http://h:9000/v1/", "tcp:h:9000", "unix:/run/app.sock", or several, each in brackets. Each target
 * has a client, and so connections, of its own; what names an endpoint is asked by a URL made up for it.
 */
#include "app/http/proxy.h"

#include <twc/endpoint.h>
#include <twc/parse.h>

#include "base/banned.h"

#define IDLE_MAX 1000 /* connections kept to one target */
#define IDLE_NS (30 * TWC_NS_PER_S)
#define HEAD_MAX (64 * 1024) /* of a response */

/* ---- one target ---- */

static bool is_url(struct twc_str s)
{
	return twc_str_starts(s, "http://") || twc_str_starts(s, "https://");
}

/* Does the text of a URL go on behind its host? twc_url has "/" for both. */
static bool has_path(struct twc_str s)
{
	const char *host = s.p + (twc_str_starts(s, "https://") ? 8 : 7);

	return memchr(host, '/', s.n - (size_t)(host - s.p));
}

static int parse_url(struct twc__proxy_target *t, struct twc_str s, struct twc_err *err)
{
	int rc = twc_url_parse(s, 0, &t->url, err);

	if (rc < 0)
		return rc;
	t->has_path = has_path(s);
	t->text = twc_url_text(&t->url, TWC_URL_MASK);
	if (t->url.has_query || t->url.has_fragment)
		return twc_err_set(err, TWC_EUSAGE, "the URL of a server has no query and no fragment");
	if (t->url.has_userinfo)
		return twc_err_set(err, TWC_EUSAGE, "the URL of a server has no user: write header-up='Authorization: …'");
	return 0;
}

/* Up to a colon outside of brackets. */
static struct twc_str next_part(struct twc_str *rest)
{
	unsigned depth = 0;
	struct twc_str part = { rest->p, 0 };

	for (; part.n < rest->n && (depth || rest->p[part.n] != ':'); part.n++)
		depth += (rest->p[part.n] == '[') - (unsigned)(depth && rest->p[part.n] == ']');
	rest->p += part.n;
	rest->n -= part.n;
	if (rest->n) {
		rest->p++;
		rest->n--;
	}
	return part;
}

/* The URL that stands for an endpoint: its host and port where it has them, for Host and what TLS verifies. */
static int make_url(struct twc__proxy_target *t, struct twc_str s, bool is_tls, bool is_ip, struct twc_err *err)
{
	struct twc_str rest = s, host, port;
	char *text = NULL;
	int rc = TWC_EUSAGE;

	(void)next_part(&rest);
	host = next_part(&rest);
	port = next_part(&rest);
	if (is_ip && host.n && port.n && !memchr(host.p, '=', host.n) && !memchr(port.p, '=', port.n)) {
		text = twc_asprintf("%s://%.*s:%.*s", is_tls ? "https" : "http", (int)host.n, host.p, (int)port.n, port.p);
		rc = twc_url_parse(twc_str_of(text), 0, &t->url, NULL);
		twc_free(text);
	}
	return rc == 0 ? 0 : twc_url_parse(TWC_STR("http://localhost"), 0, &t->url, err);
}

static int parse_endpoint(struct twc__proxy_target *t, struct twc_str s, struct twc_err *err)
{
	char *text = twc_str_dup(s), limit[32];
	struct twc_endpoint *e = twc_endpoint_parse(text, TWC_CONNECT, err);
	bool is_tls, is_ip, is_datagram;

	if (!e) {
		twc_free(text);
		return TWC_EUSAGE;
	}
	is_tls = strcmp(twc_endpoint_type(e), "tls") == 0;
	is_ip = is_tls || strncmp(twc_endpoint_type(e), "tcp", 3) == 0;
	is_datagram = twc_endpoint_is_datagram(e);
	twc_endpoint_free(e);
	t->text = twc_endpoint_mask(text);
	t->via = text;
	if (is_datagram)
		return twc_err_set(err, TWC_EUSAGE, "HTTP needs a stream: no datagrams");
	if (is_ip && !strstr(text, "timeout=")) {
		twc_format_duration(limit, sizeof(limit), t->proxy->o.connect_ns);
		t->via = twc_asprintf("%s:timeout=%s", text, limit);
		twc_free_secret(text, strlen(text));
	}
	return make_url(t, s, is_tls, is_ip, err);
}

static char *text_of(const struct twc_url *u, int (*write)(const struct twc_url *u, struct twc_buf *out))
{
	struct twc_buf b;
	char *text = NULL;

	twc_buf_init(&b, TWC_URL_MAX);
	if (write(u, &b) == 0)
		text = twc_str_dup(twc_buf_str(&b));
	twc_buf_fini(&b);
	return text ? text : twc_strdup("localhost");
}

static void make_client(struct twc__proxy_target *t)
{
	const struct twc__proxy_opts *o = &t->proxy->o;
	char keys[64] = "timeout=";
	struct twc_http_client_opts opts = {
		.max_idle = IDLE_MAX,
		.idle_ns = IDLE_NS,
		.tls = o->tls,
		.keys = keys,
		.max_head = HEAD_MAX,
		.first_byte_ns = o->first_byte_ns,
		.version = o->version,
		.strict = true,
	};

	twc_format_duration(keys + strlen(keys), sizeof(keys) - strlen(keys), o->connect_ns);
	t->client = twc_http_client_new(t->proxy->r, &opts);
}

static int add_target(struct twc__proxy *p, struct twc_str s, struct twc_err *err)
{
	struct twc__proxy_target *t = &p->target[p->n_targets];
	int rc;

	if (p->n_targets == TWC__PROXY_TARGETS_MAX)
		return twc_err_set(err, TWC_EUSAGE, "more than %d servers", TWC__PROXY_TARGETS_MAX);
	*t = (struct twc__proxy_target){ .proxy = p, .index = p->n_targets };
	p->n_targets++;
	rc = is_url(s) ? parse_url(t, s, err) : parse_endpoint(t, s, err);
	if (rc < 0)
		return rc;
	t->host = text_of(&t->url, twc_url_write_host);
	t->origin = text_of(&t->url, twc_url_write_origin);
	make_client(t);
	return 0;
}

/* ---- all of them ---- */

/* What stands in the bracket that s begins with; its end in *n. False: it is not closed. */
static bool in_bracket(struct twc_str s, size_t *n)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '[')
			depth++;
		else if (s.p[i] == ']' && --depth == 0) {
			*n = i + 1;
			return true;
		}
	}
	return false;
}

static int parse_list(struct twc__proxy *p, struct twc_str arg, struct twc_err *err)
{
	struct twc_str rest = arg;

	while (rest.n) {
		size_t n = 0, at = (size_t)(rest.p - arg.p);
		int rc;

		if (rest.p[0] != '[')
			return twc_err_at(err, TWC_EUSAGE, at + 1, "several servers stand in brackets each: [tcp:a:1][tcp:b:2]");
		if (!in_bracket(rest, &n))
			return twc_err_at(err, TWC_EUSAGE, at + 1, "this bracket is not closed");
		rc = add_target(p, (struct twc_str){ rest.p + 1, n - 2 }, err);
		if (rc < 0) {
			if (err)
				err->column = (int)at + 1 + (err->column ? err->column : 1);
			return rc;
		}
		rest = (struct twc_str){ rest.p + n, rest.n - n };
	}
	return 0;
}

int twc__proxy_targets_parse(struct twc__proxy *p, struct twc_str arg, struct twc_err *err)
{
	if (!arg.n)
		return twc_err_set(err, TWC_EUSAGE, "a URL or an endpoint belongs here, such as http://127.0.0.1:9000");
	p->target = twc_calloc(TWC__PROXY_TARGETS_MAX, sizeof(*p->target));
	return arg.p[0] == '[' ? parse_list(p, arg, err) : add_target(p, arg, err);
}

void twc__proxy_clients_free(struct twc__proxy *p)
{
	for (unsigned i = 0; i < p->n_targets; i++) {
		struct twc_http_client *c = p->target[i].client;

		p->target[i].client = NULL;
		if (c)
			twc_http_client_free(c);
	}
}

void twc__proxy_targets_fini(struct twc__proxy *p)
{
	for (unsigned i = 0; i < p->n_targets; i++) {
		struct twc__proxy_target *t = &p->target[i];

		twc_url_fini(&t->url);
		twc_free(t->text);
		twc_free(t->host);
		twc_free(t->origin);
		if (t->via)
			twc_free_secret(t->via, strlen(t->via));
	}
	twc_free(p->target);
}
