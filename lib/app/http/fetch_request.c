/* SPDX-License-Identifier: MIT */
/*
 * Which fields a request has, in curl's order: what is sent by itself, unless the user has a field of the name or wants
 * none, then the user's. What was meant for the first origin alone stays there.
 */
#include "app/http/fetch_int.h"
#include "protocol/http/credentials.h"

#include "base/banned.h"

#define VALUE_MAX (64 * 1024)

bool twc__http_fetch_removes(const struct twc_http_fetch *f, const char *name)
{
	for (size_t i = 0; f->o.removed && f->o.removed[i]; i++) {
		if (twc_str_eq_nocase(twc_str_of(f->o.removed[i]), twc_str_of(name)))
			return true;
	}
	return false;
}

static bool is_private(struct twc_str name)
{
	return twc_str_eq_nocase(name, TWC_STR("Authorization")) || twc_str_eq_nocase(name, TWC_STR("Cookie")) ||
	       twc_str_eq_nocase(name, TWC_STR("Host"));
}

static bool is_about_content(struct twc_str name)
{
	return (name.n > 8 && twc_str_eq_nocase((struct twc_str){ name.p, 8 }, TWC_STR("Content-"))) ||
	       twc_str_eq_nocase(name, TWC_STR("Transfer-Encoding"));
}

static bool may_be_sent(const struct twc_http_fetch *f, struct twc_str name)
{
	return !(f->is_foreign && is_private(name)) && !(f->drops_content && is_about_content(name));
}

bool twc__http_fetch_has_own(const struct twc_http_fetch *f, const char *name)
{
	return f->o.fields && may_be_sent(f, twc_str_of(name)) && twc_http_fields_get(f->o.fields, name, NULL);
}

/* As the origin sees it, also behind a proxy. Caller frees. */
static char *target_of(const struct twc_http_fetch *f)
{
	struct twc_buf text;
	char *target;

	if (f->o.target.n > 0 && f->totals.redirects == 0)
		return twc_str_dup(f->o.target);
	twc_buf_init(&text, TWC_URL_MAX);
	if (twc_url_write_target(&f->url, &text) < 0)
		twc_buf_clear(&text);
	target = twc_str_dup(twc_buf_str(&text));
	twc_buf_fini(&text);
	return target;
}

/* ---- one after the other ---- */

struct builder {
	struct twc_http_fetch *f;
	struct twc_http_fields *out;
	struct twc_err *err;
	int rc;
};

static void add(struct builder *b, const char *name, struct twc_str value)
{
	if (b->rc == 0)
		b->rc = twc_http_fields_add(b->out, twc_str_of(name), value, b->err);
}

/* What goes without saying, unless the user has said something. */
static void add_default(struct builder *b, const char *name, const char *value)
{
	if (value && *value && !twc__http_fetch_has_own(b->f, name) && !twc__http_fetch_removes(b->f, name))
		add(b, name, twc_str_of(value));
}

static void add_buf(struct builder *b, const char *name, struct twc_buf *value)
{
	if (b->rc == 0 && twc_buf_len(value) > 0)
		add(b, name, twc_buf_str(value));
	twc_buf_fini(value);
}

static void add_logins(struct builder *b, const struct twc__http_way *way)
{
	char *target = target_of(b->f);
	struct twc_buf value;

	twc_buf_init(&value, VALUE_MAX);
	if (way->user && b->rc == 0 &&
	    !(b->f->o.proxy_fields && twc_http_fields_get(b->f->o.proxy_fields, "Proxy-Authorization", NULL)))
		b->rc = twc__http_basic_add(&value, twc_str_of(way->user), twc_str_of(way->password), b->err);
	add_buf(b, "Proxy-Authorization", &value);
	twc_buf_init(&value, VALUE_MAX);
	if (b->rc == 0)
		b->rc = twc__http_auth_value(b->f, twc_str_of(target), &value, b->err);
	add_buf(b, "Authorization", &value);
	twc_free(target);
}

static void add_range(struct builder *b)
{
	struct twc_http_fetch *f = b->f;
	const char *validator = f->validator ? f->validator : f->o.if_range;
	char *value;

	if (f->has_body)
		add_default(b, "Content-Range", f->o.content_range);
	if (f->resume_from > 0)
		value = twc_asprintf("bytes=%llu-", (unsigned long long)f->resume_from);
	else if (f->o.range)
		value = twc_asprintf("bytes=%s", f->o.range);
	else
		return;
	add_default(b, "Range", value);
	twc_free(value);
	add_default(b, "If-Range", validator);
}

