/* SPDX-License-Identifier: MIT */
/*
 * A directory of certificates, one for each name that clients ask for (SNI, RFC 6066). What is found there:
 *
 *	NAME.pem, *.DOMAIN.pem	      certificate, chain and key in any order, for the name of the file
 *	DEFAULT.pem		      for clients that ask for no name, or for one that nobody here has
 *	NAME/fullchain.pem, privkey.pem   as certbot keeps them
 *
 * A certificate serves the names it is for (subjectAltName), too; the name of a file comes first. Of a wildcard the star
 * is one label.
 */
#include "transport/tls.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/banned.h"

#define FILES_MAX 4096
#define PATH_CAP 4096

/* ---- what a directory holds, cheaply: has it changed? ---- */

void twc__tls_stamp_file(uint64_t *stamp, const char *path)
{
	struct stat st = { 0 };

	if (stat(path, &st) < 0)
		st.st_ino = 0;
	for (const char *c = path; *c; c++)
		*stamp = (*stamp ^ (unsigned char)*c) * UINT64_C(1099511628211); /* FNV-1a */
	*stamp = (*stamp ^ st.st_ino) * UINT64_C(1099511628211);
	*stamp = (*stamp ^ (uint64_t)st.st_size) * UINT64_C(1099511628211);
	*stamp = (*stamp ^ (uint64_t)st.st_mtim.tv_sec) * UINT64_C(1099511628211);
	*stamp = (*stamp ^ (uint64_t)st.st_mtim.tv_nsec) * UINT64_C(1099511628211);
}

/* The files of one certificate, or false: this name is none. `key` is "" when it is in `cert`. */
static bool entry_files(const char *dir, const char *name, char cert[PATH_CAP], char key[PATH_CAP], char stem[256])
{
	size_t n = strlen(name);
	struct stat st;

	key[0] = '\0';
	if (name[0] == '.' || n > 255)
		return false;
	if (n > 4 && strcmp(name + n - 4, ".pem") == 0) {
		snprintf(cert, PATH_CAP, "%s/%s", dir, name);
		snprintf(stem, 256, "%.*s", (int)(n - 4), name);
		return stat(cert, &st) == 0 && S_ISREG(st.st_mode);
	}
	snprintf(cert, PATH_CAP, "%s/%s/fullchain.pem", dir, name);
	snprintf(key, PATH_CAP, "%s/%s/privkey.pem", dir, name);
	snprintf(stem, 256, "%s", name);
	return stat(cert, &st) == 0 && S_ISREG(st.st_mode);
}

uint64_t twc__tls_stamp_dir(const char *dir)
{
	char cert[PATH_CAP], key[PATH_CAP], stem[256];
	uint64_t stamp = 0;
	const struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d)) != NULL) {
		uint64_t one = UINT64_C(14695981039346656037);

		if (!entry_files(dir, e->d_name, cert, key, stem))
			continue;
		twc__tls_stamp_file(&one, cert);
		if (key[0])
			twc__tls_stamp_file(&one, key);
		stamp += one; /* in whatever order they are found */
	}
	if (d)
		closedir(d);
	return stamp;
}

/* ---- reading it ---- */

struct name {
	char *text; /* owned, in lower case */
	uint32_t id;
	bool of_file; /* not only one that the certificate is for */
};

struct twc__tls_names {
	struct twc__tls_identity *id; /* owned */
	size_t ids;
	struct name *name; /* sorted, without doubles */
	size_t names;
	size_t fallback; /* SIZE_MAX: none */
};

static void add_name(struct twc__tls_names *s, const char *text, size_t n, bool of_file)
{
	char *copy = twc_malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		copy[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
	copy[n] = '\0';
	s->name = twc_realloc(s->name, (s->names + 1) * sizeof(*s->name));
	s->name[s->names++] = (struct name){ .text = copy, .id = (uint32_t)(s->ids - 1), .of_file = of_file };
}

static void add_san(struct twc__tls_names *s, X509 *cert)
{
	GENERAL_NAMES *list = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; list && i < sk_GENERAL_NAME_num(list); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(list, i);

		if (g->type == GEN_DNS)
			add_name(s, (const char *)ASN1_STRING_get0_data(g->d.dNSName),
				 (size_t)ASN1_STRING_length(g->d.dNSName), false);
	}
	GENERAL_NAMES_free(list);
}

