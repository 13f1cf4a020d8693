# SPDX-License-Identifier: MIT
"""The rows of HTTP/2, WebSocket, the reverse proxy and the load test.

Foreign load generators do not read the server's processor time, so `h2load` is run with a fixed number of requests, once
with one for each connection and once with many: the difference is what requests cost, without connections and handshakes.
"""
import json
import os
import re
import resource
import shutil
import subprocess

from http_rows import GB, LARGE, SMALL
from process import PROCS, Skip, cpu_ns, json_of, output_of

H2_CLIENTS = ["-c", "64", "-m", "16"]
PYTHON = "/usr/bin/python3"
WEBSOCKETS_ECHO = """
import asyncio, sys, websockets
async def echo(ws, path=None):
    async for message in ws:
        await ws.send(message)
async def main():
    async with websockets.serve(echo, '127.0.0.1', int(sys.argv[1]), ping_interval=None, compression=None, backlog=4096):
        await asyncio.Future()
asyncio.run(main())
"""


def h2load(cpu, port, target, n, *how, is_tls=False):
    """Requests a second, and the processor seconds it took itself."""
    if not shutil.which("h2load"):
        raise Skip("h2load is not installed")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = output_of(["h2load", "-t1", "-n", str(n), *how, f"http{'s' if is_tls else ''}://127.0.0.1:{port}{target}"], cpu)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = re.search(r"status codes: (\d+) 2xx", text)
    rate = re.search(r"([\d.]+) req/s", text)
    if not done or not rate or int(done.group(1)) != n or "protocol: http/1" in text:
        raise Skip(f"h2load: {text.strip()[-200:]}")
    return float(rate.group(1)), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Http2Rows:
    """A part of the Bench in `run`; needs HttpRows for the servers."""

    # -- HTTP/2 servers --

    def nginx_http2(self, is_tls, is_large=False):
        return self.nginx_http(is_tls, is_large, is_http2=True)

    def h2_peers(self, is_tls, is_large=False):
        return {"twc": lambda: self.twc_http(self.twc(), is_tls), "twc-static": lambda: self.twc_http(self.static_twc(), is_tls),
                "nginx": lambda: self.nginx_http2(is_tls, is_large), "h2o": lambda: self.h2o_http(is_tls)}

    def h2_ask(self, server, target, n, few, *how, is_tls):
        """What n - few requests cost, and how many a second there were."""
        spent = []
        for count in (few, n):
            before = cpu_ns(server[0].pid)
            rate, load_s = h2load(self.load_cpu, server[1], target, count, *how, is_tls=is_tls)
            spent.append((cpu_ns(server[0].pid) - before, load_s))
        return (spent[1][0] - spent[0][0]) / (n - few), rate, (spent[1][1] - spent[0][1]) / (n - few)

    def h2_small(self, row, is_tls):
        n = 5000 if self.o.quick else int(100000 * self.seconds)

        def sample(_, server):
            ns, rate, load_s = self.h2_ask(server, "/small.txt", n, 64, *H2_CLIENTS, is_tls=is_tls)
            return {"cpu_us": ns / 1e3, "per_s": rate, "load_us": load_s * 1e6}
        self.compare(row, self.h2_peers(is_tls), sample)

    def h2_large(self, row, is_tls):
        n = 64 if self.o.quick else int(2000 * self.seconds)

        def sample(_, server):
            ns, rate, _ = self.h2_ask(server, "/large.bin", n, 16, "-c", "16", "-m", "1", is_tls=is_tls)
            return {"cpu_s_gb": ns / 1e9 / (LARGE / GB), "gb_s": rate * LARGE / GB}
        self.compare(row, self.h2_peers(is_tls, True), sample)

    # -- WebSocket --

    def websockets_echo(self):
        if subprocess.run([PYTHON, "-c", "import websockets"], stderr=subprocess.DEVNULL).returncode:
            raise Skip("python3-websockets is not installed")
        return self.by_port("websockets", lambda port: [PYTHON, "-c", WEBSOCKETS_ECHO, str(port)])

    def ws_echo(self):
        peers = {
            "twc": lambda: self.by_ready_line([self.twc(), "serve", "ws:0:interface=127.0.0.1", "--echo"], "twc"),
            "twc-site": lambda: self.by_ready_line([self.twc(), "http", "serve", "tcp:0:interface=127.0.0.1", "--route",
                                                    "/=ws-echo"], "twc"),
            "twc-tcp": self.twc_echo,
            "websockets": self.websockets_echo,
        }

        def sample(name, server):
            r = json_of([self.program("load"), "ping", str(server[1]), "-c", "1000", "-s", "64",
                         *([] if name == "twc-tcp" else ["-W", "/"]), "-p", str(server[0].pid), *self.window()],
                        self.load_cpu)[-1]
            if not r["done"]:
                raise Skip("no message came back")
            return {"cpu_us": r["server_ns"] / r["done"] / 1e3, "per_s": r["done"] / r["seconds"], "p50_us": r["p50_us"],
                    "p99_us": r["p99_us"], "errors": r["errors"], "others": r["others"]}
        self.compare("ws-echo-1000", peers, sample)

    # -- a reverse proxy --

    def nginx_proxy(self, upstream):
        def argv(port):
            log = os.path.join(self.dir, f"nginx.{port}.log")
            conf = self.conf("nginx", port, (
                f"daemon off; master_process off; pid {log}.pid; error_log {log};\n"
                "events { worker_connections 8000; }\n"
                "http { access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;\n"
                f"upstream u {{ server 127.0.0.1:{upstream}; keepalive 128; keepalive_requests 1000000000; }}\n"
                f"server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://u;"
                ' proxy_http_version 1.1; proxy_set_header Connection ""; } } }\n'))
            return ["nginx", "-p", self.dir, "-c", conf, "-e", log]
        return self.by_port("nginx", argv)

    def haproxy_proxy(self, upstream):
        def argv(port):
            return ["haproxy", "-db", "-f", self.conf("haproxy", port, (
                "global\n  nbthread 1\n  maxconn 9000\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 1h\n"
                "  timeout server 1h\n  http-reuse always\n"
                f"listen l\n  bind 127.0.0.1:{port} backlog 4096\n  server s 127.0.0.1:{upstream}\n"))]
        return self.by_port("haproxy", argv)

    def proxy_small(self):
        upstream, target = self.nginx_http(cpu=self.load_cpu)
        peers = {
            "twc": lambda: self.by_ready_line([self.twc(), "http", "serve", "tcp:0:interface=127.0.0.1", "--route",
                                               f"/=proxy:http://127.0.0.1:{target}"], "twc"),
            "nginx": lambda: self.nginx_proxy(target), "haproxy": lambda: self.haproxy_proxy(target),
        }

        def sample(_, server):
            # The upstream is neither server nor load: its share of the time must not count as foreign.
            r = self.http_ask(server, "ask", "/small.txt", SMALL, "-c", "64")
            return {"cpu_us": r["server_ns"] / r["done"] / 1e3, "per_s": r["done"] / r["seconds"], "p50_us": r["p50_us"],
                    "p99_us": r["p99_us"]}
        self.compare("proxy-small", peers, sample)
        PROCS.end(upstream)

    # -- load generators: requests for a second of their own processor time, all against one server --

    def twc_bench(self, port, *how):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        text = output_of([self.twc(), "http", "bench", *how, "--report", "json", f"http://127.0.0.1:{port}/small.txt"],
                         self.load_cpu)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            report = json.loads(text[text.index("{"):])
        except ValueError:
            raise Skip(f"twc: {text.strip()[-200:]}")
        return report, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def generators(self, row, peers):
        """peers: name -> function of a port that returns (requests done, requests a second, processor seconds)."""
        server = self.twc_http(self.twc())

        def sample(name, _):
            done, rate, cpu_s = peers[name](server[1])
            return {"per_cpu_s": done / cpu_s, "per_s": rate}
        self.compare(row, {n: (lambda: None) for n in peers}, sample)
        PROCS.end(server[0])

    def bench_http1(self):
        seconds = max(1, round(self.seconds))

        def wrk(port):
            if not shutil.which("wrk"):
                raise Skip("wrk is not installed")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            text = output_of(["wrk", "-t1", "-c64", f"-d{seconds}", f"http://127.0.0.1:{port}/small.txt"], self.load_cpu)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            m = re.search(r"(\d+) requests in", text)
            if not m or "Non-2xx" in text or "Socket errors" in text:
                raise Skip(text.strip()[-100:])
            return (int(m.group(1)), float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
                    after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

        def twc(port):
            r, cpu_s = self.twc_bench(port, "-c", "64", "-z", f"{seconds}s")
            return r["requests"], r["rps"], cpu_s
        self.generators("bench-http1", {"twc": twc, "wrk": wrk})

    def bench_http2(self):
        n = 5000 if self.o.quick else int(150000 * self.seconds)

        def foreign(port):
            rate, cpu_s = h2load(self.load_cpu, port, "/small.txt", n, *H2_CLIENTS)
            return n, rate, cpu_s

        def twc(port):
            r, cpu_s = self.twc_bench(port, "--http2-prior-knowledge", *H2_CLIENTS, "-n", str(n))
            return r["requests"], r["rps"], cpu_s
        self.generators("bench-http2", {"twc": twc, "h2load": foreign})


ROWS = {
    "h2-small": lambda b: b.h2_small("h2-small", False),
    "h2-small-tls": lambda b: b.h2_small("h2-small-tls", True),
    "h2-1m": lambda b: b.h2_large("h2-1m", False),
    "h2-1m-tls": lambda b: b.h2_large("h2-1m-tls", True),
    "ws-echo-1000": lambda b: b.ws_echo(),
    "proxy-small": lambda b: b.proxy_small(),
    "bench-http1": lambda b: b.bench_http1(),
    "bench-http2": lambda b: b.bench_http2(),
}

# As in `run`.
GOALS = [
    *((row, "cpu_us", "twc", ["h2o", "nginx"], "saving", 1.1, 1.3) for row in ("h2-small", "h2-small-tls")),
    *((row, "cpu_s_gb", "twc", ["h2o"], "saving", 1.2, 1.2) for row in ("h2-1m", "h2-1m-tls")),
    *(("ws-echo-1000", "cpu_us", ours, ["twc-tcp"], "cost", 1.3, 1.3) for ours in ("twc", "twc-site")),
    *(("ws-echo-1000", "cpu_us", ours, ["websockets"], "saving", 10, 10) for ours in ("twc", "twc-site")),
    ("proxy-small", "cpu_us", "twc", ["nginx", "haproxy"], "saving", 1.1, 1.1),
    ("bench-http1", "per_cpu_s", "twc", ["wrk"], "gain", 1.0, 1.0),
    ("bench-http2", "per_cpu_s", "twc", ["h2load"], "gain", 1.0, 1.0),
]
