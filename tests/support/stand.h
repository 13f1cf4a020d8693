/* SPDX-License-Identifier: MIT */
/*
 * A stand for policies: a factory whose protocols note what they hear, a policy around it, and connections of
 * it as pairs in memory with a plain peer at the other end, on the fake clock.
 */
#ifndef TWC_TEST_STAND_H
#define TWC_TEST_STAND_H

#include <twc/protocol.h>

#define STAND_MAX 8

/* One end: a protocol that notes. Lives as long as the stand. */
struct stand_end {
	struct twc_protocol base;
	size_t bytes; /* heard in all */
	unsigned made, eofs, drained, lost;
	struct twc_err reason;
	bool replies;  /* writes back what it hears */
};

struct stand {
	struct twc_reactor *r;
	struct twc_factory factory; /* builds inner[] in turn; NULL when none is left */
	unsigned built, started, stopped;
	struct stand_end inner[STAND_MAX];
	struct stand_end peer[STAND_MAX];
};

void stand_open(struct stand *s);
/* Connects peer[i] to what `policy` builds for `addr` (may be NULL); false when it builds nothing. `capacity` as
 * for twc_transport_pair. */
bool stand_connect(struct stand *s, struct twc_factory *policy, unsigned i, const struct twc_addr *addr,
		   size_t capacity);
/* peer[i] writes n bytes, and what can happen happens. */
void stand_send(struct stand *s, unsigned i, size_t n);
void stand_pass(struct stand *s, uint64_t ns);
/* Ends what is left, frees the policy and the reactor. */
void stand_close(struct stand *s, struct twc_factory *policy);

#endif
