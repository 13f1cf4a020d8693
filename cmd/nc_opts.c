/* SPDX-License-Identifier: MIT */
/* The options of nc and of ncat: rows. What they mean for twc is in nc_map.c. */
#include "nc.h"

#define LISTENING "Listening"
#define ADDRESSES "Addresses"
#define STREAMS "Streams"
#define CHECKING "Checking"
#define TLS "TLS"

static const char *const nc_proxy_words[] = { "4", "5", "connect", NULL };	     /* enum nc_proxy */
static const char *const proxy_dns_words[] = { "remote", "local", NULL };	     /* enum nc_proxy_dns */
static const char *const ncat_proxy_words[] = { "socks4", "socks5", "http", NULL }; /* enum nc_proxy */

#define AT(member) .offset = offsetof(struct nc_params, member)
#define FLAG(name, letter, member, heading, text)                                                                     \
	{ .long_name = name, .short_name = letter, .type = OPT_FLAG, AT(member), .group = heading, .help = text }
#define TEXT(name, letter, member, value, heading, text)                                                              \
	{                                                                                                             \
		.long_name = name, .short_name = letter, .type = OPT_STRING, AT(member), .arg = value, .group = heading, \
		.help = text                                                                                          \
	}
/* Known, but not to be mapped: the help says what to write instead. */
#define REFUSED_FLAG(number, name, letter, text)                                                              \
	{ .long_name = name, .short_name = letter, .flags = OPT_HIDDEN, .type = OPT_SET, AT(refused_flag),     \
	  .value = number, .help = text }
#define REFUSED(name, letter, text)                                                                            \
	{ .long_name = name, .short_name = letter, .flags = OPT_HIDDEN, .type = OPT_LIST, AT(refused), .arg = "VALUE", \
	  .help = text }

#define LISTEN_ROWS                                                                                                   \
	FLAG("listen", 'l', listen, LISTENING, "listen on PORT, on all addresses or on HOST"),                        \
	FLAG("keep-open", 'k', keep, LISTENING, "with -l: go on when a client has gone"),                             \
	{ .long_name = "exec", .short_name = 'e', .type = OPT_STRING, .hint = OPT_HINT_COMMAND, AT(exec),             \
	  .arg = "CMD", .group = LISTENING, .help = "join with a program instead of standard input and output" },     \
	{ .long_name = "sh-exec", .short_name = 'c', .type = OPT_STRING, .hint = OPT_HINT_COMMAND, AT(sh),            \
	  .arg = "CMD", .group = LISTENING, .help = "the same by /bin/sh" }

#define ADDRESS_ROWS                                                                                                  \
	{ .long_name = "ipv4", .short_name = '4', .type = OPT_SET, AT(family), .value = 4, .group = ADDRESSES,        \
	  .help = "IPv4 only" },                                                                                      \
	{ .long_name = "ipv6", .short_name = '6', .type = OPT_SET, AT(family), .value = 6, .group = ADDRESSES,        \
	  .help = "IPv6 only" },                                                                                      \
	FLAG("udp", 'u', udp, ADDRESSES, "UDP; with -U, datagrams"),                                                  \
	FLAG("unixsock", 'U', local, ADDRESSES, "a UNIX socket: the operand is its path, or @NAME"),                  \
	FLAG("nodns", 'n', numeric, ADDRESSES, "look up no names"),                                                   \
	TEXT("source-port", 'p', port, "PORT", ADDRESSES, "the port to connect from; with -l: to listen on"),         \
	{ .long_name = "source", .short_name = 's', .type = OPT_STRING, .hint = OPT_HINT_HOST, AT(source),            \
	  .arg = "ADDR", .group = ADDRESSES, .help = "the address to connect from; with -l: to listen on" }

#define STREAM_ROWS                                                                                                   \
	FLAG("crlf", 'C', crlf, STREAMS, "end lines with CR LF"),                                                     \
	FLAG("telnet", 't', telnet, STREAMS, "answer telnet's negotiation"),                                          \
	FLAG("send-only", 0, send_only, STREAMS, "throw away what the peer sends"),                                   \
	{ .long_name = "shutdown", .flags = OPT_NEGATABLE, .type = OPT_FLAG, AT(shutdown), .group = STREAMS,          \
	  .help = "pass the end of standard input on, which is so unless --no-shutdown" },                            \
	{ .long_name = "quit", .short_name = 'q', .flags = OPT_OWN_LETTER, .type = OPT_STRING, AT(quit),              \
	  .arg = "SECONDS", .group = STREAMS, .help = "end so long after the end of standard input" }

