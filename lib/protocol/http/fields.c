/* SPDX-License-Identifier: MIT */
/*
 * Lists of fields: what a peer has sent, or is to be sent. See fields.h for how they are kept. What is replaced or removed
 * leaves its bytes behind; they go when the store has to grow, or is cleared.
 *
 * Invariants: len <= cap <= TWC_HTTP_FIELDS_BYTES * 2; n <= slots; every entry lies within the first `len` bytes.
 */
#include "protocol/http/fields.h"

#include "protocol/http/octet.h"

#include "base/banned.h"

#define FIRST_BYTES 512
#define FIRST_SLOTS 16

static int no_memory(struct twc_err *err)
{
	return twc_err_set(err, TWC_ENOMEM, "out of memory for header fields");
}

static size_t doubled(size_t have, size_t first, size_t need)
{
	size_t cap = have ? have : first;

	while (cap < need)
		cap *= 2;
	return cap;
}

int twc__http_fields_reserve_bytes(struct twc_http_fields *f, size_t n, struct twc_err *err)
{
	if (n <= f->cap)
		return 0;

	size_t cap = doubled(f->cap, FIRST_BYTES, n);
	char *bytes = cap <= UINT32_MAX ? twc_try_realloc(f->bytes, cap) : NULL;

	if (!bytes)
		return no_memory(err);
	f->bytes = bytes;
	f->cap = (uint32_t)cap;
	return 0;
}

int twc__http_fields_reserve_slots(struct twc_http_fields *f, size_t n, struct twc_err *err)
{
	if (n <= f->slots)
		return 0;

	size_t slots = doubled(f->slots, FIRST_SLOTS, n);
	struct twc__http_entry *entry = twc_try_realloc(f->entry, slots * sizeof(*entry));

	if (!entry)
		return no_memory(err);
	f->entry = entry;
	f->slots = (uint32_t)slots;
	return 0;
}

void twc_http_fields_fini(struct twc_http_fields *f)
{
	twc_free(f->bytes);
	twc_free(f->entry);
	*f = (struct twc_http_fields){ 0 };
}

void twc_http_fields_clear(struct twc_http_fields *f)
{
	f->len = f->n = 0;
	f->present = 0;
}

/* ---- reading ---- */

size_t twc_http_fields_count(const struct twc_http_fields *f)
{
	return f->n;
}

struct twc_http_field twc_http_fields_at(const struct twc_http_fields *f, size_t i)
{
	TWC_ASSERT(i < f->n);
	return twc__http_field_of(f, &f->entry[i]);
}

static size_t find(const struct twc_http_fields *f, struct twc_str name, size_t from)
{
	if (name.n == 0)
		return SIZE_MAX;

	unsigned bit = twc__http_name_bit((unsigned char)name.p[0], name.n);

	if (!(f->present >> bit & 1))
		return SIZE_MAX;
	for (size_t i = from; i < f->n; i++) {
		const struct twc__http_entry *e = &f->entry[i];

		if (e->bit == bit && twc_str_eq_nocase((struct twc_str){ f->bytes + e->name, e->name_n }, name))
			return i;
	}
	return SIZE_MAX;
}

size_t twc_http_fields_find(const struct twc_http_fields *f, const char *name, size_t from)
{
	return find(f, twc_str_of(name), from);
}

bool twc_http_fields_get(const struct twc_http_fields *f, const char *name, struct twc_str *value)
{
	size_t i = find(f, twc_str_of(name), 0);

	if (i == SIZE_MAX)
		return false;
	if (value)
		*value = twc__http_field_of(f, &f->entry[i]).value;
	return true;
}

bool twc_http_fields_has(const struct twc_http_fields *f, const char *name, const char *token)
{
	struct twc_str key = twc_str_of(name), want = twc_str_of(token);

	for (size_t i = find(f, key, 0); i != SIZE_MAX; i = find(f, key, i + 1)) {
		struct twc_str rest = twc__http_field_of(f, &f->entry[i]).value, member, word;

		while (twc_http_list_next(&rest, &member)) {
			twc_str_cut(&member, ';', &word);
			if (twc_str_eq_nocase(twc_str_trim(word), want))
				return true;
		}
	}
	return false;
}

/* ---- changing ---- */

static int check(struct twc_str name, struct twc_str value, struct twc_err *err)
{
	char shown[64];

	if (!twc_http_is_token(name)) {
		twc_escape(shown, sizeof(shown), name);
		return twc_err_set(err, TWC_EDATA, "'%s' is no name of a field", shown);
	}
	if (!twc__http_all(value, TWC__HTTP_VALUE)) {
		twc_escape(shown, sizeof(shown), name);
		return twc_err_set(err, TWC_EDATA, "the value of %s holds a control character", shown);
	}
	return 0;
}

static size_t live_bytes(const struct twc_http_fields *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->entry[i].name_n + f->entry[i].value_n;
	return n;
}

static uint32_t append(struct twc_http_fields *f, struct twc_str s)
{
	uint32_t at = f->len;

	if (s.n > 0)
		memcpy(f->bytes + at, s.p, s.n);
	f->len += (uint32_t)s.n;
	return at;
}

