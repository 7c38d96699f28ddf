"""Who knows of advisories, asked over HTTP: PyPI and OSV. A service that cannot be reached is asked once, and said."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_S = 15


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pin:
    """A package at the one version that is installed."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """A known weakness of a version, and the versions without it."""

    id: str
    summary: str = ""
    aliases: tuple[str, ...] = ()
    fixed_in: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Advisory":
        """The advisory as PyPI words it, and as the snapshot does."""
        return cls(
            id=value["id"],
            summary=" ".join((value.get("summary") or value.get("details") or "").split())[:200],
            aliases=tuple(value.get("aliases") or ()),
            fixed_in=tuple(value.get("fixed_in") or ()),
        )

    @classmethod
    def from_osv(cls, value: dict[str, Any], package: str) -> "Advisory":
        """The advisory as OSV words it. Source: https://ossf.github.io/osv-schema/."""
        events = [
            event
            for affected in value.get("affected", [])
            if affected.get("package", {}).get("name", "").lower().replace("_", "-") == package
            for given in affected.get("ranges", [])
            if given.get("type") == "ECOSYSTEM"
            for event in given.get("events", [])
        ]
        return cls.from_json(value | {"fixed_in": [it["fixed"] for it in events if "fixed" in it]})

    @property
    def sentence(self) -> str:
        """The advisory and what to do."""
        names = ", ".join((self.id, *self.aliases))
        mended = f"mended in {', '.join(self.fixed_in)}" if self.fixed_in else "no version mends it yet"
        return f"{names}: {self.summary or 'no summary'}; {mended}"


@dataclass(slots=True, kw_only=True)
class Services:
    """PyPI and OSV at their addresses; remembers which of them did not answer, and why."""

    pypi: str
    osv: str
    _silent: dict[str, str] = field(default_factory=dict)

    @property
    def troubles(self) -> list[str]:
        """A sentence for each service that could not be asked."""
        return [f"{address} did not answer: {why}" for address, why in self._silent.items()]

    def ask(self, pin: Pin) -> tuple[str, tuple[Advisory, ...]] | None:
        """The first answer about this very version, and whose it is; None where nobody answers."""
        for source, question in (
            ("PyPI", self._pypi_version),
            ("OSV", self._osv),
            ("PyPI, as its newest version", self._pypi_newest),
        ):
            if (advisories := question(pin)) is not None:
                return source, advisories
        return None

    def _pypi_version(self, pin: Pin) -> tuple[Advisory, ...] | None:
        return _of_pypi(self._get(self.pypi, f"/pypi/{pin.name}/{pin.version}/json"), pin)

    def _pypi_newest(self, pin: Pin) -> tuple[Advisory, ...] | None:
        return _of_pypi(self._get(self.pypi, f"/pypi/{pin.name}/json"), pin)

    def _osv(self, pin: Pin) -> tuple[Advisory, ...] | None:
        question = {"version": pin.version, "package": {"name": pin.name, "ecosystem": "PyPI"}}
        told = self._get(self.osv, "/v1/query", json.dumps(question).encode())
        # A page that goes on elsewhere is no whole answer.
        if told is None or "next_page_token" in told:
            return None
        current = [it for it in told.get("vulns", []) if not it.get("withdrawn")]
        return tuple(Advisory.from_osv(it, pin.name) for it in current)

    def _get(self, address: str, path: str, body: bytes | None = None) -> dict[str, Any] | None:
        """JSON, or None where the service says 404 or nothing. A service out of reach is not asked again."""
        if address in self._silent:
            return None
        request = urllib.request.Request(address + path, data=body, headers={"content-type": "application/json"})  # noqa: S310 - the address is an argument of whoever runs this
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:  # noqa: S310 - as above
                told = json.load(reply)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 404:
                self._silent[address] = f"status {error.code}"
            return None
        except (OSError, ValueError) as error:
            self._silent[address] = str(error)
            return None
        return told if isinstance(told, dict) else None


def _of_pypi(told: dict[str, Any] | None, pin: Pin) -> tuple[Advisory, ...] | None:
    """What PyPI says, if it speaks of this version and of advisories at all."""
    if told is None or told.get("info", {}).get("version") != pin.version or "vulnerabilities" not in told:
        return None
    return tuple(Advisory.from_json(it) for it in told["vulnerabilities"] if not it.get("withdrawn"))
