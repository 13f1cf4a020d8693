/* SPDX-License-Identifier: MIT */
/* Accounts: texts and files, passwords and hashes, and who is let in. */
#include "stand.h"

#include "app/http/accounts.h"

#define HASH5 "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"
#define HASH6 "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"

static struct twc__accounts *make(const char *spec, const char *base)
{
	struct twc_err err = { 0 };
	struct twc__accounts *a = twc__accounts_new(twc_str_of(spec), base, &err);

	if (!a)
		fail_msg("%s: %s", spec, err.text);
	return a;
}

static bool check(struct twc__accounts *a, const char *user, const char *password)
{
	return twc__accounts_check(a, twc_str_of(user), twc_str_of(password));
}

static void test_text(void **state)
{
	struct twc__accounts *a = make("jo:p:w", NULL);

	assert_false(twc__accounts_has_file(a));
	assert_int_equal(twc__accounts_reload(a, NULL), 0);
	assert_true(check(a, "jo", "p:w"));
	assert_false(check(a, "jo", "p"));
	assert_false(check(a, "jo:p", "w2"));
	assert_false(check(a, "Jo", "p:w"));
	assert_false(check(a, "", ""));
	twc__accounts_free(a);
	a = make("jo:", NULL);
	assert_true(check(a, "jo", ""));
	assert_false(check(a, "jo", "x"));
	twc__accounts_free(a);
	twc__accounts_free(NULL);
}

static void test_bad(void **state)
{
	static const struct {
		const char *spec;
		int code;
		const char *part;
	} rows[] = {
		{ "", TWC_EUSAGE, "USER:PASSWORD" },
		{ "jo", TWC_EUSAGE, "USER:PASSWORD" },
		{ ":pw", TWC_EUSAGE, "USER:PASSWORD" },
		{ "jo:$apr1$x$y", TWC_EUSAGE, "cannot be checked" },
		{ "jo:$2y$05$abc", TWC_EUSAGE, "cannot be checked" },
		{ "jo:{SHA}abc=", TWC_EUSAGE, "cannot be checked" },
		{ "jo:$6$short$x", TWC_EUSAGE, "cannot be checked" },
		{ "@none", TWC_ENOINPUT, "ENOENT" },
		{ "@bad", TWC_EDATA, "bad:3: a login is written" },
		{ "@.", TWC_ENOINPUT, "cannot" },
	};

	stand_write("bad", "jo:pw\n#\nx\n");
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };

		assert_null(twc__accounts_new(twc_str_of(rows[i].spec), stand_dir, &err));
		if (err.code != rows[i].code || !strstr(err.text, rows[i].part))
			fail_msg("%s: %d %s", rows[i].spec, err.code, err.text);
	}
}

/* What only looks a little like a hash is a password. */
static void test_passwords_with_signs(void **state)
{
	static const char *const passwords[] = { "$", "$$", "$6", "{}", "{a", "$ 6$x", "{a b}c", "$abcdefghijklmnop$x" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(passwords); i++) {
		char spec[64];
		struct twc__accounts *a;

		snprintf(spec, sizeof(spec), "jo:%s", passwords[i]);
		a = make(spec, NULL);
		assert_true(check(a, "jo", passwords[i]));
		twc__accounts_free(a);
	}
}

static void test_file(void **state)
{
	struct twc_err err = { 0 };
	struct twc__accounts *a;

	stand_write("logins", "# who\n\njo:pw\r\nann:" HASH5 "\njo:second\nold:" HASH6);
	a = make("@logins", stand_dir);
	assert_true(twc__accounts_has_file(a));
	assert_true(check(a, "jo", "pw"));
	assert_true(check(a, "jo", "second"));
	assert_false(check(a, "ann", "Hello world"));
	assert_true(check(a, "ann", "Hello world!"));
	assert_true(check(a, "ann", "Hello world!")); /* known by now */
	assert_false(check(a, "jo", "Hello world!"));
	assert_true(check(a, "old", "Hello world!"));
	assert_false(check(a, "ann", HASH5));
	assert_false(check(a, "nobody", "Hello world!"));

	stand_write("logins", "no login\n");
	assert_int_equal(twc__accounts_reload(a, &err), TWC_EDATA);
	assert_true(check(a, "jo", "pw"));
	stand_write("logins", "eve:pw\n");
	assert_int_equal(twc__accounts_reload(a, &err), 0);
	assert_false(check(a, "jo", "pw"));
	assert_false(check(a, "ann", "Hello world!"));
	assert_true(check(a, "eve", "pw"));
	stand_write("logins", "");
	assert_int_equal(twc__accounts_reload(a, &err), 0);
	assert_false(check(a, "eve", "pw"));
	twc__accounts_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_passwords_with_signs),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, stand_make_dir, stand_remove_dir);
}
