# SPDX-License-Identifier: Apache-2.0
"""Asks a sidecar what may be done.

Needs python3-grpcio and python3-grpc-tools (Debian), or grpcio and
grpcio-tools (PyPI). The stubs are made from the .proto when the program starts;
a service makes them once, when it is built.
"""
import importlib
import os
import sys
import tempfile

import grpc
from grpc_tools import protoc

# A sidecar stands beside its askers, never behind a proxy.
_OPTIONS = (("grpc.enable_http_proxy", 0),)
_PROTO = "writ/authz/v1/authorization.proto"


def load_stubs(proto_root):
    """The generated modules of authorization.proto: messages and service."""
    with tempfile.TemporaryDirectory() as folder:
        if protoc.main(["protoc", f"-I{proto_root}", f"--python_out={folder}",
                        f"--grpc_python_out={folder}", _PROTO]) != 0:
            raise RuntimeError(f"cannot generate stubs of {proto_root}/{_PROTO}")
        sys.path.insert(0, folder)
        try:
            return tuple(
                importlib.import_module(f"writ.authz.v1.authorization_{part}")
                for part in ("pb2", "pb2_grpc"))
        finally:
            sys.path.remove(folder)


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _channel(target, ca, certificate, key, token_file):
    if ca:
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(
            root_certificates=_read(ca),
            private_key=_read(key) if key else None,
            certificate_chain=_read(certificate) if certificate else None),
            options=_OPTIONS)
    if token_file and not target.startswith("unix:"):
        raise ValueError("a token goes over TLS or a Unix socket only")
    return grpc.insecure_channel(target, options=_OPTIONS)


class Authorizer:
    """Whatever is not plainly an allow is a deny: an error, a deadline that
    passed, an answer that this program does not know. Thread-safe.

    target    `unix:/path` or `127.0.0.1:50051`
    ca        PEM file: speak TLS and believe these authorities
    deadline  seconds that a call may take
    why_not   called with a line for the log when there was no decision
    """

    def __init__(self, stubs, target, *, ca=None, certificate=None, key=None,
                 token_file=None, deadline=1.0, why_not=lambda line: None):
        self._messages, services = stubs
        self._channel = _channel(target, ca, certificate, key, token_file)
        self._stub = services.AuthorizationStub(self._channel)
        self._metadata = ()
        if token_file:
            token = _read(token_file).decode("ascii").strip()
            self._metadata = (("authorization", f"Bearer {token}"),)
        self._deadline = deadline
        self._why_not = why_not

    def close(self):
        self._channel.close()

    def request(self, principal, action, resource, context=None):
        """A CheckRequest; `context` maps a key to one value or several."""
        return self._messages.CheckRequest(
            principal={"name": principal}, action=action, resources=[resource],
            context=[{"key": key, "values": [values] if isinstance(values, str)
                      else list(values)}
                     for key, values in (context or {}).items()])

    def allows(self, request):
        """Whether this may be done."""
        answer = self._call(self._stub.Check, request)
        return answer is not None and self._is_allow(answer)

    def allows_each(self, requests):
        """The same for up to 1,000 requests in one call, decided at one
        revision."""
        batch = self._messages.BatchCheckRequest(checks=requests)
        answers = self._call(self._stub.BatchCheck, batch)
        if answers is None:
            return [False] * len(requests)
        if len(answers.results) != len(requests):
            self._why_not("no decision: not one answer for each check")
            return [False] * len(requests)
        return [self._result_allows(result) for result in answers.results]

    def _result_allows(self, result):
        if result.error_code != 0 or not result.HasField("answer"):
            self._why_not(f"no decision: status {result.error_code}: "
                          f"{result.error_message}")
            return False
        return self._is_allow(result.answer)

    def _is_allow(self, answer):
        """The one place that says yes."""
        return answer.verdict == self._messages.VERDICT_ALLOW

    def _call(self, method, request):
        try:
            return method(request, timeout=self._deadline,
                          metadata=self._metadata)
        except grpc.RpcError as error:
            self._why_not(f"no decision: {error.code().name}: "
                          f"{error.details()}")
            return None


PROTO_ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          "..", "..", "..", "proto")
