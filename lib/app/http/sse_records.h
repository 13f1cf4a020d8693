/* SPDX-License-Identifier: MIT */
/*
 * Text as it is kept or piped, to events as they are sent: each line an event, or each record, which ends with an empty
 * line. A record whose first line begins with data:, event:, id:, retry: or a colon is an event already; of any other
 * its lines are the data. Each event has an id: its own, or else its number from 1. No I/O.
 */
#ifndef TWC_APP_HTTP_SSE_RECORDS_H
#define TWC_APP_HTTP_SSE_RECORDS_H

#include <twc/buf.h>
#include <twc/err.h>

#define TWC__HTTP_RECORD_MAX (1024 * 1024) /* bytes */

struct twc__http_records {
	/* private */
	bool is_records; /* else lines */
	struct twc_buf in;
	size_t looked;	 /* of `in`: no end of a record in it */
	struct twc_buf id; /* of the last event */
	uint64_t number;
};
void twc__http_records_init(struct twc__http_records *r, bool is_records);
void twc__http_records_fini(struct twc__http_records *r);
void twc__http_records_restart(struct twc__http_records *r); /* as new */
/* 0, TWC_ETOOLONG of a record, or TWC_ENOMEM. At most 64 KiB a call, after next has said 0. */
int twc__http_records_feed(struct twc__http_records *r, const void *p, size_t n, struct twc_err *err);
/* Appends the next event as it is sent. 1; 0: more is needed (`is_end`: nothing comes, what there is was all); or an error.
 * Records without data are passed over. */
int twc__http_records_next(struct twc__http_records *r, bool is_end, struct twc_buf *out, struct twc_err *err);
struct twc_str twc__http_records_id(const struct twc__http_records *r); /* of the last event */

#endif
