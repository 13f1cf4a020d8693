/* SPDX-License-Identifier: MIT */
/* twc http --tls-info: of each connection with TLS that a response came by, what the handshake and the
 * certificates say. */
#include "http_tls_info.h"
#include "out.h"
#include "tls_json.h"
#include <unistd.h>

#define LINE_MAX_BYTES (4U << 20) /* more than all certificates of a peer come to */

void http_tls_info_say(const char *url, const struct twc_transport *wire)
{
	struct twc_tls_report *tls = twc_tls_report_new(wire);
	struct twc_buf b;
	struct twc_json j;

	if (!tls)
		return;
	twc_buf_init(&b, LINE_MAX_BYTES);
	twc_json_begin(&j, &b);
	twc_json_text(&j, "url", url);
	tls_json_put(&j, "tls", tls);
	twc_json_end(&j);
	if (!j.failed && twc_buf_add(&b, "\n", 1) == 0)
		(void)out_write_fd(STDERR_FILENO, twc_buf_head(&b), twc_buf_len(&b));
	twc_buf_fini(&b);
	twc_tls_report_free(tls);
}
