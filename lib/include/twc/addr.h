/* SPDX-License-Identifier: MIT */
/*
 * Addresses as values. What is printed is an endpoint string that can be pasted back:
 * tcp:127.0.0.1:80  tcp:[::1]:80  tcp:[fe80::1%eth0]:80  udp:127.0.0.1:53  unix:/run/x  unix:@abstract
 * unix:/run/x:kind=dgram  unix:/run/x:kind=seqpacket  vsock:2:1234
 */
#ifndef TWC_ADDR_H
#define TWC_ADDR_H

#include <twc/base.h>
#include <twc/err.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#pragma GCC visibility push(default)

enum twc_addr_kind {
	TWC_ADDR_NONE = 0, /* no address: pipes, memory; prints as its text */
	TWC_ADDR_TCP,
	TWC_ADDR_UDP,
	TWC_ADDR_UNIX,	   /* stream */
	TWC_ADDR_UNIX_DGRAM,
	TWC_ADDR_UNIX_SEQPACKET,
	TWC_ADDR_VSOCK,	   /* u.sa is a struct sockaddr_vm (linux/vm_sockets.h) */
};

struct twc_addr {
	enum twc_addr_kind kind;
	socklen_t len; /* of u; 0 for TWC_ADDR_NONE */
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} u;
};

#define TWC_ADDR_TEXT_MAX 240 /* "unix:", 107 bytes that may all need quoting, ":kind=seqpacket", NUL */

void twc_addr_set(struct twc_addr *a, enum twc_addr_kind kind, const struct sockaddr *sa, socklen_t len);
/* A literal IPv4 or IPv6 address (scope %name or %number kept). TWC_EUSAGE when it is none. */
int twc_addr_parse_ip(struct twc_addr *a, enum twc_addr_kind kind, struct twc_str host, uint16_t port,
		      struct twc_err *err);
/* A path or an abstract name, of whatever kind of socket. */
static inline bool twc_addr_is_unix(const struct twc_addr *a)
{
	return a->kind == TWC_ADDR_UNIX || a->kind == TWC_ADDR_UNIX_DGRAM || a->kind == TWC_ADDR_UNIX_SEQPACKET;
}
/* "/path" or "@abstract" (may hold any byte but NUL); the kind is TWC_ADDR_UNIX. TWC_EUSAGE when empty or too long (107 bytes). */
int twc_addr_parse_unix(struct twc_addr *a, struct twc_str path, struct twc_err *err);
/* The endpoint string; bytes that need it are quoted. Returns `buf`. */
const char *twc_addr_format(const struct twc_addr *a, char *buf, size_t cap);
/* The bare host ("127.0.0.1", "::1%lo", the path) without type or port. */
const char *twc_addr_format_host(const struct twc_addr *a, char *buf, size_t cap);
uint16_t twc_addr_port(const struct twc_addr *a); /* 0 when it has none, or one of more than 16 bits (vsock) */
void twc_addr_set_port(struct twc_addr *a, uint16_t port);
bool twc_addr_is_loopback(const struct twc_addr *a); /* 127/8, ::1, mapped 127/8, unix */
bool twc_addr_is_any(const struct twc_addr *a);	     /* 0.0.0.0, :: */
bool twc_addr_eq(const struct twc_addr *a, const struct twc_addr *b);
bool twc_addr_eq_host(const struct twc_addr *a, const struct twc_addr *b); /* port ignored; mapped IPv4 = IPv4 */

/* A network: 10.0.0.0/8, fd00::/8, a bare address (/32, /128). ::/0 is every IPv6 address, and no IPv4. */
struct twc_cidr {
	uint8_t ip[16]; /* IPv4 as mapped */
	uint8_t bits;	/* 0-128 over the mapped form */
};
int twc_cidr_parse(struct twc_cidr *c, struct twc_str s, struct twc_err *err); /* host bits must be zero */
bool twc_cidr_has(const struct twc_cidr *c, const struct twc_addr *a);	       /* false for non-IP */

#pragma GCC visibility pop
#endif
