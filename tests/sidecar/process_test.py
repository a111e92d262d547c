#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The process writ-sidecar: start, readiness, reload, end, and what it says
when something is wrong."""
import datetime
import json
import os
import resource
import socket
import stat
import subprocess
import threading
import unittest

from sidecar import (BIN, PATIENCE, ROOT, SERVING, SidecarTest,
                     check_request, grpc, make_bundle, make_key, pb, signal,
                     wait_until)


class Start(SidecarTest):
    def test_says_where_it_listens_and_answers_once_it_is_ready(self):
        sidecar = self.start([*self.usual, "--listen", "127.0.0.1:0"])
        self.assertEqual(sidecar.lines[-1],
                         "writ-sidecar is ready, revision 1")
        self.assertEqual(sidecar.address("grpc-1"),
                         f"unix:{self.folder}/a.sock")
        for listener in ("grpc-1", "grpc-2"):
            answer = sidecar.stub(listener).Check(check_request())
            self.assertEqual(answer.verdict, pb.VERDICT_ALLOW)
            self.assertEqual(answer.revision, 1)
            self.assertEqual(sidecar.health(listener), SERVING)
        mode = os.stat(self.folder / "a.sock").st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_writ_serve_becomes_the_same_program(self):
        sidecar = self.start(["serve", *self.usual], program="writ")
        self.assertEqual(os.readlink(f"/proc/{sidecar.process.pid}/exe"),
                         str((BIN / "writ-sidecar").resolve()))
        self.assertEqual(sidecar.stub().Check(check_request()).verdict,
                         pb.VERDICT_ALLOW)

    def test_everything_that_is_wrong_is_said_before_anything_is_opened(self):
        text = self.fails()
        for part in ("no bundle", "no key", "no listener"):
            self.assertIn(part, text)
        text = self.fails("--config", self.config("nonsense = 1\ndrain = 2\n"))
        self.assertIn("sidecar.toml:1:1: `nonsense`", text)
        self.assertIn("sidecar.toml:2:9: `drain`", text)
        self.assertIn("did you mean `--bundle`?", self.fails("--bundel=x"))
        self.assertIn("needs TLS", self.fails(
            *self.usual, "--listen", "0.0.0.0:0"))

    def test_check_config_opens_nothing(self):
        for arguments in (self.usual, ["--config", ROOT /
                                       "packaging/writ-sidecar.toml"]):
            done = subprocess.run(
                [BIN / "writ-sidecar", *arguments, "--check-config"],
                capture_output=True, timeout=PATIENCE, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (0, b"", b""))
        self.assertFalse((self.folder / "a.sock").exists())

    def test_a_bundle_that_must_not_be_served_keeps_it_from_starting(self):
        (self.folder / "garbage.bundle").write_bytes(os.urandom(5000))
        (self.folder / "short.bundle").write_bytes(
            self.bundle.read_bytes()[:-100])
        make_key(self.folder, "other")
        make_bundle(self.folder, "other.bundle", 1, key="other")
        make_bundle(self.folder, "late.bundle", 1,
                    not_after="2020-01-01T00:00:00Z")
        for name in ("garbage", "short", "other", "late", "missing"):
            text = self.fails("--bundle", self.folder / f"{name}.bundle",
                              *self.usual[2:])
            self.assertRegex(text, rf"cannot start: .*{name}\.bundle")
        text = self.fails(*self.usual, "--min-revision", "2")
        self.assertRegex(text, "cannot start: .*revision")
        text = self.fails("--bundle", self.bundle, "--pub",
                          self.folder / "none.pub", *self.usual[4:])
        self.assertRegex(text, r"cannot start: .*key file")

    def test_an_address_that_is_taken_keeps_it_from_starting(self):
        self.start()
        self.assertIn("another program listens", self.fails(*self.usual))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            text = self.fails(*self.usual[:4], "--anybody", "--listen",
                              f"127.0.0.1:{port}")
        self.assertRegex(text, rf"cannot start: .*127\.0\.0\.1:{port}")

    def test_the_socket_of_one_that_was_killed_is_taken_over(self):
        first = self.start()
        first.process.kill()
        first.wait()
        self.assertTrue((self.folder / "a.sock").exists())
        self.assertEqual(self.start().stub().Check(check_request()).verdict,
                         pb.VERDICT_ALLOW)

    def test_without_a_bundle_it_waits_and_denies_by_status(self):
        self.bundle.unlink()
        config = self.config(CONFIG.replace("24h", "100ms"))
        sidecar = self.start(["--config", config, "--wait-for-bundle"],
                             ready=False)
        sidecar.wait_for_line("waiting for a bundle")
        self.assert_refused(grpc.StatusCode.UNAVAILABLE,
                            lambda: sidecar.stub().Check(check_request()))
        self.assertNotEqual(sidecar.health(), SERVING)
        make_bundle(self.folder, "a.bundle", 7)
        self.assertEqual(sidecar.wait_until_ready(), 7)
        self.assertEqual(sidecar.stub().Check(check_request()).revision, 7)
        wait_until(lambda: sidecar.health() == SERVING, "health")


# Looks at the bundle only when it is told to.
CONFIG = """
drain = "20s"
[bundle]
location = "a.bundle"
keys = ["good.pub"]
poll = "24h"
[[listener]]
name = "grpc"
address = "unix:a.sock"
[[listener.asker]]
name = "test"
anybody = true
"""


class Reload(SidecarTest):
    def setUp(self):
        super().setUp()
        self.path = self.config(CONFIG)
        self.sidecar = self.start(["--config", self.path])
        self.reloads = 0

    def reload(self):
        self.reloads += 1
        self.sidecar.signal(signal.SIGHUP)
        self.sidecar.wait_for_error(" reloaded", self.reloads)

    def wait_for_revision(self, revision):
        stub = self.sidecar.stub()
        wait_until(lambda: stub.Check(check_request()).revision == revision,
                   f"revision {revision}", self.sidecar.error_text)

    def test_a_new_bundle_is_served_at_once(self):
        make_bundle(self.folder, "a.bundle", 2, allow="oss:PutObject")
        self.reload()
        self.wait_for_revision(2)
        stub = self.sidecar.stub()
        self.assertEqual(stub.Check(check_request()).verdict,
                         pb.VERDICT_IMPLICIT_DENY)
        self.assertEqual(stub.Check(check_request("oss:PutObject")).verdict,
                         pb.VERDICT_ALLOW)

    def test_a_bad_bundle_leaves_the_good_one_serving_and_is_told(self):
        make_key(self.folder, "other")
        whole = self.bundle.read_bytes()
        for number, bad in enumerate(
                (os.urandom(5000), whole[:-100], b"",
                 make_bundle(self.folder, "b.bundle", 2,
                             key="other").read_bytes())):
            (self.folder / "bad").write_bytes(bad)
            (self.folder / "bad").rename(self.bundle)
            self.reload()
            self.sidecar.wait_for_error("bundle_refused", number + 1)
            answer = self.sidecar.stub().Check(check_request())
            self.assertEqual((answer.verdict, answer.revision),
                             (pb.VERDICT_ALLOW, 1))
        self.assertEqual(self.sidecar.health(), SERVING)
        make_bundle(self.folder, "a.bundle", 3)
        self.reload()
        self.wait_for_revision(3)

    def test_a_key_is_replaced_without_a_restart(self):
        make_key(self.folder, "other")
        make_bundle(self.folder, "a.bundle", 2, key="other")
        self.reload()
        self.sidecar.wait_for_error("bundle_refused")
        (self.folder / "other.pub").rename(self.folder / "good.pub")
        self.reload()
        self.wait_for_revision(2)

    def test_a_bad_configuration_is_told_and_the_old_one_stays(self):
        self.path.write_text("nonsense = 1\n")
        self.reload()
        self.sidecar.wait_for_error("config_refused.*nonsense")
        self.assertEqual(self.sidecar.stub().Check(check_request()).verdict,
                         pb.VERDICT_ALLOW)

    def test_what_takes_a_restart_is_named(self):
        text = CONFIG.replace("20s", "10s").replace("test", "renamed")
        self.config(text.replace("24h", "23h"))
        self.reload()
        self.sidecar.wait_for_error(
            'config_needs_restart changed="bundle, listener"')


class End(SidecarTest):
    # Decisions go to standard output, which nobody reads for now, and askers
    # wait for room: that holds a call in flight for as long as a test wants.
    CONFIG = """
        drain = "%s"
        bundle = { location = "a.bundle", keys = ["good.pub"] }
        decision-log = { sink = "stdout", queue-records = 1 }
        [[listener]]
        name = "grpc"
        address = "unix:a.sock"
        asker = [{ name = "test", anybody = true }]
        """

    def start_with_a_call_in_flight(self, drain):
        sidecar = self.start(["--config", self.config(self.CONFIG % drain)],
                             ready=False, reading=False)
        sidecar.wait_for_error("is ready, revision 1")
        sidecar.lines = list(sidecar.errors)
        stub = sidecar.stub()
        while True:
            answer = stub.Check.future(check_request())
            try:
                answer.result(timeout=1)
            except grpc.FutureTimeoutError:
                return sidecar, answer

    def test_a_call_in_flight_ends_and_a_new_one_is_not_taken(self):
        sidecar, answer = self.start_with_a_call_in_flight("25s")
        sidecar.signal(signal.SIGTERM)
        sidecar.wait_for_error(" stopping ")
        wait_until(lambda: self.is_refused(sidecar), "refused calls")
        self.assertFalse(answer.done())
        sidecar.read_output()
        self.assertEqual(answer.result(timeout=PATIENCE).verdict,
                         pb.VERDICT_ALLOW)
        self.assertEqual(sidecar.wait(), 0)
        sidecar.wait_for_line(answer.result().decision_id)

    def test_the_time_to_drain_is_bounded(self):
        sidecar, answer = self.start_with_a_call_in_flight("100ms")
        sidecar.signal(signal.SIGINT)
        sidecar.process.wait(timeout=PATIENCE)
        self.assertEqual(sidecar.process.returncode, 0)
        self.assertIsNotNone(answer.exception(timeout=PATIENCE))
        sidecar.read_output()

    def test_a_second_signal_ends_it_at_once(self):
        sidecar, _ = self.start_with_a_call_in_flight("10m")
        sidecar.signal(signal.SIGTERM)
        sidecar.wait_for_error(" stopping ")
        self.assertIsNone(sidecar.process.poll())
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.process.wait(timeout=PATIENCE), 1)
        sidecar.read_output()

    def test_under_load_each_answer_is_whole_and_recorded(self):
        log = self.folder / "decisions.log"
        sidecar = self.start([*self.usual, "--log", log])
        answered = []
        codes = set()
        begun = threading.Barrier(5)

        def ask():
            stub = sidecar.stub(options=[("grpc.use_local_subchannel_pool", 1)])
            answered.append(stub.Check(check_request()).decision_id)
            begun.wait(PATIENCE)
            while True:
                try:
                    answer = stub.Check(check_request(), timeout=PATIENCE)
                except grpc.RpcError as error:
                    codes.add(error.code())
                    return
                self.assertEqual(answer.verdict, pb.VERDICT_ALLOW)
                answered.append(answer.decision_id)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        begun.wait(PATIENCE)
        wait_until(lambda: len(answered) > 200, "answers")
        sidecar.signal(signal.SIGTERM)
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(sidecar.wait(), 0)
        self.assertLessEqual(codes, {grpc.StatusCode.UNAVAILABLE,
                                     grpc.StatusCode.CANCELLED})
        recorded = {json.loads(line).get("id") for line in
                    log.read_text().splitlines()}
        self.assertEqual(set(answered) - recorded, set())

    def is_refused(self, sidecar):
        try:
            sidecar.stub(options=[("grpc.use_local_subchannel_pool", 1)]).Check(
                check_request(), timeout=1)
        except grpc.RpcError as error:
            return error.code() == grpc.StatusCode.UNAVAILABLE
        return False


class System(SidecarTest):
    def test_the_service_manager_hears_of_each_step(self):
        address = self.folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(address))
            manager.settimeout(PATIENCE)
            sidecar = self.start(
                environment={"NOTIFY_SOCKET": str(address)})
            self.assertIn(b"READY=1\n", manager.recv(4096))
            sidecar.signal(signal.SIGHUP)
            self.assertRegex(manager.recv(4096),
                             rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertIn(b"READY=1", manager.recv(4096))
            sidecar.signal(signal.SIGTERM)
            self.assertIn(b"STOPPING=1", manager.recv(4096))
            self.assertEqual(sidecar.wait(), 0)

    def test_it_may_open_what_the_system_lets_it_and_leaves_no_core(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 512))

        sidecar = self.start(before=few_files)
        limits = (f"/proc/{sidecar.process.pid}/limits")
        with open(limits, encoding="ascii") as file:
            text = file.read()
        self.assertRegex(text, r"Max open files\s+512\s+512")
        self.assertRegex(text, r"Max core file size\s+0\s+0")

    def test_idle_connections_beyond_the_first_limit_are_borne(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 1024))

        sidecar = self.start(before=few_files)
        held = []
        for _ in range(300):
            one = socket.socket(socket.AF_UNIX)
            self.addCleanup(one.close)
            one.settimeout(PATIENCE)
            one.connect(str(self.folder / "a.sock"))
            held.append(one)
        # A server's first frame: it has accepted the connection.
        for one in held:
            one.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                        b"\0\0\0\4\0\0\0\0\0")
            self.assertEqual(len(one.recv(9, socket.MSG_WAITALL)), 9)
        self.assertEqual(sidecar.stub().Check(check_request()).verdict,
                         pb.VERDICT_ALLOW)

    def test_more_connections_than_files_do_not_end_it(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

        sidecar = self.start(before=few_files)
        held = []
        for _ in range(150):
            one = socket.socket(socket.AF_UNIX)
            self.addCleanup(one.close)
            one.settimeout(PATIENCE)
            one.connect(str(self.folder / "a.sock"))
            held.append(one)
        sidecar.wait_for_error("no_file_descriptors")
        for one in held:
            one.close()
        self.assertEqual(
            sidecar.stub().Check(check_request(), wait_for_ready=True,
                                 timeout=PATIENCE).verdict,
            pb.VERDICT_ALLOW)

    def test_decisions_on_standard_output_stand_there_alone(self):
        sidecar = self.start([*self.usual, "--log", "-"], ready=False)
        sidecar.wait_for_error("is ready, revision 1")
        sidecar.lines = [line for line in sidecar.errors]
        decision = sidecar.stub().Check(check_request()).decision_id
        line = sidecar.wait_for_line("")
        self.assertIn(decision, json.dumps(json.loads(line.string)))
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.wait(), 0)
        self.assertFalse((self.folder / "a.sock").exists())

    def test_unknown_tokens_are_refused_and_never_shown(self):
        token = self.folder / "token"
        token.write_text("a-token-of-some-length\n")
        sidecar = self.start([*self.usual[:-1], "--token-file", token])
        stub = sidecar.stub()
        self.assert_refused(grpc.StatusCode.UNAUTHENTICATED,
                            lambda: stub.Check(check_request()))
        self.assert_refused(
            grpc.StatusCode.UNAUTHENTICATED,
            lambda: stub.Check(check_request(), metadata=[
                ("authorization", "Bearer another-token-there")]))
        answer = stub.Check(check_request(), metadata=[
            ("authorization", "Bearer a-token-of-some-length")])
        self.assertEqual(answer.verdict, pb.VERDICT_ALLOW)
        sidecar.signal(signal.SIGTERM)
        sidecar.wait()
        self.assertNotRegex(sidecar.error_text(), "-token-")


class Certificates(SidecarTest):
    """TLS with certificates that openssl makes."""

    def openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True,
                       capture_output=True, cwd=self.folder, timeout=PATIENCE)

    def certificate(self, name, days, serial):
        """NAME.pem and NAME.key, signed by ca.pem; days below 0: expired."""
        self.openssl("req", "-newkey", "ed25519", "-nodes", "-keyout",
                     f"{name}.key", "-subj", f"/CN={name}", "-out",
                     f"{name}.csr")
        (self.folder / "extensions").write_text(
            "subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        now = datetime.datetime.utcnow()
        until = now + datetime.timedelta(days=days)
        since = min(now, until) - datetime.timedelta(days=9)
        (self.folder / "index").write_text("")
        (self.folder / "serial").write_text(f"{serial:02d}\n")
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=x\n[x]\ndatabase=index\nserial=serial\n"
            "new_certs_dir=.\ndefault_md=default\npolicy=any\n"
            "[any]\ncommonName=supplied\n")
        self.openssl("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem",
                     "-keyfile", "ca.key", "-in", f"{name}.csr", "-out",
                     f"{name}.pem", "-notext", "-extfile", "extensions",
                     "-startdate", since.strftime("%Y%m%d%H%M%SZ"),
                     "-enddate", until.strftime("%Y%m%d%H%M%SZ"))

    def setUp(self):
        super().setUp()
        self.openssl("req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout",
                     "ca.key", "-subj", "/CN=test", "-days", "9", "-out",
                     "ca.pem")
        self.certificate("server", 9, 1)
        self.certificate("web", 9, 2)
        self.certificate("old", -1, 3)
        self.tls = [*self.usual[:4], "--listen", "127.0.0.1:0", "--tls-cert",
                    self.folder / "server.pem", "--tls-key",
                    self.folder / "server.key", "--client-ca",
                    self.folder / "ca.pem", "--client", "web", "--client",
                    "old"]

    def credentials(self, name=None):
        read = (lambda file: (self.folder / file).read_bytes())
        if name is None:
            return grpc.ssl_channel_credentials(read("ca.pem"))
        return grpc.ssl_channel_credentials(
            read("ca.pem"), read(f"{name}.key"), read(f"{name}.pem"))

    def test_a_client_is_known_by_its_certificate_while_that_is_valid(self):
        sidecar = self.start(self.tls)
        ask = (lambda name: sidecar.stub(credentials=self.credentials(name))
               .Check(check_request(), timeout=PATIENCE))
        self.assertEqual(ask("web").verdict, pb.VERDICT_ALLOW)
        for bad in ("old", None):
            self.assert_refused(grpc.StatusCode.UNAVAILABLE, lambda: ask(bad))
        self.assert_refused(grpc.StatusCode.UNAUTHENTICATED,
                            lambda: ask("server"))

    def test_a_certificate_of_its_own_that_has_expired_is_told(self):
        tls = [{self.folder / "server.pem": self.folder / "old.pem",
                self.folder / "server.key": self.folder / "old.key"}
               .get(word, word) for word in self.tls]
        sidecar = self.start(tls)
        self.assert_refused(
            grpc.StatusCode.UNAVAILABLE,
            lambda: sidecar.stub(credentials=self.credentials("web")).Check(
                check_request(), timeout=PATIENCE))

    def test_a_key_of_another_certificate_keeps_it_from_starting(self):
        tls = [self.folder / "web.key" if word == self.folder / "server.key"
               else word for word in self.tls]
        self.assertRegex(self.fails(*tls), "cannot start: .*web.key")


if __name__ == "__main__":
    unittest.main()
