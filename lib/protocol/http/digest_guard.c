/* SPDX-License-Identifier: MIT */
/*
 * The server's side of Digest: demands, and credentials judged. A nonce is 16 digits of its time and 32 of an
 * HMAC over that and what was demanded, so that none has to be remembered and none can be made by others.
 */
#include <stdio.h>

#include "protocol/http/digest_int.h"
#include "protocol/http/octet.h"

#include "base/banned.h"

#define TIME_DIGITS 16
#define MAC_DIGITS 32
#define NONCE_LEN (TIME_DIGITS + MAC_DIGITS)
#define CLOCK_SLIP 5 /* seconds that workers' clocks may differ */

void twc__http_digest_guard_init(struct twc__http_digest_guard *g)
{
	twc__random(g->key, sizeof(g->key));
}

/* MAC_DIGITS of HMAC-SHA-256 over purpose and realm. */
static int sign(const struct twc__http_digest_guard *g, const char *purpose, struct twc_str realm, char out[MAC_DIGITS],
		struct twc_err *err)
{
	struct twc__digest *hash = twc__digest_new(TWC__DIGEST_SHA256, err);
	uint8_t mac[TWC__DIGEST_MAX], message[TWC__DIGEST_MAX];
	struct twc_str key = { (const char *)g->key, sizeof(g->key) };
	size_t n;

	if (!hash)
		return TWC_ECONFIG;
	twc__digest_add(hash, purpose, strlen(purpose) + 1);
	twc__digest_add(hash, realm.p, realm.n);
	n = twc__digest_end(hash, message);
	twc__digest_hmac(hash, key, (struct twc_str){ (const char *)message, n }, mac);
	twc__digest_free(hash);
	twc__hex_encode(out, mac, MAC_DIGITS / 2);
	return 0;
}

static int make_nonce(const struct twc__http_digest_guard *g, const struct twc__http_digest_demand *demand, uint64_t time,
		      char nonce[NONCE_LEN], struct twc_err *err)
{
	const char *algorithm = twc__http_digest_algorithm_name(demand->kind, demand->is_sess);
	char purpose[64], digits[TIME_DIGITS + 1];

	snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)time);
	snprintf(purpose, sizeof(purpose), "nonce %s %s %d", digits, algorithm, demand->has_qop);
	memcpy(nonce, digits, TIME_DIGITS);
	return sign(g, purpose, demand->realm, nonce + TIME_DIGITS, err);
}

int twc__http_digest_ask(const struct twc__http_digest_guard *g, const struct twc__http_digest_demand *demand, bool is_stale,
			 int64_t now, struct twc_buf *out, struct twc_err *err)
{
	size_t before = twc_buf_len(out);
	char nonce[NONCE_LEN], opaque[MAC_DIGITS];
	int rc = make_nonce(g, demand, (uint64_t)now, nonce, err);

	if (rc == 0)
		rc = sign(g, "opaque", demand->realm, opaque, err);
	if (rc)
		return rc;
	rc = twc__http_digest_add_quoted(out, "Digest realm=", demand->realm);
	if (rc == 0)
		rc = twc_buf_addf(out, "%s, algorithm=%s, nonce=\"%.*s\", opaque=\"%.*s\", charset=UTF-8%s",
				  demand->has_qop ? ", qop=\"auth\"" : "",
				  twc__http_digest_algorithm_name(demand->kind, demand->is_sess), NONCE_LEN, nonce, MAC_DIGITS,
				  opaque, is_stale ? ", stale=true" : "");
	if (rc == 0)
		return 0;
	out->end = out->start + before;
	return twc_err_set(err, rc, "the demand for Digest is too long");
}

/* ---- judging ---- */

enum { USERNAME, REALM, NONCE, URI, RESPONSE, ALGORITHM, CNONCE, OPAQUE, QOP, NC, USERHASH, FIELDS };
static const char *const names[FIELDS] = {
	[USERNAME] = "username", [REALM] = "realm",	      [NONCE] = "nonce",   [URI] = "uri",
	[RESPONSE] = "response", [ALGORITHM] = "algorithm", [CNONCE] = "cnonce", [OPAQUE] = "opaque",
	[QOP] = "qop",		 [NC] = "nc",		      [USERHASH] = "userhash",
};

/* Views of all fields, p == NULL where there is none. False for what is not Digest, a field twice, or one too
 * few. */
static bool read_fields(struct twc_str value, struct twc_str f[FIELDS])
{
	struct twc__http_challenge c;
	struct twc__http_auth_param p;
	int rc;

	memset(f, 0, FIELDS * sizeof(*f));
	if (twc__http_challenge_next(&value, &c, NULL) != 1 || value.n || !twc_str_eq_nocase(c.scheme, TWC_STR("Digest")))
		return false;
	while ((rc = twc__http_auth_param_next(&c.params, &p, NULL)) == 1) {
		for (int i = 0; i < FIELDS; i++) {
			if (!twc_str_eq_nocase(p.name, twc_str_of(names[i])))
				continue;
			if (f[i].p)
				return false;
			f[i] = p.raw;
		}
	}
	return rc == 0 && f[USERNAME].p && f[REALM].p && f[NONCE].p && f[URI].p && f[RESPONSE].p;
}

