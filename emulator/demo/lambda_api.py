"""The few Lambda calls that the demo makes, over plain HTTP: the emulator asks for no signature."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

_TIMEOUT_S = 300


class DemoError(Exception):
    """The demo cannot go on. The message is for the person who started it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaApi:
    """Lambda's REST API at `endpoint`."""

    endpoint: str

    def invoke(self, function: str, payload: bytes, *, qualifier: str | None = None) -> Any:
        """The function's decoded reply. Raises: DemoError when Lambda or the function failed."""
        query = f"?Qualifier={urllib.parse.quote(qualifier)}" if qualifier else ""
        headers, body = self._call("POST", f"/2015-03-31/functions/{function}/invocations{query}", payload)
        reply = json.loads(body) if body else None
        if headers.get("X-Amz-Function-Error"):
            raise DemoError(f"{function} failed: {reply}")
        return reply

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST to a path of the control plane, or of the emulator itself."""
        return self._decoded("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """PUT to a path of the control plane."""
        return self._decoded("PUT", path, body)

    def get(self, path: str) -> Any:
        """GET a path of the control plane."""
        return self._decoded("GET", path, None)

    def _decoded(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        _, answer = self._call(method, path, None if body is None else json.dumps(body).encode())
        return json.loads(answer) if answer else None

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[Any, bytes]:
        request = urllib.request.Request(  # noqa: S310 - the address is the emulator's own
            self.endpoint + path, data=body, method=method, headers={"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                return answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            raise DemoError(
                f"{method} {path} answered {error.code}: {error.read().decode(errors='replace')}"
            ) from error
        except urllib.error.URLError as error:
            raise DemoError(f"{method} {path}: the emulator does not answer ({error.reason})") from error
