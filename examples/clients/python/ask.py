#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a sidecar whether PRINCIPAL may do ACTION on each RESOURCE and prints a
line for each. Exits 0 when all are allowed, 1 when one is not, 2 when it was
called wrongly (docs/clients.md)."""
import argparse
import sys

sys.dont_write_bytecode = True
import authorizer  # noqa: E402


def complain(line):
    print(line, file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ca", metavar="FILE")
    parser.add_argument("--cert", metavar="FILE")
    parser.add_argument("--key", metavar="FILE")
    parser.add_argument("--token-file", metavar="FILE")
    parser.add_argument("--deadline-ms", type=int, default=1000)
    parser.add_argument("--context", action="append", default=[],
                        metavar="KEY=VALUE")
    parser.add_argument("--proto", default=authorizer.PROTO_ROOT,
                        help="the folder with writ/authz/v1")
    parser.add_argument("server", help="unix:/path or 127.0.0.1:50051")
    parser.add_argument("principal")
    parser.add_argument("action")
    parser.add_argument("resources", nargs="+")
    options = parser.parse_args()
    context = {}
    for entry in options.context:
        key, equals, value = entry.partition("=")
        if not equals:
            parser.error(f"--context takes KEY=VALUE, not {entry}")
        context.setdefault(key, []).append(value)
    try:
        asker = authorizer.Authorizer(
            authorizer.load_stubs(options.proto), options.server,
            ca=options.ca, certificate=options.cert, key=options.key,
            token_file=options.token_file,
            deadline=options.deadline_ms / 1000, why_not=complain)
    except (OSError, ValueError, RuntimeError) as error:
        parser.error(str(error))
    requests = [asker.request(options.principal, options.action, resource,
                              context) for resource in options.resources]
    allowed = ([asker.allows(requests[0])] if len(requests) == 1
               else asker.allows_each(requests))
    for resource, yes in zip(options.resources, allowed):
        print("ALLOW" if yes else "DENY", resource)
    asker.close()
    return 0 if all(allowed) else 1


if __name__ == "__main__":
    sys.exit(main())
