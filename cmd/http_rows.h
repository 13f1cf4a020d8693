/* SPDX-License-Identifier: MIT */
/*
 * Rows that twc http shares with those of its verbs that ask servers: how to get there, whom to trust, who we are. They are for a
 * params struct that begins with a struct http_params, which the functions that read it (http_request.h, http_session.h) take for one.
 */
#ifndef CMD_HTTP_ROWS_H
#define CMD_HTTP_ROWS_H

#include "http_opts.h"

#define HTTP_GROUP_REQUEST "Request"
#define HTTP_GROUP_CONNECTION "Connection"
#define HTTP_GROUP_TLS "TLS"
#define HTTP_GROUP_LOGIN "Login and cookies"
#define HTTP_GROUP_REDIRECTS "Redirects"
#define HTTP_GROUP_RETRIES "Retries"
#define HTTP_GROUP_LIMITS "Limits"

#define HTTP_RETRY_LIMIT 1000000
#define HTTP_AT(member) .offset = offsetof(struct http_params, member)

enum { /* of rows that exclude each other */
	HTTP_EXCL_AUTH = 1,
	HTTP_EXCL_IP,
	HTTP_EXCL_SOCKET,
	HTTP_EXCL_NEXT, /* the first number that is free for a command */
};

extern const char *const http_cert_words[]; /* enum http_cert */
extern const char *const http_tls_max_words[];

/* http_check.c: what of them is no value, or does not fit together. 0 or TWC_EUSAGE. */
int http_check_rows(const struct http_params *p, struct twc_err *err);

#define HTTP_ROWS_FIELDS	\
	{ .long_name = "header", .short_name = 'H', .flags = OPT_SECRET, .type = OPT_LIST, HTTP_AT(headers), .arg = "FIELD",	\
	  .group = HTTP_GROUP_REQUEST, .help = "`Name: value`; `Name:` leaves it out, `Name;` sends it empty; @FILE: one a line" },	\
	{ .long_name = "user-agent", .short_name = 'A', .type = OPT_STRING, HTTP_AT(user_agent), .arg = "TEXT",	\
	  .group = HTTP_GROUP_REQUEST, .help = "what to say who asks; empty: nothing" }

