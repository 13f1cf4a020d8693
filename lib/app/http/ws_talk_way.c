/* SPDX-License-Identifier: MIT */
/*
 * Getting there: a fetch that asks for WebSocket, with all that it takes (redirects, logins, proxies), the answer held against what
 * was asked for, and the protocol put on the connection. A new key each time.
 */
#include "app/http/ws_talk.h"

#include <stdio.h>

#include "protocol/ws/handshake.h"
#include "base/banned.h"

static struct twc__ws_offer offer_of(const struct twc_ws_talk *x)
{
	return (struct twc__ws_offer){ .subprotocols = x->o.subprotocols, .deflate = x->o.deflate };
}

/* "404 Not Found", fit for a terminal. */
static void say_status(const struct twc_http_response *res, char *out, size_t cap)
{
	char reason[80];

	twc_escape(reason, sizeof(reason), res->reason.n > 0 ? res->reason : twc_str_of(twc_http_reason(res->status)));
	(void)snprintf(out, cap, "%d%s%s", res->status, reason[0] ? " " : "", reason);
}

/* Any answer but 101. */
static void refused(const struct twc_http_fetch *f, const struct twc_http_response *res, struct twc_err *err)
{
	bool is_login = res->status == 401 || res->status == 403 || res->status == 407;
	const struct twc_url *to = twc_http_fetch_redirect_url(f);
	char status[100], shown[100], *url;

	say_status(res, status, sizeof(status));
	if (to) {
		url = twc_url_text(to, TWC_URL_MASK);
		twc_escape(shown, sizeof(shown), twc_str_of(url));
		twc_free(url);
		twc_err_set(err, TWC_EREJECTED, "the server redirects to %s (%s); -L follows", shown, status);
	} else if (res->status < 300) {
		twc_err_set(err, TWC_EREJECTED, "no WebSocket there: the server answered %s", status);
	} else {
		twc_err_set(err, is_login ? TWC_EACCESS : TWC_EREJECTED, "handshake refused: the server answered %s", status);
	}
}

static int switch_over(struct twc_ws_talk *x, struct twc_http_fetch *f, const struct twc_http_response *res,
		       struct twc_err *err)
{
	const struct twc__ws_offer offer = offer_of(x);
	struct twc__ws_accepted got = { 0 };
	int rc = twc__ws_offer_check(&offer, x->key, &res->fields, &got, err);

	if (rc < 0)
		return rc;
	if (x->o.opened)
		x->o.opened(x->o.arg, twc_http_response_transport(res));
	twc__ws_talk_prepare(x, &got.deflate);
	if (twc_http_fetch_upgrade(f, &x->ws.base))
		return 0;
	twc_ws_protocol_fini(&x->ws);
	return twc_err_set(err, TWC_ETRUNC, "the connection ended with the handshake");
}

static void on_head(void *arg, struct twc_http_fetch *f, bool is_last)
{
	struct twc_ws_talk *x = arg;
	const struct twc_http_response *res = twc_http_fetch_response(f);
	struct twc_err err = { 0 };

	x->fetch = f;
	x->status = res->status;
	if (!is_last)
		return;
	if (res->status != 101)
		refused(f, res, &err);
	else
		(void)switch_over(x, f, res, &err);
	if (x->fetch == f) /* else it has ended in between */
		twc_http_fetch_stop(f, &err);
}

static void on_done(void *arg, struct twc_http_fetch *f, const struct twc_err *err)
{
	struct twc_ws_talk *x = arg;
	struct twc_err why = *err;

	x->phase = twc_http_fetch_phase(f);
	x->fetch = NULL;
	twc_http_fetch_free(f);
	if (why.code)
		twc__ws_talk_failed(x, &why);
}

static void on_seen(void *arg, struct twc_http_fetch *f, char dir, struct twc_str head)
{
	const struct twc_ws_talk *x = arg;

	(void)f;
	x->o.seen(x->o.arg, dir, head);
}

static void on_note(void *arg, struct twc_http_fetch *f, const char *text)
{
	const struct twc_ws_talk *x = arg;

	(void)f;
	x->o.note(x->o.arg, text);
}

/* Two of a kind would make the handshake one that nobody understands. */
static int check_own(const struct twc_http_fields *fields, struct twc_err *err)
{
	for (size_t i = 0; i < twc_http_fields_count(fields); i++) {
		struct twc_str name = twc_http_fields_at(fields, i).name;
		static const char own[] = "Sec-WebSocket-";

		if (name.n >= sizeof(own) - 1 && twc_str_eq_nocase((struct twc_str){ name.p, sizeof(own) - 1 }, twc_str_of(own)))
			return twc_err_set(err, TWC_EUSAGE, "%.*s is the handshake's own field; see --subprotocol and --deflate",
					   (int)name.n, name.p);
	}
	return 0;
}

/* The fields of the caller's, and those of the handshake with a key of its own. */
static int make_fields(struct twc_ws_talk *x, struct twc_err *err)
{
	const struct twc__ws_offer offer = offer_of(x);
	int rc = 0;

	twc_http_fields_fini(&x->fields);
	if (x->o.fetch->fields)
		rc = twc_http_fields_copy(&x->fields, x->o.fetch->fields, err);
	if (rc == 0)
		rc = check_own(&x->fields, err);
	if (rc == 0 && x->o.origin)
		rc = twc_http_fields_set(&x->fields, TWC_STR("Origin"), twc_str_of(x->o.origin), err);
	return rc == 0 ? twc__ws_offer_add(&offer, x->key, &x->fields, err) : rc;
}

void twc__ws_talk_go(struct twc_ws_talk *x)
{
	struct twc_err err = { 0 };

	if (make_fields(x, &err) < 0) {
		twc__ws_talk_end(x, &err);
		return;
	}
	x->way = *x->o.fetch;
	x->way.method = TWC_STR("GET");
	x->way.upgrade = "websocket";
	x->way.fields = &x->fields;
	x->way.max_ns = 0; /* that is ours */
	x->way.seen = x->o.seen ? on_seen : NULL;
	x->way.note = x->o.note ? on_note : NULL;
	x->way.head = on_head;
	x->way.data = NULL;
	x->way.hop = NULL;
	x->way.retrying = NULL;
	x->way.again = NULL;
	x->way.done = on_done;
	x->way.arg = x;
	x->fetch = twc_http_fetch_start(x->s, &x->way);
}

void twc__ws_talk_stop_going(struct twc_ws_talk *x)
{
	struct twc_http_fetch *f = x->fetch;

	if (!f)
		return;
	x->phase = twc_http_fetch_phase(f);
	x->fetch = NULL;
	twc_http_fetch_free(f);
}

int twc_ws_subprotocols_check(const char *list, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(list), name, seen, before;
	char shown[64];

	while (twc_str_cut(&rest, ',', &name)) {
		name = twc_str_trim(name);
		twc_escape(shown, sizeof(shown), name);
		if (!twc_http_is_token(name))
			return twc_err_set(err, TWC_EUSAGE, "\"%s\" is no name of a subprotocol", shown);
		seen = (struct twc_str){ list, (size_t)(name.p - list) };
		while (twc_str_cut(&seen, ',', &before))
			if (twc_str_eq(twc_str_trim(before), name))
				return twc_err_set(err, TWC_EUSAGE, "%s is named twice", shown);
	}
	return 0;
}
