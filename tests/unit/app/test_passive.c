/* SPDX-License-Identifier: MIT */
/* lib/app/passive.c: tables as the kernel writes them, and broken ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/attempt.h"

struct tables {
	char dir[32];
};

static void table_write(const struct tables *t, const char *name, const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void tables_init(struct tables *t)
{
	*t = (struct tables){ .dir = "/tmp/twc-passive.XXXXXX" };
	assert_non_null(mkdtemp(t->dir));
	table_write(t, "tcp",
		    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
		    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n"
		    "   1: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1\n"
		    "   2: 0100007F:1F92 0100007F:A0CA 01 00000000:00000000 00:00000000 00000000     0        0 3 1\n"
		    "   3: 0200007F:1F93 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4 1\n"
		    "garbage\n\n   4: 0100:1F94 0 0A\n   5:\n");
	table_write(t, "tcp6",
		    "  sl  local_address                         remote_address                        st\n"
		    "   0: 00000000000000000000000001000000:1F95 00000000000000000000000000000000:0000 0A 0:0 0:0 0\n"
		    "   1: 00000000000000000000000000000000:1F96 00000000000000000000000000000000:0000 0A 0:0 0:0 0\n"
		    "   2: 0000000000000000FFFF00000100007F:1F97 00000000000000000000000000000000:0000 0A 0:0 0:0 0\n");
	table_write(t, "unix",
		    "Num       RefCount Protocol Flags    Type St Inode Path\n"
		    "00000000c4b85464: 00000003 00000000 00000000 0001 03  1146 /run/not-listening\n"
		    "0000000000000000: 00000002 00000000 00010000 0001 01 11500978 @twc a\n"
		    "0000000000000000: 00000002 00000000 00010000 0001 01 11500977\n");
}

static void tables_fini(struct tables *t)
{
	static const char *const name[] = { "tcp", "tcp6", "unix" };

	for (unsigned i = 0; i < TWC_ARRAY_LEN(name); i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", t->dir, name[i]);
		unlink(path);
	}
	rmdir(t->dir);
}

static int find_ip(const struct tables *t, const char *ip, uint16_t port)
{
	struct twc_err err = { 0 };
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(ip), port, &err), 0);
	return twc__passive_find(t->dir, &a, &err);
}

static int find_unix(const struct tables *t, const char *path)
{
	struct twc_err err = { 0 };
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_unix(&a, twc_str_of(path), &err), 0);
	return twc__passive_find(t->dir, &a, &err);
}

static void finds_who_listens_there(void **state)
{
	static const struct {
		const char *ip;
		uint16_t port;
		int code;
	} row[] = {
		{ "127.0.0.1", 0x1f90, 0 },
		{ "127.0.0.2", 0x1f90, TWC_EREFUSED }, /* another address */
		{ "127.0.0.1", 0x1f91, 0 },		/* on all */
		{ "127.0.0.1", 0x1f92, TWC_EREFUSED }, /* a connection, not a listener */
		{ "127.0.0.1", 0x1f93, TWC_EREFUSED },
		{ "127.0.0.2", 0x1f93, 0 },
		{ "127.0.0.1", 0x1f94, TWC_EREFUSED },
		{ "127.0.0.1", 0x1f95, TWC_EREFUSED }, /* ::1 alone */
		{ "127.0.0.1", 0x1f96, 0 },		/* [::] may take IPv4 */
		{ "127.0.0.1", 0x1f97, 0 },		/* mapped */
		{ "192.0.2.1", 0x1f91, TWC_EUSAGE },	/* not of this machine */
	};
	struct tables t;

	tables_init(&t);
	for (unsigned i = 0; i < TWC_ARRAY_LEN(row); i++)
		if (find_ip(&t, row[i].ip, row[i].port) != row[i].code)
			fail_msg("%s %x", row[i].ip, row[i].port);
	tables_fini(&t);
}

static void finds_sockets_by_name(void **state)
{
	struct tables t;

	tables_init(&t);
	assert_int_equal(find_unix(&t, "@twc a"), 0);
	assert_int_equal(find_unix(&t, "@twc"), TWC_EREFUSED);
	assert_int_equal(find_unix(&t, "/nonexistent/socket"), TWC_ENOSOCK);
	tables_fini(&t);
}

static void tables_that_are_not_there(void **state)
{
	struct tables t = { .dir = "/nonexistent" };

	assert_int_equal(find_ip(&t, "127.0.0.1", 80), TWC_EREFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_who_listens_there),
		cmocka_unit_test(finds_sockets_by_name),
		cmocka_unit_test(tables_that_are_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
