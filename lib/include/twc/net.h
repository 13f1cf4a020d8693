/* SPDX-License-Identifier: MIT */
/*
 * Names, dialling, listening: sockets before they are transports. Most programs use endpoints
 * (twc/endpoint.h), which stand on this.
 */
#ifndef TWC_NET_H
#define TWC_NET_H

#include <twc/addr.h>
#include <twc/base.h>
#include <twc/deferred.h>
#include <twc/err.h>
#include <twc/reactor.h>

#pragma GCC visibility push(default)

/* ---- names ---- */

/* How a reactor looks names up; unset members keep what they have. Set before the first
 * lookup: TWC_EUSAGE once a name server was asked, or for `servers` that are none. */
struct twc_resolver_opts {
	bool system;	       /* getaddrinfo in a worker thread instead of c-ares (NSS, mDNS…) */
	bool numeric;	       /* refuse names, but for localhost and twc_resolver_add's */
	const char *servers;   /* "127.0.0.1:5353,[::1]:53" instead of resolv.conf's; borrowed during the call */
	const char *resolv_conf; /* default /etc/resolv.conf */
	const char *hosts_file;	 /* default /etc/hosts */
};
int twc_resolver_configure(struct twc_reactor *r, const struct twc_resolver_opts *o, struct twc_err *err);
/* A fixed answer for `name`, before the hosts file; several calls add up. */
int twc_resolver_add(struct twc_reactor *r, struct twc_str name, struct twc_str ip, struct twc_err *err);
/* Version of c-ares as linked at run time: "1.18.1". Static text; starts nothing. */
const char *twc_resolver_version(void);
/* Of libidn2, likewise. */
const char *twc_idn_version(void);

struct twc_addrs {
	size_t n;
	struct twc_addr *item; /* port 0 */
};
void twc_addrs_free(void *addrs);

/*
 * Addresses of one family (AF_INET or AF_INET6) of `name`: literal, fixed answer, localhost and *.localhost
 * (RFC 6761: never asked of a server), hosts file, then DNS with resolv.conf's search list, ndots, timeout and
 * attempts. Fires with a struct twc_addrs * (n >= 1), or fails: TWC_ENONAME (no such name, or no address of
 * this family), TWC_ERESOLVE (the text says SERVFAIL, REFUSED…), TWC_ETIMEDOUT, TWC_EUSAGE (no valid name).
 */
struct twc_deferred *twc_resolve(struct twc_reactor *r, const char *name, int family);

/* ---- socket options, by name so that endpoint strings can set them ---- */

struct twc_sockopts {
	int nodelay;		  /* 1 yes, 0 no, -1 the default (yes) */
	int keepalive[3];	  /* idle, interval (s), count; {0,0,0}: off. {-1}: the default (15, 5, 12) */
	char cc[16];		  /* congestion control: "" or "auto": reno on loopback when the default paces; "keep"; a name */
	char device[16];	  /* SO_BINDTODEVICE, "" none */
	int sndbuf, rcvbuf;	  /* 0: the system's */
	int mark, tos, ttl;	  /* -1: leave */
	int mss;		  /* TCP: largest segment; 0: the system's */
	int loop;		  /* multicast: our own machine hears it too; -1: leave (yes) */
	bool reuseport;
	bool no_reuseaddr;	  /* TCP, listening: not while connections of an earlier server still close (TIME_WAIT) */
	bool broadcast;
	const char *netns;	  /* network namespace, a name of ip-netns(8) or a path; NULL: ours. Borrowed */
	const char *raw;	  /* "LEVEL,NAME,HEX", several joined by '/'; NULL: none. Borrowed */
};
void twc_sockopts_init(struct twc_sockopts *o);

/* ---- dialling: RFC 8305 ---- */

