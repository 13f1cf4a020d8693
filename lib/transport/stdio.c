/* SPDX-License-Identifier: MIT */
/* Standard input and output as one transport: a fdpair with the errors of local files. */
#include "transport/fdpair.h"

#include <errno.h>
#include <string.h>

#include "base/banned.h"

static struct twc__fdpair *self_of(struct twc_transport *t)
{
	return TWC_CONTAINER_OF(t, struct twc__fdpair, t);
}

static void stdio_explain(struct twc_transport *t, int sys, bool is_write, struct twc_err *err)
{
	const struct twc__fdpair *s = self_of(t);
	unsigned kind = is_write ? s->out_kind : s->in_kind;

	if (kind == TWC__FDPAIR_SOCKET) {
		twc_err_from_errno(err, sys, s->name);
		return;
	}
	if (is_write && sys == EPIPE) {
		twc_err_sys(err, TWC_EPIPEOUT, sys, NULL, "%s", twc_err_default_text(TWC_EPIPEOUT));
		return;
	}
	twc_err_sys(err, TWC_EIO, sys, s->name, "cannot %s: %s", is_write ? "write" : "read", strerrordesc_np(sys));
}

static void stdio_destroy(struct twc_transport *t)
{
	twc_free(self_of(t));
}

static const struct twc__transport_ops stdio_ops = {
	.name = "stdio",
	.write_is_fatal = true,
	.read = twc__fdpair_read,
	.writev = twc__fdpair_writev,
	.set_events = twc__fdpair_set_events,
	.shutdown = twc__fdpair_shutdown,
	.close = twc__fdpair_close,
	.destroy = stdio_destroy,
	.explain = stdio_explain,
	.peer = twc__fdpair_peer,
	.host = twc__fdpair_host,
	.text = twc__fdpair_text,
	.kernel_fd = twc__fdpair_kernel_fd,
};

struct twc_transport *twc_transport_from_stdio(struct twc_reactor *r, int in, int out, bool own, const char *name,
					       struct twc_protocol *p, struct twc_err *err)
{
	struct twc__fdpair *s = twc_calloc(1, sizeof(*s));

	if (twc__fdpair_init(s, &stdio_ops, r, in, out, own, name ? name : "stdio", err) < 0) {
		twc__fdpair_close(&s->t, false);
		twc_free(s);
		return NULL;
	}
	twc__transport_begin(&s->t, p, 0);
	return &s->t;
}
