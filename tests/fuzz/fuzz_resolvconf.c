/* SPDX-License-Identifier: MIT */
/*
 * resolv.conf and explicit lists of servers, as bytes: every number within its limits, every name a string of its
 * own, every server printed in a form that is read back as the same server.
 */
#include "net/net_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct twc__resolv_conf *c)
{
	TWC_ASSERT(c->n_servers <= TWC__NS_MAX && c->n_search <= TWC__SEARCH_MAX);
	TWC_ASSERT(c->ndots <= 15);
	TWC_ASSERT(c->timeout_s >= 1 && c->timeout_s <= 30);
	TWC_ASSERT(c->attempts >= 1 && c->attempts <= 5);
	for (size_t i = 0; i < c->n_search; i++) {
		size_t n = strnlen(c->search[i], sizeof(c->search[i]));

		TWC_ASSERT(n > 0 && n <= TWC__NAME_MAX);
		TWC_ASSERT(!strpbrk(c->search[i], " \t\r\n"));
	}
}

static void check_servers(const struct twc__resolv_conf *c)
{
	for (size_t i = 0; i < c->n_servers; i++) {
		struct twc__resolv_conf again = { 0 };
		char text[TWC_ADDR_TEXT_MAX];

		TWC_ASSERT(twc_addr_port(&c->server[i]) > 0);
		twc_addr_format(&c->server[i], text, sizeof(text));
		TWC_ASSERT(memcmp(text, "udp:", 4) == 0);
		TWC_ASSERT(twc__resolv_conf_set_servers(&again, twc_str_of(text + 4), NULL) == 0);
		TWC_ASSERT(again.n_servers == 1 && twc_addr_eq(&again.server[0], &c->server[i]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct twc_str text = { (const char *)data, size };
	struct twc__resolv_conf c;
	struct twc_err err;

	twc__resolv_conf_parse(&c, text);
	check(&c);
	check_servers(&c);
	if (twc__resolv_conf_set_servers(&c, text, &err) == 0)
		TWC_ASSERT(c.n_servers > 0);
	else
		TWC_ASSERT(err.code == TWC_EUSAGE && err.text[0]);
	check(&c);
	check_servers(&c);
	return 0;
}
