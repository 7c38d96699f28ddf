"""The cron adapter: what it refuses, and that it names the minutes a scan of the day would find."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.cron import fault, starts_on

REFUSED = [
    "@daily", "0 9 * *", "0 0 9 25 * *", "0 9 25 * * 2027", "H 9 * * *", "R 9 * * *", "0 9 ? * 1", "0 9 15W * *",
    "5-5 * * * *", "59/15 * * * *", "* 23/2 * * *", "* * * * 6/1", "0 9 25 * 1", "0 9 */2 * mon", "60 * * * *",
    "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8", "* * * * foo", "*/0 * * * *", "*/60 * * * *",
    "0 0 31 2 *", "0 0 30 feb *", "1,,2 * * * *", "-1 * * * *", "٣ * * * *", "*-5 * * * *", "L * * * *", "",
    "0 0 * * 1#6", "0 0 L-3 * *", "& * * * *", "0 9 25 * *; rm",
]  # fmt: skip
ACCEPTED = [
    "0 9 25 * *", "*/15 8-18 * * mon-fri", "0 0 L * *", "0 9 * * 5#3", "0 9 * * l5", "0 9 29 2 *",
    "0,30 9 1,15 jan,jul *",
    "0 22 * * sun", "0 22 * * 7", "5-55/10 9 * * *", "0 9 * * MON",
]  # fmt: skip


@pytest.mark.parametrize("expression", REFUSED)
def test_what_libraries_read_differently_is_refused(expression: str) -> None:
    assert fault(expression) is not None


def test_a_refused_part_is_shown_as_the_file_has_it() -> None:
    assert (fault("0 0 15W * *") or "").startswith('"15W" in the day-of-month field')


@pytest.mark.parametrize("expression", ACCEPTED)
def test_plain_expressions_are_accepted(expression: str) -> None:
    assert fault(expression) is None


@pytest.mark.parametrize(
    ("expression", "day", "times"),
    [
        ("0 9 25 * *", "2026-11-25", ["09:00"]),
        ("0 9 25 * *", "2026-11-24", []),
        ("0 0 L * *", "2028-02-29", ["00:00"]),
        ("0 9 * * 5#3", "2026-11-20", ["09:00"]),
        ("0 9 * * 5#3", "2026-11-27", []),
        ("0 9 * * l5", "2026-11-27", ["09:00"]),
        ("59 23 * * *", "2026-11-27", ["23:59"]),
        ("0 9 29 2 *", "2027-03-01", []),
    ],
)
def test_special_days_are_found(expression: str, day: str, times: list[str]) -> None:
    assert [f"{moment:%H:%M}" for moment in starts_on(expression, date.fromisoformat(day))] == times


@st.composite
def fields(draw: st.DrawFn, low: int, high: int) -> tuple[str, frozenset[int]]:
    """A field in text, and the values that it stands for."""
    if draw(st.booleans()):
        return "*", frozenset(range(low, high + 1))
    texts: list[str] = []
    values: set[int] = set()
    for _ in range(draw(st.integers(1, 3))):
        first = draw(st.integers(low, high - 1))
        last = draw(st.integers(first + 1, high))
        step = draw(st.integers(1, high - low))
        match draw(st.sampled_from(("value", "range", "stepped", "every"))):
            case "value":
                texts.append(str(first))
                values.add(first)
            case "range":
                texts.append(f"{first}-{last}")
                values.update(range(first, last + 1))
            case "stepped":
                texts.append(f"{first}-{last}/{step}")
                values.update(range(first, last + 1, step))
            case _:
                texts.append(f"*/{step}")
                values.update(range(low, high + 1, step))
    return ",".join(texts), frozenset(values)


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(
    minute=fields(0, 59),
    hour=fields(0, 23),
    of_month=fields(1, 28),
    month=fields(1, 12),
    weekday=fields(0, 6),
    by_week=st.booleans(),
    day=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
)
def test_the_adapter_equals_a_scan_of_every_minute(
    minute: tuple[str, frozenset[int]],
    hour: tuple[str, frozenset[int]],
    of_month: tuple[str, frozenset[int]],
    month: tuple[str, frozenset[int]],
    weekday: tuple[str, frozenset[int]],
    by_week: bool,
    day: date,
) -> None:
    third, fifth = ("*", weekday[0]) if by_week else (of_month[0].replace("*/", "1-28/"), "*")
    expression = f"{minute[0]} {hour[0]} {third} {month[0]} {fifth}"
    assert fault(expression) is None
    assert monthrange(day.year, day.month)[1] >= 28
    found = []
    for step in range(1440):
        moment = datetime.combine(day, time()) + timedelta(minutes=step)
        in_week = (moment.weekday() + 1) % 7 in weekday[1]
        in_month = third == "*" or moment.day in of_month[1]
        if (
            moment.minute in minute[1]
            and moment.hour in hour[1]
            and moment.month in month[1]
            and (in_week if by_week else in_month)
        ):
            found.append(moment)
    assert starts_on(expression, day) == found
