"""The `Documents` port over S3: the objects right below a prefix, without those of folders inside it.

The caller's role needs s3:ListBucket on the bucket and s3:GetObject on the objects. One try, short timeouts: the next
tick is the retry, and there is a last good version to go on with.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from fleet.aws.errors import translated
from fleet.ports import FleetError, Refused, StoredDocument, Unreachable

_AT_ONCE = 10
# For all documents of one fetch together; the tick has more to do.
_BUDGET_S = 20.0
_MOST_TOGETHER = 64 * 1024 * 1024
_MOST_NAMES = 20_000
_CONNECT_S, _READ_S = 2, 5


class S3Documents:
    """The objects `s3://bucket/prefix…`; a prefix that is not empty ends with a slash. Makes its client when asked."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._where = f"s3://{bucket}/{prefix}"

    def listing(self) -> Mapping[str, str]:
        """Name below the prefix → ETag, all pages. Raises: FleetError."""
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": self._prefix, "Delimiter": "/"}
        found: dict[str, str] = {}
        try:
            while True:
                page = s3_client().list_objects_v2(**request)
                found.update({item["Key"][len(self._prefix) :]: item["ETag"] for item in page.get("Contents", [])})
                if not page.get("IsTruncated"):
                    return found
                if len(found) >= _MOST_NAMES:
                    raise Refused(
                        f"s3:ListBucket: over {_MOST_NAMES:,} objects below {self._where}; is the prefix right?"
                    )
                request["ContinuationToken"] = page["NextContinuationToken"]
        except FleetError:
            raise
        except Exception as error:
            raise translated(error, service="s3", operation="ListBucket") from error

    def fetch(
        self, known: Mapping[str, str | None], *, most_bytes: int
    ) -> Mapping[str, StoredDocument | FleetError | None]:
        """See `Documents.fetch`. What takes too long is Unreachable."""
        try:
            client = s3_client()
        except Exception as error:
            return dict.fromkeys(known, translated(error, service="s3", operation="GetObject"))
        readers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="documents")
        try:
            room = _Room()
            asked = {
                name: readers.submit(self._one, client, name, etag, most_bytes, room) for name, etag in known.items()
            }
            done, _ = wait(asked.values(), _BUDGET_S)
            late = Unreachable(f"s3:GetObject did not end within {_BUDGET_S:.0f} s")
            return {name: future.result() if future in done else late for name, future in asked.items()}
        finally:
            readers.shutdown(wait=False, cancel_futures=True)

    def _one(
        self, client: Any, name: str, etag: str | None, most_bytes: int, room: "_Room"
    ) -> StoredDocument | FleetError | None:
        if room.left <= 0:
            return Refused(f"s3:GetObject: over {_MOST_TOGETHER:,} bytes below {self._where}; is the prefix right?")
        condition = {} if etag is None else {"IfNoneMatch": etag}
        try:
            reply = client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}", **condition)
            data = reply["Body"].read(most_bytes)
            room.left -= len(data)
            return StoredDocument(etag=reply["ETag"], data=data)
        except Exception as error:
            if isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] == 304:
                return None
            return translated(error, service="s3", operation="GetObject")


class _Room:
    """Bytes that may still be had in one fetch; each reader looks before it asks, so that memory cannot run out."""

    def __init__(self) -> None:
        self.left = _MOST_TOGETHER


def s3_client() -> Any:
    """A client for S3 that tries once; the same one while the SDK's environment variables stay as they are."""
    return _made(tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_"))))


@lru_cache(maxsize=4)
def _made(environment: tuple[tuple[str, str], ...]) -> Any:
    """One client as long as the SDK's variables stay as they are."""
    known = dict(environment)
    # Behind an endpoint of one's own there is seldom a DNS name for each bucket.
    own = any(known.get(name) for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"))
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        max_pool_connections=_AT_ONCE,
        s3={"addressing_style": "path" if own else "auto"},
    )
    session: Any = boto3.session.Session()
    return session.client("s3", region_name=known.get("AWS_REGION") or None, config=config)
