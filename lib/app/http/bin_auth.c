/* SPDX-License-Identifier: MIT */
/* Logins whose name and password stand in the path: Basic, Bearer, Digest (RFC 7617, 6750, 7616). */
#include "app/http/bin.h"

#include <time.h>

#include "protocol/http/credentials.h"
#include "base/banned.h"

#define REALM "twc"

static struct twc_str authorization(const struct twc_http_exchange *x)
{
	struct twc_str value = { NULL, 0 };

	twc_http_fields_get(&twc_http_request(x)->fields, "Authorization", &value);
	return value;
}

/* As go-httpbin has it, `authorized` is `authenticated` once more. */
static void tell_login(struct twc_http_exchange *x, bool is_right, struct twc_str user)
{
	struct twc__bin_reply r;

	twc__bin_reply_begin(&r, x);
	twc_json_bool(&r.j, "authenticated", is_right);
	twc_json_str(&r.j, "user", user.p ? user : TWC_STR(""));
	twc_json_bool(&r.j, "authorized", is_right);
	twc__bin_reply_send(&r, is_right ? 200 : 401);
}

static bool is_login(const struct twc_http_exchange *x, const struct twc__http_basic *given)
{
	return twc__same_secret(given->user, twc_http_param(x, "user")) &&
	       twc__same_secret(given->password, twc_http_param(x, "password"));
}

static struct twc_deferred *handle_basic(void *arg, struct twc_http_exchange *x)
{
	struct twc__http_basic given = { .user = { NULL, 0 } };
	bool is_right = twc__http_basic_parse(authorization(x), &given) && is_login(x, &given);

	(void)arg;
	if (!is_right)
		twc_http_add_field(x, "WWW-Authenticate", "Basic realm=\"" REALM "\", charset=\"UTF-8\"");
	tell_login(x, is_right, given.user);
	return NULL;
}

static struct twc_deferred *handle_hidden(void *arg, struct twc_http_exchange *x)
{
	struct twc__http_basic given;

	(void)arg;
	if (twc__http_basic_parse(authorization(x), &given) && is_login(x, &given))
		tell_login(x, true, given.user);
	else
		twc__bin_fail(x, 404, NULL);
	return NULL;
}

static struct twc_deferred *handle_bearer(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_reply r;
	struct twc_str token;

	(void)arg;
	if (!twc__http_bearer_parse(authorization(x), &token)) {
		twc_http_add_field(x, "WWW-Authenticate", "Bearer");
		twc__bin_fail(x, 401, NULL);
		return NULL;
	}
	twc__bin_reply_begin(&r, x);
	twc_json_bool(&r.j, "authenticated", true);
	twc_json_str(&r.j, "token", token);
	twc__bin_reply_send(&r, 200);
	return NULL;
}

/* ---- Digest ---- */

static bool read_demand(struct twc_http_exchange *x, struct twc__http_digest_demand *demand)
{
	struct twc_str algorithm = twc_http_param(x, "algorithm");

	*demand = (struct twc__http_digest_demand){ .realm = TWC_STR(REALM), .kind = TWC__DIGEST_MD5, .has_qop = true };
	if (!twc_str_eq_nocase(twc_http_param(x, "qop"), TWC_STR("auth"))) {
		twc__bin_fail(x, 400, "the only qop is auth");
		return false;
	}
	if (!algorithm.p || twc__http_digest_algorithm(algorithm, &demand->kind, &demand->is_sess))
		return true;
	twc__bin_fail(x, 400, "the algorithms are MD5, SHA-256 and SHA-512-256, each also with -sess");
	return false;
}

static void ask_digest(const struct twc__bin *bin, struct twc_http_exchange *x, const struct twc__http_digest_demand *demand,
		       bool is_stale, int64_t now)
{
	struct twc_err err = { 0 };
	struct twc_buf ask;

	twc_buf_init(&ask, 4096);
	if (twc__http_digest_ask(&bin->guard, demand, is_stale, now, &ask, &err) < 0) {
		twc_http_fail(x, &err);
	} else {
		twc_http_add_field(x, "WWW-Authenticate", twc_buf_cstr(&ask));
		twc__bin_fail(x, 401, NULL);
	}
	twc_buf_fini(&ask);
}

static struct twc_deferred *handle_digest(void *arg, struct twc_http_exchange *x)
{
	const struct twc__bin *bin = arg;
	const struct twc_http_request *q = twc_http_request(x);
	struct twc__http_digest_request want = {
		.user = twc_http_param(x, "user"),
		.password = twc_http_param(x, "password"),
		.method = q->method,
		.target = q->target,
	};
	enum twc__http_digest_verdict verdict;
	struct twc__http_digest_demand demand;
	int64_t now = time(NULL);

	if (!read_demand(x, &demand))
		return NULL;
	verdict = twc__http_digest_check(&bin->guard, &demand, &want, authorization(x), now);
	if (verdict == TWC__HTTP_DIGEST_RIGHT)
		tell_login(x, true, want.user);
	else
		ask_digest(bin, x, &demand, verdict == TWC__HTTP_DIGEST_STALE, now);
	return NULL;
}

const struct twc__bin_route twc__bin_auth[] = {
	{ NULL, "/basic-auth/<user>/<password>", handle_basic, "Asks for this login." },
	{ NULL, "/hidden-basic-auth/<user>/<password>", handle_hidden, "The same, but says 404 in place of 401." },
	{ NULL, "/bearer", handle_bearer, "Asks for any Bearer token." },
	{ NULL, "/digest-auth/<qop>/<user>/<password>", handle_digest, "Asks for this login by Digest; qop is auth." },
	{ NULL, "/digest-auth/<qop>/<user>/<password>/<algorithm>", handle_digest, "The same; MD5, SHA-256, SHA-512-256." },
	{ .pattern = NULL },
};
