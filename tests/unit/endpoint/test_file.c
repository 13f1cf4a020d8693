/* SPDX-License-Identifier: MIT */
/* file: read, written, appended to, followed; and what must not happen to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

static char dir[64], endpoint_text[160], path[128];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/twc-file-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static const char *in_dir(const char *rest)
{
	snprintf(endpoint_text, sizeof(endpoint_text), "file:%s/%s", dir, rest);
	return endpoint_text;
}

static const char *path_of(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const char *text, int flags)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void holds(const char *name, const char *want)
{
	char got[64];
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, got, sizeof(got) - 1);
	close(fd);
	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, want);
}

/* Reads by `rest` to the end. */
static void reads(const char *rest, const char *want)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();

	must_connect(in_dir(rest), r, &f);
	turn_until(r, &f.lost, 1);
	assert_int_equal(f.reason.code, 0);
	assert_string_equal(f.got, want);
	twc_reactor_free(r);
}

static void writes(const char *rest, const char *text)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();

	f.greet = text;
	must_connect(in_dir(rest), r, &f);
	turn_until(r, &f.lost, 1);
	assert_int_equal(f.reason.code, 0);
	twc_reactor_free(r);
}

static int fails(const char *s)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct outcome o = do_connect(s, r, &f);

	assert_null(o.p);
	assert_int_equal(f.built, 0);
	twc_reactor_free(r);
	return o.err.code;
}

static void test_read(void **state)
{
	(void)state;
	put("r", "0123456789", O_TRUNC);
	reads("r", "0123456789");
	reads("r:offset=4", "456789");
	reads("r:offset=1k", "");
	reads("r:lock=yes", "0123456789");
	unlink(path_of("r"));
}

static void test_write(void **state)
{
	struct stat st;

	(void)state;
	writes("w:mode=w:perm=640", "first text");
	assert_int_equal(stat(path_of("w"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	holds("w", "first text");
	writes("w:mode=w:perm=600", "2nd");
	holds("w", "2nd");
	assert_int_equal(stat(path_of("w"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640); /* it was there */
	writes("w:mode=a", "+a");
	holds("w", "2nd+a");
	writes("w:mode=w:offset=1:lock=yes", "X");
	holds("w", "2Xd+a");
	unlink(path_of("w"));
}

static void test_follow(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_protocol *p;

	(void)state;
	put("log", "one ", O_TRUNC);
	p = must_connect(in_dir("log:follow=yes"), r, &f);
	collect(r, &f, 4);
	put("log", "two", O_APPEND);
	collect(r, &f, 7);
	assert_string_equal(f.got, "one two");
	put("log", "new", O_TRUNC);
	collect(r, &f, 10);
	assert_string_equal(f.got, "one twonew");
	assert_int_equal(f.lost, 0);
	twc_transport_lose(p->transport);
	turn_until(r, &f.lost, 1);
	assert_int_equal(f.reason.code, 0);
	unlink(path_of("log"));
	twc_reactor_free(r);
}

static void test_a_lock_is_respected(void **state)
{
	int fd;

	(void)state;
	put("l", "keep", O_TRUNC);
	fd = open(path_of("l"), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(fails(in_dir("l:mode=w:lock=yes")), TWC_ETEMPFAIL);
	assert_int_equal(fails(in_dir("l:lock=yes")), TWC_ETEMPFAIL);
	close(fd);
	holds("l", "keep");
	unlink(path_of("l"));
}

static void test_writing_to_what_is_read(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();

	(void)state;
	put("r", "x", O_TRUNC);
	f.greet = "no";
	must_connect(in_dir("r"), r, &f);
	turn_until(r, &f.lost, 1);
	assert_int_equal(f.reason.code, TWC_EIO);
	assert_non_null(strstr(f.reason.text, "for reading only"));
	holds("r", "x");
	unlink(path_of("r"));
	twc_reactor_free(r);
}

static void test_faults(void **state)
{
	static const char *const bad[] = { "file:", "file:/x:mode=rw", "file:/x:mode=a:offset=1", "file:/x:mode=w:follow=yes",
					   "file:/x:perm=644", "file:/x:mode=w:perm=1777", NULL };
	struct twc_err err;

	(void)state;
	for (int i = 0; bad[i]; i++) {
		assert_null(twc_endpoint_parse(bad[i], TWC_CONNECT, &err));
		assert_int_equal(err.code, TWC_EUSAGE);
	}
	assert_null(twc_endpoint_parse("file:/x", TWC_LISTEN, &err));
	assert_int_equal(fails(in_dir("none")), TWC_ENOINPUT);
	assert_int_equal(fails(in_dir("no/dir:mode=w")), TWC_ECANTCREAT);
	assert_int_equal(fails("file:/tmp"), TWC_ENOINPUT);
	assert_int_equal(fails("file:/tmp:mode=w"), TWC_ECANTCREAT);
	assert_int_equal(fails("file:/dev/null:follow=yes"), TWC_ENOINPUT);
	assert_int_equal(mkfifo(path_of("p"), 0600), 0);
	assert_int_equal(fails(in_dir("p")), TWC_ENOINPUT);
	unlink(path_of("p"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_a_lock_is_respected),
		cmocka_unit_test(test_writing_to_what_is_read),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
