#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the repository itself: layering, registration of tests, documents.

Usage: repo_test.py ROOT BUILD [unittest arguments]
"""
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(sys.argv[1]).resolve()
BUILD = pathlib.Path(sys.argv[2]).resolve()

# Which third party a system header belongs to, by the beginning of its name.
THIRD_PARTIES = {
    "openssl/": "OpenSSL", "leveldb/": "LevelDB", "nlohmann/": "JSON",
    "boost/": "Boost", "grpcpp/": "gRPC", "grpc/": "gRPC",
    "google/protobuf/": "Protobuf", "antlr4-runtime": "ANTLR",
    "CLI/": "CLI11", "archive": "archive", "curl/": "curl",
    "seccomp.h": "seccomp", "gtest/": "GoogleTest", "gmock/": "GoogleTest",
    "benchmark/": "Benchmark", "absl/": "Abseil", "re2/": "RE2",
    "toml++/": "TOML", "prometheus/": "Prometheus",
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def repository_files(*patterns):
    """Files that git knows or would add; relative paths as text."""
    try:
        listed = subprocess.run(
            ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "--",
             *patterns], check=True, capture_output=True, text=True).stdout
        names = listed.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(ROOT)) for pattern in patterns
                 for path in ROOT.rglob(pattern)
                 if path.relative_to(ROOT).parts[0] not in ("build", ".git")]
    return sorted(name for name in set(names) if (ROOT / name).is_file())


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


class Layer:
    def __init__(self, may_include, third_parties):
        self.may_include = may_include
        self.third_parties = third_parties


def layers():
    """The folder table of docs/architecture.md."""
    found = {}
    for line in read("docs/architecture.md").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 4 and re.fullmatch(r"`[a-z]+`", cells[0]):
            words = [set() if cell == "–" else set(cell.split())
                     for cell in cells[2:]]
            found[cells[0].strip("`")] = Layer(*words)
    return found


def third_party_of(header):
    for beginning, party in THIRD_PARTIES.items():
        if header.startswith(beginning):
            return party
    return None


class Layering(unittest.TestCase):
    def setUp(self):
        self.layers = layers()
        self.sources = repository_files("*.h", "*.cc", "*.c", "*.def")

    def test_the_table_names_every_folder_that_holds_sources(self):
        self.assertGreater(len(self.layers), 8)
        folders = {name.split("/")[0] for name in self.sources}
        self.assertEqual(folders - set(self.layers), set())
        for folder, layer in self.layers.items():
            for other in layer.may_include:
                self.assertIn(other.split("/")[0], self.layers, folder)

    def test_every_include_is_allowed(self):
        wrong = []
        for name in self.sources:
            folder = name.split("/")[0]
            layer = self.layers[folder]
            for quote, header in INCLUDE.findall(read(name)):
                party = third_party_of(header)
                if party and party not in layer.third_parties:
                    wrong.append(f"{name}: <{header}> ({party})")
                if party or quote == "<":
                    continue
                other = header.split("/")[0]
                if header.startswith(("writ/", "envoy/", "google/rpc/")):
                    other = "proto"
                if other == folder or "/" not in header:
                    continue
                if not any(header.startswith(allowed + "/")
                           or other == allowed
                           for allowed in layer.may_include):
                    wrong.append(f'{name}: "{header}"')
        self.assertEqual(wrong, [])

    def test_third_party_types_stay_inside_their_folder(self):
        tainted = {name for name in self.sources if name.endswith(".h")
                   and any(third_party_of(header)
                           for _, header in INCLUDE.findall(read(name)))}
        wrong = [f'{name}: "{header}"' for name in self.sources
                 for quote, header in INCLUDE.findall(read(name))
                 if header in tainted and
                 header.split("/")[0] != name.split("/")[0]
                 and not name.startswith("tests/")]
        self.assertEqual(wrong, [])

    def test_every_header_has_the_guard_of_its_path(self):
        wrong = []
        for name in self.sources:
            if not name.endswith(".h"):
                continue
            guard = "WRIT_" + re.sub(r"[^A-Z0-9]", "_", name.upper()) + "_"
            if not re.search(rf"^#ifndef {guard}\n#define {guard}$",
                             read(name), re.M):
                wrong.append(f"{name}: {guard}")
        self.assertEqual(wrong, [])

    def test_every_source_names_its_licence(self):
        wrong = [name for name in repository_files("*.h", "*.cc", "*.c", "*.py",
                                                   "*.mjs")
                 if "SPDX-License-Identifier: Apache-2.0"
                 not in read(name)[:200]]
        self.assertEqual(wrong, [])


class Registration(unittest.TestCase):
    def test_every_test_source_is_named_by_a_build_file(self):
        unregistered = []
        for name in repository_files("*_test.cc", "*.test.mjs", "*_test.py"):
            path = pathlib.Path(name)
            stem = path.name.removesuffix(".test.mjs")
            texts = [file.read_text() for folder in path.parents[:-1]
                     for pattern in ("CMakeLists.txt", "*.cmake")
                     for file in (ROOT / folder).glob(pattern)]
            if not any(re.search(rf"\b{re.escape(stem)}\b", text)
                       for text in texts):
                unregistered.append(name)
        self.assertEqual(unregistered, [])

    def test_no_test_is_disabled(self):
        wrong = [name for name in repository_files("*_test.cc", "*.test.mjs")
                 if re.search(r"\bDISABLED_|\bGTEST_SKIP\b|\.skip\(|\.only\(|"
                              r"\btodo:", read(name))]
        self.assertEqual(wrong, [])


class Documents(unittest.TestCase):
    def test_links_and_named_files_exist(self):
        missing = []
        for name in repository_files("*.md"):
            folder = (ROOT / name).parent
            text = read(name)
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
                if "://" not in target and not (folder / target).exists():
                    missing.append(f"{name}: ({target})")
            # `folder/file` in running text is a path from the root.
            for target in re.findall(
                    r"`((?:[a-z_0-9]+/)+[A-Za-z_0-9.]+\.[a-z]+)`", text):
                top = target.split("/")[0]
                if top != "build" and not (ROOT / target).exists():
                    missing.append(f"{name}: `{target}`")
        self.assertEqual(missing, [])

    def test_every_make_target_that_documents_name_exists(self):
        targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
        named = {target for name in repository_files("*.md")
                 for target in re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)\b",
                                          "\n".join(re.findall(
                                              r"`[^`\n]+`|^ {4}.*$|^make .*$",
                                              read(name), re.M)))}
        self.assertGreater(len(named), 3)
        self.assertEqual(named - targets, set())

    def test_every_subcommand_that_documents_name_exists(self):
        rows = set(re.findall(r'^COMMAND\(\w+,\s*"([a-z]+)"',
                              read("cli/commands.def"), re.M)) | {"help", "is"}
        # The format pages have labels of their own that begin so.
        named = {word for name in repository_files("*.md")
                 if not name.startswith("docs/spec/")
                 for word in re.findall(r"(?<!`)`writ ([a-z]+)[ `]", read(name))}
        self.assertGreater(len(named), 3)
        self.assertEqual(named - rows, set())

    def test_the_page_of_operators_names_exactly_those_of_the_table(self):
        rows = set(re.findall(r"^OPERATOR\((\w+),",
                              read("grammar/operators.def"), re.M))
        table = "".join(line for line in
                        read("docs/spec/operators.md").splitlines()
                        if line.startswith("|"))
        self.assertEqual(set(re.findall(r"`([A-Z]\w+)`", table)), rows)

    def test_the_readme_begins_with_what_it_is_and_the_two_commands(self):
        readme = read("README.md")
        self.assertLess(readme.index("make run"), 1500)
        self.assertLess(readme.index("make test"), 1500)

    def test_the_tour_stays_short_and_needs_only_the_standard_library(self):
        tour = read("examples/tour/tour.py")
        self.assertLessEqual(len(tour.splitlines()), 300)
        modules = re.findall(r"^\s*(?:import|from) (\w+)", tour, re.M)
        self.assertEqual(
            [m for m in modules if m not in sys.stdlib_module_names], [])


class Words(unittest.TestCase):
    # Written in pieces, so that this file does not hold them itself.
    FORBIDDEN = [
        (r"\bTO" + r"DO\b", "unfinished work"),
        (r"\bFIX" + r"ME\b", "unfinished work"),
        (r"\bX" + r"XX\b", "unfinished work"),
        (r"/wo" + r"rk/", "a path of one machine"),
        (r"regis" + r"try\.npmjs|deb\.deb" + r"ian\.org|pypi\.o" + r"rg",
         "the address of a registry"),
        (r"\"resol" + r"ved\":", "a download address in a lock file"),
    ]

    def test_no_forbidden_word_stands_anywhere(self):
        found = []
        for name in repository_files("*"):
            if name == "LICENSE":
                continue
            try:
                text = read(name)
            except UnicodeDecodeError:
                continue
            for pattern, why in self.FORBIDDEN:
                match = re.search(pattern, text)
                if match:
                    line = text.count("\n", 0, match.start()) + 1
                    found.append(f"{name}:{line}: {match[0]}: {why}")
        self.assertEqual(found, [])

    def test_names_avoid_empty_words(self):
        banned = re.compile(
            r"\b(?:class|struct|enum class) \w*"
            r"(?:Manager|Helper|Utils?|Common|Misc)\b")
        found = [f"{name}: {match[0]}"
                 for name in repository_files("*.h", "*.cc")
                 for match in banned.finditer(read(name))]
        self.assertEqual(found, [])


class Build(unittest.TestCase):
    def test_the_programs_are_where_the_readme_says(self):
        for program in ("writ", "writ-sidecar", "writd", "writd-node",
                        "writ-jail"):
            self.assertTrue((BUILD / "bin" / program).is_file(), program)

    def test_the_trusted_core_links_nothing_but_the_standard_library(self):
        text = read("authz/CMakeLists.txt") + read("base/CMakeLists.txt")
        for party in ("OpenSSL", "nlohmann", "gRPC", "antlr", "leveldb"):
            self.assertNotIn(party.lower(), text.lower())

    def test_shell_scripts_parse(self):
        for name in repository_files("tools/*", ".ci/*", "tests/e2e/*"):
            if read(name).startswith("#!/bin/bash"):
                subprocess.run(["bash", "-n", ROOT / name], check=True)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
