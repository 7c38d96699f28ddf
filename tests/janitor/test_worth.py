"""What a plan is worth, in bytes and in billed snapshots."""

from dataclasses import replace

import pytest

from fleet.model import PublishedVersion
from janitor.keep import KeepCode, KeepReason
from janitor.plan import FunctionPlan, SweepPlan, Verdict
from janitor.worth import PRICE, size, worth
from tests.janitor.builders import a_version, facts, the_candidate

KEPT = KeepReason(code=KeepCode.NEWEST, facts="the newest", would_change_if="never")
PYTHON, JAVA = {"runtime": "python3.13", "snap_start": True}, {"runtime": "java21", "snap_start": True}


def a_plan(*versions: PublishedVersion, going: int) -> SweepPlan:
    """The first `going` of these may go; the others are kept."""
    candidate = the_candidate(1, facts([1, 2, 3]))
    verdicts = tuple(
        Verdict(candidate=replace(candidate, version=version), keep=() if index < going else (KEPT,), delete=None)
        for index, version in enumerate(versions)
    )
    return SweepPlan(functions=(FunctionPlan(facts=facts([1, 2]), verdicts=verdicts),))


def sized(number: int, megabytes: int, **fields: object) -> PublishedVersion:
    return replace(a_version(number), code_size_bytes=megabytes * 10**6, **fields)  # type: ignore[arg-type]


def test_bytes_are_those_of_the_versions_that_may_go_beside_all() -> None:
    found = worth(a_plan(sized(1, 30), sized(2, 30), sized(3, 60), going=2))
    assert (found.bytes_going, found.bytes_stored, found.share) == (60_000_000, 120_000_000, 0.5)
    assert str(found) == "60 MB of 120 MB in published versions (50%)"


def test_only_snapshots_that_lambda_bills_are_counted_at_their_memory_and_the_price_has_its_source() -> None:
    plan = a_plan(
        sized(1, 1, memory_mb=1024, **PYTHON), sized(2, 1, memory_mb=2048, **JAVA), sized(3, 1, **PYTHON), going=2
    )
    found = worth(plan)
    # 1 GB x 2,592,000 s x 0.0000015046 USD
    assert (found.snapshots_going, found.usd_a_month) == (1, pytest.approx(3.90))
    assert "at most 3.90 USD a month" in str(found)
    assert PRICE in str(found)
    assert "November 2026" in PRICE


def test_versions_with_the_network_of_before_are_counted() -> None:
    old, new = ("sg-1", "subnet-1"), ("sg-2", "subnet-1")
    found = worth(
        a_plan(sized(1, 1, network=old), sized(2, 1, network=new), sized(3, 1), sized(4, 1, network=new), going=3)
    )
    assert found.other_networks == 1
    assert "1 versions have other subnets" in str(found)


def test_nothing_at_all_is_worth_nothing() -> None:
    found = worth(SweepPlan(functions=()))
    assert (found.share, str(found)) == (0.0, "0 B of 0 B in published versions (0%)")


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (1_440_000, "1.4 MB"), (12 * 10**9, "12 GB"), (10**15, "1000 TB")],
)
def test_sizes_are_spoken_as_people_read_them(count: int, words: str) -> None:
    assert size(count) == words
