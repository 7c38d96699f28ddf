"""`caretaker render`: a week of levels as a page to look at, to print and to send around."""

from datetime import UTC, date, datetime
from pathlib import Path

import click

from cli import schedule_output as output
from cli.options import FORMAT, say_written
from cli.render_page import page
from cli.schedules import ONE_FUNCTION, PATHS, targets_meant, usable
from profiles.timeline import Change
from profiles.week import monday_of, week_of


@click.command(short_help="Draw a week of levels as a page.")
@PATHS
@click.option("--week", "day", metavar="DATE", help="Any date of the week, as in 2026-11-24; this week without it.")
@ONE_FUNCTION
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("levels.html"),
    show_default=True,
    help="The file to write.",
)
@FORMAT
@click.pass_context
def render(
    ctx: click.Context, paths: tuple[Path, ...], day: str | None, function: str | None, out: Path, form: str
) -> None:
    """Draw a week of levels: a heat map and a timeline a target, in one HTML page."""
    first = monday_of(_date(day))
    schedules, status = usable(paths)
    weeks = [
        week_of(service, target, first, platform=schedules.platform)
        for service, target in targets_meant(schedules, function)
    ]
    if not weeks:
        raise click.UsageError("there is no target to draw in these files")
    changes: list[Change] = sorted(
        (change for week in weeks for change in week.changes),
        key=lambda one: (one.at, one.service, one.target.function.text, one.target.qualifier),
    )
    out.write_text(page(weeks, output.changes_json(changes)), encoding="utf-8")
    facts = {"outcome": "written", "file": str(out), "targets": len(weeks), "week": first.isoformat()}
    facts |= {"changes": len(changes), "bytes": out.stat().st_size}
    say_written(form, f"{out}: {len(weeks)} targets, week of {first}", facts)
    ctx.exit(status)


def _date(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f'--week "{text}" is not a date; write one like 2026-11-24') from None
    if not 1970 <= found.year <= 9000:
        raise click.UsageError(f"--week {text} is out of range; years 1970 to 9000")
    return found
