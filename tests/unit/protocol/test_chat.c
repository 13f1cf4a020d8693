/* SPDX-License-Identifier: MIT */
/* chat: what each client sees of the others, its commands, and a thousand listeners of whom one has stopped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include "support/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <twc/parse.h>
#include <twc/protocol.h>

enum { N = 4 };

struct rig {
	struct twc_reactor *r;
	struct twc_factory *room;
	struct probe p[N];
};

static void lose(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static void rig_init(struct rig *g, const struct twc_room_opts *o)
{
	memset(g, 0, sizeof(*g));
	g->r = loop_fake();
	g->room = twc_chat_new(g->r, o);
	for (int i = 0; i < N; i++) {
		probe_init(&g->p[i]);
		g->p[i].on_eof = lose;
	}
}

static void join(struct rig *g, int i)
{
	twc_transport_pair(g->r, 0, twc_factory_build(g->room, NULL), &g->p[i].base);
	twc_reactor_advance(g->r, 0);
}

static void type(struct rig *g, int i, const char *text)
{
	twc_transport_write(g->p[i].base.transport, text, strlen(text));
	twc_reactor_advance(g->r, 0);
}

/* What came since it was asked last. */
static void sees(struct rig *g, int i, const char *text)
{
	assert_string_equal(g->p[i].got ? g->p[i].got : "", text);
	g->p[i].n = 0;
	if (g->p[i].got)
		g->p[i].got[0] = 0;
}

static void forget(struct rig *g)
{
	for (int i = 0; i < N; i++) {
		g->p[i].n = 0;
		if (g->p[i].got)
			g->p[i].got[0] = 0;
	}
}

static void rig_fini(struct rig *g)
{
	twc_reactor_free(g->r);
	twc_room_free(g->room);
	for (int i = 0; i < N; i++)
		probe_fini(&g->p[i]);
}

static void lines_go_to_the_others(void **state)
{
	struct rig g;

	rig_init(&g, &(struct twc_room_opts){ .banner = TWC_STR("Welcome") });
	join(&g, 0);
	sees(&g, 0, "Welcome\n*** you are user1, one of 1; /help tells what you can do\n");
	join(&g, 1);
	sees(&g, 0, "*** user2 has joined\n");
	sees(&g, 1, "Welcome\n*** you are user2, one of 2; /help tells what you can do\n");
	type(&g, 0, "one\ntw");
	sees(&g, 0, "");
	sees(&g, 1, "<user1> one\n");
	type(&g, 1, "mine\r\n\n");
	type(&g, 0, "o\r\n");
	sees(&g, 0, "<user2> mine\n");
	sees(&g, 1, "<user1> two\n");
	type(&g, 1, "last");
	twc_transport_write_eof(g.p[1].base.transport);
	twc_reactor_advance(g.r, 0);
	sees(&g, 0, "<user2> last\n*** user2 has left\n");
	assert_true(g.p[1].has_eof);
	rig_fini(&g);
}

static void what_is_said_in_one_turn_goes_out_at_once(void **state)
{
	struct rig g;

	rig_init(&g, &(struct twc_room_opts){ 0 });
	for (int i = 0; i < 3; i++)
		join(&g, i);
	forget(&g);
	g.p[2].datas = 0;
	for (int k = 0; k < 3; k++) {
		twc_transport_write(g.p[0].base.transport, "a\nb\n", 4);
		twc_transport_write(g.p[1].base.transport, "c\n", 2);
	}
	twc_reactor_advance(g.r, 0);
	sees(&g, 0, "<user2> c\n<user2> c\n<user2> c\n");
	sees(&g, 1, "<user1> a\n<user1> b\n<user1> a\n<user1> b\n<user1> a\n<user1> b\n");
	assert_int_equal(strlen(g.p[2].got), 90);
	assert_true(g.p[2].datas <= 2);
	rig_fini(&g);
}

