/* SPDX-License-Identifier: MIT */
/*
 * The least of telnet (RFC 854, 855): a network virtual terminal without options. Whatever the peer offers or asks for is
 * refused each time it is asked; its refusals are noted by doing nothing, so two such ends never answer each other
 * without end. Commands and subnegotiations leave no bytes in the data. The one option there is, where there is a
 * terminal to speak of, is the size of its window (RFC 1073), answered when it changes hands and at no other time.
 *
 *	received   DATA --IAC--> IAC --WILL..DONT--> VERB --option--> DATA
 *	           DATA --CR---> CR  (a NUL that follows is dropped)
 *	           IAC  --SB---> SB  --IAC SE--> DATA, bounded
 */
#include <twc/protocol.h>

#include "base/banned.h"

#define SB_MAX 16384
#define ASKED_MAX 10000 /* a peer that asks without end and reads no answer must not fill our memory */

enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
enum { NAWS = 31 };
enum { IN_DATA = 0, IN_CR, IN_IAC, IN_VERB, IN_SB, IN_SB_IAC };

/* The byte behind IAC; true when it is data. */
static bool telnet_command(struct twc_telnet *t, uint8_t b)
{
	t->state = IN_DATA;
	switch (b) {
	case IAC:
		return true;
	case SB:
		t->state = IN_SB;
		t->sb_len = 0;
		break;
	case WILL:
	case WONT:
	case DO:
	case DONT:
		t->state = IN_VERB;
		t->verb = b;
		break;
	}
	return false; /* NOP, GA, AYT and the rest have no operand */
}

/* What is said to a request; 0: nothing, for that is how it is already. */
static uint8_t telnet_answer(struct twc_telnet *t, uint8_t option)
{
	bool is_window = option == NAWS && t->has_window, was_wanted = t->wants_window;

	if (t->verb == WILL)
		return DONT;
	if (t->verb == WONT)
		return 0;
	if (!is_window)
		return t->verb == DO ? WONT : 0;
	t->wants_window = t->verb == DO;
	if (t->wants_window == was_wanted)
		return 0;
	return t->wants_window ? WILL : WONT;
}

static int telnet_request(struct twc_telnet *t, uint8_t option, uint8_t *reply, size_t *n, struct twc_err *err)
{
	uint8_t answer = telnet_answer(t, option);

	t->state = IN_DATA;
	if (!answer)
		return 0;
	if (++t->asked > ASKED_MAX)
		return twc_err_set(err, TWC_EPROTO, "more than %d telnet requests", ASKED_MAX);
	reply[(*n)++] = IAC;
	reply[(*n)++] = answer;
	reply[(*n)++] = option;
	return 0;
}

static int telnet_skip(struct twc_telnet *t, uint8_t b, struct twc_err *err)
{
	if (t->state == IN_SB_IAC) {
		t->state = b == SE ? IN_DATA : IN_SB;
		return 0;
	}
	if (b == IAC)
		t->state = IN_SB_IAC;
	if (++t->sb_len > SB_MAX)
		return twc_err_set(err, TWC_EPROTO, "telnet subnegotiation of more than %d bytes", SB_MAX);
	return 0;
}

int twc_telnet_decode(struct twc_telnet *t, const uint8_t *in, size_t n, uint8_t *out, size_t *n_out, uint8_t *reply,
		      size_t *n_reply, struct twc_err *err)
{
	size_t len = 0, replied = 0;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		uint8_t b = in[i];

		if (t->state == IN_CR) {
			t->state = IN_DATA;
			if (b == '\0')
				continue;
		}
		switch (t->state) {
		case IN_IAC:
			if (telnet_command(t, b))
				out[len++] = b;
			break;
		case IN_VERB:
			rc = telnet_request(t, b, reply, &replied, err);
			break;
		case IN_SB:
		case IN_SB_IAC:
			rc = telnet_skip(t, b, err);
			break;
		default:
			if (b == IAC) {
				t->state = IN_IAC;
				break;
			}
			if (b == '\r')
				t->state = IN_CR;
			out[len++] = b;
		}
	}
	*n_out = len;
	*n_reply = replied;
	return rc;
}

size_t twc_telnet_encode(struct twc_telnet *t, const uint8_t *in, size_t n, uint8_t *out)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (t->sent_cr && in[i] != '\n')
			out[len++] = '\0';
		if (in[i] == IAC)
			out[len++] = IAC;
		out[len++] = in[i];
		t->sent_cr = in[i] == '\r';
	}
	return len;
}

size_t twc_telnet_window(uint16_t columns, uint16_t rows, uint8_t out[TWC_TELNET_WINDOW_MAX])
{
	const uint8_t size[] = { (uint8_t)(columns >> 8), (uint8_t)columns, (uint8_t)(rows >> 8), (uint8_t)rows };
	size_t len = 0;

	out[len++] = IAC;
	out[len++] = SB;
	out[len++] = NAWS;
	for (size_t i = 0; i < sizeof(size); i++) {
		if (size[i] == IAC)
			out[len++] = IAC;
		out[len++] = size[i];
	}
	out[len++] = IAC;
	out[len++] = SE;
	return len;
}
