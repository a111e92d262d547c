#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The example clients and `writ eval --server` against the real writ-sidecar,
and against servers that answer what no client may take for a yes.

WRIT_EXAMPLES is the folder of the C++ client, WRIT_NODE_CLIENT the one that
examples/clients/node/install filled.
"""
import concurrent.futures
import json
import os
import pathlib
import socket
import subprocess
import unittest

from sidecar import (ADA, BIN, OBJECT, PATIENCE, ROOT, SidecarTest, grpc, pb,
                     stubs)

CLIENTS = {
    "C++": [pathlib.Path(os.environ["WRIT_EXAMPLES"]) / "ask"],
    "Python": ["/usr/bin/python3", ROOT / "examples/clients/python/ask.py"],
    "Node.js": [os.environ.get("WRIT_NODE", "node"),
                pathlib.Path(os.environ["WRIT_NODE_CLIENT"]) / "ask.mjs",
                "--proto", ROOT / "proto"],
}
OTHER = "acs:oss:cn-hangzhou:1000000000000002:photos/autumn.jpg"
CONFIG = """
[bundle]
location = "{folder}/a.bundle"
keys = ["{folder}/good.pub"]

[[listener]]
name = "unix"
address = "unix:{folder}/a.sock"
[[listener.asker]]
name = "all"
anybody = true
rights = ["check", "statements"]

[[listener]]
name = "tls"
address = "127.0.0.1:0"
context-prefix = "app:"
[listener.tls]
certificate = "{folder}/server.pem"
key = "{folder}/server.key"
[[listener.asker]]
name = "app"
token-files = ["{folder}/token"]

