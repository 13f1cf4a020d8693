/* SPDX-License-Identifier: MIT */
/* The values of the options in wire.h, and the policies they put around a factory. */
#include "wire.h"
#include "out.h"

#include <twc/parse.h>
#include <twc/protocol.h>
#include <unistd.h>

static bool wants_record(const struct wire_params *p)
{
	return p->hexdump || p->dump || p->tee_in || p->tee_out;
}

bool wire_is_used(const struct wire_params *p)
{
	struct twc_filter_opts o;

	return wants_record(p) || p->limit_rate || wire_filter(p, &o);
}

/* line, nul, len4, raw[:SIZE] */
static int parse_frames(const char *value, struct twc_filter_opts *o, struct twc_err *err)
{
	static const char *const kind[] = { "raw", "line", "nul", "len4", NULL }; /* enum twc_frames */
	struct twc_str rest = twc_str_of(value), part = { 0 };
	uint64_t max = 0;
	int word, rc;

	(void)twc_str_cut(&rest, ':', &part);
	rc = twc_parse_word(part, kind, &word, err);
	if (rc < 0)
		return rc;
	o->frames = (enum twc_frames)word;
	if (!rest.p)
		return 0;
	if (o->frames != TWC_FRAMES_RAW)
		return twc_err_set(err, TWC_EUSAGE, "%s takes no size: frames are never cut", kind[word]);
	rc = twc_parse_size(rest, &max, err);
	if (rc < 0)
		return rc;
	if (max < 1 || max > 65507)
		return twc_err_set(err, TWC_EUSAGE, "a datagram holds 1 to 65507 bytes");
	o->frame_max = (size_t)max;
	return 0;
}

const char *wire_filter(const struct wire_params *p, struct twc_filter_opts *o)
{
	*o = (struct twc_filter_opts){
		.crlf = p->crlf,
		.telnet = p->telnet,
		.max_bytes = p->max_bytes,
		.max_messages = p->max_messages,
		.line_delay_ns = p->line_delay,
	};
	o->has_frames = p->frames != NULL;
	if (p->frames)
		(void)parse_frames(p->frames, o, NULL); /* wire_check has seen it */
	return p->crlf	       ? "crlf" :
	       p->telnet       ? "telnet" :
	       p->frames       ? "frames" :
	       p->max_bytes    ? "max-bytes" :
	       p->max_messages ? "max-messages" :
	       p->line_delay   ? "line-delay" :
				 NULL;
}

int wire_check_kinds(const struct wire_params *p, bool has_stream, bool has_datagrams, struct twc_err *err)
{
	if (p->telnet && has_datagrams)
		return twc_err_set(err, TWC_EUSAGE, "--telnet is about streams, not datagrams");
	if (p->frames && !(has_stream && has_datagrams))
		return twc_err_set(err, TWC_EUSAGE, "--frames is about datagrams joined with a stream; here are only %s",
				   has_stream ? "streams" : "datagrams");
	if (p->max_messages && !has_datagrams)
		return twc_err_set(err, TWC_EUSAGE, "--max-messages counts datagrams; here are only streams (--max-bytes)");
	return 0;
}

/* text[=FILE]: the file, "" for standard error; NULL: wrong. */
static const char *dump_file(const char *value)
{
	if (strcmp(value, "text") == 0)
		return "";
	return strncmp(value, "text=", 5) == 0 && value[5] ? value + 5 : NULL;
}

int wire_parse_rate(const char *value, uint64_t *rate, uint64_t *burst, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(value), part = { 0 };
	int rc;

	*burst = 0;
	(void)twc_str_cut(&rest, ':', &part);
	rc = twc_parse_size(part, rate, err);
	if (rc < 0)
		return rc;
	if (*rate == 0)
		return twc_err_set(err, TWC_EUSAGE, "a rate of 0 bytes a second would move nothing");
	if (!rest.p)
		return 0;
	if (!twc_str_starts(rest, "burst="))
		return twc_err_set(err, TWC_EUSAGE, "%s is not RATE[:burst=SIZE]", value);
	rest.p += 6;
	rest.n -= 6;
	rc = twc_parse_size(rest, burst, err);
	if (rc == 0 && *burst == 0)
		return twc_err_set(err, TWC_EUSAGE, "a burst of 0 bytes would move nothing");
	return rc;
}

static int check_names(const struct wire_params *p, struct twc_err *err)
{
	const char *const name[] = { p->hexdump, p->dump ? dump_file(p->dump) : NULL, p->tee_in, p->tee_out };
	static const char *const option[] = { "hexdump", "dump", "tee-in", "tee-out" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(name); i++) {
		if (name[i] && strcmp(name[i], "-") == 0)
			return twc_err_set(err, TWC_EUSAGE, "--%s: standard output carries the data: name a file",
					   option[i]);
		if (name[i] && !name[i][0] && i >= 2)
			return twc_err_set(err, TWC_EUSAGE, "--%s: the name of a file is missing", option[i]);
	}
	return 0;
}

bool wire_shows(const struct wire_params *p)
{
	const char *dump = p->dump ? dump_file(p->dump) : NULL;

	return (p->hexdump && !p->hexdump[0]) || (dump && !dump[0]);
}

int wire_check(const struct ctx *ctx, const struct wire_params *p, struct twc_err *err)
{
	struct twc_filter_opts filter = { 0 };
	struct twc_err why = { 0 };
	uint64_t rate, burst;
	int rc = 0;

	if (p->dump && !dump_file(p->dump))
		return twc_err_set(err, TWC_EUSAGE, "--dump: %s is not text or text=FILE", p->dump);
	rc = check_names(p, err);
	if (rc < 0)
		return rc;
	if (ctx->common.log_json && ((p->hexdump && !p->hexdump[0]) || (p->dump && !dump_file(p->dump)[0])))
		return twc_err_set(err, TWC_EUSAGE, "--log-json leaves standard error to JSON lines: dump into a file");
	if (p->limit_rate && wire_parse_rate(p->limit_rate, &rate, &burst, &why) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--limit-rate: %s", why.text);
	if (p->frames && parse_frames(p->frames, &filter, &why) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--frames: %s", why.text);
	return 0;
}

static int open_record(struct wire *w, struct ctx *ctx, const struct wire_params *p, struct twc_factory **f,
		       void (*failed)(void *arg, const struct twc_err *err), void *arg)
{
	struct twc_record_opts o = {
		.hexdump = p->hexdump,
		.textdump = p->dump ? dump_file(p->dump) : NULL,
		.dump_fd = STDERR_FILENO,
		.tee_in = p->tee_in,
		.tee_out = p->tee_out,
		.failed = failed,
		.arg = arg,
	};
	struct twc_err err = { 0 };

	w->record = twc_record_new(&o, *f, &err);
	if (!w->record)
		return out_fail(ctx, NULL, &err);
	*f = twc_record_factory(w->record);
	return 0;
}

int wire_open(struct wire *w, struct ctx *ctx, const struct wire_params *p, struct twc_factory **f,
	      void (*failed)(void *arg, const struct twc_err *err), void *arg)
{
	uint64_t rate, burst;

	if (p->limit_rate) {
		(void)wire_parse_rate(p->limit_rate, &rate, &burst, NULL); /* wire_check has seen it */
		*f = w->rate = twc_policy_rate_new(*f, rate, burst);
	}
	return wants_record(p) ? open_record(w, ctx, p, f, failed, arg) : 0;
}

void wire_free(struct wire *w)
{
	twc_record_free(w->record);
	twc_policy_free(w->rate);
}
