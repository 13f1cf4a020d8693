/* SPDX-License-Identifier: MIT */
/* What a TLS handshake and the certificates of a peer say, as JSON; for every command that tells of them. */
#include "tls_json.h"
#include <time.h>

/* RFC 3339 */
static void put_time(struct twc_json *j, const char *key, int64_t at)
{
	time_t seconds = (time_t)at;
	struct tm tm = { .tm_mday = 1 };
	char text[40];

	gmtime_r(&seconds, &tm);
	text[strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm)] = '\0';
	twc_json_str(j, key, twc_str_of(text));
}

static struct twc_str or_null(const char *text)
{
	return text[0] ? twc_str_of(text) : (struct twc_str){ NULL, 0 };
}

/* "one.test, 127.0.0.1", cut with "..." */
static void put_names(struct twc_json *j, const char *names)
{
	struct twc_str rest = twc_str_of(names), name;

	twc_json_open(j, "names", '[');
	while (names[0] && twc_str_cut(&rest, ',', &name)) {
		name = twc_str_trim(name);
		if (!twc_str_is(name, "..."))
			twc_json_str(j, NULL, name);
	}
	twc_json_close(j, ']');
}

static void put_cert(struct twc_json *j, const struct twc_tls_cert *cert)
{
	twc_json_open(j, NULL, '{');
	twc_json_str(j, "subject", twc_str_of(cert->subject));
	twc_json_str(j, "issuer", twc_str_of(cert->issuer));
	put_names(j, cert->names);
	put_time(j, "not_before", cert->not_before);
	put_time(j, "not_after", cert->not_after);
	twc_json_int(j, "days_left", twc_tls_days_left(cert, (int64_t)time(NULL)));
	twc_json_str(j, "key", twc_str_of(cert->key));
	twc_json_str(j, "pin", twc_str_of(cert->pin));
	twc_json_close(j, '}');
}

void tls_json_put(struct twc_json *j, const char *key, const struct twc_tls_report *tls)
{
	twc_json_open(j, key, '{');
	twc_json_str(j, "version", twc_str_of(tls->version));
	twc_json_str(j, "cipher", twc_str_of(tls->cipher));
	twc_json_str(j, "group", or_null(tls->group));
	twc_json_str(j, "alpn", or_null(tls->alpn));
	twc_json_bool(j, "resumed", tls->resumed);
	twc_json_bool(j, "verified", tls->verified);
	twc_json_open(j, "chain", '[');
	for (size_t i = 0; i < tls->n; i++)
		put_cert(j, &tls->cert[i]);
	twc_json_close(j, ']');
	twc_json_close(j, '}');
}
