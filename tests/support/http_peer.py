# SPDX-License-Identifier: MIT
"""A server of HTTP/1.1 for tests of the client: what a path is called is what it does.

usage: http_peer.py [CERT]      prints its port on one line; CERT: a PEM file with certificate and key, for TLS

Each request is appended to http.log: a line "== N" with the number of its connection, head and body as they came, a line feed.
"""
import base64
import gzip
import hashlib
import re
import socket
import ssl
import sys
import threading
import time
import urllib.parse

LOCK = threading.Lock()
COUNTS = {}
ALL = bytes(range(256)) * 256  # 64 KiB


class Gone(Exception):
    pass


class Conn:
    def __init__(self, sock, number):
        self.sock, self.number, self.buf = sock, number, b""

    def more(self):
        got = self.sock.recv(65536)
        if not got:
            raise Gone()
        self.buf += got

    def until(self, mark):
        while mark not in self.buf:
            self.more()
            if self.buf[0] < 32 and mark == b"\r\n\r\n":  # no HTTP; TLS it may be
                self.send(b"HTTP/1.1 400 What\r\n\r\n")
                raise Gone()
        at = self.buf.index(mark) + len(mark)
        out, self.buf = self.buf[:at], self.buf[at:]
        return out

    def take(self, n):
        while len(self.buf) < n:
            self.more()
        out, self.buf = self.buf[:n], self.buf[n:]
        return out

    def send(self, data):
        self.sock.sendall(data)

    def request(self):
        head = self.until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ", 2)
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
        self.path, _, self.query = re.sub("^http://[^/]*", "", self.target).partition("?")
        self.args = dict(urllib.parse.parse_qsl(self.query, keep_blank_values=True))
        if self.field("Expect").lower() == "100-continue" and not self.path.startswith("/early"):
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.raw = head
        self.body = b"" if self.path.startswith("/early") else self.read_body()
        with LOCK:
            with open("http.log", "ab") as log:
                log.write(b"== %d\n" % self.number + self.raw + b"\n")

    def read_body(self):
        if "chunked" in self.field("Transfer-Encoding").lower():
            body = b""
            while True:
                line = self.until(b"\r\n")
                self.raw += line
                n = int(line.split(b";")[0], 16)
                piece = self.take(n + 2) if n else self.until(b"\r\n")
                self.raw += piece
                if not n:
                    return body
                body += piece[:-2]
        body = self.take(int(self.field("Content-Length") or 0))
        self.raw += body
        return body

    def field(self, name):
        return next((v for k, v in self.fields if k.lower() == name.lower()), "")

    def answer(self, status=200, body=b"", fields=(), reason="Fine", length=True):
        head = "HTTP/1.1 %d %s\r\n" % (status, reason)
        for k, v in fields:
            head += "%s: %s\r\n" % (k, v)
        if length:
            head += "Content-Length: %d\r\n" % len(body)
        self.send(head.encode("latin-1") + b"\r\n" + (b"" if self.method == "HEAD" else body))


def count(key):
    with LOCK:
        COUNTS[key] = COUNTS.get(key, 0) + 1
        return COUNTS[key]


def until_gone(c):
    while True:
        c.more()


def md5(s):
    return hashlib.md5(s.encode()).hexdigest()


def digest(c):
    """user "ann", password "secret"."""
    got = dict(re.findall(r'(\w+)="?([^",]*)"?', c.field("Authorization")))
    if c.field("Authorization").startswith("Digest ") and got.get("uri") == c.target:
        ha1, ha2 = md5("ann:here:secret"), md5(c.method + ":" + c.target)
        if got["response"] == md5(":".join([ha1, got["nonce"], got["nc"], got["cnonce"], got["qop"], ha2])):
            return c.answer(body=b"in\n")
    c.answer(401, b"out\n", [("WWW-Authenticate", 'Digest realm="here", nonce="n%d", qop="auth"' % count("nonce"))])


def basic(c):
    if c.field("Authorization") == "Basic " + base64.b64encode(b"ann:secret").decode():
        return c.answer(body=b"in\n")
    c.answer(401, b"out\n", [("WWW-Authenticate", 'Basic realm="here"')])


def parts(c):
    """Ranges of 64 KiB; ?cut=N: the first answer breaks off after so many bytes."""
    got = re.fullmatch(r"bytes=(\d+)-", c.field("Range"))
    start = int(got.group(1)) if got else 0
    fields = [("ETag", '"v1"'), ("Last-Modified", "Tue, 15 Nov 1994 12:45:26 GMT"), ("Accept-Ranges", "bytes")]
    if got and start >= len(ALL):
        return c.answer(416, b"", fields + [("Content-Range", "bytes */%d" % len(ALL))])
    if got:
        fields.append(("Content-Range", "bytes %d-%d/%d" % (start, len(ALL) - 1, len(ALL))))
    status, body = (206 if got else 200), ALL[start:]
    cut = int(c.args.get("cut", 0))
    if cut and count("cut" + c.target) == 1:
        fields.append(("Content-Length", len(body)))
        c.answer(status, body[:cut], fields, length=False)
        raise Gone()
    c.answer(status, body, fields)


