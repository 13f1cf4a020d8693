/* SPDX-License-Identifier: MIT */
/* sinks: names, parts and how they go on, checksums, disks that are full, and the files beside them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <twc/http_sink.h>
#include <unistd.h>

#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* of "abc" */

static char dir[64];
static int home; /* descriptor of the directory the tests began in */

/* ---- what the tests are made of ---- */

static int enter(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/twc-sink-XXXXXX");
	assert_non_null(mkdtemp(dir));
	home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return chdir(dir);
}

/* Nothing but what the test has taken may be left. */
static int leave(void **state)
{
	(void)state;
	assert_int_equal(fchdir(home), 0);
	close(home);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The content of a file that is gone afterwards, "-" when there is none. */
static const char *take(const char *name)
{
	static char text[256];
	FILE *f = fopen(name, "r");
	size_t n;

	if (!f)
		return "-";
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	unlink(name);
	return text;
}

static struct twc_http_sink *make(const struct twc_http_sink_opts *o, const char *text)
{
	struct twc_err err = { 0 };
	struct twc_url url;
	struct twc_http_sink *s;

	assert_int_equal(twc_url_parse(twc_str_of(text), TWC_URL_PATH_AS_IS, &url, &err), 0);
	s = twc_http_sink_new(o, &url, &err);
	twc_url_fini(&url);
	if (!s)
		fail_msg("%s", err.text);
	return s;
}

static int refused(const struct twc_http_sink_opts *o, const char *text)
{
	struct twc_err err = { 0 };
	struct twc_url url;

	assert_int_equal(twc_url_parse(twc_str_of(text), TWC_URL_PATH_AS_IS, &url, &err), 0);
	assert_null(twc_http_sink_new(o, &url, &err));
	assert_true(err.text[0]);
	twc_url_fini(&url);
	return err.code;
}

/* "Name: value\n…" */
static int begin(struct twc_http_sink *s, int status, const char *head)
{
	struct twc_http_fields fields = { 0 };
	struct twc_str rest = twc_str_of(head), line, name;
	struct twc_err err = { 0 };
	int rc;

	while (head[0] && twc_str_cut(&rest, '\n', &line))
		if (twc_str_cut(&line, ':', &name))
			assert_int_equal(twc_http_fields_add(&fields, name, line, &err), 0);
	rc = twc_http_sink_begin(s, status, &fields, &err);
	assert_int_equal(rc, err.code);
	twc_http_fields_fini(&fields);
	return rc;
}

static int say(struct twc_http_sink *s, const char *text)
{
	struct twc_err err = { 0 };
	int rc = twc_http_sink_write(s, text, strlen(text), &err);

	assert_int_equal(rc, err.code);
	return rc;
}

static int finish(struct twc_http_sink *s)
{
	struct twc_err err = { 0 };
	int rc = twc_http_sink_finish(s, &err);

	assert_int_equal(rc, err.code);
	return rc;
}

/* All of a download; what finish says. */
static int run(const struct twc_http_sink_opts *o, const char *url, int status, const char *head, const char *body)
{
	struct twc_http_sink *s = make(o, url);
	int rc = begin(s, status, head);

	if (!rc)
		rc = say(s, body);
	if (!rc)
		rc = finish(s);
	twc_http_sink_free(s);
	return rc;
}

/* ---- names ---- */

static void test_a_file_appears_when_it_is_whole(void **state)
{
	const struct twc_http_sink_opts o = { .path = "f" };
	struct twc_http_sink *s;

	(void)state;
	put("f", "old");
	s = make(&o, "http://h/x");
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(say(s, "ne"), 0);
	assert_string_equal(twc_http_sink_name(s), "f");
	assert_int_equal(access("f.part", F_OK), 0);
	assert_int_equal(say(s, "w"), 0);
	assert_int_equal(finish(s), 0);
	twc_http_sink_free(s);
	assert_string_equal(take("f"), "new");
	assert_string_equal(take("f.part"), "-");
}

static void test_names_of_urls(void **state)
{
	static const struct {
		const char *url, *name; /* NULL: none */
	} rows[] = {
		{ "http://h/a/b.tar?x=/c#y", "b.tar" },
		{ "http://h/a%20b%2Fc", "a%20b%2Fc" }, /* as it stands there */
		{ "http://h/.hidden", ".hidden" },
		{ "http://h/", NULL },
		{ "http://h", NULL },
		{ "http://h/a/", NULL },
		{ "http://h/a/..", NULL },
		{ "http://h/.", NULL },
	};
	const struct twc_http_sink_opts o = { .remote_name = true };

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		if (!rows[i].name) {
			assert_int_equal(refused(&o, rows[i].url), TWC_EUSAGE);
			continue;
		}
		assert_int_equal(run(&o, rows[i].url, 200, "", "x"), 0);
		assert_string_equal(take(rows[i].name), "x");
	}
}

