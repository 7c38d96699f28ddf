"""Layer versions that no function has: marked in one run, gone in a later one, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from fleet.audit import DeletionState
from fleet.layers import LayerVersion
from fleet.ports import AccessDenied, FleetError, Unreachable
from janitor.layers import LayerSweep, LayerVerdict
from tests.janitor.builders import MemoryAudit, MemoryRecord, v

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GRACE = timedelta(hours=6)


def a_layer(number: int, layer: str = "deps") -> LayerVersion:
    return LayerVersion(layer=layer, number=v(number), arn=f"arn:aws:lambda:eu-west-1:1:layer:{layer}:{number}")


@dataclass
class FakeLayers:
    """A Layers port in memory; `taken_meanwhile` is in use from the second look on."""

    versions: list[LayerVersion]
    in_use: set[str] = field(default_factory=set)
    taken_meanwhile: set[str] = field(default_factory=set)
    shared: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    errors: dict[str, FleetError] = field(default_factory=dict)
    looks: int = 0

    def listing(self) -> tuple[LayerVersion, ...]:
        self._fail("listing")
        return tuple(self.versions)

    def used(self) -> frozenset[str]:
        self._fail("used")
        self.looks += 1
        return frozenset(self.in_use | (self.taken_meanwhile if self.looks > 1 else set()))

    def shared_with(self, version: LayerVersion) -> str | None:
        self._fail("shared_with")
        return self.shared.get(version.arn)

    def delete(self, version: LayerVersion) -> None:
        self._fail("delete")
        self.deleted.append(version.arn)
        self.versions.remove(version)

    def _fail(self, what: str) -> None:
        if what in self.errors:
            raise self.errors[what]


@dataclass
class Stage:
    layers: FakeLayers
    record: MemoryRecord = field(default_factory=MemoryRecord)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    now: datetime = NOW

    def run(self, *, delete: bool = True, most: int = 500) -> tuple[tuple[LayerVerdict, ...], tuple[str, ...]]:
        sweep = LayerSweep(
            layers=self.layers, record=self.record, audit=self.audit, keep=2, grace=GRACE, most=most, now=self.now
        )
        found = sweep.run(delete=delete)
        self.now += GRACE
        self.layers.looks = 0
        return found

    def gone(self) -> list[int]:
        return [int(arn.rpartition(":")[2]) for arn in self.layers.deleted]


@pytest.fixture
def stage() -> Stage:
    return Stage(FakeLayers([a_layer(number) for number in range(1, 7)]))


def reasons(verdicts: Iterable[LayerVerdict]) -> dict[int, str]:
    return {one.version.number.value: str(one.kept).split(":", maxsplit=1)[0] for one in verdicts}


def test_the_first_run_marks_and_a_later_one_deletes_what_is_still_unused(stage: Stage) -> None:
    verdicts, problems = stage.run()
    assert (reasons(verdicts)[1], stage.gone(), problems) == ("unmarked", [], ())
    stage.run()
    assert stage.gone() == [1, 2, 3, 4]
    assert sorted(one.number.value for one in stage.layers.versions) == [5, 6]


def test_within_the_grace_a_marked_version_stays(stage: Stage) -> None:
    stage.run()
    stage.now -= timedelta(minutes=1)
    stage.run()
    assert stage.gone() == []


def test_what_any_function_version_has_stays_and_so_do_the_newest(stage: Stage) -> None:
    stage.layers.in_use = {a_layer(2).arn}
    stage.run()
    verdicts, _ = stage.run()
    assert stage.gone() == [1, 3, 4]
    assert (reasons(verdicts)[2], reasons(verdicts)[6]) == ("used", "newest")


def test_what_is_shared_with_others_stays(stage: Stage) -> None:
    stage.layers.shared = {a_layer(3).arn: '{"Principal":"*"}'}
    stage.run()
    verdicts, _ = stage.run()
    assert stage.gone() == [1, 2, 4]
    assert reasons(verdicts)[3] == "shared"


def test_what_a_function_has_taken_since_the_plan_stays(stage: Stage) -> None:
    stage.layers.taken_meanwhile = {a_layer(4).arn}
    stage.run()
    stage.run()
    assert stage.gone() == [1, 2, 3]


def test_a_version_that_was_used_in_between_is_marked_anew(stage: Stage) -> None:
    stage.run()
    stage.layers.in_use = {a_layer(1).arn}
    stage.run(delete=False)
    stage.layers.in_use = set()
    stage.run()
    assert 1 not in stage.gone()


def test_a_plan_deletes_nothing_and_says_what_would_go(stage: Stage) -> None:
    stage.run(delete=False)
    verdicts, _ = stage.run(delete=False)
    assert stage.gone() == []
    assert [one.as_json()["verdict"] for one in verdicts] == ["delete"] * 4 + ["keep"] * 2


def test_no_more_go_than_a_run_may_delete(stage: Stage) -> None:
    stage.run()
    stage.run(most=3)
    assert stage.gone() == [1, 2, 3]


def test_each_deletion_is_in_the_audit(stage: Stage) -> None:
    stage.run()
    stage.run()
    assert {key: one.state for key, one in stage.audit.closed.items()} == {
        ("layer:deps", number): DeletionState.DELETED for number in (1, 2, 3, 4)
    }


def test_a_deletion_whose_end_nobody_saw_is_closed_by_what_the_next_run_sees(stage: Stage) -> None:
    stage.run()
    stage.layers.errors["delete"] = Unreachable("lambda:DeleteLayerVersion: timed out")
    _, problems = stage.run()
    assert problems == ("layer deps was left alone: lambda:DeleteLayerVersion: timed out",)
    assert len(stage.audit.started) == 1
    del stage.layers.errors["delete"]
    stage.layers.versions = [one for one in stage.layers.versions if one.number.value != 1]
    stage.run()
    assert stage.audit.closed["layer:deps", 1].state is DeletionState.GONE


@pytest.mark.parametrize("what", ["listing", "used", "shared_with"])
def test_what_cannot_be_read_keeps_everything_and_is_said(stage: Stage, what: str) -> None:
    stage.run()
    stage.layers.errors[what] = AccessDenied(f"lambda:{what} was denied", action="lambda:ListLayers")
    _, problems = stage.run()
    assert stage.gone() == []
    assert "was denied" in problems[0]


def test_one_layer_s_trouble_leaves_the_others_to_be_served(stage: Stage) -> None:
    stage.layers.versions += [a_layer(number, "tools") for number in (1, 2, 3)]
    stage.run()
    broken = stage.record.known.pop("layer:deps")
    del broken
    stage.run()
    assert stage.layers.deleted == [a_layer(1, "tools").arn]
