"""The kit's side of the golden payloads."""

import base64
import json
from typing import Any

import pytest

from caretaker_kit.block import block_of
from caretaker_kit.reply import with_evidence
from tests.kits.golden import cases
from tests.kits.stage import invocation


@pytest.mark.parametrize("case", cases("blocks.json"))
def test_the_kit_reads_the_golden_block(case: dict[str, Any]) -> None:
    block = block_of(invocation(case["client_context"]))
    assert (block is not None) is case["expect"]["ping"]
    if block is not None:
        hold_ms = block.hold_ms(now_ms=case["now_ms"], remaining_ms=case["remaining_ms"], limit_ms=case["limit_ms"])
        assert hold_ms == case["expect"]["hold_ms"]
        assert list(block.prime) == case["expect"]["prime"]


@pytest.mark.parametrize("case", cases("pings.json"))
def test_the_kit_understands_what_the_warmer_sends(case: dict[str, Any]) -> None:
    sent = json.loads(base64.b64decode(case["header"]))
    assert sent == case["client_context"]
    block = block_of(invocation(sent))
    assert block is not None
    assert block.release_at_ms == case["release_at_ms"]
    assert block.max_hold_ms == case["ping"]["max_hold_ms"]
    assert list(block.prime) == case["ping"]["prime"]


@pytest.mark.parametrize("case", cases("replies.json"))
def test_the_kit_answers_as_the_golden_reply_says(case: dict[str, Any]) -> None:
    before = json.dumps(case["application"])
    assert with_evidence(case["application"], case["evidence"]) == case["answer"]
    assert json.dumps(case["application"]) == before


def test_a_context_given_as_plain_mappings_is_read_as_well() -> None:
    context = invocation()
    context.client_context = {"custom": {"caretaker": "{}"}}
    assert block_of(context) is not None


@pytest.mark.parametrize("context", [None, object(), {"client_context": 1}, "text"])
def test_a_context_of_another_make_is_no_ping(context: object) -> None:
    assert block_of(context) is None


def test_a_context_that_raises_is_no_ping() -> None:
    class Context:
        @property
        def client_context(self) -> object:
            raise RuntimeError("not today")

    assert block_of(Context()) is None
