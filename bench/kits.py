"""`python -m bench.kits`: what a first user waits for, by what came before: nothing, init, and pings of three kinds.

The Django shop behind Zappa's own handler in new processes under Lambda's runtime client, with PostgreSQL on loopback
where its server programs are at hand. Init runs at full speed; from then on the process has the share of a core that
a 512 MB function gets, where the machine lets us set one. "Removed" is the part of a first user's wait beyond a steady
request that is gone: 100 % means that the first request is as fast as the hundredth.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.postgres import postgres
from bench.quota import Quota, quota, share_of
from bench.runtime import AFTER_A_PING_S, Environment
from caretaker_kit import warmable
from fleet.model import FunctionRef
from profiles.model import PingSpec, Shape
from warmer.events import payload

ROOT = Path(__file__).resolve().parent.parent
_MEMORY_MB = 512
_STEADY_AFTER = 20
_CALLS = 20_000
_SHORT = """
import os
from caretaker_kit import eager, warmable
from caretaker_kit.loading import loaders_named
from zappa.handler import lambda_handler

eager(*loaders_named(os.environ.get("CARETAKER_EAGER", "")))
handler = warmable(lambda_handler, short_circuit=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An application: its package and variables, whether bytecode is in it, its paths, and what a user's page holds."""

    name: str
    package: Path
    variables: dict[str, str]
    bytecode: bool = True
    health: str = "/warmz/"
    users: str = "/products/chefs-knife/"
    holds: str = "Chef"


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What happens in a new environment before the user's request."""

    name: str
    ping: bool = False
    short_circuit: bool = False
    primed: bool = False
    user_waits_for_init: bool = False


BEFORE = (
    Before(name="nothing", user_waits_for_init=True),
    Before(name="init only"),
    Before(name="a ping that stops at the handler", ping=True, short_circuit=True),
    Before(name="a ping through the route", ping=True),
    Before(name="a ping through the route, with priming", ping=True, primed=True),
)


def main() -> int:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="caretaker-bench-") as scratch, postgres() as url:
        print(f"a request that is no ping takes {overhead_us():.1f} us more with the kit (goal: at most 50)")
        print(f"database: {'PostgreSQL on loopback' if url else 'SQLite (no PostgreSQL server programs here)'}")
        mine = shop(Path(scratch), url) if arguments.only in (None, "shop") else ()
        others = ara(Path(scratch)) if arguments.only in (None, "ara") else ()
        for app in (*mine, *others):
            for share in (None, share_of(_MEMORY_MB)):
                with _quota(share) as group:
                    if share is not None and group is None:
                        print(f"\n{app.name}, a {_MEMORY_MB} MB function's share of a core: this machine sets no quota")
                        continue
                    _print_table(app, share, arguments.samples, group)
    return 0


def overhead_us() -> float:
    """What the kit adds to a request, in microseconds: the least of several runs, wrapped beside bare."""

    def bare(_event: Any, _context: Any) -> None:
        return None

    context, event = SimpleNamespace(client_context=None), _event("/")
    each = {}
    for name, handler in (("wrapped", warmable(bare)), ("bare", bare)):
        each[name] = min(timeit.repeat(lambda call=handler: call(event, context), number=_CALLS, repeat=5))
    return (each["wrapped"] - each["bare"]) / _CALLS * 1e6


def shop(scratch: Path, url: str | None) -> Iterator[App]:
    """The shop as Zappa runs it, the same with `eager`, and as Zappa runs it from a package without bytecode."""
    command = [sys.executable, ROOT / "examples" / "build.py", "--app", "django-zappa"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    package = scratch / "shop"
    shutil.copytree(ROOT / "build" / "examples" / "django-zappa", package)
    (package / "short_circuit.py").write_text(_SHORT)
    variables = {"CARETAKER_HANDLER": "zappa.handler.lambda_handler"}
    if url is not None:
        _add_psycopg(package)
        variables["SHOP_DATABASE"] = url
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=package, env={"SHOP_DATABASE": url, "PATH": "/usr/bin:/bin"}, check=True)
    lazy = App(name="Django behind Zappa", package=package, variables=variables)
    yield lazy
    load = "zappa.handler.LambdaHandler,caretaker_kit.django.load.everything"
    yield replace(lazy, name="Django behind Zappa, eager", variables={**variables, "CARETAKER_EAGER": load})
    yield replace(lazy, name="Django behind Zappa, no .pyc in the package", bytecode=False)


