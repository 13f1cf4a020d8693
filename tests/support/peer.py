#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A foreign peer with one habit. It listens on a free port of 127.0.0.1 (or on a UNIX socket), prints the port (or
path), serves one connection in the way its first argument says, and exits. What it received is written to the file
`peer.in` of the current directory; `peer.err` gets the name of the error that ended reading or writing.

Delays here are a slow peer's nature, never a way to wait for something."""
import errno
import os
import socket
import struct
import sys
import time


def read_all(s, chunk=65536, pause=0.0):
    data = bytearray()
    try:
        while True:
            piece = s.recv(chunk)
            if not piece:
                break
            data += piece
            if pause:
                time.sleep(pause)
    except OSError as e:
        with open("peer.err", "w") as f:
            f.write(errno.errorcode[e.errno])
    with open("peer.in", "wb") as f:
        f.write(data)
    return bytes(data)


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def wait_for_stdin():
    """Until the test closes our standard input, or says a line."""
    sys.stdin.readline()


def answer_late(s, delay):
    data = read_all(s)
    time.sleep(float(delay))
    s.sendall(b"answer to %d bytes\n" % len(data))


def gap(s, total, pause):
    half = int(total) // 2
    s.sendall(b"x" * half)
    time.sleep(float(pause))
    s.sendall(b"y" * (int(total) - half))


def say_and_reset(s, text):
    s.sendall(text.encode())
    wait_for_stdin()
    reset(s)


def read_and_reset(s, n):
    left = int(n)
    while left > 0:
        piece = s.recv(min(left, 65536))
        if not piece:
            break
        left -= len(piece)
    reset(s)


def fin_first(s, text):
    s.sendall(text.encode())
    s.shutdown(socket.SHUT_WR)
    read_all(s)


def say_and_close(s, text):
    s.sendall(text.encode())


def close_then(s, text):
    """Ends altogether; exits only when told, so that the order is the test's."""
    s.sendall(text.encode())
    s.close()
    wait_for_stdin()


def record(s):
    read_all(s)


def slow_reader(s, chunk, pause):
    read_all(s, int(chunk), float(pause))


def silent(s):
    """Takes nothing, says nothing, until told."""
    wait_for_stdin()


def echo(s):
    while True:
        piece = s.recv(65536)
        if not piece:
            return
        s.sendall(piece)


def chunked_echo(s, chunk):
    """A little at a time, the answer too."""
    while True:
        piece = s.recv(int(chunk))
        if not piece:
            return
        for i in range(0, len(piece), 7):
            s.sendall(piece[i : i + 7])


HABITS = {
    f.__name__.replace("_", "-"): f
    for f in (
        answer_late, gap, say_and_reset, read_and_reset, fin_first, say_and_close, close_then, record, slow_reader,
        silent, echo, chunked_echo,
    )
}


def main():
    args = sys.argv[1:]
    if args[0].startswith("unix="):
        path = args.pop(0)[5:]
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        name = path
    else:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0))
        name = str(listener.getsockname()[1])
    listener.listen(16)
    print(name, flush=True)
    s, _ = listener.accept()
    listener.close()
    HABITS[args[0]](s, *args[1:])
    s.close()


main()
