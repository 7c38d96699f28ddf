import gc
from collections.abc import Iterator

import pytest

from fleet.collecting import kept_for_good, without_collections


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


def test_nothing_is_collected_meanwhile_and_all_is_as_before_afterwards() -> None:
    with without_collections():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_leaves_collections_off_where_they_were_off() -> None:
    gc.disable()
    with without_collections():
        pass
    assert not gc.isenabled()


def test_collections_are_on_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), kept_for_good():
        _ = 1 / 0
    assert gc.isenabled()


def test_what_is_kept_for_good_is_never_looked_at_again() -> None:
    with kept_for_good():
        kept = [object() for _ in range(10)]

    assert not any(each is kept for each in gc.get_objects())
    assert gc.get_freeze_count() > 0
