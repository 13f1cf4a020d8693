/* SPDX-License-Identifier: MIT */
/* Names, against a scripted name server on the same fake-clock reactor; files in a directory of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <twc/deferred.h>
#include <twc/parse.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/net_int.h"
#include "support/dns_responder.h"
#include "support/sockets.h"

struct fixture {
	struct twc_reactor *r;
	struct dns_responder *dns, *dns2;
	char dir[32], resolv_conf[64], hosts[64];
	/* the last outcome */
	int fired;
	struct twc_err err;
	char text[512]; /* "10.0.0.1 10.0.0.2" */
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->r = twc_reactor_new_fake(NULL);
	f->dns = dns_responder_new(f->r);
	snprintf(f->dir, sizeof(f->dir), "/tmp/twc-resolve-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->resolv_conf, sizeof(f->resolv_conf), "%s/resolv.conf", f->dir);
	snprintf(f->hosts, sizeof(f->hosts), "%s/hosts", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	dns_responder_free(f->dns);
	dns_responder_free(f->dns2);
	twc_reactor_free(f->r);
	unlink(f->resolv_conf);
	unlink(f->hosts);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* `servers` NULL: the responder. */
static void configure(struct fixture *f, const char *resolv_conf, const char *servers)
{
	struct twc_resolver_opts o = { .resolv_conf = f->resolv_conf, .hosts_file = f->hosts };
	struct twc_err err = { 0 };

	if (resolv_conf)
		write_file(f->resolv_conf, resolv_conf);
	o.servers = servers ? servers : dns_responder_server(f->dns);
	if (twc_resolver_configure(f->r, &o, &err) != 0)
		fail_msg("%s", err.text);
}

static void on_result(struct twc_result *res, void *arg)
{
	struct fixture *f = arg;
	const struct twc_addrs *a = res->value;
	size_t i, n = 0;

	f->fired++;
	f->err = res->err;
	f->text[0] = 0;
	if (res->err.code == 0) {
		assert_true(a && a->n > 0);
		for (i = 0; i < a->n; i++) {
			char host[64];

			assert_int_equal(twc_addr_port(&a->item[i]), 0);
			n += (size_t)snprintf(f->text + n, sizeof(f->text) - n, "%s%s", i ? " " : "",
					      twc_addr_format_host(&a->item[i], host, sizeof(host)));
		}
	}
	twc_result_set(res, NULL, NULL);
}

static struct twc_deferred *begin(struct fixture *f, const char *name, int family)
{
	struct twc_deferred *d = twc_resolve(f->r, name, family);

	f->fired = 0;
	twc_deferred_add_both(d, on_result, f);
	return d;
}

/* Runs what needs no time. */
static void look(struct fixture *f, const char *name, int family)
{
	struct twc_deferred *d = begin(f, name, family);

	twc_reactor_advance(f->r, 0);
	twc_deferred_release(d);
}

static void finds(struct fixture *f, const char *name, int family, const char *want)
{
	look(f, name, family);
	assert_int_equal(f->fired, 1);
	if (f->err.code)
		fail_msg("%s: %s", name, f->err.text);
	assert_string_equal(f->text, want);
}

static void fails(struct fixture *f, const char *name, int family, int code, const char *text)
{
	look(f, name, family);
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->err.code, code);
	if (text && !strstr(f->err.text, text))
		fail_msg("%s: \"%s\" lacks \"%s\"", name, f->err.text, text);
}

/* ---- without a server ---- */

static void test_literals(void **state)
{
	struct fixture *f = *state;

	configure(f, NULL, NULL);
	finds(f, "127.0.0.1", AF_INET, "127.0.0.1");
	finds(f, "fe80::1%lo", AF_INET6, "fe80::1%lo");
	fails(f, "127.0.0.1", AF_INET6, TWC_ENONAME, "\"127.0.0.1\" is not an IPv6 address");
	fails(f, "::1", AF_INET, TWC_ENONAME, "is not an IPv4 address");
	assert_string_equal(dns_responder_log(f->dns), "");
}

static void test_invalid_names(void **state)
{
	static const char label64[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test";
	struct fixture *f = *state;
	char longest[300];
	int i;

	configure(f, NULL, NULL);
	fails(f, "", AF_INET, TWC_EUSAGE, "not a valid host name");
	fails(f, ".", AF_INET, TWC_EUSAGE, "not a valid host name");
	fails(f, "a..b", AF_INET, TWC_EUSAGE, "not a valid host name");
	fails(f, ".a", AF_INET, TWC_EUSAGE, "not a valid host name");
	fails(f, "a b", AF_INET, TWC_EUSAGE, "not a valid host name");
	fails(f, "a\x1b[0m", AF_INET, TWC_EUSAGE, "\"a\\x1b[0m\"");
	fails(f, "a\xef\xbc\x8f" "b.test", AF_INET, TWC_EUSAGE, "\"a/b.test\" is not a valid host name"); /* a full width slash */
	fails(f, "\xff.test", AF_INET, TWC_EUSAGE, "is not UTF-8");
	fails(f, label64, AF_INET, TWC_EUSAGE, "not a valid host name");
	fails(f, "300.1.1.1", AF_INET, TWC_EUSAGE, "is not an IPv4 address");
	fails(f, "127.1", AF_INET6, TWC_EUSAGE, "is not an IPv4 address");
	fails(f, "x.onion", AF_INET, TWC_ENONAME, "RFC 7686");
	for (i = 0; i < 254; i++)
		longest[i] = i % 2 ? '.' : 'a';
	longest[253] = 0; /* a.a. ... .a: 253 octets */
	fails(f, longest, AF_INET, TWC_ENONAME, "NXDOMAIN");
	dns_responder_clear_log(f->dns);
	memcpy(longest + 253, ".a", 3);
	fails(f, longest, AF_INET, TWC_EUSAGE, "not a valid host name");
	assert_string_equal(dns_responder_log(f->dns), "");
}

/* They are asked for, and kept, in their xn-- form. */
static void test_international_names(void **state)
{
	struct fixture *f = *state;

	write_file(f->hosts, "10.1.1.1 xn--bcher-kva.hosts\n");
	configure(f, NULL, NULL);
	assert_int_equal(twc_resolver_add(f->r, TWC_STR("b\xc3\xbc" "cher.fixed"), TWC_STR("10.0.0.1"), NULL), 0);
	assert_int_equal(twc_resolver_add(f->r, TWC_STR("\xff"), TWC_STR("10.0.0.1"), NULL), TWC_EUSAGE);
	finds(f, "b\xc3\xbc" "cher.fixed", AF_INET, "10.0.0.1");
	finds(f, "B\xc3\x9c" "CHER.fixed.", AF_INET, "10.0.0.1");
	finds(f, "xn--bcher-kva.fixed", AF_INET, "10.0.0.1");
	finds(f, "b\xc3\xbc" "cher.hosts", AF_INET, "10.1.1.1");
	finds(f, "\xef\xbc\x91" "27.0.0.1", AF_INET, "127.0.0.1"); /* a full width digit */
	assert_string_equal(dns_responder_log(f->dns), "");
	fails(f, "b\xc3\xbc" "cher.test", AF_INET, TWC_ENONAME, "xn--bcher-kva.test");
	assert_non_null(strstr(dns_responder_log(f->dns), "xn--bcher-kva.test"));
}

static void test_fixed_localhost_hosts(void **state)
{
	struct fixture *f = *state;

	write_file(f->hosts, "10.1.1.1 both fixed.test localhost\n10.1.1.2 both\n");
	configure(f, NULL, NULL);
	assert_int_equal(twc_resolver_add(f->r, TWC_STR("Fixed.test."), TWC_STR("10.0.0.1"), NULL), 0);
	assert_int_equal(twc_resolver_add(f->r, TWC_STR("fixed.test"), TWC_STR("10.0.0.2"), NULL), 0);
	assert_int_equal(twc_resolver_add(f->r, TWC_STR("my.localhost"), TWC_STR("10.0.0.3"), NULL), 0);
	assert_int_equal(twc_resolver_add(f->r, TWC_STR("x y"), TWC_STR("10.0.0.3"), NULL), TWC_EUSAGE);
	assert_int_equal(twc_resolver_add(f->r, TWC_STR("xy"), TWC_STR("nope"), NULL), TWC_EUSAGE);
	finds(f, "fixed.test", AF_INET, "10.0.0.1 10.0.0.2");
	finds(f, "FIXED.TEST.", AF_INET, "10.0.0.1 10.0.0.2");
	fails(f, "fixed.test", AF_INET6, TWC_ENONAME, "the name has no IPv6 address (fixed.test)");
	finds(f, "my.localhost", AF_INET, "10.0.0.3");
	finds(f, "localhost", AF_INET, "127.0.0.1");
	finds(f, "LOCALHOST.", AF_INET6, "::1");
	finds(f, "a.b.localhost", AF_INET6, "::1");
	finds(f, "both", AF_INET, "10.1.1.1 10.1.1.2");
	fails(f, "both", AF_INET6, TWC_ENONAME, "no IPv6 address");
	assert_string_equal(dns_responder_log(f->dns), "");
	fails(f, "notlocalhost", AF_INET, TWC_ENONAME, "NXDOMAIN");
}

static void test_hosts_read_again(void **state)
{
	struct fixture *f = *state;

	configure(f, NULL, NULL);
	fails(f, "h.test", AF_INET, TWC_ENONAME, "NXDOMAIN");
	write_file(f->hosts, "10.0.0.1 h.test\n");
	finds(f, "h.test", AF_INET, "10.0.0.1");
	write_file(f->hosts, "10.0.0.22 h.test\n");
	finds(f, "h.test", AF_INET, "10.0.0.22");
	unlink(f->hosts);
	fails(f, "h.test", AF_INET, TWC_ENONAME, "NXDOMAIN");
}

/* Memory for files of 10,000 bytes and more is out while this is the hook. */
static void *no_large(void *p, size_t n)
{
	if (n >= 10000)
		return NULL;
	if (n == 0) {
		free(p);
		return NULL;
	}
	return realloc(p, n);
}

/* A file that cannot be read for want of memory or descriptors is not taken for one that says nothing. */
static void test_files_while_something_is_out(void **state)
{
	struct fixture *f = *state;
	struct rlimit all, none;
	char text[12000];

	memset(text, '#', sizeof(text));
	memcpy(text, "10.0.0.1 h.test\n", 16);
	text[sizeof(text) - 1] = 0;
	write_file(f->hosts, text);
	configure(f, NULL, NULL);
	twc_mem_set_hook(no_large);
	fails(f, "h.test", AF_INET, TWC_ENONAME, "NXDOMAIN");
	twc_mem_set_hook(NULL);
	finds(f, "h.test", AF_INET, "10.0.0.1");
	text[7] = '2';
	write_file(f->hosts, text);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	none = all;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	finds(f, "h.test", AF_INET, "10.0.0.1"); /* as it was read last */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	finds(f, "h.test", AF_INET, "10.0.0.2");
}

static void test_numeric(void **state)
{
	struct fixture *f = *state;
	struct twc_resolver_opts o = { .numeric = true };

	configure(f, NULL, NULL);
	assert_int_equal(twc_resolver_configure(f->r, &o, NULL), 0);
	finds(f, "::1", AF_INET6, "::1");
	finds(f, "localhost", AF_INET, "127.0.0.1"); /* needs no looking up */
	fails(f, "h.test", AF_INET, TWC_ENONAME, "names are not looked up");
	assert_string_equal(dns_responder_log(f->dns), "");
}

static void test_configure_faults(void **state)
{
	struct fixture *f = *state;
	struct twc_resolver_opts o = { .servers = "nonsense" };
	struct twc_err err = { 0 };

	assert_int_equal(twc_resolver_configure(f->r, &o, &err), TWC_EUSAGE);
	configure(f, NULL, NULL);
	fails(f, "x.test", AF_INET, TWC_ENONAME, NULL);
	o.servers = "127.0.0.1";
	assert_int_equal(twc_resolver_configure(f->r, &o, &err), TWC_EUSAGE);
}

/* ---- answers ---- */

static void test_answers(void **state)
{
	struct fixture *f = *state;
	unsigned fds = sockets_count_fds();

	configure(f, NULL, NULL);
	dns_responder_rule(f->dns, "a.test", AF_INET, DNS_ANSWER, "10.0.0.1,10.0.0.2", 0);
	dns_responder_rule(f->dns, "a.test", AF_INET6, DNS_ANSWER, "fd00::1", 0);
	dns_responder_rule(f->dns, "b.test", AF_INET, DNS_NODATA, NULL, 0);
	finds(f, "a.test", AF_INET, "10.0.0.1 10.0.0.2");
	finds(f, "A.Test.", AF_INET6, "fd00::1");
	fails(f, "b.test", AF_INET, TWC_ENONAME, "the name has no IPv4 address (NODATA, b.test)");
	fails(f, "c.test", AF_INET, TWC_ENONAME, "no such name (NXDOMAIN, c.test)");
	assert_int_equal(sockets_count_fds(), fds); /* sockets go with the last query, so that a loop can end */
}

static void test_failures_are_told_apart(void **state)
{
	static const struct {
		enum dns_action action;
		const char *text;
	} rows[] = {
		{ DNS_SERVFAIL, "name server failed (SERVFAIL, x.test, 127.0.0.1:" },
		{ DNS_REFUSED, "name server refused to answer (REFUSED, x.test, 127.0.0.1:" },
		{ DNS_NOTIMP, "(NOTIMP, " },
		{ DNS_FORMERR, "(FORMERR, " },
		{ DNS_YXDOMAIN, "malformed answer (EBADRESP, " },
		{ DNS_GARBAGE, "malformed answer (EBADRESP, " },
	};
	struct fixture *f = *state;
	size_t i;

	configure(f, NULL, NULL);
	for (i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		dns_responder_rule(f->dns, "x.test", AF_INET, rows[i].action, NULL, 0);
		dns_responder_clear_log(f->dns);
		fails(f, "x.test", AF_INET, TWC_ERESOLVE, rows[i].text);
		assert_string_equal(dns_responder_log(f->dns), "A x.test;"); /* no second round */
	}
}

static void test_nobody_there(void **state)
{
	struct fixture *f = *state;
	char server[64];

	snprintf(server, sizeof(server), "%s", dns_responder_server(f->dns));
	dns_responder_free(f->dns);
	f->dns = NULL;
	configure(f, NULL, server);
	fails(f, "x.test", AF_INET, TWC_ERESOLVE, "name server cannot be reached (x.test, 127.0.0.1:");
}

static void test_next_server(void **state)
{
	struct fixture *f = *state;
	char servers[128];

	f->dns2 = dns_responder_new(f->r);
	snprintf(servers, sizeof(servers), "%s,%s", dns_responder_server(f->dns), dns_responder_server(f->dns2));
	configure(f, "options timeout:2\n", servers);
	dns_responder_rule(f->dns, "a.test", AF_INET, DNS_SERVFAIL, NULL, 0);
	dns_responder_rule(f->dns, "b.test", AF_INET, DNS_REFUSED, NULL, 0);
	dns_responder_rule(f->dns, "c.test", AF_INET, DNS_DROP, NULL, 0);
	dns_responder_rule(f->dns2, "a.test", AF_INET, DNS_ANSWER, "10.0.0.1", 0);
	dns_responder_rule(f->dns2, "b.test", AF_INET, DNS_ANSWER, "10.0.0.2", 0);
	dns_responder_rule(f->dns2, "c.test", AF_INET, DNS_ANSWER, "10.0.0.3", 0);
	finds(f, "a.test", AF_INET, "10.0.0.1");
	finds(f, "b.test", AF_INET, "10.0.0.2");
	look(f, "c.test", AF_INET);
	assert_int_equal(f->fired, 0);
	twc_reactor_advance(f->r, 1999 * TWC_NS_PER_MS);
	assert_int_equal(f->fired, 0);
	twc_reactor_advance(f->r, 2 * TWC_NS_PER_MS);
	assert_string_equal(f->text, "10.0.0.3");
	fails(f, "d.test", AF_INET, TWC_ENONAME, "NXDOMAIN"); /* final: the second is not asked */
	assert_null(strstr(dns_responder_log(f->dns2), "d.test"));
}

static void test_timeout_and_attempts(void **state)
{
	struct fixture *f = *state;
	unsigned fds = sockets_count_fds();

	configure(f, "options timeout:3 attempts:2\n", NULL);
	dns_responder_rule(f->dns, "x.test", AF_INET, DNS_DROP, NULL, 0);
	look(f, "x.test", AF_INET);
	twc_reactor_advance(f->r, 5999 * TWC_NS_PER_MS);
	assert_int_equal(f->fired, 0);
	twc_reactor_advance(f->r, 2 * TWC_NS_PER_MS);
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->err.code, TWC_ETIMEDOUT);
	assert_string_equal(dns_responder_log(f->dns), "A x.test;A x.test;");
	assert_int_equal(sockets_count_fds(), fds);
}

static void test_rotate(void **state)
{
	struct fixture *f = *state;
	char servers[128];

	f->dns2 = dns_responder_new(f->r);
	snprintf(servers, sizeof(servers), "%s,%s", dns_responder_server(f->dns), dns_responder_server(f->dns2));
	configure(f, "options rotate\n", servers);
	fails(f, "1.test", AF_INET, TWC_ENONAME, NULL);
	fails(f, "2.test", AF_INET, TWC_ENONAME, NULL);
	fails(f, "3.test", AF_INET, TWC_ENONAME, NULL);
	assert_string_equal(dns_responder_log(f->dns), "A 1.test;A 3.test;");
	assert_string_equal(dns_responder_log(f->dns2), "A 2.test;");
}

/* ---- search list ---- */

static void test_search(void **state)
{
	struct fixture *f = *state;

	configure(f, "search s1.test s2.test\n", NULL);
	dns_responder_rule(f->dns, "w.s2.test", AF_INET, DNS_ANSWER, "10.0.0.1", 0);
	dns_responder_rule(f->dns, "x.y.s1.test", AF_INET, DNS_ANSWER, "10.0.0.2", 0);
	finds(f, "w", AF_INET, "10.0.0.1");
	assert_string_equal(dns_responder_log(f->dns), "A w.s1.test;A w.s2.test;");
	dns_responder_clear_log(f->dns);
	finds(f, "x.y", AF_INET, "10.0.0.2");
	assert_string_equal(dns_responder_log(f->dns), "A x.y;A x.y.s1.test;");
	dns_responder_clear_log(f->dns);
	fails(f, "w.", AF_INET, TWC_ENONAME, "NXDOMAIN");
	assert_string_equal(dns_responder_log(f->dns), "A w;");
	dns_responder_clear_log(f->dns);
	fails(f, "n", AF_INET, TWC_ENONAME, "no such name (NXDOMAIN, n)");
	assert_string_equal(dns_responder_log(f->dns), "A n.s1.test;A n.s2.test;A n;");
}

static void test_ndots(void **state)
{
	struct fixture *f = *state;

	configure(f, "search s.test\noptions ndots:2\n", NULL);
	fails(f, "a.b", AF_INET, TWC_ENONAME, NULL);
	assert_string_equal(dns_responder_log(f->dns), "A a.b.s.test;A a.b;");
	dns_responder_clear_log(f->dns);
	fails(f, "a.b.c", AF_INET, TWC_ENONAME, NULL);
	assert_string_equal(dns_responder_log(f->dns), "A a.b.c;A a.b.c.s.test;");
}

/* A search domain whose server fails does not hide the name itself, but is told when that does not exist either. */
static void test_search_with_trouble(void **state)
{
	struct fixture *f = *state;

	configure(f, "search bad.test\n", NULL);
	dns_responder_rule(f->dns, "a.bad.test", AF_INET, DNS_SERVFAIL, NULL, 0);
	dns_responder_rule(f->dns, "a", AF_INET, DNS_ANSWER, "10.0.0.1", 0);
	finds(f, "a", AF_INET, "10.0.0.1");
	dns_responder_rule(f->dns, "b.bad.test", AF_INET, DNS_SERVFAIL, NULL, 0);
	fails(f, "b", AF_INET, TWC_ERESOLVE, "SERVFAIL");
}

static void test_resolv_conf_read_again(void **state)
{
	struct fixture *f = *state;
	struct twc_deferred *d;

	configure(f, "search one.test\n", NULL);
	dns_responder_rule(f->dns, "slow", AF_INET, DNS_ANSWER, "10.0.0.9", 0);
	dns_responder_rule(f->dns, "slow.one.test", AF_INET, DNS_NXDOMAIN, NULL, TWC_NS_PER_S);
	d = begin(f, "slow", AF_INET); /* goes on with the old list */
	twc_reactor_advance(f->r, 0);
	write_file(f->resolv_conf, "search two.test other.test\n");
	fails(f, "n", AF_INET, TWC_ENONAME, NULL);
	assert_string_equal(dns_responder_log(f->dns), "A slow.one.test;A n.two.test;A n.other.test;A n;");
	twc_reactor_advance(f->r, TWC_NS_PER_S);
	assert_string_equal(f->text, "10.0.0.9");
	twc_deferred_release(d);
}

/* ---- cancelling, and the end ---- */

static void test_cancel(void **state)
{
	struct fixture *f = *state;
	unsigned fds = sockets_count_fds();
	struct twc_deferred *d;

	configure(f, NULL, NULL);
	dns_responder_rule(f->dns, "x.test", AF_INET, DNS_ANSWER, "10.0.0.1", TWC_NS_PER_S);
	d = begin(f, "x.test", AF_INET);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(f->fired, 0);
	twc_deferred_cancel(d);
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->err.code, TWC_ECANCELLED);
	twc_deferred_release(d);
	twc_reactor_advance(f->r, 0);
	assert_int_equal(sockets_count_fds(), fds);
	twc_reactor_advance(f->r, 20 * TWC_NS_PER_S);
	assert_int_equal(f->fired, 1);
}

