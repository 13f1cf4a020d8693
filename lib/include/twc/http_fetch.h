/* SPDX-License-Identifier: MIT */
/*
 * Fetching: what users of curl mean by a transfer. One fetch is one URL with all that it takes to get it: redirects, logins,
 * cookies, proxies, retries, content codings, limits. It stands on <twc/http_client.h> and decides; it opens no file and prints
 * nothing: bytes come and go through the caller's functions.
 *
 *	session   what fetches share: connections, cookies, netrc, names that lead elsewhere
 *	fetch     one URL, from the first attempt to the last
 *	hop       one request and its response, of which redirects, challenges and retries make several
 */
#ifndef TWC_HTTP_FETCH_H
#define TWC_HTTP_FETCH_H

#include <twc/base.h>
#include <twc/err.h>
#include <twc/http_client.h>
#include <twc/http_message.h>
#include <twc/reactor.h>
#include <twc/url.h>

#pragma GCC visibility push(default)

/* ---- a session ---- */

struct twc_http_session;

/* Zeroed members take the default. Strings are copied. */
struct twc_http_session_opts {
	struct twc_http_client_opts client;
	bool cookies;		   /* keep them, and send them */
	const char *netrc;	   /* text of the file; NULL: none */
	const char *const *resolve;    /* curl's HOST:PORT:ADDR[,ADDR], "+" or "-" or "*" in front as there; NULL-terminated */
	const char *const *connect_to; /* curl's HOST1:PORT1:HOST2:PORT2 */
	const char *suffixes;	   /* text of a public suffix list; NULL: none */
	const char *proxy_tls;	   /* keys of endpoints, for a proxy that is https: "ca=own.pem:cert=me.pem"; NULL: none */
};
/* NULL with *err: TWC_EUSAGE for a rule or a key that is none (the text quotes it), TWC_EDATA for a list of suffixes. */
struct twc_http_session *twc_http_session_new(struct twc_reactor *r, const struct twc_http_session_opts *o, struct twc_err *err);
void twc_http_session_free(struct twc_http_session *s); /* after its fetches, before the reactor */
/* Cookies: "a=b; c=d" for every request to the first URL's site and without redirects elsewhere; the text of a jar (Netscape's, or
 * Set-Cookie lines), `session_too` false: without those that end with a session. Returns how many lines were of no use. */
void twc_http_session_cookie(struct twc_http_session *s, const char *pairs);
size_t twc_http_session_load(struct twc_http_session *s, struct twc_str text, bool session_too);
/* Appends the jar in Netscape's format. 0 or as twc_buf_add. */
int twc_http_session_save(const struct twc_http_session *s, struct twc_buf *out) TWC_MUST_CHECK;

/* ---- a fetch ---- */

struct twc_http_fetch;

enum twc_http_auth { /* or-ed: what may be used */
	TWC_HTTP_AUTH_BASIC = 1,
	TWC_HTTP_AUTH_DIGEST = 2,
	TWC_HTTP_AUTH_BEARER = 4,
	TWC_HTTP_AUTH_ANY = 8, /* ask first, then the strongest of those above that is offered */
};
enum twc_http_keep { /* methods that a redirect does not turn into GET */
	TWC_HTTP_KEEP_301 = 1,
	TWC_HTTP_KEEP_302 = 2,
	TWC_HTTP_KEEP_303 = 4,
	TWC_HTTP_KEEP_METHOD = 8, /* curl's way: that of -X is used on every hop */
};

enum twc_http_scheme {
	TWC_HTTP_SCHEME_HTTP = 1,
	TWC_HTTP_SCHEME_HTTPS = 2,
};

/* A list of schemes as curl has it, by commas, from left to right, on top of all: "x" and "+x" add one, "-x" takes
 * one away, "=x" is this one alone; "all" is all. Schemes other than http and https change nothing else. *set is of
 * enum twc_http_scheme; 0, or TWC_EUSAGE with *err (which may be NULL) for what is no such list. */
int twc_http_schemes_parse(struct twc_str list, unsigned *set, struct twc_err *err);
/* Whether the list has the scheme; one that is no list has none. NULL: it has all. */
bool twc_http_schemes_have(const char *list, struct twc_str scheme);

