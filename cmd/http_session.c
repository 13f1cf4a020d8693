/* SPDX-License-Identifier: MIT */
/*
 * What options say about connections, TLS and cookies, as a session of the library: keys of endpoints, rules
 * for names, jars. A session is known by these texts, so that transfers that ask for the same meet on the
 * same connections.
 */
#include "http_session.h"
#include "http_hint.h"
#include "http_secret.h"
#include "out.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <twc/addr.h>
#include <twc/endpoint.h>
#include <twc/parse.h>
#include <unistd.h>

#define KEYS_MAX 65536
#define NETRC_MAX ((size_t)1 << 20)
#define JAR_MAX ((size_t)16 << 20)
#define DIAL_NS (30 * TWC_NS_PER_S) /* an endpoint's own limit */

/* ---- --resolve ---- */

static bool is_address(const char *s)
{
	struct twc_addr a;

	return twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(s), 0, NULL) == 0;
}

/* HOST:PORT:ADDR, as curl has it; NAME:ADDR is of every command. */
static bool is_rule(const char *s)
{
	const char *port = strchr(s, ':'), *addr = port ? strchr(port + 1, ':') : NULL;
	uint16_t n;

	if (s[0] == '+' || s[0] == '-' || s[0] == '*')
		return true;
	if (!addr || twc_parse_port((struct twc_str){ port + 1, (size_t)(addr - port - 1) }, &n, NULL) < 0)
		return false;
	if (addr[1] == '[' || strchr(addr, ','))
		return true;
	return is_address(addr + 1) || !is_address(port + 1);
}

void http_sessions_take_rules(struct http_sessions *all, struct ctx *ctx)
{
	struct opt_list *l = &ctx->common.resolve;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (is_rule(l->item[i].value))
			http_names_add(&all->resolve, twc_str_of(l->item[i].value));
		else
			l->item[n++] = l->item[i];
	}
	l->n = n;
}

/* ---- keys of endpoints ---- */

/* ":name=value"; a value that does not fit makes the keys too long, which parsing them tells. */
static void key_add(struct twc_buf *b, const char *name, const char *value)
{
	char *quoted = twc_endpoint_quote(twc_str_of(value));

	(void)!twc_buf_addf(b, "%s%s=%s", twc_buf_len(b) > 0 ? ":" : "", name, quoted);
	twc_free(quoted);
}

/* FILE[:PASSWORD]: a colon that belongs to the name of a file that is there does not count. */
static void cert_add(struct twc_buf *b, const char *cert, const char *key, const char *password, const char *whose,
		     unsigned number)
{
	const char *colon = access(cert, F_OK) < 0 ? strchr(cert, ':') : NULL;
	const char *pass = password ? password : colon ? colon + 1 : NULL;
	char *file = twc_str_dup((struct twc_str){ cert, colon ? (size_t)(colon - cert) : strlen(cert) });
	char variable[48];

	key_add(b, "cert", file);
	if (key)
		key_add(b, "key", key);
	if (pass) {
		/* Endpoints take no password but by reference; the environment of a process that runs is its own. */
		snprintf(variable, sizeof(variable), "TWC_HTTP_%s_PASSWORD_%u", whose, number);
		(void)setenv(variable, pass, 1);
		key_add(b, "key-pass-env", variable);
	}
	twc_free(file);
}

static void tls_keys(struct twc_buf *b, const struct http_request *q, unsigned number)
{
	const struct http_params *p = q->p;
	const char *ca = p->cacert ? p->cacert : p->capath;
	char list[4096];

	/* A pin alone is all that is looked at, which is what -k leaves of it. */
	if (p->insecure && !p->pinned)
		key_add(b, "verify", "no");
	else if (!p->insecure && (ca || p->pinned))
		key_add(b, "ca", ca ? ca : "system");
	if (p->pinned)
		key_add(b, "pin", p->pinned);
	if (p->cert)
		cert_add(b, p->cert, p->key, q->key_password, "KEY", number);
	if (p->tls_min)
		key_add(b, "min", p->tls_min == 13 ? "1.3" : "1.2");
	if (p->tls_max)
		key_add(b, "max", p->tls_max);
	if (p->ciphers || p->tls13_ciphers) {
		snprintf(list, sizeof(list), "%s%s%s", p->tls13_ciphers ? p->tls13_ciphers : "",
			 p->ciphers && p->tls13_ciphers ? ":" : "", p->ciphers ? p->ciphers : "");
		key_add(b, "ciphers", list);
	}
	if (p->curves)
		key_add(b, "groups", p->curves);
	if (p->sigalgs)
		key_add(b, "sigalgs", p->sigalgs);
}

static void proxy_keys(struct twc_buf *b, const struct http_params *p, unsigned number)
{
	if (p->proxy_insecure)
		key_add(b, "verify", "no");
	if (p->proxy_cacert || p->proxy_capath)
		key_add(b, "ca", p->proxy_cacert ? p->proxy_cacert : p->proxy_capath);
	if (p->proxy_cert)
		cert_add(b, p->proxy_cert, p->proxy_key, NULL, "PROXY", number);
}

