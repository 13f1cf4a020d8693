/* SPDX-License-Identifier: MIT */
/* Messages that have deceived somebody, told to a whole server: refused with their status, or answered with their body. */
#include "site.h"

#include "support/chunk.h"
#undef GET /* names of both */
#undef OK
#include "vectors.h"

static void give_back(struct twc_result *res, void *arg)
{
	struct twc_buf *b = res->value;

	twc_http_send(arg, twc_buf_head(b), twc_buf_len(b));
}

static struct twc_deferred *collect(void *arg, struct twc_http_exchange *x)
{
	struct twc_deferred *d = twc_http_collect(x, SIZE_MAX / 2);

	twc_deferred_add(d, give_back, NULL, x);
	return d;
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct site *w = arg;

	if (w->client.is_lost)
		return false;
	twc_transport_write(w->client.base.transport, p, n);
	twc_reactor_advance(w->r, 0);
	return true;
}

/* Without the mark, and for good messages without what follows. */
static size_t unmarked(const struct request_vector *v, char *out)
{
	const char *mark = memchr(v->in.p, '^', v->in.n);
	size_t before = mark ? (size_t)(mark - v->in.p) : v->in.n;

	memcpy(out, v->in.p, before);
	if (!mark || v->status <= 1)
		return before;
	memcpy(out + before, mark + 1, v->in.n - before - 1);
	return v->in.n - 1;
}

static bool is_answered(const struct request_vector *v, const char *got, size_t n)
{
	const char *end = strstr(got, "\r\n\r\n");

	if (v->status == 1)
		return !n;
	if (!end || atoi(got + 9) != (v->status ? v->status : 200))
		return false;
	return v->status || (strlen(end + 4) == strlen(v->says) && strcmp(end + 4, v->says) == 0);
}

static void check(const struct request_vector *v, enum chunk_mode mode)
{
	static const struct twc_http_server_opts opts = { .max_body = UINT64_MAX };
	struct site w = { .r = loop_fake() };
	char *in = malloc(v->in.n);
	const char *got;

	assert_non_null(in);
	w.s = twc_http_server_new(w.r, (struct twc_http_handler){ collect, NULL }, &opts);
	site_connect(&w);
	chunk_feed(mode, 3, in, unmarked(v, in), feed, &w);
	got = w.client.got ? w.client.got : "";
	if (!is_answered(v, got, w.client.n))
		fail_msg("%s: %.*s\nanswered: %s\nnot: %d %s", chunk_name(mode), (int)v->in.n, v->in.p, got, v->status, v->says);
	assert_true(v->status <= 1 || w.client.has_eof);
	site_close(&w);
	free(in);
}

/* Begins as HTTP/2 does, and is that to a server (RFC 9113, 3.4). */
static bool is_preface(const struct request_vector *v)
{
	return v->in.n >= 4 && memcmp(v->in.p, "PRI ", 4) == 0;
}

static void test_vectors(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(request_vectors); i++)
		for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++)
			if (!is_preface(&request_vectors[i]))
				check(&request_vectors[i], mode);
}

static struct twc_deferred *deaf(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	twc_http_send(x, "ok", 2);
	return NULL;
}

/* A handler that looks at no body changes nothing for what has come at once. */
static void test_deaf_handler(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(request_vectors); i++) {
		const struct request_vector *v = &request_vectors[i];
		struct site w = { 0 };
		char *in;

		if (is_preface(v))
			continue;
		w.r = loop_fake();
		in = malloc(v->in.n);
		assert_non_null(in);
		w.s = twc_http_server_new(w.r, (struct twc_http_handler){ deaf, NULL }, NULL);
		site_connect(&w);
		feed(&w, (const uint8_t *)in, unmarked(v, in));
		if (v->status >= 400 && !is_answered(v, w.client.got ? w.client.got : "", w.client.n))
			fail_msg("%.*s\nanswered: %s\nnot: %d %s", (int)v->in.n, v->in.p, w.client.got, v->status, v->says);
		site_close(&w);
		free(in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_deaf_handler),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
