/* SPDX-License-Identifier: MIT */
/* What the program of a connection is told about it, in its environment: our names, and those of UCSPI. */
#include "app/exec_env.h"
#include <twc/app.h>

#include <stdio.h>

#include "base/banned.h"

static void env_add(struct twc__exec_env *e, const char *prefix, const char *name, const char *value)
{
	TWC_ASSERT(e->n < TWC__EXEC_ENV_MAX);
	e->v[e->n++] = twc_asprintf("%s%s=%s", prefix, name, value);
}

void twc__exec_env_fini(struct twc__exec_env *e)
{
	for (size_t i = 0; i < e->n; i++)
		twc_free((void *)(uintptr_t)e->v[i]);
}

static bool is_ip(const struct twc_addr *a)
{
	return a->kind == TWC_ADDR_TCP || a->kind == TWC_ADDR_UDP;
}

/* IP and port under two names; empty without an IP, so that nothing inherited is mistaken for ours. */
static void env_add_ip(struct twc__exec_env *e, const char *prefix, const char *ip_name, const char *port_name,
		       const struct twc_addr *a)
{
	char ip[TWC_ADDR_TEXT_MAX] = "", port[8] = "";

	if (is_ip(a)) {
		twc_addr_format_host(a, ip, sizeof(ip));
		snprintf(port, sizeof(port), "%u", twc_addr_port(a));
	}
	env_add(e, prefix, ip_name, ip);
	env_add(e, prefix, port_name, port);
}

static const char *proto_of(const struct twc_addr *host)
{
	if (host->kind == TWC_ADDR_UNIX)
		return "UNIX";
	return host->kind == TWC_ADDR_UDP ? "UDP" : "TCP";
}

static void env_add_ucspi(struct twc__exec_env *e, const struct twc_addr *peer, const struct twc_addr *host)
{
	const char *proto = proto_of(host);
	char path[TWC_ADDR_TEXT_MAX];

	env_add(e, "", "PROTO", proto);
	if (host->kind == TWC_ADDR_UNIX) {
		env_add(e, proto, "LOCALPATH", twc_addr_format_host(host, path, sizeof(path)));
		return;
	}
	env_add_ip(e, proto, "REMOTEIP", "REMOTEPORT", peer);
	env_add_ip(e, proto, "LOCALIP", "LOCALPORT", host);
}

/* Without TLS empty, so that nobody takes what we have inherited for a client's. */
static void env_add_tls(struct twc__exec_env *e, const struct twc_transport *t)
{
	struct twc_tls_report *tls = twc_tls_report_new(t);

	env_add(e, "TWC_TLS_", "VERSION", tls ? tls->version : "");
	env_add(e, "TWC_TLS_", "CIPHER", tls ? tls->cipher : "");
	env_add(e, "TWC_TLS_", "ALPN", tls ? tls->alpn : "");
	env_add(e, "TWC_TLS_", "SUBJECT", tls && tls->verified ? tls->cert[0].subject : "");
	env_add(e, "TWC_TLS_", "SNI", tls ? tls->servername : "");
	env_add(e, "TWC_", "SNI", tls ? tls->servername : "");
	twc_tls_report_free(tls);
}

void twc__exec_env_init(struct twc__exec_env *e, const struct twc_transport *t, bool ucspi)
{
	struct twc_addr peer, host;
	char text[TWC_ADDR_TEXT_MAX];

	*e = (struct twc__exec_env){ .n = 0 };
	twc_transport_peer(t, &peer);
	twc_transport_host(t, &host);
	env_add(e, "", "TWC_PEER", twc_transport_peer_text(t, text, sizeof(text)));
	env_add_ip(e, "TWC_", "PEER_IP", "PEER_PORT", &peer);
	env_add(e, "", "TWC_LOCAL",
		host.kind == TWC_ADDR_NONE ? "" : twc_addr_format(&host, text, sizeof(text)));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)twc_transport_id(t));
	env_add(e, "", "TWC_CONN", text);
	env_add_tls(e, t);
	if (ucspi)
		env_add_ucspi(e, &peer, &host);
}
