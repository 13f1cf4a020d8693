/* SPDX-License-Identifier: MIT */
/* LF becomes CR LF; a CR LF that is there stays as it is, also when a cut lies between its two bytes. */
#include <twc/protocol.h>

#include "base/banned.h"

size_t twc_crlf_encode(struct twc_crlf *c, const uint8_t *in, size_t n, uint8_t *out)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (in[i] == '\n' && !c->after_cr)
			out[len++] = '\r';
		out[len++] = in[i];
		c->after_cr = in[i] == '\r';
	}
	return len;
}