static void commands(void **state)
{
	struct rig g;

	rig_init(&g, &(struct twc_room_opts){ 0 });
	join(&g, 0);
	join(&g, 1);
	forget(&g);
	type(&g, 0, "/nick Bob\n");
	sees(&g, 0, "*** user1 is now Bob\n");
	sees(&g, 1, "*** user1 is now Bob\n");
	type(&g, 1, "/nick bob\n/nick user7\n/nick a b\n/nick\n/nick 1234567890123456789012345\n/nick b\\\n");
	assert_non_null(strstr(g.p[1].got, "*** bob is not free\n*** user7 is not free\n*** /nick NAME: up to 24"));
	forget(&g);
	type(&g, 0, "/nick BOB\n");
	sees(&g, 1, "*** Bob is now BOB\n");
	forget(&g);
	type(&g, 1, "/who\n/me waves\n//who\n/me\n/nothing \x1b\n");
	sees(&g, 1, "*** 2 here: BOB user2\n*** /me TEXT\n*** /nothing means nothing here; /help tells what does\n");
	sees(&g, 0, "* user2 waves\n<user2> /who\n");
	type(&g, 1, "/help\n");
	assert_non_null(strstr(g.p[1].got, "*** /quit"));
	type(&g, 1, "/quit\nnot heard\n");
	sees(&g, 0, "*** user2 has left\n");
	assert_true(g.p[1].has_eof);
	rig_fini(&g);
}

static void closing_flushes_all(void **state)
{
	struct rig g;

	rig_init(&g, &(struct twc_room_opts){ 0 });
	join(&g, 0);
	join(&g, 1);
	forget(&g);
	twc_transport_write(g.p[0].base.transport, "last\n", 5);
	twc_reactor_advance(g.r, 0);
	twc_room_close(g.room);
	twc_reactor_advance(g.r, 10 * TWC_NS_PER_S);
	sees(&g, 1, "<user1> last\n");
	assert_true(g.p[0].is_lost && g.p[1].is_lost);
	assert_int_equal(g.p[1].reason.code, 0);
	rig_fini(&g);
}

static void unfit_bytes_are_escaped(void **state)
{
	struct rig g;

	rig_init(&g, &(struct twc_room_opts){ 0 });
	join(&g, 0);
	join(&g, 1);
	forget(&g);
	type(&g, 0, "\x1b[31m\a caf\xc3\xa9 \xff\n/me \x9b\n/\x1b]0;x\n");
	sees(&g, 1, "<user1> \\x1b[31m\\x07 caf\xc3\xa9 \\xff\n* user1 \\x9b\n");
	sees(&g, 0, "*** /\\x1b]0;x means nothing here; /help tells what does\n");
	rig_fini(&g);
}

static void long_lines(void **state)
{
	char *line = calloc(1, 20000);
	struct rig g;

	rig_init(&g, &(struct twc_room_opts){ 0 });
	join(&g, 0);
	join(&g, 1);
	forget(&g);
	memset(line, 'x', 16384);
	memcpy(line + 1999, "\xc3\xa9", 2);
	line[3000] = '\n';
	line[3001] = 0;
	type(&g, 0, line);
	sees(&g, 0, "*** your line was cut after 1999 bytes\n");
	assert_int_equal(strlen(g.p[1].got), strlen("<user1> \n") + 1999);
	forget(&g);
	memset(line, 'x', 19000);
	line[19000] = 0;
	type(&g, 0, line);
	sees(&g, 0, "*** a line of more than 16384 bytes: goodbye\n");
	assert_true(g.p[0].has_eof);
	sees(&g, 1, "*** user1 has left\n");
	rig_fini(&g);
	free(line);
}

/* ---- slow readers ---- */

static void flood(struct rig *g, int from, int lines)
{
	char text[1001];

	memset(text, 'x', sizeof(text));
	text[999] = '\n';
	text[1000] = 0;
	for (int i = 0; i < lines; i++)
		type(g, from, text);
}

