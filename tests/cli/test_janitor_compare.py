"""What differs between two of the janitor's reports."""

from pathlib import Path
from typing import Any

import pytest

from cli.janitor_compare import UnusableReport, differences, read_report


def a_report(**functions: dict[str, list[Any]]) -> dict[str, Any]:
    return {"functions": [{"function": name, **item} for name, item in functions.items()]}


def kept(*lines: tuple[int, str]) -> list[dict[str, str]]:
    return [{"version": str(version), "code": code, "reason": f"{code}: so"} for version, code in lines]


def going(*versions: int) -> list[dict[str, str]]:
    return [{"version": str(version), "reason": "replaced"} for version in versions]


def test_another_verdict_a_new_version_and_one_that_is_gone_are_said() -> None:
    before = a_report(shop={"keep": kept((9, "unmarked"), (10, "newest")), "delete": going(2)})
    now = a_report(shop={"keep": kept((10, "newest"), (11, "newest")), "delete": going(9)})
    assert [str(one) for one in differences(before, now)] == [
        "shop:2  gone; it was: delete",
        "shop:9  unmarked -> delete",
        "shop:11  new: newest",
    ]


def test_what_the_earlier_run_deleted_is_no_difference() -> None:
    before = a_report(shop={"delete": going(2), "deleted": ["2"], "keep": kept((3, "newest"))})
    assert differences(before, a_report(shop={"keep": kept((3, "newest"))})) == ()


def test_equal_reports_do_not_differ() -> None:
    report = a_report(shop={"keep": kept((1, "alias")), "delete": going(2)}, till={})
    assert differences(report, report) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "is no JSON"), ("[]", 'it has no list "functions"'), ('{"functions": 3}', 'it has no list "functions"')],
)
def test_a_file_that_is_no_report_is_refused_with_its_name(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "last.json").write_text(text)
    with pytest.raises(UnusableReport, match=r"last\.json") as found:
        read_report(tmp_path / "last.json")
    assert words in str(found.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableReport, match="cannot be read: No such file"):
        read_report(tmp_path / "absent.json")
