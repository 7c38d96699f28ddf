"""The events beside each example are what the warmer sends, and what a user's request looks like.

`UPDATE_GOLDEN=1` writes the pings anew.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet.model import FunctionRef
from profiles.model import PingSpec, Shape
from tests.examples.caller import HANDLERS, Caller
from warmer.events import payload

EXAMPLES = Path(__file__).parents[2] / "examples"
HEALTH = {
    "django-mangum": ("/warmz/", "shop.example.com"),
    "django-zappa": ("/warmz/", "shop.example.com"),
    "fastapi-mangum": ("/warmz", "api.example.com"),
}


def sent(app: str) -> Any:
    path, host = HEALTH[app]
    spec = PingSpec(shape=Shape.UNIVERSAL, path=path, host=host)
    at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    return json.loads(payload(spec, function=FunctionRef(text=app), count=5, burst="0f8c", at=at))


@pytest.mark.parametrize("app", HANDLERS)
def test_the_ping_beside_an_example_is_what_the_warmer_sends(app: str) -> None:
    path = EXAMPLES / app / "events" / "ping.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(sent(app), indent=2) + "\n")

    assert json.loads(path.read_text()) == sent(app)


def test_the_ping_beside_an_example_is_healthy_and_the_request_shows_a_page(example: Caller) -> None:
    folder = EXAMPLES / example.function / "events"
    assert example.ping(json.loads((folder / "ping.json").read_text()))["statusCode"] == 200
    answer = example.request(json.loads((folder / "request.json").read_text()))
    assert answer["statusCode"] == 200
    assert "Chef" in answer["body"]
