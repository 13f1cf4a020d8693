/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/endpoint: proxies on the way, shared by the files they are in. via.c reads the string, via_env.c the
 * environment, via_dial.c goes the way.
 */
#ifndef TWC_ENDPOINT_VIA_H
#define TWC_ENDPOINT_VIA_H

#include "endpoint/conn.h"
#include "protocol/tunnel_int.h"

#define TWC__HOPS_MAX 8

/* One proxy. Strings are owned; NULL: not given. */
struct twc__hop {
	enum twc__tunnel_kind kind;
	bool resolves; /* names are looked up here, not by the proxy */
	char *text;    /* "socks5:gw:1080", for messages */
	char *host;
	uint16_t port;
	char *user, *pass, *pass_file, *pass_env;
	char *fields; /* of HTTP: lines */
	struct twc_endpoint *tls; /* owned: how it is reached by TLS; NULL: plainly */
};

/* hop[0] is asked for the target, hop[i] for hop[i - 1]; the last one is dialled. Zeroed: none. */
struct twc__hops {
	size_t n;
	struct twc__hop hop[TWC__HOPS_MAX];
};
void twc__hops_fini(struct twc__hops *h);

/* ---- via.c ---- */

/* A proxy string, what stands in the brackets; its first byte is at `column` of what was typed, or, when `is_exact` is
 * false, somewhere behind. Pure. Fills `h` also when it fails. */
int twc__hops_parse(struct twc__hops *h, const char *s, int column, bool is_exact, struct twc_err *err);
/* Adds one; strings are copied. */
struct twc__hop *twc__hops_add(struct twc__hops *h, enum twc__tunnel_kind kind, const char *name, const char *host,
			       uint16_t port);
/* `hop` is reached by TLS, as `s` (https:HOST:PORT…) says. 0 or a fault. */
int twc__hop_secure(struct twc__hop *hop, const char *s, struct twc_err *err);
/* What `hop` will be asked, as far as strings tell: a name that is looked up here stands as it is. */
void twc__hop_ask(const struct twc__hop *hop, const char *host, uint16_t port, struct twc__tunnel_ask *ask);

/* ---- via_env.c ---- */

/* Passwords from files and the environment into hop->pass. TWC_ENOINPUT, TWC_ECONFIG. */
int twc__hops_log_in(struct twc__hops *h, struct twc_err *err);
/* ALL_PROXY and NO_PROXY as curl reads them; h->n is 0 when `host` is to be reached directly. TWC_ECONFIG. */
int twc__hops_from_env(struct twc__hops *h, const char *host, struct twc_err *err);
/* A proxy as curl has it: [scheme://][user[:password]@]host[:port]. Pure. TWC_ECONFIG. */
int twc__hops_parse_url(struct twc__hops *h, const char *url, struct twc_err *err);

#endif
