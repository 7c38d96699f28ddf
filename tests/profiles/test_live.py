"""Schedules in a place that may fail: what is served then, from where, and what is said about it."""

from pathlib import Path

import pytest

from profiles.compiled import compile_schedules
from profiles.errors import SchedulesMissing
from profiles.location import CompiledFile
from profiles.reader import read_text
from profiles.shelves import Origin
from tests.profiles.shelf import Reader, Shelf, a_text, baselines

BROKEN = "version: 1\nservice: [\n"


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(shop=a_text("shop"), users=a_text("users", 2))


@pytest.fixture
def reader(shelf: Shelf, tmp_path: Path) -> Reader:
    return Reader(shelf, tmp_path)


@pytest.fixture
def bundle(tmp_path: Path) -> CompiledFile:
    path = tmp_path / "bundle" / "compiled.json"
    path.parent.mkdir()
    path.write_bytes(compile_schedules(read_text(a_text("shop", 7), file="shop.yaml")))
    return CompiledFile(path=path)


def test_what_is_there_is_served_live(reader: Reader) -> None:
    loaded = reader.tick()
    assert (loaded.origin, loaded.rejected, loaded.problem) == (Origin.LIVE, (), None)
    assert baselines(loaded) == {"shop": 1, "users": 2}


def test_an_unchanged_place_costs_one_listing_a_tick_and_no_fetch(reader: Reader, shelf: Shelf) -> None:
    first = reader.tick()
    shelf.fetched.clear()
    assert reader.tick().schedules is first.schedules
    assert (shelf.listings, shelf.fetched) == (2, [])