static void socket_keys(struct twc_buf *b, const struct http_params *p)
{
	char text[32];

	if (p->interface)
		key_add(b, is_address(p->interface) ? "bind" : "device", p->interface);
	if (p->local_port)
		key_add(b, "bind-port", p->local_port);
	if (p->connect_timeout > DIAL_NS)
		key_add(b, "timeout", twc_format_duration(text, sizeof(text), p->connect_timeout + TWC_NS_PER_S));
}

void http_session_keys(const struct http_request *q, struct twc_buf *tls, struct twc_buf *keys)
{
	tls_keys(tls, q, 0);
	socket_keys(keys, q->p);
}

/* ---- files ---- */

/* The text of the netrc file that is to be used; empty: none. */
static int netrc_load(const struct http_params *p, struct twc_buf *out, struct twc_err *err)
{
	const char *home = getenv("HOME");
	char *path;
	int rc = 0;

	if (!p->netrc && !p->netrc_optional && !p->netrc_file)
		return 0;
	if (!p->netrc_file && !home)
		return p->netrc ? twc_err_set(err, TWC_ENOINPUT, "-n: HOME is not set") : 0;
	path = p->netrc_file ? twc_strdup(p->netrc_file) : twc_asprintf("%s/.netrc", home);
	if (!p->netrc_optional || access(path, F_OK) == 0)
		rc = http_file_read(path, out, err);
	twc_free(path);
	return rc;
}

static bool has_cookies(const struct http_params *p)
{
	return p->cookies.n > 0 || p->cookie_jar;
}

/* "a=b" is a cookie, anything else a file, which need not be there. */
static int cookies_load(const struct http_params *p, struct twc_http_session *s, struct twc_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < p->cookies.n && rc == 0; i++) {
		const char *v = p->cookies.item[i].value;
		struct twc_buf b;

		if (strchr(v, '=')) {
			twc_http_session_cookie(s, v);
			continue;
		}
		twc_buf_init(&b, JAR_MAX);
		if (v[0] && (strcmp(v, "-") == 0 || access(v, F_OK) == 0))
			rc = http_file_read(v, &b, err);
		if (rc == 0)
			(void)twc_http_session_load(s, twc_buf_str(&b), !p->junk_session_cookies);
		twc_buf_fini(&b);
	}
	return rc;
}

static int suffixes_load(const struct http_params *p, struct twc_buf *out, struct twc_err *err)
{
	return p->public_suffixes ? http_file_read(p->public_suffixes, out, err) : 0;
}

/* ---- sessions ---- */

struct texts {
	struct twc_buf tls, proxy_tls, keys, netrc, suffixes;
};

/* As in struct twc_http_client_opts. */
static int version_of(const struct http_params *p)
{
	return p->http10 || p->http11 || !p->alpn ? 11 : p->http2_prior ? 20 : 0;
}

static char *session_key(const struct texts *t, const struct http_request *q)
{
	struct twc_buf b;
	char *key;

	twc_buf_init(&b, 4 * KEYS_MAX);
	(void)!twc_buf_addf(&b, "%.*s|%.*s|%.*s|%d%d%d%d%d%d|%s|%s", (int)twc_buf_len(&t->tls), twc_buf_head(&t->tls),
			    (int)twc_buf_len(&t->proxy_tls), twc_buf_head(&t->proxy_tls),
			    (int)twc_buf_len(&t->keys), twc_buf_head(&t->keys), q->p->ip_version, q->p->lenient, has_cookies(q->p),
			    q->p->netrc || q->p->netrc_optional, version_of(q->p), q->p->alpn, q->p->netrc_file ? q->p->netrc_file : "",
			    q->p->public_suffixes ? q->p->public_suffixes : "");
	for (size_t i = 0; i < q->connect_to.n; i++)
		(void)!twc_buf_addf(&b, "|%s", q->connect_to.name[i]);
	key = twc_strdup(twc_buf_cstr(&b));
	twc_buf_fini(&b);
	return key;
}

static struct twc_http_session *session_new(struct http_sessions *all, struct twc_reactor *r,
					    const struct http_request *q, struct texts *t,
					    struct twc_err *err)
{
	const struct twc_http_session_opts o = {
		.client = {
			.tls = twc_buf_len(&t->tls) > 0 ? twc_buf_cstr(&t->tls) : NULL,
			.keys = twc_buf_len(&t->keys) > 0 ? twc_buf_cstr(&t->keys) : NULL,
			.lenient = q->p->lenient,
			.version = version_of(q->p),
			.no_alpn = !q->p->alpn,
			.ip_version = (unsigned)q->p->ip_version,
		},
		.cookies = has_cookies(q->p),
		.netrc = twc_buf_len(&t->netrc) > 0 ? twc_buf_cstr(&t->netrc) : NULL,
		.resolve = (const char *const *)all->resolve.name,
		.connect_to = (const char *const *)q->connect_to.name,
		.suffixes = twc_buf_len(&t->suffixes) > 0 ? twc_buf_cstr(&t->suffixes) : NULL,
		.proxy_tls = twc_buf_len(&t->proxy_tls) > 0 ? twc_buf_cstr(&t->proxy_tls) : NULL,
	};

