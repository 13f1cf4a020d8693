/* SPDX-License-Identifier: MIT */
/*
 * hosts(5): lines of an address and names, `#` begins a comment. Pure: views into the text, nothing
 * is copied; lookup.c reads the file. A lookup walks the whole text, which for the usual file is
 * less work than any index.
 */
#include "net/net_int.h"

#include "base/banned.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

bool twc__net_word(struct twc_str *rest, struct twc_str *word)
{
	size_t i = 0, n;

	while (i < rest->n && is_blank(rest->p[i]))
		i++;
	n = i;
	while (n < rest->n && !is_blank(rest->p[n]))
		n++;
	if (n == i)
		return false;
	*word = (struct twc_str){ rest->p + i, n - i };
	rest->p += n;
	rest->n -= n;
	return true;
}

static bool names_have(struct twc_str names, struct twc_str name)
{
	struct twc_str word;

	while (twc__net_word(&names, &word)) {
		if (word.n > 1 && word.p[word.n - 1] == '.')
			word.n--;
		if (twc_str_eq_nocase(word, name))
			return true;
	}
	return false;
}

static bool has_addr(const struct twc_addr *list, size_t n, const struct twc_addr *a)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (twc_addr_eq(&list[i], a))
			return true;
	return false;
}

/* The names are compared before the address is parsed: in a file of a hundred thousand lines
 * that is the cheap half. */
int twc__hosts_find(struct twc_str text, struct twc_str name, int family, struct twc_addr *out, size_t cap)
{
	struct twc_str line, ip;
	struct twc_addr a;
	int found = -1;

	while (twc_str_cut(&text, '\n', &line)) {
		const char *hash = line.n ? memchr(line.p, '#', line.n) : NULL;

		if (hash)
			line.n = (size_t)(hash - line.p);
		if (!twc__net_word(&line, &ip) || !names_have(line, name) ||
		    twc_addr_parse_ip(&a, TWC_ADDR_TCP, ip, 0, NULL) != 0)
			continue;
		if (found < 0)
			found = 0;
		if (a.u.sa.sa_family == family && (size_t)found < cap && !has_addr(out, (size_t)found, &a))
			out[found++] = a;
	}
	return found;
}
