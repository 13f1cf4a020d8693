/* SPDX-License-Identifier: MIT */
/* The .netrc file: whose entry is taken, every form of token, and what is wrong with a file, by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "protocol/http/netrc.h"

static void entries(void **state)
{
	static const char text[] =
		"# machine a.example login comment password no\n"
		"machine a.example login ann password one\n"
		"machine b.example\n\tlogin bob\n\tpassword \"t w\\\"o\\\\\\t\"\n"
		"  # login comment\n"
		"machine c.example account x login cid password #three machine d.example password any\r\n"
		"macdef init\nmachine a.example login macro password macro\n\r\n"
		"machine e.example login eve\n"
		"machine e.example login eva password five\n"
		"machine f.example junk here login f1 login f2 password p1 password p2\n"
		"MACHINE g.example LOGIN gus Password six\n"
		"machine \"h.example\" login \"\" password \"machine\"\n"
		"machine i.example login password password login\n"
		"machine j.example\n"
		"default login anonymous password guest\n"
		"machine k.example login never password seen\n";
	static const struct {
		const char *host, *user, *login, *password; /* login "-": no entry */
	} rows[] = {
		{ "a.example", "", "ann", "one" },
		{ "A.EXAMPLE", "", "ann", "one" },
		{ "a.example", "ann", "ann", "one" },
		{ "a.example", "Ann", "-", NULL },
		{ "a.example", "anonymous", "anonymous", "guest" },
		{ "b.example", "", "bob", "t w\"o\\\t" },
		{ "c.example", "", "cid", "#three" },
		{ "d.example", "", NULL, "any" },
		{ "d.example", "me", NULL, "any" },
		{ "e.example", "", "eve", NULL },
		{ "e.example", "eva", "eva", "five" },
		{ "e.example", "eve", "-", NULL },
		{ "f.example", "", "f2", "p2" },
		{ "g.example", "", "gus", "six" },
		{ "h.example", "", "", "machine" },
		{ "i.example", "", "password", "login" },
		{ "j.example", "", "anonymous", "guest" },
		{ "k.example", "", "anonymous", "guest" },
		{ "elsewhere", "", "anonymous", "guest" },
		{ "k.example", "never", "never", "seen" },
		{ "", "", "anonymous", "guest" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_netrc got;
		struct twc_err err = { 0 };
		bool none = rows[i].login && strcmp(rows[i].login, "-") == 0;
		int rc = twc__http_netrc_find(twc_str_of(text), twc_str_of(rows[i].host), twc_str_of(rows[i].user), &got, &err);

		if (rc != !none)
			fail_msg("%s, %s: %d %s", rows[i].host, rows[i].user, rc, err.text);
		if (none)
			continue;
		if (!got.login != !rows[i].login || (got.login && strcmp(got.login, rows[i].login) != 0) ||
		    !got.password != !rows[i].password || (got.password && strcmp(got.password, rows[i].password) != 0))
			fail_msg("%s, %s: %s, %s", rows[i].host, rows[i].user, got.login, got.password);
		twc__http_netrc_fini(&got);
		assert_null(got.login);
	}
}

