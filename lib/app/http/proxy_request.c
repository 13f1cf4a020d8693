/* SPDX-License-Identifier: MIT */
/*
 * A request as the server behind gets it (RFC 9110, 7.6): without what was for this connection alone, with Via, and with what the
 * client looked like from here. What a client says about itself or others in fields of these names is believed of trusted
 * addresses only.
 *
 * The path goes on in the spelling it came in. A path with "." or ".." in it is refused, since the route was chosen by where it
 * leads, and the server behind may see that otherwise.
 */
#include "app/http/proxy.h"

#include "protocol/http/fields.h"
#include "protocol/http/octet.h"
#include "transport/transport_int.h"
#include "base/banned.h"

#define LOOPS_MAX 10 /* times a request may have been here already */

/* ---- fields of one connection ---- */

static bool is_named(struct twc_str name, const char *lower)
{
	return twc_str_eq_nocase(name, (struct twc_str){ lower, name.n });
}

bool twc__proxy_nominates(const struct twc_http_fields *fields)
{
	if (!twc__http_fields_may_have(fields, TWC_STR("connection")))
		return false;
	for (size_t i = twc_http_fields_find(fields, "connection", 0); i != SIZE_MAX;
	     i = twc_http_fields_find(fields, "connection", i + 1)) {
		struct twc_str rest = twc_http_fields_at(fields, i).value, member;

		while (twc_http_list_next(&rest, &member))
			if (!twc_str_eq_nocase(member, TWC_STR("close")) && !twc_str_eq_nocase(member, TWC_STR("keep-alive")))
				return true;
	}
	return false;
}

static bool is_nominated(struct twc_str name, const struct twc_http_fields *all)
{
	for (size_t i = twc_http_fields_find(all, "connection", 0); i != SIZE_MAX;
	     i = twc_http_fields_find(all, "connection", i + 1)) {
		struct twc_str rest = twc_http_fields_at(all, i).value, member;

		while (twc_http_list_next(&rest, &member))
			if (twc_str_eq_nocase(member, name))
				return true;
	}
	return false;
}

bool twc__proxy_is_hop(struct twc_str name, const struct twc_http_fields *all, bool nominated)
{
	bool is;

	switch (name.n) {
	case 2:
		is = is_named(name, "te");
		break;
	case 7:
		is = is_named(name, "upgrade");
		break;
	case 10:
		is = is_named(name, "connection") || is_named(name, "keep-alive");
		break;
	case 14:
		is = is_named(name, "content-length") || is_named(name, "http2-settings");
		break;
	case 16:
		is = is_named(name, "proxy-connection");
		break;
	case 17:
		is = is_named(name, "transfer-encoding");
		break;
	case 18:
		is = is_named(name, "proxy-authenticate");
		break;
	case 19:
		is = is_named(name, "proxy-authorization");
		break;
	default:
		is = false;
	}
	return is || (nominated && is_nominated(name, all));
}

/* ---- what the client may not say ---- */

/* The same name to a program that is told fields in its environment, where '-' and '_' are one. */
static bool is_alike(struct twc_str name, const char *lower)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c == '_')
			c = '-';
		if (c != (unsigned char)lower[i])
			return false;
	}
	return true;
}

enum owner {
	OWNER_CLIENT = 0,
	OWNER_US,   /* said anew by us, or not at all */
	OWNER_TRUST, /* the client's when it is trusted */
};

/* Whose business is a field of this name? */
static enum owner owner_of(struct twc_str name)
{
	switch (name.n) {
	case 4:
		return is_alike(name, "host") ? OWNER_US : OWNER_CLIENT;
	case 5:
		return is_alike(name, "proxy") ? OWNER_US : OWNER_CLIENT; /* HTTP_PROXY of a program */
	case 6:
		return is_alike(name, "expect") ? OWNER_US : OWNER_CLIENT;
	case 9:
		return is_alike(name, "forwarded") ? OWNER_TRUST : OWNER_CLIENT;
	case 12:
		return is_alike(name, "max-forwards") ? OWNER_US : OWNER_CLIENT;
	case 14:
		return is_alike(name, "content-length") ? OWNER_US : OWNER_CLIENT;
	case 15:
		return is_alike(name, "x-forwarded-for") ? OWNER_TRUST : OWNER_CLIENT;
	case 16:
		return is_alike(name, "x-forwarded-host") ? OWNER_TRUST : OWNER_CLIENT;
	case 17:
		return is_alike(name, "x-forwarded-proto") ? OWNER_TRUST :
		       is_alike(name, "transfer-encoding") ? OWNER_US : OWNER_CLIENT;
	default:
		return OWNER_CLIENT;
	}
}

