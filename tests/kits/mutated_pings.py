"""Sends mutated pings, and a real request behind each, to every adapter; prints what differed from a quiet day.

Run by the tests in a process of its own, with the adapters, the kit and Lambda's runtime client on the path: the
context of each invocation is made by that client from the mutated text, as on Lambda.
"""

import json
import random
import sys
import time
from collections import Counter
from typing import Any

import functions
from awslambdaric.bootstrap import create_lambda_context
from awslambdaric.lambda_runtime_exception import FaultException

from caretaker_kit.environment import ENVIRONMENT

COUNT, EVENT = int(sys.argv[1]), json.loads(sys.argv[2])
ADAPTERS = (
    "apig_wsgi", "serverless", "aws_wsgi", "powertools_rest", "powertools_http", "powertools_url", "powertools_alb",
    "chalice_app",
)  # fmt: skip
CHANCE = random.Random(20_261_121)
# No multiple of the number of adapters, so that each of them is met by a new environment.
RENEW_EACH = 49


def context_of(text: str | None) -> Any:
    """The context that Lambda's client makes of the header; None when it refuses the invocation."""
    try:
        return create_lambda_context(text, None, int(time.time() * 1000) + 30_000, "id", "arn", None)
    except FaultException:
        return None


def ping_text() -> str:
    block = {"v": 1, "burst": "0f8c", "of": 5, "max_hold_ms": 2000, "prime": ["/warmz/?from=prime", "/absent/"]}
    text = json.dumps({**block, "release_at_ms": int(time.time() * 1000) + 40})
    if CHANCE.random() < 0.5:
        return json.dumps({"custom": {"caretaker": mutated(text)}})
    return mutated(json.dumps({"custom": {"caretaker": text}}))


def mutated(text: str) -> str:
    letters = list(text)
    for _ in range(CHANCE.randint(1, 6)):
        place = CHANCE.randrange(len(letters))
        swapped = CHANCE.choices('{}[]":,0129eE.-+\\/ truefalsn\u0000é', k=CHANCE.randint(0, 3))
        letters[place : place + CHANCE.randint(0, 3)] = swapped
    return "".join(letters)


def without_evidence(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "caretaker"}


def main() -> None:
    usual = {name: getattr(functions, name)(EVENT, context_of(None)) for name in ADAPTERS}
    assert {int(answer["statusCode"]) for answer in usual.values()} == {200}
    seen: Counter[str] = Counter()
    broken: list[Any] = []
    while seen["invocations"] < COUNT:
        text = ping_text()
        context = context_of(text)
        if context is None:
            seen["refused by the runtime"] += 1
            continue
        name = ADAPTERS[seen["invocations"] % len(ADAPTERS)]
        seen["invocations"] += 1
        if seen["invocations"] % RENEW_EACH == 0:
            ENVIRONMENT.renew()
        answer = getattr(functions, name)(EVENT, context)
        seen["with evidence" if "caretaker" in answer else "without"] += 1
        request = getattr(functions, name)(EVENT, context_of(None))
        if without_evidence(answer) != usual[name] or request != usual[name]:
            broken.append([name, text, answer, request])
    sys.stdout.write(json.dumps({"seen": seen, "broken": broken[:5]}))


if __name__ == "__main__":
    main()
