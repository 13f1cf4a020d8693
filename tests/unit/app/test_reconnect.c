/* SPDX-License-Identifier: MIT */
/* lib/app/reconnect.c on a fake clock: pipes as standard streams, a UNIX socket that comes and goes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <twc/app.h>
#include <twc/parse.h>

#include "support/loop.h"

#define MS TWC_NS_PER_MS

struct stand {
	struct twc_reactor *r;
	char path[48];
	struct twc_endpoint *e;
	struct twc_reconnect *x;
	int fd;		    /* listening */
	int in[2], out[2];  /* pipes: the test writes in[1], reads out[0] */
	unsigned breaks, dones;
	uint64_t received, sent;
	size_t kept;
	struct twc_err err;
};

static void on_broken(void *arg, const struct twc_err *err, uint64_t received, uint64_t sent, size_t kept)
{
	struct stand *s = arg;

	s->breaks++;
	s->err = *err;
	s->received = received;
	s->sent = sent;
	s->kept = kept;
}

static void on_done(void *arg, const struct twc_err *err)
{
	struct stand *s = arg;

	s->dones++;
	s->err = *err;
}

static void stand_listen(struct stand *s)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memcpy(sun.sun_path, s->path, strlen(s->path));
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(s->fd, 16), 0);
}

static void stand_init(struct stand *s, struct twc_reconnect_opts o)
{
	struct twc_err err = { 0 };
	char text[64];

	memset(s, 0, sizeof(*s));
	s->r = loop_fake();
	snprintf(s->path, sizeof(s->path), "/tmp/twc-again.%d.%p", (int)getpid(), (void *)s);
	snprintf(text, sizeof(text), "unix:%s", s->path);
	s->e = twc_endpoint_parse(text, TWC_CONNECT, &err);
	assert_non_null(s->e);
	assert_int_equal(pipe(s->in), 0);
	assert_int_equal(pipe(s->out), 0);
	o.retry = (struct twc_retry_opts){ .retries = TWC_RETRY_FOREVER, .backoff = { .first_ns = 100 * MS } };
	o.in = s->in[0];
	o.out = s->out[1];
	o.broken = on_broken;
	o.done = on_done;
	o.arg = s;
	s->x = twc_reconnect_new(s->r, &o);
	s->fd = -1;
}

static void stand_start(struct stand *s)
{
	twc_reconnect_start(s->x, s->e, twc_reconnect_factory(s->x));
	twc_reactor_advance(s->r, 0);
}

static void stand_end_input(struct stand *s)
{
	close(s->in[1]);
	s->in[1] = -1;
	twc_reactor_advance(s->r, 0);
}

static void stand_fini(struct stand *s)
{
	twc_reconnect_stop(s->x);
	twc_reactor_free(s->r);
	twc_reconnect_free(s->x);
	twc_endpoint_free(s->e);
	if (s->in[1] >= 0)
		close(s->in[1]);
	close(s->out[0]);
	if (s->fd >= 0)
		close(s->fd);
	unlink(s->path);
}

static int stand_accept(struct stand *s)
{
	int fd = accept(s->fd, NULL, NULL);

	assert_true(fd >= 0);
	return fd;
}

static void assert_reads(int fd, const char *text)
{
	char got[256] = { 0 };

	assert_int_equal(read(fd, got, sizeof(got) - 1), strlen(text));
	assert_string_equal(got, text);
}

static void put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void goes_on_with_the_next(void **state)
{
	struct stand s;
	int fd;

	stand_init(&s, (struct twc_reconnect_opts){ .times = TWC_RETRY_FOREVER, .words = TWC_STR("hi\n") });
	stand_start(&s);
	put(s.in[1], "early");
	twc_reactor_advance(s.r, 250 * MS); /* not there yet: nothing is read */
	stand_listen(&s);
	twc_reactor_advance(s.r, 100 * MS);
	fd = stand_accept(&s);
	assert_reads(fd, "hi\nearly");
	put(fd, "one");
	close(fd);
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.breaks, 1);
	assert_int_equal(s.received, 3);
	assert_int_equal(s.sent, 5);
	assert_int_equal(s.kept, 0);
	put(s.in[1], "late");
	twc_reactor_advance(s.r, 99 * MS);
	assert_int_equal(accept(s.fd, NULL, NULL), -1); /* waits before it dials again */
	twc_reactor_advance(s.r, MS);
	fd = stand_accept(&s);
	assert_reads(fd, "hi\nlate");
	put(fd, "two");
	stand_end_input(&s);
	assert_reads(fd, "");
	close(fd);
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.dones, 1);
	assert_int_equal(s.err.code, 0);
	assert_reads(s.out[0], "onetwo");
	assert_reads(s.out[0], "");
	stand_fini(&s);
}

