"""What the builder puts together."""

import subprocess
import sys

import pytest

from tests.examples.caller import HANDLERS, SHOPS
from tests.examples.packages import ROOT, built


@pytest.mark.parametrize("app", SHOPS)
def test_a_package_holds_the_project_the_kit_and_a_filled_database(app: str) -> None:
    held = {path.name for path in built(app).iterdir()}
    assert {"shop", "catalogue", "caretaker_kit", "django", "shop.sqlite3"} <= held
    assert ("mangum" in held, "zappa" in held) == (app == "django-mangum", app == "django-zappa")


@pytest.mark.parametrize("app", SHOPS)
def test_a_package_runs_on_any_processor(app: str) -> None:
    assert list(built(app).rglob("*.so")) == []


@pytest.mark.parametrize("app", HANDLERS)
def test_a_second_build_of_the_same_sources_does_nothing(app: str) -> None:
    built(app)
    command = [sys.executable, str(ROOT / "examples" / "build.py"), "--app", app]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.startswith(f"examples: {app} is up to date")


def test_a_build_that_cannot_install_says_which_command_failed_and_leaves_no_package(tmp_path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "build.py"), "--app", "django-mangum", "--out", "shop"]
    # Nothing listens there: no index can be reached, and no cache of another run helps.
    variables = {"PATH": "/usr/bin:/bin", "UV_INDEX_URL": "http://127.0.0.1:9", "UV_CACHE_DIR": str(tmp_path / "cache")}
    variables |= {"HOME": str(tmp_path), "UV_HTTP_RETRIES": "0"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=variables)
    assert done.returncode == 1
    assert "examples: django-mangum: this command failed with status" in done.stderr
    assert not (tmp_path / "shop").exists()
