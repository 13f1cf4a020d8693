/* SPDX-License-Identifier: MIT */
/* What the layers above may ask of the reactor beyond twc/reactor.h. Not installed. */
#ifndef TWC_REACTOR_INT_H
#define TWC_REACTOR_INT_H

#include <twc/reactor.h>

/* Per-reactor state of an upper layer: made on first use there, freed with the reactor (in reverse order). */
enum twc__slot {
	TWC__SLOT_TRANSPORT,
	TWC__SLOT_RESOLVER,
	TWC__SLOT_COUNT
};
void *twc__reactor_slot(const struct twc_reactor *r, enum twc__slot slot);
void twc__reactor_set_slot(struct twc_reactor *r, enum twc__slot slot, void *p, void (*free_fn)(void *));

/* The loop's one read buffer, 256 KiB (the knee of the throughput curve, and fits L2); allocated on first use.
 * Borrowed during one callback: whoever reads into it hands the slice on before anything else runs. */
#define TWC__READ_BUF (256 * 1024)
char *twc__reactor_read_buf(struct twc_reactor *r);

/* Called once when the callback at hand (a timer's, a call's) has returned; for a descriptor's when the I/O phase is
 * over. Registering again before it ran does nothing. The transports send there what was gathered. */
void twc__reactor_after_callback(struct twc_reactor *r, twc_call_fn fn, void *arg);

/* Of those who watch a descriptor with TWC_EXCLUSIVE, in whatever process, this one is woken last from now on. */
void twc__watch_requeue(struct twc_reactor *r, struct twc_watch *w);

/* fn, with the argument of the child's own, should the reactor go before it has told of the child's end; not after
 * twc_child_release. The child is gone then, and runs on. */
void twc__child_on_forgotten(struct twc_child *c, void (*fn)(void *arg));

/* Phase 4. The node is embedded in the dying object; fn frees it. */
struct twc__death {
	struct twc__death *next;
	void (*fn)(struct twc__death *d);
};
void twc__reactor_bury(struct twc_reactor *r, struct twc__death *d, void (*fn)(struct twc__death *d));
/* Phase 4 now; for a slot's free function, which must outlive the deaths it causes. */
void twc__reactor_run_deaths(struct twc_reactor *r);

#endif
