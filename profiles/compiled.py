"""A ScheduleSet as one canonical JSON document, and back: what the build ships in place of the YAML files.

Knows neither YAML nor files. The same schedules give the same bytes: keys are sorted, every value is written out (so
that a changed default changes nothing that was compiled before), equal profiles and pings stand there once, and the
lines and columns of the source are left out (so that a comment changes nothing).
"""

import hashlib
import json
from dataclasses import dataclass, replace

from fleet.collecting import without_collections
from fleet.words import said
from profiles.compiled_checks import check
from profiles.compiled_values import canonical, schedules_as_json, schedules_from_json
from profiles.errors import ProfilesError
from profiles.model import ScheduleSet
from profiles.zones import release

FORMAT = 1
# The last key of the document in sorted order: what follows it, but for the closing brace, is what the hash covers.
_BODY = b'"schedules":'
_AGAIN = "write it anew with `caretaker compile`"


class CompiledUnusable(ProfilesError):  # noqa: N818 - says what was found
    """The bytes are no compiled schedules, are damaged, hold what no schedule may say, or have an unknown format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Compiled schedules with their origin.

    `digest` is the SHA-256 of what they say, the same for the same schedules; `tzdata` the release of the time zone
    database and `revision` the revision of the sources that they were compiled with (empty when not told).
    """

    schedules: ScheduleSet
    digest: str
    tzdata: str
    revision: str


def compile_schedules(schedules: ScheduleSet, *, revision: str = "") -> bytes:
    """The canonical document of these schedules.

    Raises: ValueError when one of them has errors, because nothing of that would be in the document.
    """
    if schedules.errors:
        raise ValueError(f"schedules with errors cannot be compiled: {schedules.errors[0]}")
    body = _body(schedules)
    head = {
        "built_with": {"revision": revision, "tzdata": release()},
        "format": FORMAT,
        "hash": hashlib.sha256(body).hexdigest(),
    }
    return canonical(head)[:-1] + b"," + _BODY + body + b"}\n"


def digest_of(schedules: ScheduleSet) -> str:
    """The hash that the document of these schedules has."""
    return hashlib.sha256(_body(schedules)).hexdigest()


def _body(schedules: ScheduleSet) -> bytes:
    return canonical(schedules_as_json(schedules))


def load_compiled(data: bytes, *, where: str) -> Compiled:
    """The schedules in a compiled document; `where` names it in messages. Raises: CompiledUnusable."""
    # Looking through what is made would take longer than making it.
    with without_collections():
        return _loaded(data, where)


def _loaded(data: bytes, where: str) -> Compiled:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CompiledUnusable(f"{where}: not JSON ({said(error)}); {_AGAIN}") from error
    if not isinstance(document, dict) or "format" not in document or "schedules" not in document:
        raise CompiledUnusable(f"{where}: holds no compiled schedules; {_AGAIN}")
    if document["format"] != FORMAT:
        raise CompiledUnusable(
            f"{where}: has format {document['format']!r:.40}, this code reads format {FORMAT}; compile the schedules "
            "with the same release that reads them"
        )
    body = data[data.index(_BODY) + len(_BODY) :].rstrip()[:-1] if _BODY in data else b""
    if document.get("hash") != hashlib.sha256(body).hexdigest():
        raise CompiledUnusable(f"{where}: is not what was compiled: its hash does not fit; {_AGAIN}")
    try:
        built = document["built_with"]
        digest, revision = document["hash"], str(built["revision"])
        schedules = replace(schedules_from_json(document["schedules"]), digest=digest, revision=revision)
        check(schedules)
        return Compiled(schedules=schedules, digest=digest, tzdata=str(built["tzdata"]), revision=revision)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise CompiledUnusable(
            f"{where}: cannot be understood ({type(error).__name__}: {said(error)}); {_AGAIN}"
        ) from error
