/* SPDX-License-Identifier: MIT */
/*
 * qotd (RFC 865): the quote of the day, the same one from midnight to midnight UTC. Each is printable ASCII and
 * shorter than the 512 characters the RFC allows.
 */
#include "protocol/service_int.h"
#include "base/banned.h"

static const char *const quotes[] = {
	"Well begun is half done.\r\n-- Aristotle\r\n",
	"Nothing endures but change.\r\n-- Heraclitus\r\n",
	"It is quality rather than quantity that matters.\r\n-- Seneca\r\n",
	"Fortune favours the bold.\r\n-- Virgil\r\n",
	"Brevity is the soul of wit.\r\n-- William Shakespeare\r\n",
	"Though this be madness, yet there is method in't.\r\n-- William Shakespeare\r\n",
	"They also serve who only stand and wait.\r\n-- John Milton\r\n",
	"A little learning is a dangerous thing.\r\n-- Alexander Pope\r\n",
	"Lost time is never found again.\r\n-- Benjamin Franklin\r\n",
	"The engine weaves algebraical patterns just as the loom weaves flowers.\r\n-- Ada Lovelace\r\n",
	"Be conservative in what you do, be liberal in what you accept from others.\r\n-- Jon Postel, RFC 793\r\n",
};

struct twc_str twc__qotd_compose(const struct twc__answer_factory *f, time_t now, char *scratch)
{
	(void)f;
	(void)scratch;
	return twc_str_of(quotes[(uint64_t)now / 86400 % TWC_ARRAY_LEN(quotes)]);
}

static struct twc_factory *qotd_create(struct twc_reactor *r, const char *arg, struct twc_err *err)
{
	(void)r;
	(void)arg;
	(void)err;
	return &twc__answer_factory_new(twc__qotd_compose)->base;
}

const struct twc_service twc__service_qotd = {
	.name = "qotd",
	.summary = "send the quote of the day",
	.create = qotd_create,
	.destroy = twc__answer_factory_free,
};