/* By name; what a file is called comes before what certificates say, and the first file before the next. */
static int name_order(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int by_text = strcmp(x->text, y->text);

	if (by_text || x->of_file != y->of_file)
		return by_text ? by_text : y->of_file - x->of_file;
	return (x->id > y->id) - (x->id < y->id);
}

static void sort_names(struct twc__tls_names *s)
{
	size_t kept = 0;

	qsort(s->name, s->names, sizeof(*s->name), name_order);
	for (size_t i = 0; i < s->names; i++) {
		if (kept && strcmp(s->name[kept - 1].text, s->name[i].text) == 0)
			twc_free(s->name[i].text);
		else
			s->name[kept++] = s->name[i];
	}
	s->names = kept;
}

static int read_dir(struct twc__tls_names *s, const char *dir, const char *pass, struct twc_err *err)
{
	char cert[PATH_CAP], key[PATH_CAP], stem[256];
	struct dirent **found = NULL;
	int n = scandir(dir, &found, NULL, alphasort), rc = 0;

	if (n < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "certs: cannot read %s", dir);
	for (int i = 0; i < n; i++) {
		if (!rc && entry_files(dir, found[i]->d_name, cert, key, stem)) {
			s->id = twc_realloc(s->id, (s->ids + 1) * sizeof(*s->id));
			rc = s->ids == FILES_MAX
				     ? twc_err_set(err, TWC_EDATA, "certs: more than %d certificates in %s", FILES_MAX, dir)
				     : twc__tls_identity_load(&s->id[s->ids], cert, key[0] ? key : NULL, pass, err);
			if (!rc) {
				s->ids++;
				if (strcmp(stem, "DEFAULT") == 0)
					s->fallback = s->ids - 1;
				else
					add_name(s, stem, strlen(stem), true);
				add_san(s, s->id[s->ids - 1].cert);
			}
		}
		free(found[i]);
	}
	free(found);
	if (!rc && !s->ids)
		rc = twc_err_set(err, TWC_EDATA, "certs: %s holds no certificate (NAME.pem, or NAME/fullchain.pem)", dir);
	return rc;
}

struct twc__tls_names *twc__tls_names_load(const char *dir, const char *pass, struct twc_err *err)
{
	struct twc__tls_names *s = twc_calloc(1, sizeof(*s));

	s->fallback = SIZE_MAX;
	if (read_dir(s, dir, pass, err)) {
		twc__tls_names_free(s);
		return NULL;
	}
	sort_names(s);
	return s;
}

void twc__tls_names_free(struct twc__tls_names *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->ids; i++)
		twc__tls_identity_fini(&s->id[i]);
	for (size_t i = 0; i < s->names; i++)
		twc_free(s->name[i].text);
	twc_free(s->id);
	twc_free(s->name);
	twc_free(s);
}

/* ---- finding ---- */

static int name_cmp(const void *key, const void *item)
{
	return strcmp(key, ((const struct name *)item)->text);
}

static const struct name *find(const struct twc__tls_names *s, const char *text)
{
	return s->names ? bsearch(text, s->name, s->names, sizeof(*s->name), name_cmp) : NULL;
}

const struct twc__tls_identity *twc__tls_names_find(const struct twc__tls_names *s, const char *servername)
{
	char text[256];
	const struct name *hit;
	char *dot;
	size_t n = strlen(servername);

	if (!n || n >= sizeof(text))
		return NULL;
	for (size_t i = 0; i <= n; i++)
		text[i] = (char)(servername[i] >= 'A' && servername[i] <= 'Z' ? servername[i] + 32 : servername[i]);
	if (text[n - 1] == '.')
		text[n - 1] = '\0'; /* absolute names are the same names */
	hit = find(s, text);
	dot = strchr(text, '.');
	if (!hit && dot && dot > text) {
		dot[-1] = '*';
		hit = find(s, dot - 1);
	}
	return hit ? &s->id[hit->id] : NULL;
}

const struct twc__tls_identity *twc__tls_names_default(const struct twc__tls_names *s)
{
	return s->fallback == SIZE_MAX ? NULL : &s->id[s->fallback];
}
