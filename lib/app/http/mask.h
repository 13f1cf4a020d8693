/* SPDX-License-Identifier: MIT */
/* Which fields hold secrets; for what shows or keeps heads. */
#ifndef TWC_APP_HTTP_MASK_H
#define TWC_APP_HTTP_MASK_H

#include <twc/base.h>

/* False: the value of such a field may be seen. Else *shown is the part of it that may, to be followed by ***. */
bool twc__http_is_secret(struct twc_str name, struct twc_str value, struct twc_str *shown);

#endif
