"""SDK sessions and clients. Endpoints, region and credentials come from the standard SDK variables only."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# One try: the callers decide what a failure means, and a retried ping would be a second ping.
_ONE_TRY = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=10)


@cache
def client(service: str, *, region: str | None = None) -> Any:
    """A client that tries once, connects within 5 s and reads within 10 s; made once a process and region."""
    session: Any = boto3.session.Session()
    return session.client(service, region_name=region, config=_ONE_TRY)
