/* SPDX-License-Identifier: MIT */
/*
 * A fetch from within: what the files fetch*.c share. fetch.c has its life and its clocks; fetch_hop.c one request and what its
 * response leads to; the others answer one question each, and most of what they do is pure.
 */
#ifndef TWC_APP_HTTP_FETCH_INT_H
#define TWC_APP_HTTP_FETCH_INT_H

#include "app/http/session.h"
#include "protocol/http/coding.h"
#include "protocol/http/digest_auth.h"

#include <twc/transport.h>

/* What a response leads to. */
enum twc__http_next {
	TWC__HTTP_FINAL = 0,
	TWC__HTTP_REDIRECT,
	TWC__HTTP_LOGIN, /* the same once more, with credentials */
	TWC__HTTP_PLAIN, /* the same once more, without Expect */
	TWC__HTTP_RETRY, /* the same later */
};

/* Where a hop goes, and what a proxy wants to know. */
struct twc__http_way {
	char *via;	/* owned; NULL: where the URL says */
	bool absolute;	/* to a proxy that is told the whole URL */
	char *user, *password; /* owned: of such a proxy; NULL: none */
};

struct twc_http_fetch {
	struct twc_http_session *s;
	struct twc_reactor *r;
	struct twc_http_fetch_opts o;

	/* the request at hand */
	struct twc_url url;	   /* owned */
	struct twc_url redirect;   /* owned: where it would lead; has none with scheme.n 0 */
	struct twc_str method;
	char *referer;		   /* owned; NULL: none */
	bool has_body, drops_content; /* a redirect has made a GET of what had a body */
	bool is_foreign;	   /* not the origin it was meant for: no credentials */
	bool no_expect;
	bool is_by_proxy;	   /* which is told the whole URL, and is who we are connected to */
	uint64_t resume_from;
	char *validator;	   /* owned; of what was given out, for If-Range; NULL: none */

	/* credentials */
	char *user, *password;	   /* owned: for the origin at hand; NULL: none */
	struct twc__http_digest *digest;
	unsigned picked, sent;	   /* TWC__HTTP_AUTH_: by challenge; with the last request */
	bool is_stale_tried;

	/* the hop */
	struct twc_deferred *asking; /* held; NULL: no head is awaited */
	struct twc_http_response *res; /* of the latest; NULL: none yet */
	struct twc_http_times times; /* of a hop without a response */
	struct twc_transport *wire;  /* referenced */
	uint64_t wire_from;	     /* bytes out before the request's body */
	enum twc__http_next next;
	bool is_reading, is_over;    /* the body is awaited; the hop has ended */
	bool has_source_begun;
	uint64_t drained;
	uint64_t given;		     /* of this hop */
	uint64_t offset;
	bool had_all;
	struct twc__http_decoder *decoder;
	struct twc_buf kept;	     /* came while the receiver was paused in the middle of decoding */
	bool is_res_paused, is_decoding;
	unsigned pauses;
	uint64_t hop_began_ns;

	/* the whole */
	struct twc_http_totals totals;
	uint64_t retry_began_ns;
	struct twc_err err;	     /* to be told */
	unsigned depth;		     /* calls into us on the stack: it is freed when the last returns */
	bool is_finished, is_told, is_freed, is_breaking;
	struct twc_timer kick, wait, limit, connect, tick;
	uint64_t tick_bytes, slow_ns;
};

/* ---- fetch.c ---- */

void twc__http_fetch_enter(struct twc_http_fetch *f);
/* Tells the end if there is one, and frees what is to be freed: `f` may be gone. */
void twc__http_fetch_leave(struct twc_http_fetch *f);
/* Nothing more is to be done: it has been freed or stopped from a callback, or has ended. */
bool twc__http_fetch_is_over(const struct twc_http_fetch *f);
void twc__http_fetch_finish(struct twc_http_fetch *f, const struct twc_err *err);
void twc__http_fetch_note(struct twc_http_fetch *f, const char *fmt, ...) TWC_PRINTF(2, 3);
/* Clocks: a connection is wanted; it is there. */
void twc__http_fetch_await(struct twc_http_fetch *f);
void twc__http_fetch_watch(struct twc_http_fetch *f);
void twc__http_fetch_stop_clocks(struct twc_http_fetch *f); /* all timers */
void twc__http_fetch_attempt(struct twc_http_fetch *f); /* from the first URL on */

