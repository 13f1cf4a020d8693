/* SPDX-License-Identifier: MIT */
/* Status and Content-Type of mock routes, from their options. */
#include "app/http/answer.h"

#include "protocol/http/octet.h"
#include "base/banned.h"

int twc__http_answer_init(struct twc__http_answer *a, const struct twc__http_route_opts *o, const char *type, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, "type", NULL);
	uint64_t status = 200;
	int rc = twc__http_option_uint(o, "status", 200, 599, &status, err);

	if (rc < 0)
		return rc;
	if (option && (!memchr(option->value.p, '/', option->value.n) || !twc__http_all(option->value, TWC__HTTP_VALUE))) {
		twc_err_set(err, TWC_EUSAGE, "a type such as text/plain belongs here");
		return twc__http_option_fail(option, err);
	}
	a->status = (int)status;
	a->type = option ? twc_str_dup(option->value) : twc_strdup(type);
	return 0;
}

void twc__http_answer_fini(struct twc__http_answer *a)
{
	twc_free(a->type);
	a->type = NULL;
}

void twc__http_answer_begin(const struct twc__http_answer *a, struct twc_http_exchange *x)
{
	twc_http_set_status(x, a->status);
	if (!twc_http_has_field(x, "Content-Type"))
		twc_http_add_field(x, "Content-Type", a->type);
}
