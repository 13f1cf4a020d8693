/* SPDX-License-Identifier: MIT */
/*
 * The options and items of a group, made ready for its transfers. Everything that can be wrong with them is
 * found here, before anything is sent: files that lack, fields that cannot be, secrets that are not there.
 */
#include "http_request.h"
#include "http_secret.h"
#include "out.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <twc/endpoint.h>
#include <twc/parse.h>
#include <twc/url.h>
#include <unistd.h>

#define QUERY_MAX ((size_t)TWC_URL_MAX)
#define FIELDS_MAX ((size_t)1 << 20) /* of a file of fields */

/* ---- lists of names ---- */

void http_names_add(struct http_names *l, struct twc_str name)
{
	l->name = twc_realloc(l->name, (l->n + 2) * sizeof(*l->name));
	l->name[l->n++] = twc_str_dup(name);
	l->name[l->n] = NULL;
}

void http_names_fini(struct http_names *l)
{
	for (size_t i = 0; i < l->n; i++)
		twc_free(l->name[i]);
	twc_free(l->name);
	*l = (struct http_names){ 0 };
}

/* ---- header fields ---- */

int http_field_add(struct http_request *q, struct twc_http_fields *fields, struct twc_str name,
		   struct twc_str value, struct twc_err *err)
{
	if (twc_str_eq_nocase(name, TWC_STR("Content-Length")))
		return twc_err_set(err, TWC_EUSAGE, "Content-Length is that of the body, and cannot be given");
	if (twc_str_eq_nocase(name, TWC_STR("Transfer-Encoding"))) {
		q->is_chunked = true;
		return twc_str_eq_nocase(value, TWC_STR("chunked"))
			       ? 0
			       : twc_err_set(err, TWC_EUSAGE, "Transfer-Encoding can be chunked, and nothing else");
	}
	return twc_http_fields_add(fields, name, value, err) < 0 ? TWC_EUSAGE : 0;
}

int http_field_apply(struct http_request *q, struct twc_http_fields *fields, struct twc_str line,
		     struct twc_err *err)
{
	struct twc_str rest = line, name;
	char shown[64];

	(void)twc_str_cut(&rest, ':', &name);
	name = twc_str_trim(name);
	if (rest.p && twc_http_is_token(name)) {
		rest = twc_str_trim(rest);
		if (rest.n > 0)
			return http_field_add(q, fields, name, rest, err);
		http_names_add(&q->removed, name);
		return 0;
	}
	if (name.n > 1 && !rest.p && name.p[name.n - 1] == ';' &&
	    twc_http_is_token((struct twc_str){ name.p, name.n - 1 }))
		return http_field_add(q, fields, (struct twc_str){ name.p, name.n - 1 }, TWC_STR(""), err);
	twc_escape(shown, sizeof(shown), line);
	return twc_err_set(err, TWC_EUSAGE, "%s is no header field: `Name: value`, `Name:` or `Name;`", shown);
}

static int field_lines(struct http_request *q, struct twc_http_fields *fields, const char *path,
		       struct twc_err *err)
{
	struct twc_str rest, line;
	struct twc_buf b;
	int rc;

	twc_buf_init(&b, FIELDS_MAX);
	rc = http_file_read(path, &b, err);
	rest = twc_buf_str(&b);
	while (rc == 0 && twc_str_cut(&rest, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (twc_str_trim(line).n > 0)
			rc = http_field_apply(q, fields, line, err);
	}
	twc_buf_fini(&b);
	return rc;
}

static int fields_make(struct http_request *q, struct twc_http_fields *fields, const struct opt_list *l,
		       struct twc_err *err)
{
	struct twc_err why = { 0 };
	int rc = 0;

	for (size_t i = 0; i < l->n && rc == 0; i++) {
		const char *v = l->item[i].value;

		rc = v[0] == '@' ? field_lines(q, fields, v + 1, &why) : http_field_apply(q, fields, twc_str_of(v), &why);
		if (rc < 0)
			twc_err_set(err, rc, "--%s: %s", l->item[i].opt->long_name, why.text);
	}
	return rc;
}

bool http_request_has_field(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->removed.n; i++)
		if (twc_str_eq_nocase(twc_str_of(q->removed.name[i]), twc_str_of(name)))
			return true;
	return twc_http_fields_get(&q->fields, name, NULL);
}

/* ---- secrets ---- */

