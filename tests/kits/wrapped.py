"""The applications that the wrapper's tests wrap, and the event that they get."""

from typing import Any

EVENT = {"version": "2.0", "rawPath": "/warmz/", "requestContext": {"http": {"method": "GET", "path": "/warmz/"}}}


class AppError(Exception):
    pass


def ok(_event: Any, _context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": "ok"}


def failing(_event: Any, _context: Any) -> None:
    raise AppError("no such table")
