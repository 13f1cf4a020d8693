/* SPDX-License-Identifier: MIT */
/* Who we are: a certificate, its chain and its key, from files. */
#include "transport/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include "base/banned.h"

static int give_password(char *buf, int cap, int writing, void *arg)
{
	const struct twc_tls_opts *o = arg;
	size_t n = o->key_pass ? strlen(o->key_pass) : 0;

	(void)writing;
	if (!n || n > (size_t)cap)
		return -1; /* never asks on the terminal */
	memcpy(buf, o->key_pass, n);
	return (int)n;
}

static int cannot_load(const char *what, const char *path, const char *holds, struct twc_err *err)
{
	unsigned long e = ERR_peek_last_error();
	int reason = ERR_GET_REASON(e);

	if (access(path, R_OK) < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "%s: cannot read %s", what, path);
	if (ERR_GET_LIB(e) == ERR_LIB_X509 && reason == X509_R_KEY_VALUES_MISMATCH)
		return twc_err_set(err, TWC_EDATA, "%s: the key in %s does not belong to the certificate", what, path);
	if (ERR_GET_LIB(e) == ERR_LIB_PEM && reason == PEM_R_BAD_PASSWORD_READ)
		return twc_err_set(err, TWC_EDATA, "%s: the key in %s is encrypted; use key-pass-file=", what, path);
	return twc_err_set(err, TWC_EDATA, "%s: %s holds no %s", what, path, holds);
}

int twc__tls_identity_load(struct twc_tls_ctx *c, const struct twc_tls_opts *o, struct twc_err *err)
{
	const char *key = o->key ? o->key : o->cert;

	SSL_CTX_set_default_passwd_cb(c->ssl, give_password);
	SSL_CTX_set_default_passwd_cb_userdata(c->ssl, (void *)(uintptr_t)o);
	if (!SSL_CTX_use_certificate_chain_file(c->ssl, o->cert))
		return cannot_load("cert", o->cert, "PEM certificate", err);
	if (!SSL_CTX_use_PrivateKey_file(c->ssl, key, SSL_FILETYPE_PEM))
		return cannot_load("key", key, "PEM key", err);
	if (!SSL_CTX_check_private_key(c->ssl))
		return twc_err_set(err, TWC_EDATA, "key: the key in %s does not belong to the certificate", key);
	SSL_CTX_set_default_passwd_cb_userdata(c->ssl, NULL);
	return 0;
}
