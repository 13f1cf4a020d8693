/* SPDX-License-Identifier: MIT */
/*
 * broadcast [ENDPOINT]: what one client says in a line, all the others hear.
 *
 *     broadcast tcp:7000      then, twice: nc 127.0.0.1 7000
 *
 * With TWC_EXAMPLE_TEST set it talks to itself and ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <twc/endpoint.h>
#include <twc/protocol.h>

/* ---- the room and who is in it ---- */

struct room {
	struct twc_factory factory; /* first member */
	struct guest *first;
	unsigned last_number;
};

struct guest {
	struct twc_line_protocol line; /* first member */
	struct room *room;
	struct guest *next;
	unsigned number;
};

/* To everybody but `from`. Who does not read is cut off, or the room would have to remember for him. */
static void tell(struct room *room, const struct guest *from, const char *text, size_t n)
{
	for (struct guest *g = room->first; g; g = g->next) {
		if (g == from)
			continue;
		if (twc_transport_is_full(g->line.base.transport))
			twc_transport_abort(g->line.base.transport);
		else
			twc_line_protocol_send(&g->line, text, n);
	}
}

static void guest_made(struct twc_line_protocol *p)
{
	struct guest *g = (struct guest *)p;

	g->number = ++g->room->last_number;
	g->next = g->room->first;
	g->room->first = g;
}

static void guest_line(struct twc_line_protocol *p, const char *line, size_t n)
{
	struct guest *g = (struct guest *)p;
	char *text = twc_asprintf("%u: %.*s", g->number, (int)n, line);

	tell(g->room, g, text, strlen(text));
	twc_free(text);
}

static void guest_lost(struct twc_line_protocol *p, const struct twc_err *reason)
{
	struct guest *g = (struct guest *)p;
	struct guest **at = &g->room->first;

	(void)reason;
	while (*at && *at != g)
		at = &(*at)->next;
	if (*at)
		*at = g->next;
	twc_free(g);
}

static const struct twc_line_ops guest_ops = { .made = guest_made, .line = guest_line, .lost = guest_lost };

static struct twc_protocol *guest_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct guest *g = twc_calloc(1, sizeof(*g));

	(void)peer;
	twc_line_protocol_init(&g->line, &guest_ops);
	twc_framer_set_delim(&g->line.framer, "\n", 1);
	g->line.framer.optional_cr = true;
	g->room = (struct room *)f;
	return &g->line.base;
}

static const struct twc_factory_ops room_ops = { .name = "room", .build = guest_build };

static void start_self_test(struct twc_reactor *r, const char *endpoint);
static int self_test_result(void);

int main(int argc, char **argv)
{
	bool test = getenv("TWC_EXAMPLE_TEST") != NULL;
	struct room room = { .factory.ops = &room_ops };
	struct twc_err err = { 0 };
	struct twc_reactor *r = twc_reactor_new(&err);
	const char *name = test ? "tcp:0" : argc > 1 ? argv[1] : "tcp:7000";
	struct twc_endpoint *e = r ? twc_endpoint_parse(name, TWC_LISTEN, &err) : NULL;
	struct twc_port *port = e ? twc_endpoint_listen(e, r, &room.factory, NULL, &err) : NULL;
	char text[256];

	if (port) {
		printf("listening on %s\n", twc_port_text(port, 0, text, sizeof(text)));
		fflush(stdout);
		if (test)
			start_self_test(r, text);
		twc_reactor_run(r, &err);
		twc_port_free(port);
	}
	twc_endpoint_free(e);
	twc_reactor_free(r);
	if (err.code)
		fprintf(stderr, "broadcast: %s\n", err.text);
	return err.code ? twc_err_exit(err.code) : test ? self_test_result() : 0;
}

/* ---- the self-test: the second guest speaks, the first one hears it, both leave ---- */

static struct {
	struct twc_line_protocol guest[2];
	struct twc_factory factory; /* hands them out in turn */
	struct twc_endpoint *endpoint;
	struct twc_reactor *reactor;
	unsigned built, lost;
	bool ok;
} test;

static void connect_one(void);

static void test_made(struct twc_line_protocol *p)
{
	if (p == &test.guest[0])
		connect_one();
	else
		twc_line_protocol_send(p, "hello", 5);
}

static void test_line(struct twc_line_protocol *p, const char *line, size_t n)
{
	test.ok = p == &test.guest[0] && twc_str_is((struct twc_str){ line, n }, "2: hello");
	twc_transport_lose(test.guest[0].base.transport);
	twc_transport_lose(test.guest[1].base.transport);
}

static void test_lost(struct twc_line_protocol *p, const struct twc_err *reason)
{
	(void)p, (void)reason;
	if (++test.lost == 2)
		twc_reactor_stop(test.reactor);
}

static const struct twc_line_ops test_ops = { .made = test_made, .line = test_line, .lost = test_lost };

static struct twc_protocol *test_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_line_protocol *p = &test.guest[test.built++];

	(void)f, (void)peer;
	twc_line_protocol_init(p, &test_ops);
	twc_framer_set_delim(&p->framer, "\n", 1);
	return &p->base;
}

static const struct twc_factory_ops test_factory_ops = { .name = "test", .build = test_build };

static void connect_failed(struct twc_result *res, void *arg)
{
	(void)arg;
	fprintf(stderr, "broadcast: %s\n", res->err.text);
	twc_result_set(res, NULL, NULL);
	twc_reactor_stop(test.reactor);
}

static void connect_one(void)
{
	struct twc_deferred *d = twc_endpoint_connect(test.endpoint, test.reactor, &test.factory);

	twc_deferred_add(d, NULL, connect_failed, NULL);
	twc_deferred_release(d);
}

static void start_self_test(struct twc_reactor *r, const char *endpoint)
{
	test.reactor = r;
	test.factory.ops = &test_factory_ops;
	test.endpoint = twc_endpoint_parse(endpoint, TWC_CONNECT, NULL);
	connect_one();
}

static int self_test_result(void)
{
	twc_endpoint_free(test.endpoint);
	printf("%s\n", test.ok ? "ok" : "not ok");
	return test.ok ? 0 : 1;
}
