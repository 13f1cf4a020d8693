/* SPDX-License-Identifier: MIT */
/* What endpoint/ and the transports of this folder share beyond twc/transport.h. Not installed. */
#ifndef TWC_TRANSPORT_INT_H
#define TWC_TRANSPORT_INT_H

#include <twc/net.h>
#include <twc/transport.h>

/* ---- for endpoint/ ---- */

enum {
	TWC__TO_PEER = 2,  /* a datagram socket that is not connected: sends to `peer`, hears anybody */
	TWC__READ_NOW = 1, /* try the first read before the descriptor enters the poll set: pays for short connections */
};
/* twc_transport_from_socket for callers who know more: that it is a socket, of which kind (a stream must be
 * non-blocking), and the peer to remember (NULL: ask the kernel when somebody wants to know, which fails after a reset).
 * Never NULL. */
struct twc_transport *twc__transport_from_socket(struct twc_reactor *r, int fd, enum twc_addr_kind kind,
						 const struct twc_addr *peer, unsigned flags, struct twc_protocol *p);
/* fn(arg) after the protocol's lost(); one per transport. Endpoints leave the gate there. */
void twc__transport_on_gone(struct twc_transport *t, void (*fn)(void *arg), void *arg);

/* fn sees every byte as it passes: '<' what was received, before the protocol or the pipe gets it; '>' what is
 * written, before it is sent or queued. A datagram is one call. NULL ends it. One per transport; its bytes are copied
 * then, also when piped: the kernel's shortcuts show nobody anything. */
typedef void (*twc__tap_fn)(void *arg, char dir, const struct iovec *iov, int n);
void twc__transport_tap(struct twc_transport *t, twc__tap_fn fn, void *arg);

/* lose() when the peer has said that it sends nothing more: a plain socket is closed as soon as all has left. */
void twc__transport_lose_at_once(struct twc_transport *t);

/* What passed until here was not its protocol's: bytes are counted from now on. */
void twc__transport_count_anew(struct twc_transport *t);

/* On a TLS transport, inside or after data(): these bytes of what came are read again, by the protocol that comes next. */
void twc__tls_unread(struct twc_transport *t, const void *p, size_t n);

/* The same on any stream, inside data() or while it is paused, and once at a time: `data` may stand in the middle of what came.
 * They are counted once, and come in a later call of the reactor. */
void twc__transport_unread(struct twc_transport *t, const void *p, size_t n);

/* twc_transport_from_child on a pseudo-terminal of its own instead of pipes: the child's controlling terminal, which is
 * its standard error too unless how->fd[2] says otherwise. The end of our half is the terminal's end-of-file
 * character. */
struct twc_transport *twc__transport_from_child_on_pty(struct twc_reactor *r, const struct twc_spawn *how,
						       const char *name, struct twc_protocol *p, struct twc_err *err);

/* Has the kernel not taken all that was sent? What is gathered yet does not count. */
bool twc__transport_is_refused(const struct twc_transport *t);
/* The same, and when it has, drained() will come: for those who want to know that a message is out. */
bool twc__transport_await_sent(struct twc_transport *t);
/* Writing has failed: what was queued is lost, and what is written is dropped. Reading may go on for a while. */
bool twc__transport_is_broken(const struct twc_transport *t);

/* How much of what was sent the peer's kernel has: less than twc_transport_bytes_out(), where the kernel of this side holds some
 * back. That takes megabytes at once, and then for a long time nothing: only this tells a slow peer from one that has stopped. */
uint64_t twc__transport_delivered(const struct twc_transport *t);

/* A connection of records, which has an end: WebSocket, UNIX seqpacket. For all else it is a stream. */
bool twc__transport_has_records(const struct twc_transport *t);
/* What is written is a stream of bytes, cut anywhere: where no lines are made of it, the messages of WebSocket are binary, unless
 * they were told what to be. Nothing on others. */
void twc__transport_by_bytes(struct twc_transport *t);
/* twc_transport_write_eof because this program goes away, which WebSocket has a word for. */
void twc__transport_leave(struct twc_transport *t);
/* The peer's half has ended and it hears nothing any more, so ours ends, too. */
bool twc__transport_is_over(const struct twc_transport *t);
/* There are bytes that have come and were not read. False where the system cannot tell. */
bool twc__transport_has_input(const struct twc_transport *t);

/* The peer's address is asked for now, and told after the connection has broken too. */
void twc__transport_keep_peer(struct twc_transport *t);

/* How often it is paused and not resumed. */
unsigned twc__transport_pauses(const struct twc_transport *t);

/* Is there more to be sent than was written: by somebody who waits for room, or by the source of a pipe to it? */
bool twc__transport_is_awaited(const struct twc_transport *t);

/*
 * The descriptor of a stream socket, from within made() and before anything was written, as a program that knows nothing of
 * us expects it: blocking. It is the caller's from now on; -1: this transport has none. The transport hears nothing more
 * and ends by lose() or abort(), which do nothing to the connection.
 */
int twc__transport_give(struct twc_transport *t);

/* twc_transport_pair for a peer of this program: `name` (copied) is what p's transport, which is returned, calls it;
 * gone(arg) comes after the peer's lost(). */
struct twc_transport *twc__transport_to_peer(struct twc_reactor *r, struct twc_protocol *p, struct twc_protocol *peer,
					     const char *name, void (*gone)(void *arg), void *arg);

/* A new pseudo-terminal: *master, non-blocking, and its slave's path. 0 or a negative code. */
#define TWC__PTY_NAME_MAX 64
int twc__pty_open(int *master, char name[TWC__PTY_NAME_MAX], struct twc_err *err);

/* What was opened by path. Both descriptors are owned, non-blocking where they can be polled, and may be the same; -1:
 * reading ends at once, writing fails. */
enum {
	TWC__DEVICE_TTY = 1,	/* a terminal: its end is the hang-up */
	TWC__DEVICE_FOLLOW = 2, /* `in` is a regular file: at its end, wait for more */
};
struct twc__device {
	int in, out;
	unsigned flags;
	const char *name; /* for peer_text; copied */
};
struct twc_transport *twc__transport_from_device(struct twc_reactor *r, const struct twc__device *how,
						 struct twc_protocol *p, struct twc_err *err);

/*
 * A datagram socket that serves many peers: each gets a transport of its own (a session) from `factory`, and all
 * share the descriptor. A session ends after idle_ns without traffic either way (clean), by lose, or with the port. The
 * number of sessions at once is bounded (65,536; a datagram of a further peer is dropped, and counted in the log).
 */
struct twc__dgram_port;
struct twc__dgram_port *twc__dgram_listen(struct twc_reactor *r, int fd, struct twc_factory *factory, struct twc_gate *gate,
					  uint64_t idle_ns, struct twc_err *err); /* owns fd, also on failure */
void twc__dgram_port_addr(const struct twc__dgram_port *p, struct twc_addr *a);
void twc__dgram_port_pause(struct twc__dgram_port *p);
void twc__dgram_port_resume(struct twc__dgram_port *p);
void twc__dgram_port_free(struct twc__dgram_port *p); /* no new sessions; those alive go on; the last closes fd */

#endif
