"""What a Django project loads at init, and what a new environment's first ping loads, in processes of their own."""

import json
import subprocess
import sys
from typing import Any

from tests.examples.packages import built

PROGRAM = """
import json, sys
from caretaker_kit.loading import eager
from caretaker_kit.django import load
from django.db import connections
from django.urls import get_resolver

loaders = [load.setup, load.urlconf, load.templates, load.queries, load.databases]
outcomes = eager(*loaders, within_s=999)
seen = {
    "problems": [outcome.problem for outcome in outcomes],
    "routes": "catalogue.views" in sys.modules,
    "populated": bool(get_resolver()._populated),
    "open": connections["default"].connection is not None,
}
load.everything()
load.before_the_first_user()
print(json.dumps(seen))
"""


def loaded(**variables: str) -> tuple[dict[str, Any], str]:
    """What the Django shop has loaded, and what it wrote to its log."""
    package = built("django-zappa")
    environment = {"PYTHONPATH": str(package), "PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "shop.settings"}
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        cwd=package,
        env={**environment, **variables},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_everything_that_a_first_request_would_load_is_there_after_init() -> None:
    seen, log = loaded()
    assert seen == {"problems": [None] * 5, "routes": True, "populated": True, "open": True}
    assert log == ""


def test_no_open_connection_goes_into_a_snapshot() -> None:
    seen, _ = loaded(AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
    assert seen["open"] is False


def test_one_part_that_fails_leaves_the_others_and_is_logged() -> None:
    seen, log = loaded(SHOP_DATABASE="/absent/shop.sqlite3")
    assert [problem is None for problem in seen["problems"]] == [True, True, True, True, False]
    assert seen["routes"] is True
    assert "eager loading of databases: OperationalError" in log
