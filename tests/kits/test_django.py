"""The Django health view under settings that people have, each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.examples.packages import built

PROJECT = Path(__file__).with_name("django_project.py")
SQLITE = "django.db.backends.sqlite3"
WORKING = {"ENGINE": SQLITE, "NAME": ":memory:", "CONN_MAX_AGE": 60}
BROKEN = {"ENGINE": SQLITE, "NAME": "/absent/hunter2.sqlite3", "PASSWORD": "hunter2"}


def visited(*visits: dict[str, Any], bytecode: bool = True, **settings: Any) -> list[dict[str, Any]]:
    """The answers of a new project with these settings; in its path the example's Django and kit."""
    command = [sys.executable, "-B", str(PROJECT), json.dumps({"settings": settings, "visits": visits})]
    environment = {"PYTHONPATH": str(built("django-mangum")), "PATH": "/usr/bin:/bin"}
    if not bytecode:
        environment["PYTHONPYCACHEPREFIX"] = "/absent"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_answer_is_never_kept_by_a_cache() -> None:
    (answer,) = visited({})
    assert answer["statusCode"] == 200
    assert {"no-store", "private", "max-age=0"} <= set(answer["headers"]["Cache-Control"].split(", "))


def test_get_and_head_are_answered_and_nothing_else_is() -> None:
    answers = visited({"httpMethod": "GET"}, {"httpMethod": "HEAD"}, {"httpMethod": "POST"}, {"httpMethod": "DELETE"})
    assert [answer["statusCode"] for answer in answers] == [200, 200, 405, 405]


def test_details_are_for_pings_only() -> None:
    ping, public = visited({"ping": True}, {})
    assert set(json.loads(ping["body"])) == {"status", "checks", "environment", "hints"}
    assert json.loads(public["body"]) == {"status": "ok"}
    assert "caretaker" not in public


def test_no_login_is_asked_for_where_the_whole_site_asks_for_one() -> None:
    (answer,) = visited(
        {},
        LOGIN_URL="/login/",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ],
    )
    assert answer["statusCode"] == 200


def test_where_https_is_forced_the_forwarded_protocol_lets_the_ping_through() -> None:
    https = {"headers": {"x-forwarded-proto": "https"}}
    with_setting = visited(
        https, {}, SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")
    )
    assert [answer["statusCode"] for answer in with_setting] == [200, 301]


def test_a_path_without_its_slash_is_redirected_and_another_host_refused() -> None:
    answers = visited({"path": "/warmz"}, {"host": "other.example.com"})
    assert [answer["statusCode"] for answer in answers] == [301, 400]


def test_each_database_is_checked_by_name_and_nothing_secret_is_shown() -> None:
    answer, public = visited({"ping": True}, {}, DATABASES={"default": WORKING, "reports": BROKEN})
    assert (answer["statusCode"], public["statusCode"]) == (503, 503)
    body = json.loads(answer["body"])
    assert body["status"] == "unavailable"
    assert body["checks"] == {"database:default": "ok", "database:reports": "OperationalError", "templates": "ok"}
    assert json.loads(public["body"]) == {"status": "unavailable"}
    assert "hunter2" not in json.dumps([answer, public])


def test_a_broken_database_with_atomic_requests_still_gets_an_answer_of_the_view() -> None:
    (answer,) = visited({"ping": True}, DATABASES={"default": {**BROKEN, "ATOMIC_REQUESTS": True}})
    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["checks"]["database:default"] == "OperationalError"


def test_a_template_engine_that_cannot_load_is_unavailable() -> None:
    (answer,) = visited({"ping": True}, TEMPLATES=[{"BACKEND": "absent.Templates"}])
    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["checks"] == {"database:default": "ok", "templates": "ModuleNotFoundError"}


