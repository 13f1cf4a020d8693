# SPDX-License-Identifier: MIT
"""Either end of a WebSocket for bats files, foreign or misbehaving.

    ws_end.py serve HABIT [ARG...]     a server on a free port of 127.0.0.1, which it prints; one habit for every client
    ws_end.py speak URL HABIT [ARG...] a client, by python3-websockets

Habits of servers by python3-websockets, which hear Close before they have answered what came ahead of it:
    lib-echo              every message back, with its type; deflate if offered
    tell                  prints what the client asked for (a line of JSON), then echoes
    heard                 prints messages as JSON strings
    lib-close CODE REASON closes so after the first message
Habits of servers that write frames by hand, after a correct handshake unless told otherwise:
    echo                  every message back, then the Close; all in its order
    say HEX...            these bytes, then reads until the client ends
    behind HEX...         the same in one segment with the 101
    answer STATUS [LINE]  this response instead of a 101, with a header line
    bytes TEXT            this instead of HTTP
    silent                reads and says nothing
    accept VALUE          a 101 with this Sec-WebSocket-Accept
    with LINE             a 101 with this further header line
    die                   a 101, and the end of the connection
Habits of clients:
    ask TEXT...           sends each, prints each answer
    tell TEXT...          sends each, and closes
    binary FILE           sends FILE as one message, compares the echo
    fragments N           sends N times "part" as one message, prints the answer
    hear                  prints messages as JSON strings until the end
    options JSON TEXT...  as ask, with keyword arguments of connect()
"""
import asyncio
import base64
import hashlib
import json
import ssl
import struct
import sys

import websockets

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def tell(*words):
    print(*words, flush=True)


def as_json(message):
    return json.dumps(message if isinstance(message, str) else {"binary": message.hex()})


async def read_frame(reader):
    head = await reader.readexactly(2)
    size = head[1] & 127
    if size == 126:
        size = struct.unpack("!H", await reader.readexactly(2))[0]
    elif size == 127:
        size = struct.unpack("!Q", await reader.readexactly(8))[0]
    key = await reader.readexactly(4) if head[1] & 128 else bytes(4)
    data = await reader.readexactly(size)
    pad = (key * (size // 4 + 1))[:size]
    return head[0], (int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


def frame(first, data):
    n = len(data)
    if n < 126:
        return bytes([first, n]) + data
    return bytes([first]) + (struct.pack("!BH", 126, n) if n < 65536 else struct.pack("!BQ", 127, n)) + data


async def read_request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"sec-websocket-key":
            return base64.b64encode(hashlib.sha1(value.strip() + GUID).digest()).decode()
    return ""


async def echo(reader, writer):
    while True:
        first, data = await read_frame(reader)
        if first & 15 == 9:
            first += 1
        writer.write(frame(first, data))
        await writer.drain()
        if first & 15 == 8:
            return


async def listen(reader):
    while (await read_frame(reader))[0] & 15 != 8:
        pass


async def switch(habit, args, accept, reader, writer):
    if habit == "accept":
        accept = args[0]
    lines = args[0] + "\r\n" if habit == "with" else ""
    head = f"HTTP/1.1 101 Yes\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n{lines}"
    head = (head + f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode()
    says = bytes.fromhex("".join(args)) if habit in ("say", "behind") else b""
    writer.write(head + says if habit == "behind" else head)
    await writer.drain()
    if habit == "say":
        writer.write(says)
        await writer.drain()
    if habit == "echo":
        await echo(reader, writer)
    elif habit in ("say", "behind", "with"):
        await listen(reader)


def by_hand(habit, args):
    async def on_client(reader, writer):
        try:
            accept = await read_request(reader)
            if habit == "answer":
                line = args[1] + "\r\n" if len(args) > 1 else ""
                writer.write(f"HTTP/1.1 {args[0]}\r\n{line}Content-Length: 3\r\n\r\nno\n".encode())
            elif habit == "bytes":
                writer.write(args[0].encode().decode("unicode_escape").encode("latin-1"))
            elif habit == "silent":
                await listen(reader)
            else:
                await switch(habit, args, accept, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    return on_client


def by_library(habit, args):
    async def on_client(ws, *_):
        if habit == "tell":
            tell(json.dumps({"path": ws.path, "subprotocol": ws.subprotocol,
                             "headers": {k.lower(): v for k, v in ws.request_headers.raw_items()},
                             "extensions": [e.name for e in ws.extensions]}))
        async for message in ws:
            if habit == "heard":
                tell(as_json(message))
                continue
            if habit == "lib-close":
                await ws.close(int(args[0]), args[1])
                return
            await ws.send(message)

    return on_client


async def serve(habit, args):
    if habit in ("lib-echo", "tell", "heard", "lib-close"):
        server = await websockets.serve(by_library(habit, args), "127.0.0.1", 0, max_size=1 << 26, subprotocols=["b", "c"])
    else:
        server = await asyncio.start_server(by_hand(habit, args), "127.0.0.1", 0, limit=1 << 26)
    tell(server.sockets[0].getsockname()[1])
    await asyncio.Future()


async def hear(ws):
    tell("open")
    try:
        while True:
            message = await ws.recv()
            tell(as_json(message))
    except websockets.ConnectionClosed:
        pass


async def ask(ws, texts):
    for text in texts:
        await ws.send(text)
        tell(await ws.recv())
    if ws.subprotocol:
        tell("subprotocol", ws.subprotocol)
    if ws.extensions:
        tell("extensions", *[e.name for e in ws.extensions])


async def speak(url, habit, args):
    options = json.loads(args.pop(0)) if habit == "options" else {}
    if url.startswith("wss:"):
        options["ssl"] = ssl._create_unverified_context()
    async with websockets.connect(url, max_size=1 << 26, **options) as ws:
        if habit in ("ask", "options"):
            await ask(ws, args)
        elif habit == "tell":
            for text in args:
                await ws.send(text)
        elif habit == "binary":
            with open(args[0], "rb") as f:
                data = f.read()
            await ws.send(data)
            tell("same" if await ws.recv() == data else "different")
        elif habit == "fragments":
            await ws.send(["part"] * int(args[0]))
            tell(await ws.recv())
        elif habit == "hear":
            await hear(ws)
    tell("closed", ws.close_code, ws.close_reason)


if sys.argv[1] == "serve":
    asyncio.run(serve(sys.argv[2], sys.argv[3:]))
else:
    asyncio.run(speak(sys.argv[2], sys.argv[3], sys.argv[4:]))
