"""Published versions and aliases through the Lambda API: the adapter of `fleet.ports.Versions`.

One delete, of one version, is the only write here. The caller needs lambda:ListFunctions, lambda:ListAliases and
lambda:DeleteFunction on `function:*:*` (qualified ARNs only).
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from botocore.exceptions import ClientError

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.aws.listing import read_as_sent
from fleet.aws.rate import Pace
from fleet.model import Alias, PublishedVersion, VersionNumber
from fleet.ports import FunctionAbsent, Listing, Refused, ReplicatedAtEdge, VersionInUse

T = TypeVar("T")

# Source: CloudFront developer guide, "Delete Lambda@Edge functions and replicas". The refusal has no code of its own
# and its words have changed; what they do not match is still refused, and quarantined as anything unforeseen.
_EDGE = re.compile(r"replica|lambda@edge|\bedge\b", re.IGNORECASE)


class LambdaVersions:
    """The Versions port over one Lambda client; every request waits its turn at `pace`."""

    def __init__(self, client: Any, pace: Pace) -> None:
        self._client = client
        self._pace = pace

    @classmethod
    def connect(cls, pace: Pace, *, timeout_s: float) -> Self:
        """The port over the SDK's own endpoint, region and credentials. Raises: FleetError (no region)."""
        try:
            found = client("lambda", timeout_s=timeout_s)
            read_as_sent(found)
            return cls(found, pace)
        except Exception as error:
            raise translated(error, service="lambda", operation="ListFunctions") from error

    def listing(self) -> Listing:
        """Every function and published version, all pages.

        Source: Lambda API reference, ListFunctions: FunctionVersion=ALL lists every published version as well as
        $LATEST, 50 a page at most.
        """
        functions: set[str] = set()
        versions: dict[tuple[str, int], PublishedVersion] = {}
        for page in self._pages("ListFunctions", self._client.list_functions, {"FunctionVersion": "ALL"}):
            for name, version in _understood("ListFunctions", page, _versions_of):
                functions.add(name)
                if version is not None:
                    versions[name, version.number.value] = version
        return Listing(functions=frozenset(functions), versions=tuple(versions.values()))

    def aliases(self, function: str) -> Sequence[Alias]:
        """Every alias of `function`, all pages, with its weights."""
        pages = self._pages("ListAliases", self._client.list_aliases, {"FunctionName": _nonempty(function)})
        return tuple(alias for page in pages for alias in _understood("ListAliases", page, _aliases_of))

    def wait_turn(self) -> None:
        """Wait until the rate allows the next request."""
        self._pace.wait_turn()

    def delete(self, function: str, version: VersionNumber) -> None:
        """Delete that one version; a request without its number cannot be made here.

        Source: Lambda API reference, DeleteFunction: without a Qualifier it deletes the whole function.
        """
        name, qualifier = _nonempty(function), str(VersionNumber.parse(str(version)))
        try:
            self._pace.once(lambda: _call("DeleteFunction", self._client.delete_function, name, qualifier))
        except FunctionAbsent:
            # A 404 does not say whether the function or only this version is absent; its aliases do.
            self.aliases(name)

    def _pages(self, operation: str, method: Any, arguments: Mapping[str, str]) -> Iterator[Any]:
        marker: str | None = None
        seen: set[str] = set()
        while True:
            page = self._pace.patiently(_reading(operation, method, arguments, marker))
            yield page
            marker = page.get("NextMarker")
            if not marker:
                return
            if marker in seen:
                raise Refused(f"lambda:{operation}: the page marker {marker!r} came twice; the listing never ends")
            seen.add(marker)


def _reading(operation: str, method: Any, arguments: Mapping[str, str], marker: str | None) -> Callable[[], Any]:
    more = {"Marker": marker} if marker else {}

    def read() -> Any:
        try:
            return method(**arguments, **more)
        except Exception as error:
            raise _said(error, operation, arguments.get("FunctionName", "")) from error

    return read


def _call(operation: str, method: Any, function: str, qualifier: str) -> None:
    try:
        method(FunctionName=_nonempty(function), Qualifier=_nonempty(qualifier))
    except Exception as error:
        raise _said(error, operation, f"{function}:{qualifier}") from error


def _said(error: Exception, operation: str, subject: str) -> Exception:
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        code = error.response.get("Error", {}).get("Code")
        words = error.response.get("Error", {}).get("Message", "")
        if subject and (status == 404 or code == "ResourceNotFoundException"):
            return FunctionAbsent(f"lambda:{operation} {subject}: {words or 'not found'}")
        if subject and (status == 409 or code == "ResourceConflictException"):
            return VersionInUse(f"lambda:{operation} {subject}: {words or 'conflict'}")
        if operation == "DeleteFunction" and status == 400 and _EDGE.search(words):
            return ReplicatedAtEdge(f"lambda:{operation} {subject}: {words}")
    return translated(error, service="lambda", operation=operation)


def _understood(operation: str, page: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        return read(page)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(
            f"lambda:{operation}: the reply cannot be understood ({type(error).__name__}: {error})"
        ) from error


def _nonempty(text: str) -> str:
    if not text:
        raise ValueError("a function's name and a version's number are never empty")
    return text


def _versions_of(page: Mapping[str, Any]) -> list[tuple[str, PublishedVersion | None]]:
    if not isinstance(page["Functions"], list):
        raise TypeError(f"Functions is {type(page['Functions']).__name__}, not a list")
    return [(_name(item), _published(item)) for item in page["Functions"]]


def _aliases_of(page: Mapping[str, Any]) -> list[Alias]:
    return [_alias(item) for item in page["Aliases"]]


def _name(item: Mapping[str, Any]) -> str:
    name = item["FunctionName"]
    if not isinstance(name, str):
        raise TypeError(f"FunctionName is {name!r}")
    return sys.intern(name)  # it comes with each of its versions


def _published(item: Mapping[str, Any]) -> PublishedVersion | None:
    number = VersionNumber.parse_or_none(str(item.get("Version", "")))
    if number is None:
        return None
    return PublishedVersion(
        function=_name(item),
        number=number,
        code_sha256=str(item.get("CodeSha256") or ""),
        code_size_bytes=int(item.get("CodeSize") or 0),
        last_modified=_instant(item.get("LastModified")),
        description=str(item.get("Description") or ""),
        runtime=str(item.get("Runtime") or ""),
        snap_start=(item.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions",
        memory_mb=int(item.get("MemorySize") or 0),
        network=_network(item.get("VpcConfig") or {}),
        layers=tuple(str(layer["Arn"]) for layer in item.get("Layers") or ()),
    )


def _network(found: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(str(one) for name in ("SubnetIds", "SecurityGroupIds") for one in found.get(name) or ()))


def _instant(text: Any) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def _alias(item: Mapping[str, Any]) -> Alias:
    weights = (item.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Alias(
        name=str(item["Name"]),
        version=str(item["FunctionVersion"]),
        weights=tuple(sorted((str(version), float(share)) for version, share in weights.items())),
    )
