"""The function that the emulator's tests deploy: it does what its event says."""

import logging
import os
import subprocess
import sys
import threading
import time
import uuid

ENVIRONMENT = uuid.uuid4().hex
ticks = []
invocations = []


def say(text):
    sys.stdout.write(f"{text}\n")


say("loading app")


def _tick():
    while True:
        time.sleep(0.01)
        ticks.append(1)


def handler(event, context):
    invocations.append(1)
    time.sleep(event.get("sleep_s", 0))
    while "until" in event and not os.path.exists(event["until"]):
        time.sleep(0.01)
    return ACTS[event.get("act", "facts")](event, context)


def facts(event, context):
    custom = context.client_context.custom if context.client_context else None
    return {
        "environment": ENVIRONMENT,
        "pid": os.getpid(),
        "group": os.getpgid(0),
        "ticks": len(ticks),
        "invocations": len(invocations),
        "version": context.function_version,
        "arn": context.invoked_function_arn,
        "left_ms": context.get_remaining_time_in_millis(),
        "custom": custom,
        "event": event,
    }


def start_ticking(event, context):
    threading.Thread(target=_tick, daemon=True).start()
    return facts(event, context)


def start_child(event, context):
    return subprocess.Popen(["sleep", "600"]).pid


def variables(event, context):
    return dict(os.environ)


def directory(event, context):
    return {"cwd": os.getcwd(), "files": sorted(os.listdir("."))}


def speak(event, context):
    say("a printed line")
    logging.getLogger().warning("a logged line")
    os.write(2, b"a line on stderr\n")


def chatter(event, context):
    for number in range(2000):
        say(f"line {number} of a long story")


def fail(event, context):
    raise ValueError("broken on purpose")


def fail_at_length(event, context):
    raise ValueError("x" * 500_000)


def leave(event, context):
    os._exit(event["code"])


def big(event, context):
    return "x" * event["size"]


def write(event, context):
    with open(event["file"], "a") as file:
        file.write(f"{context.aws_request_id}\n")
    if event.get("fail"):
        raise ValueError("broken after writing")


ACTS = {
    act.__name__: act
    for act in (
        facts,
        start_ticking,
        start_child,
        variables,
        directory,
        speak,
        chatter,
        fail,
        fail_at_length,
        leave,
        big,
        write,
    )
}
