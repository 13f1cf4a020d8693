/* SPDX-License-Identifier: MIT */
/*
 * Counters of a site in Prometheus' text format. Several processes share a table with a row for each: a process counts for itself,
 * writes its row once a second, and whoever is asked adds the rows up. What a process had counted stays in its row when
 * it dies, and the next one goes on from there. They are told at a path of the site, and by a handler for a server of its own.
 */
#include "app/http/site.h"

#include <errno.h>
#include <sys/mman.h>

#include <twc/parse.h>

#include "base/banned.h"

#define TEXT_MAX (64 * 1024)
#define TYPE "text/plain; version=0.0.4; charset=utf-8"
#define PUBLISH_NS TWC_NS_PER_S

enum {
	OPEN = 0, /* gauges: a new process begins with none of what was in its row */
	ACTIVE,
	GAUGES,
	CONNECTIONS = GAUGES,
	RECEIVED,
	SENT,
	REFUSED,
	CLASS, /* of status: 1xx to 5xx */
	BROKEN = CLASS + 5, /* without an answer, or with a part of it */
	BODY,
	MICROSECONDS,
	BUCKET, /* one for each limit below, and one above them */
	BUCKETS = 12,
	NUMBERS = BUCKET + BUCKETS + 1,
};

static const struct {
	uint64_t us;
	const char *le;
} buckets[BUCKETS] = {
	{ 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" },   { 10000, "0.01" }, { 25000, "0.025" },   { 50000, "0.05" },
	{ 100000, "0.1" }, { 250000, "0.25" }, { 500000, "0.5" },   { 1000000, "1" },  { 2500000, "2.5" },   { 10000000, "10" },
};

struct metrics {
	struct twc_http_site *site; /* borrowed */
	uint64_t own[NUMBERS];	    /* what was counted here, and by those before in our row; the server's numbers are not in it */
	uint64_t (*row)[NUMBERS];   /* shared; NULL: there is one process */
	unsigned n, index;
	struct twc_timer timer;
};

/* ---- counting ---- */

static void metrics_exchanged(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct metrics *m = arg;
	uint64_t us = (twc_reactor_clock(m->site->r) - twc_http_request(x)->started_ns) / TWC_NS_PER_US;
	int class = twc_http_status(x) / 100;
	unsigned i = 0;

	m->own[BODY] += twc_http_sent(x);
	if (err->code)
		m->own[BROKEN]++;
	else if (class >= 1 && class <= 5)
		m->own[CLASS + class - 1]++;
	m->own[MICROSECONDS] += us;
	while (i < BUCKETS && us > buckets[i].us)
		i++;
	m->own[BUCKET + i]++;
}

/* All that this process knows. */
static void count(const struct metrics *m, uint64_t now[NUMBERS])
{
	struct twc_http_server_stats st = { 0 };

	if (m->site->server)
		twc_http_server_stats(m->site->server, &st);
	memcpy(now, m->own, sizeof(m->own));
	now[OPEN] = st.open;
	now[ACTIVE] = st.active;
	now[CONNECTIONS] += st.connections;
	now[RECEIVED] += st.bytes_in;
	now[SENT] += st.bytes_out;
	now[REFUSED] += st.refused;
}

static void publish(const struct metrics *m)
{
	uint64_t now[NUMBERS];

	count(m, now);
	for (unsigned i = 0; i < NUMBERS; i++)
		__atomic_store_n(&m->row[m->index][i], now[i], __ATOMIC_RELAXED);
}

static void on_publish(struct twc_timer *t, void *arg)
{
	(void)t;
	publish(arg);
}

static void add_up(const struct metrics *m, uint64_t sum[NUMBERS])
{
	count(m, sum);
	for (unsigned k = 0; m->row && k < m->n; k++)
		for (unsigned i = 0; k != m->index && i < NUMBERS; i++)
			sum[i] += __atomic_load_n(&m->row[k][i], __ATOMIC_RELAXED);
}

/* ---- telling ---- */

static int put(struct twc_buf *b, const char *name, const char *type, const char *help, uint64_t value)
{
	return twc_buf_addf(b, "# HELP twc_http_%s %s\n# TYPE twc_http_%s %s\ntwc_http_%s %llu\n", name, help, name, type, name,
			    (unsigned long long)value);
}

static int put_classes(struct twc_buf *b, const uint64_t *sum)
{
	int rc = twc_buf_addf(b, "# HELP twc_http_responses_total Responses that were sent whole, by class of status.\n"
				 "# TYPE twc_http_responses_total counter\n");

	for (unsigned i = 0; i < 5 && !rc; i++)
		rc = twc_buf_addf(b, "twc_http_responses_total{class=\"%uxx\"} %llu\n", i + 1, (unsigned long long)sum[CLASS + i]);
	return rc;
}

static int put_durations(struct twc_buf *b, const uint64_t *sum)
{
	uint64_t total = 0;
	int rc = twc_buf_addf(b, "# HELP twc_http_request_duration_seconds "
				 "From the first byte of a request to the last of its response.\n"
				 "# TYPE twc_http_request_duration_seconds histogram\n");

	for (unsigned i = 0; i <= BUCKETS && !rc; i++) {
		total += sum[BUCKET + i];
		rc = twc_buf_addf(b, "twc_http_request_duration_seconds_bucket{le=\"%s\"} %llu\n",
				  i < BUCKETS ? buckets[i].le : "+Inf", (unsigned long long)total);
	}
	if (rc)
		return rc;
	return twc_buf_addf(b, "twc_http_request_duration_seconds_sum %llu.%06llu\ntwc_http_request_duration_seconds_count %llu\n",
			    (unsigned long long)(sum[MICROSECONDS] / 1000000), (unsigned long long)(sum[MICROSECONDS] % 1000000),
			    (unsigned long long)total);
}

static int put_all(struct twc_buf *b, const uint64_t *sum)
{
	static const struct {
		unsigned number;
		const char *name, *type, *help;
	} simple[] = {
		{ OPEN, "connections_open", "gauge", "Connections now." },
		{ ACTIVE, "requests_active", "gauge", "Requests that are being answered." },
		{ CONNECTIONS, "connections_total", "counter", "Connections that were accepted." },
		{ RECEIVED, "received_bytes_total", "counter", "Bytes received." },
		{ SENT, "sent_bytes_total", "counter", "Bytes sent." },
		{ BODY, "response_body_bytes_total", "counter", "Bytes of bodies of responses." },
		{ REFUSED, "refused_total", "counter", "What was no request, and refused." },
		{ BROKEN, "broken_total", "counter", "Responses that did not reach their client as a whole." },
	};
	int rc = 0;

	for (size_t i = 0; i < TWC_ARRAY_LEN(simple) && !rc; i++)
		rc = put(b, simple[i].name, simple[i].type, simple[i].help, sum[simple[i].number]);
	if (!rc)
		rc = put_classes(b, sum);
	return rc ? rc : put_durations(b, sum);
}

static void answer(const struct metrics *m, struct twc_http_exchange *x)
{
	uint64_t sum[NUMBERS];
	struct twc_buf b;

	add_up(m, sum);
	twc_buf_init(&b, TEXT_MAX);
	if (put_all(&b, sum) == 0) {
		twc_http_add_field(x, "Content-Type", TYPE);
		twc_http_add_field(x, "Cache-Control", "no-store");
		twc_http_send(x, twc_buf_head(&b), twc_buf_len(&b));
	} else {
		twc_http_send_error(x, 503, NULL);
	}
	twc_buf_fini(&b);
}

/* ---- several processes ---- */

static void metrics_free(void *arg)
{
	struct metrics *m = arg;

	if (m->row)
		(void)munmap(m->row, m->n * sizeof(*m->row));
	twc_free(m);
}

static const struct twc__http_part_ops metrics_ops = {
	.name = "metrics",
	.free = metrics_free,
	.exchanged = metrics_exchanged,
};

int twc_http_site_share(struct twc_http_site *s, unsigned n, struct twc_err *err)
{
	struct metrics *m = twc__http_site_find_part(s, &metrics_ops);
	void *p;

	if (!m)
		return 0;
	p = mmap(NULL, n * sizeof(*m->row), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return twc_err_sys(err, TWC_EOS, errno, NULL, "cannot share the metrics");
	m->row = p;
	m->n = n;
	return 0;
}

void twc_http_site_join(struct twc_http_site *s, unsigned index)
{
	struct metrics *m = twc__http_site_find_part(s, &metrics_ops);

	if (!m || !m->row)
		return;
	TWC_ASSERT(index < m->n);
	m->index = index;
	for (unsigned i = GAUGES; i < NUMBERS; i++)
		m->own[i] = __atomic_load_n(&m->row[index][i], __ATOMIC_RELAXED);
	publish(m);
	twc_timer_every(s->r, &m->timer, PUBLISH_NS, on_publish, m);
}

/* ---- for a server of its own ---- */

static struct twc_deferred *alone_handle(void *arg, struct twc_http_exchange *x)
{
	const struct twc_http_request *q = twc_http_request(x);

	if (q->method_id == TWC_HTTP_GET || q->method_id == TWC_HTTP_HEAD) {
		answer(arg, x);
	} else {
		twc_http_add_field(x, "Allow", "GET, HEAD");
		twc_http_send_error(x, 405, NULL);
	}
	return NULL;
}

static struct metrics *metrics_of(struct twc_http_site *s)
{
	struct metrics *m = twc__http_site_find_part(s, &metrics_ops);

	if (m)
		return m;
	m = twc_calloc(1, sizeof(*m));
	m->site = s;
	twc__http_site_add_part(s, &metrics_ops, m);
	return m;
}

struct twc_http_handler twc_http_site_metrics(struct twc_http_site *s)
{
	return (struct twc_http_handler){ alone_handle, metrics_of(s) };
}

/* ---- the path ---- */

struct page {
	struct twc__http_made inner;
	struct twc_str path;	  /* borrowed */
	const struct metrics *of; /* borrowed */
};

static struct twc_deferred *page_handle(void *arg, struct twc_http_exchange *x)
{
	const struct page *p = arg;
	const struct twc_http_request *q = twc_http_request(x);

	if (!twc_str_eq(q->path, p->path) || (q->method_id != TWC_HTTP_GET && q->method_id != TWC_HTTP_HEAD))
		return p->inner.handler.handle(p->inner.handler.arg, x);
	answer(p->of, x);
	return NULL;
}

static void page_free(void *arg)
{
	struct page *p = arg;

	twc__http_made_free(&p->inner);
	twc_free(p);
}

static int metrics_wrap(struct twc_http_site *s, struct twc__http_made *made, struct twc_err *err)
{
	struct page *p;

	if (!s->o.metrics)
		return 0;
	if (s->o.metrics[0] != '/')
		return twc_err_set(err, TWC_EUSAGE, "the path of metrics, %.200s, does not begin with /", s->o.metrics);
	p = twc_calloc(1, sizeof(*p));
	*p = (struct page){ .inner = *made, .path = twc_str_of(s->o.metrics), .of = metrics_of(s) };
	*made = (struct twc__http_made){ { page_handle, p }, page_free };
	return 0;
}

const struct twc__http_wrapper twc__http_wrapper_metrics = { .wrap_site = metrics_wrap };
