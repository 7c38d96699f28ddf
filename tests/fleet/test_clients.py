"""The SDK's clients: one for an environment, and what they say of themselves."""

import boto3
import botocore

from fleet.aws.clients import client


class NotSentError(Exception):
    """Ends a request before it leaves."""


def user_agent(sdk):
    seen = []

    def keep(request, **_):
        seen.append(request.headers["User-Agent"].decode())
        raise NotSentError

    sdk.meta.events.register("before-send", keep, unique_id="test")
    try:
        sdk.list_functions()
    except NotSentError:
        pass
    finally:
        sdk.meta.events.unregister("before-send", unique_id="test")
    return seen[0]


def test_a_request_says_once_which_sdk_sends_it_for_whom(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    words = user_agent(client("lambda", region="eu-west-1", purpose="test")).split()
    assert words[0] == f"Boto3/{boto3.__version__}"
    assert words[words.index("caretaker") - 1] == f"Botocore/{botocore.__version__}"
    assert "exec-env/AWS_Lambda_python3.13" in words
    assert len(set(words)) == len(words)
