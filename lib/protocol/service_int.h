/* SPDX-License-Identifier: MIT */
/*
 * What the services of registry.c share. Not installed.
 *
 * A service that speaks and is done (daytime, time, qotd, text, file) ends in two steps: it ends its half and then
 * reads on, throwing away what comes, until the peer has ended too or two seconds are over. Closing at once
 * with the peer's bytes unread would answer them with a reset, and a client that talks first (curl, say) would report
 * the answer it got as a failure.
 */
#ifndef TWC_SERVICE_INT_H
#define TWC_SERVICE_INT_H

#include <twc/parse.h>
#include <twc/protocol.h>
#include <time.h>

extern const struct twc_service twc__service_echo;
extern const struct twc_service twc__service_discard;
extern const struct twc_service twc__service_chargen;
extern const struct twc_service twc__service_daytime;
extern const struct twc_service twc__service_time;
extern const struct twc_service twc__service_qotd;
extern const struct twc_service twc__service_text;
extern const struct twc_service twc__service_file;

#define TWC__LINGER_NS (2 * TWC_NS_PER_S)

/* A stream service hands the loop back after this much in one go; a sink that takes everything (the null
 * device) would otherwise keep it for ever. */
#define TWC__BURST (1024 * 1024)

#define TWC__DATAGRAM_MAX 65507

/* ---- a protocol that speaks and is done ---- */

struct twc__speaker {
	struct twc_protocol base;
	struct twc_timer timer; /* waits for the peer's end; before that free for the service's own use */
	bool is_done;		/* our half has been ended */
};
void twc__speaker_finish(struct twc__speaker *s);
void twc__speaker_eof(struct twc_protocol *p);
void twc__speaker_lost(struct twc_protocol *p, const struct twc_err *reason); /* frees it */

/*
 * ---- one message: to each connection when it is made, or in answer to each datagram ----
 * A compose function is pure: `now` in, the message out. `scratch` is TWC__ANSWER_MAX bytes to build it in.
 */

#define TWC__ANSWER_MAX 512 /* RFC 865 asks for less than this */

struct twc__answer_factory;
typedef struct twc_str (*twc__compose_fn)(const struct twc__answer_factory *f, time_t now, char *scratch);
struct twc__answer_factory {
	struct twc_factory base;
	twc__compose_fn compose;
	char *text; /* owned; what the text service says; else NULL */
	size_t text_len;
};
struct twc__answer_factory *twc__answer_factory_new(twc__compose_fn compose);
void twc__answer_factory_free(struct twc_factory *f); /* after its last connection */

struct twc_str twc__daytime_compose(const struct twc__answer_factory *f, time_t now, char *scratch);
struct twc_str twc__time_compose(const struct twc__answer_factory *f, time_t now, char *scratch);
struct twc_str twc__qotd_compose(const struct twc__answer_factory *f, time_t now, char *scratch);

#endif