/* Moves what entries name to a larger store. The old one is the caller's: it may be where the new field comes from. */
static int move_to_larger(struct twc_http_fields *f, size_t live, size_t more, char **old, struct twc_err *err)
{
	size_t cap = doubled(0, FIRST_BYTES, live + more + live / 2);
	char *bytes = twc_try_malloc(cap);

	if (!bytes)
		return no_memory(err);
	*old = f->bytes;
	f->bytes = bytes;
	f->cap = (uint32_t)cap;
	f->len = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct twc__http_entry *e = &f->entry[i];

		e->name = append(f, (struct twc_str){ *old + e->name, e->name_n });
		e->value = append(f, (struct twc_str){ *old + e->value, e->value_n });
	}
	return 0;
}

/* Room for the bytes of `name` and `value`, within the maximum of what lives. */
static int make_room(struct twc_http_fields *f, struct twc_str name, struct twc_str value, char **old, struct twc_err *err)
{
	size_t more = name.n + value.n;

	if (more <= f->cap - f->len && f->len + more <= TWC_HTTP_FIELDS_BYTES)
		return 0;

	size_t live = live_bytes(f), room = TWC_HTTP_FIELDS_BYTES - live;

	if (name.n > room || value.n > room - name.n)
		return twc_err_set(err, TWC_ETOOLONG, "header fields of more than %d bytes", TWC_HTTP_FIELDS_BYTES);
	return move_to_larger(f, live, more, old, err);
}

int twc__http_fields_put(struct twc_http_fields *f, struct twc_str name, struct twc_str value, struct twc_err *err)
{
	char *old = NULL;
	int rc;

	if (f->n >= TWC_HTTP_FIELDS_MAX)
		return twc_err_set(err, TWC_ETOOLONG, "more than %d header fields", TWC_HTTP_FIELDS_MAX);
	if (f->n == f->slots && (rc = twc__http_fields_reserve_slots(f, f->n + 1, err)))
		return rc;
	if ((rc = make_room(f, name, value, &old, err)))
		return rc;

	struct twc__http_entry *e = &f->entry[f->n++];

	e->name = append(f, name);
	e->name_n = (uint32_t)name.n & 0xffffff;
	e->value = append(f, value);
	e->value_n = (uint32_t)value.n;
	e->bit = twc__http_name_bit((unsigned char)name.p[0], name.n) & 63;
	f->present |= UINT64_C(1) << e->bit;
	if (old)
		twc_free(old);
	return 0;
}

int twc_http_fields_add(struct twc_http_fields *f, struct twc_str name, struct twc_str value, struct twc_err *err)
{
	int rc = check(name, value, err);

	return rc ? rc : twc__http_fields_put(f, name, twc_str_trim(value), err);
}

static size_t remove_from(struct twc_http_fields *f, struct twc_str name, size_t from)
{
	size_t i = find(f, name, from), kept = i, removed = 0;

	if (i == SIZE_MAX)
		return 0;
	for (size_t next; i < f->n; i = next) {
		next = find(f, name, ++i);
		if (next == SIZE_MAX)
			next = f->n;
		memmove(&f->entry[kept], &f->entry[i], (next - i) * sizeof(f->entry[0]));
		kept += next - i;
		removed++;
	}
	f->n = (uint32_t)kept;
	return removed;
}

/* A longer value in place of the i-th: the old one does not count any more, but stays readable until the new one is there. */
static int replace_value(struct twc_http_fields *f, size_t i, struct twc_str value, struct twc_err *err)
{
	uint32_t before = f->entry[i].value_n;
	char *old = NULL;
	int rc;

	f->entry[i].value_n = 0;
	rc = make_room(f, (struct twc_str){ NULL, 0 }, value, &old, err);
	if (rc) {
		f->entry[i].value_n = before;
		return rc;
	}
	f->entry[i].value = append(f, value);
	f->entry[i].value_n = (uint32_t)value.n;
	twc_free(old);
	return 0;
}

int twc_http_fields_set(struct twc_http_fields *f, struct twc_str name, struct twc_str value, struct twc_err *err)
{
	size_t i = find(f, name, 0);
	int rc;

	if (i == SIZE_MAX)
		return twc_http_fields_add(f, name, value, err);
	if ((rc = check(name, value, err)))
		return rc;
	value = twc_str_trim(value);
	if (value.n > f->entry[i].value_n) {
		if ((rc = replace_value(f, i, value, err)))
			return rc;
	} else { /* over the old one; it may be a part of it */
		if (value.n > 0)
			memmove(f->bytes + f->entry[i].value, value.p, value.n);
		f->entry[i].value_n = (uint32_t)value.n;
	}
	remove_from(f, twc__http_field_of(f, &f->entry[i]).name, i + 1);
	return 0;
}

size_t twc_http_fields_remove(struct twc_http_fields *f, const char *name)
{
	return remove_from(f, twc_str_of(name), 0);
}

int twc_http_fields_copy(struct twc_http_fields *to, const struct twc_http_fields *from, struct twc_err *err)
{
	int rc;

	if (to == from)
		return 0;
	twc_http_fields_clear(to);
	if ((rc = twc__http_fields_reserve_bytes(to, live_bytes(from), err)) ||
	    (rc = twc__http_fields_reserve_slots(to, from->n, err)))
		return rc;
	for (size_t i = 0; i < from->n; i++) {
		struct twc_http_field field = twc__http_field_of(from, &from->entry[i]);
		struct twc__http_entry *e = &to->entry[i];

		*e = from->entry[i];
		e->name = append(to, field.name);
		e->value = append(to, field.value);
	}
	to->n = from->n;
	to->present = from->present;
	return 0;
}
