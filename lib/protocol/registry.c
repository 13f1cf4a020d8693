/* SPDX-License-Identifier: MIT */
/* THE list of small services. A new one is a file beside this one and a line here. */
#include "protocol/service_int.h"
#include "base/banned.h"

static const struct twc_service *const services[] = {
	&twc__service_echo,
	&twc__service_discard,
	&twc__service_chargen,
	&twc__service_daytime,
	&twc__service_time,
	&twc__service_qotd,
	&twc__service_text,
	&twc__service_file,
	&twc__service_stall,
	NULL,
};

const struct twc_service *twc_service_find(const char *name)
{
	for (const struct twc_service *const *s = services; *s; s++) {
		if (strcmp((*s)->name, name) == 0)
			return *s;
	}
	return NULL;
}

const struct twc_service *const *twc_service_list(void)
{
	return services;
}
