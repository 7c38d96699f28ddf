"""A server that notes when each Invoke was whole, in a process of its own: `python -m bench.arrivals CERT KEY`.

Prints its port, then answers every request at once. A line on standard input makes it print the arrivals since the
last one, as a JSON list of epoch milliseconds, and forget them.
"""

import asyncio
import json
import ssl
import sys
import time

_REPLY = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}"


class Arrivals:
    def __init__(self) -> None:
        self.at_ms: list[float] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (
                        int(line.split(b":")[1])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length")
                    ),
                    0,
                )
                await reader.readexactly(length)
                self.at_ms.append(time.time() * 1000)
                writer.write(_REPLY)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            writer.close()


async def main(certificate: str, key: str) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    arrivals = Arrivals()
    server = await asyncio.start_server(arrivals.serve, "127.0.0.1", 0, ssl=tls, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(sorted(arrivals.at_ms)), flush=True)
        arrivals.at_ms = []


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
