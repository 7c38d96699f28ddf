"""`caretaker push` against the emulator's S3: what is uploaded, what is said, and the tick that follows it."""

import hashlib
import json
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner, Result

import fleet.aws.uploads
import warmer.handler
from cli.__main__ import main
from emulator.stack import RunningEmulator, running_emulator
from fleet.aws.uploads import ObjectMoved, S3Object
from fleet.ports import Unreachable
from profiles.compiled import compile_schedules, load_compiled
from profiles.reader import read_folder
from tests.cli.test_diff import git
from tests.emulator.controlled import zipped
from tests.warmer.lambda_machine import tick, write_schedule

BOTH = (sys.executable, "-m", "cli", "push")
KEY = "prod/compiled.json"
STACK = """
Resources:
  Topic: {{Type: AWS::SNS::Topic}}
Outputs:
  SchedulesUri: {{Value: "{uri}"}}
  WarmerFunctionName: {{Value: "{warmer}"}}
"""


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator() as started:
        yield started


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket of one test, and the service that it is in."""

    name: str
    s3: Any
    emulator: RunningEmulator

    @property
    def uri(self) -> str:
        return f"s3://{self.name}/prod"

    def keys(self) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=self.name).get("Contents", [])]

    def body(self, key: str = KEY) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.name, Key=key, Body=body)

    def services(self) -> list[str]:
        return [service.name for service in load_compiled(self.body(), where="S3").schedules.services]


@pytest.fixture
def bucket(emulator: RunningEmulator, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket that keeps versions, and an SDK that is pointed at it."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    name = f"plans-{hashlib.sha256(request.node.name.encode()).hexdigest()[:16]}"
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": emulator.account.region})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return Bucket(name=name, s3=s3, emulator=emulator)


@pytest.fixture
def schedules(tmp_path: Path) -> Path:
    write_schedule(tmp_path / "schedules", baseline=0)
    return tmp_path / "schedules"


def push(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["push", *map(str, arguments)])


def pushed(schedules: Path, bucket: Bucket, *arguments: str) -> Result:
    result = push(schedules, "--to", bucket.uri, "--yes", *arguments)
    assert result.exit_code == 0, result.output
    return result


def test_what_validates_is_uploaded_as_the_one_document_that_the_build_would_ship(
    schedules: Path, bucket: Bucket
) -> None:
    git(schedules.parent, "init", "-q", "-b", "main")
    git(schedules.parent, "add", ".")
    git(schedules.parent, "commit", "-q", "-m", "first")
    head = subprocess.check_output(["git", "-C", schedules, "rev-parse", "HEAD"], text=True).strip()

    result = pushed(schedules, bucket)

    assert bucket.keys() == [KEY]
    lying = load_compiled(bucket.body(), where="S3")
    assert (lying.revision, lying.schedules.services[0].file) == (head, "shop.yaml")
    assert f"{bucket.uri}/compiled.json: pushed 1 service, 1 target, {len(bucket.body()):,} bytes" in result.stdout
    assert f"revision {head[:12]} (version " in result.stdout
    assert "The next tick takes it, at " in result.stdout


def test_uncommitted_schedules_are_marked_as_such(schedules: Path, bucket: Bucket) -> None:
    git(schedules.parent, "init", "-q", "-b", "main")
    git(schedules.parent, "add", ".")
    git(schedules.parent, "commit", "-q", "-m", "first")
    write_schedule(schedules, baseline=3)
    pushed(schedules, bucket)
    assert load_compiled(bucket.body(), where="S3").revision.endswith("-changed")


def test_what_changes_is_said_in_words_levels_and_settings_alike(schedules: Path, bucket: Bucket) -> None:
    pushed(schedules, bucket)
    write_schedule(schedules, baseline=2)
    write_schedule(schedules, baseline=0, service="cart", function="cart")

    result = push(schedules, "--to", bucket.uri, "--dry-run")

    assert result.exit_code == 0
    assert "service cart is new" in result.stdout
    assert "shop: profiles changed" in result.stdout
    assert "rises from 0 to 2" in result.stdout
    assert "would push 2 services, 2 targets" in result.stdout
    assert bucket.services() == ["shop"]


def test_a_service_that_would_go_is_named(schedules: Path, bucket: Bucket) -> None:
    write_schedule(schedules, baseline=0, service="cart", function="cart")
    pushed(schedules, bucket)
    (schedules / "cart.yaml").unlink()
    assert "service cart goes: nothing of it is kept warm" in pushed(schedules, bucket).stdout
    assert bucket.services() == ["shop"]


def test_the_same_schedules_are_not_uploaded_again(schedules: Path, bucket: Bucket) -> None:
    pushed(schedules, bucket)
    before = bucket.s3.head_object(Bucket=bucket.name, Key=KEY)["VersionId"]
    (schedules / "shop.yaml").write_text("# another comment\n" + (schedules / "shop.yaml").read_text())
    assert f"{bucket.uri}/compiled.json: nothing to push; it says the same" in pushed(schedules, bucket).stdout
    assert bucket.s3.head_object(Bucket=bucket.name, Key=KEY)["VersionId"] == before


def test_with_an_error_in_any_file_nothing_is_uploaded(schedules: Path, bucket: Bucket) -> None:
    (schedules / "cart.yaml").write_text("version: 1\nservice: cart\nownr: team-cart\n")
    result = push(schedules, "--to", bucket.uri, "--yes")
    assert result.exit_code == 1
    assert "cart.yaml:3:1: " in result.stdout
    assert "nothing was pushed" in result.stderr
    assert bucket.keys() == []

    items = json.loads(push(schedules, "--to", bucket.uri, "--yes", "--format", "json").stdout)
    assert items["outcome"] == "rejected"
    assert {item["file"] for item in items["mistakes"]} == {str(schedules / "cart.yaml")}


def test_one_file_is_refused_because_all_others_would_go(schedules: Path, bucket: Bucket) -> None:
    result = push(schedules / "shop.yaml", "--to", bucket.uri, "--yes")
    assert result.exit_code == 2
    assert "shop.yaml is a file; a push replaces all schedules" in result.stderr


def test_where_nobody_can_be_asked_a_yes_is_needed(schedules: Path, bucket: Bucket) -> None:
    result = push(schedules, "--to", bucket.uri)
    assert (result.exit_code, bucket.keys()) == (2, [])
    assert "nobody can be asked here; add --yes, or --dry-run" in result.stderr


def test_a_folder_or_a_version_is_needed_and_not_both(schedules: Path) -> None:
    for arguments in ((), (schedules, "--restore", "1")):
        result = push(*arguments, "--yes")
        assert (result.exit_code, "with --restore the version" in result.stderr) == (2, True)


def test_a_way_back_without_a_version_is_no_success(schedules: Path, bucket: Bucket) -> None:
    push(schedules, "--to", bucket.uri, "--yes")
    result = push("--restore", "", "--to", bucket.uri, "--yes")
    assert (result.exit_code, "--restore names no version" in result.stderr) == (2, True)


@pytest.mark.parametrize(("answer", "keys", "status"), [("y", [KEY], 0), ("n", [], 1)])
def test_a_person_is_asked_first(schedules: Path, bucket: Bucket, answer: str, keys: list[str], status: int) -> None:
    terminal, its_end = pty.openpty()
    try:
        os.write(terminal, f"{answer}\n".encode())
        ended = subprocess.run(
            [*BOTH, schedules, "--to", bucket.uri],
            stdin=its_end,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(terminal)
        os.close(its_end)
    assert (ended.returncode, bucket.keys()) == (status, keys), ended.stderr
    assert "Push 1 service, 1 target, " in ended.stderr
    assert ("nothing was pushed" in ended.stdout) == (answer == "n")


def test_a_push_over_a_change_that_it_has_not_seen_is_refused(bucket: Bucket) -> None:
    place = S3Object(bucket.name, KEY)
    place.replace(b"first", seen=None)
    with pytest.raises(ObjectMoved, match="somebody else has changed it since it was read"):
        place.replace(b"also first", seen=None)
    seen = place.read(most_bytes=100)
    place.replace(b"theirs", seen=seen)
    with pytest.raises(ObjectMoved, match="so nothing was written"):
        place.replace(b"ours", seen=seen)
    bucket.s3.delete_object(Bucket=bucket.name, Key=KEY)
    with pytest.raises(ObjectMoved):
        place.replace(b"ours", seen=seen)
    assert place.read(most_bytes=100) is None


def test_a_write_whose_answer_is_lost_is_said_to_be_open(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="whether it was written is not known"):
        S3Object(bucket.name, KEY).replace(b"first", seen=None)


def test_of_two_pushes_at_a_time_the_second_ends_without_a_write(
    schedules: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed(schedules, bucket)
    theirs = compile_schedules(read_folder(schedules), revision="theirs") + b"\n"
    read = S3Object.read

    def read_before_they_write(self: S3Object, **limits: Any) -> Any:
        found = read(self, **limits)
        bucket.put(KEY, theirs)
        return found

    monkeypatch.setattr(S3Object, "read", read_before_they_write)
    write_schedule(schedules, baseline=5)
    result = push(schedules, "--to", bucket.uri, "--yes")
    assert result.exit_code == 2
    assert "somebody else has changed it since it was read (PreconditionFailed)" in result.stderr
    assert bucket.body() == theirs


def test_a_push_is_taken_back_by_the_version_that_it_names(schedules: Path, bucket: Bucket) -> None:
    pushed(schedules, bucket)
    first = bucket.body()
    write_schedule(schedules, baseline=7)
    last = pushed(schedules, bucket).stdout.splitlines()[-1]
    assert last.startswith("To go back: caretaker push --restore ")
    way_back = last.removeprefix("To go back: caretaker push ").split()

    result = push(*way_back, "--yes")

    assert result.exit_code == 0, result.output
    assert "falls from 7 to 0" in result.stdout
    assert bucket.body() == first


def test_a_version_that_is_not_there_or_holds_no_schedules_is_not_restored(bucket: Bucket) -> None:
    absent = push("--restore", "00000000-0000-0000-0000-000000000000", "--to", bucket.uri, "--yes")
    assert (absent.exit_code, "has no version 0000" in absent.stderr) == (2, True)
    bucket.put(KEY, b"something else")
    version = bucket.s3.head_object(Bucket=bucket.name, Key=KEY)["VersionId"]
    result = push("--restore", version, "--to", bucket.uri, "--yes")
    assert (result.exit_code, "not JSON" in result.stderr) == (2, True)
    assert bucket.body() == b"something else"


def test_what_cannot_be_read_there_is_replaced_and_said(schedules: Path, bucket: Bucket) -> None:
    bucket.put(KEY, b"something else")
    assert "compared with nothing, so every service shows as new" in pushed(schedules, bucket).stderr
    assert bucket.services() == ["shop"]


def test_yaml_files_there_are_compared_with_and_then_no_longer_read(schedules: Path, bucket: Bucket) -> None:
    bucket.put("prod/shop.yaml", (schedules / "shop.yaml").read_bytes())
    bucket.put("prod/cart.yaml", b"service: [")
    write_schedule(schedules, baseline=4)
    result = pushed(schedules, bucket)
    assert "will be read in place of cart.yaml, shop.yaml" in result.stderr
    assert "rises from 0 to 4" in result.stdout
    assert f"{bucket.uri}/cart.yaml:2:1: E001" in result.stderr


def test_a_key_of_ones_own_is_written_alone(schedules: Path, bucket: Bucket) -> None:
    result = push(schedules, "--to", f"s3://{bucket.name}/a/b.json", "--yes")
    assert (result.exit_code, bucket.keys()) == (0, ["a/b.json"])


def test_another_interval_asks_for_another_rule(schedules: Path, bucket: Bucket) -> None:
    pushed(schedules, bucket)
    (schedules / "platform.yaml").write_text("version: 1\ninterval: 2m\n")
    assert "becomes 2m; deploy the stack with a TickSchedule that agrees" in pushed(schedules, bucket).stderr


def test_machines_read_what_changed_and_what_was_written(schedules: Path, bucket: Bucket) -> None:
    first = json.loads(pushed(schedules, bucket, "--format", "json").stdout)
    assert (first["outcome"], first["replaces"], first["levels"][0]["before"]) == ("pushed", None, None)
    write_schedule(schedules, baseline=1)
    second = json.loads(pushed(schedules, bucket, "--format", "json").stdout)
    assert second["replaces"] == first["written"]
    assert second["settings"] == [{"name": "shop", "change": "changed", "settings": ["profiles"]}]
    assert (second["levels"][0]["before"], second["levels"][0]["after"]) == (0, 1)
    assert json.loads(pushed(schedules, bucket, "--format", "json").stdout)["outcome"] == "unchanged"


def _stack(bucket: Bucket, uri: str, warmer: str = "no-such-function") -> str:
    name = f"s{bucket.name}"
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=STACK.format(uri=uri, warmer=warmer))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return name


def test_a_stack_says_where_its_functions_read(schedules: Path, bucket: Bucket) -> None:
    result = push(schedules, "--stack", _stack(bucket, bucket.uri), "--yes")
    assert (result.exit_code, bucket.keys()) == (0, [KEY]), result.output


def _warmer(bucket: Bucket, *allowed: str) -> str:
    """A function whose role may invoke these."""
    name = f"warmer-{bucket.name}"
    policy = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": list(allowed)}
    iam = boto3.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=name, PolicyName="w", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    )
    boto3.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": zipped("handler = 1")},
    )
    return name


def test_a_new_target_that_the_stack_may_not_invoke_is_named(schedules: Path, bucket: Bucket) -> None:
    home = f"arn:aws:lambda:{bucket.emulator.account.region}:{bucket.emulator.account.number}:function"
    stack = _stack(bucket, bucket.uri, _warmer(bucket, f"{home}:shop:*", f"{home}:shop"))
    assert push(schedules, "--stack", stack, "--yes").stderr == ""

    write_schedule(schedules, baseline=0, service="cart", function="cart")
    result = push(schedules, "--stack", stack, "--yes")

    assert result.exit_code == 0
    assert f"the warmer may not invoke {home}:cart:live, because no identity-based policy allows" in result.stderr
    assert "deploy the stack with these schedules as well" in result.stderr


def test_a_stack_with_bundled_schedules_is_told_what_to_set(schedules: Path, bucket: Bucket) -> None:
    result = push(schedules, "--stack", _stack(bucket, "bundled"), "--yes")
    assert result.exit_code == 2
    assert "reads the schedules that came with its code, not S3; deploy it with the parameter" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "s3://no-such-bucket-at-all/prod"), "there is no bucket no-such-bucket-at-all"),
        (("--to", "s3://UPPER"), '--to: "s3://UPPER": it is not of the form s3://bucket/prefix'),
        (("--to", "somewhere"), '--to: "somewhere" is not of the form s3://bucket/prefix'),
        (("--stack", "nobody"), "there is no stack nobody in this account and region; check --stack and AWS_REGION"),
        (("--stack", "a", "--to", "s3://plans"), "give one of them"),
        (("--to", "s3://plans", "--endpoint-url", "http://127.0.0.1:9"), "the endpoint does not answer"),
    ],
)
def test_what_hinders_is_one_line(schedules: Path, bucket: Bucket, arguments: tuple[str, ...], words: str) -> None:
    result = push(schedules, *arguments, "--yes")
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_without_credentials_it_says_so(schedules: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    result = push(schedules, "--to", bucket.uri, "--yes")
    assert (result.exit_code, "no AWS credentials were found" in result.stderr) == (2, True)


def test_the_next_tick_follows_a_push_by_the_command_itself(
    schedules: Path, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    warmer.handler._library.cache_clear()
    endpoint = bucket.emulator.endpoint_url_lambda
    for baseline in (0, 3):
        write_schedule(schedules, baseline=baseline)
        with (schedules / "shop.yaml").open("a") as file:
            file.write("dryRun: true\n")
        subprocess.run([*BOTH, schedules, "--to", bucket.uri, "--yes"], check=True, capture_output=True, timeout=60)
        report = tick(monkeypatch, endpoint, bucket.uri)  # type: ignore[arg-type]
        assert [(target["service"], target["wanted"]) for target in report["targets"]] == [("shop", baseline)]
        assert report["schedules_source"]["from"] == "live"
    warmer.handler._library.cache_clear()


def test_a_permission_that_is_missing_is_named(
    schedules: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stubber(bucket.s3) as answers:
        answers.add_client_error("get_object", "NoSuchKey", http_status_code=404)
        answers.add_client_error("put_object", "AccessDenied", "Access Denied", http_status_code=403)
        monkeypatch.setattr(fleet.aws.uploads, "s3_client", lambda: bucket.s3)
        result = push(schedules, "--to", f"{bucket.uri}/c.json", "--yes")
    assert result.exit_code == 2
    assert result.stderr == (
        f"caretaker: {bucket.uri}/c.json: s3:PutObject was denied: Access Denied; "
        "allow s3:PutObject in the role's policy\n"
    )
