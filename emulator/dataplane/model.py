"""What the data plane runs: one version of a function, as a frozen value. Knows no process and no network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LogFormat = Literal["Text", "JSON"]
SystemLogLevel = Literal["DEBUG", "INFO", "WARN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionVersion:
    """One version of one function, with everything that an execution environment needs to run it.

    `version` is `$LATEST` or a number. `arn` is the function's ARN; a qualifier at its end is ignored.
    `code_dir` is the unpacked code, never written to. `command` replaces the Python runtime: any program that
    speaks the Lambda Runtime API. `identity` is any text that changes when code or configuration changes;
    environments of another identity are never used again. The log levels apply to the JSON format alone. `role` is the
    ARN of the execution role, for whoever gives credentials.
    """

    function: str
    version: str
    arn: str
    handler: str
    runtime: str
    code_dir: Path
    environment: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 3.0
    memory_mb: int = 128
    log_format: LogFormat = "Text"
    system_log_level: SystemLogLevel = "INFO"
    application_log_level: str = "INFO"
    command: tuple[str, ...] | None = None
    role: str | None = None
    identity: str

    @property
    def base_arn(self) -> str:
        """The function's ARN without a qualifier."""
        return ":".join(self.arn.split(":")[:7])

    @property
    def region(self) -> str:
        """The region that the ARN names."""
        return self.arn.split(":")[3]
