"""Differences of levels in words: a sentence holds for every date that it names, also where the clocks change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.difference import whole_differences
from profiles.instants import resolve
from profiles.model import Platform, Profile, ScheduleSet, Service
from profiles.reader import read_text
from profiles.recurrence import recurrences
from profiles.zones import region
from tests.profiles.builders import a_service, a_set
from tests.profiles.test_laws import NIGHTS, profiles, windows

BERLIN, CAIRO, HAVANA = "Europe/Berlin", "Africa/Cairo", "America/Havana"
LORD_HOWE, APIA = "Australia/Lord_Howe", "Pacific/Apia"
NOTHING = '{name: never, days: mon, from: "12:00", to: "12:05", concurrency: 1}'


def schedules(window: str, *, zone: str, dates: str = "[]") -> ScheduleSet:
    read = read_text(f"""\
version: 1
service: shop
owner: team
timezone: {zone}
profiles:
  p:
    baseline: 1
    windows: [{window}]
    dates: {dates}
targets:
  - {{function: shop, alias: live, profile: p}}
""")
    assert read.mistakes == ()
    return read


def told(window: str, *, zone: str, days: tuple[str, str], before: str = NOTHING, dates: str = "[]") -> list[str]:
    """What is said of `window` in place of nothing, from local midnight to local midnight."""
    start, end = (datetime.fromisoformat(day).replace(tzinfo=region(zone)).astimezone(UTC) for day in days)
    old, new = schedules(before, zone=zone, dates=dates), schedules(window, zone=zone, dates=dates)
    return [str(one).removeprefix("shop:live ") for one in recurrences(whole_differences(old, new, start, end))]


def test_several_whole_weeks_are_one_sentence() -> None:
    window = '{name: w, days: mon-fri, from: "08:00", to: "20:00", concurrency: 8}'
    assert told(window, zone=BERLIN, days=("2026-11-23", "2026-12-14")) == [
        "Mon to Fri 08:00 to 20:00 (15 times from 2026-11-23 to 2026-12-11) Europe/Berlin: rises from 1 to 8"
    ]


def test_a_holiday_between_them_is_named() -> None:
    window = '{name: w, days: mon-fri, from: "08:00", to: "20:00", concurrency: 8}'
    dates = '[{dates: ["2026-12-02"], windows: []}]'
    assert told(window, zone=BERLIN, days=("2026-11-23", "2026-12-14"), dates=dates) == [
        (
            "Mon to Fri 08:00 to 20:00 (14 times from 2026-11-23 to 2026-12-11, but not on Wed 2026-12-02) "
            "Europe/Berlin: rises from 1 to 8"
        ),
    ]


def test_a_few_dates_without_a_pattern_are_listed() -> None:
    window = '{name: w, cron: "0 9 1 * *", for: 1h, concurrency: 8}'
    assert told(window, zone=BERLIN, days=("2026-11-23", "2027-02-15")) == [
        "on Tue 2026-12-01, Fri 2027-01-01, Mon 2027-02-01 09:00 to 10:00 Europe/Berlin: rises from 1 to 8"
    ]


def test_many_dates_without_a_pattern_are_not_said_to_be_every_such_day() -> None:
    window = '{name: w, cron: "0 9 1 * *", for: 1h, concurrency: 8}'
    (line,) = told(window, zone=BERLIN, days=("2026-11-23", "2027-06-15"))
    assert line.startswith("Mon, Tue, Thu, Fri, Sat 09:00 to 10:00 (only 7 times")
    assert "not on" in line


def test_weekends_over_several_weeks_are_all_told() -> None:
    window = '{name: w, days: "sat,sun", from: "00:00", to: "24:00", concurrency: 8}'
    assert told(window, zone=BERLIN, days=("2026-11-23", "2026-12-14")) == [
        "Sat 00:00 to Mon 00:00 (3 times from 2026-11-28 to 2026-12-12) Europe/Berlin: rises from 1 to 8"
    ]


def test_a_whole_day_ends_at_24() -> None:
    window = '{name: w, days: sat, from: "00:00", to: "24:00", concurrency: 8}'
    assert told(window, zone=BERLIN, days=("2026-11-23", "2026-11-30")) == [
        "on Sat 2026-11-28 00:00 to 24:00 Europe/Berlin: rises from 1 to 8"
    ]


@pytest.mark.parametrize(
    ("zone", "days", "window", "words"),
    [
        (
            BERLIN,
            ("2026-10-20", "2026-10-27"),
            'from: "22:00", to: "06:00"',
            "daily 22:00 to 06:00 (8 times from 2026-10-19 to 2026-10-26; the clocks change: 9h on Sat 2026-10-24)",
        ),
        (
            BERLIN,
            ("2027-03-25", "2027-04-01"),
            'from: "02:30", to: "05:00"',
            "daily 02:30 to 05:00 (7 times from 2027-03-25 to 2027-03-31; the clocks change: 2h on Sun 2027-03-28)",
        ),
        (
            CAIRO,
            ("2027-04-28", "2027-05-02"),
            'from: "00:00", to: "06:00"',
            (
                "Wed to Sat 00:00 to 06:00 (4 times from 2027-04-28 to 2027-05-01; "
                "the clocks change: 5h on Fri 2027-04-30)"
            ),
        ),
        (
            CAIRO,
            ("2027-04-28", "2027-05-02"),
            'from: "22:00", to: "24:00"',
            "Wed to Sat 22:00 to 24:00 (4 times from 2027-04-28 to 2027-05-01)",
        ),
        (
            HAVANA,
            ("2026-10-30", "2026-11-03"),
            'from: "00:00", to: "01:00"',
            (
                "Fri to Mon 00:00 to 01:00 (4 times from 2026-10-30 to 2026-11-02; "
                "the clocks change: 2h on Sun 2026-11-01)"
            ),
        ),
        (
            LORD_HOWE,
            ("2026-10-02", "2026-10-06"),
            'from: "01:00", to: "03:00"',
            (
                "Fri to Mon 01:00 to 03:00 (4 times from 2026-10-02 to 2026-10-05; "
                "the clocks change: 90m on Sun 2026-10-04)"
            ),
        ),
        (
            APIA,
            ("2011-12-23", "2012-01-02"),
            'from: "08:00", to: "20:00"',
            "daily 08:00 to 20:00 (9 times from 2011-12-23 to 2012-01-01)",
        ),
    ],
)
def test_a_night_on_which_clocks_change_is_told_with_the_others(
    zone: str, days: tuple[str, str], window: str, words: str
) -> None:
    lines = told(f"{{name: w, {window}, concurrency: 8}}", zone=zone, days=days)
    assert f"{words} {zone}: rises from 1 to 8" in lines


def test_a_new_target_is_told_by_the_times_at_which_it_has_environments() -> None:
    window = '{name: w, days: mon-fri, from: "08:00", to: "20:00", concurrency: 8}'
    new = schedules(window, zone=BERLIN)
    quiet = read_text(
        "version: 1\nservice: shop\nowner: t\ntimezone: Europe/Berlin\nprofiles: {p: {baseline: 0, windows: ["
        + window
        + "]}}\ntargets: [{function: shop, alias: live, profile: p}]\n"
    )
    start, end = datetime(2026, 11, 22, 23, 0, tzinfo=UTC), datetime(2026, 11, 29, 23, 0, tzinfo=UTC)

    lines = [str(one) for one in recurrences(whole_differences(a_set(), quiet, start, end))]
    assert lines == [
        "shop:live Mon to Fri 08:00 to 20:00 (5 times from 2026-11-23 to 2026-11-27) Europe/Berlin: new target, 8"
    ]
    gone = [str(one) for one in recurrences(whole_differences(new, a_set(), start, end))]
    assert gone[0].endswith("Europe/Berlin: no target any more, 1 until now")


def test_a_new_target_without_environments_is_told_all_the_same() -> None:
    service = a_service(profile=Profile(name="p", baseline=0, windows=()))
    start = datetime(2026, 11, 23, tzinfo=UTC)
    (line,) = recurrences(whole_differences(a_set(), a_set(service), start, start + timedelta(days=7)))

    assert str(line) == "shop:live from Mon 2026-11-23 00:00 to Mon 2026-11-30 00:00 UTC: new target, 0"


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Service, Service, date]:
    zone, around = draw(st.sampled_from([*NIGHTS, (CAIRO, date(2027, 4, 30)), (APIA, date(2011, 12, 30))]))
    profile = draw(profiles(around))
    other = Profile(name=profile.name, baseline=profile.baseline, windows=(*profile.windows, draw(windows())))
    return a_service(zone=zone, profile=profile), a_service(zone=zone, profile=other), around


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(pairs())
def test_the_hours_of_a_sentence_are_those_of_each_of_its_dates(made: tuple[Service, Service, date]) -> None:
    before, after, around = made
    start = datetime.combine(around - timedelta(days=4), time(), tzinfo=UTC)
    end = start + timedelta(days=9)
    zone, platform = before.timezone, Platform()
    found = whole_differences(a_set(before, platform=platform), a_set(after, platform=platform), start, end)
    said = recurrences(found)

    assert sorted(span.starts for one in said for span in one.spans) == sorted(span.starts for span in found)
    for one in said:
        for day, span in zip(one.dates, one.spans, strict=True):
            midnight = datetime.combine(day, time())
            for wall, instant in ((midnight + one.hours.starts, span.starts), (midnight + one.hours.ends, span.ends)):
                meant = {resolve(zone, wall, end=False), resolve(zone, wall, end=True)}
                assert int(instant.timestamp()) in meant, str(one)
