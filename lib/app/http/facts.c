/* SPDX-License-Identifier: MIT */
/* From a fetch to plain facts: the one place where reports meet fetches. */
#include <twc/http_report.h>

#include "base/banned.h"

void twc_http_facts_of(struct twc_http_facts *x, const struct twc_http_fetch *f)
{
	const struct twc_http_times *times = twc_http_fetch_times(f);

	x->url_effective = twc_http_fetch_url(f);
	x->redirect_url = twc_http_fetch_redirect_url(f);
	x->method = twc_http_fetch_method(f);
	x->response = twc_http_fetch_response(f);
	twc_http_fetch_totals(f, &x->totals);
	if (times)
		x->times = *times;
}
