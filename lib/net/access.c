/* SPDX-License-Identifier: MIT */
/*
 * Who may come in, by address: rules in order, the first that fits decides. They come from single texts and from files,
 * and the files can be read again while the old rules hold (gate.c).
 *
 * A rule is a range of addresses in the 128-bit form with IPv4 mapped, so that a client of a dual-stack socket meets
 * the rules written for its IPv4 address; a network is the range of its prefix.
 *
 * Invariants: rules.n <= RULES_MAX, which also bounds what an accepted connection costs; both ends of a range are
 * IPv4, or neither is.
 */
#include "net/net_int.h"
#include <twc/buf.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define RULES_MAX 65536
#define FILE_MAX (4 * 1024 * 1024)
#define READ_STEP 65536

struct access_rule {
	uint8_t first[16], last[16];
	bool allow;
};

/* Where rules come from; what a reload goes through again. */
struct access_source {
	bool allow, is_file;
	char *text; /* owned: the rule, or the name as it was given */
	char *path; /* owned: absolute; NULL for a rule */
};

static void rules_fini(struct twc__access_rules *rules)
{
	twc_free(rules->item);
	*rules = (struct twc__access_rules){ 0 };
}

void twc__access_fini(struct twc__access *a)
{
	for (size_t i = 0; i < a->n_sources; i++) {
		twc_free(a->source[i].text);
		twc_free(a->source[i].path);
	}
	twc_free(a->source);
	rules_fini(&a->rules);
	*a = (struct twc__access){ 0 };
}

/* ---- one rule ---- */

static bool is_v4(const uint8_t ip[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip, mapped, sizeof(mapped)) == 0;
}

static void range_of_cidr(const struct twc_cidr *net, struct access_rule *rule)
{
	memcpy(rule->first, net->ip, 16);
	memcpy(rule->last, net->ip, 16);
	for (unsigned i = net->bits; i < 128; i++)
		rule->last[i / 8] |= (uint8_t)(0x80u >> (i % 8));
}

static int parse_range(struct access_rule *rule, struct twc_str s, struct twc_err *err)
{
	struct twc_str last = s, first;
	struct twc_cidr a, b = { 0 };
	char text[80];

	twc_str_cut(&last, '-', &first);
	twc_escape(text, sizeof(text), s);
	if (memchr(s.p, '/', s.n) || twc_cidr_parse(&a, twc_str_trim(first), NULL) ||
	    twc_cidr_parse(&b, twc_str_trim(last), NULL))
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" is not a network such as 10.0.0.0/8, nor a range such as "
						    "10.0.0.5-10.0.0.9", text);
	if (is_v4(a.ip) != is_v4(b.ip))
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" begins in one address family and ends in the other", text);
	if (memcmp(a.ip, b.ip, 16) > 0)
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" ends before it begins", text);
	memcpy(rule->first, a.ip, 16);
	memcpy(rule->last, b.ip, 16);
	return 0;
}

static int rules_add(struct twc__access_rules *rules, bool allow, struct twc_str s, struct twc_err *err)
{
	struct access_rule rule = { .allow = allow };
	struct twc_cidr net;
	int rc;

	if (s.n > 0 && memchr(s.p, '-', s.n)) {
		rc = parse_range(&rule, s, err);
	} else {
		rc = twc_cidr_parse(&net, s, err);
		if (rc == 0)
			range_of_cidr(&net, &rule);
	}
	if (rc != 0)
		return rc;
	if (rules->n == RULES_MAX)
		return twc_err_set(err, TWC_EUSAGE, "more than %d access rules", RULES_MAX);
	if (rules->n == rules->cap) {
		rules->cap = rules->cap ? rules->cap * 2 : 16;
		rules->item = twc_realloc(rules->item, rules->cap * sizeof(*rules->item));
	}
	rules->item[rules->n++] = rule;
	rules->has_allow |= allow;
	return 0;
}

/* ---- files ---- */

static int read_all(int fd, struct twc_buf *b)
{
	for (;;) {
		ssize_t n;
		char *p;

		if (twc_buf_reserve(b, READ_STEP, &p) < 0)
			return EFBIG;
		n = read(fd, p, READ_STEP);
		if (n < 0 && errno != EINTR)
			return errno;
		if (n == 0)
			return 0;
		if (n > 0)
			twc_buf_commit(b, (size_t)n);
	}
}