/* Everything is borrowed until the fetch is over. Zeroed members take the default. */
struct twc_http_fetch_opts {
	struct twc_url url;
	struct twc_str method;	 /* n 0: GET, or POST with a body */
	bool method_is_custom;	 /* the user named it (-X) */
	struct twc_str target;	 /* --request-target */
	bool path_as_is;
	int minor;		 /* -1: HTTP/1.0 */
	/* The user's fields, each in place of what would be sent by itself. The order of what is sent is curl's: Host,
	 * Proxy-Authorization, Authorization, Range, User-Agent, Accept, Accept-Encoding, Referer, Cookie, these,
	 * Content-Length, Content-Type. */
	const struct twc_http_fields *fields;
	const char *const *removed;  /* names of fields that are not sent by themselves, NULL-terminated */
	const struct twc_http_fields *proxy_fields; /* only for the proxy */
	const char *user_agent;	 /* NULL: "twc/VERSION"; "": none */
	const char *referer;	 /* "URL;auto": that of the hop before, from the second hop on */
	bool referer_auto;
	const char *range;	 /* "0-99": bytes= is added */
	uint64_t resume_from;	 /* > 0: the body from there on; else TWC_EPROTO when the server sends another part */
	const char *if_range;	 /* validator of what is there already */
	const char *if_modified_since, *if_unmodified_since, *if_none_match; /* values */
	const char *accept_encoding; /* with `decode` NULL: what is built in */
	bool decode;		 /* content codings are undone */
	/* the body */
	const struct twc_http_source *source; /* NULL: none */
	const char *content_type;
	const char *content_range; /* which part of it the body is, "bytes 50-99/100"; NULL: all */
	uint64_t expect_ns;	 /* for bodies of more than 1 MiB or unknown length; 0: 1 s; UINT64_MAX: never */
	/* login */
	const char *user, *password; /* NULL: none, or what the URL or netrc has */
	const char *bearer;
	unsigned auth;		 /* enum twc_http_auth; 0: Basic */
	bool location_trusted;	 /* other hosts get the login, too */
	/* proxy */
	const char *via;	 /* endpoint in place of the URL's host and port; excludes `proxy` */
	/* "http://user:pw@host:port", also https, socks4, socks4a, socks5, socks5h; "": none; NULL: as the environment
	 * has it. */
	const char *proxy;
	const char *proxy_user, *proxy_password;
	bool proxy_tunnel;	 /* CONNECT for http, too */
	const char *noproxy;	 /* hosts, domains, networks, "*"; NULL: the environment's */
	/* redirects */
	bool follow;
	int max_redirects;	 /* 0: 50; < 0: no limit */
	unsigned keep;		 /* enum twc_http_keep */
	bool allow_downgrade;	 /* https to http */
	/* Schemes, see twc_http_schemes_parse; NULL: all. */
	const char *proto;	    /* of every hop */
	const char *proto_redirect; /* of those that redirects lead to */
	/* retries */
	unsigned retries;
	uint64_t retry_delay_ns;     /* 0: 1 s, doubled up to 10 min, with jitter */
	uint64_t retry_max_ns;	     /* for all of them; 0: no limit */
	uint64_t retry_after_max_ns; /* 0: 120 s */
	bool retry_refused; /* connections that are refused, too */
	bool retry_all;	    /* every failed transfer; a status stays what it is, see retry_on */
	const char *retry_on;	     /* "429,5xx"; NULL: 408, 429, 500, 502, 503, 504, 522, 524 */
	/* May the body be had once more? Asked before a retry after some of it was given out, and when a server sends
	 * all of what was to be resumed: 1 yes, 0 no, and it is the caller's to have undone what was written.
	 * *resume_from is 0; it may be set to go on there instead of beginning again, which codings forbid. NULL: no,
	 * but that the whole is taken in place of the rest, see twc_http_fetch_offset. */
	int (*again)(void *arg, struct twc_http_fetch *f, uint64_t *resume_from);
	/* limits; 0: none */
	uint64_t max_bytes;	 /* of the body, decoded: TWC_ETOOLONG */
	uint64_t max_ns;	 /* the whole of an attempt, redirects and all: TWC_ETIMEDOUT with the phase; so the next two */
	uint64_t connect_ns;
	uint64_t first_byte_ns;
	uint64_t min_rate, min_rate_ns; /* fewer bytes a second for so long: TWC_ETIMEDOUT */
	uint64_t rate;		 /* bytes a second at most, each way */
	bool fresh;		 /* no kept connections */
	const char *upgrade;	 /* ask to switch to this protocol; a 101 is final, see twc_http_fetch_upgrade */
	bool offline;		 /* nothing is sent: `seen` gets the head of the first request, and that is all */
	/* what happens; all may be NULL */
	void (*seen)(void *arg, struct twc_http_fetch *f, char dir, struct twc_str head); /* heads, as they are on the wire */
	/* A line for -v, without its end: connected to…, a redirect makes GET of POST… */
	void (*note)(void *arg, struct twc_http_fetch *f, const char *text);
	/* A final head: of the last hop, or with is_last false of one that leads on. Fields as twc_http_fetch_response has them. */
	void (*head)(void *arg, struct twc_http_fetch *f, bool is_last);
	/* The body of the last hop (of others it is thrown away). The receiver may pause. */
	void (*data)(void *arg, struct twc_http_fetch *f, const uint8_t *data, size_t n);
	void (*hop)(void *arg, struct twc_http_fetch *f, const struct twc_err *err); /* one has ended: for reports */
	/* Waits before an attempt: number of the retry, from 1. */
	void (*retrying)(void *arg, struct twc_http_fetch *f, unsigned n, uint64_t delay_ns, const struct twc_err *why, int status);
	/* Once, last, from the loop. err->code 0: a whole response was received, whatever its status. */
	void (*done)(void *arg, struct twc_http_fetch *f, const struct twc_err *err);
	void *arg;
};
/* Begins. Faults in the options (a proxy that is none) come through `done`, too. */
struct twc_http_fetch *twc_http_fetch_start(struct twc_http_session *s, const struct twc_http_fetch_opts *o);
/* In or after `done`; before it, breaks the fetch off, and done is not called. From any callback. */
void twc_http_fetch_free(struct twc_http_fetch *f);
void twc_http_fetch_pause(struct twc_http_fetch *f); /* counted */
void twc_http_fetch_resume(struct twc_http_fetch *f);
/* Of a response of 101 to `upgrade`, inside `head`: as twc_http_response_upgrade. The connection stays p's when the fetch, which ends
 * then, is freed. */
