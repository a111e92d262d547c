#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the process writ-sidecar bears: clients that speak nonsense, stop half
way, never read or only hold on, and a disk without room. After each it answers
others, and its memory is bounded."""
import json
import os
import resource
import signal
import socket
import struct
import threading
import time
import unittest

from sidecar import (PATIENCE, SERVICE, SidecarTest, check_request, grpc,
                     make_bundle, pb, wait_until)

MIB = 1 << 20

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, CONTINUATION = 0, 1, 3, 4, 9
END_STREAM, END_HEADERS = 1, 4
INITIAL_WINDOW_SIZE = 4


def frame(kind, flags, stream, payload=b""):
    return (struct.pack(">I", len(payload))[1:] +
            struct.pack(">BBI", kind, flags, stream) + payload)


def settings(**values):
    """A preface, then SETTINGS; `window` is what each stream may send us."""
    payload = b""
    if "window" in values:
        payload = struct.pack(">HI", INITIAL_WINDOW_SIZE, values["window"])
    return PREFACE + frame(SETTINGS, 0, 0, payload)


def header(name, value):
    """A literal of HPACK that no table keeps."""
    return b"".join([b"\0", *(bytes([len(part)]) + part.encode()
                              for part in (name, value))])


def call_headers(method):
    return b"".join(header(name, value) for name, value in (
        (":method", "POST"), (":scheme", "http"), (":authority", "x"),
        (":path", f"/{SERVICE}/{method}"), ("te", "trailers"),
        ("content-type", "application/grpc")))


def call(method, stream, message):
    """A whole call; its message goes into frames of a size that all take."""
    body = struct.pack(">BI", 0, len(message)) + message
    parts = [body[i:i + 16384] for i in range(0, len(body), 16384)]
    return frame(HEADERS, END_HEADERS, stream, call_headers(method)) + b"".join(
        frame(DATA, END_STREAM if i + 1 == len(parts) else 0, stream, part)
        for i, part in enumerate(parts))


CONFIG = """
    drain = "%s"
    bundle = { location = "a.bundle", keys = ["good.pub"] }
    [[listener]]
    name = "grpc"
    address = "unix:a.sock"
    asker = [{ name = "test", anybody = true }]
    """
LOG = """
    [decision-log]
    sink = "file"
    path = "decisions.log"
    queue-records = 16
    when-full = "%s"
    """


class Frames:
    """What came in on a connection, frame by frame."""

    def __init__(self):
        self.counts = {}
        self._rest = b""

    def take(self, data):
        self._rest += data
        while len(self._rest) >= 9:
            size = int.from_bytes(self._rest[:3], "big")
            if len(self._rest) < 9 + size:
                return
            kind = self._rest[3]
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self._rest = self._rest[9 + size:]


class Faults(SidecarTest):
    def start(self, *arguments, **options):
        self.sidecar = super().start(*arguments, **options)
        return self.sidecar

    def connect(self):
        one = socket.socket(socket.AF_UNIX)
        self.addCleanup(one.close)
        one.settimeout(PATIENCE)
        one.connect(str(self.folder / "a.sock"))
        return one

    def send(self, one, data):
        """Sends until all is gone or the peer has had enough."""
        try:
            one.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    @staticmethod
    def read_all(one):
        try:
            while one.recv(65536):
                pass
        except OSError:
            pass

    def assert_closed(self, one, what):
        """Reads on until the peer ends the connection."""
        deadline = time.monotonic() + PATIENCE
        try:
            while one.recv(65536):
                self.assertLess(time.monotonic(), deadline, what)
        except ConnectionResetError:
            pass
        except socket.timeout:
            self.fail(f"still open: {what}")

    def assert_serves(self):
        """Another client gets the answers of the bundle, and no other."""
        stub = self.sidecar.stub(
            options=[("grpc.use_local_subchannel_pool", 1)])
        for action, verdict in (("oss:GetObject", pb.VERDICT_ALLOW),
                                ("oss:PutObject", pb.VERDICT_IMPLICIT_DENY)):
            answer = stub.Check(check_request(action), timeout=PATIENCE)
            self.assertEqual(answer.verdict, verdict)

    def resident(self):
        """The memory of the sidecar, in bytes."""
        path = f"/proc/{self.sidecar.process.pid}/statm"
        with open(path, encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class BadClients(Faults):
    def test_nonsense_ends_its_own_connection_alone(self):
        self.start()
        hello = settings()
        for what, data in {
                "random bytes": os.urandom(4096),
                "HTTP/1.1": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                "a hello of TLS": bytes.fromhex("1603010200010001fc0303") +
                                  bytes(500),
                "another preface": PREFACE[:-6] + b"XX\r\n\r\n",
                "a frame of 16 MiB": hello + b"\xff\xff\xff\0\0\0\0\0\1",
                "headers that are no HPACK":
                    hello + frame(HEADERS, END_HEADERS, 1, b"\xff" * 64),
                "headers within headers":
                    hello + frame(HEADERS, 0, 1, header("a", "b")) +
                    frame(SETTINGS, 0, 0),
                "a continuation of nothing":
                    hello + frame(CONTINUATION, 0, 1, header("a", "b")),
        }.items():
            one = self.connect()
            self.send(one, data)
            self.assert_closed(one, what)
            self.assert_serves()

    def test_malformed_messages_do_not_fill_the_log(self):
        self.start()
        said = len(self.sidecar.errors)
        ask = self.sidecar.channel().unary_unary(f"/{SERVICE}/Check")
        for _ in range(50):
            # An action that is no UTF-8.
            self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT,
                                lambda: ask(b"\x12\x02\xff\xfe"))
        self.assert_serves()
        self.assertLess(len(self.sidecar.errors) - said, 10)

    def test_headers_that_never_end_keep_nobody_else_waiting(self):
        self.start()
        self.assert_serves()
        one = self.connect()
        self.send(one, settings() + frame(HEADERS, 0, 1, call_headers("Check")))
        more = frame(CONTINUATION, 0, 1, header("x" * 100, "y" * 100) * 50)
        reader = threading.Thread(target=self.read_all, args=(one,))
        reader.start()
        for _ in range(4):
            for _ in range(MIB // len(more)):
                self.send(one, more)
            self.assert_serves()
        one.shutdown(socket.SHUT_RDWR)
        reader.join()
        self.assert_serves()

    def test_clients_that_vanish_in_the_middle_leave_nothing(self):
        self.start()
        self.assert_serves()
        before = self.resident()
        whole = settings() + call("Check", 1,
                                  check_request().SerializeToString())
        for end in range(1, len(whole), 7):
            one = self.connect()
            self.send(one, whole[:end])
            one.close()
        # Streams that are reset with half a message, thousands of them.
        half = frame(DATA, 0, 0, b"\0\0\0\1\0half")[9:]
        for _ in range(4):
            one = self.connect()
            self.send(one, settings())
            reader = threading.Thread(target=self.read_all, args=(one,))
            reader.start()
            for stream in range(1, 2000, 2):
                if not self.send(one, frame(
                        HEADERS, END_HEADERS, stream, call_headers("Check")) +
                        frame(DATA, 0, stream, half) +
                        frame(RST_STREAM, 0, stream, struct.pack(">I", 8))):
                    break
            one.shutdown(socket.SHUT_RDWR)
            reader.join()
        self.assert_serves()
        self.assertLess(self.resident() - before, 32 * MIB)


class SlowClients(Faults):
    # What a server takes of a connection whose client reads no more.
    WINDOW = 65535
    CONNECTIONS = 16
    STREAMS = 24

    def test_who_says_half_or_never_reads_is_left_in_time(self):
        """Waits for the sidecar's own limits: 10 s for a beginning, 30 s for an
        answer to be taken."""
        self.start()
        self.assert_serves()
        halves = [self.connect() for _ in range(4)]
        for one, data in zip(halves, (b"", PREFACE[:7], PREFACE, PREFACE +
                                      frame(SETTINGS, 0, 0)[:5])):
            self.send(one, data)
        # Two bytes ask, a whole sentence answers.
        batch = pb.BatchCheckRequest(checks=[pb.CheckRequest()] * 1000)
        message = batch.SerializeToString()
        self.assertLess(len(message) * self.STREAMS, self.WINDOW)
        readers = [self.connect() for _ in range(self.CONNECTIONS)]
        begun = time.monotonic()
        senders = [threading.Thread(target=self.ask_and_never_read,
                                    args=(one, message)) for one in readers]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        self.assert_serves()
        self.assertLess(self.resident(), 256 * MIB)
        for number, one in enumerate(halves):
            self.assert_closed(one, f"half a beginning, number {number}")
        for one in readers:
            self.wait_for_resets(one)
        self.assertGreater(time.monotonic() - begun, 20)
        self.assert_serves()

    def test_none_of_them_keeps_it_from_ending(self):
        self.start(["--config", self.config(CONFIG % "1s")])
        self.assert_serves()
        half, unended, reader = (self.connect() for _ in range(3))
        self.send(half, PREFACE[:7])
        self.send(unended, settings() +
                  frame(HEADERS, 0, 1, call_headers("Check")))
        self.ask_and_never_read(reader, pb.BatchCheckRequest(
            checks=[pb.CheckRequest()] * 1000).SerializeToString())
        # The first answers are on their way, and stay there.
        frames = Frames()
        while HEADERS not in frames.counts:
            frames.take(reader.recv(65536))
        self.sidecar.signal(signal.SIGTERM)
        self.assertEqual(self.sidecar.wait(), 0)

    def ask_and_never_read(self, one, message):
        self.send(one, settings(window=0))
        for number in range(self.STREAMS):
            if not self.send(one, call("BatchCheck", 2 * number + 1, message)):
                return

    def wait_for_resets(self, one):
        """Each of its calls is ended by the sidecar, without an answer."""
        frames = Frames()
        deadline = time.monotonic() + 2 * PATIENCE
        while frames.counts.get(RST_STREAM, 0) < self.STREAMS:
            self.assertLess(time.monotonic(), deadline, frames.counts)
            data = one.recv(65536)
            self.assertTrue(data, frames.counts)
            frames.take(data)
        self.assertNotIn(DATA, frames.counts)


class IdleClients(Faults):
    WANTED = 10_000
    # What each may cost, in bytes.
    COST = 32 << 10

    def test_ten_thousand_that_only_hold_on_are_borne(self):
        resource_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE,
                        resource_limit)
        hard = resource_limit[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        # Where fewer files may be open it is as many as may be.
        wanted = min(self.WANTED, hard - 200)
        self.start()
        self.assert_serves()
        before = self.resident()
        held = []
        hello = settings()
        # Not faster than the sidecar accepts: beyond the listener's queue a
        # client would wait.
        while len(held) < wanted:
            batch = [self.connect()
                     for _ in range(min(500, wanted - len(held)))]
            for one in batch:
                one.sendall(hello)
            for one in batch:
                # The server's first frame: it has accepted the connection.
                self.assertEqual(len(one.recv(9, socket.MSG_WAITALL)), 9)
            held += batch
        self.assertLess(self.resident() - before, wanted * self.COST)
        self.assert_serves()
        for one in held:
            one.close()
        self.assert_serves()


class FullDisk(Faults):
    """A limit on the size of files stands for a disk that is full: a write
    fails, or goes out in part."""
    ROOM = 8192

    def start_with_little_room(self, when_full):
        def little_room():
            resource.setrlimit(resource.RLIMIT_FSIZE,
                               (self.ROOM, resource.RLIM_INFINITY))

        text = CONFIG % "100ms" + LOG % when_full
        return self.start(["--config", self.config(text)], before=little_room)

    def make_room(self):
        resource.prlimit(self.sidecar.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def recorded(self):
        """The decisions of the log, each line of which must be whole."""
        text = (self.folder / "decisions.log").read_text()
        self.assertTrue(not text or text.endswith("\n"), text[-200:])
        ids = [json.loads(line).get("id") for line in text.splitlines()]
        return [one for one in ids if one]

    def ask(self, stub):
        return stub.Check(check_request(), timeout=PATIENCE).decision_id

    def test_whoever_must_be_recorded_is_refused_until_there_is_room(self):
        sidecar = self.start_with_little_room("deny")
        stub = sidecar.stub()
        answered = []

        def is_refused():
            try:
                answered.append(self.ask(stub))
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
                return True
            return False

        wait_until(is_refused, "a refusal", sidecar.error_text)
        self.assertLessEqual((self.folder / "decisions.log").stat().st_size,
                             self.ROOM)
        self.recorded()
        self.make_room()
        wait_until(lambda: not is_refused(), "an answer", sidecar.error_text)
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.wait(), 0)
        self.assertEqual(sorted(self.recorded()), sorted(answered))

    def test_whoever_waits_for_room_is_answered_when_there_is_some(self):
        sidecar = self.start_with_little_room("block")
        stub = sidecar.stub()
        answered = []
        while True:
            answer = stub.Check.future(check_request())
            try:
                answered.append(answer.result(timeout=1).decision_id)
            except grpc.FutureTimeoutError:
                break
        self.make_room()
        answered.append(answer.result(timeout=PATIENCE).decision_id)
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.wait(), 0)
        self.assertEqual(sorted(self.recorded()), sorted(answered))

    def test_what_is_dropped_is_counted_and_answers_go_on(self):
        sidecar = self.start_with_little_room("drop-and-count")
        stub = sidecar.stub()
        answered = [self.ask(stub) for _ in range(200)]
        sidecar.wait_for_error("decision_log")
        self.make_room()
        wait_until(lambda: answered.append(self.ask(stub)) or
                   answered[-1] in self.recorded() or
                   bool(set(answered[200:]) & set(self.recorded())),
                   "a record", sidecar.error_text)
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.wait(), 0)
        recorded = self.recorded()
        self.assertLess(len(recorded), len(answered))
        self.assertLessEqual(set(recorded), set(answered))
        self.assertEqual(len(recorded), len(set(recorded)))


class Swaps(Faults):
    def test_a_bundle_written_in_place_is_never_served_half(self):
        """Not how it should be done, so that a look may see any part of it."""
        whole = {revision: make_bundle(self.folder, f"b{revision}", revision,
                                       allow=allow).read_bytes()
                 for revision, allow in ((2, "oss:PutObject"),
                                         (3, "oss:GetObject"))}
        self.start()
        stop = threading.Event()

        def write():
            while not stop.is_set():
                for content in whole.values():
                    with open(self.bundle, "wb", buffering=0) as file:
                        for i in range(0, len(content), 97):
                            file.write(content[i:i + 97])
                    self.sidecar.signal(signal.SIGHUP)
                    stop.wait(0.005)

        writer = threading.Thread(target=write)
        writer.start()
        self.addCleanup(writer.join)
        self.addCleanup(stop.set)
        stub = self.sidecar.stub()
        seen = set()

        def ask():
            answer = stub.Check(check_request(), timeout=PATIENCE)
            self.assertEqual(answer.verdict, pb.VERDICT_IMPLICIT_DENY if
                             answer.revision == 2 else pb.VERDICT_ALLOW)
            seen.add(answer.revision)
            return {2, 3} <= seen

        wait_until(ask, "both revisions", self.sidecar.error_text)


if __name__ == "__main__":
    unittest.main()
