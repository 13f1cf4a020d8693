/* SPDX-License-Identifier: MIT */
/*
 * Addresses as values: parsing of literals, and printing as endpoint strings that can be pasted
 * back. Pure, but for the names of interfaces in IPv6 scopes (RFC 4007), which the kernel is asked
 * for.
 */
#include "net/net_int.h"
#include <twc/parse.h>

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <stdio.h>

#include "base/banned.h"

#define UNIX_PATH_MAX_LEN (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)
#define UNIX_PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

void twc_addr_set(struct twc_addr *a, enum twc_addr_kind kind, const struct sockaddr *sa, socklen_t len)
{
	memset(a, 0, sizeof(*a));
	a->kind = kind;
	if (len > sizeof(a->u))
		len = sizeof(a->u);
	a->len = len;
	if (len > 0)
		memcpy(&a->u, sa, len);
}

/* ---- parsing ---- */

static int addr_fail(struct twc_err *err, struct twc_str s, const char *what)
{
	char text[80];

	twc_escape(text, sizeof(text), s);
	return twc_err_set(err, TWC_EUSAGE, "\"%s\" %s", text, what);
}

/* An interface's name or its number; 0 when it is neither. */
static uint32_t addr_scope(const char *s)
{
	uint32_t n = if_nametoindex(s);
	uint64_t v;

	if (n == 0 && twc_parse_uint(twc_str_of(s), 1, UINT32_MAX, &v, NULL) == 0)
		n = (uint32_t)v;
	return n;
}

int twc_addr_parse_ip(struct twc_addr *a, enum twc_addr_kind kind, struct twc_str host, uint16_t port,
		      struct twc_err *err)
{
	char s[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
	char *scope;

	memset(a, 0, sizeof(*a));
	if (host.n == 0 || host.n >= sizeof(s) || memchr(host.p, 0, host.n))
		return addr_fail(err, host, "is not an IP address");
	memcpy(s, host.p, host.n);
	s[host.n] = 0;
	if (inet_pton(AF_INET, s, &a->u.in.sin_addr) == 1) {
		a->kind = kind;
		a->len = sizeof(a->u.in);
		a->u.in.sin_family = AF_INET;
		a->u.in.sin_port = htons(port);
		return 0;
	}
	scope = strchr(s, '%');
	if (scope)
		*scope++ = 0;
	if (inet_pton(AF_INET6, s, &a->u.in6.sin6_addr) != 1) {
		memset(a, 0, sizeof(*a));
		return addr_fail(err, host, "is not an IP address");
	}
	if (scope && (a->u.in6.sin6_scope_id = addr_scope(scope)) == 0) {
		memset(a, 0, sizeof(*a));
		return addr_fail(err, host, "names no interface of this machine after the %");
	}
	a->kind = kind;
	a->len = sizeof(a->u.in6);
	a->u.in6.sin6_family = AF_INET6;
	a->u.in6.sin6_port = htons(port);
	return 0;
}

int twc_addr_parse_unix(struct twc_addr *a, struct twc_str path, struct twc_err *err)
{
	bool abstract = path.n > 0 && path.p[0] == '@';
	size_t n = abstract ? path.n - 1 : path.n;

	memset(a, 0, sizeof(*a));
	if (n == 0)
		return twc_err_set(err, TWC_EUSAGE, abstract ? "empty abstract socket name" : "empty socket path");
	if (n > UNIX_PATH_MAX_LEN)
		return twc_err_set(err, TWC_EUSAGE, "socket path of %zu bytes is too long (at most %zu)", n,
				   UNIX_PATH_MAX_LEN);
	if (memchr(path.p, 0, path.n))
		return addr_fail(err, path, "holds a NUL byte");
	a->kind = TWC_ADDR_UNIX;
	a->u.un.sun_family = AF_UNIX;
	/* An abstract name begins with a NUL and has no final one; a path is the other way
	 * round. */
	memcpy(a->u.un.sun_path + abstract, path.p + abstract, n);
	a->len = (socklen_t)(UNIX_PATH_OFFSET + n + 1);
	return 0;
}

void twc__addr_set_vsock(struct twc_addr *a, uint32_t cid, uint32_t port)
{
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };

	twc_addr_set(a, TWC_ADDR_VSOCK, (struct sockaddr *)&vm, sizeof(vm));
}

static struct sockaddr_vm vsock_of(const struct twc_addr *a)
{
	struct sockaddr_vm vm;

	memcpy(&vm, &a->u, sizeof(vm));
	return vm;
}

/* ---- printing ---- */

/* Appends what fits and keeps the NUL. */
struct addr_out {
	char *p;
	size_t n, cap;
};

static void out_char(struct addr_out *o, char c)
{
	if (o->n + 1 < o->cap)
		o->p[o->n++] = c;
	o->p[o->n] = 0;
}

