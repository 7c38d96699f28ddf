"""Execution environments as processes: who serves what, frozen in between, ended with everything they started."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.pool import POLICIES, Policy
from emulator.dataplane.settings import Settings
from emulator.threaded import Running, running
from tests.emulator.deployed import CODE, Caller, until, version


def state(pid: int) -> str:
    """The kernel's letter for a process: T when stopped; X when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def gone(pid: int) -> bool:
    return state(pid) in "XZ"


def test_one_caller_is_served_by_one_environment(invoke: Caller) -> None:
    assert [invoke({}).payload["invocations"] for _ in range(3)] == [1, 2, 3]


def test_twenty_at_once_get_twenty_environments_and_the_next_twenty_the_same(
    emulator: Running, invoke: Caller, tmp_path: Path
) -> None:
    cold = invoke.together(emulator, 20, tmp_path / "cold", tail=True)
    warm = invoke.together(emulator, 20, tmp_path / "warm", tail=True)
    assert len({got.payload["environment"] for got in cold}) == 20
    assert len({got.payload["pid"] for got in cold}) == 20
    assert {got.payload["environment"] for got in warm} == {got.payload["environment"] for got in cold}
    assert all("Init Duration" in got.log for got in cold)
    assert not any("Init Duration" in got.log for got in warm)
    assert len(emulator.snapshot().environments) == 20


def test_a_hundred_environments_are_served(emulator: Running, invoke: Caller, tmp_path: Path) -> None:
    got = invoke.together(emulator, 100, tmp_path / "gate")
    assert len({one.payload["environment"] for one in got}) == 100
    assert [facts.state for facts in emulator.snapshot().environments] == ["idle"] * 100


@pytest.mark.parametrize("policy", POLICIES)
def test_the_policy_decides_which_idle_environment_is_used(
    catalog: StaticCatalog, policy: Policy, tmp_path: Path
) -> None:
    with running(catalog, policy=policy, seed=7) as emulator:
        invoke = Caller(emulator.endpoint)
        invoke.together(emulator, 4, tmp_path / "gate")
        served = [invoke({}).payload["environment"] for _ in range(12)]
    match policy:
        case "mru":
            assert len(set(served)) == 1
        case "lru":
            assert len(set(served)) == 4
            assert served == served[:4] * 3
        case "random":
            assert 1 < len(set(served)) <= 4
            assert served != served[:4] * 3


def test_versions_never_share_an_environment(catalog: StaticCatalog, emulator: Running, invoke: Caller) -> None:
    catalog.put(version(number="1"))
    assert invoke(Qualifier="1").payload["environment"] != invoke().payload["environment"]
    assert {(facts.function, facts.version) for facts in emulator.snapshot().environments} == {
        ("app", "1"),
        ("app", "$LATEST"),
    }


def test_nothing_advances_while_an_environment_is_frozen(invoke: Caller) -> None:
    first = invoke({"act": "start_ticking"}).payload
    until(lambda: state(first["pid"]) == "T")
    time.sleep(3)
    after_freeze = invoke({}).payload["ticks"]
    after_work = invoke({"sleep_s": 0.5}).payload["ticks"]
    assert after_freeze <= 100, "a tick takes 10 ms: three seconds of running would show 300, or not much less"
    assert after_work >= after_freeze + 5


def test_a_child_of_the_function_is_frozen_with_it_and_ends_with_it(catalog: StaticCatalog) -> None:
    with running(catalog) as emulator:
        child = Caller(emulator.endpoint)({"act": "start_child"}).payload
        until(lambda: state(child) == "T")
    until(lambda: gone(child))


def test_an_idle_environment_is_reaped(catalog: StaticCatalog) -> None:
    with running(catalog, settings=Settings(idle_s=0.3)) as emulator:
        invoke = Caller(emulator.endpoint)
        pid = invoke({}).payload["pid"]
        until(lambda: gone(pid))
        assert emulator.snapshot().environments == ()
        assert invoke({}).payload["invocations"] == 1


def test_changed_code_retires_the_environments_of_the_old(
    catalog: StaticCatalog, emulator: Running, invoke: Caller
) -> None:
    old = invoke({}).payload["pid"]
    catalog.put(version(identity="two", environment=(("STAGE", "two"),)))
    assert invoke({"act": "variables"}).payload["STAGE"] == "two"
    until(lambda: gone(old))
    assert len(emulator.snapshot().environments) == 1


def test_a_busy_environment_finishes_before_it_is_retired(
    catalog: StaticCatalog, emulator: Running, invoke: Caller
) -> None:
    (busy,) = invoke.burst(1, {})
    with_old = [busy.payload["pid"]]
    finished: list[int] = []
    thread = threading.Thread(target=lambda: finished.append(invoke({"sleep_s": 1.0}).payload["pid"]))
    thread.start()
    until(lambda: emulator.snapshot().environments[0].state == "busy")
    catalog.put(version(identity="two"))
    assert invoke({}).payload["pid"] not in with_old
    thread.join()
    assert finished == with_old
    until(lambda: gone(with_old[0]))


