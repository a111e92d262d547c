#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads figures of the engine and its peers, a JSON object a line, in rounds of
one of each; prints how many times longer the peers take."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
import engine_ratio  # pylint: disable=wrong-import-position


def main():
    figures = {}
    for line in sys.stdin:
        one = json.loads(line)
        if one["mismatches"]:
            sys.exit(f"{one['engine']}: {one['mismatches']} mismatches")
        figures.setdefault(one["engine"], []).append(one)
    ours = figures.pop("writ")
    median = engine_ratio.interval([one["ns"] for one in ours])[0]
    print(f"{sys.argv[1]:12} {'writ':8} {median:12.0f} ns")
    for name, theirs in figures.items():
        for one in theirs:
            if one["allows"] not in (None, ours[0]["allows"]):
                sys.exit(f"{name} allows {one['allows']}, "
                         f"the engine {ours[0]['allows']}")
        for key, what in (("ns", "from texts"), ("engineNs", "prepared")):
            middle, low, high = engine_ratio.interval(
                [b[key] / a["ns"] for a, b in zip(ours, theirs)])
            cost = engine_ratio.interval([b[key] for b in theirs])[0]
            print(f"{sys.argv[1]:12} {name:8} {cost:12.0f} ns {what:10} "
                  f"{middle:9.1f} times ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    main()