	return twc_http_session_new(r, &o, err);
}

/* A session that is the same in all that matters, or a new one. */
static int session_find(struct http_sessions *all, struct twc_reactor *r, const struct http_request *q,
			struct texts *t, struct twc_http_session **out, struct twc_err *err)
{
	char *key = session_key(t, q);
	struct twc_http_session *s;

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->at[i].key, key) == 0) {
			*out = all->at[i].s;
			twc_free(key);
			return 0;
		}
	s = session_new(all, r, q, t, err);
	if (!s) {
		twc_free(key);
		return err->code;
	}
	all->at = twc_realloc(all->at, (all->n + 1) * sizeof(*all->at));
	all->at[all->n++] = (struct http_session){ .key = key, .s = s };
	*out = s;
	return 0;
}

int http_sessions_get(struct http_sessions *all, struct ctx *ctx, struct twc_reactor *r,
		      const struct http_request *q, struct twc_http_session **out)
{
	struct twc_err err = { 0 };
	struct texts t;
	int rc;

	twc_buf_init(&t.tls, KEYS_MAX);
	twc_buf_init(&t.proxy_tls, KEYS_MAX);
	twc_buf_init(&t.keys, KEYS_MAX);
	twc_buf_init(&t.netrc, NETRC_MAX);
	twc_buf_init(&t.suffixes, JAR_MAX);
	tls_keys(&t.tls, q, (unsigned)all->n);
	proxy_keys(&t.proxy_tls, q->p, (unsigned)all->n);
	socket_keys(&t.keys, q->p);
	rc = netrc_load(q->p, &t.netrc, &err);
	if (rc == 0)
		rc = suffixes_load(q->p, &t.suffixes, &err);
	if (rc == 0)
		rc = session_find(all, r, q, &t, out, &err);
	if (rc == 0)
		rc = cookies_load(q->p, *out, &err);
	if (t.netrc.data)
		explicit_bzero(t.netrc.data, t.netrc.cap);
	twc_buf_fini(&t.tls);
	twc_buf_fini(&t.proxy_tls);
	twc_buf_fini(&t.keys);
	twc_buf_fini(&t.netrc);
	twc_buf_fini(&t.suffixes);
	http_hint(q->p, &err);
	return rc < 0 ? out_fail(ctx, NULL, &err) : 0;
}

/* Beside it, then renamed: a jar is never half written. */
static int replace_file(const char *path, const struct twc_buf *b, struct twc_err *err)
{
	char *temp = twc_asprintf("%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC), rc = 0;
	struct stat st;

	if (fd < 0) {
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot write %s", path);
		twc_free(temp);
		return rc;
	}
	if (stat(path, &st) == 0)
		(void)!fchmod(fd, st.st_mode & 0777);
	if (out_write_fd(fd, twc_buf_head(b), twc_buf_len(b)) < 0)
		rc = twc_err_sys(err, TWC_EIO, errno, NULL, "cannot write %s", path);
	if (close(fd) < 0 && rc == 0)
		rc = twc_err_sys(err, TWC_EIO, errno, NULL, "cannot write %s", path);
	if (rc == 0 && rename(temp, path) < 0)
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot write %s", path);
	if (rc < 0)
		(void)unlink(temp);
	twc_free(temp);
	return rc;
}

/* A device or a pipe has no place for a second file. */
static bool is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 || S_ISREG(st.st_mode);
}

static int write_there(const char *path, const struct twc_buf *b, struct twc_err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot write %s", path);
	rc = out_write_fd(fd, twc_buf_head(b), twc_buf_len(b));
	if (rc < 0)
		rc = twc_err_sys(err, TWC_EIO, errno, NULL, "cannot write %s", path);
	close(fd);
	return rc;
}

int http_session_save(struct ctx *ctx, const struct http_request *q, const struct twc_http_session *s)
{
	const char *path = q->p->cookie_jar;
	struct twc_err err = { 0 };
	struct twc_buf b;
	int rc;

	if (!path)
		return 0;
	twc_buf_init(&b, JAR_MAX);
	rc = twc_http_session_save(s, &b);
	if (rc < 0)
		twc_err_set(&err, rc, "-c: there are too many cookies");
	else if (strcmp(path, "-") == 0)
		rc = out_write(twc_buf_head(&b), twc_buf_len(&b), &err);
	else
		rc = is_regular(path) ? replace_file(path, &b, &err) : write_there(path, &b, &err);
	twc_buf_fini(&b);
	return rc < 0 ? out_fail(ctx, NULL, &err) : 0;
}

void http_sessions_free(struct http_sessions *all)
{
	for (size_t i = 0; i < all->n; i++) {
		twc_http_session_free(all->at[i].s);
		twc_free(all->at[i].key);
	}
	twc_free(all->at);
	http_names_fini(&all->resolve);
}
