/* SPDX-License-Identifier: MIT */
/*
 * URLs as values: one block of memory that holds every part in normal form, and the writers of what goes on the wire.
 * Parts come from url_parse.c and url_resolve.c; what is written here, url_parse.c reads back as the same. Pure.
 */
#include "protocol/http/url_int.h"

#include "protocol/http/octet.h"

#include "base/banned.h"

/* All of the strings, for what is to be done with each. */
static const size_t members[] = {
	offsetof(struct twc_url, scheme), offsetof(struct twc_url, userinfo), offsetof(struct twc_url, user),
	offsetof(struct twc_url, password), offsetof(struct twc_url, host), offsetof(struct twc_url, zone),
	offsetof(struct twc_url, dial), offsetof(struct twc_url, path), offsetof(struct twc_url, query),
	offsetof(struct twc_url, fragment),
};

static struct twc_str *member(struct twc_url *u, size_t i)
{
	return (struct twc_str *)(void *)((char *)u + members[i]);
}

/* ---- writing into memory that is large enough; or, with p NULL, counting ---- */

struct pen {
	char *p;
	size_t n;
};

static void pen_str(struct pen *pen, struct twc_str s)
{
	if (pen->p && s.n)
		memcpy(pen->p + pen->n, s.p, s.n);
	pen->n += s.n;
}

static void pen_encoded(struct pen *pen, struct twc_str s, const char *also, bool plus)
{
	pen->n += twc__url_put_encoded(pen->p ? pen->p + pen->n : NULL, s, also, plus);
}

static void pen_decoded(struct pen *pen, struct twc_str s)
{
	while (s.n > 0) {
		char c = (char)twc__url_decode_one(&s, false);

		pen_str(pen, (struct twc_str){ &c, 1 });
	}
}

/* Ends the part that began at `from` with a NUL, and returns it. */
static struct twc_str pen_end(struct pen *pen, size_t from)
{
	struct twc_str s = { pen->p ? pen->p + from : "", pen->n - from };

	pen_str(pen, (struct twc_str){ "", 1 });
	return s;
}

/* ---- building ---- */

/* Username and password from the raw userinfo. */
static void build_user(const struct twc__url_parts *p, struct twc_url *u, struct pen *pen)
{
	struct twc_str password = p->userinfo.p ? p->userinfo : TWC_STR(""), user;
	size_t from = pen->n;

	twc_str_cut(&password, ':', &user);
	u->has_password = password.p != NULL;
	pen_decoded(pen, user);
	u->user = pen_end(pen, from);
	from = pen->n;
	pen_decoded(pen, password);
	u->password = pen_end(pen, from);
	from = pen->n;
	pen_encoded(pen, p->userinfo, "", false);
	u->userinfo = pen_end(pen, from);
}

static void build_host(const struct twc__url_parts *p, struct twc_url *u, struct pen *pen)
{
	size_t from = pen->n;

	pen_str(pen, p->host);
	u->host = pen_end(pen, from);
	from = pen->n;
	pen_str(pen, p->zone);
	u->zone = pen_end(pen, from);
	if (p->zone.n == 0) {
		u->dial = u->host;
		return;
	}
	from = pen->n;
	pen_str(pen, p->host);
	pen_str(pen, TWC_STR("%"));
	pen_str(pen, p->zone);
	u->dial = pen_end(pen, from);
}

static void build_tail(const struct twc__url_parts *p, unsigned flags, struct twc_url *u, struct pen *pen)
{
	size_t from = pen->n;

	pen_encoded(pen, p->path.n ? p->path : TWC_STR("/"), "\\", false);
	if (pen->p && !(flags & TWC_URL_PATH_AS_IS))
		pen->n = from + twc__url_remove_dots(pen->p + from, pen->n - from);
	u->path = pen_end(pen, from);
	from = pen->n;
	pen_encoded(pen, p->query, "", flags & TWC_URL_PEER);
	u->query = pen_end(pen, from);
	from = pen->n;
	pen_encoded(pen, p->fragment, "", false);
	u->fragment = pen_end(pen, from);
}

static void build(const struct twc__url_parts *p, unsigned flags, struct twc_url *u, struct pen *pen)
{
	pen_str(pen, p->scheme);
	u->scheme = pen_end(pen, 0);
	build_user(p, u, pen);
	build_host(p, u, pen);
	build_tail(p, flags, u, pen);
}

static size_t written_len(const struct twc_url *u);

