#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A foreign TLS peer with one habit: `tls_peer.py HABIT ARG...`.

Servers listen on a free port of 127.0.0.1, print it, serve one connection and exit; clients connect to 127.0.0.1:PORT.
What a server received is written to `peer.in`, what it saw of the handshake to `peer.saw`."""
import socket
import ssl
import struct
import sys
import threading
import warnings


def listen():
    s = socket.create_server(("127.0.0.1", 0))
    print(s.getsockname()[1], flush=True)
    return s


def accept():
    return listen().accept()[0]


def server_context(cert, *options):
    """Options: 1.1 1.2 1.3 (that version alone), demand=CA, alpn=NAMES."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.set_ciphers("DEFAULT:@SECLEVEL=0")
    c.load_cert_chain(cert)
    for o in options:
        if o.startswith("demand="):
            c.verify_mode = ssl.CERT_REQUIRED
            c.load_verify_locations(o[7:])
        elif o.startswith("alpn="):
            c.set_alpn_protocols(o[5:].split(","))
        else:
            version = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[o]
            c.minimum_version = ssl.TLSVersion.TLSv1
            c.maximum_version = version
            c.minimum_version = version
    return c


def client_context(ca, version=None):
    c = ssl.create_default_context(cafile=ca)
    c.check_hostname = False
    if version == "1.1":
        c.set_ciphers("DEFAULT:@SECLEVEL=0")
        c.minimum_version = ssl.TLSVersion.TLSv1
        c.maximum_version = ssl.TLSVersion.TLSv1_1
    elif version == "1.2":
        c.maximum_version = ssl.TLSVersion.TLSv1_2
    return c


def write(name, data):
    with open(name, "wb") as f:
        f.write(data)


def read_all(s):
    data = bytearray()
    while True:
        piece = s.recv(65536)
        if not piece:
            return bytes(data)
        data += piece


class Tls:
    """TLS over a socket, with a close_notify that does not wait for the other one (which SSLSocket cannot do)."""

    def __init__(self, raw, context, **how):
        self.raw, self.inbio, self.outbio = raw, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.inbio, self.outbio, **how)
        try:
            self.run(self.tls.do_handshake)
        finally:
            self.flush()  # an alert, too

    def flush(self):
        if self.outbio.pending:
            self.raw.sendall(self.outbio.read())

    def run(self, what, *args):
        while True:
            try:
                return what(*args)
            except ssl.SSLWantReadError:
                self.flush()
                data = self.raw.recv(65536)
                if data:
                    self.inbio.write(data)
                else:
                    self.inbio.write_eof()

    def send(self, data):
        for i in range(0, len(data), 65536):
            self.tls.write(data[i:i + 65536])
            self.flush()

    def half_close(self):
        try:
            self.tls.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLSyscallError):
            pass
        except ssl.SSLError as e:  # what has come is read afterwards
            if "APPLICATION_DATA" not in str(e):
                raise
        self.flush()

    def read_all(self):
        data = bytearray()
        while True:
            try:
                piece = self.run(self.tls.read, 65536)
            except ssl.SSLZeroReturnError:
                break
            if not piece:
                break
            data += piece
        return bytes(data)


def handshake(cert, *options):
    s = Tls(accept(), server_context(cert, *options), server_side=True)
    subject = dict(x[0] for x in (s.tls.getpeercert() or {}).get("subject", ()))
    saw = f"{s.tls.version()} {s.tls.selected_alpn_protocol()} {subject.get('commonName')}\n"
    write("peer.saw", saw.encode())
    return s


def count(cert, *options):
    """Reads to the end of our half, then answers on its own."""
    s = handshake(cert, *options)
    data = s.read_all()
    write("peer.in", data)
    s.send(b"got %d\n" % len(data))
    s.half_close()


def give(cert, size, *options):
    """Sends, ends its half, and reads on."""
    s = handshake(cert, *options)
    s.send(b"x" * int(size))
    s.half_close()
    write("peer.in", s.read_all())


def truncate(cert, text, *options):
    s = handshake(cert, *options)
    s.send(text.encode())
    s.raw.shutdown(socket.SHUT_WR)
    read_all(s.raw)


