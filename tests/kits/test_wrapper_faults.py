"""What a wrapped handler does when the kit or a block is broken: the application's answer comes through."""

import random
from typing import Any

import pytest

import caretaker_kit.wrapper as module
from caretaker_kit import warmable
from caretaker_kit.environment import Environment
from tests.kits.stage import NOW_MS, Stage, block_text, invocation, ping
from tests.kits.wrapped import EVENT, AppError, failing, ok


class TestAKitThatIsBroken:
    """Each part of the kit made to fail in turn: a real request gets its answer, a ping its application's."""

    PARTS = (
        (Environment, "arrive"),
        (Environment, "served_a_request"),
        (Environment, "evidence"),
        (module, "block_of"),
        (module, "event_for"),
        (module, "with_evidence"),
        (module, "_remaining_ms"),
    )

    @pytest.mark.parametrize(("owner", "name"), PARTS, ids=lambda part: getattr(part, "__name__", part))
    def test_a_real_request_does_not_notice(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
    ) -> None:
        self.break_part(monkeypatch, owner, name)
        assert warmable(ok)(EVENT, invocation()) == ok(EVENT, None)
        with pytest.raises(AppError):
            warmable(failing)(EVENT, invocation())

    @pytest.mark.parametrize(("owner", "name"), PARTS, ids=lambda part: getattr(part, "__name__", part))
    def test_a_ping_gets_the_application_s_answer(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
    ) -> None:
        self.break_part(monkeypatch, owner, name)
        answer = warmable(ok)(EVENT, ping(block_text(prime=["/"])))
        assert answer["statusCode"] == 200

    def break_part(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        def broken(*_: Any, **__: Any) -> Any:
            raise RuntimeError(f"{name} is broken")

        monkeypatch.setattr(owner, name, broken)


def test_ten_thousand_mutated_blocks_break_no_ping(stage: Stage) -> None:
    """Cut, doubled, swapped bytes: the application's reply comes through each time, and no hold beyond the limits."""
    clock, _ = stage
    chance = random.Random(20_261_121)
    good = block_text(release_at_ms=NOW_MS + 100, prime=["/", "/products/"])
    handler = warmable(ok)
    for _ in range(10_000):
        text = list(good)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 3)] = chance.choices(
                '{}[]":,0129eE.-+\\ truefalsn\u0000é', k=chance.randint(0, 3)
            )
        answer = handler(EVENT, ping("".join(text)))
        assert answer["statusCode"] == 200
        assert answer["caretaker"]["held_ms"] <= module.DEFAULT_MAX_HOLD_MS
        clock.now_s = NOW_MS / 1000


@pytest.mark.parametrize("field", ["release_at_ms", "max_hold_ms"])
def test_an_integer_longer_than_any_clock_is_a_broken_block(stage: Stage, field: str) -> None:
    clock, _ = stage
    answer = warmable(ok)(EVENT, ping(block_text(**{field: 10**400})))
    assert (answer["statusCode"], clock.slept_s) == (200, [])
