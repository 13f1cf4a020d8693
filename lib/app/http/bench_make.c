/* SPDX-License-Identifier: MIT */
/* A load, made: what does not fit together, where it leads, and what is not said. Nothing is dialled here. */
#include "app/http/bench_int.h"

#include "app/http/session.h"
#include "app/http/where.h"

#include <twc/parse.h>

#include "base/banned.h"

#define DEFAULT_CONNECTIONS 50
#define DEFAULT_NS (10 * TWC_NS_PER_S)
#define CAP_NS (60 * TWC_NS_PER_S) /* of a number of requests */

static bool is_ws(const struct twc_http_bench_opts *o)
{
	return twc_str_starts(o->url[0].scheme, "ws");
}

static int check(const struct twc_http_bench_opts *o, struct twc_err *err)
{
	for (size_t i = 1; i < o->n_urls; i++)
		if (!twc_url_same_origin(&o->url[0], &o->url[i]))
			return twc_err_set(err, TWC_EUSAGE, "the URLs of a load have one scheme, host and port; number %zu differs",
					   i + 1);
	if (is_ws(o) && o->version == 20)
		return twc_err_set(err, TWC_EUSAGE, "WebSocket is asked for with HTTP/1.1");
	if (is_ws(o) && o->method.n > 0 && !twc_str_is(o->method, "GET"))
		return twc_err_set(err, TWC_EUSAGE, "WebSocket is asked for with GET");
	if (o->version == 20 && o->no_keepalive)
		return twc_err_set(err, TWC_EUSAGE, "HTTP/2 keeps its connections");
	if (o->streams > TWC_HTTP_BENCH_STREAMS_MAX || o->connections > TWC_HTTP_BENCH_CONNECTIONS_MAX || o->workers > TWC_HTTP_BENCH_WORKERS_MAX ||
	    o->rate > TWC_HTTP_BENCH_RATE_MAX)
		return twc_err_set(err, TWC_EUSAGE, "too many connections, streams, workers or requests a second");
	return 0;
}

static void set_defaults(struct twc_http_bench_opts *o)
{
	if (o->connections == 0)
		o->connections = DEFAULT_CONNECTIONS;
	if (o->requests > 0 && o->connections > o->requests)
		o->connections = (unsigned)o->requests;
	if (o->workers == 0)
		o->workers = 1;
	if (o->workers > o->connections)
		o->workers = o->connections;
	if (o->streams == 0)
		o->streams = 1;
	if (o->timeout_ns == 0)
		o->timeout_ns = DEFAULT_NS;
	if (o->duration_ns == 0)
		o->duration_ns = o->requests > 0 ? CAP_NS : DEFAULT_NS;
}

/* Where --connect-to leads, as an endpoint; *out NULL: to where the URL says. */
static int elsewhere(const struct twc_http_bench_opts *o, char **out, struct twc_err *err)
{
	struct twc_http_session s = { 0 };
	struct twc__http_place place = { 0 };
	int rc = 0;

	for (size_t i = 0; o->connect_to && o->connect_to[i] && rc == 0; i++)
		rc = twc__http_connect_to_add(&s.connect_to, o->connect_to[i], err);
	if (rc == 0)
		twc__http_session_place(&s, &o->url[0], false, &place);
	if (place.is_moved) {
		char *host = twc_endpoint_quote(place.host ? twc_str_of(place.host) : o->url[0].dial);

		*out = twc_asprintf("tcp:%s:%u%s%s", host, (unsigned)place.port, o->keys && *o->keys ? ":" : "",
				    o->keys ? o->keys : "");
		twc_free(host);
	}
	twc__http_elsewheres_fini(&s.connect_to);
	return rc;
}

