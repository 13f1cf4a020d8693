/* SPDX-License-Identifier: MIT */
/*
 * A site: what a web server for files, tests and mocks answers, from strings as users write them. A site is a handler for
 * <twc/http_server.h>, made of routes, each with a handler of some kind, and of what holds for all: login, CORS, fields, health,
 * metrics, access logs.
 *
 *	struct twc_http_site *site = twc_http_site_new(r, &opts);
 *	twc_http_site_route(site, "GET /hello/<name> {delay=20ms}=text:hello {path.name}\n", &err);
 *	server = twc_http_server_new(r, twc_http_site_handler(site), &server_opts);
 */
#ifndef TWC_HTTP_SITE_H
#define TWC_HTTP_SITE_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>
#include <twc/http_server.h>
#include <twc/reactor.h>

#pragma GCC visibility push(default)

struct twc_http_site;

enum twc_http_duplicate { /* an upload whose name is taken */
	TWC_HTTP_DUPLICATE_ERROR = 0, /* 409 */
	TWC_HTTP_DUPLICATE_OVERWRITE,
	TWC_HTTP_DUPLICATE_RENAME, /* "name-1.txt" */
};

/* Zeroed members take the default. Strings are borrowed and outlive the site. */
struct twc_http_site_opts {
	/* files: of every files: handler */
	bool list;		   /* directories without an index are listed */
	const char *const *index;  /* names, NULL-terminated; NULL: index.html */
	bool hidden;		   /* names that begin with a dot are served, too (/.well-known/ always is) */
	bool follow_symlinks;	   /* also out of the directory */
	bool pretty_urls;	   /* /about is about.html */
	const char *spa;	   /* what browsers get in place of a page that is not there: "index.html"; NULL: 404 */
	const char *not_found;	   /* file for 404, relative to the directory */
	const char *cache;	   /* "1h", "no-store"; NULL: no Cache-Control */
	const char *const *mime;   /* "ext=type", NULL-terminated */
	const char *precompressed; /* "gz,br,zst": kept beside the file; NULL: none */
	bool gzip;		   /* texts of more than 1 KiB, as they are sent */
	/* uploads */
	const char *upload;	   /* directory; "": the served one; NULL: none */
	enum twc_http_duplicate duplicate;
	bool allow_delete;
	const char *upload_auth;   /* as `auth`, for writing; NULL: as for reading */
	/* all */
	uint64_t max_body;	   /* of an upload, a capture: 10 MiB */
	const char *auth;	   /* "user:password" or "@FILE" (a line each; also user:$5$… hashes); NULL: nobody is asked */
	const char *realm;	   /* "twc" */
	const char *cors;	   /* "*" or origins, separated by commas; NULL: none */
	const char *const *fields; /* "Name: value", NULL-terminated: added to each response */
	const char *health;	   /* path that answers 200 "ok" and asks for no login; NULL: none */
	const char *metrics;	   /* path with counters in Prometheus' text format; NULL: none */
	uint64_t seed;		   /* of what routes leave to chance; 0: a random one */
	unsigned max_exec;	   /* programs at once: 32; more wait */
	/* Lines for the user: what capture: and --json have to say, without newline. May be NULL. */
	void (*line)(void *arg, struct twc_str line);
	/* An exchange is over and has been counted: twc_http_site_requests and _satisfied may say something new. May be NULL. */
	void (*counted)(void *arg, struct twc_http_site *site);
	void *arg;
};
struct twc_http_site *twc_http_site_new(struct twc_reactor *r, const struct twc_http_site_opts *o, struct twc_err *err);
void twc_http_site_free(struct twc_http_site *s); /* after its server */
/*
 * "[METHOD ]PATTERN[ {key=value …}]=HANDLER[:ARG]". TWC_EUSAGE with err->column; TWC_ENOINPUT (a file or directory is
 * missing), as kinds have it. Relative paths are relative to `base` (NULL: the working directory).
 */