/* USER[:PASSWORD]; a password that lacks is asked for. */
static int login_make(const char *option, const char *value, char **user, char **password, struct twc_err *err)
{
	char *both = NULL, *colon, question[128], shown[64];
	int rc;

	if (!value)
		return 0;
	rc = http_secret_read(option, value, &both, err);
	if (rc < 0)
		return rc;
	colon = strchr(both, ':');
	if (colon) {
		*password = twc_strdup(colon + 1);
		explicit_bzero(colon + 1, strlen(colon + 1));
		*colon = '\0';
	} else {
		twc_escape(shown, sizeof(shown), twc_str_of(both));
		memcpy(question, "Password for ", 14);
		strncat(question, shown, 64);
		strncat(question, ": ", 3);
		*password = http_secret_ask(question);
	}
	*user = both;
	return 0;
}

static int secrets_make(struct http_request *q, struct twc_err *err)
{
	const struct http_params *p = q->p;
	int rc = login_make("-u", p->user, &q->user, &q->password, err);

	if (rc == 0)
		rc = login_make("-U", p->proxy_user, &q->proxy_user, &q->proxy_password, err);
	if (rc == 0 && p->bearer)
		rc = http_secret_read("--bearer", p->bearer, &q->bearer, err);
	if (rc == 0 && p->pass)
		rc = http_secret_read("--pass", p->pass, &q->key_password, err);
	return rc;
}

/* ---- all of it ---- */

static int query_make(struct http_request *q, struct twc_err *err)
{
	for (size_t i = 0; i < q->p->url_query.n; i++) {
		const char *v = q->p->url_query.item[i].value;
		int rc = 0;

		if (v[0] == '+')
			rc = twc_buf_addf(&q->query, "%s%s", twc_buf_len(&q->query) > 0 ? "&" : "", v + 1);
		else
			rc = http_data_encode("--url-query", v, &q->query, err);
		if (rc < 0)
			return err->code ? rc : twc_err_set(err, TWC_EUSAGE, "--url-query: it is too long");
	}
	return 0;
}

/* -G: what would have been the body. */
static int data_to_query(struct http_request *q, struct twc_err *err)
{
	int rc = 0;

	if (twc_buf_len(&q->query) > 0 && twc_buf_len(&q->data) > 0)
		rc = twc_buf_add(&q->query, "&", 1);
	if (rc == 0)
		rc = twc_buf_add(&q->query, twc_buf_head(&q->data), twc_buf_len(&q->data));
	q->has_data = false;
	q->type = NULL;
	return rc < 0 ? twc_err_set(err, TWC_EUSAGE, "-G: the query gets too long") : 0;
}

/* What says that it is JSON; with --json behind the user's own fields, as curl has it. */
static int json_fields(struct http_request *q, struct twc_err *err)
{
	bool is_option = q->p->data.n > 0;
	struct twc_str accept = is_option ? TWC_STR("application/json") : TWC_STR("application/json, */*;q=0.5");
	int rc = 0;

	if (!q->type || strcmp(q->type, "application/json") != 0)
		return 0;
	if (is_option && !http_request_has_field(q, "Content-Type"))
		rc = http_field_add(q, &q->fields, TWC_STR("Content-Type"), twc_str_of(q->type), err);
	if (rc == 0 && !http_request_has_field(q, "Accept"))
		rc = http_field_add(q, &q->fields, TWC_STR("Accept"), accept, err);
	return rc;
}

/* Of no use to a server without the boundary, which each form has its own of: it is not sent as it stands. */
static void form_type_make(struct http_request *q)
{
	struct twc_str type;

	if (!q->is_form || !twc_http_fields_get(&q->fields, "Content-Type", &type) || type.n == 0)
		return;
	q->form_type = twc_str_dup(type);
	(void)twc_http_fields_remove(&q->fields, "Content-Type");
}

static void where_make(struct http_request *q)
{
	const struct http_params *p = q->p;
	char *path;

	for (size_t i = 0; i < p->connect_to.n; i++)
		http_names_add(&q->connect_to, twc_str_of(p->connect_to.item[i].value));
	if (p->via) {
		q->via = twc_strdup(p->via);
	} else if (p->unix_socket || p->abstract_socket) {
		path = twc_endpoint_quote(twc_str_of(p->unix_socket ? p->unix_socket : p->abstract_socket));
		q->via = twc_asprintf("unix:%s%s", p->unix_socket ? "" : "@", path);
		twc_free(path);
	}
}

