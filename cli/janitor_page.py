"""The janitor's report as one self-contained page: each function a row, each version a mark by its verdict.

No script runs in it, and it asks nothing of a network. Marks differ by shape as well as by colour. Decides nothing.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from janitor.keep import KeepCode, instant
from janitor.report import FunctionReport, Report, VersionLine

_STEP, _SIZE, _A_LINE = 15, 11, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a family of verdicts is drawn: a class for its colour, a path for its shape, and its words."""

    name: str
    words: str
    path: str


_GOES = Kind(name="goes", words="may go", path="M1 1 L10 10 M10 1 L1 10")
_WENT = Kind(name="went", words="deleted in this run", path="M1 1 L10 10 M10 1 L1 10 M5.5 0 V11")
_LIVE = Kind(name="live", words="stays: newest, or behind an alias", path="M5.5 0.5 A5 5 0 1 1 5.4 0.5 Z")
_USED = Kind(name="used", words="stays: something else may use it", path="M1 1 H10 V10 H1 Z")
_WAIT = Kind(
    name="wait", words="stays for now: too young, not marked yet, or over a limit", path="M5.5 0.5 L10.5 10 H0.5 Z"
)
_DARK = Kind(name="dark", words="stays: could not be checked", path="M5.5 0 L11 5.5 L5.5 11 L0 5.5 Z")
_KINDS = (_LIVE, _USED, _WAIT, _DARK, _GOES, _WENT)
_LIVE_CODES = {KeepCode.NEWEST, KeepCode.ALIAS, KeepCode.ALIAS_WEIGHT}
_WAIT_CODES = {KeepCode.YOUNG, KeepCode.UNMARKED, KeepCode.LIMIT, KeepCode.PREVIOUSLY_LIVE}

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #566074; --line: #d9dee7; --paper: #fff; --card: #f6f8fb;
  --live: #1f5fbf; --used: #2f7d6b; --wait: #8a6d1d; --dark: #7a3fa0; --goes: #b3401f; --went: #8a8f99; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf2; --soft: #9aa5b8; --line: #323a4a; --paper: #12161f;
  --card: #1a202c; --live: #6ea6ee; --used: #5fc2a8; --wait: #d9b654; --dark: #c79bea; --goes: #ff8e6b;
  --went: #7d8594; } }
@media print { :root { color-scheme: light; } tr { break-inside: avoid; } body { padding: 0; } }
* { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { margin: 0 auto; max-width: 1180px; padding: 28px 20px 60px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 25px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 34px 0 6px; }
p { margin: 4px 0 10px; color: var(--soft); } .trouble { color: var(--goes); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; } td:first-child { font-weight: 600; }
svg.row { display: block; } svg path { fill: none; stroke-width: 1.8; }
svg .live { stroke: var(--live); fill: var(--live); } svg .used { stroke: var(--used); fill: var(--used); }
.wait { stroke: var(--wait); } .dark { stroke: var(--dark); } .goes { stroke: var(--goes); }
.went { stroke: var(--went); }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 22px; }
.legend svg { vertical-align: -1px; margin-right: 6px; }
details summary { cursor: pointer; color: var(--soft); } details ul { margin: 4px 0; padding-left: 18px; }
"""


def page(report: Report) -> str:
    """The whole page for a report; the report's JSON is in it for machines."""
    embedded = json.dumps(report.as_json()).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Published versions, {instant(report.at)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Published versions</h1>
<p>{escape(report.run)}, {instant(report.at)}. {escape(report.reason)}</p>
{"".join(f'<p class="trouble">{escape(problem)}</p>' for problem in report.problems)}
{_counts(report.functions)}
{"" if report.worth is None else f"<p>May go: {escape(str(report.worth))}</p>"}
<h2>Each function a row, its oldest version on the left</h2>
<ul class="legend">{"".join(_legend(kind) for kind in _KINDS)}</ul>
<table><thead><tr><th>Function</th><th>Versions</th></tr></thead><tbody>
{"".join(_row(item) for item in report.functions)}
</tbody></table>
<script type="application/json" id="report">{embedded}</script>
</body>
</html>
"""


def kind_of(line: VersionLine, item: FunctionReport) -> Kind:
    """How a version is drawn."""
    if any(version.number == line.version for version in item.deleted):
        return _WENT
    if line.code is None:
        return _GOES
    if line.code in _LIVE_CODES:
        return _LIVE
    if line.code in _WAIT_CODES:
        return _WAIT
    return _DARK if line.code is KeepCode.UNVERIFIED else _USED


def _counts(items: Sequence[FunctionReport]) -> str:
    codes = Counter("may go" if line.code is None else line.code.value for item in items for line in _ordered(item))
    counts = "".join(f"<li><b>{number:,}</b> {escape(code)}</li>" for code, number in codes.most_common())
    return f'<ul class="legend">{counts}</ul>'


def _row(item: FunctionReport) -> str:
    lines = _ordered(item)
    marks = "".join(_mark(index, line, kind_of(line, item)) for index, line in enumerate(lines))
    columns, rows = min(len(lines), _A_LINE), -(-len(lines) // _A_LINE)
    width, height = max(1, columns) * _STEP, max(1, rows) * _STEP
    size = f'width="{width}" height="{height}"'
    picture = f'<svg class="row" {size} role="img" aria-label="{len(lines)} versions">{marks}</svg>'
    said = "".join(f"<li>{escape(words)}</li>" for words in _words(lines))
    return (
        f"<tr><td>{escape(item.function)}</td><td>{picture}"
        f"<details><summary>{escape(item.reason)}</summary><ul>{said}</ul></details></td></tr>\n"
    )


def _mark(index: int, line: VersionLine, kind: Kind) -> str:
    x, y = index % _A_LINE * _STEP, index // _A_LINE * _STEP + 1
    said = escape(f"{line.version}: {line.reason}")
    return f'<g transform="translate({x} {y})"><title>{said}</title><path class="{kind.name}" d="{kind.path}"/></g>'


def _legend(kind: Kind) -> str:
    shape = f'<svg width="{_SIZE}" height="{_SIZE}"><path class="{kind.name}" d="{kind.path}"/></svg>'
    return f"<li>{shape}{escape(kind.words)}</li>"


def _ordered(item: FunctionReport) -> list[VersionLine]:
    return sorted([*item.keep, *item.delete], key=lambda line: line.version)


def _words(lines: Iterable[VersionLine]) -> Iterable[str]:
    for reason, group in groupby(lines, key=lambda line: line.reason):
        numbers = [str(line.version) for line in group]
        span = numbers[0] if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        yield f"{span}: {reason}"