int twc__url_build(const struct twc__url_parts *p, unsigned flags, struct twc_url *out, struct twc_err *err)
{
	struct twc_url u = {
		.kind = p->kind,
		.port = p->port,
		.has_port = p->has_port,
		.has_userinfo = p->has_userinfo,
		.has_query = p->has_query,
		.has_fragment = p->has_fragment,
	};
	struct pen pen = { NULL, 0 };

	build(p, flags, &u, &pen);
	u.mem_len = pen.n;
	u.mem = pen.p = twc_try_malloc(pen.n);
	if (!pen.p)
		return twc_err_set(err, TWC_ENOMEM, "out of memory");
	pen.n = 0;
	build(p, flags, &u, &pen);
	TWC_ASSERT(pen.n <= u.mem_len);
	if (written_len(&u) > TWC_URL_MAX) {
		twc_url_fini(&u);
		return twc_err_set(err, flags & TWC_URL_PEER ? TWC_ETOOLONG : TWC_EUSAGE,
				   "a URL longer than %d bytes", TWC_URL_MAX);
	}
	*out = u;
	return 0;
}

void twc__url_parts_of(const struct twc_url *u, struct twc__url_parts *p)
{
	*p = (struct twc__url_parts){
		.scheme = u->scheme, .userinfo = u->userinfo, .host = u->host, .zone = u->zone, .path = u->path,
		.query = u->query, .fragment = u->fragment, .kind = u->kind, .port = u->port, .has_port = u->has_port,
		.has_userinfo = u->has_userinfo, .has_query = u->has_query, .has_fragment = u->has_fragment,
	};
}

int twc_url_copy(const struct twc_url *u, struct twc_url *out, struct twc_err *err)
{
	struct twc_url copy = *u;

	copy.mem = twc_try_malloc(u->mem_len);
	if (!copy.mem)
		return twc_err_set(err, TWC_ENOMEM, "out of memory");
	memcpy(copy.mem, u->mem, u->mem_len);
	for (size_t i = 0; i < TWC_ARRAY_LEN(members); i++)
		member(&copy, i)->p = copy.mem + (member(&copy, i)->p - u->mem);
	*out = copy;
	return 0;
}

void twc_url_fini(struct twc_url *u)
{
	twc_free_secret(u->mem, u->mem_len);
	*u = (struct twc_url){ .mem = NULL };
}

int twc_url_add_query(struct twc_url *u, struct twc_str more, struct twc_err *err)
{
	struct pen pen = { NULL, u->query.n + 1 };
	struct twc__url_parts p;
	struct twc_url new;
	int rc;

	pen_encoded(&pen, more, "#", false);
	pen.p = twc_try_malloc(pen.n);
	if (!pen.p)
		return twc_err_set(err, TWC_ENOMEM, "out of memory");
	pen.n = 0;
	pen_str(&pen, u->query);
	if (u->query.n > 0)
		pen_str(&pen, TWC_STR("&"));
	pen_encoded(&pen, more, "#", false);
	twc__url_parts_of(u, &p);
	p.query = (struct twc_str){ pen.p, pen.n };
	p.has_query = true;
	rc = twc__url_build(&p, TWC_URL_PATH_AS_IS, &new, err);
	twc_free_secret(pen.p, pen.n); /* queries hold tokens */
	if (rc != 0)
		return rc;
	twc_url_fini(u);
	*u = new;
	return 0;
}

/* ---- asking ---- */

uint16_t twc_url_default_port(struct twc_str scheme)
{
	if (twc_str_eq_nocase(scheme, TWC_STR("http")) || twc_str_eq_nocase(scheme, TWC_STR("ws")))
		return 80;
	return twc_str_eq_nocase(scheme, TWC_STR("https")) || twc_str_eq_nocase(scheme, TWC_STR("wss")) ? 443 : 0;
}

uint16_t twc_url_port(const struct twc_url *u)
{
	return u->has_port ? u->port : twc_url_default_port(u->scheme);
}

bool twc_url_is_secure(const struct twc_url *u)
{
	return twc_url_default_port(u->scheme) == 443;
}

bool twc_url_same_origin(const struct twc_url *a, const struct twc_url *b)
{
	return twc_str_eq(a->scheme, b->scheme) && twc_str_eq(a->dial, b->dial) && twc_url_port(a) == twc_url_port(b);
}

/* ---- writing ---- */