/* Does it speak of what was demanded, in a form that can be checked? */
static bool is_of_demand(const struct twc_str f[FIELDS], const struct twc__http_digest_demand *demand,
			 const struct twc__http_digest_request *request)
{
	enum twc__digest_kind kind = TWC__DIGEST_MD5;
	bool is_sess = false;
	uint64_t nc;

	if (f[ALGORITHM].p && !twc__http_digest_algorithm(f[ALGORITHM], &kind, &is_sess))
		return false;
	if (kind != demand->kind || is_sess != demand->is_sess || !twc__http_auth_eq(f[REALM], demand->realm))
		return false;
	if (!twc__http_auth_eq(f[URI], request->target))
		return false;
	if (!demand->has_qop)
		return !f[QOP].p && !is_sess;
	if (!twc_str_eq_nocase(f[QOP], TWC_STR("auth")) || f[NC].n != 8 || !twc__http_hex(f[NC], &nc) || nc == 0)
		return false;
	return f[CNONCE].n && !memchr(f[CNONCE].p, '\\', f[CNONCE].n);
}

/* Right, or stale, or wrong. */
static enum twc__http_digest_verdict judge_nonce(const struct twc__http_digest_guard *g,
						 const struct twc__http_digest_demand *demand, const struct twc_str f[FIELDS],
						 int64_t now)
{
	char want[NONCE_LEN], opaque[MAC_DIGITS];
	uint64_t made;

	if (f[NONCE].n != NONCE_LEN || !twc__http_hex((struct twc_str){ f[NONCE].p, TIME_DIGITS }, &made))
		return TWC__HTTP_DIGEST_WRONG;
	if (make_nonce(g, demand, made, want, NULL) || sign(g, "opaque", demand->realm, opaque, NULL))
		return TWC__HTTP_DIGEST_WRONG;
	if (!twc__same_secret(f[NONCE], (struct twc_str){ want, NONCE_LEN }))
		return TWC__HTTP_DIGEST_WRONG;
	if (f[OPAQUE].p && !twc__same_secret(f[OPAQUE], (struct twc_str){ opaque, MAC_DIGITS }))
		return TWC__HTTP_DIGEST_WRONG;
	if ((int64_t)made > now + CLOCK_SLIP || now - (int64_t)made > TWC__HTTP_DIGEST_NONCE_LIFE)
		return TWC__HTTP_DIGEST_STALE;
	return TWC__HTTP_DIGEST_RIGHT;
}

static bool is_user(struct twc__digest *hash, const struct twc_str f[FIELDS], struct twc_str user, struct twc_str realm)
{
	const struct twc_str both[] = { user, realm };
	struct twc__http_digest_hex hashed;

	if (!twc_str_eq_nocase(f[USERHASH], TWC_STR("true")))
		return twc__http_auth_eq(f[USERNAME], user);
	twc__http_digest_join(hash, both, TWC_ARRAY_LEN(both), &hashed);
	return twc_str_eq_nocase(f[USERNAME], twc__http_digest_text(&hashed));
}

/* Digits in any case. */
static bool is_response(struct twc_str given, const struct twc__http_digest_hex *want)
{
	uint8_t bytes[TWC__DIGEST_MAX];
	char digits[TWC__DIGEST_HEX_MAX];

	if (!twc__hex_decode(given, bytes, want->n / 2))
		return false;
	twc__hex_encode(digits, bytes, want->n / 2);
	return twc__same_secret((struct twc_str){ digits, want->n }, twc__http_digest_text(want));
}

enum twc__http_digest_verdict twc__http_digest_check(const struct twc__http_digest_guard *g,
						     const struct twc__http_digest_demand *demand,
						     const struct twc__http_digest_request *request, struct twc_str value,
						     int64_t now)
{
	struct twc_str f[FIELDS];
	struct twc__http_digest_hex want;
	enum twc__http_digest_verdict verdict;
	struct twc__digest *hash;

	if (!read_fields(value, f) || !is_of_demand(f, demand, request))
		return TWC__HTTP_DIGEST_BAD;
	verdict = judge_nonce(g, demand, f, now);
	hash = verdict == TWC__HTTP_DIGEST_WRONG ? NULL : twc__digest_new(demand->kind, NULL);
	if (!hash)
		return TWC__HTTP_DIGEST_WRONG;

	struct twc__http_digest_input in = {
		.realm = demand->realm,	.nonce = f[NONCE],	       .nc = f[NC],
		.cnonce = f[CNONCE],	.has_qop = demand->has_qop, .is_sess = demand->is_sess,
	};

	twc__http_digest_response(hash, &in, request, &want);
	if (!is_user(hash, f, request->user, demand->realm) || !is_response(f[RESPONSE], &want))
		verdict = TWC__HTTP_DIGEST_WRONG;
	twc__digest_free(hash);
	return verdict;
}
