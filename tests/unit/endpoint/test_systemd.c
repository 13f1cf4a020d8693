/* SPDX-License-Identifier: MIT */
/* systemd: the environment of sd_listen_fds(3), right and wrong. Each case is a child with its own descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include "fork.h"

struct scene {
	const char *pid;  /* "me", a number, or NULL: not set */
	const char *fds;  /* NULL: not set */
	const char *names; /* NULL: not set */
	const char *endpoint;
	int want;	  /* descriptors that must be listened on, in order, as digits; or 0 and … */
	const char *error; /* … part of the text of a TWC_ECONFIG */
};

/* 3: tcp4, 4: tcp6 (or tcp4 where there is none), 5: unix, 6: udp4 */
static uint16_t make_sockets(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 sa6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(sa);
	bool v6 = has_ipv6_loopback();

	for (int i = 3; i < 64; i++)
		close(i);
	CHECK(socket(AF_INET, SOCK_STREAM, 0) == 3);
	CHECK(bind(3, (struct sockaddr *)&sa, sizeof(sa)) == 0 && listen(3, 8) == 0);
	CHECK(socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0) == 4);
	CHECK(bind(4, v6 ? (struct sockaddr *)&sa6 : (struct sockaddr *)&sa, v6 ? sizeof(sa6) : sizeof(sa)) == 0);
	CHECK(listen(4, 8) == 0);
	CHECK(socket(AF_UNIX, SOCK_STREAM, 0) == 5);
	CHECK(bind(5, (struct sockaddr *)&(struct sockaddr){ .sa_family = AF_UNIX }, sizeof(sa_family_t)) == 0);
	CHECK(listen(5, 8) == 0);
	CHECK(socket(AF_INET, SOCK_DGRAM, 0) == 6);
	CHECK(bind(6, (struct sockaddr *)&sa, sizeof(sa)) == 0);
	CHECK(getsockname(3, (struct sockaddr *)&sa, &len) == 0);
	return ntohs(sa.sin_port);
}

static void set_env(const struct scene *s)
{
	char me[16];

	snprintf(me, sizeof(me), "%d", (int)getpid());
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (s->pid)
		setenv("LISTEN_PID", strcmp(s->pid, "me") == 0 ? me : s->pid, 1);
	if (s->fds)
		setenv("LISTEN_FDS", s->fds, 1);
	if (s->names)
		setenv("LISTEN_FDNAMES", s->names, 1);
}

static void address_of_fd(int fd, char *text, size_t cap)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct twc_addr a;

	CHECK(getsockname(fd, (struct sockaddr *)&ss, &len) == 0);
	twc_addr_set(&a,
		     fd == 6		     ? TWC_ADDR_UDP :
		     ss.ss_family == AF_UNIX ? TWC_ADDR_UNIX :
					       TWC_ADDR_TCP,
		     (struct sockaddr *)&ss, len);
	twc_addr_format(&a, text, cap);
}

