/* SPDX-License-Identifier: MIT */
/*
 * The PROXY protocol, versions 1 and 2 (haproxy's proxy-protocol.txt, 2020/03/05): what a proxy says first on a connection,
 * about the client it speaks for. Pure, both ways. Not installed.
 */
#ifndef TWC_PROTOCOL_HAPROXY_INT_H
#define TWC_PROTOCOL_HAPROXY_INT_H

#include <twc/addr.h>
#include <twc/err.h>

#define TWC__HAPROXY_V1_MAX 107	 /* CRLF and all */
#define TWC__HAPROXY_V2_MAX 4096 /* our limit; 65,551 would be legal */
#define TWC__HAPROXY_OUT_MAX 216

struct twc__haproxy {
	uint8_t version; /* 1 or 2 */
	bool is_known;	 /* false: UNKNOWN, LOCAL, or a family that says nothing here: the socket's own addresses hold */
	struct twc_addr client, server; /* kind TCP or UNIX */
	/* Version 2 may say more; borrowed from what was parsed, not escaped. n 0: not said. */
	struct twc_str alpn, authority, unique_id, tls_version, tls_cn;
	bool has_tls;		/* the client came with TLS */
	bool tls_verified;	/* and with a certificate that the proxy has verified */
};

/*
 * Looks at the first n bytes of a connection. Returns the header's length; 0 when more is needed; or TWC_EPROTO: there is
 * none, or it is not as it must be. Of n = TWC__HAPROXY_V2_MAX bytes it never needs more.
 */
int twc__haproxy_parse(struct twc__haproxy *h, const uint8_t *p, size_t n, struct twc_err *err);
/* A header that says so; client of kind NONE: UNKNOWN, LOCAL. Returns its length. */
size_t twc__haproxy_make(unsigned version, const struct twc_addr *client, const struct twc_addr *server,
			 uint8_t out[TWC__HAPROXY_OUT_MAX]);

#endif