static void out_str(struct addr_out *o, const char *s)
{
	while (*s)
		out_char(o, *s++);
}

static void out_ip(struct addr_out *o, const struct twc_addr *a)
{
	char s[INET6_ADDRSTRLEN], scope[IF_NAMESIZE + 8];

	if (a->u.sa.sa_family == AF_INET) {
		out_str(o, inet_ntop(AF_INET, &a->u.in.sin_addr, s, sizeof(s)));
		return;
	}
	out_str(o, inet_ntop(AF_INET6, &a->u.in6.sin6_addr, s, sizeof(s)));
	if (a->u.in6.sin6_scope_id == 0)
		return;
	if (!if_indextoname(a->u.in6.sin6_scope_id, scope))
		snprintf(scope, sizeof(scope), "%u", (unsigned)a->u.in6.sin6_scope_id);
	out_char(o, '%');
	out_str(o, scope);
}

/* `quote`: as one value of an endpoint string, in one line: a control character of a name that another program chose is
 * a question mark then. A NUL inside an abstract name shows as @, as ss prints it. */
static void out_unix(struct addr_out *o, const struct twc_addr *a, bool quote)
{
	const char *path = a->u.un.sun_path;
	size_t n = a->len > UNIX_PATH_OFFSET ? a->len - UNIX_PATH_OFFSET : 0;
	size_t i = 0;

	if (n == 0)
		return; /* a client that bound no name */
	if (path[0] == 0) {
		out_char(o, '@');
		i = 1;
	} else {
		n = strnlen(path, n);
		if (path[0] == '@')
			out_str(o, "./"); /* a file, not an abstract name */
	}
	for (; i < n; i++) {
		size_t control = quote && path[i] ? twc_control_len((struct twc_str){ path + i, n - i }) : 0;

		if (quote && path[i] && strchr("\\:=[]", path[i]))
			out_char(o, '\\');
		out_char(o, control ? '?' : path[i] ? path[i] : '@');
		i += control > 1;
	}
}

static bool addr_is_ip(const struct twc_addr *a)
{
	return (a->u.sa.sa_family == AF_INET && a->len >= sizeof(a->u.in)) ||
	       (a->u.sa.sa_family == AF_INET6 && a->len >= sizeof(a->u.in6));
}

static void out_ip_port(struct addr_out *o, const struct twc_addr *a)
{
	char port[8];
	bool v6 = a->u.sa.sa_family == AF_INET6;

	if (v6)
		out_char(o, '[');
	out_ip(o, a);
	if (v6)
		out_char(o, ']');
	snprintf(port, sizeof(port), ":%u", twc_addr_port(a));
	out_str(o, port);
}

static void out_vsock(struct addr_out *o, const struct twc_addr *a, bool with_port)
{
	struct sockaddr_vm vm = vsock_of(a);
	char s[32];

	snprintf(s, sizeof(s), "%u", vm.svm_cid);
	out_str(o, vm.svm_cid == VMADDR_CID_ANY ? "any" : s);
	if (!with_port)
		return;
	snprintf(s, sizeof(s), ":%u", vm.svm_port);
	out_str(o, s);
}

const char *twc_addr_format(const struct twc_addr *a, char *buf, size_t cap)
{
	struct addr_out o = { .p = buf, .cap = cap };

	if (cap == 0)
		return buf;
	buf[0] = 0;
	if (twc_addr_is_unix(a)) {
		out_str(&o, "unix:");
		out_unix(&o, a, true);
		if (a->kind != TWC_ADDR_UNIX && a->len > UNIX_PATH_OFFSET)
			out_str(&o, a->kind == TWC_ADDR_UNIX_DGRAM ? ":kind=dgram" : ":kind=seqpacket");
	} else if (a->kind == TWC_ADDR_VSOCK) {
		out_str(&o, "vsock:");
		out_vsock(&o, a, true);
	} else if (a->kind != TWC_ADDR_NONE && addr_is_ip(a)) {
		out_str(&o, a->kind == TWC_ADDR_UDP ? "udp:" : "tcp:");
		out_ip_port(&o, a);
	} else {
		out_str(&o, "none");
	}
	return buf;
}

const char *twc_addr_format_host(const struct twc_addr *a, char *buf, size_t cap)
{
	struct addr_out o = { .p = buf, .cap = cap };

	if (cap == 0)
		return buf;
	buf[0] = 0;
	if (twc_addr_is_unix(a))
		out_unix(&o, a, false);
	else if (a->kind == TWC_ADDR_VSOCK)
		out_vsock(&o, a, false);
	else if (addr_is_ip(a))
		out_ip(&o, a);
	return buf;
}

