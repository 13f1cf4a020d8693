/* SPDX-License-Identifier: MIT */
/* All of HTTP: the client, the server with its router, and what they are made of. */
#ifndef TWC_HTTP_H
#define TWC_HTTP_H

#include <twc/http_client.h>
#include <twc/http_message.h>
#include <twc/http_server.h>
#include <twc/url.h>

#endif
