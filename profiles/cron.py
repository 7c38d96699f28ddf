"""The one place that imports croniter: which expressions are accepted, and the wall times they name on a date.

croniter sees naive local time only, so that its handling of daylight saving, which changed between releases, never
matters; `instants` resolves what comes out.
"""

import re
from datetime import date, datetime, timedelta

from croniter import croniter  # type: ignore[import-untyped, unused-ignore]

from profiles.findings import shown

# Every minute and every hour in a list of their own take this much; each character costs time at each tick.
_MOST_CHARACTERS = 400
_NAMES = ("minute", "hour", "day-of-month", "month", "day-of-week")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WORDS: tuple[dict[str, int], ...] = (
    {},
    {},
    {},
    dict(zip(_MONTHS, range(1, 13), strict=True)),
    dict(zip(_DAYS, range(7), strict=True)),
)
_PART = re.compile(r"(\*|[0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?(?:/([0-9]{1,2}))?", re.ASCII)
_LAST_DAY = re.compile(r"l", re.ASCII)
_NTH_WEEKDAY = re.compile(r"(?:([0-7]|[a-z]{3})#([1-5])|l([0-7]|[a-z]{3}))", re.ASCII)


def fault(expression: str) -> str | None:
    """What is wrong with a cron expression, in words; None when it is accepted.

    Five fields of digits, names, `* , - /`, `L` and `#`. What cron libraries read differently is refused.
    """
    wrong = _form_fault(expression)
    if wrong is not None:
        return wrong
    fields = expression.split()
    for index, field in enumerate(fields):
        for part in field.split(","):
            wrong = _part_fault(part.lower(), index)
            if wrong is not None:
                return f"{shown(part)} in the {_NAMES[index]} field: {wrong}"
    if fields[2] != "*" and fields[4] != "*":
        return "day-of-month together with day-of-week: libraries disagree whether that means and or or; use one"
    if not croniter.is_valid(" ".join(fields).lower(), strict=True):
        return f"{shown(expression)} never happens, or is no cron expression"
    return None


def _form_fault(expression: str) -> str | None:
    if len(expression) > _MOST_CHARACTERS:
        return f"{shown(expression)} has {len(expression):,} characters, {_MOST_CHARACTERS} at most"
    if expression.startswith("@"):
        return f"{shown(expression)} is refused; write the five fields out"
    fields = expression.split()
    if len(fields) != 5:
        return f"{shown(expression)} has {len(fields)} fields, not 5 (minute hour day-of-month month day-of-week)"
    return None


def starts_on(expression: str, day: date) -> list[datetime]:
    """The naive wall times on `day` that an accepted expression names, in order.

    croniter is asked once whether the day has any; hours and minutes do not depend on the day.
    """
    if not _may_match(expression, day):
        return []
    midnight = datetime.combine(day, datetime.min.time())
    moments = croniter(expression.lower(), midnight - timedelta(seconds=1), max_years_between_matches=9)
    if moments.get_next(datetime).date() != day:
        return []
    minutes, hours = (_values(field, size) for field, size in zip(moments.expanded, (60, 24), strict=False))
    return [midnight + timedelta(hours=hour, minutes=minute) for hour in hours for minute in minutes]


def _values(field: list[int | str], size: int) -> list[int]:
    """An expanded field's numbers in order; croniter keeps "*" as it is."""
    return list(range(size)) if "*" in field else sorted(int(value) for value in field)


def _may_match(expression: str, day: date) -> bool:
    """False when plain numbers rule the date out, which spares croniter a search over years."""
    _, _, of_month, month, _ = expression.lower().split()
    return not (
        (of_month.isascii() and of_month.isdigit() and int(of_month) != day.day)
        or (month.isascii() and month.isdigit() and int(month) != day.month)
    )


def _part_fault(part: str, index: int) -> str | None:
    if index == 2 and _LAST_DAY.fullmatch(part):
        return None
    nth = _NTH_WEEKDAY.fullmatch(part) if index == 4 else None
    if nth is not None:
        return _value_fault(nth[1] or nth[3], index)
    match = _PART.fullmatch(part)
    if match is None:
        return "only digits, names, * , - / are read here (L for the last day, # for the nth weekday)"
    first, last, step = match.groups()
    wrong = (None if first == "*" else _value_fault(first, index)) or (_value_fault(last, index) if last else None)
    return wrong or _range_fault(first, last, step, index)


def _value_fault(word: str, index: int) -> str | None:
    low, high = _RANGES[index]
    value = _WORDS[index].get(word, int(word) if word.isdigit() else -1)
    return None if low <= value <= high else f"{shown(word)} is not one of {low} to {high}"


def _range_fault(first: str, last: str | None, step: str | None, index: int) -> str | None:
    low, high = _RANGES[index]
    if last is not None:
        if first == "*":
            return "a range begins with a value"
        if _number(first, index) == _number(last, index):
            return "a range of one value means the whole field to some libraries; write the value alone"
    if step is None:
        return None
    if not 1 <= int(step) <= high - low:
        return f"the step {step} is out of range"
    top = 6 if index == 4 else high
    if first != "*" and last is None and _number(first, index) >= top:
        return "a step that starts at the field's maximum means different things to different libraries"
    return None


def _number(word: str, index: int) -> int:
    return _WORDS[index].get(word, int(word) if word.isdigit() else -1)
