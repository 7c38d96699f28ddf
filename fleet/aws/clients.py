"""SDK sessions and clients. Endpoints, region and credentials come from the standard SDK variables only."""

import os
from functools import lru_cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

# The SDK reads these when a client is made: a client is only good for the environment that it was made in.
_SDK_VARIABLES = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


def client(service: str, *, region: str | None = None, timeout_s: float = 10.0, purpose: str = "") -> Any:
    """A client that tries once, connects within 5 s at most and reads within `timeout_s`.

    The same one is given again while the SDK's environment variables stay as they are; a `purpose` has one of its own.
    """
    environment = tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith(_SDK_VARIABLES)))
    # Lambda sets AWS_REGION; of the SDKs only Python's reads AWS_DEFAULT_REGION instead.
    return _client(service, region or os.environ.get("AWS_REGION") or None, timeout_s, purpose, environment)


@lru_cache(maxsize=32)
def _client(
    service: str, region: str | None, timeout_s: float, _purpose: str, _environment: tuple[tuple[str, str], ...]
) -> Any:
    core: Any = botocore.session.get_session()
    session: Any = boto3.session.Session(botocore_session=core)
    # One try: the callers decide what a failure means, and a retried ping would be a second ping.
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=min(5.0, timeout_s),
        read_timeout=timeout_s,
        # Given whole, because the SDK otherwise puts it together anew, twice, for every request.
        user_agent=core.user_agent().removesuffix(f" {core.user_agent_extra}"),
        user_agent_extra="caretaker",
    )
    return session.client(service, region_name=region, config=config)
