"""`python -m bench.burst`: how close together N pings arrive, ours beside boto3 in N threads, in one run.

Over TLS on loopback, so a network's own jitter is missing: read the ratios, not the milliseconds. Each technique has
one core, the server another. Both trust the SDK's own bundle of roots and the bench's one. "Reached" is how many
environments the arrivals would meet when each is busy for that long, and the last used is taken again first: the
greatest number of pings in progress at one instant. 75 ms is the customary hold.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import botocore
import trustme

from bench.share import SHARE_OF_512_MB, cores, limited
from fleet.model import Interval
from warmer.coverage import most_at_once

_SDK_ROOTS = Path(botocore.__file__).parent / "cacert.pem"
_ROOT = Path(__file__).resolve().parents[1]
_H2, _H1 = "h2,http/1.1", "http/1.1"
# Pings, rounds, and the share of a core.
_CASES = ((100, 7, None), (1000, 3, None), (100, 5, SHARE_OF_512_MB), (1000, 3, SHARE_OF_512_MB))
# A session token is as long as a role's, which is most of a request's head.
_TOKEN = "x" * 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One burst's arrivals, in epoch milliseconds."""

    arrivals_ms: tuple[float, ...]

    @property
    def spread_ms(self) -> float:
        return max(self.arrivals_ms) - min(self.arrivals_ms)

    def reached(self, hold_ms: float) -> int:
        return most_at_once(Interval(start_ms=at, end_ms=at + hold_ms) for at in self.arrivals_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A technique's bursts, and the most memory that its process took."""

    seen: tuple[Seen, ...]
    peak_mb: float
    share: str

    @property
    def spread_ms(self) -> float:
        return statistics.median(each.spread_ms for each in self.seen)

    @property
    def worst_ms(self) -> float:
        return max(each.spread_ms for each in self.seen)

    def reached(self, hold_ms: float) -> float:
        return statistics.median(each.reached(hold_ms) for each in self.seen)


class Server:
    def __init__(self, folder: Path, protocols: str, delay_s: float = 0.0, *, kit: bool = False) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        # boto3 as installed reads its whole bundle for each connection: that is part of what is measured.
        self.ca_bundle = folder / "ca.pem"
        self.ca_bundle.write_bytes(_SDK_ROOTS.read_bytes() + authority.cert_pem.bytes())
        (folder / "cert.pem").write_bytes(b"".join(each.bytes() for each in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(folder / "key.pem")
        kind = ["kit"] if kit else []
        self.process = started("bench.arrivals", str(folder), protocols, str(delay_s), *kind, core=cores()[0])
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL_LAMBDA": f"https://127.0.0.1:{self.port}",
            "AWS_CA_BUNDLE": str(self.ca_bundle),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": _TOKEN,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def arrivals(self) -> Seen:
        return Seen(arrivals_ms=tuple(json.loads(told(self.process))))


def started(
    module: str, *arguments: str, core: int, environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """A module of ours as a process on that core."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env={**os.environ, **(environment or {})},
    )
    os.sched_setaffinity(process.pid, {core})
    return process


def told(process: subprocess.Popen[str]) -> str:
    """What the process answers to a line."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"bench: {process.args!r} ended")
    return line


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def serving(protocols: str, delay_s: float = 0.0, *, kit: bool = False) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), protocols, delay_s, kit=kit)
        with ended(server.process):
            yield server


def measured(technique: str, count: int, *, protocols: str, rounds: int, share: float | None = None) -> Measured:
    """So many bursts of the technique, after one that does not count."""
    with (
        serving(protocols) as server,
        ended(
            started("bench.techniques", technique, str(count), core=cores()[1], environment=server.environment)
        ) as own,
        limited(own.pid, share) as held,
    ):
        seen, peak_mb = [], 0.0
        for _ in range(rounds + 1):
            peak_mb = float(told(own))
            seen.append(server.arrivals())
            if len(seen[-1].arrivals_ms) != count:
                raise SystemExit(f"bench: {len(seen[-1].arrivals_ms)} arrivals of {count}")
        return Measured(seen=tuple(seen[1:]), peak_mb=peak_mb, share=held)


def main() -> None:
    print("spread of arrivals: median, worst in brackets; reached with a hold of 10 and of 75 ms; peak memory\n")
    for count, rounds, share in _CASES:
        # A thousand threads on a third of a core take minutes, and prove nothing new.
        compared = share is None or count < 1000
        theirs = measured("boto3", count, protocols=_H2, rounds=rounds, share=share) if compared else None
        h1 = measured("caretaker", count, protocols=_H1, rounds=rounds, share=share)
        h2 = measured("caretaker", count, protocols=_H2, rounds=rounds, share=share)
        print(f"N = {count} on {h2.share}")
        for name, each in (("boto3 in threads", theirs), ("caretaker, HTTP/1.1", h1), ("caretaker, HTTP/2", h2)):
            if each is not None:
                print(_row(name, each, theirs))
        print(flush=True)


def _row(name: str, each: Measured, theirs: Measured | None) -> str:
    ratio = ""
    if theirs is not None:
        # Requests that end in one segment have one timestamp: a ratio to nothing would say nothing.
        ratio = f"1/{theirs.spread_ms / each.spread_ms:.0f}" if each.spread_ms >= 0.001 else "one packet"
    return (
        f"  {name:<20} {each.spread_ms:>9.3f} ms ({each.worst_ms:>9.3f})  {ratio:<10}"
        f"  {each.reached(10):>5g} {each.reached(75):>5g}  {each.peak_mb:>4.0f} MB"
    )


if __name__ == "__main__":
    main()
