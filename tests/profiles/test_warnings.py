"""What is allowed but hardly meant is a warning, and keeps no service out."""

from datetime import UTC, datetime

import pytest

from profiles.reader import read_text
from profiles.warnings import warnings_from

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

QUIET = '{name: desk, days: mon-fri, from: "08:00", to: "18:00", concurrency: 6}'


@pytest.mark.parametrize(
    ("window", "code", "words"),
    [
        ('{name: w, from: "08:03", to: "18:00", concurrency: 6}', "W201", "08:03 is off the 5m tick grid; takes"),
        ('{name: w, days: tue, from: "09:00", to: "10:00", concurrency: 5}', "W202", 'never decides the level: "desk"'),
        ('{name: w, from: "02:10", to: "02:50", concurrency: 1}', "W301", "is empty on 2027-03-14"),
        ('{name: w, from: "02:30", to: "05:00", concurrency: 1}', "W302", "on 2027-03-14 the wall time 02:30 does not"),
        ('{name: w, from: "00:30", to: "01:30", concurrency: 1}', "W303", "on 2027-11-07 the wall time 01:30 happens"),
        ('{name: w, days: sat, from: "22:00", to: "02:30", concurrency: 1}', "W302", "on 2027-03-13 the wall time"),
        ('{name: w, cron: "30 2 * * *", for: 1h, concurrency: 1}', "W302", "on 2027-03-14 the wall time 02:30"),
        ('{name: w, from: "08:00", to: "09:00", concurrency: 31}', "W203", "peaks at 62, the platform's ceiling holds"),
    ],
)  # fmt: skip
def test_a_window_is_warned_of(window: str, code: str, words: str) -> None:
    schedules = read_text(service(window), platform="maxConcurrency: 60")
    assert schedules.mistakes == ()
    (warning,) = warnings_from(schedules, NOW)
    assert (warning.code, warning.severity.value) == (code, "warning")
    assert words in warning.message
    assert warning.line == (8 if code != "W203" else 10)


def test_ordinary_windows_are_not_warned_of() -> None:
    night = '{name: night, days: fri, from: "22:00", to: "05:00", concurrency: 3}'
    assert warnings_from(read_text(service(night)), NOW) == ()


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (NOW, []),
        (datetime(2026, 12, 15, 5, 0, tzinfo=UTC), []),
        (datetime(2026, 12, 15, 5, 1, tzinfo=UTC), ["W401"]),
    ],
)
def test_an_override_that_ended_two_weeks_ago_is_stale(now: datetime, codes: list[str]) -> None:
    text = service(QUIET) + overrides(("one", "atLeast"))
    assert [one.code for one in warnings_from(read_text(text), now)] == codes


def test_two_overrides_that_set_at_one_time_are_warned_of() -> None:
    text = service(QUIET) + overrides(("one", "set"), ("two", "set"), ("three", "atMost"))
    assert [(one.code, one.line) for one in warnings_from(read_text(text), NOW)] == [("W204", 13)]


def service(window: str) -> str:
    return f"""\
version: 1
service: shop
owner: team
timezone: America/New_York
profiles:
  p: {{baseline: 1, windows: [
    {QUIET},
    {window}]}}
targets:
  - {{function: shop, alias: live, profile: p, scale: 2}}
"""


def overrides(*named: tuple[str, str]) -> str:
    rows = [
        f"  - {{name: {name}, from: '2026-11-28T00:00', until: '2026-12-01T00:00', mode: {mode}, concurrency: 9,"
        f" reason: a sale, ticket: S-1}}\n"
        for name, mode in named
    ]
    return "overrides:\n" + "".join(rows)


def test_of_many_overrides_that_set_at_one_time_each_is_warned_of_once() -> None:
    text = service(QUIET) + overrides(*((f"number-{index}", "set") for index in range(40)))
    assert [one.code for one in warnings_from(read_text(text), NOW)] == ["W204"] * 39


def test_of_thousands_of_warnings_of_a_kind_the_first_and_a_count_are_listed() -> None:
    windows = ",\n    ".join(f'{{name: w{index}, from: "03:03", to: "13:00", concurrency: 2}}' for index in range(1000))
    found = warnings_from(read_text(service(windows)), NOW)

    assert [one.code for one in found] == ["W201"] * 21
    assert found[0].message.startswith('window "w0" 03:03 is off')
    assert (found[-1].line, found[-1].message) == (28, "profile p: and 980 more warnings of this kind")


def test_a_warning_about_a_shared_profile_names_the_platforms_file() -> None:
    shared = "profiles:\n  shared:\n    baseline: 1\n    windows:\n"
    shared += '      - {name: w, from: "08:03", to: "09:00", concurrency: 2}\n'
    text = service(QUIET.replace("desk", "other")).replace("profile: p,", "profile: shared,")
    (warning,) = warnings_from(read_text(text, platform=shared), NOW)

    assert (warning.file, warning.line, warning.code) == ("platform.yaml", 5, "W201")