#define HTTP_ROWS_CONNECTION	\
	{ .long_name = "via", .type = OPT_STRING, .hint = OPT_HINT_CONNECT, .excl = HTTP_EXCL_SOCKET, HTTP_AT(via),	\
	  .arg = "ENDPOINT", .group = HTTP_GROUP_CONNECTION, .help = "connect to this in place of the URL's host and port" },	\
	{ .long_name = "unix-socket", .type = OPT_STRING, .hint = OPT_HINT_FILE, .excl = HTTP_EXCL_SOCKET, HTTP_AT(unix_socket),	\
	  .arg = "PATH", .group = HTTP_GROUP_CONNECTION, .help = "--via unix:PATH" },	\
	{ .long_name = "abstract-unix-socket", .type = OPT_STRING, .excl = HTTP_EXCL_SOCKET, HTTP_AT(abstract_socket),	\
	  .arg = "NAME", .group = HTTP_GROUP_CONNECTION, .help = "--via unix:@NAME" },	\
	{ .long_name = "connect-to", .type = OPT_LIST, HTTP_AT(connect_to), .arg = "HOST1:PORT1:HOST2:PORT2",	\
	  .group = HTTP_GROUP_CONNECTION, .help = "connect to HOST2:PORT2 for HOST1:PORT1; empty parts mean any, or the same" },	\
	{ .long_name = "proxy", .short_name = 'x', .flags = OPT_SECRET, .type = OPT_STRING, HTTP_AT(proxy), .arg = "PROXY",	\
	  .group = HTTP_GROUP_CONNECTION, .help = "[SCHEME://][LOGIN@]HOST[:PORT]; http, https, socks4, socks4a, socks5 or socks5h; empty: none" },	\
	{ .long_name = "proxytunnel", .short_name = 'p', .type = OPT_FLAG, HTTP_AT(proxytunnel), .group = HTTP_GROUP_CONNECTION,	\
	  .help = "ask the proxy for a tunnel (CONNECT) for http URLs, too" },	\
	{ .long_name = "proxy-user", .short_name = 'U', .flags = OPT_SECRET, .type = OPT_STRING, HTTP_AT(proxy_user),	\
	  .arg = "USER:PASSWORD", .group = HTTP_GROUP_CONNECTION, .help = "the login at the proxy; also @FILE, @-, env:NAME" },	\
	{ .long_name = "proxy-header", .flags = OPT_SECRET, .type = OPT_LIST, HTTP_AT(proxy_headers), .arg = "FIELD",	\
	  .group = HTTP_GROUP_CONNECTION, .help = "a header field for the proxy alone" },	\
	{ .long_name = "noproxy", .type = OPT_STRING, HTTP_AT(noproxy), .arg = "HOSTS", .group = HTTP_GROUP_CONNECTION,	\
	  .help = "no proxy for these names, domains, addresses and networks, or *" },	\
	{ .long_name = "proxy-insecure", .type = OPT_FLAG, HTTP_AT(proxy_insecure), .group = HTTP_GROUP_CONNECTION,	\
	  .help = "trust any certificate of an https proxy; a warning says so" },	\
	{ .long_name = "proxy-cacert", .type = OPT_STRING, .hint = OPT_HINT_FILE, HTTP_AT(proxy_cacert), .arg = "FILE",	\
	  .group = HTTP_GROUP_CONNECTION, .help = "for an https proxy, trust the authorities in FILE alone (PEM)" },	\
	{ .long_name = "proxy-capath", .type = OPT_STRING, .hint = OPT_HINT_DIR, HTTP_AT(proxy_capath), .arg = "DIR",	\
	  .group = HTTP_GROUP_CONNECTION, .help = "or those in this directory, as openssl rehash leaves it" },	\
	{ .long_name = "proxy-cert", .flags = OPT_SECRET, .type = OPT_STRING, .hint = OPT_HINT_FILE, HTTP_AT(proxy_cert),	\
	  .arg = "FILE[:PASSWORD]", .group = HTTP_GROUP_CONNECTION, .help = "our certificate for an https proxy" },	\
	{ .long_name = "proxy-key", .type = OPT_STRING, .hint = OPT_HINT_FILE, HTTP_AT(proxy_key), .arg = "FILE",	\
	  .group = HTTP_GROUP_CONNECTION, .help = "its key" },	\
	IP_OPTS(struct http_params, HTTP_GROUP_CONNECTION, HTTP_EXCL_IP),	\
	{ .long_name = "interface", .type = OPT_STRING, HTTP_AT(interface), .arg = "NAME|ADDR", .group = HTTP_GROUP_CONNECTION,	\
	  .help = "connect from this network interface or address" },	\
	{ .long_name = "local-port", .type = OPT_STRING, HTTP_AT(local_port), .arg = "PORT", .group = HTTP_GROUP_CONNECTION,	\
	  .help = "connect from this port" }

#define HTTP_ROWS_TLS	\
	{ .long_name = "insecure", .short_name = 'k', .type = OPT_FLAG, HTTP_AT(insecure), .group = HTTP_GROUP_TLS,	\
	  .help = "trust any certificate; a warning says so" },	\
	{ .long_name = "cacert", .type = OPT_STRING, .hint = OPT_HINT_FILE, HTTP_AT(cacert), .arg = "FILE", .group = HTTP_GROUP_TLS,	\
	  .help = "trust the authorities in FILE alone (PEM)" },	\
	{ .long_name = "capath", .type = OPT_STRING, .hint = OPT_HINT_DIR, HTTP_AT(capath), .arg = "DIR", .group = HTTP_GROUP_TLS,	\
	  .help = "trust those in this directory, as openssl rehash leaves it" },	\
	{ .long_name = "pinnedpubkey", .type = OPT_STRING, HTTP_AT(pinned), .arg = "PIN", .group = HTTP_GROUP_TLS,	\
	  .help = "sha256//BASE64 of the public key that the server must have, besides all else" },	\
	{ .long_name = "cert", .short_name = 'E', .flags = OPT_SECRET, .type = OPT_STRING, .hint = OPT_HINT_FILE,	\
	  HTTP_AT(cert), .arg = "FILE[:PASSWORD]", .group = HTTP_GROUP_TLS, .help = "our certificate, its chain and mostly its key" },	\
	{ .long_name = "cert-type", .type = OPT_WORD, HTTP_AT(cert_type), .arg = "TYPE", .words = http_cert_words, .def = "PEM",	\
	  .group = HTTP_GROUP_TLS, .help = "accepted: either is recognised" },	\
	{ .long_name = "key", .type = OPT_STRING, .hint = OPT_HINT_FILE, HTTP_AT(key), .arg = "FILE", .group = HTTP_GROUP_TLS,	\
	  .help = "its key, when it is in another file" },	\
	{ .long_name = "pass", .flags = OPT_SECRET, .type = OPT_STRING, HTTP_AT(pass), .arg = "PASSWORD", .group = HTTP_GROUP_TLS,	\
	  .help = "that of the key; also @FILE, @-, env:NAME" },	\
	{ .long_name = "tlsv1.2", .type = OPT_SET, HTTP_AT(tls_min), .value = 12, .group = HTTP_GROUP_TLS, .help = "TLS 1.2 at least" },	\
	{ .long_name = "tlsv1.3", .type = OPT_SET, HTTP_AT(tls_min), .value = 13, .group = HTTP_GROUP_TLS, .help = "TLS 1.3 at least" },	\
	{ .long_name = "tls-max", .type = OPT_STRING, HTTP_AT(tls_max), .arg = "VERSION", .words = http_tls_max_words,	\
	  .group = HTTP_GROUP_TLS, .help = "and at most this" },	\
	{ .long_name = "ciphers", .type = OPT_STRING, HTTP_AT(ciphers), .arg = "LIST", .group = HTTP_GROUP_TLS,	\
	  .help = "those of TLS 1.2, as openssl-ciphers(1) has them" },	\
	{ .long_name = "tls13-ciphers", .type = OPT_STRING, HTTP_AT(tls13_ciphers), .arg = "LIST", .group = HTTP_GROUP_TLS,	\
	  .help = "those of TLS 1.3" },	\
	{ .long_name = "curves", .type = OPT_STRING, HTTP_AT(curves), .arg = "LIST", .group = HTTP_GROUP_TLS,	\
	  .help = "groups for the key exchange: X25519:P-256" },	\
	{ .long_name = "sigalgs", .type = OPT_STRING, HTTP_AT(sigalgs), .arg = "LIST", .group = HTTP_GROUP_TLS,	\
	  .help = "signature algorithms that a server may use: ECDSA+SHA256" },	\
	{ .long_name = "tls-info", .type = OPT_FLAG, HTTP_AT(tls_info), .group = HTTP_GROUP_TLS,	\
	  .help = "say what TLS came to, certificates too: a JSON object on standard error" }

