"""Reads ping blocks, and combines those of platform, file and target into one PingSpec, key by key."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fleet.wire import MAX_CLIENT_CONTEXT_BYTES, primes_that_fit
from profiles import bounds, checks, time_checks
from profiles.fields import Fields, open_mapping, open_named
from profiles.findings import Findings, shown
from profiles.model import PingSpec, Shape
from profiles.yaml_nodes import Broken, Mapping, Node, Scalar, plain
from profiles.yaml_nodes import Sequence as SequenceNode

PING_KEYS = ("shape", "path", "host", "headers", "payload", "prime", "expect", "timeout")
HTTP_SHAPES = frozenset((Shape.UNIVERSAL, Shape.HTTP_V2, Shape.HTTP_V1, Shape.ALB))
_TIMEOUT = time_checks.duration(*bounds.TIMEOUTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PingLayer:
    """One ping block as far as it could be read: the values by key, and where the keys stand."""

    fields: Fields
    values: dict[str, Any]


def read_ping(node: Node, path: str, findings: Findings) -> PingLayer | None:
    """One ping block; None when it is no mapping. What belongs to which shape is judged by `combine`."""
    fields = open_mapping(node, path, findings, PING_KEYS)
    if fields is None:
        return None
    values: dict[str, Any] = {}
    for key, check in _CHECKS.items():
        value = fields.maybe(key, check)
        if value is not None:
            values[key] = value
    payload = fields.node("payload")
    if payload is not None and _harmless(payload, fields.at("payload"), findings):
        values["payload"] = plain(payload)
    return PingLayer(fields=fields, values=values)


def combine(layers: Sequence[PingLayer], target: Fields) -> PingSpec:
    """One PingSpec of blocks given from the most general to the most specific; the specific key wins.

    A key that the shape has no use for is an error, unless it is inherited and a more specific block chose the shape,
    or stands in another file. What is missing is noted at the target's or its file's block, or at the target itself.
    """
    own = [layer for layer in layers if layer.fields.findings is target.findings]
    if not any(layer.fields.meant("shape") for layer in layers) and _lacks_shape(own):
        return PingSpec()
    chosen = max((index for index, layer in enumerate(layers) if "shape" in layer.fields), default=0)
    if layers and "shape" in layers[chosen].fields and "shape" not in layers[chosen].values:
        return _unknown_shape(layers[chosen], target)
    shape = layers[chosen].values.get("shape", Shape.DIRECT) if layers else Shape.DIRECT
    values: dict[str, Any] = {}
    for index, layer in enumerate(layers):
        values.update({key: value for key, value in layer.values.items() if _suits(key, shape)})
        if index >= chosen and layer in own:
            refuse_unsuited(layer, shape)
    if shape in HTTP_SHAPES:
        _require_request(layers, values, shape, own[-1].fields if own else target)
    return _spec(shape, values)


def refuse_unsuited(layer: PingLayer, shape: Shape) -> None:
    """Note each key of a block that `shape` has no use for."""
    for key in layer.fields.keys:
        if key == "payload" and not _suits(key, shape):
            layer.fields.refuse(key, "E111", f"only the shape direct sends a payload, this one is {shape.value}")
        elif not _suits(key, shape):
            message = f"the shape {shape.value} has no {key}; choose one of {_http_names()}"
            layer.fields.refuse(key, "E111", message)


def _spec(shape: Shape, values: dict[str, Any]) -> PingSpec:
    return PingSpec(
        shape=shape,
        path=values.get("path"),
        host=values.get("host"),
        headers=values.get("headers", ()),
        payload=values.get("payload"),
        prime=tuple(values.get("prime", ())),
        expect_status=values.get("expect"),
        timeout=values.get("timeout"),
    )


def _unknown_shape(layer: PingLayer, target: Fields) -> PingSpec:
    """A shape with a mistake: noted already in the same file; another file's is named at the target."""
    if layer.fields.findings is not target.findings:
        target.missing(f'missing "ping": the shape in {layer.fields.findings.file} has a mistake')
    return PingSpec()


def _suits(key: str, shape: Shape) -> bool:
    if key in ("path", "host", "headers"):
        return shape in HTTP_SHAPES
    return key != "payload" or shape is Shape.DIRECT


def _require_request(layers: Sequence[PingLayer], values: dict[str, Any], shape: Shape, place: Fields) -> None:
    """Note a missing host or path; one with a mistake in the same file is noted already."""
    for key in ("host", "path"):
        if key in values or any(layer.fields.meant(key) for layer in layers if layer.fields.findings is place.findings):
            continue
        why = "the application sees a request and needs its own" if key == "host" else "choose a health route"
        block = "" if place.path.endswith("ping") else "ping."
        place.missing(f'missing required key "{block}{key}" of the shape {shape.value}: {why}')


