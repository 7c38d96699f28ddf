"""A certificate authority of the emulator's own, made at each start, and what a TLS door needs of it.

Its keys never leave this process: clients get the authority's certificate, as a PEM file to trust.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import trustme

Protocol = Literal["h2", "http/1.1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A TLS door: its port (0 for a free one), and the protocols that it offers in ALPN."""

    port: int = 0
    protocols: tuple[Protocol, ...] = ("h2", "http/1.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The door's settings, and the PEM file that AWS_CA_BUNDLE should name."""

    context: ssl.SSLContext
    ca_bundle: Path

    @classmethod
    def made(cls, tls: Tls, folder: Path) -> Self:
        """New ones, for 127.0.0.1 and localhost, with the PEM file in `folder`."""
        authority = trustme.CA(organization_name="Caretaker emulator")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        context.set_alpn_protocols(list(tls.protocols))
        ca_bundle = folder / "ca.pem"
        authority.cert_pem.write_to_path(ca_bundle)
        return cls(context=context, ca_bundle=ca_bundle)
