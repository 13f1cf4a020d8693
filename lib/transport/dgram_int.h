/* SPDX-License-Identifier: MIT */
/*
 * Private to the datagram files of lib/transport.
 *
 *	dgram.c		one socket for many peers: its life, what arrives
 *	dgram_session.c	a peer of it as a transport
 *	dgram_socket.c	a UDP socket of its own as a transport
 *	dgram_recv.c	many datagrams by one system call; those that wait for whoever paused
 *	dgram_send.c	the same on the way out
 *	dgram_message.c	what one such message is made of
 */
#ifndef TWC_DGRAM_INT_H
#define TWC_DGRAM_INT_H

#include "net/net_int.h"
#include "transport/transport_priv.h"

#include <netinet/in.h>

/* ---- dgram_message.c ---- */

/* What is known of a socket's UDP_SEGMENT. Zeroed: nothing yet. */
struct twc__gso {
	bool is_known;
	uint16_t max; /* longer datagrams than this leave by themselves; 0: all do */
};

/* Where a datagram leaves. What `to` and `gso` point to lives as long as the transport. */
struct twc__outlet {
	int fd;
	socklen_t to_len;
	const struct sockaddr *to; /* NULL: the socket is connected */
	struct twc__gso *gso;
	struct in6_addr local; /* from this address (IPv4: the last four octets), */
	unsigned ifindex;      /* unless this is 0: the kernel's choice */
};

struct twc__dgram_control {
	_Alignas(struct cmsghdr) char c[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
};

/* How long at most a datagram may be that leaves together with others; 0: none may. */
size_t twc__gso_max(struct twc__gso *g, int fd);
/* A message of `count` datagrams of `size` was refused with `sys`: was it for being one message? Then less of it from now
 * on, and it can be tried again. */
bool twc__gso_learn(struct twc__gso *g, size_t size, size_t count, int sys);
/* Makes *m: datagrams of `segment` octets each, 0: one datagram. All else is borrowed until it is sent. */
void twc__dgram_message_set(struct msghdr *m, struct twc__dgram_control *control, const struct twc__outlet *o,
			    struct iovec *iov, size_t n, size_t segment);
/* How many the kernel took, at least one, or -errno for the first. */
int twc__dgram_messages_send(int fd, struct mmsghdr *msg, unsigned n);

/* ---- dgram_send.c ---- */

/* Datagrams of `segment` octets, the last of which may be shorter, are written to a transport that has an outlet and
 * is fit for writing. They are not copied: they must stay until twc__dgrams_flush. */
void twc__dgram_pass(struct twc_transport *t, const char *p, size_t n, size_t segment);

/* ---- dgram_recv.c ---- */

struct twc__dgram {
	const char *p; /* until the next receive */
	size_t n;
	const struct sockaddr *from;
	socklen_t from_len;
	bool is_first; /* of a message: `from` may be another than before */
	struct in6_addr local;
	unsigned ifindex; /* 0: where it came to was not told */
};

struct twc__dgram_in;
struct twc__dgram_in *twc__dgram_in(struct twc__tlayer *l);
/* One recvmmsg; `slots` is the socket's own memory of how many messages are worth asking for, 0 at first. How many
 * messages came, or -errno. Nothing may be left of those before. */
int twc__dgrams_receive(struct twc__dgram_in *in, int fd, unsigned *slots, bool with_names);
/* The next datagram of them; messages the kernel has merged come apart again. False: there is none. */
bool twc__dgrams_next(struct twc__dgram_in *in, struct twc__dgram *d);
/* The next message as it came: datagrams of *segment octets, the last of which may be shorter. False: there is none. */
bool twc__dgrams_message(struct twc__dgram_in *in, struct twc__dgram *d, size_t *segment);
bool twc__dgrams_left(const struct twc__dgram_in *in);

/* What waits for a paused transport; its len is the memory taken. False: there is no memory. */
bool twc__inbox_add(struct twc__outq *inbox, const char *data, size_t n);
size_t twc__inbox_cost(size_t n); /* of a datagram of n bytes */
void twc__inbox_clear(struct twc__outq *inbox);
/* As the take of struct twc__transport_ops, through the reactor's read buffer. */
ssize_t twc__inbox_take(struct twc__outq *inbox, struct twc_reactor *r, const char **p);

/* ---- dgram.c and dgram_session.c ---- */

struct twc__dgram_session {
	struct twc_transport t;
	struct twc__dgram_port *port; /* held: counts in port->refs until closed */
	struct twc__dgram_session *hash_next;
	struct twc__dgram_session *prev, *next; /* by last traffic */
	uint64_t last;				/* ns */
	struct twc__outq inbox;
	uint8_t events;
	struct twc__kick kick;
	struct twc_timer retry; /* UNIX: while the peer's queue is full */
	struct twc_addr peer;
	struct in6_addr local; /* where the peer's datagram came to, when bound to any address */
	unsigned ifindex;      /* 0: unknown */
};

struct twc__dgram_port {
	struct twc_reactor *r;
	struct twc_watch w;
	struct twc_factory *factory; /* borrowed; NULL once freed by the owner */
	struct twc_gate *gate;	     /* borrowed, may be NULL */
	uint64_t idle_ns;
	struct twc_timer timer;
	struct twc__dgram_session **buckets; /* n_buckets is a power of two */
	size_t n_buckets, count;
	struct twc__dgram_session *head, *tail;
	struct twc__hash_key key;
	size_t inboxes;	  /* what the sessions' inboxes take */
	uint64_t dropped; /* datagrams of peers for whom there was no session */
	unsigned pauses, refs, slots;
	struct twc__gso gso;
	bool bound_any, wants_write;
	enum twc_addr_kind kind;
	int family;
};

#define TWC__SESSION_BUCKETS_MIN 64

void twc__dgram_port_ref(struct twc__dgram_port *p);
void twc__dgram_port_unref(struct twc__dgram_port *p);
void twc__dgram_port_update(struct twc__dgram_port *p); /* which events are wanted */

struct twc__dgram_session *twc__session_find(const struct twc__dgram_port *p, const struct twc_addr *peer);
/* NULL: there is to be none; what came is dropped. */
struct twc__dgram_session *twc__session_new(struct twc__dgram_port *p, const struct twc_addr *peer);
void twc__session_feed(struct twc__dgram_session *s, const char *data, size_t n);
void twc__sessions_flush(struct twc__dgram_port *p); /* the socket has room again */

#endif
