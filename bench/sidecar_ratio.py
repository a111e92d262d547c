#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the sidecar's figures against their bars.

Against the same sidecar without decisions (constant_sidecar): throughput, p50
and the server's processor time of a call, over TCP, TLS and a Unix socket, with
1, 8 and 64 calls in the air; a batch of 100 against a server that gives the
batch back (batch_echo). Pairs are interleaved; a figure is the median of the
pairs with its interval, as in engine_ratio.py, and falls short only if the
whole interval does. Then memory with 10,000 statements, memory of an idle
connection, and the time from start to the first answer.

The server has one processor, the client another. Needs `writ-sidecar` and the
programs of bench/CMakeLists.txt that begin with sidecar_, and openssl.
"""
import argparse
import json
import os
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile

from engine_ratio import interval
import wire

HERE = os.path.dirname(os.path.abspath(__file__))
TRANSPORTS = ("unix", "tcp", "tls")
OUTSTANDING = (1, 8, 64)
THROUGHPUT_BAR = 0.95
P50_BAR = 1.1
PROCESSOR_BAR = 1.5  # microseconds that deciding may add
BATCH_BAR = 1.3
MEMORY_BAR = 60 * 1024  # KB
IDLE_BAR = 32  # KB for each connection
START_BAR = 50  # milliseconds
REQUESTS = 4096

CONFIG = """
[bundle]
location = "{folder}/workload.bundle"
keys = ["{folder}/key.pem"]

[[listener]]
name = "unix"
address = "unix:{folder}/{name}.sock"
trusted = true
[[listener.asker]]
name = "load"
anybody = true

[[listener]]
name = "tcp"
address = "127.0.0.1:0"
trusted = true
[[listener.asker]]
name = "load"
anybody = true

