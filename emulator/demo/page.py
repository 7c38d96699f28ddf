"""The demo's result as one self-contained HTML page, readable in light and dark and on paper. Pure."""

from html import escape

from emulator.demo.picture import picture
from emulator.demo.result import DemoResult, Tick

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6475; --line: #d9dee7; --paper: #fff; --card: #f6f8fb;
  --init: #d9822b; --service: #2f6fdb; --hold: #8fb6f4; --release: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf2; --soft: #9aa5b8; --line: #323a4a; --paper: #12161f;
  --card: #1a202c; --init: #e8a04e; --service: #5b96f5; --hold: #2f4f86; --release: #ff7a66; } }
@media print { :root { --paper: #fff; --card: #fff; } }
body { margin: 0 auto; max-width: 1020px; padding: 32px 20px 64px; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 6px; }
p { margin: 6px 0 14px; color: var(--soft); max-width: 760px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 8px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: 14px; } td + td, th + th { text-align: right; }
.left td + td, .left th + th { text-align: left; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.verdict { font-weight: 600; } .bad { color: var(--release); }
svg { width: 100%; height: auto; min-width: 640px; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--line); }
.init { fill: var(--init); } .service { fill: var(--service); } .hold { fill: var(--hold); }
.release { stroke: var(--release); stroke-width: 1.5; stroke-dasharray: 5 3; }
svg .release-text { fill: var(--release); }
.key span { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin: 0 6px 0 16px; }
.key span:first-child { margin-left: 0; }
.key .init { background: var(--init); } .key .service { background: var(--service); }
.key .hold { background: var(--hold); }
"""

_CAPTIONS = {
    True: "Each row is an execution environment. All pings arrive at one instant, so each gets a new one; a cold "
    "environment is new by itself and is not held. The stairs are this machine's: it initialises a few at a time on "
    "its cores, where on AWS each environment has a processor of its own.",
    False: "Each row is an execution environment. Each stays busy until the release instant that all pings carry, so "
    "that no environment can answer two of them.",
}


def page(result: DemoResult) -> str:
    """The whole page."""
    verdict = (
        '<p class="verdict">Everything that was wanted was proved.</p>'
        if not result.failures
        else "".join(f'<p class="verdict bad">{escape(failure)}</p>' for failure in result.failures)
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Caretaker: what the demo saw</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Caretaker: what the demo saw</h1>
<p>A Django shop on the emulator: real processes as execution environments, real cold starts. These are not AWS's
numbers, and they differ from run to run; the ratios and the counts are the point.</p>
{verdict}
{_summary(result)}
{"".join(_tick(tick) for tick in _worth_a_picture(result))}
{_ticks(result)}
{_janitor(result)}
</body>
</html>
"""


def _summary(result: DemoResult) -> str:
    rows = "".join(
        f"<tr><td>{escape(what)}</td><td>{escape(before)}</td><td>{escape(after)}</td></tr>"
        for what, before, after in result.rows()
    )
    return (
        '<div class="scroll"><table><thead><tr><th></th><th>Cold, before</th><th>Warm, after</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _worth_a_picture(result: DemoResult) -> tuple[Tick, ...]:
    """The tick that made the environments, and one that met them warm."""
    return (result.ticks[0], result.ticks[1]) if len(result.ticks) > 1 else result.ticks


def _tick(tick: Tick) -> str:
    burst = tick.burst
    drawing = picture(burst.bars, release_at_ms=burst.release_at_ms, title=burst.title)
    return f"""<h2>{escape(burst.title)}</h2>
<p>{_CAPTIONS[tick.item["cold"] > 0]}</p>
<div class="card"><div class="scroll">{drawing}</div>
<div class="key"><span class="init"></span>init<span class="service"></span>service
<span class="hold"></span>hold</div></div>"""


def _ticks(result: DemoResult) -> str:
    rows = "".join(
        f"<tr><td>{escape(tick.trigger)}</td><td>{escape(tick.policy)}</td><td>{escape(tick.proved)}</td>"
        f"<td>{tick.item['cold']}</td><td>{tick.item['rounds']}</td><td>{tick.item['spread_ms']} ms</td>"
        f"<td>{tick.item['billed_ms']:,} ms</td></tr>"
        for tick in result.ticks
    )
    return f"""<h2>Every tick</h2>
<p>AWS does not say which idle environment it picks, so the promise is shown under each policy: the most recently
used first, the least recently used first, and any.</p>
<div class="scroll"><table><thead><tr><th>Tick</th><th>Reuse</th><th>Proved</th><th>Cold</th><th>Rounds</th>
<th>Spread</th><th>Billed</th></tr></thead><tbody>{rows}</tbody></table></div>"""


def _janitor(result: DemoResult) -> str:
    sweep = result.sweep
    rows = "".join(f"<tr><td>{escape(version)}</td><td>{escape(reason)}</td></tr>" for version, reason in sweep.kept)
    return f"""<h2>The janitor</h2>
<p>{escape(sweep.function)} had {sweep.before} published versions and has {sweep.after}. Each that stayed has its
reason, as the plan gave it:</p>
<div class="scroll"><table class="left"><thead><tr><th>Version</th><th>Kept because</th></tr></thead>
<tbody>{rows}</tbody></table></div>"""