static void test_names_of_servers(void **state)
{
	static const struct {
		const char *head, *name; /* NULL: refused */
		int code;
	} rows[] = {
		{ "Content-Disposition: attachment; filename=\"r.txt\"", "r.txt", 0 },
		{ "Content-Disposition: attachment; filename=a; filename*=UTF-8''%c3%a9", "\xc3\xa9", 0 },
		{ "Content-Disposition: attachment; filename=\"../../etc/passwd\"", "passwd", 0 },
		{ "Content-Disposition: attachment; filename=\"c:\\\\x\"", "x", 0 },
		{ "Content-Disposition: attachment; filename=\".bashrc\"", NULL, TWC_EPROTO },
		{ "Content-Disposition: attachment; filename=\"..\"", NULL, TWC_EPROTO },
		{ "Content-Disposition: inline", "u", 0 },
		{ "", "u", 0 },
	};
	const struct twc_http_sink_opts o = { .remote_name = true, .header_name = true };

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_int_equal(run(&o, "http://h/u", 200, rows[i].head, "x"), rows[i].code);
		if (rows[i].name)
			assert_string_equal(take(rows[i].name), "x");
	}
	assert_int_equal(run(&o, "http://h/", 200, rows[0].head, "x"), 0);
	assert_string_equal(take("r.txt"), "x");
	assert_int_equal(run(&o, "http://h/", 200, "", "x"), TWC_ECANTCREAT);
}

static void led(const char *from, const char *to, const char *head, int code)
{
	const struct twc_http_sink_opts o = { .remote_name = true, .header_name = true };
	struct twc_http_sink *s = make(&o, from);
	struct twc_err err = { 0 };
	struct twc_url url;

	assert_int_equal(twc_url_parse(twc_str_of(to), 0, &url, &err), 0);
	twc_http_sink_redirected(s, &url);
	twc_url_fini(&url);
	assert_int_equal(begin(s, 200, head), code);
	if (code == 0) {
		assert_int_equal(say(s, "x"), 0);
		assert_int_equal(finish(s), 0);
	}
	twc_http_sink_free(s);
}

static void test_redirected_name(void **state)
{
	(void)state;
	led("http://h/u", "http://i/d/r?q/z#f", "", 0);
	assert_string_equal(take("r"), "x");
	led("http://h/", "http://i/r", "", 0);
	assert_string_equal(take("r"), "x");
	led("http://h/u", "http://i/r", "Content-Disposition: attachment; filename=c", 0);
	assert_string_equal(take("c"), "x");
	led("http://h/u", "http://i/", "", 0);
	assert_string_equal(take("u"), "x");
	led("http://h/u", "http://i/.r", "", 0);
	assert_string_equal(take("u"), "x");
	led("http://h/", "http://i/.r", "", TWC_ECANTCREAT);
	put("r", "mine");
	led("http://h/u", "http://i/r", "", TWC_ECANTCREAT);
	led("http://h/r", "http://i/r", "", 0); /* asked for by the user */
	assert_string_equal(take("r"), "x");
}

