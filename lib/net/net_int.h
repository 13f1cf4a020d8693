/* SPDX-License-Identifier: MIT */
/* What the files of net/, and the layers above it, share beyond twc/addr.h and twc/net.h. Not
 * installed. */
#ifndef TWC_NET_INT_H
#define TWC_NET_INT_H

#include <twc/net.h>
#include "base/hash.h"
#include <sys/types.h>

/* ---- addr.c ---- */

/* "127.0.0.1:80", "[::1]:80", "/run/x", "@x" for the brackets of an error text; escaped. Returns
 * `buf`. */
const char *twc__addr_where(const struct twc_addr *a, char *buf, size_t cap);
void twc__addr_set_vsock(struct twc_addr *a, uint32_t cid, uint32_t port);
/* Any address of a family becomes its loopback; others stay. */
void twc__addr_any_to_loopback(struct twc_addr *a);
/* The 16 bytes of an IP address, IPv4 as mapped. False for anything else. */
bool twc__addr_ip16(const struct twc_addr *a, uint8_t ip[16]);

/* ---- sockopt.c ---- */

/*
 * Everything of `o` on a fresh socket: before bind and connect. `addr` is the peer of a connecting
 * socket, the local address of a listening one; accepted sockets inherit from their listener, so
 * nothing is set on them. TWC_EUSAGE for a name the kernel does not know, TWC_EACCESS for what
 * needs privileges, else TWC_EOS.
 */
int twc__sockopts_apply(int fd, enum twc_addr_kind kind, const struct twc_sockopts *o, const struct twc_addr *addr,
			struct twc_err *err);
/* Lets the kernel merge equal datagrams of a UDP socket into one message; whoever receives from it takes them
 * apart (transport/dgram_recv.c). Only for a socket of our own that no other program reads from. */
void twc__udp_merge(int fd);

/* SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
int twc__sock_type(enum twc_addr_kind kind);

/*
 * "LEVEL,NAME,HEX", several joined by '/': takes the next one off `rest`. 1: there is one; 0: there is none; TWC_EUSAGE.
 */
#define TWC__RAW_OPT_MAX 64
struct twc__raw_opt {
	int level, name;
	size_t n;
	uint8_t value[TWC__RAW_OPT_MAX];
};
int twc__raw_opt_next(struct twc_str *rest, struct twc__raw_opt *o, struct twc_err *err);

/* ---- netns.c ---- */

/*
 * A socket, non-blocking and close-on-exec, in the namespace that `o` names. A negative code when there is none: *sys is
 * what socket(2) said, for the caller to word, or 0 when *err says it all.
 */
int twc__socket(int family, int type, const struct twc_sockopts *o, int *sys, struct twc_err *err);

/* ---- multicast.c ---- */

bool twc__addr_is_multicast(const struct twc_addr *a);
/* The interface called `device`, else the one that has the address `local` (either may be NULL or empty); *out 0: the
 * kernel's choice. TWC_EUSAGE, TWC_ECANTBIND. */
int twc__multicast_index(int fd, const char *device, const struct twc_addr *local, unsigned *out, struct twc_err *err);
/* `source` NULL: from anybody. */
int twc__multicast_join(int fd, const struct twc_addr *group, unsigned ifindex, const struct twc_addr *source,
			struct twc_err *err);
/* What a socket needs that sends to the group `peer`; `local` is its own address, NULL or NONE: any. */
int twc__multicast_send(int fd, const struct twc_sockopts *o, const struct twc_addr *peer, const struct twc_addr *local,
			struct twc_err *err);

/* ---- attempt.c: for dial.c ---- */

/* A socket made ready to connect, or a negative code. TWC_EUSAGE: an option that no address can help. */
int twc__attempt_socket(const struct twc_dial_opts *o, const struct twc_addr *peer, struct twc_err *err);
/* 0: connected; EINPROGRESS: when it is writable, ask for the outcome; else the errno. */
int twc__attempt_connect(int fd, const struct twc_sockopts *o, const struct twc_addr *peer);
int twc__attempt_outcome(int fd, const struct twc_addr *peer); /* 0 or the errno */
/* What errno `sys` means for a connection to `peer`; returns err->code. */
int twc__attempt_error(struct twc_err *err, int sys, const struct twc_addr *peer);

