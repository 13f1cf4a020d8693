/* SPDX-License-Identifier: MIT */
/* vsock: strings and addresses always; connections where the kernel has the loopback of it (vsock_loopback). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include "net/net_int.h"
#include <linux/vm_sockets.h>

static void test_strings(void **state)
{
	static const struct {
		const char *s;
		enum twc_role role;
		bool is_good;
	} rows[] = {
		{ "vsock:2:1234", TWC_CONNECT, true },	  { "vsock:host:1", TWC_CONNECT, true },
		{ "vsock:local:70000", TWC_CONNECT, true }, { "vsock:port=5:cid=3", TWC_CONNECT, true },
		{ "vsock:1234", TWC_LISTEN, true },	  { "vsock:any:0", TWC_LISTEN, true },
		{ "vsock:1234", TWC_CONNECT, false },	  { "vsock:any:5", TWC_CONNECT, false },
		{ "vsock:2:0", TWC_CONNECT, false },	  { "vsock:me:5", TWC_LISTEN, false },
		{ "vsock:4294967295:5", TWC_LISTEN, false },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };
		struct twc_endpoint *e = twc_endpoint_parse(rows[i].s, rows[i].role, &err);

		if ((e != NULL) != rows[i].is_good)
			fail_msg("%s: %s", rows[i].s, err.text);
		twc_endpoint_free(e);
	}
}

static void test_addresses(void **state)
{
	struct twc_addr a, b;
	char text[TWC_ADDR_TEXT_MAX];

	(void)state;
	twc__addr_set_vsock(&a, 2, 1234);
	twc__addr_set_vsock(&b, 2, 70000);
	assert_string_equal(twc_addr_format(&a, text, sizeof(text)), "vsock:2:1234");
	assert_string_equal(twc_addr_format_host(&a, text, sizeof(text)), "2");
	assert_string_equal(twc__addr_where(&b, text, sizeof(text)), "2:70000");
	assert_int_equal(twc_addr_port(&a), 1234);
	assert_int_equal(twc_addr_port(&b), 0);
	assert_true(twc_addr_eq_host(&a, &b));
	assert_false(twc_addr_eq(&a, &b));
	assert_false(twc_addr_is_loopback(&a));
	twc__addr_set_vsock(&a, VMADDR_CID_ANY, 5);
	assert_string_equal(twc_addr_format(&a, text, sizeof(text)), "vsock:any:5");
	assert_true(twc_addr_is_any(&a));
	twc__addr_any_to_loopback(&a);
	assert_string_equal(twc_addr_format(&a, text, sizeof(text)), "vsock:1:5");
	assert_true(twc_addr_is_loopback(&a));
}

static bool has_loopback(void)
{
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = VMADDR_PORT_ANY };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && bind(fd, (struct sockaddr *)&vm, sizeof(vm)) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

static void test_echo(void **state)
{
	struct twc_reactor *r;
	struct conns server = conns_make(), client = conns_make();
	struct twc_endpoint *e;
	struct twc_port *p;
	struct twc_protocol *c;
	char text[TWC_ADDR_TEXT_MAX];

	(void)state;
	if (!has_loopback()) {
		print_message("no vsock loopback on this machine\n");
		skip();
	}
	r = loop_real();
	e = must_parse("vsock:0", TWC_LISTEN);
	p = must_listen(e, r, &server, NULL);
	server.echo = true;
	c = must_connect(twc_port_text(p, 0, text, sizeof(text)), r, &client);
	twc_transport_write(c->transport, "hello", 5);
	collect(r, &client, 5);
	assert_string_equal(client.got, "hello");
	twc_transport_lose(c->transport);
	turn_until(r, &client.lost, 1);
	turn_until(r, &server.lost, 1);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_echo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
