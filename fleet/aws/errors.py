"""SDK errors in this project's own words: where, what was found, what to do, and which permission is missing."""

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

from fleet.ports import AccessDenied, FleetError, Refused, Throttled, Unreachable
from fleet.words import said

_THROTTLES = {"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded"}
_MOST_WORDS = 500
_DENIALS = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"}
# Source: IAM user guide, "Troubleshoot access denied error messages". The action is not always the operation's: a
# transaction is denied the writes that it is made of.
_MISSING = re.compile(r"is not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)")
_ELSEWHERE = re.compile(r"because no (permissions boundary|service control policy|session policy) allows")
# A wait of more digits is no wait but a mistake.
_DIGITS = 7
# Source: S3 API reference, "Error responses", for the three that only S3 says, with 403 as if it were a denial.
_STALE = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


def translated(error: Exception, *, service: str, operation: str = "") -> FleetError:
    """The FleetError that says what `error` means to a caller of `service:operation`, or of any of the service's."""
    where = f"{service}:{operation}" if operation else service
    if isinstance(error, ClientError):
        return _from_reply(error, where)
    missing = _what_is_missing(error)
    return (
        Refused(said(f"{where}: {missing}", most=_MOST_WORDS))
        if missing
        else Unreachable(f"{where}: {_way_words(error)}")
    )


def _what_is_missing(error: Exception) -> str | None:
    """What the SDK lacks before it would send anything; None when it is not that."""
    match error:
        case NoRegionError():
            return "no AWS region is set; set AWS_REGION (or AWS_DEFAULT_REGION)"
        case InvalidRegionError():
            return f"{error}; correct AWS_REGION (or AWS_DEFAULT_REGION)"
        case NoCredentialsError() | PartialCredentialsError():
            return "no AWS credentials were found; give the caller a role or set AWS_PROFILE"
        case CredentialRetrievalError() | SSOError() | TokenRetrievalError():
            return f"the AWS credentials could not be had ({error}); log in again, or check the role's provider"
        case ProfileNotFound():
            return f"{error}; correct AWS_PROFILE, or add the profile to the SDK's configuration"
    return None


def _way_words(error: Exception) -> str:
    """What went wrong on the way to the endpoint."""
    return said(_unmasked(error), most=_MOST_WORDS)


def _unmasked(error: Exception) -> str:
    match error:
        case SSLError():
            return (
                f"TLS with the endpoint failed ({error}); check AWS_CA_BUNDLE, and whether a proxy on the way ends TLS "
                "with a certificate of its own"
            )
        case ProxyConnectionError():
            return f"the proxy does not answer ({error}); check HTTPS_PROXY, or put the endpoint into NO_PROXY"
        case ConnectTimeoutError() | ReadTimeoutError():
            return (
                f"the endpoint did not answer in time ({error}); check the network: a function in a VPC needs a NAT "
                "gateway or a VPC endpoint"
            )
        case EndpointConnectionError():
            return f"the endpoint does not answer ({error}); check the region, AWS_ENDPOINT_URL and the network"
        case HTTPClientError() | BotoCoreError():
            return str(error)
        case _:
            return f"{type(error).__name__}: {error}"


def _remedy(words: str) -> str:
    """Source: AWS Signature Version 4 troubleshooting: the words for a wrong region, and for a clock that is off."""
    if "valid region" in words:
        return "they are signed for another region: check AWS_REGION and AWS_ENDPOINT_URL"
    if any(
        said in words for said in ("Signature expired", "Signature not yet current", "request time and the current")
    ):
        return "the signature is too old or too new: set this machine's clock"
    return "renew them"


def _from_reply(error: ClientError, where: str) -> FleetError:
    code = said(error.response.get("Error", {}).get("Code", ""), most=100)
    # A proxy in between may answer with a whole page.
    words = said(error.response.get("Error", {}).get("Message", "") or error, most=_MOST_WORDS)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _DENIALS or (status == 403 and code not in _STALE):
        missing = found[1] if (found := _MISSING.search(words)) else where
        return AccessDenied(f"{where} was denied: {words}; {_way_in(words, missing)}", action=missing)
    if code in _STALE:
        return Refused(f"{where}: the AWS credentials are not accepted ({code}: {words}); {_remedy(words)}")
    if code in _THROTTLES or status == 429:
        return Throttled(f"{where} was throttled: {words}", retry_after_s=_retry_after_s(error))
    if status >= 500:
        return Unreachable(f"{where} answered {status}: {words}")
    return Refused(f"{where} was refused ({code}): {words}")


def _way_in(words: str, action: str) -> str:
    """Source: IAM user guide, "Troubleshoot access denied error messages": what denied it is in the last words."""
    if "explicit deny" in words:
        return f"an allow does not help against a deny: take {action} out of the policy that AWS names"
    if (elsewhere := _ELSEWHERE.search(words)) is not None:
        return f"allow {action} in the {elsewhere[1]} as well"
    return f"allow {action} in the role's policy"


def _retry_after_s(error: ClientError) -> float | None:
    """Source: RFC 9110, section 10.2.3: seconds, or a date, which no AWS service is known to send."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    text = str(headers.get("retry-after", ""))
    return float(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None
