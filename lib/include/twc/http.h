/* SPDX-License-Identifier: MIT */
/* All of HTTP: clients and servers, and what they are made of. */
#ifndef TWC_HTTP_H
#define TWC_HTTP_H

#include <twc/http_bench.h>
#include <twc/http_body.h>
#include <twc/http_client.h>
#include <twc/http_events.h>
#include <twc/http_expect.h>
#include <twc/http_fetch.h>
#include <twc/http_message.h>
#include <twc/http_report.h>
#include <twc/http_server.h>
#include <twc/http_sink.h>
#include <twc/http_site.h>
#include <twc/http_ws.h>
#include <twc/url.h>
#include <twc/url_glob.h>

#endif
