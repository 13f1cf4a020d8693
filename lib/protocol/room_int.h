/* SPDX-License-Identifier: MIT */
/*
 * A room: clients whose words go to each other, and what happens when one reads too slowly. Shared by broadcast.c and
 * chat.c, whose members and factories begin with these, and by rooms of other protocols above. Not installed.
 *
 * A member whose queue is full (its transport's high mark) first holds those who send, for TWC__ROOM_PATIENCE_NS: who only
 * is slower for a moment loses nothing. Then, as the room was told, it is left out until its queue has drained (drop), or
 * reset (close); block holds the senders for as long as it takes. One that was left out gets no patience
 * for TWC__ROOM_DISTRUST_NS, so that a reader that has stopped costs the others next to nothing. So a queue is never longer
 * than TWC__ROOM_QUEUE_MAX and one message, but with block: there it is the high mark and a read of each sender.
 */
#ifndef TWC_ROOM_INT_H
#define TWC_ROOM_INT_H

#include "base/list.h"

#include <twc/parse.h>
#include <twc/protocol.h>

#define TWC__ROOM_PATIENCE_NS (100 * TWC_NS_PER_MS)
#define TWC__ROOM_DISTRUST_NS (10 * TWC_NS_PER_S)
#define TWC__ROOM_QUEUE_MAX (1024 * 1024)

struct twc__room_member;
struct twc__room_ops {
	/* A sender is to be read no further, and to be read again. */
	void (*pause)(struct twc__room_member *m);
	void (*resume)(struct twc__room_member *m);
	/* Writes to its transport; NULL: the bytes as they are, see twc__room_write. */
	void (*write)(struct twc__room_member *m, const void *p, size_t n);
	/* It was left out, and has drained: `missed` is the sum of the weights. May write to it. */
	void (*caught_up)(struct twc__room_member *m, uint64_t missed);
};

struct twc__room {
	struct twc_factory factory;
	const struct twc__room_ops *ops;
	struct twc_reactor *r; /* borrowed */
	struct twc_room_opts o;
	char *banner; /* owned; what o.banner points to */
	struct twc__list members;
	size_t n_members;
	struct twc__list waiting; /* senders that are paused */
	size_t n_holding;	  /* members that hold them */
	void (*fini)(struct twc__room *room); /* may be NULL */
};

struct twc__room_member {
	struct twc__room *room;
	struct twc_transport *t;	  /* borrowed; from enter to leave */
	struct twc__list node, wait_node; /* in members; in waiting while paused */
	struct twc_timer patience;
	uint64_t trusted_at; /* no patience before */
	uint64_t missed;
	bool holds;
	bool is_left_out;
};

void twc__room_init(struct twc__room *room, struct twc_reactor *r, const struct twc_room_opts *o,
		    const struct twc__room_ops *ops);
void twc__room_enter(struct twc__room *room, struct twc__room_member *m, struct twc_transport *t);
void twc__room_leave(struct twc__room_member *m);
/* Writes, or counts it as missed. To a datagram transport as one datagram; as several of whole lines when too long. */
void twc__room_write(struct twc__room_member *m, const void *p, size_t n, uint64_t weight);
/* To be called by a member that has said something: it may have to wait. */
void twc__room_said(struct twc__room_member *m);
void twc__room_drained(struct twc__room_member *m);
/* It goes: flushes and closes, and holds nobody meanwhile. */
void twc__room_lose(struct twc__room_member *m);

#endif
