#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the engine's figures against their bars.

Both programs decide the same requests five times over, one program after the
other on one processor, pair after pair; what counts is processor time; the figure is the median of the ratios of the pairs, with the
interval in which the median of all such pairs lies (from the order of the
ratios alone: at 15 pairs the 4th and the 12th, 96 %). A bar falls short only
if the whole interval does. Needs `writ` and `yardstick` (bench/CMakeLists.txt).
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# The largest ratio to the yardstick by shape and statements.
DECIDE_BARS = {
    ("wide", 10): 1.3, ("wide", 1000): 1.0, ("wide", 10000): 1.0,
    ("wide", 100000): 1.0, ("deep", 10): 1.3, ("deep", 1000): 1.0,
    ("deep", 10000): 0.4, ("deep", 100000): 0.05,
}
BUILD_BAR = 2.0
# Of the shapes that writ makes itself: 100,000 statements against 10.
GROWTH_BAR = 4.0
GROWTH_SHAPES = ("layers", "deny", "conditions", "hostile")
HOT_BAR = 200
IMAGE_BAR = 400


def interval(values, confidence=0.95):
    """Median, and the ends of its interval, from the order of the values."""
    values = sorted(values)
    count = len(values)
    median = values[count // 2] if count % 2 else (
        values[count // 2 - 1] + values[count // 2]) / 2
    best = 0
    for rank in range(count // 2):
        # The chance that the median lies outside the rank-th from each end.
        outside = 2 * sum(math.comb(count, i) for i in range(rank + 1))
        if outside / 2 ** count <= 1 - confidence:
            best = rank + 1
    rank = max(best - 1, 0)
    return median, values[rank], values[count - 1 - rank]


def run(command, processor):
    """The last line of what the command prints, read as JSON."""
    done = subprocess.run(
        ["taskset", "-c", str(processor)] + command, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def verdict(low, bar):
    return "ok" if low <= bar else "SHORT"


def files_of(folder, shape, size):
    stem = os.path.join(folder, f"wl-{shape}-{size}")
    return stem + ".tsv", stem + ".ram.tsv"


def ensure(arguments, shape, size):
    """The two files of a workload, made if they are not there."""
    folder = arguments.workloads
    aws, ram = files_of(folder, shape, size)
    if not (os.path.exists(aws) and os.path.exists(ram)):
        subprocess.run(
            [sys.executable, os.path.join(HERE, "make_workload.py"),
             "--folder", folder, shape, str(size)], check=True)
    return aws, ram


def compare(arguments):
    """The ratio to the yardstick at each shape and size."""
    short = 0
    print(f"{'workload':14} {'writ ns':>9} {'yard ns':>9} {'ratio':>7} "
          f"{'interval':>15} {'bar':>6}        {'build':>6} {'interval':>15} "
          f"{'bar':>4}        {'hot':>5} {'image':>5} bytes a statement")
    for (shape, size), bar in DECIDE_BARS.items():
        if arguments.only and f"{shape}/{size}" not in arguments.only:
            continue
        aws, ram = ensure(arguments, shape, size)
        ours, theirs = [], []
        for _ in range(arguments.pairs):
            ours.append(run(
                [arguments.writ, "bench", "--workload", ram, "--format",
                 "json", "--rounds", "5", "--seconds", "0"],
                arguments.processor))
            theirs.append(run(
                [arguments.foreign, aws, "x"] if arguments.foreign
                else [arguments.yardstick, aws, "0.001"],
                arguments.processor))
        counted = run([arguments.yardstick, ram, "0"], arguments.processor)
        for a, b in zip(ours, theirs):
            if a["mismatches"] or b["mismatches"]:
                sys.exit(f"{shape}/{size}: mismatches")
            if a["allows"] != counted["allows"]:
                sys.exit(f"{shape}/{size}: {a['allows']} allowed, "
                         f"the yardstick {counted['allows']}")
        median, low, high = interval(
            [a["ns"] / b["ns"] for a, b in zip(ours, theirs)])
        build, build_low, build_high = interval(
            [a["buildMs"] / b["buildMs"] for a, b in zip(ours, theirs)])
        # The tables of an image cost the same however few the statements are.
        build_bar = BUILD_BAR if size >= 1000 else math.inf
        hot = ours[0]["hotBytes"] / size
        image = ours[0]["imageBytes"] / size
        small = size < 1000
        print(f"{shape + '/' + str(size):14} "
              f"{interval([a['ns'] for a in ours])[0]:9.1f} "
              f"{interval([b['ns'] for b in theirs])[0]:9.1f} "
              f"{median:7.3f} {low:7.3f}-{high:7.3f} {bar:6.2f} "
              f"{verdict(low, bar):6} "
              f"{build:6.2f} {build_low:7.2f}-{build_high:7.2f} "
              f"{'' if small else BUILD_BAR:>4} "
              f"{'' if small else verdict(build_low, build_bar):6} "
              f"{hot:5.0f} {image:5.0f} "
              f"{'' if small else verdict(max(hot / HOT_BAR, image / IMAGE_BAR), 1)}",
              flush=True)
        short += low > bar
        short += build_low > build_bar
        short += not small and (hot > HOT_BAR or image > IMAGE_BAR)
    return short


def growth(arguments):
    """What the made workloads cost at 100,000 statements against 10."""
    short = 0
    print(f"\n{'workload':14} {'10':>8} {'1,000':>8} {'10,000':>8} "
          f"{'100,000':>8} ns {'growth':>7} {'interval':>15} {'bar':>4}")
    for shape in GROWTH_SHAPES:
        if arguments.only and shape not in arguments.only:
            continue
        figures = {10: [], 1000: [], 10000: [], 100000: []}
        for _ in range(min(arguments.pairs, 5)):
            for size, list_of_size in figures.items():
                list_of_size.append(run(
                    [arguments.writ, "bench", "--workload", shape, "--size",
                     str(size), "--rounds", "5", "--seconds", "0", "--format",
                     "json"],
                    arguments.processor))
        for size, list_of_size in figures.items():
            if any(one["mismatches"] for one in list_of_size):
                sys.exit(f"{shape}/{size}: mismatches")
        median, low, high = interval(
            [b["ns"] / a["ns"]
             for a, b in zip(figures[10], figures[100000])])
        medians = [interval([one["ns"] for one in list_of_size])[0]
                   for list_of_size in figures.values()]
        print(f"{shape:14} " + " ".join(f"{ns:8.0f}" for ns in medians) +
              f"    {median:7.2f} {low:7.2f}-{high:7.2f} {GROWTH_BAR:4.1f} "
              f"{verdict(low, GROWTH_BAR)}", flush=True)
        short += low > GROWTH_BAR
    return short


def main():
    build = os.path.join(HERE, "..", "build", "bin")
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--writ", default=os.path.join(build, "writ"))
    parser.add_argument("--yardstick", default=os.path.join(build, "yardstick"))
    parser.add_argument(
        "--foreign", metavar="PROGRAM",
        help="time this one as the yardstick; it takes FILE and a word. "
        "What is allowed is still counted by --yardstick")
    parser.add_argument(
        "--workloads", help="folder of wl-SHAPE-SIZE{,.ram}.tsv; what is not "
        "there is made there (default: made, and gone at the end)")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--processor", type=int, default=1)
    parser.add_argument("--no-growth", action="store_true")
    parser.add_argument("only", nargs="*", metavar="deep/1000|layers")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        arguments.workloads = arguments.workloads or folder
        short = compare(arguments)
        if not arguments.no_growth:
            short += growth(arguments)
    print(f"\n{short} bars fall short" if short else "\nall bars hold")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
