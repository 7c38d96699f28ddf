"""What a function's own tags say about its versions. Pure.

| tag | value | meaning |
|---|---|---|
| `caretaker:keep` | a whole number of 2 or more; or `all`, `true`, nothing | that many of the newest stay; or all |
| `caretaker:min-superseded` | a span such as `14d` | how long ago a version must have been replaced |
| `caretaker:off` | `true`, nothing, or `false` | the janitor leaves the function alone; or not |

A tag only ever keeps more: whoever may tag a function cannot make the janitor delete what the schedules and settings
keep. A tag that is none of these keeps all.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from janitor.policy import LEAST_KEPT, FunctionPolicy

PREFIX = "caretaker:"
# Read elsewhere, or by people; they say nothing about versions.
_OTHERS = frozenset({"caretaker:drain"})
_SPAN = re.compile(r"(0|[1-9][0-9]{0,4})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_COUNT = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


def tagged(policy: FunctionPolicy, tags: Mapping[str, str]) -> FunctionPolicy:
    """The policy with the function's own word in it; `tagged` then says what in the tags keeps every version."""
    missing = [f"{key}={value}" for key, value in policy.wanted_tags if tags.get(key) != value]
    if missing:
        return replace(policy, tagged=f"CARETAKER_TAGS chooses functions tagged {missing[0]}, this one is not")
    for key in sorted(key for key in tags if key.lower().startswith(PREFIX) and key not in _OTHERS):
        policy = _READERS.get(key, _unknown(key))(policy, tags[key].strip())
    return policy


def _keep(policy: FunctionPolicy, value: str) -> FunctionPolicy:
    if value.lower() in {"", "all", "true"}:
        return _all(policy, f"the tag caretaker:keep is {_quoted(value)}")
    if _COUNT.fullmatch(value) is None or int(value) < LEAST_KEPT:
        return _nonsense(policy, "caretaker:keep", value, f"a whole number of {LEAST_KEPT} or more, or all")
    return replace(policy, keep=max(policy.keep, int(value)), snap_keep=_more(policy.snap_keep, int(value)))


def _min_superseded(policy: FunctionPolicy, value: str) -> FunctionPolicy:
    if (match := _SPAN.fullmatch(value)) is None:
        return _nonsense(policy, "caretaker:min-superseded", value, "a span such as 12h or 14d")
    span = timedelta(**{_UNITS[match[2]]: int(match[1])})
    longest = None if policy.snap_min_superseded is None else max(policy.snap_min_superseded, span)
    return replace(policy, min_superseded=max(policy.min_superseded, span), snap_min_superseded=longest)


def _off(policy: FunctionPolicy, value: str) -> FunctionPolicy:
    if value.lower() in {"", "true"}:
        return _all(policy, f"the tag caretaker:off is {_quoted(value)}")
    return policy if value.lower() == "false" else _nonsense(policy, "caretaker:off", value, "true or false")


def _unknown(key: str) -> Callable[[FunctionPolicy, str], FunctionPolicy]:
    known = ", ".join(sorted(_READERS))
    return lambda policy, _: _all(policy, f"the tag {key} is unknown (known are {known})", problem=True)


_READERS: Mapping[str, Callable[[FunctionPolicy, str], FunctionPolicy]] = {
    "caretaker:keep": _keep,
    "caretaker:min-superseded": _min_superseded,
    "caretaker:off": _off,
}


def _nonsense(policy: FunctionPolicy, key: str, value: str, allowed: str) -> FunctionPolicy:
    return _all(policy, f"the tag {key} is {_quoted(value)}, it must be {allowed}", problem=True)


def _all(policy: FunctionPolicy, why: str, *, problem: bool = False) -> FunctionPolicy:
    if policy.tagged is not None and not problem:
        return policy
    return replace(policy, tagged=why, tag_problem=policy.tag_problem or problem)


def _more(known: int | None, wanted: int) -> int | None:
    return None if known is None else max(known, wanted)


def _quoted(value: str) -> str:
    return f'"{value[:60]}"' if value else "set, without a value"