/* When what was done, by the reactor's clock; 0: it was not. */
struct twc_dial_times {
	uint64_t resolved_ns;  /* the first address was known, and is tried */
	uint64_t connected_ns; /* the connection stands; through proxies: as far as the target */
	uint64_t secured_ns;   /* TLS, too */
};
struct twc_dial_opts {
	enum twc_addr_kind kind;   /* TWC_ADDR_TCP, _UDP (connected socket), _UNIX, _UNIX_SEQPACKET, _VSOCK */
	struct twc_addr to;	   /* kind not NONE: this very address; host and port are not looked at */
	const char *host;	   /* name or literal, without brackets; for UNIX path or @abstract; copied */
	uint16_t port;
	int family;		   /* AF_UNSPEC, AF_INET, AF_INET6 */
	uint64_t timeout_ns;	   /* lookup and all addresses together; 0: 30 s */
	struct twc_addr bind;	   /* kind NONE: any; port 0: any */
	uint16_t bind_port;
	struct twc_sockopts sock;
	struct twc_dial_times *times; /* filled in as it goes; borrowed until the result; NULL: nobody wants to know */
};
void twc_dial_opts_init(struct twc_dial_opts *o);
/*
 * Both families are looked up at once and used as they come (A waits 50 ms for AAAA), interleaved, a new
 * attempt every 250 ms or at once when the one before failed. Fires with a struct twc_dialled *. Fails with the
 * attempt that got furthest; with several addresses the text lists each. Cancelling closes everything.
 */
struct twc_dialled {
	/* Connected, non-blocking, close-on-exec; take it by setting fd = -1, else it is closed. UDP to a group or a
	 * broadcast address: not connected, so that it hears whoever answers. */
	int fd;
	struct twc_addr peer;
};
void twc_dialled_free(void *dialled);
struct twc_deferred *twc_dial(struct twc_reactor *r, const struct twc_dial_opts *o);

/* ---- who may come in, and how many: one gate for all listeners of a service ---- */

struct twc_gate;
/* max_clients 0: no limit; when full, listeners stop accepting (clients wait in the backlog) until one leaves. */
struct twc_gate *twc_gate_new(struct twc_reactor *r, unsigned max_clients, unsigned max_per_ip);
void twc_gate_free(struct twc_gate *g); /* after its listeners and clients; the reactor may be gone */
/* What becomes of those who find the gate full. A datagram that would begin a session is dropped in any case. */
enum twc_over {
	TWC_OVER_WAIT = 0, /* in the backlog */
	TWC_OVER_CLOSE,	   /* accepted, and closed */
	TWC_OVER_RESET,	   /* the same by a reset; closed where there is none (UNIX sockets) */
};
void twc_gate_set_over(struct twc_gate *g, enum twc_over over);
/*
 * At most `n` in `per_ns`, and `burst` at once after a quiet time; all > 0, n at most a thousandth of per_ns, n and
 * burst at most TWC_RATE_MAX. Whoever is early waits in the backlog, a timer brings the listeners back; a datagram that
 * would begin a session is dropped. Who is turned away for another reason does not count.
 */
#define TWC_RATE_MAX 1000000
void twc_gate_set_rate(struct twc_gate *g, uint64_t n, uint64_t per_ns, uint64_t burst);
/*
 * Rules are tried in order, the first that matches decides; no match: allowed, unless there is an allow rule. A rule
 * is a network, an address, or a range ("10.0.0.5-10.0.0.9"). TWC_EUSAGE; at most 65,536.
 */
int twc_gate_rule(struct twc_gate *g, bool allow, struct twc_str what, struct twc_err *err);
/*
 * The rules of a file, one a line, which stand in the order of the calls as if each were given: '#' begins a comment,
 * `allow` or `deny` in front overrides `allow`. An allow file counts as an allow rule even when it is empty. A regular
 * file of at most 4 MiB. TWC_ENOINPUT; TWC_EDATA with "FILE:LINE: cause". On failure nothing was added.
 */
