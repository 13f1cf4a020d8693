#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What python3-websockets sees of a WebSocket server: ws_client.py WHAT URL [ARG...], a line of what came for each step."""
import asyncio
import sys

import websockets


async def main(what, url, *args):
    if what == "refused":
        try:
            await websockets.connect(url, extra_headers=dict(a.split(": ", 1) for a in args))
            print("open")
        except websockets.InvalidStatusCode as e:
            print(e.status_code)
        return
    deflate = None if what == "plain" else "deflate"
    async with websockets.connect(url, subprotocols=args or None, compression=deflate, max_size=1 << 26) as ws:
        if what == "echo":
            for m in ("hello", "", "\u00e9" * 100, b"\x00\xff", "x" * 3000000, b"y" * 70000):
                await ws.send(m)
                assert await ws.recv() == m
            await ws.send(["in ", "", "parts"])
            print(await ws.recv(), ws.subprotocol, [e.name for e in ws.extensions])
            await (await ws.ping(b"p"))
            await ws.close(4000, "done")
            print(ws.close_code, ws.close_reason)
        elif what == "lines":  # of standard input, then what comes until the end
            for line in sys.stdin:
                await ws.send(line.rstrip("\n"))
            try:
                while True:
                    print(await ws.recv(), flush=True)
            except websockets.ConnectionClosed:
                print(ws.close_code, ws.close_reason)
        elif what == "listen":  # until it is closed; says when it is there
            print("open", flush=True)
            async for m in ws:
                print(m, flush=True)
            print(ws.close_code, flush=True)
        elif what == "plain":
            await ws.send("x" * 1000)
            print(len(await ws.recv()), ws.extensions)


asyncio.run(main(*sys.argv[1:]))
