#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A server that upgrades to TLS: `starttls_peer.py PROTOCOL HABIT CERT`. It listens on a free port of 127.0.0.1, prints
it, and serves one connection: after the handshake it says `hello`, and writes what it reads to `peer.in`. What was said
in the clear goes to `peer.said`, escaped.

Habits: good; refuse, at the request; missing, not among what it offers; garbage, in place of the greeting or answer;
silent; end, without an answer; inject, bytes behind the go-ahead; early, the go-ahead and more before it was asked;
drip, byte by byte."""
import socket
import ssl
import struct
import sys

sys.dont_write_bytecode = True
import tls_peer

LINES = {  # greeting, then (what is asked, answer, answer that refuses)
    "smtp": (b"220-one.test ESMTP\r\n220-a long\r\n220 greeting\r\n",
             [(b"EHLO ", b"250-one.test\r\n250-SIZE 100\r\n250-STARTTLS\r\n250 HELP\r\n",
               b"250-one.test\r\n250 XSTARTTLS\r\n"),
              (b"STARTTLS\r\n", b"220 go ahead\r\n", b"454 TLS not available\r\n")]),
    "imap": (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n",
             [(b"a STARTTLS\r\n", b"* 1 EXISTS\r\na OK begin\r\n", b"a BAD unknown command\r\n")]),
    "pop3": (b"+OK ready\r\n", [(b"STLS\r\n", b"+OK begin\r\n", b"-ERR no\r\n")]),
    "ftp": (b"220-Welcome\r\n  free text, 500 no less\r\n220 ready\r\n",
            [(b"AUTH TLS\r\n", b"234 begin\r\n", b"530 no\r\n")]),
    "ldap": (b"", [(b"\x30\x1d", b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
                    b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x35\x04\x00\x04\x00")]),
    "xmpp": (b"", [(b"<?xml", b"<?xml version='1.0'?><stream:stream id='1' version='1.0' xmlns='jabber:client'"
                    b" xmlns:stream='http://etherx.jabber.org/streams'><stream:features><starttls"
                    b" xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>",
                    b"<?xml version='1.0'?><stream:stream version='1.0'><stream:features><bind/></stream:features>"),
                   (b"<starttls", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
                    b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")]),
    "postgres": (b"", [(b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b"S", b"N")]),
}


def mysql_greeting(capabilities):
    body = b"\x0a8.0.0\x00" + struct.pack("<I", 7) + b"saltsalt\x00" + struct.pack("<H", capabilities) + b"\x21" + b"\0" * 15
    return struct.pack("<I", len(body))[:3] + b"\x00" + body


def send(s, data, habit):
    if habit == "drip":
        for i in range(len(data)):
            s.sendall(data[i:i + 1])
    else:
        s.sendall(data)


def expect(s, said, start):
    got = b""
    while len(got) < len(start):
        piece = s.recv(4096)
        if not piece:
            sys.exit(1)
        got += piece
    said += got
    if not got.startswith(start):
        raise SystemExit(f"expected {start!r}, got {got!r}")


def talk(s, protocol, habit, said):
    """True when TLS may begin."""
    if habit == "silent":
        tls_peer.read_all(s)
        return False
    if protocol == "mysql":
        if habit in ("garbage", "end"):
            send(s, b"HTTP/1.0 400 Bad\r\n" if habit == "garbage" else b"", habit)
            return False
        send(s, mysql_greeting(0xa000 if habit in ("refuse", "missing") else 0xaa00) + (b"xx" if habit == "inject" else b""), habit)
        got = b""
        while len(got) < 36:
            piece = s.recv(36 - len(got))
            if not piece:
                return False
            got += piece
        said += got
        return got[:4] == b"\x20\x00\x00\x01"
    greeting, steps = LINES[protocol]
    if habit == "garbage" and greeting:
        send(s, b"HTTP/1.0 400 Bad\r\n", habit)
        return False
    send(s, greeting, habit)
    for i, (asked, answer, refusal) in enumerate(steps):
        is_last = i == len(steps) - 1
        expect(s, said, asked)
        if habit == "end" and is_last:
            return False
        if habit == "garbage":
            send(s, b"HTTP/1.0 400 Bad\r\n", habit)
            return False
        if habit == "missing" and i == 0 or habit == "refuse" and is_last:
            send(s, refusal, habit)
            tls_peer.read_all(s)
            return False
        if habit == "early" and not is_last:
            answer += steps[i + 1][1] + b"noise\r\n"
        send(s, answer + (b"noise\r\n" if habit == "inject" and is_last else b""), habit)
    return True


def main(protocol, habit, cert):
    s = tls_peer.accept()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    said = bytearray()
    try:
        go = talk(s, protocol, habit, said)
    finally:
        tls_peer.write("peer.said", repr(bytes(said)).encode())
    if not go:
        s.close()
        return
    c = tls_peer.Tls(s, tls_peer.server_context(cert), server_side=True)
    c.send(b"hello\n")
    tls_peer.write("peer.in", c.read_all())
    c.half_close()
    s.close()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (ssl.SSLError, OSError) as e:
        print(f"{type(e).__name__}: {e}", file=sys.stderr)
        sys.exit(1)
