/* SPDX-License-Identifier: MIT */
/*
 * Where a redirect leads, with what method, and whether it may be followed (RFC 9110, 15.4). What was meant for one origin is not
 * shown to another, and what was asked for over TLS is not asked for without.
 */
#include "app/http/fetch_int.h"
#include "base/banned.h"

#define REDIRECTS_MAX 50

bool twc__http_is_redirect(int status)
{
	return (status >= 300 && status <= 303) || status == 307 || status == 308;
}

static bool becomes_get(int status, struct twc_str method, unsigned keep)
{
	switch (status) {
	case 301:
		return !(keep & TWC_HTTP_KEEP_301) && twc_str_is(method, "POST");
	case 302:
		return !(keep & TWC_HTTP_KEEP_302) && twc_str_is(method, "POST");
	case 303:
		return !(keep & TWC_HTTP_KEEP_303) && !twc_str_is(method, "HEAD") && !twc_str_is(method, "GET");
	default:
		return false;
	}
}

struct twc_str twc__http_redirect_method(int status, struct twc_str method, bool is_custom, unsigned keep, bool *drops_body)
{
	*drops_body = becomes_get(status, method, keep);
	if (!*drops_body || (is_custom && (keep & TWC_HTTP_KEEP_METHOD)))
		return method;
	return TWC_STR("GET");
}

static int check_may(const struct twc_http_fetch *f, struct twc_err *err)
{
	int max = f->o.max_redirects == 0 ? REDIRECTS_MAX : f->o.max_redirects;

	if (max > 0 && f->totals.redirects >= (unsigned)max)
		return twc_err_set(err, TWC_EPROTO, "more than %d redirects (--max-redirs)", max);
	if (!twc_http_schemes_have(f->o.proto_redirect, f->redirect.scheme))
		return twc_err_set(err, TWC_EACCESS, "the server redirects to %.*s:, which --proto-redir does not have",
				   (int)f->redirect.scheme.n, f->redirect.scheme.p);
	if (twc_url_is_secure(&f->url) && !twc_url_is_secure(&f->redirect) && !f->o.allow_downgrade)
		return twc_err_set(err, TWC_EACCESS, "the server redirects from https to http; --allow-downgrade follows it");
	return 0;
}

/* What is wrong with the URL is not about the one that was asked for. */
static int say_where(struct twc_str location, struct twc_err *err)
{
	const struct twc_err why = *err;
	char shown[100];

	twc_escape(shown, sizeof(shown), location);
	return twc_err_set(err, why.code, "cannot follow the redirect to \"%s\": %s", shown, why.text);
}

int twc__http_redirect_look(struct twc_http_fetch *f, struct twc_err *err)
{
	unsigned flags = TWC_URL_PEER | (f->o.path_as_is ? TWC_URL_PATH_AS_IS : 0u) | (f->o.upgrade ? TWC_URL_WEBSOCKET : 0u);
	struct twc_str location;
	int rc;

	if (!twc__http_is_redirect(f->res->status) || !twc_http_fields_get(&f->res->fields, "Location", &location) ||
	    twc_str_trim(location).n == 0)
		return 0;
	twc_url_fini(&f->redirect);
	rc = twc_url_resolve(&f->url, location, flags, &f->redirect, err);
	if (!f->o.follow)
		return 0; /* it is only told, and nobody asked whether it is good */
	if (rc < 0)
		return say_where(location, err);
	rc = check_may(f, err);
	return rc < 0 ? rc : 1;
}

/* Of the page that led on, for the next: without what nobody else should know (RFC 9110, 10.1.3). */
static void note_referer(struct twc_http_fetch *f)
{
	struct twc_buf text;

	twc_free(f->referer);
	f->referer = NULL;
	if (twc_url_is_secure(&f->url) && !twc_url_is_secure(&f->redirect))
		return;
	twc_buf_init(&text, TWC_URL_MAX);
	if (twc_url_write_absolute(&f->url, &text) == 0)
		f->referer = twc_str_dup(twc_buf_str(&text));
	twc_buf_fini(&text);
}

static void change_method(struct twc_http_fetch *f)
{
	bool drops_body;
	struct twc_str before = f->method;

	f->method = twc__http_redirect_method(f->res->status, before, f->o.method_is_custom, f->o.keep, &drops_body);
	if (!twc_str_eq(before, f->method))
		twc__http_fetch_note(f, "%d makes %.*s %.*s", f->res->status, (int)before.n, before.p,
				     (int)f->method.n, f->method.p);
	if (drops_body) {
		f->has_body = false;
		f->drops_content = true;
	}
}

void twc__http_redirect_follow(struct twc_http_fetch *f)
{
	char *to = twc_url_text(&f->redirect, TWC_URL_MASK | TWC_URL_NO_FRAGMENT);
	bool is_same = twc_url_same_origin(&f->url, &f->redirect);

	twc__http_fetch_note(f, "follows the redirect to %s", to ? to : "?");
	twc_free(to);
	change_method(f);
	if (f->o.referer_auto)
		note_referer(f);
	if (!is_same)
		twc__http_auth_forget(f);
	twc_url_fini(&f->url);
	f->url = f->redirect;
	f->redirect = (struct twc_url){ 0 };
	f->is_foreign = !f->o.location_trusted && !twc_url_same_origin(&f->o.url, &f->url);
	if (f->is_foreign && !is_same)
		twc__http_fetch_note(f, "another origin: it gets no login and no cookies of the command line");
	f->no_expect = false;
	f->totals.redirects++;
}
