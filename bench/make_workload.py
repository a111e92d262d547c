#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a workload in its plain text form (docs/performance.md).

    make_workload.py [--folder DIR] [--requests N] wide|deep STATEMENTS

writes wl-SHAPE-STATEMENTS.tsv, in AWS names, and wl-SHAPE-STATEMENTS.ram.tsv,
the same cases in RAM names. Deterministic. Of the requests, 512 say what is
expected, decided here by trying every statement of the principal in turn.
"""
import argparse
import os
import random
import re

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
BUCKET = "arn:aws:s3:::"
ACTIONS = {
    "lambda": ["InvokeFunction", "GetFunction", "GetFunctionConfiguration",
               "GetAlias", "GetPolicy", "UpdateFunctionCode",
               "UpdateFunctionConfiguration", "DeleteFunction",
               "PublishVersion", "CreateAlias", "UpdateAlias", "DeleteAlias",
               "ListAliases", "ListVersionsByFunction", "AddPermission",
               "RemovePermission", "TagResource", "UntagResource"],
    "s3": ["GetObject", "GetObjectAcl", "GetObjectTagging", "GetObjectVersion",
           "PutObject", "PutObjectAcl", "PutObjectTagging", "DeleteObject",
           "DeleteObjectVersion", "RestoreObject", "AbortMultipartUpload"],
}
PATTERNS = {
    "lambda": ["InvokeFunction", "Get*", "List*", "Update*", "*Function",
               "*Alias", "Delete*", "PublishVersion", "*", "*Permission",
               "Get*Configuration"],
    "s3": ["GetObject", "Get*", "Put*", "*Object", "*Tagging", "Delete*", "*",
           "PutObject", "*Acl", "Get*Version"],
}
BLOCKS = [(10, 0, 0, 0, 8), (10, 1, 0, 0, 16), (192, 168, 0, 0, 16),
          (203, 0, 113, 0, 24), (172, 16, 0, 0, 12), (198, 51, 100, 0, 25)]
WORDS = ["fn", "x", "img", "log", "data", "prod", "eu"]
EXPECTED = 512


class Statement:
    """One statement, and how to tell that a request meets it."""

    def __init__(self, draw, number, principal, space):
        service = "lambda" if draw.random() < 0.65 else "s3"
        self.number = number
        self.principal = principal
        self.service = service
        self.deny = draw.random() < 0.15
        patterns = draw.choices(PATTERNS[service], k=draw.choice([1, 2]))
        self.actions = [f"{service}:{p}" for p in dict.fromkeys(patterns)]
        self.resource = resource_pattern(draw, service, space)
        kind = draw.random()
        self.block = draw.choice(BLOCKS) if kind < 0.6 else None
        self.secure = draw.random() < 0.9 if kind >= 0.4 else None
        self.action_matcher = matcher(self.actions)
        self.resource_matcher = matcher([self.resource])

    def holds(self, request):
        """Whether the statement matches."""
        _, action, resource, address, secure = request
        return (self.action_matcher(action) is not None
                and self.resource_matcher(resource) is not None
                and (self.block is None or inside(address, self.block))
                and (self.secure is None or self.secure == secure))


def resource_pattern(draw, service, space):
    name, kind = draw.randrange(space), draw.random()
    if service == "lambda":
        if kind < 0.4:
            return f"{FUNCTION}svc-{name}-*"
        if kind < 0.7:
            return f"{FUNCTION}svc-{name}-fn-{draw.randrange(10)}"
        if kind < 0.85:
            return f"{FUNCTION}*-fn-{name % 10}"
        return f"{FUNCTION}svc-{name}-*-{draw.randrange(10)}"
    if kind < 0.5:
        return f"{BUCKET}bucket-{name}/*"
    if kind < 0.8:
        return f"{BUCKET}bucket-{name}/data/*/img.jpg"
    return f"{BUCKET}bucket-{name}/logs/2026-*"


def matcher(patterns):
    parts = [".*".join(map(re.escape, p.split("*"))) for p in patterns]
    return re.compile("|".join(f"(?:{p})" for p in parts), re.S).fullmatch


def inside(address, block):
    number = int.from_bytes(bytes(map(int, address.split("."))), "big")
    network = int.from_bytes(bytes(block[:4]), "big")
    return number >> (32 - block[4]) == network >> (32 - block[4])


def draw_request(draw, statements, space):
    statement = draw.choice(statements)
    service = statement.service
    hit = draw.random() < 0.8
    every = [f"{service}:{name}" for name in ACTIONS[service]]
    matching = [a for a in every if statement.action_matcher(a)]
    action = draw.choice(matching if hit and matching else every)
    between = "-" if service == "lambda" else "/"
    resource = re.sub(
        r"\*",
        lambda _: draw.choice(WORDS) + between + str(draw.randrange(10 ** 6)),
        statement.resource)
    if not hit:
        stem = FUNCTION if service == "lambda" else BUCKET
        resource = stem + re.sub(
            r"\d+", lambda _: str(draw.randrange(space)),
            resource[len(stem):])
    if statement.block and draw.random() < 0.8:
        fixed = statement.block[4] // 8
        octets = list(statement.block[:fixed])
        if statement.block[4] % 8:
            octets.append(statement.block[fixed])
    else:
        octets = [draw.choice([10, 192, 203, 172, 8, 198])]
    while len(octets) < 4:
        octets.append(draw.randrange(120))
    return (statement.principal, action, resource,
            ".".join(map(str, octets)), draw.random() < 0.9)


def expected(by_principal, request):
    """Whether it is allowed: a Deny wins, no match is a deny."""
    allowed = False
    for statement in by_principal[request[0]]:
        if statement.holds(request):
            if statement.deny:
                return False
            allowed = True
    return allowed


def in_ram(text, request):
    """The RAM name of an action or a resource; a request names no wildcard."""
    bucket = f"cn-hangzhou:{ACCOUNT}:" if request else "*:*:"
    for aws, ram in (("lambda:", "fc:"), ("s3:", "oss:"),
                     (FUNCTION, f"acs:fc:cn-hangzhou:{ACCOUNT}:functions/"),
                     (BUCKET, "acs:oss:" + bucket)):
        if text.startswith(aws):
            return ram + text[len(aws):]
    return text


def same(text, _):
    return text


def lines_of(statements, requests, results, name):
    for s in statements:
        block = "-"
        if s.block:
            block = "{}.{}.{}.{}/{}".format(*s.block)
        secure = "-" if s.secure is None else str(s.secure).lower()
        actions = ",".join(name(a, False) for a in s.actions)
        yield "\t".join(["S", str(s.number), s.principal,
                         "Deny" if s.deny else "Allow", actions,
                         name(s.resource, False), block, secure])
    for (principal, action, resource, address, secure), result in zip(
            requests, results):
        yield "\t".join(["R", principal, name(action, True),
                         name(resource, True), address, str(secure).lower(),
                         result])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", default=".")
    parser.add_argument("--requests", type=int, default=1 << 17)
    parser.add_argument("shape", choices=["wide", "deep"])
    parser.add_argument("statements", type=int)
    arguments = parser.parse_args()
    count = arguments.statements
    draw = random.Random(count * 2 + (arguments.shape == "deep"))
    each = count if arguments.shape == "deep" else min(20, count)
    space = max(20, count // 5) if arguments.shape == "deep" else 40
    statements = [Statement(draw, i, f"user-{i // each}", space)
                  for i in range(count)]
    by_principal = {}
    for statement in statements:
        by_principal.setdefault(statement.principal, []).append(statement)
    requests = [draw_request(draw, statements, space)
                for _ in range(arguments.requests)]
    results = [str(int(expected(by_principal, request))) if i < EXPECTED
               else "-" for i, request in enumerate(requests)]
    stem = os.path.join(arguments.folder, f"wl-{arguments.shape}-{count}")
    for suffix, name in ((".tsv", same), (".ram.tsv", in_ram)):
        with open(stem + suffix, "w", encoding="ascii") as out:
            for line in lines_of(statements, requests, results, name):
                out.write(line + "\n")


if __name__ == "__main__":
    main()