bool twc_http_fetch_upgrade(struct twc_http_fetch *f, struct twc_protocol *p);
/* Enough: `done` gets `err` (code 0: all is well), from the loop. Nothing else is called before that. */
void twc_http_fetch_stop(struct twc_http_fetch *f, const struct twc_err *err);

/* ---- what is known of it: at any time, and in `done` ---- */

const struct twc_http_response *twc_http_fetch_response(const struct twc_http_fetch *f); /* of the latest hop; NULL: none yet */
const struct twc_url *twc_http_fetch_url(const struct twc_http_fetch *f);	 /* of the latest hop */
const struct twc_url *twc_http_fetch_redirect_url(const struct twc_http_fetch *f); /* where it would lead, without `follow`; NULL */
/* Where in the whole the bytes that `data` brings begin: 0, or as far as an earlier part reached that the server has
 * continued (206). Known when `head` is called for the last hop. */
uint64_t twc_http_fetch_offset(const struct twc_http_fetch *f);
/* What was to be resumed was whole already (416): no data comes, and that is no failure. */
bool twc_http_fetch_had_all(const struct twc_http_fetch *f);
struct twc_str twc_http_fetch_method(const struct twc_http_fetch *f);
const char *twc_http_fetch_referer(const struct twc_http_fetch *f); /* as the latest request has it; NULL: none */
enum twc_http_phase { /* of the hop at hand, or that failed */
	TWC_HTTP_PHASE_RESOLVE = 0,
	TWC_HTTP_PHASE_CONNECT,
	TWC_HTTP_PHASE_TLS,
	TWC_HTTP_PHASE_SEND,
	TWC_HTTP_PHASE_WAIT,
	TWC_HTTP_PHASE_BODY,
	TWC_HTTP_PHASE_DONE,
};
enum twc_http_phase twc_http_fetch_phase(const struct twc_http_fetch *f);
const char *twc_http_phase_name(enum twc_http_phase p); /* "name lookup", "connecting"… */
struct twc_http_totals {
	unsigned redirects, retries, attempts, connects; /* connects: new connections */
	uint64_t received, sent;		/* of bodies, of the latest hop; as on the wire */
	uint64_t decoded;			/* given out */
	uint64_t heads_received, heads_sent;	/* of all hops of the latest attempt */
	uint64_t started_ns, redirected_ns, ended_ns; /* redirected_ns: what all hops before the last took */
};
void twc_http_fetch_totals(const struct twc_http_fetch *f, struct twc_http_totals *t);
const struct twc_http_times *twc_http_fetch_times(const struct twc_http_fetch *f); /* of the latest hop, also of one that failed */

#pragma GCC visibility pop
#endif
