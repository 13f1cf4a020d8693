/* SPDX-License-Identifier: MIT */
/*
 * The cookie jar: what is stored and what is sent, over the behaviours that browsers were found to agree on when RFC 6265 was
 * written; prefixes, Secure, suffixes, bounds, and both kinds of files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "protocol/http/jar.h"
#include "protocol/http/suffix.h"

#define NOW INT64_C(1700000000)
#define DAY INT64_C(86400)

/* "http://host/path" or "https://…". */
static struct twc__http_jar_site site_of(const char *url)
{
	struct twc_str rest = twc_str_of(url), host;
	bool is_secure = twc_str_starts(rest, "https:");

	rest.p += is_secure ? 8 : 7;
	rest.n -= is_secure ? 8 : 7;

	const char *path = rest.p + strcspn(rest.p, "/");

	host = (struct twc_str){ rest.p, (size_t)(path - rest.p) };
	return (struct twc__http_jar_site){ is_secure, host, twc_str_of(path) };
}

static int set_at(struct twc__http_jar *jar, const char *url, const char *field, int64_t now, struct twc_err *err)
{
	struct twc__http_jar_site site = site_of(url);

	return twc__http_jar_set(jar, &site, twc_str_of(field), now, err);
}

static void set(struct twc__http_jar *jar, const char *url, const char *field)
{
	struct twc_err err = { 0 };

	if (set_at(jar, url, field, NOW, &err))
		fail_msg("\"%s\" of %s: %s", field, url, err.text);
}

static void check_at(struct twc__http_jar *jar, const char *url, int64_t now, const char *want, const char *what)
{
	struct twc__http_jar_site site = site_of(url);
	struct twc_buf out;

	twc_buf_init(&out, 16384);
	assert_int_equal(twc__http_jar_cookies(jar, &site, now, &out), 0);
	if (strcmp(twc_buf_cstr(&out), want) != 0)
		fail_msg("%s: %s is sent \"%s\", not \"%s\"", what, url, twc_buf_cstr(&out), want);
	twc_buf_fini(&out);
}

static void check(struct twc__http_jar *jar, const char *url, const char *want)
{
	check_at(jar, url, NOW, want, "");
}

/* Several Set-Cookie fields of one answer, parted by '|'. Each is taken or ignored. */
struct row {
	const char *from; /* NULL: http://home.example.org/dir/page */
	const char *to;   /* NULL: as `from` */
	const char *fields, *sent;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *from = rows[i].from ? rows[i].from : "http://home.example.org/dir/page";
		struct twc__http_jar_site site = site_of(from);
		struct twc__http_jar *jar = twc__http_jar_new();
		struct twc_str rest = twc_str_of(rows[i].fields), field;

		while (twc_str_cut(&rest, '|', &field))
			(void)twc__http_jar_set(jar, &site, field, NOW, NULL);
		check_at(jar, rows[i].to ? rows[i].to : from, NOW, rows[i].sent, rows[i].fields);
		twc__http_jar_free(jar);
	}
}

