"""How the adapters ask: one request at its pace, or all pages of an answer, with failures in this project's words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.aws.rate import Pace
from fleet.ports import FleetError, FunctionAbsent, Refused

T = TypeVar("T")


def never(_: ClientError) -> bool:
    """For answers that have no meaning but failure."""
    return False


def not_found(error: ClientError) -> bool:
    """Whether the answer says that what was asked about does not exist."""
    return _status(error) == 404 or _code(error) == "ResourceNotFoundException"


def said_not_found(error: ClientError) -> bool:
    """The same in so many words: a bare 404 may come from anything in between."""
    return _code(error) == "ResourceNotFoundException"


def no_such_stack(error: ClientError) -> bool:
    """Whether CloudFormation does not know the stack, which it says with a code that means other things as well."""
    return _code(error) == "ValidationError" and "does not exist" in _words(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One service's client at one pace.

    `absent` says which refusal is an answer, namely that there is nothing; every other one is raised as a FleetError,
    and for Lambda a "not found" as FunctionAbsent.
    """

    client: Any
    service: str
    pace: Pace

    def one(
        self, operation: str, arguments: Mapping[str, Any], *, absent: Callable[[ClientError], bool] = never
    ) -> Any | None:
        """The reply to one request; None when what was asked about is absent."""
        return self.pace.patiently(partial(self._ask, operation, arguments, absent))

    def once(self, operation: str, arguments: Mapping[str, Any]) -> Any | None:
        """The reply to one request that is tried once only, because it changes something."""
        return self.pace.once(partial(self._ask, operation, arguments, never))

    def pages(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        token: tuple[str, str],
        absent: Callable[[ClientError], bool] = never,
    ) -> Iterator[Any]:
        """Every page of the reply; `token` names the next page's mark in a request, and its path in a reply."""
        more: dict[str, Any] = {}
        seen: set[str] = set()
        while True:
            page = self.one(operation, {**arguments, **more}, absent=absent)
            if page is None:
                return
            yield page
            following = _at(page, token[1])
            if not following:
                return
            if following in seen:
                raise Refused(f"{self.service}:{operation}: the same page came twice; the listing never ends")
            seen.add(following)
            more = {token[0]: following}

    def understood(self, operation: str, read: Callable[[], T]) -> T:
        """What `read` makes of a reply. Raises: Refused when the reply is not what the API promises."""
        try:
            return read()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            said = f"{type(error).__name__}: {error}"
            raise Refused(f"{self.service}:{operation}: the reply cannot be understood ({said})") from error

    def _ask(self, operation: str, arguments: Mapping[str, Any], absent: Callable[[ClientError], bool]) -> Any | None:
        try:
            return getattr(self.client, _method(operation))(**arguments)
        except ClientError as error:
            if absent(error):
                return None
            raise self._failed(error, operation, arguments) from error
        except Exception as error:
            raise translated(error, service=self.service, operation=operation) from error

    def _failed(self, error: ClientError, operation: str, arguments: Mapping[str, Any]) -> FleetError:
        if self.service == "lambda" and not_found(error):
            return FunctionAbsent(f"lambda:{operation} {arguments.get('FunctionName', '')}: {_words(error)}")
        return translated(error, service=self.service, operation=operation)


def asking_of(service: str, pace: Pace, *, region: str | None = None) -> Asking:
    """For a service as the SDK's variables have it. Raises: FleetError without a region, or with a wrong profile."""
    try:
        return Asking(client=client(service, region=region), service=service, pace=pace)
    except Exception as error:
        raise translated(error, service=service) from error


def _method(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")


def _at(page: Any, path: str) -> str | None:
    for key in path.split("."):
        page = page.get(key) or {}
    return page or None


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _words(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", "")) or "not found"
