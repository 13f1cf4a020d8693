/* SPDX-License-Identifier: MIT */
/* Records: what stands in dumps and copies, names with numbers, and files that cannot be written. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <twc/parse.h>
#include <twc/wire.h>
#include <unistd.h>

#include "support/stand.h"

static char dir[] = "/tmp/twc-record-XXXXXX";
static char home[4096];

static int enter(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/twc-record-XXXXXX");
	if (!getcwd(home, sizeof(home)) || !mkdtemp(dir))
		return -1;
	return chdir(dir);
}

static int leave(void **state)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return chdir(home) || system(cmd);
}

static const char *content(const char *path)
{
	static char buf[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = '\0';
	fclose(f);
	return buf;
}

/* "hh:mm:ss.uuuuuu" is cut off; the rest is compared. */
static void assert_lines(const char *path, const char *const *want)
{
	char text[65536], *line, *save = NULL;
	int h, m, s, us, n;

	snprintf(text, sizeof(text), "%s", content(path));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		assert_int_equal(sscanf(line, "%2d:%2d:%2d.%6d%n", &h, &m, &s, &us, &n), 4);
		assert_int_equal(n, 15);
		assert_non_null(*want);
		assert_string_equal(line + n, *want);
		want++;
	}
	assert_null(*want);
}

struct rig {
	struct stand s;
	struct twc_record *rec;
	int failures;
	struct twc_err err;
};

static void on_failed(void *arg, const struct twc_err *err)
{
	struct rig *g = arg;

	g->failures++;
	g->err = *err;
}

static void rig_init(struct rig *g, struct twc_record_opts o)
{
	memset(g, 0, sizeof(*g));
	stand_open(&g->s);
	o.failed = on_failed;
	o.arg = g;
	g->rec = twc_record_new(&o, &g->s.factory, NULL);
	assert_non_null(g->rec);
}

static void rig_connect(struct rig *g, unsigned i)
{
	assert_true(stand_connect(&g->s, twc_record_factory(g->rec), i, NULL, 0));
	g->s.inner[i].replies = true;
}

static void say(struct rig *g, unsigned i, const void *p, size_t n)
{
	twc_transport_write(g->s.peer[i].base.transport, p, n);
	stand_pass(&g->s, 0);
}

static void rig_fini(struct rig *g)
{
	for (unsigned i = 0; i < g->s.built; i++)
		twc_transport_abort(g->s.peer[i].base.transport);
	stand_pass(&g->s, 10 * TWC_NS_PER_S);
	stand_close(&g->s, NULL);
	twc_record_free(g->rec);
}

static void hex_and_text(void **state)
{
	static const char *const hex[] = {
		" #2 < 00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64 2e 0a 00 ff 41  |hello world....A|",
		" #2 < 00000010  42                                                |B|",
		" #2 > 00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64 2e 0a 00 ff 41  |hello world....A|",
		" #2 > 00000010  42                                                |B|",
		" #2 < 00000011  7a                                                |z|",
		" #2 > 00000011  7a                                                |z|",
		NULL,
	};
	static const char *const text[] = {
		" #2 < hello world.\\n", " #2 < \\x00\\xffAB", " #2 > hello world.\\n",
		" #2 > \\x00\\xffAB",	" #2 < z",	       " #2 > z", NULL,
	};
	struct rig g;

	rig_init(&g, (struct twc_record_opts){ .hexdump = "hex", .textdump = "text", .dump_fd = -1 });
	rig_connect(&g, 0);
	say(&g, 0, "hello world.\n\0\xff" "AB", 17);
	say(&g, 0, "z", 1);
	assert_lines("hex", hex);
	assert_lines("text", text);
	assert_int_equal(g.failures, 0);
	rig_fini(&g);
}

/* A descriptor of the caller's, and more than a page. */
static void much_of_it(void **state)
{
	static char bytes[100000];
	int fd = open("dump", O_RDWR | O_CREAT | O_APPEND, 0600), lines = 0;
	struct rig g;
	FILE *f;
	char line[256];

	memset(bytes, 'x', sizeof(bytes));
	rig_init(&g, (struct twc_record_opts){ .hexdump = "", .dump_fd = fd });
	rig_connect(&g, 0);
	g.s.inner[0].replies = false;
	say(&g, 0, bytes, sizeof(bytes));
	f = fopen("dump", "r");
	while (fgets(line, sizeof(line), f)) {
		assert_non_null(strchr(line, '\n'));
		lines++;
	}
	fclose(f);
	assert_in_range(lines, 6250, 6260);
	rig_fini(&g);
	assert_int_equal(write(fd, "", 0), 0); /* still the caller's */
	close(fd);
}

