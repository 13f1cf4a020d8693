/* SPDX-License-Identifier: MIT */
/*
 * Accounts are kept as digests of "user:password", and a login is right when its digest is among them: so every comparison is of as
 * many bytes, and all are made, whatever was sent. Of a hash the digest is known as soon as a login was right; before,
 * it costs what crypt(3) costs, for names that are not there as well.
 */
#include "app/http/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/http/handler.h"
#include "base/crypt.h"
#include "base/digest.h"
#include "protocol/http/credentials.h"
#include "base/banned.h"

#define DIGEST_BYTES 32 /* of SHA-256 */

struct account {
	char *user, *hash;	     /* owned; hash NULL: the password is known */
	uint8_t right[DIGEST_BYTES]; /* of "user:password" */
	bool is_known;		     /* `right` is */
};

struct accounts {
	struct account *item; /* owned */
	size_t n;
	bool has_hashes;
};

struct twc__accounts {
	struct twc__digest *digest; /* owned, as everything here */
	char *file;		    /* NULL: there is none */
	struct accounts list;
};

/* ---- one ---- */

static void digest_of(struct twc__accounts *a, struct twc_str user, struct twc_str password, uint8_t out[TWC__DIGEST_MAX])
{
	twc__digest_add(a->digest, user.p, user.n);
	twc__digest_add(a->digest, ":", 1);
	twc__digest_add(a->digest, password.p, password.n);
	twc__digest_end(a->digest, out);
}

/* "$6$", "$apr1$", "{SSHA}": not what people choose. */
static bool looks_like_hash(struct twc_str s)
{
	char close = s.n && s.p[0] == '$' ? '$' : s.n && s.p[0] == '{' ? '}' : '\0';
	size_t i = 1;

	while (close && i < s.n && ((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
				    (s.p[i] >= '0' && s.p[i] <= '9')))
		i++;
	return close && i > 1 && i < s.n && i < 12 && s.p[i] == close;
}

static int check_login(struct twc_str user, struct twc_str password, struct twc_err *err)
{
	if (!user.n || !password.p)
		return twc_err_set(err, TWC_EUSAGE, "a login is written as USER:PASSWORD");
	if (user.n + 1 + password.n > TWC__HTTP_BASIC_MAX)
		return twc_err_set(err, TWC_EUSAGE, "a login is %d bytes at most", TWC__HTTP_BASIC_MAX);
	if (looks_like_hash(password) && !twc__crypt_is_hash(password))
		return twc_err_set(err, TWC_EUSAGE,
				   "hashes of this kind cannot be checked, those of `openssl passwd -6` can ($6$, $5$)");
	return 0;
}

static int add(struct twc__accounts *a, struct accounts *l, struct twc_str text, struct twc_err *err)
{
	struct twc_str password = text, user;
	uint8_t digest[TWC__DIGEST_MAX];
	struct account *x;

	(void)twc_str_cut(&password, ':', &user);
	if (check_login(user, password, err) < 0)
		return TWC_EUSAGE;
	if (l->n == TWC__ACCOUNTS_MAX)
		return twc_err_set(err, TWC_EUSAGE, "there are more than %d logins", TWC__ACCOUNTS_MAX);
	l->item = twc_realloc(l->item, (l->n + 1) * sizeof(*l->item));
	x = &l->item[l->n++];
	*x = (struct account){ .user = twc_str_dup(user) };
	if (looks_like_hash(password)) {
		x->hash = twc_str_dup(password);
		l->has_hashes = true;
		return 0;
	}
	digest_of(a, user, password, digest);
	memcpy(x->right, digest, sizeof(x->right));
	x->is_known = true;
	return 0;
}

static void list_free(struct accounts *l)
{
	for (size_t i = 0; i < l->n; i++) {
		twc_free(l->item[i].user);
		twc_free(l->item[i].hash);
	}
	twc_free(l->item);
	*l = (struct accounts){ 0 };
}

/* ---- a file ---- */

static int read_lines(struct twc__accounts *a, struct accounts *l, FILE *f, struct twc_err *err)
{
	char *line = NULL;
	size_t cap = 0;
	unsigned number = 0;
	struct twc_err why = { 0 };
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &cap, f)) > 0) {
		struct twc_str text = { line, (size_t)n };

		number++;
		while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
			text.n--;
		if (text.n && text.p[0] != '#' && add(a, l, text, &why) < 0)
			rc = twc_err_set(err, TWC_EDATA, "%s:%u: %s", a->file, number, why.text);
	}
	if (rc == 0 && ferror(f))
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot read the logins of %s", a->file);
	if (line)
		explicit_bzero(line, cap);
	free(line);
	return rc;
}

