"""Each safeguard switched off, one at a time: the random accounts must notice, or they prove nothing of it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from janitor import checks, rules, used
from tests.janitor.account import Account
from tests.janitor.random_accounts import accounts, rehearse

# Those that random accounts missed once. The others have tests of their own in test_keep.py and test_used.py.
SAFEGUARDS = ["keep_durable", "keep_state", "keep_quarantined", "keep_stack_busy", "keep_traffic"]
# Harm is found among the first two hundred or so, and ends the search. When it comes is not the seed's choice alone:
# Hypothesis also draws numbers that stand in the product's modules, as far as the process has loaded them.
ENOUGH = 3000


def silent(*_: object, **__: object) -> None:
    """A safeguard that never speaks."""


@contextlib.contextmanager
def without(name: str) -> Iterator[None]:
    """The janitor without that safeguard, when it reads, plans and looks again."""
    with contextlib.ExitStack() as stack:
        for room, group in ((rules, "KEEPERS"), (checks, "CHEAP")):
            left = tuple(one for one in getattr(room, group) if one.__name__ != name)
            stack.enter_context(patch.object(room, group, left))
        if hasattr(used, name):
            stack.enter_context(patch.object(used, name, silent))
        # What these see ends the reading, and what was not read keeps: that goes, too.
        if name == "keep_stack_busy":
            stack.enter_context(patch.object(used, "busy", silent))
        if name in ("keep_state", "keep_durable"):
            stack.enter_context(patch.object(used, "in_use", silent))
        yield


class Harm(BaseException):
    """An account came to harm. No Exception, which Hypothesis would begin to shrink: it ends the search at once."""


def look_for_harm(examples: int) -> None:
    """Rehearse so many accounts. Raises: Harm, with what the first one said that came to harm."""

    @seed(11)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(accounts(), st.integers(0, 2**32))
    def look(account: Account, number: int) -> None:
        try:
            with TemporaryDirectory() as folder:
                rehearse(account, Path(folder), Random(number))
        except AssertionError as harmed:
            raise Harm(str(harmed)) from harmed

    look()


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_an_account_is_found_that_a_janitor_without_this_safeguard_harms(name):
    with without(name), pytest.raises(Harm, match=r"although protected|too early"):
        look_for_harm(ENOUGH)
