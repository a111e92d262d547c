#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the author's commands cost: processor time from process start.

Usage: authoring_bench.py [WRIT [CORPUS]]

WRIT    the program; default build/bin/writ
CORPUS  a folder of RAM JSON policies to lint; default the translated corpus
        that the tests leave in the build folder, when it is there

Prints medians of 50 runs (of 5 for the corpus), their spread, and each as a
multiple of `writ version` in the same run, which does nothing but start.
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WRIT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1
                    else ROOT / "build/bin/writ").resolve()
CORPUS = pathlib.Path(sys.argv[2] if len(sys.argv) > 2
                      else ROOT / "build/corpus/policies").resolve()


def statement_json(i):
    return ('{"Effect": "Allow", "Action": ["oss:GetObject", "oss:ListObjects"'
            f'], "Resource": ["acs:oss:*:*:bucket-{i}", "acs:oss:*:*:bucket-{i}'
            '/*"], "Condition": {"IpAddress": {"acs:SourceIp": ["10.0.0.0/8"]}'
            '}}')


def statement_writ(i):
    return (f"  read_{i} =>\n  allow [oss:GetObject, oss:ListObjects]\n"
            f"    on [acs:oss:*:*:bucket-{i}, acs:oss:*:*:bucket-{i}/*]\n"
            "    when acs:SourceIp within [10.0.0.0/8];\n")


def two_kilobytes(make, head, joint, tail):
    parts = []
    while sum(map(len, parts)) < 1900:
        parts.append(make(len(parts)))
    return head + joint.join(parts) + tail


def cost(command, exits=(0,)):
    """Milliseconds of user and system time, and kilobytes at the peak."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    child.returncode = code
    if code not in exits:
        sys.exit(f"{' '.join(map(str, command))}: exit {code}")
    return (usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss


def measure(commands, runs):
    """Interleaved, so that a busy moment meets all of them."""
    samples = {name: [] for name in commands}
    for _ in range(runs):
        for name, (command, exits) in commands.items():
            samples[name].append(cost(command, exits))
    return samples


def show(samples, base):
    for name, values in samples.items():
        times = sorted(time for time, _ in values)
        median = statistics.median(times)
        print(f"{name:34} {median:9.2f} ms  ({times[0]:.2f}-{times[-1]:.2f})"
              f"  {median / base:6.2f} x version"
              f"  {max(peak for _, peak in values) / 1024:7.1f} MB")


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        json_policy = folder / "two_kilobytes.ram.json"
        json_policy.write_text(two_kilobytes(
            statement_json, '{"Version": "1", "Statement": [\n', ",\n", "]}\n"))
        writ_policy = folder / "two_kilobytes.writ"
        writ_policy.write_text(two_kilobytes(
            statement_writ, "writ 1;\n\npolicy p identity {\n", "\n", "}\n"))
        samples = measure({
            "writ version": ([WRIT, "version"], (0,)),
            "writ check, 2 KB of JSON": ([WRIT, "check", json_policy], (0,)),
            "writ check, 2 KB of DSL": ([WRIT, "check", writ_policy], (0,)),
            "writ lint, 2 KB of JSON": ([WRIT, "lint", json_policy], (0, 3)),
            "writ fmt, 2 KB of DSL": ([WRIT, "fmt", writ_policy], (0,)),
        }, 50)
        base = statistics.median(time for time, _ in samples["writ version"])
        show(samples, base)
        policies = sorted(CORPUS.glob("**/*.json")) if CORPUS.is_dir() else []
        if not policies:
            print(f"no corpus in {CORPUS}: make test leaves it there")
            return
        command = [WRIT, "lint", "--format", "json", CORPUS]
        show(measure({f"writ lint, {len(policies)} policies":
                      (command, (0, 3))}, 5), base)


if __name__ == "__main__":
    main()
