/* SPDX-License-Identifier: MIT */
/* hub: one input to all clients, their bytes merged, nothing lost when one of them is slow. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include "support/probe.h"

#include <stdlib.h>
#include <twc/app.h>
#include <twc/parse.h>

enum { N = 3, BIG = 1024 * 1024 };

struct rig {
	struct twc_reactor *r;
	struct twc_hub *hub;
	struct probe stdio; /* the other end of standard input and output */
	struct probe client[N];
	bool is_ended;
	struct twc_err err;
};

static void on_ended(void *arg, const struct twc_err *err)
{
	struct rig *rig = arg;

	assert_false(rig->is_ended);
	rig->is_ended = true;
	rig->err = *err;
}

static void rig_init(struct rig *rig, struct twc_hub_opts o)
{
	memset(rig, 0, sizeof(*rig));
	rig->r = loop_fake();
	o.ended = on_ended;
	o.arg = rig;
	rig->hub = twc_hub_new(&o);
	probe_init(&rig->stdio);
	twc_transport_pair(rig->r, 0, twc_hub_stdio(rig->hub), &rig->stdio.base);
	for (int i = 0; i < N; i++)
		probe_init(&rig->client[i]);
}

static void rig_client(struct rig *rig, int i)
{
	struct twc_addr none = { 0 };

	twc_transport_pair(rig->r, 0, twc_factory_build(twc_hub_factory(rig->hub), &none), &rig->client[i].base);
	twc_reactor_advance(rig->r, 0);
}

static void lose(struct probe *p)
{
	if (p->is_made && !p->is_lost)
		twc_transport_lose(p->base.transport);
}

static void rig_fini(struct rig *rig)
{
	twc_hub_stop(rig->hub);
	for (int i = 0; i < N; i++)
		lose(&rig->client[i]);
	lose(&rig->stdio);
	twc_reactor_advance(rig->r, 10 * TWC_NS_PER_S);
	assert_true(rig->is_ended);
	twc_reactor_free(rig->r);
	twc_hub_free(rig->hub);
	for (int i = 0; i < N; i++)
		probe_fini(&rig->client[i]);
	probe_fini(&rig->stdio);
}

static void say(struct rig *rig, struct probe *p, const char *text)
{
	twc_transport_write(p->base.transport, text, strlen(text));
	twc_reactor_advance(rig->r, 0);
}

static void to_all_and_merged(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_hub_opts){ 0 });
	say(&rig, &rig.stdio, "kept ");
	rig_client(&rig, 0);
	assert_string_equal(rig.client[0].got, "kept ");
	rig_client(&rig, 1);
	say(&rig, &rig.stdio, "all");
	assert_string_equal(rig.client[0].got, "kept all");
	assert_string_equal(rig.client[1].got, "all");
	say(&rig, &rig.client[0], "a");
	say(&rig, &rig.client[1], "b");
	assert_string_equal(rig.stdio.got, "ab");
	rig_fini(&rig);
}

static void the_end_reaches_those_who_come_later(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_hub_opts){ 0 });
	rig_client(&rig, 0);
	twc_transport_write_eof(rig.stdio.base.transport);
	twc_reactor_advance(rig.r, 0);
	assert_true(rig.client[0].has_eof);
	rig_client(&rig, 1);
	assert_true(rig.client[1].has_eof);
	say(&rig, &rig.client[1], "still heard");
	assert_string_equal(rig.stdio.got, "still heard");
	rig_fini(&rig);
}

static void one_way(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_hub_opts){ .send_only = true });
	rig_client(&rig, 0);
	say(&rig, &rig.client[0], "thrown away");
	assert_int_equal(rig.stdio.n, 0);
	twc_transport_write_eof(rig.client[0].base.transport);
	twc_reactor_advance(rig.r, 0);
	say(&rig, &rig.stdio, "data");
	assert_string_equal(rig.client[0].got, "data");
	rig_fini(&rig);

	rig_init(&rig, (struct twc_hub_opts){ .recv_only = true });
	rig_client(&rig, 0);
	twc_transport_write_eof(rig.stdio.base.transport);
	twc_reactor_advance(rig.r, 0);
	assert_false(rig.client[0].has_eof);
	say(&rig, &rig.client[0], "data");
	twc_transport_write_eof(rig.client[0].base.transport);
	twc_reactor_advance(rig.r, 0);
	assert_true(rig.client[0].has_eof);
	assert_string_equal(rig.stdio.got, "data");
	rig_fini(&rig);
}

static void a_slow_client_holds_the_input(void **state)
{
	char *big = calloc(1, BIG);
	struct rig rig;

	rig_init(&rig, (struct twc_hub_opts){ 0 });
	rig_client(&rig, 0);
	rig_client(&rig, 1);
	twc_transport_pause(rig.client[0].base.transport);
	for (int i = 0; i < 4; i++)
		twc_transport_write(rig.stdio.base.transport, big, BIG);
	twc_reactor_advance(rig.r, 0);
	assert_true(rig.client[1].n < 4 * BIG);
	twc_transport_resume(rig.client[0].base.transport);
	twc_reactor_advance(rig.r, 0);
	assert_int_equal(rig.client[0].n, 4 * BIG);
	assert_int_equal(rig.client[1].n, 4 * BIG);
	rig_fini(&rig);
	free(big);
}

