/* SPDX-License-Identifier: MIT */
/* What a mock route answers besides its body: the options status=CODE and type=TYPE. */
#ifndef TWC_APP_HTTP_ANSWER_H
#define TWC_APP_HTTP_ANSWER_H

#include "app/http/handler.h"

struct twc__http_answer {
	int status;
	char *type; /* owned */
};
/* With `type` where the route does not say. 0, or TWC_EUSAGE with the column; then there is nothing to be freed. */
int twc__http_answer_init(struct twc__http_answer *a, const struct twc__http_route_opts *o, const char *type, struct twc_err *err);
void twc__http_answer_fini(struct twc__http_answer *a);
/* Status and Content-Type, unless the route has a field of that name. */
void twc__http_answer_begin(const struct twc__http_answer *a, struct twc_http_exchange *x);

#endif
