/* SPDX-License-Identifier: MIT */
/*
 * A client's half of the opening handshake (RFC 6455, 4.1): what the keys of an endpoint ask for as a request, and whether what is
 * answered is a yes. Pure, but for a password's file.
 */
#include "endpoint/secret.h"
#include "endpoint/ws.h"
#include "protocol/http/credentials.h"
#include "protocol/http/status.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/banned.h"

#define PASS_MAX 1024

/* ---- the request ---- */

static bool is_host_field(const struct twc__value *v)
{
	struct twc_str rest = twc_str_of(v->text), name;

	return twc_str_cut(&rest, ':', &name) && twc_str_eq_nocase(name, TWC_STR("Host"));
}

static int add_str(struct twc_buf *out, struct twc_str s)
{
	return twc_buf_add(out, s.p, s.n);
}

/* "example.com:8080", "[fe80::1]"; the zone of an address means something here only. */
static int add_host(const struct twc__args *a, struct twc_buf *out)
{
	const char *host = twc__args_str(a, "host", "localhost");
	bool is_tls = twc__args_want_tls(a), is_v6 = strchr(host, ':') != NULL;
	unsigned port = (unsigned)twc__args_num(a, "port", 0);
	int rc = twc_buf_addf(out, "Host: %s%.*s%s", is_v6 ? "[" : "", (int)strcspn(host, "%"), host, is_v6 ? "]" : "");

	if (!rc && port != (is_tls ? 443 : 80))
		rc = twc_buf_addf(out, ":%u", port);
	return rc ? rc : twc_buf_addf(out, "\r\n");
}

static int add_fields(const struct twc__args *a, struct twc_buf *out)
{
	bool has_host = false;
	int rc = 0;

	for (size_t i = 0; i < a->n && !rc; i++) {
		struct twc_str value = twc_str_of(a->value[i].text), name;

		if (strcmp(a->value[i].row->name, "header") != 0)
			continue;
		has_host |= is_host_field(&a->value[i]);
		(void)twc_str_cut(&value, ':', &name);
		value = twc_str_trim(value);
		rc = twc_buf_addf(out, "%.*s: %.*s\r\n", (int)name.n, name.p, (int)value.n, value.n ? value.p : "");
	}
	return rc || has_host ? rc : add_host(a, out);
}

static int password(const struct twc__args *a, char **out, struct twc_err *err)
{
	const char *file = twc__args_str(a, "pass-file", NULL), *name = twc__args_str(a, "pass-env", NULL);
	const char *value = name ? getenv(name) : twc__args_str(a, "pass", "");

	*out = NULL;
	if (file)
		return twc__secret_line(file, "pass-file", 0, PASS_MAX, out, err);
	if (!value)
		return twc_err_set(err, TWC_ECONFIG, "pass-env: %s is not in the environment", name);
	*out = twc_strdup(value);
	return 0;
}

static int add_login(const struct twc__args *a, struct twc_buf *out, struct twc_err *err)
{
	const char *user = twc__args_str(a, "user", NULL);
	char *pass;
	int rc;

	if (!user)
		return 0;
	rc = password(a, &pass, err);
	if (rc)
		return rc;
	rc = twc_buf_addf(out, "Authorization: ");
	rc = rc ? rc : twc__http_basic_add(out, twc_str_of(user), twc_str_of(pass), err);
	twc_free_secret(pass, strlen(pass));
	return rc ? rc : twc_buf_addf(out, "\r\n");
}

/* "a, b" of "a,b" */
static int add_subprotocols(const char *names, struct twc_buf *out)
{
	struct twc_str rest = twc_str_of(names), one;
	const char *before = "Sec-WebSocket-Protocol: ";
	int rc = 0;

	while (!rc && twc_str_cut(&rest, ',', &one)) {
		rc = twc_buf_addf(out, "%s%.*s", before, (int)one.n, one.p);
		before = ", ";
	}
	return rc ? rc : twc_buf_addf(out, "\r\n");
}

int twc__ws_ask(const struct twc__args *a, struct twc_buf *out, char key[TWC__WS_KEY_ROOM], struct twc_err *err)
{
	struct twc__ws_wishes w;
	int rc;

	twc__ws_wishes(a, &w);
	twc__ws_key_new(key);
	rc = twc_buf_addf(out, "GET %s HTTP/1.1\r\n", w.path);
	rc = rc ? rc : add_fields(a, out);
	rc = rc ? rc : twc_buf_addf(out, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
					 "Sec-WebSocket-Version: 13\r\n", key);
	if (!rc && w.subprotocols)
		rc = add_subprotocols(w.subprotocols, out);
	if (!rc && w.origin)
		rc = twc_buf_addf(out, "Origin: %s\r\n", w.origin);
	if (!rc && w.deflate)
		rc = twc_buf_addf(out, "Sec-WebSocket-Extensions: " TWC__WS_OFFER "\r\n");
	rc = rc ? rc : add_login(a, out, err);
	return rc ? rc : add_str(out, TWC_STR("\r\n"));
}

/* ---- the answer ---- */

/* "404 Not Found" */
static const char *show_status(const struct twc__http_start *start, char buf[TWC__SHOWN])
{
	struct twc_str reason = start->reason.n ? start->reason : twc__http_reason((unsigned)start->status);
	int n = snprintf(buf, TWC__SHOWN, "%d%s", start->status, reason.n ? " " : "");

	twc_escape(buf + n, TWC__SHOWN - (size_t)n, reason);
	return buf;
}

static int refused(const struct twc__args *a, const struct twc__http_head *head, struct twc_err *err)
{
	static const char instead[] = "instead of switching to WebSocket";
	int status = head->start.status;
	char said[TWC__SHOWN], where[TWC__SHOWN];
	struct twc_str to;

	show_status(&head->start, said);
	if (status == 401)
		return twc_err_set(err, TWC_EACCESS, "the server answered %s %s; %s", said, instead,
				   twc__args_get(a, "user") ? "it refuses the login" : "it wants a login: user= with pass-file=");
	if (status == 403 || status == 407)
		return twc_err_set(err, TWC_EACCESS, "the server answered %s %s", said, instead);
	if (status / 100 == 3 && twc_http_fields_get(head->fields, "Location", &to)) {
		twc_escape(where, sizeof(where), to);
		return twc_err_set(err, TWC_EREJECTED, "the server answered %s %s; it sends elsewhere: %s", said, instead, where);
	}
	return twc_err_set(err, TWC_EREJECTED, "the server answered %s %s", said, instead);
}

int twc__ws_ask_check(const struct twc__args *a, const char *key, const struct twc__http_head *head, struct twc__ws_accepted *out,
		      struct twc_err *err)
{
	struct twc__ws_wishes w;
	struct twc__ws_offer offer;

	if (head->start.status != 101)
		return refused(a, head, err);
	twc__ws_wishes(a, &w);
	offer = (struct twc__ws_offer){ .subprotocols = w.subprotocols, .deflate = w.deflate };
	return twc__ws_offer_check(&offer, key, head->fields, out, err);
}