/* `letter_n` and `letter_b`: the short names of --netrc and --cookie; 0: none. */
#define HTTP_ROWS_LOGIN(letter_n, letter_b)	\
	{ .long_name = "user", .short_name = 'u', .flags = OPT_SECRET, .type = OPT_STRING, HTTP_AT(user),	\
	  .arg = "USER[:PASSWORD]", .group = HTTP_GROUP_LOGIN, .help = "log in as; also @FILE, @-, env:NAME" },	\
	{ .long_name = "basic", .type = OPT_FLAG, .excl = HTTP_EXCL_AUTH, HTTP_AT(basic), .group = HTTP_GROUP_LOGIN, .help = "by Basic, as without it" },	\
	{ .long_name = "digest", .type = OPT_FLAG, .excl = HTTP_EXCL_AUTH, HTTP_AT(digest), .group = HTTP_GROUP_LOGIN, .help = "by Digest" },	\
	{ .long_name = "anyauth", .type = OPT_FLAG, .excl = HTTP_EXCL_AUTH, HTTP_AT(anyauth), .group = HTTP_GROUP_LOGIN,	\
	  .help = "ask first, then by the strongest that the server has" },	\
	{ .long_name = "oauth2-bearer", .flags = OPT_SECRET, .type = OPT_STRING, HTTP_AT(bearer), .arg = "TOKEN",	\
	  .group = HTTP_GROUP_LOGIN, .help = "send this token; also @FILE, @-, env:NAME" },	\
	{ .long_name = "bearer", .flags = OPT_SECRET, .type = OPT_STRING, HTTP_AT(bearer), .arg = "TOKEN", .group = HTTP_GROUP_LOGIN,	\
	  .help = "the same" },	\
	{ .long_name = "netrc", .short_name = letter_n, .type = OPT_FLAG, HTTP_AT(netrc), .group = HTTP_GROUP_LOGIN,	\
	  .help = "take logins from ~/.netrc" },	\
	{ .long_name = "netrc-file", .type = OPT_STRING, .hint = OPT_HINT_FILE, HTTP_AT(netrc_file), .arg = "FILE",	\
	  .group = HTTP_GROUP_LOGIN, .help = "take them from FILE" },	\
	{ .long_name = "netrc-optional", .type = OPT_FLAG, HTTP_AT(netrc_optional), .group = HTTP_GROUP_LOGIN,	\
	  .help = "take them from ~/.netrc if there is one, and the URL has none" },	\
	{ .long_name = "cookie", .short_name = letter_b, .flags = OPT_SECRET, .type = OPT_LIST, HTTP_AT(cookies),	\
	  .arg = "COOKIES|FILE", .group = HTTP_GROUP_LOGIN, .help = "send these (a=b; c=d), or those of a jar; cookies that come are kept" },	\
	{ .long_name = "cookie-jar", .short_name = 'c', .type = OPT_STRING, .hint = OPT_HINT_FILE, HTTP_AT(cookie_jar),	\
	  .arg = "FILE", .group = HTTP_GROUP_LOGIN, .help = "write all cookies there in the end; - is standard output" },	\
	{ .long_name = "junk-session-cookies", .short_name = 'j', .type = OPT_FLAG, HTTP_AT(junk_session_cookies), .group = HTTP_GROUP_LOGIN,	\
	  .help = "leave those of a jar out that end with a session" },	\
	{ .long_name = "public-suffixes", .type = OPT_STRING, .hint = OPT_HINT_FILE, HTTP_AT(public_suffixes), .arg = "FILE",	\
	  .group = HTTP_GROUP_LOGIN, .help = "take no cookie for all of a public suffix in this list (publicsuffix.org)" }

