#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ask.py tcp|udp PORT N: N connections, one after another, each from a port of its own. tcp: prints what each hears until
its end. udp: sends three datagrams, prints one line for what came back ("peer answer..."), at the latest after 5 s."""
import socket
import sys

kind, port, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for i in range(n):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    s.settimeout(10 if kind == "tcp" else 5)
    s.connect(("127.0.0.1", port))
    if kind == "tcp":
        while data := s.recv(65536):
            sys.stdout.write(data.decode())
    else:
        answers = []
        for k in range(3):
            s.send(b"%d.%d\n" % (i, k))
            try:
                answers.append(s.recv(65536).decode().strip())
            except TimeoutError:
                break
            if not answers[-1].startswith("%d." % i):
                break  # the service speaks first: it was asked who it is
        print(i, *answers)
    s.close()