static void referer_make(struct http_request *q)
{
	const char *r = q->p->referer, *semicolon = r ? strrchr(r, ';') : NULL;

	if (!r)
		return;
	q->referer_auto = semicolon && strcmp(semicolon, ";auto") == 0;
	q->referer = twc_str_dup((struct twc_str){ r, q->referer_auto ? (size_t)(semicolon - r) : strlen(r) });
}

static const char *method_of(const struct http_request *q)
{
	const struct http_params *p = q->p;

	if (q->words.method)
		return q->words.method;
	if (p->request)
		return p->request;
	return p->head ? "HEAD" : NULL;
}

static int make(struct http_request *q, struct twc_err *err)
{
	const struct http_params *p = q->p;
	int rc = fields_make(q, &q->fields, &p->headers, err);

	if (rc == 0)
		rc = fields_make(q, &q->proxy_fields, &p->proxy_headers, err);
	if (rc == 0)
		rc = query_make(q, err);
	q->is_form = p->form.n > 0;
	if (rc == 0)
		rc = http_data_collect(q, err);
	if (rc == 0)
		rc = http_items_apply(q, err);
	if (rc == 0)
		form_type_make(q);
	if (rc == 0)
		rc = json_fields(q, err);
	if (rc == 0 && p->get)
		rc = data_to_query(q, err);
	if (rc == 0)
		rc = secrets_make(q, err);
	if (http_request_has_field(q, "Content-Type"))
		q->type = NULL;
	q->method = method_of(q);
	where_make(q);
	referer_make(q);
	if (p->range) /* a number alone is where it begins */
		q->range = twc_asprintf("%s%s", p->range, strchr(p->range, '-') ? "" : "-");
	return rc;
}

int http_request_make(struct http_request *q, struct ctx *ctx, const struct cmd_group *g)
{
	struct twc_err err = { 0 };
	int rc;

	q->p = g->params;
	twc_buf_init(&q->query, QUERY_MAX);
	twc_buf_init(&q->data, HTTP_FILE_MAX);
	rc = http_words_parse(&q->words, g->n, g->operand, &err);
	if (rc == 0) {
		http_words_hide(&q->words);
		rc = make(q, &err);
	}
	return rc < 0 ? out_fail(ctx, NULL, &err) : 0;
}

void http_request_fini(struct http_request *q)
{
	http_words_fini(&q->words);
	twc_http_fields_fini(&q->fields);
	twc_http_fields_fini(&q->proxy_fields);
	http_names_fini(&q->removed);
	http_names_fini(&q->connect_to);
	twc_buf_fini(&q->query);
	twc_buf_fini(&q->data);
	http_secret_free(q->user);
	http_secret_free(q->password);
	http_secret_free(q->bearer);
	http_secret_free(q->proxy_user);
	http_secret_free(q->proxy_password);
	http_secret_free(q->key_password);
	twc_free(q->form_type);
	twc_free(q->range);
	twc_free(q->via);
	twc_free(q->referer);
}

/* ---- for each transfer ---- */

/* -C OFFSET: what the server has not got yet. */
static int rest_of_file(struct twc_http_body *b, const char *path, uint64_t from, char **range, struct twc_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
	struct stat st;
	uint64_t size;

	if (fd < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		rc = twc_err_set(err, TWC_ENOINPUT, "%.200s is no file that can be begun in the middle (-C)", path);
	} else if ((size = (uint64_t)st.st_size) <= from) {
		rc = twc_err_set(err, TWC_EDATA, "%.200s has only %llu bytes, and -C says to go on behind %llu", path,
				 (unsigned long long)size, (unsigned long long)from);
	} else if (lseek(fd, (off_t)from, SEEK_SET) < 0) {
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot seek in %s", path);
	} else {
		*range = twc_asprintf("bytes %llu-%llu/%llu", (unsigned long long)from, (unsigned long long)size - 1,
				      (unsigned long long)size);
		rc = twc_http_body_fd(b, fd, err);
	}
	close(fd);
	return rc;
}

static int upload_body(const struct http_request *q, struct twc_http_body *b, const char *path, char **range,
		       struct twc_err *err)
{
	const char *from = q->p->continue_at;
	uint64_t offset = 0;

