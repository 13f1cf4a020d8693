/* SPDX-License-Identifier: MIT */
/* The TLS filter on memory wires: handshakes, data, ends, and what goes wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <twc/tls.h>

#include "support/certs.h"
#include "transport/tls_filter.h"
#include "transport/transport_int.h"
#include "pair.h"

static struct certs certs;

struct tls_pair {
	struct pair p; /* a is the client */
	struct twc_tls_ctx *client, *server;
	unsigned done;
};

static void on_done(void *arg, struct twc_transport *t)
{
	struct tls_pair *s = arg;

	(void)t;
	s->done++;
}

static struct twc_tls_ctx *context(const struct twc_tls_opts *o)
{
	struct twc_err err = { 0 };
	struct twc_tls_ctx *c = twc_tls_ctx_new(o, &err);

	assert_string_equal(err.text, "");
	assert_non_null(c);
	return c;
}

static void setup(struct tls_pair *s, const struct twc_tls_opts *client, const struct twc_tls_opts *server, size_t capacity)
{
	*s = (struct tls_pair){ .done = 0 };
	pair_init(&s->p);
	s->client = context(client);
	s->server = context(server);
	pair_join(&s->p, capacity);
}

static void start_named(struct tls_pair *s, const char *name)
{
	struct twc_tls_start c = { .ctx = s->client, .servername = name, .verify_name = name, .done = on_done, .arg = s };
	struct twc_tls_start v = { .ctx = s->server, .done = on_done, .arg = s };

	twc_transport_start_tls(s->p.a.base.transport, &c);
	twc_transport_start_tls(s->p.b.base.transport, &v);
}

static void setup_good(struct tls_pair *s, size_t capacity)
{
	const struct twc_tls_opts client = { .ca = certs.ca }, server = { .server = true, .cert = certs.server };

	setup(s, &client, &server, capacity);
	start_named(s, "one.test");
}

static void teardown(struct tls_pair *s)
{
	pair_fini(&s->p);
	twc_tls_ctx_free(s->client);
	twc_tls_ctx_free(s->server);
}

/* ---- data ---- */

static void bytes_go_both_ways_at_every_capacity(void **state)
{
	for (size_t capacity = 1; capacity < 300; capacity = capacity * 3 + 1) {
		struct tls_pair s;
		struct twc_tls_info info;

		setup_good(&s, capacity);
		run(&s.p);
		assert_int_equal(s.done, 2);
		write_str(&s.p.a, "hello");
		write_str(&s.p.b, "world");
		run(&s.p);
		assert_string_equal(s.p.b.got, "hello");
		assert_string_equal(s.p.a.got, "world");
		assert_true(twc_tls_info(s.p.a.base.transport, &info));
		assert_string_equal(info.version, "TLSv1.3");
		teardown(&s);
	}
}

static void what_is_written_early_waits_for_the_handshake(void **state)
{
	struct tls_pair s;

	setup_good(&s, 0);
	write_str(&s.p.a, "early");
	write_str(&s.p.b, "bird");
	assert_int_equal(s.done, 0);
	run(&s.p);
	assert_string_equal(s.p.b.got, "early");
	assert_string_equal(s.p.a.got, "bird");
	teardown(&s);
}

static void a_paused_client_speaks_when_it_resumes(void **state)
{
	struct tls_pair s;

	setup_good(&s, 0);
	twc_transport_pause(s.p.a.base.transport);
	run(&s.p);
	assert_int_equal(s.done, 0);
	twc_transport_resume(s.p.a.base.transport);
	run(&s.p);
	assert_int_equal(s.done, 2);
	teardown(&s);
}

static void what_was_written_before_goes_in_the_clear(void **state)
{
	const struct twc_tls_opts client = { .ca = certs.ca }, server = { .server = true, .cert = certs.server };
	struct tls_pair s;

	setup(&s, &client, &server, 8);
	write_str(&s.p.b, "220 ready to start");
	start_named(&s, "one.test");
	assert_int_equal(twc_transport_queued(s.p.b.base.transport), 10);
	teardown(&s);
}

