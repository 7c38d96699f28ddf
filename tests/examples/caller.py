"""Sends pings and requests to an example through an unmodified boto3 client."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from emulator.dataplane.model import FunctionVersion
from tests.examples.packages import built

EVENTS = Path(__file__).parents[1] / "golden" / "events"
HANDLERS = {
    "django-mangum": "mangum_handler.handler",
    "django-zappa": "caretaker_kit.handler.lambda_handler",
    "fastapi-mangum": "app.handler",
}
SHOPS = ("django-mangum", "django-zappa")
ZAPPA = (
    ("CARETAKER_HANDLER", "zappa.handler.lambda_handler"),
    ("CARETAKER_EAGER", "zappa.handler.LambdaHandler,caretaker_kit.django.load.everything"),
)


def version(app: str, *environment: tuple[str, str]) -> FunctionVersion:
    """The example as a function of the same name, with more variables where a test wants them."""
    return FunctionVersion(
        function=app,
        version="$LATEST",
        arn=f"arn:aws:lambda:eu-west-1:000000000000:function:{app}",
        handler=HANDLERS[app],
        runtime="python3.11",
        code_dir=built(app),
        environment=(*(ZAPPA if app == "django-zappa" else ()), *environment),
        timeout_s=30.0,
        memory_mb=512,
        identity="one",
    )


def event(shape: str, path: str = "/warmz/") -> dict[str, Any]:
    """The warmer's golden event of that shape, with another path where one is given."""
    text = (EVENTS / f"{shape}.json").read_text(encoding="utf-8")
    found = text.replace('"/warmz/"', json.dumps(path)).replace('"/warmz"', json.dumps(path.rstrip("/") or "/"))
    return json.loads(found)


def block(*, hold_ms: int = 0, count: int = 1) -> str:
    """A block whose release instant is `hold_ms` from now."""
    fields = {"v": 1, "burst": "0f8c", "of": count, "max_hold_ms": 2000}
    return json.dumps({**fields, "release_at_ms": int(time.time() * 1000) + hold_ms})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One function behind one endpoint."""

    client: Any
    function: str

    @classmethod
    def of(cls, endpoint: str, function: str) -> "Caller":
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60, max_pool_connections=20)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
        return cls(client=boto3.client("lambda", endpoint_url=endpoint, config=config, **keys), function=function)

    def request(self, payload: Any) -> Any:
        """What a user's request gets: no ClientContext."""
        return self._answer(Payload=json.dumps(payload))

    def ping(self, payload: Any, *, text: str | None = None) -> Any:
        """What one ping gets; without a text of its own its block asks for no hold."""
        context = {"custom": {"caretaker": block() if text is None else text}}
        encoded = base64.b64encode(json.dumps(context).encode()).decode()
        return self._answer(Payload=json.dumps(payload), ClientContext=encoded)

    def burst(self, payload: Any, *, count: int, hold_ms: int) -> list[dict[str, Any]]:
        """The evidence of `count` pings sent at once, with one release instant for all of them."""
        text = block(hold_ms=hold_ms, count=count)
        with ThreadPoolExecutor(count) as threads:
            answers = list(threads.map(lambda _: self.ping(payload, text=text), range(count)))
        # aws-wsgi writes the number as text.
        assert [int(answer["statusCode"]) for answer in answers] == [200] * count
        return [answer["caretaker"] for answer in answers]

    def _answer(self, **given: Any) -> Any:
        answer = self.client.invoke(FunctionName=self.function, **given)
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        return payload
