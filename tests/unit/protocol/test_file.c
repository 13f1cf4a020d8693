/* SPDX-License-Identifier: MIT */
/* file: what was promised, whole, or an honest failure. */
#include "peer.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "protocol/service_int.h"

static char dir[] = "/tmp/twc-test-file.XXXXXX";
static char path[sizeof(dir) + 8];

static int setup(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/file", dir);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(dir);
}

static char byte_at(size_t i)
{
	return (char)(i * 2654435761u >> 11);
}

static void put(size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		putc(byte_at(i), f);
	assert_int_equal(fclose(f), 0);
}

static void check_got(const struct rig *rig, size_t n)
{
	assert_int_equal(rig->peer.n, n);
	for (size_t i = 0; i < n; i++) {
		if (rig->peer.got[i] != byte_at(i))
			fail_msg("byte %zu differs", i);
	}
}

static void sizes(void **state)
{
	static const size_t rows[] = { 0, 1, 65536, 262143, 262144, 262145, 1048576, 1048577, 5000000 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct rig rig;

		put(rows[i]);
		rig_init(&rig, "file", path);
		rig_join(&rig);
		rig_run(&rig);
		check_got(&rig, rows[i]);
		assert_true(rig.peer.has_eof);
		twc_transport_write_eof(rig.peer.base.transport);
		rig_run(&rig);
		assert_true(rig.is_lost);
		assert_int_equal(rig.reason.code, 0);
		rig_fini(&rig);
	}
}

/* A file of n bytes, to a client that has taken the first read and no more. */
static void serve_held(struct rig *rig, size_t n)
{
	put(n);
	rig_init(rig, "file", path);
	rig->peer.hold_at = 1;
	rig_join(rig);
	rig_run(rig);
}

static void slow_reader(void **state)
{
	enum { SIZE = 6 * 1000 * 1000 };
	struct rig rig;

	serve_held(&rig, SIZE);
	for (int i = 1; i < 6; i++) {
		assert_true(twc_transport_queued(rig.inner->transport) <= 1024 * 1024);
		rig.peer.hold_at = (size_t)i * 1000 * 1000;
		twc_transport_resume(rig.peer.base.transport);
		rig_run(&rig);
		assert_false(rig.peer.has_eof);
	}
	twc_transport_resume(rig.peer.base.transport);
	rig_run(&rig);
	check_got(&rig, SIZE);
	assert_true(rig.peer.has_eof);
	rig_fini(&rig);
}

/* The client's own end, before the file is through, takes nothing away from it. */
static void client_ends_first(void **state)
{
	struct rig rig;

	put(3000000);
	rig_init(&rig, "file", path);
	rig.peer.hold_at = 1;
	rig_join(&rig);
	twc_transport_write_eof(rig.peer.base.transport);
	rig_run(&rig);
	assert_false(rig.is_lost);
	twc_transport_resume(rig.peer.base.transport);
	rig_run(&rig);
	check_got(&rig, 3000000);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, 0);
	rig_fini(&rig);
}

static void replaced_while_serving(void **state)
{
	char other[sizeof(path) + 4];
	struct rig rig;
	FILE *f;

	serve_held(&rig, 3000000);
	snprintf(other, sizeof(other), "%s.new", path);
	f = fopen(other, "w");
	assert_non_null(f);
	fputs("something else", f);
	fclose(f);
	assert_int_equal(rename(other, path), 0);
	twc_transport_resume(rig.peer.base.transport);
	rig_run(&rig);
	check_got(&rig, 3000000);
	rig_fini(&rig);
}

static void grown_while_serving(void **state)
{
	struct rig rig;
	FILE *f;

	serve_held(&rig, 3000000);
	f = fopen(path, "a");
	assert_non_null(f);
	fputs("more", f);
	fclose(f);
	twc_transport_resume(rig.peer.base.transport);
	rig_run(&rig);
	check_got(&rig, 3000000);
	assert_true(rig.peer.has_eof);
	rig_fini(&rig);
}

static void truncated_while_serving(void **state)
{
	struct rig rig;

	serve_held(&rig, 3000000);
	assert_int_equal(truncate(path, 100), 0);
	twc_transport_resume(rig.peer.base.transport);
	rig_run(&rig);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, TWC_EIO);
	assert_non_null(strstr(rig.reason.text, "of 3000000 bytes"));
	assert_true(rig.peer.is_lost);
	assert_int_not_equal(rig.peer.reason.code, 0); /* the client sees no clean end */
	assert_true(rig.peer.n < 3000000);
	rig_fini(&rig);
}

static void missing_or_unfit(void **state)
{
	const struct twc_service *s = twc_service_find("file");
	char fifo[sizeof(path) + 8];
	struct twc_err err;

	assert_null(s->create(NULL, "/nonexistent/file", &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	assert_int_equal(err.sys, ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/file"));
	assert_null(s->create(NULL, dir, &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	assert_null(s->create(NULL, "", &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_null(s->create(NULL, fifo, &err)); /* and does not wait for a writer */
	assert_int_equal(err.code, TWC_ENOINPUT);
	unlink(fifo);
}

static void datagrams(void **state)
{
	static char buf[70000];
	struct rig rig;

	put(0);
	rig_init(&rig, "file", path);
	rig_join_udp(&rig);
	assert_int_equal(rig_ask(&rig, "", 0, buf, sizeof(buf)), 0);
	put(1000); /* rewritten in place: the next answer is the file of that moment */
	assert_int_equal(rig_ask(&rig, "x", 1, buf, sizeof(buf)), 1000);
	assert_int_equal(buf[999], byte_at(999));
	assert_int_equal(rig_ask(&rig, "x", 1, buf, sizeof(buf)), 1000);
	put(65507);
	assert_int_equal(rig_ask(&rig, "x", 1, buf, sizeof(buf)), 65507);
	assert_int_equal(buf[65506], byte_at(65506));
	put(65508);
	assert_int_equal(rig_ask(&rig, "x", 1, buf, sizeof(buf)), -1);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, TWC_ETOOLONG);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(client_ends_first),
		cmocka_unit_test(replaced_while_serving),
		cmocka_unit_test(grown_while_serving),
		cmocka_unit_test(truncated_while_serving),
		cmocka_unit_test(missing_or_unfit),
		cmocka_unit_test(datagrams),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