static void a_megabyte_arrives_whole(void **state)
{
	const size_t size = 1 << 20;
	char *want = malloc(size);
	struct tls_pair s;

	for (size_t i = 0; i < size; i++)
		want[i] = (char)(i * 31 + i / 4096);
	for (size_t capacity = 1000; capacity < 300000; capacity *= 17) {
		setup_good(&s, capacity);
		run(&s.p);
		for (size_t at = 0, n; at < size; at += n) {
			n = at % 50021 + 1;
			if (n > size - at)
				n = size - at;
			twc_transport_write(s.p.a.base.transport, want + at, n);
		}
		twc_transport_write_eof(s.p.a.base.transport);
		run(&s.p);
		assert_int_equal(s.p.b.n, size);
		assert_memory_equal(s.p.b.got, want, size);
		assert_true(s.p.b.has_eof);
		teardown(&s);
	}
	free(want);
}

static void pause_on_data(struct probe *p, const uint8_t *data, size_t n)
{
	(void)data;
	(void)n;
	twc_transport_pause(p->base.transport);
}

static void a_paused_reader_gets_the_rest_when_it_resumes(void **state)
{
	static const char big[300000];
	struct tls_pair s;
	int turns = 0;

	setup_good(&s, 1 << 20);
	run(&s.p);
	s.p.b.on_data = pause_on_data;
	twc_transport_write(s.p.a.base.transport, big, sizeof(big));
	twc_transport_write_eof(s.p.a.base.transport);
	run(&s.p);
	assert_in_range(s.p.b.n, 1, sizeof(big) - 1);
	while (!s.p.b.has_eof && turns++ < 100) {
		twc_transport_resume(s.p.b.base.transport);
		run(&s.p);
	}
	assert_int_equal(s.p.b.n, sizeof(big));
	assert_true(s.p.b.has_eof);
	teardown(&s);
}

static void small_writes_share_a_record(void **state)
{
	struct tls_pair s;

	setup_good(&s, 0);
	run(&s.p);
	s.p.b.datas = 0;
	for (int i = 0; i < 100; i++)
		write_str(&s.p.a, "tiny ");
	run(&s.p);
	assert_int_equal(s.p.b.n, 500);
	assert_int_equal(s.p.b.datas, 1);
	teardown(&s);
}

/* ---- ends ---- */

static void half_a_connection_may_go_on(int max)
{
	const struct twc_tls_opts client = { .ca = certs.ca, .max = max }, server = { .server = true, .cert = certs.server };
	struct tls_pair s;

	setup(&s, &client, &server, 0);
	start_named(&s, "one.test");
	run(&s.p);
	write_str(&s.p.a, "question");
	twc_transport_write_eof(s.p.a.base.transport);
	run(&s.p);
	assert_true(s.p.b.has_eof);
	assert_false(s.p.a.has_eof);
	write_str(&s.p.b, "answer");
	twc_transport_write_eof(s.p.b.base.transport);
	run(&s.p);
	assert_string_equal(s.p.a.got, "answer");
	assert_true(s.p.a.is_lost && s.p.b.is_lost);
	assert_int_equal(s.p.a.reason.code, 0);
	assert_int_equal(s.p.b.reason.code, 0);
	teardown(&s);
}

static void half_close_under_1_3(void **state)
{
	half_a_connection_may_go_on(13);
}

static void half_close_under_1_2(void **state)
{
	half_a_connection_may_go_on(12);
}