/* ---- bind.c: for listen.c ---- */

/* A socket file that is ours to remove. Zeroed: none. */
struct twc__bound_file {
	char *path; /* owned, absolute */
	dev_t dev;
	ino_t ino;
	bool has_user, has_group; /* were asked for: no other gets it */
	bool stays;		  /* at the end, too */
};
/* The listening descriptor (TWC_ADDR_UNIX_DGRAM: just bound), or a negative code. */
int twc__bind_listen(const struct twc_listen_opts *o, struct twc_addr *bound, struct twc__bound_file *file,
		     struct twc_err *err);
/* Binds a UNIX socket to the path or name at `a`, with the care of a listener. 0 or a negative code. */
int twc__bind_unix(int fd, const struct twc_addr *a, unsigned mode, struct twc__bound_file *file, struct twc_err *err);
/* Checks that `fd` listens and makes it non-blocking and close-on-exec; it stays the caller's. */
int twc__bind_adopt(int fd, struct twc_addr *bound, struct twc_err *err);
/* The path as it is after a change of directory. Caller frees. */
char *twc__absolute(const char *path);
/* Gives the file to another user and group, if it is still the one that was made, and where none was asked for. 0 or
 * TWC_ECANTCREAT. */
int twc__bound_file_chown(const struct twc__bound_file *file, uid_t uid, gid_t gid, struct twc_err *err);
/* It is somebody else's to remove. */
void twc__bound_file_forget(struct twc__bound_file *file);
/* Unlinks the file if it is still the one that was made, and is not to stay; frees. */
void twc__bound_file_remove(struct twc__bound_file *file);

/* ---- listen.c: for ports ---- */

int twc__listener_fd(const struct twc_listener *l);
const struct twc__bound_file *twc__listener_file(const struct twc_listener *l);

/* ---- tally.c ---- */

/* Connections by host; an address is as twc__addr_ip16 gives it. */
struct twc__tally {
	struct twc__hash_key key;
	struct tally_host **buckets; /* owned; NULL until the first host is counted */
	size_t n_buckets, n_hosts;
};
void twc__tally_init(struct twc__tally *t);
void twc__tally_fini(struct twc__tally *t);
/* Counts one more, or returns false when the host has `max` already. */
bool twc__tally_add(struct twc__tally *t, const uint8_t ip[16], unsigned max);
void twc__tally_drop(struct twc__tally *t, const uint8_t ip[16]); /* one that was counted */

/* ---- access.c: who may come in by address; for gate.c ---- */

struct twc__access_rules {
	struct access_rule *item; /* owned */
	size_t n, cap;
	bool has_allow; /* who fits no rule is turned away */
};
/* Zeroed: everybody may. */
struct twc__access {
	struct twc__access_rules rules;
	struct access_source *source; /* owned: where the rules come from, in order */
	size_t n_sources, n_files;
};
void twc__access_fini(struct twc__access *a);
/* As twc_gate_rule and twc_gate_rule_file have it. Failed: as if never called. */
int twc__access_rule(struct twc__access *a, bool allow, struct twc_str text, struct twc_err *err);
int twc__access_file(struct twc__access *a, bool allow, const char *path, struct twc_err *err);
int twc__access_reload(struct twc__access *a, struct twc_err *err);
/* UNIX and vsock peers have no IP address that a rule could fit: true. */
bool twc__access_allows(const struct twc__access *a, const struct twc_addr *peer);

/* ---- accounts.c: users and groups of this system ---- */