static void names_and_values(void **state)
{
	static const struct row rows[] = {
		{ 0, 0, "k=v", "k=v" },
		{ 0, 0, "k=v|k=w", "k=w" },
		{ 0, 0, "a=1|b=2", "a=1; b=2" },
		{ 0, 0, "b=2|a=1", "b=2; a=1" },
		{ 0, 0, "a=1|b=2|a=3", "a=3; b=2" }, /* replaced, but as old as it was */
		{ 0, 0, "b=2, a=1", "b=2, a=1" },
		{ 0, 0, "b=2; x=y, a=1", "b=2" },
		{ 0, 0, "a=1|=|b=2", "a=1; b=2" },
		{ 0, 0, "a=1||b=2", "a=1; b=2" },
		{ 0, 0, "a=1|   |; b", "a=1" },
		{ 0, 0, "a=1|x=|b=2", "a=1; x=; b=2" },
		{ 0, 0, "a=1|=x|b=2", "a=1; x; b=2" },
		{ 0, 0, "one", "one" },
		{ 0, 0, "one|two", "two" }, /* both have the empty name */
		{ 0, 0, "=k=v|one", "one" },
		{ 0, 0, "===a", "==a" },
		{ 0, 0, "one; two=three", "one" },
		{ 0, 0, "$Version=1; k=v", "$Version=1" },
		{ 0, 0, "!=1|@=1|#=1|%=1|^=1|&=1|*=1|(=1|)=1|-=1|_=1|+=1|$=1",
		  "!=1; @=1; #=1; %=1; ^=1; &=1; *=1; (=1; )=1; -=1; _=1; +=1; $=1" },
		{ 0, 0, "\"q=v", "\"q=v" },
		{ 0, 0, "\"q=1\"=2|\"q=3", "\"q=3" },
		{ 0, 0, "two words=v", "two words=v" },
		{ 0, 0, "  k  = v  ;x;;;   y", "k=v" },
		{ 0, 0, "k=\"a b \"   ;", "k=\"a b \"" },
		{ 0, 0, "k=\"a\"  \"b\" ;", "k=\"a\"  \"b\"" },
		{ 0, 0, "k=\"a;b\" ; ;", "k=\"a" },
		{ 0, 0, "k=A\"B ;", "k=A\"B" },
		{ 0, 0, "k=\"a=b\"", "k=\"a=b\"" },
		{ 0, 0, "k=\xe6\x98\xa5\xe8\x8a\x82", "k=\xe6\x98\xa5\xe8\x8a\x82" },
		{ 0, 0, "\xe6\x98\xa5=v; \xe8\x8a\x82", "\xe6\x98\xa5=v" },
		{ 0, 0, "\tk\t=\tv\t \t;\tx", "k=v" },
		{ 0, 0, "k=v\r", "" },
		{ 0, 0, "k=a\x01z", "" },
	};

	check_rows(rows, TWC_ARRAY_LEN(rows));
}

static void lifetimes(void **state)
{
	static const struct row rows[] = {
		{ 0, 0, "k=v; Expires=Fri, 07 Aug 2037 08:04:19 GMT", "k=v" },
		{ 0, 0, "k=v; Expires=Fri, 07 Aug 2007 08:04:19 GMT", "" },
		{ 0, 0, "k=v; expires=Thu, 10 Apr 1980 16:33:12 GMT", "" },
		{ 0, 0, "k=v; expires=Sun, 18-Apr-2037 21:06:29 GMT ; path=/  ;", "k=v" },
		{ 0, 0, "k=v; Expires=Fri 07 Aug 2037 08:04:19 GMT, x=y", "k=v" },
		{ 0, 0, "k=v; max-age=10000;", "k=v" },
		{ 0, 0, "k=v; max-age=0;", "" },
		{ 0, 0, "k=v; max-age=-20", "" },
		{ 0, 0, "k=v; max-age=3600, c=d;path=/", "k=v" },
		{ 0, 0, "k=v; Max-Age=50,399", "k=v" },
		{ 0, 0, "k=v; Max-Age=60; Expires=Fri, 07 Aug 2007 08:04:19 GMT", "k=v" },
		{ 0, 0, "k=v; Max-Age=0; Expires=Fri, 07 Aug 2037 08:04:19 GMT", "" },
		{ 0, 0, "k=v; max-age=60|l=v; max-age=60|k=other; max-age=0|m=more; max-age=0", "l=v" },
		{ 0, 0, "k=v|k=; expires=Thu, 01 Jan 1970 00:00:00 GMT", "" },
		{ 0, 0, "k=v; path=/dir|k=; path=/; max-age=0", "k=v" },
	};
	struct twc__http_jar *jar = twc__http_jar_new();
	const char *url = "http://a.example/";

	check_rows(rows, TWC_ARRAY_LEN(rows));
	set(jar, url, "a=1; Max-Age=10");
	set(jar, url, "b=2; Expires=Fri, 07 Aug 2037 08:04:19 GMT");
	set(jar, url, "c=3; Max-Age=99999999999999999999");
	set(jar, url, "d=4");
	check_at(jar, url, NOW + 9, "a=1; b=2; c=3; d=4", "");
	check_at(jar, url, NOW + 10, "b=2; c=3; d=4", "");
	check_at(jar, url, NOW + 400 * DAY - 1, "b=2; c=3; d=4", "");
	check_at(jar, url, NOW + 400 * DAY, "d=4", "not beyond 400 days");
	twc__http_jar_end_session(jar);
	check(jar, url, "a=1; b=2; c=3");
	twc__http_jar_free(jar);
}

