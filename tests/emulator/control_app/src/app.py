import json
import os
import sys


def handler(event, context):
    sys.stdout.write(f"EVENT {json.dumps(event)}\n")
    return {
        "event": event,
        "arn": context.invoked_function_arn,
        "version": context.function_version,
        "greeting": os.environ["GREETING"],
        "release": "first",
    }
