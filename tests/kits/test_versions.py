"""The kit on every Python and every Django that it is made for, where the interpreter is at hand.

pytest's last lines name each Python that was not: the kit's syntax is checked for it by `ruff` all the same.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.kits.packages import HERE, ROOT, installed, interpreter

PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
# Django's own table of the Pythons that each release supports; both ends of each.
PAIRS = (("3.9", "4.2"), ("3.11", "4.2"), ("3.10", "5.2"), ("3.13", "5.2"), ("3.12", "6.1"), ("3.13", "6.1"))
PLAIN = """
import json, sys, time
from types import SimpleNamespace
from caretaker_kit import eager, warmable

eager(lambda: None, "json.dumps")
handler = warmable(lambda event, context: {"statusCode": 200})
block = {"v": 1, "burst": "0f8c", "of": 1, "release_at_ms": int(time.time() * 1000) + 500, "max_hold_ms": 2000}
custom = {"caretaker": json.dumps(block)}
context = SimpleNamespace(client_context=SimpleNamespace(custom=custom), get_remaining_time_in_millis=lambda: 9000)
print(json.dumps([handler({}, context), handler({}, SimpleNamespace(client_context=None)), sys.version_info[:2]]))
"""


def run(version: str, arguments: list[str], path: Path) -> Any:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} at hand")
    environment = {"PYTHONPATH": str(path), "PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "error"}
    command = [str(python), "-B", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("version", PYTHONS)
def test_a_plain_handler_is_warmable(version: str) -> None:
    ping, request, ran_on = run(version, ["-c", PLAIN], ROOT / "kits" / "python")
    assert ".".join(map(str, ran_on)) == version
    assert (ping["statusCode"], request) == (200, {"statusCode": 200})
    assert 0 < ping["caretaker"]["held_ms"] <= 2000


CACHED = {
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    "MIDDLEWARE": [
        "django.middleware.cache.UpdateCacheMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.cache.FetchFromCacheMiddleware",
    ],
}


@pytest.mark.parametrize(("version", "django"), PAIRS[1:3])
def test_a_cache_of_the_whole_site_shows_no_ping_to_the_public_and_answers_none(version: str, django: str) -> None:
    """Django 4.2's caches whatever is not called private, also what says no-store."""
    given = {"settings": CACHED, "visits": [{"ping": True}, {}, {"ping": True}]}
    packages = django_installed(version, django)
    first, public, second = run(version, [str(HERE / "django_project.py"), json.dumps(given)], packages)
    assert json.loads(public["body"]) == {"status": "ok"}
    assert [json.loads(ping["body"])["environment"]["invocations"] for ping in (first, second)] == [1, 3]


def django_installed(version: str, django: str) -> Path:
    lock = HERE / "django_versions" / f"django-{django}.lock"
    return installed(f"django-{django}-{version}", lock, python=version)


@pytest.mark.parametrize(("version", "django"), PAIRS)
def test_the_health_view_warms_and_keeps_details_for_pings(version: str, django: str) -> None:
    packages = django_installed(version, django)
    given = {"settings": {"CARETAKER_PRIME": ["/warmz/?primed"]}, "visits": [{"ping": True}, {}]}
    ping, public = run(version, [str(HERE / "django_project.py"), json.dumps(given)], packages)
    assert (ping["statusCode"], public["statusCode"]) == (200, 200)
    assert json.loads(ping["body"])["checks"] == {"database:default": "ok", "templates": "ok"}
    assert json.loads(public["body"]) == {"status": "ok"}
    assert public["headers"]["x-served"] == "3"