static void add_referer(struct builder *b)
{
	if (b->f->referer)
		add_default(b, "Referer", b->f->referer);
	else
		add_default(b, "Referer", b->f->o.referer);
}

/* The host that a Host field names, without its port. */
static struct twc_str host_part(struct twc_str value)
{
	size_t n = 0;

	if (value.n > 0 && value.p[0] == '[')
		while (n < value.n && value.p[n] != ']')
			n++;
	while (n < value.n && value.p[n] != ':')
		n++;
	return (struct twc_str){ value.p, n };
}

struct twc__http_jar_site twc__http_fetch_site(const struct twc_http_fetch *f)
{
	struct twc__http_jar_site site = { .is_secure = twc_url_is_secure(&f->url), .host = f->url.host, .path = f->url.path };
	struct twc_str own;

	if (twc__http_fetch_has_own(f, "Host") && twc_http_fields_get(f->o.fields, "Host", &own) && host_part(own).n > 0)
		site.host = host_part(own);
	return site;
}

/* RFC 9112 can do without; proxies that speak 1.0 cannot. */
static void add_proxy_connection(struct builder *b, const struct twc__http_way *way)
{
	const struct twc_http_fields *own = b->f->o.proxy_fields;

	if (way->absolute && !(own && twc_http_fields_get(own, "Proxy-Connection", NULL)))
		add_default(b, "Proxy-Connection", "Keep-Alive");
}

static void add_cookies(struct builder *b)
{
	struct twc_http_fetch *f = b->f;
	struct twc__http_jar_site site = twc__http_fetch_site(f);
	struct twc_buf value;

	if (twc__http_fetch_has_own(f, "Cookie") || twc__http_fetch_removes(f, "Cookie") || b->rc < 0)
		return;
	twc_buf_init(&value, VALUE_MAX);
	if (f->s->jar)
		b->rc = twc__http_jar_cookies(f->s->jar, &site, twc__http_now(), &value);
	if (b->rc == 0 && f->s->cookies && !f->is_foreign)
		b->rc = twc_buf_addf(&value, "%s%s", twc_buf_len(&value) > 0 ? "; " : "", f->s->cookies);
	if (b->rc < 0)
		twc_err_set(b->err, b->rc, "the cookies for this request are too long");
	add_buf(b, "Cookie", &value);
}

static void add_conditions(struct builder *b)
{
	add_default(b, "If-Modified-Since", b->f->o.if_modified_since);
	add_default(b, "If-Unmodified-Since", b->f->o.if_unmodified_since);
	add_default(b, "If-None-Match", b->f->o.if_none_match);
}

static void add_own(struct builder *b, const struct twc_http_fields *fields)
{
	for (size_t i = 0; fields && i < twc_http_fields_count(fields); i++) {
		struct twc_http_field field = twc_http_fields_at(fields, i);

		if (b->rc == 0 && may_be_sent(b->f, field.name))
			b->rc = twc_http_fields_add(b->out, field.name, field.value, b->err);
	}
}

/* The length itself is the client's business; where it stands is ours. */
static void add_content(struct builder *b)
{
	if (!b->f->has_body)
		return;
	if (!twc__http_fetch_has_own(b->f, "Content-Length") && !twc__http_fetch_has_own(b->f, "Transfer-Encoding"))
		add(b, "Content-Length", TWC_STR("0"));
	add_default(b, "Content-Type", b->f->o.content_type);
}

int twc__http_request_fields(struct twc_http_fetch *f, const struct twc__http_way *way, struct twc_http_fields *out,
			     struct twc_err *err)
{
	struct builder b = { .f = f, .out = out, .err = err };
	const char *coding = f->o.accept_encoding;

	if (!coding && f->o.decode && f->resume_from == 0) /* a part of what was compressed is of no use */
		coding = twc__http_accept_encoding();
	add_logins(&b, way);
	add_range(&b);
	add_default(&b, "User-Agent", f->o.user_agent ? f->o.user_agent : "twc/" TWC_VERSION);
	add_default(&b, "Accept", "*/*");
	add_default(&b, "Accept-Encoding", coding);
	add_referer(&b);
	add_proxy_connection(&b, way);
	add_cookies(&b);
	add_conditions(&b);
	if (way->absolute)
		add_own(&b, f->o.proxy_fields);
	add_own(&b, f->o.fields);
	add_content(&b);
	return b.rc;
}
