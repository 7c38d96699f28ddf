"""Pages of ListFunctions, taken as Lambda sent them. What lives here speaks to the SDK, and decides nothing.

The SDK walks through every field of a reply by the service's model: some fifty steps for the configuration of one
version, of which a large account has a hundred thousand. So the list is parsed as plain JSON, which has the same names
and values, and is not checked: who reads it must check. An SDK without this event parses as it always does.
"""

import json
from typing import Any

# Source: botocore, endpoint.py: emitted with the reply as it came and a dict that overlays what is parsed of it.
_EVENT = "before-parse.lambda.ListFunctions"


def read_as_sent(client: Any) -> None:
    """From now on `client.list_functions` gives each function's configuration as it was sent; may be called again."""
    client.meta.events.register(_EVENT, _overlay, unique_id="caretaker-listing")


def _overlay(*, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """The list goes around the SDK's parser; the rest, what is no such page, and errors go through it."""
    if response_dict["status_code"] != 200:
        return
    try:
        page = json.loads(response_dict["body"])
    except (ValueError, RecursionError):
        return
    if isinstance(page, dict) and "Functions" in page:
        customized_response_dict["Functions"] = page.pop("Functions")
        response_dict["body"] = json.dumps(page).encode()
