/* SPDX-License-Identifier: MIT */
/* Heads of any kind: what is masked stays as long in lines or gets shorter, keeps what is no secret, and masked twice is masked. */
#include <stdint.h>
#include <twc/http_report.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(struct twc_str s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct twc_str head = { (const char *)data, size };
	struct twc_buf once, twice;

	twc_buf_init(&once, 1 << 20);
	twc_buf_init(&twice, 1 << 20);
	if (twc_http_mask_head(head, &once) == 0) {
		TWC_ASSERT(twc_http_mask_head(twc_buf_str(&once), &twice) == 0);
		TWC_ASSERT(twc_str_eq(twc_buf_str(&once), twc_buf_str(&twice)));
		TWC_ASSERT(count(twc_buf_str(&once), '\n') <= count(head, '\n'));
		TWC_ASSERT(count(twc_buf_str(&once), ':') <= count(head, ':'));
	}
	twc_buf_fini(&once);
	twc_buf_fini(&twice);
	return 0;
}