static void drop_leaves_out_and_tells(void **state)
{
	struct rig g;
	size_t before;

	rig_init(&g, &(struct twc_room_opts){ 0 });
	for (int i = 0; i < 3; i++)
		join(&g, i);
	forget(&g);
	twc_transport_pause(g.p[2].base.transport);
	flood(&g, 0, 400);
	twc_reactor_advance(g.r, 100 * TWC_NS_PER_MS); /* patience */
	flood(&g, 0, 400);
	assert_int_equal(g.p[1].n, 800 * (1000 + 8)); /* the other lost nothing */
	before = g.p[2].n;
	twc_transport_resume(g.p[2].base.transport);
	twc_reactor_advance(g.r, 0);
	assert_true(g.p[2].n > before && g.p[2].n < 600 * 1008);
	assert_non_null(strstr(g.p[2].got, "*** you read too slowly: "));
	forget(&g);
	type(&g, 0, "again\n");
	sees(&g, 2, "<user1> again\n");
	rig_fini(&g);
}

static void who_is_slow_for_a_moment_loses_nothing(void **state)
{
	struct rig g;

	rig_init(&g, &(struct twc_room_opts){ 0 });
	for (int i = 0; i < 3; i++)
		join(&g, i);
	forget(&g);
	twc_transport_pause(g.p[2].base.transport);
	flood(&g, 0, 800);
	twc_reactor_advance(g.r, 50 * TWC_NS_PER_MS);
	twc_transport_resume(g.p[2].base.transport);
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.p[1].n, 800 * 1008);
	assert_int_equal(g.p[2].n, 800 * 1008);
	rig_fini(&g);
}

static void close_resets(void **state)
{
	struct rig g;

	rig_init(&g, &(struct twc_room_opts){ .slow = TWC_SLOW_CLOSE });
	for (int i = 0; i < 3; i++)
		join(&g, i);
	forget(&g);
	twc_transport_pause(g.p[2].base.transport);
	flood(&g, 0, 400);
	assert_false(g.p[2].is_lost);
	twc_reactor_advance(g.r, 100 * TWC_NS_PER_MS);
	twc_transport_resume(g.p[2].base.transport);
	twc_reactor_advance(g.r, 0);
	assert_true(g.p[2].is_lost);
	assert_int_not_equal(g.p[2].reason.code, 0);
	assert_int_equal(g.p[1].n, 400 * 1008 + strlen("*** user3 has left\n"));
	rig_fini(&g);
}

static void block_waits(void **state)
{
	struct rig g;

	rig_init(&g, &(struct twc_room_opts){ .slow = TWC_SLOW_BLOCK });
	for (int i = 0; i < 3; i++)
		join(&g, i);
	forget(&g);
	twc_transport_pause(g.p[2].base.transport);
	flood(&g, 0, 800);
	twc_reactor_advance(g.r, 3600 * TWC_NS_PER_S);
	assert_true(g.p[1].n < 500 * 1008);
	twc_transport_resume(g.p[2].base.transport);
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.p[1].n, 800 * 1008);
	assert_int_equal(g.p[2].n, 800 * 1008);
	/* one that goes without reading holds nobody */
	twc_transport_pause(g.p[2].base.transport);
	flood(&g, 0, 800);
	twc_transport_abort(g.p[2].base.transport);
	twc_reactor_advance(g.r, 0);
	assert_true(g.p[1].n >= 1600 * 1008);
	rig_fini(&g);
}

/* ---- a thousand ---- */

enum { MANY = 1000, LINES = 1500 };

static size_t allocated;

static void *counting_realloc(void *p, size_t n)
{
	size_t *block = p ? (size_t *)p - 2 : NULL;

	if (block)
		allocated -= *block;
	if (!n) {
		free(block);
		return NULL;
	}
	block = realloc(block, n + 2 * sizeof(size_t));
	assert_non_null(block);
	*block = n;
	allocated += n;
	return block + 2;
}

