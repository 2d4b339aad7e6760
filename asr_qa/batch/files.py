"""Which recordings are meant by the paths given, and where the document of each is written."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asr_qa.errors import OutputError, UsageError
from asr_qa.messages import error_of

_SUFFIXES = """
    3gp aac ac3 aif aiff amr au caf flac gsm m4a m4b mka mkv mov mp2 mp3 mp4 oga ogg opus spx voc vox w64 wav wave
    webm wma wv
"""
AUDIO_SUFFIXES = frozenset(f".{name}" for name in _SUFFIXES.split())
"""File names that are taken for recordings when a folder is searched; a file that is named itself may be called
anything."""


@dataclass(frozen=True, slots=True)
class Found:
    """A recording to work on."""

    path: Path
    name: str
    """Path below the folder given, e.g. "2026-11/a.wav"; decides where the document goes."""


def find_recordings(paths: Sequence[Path]) -> list[Found]:
    """All recordings meant, in order of name, each once.

    Raises:
        UsageError: A path does not exist.
    """
    missing = tuple(str(path) for path in paths if not path.exists())
    if missing:
        raise error_of(UsageError, "process_no_such", paths=missing)
    several = len([path for path in paths if path.is_dir()]) > 1
    found: dict[Path, Found] = {}
    for path in paths:
        inside = _search(path, prefix=f"{real(path).name}/" if several else "") if path.is_dir() else [_alone(path)]
        for one in inside:
            found.setdefault(real(one.path), one)
    return sorted(found.values(), key=lambda one: (one.name, one.path))


def real(path: Path) -> Path:
    """The path without links; unlike Path.resolve it lets a link that leads to itself stand."""
    return Path(os.path.realpath(path))


def output_names(names: Sequence[str]) -> list[str]:
    """Where the document of each goes below the output folder: the extension replaced by .json, kept where two collide.

    Two recordings of different folders may have the same name; each still has a document of its own. Names that
    differ in upper and lower case only collide too: some file systems cannot tell them apart.
    """
    wanted = [str(Path(name).with_suffix(".json")) for name in names]
    times = Counter(target.casefold() for target in wanted)
    return _distinct(t if times[t.casefold()] == 1 else f"{n}.json" for n, t in zip(names, wanted, strict=True))


def prepare_output(folder: Path) -> None:
    """Make the folder and see that it can be written to; raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        raise error_of(OutputError, "out_folder", folder=str(folder), reason=exc.strerror) from exc


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; raises OutputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _beside(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
            os.replace(temporary, path)
    except OSError as exc:
        raise error_of(OutputError, "out_file", path=str(path), reason=exc.strerror) from exc


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _alone(path: Path) -> Found:
    return Found(path, path.name)


def _search(folder: Path, *, prefix: str) -> Iterator[Found]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if Path(name).suffix.lower() in AUDIO_SUFFIXES and not name.startswith("."):
                path = Path(parent, name)
                yield Found(path, prefix + path.relative_to(folder).as_posix())


def _distinct(targets: Iterable[str]) -> list[str]:
    """The same with a number put to what still collides (a.wav.json beside a.wav)."""
    distinct: dict[str, str] = {}
    for target in targets:
        number, candidate = 1, target
        while candidate.casefold() in distinct:
            number += 1
            candidate = f"{target.removesuffix('.json')}-{number}.json"
        distinct[candidate.casefold()] = candidate
    return list(distinct.values())
