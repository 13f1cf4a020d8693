/* SPDX-License-Identifier: MIT */
/*
 * Heads of CGI programs: the same however they are cut; what comes of one is fit for a response.
 *
 * Input: seed of the cuts (1 byte), then the output of the program.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/http/cgi.h"
#include "protocol/http/octet.h"
#include "support/chunk.h"

struct run {
	struct twc__http_cgi c;
	int rc;
	size_t used;
};

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct run *r = arg;
	size_t used;

	r->rc = twc__http_cgi_feed(&r->c, p, n, &used, NULL);
	TWC_ASSERT(used <= n && (r->rc != 0 || used == n));
	twc_buf_check(&r->c.head);
	r->used += used;
	return r->rc == 0;
}

static void run(struct run *r, enum chunk_mode mode, uint32_t seed, const void *p, size_t n)
{
	*r = (struct run){ .rc = 0 };
	twc__http_cgi_init(&r->c);
	chunk_feed(mode, seed, p, n, feed, r);
}

static void check_head(const struct twc__http_cgi *c)
{
	TWC_ASSERT(c->status >= 200 && c->status <= 599);
	TWC_ASSERT((c->kind == TWC__HTTP_CGI_DOCUMENT) == !c->location);
	TWC_ASSERT(!c->location || twc__http_all(twc_str_of(c->location), TWC__HTTP_VALUE));
	for (size_t i = 0; i < twc_http_fields_count(&c->fields); i++) {
		struct twc_http_field f = twc_http_fields_at(&c->fields, i);

		TWC_ASSERT(twc_http_is_token(f.name) && twc__http_all(f.value, TWC__HTTP_VALUE));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct run whole, other;

	if (n < 1)
		return 0;
	run(&whole, CHUNK_WHOLE, 0, data + 1, n - 1);
	for (enum chunk_mode mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		run(&other, mode, data[0], data + 1, n - 1);
		TWC_ASSERT(other.rc == whole.rc);
		TWC_ASSERT(whole.rc < 0 || other.used == whole.used);
		TWC_ASSERT(other.c.status == whole.c.status && other.c.length == whole.c.length);
		TWC_ASSERT(twc_http_fields_count(&other.c.fields) == twc_http_fields_count(&whole.c.fields));
		twc__http_cgi_fini(&other.c);
	}
	if (whole.rc == 1)
		check_head(&whole.c);
	twc__http_cgi_fini(&whole.c);
	return 0;
}