const char *twc__addr_where(const struct twc_addr *a, char *buf, size_t cap)
{
	char raw[TWC_ADDR_TEXT_MAX];
	struct addr_out o = { .p = raw, .cap = sizeof(raw) };

	raw[0] = 0;
	if (twc_addr_is_unix(a))
		out_unix(&o, a, false);
	else if (a->kind == TWC_ADDR_VSOCK)
		out_vsock(&o, a, true);
	else if (addr_is_ip(a))
		out_ip_port(&o, a);
	twc_escape(buf, cap, twc_str_of(raw));
	return buf;
}

/* ---- asking ---- */

uint16_t twc_addr_port(const struct twc_addr *a)
{
	switch (a->u.sa.sa_family) {
	case AF_INET:
		return ntohs(a->u.in.sin_port);
	case AF_INET6:
		return ntohs(a->u.in6.sin6_port);
	case AF_VSOCK:
		return vsock_of(a).svm_port <= UINT16_MAX ? (uint16_t)vsock_of(a).svm_port : 0;
	default:
		return 0;
	}
}

void twc_addr_set_port(struct twc_addr *a, uint16_t port)
{
	if (a->u.sa.sa_family == AF_INET)
		a->u.in.sin_port = htons(port);
	else if (a->u.sa.sa_family == AF_INET6)
		a->u.in6.sin6_port = htons(port);
}

bool twc__addr_ip16(const struct twc_addr *a, uint8_t ip[16])
{
	if (!addr_is_ip(a))
		return false;
	if (a->u.sa.sa_family == AF_INET6) {
		memcpy(ip, &a->u.in6.sin6_addr, 16);
		return true;
	}
	memset(ip, 0, 10);
	ip[10] = ip[11] = 0xff;
	memcpy(ip + 12, &a->u.in.sin_addr, 4);
	return true;
}

static bool ip16_is_mapped(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip, prefix, sizeof(prefix)) == 0;
}

bool twc_addr_is_loopback(const struct twc_addr *a)
{
	uint8_t ip[16];

	if (twc_addr_is_unix(a))
		return true;
	if (a->kind == TWC_ADDR_VSOCK)
		return vsock_of(a).svm_cid == VMADDR_CID_LOCAL;
	if (!twc__addr_ip16(a, ip))
		return false;
	return ip16_is_mapped(ip) ? ip[12] == 127 : memcmp(ip, &in6addr_loopback, 16) == 0;
}

bool twc_addr_is_any(const struct twc_addr *a)
{
	static const uint8_t zero[16];
	uint8_t ip[16];

	if (a->kind == TWC_ADDR_VSOCK)
		return vsock_of(a).svm_cid == VMADDR_CID_ANY;
	if (!twc__addr_ip16(a, ip))
		return false;
	return memcmp(ip16_is_mapped(ip) ? ip + 12 : ip, zero, ip16_is_mapped(ip) ? 4 : 16) == 0;
}

void twc__addr_any_to_loopback(struct twc_addr *a)
{
	if (!twc_addr_is_any(a))
		return;
	if (a->kind == TWC_ADDR_VSOCK)
		twc__addr_set_vsock(a, VMADDR_CID_LOCAL, vsock_of(a).svm_port);
	else if (a->u.sa.sa_family == AF_INET)
		a->u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		a->u.in6.sin6_addr = in6addr_loopback;
}

static uint32_t addr_scope_id(const struct twc_addr *a)
{
	return a->u.sa.sa_family == AF_INET6 ? a->u.in6.sin6_scope_id : 0;
}

bool twc_addr_eq(const struct twc_addr *a, const struct twc_addr *b)
{
	if (a->kind == TWC_ADDR_VSOCK && b->kind == TWC_ADDR_VSOCK && vsock_of(a).svm_port != vsock_of(b).svm_port)
		return false;
	return a->kind == b->kind && a->u.sa.sa_family == b->u.sa.sa_family &&
	       twc_addr_port(a) == twc_addr_port(b) && twc_addr_eq_host(a, b);
}

bool twc_addr_eq_host(const struct twc_addr *a, const struct twc_addr *b)
{
	uint8_t x[16], y[16];

	if (twc_addr_is_unix(a) || twc_addr_is_unix(b))
		return a->kind == b->kind && a->len == b->len && memcmp(&a->u, &b->u, a->len) == 0;
	if (a->kind == TWC_ADDR_VSOCK || b->kind == TWC_ADDR_VSOCK)
		return a->kind == b->kind && vsock_of(a).svm_cid == vsock_of(b).svm_cid;
	if (!twc__addr_ip16(a, x) || !twc__addr_ip16(b, y))
		return a->len == 0 && b->len == 0;
	return memcmp(x, y, 16) == 0 && addr_scope_id(a) == addr_scope_id(b);
}