[[listener]]
name = "mutual"
address = "127.0.0.1:0"
[listener.tls]
certificate = "{folder}/server.pem"
key = "{folder}/server.key"
client-ca = "{folder}/app.pem"
[[listener.asker]]
name = "app"
certificates = ["app"]
"""


def run(*words):
    """Exit status, standard output, standard error."""
    done = subprocess.run([str(word) for word in words], capture_output=True,
                          text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


def make_certificate(folder, file, name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{file}.key", "-out",
         f"{file}.pem", "-days", "2", "-subj", f"/CN={name}", "-addext",
         "subjectAltName=IP:127.0.0.1,DNS:localhost"], cwd=folder, check=True,
        capture_output=True, timeout=PATIENCE)


class ClientsTest(SidecarTest):
    def setUp(self):
        super().setUp()
        for file, name in (("server", "localhost"), ("app", "app"),
                           ("other", "other")):
            make_certificate(self.folder, file, name)
        (self.folder / "token").write_text("s3cret-of-the-app\n")
        (self.folder / "wrong-token").write_text("guess\n")

    def start_all(self):
        return self.start(["--config", self.config(CONFIG)])

    def tls(self, ca="server"):
        return ["--ca", self.folder / f"{ca}.pem"]

    def assert_denied(self, command, *words, why=""):
        """A deny that says on standard error why there was no decision."""
        status, out, err = run(*command, *words)
        self.assertEqual((status, out), (1, f"DENY {OBJECT}\n"), err)
        self.assertIn("no decision", err)
        self.assertIn(why, err)


class Answers(ClientsTest):
    def test_one_question_over_a_unix_socket(self):
        server = self.start_all().address("unix")
        for name, client in CLIENTS.items():
            with self.subTest(client=name):
                self.assertEqual(run(*client, server, ADA, "oss:GetObject",
                                     OBJECT),
                                 (0, f"ALLOW {OBJECT}\n", ""))
                self.assertEqual(run(*client, server, ADA, "oss:PutObject",
                                     OBJECT),
                                 (1, f"DENY {OBJECT}\n", ""))

    def test_a_batch_over_tls_with_a_token_and_context(self):
        server = self.start_all().address("tls")
        for name, client in CLIENTS.items():
            with self.subTest(client=name):
                # Node.js warns of a server that is named by its IP address.
                status, out, err = run(
                    *client, *self.tls(), "--token-file",
                    self.folder / "token", "--context", "app:a=1",
                    "--context", "app:a=2", server, ADA, "oss:GetObject",
                    OBJECT, OTHER)
                self.assertEqual(
                    (status, out),
                    (0, f"ALLOW {OBJECT}\nALLOW {OTHER}\n"), err)

    def test_mutual_tls(self):
        server = self.start_all().address("mutual")
        question = (server, ADA, "oss:GetObject", OBJECT)
        for name, client in CLIENTS.items():
            with self.subTest(client=name):
                status, out, err = run(
                    *client, *self.tls(), "--cert", self.folder / "app.pem",
                    "--key", self.folder / "app.key", *question)
                self.assertEqual((status, out), (0, f"ALLOW {OBJECT}\n"), err)
                self.assert_denied(client, *self.tls(), "--deadline-ms", 500,
                                   *question)

    def test_one_check_of_a_batch_that_is_malformed_is_denied_alone(self):
        server = self.start_all().address("unix")
        for name, client in CLIENTS.items():
            with self.subTest(client=name):
                status, out, err = run(*client, server, ADA, "oss:GetObject",
                                       OBJECT, "")
                self.assertEqual((status, out), (1, f"ALLOW {OBJECT}\nDENY \n"))
                self.assertIn("status 3", err)


class Failures(ClientsTest):
    def test_who_is_not_known_gets_a_deny(self):
        server = self.start_all().address("tls")
        question = (server, ADA, "oss:GetObject", OBJECT)
        for name, client in CLIENTS.items():
            with self.subTest(client=name):
                self.assert_denied(client, *self.tls(), *question)
                self.assert_denied(client, *self.tls(), "--token-file",
                                   self.folder / "wrong-token", *question)

    def test_a_server_that_the_authority_did_not_sign_gets_no_token(self):
        server = self.start_all().address("tls")
        for name, client in CLIENTS.items():
            with self.subTest(client=name):
                self.assert_denied(client, *self.tls("other"), "--token-file",
                                   self.folder / "token", "--deadline-ms", 500,
                                   server, ADA, "oss:GetObject", OBJECT)

    def test_a_token_does_not_go_over_plain_tcp(self):
        for name, client in CLIENTS.items():
            with self.subTest(client=name):
                status, out, err = run(
                    *client, "--token-file", self.folder / "token",
                    "127.0.0.1:1", ADA, "oss:GetObject", OBJECT)
                self.assertEqual((status, out), (2, ""))
                self.assertIn("over TLS or a Unix socket only", err)

    def test_nobody_there_is_a_deny(self):
        for name, client in CLIENTS.items():
            with self.subTest(client=name):
                self.assert_denied(client, f"unix:{self.folder}/nobody", ADA,
                                   "oss:GetObject", OBJECT)

    def test_a_sidecar_without_a_bundle_is_a_deny(self):
        self.bundle.unlink()
        sidecar = self.start([*self.usual, "--wait-for-bundle"], ready=False)
        sidecar.wait_for_line("waiting for a bundle")
        for name, client in CLIENTS.items():
            with self.subTest(client=name):
                self.assert_denied(client, sidecar.address("grpc"), ADA,
                                   "oss:GetObject", OBJECT)

    def test_silence_is_a_deny_when_the_deadline_passes(self):
        path = f"{self.folder}/silent.sock"
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(path)
            silent.listen()
            for name, client in CLIENTS.items():
                with self.subTest(client=name):
                    self.assert_denied(client, "--deadline-ms", 300,
                                       f"unix:{path}", ADA, "oss:GetObject",
                                       OBJECT)


class Strange(stubs.AuthorizationServicer):
    """Answers with what `answer` and `batch` are."""

    answer = pb.CheckResponse()
    batch = pb.BatchCheckResponse()

    def Check(self, request, context):
        return self.answer

    def BatchCheck(self, request, context):
        return self.batch


class StrangeAnswers(ClientsTest):
    def setUp(self):
        super().setUp()
        self.service = Strange()
        pool = concurrent.futures.ThreadPoolExecutor(2)
        self.addCleanup(pool.shutdown)
        server = grpc.server(pool)
        stubs.add_AuthorizationServicer_to_server(self.service, server)
        self.address = f"unix:{self.folder}/strange.sock"
        server.add_insecure_port(self.address)
        server.start()
        self.addCleanup(lambda: server.stop(None).wait())

    def test_no_verdict_and_an_unknown_one_are_denies(self):
        for verdict in (0, 2, 3, 4, 99):
            self.service.answer = pb.CheckResponse(verdict=verdict,
                                                   revision=1)
            for name, client in CLIENTS.items():
                with self.subTest(client=name):
                    status, out, _ = run(*client, self.address, ADA,
                                         "oss:GetObject", OBJECT)
                    self.assertEqual((status, out), (1, f"DENY {OBJECT}\n"))
            if verdict in (2, 3):
                continue
            status, out, err = evaluate(self.address)
            self.assertEqual((status, out), (5, ""), err)
            self.assertIn("no verdict that is known", err)

    def test_a_batch_of_another_length_and_empty_results_are_denies(self):
        allow = pb.BatchCheckResult(answer=pb.CheckResponse(
            verdict=pb.VERDICT_ALLOW))
        empty = pb.BatchCheckResult()
        error = pb.BatchCheckResult(error_code=13, answer=pb.CheckResponse(
            verdict=pb.VERDICT_ALLOW))
        for results in ([], [allow], [allow] * 3, [empty, empty],
                        [error, error]):
            self.service.batch = pb.BatchCheckResponse(results=results)
            for name, client in CLIENTS.items():
                with self.subTest(client=name):
                    status, out, _ = run(*client, self.address, ADA,
                                         "oss:GetObject", OBJECT, OTHER)
                    self.assertEqual((status, out),
                                     (1, f"DENY {OBJECT}\nDENY {OTHER}\n"))


def evaluate(server, *flags, action="oss:GetObject", resource=OBJECT):
    return run(BIN / "writ", "eval", "--server", server, "--principal", ADA,
               "--action", action, "--resource", resource, *flags)


class WritEval(ClientsTest):
    def test_prints_what_writ_eval_prints_and_the_bundle(self):
        server = self.start_all().address("unix")
        status, out, err = evaluate(server)
        self.assertEqual((status, err), (0, ""))
        answer = json.loads(out)
        self.assertEqual(len(answer.pop("bundle")), 64)
        self.assertEqual(answer, {
            "id": None, "decision": "ALLOW", "layer": "identity",
            "reason": "allowed", "revision": 1, "decisionId": "",
            "statements": [{"policy": "p", "statement": 0, "kind": "identity",
                            "account": "1000000000000002", "sid": ""}]})
        status, out, err = evaluate(server, action="oss:PutObject")
        answer = json.loads(out)
        self.assertEqual((status, answer["decision"], answer["statements"]),
                         (5, "IMPLICIT_DENY", []), err)
        status, out, _ = evaluate(server, "--format", "pretty")
        self.assertEqual((status, out.splitlines()[0]), (0, "ALLOW"))
        self.assertIn("bundle  revision 1", out)

    def test_says_by_its_exit_status_what_kept_it_from_an_answer(self):
        sidecar = self.start_all()
        server = sidecar.address("tls")
        token = ["--token-file", self.folder / "token"]
        self.assertEqual(evaluate(server, *self.tls(), *token)[0], 0)
        status, out, err = evaluate(server, *self.tls())
        self.assertEqual((status, out), (7, ""), err)
        self.assertIn("unauthenticated", err)
        status, _, err = evaluate(server, *self.tls(), *token, "--context",
                                  "acs:SourceIp=192.0.2.1")
        self.assertEqual(status, 7)
        self.assertIn("permission denied", err)
        status, _, err = evaluate(server, *self.tls("other"), *token)
        self.assertEqual(status, 7)
        # Nothing of gRPC's own log beside the complaint.
        self.assertRegex(err, r"\Awrit eval: no decision from .*\n\Z")
        self.assertEqual(evaluate(f"unix:{self.folder}/nobody")[0], 7)
        self.assertEqual(evaluate(sidecar.address("unix"), resource="")[0], 2)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(f"{self.folder}/silent.sock")
            silent.listen()
            self.assertEqual(evaluate(f"unix:{self.folder}/silent.sock",
                                      "--timeout", "300ms")[0], 6)

    def test_refuses_flags_that_make_no_sense_together(self):
        plain = self.folder / "plain"
        plain.write_text("two words\n")
        for flags, why in (
                (["-p", "x.writ"], "its own policies"),
                (["--explain"], "--explain"),
                (["--cert", plain, *self.tls()], "--cert and --key"),
                (["--cert", plain, "--key", plain], "--ca"),
                (["--ca", self.folder / "no"], "cannot read"),
                (["--token-file", plain], "TLS (--ca) or a Unix socket"),
                (["--token-file", plain, *self.tls()], "holds no token"),
                (["--cases", plain], "--cases goes with")):
            with self.subTest(flags=flags):
                status, out, err = evaluate("127.0.0.1:1", *flags)
                self.assertEqual((status, out), (2, ""), err)
                self.assertIn(why, err)
        status, _, err = evaluate("127.0.0.1")
        self.assertEqual(status, 2)
        self.assertIn("--server is HOST:PORT or unix:/path", err)
        status, _, err = run(BIN / "writ", "eval", "--token-file", plain)
        self.assertEqual(status, 2)
        self.assertIn("go with --server", err)


if __name__ == "__main__":
    unittest.main()
