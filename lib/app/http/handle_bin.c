/* SPDX-License-Identifier: MIT */
/*
 * bin, the set of httpbin: a router of its own below the route's pattern. Its first page is made of the tables, so what
 * is listed there is what there is.
 */
#include "app/http/bin.h"

#include "app/http/path.h"
#include "app/http/site.h"
#include "protocol/http/exchange.h"
#include "protocol/http/html.h"
#include "base/banned.h"

#define PAGE_MAX (64 * 1024)

const struct twc__bin_route *const twc__bin_tables[] = {
	twc__bin_echo, twc__bin_status,	twc__bin_redirect, twc__bin_cookies, twc__bin_auth,
	twc__bin_data, twc__bin_stream, twc__bin_sample,   twc__bin_websocket, NULL,
};

/* ---- the page ---- */

static int add(struct twc_buf *page, const char *s)
{
	return twc_buf_add(page, s, strlen(s));
}

static int add_row(struct twc_buf *page, const char *prefix, const struct twc__bin_route *row)
{
	bool is_link = !strchr(row->pattern, '<') && (!row->method || strcmp(row->method, "GET") == 0);
	int rc = add(page, "<tr><td>");

	rc = rc ? rc : add(page, row->method ? row->method : "any");
	rc = rc ? rc : add(page, "</td><td>");
	if (is_link)
		rc = rc ? rc : twc_buf_addf(page, "<a href=\"%s%s\">", prefix, row->pattern);
	rc = rc ? rc : twc__http_add_html(page, twc_str_of(row->pattern));
	if (is_link)
		rc = rc ? rc : add(page, "</a>");
	rc = rc ? rc : add(page, "</td><td>");
	if (row->summary)
		rc = rc ? rc : twc__http_add_html(page, twc_str_of(row->summary));
	return rc ? rc : add(page, "</td></tr>\n");
}

static int write_page(struct twc_buf *page, const char *prefix)
{
	int rc = add(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			   "<meta name=\"viewport\" content=\"width=device-width\">\n<title>httpbin</title>\n"
			   "<style>\n:root { color-scheme: light dark }\nbody { font: 1em/1.4 system-ui, sans-serif; margin: 2em }\n"
			   "td { padding: .1em 1.5em .1em 0; vertical-align: top }\n"
			   "td:nth-child(2) { font-family: monospace; white-space: nowrap }\n</style>\n</head>\n<body>\n"
			   "<h1>httpbin</h1>\n<table>\n");

	for (size_t i = 0; twc__bin_tables[i]; i++)
		for (const struct twc__bin_route *row = twc__bin_tables[i]; row->pattern; row++)
			rc = rc ? rc : add_row(page, prefix, row);
	return rc ? rc : add(page, "</table>\n</body>\n</html>\n");
}

static void send_page(const struct twc__bin *bin, struct twc_http_exchange *x)
{
	struct twc_buf page;

	twc_buf_init(&page, PAGE_MAX);
	if (write_page(&page, bin->prefix) == 0)
		twc__bin_send(x, 200, "text/html; charset=utf-8", twc_buf_str(&page));
	else
		twc__bin_fail(x, 503, NULL);
	twc_buf_fini(&page);
}

/* ---- the kind ---- */

static void bin_free(void *arg)
{
	struct twc__bin *bin = arg;

	twc_http_router_free(bin->router);
	twc_free_secret(bin, sizeof(*bin));
}

/* In the exchange's memory. */
static const char *prefix_of(struct twc_http_exchange *x)
{
	struct twc_str path = twc_http_request(x)->path;
	struct twc_buf b;
	char *out;

	path.n -= twc_http_rest(x).n;
	twc_buf_init(&b, 3 * path.n);
	if (twc__http_add_path(&b, path) < 0)
		twc_buf_clear(&b);
	out = twc__http_exchange_alloc(x, twc_buf_len(&b) + 1);
	memcpy(out, twc_buf_cstr(&b), twc_buf_len(&b) + 1);
	twc_buf_fini(&b);
	return out;
}

static struct twc_deferred *bin_handle(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin *bin = arg;
	struct twc_http_handler h = twc_http_router_handler(bin->router);
	enum twc_http_method method = twc_http_request(x)->method_id;

	bin->prefix = prefix_of(x);
	if (!twc_str_is(twc_http_rest(x), "/") || (method != TWC_HTTP_GET && method != TWC_HTTP_HEAD))
		return h.handle(h.arg, x);
	send_page(bin, x);
	return NULL;
}

static void add_routes(struct twc__bin *bin, const struct twc__bin_route *row)
{
	for (; row->pattern; row++) {
		int rc = twc_http_route(bin->router, row->method, row->pattern, row->handle, bin, NULL, NULL);

		TWC_ASSERT(rc == 0);
	}
}

static int check_pattern(const struct twc__http_route_opts *o, struct twc_err *err)
{
	if (o->pattern.n && o->pattern.p[o->pattern.n - 1] == '/')
		return 0;
	return twc_err_at(err, TWC_EUSAGE, (size_t)o->pattern_column,
			  "the path of bin ends in '/', for all that is below it: %.*s/",
			  o->pattern.n > 100 ? 100 : (int)o->pattern.n, o->pattern.p);
}

static int bin_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		      struct twc__http_made *out, struct twc_err *err)
{
	struct twc__bin *bin;
	int rc = check_pattern(o, err);

	(void)arg;
	(void)base;
	if (rc < 0)
		return rc;
	bin = twc_calloc(1, sizeof(*bin));
	bin->router = twc_http_router_new();
	bin->chance = s->o.seed;
	twc__http_digest_guard_init(&bin->guard);
	for (size_t i = 0; twc__bin_tables[i]; i++)
		add_routes(bin, twc__bin_tables[i]);
	*out = (struct twc__http_made){ { bin_handle, bin }, bin_free };
	return 0;
}

const struct twc__http_kind twc__http_kind_bin = {
	.info = { "bin", NULL, "the paths of httpbin: /get, /status/404, /delay/2 …" },
	.create = bin_create,
};
