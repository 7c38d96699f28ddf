"""Occurrences of one cron window that touch count as one span: quick, and every level stays what it was."""

from datetime import UTC, date, datetime, timedelta

import pytest

from profiles.evaluate import demand_at
from profiles.instants import spans_around, spans_on
from profiles.model import Platform, Profile, Window
from profiles.timeline import changes, explain
from tests.profiles.builders import a_service, a_set


def a_cron(expression: str, *, lasts_m: int, ramp_m: int = 0) -> Window:
    ramp = timedelta(minutes=ramp_m)
    return Window(
        name="jobs",
        concurrency=7,
        cron=expression,
        lasts=timedelta(minutes=lasts_m),
        ramp_up=ramp,
        ramp_down=ramp,
    )


@pytest.mark.parametrize(
    "window",
    [
        a_cron("*/10 * * * *", lasts_m=10),
        a_cron("*/20 * * * *", lasts_m=10, ramp_m=7),
        a_cron("*/15 1-3 * * *", lasts_m=40, ramp_m=20),
        a_cron("0,50 * * * sun", lasts_m=30, ramp_m=15),
        a_cron("30 0-23/2 * * *", lasts_m=90),
    ],
)
@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Africa/Cairo", date(2027, 4, 30)),
        ("America/Havana", date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Europe/Berlin", date(2027, 3, 28)),
        ("Pacific/Apia", date(2011, 12, 30)),
    ],
)
def test_the_level_is_that_of_the_occurrences_one_by_one(window: Window, zone: str, night: date) -> None:
    profile = Profile(name="p", baseline=1, windows=(window,))
    service = a_service(zone=zone, profile=profile)
    instant = datetime.combine(night - timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    for _ in range(3 * 24 * 12):
        seconds = int(instant.timestamp())
        spans = spans_around(profile, zone, instant.date())
        each = max([1, *(max(span.level(seconds) or 0, span.ramp(seconds)) for span in spans)])
        assert demand_at(service, service.targets[0], instant, platform=Platform()).level == each, instant
        instant += timedelta(minutes=5)


def test_a_cron_of_every_minute_is_a_few_spans_a_day() -> None:
    profile = Profile(name="p", baseline=1, windows=(a_cron("* * * * *", lasts_m=24 * 60),))

    assert len(spans_on(profile, "Europe/Berlin", (date(2026, 11, 23) - date(1970, 1, 1)).days)) <= 4


def test_a_year_of_a_cron_of_every_minute_is_one_change() -> None:
    service = a_service(
        zone="Europe/Berlin", profile=Profile(name="p", baseline=1, windows=(a_cron("* * * * *", lasts_m=1440),))
    )
    start = datetime(2026, 11, 1, tzinfo=UTC)

    assert [one.demand.level for one in changes(a_set(service), start, start + timedelta(days=365))] == [7]


def test_explain_still_names_each_occurrence() -> None:
    service = a_service(profile=Profile(name="p", baseline=1, windows=(a_cron("0 */2 * * *", lasts_m=180),)))
    told = explain(service, service.targets[0], datetime(2026, 11, 23, 8, 30, tzinfo=UTC), platform=Platform())

    assert [(one.starts.hour, one.ends.hour) for one in told.windows if one.active] == [(6, 9), (8, 11)]