#define HOME "http://home.example.org/x"
#define SUB "http://sub.home.example.org/x"
#define OTHER "http://other.example.org/x"

static void domains(void **state)
{
	static const struct row rows[] = {
		{ HOME, HOME, "k=v; domain=home.example.org", "k=v" },
		{ HOME, OTHER, "k=v; domain=home.example.org", "" },
		{ HOME, HOME, "k=v; domain=.home.example.org", "k=v" },
		{ HOME, SUB, "k=v; domain=home.example.org", "k=v" },
		{ HOME, SUB, "k=v; domain=.home.example.org", "k=v" },
		{ HOME, OTHER, "k=v; domain=.example.org", "k=v" },
		{ HOME, HOME, "k=v; domain=other.example.org", "" },
		{ HOME, OTHER, "k=v; domain=other.example.org", "" },
		{ HOME, HOME, "k=v; domain=sub.home.example.org", "" },
		{ HOME, SUB, "k=v", "" },
		{ HOME, SUB, "k=v; domain", "" },
		{ SUB, HOME, "k=v; domain=home.example.org", "k=v" },
		{ HOME, HOME, "k=v; domain=..home.example.org", "" },
		{ HOME, HOME, "k=v; domain=home..example.org", "" },
		{ HOME, HOME, "k=v; domain=  .home.example.org", "k=v" },
		{ HOME, HOME, "k=v; domain=  .  home.example.org", "" },
		{ HOME, HOME, "k=v; domain=home.example.org.", "" },
		{ HOME, HOME, "k=v; domain=home.example.org..", "" },
		{ HOME, HOME, "k=v; domain=home.example.org .", "" },
		{ HOME, HOME, "k=v; domain=.org", "" },
		{ HOME, HOME, "k=v; domain=.org.", "" },
		{ HOME, HOME, "k=v; domain=ome.example.org", "" },
		{ HOME, HOME, "k=v; domain=\"home.example.org\"", "" },
		{ HOME, HOME, "k=v; domain=home.example.org:80", "" },
		{ HOME, HOME, "k=v; domain=home.eXaMpLe.org", "k=v" },
		{ "http://hoMe.eXample.ORG/", HOME, "k=v; path=/", "k=v" },
		{ HOME, "http://HOME.example.org/x", "k=v", "k=v" },
		{ HOME, HOME, "a=1; domain=home.example.org|b=2; domain=.example.org", "a=1; b=2" },
		{ HOME, OTHER, "k=v; domain=.example.org; domain=home.example.org", "" },
		{ HOME, OTHER, "k=v; domain=home.example.org; domain=.example.org", "k=v" },
		{ HOME, HOME, "k=v; domain=home.example.org; domain=home.example.com", "" },
		{ HOME, HOME, "k=v; domain=home.example.com; domain=home.example.org", "k=v" },
		{ HOME, HOME, "k=v; domain=", "k=v" },
		{ HOME, SUB, "k=v; domain=", "" },
		{ HOME, HOME, "k=v; domain=example.org; domain=", "k=v" },
		{ HOME, OTHER, "k=v; domain=example.org; domain=", "" },
		/* A host and its domain are two cookies. */
		{ HOME, HOME, "k=host|k=domain; domain=home.example.org", "k=host; k=domain" },
		/* The dot of a complete name. */
		{ "http://home.example.org./x", HOME, "k=v; domain=example.org", "k=v" },
		{ HOME, "http://home.example.org./x", "k=v", "k=v" },
		/* Addresses are no domains. */
		{ "http://127.0.0.1/", 0, "k=v", "k=v" },
		{ "http://127.0.0.1/", 0, "k=v; domain=127.0.0.1", "k=v" },
		{ "http://127.0.0.1/", 0, "k=v; domain=0.0.1", "" },
		{ "http://127.0.0.1/", 0, "k=v; domain=.1", "" },
		{ "http://[::1]/", 0, "k=v", "k=v" },
		{ "http://[::1]/", "http://[::2]/", "k=v", "" },
		/* Names of one label. */
		{ "http://localhost/", 0, "k=v; domain=localhost", "k=v" },
		{ "http://a.localhost/", "http://b.localhost/", "k=v; domain=localhost", "k=v" },
		{ "http://intranet/", 0, "k=v; domain=intranet", "k=v" },
		{ "http://intranet/", "http://a.intranet/", "k=v; domain=intranet", "" },
	};

	check_rows(rows, TWC_ARRAY_LEN(rows));
}

