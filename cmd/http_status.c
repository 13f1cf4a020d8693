/* SPDX-License-Identifier: MIT */
/* Failures in the numbers of curl (--exit=curl), for scripts that know them by heart. */
#include "http_run.h"
#include <string.h>

enum curl_number {
	CURL_OK = 0,
	CURL_NO_SCHEME = 1,
	CURL_BAD_USE = 2,
	CURL_NO_PROXY = 5,
	CURL_NO_HOST = 6,
	CURL_NO_CONNECT = 7,
	CURL_BAD_REPLY = 8,
	CURL_HTTP2 = 16,
	CURL_PARTIAL = 18,
	CURL_HTTP_ERROR = 22,
	CURL_WRITE = 23,
	CURL_READ = 26,
	CURL_MEMORY = 27,
	CURL_TIMEOUT = 28,
	CURL_RANGE = 33,
	CURL_TLS = 35,
	CURL_INTERFACE = 45,
	CURL_REDIRECTS = 47,
	CURL_EMPTY = 52,
	CURL_SEND = 55,
	CURL_RECEIVE = 56,
	CURL_CERTIFICATE = 58,
	CURL_CIPHER = 59,
	CURL_UNTRUSTED = 60,
	CURL_CODING = 61,
	CURL_SIZE = 63,
	CURL_LOGIN = 67,
	CURL_CA_FILE = 77,
	CURL_PIN = 90,
	CURL_HTTP2_STREAM = 92,
	CURL_CHECKSUM = 114, /* curl has none; above all of its numbers */
};

/* curl tells more kinds apart than there are codes; what was told does, too. */
static const struct {
	const char *text;
	int number;
} known[] = {
	{ "--cacert: ", CURL_CA_FILE },
	{ "--cert: ", CURL_CERTIFICATE },
	{ "--key: ", CURL_CERTIFICATE },
	{ "--ciphers: ", CURL_CIPHER },
	{ "HTTP/2 connection: ", CURL_HTTP2 },
	{ "HTTP/2 stream: ", CURL_HTTP2_STREAM },
	{ "the peer's key is not the pinned one", CURL_PIN },
	{ "is not supported", CURL_NO_SCHEME }, /* of a URL */
	{ "which --proto-redir does not have", CURL_NO_SCHEME },
	{ "no such interface", CURL_INTERFACE },
	{ "the body is no valid ", CURL_CODING },
	{ "the body ends in the middle of its ", CURL_CODING },
	{ "unknown content coding", CURL_CODING },
	{ "content codings", CURL_CODING },
	{ "is no name for a file here", CURL_WRITE },
};

static int by_text(const struct http_failure *f)
{
	for (size_t i = 0; f->err.code && i < TWC_ARRAY_LEN(known); i++)
		if (strstr(f->err.text, known[i].text))
			return known[i].number;
	return CURL_OK;
}

/* The connection broke, or was not what it should be. */
static int broken(const struct http_failure *f)
{
	bool is_short = f->err.code == TWC_ETRUNC, is_wrong = f->err.code == TWC_EPROTO;

	switch (f->phase) {
	case TWC_HTTP_PHASE_RESOLVE:
	case TWC_HTTP_PHASE_CONNECT:
		return CURL_NO_CONNECT;
	case TWC_HTTP_PHASE_TLS:
		return CURL_TLS;
	case TWC_HTTP_PHASE_SEND:
		return CURL_SEND;
	case TWC_HTTP_PHASE_WAIT:
		return is_short ? CURL_EMPTY : is_wrong ? CURL_BAD_REPLY : CURL_RECEIVE;
	default:
		return is_short ? CURL_PARTIAL : CURL_RECEIVE;
	}
}

int http_status_curl(const struct http_failure *f)
{
	int number = by_text(f);

	if (number)
		return number;
	if (f->is_redirect)
		return CURL_REDIRECTS;
	if (f->is_range)
		return CURL_RANGE;
	if (f->is_size)
		return CURL_SIZE;
	if (f->is_checksum)
		return CURL_CHECKSUM;
	switch (f->err.code) {
	case 0:
		return CURL_OK;
	case TWC_ENO:
		return CURL_HTTP_ERROR;
	case TWC_EUSAGE:
		return CURL_BAD_USE;
	case TWC_ENONAME:
	case TWC_ERESOLVE:
		return f->is_proxy ? CURL_NO_PROXY : CURL_NO_HOST;
	case TWC_EREFUSED:
	case TWC_EUNREACH:
	case TWC_ENOSOCK:
	case TWC_EREJECTED:
		return CURL_NO_CONNECT;
	case TWC_ETIMEDOUT:
	case TWC_EIDLE:
	case TWC_ETEMPFAIL:
		return CURL_TIMEOUT;
	case TWC_EUNTRUSTED:
		return CURL_UNTRUSTED;
	case TWC_EACCESS:
		return f->phase == TWC_HTTP_PHASE_TLS ? CURL_TLS : CURL_LOGIN;
	case TWC_ENOMEM:
	case TWC_ELIMIT:
	case TWC_EOS:
		return CURL_MEMORY;
	case TWC_ENOINPUT:
		return f->phase == TWC_HTTP_PHASE_TLS || f->phase == TWC_HTTP_PHASE_CONNECT ? CURL_CERTIFICATE : CURL_READ;
	case TWC_ECANTBIND:
		return CURL_INTERFACE;
	case TWC_EIO:
	case TWC_ECANTCREAT:
	case TWC_EPIPEOUT:
		return CURL_WRITE;
	default:
		return broken(f);
	}
}

int http_status_usage(const void *params)
{
	const struct http_params *p = params;

	return p->exit_style == HTTP_EXIT_TWC ? twc_err_exit(TWC_EUSAGE) : CURL_BAD_USE;
}

int http_status_curl_of(int status)
{
	return status == twc_err_exit(TWC_ENOINPUT) ? CURL_READ : CURL_BAD_USE;
}
