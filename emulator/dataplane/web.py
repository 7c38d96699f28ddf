"""aiohttp on one side, our values on the other. Nothing here knows what a request means.

asyncio sets TCP_NODELAY on every connection it accepts, so that small answers leave at once.
"""

from aiohttp import web
from multidict import CIMultiDict

from emulator.dataplane.exchange import Answer, Request


async def read(received: web.BaseRequest) -> Request:
    """The whole request, its body as sent and of any size."""
    if received.headers.get("Expect", "").lower() == "100-continue":
        await received.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return Request(
        method=received.method,
        target=received.raw_path,
        headers={name.lower(): value for name, value in received.headers.items()},
        body=await received.content.read(),
    )


def written(answer: Answer) -> web.Response:
    """The answer as aiohttp sends it."""
    return web.Response(status=answer.status, headers=CIMultiDict(answer.headers), body=answer.body)
