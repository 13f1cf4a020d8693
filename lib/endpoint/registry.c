/* SPDX-License-Identifier: MIT */
/*
 * THE list of endpoint types, in help order. A line here and a file NAME.c (or a sibling's) make a type; the
 * parser, help, completion and error hints follow from its rows.
 */
#include "endpoint/endpoint_int.h"
#include "base/banned.h"

#define TYPES(X) \
	X(tcp)   \
	X(tcp4)  \
	X(tcp6)  \
	X(tls)   \
	X(ws)    \
	X(wss)   \
	X(udp)   \
	X(udp4)  \
	X(udp6)  \
	X(unix)  \
	X(vsock) \
	X(stdio) \
	X(fd)    \
	X(inetd) \
	X(systemd) \
	X(file)  \
	X(fifo)  \
	X(pty)   \
	X(serial) \
	X(haproxy) \
	X(exec)  \
	X(sh) \
	X(text) \
	X(echo) \
	X(discard) \
	X(chargen) \
	X(stall)

#define TYPE_EXTERN(name) extern const struct twc__endpoint_type twc__endpoint_##name;
TYPES(TYPE_EXTERN)

#define TYPE_ADDRESS(name) &twc__endpoint_##name,
static const struct twc__endpoint_type *const types[] = { TYPES(TYPE_ADDRESS) NULL };

#define TYPE_PUBLIC(name) &twc__endpoint_##name.pub,
static const struct twc_endpoint_type *const public_types[] = { TYPES(TYPE_PUBLIC) NULL };

const struct twc_endpoint_type *const *twc_endpoint_types(void)
{
	return public_types;
}

const struct twc__endpoint_type *const *twc__types(void)
{
	return types;
}

const struct twc__endpoint_type *twc__type_find(const struct twc__endpoint_type *const *list, const char *name)
{
	struct twc_str s = twc_str_of(name);

	for (; *list; list++) {
		if (twc_str_eq_nocase(s, twc_str_of((*list)->pub.name)))
			return *list;
		if ((*list)->alias && twc_str_is(s, (*list)->alias))
			return *list;
	}
	return NULL;
}