def test_only_what_has_changed_is_fetched(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    shelf.fetched.clear()
    shelf.put("shop.yaml", a_text("shop", 5))
    assert baselines(reader.tick()) == {"shop": 5, "users": 2}
    assert shelf.fetched == ["shop.yaml"]


def test_a_removed_document_takes_its_service_away(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    del shelf.texts["shop.yaml"]
    assert baselines(reader.tick()) == {"users": 2}


def test_of_a_bad_document_the_last_good_text_is_served_and_the_others_live(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    shelf.put("shop.yaml", BROKEN)
    shelf.put("users.yaml", a_text("users", 3))
    loaded = reader.tick()
    assert baselines(loaded) == {"shop": 1, "users": 3}
    assert (loaded.origin, loaded.rejected) == (Origin.LIVE, ("shop.yaml",))
    assert [mistake.file for mistake in loaded.schedules.errors] == ["shop.yaml"]
    assert baselines(reader.tick()) == {"shop": 1, "users": 3}


def test_a_mended_document_is_served_again(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    shelf.put("shop.yaml", BROKEN)
    reader.tick()
    shelf.put("shop.yaml", a_text("shop", 4))
    loaded = reader.tick()
    assert (baselines(loaded)["shop"], loaded.rejected, loaded.schedules.errors) == (4, (), ())


def test_a_document_that_was_never_good_takes_out_itself_only(shelf: Shelf, reader: Reader) -> None:
    shelf.put("new.yaml", BROKEN)
    loaded = reader.tick()
    assert baselines(loaded) == {"shop": 1, "users": 2}
    assert loaded.rejected == ("new.yaml",)


def test_a_bad_document_outlives_a_restart_with_its_last_good_text(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    shelf.put("shop.yaml", BROKEN)
    assert baselines(reader.restarted().tick()) == {"shop": 1, "users": 2}


def test_a_bad_document_of_a_new_environment_is_served_as_it_came_with_the_code(
    shelf: Shelf, tmp_path: Path, bundle: CompiledFile
) -> None:
    shelf.put("shop.yaml", BROKEN)
    loaded = Reader(shelf, tmp_path, bundled=bundle).tick()
    assert baselines(loaded) == {"shop": 7, "users": 2}
    assert (loaded.origin, loaded.rejected) == (Origin.LIVE, ("shop.yaml",))


def test_what_came_with_the_code_is_not_used_against_another_service_s_target(
    shelf: Shelf, tmp_path: Path, bundle: CompiledFile
) -> None:
    shelf.put("shop.yaml", BROKEN)
    shelf.put("users.yaml", a_text("users", 2, function="shop"))
    assert baselines(Reader(shelf, tmp_path, bundled=bundle).tick()) == {"users": 2}


def test_a_change_that_breaks_an_unchanged_service_waits(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    shelf.put("a-new.yaml", a_text("a-new", 9, function="shop"))
    loaded = reader.tick()
    assert baselines(loaded) == {"shop": 1, "users": 2}
    assert loaded.rejected == ("a-new.yaml",)
    assert loaded.schedules.errors


def test_of_a_bad_platform_file_the_last_good_text_holds(reader: Reader, shelf: Shelf) -> None:
    shelf.put("platform.yaml", "version: 1\nmaxConcurrency: 9\n")
    reader.tick()
    shelf.put("platform.yaml", "version: 1\nmaxConcurrency: many\n")
    loaded = reader.tick()
    assert loaded.schedules.platform.max_concurrency == 9
    assert (baselines(loaded), loaded.rejected) == ({"shop": 1, "users": 2}, ("platform.yaml",))


def test_of_a_document_that_cannot_be_fetched_the_last_good_text_is_served(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    shelf.put("shop.yaml", a_text("shop", 6))
    shelf.torn.add("shop.yaml")
    loaded = reader.tick()
    assert (baselines(loaded)["shop"], loaded.rejected) == (1, ("shop.yaml",))
    shelf.torn.clear()
    assert baselines(reader.tick())["shop"] == 6


def test_out_of_reach_the_memory_is_served_with_its_age(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    shelf.reachable = False
    reader.tick()
    loaded = reader.tick()
    assert (loaded.origin, baselines(loaded)) == (Origin.MEMORY, {"shop": 1, "users": 2})
    assert loaded.age_s == 600
    assert "s3:ListBucket: no answer" in (loaded.problem or "")


def test_out_of_reach_after_a_restart_the_file_is_served(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    shelf.reachable = False
    loaded = reader.restarted().tick()
    assert (loaded.origin, baselines(loaded)) == (Origin.TMP, {"shop": 1, "users": 2})
    assert loaded.age_s == 300
    assert reader.tick().origin is Origin.MEMORY


@pytest.mark.parametrize("damage", [b"", b"{}\n{}\n", b"\xff\xff"])
def test_a_damaged_file_is_not_served(reader: Reader, shelf: Shelf, tmp_path: Path, damage: bytes) -> None:
    reader.tick()
    (scratch,) = tmp_path.glob("caretaker-schedules-*.json")
    scratch.write_bytes(damage or scratch.read_bytes().replace(b'"etag"', b'"etaG"', 1))
    shelf.reachable = False
    with pytest.raises(SchedulesMissing, match="no schedules came with the code"):
        reader.restarted().tick()


def test_out_of_reach_of_a_new_environment_what_came_with_the_code_is_served(
    shelf: Shelf, tmp_path: Path, bundle: CompiledFile
) -> None:
    shelf.reachable = False
    loaded = Reader(shelf, tmp_path, bundled=bundle).tick()
    assert (loaded.origin, baselines(loaded), loaded.age_s) == (Origin.BUNDLED, {"shop": 7}, None)
    assert loaded.problem is not None


def test_an_emptied_place_is_a_slip_and_not_an_order(reader: Reader, shelf: Shelf) -> None:
    reader.tick()
    shelf.texts.clear()
    loaded = reader.tick()
    assert (loaded.origin, baselines(loaded)) == (Origin.MEMORY, {"shop": 1, "users": 2})
    assert "neither compiled.json nor YAML files; fill it with caretaker push" in (loaded.problem or "")


def test_the_compiled_document_among_others_is_the_one_that_counts(shelf: Shelf, reader: Reader) -> None:
    shelf.put("compiled.json", compile_schedules(read_text(a_text("only", 8))))
    assert baselines(reader.tick()) == {"only": 8}


def test_a_compiled_document_by_its_name_is_fetched_only_when_changed(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.put("night.json", compile_schedules(read_text(a_text("only", 8))))
    reader = Reader(shelf, tmp_path, at="s3://shop/plans/night.json")
    first = reader.tick()
    assert (baselines(first), shelf.listings) == ({"only": 8}, 0)
    assert reader.tick().schedules is first.schedules


def test_of_a_bad_compiled_document_the_last_good_one_is_served_and_is_no_mistake_of_what_is_served(
    tmp_path: Path, bundle: CompiledFile
) -> None:
    shelf = Shelf()
    shelf.put("compiled.json", compile_schedules(read_text(a_text("only", 8))))
    reader = Reader(shelf, tmp_path, bundled=bundle)
    reader.tick()
    shelf.put("compiled.json", b'{"format": 99, "schedules": {}}')
    warm, restarted = reader.tick(), reader.restarted().tick()
    (tmp_path / "new").mkdir()
    new = Reader(shelf, tmp_path / "new", bundled=bundle).tick()
    assert (warm.origin, restarted.origin, new.origin) == (Origin.MEMORY, Origin.TMP, Origin.BUNDLED)
    assert (baselines(warm), baselines(restarted), baselines(new)) == ({"only": 8}, {"only": 8}, {"shop": 7})
    for loaded in (warm, restarted, new):
        assert (loaded.rejected, loaded.not_taken, loaded.schedules.mistakes) == (("compiled.json",), 1, ())
        assert "compiled.json: has format 99" in (loaded.problem or "")
    shelf.put("compiled.json", compile_schedules(read_text(a_text("only", 9))))
    loaded = reader.tick()
    assert (loaded.origin, loaded.rejected, loaded.problem, baselines(loaded)) == (Origin.LIVE, (), None, {"only": 9})
