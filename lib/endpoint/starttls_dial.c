/* SPDX-License-Identifier: MIT */
/*
 * starttls=: what is said in the clear, between the dial and the handshake. What the server says behind its last word in
 * the clear came from somebody else, perhaps: the connection is given up (the STARTTLS response injections of 2011, 2021).
 */
#include "endpoint/endpoint_int.h"
#include "endpoint/exchange.h"
#include "protocol/starttls_int.h"
#include <errno.h>
#include "base/banned.h"

struct asking {
	struct twc_reactor *r;
	struct twc_deferred *result;
	struct twc__conn *conn; /* owned */
	struct twc__starttls codec;
	struct twc__exchange exchange;
	struct twc_timer timer;
	uint64_t shown_ns;
	char *host; /* owned */
};

static void asking_free(struct asking *s)
{
	twc__exchange_stop(&s->exchange);
	twc_timer_stop(s->r, &s->timer);
	twc__starttls_fini(&s->codec);
	twc__conn_free(s->conn);
	twc_free(s->host);
	twc_free(s);
}

static void asking_fail(struct asking *s, const struct twc_err *cause)
{
	struct twc_deferred *result = s->result;
	struct twc_err err = *cause;

	twc_err_set(&err, cause->code, "the %s server %s", twc__starttls_words[s->codec.kind], cause->text);
	err.sys = cause->sys;
	asking_free(s);
	twc_deferred_fail(result, &err);
}

static int on_feed(void *arg, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	return twc__starttls_feed(&((struct asking *)arg)->codec, data, n, used, err);
}

static int on_end(void *arg, struct twc_err *err)
{
	return twc__starttls_end(&((struct asking *)arg)->codec, err);
}

static void on_broke(void *arg, int sys, struct twc_err *err)
{
	const struct asking *s = arg;

	twc_err_sys(err, sys == ETIMEDOUT ? TWC_ETIMEDOUT : TWC_ERESET, sys, NULL,
		    "broke the connection off before it answered %s", twc__starttls_waiting(&s->codec));
}

static void on_over(void *arg, bool has_more, const struct twc_err *cause)
{
	struct asking *s = arg;
	struct twc_deferred *result = s->result;
	struct twc__conn *conn = s->conn;
	struct twc_err err = *cause;

	if (!err.code && has_more)
		twc_err_set(&err, TWC_EPROTO, "sent more before the handshake: not to be trusted");
	if (err.code) {
		asking_fail(s, &err);
		return;
	}
	s->conn = NULL;
	asking_free(s);
	twc_deferred_fire(result, conn, twc__conn_free);
}

static void on_limit(struct twc_timer *timer, void *arg)
{
	struct asking *s = arg;
	struct twc_err err = { 0 };
	char time[32];

	(void)timer;
	twc_format_duration(time, sizeof(time), s->shown_ns);
	twc_err_set(&err, TWC_ETIMEDOUT, "did not answer %s within %s", twc__starttls_waiting(&s->codec), time);
	asking_fail(s, &err);
}

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct twc_err err = { 0 };

	asking_free(arg);
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	twc_deferred_fail(d, &err);
}

struct twc_deferred *twc__starttls_ask(struct twc_reactor *r, struct twc__conn *conn, const struct twc__args *a,
				       uint64_t limit_ns, uint64_t shown_ns)
{
	struct asking *s = twc_calloc(1, sizeof(*s));
	struct twc_err err = { 0 };

	s->r = r;
	s->conn = conn;
	s->shown_ns = shown_ns;
	s->host = twc_strdup(twc__args_str(a, "host", "localhost"));
	s->exchange = (struct twc__exchange){ .out = &s->codec.out, .feed = on_feed, .end = on_end, .broke = on_broke,
					      .over = on_over, .arg = s };
	if (twc__starttls_init(&s->codec, (enum twc__starttls_kind)twc__args_num(a, "starttls", 0), s->host, &err) ||
	    twc__exchange_start(&s->exchange, r, conn, &err)) {
		asking_free(s);
		return twc_deferred_failed(r, &err);
	}
	twc_timer_start(r, &s->timer, limit_ns, on_limit, s);
	s->result = twc_deferred_new(r, on_cancel, s);
	return s->result;
}
