#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the program writ-sidecar is made of: no compiler, no grammar, and only
those shared libraries that docs/sidecar.md names."""
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ["WRIT_BIN"]) / "writ-sidecar"


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


class Binary(unittest.TestCase):
    def test_it_needs_the_shared_libraries_that_the_document_names(self):
        needed = set(re.findall(r"\(NEEDED\).*\[(\S+)\]",
                                output_of("readelf", "-dW", PROGRAM)))
        document = (ROOT / "docs/sidecar.md").read_text(encoding="utf-8")
        listed = re.search(r"Shared libraries: ((?:`\S+`,?\s*)+)", document)
        self.assertEqual(set(re.findall(r"`([^`]+)`", listed[1])), needed)

    def test_no_compiler_and_no_grammar_is_in_it(self):
        symbols = output_of("nm", "-C", "--defined-only", PROGRAM)
        # The names are there at all, else the check says nothing.
        self.assertIn("writ::Snapshot::Decide", symbols)
        for absent in ("writ::ast", "writ::Compile", "writ::SnapshotCompiler",
                       "writ::ParseWrit", "writ::ParseRam", "writ::Catalogue",
                       "writ::Directory", "antlr4"):
            found = [line for line in symbols.splitlines() if re.search(
                rf"{re.escape(absent)}(?![A-Za-z])", line)]
            self.assertEqual(found[:3], [], absent)

    def test_its_memory_is_laid_out_for_the_worst(self):
        headers = output_of("readelf", "-hldW", PROGRAM)
        self.assertIn("DYN (Position-Independent Executable file)", headers)
        self.assertRegex(headers, r"GNU_STACK.*RW ")
        self.assertIn("GNU_RELRO", headers)
        self.assertRegex(headers, r"FLAGS_1.*NOW")


if __name__ == "__main__":
    unittest.main()
