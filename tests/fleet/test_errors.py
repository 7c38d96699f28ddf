"""What the SDK's errors become: where, what was found, what to do."""

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import boto3
import pytest
import trustme
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, SSOTokenLoadError, UnauthorizedSSOTokenError

from fleet.aws.deployed import DeployedReader, who_asks
from fleet.aws.errors import translated
from fleet.aws.invoke import SigningInvoker
from fleet.model import FunctionRef
from fleet.ports import AccessDenied, FleetError, Refused, Throttled, Unreachable
from tests.warmer.builders import a_ping
from tests.warmer.raw_server import refusing

SHOP = FunctionRef(text="shop")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment in which the SDK finds nothing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA"):
        monkeypatch.delenv(name, raising=False)
    for name in ("https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def test_a_missing_region_is_named_with_its_variable(bare: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="no AWS region is set; set AWS_REGION"):
        SigningInvoker().endpoint(SHOP)


def test_a_deployed_stack_without_a_region_to_look_in_is_refused_in_a_sentence(bare: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="cloudformation: no AWS region is set; set AWS_REGION"):
        DeployedReader().stack("caretaker")


def test_a_deployed_stack_of_a_profile_that_is_none_is_refused_in_a_sentence(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_PROFILE", "nobodys")

    with pytest.raises(Refused, match=r"cloudformation: .*nobodys.*correct AWS_PROFILE"):
        DeployedReader().stack("caretaker")


def test_an_endpoint_that_is_no_address_is_refused_in_a_sentence(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_REGION", "eu-west-1")
    bare.setenv("AWS_ENDPOINT_URL", "nonsense")

    with pytest.raises(Unreachable, match=r"sts:GetCallerIdentity: .*nonsense"):
        who_asks()


def test_a_region_that_is_none_is_said_before_anything_is_sent(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_REGION", "eu west 1")

    with pytest.raises(Refused, match=r"eu west 1.*correct AWS_REGION"):
        SigningInvoker().endpoint(SHOP)


def test_missing_credentials_are_said_with_what_to_do(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_REGION", "eu-west-1")

    with pytest.raises(Refused, match="no AWS credentials were found; give the caller a role or set AWS_PROFILE"):
        SigningInvoker().signed(a_ping(), release_at_ms=0)


def test_a_profile_that_does_not_exist_is_named(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_REGION", "eu-west-1")
    bare.setenv("AWS_PROFILE", "nobodys")

    with pytest.raises(Refused, match=r"nobodys.*correct AWS_PROFILE"):
        SigningInvoker().endpoint(SHOP)


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://ann:secret@proxy.example.com:3128", "proxy.example.com:3128"),
        ("proxy.example.com:3128", "proxy.example.com:3128"),
        ("", None),
    ],
)
def test_a_proxy_of_the_environment_is_told_without_its_password(
    proxy: str, shown: str | None, bare: pytest.MonkeyPatch
) -> None:
    bare.setenv("AWS_REGION", "eu-west-1")
    bare.setenv("HTTPS_PROXY", proxy)

    assert SigningInvoker().endpoint(SHOP).proxy == shown


def test_an_endpoint_in_no_proxy_has_no_proxy(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_REGION", "eu-west-1")
    bare.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    bare.setenv("NO_PROXY", "lambda.eu-west-1.amazonaws.com")

    assert SigningInvoker().endpoint(SHOP).proxy is None


@pytest.mark.parametrize(
    ("code", "status", "message", "kind", "words"),
    [
        ("ExpiredTokenException", 403, "The security token included in the request is expired", Refused, "renew them"),
        (
            "InvalidSignatureException",
            403,
            "Credential should be scoped to a valid region.",
            Refused,
            "signed for another region: check AWS_REGION",
        ),
        (
            "InvalidSignatureException",
            403,
            "Signature expired: 20261121T060000Z is now earlier than 20261121T070000Z",
            Refused,
            "set this machine's clock",
        ),
        ("InvalidAccessKeyId", 403, "The key Id you provided does not exist in our records.", Refused, "renew them"),
        (
            "RequestTimeTooSkewed",
            403,
            "The difference between the request time and the current time is too large.",
            Refused,
            "set this machine's clock",
        ),
        ("AccessDeniedException", 403, "no identity-based policy", AccessDenied, "allow lambda:InvokeFunction"),
        (
            "AccessDeniedException",
            403,
            "not allowed, with an explicit deny in a service control policy",
            AccessDenied,
            "an allow does not help against a deny: take lambda:InvokeFunction out of the policy that AWS names",
        ),
        (
            "AccessDeniedException",
            403,
            "not allowed, because no permissions boundary allows the lambda:InvokeFunction action",
            AccessDenied,
            "allow lambda:InvokeFunction in the permissions boundary as well",
        ),
        ("TooManyRequestsException", 429, "Rate exceeded", Throttled, "was throttled"),
        ("ServiceException", 503, "try later", Unreachable, "answered 503"),
    ],
)
def test_a_refusal_says_what_to_do(code: str, status: int, message: str, kind: type[FleetError], words: str) -> None:
    reply = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    found = translated(ClientError(reply, "Invoke"), service="lambda", operation="InvokeFunction")

    assert type(found) is kind
    assert words in str(found)
    assert message in str(found)


def test_a_denial_tells_to_allow_the_action_that_aws_names_which_need_not_be_the_operation_s() -> None:
    words = "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: dynamodb:PutItem on resource: table/t"
    reply = {"Error": {"Code": "AccessDeniedException", "Message": words}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error = ClientError(reply, "TransactWriteItems")
    found = translated(error, service="dynamodb", operation="TransactWriteItems")

    assert isinstance(found, AccessDenied)
    assert found.action == "dynamodb:PutItem"
    assert str(found).endswith("allow dynamodb:PutItem in the role's policy")


@pytest.mark.parametrize("error", [SSOTokenLoadError(error_msg="no token"), UnauthorizedSSOTokenError()])
def test_a_login_that_ran_out_is_told_to_be_renewed(error: BotoCoreError) -> None:
    assert "log in again" in str(translated(error, service="sts", operation="GetCallerIdentity"))


def asked(url: str, *, read_timeout_s: float = 60, **options: object) -> FleetError:
    """What a real client's failure to get through becomes."""
    once: dict[str, object] = {
        "retries": {"total_max_attempts": 1},
        "connect_timeout": 60,
        "read_timeout": read_timeout_s,
    }
    config = Config(**once, **options)  # type: ignore[arg-type]
    sdk = boto3.client(
        "lambda",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=config,
    )
    with pytest.raises(BotoCoreError) as caught:
        sdk.get_account_settings()
    sdk.close()
    return translated(caught.value, service="lambda", operation="GetAccountSettings")


def test_an_endpoint_that_refuses_and_a_proxy_that_refuses_are_told_apart() -> None:
    with refusing() as port:
        refused = asked(f"http://127.0.0.1:{port}")
        behind = asked("http://lambda.example.com", proxies={"http": f"http://127.0.0.1:{port}"})

    assert "the endpoint does not answer" in str(refused)
    assert "the proxy does not answer" in str(behind)
    assert "NO_PROXY" in str(behind)


def test_a_name_that_is_not_known_is_an_endpoint_that_does_not_answer() -> None:
    found = asked("https://lambda.nowhere.invalid")

    assert isinstance(found, Unreachable)
    assert "check the region, AWS_ENDPOINT_URL and the network" in str(found)


def test_an_endpoint_that_takes_the_connection_and_says_nothing_is_late() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = asked(f"http://127.0.0.1:{silent.getsockname()[1]}", read_timeout_s=1)

    assert "did not answer in time" in str(found)


def test_a_certificate_of_an_unknown_authority_names_the_bundle_to_set() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve_once() -> None:
            opened, _ = listener.accept()
            with opened, contextlib.suppress(OSError), context.wrap_socket(opened, server_side=True) as secure:
                secure.recv(1)

        server = threading.Thread(target=serve_once)
        server.start()
        found = asked(f"https://127.0.0.1:{listener.getsockname()[1]}")
        server.join()

    assert "TLS with the endpoint failed" in str(found)
    assert "AWS_CA_BUNDLE" in str(found)
