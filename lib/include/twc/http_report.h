/* SPDX-License-Identifier: MIT */
/*
 * What is told about a transfer: curl's -w, records in JSON, and archives (HAR 1.2). All of it is made of
 * facts, which are plain values, so that nothing here depends on how they came about; all of it is text in
 * buffers of the caller's.
 */
#ifndef TWC_HTTP_REPORT_H
#define TWC_HTTP_REPORT_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>
#include <twc/http_fetch.h>
#include <twc/http_message.h>
#include <twc/url.h>

#pragma GCC visibility push(default)

/* ---- facts ---- */

/* All borrowed. Zeroed members are unknown. */
struct twc_http_facts {
	const struct twc_url *url;           /* that was asked for */
	const struct twc_url *url_effective; /* of the last hop; NULL: url */
	const struct twc_url *redirect_url;  /* where it would have led */
	const char *url_text;                /* as it was typed */
	struct twc_str method;
	const struct twc_http_response *response; /* of the last hop; NULL: none came */
	struct twc_http_totals totals;
	struct twc_http_times times; /* of the last hop */
	const char *referer;
	const char *file;        /* where the body went; NULL: to no file */
	unsigned number;         /* of the transfer in the run, from 0 */
	unsigned connect_status; /* of the last answer to CONNECT; 0: none */
	bool proxy_used;
	const char *const *redirects; /* URLs it was led to, in this attempt */
	size_t n_redirects;
	const struct twc_http_fields *passed; /* of the responses before the last */
	size_t n_passed;
	const struct twc_err *err; /* NULL or err->code 0: none */
	int exit_status;           /* of this transfer; what follows %{onerror} is for those that are not 0 */
};
/* What the fetch knows: url_effective, redirect_url, method, response, totals, times. The rest stays. */
void twc_http_facts_of(struct twc_http_facts *x, const struct twc_http_fetch *f);

/* ---- -w: text with %{variables} ---- */

enum twc_http_writeout_to {
	TWC_HTTP_WRITEOUT_STDOUT = 0,
	TWC_HTTP_WRITEOUT_STDERR,
	TWC_HTTP_WRITEOUT_FILE,   /* %output{FILE}: anew */
	TWC_HTTP_WRITEOUT_APPEND, /* %output{>>FILE} */
};

#define TWC_HTTP_WRITEOUT_MAX (16U * 1024 * 1024) /* bytes between two changes of place */

/*
 * Writes `format` by calls of `put`, pieces in their order; `file` is NULL for the standard streams. %{name},
 * %header{name}, %output{file}, %%, \n \r \t and the names are curl's; a name that is unknown
 * is told by `unknown` (may be NULL) and leaves nothing, other escapes and a lone % stay as they are. Times
 * are seconds with six digits. 0, what `put` said, or TWC_ETOOLONG.
 */
struct twc_http_writeout_ops {
	int (*put)(void *arg, enum twc_http_writeout_to to, const char *file, struct twc_str text,
		   struct twc_err *err);
	void (*unknown)(void *arg, struct twc_str name);
	void *arg;
};
int twc_http_writeout(struct twc_str format, const struct twc_http_facts *x,
		      const struct twc_http_writeout_ops *ops, struct twc_err *err);

/* ---- records ---- */

/*
 * Appends one line of JSON, with its line feed: url method status http remote local attempt redirects bytes
 * us tls error. `attempt` counts from 1; what is unknown is null. Times are the lengths of the phases. 0,
 * TWC_ETOOLONG or TWC_ENOMEM.
 */
int twc_http_record_write(struct twc_buf *b, const struct twc_http_facts *x, unsigned attempt) TWC_MUST_CHECK;

/* ---- secrets ---- */

/*
 * A head as it is on the wire, but for the values of Authorization, Proxy-Authorization, Cookie, Set-Cookie,
 * X-Api-Key and X-Auth-Token, which become ***; the scheme of a login stays. Appends; 0 or what the buffer said.
 */
int twc_http_mask_head(struct twc_str head, struct twc_buf *out) TWC_MUST_CHECK;

/* ---- archives ---- */

struct twc_http_har_entry {
	const struct twc_http_facts *facts; /* of one hop: url_effective is what was asked */
	struct twc_str request_head;        /* as sent */
	struct twc_str request_body;        /* p NULL: none, or not kept */
	struct twc_str body;                /* p NULL: none, or not kept */
	int64_t started_us;                 /* since 1970 */
	bool show_secrets;
};
/* The text before the first entry, an entry (behind a comma unless it is the first), and the text behind the
 * last. */
int twc_http_har_begin(struct twc_buf *b) TWC_MUST_CHECK;
int twc_http_har_add(struct twc_buf *b, const struct twc_http_har_entry *e, bool is_first) TWC_MUST_CHECK;
int twc_http_har_end(struct twc_buf *b) TWC_MUST_CHECK;

#pragma GCC visibility pop
#endif
