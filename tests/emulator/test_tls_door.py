"""The emulator's TLS door: HTTP/2 as load balancers speak it, HTTP/1.1 for every SDK that does not."""

import json
import time
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from h2 import events
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.settings import Settings
from emulator.dataplane.tls import Tls
from emulator.threaded import Running, running
from tests.emulator.deployed import version
from tests.emulator.h2_client import Client, connected


@pytest.fixture
def settings() -> Settings:
    return Settings(tls=Tls())


@pytest.fixture
def client(emulator: Running) -> Iterator[Client]:
    with connected(emulator.secure_endpoint, emulator.ca_bundle) as found:
        yield found


def test_the_server_says_at_once_that_it_takes_128_streams(client: Client) -> None:
    settings = client.first(events.RemoteSettingsChanged).changed_settings

    assert settings[SettingCodes.MAX_CONCURRENT_STREAMS].new_value == 128


def test_a_request_without_its_last_byte_does_not_run(client: Client, emulator: Running) -> None:
    stream = client.begin()
    client.send(stream, b'{"act": "facts"')
    time.sleep(0.5)
    before = emulator.snapshot()
    client.send(stream, b"}", end=True)

    assert (client.status(stream), json.loads(client.body(stream))["invocations"]) == ("200", 1)
    assert (before.environments, before.invocations) == ((), ())


def test_bodies_larger_than_every_window_pass_in_both_directions(client: Client) -> None:
    event = {"text": "x" * 2_000_000}
    stream = client.begin()
    client.send(stream, json.dumps(event).encode(), end=True)

    assert json.loads(client.body(stream))["event"] == event


def test_requests_of_one_connection_run_beside_each_other(client: Client) -> None:
    streams = [client.begin() for _ in range(8)]
    for stream in streams:
        client.send(stream, b'{"sleep_s": 0.5', end=False)
    for stream in streams:
        client.send(stream, b"}", end=True)

    assert len({json.loads(client.body(stream))["environment"] for stream in streams}) == 8


def test_a_stream_that_the_client_resets_leaves_the_others_alone(client: Client) -> None:
    gone, stays = client.begin(), client.begin()
    client.send(gone, b'{"sleep_s":')
    client.h2.reset_stream(gone, ErrorCodes.CANCEL)
    client.send(stays, b"{}", end=True)

    assert client.status(stays) == "200"


def test_errors_are_told_as_over_http_1(client: Client) -> None:
    stream = client.begin("/2015-03-31/functions/nobody/invocations")
    client.send(stream, b"{}", end=True)

    headers = dict(client.first(events.ResponseReceived, stream).headers)
    assert (headers[":status"], headers["x-amzn-errortype"]) == ("404", "ResourceNotFoundException")
    assert b"Function not found" in client.body(stream)


def test_the_end_of_the_service_is_announced_with_goaway() -> None:
    catalog = StaticCatalog()
    catalog.put(version())
    with running(catalog, settings=Settings(tls=Tls())) as emulator:
        ca_bundle = emulator.ca_bundle
        with connected(emulator.secure_endpoint, ca_bundle) as client:
            client.first(events.RemoteSettingsChanged)
            emulator.loop.run(emulator.service.stop())

            assert client.first(events.ConnectionTerminated).error_code == 0


@pytest.mark.parametrize("protocols", [("h2", "http/1.1"), ("http/1.1",)])
def test_an_unmodified_sdk_gets_through_and_verifies_the_certificate(protocols: tuple[str, ...]) -> None:
    catalog = StaticCatalog()
    catalog.put(version())
    with running(catalog, settings=Settings(tls=Tls(protocols=protocols))) as emulator:  # type: ignore[arg-type]
        sdk = boto3.client(
            "lambda",
            endpoint_url=emulator.secure_endpoint,
            verify=emulator.ca_bundle,
            region_name="eu-west-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=Config(retries={"total_max_attempts": 1}),
        )
        reply = sdk.invoke(FunctionName="app", Payload=b'{"sleep_s": 0}')

        assert json.loads(reply["Payload"].read())["invocations"] == 1
        sdk.close()
