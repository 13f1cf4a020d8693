/* SPDX-License-Identifier: MIT */
/* The table of octets, and HTTP's numbers. tests/unit/protocol/http/test_octet.c derives the table anew from the RFCs' lists. */
#include "protocol/http/octet.h"

#include "base/banned.h"

/* clang-format off */
/* 80 to ff: obs-text; in targets because curl and wget send it. */
#define OBS (TWC__HTTP_VALUE | TWC__HTTP_QDTEXT | TWC__HTTP_TARGET)
#define OBS_16 OBS, OBS, OBS, OBS, OBS, OBS, OBS, OBS, OBS, OBS, OBS, OBS, OBS, OBS, OBS, OBS
const uint8_t twc__http_octet[256] = {
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* 00  controls */
	0x00, 0x82, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* 08  controls */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* 10  controls */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* 18  controls */
	0x82, 0xc7, 0x06, 0x83, 0xc7, 0x87, 0xc7, 0xc7, /* 20   !"#$%&' */
	0xc6, 0xc6, 0xc7, 0xc7, 0x86, 0xc7, 0xc7, 0x86, /* 28  ()*+,-./ */
	0xdf, 0xdf, 0xdf, 0xdf, 0xdf, 0xdf, 0xdf, 0xdf, /* 30  01234567 */
	0xdf, 0xdf, 0x86, 0xc6, 0x86, 0xc6, 0x86, 0x86, /* 38  89:;<=>? */
	0x86, 0xf7, 0xf7, 0xf7, 0xf7, 0xf7, 0xf7, 0xe7, /* 40  @ABCDEFG */
	0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, /* 48  HIJKLMNO */
	0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, /* 50  PQRSTUVW */
	0xe7, 0xe7, 0xe7, 0x86, 0x06, 0x86, 0x87, 0xc7, /* 58  XYZ[\]^_ */
	0x87, 0xf7, 0xf7, 0xf7, 0xf7, 0xf7, 0xf7, 0xe7, /* 60  `abcdefg */
	0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, /* 68  hijklmno */
	0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, /* 70  pqrstuvw */
	0xe7, 0xe7, 0xe7, 0x86, 0x87, 0x86, 0xc7, 0x00, /* 78  xyz{|}~. */
	OBS_16, OBS_16, OBS_16, OBS_16, OBS_16, OBS_16, OBS_16, OBS_16,
};
/* clang-format on */

bool twc__http_all(struct twc_str s, unsigned classes)
{
	for (size_t i = 0; i < s.n; i++)
		if (!twc__http_is((unsigned char)s.p[i], classes))
			return false;
	return true;
}

bool twc__http_decimal(struct twc_str s, uint64_t *n)
{
	uint64_t sum = 0;

	if (s.n == 0 || s.n > 19) /* 19 digits fit 64 bits, hence no step can overflow */
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!twc__http_is((unsigned char)s.p[i], TWC__HTTP_DIGIT))
			return false;
		sum = sum * 10 + (uint64_t)(s.p[i] - '0');
	}
	if (sum > INT64_MAX)
		return false;
	*n = sum;
	return true;
}

bool twc__http_hex(struct twc_str s, uint64_t *n)
{
	uint64_t sum = 0;

	if (s.n == 0 || s.n > 16)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!twc__http_is((unsigned char)s.p[i], TWC__HTTP_HEX))
			return false;
		sum = sum << 4 | twc__http_hex_digit((unsigned char)s.p[i]);
	}
	if (sum > INT64_MAX)
		return false;
	*n = sum;
	return true;
}

size_t twc__http_put_decimal(char *out, uint64_t n)
{
	char digits[20];
	size_t len = 0;

	do {
		digits[len++] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	for (size_t i = 0; i < len; i++)
		out[i] = digits[len - 1 - i];
	return len;
}

size_t twc__http_put_hex(char *out, uint64_t n)
{
	size_t len = 1;

	for (uint64_t rest = n >> 4; rest > 0; rest >>= 4)
		len++;
	for (size_t i = len; i > 0; i--, n >>= 4)
		out[i - 1] = "0123456789abcdef"[n & 15];
	return len;
}
