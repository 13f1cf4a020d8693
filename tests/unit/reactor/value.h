/* SPDX-License-Identifier: MIT */
/* Values for deferreds, counted: when a test is over none may be left. */
#ifndef TWC_TEST_VALUE_H
#define TWC_TEST_VALUE_H

#include <stdlib.h>

static int live_values;

static int *value_new(int n)
{
	int *p = malloc(sizeof(*p));

	*p = n;
	live_values++;
	return p;
}

static void value_free(void *p)
{
	live_values--;
	free(p);
}

#endif
