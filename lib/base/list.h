/* SPDX-License-Identifier: MIT */
/*
 * Intrusive doubly linked ring: the head and every member are a struct twc__list; the object is found again with
 * TWC_CONTAINER_OF. No allocation, removal in constant time from anywhere.
 *
 * Invariants: n->next->prev == n and n->prev->next == n. A node alone points to itself, so removing it again is harmless.
 * A node must have been initialised before the first twc__list_remove or twc__list_is_linked.
 */
#ifndef TWC_BASE_LIST_H
#define TWC_BASE_LIST_H

#include <twc/base.h>

struct twc__list {
	struct twc__list *prev;
	struct twc__list *next;
};

static inline void twc__list_init(struct twc__list *n)
{
	n->prev = n;
	n->next = n;
}

static inline bool twc__list_is_empty(const struct twc__list *head)
{
	return head->next == head;
}

static inline bool twc__list_is_linked(const struct twc__list *n)
{
	return n->next != n;
}

/* `n` must not be in a list. */
static inline void twc__list_insert_before(struct twc__list *at, struct twc__list *n)
{
	n->prev = at->prev;
	n->next = at;
	at->prev->next = n;
	at->prev = n;
}

static inline void twc__list_add_tail(struct twc__list *head, struct twc__list *n)
{
	twc__list_insert_before(head, n);
}

static inline void twc__list_add_head(struct twc__list *head, struct twc__list *n)
{
	twc__list_insert_before(head->next, n);
}

static inline void twc__list_remove(struct twc__list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	twc__list_init(n);
}

/* NULL when empty. */
static inline struct twc__list *twc__list_first(const struct twc__list *head)
{
	return head->next == head ? NULL : head->next;
}

/* Takes the first member out and returns it; NULL when empty. */
static inline struct twc__list *twc__list_pop(struct twc__list *head)
{
	struct twc__list *n = twc__list_first(head);

	if (n)
		twc__list_remove(n);
	return n;
}

/* Moves every member of `from` to the end of `to`; `from` is empty afterwards. A loop over members whose callbacks may
 * add or remove any of them moves them to a list of its own first, then pops until that is empty. */
static inline void twc__list_splice(struct twc__list *to, struct twc__list *from)
{
	if (twc__list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	twc__list_init(from);
}

#define TWC__LIST_ENTRY(n, T, m) TWC_CONTAINER_OF(n, T, m)
#define TWC__LIST_FOR(n, head) for (struct twc__list *n = (head)->next; n != (head); n = n->next)
/* The body may remove `n`, and only `n`. */
#define TWC__LIST_FOR_SAFE(n, head)                                                                     \
	for (struct twc__list *n = (head)->next, *n##_next = n->next; n != (head);                      \
	     n = n##_next, n##_next = n->next)

#endif
