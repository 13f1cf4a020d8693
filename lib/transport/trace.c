/* SPDX-License-Identifier: MIT */
/*
 * --trace transport: what passes a transport, and the steps of its end, as lines of the log. Bytes are escaped and
 * cut into lines of a readable length. Nothing of this runs unless twc__transport_is_traced.
 */
#include "transport/transport_priv.h"

#include "base/banned.h"

#define LINE_BYTES 64

static void trace_piece(struct twc_transport *t, const char *way, struct twc_str s)
{
	char text[LINE_BYTES * 4 + 1];

	twc_escape(text, sizeof(text), s);
	twc_log(twc_reactor_log(t->r), transport, TRACE, "#%llu %s %zu: %s", (unsigned long long)t->id, way, s.n, text);
}

void twc__transport_trace_bytes(struct twc_transport *t, const char *way, const struct iovec *iov, int n)
{
	for (int i = 0; i < n; i++) {
		struct twc_str rest = { iov[i].iov_base, iov[i].iov_len };

		do {
			size_t part = rest.n < LINE_BYTES ? rest.n : LINE_BYTES;

			trace_piece(t, way, (struct twc_str){ rest.p, part });
			rest.p += part;
			rest.n -= part;
		} while (rest.n > 0);
	}
}

void twc__transport_trace_state(struct twc_transport *t, const char *what)
{
	twc_log(twc_reactor_log(t->r), transport, TRACE, "#%llu %s", (unsigned long long)t->id, what);
}
