/* SPDX-License-Identifier: MIT */
/*
 * Ports as nc takes them: numbers, ranges, and names of /etc/services, which is read here: the C library's way there
 * leads through modules that a static program cannot load.
 */
#include "nc.h"
#include "out.h"

#include <fcntl.h>
#include <twc/parse.h>
#include <unistd.h>

enum { SERVICES_MAX = 4 << 20, SHOWN_MAX = 64 };

/* ---- /etc/services ---- */

void nc_services_load(struct nc_services *s)
{
	int fd = open("/etc/services", O_RDONLY | O_CLOEXEC);
	char part[4096];
	ssize_t n;

	twc_buf_init(&s->text, SERVICES_MAX);
	while (fd >= 0 && (n = read(fd, part, sizeof(part))) > 0)
		if (twc_buf_add(&s->text, part, (size_t)n) < 0)
			break;
	if (fd >= 0)
		close(fd);
}

void nc_services_free(struct nc_services *s)
{
	twc_buf_fini(&s->text);
}

/* The next word of a line; empty at its end. */
static struct twc_str next_word(struct twc_str *line)
{
	struct twc_str w = { line->p, 0 };

	while (w.n < line->n && !strchr(" \t\r", w.p[w.n]))
		w.n++;
	line->p += w.n;
	line->n -= w.n;
	*line = twc_str_trim(*line);
	return w;
}

struct service {
	struct twc_str name, aliases;
	uint16_t port;
};

/* The next line about `proto`; false: there is none. */
static bool next_service(struct twc_str *text, const char *proto, struct service *out)
{
	struct twc_str line, port, rest;

	while (twc_str_cut(text, '\n', &line)) {
		rest = line;
		(void)twc_str_cut(&rest, '#', &line);
		line = twc_str_trim(line);
		out->name = next_word(&line);
		rest = next_word(&line);
		out->aliases = line;
		if (twc_str_cut(&rest, '/', &port) && twc_str_is(rest, proto) &&
		    twc_parse_port(port, &out->port, NULL) == 0 && out->port)
			return true;
	}
	return false;
}

uint16_t nc_services_port(const struct nc_services *s, struct twc_str name, const char *proto)
{
	struct twc_str text = twc_buf_str(&s->text);
	struct service v;

	while (next_service(&text, proto, &v)) {
		for (struct twc_str w = v.name; w.n; w = next_word(&v.aliases))
			if (twc_str_eq(w, name))
				return v.port;
	}
	return 0;
}

struct twc_str nc_services_name(const struct nc_services *s, uint16_t port, const char *proto)
{
	struct twc_str text = twc_buf_str(&s->text);
	struct service v;

	while (next_service(&text, proto, &v))
		if (v.port == port)
			return v.name;
	return TWC_STR("*");
}

/* ---- ports ---- */

void nc_ports_free(struct nc_ports *l)
{
	twc_free(l->port);
	*l = (struct nc_ports){ 0 };
}

static void ports_put(struct nc_ports *l, unsigned first, unsigned last)
{
	l->port = twc_realloc(l->port, (l->n + last - first + 1) * sizeof(*l->port));
	for (unsigned p = first; p <= last; p++)
		l->port[l->n++] = (uint16_t)p;
}

int nc_ports_add(struct nc_ports *l, const char *text, const struct nc_services *s, const char *proto, struct twc_err *err)
{
	struct twc_str all = twc_str_of(text), last = all, first = { 0 };
	bool is_range = strchr(text, '-') && strspn(text, "0123456789-") == all.n;
	uint16_t a = 0, b = 0;
	char shown[SHOWN_MAX];

	if (is_range) {
		(void)twc_str_cut(&last, '-', &first);
		if (twc_parse_port(first, &a, err) || twc_parse_port(last, &b, err))
			return err->code;
		ports_put(l, a < b ? a : b, a < b ? b : a);
		return 0;
	}
	if (all.n && strspn(text, "0123456789") < all.n) {
		a = nc_services_port(s, all, proto);
		twc_escape(shown, sizeof(shown), all);
		if (!a)
			return twc_err_set(err, TWC_EUSAGE, "%s is neither a port nor a %s service of /etc/services", shown,
					   proto);
	} else if (twc_parse_port(all, &a, err)) {
		return err->code;
	}
	ports_put(l, a, a);
	return 0;
}
