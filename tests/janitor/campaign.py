"""Rehearsals on a bad day: every call that the janitor makes goes over one line, which can be cut anywhere.

A fault comes before the call (it had no effect), or after it (it had its effect, and nobody saw the answer). A kill
is an exception that no code may catch: what a process that ends at that call leaves behind.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from fleet.aws.paces import Bucket, Paces
from fleet.aws.rate import TimeBox
from fleet.aws.uses import AwsUses
from fleet.aws.versions import LambdaVersions
from fleet.ports import AccessDenied, FleetError, Throttled, Unreachable
from janitor.run import Doors
from profiles.location import Folder
from profiles.shelves import Shelves
from tests.janitor.account import Account
from tests.janitor.account_api import refusal
from tests.janitor.rehearsal import SERVICES, Rehearsal, nowhere

LONG_AGO = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
KINDS = ("throttle", "error", "timeout", "reset")


class Killed(BaseException):
    """The process ended here."""


@dataclass(frozen=True)
class Call:
    """One call on the line: the how-manieth of this run, which service, which operation, of which function."""

    index: int
    service: str
    operation: str
    function: str


@dataclass(frozen=True)
class Fault:
    """What happens instead of an answer; `after` is whether the call has its effect first."""

    kind: str
    after: bool = False

    def of(self, call: Call) -> BaseException:
        """The exception as the SDK, or the port, would raise it."""
        if self.kind == "kill":
            return Killed(str(call))
        return _of_the_table(self.kind, call) if call.service == "table" else _of_the_sdk(self.kind, call)


def _of_the_sdk(kind: str, call: Call) -> Exception:
    match kind:
        case "deny":
            return refusal(call.operation, 403, "AccessDeniedException", f"not authorized: {call.operation}")
        case "throttle":
            return refusal(call.operation, 429, "TooManyRequestsException", "Rate exceeded")
        case "error":
            return refusal(call.operation, 503, "ServiceUnavailable")
        case "timeout":
            return ReadTimeoutError(endpoint_url="https://lambda.us-east-1.amazonaws.com")
        case _:
            return ConnectionClosedError(endpoint_url="https://lambda.us-east-1.amazonaws.com")


def _of_the_table(kind: str, call: Call) -> FleetError:
    match kind:
        case "deny":
            return AccessDenied(f"dynamodb:{call.operation} was denied", action=f"dynamodb:{call.operation}")
        case "throttle":
            return Throttled(f"dynamodb:{call.operation} was throttled")
        case _:
            return Unreachable(f"dynamodb:{call.operation}: {kind}")


Weather = Callable[[Call], Fault | None]


@dataclass
class Line:
    """Between the janitor and everything else. `calls` are those of the present run."""

    weather: Weather = lambda _: None
    calls: list[Call] = field(default_factory=list)

    def over(self, service: str, thing: Any) -> Any:
        """`thing`, reached over this line."""
        return _Reached(self, service, thing)

    def carry(self, service: str, operation: str, function: str, ask: Callable[[], Any]) -> Any:
        """One call."""
        call = Call(len(self.calls), service, operation, function)
        self.calls.append(call)
        fault = self.weather(call)
        if fault is None:
            return ask()
        if fault.after:
            with suppress(Exception):  # the true answer was an error: nobody saw that either
                ask()
        raise fault.of(call)


class _Reached:
    def __init__(self, line: Line, service: str, thing: Any) -> None:
        self._line, self._service, self._thing = line, service, thing
        if hasattr(thing, "meta"):
            self.meta = thing.meta

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._thing, name)

        def ask(*of: Any, **by_name: Any) -> Any:
            function = by_name.get("FunctionName") or (of[0] if of and isinstance(of[0], str) else "")
            return self._line.carry(self._service, name, function, lambda: method(*of, **by_name))

        return ask


@dataclass
class BadDay(Rehearsal):
    """A rehearsal over a line, at a real pace on a clock that only sleeping moves."""

    line: Line = field(default_factory=Line)
    rate: float = 15

    def begin(self) -> str:
        """One run, however it ends: what it said, what stopped it, or that it was killed."""
        self.line.calls = []
        try:
            return self.run().reason
        except Killed:
            return "killed"
        except FleetError as error:
            return str(error)

    def state(self) -> dict[str, list[int]]:
        """What is left."""
        return {name: sorted(function.versions) for name, function in self.account.functions.items()}

    def harm(self) -> list[Any]:
        """Everything that must be empty: protected versions that went, whole functions, calls that AWS has not."""
        protected = [entry for entry in self.account.deleted if entry[2]]
        return [*protected, *self.account.whole_function_deletes, *self.api.complaints]

    def unexplained(self) -> set[tuple[str, int]]:
        """Versions that went and are not in the audit."""
        gone = {(name, number) for name, number, _ in self.account.deleted}
        return gone ^ self.audit.closed.keys() if not self.audit.started else gone - self.audit.closed.keys()

    def _doors(self) -> Doors:
        paces, line = Paces(self.rate, TimeBox()), self.line
        clients = {service: line.over(service, self.api.client(service)) for service in SERVICES}
        return Doors(
            versions=LambdaVersions(clients["lambda"], paces.of(Bucket.CONTROL_PLANE)),
            uses=AwsUses(clients, paces),
            record=line.over("table", self.record),
            audit=line.over("table", self.audit),
            shelves=Shelves(documents=nowhere, scratch=self.folder, bundled=Folder(path=self.folder)),
        )


def a_bad_day(folder: Path) -> BadDay:
    """A small account in which every safeguard has something to say, and every operation is asked for."""
    account = Account()
    for name in ("cart", "deploying", "edge", "shop", "till"):
        account.add(name, range(1, 7), published=LONG_AGO)
    shop, till = account.functions["shop"], account.functions["till"]
    shop.aliases = {"live": ("3", {"2": 0.1})}
    till.provisioned, till.invoke_configs = {"1"}, {"2"}
    account.mappings = [account.arn("till", 3)]
    account.distributions = [[account.arn("edge", 2)]]
    account.deployments = {"d-1": ("InProgress", "deploying")}
    account.functions["cart"].versions[1].policy = True
    account.functions["cart"].versions[2].durable = True
    account.functions["cart"].versions[2].executions = ["RUNNING"]
    account.functions["cart"].versions[3].durable = True
    stack = account.stack("shop-stack")
    account.own(stack, "shop")
    stack.resources.append(("AWS::Lambda::Version", account.arn("shop", 1), "UPDATE_COMPLETE"))
    return BadDay(account=account, folder=folder)
