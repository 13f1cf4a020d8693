/* SPDX-License-Identifier: MIT */
/*
 * The names to ask for when a user gives one: resolv.conf(5), `search` and `ndots`. Pure; resolve.c asks for them in
 * turn.
 */
#include "net/net_int.h"

#include <stdio.h>

#include "base/banned.h"

static unsigned count_dots(const char *name)
{
	unsigned n = 0;

	for (; *name; name++)
		n += *name == '.';
	return n;
}

bool twc__search_name(const struct twc__resolv_conf *c, const char *given, unsigned *candidate, char *buf,
		      size_t cap)
{
	size_t n = strlen(given);
	bool absolute = n > 0 && given[n - 1] == '.';
	bool itself_first = absolute || count_dots(given) >= c->ndots;
	unsigned n_search = absolute ? 0 : (unsigned)c->n_search;

	for (;; ++*candidate) {
		unsigned i = *candidate, k = itself_first ? i - 1 : i; /* k: index into the search list */

		if (i > n_search)
			return false;
		if (itself_first ? i == 0 : i == n_search) {
			snprintf(buf, cap, "%s", given);
			return true;
		}
		if (n + 1 + strlen(c->search[k]) <= TWC__NAME_MAX) {
			snprintf(buf, cap, "%s.%s", given, c->search[k]);
			return true;
		}
	}
}