int twc__accounts_reload(struct twc__accounts *a, struct twc_err *err)
{
	struct accounts fresh = { 0 };
	FILE *f;
	int rc;

	if (!a->file)
		return 0;
	f = fopen(a->file, "re");
	if (!f)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot open the logins %s", a->file);
	rc = read_lines(a, &fresh, f, err);
	fclose(f);
	if (rc < 0) {
		list_free(&fresh);
		return rc;
	}
	list_free(&a->list);
	a->list = fresh;
	return 0;
}

/* ---- all ---- */

struct twc__accounts *twc__accounts_new(struct twc_str spec, const char *base, struct twc_err *err)
{
	struct twc__accounts *a = twc_calloc(1, sizeof(*a));
	int rc;

	a->digest = twc__digest_new(TWC__DIGEST_SHA256, err);
	if (!a->digest) {
		twc_free(a);
		return NULL;
	}
	if (spec.n && spec.p[0] == '@') {
		a->file = twc__http_site_path(base, (struct twc_str){ spec.p + 1, spec.n - 1 });
		rc = twc__accounts_reload(a, err);
	} else {
		rc = add(a, &a->list, spec, err);
	}
	if (rc == 0)
		return a;
	twc__accounts_free(a);
	return NULL;
}

void twc__accounts_free(struct twc__accounts *a)
{
	if (!a)
		return;
	list_free(&a->list);
	twc__digest_free(a->digest);
	twc_free(a->file);
	twc_free(a);
}

bool twc__accounts_has_file(const struct twc__accounts *a)
{
	return a->file != NULL;
}

/* ---- a login ---- */

static bool is_known(const struct accounts *l, const uint8_t digest[DIGEST_BYTES])
{
	struct twc_str given = { (const char *)digest, DIGEST_BYTES };
	bool found = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct account *x = &l->item[i];
		bool same = twc__same_secret(given, (struct twc_str){ (const char *)x->right, DIGEST_BYTES });

		found |= same && x->is_known;
	}
	return found;
}

/* With hashes. Where none is of this name the first is tried, for nothing but the time it takes. */
static bool is_hashed(struct accounts *l, struct twc_str user, struct twc_str password, const uint8_t digest[DIGEST_BYTES])
{
	const struct account *other = NULL;
	bool tried = false;

	for (size_t i = 0; i < l->n; i++) {
		struct account *x = &l->item[i];

		if (!x->hash)
			continue;
		other = x;
		if (!twc_str_is(user, x->user))
			continue;
		tried = true;
		if (!twc__crypt_check(password, twc_str_of(x->hash)))
			continue;
		memcpy(x->right, digest, DIGEST_BYTES);
		x->is_known = true;
		return true;
	}
	if (!tried && other)
		(void)twc__crypt_check(password, twc_str_of(other->hash));
	return false;
}

bool twc__accounts_check(struct twc__accounts *a, struct twc_str user, struct twc_str password)
{
	uint8_t digest[TWC__DIGEST_MAX];

	digest_of(a, user, password, digest);
	return is_known(&a->list, digest) || (a->list.has_hashes && is_hashed(&a->list, user, password, digest));
}
