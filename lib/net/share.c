/* SPDX-License-Identifier: MIT */
/*
 * What the gates of several processes count together: clients, clients of each host, and the moment of the rate. It
 * lives in memory that all of them have from before fork(2), under a lock that outlives its holder.
 *
 * A process may be killed at any store, so each of them leaves a state that is right or at worst wastes a slot: a client
 * is counted by one number of its own process, a host's client is in its chain from one store on and out of it by
 * another. What a dead process counted is taken back by whoever reaps it (twc_gate_share_gone).
 *
 * Invariants: the sum of `count` is never above the limit that its takers gave; a slot is in one chain, on the free list,
 * or lost.
 */
#include "net/net_int.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/banned.h"

#define BUCKETS (1u << 15)
#define SLOTS (1u << 20) /* clients with an address, while hosts are counted; memory is taken as it is used */

struct slot {
	uint8_t ip[16];
	uint32_t next; /* number of a slot, from 1; 0: none */
	uint32_t owner;
};

struct twc_gate_share {
	pthread_mutex_t lock;
	unsigned n;
	uint64_t full_at;
	unsigned count[TWC_SHARE_MAX];
	atomic_bool waits[TWC_SHARE_MAX];
	int wake[TWC_SHARE_MAX]; /* an eventfd each */
	struct twc__hash_key key;
	uint32_t free, fresh; /* first free slot; how many were ever used */
	uint32_t bucket[BUCKETS];
	struct slot slot[SLOTS];
};

static int share_init(struct twc_gate_share *s, unsigned n, struct twc_err *err)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&s->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	twc__hash_key_init(&s->key);
	for (; s->n < n; s->n++) {
		s->wake[s->n] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (s->wake[s->n] < 0)
			return twc_err_sys(err, TWC_ELIMIT, errno, NULL, "cannot share the limits: eventfd failed");
	}
	return 0;
}

struct twc_gate_share *twc_gate_share_new(unsigned n, struct twc_err *err)
{
	struct twc_gate_share *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	TWC_ASSERT(n > 0 && n <= TWC_SHARE_MAX);
	if (s == MAP_FAILED) {
		twc_err_sys(err, TWC_ENOMEM, errno, NULL, "cannot map memory for the limits of several processes");
		return NULL;
	}
	if (!share_init(s, n, err))
		return s;
	twc_gate_share_free(s);
	return NULL;
}

void twc_gate_share_free(struct twc_gate_share *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->n; i++)
		close(s->wake[i]);
	munmap(s, sizeof(*s));
}

static void share_lock(struct twc_gate_share *s)
{
	if (pthread_mutex_lock(&s->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&s->lock);
}

static void share_unlock(struct twc_gate_share *s)
{
	pthread_mutex_unlock(&s->lock);
}

/* ---- clients ---- */

static unsigned share_sum(const struct twc_gate_share *s)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < s->n; i++)
		sum += __atomic_load_n(&s->count[i], __ATOMIC_RELAXED);
	return sum;
}

bool twc__share_is_full(const struct twc_gate_share *s, unsigned max)
{
	return max > 0 && share_sum(s) >= max;
}

uint64_t twc__share_full_at(const struct twc_gate_share *s)
{
	return __atomic_load_n(&s->full_at, __ATOMIC_RELAXED);
}

enum twc__verdict twc__share_take(struct twc_gate_share *s, unsigned me, const struct twc__share_terms *t)
{
	enum twc__verdict verdict = TWC__GATE_IN;

	share_lock(s);
	if (twc__share_is_full(s, t->max_clients))
		verdict = TWC__GATE_FULL;
	else if (t->interval_ns && s->full_at + t->interval_ns > t->now + t->depth_ns)
		verdict = TWC__GATE_HASTY;
	if (verdict == TWC__GATE_IN) {
		__atomic_store_n(&s->count[me], s->count[me] + 1, __ATOMIC_RELEASE);
		if (t->interval_ns)
			__atomic_store_n(&s->full_at, (s->full_at > t->now ? s->full_at : t->now) + t->interval_ns,
					 __ATOMIC_RELEASE);
	}
	share_unlock(s);
	return verdict;
}