static void truncation(bool allowed)
{
	const struct twc_tls_opts client = { .ca = certs.ca, .allow_truncation = allowed };
	const struct twc_tls_opts server = { .server = true, .cert = certs.server };
	struct twc_reactor *r = loop_fake();
	struct probe a, b, x, y;
	struct twc_tls_ctx *c = context(&client), *v = context(&server);
	struct twc_tls_start cs = { .ctx = c }, vs = { .ctx = v };

	/* client a - x | y - server b: what stands between ends a's stream without close_notify */
	probe_init(&a);
	probe_init(&b);
	probe_init(&x);
	probe_init(&y);
	twc_transport_pair(r, 0, probe_protocol(&a), probe_protocol(&x));
	twc_transport_pair(r, 0, probe_protocol(&y), probe_protocol(&b));
	twc_transport_pipe(x.base.transport, y.base.transport);
	twc_transport_pipe(y.base.transport, x.base.transport);
	twc_transport_start_tls(a.base.transport, &cs);
	twc_transport_start_tls(b.base.transport, &vs);
	write_str(&b, "half of it");
	twc_reactor_advance(r, 0);
	assert_string_equal(a.got, "half of it");
	twc_transport_pipe(y.base.transport, NULL);
	twc_transport_lose(x.base.transport);
	twc_reactor_advance(r, 0);
	if (allowed) {
		assert_true(a.has_eof);
	} else {
		assert_true(a.is_lost);
		assert_int_equal(a.reason.code, TWC_ETRUNC);
	}
	if (!a.is_lost)
		twc_transport_abort(a.base.transport);
	twc_transport_abort(b.base.transport);
	twc_reactor_advance(r, 3 * LOOP_S);
	if (!x.is_lost)
		twc_transport_abort(x.base.transport);
	if (!y.is_lost)
		twc_transport_abort(y.base.transport);
	twc_reactor_advance(r, 0);
	probe_fini(&a);
	probe_fini(&b);
	probe_fini(&x);
	probe_fini(&y);
	twc_tls_ctx_free(c);
	twc_tls_ctx_free(v);
	twc_reactor_free(r);
}

static void an_end_without_close_notify_is_a_truncation(void **state)
{
	truncation(false);
}

static void unless_it_is_allowed(void **state)
{
	truncation(true);
}

static void lose_says_goodbye(void **state)
{
	struct tls_pair s;

	setup_good(&s, 0);
	run(&s.p);
	write_str(&s.p.a, "bye");
	twc_transport_lose(s.p.a.base.transport);
	run(&s.p);
	assert_string_equal(s.p.b.got, "bye");
	assert_true(s.p.b.has_eof);
	twc_transport_lose(s.p.b.base.transport);
	run(&s.p);
	assert_int_equal(s.p.a.reason.code, 0);
	assert_int_equal(s.p.b.reason.code, 0);
	teardown(&s);
}

/* ---- TLS in TLS ---- */

static void again(void *arg, struct twc_transport *t)
{
	struct tls_pair *s = arg;
	bool is_client = t == s->p.a.base.transport;
	struct twc_tls_start how = { .ctx = is_client ? s->client : s->server, .servername = is_client ? "one.test" : NULL,
				     .verify_name = is_client ? "one.test" : NULL, .done = on_done, .arg = s };

	twc_transport_start_tls(t, &how);
}

static void a_second_layer(void **state)
{
	static char big[500000];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 11 + i / 1000);
	for (size_t capacity = 500; capacity < 200000; capacity *= 17) {
		const struct twc_tls_opts client = { .ca = certs.ca }, server = { .server = true, .cert = certs.server };
		struct tls_pair s;
		struct twc_tls_start c, v;

		setup(&s, &client, &server, capacity);
		c = (struct twc_tls_start){ .ctx = s.client, .verify_name = "one.test", .done = again, .arg = &s };
		v = (struct twc_tls_start){ .ctx = s.server, .done = again, .arg = &s };
		twc_transport_start_tls(s.p.a.base.transport, &c);
		twc_transport_start_tls(s.p.b.base.transport, &v);
		run(&s.p);
		if (s.done != 2)
			fail_msg("client: '%s', server: '%s'", s.p.a.reason.text, s.p.b.reason.text);
		twc_transport_write(s.p.a.base.transport, big, sizeof(big));
		write_str(&s.p.b, "back");
		twc_transport_write_eof(s.p.a.base.transport);
		run(&s.p);
		assert_int_equal(s.p.b.n, sizeof(big));
		assert_memory_equal(s.p.b.got, big, sizeof(big));
		assert_true(s.p.b.has_eof);
		assert_string_equal(s.p.a.got, "back");
		twc_transport_write_eof(s.p.b.base.transport);
		run(&s.p);
		assert_true(s.p.a.is_lost && s.p.b.is_lost);
		assert_int_equal(s.p.a.reason.code, 0);
		assert_int_equal(s.p.b.reason.code, 0);
		teardown(&s);
	}
}