/* More than a socket takes: what it had not taken comes again, without a hole and without a repetition. */
static void nothing_is_lost_silently(void **state)
{
	static char chunk[60000], got[1 << 20];
	size_t told, n = 0;
	struct stand s;
	ssize_t part;
	int fd;

	for (size_t i = 0; i < sizeof(chunk); i++)
		chunk[i] = (char)(i % 251);
	stand_init(&s, (struct twc_reconnect_opts){ .times = TWC_RETRY_FOREVER });
	stand_listen(&s);
	stand_start(&s);
	fd = stand_accept(&s);
	for (int i = 0; i < 8; i++) { /* 480,000 bytes */
		assert_int_equal(write(s.in[1], chunk, sizeof(chunk)), sizeof(chunk));
		twc_reactor_advance(s.r, 0);
	}
	close(fd); /* with all of it unread */
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.breaks, 1);
	assert_true(s.err.code != 0);
	told = s.sent;
	assert_int_equal(told + s.kept, 8 * sizeof(chunk));
	assert_true(s.kept > 0);
	twc_reactor_advance(s.r, 100 * MS);
	fd = stand_accept(&s);
	stand_end_input(&s);
	while ((part = read(fd, got + n, sizeof(got) - n)) > 0) {
		n += (size_t)part;
		twc_reactor_advance(s.r, 0);
	}
	assert_int_equal(told + n, 8 * sizeof(chunk));
	for (size_t i = 0; i < n; i++)
		if (got[i] != chunk[(told + i) % sizeof(chunk)])
			fail_msg("byte %zu", i);
	close(fd);
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.dones, 1);
	assert_int_equal(s.err.code, 0);
	stand_fini(&s);
}

/* What is read is one text, whichever connections it goes to: a CR before the break, an LF behind it. */
static void line_ends_across_connections(void **state)
{
	struct stand s;
	uint64_t in, out;
	int fd;

	stand_init(&s, (struct twc_reconnect_opts){ .times = TWC_RETRY_FOREVER, .crlf = true, .words = TWC_STR("hi\n") });
	twc_reconnect_count(s.x, &in, &out);
	assert_int_equal(in + out, 0);
	stand_listen(&s);
	stand_start(&s);
	fd = stand_accept(&s);
	put(s.in[1], "a\nb\r");
	twc_reactor_advance(s.r, 0);
	assert_reads(fd, "hi\na\r\nb\r");
	put(fd, "x\n");
	close(fd);
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.sent, 5);
	put(s.in[1], "\nc\n");
	twc_reactor_advance(s.r, 100 * MS);
	fd = stand_accept(&s);
	assert_reads(fd, "hi\n\nc\r\n");
	twc_reconnect_count(s.x, &in, &out);
	assert_int_equal(in, 2);
	assert_int_equal(out, 8 + 7);
	stand_end_input(&s);
	close(fd);
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.dones, 1);
	assert_reads(s.out[0], "x\n");
	twc_reconnect_count(s.x, &in, &out);
	assert_int_equal(out, 8 + 7);
	stand_fini(&s);
}

static void so_many_times(void **state)
{
	struct stand s;

	stand_init(&s, (struct twc_reconnect_opts){ .times = 1 });
	stand_listen(&s);
	stand_start(&s);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(s.dones, 0);
		close(stand_accept(&s));
		twc_reactor_advance(s.r, 100 * MS);
	}
	assert_int_equal(s.breaks, 1);
	assert_int_equal(s.dones, 1);
	assert_int_equal(s.err.code, 0);
	stand_fini(&s);
}

static void time_is_up(void **state)
{
	struct stand s;
	int fd;

	stand_init(&s, (struct twc_reconnect_opts){ .times = TWC_RETRY_FOREVER, .max_ns = TWC_NS_PER_S });
	stand_listen(&s);
	stand_start(&s);
	fd = stand_accept(&s);
	twc_reactor_advance(s.r, 999 * MS);
	assert_int_equal(s.dones, 0);
	twc_reactor_advance(s.r, MS);
	assert_int_equal(s.dones, 1);
	assert_int_equal(s.err.code, TWC_ETIMEDOUT);
	close(fd);
	stand_fini(&s);
}

/* While dialling, waiting and connected. */
static void given_up(void **state)
{
	for (int when = 0; when < 2; when++) {
		struct stand s;

		stand_init(&s, (struct twc_reconnect_opts){ .times = TWC_RETRY_FOREVER });
		if (when)
			stand_listen(&s);
		stand_start(&s);
		if (!when) {
			close(s.in[0]);
			close(s.out[1]);
		}
		stand_fini(&s);
		assert_int_equal(s.dones, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on_with_the_next), cmocka_unit_test(nothing_is_lost_silently),
		cmocka_unit_test(line_ends_across_connections),
		cmocka_unit_test(so_many_times),	 cmocka_unit_test(time_is_up),
		cmocka_unit_test(given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
