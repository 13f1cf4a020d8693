/* SPDX-License-Identifier: MIT */
/* Samples of documents and images, all the same for everybody. */
#include "app/http/bin.h"

#include "app/http/files.h"
#include "base/base64.h"
#include "protocol/http/exchange.h"
#include "protocol/http/quality.h"
#include "base/banned.h"

/* ---- documents ---- */

static struct twc_deferred *send_text(struct twc_http_exchange *x, const char *type, struct twc_str text)
{
	twc__bin_send(x, 200, type, text);
	return NULL;
}

static const char json[] =
	"{\n"
	"  \"slideshow\": {\n"
	"    \"author\": \"Yours Truly\",\n"
	"    \"date\": \"date of publication\",\n"
	"    \"slides\": [\n"
	"      { \"title\": \"What a server says\", \"type\": \"all\" },\n"
	"      { \"title\": \"In three parts\", \"type\": \"all\", \"items\": [\"a status\", \"some <em>fields</em>\", \"a body\"] }\n"
	"    ],\n"
	"    \"title\": \"Sample Slide Show\"\n"
	"  }\n"
	"}\n";

static struct twc_deferred *handle_json(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	return send_text(x, "application/json; charset=utf-8", TWC_STR(json));
}

static const char xml[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	"<!-- A slide show in few words -->\n"
	"<slideshow title=\"Sample Slide Show\" date=\"Date of publication\" author=\"Yours Truly\">\n"
	"  <slide type=\"all\">\n"
	"    <title>What a server says</title>\n"
	"  </slide>\n"
	"  <slide type=\"all\">\n"
	"    <title>In three parts</title>\n"
	"    <item>a status</item>\n"
	"    <item>some <em>fields</em></item>\n"
	"    <item/>\n"
	"  </slide>\n"
	"</slideshow>\n";

static struct twc_deferred *handle_xml(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	return send_text(x, "application/xml", TWC_STR(xml));
}

/* The beginning of the book that httpbin has on its page, too. */
static const char html[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head><meta charset=\"utf-8\"><title>Moby-Dick</title></head>\n"
	"<body>\n"
	"<h1>Herman Melville - Moby-Dick</h1>\n"
	"<p>Call me Ishmael. Some years ago - never mind how long precisely - having little or no money in my purse, and nothing\n"
	"particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. It is a way\n"
	"I have of driving off the spleen and regulating the circulation.</p>\n"
	"</body>\n"
	"</html>\n";

static struct twc_deferred *handle_html(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	return send_text(x, "text/html; charset=utf-8", TWC_STR(html));
}

static const char utf8[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head><meta charset=\"utf-8\"><title>UTF-8</title></head>\n"
	"<body>\n"
	"<h1>Unicode in UTF-8</h1>\n"
	"<ul>\n"
	"<li lang=\"de\">Größe, Übermut, süße Äpfel</li>\n"
	"<li lang=\"fr\">garçon, cœur, naïveté, Noël</li>\n"
	"<li lang=\"pl\">zażółć gęślą jaźń</li>\n"
	"<li lang=\"tr\">ıİ ğ ş ç</li>\n"
	"<li lang=\"el\">Καλημέρα κόσμε</li>\n"
	"<li lang=\"ru\">Здравствуй, мир</li>\n"
	"<li lang=\"he\" dir=\"rtl\">שלום עולם</li>\n"
	"<li lang=\"ar\" dir=\"rtl\">مرحبا بالعالم</li>\n"
	"<li lang=\"hi\">नमस्ते दुनिया</li>\n"
	"<li lang=\"th\">สวัสดีชาวโลก</li>\n"
	"<li lang=\"zh\">你好，世界</li>\n"
	"<li lang=\"ja\">こんにちは世界</li>\n"
	"<li lang=\"ko\">안녕하세요 세계</li>\n"
	"<li>∀x∈ℝ: ⌈x⌉ = −⌊−x⌋, α ∧ ¬β = ¬(¬α ∨ β), 2H₂ + O₂ ⇌ 2H₂O</li>\n"
	"<li>← ↑ → ↓ ─│┌┐└┘ ░▒▓█ ♔♕♖ ☀☂☃</li>\n"
	"<li>Beyond 16 bits: 𝄞 𝕏 🌊 👩‍🚀; combined: e\xcc\x81 n\xcc\x83 a\xcc\x8a</li>\n"
	"</ul>\n"
	"</body>\n"
	"</html>\n";

static struct twc_deferred *handle_utf8(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	return send_text(x, "text/html; charset=utf-8", TWC_STR(utf8));
}

static struct twc_deferred *handle_robots(void *arg, struct twc_http_exchange *x)
{
	const struct twc__bin *bin = arg;
	char *text = twc_asprintf("User-agent: *\nDisallow: %s/deny\n", bin->prefix);

	send_text(x, "text/plain; charset=utf-8", twc_str_of(text));
	twc_free(text);
	return NULL;
}

static struct twc_deferred *handle_deny(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	return send_text(x, "text/plain; charset=utf-8", TWC_STR("This page is not for robots.\n"));
}

/* ---- images: the sun above the sea, 64 by 64 ---- */

static const char png[] =
	"iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAgMAAADXB5lNAAAACVBMVEXg8Pr6vigeWqB4cophAAAAhklEQVR42u2QsQ2AMAwEH6Q09CzBFIxAgfdhlJTRTwlx"
	"FCl2CgpokPjmlFd8Sgx8Mas7i9gmiOymmEXETbgZXwy52J4VIRf7y9L7p/e/7fbRbazf6cNMyRLkYTiSsSUmMrXEQrKlLQ51FVsmorrUpkRSl9qUYBllJRj1"
	"JisvUblQCbr8hc0JiYgTZ0YtRd4AAAAASUVORK5CYII=";

static const char jpeg[] =
	"/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/"
	"2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCABAAEADASIAAhEBAxEB/8QA"
	"GgABAAIDAQAAAAAAAAAAAAAAAAMEAQIGBf/EACsQAAICAQMBBgYDAAAAAAAAAAABAgMRBAUhEiIxMlFhsQYTFDNx0UGRof/EABkBAAMBAQEAAAAAAAAAAAAA"
	"AAACAwQBBf/EAB0RAAICAwEBAQAAAAAAAAAAAAACAREDEhMEITH/2gAMAwEAAhEDEQA/AOrAA4gAAAAaW2qpLKy33Ir/AFU890f6IZPRjxzU/pRcTNFwWwRU"
	"3KzhrEkSlUdXjZRGWVmpAAGOAAABU1X3V+CAu30/MSa4kit8izPh/wBPH9GF+kzEXZtxOusRY0/3o4LxBRQ4Pql3/wALyJzd5cbJjpjPmaGb4AeBtm/RjWqt"
	"c5ZXCtxnK9Sbcd+qrhKvRvrt7uvHZj+/Y282ujPvFWbbnvkdLY6dPGNli8Um+zF+XqRaD4gVtqr1cIV9T4nHhL8p+5z0pOcnKTcpN5bb5bMF+a1RLebO+B4G"
	"2b9GNaq1zllcK3Gcr1Jtx36quEq9G+u3u68dmP79iHNrorvFWbbnvkdLY6dPGNli8Um+zF+XqRaD4gVtqr1cIV9T4nHhL8p+5z0pOcnKTcpN5bb5bMF+a1RL"
	"ebAAKCAAAAAAAAAAH//Z";

static const char webp[] =
	"UklGRooAAABXRUJQVlA4TH4AAAAvP8APAArHAdy2zZ4eNjNlB1sA6PTyOogFE5P5Y8XRJRZMdIYdZ1f/J+DaX9WX3RTrG0G/Bdzz4T8akq8V2VM10teqgT6a"
	"Wr1Bo7cp9Jbp+3TTfoT9AOsY6xRqCDWDHkFP4AZwbw8L3yJokDSISmQlwgJpgfwBkwfMlunyrxI=";

static const char svg[] =
	"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"64\" height=\"64\" viewBox=\"0 0 64 64\">\n"
	"<rect width=\"64\" height=\"64\" fill=\"#e0f0fa\"/>\n"
	"<circle cx=\"44\" cy=\"20\" r=\"10\" fill=\"#fabe28\"/>\n"
	"<path d=\"M0 40q8 12 16 0t16 0 16 0 16 0V64H0z\" fill=\"#1e5aa0\"/>\n"
	"</svg>\n";

static const struct {
	const char *name, *type, *data;
	bool is_base64;
} images[] = {
	{ "png", "image/png", png, true },
	{ "webp", "image/webp", webp, true },
	{ "svg", "image/svg+xml", svg, false },
	{ "jpeg", "image/jpeg", jpeg, true },
};

static void send_image(struct twc_http_exchange *x, size_t i)
{
	struct twc_str data = twc_str_of(images[i].data);
	char *bytes = twc__http_exchange_alloc(x, TWC__BASE64_ROOM(data.n));
	size_t n;

	if (images[i].is_base64) {
		TWC_ASSERT(twc__base64_decode(data, bytes, &n));
		data = (struct twc_str){ bytes, n };
	}
	twc__bin_send(x, 200, images[i].type, data);
}

static struct twc_deferred *handle_image(void *arg, struct twc_http_exchange *x)
{
	struct twc_str kind = twc_http_param(x, "kind");

	(void)arg;
	for (size_t i = 0; i < TWC_ARRAY_LEN(images); i++) {
		if (!twc_str_is(kind, images[i].name))
			continue;
		send_image(x, i);
		return NULL;
	}
	twc__bin_fail(x, 404, "the images are png, webp, svg and jpeg");
	return NULL;
}

static struct twc_deferred *handle_image_accepted(void *arg, struct twc_http_exchange *x)
{
	const char *types[TWC_ARRAY_LEN(images) + 1] = { NULL };
	int i;

	(void)arg;
	for (size_t k = 0; k < TWC_ARRAY_LEN(images); k++)
		types[k] = images[k].type;
	i = twc__http_choose_type(twc__files_field(x, "Accept"), types);
	twc_http_add_field(x, "Vary", "Accept");
	if (i >= 0)
		send_image(x, (size_t)i);
	else
		twc__bin_fail(x, 406, "the images are png, webp, svg and jpeg");
	return NULL;
}

const struct twc__bin_route twc__bin_sample[] = {
	{ NULL, "/json", handle_json, "A sample of JSON." },
	{ NULL, "/xml", handle_xml, "Of XML." },
	{ NULL, "/html", handle_html, "Of HTML." },
	{ "GET", "/encoding/utf8", handle_utf8, "Of UTF-8." },
	{ NULL, "/image", handle_image_accepted, "An image of a type that Accept asks for." },
	{ NULL, "/image/<kind>", handle_image, "An image: png, webp, svg or jpeg." },
	{ NULL, "/robots.txt", handle_robots, "Rules for robots." },
	{ NULL, "/deny", handle_deny, "A page that they keep robots from." },
	{ .pattern = NULL },
};