static void unread_rest(struct probe *p, const uint8_t *data, size_t n)
{
	p->on_data = NULL;
	twc__tls_unread(p->base.transport, data + 4, n - 4);
}

static void what_is_put_back_is_read_again(void **state)
{
	struct tls_pair s;

	setup_good(&s, 0);
	run(&s.p);
	s.p.b.on_data = unread_rest;
	write_str(&s.p.a, "headbody");
	run(&s.p);
	assert_string_equal(s.p.b.got, "headbodybody");
	write_str(&s.p.a, " more");
	twc_transport_write_eof(s.p.a.base.transport);
	run(&s.p);
	assert_string_equal(s.p.b.got, "headbodybody more");
	assert_true(s.p.b.has_eof);
	teardown(&s);
}

static size_t first_n;

static void note_first(struct probe *p, const uint8_t *data, size_t n)
{
	(void)p;
	(void)data;
	first_n = first_n ? first_n : n;
}

static void key_updates_without_end_let_others_have_their_turn(void **state)
{
	struct tls_pair s;
	SSL *ssl;

	setup_good(&s, 4 << 20);
	run(&s.p);
	ssl = twc__tls_ssl(s.p.a.base.transport);
	twc_transport_pause(s.p.b.base.transport);
	for (int i = 0; i < 8; i++) {
		for (int k = 0; k < 5000; k++) {
			assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
			assert_int_equal(SSL_do_handshake(ssl), 1);
		}
		write_str(&s.p.a, "x"); /* takes them along */
		run(&s.p);
	}
	first_n = 0;
	s.p.b.on_data = note_first;
	twc_transport_resume(s.p.b.base.transport);
	run(&s.p);
	assert_in_range(first_n, 1, 7);
	assert_string_equal(s.p.b.got, "xxxxxxxx");
	teardown(&s);
}

static void count_updates(int is_write, int version, int type, const void *p, size_t n, SSL *ssl, void *arg)
{
	(void)version;
	(void)ssl;
	if (!is_write && type == SSL3_RT_HANDSHAKE && n && *(const uint8_t *)p == SSL3_MT_KEY_UPDATE)
		++*(unsigned *)arg;
}

static void a_key_is_not_for_ever(void **state)
{
	for (int max = 12; max <= 13; max++) {
		const struct twc_tls_opts client = { .ca = certs.ca, .max = max }, server = { .server = true, .cert = certs.server };
		struct tls_pair s;
		unsigned updates = 0;

		setup(&s, &client, &server, 0);
		start_named(&s, "one.test");
		run(&s.p);
		twc_transport_write_eof(s.p.b.base.transport); /* it may have ended its half */
		run(&s.p);
		SSL_set_msg_callback(twc__tls_ssl(s.p.b.base.transport), count_updates);
		SSL_set_msg_callback_arg(twc__tls_ssl(s.p.b.base.transport), &updates);
		write_str(&s.p.a, "one");
		run(&s.p);
		s.p.a.base.transport->x->tls->records = TWC__TLS_REKEY;
		write_str(&s.p.a, "two");
		run(&s.p);
		write_str(&s.p.a, "three");
		run(&s.p);
		assert_string_equal(s.p.b.got, "onetwothree");
		assert_int_equal(updates, max == 13);
		assert_in_range(s.p.a.base.transport->x->tls->records, 1, 3);
		teardown(&s);
	}
}

/* ---- what is not trusted ---- */

