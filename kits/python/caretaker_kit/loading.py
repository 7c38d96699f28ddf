"""`eager(...)`: loads at init what an application would otherwise load in its first request.

Init is the cheap place: nobody waits for it behind a ping, and Lambda gives it a full core whatever the function's
memory. A loader that fails is written to the log and nothing else happens: the first request will load, or fail, as it
would have without it.
"""

from __future__ import annotations

import importlib
import logging
import os
import time
from typing import Any, Callable, NamedTuple, Union

from caretaker_kit.environment import process_age_ms

VARIABLE = "CARETAKER_EAGER"
Loader = Union[str, Callable[[], Any]]
_LOG = logging.getLogger("caretaker_kit")
# Source: Lambda developer guide, "Understanding the Lambda execution environment lifecycle", Init phase: 10 seconds
# for on-demand functions; one that takes longer is run a second time inside the first invocation.
_WITHIN_S = 8.0
# With these the Init phase may take up to 15 minutes. Source: the same page.
_PATIENT = ("provisioned-concurrency", "snap-start")


class Loaded(NamedTuple):
    """One loader's outcome: how long it ran, and what it raised or why it was not called; None when all is well."""

    name: str
    took_ms: int
    problem: str | None = None


def eager(*loaders: Loader, within_s: float = _WITHIN_S) -> tuple[Loaded, ...]:
    """Call each loader once, now, in the order given; call this while the handler's module is imported.

    A loader is a callable without arguments, or its name as "package.module.attribute". No further one is started
    when the process is older than `within_s` seconds, because Lambda repeats an Init phase of more than ten; where
    Init may take minutes (provisioned concurrency, SnapStart) there is no limit. Never raises.
    """
    patient = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in _PATIENT
    outcomes = []
    for loader in loaders:
        name = loader if isinstance(loader, str) else _name(loader)
        if not patient and process_age_ms() > within_s * 1000:
            outcomes.append(Loaded(name, 0, f"not called: init has taken {within_s:g} s already"))
        else:
            outcomes.append(_called(name, loader))
        if outcomes[-1].problem is not None:
            _LOG.warning("caretaker_kit: eager loading of %s: %s", name, outcomes[-1].problem)
    return tuple(outcomes)


def loaders_named(text: str) -> tuple[str, ...]:
    """The names in the variable CARETAKER_EAGER, which are separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _called(name: str, loader: Loader) -> Loaded:
    started = time.monotonic()
    problem = None
    try:
        (_found(loader) if isinstance(loader, str) else loader)()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # loading early is a favour; not even sys.exit() in a loader may end the process
        problem = _words(error)
    return Loaded(name, int((time.monotonic() - started) * 1000), problem)


def _found(name: str) -> Callable[[], Any]:
    module_name, _, attribute = name.rpartition(".")
    if not module_name:
        raise ValueError("give the loader as package.module.attribute")
    found: Any = getattr(importlib.import_module(module_name), attribute)
    return found  # type: ignore[no-any-return]


def _name(loader: Callable[[], Any]) -> str:
    try:
        return str(getattr(loader, "__qualname__", None) or type(loader).__name__)
    except Exception:  # whatever a lazy object raises when it is looked at
        return type(loader).__name__


def _words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # an exception that cannot be shown
        return type(error).__name__