[[listener]]
name = "tls"
address = "127.0.0.1:0"
trusted = true
[listener.tls]
certificate = "{folder}/tls.pem"
key = "{folder}/tls.key"
[[listener.asker]]
name = "load"
anybody = true
"""


class Server:
    """A started server: where it listens, by name."""

    def __init__(self, command, log, processor=0):
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(processor)] + command,
                stdout=subprocess.PIPE, stderr=errors, text=True)
        self.addresses = {}
        for line in self.process.stdout:
            words = line.split()
            if "listening" in words:
                at = words.index("on") + 1
                name = words[at + 1].strip("()") if at + 1 < len(words) else ""
                self.addresses[name] = words[at]
            if "is ready" in line or "" in self.addresses:
                break
        else:
            with open(log, encoding="utf-8") as errors:
                sys.exit(f"{command[0]} did not start\n{errors.read()}")

    @property
    def pid(self):
        return self.process.pid

    def memory_kb(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Bench:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.short = 0
        self.make_bundle(arguments.shape, arguments.statements)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-keyout",
             f"{folder}/tls.key", "-out", f"{folder}/tls.pem", "-days", "2",
             "-subj", "/CN=localhost", "-addext",
             "subjectAltName=IP:127.0.0.1"], check=True,
            stderr=subprocess.DEVNULL)

    def program(self, name):
        return os.path.join(self.arguments.build, "bin", name)

    def make_bundle(self, shape, statements):
        stem = os.path.join(self.arguments.workloads or self.folder,
                            f"wl-{shape}-{statements}.ram.tsv")
        if not os.path.exists(stem):
            subprocess.run(
                [sys.executable, os.path.join(HERE, "make_workload.py"),
                 "--folder", os.path.dirname(stem), "--requests", "16384",
                 shape, str(statements)], check=True)
        subprocess.run([self.program("make_bundle"), stem, "0", "1",
                        f"{self.folder}/workload.bundle",
                        f"{self.folder}/key.pem"], check=True)
        self.requests = wire.read_requests(stem, REQUESTS)
        wire.write_messages(f"{self.folder}/checks",
                            [wire.check(one) for one in self.requests])
        wire.write_messages(
            f"{self.folder}/batches",
            [wire.batch(self.requests[i:i + 100])
             for i in range(0, REQUESTS - 99, 100)])

    def start(self, program, name):
        config = f"{self.folder}/{name}.toml"
        with open(config, "w", encoding="ascii") as out:
            out.write(CONFIG.format(folder=self.folder, name=name))
        return Server([self.program(program), "--config", config],
                      f"{self.folder}/{name}.log")

    def load(self, address, server=None, messages="checks", **flags):
        command = ["taskset", "-c", "1", self.program("sidecar_load"),
                   "--target", address, "--messages",
                   f"{self.folder}/{messages}"]
        if messages == "batches":
            command += ["--method", "/writ.authz.v1.Authorization/BatchCheck"]
        if server:
            command += ["--server-pid", str(server.pid)]
        for flag, value in flags.items():
            command += ["--" + flag.replace("_", "-"), str(value)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def verify(self, server):
        """Every expected answer, before anything is timed."""
        answers = f"{self.folder}/answers"
        self.load(server.addresses["unix"], answers=answers)
        wrong = sum(
            wire.is_allow(answer) != (request[5] == "1")
            for request, answer in zip(self.requests,
                                       wire.read_messages(answers))
            if request[5] != "-")
        if wrong:
            sys.exit(f"{wrong} answers are wrong")

    def verdict(self, holds):
        self.short += not holds
        return "ok" if holds else "SHORT"

    def compare(self):
        arguments = self.arguments
        print(f"{'transport':9} {'calls':>5} {'per second':>11} "
              f"{'throughput':>10} {'interval':>13}        {'p50 us':>7} "
              f"{'p50':>6} {'interval':>13}        {'+cpu us':>7} interval")
        with self.start("writ-sidecar", "ours") as ours, \
                self.start("constant_sidecar", "constant") as constant:
            self.verify(ours)
            for transport in TRANSPORTS:
                for outstanding in OUTSTANDING:
                    if not arguments.wants(f"{transport}/{outstanding}"):
                        continue
                    flags = {"outstanding": outstanding,
                             "seconds": arguments.seconds,
                             "warmup_seconds": 0.3}
                    if transport == "tls":
                        flags["ca"] = f"{self.folder}/tls.pem"
                    pairs = [tuple(
                        self.load(server.addresses[transport], server, **flags)
                        for server in (ours, constant))
                        for _ in range(arguments.pairs)]
                    self.print_pairs(transport, outstanding, pairs)

    def print_pairs(self, transport, outstanding, pairs):
        rate = interval([a["perSecond"] / b["perSecond"] for a, b in pairs])
        p50 = interval([a["p50"] / b["p50"] for a, b in pairs])
        cpu = interval([a["cpu"] - b["cpu"] for a, b in pairs])
        ours = [interval([a[name] for a, _ in pairs])[0]
                for name in ("perSecond", "p50")]
        print(f"{transport:9} {outstanding:5} {ours[0]:11,.0f} "
              f"{rate[0]:10.3f} {rate[1]:6.3f}-{rate[2]:6.3f} "
              f"{self.verdict(rate[2] >= THROUGHPUT_BAR):6} "
              f"{ours[1]:7.1f} {p50[0]:6.3f} {p50[1]:6.3f}-{p50[2]:6.3f} "
              f"{self.verdict(p50[1] <= P50_BAR):6} "
              f"{cpu[0]:7.2f} {cpu[1]:.2f} to {cpu[2]:.2f} "
              f"{self.verdict(cpu[1] <= PROCESSOR_BAR)}", flush=True)

    def batch(self):
        arguments = self.arguments
        with self.start("writ-sidecar", "ours") as ours, \
                Server([self.program("batch_echo"),
                        f"unix:{self.folder}/echo.sock"],
                       f"{self.folder}/echo.log") as echo:
            for outstanding in (1, 8):
                flags = {"messages": "batches", "outstanding": outstanding,
                         "seconds": arguments.seconds, "warmup_seconds": 0.3}
                pairs = [(self.load(ours.addresses["unix"], ours, **flags),
                          self.load(echo.addresses[""], echo, **flags))
                         for _ in range(arguments.pairs)]
                for what in ("p50", "cpu"):
                    median, low, high = interval(
                        [a[what] / b[what] for a, b in pairs])
                    figure = interval([a[what] for a, _ in pairs])[0]
                    print(f"batch of 100, {outstanding} in the air, {what} "
                          f"{figure:.0f} us: {median:.2f} times the echo's "
                          f"({low:.2f}-{high:.2f}) "
                          f"{self.verdict(low <= BATCH_BAR)}", flush=True)

    def memory(self):
        """With the bundle alone, and of idle connections."""
        with self.start("writ-sidecar", "ours") as server:
            self.load(server.addresses["unix"], outstanding=8, seconds=1)
            loaded = server.memory_kb()
            print(f"memory with {self.arguments.statements} statements: "
                  f"{loaded / 1024:.1f} MB {self.verdict(loaded <= MEMORY_BAR)}",
                  flush=True)
        self.idle("tcp", self.arguments.idle)
        # A handshake takes this client a while.
        self.idle("tls", self.arguments.idle // 10)

    def idle(self, transport, count):
        """Memory of connections that said hello and nothing else."""
        # What a client of HTTP/2 says first, and that it took the server's
        # settings.
        hello = (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                 b"\0\0\0\4\0\0\0\0\0" b"\0\0\0\4\1\0\0\0\0")
        tls = ssl.create_default_context(cafile=f"{self.folder}/tls.pem")
        tls.set_alpn_protocols(["h2"])
        with self.start("writ-sidecar", "ours") as server:
            self.load(server.addresses["unix"], outstanding=8, seconds=1)
            loaded = server.memory_kb()
            host, port = server.addresses[transport].rsplit(":", 1)
            idle = []
            for _ in range(count):
                one = socket.create_connection((host, int(port)))
                if transport == "tls":
                    one = tls.wrap_socket(one, server_hostname=host)
                one.sendall(hello)
                idle.append(one)
            for one in idle:
                one.recv(9)
            # They must not keep it from answering.
            self.load(server.addresses["unix"], outstanding=1, seconds=1)
            each = (server.memory_kb() - loaded) / count
            print(f"an idle connection over {transport}, of {count}: "
                  f"{each:.1f} KB {self.verdict(each <= IDLE_BAR)}", flush=True)
            for one in idle:
                one.close()

    def first_answer(self):
        self.start("writ-sidecar", "ours").__exit__()
        path = f"{self.folder}/ours.sock"
        message = f"{self.folder}/message"
        with open(message, "wb") as out:
            out.write(wire.check(self.requests[0]))
        done = subprocess.run(
            [self.program("sidecar_start"), path, message, "20",
             self.program("writ-sidecar"), "--config",
             f"{self.folder}/ours.toml"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=True)
        median, low, high = interval(json.loads(done.stdout))
        print(f"start to first answer, of 20: {median:.1f} ms "
              f"({low:.1f}-{high:.1f}) {self.verdict(low <= START_BAR)}",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build"))
    parser.add_argument("--workloads", help="folder of wl-SHAPE-SIZE.ram.tsv")
    parser.add_argument("--shape", default="wide", choices=["wide", "deep"])
    parser.add_argument("--statements", type=int, default=10000)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--idle", type=int, default=10000)
    parser.add_argument("only", nargs="*",
                        metavar="unix/1|batch|memory|start")
    arguments = parser.parse_args()
    arguments.wants = (
        lambda what: not arguments.only or what in arguments.only
        or what.split("/")[0] in arguments.only)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = tempfile.mkdtemp(prefix="writ-bench-")
    try:
        bench = Bench(arguments, folder)
        if any(arguments.wants(name) for name in TRANSPORTS) or any(
                one.split("/")[0] in TRANSPORTS for one in arguments.only):
            bench.compare()
        for name, part in (("batch", bench.batch), ("memory", bench.memory),
                           ("start", bench.first_answer)):
            if arguments.wants(name):
                part()
    finally:
        shutil.rmtree(folder)
    print(f"\n{bench.short} bars fall short" if bench.short
          else "\nall bars hold")
    return 1 if bench.short else 0


if __name__ == "__main__":
    sys.exit(main())
