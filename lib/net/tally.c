/* SPDX-License-Identifier: MIT */
/*
 * How many connections each host has: for whoever limits them (gate.c, the limit policy).
 *
 * Invariants: a host without connections is not in the table; n_buckets is a power of two. The hash is keyed, so that
 * peers cannot choose addresses that collide.
 */
#include "net/net_int.h"

#include "base/banned.h"

#define BUCKETS_MIN 64

struct tally_host {
	struct tally_host *next;
	uint8_t ip[16];
	unsigned count; /* > 0 */
};

void twc__tally_init(struct twc__tally *t)
{
	*t = (struct twc__tally){ 0 };
	twc__hash_key_init(&t->key);
}

void twc__tally_fini(struct twc__tally *t)
{
	for (size_t i = 0; i < t->n_buckets; i++)
		while (t->buckets[i]) {
			struct tally_host *h = t->buckets[i];

			t->buckets[i] = h->next;
			twc_free(h);
		}
	twc_free(t->buckets);
	*t = (struct twc__tally){ 0 };
}

static struct tally_host **tally_bucket(const struct twc__tally *t, const uint8_t ip[16])
{
	return &t->buckets[twc__hash(&t->key, ip, 16) & (t->n_buckets - 1)];
}

/* The link that points to the host, or to NULL at the end of its chain. */
static struct tally_host **tally_find(const struct twc__tally *t, const uint8_t ip[16])
{
	struct tally_host **h = tally_bucket(t, ip);

	while (*h && memcmp((*h)->ip, ip, 16) != 0)
		h = &(*h)->next;
	return h;
}

static void tally_grow(struct twc__tally *t)
{
	struct tally_host **old = t->buckets;
	size_t n = t->n_buckets;

	if (t->n_hosts < n)
		return;
	t->n_buckets = n ? n * 2 : BUCKETS_MIN;
	t->buckets = twc_calloc(t->n_buckets, sizeof(struct tally_host *));
	for (size_t i = 0; i < n; i++)
		while (old[i]) {
			struct tally_host *h = old[i], **to = tally_bucket(t, h->ip);

			old[i] = h->next;
			h->next = *to;
			*to = h;
		}
	twc_free(old);
}

bool twc__tally_add(struct twc__tally *t, const uint8_t ip[16], unsigned max)
{
	struct tally_host **link;

	tally_grow(t);
	link = tally_find(t, ip);
	if (*link && (*link)->count >= max)
		return false;
	if (!*link) {
		*link = twc_calloc(1, sizeof(**link));
		memcpy((*link)->ip, ip, 16);
		t->n_hosts++;
	}
	(*link)->count++;
	return true;
}

void twc__tally_drop(struct twc__tally *t, const uint8_t ip[16])
{
	struct tally_host **link = tally_find(t, ip), *h = *link;

	TWC_ASSERT(h);
	if (--h->count > 0)
		return;
	*link = h->next;
	t->n_hosts--;
	twc_free(h);
}
