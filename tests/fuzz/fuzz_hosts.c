/* SPDX-License-Identifier: MIT */
/*
 * A hosts file as bytes: the first line is the name looked for, the rest the file. Never more than asked for, only the
 * family asked for, no address twice; both families agree on whether the name is there.
 */
#include "net/net_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CAP 3

static int find(struct twc_str text, struct twc_str name, int family)
{
	struct twc_addr a[CAP];
	int n = twc__hosts_find(text, name, family, a, CAP);

	TWC_ASSERT(n >= -1 && n <= CAP);
	for (int i = 0; i < n; i++) {
		TWC_ASSERT(a[i].u.sa.sa_family == family && twc_addr_port(&a[i]) == 0);
		for (int k = 0; k < i; k++)
			TWC_ASSERT(!twc_addr_eq(&a[i], &a[k]));
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct twc_str text = { (const char *)data, size }, name;
	int v4, v6;

	if (!twc_str_cut(&text, '\n', &name))
		return 0;
	v4 = find(text, name, AF_INET);
	v6 = find(text, name, AF_INET6);
	TWC_ASSERT((v4 < 0) == (v6 < 0));
	TWC_ASSERT(v4 < 0 || v4 + v6 > 0);
	return 0;
}
