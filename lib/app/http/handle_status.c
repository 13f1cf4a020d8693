/* SPDX-License-Identifier: MIT */
/* status: and redirect: - an answer that is its status. A sequence of codes is answered in order, the last of them for ever. */
#include "app/http/handler.h"

#include <twc/http_message.h>
#include <twc/parse.h>

#include "protocol/http/octet.h"
#include "base/banned.h"

#define CODES_MAX 1024

struct status {
	unsigned n, next;
	int code[];
};

/* What RFC 9110 says such an answer must have. */
static const struct {
	int status;
	const char *name, *value;
} needed[] = {
	{ 401, "WWW-Authenticate", "Basic realm=\"twc\"" },
	{ 405, "Allow", "" },
	{ 407, "Proxy-Authenticate", "Basic realm=\"twc\"" },
	{ 426, "Upgrade", "HTTP/2.0" },
};

static struct twc_deferred *status_handle(void *arg, struct twc_http_exchange *x)
{
	struct status *s = arg;
	int code = s->code[s->next];

	if (s->next + 1 < s->n)
		s->next++;
	for (size_t i = 0; i < TWC_ARRAY_LEN(needed); i++)
		if (needed[i].status == code && !twc_http_has_field(x, needed[i].name))
			twc_http_add_field(x, needed[i].name, needed[i].value);
	if (code != 204 && code != 205 && code != 304) {
		twc_http_send_error(x, code, NULL);
		return NULL;
	}
	twc_http_set_status(x, code);
	twc_http_send(x, NULL, 0);
	return NULL;
}

static int fail_at(const struct twc__http_route_opts *o, const char *at, struct twc_err *err)
{
	if (err)
		err->column = o->arg_column + (int)(at - o->arg.p);
	return TWC_EUSAGE;
}

static int status_create(struct twc_http_site *site, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
			 struct twc__http_made *out, struct twc_err *err)
{
	struct twc_str rest = arg, part;
	struct status *s = twc_calloc(1, sizeof(*s) + (arg.n / 2 + 1) * sizeof(s->code[0]));
	uint64_t code;
	int rc = 0;

	(void)site;
	(void)base;
	while (rc == 0 && twc_str_cut(&rest, ',', &part)) {
		rc = s->n == CODES_MAX ? twc_err_set(err, TWC_EUSAGE, "more than %d statuses", CODES_MAX) :
					 twc_parse_uint(part, 200, 599, &code, err);
		if (rc < 0)
			(void)fail_at(o, part.p, err);
		else
			s->code[s->n++] = (int)code;
	}
	if (rc < 0)
		twc_free(s);
	else
		*out = (struct twc__http_made){ { status_handle, s }, twc_free };
	return rc;
}

/* ---- redirect ---- */

struct redirect {
	int status;
	char to[];
};

static struct twc_deferred *redirect_handle(void *arg, struct twc_http_exchange *x)
{
	const struct redirect *r = arg;

	twc_http_redirect(x, r->status, r->to);
	return NULL;
}

static bool is_url(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '#' && !twc__http_is((unsigned char)s.p[i], TWC__HTTP_TARGET))
			return false;
	return true;
}

static int parse_redirect(const struct twc__http_route_opts *o, struct twc_str arg, int *status, struct twc_str *to,
			  struct twc_err *err)
{
	static const char *const codes[] = { "301", "302", "303", "307", "308", NULL };
	static const int number[] = { 301, 302, 303, 307, 308 };
	struct twc_str rest = arg, code;
	int i;

	if (!twc_str_cut(&rest, ',', &code) || !rest.n)
		return twc_err_set(err, TWC_EUSAGE, "write redirect:CODE,URL, such as redirect:302,/new");
	if (twc_parse_word(code, codes, &i, err) < 0)
		return fail_at(o, code.p, err);
	if (!is_url(rest)) {
		twc_err_set(err, TWC_EUSAGE, "a URL holds no blanks and no control characters: write %%20");
		return fail_at(o, rest.p, err);
	}
	*status = number[i];
	*to = rest;
	return 0;
}

static int redirect_create(struct twc_http_site *site, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
			   struct twc__http_made *out, struct twc_err *err)
{
	struct redirect *r;
	struct twc_str to = { NULL, 0 };
	int status = 0, rc = parse_redirect(o, arg, &status, &to, err);

	(void)site;
	(void)base;
	if (rc < 0)
		return rc;
	r = twc_calloc(1, sizeof(*r) + to.n + 1);
	r->status = status;
	memcpy(r->to, to.p, to.n);
	*out = (struct twc__http_made){ { redirect_handle, r }, twc_free };
	return 0;
}

const struct twc__http_kind twc__http_kind_status = {
	.info = { "status", "CODE[,CODE...]", "these statuses, one a request, then the last again and again" },
	.create = status_create,
};

const struct twc__http_kind twc__http_kind_redirect = {
	.info = { "redirect", "CODE,URL", "the client is sent to URL" },
	.create = redirect_create,
};
