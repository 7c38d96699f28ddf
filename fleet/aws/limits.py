"""The `Limits` port over the SDK: what limits a function's concurrency.

GetFunction is asked first, because it has a rate of its own (100 a second); the fifteen a second that all other
control-plane calls of an account share belong to deployments.
Source: Lambda developer guide, "Lambda quotas", API requests.
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.model import ConcurrencyFacts, FunctionRef
from fleet.ports import FleetError

# The tick does not wait long for what it can do without: two tries of different requests fit into its patience.
_BRIEF_S = 2.0
_LATE = "lambda:GetAccountSettings could not be read in time"


class ConcurrencyLimits:
    """Reads limits once a function and region; make one a tick."""

    def __init__(self) -> None:
        self._accounts: dict[str | None, tuple[int, int]] = {}
        self._unread: dict[str | None, str] = {}

    def prepare(self, region: str | None) -> None:
        """Read the region's account limits, before `of` is called from many threads."""
        try:
            settings = self._call(region, "get_account_settings", "GetAccountSettings")["AccountLimit"]
            self._accounts[region] = (
                int(settings["ConcurrentExecutions"]),
                int(settings["UnreservedConcurrentExecutions"]),
            )
        except (FleetError, BotoCoreError, KeyError, TypeError, ValueError) as error:
            # Without the account's limit only the function's own is known; the report says what was not read.
            self._accounts.pop(region, None)
            known = isinstance(error, FleetError)
            self._unread[region] = str(error) if known else "lambda:GetAccountSettings: the answer cannot be read"

    def of(self, function: FunctionRef) -> ConcurrencyFacts:
        """The limits that hold for `function` now; what cannot be read is None, and `unread` says why."""
        limit, unreserved = self._accounts.get(function.region, (None, None))
        unread = None if limit is not None else self._unread.get(function.region, _LATE)
        try:
            reserved = self._reserved(function)
        except (FleetError, BotoCoreError, KeyError, TypeError, ValueError) as error:
            reserved, unread = None, unread or str(error)
        return ConcurrencyFacts(
            reserved=reserved,
            account_limit=limit,
            account_unreserved=unreserved,
            unread=unread,
            region=_region_name(function),
        )

    def _reserved(self, function: FunctionRef) -> int | None:
        try:
            found = self._call(function.region, "get_function", "GetFunction", FunctionName=function.text)
            concurrency = found.get("Concurrency") or {}
        except (FleetError, AttributeError):
            # Whatever was wrong with the one, 501 and silence included, the other may know.
            concurrency = self._call(
                function.region, "get_function_concurrency", "GetFunctionConcurrency", FunctionName=function.text
            )
        reserved = concurrency.get("ReservedConcurrentExecutions")
        return None if reserved is None else int(reserved)

    def _call(self, region: str | None, method: str, operation: str, **arguments: str) -> Any:
        try:
            return getattr(client("lambda", region=region, timeout_s=_BRIEF_S), method)(**arguments)
        except (BotoCoreError, ClientError) as error:
            raise translated(error, service="lambda", operation=operation) from error


def _region_name(function: FunctionRef) -> str | None:
    try:
        return str(client("lambda", region=function.region, timeout_s=_BRIEF_S).meta.region_name)
    except (BotoCoreError, ValueError):
        return function.region
