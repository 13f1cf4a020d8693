/* SPDX-License-Identifier: MIT */
/*
 * Media types by the end of a name: one table, sorted by ending, searched in halves. Types are IANA's where it has one; the
 * character set stands with what people write as text, as a browser would guess it otherwise. JSON has none (RFC 8259, 11).
 */
#include "protocol/http/mime.h"

#include "base/banned.h"

#define ENDING_MAX 16 /* longer than any ending in the table */

struct row {
	const char *ending; /* lower case, without the first dot */
	struct twc_str type;
};

#define UTF8 "; charset=utf-8"
#define ROW(ending, type) { ending, { type, sizeof(type) - 1 } }

static const struct row table[] = {
	ROW("3gp", "video/3gpp"),
	ROW("7z", "application/x-7z-compressed"),
	ROW("aac", "audio/aac"),
	ROW("aif", "audio/x-aiff"),
	ROW("aiff", "audio/x-aiff"),
	ROW("apk", "application/vnd.android.package-archive"),
	ROW("apng", "image/apng"),
	ROW("appcache", "text/cache-manifest" UTF8),
	ROW("atom", "application/atom+xml" UTF8),
	ROW("avi", "video/x-msvideo"),
	ROW("avif", "image/avif"),
	ROW("bin", "application/octet-stream"),
	ROW("bmp", "image/bmp"),
	ROW("br", "application/x-brotli"),
	ROW("bz2", "application/x-bzip2"),
	ROW("c", "text/x-c" UTF8),
	ROW("cc", "text/x-c++" UTF8),
	ROW("cfg", "text/plain" UTF8),
	ROW("cjs", "text/javascript" UTF8),
	ROW("conf", "text/plain" UTF8),
	ROW("cpp", "text/x-c++" UTF8),
	ROW("crt", "application/x-x509-ca-cert"),
	ROW("css", "text/css" UTF8),
	ROW("csv", "text/csv" UTF8),
	ROW("d.cts", "text/plain" UTF8),
	ROW("d.mts", "text/plain" UTF8),
	ROW("d.ts", "text/plain" UTF8),
	ROW("deb", "application/vnd.debian.binary-package"),
	ROW("der", "application/x-x509-ca-cert"),
	ROW("diff", "text/x-diff" UTF8),
	ROW("dmg", "application/octet-stream"),
	ROW("doc", "application/msword"),
	ROW("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
	ROW("eml", "message/rfc822"),
	ROW("eot", "application/vnd.ms-fontobject"),
	ROW("eps", "application/postscript"),
	ROW("epub", "application/epub+zip"),
	ROW("exe", "application/octet-stream"),
	ROW("flac", "audio/flac"),
	ROW("flv", "video/x-flv"),
	ROW("geojson", "application/geo+json"),
	ROW("gif", "image/gif"),
	ROW("glb", "model/gltf-binary"),
	ROW("gltf", "model/gltf+json"),
	ROW("go", "text/x-go" UTF8),
	ROW("gpx", "application/gpx+xml" UTF8),
	ROW("gz", "application/gzip"),
	ROW("h", "text/x-c" UTF8),
	ROW("har", "application/json"),
	ROW("heic", "image/heic"),
	ROW("heif", "image/heif"),
	ROW("hpp", "text/x-c++" UTF8),
	ROW("htm", "text/html" UTF8),
	ROW("html", "text/html" UTF8),
	ROW("ico", "image/vnd.microsoft.icon"),
	ROW("ics", "text/calendar" UTF8),
	ROW("img", "application/octet-stream"),
	ROW("ini", "text/plain" UTF8),
	ROW("ipynb", "application/x-ipynb+json"),
	ROW("iso", "application/octet-stream"),
	ROW("jar", "application/java-archive"),
	ROW("java", "text/x-java" UTF8),
	ROW("jpe", "image/jpeg"),
	ROW("jpeg", "image/jpeg"),
	ROW("jpg", "image/jpeg"),
	ROW("js", "text/javascript" UTF8),
	ROW("json", "application/json"),
	ROW("json5", "application/json5"),
	ROW("jsonl", "application/x-ndjson"),
	ROW("jsonld", "application/ld+json"),
	ROW("jxl", "image/jxl"),
	ROW("kml", "application/vnd.google-earth.kml+xml" UTF8),
	ROW("kmz", "application/vnd.google-earth.kmz"),
	ROW("log", "text/plain" UTF8),
	ROW("lua", "text/x-lua" UTF8),
	ROW("m3u", "audio/mpegurl" UTF8),
	ROW("m3u8", "application/vnd.apple.mpegurl" UTF8),
	ROW("m4a", "audio/mp4"),
	ROW("m4s", "video/iso.segment"),
	ROW("m4v", "video/mp4"),
	ROW("map", "application/json"),
	ROW("markdown", "text/markdown" UTF8),
	ROW("md", "text/markdown" UTF8),
	ROW("mid", "audio/midi"),
	ROW("midi", "audio/midi"),
	ROW("mjs", "text/javascript" UTF8),
	ROW("mkv", "video/matroska"),
	ROW("mml", "application/mathml+xml" UTF8),
	ROW("mov", "video/quicktime"),
	ROW("mp3", "audio/mpeg"),
	ROW("mp4", "video/mp4"),
	ROW("mpd", "application/dash+xml" UTF8),
	ROW("mpeg", "video/mpeg"),
	ROW("mpg", "video/mpeg"),
	ROW("ndjson", "application/x-ndjson"),
	ROW("odp", "application/vnd.oasis.opendocument.presentation"),
	ROW("ods", "application/vnd.oasis.opendocument.spreadsheet"),
	ROW("odt", "application/vnd.oasis.opendocument.text"),
	ROW("oga", "audio/ogg"),
	ROW("ogg", "audio/ogg"),
	ROW("ogv", "video/ogg"),
	ROW("opus", "audio/ogg"),
	ROW("otf", "font/otf"),
	ROW("p12", "application/x-pkcs12"),
	ROW("patch", "text/x-diff" UTF8),
	ROW("pdf", "application/pdf"),
	ROW("pem", "application/x-pem-file"),
	ROW("pfx", "application/x-pkcs12"),
	ROW("pl", "text/x-perl" UTF8),
	ROW("png", "image/png"),
	ROW("ppt", "application/vnd.ms-powerpoint"),
	ROW("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
	ROW("ps", "application/postscript"),
	ROW("py", "text/x-python" UTF8),
	ROW("rar", "application/vnd.rar"),
	ROW("rb", "text/x-ruby" UTF8),
	ROW("rpm", "application/x-rpm"),
	ROW("rs", "text/x-rust" UTF8),
	ROW("rss", "application/rss+xml" UTF8),
	ROW("rst", "text/x-rst" UTF8),
	ROW("rtf", "application/rtf"),
	ROW("scss", "text/x-scss" UTF8),
	ROW("sh", "text/x-sh" UTF8),
	ROW("sql", "application/sql" UTF8),
	ROW("sqlite", "application/vnd.sqlite3"),
	ROW("srt", "application/x-subrip" UTF8),
	ROW("stl", "model/stl"),
	ROW("svg", "image/svg+xml" UTF8),
	ROW("tar", "application/x-tar"),
	ROW("tar.gz", "application/gzip"),
	ROW("tbz2", "application/x-bzip2"),
	ROW("text", "text/plain" UTF8),
	ROW("tgz", "application/gzip"),
	ROW("tif", "image/tiff"),
	ROW("tiff", "image/tiff"),
	ROW("toml", "application/toml" UTF8),
	ROW("torrent", "application/x-bittorrent"),
	ROW("ts", "video/mp2t"),
	ROW("tsv", "text/tab-separated-values" UTF8),
	ROW("tsx", "text/plain" UTF8),
	ROW("ttf", "font/ttf"),
	ROW("txt", "text/plain" UTF8),
	ROW("txz", "application/x-xz"),
	ROW("vcf", "text/vcard" UTF8),
	ROW("vtt", "text/vtt" UTF8),
	ROW("wasm", "application/wasm"),
	ROW("wav", "audio/wav"),
	ROW("weba", "audio/webm"),
	ROW("webm", "video/webm"),
	ROW("webmanifest", "application/manifest+json"),
	ROW("webp", "image/webp"),
	ROW("wma", "audio/x-ms-wma"),
	ROW("wmv", "video/x-ms-wmv"),
	ROW("woff", "font/woff"),
	ROW("woff2", "font/woff2"),
	ROW("xhtml", "application/xhtml+xml" UTF8),
	ROW("xls", "application/vnd.ms-excel"),
	ROW("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
	ROW("xml", "application/xml" UTF8),
	ROW("xsl", "application/xslt+xml" UTF8),
	ROW("xslt", "application/xslt+xml" UTF8),
	ROW("xz", "application/x-xz"),
	ROW("yaml", "application/yaml" UTF8),
	ROW("yml", "application/yaml" UTF8),
	ROW("zip", "application/zip"),
	ROW("zst", "application/zstd"),
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Order of the bytes in lower case, as in the table. */
static int compare(struct twc_str s, const char *ending)
{
	for (size_t i = 0; i < s.n; i++) {
		int difference = (unsigned char)lower(s.p[i]) - (unsigned char)ending[i];

		if (difference || !ending[i])
			return difference ? difference : 1;
	}
	return ending[s.n] ? -1 : 0;
}

static struct twc_str find_ending(struct twc_str s)
{
	size_t low = 0, high = TWC_ARRAY_LEN(table);

	if (s.n == 0 || s.n >= ENDING_MAX)
		return (struct twc_str){ NULL, 0 };
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = compare(s, table[mid].ending);

		if (order == 0)
			return table[mid].type;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return (struct twc_str){ NULL, 0 };
}

/* A dot that begins a name begins no ending: ".zip" is a hidden file. */
struct twc_str twc__http_mime_find(struct twc_str path)
{
	struct twc_str type = { NULL, 0 };
	int dots = 0;

	for (size_t i = path.n; i-- > 1 && dots < 2 && path.p[i] != '/' && path.n - i <= ENDING_MAX;) {
		if (path.p[i] != '.' || path.p[i - 1] == '/')
			continue;

		struct twc_str found = find_ending((struct twc_str){ path.p + i + 1, path.n - i - 1 });

		dots++;
		if (found.n)
			type = found;
	}
	return type;
}

struct twc_str twc__http_mime_of(struct twc_str path)
{
	struct twc_str type = twc__http_mime_find(path);

	return type.n ? type : TWC_STR("application/octet-stream");
}

/* ---- compressing ---- */

static bool ends(struct twc_str s, const char *tail)
{
	size_t n = strlen(tail);

	return s.n >= n && twc_str_eq_nocase((struct twc_str){ s.p + s.n - n, n }, (struct twc_str){ tail, n });
}

static bool begins(struct twc_str s, const char *head)
{
	size_t n = strlen(head);

	return s.n >= n && twc_str_eq_nocase((struct twc_str){ s.p, n }, (struct twc_str){ head, n });
}

bool twc__http_mime_is_compressible(struct twc_str type)
{
	static const char *const others[] = {
		"application/json",	  "application/json5",	      "application/x-ndjson", "application/xml",
		"application/javascript", "application/wasm",	      "application/sql",      "application/yaml",
		"application/toml",	  "application/rtf",	      "application/x-tar",    "application/postscript",
		"application/x-subrip",	  "application/x-javascript", "image/bmp",	      "image/vnd.microsoft.icon",
		"image/x-icon",		  "audio/mpegurl",	      "font/ttf",	      "font/otf",
		"model/stl",		  "message/rfc822",	      "application/x-www-form-urlencoded",
		"application/vnd.apple.mpegurl", "application/vnd.ms-fontobject",
	};
	struct twc_str name;

	if (!twc_str_cut(&type, ';', &name))
		return false;
	name = twc_str_trim(name);
	if (begins(name, "text/"))
		return !twc_str_eq_nocase(name, TWC_STR("text/event-stream"));
	if (ends(name, "+json") || ends(name, "+xml"))
		return true;
	for (size_t i = 0; i < TWC_ARRAY_LEN(others); i++)
		if (twc_str_eq_nocase(name, twc_str_of(others[i])))
			return true;
	return false;
}
