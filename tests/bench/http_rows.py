# SPDX-License-Identifier: MIT
"""The rows of HTTP: a server of files beside nginx, h2o and lighttpd, and a client beside curl.

All servers have one worker, no access log, connections that last, and what they know to keep files open with.
"""
import os
import re
import shutil

from process import PROCS, Skip, json_of, output_of

SMALL, LARGE, HUGE = 1024, 1000000, 2000000000
GB = 1e9


class HttpRows:
    """A part of the Bench in `run`."""

    # -- what is served --

    def site(self):
        top = os.path.join(self.dir, "site")
        if not os.path.exists(top):
            os.makedirs(os.path.join(top, "many"))
            for name, size in (("small.txt", SMALL), ("large.bin", LARGE)):
                with open(os.path.join(top, name), "wb") as f:
                    f.write(os.urandom(size))
            for i in range(1, self.many_files() + 1):
                with open(os.path.join(top, "many", f"{i}.txt"), "wb") as f:
                    f.write(b"x" * SMALL)
        return top

    def many_files(self):
        return 500 if self.o.quick else 10000

    def conf(self, name, port, text):
        path = os.path.join(self.dir, f"{name}.{port}")
        with open(path, "w") as f:
            f.write(text)
        return path

    # -- the servers; is_large: what is best for large files, where that is not best for small ones --

    def twc_http(self, twc, is_tls=False):
        if not twc:
            raise Skip("the static build is not there")
        endpoint = f"tls:0:interface=127.0.0.1:cert={self.certificate()[0]}" if is_tls else "tcp:0:interface=127.0.0.1"
        return self.by_ready_line([twc, "http", "serve", endpoint, self.site()], "twc")

    def nginx_http(self, is_tls=False, is_large=False, cpu=None, is_http2=False):
        _, cert, key = self.certificate()
        tls = f"ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {cert}; ssl_certificate_key {key};" if is_tls else ""

        def argv(port):
            log = os.path.join(self.dir, f"nginx.{port}.log")
            conf = self.conf("nginx", port, (
                f"daemon off; master_process off; pid {log}.pid; error_log {log};\n"
                "events { worker_connections 8000; }\n"
                "http { access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; types { text/plain txt; }\n"
                "open_file_cache max=20000 inactive=1h; open_file_cache_valid 1h;\n"
                f"sendfile {'on' if is_large else 'off'};\n"
                f"server {{ listen 127.0.0.1:{port} {'ssl' if is_tls else ''} {'http2' if is_http2 else ''} backlog=4096; {tls}"
                f" root {self.site()}; }} }}\n"))
            return ["nginx", "-p", self.dir, "-c", conf, "-e", log]
        return self.by_port("nginx", argv, cpu)

    def h2o_http(self, is_tls=False):
        _, cert, key = self.certificate()
        tls = f"  ssl:\n    certificate-file: {cert}\n    key-file: {key}\n" if is_tls else ""

        def argv(port):
            return ["h2o", "-c", self.conf("h2o", port, (
                f"num-threads: 1\nmax-connections: 8000\nlisten:\n  host: 127.0.0.1\n  port: {port}\n{tls}"
                f"hosts:\n  default:\n    paths:\n      /:\n        file.dir: {self.site()}\n"
                + ("user: root\n" if os.geteuid() == 0 else "")))]
        return self.by_port("h2o", argv)

    def lighttpd_http(self, is_tls=False):
        tls = ('server.modules += ( "mod_openssl" )\nssl.engine = "enable"\n'
               f'ssl.pemfile = "{self.certificate()[0]}"\n') if is_tls else ""

        def argv(port):
            return ["lighttpd", "-D", "-f", self.conf("lighttpd", port, (
                f'server.document-root = "{self.site()}"\nserver.bind = "127.0.0.1"\nserver.port = {port}\n'
                "server.max-keep-alive-requests = 65535\nserver.max-connections = 8000\nserver.max-fds = 16000\n"
                'server.listen-backlog = 4096\nserver.stat-cache-engine = "inotify"\n'
                f'mimetype.assign = ( ".txt" => "text/plain" )\n{tls}'))]
        return self.by_port("lighttpd", argv)

    def http_peers(self, is_tls=False, is_large=False):
        return {"twc": lambda: self.twc_http(self.twc(), is_tls), "twc-static": lambda: self.twc_http(self.static_twc(), is_tls),
                "nginx": lambda: self.nginx_http(is_tls, is_large), "h2o": lambda: self.h2o_http(is_tls),
                "lighttpd": lambda: self.lighttpd_http(is_tls)}

    # -- a server's rows --

    def http_ask(self, server, mode, target, size, *how):
        r = json_of([self.program("http"), mode, str(server[1]), target, str(size), *how, "-p", str(server[0].pid),
                     *self.window()], self.load_cpu)[-1]
        if not r["done"]:
            raise Skip("no answer came")
        if r["errors"]:
            raise Skip(f"{r['errors']} connections broke")
        return r

    def http_small(self, row, mode, *how, is_tls=False):
        def sample(_, server):
            r = self.http_ask(server, mode, "/small.txt", SMALL, *how)
            return {"cpu_us": r["server_ns"] / r["done"] / 1e3, "per_s": r["done"] / r["seconds"], "p50_us": r["p50_us"],
                    "p99_us": r["p99_us"], "load_us": r["load_ns"] / r["done"] / 1e3, "others": r["others"]}
        self.compare(row, self.http_peers(is_tls), sample)

    def http_large(self):
        def sample(_, server):
            r = self.http_ask(server, "ask", "/large.bin", LARGE, "-c", "16")
            size = r["done"] * LARGE / GB
            return {"gb_s": size / r["seconds"], "cpu_s_gb": r["server_ns"] / 1e9 / size, "others": r["others"]}
        self.compare("http-1m", self.http_peers(is_large=True), sample)

    def http_wrk(self):
        """Latencies as another load generator sees them."""
        if not shutil.which("wrk"):
            raise Skip("wrk is not installed")

        def microseconds(text, share):
            m = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", text)
            return float(m.group(1)) * {"us": 1, "ms": 1e3, "s": 1e6}[m.group(2)]

        def sample(_, server):
            text = output_of(["wrk", "-t1", "-c64", f"-d{max(1, round(self.seconds))}", "--latency",
                                   f"http://127.0.0.1:{server[1]}/small.txt"], self.load_cpu)
            if "Non-2xx" in text or "Socket errors" in text or "99%" not in text:
                raise Skip(text.strip()[-100:])
            return {"p50_us": microseconds(text, 50), "p99_us": microseconds(text, 99),
                    "per_s": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))}
        self.compare("http-wrk-64", self.http_peers(), sample)

    # -- a client's rows --

    def http_end(self, *how):
        """The other end of a client: (process, port)."""
        return self.by_ready_line([self.program("http"), how[0], "127.0.0.1:0", *how[1:]], "http", self.load_cpu)

    def http_clients(self, row, twc, curl, rounds, keys, statics=True):
        commands = {"twc": [self.twc(), "http", *twc], "curl": ["curl", *curl]}
        if statics:
            commands["twc-static"] = [self.static_twc(), "http", *twc]
        self.spawned(row, commands, rounds, keys)

    def http_download(self):
        server, port = self.http_end("give", str(HUGE // 20 if self.o.quick else HUGE))
        self.http_clients("http-download", ["-o", "/dev/null", f"http://127.0.0.1:{port}/"],
                          ["-so", "/dev/null", f"http://127.0.0.1:{port}/"], 1 if self.o.quick else self.rounds,
                          ("median_us", "cpu_us", "rss_kb"))
        PROCS.end(server)

    def http_upload(self):
        path = os.path.join(self.dir, "upload")
        block = os.urandom(1000000)
        with open(path, "wb") as f:
            for _ in range((HUGE // 20 if self.o.quick else HUGE) // len(block)):
                f.write(block)
        server, port = self.http_end("take")
        self.http_clients("http-upload", ["-T", path, f"http://127.0.0.1:{port}/"],
                          ["-sT", path, f"http://127.0.0.1:{port}/"], 1 if self.o.quick else self.rounds,
                          ("median_us", "cpu_us", "rss_kb"))
        PROCS.end(server)
        os.unlink(path)

    def http_start(self):
        server, port = self.http_end("give", str(SMALL))
        url = f"http://127.0.0.1:{port}/"
        self.http_clients("http-start", [url], ["-s", url], 20 if self.o.quick else 300, ("median_us", "p10_us"))
        PROCS.end(server)

    def https_start(self):
        server, port = self.nginx_http(is_tls=True, cpu=self.load_cpu)
        url, cert = f"https://127.0.0.1:{port}/small.txt", self.certificate()[1]
        self.http_clients("https-start", ["--cacert", cert, url], ["-s", "--cacert", cert, url],
                          20 if self.o.quick else 200, ("median_us", "p10_us"))
        PROCS.end(server)

    def http_parallel(self):
        server, port = self.nginx_http(cpu=self.load_cpu)
        urls = f"http://127.0.0.1:{port}/many/[1-{self.many_files()}].txt"
        many = ["-fZ", "--parallel-max", "50", "-o", "/dev/null", urls]
        self.http_clients("http-parallel", ["--glob", *many], ["-s", *many], 1 if self.o.quick else self.rounds,
                          ("median_us", "cpu_us", "rss_kb"))
        PROCS.end(server)


ROWS = {
    "http-small-64": lambda b: b.http_small("http-small-64", "ask", "-c", "64"),
    "http-small-1000": lambda b: b.http_small("http-small-1000", "ask", "-c", "1000"),
    "http-wrk-64": lambda b: b.http_wrk(),
    "http-pipeline-16": lambda b: b.http_small("http-pipeline-16", "ask", "-c", "64", "-o", "16"),
    "http-close": lambda b: b.http_small("http-close", "close", "-c", "16"),
    "http-1m": lambda b: b.http_large(),
    "https-small": lambda b: b.http_small("https-small", "ask", "-c", "64", "-e", is_tls=True),
    "http-download": lambda b: b.http_download(),
    "http-upload": lambda b: b.http_upload(),
    "http-start": lambda b: b.http_start(),
    "https-start": lambda b: b.https_start(),
    "http-parallel": lambda b: b.http_parallel(),
}

# As in `run`.
GOALS = [
    ("http-small-64", "cpu_us", "twc", ["h2o"], "saving", 1.1, 1.25),
    ("http-small-64", "cpu_us", "twc", ["nginx"], "saving", 1.5, 1.7),
    ("http-small-1000", "cpu_us", "twc", ["h2o"], "saving", 1.2, 1.4),
    ("http-wrk-64", "p50_us", "twc", ["nginx"], "saving", 2.0, 2.8),
    ("http-pipeline-16", "per_s", "twc", ["h2o"], "gain", 5, 9),
    ("http-close", "cpu_us", "twc", ["nginx"], "saving", 1.1, 1.25),
    ("http-1m", "gb_s", "twc", ["h2o"], "gain", 1.6, 2.0),
    ("http-1m", "cpu_s_gb", "twc", ["h2o"], "saving", 1.6, 2.0),
    ("https-small", "cpu_us", "twc", ["h2o"], "saving", 1.1, 1.25),
    *((row, "cpu_us", "twc", ["curl"], "saving", 1.0, 1.0) for row in ("http-download", "http-upload")),
    *((row, "rss_kb", "twc", [], "at most", 20000, 20000) for row in ("http-download", "http-upload")),
    ("http-start", "median_us", "twc-static", ["curl"], "saving", 5, 7.5),
    ("https-start", "median_us", "twc-static", ["curl"], "saving", 2.5, 3),
    ("http-parallel", "median_us", "twc", ["curl"], "saving", 2, 2),
]
