import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

import caretaker_kit.environment as module
from caretaker_kit.environment import Environment
from tests.kits.stage import NOW_MS, Stage

ROOT = Path(__file__).parents[2]


def test_the_id_is_made_once_and_not_before_the_first_invocation(stage: Stage) -> None:
    _, environment = stage
    assert environment._id is None
    first = environment.id
    assert len(bytes.fromhex(first)) == 16
    assert environment.id == first


def test_a_restored_clone_has_an_id_an_age_and_a_count_of_its_own(stage: Stage) -> None:
    clock, environment = stage
    environment.initialised()
    environment.arrive()
    environment.served_a_request()
    before = environment.id
    clock.pass_ms(3_600_000)
    environment.renew()
    clock.pass_ms(40)
    arrival = environment.arrive()
    evidence = environment.evidence(arrival, held_ms=0)
    assert evidence["environment"] != before
    assert (evidence["cold"], evidence["invocations"], evidence["age_ms"]) == (True, 1, 40)
    assert (evidence["init_ms"], evidence["last_request_ms"]) == (None, None)


def test_two_clones_of_a_snapshot_taken_before_any_invocation_differ() -> None:
    readers, pids = [], []
    environment = Environment()
    for _ in range(2):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(writer, environment.id.encode())
            os._exit(0)
        os.close(writer)
        readers.append(reader)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    ids = {os.read(reader, 100) for reader in readers}
    for reader in readers:
        os.close(reader)
    assert len(ids) == 2


def registered(monkeypatch: pytest.MonkeyPatch, initialised: str) -> list[object]:
    """What the kit asks to be called after a restore, in an environment that was initialised so."""
    found: list[object] = []
    runtime = ModuleType("snapshot_restore_py")
    runtime.register_after_restore = found.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", initialised)
    module._renew_after_restore()
    return found


def test_where_snapstart_is_on_the_environment_is_renewed_after_a_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    assert registered(monkeypatch, "snap-start") == [module.ENVIRONMENT.renew]


def test_without_snapstart_nothing_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert registered(monkeypatch, "on-demand") == []


def test_snapstart_without_the_module_is_said_and_not_fatal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    module._renew_after_restore()
    assert "snapshot_restore_py is not importable" in capsys.readouterr().err


def test_the_init_time_counts_from_the_start_of_the_process() -> None:
    """Of a process of its own: the one that runs the tests soon is older than any initialisation may be."""
    script = """
import time
time.sleep(0.3)
from caretaker_kit.environment import Environment
environment = Environment()
environment.initialised()
print(environment.evidence(environment.arrive(), held_ms=0)["init_ms"])
"""
    variables = {"PYTHONPATH": str(ROOT / "kits" / "python")}
    before = time.monotonic()
    printed = subprocess.run(
        [sys.executable, "-B", "-c", script], env=variables, capture_output=True, text=True, check=True
    )
    took_ms = (time.monotonic() - before) * 1000
    # The kernel counts in hundredths of a second.
    assert 300 <= int(printed.stdout) <= took_ms + 20


def test_where_the_kernel_tells_nothing_the_init_time_counts_from_the_import(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    clock, environment = stage
    monkeypatch.setattr(module, "_IMPORTED_AT", clock.now_s)
    monkeypatch.setattr(module, "_by_the_kernel_ms", lambda: 1 / 0)
    clock.pass_ms(250)
    environment.initialised()
    assert environment.evidence(environment.arrive(), held_ms=0)["init_ms"] == pytest.approx(250, abs=1)


def test_a_clock_that_was_set_back_gives_no_negative_age(stage: Stage) -> None:
    clock, environment = stage
    environment.initialised()
    clock.pass_ms(-5000)
    evidence = environment.evidence(environment.arrive(), held_ms=0)
    assert (evidence["age_ms"], evidence["arrived_ms"]) == (0, NOW_MS - 5000)


def test_lambda_s_own_restore_hooks_renew_the_environment() -> None:
    """With the module that Lambda's Python image brings, as its runtime client calls it."""
    script = """
import snapshot_restore_py
from caretaker_kit.environment import ENVIRONMENT
before = ENVIRONMENT.id
for hook, args, kwargs in snapshot_restore_py.get_after_restore():
    hook(*args, **kwargs)
print(before, ENVIRONMENT.id)
"""
    variables = {"PYTHONPATH": str(ROOT / "kits" / "python"), "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    python = str(ROOT / ".tools" / "runtime" / "bin" / "python")
    printed = subprocess.run([python, "-B", "-c", script], env=variables, capture_output=True, text=True, check=True)
    before, after = printed.stdout.split()
    assert before != after
