/* SPDX-License-Identifier: MIT */
/*
 * Logins (Basic, RFC 7617). At the front of a site that asks for one it has to be somebody's at least, whatever the request is
 * for; behind that each route asks for its own, or for the site's, which may be another for what changes files.
 *
 *	request -> front: known here? -> router -> route: known to this one? -> handler
 */
#include "app/http/site.h"

#include <twc/parse.h>

#include "app/http/accounts.h"
#include "protocol/http/credentials.h"
#include "protocol/http/octet.h"
#include "base/banned.h"

/* All accounts of a site: its part. */
struct doors {
	struct twc__accounts **list; /* owned */
	unsigned n;
	struct twc__accounts *read, *write; /* the site's own, in the list; NULL: nobody is asked */
	char *challenge; /* owned */
};

struct door {
	struct twc__http_made inner;
	struct doors *doors; /* borrowed */
	struct twc__accounts *read, *write; /* of a route, borrowed; NULL: nobody is asked */
};

/* ---- the part ---- */

static void doors_free(void *arg)
{
	struct doors *d = arg;

	while (d->n)
		twc__accounts_free(d->list[--d->n]);
	twc_free(d->list);
	twc_free(d->challenge);
	twc_free(d);
}

static int doors_reload(void *arg, struct twc_err *err)
{
	struct doors *d = arg;
	int first = 0;

	for (unsigned i = 0; i < d->n; i++) {
		int rc = twc__accounts_reload(d->list[i], first ? NULL : err);

		if (!first)
			first = rc;
	}
	return first;
}

static bool doors_have_files(const void *arg)
{
	const struct doors *d = arg;
	bool has = false;

	for (unsigned i = 0; i < d->n && !has; i++)
		has = twc__accounts_has_file(d->list[i]);
	return has;
}

static const struct twc__http_part_ops doors_ops = {
	.name = "auth",
	.free = doors_free,
	.reload = doors_reload,
	.has_files = doors_have_files,
};

/* Basic realm="...", with what would end the string quoted. */
static char *make_challenge(const char *realm)
{
	char *quoted = twc_malloc(2 * strlen(realm) + 1), *to = quoted, *text;

	for (; *realm; realm++) {
		if (*realm == '"' || *realm == '\\')
			*to++ = '\\';
		*to++ = *realm;
	}
	*to = '\0';
	text = twc_asprintf("Basic realm=\"%s\", charset=\"UTF-8\"", quoted);
	twc_free(quoted);
	return text;
}

static struct doors *doors_of(struct twc_http_site *s)
{
	struct doors *d = twc__http_site_find_part(s, &doors_ops);

	if (d)
		return d;
	d = twc_calloc(1, sizeof(*d));
	d->challenge = make_challenge(s->o.realm);
	twc__http_site_add_part(s, &doors_ops, d);
	return d;
}

static struct twc__accounts *doors_add(struct doors *d, struct twc_str spec, const char *base, struct twc_err *err)
{
	struct twc__accounts *a = twc__accounts_new(spec, base, err);

	if (!a)
		return NULL;
	d->list = twc_realloc(d->list, (d->n + 1) * sizeof(struct twc__accounts *));
	d->list[d->n++] = a;
	return a;
}

/* ---- a request ---- */

static bool read_login(struct twc_http_exchange *x, struct twc__http_basic *login)
{
	struct twc_str value;

	return twc_http_fields_get(&twc_http_request(x)->fields, "Authorization", &value) && twc__http_basic_parse(value, login);
}

static struct twc_deferred *refuse(const struct doors *d, struct twc_http_exchange *x)
{
	twc_http_set_field(x, "WWW-Authenticate", d->challenge);
	twc_http_send_error(x, 401, NULL);
	return NULL;
}

static bool is_known(struct doors *d, const struct twc__http_basic *login)
{
	bool found = false;

	for (unsigned i = 0; i < d->n && !found; i++)
		found = twc__accounts_check(d->list[i], login->user, login->password);
	return found;
}

