"""The boost layer: above overrides, below the platform's ceiling, and upwards only."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fleet.boosts import Boost, active
from profiles.evaluate import demand_at
from profiles.model import Demand, Mode, Platform, Profile, Service, Window
from tests.profiles.builders import a_service, an_override

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SINCE = datetime(2026, 11, 24, 11, 50, tzinfo=UTC)
HALF_PAST = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


def a_boost(at_least: int = 40, *, service: str = "shop", until: datetime = HALF_PAST, **fields: object) -> Boost:
    boost = Boost(
        service=service, at_least=at_least, until=until, name="shop-is-busy", reason="34 of 40 in use", since=SINCE
    )
    return replace(boost, **fields)  # type: ignore[arg-type]


def demand(service: Service, *boosts: Boost, at: datetime = NOON, ceiling: int = 1000) -> Demand:
    return demand_at(service, service.targets[0], at, platform=Platform(max_concurrency=ceiling), boosts=boosts)


def test_a_boost_raises_the_level_and_says_until_when_and_why() -> None:
    found = demand(a_service(zone="Asia/Seoul"), a_boost())
    assert found.level == 40
    assert found.reason == (
        '40: boost "shop-is-busy" asks for at least 40 until 2026-11-24 21:30 Asia/Seoul (34 of 40 in use) in place of '
        "1: baseline of profile p, no window is active"
    )


def test_a_boost_at_or_below_the_level_changes_not_even_the_reason() -> None:
    service = a_service(profile=Profile(name="p", baseline=40, windows=()))
    assert demand(service, a_boost(40)) == demand(service, a_boost(1)) == demand(service)


def test_a_boost_stops_at_the_platform_s_ceiling() -> None:
    found = demand(a_service(), a_boost(400), ceiling=50)
    assert (found.level, found.clamped_from) == (50, 400)
    assert found.reason.startswith("50: the platform's ceiling; wanted 400: boost")


@pytest.mark.parametrize("mode", [Mode.SET, Mode.AT_MOST])
def test_a_boost_raises_above_an_override_that_lowers(mode: Mode) -> None:
    service = a_service(overrides=(an_override("freeze", mode, 0),))
    assert (demand(service).level, demand(service, a_boost()).level) == (0, 40)


def test_a_boost_is_not_scaled() -> None:
    assert demand(a_service(scale=0.1), a_boost(40)).level == 40


def test_a_service_or_a_target_that_is_switched_off_stays_so() -> None:
    off = a_service(enabled=False)
    target_off = replace(a_service(), targets=(replace(a_service().targets[0], enabled=False),))
    assert (demand(off, a_boost()).level, demand(target_off, a_boost()).level) == (0, 0)
    assert "switched off" in demand(off, a_boost()).reason


def test_a_boost_is_over_at_its_last_instant() -> None:
    assert demand(a_service(), a_boost(), at=HALF_PAST - timedelta(seconds=1)).level == 40
    assert demand(a_service(), a_boost(), at=HALF_PAST).level == 1


def test_a_boost_that_was_ended_raises_nothing() -> None:
    assert demand(a_service(), a_boost(ended=True)).level == 1


def test_another_service_s_boost_changes_nothing() -> None:
    assert demand(a_service(), a_boost(service="cart")).level == 1


def test_a_boost_of_one_function_raises_that_one_only() -> None:
    assert demand(a_service(), a_boost(function="shop")).level == 40
    assert demand(a_service(), a_boost(function="shop-batch")).level == 1


def test_a_boost_inside_a_window_leaves_it_a_window() -> None:
    window = Window(name="office", concurrency=8, from_minute=540, to_minute=1020)
    service = a_service(profile=Profile(name="p", baseline=1, windows=(window,)))
    assert demand(service, a_boost()).in_window
    assert not demand(a_service(), a_boost()).in_window


def test_the_boosts_that_hold_are_listed_by_their_identity() -> None:
    here, over, ended = a_boost(), a_boost(until=SINCE, name="over"), a_boost(name="ended", ended=True)
    other = a_boost(service="cart")
    assert active((here, over, ended, other), NOON) == (other, here)


def random_cases(seed: int, count: int) -> Iterator[tuple[Service, tuple[Boost, ...], int]]:
    chance = random.Random(seed)
    for _ in range(count):
        ceiling = chance.choice([1, 10, 100])
        mode = chance.choice(list(Mode))
        overrides = (an_override("freeze", mode, chance.randint(0, ceiling)),) if chance.random() < 0.5 else ()
        profile = Profile(name="p", baseline=chance.randint(0, ceiling), windows=())
        service = a_service(
            profile=profile, scale=chance.choice([0.3, 1.0, 4.0]), overrides=overrides, enabled=chance.random() < 0.9
        )
        boosts = tuple(
            a_boost(
                chance.randint(1, 200),
                service=chance.choice(["shop", "cart"]),
                until=NOON + timedelta(minutes=chance.randint(-5, 5)),
                name=f"alarm-{number}",
                function=chance.choice([None, "shop", "cart"]),
                ended=chance.random() < 0.2,
            )
            for number in range(chance.randint(0, 5))
        )
        yield service, boosts, ceiling


def test_boosts_never_lower_never_pass_the_ceiling_and_have_no_order() -> None:
    raised = 0
    for service, boosts, ceiling in random_cases(20261124, 3000):
        plain, found = demand(service, ceiling=ceiling), demand(service, *boosts, ceiling=ceiling)
        here = [
            boost.at_least
            for boost in boosts
            if boost.holds(NOON) and boost.concerns("shop", service.targets[0].function)
        ]
        wanted = min(ceiling, max([plain.clamped_from or plain.level, *here])) if service.enabled else 0
        assert (found.level, found.reason.startswith(f"{wanted}: ")) == (wanted, True)
        assert plain.level <= found.level <= ceiling
        assert demand(service, *reversed(boosts), ceiling=ceiling) == found
        raised += found.level > plain.level
    assert raised > 300
