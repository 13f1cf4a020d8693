/* SPDX-License-Identifier: MIT */
/*
 * Resumption of a client's sessions within a run (RFC 8446, 2.2: tickets; each is offered once), and the key log for packet
 * analysers (SSLKEYLOGFILE, the format of NSS).
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

/* Returns 1: the session is ours now. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct twc_tls_ctx *c = ctx_of(ssl);

	SSL_SESSION_free(c->session);
	c->session = session;
	return 1;
}

void twc__tls_sessions_init(struct twc_tls_ctx *c)
{
	SSL_CTX_set_app_data(c->ssl, c);
	if (c->server) {
		/* Tickets alone; those of a client that showed a certificate are good for this service only. */
		SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_num_tickets(c->ssl, 1);
		SSL_CTX_set_session_id_context(c->ssl, (const unsigned char *)"twc", 3);
		return;
	}
	SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->ssl, on_session);
}

void twc__tls_session_offer(struct twc_tls_ctx *c, SSL *ssl, const char *name)
{
	bool fits = c->session && strcmp(c->session_name, name ? name : "") == 0;

	if (fits)
		SSL_set_session(ssl, c->session);
	if (fits && SSL_SESSION_get_protocol_version(c->session) != TLS1_3_VERSION)
		return; /* may be used again; a ticket of TLS 1.3 may not */
	SSL_SESSION_free(c->session);
	c->session = NULL;
	twc_free(c->session_name);
	c->session_name = twc_strdup(name ? name : "");
}

void twc__tls_session_fini(struct twc_tls_ctx *c)
{
	SSL_SESSION_free(c->session);
	c->session = NULL;
	twc_free(c->session_name);
	if (c->keylog >= 0)
		close(c->keylog);
}

/* ---- the key log ---- */

static void on_keylog(const SSL *ssl, const char *line)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "%s\n", line);

	if (n > 0 && n < (int)sizeof(text) && write(ctx_of(ssl)->keylog, text, (size_t)n) < 0)
		return; /* a log that cannot be written is no reason to end a connection */
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
