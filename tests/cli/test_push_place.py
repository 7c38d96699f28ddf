"""`caretaker push` and the place that it writes to: what lies there, what a stack tells of it, and what hinders."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

import fleet.aws.uploads
from fleet.aws.uploads import ObjectMoved, S3Object
from fleet.ports import Unreachable
from profiles.compiled import compile_schedules
from profiles.reader import read_folder
from tests.cli.pushing import KEY, Bucket, push, pushed
from tests.emulator.controlled import zipped
from tests.warmer.lambda_machine import write_schedule

STACK = """
Resources:
  Topic: {{Type: AWS::SNS::Topic}}
Outputs:
  SchedulesUri: {{Value: "{uri}"}}
  WarmerFunctionName: {{Value: "{warmer}"}}
"""


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