bool twc__proxy_may_trail(struct twc_str name)
{
	return owner_of(name) == OWNER_CLIENT;
}

/* ---- what we say ---- */

bool twc__proxy_is_trusted(const struct twc__proxy *p, const struct twc_http_exchange *x)
{
	struct twc_addr peer;

	if (p->o.n_trusted == 0)
		return false;
	twc_transport_peer(twc_http_transport(x), &peer);
	for (unsigned i = 0; i < p->o.n_trusted; i++)
		if (twc_cidr_has(&p->o.trusted[i], &peer))
			return true;
	return false;
}

static bool is_edited(const struct twc__proxy_edits *edits, struct twc_str name)
{
	for (unsigned i = 0; i < edits->n; i++)
		if (twc_str_eq_nocase(edits->v[i].name, name))
			return true;
	return false;
}

/* All of it was looked at: by the parser, or when the route was made. */
static int add(struct twc__proxy *p, struct twc_str name, struct twc_str value, struct twc_err *err)
{
	return twc__http_fields_put(&p->fields, name, value, err);
}

/* Unless the route says something else, or that it is not to be said. */
static int add_own(struct twc__proxy *p, struct twc_str name, struct twc_str value, struct twc_err *err)
{
	return p->o.up.n && is_edited(&p->o.up, name) ? 0 : add(p, name, value, err);
}

/* An IPv4 address, which most are, costs no printf. */
static void put_peer(const struct twc_addr *peer, char *out, size_t cap)
{
	const uint8_t *ip = (const uint8_t *)&peer->u.in.sin_addr;

	if (peer->kind != TWC_ADDR_TCP) {
		memcpy(out, "unknown", sizeof("unknown")); /* RFC 7239 has this word for it */
		return;
	}
	if (peer->u.sa.sa_family != AF_INET) {
		twc_addr_format_host(peer, out, cap);
		return;
	}
	for (unsigned i = 0; i < 4; i++) {
		out += twc__http_put_decimal(out, ip[i]);
		*out++ = i < 3 ? '.' : '\0';
	}
}

/* Who has asked, behind those who said so before (if they are trusted). */
static int add_forwarded_for(struct twc__proxy_job *job, bool is_trusted, struct twc_err *err)
{
	const struct twc_http_fields *from = &twc_http_request(job->x)->fields;
	struct twc__proxy *p = job->proxy;
	char host[TWC_ADDR_TEXT_MAX];
	struct twc_addr peer;

	twc_transport_peer(twc_http_transport(job->x), &peer);
	put_peer(&peer, host, sizeof(host));
	twc_buf_clear(&p->text);
	for (size_t i = is_trusted ? twc_http_fields_find(from, "x-forwarded-for", 0) : SIZE_MAX; i != SIZE_MAX;
	     i = twc_http_fields_find(from, "x-forwarded-for", i + 1)) {
		struct twc_str value = twc_http_fields_at(from, i).value;
		int rc = twc_buf_add(&p->text, value.p, value.n);

		if (rc == 0)
			rc = twc_buf_add(&p->text, ", ", 2);
		if (rc < 0)
			return twc_err_set(err, rc, "X-Forwarded-For is too long");
	}
	if (twc_buf_len(&p->text) == 0)
		return add_own(p, TWC_STR("X-Forwarded-For"), twc_str_of(host), err);
	if (twc_buf_add(&p->text, host, strlen(host)) < 0)
		return twc_err_set(err, TWC_ETOOLONG, "X-Forwarded-For is too long");
	return add_own(p, TWC_STR("X-Forwarded-For"), twc_buf_str(&p->text), err);
}

static int add_client(struct twc__proxy_job *job, bool is_trusted, struct twc_err *err)
{
	const struct twc_http_request *q = twc_http_request(job->x);
	struct twc__proxy *p = job->proxy;
	struct twc_tls_info tls;
	int rc = add_forwarded_for(job, is_trusted, err);

	if (rc == 0 && !(is_trusted && twc_http_fields_get(&q->fields, "x-forwarded-proto", NULL)))
		rc = add_own(p, TWC_STR("X-Forwarded-Proto"),
			 twc_tls_info(twc_http_transport(job->x), &tls) ? TWC_STR("https") : TWC_STR("http"), err);
	if (rc == 0 && q->authority.n && !(is_trusted && twc_http_fields_get(&q->fields, "x-forwarded-host", NULL)))
		rc = add_own(p, TWC_STR("X-Forwarded-Host"), q->authority, err);
	return rc;
}

