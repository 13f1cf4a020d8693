/* SPDX-License-Identifier: MIT */
/*
 * The authorities of the system. Where there is a hashed directory of them, as on most systems, the few that a chain needs
 * are looked up there; the one big file is read when somebody is not found, or where there is no directory. It takes
 * 20 ms to read, several times as long as a handshake. The same authorities count in either way, and SSL_CERT_FILE and
 * SSL_CERT_DIR say where they are, as with OpenSSL's own default.
 */
#include "transport/tls.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "base/banned.h"

static const char *bundle(void)
{
	const char *path = secure_getenv(X509_get_default_cert_file_env());

	return path ? path : X509_get_default_cert_file();
}

/* Nobody else has found the authority of this name. */
static int roots_by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *out)
{
	X509_STORE *store = X509_LOOKUP_get_store(lookup);
	X509_OBJECT *found;
	X509 *cert;

	if (type != X509_LU_X509 || X509_LOOKUP_get_method_data(lookup))
		return 0; /* what was read is in the store, which is asked before */
	(void)X509_LOOKUP_set_method_data(lookup, lookup);
	ERR_set_mark();
	(void)X509_load_cert_crl_file(lookup, bundle(), X509_FILETYPE_PEM);
	ERR_pop_to_mark();
	X509_STORE_lock(store);
	found = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), type, name);
	cert = found ? X509_OBJECT_get0_X509(found) : NULL;
	X509_STORE_unlock(store);
	if (!cert || !X509_OBJECT_set1_X509(out, cert))
		return 0;
	X509_free(cert); /* the store's hold is what a lookup gives */
	return 1;
}

bool twc__tls_roots_use(struct twc_tls_ctx *c)
{
	X509_STORE *store = SSL_CTX_get_cert_store(c->ssl);
	X509_LOOKUP *dir = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());

	if (!c->roots)
		c->roots = X509_LOOKUP_meth_new("twc roots");
	if (!dir || !c->roots || !X509_LOOKUP_meth_set_get_by_subject(c->roots, roots_by_subject))
		return false;
	(void)X509_LOOKUP_add_dir(dir, NULL, X509_FILETYPE_DEFAULT); /* none is fine */
	return X509_STORE_add_lookup(store, c->roots) != NULL;
}
