/* SPDX-License-Identifier: MIT */
/*
 * The header blocks of a load's requests (RFC 7541). The first on a connection puts into the table what all of them share; those after
 * it come to the same bytes each time, which is made sure of here: a table too small for that is not used at all.
 */
#include "protocol/http/h2_client.h"
#include "protocol/http/h2_load.h"

#include "base/banned.h"

#define TABLE 4096 /* of a server that has said nothing else */
#define SIZE_NONE "\x20" /* the table's new size: none (6.3) */

/* Where a block stands among the bytes, which may still move. */
struct spot {
	size_t at, n;
};

struct maker {
	struct twc_buf b;
	struct twc__h2_nvs *nvs; /* one for each request */
	char **text;		 /* that they point into */
	struct spot *first, *again, *plain;
	size_t n;
};

static nghttp2_hd_deflater *deflater_new(size_t table)
{
	nghttp2_hd_deflater *d = NULL;
	int rc = nghttp2_hd_deflate_new(&d, table);

	TWC_ASSERT(rc == 0);
	return d;
}

static int put_block(struct maker *m, nghttp2_hd_deflater *d, size_t i, struct spot *out)
{
	const struct twc__h2_nvs *nvs = &m->nvs[i];
	size_t bound = nghttp2_hd_deflate_bound(d, nvs->v, nvs->n);
	char *p;
	ssize_t n;
	int rc = twc_buf_reserve(&m->b, bound, &p);

	if (rc < 0)
		return rc;
	n = nghttp2_hd_deflate_hd(d, (uint8_t *)p, bound, nvs->v, nvs->n);
	TWC_ASSERT(n >= 0);
	*out = (struct spot){ twc_buf_len(&m->b), (size_t)n };
	twc_buf_commit(&m->b, (size_t)n);
	return 0;
}

static int put_first(struct maker *m, size_t i)
{
	nghttp2_hd_deflater *d = deflater_new(TABLE);
	int rc = put_block(m, d, i, &m->first[i]);

	nghttp2_hd_deflate_del(d);
	return rc;
}

/* All of them, with a deflater that has seen the first already. */
static int put_all(struct maker *m, nghttp2_hd_deflater *d, struct spot *out)
{
	struct spot none;
	int rc = put_block(m, d, 0, &none);

	for (size_t i = 0; i < m->n && rc == 0; i++)
		rc = put_block(m, d, i, &out[i]);
	return rc;
}

static bool is_same(const struct maker *m, const struct spot *a, const struct spot *b)
{
	const char *p = twc_buf_head(&m->b);

	for (size_t i = 0; i < m->n; i++)
		if (a[i].n != b[i].n || memcmp(p + a[i].at, p + b[i].at, a[i].n) != 0)
			return false;
	return true;
}

static bool is_equal(const uint8_t *a, size_t n, const uint8_t *b, size_t k)
{
	return n == k && memcmp(a, b, n) == 0;
}

/* All put the same into the table, in whatever order they are asked: they differ in :path alone, which nghttp2 never puts there. */
static bool is_uniform(const struct maker *m)
{
	for (size_t i = 1; i < m->n; i++) {
		if (m->nvs[i].n != m->nvs[0].n)
			return false;
		for (size_t k = 0; k < m->nvs[0].n; k++) {
			const nghttp2_nv *a = &m->nvs[0].v[k], *b = &m->nvs[i].v[k];

			if (!is_equal(a->name, a->namelen, b->name, b->namelen) ||
			    (!is_equal(a->value, a->valuelen, b->value, b->valuelen) &&
			     !is_equal(a->name, a->namelen, (const uint8_t *)":path", 5)))
				return false;
		}
	}
	return true;
}

static int put_plain(struct maker *m)
{
	nghttp2_hd_deflater *d = deflater_new(0);
	int rc = put_all(m, d, m->plain);

	nghttp2_hd_deflate_del(d);
	return rc;
}

static int drop_table(struct maker *m)
{
	int rc = 0;

	for (size_t i = 0; i < m->n && rc == 0; i++) {
		m->first[i] = (struct spot){ twc_buf_len(&m->b), 1 + m->plain[i].n };
		m->again[i] = m->plain[i];
		rc = twc_buf_add(&m->b, SIZE_NONE, 1);
		for (size_t k = 0; k < m->plain[i].n && rc == 0; k++)
			rc = twc_buf_add(&m->b, &(char){ twc_buf_head(&m->b)[m->plain[i].at + k] }, 1);
	}
	return rc;
}

static int put_blocks(struct maker *m)
{
	struct spot *twice = twc_calloc(m->n, sizeof(*twice));
	nghttp2_hd_deflater *d = deflater_new(TABLE);
	int rc = put_all(m, d, m->again);

	if (rc == 0)
		rc = put_all(m, d, twice);
	nghttp2_hd_deflate_del(d);
	for (size_t i = 0; i < m->n && rc == 0; i++)
		rc = put_first(m, i);
	if (rc == 0)
		rc = put_plain(m);
	if (rc == 0 && !(is_uniform(m) && is_same(m, m->again, twice)))
		rc = drop_table(m);
	twc_free(twice);
	return rc;
}

static struct twc_str block_at(const struct twc__h2_load_blocks *b, struct spot s)
{
	return (struct twc_str){ b->bytes + s.at, s.n };
}

static int keep(const struct maker *m, struct twc__h2_load_blocks *b)
{
	b->bytes = twc_try_malloc(twc_buf_len(&m->b));
	if (!b->bytes)
		return TWC_ENOMEM;
	memcpy(b->bytes, twc_buf_head(&m->b), twc_buf_len(&m->b));
	b->n = m->n;
	b->at = twc_calloc(m->n, sizeof(*b->at));
	for (size_t i = 0; i < m->n; i++)
		b->at[i] = (struct twc__h2_load_block){
			.first = block_at(b, m->first[i]), .again = block_at(b, m->again[i]), .plain = block_at(b, m->plain[i]),
		};
	return 0;
}

int twc__h2_load_blocks_make(struct twc__h2_load_blocks *b, const struct twc_str *heads, size_t n, struct twc_str scheme,
			     struct twc_err *err)
{
	struct spot *spots = twc_calloc(3 * n, sizeof(*spots));
	struct maker m = { .first = spots, .again = spots + n, .plain = spots + 2 * n, .n = n };
	int rc;

	m.nvs = twc_calloc(n, sizeof(*m.nvs));
	m.text = twc_calloc(n, sizeof(*m.text));
	twc_buf_init(&m.b, SIZE_MAX);
	for (size_t i = 0; i < n; i++) {
		m.text[i] = twc_str_dup(heads[i]);
		twc__h2_request_fields(m.text[i], heads[i].n, scheme, true, &m.nvs[i]);
	}
	rc = put_blocks(&m);
	if (rc == 0)
		rc = keep(&m, b);
	for (size_t i = 0; i < n; i++) {
		twc__h2_nvs_fini(&m.nvs[i]);
		twc_free(m.text[i]);
	}
	twc_buf_fini(&m.b);
	twc_free(m.nvs);
	twc_free(m.text);
	twc_free(spots);
	return rc < 0 ? twc_err_set(err, TWC_ENOMEM, "the requests do not fit into memory") : 0;
}

void twc__h2_load_blocks_fini(struct twc__h2_load_blocks *b)
{
	twc_free(b->bytes);
	twc_free(b->at);
	*b = (struct twc__h2_load_blocks){ 0 };
}
