/* SPDX-License-Identifier: MIT */
/* Digest access authentication: the computing that both sides share, and the client. See digest_auth.h;
 * sections of RFC 7616. */
#include "protocol/http/digest_int.h"
#include "protocol/http/octet.h"

#include "base/banned.h"

#define CNONCE_BYTES 16

struct twc__http_digest {
	struct twc__digest *hash; /* owned; of the last challenge's kind; NULL before the first */
	enum twc__digest_kind kind;
	bool is_sess, has_qop, is_stale, hash_user;
	char *realm, *nonce, *opaque; /* owned; opaque may be NULL */
	char *algorithm;	      /* owned; as the server spells it, or NULL */
	char cnonce[2 * CNONCE_BYTES + 1]; /* one for each nonce, so that -sess has one session for it */
	char *fixed_cnonce;		   /* owned; instead of it, or NULL */
	uint32_t nc;			   /* uses of the nonce */
};

/* ---- what both sides compute ---- */

static const struct {
	const char *name;
	enum twc__digest_kind kind;
	bool is_sess;
	int strength;
} algorithms[] = {
	{ "MD5", TWC__DIGEST_MD5, false, 1 },
	{ "MD5-sess", TWC__DIGEST_MD5, true, 1 },
	{ "SHA-256", TWC__DIGEST_SHA256, false, 2 },
	{ "SHA-256-sess", TWC__DIGEST_SHA256, true, 2 },
	{ "SHA-512-256", TWC__DIGEST_SHA512_256, false, 3 },
	{ "SHA-512-256-sess", TWC__DIGEST_SHA512_256, true, 3 },
};

/* Into algorithms[]; -1: unknown. */
static int find_algorithm(struct twc_str name)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(algorithms); i++)
		if (twc_str_eq_nocase(name, twc_str_of(algorithms[i].name)))
			return (int)i;
	return -1;
}

bool twc__http_digest_algorithm(struct twc_str name, enum twc__digest_kind *kind, bool *is_sess)
{
	int i = find_algorithm(name);

	if (i < 0)
		return false;
	*kind = algorithms[i].kind;
	*is_sess = algorithms[i].is_sess;
	return true;
}

const char *twc__http_digest_algorithm_name(enum twc__digest_kind kind, bool is_sess)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(algorithms); i++)
		if (algorithms[i].kind == kind && algorithms[i].is_sess == is_sess)
			return algorithms[i].name;
	TWC_BUG("no algorithm of Digest");
}

void twc__http_digest_join(struct twc__digest *hash, const struct twc_str *parts, size_t n, struct twc__http_digest_hex *out)
{
	uint8_t bytes[TWC__DIGEST_MAX];
	size_t size;

	for (size_t i = 0; i < n; i++) {
		if (i)
			twc__digest_add(hash, ":", 1);
		twc__digest_add(hash, parts[i].p, parts[i].n);
	}
	size = twc__digest_end(hash, bytes);
	twc__hex_encode(out->text, bytes, size);
	out->n = 2 * size;
}

void twc__http_digest_response(struct twc__digest *hash, const struct twc__http_digest_input *in,
			       const struct twc__http_digest_request *request, struct twc__http_digest_hex *out)
{
	const struct twc_str a1[] = { request->user, in->realm, request->password };
	const struct twc_str a2[] = { request->method, request->target };
	struct twc__http_digest_hex secret, what;

	twc__http_digest_join(hash, a1, TWC_ARRAY_LEN(a1), &secret);
	if (in->is_sess) {
		const struct twc_str session[] = { twc__http_digest_text(&secret), in->nonce, in->cnonce };

		twc__http_digest_join(hash, session, TWC_ARRAY_LEN(session), &secret);
	}
	twc__http_digest_join(hash, a2, TWC_ARRAY_LEN(a2), &what);
	if (in->has_qop) {
		const struct twc_str all[] = { twc__http_digest_text(&secret), in->nonce,	in->nc, in->cnonce,
					       TWC_STR("auth"),		       twc__http_digest_text(&what) };

		twc__http_digest_join(hash, all, TWC_ARRAY_LEN(all), out);
	} else {
		const struct twc_str all[] = { twc__http_digest_text(&secret), in->nonce, twc__http_digest_text(&what) };

		twc__http_digest_join(hash, all, TWC_ARRAY_LEN(all), out);
	}
	explicit_bzero(&secret, sizeof(secret));
}

int twc__http_digest_add_quoted(struct twc_buf *out, const char *before, struct twc_str value)
{
	int rc = twc_buf_addf(out, "%s\"", before);
	size_t from = 0;

	for (size_t i = 0; i < value.n && rc == 0; i++) {
		if (value.p[i] != '"' && value.p[i] != '\\')
			continue;
		rc = twc_buf_add(out, value.p + from, i - from);
		if (rc == 0)
			rc = twc_buf_add(out, "\\", 1);
		from = i;
	}
	if (rc == 0 && value.n > from)
		rc = twc_buf_add(out, value.p + from, value.n - from);
	return rc ? rc : twc_buf_add(out, "\"", 1);
}

