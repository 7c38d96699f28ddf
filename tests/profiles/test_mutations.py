"""Real files with random damage: mistakes with a place in the file, or levels, but never a traceback."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.evaluate import demand_at
from profiles.model import ScheduleSet
from profiles.reader import Document, read_documents
from profiles.warnings import warnings_from

SCHEDULES = Path(__file__).parents[2] / "schedules"
REAL = {path.name: path.read_bytes() for path in SCHEDULES.glob("*.yaml")}
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SNIPPETS = [
    b"", b"\n", b" ", b"\t", b":", b"- ", b"{", b"}", b"[", b"]", b'"', b"'", b"#", b"&a ", b"*a", b"!!",
    b"<<: ", b"|", b">", b"\x00", b"\xff", b"\xe2\x80\xa8", b"0", b"-1", b"1e999", b".nan", b"null", b"~",
    b"true", b"24:00", b"99999999999999999999", b"0x10", b"2026-02-30", b"Asia/Seoul",
    b"payload: {command: x}", b"version: 1\n", b"---\n", b"...\n", b"%YAML 1.1\n", b"mon-sun", b"@daily",
    b"* * * * *", b"12h", b"service: x\n", b"profiles: {}\n", b"ping: 3\n",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = REAL["auth-token-verifier.yaml"] if draw(st.booleans()) else REAL["platform.yaml"]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from((0, 0, 1, 2, 8, 40))))
        data = data[:start] + draw(st.sampled_from(SNIPPETS)) + data[end:]
    return data


files = st.sampled_from(("service.yaml", "platform.yaml"))


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(damaged(), files)
def test_a_damaged_file_gives_mistakes_or_levels(data: bytes, file: str) -> None:
    read_damaged(data, file)


def read_damaged(data: bytes, file: str) -> ScheduleSet:
    """What a damaged file reads as beside a whole one. Raises: AssertionError, or whatever the reader lets through."""
    other = "auth-token-verifier.yaml" if file == "platform.yaml" else "platform.yaml"
    documents = [Document(file=file, data=data), Document(file=other, data=REAL[other])]
    schedules = read_documents(documents)
    lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\xe2\x80\xa8") + 2
    for mistake in schedules.mistakes:
        assert mistake.column >= 1
        assert 1 <= mistake.line <= (lines if mistake.file == file else 1000)
    assert schedules.services or schedules.errors
    warnings_from(schedules, NOW)
    for service in schedules.services:
        for target in service.targets:
            assert demand_at(service, target, NOW, platform=schedules.platform).level >= 0
    return schedules
