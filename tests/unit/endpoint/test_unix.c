/* SPDX-License-Identifier: MIT */
/* unix: files and abstract names, permissions, live and stale sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include <sys/stat.h>
#include <sys/un.h>

static char dir[64], endpoint_text[128];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/twc-unix-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir); /* fails when a socket file was left behind */
}

static const char *in_dir(const char *rest)
{
	snprintf(endpoint_text, sizeof(endpoint_text), "unix:%s/%s", dir, rest);
	return endpoint_text;
}

static void check_echo(const char *s)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct twc_endpoint *e = must_parse(s, TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	char text[2 * TWC_ADDR_TEXT_MAX];
	struct twc_protocol *c;

	server.echo = true;
	assert_int_equal(twc_port_count(p), 1);
	c = must_connect(twc_port_text(p, 0, text, sizeof(text)), r, &client);
	twc_transport_write(c->transport, "hello", 5);
	collect(r, &client, 5);
	assert_string_equal(client.got, "hello");
	assert_int_equal(client.peer.kind, TWC_ADDR_UNIX);
	twc_transport_lose(c->transport);
	turn_until(r, &server.lost, 1);
	turn_until(r, &client.lost, 1);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_echo(void **state)
{
	char abstract[64];

	(void)state;
	check_echo(in_dir("s"));
	check_echo(in_dir("with\\:colon\\=and\\[brackets\\]"));
	snprintf(abstract, sizeof(abstract), "unix:@twc-test-%d", (int)getpid());
	check_echo(abstract);
}

static void check_mode(const char *rest, unsigned want)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse(in_dir(rest), TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, NULL);
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/m", dir);
	assert_int_equal(0, stat(path, &st));
	assert_int_equal(st.st_mode & 07777, want);
	twc_port_free(p);
	assert_int_not_equal(0, stat(path, &st));
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_mode(void **state)
{
	(void)state;
	check_mode("m", 0600);
	check_mode("m:mode=660", 0660);
	check_mode("m:0666", 0666);
}

static void test_a_live_socket_is_never_taken(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e = must_parse(in_dir("live"), TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &f, NULL);
	struct twc_err err = listen_error(in_dir("live"), r);

	(void)state;
	assert_int_equal(err.code, TWC_ECANTBIND);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_a_stale_socket_is_replaced(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/stale", dir);
	assert_int_equal(0, bind(fd, (struct sockaddr *)&sa, sizeof(sa)));
	close(fd);
	check_echo(in_dir("stale"));
}

static void test_no_such_socket(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct outcome o = do_connect(in_dir("none"), r, &f);

	(void)state;
	assert_int_equal(o.err.code, TWC_ENOSOCK);
	assert_int_equal(listen_error(in_dir("no/dir"), r).code, TWC_ECANTBIND);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_a_live_socket_is_never_taken),
		cmocka_unit_test(test_a_stale_socket_is_replaced),
		cmocka_unit_test(test_no_such_socket),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
