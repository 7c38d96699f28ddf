"""The control plane's request limits, as buckets of tokens. Off unless a rate is asked for."""

from collections.abc import Callable

from emulator.controlplane.ask import Ask, Refused

# Source: Lambda developer guide, "Lambda quotas", API requests: GetFunction 100 a second, GetPolicy 15 a second, and
# 15 a second for all other control-plane operations together; none of the three can be raised.
GET_FUNCTION_PER_S = 100.0


class ControlRate:
    """Three buckets, each as deep as one second's requests. `clock` is monotonic, in seconds."""

    def __init__(self, per_s: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rates = {"shared": per_s, "GetPolicy": per_s, "GetFunction": GET_FUNCTION_PER_S}
        self._tokens = dict(self._rates)
        self._seen = clock()

    def take(self, ask: Ask) -> None:
        """Let the request pass.

        Raises: Refused (429, CallerRateLimitExceeded) when its bucket is empty.
        """
        now = self._clock()
        for name, rate in self._rates.items():
            self._tokens[name] = min(rate, self._tokens[name] + (now - self._seen) * rate)
        self._seen = now
        bucket = _bucket(ask)
        if self._tokens[bucket] < 1.0:
            raise Refused(429, "TooManyRequestsException", "Rate exceeded", Reason="CallerRateLimitExceeded")
        self._tokens[bucket] -= 1.0


def _bucket(ask: Ask) -> str:
    if (ask.method, ask.resource) != ("GET", "functions") or ask.name is None:
        return "shared"
    return {"": "GetFunction", "/policy": "GetPolicy"}.get(ask.sub, "shared")
