"""How fast and how long the control plane may be asked: one bucket for all requests of a run, and its time box.

Waits through the standard `time` module only, so that a test can move the clock.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from fleet.ports import OutOfTime, Throttled, ThrottleStorm, Unreachable

T = TypeVar("T")

MAX_HALVINGS = 5
# How often a read is tried when it gets no answer, and how many failures in a row end all trying again.
MAX_TRIES = 3
_PATIENCE = 6
_PAUSE_S = 0.5
# Each success gives back a tenth of the full rate: after one halving, five successes restore it.
_RAISE = 0.1
# A little under the rate, so that the network's jitter does not carry a request into the second before it.
_MARGIN = 0.98


class TimeBox:
    """The time that a run has: no call starts unless it can be expected to end inside it.

    `left_s` gives the seconds left, as Lambda's context does. A call may start while three times the slowest call
    so far, and the time after which a call is given up, both fit; a reserve stays for the report.
    """

    def __init__(self, left_s: Callable[[], float] = lambda: math.inf) -> None:
        self._left_s = left_s
        total_s = left_s()
        self.call_timeout_s = min(10.0, max(0.5, total_s / 10))
        self._reserve_s = min(2.0, total_s / 10)
        self._half_s = total_s / 2
        self._slowest_s = 0.0

    def half_over(self) -> bool:
        """Whether half of the time is gone: reading stops then, so that acting has the other half."""
        return self._left_s() < self._half_s

    def check(self, *, wait_s: float = 0.0, last: bool = False) -> None:
        """Raise OutOfTime unless a wait of `wait_s` and one more call fit; `last` may use up most of the reserve."""
        if last:
            needed_s = 2 * self.call_timeout_s + self._reserve_s / 4
        else:
            needed_s = wait_s + max(3 * self._slowest_s, 2 * self.call_timeout_s) + self._reserve_s
        if (left_s := self._left_s()) < needed_s:
            raise OutOfTime(f"{left_s:.1f} s of this run are left, one more call may need {needed_s:.1f} s")

    def measured(self, call: Callable[[], T]) -> T:
        """What `call` gives; how long it took counts for the checks that follow."""
        started = time.monotonic()
        try:
            return call()
        finally:
            self._slowest_s = max(self._slowest_s, time.monotonic() - started)


class Pace:
    """A token bucket of one token: at most `per_second` requests a second, halved on a throttle, raised slowly.

    After five halvings that successes did not make good, the next throttle is a storm: from then on every call
    raises ThrottleStorm and nothing is sent. What a throttle asks for in Retry-After is waited for, too. May be shared
    by threads: they take their turns one after the other, and their calls run side by side.
    """

    def __init__(self, per_second: float, box: TimeBox) -> None:
        self._full = per_second
        self._rate = per_second
        self._box = box
        self._halvings = 0
        self._storm: ThrottleStorm | None = None
        self._tokens = 1.0
        self._filled_at = time.monotonic()
        self._not_before = self._filled_at
        self._failures = 0
        self._turn = threading.RLock()

    @property
    def per_second(self) -> float:
        """The rate that holds now."""
        return self._rate

    def wait_turn(self) -> None:
        """Wait until the next request may leave. Raises: OutOfTime, ThrottleStorm."""
        with self._turn:
            if self._storm is not None:
                raise self._storm
            self._fill()
            wait_s = max(0.0, 1.0 - self._tokens) / (self._rate * _MARGIN)
            wait_s = max(wait_s, self._not_before - self._filled_at)
            self._box.check(wait_s=wait_s)
            if wait_s > 0:
                time.sleep(wait_s)
                # The wait is over by definition: a test's clock may stand still while it sleeps.
                self._tokens, self._filled_at = 1.0, time.monotonic()
                self._not_before = self._filled_at

    def once(self, call: Callable[[], T]) -> T:
        """What `call` gives, in its turn and in one try. Raises: Throttled, ThrottleStorm, OutOfTime, as `call`."""
        with self._turn:
            self.wait_turn()
            self._tokens = 0.0
            self._filled_at = time.monotonic()
        try:
            result = self._box.measured(call)
        except Throttled as throttled:
            self._slow_down(throttled)
            raise
        except Unreachable:
            self._failures += 1
            raise
        self._speed_up()
        return result

    def patiently(self, call: Callable[[], T]) -> T:
        """Like `once`, but for reads: again after a throttle until it is a storm, and after no answer or a 5xx.

        Where nothing answers at all, a few calls have shown it, and the others are tried once.
        """
        unanswered: Unreachable | None = None
        tries = 0
        while True:
            try:
                return self.once(call)
            except ThrottleStorm:
                raise
            except Throttled:
                continue
            except OutOfTime as ended:
                raise unanswered or ended from ended  # why there is no more time says more than that there is none
            except Unreachable as failure:
                tries += 1
                if tries >= MAX_TRIES or self._failures > _PATIENCE:
                    raise
                unanswered = failure
                self._pause()

    def _pause(self) -> None:
        """Nothing leaves for a while: half a second after the first failure in a row, more after the next ones."""
        with self._turn:
            pause_s = _PAUSE_S * min(4, 2 ** (self._failures - 1))
            self._not_before = max(self._not_before, time.monotonic() + pause_s)

    def _fill(self) -> None:
        now = time.monotonic()
        self._tokens = min(1.0, self._tokens + max(0.0, now - self._filled_at) * self._rate * _MARGIN)
        self._filled_at = now

    def _slow_down(self, throttled: Throttled) -> None:
        with self._turn:
            if self._halvings >= MAX_HALVINGS:
                self._storm = ThrottleStorm(f"{throttled}; still so after the rate was halved {MAX_HALVINGS} times")
                raise self._storm from throttled
            self._halvings += 1
            self._rate /= 2
            self._not_before = max(self._not_before, time.monotonic() + (throttled.retry_after_s or 0.0))

    def _speed_up(self) -> None:
        with self._turn:
            self._failures = 0
            self._rate = min(self._full, self._rate + self._full * _RAISE)
            if self._rate == self._full:
                self._halvings = 0