static int add_host(struct twc__proxy_job *job, struct twc_err *err)
{
	const struct twc_http_request *q = twc_http_request(job->x);
	const struct twc__proxy_opts *o = &job->proxy->o;
	struct twc_str host = twc_str_of(job->target->host);

	if (o->host == TWC__PROXY_HOST_NAME)
		host = twc_str_of(o->host_name);
	else if (o->host == TWC__PROXY_HOST_KEEP && q->authority.n)
		host = q->authority;
	return add_own(job->proxy, TWC_STR("Host"), host, err);
}

static int add_ours(struct twc__proxy_job *job, bool is_trusted, struct twc_err *err)
{
	const struct twc_http_request *q = twc_http_request(job->x);
	struct twc__proxy *p = job->proxy;
	int rc = add_client(job, is_trusted, err);

	if (rc == 0)
		rc = add_own(p, TWC_STR("Via"), q->version == 10 ? TWC_STR("1.0 twc") : q->version == 20 ? TWC_STR("2 twc") : TWC_STR("1.1 twc"), err);
	if (rc == 0 && job->upgrade)
		rc = twc__proxy_upgrade_fields(job, &p->fields, err);
	else if (rc == 0 && twc__http_fields_may_have(&q->fields, TWC_STR("te")) &&
		 twc_http_fields_has(&q->fields, "te", "trailers")) { /* we pass them on */
		rc = add(p, TWC_STR("TE"), TWC_STR("trailers"), err);
		if (rc == 0 && p->o.version == 11)
			rc = add(p, TWC_STR("Connection"), TWC_STR("TE"), err);
	}
	for (unsigned i = 0; rc == 0 && i < p->o.up.n; i++)
		if (p->o.up.v[i].value.p)
			rc = add(p, p->o.up.v[i].name, p->o.up.v[i].value, err);
	return rc;
}

static int copy_fields(struct twc__proxy_job *job, bool is_trusted, struct twc_err *err)
{
	const struct twc_http_fields *from = &twc_http_request(job->x)->fields;
	struct twc__proxy *p = job->proxy;
	bool nominated = twc__proxy_nominates(from);
	size_t n = twc_http_fields_count(from);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct twc_http_field f = twc_http_fields_at(from, i);
		enum owner owner = owner_of(f.name);

		if (owner == OWNER_US || (owner == OWNER_TRUST && (!is_trusted || twc_str_eq_nocase(f.name, TWC_STR("x-forwarded-for")))))
			continue;
		if (twc__proxy_is_hop(f.name, from, nominated) || is_edited(&p->o.up, f.name))
			continue;
		rc = add(p, f.name, f.value, err);
	}
	return rc;
}

/* ---- the path ---- */

/* A separator, as somebody may read it who decodes first. */
static size_t slash_len(struct twc_str s, size_t at)
{
	if (s.p[at] == '/')
		return 1;
	if (s.p[at] != '%' || s.n - at < 3)
		return 0;
	return (s.p[at + 1] == '2' && (s.p[at + 2] | 0x20) == 'f') || (s.p[at + 1] == '5' && (s.p[at + 2] | 0x20) == 'c') ? 3 : 0;
}

static size_t dot_len(struct twc_str s, size_t at)
{
	if (at < s.n && s.p[at] == '.')
		return 1;
	return at + 2 < s.n && s.p[at] == '%' && s.p[at + 1] == '2' && (s.p[at + 2] | 0x20) == 'e' ? 3 : 0;
}

/* Is there a segment of one or two dots? */
static bool has_dots(struct twc_str s)
{
	if (!s.n || (!memchr(s.p, '.', s.n) && !memchr(s.p, '%', s.n)))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		size_t slash = slash_len(s, i), at = i + slash, dot;

		if (!slash || !(dot = dot_len(s, at)))
			continue;
		at += dot;
		at += dot_len(s, at);
		if (at == s.n || slash_len(s, at) || s.p[at] == ';')
			return true;
	}
	return false;
}

/* How many bytes of `raw` decode to `n` bytes; there are no dots in it, so each byte is one, or an escape. */
static size_t raw_len(struct twc_str raw, size_t n)
{
	size_t at = 0;

	for (; n > 0 && at < raw.n; n--)
		at += raw.p[at] == '%' ? 3 : 1;
	return at < raw.n ? at : raw.n;
}