def reset(cert, text):
    """Sends, waits for the end of the other half, and breaks off."""
    s = handshake(cert)
    s.send(text.encode())
    s.read_all()
    s.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.raw.close()


def plain(text):
    s = accept()
    s.sendall(text.encode())
    s.recv(65536)
    s.close()


def silent():
    s = accept()
    read_all(s)


def hang_up():
    """Closes after the ClientHello."""
    s = accept()
    s.recv(65536)
    s.close()


def pump(a, b, piece):
    a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    b.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            for i in range(0, len(data), piece):
                b.send(data[i:i + piece])
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def relay(port, piece):
    """In between: passes everything on in pieces of this many bytes."""
    a = accept()
    b = socket.create_connection(("127.0.0.1", int(port)))
    t = threading.Thread(target=pump, args=(a, b, int(piece)))
    t.start()
    pump(b, a, int(piece))
    t.join()


# ---- clients ----

def connect(port):
    return socket.create_connection(("127.0.0.1", int(port)), 20)


def client(port, ca, text, version=None):
    """Sends, ends its half by close_notify, prints what comes until the end."""
    s = Tls(connect(port), client_context(ca, version), server_hostname="one.test")
    s.send(text.encode())
    s.half_close()
    print(s.read_all().decode(), end="")


def sni(port, ca, *names):
    """Prints for each name the common name of the certificate that is shown, or the alert; - asks for none."""
    for name in names:
        try:
            s = client_context(ca).wrap_socket(connect(port), server_hostname=None if name == "-" else name)
            print(dict(x[0] for x in s.getpeercert()["subject"])["commonName"])
            s.close()
        except ssl.SSLError as e:
            print(e.reason)


def cut(port, ca, text):
    """Sends, and ends the connection without close_notify."""
    s = Tls(connect(port), client_context(ca), server_hostname="one.test")
    s.send(text.encode())
    s.raw.shutdown(socket.SHUT_WR)
    try:
        read_all(s.raw)
    except ConnectionResetError:
        pass


def probe(port, text):
    """Says something that is not TLS; prints how many bytes came back until the end."""
    s = connect(port)
    try:
        s.sendall(text.encode().decode("unicode_escape").encode("latin-1"))
        s.shutdown(socket.SHUT_WR)
        print(len(read_all(s)))
    except OSError:  # whichever call meets the reset
        print("reset")


def hold(port, text):
    """The same, but does not end; waits for the other side to."""
    s = connect(port)
    try:
        s.sendall(text.encode().decode("unicode_escape").encode("latin-1"))
        print(len(read_all(s)))
    except ConnectionError:
        print("reset")


def half_hello(port):
    """The first half of a ClientHello, then the end."""
    inbio, outbio = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    o = c.wrap_bio(inbio, outbio, server_hostname="one.test")
    try:
        o.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outbio.read()
    s = connect(port)
    s.sendall(hello[:len(hello) // 2])
    s.close()


def header(port, pieces, hexes, text):
    """A PROXY header in hexadecimal digits, in so many pieces, then text; prints what comes."""
    s = connect(port)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data, n = bytes.fromhex(hexes), int(pieces)
    size = max(1, -(-len(data) // n))
    for i in range(0, len(data), size):
        s.sendall(data[i:i + size])
    s.sendall(text.encode())
    s.shutdown(socket.SHUT_WR)
    try:
        sys.stdout.buffer.write(read_all(s))
    except ConnectionResetError:
        print("reset")


HABITS = {f.__name__.replace("_", "-"): f for f in (
    count, give, truncate, reset, plain, silent, hang_up, relay, client, sni, cut, probe, hold, half_hello, header)}

if __name__ == "__main__":
    try:
        warnings.simplefilter("ignore")  # old versions are what is wanted
        HABITS[sys.argv[1]](*sys.argv[2:])
    except (ssl.SSLError, OSError) as e:
        print(f"{type(e).__name__}: {getattr(e, 'reason', None) or e}", file=sys.stderr)
        sys.exit(1)
