"""A handler without a framework: it answers, or fails, as the event says."""

from typing import Any

from caretaker_kit import warmable

SEEN: list[str] = []


class StockError(Exception):
    pass


@warmable
def handler(event: Any, _context: Any) -> Any:
    match event:
        case {"rawPath": path}:
            SEEN.append(path)
            return {"seen": list(SEEN)}
        case {"fail": reason}:
            raise StockError(reason)
        case {"bytes": text}:
            return text.encode()
        case {"reply": reply}:
            return reply
    return event
