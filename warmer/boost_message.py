"""What a message on the boost topic asks for: a CloudWatch alarm's, or a plain one of ours. Pure.

Everything in a message comes from outside: whatever is repeated of it is cut and escaped to printable ASCII.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

LINE = "caretaker: boost SERVICE at-least 40 for 30m"
_PLAIN = '{"caretaker": {"boost": "SERVICE", "atLeast": 40, "for": "30m", "reason": "why"}}'
# What a boost is called that a person asks for without a word for it.
BY_HAND = "by-hand"
_KEYS = {"boost", "function", "atLeast", "for", "reason", "name", "end"}
_MARK = re.compile(r"(?<![\w-])caretaker:\s*boost(?!\S)", re.IGNORECASE)
_ASKED = re.compile(r"\s+(\S+)\s+at-least\s+(\S+)\s+for\s+(\S+)", re.IGNORECASE)
_LASTS = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LEVEL_DIGITS = 6
# Lines of one description that are read; CloudWatch allows a description of 1,024 characters.
_MOST_LINES = 20
_MOST_NAME, _MOST_REASON, _MOST_SHOWN = 120, 240, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """A boost is asked for, `at` an instant and so long; or asked for again."""

    service: str
    function: str | None
    at_least: int
    lasts: timedelta
    name: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A boost is to end; `name` None is all of the service's, or of its function's."""

    service: str
    function: str | None
    name: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """Nothing is asked for; `reason` says why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """What is asked for cannot be understood; `reason` says where, what was found and what was expected."""

    reason: str


Ask = Begin | End | Idle | Unusable


class _MessageError(ValueError):
    pass


def read_notification(event: Mapping[str, Any]) -> tuple[Ask, ...] | None:
    """What an SNS notification's messages ask for, in their order; None when the event is no notification.

    Source: Lambda developer guide, "Invoking Lambda functions with Amazon SNS notifications": one record an event.
    """
    records = event.get("Records")
    if not isinstance(records, list) or not records:
        return None
    if not all(isinstance(record, dict) and record.get("EventSource") == "aws:sns" for record in records):
        return None
    return tuple(ask for record in records for ask in _asks(record.get("Sns")))


def _asks(notification: Any) -> Iterator[Ask]:
    try:
        if not isinstance(notification, dict):
            raise _MessageError('the notification has no "Sns"')
        message = _parsed(notification.get("Message"))
        if "AlarmName" in message and "NewStateValue" in message:
            yield from _alarm(message)
        else:
            yield _plain(message, _instant(notification.get("Timestamp"), "Timestamp"))
    except _MessageError as error:
        yield Unusable(reason=str(error))


def _parsed(text: Any) -> Mapping[str, Any]:
    try:
        message = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise _MessageError(f"the message is neither a CloudWatch alarm's nor {_PLAIN}: {_shown(text)}")
    return message


def _alarm(message: Mapping[str, Any]) -> Iterator[Ask]:
    """Source: CloudWatch user guide, "Using Amazon CloudWatch alarms": the JSON that an alarm sends to a topic."""
    name, description = message["AlarmName"], message.get("AlarmDescription") or ""
    if not isinstance(name, str) or not isinstance(description, str):
        raise _MessageError("the alarm's AlarmName or AlarmDescription is no text")
    name, state = _name(name), message["NewStateValue"]
    at = _instant(message.get("StateChangeTime"), "StateChangeTime")
    marks = [found.end() for found in _MARK.finditer(description)][:_MOST_LINES]
    if not marks:
        raise _MessageError(f'the alarm "{name}" asks for nothing: its description has no line such as "{LINE}"')
    for mark in marks:
        try:
            begin = _line(description, mark, name, message.get("NewStateReason"), at)
        except _MessageError as error:
            yield Unusable(reason=str(error))
        else:
            yield _by_state(begin, state)


def _line(description: str, mark: int, name: str, why: Any, at: datetime) -> Begin:
    found = _ASKED.match(description, mark)
    if found is None:
        said = _shown("caretaker: boost" + description[mark:])
        raise _MessageError(f'the alarm "{name}" says {said}; write "{LINE}"')
    service, function = _place(found[1])
    reason = f'alarm "{name}"' + (f": {_printable(why, _MOST_REASON)}" if isinstance(why, str) and why else "")
    return Begin(
        service=service,
        function=function,
        at_least=_level(found[2]),
        lasts=_length(found[3].rstrip(".,;")),
        name=name,
        reason=reason,
        at=at,
    )


def _by_state(begin: Begin, state: Any) -> Ask:
    if state == "ALARM":
        return begin
    if state == "OK":
        return End(service=begin.service, function=begin.function, name=begin.name, at=begin.at)
    return Idle(reason=f'the alarm "{begin.name}" is in the state {_shown(state)}, which changes nothing')


def _plain(message: Mapping[str, Any], at: datetime) -> Ask:
    asked = message.get("caretaker")
    if not isinstance(asked, dict) or not isinstance(asked.get("boost"), str):
        raise _MessageError(f"the message is neither a CloudWatch alarm's nor {_PLAIN}")
    if unknown := sorted(set(asked) - _KEYS):
        raise _MessageError(f"the message has unknown keys: {', '.join(_shown(key) for key in unknown[:5])}")
    service, function = _place(asked["boost"])
    function, name = _text(asked, "function") or function, _text(asked, "name")
    name = _name(name) if name else None
    if asked.get("end", False) is True:
        return End(service=service, function=function, name=name, at=at)
    if asked.get("end", False) is not False:
        raise _MessageError('the message\'s "end" is neither true nor false')
    return Begin(
        service=service,
        function=function,
        at_least=_level(asked.get("atLeast")),
        lasts=_length(asked.get("for")),
        name=name or BY_HAND,
        reason=_printable(_text(asked, "reason") or "no reason given", _MOST_REASON),
        at=at,
    )


def _place(text: str) -> tuple[str, str | None]:
    """SERVICE or SERVICE/FUNCTION; whether there are such is the schedules' business."""
    service, _, function = text.partition("/")
    return service, function or None


def _level(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LEVEL_DIGITS:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**_LEVEL_DIGITS:
        raise _MessageError(f"at least {_shown(value)} environments is no level; write a whole number from 1")
    return value


def _length(value: Any) -> timedelta:
    found = _LASTS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _MessageError(f"for {_shown(value)} is no length of time; write a number and s, m, h or d, like 30m")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def _text(asked: Mapping[str, Any], key: str) -> str | None:
    value = asked.get(key)
    if value is not None and not isinstance(value, str):
        raise _MessageError(f'the message\'s "{key}" is {_shown(value)}, no text')
    return value


def _instant(value: Any, key: str) -> datetime:
    try:
        at = datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise _MessageError(f'the message\'s "{key}" is {_shown(value)}, not a time like 2026-11-24T08:30:00.000Z')
    return at


def _name(text: str) -> str:
    """A name that is still its own after it was cut."""
    whole = _printable(text, len(text) * 10)
    if len(whole) <= _MOST_NAME:
        return whole
    mark = hashlib.sha256(whole.encode()).hexdigest()[:12]
    return f"{whole[: _MOST_NAME - 13]}~{mark}"


def _printable(text: str, most: int) -> str:
    """At most so many characters of printable ASCII, the others escaped: no line breaks, no terminal's codes."""
    whole = text[: most + 1].encode("unicode_escape").decode("ascii")
    return whole if len(whole) <= most else f"{whole[: most - 3]}..."


def _shown(value: Any) -> str:
    return f'"{_printable(value, _MOST_SHOWN)}"' if isinstance(value, str) else _printable(repr(value), _MOST_SHOWN)
