"""A Django project in one file, for a process of its own: settings and visits come in as JSON, answers go out.

Run by the tests with Django, this kit and nothing else of the repository on the path.
"""

import json
import sys
from types import SimpleNamespace
from typing import Any

import django
from django.conf import settings
from django.test import Client
from django.urls import include, path

from caretaker_kit import warmable

GIVEN = json.loads(sys.argv[1])
settings.configure(
    **{
        "ALLOWED_HOSTS": ["shop.example.com"],
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "CONN_MAX_AGE": 60}},
        "INSTALLED_APPS": ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
        "MIDDLEWARE": ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
        "ROOT_URLCONF": __name__,
        "SECRET_KEY": "hunter2-key",
        "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        **GIVEN["settings"],
    }
)
urlpatterns = [path("warmz/", include("caretaker_kit.django.urls"))]


SERVED: list[str] = []


@warmable
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    SERVED.append(event["path"])
    client = Client(headers={"host": event["host"], **event["headers"]}, raise_request_exception=False)
    response = client.generic(event["httpMethod"], event["path"])
    body = response.content.decode()
    headers = {**dict(response.items()), "x-served": str(len(SERVED))}
    return {"statusCode": response.status_code, "headers": headers, "body": body}


class LazyModule:
    """Poses as a module, and imports what is not there as soon as it is looked at."""

    def __getattr__(self, name: str) -> Any:
        raise ImportError(f"{name} needs a package that is not installed")


def visit(asked: dict[str, Any]) -> dict[str, Any]:
    if asked.pop("lazy_module", False):
        sys.modules["lazy_module"] = LazyModule()  # type: ignore[assignment]
    event = {"httpMethod": "GET", "path": "/warmz/", "host": "shop.example.com", "headers": {}, **asked}
    block = {"v": 1, "burst": "0f8c", "of": 1, "release_at_ms": 0, "max_hold_ms": 0}
    ping = SimpleNamespace(custom={"caretaker": json.dumps(block)}) if asked.get("ping") else None
    return handler(event, SimpleNamespace(client_context=ping, get_remaining_time_in_millis=lambda: 30_000))


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps([visit(asked) for asked in GIVEN["visits"]]))
