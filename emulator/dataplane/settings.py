"""How the emulator runs its execution environments: limits, credentials, endpoints. A value, nothing else."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from emulator.dataplane.tls import Tls

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Credentials, as an SDK finds them in its environment."""

    access_key_id: str
    secret_access_key: str
    session_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Limits and surroundings of every execution environment.

    `init_limit_s`: Source: AWS Lambda developer guide, "Lambda execution environment lifecycle", init phase: 10 s.
    `idle_s`: how long an idle environment lives; AWS publishes no figure.
    `parallel_inits`: how many environments initialise at one time. On AWS each has a CPU of its own; here a crowd
    of them on a few cores would run into the init limit without any fault of its own, so the others wait in line.
    `event_retry_delays_s`: waits before the retries of an asynchronous invocation that failed.
    Source: AWS Lambda developer guide, "Asynchronous invocation": two retries, after one and two minutes.
    `runtime_java` is a folder of jars, what Lambda's Java image holds; `java` is the program.
    `tls` opens a TLS door beside the plain one.
    `endpoint_url_lambda` is what functions get as AWS_ENDPOINT_URL_LAMBDA; None means this emulator itself. With
    `one_address` this emulator is AWS_ENDPOINT_URL as well, so that every request of a function passes here.
    """

    runtime_python: Path = _ROOT / ".tools" / "runtime" / "bin" / "python"
    runtime_java: Path = _ROOT / ".tools" / "java" / "lib"
    java: str = field(default_factory=lambda: shutil.which("java") or "java")
    init_limit_s: float = 10.0
    idle_s: float = 600.0
    shutdown_grace_s: float = 0.3
    parallel_inits: int = 2 * (os.cpu_count() or 2)
    event_retry_delays_s: tuple[float, ...] = (60.0, 120.0)
    history: int = 10_000
    access_key_id: str = "test"
    secret_access_key: str = "test"
    session_token: str = "test"
    tls: Tls | None = None
    endpoint_url: str | None = None
    endpoint_url_lambda: str | None = None
    one_address: bool = False

    @property
    def keys(self) -> Keys:
        """The credentials of every function, where each has none of its own."""
        return Keys(
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            session_token=self.session_token,
        )
