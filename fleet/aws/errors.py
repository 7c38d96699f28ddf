"""SDK errors in this project's own words: where, what was found, what to do, and which permission is missing."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from fleet.ports import AccessDenied, FleetError, Refused, Throttled, Unreachable

_THROTTLES = {"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded"}
_DENIALS = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"}
# A wait of more digits is no wait but a mistake.
_DIGITS = 7
_STALE = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


def translated(error: Exception, *, service: str, operation: str) -> FleetError:
    """The FleetError that says what `error` means to a caller of `service:operation`."""
    where = f"{service}:{operation}"
    match error:
        case ClientError():
            return _from_reply(error, where)
        case NoRegionError():
            return Refused(f"{where}: no AWS region is set; set AWS_REGION (or AWS_DEFAULT_REGION)")
        case NoCredentialsError() | PartialCredentialsError():
            return Refused(f"{where}: no AWS credentials were found; give the caller a role or set AWS_PROFILE")
        case EndpointConnectionError():
            return Unreachable(
                f"{where}: the endpoint does not answer ({error}); check AWS_ENDPOINT_URL and the network"
            )
        case HTTPClientError() | BotoCoreError():
            return Unreachable(f"{where}: {error}")
        case _:
            return Unreachable(f"{where}: {type(error).__name__}: {error}")


def _from_reply(error: ClientError, where: str) -> FleetError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    words = str(error.response.get("Error", {}).get("Message", "")) or str(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _DENIALS or (status == 403 and code not in _STALE):
        return AccessDenied(f"{where} was denied: {words}; allow {where} in the role's policy", action=where)
    if code in _STALE:
        return Refused(f"{where}: the AWS credentials are not accepted ({code}: {words}); renew them")
    if code in _THROTTLES or status == 429:
        return Throttled(f"{where} was throttled: {words}", retry_after_s=_retry_after_s(error))
    if status >= 500:
        return Unreachable(f"{where} answered {status}: {words}")
    return Refused(f"{where} was refused ({code}): {words}")


def _retry_after_s(error: ClientError) -> float | None:
    """Source: RFC 9110, section 10.2.3: seconds, or a date, which no AWS service is known to send."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    text = str(headers.get("retry-after", ""))
    return float(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None
