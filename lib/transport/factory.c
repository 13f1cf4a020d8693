/* SPDX-License-Identifier: MIT */
/* Factories: who uses one, and the protocol it builds for a connection. */
#include <twc/transport.h>

#include "base/banned.h"

void twc_factory_start(struct twc_factory *f)
{
	if (f->users++ == 0 && f->ops->started)
		f->ops->started(f);
}

void twc_factory_stop(struct twc_factory *f)
{
	TWC_ASSERT(f->users > 0);
	if (--f->users == 0 && f->ops->stopped)
		f->ops->stopped(f);
}

struct twc_protocol *twc_factory_build(struct twc_factory *f, const struct twc_addr *peer)
{
	return f->ops->build(f, peer);
}