static void tee_one_file_or_one_each(void **state)
{
	struct rig g;

	rig_init(&g, (struct twc_record_opts){ .tee_in = "in.%c%%", .tee_out = "out" });
	rig_connect(&g, 0);
	rig_connect(&g, 1);
	say(&g, 0, "first", 5);
	say(&g, 1, "second", 6);
	say(&g, 0, "\0third", 6);
	assert_memory_equal(content("in.2%"), "first\0third", 12);
	assert_string_equal(content("in.4%"), "second"); /* numbers are of transports: the peers have theirs */
	assert_memory_equal(content("out"), "firstsecond\0third", 18);
	rig_fini(&g);
}

static void full_disk(void **state)
{
	struct rig g;

	rig_init(&g, (struct twc_record_opts){ .tee_in = "/dev/full", .hexdump = "hex" });
	rig_connect(&g, 0);
	say(&g, 0, "1", 1);
	say(&g, 0, "2", 1);
	assert_int_equal(g.failures, 1);
	assert_int_equal(g.err.code, TWC_EIO);
	assert_non_null(strstr(g.err.text, "/dev/full"));
	rig_fini(&g);
}

/* What an error names is the file, not the pattern. */
static void full_disk_of_one(void **state)
{
	struct rig g;

	assert_int_equal(symlink("/dev/full", "full-1"), 0); /* either end of a pair may be the first */
	assert_int_equal(symlink("/dev/full", "full-2"), 0);
	rig_init(&g, (struct twc_record_opts){ .tee_in = "full-%c" });
	rig_connect(&g, 0);
	say(&g, 0, "1", 1);
	assert_int_equal(g.failures, 1);
	assert_non_null(strstr(g.err.text, "full-"));
	assert_null(strchr(g.err.text, '%'));
	rig_fini(&g);
}

static void a_fifo_without_a_reader(void **state)
{
	struct twc_record_opts o = { .tee_in = "fifo" };
	struct twc_err err = { 0 };

	assert_int_equal(mkfifo("fifo", 0600), 0);
	alarm(10);
	assert_null(twc_record_new(&o, NULL, &err));
	alarm(0);
	assert_int_equal(err.code, TWC_ECANTCREAT);
	assert_non_null(strstr(err.text, "nobody reads the fifo"));
}

static void bad_names(void **state)
{
	static const struct {
		const char *name;
		int code;
	} row[] = {
		{ "no/such/dir/x", TWC_ECANTCREAT },
		{ "%p", TWC_EUSAGE },
		{ "x%", TWC_EUSAGE },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_record_opts o = { .tee_out = row[i].name };
		struct twc_err err = { 0 };

		assert_null(twc_record_new(&o, NULL, &err));
		assert_int_equal(err.code, row[i].code);
	}
}

/* A file for each that cannot be made when the connection comes. */
static void a_name_that_fails_late(void **state)
{
	struct rig g;

	rig_init(&g, (struct twc_record_opts){ .tee_in = "none/%c" });
	rig_connect(&g, 0);
	assert_int_equal(g.failures, 1);
	assert_int_equal(g.err.code, TWC_ECANTCREAT);
	say(&g, 0, "x", 1);
	assert_int_equal(g.failures, 1);
	rig_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hex_and_text, enter, leave),
		cmocka_unit_test_setup_teardown(much_of_it, enter, leave),
		cmocka_unit_test_setup_teardown(tee_one_file_or_one_each, enter, leave),
		cmocka_unit_test_setup_teardown(full_disk, enter, leave),
		cmocka_unit_test_setup_teardown(full_disk_of_one, enter, leave),
		cmocka_unit_test_setup_teardown(a_fifo_without_a_reader, enter, leave),
		cmocka_unit_test_setup_teardown(bad_names, enter, leave),
		cmocka_unit_test_setup_teardown(a_name_that_fails_late, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
