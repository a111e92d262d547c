#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures invocations of a platform of its own; see docs/performance.md.

    bench/invoke_bench.py [WARM_CALLS [COLD_STARTS]]
"""
import http.client
import os
import pathlib
import shutil
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "examples/tour"))
sys.dont_write_bytecode = True
import tour  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def own_processes(supervisor):
    """Pids of the supervisor and everything below it, with names."""
    children, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = pathlib.Path("/proc", entry, "stat").read_text()
        except OSError:
            continue
        name, fields = stat.rpartition(")")[0], stat.rpartition(")")[2].split()
        children.setdefault(int(fields[1]), []).append(int(entry))
        names[int(entry)] = name.partition("(")[2]
    found, waiting = {}, [supervisor]
    while waiting:
        pid = waiting.pop()
        found[pid] = names.get(pid, "?")
        waiting += children.get(pid, [])
    return found


def cpu_seconds(pid):
    """User and system time of a process, all its threads."""
    try:
        stat = pathlib.Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Session:
    """Calls of one client over one connection."""

    def __init__(self, client):
        self.client = client
        self.connection = http.client.HTTPSConnection(
            client.host, context=client.tls, timeout=60)

    def invoke(self, name, event):
        call = self.client.sign(
            "POST", f"/2023-03-30/functions/{name}/invocations", {},
            "InvokeFunction", "2023-03-30", event)
        begin = time.perf_counter()
        self.connection.request(*call)
        answer = tour.Answer(self.connection.getresponse())
        if answer.status != 200:
            sys.exit(f"an invocation was answered {answer}")
        return time.perf_counter() - begin


def create(root, name, runtime, handler, source):
    answer = root.functions("POST", "", "CreateFunction", {
        "functionName": name, "runtime": runtime, "handler": handler,
        "memorySize": 128, "code": {"zipFile": tour.package(source)}})
    if answer.status != 200:
        sys.exit(f"CreateFunction was answered {answer}")


RUNTIMES = {
    "custom": ("bootstrap", ROOT / "build/examples/bootstrap", b"x"),
    "python3.12": ("index.handler",
                   ROOT / "examples/functions/hello_python/index.py", b"{}"),
}


def measure_warm(platform, root, calls):
    handler, source, event = RUNTIMES["custom"]
    create(root, "bench-warm", "custom", handler, source)
    session = Session(root)
    for _ in range(50):
        session.invoke("bench-warm", event)
    processes = own_processes(platform.process.pid)
    before = {pid: cpu_seconds(pid) for pid in processes}
    times = sorted(session.invoke("bench-warm", event) for _ in range(calls))
    spent = {pid: cpu_seconds(pid) - before[pid] for pid in processes}
    print(f"warm no-op invocation, custom, {calls} calls one after the other:")
    print(f"  latency: p50 {times[calls // 2] * 1e3:.2f} ms, "
          f"p99 {times[calls * 99 // 100] * 1e3:.2f} ms")
    print(f"  CPU per call, all processes: "
          f"{sum(spent.values()) / calls * 1e6:.0f} us")
    for pid, name in processes.items():
        if spent[pid] > 0:
            print(f"    {name:16} {spent[pid] / calls * 1e6:6.0f} us")
    root.functions("DELETE", "/bench-warm", "DeleteFunction")


def measure_cold(root, starts):
    for runtime, (handler, source, event) in RUNTIMES.items():
        cold, warm = [], []
        session = Session(root)
        session.client.who_am_i()
        for n in range(starts):
            name = f"bench-cold-{n}"
            create(root, name, runtime, handler, source)
            # The connection is open before the clock runs.
            session.connection.connect()
            cold.append(session.invoke(name, event) * 1e3)
            warm.append(session.invoke(name, event) * 1e3)
            root.functions("DELETE", "/" + name, "DeleteFunction")
        print(f"cold start, {runtime}, {starts} new functions: "
              f"median {statistics.median(cold):.1f} ms "
              f"({min(cold):.1f} to {max(cold):.1f}); "
              f"second call {statistics.median(warm):.1f} ms")


def main():
    warm_calls = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    cold_starts = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    tour.DATA = ROOT / "build/bench-data"
    tour.LISTEN = "127.0.0.1:0"
    os.umask(0o077)
    shutil.rmtree(tour.DATA, ignore_errors=True)
    platform = tour.Platform()
    platform.start()
    try:
        root = platform.root()
        measure_warm(platform, root, warm_calls)
        measure_cold(root, cold_starts)
    finally:
        platform.stop()
        shutil.rmtree(tour.DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
