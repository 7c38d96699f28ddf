"""A runtime of its own: speaks the Lambda Runtime API with the standard library alone."""

import json
import os
import signal
import sys
import urllib.request

BASE = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def say_goodbye(number, frame):
    with open(os.environ["GOODBYE"], "w") as file:
        file.write("asked to end")
    sys.exit(0)


if "GOODBYE" in os.environ:
    signal.signal(signal.SIGTERM, say_goodbye)

while True:
    with urllib.request.urlopen(f"{BASE}/next") as response:
        event = json.load(response)
        headers = response.headers
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    reply = {
        "echo": event,
        "pid": os.getpid(),
        "handler": os.environ["_HANDLER"],
        "context": json.loads(headers.get("Lambda-Runtime-Client-Context", "null")),
        "trace": headers["Lambda-Runtime-Trace-Id"],
        "deadline_ms": int(headers["Lambda-Runtime-Deadline-Ms"]),
    }
    urllib.request.urlopen(f"{BASE}/{request_id}/response", data=json.dumps(reply).encode()).close()
