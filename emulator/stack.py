"""Both planes of the emulator, started together and ended together.

`running_emulator` is what tests, the demo and the command use. The front (invokes and Lambda's control plane) runs on
an event loop in a thread of its own; ministack is a child process.

Two addresses are handed out: AWS_ENDPOINT_URL is ministack itself, so that uploads and stacks take no detour, and
AWS_ENDPOINT_URL_LAMBDA is the front. A client that knows one address only uses the front's, which hands on what is not
Lambda's.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from emulator.controlplane.access.gate import Gate, Judged, anything
from emulator.controlplane.async_events import DeployedRules
from emulator.controlplane.cloudwatch import CloudWatch
from emulator.controlplane.codedeploy import CodeDeploy
from emulator.controlplane.deployed import ControlPlaneCatalog
from emulator.controlplane.front import ControlFront
from emulator.controlplane.ministack import Account, PortInUseError, open_socket, running_ministack, url_of
from emulator.controlplane.plane import ControlPlane
from emulator.controlplane.rate import ControlRate
from emulator.dataplane.history import Snapshot
from emulator.dataplane.pool import Policy
from emulator.dataplane.service import LambdaService
from emulator.dataplane.settings import Settings
from emulator.dataplane.tls import Tls
from emulator.threaded import LoopThread, Running


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How an emulator is to be.

    `port` and `control_port` are the front's and ministack's, 0 for free ones; `policy` picks among idle environments
    (with `seed` for `random`); `idle_s` is how long an idle environment lives; `control_per_s` limits the requests of
    Lambda's control plane a second, as AWS does at 15; None for no limit. With `tls`, the front's port speaks TLS, with
    HTTP/2 where the client does; ministack stays plain. With `iam`, functions may do only what their roles allow.
    """

    port: int = 0
    control_port: int = 0
    policy: Policy = "mru"
    seed: int | None = None
    account: Account = field(default_factory=Account)
    idle_s: float = 600.0
    control_per_s: float | None = None
    tls: bool = False
    iam: bool = False
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningEmulator:
    """An emulator that runs: its addresses, and what it did so far. In `codedeploy`, deployments can be begun."""

    endpoint_url: str
    account: Account
    front: Running
    gate: Gate | None = None
    codedeploy: CodeDeploy = field(default_factory=CodeDeploy)

    @property
    def endpoint_url_lambda(self) -> str:
        """The front: invokes, and all of Lambda's control plane."""
        return self.front.service.secure_endpoint or self.front.endpoint

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that make an AWS SDK, the `sam` command or our own handlers talk to this emulator."""
        trusted = {"AWS_CA_BUNDLE": self.front.ca_bundle} if self.front.service.secure_endpoint else {}
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_LAMBDA": self.endpoint_url_lambda,
            "AWS_ENDPOINT_URL_CODEDEPLOY": self.endpoint_url_lambda,
            "AWS_REGION": self.account.region,
            "AWS_DEFAULT_REGION": self.account.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0",
            **trusted,
        }

    def environment_as(self, role: str, name: str) -> Mapping[str, str]:
        """The variables of somebody who took the role, an ARN, under this name, as a pipeline does: all that they ask
        for is judged by the role's policies. For an emulator with `Options(iam=True)` only.
        """
        if self.gate is None:
            raise ValueError("this emulator judges nobody; start it with Options(iam=True)")
        keys = self.gate.assume(role, name)
        return {
            **self.environment,
            "AWS_ENDPOINT_URL": self.endpoint_url_lambda,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_SESSION_TOKEN": keys.session_token,
        }

    def snapshot(self) -> Snapshot:
        """The environments that live now and the invocations that ran."""
        return self.front.snapshot()

    def look_again(self) -> None:
        """Read roles' policies anew at the next question; they are else up to half a second old."""
        if self.gate is not None:
            self.gate.look_again()

    def judged(self) -> Sequence[Judged]:
        """Every decision about a request of a role so far, oldest first; none without `Options(iam=True)`."""
        return list(self.gate.judged) if self.gate is not None else []


@contextmanager
def running_emulator(options: Options | None = None) -> Iterator[RunningEmulator]:
    """Both planes, ready to be used; all that they started is ended on leaving, and when this process dies.

    Raises: PortInUseError, and EmulatorError when ministack is not installed or does not start.
    """
    options = options or Options()
    with (
        closing(open_socket(options.control_port)) as listener,
        tempfile.TemporaryDirectory(prefix="caretaker-emulator-", ignore_cleanup_errors=True) as name,
        closing(LoopThread()) as loop,
    ):
        control_url, folder = url_of(listener), Path(name)
        stack = AsyncExitStack()
        try:
            front = loop.run(_start_front(stack, options, control_url, folder / "code"))
            with running_ministack(listener, folder=folder, front_url=front.service.endpoint, account=options.account):
                loop.run(front.cloudwatch.start())
                try:
                    yield RunningEmulator(
                        endpoint_url=control_url,
                        account=options.account,
                        front=Running(service=front.service, loop=loop),
                        gate=front.gate,
                        codedeploy=front.codedeploy,
                    )
                finally:
                    loop.run(front.cloudwatch.stop())
        finally:
            loop.run(stack.aclose())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Front:
    service: LambdaService
    cloudwatch: CloudWatch
    gate: Gate | None
    codedeploy: CodeDeploy


async def _start_front(stack: AsyncExitStack, options: Options, control_url: str, code: Path) -> _Front:
    plane = await stack.enter_async_context(ControlPlane.connected(control_url))
    catalog = ControlPlaneCatalog(plane, code, account_concurrency=options.account.concurrency)
    rate = ControlRate(options.control_per_s, time.monotonic) if options.control_per_s is not None else None
    gate = Gate(plane, options.account) if options.iam else None
    may = gate.may if gate is not None else anything
    cloudwatch, codedeploy = CloudWatch(catalog, plane, options.account.region, may), CodeDeploy()
    service = LambdaService(
        catalog,
        policy=options.policy,
        seed=options.seed,
        forward=ControlFront(plane, catalog, options.account, rate=rate, codedeploy=codedeploy, gate=gate),
        port=0 if options.tls else options.port,
        settings=replace(
            options.settings,
            idle_s=options.idle_s,
            endpoint_url=control_url,
            one_address=options.iam,
            tls=Tls(port=options.port) if options.tls else options.settings.tls,
        ),
        event_rules=DeployedRules(catalog, plane, may),
        observe=cloudwatch.note,
        gate=gate,
    )
    stack.push_async_callback(service.stop)
    try:
        await service.start()
    except OSError as error:
        raise PortInUseError(
            f"port {options.port} on 127.0.0.1 is in use; choose another, or 0 for a free one"
        ) from error
    return _Front(service=service, cloudwatch=cloudwatch, gate=gate, codedeploy=codedeploy)
