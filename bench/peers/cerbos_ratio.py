#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the sidecar against Cerbos on the shared workloads.

    cerbos_ratio.py [--build DIR] [wide|deep STATEMENTS]...

Both answer the same requests over gRPC and loopback TCP, asked by the same
client (bench/sidecar_load) with the same number of calls in the air, one after
the other, pair after pair; the sidecar has one processor, Cerbos may use all.
Cerbos is the program of its npm package, pinned in cerbos/package-lock.json; it
is fetched once. Its policies are principal policies, one rule for each
statement and action, with the resource pattern and the conditions in CEL as a
careful author would write them. Every request whose answer is known is asked of
both before anything is timed.

At 10,000 statements Cerbos takes about three minutes to start.
"""
import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from engine_ratio import interval  # noqa: E402
import sidecar_ratio  # noqa: E402
import wire  # noqa: E402

# How many times as many checks a second; of other workloads nothing is asked.
BARS = {("wide", 1000): 5, ("wide", 10000): 3, ("deep", 10000): 20}
METHOD = "/cerbos.svc.v1.CerbosService/CheckResources"
START_SECONDS = 600


def pattern_in_cel(name, pattern):
    parts = pattern.split("*")
    if len(parts) == 1:
        return f"{name} == {json.dumps(pattern)}"
    if len(parts) == 2:
        tests = []
        if parts[0]:
            tests.append(f"{name}.startsWith({json.dumps(parts[0])})")
        if parts[1]:
            tests.append(f"{name}.endsWith({json.dumps(parts[1])})")
        return " && ".join(tests) or "true"
    quoted = ".*".join(
        "".join("\\" + c if c in ".+?^$()[]{}|\\" else c for c in part)
        for part in parts)
    return f"{name}.matches({json.dumps('^' + quoted + '$')})"


def rule(number, action, effect, resource, block, secure):
    tests = [{"expr": pattern_in_cel("R.attr.arn", resource)}]
    if block != "-":
        tests.append({"expr": f"P.attr.ip.inIPAddrRange({json.dumps(block)})"})
    if secure != "-":
        tests.append({"expr": f"P.attr.secure == {secure}"})
    return {"name": f"s{number}", "action": action,
            "effect": "EFFECT_" + effect.upper(),
            "condition": {"match": {"all": {"of": tests}}}}


def write_policies(workload, folder):
    """A policy for each principal of the workload."""
    by_principal = {}
    with open(workload, encoding="ascii") as lines:
        for line in lines:
            if not line.startswith("S\t"):
                continue
            _, number, principal, effect, actions, *rest = line.strip().split(
                "\t")
            for i, action in enumerate(actions.split(",")):
                kind = action.split(":")[0]
                by_principal.setdefault(principal, {}).setdefault(
                    kind, []).append(rule(f"{number}-{i}", action, effect,
                                          *rest))
    os.makedirs(folder)
    for principal, kinds in by_principal.items():
        policy = {"apiVersion": "api.cerbos.dev/v1", "principalPolicy": {
            "principal": principal, "version": "default",
            "rules": [{"resource": kind, "actions": rules}
                      for kind, rules in kinds.items()]}}
        with open(os.path.join(folder, principal + ".json"), "w",
                  encoding="ascii") as out:
            json.dump(policy, out)


def attribute(name, value):
    """An entry of a map from text to google.protobuf.Value."""
    value = (wire.number(4, value == "true") if value in ("true", "false")
             else wire.text(3, value))
    return wire.text(4, wire.text(1, name) + wire.text(2, value))


def check(request):
    """A cerbos.request.v1.CheckResourcesRequest."""
    principal, action, resource, address, secure, _ = request
    who = (wire.text(1, principal) + wire.text(3, "user")
           + attribute("ip", address) + attribute("secure", secure))
    what = (wire.text(1, action.split(":")[0]) + wire.text(3, "r")
            + attribute("arn", resource))
    return (wire.text(1, "r") + wire.text(3, who)
            + wire.text(4, wire.text(1, action) + wire.text(2, what)))


def is_allow(answer):
    """Of a cerbos.response.v1.CheckResourcesResponse."""
    result = dict(wire.fields(answer))[2]
    return dict(wire.fields(dict(wire.fields(result))[2])).get(2) == 1


class Cerbos:
    """A running Cerbos with the policies of a workload."""

    def __init__(self, program, workload, folder):
        write_policies(workload, f"{folder}/policies")
        self.ports = [free_port(), free_port()]
        config = {"server": {"httpListenAddr": f"127.0.0.1:{self.ports[0]}",
                             "grpcListenAddr": f"127.0.0.1:{self.ports[1]}"},
                  "storage": {"driver": "disk", "disk": {
                      "directory": f"{folder}/policies",
                      "watchForChanges": False}},
                  "telemetry": {"disabled": True},
                  "audit": {"enabled": False}}
        with open(f"{folder}/cerbos.yaml", "w", encoding="ascii") as out:
            json.dump(config, out)
        begin = time.monotonic()
        with open(f"{folder}/cerbos.log", "wb") as log:
            self.process = subprocess.Popen(
                [program, "server", "--config", f"{folder}/cerbos.yaml",
                 "--log-level=warn"], stdout=log, stderr=log,
                env={**os.environ, "CERBOS_NO_TELEMETRY": "1"})
        while not self.is_up():
            if (self.process.poll() is not None
                    or time.monotonic() - begin > START_SECONDS):
                self.process.kill()
                with open(f"{folder}/cerbos.log", encoding="utf-8") as log:
                    sys.exit("Cerbos did not start\n" + log.read()[-2000:])
            time.sleep(0.02)
        self.start_seconds = time.monotonic() - begin

    def is_up(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.ports[0]}"
                             "/_cerbos/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    @property
    def address(self):
        return f"127.0.0.1:{self.ports[1]}"

    def memory_mb(self):
        with open(f"/proc/{self.process.pid}/status",
                  encoding="ascii") as status:
            return next(int(line.split()[1]) / 1024 for line in status
                        if line.startswith("VmRSS:"))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    """A port that nobody listens at; Cerbos does not say which one it took."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def install(folder):
    """The pinned package; the path of its program."""
    program = os.path.join(folder, "node_modules", "@cerbos",
                           "cerbos-linux-x64", "cerbos-linux-x64")
    if not os.path.exists(program):
        os.makedirs(folder, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, "cerbos", name), folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit",
                        "--no-fund"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
    return program