static void play(void *arg)
{
	const struct scene *s = arg;
	char want[4][TWC_ADDR_TEXT_MAX], got[TWC_ADDR_TEXT_MAX], digits[16];
	struct conns f = conns_make();
	struct twc_err err = { 0 };
	struct twc_reactor *r;
	struct twc_endpoint *e;
	struct twc_port *p;

	make_sockets();
	set_env(s);
	snprintf(digits, sizeof(digits), "%d", s->want);
	for (int fd = 3; fd <= 6; fd++)
		address_of_fd(fd, want[fd - 3], sizeof(want[0]));
	r = loop_real();
	e = must_parse(s->endpoint, TWC_LISTEN);
	p = twc_endpoint_listen(e, r, &f.base, NULL, &err);
	if (s->error) {
		CHECK(!p);
		if (err.code != TWC_ECONFIG || !strstr(err.text, s->error))
			fprintf(stderr, "%s: '%s', not '%s'\n", s->endpoint, err.text, s->error);
		CHECK(err.code == TWC_ECONFIG && strstr(err.text, s->error));
	} else {
		if (!p)
			fprintf(stderr, "%s: %s\n", s->endpoint, err.text);
		CHECK(p && twc_port_count(p) == strlen(digits));
		for (size_t i = 0; i < twc_port_count(p); i++)
			CHECK(strcmp(twc_port_text(p, i, got, sizeof(got)), want[digits[i] - '3']) == 0);
		twc_port_free(p);
	}
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_scenes(void **state)
{
	struct scene scenes[] = {
		{ "me", "4", NULL, "systemd:index=0", 3, NULL },
		{ "me", "4", NULL, "systemd:index=2", 5, NULL },
		{ "me", "4", NULL, "systemd:index=3", 6, NULL },
		{ "me", "4", NULL, "systemd:index=-1", 6, NULL },
		{ "me", "4", NULL, "systemd:index=-4", 3, NULL },
		{ "me", "2", NULL, "systemd:INET:0", 3, NULL },
		{ "me", "3", NULL, "systemd:UNIX:index=-1", 5, NULL },
		{ "me", "4", "web:web:ctl:dns", "systemd:name=web", 34, NULL },
		{ "me", "4", "web:web:ctl:dns", "systemd:name=ctl", 5, NULL },
		{ "me", "4", "web:web:ctl:dns", "systemd:INET:name=dns", 6, NULL },
		{ "me", "4", "a\\:b", "systemd:index=-5", 0, "index -5 is out of range: 4 sockets were passed" },
		{ "me", "1", NULL, "systemd:index=1", 0, "index 1 is out of range: 1 socket was passed" },
		{ "me", "4", NULL, "systemd:UNIX:index=0", 0, "is not of domain UNIX" },
		{ "me", "4", "web", "systemd:name=none", 0, "no socket is named 'none' (LISTEN_FDNAMES: web)" },
		{ "me", "4", NULL, "systemd:name=web", 0, "LISTEN_FDNAMES: not set" },
		{ "me", "4", "web", "systemd:UNIX:name=web", 0, "no socket is named 'web'" },
		{ "me", "5", NULL, "systemd:index=4", 0, "descriptor 7 is not a socket" },
		{ NULL, "4", NULL, "systemd:index=0", 0, "LISTEN_PID is not set" },
		{ "me", NULL, NULL, "systemd:index=0", 0, "LISTEN_FDS is not set" },
		{ NULL, NULL, NULL, "systemd:name=x", 0, "no sockets were passed" },
		{ "1", "4", NULL, "systemd:index=0", 0, "for another process: LISTEN_PID is 1" },
		{ "x", "4", NULL, "systemd:index=0", 0, "LISTEN_PID is not a process id" },
		{ "me", "x", NULL, "systemd:index=0", 0, "LISTEN_FDS is not a number" },
		{ "me", "0", NULL, "systemd:index=0", 0, "LISTEN_FDS is not a number" },
		{ "me", "-1", NULL, "systemd:index=0", 0, "LISTEN_FDS is not a number" },
		{ "me", "99999999999999999999", NULL, "systemd:index=0", 0, "LISTEN_FDS is not a number" },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(scenes); i++)
		in_child(play, &scenes[i]);
}

static void echo_by_systemd(void *arg)
{
	struct scene s = { .pid = "me", .fds = "1" };
	struct conns server = conns_make(), client = conns_make();
	struct twc_reactor *r;
	struct twc_endpoint *e;
	struct twc_port *p;
	struct twc_protocol *c;
	char text[64];

	(void)arg;
	snprintf(text, sizeof(text), "tcp4:%u", make_sockets());
	set_env(&s);
	r = loop_real();
	e = must_parse("systemd:index=0", TWC_LISTEN);
	server.echo = true;
	p = must_listen(e, r, &server, NULL);
	c = must_connect(text, r, &client);
	twc_transport_write(c->transport, "hi", 2);
	collect(r, &client, 2);
	twc_port_free(p);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

static void test_it_serves(void **state)
{
	(void)state;
	in_child(echo_by_systemd, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenes),
		cmocka_unit_test(test_it_serves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
