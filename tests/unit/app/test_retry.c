/* SPDX-License-Identifier: MIT */
/* lib/app/retry.c on a fake clock: when it dials, when it gives up, and with what. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <twc/app.h>
#include <twc/parse.h>

#include "support/loop.h"
#include "support/probe.h"

#define MS TWC_NS_PER_MS

struct stand {
	struct twc_reactor *r;
	char path[40];
	struct twc_endpoint *e;
	struct twc_factory factory;
	struct probe probe;
	int fd; /* listening; -1 */
	unsigned calls;
	struct twc_err err;
	uint64_t start_ns, at_ns;
};

static struct twc_protocol *stand_build(struct twc_factory *f, const struct twc_addr *peer)
{
	(void)peer;
	return &TWC_CONTAINER_OF(f, struct stand, factory)->probe.base;
}

static const struct twc_factory_ops stand_ops = { .name = "stand", .build = stand_build };

static void stand_init(struct stand *s)
{
	struct twc_err err = { 0 };
	char text[64];

	memset(s, 0, sizeof(*s));
	s->r = loop_fake();
	s->fd = -1;
	s->factory.ops = &stand_ops;
	probe_init(&s->probe);
	snprintf(s->path, sizeof(s->path), "/tmp/twc-retry.%d.%p", (int)getpid(), (void *)s);
	snprintf(text, sizeof(text), "unix:%s", s->path);
	s->e = twc_endpoint_parse(text, TWC_CONNECT, &err);
	assert_non_null(s->e);
	s->start_ns = twc_reactor_now(s->r);
}

static void stand_listen(struct stand *s)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memcpy(sun.sun_path, s->path, strlen(s->path));
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(s->fd, 16), 0);
}

static void stand_fini(struct stand *s)
{
	if (s->probe.is_made && !s->probe.is_lost) {
		twc_transport_abort(s->probe.base.transport);
		twc_reactor_advance(s->r, 0);
	}
	assert_int_equal(s->factory.users, 0);
	twc_reactor_free(s->r);
	probe_fini(&s->probe);
	twc_endpoint_free(s->e);
	if (s->fd >= 0)
		close(s->fd);
	unlink(s->path);
}

static void on_result(struct twc_result *res, void *arg)
{
	struct stand *s = arg;

	s->calls++;
	s->err = res->err;
	s->at_ns = twc_reactor_now(s->r);
	twc_result_set(res, NULL, NULL);
}

static struct twc_deferred *stand_dial(struct stand *s, struct twc_retry_opts o)
{
	struct twc_deferred *d = twc_retry_connect(s->e, s->r, &s->factory, &o);

	twc_deferred_add_both(d, on_result, s);
	return d;
}

static void on_socket(struct twc_result *res, void *arg)
{
	struct stand *s = arg;
	const struct twc_dialled *dialled = res->value;

	assert_int_equal(res->err.code, 0);
	assert_true(dialled->fd >= 0);
	assert_int_equal(write(dialled->fd, "x", 1), 1);
	s->calls++;
	twc_result_set(res, NULL, NULL); /* closes it */
}

static const struct twc_backoff steady = { .first_ns = 100 * MS };

static void a_bare_socket(void **state)
{
	struct twc_retry_opts o = { .retries = 9, .backoff = twc_backoff_wait };
	struct twc_deferred *d;
	struct stand s;
	char got[4];
	int fd;

	stand_init(&s);
	d = twc_retry_dial(s.e, s.r, &o);
	twc_deferred_add_both(d, on_socket, &s);
	twc_deferred_release(d);
	twc_reactor_advance(s.r, 60 * MS);
	stand_listen(&s);
	assert_int_equal(s.calls, 0);
	twc_reactor_advance(s.r, TWC_NS_PER_S);
	assert_int_equal(s.calls, 1);
	assert_false(s.probe.is_made);
	fd = accept(s.fd, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof(got)), 1);
	assert_int_equal(read(fd, got, sizeof(got)), 0);
	close(fd);
	unlink(s.path); /* nobody is there any more */
	d = twc_retry_dial(s.e, s.r, &o);
	twc_deferred_add_both(d, on_result, &s);
	twc_deferred_cancel(d);
	twc_deferred_release(d);
	assert_int_equal(s.err.code, TWC_ECANCELLED);
	stand_fini(&s);
}