static void a_slow_client_that_goes_releases_the_others(void **state)
{
	char *big = calloc(1, BIG);
	struct rig rig;

	rig_init(&rig, (struct twc_hub_opts){ 0 });
	rig_client(&rig, 0);
	rig_client(&rig, 1);
	twc_transport_pause(rig.client[0].base.transport);
	for (int i = 0; i < 4; i++)
		twc_transport_write(rig.stdio.base.transport, big, BIG);
	twc_reactor_advance(rig.r, 0);
	twc_transport_abort(rig.client[0].base.transport);
	twc_reactor_advance(rig.r, 0);
	assert_int_equal(rig.client[1].n, 4 * BIG);
	rig_fini(&rig);
	free(big);
}

static void a_full_output_holds_the_clients(void **state)
{
	char *big = calloc(1, BIG);
	struct rig rig;

	rig_init(&rig, (struct twc_hub_opts){ 0 });
	twc_transport_pause(rig.stdio.base.transport);
	rig_client(&rig, 0);
	rig_client(&rig, 1);
	for (int i = 0; i < 2; i++)
		twc_transport_write(rig.client[i].base.transport, big, BIG);
	twc_reactor_advance(rig.r, 0);
	rig_client(&rig, 2);
	twc_transport_write(rig.client[2].base.transport, big, BIG);
	twc_reactor_advance(rig.r, 0);
	assert_int_equal(rig.stdio.n, 0);
	for (int i = 0; i < N; i++)
		assert_true(twc_transport_queued(rig.client[i].base.transport) > 0);
	twc_transport_resume(rig.stdio.base.transport);
	twc_reactor_advance(rig.r, 0);
	assert_int_equal(rig.stdio.n, 3 * BIG);
	rig_fini(&rig);
	free(big);
}

static void a_failed_output_resets_the_clients(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_hub_opts){ 0 });
	rig_client(&rig, 0);
	twc_transport_abort(rig.stdio.base.transport);
	twc_reactor_advance(rig.r, 0);
	assert_true(rig.is_ended);
	assert_int_not_equal(rig.err.code, 0);
	assert_true(rig.client[0].is_lost);
	rig_fini(&rig);
}

static void stopping_writes_everything_out(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_hub_opts){ 0 });
	rig_client(&rig, 0);
	twc_hub_stop(rig.hub);
	twc_reactor_advance(rig.r, 0);
	assert_true(rig.client[0].has_eof);
	assert_false(rig.is_ended);
	say(&rig, &rig.client[0], "the rest");
	twc_transport_write_eof(rig.client[0].base.transport);
	twc_reactor_advance(rig.r, 10 * TWC_NS_PER_S);
	assert_string_equal(rig.stdio.got, "the rest");
	assert_true(rig.stdio.has_eof);
	lose(&rig.stdio);
	twc_reactor_advance(rig.r, 10 * TWC_NS_PER_S);
	assert_true(rig.is_ended);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void tagged_lines(void **state)
{
	struct rig rig;
	char *big = malloc(40001);

	rig_init(&rig, (struct twc_hub_opts){ .tag = true });
	rig_client(&rig, 0);
	rig_client(&rig, 1);
	say(&rig, &rig.client[0], "one\r\ntw");
	say(&rig, &rig.client[1], "\n\x1b[0m \xff\n");
	say(&rig, &rig.client[0], "o\nrest");
	assert_string_equal(rig.stdio.got, "[#3 memory] one\n[#5 memory] \n[#5 memory] \\x1b[0m \\xff\n"
					   "[#3 memory] two\n");
	rig.stdio.n = 0;
	twc_transport_write_eof(rig.client[0].base.transport);
	twc_reactor_advance(rig.r, 0);
	assert_string_equal(rig.stdio.got, "[#3 memory] rest\n");
	rig.stdio.n = 0;
	memset(big, 'x', 40000);
	memcpy(big + 39999, "\n", 2);
	say(&rig, &rig.client[1], big);
	say(&rig, &rig.client[1], "y\n");
	assert_int_equal(rig.stdio.n, 39999 + 3 * strlen("[#5 memory] \n") + 2 + strlen("[#5 memory] y\n"));
	assert_string_equal(rig.stdio.got + rig.stdio.n - 14, "[#5 memory] y\n");
	assert_memory_equal(rig.stdio.got + 13 + 16384, "[#5 memory]+ x", 14);
	rig.stdio.n = 0;
	say(&rig, &rig.client[1], "cut off");
	twc_transport_abort(rig.client[1].base.transport);
	twc_reactor_advance(rig.r, 0);
	assert_string_equal(rig.stdio.got, "[#5 memory] cut off\n");
	rig_fini(&rig);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_all_and_merged),
		cmocka_unit_test(the_end_reaches_those_who_come_later),
		cmocka_unit_test(one_way),
		cmocka_unit_test(a_slow_client_holds_the_input),
		cmocka_unit_test(a_slow_client_that_goes_releases_the_others),
		cmocka_unit_test(a_full_output_holds_the_clients),
		cmocka_unit_test(a_failed_output_resets_the_clients),
		cmocka_unit_test(stopping_writes_everything_out),
		cmocka_unit_test(tagged_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
