#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the libraries and builds examples/embed against the installation.

Usage: embed_test.py ROOT BUILD [unittest arguments]
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1]).resolve()
BUILD = pathlib.Path(sys.argv[2]).resolve()
EXAMPLE = ROOT / "examples" / "embed"
BUCKET = "acs:oss:cn-local-1:1000000000000001:"
ANSWERS = (f"{BUCKET}photos/cat.jpg: ALLOW (identity, allowed)\n"
           f"{BUCKET}photos/private/diary.txt: EXPLICIT_DENY "
           "(identity, denied)\n")


def run(*command, env=None):
    done = subprocess.run([str(word) for word in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=200, env=env)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n"
                             f"{done.stdout}")
    return done.stdout


class Embed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="writ-embed-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.work = pathlib.Path(cls.folder.name)
        cls.prefix = cls.work / "installed"
        run("cmake", "--install", BUILD, "--component", "libwrit",
            "--prefix", cls.prefix)
        cls.libraries = next(cls.prefix.glob("**/libwrit.so")).parent

    def packages(self):
        return dict(os.environ,
                    PKG_CONFIG_PATH=str(self.libraries / "pkgconfig"),
                    LD_LIBRARY_PATH=str(self.libraries))

    def test_cmake_package_builds_the_example_in_cxx_and_c(self):
        build = self.work / "build"
        run("cmake", "-G", "Ninja", "-S", EXAMPLE, "-B", build,
            f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        self.assertEqual(run(build / "embed"), ANSWERS)
        self.assertEqual(run(build / "embed_c"), ANSWERS)

    def test_pkg_config_builds_the_c_example(self):
        flags = run("pkg-config", "--cflags", "--libs", "writ-compiler",
                    env=self.packages()).split()
        program = self.work / "embed_by_pkg_config"
        run("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic",
            EXAMPLE / "embed.c", "-o", program, *flags, env=self.packages())
        self.assertEqual(run(program, env=self.packages()), ANSWERS)

    def test_python_uses_the_c_interface(self):
        self.assertEqual(run(EXAMPLE / "embed.py", self.libraries), ANSWERS)

    def test_core_carries_no_parser(self):
        needed = run("readelf", "-d", self.libraries / "libwrit.so")
        self.assertNotIn("antlr", needed)
        symbols = run("nm", "-D", "-C", "--defined-only",
                      self.libraries / "libwrit.so")
        self.assertIn("writ_decide", symbols)
        self.assertNotIn("ParseWrit", symbols)

    def test_headers_compile_without_the_source_tree(self):
        include = self.prefix / "include" / "writ"
        names = sorted(path.relative_to(include)
                       for folder in ("base", "authz", "compiler", "grammar")
                       for path in (include / folder).rglob("*.h"))
        self.assertGreater(len(names), 40)
        source = self.work / "headers.cc"
        source.write_text("".join(f'#include "{name}"\n' for name in names) +
                          "int main() { return 0; }\n")
        run("c++", "-std=c++20", "-fsyntax-only", "-I", include, source)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
