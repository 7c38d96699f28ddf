"""What an answer that was not the expected one says of the application: which setting likely causes it. Pure.

Words for a report, each with Django's or Spring's own name for the setting. Where the answer tells which of the two it
came from, only that one's is named. Nothing of an answer's body is repeated but the names of failing health parts.
"""

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from fleet.words import said
from profiles.model import PingSpec


class Framework(Enum):
    """What an answer looks like it was made by."""

    DJANGO = "Django"
    SPRING = "Spring"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An HTTP reply taken apart as far as advice needs it."""

    status: int
    location: str
    text: str
    body: Any
    framework: Framework

    def either(self, *, django: str, spring: str) -> str:
        """The settings of the framework that answered, or of both with their names."""
        match self.framework:
            case Framework.DJANGO:
                return f"Django: {django}"
            case Framework.SPRING:
                return f"Spring: {spring}"
            case Framework.UNKNOWN:
                return f"Django: {django}; Spring: {spring}"


# Source: django/views/defaults.py, django/views/csrf.py, django/http/request.py: the words of Django's own answers.
_DJANGO = re.compile(
    r"Bad Request \(400\)|Server Error \(500\)|was not found on this server|CSRF verification failed|DisallowedHost"
    r"|ALLOWED_HOSTS|csrfmiddlewaretoken|Authentication credentials were not provided"
)
# Source: Spring Boot reference, "Error Handling" (timestamp, status, error, path) and Actuator's media type.
_SPRING = re.compile(r"Whitelabel Error Page|HTTP Status \d{3} \S|vnd\.spring-boot\.actuator|JSESSIONID")
_LOGIN = re.compile(r"login|log-in|signin|sign-in|oauth|saml|/sso|/auth", re.IGNORECASE)
_MOST_TEXT = 20_000
_MOST_PARTS = 5


def read(status: int, reply: Any) -> Reading:
    """What advice needs of an HTTP reply with this status."""
    headers = dict(_headers(reply))
    body = reply.get("body") if isinstance(reply, dict) else None
    text = body[:_MOST_TEXT] if isinstance(body, str) else ""
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        decoded = None
    return Reading(
        status=status,
        location=headers.get("location", ""),
        text=text,
        body=decoded,
        framework=_framework(text, decoded, headers),
    )


def _headers(reply: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for field in ("headers", "multiValueHeaders"):
        headers = reply.get(field) if isinstance(reply, dict) else None
        for name, value in headers.items() if isinstance(headers, dict) else ():
            one = value[0] if isinstance(value, list) and value else value
            found.append((str(name).lower(), str(one)[:2000]))
    return found


def _framework(text: str, body: Any, headers: dict[str, str]) -> Framework:
    spring_error = isinstance(body, dict) and {"timestamp", "status", "error"} <= set(body)
    actuator = isinstance(body, dict) and body.get("status") in ("DOWN", "OUT_OF_SERVICE", "UNKNOWN")
    telling = " ".join((text, headers.get("content-type", ""), headers.get("set-cookie", "")))
    if spring_error or actuator or _SPRING.search(telling):
        return Framework.SPRING
    return Framework.DJANGO if _DJANGO.search(telling) else Framework.UNKNOWN


def before_the_route(status: int, reply: Any, spec: PingSpec) -> str:
    """Words to follow "answered 301": why a 3xx or 4xx came from before the application's route."""
    if spec.path is None:
        return f": the handler does not know what a ping of the shape {spec.shape.value} asks"
    found = read(status, reply)
    # Without its query, which may hold a token.
    path, host = spec.path.split("?", maxsplit=1)[0], spec.host or ""
    if 300 <= status < 400:
        return f" to {_place(found.location)}: a redirect warms nothing; {_redirect(found, path, host)}"
    words = {400: _bad_request, 401: _refused, 403: _refused, 404: _not_found, 405: _method}
    return f": {words.get(status, _other)(found, path, host)}"


def _place(location: str) -> str:
    """The address without its query, which may hold a token, and without a user's name and password."""
    return said(location.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]) or "an unnamed place"


