"""One object in S3 that is replaced as a whole, and never over a change that its writer has not seen.

The caller needs s3:GetObject and s3:PutObject on it, s3:ListBucket on the bucket (without which S3 denies what is only
absent), and s3:GetObjectVersion to read an older version.
"""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from fleet.aws.documents import s3_client
from fleet.aws.errors import translated
from fleet.ports import FleetError, Refused, Unreachable

# Source: S3 user guide, conditional writes: 412 for a condition that does not hold, 409 for a write at the same time,
# 404 for an object that was to be replaced and is gone.
_MOVED = {"PreconditionFailed", "ConditionalRequestConflict"}
_ABSENT = "NoSuchKey"


class ObjectMoved(Refused):
    """Somebody else wrote or deleted the object since it was read. Nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object as it lies there; `version` is None where the bucket keeps no versions."""

    etag: str
    version: str | None
    data: bytes


class S3Object:
    """The object `s3://bucket/key`. Makes its client when asked."""

    def __init__(self, bucket: str, key: str) -> None:
        self._place = {"Bucket": bucket, "Key": key}

    def read(self, *, most_bytes: int, version: str | None = None) -> Stored | None:
        """The object, or an older version of it; None when there is none. Raises: FleetError."""
        wanted = {} if version is None else {"VersionId": version}
        operation = "GetObject" if version is None else "GetObjectVersion"
        try:
            reply = s3_client().get_object(**self._place, **wanted)
            return Stored(etag=reply["ETag"], version=_version(reply), data=reply["Body"].read(most_bytes))
        except Exception as error:
            if isinstance(error, ClientError) and _code(error) in {_ABSENT, "NoSuchVersion"}:
                return None
            raise self._words(error, operation) from error

    def replace(self, data: bytes, *, seen: Stored | None) -> Stored:
        """Write `data` in place of what was `seen`, None for nothing. Raises: ObjectMoved, FleetError.

        One try: when the answer is lost, whether it was written shows in the next `read`.
        """
        condition = {"IfNoneMatch": "*"} if seen is None else {"IfMatch": seen.etag}
        try:
            reply = s3_client().put_object(
                **self._place, **condition, Body=data, ContentType="application/json", ChecksumAlgorithm="SHA256"
            )
        except Exception as error:
            moved = _MOVED if seen is None else _MOVED | {_ABSENT}
            if isinstance(error, ClientError) and _code(error) in moved:
                raise ObjectMoved(
                    f"somebody else has changed it since it was read ({_code(error)}), so nothing was written; "
                    "begin anew to see what lies there now"
                ) from error
            words = self._words(error, "PutObject")
            if isinstance(words, Unreachable):
                words = Unreachable(f"{words}; whether it was written is not known, and shows when you begin anew")
            raise words from error
        return Stored(etag=reply["ETag"], version=_version(reply), data=data)

    def _words(self, error: Exception, operation: str) -> FleetError:
        if isinstance(error, ClientError) and _code(error) == "NoSuchBucket":
            bucket = self._place["Bucket"]
            return Refused(f"there is no bucket {bucket}; check the name, and which account the credentials are of")
        return translated(error, service="s3", operation=operation)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _version(reply: Any) -> str | None:
    """Source: S3 API, PutObject: no version id, or "null", for a bucket without versions."""
    found = reply.get("VersionId")
    return None if found in {None, "", "null"} else str(found)
