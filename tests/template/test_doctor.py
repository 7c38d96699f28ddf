"""The doctor on a stack that the stock `sam` deploys into the emulator: well first, then broken in many places."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.command import main
from emulator.stack import Options, running_emulator
from tests.emulator.controlled import PATIENCE_S, client_of, zipped
from tests.template.checkout import ROOT, SAM, run
from tests.template.doctor_stage import (
    KEYS,
    SICK,
    Deployed,
    alarm_named,
    break_everything,
    create_role,
    create_target,
    while_in_alarm,
)

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def deployed(built_checkout: Path) -> Iterator[Deployed]:
    with running_emulator(Options(iam=True)) as emulator:
        topic = client_of(emulator, "sns").create_topic(Name="duty")["TopicArn"]
        role = create_role(emulator, "shop", ["logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"])
        for name in ("shop-checkout", "shop-search", "shop-till"):
            create_target(emulator, name, role)
        overrides = ["MetricMathAlarms=false", f"AlarmTopicArn={topic}"]
        deploy = [SAM, "deploy", "--no-confirm-changeset", "--parameter-overrides", *overrides]
        run(deploy, folder=built_checkout, variables=emulator.environment)
        (stack,) = client_of(emulator, "cloudformation").describe_stacks(StackName="caretaker")["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        yield Deployed(emulator=emulator, outputs=outputs)


@pytest.fixture
def at_the_emulator(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in deployed.emulator.environment.items():
        monkeypatch.setenv(name, value)


def doctor(*arguments: str) -> tuple[int, dict[tuple[str, str], dict[str, Any]]]:
    result = CliRunner().invoke(main, ["doctor", *arguments, "--format", "json"])
    assert result.exit_code in {0, 1}, result.output
    return result.exit_code, {(one["group"], one["name"]): one for one in json.loads(result.stdout)}


def tick_seen(deployed: Deployed) -> None:
    """A tick and a run of the janitor, and the moment that CloudWatch takes to show them."""
    deployed.invoke("WarmerFunctionName", {"time": datetime.now(UTC).isoformat()})
    deployed.invoke("JanitorFunctionName", {"caretaker": {"run": "plan"}})
    deadline = time.monotonic() + PATIENCE_S
    while True:
        groups = [f"/aws/lambda/{deployed.outputs[name]}" for name in ("WarmerFunctionName", "JanitorFunctionName")]
        written = [deployed.client("logs").filter_log_events(logGroupName=group)["events"] for group in groups]
        listed = deployed.client("cloudwatch").list_metrics(Namespace="Caretaker", MetricName="JanitorRun")["Metrics"]
        if all(written) and listed:
            return
        assert time.monotonic() < deadline, f"CloudWatch shows nothing after {PATIENCE_S} s"
        time.sleep(0.2)


@pytest.mark.usefixtures("at_the_emulator")
def test_a_stack_that_is_well_ends_with_nothing_broken(deployed: Deployed, built_checkout: Path) -> None:
    tick_seen(deployed)
    url = deployed.emulator.endpoint_url_lambda
    status, checks = doctor(str(built_checkout / "schedules"), "--endpoint-url", url)
    well = {"ok", "warning"}
    assert {key: one for key, one in checks.items() if one["verdict"] not in well} == {}
    assert status == 0
    assert checks["ticks", "last tick"]["found"].endswith("2 of 2 environments over 1 targets")
    target = "target shop-checkout:live"
    assert re.match(r"20 s; the longest init of the last day was \d+\.\d", checks[target, "timeout"]["found"])
    assert checks[target, "evidence"]["found"] == "counted in the last tick"
    assert checks["schedules", "served"]["verdict"] == "ok"
    assert checks[target, "permission"]["verdict"] == "ok"
    assert {one["verdict"] for (group, _), one in checks.items() if group == target} == {"ok"}


@pytest.mark.usefixtures("at_the_emulator")
def test_the_example_that_ships_is_no_finding_and_not_what_is_deployed_here(deployed: Deployed) -> None:
    tick_seen(deployed)
    status, checks = doctor(str(ROOT / "schedules"))
    missing = [one for (group, name), one in checks.items() if group.startswith("target ") and name == "function"]
    assert [one["verdict"] for one in missing] == ["warning", "warning"]
    assert checks["schedules", "served"]["verdict"] == "warning"
    assert {key: one["found"] for key, one in checks.items() if one["verdict"] == "broken" or one["unread"]} == {}
    assert status == 0


@pytest.mark.usefixtures("at_the_emulator")
def test_a_permissions_boundary_is_read_and_counted_in(deployed: Deployed, built_checkout: Path) -> None:
    iam = deployed.client("iam")
    reads = {"Effect": "Allow", "Action": ["ssm:*", "logs:*", "dynamodb:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [reads]})
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=deployed.role(), PermissionsBoundary=edge)
    try:
        _, checks = doctor(str(built_checkout / "schedules"))
    finally:
        iam.delete_role_permissions_boundary(RoleName=deployed.role())
    assert checks["warmer", "boundary"]["verdict"] == "ok"
    assert checks["warmer", "memory"]["verdict"] == "ok"
    assert edge in checks["target shop-checkout:live", "permission"]["mend"]


@pytest.mark.usefixtures("at_the_emulator")
def test_a_person_reads_a_line_a_check(deployed: Deployed, built_checkout: Path) -> None:
    tick_seen(deployed)
    printed = CliRunner().invoke(main, ["doctor", str(built_checkout / "schedules")]).stdout
    assert printed.splitlines()[0] == "stack caretaker of account 123456789012 in eu-west-1"
    names = "function, qualifier, state, concurrency, timeout, evidence, permission, last tick"
    assert f"✓ target shop-checkout:live: {names}" in printed.splitlines()


def put_schedules(deployed: Deployed, bucket: str, text: str) -> None:
    place = {"LocationConstraint": deployed.emulator.account.region}
    deployed.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    deployed.client("s3").put_object(Bucket=bucket, Key="prod/shop.yaml", Body=text.encode())


@pytest.mark.usefixtures("at_the_emulator")
def test_schedules_in_s3_are_those_that_are_looked_at(deployed: Deployed) -> None:
    put_schedules(deployed, "plans", SICK)
    _, checks = doctor("s3://plans/prod")
    assert checks["schedules", "s3://plans/prod"]["found"] == "1 services, 4 targets"
    assert checks["target shop-gone:live", "function"]["verdict"] == "broken"
    _, checks = doctor("s3://plans/nothing-here")
    assert checks["schedules", "s3://plans/nothing-here"]["unread"]


@pytest.mark.usefixtures("at_the_emulator")
def test_what_cannot_be_asked_is_unknown_and_the_rest_goes_on(
    deployed: Deployed, built_checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:9")
    status, checks = doctor(str(built_checkout / "schedules"))
    assert status == 1
    unread = {key for key, one in checks.items() if one["unread"]}
    assert unread == {("warmer", "role"), ("janitor", "role"), ("target shop-checkout:live", "permission")}
    assert checks["stack", "status"]["verdict"] == "ok"


def listed_actions() -> list[str]:
    """The actions that the manual says the doctor uses: each service once, its other actions without its name."""
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    section = text.split("## Doctor", 1)[1].split("\n## ", 1)[0].split("these actions are all it uses:", 1)[1]
    found: list[str] = []
    for name in re.findall(r"`((?:[a-z0-9]+:)?[A-Z][A-Za-z]+)`", section.split("\n\n", 1)[0]):
        found.append(name if ":" in name else f"{found[-1].partition(':')[0]}:{name}")
    return found


def become(deployed: Deployed, monkeypatch: pytest.MonkeyPatch, name: str, actions: list[str]) -> None:
    """Ask with the keys of a role that allows these actions only: a function of that role knows them."""
    role = create_role(deployed.emulator, name, actions)
    deployed.emulator.look_again()
    deployed.client("lambda").create_function(
        FunctionName=name, Runtime="python3.13", Handler="app.handler", Role=role, Code={"ZipFile": zipped(KEYS)}
    )
    reply = deployed.client("lambda").invoke(FunctionName=name)
    for variable, value in json.loads(reply["Payload"].read()).items():
        monkeypatch.setenv(variable, value)
    # Only the one address asks roles; the other is the control plane's own.
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployed.emulator.endpoint_url_lambda)


@pytest.mark.usefixtures("at_the_emulator")
def test_the_manual_lists_every_action_that_the_doctor_needs(
    deployed: Deployed, built_checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(deployed, monkeypatch, "reader", listed_actions())
    _, checks = doctor(str(built_checkout / "schedules"))
    assert {key: one["found"] for key, one in checks.items() if one["unread"]} == {}
    used = {one.action for one in deployed.emulator.judged() if one.function == "reader"}
    assert {action for action in listed_actions() if action not in used} == {"s3:ListBucket", "s3:GetObject"}


@pytest.mark.usefixtures("at_the_emulator")
def test_a_reader_who_may_see_the_stack_only_is_told_each_action_to_allow(
    deployed: Deployed, built_checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(deployed, monkeypatch, "stranger", ["cloudformation:DescribeStacks", "cloudformation:ListStackResources"])
    status, checks = doctor(str(built_checkout / "schedules"))
    assert status == 1
    lacking = {one["action"] for one in checks.values() if one["unread"] and one["action"]}
    assert lacking == {
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "dynamodb:DescribeTable",
        "events:DescribeRule",
        "lambda:GetAccountSettings",
        "lambda:GetFunction",
        "sns:ListSubscriptionsByTopic",
        "sqs:GetQueueAttributes",
        "ssm:GetParameter",
    }
    assert all(one["action"] in one["mend"] for one in checks.values() if one["unread"])
    assert checks["stack", "status"]["verdict"] == "ok"


@pytest.mark.usefixtures("at_the_emulator")
def test_a_stack_that_does_not_exist_and_no_credentials_are_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(main, ["doctor", "--stack", "nobody"])
    assert result.exit_code == 2
    assert 'account 123456789012 has no stack "nobody" in eu-west-1' in result.stderr
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 2
    assert "no AWS credentials were found" in result.stderr


def advised(checks: dict[tuple[str, str], dict[str, Any]], *keys: tuple[str, str]) -> str:
    """The parameters that these mends give for samconfig.toml, as they stand there."""
    found = [re.search(r'parameter_overrides = "(.*)" in samconfig.toml', checks[key]["mend"]) for key in keys]
    assert all(found)
    return " ".join(one[1] for one in found if one is not None)


@pytest.mark.usefixtures("at_the_emulator")
def test_what_the_doctor_puts_into_samconfig_is_what_sam_deploys_and_mends_what_it_found(
    deployed: Deployed, built_checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_schedules(deployed, "next", SICK.rpartition("  - ")[0])
    deployed.client("s3").put_object(Bucket="next", Key="prod/platform.yaml", Body=b"interval: 2m\n")
    _, checks = doctor("s3://next/prod")
    overrides = advised(checks, ("rules", "interval"), ("targets", "permissions"))
    text = (built_checkout / "samconfig.toml").read_text(encoding="utf-8")
    asked = f'parameter_overrides = "{overrides} SchedulesBucketCreate=true DeployHook=true"'
    ours = tmp_path / "samconfig.toml"
    ours.write_text(
        text.replace("[default.deploy.parameters]", f"[default.deploy.parameters]\n{asked}"), encoding="utf-8"
    )
    deploy = [SAM, "deploy", "--no-confirm-changeset", "--config-file", ours]
    run(deploy, folder=built_checkout, variables=deployed.emulator.environment)

    _, checks = doctor("s3://next/prod")
    assert checks["rules", "interval"]["verdict"] == "ok"
    assert ("targets", "permissions") not in checks
    assert checks["target shop-till:live", "permission"]["verdict"] == "ok"
    assert {key: one for key, one in checks.items() if key[0] == "deploy hook" and one["verdict"] != "ok"} == {}

    monkeypatch.chdir(built_checkout)
    _, checks = doctor()
    ((place, empty),) = ((name, one) for (_, name), one in checks.items() if name.startswith("s3://"))
    assert (empty["verdict"], empty["mend"]) == ("warning", "caretaker push schedules --stack caretaker")
    assert checks["target shop-checkout:live", "function"]["verdict"] == "ok"
    assert CliRunner().invoke(main, [*empty["mend"].split()[1:], "--yes"]).exit_code == 0
    _, checks = doctor()
    assert checks["schedules", place]["found"] == "1 services, 1 targets"
    assert ("schedules", "schedules") not in checks


# The last one: nothing is put right again.
@pytest.mark.usefixtures("at_the_emulator")
def test_each_thing_that_is_broken_is_named_with_its_mend(deployed: Deployed, tmp_path: Path) -> None:
    break_everything(deployed)
    (tmp_path / "shop.yaml").write_text(SICK, encoding="utf-8")
    (tmp_path / "platform.yaml").write_text("interval: 1m\n", encoding="utf-8")
    status, checks = while_in_alarm(deployed, "TargetsFellShort", lambda: doctor(str(tmp_path)))
    assert status == 1
    broken = {key: one["mend"] for key, one in checks.items() if one["verdict"] == "broken"}
    wanted = {
        ("rules", "tick"): f"aws events enable-rule --name {deployed.outputs['TickRuleName']}",
        ("rules", "interval"): r'parameter_overrides = "TickSchedule=\"cron(0/1 * * * ? *)\""',
        ("stack", "kill switch"): f"--name {deployed.outputs['SwitchName']} --value on",
        ("alarms", alarm_named(deployed, "TargetsFellShort")): deployed.outputs["WarmerFunctionName"],
        ("janitor", "concurrency"): "aws lambda put-function-concurrency --reserved-concurrent-executions 1",
        ("target shop-checkout:live", "permission"): f"make deploy SCHEDULES={tmp_path}",
        ("target shop-search:live", "concurrency"): "--reserved-concurrent-executions 2",
        ("target shop-till:live", "qualifier"): "aws lambda create-alias --function-name shop-till --name live",
        ("target shop-gone:live", "function"): f"correct its name in {tmp_path / 'shop.yaml'}:11",
    }
    assert {key: key in broken and words in broken[key] for key, words in wanted.items()} == dict.fromkeys(wanted, True)
    assert checks["stack", "dead letters"]["found"].startswith("1 events were given up")
