/* SPDX-License-Identifier: MIT */
/* time (RFC 868): the seconds since 1900-01-01 00:00 UTC as 32 bits, big endian; they wrap in 2036. */
#include "protocol/service_int.h"
#include "base/banned.h"

#define SECONDS_1900_TO_1970 UINT64_C(2208988800)

struct twc_str twc__time_compose(const struct twc__answer_factory *f, time_t now, char *scratch)
{
	uint32_t s = (uint32_t)((uint64_t)now + SECONDS_1900_TO_1970);

	(void)f;
	for (int i = 0; i < 4; i++)
		scratch[i] = (char)(s >> (24 - 8 * i));
	return (struct twc_str){ scratch, 4 };
}

static struct twc_factory *time_create(struct twc_reactor *r, const char *arg, struct twc_err *err)
{
	(void)r;
	(void)arg;
	(void)err;
	return &twc__answer_factory_new(twc__time_compose)->base;
}

const struct twc_service twc__service_time = {
	.name = "time",
	.summary = "send the time as 32 bits (seconds since 1900)",
	.create = time_create,
	.destroy = twc__answer_factory_free,
};