#define AT "http://h.example"

static void paths(void **state)
{
	static const struct row rows[] = {
		{ AT "/p/x", 0, "a=1; path=/|b=2; path=/p", "b=2; a=1" },
		{ AT "/p/x", 0, "a=1; path=/p|b=2; path=/", "a=1; b=2" },
		{ AT "/p/x", 0, "k=v; path=/p/x/y", "" },
		{ AT "/p", 0, "k=v; path=/p", "k=v" },
		{ AT "/p", 0, "k=v; path=/p/", "" },
		{ AT "/p/", 0, "k=v; path=/p/", "k=v" },
		{ AT "/p/x", 0, "k=v; path=/p/", "k=v" },
		{ AT "/p//x", 0, "k=v; path=/p/", "k=v" },
		{ AT "/px", 0, "k=v; path=/p", "" },
		{ AT "/px", 0, "k=v; path=/p/", "" },
		{ AT "/p/x", 0, "k=v; path", "k=v" },
		{ AT "/p/x", AT "/q", "k=v; path", "" },
		{ AT "/p/x", 0, "k=v; path= /", "k=v" },
		{ AT "/p/x", 0, "k=v; Path=/P", "" },
		{ AT "/p/x", 0, "k=v; path=/p?", "" },
		{ AT "/p/x", 0, "k=v; path=/p#", "" },
		{ AT "/p/x", 0, "k=v; path=/p;", "k=v" },
		{ AT "/p/x", 0, "k=v; path=\"/nowhere\"", "k=v" },
		{ AT "/foo/x", 0, "k=v; path=/f%6fo", "" },
		{ AT "/p/x", 0, "a=1; \tpath\t=\t/p\t|b=2; \tpath\t=\t/q\t", "a=1" },
		{ AT "/p/x", 0, "k=v; path=/dog; path=", "k=v" },
		{ AT "/p/x", 0, "k=v; path=; path=/dog", "" },
		{ AT "/p/d", 0, "k=short; path=/p|k=long; path=/p/", "k=long; k=short" },
		{ AT "/p/d/e", 0, "a=0;|b=1; path=/p|c=2; path=/|d=3; path=/bar|e=4; domain=.h.example|f=5; path=/p/d/e", "f=5; a=0; e=4; b=1; c=2" },
		/* The default: the folder of the request. */
		{ AT "/p/x", AT "/p", "k=v", "k=v" },
		{ AT "/p/x", AT "/p/y/z", "k=v", "k=v" },
		{ AT "/p/x", AT "/", "k=v", "" },
		{ AT "/p", AT "/", "k=v", "k=v" },
		{ AT "/", AT "/q", "k=v", "k=v" },
		{ AT "", AT "/q", "k=v", "k=v" },
		{ AT "/p/", AT "/p", "k=v", "k=v" },
		{ AT "/p/x?a=/b/c", AT "/p/x/y?z", "k=v", "k=v" },
		{ AT "/p/x?a=/b/c", AT "/q?/p/x", "k=v", "" },
		{ "http://h.example", "http://h.example", "k=v; path=/", "k=v" },
	};

	check_rows(rows, TWC_ARRAY_LEN(rows));
}

