/* SPDX-License-Identifier: MIT */
/*
 * Cookies: the first byte says what the rest is. Whatever a jar was fed, it keeps its bounds, sends no control and no line end, and
 * its file comes back as it was; what a Cookie field is cut into makes the same field again.
 */
#include <stdint.h>

#include "protocol/http/cookie.h"
#include "protocol/http/jar.h"
#include "protocol/http/suffix.h"

#define NOW INT64_C(1700000000)

static bool is_inside(struct twc_str part, struct twc_str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_field(struct twc_str field)
{
	TWC_ASSERT(field.n <= TWC__HTTP_JAR_FIELD_MAX);
	for (size_t i = 0; i < field.n; i++)
		TWC_ASSERT((unsigned char)field.p[i] >= 0x20 && field.p[i] != 0x7f);
}

static void check_jar(struct twc__http_jar *jar)
{
	static const char *const hosts[] = { "www.example.com", "localhost", "127.0.0.1", "[::1]" };
	struct twc__http_jar *again = twc__http_jar_new();
	struct twc_buf one, two;

	twc_buf_init(&one, 1u << 20);
	twc_buf_init(&two, 1u << 20);
	TWC_ASSERT(twc__http_jar_count(jar) <= TWC__HTTP_JAR_MAX);
	for (size_t i = 0; i < TWC_ARRAY_LEN(hosts); i++) {
		struct twc__http_jar_site site = { i & 1, twc_str_of(hosts[i]), TWC_STR("/dir/page?x") };

		twc_buf_clear(&one);
		TWC_ASSERT(twc__http_jar_cookies(jar, &site, NOW, &one) == 0);
		check_field(twc_buf_str(&one));
	}
	twc_buf_clear(&one);
	TWC_ASSERT(twc__http_jar_write(jar, NOW, &one) == 0);
	TWC_ASSERT(twc__http_jar_read(again, twc_buf_str(&one), NOW) == 0);
	TWC_ASSERT(twc__http_jar_write(again, NOW, &two) == 0);
	TWC_ASSERT(twc_str_eq(twc_buf_str(&one), twc_buf_str(&two)));
	twc_buf_fini(&one);
	twc_buf_fini(&two);
	twc__http_jar_free(again);
}

/* A line a Set-Cookie field, in turn from a secure site and one that is not. */
static void feed_answers(struct twc_str text)
{
	struct twc__http_jar *jar = twc__http_jar_new();
	struct twc__http_jar_site site = { false, TWC_STR("www.example.com"), TWC_STR("/dir/page") };
	struct twc_str line;

	while (twc_str_cut(&text, '\n', &line)) {
		struct twc__http_cookie c;
		struct twc_err err = { 0 };
		int rc = twc__http_cookie_parse(line, &c, &err);

		TWC_ASSERT(rc == err.code);
		TWC_ASSERT(is_inside(c.name, line) && is_inside(c.value, line) && is_inside(c.domain, line) && is_inside(c.path, line));
		TWC_ASSERT(rc || c.name.n + c.value.n <= TWC__HTTP_COOKIE_MAX);
		memset(&err, 0, sizeof(err));
		rc = twc__http_jar_set(jar, &site, line, NOW, &err);
		TWC_ASSERT(rc == err.code);
		site.is_secure = !site.is_secure;
	}
	check_jar(jar);
	twc__http_jar_free(jar);
}

static void feed_file(struct twc_str text)
{
	struct twc__http_jar *jar = twc__http_jar_new();

	(void)twc__http_jar_read(jar, text, NOW);
	check_jar(jar);
	twc__http_jar_end_session(jar);
	check_jar(jar);
	twc__http_jar_free(jar);
}

static void feed_request(struct twc_str text)
{
	struct twc_str rest = text, again, name, value, n2, v2;
	struct twc_buf b;

	twc_buf_init(&b, 1u << 20);
	while (twc__http_cookie_next(&rest, &name, &value)) {
		TWC_ASSERT(is_inside(name, text) && is_inside(value, text) && name.n + value.n > 0);
		TWC_ASSERT(!twc__http_cookie_is_sendable(name, value) || name.n > 0);
		TWC_ASSERT(twc_buf_addf(&b, "; ") == 0 && twc_buf_add(&b, name.p, name.n) == 0);
		TWC_ASSERT(twc_buf_add(&b, "=", 1) == 0 && twc_buf_add(&b, value.p, value.n) == 0);
	}
	rest = text;
	again = twc_buf_str(&b);
	while (twc__http_cookie_next(&rest, &name, &value)) {
		TWC_ASSERT(twc__http_cookie_next(&again, &n2, &v2));
		TWC_ASSERT(twc_str_eq(name, n2) && twc_str_eq(value, v2));
	}
	TWC_ASSERT(!twc__http_cookie_next(&again, &n2, &v2));
	twc_buf_fini(&b);
}

/* The first line is a host, the rest a list. */
static void feed_suffixes(struct twc_str text)
{
	struct twc_err err = { 0 };
	struct twc__http_suffixes *s;
	struct twc_str host;

	if (!twc_str_cut(&text, '\n', &host))
		return;
	s = twc__http_suffixes_parse(text, &err);
	TWC_ASSERT(!s == (err.code != 0));
	if (s && twc__http_suffix_is_public(s, host))
		TWC_ASSERT(host.n > 0);
	twc__http_suffixes_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const feeds[])(struct twc_str) = { feed_answers, feed_file, feed_request, feed_suffixes };

	if (n > 1)
		feeds[data[0] % TWC_ARRAY_LEN(feeds)]((struct twc_str){ (const char *)data + 1, n - 1 });
	return 0;
}
