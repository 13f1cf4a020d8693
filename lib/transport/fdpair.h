/* SPDX-License-Identifier: MIT */
/* A pair of descriptors, one to read and one to write, as a transport: what standard streams and child
 * processes have in common. Private to lib/transport. */
#ifndef TWC_FDPAIR_H
#define TWC_FDPAIR_H

#include "transport/transport_priv.h"

enum twc__fdpair_kind {
	TWC__FDPAIR_NONE = 0, /* no descriptor */
	TWC__FDPAIR_FILE,     /* regular file: always ready, cannot be polled */
	TWC__FDPAIR_PIPE,
	TWC__FDPAIR_SOCKET,
	TWC__FDPAIR_OTHER, /* terminal, device */
};

struct twc__fdpair {
	struct twc_transport t;
	struct twc_watch rd, wr; /* .fd: -1 when there is none or it was closed */
	int out;		 /* the descriptor given; wr.fd may be a non-blocking twin of it. Owned if own */
	uint8_t in_kind, out_kind;
	uint8_t events; /* asked for */
	bool own;
	bool in_polls, out_polls; /* else: always ready, a queued call stands for readiness */
	bool out_may_block;	  /* shared, and no twin to be had: write what fits after asking */
	struct twc__kick kick;
	char name[64];
};

/* `t` zeroed but for the subclass. Takes the descriptors over; nothing is reported yet. */
int twc__fdpair_init(struct twc__fdpair *s, const struct twc__transport_ops *ops, struct twc_reactor *r, int in,
		     int out, bool own, const char *name, struct twc_err *err);

ssize_t twc__fdpair_read(struct twc_transport *t, void *buf, size_t n);
ssize_t twc__fdpair_writev(struct twc_transport *t, const struct iovec *iov, int n);
int twc__fdpair_set_events(struct twc_transport *t, unsigned events);
int twc__fdpair_shutdown(struct twc_transport *t);
void twc__fdpair_close(struct twc_transport *t, bool reset);
void twc__fdpair_host(const struct twc_transport *t, struct twc_addr *a);
void twc__fdpair_peer(const struct twc_transport *t, struct twc_addr *a);
const char *twc__fdpair_text(const struct twc_transport *t);
enum twc__fd_kind twc__fdpair_kernel_fd(const struct twc_transport *t, unsigned dir, int *fd);

#endif
