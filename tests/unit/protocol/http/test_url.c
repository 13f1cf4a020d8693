/* SPDX-License-Identifier: MIT */
/* What is written of a URL, and what is asked of it: never a secret, a zone or a fragment where it does not belong. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <twc/url.h>

static struct twc_url url(const char *text)
{
	struct twc_url u;
	struct twc_err e;

	if (twc_url_parse(twc_str_of(text), TWC_URL_WEBSOCKET, &u, &e) != 0)
		fail_msg("\"%s\": %s", text, e.text);
	return u;
}

static void check_write(int (*fn)(const struct twc_url *, struct twc_buf *), const struct twc_url *u, const char *want)
{
	struct twc_buf b;

	twc_buf_init(&b, strlen(want));
	assert_int_equal(fn(u, &b), 0);
	assert_string_equal(twc_buf_cstr(&b), want);
	assert_int_equal(fn(u, &b), TWC_ETOOLONG); /* all or nothing */
	assert_string_equal(twc_buf_cstr(&b), want);
	twc_buf_fini(&b);
}

static void everything_that_goes_on_the_wire(void **state)
{
	static const struct { const char *in, *origin, *host, *authority, *target, *absolute; } rows[] = {
		{ "http://me:pw@H/a?b#c", "http://h", "h", "h:80", "/a?b", "http://h/a?b" },
		{ "https://h:443", "https://h", "h", "h:443", "/", "https://h/" },
		{ "https://h:80/?", "https://h:80", "h:80", "h:80", "/?", "https://h:80/?" },
		{ "http://h:0/", "http://h:0", "h:0", "h:0", "/", "http://h:0/" },
		{ "http://[fe80::1%25lo]:81/x#", "http://[fe80::1]:81", "[fe80::1]:81", "[fe80::1]:81", "/x",
		  "http://[fe80::1]:81/x" },
		{ "wss://h/ws", "wss://h", "h", "h:443", "/ws", "wss://h/ws" },
		{ "ws://127.1:80", "ws://127.0.0.1", "127.0.0.1", "127.0.0.1:80", "/", "ws://127.0.0.1/" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_url u = url(rows[i].in);

		check_write(twc_url_write_origin, &u, rows[i].origin);
		check_write(twc_url_write_host, &u, rows[i].host);
		check_write(twc_url_write_authority, &u, rows[i].authority);
		check_write(twc_url_write_target, &u, rows[i].target);
		check_write(twc_url_write_absolute, &u, rows[i].absolute);
		twc_url_fini(&u);
	}
}

static void the_whole_of_it(void **state)
{
	static const struct { const char *in, *plain, *masked, *short_masked; } rows[] = {
		{ "http://me:secret@h:80/a?b#c", "http://me:secret@h:80/a?b#c", "http://me:***@h:80/a?b#c", "http://me:***@h:80/a?b" },
		{ "http://me@h/#", "http://me@h/#", "http://me@h/#", "http://me@h/" },
		{ "http://:@h", "http://:@h/", "http://:***@h/", "http://:***@h/" },
		{ "http://[fe80::1%lo]", "http://[fe80::1%25lo]/", "http://[fe80::1%25lo]/", "http://[fe80::1%25lo]/" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_url u = url(rows[i].in);
		char *plain = twc_url_text(&u, 0), *masked = twc_url_text(&u, TWC_URL_MASK);
		struct twc_buf b;

		assert_string_equal(plain, rows[i].plain);
		assert_string_equal(masked, rows[i].masked);
		twc_buf_init(&b, 100);
		assert_int_equal(twc_url_write(&u, TWC_URL_MASK | TWC_URL_NO_FRAGMENT, &b), 0);
		assert_string_equal(twc_buf_cstr(&b), rows[i].short_masked);
		twc_buf_fini(&b);
		twc_free(plain);
		twc_free(masked);
		twc_url_fini(&u);
	}
}

static void origins(void **state)
{
	static const struct { const char *a, *b; bool same; } rows[] = {
		{ "http://h/a", "http://H:80/b?c#d", true },
		{ "http://u:p@h/", "http://h", true },
		{ "https://h:443/", "https://h", true },
		{ "http://h:443/", "https://h", false },
		{ "http://h/", "http://h:81/", false },
		{ "http://h/", "http://h./", false },
		{ "http://a.h/", "http://h/", false },
		{ "http://127.1/", "http://0x7f000001/", true },
		{ "http://[::1]/", "http://[0::0:1]/", true },
		{ "http://[fe80::1%25a]/", "http://[fe80::1%25b]/", false },
		{ "ws://h/", "http://h/", false },
		{ "http://b\xc3\xbc" "cher.example", "http://xn--bcher-kva.example", true },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_url a = url(rows[i].a), b = url(rows[i].b);

		if (twc_url_same_origin(&a, &b) != rows[i].same || twc_url_same_origin(&b, &a) != rows[i].same)
			fail_msg("\"%s\" and \"%s\"", rows[i].a, rows[i].b);
		twc_url_fini(&a);
		twc_url_fini(&b);
	}
}

static void ports_of_schemes(void **state)
{
	assert_int_equal(twc_url_default_port(TWC_STR("http")), 80);
	assert_int_equal(twc_url_default_port(TWC_STR("HTTPS")), 443);
	assert_int_equal(twc_url_default_port(TWC_STR("ws")), 80);
	assert_int_equal(twc_url_default_port(TWC_STR("wss")), 443);
	assert_int_equal(twc_url_default_port(TWC_STR("ftp")), 0);
	assert_int_equal(twc_url_default_port(TWC_STR("")), 0);
}

static void copies_stand_alone(void **state)
{
	struct twc_url u = url("https://me:pw@[fe80::1%25lo]:8443/a/../b?q#f"), copy;
	char *text;

	assert_int_equal(twc_url_copy(&u, &copy, NULL), 0);
	twc_url_fini(&u);
	text = twc_url_text(&copy, 0);
	assert_string_equal(text, "https://me:pw@[fe80::1%25lo]:8443/b?q#f");
	assert_string_equal(copy.dial.p, "fe80::1%lo");
	assert_string_equal(copy.user.p, "me");
	assert_true(copy.dial.p >= copy.mem && copy.dial.p < copy.mem + copy.mem_len);
	twc_free(text);
	twc_url_fini(&copy);
}

static void queries_grow(void **state)
{
	static const struct { const char *in, *more, *out; } rows[] = {
		{ "http://h", "a=b", "http://h/?a=b" },
		{ "http://h/?", "a=b", "http://h/?a=b" },
		{ "http://h/?x=1#f", "a=b&c", "http://h/?x=1&a=b&c#f" },
		{ "http://h/?x", "a b#c\n\xc3\xbc+%20?/&=", "http://h/?x&a%20b%23c%0A%C3%BC+%20?/&=" },
		{ "http://h/", "", "http://h/?" },
		{ "http://u:p@h:81/a?%zz", "x", "http://u:p@h:81/a?%zz&x" },
	};
	struct twc_url u;
	char *text, *huge = twc_malloc(TWC_URL_MAX);

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		u = url(rows[i].in);
		assert_int_equal(twc_url_add_query(&u, twc_str_of(rows[i].more), NULL), 0);
		text = twc_url_text(&u, 0);
		assert_string_equal(text, rows[i].out);
		twc_free(text);
		twc_url_fini(&u);
	}
	memset(huge, 'x', TWC_URL_MAX);
	u = url("http://h/?x");
	assert_int_equal(twc_url_add_query(&u, (struct twc_str){ huge, TWC_URL_MAX }, NULL), TWC_EUSAGE);
	assert_string_equal(u.query.p, "x");
	twc_url_fini(&u);
	assert_int_equal(twc_url_parse(TWC_STR("http://h/a/../b"), TWC_URL_PATH_AS_IS, &u, NULL), 0);
	assert_int_equal(twc_url_add_query(&u, TWC_STR("x"), NULL), 0);
	assert_string_equal(u.path.p, "/a/../b");
	twc_url_fini(&u);
	twc_free(huge);
}

static int allocations_left;

static void *failing_realloc(void *p, size_t n)
{
	if (n == 0) {
		free(p);
		return NULL;
	}
	return allocations_left-- > 0 ? realloc(p, n) : NULL;
}

static int every_step(void)
{
	struct twc_url a, b = { .port = 0 }, c = { .port = 0 };
	int rc = twc_url_parse(TWC_STR("http://u:p@h/a?b"), 0, &a, NULL);

	if (rc != 0)
		return rc;
	rc = twc_url_resolve(&a, TWC_STR("x/y"), TWC_URL_PEER, &b, NULL);
	rc = rc ? rc : twc_url_copy(&b, &c, NULL);
	rc = rc ? rc : twc_url_add_query(&c, TWC_STR("z"), NULL);
	if (rc == 0)
		assert_string_equal(c.query.p, "z");
	twc_url_fini(&a);
	twc_url_fini(&b);
	twc_url_fini(&c);
	return rc;
}

static void every_allocation_may_fail(void **state)
{
	int rc = TWC_ENOMEM, n = 0;

	for (; rc == TWC_ENOMEM && n < 100; n++) {
		allocations_left = n;
		twc_mem_set_hook(failing_realloc);
		rc = every_step();
		twc_mem_set_hook(NULL);
	}
	assert_int_equal(rc, 0);
	assert_true(n > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_that_goes_on_the_wire),
		cmocka_unit_test(the_whole_of_it),
		cmocka_unit_test(origins),
		cmocka_unit_test(ports_of_schemes),
		cmocka_unit_test(copies_stand_alone),
		cmocka_unit_test(queries_grow),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
