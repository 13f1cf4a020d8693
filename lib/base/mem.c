/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the library goes through here, so that a test can fail the n-th one. Two families: what
 * we size ourselves dies on exhaustion (there is nothing sensible left to do, and no untested error path), what a peer
 * sizes uses twc_try_* and reports TWC_ENOMEM for that one connection.
 *
 * The hook is the library's only mutable global.
 */
#include <twc/base.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

static twc_realloc_fn realloc_hook;

void twc_mem_set_hook(twc_realloc_fn fn)
{
	realloc_hook = fn;
}

void *twc_try_realloc(void *p, size_t n)
{
	if (n == 0)
		n = 1; /* a size of 0 would free */
	return realloc_hook ? realloc_hook(p, n) : (realloc)(p, n);
}

void *twc_try_malloc(size_t n)
{
	return twc_try_realloc(NULL, n);
}

TWC_NORETURN static void die_of_oom(size_t n)
{
	TWC_BUG("out of memory (%zu bytes wanted)", n);
}

void *twc_realloc(void *p, size_t n)
{
	void *q = twc_try_realloc(p, n);

	if (!q)
		die_of_oom(n);
	return q;
}

void *twc_malloc(size_t n)
{
	return twc_realloc(NULL, n);
}

void *twc_calloc(size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		die_of_oom(SIZE_MAX);
	if (realloc_hook)
		return memset(twc_malloc(total), 0, total);

	void *p = (calloc)(1, total ? total : 1); /* fresh pages come zeroed: cheaper than memset */

	if (!p)
		die_of_oom(total);
	return p;
}

char *twc_strdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(twc_malloc(n), s, n);
}

char *twc_asprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	TWC_ASSERT(n >= 0);

	char *s = twc_malloc((size_t)n + 1);

	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void twc_free(void *p)
{
	if (!realloc_hook)
		free(p);
	else if (p)
		realloc_hook(p, 0);
}

void twc_free_secret(void *p, size_t n)
{
	if (p)
		explicit_bzero(p, n);
	twc_free(p);
}

/* No allocation and no stdio: the heap may be what is broken. */
void twc_bug(const char *file, int line, const char *fmt, ...)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "twc: internal error at %s:%d: ", file, line);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	va_list ap;

	va_start(ap, fmt);
	n = vsnprintf(text + len, sizeof(text) - len, fmt, ap);
	va_end(ap);
	if (n > 0)
		len = (size_t)n < sizeof(text) - len ? len + (size_t)n : sizeof(text) - 1;
	text[len++] = '\n'; /* takes the place of the NUL */
	if (write(STDERR_FILENO, text, len) < 0)
		abort(); /* nobody to tell */
	abort();
}
