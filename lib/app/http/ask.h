/* SPDX-License-Identifier: MIT */
/*
 * One exchange of a client: the request, the turn it takes on a connection, and the response. It belongs to the client until the
 * head of the response is there, to whoever takes the response from then on.
 */
#ifndef TWC_APP_HTTP_ASK_H
#define TWC_APP_HTTP_ASK_H

#include "app/http/pool.h"

#include <twc/http_client.h>

enum twc__http_ask_state {
	TWC__HTTP_WAITING,
	TWC__HTTP_ASKED,
	TWC__HTTP_ANSWERED,
	TWC__HTTP_OVER,
};

struct twc__http_ask {
	struct twc_http_response res; /* must be first */
	struct twc__list link;
	struct twc_reactor *r;
	struct twc_http_client *client; /* NULL: it has gone */
	enum twc__http_ask_state state;
	struct twc_deferred *answer; /* not fired; NULL: it was */
	struct twc__http_waiter waiter;
	struct twc__http_turn turn;
	struct twc_url url; /* owned, as via, unless is_borrowing: to ask once more */
	char *via, *upgrade;
	char *reason; /* owned; NULL: the usual one */
	bool is_borrowing;
	struct twc_buf head;
	struct twc_str body; /* borrowed; what is left to be written */
	size_t written;
	bool was_asked_again, may_ask_again;
	unsigned refusals;
	void (*informed)(void *arg, int status, const struct twc_http_fields *fields);
	void (*seen)(void *arg, char dir, struct twc_str head);
	void (*began)(void *arg, struct twc_transport *t, bool reused);
	void *arg;
	/* the receiver of the body */
	const struct twc_http_body_ops *ops;
	void *ops_arg;
	bool is_at_end;	       /* all has come; the receiver has not been told */
	struct twc_err end_err;
	struct twc_timer tell; /* to tell him */
};

/* ---- client.c ---- */

void twc__http_ask_free(struct twc__http_ask *a);
void twc__http_ask_tell(struct twc__http_ask *a); /* the receiver hears the end; it may free the response */

#endif
