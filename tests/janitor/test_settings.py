"""Settings: defaults, every variable's bounds, and messages that say what to write instead."""

from datetime import timedelta

import pytest

from janitor.policy import Scope
from janitor.settings import BUNDLED_SCHEDULES, JanitorSettings, Mode, SettingsError


def test_an_empty_environment_gives_the_defaults():
    assert JanitorSettings.from_env({}) == JanitorSettings(
        schedules=str(BUNDLED_SCHEDULES),
        state_table=None,
        mode=Mode.PLAN,
        rate=3,
        keep=5,
        min_superseded=timedelta(days=7),
        grace=timedelta(hours=6),
        max_per_function=25,
        max_per_run=500,
    )


def test_empty_values_count_as_unset():
    names = (
        "SCHEDULES",
        "STATE_TABLE",
        "MODE",
        "RATE",
        "KEEP",
        "MIN_SUPERSEDED",
        "GRACE",
        "MAX_PER_FUNCTION",
        "MAX_PER_RUN",
    )
    assert JanitorSettings.from_env({f"CARETAKER_{name}": "" for name in names}) == JanitorSettings.from_env({})


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta(0)),
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("6h", timedelta(hours=6)),
        ("7d", timedelta(days=7)),
    ],
)
def test_durations_have_a_whole_number_and_a_unit(text, span):
    assert JanitorSettings.from_env({"CARETAKER_GRACE": text}).grace == span


@pytest.mark.parametrize("rate", ["1", "3", "7.5", "15"])
def test_a_rate_from_1_to_15_is_valid(rate):
    assert JanitorSettings.from_env({"CARETAKER_RATE": rate}).rate == float(rate)


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("CARETAKER_MODE", "DELETE", '"plan" or "delete"'),
        ("CARETAKER_RATE", "0", "from 1 to 15"),
        ("CARETAKER_RATE", "16", "from 1 to 15"),
        ("CARETAKER_RATE", "15.1", "from 1 to 15"),
        ("CARETAKER_RATE", "nan", "from 1 to 15"),
        ("CARETAKER_RATE", "\u0663", "from 1 to 15"),
        ("CARETAKER_KEEP", "1", "2 or more"),
        ("CARETAKER_KEEP", "0", "2 or more"),
        ("CARETAKER_KEEP", "-5", "2 or more"),
        ("CARETAKER_KEEP", "\u0665", "2 or more"),
        ("CARETAKER_MIN_SUPERSEDED", "7", "with a unit"),
        ("CARETAKER_MIN_SUPERSEDED", "7 days", "with a unit"),
        ("CARETAKER_GRACE", "-6h", "with a unit"),
        ("CARETAKER_GRACE", "1.5h", "with a unit"),
        ("CARETAKER_GRACE", "\u0666h", "with a unit"),
        ("CARETAKER_MAX_PER_FUNCTION", "0", "1 or more"),
        ("CARETAKER_MAX_PER_RUN", "many", "1 or more"),
    ],
)
def test_an_unusable_value_is_named_with_the_variable_and_what_is_allowed(variable, value, allowed):
    with pytest.raises(SettingsError) as error:
        JanitorSettings.from_env({variable: value})
    assert variable in str(error.value)
    assert f'"{value}"' in str(error.value)
    assert allowed in str(error.value)


def test_all_mistakes_come_at_once():
    with pytest.raises(SettingsError, match=r"CARETAKER_MODE.*CARETAKER_KEEP"):
        JanitorSettings.from_env({"CARETAKER_MODE": "x", "CARETAKER_KEEP": "1"})


def test_functions_are_chosen_by_patterns_and_tags():
    settings = JanitorSettings.from_env(
        {"CARETAKER_FUNCTIONS": "shop-*, !shop-old", "CARETAKER_TAGS": "team=shop, a=b=c"}
    )
    assert settings.scope == Scope(patterns=("shop-*", "!shop-old"), tags=(("team", "shop"), ("a", "b=c")))
    assert [settings.scope.has_name(name) for name in ("shop-a", "shop-old", "till")] == [True, False, False]


@pytest.mark.parametrize(("name", "value"), [("CARETAKER_FUNCTIONS", "shop/*"), ("CARETAKER_TAGS", "team")])
def test_a_choice_that_cannot_be_read_is_named(name, value):
    with pytest.raises(SettingsError, match=name):
        JanitorSettings.from_env({name: value})
