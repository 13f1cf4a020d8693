/* SPDX-License-Identifier: MIT */
/* A protocol for tests: remembers what it hears, checks the order of events, and does what the test asks in them. */
#ifndef TESTS_SUPPORT_PROBE_H
#define TESTS_SUPPORT_PROBE_H

#include <twc/transport.h>

struct probe {
	struct twc_protocol base;
	char *got; /* everything data() brought; NUL-terminated; owned */
	size_t n;
	unsigned datas, drains; /* calls of data() and drained() */
	bool is_made, has_eof, is_lost;
	bool in_call; /* inside a callback: a nested one fails the test */
	struct twc_err reason;
	/* What to do inside the callbacks; NULL: nothing. on_eof NULL: nothing either, the half stays open. */
	void (*on_made)(struct probe *p);
	void (*on_data)(struct probe *p, const uint8_t *data, size_t n);
	void (*on_eof)(struct probe *p);
	void (*on_drained)(struct probe *p);
	void (*on_lost)(struct probe *p);
	void *arg; /* the test's */
};

void probe_init(struct probe *p);
void probe_fini(struct probe *p); /* the connection must be lost, or never made */
static inline struct twc_protocol *probe_protocol(struct probe *p)
{
	return &p->base;
}

#endif