static void test_servers_overwrite_nothing(void **state)
{
	static const char head[] = "Content-Disposition: attachment; filename=r";
	struct twc_http_sink_opts o = { .remote_name = true, .header_name = true };

	(void)state;
	put("r", "mine");
	assert_int_equal(run(&o, "http://h/u", 200, head, "x"), TWC_ECANTCREAT);
	assert_string_equal(take("r.part"), "-");
	o.no_clobber = true;
	assert_int_equal(run(&o, "http://h/u", 200, head, "x"), 0);
	assert_string_equal(take("r"), "mine");
	assert_string_equal(take("r.1"), "x");
	assert_int_equal(symlink("nowhere", "r"), 0); /* nor what a dangling link leads to */
	o.no_clobber = false;
	assert_int_equal(run(&o, "http://h/u", 200, head, "x"), TWC_ECANTCREAT);
	unlink("r");
}

static void test_numbers(void **state)
{
	struct twc_http_sink_opts o = { .path = "f", .no_clobber = true };
	struct twc_http_sink *a, *b;

	(void)state;
	assert_int_equal(run(&o, "http://h/", 200, "", "0"), 0);
	assert_int_equal(run(&o, "http://h/", 200, "", "1"), 0);
	a = make(&o, "http://h/");
	b = make(&o, "http://h/");
	assert_int_equal(begin(a, 200, ""), 0);
	assert_int_equal(begin(b, 200, ""), 0); /* at the same time */
	assert_int_equal(say(a, "2"), 0);
	assert_int_equal(say(b, "3"), 0);
	put("f.2", "somebody's"); /* meanwhile */
	assert_int_equal(finish(a), 0);
	assert_int_equal(finish(b), 0);
	assert_string_equal(twc_http_sink_name(b), "f.3");
	twc_http_sink_free(a);
	twc_http_sink_free(b);
	o.no_part = true;
	assert_int_equal(run(&o, "http://h/", 200, "", "4"), 0);
	assert_string_equal(take("f"), "0");
	assert_string_equal(take("f.1"), "1");
	assert_string_equal(take("f.2"), "somebody's");
	assert_string_equal(take("f.2.1"), "2");
	assert_string_equal(take("f.3"), "3");
	assert_string_equal(take("f.4"), "4");
}

static void test_places(void **state)
{
	struct twc_http_sink_opts o = { .path = "f", .dir = "d/e" };

	(void)state;
	assert_int_equal(refused(&o, "http://h/"), TWC_ECANTCREAT);
	o.create_dirs = true;
	assert_int_equal(run(&o, "http://h/", 200, "", "x"), 0);
	assert_string_equal(take("d/e/f"), "x");
	assert_int_equal(rmdir("d/e"), 0);
	o.path = "d";
	o.dir = NULL;
	assert_int_equal(refused(&o, "http://h/"), TWC_ECANTCREAT);
	o.path = "d/";
	assert_int_equal(refused(&o, "http://h/"), TWC_EUSAGE);
	o.path = "";
	assert_int_equal(refused(&o, "http://h/"), TWC_EUSAGE);
	assert_int_equal(rmdir("d"), 0);
}

