/* SPDX-License-Identifier: MIT */
/* fd:N is what the descriptor is: a listening socket, datagrams, one connection; or a fault of the environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include <fcntl.h>

static const char *fd_text(int fd)
{
	static char text[16];

	snprintf(text, sizeof(text), "fd:%d", fd);
	return text;
}

static int bound_socket(int type, struct sockaddr_in *sa)
{
	socklen_t len = sizeof(*sa);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	*sa = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(0, bind(fd, (struct sockaddr *)sa, sizeof(*sa)));
	assert_int_equal(0, getsockname(fd, (struct sockaddr *)sa, &len));
	return fd;
}

static void test_listening_socket(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct sockaddr_in sa;
	int fd = bound_socket(SOCK_STREAM, &sa);
	struct twc_endpoint *e;
	struct twc_port *p;
	struct twc_protocol *c;
	char text[TWC_ADDR_TEXT_MAX], want[64];

	(void)state;
	assert_int_equal(0, listen(fd, 8));
	e = must_parse(fd_text(fd), TWC_LISTEN);
	server.echo = true;
	p = must_listen(e, r, &server, NULL);
	snprintf(want, sizeof(want), "tcp:127.0.0.1:%u", ntohs(sa.sin_port));
	assert_string_equal(twc_port_text(p, 0, text, sizeof(text)), want);
	c = must_connect(want, r, &client);
	twc_transport_write(c->transport, "hi", 2);
	collect(r, &client, 2);
	twc_transport_lose(c->transport);
	turn_until(r, &server.lost, 1);
	turn_until(r, &client.lost, 1);
	twc_port_free(p);
	assert_int_equal(-1, fcntl(fd, F_GETFD)); /* ours: closed with the port */
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_datagram_socket(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct sockaddr_in sa;
	int fd = bound_socket(SOCK_DGRAM, &sa);
	struct twc_endpoint *e = must_parse(fd_text(fd), TWC_LISTEN);
	struct twc_port *p;
	struct twc_protocol *c;
	char text[TWC_ADDR_TEXT_MAX];
	struct twc_endpoint_listen_opts o = { .session_idle_ns = 20 * TWC_NS_PER_MS };

	(void)state;
	server.echo = true;
	p = must_listen(e, r, &server, &o);
	c = must_connect(twc_port_text(p, 0, text, sizeof(text)), r, &client);
	twc_transport_write(c->transport, "hi", 2);
	collect(r, &client, 2);
	assert_string_equal(client.got, "hi");
	twc_transport_lose(c->transport);
	turn_until(r, &client.lost, 1);
	turn_until(r, &server.lost, 1);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void check_connection(int type, enum twc_role role)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_port *p = NULL;
	struct twc_endpoint *e = NULL;
	char buf[8], text[TWC_ADDR_TEXT_MAX];
	int sv[2];

	f.greet = "hi";
	assert_int_equal(0, socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sv));
	if (role == TWC_LISTEN) {
		e = must_parse(fd_text(sv[1]), role);
		p = must_listen(e, r, &f, NULL);
		assert_string_equal(twc_port_text(p, 0, text, sizeof(text)), fd_text(sv[1]));
		assert_int_equal(f.built, 0);
		turn_until(r, &f.made, 1);
	} else {
		must_connect(fd_text(sv[1]), r, &f);
	}
	turns(r, 4);
	assert_int_equal(2, recv(sv[0], buf, 2, MSG_WAITALL));
	assert_int_equal(2, send(sv[0], "yo", 2, 0));
	collect(r, &f, 2);
	assert_string_equal(f.got, "yo");
	if (type == SOCK_STREAM) {
		/* shared with whoever gave it to us: never switched to non-blocking */
		assert_int_equal(0, fcntl(sv[1], F_GETFL) & O_NONBLOCK);
		close(sv[0]);
		sv[0] = -1;
	} else {
		twc_transport_lose(f.last);
	}
	turn_until(r, &f.lost, 1);
	assert_int_equal(f.reason.code, 0);
	assert_int_equal(-1, fcntl(sv[1], F_GETFD));
	if (sv[0] >= 0)
		close(sv[0]);
	if (p)
		twc_port_free(p);
	assert_int_equal(f.base.users, 0);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_connected_socket(void **state)
{
	(void)state;
	check_connection(SOCK_STREAM, TWC_CONNECT);
	check_connection(SOCK_STREAM, TWC_LISTEN);
	check_connection(SOCK_DGRAM, TWC_CONNECT);
	check_connection(SOCK_DGRAM, TWC_LISTEN);
}

static void test_pipe(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	int fd[2];

	(void)state;
	assert_int_equal(0, pipe2(fd, O_CLOEXEC));
	assert_int_equal(2, write(fd[1], "hi", 2));
	close(fd[1]);
	must_connect(fd_text(fd[0]), r, &f);
	collect(r, &f, 2);
	assert_string_equal(f.got, "hi");
	turn_until(r, &f.lost, 1);
	twc_reactor_free(r);
}

static void test_port_freed_before_it_began(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_endpoint *e;
	struct twc_port *p;
	char c;
	int sv[2];

	(void)state;
	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	e = must_parse(fd_text(sv[1]), TWC_LISTEN);
	p = must_listen(e, r, &f, NULL);
	twc_port_free(p);
	turns(r, 5);
	assert_int_equal(f.built, 0);
	assert_int_equal(0, recv(sv[0], &c, 1, 0)); /* closed */
	close(sv[0]);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void assert_wrong(int fd, enum twc_role role, const char *text)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_err err;

	err = role == TWC_LISTEN ? listen_error(fd_text(fd), r) : do_connect(fd_text(fd), r, &f).err;
	assert_int_equal(err.code, TWC_ECONFIG);
	if (!strstr(err.text, text))
		fail_msg("'%s' is not in '%s'", text, err.text);
	assert_int_equal(f.built, 0);
	twc_reactor_free(r);
}

static void test_wrong_descriptors(void **state)
{
	struct sockaddr_in sa;
	int fd;

	(void)state;
	assert_wrong(1000, TWC_CONNECT, "descriptor 1000 is not open (EBADF)");
	assert_wrong(1000, TWC_LISTEN, "descriptor 1000 is not open (EBADF)");
	fd = bound_socket(SOCK_STREAM, &sa);
	assert_wrong(fd, TWC_CONNECT, "neither listening nor connected");
	assert_wrong(fd, TWC_LISTEN, "neither listening nor connected");
	assert_int_equal(0, listen(fd, 1));
	assert_wrong(fd, TWC_CONNECT, "is a listening socket, not a connection");
	close(fd);
	fd = bound_socket(SOCK_DGRAM, &sa);
	assert_wrong(fd, TWC_CONNECT, "a datagram socket without a peer");
	close(fd);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_wrong(fd, TWC_CONNECT, "of a kind that is not known here");
	close(fd);
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_wrong(fd, TWC_CONNECT, "is a directory");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listening_socket),
		cmocka_unit_test(test_datagram_socket),
		cmocka_unit_test(test_connected_socket),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_port_freed_before_it_began),
		cmocka_unit_test(test_wrong_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