def events(c):
    last = int(c.field("Last-Event-ID") or 0)
    if last >= 4:
        return c.answer(204)
    c.answer(200, fields=[("Content-Type", "text/event-stream; charset=utf-8"), ("Connection", "close")], length=False)
    c.send(b"retry: 10\n\n: a comment\n")
    for n in (last + 1, last + 2):
        c.send(b"id: %d\nevent: tick\ndata: one %d\ndata: two\n\n" % (n, n))
    raise Gone()


def flaky(c):
    """503 (or what ?s= says; 0: a reset) so many times as ?n= says, then 200."""
    n = count(c.target)
    if n > int(c.args.get("n", 1)):
        return c.answer(body=b"at last %d\n" % n)
    status = int(c.args.get("s", 503))
    if not status:
        raise Gone()
    c.answer(status, b"not yet\n", [("Retry-After", c.args["after"])] if "after" in c.args else [])


def serve(c):
    c.request()
    word = c.path.split("/")
    fields = [("Content-Type", "text/plain")]
    if word[1] == "status":
        c.answer(int(word[2]), b"status %s\n" % word[2].encode(), fields)
    elif word[1] == "to":  # /to/302?url=...
        c.answer(int(word[2]), b"moved\n", [("Location", c.args["url"])])
    elif word[1] == "loop":
        c.answer(302, b"", [("Location", c.target)])
    elif word[1] == "echo":
        c.answer(body=c.raw, fields=fields)
    elif word[1] == "method":
        c.answer(body=("%s %s\n" % (c.method, c.body.decode("latin-1"))).encode("latin-1"))
    elif word[1] == "json":
        c.answer(body=b'{"ok":true,"list":[1,2,3],"name":"Ann"}\n', fields=[("Content-Type", "application/json")])
    elif word[1] == "chunked":
        c.answer(fields=[("Transfer-Encoding", "chunked"), ("Trailer", "Sum")], length=False)
        c.send(b"5;x=y\r\nhello\r\n7\r\n world\n\r\n0\r\nSum: 12\r\n\r\n")
    elif word[1] == "short":
        c.answer(body=b"half", fields=[("Content-Length", 8)], length=False)
        raise Gone()
    elif word[1] == "cut":
        c.answer(fields=[("Transfer-Encoding", "chunked")], length=False)
        c.send(b"5\r\nhello\r\n")
        raise Gone()
    elif word[1] == "silent":
        until_gone(c)
    elif word[1] == "stall":
        c.answer(body=b"some", fields=[("Content-Length", 100)], length=False)
        until_gone(c)
    elif word[1] == "junk":
        c.send(b"220 mail.test ESMTP\r\n\r\n")
        raise Gone()
    elif word[1] == "twice":
        c.answer(body=b"", fields=[("Content-Length", 1), ("Content-Length", 2)], length=False)
        raise Gone()
    elif word[1] == "both":
        c.answer(fields=[("Content-Length", 3), ("Transfer-Encoding", "chunked")], length=False)
        c.send(b"2\r\nok\r\n0\r\n\r\n")
    elif word[1] == "close":
        c.answer(body=b"to the end\n", fields=[("Connection", "close")], length=False)
        raise Gone()
    elif word[1] == "tick":
        c.answer(fields=[("Content-Type", "text/event-stream")], body=b"retry: 700\ndata: one\n\n")
    elif word[1] == "badgzip":
        c.answer(body=b"packed it is not", fields=[("Content-Encoding", "gzip")])
    elif word[1] == "gzip":
        c.answer(body=gzip.compress(b"packed\n" * 1000), fields=[("Content-Encoding", "gzip")])
    elif word[1] == "set":
        c.answer(body=b"set\n", fields=[("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Max-Age=1000; HttpOnly")])
    elif word[1] == "domain":
        c.answer(body=b"set\n", fields=[("Set-Cookie", "wide=1; Domain=" + c.args["d"])])
    elif word[1] == "named":
        c.answer(body=b"named\n", fields=[("Content-Disposition", c.args["d"])])
    elif word[1] == "early":
        c.answer(413, b"too much\n", [("Connection", "close")])
        raise Gone()
    elif word[1] == "sleep":
        time.sleep(float(word[2]))
        c.answer(body=b"slept\n")
    elif word[1] == "binary":
        c.answer(body=ALL)
    elif word[1] in ("digest", "basic", "parts", "events", "flaky"):
        globals()[word[1]](c)
    else:
        c.answer(body=b"hello\n", fields=fields)


def talk(sock, number, context):
    try:
        if context:
            sock = context.wrap_socket(sock, server_side=True)
        c = Conn(sock, number)
        while True:
            serve(c)
    except (Gone, OSError, ValueError):
        pass
    finally:
        sock.close()


def main():
    context = None
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    print(listener.getsockname()[1], flush=True)
    number = 0
    while True:
        sock, _ = listener.accept()
        number += 1
        threading.Thread(target=talk, args=(sock, number, context), daemon=True).start()


if __name__ == "__main__":
    main()
