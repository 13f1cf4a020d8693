# SPDX-License-Identifier: MIT
"""The processes of a measurement: started on a processor, waited for, read from, and ended, whatever happens.

Standard library only. Every process is started in a session of its own and ended with it; nothing outlives the run.
"""
import json
import os
import random
import re
import signal
import socket
import subprocess
import time


class Skip(Exception):
    """A peer or a row that cannot be measured here, and why."""


class Processes:
    """All that run; each leads a session, so that the children it forks end with it."""

    def __init__(self):
        self.live = []

    def start(self, argv, cpu, **kw):
        def child():
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
            os.sched_setaffinity(0, {cpu})

        kw.setdefault("stdin", subprocess.DEVNULL)
        kw.setdefault("stdout", subprocess.DEVNULL)
        kw.setdefault("stderr", subprocess.DEVNULL)
        # A signal between the start and the note of it would leave an orphan.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        try:
            p = subprocess.Popen(argv, preexec_fn=child, start_new_session=True, **kw)
            self.live.append(p)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
        return p

    def end(self, p):
        if p not in self.live:
            return
        for sig, patience in ((signal.SIGTERM, 0.5), (signal.SIGKILL, 5)):
            try:
                os.killpg(p.pid, sig)
            except ProcessLookupError:
                pass
            try:
                p.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        self.live.remove(p)  # last: an interruption on the way leaves it to end_all
        for f in (p.stdin, p.stdout, p.stderr):
            if f:
                f.close()

    def end_all(self):
        for p in list(self.live):
            self.end(p)


PROCS = Processes()


def free_port():
    """A port nobody listens on, below the range from which clients get theirs."""
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def ready_port(p, name):
    """The port in `NAME: listening tcp:127.0.0.1:PORT` (or udp:, tls:) on p's standard error."""
    fd, text, end = p.stderr.fileno(), b"", time.monotonic() + 5
    os.set_blocking(fd, False)
    while time.monotonic() < end:
        try:
            got = os.read(fd, 4096)
            if not got:
                break
            text += got
        except BlockingIOError:
            time.sleep(0.01)
        m = re.search(rb"listening (?:tcp|udp|tls|wss?):(?://)?127\.0\.0\.1:(\d+)", text)
        if m:
            return int(m.group(1))
    raise Skip(f"{name} did not start: {text.decode(errors='replace').strip()[:200]}")


def wait_for_port(p, port, name):
    end = time.monotonic() + 10
    while time.monotonic() < end and p.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise Skip(f"{name} did not start")


def wait_for_listener(p, port, name):
    """As wait_for_port, for a peer that a client who leaves at once may kill (SIGPIPE)."""
    end = time.monotonic() + 10
    while time.monotonic() < end and p.poll() is None:
        with open("/proc/net/tcp") as f:
            if any(re.match(rf"\s*\d+: 0100007F:{port:04X} \S+ 0A ", line) for line in f):
                return
        time.sleep(0.02)
    raise Skip(f"{name} did not start")


def json_of(argv, cpu, timeout=60):
    """Runs a measuring program to its end; its last line of output is the result."""
    p = PROCS.start(argv, cpu, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = p.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Skip(f"{os.path.basename(argv[0])} took more than {timeout} s")
    finally:
        PROCS.end(p)
    if p.returncode != 0 or not out.strip():
        raise Skip(f"{' '.join(argv[:3])}: {err.decode(errors='replace').strip()[-200:]}")
    return [json.loads(line) for line in out.decode().splitlines()]


def output_of(argv, cpu, timeout=60):
    """All that a foreign measuring program says."""
    p = PROCS.start(argv, cpu, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        return p.communicate(timeout=timeout)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        raise Skip(f"{argv[0]} took more than {timeout} s")
    finally:
        PROCS.end(p)


def line_of(p, timeout):
    """One line of JSON from a process that stays."""
    fd, text, end = p.stdout.fileno(), b"", time.monotonic() + timeout
    os.set_blocking(fd, False)
    while b"\n" not in text:
        if time.monotonic() > end:
            raise Skip("no answer in time")
        try:
            got = os.read(fd, 4096)
            if not got:
                raise Skip("ended without an answer")
            text += got
        except BlockingIOError:
            time.sleep(0.002)
    return json.loads(text.split(b"\n")[0])


def descendants(pid):
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as f:
                for child in f.read().split():
                    found += descendants(int(child))
    except OSError:
        pass
    return found


def cpu_ns(pid):
    """Processor time of a process and its children, by the scheduler's clock."""
    total = 0
    for p in descendants(pid):
        try:
            for task in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
        except OSError:
            pass
    return total


def rss(pid):
    """Resident bytes of a process and its children."""
    total = 0
    for p in descendants(pid):
        try:
            with open(f"/proc/{p}/smaps_rollup") as f:
                total += int(re.search(r"^Rss:\s+(\d+) kB", f.read(), re.M).group(1)) * 1024
        except (OSError, AttributeError):
            pass
    return total