def test_nothing_of_the_host_leaks_into_a_function(catalog: StaticCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_SECRET", "do not tell")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "the.hosts.own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the host's own")
    catalog.put(version(environment=(("STAGE", "test"), ("AWS_REGION", "mars-1")), memory_mb=512))
    settings = Settings(endpoint_url="http://127.0.0.1:9", access_key_id="AK", secret_access_key="SK")
    with running(catalog, settings=settings) as emulator:
        found = Caller(emulator.endpoint)({"act": "variables"}).payload
    found.pop("LC_CTYPE", None)  # set by Python itself
    runtime_api, stream = found.pop("AWS_LAMBDA_RUNTIME_API"), found.pop("AWS_LAMBDA_LOG_STREAM_NAME")
    assert runtime_api.startswith("127.0.0.1:")
    assert "[$LATEST]" in stream
    assert not Path(found.pop("TMPDIR")).exists(), "an environment's scratch folder outlived it"
    assert found.pop("_X_AMZN_TRACE_ID").startswith("Root=1-")
    assert found == {
        "AWS_ACCESS_KEY_ID": "AK",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_LAMBDA": emulator.endpoint,
        "AWS_ENDPOINT_URL_CODEDEPLOY": emulator.endpoint,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_NAME": "app",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/app",
        "AWS_REGION": "eu-west-1",
        "AWS_SECRET_ACCESS_KEY": "SK",
        "AWS_SESSION_TOKEN": "test",
        "LAMBDA_TASK_ROOT": str(CODE),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(CODE),
        "STAGE": "test",
        "TZ": ":UTC",
        "_HANDLER": "app.handler",
    }


def test_a_function_runs_in_its_code_folder_and_leaves_it_clean(invoke: Caller) -> None:
    found = invoke({"act": "directory"}).payload
    assert found["cwd"] == str(CODE)
    assert "app.py" in found["files"]
    assert "__pycache__" not in found["files"]


def test_any_program_that_speaks_the_runtime_api_is_a_runtime(
    catalog: StaticCatalog, emulator: Running, invoke: Caller
) -> None:
    catalog.put(version(function="own", handler="any.text", command=("python3", str(CODE / "own_runtime.py"))))
    first = invoke({"n": 1}, function="own", ClientContext="eyJjdXN0b20iOnt9fQ==", tail=True)
    second = invoke({"n": 2}, function="own")
    assert first.payload["echo"] == {"n": 1}
    assert first.payload["handler"] == "any.text"
    assert first.payload["context"] == {"custom": {}}
    assert first.payload["trace"].startswith("Root=1-")
    assert "Init Duration" in first.log
    assert (second.payload["echo"], second.payload["context"]) == ({"n": 2}, None)
    assert second.payload["pid"] == first.payload["pid"]
    assert len({got.payload["pid"] for got in invoke.burst(5, {}, function="own")}) >= 1


def test_a_frozen_environment_is_asked_to_end_before_it_is_ended(catalog: StaticCatalog, tmp_path: Path) -> None:
    goodbye = tmp_path / "goodbye"
    command = ("python3", str(CODE / "own_runtime.py"))
    catalog.put(version(function="own", command=command, environment=(("GOODBYE", str(goodbye)),)))
    with running(catalog, settings=Settings(shutdown_grace_s=10.0)) as emulator:
        Caller(emulator.endpoint)({}, function="own")
    assert goodbye.read_text() == "asked to end"


def test_one_that_does_not_listen_is_ended_after_the_grace(catalog: StaticCatalog) -> None:
    deaf = ("sh", "-c", f"trap '' TERM; exec python3 {CODE / 'own_runtime.py'}")
    catalog.put(version(function="own", command=deaf))
    with running(catalog, settings=Settings(shutdown_grace_s=0.2)) as emulator:
        pid = Caller(emulator.endpoint)({}, function="own").payload["pid"]
    assert gone(pid)


_KILLED = """
import signal, threading
from emulator.threaded import running
from emulator.dataplane.catalog import StaticCatalog
from tests.emulator.deployed import version
# A job that a shell started in the background ignores Ctrl-C, and so would what it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
catalog = StaticCatalog()
catalog.put(version())
with running(catalog) as emulator:
    print(emulator.endpoint, flush=True)
    threading.Event().wait()
"""


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_everything_ends_with_the_emulator_however_that_ends(by: signal.Signals) -> None:
    command = [sys.executable, "-c", _KILLED]
    root = CODE.parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as emulator:
        assert emulator.stdout is not None
        invoke = Caller(emulator.stdout.readline().strip())
        child, facts = invoke({"act": "start_child"}).payload, invoke({}).payload
        until(lambda: state(facts["pid"]) == "T")
        os.kill(emulator.pid, by)
    until(lambda: gone(facts["pid"]) and gone(child))
