"""Files that are no schedules: one clear error each, in bounded time, and the other services run on."""

from pathlib import Path

import pytest

from profiles.errors import SchedulesMissing
from profiles.reader import Document, read_documents, read_files, read_folder

GOOD = b"version: 1\nservice: shop\nowner: me\ntimezone: UTC\nprofiles: {p: {baseline: 1}}\n"
GOOD += b"targets: [{function: shop, alias: live, profile: p}]\n"

ODD = {
    "empty": (b"", "1:1: E001 the file is empty"),
    "only a comment": (b"# nothing\n", "1:1: E001 the file is empty"),
    "utf-16": (GOOD.decode().encode("utf-16"), "1:1: E001 byte 0xff is not UTF-8"),
    "latin-1": (b"version: 1\nowner: caf\xe9\n", "2:11: E001 byte 0xe9 is not UTF-8"),
    "binary": (b"\x00\x01\x02" * 100, "1:1: E001 the character U+0000"),
    "a tab": (b"version: 1\nprofiles:\n\tp: 1\n", "3:1: E001 a tab"),
    "unfinished": (b"{version: 1\n", "2:1: E001 not valid YAML"),
    "two documents": (b"version: 1\n---\nversion: 1\n", "2:1: E004 a second document"),
    "a list": (b"- version: 1\n", "1:1: E006 the file: expected a mapping"),
    "deep nesting": (b"a: " + b"[" * 100_000, "1:35: E001 nested more than 32"),
    "deep blocks": (b"- " * 50_000, "1:65: E001 nested more than 32"),
    "15 MB": (b"a: b\n" * 3_000_000, "1:1: E001 the file has more than 1,048,576 bytes"),
    "a million values": (b"a: [" + b"a," * 520_000 + b"]", "1:199999: E001 more than 100,000 values"),
    "a python object": (b'!!python/object/apply:os.system ["true"]', "1:1: E004 the tag !!python/object"),
}


@pytest.mark.parametrize(("data", "message"), ODD.values(), ids=ODD.keys())
def test_an_odd_file_gets_one_clear_error_and_others_run(data: bytes, message: str) -> None:
    schedules = read_documents([Document(file="odd.yaml", data=data), Document(file="shop.yaml", data=GOOD)])
    assert [str(one)[: len("odd.yaml:" + message)] for one in schedules.mistakes] == ["odd.yaml:" + message]
    assert [service.name for service in schedules.services] == ["shop"]


def test_an_alias_bomb_is_not_expanded() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"k{i}: &k{i} [*a,*a,*a,*a]\n" for i in range(2000))
    schedules = read_documents([Document(file="bomb.yaml", data=bomb.encode())])
    assert {one.code for one in schedules.mistakes} >= {"E004"}
    assert len(schedules.mistakes) <= 201
    assert any(one.message.endswith("more mistakes in this file are not listed") for one in schedules.mistakes)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n")], ids=["BOM", "CRLF"])
def test_a_byte_order_mark_and_windows_line_ends_are_fine(data: bytes) -> None:
    assert read_documents([Document(file="shop.yaml", data=data)]).mistakes == ()


def test_a_file_of_five_thousand_lines_is_read() -> None:
    targets = "".join(f"  - {{function: shop-{n}, alias: live, profile: p}}\n" for n in range(5000))
    text = GOOD.split(b"targets")[0].decode() + "targets:\n" + targets
    schedules = read_documents([Document(file="shop.yaml", data=text.encode())])
    assert schedules.mistakes == ()
    assert len(schedules.services[0].targets) == 5000


def test_two_files_of_one_service_and_one_target_are_errors_in_the_later_file() -> None:
    same = Document(file="b.yaml", data=GOOD)
    other = Document(file="c.yaml", data=GOOD.replace(b"service: shop", b"service: other"))
    schedules = read_documents([other, same, Document(file="a.yaml", data=GOOD)])
    assert [str(one)[:14] for one in schedules.mistakes] == ["b.yaml:2:10: E", "c.yaml:6:11: E"]
    assert [one.code for one in schedules.mistakes] == ["E204", "E205"]
    assert [(service.name, service.file) for service in schedules.services] == [("shop", "a.yaml")]


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SchedulesMissing, match="No such file"):
        read_folder(tmp_path / "nowhere")


def test_a_file_that_cannot_be_opened_is_a_mistake(tmp_path: Path) -> None:
    (mistake,) = read_files([tmp_path / "gone.yaml"]).mistakes
    assert mistake.code == "E001"


def test_only_yaml_files_of_the_folder_itself_are_read(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_bytes(GOOD)
    (tmp_path / "README.md").write_text("nothing")
    (tmp_path / "inner.yaml").mkdir()
    assert [service.name for service in read_folder(tmp_path).services] == ["shop"]


def test_hidden_files_of_a_folder_are_an_editor_s_and_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_bytes(GOOD)
    (tmp_path / ".shop.yaml").write_bytes(GOOD)
    (tmp_path / ".#shop.yaml").symlink_to("editor@host.1234")
    schedules = read_folder(tmp_path)
    assert (schedules.mistakes, [service.file for service in schedules.services]) == ((), [str(tmp_path / "shop.yaml")])
