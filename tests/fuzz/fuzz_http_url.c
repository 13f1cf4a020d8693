/* SPDX-License-Identifier: MIT */
/*
 * URLs of users and of peers: what was parsed is written as what parses to the same; a reference leads to a URL as good as any;
 * nothing that is sent has a control character, a blank or a byte above 126; faults are one line with a column inside the text; the
 * encoders bring every byte back.
 */
#include <twc/url.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fault(int rc, unsigned flags, struct twc_str s, const struct twc_err *e)
{
	if (flags & TWC_URL_PEER)
		TWC_ASSERT(rc == TWC_EPROTO || rc == TWC_ETOOLONG);
	else
		TWC_ASSERT(rc == TWC_EUSAGE);
	TWC_ASSERT(e->code == rc && e->text[0] && e->column >= 0 && (size_t)e->column <= s.n + 1);
	for (const char *p = e->text; *p; p++)
		TWC_ASSERT((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void check_wire(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		TWC_ASSERT((unsigned char)s.p[i] > ' ' && (unsigned char)s.p[i] < 0x7f);
}

static void check_str(struct twc_str s)
{
	TWC_ASSERT(s.p && s.p[s.n] == 0);
}

static void check_parts(const struct twc_url *u)
{
	check_str(u->scheme);
	check_str(u->userinfo);
	check_str(u->user);
	check_str(u->password);
	check_str(u->host);
	check_str(u->zone);
	check_str(u->dial);
	check_str(u->path);
	check_str(u->query);
	check_str(u->fragment);
	TWC_ASSERT(twc_url_default_port(u->scheme) != 0);
	TWC_ASSERT(u->host.n > 0 && strlen(u->host.p) == u->host.n && strspn(u->host.p, "abcdefghijklmnopqrstuvwxyz0123456789-_.:") == u->host.n);
	TWC_ASSERT(u->path.p[0] == '/');
	TWC_ASSERT(!memchr(u->path.p, '?', u->path.n) && !memchr(u->path.p, '#', u->path.n) && !memchr(u->query.p, '#', u->query.n));
	for (size_t i = 0; i < u->user.n; i++)
		TWC_ASSERT((unsigned char)u->user.p[i] >= ' ');
}

static bool same(const struct twc_url *a, const struct twc_url *b)
{
	return twc_url_same_origin(a, b) && a->kind == b->kind && a->has_port == b->has_port &&
	       a->has_userinfo == b->has_userinfo && a->has_password == b->has_password && a->has_query == b->has_query &&
	       a->has_fragment == b->has_fragment && twc_str_eq(a->user, b->user) && twc_str_eq(a->password, b->password) &&
	       twc_str_eq(a->userinfo, b->userinfo) && twc_str_eq(a->host, b->host) && twc_str_eq(a->zone, b->zone) &&
	       twc_str_eq(a->path, b->path) && twc_str_eq(a->query, b->query) && twc_str_eq(a->fragment, b->fragment);
}

static void check_url(const struct twc_url *u, unsigned flags)
{
	char *text = twc_url_text(u, 0), *masked = twc_url_text(u, TWC_URL_MASK);
	struct twc_url again, copy;
	struct twc_buf b;
	struct twc_err e;

	check_parts(u);
	check_wire(twc_str_of(text));
	TWC_ASSERT(strlen(text) <= TWC_URL_MAX);
	TWC_ASSERT(twc_url_parse(twc_str_of(text), flags, &again, &e) == 0);
	TWC_ASSERT(same(u, &again));
	twc_url_fini(&again);
	TWC_ASSERT(twc_url_parse(twc_str_of(masked), flags, &again, &e) == 0);
	TWC_ASSERT(!u->has_password || twc_str_is(again.password, "***"));
	twc_url_fini(&again);
	TWC_ASSERT(twc_url_copy(u, &copy, &e) == 0 && same(u, &copy));
	twc_url_fini(&copy);

	twc_buf_init(&b, 2 * TWC_URL_MAX);
	TWC_ASSERT(twc_url_write_absolute(u, &b) == 0);
	TWC_ASSERT(twc_url_parse(twc_buf_str(&b), flags, &again, &e) == 0);
	TWC_ASSERT(!again.has_userinfo && !again.has_fragment && again.zone.n == 0 && twc_str_eq(u->path, again.path));
	twc_url_fini(&again);
	twc_buf_fini(&b);
	twc_free(text);
	twc_free(masked);
}

static void check_parse(struct twc_str s, unsigned flags)
{
	struct twc_url u;
	struct twc_err e = { 0 };
	int rc = twc_url_parse(s, flags, &u, &e);

	if (rc != 0) {
		check_fault(rc, flags, s, &e);
		return;
	}
	check_url(&u, flags);
	rc = twc_url_add_query(&u, s, &e);
	TWC_ASSERT(rc == 0 || rc == TWC_EUSAGE);
	check_url(&u, flags | TWC_URL_PATH_AS_IS);
	twc_url_fini(&u);
}

/* `s` as a reference; no dot segment is left, so that it never leads above the root. */
static void check_resolve(struct twc_str s, unsigned flags)
{
	struct twc_url base, u;
	struct twc_err e = { 0 };
	int rc;

	TWC_ASSERT(twc_url_parse(TWC_STR("https://u:p@h:8443/a/b/c?q"), 0, &base, NULL) == 0);
	rc = twc_url_resolve(&base, s, flags, &u, &e);
	twc_url_fini(&base);
	if (rc != 0) {
		check_fault(rc, flags, s, &e);
		return;
	}
	check_url(&u, flags);
	if (!(flags & TWC_URL_PATH_AS_IS)) {
		struct twc_str rest = u.path, segment;

		while (twc_str_cut(&rest, '/', &segment))
			TWC_ASSERT(!twc_str_is(segment, ".") && !twc_str_is(segment, "..") &&
				   !twc_str_eq_nocase(segment, TWC_STR("%2e%2e")));
	}
	twc_url_fini(&u);
}

static void check_codes(struct twc_str s)
{
	struct twc_buf coded, plain;
	struct twc_str rest, name, value;

	twc_buf_init(&coded, 7 * s.n + 8);
	twc_buf_init(&plain, s.n);
	TWC_ASSERT(twc_url_encode(s, &coded) == 0);
	check_wire(twc_buf_str(&coded));
	TWC_ASSERT(twc_url_decode(twc_buf_str(&coded), &plain) == 0 && twc_str_eq(twc_buf_str(&plain), s));

	twc_buf_clear(&coded);
	twc_buf_clear(&plain);
	TWC_ASSERT(twc_form_add(&coded, s, s) == 0);
	check_wire(twc_buf_str(&coded));
	TWC_ASSERT(twc_form_find(twc_buf_str(&coded), s, &plain) == 1 && twc_str_eq(twc_buf_str(&plain), s));
	rest = twc_buf_str(&coded);
	TWC_ASSERT(twc_form_next(&rest, &name, &value) && !twc_form_next(&rest, &name, &value));

	for (rest = s; twc_form_next(&rest, &name, &value);) {
		TWC_ASSERT(name.n + value.n <= s.n);
		twc_buf_clear(&plain);
		TWC_ASSERT(twc_form_decode(name, &plain) == 0);
	}
	twc_buf_fini(&coded);
	twc_buf_fini(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned flags[] = { 0, TWC_URL_PEER, TWC_URL_WEBSOCKET, TWC_URL_PATH_AS_IS, TWC_URL_PEER | TWC_URL_PATH_AS_IS };
	/* A heap copy of the exact length: one byte too far is an error that ASan sees. */
	char *bytes = twc_malloc(size);
	struct twc_str s = { bytes, size };

	if (size)
		memcpy(bytes, data, size);
	for (size_t i = 0; i < TWC_ARRAY_LEN(flags); i++) {
		check_parse(s, flags[i]);
		check_resolve(s, flags[i]);
	}
	check_codes(s);
	twc_free(bytes);
	return 0;
}