def ara(scratch: Path) -> Iterator[App]:
    """ARA Records Ansible, an application that nobody here wrote, with its own health check and SQLite."""
    package = ROOT / "build" / "bench" / "ara"
    _install(package, "ara.lock")
    settings = (ROOT / "examples" / "django-zappa" / "zappa_settings.py").read_text()
    (package / "zappa_settings.py").write_text(settings.replace("shop.settings", "ara.server.settings"))
    (package / "short_circuit.py").write_text(_SHORT)
    shutil.copytree(ROOT / "kits" / "python" / "caretaker_kit", package / "caretaker_kit", dirs_exist_ok=True)
    variables = {"ARA_BASE_DIR": str(scratch / "ara"), "ARA_ALLOWED_HOSTS": "['shop.example.com']"}
    migrate = [sys.executable, "-m", "ara.server", "migrate", "--verbosity", "0"]
    environment = {"PYTHONPATH": str(package), "PATH": "/usr/bin:/bin", "HOME": str(scratch), **variables}
    subprocess.run(migrate, cwd=package, env=environment, check=True, stdout=subprocess.DEVNULL)
    variables |= {"CARETAKER_HANDLER": "zappa.handler.lambda_handler", "HOME": str(scratch)}
    yield App(
        name="ARA 1.8.0 behind Zappa (nobody here wrote it; SQLite)",
        package=package,
        variables=variables,
        health="/healthcheck/",
        users="/api/v1/playbooks",
        holds="results",
    )


def _add_psycopg(package: Path) -> None:
    _install(package, "requirements.lock")


def _install(package: Path, lock_name: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    lock = Path(__file__).with_name(lock_name)
    options = ["--quiet", "--no-deps", "--require-hashes", "--compile-bytecode", "--python", sys.executable]
    subprocess.run([uv, "pip", "install", *options, "--target", package, "-r", lock], check=True)


def _print_table(app: App, share: float | None, samples: int, group: Quota | None) -> None:
    print(f"\n{app.name}, {'all cores' if share is None else f'{share:.2f} of a core ({_MEMORY_MB} MB)'}")
    steady = statistics.median(steady_ms(app, group))
    waited: dict[str, float] = {}
    for before in BEFORE:
        seen = [first_request_ms(app, before, group) for _ in range(samples)]
        waited[before.name] = statistics.median(seen)
        removed = (waited["nothing"] - waited[before.name]) / (waited["nothing"] - steady)
        print(
            f"  first request after {before.name:<42} {waited[before.name]:>8.0f} ms"
            f"   ({min(seen):.0f}-{max(seen):.0f})   removed {removed:>6.1%}",
            flush=True,
        )
    print(f"  a steady request{'':<45} {steady:>8.0f} ms", flush=True)


def first_request_ms(app: App, before: Before, group: Quota | None) -> float:
    """What the first user waits for in a new environment."""
    with _environment(app, before) as environment:
        init_s = environment.initialised()
        if group is not None:
            group.hold(environment.pid)
        if before.ping:
            environment.invoke(_event(app.health), block=_block((app.users,) if before.primed else ()))
            time.sleep(AFTER_A_PING_S)
        waited = _visit(app, environment)
        return waited + (init_s * 1000 if before.user_waits_for_init else 0)


def steady_ms(app: App, group: Quota | None) -> Sequence[float]:
    """The last of many requests to one environment."""
    with _environment(app, BEFORE[0]) as environment:
        environment.initialised()
        if group is not None:
            group.hold(environment.pid)
        return [_visit(app, environment) for _ in range(2 * _STEADY_AFTER)][_STEADY_AFTER:]


def _visit(app: App, environment: Environment) -> float:
    reply, waited = environment.invoke(_event(app.users))
    if reply["statusCode"] != 200 or app.holds not in reply["body"]:
        raise SystemExit(f"{app.name} answered {str(reply)[:300]}")
    return waited


@contextmanager
def _environment(app: App, before: Before) -> Iterator[Environment]:
    with tempfile.TemporaryDirectory(prefix="caretaker-bench-tmp-") as scratch:
        variables = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(app.package),
            "TMPDIR": scratch,
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_MEMORY_MB),
            "PYTHONDONTWRITEBYTECODE": "1",
            **({} if app.bytecode else {"PYTHONPYCACHEPREFIX": scratch}),
            **app.variables,
        }
        handler = "short_circuit.handler" if before.short_circuit else "caretaker_kit.handler.lambda_handler"
        command = [str(ROOT / ".tools" / "runtime" / "bin" / "python"), "-m", "awslambdaric", handler]
        with Environment(command, variables={**variables, "_HANDLER": handler}, directory=app.package) as environment:
            yield environment


def _event(path: str) -> Any:
    spec = PingSpec(shape=Shape.HTTP_V1, path=path, host="shop.example.com")
    at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    return json.loads(payload(spec, function=FunctionRef(text="bench"), count=1, burst="0f8c", at=at))


def _block(prime: tuple[str, ...]) -> dict[str, Any]:
    return {"v": 1, "burst": "0f8c", "of": 1, "release_at_ms": 0, "max_hold_ms": 0, "prime": list(prime)}


@contextmanager
def _quota(share: float | None) -> Iterator[Quota | None]:
    with nullcontext() if share is None else quota(share) as group:
        yield group


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("shop", "ara"), help="one of the applications (default: both)")
    parser.add_argument("--samples", type=int, default=5, help="new environments a figure (default: 5)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
