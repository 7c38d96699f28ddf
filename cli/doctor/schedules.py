"""What `caretaker doctor` thinks of the schedules, and of whether they are those that are served. Pure."""

from collections.abc import Iterator

from cli.compile import from_anywhere
from cli.doctor.check import Check, Group
from cli.doctor.environments import make_deploy
from cli.doctor.facts import Facts
from fleet.deployed import ServedSchedules, Unread
from profiles.compiled import digest_of
from profiles.model import ScheduleSet

_FROM_THE_CODE = {"bundled", "file", "folder"}


def schedule_checks(facts: Facts) -> Iterator[Check]:
    """Whether the schedules can be read, have no mistakes, and are those that the stack serves."""
    group = Group("schedules")
    if facts.empty_place:
        yield _empty(group, facts)
    if isinstance(facts.schedules, Unread):
        yield group.unread(facts.place, facts.schedules)
        return
    yield files(group, facts, facts.schedules)
    if not facts.schedules.errors and not facts.place.startswith("s3:"):
        yield served(group, facts, facts.schedules)


def _empty(group: Group, facts: Facts) -> Check:
    found = (
        f"no schedules lie there yet: the warmer serves those that came with its code, and an alarm goes off after an "
        f"hour; targets are judged by {facts.place}"
    )
    return group.warning(facts.empty_place, found, _push(facts))


def files(group: Group, facts: Facts, schedules: ScheduleSet) -> Check:
    """Whether they have no mistakes, and name a target."""
    errors = schedules.errors
    if errors:
        return group.broken(facts.place, f"{len(errors)} mistakes, the first: {errors[0]}", _correct(facts))
    targets = sum(len(service.targets) for service in schedules.services)
    if not targets:
        return group.warning(
            facts.place, "no target: nothing is kept warm", "name the folder or place of your schedules"
        )
    return group.ok(facts.place, f"{len(schedules.services)} services, {targets} targets")


def _correct(facts: Facts) -> str:
    if facts.folder is not None:
        return f"caretaker validate {facts.folder}"
    again = f"caretaker push <folder> --to {facts.place}"
    return f"correct the folder that they come from: caretaker validate <folder>, then {again}"


def served(group: Group, facts: Facts, schedules: ScheduleSet) -> Check:
    """Whether the schedules here are those that the last tick served, by the hash of what they say."""
    source = None if isinstance(facts.words, Unread) else facts.words.schedules
    if source is None or not source.digest:
        return group.unseen("served", "the last tick does not tell which schedules it served, so they are not compared")
    here = digest_of(from_anywhere(schedules))
    if source.digest == here:
        return group.ok("served", f"the last tick served what {facts.place} says{_at(source)}")
    found = f"the last tick served others than {facts.place} says{_at(source)}; targets are judged by {facts.place}"
    bundled = source.origin in _FROM_THE_CODE and not facts.empty_place
    return group.warning("served", found, _deploy(facts) if bundled else _push(facts))


def _at(source: ServedSchedules) -> str:
    changed = "-changed" if source.revision.endswith("-changed") else ""
    revision = source.revision.removesuffix("-changed")
    return f", of revision {revision[:12]}{changed}" if revision else ""


def _deploy(facts: Facts) -> str:
    if facts.folder is not None and facts.folder.rstrip("/") != "schedules":
        return f"{make_deploy(facts, f'SCHEDULES={facts.folder}')}, or name the folder that was deployed"
    return f"{make_deploy(facts)}, or go to the commit that was deployed"


def _push(facts: Facts) -> str:
    stack = "<stack>" if isinstance(facts.stack, Unread) else facts.stack.name
    return f"caretaker push {facts.folder or '<folder>'} --stack {stack}"
