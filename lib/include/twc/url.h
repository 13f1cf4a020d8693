/* SPDX-License-Identifier: MIT */
/*
 * URLs of http, https, ws and wss (RFC 3986, read as curl and browsers do where they agree), and the coding of what
 * stands in them. A URL is a value: parsed, it is checked and in normal form, and every writer below gives bytes that
 * are fit for the wire. Pure: no I/O and no clock.
 *
 *	http://user:pw@Example.COM:8080/a/./b?x=1#top
 *	scheme "http", user "user", password "pw", host "example.com", port 8080, path "/a/b", query "x=1", fragment "top"
 */
#ifndef TWC_URL_H
#define TWC_URL_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#pragma GCC visibility push(default)

#define TWC_URL_MAX 65536 /* bytes of a URL, as it is read and as it is written */

enum twc_url_host {
	TWC_URL_NAME = 0,
	TWC_URL_IPV4, /* host is in the form a.b.c.d, however it was written (0x7f.1) */
	TWC_URL_IPV6, /* host is without brackets and zone */
};

/* Every string ends in a NUL that is not counted, and its p is never NULL in a URL that was parsed. */
struct twc_url {
	struct twc_str scheme;	 /* "http", "https", "ws" or "wss" */
	struct twc_str userinfo; /* as it was written; may hold a secret */
	struct twc_str user, password; /* decoded; without control characters */
	struct twc_str host;	 /* lower case; an international name in its xn-- form */
	struct twc_str zone;	 /* of an IPv6 address: "eth0"; empty: none. Never sent */
	struct twc_str dial;	 /* host, with %zone if there is one: what twc_dial_opts.host wants */
	struct twc_str path;	 /* begins with '/', never empty; still encoded */
	struct twc_str query;	 /* without '?'; still encoded */
	struct twc_str fragment; /* without '#'; still encoded. Never sent */
	enum twc_url_host kind;
	uint16_t port; /* 0 without has_port: the scheme's; twc_url_port() tells which */
	bool has_port, has_userinfo, has_password, has_query, has_fragment; /* "http://h/?" has a query, an empty one */
	char *mem;     /* owned: all of the strings; private */
	size_t mem_len;
};

enum {
	TWC_URL_PEER = 1, /* a peer sent it: the scheme must be there, a blank is encoded, errors are TWC_EPROTO */
	TWC_URL_WEBSOCKET = 2,	/* ws and wss, too */
	TWC_URL_PATH_AS_IS = 4, /* /a/../b stays what it is */
	TWC_URL_MASK = 8,	/* writing: the password is *** */
	TWC_URL_NO_FRAGMENT = 16, /* writing */
};

/*
 * Reads all of `s`. What a user types may lack the scheme (http then), or be ":8080/x" for localhost. Blanks, control
 * characters and backslashes (before the query) are refused; bytes above 127 are UTF-8 in a host (IDNA, UTS 46) and
 * percent-encoded elsewhere; "%zz" stays. 0; else TWC_EUSAGE with err->column; with TWC_URL_PEER TWC_EPROTO, and
 * TWC_ETOOLONG; TWC_ENOMEM. *out is filled only on success; free it with twc_url_fini.
 */
int twc_url_parse(struct twc_str s, unsigned flags, struct twc_url *out, struct twc_err *err) TWC_MUST_CHECK;
/*
 * Where `ref` leads from `base` (RFC 3986, 5.2): the value of a Location, a link of a page. No fragment in `ref`, no
 * fragment in *out. User and password of `base` stay when `ref` names no host. `flags`, and errors, as above;
 * TWC_URL_WEBSOCKET must be given again. out may not be base.
 */
int twc_url_resolve(const struct twc_url *base, struct twc_str ref, unsigned flags, struct twc_url *out,
		    struct twc_err *err) TWC_MUST_CHECK;
