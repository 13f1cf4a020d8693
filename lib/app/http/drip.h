/* SPDX-License-Identifier: MIT */
/* Bodies that drip: held until they are whole, then written in even pieces over a time. Part of fault.c's filter. */
#ifndef TWC_APP_HTTP_DRIP_H
#define TWC_APP_HTTP_DRIP_H

#include "app/http/fault.h"

void twc__http_drip_bytes(struct twc__http_mishap *f, const void *p, size_t n);
void twc__http_drip_file(struct twc__http_mishap *f, struct twc_file *file, uint64_t offset, uint64_t n);
void twc__http_drip_end(struct twc__http_mishap *f);  /* the body is whole: it begins to drip */
void twc__http_drip_stop(struct twc__http_mishap *f); /* what is held is thrown away */

#endif