/* ---- fetch_hop.c ---- */

void twc__http_hop_begin(struct twc_http_fetch *f);
/* Breaks off what is under way; no callback comes of it. */
void twc__http_hop_break(struct twc_http_fetch *f);
/* It has failed: tells so, and tries again or finishes. */
void twc__http_hop_fail(struct twc_http_fetch *f, const struct twc_err *err);
void twc__http_hop_next(struct twc_http_fetch *f); /* its response is whole, or nobody needs the rest */
void twc__http_hop_forget(struct twc_http_fetch *f); /* what is kept of the latest */

/* ---- fetch_body.c ---- */

#define TWC__HTTP_KEPT_MAX (1024 * 1024) /* at most one read of the transport is kept */
/* Content codings to be undone: TWC_EPROTO for an unknown one. */
int twc__http_body_prepare(struct twc_http_fetch *f, struct twc_err *err);
void twc__http_body_receive(struct twc_http_fetch *f);
void twc__http_body_fail(struct twc_http_fetch *f, const struct twc_err *err);
void twc__http_body_go_on(struct twc_http_fetch *f); /* no longer paused */

/* ---- fetch_request.c ---- */

/* Appends the fields of the request at hand. TWC_EUSAGE, TWC_ETOOLONG… */
int twc__http_request_fields(struct twc_http_fetch *f, const struct twc__http_way *way, struct twc_http_fields *out,
			     struct twc_err *err);
bool twc__http_fetch_removes(const struct twc_http_fetch *f, const char *name);
/* The user's own field of the name, as far as it may be sent. */
bool twc__http_fetch_has_own(const struct twc_http_fetch *f, const char *name);
/* Whose cookies go with the request and come with its response: of the host that the user's own Host field names, else of the
 * URL's. Borrowed. */
struct twc__http_jar_site twc__http_fetch_site(const struct twc_http_fetch *f);

/* ---- fetch_redirect.c ---- */

bool twc__http_is_redirect(int status);
/* Pure: the method after a response of `status` to one with `method`; *drops_body: the body does not go with it. */
struct twc_str twc__http_redirect_method(int status, struct twc_str method, bool is_custom, unsigned keep, bool *drops_body);
/* Reads Location into f->redirect: 1 it leads on, 0 it does not, else TWC_EPROTO, TWC_EACCESS. */
int twc__http_redirect_look(struct twc_http_fetch *f, struct twc_err *err);
/* The request at hand becomes the one it leads to. */
void twc__http_redirect_follow(struct twc_http_fetch *f);

/* ---- fetch_auth.c ---- */

/* Whose credentials go to the origin at hand. TWC_EDATA of a netrc file. */
int twc__http_auth_prepare(struct twc_http_fetch *f, struct twc_err *err);
/* Appends the value of Authorization; nothing when there is none to be sent. */
int twc__http_auth_value(struct twc_http_fetch *f, struct twc_str target, struct twc_buf *out, struct twc_err *err);
/* A 401: can it be answered? */
bool twc__http_auth_can_answer(struct twc_http_fetch *f);
void twc__http_auth_learn(struct twc_http_fetch *f); /* from any response */
void twc__http_auth_forget(struct twc_http_fetch *f); /* another origin */

/* ---- fetch_proxy.c ---- */

int twc__http_way_find(const struct twc_http_fetch *f, struct twc__http_way *way, struct twc_err *err);
void twc__http_way_fini(struct twc__http_way *way);

/* ---- fetch_retry.c ---- */

/* Pure. */
bool twc__http_retry_has_status(const char *list, int status); /* NULL: the default */
bool twc__http_retry_has_error(int code, bool refused, bool all);
bool twc__http_retry_after(struct twc_str value, int64_t now, uint64_t *ns);
/* Is another attempt due after this error (code 0: the response at hand), and when? */
bool twc__http_retry_is_due(const struct twc_http_fetch *f, const struct twc_err *err, uint64_t *delay_ns);
void twc__http_retry_wait(struct twc_http_fetch *f, const struct twc_err *err, uint64_t delay_ns);

/* ---- fetch_check.c ---- */

/* The head of a final response against what was asked for: TWC_EPROTO (another part), TWC_ETOOLONG. */
int twc__http_check_head(struct twc_http_fetch *f, struct twc_err *err);

#endif
