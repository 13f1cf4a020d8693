/* SPDX-License-Identifier: MIT */
/* What fetches share: a client with its connections, cookies, logins of a netrc file, names that lead elsewhere. */
#include "app/http/session.h"

#include <time.h>
#include <twc/endpoint.h>

#include "base/banned.h"

int64_t twc__http_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

/* What the keys are for is not known before the first URL: any will do to see whether they are keys. */
static int check_keys(const char *keys, const char *tls, struct twc_err *err)
{
	char *text = twc_asprintf("tls:h:1%s%s%s%s", keys ? ":" : "", keys ? keys : "", tls && *tls ? ":" : "", tls ? tls : "");
	struct twc_endpoint *e = twc_endpoint_parse(text, TWC_CONNECT, err);

	twc_free_secret(text, strlen(text));
	if (!e) {
		err->column = 0; /* nobody has typed this string */
		return err->code;
	}
	twc_endpoint_free(e);
	return 0;
}

static int add_rules(struct twc_http_session *s, const struct twc_http_session_opts *o, struct twc_err *err)
{
	int rc = 0;

	for (size_t i = 0; o->resolve && o->resolve[i] && rc == 0; i++)
		rc = twc__http_resolve_add(s, o->resolve[i], err);
	for (size_t i = 0; o->connect_to && o->connect_to[i] && rc == 0; i++)
		rc = twc__http_connect_to_add(&s->connect_to, o->connect_to[i], err);
	return rc;
}

static char *dup_given(const char *s)
{
	return s && *s ? twc_strdup(s) : NULL;
}

static void make_jar(struct twc_http_session *s)
{
	s->jar = twc__http_jar_new();
	if (s->suffixes)
		twc__http_jar_set_suffixes(s->jar, s->suffixes);
}

struct twc_http_session *twc_http_session_new(struct twc_reactor *r, const struct twc_http_session_opts *o, struct twc_err *err)
{
	struct twc_http_session *s = twc_calloc(1, sizeof(*s));
	int rc;

	s->r = r;
	s->netrc = dup_given(o->netrc);
	s->keys = dup_given(o->client.keys);
	s->proxy_tls = dup_given(o->proxy_tls);
	rc = check_keys(o->client.keys, o->client.tls, err);
	if (rc == 0)
		rc = check_keys(NULL, o->proxy_tls, err);
	if (rc == 0)
		rc = add_rules(s, o, err);
	if (rc == 0 && o->suffixes) {
		s->suffixes = twc__http_suffixes_parse(twc_str_of(o->suffixes), err);
		rc = s->suffixes ? 0 : TWC_EDATA;
	}
	if (rc == 0 && o->cookies)
		make_jar(s);
	if (rc == 0)
		s->client = twc_http_client_new(r, &o->client);
	if (rc == 0)
		return s;
	twc_http_session_free(s);
	return NULL;
}

static void free_secret(char *p)
{
	if (p)
		twc_free_secret(p, strlen(p));
}

void twc_http_session_free(struct twc_http_session *s)
{
	if (s->client)
		twc_http_client_free(s->client);
	twc__http_jar_free(s->jar);
	twc__http_suffixes_free(s->suffixes);
	twc__http_elsewheres_fini(&s->resolve);
	twc__http_elsewheres_fini(&s->connect_to);
	free_secret(s->netrc);
	free_secret(s->cookies);
	free_secret(s->keys);
	free_secret(s->proxy_tls);
	twc_free(s);
}

void twc_http_session_cookie(struct twc_http_session *s, const char *pairs)
{
	char *before = s->cookies;

	s->cookies = before ? twc_asprintf("%s; %s", before, pairs) : twc_strdup(pairs);
	free_secret(before);
}

size_t twc_http_session_load(struct twc_http_session *s, struct twc_str text, bool session_too)
{
	size_t bad;

	if (!s->jar)
		make_jar(s);
	bad = twc__http_jar_read(s->jar, text, twc__http_now());
	if (!session_too)
		twc__http_jar_end_session(s->jar);
	return bad;
}

int twc_http_session_save(const struct twc_http_session *s, struct twc_buf *out)
{
	static const char empty[] = "# Netscape HTTP Cookie File\n";

	return s->jar ? twc__http_jar_write(s->jar, twc__http_now(), out) : twc_buf_add(out, empty, sizeof(empty) - 1);
}
