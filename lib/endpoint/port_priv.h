/* SPDX-License-Identifier: MIT */
/* Private to port.c and port_text.c: what a port is made of. */
#ifndef TWC_ENDPOINT_PORT_PRIV_H
#define TWC_ENDPOINT_PORT_PRIV_H

#include "endpoint/endpoint_int.h"
#include "net/net_int.h"
#include "transport/transport_int.h"

enum twc__port_item_kind {
	ITEM_LISTENER = 1,
	ITEM_DGRAM,
	ITEM_PAIR,
	ITEM_LOCAL,
	ITEM_HELD, /* datagrams, for the processes that will share the port */
};

struct twc__port_item {
	enum twc__port_item_kind kind;
	struct twc_listener *listener;	/* owned */
	struct twc__dgram_port *dgram;	/* owned */
	struct twc__bound_file file;	/* of a datagram socket; zeroed: none */
	int *held;			/* owned: ITEM_HELD, one for each that shares; -1: taken */
	struct twc_addr held_addr;
};

struct twc_port {
	struct twc_reactor *r;
	struct twc_factory *factory; /* borrowed; NULL until the port stands */
	struct twc_gate *gate;	     /* borrowed; may be NULL */
	uint64_t session_idle_ns;
	struct twc_factory *sessions; /* borrowed: the factory of datagram sessions */
	struct twc__port_item *item;	      /* owned */
	size_t n;
	unsigned pauses;
	unsigned shares;	/* until twc_port_share: nothing is served here */
	bool keeps_peers;
	struct twc__pair pair;	/* ITEM_PAIR: until it was opened */
	bool has_pair;
	struct twc__local local; /* ITEM_LOCAL: likewise */
	char *local_name;	 /* owned: what it is called, also when it is gone */
	bool has_local;
	struct twc_timer timer; /* opens either, from the loop */
	struct twc__entrance *entrance; /* NULL: the straight way in */
	struct twc_cidr *trusted; /* owned, of the entrance */
	bool has_made_cert; /* cert=auto */
	const char *type; /* static; of the addresses it is reached at, where that is not the socket's; or NULL */
	char *path;	  /* owned; what of WebSocket is answered, where that is not all; or NULL */
};

#endif
