"""Policies from schedules: what a service says holds for its functions, and the more careful word wins."""

from dataclasses import replace
from datetime import timedelta

from janitor.policy import sweep_policy
from profiles.model import VersionsPolicy
from profiles.reader import read_text
from tests.janitor.builders import a_policy, a_service, a_version, v

DEFAULT = a_policy(keep=5, min_superseded=timedelta(days=7))


def policy_of(*services, function="shop"):
    return sweep_policy(services, default=DEFAULT, max_per_function=25, max_per_run=500).of(function)


def test_a_function_that_no_schedule_names_has_the_defaults():
    assert policy_of(a_service("live"), function="other") == DEFAULT


def test_a_services_own_policy_holds_for_its_functions_even_when_it_keeps_less():
    own = VersionsPolicy(keep=3, min_superseded=timedelta(days=1))
    found = policy_of(a_service("live", policy=own))
    assert (found.keep, found.min_superseded) == (3, timedelta(days=1))


def test_a_service_that_says_nothing_has_the_defaults():
    assert policy_of(a_service("live")) == DEFAULT


def test_of_two_services_the_more_careful_word_holds_in_either_order():
    one = a_service("live", name="one", policy=VersionsPolicy(keep=3, min_superseded=timedelta(days=30)))
    two = a_service("live", name="two", policy=VersionsPolicy(keep=9, min_superseded=timedelta(days=1)))
    for services in ((one, two), (two, one)):
        found = policy_of(*services)
        assert (found.keep, found.min_superseded) == (9, timedelta(days=30))


def test_a_disabled_policy_names_its_service_and_another_service_does_not_lift_it():
    off = a_service("live", name="careful", policy=VersionsPolicy(enabled=False))
    assert policy_of(off, a_service("live")).off == 'the schedule of service "careful"'
    assert policy_of(a_service("live"), off).off == 'the schedule of service "careful"'


def test_a_target_with_a_version_protects_it_even_when_the_service_is_disabled():
    assert policy_of(a_service("12", "live", enabled=False)).scheduled == ((v(12), "checkout"),)


def test_a_target_named_by_arn_protects_the_function_of_that_name():
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
    assert policy_of(a_service("12", function=arn)).scheduled == ((v(12), "checkout"),)


def test_snapstart_versions_have_a_policy_of_their_own_where_a_service_says_so():
    own = VersionsPolicy(keep=5, min_superseded=timedelta(days=7), snap_keep=2, snap_min_superseded=timedelta(days=1))
    found = policy_of(a_service("live", policy=own))
    snapshot, plain = replace(a_version(1), snap_start=True), a_version(1)
    assert (found.keep_of(snapshot), found.min_superseded_of(snapshot)) == (2, timedelta(days=1))
    assert (found.keep_of(plain), found.min_superseded_of(plain)) == (5, timedelta(days=7))
    assert found.fewest == 2


def test_of_two_services_the_more_careful_word_holds_for_snapstart_versions_in_either_order():
    one = a_service("live", name="one", policy=VersionsPolicy(keep=5, snap_keep=2))
    two = a_service("live", name="two", policy=VersionsPolicy(keep=3))
    for services in ((one, two), (two, one)):
        found = policy_of(*services)
        assert (found.keep, found.snap_keep) == (5, 3)


def test_a_service_that_says_nothing_of_snapstart_treats_all_versions_alike():
    found = policy_of(a_service("live", policy=VersionsPolicy(keep=3)))
    assert (found.snap_keep, found.keep_of(replace(a_version(1), snap_start=True))) == (None, 3)


def test_a_schedule_says_it_under_snapstart():
    text = (
        "version: 1\nservice: shop\nowner: team\ntimezone: UTC\nprofiles: {p: {baseline: 1}}\n"
        "targets: [{function: shop, alias: live, profile: p}]\n"
        "versions: {keep: 5, minSuperseded: 7d, snapStart: {keep: 2, minSuperseded: 1d}}\n"
    )
    (service,) = read_text(text, file="shop.yaml").services
    found = policy_of(service)
    assert (found.keep, found.snap_keep, found.snap_min_superseded) == (5, 2, timedelta(days=1))
