/* SPDX-License-Identifier: MIT */
/*
 * What the files of twc http share: the params struct that its rows fill. A params struct is that of a group
 * (--next); what is said once for the run is marked, and stands in the params of the first group.
 */
#ifndef CMD_HTTP_OPTS_H
#define CMD_HTTP_OPTS_H

#include "cmd.h"
#include <twc/base.h>
#include <twc/err.h>

enum http_items { /* how items of data are sent */
	HTTP_ITEMS_JSON = 0,
	HTTP_ITEMS_FORM,
	HTTP_ITEMS_MULTIPART,
};

enum http_proto { /* of a URL without a scheme */
	HTTP_PROTO_HTTP = 0,
	HTTP_PROTO_HTTPS,
};

enum http_exit { /* whose numbers the status is */
	HTTP_EXIT_TWC = 0,
	HTTP_EXIT_CURL,	     /* of the first failure */
	HTTP_EXIT_CURL_LAST, /* of the last transfer, as curl has it */
};

enum http_color {
	HTTP_COLOR_AUTO = 0, /* on a terminal, unless NO_COLOR is set */
	HTTP_COLOR_ALWAYS,
	HTTP_COLOR_NEVER,
};

enum http_fail {
	HTTP_FAIL_NO = 0,
	HTTP_FAIL_EMPTY,     /* -f: no body */
	HTTP_FAIL_WITH_BODY,
};

enum http_cert {
	HTTP_CERT_PEM = 0,
	HTTP_CERT_P12,
};

struct http_params {
	/* request */
	const char *request;	    /* -X */
	bool head, get;		    /* -I -G */
	struct opt_list headers;    /* -H: "Name: value", "Name:", "Name;", "@FILE" */
	struct opt_list proxy_headers;
	const char *user_agent, *referer; /* -A -e */
	struct opt_list url_query;
	bool path_as_is;
	const char *request_target;
	bool glob, globoff;
	bool http10, http11, http2, http2_prior;
	bool alpn; /* true unless --no-alpn */
	const char *range;	    /* -r */
	const char *time_cond;	    /* -z */
	const char *etag_save, *etag_compare;
	int items;		    /* enum http_items */
	bool offline, print_curl;   /* run */
	/* body */
	struct opt_list data;	    /* -d, --data-raw, --data-binary, --data-urlencode, --json: opt tells which */
	struct opt_list form;	    /* -F, --form-string */
	bool form_escape;
	struct opt_list upload;	    /* -T: one per URL */
	uint64_t expect100_timeout; /* 0: the default */
	/* connection */
	const char *via, *unix_socket, *abstract_socket;
	struct opt_list connect_to;
	const char *proxy, *proxy_user, *noproxy; /* -x -U */
	bool proxytunnel;	    /* -p */
	int ip_version;		    /* -4 -6 */
	const char *interface, *local_port;
	/* TLS */
	bool insecure;		    /* -k */
	const char *cacert, *capath;
	const char *cert, *key, *pass; /* -E */
	bool proxy_insecure;	    /* and the same for a proxy that is https */
	const char *proxy_cacert, *proxy_capath, *proxy_cert, *proxy_key;
	int cert_type;		    /* enum http_cert */
	const char *pinned;
	int tls_min;		    /* 0, 12 or 13 */
	const char *tls_max, *ciphers, *tls13_ciphers, *curves, *sigalgs;
	bool tls_info;
	/* login and cookies */
	const char *user, *bearer;  /* -u */
	bool basic, digest, anyauth;
	bool netrc, netrc_optional; /* -n */
	const char *netrc_file;
	struct opt_list cookies;    /* -b: "a=b" or FILE */
	const char *cookie_jar;	    /* -c */
	bool junk_session_cookies;  /* -j */
	const char *public_suffixes;
	/* response */
	bool compressed, lenient;
	bool sse, sse_json;
	uint64_t count;		    /* of events; 0: no limit */
	/* redirects */
	bool location, location_trusted; /* -L */
	const char *max_redirs;
	bool post301, post302, post303, keep_method, allow_downgrade;
	const char *proto, *proto_redir;
	int proto_default; /* enum http_proto */
	/* retries */
	uint64_t retry, retry_delay, retry_max_time, retry_after_max;
	bool retry_connrefused, retry_all_errors;
	const char *retry_on;
	/* limits */
	uint64_t max_time, connect_timeout, first_byte_timeout; /* -m */
	uint64_t speed_time, speed_limit;   /* -y -Y */
	uint64_t max_filesize, limit_rate;
	/* several transfers: run */
	const char *rate;
	bool parallel, parallel_immediate; /* -Z */
	uint64_t parallel_max;
	/* output */
	struct opt_list output;	    /* -o: one per URL */
	unsigned remote_name;	    /* -O: so many further URLs have one from the URL */
	bool remote_name_all, remote_header_name; /* -J */
	const char *output_dir;
	bool create_dirs, skip_existing, remove_on_error, out_null;
	bool clobber;		    /* true unless --no-clobber */
	bool remote_time;	    /* -R */
	bool part;		    /* write to NAME.part first; true unless --no-part */
	const char *continue_at;    /* -C: "-" or an offset */
	const char *checksum;
	bool include;		    /* -i */
	const char *dump_header;    /* -D */
	const char *print;	    /* "HBhbm" */
	bool pretty;
	int color;		    /* enum http_color; run */
	bool unbuffered, buffer;    /* -N: accepted */
	const char *stderr_file; /* run */
	bool silent, show_error, progress_bar; /* -s -S -#; run */
	bool progress_meter;	    /* run: true unless --no-progress-meter */
	/* reports */
	const char *write_out;	    /* -w */
	const char *report, *har, *trace_ascii; /* run */
	bool trace_time, show_secrets; /* run */
	int exit_style;		    /* enum http_exit; run */
	/* assertions */
	int fail;		    /* enum http_fail: -f */
	bool fail_early;	    /* run */
	struct opt_list expect;
	uint64_t wait;		    /* run */
};

extern const struct twc_opt http_opts[];
extern const struct opt_slip http_slips[];
void http_init(void *params);
void http_fini(void *params);
int http_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);
/* The params of the run: those of the first group. */
static inline const struct http_params *http_run_params(const struct ctx *ctx) { return ctx->group[0].params; }

#endif
