"""Reading the handler's report, and running it twice with the grace between."""

from datetime import UTC, datetime

LONG_AGO = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def item(report, name="shop"):
    (found,) = [item for item in report["functions"] if item["function"] == name]
    return found


def kept(report, name="shop"):
    return {int(line["version"]): line["code"] for line in item(report, name)["keep"]}


def two_runs(world, event=None):
    world.run(event)
    world.later(hours=6)
    return world.run(event)
