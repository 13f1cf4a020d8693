/* SPDX-License-Identifier: MIT */
/*
 * Telling others where a server listens: a file with the port numbers, variables for a program started beside it,
 * and systemd's notification socket (sd_notify(3), without its library). The ready line itself is the command's.
 */
#include "base/replace.h"
#include "net/net_int.h"
#include <twc/buf.h>
#include <twc/process.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

#define READY_FILE_MAX (64 * 1024)

/* The first bound address; kind NONE when the port has none. */
static void port_addr(struct twc_port *port, struct twc_addr *a)
{
	memset(a, 0, sizeof(*a));
	if (port && twc_port_count(port) > 0)
		twc_port_addr(port, 0, a);
}

/* ---- the port file ---- */

int twc_ready_file(const char *path, struct twc_port *const *port, size_t n, struct twc_err *err)
{
	struct twc_buf text;
	int rc = 0;

	twc_buf_init(&text, READY_FILE_MAX);
	for (size_t i = 0; i < n && !rc; i++) {
		struct twc_addr a;

		port_addr(port[i], &a);
		rc = twc_buf_addf(&text, "%u\n", (unsigned)twc_addr_port(&a));
	}
	if (rc)
		twc_err_set(err, rc, "too many ports for a file");
	else
		rc = twc__replace_file(path, 0644, twc_buf_str(&text), "the port file", err);
	twc_buf_fini(&text);
	return rc;
}

/* ---- variables ---- */

/* What reaches it, pin and all. Caller frees. */
static char *make_addr(const struct twc_port *port, const struct twc_addr *a)
{
	const char *type = port ? twc_port_type(port) : NULL, *path = port ? twc_port_path(port) : NULL;
	char text[TWC_ADDR_TEXT_MAX] = "", pin[TWC_TLS_PIN_MAX] = "", *quoted, *addr;
	bool has_pin = port && twc_port_pin(port, pin);

	if (a->kind != TWC_ADDR_NONE)
		twc_addr_format(a, text, sizeof(text));
	if (!type || !strchr(text, ':'))
		return twc_strdup(text);
	quoted = path ? twc_endpoint_quote(twc_str_of(path)) : NULL;
	addr = twc_asprintf("%s%s%s%s%s%s", type, strchr(text, ':'), quoted ? ":path=" : "", quoted ? quoted : "",
			    has_pin ? ":pin=" : "", pin);
	twc_free(quoted);
	return addr;
}

static char *make_url(const struct twc_port *port, const struct twc_addr *a, const char *host, const char *scheme)
{
	const char *type = port ? twc_port_type(port) : NULL;
	const char *tls = scheme && type && strcmp(type, "tls") == 0 ? "s" : "";
	const char *path = port ? twc_port_path(port) : NULL;
	unsigned number = twc_addr_port(a);
	char text[TWC_ADDR_TEXT_MAX];

	if (a->kind == TWC_ADDR_NONE)
		return twc_strdup("");
	if (a->kind == TWC_ADDR_VSOCK) {
		twc_addr_format(a, text, sizeof(text));
		return twc_asprintf("vsock://%s", text + strlen("vsock:"));
	}
	if (twc_addr_is_unix(a))
		return twc_asprintf("unix://%s", host);
	if (!scheme || a->kind != TWC_ADDR_TCP)
		scheme = type ? type : a->kind == TWC_ADDR_UDP ? "udp" : "tcp";
	return twc_asprintf(a->u.sa.sa_family == AF_INET6 ? "%s%s://[%s]:%u%s" : "%s%s://%s:%u%s", scheme, tls, host, number,
			    path ? path : "/");
}

char *twc_ready_url(const struct twc_port *port, size_t k, const char *scheme)
{
	char host[TWC_ADDR_TEXT_MAX] = "";
	struct twc_addr a;

	twc_port_addr(port, k, &a);
	if (a.kind != TWC_ADDR_NONE) {
		twc__addr_any_to_loopback(&a);
		twc_addr_format_host(&a, host, sizeof(host));
	}
	return make_url(port, &a, host, scheme);
}

char **twc_ready_env(struct twc_port *const *port, size_t n, const char *scheme)
{
	char **env = twc_calloc(n * 4 + 1, sizeof(*env));
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		char suffix[24] = "", host[TWC_ADDR_TEXT_MAX] = "";
		struct twc_addr a;
		char *url, *addr;

		port_addr(port[i], &a);
		if (a.kind != TWC_ADDR_NONE) {
			twc__addr_any_to_loopback(&a);
			twc_addr_format_host(&a, host, sizeof(host));
		}
		if (i > 0)
			snprintf(suffix, sizeof(suffix), "_%zu", i + 1);
		url = make_url(port[i], &a, host, scheme);
		addr = make_addr(port[i], &a);
		env[k++] = twc_asprintf("TWC_PORT%s=%u", suffix, (unsigned)twc_addr_port(&a));
		env[k++] = twc_asprintf("TWC_HOST%s=%s", suffix, host);
		env[k++] = twc_asprintf("TWC_ADDR%s=%s", suffix, addr);
		env[k++] = twc_asprintf("TWC_URL%s=%s", suffix, url);
		twc_free(url);
		twc_free(addr);
	}
	return env;
}

void twc_ready_env_free(char **env)
{
	if (!env)
		return;
	for (size_t i = 0; env[i]; i++)
		twc_free(env[i]);
	twc_free(env);
}

/* ---- systemd ---- */

int twc_ready_notify(const char *state, struct twc_err *err)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	int fd, rc = 0;

	if (n == 0)
		return 0;
	if ((path[0] != '/' && path[0] != '@') || n < 2 || n >= sizeof(un.sun_path))
		return twc_err_set(err, TWC_ECONFIG, "NOTIFY_SOCKET is neither a path nor @name");
	memcpy(un.sun_path, path, n);
	if (path[0] == '@')
		un.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return twc_err_sys(err, TWC_EOS, errno, NULL, "cannot make a socket");
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&un,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		rc = twc_err_sys(err, TWC_ECONFIG, errno, path, "cannot notify NOTIFY_SOCKET");
	(void)close(fd);
	return rc;
}
