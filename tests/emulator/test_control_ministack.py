"""Ministack as a child process: what is said when it cannot be started, and whom it serves."""

import sys
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from emulator.controlplane import ministack
from emulator.controlplane.ministack import Account, EmulatorError, PortInUseError, open_socket, running_ministack


def start(folder: Path, **patience: float) -> None:
    with (
        closing(open_socket()) as listener,
        running_ministack(listener, folder=folder, front_url="http://127.0.0.1:9", account=Account(), **patience),
    ):
        pass


def tools_with(folder: Path, python: str) -> Path:
    """A tools folder whose ministack is run by the program `python`."""
    (folder / "ministack" / "bin").mkdir(parents=True)
    (folder / "ministack" / "bin" / "python").symlink_to(python)
    return folder


def test_a_missing_installation_names_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ministack, "_TOOLS", tmp_path)
    with pytest.raises(EmulatorError, match="run make setup"):
        start(tmp_path)


def test_an_end_at_the_start_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ministack, "_TOOLS", tools_with(tmp_path, str(Path(sys.base_prefix) / "bin" / "python3")))
    with pytest.raises(EmulatorError, match=r"(?s)ended at its start with status 1: .*ministack"):
        start(tmp_path)


def test_silence_is_told_after_the_patience(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(ministack, "_TOOLS", tools_with(tmp_path, str(sleeper)))
    with pytest.raises(EmulatorError, match="did not answer at http"):
        start(tmp_path, patience_s=0.3)


def test_a_port_is_given_once() -> None:
    with closing(open_socket()) as taken, pytest.raises(PortInUseError, match="is in use; choose another"):
        open_socket(taken.getsockname()[1])


def test_it_is_gone_when_the_block_ends(tmp_path: Path) -> None:
    with (
        closing(open_socket()) as listener,
        running_ministack(listener, folder=tmp_path, front_url="http://127.0.0.1:9", account=Account()) as url,
        urllib.request.urlopen(f"{url}/_ministack/health") as reply,
    ):
        assert reply.status == 200
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"{url}/_ministack/health")
