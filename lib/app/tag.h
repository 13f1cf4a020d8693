/* SPDX-License-Identifier: MIT */
/*
 * What a client sends, line by line, each with who sent it in front: "[#3 tcp:127.0.0.1:4711] text". Bytes that are
 * unfit for a terminal are escaped. A line leaves whole and in one write; one longer than TWC__TAG_LINE_MAX leaves in
 * pieces, "[#3 …]+ text" from the second on.
 */
#ifndef TWC_TAG_H
#define TWC_TAG_H

#include <twc/buf.h>
#include <twc/transport.h>

#define TWC__TAG_LINE_MAX 16384

struct twc__tag {
	char *who;	     /* owned; NULL: not initialised */
	struct twc_buf held; /* the line so far */
	bool is_rest;	     /* a piece of it has left already */
};

void twc__tag_init(struct twc__tag *g, const struct twc_transport *client);
void twc__tag_fini(struct twc__tag *g);
void twc__tag_feed(struct twc__tag *g, struct twc_transport *out, const uint8_t *data, size_t n);
/* No more comes: what is held is a line. */
void twc__tag_end(struct twc__tag *g, struct twc_transport *out);

#endif
