"""`python -m bench.kits_spring`: what a Spring Boot app's first user waits for, by what came before.

The Spring Boot example in new JVMs under Lambda's runtime client. Init runs at full speed; from then on the process
has the share of a core that a 1,024 MB function gets, where the machine lets us set one. "Removed" is the part of a
first user's wait beyond a steady request that is gone. Needs Java 17 and Maven.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.quota import Quota, quota, share_of
from bench.runtime import AFTER_A_PING_S, Environment, Failed
from fleet.model import FunctionRef
from profiles.model import PingSpec, Shape
from warmer.events import payload

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "examples" / "spring-boot" / "target" / "package"
CLIENT = ROOT / ".tools" / "java" / "lib"
_MEMORY_MB = 1024
_STEADY_AFTER = 50
_HEALTH, _USERS = "/warmz", "/products/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What happens in a new environment before the user's request.

    `ping` is the event that is sent, if any; `rejected`: the function fails on it.
    """

    name: str
    ping: Any = None
    rejected: bool = False
    prime: tuple[str, ...] = ()
    user_waits_for_init: bool = False


def befores() -> tuple[Before, ...]:
    """The rows of the table, in order."""
    return (
        Before(name="nothing", user_waits_for_init=True),
        Before(name="init only"),
        # What other warmers send; AWS's container for Spring Boot knows no such event and fails.
        Before(name="a ping that stops at the handler", ping={"warmer": True}, rejected=True),
        Before(name="a ping through the route", ping=_event(_HEALTH)),
        Before(name="a ping through the route, with priming", ping=_event(_HEALTH), prime=(_USERS,)),
    )


def main() -> int:
    arguments = _arguments()
    if shutil.which("mvn") is None or not CLIENT.is_dir():
        print("bench: Spring Boot is left out: it needs mvn, and what make setup installs where mvn is")
        return 0
    build = ["mvn", "-B", "-q", "-f", "with-kit.xml", "clean", "package", "-Dmaven.test.skip"]
    subprocess.run(build, cwd=ROOT / "examples" / "spring-boot", check=True)
    for share in (None, share_of(_MEMORY_MB)):
        with nullcontext() if share is None else quota(share) as group:
            if share is not None and group is None:
                print(f"\nSpring Boot, a {_MEMORY_MB} MB function's share of a core: this machine sets no quota")
                continue
            _print_table(share, arguments.samples, group)
    return 0


def _print_table(share: float | None, samples: int, group: Quota | None) -> None:
    print(f"\nSpring Boot, {'all cores' if share is None else f'{share:.2f} of a core ({_MEMORY_MB} MB)'}")
    steady = _steady_ms(group)
    nothing = 0.0
    for before in befores():
        seen = [_first_request_ms(before, group) for _ in range(samples)]
        waited = statistics.median(seen)
        nothing = nothing or waited
        removed = (nothing - waited) / (nothing - steady)
        print(
            f"  first request after {before.name:<42} {waited:>8.0f} ms"
            f"   ({min(seen):.0f}-{max(seen):.0f})   removed {removed:>6.1%}",
            flush=True,
        )
    print(f"  a steady request{'':<45} {steady:>8.1f} ms", flush=True)


def _first_request_ms(before: Before, group: Quota | None) -> float:
    with _environment() as environment:
        init_s = environment.initialised()
        if group is not None:
            group.hold(environment.pid)
        if before.ping is not None:
            with suppress(Failed) if before.rejected else nullcontext():
                environment.invoke(before.ping, block=_block(before.prime))
            time.sleep(AFTER_A_PING_S)
        waited = _visit(environment)
        return waited + (init_s * 1000 if before.user_waits_for_init else 0)


def _steady_ms(group: Quota | None) -> float:
    with _environment() as environment:
        environment.initialised()
        if group is not None:
            group.hold(environment.pid)
        return statistics.median([_visit(environment) for _ in range(2 * _STEADY_AFTER)][_STEADY_AFTER:])


def _visit(environment: Environment) -> float:
    reply, waited = environment.invoke(_event(_USERS))
    if reply["statusCode"] != 200 or "Chef" not in reply["body"]:
        raise SystemExit(f"the shop answered {str(reply)[:300]}")
    return waited


@contextmanager
def _environment() -> Iterator[Environment]:
    command = [
        shutil.which("java") or "java",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        f"-Xmx{int(_MEMORY_MB * 0.85)}m",
        "-cp",
        f"{PACKAGE}:{PACKAGE}/lib/*:{CLIENT}/*",
        "com.amazonaws.services.lambda.runtime.api.client.AWSLambda",
        "shop.Handler::handleRequest",
    ]
    variables = {
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_MEMORY_MB),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    }
    with Environment(command, variables=variables, directory=PACKAGE) as environment:
        yield environment


def _event(path: str) -> Any:
    spec = PingSpec(shape=Shape.HTTP_V2, path=path, host="shop.example.com")
    at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    return json.loads(payload(spec, function=FunctionRef(text="bench"), count=1, burst="0f8c", at=at))


def _block(prime: tuple[str, ...]) -> dict[str, Any]:
    return {"v": 1, "burst": "0f8c", "of": 1, "release_at_ms": 0, "max_hold_ms": 0, "prime": list(prime)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=5, help="new JVMs a figure (default: 5)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
