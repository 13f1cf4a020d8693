/* SPDX-License-Identifier: MIT */
/* Errors: the list's promises, the one-line texts and what is kept when they are cut. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <twc/err.h>

static void codes_are_unique_negative_and_named(void **state)
{
	static const int all[] = {
#define CODE(name, exit, sev, text) TWC_##name,
		TWC_ERR_LIST(CODE)
#undef CODE
	};

	assert_int_equal(TWC_ARRAY_LEN(all), TWC_ERR_COUNT - 1);
	for (size_t i = 0; i < TWC_ARRAY_LEN(all); i++) {
		assert_int_equal(all[i], -(int)i - 1);
		assert_int_equal(twc_err_name(all[i])[0], 'E');
		assert_string_not_equal(twc_err_name(all[i]), "E?");
		assert_true(twc_err_default_text(all[i])[0] != '\0');
		assert_in_range(twc_err_exit(all[i]), 1, 141);
		assert_in_range(twc_err_severity(all[i]), TWC_SEV_RETRY, TWC_SEV_PROGRAM);
		assert_true(twc_err_rank(all[i]) >= 1);
	}
}

static void exit_statuses_are_those_of_the_contract(void **state)
{
	static const struct { int code, exit; const char *name; } rows[] = {
		{ TWC_OK, 0, "OK" },	       { TWC_ENO, 1, "ENO" },		   { TWC_EUSAGE, 64, "EUSAGE" },
		{ TWC_EDATA, 65, "EDATA" },    { TWC_ENOINPUT, 66, "ENOINPUT" },   { TWC_ENONAME, 68, "ENONAME" },
		{ TWC_ERESOLVE, 68, "ERESOLVE" }, { TWC_EREFUSED, 69, "EREFUSED" }, { TWC_EUNREACH, 69, "EUNREACH" },
		{ TWC_EBUG, 70, "EBUG" },      { TWC_ELIMIT, 71, "ELIMIT" },	   { TWC_ECANTBIND, 73, "ECANTBIND" },
		{ TWC_EIO, 74, "EIO" },	       { TWC_ETIMEDOUT, 75, "ETIMEDOUT" }, { TWC_ERESET, 76, "ERESET" },
		{ TWC_EACCESS, 77, "EACCESS" }, { TWC_ECONFIG, 78, "ECONFIG" },	   { TWC_EPARTIAL, 79, "EPARTIAL" },
		{ TWC_EPIPEOUT, 141, "EPIPEOUT" }, { 1, 70, "E?" }, { -TWC_ERR_COUNT, 70, "E?" }, { INT32_MIN, 70, "E?" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_int_equal(twc_err_exit(rows[i].code), rows[i].exit);
		assert_string_equal(twc_err_name(rows[i].code), rows[i].name);
	}
}

static void the_attempt_that_got_furthest_decides(void **state)
{
	static const int order[] = { TWC_OK, TWC_EOS, TWC_ENONAME, TWC_EREFUSED, TWC_ETIMEDOUT, TWC_ERESET, TWC_EUNTRUSTED };

	for (size_t i = 1; i < TWC_ARRAY_LEN(order); i++)
		assert_true(twc_err_rank(order[i]) > twc_err_rank(order[i - 1]));
	assert_int_equal(twc_err_rank(TWC_ECANTBIND), twc_err_rank(TWC_EOS));
}

static void set_fills_and_returns_the_code(void **state)
{
	struct twc_err e = { .sys = 7, .column = 9 };

	assert_int_equal(twc_err_set(&e, TWC_EUSAGE, "bad %s %d", "port", 7), TWC_EUSAGE);
	assert_int_equal(e.code, TWC_EUSAGE);
	assert_int_equal(e.sys, 0);
	assert_int_equal(e.column, 0);
	assert_string_equal(e.text, "bad port 7");
	assert_int_equal(twc_err_at(&e, TWC_EUSAGE, 3, "bad %s", "word"), TWC_EUSAGE);
	assert_int_equal(e.column, 3);
	assert_string_equal(e.text, "bad word");
	assert_int_equal(twc_err_set(NULL, TWC_EIO, "x"), TWC_EIO);
	assert_int_equal(twc_err_at(NULL, TWC_EIO, 1, "x"), TWC_EIO);
	assert_int_equal(twc_err_sys(NULL, TWC_EIO, EIO, NULL, "x"), TWC_EIO);
	assert_int_equal(twc_err_from_errno(NULL, EPIPE, NULL), TWC_ERESET);
	twc_err_clear(&e);
	assert_int_equal(e.code, 0);
	assert_string_equal(e.text, "");
}

static void sys_appends_symbol_and_place(void **state)
{
	struct twc_err e;

	assert_int_equal(twc_err_sys(&e, TWC_EREFUSED, ECONNREFUSED, "127.0.0.1:5432", "connection refused"), TWC_EREFUSED);
	assert_string_equal(e.text, "connection refused (ECONNREFUSED, 127.0.0.1:5432)");
	assert_int_equal(e.sys, ECONNREFUSED);
	twc_err_sys(&e, TWC_EIO, ENOSPC, NULL, "cannot write %s", "/x");
	assert_string_equal(e.text, "cannot write /x (ENOSPC)");
}

static void a_long_text_is_cut_before_its_brackets(void **state)
{
	char text[400];
	struct twc_err e;

	for (size_t n = 200; n < 300; n++) {
		memset(text, 'a', n);
		text[n] = '\0';
		twc_err_set(&e, TWC_EIO, "%s", text);
		if (n < TWC_ERR_TEXT_MAX) {
			assert_string_equal(e.text, text);
		} else {
			assert_int_equal(strlen(e.text), TWC_ERR_TEXT_MAX - 1);
			assert_string_equal(e.text + TWC_ERR_TEXT_MAX - 5, "a...");
		}
		twc_err_sys(&e, TWC_EIO, EIO, "place", "%s", text);
		assert_non_null(strstr(e.text, " (EIO, place)"));
		assert_true(strlen(e.text) < TWC_ERR_TEXT_MAX);
	}
	memset(text, 'w', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	twc_err_sys(&e, TWC_EIO, EIO, text, "%s", text);
	assert_true(strlen(e.text) < TWC_ERR_TEXT_MAX);
	assert_int_equal(e.text[strlen(e.text) - 1], ')');
}

static void a_cut_never_splits_a_character(void **state)
{
	for (int shift = 0; shift < 4; shift++) {
		struct twc_err e;
		char text[600] = "";
		size_t n = (size_t)shift;

		memset(text, 'x', n);
		while (n < 500) {
			memcpy(text + n, "\xf0\x9f\x90\xa6", 4);
			n += 4;
		}
		text[n] = '\0';
		twc_err_set(&e, TWC_EIO, "%s", text);

		size_t len = strlen(e.text);

		assert_string_equal(e.text + len - 3, "...");
		assert_int_equal((len - 3 - (size_t)shift) % 4, 0);
		assert_true(len > TWC_ERR_TEXT_MAX - 9);
	}
}

static void errnos_of_the_wire(void **state)
{
	static const struct { int sys, code; const char *text; } rows[] = {
		{ ECONNREFUSED, TWC_EREFUSED, "connection refused (ECONNREFUSED, w)" },
		{ ECONNRESET, TWC_ERESET, "connection reset by peer (ECONNRESET, w)" },
		{ EPIPE, TWC_ERESET, "connection reset by peer (EPIPE, w)" },
		{ ETIMEDOUT, TWC_ETIMEDOUT, "timed out (ETIMEDOUT, w)" },
		{ EHOSTUNREACH, TWC_EUNREACH, "host unreachable (EHOSTUNREACH, w)" },
		{ ENETUNREACH, TWC_EUNREACH, "network unreachable (ENETUNREACH, w)" },
		{ ENOENT, TWC_ENOSOCK, "no such socket file (ENOENT, w)" },
		{ EMFILE, TWC_ELIMIT, "out of descriptors (EMFILE, w)" },
		{ ENFILE, TWC_ELIMIT, "out of descriptors in the whole system (ENFILE, w)" },
		{ ENOMEM, TWC_ENOMEM, "out of memory (ENOMEM, w)" },
		{ ENOBUFS, TWC_ENOMEM, "out of network buffers (ENOBUFS, w)" },
		{ EADDRINUSE, TWC_ECANTBIND, "address already in use (EADDRINUSE, w)" },
		{ EADDRNOTAVAIL, TWC_ECANTBIND, "address not available here (EADDRNOTAVAIL, w)" },
		{ EACCES, TWC_EACCESS, "permission denied (EACCES, w)" },
		{ EMSGSIZE, TWC_ETOOLONG, "datagram too long (EMSGSIZE, w)" },
		{ ENOSPC, TWC_EIO, "no space left (ENOSPC, w)" },
		{ EXDEV, TWC_EOS, "system call failed (EXDEV, w)" },
		{ 99999, TWC_EOS, "system call failed (E?, w)" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err e;

		assert_int_equal(twc_err_from_errno(&e, rows[i].sys, "w"), rows[i].code);
		assert_int_equal(e.code, rows[i].code);
		assert_int_equal(e.sys, rows[i].sys);
		assert_string_equal(e.text, rows[i].text);
	}
}

static void errno_names(void **state)
{
	assert_string_equal(twc_errno_name(ECONNREFUSED), "ECONNREFUSED");
	assert_string_equal(twc_errno_name(EAGAIN), "EAGAIN");
	assert_string_equal(twc_errno_name(0), "E?");
	assert_string_equal(twc_errno_name(-1), "E?");
	assert_string_equal(twc_errno_name(99999), "E?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_unique_negative_and_named),
		cmocka_unit_test(exit_statuses_are_those_of_the_contract),
		cmocka_unit_test(the_attempt_that_got_furthest_decides),
		cmocka_unit_test(set_fills_and_returns_the_code),
		cmocka_unit_test(sys_appends_symbol_and_place),
		cmocka_unit_test(a_long_text_is_cut_before_its_brackets),
		cmocka_unit_test(a_cut_never_splits_a_character),
		cmocka_unit_test(errnos_of_the_wire),
		cmocka_unit_test(errno_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