#define HTTP_ROWS_REDIRECTS	\
	{ .long_name = "location", .short_name = 'L', .type = OPT_FLAG, HTTP_AT(location), .group = HTTP_GROUP_REDIRECTS,	\
	  .help = "follow redirects" },	\
	{ .long_name = "max-redirs", .type = OPT_STRING, HTTP_AT(max_redirs), .arg = "N", .def = "50", .group = HTTP_GROUP_REDIRECTS,	\
	  .help = "how many at most; -1: no limit" }

#define HTTP_ROWS_TRUST	\
	{ .long_name = "location-trusted", .type = OPT_FLAG, HTTP_AT(location_trusted), .group = HTTP_GROUP_REDIRECTS,	\
	  .help = "other hosts get login and cookies, too" },	\
	{ .long_name = "allow-downgrade", .type = OPT_FLAG, HTTP_AT(allow_downgrade), .group = HTTP_GROUP_REDIRECTS,	\
	  .help = "follow from https to http" }

#define HTTP_ROWS_RETRIES	\
	{ .long_name = "retry", .type = OPT_UINT, HTTP_AT(retry), .arg = "N", .max = HTTP_RETRY_LIMIT, .group = HTTP_GROUP_RETRIES,	\
	  .help = "try again after a failure that may pass: timeouts, and statuses as of --retry-on" },	\
	{ .long_name = "retry-delay", .type = OPT_DURATION, HTTP_AT(retry_delay), .arg = "DURATION", .group = HTTP_GROUP_RETRIES,	\
	  .help = "wait so long each time; else a second, doubled each time, with jitter" },	\
	{ .long_name = "retry-max-time", .type = OPT_DURATION, HTTP_AT(retry_max_time), .arg = "DURATION", .group = HTTP_GROUP_RETRIES,	\
	  .help = "begin no new attempt after this time" },	\
	{ .long_name = "retry-connrefused", .type = OPT_FLAG, HTTP_AT(retry_connrefused), .group = HTTP_GROUP_RETRIES,	\
	  .help = "also when the connection is refused" },	\
	{ .long_name = "retry-all-errors", .type = OPT_FLAG, HTTP_AT(retry_all_errors), .group = HTTP_GROUP_RETRIES,	\
	  .help = "after any failure at all" },	\
	{ .long_name = "retry-on", .type = OPT_STRING, HTTP_AT(retry_on), .arg = "STATUSES", .group = HTTP_GROUP_RETRIES,	\
	  .def = "408,429,500,502,503,504,522,524", .help = "which statuses: 429,5xx" },	\
	{ .long_name = "retry-after-max", .type = OPT_DURATION, HTTP_AT(retry_after_max), .arg = "DURATION", .min = 1,	\
	  .def = "120s", .group = HTTP_GROUP_RETRIES, .help = "the longest that Retry-After is heeded" }

#define HTTP_ROWS_TIMES	\
	{ .long_name = "max-time", .short_name = 'm', .type = OPT_DURATION, HTTP_AT(max_time), .arg = "DURATION",	\
	  .group = HTTP_GROUP_LIMITS, .help = "for a whole transfer" },	\
	{ .long_name = "connect-timeout", .type = OPT_DURATION, HTTP_AT(connect_timeout), .arg = "DURATION",	\
	  .group = HTTP_GROUP_LIMITS, .help = "until the connection stands, TLS included" },	\
	{ .long_name = "first-byte-timeout", .type = OPT_DURATION, HTTP_AT(first_byte_timeout), .arg = "DURATION", .min = 1,	\
	  .group = HTTP_GROUP_LIMITS, .help = "from the end of the request to the response" }

#endif
