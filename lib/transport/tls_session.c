/* SPDX-License-Identifier: MIT */
/*
 * Resumption (RFC 8446, 2.2), and the key log for packet analysers (SSLKEYLOGFILE, the format of NSS).
 *
 * A resumed session shows no certificate: whom it is with was found good before. So a client offers one only for the names
 * it was verified for, once, and not after its trust was read anew; and a server looks again at the certificate that is in
 * the ticket.
 */
#include "transport/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

static struct twc_tls_ctx *ctx_of(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* ---- sessions ---- */

/* What the session of a connection is good for: the name that was verified, and the one that was asked for. */
static char *names_of(const SSL *ssl)
{
	X509_VERIFY_PARAM *param = SSL_get0_param((SSL *)(uintptr_t)ssl);
	const char *host = X509_VERIFY_PARAM_get0_host(param, 0), *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	char *ip = host ? NULL : twc__tls_ip_of(param);
	char *names = twc_asprintf("%s %s", host ? host : ip ? ip : "", asked ? asked : "");

	OPENSSL_free(ip);
	return names;
}

void twc__tls_session_forget(struct twc_tls_ctx *c)
{
	SSL_SESSION_free(c->session);
	c->session = NULL;
	twc_free(c->session_name);
	c->session_name = NULL;
}

/* Returns 1: the session is ours now. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct twc_tls_ctx *c = ctx_of(ssl);

	if (SSL_get_SSL_CTX(ssl) != c->ssl)
		return 0; /* from before the trust was read anew */
	twc__tls_session_forget(c);
	c->session = session;
	c->session_name = names_of(ssl);
	return 1;
}

/* A certificate that may be resumed with; one that may not has to be shown again, and what is wrong with it is said then. */
static SSL_TICKET_RETURN on_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_n,
				   SSL_TICKET_STATUS status, void *arg)
{
	const struct twc_tls_ctx *c = arg;
	X509 *cert = session ? SSL_SESSION_get0_peer(session) : NULL;

	(void)ssl;
	(void)name;
	(void)name_n;
	if (status == SSL_TICKET_EMPTY || status == SSL_TICKET_NO_DECRYPT)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (cert ? !twc__tls_is_current(cert) : c->o.client_auth == TWC_TLS_AUTH_REQUIRE)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

void twc__tls_sessions_init(struct twc_tls_ctx *c)
{
	SSL_CTX_set_app_data(c->ssl, c);
	if (c->server) {
		/* Tickets alone. Their keys are the SSL_CTX's: one that was read anew knows nobody. */
		SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_num_tickets(c->ssl, 1);
		SSL_CTX_set_session_id_context(c->ssl, (const unsigned char *)"twc", 3);
		SSL_CTX_set_session_ticket_cb(c->ssl, NULL, on_ticket, c);
		return;
	}
	SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->ssl, on_session);
}

void twc__tls_session_offer(struct twc_tls_ctx *c, SSL *ssl)
{
	char *names = c->session ? names_of(ssl) : NULL;

	if (!names)
		return;
	if (strcmp(c->session_name, names) == 0) {
		SSL_set_session(ssl, c->session);
		if (SSL_SESSION_get_protocol_version(c->session) == TLS1_3_VERSION)
			twc__tls_session_forget(c); /* each of its tickets is good once (RFC 8446, C.4) */
	}
	twc_free(names);
}

void twc__tls_session_fini(struct twc_tls_ctx *c)
{
	twc__tls_session_forget(c);
	if (c->keylog >= 0)
		close(c->keylog);
}

/* ---- the key log ---- */

static void on_keylog(const SSL *ssl, const char *line)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "%s\n", line);

	/* A log that cannot be written is no reason to end a connection. */
	if (n > 0 && n < (int)sizeof(text))
		(void)!write(ctx_of(ssl)->keylog, text, (size_t)n);
	explicit_bzero(text, sizeof(text));
}

int twc__tls_keylog_open(struct twc_tls_ctx *c, struct twc_err *err)
{
	const char *path = secure_getenv("SSLKEYLOGFILE");

	c->keylog = -1;
	if (!path || !path[0])
		return 0;
	c->keylog = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (c->keylog >= 0)
		return 0;
	return twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "SSLKEYLOGFILE: cannot write %s", path);
}

void twc__tls_keylog_init(struct twc_tls_ctx *c)
{
	if (c->keylog >= 0)
		SSL_CTX_set_keylog_callback(c->ssl, on_keylog);
}
