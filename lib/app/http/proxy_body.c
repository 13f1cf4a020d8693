/* SPDX-License-Identifier: MIT */
/*
 * The body of a request on its way through a proxy: it is asked of the client when the server takes some, and stops when the server
 * takes no more, so no more than a read and the marks of two transports is ever held. What may have to be sent once more, on
 * another connection, is kept as long as it is small.
 *
 *	produce -> receive … data -> upload (pause) … produce (resume) … end
 */
#include "app/http/proxy.h"

#include "protocol/http/exchange.h"
#include "base/banned.h"

static void pause_body(struct twc__proxy_job *job)
{
	if (job->is_body_paused)
		return;
	job->is_body_paused = true;
	twc_http_pause(job->x);
}

static void resume_body(struct twc__proxy_job *job)
{
	if (!job->is_body_paused)
		return;
	job->is_body_paused = false;
	twc_http_resume(job->x);
}

static void keep(struct twc__proxy_job *job, const uint8_t *p, size_t n)
{
	if (!job->may_repeat || twc_buf_add(&job->kept, p, n) == 0)
		return;
	job->may_repeat = false;
	twc_buf_fini(&job->kept);
}

/* ---- from the client ---- */

static void body_data(void *arg, const uint8_t *p, size_t n)
{
	struct twc__proxy_job *job = arg;

	twc__proxy_job_moved(job);
	keep(job, p, n);
	if (!job->upload)
		return; /* the server wants no more of it */
	twc_http_upload_write(job->upload, p, n);
	if (job->upload && twc_http_upload_is_full(job->upload))
		pause_body(job);
}

static void end_upload(struct twc__proxy_job *job)
{
	const struct twc_http_fields *trailers = &twc_http_request(job->x)->trailers;
	struct twc_http_upload *u = job->upload;
	size_t n = twc_http_fields_count(trailers);

	for (size_t i = 0; i < n && job->source.length == TWC_HTTP_UNKNOWN; i++) {
		struct twc_http_field f = twc_http_fields_at(trailers, i);

		if (!twc__proxy_is_hop(f.name, trailers, false) && twc__proxy_may_trail(f.name))
			twc_http_upload_trailer(u, f.name, f.value);
	}
	if (job->upload)
		twc_http_upload_end(u);
}

static void body_end(void *arg, const struct twc_err *err)
{
	struct twc__proxy_job *job = arg;

	if (!err->code) {
		job->is_body_whole = true;
		if (job->upload)
			end_upload(job);
		return;
	}
	job->is_clients_fault = true;
	job->may_repeat = false;
	if (job->upload)
		twc_http_upload_fail(job->upload, err);
}

static const struct twc_http_body_ops body_ops = { .data = body_data, .end = body_end };

/* ---- to the server ---- */

/* The first piece of a connection is what another had already. */
static void body_produce(void *arg, struct twc_http_upload *u)
{
	struct twc__proxy_job *job = arg;
	bool is_new = job->upload != u;

	job->upload = u;
	twc__proxy_job_moved(job);
	if (!job->is_receiving) {
		job->is_receiving = true;
		twc_http_receive(job->x, &body_ops, job);
		return;
	}
	if (is_new && twc_buf_len(&job->kept))
		twc_http_upload_write(u, twc_buf_head(&job->kept), twc_buf_len(&job->kept));
	if (job->upload && job->is_body_whole)
		end_upload(job);
	else if (job->upload && !twc_http_upload_is_full(u))
		resume_body(job);
}

static bool body_rewind(void *arg)
{
	return ((struct twc__proxy_job *)arg)->may_repeat;
}

/* The next connection may take it from the start; until then nothing more is asked for. */
static void body_stop(void *arg)
{
	struct twc__proxy_job *job = arg;

	job->upload = NULL;
	if (job->is_receiving && !job->is_body_whole && !job->is_over && !job->res)
		pause_body(job);
}

void twc__proxy_body_answered(struct twc__proxy_job *job)
{
	job->may_repeat = false;
	twc_buf_fini(&job->kept);
	if (!job->upload)
		resume_body(job);
}

bool twc__proxy_body_init(struct twc__proxy_job *job)
{
	const struct twc_http_request *q = twc_http_request(job->x);

	twc_buf_init(&job->kept, TWC__PROXY_KEPT_MAX);
	if (q->length == 0)
		return false;
	job->may_repeat = twc_http_method_is_idempotent(q->method_id);
	job->source = (struct twc_http_source){
		.length = q->length,
		.produce = body_produce,
		.rewind = body_rewind,
		.stop = body_stop,
		.arg = job,
	};
	return true;
}
