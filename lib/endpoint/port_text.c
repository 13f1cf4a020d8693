/* SPDX-License-Identifier: MIT */
/* What a port is asked: where it listens, and what that is called. */
#include "endpoint/entrance.h"
#include "endpoint/port_priv.h"
#include <stdio.h>
#include "base/banned.h"

size_t twc_port_count(const struct twc_port *p)
{
	return p->n;
}

void twc_port_addr(const struct twc_port *p, size_t i, struct twc_addr *a)
{
	TWC_ASSERT(i < p->n);
	*a = (struct twc_addr){ 0 };
	if (p->item[i].kind == ITEM_LISTENER)
		twc_listener_addr(p->item[i].listener, a);
	else if (p->item[i].kind == ITEM_DGRAM)
		twc__dgram_port_addr(p->item[i].dgram, a);
	else if (p->item[i].kind == ITEM_HELD)
		*a = p->item[i].held_addr;
}

/* "tls:127.0.0.1:443", "ws:127.0.0.1:80:path=/x" */
static const char *port_text_of_type(const struct twc_port *p, const struct twc_addr *a, char *buf, size_t cap)
{
	char text[TWC_ADDR_TEXT_MAX], *path = p->path ? twc_endpoint_quote(twc_str_of(p->path)) : NULL;

	twc_addr_format(a, text, sizeof(text));
	snprintf(buf, cap, "%s%s%s%s", p->type, strchr(text, ':'), path ? ":path=" : "", path ? path : "");
	twc_free(path);
	return buf;
}

const char *twc_port_text(const struct twc_port *p, size_t i, char *buf, size_t cap)
{
	struct twc_addr a;

	twc_port_addr(p, i, &a);
	if (a.kind != TWC_ADDR_NONE && p->type)
		return port_text_of_type(p, &a, buf, cap);
	if (a.kind != TWC_ADDR_NONE)
		return twc_addr_format(&a, buf, cap);
	if (cap > 0) {
		const char *name = p->item[i].kind == ITEM_LOCAL ? p->local_name : p->pair.name;
		size_t n = strnlen(name, cap - 1);

		memcpy(buf, name, n);
		buf[n] = '\0';
		for (size_t k = 0; k < n; k++) /* of the current directory: what a user writes has none */
			if (twc_control_len((struct twc_str){ buf + k, n - k }))
				buf[k] = '?';
	}
	return buf;
}

const char *twc_port_type(const struct twc_port *p)
{
	return p->type;
}

const char *twc_port_path(const struct twc_port *p)
{
	return p->path;
}

bool twc_port_pin(const struct twc_port *p, char out[TWC_TLS_PIN_MAX])
{
	return p->has_made_cert && twc_tls_ctx_pin(twc__entrance_tls(p->entrance), out);
}