static void test_cancel_one_of_two(void **state)
{
	struct fixture *f = *state;
	struct twc_deferred *a, *b;

	configure(f, NULL, NULL);
	dns_responder_rule(f->dns, "x.test", AF_INET, DNS_ANSWER, "10.0.0.1", TWC_NS_PER_S);
	dns_responder_rule(f->dns, "y.test", AF_INET, DNS_ANSWER, "10.0.0.2", TWC_NS_PER_S);
	a = begin(f, "x.test", AF_INET);
	b = begin(f, "y.test", AF_INET);
	twc_reactor_advance(f->r, 0);
	twc_deferred_cancel(a);
	twc_deferred_release(a);
	f->fired = 0;
	twc_reactor_advance(f->r, TWC_NS_PER_S);
	assert_int_equal(f->fired, 1);
	assert_string_equal(f->text, "10.0.0.2");
	twc_deferred_release(b);
}

static void test_reactor_goes_first(void **state)
{
	struct fixture *f = *state;
	struct twc_deferred *d;

	configure(f, NULL, NULL);
	dns_responder_rule(f->dns, "x.test", AF_INET, DNS_DROP, NULL, 0);
	d = begin(f, "x.test", AF_INET);
	twc_deferred_release(d);
	twc_reactor_advance(f->r, 0);
	dns_responder_free(f->dns);
	f->dns = NULL;
	twc_reactor_free(f->r);
	f->r = NULL;
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->err.code, TWC_ECANCELLED);
}

