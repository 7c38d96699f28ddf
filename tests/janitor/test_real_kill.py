"""A real process, killed in the middle of a sweep, with a real table: nothing is lost and the work goes on."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulator.stack import Options
from fleet.aws.audit import DynamoAudit
from fleet.aws.rate import TimeBox
from fleet.aws.table import StateTable
from tests.emulator.controlled import client_of, controlled
from tests.fleet import state_table
from tests.janitor.fake_lambda import FakeLambda, serving

ROOT = Path(__file__).resolve().parent.parent.parent
LONG_AGO = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
RUN = """
import json
from janitor.handler import lambda_handler
print(json.dumps(lambda_handler({"caretaker": {"run": "sweep"}}, None)))
"""


@pytest.fixture(scope="module")
def table():
    with controlled(Options(control_per_s=15.0)) as (running, _):
        yield state_table.made(client_of(running, "dynamodb"))


def one_run(url, table, schedules):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CARETAKER_"))},
        "AWS_ENDPOINT_URL": table.meta.endpoint_url,
        "AWS_ENDPOINT_URL_LAMBDA": url,
        "AWS_ENDPOINT_URL_CODEDEPLOY": url,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "CARETAKER_SCHEDULES": str(schedules),
        "CARETAKER_STATE_TABLE": "state",
        "CARETAKER_MODE": "delete",
        "CARETAKER_GRACE": "0s",
        "CARETAKER_KEEP": "2",
        "CARETAKER_RATE": "15",
    }
    return subprocess.Popen([sys.executable, "-c", RUN], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_process_killed_while_a_delete_is_under_way_leaves_a_trace_and_the_next_run_goes_on(table, tmp_path):
    account = FakeLambda()
    account.add("shop", range(1, 8), published=LONG_AGO)
    running = []

    def kill(seen):
        if seen.operation == "DeleteFunction" and seen.qualifier == "3" and running:
            running.pop().kill()

    with serving(account) as url:
        one_run(url, table, tmp_path).communicate(timeout=300)
        account.rules.append(kill)
        running.append(victim := one_run(url, table, tmp_path))
        said, _ = victim.communicate(timeout=300)
        assert victim.returncode == -9, said[-1500:]
        assert account.deleted[:2] == [("shop", 1), ("shop", 2)]
        written = {one.version.value: one.state.value for one in audit(table).deletions("shop")}
        assert written == {1: "deleted", 2: "deleted", 3: "started"}
        said, _ = one_run(url, table, tmp_path).communicate(timeout=300)
    assert json.loads(said.splitlines()[-1])["ok"] is True
    assert account.numbers("shop") == [6, 7]


def audit(table):
    return DynamoAudit(StateTable(table, "state", TimeBox()))
