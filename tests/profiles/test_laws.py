"""Laws that hold for every schedule, tried on made-up ones around the nights that clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.evaluate import demand_at, tick_instant
from profiles.instants import spans_starting
from profiles.model import DatedDays, Mode, Override, Platform, Profile, Service, Window
from profiles.timeline import changes
from profiles.timeline import explain as explain_target
from tests.profiles.builders import a_service, a_set
from tests.profiles.oracle import level as level_by_minutes
from tests.profiles.oracle import occurrence

FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)
FIVE_MINUTES = timedelta(minutes=5)

# A date on which something happens to the clock, and quiet ones in both hemispheres.
NIGHTS = [
    ("America/New_York", date(2027, 3, 14)), ("America/New_York", date(2027, 11, 7)),
    ("Europe/London", date(2026, 10, 25)), ("Europe/London", date(2028, 3, 26)),
    ("Australia/Lord_Howe", date(2027, 10, 3)), ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Africa/Cairo", date(2027, 4, 30)), ("Africa/Cairo", date(2027, 10, 29)),
    ("Asia/Beirut", date(2027, 3, 28)), ("America/Santiago", date(2027, 9, 5)),
    ("America/Havana", date(2027, 3, 14)), ("Antarctica/Troll", date(2027, 3, 28)),
    ("Antarctica/Troll", date(2027, 10, 31)), ("Africa/Casablanca", date(2026, 2, 15)),
    ("Asia/Seoul", date(2026, 11, 25)), ("Asia/Kolkata", date(2028, 2, 29)), ("Pacific/Apia", date(2027, 1, 1)),
]  # fmt: skip

fives = st.integers(0, 287).map(lambda step: step * 5)
ramps = st.sampled_from((0, 5, 10, 15, 60)).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def windows(draw: st.DrawFn, *, ramped: bool = True) -> Window:
    begin = draw(st.one_of(st.sampled_from((0, 60, 90, 120, 130, 150, 180)), fives))
    end = draw(st.one_of(st.sampled_from((60, 90, 120, 150, 165, 180, 1440)), fives).filter(lambda one: one != begin))
    return Window(
        name=f"w{draw(st.integers(0, 99))}",
        concurrency=draw(st.integers(0, 40)),
        days=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        from_minute=begin,
        to_minute=end,
        ramp_up=draw(ramps) if ramped else timedelta(0),
        ramp_down=draw(ramps) if ramped else timedelta(0),
    )


@st.composite
def profiles(draw: st.DrawFn, day: date) -> Profile:
    near = st.sampled_from([day + timedelta(days=shift) for shift in (-1, 0, 1)])
    dated = st.builds(
        DatedDays,
        dates=st.frozensets(near, min_size=1),
        like=st.one_of(st.none(), st.integers(0, 6)),
        windows=st.lists(windows(), max_size=2).map(tuple),
    )
    return Profile(
        name="p",
        baseline=draw(st.integers(0, 10)),
        windows=tuple(draw(st.lists(windows(), max_size=4))),
        dates=tuple(draw(st.lists(dated, max_size=2))),
    )


@st.composite
def services(draw: st.DrawFn) -> tuple[Service, date]:
    zone, day = draw(st.sampled_from(NIGHTS))
    overrides = []
    for index in range(draw(st.integers(0, 2))):
        begin = datetime.combine(day, time()) + timedelta(minutes=draw(fives))
        overrides.append(
            Override(
                name=f"o{index}",
                starts=begin,
                ends=begin + timedelta(minutes=draw(st.integers(1, 300)) * 5),
                mode=draw(st.sampled_from(Mode)),
                concurrency=draw(st.integers(0, 60)),
                reason="a test",
                ticket="T-1",
            )
        )
    scale = draw(st.sampled_from((1.0, 0.25, 0.1, 2.0)))
    return a_service(zone=zone, profile=draw(profiles(day)), scale=scale, overrides=tuple(overrides)), day


def ticks(day: date, minutes: int = 5) -> list[datetime]:
    start = datetime.combine(day, time(), tzinfo=UTC) - timedelta(days=1)
    return [start + timedelta(minutes=minutes * step) for step in range(3 * 24 * 60 // minutes)]


@FEW
@given(st.sampled_from(NIGHTS).flatmap(lambda night: st.tuples(st.just(night), profiles(night[1]))))
def test_the_level_equals_that_of_a_walk_over_the_minutes(made: tuple[tuple[str, date], Profile]) -> None:
    (zone, day), profile = made
    service = a_service(zone=zone, profile=profile)
    for instant in ticks(day, 25):
        wanted = level_by_minutes(profile, zone, instant)
        assert demand_at(service, service.targets[0], instant, platform=Platform()).level == wanted, instant


@FEW
@given(services(), st.sampled_from((1, 2, 3, 5, 10)))
def test_plan_and_demand_never_disagree_at_a_tick(made: tuple[Service, date], interval: int) -> None:
    service, day = made
    platform = Platform(interval=timedelta(minutes=interval), max_concurrency=50)
    grid = ticks(day, interval)
    found = changes(a_set(service, platform=platform), grid[0], grid[-1] + timedelta(minutes=interval))
    assert found[0].at == grid[0]
    assert all(one.demand.level != after.demand.level for one, after in pairwise(found))
    levels = {change.at: change.demand.level for change in found}
    assert set(levels) <= set(grid)
    current = -1
    for instant in grid:
        current = levels.get(instant, current)
        assert demand_at(service, service.targets[0], instant, platform=platform).level == current, instant


@FEW
@given(services())
def test_no_level_is_above_the_ceiling(made: tuple[Service, date]) -> None:
    service, day = made
    platform = Platform(max_concurrency=7)
    for instant in ticks(day, 35):
        demand = demand_at(service, service.targets[0], instant, platform=platform)
        assert 0 <= demand.level <= 7
        assert demand.clamped_from is None or demand.clamped_from > 7


@FEW
@given(services())
def test_the_order_of_windows_and_overrides_changes_nothing(made: tuple[Service, date]) -> None:
    service, day = made
    (profile,) = service.profiles
    turned = Profile(name="p", baseline=profile.baseline, windows=profile.windows[::-1], dates=profile.dates)
    other = a_service(
        zone=service.timezone, profile=turned, scale=service.targets[0].scale, overrides=service.overrides[::-1]
    )
    for instant in ticks(day, 35):
        first = demand_at(service, service.targets[0], instant, platform=Platform())
        second = demand_at(other, other.targets[0], instant, platform=Platform())
        assert first.level == second.level


@FEW
@given(st.sampled_from(NIGHTS), windows(ramped=False))
def test_a_windows_length_is_the_time_that_passes_between_its_ends(night: tuple[str, date], window: Window) -> None:
    zone, day = night
    daily = Window(name="d", concurrency=1, from_minute=window.from_minute, to_minute=window.to_minute)
    spans = list(spans_starting(Profile(name="p", baseline=0, windows=(daily,)), zone, day))
    walked = occurrence(daily, zone, day)
    if walked is None:
        assert spans == []
        return
    (span,) = spans
    assert (span.starts, span.ends) == (walked[0].timestamp(), walked[1].timestamp())


@FEW
@given(services())
def test_explain_names_every_active_window_once_and_agrees_with_the_level(made: tuple[Service, date]) -> None:
    service, day = made
    for instant in ticks(day, 55):
        told = explain_target(service, service.targets[0], instant, platform=Platform())
        assert told.demand == demand_at(service, service.targets[0], instant, platform=Platform())
        for window in told.windows:
            assert window.active == (window.starts <= instant < window.ends)


@FEW
@given(
    st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2028-12-31")),
    st.sampled_from((1, 2, 3, 5, 10)),
)
def test_a_duplicate_tick_has_the_same_instant(moment: datetime, interval: int) -> None:
    step = timedelta(minutes=interval)
    first = tick_instant(moment.replace(tzinfo=UTC), step)
    assert first <= moment.replace(tzinfo=UTC) < first + step
    assert tick_instant(first, step) == first