static void secure(void **state)
{
	static const struct row rows[] = {
		{ 0, 0, "k=v; Secure", "" },
		{ 0, 0, "k=v; secure;", "" },
		{ 0, 0, "k=v; Secure=", "" },
		{ 0, 0, "k=v; Secure=aaaa", "" },
		{ 0, 0, "k=v; Secure =aaaa", "" },
		{ 0, 0, "k=v; \"Secure\"", "k=v" },
		{ 0, 0, "k=v; Secure qux", "k=v" },
		{ 0, 0, "k=v; Secure    ; qux", "" },
		{ 0, 0, "k=v; qux=\"aaa;bbb\"; Secure", "" },
		{ "https://h.example/", 0, "k=v; Secure", "k=v" },
		{ "https://h.example/", "http://h.example/", "k=v; Secure", "" },
		{ "https://h.example/", "http://h.example/", "k=v", "k=v" },
		{ "http://localhost/", 0, "k=v; Secure", "k=v" },
		{ "http://127.9.9.9/", 0, "k=v; Secure", "k=v" },
		{ "http://[::1]/", 0, "k=v; Secure", "k=v" },
		{ "http://127.example/", 0, "k=v; Secure", "" },
		{ "http://notlocalhost/", 0, "k=v; Secure", "" },
		{ "https://h.example/", 0, "__Host-k=v; Secure; Path=/|__Secure-k=v; Secure", "__Host-k=v; __Secure-k=v" },
		{ "https://h.example/", 0, "__Host-k=v; Secure; Path=/; Domain=h.example|__Host-l=v; Secure|__Secure-k=v", "" },
		{ "https://h.example/p/q", 0, "__Host-l=v; Secure", "" },
		{ "https://h.example/", 0, "__Secure-x|=__Host-k=v", "" },
	};
	struct twc__http_jar *jar = twc__http_jar_new();
	struct twc_err err;

	check_rows(rows, TWC_ARRAY_LEN(rows));

	/* What is Secure stays as it is for whoever is not. */
	set(jar, "https://a.h.example/p/x", "k=safe; Secure; Domain=h.example; Path=/p");
	assert_int_equal(set_at(jar, "http://a.h.example/p/x", "k=bad; Domain=h.example; Path=/p", NOW, &err), TWC_EPROTO);
	assert_non_null(strstr(err.text, "take the place of a Secure one"));
	assert_int_equal(set_at(jar, "http://a.h.example/p/x", "k=bad; Path=/p/x", NOW, &err), TWC_EPROTO);
	assert_int_equal(set_at(jar, "http://h.example/p/x", "k=bad; Path=/p; Max-Age=0", NOW, &err), TWC_EPROTO);
	set(jar, "http://h.example/p/x", "k=above; Path=/");
	set(jar, "http://h.example/p/x", "l=another; Path=/p");
	check(jar, "https://h.example/p/x", "k=safe; l=another; k=above");
	twc__http_jar_free(jar);
}

static void reasons(void **state)
{
	static const struct {
		const char *url, *field;
		int code;
		const char *text;
	} rows[] = {
		{ "http://a.b/", "k=v; Domain=c.d", TWC_EPROTO, "the cookie is for c.d, where the host does not belong" },
		{ "http://a.b/", "k=v; Domain=b", TWC_EPROTO, "the cookie is for all of b, which belongs to many" },
		{ "http://a.b/", "k=v; Secure", TWC_EPROTO, "the cookie is Secure, the connection is not" },
		{ "https://a.b/", "__Host-k=v", TWC_EPROTO,
		  "the cookie's name begins with __Secure- or __Host-, but it does not keep to it" },
		{ "http://a.b/", "", TWC_EPROTO, "the cookie has neither name nor value" },
		{ "http://a.b/", "k=\x1b[31m", TWC_EPROTO, "the cookie holds a control character" },
		{ "http:///", "k=v", TWC_EPROTO, "a host of 0 bytes has no cookies" },
	};
	struct twc__http_jar *jar = twc__http_jar_new();

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };

		assert_int_equal(set_at(jar, rows[i].url, rows[i].field, NOW, &err), rows[i].code);
		assert_string_equal(err.text, rows[i].text);
	}
	assert_int_equal(twc__http_jar_count(jar), 0);
	twc__http_jar_free(jar);
}

