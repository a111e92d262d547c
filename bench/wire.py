# SPDX-License-Identifier: Apache-2.0
"""The requests of a workload as gRPC messages, for bench/sidecar_load.

Messages are put together by hand, field by field: a measurement then needs no
generated code of anybody's.
"""
import struct

ACCOUNT = "123456789012"


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    if isinstance(value, str):
        value = value.encode()
    return varint(field << 3 | 2) + varint(len(value)) + value


def fields(message):
    """The fields of a message in order: pairs of number and value."""
    at = 0

    def read():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
    while at < len(message):
        key = read()
        if key & 7 == 0:
            yield key >> 3, read()
        elif key & 7 == 2:
            size = read()
            yield key >> 3, message[at:at + size]
            at += size
        else:
            raise ValueError(f"wire type {key & 7}")


def read_requests(path, most):
    """(principal, action, resource, address, secure, expected) of each line R;
    expected is '0', '1' or '-'."""
    requests = []
    with open(path, encoding="ascii") as file:
        for line in file:
            if line.startswith("R\t"):
                requests.append(tuple(line.rstrip("\n").split("\t")[1:]))
                if len(requests) == most:
                    break
    return requests


def check(request):
    """A writ.authz.v1.CheckRequest."""
    principal, action, resource, address, secure, _ = request
    return (text(1, text(1, f"acs:ram::{ACCOUNT}:user/{principal}"))
            + text(2, action) + text(3, resource)
            + text(5, text(1, "acs:SourceIp") + text(2, address))
            + text(5, text(1, "acs:SecureTransport") + text(2, secure)))


def batch(requests):
    """A writ.authz.v1.BatchCheckRequest."""
    return b"".join(text(1, check(request)) for request in requests)


def is_allow(answer):
    """Of a writ.authz.v1.CheckResponse."""
    return dict(fields(answer)).get(1) == 1


def batch_allows(answer):
    """Of a writ.authz.v1.BatchCheckResponse: one truth for each check."""
    return [is_allow(dict(fields(result)).get(1, b""))
            for field, result in fields(answer) if field == 1]


def write_messages(path, messages):
    with open(path, "wb") as out:
        for message in messages:
            out.write(struct.pack("<I", len(message)) + message)


def read_messages(path):
    with open(path, "rb") as file:
        data = file.read()
    at, messages = 0, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at)[0]
        messages.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return messages
