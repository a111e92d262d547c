#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a decision does: instructions and misses of the last cache.

callgrind runs `writ bench` with a cache of its own making, so the counts are
the same on every machine and whatever else it does. Prints a table for
docs/performance.md; with --compare it reads the table that stands there and
fails when a count is more than 10 % and one miss above it.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

import engine_ratio

# Two first-level caches of 32 KiB, and a last one as large as a processor of
# today has for itself.
CACHES = ["--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,16,64"]
WORKLOADS = [(shape, size) for shape in ("wide", "deep")
             for size in (10, 1000, 10000, 100000)]
REQUESTS = 32768
MISS_BAR = 12
TOLERANCE = 1.10
ROW = re.compile(r"^\| `(\w+/\d+)` \| ([\d,]+) \| ([\d.]+) \|", re.M)


def count(command, folder):
    """Instructions and last-level misses of one decision."""
    out = os.path.join(folder, "callgrind.out")
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--cache-sim=yes", *CACHES,
         "--toggle-collect=*DecideRequests*",
         f"--callgrind-out-file={out}"] + command,
        check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    with open(out, encoding="ascii", errors="replace") as lines:
        text = lines.read()
    names = re.search(r"^events: (.*)$", text, re.M)[1].split()
    totals = re.search(r"^(?:totals|summary): (.*)$", text, re.M)[1].split()
    events = dict(zip(names, map(int, totals)))
    misses = sum(events.get(name, 0) for name in ("ILmr", "DLmr", "DLmw"))
    return events["Ir"] / figures["decided"], misses / figures["decided"]


def main():
    build = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                         "build", "bin")
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--writ", default=os.path.join(build, "writ"))
    parser.add_argument("--yardstick", default=os.path.join(build, "yardstick"))
    parser.add_argument("--workloads", help="as of engine_ratio.py")
    parser.add_argument("--compare", metavar="FILE",
                        help="fail when counts are above those of its table")
    parser.add_argument("only", nargs="*", metavar="deep/1000")
    arguments = parser.parse_args()
    before = {}
    if arguments.compare:
        with open(arguments.compare, encoding="utf-8") as text:
            before = {name: (int(instructions.replace(",", "")), float(misses))
                      for name, instructions, misses
                      in ROW.findall(text.read())}
    failures = 0
    print("| Workload | Instructions | Misses | Yardstick: instructions "
          "| misses |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        arguments.workloads = arguments.workloads or folder
        for shape, size in WORKLOADS:
            name = f"{shape}/{size}"
            if arguments.only and name not in arguments.only:
                continue
            aws, ram = engine_ratio.ensure(arguments, shape, size)
            instructions, misses = count(
                [arguments.writ, "bench", "--workload", ram, "--format",
                 "json", "--rounds", "1", "--seconds", "0", "--requests",
                 str(REQUESTS)], folder)
            theirs = count(
                [arguments.yardstick, aws, "0.001", str(REQUESTS)], folder)
            print(f"| `{name}` | {instructions:,.0f} | {misses:.1f} "
                  f"| {theirs[0]:,.0f} | {theirs[1]:.1f} |", flush=True)
            if size == 100000 and misses > MISS_BAR:
                print(f"{name}: more than {MISS_BAR} misses", file=sys.stderr)
                failures += 1
            if name in before:
                old = before[name]
                if (instructions > old[0] * TOLERANCE
                        or misses > old[1] * TOLERANCE + 1):
                    print(f"{name}: was {old[0]:,} and {old[1]}",
                          file=sys.stderr)
                    failures += 1
            elif arguments.compare:
                print(f"{name}: not in {arguments.compare}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
