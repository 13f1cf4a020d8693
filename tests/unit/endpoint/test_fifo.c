/* SPDX-License-Identifier: MIT */
/* fifo: both directions, both roles; made and removed only when it was missing; never blocking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include <fcntl.h>
#include <sys/stat.h>

static char dir[64], endpoint_text[160], path[128];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/twc-fifo-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/p", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir); /* fails when a fifo was left behind */
}

static const char *with(const char *rest)
{
	snprintf(endpoint_text, sizeof(endpoint_text), "fifo:%s%s", path, rest);
	return endpoint_text;
}

static void check_mode(unsigned want)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(st.st_mode & 07777, want);
}

static void test_read(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	int fd;

	(void)state;
	must_connect(with(""), r, &f);
	check_mode(0600);
	turns(r, 5);
	assert_int_equal(f.lost, 0); /* nobody has written yet: no end */
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "hello", 5), 5);
	collect(r, &f, 5);
	assert_int_equal(f.lost, 0);
	close(fd);
	turn_until(r, &f.lost, 1);
	assert_int_equal(f.reason.code, 0);
	assert_string_equal(f.got, "hello");
	assert_int_not_equal(access(path, F_OK), 0);
	twc_reactor_free(r);
}

static void test_write_waits_for_a_reader(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_endpoint *e = must_parse(with(":dir=w:mode=640"), TWC_CONNECT);
	struct conns f = conns_make();
	struct twc_deferred *d;
	struct outcome o;
	char got[8];
	int fd;

	(void)state;
	f.greet = "hi";
	d = start_connect(e, r, &f, &o);
	assert_false(o.done);
	check_mode(0640);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(loop_until(r, &o.done));
	assert_non_null(o.p);
	turn_until(r, &f.lost, 1);
	assert_int_equal(read(fd, got, sizeof(got)), 2);
	assert_int_equal(read(fd, got, sizeof(got)), 0);
	close(fd);
	twc_deferred_release(d);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_the_wait_ends(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct outcome o = do_connect(with(":dir=w:timeout=10ms"), r, &f);
	struct twc_endpoint *e;
	struct twc_deferred *d;

	(void)state;
	assert_int_equal(o.err.code, TWC_ETIMEDOUT);
	assert_non_null(strstr(o.err.text, "nobody opened it for reading"));
	e = must_parse(with(":dir=w"), TWC_CONNECT);
	d = start_connect(e, r, &f, &o);
	twc_deferred_cancel(d);
	assert_true(o.done);
	assert_int_equal(o.err.code, TWC_ECANCELLED);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(f.built, 0);
	assert_int_equal(f.started, f.stopped);
	twc_deferred_release(d);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_one_that_exists_stays(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_protocol *p;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	p = must_connect(with(":mode=666"), r, &f);
	check_mode(0600);
	twc_transport_lose(p->transport);
	turn_until(r, &f.lost, 1);
	assert_int_equal(unlink(path), 0);
	twc_reactor_free(r);
}

static void test_listen(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_endpoint *e = must_parse(with(""), TWC_LISTEN);
	struct conns f = conns_make();
	struct twc_port *p = must_listen(e, r, &f, NULL);
	char text[160];
	int fd;

	(void)state;
	check_mode(0600);
	assert_string_equal(twc_port_text(p, 0, text, sizeof(text)), with(""));
	turn_until(r, &f.made, 1);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	turn_until(r, &f.lost, 1);
	assert_string_equal(f.got, "x");
	twc_port_free(p);
	p = must_listen(e, r, &f, NULL); /* freed before it was opened */
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_faults(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_err err;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	close(fd);
	assert_int_equal(do_connect(with(""), r, &f).err.code, TWC_ECANTCREAT);
	assert_int_equal(listen_error(with(""), r).code, TWC_ECANTCREAT);
	assert_int_equal(unlink(path), 0); /* it was left alone */
	assert_int_equal(do_connect("fifo:/nonexistent/p", r, &f).err.code, TWC_ECANTCREAT);
	assert_null(twc_endpoint_parse("fifo:/x:mode=0", TWC_CONNECT, &err));
	assert_null(twc_endpoint_parse("fifo:/x:timeout=0:dir=w", TWC_CONNECT, &err));
	assert_null(twc_endpoint_parse("fifo:/x:dir=rw", TWC_LISTEN, &err));
	assert_null(twc_endpoint_parse("fifo:/x\ny", TWC_LISTEN, &err));
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write_waits_for_a_reader),
		cmocka_unit_test(test_the_wait_ends),
		cmocka_unit_test(test_one_that_exists_stays),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