int twc_http_site_route(struct twc_http_site *s, const char *spec, const char *base, struct twc_err *err);
/* One a line, '#' comments; "FILE:LINE: cause" in *err. Paths in it are relative to the file. */
int twc_http_site_routes(struct twc_http_site *s, const char *file, struct twc_err *err);
/* DIR as the whole site: "/=files:DIR". */
int twc_http_site_files(struct twc_http_site *s, const char *dir, struct twc_err *err);
/* With `upload`: is there a route of files that they could come by? */
bool twc_http_site_takes_uploads(const struct twc_http_site *s);
/* "POST /hook": a request that has to come, "POST /hook=2": so often and not more often. Without a method: of any. TWC_EUSAGE
 * with err->column. */
int twc_http_site_require(struct twc_http_site *s, const char *spec, struct twc_err *err);
/* False with *err (TWC_ENO: "POST /hook came once, not 2 times") unless all that was required has come. */
bool twc_http_site_satisfied(const struct twc_http_site *s, struct twc_err *err);
uint64_t twc_http_site_requests(const struct twc_http_site *s); /* answered */
struct twc_http_handler twc_http_site_handler(struct twc_http_site *s);
/* Answers GET of any path with the counters that `metrics` of the options has at its own: for a server of which nothing is
 * counted. They begin at the first call, which is before twc_http_site_share. */
struct twc_http_handler twc_http_site_metrics(struct twc_http_site *s);
/* The server whose numbers metrics show; borrowed. */
void twc_http_site_set_server(struct twc_http_site *s, const struct twc_http_server *server);
/* To be told of each exchange that is over (`exchanged` of twc_http_server_ops): what is required and metrics count here. */
void twc_http_site_exchanged(struct twc_http_site *s, struct twc_http_exchange *x, const struct twc_err *err);
/* SIGHUP: files with logins are read again. On an error what could not be read stays as it was. */
int twc_http_site_reload(struct twc_http_site *s, struct twc_err *err);
bool twc_http_site_has_files(const struct twc_http_site *s); /* is there any to be read again? */
/* Before fork(2): `n` processes will have the site, and its metrics be those of all of them. 0 or TWC_EOS. */
int twc_http_site_share(struct twc_http_site *s, unsigned n, struct twc_err *err);
/* In a child: it is the index-th of them (from 0). The site's reactor has been renewed, and is freed before the site. */
void twc_http_site_join(struct twc_http_site *s, unsigned index);

/* ---- the kinds of handlers, for help and completion ---- */

struct twc_http_kind_info {
	const char *name;     /* "files" */
	const char *arg_name; /* "DIR"; NULL: none */
	const char *summary;  /* one help line */
};
const struct twc_http_kind_info *twc_http_kind(size_t i); /* from 0 on; NULL after the last */

/* ---- access logs ---- */

struct twc_http_log;
struct twc_http_log_opts {
	/* "common", "combined", "json", or a pattern of nginx's variables: "$remote_addr $status ${request_time}s".
	 * What a peer sent is made harmless in all of them. */
	const char *format;
	const char *path; /* the file that is appended to; NULL: `write` gets the lines. Borrowed */
	void (*write)(void *arg, const char *p, size_t n); /* whole lines, once a turn */
	void (*failed)(void *arg, const struct twc_err *err); /* lines are lost from now on; may be NULL */
	void *arg;
};
/* NULL with TWC_EUSAGE and err->column (in the format) for a variable that is not known, or TWC_ECANTCREAT. */
struct twc_http_log *twc_http_log_new(struct twc_reactor *r, const struct twc_http_log_opts *o, struct twc_err *err);
void twc_http_log_free(struct twc_http_log *l); /* after its reactor; writes what is left */
/* A line each; for the functions of struct twc_http_server_ops. */
void twc_http_log_exchanged(struct twc_http_log *l, struct twc_http_exchange *x, const struct twc_err *err);
void twc_http_log_refused(struct twc_http_log *l, struct twc_transport *t, int status, const struct twc_err *err);
void twc_http_log_flush(struct twc_http_log *l);
/* The file may have been moved: goes on in one of the old name. 0, or TWC_ECANTCREAT, and it goes on in the old file. */
int twc_http_log_reopen(struct twc_http_log *l, struct twc_err *err);

#pragma GCC visibility pop
#endif