enum piece {
	SCHEME = 1,
	USERINFO = 2,
	MASKED = 4, /* of USERINFO */
	ZONE = 8,
	PORT_AS_WRITTEN = 16,
	PORT_OTHER = 32, /* than the default */
	PORT_ALWAYS = 64,
	HOST = 128,
	TARGET = 256,
	FRAGMENT = 512,
};

static void put_userinfo(const struct twc_url *u, bool is_masked, struct pen *pen)
{
	struct twc_str password = u->userinfo, user;

	if (is_masked && u->has_password) {
		twc_str_cut(&password, ':', &user);
		pen_str(pen, user);
		pen_str(pen, TWC_STR(":***"));
	} else {
		pen_str(pen, u->userinfo);
	}
	pen_str(pen, TWC_STR("@"));
}

static void put_host(const struct twc_url *u, unsigned what, struct pen *pen)
{
	bool is_other = twc_url_port(u) != twc_url_default_port(u->scheme);
	char port[20];

	if (u->kind == TWC_URL_IPV6)
		pen_str(pen, TWC_STR("["));
	pen_str(pen, u->host);
	if (what & ZONE && u->zone.n > 0) {
		pen_str(pen, TWC_STR("%25"));
		pen_str(pen, u->zone);
	}
	if (u->kind == TWC_URL_IPV6)
		pen_str(pen, TWC_STR("]"));
	if (what & PORT_ALWAYS || (what & PORT_OTHER && is_other) || (what & PORT_AS_WRITTEN && u->has_port)) {
		pen_str(pen, TWC_STR(":"));
		pen_str(pen, (struct twc_str){ port, twc__http_put_decimal(port, twc_url_port(u)) });
	}
}

static void put(const struct twc_url *u, unsigned what, struct pen *pen)
{
	if (what & SCHEME) {
		pen_str(pen, u->scheme);
		pen_str(pen, TWC_STR("://"));
	}
	if (what & USERINFO && u->has_userinfo)
		put_userinfo(u, what & MASKED, pen);
	if (what & HOST)
		put_host(u, what, pen);
	if (what & TARGET) {
		pen_str(pen, u->path);
		pen_str(pen, u->has_query ? TWC_STR("?") : TWC_STR(""));
		pen_str(pen, u->query);
	}
	if (what & FRAGMENT && u->has_fragment) {
		pen_str(pen, TWC_STR("#"));
		pen_str(pen, u->fragment);
	}
}

static int write_pieces(const struct twc_url *u, unsigned what, struct twc_buf *out)
{
	struct pen pen = { NULL, 0 };
	int rc;

	put(u, what, &pen);
	rc = twc_buf_reserve(out, pen.n, &pen.p);
	if (rc != 0)
		return rc;
	pen.n = 0;
	put(u, what, &pen);
	twc_buf_commit(out, pen.n);
	return 0;
}

int twc_url_write_origin(const struct twc_url *u, struct twc_buf *out)
{
	return write_pieces(u, SCHEME | HOST | PORT_OTHER, out);
}

int twc_url_write_host(const struct twc_url *u, struct twc_buf *out)
{
	return write_pieces(u, HOST | PORT_OTHER, out);
}

int twc_url_write_authority(const struct twc_url *u, struct twc_buf *out)
{
	return write_pieces(u, HOST | PORT_ALWAYS, out);
}

int twc_url_write_target(const struct twc_url *u, struct twc_buf *out)
{
	return write_pieces(u, TARGET, out);
}

int twc_url_write_absolute(const struct twc_url *u, struct twc_buf *out)
{
	return write_pieces(u, SCHEME | HOST | PORT_OTHER | TARGET, out);
}

static unsigned whole(unsigned flags)
{
	return SCHEME | USERINFO | HOST | ZONE | PORT_AS_WRITTEN | TARGET | (flags & TWC_URL_MASK ? MASKED : 0u) |
	       (flags & TWC_URL_NO_FRAGMENT ? 0u : FRAGMENT);
}

static size_t written_len(const struct twc_url *u)
{
	struct pen pen = { NULL, 0 };

	put(u, whole(0), &pen);
	return pen.n;
}

int twc_url_write(const struct twc_url *u, unsigned flags, struct twc_buf *out)
{
	return write_pieces(u, whole(flags), out);
}

char *twc_url_text(const struct twc_url *u, unsigned flags)
{
	struct pen pen = { twc_malloc(written_len(u) + sizeof("***")), 0 };

	put(u, whole(flags), &pen);
	pen.p[pen.n] = 0;
	return pen.p;
}