static void test_links_stay(void **state)
{
	const struct twc_http_sink_opts o = { .path = "l" };
	struct stat st;

	(void)state;
	put("f", "old");
	assert_int_equal(chmod("f", 0640), 0);
	assert_int_equal(symlink("f", "l"), 0);
	assert_int_equal(run(&o, "http://h/", 200, "", "new"), 0);
	assert_int_equal(lstat("l", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_string_equal(take("f"), "new");
	unlink("l");
}

static void test_devices(void **state)
{
	const struct twc_http_sink_opts o = { .path = "/dev/null" }, full = { .path = "/dev/full" };
	struct stat st;

	(void)state;
	assert_int_equal(run(&o, "http://h/", 200, "", "x"), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(run(&full, "http://h/", 200, "", "x"), TWC_EIO);
}

static void test_skip_and_nowhere(void **state)
{
	const struct twc_http_sink_opts skip = { .path = "f", .skip_existing = true };
	struct twc_http_sink_opts none = { .nowhere = true, .path = "f", .checksum = ABC };
	struct twc_http_sink *s = make(&skip, "http://h/");

	(void)state;
	assert_false(twc_http_sink_is_there(s));
	twc_http_sink_free(s);
	assert_int_equal(run(&none, "http://h/", 200, "", "abc"), 0);
	assert_int_equal(run(&none, "http://h/", 200, "", "abd"), TWC_EUNTRUSTED);
	put("f", "x");
	s = make(&skip, "http://h/");
	assert_true(twc_http_sink_is_there(s));
	twc_http_sink_free(s);
	assert_string_equal(take("f"), "x");
}

/* ---- parts ---- */

static void test_failures_leave_a_part(void **state)
{
	struct twc_http_sink_opts o = { .path = "f" };
	struct twc_http_sink *s = make(&o, "http://h/");

	(void)state;
	assert_int_equal(begin(s, 200, ""), 0);
	twc_http_sink_fail(s); /* nothing came */
	assert_null(twc_http_sink_rest(s));
	twc_http_sink_free(s);
	assert_string_equal(take("f.part"), "-");

	s = make(&o, "http://h/");
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(say(s, "ha"), 0);
	twc_http_sink_fail(s);
	assert_string_equal(twc_http_sink_rest(s), "f.part");
	twc_http_sink_free(s);
	assert_string_equal(take("f.part"), "ha");

	o.remove_on_error = true;
	s = make(&o, "http://h/");
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(say(s, "ha"), 0);
	twc_http_sink_free(s); /* is a failure */
	assert_string_equal(take("f.part"), "-");
}

static void test_it_goes_on(void **state)
{
	const struct twc_http_sink_opts o = { .path = "f", .go_on = true, .checksum = ABC };
	struct twc_http_sink *s;

	(void)state;
	put("f.part", "ab");
	s = make(&o, "http://h/");
	assert_int_equal(twc_http_sink_offset(s), 2);
	assert_int_equal(begin(s, 206, "Content-Range: bytes 2-2/3"), 0);
	assert_int_equal(say(s, "c"), 0);
	assert_int_equal(finish(s), 0);
	twc_http_sink_free(s);
	assert_string_equal(take("f"), "abc");

	put("f", "a"); /* of a program without parts */
	s = make(&o, "http://h/");
	assert_int_equal(twc_http_sink_offset(s), 1);
	assert_int_equal(begin(s, 206, "Content-Range: bytes 1-2/3"), 0);
	assert_int_equal(say(s, "bc"), 0);
	assert_int_equal(finish(s), 0);
	twc_http_sink_free(s);
	assert_string_equal(take("f"), "abc");

	put("f.part", "zz"); /* the server begins again */
	s = make(&o, "http://h/");
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(say(s, "abc"), 0);
	assert_int_equal(finish(s), 0);
	twc_http_sink_free(s);
	assert_string_equal(take("f"), "abc");
}

static void test_it_cannot_go_on(void **state)
{
	static const struct {
		int status;
		const char *head;
	} rows[] = {
		{ 206, "Content-Range: bytes 1-2/3" }, { 206, "Content-Range: bytes 3-3/9" }, { 206, "" },
		{ 206, "Content-Range: lines 2-2/3" }, { 416, "Content-Range: bytes */1" },   { 416, "" },
		{ 416, "Content-Range: bytes */9" },   { 404, "" },			      { 301, "" },
	};
	const struct twc_http_sink_opts o = { .path = "f", .go_on = true };

	(void)state;
	put("f.part", "ab");
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_http_sink *s = make(&o, "http://h/");

		assert_int_equal(begin(s, rows[i].status, rows[i].head), TWC_EPROTO);
		twc_http_sink_fail(s);
		assert_string_equal(twc_http_sink_rest(s), "f.part");
		twc_http_sink_free(s);
	}
	assert_string_equal(take("f.part"), "ab");
}

static void test_nothing_was_missing(void **state)
{
	struct twc_http_sink_opts o = { .path = "f", .go_on = true, .checksum = ABC };

	(void)state;
	put("f.part", "abc");
	assert_int_equal(run(&o, "http://h/", 416, "Content-Range: bytes */3", "sorry"), 0);
	assert_string_equal(take("f.part"), "-");
	assert_int_equal(run(&o, "http://h/", 416, "Content-Range: bytes */3", "sorry"), 0);
	assert_string_equal(take("f"), "abc");
	put("f.part", "abd");
	assert_int_equal(run(&o, "http://h/", 416, "Content-Range: bytes */3", ""), TWC_EUNTRUSTED);
	assert_string_equal(take("f"), "-");
	assert_string_equal(take("f.part"), "-");
	put("f", "abd"); /* was there before */
	assert_int_equal(run(&o, "http://h/", 416, "Content-Range: bytes */3", ""), TWC_EUNTRUSTED);
	assert_string_equal(take("f"), "abd");
}

static void test_offsets(void **state)
{
	struct twc_http_sink_opts o = { .path = "f", .offset = 2 };
	struct twc_http_sink *s;

	(void)state;
	assert_int_equal(run(&o, "http://h/", 206, "Content-Range: bytes 2-2/3", "c"), 0); /* the rest alone */
	assert_string_equal(take("f"), "c");
	assert_int_equal(run(&o, "http://h/", 200, "", "abc"), TWC_EPROTO);
	put("f", "ab123");
	assert_int_equal(run(&o, "http://h/", 206, "Content-Range: bytes 2-2/3", "c"), 0);
	assert_string_equal(take("f"), "abc");
	put("f", "a");
	assert_int_equal(refused(&o, "http://h/"), TWC_EDATA);
	assert_string_equal(take("f"), "a");
	o.path = NULL;
	s = make(&o, "http://h/");
	assert_int_equal(twc_http_sink_offset(s), 2);
	assert_false(twc_http_sink_again(s, true, &(uint64_t){ 0 }));
	assert_int_equal(begin(s, 200, ""), TWC_EPROTO); /* a pipe takes nothing back */
	twc_http_sink_free(s);
}

static void test_entity_tags_are_kept(void **state)
{
	const struct twc_http_sink_opts o = { .path = "f", .go_on = true };
	struct twc_http_sink *s = make(&o, "http://h/");
	char text[16];

	(void)state;
	assert_null(twc_http_sink_if_range(s));
	assert_int_equal(begin(s, 200, "ETag: \"v1\""), 0);
	assert_int_equal(say(s, "ab"), 0);
	twc_http_sink_free(s);
	if (getxattr("f.part", "user.twc.etag", text, sizeof(text)) < 0) {
		unlink("f.part");
		skip(); /* this file system has none */
	}
	s = make(&o, "http://h/");
	assert_string_equal(twc_http_sink_if_range(s), "\"v1\"");
	assert_int_equal(begin(s, 206, "Content-Range: bytes 2-2/3"), 0);
	assert_int_equal(finish(s), 0);
	twc_http_sink_free(s);
	assert_true(getxattr("f", "user.twc.etag", text, sizeof(text)) < 0);
	unlink("f");
	put("f", "ab"); /* what has been continued is known from then on */
	s = make(&o, "http://h/");
	assert_int_equal(begin(s, 206, "Content-Range: bytes 2-3/4\nETag: \"v2\""), 0);
	assert_int_equal(say(s, "c"), 0);
	twc_http_sink_free(s);
	s = make(&o, "http://h/");
	assert_string_equal(twc_http_sink_if_range(s), "\"v2\"");
	assert_int_equal(begin(s, 200, ""), 0); /* another one */
	assert_int_equal(say(s, "c"), 0);
	twc_http_sink_free(s);
	assert_true(getxattr("f.part", "user.twc.etag", text, sizeof(text)) < 0);
	unlink("f.part");
	s = make(&o, "http://h/");
	assert_int_equal(begin(s, 200, "ETag: W/\"v1\""), 0); /* says nothing about bytes */
	assert_int_equal(say(s, "ab"), 0);
	twc_http_sink_free(s);
	assert_true(getxattr("f.part", "user.twc.etag", text, sizeof(text)) < 0);
	unlink("f.part");
}

/* A process may be killed at any time. */
static void test_long_parts_are_tagged_at_once(void **state)
{
	const struct twc_http_sink_opts o = { .path = "f" };
	struct twc_http_sink *s = make(&o, "http://h/");
	char *piece = twc_calloc(1, 65536), text[16];
	struct twc_err err = { 0 };

	(void)state;
	assert_int_equal(begin(s, 200, "ETag: \"v1\""), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(twc_http_sink_write(s, piece, 65536, &err), 0);
	if (setxattr("f.part", "user.twc.test", "", 0, 0) == 0)
		assert_int_equal(getxattr("f.part", "user.twc.etag", text, sizeof(text)), 4);
	assert_int_equal(finish(s), 0);
	assert_true(getxattr("f", "user.twc.etag", text, sizeof(text)) < 0);
	twc_http_sink_free(s);
	twc_free(piece);
	unlink("f");
}

static void test_once_more(void **state)
{
	struct twc_http_sink_opts o = { .path = "f" };
	struct twc_http_sink *s = make(&o, "http://h/");
	uint64_t offset = 9;

	(void)state;
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(say(s, "wrong"), 0);
	assert_true(twc_http_sink_again(s, false, &offset));
	assert_int_equal(offset, 0);
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(say(s, "abc"), 0);
	assert_int_equal(finish(s), 0);
	twc_http_sink_free(s);
	assert_string_equal(take("f"), "abc");

	o.go_on = true;
	o.checksum = ABC;
	s = make(&o, "http://h/");
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(say(s, "ab"), 0);
	assert_true(twc_http_sink_again(s, false, &offset));
	assert_int_equal(offset, 2);
	assert_true(twc_http_sink_again(s, false, &offset)); /* nobody answered */
	assert_int_equal(offset, 2);
	assert_int_equal(begin(s, 206, "Content-Range: bytes 2-2/3"), 0);
	assert_int_equal(say(s, "c"), 0);
	assert_int_equal(finish(s), 0);
	twc_http_sink_free(s);
	assert_string_equal(take("f"), "abc");

	put("f.part", "zz"); /* the server has another file by now */
	s = make(&o, "http://h/");
	assert_true(twc_http_sink_again(s, true, &offset));
	assert_int_equal(offset, 0);
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(say(s, "abc"), 0);
	assert_int_equal(finish(s), 0);
	twc_http_sink_free(s);
	assert_string_equal(take("f"), "abc");

	o.decoded = true; /* what is there is no measure for the server */
	s = make(&o, "http://h/");
	assert_int_equal(begin(s, 200, "Content-Encoding: gzip"), 0);
	assert_int_equal(say(s, "ab"), 0);
	assert_true(twc_http_sink_again(s, false, &offset));
	assert_int_equal(offset, 0);
	assert_int_equal(begin(s, 200, "Content-Encoding: gzip"), 0);
	assert_int_equal(say(s, "abc"), 0);
	assert_int_equal(finish(s), 0);
	twc_http_sink_free(s);
	assert_string_equal(take("f"), "abc");
}

static void test_one_part_has_one_writer(void **state)
{
	const struct twc_http_sink_opts o = { .path = "f" };
	struct twc_http_sink *a = make(&o, "http://h/"), *b = make(&o, "http://h/");

	(void)state;
	assert_int_equal(begin(a, 200, ""), 0);
	assert_int_equal(say(a, "a"), 0);
	assert_int_equal(begin(b, 200, ""), TWC_ECANTCREAT);
	twc_http_sink_free(b);
	assert_int_equal(finish(a), 0);
	twc_http_sink_free(a);
	assert_string_equal(take("f"), "a");
}

/* ---- checksums, times, full disks ---- */

static void test_checksums(void **state)
{
	struct twc_http_sink_opts o = { .path = "f", .checksum = ABC };

	(void)state;
	put("f", "old");
	assert_int_equal(run(&o, "http://h/", 200, "", "abc"), 0);
	assert_int_equal(run(&o, "http://h/", 200, "", "abd"), TWC_EUNTRUSTED);
	assert_string_equal(take("f"), "abc");
	assert_string_equal(take("f.part"), "-");
	o.no_part = true; /* not with a checksum */
	assert_int_equal(run(&o, "http://h/", 200, "", "abd"), TWC_EUNTRUSTED);
	assert_string_equal(take("f"), "-");
	o.checksum = "sha256:12";
	assert_int_equal(refused(&o, "http://h/"), TWC_EUSAGE);
}

static void test_times(void **state)
{
	const struct twc_http_sink_opts o = { .path = "f", .remote_time = true };
	struct stat st;

	(void)state;
	assert_int_equal(run(&o, "http://h/", 200, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "x"), 0);
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mtime, 784111777);
	unlink("f");
}

static void test_304_changes_nothing(void **state)
{
	const struct twc_http_sink_opts o = { .path = "f" };

	(void)state;
	assert_int_equal(run(&o, "http://h/", 304, "", ""), 0);
	assert_string_equal(take("f"), "-");
	put("f", "old");
	assert_int_equal(run(&o, "http://h/", 304, "", ""), 0);
	assert_string_equal(take("f"), "old");
}

static void test_an_empty_body_is_a_file(void **state)
{
	const struct twc_http_sink_opts o = { .path = "f" };

	(void)state;
	assert_int_equal(run(&o, "http://h/", 200, "", ""), 0);
	assert_string_equal(take("f"), "");
}

static void test_a_full_disk(void **state)
{
	const struct twc_http_sink_opts o = { .path = "f" };
	struct rlimit old, small;
	struct twc_http_sink *s = make(&o, "http://h/");

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 4, old.rlim_max };
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(say(s, "123"), 0);
	assert_int_equal(say(s, "4567"), TWC_EIO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	twc_http_sink_fail(s);
	assert_string_equal(twc_http_sink_rest(s), "f.part");
	twc_http_sink_free(s);
	assert_string_equal(take("f.part"), "1234"); /* what there was room for */
	assert_string_equal(take("f"), "-");
}

static void test_a_pipe_nobody_reads(void **state)
{
	const struct twc_http_sink_opts o = { .path = NULL };
	struct twc_http_sink *s = make(&o, "http://h/");
	int ends[2], old = dup(STDOUT_FILENO), rc;
	uint64_t offset;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_true(twc_http_sink_is_stdout(s));
	assert_null(twc_http_sink_name(s));
	assert_int_equal(begin(s, 200, ""), 0);
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	rc = say(s, "x");
	close(ends[0]);
	rc = rc ? 1 : say(s, "y");
	dup2(old, STDOUT_FILENO);
	close(ends[1]);
	close(old);
	assert_int_equal(rc, TWC_EPIPEOUT);
	assert_false(twc_http_sink_again(s, false, &offset)); /* it has left */
	twc_http_sink_free(s);
}

/* ---- files beside it ---- */

static void test_etag_files(void **state)
{
	struct twc_http_fields fields = { 0 };
	struct twc_buf b;

	(void)state;
	twc_buf_init(&b, 1000);
	assert_int_equal(twc_http_etag_load("e", &b, NULL), 0);
	assert_string_equal(twc_buf_cstr(&b), "\"\"");
	assert_int_equal(twc_http_etag_save("e", &fields, NULL), 0);
	assert_int_not_equal(access("e", F_OK), 0);
	assert_int_equal(twc_http_fields_add(&fields, TWC_STR("etag"), TWC_STR("W/\"x\""), NULL), 0);
	assert_int_equal(twc_http_etag_save("e", &fields, NULL), 0);
	twc_buf_clear(&b);
	assert_int_equal(twc_http_etag_load("e", &b, NULL), 0);
	assert_string_equal(twc_buf_cstr(&b), "W/\"x\"");
	assert_string_equal(take("e"), "W/\"x\"\n");
	put("e", "a\nb");
	assert_int_equal(twc_http_etag_load("e", &b, NULL), TWC_EDATA);
	put("e", "\n");
	twc_buf_clear(&b);
	assert_int_equal(twc_http_etag_load("e", &b, NULL), 0);
	assert_string_equal(twc_buf_cstr(&b), "\"\"");
	unlink("e");
	twc_http_fields_fini(&fields);
	twc_buf_fini(&b);
}

static void test_time_conditions(void **state)
{
	const struct timespec times[2] = { { .tv_sec = 784111777 }, { .tv_sec = 784111777 } };
	static const char *const loose[][2] = {
		{ "dec 12 12:00:00 1999 GMT", "Sun, 12 Dec 1999 12:00:00 GMT" },
		{ "12 Dec 1999 12:00:00", "Sun, 12 Dec 1999 12:00:00 GMT" },
		{ "Sun 12 December 1999", "Sun, 12 Dec 1999 00:00:00 GMT" },
		{ "dec 12 12:00:00 1999 CET", "" }, /* another zone is not passed over */
		{ "dec 12 12:00:00 1999 +0100", "" },
		{ "dec 12", "" },
		{ "", "" },
	};
	bool is_before;
	struct twc_buf b;

	(void)state;
	twc_buf_init(&b, 1000);
	assert_int_equal(twc_http_time_cond("1994-11-06T08:49:37Z", 1700000000, &is_before, &b), 0);
	assert_string_equal(twc_buf_cstr(&b), "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_false(is_before);
	twc_buf_clear(&b);
	put("f", "");
	assert_int_equal(utimensat(AT_FDCWD, "f", times, 0), 0);
	assert_int_equal(twc_http_time_cond("-f", 1700000000, &is_before, &b), 0);
	assert_string_equal(twc_buf_cstr(&b), "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_true(is_before);
	twc_buf_clear(&b);
	unlink("f");
	for (size_t i = 0; i < TWC_ARRAY_LEN(loose); i++) {
		assert_int_equal(twc_http_time_cond(loose[i][0], 1700000000, &is_before, &b), 0);
		assert_string_equal(twc_buf_cstr(&b), loose[i][1]);
		twc_buf_clear(&b);
	}
	assert_int_equal(twc_http_time_cond("f", 1700000000, &is_before, &b), 0);
	assert_int_equal(twc_buf_len(&b), 0);
	twc_buf_fini(&b);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_a_file_appears_when_it_is_whole),
		ROW(test_names_of_urls),
		ROW(test_names_of_servers),
		ROW(test_redirected_name),
		ROW(test_servers_overwrite_nothing),
		ROW(test_numbers),
		ROW(test_places),
		ROW(test_links_stay),
		ROW(test_devices),
		ROW(test_skip_and_nowhere),
		ROW(test_failures_leave_a_part),
		ROW(test_it_goes_on),
		ROW(test_it_cannot_go_on),
		ROW(test_nothing_was_missing),
		ROW(test_offsets),
		ROW(test_entity_tags_are_kept),
		ROW(test_long_parts_are_tagged_at_once),
		ROW(test_once_more),
		ROW(test_one_part_has_one_writer),
		ROW(test_checksums),
		ROW(test_times),
		ROW(test_304_changes_nothing),
		ROW(test_an_empty_body_is_a_file),
		ROW(test_a_full_disk),
		ROW(test_a_pipe_nobody_reads),
		ROW(test_etag_files),
		ROW(test_time_conditions),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
