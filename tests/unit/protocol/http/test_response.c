/* SPDX-License-Identifier: MIT */
/* The head of a response, put together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "protocol/http/response.h"

#define DATE "Date: Thu, 01 Jan 1970 00:00:09 GMT\r\n"

static const struct {
	struct twc__http_head_facts facts;
	const char *server, *head;
} rows[] = {
	{ { .status = 200 }, "twc", "HTTP/1.1 200 OK\r\n" DATE "Server: twc\r\n\r\n" },
	{ { .status = 200 }, "", "HTTP/1.1 200 OK\r\n" DATE "\r\n" },
	{ { .status = 404 }, "twc", "HTTP/1.1 404 Not Found\r\n" DATE "Server: twc\r\n\r\n" },
	{ { .status = 599 }, "", "HTTP/1.1 599 \r\n" DATE "\r\n" },
	{ { .status = 200, .has_server = true, .fields = { "Server: me\r\n", 12 } }, "twc",
	  "HTTP/1.1 200 OK\r\n" DATE "Server: me\r\n\r\n" },
	{ { .status = 404, .has_server = true, .fields = { "A: b\r\n", 6 } }, "twc", "HTTP/1.1 404 Not Found\r\n" DATE "A: b\r\n\r\n" },
	{ { .status = 200, .body = TWC__HTTP_TELL_LENGTH }, "", "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\n\r\n" },
	{ { .status = 200, .body = TWC__HTTP_TELL_LENGTH, .length = UINT64_MAX - 1, .last = TWC__HTTP_KEEPS }, "",
	  "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 18446744073709551614\r\nConnection: keep-alive\r\n\r\n" },
	{ { .status = 200, .body = TWC__HTTP_TELL_CHUNKED, .last = TWC__HTTP_CLOSES }, "",
	  "HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" },
};

static void check(const struct twc__http_head_room *room, int n, const char *head)
{
	char text[512];
	size_t at = 0;

	assert_in_range(n, 1, TWC__HTTP_HEAD_IOV);
	for (int i = 0; i < n; i++) {
		memcpy(text + at, room->iov[i].iov_base, room->iov[i].iov_len);
		at += room->iov[i].iov_len;
	}
	text[at] = 0;
	assert_string_equal(text, head);
}

static void test_heads(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_stamp stamp;
		struct twc__http_head_room room;

		twc__http_stamp_init(&stamp, twc_str_of(rows[i].server));
		twc__http_stamp_set(&stamp, 8);
		twc__http_stamp_set(&stamp, 9);
		check(&room, twc__http_head_put(&room, &stamp, &rows[i].facts), rows[i].head);
		twc__http_stamp_fini(&stamp);
	}
}

static void test_interim(void **state)
{
	struct twc__http_head_room room;

	check(&room, twc__http_interim_put(&room, 100, (struct twc_str){ NULL, 0 }), "HTTP/1.1 100 Continue\r\n\r\n");
	check(&room, twc__http_interim_put(&room, 103, TWC_STR("Link: a\r\n")), "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_interim),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