int twc_url_copy(const struct twc_url *u, struct twc_url *out, struct twc_err *err) TWC_MUST_CHECK; /* TWC_ENOMEM */
void twc_url_fini(struct twc_url *u); /* overwrites, frees and zeroes; a zeroed one is fine */
/*
 * Adds to the query, behind a '&' when it is not empty: "a=b" as it is, but for blanks, control characters, '#' and
 * bytes above 127, which are percent-encoded. 0, TWC_EUSAGE (too long), TWC_ENOMEM; then *u is as it was.
 */
int twc_url_add_query(struct twc_url *u, struct twc_str more, struct twc_err *err) TWC_MUST_CHECK;

/* ---- asking ---- */

uint16_t twc_url_default_port(struct twc_str scheme); /* 80 or 443; 0 for schemes that are none of ours */
uint16_t twc_url_port(const struct twc_url *u);	      /* the one to connect to */
bool twc_url_is_secure(const struct twc_url *u);      /* https, wss */
/* The same scheme, host and port: who may see what was meant for the other (RFC 6454). */
bool twc_url_same_origin(const struct twc_url *a, const struct twc_url *b);

/* ---- writing: appends to `out`; 0, TWC_ETOOLONG (out's maximum) or TWC_ENOMEM ---- */

int twc_url_write_origin(const struct twc_url *u, struct twc_buf *out) TWC_MUST_CHECK; /* "http://h:8080"; no default port */
int twc_url_write_host(const struct twc_url *u, struct twc_buf *out) TWC_MUST_CHECK; /* value of Host: "h:8080", "[::1]" */
/* For CONNECT: "h:80", always with a port. */
int twc_url_write_authority(const struct twc_url *u, struct twc_buf *out) TWC_MUST_CHECK;
int twc_url_write_target(const struct twc_url *u, struct twc_buf *out) TWC_MUST_CHECK; /* origin-form: "/a?b" */
int twc_url_write_absolute(const struct twc_url *u, struct twc_buf *out) TWC_MUST_CHECK; /* absolute-form: "http://h/a?b" */
/* All of it, so that twc_url_parse reads the same. Flags: TWC_URL_MASK, TWC_URL_NO_FRAGMENT. */
int twc_url_write(const struct twc_url *u, unsigned flags, struct twc_buf *out) TWC_MUST_CHECK;
/* The same as a string of its own; caller frees with twc_free. */
char *twc_url_text(const struct twc_url *u, unsigned flags);

/* ---- percent-encoding ---- */

/* All but the unreserved A-Z a-z 0-9 - . _ ~ becomes %XX. */
int twc_url_encode(struct twc_str s, struct twc_buf *out) TWC_MUST_CHECK;
/* %XX becomes its byte (a NUL, too); a % before anything else stays. */
int twc_url_decode(struct twc_str s, struct twc_buf *out) TWC_MUST_CHECK;

/* ---- application/x-www-form-urlencoded: queries and bodies of forms ---- */

/*
 * Cuts the next pair off *rest; both parts are still encoded. Empty pairs are passed over. *value has p == NULL when
 * there is no '='. False when nothing is left.
 */
bool twc_form_next(struct twc_str *rest, struct twc_str *name, struct twc_str *value);
/* As twc_url_decode, and '+' is a blank. */
int twc_form_decode(struct twc_str s, struct twc_buf *out) TWC_MUST_CHECK;
/* Appends the value of the first pair called `name` (decoded), itself decoded. 1 found, 0 not there, else TWC_ETOOLONG
 * or TWC_ENOMEM. */
int twc_form_find(struct twc_str form, struct twc_str name, struct twc_buf *out) TWC_MUST_CHECK;
/* Appends "name=value", behind a '&' unless `out` is empty; a blank becomes '+'. value.p NULL: the name alone. */
int twc_form_add(struct twc_buf *out, struct twc_str name, struct twc_str value) TWC_MUST_CHECK;

#pragma GCC visibility pop
#endif
