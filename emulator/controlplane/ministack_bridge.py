"""The program that ministack's own interpreter runs: ministack, with its Lambda executions sent to our data plane.

What lives here: the few places where ministack must know of us. It starts ministack on the socket that its parent
opened, turns each execution (EventBridge, SNS, S3, Step Functions, API Gateway, ...) into an Invoke at our front, shows
its function records to the front, and keeps version numbers from being used twice; what its CloudFormation needs is in
`ministack_cloudformation`. What must not: anything of this project, which that interpreter cannot import, and any
answer to a client: those are `answers`.

It is pinned to one version of ministack, because it replaces private names; a missing name ends it with a message.
"""

import asyncio
import contextvars
import functools
import importlib
import json
import os
import runpy
import shutil
import signal
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXPECTED_VERSION = "1.5.33"
# A cold start may come on top of the function's own timeout; the front always answers within this.
_INIT_ALLOWANCE_S = 30.0

_asynchronous: contextvars.ContextVar[bool] = contextvars.ContextVar("asynchronous", default=False)
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _replace(module: Any, name: str, make: Callable[[Any], Any]) -> None:
    original = getattr(module, name, None)
    if original is None:
        sys.exit(
            f"emulator: ministack has no {module.__name__}.{name}; this works with version {EXPECTED_VERSION} only"
        )
    setattr(module, name, make(original))


class Executions:
    """Ministack's executions as Invoke calls at the front, in the shape that ministack's services expect back."""

    def __init__(self, front_url: str, lambda_service: Any) -> None:
        self._front_url = front_url
        self._lambda = lambda_service

    def install(self) -> None:
        """Take the place of ministack's own executor and of its deliveries that are asynchronous on AWS."""
        _replace(self._lambda, "_execute_function", lambda _: self.execute)
        _replace(self._lambda, "invoke_async_with_retry", lambda _: self.execute_later)
        events = importlib.import_module("ministack.services.eventbridge")
        _replace(events, "_dispatch_to_lambda", lambda _: self.deliver_event)
        _replace(importlib.import_module("ministack.services.sns"), "_deliver_to_lambda", _as_event)

    def execute(self, record: dict[str, Any], event: Any) -> dict[str, Any]:
        """Run one execution and wait for it: what Step Functions, API Gateway and queues' mappings ask for."""
        config = record.get("config") or record
        return self._invoke(config["FunctionArn"], config.get("Version", "$LATEST"), event, config.get("Timeout") or 3)

    def execute_later(self, record: dict[str, Any], event: Any) -> None:
        """Hand an event to the front, whose asynchronous invoke owns retries and dead letters."""
        context = contextvars.copy_context()
        context.run(_asynchronous.set, True)
        threading.Thread(target=context.run, args=(self.execute, record, event), daemon=True).start()

    def deliver_event(self, arn: str, payload: str) -> None:
        """EventBridge's delivery: asynchronous on AWS, and to the alias or version that the rule's target names."""
        try:
            event = json.loads(payload)
        except (json.JSONDecodeError, TypeError):
            event = {"body": payload}
        self.execute_later({"FunctionArn": arn, "Version": "$LATEST"}, event)

    def _invoke(self, arn: str, version: str, event: Any, timeout_s: float) -> dict[str, Any]:
        parts = arn.split(":")
        name, qualifier = parts[6] if len(parts) > 6 else arn, parts[7] if len(parts) > 7 else version
        url = f"{self._front_url}/2015-03-31/functions/{name}/invocations?" + urllib.parse.urlencode(
            {"Qualifier": qualifier}
        )
        kind = "Event" if _asynchronous.get() else "RequestResponse"
        request = urllib.request.Request(  # noqa: S310
            url, json.dumps(event).encode(), {"X-Amz-Invocation-Type": kind, "Content-Type": "application/json"}
        )
        try:
            with _opener.open(request, timeout=timeout_s + _INIT_ALLOWANCE_S) as reply:
                return _result(reply.status, reply.headers.get("X-Amz-Function-Error"), reply.read())
        except urllib.error.HTTPError as refusal:
            return _result(refusal.code, None, refusal.read())
        except OSError as error:
            print(f"emulator: no answer from the front for {arn}: {error}", file=sys.stderr, flush=True)
            return {"error": True, "body": {"errorType": "Runtime.Unreachable", "errorMessage": str(error)}, "log": ""}


def _result(status: int, function_error: str | None, body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body) if body else None
    except json.JSONDecodeError:
        payload = body.decode("utf-8", "replace")
    if status == 429:
        return {"throttle": True, "error": True, "body": payload, "log": ""}
    if status >= 300:
        message = payload.get("message") or payload.get("Message") if isinstance(payload, dict) else payload
        kind = payload.get("__type") or payload.get("Type") if isinstance(payload, dict) else None
        return {"error": True, "body": {"errorType": kind or f"Http{status}", "errorMessage": message}, "log": ""}
    if function_error:
        return {"error": True, "function_error": function_error, "body": payload, "log": ""}
    return {"body": payload, "log": ""}