static struct twc_deferred *front_handle(void *arg, struct twc_http_exchange *x)
{
	struct door *door = arg;
	struct twc__http_basic login;
	bool may = read_login(x, &login) && is_known(door->doors, &login);

	explicit_bzero(&login, sizeof(login));
	return may ? door->inner.handler.handle(door->inner.handler.arg, x) : refuse(door->doors, x);
}

static struct twc_deferred *route_handle(void *arg, struct twc_http_exchange *x)
{
	struct door *door = arg;
	struct twc__accounts *wanted = twc_http_method_is_safe(twc_http_request(x)->method_id) ? door->read : door->write;
	struct twc__http_basic login;
	bool may;

	/* With one list the front has seen to it. */
	if (!wanted || (door->doors->n == 1 && door->doors->read))
		return door->inner.handler.handle(door->inner.handler.arg, x);
	may = read_login(x, &login) && twc__accounts_check(wanted, login.user, login.password);
	explicit_bzero(&login, sizeof(login));
	return may ? door->inner.handler.handle(door->inner.handler.arg, x) : refuse(door->doors, x);
}

/* ---- wrappers ---- */

static void door_free(void *arg)
{
	struct door *door = arg;

	twc__http_made_free(&door->inner);
	twc_free(door);
}

static void wrap(struct door *door, struct twc__http_made *made, twc_http_handle_fn handle)
{
	door->inner = *made;
	*made = (struct twc__http_made){ { handle, door }, door_free };
}

static int open_site(struct twc_http_site *s, struct doors *d, struct twc_err *err)
{
	struct twc_err why = { 0 };
	const char *name = "auth";

	if (s->o.auth)
		d->read = d->write = doors_add(d, twc_str_of(s->o.auth), NULL, &why);
	if (s->o.upload_auth && !why.code) {
		name = "upload-auth";
		d->write = doors_add(d, twc_str_of(s->o.upload_auth), NULL, &why);
	}
	return why.code ? twc_err_set(err, why.code, "%s: %.200s", name, why.text) : 0;
}

static int auth_wrap_site(struct twc_http_site *s, struct twc__http_made *made, struct twc_err *err)
{
	struct door *door;
	int rc;

	if (!twc__http_all(twc_str_of(s->o.realm), TWC__HTTP_VALUE))
		return twc_err_set(err, TWC_EUSAGE, "the realm holds control characters");
	if (!s->o.auth && !s->o.upload_auth)
		return 0;
	rc = open_site(s, doors_of(s), err);
	if (rc < 0 || !s->o.auth)
		return rc;
	door = twc_calloc(1, sizeof(*door));
	door->doors = doors_of(s);
	wrap(door, made, front_handle);
	return 0;
}

static int auth_wrap_route(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc__http_made *made,
			   struct twc_err *err)
{
	const struct twc__http_option *own = twc__http_option_find(o, "auth", NULL);
	struct doors *d = own ? doors_of(s) : twc__http_site_find_part(s, &doors_ops);
	struct twc__accounts *read, *write;
	struct door *door;

	if (!d)
		return 0;
	read = d->read;
	write = twc_str_is(o->kind, "files") ? d->write : d->read;
	if (own) {
		read = write = doors_add(d, own->value, o->base, err);
		if (!read)
			return twc__http_option_fail(own, err);
	}
	if (!read && !write)
		return 0;
	door = twc_calloc(1, sizeof(*door));
	*door = (struct door){ .doors = d, .read = read, .write = write };
	wrap(door, made, route_handle);
	return 0;
}

static const char *const auth_keys[] = { "auth", NULL };

const struct twc__http_wrapper twc__http_wrapper_auth = {
	.keys = auth_keys,
	.wrap_route = auth_wrap_route,
	.wrap_site = auth_wrap_site,
};