static void start_another(struct twc_result *res, void *arg)
{
	struct fixture *f = arg;

	twc_result_wait(res, twc_resolve(f->r, "b.test", AF_INET));
}

static void test_lookup_inside_a_result(void **state)
{
	struct fixture *f = *state;
	struct twc_deferred *d;

	configure(f, NULL, NULL);
	dns_responder_rule(f->dns, "a.test", AF_INET, DNS_ANSWER, "10.0.0.1", 0);
	dns_responder_rule(f->dns, "b.test", AF_INET, DNS_ANSWER, "10.0.0.2", 0);
	d = twc_resolve(f->r, "a.test", AF_INET);
	twc_deferred_add(d, start_another, NULL, f);
	twc_deferred_add_both(d, on_result, f);
	twc_reactor_advance(f->r, 0);
	assert_string_equal(f->text, "10.0.0.2");
	twc_deferred_release(d);
}

static void test_many_at_once(void **state)
{
	struct fixture *f = *state;
	struct twc_deferred *d[40];
	int i;

	configure(f, NULL, NULL);
	dns_responder_rule(f->dns, "a.test", AF_INET, DNS_ANSWER, "10.0.0.1", TWC_NS_PER_MS);
	for (i = 0; i < 40; i++)
		d[i] = begin(f, "a.test", AF_INET);
	twc_reactor_advance(f->r, TWC_NS_PER_MS);
	assert_int_equal(f->fired, 40);
	for (i = 0; i < 40; i++)
		twc_deferred_release(d[i]);
}