/* By number or name. 0; else TWC_EUSAGE: "nobodi" is no user. */
int twc__user_find(struct twc_str who, uid_t *uid, struct twc_err *err);
int twc__group_find(struct twc_str who, gid_t *gid, struct twc_err *err);
/* The entry of the user `name`, or with NULL of `uid`: 0, ENOENT when there is none, another errno. Free *buf in any case. */
struct passwd;
int twc__passwd_find(const char *name, uid_t uid, struct passwd *pw, char **buf);
int twc__group_gid(const char *name, gid_t *gid); /* of this very name; 0 or an errno likewise */
bool twc__id_parse(struct twc_str s, uint32_t *id); /* a number; the largest of all means "none", and is none */

/* ---- peercred.c: who may come in by user, through a UNIX socket; for gate.c ---- */

/* Zeroed: everybody may. */
struct twc__users {
	uid_t *uid; /* owned */
	size_t n;
};
void twc__users_fini(struct twc__users *u);
int twc__users_add(struct twc__users *u, struct twc_str who, struct twc_err *err);
/* Who is at the other end of a connected UNIX socket. False when that cannot be told. */
bool twc__peer_uid(int fd, uid_t *uid);
bool twc__users_have_peer(const struct twc__users *u, int fd);

/* ---- gate.c: for whoever lets clients in ---- */

enum twc__verdict {
	TWC__GATE_IN = 0,  /* counted; twc_gate_leave takes it back */
	TWC__GATE_DENIED,  /* by a rule */
	TWC__GATE_STRANGER, /* a user that is not among those allowed */
	TWC__GATE_CROWDED, /* too many of this host */
	TWC__GATE_FULL,	   /* all places are taken */
	TWC__GATE_HASTY,   /* too soon after the last: listeners wait for this one, see twc__gate_must_wait */
};
/* A NULL gate lets everybody in. `fd` is the accepted socket; negative for the peer of a shared one, whose user cannot
 * be asked: a stranger, if users matter and it came through a UNIX socket. */
enum twc__verdict twc__gate_enter(struct twc_gate *g, int fd, const struct twc_addr *peer);
/* No place; with TWC_OVER_WAIT no more may be accepted. */
bool twc__gate_is_full(const struct twc_gate *g);
/* Asked before accepting: no place that one would wait for, or no token of the rate. */
bool twc__gate_must_wait(struct twc_gate *g);
/* It need not have waited: nobody was there. */
void twc__gate_nobody(struct twc_gate *g);
/* How those are turned away who find no place. */
enum twc_over twc__gate_over(const struct twc_gate *g);

/* Embedded in a listener that waits for a place. Zero it before first use. */
struct twc__gate_wait {
	struct twc_gate *gate; /* of the one that is waited for */
	struct twc__gate_wait *next;
	struct twc__gate_wait **link; /* NULL: not waiting */
	void (*fn)(struct twc__gate_wait *w);
};
/* fn is called once, from twc_gate_leave or the loop, when another may be accepted; it only marks: it must
 * not enter, nor wait again, before it has returned. Waiting twice is fine. */
void twc__gate_wait(struct twc_gate *g, struct twc__gate_wait *w, void (*fn)(struct twc__gate_wait *w));
void twc__gate_unwait(struct twc__gate_wait *w); /* not waiting is fine */

/* ---- share.c: what gates of several processes count together; for gate.c ---- */

struct twc__share_terms {
	unsigned max_clients;		/* 0: no limit */
	uint64_t interval_ns, depth_ns; /* of the rate; 0: no limit */
	uint64_t now;			/* with a rate */
};
/* `me` is the index of this process. IN: counted, until _give or _gone. */
enum twc__verdict twc__share_take(struct twc_gate_share *s, unsigned me, const struct twc__share_terms *t);
/* Takes it back; interval_ns: of the token that was not used after all, or 0. */
void twc__share_give(struct twc_gate_share *s, unsigned me, uint64_t interval_ns);
bool twc__share_is_full(const struct twc_gate_share *s, unsigned max);
uint64_t twc__share_full_at(const struct twc_gate_share *s);
/* One more of this host, or false when it has `max` already, or too many hosts are there. */
bool twc__share_add_host(struct twc_gate_share *s, unsigned me, const uint8_t ip[16], unsigned max);
void twc__share_drop_host(struct twc_gate_share *s, unsigned me, const uint8_t ip[16]);
/* An eventfd, written once after _wait when another process has given something back. */
int twc__share_wake_fd(const struct twc_gate_share *s, unsigned me);
void twc__share_wait(struct twc_gate_share *s, unsigned me);
void twc__share_tell(struct twc_gate_share *s, unsigned me); /* wakes those who wait, but for `me` */