def _redirect(found: Reading, path: str, host: str) -> str:
    try:
        parts = urlsplit(found.location)
    except ValueError:
        parts = urlsplit("")
    if parts.path == f"{path}/":
        return f"ping.path {path} lacks the slash at its end (Django: APPEND_SLASH)"
    if _LOGIN.search(parts.path):
        settings = found.either(
            django="login_not_required on the health view, or an exception in the login middleware",
            spring=f'requestMatchers("{path}").permitAll() in the SecurityFilterChain',
        )
        return f"{path} is behind a login ({settings})"
    if parts.scheme == "https" and parts.path in {path, ""} and (parts.hostname or host) == _bare(host):
        settings = found.either(
            django="SECURE_SSL_REDIRECT needs SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')",
            spring="requiresSecure() needs server.forward-headers-strategy=framework",
        )
        return f"an SSL redirect: x-forwarded-proto: https is sent, but not trusted ({settings})"
    if parts.hostname and parts.hostname != _bare(host):
        return f"the application prefers another host than ping.host {host} (Django: PREPEND_WWW)"
    return (
        f"likely a missing slash at the end of ping.path {path} (Django: APPEND_SLASH), an SSL redirect (Django: "
        "SECURE_SSL_REDIRECT without SECURE_PROXY_SSL_HEADER) or a login in front of the health check"
    )


def _bare(host: str) -> str:
    return host.split(":", maxsplit=1)[0].lower()


def _bad_request(found: Reading, path: str, host: str) -> str:
    settings = found.either(
        django=f"add {host or 'the host'} to ALLOWED_HOSTS",
        spring=f"the server takes the request to {path} or its Host header for malformed, or a parameter is missing",
    )
    return f"likely ping.host {host} is not among the application's allowed hosts ({settings})"


def _refused(found: Reading, path: str, _host: str) -> str:
    if "CSRF" in found.text:
        return (
            f"Django's CSRF check refused it, so the ping came as a POST and {path} was not called; with Lambda Web "
            "Adapter choose an HTTP ping.shape"
        )
    settings = found.either(
        django="login_not_required or permission_classes = [AllowAny] on the health view",
        spring=f'requestMatchers("{path}").permitAll() in the SecurityFilterChain',
    )
    return f"the application refused {path} before its route; let the health check pass without a login ({settings})"


def _not_found(found: Reading, path: str, _host: str) -> str:
    spring = "server.servlet.context-path belongs into the path"
    if "actuator" in path or "health" in path:
        spring = (
            "management.endpoints.web.exposure.include lacks the endpoint, management.server.port is a port of its own "
            f"that Lambda does not see, or {spring}"
        )
    settings = found.either(django="urls.py has no such path, or a stage is part of it", spring=spring)
    return f"the application has no route for ping.path {path} ({settings})"


def _method(_found: Reading, path: str, _host: str) -> str:
    return f"the route of ping.path {path} takes no GET; give the application a health route"


def _other(_found: Reading, path: str, _host: str) -> str:
    return f"the application refused ping.path {path}"


def behind_the_route(status: int, reply: Any) -> str:
    """Words to follow "answered 503, expected 2xx"; empty where the answer gives no clue."""
    found = read(status, reply)
    message = found.body.get("message") if isinstance(found.body, dict) else None
    if status == 500 and message == "Internal Server Error":
        # Source: aws-serverless-java-container, AwsProxyExceptionHandler.
        return (
            ": Spring's container could not read the event; try ping.shape http-v2, or http-v1 for a REST API's handler"
        )
    if status == 502 and message == "Gateway timeout":
        return ": Spring's context did not start, or the request raised: the function's log has the exception"
    failing = _failing_parts(found.body)
    if failing:
        return f": failing {', '.join(failing[:_MOST_PARTS])}"
    if found.framework is Framework.DJANGO and status == 500:
        return (
            ": a Django view raised (a missing migration, template or manifest?); the function's log has the exception"
        )
    return ""


def _failing_parts(body: Any) -> list[str]:
    """The parts of a health answer that are down: Actuator's components, or checks whose outcome is not ok."""
    if not isinstance(body, dict):
        return []
    for key in ("components", "details"):
        parts = body.get(key)
        if isinstance(parts, dict):
            return [
                said(name, most=60)
                for name, part in parts.items()
                if isinstance(part, dict) and part.get("status") not in ("UP", None)
            ]
    checks = body.get("checks")
    if isinstance(checks, dict):
        return [said(name, most=60) for name, outcome in checks.items() if outcome not in ("ok", "OK", "working", True)]
    return []
