"""A schedule file from a pull request: read in bounded time, whatever it holds, and able to say levels only."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profiles.bounds import DANGEROUS_KEYS, MOST_CRONS
from profiles.evaluate import demand_at
from profiles.model import ScheduleSet
from profiles.reader import Document, read_documents, read_folder
from profiles.warnings import warnings_from

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
# Of CPU, so that other work on the machine does not count; ten times what the worst takes.
MOST_S = 20.0
HEAD = "version: 1\nservice: shop\nowner: team\ntimezone: Asia/Seoul\n"
TARGETS = "targets: [{function: shop, alias: live, profile: p}]\n"
HOUR = '{from: "08:00", to: "09:00", concurrency: 1}'


def service(*, windows: str = "", more: str = "", baseline: str = "1", targets: str = TARGETS) -> str:
    return f"{HEAD}profiles: {{p: {{baseline: {baseline}, windows: [{windows}]}}}}\n{targets}{more}"


def cron(number: int) -> str:
    first, last = number % 10, 50 + number // 10 % 10
    return f'{{cron: "{first}-{last} * * * *", for: 24h, rampUp: {1 + number}s, rampDown: 1h, concurrency: 1}}'


def read(text: str | bytes, *, name: str = "shop.yaml") -> ScheduleSet:
    return read_documents([Document(file=name, data=text if isinstance(text, bytes) else text.encode())])


def levels(schedules: ScheduleSet) -> list[int]:
    """Of every target at a day's ticks, as the warmer asks for them."""
    return [
        demand_at(one, target, NOON + timedelta(minutes=5 * tick), platform=schedules.platform).level
        for one in schedules.services
        for target in one.targets[:3]
        for tick in range(0, 288, 12)
    ]


DATES = ", ".join(["2026-12-24"] * 70_000)
FAR = 'from: "9999-12-31T23:59", until: "9999-12-31T23:59", mode: set, concurrency: 1, reason: r, ticket: t'
LAUGHS = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
BOMBS = {
    "a billion laughs": LAUGHS,
    "merge keys without end": "a: &a {<<: *a}\n",
    "an anchor of its own": HEAD + "profiles: &p {p: *p}\n",
    "brackets": "[" * 1_000_000,
    "nested mappings": "{a: " * 250_000,
    "a megabyte of one word": f"{HEAD}note: {'x' * 1_000_000}",
    "a megabyte of escapes": HEAD + 'note: "' + "\\x41" * 260_000 + '"',
    "a key of a megabyte": f"{'k' * 1_000_000}: 1\n",
    "twenty megabytes": b"a: b\n" * 4_000_000,
    "half a million values": f"a: [{'1,' * 500_000}1]",
    "tags": f"a: [{'!!python/name:os.system x,' * 38_000}]",
    "anchors": f"a: [{'&a 1,' * 200_000}]",
    "unknown keys": "".join(f"key-{number}: 1\n" for number in range(45_000)),
    "keys near to known ones": "".join(f"target{number}: 1\n" for number in range(45_000)),
    "a number of a million digits": service(baseline="9" * 900_000),
    "a hexadecimal of a million digits": service(baseline="0x" + "f" * 900_000),
    "a float of a million digits": service(windows=HOUR[:-2] + "." + "9" * 900_000 + "}"),
    "an exponent": service(baseline="1e999999999"),
    "all windows that fit": service(windows=", ".join([HOUR] * 12_000)),
    "windows that overlap": service(
        windows=", ".join(f'{{from: "00:00", to: "24:00", concurrency: {n % 900}}}' for n in range(12_000))
    ),
    "a cron a minute": service(windows=", ".join(cron(number) for number in range(MOST_CRONS))),
    "crons without end": service(windows=", ".join(cron(number) for number in range(9_000))),
    "a cron of a megabyte": service(windows=f'{{cron: "{"1," * 400_000}1 * * * *", for: 1h, concurrency: 1}}'),
    "a cron that never comes": service(windows='{cron: "0 0 30 2 *", for: 1h, concurrency: 1}'),
    "a cron that comes once in a long time": service(windows='{cron: "0 0 29 2 mon#5", for: 1h, concurrency: 1}'),
    "names for slow patterns": service(
        targets=f"targets: [{{function: {'a-' * 400_000}!, alias: {'9' * 90_000}, profile: p}}]"
    ),
    "a path for slow patterns": service(
        more=f"ping: {{shape: http-v2, host: {'a.' * 200_000}, path: /{'a' * 400_000}}}\n"
    ),
    "all targets that fit": service(
        targets="targets: [" + ", ".join(f"{{function: f{n}, alias: live, profile: p}}" for n in range(12_000)) + "]\n"
    ),
    "dates without end": f"{HEAD}profiles: {{p: {{baseline: 1, dates: [{{dates: [{DATES}], like: sun}}]}}}}\n{TARGETS}",
    "paths to prime without end": service(more=f"ping: {{prime: [{', '.join(['/a'] * 90_000)}]}}\n"),
    "a date far away": service(more=f"overrides: [{{name: n, {FAR}}}]\n"),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_a_file_made_to_be_slow_or_large_is_read_and_evaluated_in_bounded_time(text: str | bytes) -> None:
    started = time.process_time()
    schedules = read(text)
    found = levels(schedules)
    warnings_from(schedules, NOON)

    assert time.process_time() - started < MOST_S
    assert schedules.errors or found
    assert len(schedules.mistakes) <= 201
    assert all(len(one.message) < 1_000 and one.message.isprintable() for one in schedules.mistakes)
    assert all(0 <= level <= schedules.platform.max_concurrency for level in found)


@pytest.mark.parametrize("key", sorted(DANGEROUS_KEYS))
@pytest.mark.parametrize("around", ["{%s}", "{a: {b: {%s}}}", "{a: [[1, {%s}]]}"])
def test_a_payload_that_a_target_would_run_is_refused_at_any_depth(key: str, around: str) -> None:
    payload = around % f'"{key}": "x"'
    schedules = read(service(more=f"ping: {{shape: direct, payload: {payload}}}\n"))

    assert [one.code for one in schedules.errors] == ["E112"]
    assert "run what this key says" in schedules.errors[0].message
    assert schedules.services == ()


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [id]", "!!python/name:os.system", "!include /etc/passwd", "!!binary aGk="]
)
def test_a_tag_is_refused_and_makes_no_object(tag: str) -> None:
    schedules = read(f"{service()}enabled: {tag}\n")

    assert {one.code for one in schedules.errors} == {"E004"}
    assert schedules.services == ()


