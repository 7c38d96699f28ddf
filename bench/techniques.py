"""Bursts of one technique, in a process of its own: `python -m bench.techniques NAME COUNT`.

Each line on standard input is one burst, with new clients and cold connections; when it is over, the peak memory of
the process so far is printed, in MB.
"""

import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

PAYLOAD = b'{"source":"caretaker"}'
HOLD_MS = 75


def boto3_in_threads(count: int) -> None:
    import boto3  # noqa: PLC0415 - so that the other technique's memory does not count it twice

    client = boto3.client("lambda")

    def invoke(_: int) -> None:
        client.invoke(FunctionName="shop", Qualifier="live", LogType="Tail", Payload=PAYLOAD)["Payload"].read()

    with ThreadPoolExecutor(count) as threads:
        list(threads.map(invoke, range(count)))


def caretaker(count: int) -> None:
    from fleet.aws.invoke import SigningInvoker  # noqa: PLC0415
    from fleet.model import Answer, FunctionRef, Ping  # noqa: PLC0415
    from warmer.burst import send_burst  # noqa: PLC0415
    from warmer.dispatch import Dispatch  # noqa: PLC0415
    from warmer.pace import Window  # noqa: PLC0415

    ping = Ping(
        function=FunctionRef(text="shop"),
        qualifier="live",
        payload=PAYLOAD,
        burst="0f8c",
        count=count,
        max_hold_ms=2000,
        timeout_s=60,
    )
    with Dispatch() as dispatch:
        result = send_burst(
            SigningInvoker(), ping, Window(hold_ms=HOLD_MS), deadline=time.monotonic() + 120, dispatch=dispatch
        )
    lost = [outcome for outcome in result.outcomes if not isinstance(outcome, Answer)]
    if lost:
        raise SystemExit(f"bench: {len(lost)} of {count} pings were lost, the first: {lost[0]}")


TECHNIQUES = {"boto3": boto3_in_threads, "caretaker": caretaker}


def main(name: str, count: int) -> None:
    # Above Lambda's own limit, for the techniques that need a connection for each ping.
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    while sys.stdin.readline():
        TECHNIQUES[name](count)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
