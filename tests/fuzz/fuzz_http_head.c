/* SPDX-License-Identifier: MIT */
/*
 * Messages of HTTP/1, both roles: the verdict does not depend on how the bytes were cut, and what was taken says the same
 * when it is written out and read again. First byte: which reader; second: the cuts.
 */
#include <stdlib.h>

#include "support/chunk.h"
#include "support/http_reader.h"

static const struct twc__http_limits limits[] = {
	{ .head = 16384, .target = 8192, .line = 8192, .fields = 100 },
	{ .head = 200, .target = 20, .line = 60, .fields = 4 },
};

struct kind {
	enum twc__http_role role;
	enum twc_http_method method;
	bool lenient, both;
	const struct twc__http_limits *limits;
};

static void begin(struct http_reader *r, const struct kind *k)
{
	http_reader_init(r, k->role, k->limits);
	r->method = k->method;
	r->lenient = k->lenient;
	r->both = k->both;
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	http_reader_feed(arg, p, n);
	return true;
}

/* Found by any case of its name, or not at all: as somebody would who looks at each. */
static void check_lookup(const struct twc_http_fields *f)
{
	for (size_t i = 0; i < twc_http_fields_count(f); i++) {
		struct twc_http_field field = twc_http_fields_at(f, i), other;
		char name[64];
		size_t at, first = 0;

		TWC_ASSERT(twc_http_is_token(field.name));
		if (field.name.n >= sizeof(name))
			continue;
		for (size_t k = 0; k < field.name.n; k++)
			name[k] = field.name.p[k] >= 'a' && field.name.p[k] <= 'z' ? (char)(field.name.p[k] - 32) : field.name.p[k];
		name[field.name.n] = '\0';
		at = twc_http_fields_find(f, name, 0);
		for (other = twc_http_fields_at(f, 0); !twc_str_eq_nocase(other.name, field.name);)
			other = twc_http_fields_at(f, ++first);
		TWC_ASSERT(at == first && twc_http_fields_find(f, name, i) == i);
	}
}

/* The head again, from what was understood. Through fields_add, so that what a peer sent is something we may send. */
static void round_trip(const struct http_reader *r, enum twc__http_role role)
{
	const struct twc__http_start *s = &r->head.start;
	struct twc_http_fields copy = { 0 }, again = { 0 };
	struct twc__http_head head;
	struct twc_buf out;
	int rc;

	twc_buf_init(&out, SIZE_MAX);
	if (role == TWC__HTTP_REQUEST)
		rc = twc_buf_addf(&out, "%.*s %.*s HTTP/1.%d\r\n", (int)s->method.n, s->method.p, (int)s->target.n, s->target.p,
				  s->minor);
	else
		rc = twc_buf_addf(&out, "HTTP/1.%d %03d %.*s\r\n", s->minor, s->status, (int)s->reason.n, s->reason.p);
	for (size_t i = 0; i < twc_http_fields_count(&r->fields); i++) {
		struct twc_http_field f = twc_http_fields_at(&r->fields, i);

		TWC_ASSERT(twc_http_fields_add(&copy, f.name, f.value, NULL) == 0);
		rc |= twc_buf_add(&out, f.name.p, f.name.n) | twc_buf_addf(&out, ": ") |
		      twc_buf_add(&out, f.value.p, f.value.n) | twc_buf_addf(&out, "\r\n");
	}
	rc |= twc_buf_addf(&out, "\r\n");
	TWC_ASSERT(rc == 0);
	twc__http_head_init(&head, role, &(struct twc__http_limits){ 0 }, &again);
	TWC_ASSERT(twc__http_head_feed(&head, twc_buf_head(&out), twc_buf_len(&out), NULL) == 1);
	TWC_ASSERT(head.size == twc_buf_len(&out) && head.start.minor == s->minor && head.start.status == s->status);
	TWC_ASSERT(twc_str_eq(head.start.method, s->method) && twc_str_eq(head.start.target, s->target));
	TWC_ASSERT(http_fields_same(&again, &r->fields) && http_fields_same(&again, &copy));
	twc_http_fields_fini(&copy);
	twc_http_fields_fini(&again);
	twc_buf_fini(&out);
}

/* A path that was decoded stays below the root and is whole. */
static void check_path(struct twc_str path)
{
	char *out = malloc(path.n + 1);
	ssize_t n;

	if (!out)
		abort();
	n = twc__http_path_decode(path, out, NULL);
	if (n >= 0) {
		TWC_ASSERT((size_t)n <= path.n && n > 0 && out[0] == '/' && strlen(out) == (size_t)n && !strchr(out, '\\'));
		TWC_ASSERT(!strstr(out, "/../") && !strstr(out, "/./"));
		TWC_ASSERT(n < 2 || strcmp(out + n - 2, "/.") != 0);
		TWC_ASSERT(n < 3 || strcmp(out + n - 3, "/..") != 0);
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct http_reader whole, cut;
	struct kind k;

	if (n < 2)
		return 0;
	k = (struct kind){
		.role = data[0] & 1 ? TWC__HTTP_RESPONSE : TWC__HTTP_REQUEST,
		.lenient = (data[0] & 3) == 3,
		.both = (data[0] & 4) != 0,
		.limits = &limits[data[0] >> 3 & 1],
		.method = (enum twc_http_method)((data[0] >> 4) % (TWC_HTTP_PATCH + 1)),
	};
	begin(&whole, &k);
	begin(&cut, &k);
	http_reader_feed(&whole, data + 2, n - 2);
	chunk_feed(data[1] ? CHUNK_RANDOM : CHUNK_BYTES, data[1], data + 2, n - 2, feed, &cut);
	TWC_ASSERT(http_reader_same(&whole, &cut));
	TWC_ASSERT(whole.at <= n - 2);
	if (whole.phase != READ_HEAD || whole.rc > 0) {
		check_lookup(&whole.fields);
		round_trip(&whole, k.role);
		if (whole.target.path.n)
			check_path(whole.target.path);
	}
	http_reader_fini(&whole);
	http_reader_fini(&cut);
	return 0;
}