static void bounds(void **state)
{
	struct twc__http_jar *jar = twc__http_jar_new();
	char url[64], field[64];

	/* Of a domain: expired ones first, then those not Secure, then the longest unused. */
	for (int i = 0; i < 50; i++) {
		snprintf(field, sizeof(field), "k%d=v%s", i, i < 3 ? "; Secure" : i == 20 ? "; Max-Age=5" : "");
		set(jar, "https://a.example/", field);
	}
	assert_int_equal(twc__http_jar_count(jar), 50);
	assert_int_equal(set_at(jar, "https://a.example/", "new=1", NOW + 5, NULL), 0);
	assert_int_equal(twc__http_jar_count(jar), 50);
	set(jar, "https://a.example/", "k3=used");
	set(jar, "https://a.example/", "new=2"); /* replaces: nothing has to go */
	set(jar, "https://a.example/", "newer=1");
	assert_int_equal(twc__http_jar_count(jar), 50);

	struct twc__http_jar_site site = site_of("https://a.example/");
	struct twc_buf out;

	twc_buf_init(&out, 16384);
	assert_int_equal(twc__http_jar_cookies(jar, &site, NOW, &out), 0);
	assert_int_equal(strncmp(twc_buf_cstr(&out), "k0=v; k1=v; k2=v; k3=used; k5=v;", 32), 0);
	assert_null(strstr(twc_buf_cstr(&out), "k20="));
	assert_non_null(strstr(twc_buf_cstr(&out), "; new=2; newer=1"));
	twc_buf_fini(&out);

	/* In all. */
	for (int i = 0; i < 3100; i++) {
		snprintf(url, sizeof(url), "https://h%d.example/", i);
		set(jar, url, "k=v");
	}
	assert_int_equal(twc__http_jar_count(jar), TWC__HTTP_JAR_MAX);
	check(jar, "https://a.example/", "");
	check(jar, "https://h99.example/", "");
	check(jar, "https://h100.example/", "k=v");
	check(jar, "https://h3099.example/", "k=v");
	twc__http_jar_free(jar);
}

static void field_size(void **state)
{
	struct twc__http_jar *jar = twc__http_jar_new();
	struct twc__http_jar_site site = site_of("http://a.example/");
	char field[4200];
	struct twc_buf out;

	twc_buf_init(&out, 4096);
	for (int i = 0; i < 3; i++) {
		int n = snprintf(field, sizeof(field), "k%d=", i);

		memset(field + n, 'x', 4000);
		field[n + 4000] = '\0';
		set(jar, "http://a.example/", field);
	}
	assert_int_equal(twc_buf_add(&out, "before", 6), 0);
	assert_int_equal(twc__http_jar_cookies(jar, &site, NOW, &out), TWC_ETOOLONG);
	assert_string_equal(twc_buf_cstr(&out), "before");
	twc_buf_fini(&out);
	twc_buf_init(&out, 16384);
	assert_int_equal(twc__http_jar_cookies(jar, &site, NOW, &out), 0);
	assert_int_equal(twc_buf_len(&out), 2 * 4003 + 2); /* the third would be too much */
	twc__http_jar_free(jar);

	/* The hundred and fifty with the longest paths, of four domains with fifty each. */
	static const char *const domains[] = { "a.b.c.d.example", "b.c.d.example", "c.d.example", "d.example" };
	size_t shown = 0, deep = 0;

	jar = twc__http_jar_new();
	for (int i = 0; i < 200; i++) {
		snprintf(field, sizeof(field), "n%d=%s; Path=%s; Domain=%s", i, i >= 120 ? "deep" : "v", i >= 120 ? "/p" : "/",
			 domains[i / 50]);
		set(jar, "http://a.b.c.d.example/p/x", field);
	}
	site = site_of("http://a.b.c.d.example/p/x");
	twc_buf_clear(&out);
	assert_int_equal(twc__http_jar_cookies(jar, &site, NOW, &out), 0);
	assert_int_equal(strncmp(twc_buf_cstr(&out), "n120=deep; n121=deep;", 21), 0);
	for (const char *p = twc_buf_cstr(&out); (p = strchr(p, '=')); p++, shown++)
		deep += strncmp(p, "=deep", 5) == 0;
	assert_int_equal(shown, TWC__HTTP_JAR_SEND_MAX);
	assert_int_equal(deep, 80);
	twc_buf_fini(&out);
	twc__http_jar_free(jar);
}

