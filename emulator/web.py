"""aiohttp on one side, our values on the other. Nothing here knows what a request means.

asyncio sets TCP_NODELAY on every connection it accepts, so that small answers leave at once.
"""

from aiohttp import web

from emulator.exchange import Answer, Request


async def read(received: web.BaseRequest) -> Request:
    """The whole request, its body as sent and of any size."""
    return Request(
        method=received.method,
        target=received.raw_path,
        headers={name.lower(): value for name, value in received.headers.items()},
        body=await received.content.read(),
    )


def written(answer: Answer) -> web.Response:
    """The answer as aiohttp sends it."""
    response = web.Response(status=answer.status, body=answer.body)
    for name, value in answer.headers:
        response.headers[name] = value
    return response