def _as_event(deliver: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(deliver)
    def delivery(*args: Any) -> Any:
        token = _asynchronous.set(True)
        try:
            return deliver(*args)
        finally:
            _asynchronous.reset(token)

    return delivery


def remember_version_numbers(functions: Any) -> None:
    """Let a function that is deleted and created again go on counting its versions.

    Source: Lambda developer guide, "Manage Lambda function versions": Lambda assigns version numbers monotonically and
    never reuses one, even for a function that has been deleted and recreated.
    """
    next_numbers: dict[Any, int] = {}
    base = type(functions)

    def set_item(self: Any, name: str, record: dict[str, Any]) -> None:
        record["next_version"] = max(record.get("next_version", 1), next_numbers.get(self._scoped(name), 1))
        base.__setitem__(self, name, record)

    def forget(self: Any, name: str) -> None:
        if (record := self.get(name)) is not None:
            next_numbers[self._scoped(name)] = record.get("next_version", 1)

    def delete_item(self: Any, name: str) -> None:
        forget(self, name)
        base.__delitem__(self, name)

    def pop(self: Any, name: str, *default: Any) -> Any:
        forget(self, name)
        return base.pop(self, name, *default)

    members = {"__slots__": (), "__setitem__": set_item, "__delitem__": delete_item, "pop": pop}
    functions.__class__ = type("NumberedFunctions", (base,), members)


class Records:
    """Ministack's Lambda records over HTTP, below `/_emulator/`; everything else is ministack's."""

    def __init__(self, lambda_service: Any, app: Callable[..., Awaitable[None]]) -> None:
        self._lambda = lambda_service
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """One ASGI conversation."""
        if scope["type"] != "http" or not scope["path"].startswith("/_emulator/"):
            await self._app(scope, receive, send)
            return
        query = dict(urllib.parse.parse_qsl(scope["query_string"].decode()))
        with _request_scope():
            body = self._answer(scope["path"].removeprefix("/_emulator/"), query)
        kind = b"application/zip" if body is not None and body[:2] == b"PK" else b"application/json"
        await send(
            {
                "type": "http.response.start",
                "status": 404 if body is None else 200,
                "headers": [(b"content-type", kind)],
            }
        )
        await send({"type": "http.response.body", "body": body or b""})

    def _answer(self, path: str, query: dict[str, str]) -> bytes | None:
        functions = self._lambda._functions  # noqa: SLF001
        match path:
            case "functions":
                return _as_json([_shown(name, record) for name, record in functions.items()])
            case "reserved":
                return _as_json(
                    {name: record["concurrency"] for name, record in functions.items() if _reserves(record)}
                )
            case "layer":
                return self._layer(query["arn"])
            case _:
                record = functions.get(query.get("name", ""))
                return None if record is None else _of_function(path, query, record)

    def _layer(self, arn: str) -> bytes | None:
        zipped: bytes | None = self._lambda._resolve_layer_zip(arn)  # noqa: SLF001
        return zipped


def _of_function(path: str, query: dict[str, str], record: dict[str, Any]) -> bytes | None:
    if path == "function":
        return _as_json(_shown(query["name"], record))
    version = query.get("version", "$LATEST")
    holder = record if version == "$LATEST" else record["versions"].get(version)
    code: bytes | None = (holder or {}).get("code_zip")
    return code


def _reserves(record: dict[str, Any]) -> bool:
    return record.get("concurrency") is not None


def _shown(name: str, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "latest": record["config"],
        "versions": {number: version["config"] for number, version in list(record["versions"].items())},
        "aliases": record["aliases"],
        "reserved": record.get("concurrency"),
        "provisioned": record.get("provisioned_concurrency") or {},
        "policy": record.get("policy") or {},
        "event_configs": record.get("event_invoke_configs") or {},
    }


def _as_json(value: Any) -> bytes:
    while True:
        try:
            return json.dumps(value).encode()
        except RuntimeError:  # a deployment changed the record meanwhile: look again
            continue


@contextmanager
def _request_scope() -> Iterator[None]:
    responses = importlib.import_module("ministack.core.responses")
    with responses.request_scope(os.environ["MINISTACK_ACCOUNT_ID"], os.environ["MINISTACK_REGION"]):
        yield


def _end_with_parent() -> None:
    """The parent holds the other end of standard input; when it is gone, however it went, so are we and its files."""
    sys.stdin.buffer.read()
    shutil.rmtree(os.environ["EMULATOR_FOLDER"], ignore_errors=True)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Timer(5.0, os._exit, (0,)).start()


def main() -> None:
    """Serve ministack on the socket whose descriptor is the first argument, until the parent goes."""
    found = importlib.import_module("importlib.metadata").version("ministack")
    if found != EXPECTED_VERSION:
        sys.exit(f"emulator: ministack is {found}, and this works with {EXPECTED_VERSION} only; run make setup")
    lambda_service = importlib.import_module("ministack.services.lambda_svc")
    functions = lambda_service._functions  # noqa: SLF001
    Executions(os.environ["EMULATOR_FRONT_URL"], lambda_service).install()
    remember_version_numbers(functions)
    # This interpreter is started apart from all folders, so what lies beside this file is run by its path.
    cloudformation = runpy.run_path(str(Path(__file__).with_name("ministack_cloudformation.py")))
    cloudformation["keep_properties"](functions)
    cloudformation["join_in_conditions"](_replace)
    config = importlib.import_module("hypercorn.config").Config()
    config.bind, config.keep_alive_timeout, config.loglevel = [f"fd://{sys.argv[1]}"], 75, "WARNING"
    threading.Thread(target=_end_with_parent, daemon=True).start()
    app = Records(lambda_service, importlib.import_module("ministack.app").app)
    asyncio.run(importlib.import_module("hypercorn.asyncio").serve(app, config))


if __name__ == "__main__":
    main()