/* One version is what a load speaks, and so what it offers. */
static char *tls_keys(const struct twc_http_bench_opts *o)
{
	const char *alpn = o->version == 20 ? "h2" : "http/1.1", *tls = o->tls;

	if (tls && strstr(tls, "alpn="))
		return twc_strdup(tls);
	return twc_asprintf("%s%salpn=%s", tls ? tls : "", tls && *tls ? ":" : "", alpn);
}

static int endpoint_make(struct twc_http_bench *b, const struct twc_http_bench_opts *o, struct twc_err *err)
{
	char *moved = NULL, *where, *tls;
	int rc = o->via ? 0 : elsewhere(o, &moved, err);

	if (rc < 0)
		return rc;
	tls = tls_keys(o);
	where = twc__http_where(&o->url[0], moved ? moved : o->via, o->keys, tls);
	twc_free_secret(tls, strlen(tls));
	b->endpoint = twc_endpoint_parse(where, TWC_CONNECT, err);
	twc_free_secret(where, strlen(where));
	twc_free(moved);
	err->column = 0; /* it is none of what was typed */
	if (!b->endpoint)
		return err->code;
	if (o->ip_version)
		rc = twc_endpoint_restrict(b->endpoint, o->ip_version, err);
	if (rc == 0 && twc_endpoint_is_datagram(b->endpoint))
		rc = twc_err_set(err, TWC_EUSAGE, "datagrams carry no HTTP");
	return rc;
}

static void set_ws(struct twc_http_bench *b, const struct twc_http_bench_opts *o)
{
	b->message_type = o->message_type ? o->message_type : TWC_WS_TEXT;
	b->message_max = TWC_WS_MESSAGE_MAX;
	for (size_t i = 0; i < o->n_bodies; i++)
		if (o->body[i].n > b->message_max)
			b->message_max = o->body[i].n;
	b->subprotocols = o->subprotocols ? twc_strdup(o->subprotocols) : NULL;
}

static int bench_make(struct twc_http_bench *b, const struct twc_http_bench_opts *given, struct twc_err *err)
{
	int rc = check(&b->o, err);

	if (rc == 0)
		rc = endpoint_make(b, given, err);
	if (rc < 0)
		return rc;
	b->is_tls = twc_endpoint_is_tls(b->endpoint);
	b->is_tunnelled = twc_endpoint_is_tunnelled(b->endpoint);
	b->host = twc_str_dup(given->url[0].host);
	rc = twc__bench_requests_make(&b->requests, given, is_ws(given) ? b->key : NULL, err);
	if (rc == 0 && is_ws(given))
		set_ws(b, given);
	if (rc == 0 && given->version == 20)
		rc = twc__bench_h2_prepare(&b->requests, b->is_tls, err);
	if (rc < 0 || b->o.workers == 1)
		return rc;
	b->team = twc__bench_team_new(b, err);
	return b->team ? 0 : err->code;
}

struct twc_http_bench *twc_http_bench_new(struct twc_reactor *r, const struct twc_http_bench_opts *o, struct twc_err *err)
{
	struct twc_http_bench *b = twc_calloc(1, sizeof(*b));

	TWC_ASSERT(o->n_urls > 0 && o->ended);
	b->r = r;
	b->o = *o;
	set_defaults(&b->o);
	b->kind = is_ws(o) ? &twc__bench_ws : o->version == 20 ? &twc__bench_h2 : &twc__bench_h1;
	b->result = twc_calloc(1, sizeof(*b->result));
	twc__list_init(&b->idle);
	if (bench_make(b, o, err) == 0)
		return b;
	twc_http_bench_free(b);
	return NULL;
}

void twc_http_bench_free(struct twc_http_bench *b)
{
	if (b->team)
		twc__bench_team_free(b->team);
	twc_timer_stop(b->r, &b->finish);
	twc_endpoint_free(b->endpoint);
	twc__bench_requests_fini(&b->requests);
	twc_free(b->slot);
	twc_free(b->host);
	twc_free(b->subprotocols);
	twc_free(b->back);
	twc_free(b->result);
	twc_free(b);
}
