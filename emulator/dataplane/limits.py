"""Lambda's limits: payload sizes, and who may run how much at one time. Pure arithmetic on counters.

Source: AWS Lambda developer guide, "Lambda quotas" and "Understanding Lambda function scaling".
"""

from collections import Counter
from dataclasses import dataclass

MAX_SYNC_REQUEST_BYTES = 6 * 1024 * 1024
MAX_EVENT_REQUEST_BYTES = 1024 * 1024
# Source: the error that Lambda answers with: 6 MB and 100 bytes for its envelope.
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100
# Source: Lambda API reference, Invoke, X-Amz-Client-Context.
MAX_CLIENT_CONTEXT_BYTES = 3583

RESERVED_REASON = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT_REASON = "ConcurrentInvocationLimitExceeded"


class Throttled(Exception):  # noqa: N818 - the noun that AWS uses
    """The invocation has no place; `reason` is the API's word for which limit was met."""

    def __init__(self, reason: str) -> None:
        super().__init__("Rate Exceeded.")
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What counts for one function at this instant. `reserved_total` is the sum over all functions."""

    reserved: int | None
    reserved_total: int
    account: int


class Ledger:
    """Counts invocations in progress and refuses those that would pass a limit.

    A function with reserved concurrency is bound by that alone; all the others share what the account's limit
    leaves when every reservation is subtracted, used or not.
    """

    def __init__(self) -> None:
        self._busy: Counter[str] = Counter()
        self._reserving: set[str] = set()

    def enter(self, function: str, limits: Limits) -> None:
        """Count one more invocation in progress. Raises: Throttled."""
        if limits.reserved is not None:
            self._reserving.add(function)
            if self._busy[function] >= limits.reserved:
                raise Throttled(RESERVED_REASON)
        else:
            self._reserving.discard(function)
            if self._unreserved_busy() >= limits.account - limits.reserved_total:
                raise Throttled(ACCOUNT_REASON)
        self._busy[function] += 1

    def leave(self, function: str) -> None:
        """One invocation of the function ended."""
        self._busy[function] -= 1

    def _unreserved_busy(self) -> int:
        return sum(count for function, count in self._busy.items() if function not in self._reserving)