/* ---- the client takes a challenge ---- */

/* Is qop=auth among `raw`, "auth,auth-int"? */
static bool offers_auth(struct twc_str raw)
{
	struct twc_str part;

	while (twc_str_cut(&raw, ',', &part))
		if (twc_str_eq_nocase(twc_str_trim(part), TWC_STR("auth")))
			return true;
	return false;
}

/* Into algorithms[], with whether there is a qop; -1: cannot be answered. A session needs the cnonce, which
 * comes with qop. */
static int choose(const struct twc__http_challenge *c, bool *has_qop)
{
	struct twc_str raw;
	int i = 0;

	if (twc__http_auth_param_find(c->params, "algorithm", &raw))
		i = find_algorithm(raw);
	*has_qop = twc__http_auth_param_find(c->params, "qop", &raw);
	if (i < 0 || (*has_qop && !offers_auth(raw)) || (!*has_qop && algorithms[i].is_sess))
		return -1;
	return i;
}

int twc__http_digest_strength(const struct twc__http_challenge *challenge)
{
	struct twc_str raw;
	bool has_qop;
	int i = choose(challenge, &has_qop);

	return i >= 0 && twc__http_auth_param_find(challenge->params, "nonce", &raw) ? algorithms[i].strength : 0;
}

struct twc__http_digest *twc__http_digest_new(void)
{
	return twc_calloc(1, sizeof(struct twc__http_digest));
}

static void forget_challenge(struct twc__http_digest *d)
{
	twc_free(d->realm);
	twc_free(d->nonce);
	twc_free(d->opaque);
	twc_free(d->algorithm);
	d->realm = d->nonce = d->opaque = d->algorithm = NULL;
}

void twc__http_digest_free(struct twc__http_digest *d)
{
	if (!d)
		return;
	forget_challenge(d);
	twc__digest_free(d->hash);
	twc_free(d->fixed_cnonce);
	twc_free(d);
}

/* A nonce that is not the one we have begins anew. `nonce` becomes ours. */
static void take_nonce(struct twc__http_digest *d, char *nonce)
{
	uint8_t random[CNONCE_BYTES];

	if (!d->nonce || strcmp(d->nonce, nonce) != 0) {
		twc__random(random, sizeof(random));
		twc__hex_encode(d->cnonce, random, sizeof(random));
		d->nc = 0;
	}
	twc_free(d->nonce);
	d->nonce = nonce;
}

static bool is_true(struct twc_str params, const char *name)
{
	struct twc_str raw;

	return twc__http_auth_param_find(params, name, &raw) && twc_str_eq_nocase(raw, TWC_STR("true"));
}

/* Every parameter, so that a fault at the end does not go unseen. */
static int check_params(struct twc_str params, struct twc_err *err)
{
	struct twc__http_auth_param p;
	int rc;

	do
		rc = twc__http_auth_param_next(&params, &p, err);
	while (rc == 1);
	return rc;
}

static int renew_hash(struct twc__http_digest *d, enum twc__digest_kind kind, struct twc_err *err)
{
	struct twc__digest *hash;

	if (d->hash && d->kind == kind)
		return 0;
	hash = twc__digest_new(kind, err);
	if (!hash)
		return TWC_ECONFIG;
	twc__digest_free(d->hash);
	d->hash = hash;
	d->kind = kind;
	return 0;
}

int twc__http_digest_take(struct twc__http_digest *d, const struct twc__http_challenge *challenge, struct twc_err *err)
{
	struct twc_str params = challenge->params, realm, nonce, raw;
	bool has_qop;
	int rc = check_params(params, err), i = choose(challenge, &has_qop);

	if (rc)
		return rc;
	if (i < 0)
		return twc_err_set(err, TWC_EREJECTED,
				   "the server asks for a kind of Digest that is not spoken here "
				   "(MD5, SHA-256 and SHA-512-256 with qop=auth)");
	if (!twc__http_auth_param_find(params, "realm", &realm) || !twc__http_auth_param_find(params, "nonce", &nonce))
		return twc_err_set(err, TWC_EPROTO, "the server asks for Digest without realm or nonce");
	rc = renew_hash(d, algorithms[i].kind, err);
	if (rc)
		return rc;

	char *kept = d->nonce;

	d->nonce = NULL;
	forget_challenge(d);
	d->nonce = kept;
	d->is_sess = algorithms[i].is_sess;
	d->has_qop = has_qop;
	d->is_stale = is_true(params, "stale");
	d->hash_user = is_true(params, "userhash");
	d->realm = twc__http_auth_unquote(realm);
	take_nonce(d, twc__http_auth_unquote(nonce));
	if (twc__http_auth_param_find(params, "opaque", &raw))
		d->opaque = twc__http_auth_unquote(raw);
	if (twc__http_auth_param_find(params, "algorithm", &raw))
		d->algorithm = twc_str_dup(raw);
	return 0;
}

