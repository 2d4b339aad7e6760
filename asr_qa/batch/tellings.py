"""What is heard of a call while it is being worked through, told by a worker process to the run.

Each call has a file of its own in a folder of the run: the worker appends a line of JSON to it for every telling, the
run reads on from where it was. Nobody waits for anybody, so a worker can be killed in the middle of a line; and a
telling that cannot be written or read is only news lost, never a call.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from asr_qa.core.transcript import Utterance
from asr_qa.errors import OutputError
from asr_qa.messages import error_of

PREFIX = "asr_qa-run-"
STALE = 24 * 3600.0
"""Seconds after which the folder of a run that was killed with all its workers is cleared away by the next."""


@dataclass(frozen=True, slots=True)
class Telling:
    """News of a call that is being worked through."""

    until: float
    """Second of the recording up to which it has been listened to."""
    utterances: tuple[Utterance, ...] = ()
    """What was heard since the telling before, in order of start; empty where the run does not ask for texts."""


_ADAPTER: TypeAdapter[Telling] = TypeAdapter(Telling)


@dataclass(frozen=True, slots=True)
class Ear:
    """Where a worker writes what it hears of one call."""

    file: Path
    texts: bool
    """Whether what was said is written too: it is personal data, and goes to a disk only where it is asked for."""

    def hear(self, utterances: Sequence[Utterance], until: float) -> None:
        """Tell of utterances, and of the second up to which the recording has been listened to; never raises."""
        said = tuple(replace(utterance, words=()) for utterance in utterances) if self.texts else ()
        line = json.dumps(_ADAPTER.dump_python(Telling(until, said), mode="json")) + "\n"
        # A folder that is gone or a full disk costs the news, not the call.
        with contextlib.suppress(OSError), self.file.open("ab", buffering=0) as file:
            file.write(line.encode())


@dataclass(frozen=True, slots=True)
class News:
    """What the run learns of a call."""

    name: str
    """The call, as it is to be shown."""
    utterances: tuple[Utterance, ...]
    seconds: float
    """Seconds of it that were listened to since the news before."""


@dataclass(slots=True)
class _Call:
    """A call that is being worked through, as far as the run knows."""

    name: str
    duration: float
    """Seconds."""
    file: Path
    at: int = 0
    """Byte of the file up to which it was read."""
    until: float = 0.0
    """Second up to which the call was listened to."""

    def news(self) -> Iterator[News]:
        for telling in self._tellings():
            now = max(self.until, min(telling.until, self.duration))
            yield News(self.name, telling.utterances, now - self.until)
            self.until = now

    def _tellings(self) -> list[Telling]:
        """The tellings that came since the last time; a line that is not whole yet is left for later."""
        try:
            with self.file.open("rb") as file:
                file.seek(self.at)
                read = file.read()
        except OSError:
            return []
        whole = read[: read.rfind(b"\n") + 1]
        self.at += len(whole)
        return [telling for line in whole.splitlines() for telling in _parsed(line)]


def _parsed(line: bytes) -> list[Telling]:
    """The telling of a line; none where a full disk left half of one."""
    try:
        return [_ADAPTER.validate_json(line)]
    except ValueError:
        return []


class Tellings:
    """The calls of a run that are being worked through."""

    def __init__(self, folder: Path | None, *, texts: bool) -> None:
        """Begin with no calls.

        Args:
            folder: Where workers write; made when the first call is handed out, since only then are there workers who
                clear it away should the run be killed. None: calls are only told of when they are done.
            texts: Whether what was said is told, or only how far calls are.
        """
        self.folder = folder
        self._texts = texts
        self._calls: dict[Path, _Call] = {}
        self._count = 0

    def ear(self, path: Path, *, name: str, duration: float) -> Ear | None:
        """Where a worker is to write what it hears of a recording of so many seconds.

        Raises:
            OutputError: Texts are asked for, and the folder cannot be made.
        """
        if self.folder is None or not self._made(self.folder):
            return None
        self._count += 1
        file = self.folder / f"{self._count}.jsonl"
        self._calls[path] = _Call(name, duration, file)
        return Ear(file, self._texts)

    def _made(self, folder: Path) -> bool:
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as exc:
            if not self._texts:
                return False
            raise error_of(OutputError, "cannot_follow", folder=str(folder), reason=str(exc)) from exc
        return True

    def news(self) -> Iterator[News]:
        """All that came since the last time."""
        for call in self._calls.values():
            yield from call.news()

    def end(self, path: Path) -> float:
        """Forget a recording whose news were read; gives the seconds of it that were told of."""
        call = self._calls.pop(path, None)
        if call is None:
            return 0.0
        with contextlib.suppress(OSError):
            call.file.unlink()
        return call.until


@contextmanager
def tellings(*, texts: bool) -> Iterator[Tellings]:
    """Tellings in a folder of their own among the system's temporary ones; nothing of it is left behind.

    Args:
        texts: Whether what was said is told, or only how far calls are.
    """
    folder = _folder()
    try:
        yield Tellings(folder, texts=texts)
    finally:
        if folder:
            clear(folder)


def clear(folder: Path) -> None:
    """Take a folder of tellings away, as far as that can be done."""
    shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path | None:
    """A name nobody can guess among the temporary files; None where the system has no place for these."""
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:
        return None
    _clear_stale(temporary)
    return temporary / f"{PREFIX}{secrets.token_hex(8)}"


def _clear_stale(temporary: Path) -> None:
    """Take away what runs left that were killed, with all their workers, long ago."""
    for folder in temporary.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.lstat().st_uid == os.getuid() and time.time() - _last_change(folder) > STALE:
                clear(folder)


def _last_change(folder: Path) -> float:
    return max(path.lstat().st_mtime for path in (folder, *folder.glob("*")))
