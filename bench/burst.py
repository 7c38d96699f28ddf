"""`python -m bench.burst`: how close together N pings arrive, ours beside boto3 in N threads, in one run.

Over TLS on loopback, so a network's own jitter is missing, and both share the machine with the server: read the
ratios, not the milliseconds. Both trust the SDK's own bundle of roots and the bench's one. "Reached" is how many
environments the arrivals would meet when each is busy for 75 ms, the customary hold, and the last used is taken again
first: the greatest number of pings in progress at one instant.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import botocore
import trustme

from fleet.aws.invoke import SigningInvoker
from fleet.model import FunctionRef, Interval, Ping
from warmer.burst import send_burst
from warmer.coverage import most_at_once
from warmer.dispatch import Dispatch
from warmer.pace import Window

_SDK_ROOTS = Path(botocore.__file__).parent / "cacert.pem"
_PAYLOAD = b'{"source":"caretaker"}'
_HOLD_MS = 75
_ROUNDS = 7
_SIZES = (20, 50, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One burst's arrivals, in epoch milliseconds."""

    arrivals_ms: tuple[float, ...]

    @property
    def spread_ms(self) -> float:
        return max(self.arrivals_ms) - min(self.arrivals_ms)

    @property
    def reached(self) -> int:
        return most_at_once(Interval(start_ms=at, end_ms=at + _HOLD_MS) for at in self.arrivals_ms)


class Server:
    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        # boto3 as installed reads its whole bundle for each connection: that is part of what is measured.
        (folder / "ca.pem").write_bytes(_SDK_ROOTS.read_bytes() + authority.cert_pem.bytes())
        certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
        certificate.private_key_pem.write_to_path(folder / "key.pem")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.arrivals", str(folder / "cert.pem"), str(folder / "key.pem")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.ca_bundle = folder / "ca.pem"

    def arrivals(self) -> Seen:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return Seen(arrivals_ms=tuple(json.loads(self.process.stdout.readline())))


@contextmanager
def serving() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            os.environ.update(
                AWS_ENDPOINT_URL_LAMBDA=f"https://127.0.0.1:{server.port}",
                AWS_CA_BUNDLE=str(server.ca_bundle),
                AWS_REGION="us-east-1",
                AWS_DEFAULT_REGION="us-east-1",
                AWS_ACCESS_KEY_ID="test",
                AWS_SECRET_ACCESS_KEY="test",
            )
            yield server
        finally:
            server.process.kill()
            server.process.communicate()


def boto3_in_threads(count: int) -> None:
    client = boto3.client("lambda")

    def invoke(_: int) -> None:
        client.invoke(FunctionName="shop", Qualifier="live", LogType="Tail", Payload=_PAYLOAD)["Payload"].read()

    with ThreadPoolExecutor(count) as threads:
        list(threads.map(invoke, range(count)))


def caretaker(count: int) -> None:
    ping = Ping(
        function=FunctionRef(text="shop"),
        qualifier="live",
        payload=_PAYLOAD,
        burst="0f8c",
        count=count,
        max_hold_ms=2000,
        timeout_s=30,
    )
    send_burst(SigningInvoker(), ping, Window(hold_ms=_HOLD_MS), deadline=time.monotonic() + 60, dispatch=Dispatch())


def measured(server: Server, technique: Callable[[int], None], count: int) -> Seen:
    technique(count)
    seen = server.arrivals()
    if len(seen.arrivals_ms) != count:
        raise SystemExit(f"bench: {len(seen.arrivals_ms)} arrivals of {count}")
    return seen


def main() -> None:
    print(f"{_ROUNDS} rounds each, in turn; medians, worst in brackets; TLS on loopback\n")
    print(f"{'N':>4}  {'boto3 threads: spread':>26} {'reached':>8}  {'caretaker: spread':>22} {'reached':>8}  ratio")
    with serving() as server:
        for count in _SIZES:
            theirs, ours = [], []
            for _ in range(_ROUNDS):
                theirs.append(measured(server, boto3_in_threads, count))
                ours.append(measured(server, caretaker, count))
            print(_row(count, theirs, ours))


def _row(count: int, theirs: list[Seen], ours: list[Seen]) -> str:
    def spread(seen: list[Seen]) -> str:
        return f"{_median(seen):.1f} ms ({max(each.spread_ms for each in seen):.1f})"

    def reached(seen: list[Seen]) -> str:
        return f"{statistics.median(each.reached for each in seen):g}"

    ratio = _median(theirs) / max(0.001, _median(ours))
    return (
        f"{count:>4}  {spread(theirs):>26} {reached(theirs):>8}  {spread(ours):>22} {reached(ours):>8}  {ratio:>4.0f}x"
    )


def _median(seen: list[Seen]) -> float:
    return statistics.median(each.spread_ms for each in seen)


if __name__ == "__main__":
    main()
