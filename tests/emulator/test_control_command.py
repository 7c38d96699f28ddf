"""`python -m emulator up` as a process: what it prints, and how it ends."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import boto3

from emulator.controlplane.ministack import open_socket
from tests.emulator.controlled import create

PATIENCE_S = 60.0


@contextmanager
def emulator(*options: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "up", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def started(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    environment: dict[str, str] = json.loads(process.stdout.readline())["environment"]
    return environment


def reachable(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def assert_unreachable(*urls: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while any(reachable(url) for url in urls):
        assert time.monotonic() < deadline, f"still there: {urls}"
        time.sleep(0.05)


def test_both_endpoints_are_printed_and_end_with_the_command() -> None:
    with emulator("--format", "json") as process:
        environment = started(process)
        urls = environment["AWS_ENDPOINT_URL"], environment["AWS_ENDPOINT_URL_LAMBDA"]
        assert [reachable(url) for url in urls] == [True, True]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert_unreachable(*urls)


def test_ctrl_c_ends_it_cleanly() -> None:
    with emulator() as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("export AWS_ENDPOINT_URL=http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0


def test_nothing_outlives_a_command_that_was_killed(tmp_path: Path) -> None:
    with emulator("--format", "json", TMPDIR=str(tmp_path)) as process:
        environment = started(process)
        process.kill()
        process.wait(PATIENCE_S)
        assert_unreachable(environment["AWS_ENDPOINT_URL"], environment["AWS_ENDPOINT_URL_LAMBDA"])
        deadline = time.monotonic() + PATIENCE_S
        while left := list(tmp_path.glob("caretaker-emulator-*")):
            assert time.monotonic() < deadline, f"still there: {left}"
            time.sleep(0.05)


def test_a_port_in_use_is_one_line_and_status_2() -> None:
    with closing(open_socket()) as taken:
        port = str(taken.getsockname()[1])
        for option in ("--port", "--control-port"):
            with emulator(option, port) as process:
                _, said = process.communicate(timeout=PATIENCE_S)
                assert process.returncode == 2
                assert said == f"emulator: port {port} on 127.0.0.1 is in use; choose another, or 0 for a free one\n"


def test_a_client_that_knows_the_front_alone_reaches_the_other_services() -> None:
    with emulator("--format", "json") as process:
        front = started(process)["AWS_ENDPOINT_URL_LAMBDA"]
        request = urllib.request.Request(
            f"{front}/", b"Action=GetCallerIdentity&Version=2011-06-15", {"Host": "sts.eu-west-1.amazonaws.com"}
        )
        with urllib.request.urlopen(request) as reply:
            assert b"<Account>123456789012</Account>" in reply.read()


def test_with_tls_the_lambda_endpoint_is_https_and_its_authority_is_printed() -> None:
    with emulator("--tls", "--format", "json") as process:
        environment = started(process)
        context = ssl.create_default_context(cafile=environment["AWS_CA_BUNDLE"])
        origin = environment["AWS_ENDPOINT_URL_LAMBDA"]
        with urllib.request.urlopen(f"{origin}/_emulator/environments", context=context) as reply:
            assert json.load(reply) == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    assert origin.startswith("https://127.0.0.1:")
    assert environment["AWS_ENDPOINT_URL"].startswith("http://")


def test_with_iam_a_function_whose_role_has_no_policy_may_do_nothing() -> None:
    source = """
import boto3

def handler(event, context):
    try:
        boto3.client("lambda").list_functions()
    except Exception as error:
        return str(error)
"""
    with emulator("--iam", "--format", "json") as process:
        url = started(process)["AWS_ENDPOINT_URL_LAMBDA"]
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
        client = boto3.client("lambda", endpoint_url=url, **keys)
        create(client, "shop", source=source, timeout_s=60)
        told = json.loads(client.invoke(FunctionName="shop")["Payload"].read())
        client.close()
    assert "is not authorized to perform: lambda:ListFunctions on resource: * because no identity-based policy" in told