#define REFUSED_ROWS                                                                                                  \
	REFUSED("source-route", 'g', "no router follows source routes any more"),                                     \
	REFUSED("source-pointer", 'G', "no router follows source routes any more")

const struct twc_opt nc_opts[] = {
	LISTEN_ROWS,
	ADDRESS_ROWS,
	FLAG("broadcast", 'b', broadcast, ADDRESSES, "with -u: allow broadcast addresses"),
	TEXT("proxy", 'x', proxy, "ADDR[:PORT]", ADDRESSES, "connect through this proxy"),
	{ .long_name = "proxy-type", .short_name = 'X', .type = OPT_WORD, AT(proxy_type), .arg = "PROTO",
	  .words = nc_proxy_words, .def = "5", .group = ADDRESSES, .help = "what the proxy speaks: SOCKS 4, 5, or HTTP" },
	TEXT("proxy-user", 'P', proxy_user, "NAME", ADDRESSES, "log in there, with the password in TWC_PROXY_PASSWORD"),
	TEXT("recv-buffer", 'I', rcvbuf, "LENGTH", ADDRESSES, "receive buffer of the kernel, in bytes"),
	TEXT("send-buffer", 'O', sndbuf, "LENGTH", ADDRESSES, "send buffer of the kernel, in bytes"),
	TEXT("tos", 'T', tos, "KEYWORD", ADDRESSES, "type of service: lowdelay, ef, af11, cs1... or a number"),
	TEXT("ttl", 'M', ttl, "TTL", ADDRESSES, "time to live of what is sent"),
	TEXT("min-ttl", 'm', min_ttl, "MINTTL", ADDRESSES, "drop what comes with less time to live"),
	FLAG("debug", 'D', debug, ADDRESSES, "debug the socket, which takes a privilege"),
	STREAM_ROWS,
	FLAG("half-close", 'N', half_close, STREAMS, "pass the end of standard input on; to connect, also that of /dev/null"),
	FLAG("recv-only", 'd', recv_only, STREAMS, "do not read standard input"),
	FLAG("fdpass", 'F', fdpass, STREAMS, "hand the connection over on standard output, a UNIX socket"),
	TEXT("wait", 'w', wait, "SECONDS", STREAMS, "limit for connecting, and then for silence, which is no failure"),
	TEXT("interval", 'i', interval, "SECONDS", STREAMS, "wait so long between lines that are sent, and between ports"),
	TEXT("recv-limit", 'W', packets, "N", STREAMS, "with -u: end when so many datagrams have come"),
	{ .long_name = "hex-dump", .short_name = 'o', .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(hexdump),
	  .arg = "FILE", .group = STREAMS, .help = "write what passes, as hexadecimal numbers" },
	FLAG("zero", 'z', zero, CHECKING, "only see which ports are open: PORT, PORT-PORT, several"),
	FLAG("random", 'r', random, CHECKING, "with -z: in any order, as they are asked at once anyway"),
	REFUSED_ROWS,
	REFUSED_FLAG(1, "md5", 'S', "twc has no key for TCP signatures, as nc has none"),
	REFUSED_FLAG(2, "dccp", 'Z', "twc speaks tcp: and udp:"),
	{ 0 },
};

