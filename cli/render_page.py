"""A week of levels as one self-contained page: heat maps, timelines, and the same numbers as text. Decides nothing.

No script runs in it. Light and dark come from the reader's own setting; on paper it is light.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape
from itertools import pairwise

from profiles.evaluate import override_bounds
from profiles.model import Override
from profiles.timeline import Change
from profiles.week import Day, Hour, Week
from profiles.zones import region

_SHADES = 5
_LETTER = 6.2  # the width of a letter in the drawing, roughly
_WINDOW = re.compile(r'\d+: window "([^"]+)"')
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 980, 206, 44, 34, 34

Position = Callable[[datetime], float]

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #566074; --line: #d9dee7; --paper: #fff; --card: #f6f8fb;
  --l0: #eef1f6; --t0: #7a8496; --l1: #d3e3fb; --l2: #9fc3f5; --l3: #5f97e8; --l4: #2a66c4; --l5: #123a7d;
  --tl: #12203a; --tm: #fff; --step: #2a66c4; --fill: #d3e3fb; --mark: #b3401f; --over: #f3d9a4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf2; --soft: #9aa5b8; --line: #323a4a; --paper: #12161f;
  --card: #1a202c; --l0: #222938; --t0: #8a95a9; --l1: #1f3558; --l2: #27508a; --l3: #3a75c4; --l4: #6ea6ee;
  --l5: #b9d7fb;
  --tl: #eef4ff; --tm: #0d1522; --step: #6ea6ee; --fill: #1f3558; --mark: #ff8e6b; --over: #5a4518; } }
@media print { :root { color-scheme: light; } section { break-inside: avoid; } body { padding: 0; } }
* { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { margin: 0 auto; max-width: 1040px; padding: 28px 20px 60px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 25px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 44px 0 2px; }
h3 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 4px 0 10px; color: var(--soft); }
.scroll { overflow-x: auto; }
.heat { border-collapse: separate; border-spacing: 2px; font-variant-numeric: tabular-nums; width: 100%;
  min-width: 760px; }
.heat th { font-weight: 600; font-size: 12px; color: var(--soft); text-align: center; padding: 0 2px; }
.heat tbody th { text-align: right; white-space: nowrap; padding-right: 8px; }
.heat td { text-align: center; font-size: 13px; height: 28px; border-radius: 4px; min-width: 26px; padding: 0 1px; }
.s0 { background: var(--l0); color: var(--t0); } .s1 { background: var(--l1); color: var(--tl); }
.s2 { background: var(--l2); color: var(--tl); } .s3 { background: var(--l3); color: #fff; }
.s4 { background: var(--l4); color: var(--tm); } .s5 { background: var(--l5); color: var(--tm); }
.none { color: var(--soft); border: 1px dashed var(--line); } .clock { color: var(--mark); font-weight: 600; }
.steps { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
.steps th, .steps td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
.steps th { color: var(--soft); font-weight: 600; } .steps td:nth-child(2) { text-align: right; font-weight: 600; }
svg { width: 100%; height: auto; min-width: 640px; background: var(--card); border-radius: 8px; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); } .grid { stroke: var(--line); }
.area { fill: var(--fill); } .level { fill: none; stroke: var(--step); stroke-width: 2; }
.dst { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 4 3; } svg .dst-text { fill: var(--mark); }
.over { fill: var(--over); } .hit { fill: transparent; }
details summary { cursor: pointer; color: var(--soft); margin-top: 8px; }
"""


def page(weeks: Sequence[Week], levels_json: str) -> str:
    """The whole page. `levels_json` is what `caretaker plan --format json` says of the same week, for machines."""
    embedded = levels_json.replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Levels of the week of {weeks[0].days[0].date:%d %B %Y}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Environments held warm, week of {weeks[0].days[0].date:%d %B %Y}</h1>
<p>Each cell is an hour of the service's own clock, with the greatest level in it. The stronger its colour, the more.
A dashed cell is an hour that the clocks skip; two numbers are an hour that happens twice.</p>
{"".join(_section(index, week) for index, week in enumerate(weeks))}
<script type="application/json" id="levels">{embedded}</script>
</body>
</html>
"""


def _section(index: int, week: Week) -> str:
    name = f"{week.target.function.name}:{week.target.qualifier}"
    return f"""<section data-target="{index}" data-function="{escape(week.target.function.text)}"
 data-qualifier="{escape(week.target.qualifier)}">
