/* SPDX-License-Identifier: MIT */
/*
 * International names: UTF-8 -> the xn-- form that name servers, certificates and Host fields know (UTS 46, non-transitional,
 * as curl and browsers have it). The only file that knows libidn2, which no ASCII name reaches. Pure.
 */
#include "net/net_int.h"

#include <idn2.h>

#include "base/banned.h"

bool twc__idn_is_needed(struct twc_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] >= 0x80)
			return true;
	return false;
}

static const char *idn_sentence(int rc)
{
	switch (rc) {
	case IDN2_ENCODING_ERROR:
	case IDN2_ICONV_FAIL:
	case IDN2_NO_CODESET:
		return "is not UTF-8";
	case IDN2_TOO_BIG_DOMAIN:
	case IDN2_TOO_BIG_LABEL:
	case IDN2_PUNYCODE_BIG_OUTPUT:
	case IDN2_PUNYCODE_OVERFLOW:
		return "is too long for a host name";
	case IDN2_DISALLOWED:
	case IDN2_UNASSIGNED:
	case IDN2_CONTEXTJ:
	case IDN2_CONTEXTJ_NO_RULE:
	case IDN2_CONTEXTO:
	case IDN2_CONTEXTO_NO_RULE:
	case IDN2_LEADING_COMBINING:
		return "holds a character that no host name may have";
	case IDN2_BIDI:
		return "mixes directions of writing as no host name may";
	case IDN2_2HYPHEN:
	case IDN2_HYPHEN_STARTEND:
		return "has hyphens where no host name may";
	default:
		return "is not a valid international host name";
	}
}

int twc__idn_to_ascii(struct twc_str name, char out[TWC__NAME_MAX + 2], struct twc_err *err)
{
	char shown[128], in[TWC__IDN_MAX + 1], *ascii = NULL;
	size_t n;
	int rc;

	twc_escape(shown, sizeof(shown), name);
	if (name.n > TWC__IDN_MAX)
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" is too long for a host name", shown);
	if (memchr(name.p, 0, name.n))
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" is not a valid host name", shown);
	memcpy(in, name.p, name.n);
	in[name.n] = 0;
	rc = idn2_to_ascii_8z(in, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc == IDN2_MALLOC)
		return twc_err_set(err, TWC_ENOMEM, "out of memory");
	if (rc != IDN2_OK)
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" %s", shown, idn_sentence(rc));
	n = strlen(ascii);
	if (n <= TWC__NAME_MAX + 1)
		memcpy(out, ascii, n + 1);
	idn2_free(ascii);
	if (n > TWC__NAME_MAX + 1) /* one for a final dot */
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" is too long for a host name", shown);
	return 0;
}

const char *twc_idn_version(void)
{
	return idn2_check_version(NULL);
}