static void stands_at_last(void **state)
{
	struct stand s;

	stand_init(&s);
	twc_deferred_release(stand_dial(&s, (struct twc_retry_opts){ .retries = 9, .backoff = twc_backoff_wait }));
	twc_reactor_advance(s.r, 200 * MS); /* at 0, 50, 150 */
	stand_listen(&s);
	twc_reactor_advance(s.r, 149 * MS);
	assert_int_equal(s.calls, 0);
	twc_reactor_advance(s.r, MS);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.err.code, 0);
	assert_int_equal(s.at_ns - s.start_ns, 350 * MS);
	assert_true(s.probe.is_made);
	stand_fini(&s);
}

static void counts_its_attempts(void **state)
{
	struct stand s;

	stand_init(&s);
	twc_deferred_release(stand_dial(&s, (struct twc_retry_opts){ .retries = 3, .backoff = steady }));
	twc_reactor_advance(s.r, 10 * TWC_NS_PER_S);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.err.code, TWC_ENOSOCK);
	assert_non_null(strstr(s.err.text, "gave up after 4 attempts"));
	assert_int_equal(s.at_ns - s.start_ns, 300 * MS);
	stand_fini(&s);
}

static void none_means_one_attempt(void **state)
{
	struct stand s;

	stand_init(&s);
	twc_deferred_release(stand_dial(&s, (struct twc_retry_opts){ .backoff = steady }));
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.err.code, TWC_ENOSOCK);
	assert_null(strstr(s.err.text, "gave up"));
	stand_fini(&s);
}

static void time_is_up(void **state)
{
	struct stand s;

	stand_init(&s);
	twc_deferred_release(stand_dial(&s, (struct twc_retry_opts){
		.retries = TWC_RETRY_FOREVER, .max_ns = 450 * MS, .backoff = steady }));
	twc_reactor_advance(s.r, 10 * TWC_NS_PER_S);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.err.code, TWC_ETIMEDOUT);
	assert_non_null(strstr(s.err.text, "not connected after 450ms: no such socket file"));
	assert_int_equal(s.at_ns - s.start_ns, 450 * MS);
	stand_fini(&s);
}

static void only_after_what_was_asked_for(void **state)
{
	struct stand s;

	stand_init(&s);
	twc_deferred_release(stand_dial(&s, (struct twc_retry_opts){
		.retries = 9, .on = TWC_RETRY_DNS | TWC_RETRY_TIMEOUT, .backoff = steady }));
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.err.code, TWC_ENOSOCK);
	stand_fini(&s);
}

static void what_cannot_change_is_not_retried(void **state)
{
	struct twc_err err = { 0 };
	struct stand s;

	stand_init(&s);
	twc_endpoint_free(s.e);
	s.e = twc_endpoint_parse("exec:/nonexistent/program", TWC_CONNECT, &err);
	twc_deferred_release(stand_dial(&s, (struct twc_retry_opts){ .retries = 9, .backoff = steady }));
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.err.code, TWC_ENOINPUT);
	assert_int_equal(twc_retry_class(TWC_EACCESS), 0);
	assert_int_equal(twc_retry_class(TWC_EUSAGE), 0);
	assert_int_equal(twc_retry_class(0), 0);
	stand_fini(&s);
}

/* While waiting, and in the very turn of a failure. */
static void cancelled(void **state)
{
	for (int turn = 0; turn < 2; turn++) {
		struct twc_deferred *d;
		struct stand s;

		stand_init(&s);
		d = stand_dial(&s, (struct twc_retry_opts){ .retries = 9, .backoff = steady, .max_ns = TWC_NS_PER_S });
		if (turn)
			twc_reactor_advance(s.r, 10 * MS);
		twc_deferred_cancel(d);
		twc_deferred_release(d);
		assert_int_equal(s.calls, 1);
		assert_int_equal(s.err.code, TWC_ECANCELLED);
		twc_reactor_advance(s.r, 5 * TWC_NS_PER_S);
		assert_int_equal(s.calls, 1);
		stand_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_socket),
		cmocka_unit_test(stands_at_last),	    cmocka_unit_test(counts_its_attempts),
		cmocka_unit_test(none_means_one_attempt),   cmocka_unit_test(time_is_up),
		cmocka_unit_test(only_after_what_was_asked_for), cmocka_unit_test(what_cannot_change_is_not_retried),
		cmocka_unit_test(cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
