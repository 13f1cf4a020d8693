/* SPDX-License-Identifier: MIT */
/* Bodies put together: what comes out, how long it says to be, what cannot be had. How they are sent is for cli/http_request.bats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <twc/http_body.h>
#include <unistd.h>

struct fixture {
	struct twc_reactor *r;
	struct twc_http_body *b;
	struct twc_buf out;
	char path[64];
};

static int set_up(void **state)
{
	struct fixture *f = twc_calloc(1, sizeof(*f));
	int fd;

	f->r = twc_reactor_new_fake(NULL);
	f->b = twc_http_body_new(f->r);
	twc_buf_init(&f->out, 1 << 20);
	snprintf(f->path, sizeof(f->path), "/tmp/twc-body.XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "from a file", 11), 11);
	close(fd);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	twc_buf_fini(&f->out);
	twc_http_body_free(f->b);
	twc_reactor_free(f->r);
	twc_free(f);
	return 0;
}

static int add(void *arg, const void *p, size_t n, struct twc_err *err)
{
	(void)err;
	return twc_buf_add(arg, p, n);
}

static const char *written(struct fixture *f)
{
	struct twc_err err = { 0 };

	twc_buf_clear(&f->out);
	if (twc_http_body_write(f->b, add, &f->out, &err) < 0)
		fail_msg("%s", err.text);
	return twc_buf_cstr(&f->out);
}

static void plain_pieces(void **state)
{
	struct fixture *f = *state;
	char text[] = "copied ";

	twc_http_body_bytes(f->b, twc_str_of(text));
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(twc_http_body_file(f->b, f->path, NULL), 0);
	twc_http_body_bytes_borrowed(f->b, TWC_STR(" borrowed"));
	twc_http_body_bytes(f->b, TWC_STR(""));
	assert_null(twc_http_body_form_type(f->b));
	assert_int_equal(twc_http_body_source(f->b)->length, 27);
	assert_string_equal(written(f), "copied from a file borrowed");
	assert_string_equal(written(f), "copied from a file borrowed"); /* and again */
	assert_true(twc_http_body_source(f->b)->rewind(twc_http_body_source(f->b)->arg));
}

static void a_descriptor_from_where_it_stands(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->path, O_RDONLY);

	assert_int_equal(lseek(fd, 5, SEEK_SET), 5);
	assert_int_equal(twc_http_body_fd(f->b, fd, NULL), 0);
	assert_int_equal(twc_http_body_source(f->b)->length, 6);
	assert_string_equal(written(f), "a file");
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 5);
	close(fd);
}

static void a_pipe_has_no_length_and_comes_once(void **state)
{
	struct fixture *f = *state;
	const struct twc_http_source *s;
	int p[2];

	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "piped", 5), 5);
	close(p[1]);
	assert_int_equal(twc_http_body_fd(f->b, p[0], NULL), 0);
	s = twc_http_body_source(f->b);
	assert_true(s->length == TWC_HTTP_UNKNOWN);
	assert_true(s->rewind(s->arg));
	assert_string_equal(written(f), "piped");
	assert_false(s->rewind(s->arg));
	close(p[0]);
}

static void a_form(void **state)
{
	struct fixture *f = *state;
	static const char *const headers[] = { "X-A: 1", NULL };
	const struct twc_http_part text = { .name = TWC_STR("t\"x"), .bytes = TWC_STR("value"), .headers = headers };
	const struct twc_http_part file = { .name = TWC_STR("f"), .filename = TWC_STR("n.txt"), .type = TWC_STR("text/plain"),
					    .path = f->path };
	const char *type, *boundary;
	char expected[512];

	assert_int_equal(twc_http_body_part(f->b, &text, false, NULL), 0);
	assert_int_equal(twc_http_body_part(f->b, &file, false, NULL), 0);
	type = twc_http_body_form_type(f->b);
	assert_non_null(type);
	boundary = strstr(type, "boundary=") + 9;
	snprintf(expected, sizeof(expected),
		 "--%s\r\nContent-Disposition: form-data; name=\"t%%22x\"\r\nX-A: 1\r\n\r\nvalue\r\n"
		 "--%s\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\nContent-Type: text/plain\r\n\r\n"
		 "from a file\r\n--%s--\r\n",
		 boundary, boundary, boundary);
	assert_string_equal(written(f), expected);
	assert_int_equal(twc_http_body_source(f->b)->length, strlen(expected));
}

static void what_cannot_be_had(void **state)
{
	struct fixture *f = *state;
	const struct twc_http_part bad = { .name = TWC_STR("a\x01") };
	struct twc_err err = { 0 };

	assert_int_equal(twc_http_body_file(f->b, "/nowhere/at/all", &err), TWC_ENOINPUT);
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
	assert_int_equal(twc_http_body_file(f->b, "/", &err), TWC_ENOINPUT);
	assert_int_equal(twc_http_body_fd(f->b, 9999, &err), TWC_ENOINPUT);
	assert_int_equal(twc_http_body_part(f->b, &bad, false, &err), TWC_EUSAGE);
}

static int refuse(void *arg, const void *p, size_t n, struct twc_err *err)
{
	(void)arg;
	(void)p;
	(void)n;
	return twc_err_set(err, TWC_EIO, "no room");
}

static void who_writes_may_refuse(void **state)
{
	struct fixture *f = *state;
	struct twc_err err = { 0 };

	twc_http_body_bytes(f->b, TWC_STR("x"));
	assert_int_equal(twc_http_body_write(f->b, refuse, NULL, &err), TWC_EIO);
	assert_string_equal(err.text, "no room");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_descriptor_from_where_it_stands, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_pipe_has_no_length_and_comes_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_form, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_had, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_writes_may_refuse, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