/* ---- resolv_conf.c ---- */

#define TWC__NS_MAX 8	   /* name servers; glibc stops at 3 */
#define TWC__SEARCH_MAX 16 /* search domains */
#define TWC__NAME_MAX 253  /* octets of a host name without the final dot (RFC 1035 2.3.4) */

struct twc__resolv_conf {
	size_t n_servers; /* 0: none named */
	struct twc_addr server[TWC__NS_MAX];
	size_t n_search;
	char search[TWC__SEARCH_MAX][TWC__NAME_MAX + 1]; /* without final dot */
	unsigned ndots, timeout_s, attempts;
	bool rotate, use_vc, edns0;
};
/* Pure. Never fails: what cannot be read is skipped, as every resolver does. Last of
 * domain/search wins. */
void twc__resolv_conf_parse(struct twc__resolv_conf *c, struct twc_str text);
/* "127.0.0.1:5353,[::1]:53,::1": replaces the servers. TWC_EUSAGE. */
int twc__resolv_conf_set_servers(struct twc__resolv_conf *c, struct twc_str list, struct twc_err *err);

/* ---- idn.c: international names ---- */

#define TWC__IDN_MAX 1024 /* bytes of a name in UTF-8 */

bool twc__idn_is_needed(struct twc_str name); /* it is not all ASCII */
/* UTF-8 to the xn-- form, which is not checked further: mapping may have made any ASCII of it. TWC_EUSAGE with a
 * sentence that quotes the name, TWC_ENOMEM. */
int twc__idn_to_ascii(struct twc_str name, char out[TWC__NAME_MAX + 2], struct twc_err *err);

/* ---- search.c ---- */

/*
 * The *candidate-th name to ask for, from 0 on, in `buf`; false when there is no such. With `ndots` dots or more the
 * name itself comes first, else last; a final dot means that it is complete. A search domain that would make it too
 * long is passed over, and *candidate moved on.
 */
bool twc__search_name(const struct twc__resolv_conf *c, const char *given, unsigned *candidate, char *buf,
		      size_t cap);

/* ---- hosts.c ---- */

/* Cuts the next word off `rest`, as both files have them: between blanks, tabs, CRs. False when
 * there is none. */
bool twc__net_word(struct twc_str *rest, struct twc_str *word);

#define TWC__ADDRS_MAX 64 /* addresses of one name and family that are looked at */

/*
 * Pure. What a hosts file says of `name` (no final dot): -1 nothing, else how many addresses of
 * `family` it gives, the first `cap` of them in `out`. 0 means that the name is known with
 * addresses of the other family only.
 */
int twc__hosts_find(struct twc_str text, struct twc_str name, int family, struct twc_addr *out, size_t cap);

/* ---- resolve.c: names from name servers; lookup.c asks it last ---- */

struct twc__dns;
struct twc__dns *twc__dns_new(struct twc_reactor *r);
/* Lookups in flight fail with TWC_ECANCELLED. Not from inside a callback of theirs. */
void twc__dns_free(struct twc__dns *dns);
/* Servers, search list and options for lookups from now on; those in flight end with what they
 * began with. */
void twc__dns_use(struct twc__dns *dns, const struct twc__resolv_conf *conf);
/* As twc_resolve, for a valid name that nobody nearer knows. */
struct twc_deferred *twc__dns_lookup(struct twc__dns *dns, struct twc_str name, int family);
/* Borrows the list; NULL when n is 0. */
struct twc_addrs *twc__addrs_new(const struct twc_addr *list, size_t n);

#endif
