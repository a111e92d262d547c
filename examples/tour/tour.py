#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A first lesson in Writ: from a policy text to a gated invocation.

Starts the platform, plays through everything it promises over its HTTPS API,
stops it, and prints one line per check. Exit status 0 means that all of them
held. It needs root (the platform makes sandboxes) and nothing but Python's
standard library; the request signer is in class Client. `make run` runs it.
"""
import base64
import hashlib
import hmac
import http.client
import io
import json
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse
import uuid
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRIT = ROOT / "build/bin/writ"
DATA = ROOT / "build/tour-data"
LISTEN = "127.0.0.1:9443"

failures = 0


def say(text):
    print("\n" + text)


def check(promise, held, seen=""):
    """Prints whether a promise held; `seen` says what came instead."""
    global failures
    failures += not held
    print(f"ok    {promise}" if held else f"FAIL  {promise}\n      {seen}")


class Answer:
    """An HTTP answer: its status, its body and the log tail it carries."""

    def __init__(self, response):
        self.status, self.body = response.status, response.read()
        self.json = json.loads(self.body) if self.body[:1] == b"{" else {}
        tail = response.headers.get("X-Fc-Log-Result", "")
        self.log_tail = base64.b64decode(tail).decode()

    def __str__(self):
        return f"{self.status} {self.body.decode(errors='replace')}"


class Client:
    """One caller: an access key, and requests signed with it.

    A request is signed with HMAC-SHA256 over its method, path, query, headers
    and the digest of its body.
    """

    def __init__(self, endpoint, ca_file, key_id, key_secret):
        self.host = urllib.parse.urlsplit(endpoint).netloc
        self.tls = ssl.create_default_context(cafile=ca_file)
        self.key_id, self.key_secret = key_id, key_secret.encode()

    def sign(self, method, path, query, action, version, body=b"",
             headers=None):
        signed = {
            "host": self.host,
            "x-acs-action": action,
            "x-acs-version": version,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
            **(headers or {}),
        }
        encoded = urllib.parse.urlencode(
            sorted(query.items()), quote_via=urllib.parse.quote, safe="~")
        names = ";".join(sorted(signed))
        canonical = "\n".join([
            method, path, encoded,
            "".join(f"{name}:{signed[name]}\n" for name in sorted(signed)),
            names, signed["x-acs-content-sha256"]])
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"ACS3-HMAC-SHA256\n{digest}".encode()
        signature = hmac.digest(self.key_secret, text, "sha256").hex()
        signed["Authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={self.key_id},"
            f"SignedHeaders={names},Signature={signature}")
        return method, f"{path}?{encoded}" if encoded else path, body, signed

    def send(self, *call):
        connection = http.client.HTTPSConnection(
            self.host, context=self.tls, timeout=20)
        connection.request(*self.sign(*call))
        return Answer(connection.getresponse())

    def ram(self, action, **parameters):
        """An operation of Resource Access Management: users, keys, policies."""
        return self.send("POST", "/", parameters, action, "2015-05-01")

    def who_am_i(self):
        return self.send("POST", "/", {}, "GetCallerIdentity", "2015-04-01")

    def functions(self, method, path, action, body=None, **query):
        """An operation of Function Compute; `body` is sent as JSON."""
        return self.send(
            method, "/2023-03-30/functions" + path, query, action, "2023-03-30",
            b"" if body is None else json.dumps(body).encode(),
            {"content-type": "application/json"})

    def invoke(self, name, event):
        """Runs a function and asks for the end of its log."""
        return self.send(
            "POST", f"/2023-03-30/functions/{name}/invocations", {},
            "InvokeFunction", "2023-03-30", event, {"x-fc-log-type": "Tail"})


class Platform:
    """The platform, run in the foreground by `writ up` on an own directory."""
    process = None
    def start(self):
        self.process = subprocess.Popen(
            [WRIT, "up", "--data", DATA, "--listen", LISTEN],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            print("      " + line.rstrip())
            if line.startswith("writ is ready on "):
                self.credentials = json.loads(
                    (DATA / "credentials.json").read_text())
                return
        sys.exit("The platform did not start; its own words are above.")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.read()
        return self.process.wait(timeout=20)

    def client(self, key_id, key_secret):
        return Client(self.credentials["endpoint"],
                      self.credentials["caCertificate"], key_id, key_secret)

    def root(self):
        return self.client(self.credentials["accessKeyId"],
                           self.credentials["accessKeySecret"])


def package(file):
    """A code package: a ZIP archive of one executable file, in Base64."""
    entry, buffer = zipfile.ZipInfo(file.name), io.BytesIO()
    entry.external_attr = 0o755 << 16
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, file.read_bytes())
    return base64.b64encode(buffer.getvalue()).decode()


def create_user(platform, name):
    """Creates a RAM user with an access key; returns a client that uses it."""
    root = platform.root()
    user = root.ram("CreateUser", UserName=name)
    key = root.ram("CreateAccessKey", UserName=name)
    check(f"the user {name} has an access key",
          user.status == 200 and key.status == 200, f"{user}, {key.status}")
    key = key.json["AccessKey"]
    return platform.client(key["AccessKeyId"], key["AccessKeySecret"])


def expect_invocations(client, promise):
    for name, event, words in (
            ("tour-python", b'{"name": "Ada"}', "Hello, Ada, from Python."),
            ("tour-native", b"Ada", "Hello, Ada, from C++.")):
        answer = client.invoke(name, event)
        check(f"{promise} {name}: 200 and its own output",
              answer.status == 200 and words.encode() in answer.body, answer)
        check(f"the log tail of {name} shows what it printed",
              "greeting Ada" in answer.log_tail, repr(answer.log_tail))


def expect_refusal(answer, kind, promise):
    detail = answer.json.get("AccessDeniedDetail", {})
    check(promise,
          answer.status == 403
          and all(answer.json.get(m) for m in ("Code", "Message", "RequestId"))
          and detail.get("AuthAction") == "fc:InvokeFunction"
          and detail.get("AuthPrincipalType") == "SubUser"
          and detail.get("NoPermissionType") == kind, answer)


def tour(platform):
    say("Starting the platform on its embedded defaults.")
    platform.start()
    root = platform.root()
    account = platform.credentials["accountId"]
    check("the root key is recognised",
          root.who_am_i().json.get("AccountId") == account, root.who_am_i())

    say("Two users: Ada gets a policy, written in Writ's language, Bob none.")
    ada = create_user(platform, "ada")
    bob = create_user(platform, "bob")
    source = ROOT / "examples/policies/tour_invoker.writ"
    print(source.read_text().strip())
    document = subprocess.check_output(
        [WRIT, "compile", "--target", "json", source], text=True)
    made = root.ram("CreatePolicy", PolicyName="tour-invoker",
                    PolicyDocument=document)
    attachment = {"PolicyType": "Custom", "UserName": "ada"}
    put = root.ram("AttachPolicyToUser", **attachment,
                   PolicyName="tour-invoker")
    check("the compiled policy is accepted and attached to ada",
          made.status == put.status == 200, f"{made}, {put}")
    answer = ada.who_am_i()
    check("ada's key speaks for acs:ram::…:user/ada",
          answer.json.get("Arn") == f"acs:ram::{account}:user/ada", answer)

    say("Two functions: one in Python, one a native HTTP server in C++.")
    for name, runtime, handler, source in (
            ("tour-python", "python3.12", "index.handler",
             ROOT / "examples/functions/hello_python/index.py"),
            ("tour-native", "custom", "bootstrap",
             ROOT / "build/examples/bootstrap")):
        answer = root.functions("POST", "", "CreateFunction", {
            "functionName": name, "runtime": runtime, "handler": handler,
            "code": {"zipFile": package(source)}})
        check(f"{name} is deployed", answer.status == 200, answer)

    say("Ada may invoke them.")
    expect_invocations(ada, "ada invokes")

    say("Bob may not, and does not learn which functions exist.")
    refused = bob.invoke("tour-python", b"{}")
    expect_refusal(refused, "ImplicitDeny",
                   "bob is refused: 403, and told what he may not do")
    missing = bob.invoke("tour-absent", b"{}")
    texts = [a.body.decode().replace(a.json.get("RequestId", "-"), "")
             .replace("tour-absent", "tour-python") for a in (refused, missing)]
    check("a function that does not exist looks the same to him",
          missing.status == 403 and texts[0] == texts[1], missing)

    say("An explicit Deny on the source address 127.0.0.1 stops Ada.")
    deny = {"Version": "1", "Statement": [{
        "Effect": "Deny", "Action": "fc:InvokeFunction", "Resource": "*",
        "Condition": {"IpAddress": {"acs:SourceIp": "127.0.0.1"}}}]}
    root.ram("CreatePolicy", PolicyName="tour-deny",
             PolicyDocument=json.dumps(deny))
    root.ram("AttachPolicyToUser", PolicyName="tour-deny", **attachment)
    expect_refusal(ada.invoke("tour-python", b"{}"), "ExplicitDeny",
                   "ada is refused, and the answer says that a Deny did it")
    answer = root.ram("DetachPolicyFromUser", PolicyName="tour-deny",
                      **attachment)
    next_call = ada.invoke("tour-python", b'{"name": "Ada"}')
    check("the Deny is detached, and ada's very next call passes",
          answer.status == 200 and next_call.status == 200, next_call)

    say("Stopping the platform and starting it again on the same data.")
    check("it stopped with exit status 0", platform.stop() == 0)
    platform.start()
    expect_invocations(ada, "after the restart ada still invokes")

    say("Deleting everything.")
    answers = [root.functions("DELETE", "/" + name, "DeleteFunction")
               for name in ("tour-python", "tour-native")]
    answers.append(root.ram("DetachPolicyFromUser", PolicyName="tour-invoker",
                            **attachment))
    answers += [root.ram("DeletePolicy", PolicyName=name)
                for name in ("tour-invoker", "tour-deny")]
    for name, client in (("ada", ada), ("bob", bob)):
        answers += [root.ram("DeleteAccessKey", UserName=name,
                             UserAccessKeyId=client.key_id),
                    root.ram("DeleteUser", UserName=name)]
    check("functions, policies, keys and users are deleted",
          all(a.status in (200, 204) for a in answers), list(map(str, answers)))
    left = root.functions("GET", "", "ListFunctions")
    users = root.ram("ListUsers")
    check("nothing is left", left.json.get("functions") == []
          and users.json.get("Users", {}).get("User") == [], f"{left}, {users}")
    check("ada's key is worth nothing", ada.who_am_i().status == 404)
    check("the platform stopped with exit status 0", platform.stop() == 0)


def main():
    sys.stdout.reconfigure(line_buffering=True)
    shutil.rmtree(DATA, ignore_errors=True)
    platform = Platform()
    try:
        tour(platform)
    finally:
        if platform.process and platform.process.poll() is None:
            platform.stop()
    shutil.rmtree(DATA)
    say(f"{failures} checks failed." if failures else "Everything held.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
