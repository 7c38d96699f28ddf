"""A burst as a picture: each execution environment a row, with init, service and hold drawn in time. Pure.

The colours come from the page's style sheet, so that one drawing is readable in light and in dark.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

_ROW, _GAP, _LEFT, _RIGHT, _TOP, _WIDTH = 13, 4, 92, 16, 30, 980
_TICKS = 6

Position = Callable[[float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One ping in one environment, in epoch milliseconds. `hold_ms` is the last part of the service."""

    environment: str
    arrived_ms: float
    init: tuple[float, float] | None
    service: tuple[float, float]
    hold_ms: float


def picture(bars: Sequence[Bar], *, release_at_ms: float | None, title: str) -> str:
    """An SVG of the burst. The dashed line is the release instant that every ping carried."""
    ordered = sorted(bars, key=lambda bar: (bar.service[0], bar.environment))
    start, end = _span(ordered, release_at_ms)
    height = _TOP + len(ordered) * (_ROW + _GAP) + 26
    scale = (_WIDTH - _LEFT - _RIGHT) / (end - start)

    def x(instant_ms: float) -> float:
        return round(_LEFT + (instant_ms - start) * scale, 1)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        *_axis(start, end, height, x),
    ]
    for row, bar in enumerate(ordered):
        parts += _row(bar, _TOP + row * (_ROW + _GAP), x)
    if release_at_ms is not None:
        at = x(release_at_ms)
        parts.append(f'<line class="release" x1="{at}" x2="{at}" y1="{_TOP - 6}" y2="{height - 22}"/>')
        parts.append(f'<text class="release-text" x="{at}" y="{_TOP - 11}" text-anchor="middle">release</text>')
    return "\n".join([*parts, "</svg>"])


def _span(bars: Sequence[Bar], release_at_ms: float | None) -> tuple[float, float]:
    starts = [min(bar.arrived_ms, bar.init[0] if bar.init else bar.service[0]) for bar in bars]
    ends = [bar.service[1] for bar in bars] + ([release_at_ms] if release_at_ms is not None else [])
    start, end = min(starts), max(ends)
    margin = max(5.0, (end - start) * 0.03)
    return start - margin / 3, end + margin


def _axis(start: float, end: float, height: int, x: Position) -> list[str]:
    step = _round_step((end - start) / _TICKS)
    parts, at = [], 0.0
    while start + at < end:
        place = x(start + at)
        parts.append(f'<line class="grid" x1="{place}" x2="{place}" y1="{_TOP - 6}" y2="{height - 22}"/>')
        parts.append(f'<text class="axis" x="{place}" y="{height - 8}" text-anchor="middle">{_time(at)}</text>')
        at += step
    return parts


def _row(bar: Bar, y: int, x: Position) -> list[str]:
    begin, end = bar.service
    hold_from = max(begin, end - bar.hold_ms)
    label = (
        f'<text class="axis" x="{_LEFT - 8}" y="{y + _ROW - 3}" text-anchor="end">{escape(bar.environment[:8])}</text>'
    )
    spans = [("init", *bar.init, "init")] if bar.init else []
    spans += [("service", begin, hold_from, "service"), ("hold", hold_from, end, "hold")]
    return [label] + [
        f'<rect class="{kind}" x="{x(left)}" y="{y}" width="{max(0.8, round(x(right) - x(left), 1))}" height="{_ROW}" '
        f'rx="2"><title>{escape(bar.environment)}: {words} {right - left:.1f} ms</title></rect>'
        for kind, left, right, words in spans
        if right > left
    ]


def _round_step(rough_ms: float) -> float:
    """The next of 1, 2, 5, 10, … milliseconds."""
    unit = 1.0
    while True:
        for factor in (1, 2, 5):
            if unit * factor >= rough_ms:
                return unit * factor
        unit *= 10


def _time(ms: float) -> str:
    return f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"
