"""Wall time to instants: the worked nights of the schedule language, and the same rules in other places."""

from datetime import UTC, date, datetime, timedelta

import pytest

from profiles.instants import spans_starting
from profiles.model import EVERY_DAY, Profile, Window

NIGHTS = [
    # zone, start date, from, to, starts in UTC, ends in UTC, hours
    ("Asia/Seoul", "2026-11-27", "22:00", "02:00", "2026-11-27T13:00", "2026-11-27T17:00", 4),
    ("America/New_York", "2027-03-14", "02:30", "05:00", "2027-03-14T07:00", "2027-03-14T09:00", 2),
    ("America/New_York", "2027-03-14", "01:00", "02:30", "2027-03-14T06:00", "2027-03-14T07:00", 1),
    ("America/New_York", "2027-03-13", "22:00", "06:00", "2027-03-14T03:00", "2027-03-14T10:00", 7),
    ("America/New_York", "2027-11-07", "01:30", "03:00", "2027-11-07T05:30", "2027-11-07T08:00", 2.5),
    ("America/New_York", "2027-11-07", "00:00", "01:30", "2027-11-07T04:00", "2027-11-07T06:30", 2.5),
    ("America/New_York", "2027-11-07", "01:00", "01:30", "2027-11-07T05:00", "2027-11-07T06:30", 1.5),
    ("America/New_York", "2027-11-06", "22:00", "06:00", "2027-11-07T02:00", "2027-11-07T11:00", 9),
    ("Australia/Lord_Howe", "2027-10-03", "02:15", "06:00", "2027-10-02T15:30", "2027-10-02T19:00", 3.5),
    ("Australia/Lord_Howe", "2027-10-03", "01:00", "02:15", "2027-10-02T14:30", "2027-10-02T15:30", 1),
    ("Australia/Lord_Howe", "2027-04-04", "01:45", "04:00", "2027-04-03T14:45", "2027-04-03T17:30", 2.75),
    ("Australia/Lord_Howe", "2027-04-03", "23:00", "01:45", "2027-04-03T12:00", "2027-04-03T15:15", 3.25),
    ("Africa/Cairo", "2027-04-30", "00:00", "08:00", "2027-04-29T22:00", "2027-04-30T05:00", 7),
    ("Asia/Beirut", "2027-03-28", "00:00", "08:00", "2027-03-27T22:00", "2027-03-28T05:00", 7),
    ("America/Santiago", "2027-09-05", "00:00", "08:00", "2027-09-05T04:00", "2027-09-05T11:00", 7),
    ("America/Havana", "2027-03-14", "00:00", "08:00", "2027-03-14T05:00", "2027-03-14T12:00", 7),
    ("Europe/London", "2026-03-29", "01:30", "02:30", "2026-03-29T01:00", "2026-03-29T01:30", 0.5),
    ("Europe/London", "2026-10-25", "01:30", "02:30", "2026-10-25T00:30", "2026-10-25T02:30", 2),
    ("America/Sao_Paulo", "2027-11-07", "00:00", "08:00", "2027-11-07T03:00", "2027-11-07T11:00", 8),
    ("Asia/Kolkata", "2028-02-29", "23:45", "00:15", "2028-02-29T18:15", "2028-02-29T18:45", 0.5),
    ("Pacific/Apia", "2027-01-01", "00:00", "24:00", "2026-12-31T11:00", "2027-01-01T11:00", 24),
    ("Pacific/Apia", "2011-12-29", "22:00", "06:00", "2011-12-30T08:00", "2011-12-30T10:00", 2),
    ("Antarctica/Troll", "2027-03-28", "00:30", "04:00", "2027-03-28T00:30", "2027-03-28T02:00", 1.5),
    ("Antarctica/Troll", "2027-10-31", "00:30", "04:00", "2027-10-30T22:30", "2027-10-31T04:00", 5.5),
    ("Africa/Casablanca", "2026-02-15", "01:00", "04:00", "2026-02-15T00:00", "2026-02-15T04:00", 4),
    ("Africa/Casablanca", "2026-03-22", "02:30", "05:00", "2026-03-22T02:00", "2026-03-22T04:00", 2),
    ("America/Vancouver", "2026-11-01", "01:30", "03:00", "2026-11-01T08:30", "2026-11-01T10:00", 1.5),
    ("America/New_York", "2027-11-07", "00:00", "24:00", "2027-11-07T04:00", "2027-11-08T05:00", 25),
    ("America/New_York", "2027-03-14", "00:00", "24:00", "2027-03-14T05:00", "2027-03-15T04:00", 23),
]

EMPTY_NIGHTS = [
    ("America/New_York", "2027-03-14", "02:10", "02:50"),
    ("America/New_York", "2027-03-14", "02:00", "03:00"),
    ("Africa/Cairo", "2027-04-30", "00:00", "00:30"),
    ("Pacific/Apia", "2011-12-30", "09:00", "17:00"),
    ("Australia/Lord_Howe", "2027-10-03", "02:05", "02:25"),
]


@pytest.mark.parametrize(("zone", "day", "begin", "end", "starts", "ends", "hours"), NIGHTS)
def test_a_window_becomes_two_instants(
    zone: str, day: str, begin: str, end: str, starts: str, ends: str, hours: float
) -> None:
    (span,) = spans_starting(night(begin, end), zone, date.fromisoformat(day))
    assert (text(span.starts), text(span.ends)) == (starts, ends)
    assert (span.ends - span.starts) / 3600 == hours


@pytest.mark.parametrize(("zone", "day", "begin", "end"), EMPTY_NIGHTS)
def test_a_window_whose_ends_are_in_one_gap_is_empty(zone: str, day: str, begin: str, end: str) -> None:
    assert list(spans_starting(night(begin, end), zone, date.fromisoformat(day))) == []


def test_a_window_has_its_own_zone_when_it_names_one() -> None:
    window = Window(name="peak", concurrency=1, from_minute=540, to_minute=600, timezone="Europe/London")
    (span,) = spans_starting(Profile(name="p", baseline=0, windows=(window,)), "Asia/Seoul", date(2026, 7, 1))
    assert text(span.starts) == "2026-07-01T08:00"


def test_a_cron_window_in_a_gap_starts_when_the_gap_ends_and_lasts_its_elapsed_time() -> None:
    window = Window(name="job", concurrency=1, cron="30 2 * * *", lasts=timedelta(hours=1))
    profile = Profile(name="p", baseline=0, windows=(window,))
    (span,) = spans_starting(profile, "America/New_York", date(2027, 3, 14))
    assert (text(span.starts), text(span.ends)) == ("2027-03-14T07:00", "2027-03-14T08:00")


def test_a_cron_window_that_happens_twice_starts_once_at_the_first() -> None:
    window = Window(name="job", concurrency=1, cron="30 1 * * *", lasts=timedelta(hours=1))
    profile = Profile(name="p", baseline=0, windows=(window,))
    (span,) = spans_starting(profile, "America/New_York", date(2027, 11, 7))
    assert (text(span.starts), text(span.ends)) == ("2027-11-07T05:30", "2027-11-07T06:30")


def night(begin: str, end: str) -> Profile:
    window = Window(name="night", concurrency=1, days=EVERY_DAY, from_minute=minutes(begin), to_minute=minutes(end))
    return Profile(name="p", baseline=0, windows=(window,))


def minutes(clock: str) -> int:
    hours, minute = clock.split(":")
    return int(hours) * 60 + int(minute)


def text(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M}"
