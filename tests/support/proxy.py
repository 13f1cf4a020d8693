#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A proxy with one habit. It listens on a free port of 127.0.0.1, prints the port, serves one connection in the way its
first argument says, and exits. The target it was asked for is written to the file `proxy.asked` of the current directory.

	socks5 [USER PASS]   http   	an honest one: goes on to the real target, byte by byte in its answers
	drop-on-fin BANNER		opens the tunnel, and drops both ends as soon as the client ends its half
	with-answer BANNER		the target's first bytes are in the segment of the answer
	say HEX				answers whatever it is asked with these bytes, then closes
	silent				never answers; until standard input ends
	reset				reads the request and resets"""
import os
import select
import socket
import struct
import sys
import time


def recv_n(s, n):
    data = b""
    while len(data) < n:
        piece = s.recv(n - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return data


def drip(s, data):
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(len(data)):
        s.sendall(data[i : i + 1])
        time.sleep(0.002)


def note(host, port):
    with open("proxy.asked", "a") as f:
        f.write("%s %d\n" % (host, port))


def socks5_asked(s, user=None, password=None, send=drip):
    methods = recv_n(s, recv_n(s, 2)[1])
    if user is None:
        send(s, b"\5\0")
    else:
        assert 2 in methods
        send(s, b"\5\2")
        got_user = recv_n(s, recv_n(s, 2)[1])
        got_pass = recv_n(s, recv_n(s, 1)[0])
        good = (got_user.decode(), got_pass.decode()) == (user, password)
        send(s, b"\1\0" if good else b"\1\1")
        if not good:
            sys.exit(0)
    kind = recv_n(s, 4)[3]
    if kind == 3:
        host = recv_n(s, recv_n(s, 1)[0]).decode()
    else:
        host = socket.inet_ntop(*((socket.AF_INET, recv_n(s, 4)) if kind == 1 else (socket.AF_INET6, recv_n(s, 16))))
    port = struct.unpack(">H", recv_n(s, 2))[0]
    note(host, port)
    return host, port


def http_asked(s):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += recv_n(s, 1)
    host, port = head.split()[1].decode().rsplit(":", 1)
    host = host.strip("[]")
    note(host, int(port))
    return host, int(port)


def relay(a, b):
    peer = {a: b, b: a}
    open_ends = [a, b]
    while open_ends:
        for s in select.select(open_ends, [], [])[0]:
            data = s.recv(65536)
            if data:
                peer[s].sendall(data)
            else:
                open_ends.remove(s)
                peer[s].shutdown(socket.SHUT_WR)


def socks5(s, *login):
    target = socket.create_connection(socks5_asked(s, *login))
    drip(s, b"\5\0\0\3\4name\0\0")
    relay(s, target)


def http(s):
    target = socket.create_connection(http_asked(s))
    drip(s, b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
    relay(s, target)


def drop_on_fin(s, banner):
    """The banner comes late: whoever ended the connection by then gets nothing."""
    socks5_asked(s)
    s.sendall(b"\5\0\0\1\0\0\0\0\0\0")
    if select.select([s], [], [], 0.3)[0] and not s.recv(1):
        s.close()
        return
    s.sendall(banner.encode())
    while s.recv(65536):
        pass


def with_answer(s, banner):
    socks5_asked(s)
    s.sendall(b"\5\0\0\1\0\0\0\0\0\0" + banner.encode())
    s.shutdown(socket.SHUT_WR)
    while s.recv(65536):
        pass


def say(s, text):
    s.recv(65536)
    s.sendall(bytes.fromhex(text))


def silent(s):
    sys.stdin.readline()


def reset(s):
    s.recv(65536)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


HABITS = {f.__name__.replace("_", "-"): f for f in (socks5, http, drop_on_fin, with_answer, say, silent, reset)}


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    print(listener.getsockname()[1], flush=True)
    os.close(1)
    s, _ = listener.accept()
    listener.close()
    HABITS[sys.argv[1]](s, *sys.argv[2:])
    s.close()


main()
