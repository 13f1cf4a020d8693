/* SPDX-License-Identifier: MIT */
/* The access log as JSON: an object a line; what is not known is null. */
#include "app/http/access_log.h"

#include <twc/json.h>
#include <twc/tls.h>

#include "protocol/http/date.h"
#include "base/banned.h"

static struct twc_str field(const struct twc_http_request *q, const char *name)
{
	struct twc_str value = { NULL, 0 };

	if (q)
		(void)twc_http_fields_get(&q->fields, name, &value);
	return value;
}

static void put_request(struct twc_json *j, const struct twc__access_facts *a)
{
	static const struct twc_http_request none;
	const struct twc_http_request *q = a->x ? twc_http_request(a->x) : &none;
	char room[TWC__ACCESS_USER_MAX];

	twc_json_str(j, "user", twc__access_user(a->x, room));
	twc_json_str(j, "method", q->method);
	twc_json_str(j, "target", q->target);
	twc_json_text(j, "protocol", !a->x ? NULL : twc_http_version_name(q->version));
	twc_json_str(j, "host", q->authority);
	twc_json_str(j, "referer", field(a->x ? q : NULL, "Referer"));
	twc_json_str(j, "agent", field(a->x ? q : NULL, "User-Agent"));
	twc_json_uint(j, "request", q->number);
}

static void put_tls(struct twc_json *j, const struct twc_transport *t)
{
	struct twc_tls_info info;
	struct twc_tls_cert cert;

	if (!twc_tls_info(t, &info)) {
		twc_json_null(j, "tls");
		return;
	}
	twc_json_open(j, "tls", '{');
	twc_json_text(j, "version", info.version);
	twc_json_text(j, "cipher", info.cipher);
	twc_json_text(j, "servername", info.servername);
	twc_json_text(j, "client", twc_tls_peer_cert(t, 0, &cert) ? cert.subject : NULL);
	twc_json_close(j, '}');
}

int twc__access_json_put(const struct twc__access_facts *a, struct twc_buf *out)
{
	char time[TWC__HTTP_ISO_MAX], peer[TWC_ADDR_TEXT_MAX];
	struct twc_json j;

	twc_json_begin(&j, out);
	twc_json_str(&j, "time", (struct twc_str){ time, twc__http_iso_format(time, a->now_s, a->now_us, 6) });
	twc_json_text(&j, "remote", twc_transport_peer_text(a->t, peer, sizeof(peer)));
	twc_json_uint(&j, "connection", twc_transport_id(a->t));
	put_request(&j, a);
	if (a->status)
		twc_json_int(&j, "status", a->status);
	else
		twc_json_null(&j, "status");
	twc_json_uint(&j, "bytes", a->x ? twc_http_sent(a->x) : 0);
	twc_json_uint(&j, "us", a->us);
	put_tls(&j, a->t);
	twc_json_text(&j, "error", a->err->code ? a->err->text : NULL);
	twc_json_end(&j);
	return j.failed ? TWC_ETOOLONG : 0;
}
