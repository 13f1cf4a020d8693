/* SPDX-License-Identifier: MIT */
/* unix: files and abstract names, permissions, live and stale sockets; datagrams and records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include <sys/stat.h>
#include <sys/un.h>

static char dir[64], endpoint_text[192];

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

/* ---- datagrams and records ---- */

static struct sockaddr_un addr_of(const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s", dir, name);
	return sa;
}

static void test_dgram_echo(void **state)
{
	static const char *const binds[] = { "", ":bind=", NULL };
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make();
	struct twc_endpoint *e = must_parse(in_dir("d:kind=dgram:mode=660"), TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	char text[3 * TWC_ADDR_TEXT_MAX], own[128];
	struct stat st;

	(void)state;
	server.echo = true;
	assert_true(twc_endpoint_is_datagram(e));
	snprintf(own, sizeof(own), "%s/d", dir);
	assert_int_equal(stat(own, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	for (int i = 0; binds[i]; i++) {
		struct conns client = conns_make();
		struct twc_protocol *c;

		twc_port_text(p, 0, text, sizeof(text));
		assert_non_null(strstr(text, "/d:kind=dgram"));
		snprintf(own, sizeof(own), "%s/own", dir);
		if (binds[i][0])
			snprintf(text + strlen(text), 160, ":bind=%s", own);
		c = must_connect(text, r, &client);
		assert_int_equal(access(own, F_OK), binds[i][0] ? 0 : -1);
		assert_true(twc_transport_is_datagram(c->transport));
		twc_transport_write(c->transport, "one", 3);
		twc_transport_write(c->transport, "two", 3);
		collect(r, &client, 6);
		assert_int_equal(server.built, i + 1); /* a session each */
		assert_int_equal(server.peer.kind, TWC_ADDR_UNIX_DGRAM);
		twc_transport_lose(c->transport);
		turn_until(r, &client.lost, 1);
		assert_int_not_equal(access(own, F_OK), 0);
	}
	assert_int_equal(listen_error(in_dir("d:kind=dgram"), r).code, TWC_ECANTBIND); /* live */
	assert_int_equal(listen_error(in_dir("d"), r).code, TWC_ECANTBIND);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_dgram_without_a_name(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make();
	struct twc_endpoint *e = must_parse(in_dir("d:kind=dgram"), TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	struct sockaddr_un sa = addr_of("d");
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	server.greet = "to nobody";
	for (int i = 0; i < 2; i++)
		assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)), 1);
	collect(r, &server, 2);
	assert_int_equal(server.built, 1);
	assert_int_equal(server.lost, 0);
	close(fd);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

/* A peer whose queue is full holds up nobody, and gets the rest when it reads. */
static void test_dgram_to_a_slow_peer(void **state)
{
	enum { COUNT = 600 }; /* more than any queue holds, net.unix.max_dgram_qlen */
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), other = conns_make();
	struct twc_endpoint *e = must_parse(in_dir("d:kind=dgram"), TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	struct sockaddr_un sa = addr_of("d"), me = addr_of("slow");
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), got = 0;
	struct twc_protocol *c;
	char text[160], buf[8];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&me, sizeof(me)), 0);
	assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)), 1);
	turn_until(r, &server.made, 1);
	for (int i = 0; i < COUNT; i++)
		twc_transport_write(server.last, "y", 1);
	assert_true(twc_transport_queued(server.last) > 0);
	server.echo = true;
	c = must_connect(twc_port_text(p, 0, text, sizeof(text)), r, &other);
	twc_transport_write(c->transport, "quick", 5);
	collect(r, &other, 5);
	for (uint64_t end = twc_reactor_now(r) + 5 * TWC_NS_PER_S; got < COUNT && twc_reactor_now(r) < end;) {
		while (recv(fd, buf, sizeof(buf), 0) > 0)
			got++;
		twc_reactor_step(r);
	}
	assert_int_equal(got, COUNT);
	close(fd);
	unlink(me.sun_path);
	twc_transport_lose(c->transport);
	turn_until(r, &other.lost, 1);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_seqpacket(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make();
	struct twc_endpoint *e = must_parse(in_dir("q:kind=seqpacket"), TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	struct sockaddr_un sa = addr_of("q");
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char text[160], buf[16];

	(void)state;
	server.echo = true;
	assert_false(twc_endpoint_is_datagram(e));
	assert_non_null(strstr(twc_port_text(p, 0, text, sizeof(text)), "/q:kind=seqpacket"));
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(send(fd, "one", 3, 0), 3);
	assert_int_equal(send(fd, "three", 5, 0), 5);
	turn_until(r, &server.made, 1);
	turns(r, 5);
	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 3); /* nothing was run together */
	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 5);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	turn_until(r, &server.lost, 1);
	assert_int_equal(server.reason.code, 0);
	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 0);
	close(fd);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_seqpacket_oversize(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), client = conns_make();
	struct twc_endpoint *e = must_parse(in_dir("q:kind=seqpacket"), TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	char text[160], *big = calloc(1, 70000);
	struct twc_protocol *c = must_connect(twc_port_text(p, 0, text, sizeof(text)), r, &client);

	(void)state;
	assert_false(twc_transport_is_datagram(c->transport));
	twc_transport_write(c->transport, big, 70000);
	turn_until(r, &client.lost, 1);
	assert_int_equal(client.reason.code, TWC_ETOOLONG);
	assert_int_equal(server.got_n, 0);
	free(big);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_kinds_do_not_mix(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns server = conns_make(), f = conns_make();
	struct twc_endpoint *e = must_parse(in_dir("s"), TWC_LISTEN);
	struct twc_port *p = must_listen(e, r, &server, NULL);
	struct twc_err err;

	(void)state;
	assert_int_equal(do_connect(in_dir("s:kind=dgram"), r, &f).err.code, TWC_EREFUSED);
	assert_int_equal(do_connect(in_dir("s:kind=seqpacket"), r, &f).err.code, TWC_EREFUSED);
	assert_int_equal(do_connect(in_dir("none:kind=dgram"), r, &f).err.code, TWC_ENOSOCK);
	assert_null(twc_endpoint_parse("unix:/s:bind=/t", TWC_CONNECT, &err));
	assert_null(twc_endpoint_parse("unix:/s:kind=dgram:backlog=5", TWC_LISTEN, &err));
	assert_null(twc_endpoint_parse("unix:/s:kind=raw", TWC_LISTEN, &err));
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

/* Whose it is; one that has an owner by name is not given to another. */
static void test_owner(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	uid_t uid = getuid() ? getuid() : 4711; /* root can give it to anybody */
	char rest[64], path[128];
	struct twc_endpoint *e;
	struct twc_port *p;
	struct stat st;

	(void)state;
	snprintf(rest, sizeof(rest), "m:mode=660:user=%u:group=%u", (unsigned)uid, (unsigned)getgid());
	e = must_parse(in_dir(rest), TWC_LISTEN);
	p = must_listen(e, r, &f, NULL);
	assert_int_equal(twc_port_chown(p, uid + 1, getgid() + 1, NULL), 0);
	snprintf(path, sizeof(path), "%s/m", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_gid, getgid());
	assert_int_equal(st.st_mode & 07777, 0660);
	twc_port_free(p);
	assert_int_not_equal(stat(path, &st), 0);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_unlink(void **state)
{
	static const char *const kind[] = { "stream", "dgram" };
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	char rest[64], path[128];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/u", dir);
	for (int i = 0; i < 2; i++) {
		struct twc_endpoint *e;

		snprintf(rest, sizeof(rest), "u:kind=%s:unlink=no", kind[i]);
		e = must_parse(in_dir(rest), TWC_LISTEN);
		for (int again = 0; again < 2; again++) {
			twc_port_free(must_listen(e, r, &f, NULL));
			assert_int_equal(stat(path, &st), 0);
		}
		twc_endpoint_free(e);
		assert_int_equal(unlink(path), 0);
	}
	twc_reactor_free(r);
}

static void test_owner_faults(void **state)
{
	static const char *const text[] = { "unix:/s:user=no-such-user", "unix:/s:group=no such", "unix:/s:user=-1",
					    "unix:@s:user=0", "unix:@s:group=0", "unix:@s:unlink=no",
					    "unix:/a\nb", "unix:@a\177", "unix:/a\xc2\x9b" };
	struct twc_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(text); i++) {
		assert_null(twc_endpoint_parse(text[i], TWC_LISTEN, &err));
		assert_int_equal(err.code, TWC_EUSAGE);
		assert_int_not_equal(err.column, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_unlink),
		cmocka_unit_test(test_owner_faults),
		cmocka_unit_test(test_a_live_socket_is_never_taken),
		cmocka_unit_test(test_a_stale_socket_is_replaced),
		cmocka_unit_test(test_no_such_socket),
		cmocka_unit_test(test_dgram_echo),
		cmocka_unit_test(test_dgram_without_a_name),
		cmocka_unit_test(test_dgram_to_a_slow_peer),
		cmocka_unit_test(test_seqpacket),
		cmocka_unit_test(test_seqpacket_oversize),
		cmocka_unit_test(test_kinds_do_not_mix),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