/* ---- the system's ---- */

static void use_system(struct fixture *f)
{
	struct twc_resolver_opts o = { .system = true };

	setenv("RES_OPTIONS", "attempts:1 timeout:1", 1); /* bounds what the C library may do */
	dns_responder_free(f->dns);
	f->dns = NULL;
	twc_reactor_free(f->r);
	f->r = twc_reactor_new(NULL);
	assert_int_equal(twc_resolver_configure(f->r, &o, NULL), 0);
}

static void on_system(struct twc_result *res, void *arg)
{
	struct fixture *f = arg;

	on_result(res, arg);
	twc_reactor_stop(f->r);
}

/* A name of this machine's hosts file that is not localhost; false when it has none. */
static bool name_in_etc_hosts(char name[64])
{
	FILE *file = fopen("/etc/hosts", "r");
	char line[256], ip[64];
	struct twc_addr a;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, " %63[0-9.] %63[A-Za-z0-9.-]", ip, name) == 2 && !strstr(name, "localhost") &&
			twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(ip), 0, NULL) == 0;
	if (file)
		fclose(file);
	return found;
}

static void test_system(void **state)
{
	struct fixture *f = *state;
	struct twc_deferred *d;
	char name[64];

	if (!name_in_etc_hosts(name))
		skip();
	use_system(f);
	d = twc_resolve(f->r, name, AF_INET);
	f->fired = 0;
	twc_deferred_add_both(d, on_system, f);
	assert_int_equal(twc_reactor_run(f->r, NULL), 0);
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->err.code, 0);
	twc_deferred_release(d);
}

static void test_system_cancel(void **state)
{
	struct fixture *f = *state;
	struct twc_deferred *d;

	use_system(f);
	d = begin(f, "nonesuch.invalid.", AF_INET);
	assert_int_equal(f->fired, 0);
	twc_deferred_cancel(d);
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->err.code, TWC_ECANCELLED);
	twc_deferred_release(d);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_literals),
		T(test_invalid_names),
		T(test_international_names),
		T(test_fixed_localhost_hosts),
		T(test_hosts_read_again),
		T(test_files_while_something_is_out),
		T(test_numeric),
		T(test_configure_faults),
		T(test_answers),
		T(test_failures_are_told_apart),
		T(test_nobody_there),
		T(test_next_server),
		T(test_timeout_and_attempts),
		T(test_rotate),
		T(test_search),
		T(test_ndots),
		T(test_search_with_trouble),
		T(test_resolv_conf_read_again),
		T(test_cancel),
		T(test_cancel_one_of_two),
		T(test_reactor_goes_first),
		T(test_lookup_inside_a_result),
		T(test_many_at_once),
		T(test_system),
		T(test_system_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
