/* SPDX-License-Identifier: MIT */
/*
 * The library never prints: it hands lines to a sink. Categories are the layers' names; a level per
 * category decides what reaches the sink; arguments of a line that is off are not evaluated.
 * A logger belongs to a reactor (twc_reactor_log), so two reactors in two threads share nothing.
 */
#ifndef TWC_LOG_H
#define TWC_LOG_H

#include <twc/base.h>
#include <twc/err.h>

#pragma GCC visibility push(default)

#define TWC_LOG_CATEGORIES(X) \
	X(base) X(reactor) X(net) X(transport) X(tls) X(protocol) X(http) X(dns) X(smtp) X(endpoint) X(app)

enum twc_log_cat {
#define TWC_LOG_ENUM(name) TWC_LOG_##name,
	TWC_LOG_CATEGORIES(TWC_LOG_ENUM)
#undef TWC_LOG_ENUM
	TWC_LOG_CAT_COUNT
};

enum twc_log_level {
	TWC_LOG_ERROR = 1, /* something failed that nobody else will report */
	TWC_LOG_WARN,	   /* insecure option, limit reached */
	TWC_LOG_INFO,	   /* -v: a connection opened, closed */
	TWC_LOG_DEBUG,	   /* -vv: dial and handshake steps, state changes */
	TWC_LOG_TRACE,	   /* --trace: bytes and states */
};

/* `text` is one line without newline, already escaped; valid during the call only. */
typedef void (*twc_log_sink_fn)(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text);

struct twc_log {
	twc_log_sink_fn sink; /* NULL: nothing is written */
	void *arg;	      /* borrowed, for the sink */
	uint8_t level[TWC_LOG_CAT_COUNT];
};

void twc_log_init(struct twc_log *log, twc_log_sink_fn sink, void *arg); /* level WARN everywhere */
void twc_log_set_level(struct twc_log *log, enum twc_log_level level);	 /* every category */
/* "net,tls", "all", "all,-tls": the named categories to TRACE. Unknown name: TWC_EUSAGE with the nearest. */
int twc_log_set_trace(struct twc_log *log, const char *spec, struct twc_err *err);
const char *twc_log_cat_name(enum twc_log_cat cat);
const char *twc_log_level_name(enum twc_log_level level);
void twc_log_write(struct twc_log *log, enum twc_log_level level, enum twc_log_cat cat, const char *fmt, ...)
	TWC_PRINTF(4, 5);

#define twc_log_is_on(log, cat_, level_) ((log)->sink && (log)->level[cat_] >= (level_))
#define twc_log(log, cat_, level_, ...)                                              \
	do {                                                                         \
		if (twc_log_is_on(log, TWC_LOG_##cat_, TWC_LOG_##level_))            \
			twc_log_write(log, TWC_LOG_##level_, TWC_LOG_##cat_, __VA_ARGS__); \
	} while (0)

#pragma GCC visibility pop
#endif