const struct twc_opt ncat_opts[] = {
	LISTEN_ROWS,
	TEXT("max-conns", 'm', max_conns, "N", LISTENING, "serve so many at once; more wait"),
	{ .long_name = "allow", .type = OPT_LIST, AT(rules), .arg = "CIDR", .group = LISTENING,
	  .help = "let clients of this network in, others not; also several with commas" },
	{ .long_name = "deny", .type = OPT_LIST, AT(rules), .arg = "CIDR", .group = LISTENING,
	  .help = "close connections of this network at once" },
	{ .long_name = "allowfile", .type = OPT_LIST, .hint = OPT_HINT_FILE, AT(rules), .arg = "FILE",
	  .group = LISTENING, .help = "the networks of FILE, one a line, likewise" },
	{ .long_name = "denyfile", .type = OPT_LIST, .hint = OPT_HINT_FILE, AT(rules), .arg = "FILE",
	  .group = LISTENING, .help = "the networks of FILE, likewise" },
	FLAG("broker", 0, broker, LISTENING, "send what each client sends to all others"),
	FLAG("chat", 0, chat, LISTENING, "the same by lines, with names"),
	ADDRESS_ROWS,
	TEXT("proxy", 0, proxy, "ADDR[:PORT]", ADDRESSES, "connect through this proxy"),
	{ .long_name = "proxy-type", .type = OPT_WORD, AT(proxy_type), .arg = "PROTO", .words = ncat_proxy_words,
	  .def = "http", .group = ADDRESSES, .help = "what the proxy speaks" },
	TEXT("proxy-auth", 0, proxy_auth, "USER[:PASS]", ADDRESSES, "log in there; NCAT_PROXY_AUTH is not seen by others"),
	{ .long_name = "proxy-dns", .type = OPT_WORD, AT(proxy_dns), .arg = "WHERE", .words = proxy_dns_words,
	  .def = "remote", .group = ADDRESSES, .help = "who looks HOST up: the proxy, or this machine" },
	FLAG("vsock", 0, vsock, ADDRESSES, "between virtual machines: HOST is a CID"),
	STREAM_ROWS,
	FLAG("recv-only", 0, recv_only, STREAMS, "do not read standard input"),
	TEXT("wait", 'w', wait, "TIME", STREAMS, "limit for connecting"),
	TEXT("delay", 'd', interval, "TIME", STREAMS, "wait so long between lines that are sent"),
	TEXT("idle-timeout", 'i', idle, "TIME", STREAMS, "end with status 75 when there was no traffic for so long"),
	{ .long_name = "hex-dump", .short_name = 'x', .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(hexdump),
	  .arg = "FILE", .group = STREAMS, .help = "write what passes, as hexadecimal numbers" },
	FLAG("zero", 'z', zero, CHECKING, "only see whether the port is open"),
	FLAG("ssl", 0, ssl, TLS, "TLS; the server is not verified unless --ssl-verify, with -l a certificate is made"),
	FLAG("ssl-verify", 0, ssl_verify, TLS, "TLS, and the server's certificate must be good"),
	{ .long_name = "ssl-trustfile", .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(ssl_trust), .arg = "FILE", .group = TLS,
	  .help = "TLS, and the server's certificate must come from one of these authorities" },
	{ .long_name = "ssl-cert", .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(ssl_cert), .arg = "FILE", .group = TLS,
	  .help = "TLS, and our certificate" },
	{ .long_name = "ssl-key", .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(ssl_key), .arg = "FILE", .group = TLS,
	  .help = "TLS, and the key of --ssl-cert" },
	TEXT("ssl-ciphers", 0, ssl_ciphers, "LIST", TLS, "TLS with these ciphers"),
	TEXT("ssl-servername", 0, ssl_name, "NAME", TLS, "TLS, asking for this name"),
	TEXT("ssl-alpn", 0, ssl_alpn, "LIST", TLS, "TLS for one of these application protocols"),
	REFUSED_ROWS,
	REFUSED("output", 'o', "write --tee-in FILE and --tee-out FILE"),
	REFUSED("lua-exec", 0, "write twc serve --exec 'lua FILE'"),
	REFUSED_FLAG(1, "sctp", 0, "twc speaks tcp: and udp:"),
	REFUSED_FLAG(2, "append-output", 0, "write --tee-in >(cat >>FILE)"),
	{ 0 },
};

void nc_init(void *params)
{
	*(struct nc_params *)params = (struct nc_params){ .shutdown = true, .proxy_type = NC_PROXY_SOCKS5 };
}

void ncat_init(void *params)
{
	*(struct nc_params *)params = (struct nc_params){ .shutdown = true, .proxy_type = NC_PROXY_HTTP };
}

void nc_fini(void *params)
{
	struct nc_params *p = params;

	opt_list_fini(&p->rules);
	opt_list_fini(&p->refused);
}
