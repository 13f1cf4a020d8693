/* SPDX-License-Identifier: MIT */
/* Redirections: so many, relative and absolute, to where the query says; and pages that link to each other. */
#include "app/http/bin.h"

#include <stdio.h>

#include "protocol/http/octet.h"
#include "base/banned.h"

#define REDIRECTS_MAX 1000
#define LINKS_MAX 256

/* ---- so many ---- */

static void redirect(const struct twc__bin *bin, struct twc_http_exchange *x, uint64_t left, const char *kind,
		     struct twc_str origin)
{
	char *to;

	if (left)
		to = twc_asprintf("%.*s%s/%s/%llu", (int)origin.n, origin.p, bin->prefix, kind, (unsigned long long)left);
	else
		to = twc_asprintf("%.*s%s/get", (int)origin.n, origin.p, bin->prefix);
	twc_http_redirect(x, 302, to);
	twc_free(to);
}

static struct twc_deferred *redirect_often(const struct twc__bin *bin, struct twc_http_exchange *x, bool is_absolute)
{
	uint64_t n;

	if (!twc__bin_param_uint(x, "n", 1, REDIRECTS_MAX, &n))
		return NULL;
	if (is_absolute)
		redirect(bin, x, n - 1, "absolute-redirect", twc__bin_origin(x));
	else
		redirect(bin, x, n - 1, "relative-redirect", TWC_STR(""));
	return NULL;
}

static struct twc_deferred *handle_redirect(void *arg, struct twc_http_exchange *x)
{
	return redirect_often(arg, x, twc_str_eq_nocase(twc_http_query(x, "absolute"), TWC_STR("true")));
}

static struct twc_deferred *handle_relative(void *arg, struct twc_http_exchange *x)
{
	return redirect_often(arg, x, false);
}

static struct twc_deferred *handle_absolute(void *arg, struct twc_http_exchange *x)
{
	return redirect_often(arg, x, true);
}

/* ---- to where the query says ---- */

/* A path, or something with a scheme; only what a URL may hold. */
static bool is_target(struct twc_str url)
{
	const char *colon = url.n ? memchr(url.p, ':', url.n) : NULL;

	if (!url.n || !twc__http_all(url, TWC__HTTP_TARGET | TWC__HTTP_VALUE))
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] == ' ' || url.p[i] == '\t')
			return false;
	return url.p[0] == '/' || (colon && colon != url.p && twc__http_is((unsigned char)url.p[0], TWC__HTTP_ALPHA));
}

static struct twc_deferred *handle_redirect_to(void *arg, struct twc_http_exchange *x)
{
	struct twc_str url = twc_http_query(x, "url");
	uint64_t status = 302;

	(void)arg;
	if (!twc__bin_query_uint(x, "status_code", 300, 399, &status))
		return NULL;
	if (is_target(url))
		twc_http_redirect(x, (int)status, url.p);
	else
		twc__bin_fail(x, 400, url.p ? "url: neither a path nor an absolute URL" : "url: missing");
	return NULL;
}

/* ---- links ---- */

static int write_links(struct twc_buf *page, const char *prefix, unsigned n, unsigned here)
{
	int rc = twc_buf_addf(page, "<!DOCTYPE html>\n<html lang=\"en\">\n"
				    "<head><meta charset=\"utf-8\"><title>Links</title></head>\n<body>\n");

	for (unsigned i = 0; i < n && rc == 0; i++) {
		if (i == here)
			rc = twc_buf_addf(page, "%u\n", i);
		else
			rc = twc_buf_addf(page, "<a href=\"%s/links/%u/%u\">%u</a>\n", prefix, n, i, i);
	}
	return rc == 0 ? twc_buf_addf(page, "</body>\n</html>\n") : rc;
}

static struct twc_deferred *handle_links_page(void *arg, struct twc_http_exchange *x)
{
	const struct twc__bin *bin = arg;
	uint64_t n, here;
	struct twc_buf page;

	if (!twc__bin_param_uint(x, "n", 0, LINKS_MAX, &n) || !twc__bin_param_uint(x, "offset", 0, LINKS_MAX, &here))
		return NULL;
	twc_buf_init(&page, TWC__BIN_JSON_MAX);
	if (write_links(&page, bin->prefix, (unsigned)n, (unsigned)here) == 0)
		twc__bin_send(x, 200, "text/html; charset=utf-8", twc_buf_str(&page));
	else
		twc__bin_fail(x, 503, NULL);
	twc_buf_fini(&page);
	return NULL;
}

static struct twc_deferred *handle_links(void *arg, struct twc_http_exchange *x)
{
	const struct twc__bin *bin = arg;
	uint64_t n;
	char *to;

	if (!twc__bin_param_uint(x, "n", 0, LINKS_MAX, &n))
		return NULL;
	to = twc_asprintf("%s/links/%u/0", bin->prefix, (unsigned)n);
	twc_http_redirect(x, 302, to);
	twc_free(to);
	return NULL;
}

const struct twc__bin_route twc__bin_redirect[] = {
	{ NULL, "/redirect/<n>", handle_redirect, "n redirections, to /get in the end; ?absolute=true." },
	{ NULL, "/relative-redirect/<n>", handle_relative, "The same without scheme and host." },
	{ NULL, "/absolute-redirect/<n>", handle_absolute, "The same with them." },
	{ NULL, "/redirect-to", handle_redirect_to, "To ?url=, with ?status_code=302." },
	{ NULL, "/links/<n>", handle_links, "A page with n links to others of its kind." },
	{ NULL, "/links/<n>/<offset>", handle_links_page, NULL },
	{ .pattern = NULL },
};
