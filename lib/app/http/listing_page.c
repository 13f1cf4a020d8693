/* SPDX-License-Identifier: MIT */
/*
 * A folder as a page: a table that is sorted by links in its head, with light and dark colours as the reader
 * has them, and nothing from elsewhere. It works without scripts, in text browsers and with screen readers;
 * times are UTC.
 */
#include "app/http/listing.h"

#include <stdio.h>

#include <twc/url.h>

#include "protocol/http/date.h"
#include "protocol/http/html.h"
#include "base/banned.h"

const char twc__listing_policy[] =
	"default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
	"frame-ancestors 'self'";

static const char style[] =
	":root{color-scheme:light dark;--fg:#1b1f24;--dim:#59636e;--bg:#fff;--line:#d8dee4;--row:#f4f6f8;"
	"--link:#0757b8}\n"
	"@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--dim:#9aa5b1;--bg:#0f1318;--line:#2c333b;"
	"--row:#181d24;--link:#78b6ff}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}\n"
	"main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}\n"
	"h1{font-size:1.25rem;font-weight:600;margin:0 0 1rem;overflow-wrap:anywhere}\n"
	"a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}\n"
	"a:focus-visible,button:focus-visible,input:focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
	"table{width:100%;border-collapse:collapse}\n"
	"th,td{padding:.4rem .6rem;text-align:left;border-bottom:1px solid var(--line)}\n"
	"th{font-size:.875rem;white-space:nowrap}th a{color:var(--dim)}\n"
	"th[aria-sort] a{color:var(--fg)}\n"
	"td:first-child{overflow-wrap:anywhere;width:100%}\n"
	"td+td{color:var(--dim);white-space:nowrap;font-variant-numeric:tabular-nums}\n"
	"th:nth-child(2),td:nth-child(2){text-align:right}\n"
	"tbody tr:hover{background:var(--row)}\n"
	"p,form{color:var(--dim);margin:1rem 0 0}\n"
	"button,input{font:inherit}\n"
	"@media(max-width:36rem){th:nth-child(3),td:nth-child(3){display:none}}\n";

/* What is put together, and the first failure of the buffer. */
struct page {
	const struct twc__listing *l;
	struct twc_buf *out;
	int rc;
};

static void text(struct page *p, const char *s)
{
	if (p->rc == 0)
		p->rc = twc_buf_add(p->out, s, strlen(s));
}

static void html(struct page *p, struct twc_str s)
{
	if (p->rc == 0)
		p->rc = twc__http_add_html(p->out, s);
}

static void url(struct page *p, struct twc_str s)
{
	if (p->rc == 0)
		p->rc = twc_url_encode(s, p->out);
}

/* ---- head ---- */

/* Each folder above is a link, by as many steps up. */
static void crumbs(struct page *p, struct twc_str path)
{
	struct twc_str rest = { path.p + 1, path.n - 1 }, part;
	size_t left = 0;

	for (size_t i = 1; i < path.n; i++)
		left += path.p[i] == '/';
	text(p, "<h1>Index of ");
	for (size_t i = 0; i < left; i++)
		text(p, i ? "../" : "<a href=\"../");
	text(p, left ? "\" aria-label=\"top folder\">/</a>" : "/");
	while (left && twc_str_cut(&rest, '/', &part)) {
		left--;
		for (size_t i = 0; i < left; i++)
			text(p, i ? "../" : "<a href=\"../");
		text(p, left ? "\">" : "");
		html(p, part);
		text(p, left ? "</a>/" : "/");
	}
	text(p, "</h1>\n");
}

static void begin(struct page *p, struct twc_str path)
{
	text(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n"
		"<title>Index of ");
	html(p, path);
	text(p, "</title>\n<style>\n");
	text(p, style);
	text(p, "</style>\n</head>\n<body>\n<main>\n");
	crumbs(p, path);
}

