#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A WebSocket server with habits, one a path: python3-websockets, or, for `autobahn`, an echo on Twisted.

    ws_peer.py [--cert FILE] [autobahn]

Prints its port. /echo, /tell (the request's fields), /close/CODE[/REASON], /greet, /frag, /ping, /drop, /gone, /dead (reads
nothing after the handshake), /big/N, /later/MS (answers so late), /ask (a line of every message's type and size),
/refuse/STATUS, /to/PATH (a redirect), /once (closes after one message), /login (wants user:pass), /cookie.
"""
import asyncio
import base64
import http
import json
import ssl
import sys
import urllib.parse

import websockets

N = {"connections": 0}


def respond(path, headers):
    parts = path.split("/")
    if parts[1] == "refuse":
        return http.HTTPStatus(int(parts[2])), [("X-Why", "so")], b"no\n"
    if parts[1] == "busy":  # the first two times
        N["connections"] += 1
        if N["connections"] <= 2:
            return http.HTTPStatus(503), [], b"busy\n"
    if parts[1] == "to":
        return http.HTTPStatus(302), [("Location", "/" + "/".join(parts[2:]))], b""
    if parts[1] == "tows":
        return http.HTTPStatus(302), [("Location", "ws://" + headers["Host"] + "/echo")], b""
    if parts[1] == "page":
        return http.HTTPStatus(200), [("Content-Type", "text/plain")], b"a page\n"
    if parts[1] == "login" and headers.get("Authorization") != "Basic " + base64.b64encode(b"user:pass").decode():
        return http.HTTPStatus(401), [("WWW-Authenticate", 'Basic realm="x"')], b""
    return None


class Protocol(websockets.WebSocketServerProtocol):
    async def process_request(self, path, headers):
        return respond(path, headers)


async def handle(ws):
    parts = ws.path.split("/")
    what = parts[1]
    if what in ("echo", "to", "busy", "login"):
        async for m in ws:
            await ws.send(m)
    elif what == "tell":
        await ws.send(json.dumps({"sub": ws.subprotocol, "path": ws.path, **dict(ws.request_headers)}))
    elif what == "close":
        await ws.close(int(parts[2]), urllib.parse.unquote(parts[3]) if len(parts) > 3 else "")
    elif what == "greet":
        await ws.send("hi")
        await ws.send(b"\x00\xff")
        await ws.send("")
    elif what == "frag":
        await ws.send(["he", "", "llo \u00e9"])
        await ws.send(iter([b"ab", b"cd"]))
    elif what == "ping":
        await (await ws.ping(b"are you"))
        await ws.send("there")
        await ws.recv()
    elif what == "drop":
        await ws.send("so far")
        ws.transport.close()
    elif what == "gone":
        await ws.recv()
        ws.transport.abort()
    elif what == "dead":
        ws.transport.pause_reading()
        await asyncio.sleep(60)
    elif what == "big":
        await ws.send("x" * int(parts[2]))
    elif what == "trickle":  # a message in 20 pieces, within a second
        async def pieces():
            for _ in range(20):
                await asyncio.sleep(0.05)
                yield "xx"
        await ws.send(pieces())
        await ws.recv()
    elif what == "later":
        async for m in ws:
            await asyncio.sleep(int(parts[2]) / 1000)
            await ws.send(m)
    elif what == "once":
        N["connections"] += 1
        await ws.send("%d %s" % (N["connections"], await ws.recv()))
    elif what == "ask":
        async for m in ws:
            await ws.send("%s %d" % ("text" if isinstance(m, str) else "binary", len(m)))
    elif what == "slow":  # reads nothing until it is told to by time, then counts
        ws.transport.pause_reading()
        await asyncio.sleep(0.5)
        ws.transport.resume_reading()
        n = total = 0
        async for m in ws:
            if m == "end":
                await ws.send("%d %d" % (n, total))
            n += 1
            total += len(m)


async def main(cert):
    tls = None
    if cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(cert)
    async with websockets.serve(handle, "127.0.0.1", 0, create_protocol=Protocol, ssl=tls, subprotocols=["chat", "soap"],
                                max_size=1 << 26, ping_interval=None, close_timeout=2, max_queue=4) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


def autobahn():
    from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
    from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept
    from twisted.internet import reactor

    class Echo(WebSocketServerProtocol):
        def onMessage(self, payload, is_binary):
            self.sendMessage(payload, is_binary, fragmentSize=3)

    def accept(offers):
        for o in offers:
            if isinstance(o, PerMessageDeflateOffer):
                return PerMessageDeflateOfferAccept(o)
        return None

    f = WebSocketServerFactory()
    f.protocol = Echo
    f.setProtocolOptions(perMessageCompressionAccept=accept)
    print(reactor.listenTCP(0, f, interface="127.0.0.1").getHost().port, flush=True)
    reactor.run()


if "autobahn" in sys.argv:
    autobahn()
else:
    try:
        asyncio.run(main(sys.argv[sys.argv.index("--cert") + 1] if "--cert" in sys.argv else None))
    except KeyboardInterrupt:
        pass