@pytest.mark.parametrize(
    "ping",
    [
        '{shape: http-v2, host: "a.example.com\\r\\nx-evil: 1", path: /}',
        '{shape: http-v2, host: a.example.com, path: "/ HTTP/1.1\\r\\nx-evil: 1"}',
        '{shape: http-v2, host: a.example.com, path: /, headers: {"x-a": "b\\r\\nx-evil: 1"}}',
        '{shape: http-v2, host: a.example.com, path: /, headers: {"x-a\\r\\nx-evil": "1"}}',
        '{shape: direct, prime: ["/a\\nb"]}',
    ],
)
def test_no_end_of_line_comes_into_a_request(ping: str) -> None:
    schedules = read(f"{service()}ping: {ping}\n")

    assert {one.code for one in schedules.errors} & {"E101", "E111"}
    assert schedules.services == ()


@pytest.mark.parametrize("zone", ["../../../etc/passwd", "/etc/localtime", "posix/UTC", "Europe/../UTC", "a" * 10_000])
def test_a_zone_leads_to_no_file_outside_the_database(zone: str) -> None:
    assert [one.code for one in read(service().replace("Asia/Seoul", f'"{zone}"')).errors] == ["E106"]


@pytest.mark.parametrize(
    "name", ["*", "../shop", "shop:*", "arn:aws:lambda:eu-central-1:1:function:shop", "shop\\nx", "\u017fhop"]
)
def test_a_function_is_one_function_and_never_a_pattern_or_a_path(name: str) -> None:
    targets = f'targets: [{{function: "{name}", alias: live, profile: p}}]\n'
    assert read(service(targets=targets)).errors


def test_a_billion_environments_are_cut_to_the_platform_s_ceiling_or_refused() -> None:
    platform = Document(file="platform.yaml", data=b"version: 1\nmaxConcurrency: 30\n")
    over = Document(file="shop.yaml", data=service(baseline="1000000000").encode())
    scaled = service(baseline="30", targets=TARGETS.replace("profile: p", "profile: p, scale: 10"))

    assert [one.code for one in read_documents([platform, over]).errors] == ["E301"]
    within = read_documents([platform, Document(file="shop.yaml", data=scaled.encode())])
    assert within.errors == ()
    assert set(levels(within)) == {30}


def test_no_ceiling_is_above_ten_thousand() -> None:
    schedules = read("version: 1\nmaxConcurrency: 10001\n", name="platform.yaml")
    assert [one.code for one in schedules.errors] == ["E303"]


def test_a_link_that_leads_out_of_the_folder_is_not_read_and_nothing_of_it_is_shown(tmp_path: Path) -> None:
    folder, secret = tmp_path / "schedules", tmp_path / "credentials.yaml"
    folder.mkdir()
    secret.write_text("hunter2: hunter2\n")
    (folder / "shop.yaml").symlink_to(secret)
    (folder / "inside.yaml").write_text(service())
    (folder / "same.yaml").symlink_to("inside.yaml")

    found = read_folder(folder)

    messages = [(Path(one.file).name, one.message) for one in found.errors]
    assert ("shop.yaml", "cannot be read: a link that leads out of its folder") in messages
    assert "hunter2" not in str(messages)
    assert ("same.yaml", 'service: "shop" is the name') in [(name, text[:27]) for name, text in messages]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")

    assert {one.code for one in read_folder(tmp_path).errors} == {"E001"}


def test_the_command_reads_all_of_them_without_a_traceback(tmp_path: Path) -> None:
    for number, text in enumerate(BOMBS.values()):
        (tmp_path / f"bomb-{number}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "shop.yaml").write_text(service())

    done = subprocess.run(
        [sys.executable, "-m", "cli", "validate", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert "1 usable service" in done.stdout or "usable services" in done.stdout
