/* SPDX-License-Identifier: MIT */
/*
 * Authentication: the first byte says what the rest is. A challenge that is taken gets an answer that says realm and nonce again;
 * what is decoded is encoded to the same text; nobody who does not know the password passes the guard.
 */
#include <stdint.h>

#include "base/base64.h"
#include "base/crypt.h"
#include "protocol/http/credentials.h"
#include "protocol/http/digest_auth.h"
#include "protocol/http/netrc.h"

static bool is_inside(struct twc_str part, struct twc_str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* The answer says what the challenge said. */
static void check_answer(struct twc__http_digest *d, struct twc_str params)
{
	const struct twc__http_digest_request r = { TWC_STR("u\"\\"), TWC_STR("p"), TWC_STR("GET"), TWC_STR("/\"x") };
	static const char *const names[] = { "realm", "nonce", "opaque" };
	struct twc__http_challenge said;
	struct twc_str rest, was, is;
	struct twc_buf out;

	twc_buf_init(&out, 1u << 20);
	TWC_ASSERT(twc__http_digest_answer(d, &r, &out, NULL) == 0);
	rest = twc_buf_str(&out);
	TWC_ASSERT(twc__http_challenge_next(&rest, &said, NULL) == 1 && rest.n == 0);
	TWC_ASSERT(twc__http_auth_param_find(said.params, "uri", &is) && twc__http_auth_eq(is, r.target));
	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++) {
		if (!twc__http_auth_param_find(params, names[i], &was))
			continue;

		char *value = twc__http_auth_unquote(was);

		TWC_ASSERT(twc__http_auth_param_find(said.params, names[i], &is) && twc__http_auth_eq(is, twc_str_of(value)));
		twc_free(value);
	}
	twc_buf_fini(&out);
}

static void feed_challenges(struct twc_str text)
{
	struct twc_str rest = text;
	struct twc__http_challenge c, picked;
	struct twc__http_auth_param p;
	struct twc_err err = { 0 };
	int rc;

	(void)twc__http_challenge_pick(&text, 1, ~0u, &picked);
	while ((rc = twc__http_challenge_next(&rest, &c, &err)) == 1) {
		struct twc__http_digest *d = twc__http_digest_new();
		struct twc_str params = c.params;

		TWC_ASSERT(is_inside(c.scheme, text) && c.scheme.n && is_inside(c.token68, text) && is_inside(c.params, text));
		TWC_ASSERT(c.token68.n == 0 || c.params.n == 0);
		while ((rc = twc__http_auth_param_next(&params, &p, NULL)) == 1)
			TWC_ASSERT(is_inside(p.name, text) && is_inside(p.raw, text));
		TWC_ASSERT(rc == 0);
		if (twc__http_digest_take(d, &c, &err) == 0)
			check_answer(d, c.params);
		twc__http_digest_info(d, text);
		twc__http_digest_free(d);
		memset(&err, 0, sizeof(err));
	}
	TWC_ASSERT(rc == err.code);
}

static void feed_netrc(struct twc_str text)
{
	static const struct twc_str logins[] = { { NULL, 0 }, { "me", 2 } };

	for (size_t i = 0; i < TWC_ARRAY_LEN(logins); i++) {
		struct twc__http_netrc n;
		struct twc_err err = { 0 };
		int rc = twc__http_netrc_find(text, TWC_STR("h"), logins[i], &n, &err);

		TWC_ASSERT((rc < 0) == (err.code != 0) && rc <= 1);
		TWC_ASSERT((rc == 1) == (n.login || n.password));
		if (rc == 1)
			twc__http_netrc_fini(&n);
	}
}

static void feed_credentials(struct twc_str text)
{
	struct twc__http_basic basic;
	struct twc_str token, last = text;
	struct twc_buf out;

	twc_buf_init(&out, 1u << 20);
	while (last.n && memchr(last.p, ' ', last.n)) {
		last.p++;
		last.n--;
	}
	if (twc__http_basic_parse(text, &basic)) {
		TWC_ASSERT(twc__http_basic_add(&out, basic.user, basic.password, NULL) == 0);
		twc_buf_consume(&out, sizeof("Basic ") - 1);
		TWC_ASSERT(twc_str_eq(twc_buf_str(&out), last));
	}
	twc_buf_clear(&out);
	if (twc__http_bearer_parse(text, &token)) {
		TWC_ASSERT(twc__http_bearer_add(&out, token, NULL) == 0 && is_inside(token, text));
		TWC_ASSERT(twc_buf_len(&out) <= text.n);
	}
	twc_buf_fini(&out);
}

static void feed_guard(struct twc_str text)
{
	const struct twc__http_digest_demand demand = { TWC_STR("r"), TWC__DIGEST_MD5, false, true };
	const struct twc__http_digest_request r = { TWC_STR("u"), TWC_STR("not in the corpus"), TWC_STR("GET"), TWC_STR("/") };
	const struct twc__http_digest_guard g = { { 0 } };
	enum twc__http_digest_verdict v = twc__http_digest_check(&g, &demand, &r, text, 0);

	TWC_ASSERT(v == TWC__HTTP_DIGEST_WRONG || v == TWC__HTTP_DIGEST_BAD);
}

static void feed_base(struct twc_str text)
{
	char *bytes = twc_malloc(TWC__BASE64_ROOM(text.n)), *again = twc_malloc(TWC__BASE64_LEN(TWC__BASE64_ROOM(text.n)));
	struct twc__checksum sum;
	struct twc_err err = { 0 };
	size_t n;

	if (twc__base64_decode(text, bytes, &n)) {
		TWC_ASSERT(n <= TWC__BASE64_ROOM(text.n) && twc__base64_encode(again, bytes, n) == text.n);
		TWC_ASSERT(memcmp(again, text.p, text.n) == 0);
	}
	if (twc__base64url_decode(text, bytes, &n)) {
		size_t m = twc__base64url_encode(again, bytes, n);

		TWC_ASSERT(m <= text.n && memcmp(again, text.p, m) == 0);
	}
	TWC_ASSERT(twc__checksum_parse(text, &sum, &err) == err.code);
	(void)twc__crypt_is_hash(text);
	twc_free(bytes);
	twc_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const feeds[])(struct twc_str) = { feed_challenges, feed_netrc, feed_credentials, feed_guard, feed_base };

	if (n > 1)
		feeds[data[0] % TWC_ARRAY_LEN(feeds)]((struct twc_str){ (const char *)data + 1, n - 1 });
	return 0;
}