static void files(void **state)
{
	static const char text[] =
		"# Netscape HTTP Cookie File\n"
		"# a comment\n"
		"\n"
		"example.com\tFALSE\t/\tFALSE\t0\tsession\t1\n"
		".example.com\tTRUE\t/p\tTRUE\t1800000000\tsafe\ttwo words\r\n"
		"#HttpOnly_.example.com\tTRUE\t/\tFALSE\t1800000000\thttp\t3\n"
		"example.com\tFALSE\tFALSE\t0\tnopath\t4\n"
		"example.com\tFALSE\t/\tFALSE\t0\tempty\n"
		"example.com\tFALSE\t/\tFALSE\t0\tempty2\t\n"
		"example.com\tFALSE\t/\tFALSE\t1600000000\texpired\t5\n"
		"Set-Cookie: everywhere=6\n"
		"set-cookie:dom=7; Domain=.example.com; Path=/p; Max-Age=60\n"
		"   \n"
		/* odd from here on */
		"example.com FALSE / FALSE 0 blanks 1\n"
		"example.com\tFALSE\t/\tFALSE\tsoon\tk\tv\n"
		"example.com\tFALSE\t/\tFALSE\t-1\tk\tv\n"
		"example.com\tFALSE\t/\tFALSE\t0\tk\tv\tw\n"
		"example.com\tFALSE\t/\tFALSE\n"
		"\tFALSE\t/\tFALSE\t0\tk\tv\n"
		"com\tTRUE\t/\tFALSE\t0\tk\tv\n"
		"example.com\tFALSE\t/\tFALSE\t0\t__Host-k\tv\n"
		"example.com\tFALSE\t/\tFALSE\t0\tk\tv\x01\n"
		".#example.com\tFALSE\t/\tFALSE\t0\tk\tv\n"
		"..example.com\tFALSE\t/\tFALSE\t0\tk\tv\n"
		".set-cookie:x\tFALSE\t/\tFALSE\t0\tk\tv\n"
		"example.com\tFALSE\t/\tFALSE\t0\tk\tv;w\n"
		"Set-Cookie: \n"
		"Set-Cookie: k=v; Domain=com\n"
		"HTTP/1.1 200 OK\n"
		"x";
	static const char want[] =
		"# Netscape HTTP Cookie File\n"
		"# Written by twc; whatever is no cookie here will be lost.\n"
		"\n"
		"example.com\tFALSE\t/\tFALSE\t0\tsession\t1\n"
		".example.com\tTRUE\t/p\tTRUE\t1800000000\tsafe\ttwo words\n"
		"#HttpOnly_.example.com\tTRUE\t/\tFALSE\t1800000000\thttp\t3\n"
		"example.com\tFALSE\t/\tFALSE\t0\tnopath\t4\n"
		"example.com\tFALSE\t/\tFALSE\t0\tempty\t\n"
		"example.com\tFALSE\t/\tFALSE\t0\tempty2\t\n"
		".example.com\tTRUE\t/p\tFALSE\t1700000060\tdom\t7\n";
	struct twc__http_jar *jar = twc__http_jar_new(), *again = twc__http_jar_new();
	struct twc_buf out;

	assert_int_equal(twc__http_jar_read(jar, twc_str_of(text), NOW), 17);
	check(jar, "https://example.com/p/x", "safe=two words; dom=7; session=1; http=3; nopath=4; empty=; empty2=; everywhere=6");
	check(jar, "http://sub.example.com/p", "dom=7; http=3; everywhere=6");
	check(jar, "http://elsewhere.example/", "everywhere=6");
	check(jar, "http://127.0.0.1/", "everywhere=6");
	twc_buf_init(&out, 4096);
	assert_int_equal(twc__http_jar_write(jar, NOW, &out), 0);
	assert_string_equal(twc_buf_cstr(&out), want);

	/* What was written comes back as it was. */
	assert_int_equal(twc__http_jar_read(again, twc_buf_str(&out), NOW), 0);
	twc_buf_clear(&out);
	assert_int_equal(twc__http_jar_write(again, NOW, &out), 0);
	assert_string_equal(twc_buf_cstr(&out), want);

	twc__http_jar_end_session(again);
	check(again, "https://example.com/p/x", "safe=two words; dom=7; http=3");
	check_at(again, "https://example.com/p/x", NOW + 60, "safe=two words; http=3", "");
	twc_buf_fini(&out);

	twc_buf_init(&out, 300);
	assert_int_equal(twc_buf_add(&out, "before", 6), 0);
	assert_int_equal(twc__http_jar_write(jar, NOW, &out), TWC_ETOOLONG);
	assert_string_equal(twc_buf_cstr(&out), "before");
	twc_buf_fini(&out);
	twc__http_jar_free(jar);
	twc__http_jar_free(again);
	twc__http_jar_free(NULL);
}

