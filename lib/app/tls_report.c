/* SPDX-License-Identifier: MIT */
/*
 * What a TLS handshake came to, kept beyond its connection and said in lines: for -v, for checks, for whoever prints it in
 * a form of his own. Names are the peer's, and escaped by transport/tls_info.c.
 */
#include "app/tls_report.h"

#include <twc/log.h>

#include <stdio.h>
#include <time.h>

#include "base/banned.h"

#define DAY_S 86400
#define LINE_MAX_BYTES 2048

struct twc_tls_report *twc_tls_report_new(const struct twc_transport *t)
{
	struct twc_tls_report *x;
	struct twc_tls_info info;

	if (!twc_tls_info(t, &info))
		return NULL;
	x = twc_calloc(1, sizeof(*x));
	snprintf(x->version, sizeof(x->version), "%s", info.version);
	snprintf(x->cipher, sizeof(x->cipher), "%s", info.cipher);
	snprintf(x->group, sizeof(x->group), "%s", info.group);
	twc_escape(x->alpn, sizeof(x->alpn), twc_str_of(info.alpn));
	twc_escape(x->servername, sizeof(x->servername), twc_str_of(info.servername ? info.servername : ""));
	x->resumed = info.resumed;
	x->verified = info.verified;
	x->cert = twc_calloc(info.certs + 1, sizeof(*x->cert));
	while (x->n < info.certs && twc_tls_peer_cert(t, (unsigned)x->n, &x->cert[x->n]))
		x->n++;
	return x;
}

void twc_tls_report_free(struct twc_tls_report *x)
{
	if (!x)
		return;
	twc_free(x->cert);
	twc_free(x);
}

int64_t twc_tls_days_left(const struct twc_tls_cert *cert, int64_t now_s)
{
	int64_t left = cert->not_after - now_s;

	return left >= 0 ? left / DAY_S : -((-left + DAY_S - 1) / DAY_S);
}

static const char *format_time(int64_t at, char *buf, size_t cap)
{
	time_t seconds = (time_t)at;
	struct tm tm = { .tm_mday = 1 };

	gmtime_r(&seconds, &tm);
	if (!strftime(buf, cap, "%Y-%m-%d %H:%M:%S UTC", &tm))
		buf[0] = '\0';
	return buf;
}

/* "12 days left", "1 day left", "ended 3 days ago" */
static const char *format_left(const struct twc_tls_cert *cert, int64_t now_s, char *buf, size_t cap)
{
	int64_t days = twc_tls_days_left(cert, now_s), n = days < 0 ? -days : days;

	snprintf(buf, cap, "%s%lld day%s %s", days < 0 ? "ended " : "", (long long)n, n == 1 ? "" : "s",
		 days < 0 ? "ago" : "left");
	return buf;
}

int twc_tls_report_lasts(const struct twc_tls_report *x, unsigned min_days, int64_t now_s, struct twc_err *err)
{
	const struct twc_tls_cert *first = NULL;
	char when[40], left[40];
	size_t at = 0;

	for (size_t i = 0; i < x->n; i++) {
		if (first && x->cert[i].not_after >= first->not_after)
			continue;
		first = &x->cert[i];
		at = i;
	}
	if (!first || !min_days || first->not_after - now_s >= (int64_t)min_days * DAY_S)
		return 0;
	return twc_err_set(err, TWC_ENO, "certificate %zu of %zu (%.100s) ends %s: %s, %u wanted", at + 1, x->n, first->subject,
			   format_time(first->not_after, when, sizeof(when)),
			   format_left(first, now_s, left, sizeof(left)), min_days);
}

const char *twc_tls_report_summary(const struct twc_tls_report *x, char *buf, size_t cap)
{
	const char *trust = x->verified ? "verified" : x->n ? "not verified" : "no certificate shown";

	snprintf(buf, cap, "%s, %s, %s%s%s%s%s, %s, %s", x->version, x->cipher, x->group[0] ? x->group : "-",
		 x->alpn[0] ? ", ALPN " : "", x->alpn, x->servername[0] ? ", SNI " : "", x->servername,
		 x->resumed ? "resumed" : "not resumed", trust);
	return buf;
}

const char *twc_tls_report_cert(const struct twc_tls_report *x, size_t i, int64_t now_s, char *buf, size_t cap)
{
	const struct twc_tls_cert *cert = &x->cert[i];
	char when[40], left[40];

	snprintf(buf, cap, "certificate %zu of %zu: %s, issued by %s%s%.500s%s, ends %s (%s), %s%s%s", i + 1, x->n,
		 cert->subject[0] ? cert->subject : "-", cert->issuer[0] ? cert->issuer : "-",
		 cert->names[0] ? ", for " : "", cert->names, strlen(cert->names) > 500 ? "..." : "",
		 format_time(cert->not_after, when, sizeof(when)), format_left(cert, now_s, left, sizeof(left)), cert->key,
		 i == 0 ? ", pin=" : "", i == 0 ? cert->pin : "");
	return buf;
}

void twc__tls_report_log(const struct twc_tls_report *x, struct twc_reactor *r, const char *what)
{
	struct twc_log *log = twc_reactor_log(r);
	char line[LINE_MAX_BYTES];

	if (!x || !twc_log_is_on(log, TWC_LOG_app, TWC_LOG_INFO))
		return;
	twc_log(log, app, INFO, "%s %s", what, twc_tls_report_summary(x, line, sizeof(line)));
	for (size_t i = 0; i < x->n; i++)
		twc_log(log, app, INFO, "%s %s", what, twc_tls_report_cert(x, i, (int64_t)time(NULL), line, sizeof(line)));
}
