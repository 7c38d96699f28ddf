"""`python -m bench.janitors`: Caretaker's janitor beside others, on the same simulated accounts.

serverless-prune-plugin and Cloud Custodian run as they are published, over HTTP. SAR-Lambda-Janitor is no package: its
rule is written here from its documentation (keep the newest three, and what an alias points to, by weight as well),
without its timing. Caretaker runs four times, seven hours apart by the account's clock; the others once, as they do.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from bench.janitors_accounts import KEEP, SITUATIONS, accounts, hasty, unused, used
from bench.janitors_api import LambdaApi, served
from tests.janitor.random_accounts import schedule_of
from tests.janitor.rehearsal import Rehearsal

_HERE = Path(__file__).resolve().parent
_TOOLS = _HERE.parent / ".tools"
_PLUGIN = _TOOLS / "other-janitors" / "node_modules"
_CUSTODIAN = _TOOLS / "custodian" / "bin" / "custodian"
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one janitor did with one account. `broke_off` is its last word where it ended with an error."""

    used: int
    hasty: int
    unused: int
    calls: int
    broke_off: str = ""


Janitor = Callable[[LambdaApi], str]


def caretaker(api: LambdaApi) -> str:
    """Four runs of ours: mark, wait, delete."""
    with tempfile.TemporaryDirectory() as folder:
        schedule_of(api.account, Path(folder))
        rehearsal = Rehearsal(api.account, Path(folder))
        rehearsal.api = api
        for _ in range(4):
            rehearsal.run()
            rehearsal.later(hours=7)
        return "; ".join(rehearsal.reports[-1].problems)


def sar_lambda_janitor(api: LambdaApi) -> str:
    """Its rule. Source: the README of lumigo-io/SAR-Lambda-Janitor, "Safeguards"."""
    client = api.client("lambda")
    for name in list(api.account.functions):
        named: set[str] = set()
        for alias in _all(client.list_aliases, "Aliases", name):
            weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
            named |= {alias["FunctionVersion"], *weights}
        versions = [one["Version"] for one in _all(client.list_versions_by_function, "Versions", name)]
        numbers = sorted(int(version) for version in versions if version.isdigit())
        try:
            for number in numbers[:-3]:
                if str(number) not in named:
                    client.delete_function(FunctionName=name, Qualifier=str(number))
        except ClientError as error:
            return str(error)
    return ""


def prune_plugin(api: LambdaApi) -> str:
    """`sls prune -n 3`, as it is published."""
    with served(api) as url:
        return _ended(
            ["node", str(_HERE / "others" / "prune.cjs"), url, str(KEEP), *api.account.functions],
            {"PRUNE_PLUGIN": str(_PLUGIN)},
        )


def custodian(api: LambdaApi) -> str:
    """`custodian run` with trim-versions as its documentation shows it, as it is published."""
    action = {"type": "trim-versions", "exclude-aliases": True, "older-than": 60, "retain-latest": True}
    policies = {"policies": [{"name": "lambda-gc", "resource": "aws.lambda", "actions": [action]}]}
    with tempfile.TemporaryDirectory() as folder, served(api) as url:
        policy = Path(folder) / "policy.yml"
        policy.write_text(json.dumps(policies), encoding="utf-8")
        region = api.account.region
        return _ended(
            [str(_CUSTODIAN), "run", "-r", region, "-s", folder, "--cache-period", "0", str(policy)],
            {
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_DEFAULT_REGION": region,
                "AWS_MAX_ATTEMPTS": "1",
            },
        )


JANITORS: dict[str, Janitor] = {
    "caretaker": caretaker,
    "SAR-Lambda-Janitor": sar_lambda_janitor,
    "prune-plugin": prune_plugin,
    "Custodian": custodian,
}


def _all(ask: Callable[..., Any], key: str, name: str) -> list[Any]:
    found: list[Any] = []
    page = ask(FunctionName=name)
    while True:
        found += page[key]
        if "NextMarker" not in page:
            return found
        page = ask(FunctionName=name, Marker=page["NextMarker"])


def _ended(command: list[str], environment: dict[str, str]) -> str:
    """Run a janitor; "" when it ended well, otherwise the last line of what it said that tells of an error."""
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    lines = done.stderr.strip().splitlines() or ["no word"]
    errors = [line.strip() for line in lines if "error occurred" in line.lower()] or lines
    return "" if done.returncode == 0 else errors[-1]


def measured(janitor: Janitor) -> dict[str, Result]:
    """What the janitor does in every situation, each in an account of its own."""
    found: dict[str, Result] = {}
    for said, account in accounts():
        api = LambdaApi(account)
        last_word = janitor(api)
        if api.complaints:
            raise AssertionError(api.complaints[0])
        found[said] = Result(
            used=used(account), hasty=hasty(account), unused=unused(account), calls=len(api.calls), broke_off=last_word
        )
    return found


def _lacking() -> str | None:
    return next((str(path) for path in (_PLUGIN, _CUSTODIAN) if not path.exists()), None)


_TOTALS: dict[str, Callable[[Result], int]] = {
    "deleted, though something uses it": lambda result: result.used,
    "deleted amid a deployment": lambda result: result.hasty,
    "left, though nothing uses it": lambda result: result.unused,
    "requests": lambda result: result.calls,
    "accounts in which it broke off": lambda result: int(bool(result.broke_off)),
}


def _print(results: dict[str, dict[str, Result]]) -> None:
    print(f"{'in use / amid / left':36}" + "".join(f"{name:>20}" for name in results))
    for said in SITUATIONS:
        print(f"{said:36}" + "".join(f"{_cell(one[said]):>20}" for one in results.values()))
    for label, of in _TOTALS.items():
        print(f"{label:36}" + "".join(f"{sum(map(of, one.values())):>20,}" for one in results.values()))
    print("the columns are the first three totals, in each account; ! where it broke off:")
    for name, one in results.items():
        for word in sorted({result.broke_off for result in one.values()} - {""}):
            print(f"  {name}: {word[:160]}")


def _cell(result: Result) -> str:
    return f"{result.used} / {result.hasty} / {result.unused}{' !' if result.broke_off else '  '}"


def main() -> int:
    """Measure all and print the table. 1 when ours deleted a version in use or left one that nothing uses."""
    if (missing := _lacking()) is not None:
        print(f"{missing} is missing; `make bench-janitors` installs the other janitors into .tools", file=sys.stderr)
        return 2
    results = {name: measured(janitor) for name, janitor in JANITORS.items()}
    _print(results)
    ours = results["caretaker"].values()
    return 1 if any(one.used or one.hasty or one.unused or one.broke_off for one in ours) else 0


if __name__ == "__main__":
    sys.exit(main())