	if (strcmp(path, "-") == 0 || strcmp(path, ".") == 0)
		return twc_http_body_fd(b, STDIN_FILENO, err);
	if (from && strcmp(from, "-") != 0 && twc_parse_uint(twc_str_of(from), 0, INT64_MAX, &offset, err) < 0)
		return TWC_EUSAGE;
	return offset > 0 ? rest_of_file(b, path, offset, range, err) : twc_http_body_file(b, path, err);
}

int http_request_body(const struct http_request *q, const char *upload, struct twc_reactor *r,
		      struct twc_http_body **body, char **content_range, struct twc_err *err)
{
	struct twc_http_body *b;
	int rc = 0;

	*body = NULL;
	if (!upload && !q->is_form && !q->has_data)
		return 0;
	b = twc_http_body_new(r);
	if (upload)
		rc = upload_body(q, b, upload, content_range, err);
	else if (q->is_form)
		rc = http_form_build(q, b, err);
	else if (q->data_file)
		rc = twc_http_body_file(b, q->data_file, err);
	else
		twc_http_body_bytes_borrowed(b, twc_buf_str(&q->data));
	if (rc == 0) {
		*body = b;
		return 0;
	}
	twc_http_body_free(b);
	return rc;
}

static unsigned auth_of(const struct http_params *p)
{
	if (p->bearer)
		return TWC_HTTP_AUTH_BEARER;
	if (p->digest)
		return TWC_HTTP_AUTH_DIGEST;
	if (p->anyauth)
		return TWC_HTTP_AUTH_ANY | TWC_HTTP_AUTH_BASIC | TWC_HTTP_AUTH_DIGEST;
	return TWC_HTTP_AUTH_BASIC;
}

static void fill_redirects(const struct http_params *p, struct twc_http_fetch_opts *o)
{
	long n = p->max_redirs ? strtol(p->max_redirs, NULL, 10) : 0;

	o->follow = p->location || p->location_trusted;
	o->max_redirects = (int)n;
	o->keep = (p->post301 ? TWC_HTTP_KEEP_301 : 0) | (p->post302 ? TWC_HTTP_KEEP_302 : 0) |
		  (p->post303 ? TWC_HTTP_KEEP_303 : 0) | (p->keep_method ? TWC_HTTP_KEEP_METHOD : 0);
	o->location_trusted = p->location_trusted;
	o->allow_downgrade = p->allow_downgrade;
	o->proto = p->proto;
	o->proto_redirect = p->proto_redir;
}

static void fill_limits(const struct http_params *p, struct twc_http_fetch_opts *o)
{
	o->retries = (unsigned)p->retry;
	o->retry_delay_ns = p->retry_delay;
	o->retry_max_ns = p->retry_max_time;
	o->retry_after_max_ns = p->retry_after_max;
	o->retry_refused = p->retry_connrefused;
	o->retry_all = p->retry_all_errors;
	o->retry_on = p->retry_on;
	o->max_bytes = p->max_filesize;
	o->max_ns = p->max_time;
	o->connect_ns = p->connect_timeout;
	o->first_byte_ns = p->first_byte_timeout;
	if (p->speed_limit || p->speed_time) {
		o->min_rate = p->speed_limit ? p->speed_limit : 1;
		o->min_rate_ns = p->speed_time ? p->speed_time : 30 * TWC_NS_PER_S;
	}
	o->rate = p->limit_rate;
	o->expect_ns = p->expect100_timeout;
}

void http_request_fill(const struct http_request *q, struct twc_http_fetch_opts *o)
{
	const struct http_params *p = q->p;

	o->method = twc_str_of(q->method);
	o->method_is_custom = q->words.method || p->request;
	o->target = twc_str_of(p->request_target);
	o->path_as_is = p->path_as_is;
	o->minor = p->http10 ? -1 : 1;
	o->fields = &q->fields;
	o->removed = (const char *const *)q->removed.name;
	o->proxy_fields = &q->proxy_fields;
	o->user_agent = p->user_agent;
	o->referer = q->referer;
	o->referer_auto = q->referer_auto;
	o->range = q->range;
	o->decode = p->compressed;
	o->user = q->user;
	o->password = q->password;
	o->bearer = q->bearer;
	o->auth = auth_of(p);
	o->via = q->via;
	o->proxy = p->proxy;
	o->proxy_user = q->proxy_user;
	o->proxy_password = q->proxy_password;
	o->proxy_tunnel = p->proxytunnel;
	o->noproxy = p->noproxy;
	fill_redirects(p, o);
	fill_limits(p, o);
}
