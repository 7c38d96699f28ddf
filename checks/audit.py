"""`python -m checks.audit`: known advisories against every pinned package that ships, or with --all that is locked.

A package that nobody answered for is named as not audited; it is never counted as clean. Services, in this order:
PyPI's JSON API by version, OSV, PyPI's JSON API by project (which speaks of the newest version only), and last the
snapshot in `requirements/advisories.json`: what the services said when `--write` was given.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from checks.advisories import Advisory, Pin, Services
from checks.scan import excused

ROOT = Path(__file__).parents[1]
SHIPPED = ("functions.lock", "warmer.lock")
ACCEPTED = Path(__file__).with_name("accepted.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is known against one pin, who said so, and when."""

    advisories: tuple[Advisory, ...]
    source: str
    asked: date


def pins(folder: Path, names: list[str]) -> list[Pin]:
    """Every ``name==version`` of the lock files, each once, in alphabetical order."""
    lines = [line for name in names for line in (folder / name).read_text().splitlines()]
    pinned = (line.split(";")[0].rstrip("\\ ").partition("==") for line in lines if line[:1].isalnum() and "==" in line)
    return sorted({Pin(name=name.strip(), version=version.strip()) for name, _, version in pinned})


def read_snapshot(path: Path) -> dict[Pin, Answer]:
    """The answers of an earlier day; empty where there is no snapshot."""
    if not path.exists():
        return {}
    return {
        Pin(name=it["name"], version=it["version"]): Answer(
            advisories=tuple(Advisory.from_json(advisory) for advisory in it["advisories"]),
            source=it["source"],
            asked=date.fromisoformat(it["asked"]),
        )
        for it in json.loads(path.read_text())["answers"]
    }


def write_snapshot(path: Path, answers: dict[Pin, Answer]) -> None:
    """Keep the answers for a day without a network, in an order that makes small diffs."""
    items: list[dict[str, Any]] = [
        {
            "name": pin.name,
            "version": pin.version,
            "asked": answer.asked.isoformat(),
            "source": answer.source,
            "advisories": [asdict(it) for it in answer.advisories],
        }
        for pin, answer in sorted(answers.items())
    ]
    path.write_text(json.dumps({"about": "What make audit ARGS=--write was told.", "answers": items}, indent=2) + "\n")


def audited(wanted: list[Pin], services: Services, snapshot: dict[Pin, Answer], today: date) -> dict[Pin, Answer]:
    """An answer for each pin that anybody, or the snapshot, has one for."""
    answers = {pin: found for pin in wanted if (found := snapshot.get(pin))}
    for pin in wanted:
        if (told := services.ask(pin)) is not None:
            source, advisories = told
            answers[pin] = Answer(advisories=advisories, source=source, asked=today)
    return answers


def findings(answers: dict[Pin, Answer], accepted: dict[tuple[str, str], str]) -> list[str]:
    """A sentence for each advisory that nobody has accepted with a reason."""
    return [
        f"{pin.name} {pin.version}: {advisory.sentence} (by {answer.source}, {answer.asked})"
        for pin, answer in sorted(answers.items())
        for advisory in answer.advisories
        if not any((name, pin.name) in accepted for name in (advisory.id, *advisory.aliases))
    ]


def summary(wanted: list[Pin], answers: dict[Pin, Answer], services: Services, today: date) -> list[str]:
    """What was asked and what was not: who answered for how many, how old that is, and who is left out."""
    lines = []
    for source, asked in sorted({(it.source, it.asked) for it in answers.values()}):
        count = sum((it.source, it.asked) == (source, asked) for it in answers.values())
        age = "" if asked == today else f", from the snapshot of {asked}, {(today - asked).days} days old"
        lines.append(f"audit: {count} packages by {source}{age}")
    if unanswered := [f"{pin.name} {pin.version}" for pin in wanted if pin not in answers]:
        lines.append(f"audit: NOT AUDITED, {len(unanswered)} of {len(wanted)} packages: {', '.join(unanswered)}")
        lines += [f"audit: {it}" for it in services.troubles]
    return lines


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """1 for an advisory, with --strict also for a package that was not audited; else 0."""
    given = _arguments(arguments)
    folder, today = root / "requirements", datetime.now(UTC).date()
    wanted = pins(folder, sorted(it.name for it in folder.glob("*.lock")) if given.all else list(SHIPPED))
    snapshot_file = folder / "advisories.json"
    services = Services(pypi=given.pypi, osv=given.osv)
    answers = audited(wanted, services, {} if given.write else read_snapshot(snapshot_file), today)
    found = findings(answers, excused(ACCEPTED.read_text()))
    if given.write:
        write_snapshot(snapshot_file, answers)
    print(*found, *summary(wanted, answers, services, today), sep="\n")
    print(f"audit: {len(found)} advisories against {len(answers)} of {len(wanted)} packages")
    return 1 if found or (given.strict and len(answers) < len(wanted)) else 0


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m checks.audit", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every lock file, not only what ships")
    parser.add_argument("--strict", action="store_true", help="fail where a package could not be audited")
    parser.add_argument(
        "--write", action="store_true", help="write requirements/advisories.json anew from the services"
    )
    parser.add_argument("--pypi", default="https://pypi.org", help="address of PyPI")
    parser.add_argument("--osv", default="https://api.osv.dev", help="address of OSV")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
