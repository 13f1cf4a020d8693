/* SPDX-License-Identifier: MIT */
/* text STRING: the same bytes to everybody; C escapes are understood (\r \n \t \0 \xNN). */
#include "protocol/service_int.h"
#include "base/banned.h"

static struct twc_str text_compose(const struct twc__answer_factory *f, time_t now, char *scratch)
{
	(void)now;
	(void)scratch;
	return (struct twc_str){ f->text, f->text_len };
}

static struct twc_factory *text_create(struct twc_reactor *r, const char *arg, struct twc_err *err)
{
	struct twc__answer_factory *f = twc__answer_factory_new(text_compose);

	(void)r;
	f->text = twc_strdup(arg);
	f->text_len = strlen(arg);
	if (twc_parse_escapes(f->text, &f->text_len, err) == 0)
		return &f->base;
	twc__answer_factory_free(&f->base);
	return NULL;
}

const struct twc_service twc__service_text = {
	.name = "text",
	.arg_name = "STRING",
	.summary = "send STRING (with C escapes)",
	.create = text_create,
	.destroy = twc__answer_factory_free,
};
