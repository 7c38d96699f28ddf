"""The compiled form: what goes in comes out, the same bytes for the same schedules, a clear word for anything else."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.model import FunctionRef
from profiles.compiled import CompiledUnusable, compile_schedules, load_compiled
from profiles.compiled_values import canonical, schedules_as_json, schedules_from_json
from profiles.evaluate import demand_at
from profiles.model import (
    DatedDays,
    Mode,
    Override,
    PingSpec,
    Platform,
    Profile,
    ScheduleSet,
    Service,
    Shape,
    Strategy,
    Target,
    VersionsPolicy,
    Window,
)
from profiles.reader import read_folder, read_text
from tests.profiles.builders import a_service, a_set

ROOT = Path(__file__).parents[2]
texts = st.text(max_size=8)
lengths = st.integers(0, 90_000).map(lambda seconds: timedelta(seconds=seconds))
maybe = st.one_of
nothing = st.none()
payloads = st.recursive(
    st.one_of(nothing, st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
windows = st.builds(
    Window,
    name=texts,
    concurrency=st.integers(0, 1000),
    days=st.frozensets(st.integers(0, 6)),
    from_minute=st.integers(0, 1440),
    to_minute=st.integers(0, 1440),
    cron=maybe(nothing, texts),
    lasts=lengths,
    ramp_up=lengths,
    ramp_down=lengths,
    timezone=maybe(nothing, texts),
)
dated = st.builds(
    DatedDays,
    dates=st.frozensets(st.dates(), max_size=3),
    like=maybe(nothing, st.integers(0, 6)),
    windows=st.lists(windows, max_size=2).map(tuple),
)
profiles = st.builds(
    Profile,
    name=texts,
    baseline=st.integers(0, 1000),
    windows=st.lists(windows, max_size=3).map(tuple),
    dates=st.lists(dated, max_size=2).map(tuple),
)
pings = st.builds(
    PingSpec,
    shape=st.sampled_from(Shape),
    path=maybe(nothing, texts),
    host=maybe(nothing, texts),
    headers=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    payload=payloads,
    prime=st.lists(texts, max_size=2).map(tuple),
    expect_status=maybe(nothing, st.lists(st.integers(100, 599), max_size=2).map(tuple)),
    timeout=maybe(nothing, lengths, st.just(timedelta(milliseconds=1500))),
)
targets = st.builds(
    Target,
    function=st.from_regex(r"[a-z]{1,6}", fullmatch=True).map(lambda name: FunctionRef(text=name)),
    qualifier=texts,
    profile=texts,
    scale=st.floats(0.01, 10),
    strategy=st.sampled_from(Strategy),
    enabled=st.booleans(),
    ping=pings,
    line=st.integers(0, 99),
)
overrides = st.builds(
    Override,
    name=texts,
    starts=st.datetimes(),
    ends=st.datetimes(),
    mode=st.sampled_from(Mode),
    concurrency=st.integers(0, 1000),
    reason=texts,
    ticket=texts,
    targets=maybe(nothing, st.lists(texts, max_size=2).map(tuple)),
)
policies = st.builds(
    VersionsPolicy,
    enabled=st.booleans(),
    keep=maybe(nothing, st.integers(2, 9)),
    min_superseded=maybe(nothing, lengths),
    snap_keep=maybe(nothing, st.integers(2, 9)),
    snap_min_superseded=maybe(nothing, lengths),
)
services = st.builds(
    Service,
    name=texts,
    owner=texts,
    timezone=texts,
    profiles=st.lists(profiles, max_size=2).map(tuple),
    targets=st.lists(targets, max_size=2).map(tuple),
    overrides=st.lists(overrides, max_size=2).map(tuple),
    enabled=st.booleans(),
    dry_run=st.booleans(),
    versions=policies,
    file=texts,
)
sets = st.builds(
    ScheduleSet,
    services=st.lists(services, max_size=3).map(tuple),
    platform=st.builds(Platform, interval=lengths, max_concurrency=st.integers(1, 9999), versions=policies),
    mistakes=st.just(()),
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(sets)
def test_what_is_compiled_loads_as_it_was(schedules: ScheduleSet) -> None:
    """Of values that no file can have as well, which `load_compiled` refuses only once they are values again."""
    body = canonical(schedules_as_json(schedules))
    assert body in compile_schedules(schedules)
    assert schedules_from_json(json.loads(body)) == schedules
    assert compile_schedules(schedules_from_json(json.loads(body))) == compile_schedules(schedules)


def test_our_own_schedules_have_the_same_levels_after_compilation() -> None:
    source = read_folder(ROOT / "schedules")
    loaded = load_compiled(compile_schedules(source), where="c.json").schedules
    assert source.services
    for hours in range(0, 14 * 24, 5):
        at = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=hours)
        for before, after in zip(source.services, loaded.services, strict=True):
            for one, other in zip(before.targets, after.targets, strict=True):
                wanted = demand_at(before, one, at, platform=source.platform)
                assert demand_at(after, other, at, platform=loaded.platform) == wanted


def test_a_comment_changes_no_byte_and_a_level_changes_the_hash() -> None:
    text = (ROOT / "schedules" / "auth-token-verifier.yaml").read_text(encoding="utf-8")
    platform = (ROOT / "schedules" / "platform.yaml").read_text(encoding="utf-8")
    plain, commented, raised = (
        compile_schedules(read_text(each, platform=platform))
        for each in (text, f"# a word\n\n{text}", text.replace("concurrency: 20", "concurrency: 21"))
    )
    assert plain == commented
    assert digest(raised) != digest(plain)


def test_the_revision_is_kept_and_changes_no_hash() -> None:
    one, other = (compile_schedules(a_set(a_service()), revision=revision) for revision in ("", "4f2a"))
    loaded = load_compiled(other, where="c.json")
    assert (loaded.revision, loaded.digest) == ("4f2a", digest(one))
    assert loaded.tzdata.startswith("20")


def test_equal_profiles_are_one_object_after_loading() -> None:
    profile = Profile(name="p", baseline=1, windows=(), dates=(DatedDays(dates=frozenset({date(2026, 12, 25)})),))
    first, second = a_service(name="a", profile=profile), replace(a_service(name="b", profile=profile), targets=())
    loaded = load_compiled(compile_schedules(a_set(first, second)), where="c.json").schedules
    assert loaded.services[0].profiles[0] is loaded.services[1].profiles[0]


def test_schedules_with_errors_are_not_compiled() -> None:
    with pytest.raises(ValueError, match="with errors cannot be compiled"):
        compile_schedules(read_text("version: 2\n"))


def digest(data: bytes) -> str:
    return str(json.loads(data)["hash"])


GOOD = compile_schedules(a_set(a_service()))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "holds no compiled schedules"),
        (b"{}", "holds no compiled schedules"),
        (GOOD[:-20], "not JSON"),
        (GOOD.replace(b'"format":1', b'"format":2'), "has format 2, this code reads format 1"),
        (GOOD.replace(b'"baseline":1', b'"baseline":2'), "its hash does not fit"),
        (json.dumps(json.loads(GOOD), indent=1).encode(), "its hash does not fit"),
    ],
)
def test_anything_else_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(CompiledUnusable, match=r"^c\.json: ") as caught:
        load_compiled(data, where="c.json")
    assert words in str(caught.value)


def test_loading_imports_neither_yaml_nor_croniter(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(GOOD)
    program = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from profiles.compiled import load_compiled; from profiles.evaluate import demand_at\n"
        "found = load_compiled(Path(sys.argv[1]).read_bytes(), where='c').schedules\n"
        "(service,) = found.services\n"
        "demand_at(service, service.targets[0], datetime(2026, 11, 24, tzinfo=UTC), platform=found.platform)\n"
        "print(sorted({'yaml', 'croniter', 'dateutil', 'boto3', 'botocore'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "c.json")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"