int twc_gate_rule_file(struct twc_gate *g, bool allow, const char *path, struct twc_err *err);
bool twc_gate_has_files(const struct twc_gate *g);
/* Reads the files again; on failure (as above) the rules stay as they were. Those inside stay inside. */
int twc_gate_reload(struct twc_gate *g, struct twc_err *err);
/* Only users who were named may come through UNIX sockets: a number or a name. TWC_EUSAGE when there is no such user.
 * Asked of the kernel as of connect(2); without a call everybody may. */
int twc_gate_user(struct twc_gate *g, struct twc_str who, struct twc_err *err);
unsigned twc_gate_count(const struct twc_gate *g);
/* For a client that was let in by a listener and is gone. */
void twc_gate_leave(struct twc_gate *g, const struct twc_addr *peer);

/*
 * Limits that hold for several processes together: made before fork(2); in each, the gate joins it as the index-th, from
 * 0, before anybody comes in. All gates have the same limits. With max_per_ip a million clients at most.
 */
struct twc_gate_share;
#define TWC_SHARE_MAX 256
struct twc_gate_share *twc_gate_share_new(unsigned n, struct twc_err *err); /* NULL: TWC_ENOMEM, TWC_ELIMIT */
void twc_gate_share_free(struct twc_gate_share *s);			    /* in each process, after its gate; NULL is fine */
/* Such a gate is freed after its reactor. 0 or TWC_EOS. */
int twc_gate_join(struct twc_gate *g, struct twc_gate_share *share, unsigned index, struct twc_err *err);
/* The index-th process has ended, and nobody acts for it yet: what it counted is taken back. */
void twc_gate_share_gone(struct twc_gate_share *s, unsigned index);

/* ---- listening ---- */

struct twc_listener;
struct twc_listen_opts {
	struct twc_addr addr;	 /* TCP, UNIX, UNIX_SEQPACKET, VSOCK; port 0: any free one */
	int backlog;		 /* 0: 4096 */
	unsigned mode;		 /* UNIX: permissions; 0: 0600 */
	uid_t uid;		 /* UNIX: whose the file is; -1: ours. Likewise gid */
	gid_t gid;
	bool file_stays;	 /* UNIX: the file is not removed at the end */
	bool v6only;		 /* default true */
	bool defer_accept;	 /* TCP_DEFER_ACCEPT, 1 s: for protocols in which the client speaks first */
	struct twc_sockopts sock;
	struct twc_gate *gate;	 /* borrowed; may be NULL */
};
void twc_listen_opts_init(struct twc_listen_opts *o);
/* The descriptor is the callee's: connected, non-blocking, close-on-exec. */
typedef void (*twc_accept_fn)(void *arg, int fd, const struct twc_addr *peer);
/*
 * Binds and listens; accepting begins with twc_listener_start. TWC_ECANTBIND names the address and cause. A
 * UNIX socket file that answers is never taken (TWC_ECANTBIND), a stale one is replaced; it is removed at
 * the end if it is still ours, unless file_stays. Out of descriptors: waiting clients are closed through a spare descriptor,
 * one log line a second at most, the listener survives.
 */
struct twc_listener *twc_listen(struct twc_reactor *r, const struct twc_listen_opts *o, struct twc_err *err);
/* A descriptor that is listening already (systemd, fd:N); owned from now on. */
struct twc_listener *twc_listen_fd(struct twc_reactor *r, int fd, struct twc_gate *gate, struct twc_err *err);
void twc_listener_start(struct twc_listener *l, twc_accept_fn fn, void *arg);
/*
 * Before the start, in one of several processes that have the socket from before fork(2): they take clients in turns, a
 * few at a time. A socket file is left to the process that made it. The reactor may be another by now.
 */
void twc_listener_share(struct twc_listener *l);
void twc_listener_pause(struct twc_listener *l); /* counted, like a transport's */
void twc_listener_resume(struct twc_listener *l);
void twc_listener_addr(const struct twc_listener *l, struct twc_addr *a); /* the real port */
void twc_listener_free(struct twc_listener *l);				  /* closes; may be called from accept */

#pragma GCC visibility pop
#endif