def _lacks_shape(layers: Sequence[PingLayer]) -> bool:
    """Whether a block describes a request though none names a shape; noted where that block begins."""
    for layer in layers:
        for key in ("host", "path", "headers"):
            if key in layer.fields:
                layer.fields.missing(f'missing "shape": only HTTP shapes have a {key}; choose one of {_http_names()}')
                return True
    return False


def _http_names() -> str:
    return ", ".join(shape.value for shape in Shape if shape in HTTP_SHAPES)


def _harmless(node: Node, path: str, findings: Findings) -> bool:
    """Whether a payload can be sent: JSON, and without a key that a target would run."""
    match node:
        case Broken():
            return False
        case Scalar():
            if isinstance(node.value, float) and not math.isfinite(node.value):
                findings.error(node, "E112", f"{path}: {shown(node.text)} is no JSON number")
                return False
            return True
        case SequenceNode():
            verdicts = [_harmless(item, f"{path}[{index}]", findings) for index, item in enumerate(node.items)]
            return all(verdicts)
        case Mapping():
            return _harmless_mapping(node, path, findings)


def _harmless_mapping(node: Mapping, path: str, findings: Findings) -> bool:
    named = Fields(node, path, findings)
    safe = True
    for key, at in named.keys.items():
        value = named.node(key)
        if key in bounds.DANGEROUS_KEYS:
            message = "refused: Zappa and serverless-wsgi run what this key says inside the target"
            findings.error(at, "E112", f"{path}.{key}: {message}")
            safe = False
        elif value is not None and not _harmless(value, f"{path}.{key}", findings):
            safe = False
    return safe


def _matching(pattern: re.Pattern[str], wanted: str) -> checks.Check[str]:
    def check(node: Node, path: str, findings: Findings) -> str | None:
        found = checks.text(node, path, findings)
        if found is None or pattern.fullmatch(found):
            return found
        findings.error(node, "E111", f"{path}: {shown(found)} is not {wanted}")
        return None

    return check


def _headers(node: Node, path: str, findings: Findings) -> tuple[tuple[str, str], ...] | None:
    named = open_named(node, path, findings)
    if named is None:
        return None
    value = _matching(bounds.HEADER_VALUE, "an ASCII header value")
    found: dict[str, str | None] = {}
    for key, at in named.keys.items():
        if not bounds.HEADER.fullmatch(key):
            findings.error(at, "E111", f"{path}: {shown(key)} is not a header name")
        elif key.lower() in (known.lower() for known in found):
            findings.error(at, "E002", f"{path}: the header {shown(key)} is repeated in another spelling")
        else:
            found[key] = named.maybe(key, value)
    return tuple((key, text) for key, text in found.items() if text is not None)


def _expect(node: Node, path: str, findings: Findings) -> tuple[int, ...] | None:
    fields = open_mapping(node, path, findings, ("status",))
    if fields is None or not fields.require("status"):
        return None
    status = checks.integer(100, 599)
    value = fields.node("status")
    if isinstance(value, SequenceNode):
        if not value.items:
            findings.error(value, "E102", f"{path}.status: the list is empty; name at least one status")
        return tuple(fields.read("status", checks.many(status), [])) or None
    found = fields.maybe("status", status)
    return None if found is None else (found,)


def _prime(node: Node, path: str, findings: Findings) -> list[str] | None:
    """The list of paths; the first one that no longer fits into a ping is a mistake, as every ping carries them all."""
    found = _PATHS(node, path, findings)
    listed = checks.items(node, path, findings) if found else []
    fitting = primes_that_fit(found or ())
    if found is None or len(found) < len(listed) or fitting == len(found):
        return found
    over, at = listed[fitting]
    room = f"only {fitting} of {len(found)} paths fit into a ping's {MAX_CLIENT_CONTEXT_BYTES} bytes"
    findings.error(over, "E112", f"{at}: {room}; shorten the list, or let one route stand for several")
    return None


_PATH_CHECK = _matching(
    bounds.PATH, "a path; it begins with / and is of printable ASCII without spaces (write é as %C3%A9)"
)
_PATHS = checks.many(_PATH_CHECK)
_CHECKS: dict[str, Callable[[Node, str, Findings], Any]] = {
    "shape": checks.member(Shape),
    "path": _PATH_CHECK,
    "host": _matching(bounds.HOST, "a host name; write it without scheme and path, like shop.example.com"),
    "headers": _headers,
    "prime": _prime,
    "expect": _expect,
    "timeout": _TIMEOUT,
}
