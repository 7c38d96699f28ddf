"""Connections to an endpoint, opened ahead: over all its addresses, in the protocol that it picks.

The first one tells how many are needed: one a ping over HTTP/1.1, one for a hundred over HTTP/2.
"""

import contextlib
import math
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fleet.ports import Endpoint, OutOfTime, Unreachable
from warmer.dispatch import Dispatch
from warmer.flight import words
from warmer.http1 import Http1
from warmer.http2 import Http2

_CONNECT_TIMEOUT_S = 3.0
# An endpoint has an address in each zone; when this many do not answer, it is not the address.
_FIRST_TRIES = 3
# Connections that were refused are asked for again, at another address, while this long has not passed: nothing has
# been sent yet.
_WAVES = 5
_ASKING_AGAIN_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What could be opened, and why the rest could not, None when nothing went wrong."""

    carriers: Sequence[Http1 | Http2]
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    endpoint: Endpoint
    addresses: Sequence[str]
    tls: ssl.SSLContext | None
    deadline: float

    def opened(self, index: int) -> Http1 | Http2 | OSError:
        until = min(self.deadline, time.monotonic() + _CONNECT_TIMEOUT_S)
        address = self.addresses[index % len(self.addresses)]
        with contextlib.ExitStack() as stack:
            try:
                carrier = self._carrier(address, until, stack)
            except OSError as error:
                return error
            stack.pop_all()
            return carrier

    def _carrier(self, address: str, until: float, stack: contextlib.ExitStack) -> Http1 | Http2:
        found = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        stack.callback(found.close)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found.settimeout(max(0.01, until - time.monotonic()))
        if self.tls is None:
            found.connect((address, self.endpoint.port))
            return Http1(self.endpoint, found)
        # Wrapped before it is connected: one that is reset while it is being wrapped would be left open.
        secure = self.tls.wrap_socket(found, server_hostname=self.endpoint.host, do_handshake_on_connect=False)
        stack.callback(secure.close)
        secure.connect((address, self.endpoint.port))
        secure.settimeout(max(0.01, until - time.monotonic()))
        secure.do_handshake()
        if secure.selected_alpn_protocol() == "h2":
            return Http2.greeted(secure, until)
        return Http1(self.endpoint, secure)


@contextlib.contextmanager
def connected(
    endpoint: Endpoint, count: int, body_bytes: int, *, dispatch: Dispatch, deadline: float
) -> Iterator[Opened]:
    """Carriers for `count` pings with bodies of this size, as far as they can be had; closed on leaving.

    Raises: Unreachable when not one connection can be opened; OutOfTime when the tick's time is up before.
    """
    way = _Way(endpoint=endpoint, addresses=_addresses(endpoint), tls=dispatch.tls(endpoint), deadline=deadline)
    with contextlib.ExitStack() as stack:
        carriers = [_first(way, stack)]
        problem, spare, enough = None, 0, min(deadline, time.monotonic() + _ASKING_AGAIN_S)
        for wave in range(_WAVES):
            missing = count - sum(each.capacity(body_bytes) for each in carriers)
            if missing <= 0 or (wave > 0 and time.monotonic() > enough):
                break
            each_takes = carriers[-1].capacity(body_bytes)
            if each_takes == 0:
                problem = f"{endpoint.host} allows no streams on a connection"
                break
            number = math.ceil(missing / each_takes)
            # What a refused connection leaves is used again: nobody waits for room while holding some.
            stack.enter_context(dispatch.room(max(0, number - spare), deadline))
            start = 1 + wave + len(carriers)
            found = dispatch.open_all(way.opened, list(range(start, start + number)))
            opened = [each for each in found if not isinstance(each, OSError)]
            for each in opened:
                stack.callback(each.close)
            carriers, spare = carriers + opened, max(0, spare - number) + number - len(opened)
            problem = next((_no_connection(endpoint, each) for each in found if isinstance(each, OSError)), problem)
            if not opened:
                break
        if time.monotonic() >= deadline:
            raise OutOfTime("lambda:InvokeFunction: the tick's time was up before all connections were open")
        yield Opened(carriers=carriers, problem=problem)


def _first(way: _Way, stack: contextlib.ExitStack) -> Http1 | Http2:
    problem = OSError("it has no address")
    for index in range(min(len(way.addresses), _FIRST_TRIES)):
        found = way.opened(index)
        if not isinstance(found, OSError):
            stack.callback(found.close)
            return found
        problem = found
    raise Unreachable(
        f"lambda:InvokeFunction: {_no_connection(way.endpoint, problem)}; {_advice(way.endpoint, problem)}"
    )


def _advice(endpoint: Endpoint, error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        trusted = f"AWS_CA_BUNDLE ({endpoint.ca_bundle})" if endpoint.ca_bundle else "the machine's own authorities"
        advice = f"its certificate is not vouched for by {trusted}: name the right bundle in AWS_CA_BUNDLE"
    elif isinstance(error, ssl.SSLError):
        advice = "it does not speak TLS as we do: check the scheme and port of AWS_ENDPOINT_URL_LAMBDA"
    else:
        advice = "check AWS_ENDPOINT_URL_LAMBDA, the network and the region"
    if endpoint.proxy is None:
        return advice
    return (
        f"{advice}; HTTPS_PROXY names {endpoint.proxy}, but pings do not go through a proxy: give the function a way "
        "to Lambda without one (a NAT gateway or a VPC endpoint), and put the endpoint into NO_PROXY"
    )


def _no_connection(endpoint: Endpoint, error: OSError) -> str:
    return f"no connection to {endpoint.host}:{endpoint.port}: {words(error)}"


def _addresses(endpoint: Endpoint) -> list[str]:
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            f"lambda:InvokeFunction: the name {endpoint.host} cannot be resolved ({words(error)}); check the region; "
            f"{_advice(endpoint, OSError())}"
        ) from error
    families = [entry for entry in found if entry[0] == found[0][0]]
    return list(dict.fromkeys(str(entry[4][0]) for entry in families))
