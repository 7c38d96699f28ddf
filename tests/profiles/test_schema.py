"""The JSON schemas for editors, held against the reader: what a schema rejects the reader rejects."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from profiles.findings import Findings
from profiles.read_overrides import OVERRIDE_KEYS
from profiles.read_ping import PING_KEYS
from profiles.read_platform import PLATFORM_KEYS, VERSIONS_KEYS
from profiles.read_profiles import DATED_KEYS, PROFILE_KEYS, WINDOW_KEYS
from profiles.read_service import SERVICE_KEYS, TARGET_KEYS
from profiles.reader import read_text
from profiles.yaml_nodes import parse, plain
from tests.profiles.test_mistakes import GOOD, MISTAKES, PLATFORM

ROOT = Path(__file__).parents[2]
SERVICE, PLATFORM_SCHEMA = (
    json.loads((ROOT / "schedules" / "schema" / f"{name}.v1.json").read_text()) for name in ("service", "platform")
)
REGISTRY = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in (SERVICE, PLATFORM_SCHEMA))
CHECK = Draft202012Validator(SERVICE, registry=REGISTRY)
CHECK_PLATFORM = Draft202012Validator(PLATFORM_SCHEMA, registry=REGISTRY)

# Of the reader's corpus of mistakes, those that a schema can see and this one must.
SEEN = {"E003", "E005", "E006", "E103", "E104", "E105", "E107", "E108"}
# A service's ping may get its shape from the platform and its host from a target; no schema knows the calendar.
ELSEWHERE = {"shape: http-v2, ", "host: shop.example.com, "}
NO_SUCH_DATE = {'"2026-11-28T03:00"'}


def data(text: str) -> Any:
    root = parse(text.encode(), Findings("text"))
    return None if root is None else plain(root)


@pytest.mark.parametrize("schema", [SERVICE, PLATFORM_SCHEMA], ids=["service", "platform"])
def test_a_schema_is_a_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


def test_good_files_pass() -> None:
    assert list(CHECK.iter_errors(data(GOOD))) == []
    assert list(CHECK_PLATFORM.iter_errors(data(PLATFORM))) == []


@pytest.mark.parametrize("path", sorted((ROOT / "schedules").glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_files_pass_and_name_their_schema(path: Path) -> None:
    text = path.read_text()
    kind = "platform" if path.name == "platform.yaml" else "service"
    assert text.startswith(f"# yaml-language-server: $schema=./schema/{kind}.v1.json\n")
    check = CHECK_PLATFORM if kind == "platform" else CHECK
    assert [error.message for error in check.iter_errors(data(text))] == []


@pytest.mark.parametrize(
    ("found", "instead"), [row[:2] for row in MISTAKES if row[2] in SEEN and row[0] not in ELSEWHERE | NO_SUCH_DATE]
)
def test_the_schema_sees_the_mistakes_of_form(found: str, instead: str) -> None:
    assert list(CHECK.iter_errors(data(GOOD.replace(found, instead, 1)))) != []


pieces = st.sampled_from(
    ["", "x", "0", "1", "-1", "2.5", "true", "null", '"08:00"', "24:00", "25:00", "mon-fri", "[]", "{}", "10m", "[1]"]
)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_what_the_schema_rejects_the_reader_rejects(drawn: st.DataObject) -> None:
    words = GOOD.replace("{", "{ ").replace("}", " }").split(" ")
    for _ in range(drawn.draw(st.integers(1, 2))):
        words[drawn.draw(st.integers(0, len(words) - 1))] = drawn.draw(pieces)
    text = " ".join(words)
    root = parse(text.encode(), Findings("text"))
    if root is None or list(CHECK.iter_errors(plain(root))) == []:
        return
    assert read_text(text, platform=PLATFORM).errors != ()


@pytest.mark.parametrize(
    ("schema", "keys"),
    [
        (SERVICE, SERVICE_KEYS),
        (SERVICE["$defs"]["profile"], PROFILE_KEYS),
        (SERVICE["$defs"]["window"], WINDOW_KEYS),
        (SERVICE["$defs"]["dated"], DATED_KEYS),
        (SERVICE["$defs"]["target"], TARGET_KEYS),
        (SERVICE["$defs"]["ping"], PING_KEYS),
        (SERVICE["$defs"]["override"], OVERRIDE_KEYS),
        (SERVICE["$defs"]["versions"], VERSIONS_KEYS),
        (PLATFORM_SCHEMA, PLATFORM_KEYS),
    ],
)
def test_schema_and_reader_know_the_same_keys(schema: dict[str, Any], keys: tuple[str, ...]) -> None:
    assert set(schema["properties"]) == set(keys)


@pytest.mark.parametrize("schema", [SERVICE, PLATFORM_SCHEMA], ids=["service", "platform"])
def test_every_key_has_a_description_and_examples_that_pass(schema: dict[str, Any]) -> None:
    for name, key in described(schema):
        assert key.get("description", "").endswith("."), name
        assert key.get("examples"), name
        with_id = {**key, "$id": schema["$id"], "$defs": schema.get("$defs", {})}
        for example in key["examples"]:
            assert list(Draft202012Validator(with_id, registry=REGISTRY).iter_errors(example)) == [], name


def described(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for key, value in schema.items():
            if key != "examples":
                yield from described(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from described(value)
