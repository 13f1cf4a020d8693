/* SPDX-License-Identifier: MIT */
/*
 * THE lists of kinds of handlers and of wrappers. A new one is a file beside this one, a declaration and a line here.
 */
#include "app/http/handler.h"

#include <twc/parse.h>

#include "base/banned.h"

extern const struct twc__http_kind twc__http_kind_files, twc__http_kind_file;
extern const struct twc__http_kind twc__http_kind_text, twc__http_kind_json, twc__http_kind_status, twc__http_kind_redirect;
extern const struct twc__http_kind twc__http_kind_echo, twc__http_kind_capture, twc__http_kind_exec;
extern const struct twc__http_kind twc__http_kind_sh, twc__http_kind_cgi, twc__http_kind_sse;
extern const struct twc__http_kind twc__http_kind_bin, twc__http_kind_proxy;
extern const struct twc__http_kind twc__http_kind_ws_echo, twc__http_kind_ws_broadcast;
extern const struct twc__http_kind twc__http_kind_ws_exec, twc__http_kind_ws_sh;

const struct twc__http_kind *const twc__http_kind_list[] = {
	&twc__http_kind_files,
	&twc__http_kind_file,
	&twc__http_kind_text,
	&twc__http_kind_json,
	&twc__http_kind_status,
	&twc__http_kind_redirect,
	&twc__http_kind_echo,
	&twc__http_kind_capture,
	&twc__http_kind_exec,
	&twc__http_kind_sh,
	&twc__http_kind_cgi,
	&twc__http_kind_sse,
	&twc__http_kind_proxy,
	&twc__http_kind_bin,
	&twc__http_kind_ws_echo,
	&twc__http_kind_ws_broadcast,
	&twc__http_kind_ws_exec,
	&twc__http_kind_ws_sh,
	NULL,
};

/* Inside out. */
extern const struct twc__http_wrapper twc__http_wrapper_fault, twc__http_wrapper_metrics, twc__http_wrapper_auth;
extern const struct twc__http_wrapper twc__http_wrapper_fields, twc__http_wrapper_cors, twc__http_wrapper_health;

const struct twc__http_wrapper *const twc__http_wrapper_list[] = {
	&twc__http_wrapper_fault,
	&twc__http_wrapper_metrics,
	&twc__http_wrapper_auth,
	&twc__http_wrapper_fields,
	&twc__http_wrapper_cors,
	&twc__http_wrapper_health,
	NULL,
};

const struct twc__http_kind *twc__http_kind_find(struct twc_str name, struct twc_err *err)
{
	const char *names[TWC_ARRAY_LEN(twc__http_kind_list)];
	unsigned n = 0;
	int i;

	for (; twc__http_kind_list[n]; n++)
		names[n] = twc__http_kind_list[n]->info.name;
	names[n] = NULL;
	return twc_parse_word(name, names, &i, err) < 0 ? NULL : twc__http_kind_list[i];
}

const struct twc_http_kind_info *twc_http_kind(size_t i)
{
	size_t n = 0;

	while (n < i && twc__http_kind_list[n])
		n++;
	return twc__http_kind_list[n] ? &twc__http_kind_list[n]->info : NULL;
}
