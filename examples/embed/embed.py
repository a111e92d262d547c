#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The questions of embed.cc, asked from Python by the C interface.

Usage: embed.py DIRECTORY_OF_THE_LIBRARIES
"""
import ctypes
import json
import sys
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_size_t
from ctypes import c_uint32, c_void_p

POLICY = {"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "oss:GetObject",
     "Resource": "acs:oss:*:*:photos/*",
     "Condition": {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}},
    {"Effect": "Deny", "Action": "oss:*",
     "Resource": "acs:oss:*:*:photos/private/*"}]}
IDENTITY = 0
RAM_JSON = 0


class Text(Structure):
    _fields_ = [("data", c_char_p), ("size", c_size_t)]

    @classmethod
    def of(cls, text):
        encoded = text.encode()
        return cls(encoded, len(encoded))


class Buffer(Structure):
    _fields_ = [("data", c_void_p), ("size", c_size_t)]


class Error(Structure):
    _fields_ = [("status", c_uint32), ("message", c_char * 508)]


class PolicySource(Structure):
    _fields_ = [("name", Text), ("text", Text), ("language", c_uint32),
                ("kind", c_uint32)]


class Attachment(Structure):
    _fields_ = [("program", c_void_p), ("unit", c_uint32),
                ("resource_group_scope", c_uint32), ("group", Text),
                ("level", c_uint32), ("depth", c_uint32), ("account", Text)]


class Context(Structure):
    _fields_ = [("key", Text), ("values", POINTER(Text)),
                ("value_count", c_size_t)]


class Request(Structure):
    _fields_ = [("principal", Text), ("principal_id", Text),
                ("account", Text), ("principal_type", c_uint32),
                ("in_management_account", c_uint32), ("action", Text),
                ("resources", POINTER(Text)), ("resource_count", c_size_t),
                ("resource_group", Text), ("context", POINTER(Context)),
                ("context_count", c_size_t)]


class Decision(Structure):
    _fields_ = [("verdict", c_uint32), ("layer", c_uint32),
                ("reason", c_uint32), ("resource", c_uint32),
                ("statement_count", c_uint32),
                ("statements", c_uint32 * 2 * 16)]


def load_libraries(directory):
    core = ctypes.CDLL(directory + "/libwrit.so", mode=ctypes.RTLD_GLOBAL)
    compiler = ctypes.CDLL(directory + "/libwrit-compiler.so")
    core.writ_program_load.restype = c_void_p
    core.writ_program_load.argtypes = [c_void_p, c_size_t, POINTER(Error)]
    core.writ_program_free.argtypes = [c_void_p]
    for name in ("verdict", "layer", "reason"):
        getattr(core, f"writ_{name}_name").restype = c_char_p
    return core, compiler


def compile_policy(core, compiler):
    source = PolicySource(Text.of("photo_reader.ram.json"),
                          Text.of(json.dumps(POLICY)), RAM_JSON, IDENTITY)
    image, findings, error = Buffer(), Buffer(), Error()
    if not compiler.writ_compile(byref(source), c_size_t(1), byref(image),
                                 byref(findings), byref(error)):
        sys.exit(error.message.decode())
    program = core.writ_program_load(image.data, image.size, byref(error))
    compiler.writ_buffer_free(byref(image))
    compiler.writ_buffer_free(byref(findings))
    if not program:
        sys.exit(error.message.decode())
    return program


def ask(core, program, resource):
    context = Context(Text.of("acs:SourceIp"),
                      ctypes.pointer(Text.of("10.1.2.3")), 1)
    request = Request(principal=Text.of("acs:ram::1000000000000001:user/alice"),
                      action=Text.of("oss:GetObject"),
                      resources=ctypes.pointer(Text.of(resource)),
                      resource_count=1, context=ctypes.pointer(context),
                      context_count=1)
    attachment = Attachment(program=program)
    decision, error = Decision(), Error()
    core.writ_decide(byref(request), byref(attachment), c_size_t(1),
                     byref(decision), None, c_size_t(0), byref(error))
    print("{}: {} ({}, {})".format(
        resource, core.writ_verdict_name(decision.verdict).decode(),
        core.writ_layer_name(decision.layer).decode(),
        core.writ_reason_name(decision.reason).decode()))
    if error.status:
        print(error.message.decode())


def main():
    core, compiler = load_libraries(sys.argv[1])
    program = compile_policy(core, compiler)
    bucket = "acs:oss:cn-local-1:1000000000000001:"
    ask(core, program, bucket + "photos/cat.jpg")
    ask(core, program, bucket + "photos/private/diary.txt")
    core.writ_program_free(program)


if __name__ == "__main__":
    main()
