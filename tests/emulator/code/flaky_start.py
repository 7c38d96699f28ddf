"""A function whose first start ends in what START_FAILURE says; later ones are well, unless it says always."""

import os

FLAG = os.environ["FLAG"]
ATTEMPT = os.path.getsize(FLAG) if os.path.exists(FLAG) else 0
with open(FLAG, "a") as flag:
    flag.write("x")

if ATTEMPT == 0 or os.environ.get("ALWAYS"):
    if os.environ["START_FAILURE"] == "exit":
        os._exit(7)
    raise RuntimeError("no database")


def handler(event, context):
    return f"start {ATTEMPT + 1}"
