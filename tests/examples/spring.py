"""The Spring Boot example as a function: its package, built as its README says."""

import subprocess
from functools import cache
from pathlib import Path

from emulator.dataplane.model import FunctionVersion
from emulator.dataplane.settings import Settings
from tests.examples.packages import ROOT

EXAMPLE = ROOT / "examples" / "spring-boot"
# JVMs start side by side on few cores here; on Lambda each has its own.
PATIENT = Settings(init_limit_s=120.0, parallel_inits=2)


@cache
def built() -> Path:
    """The example's package, as the README builds it."""
    command = ["mvn", "-B", "-q", "-f", "with-kit.xml", "clean", "package", "-Dmaven.test.skip"]
    done = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the example could not be built:\n{done.stdout}{done.stderr}"
    return EXAMPLE / "target" / "package"


def version(*environment: tuple[str, str], handler: str = "shop.Handler::handleRequest") -> FunctionVersion:
    """The example as a function, with more variables where a test wants them."""
    return FunctionVersion(
        function="spring-shop",
        version="1",
        arn="arn:aws:lambda:eu-west-1:000000000000:function:spring-shop",
        handler=handler,
        runtime="java21",
        code_dir=built(),
        environment=environment,
        timeout_s=60.0,
        memory_mb=512,
        identity="one",
    )