static void fails(const char *cert, const char *ca, const char *name, int code, const char *text)
{
	const struct twc_tls_opts client = { .ca = ca }, server = { .server = true, .cert = cert };
	struct tls_pair s;

	setup(&s, &client, &server, 0);
	start_named(&s, name);
	run(&s.p);
	assert_true(s.p.a.is_lost);
	assert_int_equal(s.p.a.reason.code, code);
	if (!strstr(s.p.a.reason.text, text))
		fail_msg("'%s' is not in '%s'", text, s.p.a.reason.text);
	assert_true(s.p.b.is_lost);
	assert_int_equal(s.p.b.reason.code, TWC_EACCESS);
	teardown(&s);
}

static void each_distrust_has_its_sentence(void **state)
{
	fails(certs.server, certs.ca, "two.test", TWC_EUNTRUSTED, "is for one.test, *.wild.test, 127.0.0.1, ::1, not for two.test");
	fails(certs.server, certs.ca, "127.0.0.2", TWC_EUNTRUSTED, "not for 127.0.0.2");
	fails(certs.expired, certs.ca, "one.test", TWC_EUNTRUSTED, "expired at ");
	fails(certs.self, certs.ca, "one.test", TWC_EUNTRUSTED, "self-signed (CN=one.test); use ca= or pin=");
	fails(certs.stranger, certs.ca, "one.test", TWC_EUNTRUSTED, "unknown authority (CN=app, issued by CN=Other authority)");
}

static void names_that_fit(void **state)
{
	static const char *const names[] = { "one.test", "one.test.", "a.wild.test", "127.0.0.1", "::1", "::1%lo" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct twc_tls_opts client = { .ca = certs.ca }, server = { .server = true, .cert = certs.server };
		struct tls_pair s;

		setup(&s, &client, &server, 0);
		start_named(&s, names[i]);
		run(&s.p);
		assert_int_equal(s.done, 2);
		teardown(&s);
	}
}

static void a_missing_client_certificate_is_not_allowed(void **state)
{
	const struct twc_tls_opts client = { .ca = certs.ca };
	const struct twc_tls_opts server = { .server = true, .cert = certs.server, .ca = certs.ca, .client_auth = TWC_TLS_AUTH_REQUIRE };
	struct tls_pair s;

	setup(&s, &client, &server, 0);
	start_named(&s, "one.test");
	run(&s.p);
	assert_true(s.p.a.is_lost);
	assert_int_equal(s.p.a.reason.code, TWC_EACCESS);
	assert_non_null(strstr(s.p.a.reason.text, "demands a certificate"));
	assert_int_equal(s.p.b.reason.code, TWC_EUNTRUSTED);
	teardown(&s);
}

static void a_client_certificate_in_small_pieces(void **state)
{
	const struct twc_tls_opts client = { .ca = certs.ca, .cert = certs.client };

	for (int max = 12; max <= 13; max++) {
		const struct twc_tls_opts server = { .server = true, .cert = certs.server, .ca = certs.ca, .max = max,
						     .client_auth = TWC_TLS_AUTH_REQUIRE };
		struct tls_pair s;

		setup(&s, &client, &server, 7);
		start_named(&s, "one.test");
		run(&s.p);
		if (s.done != 2 || s.p.a.is_lost)
			fail_msg("client: '%s', server: '%s'", s.p.a.reason.text, s.p.b.reason.text);
		teardown(&s);
	}
}

static void plain_text_is_not_tls(void **state)
{
	const struct twc_tls_opts server = { .server = true, .cert = certs.server };
	struct twc_tls_ctx *v = context(&server);
	struct twc_tls_start vs = { .ctx = v };
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	twc_transport_start_tls(p.b.base.transport, &vs);
	write_str(&p.a, "GET / HTTP/1.0\r\n\r\n");
	run(&p);
	assert_true(p.b.is_lost);
	assert_int_equal(p.b.reason.code, TWC_EPROTO);
	assert_string_equal(p.b.reason.text, "what came is not TLS");
	pair_fini(&p);
	twc_tls_ctx_free(v);
}

