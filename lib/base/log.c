/* SPDX-License-Identifier: MIT */
/*
 * Lines to a sink, by category and level. Whoever logs a peer's bytes escapes them (twc_escape); as a last defence a
 * control character that got this far is replaced, so that a line stays a line.
 */
#include <twc/log.h>

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

#define LINE_MAX_BYTES 1024

/* NULL-terminated for twc_nearest; "all" is a word of the trace option, not a category. */
static const char *const cat_names[TWC_LOG_CAT_COUNT + 2] = {
#define ROW(name) [TWC_LOG_##name] = #name,
	TWC_LOG_CATEGORIES(ROW)
#undef ROW
	[TWC_LOG_CAT_COUNT] = "all",
};

void twc_log_init(struct twc_log *log, twc_log_sink_fn sink, void *arg)
{
	*log = (struct twc_log){ .sink = sink, .arg = arg };
	twc_log_set_level(log, TWC_LOG_WARN);
}

void twc_log_set_level(struct twc_log *log, enum twc_log_level level)
{
	memset(log->level, (int)level, sizeof(log->level));
}

const char *twc_log_cat_name(enum twc_log_cat cat)
{
	return (unsigned)cat < TWC_LOG_CAT_COUNT ? cat_names[cat] : "?";
}

const char *twc_log_level_name(enum twc_log_level level)
{
	static const char *const names[] = {
		[TWC_LOG_ERROR] = "error", [TWC_LOG_WARN] = "warning", [TWC_LOG_INFO] = "info",
		[TWC_LOG_DEBUG] = "debug", [TWC_LOG_TRACE] = "trace",
	};

	return level >= TWC_LOG_ERROR && level <= TWC_LOG_TRACE ? names[level] : "?";
}

static int unknown_category(struct twc_str word, struct twc_err *err)
{
	char shown[64];
	const char *near = twc_nearest(word, cat_names);

	if (word.n == 0)
		return twc_err_set(err, TWC_EUSAGE, "empty log category");
	twc_escape(shown, sizeof(shown), word);
	if (near)
		return twc_err_set(err, TWC_EUSAGE, "unknown log category \"%s\", did you mean %s?", shown, near);
	return twc_err_set(err, TWC_EUSAGE, "unknown log category \"%s\"", shown);
}

int twc_log_set_trace(struct twc_log *log, const char *spec, struct twc_err *err)
{
	uint8_t level[TWC_LOG_CAT_COUNT]; /* a fault in the middle leaves the log as it was */
	struct twc_str rest = twc_str_of(spec), word;

	memcpy(level, log->level, sizeof(level));
	while (twc_str_cut(&rest, ',', &word)) {
		bool off = twc_str_starts(word, "-");
		int cat = 0;

		word = (struct twc_str){ word.p + off, word.n - off };
		while (cat_names[cat] && !twc_str_is(word, cat_names[cat]))
			cat++;
		if (!cat_names[cat])
			return unknown_category(word, err);
		for (int i = 0; i < TWC_LOG_CAT_COUNT; i++)
			if (i == cat || cat == TWC_LOG_CAT_COUNT)
				level[i] = off ? log->level[i] : TWC_LOG_TRACE;
	}
	memcpy(log->level, level, sizeof(level));
	return 0;
}

static void line_clean(char *line)
{
	struct twc_str rest = twc_str_of(line);

	for (char *p = line; rest.n > 0; p++, rest.p++, rest.n--)
		for (size_t n = twc_control_len(rest); n > 0; n--)
			p[n - 1] = '?';
}

void twc_log_write(struct twc_log *log, enum twc_log_level level, enum twc_log_cat cat, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	va_list ap;

	if (!log->sink)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line))
		memcpy(line + sizeof(line) - 4, "...", 4);
	line_clean(line);
	log->sink(log->arg, level, cat, line);
}
