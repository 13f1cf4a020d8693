/* SPDX-License-Identifier: MIT */
/* A TLS handshake and the certificates of a peer, as a member of an object of JSON. */
#ifndef CMD_TLS_JSON_H
#define CMD_TLS_JSON_H

#include <twc/check.h>
#include <twc/json.h>

/* version cipher group alpn resumed verified chain[subject issuer names not_before not_after days_left key
 * pin]; key NULL: an item of a list. */
void tls_json_put(struct twc_json *j, const char *key, const struct twc_tls_report *tls);

#endif