/* A jar that another program wrote replaces what is there, too. */
static void files_and_answers(void **state)
{
	struct twc__http_jar *jar = twc__http_jar_new();

	set(jar, "http://example.com/", "k=old; Domain=example.com");
	assert_int_equal(twc__http_jar_read(jar, TWC_STR(".Example.com\tTRUE\t/\tFALSE\t0\tk\tnew"), NOW), 0);
	check(jar, "http://example.com/", "k=new");
	assert_int_equal(twc__http_jar_read(jar, TWC_STR(".example.com\tTRUE\t/\tFALSE\t1\tk\tgone"), NOW), 0);
	check(jar, "http://example.com/", "");
	assert_int_equal(twc__http_jar_read(jar, (struct twc_str){ NULL, 0 }, NOW), 0);
	/* an address with a NUL behind it is none */
	assert_int_equal(twc__http_jar_read(jar, (struct twc_str){ "::1\0x\tFALSE\t/\tFALSE\t0\tk\tv", 25 }, NOW), 1);
	twc__http_jar_free(jar);
}

static void suffixes(void **state)
{
	static const struct {
		const char *host;
		bool is_public;
	} rows[] = {
		{ "com", true },	  { "COM", true },	      { "example.com", false },	    { "unlisted", true },
		{ "example.unlisted", false }, { "co.uk", true },	      { "uk", true },		    { "example.co.uk", false },
		{ "ck", true },		  { "any.ck", true },	      { "www.ck", false },	    { "x.any.ck", false },
		{ "kobe.jp", true },	  { "c.kobe.jp", true },      { "city.kobe.jp", false },    { "b.c.kobe.jp", false },
		{ "github.io", true },	  { "me.github.io", false },  { "xn--55qx5d.cn", true },    { "x.xn--55qx5d.cn", false },
		{ "", false },
		{ "only.wild", true },	  { "x.only.wild", true },    { "wild", true },		    { "y.x.only.wild", false },
	};
	struct twc_err err = { 0 };
	struct twc__http_suffixes *s = twc__http_suffixes_parse(
		TWC_STR("// a list\n// ===BEGIN ICANN DOMAINS===\ncom\nuk\nCo.UK and more\r\n\n*.ck\n*.only.wild\n!www.ck\njp\nkobe.jp\n*.kobe.jp\n"
			"!city.kobe.jp\n\xe5\x85\xac\xe5\x8f\xb8.cn\r\n\t\ngithub.io"),
		&err);
	struct twc__http_jar *jar = twc__http_jar_new();

	if (!s)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		if (twc__http_suffix_is_public(s, twc_str_of(rows[i].host)) != rows[i].is_public)
			fail_msg("%s", rows[i].host);

	twc__http_jar_set_suffixes(jar, s);
	assert_int_equal(set_at(jar, "http://a.github.io/", "k=v; Domain=github.io", NOW, &err), TWC_EPROTO);
	set(jar, "http://github.io/", "k=own; Domain=github.io");
	set(jar, "http://a.b.github.io/", "k=v; Domain=b.github.io");
	check(jar, "http://a.github.io/", "");
	check(jar, "http://github.io/", "k=own");
	check(jar, "http://c.b.github.io/", "k=v");
	assert_int_equal(twc__http_jar_read(jar, TWC_STR(".co.uk\tTRUE\t/\tFALSE\t0\tk\tv"), NOW), 1);
	twc__http_jar_free(jar);
	twc__http_suffixes_free(s);
	twc__http_suffixes_free(NULL);

	assert_null(twc__http_suffixes_parse(TWC_STR("// nothing\n\n"), &err));
	assert_int_equal(err.code, TWC_EDATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_values), cmocka_unit_test(lifetimes),  cmocka_unit_test(domains),
		cmocka_unit_test(paths),	    cmocka_unit_test(secure),	  cmocka_unit_test(reasons),
		cmocka_unit_test(bounds),	    cmocka_unit_test(field_size), cmocka_unit_test(files),
		cmocka_unit_test(files_and_answers), cmocka_unit_test(suffixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