def measure(arguments, shape, statements):
    folder = tempfile.mkdtemp(prefix="writ-bench-")
    arguments.shape, arguments.statements = shape, statements
    cerbos = None
    try:
        bench = sidecar_ratio.Bench(arguments, folder)
        # Cerbos gets the names of the workload as it was made: their patterns
        # have fewer wildcards.
        workload = os.path.join(arguments.workloads or folder,
                                f"wl-{shape}-{statements}.tsv")
        requests = wire.read_requests(workload, sidecar_ratio.REQUESTS)
        wire.write_messages(f"{folder}/cerbos.messages",
                            [check(one) for one in requests])
        cerbos = Cerbos(install(arguments.peers), workload, folder)
        answers = f"{folder}/answers"
        bench.load(cerbos.address, messages="cerbos.messages", method=METHOD,
                   answers=answers)
        wrong = sum(is_allow(answer) != (request[5] == "1")
                    for request, answer in zip(
                        requests, wire.read_messages(answers))
                    if request[5] != "-")
        if wrong:
            sys.exit(f"Cerbos: {wrong} answers are wrong")
        with bench.start("writ-sidecar", "ours") as ours:
            bench.verify(ours)
            flags = {"outstanding": arguments.outstanding, "connections": 4,
                     "seconds": arguments.seconds, "warmup_seconds": 1}
            pairs = [(bench.load(ours.addresses["tcp"], **flags),
                      bench.load(cerbos.address, messages="cerbos.messages",
                                 method=METHOD, **flags))
                     for _ in range(arguments.pairs)]
            median, low, high = interval(
                [a["perSecond"] / b["perSecond"] for a, b in pairs])
            rates = [interval([pair[i]["perSecond"] for pair in pairs])[0]
                     for i in (0, 1)]
            bar = BARS.get((shape, statements), 0)
            print(f"{shape}/{statements}: {rates[0]:,.0f} checks a second, "
                  f"Cerbos {rates[1]:,.0f}: {median:.1f} times as many "
                  f"({low:.1f}-{high:.1f}), bar {bar} "
                  f"{'ok' if high >= bar else 'SHORT'}; memory "
                  f"{ours.memory_kb() / 1024:.0f} and "
                  f"{cerbos.memory_mb():.0f} MB; Cerbos was up after "
                  f"{cerbos.start_seconds:.1f} s", flush=True)
            return high >= bar
    finally:
        if cerbos:
            cerbos.stop()
        shutil.rmtree(folder)


def main():
    build = os.path.join(HERE, "..", "..", "build")
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=build)
    parser.add_argument("--peers", default=os.path.join(build, "peers",
                                                        "cerbos"))
    parser.add_argument("--workloads", help="folder of wl-SHAPE-SIZE files")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--outstanding", type=int, default=64)
    parser.add_argument("what", nargs="*", metavar="SHAPE STATEMENTS")
    arguments = parser.parse_args()
    words = arguments.what or [word for pair in BARS for word in pair]
    holds = [measure(arguments, words[i], int(words[i + 1]))
             for i in range(0, len(words) - 1, 2)]
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
