"""What others said, made fit for reports: one printable line without credentials, and harmless words as they are."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.words import said


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("postgres://shop:hunter2@db.example.com/shop", "postgres://***@db.example.com/shop"),
        ("could not log in with password=hunter2, giving up", "could not log in with password=***, giving up"),
        ("{'DB_PASSWORD': 'hunter2'}", "{'DB_PASSWORD': '***'}"),
        ("password: hunter2", "password: ***"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = ***"),
        ("Authorization: Bearer hunter2hunter2", "Authorization: ***"),
        ("sent with bearer hunter2hunter2", "sent with bearer ***"),
        ("AKIAIOSFODNN7EXAMPLE is not known", "*** is not known"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2ln is late", "*** is late"),
        (
            "https://x.example.com/a?X-Amz-Security-Token=hunter2&b=1",
            "https://x.example.com/a?X-Amz-Security-Token=***&b=1",
        ),
        ('{"api_key": "hunter2"}', '{"api_key": "***"}'),
    ],
)
def test_credentials_are_masked(told: str, kept: str) -> None:
    assert said(told) == kept


@pytest.mark.parametrize(
    "told",
    [
        "KeyError: 'httpMethod'",
        "The security token included in the request is invalid.",
        "Task timed out after 3.00 seconds",
        "No module named 'shop.settings'",
        "The SECRET_KEY setting must not be empty.",
        "User: arn:aws:sts::123456789012:assumed-role/warmer is not authorized to perform: lambda:InvokeFunction",
    ],
)
def test_words_that_hold_no_credentials_stay_as_they_are(told: str) -> None:
    assert said(told) == told


@given(st.text(st.characters(), max_size=2000))
def test_whatever_is_said_becomes_one_short_printable_line(told: str) -> None:
    line = said(told)

    assert line.isprintable()
    assert len(line) <= 300
    assert line.encode("utf-8").decode("utf-8") == line


@pytest.mark.parametrize(
    "unit", ["password", "password=", "://", "eyJa.", "-eyJabcdef.eyJ", "bearer ", "A" * 40, "token  = ", "\n"]
)
def test_a_text_made_to_be_slow_is_not(unit: str) -> None:
    started = time.process_time()
    said(unit * (1_000_000 // len(unit)))
    assert time.process_time() - started < 2
