# SPDX-License-Identifier: Apache-2.0
"""Starts the real writ-sidecar for a test, and asks it.

WRIT_BIN is the folder of the programs, WRIT_STUBS that of the generated Python
modules. A test that starts a sidecar ends it, also when it fails.
"""
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import grpc

BIN = pathlib.Path(os.environ["WRIT_BIN"])
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, os.environ["WRIT_STUBS"])
from writ.authz.v1 import authorization_pb2 as pb  # noqa: E402
from writ.authz.v1 import authorization_pb2_grpc as stubs  # noqa: E402

# Nothing here takes so long unless it hangs.
PATIENCE = 30
SERVICE = "writ.authz.v1.Authorization"
SERVING = b"\x08\x01"
NOT_SERVING = b"\x08\x02"

# May do one thing; revisions of the bundle differ in which.
POLICY = "writ 1;\n\npolicy p identity {\n  allow %s on *;\n}\n"
DIRECTORY = """{
  "version": 1,
  "accounts": {
    "1000000000000002": {
      "users": {"ada": {"id": "200000000000000001", "policies": ["p"]}}
    }
  }
}
"""
ADA = "acs:ram::1000000000000002:user/ada"
OBJECT = "acs:oss:cn-hangzhou:1000000000000002:photos/spring.jpg"


def writ(*arguments, **options):
    """Runs `writ`; it must succeed. Returns what it printed."""
    done = subprocess.run([BIN / "writ", *map(str, arguments)],
                          capture_output=True, text=True, timeout=PATIENCE,
                          check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"writ {arguments}: {done.stderr}")
    return done.stdout


def make_key(folder, name):
    """A signing key: NAME.key, and NAME.pub to verify with."""
    public = writ("bundle", "keygen", "-o", folder / f"{name}.key")
    (folder / f"{name}.pub").write_text(public)


def make_bundle(folder, name, revision, key="good", allow="oss:GetObject",
                not_after=None):
    """FOLDER/NAME: a bundle in which ada may do `allow`, put there at once."""
    source = folder / "source"
    (source / "policies").mkdir(parents=True, exist_ok=True)
    (source / "directory.json").write_text(DIRECTORY)
    (source / "policies" / "p.writ").write_text(POLICY % allow)
    made = folder / f".{name}.new"
    flags = ["--not-after", not_after] if not_after else []
    writ("bundle", "build", source, "-o", made, "--revision", revision, *flags)
    writ("bundle", "sign", made, "--key", folder / f"{key}.key")
    made.rename(folder / name)
    return folder / name


def check_request(action="oss:GetObject", **members):
    return pb.CheckRequest(principal=pb.Principal(name=ADA), action=action,
                           resources=[OBJECT], **members)


class Sidecar:
    """One running sidecar. Standard output is read line by line."""

    def __init__(self, arguments, environment=None, program="writ-sidecar",
                 before=None, reading=True):
        self.process = subprocess.Popen(
            [BIN / program, *map(str, arguments)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, preexec_fn=before,
            env={**os.environ, **(environment or {})})
        self.lines = []
        self.errors = []
        self._coming = queue.Queue()
        self._channels = []
        self._readers = []
        self._start_reading(self.process.stderr, self.errors.append)
        if reading:
            self.read_output()

    def read_output(self):
        """From now on; until then a full pipe makes it wait."""
        self._start_reading(self.process.stdout, self._coming.put)

    def _start_reading(self, stream, take):
        reader = threading.Thread(target=self._read, args=(stream, take))
        reader.start()
        self._readers.append(reader)

    @staticmethod
    def _read(stream, take):
        for line in stream:
            take(line.rstrip("\n"))
        take(None)

    def wait_for_line(self, pattern):
        """The match in the next line of standard output that has one."""
        deadline = time.monotonic() + PATIENCE
        while True:
            line = self._coming.get(timeout=max(0, deadline - time.monotonic()))
            if line is None:
                raise AssertionError(f"no line `{pattern}`; standard error: "
                                     f"{self.error_text()}")
            self.lines.append(line)
            match = re.search(pattern, line)
            if match:
                return match

    def wait_until_ready(self):
        return int(self.wait_for_line(r"is ready, revision (\d+)$")[1])

    def error_text(self):
        return "\n".join(line for line in self.errors if line is not None)

    def wait_for_error(self, pattern, count=1):
        """Waits until `count` lines of standard error match."""
        wait_until(lambda: sum(bool(re.search(pattern, line)) for line in
                               self.errors if line is not None) >= count,
                   f"`{pattern}` on standard error", self.error_text)

    def address(self, name):
        for line in self.lines:
            match = re.fullmatch(r"writ-sidecar: listening on (\S+) "
                                 rf"\({name}\)", line)
            if match:
                return match[1]
        raise AssertionError(f"no listener {name} in {self.lines}")

    def channel(self, name="grpc", credentials=None, options=()):
        address = self.address(name)
        channel = (grpc.insecure_channel(address, options) if credentials is
                   None else grpc.secure_channel(address, credentials, options))
        self._channels.append(channel)
        return channel

    def stub(self, name="grpc", **options):
        return stubs.AuthorizationStub(self.channel(name, **options))

    def health(self, name="grpc"):
        call = self.channel(name).unary_unary("/grpc.health.v1.Health/Check")
        return call(b"", timeout=PATIENCE)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """How it ended."""
        code = self.process.wait(timeout=PATIENCE)
        for reader in self._readers:
            reader.join()
        return code

    def end(self):
        """Ends it, whatever became of the test."""
        for channel in self._channels:
            channel.close()
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def wait_until(condition, what, detail=lambda: ""):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}; {detail()}")
        time.sleep(0.01)


class SidecarTest(unittest.TestCase):
    """A test with a folder of its own, a signing key and a bundle in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="writ-sidecar-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        make_key(self.folder, "good")
        self.bundle = make_bundle(self.folder, "a.bundle", 1)
        self.usual = ["--bundle", self.bundle, "--pub",
                      self.folder / "good.pub", "--listen",
                      f"unix:{self.folder}/a.sock", "--anybody"]

    def start(self, arguments=None, ready=True, **options):
        sidecar = Sidecar(self.usual if arguments is None else arguments,
                          **options)
        self.addCleanup(sidecar.end)
        if ready:
            sidecar.wait_until_ready()
        return sidecar

    def fails(self, *arguments, **options):
        """Starts one that must not start; what it says on standard error."""
        sidecar = Sidecar(arguments, **options)
        self.addCleanup(sidecar.end)
        self.assertEqual(sidecar.wait(), 2, sidecar.error_text())
        return sidecar.error_text()

    def config(self, text, **replaced):
        """A configuration file whose {folder} is that of the test."""
        path = self.folder / "sidecar.toml"
        path.write_text(text.replace("{folder}", str(self.folder)))
        return path

    def assert_refused(self, code, call):
        with self.assertRaises(grpc.RpcError) as raised:
            call()
        self.assertEqual(raised.exception.code(), code,
                         raised.exception.details())
        return raised.exception.details()


__all__ = ["ADA", "BIN", "NOT_SERVING", "OBJECT", "PATIENCE", "ROOT",
           "SERVICE", "SERVING", "Sidecar", "SidecarTest", "check_request",
           "grpc", "make_bundle", "make_key", "pb", "signal", "stubs",
           "wait_until", "writ"]
