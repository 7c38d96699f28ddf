"""The janitor's page: what is drawn is what the report says, and nothing in a name can break it."""

import json
import re
from datetime import UTC, datetime

import pytest

from cli.janitor_page import kind_of, page
from janitor.keep import KeepCode
from janitor.report import FunctionReport, Report, VersionLine
from janitor.sweep import Outcome
from tests.janitor.builders import a_version, v

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def a_line(number: int, code: KeepCode | None = None) -> VersionLine:
    return VersionLine(
        version=v(number), code=code, reason=f"{code.value if code else 'replaced 9 d ago'}: why {number}"
    )


def an_item(function: str = "shop", *, keep: tuple[VersionLine, ...] = (), delete: tuple[int, ...] = (), went: int = 0):
    return FunctionReport(
        function=function,
        versions=len(keep) + len(delete),
        keep=keep,
        delete=tuple(a_line(number) for number in delete),
        deleted=(a_version(went),) if went else (),
        outcome=Outcome.PLANNED,
        reason="2 of 4 versions may go",
    )


def a_page(*items: FunctionReport, **fields: object) -> str:
    return page(Report(run="plan", at=AT, reason="all read", functions=items, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("code", list(KeepCode))
def test_every_reason_to_stay_has_a_mark_and_says_itself(code: KeepCode) -> None:
    line = a_line(7, code)
    drawn = a_page(an_item(keep=(line,)))
    assert f"<title>7: {code.value}: why 7</title>" in drawn
    assert kind_of(line, an_item(keep=(line,))).name in {"live", "used", "wait", "dark"}


def test_what_may_go_and_what_went_are_drawn_apart() -> None:
    item = an_item(delete=(1, 2), went=1)
    assert [kind_of(line, item).name for line in item.delete] == ["went", "goes"]


def test_each_version_is_one_mark_from_the_oldest_to_the_newest() -> None:
    keep = tuple(a_line(number, KeepCode.NEWEST) for number in (130, 131))
    drawn = a_page(an_item(keep=keep, delete=tuple(range(1, 129))))
    marks = re.findall(r'<g transform="translate\((\d+) (\d+)\)"><title>(\d+):', drawn)
    assert [int(number) for _, _, number in marks] == [*range(1, 129), 130, 131]
    assert len({(x, y) for x, y, _ in marks}) == 130


def test_names_and_reasons_are_text_and_never_markup() -> None:
    drawn = a_page(an_item("<script>alert(1)</script>"), problems=("</script><b>",))
    assert "<script>alert" not in drawn
    assert "&lt;script&gt;alert" in drawn
    embedded = re.search(r'<script type="application/json" id="report">(.*?)</script>', drawn)
    assert embedded is not None
    assert json.loads(embedded[1])["problems"] == ["</script><b>"]


def test_the_page_asks_nothing_of_a_network_and_runs_nothing() -> None:
    drawn = a_page(an_item(delete=(1,)))
    assert not re.search(r"(src|href)=|@import|url\(|<script(?! type=\"application/json\")", drawn)


def test_an_account_without_functions_is_a_page_too() -> None:

    assert "Published versions" in a_page()
