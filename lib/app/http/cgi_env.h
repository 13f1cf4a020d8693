/* SPDX-License-Identifier: MIT */
/* The meta-variables of a CGI program (RFC 3875, 4.1). */
#ifndef TWC_APP_HTTP_CGI_ENV_H
#define TWC_APP_HTTP_CGI_ENV_H

#include "app/http/program.h"

/* Where the program is: on the disk, and in the path of the request. */
struct twc__http_cgi_place {
	const char *file;
	struct twc_str script_name;
	struct twc_str path_info; /* n 0: none */
};
/* The whole environment of the program: nothing else of ours but PATH, the language and the time zone. */
void twc__http_cgi_env(struct twc__http_env *e, const struct twc_http_exchange *x, const struct twc__http_cgi_place *place);

#endif
