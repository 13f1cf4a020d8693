/* SPDX-License-Identifier: MIT */
/*
 * Endpoint strings in both roles: a fault has a column inside the string and a caret that can be drawn; what is
 * understood keeps its type and text; and quoting is parsing's inverse for whatever bytes the input holds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint/endpoint_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool yes)
{
	if (!yes)
		abort();
}

static void one_role(const char *s, enum twc_role role)
{
	struct twc_err err = { 0 };
	struct twc_endpoint *e = twc_endpoint_parse(s, role, &err);
	struct twc_dial_opts dial;
	struct twc_addr addr[2];
	char *caret, *shown;

	if (!e) {
		must(err.code == TWC_EUSAGE && err.text[0]);
		must(err.column >= 1 && (size_t)err.column <= strlen(s) + 1);
		caret = twc_endpoint_caret(s, &err);
		must(strchr(caret, '\n') && caret[strlen(caret) - 1] == '^');
		twc_free(caret);
		return;
	}
	must(err.code == 0);
	shown = twc_endpoint_mask(twc_endpoint_text(e));
	must(strcmp(shown, twc_endpoint_text(e)) == 0); /* what is masked stays */
	must(strstr(shown, "***") || strcmp(shown, s) == 0);
	twc_free(shown);
	must(twc__type_find(twc__types(), twc_endpoint_type(e)) != NULL);
	if (role == TWC_CONNECT && e->type->dial) {
		twc_dial_opts_init(&dial);
		e->type->dial(&e->args, &dial);
		must(dial.host && dial.host[0]);
	}
	if (role == TWC_LISTEN && twc__arg_row(&e->type->pub, "interface", TWC_LISTEN))
		must(twc__sock_bind_addrs(&e->args, TWC_ADDR_TCP, AF_UNSPEC, false, addr) >= 1);
	twc_endpoint_free(e);
}

static void quote_returns(const char *value)
{
	char *quoted = twc_endpoint_quote(twc_str_of(value));
	char *s = twc_asprintf("unix:path=%s:mode=600", quoted);
	struct twc__parsed p;

	must(twc__parse(s, twc__types(), &p, NULL) == 0);
	must(p.n == 2 && strcmp(p.field[0].value, value) == 0 && strcmp(p.field[1].value, "600") == 0);
	twc__parsed_fini(&p);
	twc_free(s);
	twc_free(quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = twc_str_dup((struct twc_str){ (const char *)data, size }); /* ends at its first NUL */

	one_role(s, TWC_CONNECT);
	one_role(s, TWC_LISTEN);
	quote_returns(s);
	twc_free(s);
	return 0;
}
