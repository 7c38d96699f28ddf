"""`python -m checks.bundles`: what each bundle weighs, how long it takes to start, and whose work is in it.

With --write, `docs/licences.md` is made anew from the same facts.
"""

import argparse
import io
import re
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

from bench.tick import cold_start_ms
from checks.scan import ROOT

BUNDLES = {"WarmerFunction": "warmer", "JanitorFunction": "janitor"}
PAGE = ROOT / "docs" / "licences.md"
# SPDX names. What these ask for is that their text comes along, and the bundles have it.
PERMISSIVE = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense"})
MOST_BYTES = 12_000_000
_CLASSIFIERS = {"MIT License": "MIT", "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC"}
_PAGE_HEAD = """\
# Licences of what ships

Made by `make bundles ARGS=--write` from what the bundles hold; a test fails when it is out of date. boto3 is not in
them: it comes with Lambda's Python runtime. All of these licences let anybody use, change and pass on the work, and
ask that their text stays with it: each bundle has it in the folder named here, and a deployment ships it.

| package | version | licence | in the bundle of | licence texts |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Distribution:
    """A package in a bundle: its name, what it may be used for, and where its licence's text is."""

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """Size of a bundle: bytes as Lambda unpacks it, bytes as it is uploaded, files."""

    unzipped_bytes: int
    zipped_bytes: int
    files: int


def distributions(bundle: Path) -> list[Distribution]:
    """Every installed package of a bundle, in alphabetical order."""
    return sorted(_distribution(it) for it in bundle.glob("*.dist-info"))


def _distribution(folder: Path) -> Distribution:
    facts = HeaderParser().parsestr((folder / "METADATA").read_text(encoding="utf-8"))
    texts = [it for it in folder.rglob("*") if it.is_file() and re.match(r"(?i)(licen[cs]e|copying|notice)", it.name)]
    named = facts["License"] or ""
    return Distribution(
        name=facts["Name"],
        version=facts["Version"],
        licence=facts["License-Expression"] or (named if _is_a_name(named) else _by_classifiers(facts)),
        texts=tuple(sorted(str(it.relative_to(folder.parent)) for it in texts)),
    )


def _is_a_name(text: str) -> bool:
    """Some packages have the licence's whole text where its name belongs."""
    return bool(text) and "\n" not in text


def _by_classifiers(facts: Message) -> str:
    named = (it.rpartition(" :: ")[2] for it in facts.get_all("Classifier", []) if it.startswith("License :: "))
    return " OR ".join(_CLASSIFIERS.get(it, it) for it in named)


def doubtful(found: Distribution) -> str | None:
    """Why this package may not ship without somebody looking; None where it may."""
    names = set(re.split(r" (?:AND|OR) |[()]", found.licence)) - {""}
    if strange := sorted(names - PERMISSIVE) or ([] if names else ["none"]):
        return (
            f"{found.name} {found.version}: licence {', '.join(strange)} is not among {', '.join(sorted(PERMISSIVE))}"
        )
    return None if found.texts else f"{found.name} {found.version}: its licence's text is not in the bundle"


def weight(bundle: Path) -> Weight:
    """The bundle on the scales; zipped as sam does it, at zlib's usual level."""
    files = [it for it in bundle.rglob("*") if it.is_file()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for it in files:
            archive.write(it, it.relative_to(bundle))
    return Weight(unzipped_bytes=sum(it.stat().st_size for it in files), zipped_bytes=packed.tell(), files=len(files))


def page(bundles: dict[str, Path]) -> str:
    """`docs/licences.md` for these bundles."""
    holders: dict[Distribution, list[str]] = {}
    for name, bundle in bundles.items():
        for found in distributions(bundle):
            holders.setdefault(found, []).append(BUNDLES[name])
    return _PAGE_HEAD + "".join(
        f"| {it.name} | {it.version} | {it.licence} | {', '.join(rooms)} | `{'` `'.join(it.texts)}` |\n"
        for it, rooms in sorted(holders.items(), key=lambda item: item[0].name.lower())
    )


def _described(name: str, bundle: Path, boto3_ms: float) -> list[str]:
    weighed = weight(bundle)
    ours_ms = cold_start_ms(bundle, f"{BUNDLES[name]}.handler.lambda_handler", PYTHONDONTWRITEBYTECODE="1")
    size = f"{weighed.unzipped_bytes / 1e6:.1f} MB unzipped, {weighed.zipped_bytes / 1e6:.1f} MB zipped"
    boto3 = f"of a function that imports boto3 and nothing else {boto3_ms:.0f} ms"
    return [
        f"{name}: {size}, {weighed.files} files (bound: {MOST_BYTES / 1e6:.0f} MB unzipped, without boto3)",
        f"  cold start {ours_ms:.0f} ms, {boto3}: {ours_ms / boto3_ms:.2f}x (Init Duration in the emulator, medians)",
        *(f"  {it.name} {it.version}, {it.licence}" for it in distributions(bundle)),
    ]


def _boto3_ms() -> float:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text("import boto3\n\ndef handler(event, context):\n    return {}\n")
        return cold_start_ms(Path(folder), "app.handler")


def main() -> int:
    """Print the account of both bundles; 1 where one is too large or holds what may not ship."""
    parser = argparse.ArgumentParser(prog="python -m checks.bundles", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make docs/licences.md anew")
    given = parser.parse_args()
    bundles = {name: ROOT / ".aws-sam/build" / name for name in BUNDLES}
    doubts = [doubt for it in bundles.values() for found in distributions(it) if (doubt := doubtful(found))]
    doubts += [f"{name} is over its bound" for name, it in bundles.items() if weight(it).unzipped_bytes > MOST_BYTES]
    boto3_ms = _boto3_ms()
    for name, bundle in bundles.items():
        print(*_described(name, bundle, boto3_ms), sep="\n")
    if given.write:
        PAGE.write_text(page(bundles), encoding="utf-8")
    print(*doubts, f"bundles: {len(doubts)} doubts", sep="\n")
    return 1 if doubts else 0


if __name__ == "__main__":
    sys.exit(main())
