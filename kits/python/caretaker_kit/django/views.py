"""The view: runs the checks, answers 200 or 503, tells details to a ping only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from caretaker_kit.django.checks import Check, run_checks
from caretaker_kit.django.hints import hints
from caretaker_kit.django.load import before_the_first_user
from caretaker_kit.wrapper import current_ping, prime_also


# A cached answer would show one ping's facts to the public, and later pings would not reach the view. Django 4.2
# caches what says no-store, so all of `never_cache` is needed.
# A broken database must reach the checks; under ATOMIC_REQUESTS it would raise before the view.
@transaction.non_atomic_requests
@never_cache
@require_safe
def warm(request: HttpRequest) -> HttpResponse:
    """Open what a user's request will need: every configured database, every template engine.

    200 when all of it works, else 503. The public learns no more than that; a ping also gets each check's outcome,
    the facts of its environment and hints on settings that defeat warmth, and in a new environment the kit replays
    the paths in the setting CARETAKER_PRIME behind it. No message of an exception is shown: it may hold a host, a
    user or a path.
    """
    checks = run_checks()
    healthy = all(check.error is None for check in checks)
    body: dict[str, Any] = {"status": "ok" if healthy else "unavailable"}
    ping = current_ping()
    if ping is not None:
        if ping["cold"]:
            before_the_first_user()
        prime_also(getattr(settings, "CARETAKER_PRIME", ()))
        body.update(_details(checks, ping, request))
    return JsonResponse(body, status=200 if healthy else 503)


# What `login_not_required` does; Django has that decorator since 5.1, the attribute works on every version.
warm.login_required = False


def _details(checks: list[Check], ping: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    return {
        "checks": {check.name: check.error or "ok" for check in checks},
        "environment": {name: ping[name] for name in ("environment", "cold", "age_ms", "init_ms", "invocations")},
        "hints": hints(request),
    }