void twc__share_give(struct twc_gate_share *s, unsigned me, uint64_t interval_ns)
{
	share_lock(s);
	TWC_ASSERT(s->count[me] > 0);
	__atomic_store_n(&s->count[me], s->count[me] - 1, __ATOMIC_RELEASE);
	__atomic_store_n(&s->full_at, s->full_at - interval_ns, __ATOMIC_RELEASE);
	share_unlock(s);
	twc__share_tell(s, me);
}

/* ---- hosts ---- */

static uint32_t *share_bucket(struct twc_gate_share *s, const uint8_t ip[16])
{
	return &s->bucket[twc__hash(&s->key, ip, 16) & (BUCKETS - 1)];
}

static void slot_link(uint32_t *link, uint32_t number)
{
	__atomic_store_n(link, number, __ATOMIC_RELEASE);
}

static uint32_t slot_new(struct twc_gate_share *s)
{
	uint32_t number = s->free;

	if (number) {
		slot_link(&s->free, s->slot[number - 1].next);
		return number;
	}
	if (s->fresh == SLOTS)
		return 0;
	slot_link(&s->fresh, s->fresh + 1);
	return s->fresh;
}

/* The slot that *link leads to. */
static void slot_drop(struct twc_gate_share *s, uint32_t *link)
{
	uint32_t number = *link;

	slot_link(link, s->slot[number - 1].next);
	slot_link(&s->slot[number - 1].next, s->free);
	slot_link(&s->free, number);
}

bool twc__share_add_host(struct twc_gate_share *s, unsigned me, const uint8_t ip[16], unsigned max)
{
	uint32_t *head = share_bucket(s, ip), number;
	unsigned n = 0;

	share_lock(s);
	for (number = *head; number && n < max; number = s->slot[number - 1].next)
		n += memcmp(s->slot[number - 1].ip, ip, 16) == 0;
	number = n < max ? slot_new(s) : 0;
	if (number) {
		memcpy(s->slot[number - 1].ip, ip, 16);
		s->slot[number - 1].owner = me;
		slot_link(&s->slot[number - 1].next, *head);
		slot_link(head, number);
	}
	share_unlock(s);
	return number != 0;
}

void twc__share_drop_host(struct twc_gate_share *s, unsigned me, const uint8_t ip[16])
{
	uint32_t *link = share_bucket(s, ip);

	share_lock(s);
	for (; *link; link = &s->slot[*link - 1].next) {
		const struct slot *at = &s->slot[*link - 1];

		if (at->owner == me && memcmp(at->ip, ip, 16) == 0) {
			slot_drop(s, link);
			break;
		}
	}
	share_unlock(s);
}

/* ---- who waits, who has gone ---- */

int twc__share_wake_fd(const struct twc_gate_share *s, unsigned me)
{
	return s->wake[me];
}

void twc__share_wait(struct twc_gate_share *s, unsigned me)
{
	atomic_store(&s->waits[me], true);
	atomic_thread_fence(memory_order_seq_cst); /* before the caller looks for a place once more; see twc__share_tell */
}

void twc__share_tell(struct twc_gate_share *s, unsigned me)
{
	atomic_thread_fence(memory_order_seq_cst); /* what was given back first, then who waits for it */
	for (unsigned i = 0; i < s->n; i++)
		if (i != me && atomic_load(&s->waits[i]) && atomic_exchange(&s->waits[i], false))
			(void)eventfd_write(s->wake[i], 1);
}

void twc_gate_share_gone(struct twc_gate_share *s, unsigned index)
{
	share_lock(s);
	for (uint32_t i = 0; i < BUCKETS && s->fresh; i++) {
		uint32_t *link = &s->bucket[i];

		while (*link) {
			if (s->slot[*link - 1].owner == index)
				slot_drop(s, link);
			else
				link = &s->slot[*link - 1].next;
		}
	}
	__atomic_store_n(&s->count[index], 0, __ATOMIC_RELEASE);
	share_unlock(s);
	atomic_store(&s->waits[index], false);
	twc__share_tell(s, index);
}