struct sink {
	struct twc_protocol base;
	size_t n;
};

static void sink_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	((struct sink *)p)->n += n;
}

static void sink_lost(struct twc_protocol *p, const struct twc_err *reason)
{
}

static void memory_is_flat_with_one_reader_stopped(void **state)
{
	static const struct twc_protocol_ops ops = { .name = "sink", .data = sink_data, .lost = sink_lost };
	struct sink *sink = calloc(MANY, sizeof(*sink));
	size_t after_join, most = 0;
	struct rig g;

	twc_mem_set_hook(counting_realloc);
	rig_init(&g, &(struct twc_room_opts){ 0 });
	for (int i = 0; i < MANY; i++) {
		sink[i].base.ops = &ops;
		twc_transport_pair(g.r, 4096, twc_factory_build(g.room, NULL), &sink[i].base);
	}
	join(&g, 0);
	twc_transport_pause(sink[0].base.transport);
	for (int i = 1; i < MANY; i++)
		sink[i].n = 0;
	twc_reactor_advance(g.r, 0);
	after_join = allocated;
	for (int k = 0; k < LINES / 50; k++) {
		flood(&g, 0, 50);
		twc_reactor_advance(g.r, 20 * TWC_NS_PER_MS);
		if (allocated > most)
			most = allocated;
	}
	for (int i = 2; i < MANY; i++)
		assert_int_equal(sink[i].n, sink[1].n);
	assert_true(sink[1].n >= (size_t)LINES * 1000);
	assert_true(most < after_join + 2 * 1024 * 1024);
	rig_fini(&g);
	twc_mem_set_hook(NULL);
	free(sink);
}

/* What is too long for one datagram is cut between lines. */
static void datagrams_hold_whole_lines(void **state)
{
	enum { N_LINES = 1200, LINE = 100 };
	struct twc_transport *t;
	struct twc_err err = { 0 };
	static char said[N_LINES * LINE], got[65536];
	size_t lines = 0, datagrams = 0;
	struct rig g;
	int fd[2];

	rig_init(&g, &(struct twc_room_opts){ 0 });
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	join(&g, 0);
	t = twc_transport_from_socket(g.r, fd[0], twc_factory_build(g.room, NULL), &err);
	assert_non_null(t);
	twc_reactor_advance(g.r, 0);
	while (recv(fd[1], got, sizeof(got), MSG_DONTWAIT) > 0)
		;
	memset(said, 'x', sizeof(said));
	for (size_t i = LINE - 1; i < sizeof(said); i += LINE)
		said[i] = '\n';
	twc_transport_write(g.p[0].base.transport, said, sizeof(said));
	for (int i = 0; i < 100 && lines < N_LINES; i++) {
		ssize_t n;

		twc_reactor_advance(g.r, 0);
		while ((n = recv(fd[1], got, sizeof(got), MSG_DONTWAIT)) > 0) {
			assert_int_equal(got[n - 1], '\n');
			for (ssize_t k = 0; k < n; k++)
				lines += got[k] == '\n';
			datagrams++;
		}
	}
	assert_int_equal(lines, N_LINES);
	assert_true(datagrams >= 2);
	close(fd[1]);
	rig_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_to_the_others),
		cmocka_unit_test(what_is_said_in_one_turn_goes_out_at_once),
		cmocka_unit_test(commands),
		cmocka_unit_test(closing_flushes_all),
		cmocka_unit_test(unfit_bytes_are_escaped),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(datagrams_hold_whole_lines),
		cmocka_unit_test(drop_leaves_out_and_tells),
		cmocka_unit_test(who_is_slow_for_a_moment_loses_nothing),
		cmocka_unit_test(close_resets),
		cmocka_unit_test(block_waits),
		cmocka_unit_test(memory_is_flat_with_one_reader_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