static void forms(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *want; /* "login:password", or the error */
	} rows[] = {
		{ "", 0, NULL },
		{ "\n\n", 0, NULL },
		{ "# machine h login a password b", 0, NULL },
		{ "login a password b", 0, NULL },
		{ "machine", TWC_EDATA, "line 1: nothing follows \"machine\"" },
		{ "machine h", 0, NULL },
		{ "machine h login", TWC_EDATA, "line 1: nothing follows \"login\"" },
		{ "machine h\nlogin a\n\npassword\n\n", TWC_EDATA, "line 4: nothing follows \"password\"" },
		{ "machine h login a password b", 1, "a:b" },
		{ "machine\nh\nlogin\na\npassword\nb", 1, "a:b" },
		{ "\tmachine  h \t login a\r\npassword b\r\n", 1, "a:b" },
		{ "machine h login a password\n# comment\nb", 1, "a:b" },
		{ "machine h login a password b#c", 1, "a:b#c" },
		{ "machine h login a password \"b c\"", 1, "a:b c" },
		{ "machine h login a password \"\\n\\r\\t\\\"\\\\\\x\"", 1, "a:\n\r\t\"\\x" },
		{ "machine h login a password b\"c", 1, "a:b\"c" },
		{ "machine h login a password b\\nc", 1, "a:b\\nc" },
		{ "machine h\nlogin a\npassword \"b", TWC_EDATA, "line 3: the quote is not closed" },
		{ "machine h\nlogin \"a\npassword b\"", TWC_EDATA, "line 2: the quote is not closed" },
		{ "machine h login a password \"b\\", TWC_EDATA, "line 1: the quote is not closed" },
		{ "\"machine\" h login a password b", 0, NULL },
		{ "machine x \"machine\" h login a password b", 0, NULL },
		{ "default", 0, NULL },
		{ "default login a password b machine h login c password d", 1, "a:b" },
		{ "macdef m\nmachine h login a password b", 0, NULL },
		{ "macdef m\nx\n\nmachine h login a password b", 1, "a:b" },
		{ "machine h macdef m\nlogin x\n\nlogin a password b", 0, NULL },
		{ "machine h login a password \xc3\xa4", 1, "a:\xc3\xa4" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_netrc got;
		struct twc_err err = { 0 };
		int rc = twc__http_netrc_find(twc_str_of(rows[i].text), TWC_STR("h"), (struct twc_str){ NULL, 0 }, &got, &err);

		if (rc != rows[i].rc)
			fail_msg("\"%s\": %d %s", rows[i].text, rc, err.text);
		if (rc < 0)
			assert_string_equal(err.text, rows[i].want);
		if (rc < 1)
			continue;

		char *both = twc_asprintf("%s:%s", got.login, got.password);

		assert_string_equal(both, rows[i].want);
		twc_free(both);
		twc__http_netrc_fini(&got);
	}
}

static void limits(void **state)
{
	static char text[TWC__HTTP_NETRC_MAX + 1];
	struct twc__http_netrc got;
	struct twc_err err;
	const struct twc_str any = { NULL, 0 };
	int n;

	for (int quoted = 0; quoted < 2; quoted++) {
		n = snprintf(text, sizeof(text), "machine h\nlogin a\npassword %s", quoted ? "\"" : "");
		memset(text + n, 'x', 4097);
		memcpy(text + n + 4096, quoted ? "\"" : " ", 1);
		assert_int_equal(twc__http_netrc_find((struct twc_str){ text, (size_t)n + 4097 }, TWC_STR("h"), any, &got, &err), 1);
		assert_int_equal(strlen(got.password), 4096);
		twc__http_netrc_fini(&got);
		memcpy(text + n + 4096, quoted ? "x\"" : "x ", 2);
		assert_int_equal(twc__http_netrc_find((struct twc_str){ text, (size_t)n + 4098 }, TWC_STR("h"), any, &got, &err),
				 TWC_ETOOLONG);
		assert_string_equal(err.text, "line 3: a word of more than 4096 bytes");
	}
	memset(text, '\n', sizeof(text));
	assert_int_equal(twc__http_netrc_find((struct twc_str){ text, sizeof(text) - 1 }, TWC_STR("h"), any, &got, &err), 0);
	assert_int_equal(twc__http_netrc_find((struct twc_str){ text, sizeof(text) }, TWC_STR("h"), any, &got, &err), TWC_ETOOLONG);
	assert_int_equal(twc__http_netrc_find((struct twc_str){ "machine\0h", 9 }, TWC_STR("h"), any, &got, &err), TWC_EDATA);
	assert_int_equal(twc__http_netrc_find((struct twc_str){ NULL, 0 }, TWC_STR("h"), any, &got, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(forms),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
