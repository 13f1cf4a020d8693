/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's failures in plain words, with the code that decides the exit status: what we do not trust (TWC_EUNTRUSTED),
 * who does not trust us (TWC_EACCESS), and who speaks something else (TWC_EPROTO).
 */
#include "transport/tls.h"

#include <openssl/err.h>
#include <stdio.h>
#include <time.h>

#include "base/banned.h"

#define NAME_MAX_SHOWN 64

/* ---- a certificate that does not verify ---- */

/* The common name of a subject or issuer, escaped; "" when it has none. */
static const char *common_name(X509_NAME *name, char *buf, size_t cap)
{
	char raw[NAME_MAX_SHOWN];
	int n = name ? X509_NAME_get_text_by_NID(name, NID_commonName, raw, sizeof(raw)) : -1;

	twc_escape(buf, cap, (struct twc_str){ raw, n > 0 ? (size_t)n : 0 });
	return buf;
}

static void put_time(const ASN1_TIME *at, char *buf, size_t cap)
{
	struct tm tm = { 0 };

	if (!at || !ASN1_TIME_to_tm(at, &tm) || !strftime(buf, cap, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(buf, cap, "an unknown time");
}

static int explain_name(X509 *cert, const char *wanted, struct twc_err *err)
{
	char names[120];

	twc__tls_names_of(cert, names, sizeof(names));
	if (!names[0])
		common_name(X509_get_subject_name(cert), names, sizeof(names));
	return twc_err_set(err, TWC_EUNTRUSTED, "certificate is for %s, not for %s; see verify-name= or pin=",
			   names[0] ? names : "nobody", wanted);
}

static int explain_verify(int why, X509 *cert, const char *wanted, struct twc_err *err)
{
	char subject[NAME_MAX_SHOWN] = "", issuer[NAME_MAX_SHOWN] = "", when[40];

	if (cert) {
		common_name(X509_get_subject_name(cert), subject, sizeof(subject));
		common_name(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	}
	switch (why) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return twc_err_set(err, TWC_EUNTRUSTED,
				   "certificate not trusted: self-signed (CN=%s); use ca= or pin=sha256//...", subject);
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return twc_err_set(err, TWC_EUNTRUSTED,
				   "certificate not trusted: unknown authority (CN=%s, issued by CN=%s); use ca=", subject,
				   issuer);
	case X509_V_ERR_CERT_HAS_EXPIRED:
		put_time(cert ? X509_get0_notAfter(cert) : NULL, when, sizeof(when));
		return twc_err_set(err, TWC_EUNTRUSTED, "certificate expired at %s (CN=%s)", when, subject);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		put_time(cert ? X509_get0_notBefore(cert) : NULL, when, sizeof(when));
		return twc_err_set(err, TWC_EUNTRUSTED, "certificate not valid before %s (CN=%s)", when, subject);
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		if (cert)
			return explain_name(cert, wanted, err);
		break;
	default:
		break;
	}
	return twc_err_set(err, TWC_EUNTRUSTED, "certificate not trusted: %s (CN=%s)", X509_verify_cert_error_string(why),
			   subject);
}

/* OpenSSL notes an error when there is none, which the connection would be taken to have failed for. */
char *twc__tls_ip_of(X509_VERIFY_PARAM *param)
{
	char *ip;

	ERR_set_mark();
	ip = X509_VERIFY_PARAM_get1_ip_asc(param);
	ERR_pop_to_mark();
	return ip;
}

int twc__tls_on_verify(int ok, X509_STORE_CTX *ctx)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	const char *host = X509_VERIFY_PARAM_get0_host(param, 0);
	char *ip = host ? NULL : twc__tls_ip_of(param);
	struct twc_err err = { 0 };

	if (!ok) {
		explain_verify(X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get_current_cert(ctx),
			       host ? host : ip ? ip : "the name asked for", &err);
		twc__tls_blame(ssl, &err);
	}
	OPENSSL_free(ip);
	return ok;
}

/* ---- what the peer says ---- */

/* TLS alerts (RFC 8446, 6) that are about certificates: the peer does not take ours, or wants one. */
static int explain_alert(int alert, bool cert_wanted, struct twc_err *err)
{
	if (cert_wanted && alert == SSL3_AD_HANDSHAKE_FAILURE)
		alert = TLS13_AD_CERTIFICATE_REQUIRED;
	switch (alert) {
	case SSL3_AD_BAD_CERTIFICATE:
	case SSL3_AD_UNSUPPORTED_CERTIFICATE:
	case SSL3_AD_CERTIFICATE_REVOKED:
	case SSL3_AD_CERTIFICATE_EXPIRED:
	case SSL3_AD_CERTIFICATE_UNKNOWN:
	case TLS1_AD_UNKNOWN_CA:
	case TLS1_AD_ACCESS_DENIED:
		return twc_err_set(err, TWC_EACCESS, "the peer does not accept our certificate, or us: alert %d, %s", alert,
				   SSL_alert_desc_string_long(alert));
	case TLS13_AD_CERTIFICATE_REQUIRED:
		return twc_err_set(err, TWC_EACCESS, "the peer demands a certificate of ours: use cert= and key=");
	default:
		return twc_err_set(err, TWC_EPROTO, "the peer ended the handshake or the session: alert %d, %s", alert,
				   SSL_alert_desc_string_long(alert));
	}
}

static int explain_reason(int reason, struct twc_err *err)
{
	switch (reason) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_BAD_RECORD_TYPE:
		return twc_err_set(err, TWC_EPROTO, "what came is not TLS");
	case SSL_R_UNSUPPORTED_PROTOCOL:
		return twc_err_set(err, TWC_EPROTO, "no version of TLS in common");
	case SSL_R_NO_SHARED_CIPHER:
		return twc_err_set(err, TWC_EPROTO, "no cipher in common");
	case SSL_R_NO_APPLICATION_PROTOCOL:
		return twc_err_set(err, TWC_EPROTO, "no application protocol (ALPN) in common");
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return twc_err_set(err, TWC_EUNTRUSTED, "the client showed no certificate");
	case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
		return twc_err_set(err, TWC_EPROTO, "a record came damaged, or was forged");
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		return twc_err_set(err, TWC_EPROTO, "the peer closed the connection during the handshake");
	default:
		return 0;
	}
}

void twc__tls_explain(bool cert_wanted, struct twc_err *err)
{
	unsigned long e = ERR_peek_error(), last = ERR_peek_last_error();
	char text[160];
	int reason;

	if (ERR_GET_LIB(last) == ERR_LIB_SSL && ERR_GET_REASON(last) == SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC)
		e = last; /* what a cipher's failure means */
	reason = ERR_GET_REASON(e);
	if (ERR_GET_LIB(e) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + UINT8_MAX) {
		explain_alert(reason - SSL_AD_REASON_OFFSET, cert_wanted, err);
	} else if (ERR_GET_LIB(e) != ERR_LIB_SSL || !explain_reason(reason, err)) {
		const char *why = ERR_reason_error_string(e);

		snprintf(text, sizeof(text), "%s", why ? why : "no reason given");
		twc_err_set(err, TWC_EPROTO, "TLS failed: %s", text);
	}
	ERR_clear_error();
}