/* O_NONBLOCK: opening a FIFO must not wait. */
static int file_read(const struct access_source *src, struct twc_buf *b, struct twc_err *err)
{
	int fd = open(src->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), sys;
	char shown[96];
	struct stat st;

	twc_escape(shown, sizeof(shown), twc_str_of(src->text));
	if (fd < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot open %s", shown);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return twc_err_set(err, TWC_ENOINPUT, "%s is not a regular file", shown);
	}
	sys = read_all(fd, b);
	close(fd);
	if (sys == EFBIG)
		return twc_err_set(err, TWC_EDATA, "%s is larger than 4 MiB", shown);
	return sys ? twc_err_sys(err, TWC_ENOINPUT, sys, NULL, "cannot read %s", shown) : 0;
}

/* "10.0.0.0/8", "deny 10.6.6.0/24 # not them", "" */
static int line_add(struct twc__access_rules *rules, bool allow, struct twc_str line, struct twc_err *err)
{
	struct twc_str rest = line, text, word;
	bool is_allow;

	if (!twc_str_cut(&rest, '#', &text))
		return 0;
	if (text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	text = twc_str_trim(text);
	if (text.n == 0)
		return 0;
	rest = text;
	twc__net_word(&rest, &word);
	is_allow = twc_str_is(word, "allow");
	if (!is_allow && !twc_str_is(word, "deny"))
		return rules_add(rules, allow, text, err);
	return rules_add(rules, is_allow, twc_str_trim(rest), err);
}

static int file_add(struct twc__access_rules *rules, const struct access_source *src, struct twc_err *err)
{
	struct twc_err why = { 0 };
	struct twc_str rest, line;
	struct twc_buf b;
	unsigned number = 0;
	char shown[80];
	int rc;

	twc_buf_init(&b, FILE_MAX + READ_STEP);
	rc = file_read(src, &b, err);
	rest = twc_buf_str(&b);
	while (rc == 0 && twc_str_cut(&rest, '\n', &line)) {
		number++;
		if (!line_add(rules, src->allow, line, &why))
			continue;
		twc_escape(shown, sizeof(shown), twc_str_of(src->text));
		rc = twc_err_set(err, TWC_EDATA, "%s:%u: %.140s", shown, number, why.text);
	}
	twc_buf_fini(&b);
	rules->has_allow |= src->allow; /* also when it is empty: then nobody is in it */
	return rc;
}

/* ---- sources ---- */

static int source_add(struct twc__access_rules *rules, const struct access_source *src, struct twc_err *err)
{
	return src->is_file ? file_add(rules, src, err) : rules_add(rules, src->allow, twc_str_of(src->text), err);
}

static int access_add(struct twc__access *a, const struct access_source *src, struct twc_err *err)
{
	size_t n = a->rules.n;
	bool has_allow = a->rules.has_allow;
	int rc = source_add(&a->rules, src, err);

	if (rc != 0) {
		a->rules.n = n;
		a->rules.has_allow = has_allow;
		twc_free(src->text);
		twc_free(src->path);
		return rc;
	}
	a->source = twc_realloc(a->source, (a->n_sources + 1) * sizeof(*a->source));
	a->source[a->n_sources++] = *src;
	a->n_files += src->is_file;
	return 0;
}

int twc__access_rule(struct twc__access *a, bool allow, struct twc_str text, struct twc_err *err)
{
	struct access_source src = { .allow = allow, .text = twc_str_dup(text) };

	return access_add(a, &src, err);
}

int twc__access_file(struct twc__access *a, bool allow, const char *path, struct twc_err *err)
{
	struct access_source src = { .allow = allow, .is_file = true, .text = twc_strdup(path),
				     .path = twc__absolute(path) };

	return access_add(a, &src, err);
}

int twc__access_reload(struct twc__access *a, struct twc_err *err)
{
	struct twc__access_rules fresh = { 0 };
	int rc = 0;

	for (size_t i = 0; i < a->n_sources && rc == 0; i++)
		rc = source_add(&fresh, &a->source[i], err);
	if (rc != 0) {
		rules_fini(&fresh);
		return rc;
	}
	rules_fini(&a->rules);
	a->rules = fresh;
	return 0;
}

bool twc__access_allows(const struct twc__access *a, const struct twc_addr *peer)
{
	uint8_t ip[16];

	/* Rules speak of networks; who comes through a UNIX socket is judged by its permissions. */
	if (!twc__addr_ip16(peer, ip))
		return true;
	for (size_t i = 0; i < a->rules.n; i++) {
		const struct access_rule *rule = &a->rules.item[i];

		/* ::/0 means every IPv6 address, not IPv4 as well because of how it is stored here. */
		if (memcmp(ip, rule->first, 16) >= 0 && memcmp(ip, rule->last, 16) <= 0 &&
		    is_v4(ip) == is_v4(rule->first))
			return rule->allow;
	}
	return !a->rules.has_allow;
}