static int put_path(struct twc__proxy_job *job, struct twc_str rest)
{
	struct twc__proxy_target *t = job->target;
	const struct twc_http_request *q = twc_http_request(job->x);
	struct twc_buf *b = &job->proxy->path;
	struct twc_str base = t->has_path ? t->url.path : (struct twc_str){ NULL, 0 };
	int rc;

	if (base.n && rest.n && base.p[base.n - 1] == '/')
		base.n--; /* rest begins with one */
	twc_buf_clear(b);
	rc = twc_buf_add(b, base.p, base.n);
	if (rc == 0)
		rc = twc_buf_add(b, rest.p, rest.n);
	if (rc == 0 && twc_buf_len(b) == 0)
		rc = twc_buf_add(b, "/", 1);
	if (rc == 0 && q->query.p)
		rc = twc_buf_add(b, "?", 1);
	return rc == 0 && q->query.p ? twc_buf_add(b, q->query.p, q->query.n) : rc;
}

static int make_target(struct twc__proxy_job *job, struct twc_str *target, struct twc_err *err)
{
	const struct twc_http_request *q = twc_http_request(job->x);
	struct twc_str rest = q->raw_path;

	if (twc_str_is(q->raw_path, "*")) {
		*target = q->raw_path;
		return 0;
	}
	if (has_dots(q->raw_path)) {
		twc_err_set(err, TWC_EPROTO, "the path has a segment . or .. in it");
		return 400;
	}
	if (!job->target->has_path && !job->proxy->o.strips && q->target.p[0] == '/') {
		*target = q->target;
		return 0;
	}
	if (job->target->has_path || job->proxy->o.strips) {
		job->matched = raw_len(q->raw_path, q->path.n - twc_http_rest(job->x).n);
		rest.p += job->matched;
		rest.n -= job->matched;
	}
	if (put_path(job, rest) < 0) {
		twc_err_set(err, TWC_ETOOLONG, "the path is too long");
		return 414;
	}
	*target = twc_buf_str(&job->proxy->path);
	return 0;
}

/* ---- all of it ---- */

static bool is_looping(const struct twc_http_fields *fields)
{
	unsigned n = 0;

	if (!twc__http_fields_may_have(fields, TWC_STR("via")))
		return false;
	for (size_t i = twc_http_fields_find(fields, "via", 0); i != SIZE_MAX; i = twc_http_fields_find(fields, "via", i + 1)) {
		struct twc_str rest = twc_http_fields_at(fields, i).value, member, version;

		while (twc_http_list_next(&rest, &member))
			if (twc_str_cut(&member, ' ', &version) && twc_str_is(twc_str_trim(member), "twc"))
				n++;
	}
	return n > LOOPS_MAX;
}

/* Of OPTIONS, counted down (RFC 9110, 7.6.2). */
static int add_max_forwards(struct twc__proxy_job *job, struct twc_err *err)
{
	const struct twc_http_request *q = twc_http_request(job->x);
	struct twc_str value, left;
	char digits[20];
	uint64_t n;

	if (!twc__http_fields_may_have(&q->fields, TWC_STR("max-forwards")) ||
	    !twc_http_fields_get(&q->fields, "max-forwards", &value))
		return 0;
	if (q->method_id != TWC_HTTP_OPTIONS || !twc__http_decimal(value, &n) || n == 0)
		return add(job->proxy, TWC_STR("Max-Forwards"), value, err);
	left = (struct twc_str){ digits, twc__http_put_decimal(digits, n - 1) };
	return add(job->proxy, TWC_STR("Max-Forwards"), left, err);
}

int twc__proxy_request_make(struct twc__proxy_job *job, struct twc_str *target, struct twc_err *err)
{
	struct twc__proxy *p = job->proxy;
	bool is_trusted = twc__proxy_is_trusted(p, job->x);
	int rc = make_target(job, target, err);

	if (rc)
		return rc;
	if (is_looping(&twc_http_request(job->x)->fields)) {
		twc_err_set(err, TWC_EPROTO, "the request has come by here more than %d times", LOOPS_MAX);
		return 508;
	}
	twc_http_fields_clear(&p->fields);
	rc = add_host(job, err);
	if (rc == 0)
		rc = copy_fields(job, is_trusted, err);
	if (rc == 0)
		rc = add_max_forwards(job, err);
	if (rc == 0)
		rc = add_ours(job, is_trusted, err);
	return rc < 0 ? 431 : 0;
}