<h2>{escape(name)}</h2>
<p>{escape(week.service.name)}, {escape(week.service.timezone)}; profile {escape(week.target.profile)}; at most
{week.greatest}; {week.pings:,} pings in the week{_states(week)}</p>
<div class="scroll">{_heat(week)}</div>
<h3>Level by level</h3>
<div class="scroll">{_timeline(week, name)}</div>
{_steps(week)}
</section>
"""


def _states(week: Week) -> str:
    words = [] if week.service.enabled and week.target.enabled else ["switched off"]
    words += ["dry run: nothing is sent"] if week.service.dry_run else []
    return "; " + "; ".join(words) if words else ""


def _heat(week: Week) -> str:
    head = "".join(f'<th scope="col">{hour:02d}</th>' for hour in range(24))
    rows = "".join(_day(day, week.greatest) for day in week.days)
    return f'<table class="heat"><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _day(day: Day, greatest: int) -> str:
    label = "DST" if day.length else "skipped"
    note = f' <span class="clock" title="{escape(day.clock_change)}">{label}</span>' if day.clock_change else ""
    cells = "".join(_cell(hour, greatest) for hour in day.hours)
    return f'<tr data-date="{day.date}"><th scope="row">{day.date:%a %d %b}{note}</th>{cells}</tr>'


def _cell(hour: Hour, greatest: int) -> str:
    if not hour.levels:
        return f'<td class="none" data-hour="{hour.hour}" title="this hour does not happen">&ndash;</td>'
    title = f"{hour.hour:02d}:00" + (", an hour that happens twice" if len(hour.levels) > 1 else "")
    text = "/".join(str(level) for level in hour.levels)
    return f'<td class="s{_shade(max(hour.levels), greatest)}" data-hour="{hour.hour}" title="{title}">{text}</td>'


def _shade(level: int, greatest: int) -> int:
    return 0 if level == 0 else max(1, -(-level * _SHADES // greatest))


def _timeline(week: Week, name: str) -> str:
    start, end = week.starts.timestamp(), week.ends.timestamp()
    top = max(1, week.greatest)

    def x(instant: datetime) -> float:
        share = (min(max(instant.timestamp(), start), end) - start) / (end - start)
        return round(_LEFT + share * (_WIDTH - _LEFT - 8), 1)

    def y(level: int) -> float:
        return round(_HEIGHT - _BOTTOM - level / top * (_HEIGHT - _BOTTOM - _TOP), 1)

    points = [(x(change.at), y(change.demand.level)) for change in week.changes]
    turns = "".join(f"H{across}V{up}" for across, up in points[1:])
    path = f"M{points[0][0]},{points[0][1]}{turns}H{x(week.ends)}"
    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Timeline of {escape(name)}">']
    parts += [_band(override, change, x) for override, change in _overridden(week)]
    for level in sorted({0, top, *([top // 2] if top > 3 else [])}):
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - 8}" y1="{y(level)}" y2="{y(level)}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y(level) + 4}" text-anchor="end">{level}</text>')
    parts.append(f'<path class="area" d="{path}V{y(0)}H{_LEFT}Z"/><path class="level" d="{path}"/>')
    bounds = [*(across for across, _ in points), x(week.ends)]
    parts += [
        _segment(change, left, right, up)
        for change, (_, up), (left, right) in zip(week.changes, points, pairwise(bounds), strict=True)
    ]
    parts += [_day_mark(day, x) for day in week.days]
    return "".join([*parts, "</svg>"])


def _segment(change: Change, left: float, right: float, up: float) -> str:
    """The reason of a level where the pointer rests on it, and its window's name where there is room for it."""
    base = _HEIGHT - _BOTTOM
    area = (
        f'<rect class="hit" x="{left}" y="{up}" width="{right - left:.1f}" height="{base - up:.1f}">'
        f"<title>{escape(change.demand.reason)}</title></rect>"
    )
    named = _WINDOW.match(change.demand.reason)
    if named is None or right - left < _LETTER * len(named[1]) + 8 or base - up < 16:
        return area
    return area + f'<text x="{left + 4}" y="{up + 13}">{escape(named[1])}</text>'


def _day_mark(day: Day, x: Position) -> str:
    at = x(day.starts)
    text = f'<line class="grid" x1="{at}" x2="{at}" y1="{_HEIGHT - _BOTTOM}" y2="{_HEIGHT - 10}"/>'
    if day.length:  # the next day stands where one that does not happen would
        text += f'<text x="{at + 4}" y="{_HEIGHT - 14}">{day.date:%a %d}</text>'
    return text + _turn_mark(day, x)


def _turn_mark(day: Day, x: Position) -> str:
    if day.turns is None or day.clock_change is None:
        return ""
    turn, words = x(day.turns), day.clock_change if day.length else f"{day.date:%a %d} does not happen"
    side, at_text = ("end", turn - 4) if turn > _WIDTH * 0.8 else ("start", turn + 4)
    mark = f'<line class="dst" x1="{turn}" x2="{turn}" y1="4" y2="{_HEIGHT - _BOTTOM}"/>'
    return mark + f'<text class="dst-text" x="{at_text}" y="12" text-anchor="{side}">{escape(words)}</text>'


def _overridden(week: Week) -> list[tuple[Override, tuple[datetime, datetime]]]:
    found = []
    for override in week.service.overrides:
        if override.concerns(week.target):
            starts, ends = (
                datetime.fromtimestamp(bound, week.starts.tzinfo)
                for bound in override_bounds(override, week.service.timezone)
            )
            if starts < week.ends and ends > week.starts:
                found.append((override, (starts, ends)))
    return found


def _band(override: Override, bounds: tuple[datetime, datetime], x: Position) -> str:
    left, right = x(bounds[0]), x(bounds[1])
    return (
        f'<rect class="over" x="{left}" y="{_TOP - 16}" width="{max(1, right - left):.1f}" '
        f'height="{_HEIGHT - _BOTTOM - _TOP + 16}"/><text x="{left + 4}" y="{_TOP - 5}">{escape(override.name)}</text>'
    )


def _steps(week: Week) -> str:
    rows = "".join(_step(change, week.service.timezone) for change in week.changes)
    return f"""<details><summary>{len(week.changes)} level changes, each with its reason</summary>
<table class="steps"><thead><tr><th>From</th><th>Level</th><th>Because</th></tr></thead><tbody>{rows}</tbody></table>
</details>"""


def _step(change: Change, zone: str) -> str:
    local = change.at.astimezone(region(zone))
    why = change.demand.reason.partition(": ")[2]
    return f"<tr><td>{local:%a %d %b %H:%M %Z}</td><td>{change.demand.level}</td><td>{escape(why)}</td></tr>"
