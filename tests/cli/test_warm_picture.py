"""The burst's picture in a terminal: what each row shows, and that any number of pings fits."""

from typing import Any

import pytest

from cli.warm_picture import Glyphs, picture
from fleet.model import Answer, BurstResult, LogFacts, Lost
from profiles.model import PingSpec
from tests.warmer.builders import an_answer, kit_block

T = 1795305600000
DIRECT = PingSpec()


def warm(environment: str, *, sent: int = 0, arrived: int = 10, held: int = 80, end: int = 100) -> Answer:
    block = kit_block(environment, arrived_ms=T + arrived, held_ms=held)
    return an_answer({"caretaker": block}, sent_ms=T + sent, received_ms=T + end)


def cold(environment: str, *, init: int = 300, end: int = 400) -> Answer:
    block = kit_block(environment, arrived_ms=T + init + 20, held_ms=0, cold=True)
    return an_answer({"caretaker": block}, log=LogFacts(init_ms=init), sent_ms=T, received_ms=T + end)


def drawn(*outcomes: Answer | Lost, width: int = 71, **options: Any) -> list[str]:
    result = BurstResult(outcomes=outcomes, release_at_ms=T + 95, released_ms=T, spread_ms=0.4)
    return picture(result, DIRECT, width=width, glyphs=Glyphs(ascii=True), **options)


def test_alike_pings_share_a_row_that_counts_them_and_their_environments() -> None:
    scale, row, legend = drawn(*(warm(f"e{number}") for number in range(12)))
    assert row.startswith("   x12 ...")
    assert row.endswith("12 environments")
    assert "release +95 ms" in scale
    assert legend.strip() == ". on its way   = the application   - held   | release"


def test_pings_that_one_environment_answered_are_one_environment() -> None:
    row = drawn(warm("a"), warm("a"))[1]

    assert row.strip().startswith("x2")
    assert row.endswith("1 environment")


def test_a_cold_start_is_drawn_before_the_application_and_said() -> None:
    row = drawn(cold("a"))[1]

    assert row.endswith("1 environment, cold")
    assert row.index("#") < row.index("=")
    assert row.count("#") > 3 * row.count("=")


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (
            an_answer({}, status=429, reason="ConcurrentInvocationLimitExceeded", sent_ms=T, received_ms=T + 9),
            "throttled",
        ),
        (an_answer({"errorType": "E"}, function_error="Unhandled", sent_ms=T, received_ms=T + 9), "failed"),
        (an_answer({"statusCode": 503}, sent_ms=T, received_ms=T + 9), "unhealthy"),
        (Lost(reason="no complete answer in time"), "no answer"),
    ],
)
def test_a_ping_that_went_wrong_has_a_row_of_its_own_with_a_word(outcome: Answer | Lost, word: str) -> None:
    rows = drawn(warm("a"), warm("b"), outcome)[1:-1]

    assert len(rows) == 2
    assert rows[1].endswith(word)
    assert ("x" in rows[1].split(maxsplit=1)[1]) is (word != "unhealthy")


@pytest.mark.parametrize("count", [1, 20, 300])
def test_any_number_of_pings_fits_and_none_is_left_out(count: int) -> None:
    pings = [
        warm(f"e{number}", sent=number % 7, arrived=10 + number % 70, end=100 + number % 50) for number in range(count)
    ]
    rows = drawn(*pings, cold("x"), Lost(reason="reset"), rows=12)[1:-1]

    assert len(rows) <= 12
    assert sum(int(row.split()[0].removeprefix("x")) for row in rows) == count + 2
    assert max(len(row) for row in rows) <= 71


def test_a_target_whose_clock_is_wrong_is_drawn_by_the_callers() -> None:
    row = drawn(warm("a", arrived=9_000_000))[1]

    assert row.endswith("1 environment")
    assert "." not in row


def test_a_burst_without_a_single_answer_is_drawn_all_the_same() -> None:
    rows = drawn(*(Lost(reason="reset") for _ in range(300)))[1:-1]

    assert [row.split()[0] for row in rows] == ["x300"]
