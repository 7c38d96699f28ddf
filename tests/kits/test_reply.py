from caretaker_kit.reply import with_evidence

EVIDENCE = {"v": 1, "environment": "e1"}


def test_bytes_that_hold_a_json_object_get_the_key_as_an_object_does() -> None:
    assert with_evidence(b'{"statusCode": 200}', EVIDENCE) == {"statusCode": 200, "caretaker": EVIDENCE}


def test_other_bytes_go_under_reply_as_text() -> None:
    assert with_evidence("naïve".encode(), EVIDENCE) == {"caretaker": EVIDENCE, "reply": "naïve"}


def test_bytes_that_are_no_text_go_under_reply_in_base64() -> None:
    assert with_evidence(b"\xff\xfe", EVIDENCE) == {"caretaker": EVIDENCE, "reply": "//4="}
