/* SPDX-License-Identifier: MIT */
/*
 * What the client of a proxy says and hears until its tunnel is open. Pure: whoever carries the bytes sends what is in
 * `out`, feeds what comes, and keeps what was not used, which is the target's:
 *
 *     twc__tunnel_init -> out -> feed, out, feed … -> TWC__TUNNEL_OPEN
 *
 * tunnel.c is the common part, socks.c the SOCKS family, http_connect.c the CONNECT method. Errors are predicates of
 * which the proxy is the subject ("says: connection refused by the target (SOCKS 5)"); bytes of the proxy are escaped.
 * Not installed.
 */
#ifndef TWC_PROTOCOL_TUNNEL_INT_H
#define TWC_PROTOCOL_TUNNEL_INT_H

#include <twc/addr.h>
#include <twc/buf.h>

enum twc__tunnel_kind {
	TWC__TUNNEL_SOCKS4,  /* IPv4 addresses only */
	TWC__TUNNEL_SOCKS4A, /* and names */
	TWC__TUNNEL_SOCKS5,  /* RFC 1928, 1929 */
	TWC__TUNNEL_HTTP,    /* RFC 9110 9.3.6 */
};

#define TWC__TUNNEL_HOST_MAX 255
#define TWC__TUNNEL_USER_MAX 255
#define TWC__TUNNEL_PASS_MAX 1024 /* SOCKS5: 255 */
#define TWC__TUNNEL_HEAD_MAX 16384

/* What is asked for; borrowed until the tunnel is open. */
struct twc__tunnel_ask {
	enum twc__tunnel_kind kind;
	struct twc_addr addr; /* kind not NONE: this address; its port is not looked at */
	const char *host;     /* else this name, which the proxy looks up */
	uint16_t port;
	const char *user, *pass; /* NULL: no login; pass NULL: empty */
	const char *fields;   /* HTTP: further header fields, lines that LF ends or CR LF; NULL: none */
};

struct twc__tunnel {
	const struct twc__tunnel_ask *ask;
	struct twc_buf out; /* to be sent next; the carrier consumes it */
	uint8_t state;
	bool is_begun;	/* a part of the answer that is waited for is here */
	size_t n;	/* SOCKS: bytes of the answer in `in`; HTTP: bytes of the head so far */
	uint8_t in[8];	/* SOCKS: the head of the answer */
	size_t skip;	/* SOCKS: bytes of an address still to come */
	struct twc_buf line; /* HTTP: the unfinished line */
	int status;	     /* HTTP: 0 until there is one */
	bool saw_login, saw_basic;
	char said[96]; /* HTTP: "HTTP 502 Bad Gateway", escaped */
};

/* Can this be asked? 0, or TWC_EUSAGE with a text about the target or the login. */
int twc__tunnel_check(const struct twc__tunnel_ask *ask, struct twc_err *err);
/* With the first request in `out`. 0 or TWC_ENOMEM; to be undone by fini in any case. `ask` has been checked. */
int twc__tunnel_init(struct twc__tunnel *t, const struct twc__tunnel_ask *ask, struct twc_err *err);
void twc__tunnel_fini(struct twc__tunnel *t);

#define TWC__TUNNEL_OPEN 1
/*
 * Takes what it needs of n bytes: *used. 0: send what is in `out`, if anything, then feed what was not used and what
 * comes. TWC__TUNNEL_OPEN: what follows *used is the target's. Negative: refused, or no proxy of this kind.
 */
int twc__tunnel_feed(struct twc__tunnel *t, const uint8_t *data, size_t n, size_t *used, struct twc_err *err);
/* The proxy ended instead; returns err->code. */
int twc__tunnel_end(const struct twc__tunnel *t, struct twc_err *err);
/* What it has not answered yet: "the greeting", "the login", "the request". */
const char *twc__tunnel_waiting(const struct twc__tunnel *t);

/* ---- socks.c ---- */

int twc__socks_check(const struct twc__tunnel_ask *ask, struct twc_err *err);
int twc__socks_begin(struct twc__tunnel *t);
int twc__socks_feed(struct twc__tunnel *t, const uint8_t *data, size_t n, size_t *used, struct twc_err *err);
const char *twc__socks_waiting(const struct twc__tunnel *t);

/* ---- http_connect.c ---- */

int twc__http_connect_check(const struct twc__tunnel_ask *ask, struct twc_err *err);
int twc__http_connect_begin(struct twc__tunnel *t);
int twc__http_connect_feed(struct twc__tunnel *t, const uint8_t *data, size_t n, size_t *used, struct twc_err *err);
/* The error of the status that was read. */
int twc__http_connect_refused(const struct twc__tunnel *t, struct twc_err *err);

#endif
