#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Translates, formats and compiles policies that nobody here wrote.

Usage: corpus_test.py WRIT POLICIES [unittest arguments]
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

WRIT = pathlib.Path(sys.argv[1]).resolve()
POLICIES = pathlib.Path(sys.argv[2]).resolve()


def run(*arguments):
    return subprocess.run([WRIT, *arguments], capture_output=True, text=True,
                          timeout=120)


class Corpus(unittest.TestCase):
    def setUp(self):
        self.files = sorted(POLICIES.glob("*.ram.json"))
        self.assertGreater(len(self.files), 1400)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="writ-corpus-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_every_policy_comes_back_identical(self):
        start = time.monotonic()
        done = run("roundtrip", "--format", "json", POLICIES)
        taken = time.monotonic() - start
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
        report = json.loads(done.stdout)["policies"]
        self.assertEqual(len(report), len(self.files))
        self.assertTrue(all(row["identical"] for row in report))
        self.assertGreater(sum(row["statements"] for row in report), 4000)
        print(f"{len(report)} policies there and back in {taken:.2f} s",
              file=sys.stderr)

    def test_decompiled_policies_are_in_form_and_compile_to_the_same(self):
        done = run("decompile", *self.files, "-o", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        done = run("fmt", "--check", self.folder)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        # One process each, so only some.
        for file in self.files[::40]:
            name = file.name.removesuffix(".ram.json")
            done = run("compile", self.folder / (name + ".writ"))
            self.assertEqual(json.loads(done.stdout),
                             json.loads(file.read_text()), file)

    def test_formatted_json_keeps_its_values(self):
        for file in self.files:
            shutil.copy(file, self.folder)
        done = run("fmt", "--write", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        done = run("fmt", "--check", self.folder)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        for file in self.files:
            # As text, because that tells the order of members too.
            self.assertEqual(
                json.dumps(json.loads((self.folder / file.name).read_text())),
                json.dumps(json.loads(file.read_text())), file)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
