/* SPDX-License-Identifier: MIT */
/*
 * A name server for tests: UDP on a loopback address, port 0, on the same reactor as what is tested, so that it works
 * under the fake clock. It answers by rules of name and family; a name without a rule does not exist.
 */
#ifndef TEST_DNS_RESPONDER_H
#define TEST_DNS_RESPONDER_H

#include <twc/addr.h>
#include <twc/reactor.h>

struct dns_responder;

enum dns_action {
	DNS_ANSWER = 1, /* with the addresses given, "10.0.0.1,10.0.0.2" */
	DNS_NODATA,
	DNS_NXDOMAIN,
	DNS_SERVFAIL,
	DNS_REFUSED,
	DNS_NOTIMP,
	DNS_FORMERR,
	DNS_YXDOMAIN, /* an rcode that makes no sense here */
	DNS_GARBAGE,  /* the right header, then a message that ends in the middle */
	DNS_DROP,
};

struct dns_responder *dns_responder_new(struct twc_reactor *r);
void dns_responder_free(struct dns_responder *d);
/* "127.0.0.1:5301" */
const char *dns_responder_server(const struct dns_responder *d);
void dns_responder_rule(struct dns_responder *d, const char *name, int family, enum dns_action action,
			const char *ips, uint64_t delay_ns);
/* What was asked, in order: "A foo.test;AAAA foo.test;" */
const char *dns_responder_log(const struct dns_responder *d);
void dns_responder_clear_log(struct dns_responder *d);

#endif
