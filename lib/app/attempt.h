/* SPDX-License-Identifier: MIT */
/* One look at one endpoint, for check.c: is it there, and as wished? Not installed. */
#ifndef TWC_APP_ATTEMPT_H
#define TWC_APP_ATTEMPT_H

#include <twc/app.h>

struct twc__attempt;
/* Once, from the loop, with the outcome in the result that was given. The attempt may be freed here. */
typedef void (*twc__attempt_fn)(void *arg);
/* `o`, `result` and its endpoint are borrowed until the attempt is freed. */
struct twc__attempt *twc__attempt_new(struct twc_reactor *r, const struct twc_check_opts *o,
				      struct twc_check_result *result, twc__attempt_fn fn, void *arg);
/* Gives up what is still going on. */
void twc__attempt_free(struct twc__attempt *a);

/*
 * passive.c: is anybody listening there? Looks into the tables of this kernel. Fires with NULL, or fails: TWC_EREFUSED,
 * TWC_ENOSOCK, TWC_EUSAGE for what is not local or no tcp or unix endpoint, or as twc_resolve does.
 */
struct twc_deferred *twc__passive_look(struct twc_reactor *r, const struct twc_endpoint *e);
/* The part without a name: `addr` is TCP with its port, or UNIX; `proc` is /proc/net. 0 or one of those. */
int twc__passive_find(const char *proc, const struct twc_addr *addr, struct twc_err *err);

#endif
