"""What a Django project can load at init instead of in its first request. For `caretaker_kit.eager`.

    eager("caretaker_kit.django.load.everything")

Each function takes nothing, may be called again, and raises what Django raises.
"""

from __future__ import annotations

import itertools
import math
import os

import django
from django.apps import apps
from django.db import connections
from django.db.models import QuerySet
from django.template import engines
from django.urls import get_resolver

from caretaker_kit.loading import eager

_MODELS = 10
# What Django puts into DATABASES of a project that has none; every use of it raises.
_NO_DATABASE = "django.db.backends.dummy"


def everything() -> None:
    """All of the below: each on its own, so that one that fails leaves the others."""
    eager(setup, urlconf, templates, queries, databases)


def before_the_first_user() -> None:
    """What a new environment's first ping loads beside what its view opens: `urlconf` and `queries`. Never raises."""
    eager(urlconf, queries, within_s=math.inf)


def setup() -> None:
    """Settings, apps and models, by the variable DJANGO_SETTINGS_MODULE."""
    django.setup()


def urlconf() -> None:
    """The URL conf, and with it every module of views that it names. `get_wsgi_application` does not import it."""
    _ = get_resolver().reverse_dict


def templates() -> None:
    """Every template engine with its libraries and loaders; the templates themselves are read when first used."""
    for engine in engines.all():
        inner = getattr(engine, "engine", None)
        _ = getattr(inner, "template_loaders", None)


def queries() -> None:
    """The machinery that turns queries into SQL, by writing one for each of some models; no database is asked."""
    for model in itertools.islice(apps.get_models(), _MODELS):
        str(QuerySet(model).order_by("pk")[:1].query)


def databases() -> None:
    """A connection to each database, in this thread; Zappa and the WSGI adapters serve requests in the same one.

    Under SnapStart it is closed again: a connection in a snapshot is dead in every clone of it.
    """
    snapshot = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
    for alias in database_aliases():
        connections[alias].ensure_connection()
        if snapshot:
            connections[alias].close()


def database_aliases() -> list[str]:
    """The names of the project's databases; empty where it has none."""
    return [alias for alias, settings in connections.settings.items() if settings["ENGINE"] != _NO_DATABASE]
