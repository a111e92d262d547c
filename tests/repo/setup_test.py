#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/setup asks for what is missing and for nothing else.

Usage: setup_test.py ROOT [unittest arguments]

Runs the script with a PATH that holds only what a test puts there, and with an
apt-get that writes down how it was called.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1]).resolve()

# What the script itself runs, and Debian always has.
ALWAYS = ["bash", "id", "sed", "sort", "tr", "head", "uname", "cat"]

# Commands that show a package, by package.
COMMANDS = {
    "g++": "g++", "cmake": "cmake", "make": "make", "ninja-build": "ninja",
    "ccache": "ccache", "mold": "mold", "pkg-config": "pkg-config",
    "antlr4": "antlr4", "protobuf-compiler": "protoc",
    "protobuf-compiler-grpc": "grpc_cpp_plugin", "nodejs": "node",
    "npm": "npm", "clang-14": "clang++-14", "openssl": "openssl",
}


class Setup(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.calls = self.folder / "calls"
        self.calls.touch()
        for name in ALWAYS:
            self.provide(name)
        self.script("apt-get", f'''
echo "$*" >>{self.calls}
for word in "$@"; do
  case "$word" in
    {" ".join(f"{p}) ln -s {shutil.which(c) or '/bin/true'} {self.bin}/{c} ;;"
              for p, c in COMMANDS.items())}
  esac
done''')

    def script(self, name, text):
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/bash\nPATH={os.environ['PATH']}\n{text}\n")
        path.chmod(0o755)

    def provide(self, name):
        (self.bin / name).symlink_to(shutil.which(name) or "/bin/true")

    def provide_all_but(self, *missing):
        for command in COMMANDS.values():
            if command not in missing:
                self.provide(command)

    def run_setup(self, tier):
        return subprocess.run(
            [ROOT / "tools/setup", tier], env={"PATH": str(self.bin)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False)

    def apt_calls(self):
        return self.calls.read_text().splitlines()

    def test_nothing_missing_means_no_apt_at_all(self):
        self.provide_all_but()
        for tier in ("run", "test"):
            result = self.run_setup(tier)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.apt_calls(), [])

    def test_running_needs_neither_node_nor_npm(self):
        self.provide_all_but("node", "npm")
        result = self.run_setup("run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.apt_calls(), [])

    def test_only_what_is_missing_is_installed_after_one_update(self):
        self.provide_all_but("ninja", "node")
        result = self.run_setup("test")
        self.assertEqual(result.returncode, 0, result.stderr)
        update, install = self.apt_calls()
        self.assertTrue(update.endswith(" update"), update)
        self.assertEqual(install.split("--no-install-recommends ")[1],
                         "ninja-build nodejs")
        for call in (update, install):
            self.assertIn("-o DPkg::Lock::Timeout=300", call)
        self.assertIn(" -y ", install)

    def test_who_is_not_root_gets_the_one_command(self):
        self.provide_all_but("mold")
        self.script("id", "echo 1000")
        result = self.run_setup("run")
        self.assertEqual(result.returncode, 2)
        self.assertIn("apt-get update && apt-get install -y "
                      "--no-install-recommends mold", result.stderr)
        self.assertEqual(self.apt_calls(), [])

    def test_a_package_that_does_not_bring_its_command_is_named(self):
        self.provide_all_but("mold")
        self.script("apt-get", "exit 0")
        result = self.run_setup("run")
        self.assertEqual(result.returncode, 2)
        self.assertIn("still missing after the installation: mold",
                      result.stderr)

    def test_an_old_tool_is_named_with_the_version_that_is_needed(self):
        self.provide_all_but("cmake")
        self.script("cmake", "echo cmake version 3.18.4")
        result = self.run_setup("run")
        self.assertEqual(result.returncode, 2)
        self.assertIn("cmake is version 3.18.4, but Writ needs 3.25",
                      result.stderr)

    def test_wrong_usage_is_told(self):
        result = self.run_setup("everything")
        self.assertEqual(result.returncode, 2)
        self.assertIn("usage:", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
