"""The warmer's promise over TLS: HTTP/2 and HTTP/1.1 reach real processes alike, and the emulator counts the same."""

import json
from pathlib import Path

import pytest

from emulator.dataplane.settings import Settings
from emulator.dataplane.tls import Protocol, Tls
from tests.warmer.lambda_machine import a_function, machine, tick, write_schedule


@pytest.mark.parametrize("protocols", [("h2", "http/1.1"), ("http/1.1",)], ids=["h2", "h1"])
@pytest.mark.parametrize("policy", ["mru", "random"])
def test_what_is_wanted_is_counted_over_both_protocols(
    policy: str, protocols: tuple[Protocol, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_schedule(tmp_path / "schedules", baseline=12)
    settings = Settings(tls=Tls(protocols=protocols))
    with machine(a_function(tmp_path / "code"), policy=policy, settings=settings) as running:
        monkeypatch.setenv("AWS_CA_BUNDLE", running.ca_bundle)
        for _ in range(2):
            report = tick(monkeypatch, running.secure_endpoint, tmp_path / "schedules")
        target = report["targets"][0]
        of_last = {}
        for invocation in running.snapshot().invocations:
            block = json.loads(json.loads(invocation.client_context or "{}")["custom"]["caretaker"])
            of_last.setdefault(block["burst"], [block["of"]]).append(invocation.environment)

    assert (target["evidence"], target["covered"], target["healthy"], report["ok"]) == ("counted", 12, 12, True)
    bursts = list(of_last.values())
    assert len(set(bursts[-1][1:])) == 12
    assert all(len(environments) <= of for of, *environments in bursts)


def test_an_authority_that_is_not_trusted_is_a_reason_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_schedule(tmp_path / "schedules", baseline=2)
    with machine(a_function(tmp_path / "code"), settings=Settings(tls=Tls())) as running:
        monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
        report = tick(monkeypatch, running.secure_endpoint, tmp_path / "schedules")

    target = report["targets"][0]
    assert (report["ok"], target["covered"], target["sent"]) == (False, 0, 0)
    assert "its certificate is not vouched for" in target["reason"]
    assert "AWS_CA_BUNDLE" in target["reason"]
