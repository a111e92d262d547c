# SPDX-License-Identifier: Apache-2.0
"""The smallest useful function: it greets whom the event names."""
import json


def handler(event, context):
    name = json.loads(event).get("name", "world")
    print("greeting", name)
    return {"greeting": f"Hello, {name}, from Python."}
