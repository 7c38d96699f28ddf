"""Laws of schedules in a place that may fail, tried on made-up histories of edits, slips, outages and restarts."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.shelves import Origin
from tests.profiles.shelf import Reader, Shelf, a_text, baselines

NAMES = ("cart", "shop", "users")
edits = st.tuples(
    st.sampled_from(NAMES),
    st.one_of(
        st.integers(1, 50).map(str), st.sampled_from(("broken", "torn", "whole", "unreachable", "reachable", "restart"))
    ),
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(st.lists(edits, max_size=3), max_size=6))
def test_every_service_is_served_as_it_was_when_it_was_last_good_and_could_be_read(
    history: list[list[tuple[str, str]]],
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        shelf = Shelf(**{name: a_text(name, 1) for name in NAMES})
        reader = Reader(shelf, Path(scratch))
        assert reader.tick().origin is Origin.LIVE
        good = dict.fromkeys(NAMES, 1)
        written: dict[str, int | None] = dict(good)
        # A document that cannot be fetched matters only when it has to be: the text that was had last counts.
        had = dict(written)
        for edited in history:
            for name, what in edited:
                _edit(shelf, reader, written, name, what)
            loaded = reader.tick()
            if shelf.reachable:
                for name in NAMES:
                    if f"{name}.yaml" not in shelf.torn:
                        had[name] = written[name]
                    good[name] = had[name] or good[name]
            assert baselines(loaded) == good
            assert (loaded.problem is None) is shelf.reachable


def _edit(shelf: Shelf, reader: Reader, written: dict[str, int | None], name: str, what: str) -> None:
    file = f"{name}.yaml"
    match what:
        case "broken":
            shelf.put(file, "version: 1\nservice: [\n")
            written[name] = None
        case "torn":
            shelf.torn.add(file)
        case "whole":
            shelf.torn.discard(file)
        case "unreachable" | "reachable":
            shelf.reachable = what == "reachable"
        case "restart":
            reader.restarted()
        case level:
            shelf.put(file, a_text(name, int(level)))
            written[name] = int(level)
