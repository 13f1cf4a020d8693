/* SPDX-License-Identifier: MIT */
/*
 * Logins of a fetch: whose credentials go to the origin at hand, in which scheme, and how a challenge is answered (RFC 9110,
 * 11). What is said as it is (Basic, Bearer) goes with the first request, unless the server is to be asked first.
 */
#include "app/http/fetch_int.h"
#include "protocol/http/credentials.h"
#include "protocol/http/netrc.h"

#include "base/banned.h"

#define VALUES_MAX 16 /* fields of WWW-Authenticate that are looked at */

static void drop_login(struct twc_http_fetch *f)
{
	if (f->user)
		twc_free_secret(f->user, strlen(f->user));
	if (f->password)
		twc_free_secret(f->password, strlen(f->password));
	f->user = f->password = NULL;
}

void twc__http_auth_forget(struct twc_http_fetch *f)
{
	drop_login(f);
	twc__http_digest_free(f->digest);
	f->digest = NULL;
	f->picked = f->sent = 0;
	f->is_stale_tried = false;
}

static bool is_ours(const struct twc_http_fetch *f)
{
	return !f->is_foreign;
}

static int look_in_netrc(struct twc_http_fetch *f, struct twc_err *err)
{
	struct twc__http_netrc entry;
	struct twc_err why = { 0 };
	int rc = twc__http_netrc_find(twc_str_of(f->s->netrc), f->url.host, twc_str_of(f->user), &entry, &why);

	if (rc < 0)
		return twc_err_set(err, rc, "the netrc file: %s", why.text);
	if (rc == 0)
		return 0;
	if (!f->user)
		f->user = twc_strdup(entry.login ? entry.login : "");
	f->password = twc_strdup(entry.password ? entry.password : "");
	twc__http_netrc_fini(&entry);
	return 0;
}

/* The user's word goes before the URL's, and both before the file's, which may complete them. */
int twc__http_auth_prepare(struct twc_http_fetch *f, struct twc_err *err)
{
	drop_login(f);
	if (is_ours(f) && f->o.user) {
		f->user = twc_strdup(f->o.user);
		f->password = f->o.password ? twc_strdup(f->o.password) : NULL;
	} else if (f->url.has_userinfo && (f->totals.redirects == 0 || f->url.user.n > 0 || f->url.password.n > 0)) {
		f->user = twc_str_dup(f->url.user);
		f->password = f->url.has_password ? twc_str_dup(f->url.password) : NULL;
	}
	return f->s->netrc && !f->password ? look_in_netrc(f, err) : 0;
}

static bool has_bearer(const struct twc_http_fetch *f)
{
	return f->o.bearer && is_ours(f);
}

/* What may be used: the user's choice, as far as there is something to say in it. */
static unsigned usable(const struct twc_http_fetch *f)
{
	unsigned wanted = f->o.auth & ~(unsigned)TWC_HTTP_AUTH_ANY, mask = 0;

	if (wanted == 0)
		wanted = f->o.auth & TWC_HTTP_AUTH_ANY ? ~0u : TWC_HTTP_AUTH_BASIC | TWC_HTTP_AUTH_BEARER;
	if (f->user && (wanted & TWC_HTTP_AUTH_BASIC))
		mask |= TWC__HTTP_AUTH_BASIC;
	if (f->user && (wanted & TWC_HTTP_AUTH_DIGEST))
		mask |= TWC__HTTP_AUTH_DIGEST;
	if (has_bearer(f) && (wanted & TWC_HTTP_AUTH_BEARER))
		mask |= TWC__HTTP_AUTH_BEARER;
	return mask;
}

/* Of several the server's challenge decides. */
static unsigned choose(const struct twc_http_fetch *f)
{
	unsigned mask = usable(f);

	if (f->picked)
		return f->picked;
	if (f->o.auth & TWC_HTTP_AUTH_ANY)
		return 0;
	if (mask & TWC__HTTP_AUTH_BEARER)
		return TWC__HTTP_AUTH_BEARER;
	return mask == TWC__HTTP_AUTH_BASIC ? TWC__HTTP_AUTH_BASIC : 0;
}

int twc__http_auth_value(struct twc_http_fetch *f, struct twc_str target, struct twc_buf *out, struct twc_err *err)
{
	struct twc__http_digest_request request = { .user = twc_str_of(f->user), .password = twc_str_of(f->password),
						     .method = f->method, .target = target };

	f->sent = 0;
	if (twc__http_fetch_has_own(f, "Authorization") || twc__http_fetch_removes(f, "Authorization"))
		return 0;
	f->sent = choose(f);
	switch (f->sent) {
	case TWC__HTTP_AUTH_BASIC:
		return twc__http_basic_add(out, request.user, request.password, err);
	case TWC__HTTP_AUTH_BEARER:
		return twc__http_bearer_add(out, twc_str_of(f->o.bearer), err);
	case TWC__HTTP_AUTH_DIGEST:
		return twc__http_digest_answer(f->digest, &request, out, err);
	default:
		return 0;
	}
}

/* ---- what servers say ---- */

static size_t values_of(const struct twc_http_fields *fields, const char *name, struct twc_str *out)
{
	size_t n = 0;

	for (size_t i = twc_http_fields_find(fields, name, 0); i != SIZE_MAX && n < VALUES_MAX;
	     i = twc_http_fields_find(fields, name, i + 1))
		out[n++] = twc_http_fields_at(fields, i).value;
	return n;
}

/* The same credentials once more are of use only where the nonce alone was wrong. */
static bool take_digest(struct twc_http_fetch *f, const struct twc__http_challenge *challenge)
{
	struct twc_err err = { 0 };

	if (!f->digest)
		f->digest = twc__http_digest_new();
	if (twc__http_digest_take(f->digest, challenge, &err) < 0) {
		twc__http_fetch_note(f, "the server's challenge is of no use: %s", err.text);
		return false;
	}
	if (f->sent != TWC__HTTP_AUTH_DIGEST)
		return true;
	if (!twc__http_digest_is_stale(f->digest) || f->is_stale_tried)
		return false;
	f->is_stale_tried = true;
	return true;
}

bool twc__http_auth_can_answer(struct twc_http_fetch *f)
{
	struct twc_str values[VALUES_MAX];
	size_t n = values_of(&f->res->fields, "WWW-Authenticate", values);
	struct twc__http_challenge challenge;
	unsigned pick;

	if (twc__http_fetch_has_own(f, "Authorization") || twc__http_fetch_removes(f, "Authorization"))
		return false;
	pick = twc__http_challenge_pick(values, n, usable(f), &challenge);
	if (pick == 0 || (pick == f->sent && pick != TWC__HTTP_AUTH_DIGEST))
		return false;
	if (pick == TWC__HTTP_AUTH_DIGEST && !take_digest(f, &challenge))
		return false;
	f->picked = pick;
	return true;
}

void twc__http_auth_learn(struct twc_http_fetch *f)
{
	struct twc_str info;

	if (f->digest && f->sent == TWC__HTTP_AUTH_DIGEST && twc_http_fields_get(&f->res->fields, "Authentication-Info", &info))
		twc__http_digest_info(f->digest, info);
}
