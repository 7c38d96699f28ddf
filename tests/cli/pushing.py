"""A bucket in the emulator's S3 for each test, and `caretaker push` into it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from click.testing import CliRunner, Result

from cli.command import main
from emulator.stack import RunningEmulator
from profiles.compiled import load_compiled

KEY = "prod/compiled.json"


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


def a_bucket(emulator: RunningEmulator, name: str) -> Bucket:
    """An empty one that keeps versions."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": emulator.account.region})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return Bucket(name=name, s3=s3, emulator=emulator)


def push(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["push", *map(str, arguments)])


def pushed(schedules: Path, bucket: Bucket, *arguments: str) -> Result:
    result = push(schedules, "--to", bucket.uri, "--yes", *arguments)
    assert result.exit_code == 0, result.output
    return result
