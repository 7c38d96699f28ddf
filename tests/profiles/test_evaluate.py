"""How the layers make one level, and the sentence that says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from profiles.evaluate import demand_at, scaled
from profiles.model import Mode, Platform, Profile, Service, Window
from tests.profiles.builders import a_service, an_override

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def a_window(name: str, concurrency: int, begin: int = 540, end: int = 1020) -> Window:
    return Window(name=name, concurrency=concurrency, from_minute=begin, to_minute=end)


def a_day(*windows: Window, baseline: int = 2) -> Profile:
    return Profile(name="day", baseline=baseline, windows=windows)


def demand(service: Service, at: datetime = NOON, ceiling: int = 1000) -> tuple[int, str]:
    found = demand_at(service, service.targets[0], at, platform=Platform(max_concurrency=ceiling))
    return found.level, found.reason


def test_the_baseline_holds_when_no_window_is_active() -> None:
    assert demand(a_service(profile=a_day())) == (2, "2: baseline of profile day, no window is active")


def test_the_greatest_active_window_holds() -> None:
    profile = a_day(a_window("office", 6), a_window("rush", 9), a_window("night", 30, 1200, 1260))
    assert demand(a_service(profile=profile)) == (9, '9: window "rush" of profile day (09:00 to 17:00 UTC) is active')


def test_an_active_window_takes_the_place_of_a_greater_baseline() -> None:
    assert demand(a_service(profile=a_day(a_window("quiet", 0))))[0] == 0


def test_a_ramp_never_lowers_the_baseline() -> None:
    window = replace(a_window("noon", 10, 730, 800), ramp_up=timedelta(minutes=30))
    levels = [
        demand(a_service(profile=a_day(window)), NOON + timedelta(minutes=shift))[0] for shift in (-25, -20, -15, 5, 10)
    ]
    assert levels == [2, 2, 2, 9, 10]


def test_the_scale_multiplies_the_profiles_level_and_no_override() -> None:
    profile = a_day(a_window("office", 10))
    assert demand(a_service(profile=profile, scale=0.25)) == (
        3,
        '3: window "office" of profile day (09:00 to 17:00 UTC) is active, scaled by 0.25',
    )
    overridden = a_service(profile=profile, scale=0.25, overrides=(an_override("sale", Mode.AT_LEAST, 30),))
    assert demand(overridden)[0] == 30


@pytest.mark.parametrize(
    ("level", "scale", "wanted"), [(30, 0.1, 3), (10, 0.7, 7), (1, 0.01, 1), (0, 5.0, 0), (3, 2.5, 8)]
)
def test_scaling_rounds_up_what_the_file_says_and_not_what_floats_make_of_it(
    level: int, scale: float, wanted: int
) -> None:
    assert scaled(level, scale) == wanted


@pytest.mark.parametrize(
    ("overrides", "wanted"),
    [
        ([("a", Mode.SET, 4)], 4),
        ([("a", Mode.SET, 4), ("b", Mode.SET, 9)], 9),
        ([("a", Mode.AT_LEAST, 4)], 6),
        ([("a", Mode.AT_LEAST, 14)], 14),
        ([("a", Mode.AT_MOST, 4)], 4),
        ([("a", Mode.AT_MOST, 14)], 6),
        ([("a", Mode.AT_MOST, 5), ("b", Mode.AT_LEAST, 14), ("c", Mode.SET, 1)], 5),
        ([("a", Mode.AT_LEAST, 3), ("b", Mode.SET, 1)], 3),
        ([("a", Mode.AT_MOST, 5), ("b", Mode.AT_MOST, 3)], 3),
    ],
)
def test_overrides_apply_in_the_order_set_at_least_at_most(overrides: list[tuple[str, Mode, int]], wanted: int) -> None:
    service = a_service(
        profile=a_day(a_window("office", 6)), overrides=tuple(an_override(*override) for override in overrides)
    )
    assert demand(service)[0] == wanted


def test_an_override_says_what_it_took_the_place_of() -> None:
    service = a_service(profile=a_day(), overrides=(an_override("sale", Mode.AT_LEAST, 30),))
    level, reason = demand(service)
    assert level == 30
    asks, before = reason.split(" in place of ")
    assert asks == '30: override "sale" asks for at least 30 until 2026-11-25 00:00 UTC (doors open, S-1)'
    assert before == "2: baseline of profile day, no window is active"


def test_an_override_for_other_targets_changes_nothing() -> None:
    service = a_service(profile=a_day(), overrides=(an_override("sale", Mode.SET, 30, targets=("other",)),))
    assert demand(service)[0] == 2


def test_an_override_ends_by_itself() -> None:
    service = a_service(profile=a_day(), overrides=(an_override("sale", Mode.SET, 30),))
    assert [demand(service, NOON + timedelta(hours=shift))[0] for shift in (11, 12)] == [30, 2]


def test_the_ceiling_holds_what_is_above_it_and_says_so() -> None:
    service = a_service(profile=a_day(baseline=8), scale=2)
    found = demand_at(service, service.targets[0], NOON, platform=Platform(max_concurrency=10))
    assert (found.level, found.clamped_from) == (10, 16)
    assert found.reason.startswith("10: the platform's ceiling; wanted 16: baseline")


def test_what_is_switched_off_is_at_zero_whatever_overrides_say() -> None:
    service = a_service(profile=a_day(), overrides=(an_override("sale", Mode.AT_LEAST, 30),), enabled=False)
    assert demand(service) == (0, "0: service shop is switched off (enabled: false)")
    target = replace(service.targets[0], enabled=False)
    assert demand(replace(service, enabled=True, targets=(target,)))[0] == 0


@pytest.mark.parametrize(
    ("hour", "within"),
    [(8, False), (9, True), (16, True), (17, False)],
)
def test_a_demand_knows_whether_a_window_is_active(hour: int, within: bool) -> None:
    service = a_service(profile=a_day(a_window("office", 6)))
    at = NOON.replace(hour=hour)
    assert demand_at(service, service.targets[0], at, platform=Platform()).in_window is within


def test_a_ramp_counts_as_its_window() -> None:
    window = replace(a_window("noon", 10, 730, 800), ramp_up=timedelta(minutes=30))
    service = a_service(profile=a_day(window))
    assert demand_at(service, service.targets[0], NOON, platform=Platform()).in_window
