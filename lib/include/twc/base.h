/* SPDX-License-Identifier: MIT */
/*
 * Ground shared by every other header: visibility, (pointer, length) strings, allocation, and the
 * assertion that ends the program on a bug of ours. Nothing here does I/O or keeps time.
 */
#ifndef TWC_BASE_H
#define TWC_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(default)

#define TWC_VERSION "0.1.0"

#define TWC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define TWC_NORETURN __attribute__((noreturn))
#define TWC_MUST_CHECK __attribute__((warn_unused_result))

#define TWC_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of type T whose member `m` is at `p`. */
#define TWC_CONTAINER_OF(p, T, m) ((T *)(void *)((char *)(p) - offsetof(T, m)))

/*
 * A fault of our own, never of a peer or a user: prints file, line and text and aborts, in every
 * build. A peer that can reach one is itself a bug.
 */
#define TWC_BUG(...) twc_bug(__FILE__, __LINE__, __VA_ARGS__)
#define TWC_ASSERT(cond) ((cond) ? (void)0 : TWC_BUG("assertion failed: %s", #cond))
TWC_NORETURN void twc_bug(const char *file, int line, const char *fmt, ...) TWC_PRINTF(3, 4);

/* ---- strings: a view of bytes somebody else owns; not NUL-terminated ---- */

struct twc_str {
	const char *p; /* borrowed; may be NULL when n == 0 */
	size_t n;
};

#define TWC_STR(literal) ((struct twc_str){ (literal), sizeof(literal) - 1 })
struct twc_str twc_str_of(const char *cstr); /* NULL gives the empty string */
bool twc_str_eq(struct twc_str a, struct twc_str b);
bool twc_str_eq_nocase(struct twc_str a, struct twc_str b); /* ASCII only, locale-free */
bool twc_str_is(struct twc_str a, const char *cstr);
bool twc_str_starts(struct twc_str s, const char *prefix);
struct twc_str twc_str_trim(struct twc_str s); /* blanks and tabs at both ends */
/* Cuts the part before the first `sep` off `*rest` and returns it; the whole of it when there is none
 * (then `*rest` becomes {NULL, 0}). Returns false once nothing is left: "a,,b" gives three parts, "a," two, "" one
 * (empty), NULL none. */
bool twc_str_cut(struct twc_str *rest, char sep, struct twc_str *part);
char *twc_str_dup(struct twc_str s); /* NUL-terminated copy; caller frees with twc_free */

/*
 * Bytes of a peer made fit for a terminal or a log: printable ASCII and valid UTF-8 above U+009F stay, but for
 * separators and marks of direction (U+2028 to U+202E, U+2066 to U+2069); the rest becomes \n \r \t \\ or \xNN.
 * Writes at most `cap` bytes with the final NUL, ending in "..." when cut; returns the length without the NUL.
 */
size_t twc_escape(char *out, size_t cap, struct twc_str s);
/* Length of the control character that `s` begins with: C0, DEL, or one of C1 in UTF-8 (U+0080 to U+009F); 0: none. */
size_t twc_control_len(struct twc_str s);

/* Length of the valid UTF-8 sequence that `s` begins with, or 0 (RFC 3629: no overlong form, no surrogate). */
size_t twc_utf8_len(struct twc_str s);
/* All of `s` is valid UTF-8. */
bool twc_is_utf8(struct twc_str s);

/* The word of `words` (NULL-terminated array) nearest to `s` by edit distance, or NULL when none is near
 * enough to be a plausible slip (distance over 1/3 of the length, at least 1, at most 3). */
const char *twc_nearest(struct twc_str s, const char *const *words);

/* ---- memory: small allocations die on exhaustion; what a peer sizes uses twc_try_* or a twc_buf ---- */

void *twc_malloc(size_t n);	       /* never NULL */
void *twc_calloc(size_t n, size_t size); /* zeroed; overflow checked */
void *twc_realloc(void *p, size_t n);
char *twc_strdup(const char *s);
char *twc_asprintf(const char *fmt, ...) TWC_PRINTF(1, 2);
void *twc_try_malloc(size_t n); /* NULL when memory is out */
void *twc_try_realloc(void *p, size_t n);
void twc_free(void *p); /* NULL is fine */
void twc_free_secret(void *p, size_t n); /* overwritten first */

/*
 * Replaces the allocator for the whole process; tests use it to fail the n-th allocation. `realloc_fn`
 * with n == 0 frees. NULL restores the C library's. Call before any other thread runs.
 */
typedef void *(*twc_realloc_fn)(void *p, size_t n);
void twc_mem_set_hook(twc_realloc_fn fn);

#pragma GCC visibility pop
#endif
