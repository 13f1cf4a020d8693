/* SPDX-License-Identifier: MIT */
/* Uploads by questions and answers: PUT, forms, DELETE, what is refused and when, and that nothing is left of what was broken off. */
#include "stand.h"

#include <dirent.h>
#include <sys/resource.h>

#define OK "HTTP/1.1 200 OK\r\n"
#define CREATED "HTTP/1.1 201 Created\r\n"
#define DONE "HTTP/1.1 204 No Content\r\n"

/* ---- the folder ---- */

/* Each test has its own folder in the folder. */
static void begin(struct stand *w, const char *name)
{
	static char dir[4096];

	stand_mkdir(name);
	snprintf(dir, sizeof(dir), "%s", stand_path(name));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(mkdir("d", 0755), 0);
	if (!w->o.upload)
		w->o.upload = "";
	stand_open(w);
	assert_int_equal(twc_http_site_files(w->site, dir, NULL), 0);
	assert_true(twc_http_site_takes_uploads(w->site));
}

static void end(struct stand *w)
{
	stand_hang_up(w);
	twc_reactor_advance(w->r, 5 * TWC_NS_PER_S);
	twc_reactor_free(w->r);
	twc_http_server_free(w->server);
	twc_http_site_free(w->site);
	assert_int_equal(chdir("/"), 0);
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static const char *content(const char *name)
{
	static char text[4096];
	FILE *f = fopen(name, "r");
	size_t n;

	if (!f)
		return "(none)";
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	return text;
}

static int is_name(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

/* "a b d" */
static const char *names(void)
{
	static char text[4096];
	struct dirent **list;
	int n = scandir(".", &list, is_name, alphasort);

	text[0] = 0;
	for (int i = 0; i < n; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return text;
}

/* ---- requests ---- */

static const char *put(struct stand *w, const char *path, const char *fields, const char *body)
{
	char line[512], more[1024];

	snprintf(line, sizeof(line), "PUT %s", path);
	snprintf(more, sizeof(more), "%sContent-Length: %zu\r\n", fields ? fields : "", strlen(body));
	stand_hang_up(w);
	char text[4096];

	snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n%s", line, more, body);
	return stand_say(w, text);
}

#define PART(name, body) "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" name "\"\r\n\r\n" body "\r\n"
#define FIELD(body) "--x\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n" body "\r\n"
#define END "--x--\r\n"

static const char *post(struct stand *w, const char *path, const char *fields, const char *body)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=x\r\n"
		 "%sContent-Length: %zu\r\n\r\n%s",
		 path, fields ? fields : "", strlen(body), body);
	return stand_say(w, text);
}

static void check(const char *answer, const char *begins, const char *part)
{
	if (strncmp(answer, begins, strlen(begins)) != 0 || (part && !strstr(answer, part)))
		fail_msg("%s is not %s … %s", answer, begins, part ? part : "");
}

/* ---- PUT ---- */

static void test_put(void **state)
{
	struct stand w = { .o.max_body = 10 };
	mode_t mask = umask(027);
	struct stat st;

	begin(&w, "put");
	check(put(&w, "/a.txt", NULL, "hello"), CREATED, "Location: /a.txt\r\n");
	umask(mask);
	assert_string_equal(content("a.txt"), "hello");
	assert_int_equal(stat("a.txt", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	check(stand_ask(&w, "GET /a.txt", NULL), OK, "\r\n\r\nhello");
	check(put(&w, "/d/%C3%BC%20%22b%25", NULL, ""), CREATED, "Location: /d/%C3%BC%20%22b%25\r\n");
	assert_string_equal(content("d/\xc3\xbc \"b%"), "");
	check(put(&w, "//d/x", NULL, "1"), CREATED, "Location: /d/x\r\n");
	check(put(&w, "/d//y", NULL, "1"), "HTTP/1.1 400 ", NULL);
	check(stand_say(&w, "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n"), CREATED, NULL);
	assert_string_equal(content("c"), "hi!");
	/* limits */
	check(put(&w, "/e", NULL, "0123456789"), CREATED, NULL);
	check(put(&w, "/f", NULL, "0123456789a"), "HTTP/1.1 413 ", NULL);
	check(stand_say(&w, "PUT /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n"), "HTTP/1.1 413 ", NULL);
	assert_string_equal(names(), "a.txt c d e");
	end(&w);
}

static void test_duplicates(void **state)
{
	static const struct {
		enum twc_http_duplicate duplicate;
		const char *status, *location, *content, *names;
		const char *folder; /* what is said to PUT /d */
	} rows[] = {
		{ TWC_HTTP_DUPLICATE_ERROR, "HTTP/1.1 409 ", NULL, "old", "a.tar.gz d", "HTTP/1.1 409 " },
		{ TWC_HTTP_DUPLICATE_OVERWRITE, DONE, NULL, "new", "a.tar.gz d", "HTTP/1.1 409 " },
		{ TWC_HTTP_DUPLICATE_RENAME, CREATED, "Location: /a-1.tar.gz\r\n", "old", "a-1.tar.gz a.tar.gz d", CREATED },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct stand w = { .o.duplicate = rows[i].duplicate };
		char name[] = "dup0";

		name[3] = (char)('0' + i);
		begin(&w, name);
		check(put(&w, "/a.tar.gz", NULL, "old"), CREATED, NULL);
		check(put(&w, "/a.tar.gz", NULL, "new"), rows[i].status, rows[i].location);
		assert_string_equal(content("a.tar.gz"), rows[i].content);
		assert_string_equal(names(), rows[i].names);
		check(put(&w, "/d", NULL, "new"), rows[i].folder, NULL);
		end(&w);
	}
}

/* A taken name is refused before the word to go on. */
static void test_early(void **state)
{
	struct stand w = { 0 };
	const char *a;

	begin(&w, "early");
	write_file("a", "old");
	a = stand_say(&w, "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
	check(a, "HTTP/1.1 409 Conflict\r\n", "there is something of that name");
	a = stand_say(&w, "PUT /b HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
	assert_string_equal(a, "HTTP/1.1 100 Continue\r\n\r\n");
	a = stand_say(&w, "PUT /none/b HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
	check(a, "HTTP/1.1 409 Conflict\r\n", "there is no such folder");
	a = stand_say(&w, "PUT /b HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
	check(a, "HTTP/1.1 413 ", NULL);
	assert_string_equal(names(), "a d");
	end(&w);
}

static void test_broken_off(void **state)
{
	struct stand w = { 0 };

	begin(&w, "broken");
	stand_say(&w, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 30\r\n\r\nonly so much");
	stand_hang_up(&w);
	assert_string_equal(names(), "d");
	check(stand_say(&w, "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhiX"), "HTTP/1.1 400 ", NULL);
	stand_say(&w, "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 300\r\n\r\n"
		      PART("one", "1") "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"two\"\r\n\r\nonly so much");
	stand_hang_up(&w);
	assert_string_equal(names(), "d one");
	end(&w);
}

static void test_names(void **state)
{
	static const struct {
		const char *request;
		const char *begins;
	} rows[] = {
		{ "PUT /.a", "HTTP/1.1 403 " },
		{ "PUT /.d/a", "HTTP/1.1 403 " },
		{ "PUT /.well-known/a", "HTTP/1.1 403 " },
		{ "PUT /d/.a", "HTTP/1.1 403 " },
		{ "PUT /a%0Ab", "HTTP/1.1 400 " },
		{ "PUT /a%7Fb", "HTTP/1.1 400 " },
		{ "PUT /a%C2%85", "HTTP/1.1 400 " },
		{ "PUT /../a", "HTTP/1.1 400 " },
		{ "PUT /file/a", "HTTP/1.1 409 " },
		{ "PUT /out/b", "HTTP/1.1 409 " },
		{ "PUT /fifo/b", "HTTP/1.1 409 " },
		{ "PUT /fifo", "HTTP/1.1 409 " },
		{ "PUT /in/b", CREATED },
		{ "PUT /", "HTTP/1.1 405 " },
		{ "PUT /d/", "HTTP/1.1 405 " },
		{ "POST /d", "HTTP/1.1 405 " },
		{ "DELETE /file", "HTTP/1.1 405 " },
		{ "PATCH /file", "HTTP/1.1 405 " },
		{ "OPTIONS /file", "HTTP/1.1 204 " },
	};
	struct stand w = { .o.duplicate = TWC_HTTP_DUPLICATE_OVERWRITE };
	char longest[300];

	begin(&w, "names");
	write_file("file", "");
	assert_int_equal(symlink("..", "out"), 0);
	assert_int_equal(symlink("d", "in"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		const char *a = stand_ask(&w, rows[i].request, "Content-Length: 0\r\n");

		if (strncmp(a, rows[i].begins, strlen(rows[i].begins)) != 0)
			fail_msg("%s: %s", rows[i].request, a);
	}
	check(stand_ask(&w, "OPTIONS /file", NULL), "HTTP/1.1 204 ", "Allow: GET, HEAD, PUT, OPTIONS\r\n");
	check(stand_ask(&w, "OPTIONS /d/", NULL), "HTTP/1.1 204 ", "Allow: GET, HEAD, POST, OPTIONS\r\n");
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "PUT /", 5);
	longest[5 + 255] = 0;
	check(stand_ask(&w, longest, "Content-Length: 0\r\n"), CREATED, NULL);
	longest[5 + 255] = 'x';
	longest[5 + 256] = 0;
	check(stand_ask(&w, longest, "Content-Length: 0\r\n"), "HTTP/1.1 400 ", NULL);
	assert_string_equal(content("d/b"), "");
	assert_int_not_equal(access("../b", F_OK), 0);
	end(&w);
}

static void test_hidden(void **state)
{
	struct stand w = { .o.hidden = true };

	begin(&w, "hidden");
	check(put(&w, "/.a", NULL, "1"), CREATED, NULL);
	assert_string_equal(content(".a"), "1");
	end(&w);
}

static void test_conditions(void **state)
{
	struct stand w = { .o.duplicate = TWC_HTTP_DUPLICATE_OVERWRITE, .o.allow_delete = true };
	const char *tag;
	char fields[256];

	begin(&w, "conditions");
	check(put(&w, "/a", "If-Match: *\r\n", "1"), "HTTP/1.1 412 ", NULL);
	check(put(&w, "/a", "If-None-Match: *\r\n", "1"), CREATED, NULL);
	check(put(&w, "/a", "If-None-Match: *\r\n", "2"), "HTTP/1.1 412 ", NULL);
	check(put(&w, "/a", "If-Match: \"other\"\r\n", "2"), "HTTP/1.1 412 ", NULL);
	tag = strstr(stand_ask(&w, "GET /a", NULL), "ETag: ");
	assert_non_null(tag);
	snprintf(fields, sizeof(fields), "If-Match: %.*s\r\n", (int)strcspn(tag + 6, "\r"), tag + 6);
	check(put(&w, "/a", fields, "two"), DONE, NULL);
	check(put(&w, "/a", fields, "three"), "HTTP/1.1 412 ", NULL);
	check(stand_ask(&w, "DELETE /a", fields), "HTTP/1.1 412 ", NULL);
	check(put(&w, "/a", "Content-Range: bytes 0-0/2\r\n", "x"), "HTTP/1.1 400 ", "a part of a file cannot be put");
	assert_string_equal(content("a"), "two");
	end(&w);
}

static void test_delete(void **state)
{
	struct stand w = { .o.allow_delete = true };

	begin(&w, "delete");
	write_file("a", "");
	write_file("d/b", "");
	assert_int_equal(symlink("../delete", "link"), 0);
	check(stand_ask(&w, "DELETE /a", NULL), DONE, NULL);
	check(stand_ask(&w, "DELETE /a", NULL), "HTTP/1.1 404 ", NULL);
	check(stand_ask(&w, "DELETE /d", NULL), "HTTP/1.1 409 ", NULL);
	check(stand_ask(&w, "DELETE /d/", NULL), "HTTP/1.1 405 ", NULL);
	check(stand_ask(&w, "DELETE /d/b", NULL), DONE, NULL);
	check(stand_ask(&w, "DELETE /link", NULL), DONE, NULL); /* itself */
	check(stand_ask(&w, "DELETE /.x", NULL), "HTTP/1.1 403 ", NULL);
	check(stand_ask(&w, "OPTIONS /a", NULL), DONE, "DELETE");
	assert_string_equal(names(), "d");
	end(&w);
}

static void test_full_disk(void **state)
{
	struct stand w = { 0 };
	struct rlimit old, small;

	begin(&w, "full");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 4;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	check(put(&w, "/a", NULL, "0123456789"), "HTTP/1.1 413 ", "too long for the disk");
	check(post(&w, "/", NULL, PART("a", "0123456789") END), "HTTP/1.1 413 ", "too long for the disk");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_string_equal(names(), "d");
	end(&w);
}

/* ---- forms ---- */

static void test_form(void **state)
{
	struct stand w = { .o.duplicate = TWC_HTTP_DUPLICATE_RENAME };

	begin(&w, "form");
	check(post(&w, "/d/", NULL, FIELD("x") PART("a b.txt", "one") PART("", "") FIELD("y") END), CREATED, "Location: /d/a%20b.txt\r\n");
	assert_string_equal(content("d/a b.txt"), "one");
	check(post(&w, "/", NULL, PART("a", "1") PART("a", "2") PART("C:\\x\\b", "3") PART("../../c", "4") END), CREATED,
	      "\r\n\r\n/a\n/a-1\n/b\n/c\n");
	assert_string_equal(content("a-1"), "2");
	check(post(&w, "/?sort=name", "Accept: text/html,*/*;q=0.8\r\n", PART("e", "") END), "HTTP/1.1 303 ", "Location: /\r\n");
	check(post(&w, "/", NULL, FIELD("x") PART("", "") END), "HTTP/1.1 400 ", "no file in the form");
	check(post(&w, "/", NULL, PART("f", "1") PART(".g", "2") PART("h", "3") END), "HTTP/1.1 403 ", NULL);
	check(post(&w, "/", NULL, PART("..", "2") END), "HTTP/1.1 400 ", NULL);
	check(post(&w, "/", NULL, PART("a/", "2") END), "HTTP/1.1 400 ", NULL);
	check(post(&w, "/", NULL, PART("i", "1")), "HTTP/1.1 400 ", NULL);
	check(post(&w, "/none/", NULL, PART("a", "1") END), "HTTP/1.1 409 ", NULL);
	check(post(&w, "/.git/", NULL, PART("a", "1") END), "HTTP/1.1 403 ", NULL);
	check(stand_ask(&w, "POST /", "Content-Type: text/plain\r\nContent-Length: 1\r\n"), "HTTP/1.1 415 ", NULL);
	assert_string_equal(names(), "a a-1 b c d e f");
	end(&w);
}

static void test_form_duplicate(void **state)
{
	struct stand w = { .o.max_body = 300 };
	char big[400];

	begin(&w, "form-dup");
	write_file("a", "old");
	check(post(&w, "/", NULL, PART("b", "1") PART("a", "new") PART("c", "1") END), "HTTP/1.1 409 ", "there is something of that name");
	assert_string_equal(content("a"), "old");
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = 0;
	check(post(&w, "/", NULL, big), "HTTP/1.1 413 ", NULL);
	assert_string_equal(names(), "a b d");
	end(&w);
}

/* What a page of another site could send without asking. */
static void test_foreign(void **state)
{
	static const struct {
		const char *fields, *begins;
	} rows[] = {
		{ "Origin: http://h\r\n", CREATED },
		{ "Origin: http://H\r\n", CREATED },
		{ "Origin: http://evil.test\r\n", "HTTP/1.1 403 " },
		{ "Origin: http://h:81\r\n", "HTTP/1.1 403 " },
		{ "Origin: null\r\n", "HTTP/1.1 403 " },
		{ "Sec-Fetch-Site: cross-site\r\nOrigin: http://h\r\n", "HTTP/1.1 403 " },
		{ "Sec-Fetch-Site: same-site\r\n", "HTTP/1.1 403 " },
		{ "Sec-Fetch-Site: same-origin\r\n", CREATED },
	};
	struct stand w = { .o.duplicate = TWC_HTTP_DUPLICATE_RENAME }, open = { .o.cors = "*" };

	begin(&w, "foreign");
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		check(post(&w, "/", rows[i].fields, PART("a", "1") END), rows[i].begins, NULL);
	end(&w);
	begin(&open, "cors");
	check(post(&open, "/", "Origin: http://other.test\r\n", PART("a", "1") END), CREATED, NULL);
	end(&open);
	open.o.cors = "http://one.test";
	begin(&open, "cors-one");
	check(post(&open, "/", "Sec-Fetch-Site: cross-site\r\nOrigin: http://one.test\r\n", PART("a", "1") END), CREATED, NULL);
	check(post(&open, "/", "Origin: http://other.test\r\n", PART("b", "1") END), "HTTP/1.1 403 ", NULL);
	end(&open);
}

/* ---- where they go, who may ---- */

static void test_elsewhere(void **state)
{
	struct stand w = { 0 };
	struct twc_err err = { 0 };
	char inbox[4096];

	stand_mkdir("inbox");
	snprintf(inbox, sizeof(inbox), "%s", stand_path("inbox"));
	w.o.upload = inbox;
	begin(&w, "elsewhere");
	check(put(&w, "/a", NULL, "1"), CREATED, NULL);
	check(stand_ask(&w, "GET /a", NULL), "HTTP/1.1 404 ", NULL);
	assert_string_equal(content("../inbox/a"), "1");
	w.o.upload = NULL;
	end(&w);

	w = (struct stand){ .o.upload = "/nonexistent/inbox" };
	stand_open(&w);
	assert_int_equal(twc_http_site_files(w.site, stand_dir, &err), TWC_ENOINPUT);
	assert_false(twc_http_site_takes_uploads(w.site));
	end(&w);
}

static void test_login(void **state)
{
	struct stand w = { .o.upload_auth = "u:p" };

	begin(&w, "login");
	write_file("b", "");
	check(put(&w, "/a", NULL, "1"), "HTTP/1.1 401 ", "WWW-Authenticate: Basic ");
	check(post(&w, "/", NULL, PART("a", "1") END), "HTTP/1.1 401 ", NULL);
	check(stand_ask(&w, "GET /b", NULL), OK, NULL);
	check(put(&w, "/a", "Authorization: Basic dTpw\r\n", "1"), CREATED, NULL);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),	   cmocka_unit_test(test_duplicates), cmocka_unit_test(test_early),
		cmocka_unit_test(test_broken_off), cmocka_unit_test(test_names),      cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_conditions), cmocka_unit_test(test_delete),     cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_form),	   cmocka_unit_test(test_form_duplicate), cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_elsewhere),  cmocka_unit_test(test_login),
	};
	return cmocka_run_group_tests(tests, stand_make_dir, stand_remove_dir);
}
