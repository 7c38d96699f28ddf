"""Schedule files to a ScheduleSet: folders, files and texts; what one service's file and the platform's say together.

All mistakes of all files come at once. A file with errors takes only its own service out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from profiles.errors import SchedulesMissing
from profiles.findings import Findings, Place
from profiles.model import Mistake, Platform, ScheduleSet, Service
from profiles.read_platform import PLATFORM_NAMES, UNREADABLE, PlatformFile, read_platform
from profiles.read_service import read_service
from profiles.yaml_nodes import MAX_BYTES, parse

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file's name, as messages repeat it, and its bytes; or the words for why it could not be read."""

    file: str
    data: bytes
    unreadable: str | None = None

    @property
    def is_platform(self) -> bool:
        """Whether this is the platform's file, by its name."""
        return self.file.replace("\\", "/").rsplit("/", 1)[-1] in PLATFORM_NAMES


def read_folder(folder: Path) -> ScheduleSet:
    """Everything in the YAML files of `folder` (its own files, not those of folders inside it).

    Raises: SchedulesMissing when there is no such folder, or it cannot be listed.
    """
    return read_files(files_in(folder))


def files_in(folder: Path) -> list[Path]:
    """The schedule files of a folder, by name; hidden ones are an editor's. Raises: SchedulesMissing."""
    try:
        return sorted(path for path in folder.iterdir() if _is_schedule(path))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SchedulesMissing(f"{folder}: {reason}; give a folder that holds schedule files") from error


def _is_schedule(path: Path) -> bool:
    return path.suffix in _SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def read_files(paths: Iterable[Path], *, done: Callable[[], object] | None = None) -> ScheduleSet:
    """Everything in these files. One that cannot be read is a mistake like any other. `done` is called for each."""
    return read_documents((_document(path) for path in paths), done=done)


def read_text(text: str, *, file: str = "service.yaml", platform: str | None = None) -> ScheduleSet:
    """One service's text, beside the platform's text where there is one."""
    documents = [Document(file=file, data=text.encode("utf-8", "surrogatepass"))]
    if platform is not None:
        documents.append(Document(file="platform.yaml", data=platform.encode("utf-8", "surrogatepass")))
    return read_documents(documents)


def read_documents(documents: Iterable[Document], *, done: Callable[[], object] | None = None) -> ScheduleSet:
    """Everything in these documents; the platform's is known by its name. Their order does not matter.

    `done` is called after each document, for whoever shows how far it is.
    """
    ordered = sorted(documents, key=lambda document: document.file)
    mistakes: list[Mistake] = []
    platform = _platform([document for document in ordered if document.is_platform], mistakes)
    services: dict[str, Service] = {}
    warmed: dict[tuple[str, str], Service] = {}
    for document in ordered:
        if done is not None:
            done()
        if document.is_platform:
            continue
        findings = Findings(document.file)
        service = _service(document, findings, platform)
        if service is not None:
            _check_against(service, services, warmed, findings)
            if not findings.broken:
                services[service.name] = service
                warmed.update({(target.function.text, target.qualifier): service for target in service.targets})
        mistakes.extend(findings.mistakes)
    return ScheduleSet(
        services=tuple(services[name] for name in sorted(services)),
        platform=platform.platform,
        mistakes=tuple(sorted(mistakes)),
    )


def _document(path: Path) -> Document:
    try:
        if not path.is_file():
            return Document(file=str(path), data=b"", unreadable="not a file that can be read")
        if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
            # Whoever reviews a link sees only where it leads to; and what is wrong there would be shown.
            return Document(file=str(path), data=b"", unreadable="a link that leads out of its folder")
        with path.open("rb") as stream:
            return Document(file=str(path), data=stream.read(MAX_BYTES + 1))
    except OSError as error:
        return Document(file=str(path), data=b"", unreadable=error.strerror or type(error).__name__)


def _platform(documents: list[Document], mistakes: list[Mistake]) -> PlatformFile:
    first = PlatformFile(platform=Platform())
    for index, document in enumerate(documents):
        findings = Findings(document.file)
        if index:
            message = f"a second platform file; {documents[0].file} is the one in use"
            findings.error(Place(line=1, column=1), "E207", message)
        elif not _is_readable(document, findings):
            first = UNREADABLE
        else:
            root = parse(document.data, findings)
            first = read_platform(root, findings) if root is not None else UNREADABLE
        mistakes.extend(findings.mistakes)
    return first


def _service(document: Document, findings: Findings, platform: PlatformFile) -> Service | None:
    if not _is_readable(document, findings):
        return None
    root = parse(document.data, findings)
    return None if root is None else read_service(root, findings, platform)


def _is_readable(document: Document, findings: Findings) -> bool:
    if document.unreadable is not None:
        findings.error(Place(line=1, column=1), "E001", f"cannot be read: {document.unreadable}")
    return document.unreadable is None


def _check_against(
    service: Service, services: dict[str, Service], warmed: dict[tuple[str, str], Service], findings: Findings
) -> None:
    """What may be said once only over all files: a service's name, and a target."""
    if service.name in services:
        place = Place(line=service.line, column=service.column)
        message = f'service: "{service.name}" is the name of {services[service.name].file} already; give it another'
        findings.error(place, "E204", message)
        return
    for index, target in enumerate(service.targets):
        other = warmed.get((target.function.text, target.qualifier))
        if other is not None:
            place = Place(line=target.line, column=target.column)
            message = f"targets[{index}]: {target.function}:{target.qualifier} is a target of {other.file} already"
            findings.error(place, "E205", message)