/* It is not yet protected: who takes it for an end has spoken with nobody, and takes that for a success. */
static void close_notify_in_the_handshake_is_no_end(void **state)
{
	static const char notify[] = { 0x15, 3, 3, 0, 2, 1, 0 };

	for (int is_server = 0; is_server < 2; is_server++) {
		struct twc_tls_ctx *c = context(is_server ? &(struct twc_tls_opts){ .server = true, .cert = certs.server }
							  : &(struct twc_tls_opts){ .ca = certs.ca });
		struct tls_pair s = { .done = 0 };
		struct twc_tls_start how = { .ctx = c, .verify_name = is_server ? NULL : "one.test", .done = on_done, .arg = &s };

		pair_init(&s.p);
		pair_join(&s.p, 0);
		twc_transport_start_tls(s.p.b.base.transport, &how);
		run(&s.p);
		twc_transport_write(s.p.a.base.transport, notify, sizeof(notify));
		run(&s.p);
		assert_int_equal(s.done, 0);
		assert_true(s.p.b.is_lost);
		assert_int_equal(s.p.b.reason.code, TWC_EPROTO);
		if (!is_server) /* to which it is no message at all */
			assert_string_equal(s.p.b.reason.text, "the peer ended the session during the handshake");
		pair_fini(&s.p);
		twc_tls_ctx_free(c);
	}
}

/* What is not of the session, in the middle of it: never taken for an alert of the peer's. */
static void forged_records_are_called_so(void **state)
{
	static const char alert[] = { 0x15, 3, 3, 0, 2, 2, 42 };
	char record[69] = { 0x17, 3, 3, 0, 64 };
	const struct {
		const char *data;
		size_t n;
	} forged[] = { { alert, sizeof(alert) }, { record, sizeof(record) } };

	for (int i = 0; i < 4; i++) {
		const struct twc_tls_opts client = { .ca = certs.ca, .max = 12 + i / 2 };
		const struct twc_tls_opts server = { .server = true, .cert = certs.server };
		struct iovec iov = { (void *)(uintptr_t)forged[i % 2].data, forged[i % 2].n };
		struct tls_pair s;
		struct twc__tls *below;

		setup(&s, &client, &server, 0);
		start_named(&s, "one.test");
		run(&s.p);
		below = s.p.a.base.transport->x->tls;
		assert_int_equal(below->lower->writev(s.p.a.base.transport, &iov, 1), iov.iov_len);
		run(&s.p);
		assert_true(s.p.b.is_lost);
		assert_int_equal(s.p.b.reason.code, TWC_EPROTO);
		assert_null(strstr(s.p.b.reason.text, "alert"));
		if (i % 2)
			assert_string_equal(s.p.b.reason.text, "a record came damaged, or was forged");
		teardown(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways_at_every_capacity),
		cmocka_unit_test(what_is_written_early_waits_for_the_handshake),
		cmocka_unit_test(a_paused_client_speaks_when_it_resumes),
		cmocka_unit_test(what_was_written_before_goes_in_the_clear),
		cmocka_unit_test(a_megabyte_arrives_whole),
		cmocka_unit_test(a_paused_reader_gets_the_rest_when_it_resumes),
		cmocka_unit_test(small_writes_share_a_record),
		cmocka_unit_test(half_close_under_1_3),
		cmocka_unit_test(half_close_under_1_2),
		cmocka_unit_test(an_end_without_close_notify_is_a_truncation),
		cmocka_unit_test(unless_it_is_allowed),
		cmocka_unit_test(lose_says_goodbye),
		cmocka_unit_test(a_second_layer),
		cmocka_unit_test(what_is_put_back_is_read_again),
		cmocka_unit_test(key_updates_without_end_let_others_have_their_turn),
		cmocka_unit_test(a_key_is_not_for_ever),
		cmocka_unit_test(each_distrust_has_its_sentence),
		cmocka_unit_test(names_that_fit),
		cmocka_unit_test(a_missing_client_certificate_is_not_allowed),
		cmocka_unit_test(a_client_certificate_in_small_pieces),
		cmocka_unit_test(plain_text_is_not_tls),
		cmocka_unit_test(forged_records_are_called_so),
		cmocka_unit_test(close_notify_in_the_handshake_is_no_end),
	};
	int rc;

	certs_make(&certs);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	certs_remove(&certs);
	return rc;
}
