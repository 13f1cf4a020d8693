/* SPDX-License-Identifier: MIT */
/* Ways to TLS and WebSocket that are given up: at each turn of each of them, by a cancel, with the reactor, and by a factory that says no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include <poll.h>
#include <twc/tls.h>

/* What the other side says, after what it has heard, and whether TLS begins with it. */
struct line {
	const char *heard, *says;
	bool is_tls;
};

struct way {
	const char *listens, *dials; /* @: the port */
	const struct line *line;
};

static const struct line silent[] = { { NULL, NULL, false } };
static const struct line smtp[] = {
	{ "", "220 here\r\n", false }, { "EHLO", "250-here\r\n250 STARTTLS\r\n", false }, { "STARTTLS", "220 go\r\n", true },
	{ NULL, NULL, false },
};
static const struct line proxy[] = { { "\r\n\r\n", "HTTP/1.1 200 yes\r\n\r\n", true }, { NULL, NULL, false } };
static const struct line within[] = { { "", "", true }, { NULL, NULL, false } };
static const struct line all[] = {
	{ "\r\n\r\n", "HTTP/1.1 200 yes\r\n\r\n", false }, { "PROXY ", "220 here\r\n", false },
	{ "EHLO", "250-here\r\n250 STARTTLS\r\n", false }, { "STARTTLS", "220 go\r\n", true }, { NULL, NULL, false },
};

static const struct way ways[] = {
	{ "tls:0:interface=127.0.0.1:cert=auto", "tls:127.0.0.1:@:verify=no", silent },
	{ "tcp:0:interface=127.0.0.1", "tcp:127.0.0.1:@:starttls=smtp:verify=no", smtp },
	{ "tls:0:interface=127.0.0.1:cert=auto", "tls:one.test:443:verify=no:via=[https:127.0.0.1:@:verify=no]", proxy },
	{ "tls:0:interface=127.0.0.1:cert=auto",
	  "tcp:one.test:25:starttls=smtp:verify=no:proxy-protocol=v1:via=[https:127.0.0.1:@:verify=no]", all },
	{ "tls:0:interface=127.0.0.1:cert=auto", "tls:one.test:443:verify=no:endpoint=[tcp:127.0.0.1:@]", silent },
	{ "tls:0:interface=127.0.0.1:cert=auto", "tls:one.test:443:verify=no:endpoint=[tls:127.0.0.1:@:verify=no]", within },
	{ "ws:0:interface=127.0.0.1", "ws://127.0.0.1:@/x", silent },
	{ "wss:0:interface=127.0.0.1:cert=auto", "wss:127.0.0.1:@:verify=no:deflate=yes", silent },
	{ "ws:0:interface=127.0.0.1", "ws:one.test:80:endpoint=[tcp:127.0.0.1:@]", silent },
};

struct peer {
	struct twc_factory base;
	const struct line *line;
	struct twc_tls_ctx *tls;
	unsigned alive, secure;
};

struct talk {
	struct twc_protocol base;
	struct peer *peer;
	const struct line *line;
	struct twc_buf heard;
};

static void on_secure(void *arg, struct twc_transport *t)
{
	(void)t;
	((struct peer *)arg)->secure++;
}

static void talk_on(struct talk *k)
{
	const struct line *l = k->line;
	struct twc_tls_start how = { .ctx = k->peer->tls, .done = on_secure, .arg = k->peer };

	if (!l->heard || !memmem(twc_buf_head(&k->heard), twc_buf_len(&k->heard), l->heard, strlen(l->heard)))
		return;
	twc_buf_consume(&k->heard, twc_buf_len(&k->heard));
	k->line++;
	twc_transport_write(k->base.transport, l->says, strlen(l->says));
	if (l->is_tls)
		twc_transport_start_tls(k->base.transport, &how);
}

static void talk_made(struct twc_protocol *p)
{
	struct talk *k = TWC_CONTAINER_OF(p, struct talk, base);

	if (k->line->heard && !k->line->heard[0])
		talk_on(k);
}

static void talk_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct talk *k = TWC_CONTAINER_OF(p, struct talk, base);

	assert_int_equal(twc_buf_add(&k->heard, data, n), 0);
	talk_on(k);
}

static void talk_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct talk *k = TWC_CONTAINER_OF(p, struct talk, base);

	(void)reason;
	k->peer->alive--;
	twc_buf_fini(&k->heard);
	free(k);
}

static const struct twc_protocol_ops talk_ops = { .name = "talk", .made = talk_made, .data = talk_data, .lost = talk_lost };