bool twc__http_digest_is_stale(const struct twc__http_digest *d)
{
	return d->is_stale;
}

bool twc__http_digest_is_ready(const struct twc__http_digest *d)
{
	return d->nonce != NULL;
}

void twc__http_digest_set_cnonce(struct twc__http_digest *d, const char *cnonce)
{
	twc_free(d->fixed_cnonce);
	d->fixed_cnonce = twc_strdup(cnonce);
}

void twc__http_digest_info(struct twc__http_digest *d, struct twc_str value)
{
	struct twc_str raw;

	if (d->nonce && check_params(value, NULL) == 0 && twc__http_auth_param_find(value, "nextnonce", &raw))
		take_nonce(d, twc__http_auth_unquote(raw));
}

/* ---- the client answers ---- */

static int check_request(const struct twc__http_digest *d, const struct twc__http_digest_request *r, struct twc_err *err)
{
	if (!d->nonce)
		return twc_err_set(err, TWC_EUSAGE, "the server has not asked for Digest yet");
	if (!twc__http_all(r->user, TWC__HTTP_VALUE))
		return twc_err_set(err, TWC_EUSAGE, "a user name for Digest cannot hold a control character");
	if (!twc__http_all(r->target, TWC__HTTP_VALUE))
		return twc_err_set(err, TWC_EUSAGE, "the target of a request cannot hold a control character");
	return 0;
}

/* username, realm, nonce, uri: what comes first. */
static int add_who(struct twc__http_digest *d, const struct twc__http_digest_request *r, struct twc_buf *out)
{
	const struct twc_str both[] = { r->user, twc_str_of(d->realm) };
	struct twc__http_digest_hex hashed;
	struct twc_str user = r->user;
	int rc;

	if (d->hash_user) {
		twc__http_digest_join(d->hash, both, TWC_ARRAY_LEN(both), &hashed);
		user = twc__http_digest_text(&hashed);
	}
	rc = twc__http_digest_add_quoted(out, "Digest username=", user);
	if (rc == 0)
		rc = twc__http_digest_add_quoted(out, ", realm=", twc_str_of(d->realm));
	if (rc == 0)
		rc = twc__http_digest_add_quoted(out, ", nonce=", twc_str_of(d->nonce));
	return rc ? rc : twc__http_digest_add_quoted(out, ", uri=", r->target);
}

static int add_proof(struct twc__http_digest *d, const struct twc__http_digest_request *r, struct twc_buf *out)
{
	struct twc_str cnonce = twc_str_of(d->fixed_cnonce ? d->fixed_cnonce : d->cnonce);
	struct twc__http_digest_input in = {
		.realm = twc_str_of(d->realm),
		.nonce = twc_str_of(d->nonce),
		.cnonce = cnonce,
		.has_qop = d->has_qop,
		.is_sess = d->is_sess,
	};
	struct twc__http_digest_hex response;
	uint8_t count[4] = { (uint8_t)(d->nc >> 24), (uint8_t)(d->nc >> 16), (uint8_t)(d->nc >> 8), (uint8_t)d->nc };
	char nc[8];
	int rc = 0;

	twc__hex_encode(nc, count, sizeof(count));
	in.nc = (struct twc_str){ nc, sizeof(nc) };
	twc__http_digest_response(d->hash, &in, r, &response);
	if (d->has_qop) {
		rc = twc__http_digest_add_quoted(out, ", cnonce=", cnonce);
		if (rc == 0)
			rc = twc_buf_addf(out, ", nc=%.8s, qop=auth", nc);
	}
	return rc ? rc : twc_buf_addf(out, ", response=\"%.*s\"", (int)response.n, response.text);
}

static int add_rest(const struct twc__http_digest *d, struct twc_buf *out)
{
	int rc = 0;

	if (d->opaque)
		rc = twc__http_digest_add_quoted(out, ", opaque=", twc_str_of(d->opaque));
	if (rc == 0 && d->algorithm)
		rc = twc_buf_addf(out, ", algorithm=%s", d->algorithm);
	if (rc == 0 && d->hash_user)
		rc = twc_buf_addf(out, ", userhash=true");
	return rc;
}

int twc__http_digest_answer(struct twc__http_digest *d, const struct twc__http_digest_request *request, struct twc_buf *out,
			    struct twc_err *err)
{
	size_t before = twc_buf_len(out);
	int rc = check_request(d, request, err);

	if (rc)
		return rc;
	d->nc++;
	rc = add_who(d, request, out);
	if (rc == 0)
		rc = add_proof(d, request, out);
	if (rc == 0)
		rc = add_rest(d, out);
	if (rc == 0)
		return 0;
	out->end = out->start + before;
	return twc_err_set(err, rc, "the answer to Digest is too long");
}
