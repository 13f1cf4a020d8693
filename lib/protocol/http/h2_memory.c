/* SPDX-License-Identifier: MIT */
/* Blocks of memory for nghttp2, kept by size. Each has a head that says its size; nghttp2 gets what is behind it. */
#include "protocol/http/h2_memory.h"

#include "base/banned.h"

struct twc__h2_block {
	union {
		struct twc__h2_block *next; /* while it waits */
		size_t steps;		    /* while it is used; 0: a size that is not kept */
	};
	size_t room;		/* bytes of data */
	max_align_t data[];
};

static struct twc__h2_block *block_of(void *p)
{
	return TWC_CONTAINER_OF(p, struct twc__h2_block, data);
}

static void *block_make(size_t steps, size_t n)
{
	size_t size = steps ? steps * TWC__H2_MEMORY_STEP : n + sizeof(struct twc__h2_block);
	struct twc__h2_block *b = size > n ? twc_try_malloc(size) : NULL;

	if (!b)
		return NULL;
	b->steps = steps;
	b->room = size - sizeof(*b);
	return b->data;
}

static void *memory_malloc(size_t n, void *arg)
{
	struct twc__h2_memory *m = arg;
	size_t steps = (n + sizeof(struct twc__h2_block) + TWC__H2_MEMORY_STEP - 1) / TWC__H2_MEMORY_STEP;
	struct twc__h2_block *b;

	if (n > TWC__H2_MEMORY_SIZES * TWC__H2_MEMORY_STEP || steps > TWC__H2_MEMORY_SIZES)
		return block_make(0, n);
	b = m->spare[steps];
	if (!b)
		return block_make(steps, n);
	m->spare[steps] = b->next;
	m->kept -= steps * TWC__H2_MEMORY_STEP;
	b->steps = steps;
	return b->data;
}

static void memory_free(void *p, void *arg)
{
	struct twc__h2_memory *m = arg;
	struct twc__h2_block *b;
	size_t steps;

	if (!p)
		return;
	b = block_of(p);
	steps = b->steps;
	if (!steps || m->kept >= TWC__H2_MEMORY_KEPT) {
		twc_free(b);
		return;
	}
	b->next = m->spare[steps];
	m->spare[steps] = b;
	m->kept += steps * TWC__H2_MEMORY_STEP;
}

static void *memory_calloc(size_t k, size_t n, void *arg)
{
	void *p = !n || k <= SIZE_MAX / n ? memory_malloc(k * n, arg) : NULL;

	if (p)
		memset(p, 0, k * n);
	return p;
}

static void *memory_realloc(void *p, size_t n, void *arg)
{
	size_t have = p ? block_of(p)->room : 0;
	void *larger;

	if (p && n <= have)
		return p;
	larger = memory_malloc(n, arg);
	if (!larger || !p)
		return larger;
	memcpy(larger, p, have);
	memory_free(p, arg);
	return larger;
}

void twc__h2_memory_init(struct twc__h2_memory *m)
{
	*m = (struct twc__h2_memory){ .mem = { m, memory_malloc, memory_free, memory_calloc, memory_realloc } };
}

void twc__h2_memory_fini(struct twc__h2_memory *m)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(m->spare); i++) {
		while (m->spare[i]) {
			struct twc__h2_block *b = m->spare[i];

			m->spare[i] = b->next;
			twc_free(b);
		}
	}
}