def test_a_connection_that_closes_after_each_request_is_hinted_at() -> None:
    (answer,) = visited({"ping": True}, DATABASES={"default": {"ENGINE": SQLITE, "NAME": ":memory:"}})
    (hint,) = json.loads(answer["body"])["hints"]
    assert hint == "database default: CONN_MAX_AGE is 0, so each request opens a connection of its own"


def test_a_connection_that_a_pool_keeps_is_not_hinted_at() -> None:
    pooled = {"ENGINE": SQLITE, "NAME": "/absent/shop", "OPTIONS": {"pool": True}}
    (answer,) = visited({"ping": True}, DATABASES={"default": pooled})
    assert json.loads(answer["body"])["hints"] == []


def test_a_module_that_cannot_be_looked_at_spoils_no_ping() -> None:
    (answer,) = visited({"ping": True, "lazy_module": True})
    assert answer["statusCode"] == 200


def test_a_project_without_a_database_is_healthy() -> None:
    (answer,) = visited({"ping": True}, DATABASES={}, CARETAKER_CHECKS=["databases", "templates", "migrations"])
    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["checks"], body["hints"]) == (200, {"templates": "ok"}, [])


@pytest.mark.parametrize(("dead", "status"), [(1, 200), (2, 503)])
def test_a_connection_that_died_is_opened_anew_before_a_user_finds_out(tmp_path: Path, dead: int, status: int) -> None:
    dying = {
        "ENGINE": "dying_backend",
        "NAME": str(tmp_path / "new.sqlite3"),
        "CONN_MAX_AGE": 60,
        "TEST": {"DEAD": dead},
    }
    (answer,) = visited({"ping": True}, DATABASES={"default": dying})
    assert answer["statusCode"] == status
    assert json.loads(answer["body"])["checks"]["database:default"] == ("ok" if status == 200 else "Unusable")


def test_one_check_may_be_named_without_a_list() -> None:
    (answer,) = visited({"ping": True}, CARETAKER_CHECKS="templates")
    assert json.loads(answer["body"])["checks"] == {"templates": "ok"}


def test_settings_of_none_are_as_good_as_no_settings() -> None:
    (answer,) = visited({"ping": True}, CARETAKER_CHECKS=None, CARETAKER_PRIME=None)
    assert json.loads(answer["body"])["checks"] == {"database:default": "ok", "templates": "ok"}


def test_caches_and_migrations_are_checked_where_the_project_asks(tmp_path: Path) -> None:
    (answer,) = visited(
        {"ping": True},
        CARETAKER_CHECKS=["caches", "migrations"],
        CACHES={
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
            "gone": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
        },
        DATABASES={"default": {**WORKING, "NAME": str(tmp_path / "new.sqlite3")}},
    )
    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["checks"] == {
        "cache:default": "ok",
        "cache:gone": "Unreachable",
        "migrations:default": "Pending",
    }


def test_a_check_that_there_is_none_of_is_said() -> None:
    (answer,) = visited({"ping": True}, CARETAKER_CHECKS=["templates", "weather"])
    assert json.loads(answer["body"])["checks"] == {"templates": "ok", "weather": "NoSuchCheck"}


def test_the_project_s_own_paths_are_replayed_in_a_new_environment_by_a_ping_alone() -> None:
    prime = ["/warmz/?from=prime", "/absent/"]
    assert requests_served({"ping": True}, {"ping": True}, CARETAKER_PRIME=prime) == [1, 4]
    assert requests_served({}, {"ping": True}, {"ping": True}, CARETAKER_PRIME=prime) == [1, 2, 3]


def requests_served(*visits: dict[str, Any], **settings: Any) -> list[int]:
    """How many requests the project had been given when it answered each visit, that one included."""
    return [int(answer["headers"]["x-served"]) for answer in visited(*visits, **settings)]


def test_modules_without_bytecode_are_hinted_at() -> None:
    (answer,) = visited({"ping": True}, bytecode=False)
    (hint,) = json.loads(answer["body"])["hints"]
    assert "imported modules have no .pyc in the package" in hint
