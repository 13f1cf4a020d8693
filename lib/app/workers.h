/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/app: what both sides of a fork know of a worker. workers.c is the parent's side, worker.c the worker's.
 * Between the two is a channel, a pair of sockets: one byte is one message.
 */
#ifndef TWC_APP_WORKERS_H
#define TWC_APP_WORKERS_H

#include <twc/process.h>

enum twc__worker_message {
	TWC__WORKER_READY = 'r',  /* from a worker: it serves */
	TWC__WORKER_OPENED = 'o', /* it has its first client */
	TWC__WORKER_STOP = 's',	  /* from the parent */
	TWC__WORKER_CUT = 'c',
	TWC__WORKER_REPORT = 'u',
	TWC__WORKER_RELOAD = 'h',
};

/* What all processes see. */
struct twc__workers_shared {
	uint64_t last_id;
	uint64_t total, in, out;
	bool is_cut;
};

struct twc_worker {
	struct twc_workers *ws;
	struct twc__workers_shared *shared; /* borrowed */
	struct twc_watch channel;	    /* fd -1: there is none */
	struct twc_timer again;
	struct twc_child *child; /* the reactor's; NULL: it is not there */
	uint64_t began_ns;
	unsigned index, deaths; /* in a row */
	bool is_ready;
	/* in the worker's own process */
	struct twc_reactor *r;
	struct twc_worker_ops ops;
	void *arg;
	bool has_opened;
};

/* Never waits. To one that does not read, and so is about to end, it may be lost; its end is noticed elsewhere. */
void twc__worker_say(const struct twc_worker *w, enum twc__worker_message what);
/* The next message of a channel, 0 at its end, -1: nothing now. */
int twc__worker_hear(int fd);

#endif
