"""Nothing unhashed is installed, and an advisory against a package that ships fails the audit; silence never passes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from checks import audit
from tests.security.advisory_server import serving

ROOT = audit.ROOT
LOCK = "h2==4.4.1 \\\n    --hash=sha256:00\npyyaml==6.0.3 ; python_version >= '3.11' \\\n    --hash=sha256:00\n"
NOBODY = "http://127.0.0.1:9"  # discard: nothing listens there
PLANTED = {
    "id": "PYSEC-2026-1",
    "aliases": ["CVE-2026-1"],
    "summary": "A header\nmay run code.",
    "fixed_in": ["4.4.2"],
    "withdrawn": None,
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "functions.lock").write_text(LOCK)
    (tmp_path / "requirements" / "warmer.lock").write_text(LOCK.splitlines()[0])
    return tmp_path


def pypi(version: str, *advisories: dict[str, Any]) -> dict[str, Any]:
    return {"info": {"version": version}, "vulnerabilities": list(advisories)}


def audited(checkout: Path, *arguments: str, osv: str = NOBODY, pypi: str = NOBODY) -> int:
    return audit.main(["--pypi", pypi, "--osv", osv, *arguments], root=checkout)


def test_a_planted_advisory_fails_and_names_package_version_advisory_and_fixed_version(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving({"/pypi/h2/4.4.1/json": pypi("4.4.1", PLANTED), "/pypi/pyyaml/6.0.3/json": pypi("6.0.3")}) as (at, _):
        assert audited(checkout, pypi=at) == 1

    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("h2 4.4.1: PYSEC-2026-1, CVE-2026-1: A header may run code.; mended in 4.4.2 (by PyPI, ")
    assert last == "audit: 1 advisories against 2 of 2 packages"


def test_an_advisory_that_only_osv_knows_fails_too(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    affected = {"package": {"name": "h2"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "4.4.2"}]}]}
    told = {"vulns": [{"id": "GHSA-1", "summary": "Bad.", "affected": [affected]}]}
    with serving({"/v1/query": told}) as (at, _):
        assert audited(checkout, osv=at) == 1

    assert "h2 4.4.1: GHSA-1: Bad.; mended in 4.4.2 (by OSV, " in capsys.readouterr().out


def test_an_advisory_against_another_version_or_one_that_was_withdrawn_is_none(checkout: Path) -> None:
    withdrawn = PLANTED | {"withdrawn": "2026-11-01T00:00:00Z"}
    answers = {"/pypi/h2/4.4.1/json": pypi("4.4.1", withdrawn), "/pypi/pyyaml/json": pypi("7.0.0", PLANTED)}
    with serving(answers) as (at, _):
        assert audited(checkout, pypi=at) == 0


def test_what_pypi_says_of_the_newest_version_counts_only_for_that_version(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving({"/pypi/h2/json": pypi("4.4.1", PLANTED), "/pypi/pyyaml/json": pypi("7.0.0")}) as (at, _):
        assert audited(checkout, pypi=at) == 1

    said = capsys.readouterr().out
    assert "(by PyPI, as its newest version, " in said
    assert "NOT AUDITED, 1 of 2 packages: pyyaml 6.0.3" in said


@pytest.mark.parametrize("status", [404, 500])
def test_packages_that_nobody_answers_for_are_named_and_never_counted_as_clean(
    checkout: Path, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    refusals = {f"/pypi/{it}/json": status for it in ("h2/4.4.1", "h2", "pyyaml/6.0.3", "pyyaml")}
    with serving(refusals) as (at, _):
        assert audited(checkout, pypi=at) == 0
        assert audited(checkout, "--strict", pypi=at) == 1

    said = capsys.readouterr().out
    assert "audit: NOT AUDITED, 2 of 2 packages: h2 4.4.1, pyyaml 6.0.3" in said
    assert f"audit: {NOBODY} did not answer: " in said
    assert "audit: 0 advisories against 0 of 2 packages" in said


def test_a_service_out_of_reach_is_asked_once(checkout: Path) -> None:
    with serving({"/pypi/h2/4.4.1/json": 503}) as (at, asked):
        audited(checkout, pypi=at)

    assert asked == ["/pypi/h2/4.4.1/json"]


def test_the_snapshot_answers_without_a_network_and_says_how_old_it_is(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving({"/pypi/h2/4.4.1/json": pypi("4.4.1", PLANTED)}) as (at, _):
        audited(checkout, "--write", pypi=at)
    snapshot = checkout / "requirements" / "advisories.json"
    snapshot.write_text(re.sub(r'"asked": "[^"]*"', '"asked": "2026-01-01"', snapshot.read_text()))
    capsys.readouterr()

    assert audited(checkout) == 1

    said = capsys.readouterr().out
    assert "h2 4.4.1: PYSEC-2026-1, CVE-2026-1" in said
    assert "audit: 1 packages by PyPI, from the snapshot of 2026-01-01, " in said
    assert "NOT AUDITED, 1 of 2 packages: pyyaml 6.0.3" in said


def test_an_accepted_advisory_passes_for_its_package_only(checkout: Path) -> None:
    with serving({"/pypi/h2/4.4.1/json": pypi("4.4.1", PLANTED)}) as (at, _):
        answers = audit.audited(
            audit.pins(checkout / "requirements", ["functions.lock"]),
            audit.Services(pypi=at, osv=NOBODY),
            {},
            audit.date(2026, 11, 21),
        )

    assert audit.findings(answers, {("CVE-2026-1", "h2"): "never sends headers"}) == []
    assert len(audit.findings(answers, {("CVE-2026-1", "pyyaml"): "never sends headers"})) == 1


def test_the_snapshot_of_this_checkout_is_about_packages_that_ship() -> None:
    wanted = audit.pins(ROOT / "requirements", list(audit.SHIPPED))
    told = audit.read_snapshot(ROOT / "requirements" / "advisories.json")

    assert len(wanted) >= 9
    assert len(set(told) & set(wanted)) >= 9, "refresh it: make audit ARGS=--write"
    assert audit.findings(told, {}) == []


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda it: it.stem)
def test_every_package_of_every_lock_has_one_version_and_its_hashes(lock: Path) -> None:
    packages = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n?", "", lock.read_text()).strip())

    assert packages
    assert [it for it in packages if not re.match(r"[a-z0-9._-]+==[^\s;]+.*--hash=sha256:[0-9a-f]{64}", it, re.S)] == []


def test_whatever_is_installed_is_installed_by_hash() -> None:
    makefile = (ROOT / "Makefile").read_text()
    installs = [line for line in makefile.splitlines() if "pip install" in line and "--editable" not in line]

    assert len(installs) >= 4
    assert [line for line in installs if "--require-hashes" not in line] == []


def test_npm_installs_what_its_lock_says_and_runs_no_script_of_it() -> None:
    makefile = (ROOT / "Makefile").read_text()
    installs = [line for line in makefile.splitlines() if "npm " in line and "command -v" not in line]

    assert installs
    assert [line for line in installs if "npm ci " not in line or "--ignore-scripts" not in line] == []


def test_the_snapshot_is_json_that_reads_back_as_it_was_written(tmp_path: Path) -> None:
    answers = audit.read_snapshot(ROOT / "requirements" / "advisories.json")
    audit.write_snapshot(tmp_path / "again.json", answers)

    assert json.loads((tmp_path / "again.json").read_text())["answers"]
    assert audit.read_snapshot(tmp_path / "again.json") == answers
