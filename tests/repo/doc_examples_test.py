#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of the documents that teach the language.

Usage: doc_examples_test.py ROOT WRIT [unittest arguments]

In a page, a fence is an example when its first line says so:

  ```writ photos.writ      a file of that name; must check, and be formatted
  ```writ                  a whole file without a name; the same
  ```writ broken x.writ    a file that is wrong: nothing is asked of it
  ```json x.ram.json       a file of that name
  ```console               `$ command` lines, each with what it prints; a line
                           `[exit 3]` ends the output of one that fails
  ```text                  nothing

Files of one page stand in one folder; commands run there, standard error
behind standard output. `writ` is the program under test.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1]).resolve()
WRIT = pathlib.Path(sys.argv[2]).resolve()
PAGES = ["docs/language.md", "docs/testing_policies.md", "docs/lint.md"]

FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.M | re.S)


def run(command, folder):
    environment = {"PATH": f"{folder / '.bin'}:/usr/bin:/bin", "HOME": folder,
                   "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    return subprocess.run(["/bin/sh", "-c", f"({command}) 2>&1"], cwd=folder,
                          env=environment, capture_output=True, text=True,
                          timeout=60)


def commands_of(text):
    """Pairs of a command and the output that it should have."""
    found = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return [(command, "\n".join(lines).strip("\n"))
            for command, lines in found]


class Page:
    def __init__(self, name):
        self.name = name
        self.text = (ROOT / name).read_text(encoding="utf-8")
        self.folder = pathlib.Path(tempfile.mkdtemp())
        (self.folder / ".bin").mkdir()
        (self.folder / ".bin" / "writ").symlink_to(WRIT)
        self.fences = []
        for number, match in enumerate(FENCE.finditer(self.text), 1):
            line = self.text.count("\n", 0, match.start()) + 1
            self.fences.append((line, match[1], match[2].split(), match[3]))

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def close(self):
        shutil.rmtree(self.folder)


class Examples(unittest.TestCase):
    maxDiff = None

    def check_page(self, name):
        page = Page(name)
        self.addCleanup(page.close)
        ran = 0
        for line, language, words, text in page.fences:
            if language in ("writ", "json") and words:
                page.write(words[-1], text)
        for line, language, words, text in page.fences:
            with self.subTest(f"{name}:{line}"):
                if language == "writ" and "broken" not in words:
                    file = words[-1] if words else f"example_{line}.writ"
                    page.write(file, text)
                    result = run(f"writ check {file}", page.folder)
                    self.assertEqual(result.returncode, 0,
                                     f"{name}:{line}\n{result.stdout}")
                    result = run(f"writ fmt --diff {file}", page.folder)
                    self.assertEqual((result.returncode, result.stdout),
                                     (0, ""), f"{name}:{line}")
                    ran += 1
                elif language == "console":
                    for command, output in commands_of(text):
                        wanted = re.search(r"\n?\[exit (\d+)\]$", output)
                        if wanted:
                            output = output[:wanted.start()]
                        result = run(command, page.folder)
                        self.assertEqual(result.stdout.strip("\n"), output,
                                         f"{name}:{line}: {command}")
                        self.assertEqual(result.returncode,
                                         int(wanted[1]) if wanted else 0,
                                         f"{name}:{line}: {command}")
                        ran += 1
        return ran

    def test_the_page_of_the_language(self):
        self.assertGreater(self.check_page("docs/language.md"), 8)

    def test_the_page_of_tests(self):
        self.assertGreater(self.check_page("docs/testing_policies.md"), 3)

    def test_the_page_of_the_linter(self):
        self.assertGreater(self.check_page("docs/lint.md"), 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