/* A column that is sorted by already is turned round by its link. */
static void column(struct page *p, enum twc__listing_sort sort, const char *key, const char *title)
{
	bool is_this = p->l->sort == sort, is_down = is_this && p->l->is_descending;

	text(p, "<th scope=\"col\"");
	if (is_this)
		text(p, is_down ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"");
	text(p, "><a href=\"?sort=");
	text(p, key);
	if (is_this && !is_down)
		text(p, "&amp;order=desc");
	text(p, "\">");
	text(p, title);
	if (is_this) {
		text(p, " <span aria-hidden=\"true\">");
		text(p, is_down ? "\xe2\x86\x93" : "\xe2\x86\x91"); /* arrows */
		text(p, "</span>");
	}
	text(p, "</a></th>");
}

/* ---- rows ---- */

/* "1023 B", "1.0 KiB", "37 MiB" */
static void size_cell(struct page *p, uint64_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	char out[96];
	uint64_t whole = size, tenths = 0;
	unsigned unit = 0;

	while (whole >= 1024) {
		tenths = whole % 1024 * 10 / 1024;
		whole /= 1024;
		unit++;
	}
	if (unit && whole < 10)
		snprintf(out, sizeof(out), "<td title=\"%llu bytes\">%llu.%llu %s</td>", (unsigned long long)size,
			 (unsigned long long)whole, (unsigned long long)tenths, units[unit]);
	else
		snprintf(out, sizeof(out), "<td title=\"%llu bytes\">%llu %s</td>", (unsigned long long)size,
			 (unsigned long long)whole, units[unit]);
	text(p, out);
}

static void time_cell(struct page *p, int64_t mtime)
{
	char iso[TWC__HTTP_ISO_MAX + 1], out[96];

	iso[twc__http_iso_format(iso, mtime, 0, 0)] = '\0';
	snprintf(out, sizeof(out), "<td><time datetime=\"%s\">%.10s %.5s</time></td>", iso, iso, iso + 11);
	text(p, out);
}

/* "./" before the name: "a:b" would be a URL of a scheme. */
static void row(struct page *p, const struct twc__listing_item *item)
{
	const char *slash = item->is_dir ? "/" : "";

	text(p, "<tr><td><a href=\"./");
	url(p, twc_str_of(item->name));
	text(p, slash);
	text(p, "\">");
	html(p, twc_str_of(item->name));
	text(p, slash);
	text(p, "</a></td>");
	if (item->is_dir)
		text(p, "<td></td>");
	else
		size_cell(p, item->size);
	time_cell(p, item->mtime);
	text(p, "</tr>\n");
}

static void table(struct page *p, bool has_parent)
{
	text(p, "<table>\n<thead><tr>");
	column(p, TWC__LISTING_NAME, "name", "Name");
	column(p, TWC__LISTING_SIZE, "size", "Size");
	column(p, TWC__LISTING_MTIME, "mtime", "Modified (UTC)");
	text(p, "</tr></thead>\n<tbody>\n");
	if (has_parent)
		text(p, "<tr><td><a href=\"../\" rel=\"up\" aria-label=\"parent folder\">../</a></td>"
			"<td></td><td></td></tr>\n");
	for (size_t i = 0; i < p->l->n; i++)
		row(p, &p->l->item[i]);
	text(p, "</tbody>\n</table>\n");
}

static void foot(struct page *p, bool takes_uploads)
{
	char out[128];

	if (!p->l->n)
		text(p, "<p>This folder is empty.</p>\n");
	if (p->l->is_cut) {
		snprintf(out, sizeof(out), "<p>There are more names than the %d that are shown.</p>\n",
			 TWC__LISTING_MAX);
		text(p, out);
	}
	if (takes_uploads)
		text(p, "<form method=\"post\" enctype=\"multipart/form-data\">\n"
			"<label>Add files: <input type=\"file\" name=\"file\" multiple required></label>\n"
			"<button>Upload</button>\n</form>\n");
	text(p, "</main>\n</body>\n</html>\n");
}

int twc__listing_page(const struct twc__listing *l, struct twc_str path, bool has_parent, bool takes_uploads,
		      struct twc_buf *out)
{
	struct page p = { .l = l, .out = out };

	begin(&p, path);
	table(&p, has_parent);
	foot(&p, takes_uploads);
	return p.rc;
}
