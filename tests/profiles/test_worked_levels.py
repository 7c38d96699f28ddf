"""The levels that the schedule language works out for its whole file, which is the shipped example."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from profiles.evaluate import demand_at, tick_instant
from profiles.model import ScheduleSet
from profiles.reader import read_folder
from profiles.timeline import changes

SEOUL = ZoneInfo("Asia/Seoul")
SCHEDULES = Path(__file__).parents[2] / "schedules"


@pytest.fixture(scope="module")
def schedules() -> ScheduleSet:
    return read_folder(SCHEDULES)


def test_the_shipped_schedules_have_no_mistakes(schedules: ScheduleSet) -> None:
    assert schedules.mistakes == ()


@pytest.mark.parametrize(
    ("at", "level"),
    [
        ("2026-11-24T07:55", 2), ("2026-11-24T08:00", 8), ("2026-11-24T08:20", 8), ("2026-11-24T08:25", 14),
        ("2026-11-24T08:30", 20), ("2026-11-24T09:30", 20), ("2026-11-24T09:35", 10), ("2026-11-24T09:40", 8),
        ("2026-11-24T18:59", 8), ("2026-11-24T19:00", 2),
        ("2026-11-25T09:40", 14), ("2026-11-25T11:59", 14), ("2026-11-25T12:00", 8),
        ("2026-11-27T22:00", 5), ("2026-11-28T01:59", 5), ("2026-11-28T02:00", 2),
        ("2026-11-28T21:59", 2), ("2026-11-28T22:00", 30), ("2026-11-29T05:59", 30), ("2026-11-29T06:00", 2),
        ("2026-12-25T09:30", 2), ("2026-12-31T09:00", 6), ("2026-12-31T13:00", 2),
        ("2026-12-31T18:00", 2), ("2027-01-01T09:00", 2),
    ],
)  # fmt: skip
def test_the_worked_levels_hold(schedules: ScheduleSet, at: str, level: int) -> None:
    assert level_at(schedules, at, 0) == level


def test_the_scaled_target_peaks_at_a_quarter(schedules: ScheduleSet) -> None:
    assert level_at(schedules, "2026-11-24T08:30", 1) == 5


def test_plan_lists_the_changes_of_the_worked_tuesday(schedules: ScheduleSet) -> None:
    day = datetime(2026, 11, 24, tzinfo=SEOUL)
    found = [
        (f"{change.at.astimezone(SEOUL):%H:%M}", change.demand.level)
        for change in changes(schedules, day, day + timedelta(days=1))
        if change.target.function.text == "auth-token-verifier"
    ]
    assert found == [
        ("00:00", 2), ("08:00", 8), ("08:25", 14), ("08:30", 20), ("09:35", 10), ("09:40", 8), ("19:00", 2),
    ]  # fmt: skip


def test_a_window_at_its_start_is_active_and_at_its_end_is_not(schedules: ScheduleSet) -> None:
    assert level_at(schedules, "2026-11-24T19:00", 0) == 2
    assert level_at(schedules, "2026-11-24T08:00", 0) == 8


def test_the_instant_of_a_tick_is_floored_to_the_grid() -> None:
    time = datetime(2026, 11, 24, 8, 33, 59, tzinfo=SEOUL)
    assert tick_instant(time, timedelta(minutes=5)) == datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert tick_instant(time, timedelta(minutes=1)) == datetime(2026, 11, 23, 23, 33, tzinfo=UTC)


def test_a_naive_instant_is_refused(schedules: ScheduleSet) -> None:
    (service,) = schedules.services
    with pytest.raises(ValueError, match="aware"):
        demand_at(service, service.targets[0], datetime(2026, 11, 24), platform=schedules.platform)  # noqa: DTZ001


def level_at(schedules: ScheduleSet, local: str, target: int) -> int:
    (service,) = schedules.services
    instant = datetime.fromisoformat(local).replace(tzinfo=SEOUL)
    demand = demand_at(service, service.targets[target], instant, platform=schedules.platform)
    assert demand.reason.startswith(f"{demand.level}: ")
    return demand.level
