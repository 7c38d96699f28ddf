"""The warmer's promise on real processes: what was wanted is reached, proven, and equals what the emulator counted."""

from pathlib import Path

import pytest

from emulator.threaded import Running
from tests.warmer.lambda_machine import WITH_KIT, WITHOUT_KIT, a_function, machine, tick, write_schedule


def distinct_environments_of_last(running: Running, count: int) -> int:
    return len({invocation.environment for invocation in running.snapshot().invocations[-count:]})


@pytest.mark.parametrize(
    ("wanted", "policy"),
    [(1, "mru"), (5, "lru"), (20, "mru"), (20, "lru"), (20, "random"), (50, "random"), (100, "mru")],
)
def test_what_is_wanted_is_counted_under_any_reuse_policy(
    wanted: int, policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_schedule(tmp_path / "schedules", baseline=wanted)
    with machine(a_function(tmp_path / "code"), policy=policy) as running:
        cold = tick(monkeypatch, running.endpoint, tmp_path / "schedules")
        warm = tick(monkeypatch, running.endpoint, tmp_path / "schedules")

        first, second = cold["targets"][0], warm["targets"][0]
        assert (first["evidence"], first["covered"], first["cold"]) == ("counted", wanted, wanted)
        assert (second["evidence"], second["covered"], second["healthy"]) == ("counted", wanted, wanted)
        assert (second["outcome"], second["cold"], warm["ok"]) == ("warm", 0, True)
        assert distinct_environments_of_last(running, wanted) == wanted
        assert second["billed_ms"] > 0


def test_json_logs_prove_a_function_without_the_kit_by_overlap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_schedule(tmp_path / "schedules", baseline=5)
    with machine(a_function(tmp_path / "code", WITHOUT_KIT, log_format="JSON")) as running:
        tick(monkeypatch, running.endpoint, tmp_path / "schedules")
        report = tick(monkeypatch, running.endpoint, tmp_path / "schedules")

        target = report["targets"][0]
        last_round = distinct_environments_of_last(running, 5)
        assert (target["evidence"], target["outcome"]) == ("overlap", "warm")
        assert target["covered"] == 5 == last_round


def test_text_logs_without_a_kit_are_inferred_and_never_called_warm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_schedule(tmp_path / "schedules", baseline=3)
    with machine(a_function(tmp_path / "code", WITHOUT_KIT)) as running:
        target = tick(monkeypatch, running.endpoint, tmp_path / "schedules")["targets"][0]

    assert (target["evidence"], target["outcome"]) == ("inferred", "unproven")
    assert "not proven" in target["reason"]


def test_a_throttle_stops_the_target_and_names_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_schedule(tmp_path / "schedules", baseline=6)
    with machine(a_function(tmp_path / "code"), account=4) as running:
        report = tick(monkeypatch, running.endpoint, tmp_path / "schedules")

    target = report["targets"][0]
    assert (report["ok"], target["outcome"], target["rounds"]) == (False, "short", 1)
    assert (target["covered"], target["throttled"]) == (4, 2)
    assert "ConcurrentInvocationLimitExceeded" in target["reason"]


def test_an_unknown_function_is_short_with_lambdas_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_schedule(tmp_path / "schedules", baseline=2, function="nobody")
    with machine(a_function(tmp_path / "code")) as running:
        report = tick(monkeypatch, running.endpoint, tmp_path / "schedules")

    target = report["targets"][0]
    assert (report["ok"], target["outcome"], target["covered"], target["errors"]) == (False, "short", 0, 2)
    assert "Function not found" in target["reason"]


def test_a_crash_costs_one_environment_and_the_top_up_brings_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_once = f"""
import os
from caretaker_kit import warmable

FLAG = {str(tmp_path / "crashed")!r}

@warmable
def handler(event, context):
    try:
        os.close(os.open(FLAG, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return {{"statusCode": 200}}
    os._exit(3)
"""
    write_schedule(tmp_path / "schedules", baseline=4)
    with machine(a_function(tmp_path / "code", crash_once)) as running:
        report = tick(monkeypatch, running.endpoint, tmp_path / "schedules")

    target = report["targets"][0]
    assert (target["covered"], target["rounds"], target["sent"], target["errors"]) == (4, 2, 8, 1)
    assert report["ok"]


@pytest.mark.parametrize("seconds", [5, -5], ids=["ahead", "behind"])
def test_a_target_whose_clock_is_wrong_is_counted_all_the_same(
    seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong_clock = f"import time\nright = time.time\ntime.time = lambda: right() + {seconds}\n" + WITH_KIT
    write_schedule(tmp_path / "schedules", baseline=8)
    with machine(a_function(tmp_path / "code", wrong_clock)) as running:
        for _ in range(2):
            tick(monkeypatch, running.endpoint, tmp_path / "schedules")
        target = tick(monkeypatch, running.endpoint, tmp_path / "schedules")["targets"][0]

    assert (target["evidence"], target["covered"], target["cold"]) == ("counted", 8, 0)


def test_what_a_tick_learns_shortens_the_next_ones_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_schedule(tmp_path / "schedules", baseline=6)
    with machine(a_function(tmp_path / "code")) as running:

        def lead() -> float:
            (target,) = tick(monkeypatch, running.endpoint, tmp_path / "schedules")["targets"]
            return float(target["release_lead_ms"])

        before = max(lead(), lead())
        # Whatever kept this machine for a moment is part of what is learnt, and forgotten in time.
        assert any(lead() < before / 2 for _ in range(30))
