"""`caretaker init`: asks a few things, or takes them as options, and writes a commented schedule that validates."""

import re
from dataclasses import dataclass
from pathlib import Path

import click

from cli.options import FORMAT, Asked, say_written
from fleet.model import FunctionRef
from profiles.reader import read_text

# How a ping looks to each framework: the shape, and whether it needs a host and a path.
_SHAPES = {
    "django-mangum": "universal",
    "django-zappa": "universal",
    "python-http": "universal",
    "spring": "http-v2",
    "other": "direct",
}
_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,62}")
_DAYS = "mon-fri"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Everything that a first schedule needs to know."""

    service: str
    owner: str
    function: str
    alias: str
    framework: str
    timezone: str
    peak_from: str
    peak_to: str
    days: str
    peak: int
    baseline: int
    host: str
    path: str

    @property
    def shape(self) -> str:
        """The ping's shape for the framework."""
        return _SHAPES[self.framework]


@click.command(short_help="Write a first schedule: asks for what the options do not say.")
@click.option(
    "--service",
    cls=Asked,
    prompt="Service (small letters, digits, hyphens)",
    help="The service's name; the file is called after it.",
)
@click.option("--owner", cls=Asked, prompt="Owning team", help="Who answers for the schedule.")
@click.option("--function", cls=Asked, prompt="Function name or ARN", help="The Lambda function to keep warm.")
@click.option(
    "--alias",
    cls=Asked,
    prompt="Alias of its traffic",
    default="live",
    help='The alias that users call; "$LATEST" for none.',
)
@click.option(
    "--framework",
    cls=Asked,
    prompt="Framework",
    type=click.Choice(list(_SHAPES)),
    default="other",
    help="What the function runs.",
)
@click.option(
    "--timezone",
    cls=Asked,
    prompt="Time zone (IANA name)",
    default="UTC",
    help="The zone of the hours, as in America/New_York.",
)
@click.option(
    "--peak-from",
    cls=Asked,
    prompt="Peak begins at (HH:MM)",
    default="08:00",
    help="When the peak begins, as in 08:00.",
)
@click.option(
    "--peak-to",
    cls=Asked,
    prompt="Peak ends at (HH:MM)",
    default="19:00",
    help="When the peak ends; 24:00 for midnight.",
)
@click.option("--days", cls=Asked, prompt="Days of the peak", default=_DAYS, help="mon-fri, sat,sun, daily, …")
@click.option(
    "--peak",
    cls=Asked,
    prompt="Environments at the peak",
    type=click.IntRange(0, 10_000),
    default=10,
    help="How many are kept warm then.",
)
@click.option(
    "--baseline",
    cls=Asked,
    prompt="Environments at other times",
    type=click.IntRange(0, 10_000),
    default=1,
    help="How many at other times.",
)
@click.option("--host", default=None, help="Host name of the application; asked for where the framework needs it.")
@click.option("--path", "route", default=None, help="Path of its health check; asked for where the framework needs it.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("schedules"),
    show_default=True,
    help="Where the file goes.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@FORMAT
def init(folder: Path, force: bool, host: str | None, route: str | None, form: str, **given: str | int) -> None:
    """Write a first schedule: asks for what the options do not say; with --format json it asks nothing."""
    needs_http = _SHAPES[str(given["framework"])] != "direct"
    answers = Answers(
        **given,  # type: ignore[arg-type]
        host=(host or _host_asked_for(form)) if needs_http else "",
        path=(route or _route_asked_for(form)) if needs_http else "",
    )
    target = folder / f"{_checked(answers).service}.yaml"
    text = schedule_text(answers)
    mistakes = [mistake for mistake in read_text(text, file=str(target)).mistakes if mistake.severity.value == "error"]
    if mistakes:
        raise click.UsageError("; ".join(mistake.message for mistake in mistakes))
    if target.exists() and not force:
        raise click.UsageError(f"{target} is there already; --force overwrites it")
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    facts = {"outcome": "written", "file": str(target), "service": answers.service, "bytes": target.stat().st_size}
    say_written(form, f"{target}: written", facts, err=False)
    click.echo(f"Next: caretaker validate {folder}; caretaker render {folder}; then deploy.", err=True)


def _host_asked_for(form: str) -> str:
    if form == "json":
        raise click.UsageError("--host is missing, which the framework needs; --format json asks nobody")
    return str(click.prompt("Host name of the application"))


def _route_asked_for(form: str) -> str:
    default = "/warmz/"
    return default if form == "json" else str(click.prompt("Path of its health check", default=default))


def _checked(answers: Answers) -> Answers:
    if not _SERVICE.fullmatch(answers.service):
        raise click.UsageError(f'--service "{answers.service}" is not a name: small letters, digits and hyphens')
    try:
        FunctionRef(text=answers.function)
    except ValueError as error:
        raise click.UsageError(f"--function {error}") from error
    return answers


def schedule_text(answers: Answers) -> str:
    """The commented schedule for these answers."""
    return f"""\
# yaml-language-server: $schema=./schema/service.v1.json
version: 1
service: {answers.service}
owner: {_quoted(answers.owner)}
# All hours below are this zone's, daylight saving included.
timezone: {answers.timezone}

{_ping(answers)}
profiles:
  day:
    # Environments to hold warm when no window is active.
    baseline: {answers.baseline}
    # Where windows overlap, the greatest concurrency holds.
    windows:
      - {_peak(answers)}

targets:
  # The function and the alias that its traffic uses: another one is warmed apart.
  - {{function: {_quoted(answers.function)}, alias: {_quoted(answers.alias)}, profile: day}}
"""


def _peak(answers: Answers) -> str:
    hours = f'from: "{answers.peak_from}", to: "{answers.peak_to}"'
    return f"{{name: peak, days: {_quoted(answers.days)}, {hours}, concurrency: {answers.peak}}}"


def _ping(answers: Answers) -> str:
    if answers.shape == "direct":
        return """\
# What a ping sends. Add a health route and name it here, so that a ping warms the application and not only its door.
ping: {shape: direct}
"""
    return f"""\
# What a ping looks like to the application: a GET of its health check, through its own handler.
ping: {{shape: {answers.shape}, host: {_quoted(answers.host)}, path: {_quoted(answers.path)}, expect: {{status: 200}}}}
"""


def _quoted(text: str) -> str:
    """The text as YAML takes it for a text, whatever is in it."""
    plain = re.fullmatch(r"[A-Za-z/$][A-Za-z0-9 ._/$-]*", text) and text.lower() not in {"null", "true", "false", "~"}
    if plain and text == text.strip():
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
