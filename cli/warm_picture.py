"""A burst in the terminal: each ping a row in time, alike ones in one. Pure: text in, nothing printed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from fleet.model import Answer, BurstResult, Lost
from profiles.model import PingSpec
from warmer.verdict import Verdict, judge

_LEFT, _RIGHT, _LEAST_COLUMNS = 7, 24, 20


class Part(Enum):
    """What a ping does at an instant; the values are the glyphs, first in Unicode, then in ASCII."""

    NOTHING = (" ", " ")
    WAY = ("·", ".")
    COLD = ("▒", "#")
    RUN = ("█", "=")
    HELD = ("─", "-")
    FAILED = ("x", "x")
    RELEASE = ("│", "|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """Which of the two sets of glyphs to draw with."""

    ascii: bool = False

    def of(self, part: Part) -> str:
        """The glyph of a part."""
        return part.value[1 if self.ascii else 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the picture: `count` pings, what each did over time, and a word on them."""

    count: int
    parts: tuple[Part, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ping:
    """One ping in epoch milliseconds of the caller's clock; `start` is where its service begins, init aside."""

    sent: float
    init: float
    start: float
    held: float
    end: float
    ok: bool
    fate: str
    environment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    start: float
    end: float
    columns: int

    def column(self, instant: float) -> int:
        share = (instant - self.start) / (self.end - self.start)
        return min(self.columns - 1, max(0, int(share * self.columns)))


def picture(result: BurstResult, spec: PingSpec, *, width: int = 100, rows: int = 24, glyphs: Glyphs) -> list[str]:
    """The lines of the picture: a scale, at most `rows` rows, and how to read them."""
    columns = max(_LEAST_COLUMNS, width - _LEFT - _RIGHT)
    pings = [_ping(outcome, judge(outcome, spec), result) for outcome in result.outcomes]
    release = float(result.release_at_ms - result.lag_ms)
    axis = _axis(pings, release, columns)
    drawn = lines(pings, axis, release, rows)
    body = [_text(line, glyphs) for line in drawn]
    return [_scale(axis, release), *body, _legend(pings, glyphs)]


def _axis(pings: Sequence[_Ping], release: float, columns: int) -> _Axis:
    starts, ends = [ping.sent for ping in pings] or [release], [ping.end for ping in pings] or [release]
    start, end = min(starts), max(*ends, release)
    return _Axis(start=start, end=end + max(1.0, (end - start) / columns), columns=columns)


def lines(pings: Sequence[_Ping], axis: _Axis, release: float, rows: int) -> list[Line]:
    """The pings by arrival, those that look alike in one row; if too many rows are left, neighbours share one."""
    ordered = sorted(pings, key=lambda ping: (ping.fate != "", ping.fate, ping.start, ping.end))
    drawn = [(_parts(ping, axis, release), ping) for ping in ordered]
    alike = [list(same) for _, same in groupby(drawn, key=lambda one: (one[0], one[1].fate))]
    while len(alike) > rows:
        merged = _halved(alike)
        if len(merged) == len(alike):
            break
        alike = merged
    return [_line(group) for group in alike]


def _halved(groups: list[list[tuple[tuple[Part, ...], _Ping]]]) -> list[list[tuple[tuple[Part, ...], _Ping]]]:
    """Neighbours of one fate put together, two by two."""
    merged: list[list[tuple[tuple[Part, ...], _Ping]]] = []
    for _, same in groupby(groups, key=lambda group: group[0][1].fate):
        several = list(same)
        merged += [several[at] + (several[at + 1] if at + 1 < len(several) else []) for at in range(0, len(several), 2)]
    return merged


def _line(group: list[tuple[tuple[Part, ...], _Ping]]) -> Line:
    """A row for alike pings; where they differ a little, the one in the middle stands for all."""
    environments = {ping.environment for _, ping in group if ping.environment is not None}
    parts, ping = group[len(group) // 2]
    known = f"{len(environments)} environment{'' if len(environments) == 1 else 's'}" if environments else ""
    return Line(count=len(group), parts=parts, note=", ".join(word for word in (known, ping.fate) if word))


def _ping(outcome: Answer | Lost, verdict: Verdict, result: BurstResult) -> _Ping:
    if isinstance(outcome, Lost):
        at = result.released_ms
        return _Ping(sent=at, init=at, start=at, held=at, end=at, ok=False, fate="no answer", environment=None)
    sent, end = outcome.sent_ms, max(outcome.sent_ms, outcome.received_ms)
    start = _inside(_arrival(outcome, verdict), sent, end)
    init_ms = outcome.log.init_ms or (verdict.kit.init_ms if verdict.kit and verdict.kit.cold else None) or 0.0
    held_ms = (verdict.kit.held_ms if verdict.kit else None) or 0
    return _Ping(
        sent=sent,
        init=max(sent, start - init_ms),
        start=start,
        held=max(start, end - held_ms),
        end=end,
        ok=verdict.warmed,
        fate=_fate(outcome, verdict, cold=init_ms > 0),
        environment=verdict.kit.environment if verdict.kit else None,
    )


def _arrival(outcome: Answer, verdict: Verdict) -> float | None:
    """When the target began with it, by its own clock: what the kit saw, or what its log says."""
    if verdict.kit is not None and verdict.kit.arrived_ms is not None:
        return float(verdict.kit.arrived_ms)
    return outcome.log.service.start_ms if outcome.log.service is not None else None


def _inside(instant: float | None, sent: float, end: float) -> float:
    """The instant, if both clocks agree well enough for it to lie between sending and answer; else the sending."""
    return instant if instant is not None and sent - 1 <= instant <= end + 1 else sent


def _fate(outcome: Answer, verdict: Verdict, *, cold: bool) -> str:
    if outcome.status == 429:
        return "throttled"
    if not verdict.warmed:
        return "failed"
    words = [word for word, holds in (("cold", cold), ("unhealthy", not verdict.healthy)) if holds]
    return ", ".join(words)


def _parts(ping: _Ping, axis: _Axis, release: float) -> tuple[Part, ...]:
    drawn = [Part.NOTHING] * axis.columns
    drawn[axis.column(release)] = Part.RELEASE
    for part, since, until in (
        (Part.WAY, ping.sent, ping.init),
        (Part.COLD, ping.init, ping.start),
        (Part.RUN, ping.start, ping.held),
        (Part.HELD, ping.held, ping.end),
    ):
        if until > since or part is Part.RUN:
            for column in range(axis.column(since), axis.column(until) + 1):
                drawn[column] = part
    if not ping.ok:
        drawn[axis.column(ping.end)] = Part.FAILED
    return tuple(drawn)


def _text(line: Line, glyphs: Glyphs) -> str:
    count = f"{'x' if glyphs.ascii else chr(0xD7)}{line.count}"
    return f"{count:>{_LEFT - 1}} {''.join(map(glyphs.of, line.parts))} {line.note}".rstrip()


def _scale(axis: _Axis, release: float) -> str:
    """The release and the end above their columns, in milliseconds since the first ping left."""
    end, mark = f"{axis.end - axis.start:.0f} ms", f"release +{release - axis.start:.0f} ms"
    row = list("0".ljust(axis.columns))
    at = min(max(2, axis.column(release) - len(mark) // 2), axis.columns - len(mark) - len(end) - 2)
    for text, place in ((end, axis.columns - len(end)), (mark, at)):
        if place >= 2:
            row[place : place + len(text)] = text
    return " " * _LEFT + "".join(row)


def _legend(pings: Iterable[_Ping], glyphs: Glyphs) -> str:
    listed = list(pings)
    words = [
        (Part.WAY, "on its way", any(ping.init > ping.sent for ping in listed)),
        (Part.COLD, "cold start", any(ping.start > ping.init for ping in listed)),
        (Part.RUN, "the application", bool(listed)),
        (Part.HELD, "held", any(ping.end > ping.held for ping in listed)),
        (Part.FAILED, "failed", any(not ping.ok for ping in listed)),
        (Part.RELEASE, "release", True),
    ]
    return " " * _LEFT + "   ".join(f"{glyphs.of(part)} {word}" for part, word, there in words if there)
