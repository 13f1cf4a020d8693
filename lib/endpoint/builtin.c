/* SPDX-License-Identifier: MIT */
/*
 * Peers that need no other program, to connect to: the small services of `twc serve`, each at the far end of a pair of
 * transports in memory. For tests, and to see what a command does with an answer.
 *
 *	protocol of ours -- transport == memory == transport -- protocol of the service
 */
#include "endpoint/endpoint_int.h"
#include "transport/transport_int.h"
#include <string.h>
#include <twc/protocol.h>
#include "base/banned.h"

static const struct twc_endpoint_arg text_args[] = {
	{ .name = "text", .kind = TWC_ARG_PAYLOAD, .roles = TWC_CONNECT, .positional = TWC_CONNECT, .required = TWC_CONNECT,
	  .help = "what it says: all the rest of the string, with C escapes" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const text_groups[] = { text_args, NULL };
static const struct twc_endpoint_arg *const no_groups[] = { NULL };

static int text_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, "text");
	struct twc_err cause = { 0 };
	char *copy = twc_strdup(v->text);
	size_t n = strlen(copy);
	int rc = twc_parse_escapes(copy, &n, &cause);

	twc_free(copy);
	return rc ? twc__fault(err, v->column, "%s", cause.text) : 0;
}

/* The one connection of a factory of its own. */
struct far_end {
	const struct twc_service *service;
	struct twc_factory *factory; /* owned */
};

static void far_end_gone(void *arg)
{
	struct far_end *far = arg;

	twc_factory_stop(far->factory);
	far->service->destroy(far->factory);
	twc_free(far);
}

static struct twc_transport *builtin_open(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_protocol *p,
					  struct twc_err *err)
{
	const struct twc_service *service = twc_service_find(e->type->pub.name);
	const struct twc_addr nobody = { .kind = TWC_ADDR_NONE };
	struct twc_factory *factory = service->create(r, twc__args_str(&e->args, "text", NULL), err);
	struct far_end *far;
	struct twc_protocol *peer;

	if (!factory)
		return NULL;
	far = twc_malloc(sizeof(*far));
	*far = (struct far_end){ service, factory };
	twc_factory_start(factory);
	peer = twc_factory_build(factory, &nobody);
	return twc__transport_to_peer(r, p, peer, e->text, far_end_gone, far);
}

#define BUILTIN(name_, summary_)                                                                        \
	const struct twc__endpoint_type twc__endpoint_##name_ = {                                       \
		.pub = { .name = #name_, .roles = TWC_CONNECT, .summary = summary_,                    \
			 .synopsis = (const char *const[]){ #name_, NULL }, .args = no_groups },         \
		.is_local = true,                                                                       \
		.open = builtin_open,                                                                   \
	}

BUILTIN(echo, "a peer within twc that sends back what comes");
BUILTIN(discard, "a peer within twc that takes everything");
BUILTIN(chargen, "a peer within twc that sends lines without end");
BUILTIN(stall, "a peer within twc that reads and sends nothing");

const struct twc__endpoint_type twc__endpoint_text = {
	.pub = { .name = "text", .roles = TWC_CONNECT, .summary = "a peer within twc that says something",
		 .synopsis = (const char *const[]){ "text:STRING", NULL }, .args = text_groups },
	.is_local = true,
	.check = text_check,
	.open = builtin_open,
};