static struct twc_protocol *peer_build(struct twc_factory *f, const struct twc_addr *from)
{
	struct peer *peer = (struct peer *)f;
	struct talk *k = calloc(1, sizeof(*k));

	(void)from;
	assert_non_null(k);
	k->base.ops = &talk_ops;
	k->peer = peer;
	k->line = peer->line;
	twc_buf_init(&k->heard, 4096);
	peer->alive++;
	return &k->base;
}

static const struct twc_factory_ops peer_ops = { .name = "peer", .build = peer_build };

/* ---- one try ---- */

struct try {
	struct twc_reactor *r;
	struct peer peer;
	struct conns client;
	struct twc_endpoint *listens, *dials;
	struct twc_port *port;
	struct twc_deferred *d;
	struct outcome o;
};

static void try_open(struct try *t, const struct way *way, bool refuse)
{
	const struct twc_tls_opts made = { .server = true, .cert = "auto" };
	int at = (int)strcspn(way->dials, "@");
	struct twc_addr addr;
	char text[256];

	*t = (struct try){ .r = loop_real(), .client = conns_make() };
	t->peer = (struct peer){ .base = { .ops = &peer_ops }, .line = way->line, .tls = twc_tls_ctx_new(&made, NULL) };
	t->client.refuse = refuse;
	t->listens = must_parse(way->listens, TWC_LISTEN);
	t->port = twc_endpoint_listen(t->listens, t->r, &t->peer.base, NULL, NULL);
	assert_non_null(t->port);
	twc_port_addr(t->port, 0, &addr);
	snprintf(text, sizeof(text), "%.*s%u%s", at, way->dials, twc_addr_port(&addr), way->dials + at + 1);
	t->dials = must_parse(text, TWC_CONNECT);
	t->d = start_connect(t->dials, t->r, &t->client, &t->o);
}

/* False when it was over before. */
static bool try_turns(struct try *t, unsigned turns)
{
	for (unsigned i = 0; i < turns && !t->o.done; i++) {
		struct pollfd loop = { .fd = twc_reactor_fd(t->r), .events = POLLIN };

		assert_int_equal(poll(&loop, 1, 5000), 1);
		twc_reactor_step(t->r);
	}
	return !t->o.done;
}

static void try_close(struct try *t)
{
	twc_port_free(t->port);
	twc_reactor_free(t->r);
	assert_true(t->o.done);
	assert_int_equal(t->client.built, t->client.lost);
	assert_int_equal(t->client.started, t->client.stopped);
	assert_int_equal(t->client.base.users, 0);
	assert_int_equal(t->peer.alive, 0);
	twc_endpoint_free(t->dials);
	twc_endpoint_free(t->listens);
	twc_tls_ctx_free(t->peer.tls);
}

static void each_way_arrives(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(ways); i++) {
		struct try t;

		try_open(&t, &ways[i], false);
		assert_true(loop_until(t.r, &t.o.done));
		if (!t.o.p)
			fail_msg("%s: %s", ways[i].dials, t.o.err.text);
		twc_deferred_release(t.d);
		try_close(&t);
	}
}

static void a_cancel_at_each_turn(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(ways); i++) {
		bool before = true;

		for (unsigned turns = 0; before; turns++) {
			struct try t;

			try_open(&t, &ways[i], false);
			before = try_turns(&t, turns);
			if (before) {
				twc_deferred_cancel(t.d);
				assert_true(t.o.done);
				assert_int_equal(t.o.err.code, TWC_ECANCELLED);
				assert_int_equal(t.client.base.users, 0);
			}
			twc_deferred_release(t.d);
			try_close(&t);
		}
	}
}

static void the_reactor_goes_at_each_turn(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(ways); i++) {
		bool before = true;

		for (unsigned turns = 0; before; turns++) {
			struct try t;

			try_open(&t, &ways[i], false);
			before = try_turns(&t, turns);
			twc_deferred_release(t.d);
			try_close(&t);
			if (before)
				assert_int_equal(t.o.err.code, TWC_ECANCELLED);
		}
	}
}

static void a_factory_that_says_no(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(ways); i++) {
		struct try t;

		try_open(&t, &ways[i], true);
		assert_true(loop_until(t.r, &t.o.done));
		assert_null(t.o.p);
		assert_int_equal(t.o.err.code, TWC_EREJECTED);
		twc_deferred_release(t.d);
		try_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_arrives),
		cmocka_unit_test(a_cancel_at_each_turn),
		cmocka_unit_test(the_reactor_goes_at_each_turn),
		cmocka_unit_test(a_factory_that_says_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
