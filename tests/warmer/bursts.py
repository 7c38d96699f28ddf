"""Bursts against the server of `two_protocols`, and what became of them."""

import time
from collections.abc import Callable
from typing import Any

from fleet.model import Answer, BurstResult, Lost
from tests.warmer.builders import a_ping
from tests.warmer.test_burst import FakeInvoker
from tests.warmer.two_protocols import Exchange, Server
from warmer.burst import send_burst
from warmer.dispatch import Dispatch
from warmer.pace import Window

Told = Callable[[Exchange], None]


def burst(server: Server, dispatch: Dispatch, *, count: int = 4, seconds: float = 20.0, **fields: Any) -> BurstResult:
    return send_burst(
        FakeInvoker(server.port, ca_bundle=server.ca_bundle),
        a_ping(count=count, **fields),
        Window(hold_ms=100),
        deadline=time.monotonic() + seconds,
        dispatch=dispatch,
    )


def answers(result: BurstResult) -> list[Answer]:
    return [outcome for outcome in result.outcomes if isinstance(outcome, Answer)]


def reasons(result: BurstResult) -> list[str]:
    return [outcome.reason for outcome in result.outcomes if isinstance(outcome, Lost)]


def only_the_second(fault: Told) -> Told:
    def told(exchange: Exchange) -> None:
        fault(exchange) if exchange.index == 1 else exchange.reply()

    return told
