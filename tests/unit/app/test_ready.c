/* SPDX-License-Identifier: MIT */
/* Telling others where it listens: the variables, the file, and systemd's socket. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <twc/app.h>
#include <unistd.h>

#include "support/loop.h"

static struct twc_protocol *build_none(struct twc_factory *f, const struct twc_addr *peer)
{
	return NULL;
}

static const struct twc_factory_ops none_ops = { .name = "none", .build = build_none };

struct rig {
	struct twc_reactor *r;
	struct twc_factory factory;
	struct twc_endpoint *endpoint;
	struct twc_port *port;
	char dir[32];
};

/* On `text`, or NULL: on a socket file in g->dir. */
static void rig_listen(struct rig *g, const char *text)
{
	struct twc_endpoint_listen_opts o = { 0 };
	struct twc_err err = { 0 };
	char path[64];

	*g = (struct rig){ .r = loop_fake(), .factory.ops = &none_ops };
	snprintf(g->dir, sizeof(g->dir), "/tmp/twc-ready-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	snprintf(path, sizeof(path), "unix:%s/s", g->dir);
	g->endpoint = twc_endpoint_parse(text ? text : path, TWC_LISTEN, &err);
	assert_non_null(g->endpoint);
	g->port = twc_endpoint_listen(g->endpoint, g->r, &g->factory, &o, &err);
	assert_non_null(g->port);
}

static void rig_fini(struct rig *g)
{
	twc_port_free(g->port);
	twc_endpoint_free(g->endpoint);
	twc_reactor_free(g->r);
	assert_int_equal(rmdir(g->dir), 0);
}

/* `env` starts with these four, PORT standing for the number. */
static void check_env(const struct rig *g, const char *const want[4])
{
	char **env = twc_ready_env(&g->port, 1, NULL), text[128], number[8];
	struct twc_addr a;

	twc_port_addr(g->port, 0, &a);
	snprintf(number, sizeof(number), "%u", (unsigned)twc_addr_port(&a));
	for (int i = 0; i < 4; i++) {
		const char *at = strstr(want[i], "PORT#");

		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at ? at - want[i] : (long)strlen(want[i])), want[i],
			 at ? number : "", at ? at + 5 : "");
		assert_string_equal(env[i], text);
	}
	assert_null(env[4]);
	twc_ready_env_free(env);
}

static void variables_of_an_address_that_means_all(void **state)
{
	static const char *const want[] = { "TWC_PORT=PORT#", "TWC_HOST=127.0.0.1", "TWC_ADDR=tcp:127.0.0.1:PORT#",
					    "TWC_URL=tcp://127.0.0.1:PORT#/" };
	struct rig g;

	rig_listen(&g, "tcp4:0:interface=0.0.0.0");
	check_env(&g, want);
	rig_fini(&g);
}

static void variables_of_a_datagram_port(void **state)
{
	static const char *const want[] = { "TWC_PORT=PORT#", "TWC_HOST=127.0.0.1", "TWC_ADDR=udp:127.0.0.1:PORT#",
					    "TWC_URL=udp://127.0.0.1:PORT#/" };
	struct rig g;

	rig_listen(&g, "udp4:0");
	check_env(&g, want);
	rig_fini(&g);
}

static void variables_of_a_socket_file(void **state)
{
	char host[96], addr[96], url[96];
	const char *want[] = { "TWC_PORT=0", host, addr, url };
	struct rig g;

	rig_listen(&g, NULL);
	snprintf(host, sizeof(host), "TWC_HOST=%s/s", g.dir);
	snprintf(addr, sizeof(addr), "TWC_ADDR=unix:%s/s", g.dir);
	snprintf(url, sizeof(url), "TWC_URL=unix://%s/s", g.dir);
	check_env(&g, want);
	rig_fini(&g);
}

/* A directory is in the way of the rename: nothing else is left beside it. */
static void a_file_that_cannot_be(void **state)
{
	struct twc_err err = { 0 };
	struct rig g;
	char path[64];

	rig_listen(&g, "tcp4:0");
	snprintf(path, sizeof(path), "%s/ports", g.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(twc_ready_file(path, &g.port, 1, &err), TWC_ECANTCREAT);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(rmdir(path), 0);
	rig_fini(&g);
}

/* A rename would leave a regular file where a device or a fifo was, and take /dev/stdout from everybody. */
static void a_file_that_is_something_else(void **state)
{
	struct twc_err err = { 0 };
	struct stat st;
	struct rig g;
	char path[64];

	rig_listen(&g, "tcp4:0");
	snprintf(path, sizeof(path), "%s/ports", g.dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(twc_ready_file(path, &g.port, 1, &err), TWC_ECANTCREAT);
	assert_non_null(strstr(err.text, "no regular file"));
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/proc/self/fd/1", path), 0);
	assert_int_equal(twc_ready_file(path, &g.port, 1, &err), TWC_ECANTCREAT);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(unlink(path), 0);
	rig_fini(&g);
}

/* ---- systemd ---- */

static void notified(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char got[32] = "";
	socklen_t len;

	memcpy(un.sun_path, name, strlen(name));
	if (name[0] == '@')
		un.sun_path[0] = 0;
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	assert_int_equal(bind(fd, (struct sockaddr *)&un, len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(twc_ready_notify("READY=1", NULL), 0);
	assert_int_equal(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), 7);
	assert_string_equal(got, "READY=1");
	close(fd);
}

static void systemd_is_told(void **state)
{
	char dir[] = "/tmp/twc-ready-XXXXXX", name[64];
	struct twc_err err = { 0 };

	assert_non_null(mkdtemp(dir));
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(twc_ready_notify("READY=1", &err), 0);
	snprintf(name, sizeof(name), "%s/n", dir);
	notified(name);
	unlink(name);
	assert_int_equal(twc_ready_notify("READY=1", &err), TWC_ECONFIG); /* nobody there any more */
	assert_non_null(strstr(err.text, "ENOENT"));
	snprintf(name, sizeof(name), "@%s", dir);
	notified(name);
	rmdir(dir);
	unsetenv("NOTIFY_SOCKET");
}

static void a_name_that_is_none(void **state)
{
	static const char *const names[] = { "relative/path", "@", "/", "vsock:2:1" };
	struct twc_err err = { 0 };
	char longest[200];

	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		assert_int_equal(twc_ready_notify("READY=1", &err), TWC_ECONFIG);
	}
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = 0;
	setenv("NOTIFY_SOCKET", longest, 1);
	assert_int_equal(twc_ready_notify("READY=1", &err), TWC_ECONFIG);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(twc_ready_notify("READY=1", &err), 0);
	unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_of_an_address_that_means_all),
		cmocka_unit_test(variables_of_a_datagram_port),
		cmocka_unit_test(variables_of_a_socket_file),
		cmocka_unit_test(a_file_that_cannot_be),
		cmocka_unit_test(a_file_that_is_something_else),
		cmocka_unit_test(systemd_is_told),
		cmocka_unit_test(a_name_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
