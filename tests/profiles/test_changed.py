"""Settings that differ between two sets of schedules, by the names that the files have for them."""

from dataclasses import fields
from typing import Any

import pytest

from profiles import changed
from profiles.changed import changed_settings
from profiles.compiled import compile_schedules, load_compiled
from profiles.model import Platform, ScheduleSet, Service, Target
from profiles.reader import Document, read_documents

SHOP = """\
version: 1
service: shop
owner: team-shop
timezone: UTC
profiles:
  day: {baseline: 2}
  night: {baseline: 1}
targets:
  - {function: shop-checkout, alias: live, profile: day}
"""
PLATFORM = "version: 1\ninterval: 5m\n"


def read(**texts: str) -> ScheduleSet:
    found = read_documents(Document(file=f"{name}.yaml", data=text.encode()) for name, text in texts.items())
    assert not found.errors
    return found


def said(before: ScheduleSet, after: ScheduleSet) -> list[str]:
    return [str(each) for each in changed_settings(before, after)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("owner: team-shop", "owner: team-cart", "owner"),
        ("timezone: UTC", "timezone: Asia/Seoul", "timezone"),
        ("timezone: UTC", "timezone: UTC\nversions: {keep: 9}", "versions"),
        ("timezone: UTC", "timezone: UTC\ndryRun: true", "dryRun"),
        ("timezone: UTC", "timezone: UTC\nenabled: false", "enabled"),
        ("day: {baseline: 2}", "day: {baseline: 3}", "profiles"),
        ("profile: day", "profile: night", "profile of shop-checkout:live"),
        ("profile: day", "profile: day, scale: 2", "scale of shop-checkout:live"),
        ("profile: day", "profile: day, strategy: provisioned", "strategy of shop-checkout:live"),
        ("profile: day", "profile: day, ping: {payload: {a: 1}}", "ping of shop-checkout:live"),
        ("alias: live", "alias: blue", "target shop-checkout:blue (new), target shop-checkout:live (gone)"),
    ],
)
def test_each_setting_is_named_as_its_file_names_it(old: str, new: str, words: str) -> None:
    assert said(read(shop=SHOP), read(shop=SHOP.replace(old, new))) == [f"shop: {words} changed"]


def test_a_comment_or_another_file_name_changes_nothing() -> None:
    assert said(read(shop=SHOP), read(renamed=f"# why\n\n{SHOP}")) == []


def test_what_was_compiled_and_read_back_is_the_same() -> None:
    schedules = read(shop=SHOP, platform=PLATFORM)
    assert said(schedules, load_compiled(compile_schedules(schedules), where="here").schedules) == []


def test_services_that_come_and_go_and_the_platform_are_named() -> None:
    before = read(shop=SHOP, platform=PLATFORM)
    after = read(cart=SHOP.replace("shop", "cart"), platform=PLATFORM.replace("5m", "2m"))
    assert said(before, after) == [
        "platform: interval changed",
        "service cart is new",
        "service shop goes: nothing of it is kept warm, and its rules for versions end",
    ]


@pytest.mark.parametrize(
    ("value", "compared", "otherwise"),
    [
        (Service, changed._SERVICE, {"name", "file", "targets"}),
        (Target, changed._TARGET, {"function", "qualifier"}),
        (Platform, changed._PLATFORM, set()),
    ],
)
def test_no_field_is_forgotten(value: type[Any], compared: dict[str, str], otherwise: set[str]) -> None:
    assert {field.name for field in fields(value) if field.compare} == compared.keys() | otherwise
