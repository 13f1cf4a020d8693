/* SPDX-License-Identifier: MIT */
/*
 * twc as nc: the options of OpenBSD's nc and of ncat, and what they are for twc serve and twc connect. The way of a
 * call:
 *
 *	argv -> rows (nc_opts.c) -> struct nc_params -> nc_map -> the words of twc serve or connect -> that command
 *
 * Invariant: nothing is done here that those commands could not be told to do; only a scan (-z) has output and a status
 * of its own.
 */
#ifndef CMD_NC_H
#define CMD_NC_H

#include "cmd.h"

/* The letters that nc and ncat share mean the same in this struct; where they do not, each has its own member. */
struct nc_params {
	bool listen, keep, udp, local, zero, random;
	int family; /* 4, 6; 0: both */
	const char *port, *source;
	bool numeric, broadcast, debug, vsock;
	const char *rcvbuf, *sndbuf, *tos, *ttl, *min_ttl;
	const char *proxy, *proxy_user; /* of nc */
	const char *proxy_auth;		/* of ncat: USER[:PASSWORD] */
	int proxy_type;			/* enum nc_proxy */
	int proxy_dns;			/* enum nc_proxy_dns */

	bool shutdown; /* the end of standard input is passed on; true unless --no-shutdown */
	bool half_close;
	const char *quit, *wait, *idle;
	const char *interval; /* between lines: nc's -i, ncat's -d; "0": none */
	bool recv_only, send_only, crlf, telnet, fdpass;
	const char *hexdump, *packets;

	const char *exec, *sh;
	bool chat, broker;
	const char *max_conns;
	struct opt_list rules; /* --allow, --deny and their files, in order */

	/* ncat */
	bool ssl, ssl_verify;
	const char *ssl_cert, *ssl_key, *ssl_trust, *ssl_ciphers, *ssl_name, *ssl_alpn;

	struct opt_list refused; /* given, but not to be mapped */
	int refused_flag;	 /* the same without a value: the row's `value` */
};

static inline bool nc_has_interval(const struct nc_params *p)
{
	return p->interval && strcmp(p->interval, "0") != 0;
}

enum nc_proxy {
	NC_PROXY_SOCKS4,
	NC_PROXY_SOCKS5,
	NC_PROXY_HTTP,
};

enum nc_proxy_dns {
	NC_DNS_REMOTE,
	NC_DNS_LOCAL,
};

/* ---- nc_opts.c ---- */

extern const struct twc_opt nc_opts[], ncat_opts[];
void nc_init(void *params);   /* as nc: SOCKS5 */
void ncat_init(void *params); /* as ncat: HTTP */
void nc_fini(void *params);

/* ---- nc_port.c ---- */

/* Lines of /etc/services. Zeroed: none. */
struct nc_services {
	struct twc_buf text;
};
void nc_services_load(struct nc_services *s); /* empty when there is no such file */
void nc_services_free(struct nc_services *s);
/* 0: no such name. `proto`: "tcp", "udp". */
uint16_t nc_services_port(const struct nc_services *s, struct twc_str name, const char *proto);
struct twc_str nc_services_name(const struct nc_services *s, uint16_t port, const char *proto); /* "*": none */

struct nc_ports {
	uint16_t *port; /* owned */
	size_t n;
};
void nc_ports_free(struct nc_ports *l);
/* Adds what "80", "20-30" or "http" mean. 0 or TWC_EUSAGE. */
int nc_ports_add(struct nc_ports *l, const char *text, const struct nc_services *s, const char *proto, struct twc_err *err);

/* ---- nc_map.c ---- */

/* What the meaning of a call depends on besides its options. */
struct nc_setting {
	bool is_ncat;
	bool in_is_null; /* standard input is /dev/null */
	bool is_verbose;
	const char *proxy_auth; /* as --proxy-auth, from ncat's environment; NULL: none */
	const struct nc_services *services;
};

/* A call of twc: owned words, from the command's name on. */
struct nc_call {
	char **word;
	size_t n;
	bool is_scan;	       /* connect --check ENDPOINT..., with nc's answer */
	size_t first_endpoint; /* of a scan; the rest of the words are endpoints */
	struct nc_ports ports; /* of a scan, one for each of them; none: a UNIX socket */
	char **turn;	       /* of several ports to be joined, one after the other: the endpoints that are to stand */
	size_t n_turns;	       /* at first_endpoint in turn; owned */
};
/* `operand`: `n` of them. 0, or TWC_EUSAGE with what is wrong, or what cannot be mapped and what to write instead. */
int nc_map(const struct nc_params *p, const struct nc_setting *at, int n, char **operand, struct nc_call *call,
	   struct twc_err *err);
void nc_call_free(struct nc_call *call);

/* ---- nc_scan.c ---- */

/* Which of the ports are open? The exit status: 0 when one is. */
int nc_scan(struct ctx *ctx, const struct nc_params *p, const struct nc_call *call, const struct nc_services *services,
	    const char *host);

/* Waits; 0: not at all. */
void nc_pause(const struct nc_params *p);

/* ---- nc.c ---- */

extern const struct twc_cmd cmd_ncat; /* cmd_nc is in the list of commands */
/* The command for a program called `name` (a path or not): nc, netcat, ncat; NULL: none of them. */
const struct twc_cmd *nc_called(const char *name);

#endif
