/* SPDX-License-Identifier: MIT */
/* What the services of registry.c share. Not installed. */
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
extern const struct twc_service twc__service_stall;

/* A stream service hands the loop back after this much in one go; a sink that takes everything (the null
 * device) would otherwise keep it for ever. */
#define TWC__BURST (1024 * 1024)

#define TWC__DATAGRAM_MAX 65507

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
